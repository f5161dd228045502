/* The notifiers of RasDial: each is called in a thread of its own, one notice after the other, and
 * dialling is suspended until it has returned (RasDialFunc2's page). To a window that thread sends
 * its notices as messages. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "service.h"

/* The state that is entered, and, before it has been told, that the dialling has ended. */
#define MOST_NOTICES 4
#define SLICE_MS 250
#define PATIENT_SLICES 40
/* For so long a window may keep the dialling waiting. */
#define MESSAGE_MS 10000

struct notice {
    RASCONNSTATE state;
    DWORD error;
    DWORD sub_entry;
};

struct notifier {
    uint32_t number;
    uint32_t simulator;
    uint64_t handle;
    service_notifier given;
    HANDLE event; /* a notice is there, or it is over */
    DWORD thread;
    struct notice notices[MOST_NOTICES];
    uint32_t count;
    BOOL calling;
    BOOL told;
    BOOL over;
    struct notifier *next;
};

/* With the service's lock. A thread frees its own notifier when that is over. */
static struct {
    uint32_t last_number;
    struct notifier *first;
} notifiers;

static struct notifier *find(uint32_t number) {
    struct notifier *notifier = notifiers.first;

    while (notifier && notifier->number != number) {
        notifier = notifier->next;
    }
    return notifier;
}

static BOOL has_notices(const struct notifier *notifier) {
    return notifier->calling || (notifier->count && !notifier->over);
}

BOOL notifier_busy(void) {
    for (const struct notifier *notifier = notifiers.first; notifier; notifier = notifier->next) {
        if (has_notices(notifier)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOL notifier_has_notices(uint32_t number) {
    const struct notifier *notifier = find(number);

    return notifier && has_notices(notifier);
}

BOOL notifier_calling(uint32_t number) {
    const struct notifier *notifier = find(number);

    return notifier && notifier->calling;
}

BOOL notifier_untold(uint32_t number) {
    const struct notifier *notifier = find(number);

    return notifier && !notifier->told && !notifier->over;
}

BOOL notifier_is_here(void) {
    for (const struct notifier *notifier = notifiers.first; notifier; notifier = notifier->next) {
        if (notifier->calling && notifier->thread == GetCurrentThreadId()) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOL notifier_tell(uint32_t number, RASCONNSTATE state, DWORD error, DWORD sub_entry) {
    struct notifier *notifier = find(number);

    if (!notifier || notifier->over || notifier->count == MOST_NOTICES) {
        return FALSE;
    }
    notifier->notices[notifier->count++] = (struct notice){state, error, sub_entry};
    SetEvent(notifier->event);
    return TRUE;
}

void notifier_end(uint32_t number) {
    struct notifier *notifier = find(number);

    if (notifier) {
        notifier->over = TRUE;
        SetEvent(notifier->event);
    }
}

#ifdef _WIN32

/* Sent, not posted, so that dialling is suspended meanwhile. user32.dll is loaded for this only: few
 * clients have windows. Through memcpy, because C has no conversion between kinds of function
 * pointers that every compiler accepts without a warning. */
static void send_message(HWND window, const struct notice *notice) {
    UINT(WINAPI * register_message)(LPCWSTR) = NULL;
    LRESULT(WINAPI * send)(HWND, UINT, WPARAM, LPARAM, UINT, UINT, PDWORD_PTR) = NULL;
    HMODULE user32 = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    FARPROC found;
    DWORD_PTR result;
    UINT message;

    if (!user32) {
        return;
    }
    found = GetProcAddress(user32, "RegisterWindowMessageW");
    memcpy(&register_message, &found, sizeof(register_message));
    found = GetProcAddress(user32, "SendMessageTimeoutW");
    memcpy(&send, &found, sizeof(send));
    message = register_message(L"RasDialEvent");
    send(window, message ? message : WM_RASDIALEVENT, (WPARAM)notice->state, (LPARAM)notice->error,
         SMTO_ABORTIFHUNG | SMTO_ERRORONEXIT, MESSAGE_MS, &result);
    FreeLibrary(user32);
}

#else

static void send_message(HWND window, const struct notice *notice) { (void)window, (void)notice; }

#endif

/* Each kind of notifier gets what its page lists. RasDialFunc has the state and the error only. */
static BOOL call(const struct notifier *notifier, const struct notice *notice) {
    HRASCONN handle = (HRASCONN)(uintptr_t)notifier->handle;
    RASDIALFUNC function = NULL;
    RASDIALFUNC1 function1 = NULL;
    RASDIALFUNC2 function2 = NULL;

    /* Through memcpy: C has no conversion from an object's pointer to a function's. */
    switch (notifier->given.type) {
    case 0:
        memcpy(&function, &notifier->given.function, sizeof(function));
        function(WM_RASDIALEVENT, notice->state, notice->error);
        return TRUE;
    case 1:
        memcpy(&function1, &notifier->given.function, sizeof(function1));
        function1(handle, WM_RASDIALEVENT, notice->state, notice->error, 0);
        return TRUE;
    case SERVICE_WINDOW:
        send_message((HWND)notifier->given.function, notice);
        return TRUE;
    default:
        memcpy(&function2, &notifier->given.function, sizeof(function2));
        return function2(notifier->given.id, notice->sub_entry, handle, WM_RASDIALEVENT, notice->state, notice->error,
                         0) != 0;
    }
}

/* Takes the first notice; with the lock. */
static BOOL take(struct notifier *notifier, struct notice *notice) {
    if (notifier->over || !notifier->count) {
        return FALSE;
    }
    *notice = notifier->notices[0];
    notifier->count--;
    memmove(notifier->notices, notifier->notices + 1, notifier->count * sizeof(*notice));
    notifier->calling = TRUE;
    return TRUE;
}

/* Notices end with Connected, with an error, or when the client says so. */
static void tell_one(struct notifier *notifier, const struct notice *notice) {
    BOOL go_on;

    service_unlock();
    go_on = call(notifier, notice);
    service_lock();
    notifier->calling = FALSE;
    notifier->told = TRUE;
    notifier->over = notifier->over || !go_on || notice->error || (notice->state & RASCS_DONE);
    if (notifier->simulator == service_running()) {
        service_noticed(notifier->handle, notifier->number);
    }
    SetEvent(service_changed());
}

static void unlink_notifier(const struct notifier *notifier) {
    struct notifier **link = &notifiers.first;

    while (*link != notifier) {
        link = &(*link)->next;
    }
    *link = notifier->next;
    SetEvent(service_changed());
}

static DWORD WINAPI run(LPVOID parameter) {
    struct notifier *notifier = parameter;
    struct notice notice;

    service_lock();
    notifier->thread = GetCurrentThreadId();
    while (!notifier->over && notifier->simulator == service_running()) {
        service_settle(clock_now());
        if (take(notifier, &notice)) {
            tell_one(notifier, &notice);
        } else if (!notifier->over) {
            DWORD ms = clock_time_to(service_next_due(), SLICE_MS);

            service_unlock();
            WaitForSingleObject(notifier->event, ms);
            service_lock();
        }
    }
    unlink_notifier(notifier);
    CloseHandle(notifier->event);
    free(notifier);
    service_unlock();
    return 0;
}

/* Nothing of Python runs in that thread unless the client's own function does. */
DWORD notifier_begin(const service_notifier *given, uint64_t handle, uint32_t *number) {
    struct notifier *notifier = calloc(1, sizeof(*notifier));
    HANDLE thread;

    *number = 0;
    if (!notifier) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    notifier->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    notifier->given = *given;
    notifier->handle = handle;
    notifier->simulator = service_running();
    notifier->number = ++notifiers.last_number;
    notifier->next = notifiers.first;
    thread = notifier->event ? CreateThread(NULL, 0, run, notifier, 0, NULL) : NULL;
    if (!thread) {
        if (notifier->event) {
            CloseHandle(notifier->event);
        }
        free(notifier);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle(thread);
    notifiers.first = notifier;
    *number = notifier->number;
    return ERROR_SUCCESS;
}

void notifier_finish_all(void) {
    for (struct notifier *notifier = notifiers.first; notifier; notifier = notifier->next) {
        notifier->over = TRUE;
        SetEvent(notifier->event);
    }
    /* Not for ever: a notifier may itself wait for whoever ends the simulation. */
    for (int slices = 0; notifiers.first && !notifier_is_here() && slices < PATIENT_SLICES; slices++) {
        ResetEvent(service_changed());
        service_unlock();
        WaitForSingleObject(service_changed(), SLICE_MS);
        service_lock();
    }
}
