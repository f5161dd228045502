/* Nothing is in a block but what it tells, so two that tell the same are equal. */

#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "layouts.h"

/* The longest record of a connection or status: its numbers, and texts that fill their arrays. */
#define MOST_RECORD ((WINRAS_CONNECTION_NUMBERS + 1) * sizeof(uint64_t) + sizeof(winras_connection))
#define USUAL_RECORD 320
/* RAS lists what stays in the order that it had. So the next one is looked for behind the one before, past those that
 * have gone; where so many have gone at once, it costs less to read the others anew than to look for them. */
#define MOST_GONE 64

_Static_assert((WINRAS_STATUS_NUMBERS + 1) * sizeof(uint64_t) + sizeof(winras_status) <= MOST_RECORD, "MOST_RECORD");
_Static_assert(sizeof(WCHAR) == sizeof(char16_t), "text is copied as it is");

/* Where the records begin, and the last one ends. */
static uint64_t *edges(const packer *to) { return (uint64_t *)(to->block + 1); }

void pack_begin(packer *to, uint32_t service, uint32_t connections, uint32_t statuses) {
    size_t records = (size_t)connections + statuses;

    memset(to, 0, sizeof(*to));
    to->used = sizeof(winras_block) + (records + 1) * sizeof(uint64_t);
    to->room = to->used + MOST_RECORD + records * USUAL_RECORD;
    to->block = malloc(to->room);
    if (to->block) {
        memset(to->block, 0, to->used);
        to->block->service = service;
        edges(to)[0] = to->used;
    }
}

static void add(packer *to, const void *bytes, size_t size) {
    memcpy((uint8_t *)to->block + to->used, bytes, size);
    to->used += size;
}

/* Makes room for one more record, and begins it with its numbers. */
static BOOL begin_record(packer *to, const uint64_t *numbers, size_t size) {
    winras_block *grown;

    if (to->block && to->room - to->used < MOST_RECORD) {
        to->room *= 2;
        grown = realloc(to->block, to->room);
        if (!grown) {
            free(to->block);
        }
        to->block = grown;
    }
    if (to->block) {
        add(to, numbers, size);
    }
    return to->block != NULL;
}

static void add_text(packer *to, const char16_t *text, size_t room) {
    static const char16_t nul = 0;
    size_t length = 0;

    while (length < room - 1 && text[length]) {
        length++;
    }
    add(to, text, length * sizeof(*text));
    add(to, &nul, sizeof(nul));
}

#define ADD_TEXT(to, text) add_text((to), (const char16_t *)(const void *)(text), COUNT(text))

static void end_record(packer *to) {
    static const uint8_t zeros[sizeof(uint64_t)] = {0};

    add(to, zeros, (0 - to->used) % sizeof(zeros));
    edges(to)[to->block->connections + to->block->statuses] = to->used;
}

/* 16 bytes as a number of 128 bits, high half first, from their order in it. */
static void to_number(uint64_t number[2], const uint8_t bytes[16], const uint8_t order[16]) {
    number[0] = number[1] = 0;
    for (int i = 0; i < 16; i++) {
        number[i / 8] = number[i / 8] << 8 | bytes[order[i]];
    }
}

static const uint8_t address_order[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
/* Data1, Data2 and Data3 of a GUID have their low bytes first. */
static const uint8_t guid_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

void pack_connection(packer *to, const winras_connection *connection) {
    uint64_t numbers[WINRAS_CONNECTION_NUMBERS] = {connection->handle, connection->sub_entry, connection->flags,
                                                   connection->luid};

    to_number(numbers + 4, connection->entry_id, guid_order);
    to_number(numbers + 6, connection->correlation_id, guid_order);
    if (begin_record(to, numbers, sizeof(numbers))) {
        ADD_TEXT(to, connection->name);
        ADD_TEXT(to, connection->device_type);
        ADD_TEXT(to, connection->device_name);
        ADD_TEXT(to, connection->phonebook);
        to->block->connections++;
        end_record(to);
    }
}

void pack_native(packer *to, const RASCONNW *native) {
    uint64_t numbers[WINRAS_CONNECTION_NUMBERS] = {
        handle_from_native(native->hrasconn), native->dwSubEntry, native->dwFlags,
        (uint64_t)(uint32_t)native->luid.HighPart << 32 | native->luid.LowPart};

    to_number(numbers + 4, (const uint8_t *)&native->guidEntry, guid_order);
    to_number(numbers + 6, (const uint8_t *)&native->guidCorrelationId, guid_order);
    if (begin_record(to, numbers, sizeof(numbers))) {
        ADD_TEXT(to, native->szEntryName);
        ADD_TEXT(to, native->szDeviceType);
        ADD_TEXT(to, native->szDeviceName);
        ADD_TEXT(to, native->szPhonebook);
        to->block->connections++;
        end_record(to);
    }
}

void pack_status(packer *to, const winras_status *status) {
    uint64_t numbers[WINRAS_STATUS_NUMBERS] = {status->state, status->substate, status->error};

    numbers[3] = status->local.type;
    to_number(numbers + 4, status->local.address, address_order);
    numbers[6] = status->remote.type;
    to_number(numbers + 7, status->remote.address, address_order);
    if (begin_record(to, numbers, sizeof(numbers))) {
        ADD_TEXT(to, status->device_type);
        ADD_TEXT(to, status->device_name);
        ADD_TEXT(to, status->phone_number);
        to->block->statuses++;
        end_record(to);
    }
}

winras_block *pack_end(packer *to, uint32_t code) {
    winras_block *block = to->block;

    to->block = NULL;
    if (block) {
        block->size = to->used;
        block->code = code;
    }
    return block;
}

/* Number by number, because the memcmp of some C libraries goes byte by byte. */
BOOL pack_is_same(const void *a, const void *b, uint64_t size) {
    uint64_t mine, other = 0;
    BOOL is_same = TRUE;

    for (uint64_t at = 0; is_same && at < size; at += sizeof(mine)) {
        memcpy(&mine, (const uint8_t *)a + at, sizeof(mine));
        memcpy(&other, (const uint8_t *)b + at, sizeof(other));
        is_same = mine == other;
    }
    return is_same;
}

static uint64_t number_at(const uint8_t *block, uint64_t at) {
    uint64_t number;

    memcpy(&number, block + at, sizeof(number));
    return number;
}

/* Where a record begins, or the last one ends. */
static uint64_t edge_of(const uint8_t *block, uint64_t record) {
    return number_at(block, sizeof(winras_block) + record * sizeof(uint64_t));
}

void winras_find_same(const uint8_t *block, const uint8_t *last, uint32_t *same) {
    winras_block mine, other;
    uint32_t next = 0, known;
    uint64_t records;

    memcpy(&mine, block, sizeof(mine));
    memcpy(&other, last, sizeof(other));
    records = mine.statuses ? 2 : 1; /* of each connection */
    known = mine.service == other.service && !mine.statuses == !other.statuses ? (uint32_t)other.connections : 0;
    for (uint32_t i = 0; i < mine.connections; i++) {
        uint64_t begin = edge_of(block, i * records), size = edge_of(block, (i + 1) * records) - begin;

        same[i] = WINRAS_IS_NEW;
        for (uint32_t j = next; j < known && j - next < MOST_GONE; j++) {
            uint64_t there = edge_of(last, j * records);
            BOOL is_as_long = edge_of(last, (j + 1) * records) - there == size;

            if (number_at(last, there) == number_at(block, begin)) { /* the handle */
                same[i] = is_as_long && pack_is_same(block + begin, last + there, size) ? j : WINRAS_IS_NEW;
                next = j + 1;
                break;
            }
        }
    }
}
