/* The wait of a watch: it answers when there is something to see. Which picture that is, looks.c decides. */

#include <raserror.h>

#include "operation.h"

static uint32_t watch_woken(winras_operation *operation) {
    looks_seat *seat = &operation->seat;

    if (seat->is_ready) {
        return WINRAS_LOOK;
    }
    return seat->is_last && operation_now(operation) >= operation->deadline ? WINRAS_TIMED_OUT : WINRAS_PENDING;
}

static const operation_kind watch_kind = {.woken = watch_woken, .hears = HEARS_PICTURES};

uint32_t winras_begin_watch(uint32_t service, int64_t timeout, int64_t check_every, winras_operation **begun) {
    uint32_t code = operation_begin(service, &watch_kind, sizeof(winras_operation), timeout, begun);

    if (!code) {
        (*begun)->seat.check_every = check_every;
        (*begun)->function = "RasEnumConnections";
    }
    return code;
}

const winras_picture *winras_see(winras_operation *operation) { return &operation->seat.seen->flat; }

uint32_t winras_signalled(const winras_operation *operation) { return operation->seat.signalled != FALSE; }

uint32_t winras_missed(const winras_operation *operation) { return operation->seat.missed != FALSE; }

void winras_saw(winras_operation *operation) {
    operation->seat.is_ready = FALSE;
    winras_leave(operation);
}
