/* The list of unfinished hang-ups.
 *
 * A program that ends right after RasHangUp can leave the port in an inconsistent state
 * (RasHangUp's page). So each hang-up stays on this list until its end has been seen, whatever
 * becomes of the wait for it, and the end of the process waits for the list to become empty.
 *
 * What a dial leaves must be hung up although nobody may be left to hear that RasHangUp has refused. So it is listed
 * before the first call, and RasHangUp is owed: each look of a wait for the list, and whatever begins next, calls it
 * again. */

#include "unfinished.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"
#include "rasman.h"

/* A try that takes longer than this is a slow one. One may be made in ten times the time that the last one took, so
 * that a RasHangUp that blocks does not use up the time of all that winras is asked for next. */
#define SLOW 1000000
#define SLOW_SHARE 10
#define SLOWEST INT64_C(3600000000) /* longer ones, over which a simulated clock may leap, count as this */

struct unfinished {
    uint32_t service;
    winras_target target;
    int64_t issued_at;
    unsigned owed;      /* how often: each dial of the same entry took a reference */
    unsigned trying;    /* how many threads call a RasHangUp that is owed: one more might take another's reference */
    uint32_t answer;    /* of the last one */
    int64_t slow_until; /* 0, or a slow one was made: what begins next makes no other before */
    char16_t name[257]; /* its entry's; empty: any */
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

/* The entry, which is made if there is none; NULL if memory is short. With the lock held. */
static struct unfinished *find_or_add(uint32_t service, const winras_target *target, BOOL *is_new) {
    struct unfinished **link = find_link(service, target);

    *is_new = *link == NULL;
    if (!*link) {
        *link = calloc(1, sizeof(**link));
    }
    if (*link && *is_new) {
        (*link)->service = service;
        (*link)->target = *target;
    }
    return *link;
}

/* Returns 8 if memory is short. */
static uint32_t list_hang_up(uint32_t service, const winras_target *target, int64_t issued_at, BOOL *is_new) {
    struct unfinished *entry;

    lock_list();
    entry = find_or_add(service, target, is_new);
    if (entry) {
        entry->issued_at = issued_at;
    }
    unlock_list();
    return entry ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* After a RasHangUp that was owed. */
static void end_try(uint32_t service, const winras_target *target, uint32_t answer, BOOL is_taken, int64_t slow_until) {
    struct unfinished *entry;

    lock_list();
    entry = *find_link(service, target);
    if (entry) {
        entry->owed -= is_taken && entry->owed;
        entry->trying -= entry->trying > 0;
        entry->answer = answer;
        entry->slow_until = slow_until;
    }
    unlock_list();
}

static void take_off(struct unfinished **link) {
    struct unfinished *entry = *link;

    *link = entry->next;
    free(entry);
}

static void forget(uint32_t service, const winras_target *target, BOOL also_owed) {
    struct unfinished **link;

    lock_list();
    link = find_link(service, target);
    if (*link && (also_owed || !(*link)->owed)) {
        take_off(link);
    }
    unlock_list();
}

void unfinished_forget(uint32_t service, const winras_target *target) { forget(service, target, TRUE); }

void unfinished_let_go(uint32_t service, const winras_target *target) { forget(service, target, FALSE); }

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

/* Whether an enumeration shows that the handle is now another connection's; returns its answer. A dial does not know
 * the ids of what it dials, so they are kept when they are first seen. */
static uint32_t find_replaced(const rasapi *table, const struct unfinished *entry, BOOL *is_replaced) {
    winras_connection *connections = NULL;
    uint32_t count = 0, code;
    BOOL replaced = FALSE;

    *is_replaced = FALSE;
    if (entry->target.parent) {
        return ERROR_SUCCESS;
    }
    code = calls_enumerate(table, &connections, &count);
    for (uint32_t i = 0; i < count; i++) {
        const winras_connection *connection = &connections[i];
        struct unfinished *listed;

        if (connection->handle != entry->target.handle) {
            continue;
        }
        replaced = target_presence(connection, 1, &entry->target) == REPLACED ||
                   (entry->name[0] && !same_caseless(connection->name, entry->name));
        lock_list();
        listed = replaced ? NULL : *find_link(entry->service, &entry->target);
        if (listed) {
            target_learn(&listed->target, connection);
        }
        unlock_list();
        *is_replaced = *is_replaced || replaced;
    }
    free(connections);
    return code;
}

static int64_t slow_until(const rasapi *table, int64_t begun) {
    int64_t now = table->now(), took = now - begun;

    return took > SLOW ? now + SLOW_SHARE * (took < SLOWEST ? took : SLOWEST) : 0;
}

/* Whose the handle of an owed hang-up is: still the dial's; perhaps another's, so an enumeration comes first; or that
 * has had so much time to change that without an enumeration RasHangUp is not called. */
enum owner { OURS, PERHAPS_OURS, LONG_AGO_OURS };

/* Calls RasHangUp for a copy of an entry to which it is owed. An answer that the connection is gone counts only if its
 * status says so too, so that one wrong answer loses nothing. */
static uint32_t call_owed(const rasapi *table, const struct unfinished *entry, enum owner owner) {
    const winras_target *target = &entry->target;
    int64_t now = table->now();
    winras_status status;
    BOOL is_new, is_replaced = FALSE;
    uint32_t code = owner == OURS ? (uint32_t)ERROR_SUCCESS : find_replaced(table, entry, &is_replaced);

    if (is_replaced) {
        unfinished_forget(entry->service, target);
        return ERROR_INVALID_HANDLE;
    }
    if (code && owner == LONG_AGO_OURS) {
        end_try(entry->service, target, entry->answer, FALSE, slow_until(table, now));
        return entry->answer;
    }
    RASMAN_ASK(code, table, CALLS_CALL(table, RasHangUpW, handle_to_native(target->handle)));
    code = rasman_no_connection(code);
    if (target_has_ended(code) && target_has_ended(target_look(table, target, &status))) {
        unfinished_forget(entry->service, target);
        return code;
    }
    if (code == ERROR_SUCCESS) {
        list_hang_up(entry->service, target, now, &is_new);
    }
    end_try(entry->service, target, code, code == ERROR_SUCCESS, slow_until(table, now));
    return code;
}

/* Copies an entry to which RasHangUp is owed, unless as many threads call it already as it is owed. Each ends with
 * end_try, unless the entry is forgotten. */
static BOOL begin_try(struct unfinished *entry, struct unfinished *copy) {
    BOOL found = entry && entry->owed > entry->trying;

    if (found) {
        *copy = *entry;
        entry->trying++;
    }
    return found;
}

static uint32_t try_owed(uint32_t service, const rasapi *table, const winras_target *target, enum owner owner) {
    struct unfinished copy, *entry;
    uint32_t answer;
    BOOL begun;

    lock_list();
    entry = *find_link(service, target);
    begun = begin_try(entry, &copy);
    answer = entry && entry->owed ? entry->answer : (uint32_t)ERROR_SUCCESS;
    unlock_list();
    return begun ? call_owed(table, &copy, owner) : answer;
}

uint32_t unfinished_try(uint32_t service, const rasapi *table, const winras_target *target) {
    return try_owed(service, table, target, PERHAPS_OURS);
}

BOOL unfinished_is_owed(uint32_t service, const winras_target *target) {
    const struct unfinished *entry;
    BOOL owed;

    lock_list();
    entry = *find_link(service, target);
    owed = entry && entry->owed > 0;
    unlock_list();
    return owed;
}

/* Whether what is listed was an older connection of the handle that a dial of that name leaves. */
static BOOL is_older(const rasapi *table, const struct unfinished *listed, const char16_t name[257]) {
    BOOL is_replaced = FALSE;

    find_replaced(table, listed, &is_replaced);
    return is_replaced || (listed->name[0] && name[0] && !same_caseless(listed->name, name));
}

uint32_t unfinished_give_back(uint32_t service, const rasapi *table, const winras_target *target,
                              const char16_t name[257], BOOL may_be_anothers) {
    int64_t now = table->now();
    struct unfinished copy, *entry;
    BOOL is_new, older, begun = FALSE;

    memset(&copy, 0, sizeof(copy));
    lock_list();
    entry = *find_link(service, target);
    if (entry) {
        copy = *entry;
    }
    unlock_list();
    older = copy.owed && is_older(table, &copy, name);
    copy.service = service;
    copy.target = *target;
    memcpy(copy.name, name, sizeof(copy.name));
    /* It is listed and owed in one step, or a look of another thread at what is not owed might take it off. */
    lock_list();
    entry = find_or_add(service, target, &is_new);
    if (entry) {
        entry->issued_at = now;
        entry->target = *target; /* which find_replaced completes */
        memcpy(entry->name, copy.name, sizeof(entry->name));
        entry->owed = older ? entry->trying + 1 : entry->owed + 1;
        begun = begin_try(entry, &copy);
    }
    unlock_list();
    /* Without memory for the list too. */
    return begun || !entry ? call_owed(table, &copy, may_be_anothers ? PERHAPS_OURS : OURS) : (uint32_t)ERROR_SUCCESS;
}

static BOOL may_be_looked_at(const struct unfinished *entry, uint32_t service, BOOL owed, int64_t now) {
    return entry->service == service && (entry->owed ? entry->owed > entry->trying && now >= entry->slow_until : !owed);
}

/* The oldest entry, copied, which becomes the newest, unless it is the one of the target. With `owed`, of those to
 * which RasHangUp is owed. */
static BOOL turn_to_oldest(uint32_t service, const rasapi *table, const winras_target *target, BOOL owed,
                           struct unfinished *copy) {
    int64_t now = table->now();
    struct unfinished **link, **last, *entry;
    BOOL found;

    lock_list();
    forget_ended_services();
    link = &list.first;
    while (*link && !may_be_looked_at(*link, service, owed, now)) {
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

/* Unless it was hung up again, or left by a dial, since it was copied. */
static void take_off_unchanged(const struct unfinished *copy) {
    struct unfinished **link;

    lock_list();
    link = find_link(copy->service, &copy->target);
    if (*link && !(*link)->owed && (*link)->issued_at == copy->issued_at) {
        take_off(link);
    }
    unlock_list();
}

/* How one that is no longer waited for is. */
static void look_at(uint32_t service, const rasapi *table, const struct unfinished *entry) {
    if (unfinished_is_owed(service, &entry->target)) {
        try_owed(service, table, &entry->target, LONG_AGO_OURS);
    } else if (has_ended(table, entry)) {
        take_off_unchanged(entry);
    }
}

/* At the two oldest, or at one if that takes long, and at none that comes after the target or comes again. */
static void look_at_two(uint32_t service, const rasapi *table, const winras_target *target, BOOL owed) {
    int64_t begun = table->now();
    struct unfinished oldest;

    memset(&oldest, 0, sizeof(oldest));
    for (int looks = 0; looks < 2 && table->now() - begun <= SLOW; looks++) {
        if (!turn_to_oldest(service, table, target ? target : &oldest.target, owed, &oldest)) {
            return;
        }
        look_at(service, table, &oldest);
    }
}

void unfinished_try_oldest(uint32_t service, const rasapi *table) { look_at_two(service, table, NULL, TRUE); }

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
    } else if (code == ERROR_INVALID_HANDLE) {
        unfinished_forget(service, target);
    } else if (is_new) {
        unfinished_let_go(service, target);
    }
    /* Nobody may ever wait for what was hung up without waiting. So each new entry has the end of two older ones looked
     * for: the list gets shorter again when what is on it is gone. */
    if (is_new && code == ERROR_SUCCESS) {
        look_at_two(service, table, target, FALSE);
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

BOOL unfinished_look(uint32_t service, const rasapi *table) {
    size_t count = 0;
    struct unfinished *entries = copy_list(service, &count);
    BOOL owed = FALSE;

    /* What has taken long comes last, because it may take all the time that there is. */
    for (size_t i = 0; i < 2 * count; i++) {
        const struct unfinished *entry = &entries[i % count];

        if ((entry->slow_until != 0) == (i >= count)) {
            look_at(service, table, entry);
            owed = unfinished_is_owed(service, &entry->target) || owed;
        }
    }
    free(entries);
    return owed;
}
