/* A client of the drop-in that has not joined a simulated service by itself joins the one that the environment names,
 * with its first call. That is for programs under test, which know nothing of simulators. */

#include <stdio.h>

#include <windows.h>

#include "fork.h"
#include "simulator/channel.h"
#include "simulator/control.h"
#include "simulator/requests.h"

#define VARIABLE "WINRAS_SIMULATOR"

static struct {
    SRWLOCK lock;
    BOOL tried;
} joining = {SRWLOCK_INIT, FALSE};

AFTER_FORK(forget_joining, {
    InitializeSRWLock(&joining.lock);
    joining.tried = FALSE;
});

static const char *what_is_wrong(uint32_t code) {
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
        return "no process serves it";
    case ERROR_ACCESS_DENIED:
        return "another user serves it";
    case ERROR_INVALID_PARAMETER:
        return "it must have 1 to 64 letters of ASCII, digits, '.', '_' and '-'";
    case ERROR_REVISION_MISMATCH:
        return "it is served by another version of winras";
    default:
        return "it does not answer";
    }
}

static void join_named(const char *name) {
    uint32_t number = 0;
    uint32_t code = sim_join(name, &number);

    if (code) {
        fprintf(stderr,
                "rasapi32.dll (winras drop-in): cannot join the simulated service '%s' that " VARIABLE
                " names: %s (error %lu); RAS calls answer 711\n",
                channel_is_name(name) ? name : "?", what_is_wrong(code), (unsigned long)code);
        fflush(stderr);
    }
}

static void join_once(void) {
    char name[256] = "";
    DWORD length;

    AcquireSRWLockExclusive(&joining.lock);
    length = joining.tried ? 0 : GetEnvironmentVariableA(VARIABLE, name, sizeof(name));
    if (length >= sizeof(name)) {
        name[0] = 0;
    }
    if (length && !rasapi_simulator_running()) {
        join_named(name);
    }
    joining.tried = TRUE;
    ReleaseSRWLockExclusive(&joining.lock);
}

__attribute__((constructor)) static void begin_drop_in(void) { client_begins = join_once; }
