/* Passes RAS's signals to all who wait. */
#ifndef WINRAS_SIGNALS_H
#define WINRAS_SIGNALS_H

#include "calls.h"

enum { CONNECTIONS, DISCONNECTIONS, KINDS };

/* One that waits for signals: an operation has one. */
typedef struct signals_listener {
    uint32_t service;
    const rasapi *table;
    HANDLE wake; /* its own event object; setting it ends the wait early */
    rasapi_waiter waiter;
    uint64_t seen[KINDS]; /* the counts of signals at its last look */
    uint64_t seen_any;
    struct signals_listener *next;
} signals_listener;

/* Only later signals are new to the listener. */
uint32_t signals_begin(signals_listener *listener, uint32_t service, const rasapi *table);
void signals_end(signals_listener *listener);
/* How many listeners have begun and not ended. */
uint32_t signals_listeners(void);

/* The event objects to wait for besides `wake`, into an array of at least MAXIMUM_WAIT_OBJECTS - 1. */
DWORD signals_events(signals_listener *listener, HANDLE *events);
/* This thread has taken the signal of one of them: tells everybody. */
void signals_got(signals_listener *listener, HANDLE event);

/* Whether there are signals since the listener's last look. */
BOOL signals_any(signals_listener *listener);
BOOL signals_disconnection(signals_listener *listener);
/* Says which, and begins the listener's next look. */
void signals_take(signals_listener *listener, winras_reasons *reasons);

BOOL signals_has_registered(uint32_t service, int kind);

#endif
