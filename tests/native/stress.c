/* Shim and simulator under many threads, which also fork and exit, without Python, so that sanitizers
 * see our own leaks and races only. Prints what it has done; exits 1 at the first condition that does
 * not hold. */
#define _GNU_SOURCE /* fork, alarm */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uchar.h>
#include <unistd.h>

#include "layouts.h"
#include "rasapi.h"
#include "shim/calls.h"
#include "shim/shim.h"
#include "simulator/control.h"

#include "must.h"

#define THREADS 8
#define ROUNDS 40
#define EXITS 8
#define SECOND 1000000
/* A year of simulated time: more than an hour on the fastest clock here, so only a hang reaches it. */
#define HANG_ONLY (INT64_C(365) * 24 * 3600 * SECOND)
/* Ends a child that hangs, in seconds of real time. */
#define HANG_ALARM 600

enum { ENTRIES = 4, WATCHES = 3 };

static uint32_t service, running;

static void name_of(int number, char16_t name[257]) {
    memset(name, 0, 257 * sizeof(*name));
    name[0] = (char16_t)(u'A' + number);
}

static const char16_t all_users[] = u"C:\\ProgramData\\Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk";

static uint32_t function_named(const char *name) {
    uint32_t number = 0;

    while (strcmp(sim_function_name(number), name) != 0) {
        number++;
    }
    return number;
}

static void add_entries(int64_t hang_up_time) {
    sim_entry entry;

    for (int i = 0; i < ENTRIES; i++) {
        memset(&entry, 0, sizeof(entry));
        name_of(i, entry.name);
        memcpy(entry.phonebook, all_users, sizeof(all_users));
        entry.entry_id[0] = (uint8_t)(i + 1);
        entry.hang_up_time = hang_up_time;
        entry.sub_entries = (uint32_t)i % 3 + 1;
        entry.eap_user[0] = i == ENTRIES - 1 ? u'U' : 0;
        MUST(sim_add_entry(&entry) == 0);
    }
}

static uint32_t act(uint32_t what, int number) {
    uint64_t result = 0;
    sim_action action;

    memset(&action, 0, sizeof(action));
    action.action = what;
    action.duration = what == SIM_CONNECT ? -1 : 0;
    name_of(number, action.name);
    return sim_act(&action, &result);
}

static uint32_t run(winras_operation *operation) {
    uint32_t code = WINRAS_PENDING;

    while (code == WINRAS_PENDING) {
        code = winras_step(operation, THREADS + 1, WINRAS_SLICE_MS);
    }
    MUST(winras_function(operation) != NULL);
    winras_end(&operation);
    return code;
}

/* As the shim's own code has them. */
static uint32_t list_flat(winras_connection **connections, uint32_t *count) {
    const rasapi *table = NULL;

    MUST(calls_find_table(service, &table) == 0);
    return calls_enumerate(table, connections, count);
}

static winras_target target_of(const winras_connection *connection) {
    winras_target target;

    memset(&target, 0, sizeof(target));
    target.handle = connection->handle;
    target.enumerated = 1;
    memcpy(target.entry_id, connection->entry_id, 16);
    memcpy(target.correlation_id, connection->correlation_id, 16);
    return target;
}

/* As threads of Python do, while others switch it off and on. */
static void read_records(void) {
    winras_record record;
    const char *function;

    while ((function = winras_read_record(&record))) {
        MUST(record.decision != WINRAS_DECIDED_NOTHING || strlen(function) > 2);
    }
}

static void *hang_up_all(void *unused) {
    winras_connection *connections = NULL;
    uint32_t count = 0;

    (void)unused;
    MUST(list_flat(&connections, &count) == 0);
    for (uint32_t i = 0; i < count; i++) {
        winras_target target = target_of(&connections[i]);
        winras_operation *operation = NULL;

        winras_free(winras_get_status(service, target.handle, NULL));
        winras_free(winras_snapshot(service, NULL));
        MUST(winras_begin_hang_up(service, &target, HANG_ONLY, 1, &operation) == 0);
        MUST(run(operation) == 0);
        read_records();
    }
    winras_free(connections);
    return NULL;
}

static void *come_and_go(void *unused) {
    (void)unused;
    for (int i = 0; i < ENTRIES; i++) {
        (void)act(SIM_CONNECT, i);
        (void)act(SIM_ADD_LINK, i);
        (void)act(SIM_REMOVE_LINK, i);
        (void)act(SIM_DROP, i);
        sim_grow(1);
        winras_trace(i == 0 ? WINRAS_TRACE_NOTHING : WINRAS_TRACE_CALLS);
    }
    return NULL;
}

/* Reads all that there is to see. */
static void see(winras_operation *operation) {
    uint64_t handles = 0;
    const winras_picture *picture = winras_see(operation);

    for (uint32_t i = 0; i < picture->count; i++) {
        handles ^= picture->seen[i].handle;
        for (uint32_t n = 0; n < picture->seen[i].link_count; n++) {
            handles ^= picture->links[picture->seen[i].first_link + n].handle;
        }
    }
    MUST(picture->connections->connections == picture->count && handles != 1);
    winras_saw(operation);
}

static void *watch(void *unused) {
    winras_operation *operation = NULL;

    (void)unused;
    MUST(winras_begin_watch(service, 20 * SECOND, SECOND, &operation) == 0);
    for (int looks = 0; looks < 20; looks++) {
        uint32_t code = winras_step(operation, THREADS + 1, WINRAS_SLICE_MS);

        MUST(code == WINRAS_PENDING || code == WINRAS_LOOK || code == WINRAS_TIMED_OUT);
        if (code == WINRAS_LOOK) {
            see(operation);
        } else if (code == WINRAS_TIMED_OUT) {
            break;
        }
    }
    winras_end(&operation);
    return NULL;
}

/* Several watches in one thread, as that of an event loop; another thread wakes it. */
static void *watch_together(void *unused) {
    winras_operation *watches[WATCHES] = {NULL}, *ready;
    winras_group *group = NULL;
    uint32_t left = WATCHES, code;

    (void)unused;
    MUST(winras_begin_group(service, &group) == 0);
    for (int i = 0; i < WATCHES; i++) {
        MUST(winras_begin_watch(service, (5 + i) * SECOND, SECOND, &watches[i]) == 0);
        winras_join(group, watches[i]);
    }
    while (left) {
        code = winras_step_group(group, THREADS + 1, WINRAS_SLICE_MS, &ready);
        MUST(code == WINRAS_PENDING || (code == 0 && ready));
        if (code == WINRAS_PENDING) {
            continue;
        }
        winras_part(ready);
        code = winras_step(ready, THREADS + 1, 0);
        if (code == WINRAS_LOOK) {
            see(ready);
        }
        if (code == WINRAS_TIMED_OUT) {
            left--;
        } else {
            MUST(code == WINRAS_LOOK || code == WINRAS_PENDING);
            winras_join(group, ready);
        }
    }
    for (int i = 0; i < WATCHES; i++) {
        winras_end(&watches[i]);
    }
    winras_end_group(&group);
    MUST(group == NULL);
    return NULL;
}

/* ---- children ---- */

static winras_operation *begin_dial(int entry, int64_t timeout) {
    winras_operation *operation = NULL;
    winras_dialling dialling;

    memset(&dialling, 0, sizeof(dialling));
    name_of(entry, dialling.name);
    dialling.use_saved = 1;
    MUST(winras_begin_dial(service, &dialling, timeout, &operation) == 0);
    return operation;
}

static uint32_t step_dial(winras_operation *operation) {
    winras_notice progress;
    uint32_t code = winras_step(operation, THREADS + 1, WINRAS_SLICE_MS);

    while (code == WINRAS_NOTICE && winras_read_notice(operation, &progress)) {
    }
    return code;
}

/* A child of this process has nothing of its parent's. */
static void be_clean(uint32_t of_parent, winras_operation *operation) {
    MUST(winras_active_service() == 0);
    MUST(winras_operations() == 0);
    MUST(winras_unfinished(of_parent) == 0);
    MUST(winras_step(operation, 1, WINRAS_SLICE_MS) == WINRAS_OTHER_SERVICE);
    winras_cancel(operation);
    winras_end(&operation);
    MUST(operation == NULL);
}

/* It can do all of it, with a simulator of its own. Not with the allocator of AddressSanitizer or
 * ThreadSanitizer: those of GCC 12 leave their own locks in a child as they were, and it may wait for
 * them for ever. */
static void live_in_child(void) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    uint32_t of_parent = service, code = WINRAS_PENDING;
    winras_operation *dial;

    running = 0;
    service = sim_begin(5000, 0, &running);
    MUST(service > of_parent);
    add_entries(SECOND);
    MUST(act(SIM_CONNECT, 0) == 0);
    hang_up_all(NULL);
    dial = begin_dial(1, HANG_ONLY);
    while (code == WINRAS_PENDING || code == WINRAS_NOTICE) {
        code = step_dial(dial);
    }
    MUST(code == 0 && winras_take(&dial));
    hang_up_all(NULL);
    MUST(winras_unfinished(service) == 0);
    sim_end(&running);
#endif
}

/* The child leaves its parent's memory behind, so no leak is looked for at its end. */
static void fork_once(void) {
    winras_operation *operation = NULL;
    int status = -1;
    pid_t child;

    MUST(winras_begin_watch(service, -1, SECOND, &operation) == 0);
    child = fork();
    MUST(child >= 0);
    if (child == 0) {
        alarm(HANG_ALARM);
        be_clean(service, operation);
        live_in_child();
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(status == 0);
    winras_end(&operation);
}

static void hang_ups_from_many_threads(void) {
    pthread_t threads[THREADS];
    winras_operation *finish = NULL;
    winras_record record;
    void *(*const works[])(void *) = {hang_up_all, watch, hang_up_all, come_and_go, watch_together};

    service = sim_begin(1000, 0, &running);
    MUST(service != 0);
    add_entries(SECOND);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ENTRIES; i++) {
            act(SIM_CONNECT, i);
            act(SIM_CONNECT, i);
        }
        for (int i = 0; i < THREADS; i++) {
            MUST(pthread_create(&threads[i], NULL, works[i % 5], NULL) == 0);
        }
        fork_once();
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        hang_up_all(NULL);
    }
    MUST(winras_begin_finish(service, HANG_ONLY, &finish) == 0);
    MUST(run(finish) == 0);
    MUST(winras_unfinished(service) == 0);
    MUST(winras_operations() == 0);
    winras_trace(WINRAS_TRACE_NOTHING);
    MUST(winras_read_record(&record) == NULL);
    sim_end(&running);
}

struct waiting {
    winras_operation *operation;
    uint32_t code;
};

static void *wait_closed(void *pointer) {
    struct waiting *waiting = pointer;
    uint32_t code = WINRAS_PENDING;

    while (code == WINRAS_PENDING) {
        code = winras_step(waiting->operation, THREADS + 1, WINRAS_SLICE_MS);
    }
    waiting->code = code;
    return NULL;
}

/* What ends the waits: their cancellation, the end of the simulator, or a drop and the clock. */
static void waits_that_are_ended(void (*end)(struct waiting *), uint32_t expected) {
    struct waiting waiting[THREADS];
    pthread_t threads[THREADS];
    winras_connection *connections = NULL;
    winras_target target;
    uint32_t count = 0;

    service = sim_begin(0, 0, &running);
    add_entries(SIM_NEVER);
    act(SIM_CONNECT, 0);
    MUST(list_flat(&connections, &count) == 0 && count == 1);
    target = target_of(&connections[0]);
    winras_free(connections);
    for (int i = 0; i < THREADS; i++) {
        MUST(winras_begin_wait_closed(service, &target, -1, &waiting[i].operation) == 0);
        MUST(pthread_create(&threads[i], NULL, wait_closed, &waiting[i]) == 0);
    }
    while (sim_wait_blocked(THREADS, WINRAS_SLICE_MS)) {
    }
    end(waiting);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        MUST(waiting[i].code == expected);
        winras_end(&waiting[i].operation);
    }
    sim_end(&running);
}

static void by_cancellation(struct waiting *waiting) {
    for (int i = 0; i < THREADS; i++) {
        winras_cancel(waiting[i].operation);
    }
}

static void by_the_end(struct waiting *waiting) {
    (void)waiting;
    sim_end(&running);
}

static void by_the_clock(struct waiting *waiting) {
    (void)waiting;
    MUST(act(SIM_DROP, 0) == 0);
    MUST(sim_advance_to(sim_now() + SECOND) == 0);
    while (sim_wait_woken(WINRAS_SLICE_MS)) {
    }
}

/* ---- dialling ---- */

#define DIALS 1000
#define DIALLERS 4
#define FORKS 20
#define STEPS 6
#define REFUSAL 753

/* Each thread has its own state, so that a run can be repeated. */
static uint32_t draw(uint32_t *state, uint32_t below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* Dials its own entry again and again: each fails in some state with some error, is refused, is
 * paused, or would succeed, and besides has too little time, is cancelled, dropped or hung up, and its hang-up is
 * refused now and then. */
struct dialler {
    pthread_t thread;
    int entry;
    uint32_t dials;
    uint32_t connected;
};

/* One of the entries needs EAP: it has an identity or, while that is refused, user data of any length. */
static void change_eap(int entry, uint32_t *chance) {
    static const BYTE data[64] = {1};
    char16_t name[257];

    name_of(entry, name);
    MUST(RasSetEapUserDataW(NULL, NULL, name, (BYTE *)data, 1 + draw(chance, sizeof(data))) == 0);
    if (entry == ENTRIES - 1 && draw(chance, 2)) {
        MUST(sim_fail(function_named("RasGetEapUserIdentity"), 703, 1) == 0);
    }
}

static void write_script(int entry, uint32_t *chance) {
    static const uint32_t states[STEPS] = {0, 1, 5, 10, 14, 18};
    static const uint32_t errors[] = {691, 718, 800, 809, 868};
    sim_dial_step steps[STEPS];
    char16_t name[257], phonebook[260] = {0};
    uint32_t failing = draw(chance, 2 * STEPS);

    memset(steps, 0, sizeof(steps));
    for (uint32_t i = 0; i < STEPS; i++) {
        steps[i].state = states[i];
        steps[i].duration = draw(chance, SECOND);
    }
    if (failing < STEPS) {
        steps[failing].error = errors[draw(chance, 5)];
        steps[failing].state = draw(chance, 8) ? states[failing] : 0x1003; /* the password has expired */
    }
    name_of(entry, name);
    MUST(sim_set_dial_script(name, phonebook, steps, draw(chance, 4) ? STEPS : 0) == 0);
}

/* On this clock 3 s are less than it may take a notifier to return, for which the hang-up waits; so it may be
 * Connected so long without being held by others. */
static void hang_up_dialled(const winras_operation *operation, uint64_t handle) {
    winras_target target;
    winras_operation *hang_up = NULL;

    (void)operation;
    memset(&target, 0, sizeof(target));
    target.handle = handle;
    for (uint32_t code = REFUSAL; code == REFUSAL;) {
        MUST(winras_begin_hang_up(service, &target, HANG_ONLY, 0, &hang_up) == 0);
        code = run(hang_up);
        MUST(code == 0 || code == REFUSAL || code == WINRAS_STILL_HELD);
        if (code == WINRAS_STILL_HELD) {
            MUST(winras_begin_wait_closed(service, &target, HANG_ONLY / 365, &hang_up) == 0);
            MUST(run(hang_up) == 0);
        }
    }
}

/* The next RasHangUps answer an error, whoever calls them. */
static void refuse_hang_ups(uint32_t *chance) {
    if (draw(chance, 3) == 0) {
        MUST(sim_fail(function_named("RasHangUp"), REFUSAL, 1 + draw(chance, 12)) == 0);
    }
}

static void dial_once(struct dialler *dialler, uint32_t *chance) {
    uint32_t code = WINRAS_PENDING, cancel_after = draw(chance, 40);
    winras_operation *operation = begin_dial(dialler->entry, (int64_t)draw(chance, 6 * SECOND));
    winras_dial_report report;
    winras_notice progress;

    for (uint32_t told = 0; code == WINRAS_PENDING || code == WINRAS_NOTICE;) {
        code = winras_step(operation, DIALLERS + 1, WINRAS_SLICE_MS);
        while (code == WINRAS_NOTICE && winras_read_notice(operation, &progress)) {
            told++;
        }
        if (told > cancel_after) {
            winras_cancel(operation);
        }
        if (draw(chance, 60) == 0) {
            (void)act(SIM_DROP, dialler->entry);
        }
    }
    winras_report_dial(operation, &report);
    if (code == 0) {
        dialler->connected++;
        winras_take(&operation);
    }
    winras_end(&operation);
    if (code == 0) {
        hang_up_dialled(operation, report.handle);
    }
    dialler->dials++;
}

static void *dial_often(void *pointer) {
    struct dialler *dialler = pointer;
    uint32_t chance = (uint32_t)dialler->entry + 1;

    while (dialler->dials < DIALS / DIALLERS) {
        winras_operation *finish = NULL;

        write_script(dialler->entry, &chance);
        change_eap(dialler->entry, &chance);
        refuse_hang_ups(&chance);
        dial_once(dialler, &chance);
        /* A cancelled dial is hung up, but nobody has waited for its end. */
        MUST(winras_begin_finish(service, HANG_ONLY, &finish) == 0);
        MUST(run(finish) == 0);
    }
    return NULL;
}

static void dials_that_end_anyhow(void) {
    struct dialler diallers[DIALLERS];
    sim_connection left[1];
    uint32_t count = 1;
    uint32_t connected = 0;

    memset(diallers, 0, sizeof(diallers));
    service = sim_begin(5000, 0, &running);
    MUST(service != 0);
    add_entries(SECOND / 2);
    for (int i = 0; i < DIALLERS; i++) {
        diallers[i].entry = i;
        MUST(pthread_create(&diallers[i].thread, NULL, dial_often, &diallers[i]) == 0);
    }
    for (int i = 0; i < FORKS; i++) {
        fork_once();
    }
    for (int i = 0; i < DIALLERS; i++) {
        pthread_join(diallers[i].thread, NULL);
        connected += diallers[i].connected;
    }
    MUST(winras_unfinished(service) == 0);
    MUST(winras_operations() == 0);
    MUST(sim_read_connections(left, &count) == 0 && count == 0);
    for (int i = 0; i < ENTRIES; i++) {
        char16_t name[257], phonebook[260] = {0};

        /* No port is stuck: it can be dialled again. */
        name_of(i, name);
        MUST(sim_set_dial_script(name, phonebook, NULL, 0) == 0);
        MUST(act(SIM_CONNECT, i) == 0);
    }
    printf("stress: %d dials, %u of them connected\n", DIALS, connected);
    sim_end(&running);
}

/* ---- phone books ---- */

#define CHANGES 2000
#define CHANGERS 4

static void set_text(WCHAR *text, const char16_t *value) {
    do {
        *text++ = (WCHAR)*value;
    } while (*value++);
}

/* Of any version, with anything behind it. */
static DWORD set_any(LPCWSTR name, uint32_t *chance) {
    static const DWORD sizes[] = WINRAS_ENTRY_SIZES;
    BYTE buffer[WINRAS_ENTRY_SIZE + 64];
    RASENTRYW properties;
    DWORD behind = draw(chance, 65);

    memset(&properties, 0, sizeof(properties));
    memset(buffer, 'x', sizeof(buffer));
    properties.dwSize = sizes[draw(chance, COUNT(sizes) - 1)];
    properties.dwAlternateOffset = behind ? properties.dwSize + draw(chance, behind) : 0;
    properties.dwFramingProtocol = RASFP_Ppp;
    properties.dwType = RASET_Vpn;
    properties.dwfNetProtocols = draw(chance, 16);
    properties.dwVpnStrategy = draw(chance, 16);
    set_text(properties.szLocalPhoneNumber, u"vpn.example.com");
    set_text(properties.szDeviceType, u"vpn");
    set_text(properties.szDeviceName, u"WAN Miniport (IKEv2)");
    memcpy(buffer, &properties, properties.dwSize);
    return RasSetEntryPropertiesW(NULL, name, (LPRASENTRYW)(void *)buffer, properties.dwSize + behind, NULL, 0);
}

static DWORD set_any_sub_entry(LPCWSTR name, uint32_t *chance) {
    RASSUBENTRYW properties;

    memset(&properties, 0, sizeof(properties));
    properties.dwSize = sizeof(properties);
    set_text(properties.szLocalPhoneNumber, u"192.0.2.1");
    set_text(properties.szDeviceType, u"vpn");
    set_text(properties.szDeviceName, u"WAN Miniport (L2TP)");
    return RasSetSubEntryPropertiesW(NULL, name, draw(chance, 6), &properties, sizeof(properties), NULL, 0);
}

static DWORD read_any(LPCWSTR name, uint32_t *chance) {
    BYTE buffer[WINRAS_ENTRY_SIZE + 64];
    DWORD size = WINRAS_ENTRY_SIZE, room = size + draw(chance, 65);

    memset(buffer, 0, sizeof(buffer));
    memcpy(buffer, &size, sizeof(size));
    return RasGetEntryPropertiesW(NULL, name, (LPRASENTRYW)(void *)buffer, &room, NULL, NULL);
}

static DWORD change_any(LPCWSTR name, LPCWSTR other, uint32_t *chance) {
    switch (draw(chance, 8)) {
    case 0:
    case 1:
        return set_any(name, chance);
    case 2:
        return set_any_sub_entry(name, chance);
    case 3:
        return RasDeleteSubEntryW(NULL, name, draw(chance, 4));
    case 4:
        return RasRenameEntryW(NULL, name, other);
    case 5:
        return RasDeleteEntryW(NULL, name);
    case 6:
        return act(draw(chance, 2) ? SIM_CONNECT : SIM_DROP, (int)draw(chance, ENTRIES));
    default:
        return read_any(name, chance);
    }
}

struct changer {
    pthread_t thread;
    uint32_t chance;
    uint32_t done; /* how many changes were not refused */
};

/* Entries of all threads are the same ones; whatever is answered, nothing else is broken by it. */
static void *change_often(void *pointer) {
    struct changer *changer = pointer;
    uint32_t *chance = &changer->chance;

    for (int i = 0; i < CHANGES / CHANGERS; i++) {
        char16_t names[2][257];

        name_of((int)draw(chance, ENTRIES), names[0]);
        name_of((int)draw(chance, ENTRIES), names[1]);
        changer->done += change_any((LPCWSTR)names[0], (LPCWSTR)names[1], chance) == 0;
    }
    return NULL;
}

static void entries_that_come_and_go(void) {
    struct changer changers[CHANGERS];
    uint32_t done = 0;

    memset(changers, 0, sizeof(changers));
    service = sim_begin(5000, 0, &running);
    MUST(service != 0);
    add_entries(SECOND / 2);
    for (uint32_t i = 0; i < CHANGERS; i++) {
        changers[i].chance = i + 1;
        MUST(pthread_create(&changers[i].thread, NULL, change_often, &changers[i]) == 0);
    }
    for (int i = 0; i < CHANGERS; i++) {
        pthread_join(changers[i].thread, NULL);
        done += changers[i].done;
    }
    printf("stress: %d changes of phone books, %u of them done\n", CHANGES, done);
    MUST(done > CHANGES / 4);
    sim_end(&running);
}

/* ---- event objects ---- */

#define EVENTS 4
#define SIGNALS 500
#define LONGEST_WAIT (HANG_ALARM * 1000)

/* Auto-reset event objects, the last one manual-reset. A setter sets its own once more soon after the last time was
 * answered, and takers wait for all of them, most so briefly that the wait is often just over. */
static struct {
    HANDLE events[EVENTS + 1];
    HANDLE answers[EVENTS];
    volatile LONG set[EVENTS];
} signalled;

static void *set_often(void *pointer) {
    const int *number = pointer;
    uint32_t chance = (uint32_t)*number + 1;

    for (int i = 0; i < SIGNALS; i++) {
        MUST(WaitForSingleObject(signalled.answers[*number], draw(&chance, 3)) == WAIT_TIMEOUT);
        MUST(InterlockedExchange(&signalled.set[*number], 1) == 0);
        MUST(SetEvent(signalled.events[*number]));
        MUST(WaitForSingleObject(signalled.answers[*number], LONGEST_WAIT) == WAIT_OBJECT_0);
    }
    return NULL;
}

static void *take_often(void *pointer) {
    const int *number = pointer;
    uint32_t chance = (uint32_t)*number + 1;
    DWORD fired = WAIT_TIMEOUT;

    while (fired != EVENTS) {
        DWORD longest = *number == 0 ? LONGEST_WAIT : draw(&chance, 3);

        fired = WaitForMultipleObjects(EVENTS + 1, signalled.events, FALSE, longest);
        if (fired < EVENTS) {
            /* Nobody else has got this signal. */
            MUST(InterlockedExchange(&signalled.set[fired], 0) == 1);
            MUST(SetEvent(signalled.answers[fired]));
        } else {
            MUST(fired == WAIT_TIMEOUT || fired == EVENTS);
        }
    }
    return NULL;
}

/* In a child nobody else waits. */
static void take_in_child(void) {
    int status = -1;
    pid_t child = fork();

    MUST(child >= 0);
    if (child == 0) {
        alarm(HANG_ALARM);
        for (int i = 0; i < EVENTS; i++) {
            MUST(SetEvent(signalled.events[i]));
            MUST(WaitForSingleObject(signalled.events[i], 1) == WAIT_OBJECT_0);
        }
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(status == 0);
}

static void signals_that_are_taken_once(void) {
    pthread_t setters[EVENTS], takers[THREADS];
    int numbers[THREADS];

    for (int i = 0; i <= EVENTS; i++) {
        signalled.events[i] = CreateEventW(NULL, i == EVENTS, FALSE, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        MUST(pthread_create(&takers[i], NULL, take_often, &numbers[i]) == 0);
    }
    for (int i = 0; i < EVENTS; i++) {
        signalled.answers[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        MUST(pthread_create(&setters[i], NULL, set_often, &numbers[i]) == 0);
    }
    for (int i = 0; i < EXITS; i++) {
        take_in_child();
    }
    for (int i = 0; i < EVENTS; i++) {
        pthread_join(setters[i], NULL);
    }
    /* The manual-reset one ends the wait of each. */
    MUST(SetEvent(signalled.events[EVENTS]));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(takers[i], NULL);
    }
    /* The first of several, and an auto-reset one only once. */
    MUST(SetEvent(signalled.events[1]) && SetEvent(signalled.events[0]));
    for (DWORD i = 0; i < 3; i++) {
        MUST(WaitForMultipleObjects(EVENTS, signalled.events, FALSE, 0) == (i < 2 ? i : WAIT_TIMEOUT));
    }
    for (int i = 0; i <= EVENTS; i++) {
        CloseHandle(signalled.events[i]);
    }
    for (int i = 0; i < EVENTS; i++) {
        CloseHandle(signalled.answers[i]);
    }
    printf("stress: %d signals, each taken once\n", EVENTS * SIGNALS);
}

/* ---- time that is kept by whoever sleeps ---- */

struct sleeper {
    pthread_t thread;
    int entry;
    int64_t duration; /* of its connection; negative: somebody else ends it */
};

static void plan_end(int entry, int64_t after) {
    sim_action action = {.action = SIM_DROP};

    name_of(entry, action.name);
    MUST(sim_schedule(sim_now() + after, &action) == 0);
}

/* Waits for the end of its own connection in one long slice, so that only the clock can end the wait in time: whoever
 * keeps the service's time may be the first to leave, and another must go on. */
static void *wait_for_own_end(void *pointer) {
    const struct sleeper *sleeper = pointer;
    rasapi_waiter waiter = {.parked = FALSE};
    rasapi_wait wait = {
        .event_count = 2, .service = service, .threads = THREADS, .waits = 1, .until = SIM_NEVER, .must = SIM_NEVER};
    sim_action action = {.action = SIM_CONNECT};
    uint64_t handle = 0;
    DWORD fired;

    name_of(sleeper->entry, action.name);
    MUST(sim_act(&action, &handle) == 0);
    wait.events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    wait.events[1] = CreateEventW(NULL, FALSE, FALSE, NULL);
    MUST(RasConnectionNotificationW(handle_to_native(handle), wait.events[1], RASCN_Disconnection) == 0);
    if (sleeper->duration >= 0) {
        plan_end(sleeper->entry, sleeper->duration);
    }
    MUST(rasapi_simulator()->wait(&waiter, &wait, LONGEST_WAIT, &fired) == WAIT_OBJECT_0 && fired == 1);
    rasapi_simulator()->leave(&waiter);
    CloseHandle(wait.events[0]);
    CloseHandle(wait.events[1]);
    return NULL;
}

static void ends_that_come_in_time(void) {
    struct sleeper sleepers[ENTRIES], last = {.entry = 0, .duration = -1};
    uint32_t chance = 1;

    service = sim_begin(100, 0, &running);
    MUST(service != 0);
    add_entries(0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ENTRIES; i++) {
            sleepers[i] = (struct sleeper){.entry = i, .duration = draw(&chance, SECOND)};
            MUST(pthread_create(&sleepers[i].thread, NULL, wait_for_own_end, &sleepers[i]) == 0);
        }
        for (int i = 0; i < ENTRIES; i++) {
            pthread_join(sleepers[i].thread, NULL);
        }
    }
    /* Nothing is due while this one falls asleep. */
    MUST(pthread_create(&last.thread, NULL, wait_for_own_end, &last) == 0);
    while (sim_wait_blocked(1, WINRAS_SLICE_MS)) {
    }
    plan_end(last.entry, SECOND);
    pthread_join(last.thread, NULL);
    sim_end(&running);
}

/* ---- the end of the process ---- */

/* ThreadSanitizer would sleep for a second at each end. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "atexit_sleep_ms=0 report_thread_leaks=0"; }

/* Nor does it know children: it takes a thread that has finished before the fork for a leak, and a lock that a child
 * makes new for a race with it. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) { return "race:__run_postfork_handlers"; }

static void *dial_and_hang_up(void *pointer) {
    const int *entry = pointer;

    for (;;) {
        winras_operation *operation = begin_dial(*entry, HANG_ONLY);
        uint32_t code = WINRAS_PENDING;

        while (code == WINRAS_PENDING || code == WINRAS_NOTICE) {
            code = step_dial(operation);
        }
        winras_end(&operation);
    }
    return NULL;
}

/* Ends as a Python program with daemon threads does: with a dial that nobody has taken, in the
 * middle of the dials of others. */
static int exit_under_load(int number) {
    static int entries[DIALLERS];
    winras_leaving *leaving = NULL;
    winras_operation *dial;
    uint32_t code;

    service = sim_begin(5000, 0, &running);
    add_entries(SECOND);
    for (int i = 0; i < ENTRIES - 1; i++) {
        pthread_t thread;

        entries[i] = i;
        MUST(pthread_create(&thread, NULL, dial_and_hang_up, &entries[i]) == 0);
        pthread_detach(thread);
    }
    dial = begin_dial(ENTRIES - 1, HANG_ONLY);
    for (int steps = 0; steps < 3 * number; steps++) {
        code = step_dial(dial);
        if (code != WINRAS_PENDING && code != WINRAS_NOTICE) {
            break;
        }
    }
    MUST(winras_begin_leaving(service, HANG_ONLY, &leaving) == 0);
    winras_hand_over(leaving, &dial);
    MUST(dial == NULL);
    if (number % 2) {
        code = winras_step_leaving(leaving, THREADS);
        MUST(code == 0 || code == WINRAS_PENDING);
    }
    winras_end_leaving(&leaving);
    return 0;
}

static void exits_under_load(const char *self) {
    for (int i = 0; i < EXITS; i++) {
        char command[4096];

        MUST(snprintf(command, sizeof(command), "'%s' %d", self, i) < (int)sizeof(command));
        MUST(system(command) == 0);
    }
}

/* A group outlives its watches and its service, as that of an event loop does. */
static void group_after_its_service(void) {
    winras_operation *watch = NULL, *ready = NULL;
    winras_group *group = NULL;

    service = sim_begin(5000, 0, &running);
    MUST(service != 0);
    MUST(winras_begin_group(service, &group) == 0);
    MUST(winras_begin_watch(service, 0, SECOND, &watch) == 0);
    winras_join(group, watch);
    while (winras_step_group(group, 1, WINRAS_SLICE_MS, &ready) == WINRAS_PENDING) {
    }
    MUST(ready == watch);
    winras_part(watch);
    winras_end(&watch);
    sim_end(&running);
    MUST(winras_step_group(group, 1, WINRAS_SLICE_MS, &ready) == WINRAS_OTHER_SERVICE && !ready);
    winras_end_group(&group);
}

int main(int count, char **arguments) {
    if (count > 1) {
        return exit_under_load(atoi(arguments[1]));
    }
    signals_that_are_taken_once();
    ends_that_come_in_time();
    exits_under_load(arguments[0]);
    dials_that_end_anyhow();
    entries_that_come_and_go();
    hang_ups_from_many_threads();
    waits_that_are_ended(by_cancellation, WINRAS_CANCELLED);
    waits_that_are_ended(by_the_end, WINRAS_OTHER_SERVICE);
    waits_that_are_ended(by_the_clock, 0);
    group_after_its_service();
    printf("stress: %d rounds in %d threads, %d children, %d ends\n", ROUNDS, THREADS, ROUNDS + FORKS, EXITS);
    return 0;
}
