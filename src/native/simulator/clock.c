/* Simulated time and the waits on it. */

#include "service.h"

#define WAIT_SLICE_MS 250
#define PATIENT_SLICES 40
/* What a clock that stands still shows at its beginning: 2000-01-01, so that tests know it. */
#define MANUAL_WALL 946684800000000

static struct {
    BOOL manual;    /* moves only when it is moved: by sim_advance, */
    BOOL automatic; /* or when the maker waits */
    double factor;
    int64_t begun;      /* real time, of the other clocks */
    int64_t begun_wall; /* the same as people tell it */
    int64_t moved;      /* simulated time, of the manual one */
    DWORD maker;
    rasapi_waiter *waiters;
} simulated;

static int64_t real_now(void) {
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (int64_t)((double)count.QuadPart / (double)frequency.QuadPart * 1e6);
}

void clock_begin(double factor, BOOL automatic) {
    simulated.automatic = automatic;
    simulated.begun_wall = factor <= 0 ? MANUAL_WALL : rasapi_time_of_day();
    simulated.manual = factor <= 0;
    simulated.factor = factor;
    simulated.begun = real_now();
    simulated.moved = 0;
    simulated.maker = GetCurrentThreadId();
}

int64_t clock_now(void) {
    return simulated.manual ? simulated.moved : (int64_t)((double)(real_now() - simulated.begun) * simulated.factor);
}

static void unlink_waiter(rasapi_waiter *waiter) {
    rasapi_waiter **link = &simulated.waiters;

    while (*link && *link != waiter) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = waiter->next;
    }
    waiter->parked = FALSE;
    waiter->due = FALSE;
    SetEvent(service_changed());
}

void clock_end(void) {
    while (simulated.waiters) {
        SetEvent(simulated.waiters->wait.events[0]);
        unlink_waiter(simulated.waiters);
    }
}

/* How many waits nothing has woken yet. */
static uint32_t blocked(void) {
    uint32_t count = 0;

    for (const rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        count += !waiter->due;
    }
    return count;
}

static BOOL any_due(void) {
    if (notifier_busy()) {
        return TRUE;
    }
    for (const rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        if (waiter->due) {
            return TRUE;
        }
    }
    return FALSE;
}

static void park(rasapi_waiter *waiter) {
    if (!waiter->parked) {
        waiter->parked = TRUE;
        waiter->due = FALSE;
        waiter->thread = GetCurrentThreadId();
        waiter->next = simulated.waiters;
        simulated.waiters = waiter;
        SetEvent(service_changed());
    }
}

/* Wakes who waits for a moment that has come. */
static void wake_due(void) {
    for (rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        if (waiter->wait.until <= simulated.moved && !waiter->due) {
            waiter->fruitless = waiter->changes == service_changes() ? waiter->fruitless + 1 : 0;
            waiter->changes = service_changes();
            waiter->due = TRUE;
            SetEvent(waiter->wait.events[0]);
        }
    }
}

static void move_to(int64_t moment) {
    simulated.moved = moment > simulated.moved ? moment : simulated.moved;
    service_settle(simulated.moved);
    wake_due();
}

/* Of the waiters of one auto-reset event, one gets it and tells the others; all of them wake. */
void clock_event_set(HANDLE event) {
    for (rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        for (DWORD i = 1; i < waiter->wait.event_count; i++) {
            if (waiter->wait.events[i] == event) {
                waiter->due = TRUE;
            }
        }
    }
}

/* Something may be due earlier than the sleepers know. */
void clock_reschedule(void) {
    for (rasapi_waiter *waiter = simulated.waiters; waiter && !simulated.manual; waiter = waiter->next) {
        SetEvent(waiter->wait.events[0]);
    }
}

BOOL clock_stands_here(void) { return simulated.manual && GetCurrentThreadId() == simulated.maker; }

static DWORD milliseconds_until(int64_t moment, DWORD most) {
    double left = (double)(moment - clock_now()) / simulated.factor / 1000;

    if (left <= 0) {
        return 0;
    }
    return left < most ? (DWORD)left + 1 : most;
}

DWORD clock_time_to(int64_t moment, DWORD most) { return simulated.manual ? most : milliseconds_until(moment, most); }

/* How long to sleep in real time, at most slice_ms. */
static DWORD sleep_time(const rasapi_waiter *waiter, DWORD slice_ms) {
    int64_t due = service_next_due();

    return clock_time_to(due < waiter->wait.until ? due : waiter->wait.until, slice_ms);
}

/* The looks and checks of a wait find something after a change only, or after some more: a watch
 * concludes from two checks that it has missed something. */
#define ENOUGH_LOOKS 4

static int64_t moment_of(const rasapi_waiter *waiter) {
    BOOL looked = waiter->changes == service_changes() && waiter->fruitless >= ENOUGH_LOOKS;

    return looked ? waiter->wait.must : waiter->wait.until;
}

/* When something is due next, here or for somebody who waits. */
static int64_t next_moment(void) {
    int64_t next = service_next_due();

    for (const rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        if (moment_of(waiter) < next) {
            next = moment_of(waiter);
        }
    }
    return next;
}

/* The maker of an automatic clock waits: time jumps to when something happens next. FALSE: it
 * cannot, or not yet, because a thread that was woken is not back. */
static BOOL jump(void) {
    int64_t next = next_moment();

    if (any_due() || next == SIM_NEVER) {
        return FALSE;
    }
    move_to(next);
    return TRUE;
}

static BOOL take_event(const rasapi_wait *wait, DWORD ms, DWORD *fired) {
    *fired = WaitForMultipleObjects(wait->event_count, wait->events, FALSE, ms);
    if (*fired >= wait->event_count) {
        *fired = RASAPI_NO_EVENT;
    }
    return *fired != RASAPI_NO_EVENT;
}

/* With the lock held: whether the wait is over. */
static BOOL is_over(const rasapi_waiter *waiter, DWORD *fired) {
    if (!service_running() || !waiter->parked) {
        return TRUE;
    }
    service_settle(clock_now());
    return take_event(&waiter->wait, 0, fired) || clock_now() >= waiter->wait.until;
}

DWORD clock_wait(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired) {
    BOOL over;

    service_lock();
    *fired = RASAPI_NO_EVENT;
    if (wait->service != service_running()) {
        service_unlock();
        return WAIT_OBJECT_0; /* it has ended; another may have begun */
    }
    waiter->wait = *wait;
    park(waiter);
    over = is_over(waiter, fired);
    if (!over && clock_stands_here()) {
        while (simulated.automatic && !over && jump()) {
            over = is_over(waiter, fired);
        }
        if (!over && !any_due() && blocked() >= waiter->wait.threads) {
            service_unlock();
            return ERROR_POSSIBLE_DEADLOCK;
        }
        if (!over && simulated.automatic) {
            slice_ms = 1; /* until the threads that were woken are back */
        }
    }
    if (!over) {
        slice_ms = sleep_time(waiter, slice_ms);
        service_unlock();
        over = take_event(wait, slice_ms, fired);
        service_lock();
        over = over || is_over(waiter, fired);
    }
    if (over && waiter->parked) {
        waiter->due = TRUE;
    }
    service_unlock();
    return over ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

void clock_wake(rasapi_waiter *waiter, HANDLE event) {
    service_lock();
    waiter->due = waiter->parked;
    SetEvent(event);
    service_unlock();
}

void clock_leave(rasapi_waiter *waiter) {
    service_lock();
    if (waiter->parked) {
        unlink_waiter(waiter);
    }
    service_unlock();
}

int64_t clock_locked_now(void) {
    int64_t now;

    service_lock();
    now = clock_now();
    service_unlock();
    return now;
}

/* What a call waits for: a moment, or that something of a handle has ended. */
struct passing {
    rasapi_wait wait;
    BOOL (*has_ended)(uint64_t handle);
    uint64_t handle;
};

static BOOL has_passed(const struct passing *passing) {
    BOOL passed;

    service_lock();
    passed = passing->wait.service != service_running() || clock_now() >= passing->wait.until ||
             (passing->has_ended && passing->has_ended(passing->handle));
    service_unlock();
    return passed;
}

/* Moves a clock that stands still from moment to moment; who is woken does its work in between, if
 * it does so in some seconds of real time. */
static void pass_here(const struct passing *passing) {
    while (!has_passed(passing)) {
        int64_t next;
        int slices = 0;

        service_lock();
        next = next_moment();
        next = next > simulated.moved ? next : simulated.moved + 1;
        move_to(next < passing->wait.until ? next : passing->wait.until);
        service_unlock();
        while (sim_wait_woken(WAIT_SLICE_MS) && slices < PATIENT_SLICES) {
            slices++;
        }
    }
}

void clock_pass(int64_t duration, BOOL (*has_ended)(uint64_t handle), uint64_t handle) {
    struct passing passing = {
        .wait = {.event_count = 1, .threads = UINT32_MAX}, .has_ended = has_ended, .handle = handle};
    rasapi_waiter waiter = {0};
    BOOL here;
    DWORD fired;

    service_lock();
    passing.wait.service = service_running();
    passing.wait.until = passing.wait.must = service_later(clock_now(), duration);
    here = clock_stands_here();
    service_unlock();
    if (here) {
        pass_here(&passing);
        return;
    }
    passing.wait.events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    while (passing.wait.events[0] && !has_passed(&passing)) {
        clock_wait(&waiter, &passing.wait, WAIT_SLICE_MS, &fired);
    }
    clock_leave(&waiter);
    if (passing.wait.events[0]) {
        CloseHandle(passing.wait.events[0]);
    }
}

int64_t clock_wall(void) {
    int64_t wall;

    service_lock();
    wall = simulated.begun_wall + clock_now();
    service_unlock();
    return wall;
}

int64_t sim_now(void) { return clock_locked_now(); }

/* From moment to moment, so that each notifier is called at its own. */
uint32_t sim_advance_to(int64_t moment) {
    uint32_t code = ERROR_INVALID_PARAMETER;

    service_lock();
    if (service_running() && simulated.manual && moment >= simulated.moved) {
        int64_t due = service_next_due();

        while (due < moment && !notifier_busy()) {
            move_to(due);
            due = service_next_due();
        }
        if (!notifier_busy()) {
            move_to(moment);
        }
        code = ERROR_SUCCESS;
    }
    service_unlock();
    return code;
}

/* Unlocks; if it is not there yet, waits for a change, so that the caller can look again. */
static uint32_t wait_for_change(BOOL there, uint32_t slice_ms) {
    if (!there) {
        ResetEvent(service_changed());
    }
    service_unlock();
    if (!there) {
        WaitForSingleObject(service_changed(), slice_ms);
    }
    return there ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

uint32_t sim_wait_woken(uint32_t slice_ms) {
    service_lock();
    return wait_for_change(!any_due(), slice_ms);
}

uint32_t sim_wait_blocked(uint32_t count, uint32_t slice_ms) {
    service_lock();
    return wait_for_change(blocked() >= count, slice_ms);
}

uint32_t sim_blocked(void) {
    uint32_t count;

    service_lock();
    count = blocked();
    service_unlock();
    return count;
}

uint32_t sim_jumps_for_caller(void) {
    uint32_t jumps;

    service_lock();
    jumps = service_running() && simulated.automatic && GetCurrentThreadId() == simulated.maker;
    service_unlock();
    return jumps;
}

static BOOL is_parked(uint32_t thread) {
    for (const rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
        if (waiter->thread == thread && !waiter->due) {
            return TRUE;
        }
    }
    return FALSE;
}

uint32_t sim_jump(const uint32_t *threads, uint32_t count) {
    BOOL jumped;

    service_lock();
    jumped = service_running() && simulated.automatic;
    for (uint32_t i = 0; i < count; i++) {
        jumped = jumped && is_parked(threads[i]);
    }
    jumped = jumped && jump();
    service_unlock();
    return jumped;
}

uint32_t sim_keep_time(uint32_t number) {
    rasapi_waiter waiter = {0};
    rasapi_wait wait = {.event_count = 1, .service = number, .threads = 1, .until = SIM_NEVER, .must = SIM_NEVER};
    DWORD fired;

    wait.events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!wait.events[0]) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    while (number == rasapi_simulator_running()) {
        clock_wait(&waiter, &wait, WAIT_SLICE_MS, &fired);
        clock_leave(&waiter);
    }
    CloseHandle(wait.events[0]);
    return ERROR_SUCCESS;
}
