/* A bounded list of what was called and decided, while that is wanted.
 *
 * Calls are made on many threads, some of which no Python knows: those that register, those that end a
 * process. So nobody is called from here: each thread leaves its records in the one list, from which any
 * thread of Python takes them after its own calls. When nobody does, the oldest go, and are counted.
 *
 * A record has numbers and the names of functions only; no text of an argument or answer is ever here. */

#include "trace.h"

#include <string.h>

#include "fork.h"
#include "layouts.h"

#define MOST_RECORDS 1024
/* A thread that finds no room among the calls that are being made leaves no record, which is counted. */
#define MOST_CALLS 64

struct call {
    DWORD thread; /* 0: free */
    const char *function;
    uint64_t handle;
    int64_t (*now)(void);
    int64_t begun;
};

struct record {
    const char *function;
    winras_record told;
};

static struct {
    volatile LONG wanted; /* WINRAS_TRACE_ */
    SRWLOCK lock;         /* of all that follows; held for moments only */
    struct call calls[MOST_CALLS];
    struct record records[MOST_RECORDS];
    uint32_t first;
    uint32_t count;
    uint32_t lost;
} trace = {.lock = SRWLOCK_INIT};

/* With the lock. */
static void forget_records(void) { trace.first = trace.count = trace.lost = 0; }

/* With the lock. Those that are being made leave no record, even if calls are wanted again when they end. */
static void forget_calls(void) { memset(trace.calls, 0, sizeof(trace.calls)); }

AFTER_FORK(forget_trace, InitializeSRWLock(&trace.lock); forget_calls(); forget_records());

static void lock_trace(void) { AcquireSRWLockExclusive(&trace.lock); }

static void unlock_trace(void) { ReleaseSRWLockExclusive(&trace.lock); }

static BOOL is_wanted(LONG level) { return InterlockedCompareExchange(&trace.wanted, 0, 0) >= level; }

void winras_trace(uint32_t wanted) {
    lock_trace();
    InterlockedExchange(&trace.wanted, (LONG)wanted);
    if (wanted != WINRAS_TRACE_CALLS) {
        forget_calls();
    }
    if (wanted == WINRAS_TRACE_NOTHING) {
        forget_records();
    } else if (wanted < WINRAS_TRACE_CALLS) {
        /* Those that are being made now will not be looked for at their end. */
        memset(trace.calls, 0, sizeof(trace.calls));
    }
    unlock_trace();
}

/* With the lock. */
static void keep_record(const char *function, const winras_record *told) {
    if (trace.count == MOST_RECORDS) {
        trace.first = (trace.first + 1) % MOST_RECORDS;
        trace.count--;
        trace.lost++;
    }
    trace.records[(trace.first + trace.count++) % MOST_RECORDS] = (struct record){function, *told};
}

/* Registrations of all connections have no handle of their own. */
static uint64_t handle_told(HRASCONN handle) {
    return handle == (HRASCONN)INVALID_HANDLE_VALUE ? 0 : handle_from_native(handle);
}

/* With the lock: where this thread's call is, or room for one. */
static struct call *find_call(DWORD thread) {
    for (size_t i = 0; i < MOST_CALLS; i++) {
        if (trace.calls[i].thread == thread) {
            return &trace.calls[i];
        }
    }
    return NULL;
}

void trace_begin(int64_t (*now)(void), const char *function, HRASCONN handle) {
    struct call call, *place;

    if (!is_wanted(WINRAS_TRACE_CALLS)) {
        return;
    }
    call = (struct call){GetCurrentThreadId(), function, handle_told(handle), now, now()};
    lock_trace();
    place = find_call(0);
    if (place) {
        *place = call;
    } else {
        trace.lost++;
    }
    unlock_trace();
}

uint32_t trace_end(uint32_t result) {
    winras_record told;
    struct call *place, call = {.thread = 0};

    if (!is_wanted(WINRAS_TRACE_CALLS)) {
        return result;
    }
    lock_trace();
    place = find_call(GetCurrentThreadId());
    if (place) {
        call = *place;
        place->thread = 0;
    }
    unlock_trace();
    if (!call.thread) {
        return result; /* it began before anybody wanted to know */
    }
    memset(&told, 0, sizeof(told));
    told.handle = call.handle;
    told.result = result;
    told.thread = call.thread;
    told.duration = call.now() - call.begun;
    lock_trace();
    keep_record(call.function, &told);
    unlock_trace();
    return result;
}

void trace_decision(uint32_t decision, const char *function, uint64_t handle, uint32_t result) {
    winras_record told;

    if (!is_wanted(WINRAS_TRACE_DECISIONS)) {
        return;
    }
    memset(&told, 0, sizeof(told));
    told.decision = decision;
    told.handle = handle;
    told.result = result;
    told.thread = GetCurrentThreadId();
    lock_trace();
    keep_record(function, &told);
    unlock_trace();
}

const char *winras_read_record(winras_record *record) {
    const char *function = NULL;

    memset(record, 0, sizeof(*record));
    lock_trace();
    if (trace.lost) {
        function = "";
        record->decision = WINRAS_DECIDED_RECORDS_LOST;
        record->result = trace.lost;
        trace.lost = 0;
    } else if (trace.count) {
        function = trace.records[trace.first].function;
        *record = trace.records[trace.first].told;
        trace.first = (trace.first + 1) % MOST_RECORDS;
        trace.count--;
    }
    unlock_trace();
    return function;
}
