/* The notifiers of RasDial. Each has a thread of its own, which gives it one notice after the other. Dialling does
 * not go on until the notifier has returned (RasDialFunc2's page); then the thread calls its owner back. While it
 * waits for a notice, the thread keeps the owner's time going, because the client may have no other thread in
 * winras. Notifiers are kept under the state's lock, and called without it. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"

/* The state that dialling enters, and, before that notice is given, that it has ended. */
#define MOST_NOTICES 4

service_window *notifier_window;

struct notice {
    RASCONNSTATE state;
    DWORD error;
    DWORD sub_entry;
};

struct notifier {
    uint32_t number;
    uint32_t service;
    uint64_t handle;
    const notifier_owner *owner;
    service_notifier given;
    HANDLE event; /* set when there is a notice, or when it is over */
    DWORD thread;
    struct notice notices[MOST_NOTICES];
    uint32_t count;
    BOOL calling;
    BOOL told;
    BOOL last; /* no further notice will be made */
    BOOL over;
    struct notifier *next;
};

/* Each thread frees its own notifier. */
static struct {
    uint32_t last_number;
    struct notifier *first;
} notifiers;

AFTER_FORK(forget_notifiers, notifiers.first = NULL);

static struct notifier *find_notifier(uint32_t number) {
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
    const struct notifier *notifier = find_notifier(number);

    return notifier && has_notices(notifier);
}

BOOL notifier_calling(uint32_t number) {
    const struct notifier *notifier = find_notifier(number);

    return notifier && notifier->calling;
}

BOOL notifier_untold(uint32_t number) {
    const struct notifier *notifier = find_notifier(number);

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
    struct notifier *notifier = find_notifier(number);

    if (!notifier || notifier->over || notifier->count == MOST_NOTICES) {
        return FALSE;
    }
    notifier->notices[notifier->count++] = (struct notice){state, error, sub_entry};
    SetEvent(notifier->event);
    return TRUE;
}

void notifier_end(uint32_t number) {
    struct notifier *notifier = find_notifier(number);

    if (notifier) {
        notifier->over = TRUE;
        SetEvent(notifier->event);
    }
}

void notifier_finish(uint32_t number) {
    struct notifier *notifier = find_notifier(number);

    if (notifier) {
        notifier->last = TRUE;
        SetEvent(notifier->event);
    }
}

/* FALSE: the notifier wants no more notices, which only RasDialFunc2 can say. */
static BOOL give(const struct notifier *notifier, const struct notice *notice) {
    HRASCONN handle = handle_to_native(notifier->handle);
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
    case NOTIFIER_WINDOW:
        notifier_window((HWND)notifier->given.function, notice->state, notice->error);
        return TRUE;
    default:
        memcpy(&function2, &notifier->given.function, sizeof(function2));
        return function2(notifier->given.id, notice->sub_entry, handle, WM_RASDIALEVENT, notice->state, notice->error,
                         0) != 0;
    }
}

static BOOL take_notice(struct notifier *notifier, struct notice *notice) {
    if (notifier->over || !notifier->count) {
        return FALSE;
    }
    *notice = notifier->notices[0];
    notifier->count--;
    memmove(notifier->notices, notifier->notices + 1, notifier->count * sizeof(*notice));
    notifier->calling = TRUE;
    return TRUE;
}

/* The last notice is Connected or an error, unless the notifier wants no more. */
static void give_notice(struct notifier *notifier, const struct notice *notice) {
    BOOL go_on;

    unlock_state();
    go_on = give(notifier, notice);
    lock_state();
    notifier->calling = FALSE;
    notifier->told = TRUE;
    notifier->over = notifier->over || !go_on || notice->error || (notice->state & RASCS_DONE);
    if (notifier->service == sim.running) {
        notifier->owner->returned(notifier->handle, notifier->number);
    }
    SetEvent(sim.changed);
}

static void unlink_notifier(const struct notifier *notifier) {
    struct notifier **link = &notifiers.first;

    while (*link != notifier) {
        link = &(*link)->next;
    }
    *link = notifier->next;
    SetEvent(sim.changed);
}

static DWORD WINAPI run_notifier(LPVOID parameter) {
    struct notifier *notifier = parameter;
    struct notice notice;

    lock_state();
    notifier->thread = GetCurrentThreadId();
    while (!notifier->over && notifier->service == sim.running) {
        DWORD ms = notifier->owner->keep_time(SLICE_MS);

        if (take_notice(notifier, &notice)) {
            give_notice(notifier, &notice);
        } else if (notifier->last) {
            notifier->over = TRUE;
        } else if (!notifier->over) {
            unlock_state();
            WaitForSingleObject(notifier->event, ms);
            lock_state();
        }
    }
    unlink_notifier(notifier);
    CloseHandle(notifier->event);
    free(notifier);
    unlock_state();
    return 0;
}

DWORD notifier_begin(const notifier_owner *owner, const service_notifier *given, uint64_t handle, uint32_t *number) {
    struct notifier *notifier = calloc(1, sizeof(*notifier));
    HANDLE thread;

    *number = 0;
    if (!notifier) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    notifier->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    notifier->owner = owner;
    notifier->given = *given;
    notifier->handle = handle;
    notifier->service = sim.running;
    notifier->number = ++notifiers.last_number;
    notifier->next = notifiers.first;
    thread = notifier->event ? CreateThread(NULL, 0, run_notifier, notifier, 0, NULL) : NULL;
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
    /* Not forever: a notifier may itself wait for the thread that ends the simulation. */
    for (int slices = 0; notifiers.first && !notifier_is_here() && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
    }
}
