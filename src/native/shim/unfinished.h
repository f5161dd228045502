/* Hang-ups of this process whose end it has not yet seen. RasHangUp is owed to those whose connection nobody else will
 * hang up, from the beginning until RAS has taken it. */
#ifndef WINRAS_UNFINISHED_H
#define WINRAS_UNFINISHED_H

#include "target.h"

/* The 3 s that RasHangUp's page gives a port to close, in microseconds. After one RasHangUp, a
 * connection that stays Connected for that long is held by others. */
#define PORT_CLOSES 3000000

/* Calls RasHangUp; the hang-up is unfinished from before the call until its end is seen. Returns
 * RasHangUp's answer, or 8 if memory is short. */
uint32_t unfinished_hang_up(uint32_t service, const rasapi *table, const winras_target *target);
/* The same of what nobody else will hang up: of a dial that failed, or whose caller is gone. Whatever RasHangUp answers
 * but 0, it stays on the list, and is owed until RasGetConnectStatus says too that the connection is gone. The handle
 * `may_be_anothers` if it has seemed to be dead. `name` is that of the entry, or empty. */
uint32_t unfinished_give_back(uint32_t service, const rasapi *table, const winras_target *target,
                              const char16_t name[257], BOOL may_be_anothers);
/* Whether it is owed to that connection. */
BOOL unfinished_is_owed(uint32_t service, const winras_target *target);
/* Calls RasHangUp again if it is owed, unless another thread does; returns its last answer. */
uint32_t unfinished_try(uint32_t service, const rasapi *table, const winras_target *target);
/* The same for the two that have waited longest, but for those whose last try has taken long, until ten times that has
 * passed. Nor is RasHangUp called if no enumeration tells whose the handle is now. */
void unfinished_try_oldest(uint32_t service, const rasapi *table);
BOOL unfinished_has(uint32_t service, const winras_target *target);
/* Its end has been seen. */
void unfinished_forget(uint32_t service, const winras_target *target);
/* Calls RasHangUp where it is owed, asks RAS how the others are, and takes those that have ended off the list. Returns
 * whether it is still owed to one. */
BOOL unfinished_look(uint32_t service, const rasapi *table);

#endif
