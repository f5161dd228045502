/* Dialling: RasDial with a RasDialFunc2, whose notices are only queued here; the thread that dialled
 * waits for them to the end, as Windows demands (Asynchronous Operations), and what fails is hung up. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "layouts.h"
#include "operation.h"

/* Notices are a help, but for the last one: RasGetConnectStatus tells how it ended too. */
#define LONGEST_INTERVAL 1000000
/* More notices than dialling has states. When nobody reads them, the oldest go. */
#define MOST_NOTICES 64
#define NOTIFIER_KIND 2

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ASKING: for the EAP identity. STARTING: until RasDial has taken it. */
enum phase { ASKING, STARTING, DIALLING, LISTING, CLOSING };

struct shim_dial {
    ULONG_PTR number;
    winras_operation *operation;
    enum phase phase;
    uint32_t outcome;       /* what the operation answers when all is hung up, */
    uint32_t outcome_state; /* and in which state it was */
    int64_t begun;
    int64_t deadline;
    int64_t phase_end; /* of LISTING and CLOSING */
    HRASCONN handle;
    uint32_t status_error; /* as the last look has seen it */
    BOOL taken;
    /* Until it has ended or is hung up, because nothing says that RAS copies them. */
    RASDIALPARAMSW params;
    LPRASEAPUSERIDENTITYW identity;
    RASDIALEXTENSIONS extensions;
    WCHAR phonebook[MAX_PATH];

    /* With the lock of dials. */
    winras_progress notices[MOST_NOTICES];
    uint32_t first;
    uint32_t count;
    uint32_t last_state;
    uint32_t final_state; /* Connected, Disconnected or paused, or the one that failed, */
    uint32_t final_error;
    BOOL has_final;
    HRASCONN told_handle;
    struct shim_dial *next;
};

/* A notice may come after its dialling has ended here: it finds nobody then. */
static struct {
    SRWLOCK lock;
    ULONG_PTR last_number;
    struct shim_dial *first;
} dials = {.lock = SRWLOCK_INIT};

static void lock_dials(void) { AcquireSRWLockExclusive(&dials.lock); }

static void unlock_dials(void) { ReleaseSRWLockExclusive(&dials.lock); }

/* ---- notices ---- */

/* The end of a further link is not the end of all: whether it is, the status tells. */
static BOOL is_final(const struct shim_dial *dial, DWORD sub_entry, RASCONNSTATE state, DWORD error) {
    BOOL is_further = sub_entry > 1 && sub_entry != dial->params.dwSubEntry;

    if (state == RASCS_SubEntryConnected || state == RASCS_SubEntryDisconnected || (is_further && error)) {
        return FALSE;
    }
    return error != ERROR_SUCCESS || (state & (RASCS_PAUSED | RASCS_DONE)) != 0;
}

static void queue(struct shim_dial *dial, DWORD sub_entry, RASCONNSTATE state, DWORD error) {
    winras_progress *notice;

    if (dial->count == MOST_NOTICES) {
        dial->first = (dial->first + 1) % MOST_NOTICES;
        dial->count--;
    }
    notice = &dial->notices[(dial->first + dial->count++) % MOST_NOTICES];
    notice->elapsed = dial->operation->api->now() - dial->begun;
    notice->state = (uint32_t)state;
    notice->error = error;
    notice->sub_entry = sub_entry;
    dial->last_state = (uint32_t)state;
    if (is_final(dial, sub_entry, state, error) && !dial->has_final) {
        dial->has_final = TRUE;
        dial->final_state = (uint32_t)state;
        dial->final_error = error;
    }
}

/* On a thread of RAS. Zero would stop the notices of all sub-entries. */
static DWORD WINAPI notified(ULONG_PTR number, DWORD sub_entry, HRASCONN handle, UINT message, RASCONNSTATE state,
                             DWORD error, DWORD extended) {
    struct shim_dial *dial;

    (void)message, (void)extended;
    lock_dials();
    dial = dials.first;
    while (dial && dial->number != number) {
        dial = dial->next;
    }
    if (dial) {
        queue(dial, sub_entry, state, error);
        dial->told_handle = handle;
        dial->operation->api->wake(&dial->operation->waiter, dial->operation->wake);
    }
    unlock_dials();
    return dial != NULL;
}

uint32_t winras_read_progress(winras_operation *operation, winras_progress *progress) {
    struct shim_dial *dial = operation->dial;
    uint32_t found;

    lock_dials();
    found = dial->count > 0;
    if (found) {
        *progress = dial->notices[dial->first];
        dial->first = (dial->first + 1) % MOST_NOTICES;
        dial->count--;
    }
    unlock_dials();
    return found;
}

static BOOL is_unread(struct shim_dial *dial) {
    BOOL unread;

    lock_dials();
    unread = dial->count > 0;
    unlock_dials();
    return unread;
}

static uint32_t last_state(struct shim_dial *dial) {
    uint32_t state;

    lock_dials();
    state = dial->last_state;
    unlock_dials();
    return state;
}

static BOOL take_final(struct shim_dial *dial, uint32_t *state, uint32_t *error) {
    BOOL final;

    lock_dials();
    final = dial->has_final;
    *state = dial->final_state;
    *error = dial->final_error;
    unlock_dials();
    return final;
}

/* ---- the end of a dialling ---- */

static uint32_t start(winras_operation *operation);

static void wipe(struct shim_dial *dial) {
    const rasapi *api = dial->operation->api;

    SecureZeroMemory(&dial->params, sizeof(dial->params));
    if (dial->identity) {
        SecureZeroMemory(dial->identity->szUserName, sizeof(dial->identity->szUserName));
        SecureZeroMemory((BYTE *)dial->identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo),
                         dial->identity->dwSizeofEapInfo);
        if (api->RasFreeEapUserIdentityW) {
            api->RasFreeEapUserIdentityW(dial->identity);
        }
        dial->identity = NULL;
    }
}

/* "An application must eventually call RasHangUp whenever a non-NULL connection handle is stored"
 * (RasDial's page). One call: it is the match of one RasDial. */
static void hang_up(winras_operation *operation) {
    memset(&operation->target, 0, sizeof(operation->target));
    operation->target.handle = (uint64_t)(uintptr_t)operation->dial->handle;
    operation->dial->handle = NULL;
    operation->issued = 0;
    shim_hang_up_once(operation);
}

/* It has failed: hung up, and waited for until its port is closed, so that the next dial can have it. */
static uint32_t close_dial(winras_operation *operation, uint32_t outcome, uint32_t state) {
    struct shim_dial *dial = operation->dial;
    const char *function = operation->function;

    dial->phase = CLOSING;
    dial->outcome = outcome;
    dial->outcome_state = state;
    dial->phase_end = shim_later(operation->api->now(), SHIM_PORT_CLOSES);
    operation->deadline = dial->phase_end;
    operation->interval = SHIM_FIRST_INTERVAL;
    if (!dial->handle) {
        return outcome;
    }
    hang_up(operation);
    operation->function = function;
    operation->result = WINRAS_PENDING;
    return WINRAS_PENDING;
}

/* Who dials right after the end of a connection may find its port in use still, for as long as a
 * port takes to close. */
static int64_t try_until(const struct shim_dial *dial) {
    int64_t closed = shim_later(dial->begun, SHIM_PORT_CLOSES);

    return closed < dial->deadline ? closed : dial->deadline;
}

static BOOL may_try_again(const winras_operation *operation, uint32_t code) {
    return code == ERROR_PORT_NOT_AVAILABLE && operation->api->now() < try_until(operation->dial);
}

/* RasHangUp is called again while it refuses. A connection that is Connected to the end is held by
 * others; one that is not gone in time stays listed as unfinished. */
static uint32_t look_closing(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint64_t handle = operation->target.handle;
    const char *function = operation->function;
    winras_status status;
    uint32_t code = shim_get_status(operation->api, handle, &status);
    BOOL is_over = operation->api->now() >= dial->phase_end;

    if (shim_means_gone(code) || (is_over && !code && status.state == RASCS_Connected)) {
        shim_forget_unfinished(operation->service, &operation->target);
        return !is_over && may_try_again(operation, dial->outcome) ? start(operation) : dial->outcome;
    }
    if (!is_over && !operation->issued) {
        shim_hang_up_once(operation);
        operation->function = function;
    }
    return is_over ? dial->outcome : (uint32_t)WINRAS_PENDING;
}

/* ---- how far it is ---- */

/* Why dialling has failed, as its last notice or its status says it. */
static uint32_t failure(uint32_t state, uint32_t error) {
    if (state & RASCS_PAUSED) {
        return WINRAS_PAUSED;
    }
    return error ? error : ERROR_DISCONNECTION;
}

/* Connected, but perhaps not enumerated yet. */
static uint32_t look_listing(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint64_t handle = (uint64_t)(uintptr_t)dial->handle;
    winras_connection *connections = NULL;
    winras_status status;
    uint32_t count = 0, code;
    BOOL listed = FALSE;

    code = shim_get_status(operation->api, handle, &status);
    if (shim_means_gone(code)) {
        dial->handle = NULL;
        return close_dial(operation, ERROR_USER_DISCONNECTION, RASCS_Disconnected);
    }
    if (!code && status.state == RASCS_Disconnected) {
        return close_dial(operation, failure(status.state, status.error), status.state);
    }
    code = shim_enumerate(operation->api, &connections, &count);
    for (uint32_t i = 0; i < count; i++) {
        listed = listed || connections[i].handle == handle;
    }
    winras_free(connections);
    return listed || operation->api->now() >= dial->phase_end ? (uint32_t)ERROR_SUCCESS : (uint32_t)WINRAS_PENDING;
}

static uint32_t begin_listing(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;

    wipe(dial);
    dial->phase = LISTING;
    dial->phase_end = shim_later(operation->api->now(), SHIM_PORT_CLOSES);
    operation->deadline = dial->phase_end;
    operation->interval = SHIM_FIRST_INTERVAL;
    return look_listing(operation);
}

/* That the dialling has ended, by its last notice, or by its status: an error there is that of a
 * state only if it is there to stay. */
static BOOL has_ended(winras_operation *operation, uint32_t *state, uint32_t *error, uint32_t *code) {
    struct shim_dial *dial = operation->dial;
    BOOL stays;
    winras_status status;

    *code = ERROR_SUCCESS;
    if (take_final(dial, state, error)) {
        return TRUE;
    }
    *code = shim_get_status(operation->api, (uint64_t)(uintptr_t)dial->handle, &status);
    if (*code) {
        return FALSE;
    }
    stays = status.error && status.error != PENDING && status.error == dial->status_error;
    dial->status_error = status.error;
    *state = status.state;
    *error = status.error;
    return stays || is_final(dial, 0, (RASCONNSTATE)status.state, ERROR_SUCCESS);
}

static uint32_t look_dialling(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint32_t state = RASCS_OpenPort, error = 0, code;

    if (!dial->handle) {
        lock_dials();
        dial->handle = dial->told_handle;
        unlock_dials();
    }
    if (has_ended(operation, &state, &error, &code)) {
        return state == RASCS_Connected && !error ? begin_listing(operation)
                                                  : close_dial(operation, failure(state, error), state);
    }
    if (shim_means_gone(code)) {
        dial->handle = NULL;
        return close_dial(operation, ERROR_USER_DISCONNECTION, RASCS_Disconnected);
    }
    if (operation->api->now() < operation->deadline) {
        return WINRAS_PENDING;
    }
    return close_dial(operation, WINRAS_TIMED_OUT, code ? last_state(dial) : state);
}

static uint32_t ask_identity(winras_operation *operation);

static uint32_t look_dial(winras_operation *operation) {
    switch (operation->dial->phase) {
    case ASKING:
        return ask_identity(operation);
    case STARTING:
        return start(operation);
    case DIALLING:
        return look_dialling(operation);
    case LISTING:
        return look_listing(operation);
    case CLOSING:
        break;
    }
    return look_closing(operation);
}

/* ---- RasDial ---- */

static void fill(struct shim_dial *dial, const winras_dialling *dialling) {
    RASDIALPARAMSW *params = &dial->params;

    WINRAS_COPY_TEXT(params->szEntryName, dialling->name);
    WINRAS_COPY_TEXT(params->szPhoneNumber, dialling->phone_number);
    WINRAS_COPY_TEXT(params->szUserName, dialling->user);
    WINRAS_COPY_TEXT(params->szPassword, dialling->password);
    WINRAS_COPY_TEXT(params->szDomain, dialling->domain);
    WINRAS_COPY_TEXT(dial->phonebook, dialling->phonebook);
    params->dwSubEntry = dialling->sub_entry;
    /* Told of what Windows wants of a user, not only that it failed. */
    dial->extensions.dwfOptions = RDEOPT_PausedStates;
}

/* 780: the entry needs no EAP identity. */
static uint32_t get_identity(struct shim_dial *dial) {
    const rasapi *api = dial->operation->api;
    LPCWSTR phonebook = dial->phonebook[0] ? dial->phonebook : NULL;
    uint32_t code;

    if (!dial->params.szEntryName[0] || !api->RasGetEapUserIdentityW) {
        return ERROR_SUCCESS;
    }
    code =
        api->RasGetEapUserIdentityW(phonebook, dial->params.szEntryName, RASEAPF_NonInteractive, NULL, &dial->identity);
    if (code == ERROR_INVALID_FUNCTION_FOR_ENTRY) {
        return ERROR_SUCCESS;
    }
    if (!code && dial->identity) {
        WINRAS_COPY_TEXT(dial->params.szUserName, dial->identity->szUserName);
        dial->extensions.RasEapInfo.dwSizeofEapInfo = dial->identity->dwSizeofEapInfo;
        dial->extensions.RasEapInfo.pbEapInfo = (BYTE *)dial->identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo);
    }
    return code;
}

/* Each size of one structure with each of the other, newest first, until neither is refused. */
static uint32_t call_ras_dial(struct shim_dial *dial) {
    static const DWORD params_sizes[] = WINRAS_DIALPARAMS_SIZES;
    static const DWORD extensions_sizes[] = WINRAS_DIALEXTENSIONS_SIZES;
    DWORD(WINAPI * notifier)(ULONG_PTR, DWORD, HRASCONN, UINT, RASCONNSTATE, DWORD, DWORD) = notified;
    uint32_t code = ERROR_INVALID_SIZE;
    LPCWSTR phonebook = dial->phonebook[0] ? dial->phonebook : NULL;
    LPVOID pointer = NULL;

    /* Through memcpy: C has no conversion from a function's pointer to an object's. */
    memcpy(&pointer, &notifier, sizeof(pointer));
    for (size_t i = 0; i < COUNT(params_sizes) && code == ERROR_INVALID_SIZE; i++) {
        for (size_t j = 0; j < COUNT(extensions_sizes) && code == ERROR_INVALID_SIZE && !dial->handle; j++) {
            dial->params.dwSize = params_sizes[i];
            dial->extensions.dwSize = extensions_sizes[j];
            code = dial->operation->api->RasDialW(&dial->extensions, phonebook, &dial->params, NOTIFIER_KIND, pointer,
                                                  &dial->handle);
        }
    }
    return code;
}

static uint32_t start(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint32_t code;

    dial->phase = DIALLING;
    dial->status_error = 0;
    operation->function = "RasDial";
    operation->deadline = dial->deadline;
    operation->interval = SHIM_FIRST_INTERVAL;
    lock_dials();
    /* Another number, so that a late notice of an earlier try finds nobody. */
    dial->number = dial->params.dwCallbackId = ++dials.last_number;
    dial->has_final = FALSE;
    dial->told_handle = NULL;
    unlock_dials();
    code = call_ras_dial(dial);
    if (!dial->handle && may_try_again(operation, code)) {
        dial->phase = STARTING;
        operation->deadline = try_until(dial);
        return WINRAS_PENDING;
    }
    return code ? close_dial(operation, code, last_state(dial)) : (uint32_t)WINRAS_PENDING;
}

/* Either call may take long, and cannot be ended: nothing is dialled for who has stopped waiting. */
static uint32_t ask_identity(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint32_t code;

    if (!operation->api->RasDialW) {
        return ERROR_PROC_NOT_FOUND;
    }
    operation->function = "RasGetEapUserIdentity";
    code = get_identity(dial);
    if (shim_is_cancelled(operation)) {
        return WINRAS_CANCELLED;
    }
    if (code) {
        return close_dial(operation, code, RASCS_OpenPort);
    }
    if (dial->deadline > dial->begun && operation->api->now() >= dial->deadline) {
        return close_dial(operation, WINRAS_TIMED_OUT, RASCS_OpenPort);
    }
    return start(operation);
}

uint32_t winras_begin_dial(uint32_t service, const winras_dialling *dialling, int64_t timeout,
                           winras_operation **begun) {
    uint32_t code = shim_begin(service, NULL, timeout, look_dial, begun);
    winras_operation *operation = *begun;
    struct shim_dial *dial;

    if (code) {
        return code;
    }
    dial = calloc(1, sizeof(*dial));
    if (!dial) {
        winras_end(begun);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    dial->operation = operation;
    dial->begun = operation->api->now();
    dial->deadline = operation->deadline;
    fill(dial, dialling);
    operation->dial = dial;
    operation->function = "RasDial";
    operation->longest_interval = LONGEST_INTERVAL;
    lock_dials();
    dial->next = dials.first;
    dials.first = dial;
    unlock_dials();
    return ERROR_SUCCESS;
}

/* ---- the operation's part ---- */

uint32_t shim_before_dial_wait(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    uint32_t state, error;

    /* The reader of the last progress is done with it. */
    operation->api->leave(&operation->waiter);
    if (is_unread(dial)) {
        return WINRAS_PROGRESS;
    }
    if (operation->result == WINRAS_PENDING &&
        (dial->phase == ASKING || (dial->phase == DIALLING && take_final(dial, &state, &error)))) {
        shim_look_and_plan(operation);
    }
    return operation->result;
}

uint32_t shim_after_dial_wait(winras_operation *operation) {
    return is_unread(operation->dial) ? (uint32_t)WINRAS_PROGRESS : (uint32_t)WINRAS_PENDING;
}

uint64_t winras_dialled(winras_operation *operation, uint32_t *state) {
    struct shim_dial *dial = operation->dial;

    *state = dial->outcome ? dial->outcome_state : last_state(dial);
    return (uint64_t)(uintptr_t)dial->handle;
}

void winras_take(winras_operation **operation) {
    if (*operation) {
        (*operation)->dial->taken = TRUE;
        winras_end(operation);
    }
}

void shim_end_dial(winras_operation *operation) {
    struct shim_dial *dial = operation->dial;
    struct shim_dial **link = &dials.first;

    if (dial->handle && !dial->taken && (!operation->service || operation->service == winras_active_service())) {
        hang_up(operation);
    }
    lock_dials();
    while (*link != dial) {
        link = &(*link)->next;
    }
    *link = dial->next;
    unlock_dials();
    wipe(dial);
    SecureZeroMemory(dial, sizeof(*dial));
    free(dial);
    operation->dial = NULL;
}
