/* Several watches that one thread waits for, as that of an event loop does. */

#include <stdlib.h>

#include <raserror.h>

#include "operation.h"

struct winras_group {
    looks_party party;
};

uint32_t winras_begin_group(uint32_t service, winras_group **begun) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);
    winras_group *group;

    *begun = NULL;
    if (code) {
        return code;
    }
    group = calloc(1, sizeof(*group));
    if (!group) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = signals_begin(&group->party.listener, service, table);
    if (code) {
        free(group);
        return code;
    }
    *begun = group;
    return ERROR_SUCCESS;
}

void winras_join(winras_group *group, winras_operation *operation) {
    operation->seat.until = operation->seat.must = operation->deadline;
    looks_move(&operation->seat, &group->party);
}

void winras_part(winras_operation *operation) { looks_move(&operation->seat, &operation->party); }

uint32_t winras_step_group(winras_group *group, uint32_t threads, uint32_t slice_ms, winras_operation **ready) {
    looks_party *party = &group->party;
    DWORD woken = looks_wait(party, threads, slice_ms);
    looks_seat *found = party->found;
    BOOL has_ended = party->listener.service != rasapi_simulator_running();

    *ready = NULL;
    if (has_ended || (woken == RPC_S_SERVER_UNAVAILABLE && !found)) {
        found = looks_first(party);
    }
    if (!found && has_ended) {
        return WINRAS_OTHER_SERVICE;
    }
    if (found) {
        *ready = operation_of_seat(found); /* not to be touched here: another thread may have ended it */
        return ERROR_SUCCESS;
    }
    if (woken == WAIT_OBJECT_0 || woken == WAIT_TIMEOUT) {
        return WINRAS_PENDING;
    }
    return woken == ERROR_POSSIBLE_DEADLOCK ? (uint32_t)WINRAS_DEADLOCK : woken;
}

void winras_wake_group(winras_group *group) { looks_call_party(&group->party); }

void winras_end_group(winras_group **place) {
    winras_group *group = *place;
    looks_seat *seat;

    *place = NULL;
    if (group) {
        group->party.listener.table->leave(&group->party.listener.waiter);
        while ((seat = looks_first(&group->party))) {
            winras_part(operation_of_seat(seat));
        }
        signals_end(&group->party.listener);
        free(group);
    }
}
