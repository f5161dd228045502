/* The one way to a RAS service: its entry points, its clock and its waits. Two services fill the
 * table: rasapi32.dll and the simulator. */
#ifndef WINRAS_RASAPI_H
#define WINRAS_RASAPI_H

#include <stdint.h>

#include <windows.h>

#include <ras.h>

#define RASAPI_MOST_EVENTS MAXIMUM_WAIT_OBJECTS
#define RASAPI_NO_EVENT RASAPI_MOST_EVENTS

/* What a thread waits for: that service time reaches a moment, or one of its events, whichever is
 * first. The first event is its own: set by whoever wants the wait to end early. */
typedef struct rasapi_wait {
    HANDLE events[RASAPI_MOST_EVENTS];
    DWORD event_count;
    uint32_t service; /* whose clock it is */
    uint32_t threads; /* threads alive that could end this wait, the waiting one included */
    int64_t until;    /* in microseconds of the service's clock */
    int64_t must;     /* not before until; that moment counts even if nothing happens before it */
} rasapi_wait;

/* The simulator's: a wait that goes on from slice to slice, with all that it changes itself. */
typedef struct rasapi_waiter {
    rasapi_wait wait;
    DWORD thread;       /* whose it is */
    BOOL parked;        /* it waits, */
    BOOL due;           /* it was woken and is not yet back with its caller, */
    uint64_t changes;   /* that there had been, */
    uint32_t fruitless; /* and how often it has been woken by time since */
    struct rasapi_waiter *next;
} rasapi_waiter;

typedef struct rasapi {
    /* NULL where this Windows has no such function. */
    DWORD(APIENTRY *RasEnumConnectionsW)(LPRASCONNW, LPDWORD, LPDWORD);
    DWORD(APIENTRY *RasGetConnectStatusW)(HRASCONN, LPRASCONNSTATUSW);
    DWORD(APIENTRY *RasHangUpW)(HRASCONN);
    DWORD(APIENTRY *RasGetSubEntryHandleW)(HRASCONN, DWORD, HRASCONN *);
    DWORD(APIENTRY *RasGetErrorStringW)(UINT, LPWSTR, DWORD);
    DWORD(APIENTRY *RasConnectionNotificationW)(HRASCONN, HANDLE, DWORD);
    DWORD(APIENTRY *RasDialW)(LPRASDIALEXTENSIONS, LPCWSTR, LPRASDIALPARAMSW, DWORD, LPVOID, HRASCONN *);
    DWORD(APIENTRY *RasGetEapUserIdentityW)(LPCWSTR, LPCWSTR, DWORD, HWND, LPRASEAPUSERIDENTITYW *);
    void(APIENTRY *RasFreeEapUserIdentityW)(LPRASEAPUSERIDENTITYW);
    DWORD(APIENTRY *RasGetConnectionStatistics)(HRASCONN, RAS_STATS *);
    DWORD(APIENTRY *RasClearConnectionStatistics)(HRASCONN);
    DWORD(APIENTRY *RasGetLinkStatistics)(HRASCONN, DWORD, RAS_STATS *);
    DWORD(APIENTRY *RasClearLinkStatistics)(HRASCONN, DWORD);
    DWORD(APIENTRY *RasGetProjectionInfoW)(HRASCONN, RASPROJECTION, LPVOID, LPDWORD);
    DWORD(APIENTRY *RasGetProjectionInfoEx)(HRASCONN, PRAS_PROJECTION_INFO, LPDWORD);

    /* What the system says of numbers that are not RAS's; 0 if nothing. NULL: it is not asked. */
    DWORD (*system_message)(DWORD code, LPWSTR text, DWORD room);
    /* Microseconds of the service's clock; never goes back. */
    int64_t (*now)(void);
    /* What that clock shows people: microseconds since 1970 in UTC. */
    int64_t (*wall)(void);
    /* Sleeps for slice_ms of real time at most. WAIT_OBJECT_0: the moment or an event is here, and
     * in *fired which event this thread has got, or RASAPI_NO_EVENT; WAIT_TIMEOUT: only the slice
     * is over; ERROR_POSSIBLE_DEADLOCK: nobody could end this wait. */
    DWORD (*wait)(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired);
    /* Sets that event, its first, so that the wait ends, of whichever thread it is. */
    void (*wake)(rasapi_waiter *waiter, HANDLE event);
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
