/* Simulated time, and the waits on it. Every wait of winras in the simulator comes here, slice by slice
 * (clock_wait): between begin and leave its waiter is parked in sim.waiters, so that the clock knows what
 * everybody waits for. A running clock ("real", or a factor) only tells sleepers how long to sleep. A clock
 * that stands still ("manual") is moved by sim_advance_to. The automatic one stands still too, but jumps to the
 * next moment at which something is due while the thread that made it waits. When time moves, the service does
 * what has become due, and waiters whose moment has come are woken; each is "due" until it is back with its caller,
 * so that nobody moves time on before it has done its work. */

#include "state.h"

#include <string.h>

/* What a clock that stands still shows at its beginning: 2000-01-01, so that tests know it. */
#define MANUAL_WALL 946684800000000

static struct {
    BOOL manual;    /* stands still, unless it is moved */
    BOOL automatic; /* stands still, and jumps while its maker waits: manual is set too */
    double factor;
    int64_t begun; /* a running clock: real time at its beginning */
    int64_t moved; /* a clock that stands still: where it stands */
    DWORD maker;
    DWORD for_maker;   /* performs what the maker asks from another process */
    int64_t suspended; /* a running clock: how long the machine had really slept before it */
    int64_t shown;     /* so much of sim.slept those who wait know */
    int64_t kept;      /* a running clock: until when somebody sleeps for the service; SIM_NEVER: nobody does */
} simulated;

static void start_clock(int64_t begun, int64_t begun_wall) {
    simulated.begun = begun;
    sim.begun_wall = begun_wall;
    simulated.moved = 0;
    simulated.maker = GetCurrentThreadId();
    simulated.kept = SIM_NEVER;
    simulated.suspended = rasapi_real_suspended();
    sim.slept = sim.resumed = simulated.shown = 0;
    sim.lost = FALSE;
}

void clock_begin(double factor, BOOL automatic) {
    simulated.automatic = automatic;
    simulated.manual = factor <= 0;
    simulated.factor = factor;
    start_clock(rasapi_real_now(), factor <= 0 ? MANUAL_WALL : rasapi_time_of_day());
}

uint64_t clock_shared(int64_t *begun) {
    uint64_t factor = 0;

    *begun = simulated.begun;
    if (!simulated.manual) {
        memcpy(&factor, &simulated.factor, sizeof(factor));
    }
    return factor;
}

void clock_join(int64_t begun, int64_t begun_wall, uint64_t factor) {
    simulated.automatic = FALSE;
    simulated.manual = factor == 0;
    memcpy(&simulated.factor, &factor, sizeof(factor));
    start_clock(begun, begun_wall);
}

int64_t clock_now(void) {
    double run = (double)(rasapi_real_now() - simulated.begun) * simulated.factor;

    if (simulated.manual) {
        return simulated.moved;
    }
    return run < (double)(SIM_LATEST - sim.slept) ? (int64_t)run + sim.slept : SIM_LATEST;
}

static void unlink_waiter(rasapi_waiter *waiter) {
    *waiter->link = waiter->next;
    if (waiter->next) {
        waiter->next->link = waiter->link;
    }
    waiter->parked = FALSE;
    waiter->due = FALSE;
    SetEvent(sim.changed);
}

void clock_end(void) {
    while (sim.waiters) {
        SetEvent(sim.waiters->wait.events[0]);
        unlink_waiter(sim.waiters);
    }
}

/* How many waits have not been woken, and in how many threads. */
static uint32_t blocked(uint32_t *threads) {
    uint32_t count = 0;

    *threads = 0;
    for (const rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (!waiter->due) {
            count += waiter->wait.waits;
            ++*threads;
        }
    }
    return count;
}

static BOOL is_parked(DWORD thread) {
    for (const rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (waiter->thread == thread && !waiter->due) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Whether a thread other than this has something to do. One that was woken may be waiting again further in: it
 * tells the progress of its dialling, and what it tells calls winras. */
static BOOL any_due(void) {
    if (sim.unanswered || sim.unheard) {
        return TRUE;
    }
    for (const rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (waiter->due && waiter->thread != GetCurrentThreadId() && !is_parked(waiter->thread)) {
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
        waiter->next = sim.waiters;
        waiter->link = &sim.waiters;
        if (waiter->next) {
            waiter->next->link = &waiter->next;
        }
        sim.waiters = waiter;
        SetEvent(sim.changed);
    }
}

static void wake_due(void) {
    for (rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (waiter->wait.until <= simulated.moved && !waiter->due) {
            waiter->fruitless = waiter->changes == sim.visible_changes ? waiter->fruitless + 1 : 0;
            waiter->changes = sim.visible_changes;
            waiter->due = TRUE;
            SetEvent(waiter->wait.events[0]);
        }
    }
}

static void wake_all(void) {
    for (rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        SetEvent(waiter->wait.events[0]);
    }
}

void clock_lose_service(void) {
    sim.lost = TRUE;
    wake_all();
}

/* Whoever sleeps on a running clock has to see anew for how long. */
static void leap(void) {
    simulated.shown = sim.slept;
    if (simulated.manual) {
        simulated.moved = sim.resumed > simulated.moved ? sim.resumed : simulated.moved;
        wake_due();
    } else {
        wake_all();
    }
}

void clock_has_slept(int64_t slept) {
    sim.slept = slept;
    leap();
}

/* Does what is due. If the machine has slept meanwhile, the clock shows it. */
static void settle_clock(void) {
    settle(clock_now());
    if (sim.slept != simulated.shown) {
        leap();
    }
}

static void move_to(int64_t moment) {
    simulated.moved = moment > simulated.moved ? moment : simulated.moved;
    settle_clock();
    wake_due();
}

/* One of the waits for an auto-reset event object takes the signal and tells the others, so all are woken. */
void clock_signalled(HANDLE event) {
    for (rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        for (DWORD i = 1; i < waiter->wait.event_count; i++) {
            if (waiter->wait.events[i] == event) {
                waiter->due = TRUE;
            }
        }
    }
}

/* A RAS call that takes time ends at a moment, or when something about a handle has ended. */
struct passing {
    rasapi_wait wait;
    BOOL (*has_ended)(uint64_t handle);
    uint64_t handle;
    struct passing *next;
};

/* One of those who sleep on a running clock keeps the service's time: it sleeps until the next moment of the service,
 * the others only until their own. Here one of them is woken to do so, if nobody sleeps for that moment. */
static void keep_time(void) {
    if (!simulated.manual && next_due() < simulated.kept) {
        SetEvent(sim.earlier);
    }
}

BOOL clock_is_far(void) {
    BOOL is_far;

    lock_state();
    is_far = sim.joined && simulated.manual;
    unlock_state();
    return is_far;
}

void clock_asked_by_maker(BOOL begins) { simulated.for_maker = begins ? GetCurrentThreadId() : 0; }

BOOL clock_stands_here(void) {
    DWORD thread = GetCurrentThreadId();

    return simulated.manual && (thread == simulated.maker || thread == simulated.for_maker);
}

void clock_lock(void) {
    lock_state();
    if (sim.running) {
        settle_clock();
    }
}

void clock_changed(void) {
    settle_clock();
    keep_time();
    for (const struct passing *passing = sim.passing; passing && !simulated.manual; passing = passing->next) {
        SetEvent(passing->wait.events[0]);
    }
}

/* How many milliseconds of real time there are until that moment, at most so many. */
static DWORD milliseconds_until(int64_t moment, DWORD most) {
    double left;

    if (simulated.manual) {
        return most;
    }
    left = (double)(moment - clock_now()) / simulated.factor / 1000;
    if (left <= 0) {
        return 0;
    }
    return left < most ? (DWORD)left + 1 : most;
}

DWORD clock_keep_time(DWORD most_ms) {
    settle_clock();
    return milliseconds_until(next_due(), most_ms);
}

/* A waiter whose moments keep coming must not keep the automatic clock from jumping: while nothing has
 * changed, its looks and checks find nothing after the fourth (a watch needs two checks to conclude that it
 * missed something), and only its real deadline counts. */
#define ENOUGH_LOOKS 4

static int64_t moment_of(const rasapi_waiter *waiter) {
    BOOL looked = waiter->changes == sim.visible_changes && waiter->fruitless >= ENOUGH_LOOKS;

    return looked ? waiter->wait.must : waiter->wait.until;
}

/* When something is due next, in the service or for a waiter. */
static int64_t next_moment(void) {
    int64_t next = next_due();

    for (const rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (!waiter->due && moment_of(waiter) < next) {
            next = moment_of(waiter);
        }
    }
    return next;
}

/* FALSE: nothing will be due, or a thread that was woken is not back yet. */
static BOOL jump(void) {
    int64_t next = next_moment();

    if (any_due() || next > SIM_LATEST) {
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
    if (!waiter->parked) {
        return TRUE; /* the simulator has ended */
    }
    settle_clock();
    return take_event(&waiter->wait, 0, fired) || clock_now() >= waiter->wait.until;
}

/* Sleeps, without the lock, for slice_ms of real time at most, and returns whether the wait is over. */
static BOOL sleep_slice(rasapi_waiter *waiter, DWORD slice_ms, DWORD *fired) {
    int64_t slice_end = rasapi_real_now() + (int64_t)slice_ms * 1000, left = (int64_t)slice_ms * 1000;
    DWORD count = waiter->wait.event_count;
    BOOL over = FALSE;

    waiter->wait.events[count] = sim.earlier;
    while (!over && left > 0) {
        int64_t due = simulated.manual ? SIM_NEVER : next_due();
        BOOL keeps = due < simulated.kept;
        DWORD ms, woken;

        simulated.kept = keeps ? due : simulated.kept;
        ms = milliseconds_until(keeps && due < waiter->wait.until ? due : waiter->wait.until,
                                (DWORD)((left + 999) / 1000));
        unlock_state();
        woken = WaitForMultipleObjects(count + 1, waiter->wait.events, FALSE, ms);
        lock_state();
        if (keeps && simulated.kept == due) {
            simulated.kept = SIM_NEVER;
        }
        if (woken < count) {
            *fired = woken;
        }
        over = woken < count || is_over(waiter, fired);
        left = slice_end - rasapi_real_now();
    }
    keep_time();
    return over;
}

static DWORD wait_once(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired) {
    uint32_t threads;
    BOOL over;

    lock_state();
    *fired = RASAPI_NO_EVENT;
    if (wait->service != sim.running) {
        unlock_state();
        return WAIT_OBJECT_0; /* it has ended; another may have begun */
    }
    waiter->wait = *wait;
    park(waiter);
    over = is_over(waiter, fired);
    if (!over && sim.lost) {
        unlock_state();
        return RPC_S_SERVER_UNAVAILABLE;
    }
    if (!over && waiter->due) {
        /* It has done what it was woken for, and waits again. */
        waiter->due = FALSE;
        SetEvent(sim.changed);
    }
    if (!over && clock_stands_here()) {
        while (simulated.automatic && !over && jump()) {
            over = is_over(waiter, fired);
        }
        blocked(&threads);
        if (!over && !any_due() && threads >= waiter->wait.threads) {
            unlock_state();
            return ERROR_POSSIBLE_DEADLOCK;
        }
        if (!over) {
            /* Until the threads that were woken are back, or one has ended. */
            slice_ms = simulated.automatic ? 1 : slice_ms < SLICE_MS ? slice_ms : SLICE_MS;
        }
    }
    if (!over) {
        over = sleep_slice(waiter, slice_ms, fired);
    }
    if (over && waiter->parked) {
        waiter->due = TRUE;
    }
    unlock_state();
    return over ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

/* Whoever wakes looks around; so the notices of what has happened by then come first. They are winras's own, which
 * nothing holds up for long. */
DWORD clock_wait(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired) {
    DWORD woken = wait_once(waiter, wait, slice_ms, fired);
    BOOL looks = woken == WAIT_OBJECT_0 || woken == RPC_S_SERVER_UNAVAILABLE;

    lock_state();
    for (int slices = 0; looks && sim.notices_here && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
    }
    unlock_state();
    return woken;
}

void clock_wake(rasapi_waiter *waiter, HANDLE event) {
    lock_state();
    waiter->due = waiter->parked;
    SetEvent(event);
    unlock_state();
}

void clock_leave(rasapi_waiter *waiter) {
    lock_state();
    if (waiter->parked) {
        unlink_waiter(waiter);
    }
    unlock_state();
}

int64_t clock_locked_now(void) {
    int64_t now;

    lock_state();
    now = clock_now();
    unlock_state();
    return now;
}

static BOOL has_passed(const struct passing *passing) {
    BOOL passed;

    lock_state();
    passed = passing->wait.service != sim.running || clock_now() >= passing->wait.until ||
             (passing->has_ended && passing->has_ended(passing->handle));
    unlock_state();
    return passed;
}

/* Moves a clock that stands still from moment to moment, and lets those that it wakes do their work in
 * between, for some seconds of real time at most. */
static void pass_here(const struct passing *passing) {
    BOOL is_latest = FALSE;

    while (!is_latest && !has_passed(passing)) {
        int64_t next;

        lock_state();
        next = next_moment();
        next = next > simulated.moved ? next : simulated.moved + 1;
        next = next < passing->wait.until ? next : passing->wait.until;
        move_to(next < SIM_LATEST ? next : SIM_LATEST);
        is_latest = simulated.moved >= SIM_LATEST;
        for (int slices = 0; any_due() && slices < PATIENT_SLICES; slices++) {
            wait_for_change(SLICE_MS);
        }
        unlock_state();
    }
}

void clock_pass(int64_t duration, BOOL (*has_ended)(uint64_t handle), uint64_t handle) {
    struct passing passing = {
        .wait = {.event_count = 1, .threads = UINT32_MAX, .waits = 1}, .has_ended = has_ended, .handle = handle};
    rasapi_waiter waiter = {0};
    BOOL here;
    DWORD fired;

    lock_state();
    passing.wait.service = sim.running;
    passing.wait.until = passing.wait.must = later(clock_now(), duration);
    here = clock_stands_here();
    unlock_state();
    if (here) {
        pass_here(&passing);
        return;
    }
    passing.wait.events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!passing.wait.events[0]) {
        return;
    }
    lock_state();
    passing.next = sim.passing;
    sim.passing = &passing;
    unlock_state();
    while (!has_passed(&passing)) {
        wait_once(&waiter, &passing.wait, SLICE_MS, &fired);
    }
    clock_leave(&waiter);
    lock_state();
    for (struct passing **link = &sim.passing; *link; link = &(*link)->next) {
        if (*link == &passing) {
            *link = passing.next;
            break;
        }
    }
    unlock_state();
    CloseHandle(passing.wait.events[0]);
}

int64_t clock_wall(void) {
    int64_t wall;

    lock_state();
    wall = later(sim.begun_wall, clock_now());
    unlock_state();
    return wall;
}

int64_t clock_suspended(void) {
    int64_t slept;

    lock_state();
    slept = sim.slept + (simulated.manual ? 0 : rasapi_real_suspended() - simulated.suspended);
    unlock_state();
    return slept;
}

/* From moment to moment, so that time stands where a notifier is called. */
DWORD clock_advance(int64_t moment) {
    int64_t due = next_due();

    if (!simulated.manual || moment < simulated.moved || moment > SIM_LATEST) {
        return ERROR_INVALID_PARAMETER;
    }
    while (due < moment && !sim.unanswered) {
        move_to(due);
        due = next_due();
    }
    if (!sim.unanswered) {
        move_to(moment);
    }
    return ERROR_SUCCESS;
}

static BOOL or_wait(BOOL there, DWORD slice_ms) {
    if (!there) {
        wait_for_change(slice_ms);
    }
    return there;
}

void clock_all_heard(void) {
    for (int slices = 0; sim.unheard && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
    }
}

BOOL clock_all_back(DWORD slice_ms) { return or_wait(!any_due(), slice_ms); }

uint32_t sim_wait_blocked(uint32_t count, uint32_t slice_ms) {
    uint32_t threads;
    BOOL there;

    lock_state();
    there = or_wait(blocked(&threads) >= count, slice_ms);
    unlock_state();
    return there ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

uint32_t sim_blocked(void) {
    uint32_t count, threads;

    lock_state();
    count = blocked(&threads);
    unlock_state();
    return count;
}

uint32_t sim_jumps_for_caller(void) {
    uint32_t jumps;

    lock_state();
    jumps = sim.running && simulated.automatic && clock_stands_here();
    unlock_state();
    return jumps;
}

void sim_stand_in(uint32_t thread) {
    lock_state();
    for (rasapi_waiter *waiter = sim.waiters; waiter; waiter = waiter->next) {
        if (waiter->thread == thread && waiter->due) {
            waiter->thread = GetCurrentThreadId();
        }
    }
    unlock_state();
}

uint32_t sim_jump(const uint32_t *threads, uint32_t count) {
    BOOL jumped;

    lock_state();
    jumped = sim.running && simulated.automatic;
    for (uint32_t i = 0; i < count; i++) {
        jumped = jumped && is_parked(threads[i]);
    }
    jumped = jumped && jump();
    unlock_state();
    return jumped;
}

uint32_t sim_keep_time(uint32_t number) {
    rasapi_waiter waiter = {0};
    rasapi_wait wait = {
        .event_count = 1, .service = number, .threads = 1, .waits = 1, .until = SIM_NEVER, .must = SIM_NEVER};
    DWORD fired;

    wait.events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!wait.events[0]) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    while (number == rasapi_simulator_running()) {
        wait_once(&waiter, &wait, SLICE_MS, &fired);
        clock_leave(&waiter);
    }
    CloseHandle(wait.events[0]);
    return ERROR_SUCCESS;
}
