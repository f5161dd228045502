/* What is dialled and not wanted any more. */
#ifndef WINRAS_HANG_UP_H
#define WINRAS_HANG_UP_H

#include "unfinished.h"

/* How long Ctrl+C and a cancellation wait for RasHangUp to be taken, in microseconds. */
#define GIVES_UP_AFTER 250000

/* As unfinished_give_back; while RasHangUp is refused it is called again, at once, unless the call took longer than
 * that, and at growing intervals until the timeout. Returns the answer of the first two calls, the later if there were
 * two. */
uint32_t hang_up_given_back(uint32_t service, const winras_target *target, const char16_t name[257],
                            BOOL may_be_anothers, int64_t timeout);

#endif
