/* Channels on Linux: Unix sockets in this user's folder. Beside the socket NAME is NAME+lock, which is locked as long
 * as the name is served. So the socket of a process that was killed can be told from one that is served. */
#define _GNU_SOURCE /* accept4, struct ucred */

#include "channel.h"

#ifndef _WIN32

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "owner.h"

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

/* A socket of that name is of a process that has not ended well: the lock is ours. */
static DWORD listen_there(listener *self, const char *path) {
    struct sockaddr_un address;

    name_address(&address, path, self->folder, self->name);
    self->socket = OWNER_OPEN(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (self->socket < 0 || (unlinkat(self->folder, self->name, 0) != 0 && errno != ENOENT) ||
        bind(self->socket, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(self->socket, SOMAXCONN) != 0) {
        return owner_error(errno);
    }
    return ERROR_SUCCESS;
}

DWORD listener_open(const char *name, listener **opened) {
    listener *made = NULL;
    char path[OWNER_PATH];
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
        error = owner_open_folder(TRUE, path, &made->folder);
    }
    if (!error) {
        error = owner_lock(made->folder, made->lock_name, &made->lock);
    }
    if (!error) {
        error = listen_there(made, path);
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
    if (owner_has_locked(self->folder, self->lock_name, self->lock)) {
        unlinkat(self->folder, self->name, 0);
    }
    owner_unlock(self->folder, self->lock_name, &self->lock);
    owner_close(&self->socket);
    owner_close(&self->folder);
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
        owner_close(&connected);
    } else {
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
        connected = OWNER_OPEN(accept4(self->socket, NULL, NULL, SOCK_CLOEXEC)); /* which never blocks */
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
    char path[OWNER_PATH];
    int folder = -1, made = -1;
    DWORD error = channel_is_name(name) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    *connected = NULL;
    if (!error) {
        error = owner_open_folder(FALSE, path, &folder);
    }
    if (!error) {
        name_address(&address, path, folder, name);
        made = OWNER_OPEN(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        error = made >= 0 ? ERROR_SUCCESS : owner_error(errno);
    }
    if (!error) {
        setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        while (!error && connect(made, (const struct sockaddr *)&address, sizeof(address)) != 0) {
            error = errno == EINTR && channel_now() < until ? ERROR_SUCCESS : owner_error(errno);
        }
    }
    if (!error) {
        error = make_channel(made, connected);
    } else {
        owner_close(&made);
    }
    owner_close(&folder);
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
        return owner_error(errno);
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
            error = owner_error(errno);
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
            error = owner_error(errno);
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
    owner_close(&self->socket);
    free(self);
}

uint32_t channel_process(const channel *self) { return self->process; }

#endif
