/* A simulated service and its clients, each in a process of its own with several threads that call at random, so that
 * sanitizers see the races and leaks of both sides. `joining [CLIENTS [CALLS]]`; exits 1 at the first condition that
 * does not hold. */
#define _GNU_SOURCE /* fork, alarm */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <raserror.h>

#include "layouts.h"
#include "rasapi.h"
#include "simulator/control.h"

#include "must.h"

#define THREADS 3
#define ENTRIES 6
#define HANG_SECONDS 600

static const char16_t all_users[] = u"C:\\ProgramData\\Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk";

static int calls_each;

/* Those that all clients dial come first, then one for each client. */
static void name_entry(unsigned number, char16_t name[2]) {
    name[0] = (char16_t)(u'A' + number);
    name[1] = 0;
}

static unsigned draw(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % below;
}

static DWORD WINAPI hear(ULONG_PTR id, DWORD sub_entry, HRASCONN connection, UINT message, RASCONNSTATE state,
                         DWORD error, DWORD extended) {
    (void)id, (void)sub_entry, (void)connection, (void)message, (void)state, (void)error, (void)extended;
    return 1;
}

/* Without a notifier RasDial waits. */
static DWORD dial(unsigned entry, RASDIALFUNC2 notifier) {
    RASDIALPARAMSW params;
    HRASCONN connection = NULL;
    LPVOID function = NULL;
    DWORD code;

    memset(&params, 0, sizeof(params));
    params.dwSize = sizeof(params);
    name_entry(entry, params.szEntryName);
    memcpy(&function, &notifier, sizeof(function));
    code = RasDialW(NULL, NULL, &params, notifier ? 2 : 0, function, &connection);
    if (connection && !notifier) {
        RasHangUpW(connection);
    }
    return code;
}

static void list_and_use(unsigned what) {
    static const DWORD sizes[] = WINRAS_RASCONN_SIZES;
    BYTE buffer[64 * 1500];
    DWORD bytes = sizeof(buffer), count = 0;
    RASCONNSTATUSW status;
    RASCONNW first;

    memcpy(buffer, sizes, sizeof(DWORD));
    if (RasEnumConnectionsW((LPRASCONNW)(void *)buffer, &bytes, &count) || count == 0) {
        return;
    }
    memcpy(&first, buffer, sizes[0]);
    memset(&status, 0, sizeof(status));
    status.dwSize = sizeof(status);
    if (what == 0) {
        RasGetConnectStatusW(first.hrasconn, &status);
    } else {
        RasHangUpW(first.hrasconn);
    }
}

static void *call_at_random(void *given) {
    unsigned seed = (unsigned)(uintptr_t)given;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    uint64_t result;
    sim_action action;

    MUST(event);
    for (int i = 0; i < calls_each; i++) {
        memset(&action, 0, sizeof(action));
        name_entry(draw(&seed, ENTRIES), action.name);
        switch (draw(&seed, 8)) {
        case 0:
            dial(draw(&seed, ENTRIES), NULL);
            break;
        case 1:
            dial(draw(&seed, ENTRIES), hear);
            break;
        case 2:
            list_and_use(1);
            break;
        case 3:
            RasConnectionNotificationW((HRASCONN)INVALID_HANDLE_VALUE, event, RASCN_Connection | RASCN_Disconnection);
            break;
        case 4:
            action.action = draw(&seed, 2) ? SIM_CONNECT : SIM_DROP;
            sim_act(&action, &result);
            break;
        case 5:
            WaitForSingleObject(event, 1);
            break;
        default:
            list_and_use(0);
        }
    }
    CloseHandle(event);
    return NULL;
}

static HANDLE hearing, heard;

static DWORD WINAPI hear_long(ULONG_PTR id, DWORD sub_entry, HRASCONN connection, UINT message, RASCONNSTATE state,
                              DWORD error, DWORD extended) {
    (void)id, (void)sub_entry, (void)connection, (void)message, (void)state, (void)error, (void)extended;
    SetEvent(hearing);
    WaitForSingleObject(heard, HANG_SECONDS * 1000);
    return 1;
}

static void *leave(void *number) {
    sim_end(number);
    return NULL;
}

static DWORD ask_size(void) {
    DWORD bytes = 0, count = 0, code = RasEnumConnectionsW(NULL, &bytes, &count);

    return code == ERROR_BUFFER_TOO_SMALL ? (DWORD)ERROR_SUCCESS : code;
}

/* While one thread leaves, and waits for a notifier to return, another calls: the service is not there any more, and no
 * other is in its place. */
static void leave_while_told(unsigned entry, uint32_t *number) {
    pthread_t leaver;

    hearing = CreateEventW(NULL, TRUE, FALSE, NULL);
    heard = CreateEventW(NULL, TRUE, FALSE, NULL);
    MUST(hearing && heard);
    MUST(dial(entry, hear_long) == ERROR_SUCCESS);
    WaitForSingleObject(hearing, HANG_SECONDS * 1000);
    MUST(!pthread_create(&leaver, NULL, leave, number));
    while (ask_size() == ERROR_SUCCESS) {
    }
    MUST(ask_size() != ERROR_SUCCESS);
    SetEvent(heard);
    MUST(!pthread_join(leaver, NULL));
    CloseHandle(hearing);
    CloseHandle(heard);
}

/* Joins twice: whoever leaves may join again. */
static int be_client(const char *name, unsigned seed) {
    pthread_t threads[THREADS];
    uint32_t number;

    for (int turn = 0; turn < 2; turn++) {
        number = 0;
        MUST(sim_join(name, &number) == ERROR_SUCCESS);
        MUST(sim_is_joined());
        for (unsigned i = 0; i < THREADS; i++) {
            MUST(!pthread_create(&threads[i], NULL, call_at_random, (void *)(uintptr_t)(seed * THREADS + i)));
        }
        for (int i = 0; i < THREADS; i++) {
            MUST(!pthread_join(threads[i], NULL));
        }
        if (turn == 0) {
            leave_while_told(ENTRIES + seed, &number);
        } else if (seed % 2) {
            sim_end(&number); /* others just end */
        }
    }
    return 0;
}

static void add_entries(unsigned clients) {
    sim_entry entry;

    for (unsigned i = 0; i <= ENTRIES + clients; i++) {
        memset(&entry, 0, sizeof(entry));
        name_entry(i, entry.name);
        memcpy(entry.phonebook, all_users, sizeof(all_users));
        entry.dial_time = (int64_t)(i % ENTRIES) * 500;
        entry.hang_up_time = (int64_t)(ENTRIES - i % ENTRIES) * 300;
        MUST(sim_add_entry(&entry) == ERROR_SUCCESS);
    }
}

static void wait_for(pid_t child) {
    int status;

    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void hold_service(const char *program, int clients, const char *calls) {
    char name[32], seed[16];
    uint32_t number = 0;
    uint64_t count = 0;
    pid_t *children = calloc((size_t)clients, sizeof(*children));

    MUST(children);
    snprintf(name, sizeof(name), "joining-%ld", (long)getpid());
    MUST(sim_begin(1.0, FALSE, &number));
    add_entries((unsigned)clients);
    MUST(sim_serve(number, name) == ERROR_SUCCESS);
    for (int i = 0; i < clients; i++) {
        children[i] = fork();
        MUST(children[i] >= 0);
        if (children[i] == 0) {
            snprintf(seed, sizeof(seed), "%d", i + 1);
            execl(program, program, calls, name, seed, (char *)NULL);
            _exit(1);
        }
    }
    for (int i = 0; i < clients; i++) {
        wait_for(children[i]);
    }
    free(children);
    for (uint32_t function = 0; sim_function_name(function); function++) {
        uint64_t made = 0;

        MUST(sim_calls(function, &made) == ERROR_SUCCESS);
        count += made;
    }
    sim_end(&number);
    printf("%d clients have made %llu calls\n", clients, (unsigned long long)count);
}

int main(int count, char **arguments) {
    alarm(HANG_SECONDS);
    if (count == 4) {
        calls_each = atoi(arguments[1]);
        return be_client(arguments[2], (unsigned)atoi(arguments[3]));
    }
    hold_service("/proc/self/exe", count > 1 ? atoi(arguments[1]) : 4, count > 2 ? arguments[2] : "60");
    return 0;
}
