/* The wait until RasMan runs, before a call that needs it. */

#include "operation.h"
#include "rasman.h"

struct starting {
    winras_operation operation;
    rasman_starting rasman;
};

static struct starting *starting_of(winras_operation *operation) { return (struct starting *)(void *)operation; }

static uint32_t look_starting(winras_operation *operation) {
    struct starting *starting = starting_of(operation);

    uint32_t code = rasman_start(operation->party.listener.table, &starting->rasman);

    operation->decided_at = starting->rasman.until;
    return code;
}

static const operation_kind starting_kind = {.look = look_starting, .woken = operation_look_if_due, .deaf = TRUE};

uint32_t winras_begin_start(uint32_t service, winras_operation **begun) {
    uint32_t code = operation_begin(service, &starting_kind, sizeof(struct starting), -1, begun);

    if (!code) {
        (*begun)->function = "StartService";
        operation_look(*begun);
    }
    return code;
}

uint32_t winras_start_failure(winras_operation *operation) { return starting_of(operation)->rasman.failure; }
