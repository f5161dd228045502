/* The part of <windows.h> that the shim and the simulator use, on POSIX. */
#ifndef WINRAS_POSIX_WINDOWS_H
#define WINRAS_POSIX_WINDOWS_H

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>

#define APIENTRY
#define CALLBACK
#define WINAPI

#define TRUE 1
#define FALSE 0
#define MAX_PATH 260
#define E_INVALIDARG ((LONG)0x80070057)

#define INFINITE 0xFFFFFFFFu
#define WAIT_OBJECT_0 0u
#define WAIT_TIMEOUT 258u
#define WAIT_FAILED 0xFFFFFFFFu
#define MAXIMUM_WAIT_OBJECTS 64

#define DECLARE_HANDLE(name) \
    struct name##__ {        \
        int unused;          \
    };                       \
    typedef struct name##__ *name

typedef int BOOL, *LPBOOL;
typedef uint8_t BYTE;
typedef uint32_t DWORD, *LPDWORD;
typedef int32_t LONG;
typedef unsigned int UINT;
typedef char16_t WCHAR, *LPWSTR;
typedef const char16_t *LPCWSTR;
typedef void *HANDLE, *HWND, *LPVOID;
typedef uintptr_t ULONG_PTR;
typedef uint64_t ULONGLONG;

typedef struct {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;

typedef struct {
    DWORD LowPart;
    LONG HighPart;
} LUID;

/* The numbers of winerror.h, from the one list. */
#include "../errors.h"
#define WINRAS_ENUMERATOR(name, code, text) name = code,
enum { ERROR_SUCCESS = 0, WIN32_ERRORS(WINRAS_ENUMERATOR) WINRAS_WINERROR_END };
#undef WINRAS_ENUMERATOR

typedef union {
    int64_t QuadPart;
} LARGE_INTEGER;

BOOL QueryPerformanceCounter(LARGE_INTEGER *count);
BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency);

/* Milliseconds and 100 ns since the machine started, with the time for which it slept, and without. */
ULONGLONG GetTickCount64(void);
BOOL QueryUnbiasedInterruptTime(ULONGLONG *hundreds);

typedef struct {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME;

void GetSystemTimePreciseAsFileTime(FILETIME *time);

#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#define DUPLICATE_SAME_ACCESS 2

HANDLE GetCurrentProcess(void);
BOOL DuplicateHandle(HANDLE from_process, HANDLE event, HANDLE to_process, HANDLE *duplicate, DWORD access,
                     BOOL inherit, DWORD options);
HANDLE CreateEventW(void *attributes, BOOL manual_reset, BOOL initial_state, LPCWSTR name);
BOOL SetEvent(HANDLE event);
BOOL ResetEvent(HANDLE event);
BOOL CloseHandle(HANDLE event);
DWORD WaitForSingleObject(HANDLE event, DWORD milliseconds);
DWORD WaitForMultipleObjects(DWORD count, const HANDLE *events, BOOL all, DWORD milliseconds);

/* 0: there is none of that name. More than the room: it is too long. */
DWORD GetEnvironmentVariableA(const char *name, char *value, DWORD room);

DWORD GetCurrentThreadId(void);
LONG InterlockedExchange(volatile LONG *target, LONG value);
LONG InterlockedCompareExchange(volatile LONG *target, LONG value, LONG expected);
/* The handle can only be closed. */
HANDLE CreateThread(void *attributes, size_t stack, DWORD(WINAPI *start)(LPVOID), LPVOID parameter, DWORD flags,
                    LPDWORD id);

BOOL RtlGenRandom(void *bytes, uint32_t size);

void *SecureZeroMemory(void *memory, size_t size);

#define SERVICE_DEMAND_START 3u
#define SERVICE_DISABLED 4u

#define INVALID_FILE_ATTRIBUTES 0xFFFFFFFFu
#define FILE_ATTRIBUTE_DIRECTORY 0x10u
#define FILE_ATTRIBUTE_NORMAL 0x80u

/* Answers only whether it exists, and whether it is a directory. */
DWORD GetFileAttributesW(LPCWSTR path);

#define CSTR_LESS_THAN 1
#define CSTR_EQUAL 2
#define CSTR_GREATER_THAN 3

/* A negative length: up to the NUL. Answers only whether they are equal. */
int CompareStringOrdinal(LPCWSTR a, int a_length, LPCWSTR b, int b_length, BOOL ignore_case);

typedef struct {
    pthread_mutex_t mutex;
} SRWLOCK;
#define SRWLOCK_INIT {PTHREAD_MUTEX_INITIALIZER}

void InitializeSRWLock(SRWLOCK *lock);
void AcquireSRWLockExclusive(SRWLOCK *lock);
void ReleaseSRWLockExclusive(SRWLOCK *lock);

#endif
