/* Whether a handle is still the connection that it was.
 *
 * A handle alone cannot tell: once its connection is gone, Windows may give the same number to
 * another. So a target remembers the ids of its connection too, and an enumeration confirms it. A
 * link has a handle but is not enumerated; RasGetSubEntryHandle tells about it by the handle of its
 * connection. */

#include "target.h"

#include <string.h>

#include <raserror.h>

/* Windows sometimes leaves an id zero, so only ids that are both set and differ tell connections
 * apart. */
static BOOL ids_agree(const uint8_t a[16], const uint8_t b[16]) {
    static const uint8_t none[16] = {0};

    return memcmp(a, b, 16) == 0 || memcmp(a, none, 16) == 0 || memcmp(b, none, 16) == 0;
}

BOOL target_same(const winras_target *a, const winras_target *b) {
    return a->handle == b->handle && a->parent == b->parent && a->sub_entry == b->sub_entry &&
           ids_agree(a->entry_id, b->entry_id) && ids_agree(a->correlation_id, b->correlation_id);
}

enum presence target_presence(const winras_connection *connections, uint32_t count, const winras_target *target) {
    for (uint32_t i = 0; i < count; i++) {
        if (connections[i].handle == target->handle) {
            return ids_agree(connections[i].entry_id, target->entry_id) &&
                           ids_agree(connections[i].correlation_id, target->correlation_id)
                       ? PRESENT
                       : REPLACED;
        }
    }
    return ABSENT;
}

static void learn(uint8_t id[16], const uint8_t seen[16]) {
    static const uint8_t none[16] = {0};

    if (memcmp(id, none, 16) == 0) {
        memcpy(id, seen, 16);
    }
}

BOOL target_same_ids(const winras_target *a, const winras_target *b) {
    return ids_agree(a->entry_id, b->entry_id) && ids_agree(a->correlation_id, b->correlation_id);
}

void target_learn_ids(winras_target *target, const winras_target *known) {
    learn(target->entry_id, known->entry_id);
    learn(target->correlation_id, known->correlation_id);
}

void target_learn(winras_target *target, const winras_connection *connection) {
    target->enumerated = TRUE;
    learn(target->entry_id, connection->entry_id);
    learn(target->correlation_id, connection->correlation_id);
}

uint32_t target_find(const rasapi *table, const winras_target *target, enum presence *presence) {
    calls_enumeration enumeration;
    winras_connection connection;
    uint32_t code = calls_begin_enumeration(table, &enumeration);

    *presence = ABSENT;
    for (uint32_t i = 0; i < enumeration.count && *presence == ABSENT; i++) {
        if (calls_enumerated_handle(&enumeration, i) == target->handle) {
            calls_enumerated(&enumeration, i, &connection);
            *presence = target_presence(&connection, 1, target);
        }
    }
    calls_end_enumeration(&enumeration);
    return code;
}

/* A link's own status may still answer when the link is gone (RasHangUp's page), so its connection
 * is asked (RasGetSubEntryHandle's page). */
uint32_t target_look(const rasapi *table, const winras_target *target, winras_status *status) {
    uint64_t handle = 0;
    uint32_t code;

    memset(status, 0, sizeof(*status));
    if (!target->parent) {
        return calls_get_status(table, target->handle, status);
    }
    code = calls_get_sub_entry(table, target->parent, target->sub_entry, &handle);
    if (code == ERROR_PORT_NOT_OPEN || code == ERROR_NO_MORE_ITEMS || (!code && handle != target->handle)) {
        code = ERROR_INVALID_HANDLE;
    }
    return code;
}

BOOL target_has_ended(uint32_t code) { return calls_means_gone(code) || code == ERROR_SERVICE_DISABLED; }

const char *target_look_function(const winras_target *target) {
    return target->parent ? "RasGetSubEntryHandle" : "RasGetConnectStatus";
}
