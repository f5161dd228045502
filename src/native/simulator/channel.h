/* A stream of bytes between two processes of one user of this machine: a Unix socket in a folder of his, or a named
 * pipe of his. Both sides check who the other is. Errors are numbers of Windows.
 *
 * In a child of fork() they are closed, and nothing may use them.
 *
 * A name has 1 to 64 letters, digits, dots, underscores and hyphens, and is not "." or "..". Windows takes large and
 * small letters for the same. */
#ifndef WINRAS_SIMULATOR_CHANNEL_H
#define WINRAS_SIMULATOR_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <windows.h>

#define CHANNEL_MOST_NAME 64

typedef struct channel channel;
typedef struct listener listener;

static inline BOOL channel_is_name(const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strspn(name, allowed);

    return length > 0 && length <= CHANNEL_MOST_NAME && !name[length] && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* ERROR_INVALID_PARAMETER: that is not a name. ERROR_ALREADY_EXISTS: a process serves that name. ERROR_ACCESS_DENIED:
 * the place for names is not this user's alone. */
DWORD listener_open(const char *name, listener **opened);
/* Waits until a process of this user connects; those of others are closed. ERROR_OPERATION_ABORTED after
 * listener_stop is the only error: what the system lacks is waited for. Who has connected speaks first: until then
 * Windows does not tell who it is, and channel_send answers ERROR_ACCESS_DENIED there; so does channel_receive if it is
 * another user. */
DWORD listener_accept(listener *self, channel **accepted);
/* Ends listener_accept, now and later, from any thread. */
void listener_stop(listener *self);
/* Once no thread uses it. The name is free again; on Windows, once the channels that it has accepted are closed too. */
void listener_close(listener *self);

/* ERROR_FILE_NOT_FOUND: nobody serves that name. ERROR_ACCESS_DENIED: another user does, or the place for names is not
 * this user's alone. ERROR_TIMEOUT: who serves it has accepted nobody for 10 s. */
DWORD channel_connect(const char *name, channel **connected);
/* All the bytes within that time, or an error, after which an unknown part has gone. ERROR_TIMEOUT.
 * ERROR_BROKEN_PIPE: one of both sides has shut or closed it, or ended. One thread may send while another receives. */
DWORD channel_send(channel *self, const void *bytes, size_t size, DWORD ms);
/* The same; what the other side had sent before it closed is received first. */
DWORD channel_receive(channel *self, void *bytes, size_t size, DWORD ms);
/* Ends what this process sends and receives, now and later, from any thread. */
void channel_shut(channel *self);
/* Once no thread uses it. */
void channel_close(channel *self);
/* The other side's process. */
uint32_t channel_process(const channel *self);

#endif
