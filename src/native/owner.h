/* What this user of the machine alone has, for what his processes share: on Windows names with his SID in them, that he
 * alone may open; elsewhere files in a folder that he alone can enter. Errors are numbers of Windows. */
#ifndef WINRAS_OWNER_H
#define WINRAS_OWNER_H

#include <windows.h>

#ifdef _WIN32

#include <wchar.h>

/* winnt.h's SECURITY_MAX_SID_SIZE, which not every one has; and as text. */
#define OWNER_SID_BYTES 68
#define OWNER_SID_TEXT 184

typedef union {
    TOKEN_USER token;
    BYTE room[sizeof(TOKEN_USER) + OWNER_SID_BYTES];
} owner_user;

BOOL owner_read(HANDLE token, owner_user *user);
BOOL owner_is_own(PSID user);
/* The user's SID as text and, if asked for, the rights of what he alone may open, to be freed by LocalFree. */
DWORD owner_describe(WCHAR sid[OWNER_SID_TEXT], PSECURITY_DESCRIPTOR *rights);

#else

#define OWNER_PATH 4096

/* For an errno. */
DWORD owner_error(int number);

/* Opens it so that a child of fork() closes it, lest others not see its parent's end. A fork() waits for that, so it
 * must not take long. */
#define OWNER_OPEN(descriptor) (owner_begin_open(), owner_end_open(descriptor))
void owner_begin_open(void);
int owner_end_open(int descriptor);
/* And makes it -1. */
void owner_close(int *descriptor);

/* The folder, and its path. ERROR_ACCESS_DENIED: it is not this user's alone. */
DWORD owner_open_folder(BOOL make, char path[OWNER_PATH], int *folder);
/* The file of that name is locked until its descriptor is closed, or this process ends. ERROR_ALREADY_EXISTS: it is
 * locked, maybe by this process. */
DWORD owner_lock(int folder, const char *name, int *lock);
/* Whether the locked file is still the one of its name. */
BOOL owner_has_locked(int folder, const char *name, int lock);
/* Removes it, if it is, and closes it. */
void owner_unlock(int folder, const char *name, int *lock);

#endif

#endif
