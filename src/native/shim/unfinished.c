/* The list of unfinished hang-ups.
 *
 * A program that ends right after RasHangUp can leave the port in an inconsistent state
 * (RasHangUp's page). So each hang-up stays on this list until its end has been seen, whatever
 * becomes of the wait for it, and the end of the process waits for the list to become empty. */

#include "unfinished.h"

#include <stdlib.h>

#include <raserror.h>

#include "fork.h"
#include "rasman.h"

struct unfinished {
    uint32_t service;
    winras_target target;
    int64_t issued_at;
    struct unfinished *next;
};

static struct {
    SRWLOCK lock;
    struct unfinished *first;
} list = {SRWLOCK_INIT, NULL};

AFTER_FORK(forget_list, InitializeSRWLock(&list.lock); list.first = NULL);

static void lock_list(void) { AcquireSRWLockExclusive(&list.lock); }

static void unlock_list(void) { ReleaseSRWLockExclusive(&list.lock); }

/* Where the entry is linked, or where a new one would be. */
static struct unfinished **find_link(uint32_t service, const winras_target *target) {
    struct unfinished **link = &list.first;

    while (*link && !((*link)->service == service && target_same(&(*link)->target, target))) {
        link = &(*link)->next;
    }
    return link;
}

BOOL unfinished_has(uint32_t service, const winras_target *target) {
    BOOL found;

    lock_list();
    found = *find_link(service, target) != NULL;
    unlock_list();
    return found;
}

/* Returns 8 if memory is short. */
static uint32_t list_hang_up(uint32_t service, const winras_target *target, int64_t issued_at, BOOL *is_new) {
    struct unfinished **link, *entry;
    uint32_t code = ERROR_SUCCESS;

    lock_list();
    link = find_link(service, target);
    *is_new = *link == NULL;
    if (!*link) {
        entry = calloc(1, sizeof(*entry));
        if (entry) {
            entry->service = service;
            entry->target = *target;
            *link = entry;
        } else {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    if (*link) {
        (*link)->issued_at = issued_at;
    }
    unlock_list();
    return code;
}

static void take_off(struct unfinished **link) {
    struct unfinished *entry = *link;

    *link = entry->next;
    free(entry);
}

void unfinished_forget(uint32_t service, const winras_target *target) {
    struct unfinished **link;

    lock_list();
    link = find_link(service, target);
    if (*link) {
        take_off(link);
    }
    unlock_list();
}

/* A simulator that has ended took its connections with it. */
static void forget_ended_services(void) {
    struct unfinished **link = &list.first;

    while (*link) {
        if ((*link)->service && (*link)->service != rasapi_simulator_running()) {
            take_off(link);
        } else {
            link = &(*link)->next;
        }
    }
}

static BOOL has_ended(const rasapi *table, const struct unfinished *entry) {
    winras_status status;
    enum presence presence = ABSENT;
    uint32_t code = target_look(table, &entry->target, &status);

    if (target_has_ended(code)) {
        return TRUE;
    }
    if (code || status.state != RASCS_Connected) {
        return FALSE;
    }
    if (table->now() - entry->issued_at >= PORT_CLOSES) {
        return TRUE;
    }
    return entry->target.enumerated && !target_find(table, &entry->target, &presence) && presence == REPLACED;
}

/* The oldest entry, copied, which becomes the newest, unless it is the one of the target. */
static BOOL turn_to_oldest(uint32_t service, const winras_target *target, struct unfinished *copy) {
    struct unfinished **link, **last, *entry;
    BOOL found;

    lock_list();
    forget_ended_services();
    link = &list.first;
    while (*link && (*link)->service != service) {
        link = &(*link)->next;
    }
    entry = *link;
    found = entry && !target_same(&entry->target, target);
    if (found) {
        *copy = *entry;
        *link = entry->next;
        entry->next = NULL;
        last = &list.first;
        while (*last) {
            last = &(*last)->next;
        }
        *last = entry;
    }
    unlock_list();
    return found;
}

/* Nobody may ever wait for what was hung up without waiting. So each new entry has the end of two older
 * ones looked for: the list gets shorter again when what is on it is gone. */
static void look_at_oldest(uint32_t service, const rasapi *table, const winras_target *target) {
    struct unfinished oldest;

    for (int looks = 0; looks < 2 && turn_to_oldest(service, target, &oldest); looks++) {
        if (has_ended(table, &oldest)) {
            unfinished_forget(service, &oldest.target);
        }
    }
}

uint32_t unfinished_hang_up(uint32_t service, const rasapi *table, const winras_target *target) {
    int64_t now = table->now();
    BOOL is_new = FALSE, again;
    uint32_t code;

    if (!table->RasHangUpW) {
        return ERROR_PROC_NOT_FOUND;
    }
    code = list_hang_up(service, target, now, &is_new);
    if (code) {
        return code;
    }
    RASMAN_ASK(code, table, CALLS_CALL(table, RasHangUpW, handle_to_native(target->handle)));
    code = rasman_no_connection(code);
    if (code == ERROR_SUCCESS) {
        /* Again: another thread's RasHangUp may have failed and taken the entry off meanwhile. */
        list_hang_up(service, target, now, &again);
    } else if (is_new || code == ERROR_INVALID_HANDLE) {
        unfinished_forget(service, target);
    }
    if (is_new) {
        look_at_oldest(service, table, target);
    }
    return code;
}

uint32_t winras_unfinished(uint32_t service) {
    uint32_t count = 0;

    lock_list();
    forget_ended_services();
    for (const struct unfinished *entry = list.first; entry; entry = entry->next) {
        count += entry->service == service;
    }
    unlock_list();
    return count;
}

/* Copies the service's list, so that no RAS call is made under the lock. */
static struct unfinished *copy_list(uint32_t service, size_t *count) {
    struct unfinished *copy;
    size_t room = 0;

    *count = 0;
    lock_list();
    forget_ended_services();
    for (const struct unfinished *entry = list.first; entry; entry = entry->next) {
        room++;
    }
    copy = calloc(room + 1, sizeof(*copy));
    for (const struct unfinished *entry = list.first; copy && entry; entry = entry->next) {
        if (entry->service == service) {
            copy[(*count)++] = *entry;
        }
    }
    unlock_list();
    return copy;
}

void unfinished_look(uint32_t service, const rasapi *table) {
    size_t count = 0;
    struct unfinished *entries = copy_list(service, &count);

    for (size_t i = 0; i < count; i++) {
        if (has_ended(table, &entries[i])) {
            unfinished_forget(service, &entries[i].target);
        }
    }
    free(entries);
}
