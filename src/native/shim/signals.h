/* Registrations with RAS, and the signals that come of them. */
#ifndef WINRAS_SIGNALS_H
#define WINRAS_SIGNALS_H

#include "calls.h"

enum { CONNECTIONS, DISCONNECTIONS, KINDS };

/* How many signals there have been. */
typedef struct {
    uint64_t kinds[KINDS];
    uint64_t any; /* those about links too */
} signals_counts;

/* What a thread waits with. */
typedef struct signals_listener {
    uint32_t service;
    const rasapi *table;
    HANDLE wake; /* its own event object; setting it ends the wait early */
    rasapi_waiter waiter;
} signals_listener;

uint32_t signals_begin(signals_listener *listener, uint32_t service, const rasapi *table);
void signals_end(signals_listener *listener);
/* Ends its wait early. */
void signals_wake(signals_listener *listener);

signals_counts signals_count(uint32_t service);
/* The same, with those that nobody has taken yet. */
signals_counts signals_poll(uint32_t service);

/* The event objects that a thread waits for besides `wake`, into an array of at least MAXIMUM_WAIT_OBJECTS - 1. Until
 * signals_rest it is woken if there are others, or if another thread has taken a signal. One thread at a time. */
DWORD signals_guard(signals_listener *listener, HANDLE *events);
/* The wait is over, and has taken the signal of that event object; NULL: of none. */
void signals_rest(signals_listener *listener, HANDLE event);

/* The number of registrations so far. */
uint64_t signals_registration(uint32_t service);
/* RAS has not signalled something that a look has found: registers anew, at most once a minute. */
void signals_heal(uint32_t service);
/* The service does not answer, so its registrations up to that number count as lost. */
void signals_lost(uint32_t service, uint64_t registration);
/* Registers for the links of a multilink connection; does nothing if already registered. */
void signals_watch_links(uint32_t service, const winras_target *target);
/* How many signals there were for its links. */
uint64_t signals_link_signals(uint32_t service, const winras_target *target);
/* That connection has ended: others may use its place. */
void signals_forget_links(uint32_t service, const winras_target *target);
BOOL signals_has_registered(uint32_t service, int kind);

#endif
