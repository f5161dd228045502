/* The one state of the simulated service, behind one lock, and look-ups in it. Entries are referred to by their place:
 * pointers into the arrays are good only until the next append or erase. Connections stay where they are until they are
 * freed; whoever gives up the lock meanwhile refers to them by handle. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"

#define FIRST_HANDLE 0x20000

struct sim_state sim = {.lock = SRWLOCK_INIT, .next_handle = FIRST_HANDLE};

/* No simulator runs in the child; its own gets other numbers and handles than its parent's. */
AFTER_FORK(forget_state, {
    struct sim_state left = {
        .last_number = sim.last_number, .next_handle = sim.next_handle, .last_serial = sim.last_serial};

    sim = left;
    InitializeSRWLock(&sim.lock);
});

void lock_state(void) { AcquireSRWLockExclusive(&sim.lock); }

void unlock_state(void) { ReleaseSRWLockExclusive(&sim.lock); }

BOOL make_state_events(void) {
    if (!sim.changed) {
        sim.changed = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    if (!sim.earlier) {
        sim.earlier = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    return sim.changed && sim.earlier;
}

void wait_for_change(DWORD ms) {
    ResetEvent(sim.changed);
    unlock_state();
    WaitForSingleObject(sim.changed, ms);
    lock_state();
}

uint32_t rasapi_simulator_running(void) {
    uint32_t running;

    lock_state();
    running = sim.running;
    unlock_state();
    return running;
}

client_ear *own_client_hears, *other_client_hears;
BOOL (*other_client_over)(uint64_t client);
size_t (*other_client_keeps)(uint32_t client, size_t more, size_t less);
void (*service_ends)(void);

void tell_client(uint32_t client, const service_news *news) {
    client_ear *hears = client == OWN_CLIENT ? own_client_hears : other_client_hears;

    if (hears) {
        hears(client, news);
    }
}

void *append(void *array_pointer, size_t *count, size_t size) {
    void *array;
    char *bytes;

    memcpy(&array, array_pointer, sizeof(array));
    bytes = array;
    /* There is room for as many as the next power of two, so that all of n elements are moved once, not n times. */
    if ((*count & (*count - 1)) == 0) {
        bytes = *count > SIZE_MAX / 2 / size ? NULL : realloc(array, (*count ? 2 * *count : 1) * size);
        if (!bytes) {
            return NULL;
        }
        array = bytes;
        memcpy(array_pointer, &array, sizeof(array));
    }
    bytes += *count * size;
    memset(bytes, 0, size);
    *count += 1;
    return bytes;
}

/* What time has done away with was given back for nobody, so a client may have less than it was counted. */
static size_t count_kept(size_t more, size_t less) {
    size_t kept = sim.client != OWN_CLIENT && other_client_keeps ? other_client_keeps(sim.client, more, less) : 0;

    return kept < sim.stored ? kept : sim.stored;
}

BOOL take_room(size_t bytes) {
    size_t most = sim.client == OWN_CLIENT ? MOST_STORED : MOST_OF_OTHERS;
    size_t left = sim.stored < most ? most - sim.stored : 0;
    BOOL has_room = sim.client == OWN_CLIENT
                        ? bytes <= left
                        : is_fair(sim.stored, bytes, left) || is_fair(count_kept(0, 0), bytes, left);

    if (has_room) {
        sim.stored += bytes;
        count_kept(bytes, 0);
    }
    return has_room;
}

void give_room(size_t bytes) {
    sim.stored -= bytes;
    count_kept(0, bytes);
}

void erase(void *array, size_t *count, size_t size, size_t number) {
    char *bytes = array;

    memmove(bytes + number * size, bytes + (number + 1) * size, (*count - number - 1) * size);
    *count -= 1;
}

/* ---- orders ---- */

size_t order_find(const struct order *order, order_texts texts_of, const char16_t *first, const char16_t *second) {
    size_t begin = 0, end = order->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        const char16_t *texts[2];
        int compared;

        texts_of(order->places[middle], texts);
        compared = compare_caseless(texts[0], first);
        if (compared == 0) {
            compared = compare_caseless(texts[1], second);
        }
        if (compared < 0) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

BOOL order_add(struct order *order, order_texts texts_of, size_t place) {
    const char16_t *texts[2];
    size_t number;

    texts_of(place, texts);
    number = order_find(order, texts_of, texts[0], texts[1]);
    if (!append(&order->places, &order->count, sizeof(*order->places))) {
        return FALSE;
    }
    memmove(order->places + number + 1, order->places + number, (order->count - 1 - number) * sizeof(*order->places));
    order->places[number] = place;
    return TRUE;
}

void order_remove(struct order *order, order_texts texts_of, size_t place) {
    const char16_t *texts[2];
    size_t number;

    texts_of(place, texts);
    number = order_find(order, texts_of, texts[0], texts[1]);
    while (number < order->count && order->places[number] != place) {
        number++;
    }
    if (number < order->count) {
        erase(order->places, &order->count, sizeof(*order->places), number);
    }
}

void order_forget(struct order *order) {
    free(order->places);
    order->places = NULL;
    order->count = 0;
}

/* ---- entries ---- */

BOOL same_text(const char16_t *a, const char16_t *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static int length_of(const char16_t *text) {
    int length = 0;

    while (text[length]) {
        length++;
    }
    return length;
}

const char16_t *path_after(const char16_t *path, const char16_t *beginning) {
    int length = length_of(beginning);
    BOOL begins = length_of(path) >= length &&
                  CompareStringOrdinal((LPCWSTR)path, length, (LPCWSTR)beginning, length, TRUE) == CSTR_EQUAL;

    return begins ? path + length : NULL;
}

void texts_of_entry(size_t place, const char16_t *texts[2]) {
    texts[0] = sim.entries[place].given.name;
    texts[1] = sim.entries[place].given.phonebook;
}

size_t first_entry(const char16_t *name, const char16_t *phonebook) {
    return order_find(&sim.entry_order, texts_of_entry, name, phonebook);
}

struct entry *append_entry(const sim_entry *given) {
    struct entry *entry;

    if (!take_room(sizeof(*entry))) {
        return NULL;
    }
    entry = append(&sim.entries, &sim.entry_count, sizeof(*entry));
    if (entry) {
        entry->given = *given;
        if (!order_add(&sim.entry_order, texts_of_entry, sim.entry_count - 1)) {
            sim.entry_count--;
            entry = NULL;
        }
    }
    give_room(entry ? 0 : sizeof(*entry));
    return entry;
}

DWORD find_entry(const char16_t *name, const char16_t *phonebook, size_t *found) {
    BOOL is_exact = FALSE;
    uint32_t count = 0;

    for (size_t i = first_entry(name, phonebook); i < sim.entry_order.count; i++) {
        size_t place = sim.entry_order.places[i];
        const sim_entry *entry = &sim.entries[place].given;
        BOOL exact = same_text(entry->name, name);

        if (!same_caseless(entry->name, name) || (phonebook[0] && !same_caseless(entry->phonebook, phonebook))) {
            break;
        }
        if (exact || !is_exact) {
            count = exact == is_exact ? count + 1 : 1;
            is_exact = exact;
            *found = place;
        }
    }
    if (count > 1) {
        return ERROR_INVALID_PARAMETER; /* in two phone books */
    }
    return count ? ERROR_SUCCESS : ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;
}

/* ---- connections and their links ---- */

const sim_entry *entry_of(const struct connection *connection) { return &sim.entries[connection->entry].given; }

/* Handles are given out in steps of 0x10. */
static size_t home_of(uint64_t handle) { return (size_t)(handle >> 4) & (sim.handles.room - 1); }

static size_t after(size_t place) { return (place + 1) & (sim.handles.room - 1); }

/* Where the handle is, or would be. */
static size_t place_of(uint64_t handle) {
    size_t place = home_of(handle);

    while (sim.handles.places[place].handle != handle && sim.handles.places[place].handle != NO_HANDLE) {
        place = after(place);
    }
    return place;
}

static struct connection *owner_of(uint64_t handle) {
    return sim.handles.count ? sim.handles.places[place_of(handle)].connection : NULL;
}

static void put_handle(uint64_t handle, struct connection *connection) {
    size_t place = place_of(handle);

    sim.handles.places[place].handle = handle;
    sim.handles.places[place].connection = connection;
    sim.handles.count++;
}

static BOOL add_handle(uint64_t handle, struct connection *connection) {
    struct handles before = sim.handles;

    if (2 * (before.count + 1) > before.room) {
        size_t room = before.room ? 2 * before.room : 16;

        sim.handles.places = calloc(room, sizeof(*sim.handles.places));
        if (!sim.handles.places) {
            sim.handles = before;
            return FALSE;
        }
        sim.handles.room = room;
        sim.handles.count = 0;
        for (size_t i = 0; i < before.room; i++) {
            if (before.places[i].handle != NO_HANDLE) {
                put_handle(before.places[i].handle, before.places[i].connection);
            }
        }
        free(before.places);
    }
    put_handle(handle, connection);
    return TRUE;
}

/* Those behind it that would not be found over the hole move into it. */
static void remove_handle(uint64_t handle) {
    size_t hole = place_of(handle), mask = sim.handles.room - 1;

    for (size_t i = after(hole); sim.handles.places[i].handle != NO_HANDLE; i = after(i)) {
        size_t home = home_of(sim.handles.places[i].handle);

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            sim.handles.places[hole] = sim.handles.places[i];
            hole = i;
        }
    }
    sim.handles.places[hole].handle = NO_HANDLE;
    sim.handles.places[hole].connection = NULL;
    sim.handles.count--;
}

/* Of several that are due at one moment, the one that was dialled first. */
static BOOL is_before(const struct connection *a, const struct connection *b) {
    return a->due < b->due || (a->due == b->due && a->serial < b->serial);
}

static void put_into_queue(struct connection *connection, size_t place) {
    sim.queue[place] = connection;
    connection->place = place;
}

static void sort_in(struct connection *connection) {
    size_t place = connection->place;

    while (place && is_before(connection, sim.queue[(place - 1) / 2])) {
        put_into_queue(sim.queue[(place - 1) / 2], place);
        place = (place - 1) / 2;
    }
    for (size_t below = 2 * place + 1; below < sim.connection_count; below = 2 * place + 1) {
        if (below + 1 < sim.connection_count && is_before(sim.queue[below + 1], sim.queue[below])) {
            below++;
        }
        if (!is_before(sim.queue[below], connection)) {
            break;
        }
        put_into_queue(sim.queue[below], place);
        place = below;
    }
    put_into_queue(connection, place);
}

static void take_out(const struct connection *connection) {
    struct connection *moved = sim.queue[--sim.connection_count];

    if (moved != connection) {
        put_into_queue(moved, connection->place);
        sort_in(moved);
    }
}

void set_until(struct connection *connection, int64_t *until, int64_t moment) {
    *until = moment;
    connection->due = connection->until;
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].until < connection->due) {
            connection->due = connection->links[i].until;
        }
    }
    sort_in(connection);
}

struct connection *append_connection(size_t entry, uint64_t handle) {
    struct connection *connection = calloc(1, sizeof(*connection));

    if (!connection || !append(&sim.queue, &sim.connection_count, sizeof(*sim.queue))) {
        free(connection);
        return NULL;
    }
    connection->serial = ++sim.last_serial;
    connection->until = connection->due = SIM_NEVER;
    put_into_queue(connection, sim.connection_count - 1);
    sort_in(connection);
    if (!add_handle(handle, connection)) {
        take_out(connection);
        free(connection);
        return NULL;
    }
    connection->handle = handle;
    connection->entry = entry;
    sim.entries[entry].connection = connection;
    connection->previous = sim.last;
    *(sim.last ? &sim.last->next : &sim.first) = connection;
    sim.last = connection;
    return connection;
}

BOOL append_link(struct connection *connection, uint64_t handle, struct link **link) {
    *link = append(&connection->links, &connection->link_count, sizeof(**link));
    if (*link && !add_handle(handle, connection)) {
        connection->link_count--;
        *link = NULL;
    }
    if (!*link) {
        return FALSE;
    }
    (*link)->handle = handle;
    (*link)->until = SIM_NEVER;
    return TRUE;
}

void free_connection(struct connection *connection) {
    for (size_t i = 0; i < connection->link_count; i++) {
        remove_handle(connection->links[i].handle);
    }
    remove_handle(connection->handle);
    take_out(connection);
    *(connection->previous ? &connection->previous->next : &sim.first) = connection->next;
    *(connection->next ? &connection->next->previous : &sim.last) = connection->previous;
    sim.entries[connection->entry].connection = NULL;
    free(connection->links);
    free(connection);
}

struct connection *connection_of_entry(size_t entry) { return sim.entries[entry].connection; }

struct connection *connection_of_handle(uint64_t handle) {
    struct connection *connection = owner_of(handle);

    return connection && connection->handle == handle ? connection : NULL;
}

struct link *link_of_handle(uint64_t handle, struct connection **connection) {
    struct connection *owner = owner_of(handle);

    for (size_t i = 0; owner && i < owner->link_count; i++) {
        if (owner->links[i].handle == handle) {
            *connection = owner;
            return &owner->links[i];
        }
    }
    return NULL;
}

struct link *link_of_number(const struct connection *connection, uint32_t number) {
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].number == number && connection->links[i].state != LINK_GONE) {
            return &connection->links[i];
        }
    }
    return NULL;
}

uint32_t highest_number(const struct connection *connection) {
    uint32_t highest = 0;

    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].number > highest) {
            highest = connection->links[i].number;
        }
    }
    return highest;
}

uint32_t first_number(const struct connection *connection) {
    uint32_t first = highest_number(connection);

    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state == LINK_CONNECTED && connection->links[i].number < first) {
            first = connection->links[i].number;
        }
    }
    return first;
}

uint32_t connected_links(const struct connection *connection) {
    uint32_t count = 0;

    for (size_t i = 0; i < connection->link_count; i++) {
        count += connection->links[i].state == LINK_CONNECTED;
    }
    return count;
}

uint32_t sub_entries(const struct connection *connection) {
    uint32_t highest = highest_number(connection);
    uint32_t given = entry_of(connection)->sub_entries;

    return given > highest ? given : highest;
}

void correlation_id_of(const struct connection *connection, uint8_t id[16]) {
    memcpy(id, "winras\0\0", 8);
    memcpy(id + 8, &connection->serial, sizeof(connection->serial));
}

BOOL is_multilink(const struct connection *connection) { return sub_entries(connection) > 1; }
