/* The wait of a watch: it tells its caller when to look, and why.
 *
 * It is time to look after each signal, and when `check_every` has passed since the last check;
 * signals do not move the checks. The caller enumerates and compares, between winras_look and
 * winras_leave. */

#include <raserror.h>

#include "operation.h"

struct watch {
    winras_operation operation;
    int64_t check_every;
    BOOL looked_last; /* once more after the deadline */
};

static struct watch *watch_of(winras_operation *operation) { return (struct watch *)(void *)operation; }

static uint32_t watch_woken(winras_operation *operation) {
    struct watch *watch = watch_of(operation);
    int64_t now = operation_now(operation);
    BOOL over = now >= operation->deadline;

    if ((over || signals_any(&operation->listener) || now >= operation->next_look) && !watch->looked_last) {
        watch->looked_last = over;
        return WINRAS_LOOK;
    }
    return over ? WINRAS_TIMED_OUT : WINRAS_PENDING;
}

static const operation_kind watch_kind = {.woken = watch_woken};

uint32_t winras_begin_watch(uint32_t service, int64_t timeout, int64_t check_every, winras_operation **begun) {
    uint32_t code = operation_begin(service, &watch_kind, sizeof(struct watch), timeout, begun);

    if (!code) {
        watch_of(*begun)->check_every = check_every;
        (*begun)->function = "RasEnumConnections";
    }
    return code;
}

void winras_look(winras_operation *operation, winras_reasons *reasons) {
    int64_t now = operation_now(operation);

    signals_take(&operation->listener, reasons);
    reasons->check = now >= operation->next_look;
    if (reasons->check) {
        operation->next_look = operation_later(now, watch_of(operation)->check_every);
    }
}

void winras_look_again(winras_operation *operation, int64_t after) {
    operation->next_look = operation_later(operation_now(operation), after);
}
