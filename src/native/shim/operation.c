/* The waiting operation: begin, step until it answers, cancel from any thread, end.
 *
 * A step waits for one slice at most, so that its caller can see to Ctrl+C in between. The wait ends
 * early when there is something to hear (looks.c), when the next planned look is due, and when
 * somebody calls. What a woken wait then does is the kind's business: hang_up.c, watch.c, dial.c. */

#include "operation.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"
#include "unfinished.h"

#define LONGEST_INTERVAL 250000

static struct {
    SRWLOCK lock;   /* of every operation's `cancelled`, and of every place where one is found */
    uint32_t forks; /* how many lie between the first process and this one */
    uint32_t count; /* of those that have begun and not ended */
} operations = {SRWLOCK_INIT, 0, 0};

AFTER_FORK(forget_operations, InitializeSRWLock(&operations.lock); operations.forks++; operations.count = 0);

static void lock_operations(void) { AcquireSRWLockExclusive(&operations.lock); }

static void unlock_operations(void) { ReleaseSRWLockExclusive(&operations.lock); }

int64_t operation_later(int64_t now, int64_t duration) {
    return duration < 0 || duration > NO_DEADLINE - now ? NO_DEADLINE : now + duration;
}

int64_t operation_now(const winras_operation *operation) { return operation->party.listener.table->now(); }

uint32_t operation_begin(uint32_t service, const operation_kind *kind, size_t size, int64_t timeout,
                         winras_operation **begun) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);
    winras_operation *operation;

    *begun = NULL;
    if (code) {
        return code;
    }
    operation = calloc(1, size);
    if (!operation) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!kind->deaf) {
        unfinished_try_oldest(service, table);
        winras_register(service);
    }
    code = signals_begin(&operation->party.listener, service, table);
    if (code) {
        free(operation);
        return code;
    }
    operation->party.first = &operation->seat;
    looks_begin(&operation->seat, &operation->party, kind->hears);
    lock_operations();
    operations.count++;
    unlock_operations();
    operation->kind = kind;
    operation->forks = operations.forks;
    operation->deadline = operation_later(table->now(), timeout);
    operation->interval = FIRST_INTERVAL;
    operation->longest_interval = LONGEST_INTERVAL;
    operation->decided_at = NO_DEADLINE;
    operation->result = WINRAS_PENDING;
    *begun = operation;
    return ERROR_SUCCESS;
}

/* `decided_at`, if that is still to come. */
static int64_t decision(const winras_operation *operation) {
    return operation->decided_at > operation_now(operation) ? operation->decided_at : NO_DEADLINE;
}

void operation_must_look(winras_operation *operation) {
    operation->decided_at = operation_later(operation_now(operation), operation->interval);
}

void operation_look(winras_operation *operation) {
    int64_t now, decided;

    operation->result = operation->kind->look(operation);
    now = operation_now(operation);
    decided = decision(operation); /* once: it may be over a moment later */
    if (operation->result == WINRAS_PENDING && now >= operation->deadline && operation->kind->times_out) {
        operation->result = WINRAS_TIMED_OUT;
    }
    operation->next_look = operation_later(now, operation->interval);
    if (decided < operation->next_look) {
        operation->next_look = decided;
    }
    if (operation->interval > operation->longest_interval / 2) {
        operation->interval = operation->longest_interval;
    } else {
        operation->interval *= 2;
    }
}

uint32_t operation_look_if_due(winras_operation *operation) {
    int64_t now = operation_now(operation);

    if (operation->seat.is_ready) {
        /* The signal may come before the end can be seen. */
        operation->interval = FIRST_INTERVAL;
    } else if (now < operation->next_look && now < operation->deadline) {
        return WINRAS_PENDING;
    }
    operation->seat.is_ready = FALSE;
    looks_hear(&operation->seat);
    operation_look(operation);
    looks_told(&operation->seat, operation->result != WINRAS_PENDING);
    return operation->result;
}

BOOL operation_is_cancelled(winras_operation *operation) {
    BOOL cancelled;

    lock_operations();
    cancelled = operation->cancelled;
    unlock_operations();
    return cancelled;
}

/* Waits for one slice, and returns the answer of looks_wait. */
static DWORD wait_slice(winras_operation *operation, uint32_t threads, uint32_t slice_ms) {
    looks_seat *seat = &operation->seat;
    int64_t must = decision(operation);

    if (seat->hears == HEARS_PICTURES) {
        seat->until = seat->must = operation->deadline;
    } else {
        seat->until = operation->next_look < operation->deadline ? operation->next_look : operation->deadline;
        seat->must = must < operation->deadline ? must : operation->deadline;
    }
    return looks_wait(&operation->party, threads, slice_ms);
}

BOOL operation_is_of_parent(const winras_operation *operation) { return operation->forks != operations.forks; }

uint32_t winras_step(winras_operation *operation, uint32_t threads, uint32_t slice_ms) {
    const signals_listener *listener = &operation->party.listener;
    DWORD woken;
    uint32_t code;

    if (operation_is_of_parent(operation)) {
        return WINRAS_OTHER_SERVICE;
    }
    if (operation->kind->before_wait) {
        code = operation->kind->before_wait(operation);
        if (code == WINRAS_NOTICE) {
            return code;
        }
    }
    if (operation->result != WINRAS_PENDING) {
        return calls_answer(listener->service, operation->result);
    }
    woken = wait_slice(operation, threads, slice_ms);
    if (listener->service != rasapi_simulator_running()) {
        operation->result = WINRAS_OTHER_SERVICE;
    } else if (operation_is_cancelled(operation)) {
        operation->result = WINRAS_CANCELLED;
    } else if (woken == WAIT_TIMEOUT) {
        return WINRAS_PENDING;
    } else if (woken == ERROR_POSSIBLE_DEADLOCK) {
        operation->result = WINRAS_DEADLOCK;
    } else if (woken != WAIT_OBJECT_0 && woken != RPC_S_SERVER_UNAVAILABLE) {
        operation->result = woken;
    } else {
        code = operation->kind->woken(operation);
        if (code == WINRAS_LOOK || code == WINRAS_NOTICE) {
            return code;
        }
        /* What it waits for cannot come any more. */
        operation->result = code == WINRAS_PENDING && woken != WAIT_OBJECT_0 ? woken : code;
    }
    winras_leave(operation);
    return calls_answer(listener->service, operation->result);
}

void winras_cancel(winras_operation *operation) {
    lock_operations();
    operation->cancelled = TRUE;
    unlock_operations();
    winras_wake(operation);
}

void winras_wake(winras_operation *operation) { looks_call(&operation->seat); }

void winras_leave(winras_operation *operation) {
    if (!operation_is_of_parent(operation)) {
        operation->party.listener.table->leave(&operation->party.listener.waiter);
    }
}

winras_operation *operation_claim(winras_operation **place) {
    winras_operation *operation;

    lock_operations();
    operation = *place;
    *place = NULL;
    unlock_operations();
    return operation && !operation_is_of_parent(operation) ? operation : NULL;
}

void operation_end(winras_operation *operation) {
    winras_leave(operation);
    if (operation->kind->end) {
        operation->kind->end(operation);
    }
    lock_operations();
    operations.count--;
    unlock_operations();
    looks_end(&operation->seat);
    signals_end(&operation->party.listener);
    free(operation);
}

void winras_end(winras_operation **place) {
    winras_operation *operation = operation_claim(place);

    if (operation) {
        operation_end(operation);
    }
}

uint32_t winras_operations(void) {
    uint32_t count;

    lock_operations();
    count = operations.count;
    unlock_operations();
    return count;
}

winras_operation *operation_of_seat(looks_seat *seat) {
    return (winras_operation *)(void *)((BYTE *)seat - offsetof(winras_operation, seat));
}

const char *winras_function(const winras_operation *operation) { return operation->function; }
