/* A sleep: a wait for the service's time alone, which asks nothing of RAS. */

#include <raserror.h>

#include "operation.h"

static uint32_t sleep_woken(winras_operation *operation) {
    return operation_now(operation) < operation->deadline ? (uint32_t)WINRAS_PENDING : (uint32_t)ERROR_SUCCESS;
}

static const operation_kind sleep_kind = {.woken = sleep_woken, .deaf = TRUE};

uint32_t winras_begin_sleep(uint32_t service, int64_t duration, winras_operation **begun) {
    uint32_t code = operation_begin(service, &sleep_kind, sizeof(winras_operation), duration, begun);

    if (!code) {
        (*begun)->next_look = NO_DEADLINE;
        (*begun)->function = "";
    }
    return code;
}
