/* windows.h on POSIX: those of its functions, and as much of each, as the shim, the simulator and the tests use. A
 * handle is a pointer to an event object. All of these share one lock. Each waiting thread has a condition of its own,
 * and a place in the ring of each event object that it waits for: whoever sets one gives it to the thread that has
 * waited longest, or to all of them, and wakes nobody else. */

#define _GNU_SOURCE /* explicit_bzero, gettid, pthread_condattr_setclock, newlocale */

#include <windows.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wctype.h>

#include "fork.h"

#define NANOSECONDS 1000000000

struct waiter {
    pthread_cond_t woken;
    DWORD result; /* WAIT_TIMEOUT until it is given an event object */
    DWORD count;
    struct place *places;
};

/* What a thread waits for, in the ring of that event object. */
struct place {
    struct place *next;
    struct place *previous;
    struct waiter *waiter;
};

/* DuplicateHandle gives the same pointer, counted. */
struct event {
    unsigned handles;
    BOOL manual_reset;
    BOOL set;
    unsigned forks; /* the ring is that of the process with so many forks before it */
    struct place ring;
};

static BOOL is_event(HANDLE handle) { return handle && handle != INVALID_HANDLE_VALUE; }

static struct {
    pthread_mutex_t mutex;
    unsigned forks;
} events = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The threads that wait are not there in the child, nor are their places. */
AFTER_FORK(forget_events, pthread_mutex_init(&events.mutex, NULL); events.forks++);

static void lock_events(void) { pthread_mutex_lock(&events.mutex); }

static void unlock_events(void) { pthread_mutex_unlock(&events.mutex); }

static void empty_ring(struct event *event) {
    event->forks = events.forks;
    event->ring.next = event->ring.previous = &event->ring;
}

static struct place *ring_of(struct event *event) {
    if (event->forks != events.forks) {
        empty_ring(event);
    }
    return &event->ring;
}

BOOL QueryPerformanceCounter(LARGE_INTEGER *count) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    count->QuadPart = (int64_t)now.tv_sec * NANOSECONDS + now.tv_nsec;
    return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency) {
    frequency->QuadPart = NANOSECONDS;
    return TRUE;
}

ULONGLONG GetTickCount64(void) {
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

BOOL QueryUnbiasedInterruptTime(ULONGLONG *hundreds) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    *hundreds = (ULONGLONG)now.tv_sec * 10000000 + (ULONGLONG)now.tv_nsec / 100;
    return TRUE;
}

/* FILETIME counts 100 ns from 1601. */
void GetSystemTimePreciseAsFileTime(FILETIME *time) {
    struct timespec now;
    uint64_t hundreds;

    clock_gettime(CLOCK_REALTIME, &now);
    hundreds = ((uint64_t)now.tv_sec + 11644473600u) * 10000000 + (uint64_t)now.tv_nsec / 100;
    time->dwLowDateTime = (DWORD)hundreds;
    time->dwHighDateTime = (DWORD)(hundreds >> 32);
}

HANDLE CreateEventW(void *attributes, BOOL manual_reset, BOOL initial_state, LPCWSTR name) {
    struct event *event;

    if (attributes || name) {
        return NULL; /* only private event objects exist here */
    }
    event = calloc(1, sizeof(*event));
    if (event) {
        event->handles = 1;
        event->manual_reset = manual_reset;
        event->set = initial_state;
        empty_ring(event);
    }
    return event;
}

/* The thread waits for nothing any more. */
static void leave_rings(struct waiter *waiter) {
    for (DWORD i = 0; i < waiter->count; i++) {
        waiter->places[i].previous->next = waiter->places[i].next;
        waiter->places[i].next->previous = waiter->places[i].previous;
    }
    waiter->count = 0;
}

BOOL SetEvent(HANDLE handle) {
    struct event *event = handle;
    struct place *ring;

    if (!is_event(handle)) {
        return FALSE;
    }
    lock_events();
    event->set = TRUE;
    ring = ring_of(event);
    while (event->set && ring->next != ring) {
        struct waiter *waiter = ring->next->waiter;

        waiter->result = WAIT_OBJECT_0 + (DWORD)(ring->next - waiter->places);
        leave_rings(waiter);
        pthread_cond_signal(&waiter->woken);
        event->set = event->manual_reset;
    }
    unlock_events();
    return TRUE;
}

BOOL ResetEvent(HANDLE handle) {
    struct event *event = handle;

    if (!is_event(handle)) {
        return FALSE;
    }
    lock_events();
    event->set = FALSE;
    unlock_events();
    return TRUE;
}

HANDLE GetCurrentProcess(void) { return INVALID_HANDLE_VALUE; }

BOOL DuplicateHandle(HANDLE from_process, HANDLE handle, HANDLE to_process, HANDLE *duplicate, DWORD access,
                     BOOL inherit, DWORD options) {
    struct event *event = handle;

    (void)from_process, (void)to_process, (void)access, (void)inherit, (void)options;
    if (!is_event(handle)) {
        return FALSE;
    }
    lock_events();
    event->handles++;
    unlock_events();
    *duplicate = event;
    return TRUE;
}

BOOL CloseHandle(HANDLE handle) {
    struct event *event = handle;
    unsigned left;

    if (!is_event(handle)) {
        return FALSE;
    }
    lock_events();
    left = --event->handles;
    unlock_events();
    if (left == 0) {
        free(event);
    }
    return TRUE;
}

static BOOL take_if_set(struct event *event) {
    BOOL was_set = event->set;

    if (was_set && !event->manual_reset) {
        event->set = FALSE;
    }
    return was_set;
}

DWORD WaitForSingleObject(HANDLE event, DWORD milliseconds) {
    return WaitForMultipleObjects(1, &event, FALSE, milliseconds);
}

/* Setting the time of day must not change how long a wait lasts. */
static void begin_waiting(struct waiter *waiter, const HANDLE *handles, DWORD count, struct place *places) {
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    waiter->result = WAIT_TIMEOUT;
    waiter->count = count;
    waiter->places = places;
    for (DWORD i = 0; i < count; i++) {
        struct place *ring = ring_of(handles[i]);

        places[i] = (struct place){.next = ring, .previous = ring->previous, .waiter = waiter};
        ring->previous->next = &places[i];
        ring->previous = &places[i];
    }
}

static struct timespec moment_after(DWORD milliseconds) {
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(milliseconds / 1000);
    moment.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (moment.tv_nsec >= NANOSECONDS) {
        moment.tv_sec += 1;
        moment.tv_nsec -= NANOSECONDS;
    }
    return moment;
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD milliseconds) {
    struct place places[MAXIMUM_WAIT_OBJECTS];
    struct waiter waiter;
    struct timespec end;
    DWORD result = WAIT_TIMEOUT;
    int error = 0;

    (void)all; /* never asked for */
    if (count > MAXIMUM_WAIT_OBJECTS) {
        return WAIT_FAILED;
    }
    for (DWORD i = 0; i < count; i++) {
        if (!is_event(handles[i])) {
            return WAIT_FAILED;
        }
    }

    lock_events();
    for (DWORD i = 0; i < count && result == WAIT_TIMEOUT; i++) {
        if (take_if_set(handles[i])) {
            result = WAIT_OBJECT_0 + i;
        }
    }
    if (result == WAIT_TIMEOUT && milliseconds > 0) {
        end = moment_after(milliseconds);
        begin_waiting(&waiter, handles, count, places);
        while (waiter.result == WAIT_TIMEOUT && error != ETIMEDOUT) {
            error = pthread_cond_timedwait(&waiter.woken, &events.mutex, &end);
        }
        leave_rings(&waiter);
        pthread_cond_destroy(&waiter.woken);
        result = waiter.result;
    }
    unlock_events();
    return result;
}

DWORD GetEnvironmentVariableA(const char *name, char *value, DWORD room) {
    const char *found = getenv(name);
    size_t length = found ? strlen(found) : 0;

    if (length >= room) {
        return (DWORD)length + 1;
    }
    memcpy(value, found ? found : "", length + 1);
    return (DWORD)length;
}

DWORD GetCurrentThreadId(void) { return (DWORD)gettid(); }

LONG InterlockedExchange(volatile LONG *target, LONG value) {
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

LONG InterlockedCompareExchange(volatile LONG *target, LONG value, LONG expected) {
    __atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

struct thread {
    DWORD(WINAPI *start)(LPVOID);
    LPVOID parameter;
};

static void *run_thread(void *pointer) {
    struct thread thread = *(struct thread *)pointer;

    free(pointer);
    thread.start(thread.parameter);
    return NULL;
}

HANDLE CreateThread(void *attributes, size_t stack, DWORD(WINAPI *start)(LPVOID), LPVOID parameter, DWORD flags,
                    LPDWORD id) {
    struct thread *thread = malloc(sizeof(*thread));
    HANDLE handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    pthread_t native;

    (void)attributes, (void)stack, (void)flags, (void)id;
    if (thread && handle) {
        *thread = (struct thread){start, parameter};
        if (pthread_create(&native, NULL, run_thread, thread) == 0) {
            pthread_detach(native);
            return handle;
        }
    }
    CloseHandle(handle);
    free(thread);
    return NULL;
}

BOOL RtlGenRandom(void *bytes, uint32_t size) { return getentropy(bytes, size) == 0; }

void *SecureZeroMemory(void *memory, size_t size) {
    explicit_bzero(memory, size);
    return memory;
}

/* As Python names files: an unpaired surrogate stands for a byte that is not UTF-8. */
static size_t to_utf8(char *bytes, LPCWSTR text, size_t room) {
    size_t size = 0;

    for (size_t i = 0; text[i]; i++) {
        uint32_t point = text[i];

        if (size + 5 > room) {
            return 0;
        }
        if (point >= 0xD800 && point < 0xDC00 && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (text[++i] - 0xDC00u);
        }
        if (point < 0x80 || (point >= 0xDC80 && point < 0xDD00)) {
            bytes[size++] = (char)point;
        } else if (point < 0x800) {
            bytes[size++] = (char)(0xC0 | point >> 6);
            bytes[size++] = (char)(0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            bytes[size++] = (char)(0xE0 | point >> 12);
            bytes[size++] = (char)(0x80 | (point >> 6 & 0x3F));
            bytes[size++] = (char)(0x80 | (point & 0x3F));
        } else {
            bytes[size++] = (char)(0xF0 | point >> 18);
            bytes[size++] = (char)(0x80 | (point >> 12 & 0x3F));
            bytes[size++] = (char)(0x80 | (point >> 6 & 0x3F));
            bytes[size++] = (char)(0x80 | (point & 0x3F));
        }
    }
    bytes[size] = 0;
    return size;
}

DWORD GetFileAttributesW(LPCWSTR path) {
    char name[4 * MAX_PATH];
    struct stat found;

    if (!to_utf8(name, path, sizeof(name)) || stat(name, &found)) {
        return INVALID_FILE_ATTRIBUTES;
    }
    return S_ISDIR(found.st_mode) ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
}

/* One UTF-16 unit for one, as Windows' own table has it; in a locale of our own, because the program's may know ASCII
 * only. */
static struct {
    pthread_once_t once;
    locale_t locale;
} letters = {.once = PTHREAD_ONCE_INIT};

AFTER_FORK(forget_letters, letters.once = (pthread_once_t)PTHREAD_ONCE_INIT);

static void find_letters(void) { letters.locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

static wint_t upper(WCHAR unit, BOOL ignore_case) {
    if (!ignore_case) {
        return unit;
    }
    if (unit < 0x80) {
        return unit >= u'a' && unit <= u'z' ? unit - (wint_t)(u'a' - u'A') : unit;
    }
    return letters.locale ? towupper_l(unit, letters.locale) : towupper(unit);
}

int CompareStringOrdinal(LPCWSTR a, int a_length, LPCWSTR b, int b_length, BOOL ignore_case) {
    pthread_once(&letters.once, find_letters);
    for (int i = 0;; i++) {
        BOOL a_ends = a_length < 0 ? a[i] == 0 : i == a_length;
        BOOL b_ends = b_length < 0 ? b[i] == 0 : i == b_length;

        if (a_ends || b_ends) {
            return a_ends && b_ends ? CSTR_EQUAL : a_ends ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
        }
        if (a[i] != b[i] && upper(a[i], ignore_case) != upper(b[i], ignore_case)) {
            return upper(a[i], ignore_case) < upper(b[i], ignore_case) ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
        }
    }
}

void InitializeSRWLock(SRWLOCK *lock) { pthread_mutex_init(&lock->mutex, NULL); }

void AcquireSRWLockExclusive(SRWLOCK *lock) { pthread_mutex_lock(&lock->mutex); }

void ReleaseSRWLockExclusive(SRWLOCK *lock) { pthread_mutex_unlock(&lock->mutex); }
