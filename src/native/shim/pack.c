/* Nothing is in a block but what it tells, so two that tell the same are equal. */

#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "layouts.h"

/* The longest texts of one connection or status. */
#define MOST_TEXT sizeof(winras_connection)
#define USUAL_TEXT 256

_Static_assert(sizeof(winras_status) <= MOST_TEXT, "MOST_TEXT");

void pack_begin(packer *to, uint32_t service, uint32_t connections, uint32_t statuses) {
    memset(to, 0, sizeof(*to));
    to->numbers = sizeof(winras_block);
    to->texts =
        to->numbers +
        ((size_t)connections * WINRAS_CONNECTION_NUMBERS + (size_t)statuses * WINRAS_STATUS_NUMBERS) * sizeof(uint64_t);
    to->room = to->texts + MOST_TEXT + ((size_t)connections + statuses) * USUAL_TEXT;
    to->block = malloc(to->room);
    if (to->block) {
        memset(to->block, 0, to->texts);
        to->block->service = service;
        to->block->connections = connections;
        to->block->statuses = statuses;
    }
}

/* Makes room for the texts of one more, and adds its numbers. */
static BOOL add_numbers(packer *to, const uint64_t *numbers, size_t size) {
    winras_block *grown;

    if (to->block && to->room - to->texts < MOST_TEXT) {
        to->room *= 2;
        grown = realloc(to->block, to->room);
        if (!grown) {
            free(to->block);
        }
        to->block = grown;
    }
    if (to->block) {
        memcpy((uint8_t *)to->block + to->numbers, numbers, size);
        to->numbers += size;
    }
    return to->block != NULL;
}

static void add_text(packer *to, const char16_t *text, size_t room) {
    static const char16_t nul = 0;
    size_t length = 0;

    while (length < room - 1 && text[length]) {
        length++;
    }
    memcpy((uint8_t *)to->block + to->texts, text, length * sizeof(*text));
    to->texts += length * sizeof(*text);
    memcpy((uint8_t *)to->block + to->texts, &nul, sizeof(nul));
    to->texts += sizeof(nul);
}

#define ADD_TEXT(to, text) add_text((to), (text), COUNT(text))

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
    if (add_numbers(to, numbers, sizeof(numbers))) {
        ADD_TEXT(to, connection->name);
        ADD_TEXT(to, connection->device_type);
        ADD_TEXT(to, connection->device_name);
        ADD_TEXT(to, connection->phonebook);
    }
}

void pack_status(packer *to, const winras_status *status) {
    uint64_t numbers[WINRAS_STATUS_NUMBERS] = {status->state, status->substate, status->error};

    numbers[3] = status->local.type;
    to_number(numbers + 4, status->local.address, address_order);
    numbers[6] = status->remote.type;
    to_number(numbers + 7, status->remote.address, address_order);
    if (add_numbers(to, numbers, sizeof(numbers))) {
        ADD_TEXT(to, status->device_type);
        ADD_TEXT(to, status->device_name);
        ADD_TEXT(to, status->phone_number);
    }
}

winras_block *pack_end(packer *to, uint32_t code) {
    winras_block *block = to->block;

    to->block = NULL;
    if (block) {
        while (to->texts % sizeof(uint64_t)) {
            ((uint8_t *)block)[to->texts++] = 0;
        }
        block->size = to->texts;
        block->code = code;
    }
    return block;
}
