/* A block has its head, then the numbers of the connections and those of the statuses, then all texts, one after the
 * other, each up to its NUL. Nothing else is in it, so that two blocks are equal if what they tell is. */

#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "layouts.h"

/* The longest texts of one connection or status. */
#define MOST_TEXT sizeof(winras_connection)
#define USUAL_TEXT 256

_Static_assert(sizeof(winras_block) == 24, "winras_block has no padding");
_Static_assert(sizeof(winras_connection_numbers) == 56, "winras_connection_numbers has no padding");
_Static_assert(sizeof(winras_status_numbers) == 56, "winras_status_numbers has no padding");
_Static_assert(sizeof(winras_status) <= MOST_TEXT, "MOST_TEXT");

void pack_begin(packer *to, uint32_t service, uint32_t connections, uint32_t statuses) {
    memset(to, 0, sizeof(*to));
    to->numbers = sizeof(winras_block);
    to->texts =
        to->numbers + connections * sizeof(winras_connection_numbers) + statuses * sizeof(winras_status_numbers);
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
static BOOL add_numbers(packer *to, const void *numbers, size_t size) {
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

/* A GUID as the number of 128 bits that its text is, high half first. */
static void to_number(uint64_t number[2], const uint8_t guid[16]) {
    /* Data1, Data2 and Data3 of a GUID have their low bytes first. */
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    for (int i = 0; i < 16; i++) {
        number[i / 8] = number[i / 8] << 8 | guid[order[i]];
    }
}

void pack_connection(packer *to, const winras_connection *connection) {
    winras_connection_numbers numbers = {
        .handle = connection->handle,
        .luid = connection->luid,
        .sub_entry = connection->sub_entry,
        .flags = connection->flags,
    };

    to_number(numbers.entry_id, connection->entry_id);
    to_number(numbers.correlation_id, connection->correlation_id);
    if (add_numbers(to, &numbers, sizeof(numbers))) {
        ADD_TEXT(to, connection->name);
        ADD_TEXT(to, connection->device_type);
        ADD_TEXT(to, connection->device_name);
        ADD_TEXT(to, connection->phonebook);
    }
}

void pack_status(packer *to, const winras_status *status) {
    winras_status_numbers numbers = {
        .state = status->state,
        .substate = status->substate,
        .error = status->error,
        .local_type = status->local.type,
        .remote_type = status->remote.type,
    };

    memcpy(numbers.local, status->local.address, sizeof(numbers.local));
    memcpy(numbers.remote, status->remote.address, sizeof(numbers.remote));
    if (add_numbers(to, &numbers, sizeof(numbers))) {
        ADD_TEXT(to, status->device_type);
        ADD_TEXT(to, status->device_name);
        ADD_TEXT(to, status->phone_number);
    }
}

winras_block *pack_end(packer *to, uint32_t code) {
    winras_block *block = to->block;

    to->block = NULL;
    if (block) {
        block->size = to->texts;
        block->code = code;
    }
    return block;
}
