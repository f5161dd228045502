/* Is this handle still that connection? */
#ifndef WINRAS_TARGET_H
#define WINRAS_TARGET_H

#include "calls.h"

/* What an enumeration says of a target: it is not listed, it is listed, or its handle now belongs
 * to another. */
enum presence { ABSENT, PRESENT, REPLACED };

BOOL target_same(const winras_target *a, const winras_target *b);
enum presence target_presence(const winras_connection *connections, uint32_t count, const winras_target *target);
/* Takes the ids of its connection, from an enumeration, into a target that has none. */
void target_learn(winras_target *target, const winras_connection *connection);
/* No id that both have differs. */
BOOL target_same_ids(const winras_target *a, const winras_target *b);
/* Takes the ids that are known of the same connection, where the target has none. */
void target_learn_ids(winras_target *target, const winras_target *known);
/* Enumerates. */
uint32_t target_find(const rasapi *table, const winras_target *target, enum presence *presence);
/* The target's status; of a link, 6 once it has ended. */
uint32_t target_look(const rasapi *table, const winras_target *target, winras_status *status);
/* Whether that is the answer of a connection that is up no more: it is gone, or RasMan is disabled and does not run. */
BOOL target_has_ended(uint32_t code);
/* The RAS function that target_look calls. */
const char *target_look_function(const winras_target *target);

#endif
