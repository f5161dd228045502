/* How soon a bare C wait on a registered event returns after the change that signals it, on the
 * simulator's real clock: microseconds, one a line. For benchmarks/watching.py. */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <windows.h>

#include <ras.h>

#include "control.h"

static double now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static HANDLE event;
static HANDLE done;
static double woken;
static int rounds;

static void *wait_for_all(void *nothing) {
    for (int i = 0; i < rounds; i++) {
        WaitForSingleObject(event, 10000);
        woken = now();
        SetEvent(done);
    }
    return nothing;
}

int main(int argc, char **argv) {
    static sim_entry entry;
    static sim_action action;
    struct timespec pause = {0, 2000000};
    uint64_t result;
    pthread_t thread;

    rounds = argc > 1 ? atoi(argv[1]) : 1000;
    if (!sim_begin(1.0, 0)) {
        return 1;
    }
    memcpy(entry.name, u"A", sizeof(u"A"));
    memcpy(action.name, u"A", sizeof(u"A"));
    entry.sub_entries = 1;
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    done = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (sim_add_entry(&entry) ||
        RasConnectionNotificationW((HRASCONN)INVALID_HANDLE_VALUE, event, RASCN_Connection | RASCN_Disconnection) ||
        pthread_create(&thread, NULL, wait_for_all, NULL)) {
        return 1;
    }
    for (int i = 0; i < rounds; i++) {
        double begun;

        nanosleep(&pause, NULL);
        action.action = i % 2 ? SIM_DROP : SIM_CONNECT;
        begun = now();
        if (sim_act(&action, &result)) {
            return 1;
        }
        WaitForSingleObject(done, 10000);
        printf("%.1f\n", woken - begun);
    }
    pthread_join(thread, NULL);
    sim_end();
    return 0;
}
