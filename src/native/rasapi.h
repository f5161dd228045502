/* The one way to a RAS service: its entry points, its clock and its waits. Two services fill the
 * table: rasapi32.dll and the simulator. */
#ifndef WINRAS_RASAPI_H
#define WINRAS_RASAPI_H

#include <stdint.h>

#include <windows.h>

#include <ras.h>

#define RASAPI_MOST_EVENTS MAXIMUM_WAIT_OBJECTS
#define RASAPI_NO_EVENT RASAPI_MOST_EVENTS

/* A thread that waits for service time to reach a moment, or for one of its events, whichever is
 * first. The first event is its own: set by whoever wants the wait to end early. */
typedef struct rasapi_waiter {
    HANDLE events[RASAPI_MOST_EVENTS];
    DWORD event_count;
    DWORD fired;                /* which event ended the last wait, or RASAPI_NO_EVENT */
    int64_t until;              /* in microseconds of the service's clock */
    uint32_t threads;           /* threads alive that could end this wait, the waiting one included */
    BOOL parked;                /* the simulator's: that it waits, */
    BOOL due;                   /* that it was woken and is not yet back with its caller, */
    struct rasapi_waiter *next; /* and who else does */
} rasapi_waiter;

typedef struct rasapi {
    /* NULL where this Windows has no such function. */
    DWORD(APIENTRY *RasEnumConnectionsW)(LPRASCONNW, LPDWORD, LPDWORD);
    DWORD(APIENTRY *RasGetConnectStatusW)(HRASCONN, LPRASCONNSTATUSW);
    DWORD(APIENTRY *RasHangUpW)(HRASCONN);
    DWORD(APIENTRY *RasGetSubEntryHandleW)(HRASCONN, DWORD, HRASCONN *);
    DWORD(APIENTRY *RasGetErrorStringW)(UINT, LPWSTR, DWORD);
    DWORD(APIENTRY *RasConnectionNotificationW)(HRASCONN, HANDLE, DWORD);

    /* Microseconds of the service's clock; never goes back. */
    int64_t (*now)(void);
    /* What that clock shows people: microseconds since 1970 in UTC. */
    int64_t (*wall)(void);
    /* Sleeps for slice_ms of real time at most. WAIT_OBJECT_0: the moment or an event is here;
     * WAIT_TIMEOUT: only the slice is over; ERROR_POSSIBLE_DEADLOCK: nobody could end this wait. */
    DWORD (*wait)(rasapi_waiter *waiter, DWORD slice_ms);
    /* The waiting thread is done with what it was woken for, or does not wait any more. */
    void (*leave)(rasapi_waiter *waiter);
} rasapi;

/* The time of day, in microseconds since 1970 in UTC; FILETIME counts 100 ns from 1601. */
static inline int64_t rasapi_time_of_day(void) {
    FILETIME time;

    GetSystemTimePreciseAsFileTime(&time);
    return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10 - 11644473600000000;
}

/* Windows' own service; NULL, with the Win32 error in *error, where there is none. */
#ifdef _WIN32
const rasapi *rasapi_windows(DWORD *error);
#else
static inline const rasapi *rasapi_windows(DWORD *error) {
    *error = ERROR_MOD_NOT_FOUND;
    return NULL;
}
#endif

/* The simulator as it runs now: its number (never 0, never used twice), or 0 when none runs. */
uint32_t rasapi_simulator_running(void);
const rasapi *rasapi_simulator(void);

#endif
