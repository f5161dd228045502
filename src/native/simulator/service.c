/* The simulated service itself: what happens to connections, links and registrations, and when. It is one state
 * machine. Each connection, link and registration knows when it goes on by itself; next_due finds the earliest of
 * these moments, and settle does, in their order, all that are due. Whoever takes the lock settles first
 * (clock_lock), so nobody sees a state older than simulated time. A change that a client could see is recorded for
 * sim_read_changes, signalled to the registrations that it is meant for, and told to RasDial's notifier. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "layouts.h"

/* How long a change stays unseen after its signal (notify-late), and how long signals are held back
 * to be folded into one (notify-coalesced). */
#define LATE 250000
#define COALESCED 100000
/* How long a connection is enumerated without its correlation id (correlation-changes). */
#define WITHOUT_ID 1000000

/* ---- what happened ---- */

static sim_change *record_change(uint32_t what, size_t entry, uint64_t handle, int64_t now, uint32_t link,
                                 uint32_t error) {
    sim_change *change = &sim.history[sim.history_count++ % SIM_LOG];

    sim.visible_changes++;
    change->at = now;
    change->handle = handle;
    change->what = what;
    change->link = link;
    change->error = error;
    change->substate = RASCSS_None;
    change->entry = (uint32_t)entry;
    return change;
}

sim_change *record(uint32_t what, const struct connection *connection, int64_t now) {
    return record_change(what, connection->entry, connection->handle, now, 0, connection->error);
}

static void record_link(uint32_t what, const struct connection *connection, uint32_t number, int64_t now) {
    record_change(what, connection->entry, connection->handle, now, number, 0);
}

/* ---- signals ---- */

static void tell(const struct registration *registration, uint32_t what) {
    service_news news = {.what = what, .number = registration->number};

    tell_client(registration->client, &news);
}

static void set_signal(struct registration *registration) {
    registration->held_until = SIM_NEVER;
    tell(registration, NEWS_SIGNAL);
}

/* The end of a link does not signal registrations for all connections: a link is not a connection. */
static BOOL is_meant(const struct registration *registration, DWORD flag, uint64_t handle, BOOL is_link) {
    const DWORD bandwidth = RASCN_BandwidthAdded | RASCN_BandwidthRemoved;

    if (!(registration->flags & flag) || registration->spent) {
        return FALSE;
    }
    /* RASCN_Connection is documented for all connections only, bandwidth for one only. */
    if (registration->handle == SERVICE_ALL) {
        return !is_link && (!(flag & bandwidth) || sim.quirks[QUIRK_BANDWIDTH_ON_ALL]);
    }
    return registration->handle == handle && flag != RASCN_Connection;
}

static void signal_one(struct registration *registration, int64_t now) {
    registration->spent = sim.quirks[QUIRK_NOTIFY_ONCE];
    if (!sim.quirks[QUIRK_NOTIFY_COALESCED]) {
        set_signal(registration);
    } else if (registration->held_until == SIM_NEVER) {
        registration->held_until = later(now, COALESCED);
    }
}

static void signal_all(DWORD flag, uint64_t handle, BOOL is_link, int64_t now) {
    for (size_t i = 0; i < sim.registration_count && !sim.quirks[QUIRK_NOTIFY_LOST]; i++) {
        if (is_meant(&sim.registrations[i], flag, handle, is_link)) {
            signal_one(&sim.registrations[i], now);
        }
    }
}

static void signal_connection(DWORD flag, const struct connection *connection, int64_t now) {
    signal_all(flag, connection->handle, FALSE, now);
}

static void signal_end_of_link(const struct link *link, int64_t now) {
    signal_all(RASCN_Disconnection, link->handle, TRUE, now);
}

static void forget_registration(size_t i) {
    if (sim.registrations[i].held_until != SIM_NEVER) {
        set_signal(&sim.registrations[i]);
    }
    tell(&sim.registrations[i], NEWS_REGISTRATION_ENDS);
    erase(sim.registrations, &sim.registration_count, sizeof(*sim.registrations), i);
}

static void forget_registrations(uint64_t handle) {
    for (size_t i = sim.registration_count; i-- > 0;) {
        if (sim.registrations[i].handle == handle) {
            forget_registration(i);
        }
    }
}

void forget_all_registrations(void) {
    while (sim.registration_count) {
        forget_registration(sim.registration_count - 1);
    }
}

void forget_client(uint32_t client) {
    for (size_t i = sim.registration_count; i-- > 0;) {
        if (sim.registrations[i].client == client) {
            forget_registration(i);
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

void remove_connection(struct connection *connection) {
    notices_end(connection);
    notices_finish(connection);
    sim.last_dead_handle = connection->handle;
    forget_registrations(connection->handle);
    for (size_t i = 0; i < connection->link_count; i++) {
        forget_registrations(connection->links[i].handle);
    }
    free_connection(connection);
}

/* A new link takes the lowest sub-entry from "first" on that is not connected. */
static DWORD add_link(struct connection *connection, uint32_t first, int64_t now, uint64_t *result) {
    uint32_t number = first ? first : 1;
    struct link *link;

    while (link_of_number(connection, number)) {
        number++;
    }
    if (!append_link(connection, sim.next_handle, &link)) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    sim.next_handle += 0x10;
    link->number = number;
    link->state = LINK_CONNECTED;
    link->since = link->counted = now;
    *result = number;
    return ERROR_SUCCESS;
}

static uint64_t counted_bytes(uint64_t bytes, uint64_t rate, int64_t duration) {
    uint64_t passed = duration > 0 ? (uint64_t)duration : 0;

    return bytes + rate * (passed / 1000000) + rate * (passed % 1000000) / 1000000;
}

void count_traffic(struct link *link, int64_t now) {
    link->sent = counted_bytes(link->sent, link->sent_rate, now - link->counted);
    link->received = counted_bytes(link->received, link->received_rate, now - link->counted);
    link->counted = now;
}

static int64_t lateness(void) { return sim.quirks[QUIRK_NOTIFY_LATE] ? LATE : 0; }

/* Writes the events of dialling up to that one. */
static void write_stages(struct connection *connection, enum event_id last, int64_t now) {
    while (connection->logged < last) {
        connection->logged = (enum event_id)(connection->logged + 1);
        write_event(connection, connection->logged, 0, now);
    }
}

static void begin_connection(struct connection *connection, int64_t now) {
    connection->phase = CONNECTED;
    for (size_t i = 0; i < connection->link_count; i++) {
        connection->links[i].since = connection->links[i].counted = now;
    }
    connection->since = now;
    set_until(connection, &connection->until, SIM_NEVER);
    record(SIM_CONNECTED, connection, now);
    connection->shown_from = later(now, lateness());
    connection->id_from = later(now, WITHOUT_ID);
    write_stages(connection, EVENT_LINK_ESTABLISHED, now);
    write_event(connection, EVENT_CONNECTED, 0, now);
    signal_connection(RASCN_Connection, connection, now);
    if (is_multilink(connection)) {
        signal_connection(RASCN_BandwidthAdded, connection, now);
    }
    notices_tell(connection, RASCS_Connected, 0);
}

/* Signals the end of the connection and of each of its links. */
static void signal_end(const struct connection *connection, int64_t now) {
    signal_connection(RASCN_Disconnection, connection, now);
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state != LINK_GONE) {
            signal_end_of_link(&connection->links[i], now);
        }
    }
}

/* Signals when it is no longer connected, and connection_dies again when its handle dies, if that is later:
 * which of the two Windows means by "terminated" is not documented. */
void end_connection(struct connection *connection, enum phase phase, uint32_t error, int64_t now, int64_t until) {
    BOOL was_connected = connection->phase == CONNECTED;
    BOOL was_disconnected = connection->phase == LINGERING || connection->phase == ENDING;

    connection->phase = phase;
    connection->error = error;
    if (!was_disconnected) {
        record(SIM_DISCONNECTED, connection, now);
        if (!error) {
            error = connection->retrying ? connection->refused
                    : phase == ENDING    ? (uint32_t)ERROR_USER_DISCONNECTION
                                         : (uint32_t)ERROR_REMOTE_DISCONNECTION;
        }
        write_event(connection, was_connected ? EVENT_ENDED : EVENT_FAILED, error, now);
    }
    connection->since = now;
    connection->silent_death = FALSE;
    if (was_connected) {
        connection->hidden_from = later(now, lateness());
        until = until < connection->hidden_from ? connection->hidden_from : until;
        connection->silent_death = until == now || lateness() > 0;
    }
    set_until(connection, &connection->until, until);
    if (was_connected) {
        signal_end(connection, now);
        if (is_multilink(connection)) {
            signal_connection(RASCN_BandwidthRemoved, connection, now);
        }
    }
}

static void connection_dies(struct connection *connection, int64_t now) {
    if (!connection->silent_death) {
        signal_end(connection, now);
    }
    record(SIM_GONE, connection, now);
    notices_finish(connection);
    remove_connection(connection);
}

/* With its last link the connection ends. */
static void link_gone(struct connection *connection, struct link *link, int64_t now) {
    count_traffic(link, now);
    link->sent_rate = link->received_rate = 0;
    link->state = LINK_GONE;
    set_until(connection, &link->until, SIM_NEVER);
    record_link(SIM_LINK_GONE, connection, link->number, now);
    signal_end_of_link(link, now);
    if (is_multilink(connection)) {
        signal_connection(RASCN_BandwidthRemoved, connection, now);
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

/* ---- dialling ---- */

/* The states of a PPP connection: what an entry without a script goes through. */
static const RASCONNSTATE usual_states[] = {
    RASCS_OpenPort,     RASCS_PortOpened, RASCS_ConnectDevice, RASCS_DeviceConnected, RASCS_AllDevicesConnected,
    RASCS_Authenticate, RASCS_AuthNotify, RASCS_AuthProject,   RASCS_Authenticated,   RASCS_Projected};

#define USUAL_STATES ((int64_t)COUNT(usual_states))

/* How long after the first of the usual states the one of that number begins. */
static int64_t usual_begin(int64_t dial_time, int64_t number) {
    return dial_time / USUAL_STATES * number + dial_time % USUAL_STATES * number / USUAL_STATES;
}

static size_t step_count(const struct connection *connection) {
    const struct entry *entry = &sim.entries[connection->entry];

    return entry->script ? entry->script_count : (size_t)USUAL_STATES;
}

static sim_dial_step plain_step(const struct connection *connection, size_t number) {
    const struct entry *entry = &sim.entries[connection->entry];
    int64_t all = connection->dial_time;
    int64_t place = (int64_t)number;
    sim_dial_step step = {.duration = SIM_NEVER};

    if (entry->script) {
        return entry->script[number];
    }
    step.state = (uint32_t)usual_states[number];
    if (all != SIM_NEVER) {
        step.duration = usual_begin(all, place + 1) - usual_begin(all, place);
    }
    return step;
}

/* Where the server looks at the credentials: in Authenticate or, without that state, in the last one. */
static size_t step_of_refusal(const struct connection *connection) {
    size_t count = step_count(connection);

    for (size_t i = 0; i < count; i++) {
        if (plain_step(connection, i).state == RASCS_Authenticate) {
            return i;
        }
    }
    return count - 1;
}

/* Only a client that has asked to set a callback number is asked for it ("Callback Connections"). */
static BOOL is_passed_over(const struct connection *connection, RASCONNSTATE state) {
    return state == RASCS_CallbackSetByCaller && !connection->sets_callback;
}

/* The error of a paused state fails only a client that does not support paused states. */
sim_dial_step step_of(const struct connection *connection) {
    sim_dial_step step = plain_step(connection, connection->step);

    if ((step.state & RASCS_PAUSED) && (connection->pauses || is_passed_over(connection, (RASCONNSTATE)step.state))) {
        step.error = 0;
    }
    if (connection->refused && (!step.error || step.goes_on) && connection->step == step_of_refusal(connection)) {
        step.error = connection->refused;
        step.goes_on = FALSE;
    }
    return step;
}

BOOL is_paused(const struct connection *connection) {
    return connection->phase == DIALLING && (connection->retrying || (step_of(connection).state & RASCS_PAUSED));
}

/* What the client dialled keeps its handle until the client hangs up (RasDial's page). */
void fail_dialling(struct connection *connection, RASCONNSTATE state, uint32_t error, int64_t now) {
    notices_tell(connection, state, error);
    connection->failed = connection->client != 0;
    end_connection(connection, LINGERING, error, now, connection->failed ? SIM_NEVER : now);
}

static void pause_dialling(struct connection *connection, RASCONNSTATE state) {
    set_until(connection, &connection->until, SIM_NEVER);
    connection->rest = SIM_NEVER;
    notices_tell(connection, state, 0);
}

/* Which of the events of dialling comes with a state: each later one means that the link is there. */
static enum event_id event_of(RASCONNSTATE state) {
    if (state < RASCS_ConnectDevice) {
        return EVENT_DIALLING;
    }
    if (state < RASCS_AllDevicesConnected) {
        return state == RASCS_ConnectDevice ? EVENT_TRYING_LINK : EVENT_LINK_UP;
    }
    return EVENT_LINK_ESTABLISHED;
}

void enter_step(struct connection *connection, int64_t now) {
    sim_dial_step step = step_of(connection);

    sim.visible_changes++;
    if (is_passed_over(connection, (RASCONNSTATE)step.state)) {
        finish_step(connection, now);
        return;
    }
    write_stages(connection, event_of((RASCONNSTATE)step.state), now);
    if ((step.state & RASCS_PAUSED) && !connection->pauses) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error ? step.error : ERROR_INTERACTIVE_MODE, now);
    } else if (step.state & RASCS_PAUSED) {
        pause_dialling(connection, (RASCONNSTATE)step.state);
    } else {
        connection->rest = step.duration;
        set_until(connection, &connection->until,
                  notices_tell(connection, (RASCONNSTATE)step.state, 0) ? SIM_NEVER : later(now, step.duration));
    }
}

void finish_step(struct connection *connection, int64_t now) {
    sim_dial_step step = step_of(connection);

    if (step.error == ERROR_AUTHENTICATION_FAILURE && connection->refused && connection->pauses) {
        connection->retrying = TRUE;
        sim.visible_changes++;
        pause_dialling(connection, RASCS_RetryAuthentication);
    } else if (step.error && !step.goes_on) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error, now);
    } else if (++connection->step == step_count(connection)) {
        begin_connection(connection, now);
    } else {
        enter_step(connection, now);
    }
}

/* A script without Projected projects at its end. */
BOOL is_projected(const struct connection *connection) {
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

RASCONNSTATE state_of(const struct connection *connection) {
    if (connection->phase == DIALLING) {
        return connection->retrying ? RASCS_RetryAuthentication : (RASCONNSTATE)step_of(connection).state;
    }
    return connection->phase == CONNECTED ? RASCS_Connected : RASCS_Disconnected;
}

uint32_t error_of(const struct connection *connection) {
    sim_dial_step step = {0};

    if (connection->phase == DIALLING) {
        step = step_of(connection);
    }
    return step.goes_on ? step.error : connection->error;
}

DWORD connect_entry(size_t entry, int64_t dial_time, uint32_t first, int64_t now, uint64_t *result) {
    struct connection *connection = connection_of_entry(entry);
    uint64_t number = 0;

    if (connection && connection->phase == CONNECTED) {
        connection->references += 1; /* "the connection is referenced": RasDial's page */
        *result = connection->handle;
        return ERROR_SUCCESS;
    }
    if (connection) {
        return connection->phase == DIALLING || (connection->failed && connection->phase == LINGERING)
                   ? ERROR_DIAL_ALREADY_IN_PROGRESS
                   : ERROR_PORT_NOT_AVAILABLE;
    }
    if (sim.entries[entry].port_stuck) {
        return ERROR_PORT_ALREADY_OPEN;
    }
    connection = append_connection(entry, new_handle());
    if (!connection) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    connection->references = 1;
    connection->phase = DIALLING;
    connection->since = now;
    connection->dial_time = dial_time >= 0 ? dial_time : entry_of(connection)->dial_time;
    memcpy(connection->phone_number, entry_of(connection)->phone_number, sizeof(connection->phone_number));
    connection->id_from = SIM_NEVER;
    *result = connection->handle;
    if (add_link(connection, first, now, &number)) {
        remove_connection(connection);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    record(SIM_DIALLING, connection, now);
    connection->logged = EVENT_DIALLING;
    write_event(connection, EVENT_DIALLING, 0, now);
    return ERROR_SUCCESS;
}

DWORD connect_for_other(size_t entry, int64_t dial_time, int64_t now, uint64_t *result) {
    const struct connection *before = connection_of_entry(entry);
    DWORD code = connect_entry(entry, dial_time, 0, now, result);

    if (!code && !before) {
        enter_step(connection_of_entry(entry), now);
    }
    return code;
}

/* ---- what others do: sim_act and the schedule ---- */

static DWORD drop_connection(struct connection *connection, const sim_action *action, int64_t now) {
    if (connection->phase == LINGERING) {
        return ERROR_NO_CONNECTION;
    }
    if (connection->phase == DIALLING && connection->client) {
        fail_dialling(connection, RASCS_Disconnected, action->error, now);
    } else {
        end_connection(connection, LINGERING, action->error, now, later(now, action->duration));
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
    struct link *link = link_of_number(connection, action->link ? action->link : first_number(connection));

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

/* ---- RasMan ---- */

DWORD start_rasman(int64_t now) {
    if (sim.rasman == RASMAN_DISABLED) {
        return ERROR_SERVICE_DISABLED;
    }
    if (sim.rasman != RASMAN_STOPPED) {
        return ERROR_SERVICE_ALREADY_RUNNING;
    }
    if (sim.rasman_starts == SIM_NEVER) {
        return ERROR_ACCESS_DENIED;
    }
    sim.visible_changes++;
    sim.rasman = RASMAN_STARTING;
    sim.rasman_runs = later(now, sim.rasman_starts);
    return ERROR_SUCCESS;
}

static void set_rasman(enum rasapi_rasman state, int64_t starts, int64_t now) {
    sim.rasman = state;
    sim.rasman_starts = starts;
    if (state == RASMAN_RUNNING) {
        return;
    }
    for (struct connection *connection = sim.last, *previous; connection; connection = previous) {
        previous = connection->previous;
        if (connection->phase == DIALLING) {
            notices_tell(connection, RASCS_Disconnected, ERROR_RASMAN_SERVICE_STOPPED);
        }
        end_connection(connection, LINGERING, ERROR_RASMAN_SERVICE_STOPPED, now, now);
        connection_dies(connection, now);
    }
    forget_all_registrations();
}

/* ---- sleep ---- */

/* Time leaps, and with it whatever was due: settle does it at the end. Nothing goes through a link meanwhile. One that
 * was planned may begin so late that the clock cannot show its end: then it is shorter. */
static void suspend(const sim_action *action, int64_t now) {
    int64_t end = later(now, action->duration);
    sim_action drop = {.error = action->error};
    service_news news = {.what = NEWS_SLEPT};

    end = end < SIM_LATEST ? end : SIM_LATEST;
    for (struct connection *connection = sim.first, *next; connection; connection = next) {
        next = connection->next;
        if (action->error && (connection->phase == DIALLING || connection->phase == CONNECTED)) {
            drop_connection(connection, &drop, now);
        }
        for (size_t i = 0; i < connection->link_count; i++) {
            count_traffic(&connection->links[i], now);
            connection->links[i].counted = end;
        }
    }
    sim.slept += end - now;
    sim.resumed = end;
    news.handle = (uint64_t)sim.slept;
    tell_client(ALL_CLIENTS, &news);
}

/* ---- what happens ---- */

static BOOL act_on_all(const sim_action *action, int64_t now) {
    switch (action->action) {
    case SIM_SET_SERVICE:
        sim.stopped = action->error;
        sim.blocks = action->duration;
        if (sim.stopped) {
            forget_all_registrations();
        }
        return TRUE;
    case SIM_SET_RASMAN_RUNNING:
        set_rasman(RASMAN_RUNNING, 0, now);
        return TRUE;
    case SIM_SET_RASMAN_STOPPED:
        set_rasman(RASMAN_STOPPED, action->duration, now);
        return TRUE;
    case SIM_SET_RASMAN_DISABLED:
        set_rasman(RASMAN_DISABLED, 0, now);
        return TRUE;
    case SIM_SUSPEND:
        suspend(action, now);
        return TRUE;
    default:
        return FALSE;
    }
}

DWORD act(const sim_action *action, int64_t now, uint64_t *result) {
    struct connection *connection;
    size_t entry = 0;
    DWORD code = ERROR_SUCCESS;

    sim.visible_changes++;
    if (act_on_all(action, now)) {
        return ERROR_SUCCESS;
    }
    code = find_entry(action->name, action->phonebook, &entry);
    if (code) {
        return code;
    }
    if (action->action == SIM_CONNECT && sim.rasman != RASMAN_RUNNING) {
        return ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    if (action->action == SIM_CONNECT) {
        return connect_for_other(entry, action->duration, now, result);
    }
    connection = connection_of_entry(entry);
    if (!connection) {
        return ERROR_NO_CONNECTION;
    }
    if (action->action == SIM_DROP) {
        return drop_connection(connection, action, now);
    }
    if (connection->phase != CONNECTED) {
        return ERROR_NO_CONNECTION;
    }
    if (action->action == SIM_ADD_LINK) {
        code = add_link(connection, 0, now, result);
        if (!code) {
            record_link(SIM_LINK_CONNECTED, connection, (uint32_t)*result, now);
            signal_connection(RASCN_BandwidthAdded, connection, now);
        }
        return code;
    }
    if (action->action == SIM_REMOVE_LINK) {
        return remove_link(connection, action->link, now);
    }
    if (action->action == SIM_SET_SUBSTATE) {
        connection->substate = (RASCONNSUBSTATE)action->substate;
        record(SIM_SUBSTATE, connection, now)->substate = action->substate;
        return ERROR_SUCCESS;
    }
    if (action->action == SIM_TRANSFER || action->action == SIM_SET_TRAFFIC) {
        return set_traffic(connection, action, now);
    }
    return ERROR_INVALID_PARAMETER;
}

/* ---- time ---- */

static void connection_moves_on(struct connection *connection, int64_t now) {
    int64_t due = connection->due;

    if (connection->until == due) {
        if (connection->phase == DIALLING) {
            finish_step(connection, now);
        } else {
            connection_dies(connection, now);
        }
        return;
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].until == due) {
            link_gone(connection, &connection->links[i], now);
        }
    }
}

/* The next moment at which something happens, and to which connection or registration: NULL if it is none of them. */
static int64_t find_due(struct connection **connection, struct registration **registration) {
    int64_t due = sim.schedule_done < sim.schedule_count ? sim.schedule[sim.schedule_done].at : SIM_NEVER;

    if (sim.rasman == RASMAN_STARTING && sim.rasman_runs < due) {
        due = sim.rasman_runs;
    }
    *connection = NULL;
    *registration = NULL;
    for (size_t i = 0; i < sim.registration_count; i++) {
        if (sim.registrations[i].held_until <= due && sim.registrations[i].held_until != SIM_NEVER) {
            due = sim.registrations[i].held_until;
            *registration = &sim.registrations[i];
        }
    }
    if (sim.connection_count && sim.queue[0]->due <= due && sim.queue[0]->due != SIM_NEVER) {
        *connection = sim.queue[0];
        due = (*connection)->due;
    }
    return due;
}

int64_t next_due(void) {
    struct connection *connection;
    struct registration *registration;

    return find_due(&connection, &registration);
}

/* A planned action that cannot happen is only recorded. */
static void act_as_scheduled(int64_t now) {
    struct scheduled scheduled = sim.schedule[sim.schedule_done++];
    size_t entry = UINT32_MAX;
    uint64_t result;
    DWORD code;

    code = act(&scheduled.action, now, &result);
    if (code) {
        const sim_change *change;

        find_entry(scheduled.action.name, scheduled.action.phonebook, &entry);
        change = record_change(SIM_IMPOSSIBLE, entry, NO_HANDLE, now, 0, code);
        if (sim.impossible_count < MOST_IMPOSSIBLE) {
            sim.impossible[sim.impossible_count++] = *change;
        }
    }
}

/* At one moment connections come first, then signals that were held back, then the schedule. A sleep of the machine may
 * be in that, and lasts longer than to the moment that was asked for. */
void settle(int64_t now) {
    struct connection *connection;
    struct registration *registration;
    int64_t due;

    while ((due = find_due(&connection, &registration)) <= (now > sim.resumed ? now : sim.resumed) &&
           due != SIM_NEVER) {
        int64_t at = due > sim.resumed ? due : sim.resumed;

        if (connection) {
            connection_moves_on(connection, at);
        } else if (registration) {
            set_signal(registration);
        } else if (sim.rasman == RASMAN_STARTING && sim.rasman_runs == due) {
            sim.rasman = RASMAN_RUNNING;
            sim.visible_changes++;
        } else {
            act_as_scheduled(at);
        }
    }
}
