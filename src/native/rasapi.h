/* The one way to a RAS service: its entry points, its clock and its waits. Two backends fill the
 * table: rasapi32.dll and the simulator. */
#ifndef WINRAS_RASAPI_H
#define WINRAS_RASAPI_H

#include <stddef.h>
#include <stdint.h>

#include <windows.h>

#include <ras.h>

/* One less than Windows can wait for: the simulator's clock waits for one of its own besides. */
#define RASAPI_MOST_EVENTS (MAXIMUM_WAIT_OBJECTS - 1)
#define RASAPI_NO_EVENT RASAPI_MOST_EVENTS

/* What a thread waits for: a moment of the service's clock, or one of the event objects, whichever
 * comes first. events[0] belongs to the waiter; setting it ends the wait early. */
typedef struct rasapi_wait {
    HANDLE events[RASAPI_MOST_EVENTS + 1];
    DWORD event_count;
    uint32_t service; /* whose clock it is */
    uint32_t threads; /* how many threads are alive, the waiting one included */
    uint32_t waits;   /* how many operations wait in this thread; a group may have none */
    int64_t until;    /* when it is over, in microseconds of the service's clock */
    int64_t must;     /* the real deadline (>= until), to which the automatic clock may skip */
} rasapi_wait;

/* What the simulator's clock keeps of a wait from slice to slice, until it is left. */
typedef struct rasapi_waiter {
    rasapi_wait wait;
    DWORD thread;
    BOOL parked;        /* it is in the clock's list */
    BOOL due;           /* it was woken and is not yet back with its caller */
    uint64_t changes;   /* how many visible changes there had been when time last woke it, */
    uint32_t fruitless; /* and how often time has woken it since then, without another change */
    struct rasapi_waiter *next;
    struct rasapi_waiter **link; /* what points to it */
} rasapi_waiter;

/* Every documented function of rasapi32.dll, and whether it has an A and a W form (AW) or only ONE form.
 * SIMULATED: it is in the table, in its W form, with that result and those parameters. OTHER: winras
 * does not call it; a drop-in answers that it is not simulated. From this list come the table and what
 * fills it, the prototypes, the names of the simulated functions, and what a drop-in exports. */
/* clang-format off */
#define RASAPI_FUNCTIONS(SIMULATED, OTHER) \
    SIMULATED(DWORD, RasClearConnectionStatistics, ONE, (HRASCONN)) \
    SIMULATED(DWORD, RasClearLinkStatistics, ONE, (HRASCONN, DWORD)) \
    SIMULATED(DWORD, RasConnectionNotification, AW, (HRASCONN, HANDLE, DWORD)) \
    OTHER(RasCreatePhonebookEntry, AW) \
    SIMULATED(DWORD, RasDeleteEntry, AW, (LPCWSTR, LPCWSTR)) \
    SIMULATED(DWORD, RasDeleteSubEntry, AW, (LPCWSTR, LPCWSTR, DWORD)) \
    SIMULATED(DWORD, RasDial, AW, (LPRASDIALEXTENSIONS, LPCWSTR, LPRASDIALPARAMSW, DWORD, LPVOID, HRASCONN *)) \
    OTHER(RasEditPhonebookEntry, AW) \
    OTHER(RasEnumAutodialAddresses, AW) \
    SIMULATED(DWORD, RasEnumConnections, AW, (LPRASCONNW, LPDWORD, LPDWORD)) \
    SIMULATED(DWORD, RasEnumDevices, AW, (LPRASDEVINFOW, LPDWORD, LPDWORD)) \
    SIMULATED(DWORD, RasEnumEntries, AW, (LPCWSTR, LPCWSTR, LPRASENTRYNAMEW, LPDWORD, LPDWORD)) \
    SIMULATED(void, RasFreeEapUserIdentity, AW, (LPRASEAPUSERIDENTITYW)) \
    OTHER(RasGetAutodialAddress, AW) \
    OTHER(RasGetAutodialEnable, AW) \
    OTHER(RasGetAutodialParam, AW) \
    SIMULATED(DWORD, RasGetConnectStatus, AW, (HRASCONN, LPRASCONNSTATUSW)) \
    SIMULATED(DWORD, RasGetConnectionStatistics, ONE, (HRASCONN, RAS_STATS *)) \
    OTHER(RasGetCountryInfo, AW) \
    SIMULATED(DWORD, RasGetCredentials, AW, (LPCWSTR, LPCWSTR, LPRASCREDENTIALSW)) \
    OTHER(RasGetCustomAuthData, AW) \
    SIMULATED(DWORD, RasGetEapUserData, AW, (HANDLE, LPCWSTR, LPCWSTR, BYTE *, LPDWORD)) \
    SIMULATED(DWORD, RasGetEapUserIdentity, AW, (LPCWSTR, LPCWSTR, DWORD, HWND, LPRASEAPUSERIDENTITYW *)) \
    SIMULATED(DWORD, RasGetEntryDialParams, AW, (LPCWSTR, LPRASDIALPARAMSW, LPBOOL)) \
    SIMULATED(DWORD, RasGetEntryProperties, AW, (LPCWSTR, LPCWSTR, LPRASENTRYW, LPDWORD, BYTE *, LPDWORD)) \
    SIMULATED(DWORD, RasGetErrorString, AW, (UINT, LPWSTR, DWORD)) \
    SIMULATED(DWORD, RasGetLinkStatistics, ONE, (HRASCONN, DWORD, RAS_STATS *)) \
    OTHER(RasGetNapStatus, ONE) \
    OTHER(RasGetPCscf, ONE) \
    SIMULATED(DWORD, RasGetProjectionInfo, AW, (HRASCONN, RASPROJECTION, LPVOID, LPDWORD)) \
    SIMULATED(DWORD, RasGetProjectionInfoEx, ONE, (HRASCONN, PRAS_PROJECTION_INFO, LPDWORD)) \
    SIMULATED(DWORD, RasGetSubEntryHandle, AW, (HRASCONN, DWORD, HRASCONN *)) \
    SIMULATED(DWORD, RasGetSubEntryProperties, AW, (LPCWSTR, LPCWSTR, DWORD, LPRASSUBENTRYW, LPDWORD, BYTE *, LPDWORD)) \
    SIMULATED(DWORD, RasHangUp, AW, (HRASCONN)) \
    OTHER(RasInvokeEapUI, ONE) \
    SIMULATED(DWORD, RasRenameEntry, AW, (LPCWSTR, LPCWSTR, LPCWSTR)) \
    OTHER(RasSetAutodialAddress, AW) \
    OTHER(RasSetAutodialEnable, AW) \
    OTHER(RasSetAutodialParam, AW) \
    SIMULATED(DWORD, RasSetCredentials, AW, (LPCWSTR, LPCWSTR, LPRASCREDENTIALSW, BOOL)) \
    OTHER(RasSetCustomAuthData, AW) \
    SIMULATED(DWORD, RasSetEapUserData, AW, (HANDLE, LPCWSTR, LPCWSTR, BYTE *, DWORD)) \
    SIMULATED(DWORD, RasSetEntryDialParams, AW, (LPCWSTR, LPRASDIALPARAMSW, BOOL)) \
    SIMULATED(DWORD, RasSetEntryProperties, AW, (LPCWSTR, LPCWSTR, LPRASENTRYW, DWORD, BYTE *, DWORD)) \
    SIMULATED(DWORD, RasSetSubEntryProperties, AW, (LPCWSTR, LPCWSTR, DWORD, LPRASSUBENTRYW, DWORD, BYTE *, DWORD)) \
    OTHER(RasUpdateConnection, ONE) \
    SIMULATED(DWORD, RasValidateEntryName, AW, (LPCWSTR, LPCWSTR))
/* clang-format on */

/* The function that winras calls. Microsoft's ras.h has a macro for each name with two forms: RasDial is
 * RasDialA there. So a macro over the list uses such a name next to # or ## only, where it stays as it is. */
#define RASAPI_NATIVE_AW(wide, one) wide
#define RASAPI_NATIVE_ONE(wide, one) one
#define RASAPI_NOTHING(...)

#define RASAPI_PROTOTYPE(result, name, form, parameters) result APIENTRY RASAPI_NATIVE_##form(name##W, name) parameters;
RASAPI_FUNCTIONS(RASAPI_PROTOTYPE, RASAPI_NOTHING)
#undef RASAPI_PROTOTYPE

#define RASAPI_POINTER(result, name, form, parameters) result(APIENTRY *RASAPI_NATIVE_##form(name##W, name)) parameters;

/* What the service manager says of RasMan, the Windows service behind RAS. */
enum rasapi_rasman {
    RASMAN_UNKNOWN, /* it does not say */
    RASMAN_RUNNING, /* or stopping */
    RASMAN_STARTING,
    RASMAN_STOPPED,
    RASMAN_DISABLED /* stopped, and cannot be started */
};

typedef struct rasapi {
    /* NULL where this Windows has no such function. */
    RASAPI_FUNCTIONS(RASAPI_POINTER, RASAPI_NOTHING)

    /* A Win32 error, and RASMAN_UNKNOWN, if the service manager does not say. */
    DWORD (*rasman_state)(enum rasapi_rasman *state);
    /* The SERVICE_ number of how RasMan starts. A Win32 error. */
    DWORD (*rasman_start_type)(DWORD *start_type);
    /* Asks the service manager to start RasMan, and returns before it runs. A Win32 error. */
    DWORD (*rasman_start)(void);
    /* The system's text for a number that is not RAS's own; 0 if it has none. NULL: do not ask. */
    DWORD (*system_message)(DWORD code, LPWSTR text, DWORD room);
    /* The newest events of the Application log that the XPath query selects, at most so many, newest first: in *texts
     * one XML text after the other, each with its NUL, *length units in all. The caller frees *texts. A Win32 error. */
    DWORD (*read_events)(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length);
    /* Microseconds of the service's clock, which never goes back. */
    int64_t (*now)(void);
    /* The date and time on that clock: microseconds since 1970 in UTC. */
    int64_t (*wall)(void);
    /* How long the machine has slept since it started, in microseconds. */
    int64_t (*suspended)(void);
    /* Sleeps for slice_ms of real time at most. WAIT_OBJECT_0: the moment has come, or an event
     * object was set; *fired says which one this thread took, or RASAPI_NO_EVENT. WAIT_TIMEOUT: the
     * slice is over, nothing else. ERROR_POSSIBLE_DEADLOCK: nothing can end this wait.
     * RPC_S_SERVER_UNAVAILABLE: the service is lost for good. */
    DWORD (*wait)(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired);
    /* Ends a wait early, from any thread, by setting its events[0]. */
    void (*wake)(rasapi_waiter *waiter, HANDLE event);
    /* The waiting thread has done what it was woken for, or has stopped waiting. */
    void (*leave)(rasapi_waiter *waiter);
} rasapi;

/* The time of day, in microseconds since 1970 in UTC; FILETIME counts 100 ns from 1601. */
static inline int64_t rasapi_time_of_day(void) {
    FILETIME time;

    GetSystemTimePreciseAsFileTime(&time);
    return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10 - 11644473600000000;
}

/* Real time, in microseconds: a clock that never goes back. */
static inline int64_t rasapi_real_now(void) {
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return count.QuadPart / frequency.QuadPart * 1000000 +
           count.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

/* How long the machine has slept since it started, in microseconds, to about 16 ms: the first of both clocks counts
 * that, the second does not (pages GetTickCount64 and QueryUnbiasedInterruptTime). They are read again if this thread
 * has stood still between them. */
static inline int64_t rasapi_real_suspended(void) {
    ULONGLONG before = 0, after = 0;
    int64_t slept = 0;

    for (int tries = 0; tries < 16 && (tries == 0 || after - before > 100000); tries++) {
        QueryUnbiasedInterruptTime(&before);
        slept = (int64_t)GetTickCount64() * 1000 - (int64_t)(before / 10);
        QueryUnbiasedInterruptTime(&after);
    }
    return slept > 0 ? slept : 0;
}

/* The table of Windows' own RAS; NULL, and a Win32 error in *error, where there is none. */
#ifdef _WIN32
const rasapi *rasapi_windows(DWORD *error);
/* The path of its rasapi32.dll, and the four numbers of its version. */
DWORD rasapi_windows_file(LPWSTR path, DWORD room, uint64_t *version);
#else
static inline DWORD rasapi_windows_file(LPWSTR path, DWORD room, uint64_t *version) {
    (void)path, (void)room, (void)version;
    return ERROR_MOD_NOT_FOUND;
}

static inline const rasapi *rasapi_windows(DWORD *error) {
    *error = ERROR_MOD_NOT_FOUND;
    return NULL;
}
#endif

/* The number of the simulator that is running, never 0 and never used twice; 0 when none is. */
uint32_t rasapi_simulator_running(void);
const rasapi *rasapi_simulator(void);

#endif
