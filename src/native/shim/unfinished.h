/* Hang-ups that this process has issued and has not yet seen to end. */
#ifndef WINRAS_UNFINISHED_H
#define WINRAS_UNFINISHED_H

#include "target.h"

/* The 3 s that RasHangUp's page gives a port to close, in microseconds. After one RasHangUp, a
 * connection that stays Connected for that long is held by others. */
#define PORT_CLOSES 3000000

/* Calls RasHangUp; the hang-up is unfinished from before the call until its end is seen. Returns
 * RasHangUp's answer, or 8 if memory is short. */
uint32_t unfinished_hang_up(uint32_t service, const rasapi *table, const winras_target *target);
BOOL unfinished_has(uint32_t service, const winras_target *target);
/* Its end has been seen. */
void unfinished_forget(uint32_t service, const winras_target *target);
/* Asks RAS how each one is, and takes those that have ended off the list. */
void unfinished_look(uint32_t service, const rasapi *table);

#endif
