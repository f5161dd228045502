/* The notifiers of RasDial, in the process of the client that has dialled. Each has a thread of its own, which gives it
 * one notice after the other, and answers the service when it has returned. While it waits for a notice, the thread
 * keeps the time of a service in this process, because the client may have no other thread in winras. Notifiers are
 * kept under the state's lock, and called without it. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"

service_window *notifier_window;

/* The service knows it until that connection is dialled no more: so long is it kept, although its thread has ended. */
struct notifier {
    uint32_t number;
    uint32_t service;
    uint64_t handle; /* of its connection, once that is known */
    service_notifier given;
    HRASCONN *stored; /* where a RasDial that waits stores it; it has no notifier */
    service_news notice;
    BOOL has_notice; /* `notice` is to be given */
    BOOL calling;
    BOOL over;    /* the thread ends */
    BOOL unknown; /* the service does not know it any more */
    HANDLE event; /* wakes the thread; NULL once that has ended */
    DWORD thread;
    struct notifier *next;
};

static struct {
    uint32_t last_number;
    struct notifier *first;
} notifiers;

AFTER_FORK(forget_notifiers, notifiers.first = NULL);

/* FALSE: the notifier wants no more notices, which only RasDialFunc2 can say. */
static BOOL give(const service_notifier *given, const service_news *notice) {
    HRASCONN handle = handle_to_native(notice->handle);
    RASCONNSTATE state = (RASCONNSTATE)notice->state;
    RASDIALFUNC function = NULL;
    RASDIALFUNC1 function1 = NULL;
    RASDIALFUNC2 function2 = NULL;

    /* Through memcpy: C has no conversion from an object's pointer to a function's. */
    switch (given->type) {
    case 0:
        memcpy(&function, &given->function, sizeof(function));
        function(WM_RASDIALEVENT, state, notice->error);
        return TRUE;
    case 1:
        memcpy(&function1, &given->function, sizeof(function1));
        function1(handle, WM_RASDIALEVENT, state, notice->error, 0);
        return TRUE;
    case NOTIFIER_WINDOW:
        notifier_window((HWND)given->function, state, notice->error);
        return TRUE;
    default:
        memcpy(&function2, &given->function, sizeof(function2));
        return function2(given->id, notice->sub_entry, handle, WM_RASDIALEVENT, state, notice->error, 0) != 0;
    }
}

/* The service is gone: who waits for the end of his dialling is told so. */
static void take_last_notice(struct notifier *notifier) {
    sim.notices_here += !notifier->has_notice;
    notifier->has_notice = TRUE;
    notifier->notice.state = RASCS_Disconnected;
    notifier->notice.error = RPC_S_SERVER_UNAVAILABLE;
    SetEvent(notifier->event);
}

static void give_notice(struct notifier *notifier) {
    service_news notice = notifier->notice;
    struct ask_notified asked = {
        .call = {.function = FUNCTION_COUNT, .handle = notice.handle, .number = notifier->number}};
    DWORD code;

    notifier->has_notice = FALSE;
    notifier->calling = TRUE;
    unlock_state();
    asked.goes_on = (uint32_t)give(&notifier->given, &notice);
    code = ask_notified(&asked);
    lock_state();
    notifier->calling = FALSE;
    notifier->over =
        notifier->over || !asked.goes_on || is_last_notice(&notice) || (code && code != RPC_S_SERVER_UNAVAILABLE);
    if (code && !notifier->over) {
        take_last_notice(notifier);
    }
    sim.notices_here--;
    SetEvent(sim.changed);
}

static void free_notifier(struct notifier *notifier) {
    struct notifier **link = &notifiers.first;

    while (*link != notifier) {
        link = &(*link)->next;
    }
    *link = notifier->next;
    free(notifier);
}

static DWORD WINAPI run_notifier(LPVOID parameter) {
    struct notifier *notifier = parameter;

    lock_state();
    notifier->thread = GetCurrentThreadId();
    while (!notifier->over && notifier->service == sim.running) {
        DWORD ms = clock_keep_time(SLICE_MS);

        if (notifier->has_notice && !notifier->over) {
            give_notice(notifier);
        } else if (!notifier->over) {
            unlock_state();
            WaitForSingleObject(notifier->event, ms);
            lock_state();
        }
    }
    CloseHandle(notifier->event);
    notifier->event = NULL;
    sim.notices_here -= notifier->has_notice;
    notifier->has_notice = FALSE;
    if (notifier->unknown || notifier->service != sim.running) {
        free_notifier(notifier);
    }
    SetEvent(sim.changed);
    unlock_state();
    return 0;
}

static void end_notifier(struct notifier *notifier) {
    notifier->over = notifier->unknown = TRUE;
    if (notifier->event) {
        SetEvent(notifier->event);
    } else {
        free_notifier(notifier);
    }
}

static void hear_notice(struct notifier *notifier, const service_news *news) {
    if (notifier->event && !notifier->has_notice) {
        notifier->notice = *news;
        notifier->has_notice = TRUE;
        notifier->handle = news->handle;
        sim.notices_here++;
        SetEvent(notifier->event);
    }
}

static struct notifier *find_notifier(uint32_t number) {
    struct notifier *notifier = notifiers.first;

    while (notifier && notifier->number != number) {
        notifier = notifier->next;
    }
    return notifier;
}

static void end_notifiers(void) {
    for (struct notifier *notifier = notifiers.first, *next; notifier; notifier = next) {
        next = notifier->next;
        end_notifier(notifier);
    }
}

static void lose_service(void) {
    for (struct notifier *notifier = notifiers.first, *next; notifier; notifier = next) {
        next = notifier->next;
        notifier->unknown = TRUE;
        if (notifier->event) {
            take_last_notice(notifier);
        } else {
            free_notifier(notifier);
        }
    }
}

static void notifiers_hear(uint32_t client, const service_news *news) {
    struct notifier *notifier = find_notifier(news->number);

    (void)client;
    if (news->what == NEWS_SERVICE_ENDS) {
        lose_service();
    } else if (notifier && news->what == NEWS_NOTICE) {
        hear_notice(notifier, news);
    } else if (notifier && news->what == NEWS_NOTIFIER_ENDS) {
        end_notifier(notifier);
    } else if (notifier && news->what == NEWS_DIALLED && notifier->stored) {
        *notifier->stored = handle_to_native(news->handle);
    }
}

/* ---- for RasDial ---- */

/* With the lock held, which its thread waits for. */
static BOOL run(struct notifier *notifier) {
    HANDLE thread;

    notifier->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    thread = notifier->event ? CreateThread(NULL, 0, run_notifier, notifier, 0, NULL) : NULL;
    if (thread) {
        CloseHandle(thread);
    } else if (notifier->event) {
        CloseHandle(notifier->event);
    }
    return thread != NULL;
}

DWORD notifier_begin(const service_notifier *given, HRASCONN *stored, uint32_t *number) {
    struct notifier *notifier = calloc(1, sizeof(*notifier));
    BOOL begun = notifier != NULL;

    lock_state();
    if (begun) {
        notifier->service = sim.running;
        notifier->number = ++notifiers.last_number;
        notifier->given = *given;
        notifier->stored = given->function ? NULL : stored;
        begun = !given->function || run(notifier);
    }
    if (begun) {
        *number = notifier->number;
        notifier->next = notifiers.first;
        notifiers.first = notifier;
        client_notifiers_hear = notifiers_hear;
    } else {
        free(notifier);
    }
    unlock_state();
    return begun ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

void notifier_dialled(uint32_t number, uint64_t handle, DWORD code) {
    struct notifier *notifier;

    lock_state();
    notifier = find_notifier(number);
    if (notifier && (code || notifier->stored)) {
        end_notifier(notifier);
    } else if (notifier) {
        notifier->handle = handle;
    }
    unlock_state();
}

uint32_t notifier_of(uint64_t handle, const service_notifier *given) {
    const struct notifier *notifier;
    uint32_t number;

    lock_state();
    notifier = notifiers.first;
    while (notifier && (notifier->handle != handle || notifier->service != sim.running ||
                        notifier->given.function != given->function || notifier->given.type != given->type)) {
        notifier = notifier->next;
    }
    number = notifier ? notifier->number : ++notifiers.last_number;
    unlock_state();
    return number;
}

static BOOL calls_here(void) {
    const struct notifier *notifier = notifiers.first;

    while (notifier && !(notifier->calling && notifier->thread == GetCurrentThreadId())) {
        notifier = notifier->next;
    }
    return notifier != NULL;
}

BOOL notifier_is_here(void) {
    BOOL here;

    lock_state();
    here = calls_here();
    unlock_state();
    return here;
}

/* ---- for the end ---- */

void notifier_finish_all(void) {
    end_notifiers();
    /* Not forever: a notifier may itself wait for the thread that ends the simulation. */
    for (int slices = 0; notifiers.first && !calls_here() && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
    }
}
