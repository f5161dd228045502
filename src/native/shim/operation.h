/* What the files of the shim share: the waiting operation, and the calls that several need. */
#ifndef WINRAS_OPERATION_H
#define WINRAS_OPERATION_H

#include <windows.h>

#include <ras.h>

#include "rasapi.h"
#include "shim.h"

#define SHIM_NO_DEADLINE INT64_MAX
/* Between two looks; each is twice as long. */
#define SHIM_FIRST_INTERVAL 5000
/* The 3 s that RasHangUp's page gives a port to close. After one RasHangUp, a connection that is
 * Connected for so long is held by others. */
#define SHIM_PORT_CLOSES 3000000

enum { CONNECTIONS, DISCONNECTIONS, KINDS };

struct winras_operation {
    uint32_t (*look)(winras_operation *);
    uint32_t service;
    const rasapi *api;
    winras_target target;
    int all_references;
    int issued; /* RasHangUp has been called and has answered 0 */
    int64_t issued_at;
    int64_t deadline;
    int64_t interval;
    int64_t longest_interval;
    int64_t next_look;
    uint32_t result;
    const char *function;
    int cancelled;
    uint64_t seen[KINDS]; /* signals, when it last looked */
    uint64_t all_seen;
    int64_t check_every; /* a watch's; 0 for the others */
    BOOL looked_last;
    HANDLE wake; /* its own event */
    rasapi_waiter waiter;
    winras_operation *next; /* in hubs.operations */
    struct shim_dial *dial; /* of a dialling */
};

/* The table of the service, if it is the active one; else an answer of ours. */
uint32_t shim_find_api(uint32_t service, const rasapi **api);
uint32_t shim_answer_of(uint32_t service, uint32_t code);
HRASCONN shim_native_handle(uint64_t handle);
int64_t shim_later(int64_t now, int64_t duration);
int shim_means_gone(uint32_t code);
uint32_t shim_enumerate(const rasapi *api, winras_connection **connections, uint32_t *count);
uint32_t shim_get_status(const rasapi *api, uint64_t handle, winras_status *status);

uint32_t shim_begin(uint32_t service, const winras_target *target, int64_t timeout,
                    uint32_t (*look)(winras_operation *), winras_operation **begun);
void shim_look_and_plan(winras_operation *operation);
int shim_is_cancelled(winras_operation *operation);
/* RasHangUp, listed as unfinished until its end is seen. */
void shim_hang_up_once(winras_operation *operation);
void shim_forget_unfinished(uint32_t service, const winras_target *target);

/* Of a dialling: what to do before a wait and after it; WINRAS_PENDING: wait, or wait on. */
uint32_t shim_before_dial_wait(winras_operation *operation);
uint32_t shim_after_dial_wait(winras_operation *operation);
/* Hangs up what nobody has taken, and wipes what is secret. */
void shim_end_dial(winras_operation *operation);

#endif
