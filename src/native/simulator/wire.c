/* The fields of a record as bytes. */

#include "wire.h"

#include <stdlib.h>
#include <string.h>

static void wipe_and_free(void *memory, size_t size) {
    if (memory) {
        SecureZeroMemory(memory, size);
        free(memory);
    }
}

/* ---- writing ---- */

void wire_free(wire_bytes *bytes) {
    wipe_and_free(bytes->bytes, bytes->room);
    memset(bytes, 0, sizeof(*bytes));
}

uint8_t *wire_grow(wire_bytes *to, size_t size) {
    size_t needed = to->size + size, room = to->room ? to->room : 256;
    uint8_t *moved;

    if (to->error) {
        return NULL;
    }
    if (size > to->most || to->size > to->most - size) {
        to->error = ERROR_NOT_ENOUGH_MEMORY;
        return NULL;
    }
    if (needed > to->room) {
        while (room < needed) {
            room *= 2;
        }
        moved = calloc(room, 1);
        if (!moved) {
            to->error = ERROR_NOT_ENOUGH_MEMORY;
            return NULL;
        }
        if (to->bytes) {
            memcpy(moved, to->bytes, to->size);
        }
        wipe_and_free(to->bytes, to->room);
        to->bytes = moved;
        to->room = room;
    }
    to->size = needed;
    return to->bytes + needed - size;
}

static void append_number(wire_bytes *to, uint64_t number, size_t size) {
    uint8_t *bytes = wire_grow(to, size);

    for (size_t i = 0; bytes && i < size; i++) {
        bytes[i] = (uint8_t)(number >> 8 * i);
    }
}

static void append_bytes(wire_bytes *to, const void *given, size_t size) {
    uint8_t *bytes = wire_grow(to, size);

    if (bytes && size) {
        memcpy(bytes, given, size);
    }
}

static void append_text(wire_bytes *to, const char16_t *text, size_t room) {
    size_t units = 0;
    uint8_t *bytes;

    while (units < room - 1 && text[units]) {
        units++;
    }
    append_number(to, units, 2);
    bytes = wire_grow(to, 2 * units);
    for (size_t i = 0; bytes && i < units; i++) {
        bytes[2 * i] = (uint8_t)text[i];
        bytes[2 * i + 1] = (uint8_t)(text[i] >> 8);
    }
}

static uint64_t number_at(const uint8_t *place, size_t size) {
    uint64_t wide;
    uint32_t number;
    uint16_t narrow;

    switch (size) {
    case 8:
        memcpy(&wide, place, sizeof(wide));
        return wide;
    case 4:
        memcpy(&number, place, sizeof(number));
        return number;
    case 2:
        memcpy(&narrow, place, sizeof(narrow));
        return narrow;
    default:
        return *place;
    }
}

static void append_array(wire_bytes *to, const wire_field *field, const wire_array *array) {
    const wire_record *record = field->record();

    if (array->count > field->size) {
        to->error = ERROR_INVALID_PARAMETER;
        return;
    }
    append_number(to, array->count, 4);
    for (uint32_t i = 0; i < array->count && !to->error; i++) {
        wire_write(to, record, (const uint8_t *)array->items + i * record->size);
    }
}

static void append_blob(wire_bytes *to, const wire_field *field, const wire_blob *blob) {
    if (blob->size > field->size) {
        to->error = ERROR_INVALID_PARAMETER;
        return;
    }
    append_number(to, blob->size, 4);
    append_bytes(to, blob->bytes, blob->size);
}

void wire_write(wire_bytes *to, const wire_record *record, const void *structure) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END && !to->error; field++) {
        const uint8_t *place = (const uint8_t *)structure + field->offset;

        switch (field->kind) {
        case WIRE_NUMBER:
            append_number(to, number_at(place, field->size), field->size);
            break;
        case WIRE_TEXT:
            append_text(to, (const char16_t *)(const void *)place, field->size / sizeof(char16_t));
            break;
        case WIRE_BYTES:
        case WIRE_RAW:
            append_bytes(to, place, field->size);
            break;
        case WIRE_RECORD:
            wire_write(to, field->record(), place);
            break;
        case WIRE_ARRAY:
            append_array(to, field, (const wire_array *)(const void *)place);
            break;
        case WIRE_BLOB:
            append_blob(to, field, (const wire_blob *)(const void *)place);
            break;
        case WIRE_LIST:
        case WIRE_END:
            break;
        }
    }
}

/* ---- a list ---- */

static void append_item(void *to, const void *item) {
    wire_bytes *bytes = to;

    wire_write(bytes, bytes->item, item);
    bytes->items++;
}

void wire_begin_list(wire_bytes *to, const wire_record *item, wire_list *list) {
    to->item = item;
    to->items = 0;
    to->count_at = to->size;
    append_number(to, 0, 4);
    list->take = append_item;
    list->to = to;
}

void wire_end_list(wire_bytes *to) {
    for (size_t i = 0; i < 4 && !to->error; i++) {
        to->bytes[to->count_at + i] = (uint8_t)(to->items >> 8 * i);
    }
}

/* ---- reading ---- */

/* What is left, or NULL when something was wrong. */
struct reading {
    const uint8_t *bytes;
    size_t left;
};

static const uint8_t *next_bytes(struct reading *from, size_t size) {
    const uint8_t *bytes = from->bytes;

    if (!bytes || size > from->left) {
        from->bytes = NULL;
        return NULL;
    }
    from->bytes += size;
    from->left -= size;
    return bytes;
}

static uint64_t next_number(struct reading *from, size_t size) {
    const uint8_t *bytes = next_bytes(from, size);
    uint64_t number = 0;

    for (size_t i = 0; bytes && i < size; i++) {
        number |= (uint64_t)bytes[i] << 8 * i;
    }
    return number;
}

static uint32_t next_count(struct reading *from, size_t most) {
    uint32_t count = (uint32_t)next_number(from, 4);

    if (count > most) {
        from->bytes = NULL;
        return 0;
    }
    return count;
}

/* In all that follows a place may be NULL: then the bytes are only checked. */

static void read_number(struct reading *from, size_t size, uint8_t *place) {
    uint64_t wide = next_number(from, size);
    uint32_t number = (uint32_t)wide;
    uint16_t narrow = (uint16_t)wide;

    if (!place) {
        return;
    }
    switch (size) {
    case 8:
        memcpy(place, &wide, sizeof(wide));
        break;
    case 4:
        memcpy(place, &number, sizeof(number));
        break;
    case 2:
        memcpy(place, &narrow, sizeof(narrow));
        break;
    default:
        *place = (uint8_t)wide;
        break;
    }
}

static void read_bytes(struct reading *from, size_t size, uint8_t *place) {
    const uint8_t *bytes = next_bytes(from, size);

    if (place && bytes) {
        memcpy(place, bytes, size);
    }
}

/* What is behind the text becomes zeros. */
static void read_text(struct reading *from, size_t size, uint8_t *place) {
    size_t units = (size_t)next_number(from, 2);
    const uint8_t *bytes = next_bytes(from, 2 * units);
    char16_t unit;

    if (place) {
        memset(place, 0, size);
    }
    for (size_t i = 0; bytes && i < units; i++) {
        unit = (char16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        if (!unit || i >= size / sizeof(unit) - 1) {
            from->bytes = NULL;
            return;
        }
        if (place) {
            memcpy(place + i * sizeof(unit), &unit, sizeof(unit));
        }
    }
}

static void read_fields(struct reading *from, const wire_record *record, uint8_t *structure, DWORD *error);

static void read_array(struct reading *from, const wire_field *field, wire_array *array, DWORD *error) {
    const wire_record *record = field->record();
    uint32_t count = next_count(from, field->size);
    uint8_t *items = NULL;

    if (array && count) {
        items = calloc(count, record->size);
        *error = items ? *error : ERROR_NOT_ENOUGH_MEMORY;
        array->items = items;
        array->count = items ? count : 0;
    }
    for (uint32_t i = 0; i < count && from->bytes && !*error; i++) {
        read_fields(from, record, items ? items + i * record->size : NULL, error);
    }
}

static void read_list(struct reading *from, const wire_field *field, const wire_list *list, DWORD *error) {
    const wire_record *record = field->record();
    uint32_t count = next_count(from, UINT32_MAX);
    uint8_t *item = NULL;

    if (list && list->take && count) {
        item = malloc(record->size);
        *error = item ? *error : ERROR_NOT_ENOUGH_MEMORY;
    }
    for (uint32_t i = 0; i < count && from->bytes && !*error; i++) {
        if (item) {
            memset(item, 0, record->size);
        }
        read_fields(from, record, item, error);
        if (item) {
            list->take(list->to, item);
        }
    }
    wipe_and_free(item, record->size);
}

static void read_blob(struct reading *from, const wire_field *field, wire_blob *blob, DWORD *error) {
    uint32_t size = next_count(from, field->size);
    const uint8_t *bytes = next_bytes(from, size);

    if (blob && bytes && size) {
        blob->bytes = malloc(size);
        if (!blob->bytes) {
            *error = ERROR_NOT_ENOUGH_MEMORY;
            return;
        }
        memcpy(blob->bytes, bytes, size);
        blob->size = size;
    }
}

static void read_fields(struct reading *from, const wire_record *record, uint8_t *structure, DWORD *error) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END && from->bytes && !*error; field++) {
        uint8_t *place = structure ? structure + field->offset : NULL;

        switch (field->kind) {
        case WIRE_NUMBER:
            read_number(from, field->size, place);
            break;
        case WIRE_TEXT:
            read_text(from, field->size, place);
            break;
        case WIRE_BYTES:
        case WIRE_RAW:
            read_bytes(from, field->size, place);
            break;
        case WIRE_RECORD:
            read_fields(from, field->record(), place, error);
            break;
        case WIRE_ARRAY:
            read_array(from, field, (wire_array *)(void *)place, error);
            break;
        case WIRE_BLOB:
            read_blob(from, field, (wire_blob *)(void *)place, error);
            break;
        case WIRE_LIST:
        case WIRE_END:
            break;
        }
    }
}

static void read_all(struct reading from, const wire_record *record, uint8_t *structure, DWORD *error) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END && !*error; field++) {
        if (field->kind == WIRE_LIST) {
            read_list(&from, field, structure ? (wire_list *)(void *)(structure + field->offset) : NULL, error);
        }
    }
    read_fields(&from, record, structure, error);
    if (!*error && (!from.bytes || from.left)) {
        *error = ERROR_INVALID_DATA;
    }
}

DWORD wire_read(const uint8_t *bytes, size_t size, const wire_record *record, void *structure) {
    /* No bytes may be at no place. */
    struct reading from = {size ? bytes : (const uint8_t *)"", size};
    DWORD error = ERROR_SUCCESS;

    read_all(from, record, NULL, &error);
    if (error) {
        return error;
    }
    for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
        if (field->kind == WIRE_ARRAY) {
            memset((uint8_t *)structure + field->offset, 0, sizeof(wire_array));
        } else if (field->kind == WIRE_BLOB) {
            memset((uint8_t *)structure + field->offset, 0, sizeof(wire_blob));
        }
    }
    read_all(from, record, structure, &error);
    if (error) {
        wire_forget(record, structure);
    }
    return error;
}

void wire_forget(const wire_record *record, void *structure) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
        if (field->kind == WIRE_ARRAY) {
            wire_array *array = (wire_array *)(void *)((uint8_t *)structure + field->offset);

            wipe_and_free((void *)(uintptr_t)array->items, array->count * field->record()->size);
            memset(array, 0, sizeof(*array));
        } else if (field->kind == WIRE_BLOB) {
            wire_blob *blob = (wire_blob *)(void *)((uint8_t *)structure + field->offset);

            wipe_and_free(blob->bytes, blob->size);
            memset(blob, 0, sizeof(*blob));
        }
    }
}
