#include "service.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "layouts.h"

#define FIRST_HANDLE 0x20000
#define NO_HANDLE 0
/* How long a change stays unseen after its signal (notify-late), and how long signals are held back
 * to be folded into one (notify-coalesced). */
#define LATE 250000
#define COALESCED 100000
#define FRAME_BYTES 1000
/* How long a connection is enumerated without its correlation id (correlation-changes). */
#define WITHOUT_ID 1000000
/* The session in which every connection here is made; more than 32 bits, as an LUID may have. */
#define LOGON_SESSION 0x10003E7AB

/* A link that is gone keeps its place: its number answers 618, and its handle stays good for
 * RasGetConnectStatus until its connection is dead (RasHangUp's page, of sub-entry handles). */
struct link {
    uint64_t handle;
    uint32_t number;
    enum { LINK_CONNECTED, LINK_ENDING, LINK_GONE } state;
    int64_t until;
    int64_t since;
    uint64_t sent; /* bytes, up to that moment, and how many a second since then */
    uint64_t received;
    uint64_t sent_rate;
    uint64_t received_rate;
    int64_t counted;
};

/* LINGERING: dropped by the other side. ENDING: hung up. Both are Disconnected to a client. */
enum phase { DIALLING, CONNECTED, LINGERING, ENDING };

struct connection {
    uint64_t handle;
    uint64_t serial;
    size_t entry;
    uint32_t references;
    uint32_t error;
    RASCONNSUBSTATE substate;
    BOOL hung_up_by_client;
    enum phase phase;
    int64_t since;
    int64_t until;
    int64_t shown_from;  /* enumerated from then on, once it is connected, */
    int64_t hidden_from; /* and from then on no more, once it is not */
    int64_t id_from;     /* its correlation id may be shown from then on at the earliest */
    BOOL silent_death;   /* the signal of its end was that of its death too */
    size_t step;         /* while it is dialling: of its entry's script, */
    int64_t dial_time;   /* or, without one, of those that take that long */
    int64_t rest;        /* how long the step lasts once its notice has been told */
    uint32_t refused;    /* why the server does not let this client in, or 0 */
    BOOL retrying;       /* it asks the client for other credentials */
    BOOL by_client;      /* the client has dialled it, and must hang up even if that fails */
    BOOL pauses;
    BOOL sets_callback;
    BOOL hang_up_asked; /* in the notifier, and done when that has returned */
    uint32_t notifier;
    service_notifier given; /* what the client has dialled with, though it may be over */
    char16_t phone_number[129];
    struct link *links;
    size_t link_count;
};

struct entry {
    sim_entry given;
    BOOL port_stuck;
    sim_dial_step *script;
    size_t script_count;
};

struct scheduled {
    int64_t at;
    sim_action action;
};

/* Its event is a handle of our own, good after the client has closed the one that it gave. */
struct registration {
    uint64_t handle;
    HANDLE event;
    HANDLE given;
    DWORD flags;
    BOOL spent;
    int64_t held_until; /* SIM_NEVER: no signal is held back */
};

struct fault {
    uint32_t code;
    uint32_t times;
    BOOL met;
};

#define MOST_IMPOSSIBLE 8
/* How long something that nobody else can end is waited for, in real time. */
#define WAIT_SLICE_MS 250
#define PATIENT_SLICES 40

struct function {
    uint64_t calls;
    int64_t delay;
    struct fault *faults;
    size_t fault_count;
};

static struct {
    SRWLOCK lock;
    uint32_t last_number;
    uint32_t running; /* its number, or 0 */
    HANDLE changed;   /* made at first use, and kept */

    struct entry *entries;
    size_t entry_count;
    struct connection *connections;
    size_t connection_count;
    struct scheduled *schedule; /* by moment, then as it was given */
    size_t schedule_count;
    struct registration *registrations;
    size_t registration_count;
    struct function functions[FUNCTION_COUNT];
    BOOL quirks[QUIRK_COUNT];
    uint32_t growths;
    uint64_t grown;
    uint64_t changes; /* of anything that a client could see */
    uint32_t stopped; /* what calls answer while the service is not there, or 0 */

    sim_call *calls; /* rings */
    uint64_t call_count;
    sim_event *events;
    uint64_t event_count;
    sim_event impossible[MOST_IMPOSSIBLE]; /* the first ones */
    uint32_t impossible_count;

    /* Never begun again, so that a handle of an ended simulator is nobody's. */
    uint64_t next_handle;
    uint64_t last_dead_handle;
    uint64_t last_serial;
} sim = {.lock = SRWLOCK_INIT, .next_handle = FIRST_HANDLE};

void service_lock(void) { AcquireSRWLockExclusive(&sim.lock); }

void service_unlock(void) { ReleaseSRWLockExclusive(&sim.lock); }

uint32_t service_running(void) { return sim.running; }

uint64_t service_changes(void) { return sim.changes; }

HANDLE service_changed(void) {
    if (!sim.changed) {
        sim.changed = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    return sim.changed;
}

/* Locked, with everything done that simulated time has brought. */
static void enter(void) {
    service_lock();
    if (sim.running) {
        service_settle(clock_now());
    }
}

/* One more element at the end of an array, zeroed; NULL when memory is short. */
static void *append(void *array_pointer, size_t *count, size_t size) {
    void *array;
    char *bytes;

    memcpy(&array, array_pointer, sizeof(array));
    bytes = realloc(array, (*count + 1) * size);
    if (!bytes) {
        return NULL;
    }
    array = bytes;
    memcpy(array_pointer, &array, sizeof(array));
    bytes += *count * size;
    memset(bytes, 0, size);
    *count += 1;
    return bytes;
}

static void erase(void *array, size_t *count, size_t size, size_t index) {
    char *bytes = array;

    memmove(bytes + index * size, bytes + (index + 1) * size, (*count - index - 1) * size);
    *count -= 1;
}

/* ---- text ---- */

static BOOL same_text(const char16_t *a, const char16_t *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The entry's name as RAS enumerates it: a direct dial's is its phone number after a "."
 * (RasEnumConnections's page). */
static void name_entry(sim_entry *entry) {
    if (entry->name[0] == 0 && entry->phone_number[0] != 0) {
        entry->name[0] = u'.';
        memcpy(entry->name + 1, entry->phone_number, sizeof(entry->phone_number));
    }
}

/* ---- history ---- */

static sim_event *write_event(uint32_t what, size_t entry, uint64_t handle, int64_t now, uint32_t link,
                              uint32_t error) {
    sim_event *event = &sim.events[sim.event_count++ % SIM_LOG];

    sim.changes++;
    event->at = now;
    event->handle = handle;
    event->what = what;
    event->link = link;
    event->error = error;
    event->substate = RASCSS_None;
    event->entry = (uint32_t)entry;
    return event;
}

static sim_event *happened(uint32_t what, const struct connection *connection, int64_t now) {
    return write_event(what, connection->entry, connection->handle, now, 0, connection->error);
}

static void link_happened(uint32_t what, const struct connection *connection, uint32_t number, int64_t now) {
    write_event(what, connection->entry, connection->handle, now, number, 0);
}

/* ---- notification ---- */

static void set_event(struct registration *registration) {
    registration->held_until = SIM_NEVER;
    SetEvent(registration->event);
    clock_event_set(registration->given);
}

/* A link is no connection, so its end is no news to who watches all connections. */
static BOOL is_meant(const struct registration *registration, DWORD flag, uint64_t handle, BOOL is_link) {
    const DWORD bandwidth = RASCN_BandwidthAdded | RASCN_BandwidthRemoved;

    if (!(registration->flags & flag) || registration->spent) {
        return FALSE;
    }
    /* Connection is documented for all connections only, bandwidth for one only. */
    if (registration->handle == SERVICE_ALL) {
        return !is_link && (!(flag & bandwidth) || sim.quirks[QUIRK_BANDWIDTH_ON_ALL]);
    }
    return registration->handle == handle && flag != RASCN_Connection;
}

static void notify(struct registration *registration, int64_t now) {
    registration->spent = sim.quirks[QUIRK_NOTIFY_ONCE];
    if (!sim.quirks[QUIRK_NOTIFY_COALESCED]) {
        set_event(registration);
    } else if (registration->held_until == SIM_NEVER) {
        registration->held_until = service_later(now, COALESCED);
    }
}

static void signal_registrations(DWORD flag, uint64_t handle, BOOL is_link, int64_t now) {
    for (size_t i = 0; i < sim.registration_count && !sim.quirks[QUIRK_NOTIFY_LOST]; i++) {
        if (is_meant(&sim.registrations[i], flag, handle, is_link)) {
            notify(&sim.registrations[i], now);
        }
    }
}

static void signal(DWORD flag, uint64_t handle, int64_t now) { signal_registrations(flag, handle, FALSE, now); }

static void signal_end_of_link(const struct link *link, int64_t now) {
    signal_registrations(RASCN_Disconnection, link->handle, TRUE, now);
}

static void forget_registrations(uint64_t handle) {
    for (size_t i = sim.registration_count; i-- > 0;) {
        if (sim.registrations[i].handle == handle) {
            if (sim.registrations[i].held_until != SIM_NEVER) {
                set_event(&sim.registrations[i]);
            }
            CloseHandle(sim.registrations[i].event);
            erase(sim.registrations, &sim.registration_count, sizeof(*sim.registrations), i);
        }
    }
}

/* ---- connections ---- */

static uint64_t new_handle(void) {
    uint64_t handle = sim.next_handle;

    if (sim.quirks[QUIRK_HANDLE_REUSE] && sim.last_dead_handle != NO_HANDLE) {
        handle = sim.last_dead_handle;
        sim.last_dead_handle = NO_HANDLE;
        return handle;
    }
    sim.next_handle += 0x10;
    return handle;
}

static const sim_entry *entry_of(const struct connection *connection) { return &sim.entries[connection->entry].given; }

static void remove_connection(size_t index) {
    struct connection *connection = &sim.connections[index];

    notifier_end(connection->notifier);
    sim.last_dead_handle = connection->handle;
    forget_registrations(connection->handle);
    for (size_t i = 0; i < connection->link_count; i++) {
        forget_registrations(connection->links[i].handle);
    }
    free(connection->links);
    erase(sim.connections, &sim.connection_count, sizeof(*sim.connections), index);
}

static struct connection *connection_of_entry(size_t entry) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        if (sim.connections[i].entry == entry) {
            return &sim.connections[i];
        }
    }
    return NULL;
}

static struct connection *connection_of_handle(uint64_t handle) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        if (sim.connections[i].handle == handle) {
            return &sim.connections[i];
        }
    }
    return NULL;
}

static struct link *link_of_handle(uint64_t handle, struct connection **connection) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        for (size_t j = 0; j < sim.connections[i].link_count; j++) {
            if (sim.connections[i].links[j].handle == handle) {
                *connection = &sim.connections[i];
                return &sim.connections[i].links[j];
            }
        }
    }
    return NULL;
}

/* The link that now has that sub-entry number, or NULL: the number is unknown or its link gone. */
static struct link *link_of_number(const struct connection *connection, uint32_t number) {
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].number == number && connection->links[i].state != LINK_GONE) {
            return &connection->links[i];
        }
    }
    return NULL;
}

static uint32_t highest_number(const struct connection *connection) {
    uint32_t highest = 0;

    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].number > highest) {
            highest = connection->links[i].number;
        }
    }
    return highest;
}

static uint32_t sub_entries(const struct connection *connection) {
    uint32_t highest = highest_number(connection);
    uint32_t given = entry_of(connection)->sub_entries;

    return given > highest ? given : highest;
}

static BOOL is_multilink(const struct connection *connection) { return sub_entries(connection) > 1; }

/* A new link takes the lowest sub-entry that is not connected, from the first on. */
static DWORD add_link(struct connection *connection, uint32_t first, int64_t now, uint64_t *result) {
    uint32_t number = first ? first : 1;
    struct link *link;

    while (link_of_number(connection, number)) {
        number++;
    }
    link = append(&connection->links, &connection->link_count, sizeof(*link));
    if (!link) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    link->handle = sim.next_handle;
    sim.next_handle += 0x10;
    link->number = number;
    link->state = LINK_CONNECTED;
    link->until = SIM_NEVER;
    link->since = link->counted = now;
    *result = number;
    return ERROR_SUCCESS;
}

static uint64_t counted_bytes(uint64_t bytes, uint64_t rate, int64_t duration) {
    uint64_t passed = duration > 0 ? (uint64_t)duration : 0;

    return bytes + rate * (passed / 1000000) + rate * (passed % 1000000) / 1000000;
}

static void count_traffic(struct link *link, int64_t now) {
    link->sent = counted_bytes(link->sent, link->sent_rate, now - link->counted);
    link->received = counted_bytes(link->received, link->received_rate, now - link->counted);
    link->counted = now;
}

static int64_t lateness(void) { return sim.quirks[QUIRK_NOTIFY_LATE] ? LATE : 0; }

static uint32_t first_link(const struct connection *connection);

static BOOL tell_notifier(const struct connection *connection, RASCONNSTATE state, uint32_t error) {
    return connection->notifier && notifier_tell(connection->notifier, state, error, first_link(connection));
}

static void begin_connection(struct connection *connection, int64_t now) {
    connection->phase = CONNECTED;
    for (size_t i = 0; i < connection->link_count; i++) {
        connection->links[i].since = connection->links[i].counted = now;
    }
    connection->since = now;
    connection->until = SIM_NEVER;
    happened(SIM_CONNECTED, connection, now);
    connection->shown_from = service_later(now, lateness());
    connection->id_from = service_later(now, WITHOUT_ID);
    signal(RASCN_Connection, connection->handle, now);
    if (is_multilink(connection)) {
        signal(RASCN_BandwidthAdded, connection->handle, now);
    }
    tell_notifier(connection, RASCS_Connected, 0);
}

/* The whole connection, and with it each of its links. */
static void signal_end(const struct connection *connection, int64_t now) {
    signal(RASCN_Disconnection, connection->handle, now);
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state != LINK_GONE) {
            signal_end_of_link(&connection->links[i], now);
        }
    }
}

/* Signalled when it is not connected any more, and again when its handle is dead, if that is
 * later: which of them Windows takes for "terminated" is not documented. */
static void end_connection(struct connection *connection, enum phase phase, uint32_t error, int64_t now,
                           int64_t until) {
    BOOL was_connected = connection->phase == CONNECTED;
    BOOL was_disconnected = connection->phase == LINGERING || connection->phase == ENDING;

    connection->phase = phase;
    connection->error = error;
    if (!was_disconnected) {
        happened(SIM_DISCONNECTED, connection, now);
    }
    connection->since = now;
    connection->until = until;
    connection->silent_death = FALSE;
    if (was_connected) {
        connection->hidden_from = service_later(now, lateness());
        if (connection->until < connection->hidden_from) {
            connection->until = connection->hidden_from;
        }
        connection->silent_death = connection->until == now || lateness() > 0;
        signal_end(connection, now);
        if (is_multilink(connection)) {
            signal(RASCN_BandwidthRemoved, connection->handle, now);
        }
    }
}

static void connection_dies(size_t index, int64_t now) {
    const struct connection *connection = &sim.connections[index];

    if (!connection->silent_death) {
        signal_end(connection, now);
    }
    happened(SIM_GONE, connection, now);
    remove_connection(index);
}

/* ---- dialling ---- */

static const sim_dial_step *script_of(const struct connection *connection, size_t *count) {
    *count = sim.entries[connection->entry].script_count;
    return sim.entries[connection->entry].script;
}

/* The states that PPP goes through, when nothing else is said. */
static const RASCONNSTATE usual_states[] = {
    RASCS_OpenPort,     RASCS_PortOpened, RASCS_ConnectDevice, RASCS_DeviceConnected, RASCS_AllDevicesConnected,
    RASCS_Authenticate, RASCS_AuthNotify, RASCS_AuthProject,   RASCS_Authenticated,   RASCS_Projected};

#define USUAL_STATES ((int64_t)(sizeof(usual_states) / sizeof(usual_states[0])))

/* When the number-th of the usual states begins, after the first one. */
static int64_t usual_begin(int64_t dial_time, int64_t number) {
    return dial_time / USUAL_STATES * number + dial_time % USUAL_STATES * number / USUAL_STATES;
}

static size_t step_count(const struct connection *connection) {
    size_t count;

    return script_of(connection, &count) ? count : (size_t)USUAL_STATES;
}

static sim_dial_step plain_step(const struct connection *connection, size_t number) {
    int64_t time = connection->dial_time;
    int64_t index = (int64_t)number;
    size_t count;
    const sim_dial_step *script = script_of(connection, &count);

    if (script) {
        return script[number];
    }
    return (sim_dial_step){.state = (uint32_t)usual_states[number],
                           .duration =
                               time == SIM_NEVER ? SIM_NEVER : usual_begin(time, index + 1) - usual_begin(time, index)};
}

/* Where the server looks at who comes: in Authenticate, or at the end of dialling. */
static size_t step_of_refusal(const struct connection *connection) {
    size_t count = step_count(connection);

    for (size_t i = 0; i < count; i++) {
        if (plain_step(connection, i).state == RASCS_Authenticate) {
            return i;
        }
    }
    return count - 1;
}

/* Who has not asked to set a callback number is not asked for it (Callback Connections). */
static BOOL is_passed_over(const struct connection *connection, RASCONNSTATE state) {
    return state == RASCS_CallbackSetByCaller && !connection->sets_callback;
}

/* The error of a paused state is for who does not support it. */
static sim_dial_step step_of(const struct connection *connection) {
    sim_dial_step step = plain_step(connection, connection->step);

    if ((step.state & RASCS_PAUSED) && (connection->pauses || is_passed_over(connection, (RASCONNSTATE)step.state))) {
        step.error = 0;
    }
    if (connection->refused && !step.error && connection->step == step_of_refusal(connection)) {
        step.error = connection->refused;
    }
    return step;
}

static BOOL is_paused(const struct connection *connection) {
    return connection->phase == DIALLING && (connection->retrying || (step_of(connection).state & RASCS_PAUSED));
}

/* What the client has dialled stays to be asked until it hangs up (RasDial's page). */
static void fail_dialling(struct connection *connection, RASCONNSTATE state, uint32_t error, int64_t now) {
    BOOL by_client = connection->by_client;

    tell_notifier(connection, state, error);
    end_connection(connection, LINGERING, error, now, by_client ? SIM_NEVER : now);
}

static void pause_dialling(struct connection *connection, RASCONNSTATE state) {
    connection->until = SIM_NEVER;
    connection->rest = SIM_NEVER;
    tell_notifier(connection, state, 0);
}

static void step_over(struct connection *connection, int64_t now);

static void enter_step(struct connection *connection, int64_t now) {
    sim_dial_step step = step_of(connection);

    sim.changes++;
    if (is_passed_over(connection, (RASCONNSTATE)step.state)) {
        step_over(connection, now);
    } else if ((step.state & RASCS_PAUSED) && !connection->pauses) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error ? step.error : ERROR_INTERACTIVE_MODE, now);
    } else if (step.state & RASCS_PAUSED) {
        pause_dialling(connection, (RASCONNSTATE)step.state);
    } else {
        connection->rest = step.duration;
        connection->until =
            tell_notifier(connection, (RASCONNSTATE)step.state, 0) ? SIM_NEVER : service_later(now, step.duration);
    }
}

static void step_over(struct connection *connection, int64_t now) {
    sim_dial_step step = step_of(connection);

    if (step.error == ERROR_AUTHENTICATION_FAILURE && connection->refused && connection->pauses) {
        connection->retrying = TRUE;
        sim.changes++;
        pause_dialling(connection, RASCS_RetryAuthentication);
    } else if (step.error) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error, now);
    } else if (++connection->step == step_count(connection)) {
        begin_connection(connection, now);
    } else {
        enter_step(connection, now);
    }
}

static RASCONNSTATE dialling_state(const struct connection *connection) {
    return connection->retrying ? RASCS_RetryAuthentication : (RASCONNSTATE)step_of(connection).state;
}

/* Whether dialling has come to Projected; a script without it projects at its end. */
static BOOL is_projected(const struct connection *connection) {
    if (connection->phase != DIALLING) {
        return connection->phase == CONNECTED;
    }
    for (size_t i = 0; i <= connection->step; i++) {
        if (plain_step(connection, i).state == RASCS_Projected) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The last link takes the connection with it. */
static void link_gone(struct connection *connection, struct link *link, int64_t now) {
    count_traffic(link, now);
    link->sent_rate = link->received_rate = 0;
    link->state = LINK_GONE;
    link->until = SIM_NEVER;
    link_happened(SIM_LINK_GONE, connection, link->number, now);
    signal_end_of_link(link, now);
    if (is_multilink(connection)) {
        signal(RASCN_BandwidthRemoved, connection->handle, now);
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state != LINK_GONE) {
            return;
        }
    }
    if (connection->phase == CONNECTED) {
        end_connection(connection, ENDING, 0, now, now);
    }
}

static DWORD connect_entry(size_t entry, int64_t dial_time, uint32_t first, int64_t now, uint64_t *result) {
    struct connection *connection = connection_of_entry(entry);
    uint64_t number = 0;

    if (connection && connection->phase == CONNECTED) {
        connection->references += 1; /* "the connection is referenced": RasDial's page */
        *result = connection->handle;
        return ERROR_SUCCESS;
    }
    if (connection) {
        return connection->phase == DIALLING ? ERROR_DIAL_ALREADY_IN_PROGRESS : ERROR_PORT_NOT_AVAILABLE;
    }
    if (sim.entries[entry].port_stuck) {
        return ERROR_PORT_ALREADY_OPEN;
    }
    connection = append(&sim.connections, &sim.connection_count, sizeof(*connection));
    if (!connection) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    connection->handle = new_handle();
    connection->serial = ++sim.last_serial;
    connection->entry = entry;
    connection->references = 1;
    connection->phase = DIALLING;
    connection->since = now;
    connection->until = SIM_NEVER;
    connection->dial_time = dial_time >= 0 ? dial_time : entry_of(connection)->dial_time;
    memcpy(connection->phone_number, entry_of(connection)->phone_number, sizeof(connection->phone_number));
    connection->id_from = SIM_NEVER;
    *result = connection->handle;
    if (add_link(connection, first, now, &number)) {
        remove_connection(sim.connection_count - 1);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    happened(SIM_DIALLING, connection, now);
    return ERROR_SUCCESS;
}

/* Another program dials: it takes no notices, and knows what to say to the server. */
static DWORD connect_for_other(size_t entry, int64_t dial_time, int64_t now, uint64_t *result) {
    const struct connection *before = connection_of_entry(entry);
    DWORD code = connect_entry(entry, dial_time, 0, now, result);

    if (!code && !before) {
        enter_step(&sim.connections[sim.connection_count - 1], now);
    }
    return code;
}

/* ---- actions ---- */

static DWORD find_entry(const sim_action *action, size_t *found) {
    DWORD code = ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;

    for (size_t i = 0; i < sim.entry_count; i++) {
        const sim_entry *entry = &sim.entries[i].given;

        if (same_text(entry->name, action->name) &&
            (action->phonebook[0] == 0 || same_text(entry->phonebook, action->phonebook))) {
            if (code == ERROR_SUCCESS) {
                return ERROR_INVALID_PARAMETER; /* in two phone books */
            }
            *found = i;
            code = ERROR_SUCCESS;
        }
    }
    return code;
}

static DWORD drop(struct connection *connection, const sim_action *action, int64_t now) {
    if (connection->phase == LINGERING) {
        return ERROR_NO_CONNECTION;
    }
    if (connection->phase == DIALLING && connection->by_client) {
        fail_dialling(connection, RASCS_Disconnected, action->error, now);
    } else {
        end_connection(connection, LINGERING, action->error, now, service_later(now, action->duration));
    }
    return ERROR_SUCCESS;
}

static DWORD remove_link(struct connection *connection, uint32_t number, int64_t now) {
    uint32_t highest = highest_number(connection);
    struct link *link;

    while (number == 0 && highest > 1 && !link_of_number(connection, highest)) {
        highest--;
    }
    link = link_of_number(connection, number ? number : highest);
    if (!link) {
        return number > highest ? ERROR_NO_MORE_ITEMS : ERROR_PORT_NOT_OPEN;
    }
    link_gone(connection, link, now);
    return ERROR_SUCCESS;
}

static DWORD set_traffic(struct connection *connection, const sim_action *action, int64_t now) {
    struct link *link = link_of_number(connection, action->link ? action->link : first_link(connection));

    if (!link) {
        return action->link > highest_number(connection) ? ERROR_NO_MORE_ITEMS : ERROR_PORT_NOT_OPEN;
    }
    count_traffic(link, now);
    if (action->action == SIM_TRANSFER) {
        link->sent += action->sent;
        link->received += action->received;
    } else {
        link->sent_rate = action->sent;
        link->received_rate = action->received;
    }
    return ERROR_SUCCESS;
}

static void forget_all_registrations(void) {
    while (sim.registration_count) {
        forget_registrations(sim.registrations[0].handle);
    }
}

static DWORD act(const sim_action *action, int64_t now, uint64_t *result) {
    struct connection *connection;
    size_t entry = 0;
    DWORD code = ERROR_SUCCESS;

    sim.changes++;
    if (action->action == SIM_SET_SERVICE) {
        sim.stopped = action->error;
        if (sim.stopped) {
            forget_all_registrations();
        }
        return ERROR_SUCCESS;
    }
    code = find_entry(action, &entry);
    if (code) {
        return code;
    }
    if (action->action == SIM_CONNECT) {
        return connect_for_other(entry, action->duration, now, result);
    }
    connection = connection_of_entry(entry);
    if (!connection) {
        return ERROR_NO_CONNECTION;
    }
    if (action->action == SIM_DROP) {
        return drop(connection, action, now);
    }
    if (connection->phase != CONNECTED) {
        return ERROR_NO_CONNECTION;
    }
    if (action->action == SIM_ADD_LINK) {
        code = add_link(connection, 0, now, result);
        if (!code) {
            link_happened(SIM_LINK_CONNECTED, connection, (uint32_t)*result, now);
            signal(RASCN_BandwidthAdded, connection->handle, now);
        }
        return code;
    }
    if (action->action == SIM_REMOVE_LINK) {
        return remove_link(connection, action->link, now);
    }
    if (action->action == SIM_SET_SUBSTATE) {
        connection->substate = (RASCONNSUBSTATE)action->substate;
        happened(SIM_SUBSTATE, connection, now)->substate = action->substate;
        return ERROR_SUCCESS;
    }
    if (action->action == SIM_TRANSFER || action->action == SIM_SET_TRAFFIC) {
        return set_traffic(connection, action, now);
    }
    return ERROR_INVALID_PARAMETER;
}

/* ---- time ---- */

static int64_t connection_due(const struct connection *connection) {
    int64_t due = connection->phase == CONNECTED ? SIM_NEVER : connection->until;

    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].until < due) {
            due = connection->links[i].until;
        }
    }
    return due;
}

static void connection_moves_on(size_t index) {
    struct connection *connection = &sim.connections[index];
    int64_t now = connection_due(connection);

    if (connection->phase != CONNECTED && connection->until == now) {
        if (connection->phase == DIALLING) {
            step_over(connection, now);
        } else {
            connection_dies(index, now);
        }
        return;
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].until == now) {
            link_gone(connection, &connection->links[i], now);
        }
    }
}

/* The next moment at which something happens, and what: indexes, or the count for none. */
static int64_t find_due(size_t *connection, size_t *registration) {
    int64_t due = sim.schedule_count ? sim.schedule[0].at : SIM_NEVER;

    *connection = sim.connection_count;
    *registration = sim.registration_count;
    for (size_t i = 0; i < sim.registration_count; i++) {
        if (sim.registrations[i].held_until <= due && sim.registrations[i].held_until != SIM_NEVER) {
            due = sim.registrations[i].held_until;
            *registration = i;
        }
    }
    for (size_t i = 0; i < sim.connection_count; i++) {
        int64_t at = connection_due(&sim.connections[i]);

        if (at != SIM_NEVER && (at < due || (at == due && *connection == sim.connection_count))) {
            due = at;
            *connection = i;
        }
    }
    return due;
}

int64_t service_next_due(void) {
    size_t connection, registration;

    return find_due(&connection, &registration);
}

/* Does everything that is due by now, in the order of its moments; at one moment connections come
 * first, then signals that were held back, then the schedule. */
void service_settle(int64_t now) {
    size_t connection, registration;
    int64_t due;

    while ((due = find_due(&connection, &registration)) <= now && due != SIM_NEVER) {
        if (connection < sim.connection_count) {
            connection_moves_on(connection);
        } else if (registration < sim.registration_count) {
            set_event(&sim.registrations[registration]);
        } else {
            sim_action action = sim.schedule[0].action;
            uint64_t result = 0;

            size_t entry = UINT32_MAX;
            DWORD code;

            erase(sim.schedule, &sim.schedule_count, sizeof(*sim.schedule), 0);
            code = act(&action, due, &result);
            if (code) {
                const sim_event *event;

                find_entry(&action, &entry);
                event = write_event(SIM_IMPOSSIBLE, entry, 0, due, 0, code);
                if (sim.impossible_count < MOST_IMPOSSIBLE) {
                    sim.impossible[sim.impossible_count++] = *event;
                }
            }
        }
    }
}

/* ---- requests ---- */

uint32_t rasapi_simulator_running(void) {
    uint32_t running;

    service_lock();
    running = sim.running;
    service_unlock();
    return running;
}

DWORD service_enter(service_call *call, enum sim_function function, uint64_t handle, uint32_t number) {
    struct function *called = &sim.functions[function];
    DWORD code = ERROR_SUCCESS;
    int64_t delay;

    memset(call, 0, sizeof(*call));
    call->call.function = function;
    call->call.handle = handle;
    call->call.number = number;
    service_lock();
    call->simulator = sim.running;
    if (!sim.running) {
        service_unlock();
        return ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    call->call.at = clock_now();
    called->calls++;
    delay = called->delay;
    if (called->fault_count) {
        code = called->faults[0].code;
        called->faults[0].met = TRUE;
        sim.changes++;
        if (called->faults[0].times != SIM_ALWAYS && --called->faults[0].times == 0) {
            erase(called->faults, &called->fault_count, sizeof(*called->faults), 0);
        }
    } else if (sim.stopped && function != FUNCTION_RasGetErrorString) {
        code = sim.stopped;
    }
    service_unlock();
    if (delay > 0) {
        clock_pass(delay, NULL, NO_HANDLE);
    }
    return call->simulator == rasapi_simulator_running() ? code : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
}

DWORD service_leave(const service_call *call, DWORD result) {
    service_lock();
    if (sim.running && sim.running == call->simulator) {
        sim_call *kept = &sim.calls[sim.call_count++ % SIM_LOG];

        *kept = call->call;
        kept->result = result;
    }
    service_unlock();
    return result;
}

BOOL service_quirk(enum sim_quirk quirk) {
    BOOL on;

    service_lock();
    on = sim.quirks[quirk];
    service_unlock();
    return on;
}

BOOL service_old_windows(void) {
    BOOL old = FALSE;

    service_lock();
    for (size_t i = QUIRK_WINVER_0600; i <= QUIRK_WINVER_0400; i++) {
        old = old || sim.quirks[i];
    }
    service_unlock();
    return old;
}

static RASCONNSTATE state_of(const struct connection *connection) {
    if (connection->phase == DIALLING) {
        return dialling_state(connection);
    }
    return connection->phase == CONNECTED ? RASCS_Connected : RASCS_Disconnected;
}

/* The lowest sub-entry that is connected. */
static uint32_t first_link(const struct connection *connection) {
    uint32_t first = highest_number(connection);

    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state == LINK_CONNECTED && connection->links[i].number < first) {
            first = connection->links[i].number;
        }
    }
    return first;
}

static void describe(const struct connection *connection, service_connection *described) {
    memset(described, 0, sizeof(*described));
    described->handle = connection->handle;
    described->luid = LOGON_SESSION;
    /* "For multilink connections", says RASCONN's page. */
    described->sub_entry = is_multilink(connection) ? first_link(connection) : 0;
    described->flags = RASCF_OwnerKnown | RASCF_OwnerMatch;
    described->state = state_of(connection);
    described->error = connection->error;
    described->substate = connection->phase == CONNECTED ? connection->substate : RASCSS_None;
    if (!sim.quirks[QUIRK_CORRELATION_CHANGES] || clock_now() >= connection->id_from) {
        memcpy(described->correlation_id, "winras\0\0", 8);
        memcpy(described->correlation_id + 8, &connection->serial, sizeof(connection->serial));
    }
    described->entry = *entry_of(connection);
    memcpy(described->entry.phone_number, connection->phone_number, sizeof(connection->phone_number));
}

static BOOL is_listed(const struct connection *connection, int64_t now) {
    switch (connection->phase) {
    case DIALLING:
        return sim.quirks[QUIRK_ENUMERATES_DIALLING];
    case CONNECTED:
        return now >= connection->shown_from;
    case LINGERING:
    case ENDING:
        return connection->shown_from <= now && now < connection->hidden_from;
    }
    return FALSE;
}

DWORD service_list(service_connection **connections, DWORD *count) {
    service_connection *list;
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    enter();
    *count = 0;
    list = calloc(sim.connection_count + 1, sizeof(*list));
    for (size_t i = 0; list && i < sim.connection_count; i++) {
        const struct connection *connection = &sim.connections[i];

        if (is_listed(connection, clock_now())) {
            describe(connection, &list[(*count)++]);
        }
    }
    if (list) {
        code = ERROR_SUCCESS;
    }
    *connections = list;
    service_unlock();
    return code;
}

void service_grow(void) {
    struct entry *entry;
    uint64_t handle = 0;
    size_t digits = 0;

    enter();
    if (sim.growths) {
        entry = append(&sim.entries, &sim.entry_count, sizeof(*entry));
        if (entry) {
            sim.growths--;
            memcpy(entry->given.name, u"Grown ", sizeof(u"Grown "));
            for (uint64_t rest = ++sim.grown; digits == 0 || rest; rest /= 10) {
                memmove(entry->given.name + 7, entry->given.name + 6, digits++ * sizeof(char16_t));
                entry->given.name[6] = (char16_t)(u'0' + rest % 10);
            }
            connect_for_other(sim.entry_count - 1, 0, clock_now(), &handle);
            service_settle(clock_now());
        }
    }
    service_unlock();
}

DWORD service_status(uint64_t handle, service_connection *connection) {
    struct connection *found;
    struct link *link;
    DWORD code = ERROR_INVALID_HANDLE;

    enter();
    found = connection_of_handle(handle);
    if (found) {
        describe(found, connection);
        code = ERROR_SUCCESS;
    } else if ((link = link_of_handle(handle, &found)) != NULL) {
        describe(found, connection);
        connection->handle = handle;
        connection->sub_entry = link->number;
        if (link->state != LINK_CONNECTED) {
            connection->state = RASCS_Disconnected;
        }
        code = ERROR_SUCCESS;
    }
    service_unlock();
    return code;
}

static uint32_t connected_links(const struct connection *connection) {
    uint32_t count = 0;

    for (size_t i = 0; i < connection->link_count; i++) {
        count += connection->links[i].state == LINK_CONNECTED;
    }
    return count;
}

static DWORD already_hung_up(void) {
    return sim.quirks[QUIRK_SECOND_HANG_UP_668] ? ERROR_NO_CONNECTION : ERROR_ALREADY_DISCONNECTING;
}

static DWORD hang_up_link(struct connection *connection, struct link *link, int64_t now) {
    if (connection->phase == ENDING || link->state == LINK_ENDING) {
        return already_hung_up();
    }
    if (connection->phase != CONNECTED || link->state == LINK_GONE) {
        return ERROR_NO_CONNECTION;
    }
    link->state = LINK_ENDING;
    link->until = service_later(now, entry_of(connection)->hang_up_time);
    return ERROR_SUCCESS;
}

static DWORD hang_up_connection(struct connection *connection, int64_t now) {
    int64_t until = service_later(now, entry_of(connection)->hang_up_time);

    if (connection->hang_up_asked) {
        return already_hung_up();
    }
    if (connection->phase != ENDING && connection->references == 1 && notifier_calling(connection->notifier)) {
        connection->hang_up_asked = TRUE;
        return ERROR_SUCCESS;
    }
    switch (connection->phase) {
    case ENDING:
        return already_hung_up();
    case LINGERING:
        connection->references = 0;
        /* The error stays to be seen for as long as the handle does. */
        end_connection(connection, ENDING, connection->error, now,
                       until < connection->until ? until : connection->until);
        break;
    case CONNECTED:
        connection->references -= 1;
        if (connection->references) {
            return ERROR_SUCCESS;
        }
        end_connection(connection, ENDING, 0, now, until);
        break;
    case DIALLING:
        connection->references = 0;
        end_connection(connection, ENDING, 0, now, until);
        break;
    }
    notifier_end(connection->notifier);
    connection->hung_up_by_client = TRUE;
    return ERROR_SUCCESS;
}

DWORD service_hang_up(uint64_t handle) {
    struct connection *connection;
    struct link *link;
    DWORD code = ERROR_INVALID_HANDLE;

    enter();
    connection = connection_of_handle(handle);
    if (connection) {
        code = hang_up_connection(connection, clock_now());
    } else if ((link = link_of_handle(handle, &connection)) != NULL) {
        code = hang_up_link(connection, link, clock_now());
    }
    service_settle(clock_now());
    clock_reschedule();
    service_unlock();
    return code;
}

static void fill_limited(char16_t *to, size_t room, const char16_t *from) {
    size_t length = 0;

    while (length < room - 1 && from[length]) {
        length++;
    }
    memset(to, 0, room * sizeof(*to));
    memcpy(to, from, length * sizeof(*to));
}

static DWORD find_dialled(const char16_t *name, const char16_t *phonebook, const char16_t *number, size_t *entry) {
    sim_action wanted = {.action = SIM_CONNECT};

    if (name[0]) {
        fill_limited(wanted.name, sizeof(wanted.name) / sizeof(wanted.name[0]), name);
        fill_limited(wanted.phonebook, sizeof(wanted.phonebook) / sizeof(wanted.phonebook[0]), phonebook);
    } else {
        wanted.name[0] = u'.';
        fill_limited(wanted.name + 1, sizeof(wanted.name) / sizeof(wanted.name[0]) - 1, number);
    }
    return find_entry(&wanted, entry);
}

static uint32_t refusal(const sim_entry *entry, const service_dialling *dialling) {
    if (entry->eap_user[0] && !dialling->eap) {
        return ERROR_INTERACTIVE_MODE;
    }
    if (entry->user[0] && !(same_text(entry->user, dialling->user) && same_text(entry->password, dialling->password) &&
                            same_text(entry->domain, dialling->domain))) {
        return ERROR_AUTHENTICATION_FAILURE;
    }
    return ERROR_SUCCESS;
}

/* Waits for that connection's notifier, for some seconds at most; unlocks meanwhile. */
static void wait_while(BOOL (*goes_on)(uint32_t notifier), uint64_t handle) {
    const struct connection *connection = connection_of_handle(handle);

    for (int slices = 0; connection && goes_on(connection->notifier) && slices < PATIENT_SLICES; slices++) {
        ResetEvent(service_changed());
        service_unlock();
        WaitForSingleObject(service_changed(), WAIT_SLICE_MS);
        service_lock();
        connection = connection_of_handle(handle);
    }
}

static BOOL is_same_notifier(const service_notifier *a, const service_notifier *b) {
    return a->function == b->function && (!a->function || a->type == b->type);
}

/* On from a paused state: "the same notifier must be used" (RasDial's page). It may be asked for
 * before the notifier has returned from the notice of the pause. */
static DWORD dial_on(const service_dialling *dialling, const service_notifier *notifier) {
    struct connection *connection;
    int64_t now;

    wait_while(notifier_has_notices, dialling->handle);
    now = clock_now();
    connection = connection_of_handle(dialling->handle);
    if (!connection) {
        return ERROR_INVALID_HANDLE;
    }
    if (!is_paused(connection) || notifier_has_notices(connection->notifier) ||
        !is_same_notifier(&connection->given, notifier)) {
        return ERROR_INVALID_PARAMETER;
    }
    if (dialling_state(connection) == RASCS_PasswordExpired) {
        /* szPassword is the new one then (RASDIALPARAMS's page). */
        WINRAS_COPY_TEXT(sim.entries[connection->entry].given.password, dialling->password);
    }
    connection->refused = refusal(entry_of(connection), dialling);
    if (connection->retrying) {
        connection->retrying = FALSE;
        enter_step(connection, now);
    } else {
        step_over(connection, now);
    }
    return ERROR_SUCCESS;
}

/* What was up already has one more reference, and, unless the quirk says no, one notice of that. */
static DWORD refer(struct connection *connection, const service_notifier *notifier) {
    DWORD code = ERROR_SUCCESS;

    if (notifier->function && !sim.quirks[QUIRK_DIAL_UNTOLD]) {
        uint32_t number = 0;

        code = notifier_begin(notifier, connection->handle, &number);
        notifier_tell(number, RASCS_Connected, 0, first_link(connection));
        connection->notifier = number ? number : connection->notifier;
    }
    return code;
}

static DWORD begin_dialling(struct connection *connection, const service_dialling *dialling,
                            const service_notifier *notifier, int64_t now) {
    sim_dial_step step;
    DWORD code;

    connection->by_client = TRUE;
    connection->pauses = dialling->pauses;
    connection->sets_callback = dialling->sets_callback;
    connection->given = *notifier;
    connection->refused = refusal(entry_of(connection), dialling);
    if (dialling->phone_number[0]) {
        memcpy(connection->phone_number, dialling->phone_number, sizeof(connection->phone_number));
    }
    step = step_of(connection);
    if (notifier->function && sim.quirks[QUIRK_DIAL_FAILS_AT_ONCE] && step.error && step.duration == 0) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error, now);
        return step.error;
    }
    if (notifier->function && !sim.quirks[QUIRK_DIAL_UNTOLD]) {
        code = notifier_begin(notifier, connection->handle, &connection->notifier);
        if (code) {
            return code;
        }
    }
    enter_step(connection, now);
    return ERROR_SUCCESS;
}

static DWORD dial(const service_dialling *dialling, const service_notifier *notifier, int64_t now, uint64_t *handle) {
    struct connection *before;
    size_t entry = 0;
    DWORD code;

    if (notifier_is_here()) {
        return ERROR_DIAL_ALREADY_IN_PROGRESS; /* "Do not call the RasDial function from within" a notifier */
    }
    if (dialling->handle) {
        return dial_on(dialling, notifier);
    }
    code = find_dialled(dialling->name, dialling->phonebook, dialling->phone_number, &entry);
    if (code) {
        return code;
    }
    if (dialling->sub_entry > sim.entries[entry].given.sub_entries && dialling->sub_entry > 1) {
        return ERROR_NO_MORE_ITEMS;
    }
    before = connection_of_entry(entry);
    code = connect_entry(entry, -1, dialling->sub_entry, now, handle);
    if (code) {
        return code;
    }
    if (before) {
        return refer(before, notifier);
    }
    return begin_dialling(&sim.connections[sim.connection_count - 1], dialling, notifier, now);
}

/* How the dialling of that handle has ended, if it has, and else when it goes on. */
static BOOL has_dialled(uint64_t handle, DWORD *code, int64_t *until) {
    const struct connection *connection = connection_of_handle(handle);

    *code = ERROR_SUCCESS;
    *until = 0;
    if (!sim.running) {
        *code = ERROR_RASMAN_CANNOT_INITIALIZE;
    } else if (!connection || connection->phase == ENDING) {
        *code = ERROR_USER_DISCONNECTION;
    } else if (connection->phase == LINGERING) {
        *code = connection->error ? connection->error : ERROR_REMOTE_DISCONNECTION;
    } else if (connection->phase == DIALLING) {
        *until = connection->until;
        return FALSE;
    }
    return TRUE;
}

static BOOL is_dialled(uint64_t handle) {
    DWORD code;
    int64_t until;

    return has_dialled(handle, &code, &until);
}

/* Without a notifier RasDial returns when its attempt has ended. */
static DWORD wait_dialled(uint64_t handle) {
    DWORD code;
    int64_t until, now;

    enter();
    while (!has_dialled(handle, &code, &until)) {
        if (until == SIM_NEVER && clock_stands_here()) {
            until = service_next_due();
            if (until == SIM_NEVER) {
                code = ERROR_POSSIBLE_DEADLOCK;
                break;
            }
        }
        now = clock_now();
        service_unlock();
        clock_pass(until > now ? until - now : 1, is_dialled, handle);
        enter();
    }
    service_unlock();
    return code;
}

DWORD service_dial(const service_dialling *dialling, const service_notifier *notifier, HRASCONN *stored) {
    uint64_t handle = dialling->handle;
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;

    enter();
    if (sim.running) {
        code = dial(dialling, notifier, clock_now(), &handle);
        service_settle(clock_now());
        clock_reschedule();
    }
    if (sim.quirks[QUIRK_DIAL_TOLD_FIRST]) {
        wait_while(notifier_untold, handle); /* the client may be told before it has the handle */
    }
    *stored = (HRASCONN)(uintptr_t)handle;
    service_unlock();
    return code || notifier->function ? code : wait_dialled(handle);
}

void service_noticed(uint64_t handle, uint32_t notifier) {
    struct connection *connection = connection_of_handle(handle);
    int64_t now = clock_now();

    if (!connection || connection->notifier != notifier) {
        return;
    }
    if (connection->hang_up_asked) {
        connection->hang_up_asked = FALSE;
        hang_up_connection(connection, now);
    } else if (connection->phase == DIALLING && connection->until == SIM_NEVER) {
        connection->until = service_later(now, connection->rest);
    }
    service_settle(now);
    clock_reschedule();
}

DWORD service_eap_user(const char16_t *name, const char16_t *phonebook, char16_t user[257]) {
    size_t entry = 0;
    DWORD code;

    enter();
    code = find_dialled(name, phonebook, u"", &entry);
    if (!code && !sim.entries[entry].given.eap_user[0]) {
        code = ERROR_INVALID_FUNCTION_FOR_ENTRY;
    }
    if (!code) {
        memcpy(user, sim.entries[entry].given.eap_user, sizeof(sim.entries[entry].given.eap_user));
    }
    service_unlock();
    return code;
}

/* What is asked for leaves no trace, so that parts of bytes are not lost by asking. */
static void add_traffic(service_traffic *traffic, const struct link *link, uint64_t bps, int64_t now) {
    struct link counted = *link;

    count_traffic(&counted, now);
    traffic->sent += counted.sent;
    traffic->received += counted.received;
    traffic->frames_sent += (counted.sent + FRAME_BYTES - 1) / FRAME_BYTES;
    traffic->frames_received += (counted.received + FRAME_BYTES - 1) / FRAME_BYTES;
    traffic->bps += link->state == LINK_GONE ? 0 : bps;
}

/* A connection that is up, and of it one link, or all: NULL. */
static DWORD find_traffic(uint64_t handle, uint32_t number, struct connection **connection, struct link **link) {
    *link = NULL;
    *connection = connection_of_handle(handle);
    if (!*connection && number == 0) {
        *link = link_of_handle(handle, connection);
    }
    if (!*connection) {
        return ERROR_INVALID_HANDLE;
    }
    if (number) {
        *link = link_of_number(*connection, number);
    }
    if ((*connection)->phase != CONNECTED || (number && !*link) || (*link && (*link)->state == LINK_GONE)) {
        return ERROR_NO_CONNECTION;
    }
    return ERROR_SUCCESS;
}

DWORD service_get_traffic(uint64_t handle, uint32_t number, service_traffic *traffic) {
    struct connection *connection;
    struct link *link;
    DWORD code;

    memset(traffic, 0, sizeof(*traffic));
    enter();
    code = find_traffic(handle, number, &connection, &link);
    if (!code) {
        traffic->duration = clock_now() - (link ? link->since : connection->since);
        for (size_t i = 0; i < connection->link_count; i++) {
            if (!link || link == &connection->links[i]) {
                add_traffic(traffic, &connection->links[i], entry_of(connection)->bps, clock_now());
            }
        }
    }
    service_unlock();
    return code;
}

DWORD service_clear_traffic(uint64_t handle, uint32_t number) {
    struct connection *connection;
    struct link *link;
    DWORD code;

    enter();
    code = find_traffic(handle, number, &connection, &link);
    for (size_t i = 0; !code && i < connection->link_count; i++) {
        if (!link || link == &connection->links[i]) {
            count_traffic(&connection->links[i], clock_now());
            connection->links[i].sent = connection->links[i].received = 0;
        }
    }
    service_unlock();
    return code;
}

DWORD service_projection(uint64_t handle, sim_entry *entry, BOOL *multilink, BOOL *bundled) {
    struct connection *connection;
    DWORD code = ERROR_SUCCESS;

    enter();
    connection = connection_of_handle(handle);
    if (!connection) {
        link_of_handle(handle, &connection);
    }
    if (!connection) {
        code = ERROR_INVALID_HANDLE;
    } else if (!is_projected(connection)) {
        code = connection->phase == DIALLING ? ERROR_PROJECTION_NOT_COMPLETE : ERROR_NO_CONNECTION;
    } else {
        *entry = *entry_of(connection);
        *multilink = is_multilink(connection);
        *bundled = connected_links(connection) > 1;
    }
    service_unlock();
    return code;
}

DWORD service_sub_entry(uint64_t handle, DWORD number, uint64_t *sub_handle) {
    const struct connection *connection;
    const struct link *link;
    DWORD code = ERROR_SUCCESS;

    enter();
    connection = connection_of_handle(handle);
    if (!connection || connection->phase != CONNECTED) {
        code = ERROR_INVALID_HANDLE;
    } else if (number > sub_entries(connection)) {
        code = ERROR_NO_MORE_ITEMS;
    } else if ((link = link_of_number(connection, number)) == NULL) {
        code = ERROR_PORT_NOT_OPEN;
    } else {
        *sub_handle = link->handle;
    }
    service_unlock();
    return code;
}

DWORD service_register(uint64_t handle, HANDLE event, DWORD flags) {
    struct registration *registration;
    struct connection *connection;
    DWORD code = ERROR_SUCCESS;
    HANDLE own = NULL;

    enter();
    if (handle != SERVICE_ALL && !connection_of_handle(handle) && !link_of_handle(handle, &connection)) {
        code = ERROR_INVALID_HANDLE;
    } else if (!DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &own, 0, FALSE,
                                DUPLICATE_SAME_ACCESS)) {
        code = ERROR_INVALID_HANDLE;
    } else if ((registration = append(&sim.registrations, &sim.registration_count, sizeof(*registration))) == NULL) {
        CloseHandle(own);
        code = ERROR_NOT_ENOUGH_MEMORY;
    } else {
        registration->handle = handle;
        registration->event = own;
        registration->given = event;
        registration->flags = flags;
        registration->held_until = SIM_NEVER;
    }
    service_unlock();
    return code;
}

/* ---- control ---- */

static void free_logs(void) {
    free(sim.calls);
    free(sim.events);
    sim.calls = NULL;
    sim.events = NULL;
    sim.call_count = sim.event_count = 0;
}

static BOOL make_logs(void) {
    sim.calls = calloc(SIM_LOG, sizeof(*sim.calls));
    sim.events = calloc(SIM_LOG, sizeof(*sim.events));
    if (!sim.calls || !sim.events) {
        free_logs();
        return FALSE;
    }
    return TRUE;
}

uint32_t sim_begin(double factor, uint32_t automatic) {
    uint32_t number = 0;

    service_lock();
    if (!sim.running && service_changed() && make_logs()) {
        number = sim.running = ++sim.last_number;
        clock_begin(factor, automatic != 0);
    }
    service_unlock();
    return number;
}

static void clear(void) {
    while (sim.connection_count) {
        remove_connection(sim.connection_count - 1);
    }
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        free(sim.functions[i].faults);
    }
    for (size_t i = 0; i < sim.entry_count; i++) {
        free(sim.entries[i].script);
        SecureZeroMemory(&sim.entries[i], sizeof(sim.entries[i]));
    }
    free(sim.connections);
    free(sim.entries);
    free(sim.schedule);
    sim.connections = NULL;
    sim.entries = NULL;
    sim.schedule = NULL;
    sim.entry_count = sim.schedule_count = 0;
    memset(sim.functions, 0, sizeof(sim.functions));
    memset(sim.quirks, 0, sizeof(sim.quirks));
    sim.growths = 0;
    sim.grown = 0;
    sim.stopped = 0;
    sim.impossible_count = 0;
    sim.last_dead_handle = NO_HANDLE;
}

void sim_clear(void) {
    enter();
    clear();
    for (size_t i = 0; i < sim.registration_count; i++) {
        sim.registrations[i].spent = FALSE;
        sim.registrations[i].held_until = SIM_NEVER;
    }
    service_unlock();
}

void sim_end(void) {
    service_lock();
    notifier_finish_all();
    sim.running = 0;
    clock_end();
    clear();
    forget_all_registrations();
    free_logs();
    free(sim.registrations);
    sim.registrations = NULL;
    service_unlock();
}

uint32_t sim_add_entry(const sim_entry *given) {
    sim_entry named = *given;
    struct entry *entry;
    DWORD code = ERROR_SUCCESS;

    name_entry(&named);
    enter();
    for (size_t i = 0; i < sim.entry_count; i++) {
        if (same_text(sim.entries[i].given.name, named.name) &&
            same_text(sim.entries[i].given.phonebook, named.phonebook)) {
            code = ERROR_INVALID_PARAMETER;
        }
    }
    if (!sim.running) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    if (!code) {
        entry = append(&sim.entries, &sim.entry_count, sizeof(*entry));
        if (entry) {
            entry->given = named;
        } else {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    service_unlock();
    return code;
}

uint32_t sim_act(const sim_action *action, uint64_t *result) {
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;

    *result = 0;
    enter();
    if (sim.running) {
        code = act(action, clock_now(), result);
        service_settle(clock_now());
        clock_reschedule();
    }
    service_unlock();
    return code;
}

uint32_t sim_set_dial_script(const char16_t *name, const char16_t *phonebook, const sim_dial_step *steps,
                             uint32_t count) {
    sim_dial_step *script = NULL;
    DWORD code = ERROR_SUCCESS;
    size_t entry = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].duration < 0 || steps[i].state == RASCS_Connected) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    if (count) {
        script = calloc(count, sizeof(*script));
        if (!script) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        memcpy(script, steps, count * sizeof(*script));
    }
    enter();
    code = sim.running ? find_dialled(name, phonebook, u"", &entry) : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
    for (size_t i = 0; !code && i < sim.connection_count; i++) {
        if (sim.connections[i].entry == entry && sim.connections[i].phase == DIALLING) {
            code = ERROR_DIAL_ALREADY_IN_PROGRESS; /* it goes by the old one */
        }
    }
    if (!code) {
        free(sim.entries[entry].script);
        sim.entries[entry].script = script;
        sim.entries[entry].script_count = count;
        script = NULL;
    }
    service_unlock();
    free(script);
    return code;
}

uint32_t sim_schedule(int64_t at, const sim_action *action) {
    struct scheduled *scheduled;
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;
    size_t entry = 0;

    enter();
    if (sim.running) {
        code = action->action == SIM_SET_SERVICE ? ERROR_SUCCESS : find_entry(action, &entry);
    }
    if (!code) {
        scheduled = append(&sim.schedule, &sim.schedule_count, sizeof(*scheduled));
        if (scheduled) {
            while (scheduled > sim.schedule && scheduled[-1].at > at) {
                scheduled[0] = scheduled[-1];
                scheduled--;
            }
            scheduled->at = at;
            scheduled->action = *action;
            clock_reschedule();
        } else {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    service_unlock();
    return code;
}

uint32_t sim_grow(uint32_t times) {
    service_lock();
    sim.growths += times;
    service_unlock();
    return ERROR_SUCCESS;
}

/* That it ends because this client has hung it up, or each of its links. */
static BOOL ends_by_client(const struct connection *connection) {
    if (connection->phase != CONNECTED) {
        return connection->phase == ENDING && connection->hung_up_by_client;
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state == LINK_CONNECTED) {
            return FALSE;
        }
    }
    return TRUE;
}

uint32_t sim_client_leaves(void) {
    enter();
    for (size_t i = sim.connection_count; i-- > 0;) {
        if (ends_by_client(&sim.connections[i])) {
            sim.entries[sim.connections[i].entry].port_stuck = TRUE;
            happened(SIM_GONE, &sim.connections[i], clock_now());
            remove_connection(i);
        }
    }
    service_unlock();
    return ERROR_SUCCESS;
}

const char *sim_function_name(uint32_t index) {
#define NAME_DWORD(name) #name,
#define NAME_void(name)
#define NAME(result, name, form, parameters) NAME_##result(name)
    static const char *const names[] = {RASAPI_FUNCTIONS(NAME, RASAPI_NOTHING)};
#undef NAME
#undef NAME_DWORD
#undef NAME_void

    return index < FUNCTION_COUNT ? names[index] : NULL;
}

const char *sim_quirk_name(uint32_t index) {
#define NAME(id, name) name,
    static const char *const names[] = {SIM_QUIRKS(NAME)};
#undef NAME

    return index < QUIRK_COUNT ? names[index] : NULL;
}

uint32_t sim_set_quirk(uint32_t index, uint32_t on) {
    DWORD code = index < QUIRK_COUNT ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    enter();
    if (!code && !sim.running) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    if (!code) {
        sim.changes++;
        sim.quirks[index] = on != 0;
    }
    service_unlock();
    return code;
}

uint32_t sim_has_quirk(uint32_t index) { return index < QUIRK_COUNT && service_quirk((enum sim_quirk)index); }

uint32_t sim_fail(uint32_t function, uint32_t code, uint32_t times) {
    struct function *failing = &sim.functions[function < FUNCTION_COUNT ? function : 0];
    struct fault *fault;
    uint32_t answer = ERROR_SUCCESS;

    if (function >= FUNCTION_COUNT || code == 0 || times == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    enter();
    fault = append(&failing->faults, &failing->fault_count, sizeof(*fault));
    if (fault) {
        fault->code = code;
        fault->times = times;
    } else {
        answer = ERROR_NOT_ENOUGH_MEMORY;
    }
    service_unlock();
    return answer;
}

uint64_t sim_calls(uint32_t function) {
    uint64_t calls = 0;

    service_lock();
    if (function < FUNCTION_COUNT) {
        calls = sim.functions[function].calls;
    }
    service_unlock();
    return calls;
}

void sim_clear_faults(void) {
    service_lock();
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        sim.functions[i].fault_count = 0;
    }
    service_unlock();
}

uint32_t sim_unmet(uint32_t function) {
    uint32_t unmet = 0;

    service_lock();
    for (size_t i = 0; function < FUNCTION_COUNT && i < sim.functions[function].fault_count; i++) {
        const struct fault *fault = &sim.functions[function].faults[i];

        unmet += fault->times != SIM_ALWAYS ? fault->times : !fault->met;
    }
    service_unlock();
    return unmet;
}

uint32_t sim_ungrown(void) {
    uint32_t growths;

    service_lock();
    growths = sim.growths;
    service_unlock();
    return growths;
}

uint32_t sim_delay(uint32_t function, int64_t duration) {
    BOOL possible = function < FUNCTION_COUNT && function != FUNCTION_RasConnectionNotification && duration >= 0;
    DWORD code = possible ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    service_lock();
    if (!code) {
        sim.functions[function].delay = duration;
    }
    service_unlock();
    return code;
}

/* How much of a ring there is from the number-th element on. */
static uint32_t readable(uint64_t count, uint64_t number, uint32_t room) {
    if (number >= count || count - number > SIM_LOG) {
        return 0;
    }
    return count - number < room ? (uint32_t)(count - number) : room;
}

uint32_t sim_read_calls(uint64_t number, sim_call *calls, uint32_t room) {
    uint32_t count;

    service_lock();
    count = readable(sim.call_count, number, room);
    for (uint32_t i = 0; i < count; i++) {
        calls[i] = sim.calls[(number + i) % SIM_LOG];
    }
    service_unlock();
    return count;
}

uint64_t sim_count_calls(void) {
    uint64_t count;

    service_lock();
    count = sim.call_count;
    service_unlock();
    return count;
}

uint32_t sim_read_events(uint64_t number, sim_event *events, uint32_t room) {
    uint32_t count;

    enter();
    count = readable(sim.event_count, number, room);
    for (uint32_t i = 0; i < count; i++) {
        events[i] = sim.events[(number + i) % SIM_LOG];
    }
    service_unlock();
    return count;
}

uint64_t sim_count_events(void) {
    uint64_t count;

    enter();
    count = sim.event_count;
    service_unlock();
    return count;
}

uint32_t sim_read_impossible(sim_event *events, uint32_t room) {
    uint32_t count;

    enter();
    count = sim.impossible_count < room ? sim.impossible_count : room;
    for (uint32_t i = 0; i < count; i++) {
        events[i] = sim.impossible[i];
    }
    service_unlock();
    return count;
}

uint32_t sim_read_connections(sim_connection *connections, uint32_t room) {
    uint32_t count;

    enter();
    count = sim.connection_count < room ? (uint32_t)sim.connection_count : room;
    for (uint32_t i = 0; i < count; i++) {
        const struct connection *connection = &sim.connections[i];

        connections[i].handle = connection->handle;
        connections[i].entry = (uint32_t)connection->entry;
        connections[i].state = (uint32_t)state_of(connection);
        connections[i].error = connection->error;
        connections[i].references = connection->references;
        connections[i].links = connected_links(connection);
    }
    count = (uint32_t)sim.connection_count;
    service_unlock();
    return count;
}

uint32_t sim_read_entry(uint32_t number, sim_entry *entry) {
    DWORD code = ERROR_INVALID_PARAMETER;

    service_lock();
    if (number < sim.entry_count) {
        *entry = sim.entries[number].given;
        code = ERROR_SUCCESS;
    }
    service_unlock();
    return code;
}
