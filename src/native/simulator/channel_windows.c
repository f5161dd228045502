/* Channels on Windows: named pipes of bytes, whose name has the user's SID and which this user alone may open. A
 * process of another user could have made one of that name; so the client looks who owns the pipe, and lets itself be
 * identified only. */

#include "channel.h"

#ifdef _WIN32

#include <stdlib.h>

#include "owner.h"

/* Until a process accepts who has connected. */
#define CONNECT_MS 10000
/* Between two tries while the system has nothing for another pipe. */
#define SHORTAGE_MS 100
/* What a pipe keeps in each direction, and the most of one read or write. */
#define BUFFER_BYTES 65536
#define TRANSFER_BYTES 1048576

enum { RECEIVES, SENDS };

struct channel {
    HANDLE pipe;
    HANDLE shut;    /* manual-reset event objects */
    HANDLE done[2]; /* RECEIVES, SENDS */
    uint32_t process;
    volatile LONG is_known; /* that the other side is of this user */
};

struct listener {
    WCHAR name[32 + OWNER_SID_TEXT + CHANNEL_MOST_NAME];
    PSECURITY_DESCRIPTOR descriptor;
    HANDLE next; /* the pipe that waits for a client; NULL: it is to be made */
    HANDLE stop;
    HANDLE done;
};

/* ---- users ---- */

/* Windows knows this only once something of the client has been read: before it answers ERROR_CANNOT_IMPERSONATE. Wine
 * 8 takes the server's own user for the client's; it has one user only. A thread for which RevertToSelf fails has a
 * token with which it can do nothing. */
static BOOL is_client_own(HANDLE pipe) {
    owner_user client;
    HANDLE token = NULL;
    BOOL own = FALSE;

    if (ImpersonateNamedPipeClient(pipe)) {
        BOOL opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);

        own = RevertToSelf() && opened && owner_read(token, &client) && owner_is_own(client.token.User.Sid);
        if (opened) {
            CloseHandle(token);
        }
    }
    return own;
}

/* Only who is allowed to restore files could make a pipe that another user owns. */
static BOOL is_server_own(HANDLE pipe) {
    union {
        SECURITY_DESCRIPTOR_RELATIVE descriptor;
        BYTE room[sizeof(SECURITY_DESCRIPTOR_RELATIVE) + OWNER_SID_BYTES];
    } found;
    PSID owner = NULL;
    BOOL defaulted;
    DWORD size;

    return GetKernelObjectSecurity(pipe, OWNER_SECURITY_INFORMATION, &found, sizeof(found), &size) &&
           GetSecurityDescriptorOwner(&found, &owner, &defaulted) && owner && owner_is_own(owner);
}

/* What a pipe of that name is called; if asked for, also who may open it, to be freed by LocalFree. */
static DWORD name_pipe(const char *name, WCHAR *full, size_t room, PSECURITY_DESCRIPTOR *descriptor) {
    WCHAR sid[OWNER_SID_TEXT];
    DWORD error;

    if (!channel_is_name(name)) {
        return ERROR_INVALID_PARAMETER;
    }
    error = owner_describe(sid, descriptor);
    if (!error) {
        swprintf(full, room, L"\\\\.\\pipe\\winras-%ls-%hs", sid, name);
    }
    return error;
}

/* ---- who listens ---- */

static HANDLE new_event(void) { return CreateEventW(NULL, TRUE, FALSE, NULL); }

static void close_object(HANDLE object) {
    if (object) {
        CloseHandle(object);
    }
}

static DWORD make_pipe(listener *self, DWORD flags) {
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), self->descriptor, FALSE};
    HANDLE pipe = CreateNamedPipeW(self->name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags,
                                   PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                                   PIPE_UNLIMITED_INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 0, &attributes);

    self->next = pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
    return self->next ? (DWORD)ERROR_SUCCESS : GetLastError();
}

DWORD listener_open(const char *name, listener **opened) {
    listener *made = calloc(1, sizeof(*made));
    DWORD error = made ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    *opened = NULL;
    if (!error) {
        error = name_pipe(name, made->name, sizeof(made->name) / sizeof(made->name[0]), &made->descriptor);
    }
    if (!error) {
        made->stop = new_event();
        made->done = new_event();
        error = made->stop && made->done ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    /* Wine 8 takes no notice of FILE_FLAG_FIRST_PIPE_INSTANCE; it knows whether there is such a pipe. */
    if (!error && (WaitNamedPipeW(made->name, 1) || GetLastError() != ERROR_FILE_NOT_FOUND)) {
        error = ERROR_ALREADY_EXISTS;
    }
    if (!error) {
        error = make_pipe(made, FILE_FLAG_FIRST_PIPE_INSTANCE);
        /* So CreateNamedPipe's page for a name that is taken. */
        error = error == ERROR_ACCESS_DENIED ? (DWORD)ERROR_ALREADY_EXISTS : error;
    }
    if (error && made) {
        listener_close(made);
    } else {
        *opened = made;
    }
    return error;
}

void listener_stop(listener *self) { SetEvent(self->stop); }

void listener_close(listener *self) {
    close_object(self->next);
    close_object(self->done);
    close_object(self->stop);
    LocalFree(self->descriptor);
    free(self);
}

/* ---- both sides ---- */

/* Takes the pipe over, also if it fails. */
static DWORD make_channel(HANDLE pipe, BOOL is_client, channel **made) {
    channel *self = calloc(1, sizeof(*self));
    ULONG process = 0;
    DWORD error = self ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    *made = NULL;
    if (error) {
        CloseHandle(pipe);
        return error;
    }
    self->pipe = pipe;
    self->shut = new_event();
    self->done[RECEIVES] = new_event();
    self->done[SENDS] = new_event();
    if (!self->shut || !self->done[RECEIVES] || !self->done[SENDS]) {
        error = ERROR_NOT_ENOUGH_MEMORY;
    } else if (is_client && !is_server_own(pipe)) {
        error = ERROR_ACCESS_DENIED;
    } else if (!(is_client ? GetNamedPipeServerProcessId(pipe, &process)
                           : GetNamedPipeClientProcessId(pipe, &process))) {
        error = GetLastError();
    }
    self->process = process;
    self->is_known = is_client;
    if (error) {
        channel_close(self);
    } else {
        *made = self;
    }
    return error;
}

/* ERROR_SUCCESS: a client has opened the pipe. */
static DWORD wait_for_client(listener *self) {
    HANDLE waited[] = {self->stop, self->done};
    OVERLAPPED overlapped = {0};
    DWORD error, unused;

    overlapped.hEvent = self->done;
    error = ConnectNamedPipe(self->next, &overlapped) ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_IO_PENDING) {
        if (WaitForMultipleObjects(2, waited, FALSE, INFINITE) != WAIT_OBJECT_0 + 1) {
            CancelIoEx(self->next, &overlapped);
        }
        error = GetOverlappedResult(self->next, &overlapped, &unused, TRUE) ? ERROR_SUCCESS : GetLastError();
    }
    return error == ERROR_PIPE_CONNECTED ? (DWORD)ERROR_SUCCESS : error;
}

/* A pipe that is taken is followed by the next one at once: without one, a client would be told that nobody serves the
 * name. */
DWORD listener_accept(listener *self, channel **accepted) {
    DWORD error;

    *accepted = NULL;
    while (!*accepted) {
        if (WaitForSingleObject(self->stop, 0) == WAIT_OBJECT_0) {
            return ERROR_OPERATION_ABORTED;
        }
        error = self->next ? (DWORD)ERROR_SUCCESS : make_pipe(self, 0);
        error = error ? error : wait_for_client(self);
        if (error == ERROR_NO_DATA) {
            DisconnectNamedPipe(self->next); /* the client has gone already */
        } else if (error) {
            WaitForSingleObject(self->stop, SHORTAGE_MS);
        } else {
            HANDLE taken = self->next;

            make_pipe(self, 0);
            make_channel(taken, FALSE, accepted);
        }
    }
    return ERROR_SUCCESS;
}

DWORD channel_connect(const char *name, channel **connected) {
    ULONGLONG until = GetTickCount64() + CONNECT_MS, now;
    WCHAR full[32 + OWNER_SID_TEXT + CHANNEL_MOST_NAME];
    HANDLE pipe = INVALID_HANDLE_VALUE;
    DWORD error = name_pipe(name, full, sizeof(full) / sizeof(full[0]), NULL);

    *connected = NULL;
    if (error) {
        return error;
    }
    do {
        pipe = CreateFileW(full, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        error = pipe == INVALID_HANDLE_VALUE ? GetLastError() : (DWORD)ERROR_SUCCESS;
        now = GetTickCount64();
        if (error == ERROR_PIPE_BUSY && now < until) {
            WaitNamedPipeW(full, (DWORD)(until - now));
        }
    } while (error == ERROR_PIPE_BUSY && now < until);
    if (error) {
        return error == ERROR_PIPE_BUSY ? (DWORD)ERROR_TIMEOUT : error;
    }
    return make_channel(pipe, TRUE, connected);
}

/* One read or write, as much of it as is possible within that time. */
static DWORD transfer(channel *self, int direction, uint8_t *bytes, DWORD size, DWORD ms, DWORD *moved) {
    HANDLE waited[] = {self->shut, self->done[direction]};
    OVERLAPPED overlapped = {0};
    DWORD error, fired = WAIT_OBJECT_0 + 1;
    BOOL started;

    *moved = 0;
    overlapped.hEvent = self->done[direction];
    started = direction == SENDS ? WriteFile(self->pipe, bytes, size, NULL, &overlapped)
                                 : ReadFile(self->pipe, bytes, size, NULL, &overlapped);
    error = started ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_IO_PENDING) {
        fired = WaitForMultipleObjects(2, waited, FALSE, ms);
        if (fired != WAIT_OBJECT_0 + 1) {
            CancelIoEx(self->pipe, &overlapped);
        }
        error = ERROR_SUCCESS;
    }
    if (!error && !GetOverlappedResult(self->pipe, &overlapped, moved, TRUE)) {
        error = GetLastError();
    }
    if (error == ERROR_OPERATION_ABORTED && fired == WAIT_TIMEOUT) {
        return ERROR_TIMEOUT;
    }
    /* ERROR_NO_DATA and ERROR_PIPE_NOT_CONNECTED are other names for it. */
    return error ? (DWORD)ERROR_BROKEN_PIPE : error;
}

static DWORD transfer_all(channel *self, int direction, uint8_t *bytes, size_t size, DWORD ms) {
    ULONGLONG now = GetTickCount64(), until = now + ms;
    DWORD error = ERROR_SUCCESS, moved;

    while (!error && size) {
        DWORD part = size < TRANSFER_BYTES ? (DWORD)size : TRANSFER_BYTES;

        if (WaitForSingleObject(self->shut, 0) == WAIT_OBJECT_0) {
            error = ERROR_BROKEN_PIPE;
        } else {
            error = transfer(self, direction, bytes, part, ms, &moved);
            bytes += moved;
            size -= moved;
        }
        if (ms != INFINITE) {
            now = GetTickCount64();
            ms = now < until ? (DWORD)(until - now) : 0;
        }
    }
    return error;
}

DWORD channel_send(channel *self, const void *bytes, size_t size, DWORD ms) {
    if (!InterlockedCompareExchange(&self->is_known, 0, 0)) {
        return ERROR_ACCESS_DENIED;
    }
    return transfer_all(self, SENDS, (uint8_t *)(uintptr_t)bytes, size, ms);
}

DWORD channel_receive(channel *self, void *bytes, size_t size, DWORD ms) {
    DWORD error = transfer_all(self, RECEIVES, bytes, size, ms);

    if (!error && !InterlockedCompareExchange(&self->is_known, 0, 0)) {
        if (is_client_own(self->pipe)) {
            InterlockedExchange(&self->is_known, TRUE);
        } else {
            SecureZeroMemory(bytes, size);
            error = ERROR_ACCESS_DENIED;
        }
    }
    return error;
}

void channel_shut(channel *self) { SetEvent(self->shut); }

void channel_close(channel *self) {
    CloseHandle(self->pipe);
    close_object(self->shut);
    close_object(self->done[RECEIVES]);
    close_object(self->done[SENDS]);
    free(self);
}

uint32_t channel_process(const channel *self) { return self->process; }

#endif
