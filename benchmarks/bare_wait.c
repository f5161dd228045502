/* How soon a bare C wait on a registered event object returns after the change that signals it, on the simulator's
 * real clock. A library for benchmarks/waiting.py, which times other waits by turns with this one. */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <windows.h>

#include <ras.h>

#include "control.h"

DWORD RasConnectionNotificationW(HRASCONN connection, HANDLE event, DWORD flags);

static HANDLE event;
static HANDLE done;
static struct timespec woken;
static uint32_t simulator;

static void *wait_for_all(void *nothing) {
    for (;;) {
        WaitForSingleObject(event, 0x7FFFFFFF);
        clock_gettime(CLOCK_MONOTONIC, &woken);
        SetEvent(done);
    }
    return nothing;
}

/* Begins to wait; 0, or what failed. */
uint32_t bare_begin(void) {
    static sim_entry entry;
    pthread_t thread;
    uint32_t code;

    if (!sim_begin(1.0, 0, &simulator)) {
        return 1;
    }
    memcpy(entry.name, u"A", sizeof(u"A"));
    entry.sub_entries = 1;
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    done = CreateEventW(NULL, FALSE, FALSE, NULL);
    code = sim_add_entry(&entry);
    if (!code) {
        code =
            RasConnectionNotificationW((HRASCONN)INVALID_HANDLE_VALUE, event, RASCN_Connection | RASCN_Disconnection);
    }
    return code ? code : (uint32_t)pthread_create(&thread, NULL, wait_for_all, NULL);
}

/* Connects, or drops what is connected; returns after how many seconds the wait was over, or -1. */
double bare_turn(void) {
    static sim_action action = {.action = SIM_DROP};
    struct timespec begun;
    uint64_t result;

    memcpy(action.name, u"A", sizeof(u"A"));
    action.action = action.action == SIM_DROP ? SIM_CONNECT : SIM_DROP;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    if (sim_act(&action, &result) || WaitForSingleObject(done, 10000) != WAIT_OBJECT_0) {
        return -1;
    }
    return (double)(woken.tv_sec - begun.tv_sec) + (double)(woken.tv_nsec - begun.tv_nsec) / 1e9;
}
