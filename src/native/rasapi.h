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
    int64_t must;     /* the real deadline (>= until), to which the automatic clock may skip */
} rasapi_wait;

/* What the simulator's clock keeps of a wait from slice to slice, until it is left. */
typedef struct rasapi_waiter {
    rasapi_wait wait;
    DWORD thread;
    BOOL parked;        /* it is in the clock's list */
    BOOL due;           /* it was woken and is not yet back with its caller */
    uint64_t changes;   /* how many visible changes there had been when time last woke it, */
    uint32_t fruitless; /* and how often time has woken it since then, without another */
    struct rasapi_waiter *next;
} rasapi_waiter;

/* Every function that rasapi32.dll documents, by name, and whether it has an A and a W form (AW) or is
 * only ONE. CALLED: winras calls it, in its W form, with that result and those parameters; the
 * simulator has it. UNCALLED: a drop-in exports the name and answers that it is not simulated. From
 * this list come the table's pointers and what fills it, the prototypes, the simulator's names of
 * functions, and what a drop-in exports. */
/* clang-format off */
#define RASAPI_FUNCTIONS(CALLED, UNCALLED) \
    CALLED(DWORD, RasClearConnectionStatistics, ONE, (HRASCONN)) \
    CALLED(DWORD, RasClearLinkStatistics, ONE, (HRASCONN, DWORD)) \
    CALLED(DWORD, RasConnectionNotification, AW, (HRASCONN, HANDLE, DWORD)) \
    UNCALLED(RasCreatePhonebookEntry, AW) \
    UNCALLED(RasDeleteEntry, AW) \
    UNCALLED(RasDeleteSubEntry, AW) \
    CALLED(DWORD, RasDial, AW, (LPRASDIALEXTENSIONS, LPCWSTR, LPRASDIALPARAMSW, DWORD, LPVOID, HRASCONN *)) \
    UNCALLED(RasEditPhonebookEntry, AW) \
    UNCALLED(RasEnumAutodialAddresses, AW) \
    CALLED(DWORD, RasEnumConnections, AW, (LPRASCONNW, LPDWORD, LPDWORD)) \
    UNCALLED(RasEnumDevices, AW) \
    UNCALLED(RasEnumEntries, AW) \
    CALLED(void, RasFreeEapUserIdentity, AW, (LPRASEAPUSERIDENTITYW)) \
    UNCALLED(RasGetAutodialAddress, AW) \
    UNCALLED(RasGetAutodialEnable, AW) \
    UNCALLED(RasGetAutodialParam, AW) \
    CALLED(DWORD, RasGetConnectStatus, AW, (HRASCONN, LPRASCONNSTATUSW)) \
    CALLED(DWORD, RasGetConnectionStatistics, ONE, (HRASCONN, RAS_STATS *)) \
    UNCALLED(RasGetCountryInfo, AW) \
    UNCALLED(RasGetCredentials, AW) \
    UNCALLED(RasGetCustomAuthData, AW) \
    UNCALLED(RasGetEapUserData, AW) \
    CALLED(DWORD, RasGetEapUserIdentity, AW, (LPCWSTR, LPCWSTR, DWORD, HWND, LPRASEAPUSERIDENTITYW *)) \
    UNCALLED(RasGetEntryDialParams, AW) \
    UNCALLED(RasGetEntryProperties, AW) \
    CALLED(DWORD, RasGetErrorString, AW, (UINT, LPWSTR, DWORD)) \
    CALLED(DWORD, RasGetLinkStatistics, ONE, (HRASCONN, DWORD, RAS_STATS *)) \
    UNCALLED(RasGetNapStatus, ONE) \
    UNCALLED(RasGetPCscf, ONE) \
    CALLED(DWORD, RasGetProjectionInfo, AW, (HRASCONN, RASPROJECTION, LPVOID, LPDWORD)) \
    CALLED(DWORD, RasGetProjectionInfoEx, ONE, (HRASCONN, PRAS_PROJECTION_INFO, LPDWORD)) \
    CALLED(DWORD, RasGetSubEntryHandle, AW, (HRASCONN, DWORD, HRASCONN *)) \
    UNCALLED(RasGetSubEntryProperties, AW) \
    CALLED(DWORD, RasHangUp, AW, (HRASCONN)) \
    UNCALLED(RasInvokeEapUI, ONE) \
    UNCALLED(RasRenameEntry, AW) \
    UNCALLED(RasSetAutodialAddress, AW) \
    UNCALLED(RasSetAutodialEnable, AW) \
    UNCALLED(RasSetAutodialParam, AW) \
    UNCALLED(RasSetCredentials, AW) \
    UNCALLED(RasSetCustomAuthData, AW) \
    UNCALLED(RasSetEapUserData, AW) \
    UNCALLED(RasSetEntryDialParams, AW) \
    UNCALLED(RasSetEntryProperties, AW) \
    UNCALLED(RasSetSubEntryProperties, AW) \
    UNCALLED(RasUpdateConnection, ONE) \
    UNCALLED(RasValidateEntryName, AW)
/* clang-format on */

#define RASAPI_NATIVE_AW(name) name##W
#define RASAPI_NATIVE_ONE(name) name
#define RASAPI_NOTHING(...)

#define RASAPI_PROTOTYPE(result, name, form, parameters) result APIENTRY RASAPI_NATIVE_##form(name) parameters;
RASAPI_FUNCTIONS(RASAPI_PROTOTYPE, RASAPI_NOTHING)
#undef RASAPI_PROTOTYPE

#define RASAPI_POINTER(result, name, form, parameters) result(APIENTRY *RASAPI_NATIVE_##form(name)) parameters;

typedef struct rasapi {
    /* NULL where this Windows has no such function. */
    RASAPI_FUNCTIONS(RASAPI_POINTER, RASAPI_NOTHING)

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
