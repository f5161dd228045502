/* RasMan, the Windows service Remote Access Connection Manager, without which nothing is up.
 *
 * Windows starts it when a program that uses RAS asks for it (page RAS Connection Operations), but
 * clients report that RAS calls block for 20 to 30 s while it is stopped, as it is on a machine that has
 * never dialled. So the service manager is asked first, as any user may. Its answer holds for a second,
 * or until a RAS call takes longer or fails as calls do without RasMan. If it does not say whether
 * RasMan runs, the call is made. */

#include "rasman.h"

#include <string.h>

#include <raserror.h>

#include "fork.h"
#include "trace.h"

#define SECOND 1000000
#define STARTS_WITHIN (5 * SECOND)

static struct {
    SRWLOCK lock; /* never held while the service manager or RAS is asked */
    uint32_t service;
    enum rasapi_rasman state;
    BOOL is_known;
    int64_t asked_at;
    volatile LONG answers; /* how often it has been asked */
    uint64_t changes;      /* how often an answer has become worthless, also one that is still awaited */
    uint64_t absences;
    BOOL is_wrong; /* it said that RasMan did not run, and yet RAS has dialled; until it says that it runs */
} last = {.lock = SRWLOCK_INIT};

AFTER_FORK(forget_last, memset(&last, 0, sizeof(last)); InitializeSRWLock(&last.lock));

/* With the lock. */
static void only_of(uint32_t service) {
    if (last.service != service) {
        last.service = service;
        last.is_known = last.is_wrong = FALSE;
    }
}

static void forget_state(void) {
    AcquireSRWLockExclusive(&last.lock);
    last.is_known = FALSE;
    last.changes++;
    ReleaseSRWLockExclusive(&last.lock);
}

static uint32_t gate_of(enum rasapi_rasman state) {
    switch (state) {
    case RASMAN_STARTING:
    case RASMAN_STOPPED:
        return WINRAS_NO_RASMAN;
    case RASMAN_DISABLED:
        return ERROR_SERVICE_DISABLED;
    case RASMAN_UNKNOWN:
    case RASMAN_RUNNING:
        break;
    }
    return ERROR_SUCCESS;
}

static LONG count_answers(void) { return InterlockedCompareExchange(&last.answers, 0, 0); }

static enum rasapi_rasman find_state(const rasapi *table, int64_t now) {
    uint32_t service = rasapi_simulator_running();
    enum rasapi_rasman state;
    BOOL holds, is_wrong;
    uint64_t changes;

    AcquireSRWLockExclusive(&last.lock);
    only_of(service);
    holds = last.is_known && now - last.asked_at < SECOND;
    state = last.state;
    is_wrong = last.is_wrong;
    changes = last.changes;
    ReleaseSRWLockExclusive(&last.lock);
    if (!holds) {
        trace_begin(table->now, "QueryServiceStatusEx", NULL);
        trace_end(table->rasman_state(&state));
        is_wrong = is_wrong && state != RASMAN_RUNNING;
        if (!is_wrong && gate_of(state)) {
            trace_decision(WINRAS_DECIDED_NO_RASMAN, "QueryServiceStatusEx", 0,
                           state == RASMAN_DISABLED ? ERROR_SERVICE_DISABLED : ERROR_SERVICE_NOT_ACTIVE);
        }
        AcquireSRWLockExclusive(&last.lock);
        if (last.service == service && last.changes == changes && (!last.is_known || now >= last.asked_at)) {
            last.is_known = TRUE;
            last.state = state;
            last.asked_at = now;
            InterlockedExchange(&last.answers, count_answers() + 1);
        }
        last.is_wrong = last.is_wrong && is_wrong;
        last.absences += !is_wrong && gate_of(state) != ERROR_SUCCESS;
        ReleaseSRWLockExclusive(&last.lock);
    }
    return is_wrong ? RASMAN_UNKNOWN : state;
}

uint32_t rasman_gate(const rasapi *table, rasman_asked *asked) {
    asked->answers = count_answers();
    asked->at = table->now();
    return gate_of(find_state(table, asked->at));
}

/* The numbers of RasMan, of the service manager and of RPC, by which RAS reaches RasMan; some of them
 * come as an HRESULT. */
BOOL rasman_is_silence(uint32_t code) {
    uint32_t number = (code & 0xFFFF0000) == 0x80070000 ? code & 0xFFFF : code;

    return number == ERROR_RASMAN_CANNOT_INITIALIZE || number == ERROR_RASMAN_SERVICE_STOPPED ||
           (number >= 1051 && number <= 1079) || (number >= 1700 && number <= 1834);
}

uint32_t rasman_answered(const rasapi *table, rasman_asked asked, uint32_t code) {
    uint32_t gate;

    if (rasman_is_silence(code)) {
        forget_state();
        gate = gate_of(find_state(table, table->now()));
        return gate ? gate : code;
    }
    /* After a call that took a second, an answer from before it holds no more; another thread's might. */
    if (asked.answers != count_answers() && table->now() - asked.at > SECOND) {
        forget_state();
    }
    return code;
}

uint64_t rasman_absences(void) {
    uint64_t absences;

    AcquireSRWLockExclusive(&last.lock);
    absences = last.absences;
    ReleaseSRWLockExclusive(&last.lock);
    return absences;
}

uint32_t rasman_start(const rasapi *table, rasman_starting *starting) {
    int64_t now = table->now();
    enum rasapi_rasman state;

    forget_state();
    state = find_state(table, now);
    if (state == RASMAN_STOPPED && !starting->asked) {
        trace_begin(table->now, "StartService", NULL);
        starting->failure = trace_end(table->rasman_start());
        if (starting->failure == ERROR_SERVICE_ALREADY_RUNNING) {
            starting->failure = ERROR_SUCCESS;
        }
        forget_state();
        state = find_state(table, now);
        trace_decision(WINRAS_DECIDED_START_RASMAN, "StartService", 0, starting->failure);
    }
    starting->is_absent = gate_of(state) != ERROR_SUCCESS;
    if (!starting->asked) {
        starting->asked = TRUE;
        starting->until = now + STARTS_WITHIN;
    }
    if (state == RASMAN_STARTING && now < starting->until) {
        return WINRAS_PENDING;
    }
    if (state == RASMAN_STARTING) {
        starting->failure = ERROR_SERVICE_REQUEST_TIMEOUT;
    }
    return state == RASMAN_DISABLED ? (uint32_t)ERROR_SERVICE_DISABLED : (uint32_t)ERROR_SUCCESS;
}

void rasman_dialled(const rasapi *table, const rasman_starting *starting) {
    uint32_t service = rasapi_simulator_running();
    BOOL is_wrong;

    if (!starting->is_absent) {
        return; /* if it is not running now, it has just stopped */
    }
    forget_state();
    is_wrong = gate_of(find_state(table, table->now())) != ERROR_SUCCESS;
    AcquireSRWLockExclusive(&last.lock);
    if (last.service == service) {
        last.is_wrong = last.is_wrong || is_wrong;
    }
    ReleaseSRWLockExclusive(&last.lock);
}
