/* The one state of the simulated service, behind one lock, and look-ups in it. Connections are referred to by
 * handle, entries by their place: pointers into the arrays are good only until the next append or erase. */

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
    struct entry *entry = append(&sim.entries, &sim.entry_count, sizeof(*entry));

    if (entry) {
        entry->given = *given;
        if (!order_add(&sim.entry_order, texts_of_entry, sim.entry_count - 1)) {
            sim.entry_count--;
            entry = NULL;
        }
    }
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

struct connection *connection_of_entry(size_t entry) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        if (sim.connections[i].entry == entry) {
            return &sim.connections[i];
        }
    }
    return NULL;
}

struct connection *connection_of_handle(uint64_t handle) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        if (sim.connections[i].handle == handle) {
            return &sim.connections[i];
        }
    }
    return NULL;
}

struct link *link_of_handle(uint64_t handle, struct connection **connection) {
    for (size_t i = 0; i < sim.connection_count; i++) {
        for (size_t j = 0; j < sim.connections[i].link_count; j++) {
            if (sim.connections[i].links[j].handle == handle) {
                *connection = &sim.connections[i];
                return &sim.connections[i].links[j];
            }
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
