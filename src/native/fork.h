/* What a child of fork() does first. Its parent's other threads are not there, but the locks that they
 * held are, and half-changed lists: so each file that has a lock makes it new, and forgets its lists
 * without looking at them. Nothing is done before the fork, because a RAS call can hold a lock for
 * long; but for owner_posix.c, whose lock nobody holds for long. Windows has no fork(). */
#ifndef WINRAS_FORK_H
#define WINRAS_FORK_H

#ifdef _WIN32
#define AFTER_FORK(name, ...) _Static_assert(1, #name)
#else
#include <pthread.h>

#define AFTER_FORK(name, ...)                                                                                 \
    static void name(void) { __VA_ARGS__; }                                                                   \
    __attribute__((constructor)) static void name##_in_each_child(void) { pthread_atfork(NULL, NULL, name); } \
    _Static_assert(1, #name)
#endif

#endif
