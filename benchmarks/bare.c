/* RAS called from C, with nothing around it: for benchmarks/calls.py, which calls each function once for many calls of
 * RAS. They return nanoseconds for all of these, or an error number below 0. */

#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif

DWORD WINAPI RasEnumConnectionsW(LPRASCONNW connections, LPDWORD size, LPDWORD count);
DWORD WINAPI RasGetConnectStatusW(HRASCONN connection, LPRASCONNSTATUSW status);

EXPORT int64_t bare_connections(uint32_t times);
EXPORT int64_t bare_status(uint64_t connection, uint32_t times);
EXPORT int64_t bare_snapshot(uint32_t times);

static RASCONNW *kept;
static DWORD room;
static DWORD count;

static int64_t now(void) {
#ifdef _WIN32
    LARGE_INTEGER ticks, second;

    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&second);
    return (int64_t)((double)ticks.QuadPart * 1e9 / (double)second.QuadPart);
#else
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
#endif
}

static DWORD enumerate(void) {
    for (;;) {
        DWORD size = room, code;
        RASCONNW *larger;

        if (kept) {
            kept->dwSize = sizeof(RASCONNW);
        }
        code = RasEnumConnectionsW(kept, &size, &count);
        if (code != ERROR_BUFFER_TOO_SMALL) {
            return code;
        }
        larger = realloc(kept, size);
        if (!larger) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        kept = larger;
        room = size;
    }
}

static DWORD get_status(HRASCONN connection) {
    static RASCONNSTATUSW status;

    status.dwSize = sizeof(status);
    return RasGetConnectStatusW(connection, &status);
}

static int64_t since(int64_t begun, DWORD code) { return code ? -(int64_t)code : now() - begun; }

EXPORT int64_t bare_connections(uint32_t times) {
    DWORD code = enumerate();
    int64_t begun = now();

    for (uint32_t i = 0; !code && i < times; i++) {
        code = enumerate();
    }
    return since(begun, code);
}

EXPORT int64_t bare_status(uint64_t connection, uint32_t times) {
    DWORD code = 0;
    int64_t begun = now();

    for (uint32_t i = 0; !code && i < times; i++) {
        code = get_status((HRASCONN)(uintptr_t)connection);
    }
    return since(begun, code);
}

EXPORT int64_t bare_snapshot(uint32_t times) {
    DWORD code = enumerate();
    int64_t begun = now();

    for (uint32_t i = 0; !code && i < times; i++) {
        code = enumerate();
        for (DWORD j = 0; !code && j < count; j++) {
            code = get_status(kept[j].hrasconn);
        }
    }
    return since(begun, code);
}
