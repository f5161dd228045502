/* Dialling: RasDial with a RasDialFunc2, and a native hang-up of whatever fails.
 *
 * RAS calls the notifier on a thread of its own; here it only queues the notice, so that nothing of
 * Python runs there. The thread that dialled waits until the end, as Windows requires (page
 * Asynchronous Operations), and reads the queue. The handle that RasDial gives must be hung up even if dialling
 * fails, so every outcome but success goes through `close_dial`; and a connection that the caller does
 * not take is hung up when the operation ends. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "credentials.h"
#include "fork.h"
#include "hang_up.h"
#include "operation.h"
#include "rasman.h"

/* Notices are only hints: RasGetConnectStatus also tells how dialling ended, and is asked at the
 * latest after this. */
#define LONGEST_INTERVAL 1000000
/* While it is being hung up. */
#define LONGEST_CLOSING_INTERVAL 250000
/* From one RasDial to the next, if the first was under way. */
#define DIALS_APART 1000000
/* The first pause before RasDial is called again because the port is not available; each is twice the last. */
#define FIRST_PAUSE 250000
/* The notice of an end that the status shows already may still be on its way for so long. */
#define NOTICE_COMES 250000
/* More notices than dialling has states. When nobody reads them, the oldest go. */
#define MOST_NOTICES 64
/* More than any dial gives. Later ones are not queued, or a RAS that never stops would keep a dial from its end. */
#define MOST_QUEUED 4096
#define MOST_PHONEBOOKS 3
#define NOTIFIER_KIND 2
#define MOST_PROBES 8
#define MOST_EAP_DATA (1u << 20)

/* WAKING RasMan, STARTING until RasDial takes it, DIALLING, LISTING until an enumeration has it, CLOSING
 * what has failed. */
enum phase { WAKING, STARTING, DIALLING, LISTING, CLOSING };

struct dial {
    winras_operation operation;
    ULONG_PTR number;
    enum phase phase;
    rasman_starting rasman;
    uint32_t outcome;       /* what the operation answers once it has hung up, */
    uint32_t outcome_state; /* and the state that dialling was in then */
    int64_t begun;
    int64_t deadline;  /* the caller's; operation.deadline is the phase's */
    int64_t phase_end; /* of LISTING and CLOSING */
    HRASCONN handle;
    winras_target target;  /* of the hang-up, */
    uint32_t hang_up;      /* the last answer of its RasHangUp, */
    uint32_t ends;         /* and what has become of it: WINRAS_ENDS_ */
    BOOL is_gone;          /* by the last look the handle is dead, so it may be somebody else's */
    uint32_t status_error; /* the error in the last look's status, */
    int64_t error_since;   /* since when, */
    BOOL error_told;       /* and whether that was told */
    BOOL ends_soon;        /* the status has said so, and the notice has its time to come */
    int64_t tries_from;    /* since when errors that pass have their time to do so */
    int64_t dialled;       /* when RasDial was called last, */
    int64_t again_from;    /* and when it may be again */
    BOOL cured;            /* lost handles have been looked for */
    uint32_t again;        /* the last error after which it was tried again */
    int64_t pause;         /* before it is tried once more */
    BOOL taken;
    BOOL use_saved;
    uint32_t saved; /* WINRAS_SAVED_ */
    /* Kept until dialling has ended, because nothing says that RAS copies them. */
    RASDIALPARAMSW params;
    BOOL is_wiped;        /* they are, because it was connected: it cannot be dialled again */
    BOOL has_credentials; /* the caller's */
    LPRASEAPUSERIDENTITYW identity;
    BYTE *eap_data;
    DWORD eap_size;
    uint32_t eap_answer;   /* why there is no identity, or 0 */
    uint32_t saved_answer; /* why it is not known what is saved, or 0 */
    uint32_t silence;      /* why there is no use in asking more before RasDial, or 0 */
    BOOL tried;            /* RasDial was called */
    RASDIALEXTENSIONS extensions;
    WCHAR phonebooks[MOST_PHONEBOOKS][MAX_PATH];
    uint32_t phonebook_count;
    uint32_t phonebook; /* which of them */

    /* Guarded by dials.lock: */
    winras_notice notices[MOST_NOTICES];
    uint32_t first;
    uint32_t count;
    uint32_t queued;      /* ever */
    uint32_t last_state;  /* before Disconnected */
    uint32_t final_state; /* Connected, Disconnected or paused, or the state that failed */
    uint32_t final_error;
    BOOL has_final;
    HRASCONN told_handle;  /* by a notice, */
    HRASCONN given_handle; /* and by RasDial */
    struct dial *next;
};

/* RAS is given a number, not a pointer: a notice that comes after its dialling has ended finds no dial. */
static struct {
    SRWLOCK lock;
    ULONG_PTR last_number;
    struct dial *first;
} dials = {.lock = SRWLOCK_INIT};

AFTER_FORK(forget_dials, InitializeSRWLock(&dials.lock); dials.first = NULL);

static void lock_dials(void) { AcquireSRWLockExclusive(&dials.lock); }

static void unlock_dials(void) { ReleaseSRWLockExclusive(&dials.lock); }

static struct dial *dial_of(winras_operation *operation) { return (struct dial *)(void *)operation; }

static const rasapi *table_of(const struct dial *dial) { return dial->operation.party.listener.table; }

static int64_t now_of(const struct dial *dial) { return operation_now(&dial->operation); }

/* ---- notices ---- */

/* The failure of a further link need not end the dialling; the status tells whether it has. */
static BOOL is_final(const struct dial *dial, DWORD sub_entry, RASCONNSTATE state, DWORD error) {
    BOOL is_further = sub_entry > 1 && sub_entry != dial->params.dwSubEntry;

    if (state == RASCS_SubEntryConnected || state == RASCS_SubEntryDisconnected || (is_further && error)) {
        return FALSE;
    }
    return error != ERROR_SUCCESS || (state & (RASCS_PAUSED | RASCS_DONE)) != 0;
}

static void queue_progress(struct dial *dial, DWORD sub_entry, RASCONNSTATE state, DWORD error) {
    winras_notice *notice;

    if (state != RASCS_Disconnected) {
        dial->last_state = (uint32_t)state;
    }
    if (dial->queued == MOST_QUEUED) {
        return;
    }
    dial->queued++;
    if (dial->count == MOST_NOTICES) {
        dial->first = (dial->first + 1) % MOST_NOTICES;
        dial->count--;
    }
    notice = &dial->notices[(dial->first + dial->count++) % MOST_NOTICES];
    notice->elapsed = now_of(dial) - dial->begun;
    notice->state = (uint32_t)state;
    notice->error = error;
    notice->sub_entry = sub_entry;
}

static void queue_notice(struct dial *dial, DWORD sub_entry, RASCONNSTATE state, DWORD error) {
    queue_progress(dial, sub_entry, state, error);
    if (is_final(dial, sub_entry, state, error) && !dial->has_final) {
        dial->has_final = TRUE;
        dial->final_state = (uint32_t)state;
        dial->final_error = error;
    }
}

/* On a thread of RAS. Answering zero would stop the notices of all sub-entries (RasDialFunc2's page). */
static DWORD WINAPI notified(ULONG_PTR number, DWORD sub_entry, HRASCONN handle, UINT message, RASCONNSTATE state,
                             DWORD error, DWORD extended) {
    struct dial *dial;

    (void)message, (void)extended;
    lock_dials();
    dial = dials.first;
    while (dial && dial->number != number) {
        dial = dial->next;
    }
    if (dial) {
        queue_notice(dial, sub_entry, state, error);
        dial->told_handle = handle;
        winras_wake(&dial->operation);
    }
    unlock_dials();
    return dial != NULL;
}

uint32_t winras_read_notice(winras_operation *operation, winras_notice *notice) {
    struct dial *dial = dial_of(operation);
    uint32_t found;

    lock_dials();
    found = dial->count > 0;
    if (found) {
        *notice = dial->notices[dial->first];
        dial->first = (dial->first + 1) % MOST_NOTICES;
        dial->count--;
    }
    unlock_dials();
    return found;
}

static BOOL is_unread(struct dial *dial) {
    BOOL unread;

    lock_dials();
    unread = dial->count > 0;
    unlock_dials();
    return unread;
}

/* Where RAS gives no notices, the status is all there is. */
static void see_state(struct dial *dial, uint32_t state) {
    lock_dials();
    if (!dial->told_handle && state != RASCS_Disconnected) {
        dial->last_state = state;
    }
    unlock_dials();
}

static uint32_t last_state(struct dial *dial) {
    uint32_t state;

    lock_dials();
    state = dial->last_state;
    unlock_dials();
    return state;
}

static BOOL take_final(struct dial *dial, uint32_t *state, uint32_t *error) {
    BOOL final;

    lock_dials();
    final = dial->has_final;
    *state = dial->final_state;
    *error = dial->final_error;
    unlock_dials();
    return final;
}

/* ---- the end of a dial ---- */

static uint32_t start(struct dial *dial);

static uint32_t begin_again(struct dial *dial) {
    return now_of(dial) < dial->again_from ? (uint32_t)WINRAS_PENDING : start(dial);
}

static BYTE *info_of(RASEAPUSERIDENTITYW *identity) {
    return (BYTE *)identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo);
}

/* A size that no EAP method has is none. */
static DWORD info_size(const RASEAPUSERIDENTITYW *identity) {
    return identity->dwSizeofEapInfo <= MOST_EAP_DATA ? identity->dwSizeofEapInfo : 0;
}

static void forget_eap_data(struct dial *dial) {
    if (dial->eap_data) {
        SecureZeroMemory(dial->eap_data, dial->eap_size);
        free(dial->eap_data);
        dial->eap_data = NULL;
    }
}

static void forget_eap(struct dial *dial) {
    const rasapi *table = table_of(dial);

    memset(&dial->extensions.RasEapInfo, 0, sizeof(dial->extensions.RasEapInfo));
    if (dial->identity) {
        SecureZeroMemory(info_of(dial->identity), info_size(dial->identity));
        SecureZeroMemory(dial->identity->szUserName, sizeof(dial->identity->szUserName));
        if (table->RasFreeEapUserIdentityW) {
            trace_begin(table->now, "RasFreeEapUserIdentityW", NULL);
            table->RasFreeEapUserIdentityW(dial->identity);
            trace_end(ERROR_SUCCESS);
        }
        dial->identity = NULL;
    }
    forget_eap_data(dial);
}

/* All but the name of the entry. */
static void wipe(struct dial *dial) {
    dial->is_wiped = TRUE;
    SecureZeroMemory(dial->params.szPhoneNumber, sizeof(dial->params) - offsetof(RASDIALPARAMSW, szPhoneNumber));
    forget_eap(dial);
}

static void see_hang_up(struct dial *dial, uint32_t answer) {
    BOOL is_owed = unfinished_is_owed(dial->operation.party.listener.service, &dial->target);

    dial->hang_up = answer;
    operation_must_look(&dial->operation);
    dial->ends = answer == ERROR_SUCCESS                ? WINRAS_ENDS_PENDING
                 : !is_owed && target_has_ended(answer) ? WINRAS_ENDS_GONE
                                                        : WINRAS_ENDS_REFUSED;
}

/* "An application must eventually call RasHangUp whenever a non-NULL connection handle is stored"
 * (RasDial's page), even if it seems to be dead: that may be one wrong answer. Once, as the match of one RasDial:
 * others may have dialled the connection too. */
static void give_back(struct dial *dial, int64_t timeout) {
    uint32_t answer;

    if (dial->handle) {
        memset(&dial->target, 0, sizeof(dial->target));
        dial->target.handle = handle_from_native(dial->handle);
        dial->handle = NULL;
    }
    answer = hang_up_given_back(dial->operation.party.listener.service, &dial->target,
                                (const char16_t *)dial->params.szEntryName, dial->is_gone, timeout);
    see_hang_up(dial, answer);
}

/* Right after a connection ends, RasDial may answer 633 until the port has closed, and 756 after a dial that has
 * failed. */
static int64_t try_until(const struct dial *dial) {
    int64_t closed = operation_later(dial->tries_from, PORT_CLOSES);

    return closed < dial->deadline ? closed : dial->deadline;
}

static BOOL may_try_again(const struct dial *dial, uint32_t code) {
    return !dial->is_wiped && (code == ERROR_PORT_NOT_AVAILABLE || code == ERROR_DIAL_ALREADY_IN_PROGRESS) &&
           now_of(dial) < try_until(dial);
}

/* It has failed: hangs up, and waits for the port to close, so that the next dial can have it. */
static uint32_t close_dial(struct dial *dial, uint32_t outcome, uint32_t state) {
    winras_operation *operation = &dial->operation;

    dial->phase = CLOSING;
    dial->outcome = outcome;
    dial->outcome_state = state == RASCS_Disconnected ? last_state(dial) : state;
    dial->phase_end = operation_later(now_of(dial), PORT_CLOSES);
    operation->deadline = dial->phase_end;
    operation->interval = FIRST_INTERVAL;
    operation->longest_interval = LONGEST_CLOSING_INTERVAL;
    if (!dial->handle) {
        return outcome;
    }
    give_back(dial, 0);
    return dial->ends == WINRAS_ENDS_GONE && !may_try_again(dial, outcome) ? outcome : (uint32_t)WINRAS_PENDING;
}

/* Once for each error, however often it comes. */
static void tell_again(struct dial *dial, uint32_t code) {
    if (dial->again != code) {
        dial->again = code;
        trace_decision(WINRAS_DECIDED_DIAL_AGAIN, "RasDial", 0, code);
    }
}

static LPCWSTR phonebook_of(const struct dial *dial) {
    return dial->phonebooks[dial->phonebook][0] ? dial->phonebooks[dial->phonebook] : NULL;
}

static BOOL is_dialled_here(uint64_t handle) {
    BOOL found = FALSE;

    lock_dials();
    for (const struct dial *dial = dials.first; dial && !found; dial = dial->next) {
        found = dial->told_handle == handle_to_native(handle) || dial->given_handle == handle_to_native(handle);
    }
    unlock_dials();
    return found;
}

/* Where RAS was given NULL, the phone book is one of the usual ones: the same name elsewhere is another entry. */
static BOOL is_of_entry(const struct dial *dial, const winras_connection *connection) {
    uint32_t end = phonebook_of(dial) ? dial->phonebook + 1 : dial->phonebook_count;
    BOOL found = FALSE;

    for (uint32_t i = dial->phonebook; i < end; i++) {
        found = found || same_caseless(connection->phonebook, (const char16_t *)dial->phonebooks[i]);
    }
    return found && same_caseless(connection->name, (const char16_t *)dial->params.szEntryName);
}

/* A dial that failed and that nobody has hung up, because its program is gone, makes each later one fail with 756
 * until RasMan restarts. A shipping PPPoE client hangs up what the entry has that is not Connected. Here it must be
 * Disconnected: in any other state another program may be dialling it, for as long as its server takes. Once, and only
 * when 756 has not passed by itself. */
static BOOL hang_up_lost(struct dial *dial, uint32_t code) {
    winras_connection *connections = NULL;
    winras_target target = {0};
    winras_status status;
    uint32_t count = 0;
    BOOL found = FALSE;

    if (code != ERROR_DIAL_ALREADY_IN_PROGRESS || dial->cured || now_of(dial) >= dial->deadline) {
        return FALSE;
    }
    dial->cured = TRUE;
    calls_enumerate(table_of(dial), &connections, &count);
    for (uint32_t i = 0; i < count; i++) {
        target.handle = connections[i].handle;
        if (is_of_entry(dial, &connections[i]) && !is_dialled_here(target.handle) &&
            !calls_get_status(table_of(dial), target.handle, &status) && status.state == RASCS_Disconnected &&
            !unfinished_hang_up(dial->operation.party.listener.service, table_of(dial), &target)) {
            found = TRUE;
            trace_decision(WINRAS_DECIDED_HANG_UP_LOST, "RasHangUp", target.handle, code);
        }
    }
    free(connections);
    dial->tries_from = now_of(dial);
    return found;
}

/* RasHangUp is called again while it refuses. A connection that is Connected to the end is held by
 * others; one that is not gone in time stays listed as unfinished. */
static uint32_t look_closing(struct dial *dial) {
    uint32_t service = dial->operation.party.listener.service, code;
    BOOL is_over = now_of(dial) >= dial->phase_end;
    winras_status status;

    if (dial->ends == WINRAS_ENDS_REFUSED && !is_over) {
        see_hang_up(dial, unfinished_try(service, table_of(dial), &dial->target));
    }
    if (dial->ends == WINRAS_ENDS_REFUSED) {
        operation_must_look(&dial->operation);
        return is_over ? dial->outcome : (uint32_t)WINRAS_PENDING;
    }
    code = calls_get_status(table_of(dial), dial->target.handle, &status);
    if (target_has_ended(code)) {
        dial->ends = WINRAS_ENDS_GONE;
    } else if (is_over && !code && status.state == RASCS_Connected) {
        dial->ends = WINRAS_ENDS_HELD;
    } else {
        return is_over ? dial->outcome : (uint32_t)WINRAS_PENDING;
    }
    if (dial->ends == WINRAS_ENDS_GONE) {
        unfinished_forget(service, &dial->target);
    } else {
        unfinished_let_go(service, &dial->target);
    }
    /* What was under way is not dialled again at once: an error that comes at once would be dialled without end. */
    dial->again_from = operation_later(dial->dialled, DIALS_APART);
    if (is_over || !may_try_again(dial, dial->outcome) || dial->again_from >= try_until(dial)) {
        return dial->outcome;
    }
    tell_again(dial, dial->outcome);
    dial->phase = STARTING;
    dial->operation.deadline = dial->again_from;
    return begin_again(dial);
}

/* ---- how far it is ---- */

/* Why dialling has failed, by its last notice, its status or RasDial's answer. dwError may be any number, even one of
 * the shim's. */
static uint32_t failure(uint32_t state, uint32_t error) {
    if (state & RASCS_PAUSED) {
        return WINRAS_PAUSED;
    }
    return error ? shim_from_ras(error) : ERROR_DISCONNECTION;
}

static uint32_t get_status(struct dial *dial, winras_status *status) {
    uint32_t code = calls_get_status(table_of(dial), handle_from_native(dial->handle), status);

    dial->is_gone = target_has_ended(code);
    return code;
}

/* What RAS tells comes before what a look finds, so the notice has its time to come, even if that is
 * after the deadline. Nor does one answer that the handle is dead count. */
static BOOL notice_is_late(struct dial *dial) {
    winras_operation *operation = &dial->operation;

    if (!dial->ends_soon) {
        dial->ends_soon = TRUE;
        operation->decided_at = operation_later(now_of(dial), NOTICE_COMES);
        if (operation->deadline < operation->decided_at) {
            operation->deadline = operation->decided_at;
        }
    }
    return now_of(dial) >= operation->decided_at;
}

/* The handle is dead, and no notice has said why. */
static uint32_t close_dead(struct dial *dial) {
    dial->operation.function = "RasGetConnectStatus";
    return close_dial(dial, ERROR_USER_DISCONNECTION, RASCS_Disconnected);
}

/* Connected, but perhaps not enumerated yet. */
static uint32_t look_listing(struct dial *dial) {
    uint64_t handle = handle_from_native(dial->handle);
    winras_connection *connections = NULL;
    winras_status status;
    uint32_t count = 0, code;
    BOOL listed = FALSE;

    code = get_status(dial, &status);
    if (dial->is_gone) {
        return notice_is_late(dial) ? close_dead(dial) : (uint32_t)WINRAS_PENDING;
    }
    dial->ends_soon = FALSE;
    dial->operation.decided_at = NO_DEADLINE;
    if (!code && status.state == RASCS_Disconnected) {
        return close_dial(dial, failure(status.state, status.error), status.state);
    }
    code = calls_enumerate(table_of(dial), &connections, &count);
    for (uint32_t i = 0; i < count; i++) {
        listed = listed || connections[i].handle == handle;
    }
    free(connections);
    if (listed || now_of(dial) < dial->phase_end) {
        return listed ? (uint32_t)ERROR_SUCCESS : (uint32_t)WINRAS_PENDING;
    }
    dial->operation.function = "RasEnumConnections";
    return close_dial(dial, code ? code : (uint32_t)ERROR_NO_CONNECTION, RASCS_Connected);
}

static uint32_t begin_listing(struct dial *dial) {
    wipe(dial);
    dial->phase = LISTING;
    dial->phase_end = operation_later(now_of(dial), PORT_CLOSES);
    dial->operation.deadline = dial->phase_end;
    dial->operation.interval = FIRST_INTERVAL;
    dial->operation.decided_at = NO_DEADLINE;
    dial->ends_soon = FALSE;
    return look_listing(dial);
}

/* An error in the status is not the end: Windows may go on, as from one tunnel type to the next ("automatic"). It is
 * told if it stays, because before that the notice of a failure may be on its way. */
static void tell_error(struct dial *dial, const winras_status *status) {
    uint32_t error = status->error == PENDING ? (uint32_t)ERROR_SUCCESS : status->error;

    if (error != dial->status_error) {
        dial->status_error = error;
        dial->error_since = now_of(dial);
        dial->error_told = FALSE;
    } else if (error && !dial->error_told && now_of(dial) - dial->error_since >= NOTICE_COMES) {
        dial->error_told = TRUE;
        lock_dials();
        queue_progress(dial, dial->params.dwSubEntry ? dial->params.dwSubEntry : 1, (RASCONNSTATE)status->state, error);
        unlock_dials();
    }
}

/* Whether the status says that dialling has ended. */
static BOOL status_is_end(struct dial *dial, uint32_t *state, uint32_t *error) {
    winras_status status;
    uint32_t code;

    if (!dial->handle) {
        *state = RASCS_Disconnected;
        *error = ERROR_INVALID_HANDLE;
        return TRUE;
    }
    code = get_status(dial, &status);
    if (code) {
        *state = RASCS_Disconnected;
        *error = ERROR_USER_DISCONNECTION;
        return dial->is_gone;
    }
    *state = status.state;
    *error = status.error;
    see_state(dial, status.state);
    if (is_final(dial, 0, (RASCONNSTATE)status.state, ERROR_SUCCESS)) {
        return TRUE;
    }
    tell_error(dial, &status);
    return FALSE;
}

static void see_told_handle(struct dial *dial) {
    if (!dial->handle) {
        lock_dials();
        dial->handle = dial->told_handle;
        unlock_dials();
    }
}

static uint32_t look_dialling(struct dial *dial) {
    uint32_t state, error;

    see_told_handle(dial);
    if (!take_final(dial, &state, &error)) {
        if (!status_is_end(dial, &state, &error)) {
            dial->ends_soon = FALSE;
            dial->operation.decided_at =
                dial->status_error && !dial->error_told ? dial->error_since + NOTICE_COMES : NO_DEADLINE;
            return now_of(dial) < dial->operation.deadline ? (uint32_t)WINRAS_PENDING
                                                           : close_dial(dial, WINRAS_TIMED_OUT, last_state(dial));
        }
        if (!notice_is_late(dial)) {
            return WINRAS_PENDING;
        }
        if (dial->is_gone) {
            return close_dead(dial);
        }
    }
    if (!error && !dial->handle) {
        error = ERROR_INVALID_HANDLE; /* neither RasDial nor a notice has given one */
    }
    return state == RASCS_Connected && !error ? begin_listing(dial) : close_dial(dial, failure(state, error), state);
}

/* ---- RasDial ---- */

static void fill_params(struct dial *dial, const winras_dialling *dialling) {
    RASDIALPARAMSW *params = &dial->params;

    params->dwSize = WINRAS_DIALPARAMS_SIZE;
    WINRAS_COPY_TEXT(params->szEntryName, dialling->name);
    WINRAS_COPY_TEXT(params->szPhoneNumber, dialling->phone_number);
    WINRAS_COPY_TEXT(params->szUserName, dialling->user);
    WINRAS_COPY_TEXT(params->szPassword, dialling->password);
    WINRAS_COPY_TEXT(params->szDomain, dialling->domain);
    params->dwSubEntry = dialling->sub_entry;
    dial->use_saved = dialling->use_saved != 0;
    dial->phonebook_count = dialling->phonebook_count < MOST_PHONEBOOKS ? dialling->phonebook_count : MOST_PHONEBOOKS;
    for (uint32_t i = 0; i < MOST_PHONEBOOKS; i++) {
        WINRAS_COPY_TEXT(dial->phonebooks[i], dialling->phonebooks[i].text);
    }
    dial->has_credentials = dialling->user[0] || dialling->password[0] || dialling->domain[0];
    dial->extensions.dwSize = WINRAS_DIALEXTENSIONS_SIZE;
    /* Paused states say what Windows wants from its user; without them, dialling only fails. */
    dial->extensions.dwfOptions = RDEOPT_PausedStates;
}

/* Never with a timeout of 0: that entry is dialled all the same. */
static BOOL is_late(const struct dial *dial) { return dial->deadline > dial->begun && now_of(dial) >= dial->deadline; }

static void see_silence(struct dial *dial, uint32_t code) {
    if (rasman_is_silence(code)) {
        dial->silence = code;
    }
}

/* Whether there is use, and time, for asking more before RasDial. Each call may take long and cannot be interrupted. */
static BOOL may_go_on(struct dial *dial) {
    return !dial->silence && !operation_is_cancelled(&dial->operation) && !is_late(dial);
}

/* The phone book of the profiles that has the entry, and the entry's name as that spells it. If RAS lists none, NULL.
 */
static void choose_phonebook(struct dial *dial) {
    winras_entry_name found;
    uint32_t code;

    if (!dial->params.szEntryName[0] || dial->phonebooks[0][0]) {
        return;
    }
    dial->operation.function = "RasEnumEntries";
    code =
        winras_find_entry(dial->operation.party.listener.service, (const char16_t *)dial->params.szEntryName, &found);
    if (code && code != ERROR_NOT_FOUND) {
        see_silence(dial, code);
        return;
    }
    dial->phonebook_count = 1;
    if (!code) {
        WINRAS_COPY_TEXT(dial->params.szEntryName, found.name);
        memcpy(dial->phonebooks[0], found.phonebook, sizeof(dial->phonebooks[0]));
        dial->phonebooks[0][MAX_PATH - 1] = 0;
    }
}

/* The phone book cannot be opened, or lacks the entry, and there is another one to try. */
static BOOL is_elsewhere(const struct dial *dial, uint32_t code) {
    return (code == ERROR_CANNOT_OPEN_PHONEBOOK || code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY) &&
           dial->phonebook + 1 < dial->phonebook_count;
}

/* The credentials that are saved for the entry, in the first phone book in which RAS finds the entry. */
static void use_saved(struct dial *dial) {
    uint32_t code;

    if (!dial->use_saved || !dial->params.szEntryName[0]) {
        return;
    }
    dial->operation.function = "RasGetCredentials";
    code = credentials_use_saved(table_of(dial), phonebook_of(dial), &dial->params);
    while (is_elsewhere(dial, code)) {
        dial->phonebook++;
        code = credentials_use_saved(table_of(dial), phonebook_of(dial), &dial->params);
    }
    if (code && code != ERROR_NOT_FOUND) {
        dial->saved_answer = calls_answer(dial->operation.party.listener.service, code);
        dial->phonebook = 0;
        see_silence(dial, code);
    } else {
        dial->saved = code ? WINRAS_SAVED_NONE : WINRAS_SAVED_USED;
    }
    if (dial->saved == WINRAS_SAVED_USED) {
        trace_decision(WINRAS_DECIDED_USE_SAVED, dial->operation.function, 0, code);
    }
}

/* ---- EAP ---- */

static void give_eap(struct dial *dial, BYTE *info, DWORD size) {
    dial->extensions.RasEapInfo.dwSizeofEapInfo = size;
    dial->extensions.RasEapInfo.pbEapInfo = info;
}

/* 780: the entry needs no identity. The user of an identity never overrules another. */
static void find_identity(struct dial *dial) {
    const rasapi *table = table_of(dial);
    LPRASEAPUSERIDENTITYW identity = NULL;

    if (!table->RasGetEapUserIdentityW) {
        return;
    }
    dial->eap_answer = calls_answer(dial->operation.party.listener.service,
                                    CALLS_CALL(table, RasGetEapUserIdentityW, phonebook_of(dial),
                                               dial->params.szEntryName, RASEAPF_NonInteractive, NULL, &identity));
    if (dial->eap_answer == ERROR_SUCCESS && identity) {
        dial->identity = identity; /* with an error, the pointer means nothing */
        if (!dial->params.szUserName[0]) {
            WINRAS_COPY_TEXT(dial->params.szUserName, dial->identity->szUserName);
        }
        give_eap(dial, info_of(dial->identity), info_size(dial->identity));
        trace_decision(WINRAS_DECIDED_USE_IDENTITY, dial->operation.function, 0, dial->eap_answer);
    }
}

/* A probe for the size, and again while the data are growing. The size must be exact, because no page says whether
 * RAS tells how much of a larger buffer it has filled; and the probe needs a buffer, since no page allows NULL. */
static void find_eap_data(struct dial *dial) {
    const rasapi *table = table_of(dial);
    uint32_t code = ERROR_BUFFER_TOO_SMALL;
    DWORD size = 0;

    for (int tries = 0; table->RasGetEapUserDataW && code == ERROR_BUFFER_TOO_SMALL && tries < MOST_PROBES; tries++) {
        forget_eap_data(dial);
        dial->eap_size = size;
        dial->eap_data = size <= MOST_EAP_DATA ? calloc(1, (size_t)size + 1) : NULL;
        if (!dial->eap_data) {
            return;
        }
        code = CALLS_CALL(table, RasGetEapUserDataW, NULL, phonebook_of(dial), dial->params.szEntryName, dial->eap_data,
                          &size);
    }
    if (code == ERROR_SUCCESS && size && size <= dial->eap_size) {
        give_eap(dial, dial->eap_data, size);
        trace_decision(WINRAS_DECIDED_USE_EAP_DATA, "RasGetEapUserData", 0, code);
    }
}

/* Who gives credentials dials with these alone: EAP entries take them as they are, as shipping clients show. For others
 * RAS is asked, without a window, for the identity that RasDial's page wants and, where it has none, for the user data
 * that DotRas 2 dials with. Whatever it answers, RasDial decides. */
static void find_eap(struct dial *dial) {
    if (dial->has_credentials || !dial->params.szEntryName[0]) {
        return;
    }
    dial->operation.function = "RasGetEapUserIdentity";
    find_identity(dial);
    see_silence(dial, dial->eap_answer);
    if (dial->eap_answer == ERROR_INVALID_FUNCTION_FOR_ENTRY) {
        dial->eap_answer = ERROR_SUCCESS;
    } else if (dial->eap_answer && may_go_on(dial)) {
        find_eap_data(dial);
    }
}

/* ---- the start ---- */

static uint32_t call_ras_dial(struct dial *dial) {
    DWORD(WINAPI * notifier)(ULONG_PTR, DWORD, HRASCONN, UINT, RASCONNSTATE, DWORD, DWORD) = notified;
    LPVOID pointer = NULL;

    /* Through memcpy: C has no conversion from a function's pointer to an object's. */
    memcpy(&pointer, &notifier, sizeof(pointer));
    dial->tried = TRUE;
    dial->dialled = now_of(dial);
    return CALLS_CALL(table_of(dial), RasDialW, &dial->extensions, phonebook_of(dial), &dial->params, NOTIFIER_KIND,
                      pointer, &dial->handle);
}

static uint32_t start(struct dial *dial) {
    uint32_t code;

    dial->phase = DIALLING;
    dial->is_gone = FALSE;
    dial->ends = WINRAS_ENDS_WITHOUT;
    dial->status_error = ERROR_SUCCESS;
    dial->operation.function = "RasDial";
    dial->operation.deadline = dial->deadline;
    dial->operation.interval = FIRST_INTERVAL;
    dial->operation.longest_interval = LONGEST_INTERVAL;
    dial->operation.decided_at = NO_DEADLINE;
    dial->ends_soon = FALSE;
    lock_dials();
    /* A new number, so that a late notice of an earlier try finds no dial. */
    dial->number = dial->params.dwCallbackId = ++dials.last_number;
    dial->has_final = FALSE;
    dial->last_state = RASCS_OpenPort;
    dial->told_handle = dial->given_handle = NULL;
    unlock_dials();
    code = call_ras_dial(dial);
    while (!dial->handle && is_elsewhere(dial, code)) {
        dial->phonebook++;
        code = call_ras_dial(dial);
    }
    lock_dials();
    dial->given_handle = dial->handle;
    unlock_dials();
    if (!dial->handle && (may_try_again(dial, code) || hang_up_lost(dial, code))) {
        dial->phase = STARTING;
        dial->operation.deadline = try_until(dial);
        dial->operation.interval = dial->pause;
        dial->pause = dial->pause * 2 < LONGEST_INTERVAL ? dial->pause * 2 : LONGEST_INTERVAL;
        tell_again(dial, code);
        return WINRAS_PENDING;
    }
    if (!code) {
        rasman_dialled(table_of(dial), &dial->rasman);
        winras_register(dial->operation.party.listener.service);
    }
    return code ? close_dial(dial, failure(RASCS_OpenPort, code), last_state(dial)) : (uint32_t)WINRAS_PENDING;
}

/* Each call may take long and cannot be interrupted. If the caller has cancelled meanwhile, nothing is
 * dialled; nor if the time is over, which an error of RAS explains better. */
static uint32_t ask(struct dial *dial) {
    unfinished_try_oldest(dial->operation.party.listener.service, table_of(dial));
    choose_phonebook(dial);
    if (may_go_on(dial)) {
        use_saved(dial);
    }
    if (may_go_on(dial)) {
        find_eap(dial);
    }
    if (operation_is_cancelled(&dial->operation)) {
        return WINRAS_CANCELLED;
    }
    if (is_late(dial)) {
        return close_dial(dial, dial->silence ? dial->silence : (uint32_t)WINRAS_TIMED_OUT, RASCS_OpenPort);
    }
    dial->tries_from = now_of(dial);
    return start(dial);
}

static uint32_t wake_rasman(struct dial *dial) {
    uint32_t code;

    if (!table_of(dial)->RasDialW) {
        return ERROR_PROC_NOT_FOUND;
    }
    dial->operation.function = "StartService";
    code = rasman_start(table_of(dial), &dial->rasman);
    dial->operation.decided_at = dial->rasman.until;
    if (code == WINRAS_PENDING && now_of(dial) < dial->deadline) {
        return code;
    }
    if (code) {
        return close_dial(dial, code == WINRAS_PENDING ? (uint32_t)WINRAS_TIMED_OUT : code, RASCS_OpenPort);
    }
    return ask(dial);
}

/* ---- the kind of operation ---- */

static uint32_t look_dial(winras_operation *operation) {
    struct dial *dial = dial_of(operation);

    switch (dial->phase) {
    case WAKING:
        return wake_rasman(dial);
    case STARTING:
        return begin_again(dial);
    case DIALLING:
        return look_dialling(dial);
    case LISTING:
        return look_listing(dial);
    case CLOSING:
        break;
    }
    return look_closing(dial);
}

static uint32_t before_dial_wait(winras_operation *operation) {
    struct dial *dial = dial_of(operation);
    uint32_t state, error;

    /* The caller has handled the notices that it read. */
    winras_leave(operation);
    if (!is_unread(dial) && operation->result == WINRAS_PENDING &&
        ((dial->phase == WAKING && !dial->rasman.asked) ||
         (dial->phase == DIALLING && take_final(dial, &state, &error)))) {
        operation_look(operation);
    }
    return is_unread(dial) ? (uint32_t)WINRAS_NOTICE : operation->result;
}

static uint32_t dial_woken(winras_operation *operation) {
    struct dial *dial = dial_of(operation);
    uint32_t result = is_unread(dial) ? (uint32_t)WINRAS_PENDING : operation_look_if_due(operation);

    return is_unread(dial) ? (uint32_t)WINRAS_NOTICE : result;
}

/* Ctrl+C and a cancellation do not wait long, and the end of the process not here. */
static void leave_nothing(struct dial *dial) {
    int64_t timeout = dial->operation.is_left ? 0 : GIVES_UP_AFTER;
    uint32_t result = dial->operation.result;
    BOOL is_interrupted = result == WINRAS_PENDING || result == WINRAS_CANCELLED;

    if (dial->phase == DIALLING) {
        see_told_handle(dial);
    }
    if (dial->handle || (is_interrupted && dial->ends == WINRAS_ENDS_REFUSED)) {
        give_back(dial, timeout);
    }
}

static void end_dial(winras_operation *operation) {
    struct dial *dial = dial_of(operation);
    struct dial **link = &dials.first;
    uint32_t service = operation->party.listener.service;

    if (!dial->taken && (!service || service == winras_active_service())) {
        leave_nothing(dial);
    }
    lock_dials();
    while (*link != dial) {
        link = &(*link)->next;
    }
    *link = dial->next;
    unlock_dials();
    wipe(dial);
}

/* Deaf until RasDial has taken it: a registration may block as any call may, and nothing can end before. */
static const operation_kind dial_kind = {.look = look_dial,
                                         .before_wait = before_dial_wait,
                                         .woken = dial_woken,
                                         .end = end_dial,
                                         .hears = HEARS_ALL_ENDS,
                                         .deaf = TRUE};

uint32_t winras_begin_dial(uint32_t service, const winras_dialling *dialling, int64_t timeout,
                           winras_operation **begun) {
    uint32_t code = operation_begin(service, &dial_kind, sizeof(struct dial), timeout, begun);
    struct dial *dial = dial_of(*begun);

    if (code) {
        return code;
    }
    dial->begun = now_of(dial);
    dial->deadline = dial->operation.deadline;
    fill_params(dial, dialling);
    dial->pause = FIRST_PAUSE;
    dial->operation.function = "RasDial";
    dial->operation.longest_interval = LONGEST_INTERVAL;
    lock_dials();
    dial->next = dials.first;
    dials.first = dial;
    unlock_dials();
    return ERROR_SUCCESS;
}

void winras_report_dial(winras_operation *operation, winras_dial_report *report) {
    struct dial *dial = dial_of(operation);

    memset(report, 0, sizeof(*report));
    report->handle = handle_from_native(dial->handle);
    report->state = dial->outcome ? dial->outcome_state : last_state(dial);
    report->tried = dial->tried != FALSE;
    report->saved = dial->saved;
    report->dialled = dial->dialled;
    report->start_service = dial->rasman.failure;
    report->get_credentials = dial->saved_answer;
    report->get_identity = dial->eap_answer;
    report->ends = dial->ends;
    report->hang_up = dial->hang_up;
    memcpy(report->phonebook, dial->phonebooks[dial->phonebook], sizeof(report->phonebook));
}

uint32_t winras_take(winras_operation **place) {
    winras_operation *operation = operation_claim(place);

    if (operation) {
        dial_of(operation)->taken = TRUE;
        operation_end(operation);
    }
    return operation != NULL;
}
