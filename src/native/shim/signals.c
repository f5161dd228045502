/* Registrations with RasConnectionNotification, and how many signals have come of them.
 *
 * RAS has no call that ends a registration, and what closing a registered event object does is not
 * documented. So the process registers once for connections and once for disconnections, at first
 * use, and keeps both. Their event objects are auto-reset, so one thread gets each signal, and one at
 * a time waits for them (looks.c says which): it counts them here. No thread of our own is needed.
 *
 * The links of a multilink connection are registered for that connection, in one of 32 places.
 *
 * A registration that is made anew gets an event object of its own, of 16 used in turn, and only
 * that one is waited for: the old registration may still be good, and two on one event object would
 * have each signal counted twice. */

#include "signals.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"
#include "rasman.h"
#include "target.h"

/* Microseconds until what is registered may be registered afresh, and until what RAS has refused is
 * tried again. */
#define HEAL_AFTER 60000000
#define TRY_AGAIN_AFTER 5000000
#define EVENTS_OF_A_KIND 16
#define MOST_WATCHED_LINKS 32

_Static_assert(1 + KINDS + MOST_WATCHED_LINKS <= RASAPI_MOST_EVENTS, "a wait has room for every event object");

struct watched_links {
    winras_target target; /* its handle is 0 while the place is free; the event object stays */
    HANDLE event;
    BOOL is_registered;
    uint64_t signals;
};

/* What is registered with one service. */
struct registrations {
    uint32_t service;
    HANDLE events[KINDS]; /* of the last registrations */
    HANDLE pool[KINDS][EVENTS_OF_A_KIND];
    uint32_t used[KINDS];
    BOOL registered[KINDS];
    BOOL is_registering; /* a thread is calling RAS to register, */
    BOOL passed_by;      /* and others have begun a wait meanwhile */
    BOOL links_lost;
    uint64_t count;    /* how many registrations have been made */
    uint64_t absences; /* of RasMan, up to the last of them */
    uint32_t refusal;  /* what RAS answered to the last attempt, or 0 */
    BOOL tried;
    int64_t try_again;
    signals_counts signals;
    signals_listener *warden; /* who waits for their event objects, or NULL */
    struct watched_links links[MOST_WATCHED_LINKS];
};

static struct {
    SRWLOCK lock; /* of all that is here; never held while RAS is called */
    struct registrations windows;
    struct registrations simulated; /* with the simulator that runs or ran last */
    struct registrations ended;     /* with any earlier simulator: always empty */
} hub = {.lock = SRWLOCK_INIT};

AFTER_FORK(forget_hub, memset(&hub, 0, sizeof(hub)); InitializeSRWLock(&hub.lock));

static void lock_hub(void) { AcquireSRWLockExclusive(&hub.lock); }

static void unlock_hub(void) { ReleaseSRWLockExclusive(&hub.lock); }

/* With the lock. An ended simulator has forgotten its registrations; its event objects serve the
 * next one. */
static struct registrations *find_registrations(uint32_t service) {
    static const winras_target none = {0};
    struct registrations *found = service ? &hub.simulated : &hub.windows;

    if (found->service != service && service != rasapi_simulator_running()) {
        return &hub.ended;
    }
    if (found->service != service) {
        found->service = service;
        found->tried = FALSE;
        found->links_lost = FALSE;
        found->is_registering = found->passed_by = FALSE;
        found->refusal = ERROR_SUCCESS;
        found->warden = NULL;
        for (int kind = 0; kind < KINDS; kind++) {
            found->registered[kind] = FALSE;
            found->events[kind] = NULL;
        }
        for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
            found->links[i].target = none;
            ResetEvent(found->links[i].event);
        }
    }
    return found;
}

/* An event object for RAS to set: made at first use, under the lock, and never closed. */
static HANDLE make_event(HANDLE *event) {
    if (!*event) {
        *event = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    return *event;
}

static HANDLE next_event(struct registrations *with, int kind) {
    HANDLE event = make_event(&with->pool[kind][with->used[kind]++ % EVENTS_OF_A_KIND]);

    ResetEvent(event);
    return event;
}

/* ---- signals ---- */

/* With the lock. Whoever waits for the event objects has something to do, or others to wait for. */
static void wake_warden(struct registrations *with) {
    if (with->warden) {
        signals_wake(with->warden);
    }
}

static void count_signal(struct registrations *with, HANDLE event) {
    for (int kind = 0; kind < KINDS; kind++) {
        with->signals.kinds[kind] += with->events[kind] == event;
    }
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        with->links[i].signals += with->links[i].event == event;
    }
    with->signals.any++;
}

static DWORD list_events(const struct registrations *with, HANDLE *events) {
    DWORD count = 0;

    for (int kind = 0; kind < KINDS; kind++) {
        if (with->registered[kind]) {
            events[count++] = with->events[kind];
        }
    }
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (with->links[i].target.handle && with->links[i].event) {
            events[count++] = with->links[i].event;
        }
    }
    return count;
}

signals_counts signals_count(uint32_t service) {
    signals_counts counts;

    lock_hub();
    counts = find_registrations(service)->signals;
    unlock_hub();
    return counts;
}

signals_counts signals_poll(uint32_t service) {
    HANDLE events[KINDS + MOST_WATCHED_LINKS];
    struct registrations *with;
    signals_counts counts;
    DWORD count;

    lock_hub();
    with = find_registrations(service);
    count = list_events(with, events);
    counts = with->signals;
    for (DWORD i = 0; i < count; i++) {
        if (WaitForSingleObject(events[i], 0) == WAIT_OBJECT_0) {
            count_signal(with, events[i]);
        }
    }
    if (counts.any != with->signals.any) {
        wake_warden(with);
    }
    counts = with->signals;
    unlock_hub();
    return counts;
}

DWORD signals_guard(signals_listener *listener, HANDLE *events) {
    struct registrations *with;
    DWORD count;

    lock_hub();
    with = find_registrations(listener->service);
    with->warden = listener;
    count = list_events(with, events);
    unlock_hub();
    return count;
}

void signals_rest(signals_listener *listener, HANDLE event) {
    struct registrations *with;

    lock_hub();
    with = find_registrations(listener->service);
    if (with->warden == listener) {
        with->warden = NULL;
    }
    if (event) {
        count_signal(with, event);
    }
    unlock_hub();
}

/* ---- registrations ---- */

static uint32_t register_event(const rasapi *table, HRASCONN handle, HANDLE event, DWORD flags) {
    return event ? CALLS_CALL(table, RasConnectionNotificationW, handle, event, flags) : (uint32_t)ERROR_PROC_NOT_FOUND;
}

static void register_links(const rasapi *table, const struct watched_links *links) {
    register_event(table, handle_to_native(links->target.handle), links->event,
                   RASCN_BandwidthAdded | RASCN_BandwidthRemoved);
}

/* With the lock. */
static void lose_registrations(struct registrations *with) {
    with->tried = FALSE;
    with->links_lost = TRUE;
    memset(with->registered, 0, sizeof(with->registered));
}

/* RasMan loses its registrations when it stops. */
static void lose_with_rasman(uint32_t service) {
    uint64_t absences = rasman_absences();
    struct registrations *with;

    lock_hub();
    with = find_registrations(service);
    if (with->absences != absences) {
        with->absences = absences;
        lose_registrations(with);
    }
    unlock_hub();
}

/* What one thread registers. */
struct registering {
    BOOL due;
    BOOL wanted[KINDS];
    HANDLE events[KINDS];
    BOOL wanted_links;
    struct watched_links links[MOST_WATCHED_LINKS];
};

/* What is missing or, when healing, everything, but not before TRY_AGAIN_AFTER a refusal or HEAL_AFTER a
 * healing. FALSE: nothing, or another thread is at it, which may take long; when it has done so, those who
 * wait look. */
static BOOL begin_registering(uint32_t service, BOOL heal, int64_t now, struct registering *begun) {
    struct registrations *with;
    BOOL begins;

    lock_hub();
    with = find_registrations(service);
    begun->due = FALSE;
    for (int kind = 0; kind < KINDS; kind++) {
        begun->wanted[kind] = (heal || !with->registered[kind]) && (!with->tried || now >= with->try_again);
        begun->due = begun->due || begun->wanted[kind];
    }
    begun->wanted_links = (heal && begun->due) || with->links_lost;
    begins = (begun->due || begun->wanted_links) && !with->is_registering;
    with->passed_by = with->passed_by || (with->is_registering && begun->due);
    if (begins) {
        with->is_registering = TRUE;
        with->links_lost = FALSE;
        for (int kind = 0; kind < KINDS; kind++) {
            begun->events[kind] = begun->wanted[kind] ? next_event(with, kind) : NULL;
        }
        memcpy(begun->links, with->links, sizeof(begun->links));
    }
    unlock_hub();
    return begins;
}

/* Calls RAS without the lock, so waits go on. */
static void register_all(const rasapi *table, uint32_t service, BOOL heal) {
    static const DWORD flags[KINDS] = {RASCN_Connection, RASCN_Disconnection};
    struct registrations *with;
    struct registering begun;
    BOOL failed = FALSE, replaced = FALSE;
    int64_t now = table->now();
    uint32_t code = ERROR_SUCCESS;

    if (winras_no_rasman(service)) {
        return;
    }
    lose_with_rasman(service);
    if (!begin_registering(service, heal, now, &begun)) {
        return;
    }
    if (heal) {
        trace_decision(WINRAS_DECIDED_REGISTER_AFRESH, "RasConnectionNotification", 0, code);
    }
    for (int kind = 0; kind < KINDS && !rasman_is_silence(code); kind++) {
        if (!begun.wanted[kind]) {
            continue;
        }
        code = register_event(table, (HRASCONN)INVALID_HANDLE_VALUE, begun.events[kind], flags[kind]);
        failed = failed || code;
        lock_hub();
        with = find_registrations(service);
        if (code || !failed) {
            with->refusal = code;
        }
        if (!code && with->service == service) {
            replaced = replaced || with->events[kind];
            with->events[kind] = begun.events[kind];
            with->registered[kind] = TRUE;
        }
        with->count += !code;
        unlock_hub();
    }
    for (size_t i = 0; begun.wanted_links && !rasman_is_silence(code) && i < MOST_WATCHED_LINKS; i++) {
        if (begun.links[i].target.handle) {
            register_links(table, &begun.links[i]);
        }
    }
    lock_hub();
    with = find_registrations(service);
    if (begun.due && (heal || failed)) {
        with->tried = TRUE;
        with->try_again = table->now() + (failed ? TRY_AGAIN_AFTER : HEAL_AFTER);
    }
    if (replaced || with->passed_by) {
        with->signals.any++; /* something may have happened unheard */
    }
    wake_warden(with);
    with->is_registering = with->passed_by = FALSE;
    unlock_hub();
}

void signals_heal(uint32_t service) {
    const rasapi *table = NULL;

    if (!calls_find_table(service, &table)) {
        register_all(table, service, TRUE);
    }
}

void winras_register(uint32_t service) {
    const rasapi *table = NULL;

    if (!calls_find_table(service, &table)) {
        register_all(table, service, FALSE);
    }
}

void signals_lost(uint32_t service, uint64_t registration) {
    struct registrations *with;

    lock_hub();
    with = find_registrations(service);
    with->tried = FALSE; /* whoever has registered since */
    if (with->count == registration) {
        with->count++;
        lose_registrations(with);
    }
    unlock_hub();
}

uint64_t signals_registration(uint32_t service) {
    uint64_t count;

    lock_hub();
    count = find_registrations(service)->count;
    unlock_hub();
    return count;
}

uint32_t winras_refusal(uint32_t service) {
    uint32_t refusal;

    lock_hub();
    refusal = find_registrations(service)->refusal;
    unlock_hub();
    return refusal;
}

BOOL signals_has_registered(uint32_t service, int kind) {
    BOOL registered;

    lock_hub();
    registered = find_registrations(service)->registered[kind];
    unlock_hub();
    return registered;
}

/* ---- links ---- */

static struct watched_links *find_links(struct registrations *with, const winras_target *target) {
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (with->links[i].target.handle == target->handle && target_same(&with->links[i].target, target)) {
            return &with->links[i];
        }
    }
    return NULL;
}

/* A place for the target, if one is free, whose event object is to be registered: a new one, or one
 * for which another thread is still registering. */
static struct watched_links take_place(uint32_t service, const winras_target *target, BOOL *is_full) {
    struct watched_links taken = {.event = NULL}, *links;
    struct registrations *with;

    lock_hub();
    with = find_registrations(service);
    links = find_links(with, target);
    for (size_t i = 0; i < MOST_WATCHED_LINKS && !links; i++) {
        if (!with->links[i].target.handle && make_event(&with->links[i].event)) {
            links = &with->links[i];
            links->target = *target;
            links->is_registered = FALSE;
            wake_warden(with);
        }
    }
    *is_full = !links;
    if (links && !links->is_registered) {
        taken = *links;
    }
    unlock_hub();
    return taken;
}

/* Gives back the places of connections that ended while no watch was there to see it. */
static void free_places(const rasapi *table, uint32_t service) {
    static const winras_target none = {0};
    winras_connection *connections = NULL;
    uint32_t count = 0;
    struct registrations *with;

    if (calls_enumerate(table, &connections, &count)) {
        return;
    }
    lock_hub();
    with = find_registrations(service);
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (target_presence(connections, count, &with->links[i].target) != PRESENT) {
            with->links[i].target = none;
        }
    }
    unlock_hub();
    free(connections);
}

/* If there is no place, or RAS refuses, a watch finds the links by its checks. */
void signals_watch_links(uint32_t service, const winras_target *target) {
    const rasapi *table = NULL;
    struct watched_links taken, *links;
    BOOL is_full = FALSE;

    if (calls_find_table(service, &table)) {
        return;
    }
    taken = take_place(service, target, &is_full);
    if (is_full) {
        free_places(table, service);
        taken = take_place(service, target, &is_full);
    }
    if (!taken.event) {
        return;
    }
    register_links(table, &taken);
    lock_hub();
    links = find_links(find_registrations(service), target);
    if (links) {
        links->is_registered = TRUE;
    }
    unlock_hub();
}

uint64_t signals_link_signals(uint32_t service, const winras_target *target) {
    const struct watched_links *links;
    uint64_t signals = 0;

    lock_hub();
    links = find_links(find_registrations(service), target);
    if (links) {
        signals = links->signals;
    }
    unlock_hub();
    return signals;
}

void signals_forget_links(uint32_t service, const winras_target *target) {
    static const winras_target none = {0};
    struct watched_links *links;

    lock_hub();
    links = find_links(find_registrations(service), target);
    if (links) {
        links->target = none;
    }
    unlock_hub();
}

/* ---- listeners ---- */

uint32_t signals_begin(signals_listener *listener, uint32_t service, const rasapi *table) {
    memset(listener, 0, sizeof(*listener));
    listener->service = service;
    listener->table = table;
    listener->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!listener->wake) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_SUCCESS;
}

void signals_end(signals_listener *listener) { CloseHandle(listener->wake); }

void signals_wake(signals_listener *listener) { listener->table->wake(&listener->waiter, listener->wake); }
