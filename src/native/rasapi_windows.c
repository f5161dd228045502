/* Windows' own RAS as a backend: the functions of rasapi32.dll, the performance counter as the
 * clock, WaitForMultipleObjects for the waits, and the service manager for the state of RasMan. */

#include "rasapi.h"

#ifdef _WIN32

#include "rasapi_windows.h"

static struct {
    INIT_ONCE once;
    HMODULE library;
    rasapi table;
} windows = {INIT_ONCE_STATIC_INIT, NULL, {0}};

static DWORD wait_for(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired) {
    int64_t left = wait->until - rasapi_real_now();
    DWORD ms = slice_ms;

    (void)waiter;
    if (left <= 0) {
        ms = 0;
    } else if (left < (int64_t)slice_ms * 1000) {
        ms = (DWORD)((left + 999) / 1000);
    }
    *fired = WaitForMultipleObjects(wait->event_count, wait->events, FALSE, ms);
    if (*fired == WAIT_FAILED) {
        return GetLastError();
    }
    if (*fired >= wait->event_count) {
        *fired = RASAPI_NO_EVENT;
    }
    return *fired != RASAPI_NO_EVENT || rasapi_real_now() >= wait->until ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

static void wake(rasapi_waiter *waiter, HANDLE event) {
    (void)waiter;
    SetEvent(event);
}

static void leave(rasapi_waiter *waiter) { (void)waiter; }

static DWORD system_message(DWORD code, LPWSTR text, DWORD room) {
    return FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
                          NULL, code, 0, text, room, NULL);
}

/* ---- RasMan ---- */

/* Runs `ask` on RasMan, opened with that access. FALSE, and a Win32 error from GetLastError, if the
 * service manager refuses. */
static BOOL with_rasman(DWORD access, BOOL (*ask)(SC_HANDLE rasman, void *answer), void *answer) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE rasman = manager ? OpenServiceW(manager, L"RasMan", access) : NULL;
    BOOL answered = rasman && ask(rasman, answer);
    DWORD error = GetLastError();

    if (rasman) {
        CloseServiceHandle(rasman);
    }
    if (manager) {
        CloseServiceHandle(manager);
    }
    SetLastError(error);
    return answered;
}

static BOOL ask_state(SC_HANDLE rasman, void *answer) {
    SERVICE_STATUS_PROCESS status;
    DWORD needed = 0;

    memset(&status, 0, sizeof(status));
    if (!QueryServiceStatusEx(rasman, SC_STATUS_PROCESS_INFO, (LPBYTE)&status, sizeof(status), &needed)) {
        return FALSE;
    }
    *(DWORD *)answer = status.dwCurrentState;
    return TRUE;
}

static BOOL ask_start_type(SC_HANDLE rasman, void *answer) {
    /* As much as it is documented to need at most. */
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } buffer;
    DWORD needed = 0;

    memset(&buffer, 0, sizeof(buffer));
    if (!QueryServiceConfigW(rasman, &buffer.config, sizeof(buffer), &needed)) {
        return FALSE;
    }
    *(DWORD *)answer = buffer.config.dwStartType;
    return TRUE;
}

static BOOL ask_to_start(SC_HANDLE rasman, void *answer) {
    (void)answer;
    return StartServiceW(rasman, 0, NULL);
}

static DWORD find_rasman_state(enum rasapi_rasman *told) {
    DWORD state = 0, start_type = 0;

    *told = RASMAN_UNKNOWN;
    if (!with_rasman(SERVICE_QUERY_STATUS, ask_state, &state)) {
        return GetLastError();
    }
    if (state == SERVICE_START_PENDING) {
        *told = RASMAN_STARTING;
    } else if (state != SERVICE_STOPPED) {
        *told = RASMAN_RUNNING;
    } else if (with_rasman(SERVICE_QUERY_CONFIG, ask_start_type, &start_type) && start_type == SERVICE_DISABLED) {
        *told = RASMAN_DISABLED;
    } else {
        *told = RASMAN_STOPPED;
    }
    return ERROR_SUCCESS;
}

static DWORD find_rasman_start_type(DWORD *start_type) {
    return with_rasman(SERVICE_QUERY_CONFIG, ask_start_type, start_type) ? ERROR_SUCCESS : GetLastError();
}

static DWORD start_rasman_service(void) {
    return with_rasman(SERVICE_START, ask_to_start, NULL) ? ERROR_SUCCESS : GetLastError();
}

/* ---- the table ---- */

#define RESOLVE(result, name, form, parameters)                                                              \
    windows_resolve(library, #name RASAPI_SUFFIX_##form, &windows.table.RASAPI_NATIVE_##form(name##W, name), \
                    sizeof(windows.table.RASAPI_NATIVE_##form(name##W, name)));
#define RASAPI_SUFFIX_AW "W"
#define RASAPI_SUFFIX_ONE ""

/* FALSE, and a Win32 error, if the DLL cannot be loaded: that may pass, so the next call tries again. */
static BOOL CALLBACK fill_table(PINIT_ONCE once, PVOID parameter, PVOID *context) {
    DWORD *error = parameter;
    HMODULE library;

    (void)once, (void)context;
    windows.table.rasman_state = find_rasman_state;
    windows.table.rasman_start_type = find_rasman_start_type;
    windows.table.rasman_start = start_rasman_service;
    windows.table.system_message = system_message;
    windows.table.read_events = windows_read_events;
    windows.table.now = rasapi_real_now;
    windows.table.wall = rasapi_time_of_day;
    windows.table.suspended = rasapi_real_suspended;
    windows.table.wait = wait_for;
    windows.table.wake = wake;
    windows.table.leave = leave;
    *error = windows_load(L"rasapi32.dll", &library);
    if (*error) {
        return FALSE;
    }
    windows.library = library;
    RASAPI_FUNCTIONS(RESOLVE, RASAPI_NOTHING)
    /* Wine exports functions that it does not implement; calling one ends the process. */
    if (windows_is_wines(library)) {
        windows.table.RasGetSubEntryHandleW = NULL;
        windows.table.RasGetSubEntryPropertiesW = NULL;
        windows.table.RasClearConnectionStatistics = NULL;
        windows.table.RasGetCredentialsW = NULL;
        windows.table.RasSetCredentialsW = NULL;
    }
    return TRUE;
}

const rasapi *rasapi_windows(DWORD *error) {
    *error = ERROR_SUCCESS;
    return InitOnceExecuteOnce(&windows.once, fill_table, error, NULL) ? &windows.table : NULL;
}

/* Where VS_FIXEDFILEINFO is in the resource: behind three words and L"VS_VERSION_INFO", at the next multiple of 4
 * (page VS_VERSIONINFO). */
#define FIXED_INFO_OFFSET 40

DWORD rasapi_windows_file(LPWSTR path, DWORD room, uint64_t *version) {
    HRSRC found = FindResourceW(windows.library, MAKEINTRESOURCEW(VS_VERSION_INFO), MAKEINTRESOURCEW(16));
    HGLOBAL resource = found ? LoadResource(windows.library, found) : NULL;
    const BYTE *bytes = resource ? LockResource(resource) : NULL;
    VS_FIXEDFILEINFO info;

    memset(&info, 0, sizeof(info));
    if (bytes && SizeofResource(windows.library, found) >= FIXED_INFO_OFFSET + sizeof(info)) {
        memcpy(&info, bytes + FIXED_INFO_OFFSET, sizeof(info));
    }
    if (info.dwSignature == VS_FFI_SIGNATURE) {
        *version = (uint64_t)info.dwFileVersionMS << 32 | info.dwFileVersionLS;
    }
    return GetModuleFileNameW(windows.library, path, room) ? ERROR_SUCCESS : GetLastError();
}

#endif
