/* RasDial and RasHangUp, as the service does them, and what becomes of a client's dialling when the client ends. */

#include "state.h"

#include <string.h>

#include <raserror.h>

/* ---- hanging up ---- */

static DWORD already_hung_up(void) {
    return sim.quirks[QUIRK_SECOND_HANG_UP_617] ? ERROR_ALREADY_DISCONNECTING : ERROR_NO_CONNECTION;
}

static DWORD hang_up_link(struct connection *connection, struct link *link, uint32_t client, int64_t now) {
    if (connection->phase == ENDING || link->state == LINK_ENDING) {
        return already_hung_up();
    }
    if (connection->phase != CONNECTED || link->state == LINK_GONE) {
        return ERROR_NO_CONNECTION;
    }
    link->state = LINK_ENDING;
    link->hung_up_by = client;
    set_until(connection, &link->until, later(now, entry_of(connection)->hang_up_time));
    return ERROR_SUCCESS;
}

/* Client 0: the service itself does. */
static DWORD hang_up_connection(struct connection *connection, uint32_t client, int64_t now) {
    int64_t until = later(now, entry_of(connection)->hang_up_time);

    /* What was asked takes one reference; a RasDial since then has taken another. */
    if (connection->hang_up_asked && connection->references == 1) {
        return already_hung_up();
    }
    if (connection->phase != ENDING && connection->references == 1 && notices_unanswered(connection)) {
        connection->hang_up_asked = client;
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
    notices_end(connection);
    connection->hung_up_by = client;
    return ERROR_SUCCESS;
}

DWORD serve_hang_up(struct ask_hang_up *asked) {
    struct connection *connection = connection_of_handle(asked->call.handle);
    struct link *link;
    DWORD code = ERROR_INVALID_HANDLE;

    if (connection) {
        code = hang_up_connection(connection, sim.client, clock_now());
    } else if ((link = link_of_handle(asked->call.handle, &connection)) != NULL) {
        code = hang_up_link(connection, link, sim.client, clock_now());
    }
    clock_changed();
    return code;
}

/* Dialling goes on when its notifier has returned, and what that has asked for is done. */
static void go_on(struct connection *connection, int64_t now) {
    uint32_t client = connection->hang_up_asked;

    if (client) {
        connection->hang_up_asked = 0;
        hang_up_connection(connection, client, now);
    } else if (connection->phase == DIALLING && connection->until == SIM_NEVER) {
        set_until(connection, &connection->until, later(now, connection->rest));
    }
}

DWORD serve_notified(struct ask_notified *asked) {
    DWORD code = notices_answered(sim.client, asked->call.handle, asked->call.number, asked->goes_on != 0);
    struct connection *connection = connection_of_handle(asked->call.handle);

    if (!code && connection && !notices_unanswered(connection)) {
        go_on(connection, clock_now());
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
static uint32_t refusal(const struct entry *entry, const struct ask_dial *asked) {
    const service_dialling *dialling = &asked->dialling;
    const sim_entry *wants = &entry->given;
    BOOL handle = has_handle(entry, dialling);
    const char16_t *password = handle ? entry->saved.password : dialling->password;
    const char16_t *domain = same_text(dialling->domain, u"*") ? entry->saved.domain : dialling->domain;

    if (wants->eap_user[0]) {
        if (is_eap_info(entry, &asked->eap_info)) {
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

/* Waits while that is true of the connection; meanwhile others can take the lock. */
static void wait_while(BOOL (*is_true)(const struct connection *connection), uint64_t handle) {
    const struct connection *connection = connection_of_handle(handle);

    for (int slices = 0; connection && is_true(connection) && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
        connection = connection_of_handle(handle);
    }
}

/* Goes on from a paused state: "the same notifier must be used" (RasDial's page). The client may ask for it
 * before its notifier has returned from the notice of the pause. */
static DWORD dial_on(const struct ask_dial *asked, uint32_t client) {
    struct connection *connection;
    struct entry *entry;
    int64_t now;

    wait_while(notices_unanswered, asked->dialling.handle);
    now = clock_now();
    connection = connection_of_handle(asked->dialling.handle);
    if (!connection) {
        return ERROR_INVALID_HANDLE;
    }
    if (!is_paused(connection) || notices_unanswered(connection) ||
        !notices_are_for(connection, client, asked->waits ? 0 : asked->notifier)) {
        return ERROR_INVALID_PARAMETER;
    }
    entry = &sim.entries[connection->entry];
    if (state_of(connection) == RASCS_PasswordExpired) {
        /* szPassword is the new one then (RASDIALPARAMS's page). */
        WINRAS_COPY_TEXT(entry->given.password, asked->dialling.password);
    }
    connection->refused = refusal(entry, asked);
    if (connection->retrying) {
        connection->retrying = FALSE;
        enter_step(connection, now);
    } else {
        finish_step(connection, now);
    }
    return ERROR_SUCCESS;
}

/* RasDial of a connection that is up adds a reference, and tells its notifier Connected. */
static DWORD refer(struct connection *connection, const struct ask_dial *asked, uint32_t client) {
    DWORD code = asked->waits ? ERROR_SUCCESS : notices_begin(connection, client, asked->notifier);

    if (!asked->waits && !code) {
        notices_tell(connection, RASCS_Connected, 0);
    }
    return code;
}

static DWORD begin_dialling(struct connection *connection, const struct ask_dial *asked, uint32_t client, int64_t now) {
    const service_dialling *dialling = &asked->dialling;
    sim_dial_step step;
    DWORD code;

    connection->client = client;
    connection->pauses = dialling->pauses;
    connection->sets_callback = dialling->sets_callback;
    connection->refused = refusal(&sim.entries[connection->entry], asked);
    if (dialling->phone_number[0]) {
        memcpy(connection->phone_number, dialling->phone_number, sizeof(connection->phone_number));
    }
    step = step_of(connection);
    if (!asked->waits && sim.quirks[QUIRK_DIAL_FAILS_AT_ONCE] && step.error && !step.goes_on && step.duration == 0) {
        fail_dialling(connection, (RASCONNSTATE)step.state, step.error, now);
        return step.error;
    }
    code = asked->waits ? ERROR_SUCCESS : notices_begin(connection, client, asked->notifier);
    if (!code) {
        enter_step(connection, now);
    }
    return code;
}

static DWORD dial_entry(struct ask_dial *asked, uint32_t client, int64_t now) {
    const service_dialling *dialling = &asked->dialling;
    struct connection *before;
    size_t entry = 0;
    DWORD code;

    asked->handle = dialling->handle;
    if (dialling->handle) {
        return dial_on(asked, client);
    }
    code = find_dialled(dialling, &entry);
    if (code) {
        return code;
    }
    if (dialling->sub_entry > sim.entries[entry].given.sub_entries && dialling->sub_entry > 1) {
        return ERROR_NO_MORE_ITEMS;
    }
    before = connection_of_entry(entry);
    code = connect_entry(entry, -1, dialling->sub_entry, now, &asked->handle);
    if (code) {
        return code;
    }
    return before ? refer(before, asked, client) : begin_dialling(connection_of_entry(entry), asked, client, now);
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

    while (!dialling_ended(handle, &code, &until)) {
        now = clock_now();
        if (clock_stands_here()) {
            until = until > SIM_LATEST ? next_due() : until;
            if (until > SIM_LATEST || now >= SIM_LATEST) {
                return ERROR_POSSIBLE_DEADLOCK;
            }
        }
        unlock_state();
        clock_pass(until > now ? until - now : 1, dialling_over, handle);
        clock_lock();
    }
    return code;
}

DWORD serve_dial(struct ask_dial *asked) {
    service_news dialled = {.what = NEWS_DIALLED, .number = asked->notifier};
    uint32_t client = sim.client;
    DWORD code = dial_entry(asked, client, clock_now());

    clock_changed();
    if (code || !asked->waits) {
        if (sim.quirks[QUIRK_DIAL_TOLD_FIRST]) {
            wait_while(notices_untold, asked->handle); /* the client may be told before it has the handle */
        }
        return code;
    }
    dialled.handle = asked->handle;
    tell_client(client, &dialled);
    return wait_dialled(asked->handle);
}

/* ---- a client that ends ---- */

/* Whether it ends because that client has hung it up, or the last of its links. */
static BOOL is_ended_by(const struct connection *connection, uint32_t client) {
    BOOL hung_up = FALSE;

    if (connection->phase != CONNECTED) {
        return connection->phase == ENDING && connection->hung_up_by == client;
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state == LINK_CONNECTED) {
            return FALSE;
        }
        hung_up = hung_up || (connection->links[i].state == LINK_ENDING && connection->links[i].hung_up_by == client);
    }
    return hung_up;
}

void leave_ports_stuck(uint32_t client) {
    for (struct connection *connection = sim.last, *previous; connection; connection = previous) {
        previous = connection->previous;
        if (is_ended_by(connection, client)) {
            sim.entries[connection->entry].port_stuck = TRUE;
            record(SIM_GONE, connection, clock_now());
            remove_connection(connection);
        }
    }
}

void forget_client_dials(uint32_t client) {
    int64_t now = clock_now();

    notices_forget(client);
    for (struct connection *connection = sim.last; connection; connection = connection->previous) {
        if (!notices_unanswered(connection)) {
            go_on(connection, now);
        }
    }
    leave_ports_stuck(client);
    for (struct connection *connection = sim.last; connection; connection = connection->previous) {
        if (connection->client == client && (connection->phase == DIALLING || connection->failed)) {
            hang_up_connection(connection, 0, now);
        }
    }
}
