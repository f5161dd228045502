/* Channels on Linux: Unix sockets in a folder that only this user can enter, $XDG_RUNTIME_DIR/winras or
 * /tmp/winras-UID. Beside the socket NAME is NAME+lock, which is locked as long as the name is served. So the
 * socket of a process that was killed can be told from one that is served. */
#define _GNU_SOURCE /* accept4, struct ucred */

#include "channel.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fork.h"

#define MILLISECOND 1000000
/* Until a process accepts who has connected. */
#define CONNECT_SECONDS 10
/* Between two tries while the system has no descriptor or memory for another channel. */
#define SHORTAGE_MS 100

struct channel {
    int socket;
    uint32_t process;
    volatile LONG shut;
};

struct listener {
    int folder;
    int lock;
    int socket;
    char name[CHANNEL_MOST_NAME + 1];
    char lock_name[CHANNEL_MOST_NAME + sizeof("+lock")];
};

static DWORD channel_error(int number) {
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

/* Which descriptors a child of fork() closes, lest the other sides not see its parent's end. One that is higher than
 * these stays open in the child. */
#define MOST_INHERITED 8192
static volatile LONG inherited[MOST_INHERITED];

AFTER_FORK(close_inherited, {
    for (int i = 0; i < MOST_INHERITED; i++) {
        if (InterlockedExchange(&inherited[i], FALSE)) {
            close(i);
        }
    }
});

static void keep_descriptor(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST_INHERITED) {
        InterlockedExchange(&inherited[descriptor], TRUE);
    }
}

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0 && *descriptor < MOST_INHERITED) {
        InterlockedExchange(&inherited[*descriptor], FALSE);
    }
    if (*descriptor >= 0) {
        close(*descriptor);
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
static DWORD open_folder(BOOL make, char path[PATH_MAX], int *folder) {
    static const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const char *base_path = getenv("XDG_RUNTIME_DIR");
    char name[32] = "winras";
    int base = base_path && base_path[0] == '/' ? open(base_path, flags) : -1;
    DWORD error = ERROR_SUCCESS;

    *folder = -1;
    if (base >= 0 && !is_private(base)) {
        close_descriptor(&base);
    }
    if (base < 0) {
        base_path = "/tmp";
        base = open(base_path, flags);
        snprintf(name, sizeof(name), "winras-%lu", (unsigned long)geteuid());
    }
    if (base >= 0 && (!make || mkdirat(base, name, 0700) == 0 || errno == EEXIST)) {
        *folder = openat(base, name, flags | O_NOFOLLOW);
    }
    if (*folder < 0) {
        error = channel_error(errno);
    } else if (!is_private(*folder)) {
        error = ERROR_ACCESS_DENIED;
        close_descriptor(folder);
    }
    close_descriptor(&base);
    snprintf(path, PATH_MAX, "%s/%s", base_path, name);
    return error;
}

/* The path tells people and programs that clean /tmp what the socket is; one that is too long goes through the
 * descriptor. */
static void name_address(struct sockaddr_un *address, const char *path, int folder, const char *name) {
    int length;

    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", path, name);
    if (length >= (int)sizeof(address->sun_path)) {
        snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", folder, name);
    }
}

/* ---- who listens ---- */

/* Whether the lock's file is still the one of its name: who has served the name before may have removed it. */
static BOOL is_locked(const listener *self) {
    struct stat opened, named;

    return self->lock >= 0 && fstat(self->lock, &opened) == 0 &&
           fstatat(self->folder, self->lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

static DWORD lock_name(listener *self) {
    do {
        close_descriptor(&self->lock);
        self->lock = openat(self->folder, self->lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (self->lock < 0) {
            return channel_error(errno);
        }
        if (flock(self->lock, LOCK_EX | LOCK_NB) != 0) {
            DWORD error = errno == EWOULDBLOCK ? (DWORD)ERROR_ALREADY_EXISTS : channel_error(errno);

            close_descriptor(&self->lock);
            return error;
        }
    } while (!is_locked(self));
    return ERROR_SUCCESS;
}

/* A socket of that name is of a process that has not ended well: the lock is ours. */
static DWORD listen_there(listener *self, const char *path) {
    struct sockaddr_un address;

    name_address(&address, path, self->folder, self->name);
    self->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->socket < 0 || (unlinkat(self->folder, self->name, 0) != 0 && errno != ENOENT) ||
        bind(self->socket, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(self->socket, SOMAXCONN) != 0) {
        return channel_error(errno);
    }
    return ERROR_SUCCESS;
}

DWORD listener_open(const char *name, listener **opened) {
    listener *made = NULL;
    char path[PATH_MAX];
    DWORD error = channel_is_name(name) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    *opened = NULL;
    if (!error) {
        made = calloc(1, sizeof(*made));
        error = made ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!error) {
        made->folder = made->lock = made->socket = -1;
        snprintf(made->name, sizeof(made->name), "%s", name);
        snprintf(made->lock_name, sizeof(made->lock_name), "%s+lock", name);
        error = open_folder(TRUE, path, &made->folder);
    }
    if (!error) {
        error = lock_name(made);
    }
    if (!error) {
        error = listen_there(made, path);
    }
    if (!error) {
        keep_descriptor(made->socket);
        keep_descriptor(made->lock);
        keep_descriptor(made->folder);
    }
    if (error && made) {
        listener_close(made);
    } else {
        *opened = made;
    }
    return error;
}

void listener_stop(listener *self) { shutdown(self->socket, SHUT_RDWR); }

void listener_close(listener *self) {
    if (is_locked(self)) {
        unlinkat(self->folder, self->name, 0);
        unlinkat(self->folder, self->lock_name, 0);
    }
    close_descriptor(&self->socket);
    close_descriptor(&self->lock);
    close_descriptor(&self->folder);
    free(self);
}

/* ---- both sides ---- */

/* Takes the socket over, also if it fails. */
static DWORD make_channel(int connected, channel **made) {
    struct ucred peer;
    socklen_t size = sizeof(peer);
    DWORD error = ERROR_SUCCESS;

    *made = NULL;
    memset(&peer, 0, sizeof(peer));
    if (getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid()) {
        error = ERROR_ACCESS_DENIED;
    } else {
        *made = calloc(1, sizeof(**made));
        error = *made ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error) {
        close_descriptor(&connected);
    } else {
        keep_descriptor(connected);
        (*made)->socket = connected;
        (*made)->process = (uint32_t)peer.pid;
    }
    return error;
}

/* A listening socket that was shut has POLLHUP, whatever is asked for: unix(7) does not say so, Linux does it. */
DWORD listener_accept(listener *self, channel **accepted) {
    struct pollfd waiting = {self->socket, POLLIN, 0};
    int timeout = -1;

    *accepted = NULL;
    while (!*accepted) {
        int connected;

        poll(&waiting, 1, timeout);
        if (waiting.revents & POLLHUP) {
            return ERROR_OPERATION_ABORTED;
        }
        connected = accept4(self->socket, NULL, NULL, SOCK_CLOEXEC);
        /* Who waits to be accepted would wake this at once. */
        if (connected < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            waiting.events = 0;
            timeout = SHORTAGE_MS;
            continue;
        }
        waiting.events = POLLIN;
        timeout = -1;
        if (connected >= 0) {
            make_channel(connected, accepted);
        }
    }
    return ERROR_SUCCESS;
}

static int64_t channel_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / MILLISECOND;
}

DWORD channel_connect(const char *name, channel **connected) {
    struct timeval timeout = {CONNECT_SECONDS, 0};
    int64_t until = channel_now() + CONNECT_SECONDS * 1000;
    struct sockaddr_un address;
    char path[PATH_MAX];
    int folder = -1, made = -1;
    DWORD error = channel_is_name(name) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    *connected = NULL;
    if (!error) {
        error = open_folder(FALSE, path, &folder);
    }
    if (!error) {
        name_address(&address, path, folder, name);
        made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        error = made >= 0 ? ERROR_SUCCESS : channel_error(errno);
    }
    if (!error) {
        setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        while (!error && connect(made, (const struct sockaddr *)&address, sizeof(address)) != 0) {
            error = errno == EINTR && channel_now() < until ? ERROR_SUCCESS : channel_error(errno);
        }
    }
    if (!error) {
        error = make_channel(made, connected);
    } else {
        close_descriptor(&made);
    }
    close_descriptor(&folder);
    return error;
}

/* Waits until there may be something to do. The time begins with the first wait; `until` is 0 before. */
static DWORD channel_wait(const channel *self, short events, DWORD ms, int64_t *until) {
    struct pollfd waiting = {self->socket, events, 0};
    int64_t now = channel_now(), left;

    if (!*until) {
        *until = ms == INFINITE ? INT64_MAX : now + ms;
    }
    left = *until - now;
    if (left <= 0) {
        return ERROR_TIMEOUT;
    }
    if (poll(&waiting, 1, left < INT_MAX ? (int)left : INT_MAX) < 0 && errno != EINTR) {
        return channel_error(errno);
    }
    return ERROR_SUCCESS;
}

static BOOL is_shut(channel *self) { return InterlockedCompareExchange(&self->shut, 0, 0) != 0; }

DWORD channel_send(channel *self, const void *bytes, size_t size, DWORD ms) {
    const uint8_t *from = bytes;
    int64_t until = 0;
    DWORD error = ERROR_SUCCESS;

    while (!error && size) {
        ssize_t sent =
            is_shut(self) ? (errno = EPIPE, -1) : send(self->socket, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent >= 0) {
            from += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            error = channel_wait(self, POLLOUT, ms, &until);
        } else if (errno != EINTR) {
            error = channel_error(errno);
        }
    }
    return error;
}

DWORD channel_receive(channel *self, void *bytes, size_t size, DWORD ms) {
    uint8_t *to = bytes;
    int64_t until = 0;
    DWORD error = ERROR_SUCCESS;

    while (!error && size) {
        ssize_t received = is_shut(self) ? 0 : recv(self->socket, to, size, MSG_DONTWAIT);

        if (received > 0) {
            to += received;
            size -= (size_t)received;
        } else if (received == 0) {
            error = ERROR_BROKEN_PIPE;
        } else if (errno == EAGAIN) {
            error = channel_wait(self, POLLIN, ms, &until);
        } else if (errno != EINTR) {
            error = channel_error(errno);
        }
    }
    return error;
}

void channel_shut(channel *self) {
    InterlockedExchange(&self->shut, TRUE);
    shutdown(self->socket, SHUT_RDWR);
}

/* The other side sees the end at once, even if a child that has not yet executed its program has the descriptor. */
void channel_close(channel *self) {
    if (self->socket >= 0) {
        shutdown(self->socket, SHUT_RDWR);
    }
    close_descriptor(&self->socket);
    free(self);
}

uint32_t channel_process(const channel *self) { return self->process; }

#endif
