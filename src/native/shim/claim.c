/* A claim: of this user's processes only one at a time has that of a key, and of that process only one. The system
 * ends it with its process. On Windows it is a named mutex, of which only that it exists counts, because a thread that
 * owned it might end before its process; elsewhere a locked file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "fork.h"
#include "owner.h"
#include "shim.h"

#define MOST_KEY 64

struct winras_claim {
    uint32_t forks; /* in which process it was taken */
#ifdef _WIN32
    HANDLE mutex;
#else
    int folder;
    int lock;
    char name[MOST_KEY + sizeof("+claim")];
#endif
};

static uint32_t forks; /* how many lie between the first process and this one */

AFTER_FORK(count_claimers, forks++);

static BOOL is_key(const char *key) {
    size_t length = strspn(key, "0123456789abcdef");

    return length > 0 && length <= MOST_KEY && !key[length];
}

#ifdef _WIN32

/* "Global\" is for all sessions of the machine. A mutex whose rights are the default ones could be opened by this user
 * only from processes that are as elevated as its own. */
static uint32_t take_claim(winras_claim *claim, const char *key) {
    WCHAR sid[OWNER_SID_TEXT], name[32 + OWNER_SID_TEXT + MOST_KEY];
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), NULL, FALSE};
    uint32_t code = owner_describe(sid, &attributes.lpSecurityDescriptor);

    if (code) {
        return code;
    }
    swprintf(name, sizeof(name) / sizeof(name[0]), L"Global\\winras-%ls-%hs", sid, key);
    SetLastError(ERROR_SUCCESS);
    claim->mutex = CreateMutexW(&attributes, FALSE, name);
    code = GetLastError();
    LocalFree(attributes.lpSecurityDescriptor);
    /* Whoever made something else of that name is no keeper of this user. */
    return code == ERROR_INVALID_HANDLE ? (uint32_t)ERROR_ACCESS_DENIED : code;
}

static void free_claim(winras_claim *claim) {
    if (claim->mutex) {
        CloseHandle(claim->mutex);
    }
    free(claim);
}

#else

static uint32_t take_claim(winras_claim *claim, const char *key) {
    char path[OWNER_PATH];
    uint32_t code;

    claim->folder = claim->lock = -1;
    snprintf(claim->name, sizeof(claim->name), "%s+claim", key);
    code = owner_open_folder(TRUE, path, &claim->folder);
    if (!code) {
        code = owner_lock(claim->folder, claim->name, &claim->lock);
    }
    return code;
}

/* In a child of fork() both descriptors are closed, and the file is its parent's. */
static void free_claim(winras_claim *claim) {
    if (claim->forks == forks) {
        owner_unlock(claim->folder, claim->name, &claim->lock);
        owner_close(&claim->folder);
    }
    free(claim);
}

#endif

uint32_t winras_take_claim(const char *key, winras_claim **place) {
    winras_claim *claim;
    uint32_t code;

    if (!is_key(key)) {
        return ERROR_INVALID_PARAMETER;
    }
    claim = calloc(1, sizeof(*claim));
    if (!claim) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    claim->forks = forks;
    code = take_claim(claim, key);
    if (code) {
        free_claim(claim);
    } else {
        *place = claim;
    }
    return code;
}

uint32_t winras_has_claim(const winras_claim *claim) { return claim && claim->forks == forks; }

void winras_give_up_claim(winras_claim **place) {
    if (*place) {
        free_claim(*place);
    }
    *place = NULL;
}
