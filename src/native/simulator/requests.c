/* What a RAS call asks of the simulated service. Every request is performed in one frame, under the lock, with all done
 * that is due. */

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

/* A call counts, and may have to take time or to fail. That of a client which ends meanwhile is not performed: else it
 * would be kept for as long as the call takes. */
static DWORD begin_call(uint32_t client, enum sim_function function) {
    BOOL (*is_over)(uint64_t client) = client == OWN_CLIENT ? NULL : other_client_over;
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
        clock_pass(delay, is_over, client);
        clock_lock();
        if (is_over && is_over(client)) {
            code = ERROR_RASMAN_CANNOT_INITIALIZE;
        }
        if (!code && needs_rasman(function)) {
            code = silence(&delay); /* it may have stopped meanwhile */
        }
    }
    return service == sim.running ? code : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
}

/* A number that a client has given; an enum could be negative. */
static BOOL is_logged(uint32_t function) {
    return function < FUNCTION_QueryServiceStatusEx; /* the service manager and the event log are not RAS */
}

#define SERVICE_REQUEST(name) \
    static DWORD perform_##name(void *asked) { return serve_##name(asked); }
SERVICE_REQUESTS(SERVICE_REQUEST)
#undef SERVICE_REQUEST

/* The service may end while a call takes time, and another may begin: then the call is not logged. */
DWORD perform(uint32_t client, enum service_request request, void *asked, BOOL *performed) {
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
        if (call.moves_time) {
            clock_asked_by_maker(TRUE);
        }
        code = call.function < FUNCTION_COUNT ? begin_call(client, (enum sim_function)call.function) : ERROR_SUCCESS;
        code = code ? code : call.refused;
    }
    *performed = !code;
    if (*performed) {
        sim.client = client;
        code = performers[request](asked);
    }
    if (service && service == sim.running && is_logged(call.function)) {
        sim.calls[sim.call_count++ % SIM_LOG] = (sim_call){
            .at = at, .handle = call.handle, .function = call.function, .number = call.number, .result = code};
    }
    if (call.moves_time) {
        clock_asked_by_maker(FALSE);
        clock_all_heard();
    }
    unlock_state();
    return code;
}

/* ---- the service manager and the event log ---- */

DWORD serve_get_rasman(struct ask_get_rasman *asked) {
    asked->state = (uint32_t)sim.rasman;
    return ERROR_SUCCESS;
}

DWORD serve_start_rasman(struct ask_start_rasman *asked) {
    DWORD code = start_rasman(clock_now());

    (void)asked;
    clock_changed();
    return code;
}

DWORD serve_read_events(struct ask_read_events *asked) {
    size_t length;

    asked->texts.bytes = (uint8_t *)copy_events(asked->most, &length);
    asked->texts.size = (uint32_t)(length * sizeof(char16_t));
    return asked->texts.bytes ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* ---- messages ---- */

union longest_message {
#define ROOM(name, code, text) char message_##code[sizeof(text "\r\n")];
    RAS_ERRORS(ROOM, ROOM)
#undef ROOM
};
_Static_assert(sizeof(union longest_message) <= SERVICE_MESSAGE, "a message is longer than its room in the answer");

DWORD serve_get_message(struct ask_get_message *asked) {
    const char *text = winras_error_text(asked->call.number);
    const char *parts[2] = {sim.quirks[QUIRK_MESSAGE_BLANK] || !text ? "" : text,
                            sim.quirks[QUIRK_MESSAGE_LINE_END] ? "\r\n" : ""};
    size_t length = 0;

    for (size_t part = 0; part < COUNT(parts); part++) {
        for (const char *unit = parts[part]; *unit; unit++) {
            asked->text[length++] = (char16_t)*unit;
        }
    }
    asked->text[length] = 0;
    return length < asked->room ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER;
}

/* ---- connections ---- */

static void describe(const struct connection *connection, service_connection *described) {
    const sim_entry *entry = entry_of(connection);

    described->handle = connection->handle;
    described->luid = LOGON_SESSION;
    /* "For multilink connections", says RASCONN's page. */
    described->sub_entry = is_multilink(connection) ? first_number(connection) : 0;
    described->flags = RASCF_OwnerKnown | RASCF_OwnerMatch;
    described->state = (uint32_t)state_of(connection);
    described->error = error_of(connection);
    described->substate = (uint32_t)(connection->phase == CONNECTED ? connection->substate : RASCSS_None);
    memset(described->correlation_id, 0, sizeof(described->correlation_id));
    if (!sim.quirks[QUIRK_CORRELATION_CHANGES] || clock_now() >= connection->id_from) {
        correlation_id_of(connection, described->correlation_id);
    }
    memcpy(described->entry_id, entry->entry_id, sizeof(described->entry_id));
    WINRAS_COPY_BEGINNING(described->name, entry->name);
    WINRAS_COPY_BEGINNING(described->phonebook, entry->phonebook);
    if (same_caseless(entry->device_type, vpn)) {
        WINRAS_COPY_BEGINNING(described->device_type, vpn);
    } else {
        WINRAS_COPY_BEGINNING(described->device_type, entry->device_type);
    }
    WINRAS_COPY_BEGINNING(described->device_name, entry->device_name);
    WINRAS_COPY_BEGINNING(described->phone_number, connection->phone_number);
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

DWORD serve_get_sub_handle(struct ask_get_sub_handle *asked) {
    const struct connection *connection = connection_of_handle(asked->call.handle);
    const struct link *link;

    if (!connection || connection->phase != CONNECTED) {
        return ERROR_INVALID_HANDLE;
    }
    if (asked->call.number > sub_entries(connection)) {
        return ERROR_NO_MORE_ITEMS;
    }
    link = link_of_number(connection, asked->call.number);
    if (!link) {
        return ERROR_PORT_NOT_OPEN;
    }
    asked->sub_handle = link->handle;
    return ERROR_SUCCESS;
}

static size_t registrations_of(uint32_t client) {
    size_t count = 0;

    for (size_t i = 0; i < sim.registration_count; i++) {
        count += sim.registrations[i].client == client;
    }
    return count;
}

DWORD serve_register_event(struct ask_register_event *asked) {
    uint64_t handle = asked->call.handle;
    struct registration *registration = NULL;
    struct connection *connection;

    if (handle != SERVICE_ALL && !connection_of_handle(handle) && !link_of_handle(handle, &connection)) {
        return ERROR_INVALID_HANDLE;
    }
    if (registrations_of(sim.client) < MOST_REGISTRATIONS) {
        registration = append(&sim.registrations, &sim.registration_count, sizeof(*registration));
    }
    if (!registration) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    registration->client = sim.client;
    registration->number = asked->event;
    registration->handle = handle;
    registration->flags = asked->call.number;
    registration->held_until = SIM_NEVER;
    return ERROR_SUCCESS;
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

DWORD serve_get_traffic(struct ask_get_traffic *asked) {
    service_traffic *traffic = &asked->traffic;
    struct connection *connection;
    struct link *link;
    DWORD code = find_traffic(asked->call.handle, asked->call.number, &connection, &link);

    if (code) {
        return code;
    }
    memset(traffic, 0, sizeof(*traffic));
    traffic->duration = clock_now() - (link ? link->since : connection->since);
    for (size_t i = 0; i < connection->link_count; i++) {
        if (!link || link == &connection->links[i]) {
            add_traffic(traffic, &connection->links[i], entry_of(connection)->bps, clock_now());
        }
    }
    return ERROR_SUCCESS;
}

DWORD serve_clear_traffic(struct ask_clear_traffic *asked) {
    struct connection *connection;
    struct link *link;
    DWORD code = find_traffic(asked->call.handle, asked->call.number, &connection, &link);

    for (size_t i = 0; !code && i < connection->link_count; i++) {
        if (!link || link == &connection->links[i]) {
            count_traffic(&connection->links[i], clock_now());
            connection->links[i].sent = connection->links[i].received = 0;
        }
    }
    return code;
}

/* With IKEv2 nothing is negotiated by PPP. */
static BOOL has_negotiated(const sim_entry *entry, RASPROJECTION protocol) {
    switch (protocol) {
    case RASP_PppIp:
        return !entry->ikev2 && entry->ipv4.type;
    case RASP_PppIpv6:
        return !entry->ikev2 && entry->ipv6.type;
    case RASP_PppLcp:
    case RASP_PppCcp:
        return !entry->ikev2;
    default:
        return FALSE;
    }
}

static void describe_projection(const struct connection *connection, service_projection *projection) {
    const sim_entry *entry = entry_of(connection);

    projection->entry = *entry;
    projection->ipv4_servers = projection->ipv6_servers = 0;
    for (size_t i = 0; i < COUNT(entry->more_servers); i++) {
        projection->ipv4_servers += entry->more_servers[i].type == RASTUNNELENDPOINT_IPv4;
        projection->ipv6_servers += entry->more_servers[i].type == RASTUNNELENDPOINT_IPv6;
    }
    projection->multilink = (uint32_t)is_multilink(connection);
    projection->bundled = connected_links(connection) > 1;
}

DWORD serve_get_projection(struct ask_get_projection *asked) {
    struct connection *connection = connection_of_handle(asked->call.handle);
    const service_projection *projection = &asked->projection;

    if (!connection) {
        link_of_handle(asked->call.handle, &connection);
    }
    if (!connection) {
        return ERROR_INVALID_HANDLE;
    }
    if (!is_projected(connection)) {
        return connection->phase == DIALLING ? WINRAS_ERROR_PROJECTION_NOT_COMPLETE : ERROR_NO_CONNECTION;
    }
    if (asked->call.number && !has_negotiated(entry_of(connection), (RASPROJECTION)asked->call.number)) {
        return ERROR_PROTOCOL_NOT_CONFIGURED;
    }
    describe_projection(connection, &asked->projection);
    asked->needed = asked->size;
    if (!asked->call.number && projection->entry.ikev2) {
        asked->needed +=
            (uint32_t)(projection->ipv4_servers * sizeof(RASIPV4ADDR) + projection->ipv6_servers * sizeof(RASIPV6ADDR));
    }
    return asked->room < asked->needed ? ERROR_BUFFER_TOO_SMALL : asked->unfit;
}
