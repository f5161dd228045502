/* Simulated time and the waits on it. */

#include "../rasapi.h"

#include "service.h"

static struct {
    BOOL manual;
    double factor;
    int64_t begun; /* real time, of the other clocks */
    int64_t moved; /* simulated time, of the manual one */
    DWORD maker;
    rasapi_waiter *waiters;
} simulated;

static int64_t real_now(void) {
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (int64_t)((double)count.QuadPart / (double)frequency.QuadPart * 1e6);
}

void clock_begin(double factor) {
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
        SetEvent(simulated.waiters->event);
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
        waiter->next = simulated.waiters;
        simulated.waiters = waiter;
        SetEvent(service_changed());
    }
    if (clock_now() >= waiter->until) {
        waiter->due = TRUE;
    }
}

static DWORD slice_left(const rasapi_waiter *waiter, DWORD slice_ms) {
    double left = (double)(waiter->until - clock_now()) / simulated.factor / 1000;

    return left < slice_ms ? (DWORD)left + 1 : slice_ms;
}

static DWORD wait_for(rasapi_waiter *waiter, DWORD slice_ms) {
    DWORD answer = WAIT_OBJECT_0;

    service_lock();
    if (!service_running()) {
        goto done;
    }
    park(waiter);
    if (waiter->due) {
        goto done;
    }
    if (simulated.manual && GetCurrentThreadId() == simulated.maker && blocked() >= waiter->threads) {
        answer = ERROR_POSSIBLE_DEADLOCK;
        goto done;
    }
    if (!simulated.manual) {
        slice_ms = slice_left(waiter, slice_ms);
    }
    service_unlock();
    answer = WaitForSingleObject(waiter->event, slice_ms);
    service_lock();
    if (answer == WAIT_OBJECT_0 || waiter->due || clock_now() >= waiter->until) {
        waiter->due = TRUE;
        answer = WAIT_OBJECT_0;
    }
done:
    service_unlock();
    return answer;
}

static void leave(rasapi_waiter *waiter) {
    service_lock();
    if (waiter->parked) {
        unlink_waiter(waiter);
    }
    service_unlock();
}

static int64_t locked_now(void) {
    int64_t now;

    service_lock();
    now = clock_now();
    service_unlock();
    return now;
}

const rasapi *rasapi_simulator(void) {
    static const rasapi table = {RasEnumConnectionsW, RasGetConnectStatusW, RasHangUpW, RasGetSubEntryHandleW,
                                 RasGetErrorStringW,  locked_now,           wait_for,   leave};

    return &table;
}

int64_t sim_now(void) { return locked_now(); }

uint32_t sim_advance(int64_t duration) {
    uint32_t code = ERROR_INVALID_PARAMETER;

    service_lock();
    if (service_running() && simulated.manual && duration >= 0 && duration <= SIM_NEVER - simulated.moved) {
        simulated.moved += duration;
        service_settle(simulated.moved);
        for (rasapi_waiter *waiter = simulated.waiters; waiter; waiter = waiter->next) {
            if (waiter->until <= simulated.moved) {
                waiter->due = TRUE;
                SetEvent(waiter->event);
            }
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
