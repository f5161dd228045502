/* What this user alone has on Linux: files in a folder that only he can enter, $XDG_RUNTIME_DIR/winras or
 * /tmp/winras-UID, and locks on them, which end with the process. */
#define _GNU_SOURCE /* flock, O_DIRECTORY, O_NOFOLLOW */

#include "owner.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fork.h"

DWORD owner_error(int number) {
    switch (number) {
    case ENOENT:
    case ECONNREFUSED:
        return ERROR_FILE_NOT_FOUND;
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENOTDIR:
    case EPERM:
    case EROFS:
        return ERROR_ACCESS_DENIED;
    case EPIPE:
    case ECONNRESET:
        return ERROR_BROKEN_PIPE;
    case EADDRINUSE:
        return ERROR_ALREADY_EXISTS;
    case EAGAIN:
        return ERROR_TIMEOUT;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    default:
        return ERROR_NO_SYSTEM_RESOURCES;
    }
}

/* ---- descriptors ---- */

/* One that is higher than these stays open in the child. */
#define MOST_INHERITED 8192
static BOOL inherited[MOST_INHERITED]; /* under the lock, */
static SRWLOCK opening = SRWLOCK_INIT; /* for which a fork() waits: in its child, what is open is also in the list */

static void hold_back_forks(void) { AcquireSRWLockExclusive(&opening); }

static void let_fork(void) { ReleaseSRWLockExclusive(&opening); }

AFTER_FORK(close_inherited, {
    for (int i = 0; i < MOST_INHERITED; i++) {
        if (inherited[i]) {
            inherited[i] = FALSE;
            close(i);
        }
    }
    let_fork();
});

__attribute__((constructor)) static void hold_back_each_fork(void) { pthread_atfork(hold_back_forks, let_fork, NULL); }

void owner_begin_open(void) { hold_back_forks(); }

int owner_end_open(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST_INHERITED) {
        inherited[descriptor] = TRUE;
    }
    let_fork();
    return descriptor;
}

void owner_close(int *descriptor) {
    if (*descriptor >= 0) {
        hold_back_forks();
        if (*descriptor < MOST_INHERITED) {
            inherited[*descriptor] = FALSE;
        }
        close(*descriptor);
        let_fork();
    }
    *descriptor = -1;
}

/* ---- the folder ---- */

static BOOL is_private(int folder) {
    struct stat status;

    return fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 0777) == 0700;
}

/* Whoever has opened the folder so can go on without its path, which others might give to another one. The runtime
 * directory is used only if it is what its specification says, this user's alone: sudo may have left another user's
 * (https://specifications.freedesktop.org/basedir-spec/latest/). */
DWORD owner_open_folder(BOOL make, char path[OWNER_PATH], int *folder) {
    static const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const char *base_path = getenv("XDG_RUNTIME_DIR");
    char name[32] = "winras";
    int base = base_path && base_path[0] == '/' ? OWNER_OPEN(open(base_path, flags)) : -1;
    DWORD error = ERROR_SUCCESS;

    *folder = -1;
    if (base >= 0 && !is_private(base)) {
        owner_close(&base);
    }
    if (base < 0) {
        base_path = "/tmp";
        base = OWNER_OPEN(open(base_path, flags));
        snprintf(name, sizeof(name), "winras-%lu", (unsigned long)geteuid());
    }
    if (base >= 0 && (!make || mkdirat(base, name, 0700) == 0 || errno == EEXIST)) {
        *folder = OWNER_OPEN(openat(base, name, flags | O_NOFOLLOW));
    }
    if (*folder < 0) {
        error = owner_error(errno);
    } else if (!is_private(*folder)) {
        error = ERROR_ACCESS_DENIED;
        owner_close(folder);
    }
    owner_close(&base);
    snprintf(path, OWNER_PATH, "%s/%s", base_path, name);
    return error;
}

/* ---- locked files ---- */

/* Who has locked it before may have removed it. */
BOOL owner_has_locked(int folder, const char *name, int lock) {
    struct stat opened, named;

    return lock >= 0 && fstat(lock, &opened) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* A lock belongs to what was opened, which a child of fork() shares: it would hold the lock when its parent has gone
 * (flock(2)). */
DWORD owner_lock(int folder, const char *name, int *lock) {
    DWORD error = ERROR_SUCCESS;

    do {
        owner_close(lock);
        *lock = OWNER_OPEN(openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (*lock < 0) {
            error = owner_error(errno);
        } else if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
            error = errno == EWOULDBLOCK ? (DWORD)ERROR_ALREADY_EXISTS : owner_error(errno);
        }
    } while (!error && !owner_has_locked(folder, name, *lock));
    if (error) {
        owner_close(lock);
    }
    return error;
}

void owner_unlock(int folder, const char *name, int *lock) {
    if (owner_has_locked(folder, name, *lock)) {
        unlinkat(folder, name, 0);
    }
    owner_close(lock);
}

#endif
