/* What a RAS call asks of the simulated service. Each request locks, which also does what is due (clock_lock),
 * looks or acts, and unlocks; what makes something due at once, or earlier than sleepers know, unlocks with
 * clock_unlock. Between service_enter and service_leave, which frame every call, the service may have
 * ended and another begun: then the handles are unknown, and the call is not logged. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "errors.h"
#include "layouts.h"
#include "shim/shim.h"

#define FRAME_BYTES 1000
/* The logon session of every connection here; longer than 32 bits, as an LUID may be. */
#define LOGON_SESSION 0x10003E7AB

/* What a connection reports of an entry whose device type is "vpn", in whatever case. */
static const char16_t vpn[17] = u"VPN";

/* ---- every call ---- */

static BOOL needs_rasman(enum sim_function function) {
    return function != FUNCTION_RasGetErrorString && function != FUNCTION_QueryServiceStatusEx &&
           function != FUNCTION_StartService && function != FUNCTION_EvtQuery;
}

/* What calls answer while RAS does not work, and how much longer they take; 0 while it works. */
static DWORD silence(int64_t *delay) {
    if (!sim.stopped && sim.rasman == RASMAN_RUNNING) {
        return ERROR_SUCCESS;
    }
    *delay = later(*delay, sim.blocks);
    return sim.stopped ? sim.stopped : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
}

DWORD service_enter(service_frame *call, enum sim_function function, uint64_t handle, uint32_t number) {
    struct function *called = &sim.functions[function];
    DWORD code = ERROR_SUCCESS;
    int64_t delay;

    memset(call, 0, sizeof(*call));
    call->call.function = function;
    call->call.handle = handle;
    call->call.number = number;
    lock_state();
    if (!sim.running) {
        unlock_state();
        return ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    call->service = sim.running;
    call->call.at = clock_now();
    called->calls++;
    delay = called->delay;
    if (called->fault_count) {
        code = called->faults[0].code;
        called->faults[0].met = TRUE;
        sim.visible_changes++;
        if (called->faults[0].times != SIM_ALWAYS && --called->faults[0].times == 0) {
            erase(called->faults, &called->fault_count, sizeof(*called->faults), 0);
        }
    } else if (needs_rasman(function)) {
        code = silence(&delay);
    }
    unlock_state();
    if (delay <= 0) {
        return code;
    }
    clock_pass(delay, NULL, NO_HANDLE);
    if (!code && needs_rasman(function)) {
        clock_lock();
        code = silence(&delay); /* it may have stopped meanwhile */
        unlock_state();
    }
    return call->service == rasapi_simulator_running() ? code : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
}

DWORD service_leave(const service_frame *call, DWORD result) {
    lock_state();
    if (call->service && call->service == sim.running) {
        sim_call *kept = &sim.calls[sim.call_count++ % SIM_LOG];

        *kept = call->call;
        kept->result = result;
    }
    unlock_state();
    return result;
}

/* A call counts, and may have to take time or to fail. */
static DWORD begin_call(enum sim_function function) {
    struct function *called = &sim.functions[function];
    uint32_t service = sim.running;
    int64_t delay = called->delay;
    DWORD code = ERROR_SUCCESS;

    called->calls++;
    if (called->fault_count) {
        code = called->faults[0].code;
        called->faults[0].met = TRUE;
        sim.visible_changes++;
        if (called->faults[0].times != SIM_ALWAYS && --called->faults[0].times == 0) {
            erase(called->faults, &called->fault_count, sizeof(*called->faults), 0);
        }
    } else if (needs_rasman(function)) {
        code = silence(&delay);
    }
    if (delay > 0) {
        unlock_state();
        clock_pass(delay, NULL, NO_HANDLE);
        clock_lock();
        if (!code && needs_rasman(function)) {
            code = silence(&delay); /* it may have stopped meanwhile */
        }
    }
    return service == sim.running ? code : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
}

static BOOL is_logged(enum sim_function function) {
    return function < FUNCTION_QueryServiceStatusEx; /* the service manager and the event log are not RAS */
}

#define SERVICE_REQUEST(name) \
    static DWORD perform_##name(void *asked) { return serve_##name(asked); }
SERVICE_REQUESTS(SERVICE_REQUEST)
#undef SERVICE_REQUEST

/* The service may end while a call takes time, and another may begin: then the call is not logged. */
DWORD perform(uint32_t client, enum service_request request, void *asked) {
#define SERVICE_REQUEST(name) perform_##name,
    static DWORD (*const performers[])(void *) = {SERVICE_REQUESTS(SERVICE_REQUEST)};
#undef SERVICE_REQUEST
    service_call call = *(const service_call *)asked;
    uint32_t service;
    int64_t at;
    DWORD code;

    clock_lock();
    service = sim.running;
    at = clock_now();
    if (!service) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    } else {
        code = call.function < FUNCTION_COUNT ? begin_call((enum sim_function)call.function) : ERROR_SUCCESS;
        code = code ? code : call.refused;
    }
    if (!code) {
        sim.client = client;
        code = performers[request](asked);
    }
    if (service && service == sim.running && is_logged((enum sim_function)call.function)) {
        sim.calls[sim.call_count++ % SIM_LOG] = (sim_call){
            .at = at, .handle = call.handle, .function = call.function, .number = call.number, .result = code};
    }
    unlock_state();
    return code;
}

/* ---- the service manager ---- */

/* Its functions answer although RAS does not, and are no calls of RAS, so they are not logged. */

DWORD service_rasman_state(enum rasapi_rasman *state) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_QueryServiceStatusEx, 0, 0);

    *state = RASMAN_UNKNOWN;
    if (!code) {
        clock_lock();
        *state = sim.rasman;
        unlock_state();
    }
    return code;
}

DWORD service_rasman_start_type(DWORD *start_type) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_QueryServiceStatusEx, 0, 0);

    *start_type = 0;
    if (!code) {
        clock_lock();
        *start_type = sim.rasman == RASMAN_DISABLED ? SERVICE_DISABLED : SERVICE_DEMAND_START;
        unlock_state();
    }
    return code;
}

DWORD service_rasman_start(void) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_StartService, 0, 0);

    if (!code) {
        clock_lock();
        code = start_rasman(clock_now());
        clock_unlock();
    }
    return code;
}

/* ---- the event log ---- */

/* Any query gives every event: the client has to select again whatever it asked for. */
DWORD service_read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_EvtQuery, 0, 0);

    (void)query;
    if (!code) {
        clock_lock();
        *texts = (WCHAR *)copy_events(most, length);
        unlock_state();
        code = *texts ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    return code;
}

/* ---- messages ---- */

DWORD service_message(uint32_t number, const char **text, const char **end) {
    if (!winras_is_ras_error(number)) {
        return ERROR_INVALID_PARAMETER;
    }
    lock_state();
    *text = sim.quirks[QUIRK_MESSAGE_BLANK] ? "" : winras_error_text(number);
    *end = sim.quirks[QUIRK_MESSAGE_LINE_END] ? "\r\n" : "";
    unlock_state();
    return ERROR_SUCCESS;
}

/* ---- connections ---- */

/* Most texts are much shorter than their room. */
#define COPY_BEGINNING(to, from)                                              \
    do {                                                                      \
        _Static_assert(sizeof(to) == sizeof(from), "a text has two lengths"); \
        for (size_t unit = 0; unit < COUNT(to) - 1 && (from)[unit]; unit++) { \
            (to)[unit] = (from)[unit];                                        \
        }                                                                     \
    } while (0)

static void describe(const struct connection *connection, service_connection *described) {
    const sim_entry *entry = entry_of(connection);

    memset(described, 0, sizeof(*described));
    described->handle = connection->handle;
    described->luid = LOGON_SESSION;
    /* "For multilink connections", says RASCONN's page. */
    described->sub_entry = is_multilink(connection) ? first_number(connection) : 0;
    described->flags = RASCF_OwnerKnown | RASCF_OwnerMatch;
    described->state = (uint32_t)state_of(connection);
    described->error = error_of(connection);
    described->substate = (uint32_t)(connection->phase == CONNECTED ? connection->substate : RASCSS_None);
    if (!sim.quirks[QUIRK_CORRELATION_CHANGES] || clock_now() >= connection->id_from) {
        correlation_id_of(connection, described->correlation_id);
    }
    memcpy(described->entry_id, entry->entry_id, sizeof(described->entry_id));
    COPY_BEGINNING(described->name, entry->name);
    COPY_BEGINNING(described->phonebook, entry->phonebook);
    if (same_caseless(entry->device_type, vpn)) {
        COPY_BEGINNING(described->device_type, vpn);
    } else {
        COPY_BEGINNING(described->device_type, entry->device_type);
    }
    COPY_BEGINNING(described->device_name, entry->device_name);
    COPY_BEGINNING(described->phone_number, connection->phone_number);
    described->local = entry->local;
    described->remote = entry->remote;
}

static BOOL is_listed(const struct connection *connection, int64_t now) {
    switch (connection->phase) {
    case DIALLING:
        return sim.quirks[QUIRK_ENUMERATES_DIALLING];
    case CONNECTED:
        return now >= connection->shown_from;
    case LINGERING:
    case ENDING:
        if (connection->failed && connection->phase == LINGERING) {
            return TRUE;
        }
        return connection->shown_from <= now && now < connection->hidden_from;
    }
    return FALSE;
}

/* Between two calls another connection comes up, if sim_grow asked for it. */
static void grow(void) {
    sim_entry grown = {.name = u"Grown "};
    uint64_t handle = 0;
    size_t digits = 0;

    if (!sim.growths) {
        return;
    }
    for (uint64_t rest = sim.grown + 1; digits == 0 || rest; rest /= 10) {
        memmove(grown.name + 7, grown.name + 6, digits++ * sizeof(char16_t));
        grown.name[6] = (char16_t)(u'0' + rest % 10);
    }
    if (append_entry(&grown)) {
        sim.growths--;
        sim.grown++;
        connect_for_other(sim.entry_count - 1, 0, clock_now(), &handle);
        clock_changed();
    }
}

DWORD serve_enumerate_connections(struct ask_enumerate_connections *asked) {
    service_connection described;
    int64_t now = clock_now();
    DWORD code;

    asked->count = 0;
    for (const struct connection *connection = sim.first; connection; connection = connection->next) {
        asked->count += is_listed(connection, now);
    }
    code = fits(asked->count, asked->has_buffer, asked->most);
    for (const struct connection *connection = sim.first; connection && !code && asked->count;
         connection = connection->next) {
        if (is_listed(connection, now)) {
            describe(connection, &described);
            asked->connections.take(asked->connections.to, &described);
        }
    }
    if (code) {
        grow();
    }
    return code;
}

DWORD serve_get_status(struct ask_get_status *asked) {
    struct connection *found = connection_of_handle(asked->call.handle);
    const struct link *link = NULL;

    if (!found) {
        link = link_of_handle(asked->call.handle, &found);
    }
    if (!found) {
        return ERROR_INVALID_HANDLE;
    }
    describe(found, &asked->connection);
    if (link) {
        asked->connection.handle = link->handle;
        asked->connection.sub_entry = link->number;
    }
    if (link && link->state != LINK_CONNECTED) {
        asked->connection.state = RASCS_Disconnected;
    }
    return ERROR_SUCCESS;
}

DWORD service_sub_entry(uint64_t handle, DWORD number, uint64_t *sub_handle) {
    const struct connection *connection;
    const struct link *link;
    DWORD code = ERROR_SUCCESS;

    clock_lock();
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
    unlock_state();
    return code;
}

DWORD service_register(uint64_t handle, HANDLE event, DWORD flags) {
    struct registration *registration;
    struct connection *connection;
    DWORD code = ERROR_SUCCESS;
    HANDLE own = NULL;

    clock_lock();
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
    unlock_state();
    return code;
}

/* ---- hanging up ---- */

static DWORD already_hung_up(void) {
    return sim.quirks[QUIRK_SECOND_HANG_UP_617] ? ERROR_ALREADY_DISCONNECTING : ERROR_NO_CONNECTION;
}

static DWORD hang_up_link(struct connection *connection, struct link *link, int64_t now) {
    if (connection->phase == ENDING || link->state == LINK_ENDING) {
        return already_hung_up();
    }
    if (connection->phase != CONNECTED || link->state == LINK_GONE) {
        return ERROR_NO_CONNECTION;
    }
    link->state = LINK_ENDING;
    set_until(connection, &link->until, later(now, entry_of(connection)->hang_up_time));
    return ERROR_SUCCESS;
}

static DWORD hang_up_connection(struct connection *connection, int64_t now) {
    int64_t until = later(now, entry_of(connection)->hang_up_time);

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
        /* The status shows the error until the handle dies. */
        end_connection(connection, ENDING, connection->error, now,
                       until < connection->until ? until : connection->until);
        break;
    case CONNECTED:
        connection->references -= 1;
        sim.visible_changes++; /* a wait that finds others still holding it is not fruitless */
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

DWORD serve_hang_up(struct ask_hang_up *asked) {
    struct connection *connection = connection_of_handle(asked->call.handle);
    struct link *link;
    DWORD code = ERROR_INVALID_HANDLE;

    if (connection) {
        code = hang_up_connection(connection, clock_now());
    } else if ((link = link_of_handle(asked->call.handle, &connection)) != NULL) {
        code = hang_up_link(connection, link, clock_now());
    }
    clock_changed();
    return code;
}

/* ---- dialling ---- */

/* RasDial with a phone number instead of an entry's name: the entry that is a direct dial of it. */
static DWORD find_dialled(const service_dialling *dialling, size_t *entry) {
    char16_t name[RAS_MaxEntryName + 1] = u".";

    if (dialling->name[0]) {
        return find_for_client(dialling->name, dialling->phonebook, dialling->is_file, entry);
    }
    memcpy(name + 1, dialling->phone_number, sizeof(dialling->phone_number));
    return find_entry(name, u"", entry);
}

/* Whether the client has given the handle of a saved password instead of a password. */
static BOOL has_handle(const struct entry *entry, const service_dialling *dialling) {
    static const char16_t handle[] = SERVICE_PASSWORD_HANDLE;

    return (entry->saved.mask & RASCM_Password) && same_text(dialling->password, handle);
}

/* Shipping clients dial EAP entries with a plain user name and password; without any, EAP would have to ask.
 * "*" is the domain that is saved with the entry (RASDIALPARAMS's page). */
static uint32_t refusal(const struct entry *entry, const service_dialling *dialling) {
    const sim_entry *wants = &entry->given;
    BOOL handle = has_handle(entry, dialling);
    const char16_t *password = handle ? entry->saved.password : dialling->password;
    const char16_t *domain = same_text(dialling->domain, u"*") ? entry->saved.domain : dialling->domain;

    if (wants->eap_user[0]) {
        if (dialling->eap) {
            return ERROR_SUCCESS;
        }
        if (!dialling->user[0] || sim.quirks[QUIRK_EAP_NEEDS_IDENTITY]) {
            return ERROR_INTERACTIVE_MODE;
        }
    }
    if (handle && sim.quirks[QUIRK_SAVED_PASSWORD_REFUSED]) {
        return ERROR_DISCONNECTION;
    }
    if (wants->user[0] && !(same_text(wants->user, dialling->user) && same_text(wants->password, password) &&
                            same_text(wants->domain, domain))) {
        return ERROR_AUTHENTICATION_FAILURE;
    }
    return ERROR_SUCCESS;
}

static void notifier_returned(uint64_t handle, uint32_t notifier) {
    struct connection *connection = connection_of_handle(handle);
    int64_t now = clock_now();

    if (!connection || connection->notifier != notifier) {
        return;
    }
    if (connection->hang_up_asked) {
        connection->hang_up_asked = FALSE;
        hang_up_connection(connection, now);
    } else if (connection->phase == DIALLING && connection->until == SIM_NEVER) {
        set_until(connection, &connection->until, later(now, connection->rest));
    }
    clock_changed();
}

static const notifier_owner owner = {clock_keep_time, notifier_returned};

/* Waits while goes_on is true of the connection's notifier; meanwhile others can take the lock. */
static void wait_while(BOOL (*goes_on)(uint32_t notifier), uint64_t handle) {
    const struct connection *connection = connection_of_handle(handle);

    for (int slices = 0; connection && goes_on(connection->notifier) && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
        connection = connection_of_handle(handle);
    }
}

static BOOL is_same_notifier(const service_notifier *a, const service_notifier *b) {
    return a->function == b->function && (!a->function || a->type == b->type);
}

/* Goes on from a paused state: "the same notifier must be used" (RasDial's page). The client may ask for it
 * before its notifier has returned from the notice of the pause. */
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
    if (state_of(connection) == RASCS_PasswordExpired) {
        /* szPassword is the new one then (RASDIALPARAMS's page). */
        WINRAS_COPY_TEXT(sim.entries[connection->entry].given.password, dialling->password);
    }
    connection->refused = refusal(&sim.entries[connection->entry], dialling);
    if (connection->retrying) {
        connection->retrying = FALSE;
        enter_step(connection, now);
    } else {
        finish_step(connection, now);
    }
    return ERROR_SUCCESS;
}

/* RasDial of a connection that is up adds a reference, and tells its notifier Connected. */
static DWORD refer(struct connection *connection, const service_notifier *notifier) {
    uint32_t number = 0;
    DWORD code = ERROR_SUCCESS;

    if (notifier->function && !sim.quirks[QUIRK_DIAL_UNTOLD]) {
        code = notifier_begin(&owner, notifier, connection->handle, &number);
    }
    if (number) {
        connection->notifier = number;
        notifier_tell(number, RASCS_Connected, 0, first_number(connection));
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
    connection->refused = refusal(&sim.entries[connection->entry], dialling);
    if (dialling->phone_number[0]) {
        memcpy(connection->phone_number, dialling->phone_number, sizeof(connection->phone_number));
    }
    step = step_of(connection);
    if (notifier->function && sim.quirks[QUIRK_DIAL_FAILS_AT_ONCE] && step.error && !step.goes_on &&
        step.duration == 0) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error, now);
        return step.error;
    }
    if (notifier->function && !sim.quirks[QUIRK_DIAL_UNTOLD]) {
        code = notifier_begin(&owner, notifier, connection->handle, &connection->notifier);
        if (code) {
            return code;
        }
    }
    enter_step(connection, now);
    return ERROR_SUCCESS;
}

static DWORD dial_entry(const service_dialling *dialling, const service_notifier *notifier, int64_t now,
                        uint64_t *handle) {
    struct connection *before;
    size_t entry = 0;
    DWORD code;

    if (notifier_is_here()) {
        return ERROR_DIAL_ALREADY_IN_PROGRESS; /* "Do not call the RasDial function from within" a notifier */
    }
    if (dialling->handle) {
        return dial_on(dialling, notifier);
    }
    code = find_dialled(dialling, &entry);
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
    return begin_dialling(connection_of_entry(entry), dialling, notifier, now);
}

/* Whether the dialling of that handle has ended: *code tells how, or *until when it goes on. */
static BOOL dialling_ended(uint64_t handle, DWORD *code, int64_t *until) {
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

static BOOL dialling_over(uint64_t handle) {
    DWORD code;
    int64_t until;

    return dialling_ended(handle, &code, &until);
}

/* Without a notifier RasDial returns when dialling has ended. */
static DWORD wait_dialled(uint64_t handle) {
    DWORD code;
    int64_t until, now;

    clock_lock();
    while (!dialling_ended(handle, &code, &until)) {
        if (until == SIM_NEVER && clock_stands_here()) {
            until = next_due();
            if (until == SIM_NEVER) {
                code = ERROR_POSSIBLE_DEADLOCK;
                break;
            }
        }
        now = clock_now();
        unlock_state();
        clock_pass(until > now ? until - now : 1, dialling_over, handle);
        clock_lock();
    }
    unlock_state();
    return code;
}

DWORD service_dial(const service_dialling *dialling, const service_notifier *notifier, HRASCONN *stored) {
    uint64_t handle = dialling->handle;
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;

    clock_lock();
    if (sim.running) {
        code = dial_entry(dialling, notifier, clock_now(), &handle);
        clock_changed();
    }
    if (sim.quirks[QUIRK_DIAL_TOLD_FIRST]) {
        wait_while(notifier_untold, handle); /* the client may be told before it has the handle */
    }
    *stored = handle_to_native(handle);
    unlock_state();
    return code || notifier->function ? code : wait_dialled(handle);
}

/* ---- statistics and projections ---- */

/* Counts in a copy of the link: counting rounds down to whole bytes, and asking must not lose the rest. */
static void add_traffic(service_traffic *traffic, const struct link *link, uint64_t bps, int64_t now) {
    struct link counted = *link;

    count_traffic(&counted, now);
    traffic->sent += counted.sent;
    traffic->received += counted.received;
    traffic->frames_sent += (counted.sent + FRAME_BYTES - 1) / FRAME_BYTES;
    traffic->frames_received += (counted.received + FRAME_BYTES - 1) / FRAME_BYTES;
    traffic->bps += link->state == LINK_GONE ? 0 : bps;
}

/* A connection that is up and one of its links, or NULL for all of them. */
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
    clock_lock();
    code = find_traffic(handle, number, &connection, &link);
    if (!code) {
        traffic->duration = clock_now() - (link ? link->since : connection->since);
        for (size_t i = 0; i < connection->link_count; i++) {
            if (!link || link == &connection->links[i]) {
                add_traffic(traffic, &connection->links[i], entry_of(connection)->bps, clock_now());
            }
        }
    }
    unlock_state();
    return code;
}

DWORD service_clear_traffic(uint64_t handle, uint32_t number) {
    struct connection *connection;
    struct link *link;
    DWORD code;

    clock_lock();
    code = find_traffic(handle, number, &connection, &link);
    for (size_t i = 0; !code && i < connection->link_count; i++) {
        if (!link || link == &connection->links[i]) {
            count_traffic(&connection->links[i], clock_now());
            connection->links[i].sent = connection->links[i].received = 0;
        }
    }
    unlock_state();
    return code;
}

DWORD service_get_projection(uint64_t handle, service_projection *projection) {
    struct connection *connection;
    DWORD code = ERROR_SUCCESS;

    clock_lock();
    connection = connection_of_handle(handle);
    if (!connection) {
        link_of_handle(handle, &connection);
    }
    if (!connection) {
        code = ERROR_INVALID_HANDLE;
    } else if (!is_projected(connection)) {
        code = connection->phase == DIALLING ? WINRAS_ERROR_PROJECTION_NOT_COMPLETE : ERROR_NO_CONNECTION;
    } else {
        projection->entry = *entry_of(connection);
        projection->multilink = is_multilink(connection);
        projection->bundled = connected_links(connection) > 1;
    }
    unlock_state();
    return code;
}
