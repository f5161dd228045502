/* The waits for an end: hang up a connection, wait until somebody else has, give back what a dial
 * leaves, finish what is unfinished.
 *
 * RasHangUp returns before the connection is gone, so a hang-up looks at the connection's status
 * until its handle is dead: at growing intervals, and at once when RAS signals a disconnection. RAS
 * counts references, so one RasHangUp may leave the connection Connected. */

#include "hang_up.h"

#include <raserror.h>

#include "operation.h"
#include "rasman.h"

/* How long a hang-up, and wait_closed, may go without a look if disconnections are registered: 500 ms and 5 s. */
#define LONGEST_SIGNALLED_INTERVAL 500000
#define LONGEST_CLOSED_INTERVAL 5000000

struct ending {
    winras_operation operation;
    winras_target target;
    BOOL all_references;
    BOOL issued; /* RasHangUp has answered 0 */
    int64_t issued_at;
    uint32_t answer; /* RasHangUp's last */
};

static struct ending *ending_of(winras_operation *operation) { return (struct ending *)(void *)operation; }

static uint32_t gone(struct ending *ending) {
    unfinished_forget(ending->operation.party.listener.service, &ending->target);
    return ERROR_SUCCESS;
}

/* 617: it is being hung up already, so the wait goes on. */
static uint32_t hang_up_once(struct ending *ending) {
    winras_operation *operation = &ending->operation;
    int64_t now = operation_now(operation);
    uint32_t code;

    operation->function = "RasHangUp";
    code = unfinished_hang_up(operation->party.listener.service, operation->party.listener.table, &ending->target);
    ending->answer = code;
    if (!code && ending->issued) {
        trace_decision(WINRAS_DECIDED_HANG_UP_AGAIN, operation->function, ending->target.handle, code);
    }
    if (!code && !ending->issued) {
        ending->issued = TRUE;
        ending->issued_at = now;
        operation->decided_at = ending->all_references ? NO_DEADLINE : operation_later(now, PORT_CLOSES);
    }
    if (calls_means_gone(code)) {
        return ERROR_SUCCESS;
    }
    return code && code != ERROR_ALREADY_DISCONNECTING ? code : (uint32_t)WINRAS_PENDING;
}

static uint32_t look_hang_up(winras_operation *operation) {
    struct ending *ending = ending_of(operation);
    const rasapi *table = operation->party.listener.table;
    winras_status status;
    enum presence presence = PRESENT;
    uint32_t code;

    operation->function = target_look_function(&ending->target);
    code = target_look(table, &ending->target, &status);
    if (target_has_ended(code)) {
        return gone(ending);
    }
    /* The hang-up goes on, whatever else a look answers: only the deadline ends the wait. */
    if (code || status.state != RASCS_Connected) {
        return WINRAS_PENDING;
    }
    if (ending->target.enumerated) {
        if (target_find(table, &ending->target, &presence)) {
            return WINRAS_PENDING;
        }
        if (presence == REPLACED) {
            return gone(ending);
        }
    }
    if (presence == PRESENT && ending->all_references) {
        return hang_up_once(ending);
    }
    if (presence == PRESENT && ending->issued && operation_now(operation) - ending->issued_at >= PORT_CLOSES) {
        unfinished_let_go(operation->party.listener.service, &ending->target);
        return WINRAS_STILL_HELD;
    }
    return WINRAS_PENDING;
}

static uint32_t look_closed(winras_operation *operation) {
    struct ending *ending = ending_of(operation);
    const rasapi *table = operation->party.listener.table;
    winras_status status;
    enum presence presence = ABSENT;
    uint32_t code;
    BOOL is_gone;

    operation->function = target_look_function(&ending->target);
    code = target_look(table, &ending->target, &status);
    is_gone = calls_means_gone(code);
    if (!code && status.state == RASCS_Connected && ending->target.enumerated) {
        operation->function = "RasEnumConnections";
        code = target_find(table, &ending->target, &presence);
        is_gone = !code && presence == REPLACED;
    }
    if (is_gone) {
        return gone(ending);
    }
    return code ? code : (uint32_t)WINRAS_PENDING;
}

static uint32_t look_finish(winras_operation *operation) {
    operation->function = "RasGetConnectStatus";
    if (unfinished_look(operation->party.listener.service, operation->party.listener.table)) {
        operation_must_look(operation);
    }
    return winras_unfinished(operation->party.listener.service) ? (uint32_t)WINRAS_PENDING : (uint32_t)ERROR_SUCCESS;
}

static uint32_t look_giving(winras_operation *operation) {
    struct ending *giving = ending_of(operation);

    unfinished_try(operation->party.listener.service, operation->party.listener.table, &giving->target);
    operation_must_look(operation);
    return unfinished_is_owed(operation->party.listener.service, &giving->target) ? (uint32_t)WINRAS_PENDING
                                                                                  : (uint32_t)ERROR_SUCCESS;
}

/* Only time wakes it: a RAS that signals at each RasHangUp that it refuses would be called without a pause. So the
 * growing intervals also bound how often it is called. */
static uint32_t giving_woken(winras_operation *operation) {
    int64_t now = operation_now(operation);

    if (now >= operation->next_look || now >= operation->deadline) {
        operation_look(operation);
    }
    return operation->result;
}

static const operation_kind hang_up_kind = {
    .look = look_hang_up, .woken = operation_look_if_due, .times_out = TRUE, .hears = HEARS_ENDS};
static const operation_kind closed_kind = {
    .look = look_closed, .woken = operation_look_if_due, .times_out = TRUE, .hears = HEARS_ENDS};
static const operation_kind finish_kind = {
    .look = look_finish, .woken = operation_look_if_due, .times_out = TRUE, .hears = HEARS_ALL_ENDS};
static const operation_kind giving_kind = {.look = look_giving, .woken = giving_woken, .times_out = TRUE, .deaf = TRUE};

/* The first look, and RasHangUp if the connection is still there. One that is not listed counts as
 * gone, unless this process has hung it up and still waits for its end. */
static uint32_t look_before(struct ending *ending) {
    winras_operation *operation = &ending->operation;
    const rasapi *table = operation->party.listener.table;
    enum presence presence = PRESENT;
    winras_status status;
    uint32_t code = ERROR_SUCCESS;

    if (ending->target.enumerated) {
        operation->function = "RasEnumConnections";
        code = target_find(table, &ending->target, &presence);
    } else if (ending->target.parent) {
        operation->function = target_look_function(&ending->target);
        code = target_look(table, &ending->target, &status);
        if (calls_means_gone(code)) {
            return ERROR_SUCCESS;
        }
    }
    if (code) {
        return code;
    }
    if (presence == PRESENT) {
        return hang_up_once(ending);
    }
    if (presence == ABSENT && unfinished_has(operation->party.listener.service, &ending->target)) {
        return unfinished_is_owed(operation->party.listener.service, &ending->target) ? hang_up_once(ending)
                                                                                      : (uint32_t)WINRAS_PENDING;
    }
    return ERROR_SUCCESS;
}

uint32_t winras_begin_hang_up(uint32_t service, const winras_target *target, int64_t timeout, uint32_t all_references,
                              winras_operation **begun) {
    uint32_t code = operation_begin(service, &hang_up_kind, sizeof(struct ending), timeout, begun);
    struct ending *ending = ending_of(*begun);

    if (code) {
        return code;
    }
    ending->target = *target;
    ending->operation.seat.target = &ending->target;
    ending->all_references = all_references != 0;
    if (!target->parent && signals_has_registered(service, DISCONNECTIONS)) {
        ending->operation.longest_interval = LONGEST_SIGNALLED_INTERVAL;
    }
    ending->operation.result = look_before(ending);
    if (ending->operation.result == WINRAS_PENDING) {
        operation_look(&ending->operation);
    }
    return ERROR_SUCCESS;
}

uint32_t winras_hang_up_refusal(winras_operation *operation) {
    const struct ending *ending = ending_of(operation);

    return ending->issued ? (uint32_t)ERROR_SUCCESS : ending->answer;
}

uint32_t winras_begin_wait_closed(uint32_t service, const winras_target *target, int64_t timeout,
                                  winras_operation **begun) {
    uint32_t code = operation_begin(service, &closed_kind, sizeof(struct ending), timeout, begun);
    struct ending *ending = ending_of(*begun);

    if (code) {
        return code;
    }
    ending->target = *target;
    ending->operation.seat.target = &ending->target;
    if (!target->parent && signals_has_registered(service, DISCONNECTIONS)) {
        ending->operation.longest_interval = LONGEST_CLOSED_INTERVAL;
    }
    operation_look(&ending->operation);
    return ERROR_SUCCESS;
}

uint32_t winras_begin_finish(uint32_t service, int64_t timeout, winras_operation **begun) {
    uint32_t code = operation_begin(service, &finish_kind, sizeof(winras_operation), timeout, begun);

    if (!code) {
        operation_look(*begun);
    }
    return code;
}

/* In real time too, because a simulated clock may stand still. */
static void insist(uint32_t service, const winras_target *target, int64_t timeout) {
    int64_t until = rasapi_real_now() + timeout;
    winras_operation *giving = NULL;
    uint32_t code = operation_begin(service, &giving_kind, sizeof(struct ending), timeout, &giving);

    if (code) {
        return;
    }
    ending_of(giving)->target = *target;
    operation_must_look(giving);
    giving->next_look = giving->decided_at;
    do {
        code = winras_step(giving, UINT32_MAX, WINRAS_SLICE_MS);
    } while (code == WINRAS_PENDING && rasapi_real_now() < until);
    winras_end(&giving);
}

uint32_t hang_up_given_back(uint32_t service, const winras_target *target, const char16_t name[257],
                            BOOL may_be_anothers, int64_t timeout) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);
    int64_t begun, until;
    BOOL is_quick;

    if (code) {
        return code;
    }
    begun = table->now();
    until = operation_later(begun, timeout);
    code = unfinished_give_back(service, table, target, name, may_be_anothers);
    is_quick = table->now() - begun <= GIVES_UP_AFTER;
    if (code && unfinished_is_owed(service, target) && is_quick && !rasman_is_silence(code)) {
        code = unfinished_try(service, table, target);
    }
    if (code && unfinished_is_owed(service, target) && table->now() < until) {
        insist(service, target, until - table->now());
    }
    return code;
}

void winras_give_back(uint32_t service, uint64_t handle) {
    static const char16_t any[257] = {0};
    winras_target target = {.handle = handle};

    hang_up_given_back(service, &target, any, FALSE, GIVES_UP_AFTER);
}
