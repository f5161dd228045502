/* The end of the process: what nobody took is hung up, and what was hung up is waited for.
 *
 * A RAS call may take long, and nothing can end it, so all of them are made on a thread of their own.
 * Whoever began this waits for that thread, slice by slice, and leaves it behind when its patience
 * is over. */

#include <stdlib.h>

#include <raserror.h>

#include "operation.h"

/* The thread's and its beginner's; the last of them frees it. */
struct winras_leaving {
    SRWLOCK lock;
    uint32_t service;
    int64_t timeout;
    HANDLE over;             /* set when the thread is done */
    winras_operation *first; /* to be ended */
    winras_operation *finish;
    uint32_t result;
    BOOL begun;
    BOOL stopped;
    unsigned holders;
};

static void let_go(winras_leaving *leaving) {
    unsigned left;

    AcquireSRWLockExclusive(&leaving->lock);
    left = --leaving->holders;
    ReleaseSRWLockExclusive(&leaving->lock);
    if (left == 0) {
        CloseHandle(leaving->over);
        free(leaving);
    }
}

static void end_all(winras_operation **first) {
    while (*first) {
        winras_operation *operation = *first;

        *first = operation->next;
        operation_end(operation);
    }
}

static uint32_t finish_all(winras_leaving *leaving) {
    winras_operation *finish = NULL;
    uint32_t code = winras_begin_finish(leaving->service, leaving->timeout, &finish);

    if (code) {
        return code;
    }
    AcquireSRWLockExclusive(&leaving->lock);
    leaving->finish = finish;
    if (leaving->stopped) {
        winras_cancel(finish);
    }
    ReleaseSRWLockExclusive(&leaving->lock);
    do {
        code = winras_step(finish, UINT32_MAX, WINRAS_SLICE_MS);
    } while (code == WINRAS_PENDING);
    AcquireSRWLockExclusive(&leaving->lock);
    leaving->finish = NULL;
    ReleaseSRWLockExclusive(&leaving->lock);
    winras_end(&finish);
    return code;
}

static DWORD WINAPI run_leaving(LPVOID parameter) {
    winras_leaving *leaving = parameter;
    uint32_t code;

    end_all(&leaving->first);
    code = finish_all(leaving);
    AcquireSRWLockExclusive(&leaving->lock);
    leaving->result = code;
    ReleaseSRWLockExclusive(&leaving->lock);
    SetEvent(leaving->over);
    let_go(leaving);
    return 0;
}

uint32_t winras_begin_leaving(uint32_t service, int64_t timeout, winras_leaving **begun) {
    winras_leaving *leaving = calloc(1, sizeof(*leaving));

    *begun = NULL;
    if (!leaving) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    leaving->over = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!leaving->over) {
        free(leaving);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    InitializeSRWLock(&leaving->lock);
    leaving->service = service;
    leaving->timeout = timeout;
    leaving->result = WINRAS_PENDING;
    leaving->holders = 1;
    *begun = leaving;
    return ERROR_SUCCESS;
}

void winras_hand_over(winras_leaving *leaving, winras_operation **place) {
    winras_operation *operation = operation_claim(place);

    if (operation) {
        operation->is_left = TRUE;
        operation->next = leaving->first;
        leaving->first = operation;
    }
}

static uint32_t begin_thread(winras_leaving *leaving) {
    HANDLE thread;

    leaving->begun = TRUE;
    leaving->holders++;
    thread = CreateThread(NULL, 0, run_leaving, leaving, 0, NULL);
    if (!thread) {
        leaving->begun = FALSE;
        leaving->holders--;
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle(thread);
    return ERROR_SUCCESS;
}

uint32_t winras_step_leaving(winras_leaving *leaving, uint32_t threads) {
    rasapi_wait wait = {.event_count = 1, .waits = 1, .until = NO_DEADLINE, .must = NO_DEADLINE};
    rasapi_waiter waiter = {.parked = FALSE};
    const rasapi *table = NULL;
    DWORD woken, fired;
    uint32_t code;

    if (!leaving->begun && !leaving->first && !winras_unfinished(leaving->service)) {
        return ERROR_SUCCESS;
    }
    code = calls_find_table(leaving->service, &table);
    if (!code && !leaving->begun) {
        code = begin_thread(leaving);
    }
    if (code) {
        return code;
    }
    wait.events[0] = leaving->over;
    wait.service = leaving->service;
    wait.threads = threads + 1; /* what it waits for is a thread too */
    woken = table->wait(&waiter, &wait, WINRAS_SLICE_MS, &fired);
    table->leave(&waiter);
    if (woken == ERROR_POSSIBLE_DEADLOCK) {
        return WINRAS_DEADLOCK;
    }
    AcquireSRWLockExclusive(&leaving->lock);
    code = leaving->result;
    ReleaseSRWLockExclusive(&leaving->lock);
    return code;
}

void winras_end_leaving(winras_leaving **ended) {
    winras_leaving *leaving = *ended;

    *ended = NULL;
    if (!leaving) {
        return;
    }
    if (!leaving->begun) {
        end_all(&leaving->first);
    }
    AcquireSRWLockExclusive(&leaving->lock);
    leaving->stopped = TRUE;
    if (leaving->finish) {
        winras_cancel(leaving->finish);
    }
    ReleaseSRWLockExclusive(&leaving->lock);
    let_go(leaving);
}
