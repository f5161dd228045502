/* The messages between a simulated service and its clients: what is written is read again as it was, and whatever else
 * the bytes are, they are refused, or are the one way to write what was read.
 *
 *     messages                     the cases
 *     messages SECONDS [SEED]      new bytes from that seed; the same ones again from the same seed
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layouts.h"
#include "simulator/messages.h"

#define MUST(condition)                                                                                    \
    do {                                                                                                   \
        if (!(condition)) {                                                                                \
            fprintf(stderr, "%s:%d: %s (%s, input %lu)\n", __FILE__, __LINE__, #condition, about, inputs); \
            abort();                                                                                       \
        }                                                                                                  \
    } while (0)

#define EACH_FIELD(field, record) for (const wire_field *field = (record)->fields; field->kind != WIRE_END; field++)

static const char *about = "";
static unsigned long inputs;

/* messages.c uses nothing else of the simulator. */
DWORD ask_service(enum service_request request, void *asked) {
    (void)request;
    (void)asked;
    return ERROR_CALL_NOT_IMPLEMENTED;
}

/* A channel on which so many bytes have come, and no more will. */
struct channel {
    const uint8_t *bytes;
    size_t left;
};

DWORD channel_receive(channel *self, void *bytes, size_t size, DWORD ms) {
    (void)ms;
    if (size > self->left) {
        return WAIT_TIMEOUT;
    }
    memcpy(bytes, self->bytes, size);
    self->bytes += size;
    self->left -= size;
    return ERROR_SUCCESS;
}

static uint64_t random_state = 1;

/* xorshift64* */
static uint32_t next_random(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static uint32_t draw(uint32_t below) { return next_random() % below; }

static void *must_calloc(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);

    MUST(memory);
    return memory;
}

static BOOL is_message(uint32_t what) { return message_room(what) != 0; }

/* Every request's number, from the first one on; 0xFFFF after the last. */
static uint32_t next_request(uint32_t what) {
    do {
        what++;
    } while (what < 0xFFFF && !is_message(what));
    return what;
}
#define EACH_REQUEST(what) for (uint32_t what = next_request(UINT32_MAX); what < 0xFFFF; what = next_request(what))

/* ---- what is written of each structure ---- */

static size_t alignment_of(const wire_field *field) {
    size_t most = 1;

    switch (field->kind) {
    case WIRE_NUMBER:
        return field->size;
    case WIRE_TEXT:
        return sizeof(char16_t);
    case WIRE_BYTES:
        return 1;
    case WIRE_RAW:
        return 4;
    case WIRE_RECORD:
        EACH_FIELD(inner, field->record()) {
            size_t alignment = alignment_of(inner);

            most = alignment > most ? alignment : most;
        }
        return most;
    default:
        return sizeof(void *);
    }
}

static size_t room_of(const wire_field *field) {
    switch (field->kind) {
    case WIRE_ARRAY:
        return sizeof(wire_array);
    case WIRE_LIST:
        return sizeof(wire_list);
    case WIRE_BLOB:
        return sizeof(wire_blob);
    default:
        return field->size;
    }
}

static size_t aligned(size_t offset, size_t alignment) { return (offset + alignment - 1) / alignment * alignment; }

static const wire_field *field_from(const wire_record *record, size_t offset, const wire_field *found) {
    EACH_FIELD(field, record) {
        if (field->offset >= offset && (!found || field->offset < found->offset)) {
            found = field;
        }
    }
    return found;
}

/* The fields of both, sorted by offset, have nothing between them but alignment. */
static void must_tile(const wire_record *first, const wire_record *second) {
    size_t end = 0, alignment = 1;
    const wire_field *field;

    while ((field = field_from(second, end, field_from(first, end, NULL))) != NULL) {
        MUST(field->offset == aligned(end, alignment_of(field)));
        alignment = alignment_of(field) > alignment ? alignment_of(field) : alignment;
        end = field->offset + room_of(field);
    }
    MUST(first->size == second->size);
    MUST(first->size == aligned(end, alignment));
}

static void fields_tile_their_structures(void) {
    const wire_record *record;

    for (size_t number = 0; (record = message_record(number, &about)) != NULL; number++) {
        must_tile(record, record);
    }
    EACH_REQUEST(what) {
        about = "a request";
        must_tile(message_fields(what, FALSE), message_fields(what, TRUE));
    }
}

/* So that the memory for what is read is a small multiple of its bytes, and needs no depth. */
static void must_be_plain(const wire_record *item) {
    EACH_FIELD(field, item) {
        MUST(field->kind != WIRE_ARRAY && field->kind != WIRE_LIST && field->kind != WIRE_BLOB);
        if (field->kind == WIRE_RECORD) {
            must_be_plain(field->record());
        }
    }
}

static void kinds_are_where_they_may_be(void) {
    const wire_record *record;

    for (size_t number = 0; (record = message_record(number, &about)) != NULL; number++) {
        must_be_plain(record);
        MUST(record->fields->kind != WIRE_END);
    }
    EACH_REQUEST(what) {
        size_t lists = 0;

        EACH_FIELD(field, message_fields(what, FALSE)) { MUST(field->kind != WIRE_LIST); }
        EACH_FIELD(field, message_fields(what, TRUE)) {
            MUST(field->kind != WIRE_ARRAY);
            lists += field->kind == WIRE_LIST;
        }
        MUST(lists <= 1);
    }
}

/* ---- random structures ---- */

static void fill_bytes(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)next_random();
    }
}

static void fill(const wire_record *record, void *structure) {
    EACH_FIELD(field, record) {
        uint8_t *place = (uint8_t *)structure + field->offset;

        switch (field->kind) {
        case WIRE_TEXT: {
            char16_t *text = (char16_t *)(void *)place;
            size_t most = field->size / sizeof(*text) - 1, units = draw(4) ? draw(12) : draw(2) ? most : 0;

            for (size_t i = 0; i < units && i < most; i++) {
                text[i] = (char16_t)(1 + draw(0xFFFF));
            }
            break;
        }
        case WIRE_RECORD:
            fill(field->record(), place);
            break;
        case WIRE_ARRAY: {
            wire_array *array = (wire_array *)(void *)place;
            size_t size = field->record()->size;
            uint8_t *items;

            array->count = draw(2) ? draw(5) : 0;
            array->items = items = array->count ? must_calloc(array->count, size) : NULL;
            for (size_t i = 0; i < array->count; i++) {
                fill(field->record(), items + i * size);
            }
            break;
        }
        case WIRE_BLOB: {
            wire_blob *blob = (wire_blob *)(void *)place;

            blob->size = draw(8) ? draw(100) : 1u << 16;
            blob->size = blob->size > field->size ? (uint32_t)field->size : blob->size;
            blob->bytes = blob->size ? must_calloc(blob->size, 1) : NULL;
            fill_bytes(blob->bytes, blob->size);
            break;
        }
        case WIRE_LIST:
            break;
        default:
            fill_bytes(place, field->size);
            break;
        }
    }
}

static BOOL has_end(const char16_t *text, size_t room) {
    while (room && *text) {
        text++;
        room--;
    }
    return room != 0;
}

static BOOL same(const wire_record *record, const void *one, const void *other) {
    EACH_FIELD(field, record) {
        const uint8_t *a = (const uint8_t *)one + field->offset, *b = (const uint8_t *)other + field->offset;

        if (field->kind == WIRE_RECORD) {
            if (!same(field->record(), a, b)) {
                return FALSE;
            }
        } else if (field->kind == WIRE_ARRAY) {
            const wire_array *given = (const wire_array *)(const void *)a, *read = (const wire_array *)(const void *)b;
            size_t size = field->record()->size;

            if (given->count != read->count) {
                return FALSE;
            }
            for (size_t i = 0; i < given->count; i++) {
                if (!same(field->record(), (const uint8_t *)given->items + i * size,
                          (const uint8_t *)read->items + i * size)) {
                    return FALSE;
                }
            }
        } else if (field->kind == WIRE_BLOB) {
            const wire_blob *given = (const wire_blob *)(const void *)a, *read = (const wire_blob *)(const void *)b;

            if (given->size != read->size || (given->size && memcmp(given->bytes, read->bytes, given->size) != 0)) {
                return FALSE;
            }
        } else if (field->kind != WIRE_LIST && memcmp(a, b, field->size) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- lists ---- */

struct items {
    const wire_record *record;
    uint8_t *bytes;
    size_t count;
};

static void take_item(void *to, const void *item) {
    struct items *items = to;
    uint8_t *bytes = realloc(items->bytes, (items->count + 1) * items->record->size);

    MUST(bytes);
    memcpy(bytes + items->count++ * items->record->size, item, items->record->size);
    items->bytes = bytes;
}

static wire_list *list_of(uint32_t what, void *asked, const wire_record **item) {
    EACH_FIELD(field, message_fields(what, TRUE)) {
        if (field->kind == WIRE_LIST) {
            *item = field->record();
            return (wire_list *)(void *)((uint8_t *)asked + field->offset);
        }
    }
    return NULL;
}

/* ---- whole messages ---- */

/* A request and a reply as they were written, and the structures that were. */
struct exchange {
    uint32_t what;
    void *asked;
    struct items items;
    DWORD code;
    message request;
    message reply;
};

static void begin_exchange(struct exchange *made, uint32_t what) {
    wire_list *list;

    memset(made, 0, sizeof(*made));
    made->what = what;
    made->asked = must_calloc(1, message_room(what));
    fill(message_fields(what, FALSE), made->asked);
    fill(message_fields(what, TRUE), made->asked);
    made->code = draw(2) ? 0 : next_random();
    MUST(message_write_request(&made->request, what, made->asked) == 0);
    MUST(message_begin_reply(&made->reply, what, made->asked) == 0);
    list = list_of(what, made->asked, &made->items.record);
    if (list) {
        size_t count = draw(3) ? draw(4) : 0;

        for (size_t i = 0; i < count; i++) {
            void *item = must_calloc(1, made->items.record->size);

            fill(made->items.record, item);
            list->take(list->to, item);
            take_item(&made->items, item);
            free(item);
        }
    }
    MUST(message_write_reply(&made->reply, what, made->asked, made->code, TRUE) == 0);
}

static void end_exchange(struct exchange *made) {
    message_free_request(made->what, made->asked);
    free(made->asked);
    free(made->items.bytes);
    message_free(&made->request);
    message_free(&made->reply);
}

/* Exactly so much memory, so that a sanitizer sees what is read beyond it. */
static uint8_t *exactly(const uint8_t *bytes, size_t size) {
    uint8_t *copied = malloc(size ? size : 1);

    MUST(copied);
    if (size) {
        memcpy(copied, bytes, size);
    }
    return copied;
}

/* A side that has read a header, and gets that rest. */
static DWORD read_request(uint32_t what, const uint8_t *bytes, size_t size, void *asked) {
    message_header header = {.what = what, .size = (uint32_t)size};
    uint8_t *rest = exactly(bytes, size);
    DWORD code = message_read_request(&header, rest, asked);

    free(rest);
    return code;
}

static DWORD read_reply(uint32_t what, const uint8_t *bytes, size_t size, DWORD code, void *asked) {
    message_header header = {.what = what, .size = (uint32_t)size, .code = code, .performed = TRUE};
    uint8_t *rest = exactly(bytes, size);
    DWORD error = message_read_reply(&header, rest, what, asked);

    free(rest);
    return error;
}

static const uint8_t *rest_of(const message *whole) { return whole->bytes + MESSAGE_HEADER; }
static size_t rest_size(const message *whole) { return whole->size - MESSAGE_HEADER; }

/* The texts end, and the memory is a small multiple of the bytes. */
static void must_be_sane(const wire_record *record, const void *structure, size_t given) {
    size_t taken = 0;

    EACH_FIELD(field, record) {
        const uint8_t *place = (const uint8_t *)structure + field->offset;

        if (field->kind == WIRE_TEXT) {
            MUST(has_end((const char16_t *)(const void *)place, field->size / sizeof(char16_t)));
        } else if (field->kind == WIRE_RECORD) {
            must_be_sane(field->record(), place, 0);
        } else if (field->kind == WIRE_ARRAY) {
            const wire_array *array = (const wire_array *)(const void *)place;
            size_t size = field->record()->size;

            MUST(array->count <= field->size);
            for (size_t i = 0; i < array->count; i++) {
                must_be_sane(field->record(), (const uint8_t *)array->items + i * size, 0);
            }
            taken += array->count * size;
        } else if (field->kind == WIRE_BLOB) {
            MUST(((const wire_blob *)(const void *)place)->size <= field->size);
            taken += ((const wire_blob *)(const void *)place)->size;
        }
    }
    MUST(taken <= 100 * given);
}

/* Bytes that are read as a request must be how that one is written. Whether they were. */
static BOOL try_request(uint32_t what, const uint8_t *bytes, size_t size) {
    void *asked = must_calloc(1, message_room(what));
    DWORD code = read_request(what, bytes, size, asked);
    message again = {0};

    MUST(code == 0 || code == ERROR_INVALID_DATA);
    if (!code) {
        must_be_sane(message_fields(what, FALSE), asked, size);
        MUST(message_write_request(&again, what, asked) == 0);
        MUST(rest_size(&again) == size && (!size || memcmp(rest_of(&again), bytes, size) == 0));
    }
    message_free(&again);
    message_free_request(what, asked);
    free(asked);
    return !code;
}

/* The same of a reply; one that is refused changes nothing. */
static BOOL try_reply(uint32_t what, const uint8_t *bytes, size_t size) {
    size_t room = message_room(what);
    void *asked = must_calloc(1, room), *before = must_calloc(1, room);
    struct items items = {0};
    wire_list *list = list_of(what, asked, &items.record);
    message again = {0};
    DWORD code;

    if (list) {
        *list = (wire_list){take_item, &items};
    }
    memcpy(before, asked, room);
    code = read_reply(what, bytes, size, 7, asked);
    MUST(code == 0 || code == ERROR_INVALID_DATA);
    if (code) {
        MUST(memcmp(before, asked, room) == 0);
        MUST(items.count == 0);
    } else {
        must_be_sane(message_fields(what, TRUE), asked, size);
        MUST(message_begin_reply(&again, what, asked) == 0);
        for (size_t i = 0; i < items.count; i++) {
            must_be_sane(items.record, items.bytes + i * items.record->size, 0);
            list->take(list->to, items.bytes + i * items.record->size);
        }
        MUST(message_write_reply(&again, what, asked, 7, TRUE) == 0);
        MUST(rest_size(&again) == size && (!size || memcmp(rest_of(&again), bytes, size) == 0));
    }
    message_free(&again);
    message_free_request(what, asked);
    free(items.bytes);
    free(asked);
    free(before);
    return !code;
}

/* ---- cases ---- */

static void come_back_as_they_were(void) {
    for (int turn = 0; turn < 100; turn++) {
        EACH_REQUEST(what) {
            struct exchange made;
            void *read = must_calloc(1, message_room(what));
            message_header header;
            struct items items = {0};
            wire_list *list;

            begin_exchange(&made, what);
            MUST(message_read_header(made.request.bytes, MESSAGE_MOST_REQUEST, &header) == 0);
            MUST(header.what == what && header.size == rest_size(&made.request));
            MUST(!header.code && !header.performed);
            MUST(message_read_request(&header, rest_of(&made.request), read) == 0);
            MUST(same(message_fields(what, FALSE), made.asked, read));
            message_free_request(what, read);

            list = list_of(what, read, &items.record);
            if (list) {
                *list = (wire_list){take_item, &items};
            }
            MUST(message_read_header(made.reply.bytes, MESSAGE_MOST_REPLY, &header) == 0);
            MUST(header.what == what && header.size == rest_size(&made.reply));
            MUST(header.code == made.code && header.performed);
            MUST(message_read_reply(&header, rest_of(&made.reply), what, read) == 0);
            MUST(same(message_fields(what, TRUE), made.asked, read));
            MUST(items.count == made.items.count);
            for (size_t i = 0; i < items.count; i++) {
                size_t at = i * items.record->size;

                MUST(same(items.record, made.items.bytes + at, items.bytes + at));
            }
            message_free_request(what, read);
            free(items.bytes);
            free(read);
            end_exchange(&made);
        }
    }
}

static void short_and_long_ones_are_refused(void) {
    EACH_REQUEST(what) {
        struct exchange made;
        uint8_t *longer;

        begin_exchange(&made, what);
        /* Of a long one, those at its beginning and its end. */
        for (size_t size = 0; size < rest_size(&made.request); size++) {
            if (size < 2000 || size + 2000 > rest_size(&made.request)) {
                MUST(!try_request(what, rest_of(&made.request), size));
            }
        }
        for (size_t size = 0; size < rest_size(&made.reply); size++) {
            if (size < 2000 || size + 2000 > rest_size(&made.reply)) {
                MUST(!try_reply(what, rest_of(&made.reply), size));
            }
        }
        longer = must_calloc(1, rest_size(&made.request) + rest_size(&made.reply) + 1);
        memcpy(longer, rest_of(&made.request), rest_size(&made.request));
        MUST(!try_request(what, longer, rest_size(&made.request) + 1));
        memset(longer, 0, rest_size(&made.request));
        memcpy(longer, rest_of(&made.reply), rest_size(&made.reply));
        MUST(!try_reply(what, longer, rest_size(&made.reply) + 1));
        free(longer);
        end_exchange(&made);
    }
}

static void headers_are_strict(void) {
    message_header header;
    struct message_secret secret = {{0}};
    uint8_t bytes[MESSAGE_HEADER];
    message made = {0};

    MUST(message_write_request(&made, MESSAGE_NUMBER_secret, &secret) == 0);
    memcpy(bytes, made.bytes, sizeof(bytes));
    MUST(message_read_header(bytes, 16, &header) == 0);
    MUST(header.what == MESSAGE_NUMBER_secret && header.size == 16);
    /* longer than this side takes */
    MUST(message_read_header(bytes, 15, &header) == ERROR_INVALID_DATA);
    /* neither performed nor not */
    bytes[12] = 2;
    MUST(message_read_header(bytes, 16, &header) == ERROR_INVALID_DATA);
    bytes[12] = 0;
    /* of another version, whatever else it has */
    memset(bytes, 0xFF, sizeof(bytes));
    MUST(message_read_header(bytes, 16, &header) == ERROR_REVISION_MISMATCH);
    message_free(&made);
}

/* Not even what is behind a text, nor in the answer. */
static void nothing_stays_of_what_was_there(void) {
    struct ask_get_status asked = {.call.handle = 5}, read;
    message made = {0};

    memset(&read, 0xFF, sizeof(read));
    MUST(message_write_request(&made, ASK_get_status, &asked) == 0);
    MUST(read_request(ASK_get_status, rest_of(&made), rest_size(&made), &read) == 0);
    MUST(memcmp(&asked, &read, sizeof(read)) == 0);
    memset(&read, 0xFF, sizeof(read));
    MUST(message_begin_reply(&made, ASK_get_status, &asked) == 0);
    MUST(message_write_reply(&made, ASK_get_status, &asked, 0, TRUE) == 0);
    MUST(read_reply(ASK_get_status, rest_of(&made), rest_size(&made), 0, &read) == 0);
    MUST(memcmp(&asked.connection.name, &read.connection.name, sizeof(read.connection.name)) == 0);
    message_free(&made);
}

static void what_a_header_promises_takes_no_memory(void) {
    /* 64 MiB */
    static const uint8_t promise[MESSAGE_HEADER + 100] = {MESSAGE_VERSION, 0, 0, 0, 0, 0, 0, 4};
    channel from = {promise, sizeof(promise)};
    message_header header;
    message rest;

    MUST(message_receive(&from, 0, 0, MESSAGE_MOST_REPLY, &header, &rest) == WAIT_TIMEOUT);
    MUST(header.size == MESSAGE_MOST_REPLY && rest.room <= 1u << 16);
    message_free(&rest);
    from = (channel){promise, sizeof(promise)};
    MUST(message_receive(&from, 0, 0, MESSAGE_MOST_REPLY - 1, &header, &rest) == ERROR_INVALID_DATA);
    MUST(!rest.bytes);
    message_free(&rest);
}

/* Its end is exactly where the header says. */
static void a_message_is_received_to_its_end(void) {
    static const size_t sizes[] = {0, 1, 16, 65535, 65536, 65537, 200000};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint8_t *bytes = must_calloc(1, MESSAGE_HEADER + sizes[i] + 1);
        channel from = {bytes, MESSAGE_HEADER + sizes[i] + 1};
        message_header header;
        message rest;

        fill_bytes(bytes + MESSAGE_HEADER, sizes[i]);
        bytes[0] = MESSAGE_VERSION;
        bytes[4] = (uint8_t)sizes[i];
        bytes[5] = (uint8_t)(sizes[i] >> 8);
        bytes[6] = (uint8_t)(sizes[i] >> 16);
        MUST(message_receive(&from, 0, 0, MESSAGE_MOST_REQUEST, &header, &rest) == 0);
        MUST(from.left == 1 && rest.size == sizes[i] && header.size == sizes[i]);
        MUST(!sizes[i] || memcmp(rest.bytes, bytes + MESSAGE_HEADER, sizes[i]) == 0);
        message_free(&rest);
        free(bytes);
    }
}

static void requests_are_known_and_have_no_code(void) {
    struct message_secret secret;
    message_header header = {.what = MESSAGE_NUMBER_secret, .size = 16};
    static const uint8_t rest[16] = {1};

    MUST(message_read_request(&header, rest, &secret) == 0);
    header.code = 5;
    MUST(message_read_request(&header, rest, &secret) == ERROR_INVALID_DATA);
    header.code = 0;
    header.performed = TRUE;
    MUST(message_read_request(&header, rest, &secret) == ERROR_INVALID_DATA);
    header.performed = FALSE;
    header.what = MESSAGE_NUMBER_END;
    MUST(message_room(header.what) == 0);
    MUST(message_read_request(&header, rest, &secret) == ERROR_INVALID_DATA);
    header.what = REQUEST_COUNT;
    MUST(message_room(header.what) == 0);
    MUST(message_read_request(&header, rest, &secret) == ERROR_INVALID_DATA);
}

static void what_is_not_performed_leaves_the_answer_untold(void) {
    struct ask_get_status asked = {.connection.handle = 7};
    message_header header;
    message made = {0};

    MUST(message_begin_reply(&made, ASK_get_status, &asked) == 0);
    MUST(message_write_reply(&made, ASK_get_status, &asked, 691, FALSE) == 0);
    MUST(made.size == MESSAGE_HEADER);
    MUST(message_read_header(made.bytes, MESSAGE_MOST_REPLY, &header) == 0);
    asked.connection.handle = 8;
    MUST(message_read_reply(&header, NULL, ASK_get_status, &asked) == 0);
    MUST(header.code == 691 && !header.performed && asked.connection.handle == 8);
    /* a reply to something else, */
    MUST(message_read_reply(&header, NULL, ASK_hang_up, &asked) == ERROR_INVALID_DATA);
    /* and one that has an answer all the same */
    header.size = 1;
    MUST(message_read_reply(&header, made.bytes, ASK_get_status, &asked) == ERROR_INVALID_DATA);
    message_free(&made);
}

static void a_list_without_a_taker_is_left_out(void) {
    struct ask_enumerate_connections given = {.count = 2}, read = {.count = 0};
    const service_connection connection = {.handle = 5};
    message made = {0};

    MUST(message_begin_reply(&made, ASK_enumerate_connections, &given) == 0);
    given.connections.take(given.connections.to, &connection);
    given.connections.take(given.connections.to, &connection);
    MUST(message_write_reply(&made, ASK_enumerate_connections, &given, 0, TRUE) == 0);
    MUST(read_reply(ASK_enumerate_connections, rest_of(&made), rest_size(&made), 0, &read) == 0);
    MUST(read.count == 2);
    message_free(&made);
}

/* An answer that is longer than any reply may be. */
static void too_long_a_list_is_an_error_of_its_own(void) {
    struct ask_enumerate_connections asked = {.count = 1};
    service_connection connection = {.handle = 5};
    message_header header;
    message made = {0};

    for (size_t i = 0; i < 259; i++) {
        connection.phonebook[i] = u'x';
    }
    MUST(message_begin_reply(&made, ASK_enumerate_connections, &asked) == 0);
    for (size_t i = 0; i < MESSAGE_MOST_REPLY / 518 + 1; i++) {
        asked.connections.take(asked.connections.to, &connection);
    }
    MUST(made.room <= 2 * (size_t)MESSAGE_MOST_REPLY);
    MUST(message_write_reply(&made, ASK_enumerate_connections, &asked, 0, TRUE) == 0);
    MUST(made.size == MESSAGE_HEADER);
    MUST(message_read_header(made.bytes, MESSAGE_MOST_REPLY, &header) == 0);
    MUST(header.code == ERROR_NOT_ENOUGH_MEMORY && !header.performed);
    message_free(&made);
}

static void the_table_is_summed(void) {
    MUST(message_table() != 0);
    MUST(message_table() == message_table());
}

/* ---- fields as bytes ---- */

typedef struct {
    uint8_t tiny;
    char16_t text[4];
    wire_array devices;
    wire_blob blob;
} sample;

static const wire_record *wire_sim_device(void) {
    const wire_record *record;
    const char *name;

    for (size_t number = 0; (record = message_record(number, &name)) != NULL; number++) {
        if (strcmp(name, "sim_device") == 0) {
            return record;
        }
    }
    return NULL;
}

#define FIELDS_sample(FIELD)          \
    FIELD(NUMBER, uint8_t, tiny)      \
    FIELD(TEXT, 4, text)              \
    FIELD(ARRAY, sim_device, devices) \
    FIELD(BLOB, 3, blob)
WIRE_DESCRIBE(static, sample_record, sample, FIELDS_sample)

static DWORD read_sample(const uint8_t *bytes, size_t size) {
    sample read = {.tiny = 99, .text = {u'o', u'l', u'd', 0}};
    const sample before = read;
    uint8_t *exact = exactly(bytes, size);
    DWORD code = wire_read(exact, size, sample_record(), &read);

    if (code) {
        MUST(memcmp(&before, &read, sizeof(read)) == 0);
    } else {
        must_be_sane(sample_record(), &read, size);
        wire_forget(sample_record(), &read);
        MUST(!read.devices.items && !read.devices.count && !read.blob.bytes && !read.blob.size);
    }
    free(exact);
    return code;
}

/* Of each field, the bytes that another reader might have taken. */
static void each_field_is_strict(void) {
#define NO_TEXT 0, 0
#define NONE 0, 0, 0, 0
    static const struct {
        const char *name;
        DWORD code;
        size_t size;
        uint8_t bytes[24];
    } cases[] = {
#define STRICT(name, code, ...)                                             \
    {                                                                       \
        name, code, sizeof((const uint8_t[]){__VA_ARGS__}), { __VA_ARGS__ } \
    }
        STRICT("nothing in it", 0, 5, NO_TEXT, NONE, NONE),
        STRICT("a whole text", 0, 5, 3, 0, 'a', 0, 'b', 0, 0, 0xD8, NONE, NONE),
        STRICT("a text without room for its NUL", 13, 5, 4, 0, 'a', 0, 'b', 0, 'c', 0, 'd', 0, NONE, NONE),
        STRICT("a NUL within a text", 13, 5, 2, 0, 0, 0, 'a', 0, NONE, NONE),
        STRICT("a text longer than the bytes", 13, 5, 0xFF, 0xFF, 'a', 0, NONE, NONE),
        STRICT("one device", 0, 5, NO_TEXT, 1, 0, 0, 0, NO_TEXT, NO_TEXT, NONE),
        STRICT("more devices than the bytes have", 13, 5, NO_TEXT, 2, 0, 0, 0, NO_TEXT, NO_TEXT, NONE),
        STRICT("a count that is all ones", 13, 5, NO_TEXT, 0xFF, 0xFF, 0xFF, 0xFF, NO_TEXT, NO_TEXT, NONE),
        STRICT("a count whose memory would wrap", 13, 5, NO_TEXT, 0, 0, 0, 0x40, NO_TEXT, NO_TEXT, NONE),
        STRICT("a whole blob", 0, 5, NO_TEXT, NONE, 3, 0, 0, 0, 1, 2, 3),
        STRICT("a blob larger than it may be", 13, 5, NO_TEXT, NONE, 4, 0, 0, 0, 1, 2, 3, 4),
        STRICT("a blob larger than the bytes", 13, 5, NO_TEXT, NONE, 3, 0, 0, 0, 1, 2),
        STRICT("a size that is all ones", 13, 5, NO_TEXT, NONE, 0xFF, 0xFF, 0xFF, 0xFF),
        STRICT("a byte too many", 13, 5, NO_TEXT, NONE, NONE, 0),
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        about = cases[i].name;
        MUST(read_sample(cases[i].bytes, cases[i].size) == cases[i].code);
    }
    about = "no bytes at all";
    MUST(read_sample(NULL, 0) == ERROR_INVALID_DATA);
}

/* The bytes have them all, but nobody has so many. */
static void too_many_items_are_refused(void) {
    size_t size = 3 + 4 + 4 * (WIRE_MOST_ITEMS + 1) + 4;
    uint8_t *bytes = must_calloc(1, size);

    bytes[3] = (WIRE_MOST_ITEMS + 1) & 0xFF;
    bytes[4] = (WIRE_MOST_ITEMS + 1) >> 8;
    MUST(read_sample(bytes, size) == ERROR_INVALID_DATA);
    bytes[3] = WIRE_MOST_ITEMS & 0xFF;
    bytes[4] = WIRE_MOST_ITEMS >> 8;
    MUST(read_sample(bytes, size - 4) == 0);
    free(bytes);
}

static void what_is_too_long_is_not_written(void) {
    static const sim_device device;
    uint8_t byte[4] = {0};
    sample given = {.devices = {&device, WIRE_MOST_ITEMS + 1}};
    wire_bytes to = {.most = 1000};

    wire_write(&to, sample_record(), &given);
    MUST(to.error == ERROR_INVALID_PARAMETER);
    wire_free(&to);
    given.devices.count = 1;
    given.blob = (wire_blob){byte, 4};
    to.most = 1000;
    wire_write(&to, sample_record(), &given);
    MUST(to.error == ERROR_INVALID_PARAMETER);
    wire_free(&to);
    given.blob.size = 3;
    to.most = 17;
    wire_write(&to, sample_record(), &given);
    MUST(to.error == ERROR_NOT_ENOUGH_MEMORY);
    MUST(wire_grow(&to, 0) == NULL);
    wire_free(&to);
    to.most = 18;
    wire_write(&to, sample_record(), &given);
    MUST(!to.error && to.size == 18);
    MUST(wire_grow(&to, SIZE_MAX) == NULL);
    wire_free(&to);
}

/* A text without a NUL is written as far as it can be read. */
static void a_text_without_an_end_is_cut(void) {
    sample given = {.text = {u'a', u'b', u'c', u'd'}}, read = {0};
    wire_bytes to = {.most = 1000};

    wire_write(&to, sample_record(), &given);
    MUST(wire_read(to.bytes, to.size, sample_record(), &read) == 0);
    MUST(read.text[0] == u'a' && read.text[2] == u'c' && !read.text[3]);
    wire_free(&to);
}

static void numbers_are_little_endian(void) {
    struct message_hello hello = {.table = 0x01020304};
    static const uint8_t written[] = {MESSAGE_VERSION, 0, 1, 0xFF, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1};
    message made = {0};

    MUST(message_write_request(&made, MESSAGE_NUMBER_hello, &hello) == 0);
    MUST(made.size == sizeof(written) && memcmp(made.bytes, written, sizeof(written)) == 0);
    message_free(&made);
}

static void run_cases(void) {
#define CASE(name)  \
    {               \
        #name, name \
    }
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        CASE(fields_tile_their_structures),
        CASE(kinds_are_where_they_may_be),
        CASE(numbers_are_little_endian),
        CASE(come_back_as_they_were),
        CASE(short_and_long_ones_are_refused),
        CASE(headers_are_strict),
        CASE(what_a_header_promises_takes_no_memory),
        CASE(a_message_is_received_to_its_end),
        CASE(nothing_stays_of_what_was_there),
        CASE(requests_are_known_and_have_no_code),
        CASE(what_is_not_performed_leaves_the_answer_untold),
        CASE(a_list_without_a_taker_is_left_out),
        CASE(too_long_a_list_is_an_error_of_its_own),
        CASE(the_table_is_summed),
        CASE(each_field_is_strict),
        CASE(too_many_items_are_refused),
        CASE(what_is_too_long_is_not_written),
        CASE(a_text_without_an_end_is_cut),
    };
#undef CASE

    for (size_t i = 0; i < COUNT(cases); i++) {
        printf("messages: %s\n", cases[i].name);
        fflush(stdout);
        about = cases[i].name;
        cases[i].run();
    }
    printf("messages: %zu cases\n", COUNT(cases));
}

/* ---- new bytes ---- */

static uint32_t any_number(void) {
    static const uint32_t numbers[] = {0,          1,          2,          3,          4,         0x7F,  0x80,
                                       0xFF,       0x100,      257,        4096,       4097,      65535, 65536,
                                       0x40000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
    uint32_t which = draw(COUNT(numbers) + 3);

    return which < COUNT(numbers) ? numbers[which] : next_random();
}

/* Changes bytes in their place, which has room for `room`. */
static size_t mutate(uint8_t *bytes, size_t size, size_t room) {
    for (uint32_t change = draw(4); size && change < 4; change++) {
        size_t at = draw(2) ? draw((uint32_t)size) : draw((uint32_t)(size < 64 ? size : 64));
        size_t length = 1 + draw(8);
        uint32_t number = any_number();

        length = length < size - at ? length : size - at;
        switch (draw(6)) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << draw(8));
            break;
        case 1: /* where a count or a number may be */
            for (size_t i = 0; i < 4 && at + i < size; i++) {
                bytes[at + i] = (uint8_t)(number >> 8 * i);
            }
            break;
        case 2:
            memmove(bytes + at, bytes + at + length, size - at - length);
            size -= length;
            break;
        case 3:
            if (size + length <= room) {
                memmove(bytes + at + length, bytes + at, size - at);
                size += length;
            }
            break;
        case 4:
            memset(bytes + at, draw(2) ? 0 : 0xFF, length);
            break;
        default:
            size = at;
            break;
        }
    }
    return size;
}

static unsigned long taken;

static void run_one(uint32_t what) {
    static uint8_t bytes[1u << 18];
    message_header header;
    struct exchange made;
    size_t size = draw(300);
    DWORD code;

    fill_bytes(bytes, MESSAGE_HEADER);
    bytes[0] = draw(4) ? MESSAGE_VERSION : bytes[0];
    bytes[1] = draw(4) ? 0 : bytes[1];
    bytes[7] = draw(4) ? 0 : bytes[7];
    code = message_read_header(bytes, MESSAGE_MOST_REQUEST, &header);
    MUST(code == 0 || code == ERROR_INVALID_DATA || code == ERROR_REVISION_MISMATCH);
    MUST(header.size <= MESSAGE_MOST_REQUEST);

    fill_bytes(bytes, size);
    taken += try_request(what, bytes, size);
    taken += try_reply(what, bytes, size);

    begin_exchange(&made, what);
    MUST(rest_size(&made.request) <= sizeof(bytes) && rest_size(&made.reply) <= sizeof(bytes));
    memcpy(bytes, rest_of(&made.request), rest_size(&made.request));
    size = mutate(bytes, rest_size(&made.request), sizeof(bytes));
    taken += try_request(what, bytes, size);
    memcpy(bytes, rest_of(&made.reply), rest_size(&made.reply));
    size = mutate(bytes, rest_size(&made.reply), sizeof(bytes));
    taken += try_reply(what, bytes, size);
    end_exchange(&made);
    inputs += 4;
}

/* Until the time is over. */
static void run_new(unsigned long seconds, uint64_t seed) {
    time_t end_at = time(NULL) + (time_t)seconds;

    random_state = seed * 2 + 1;
    printf("messages: seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    about = "new bytes";
    while (time(NULL) < end_at) {
        EACH_REQUEST(what) { run_one(what); }
    }
    printf("messages: %lu inputs in %lu s, of which %lu were messages\n", inputs, seconds, taken);
}

int main(int count, char **arguments) {
    if (count < 2) {
        run_cases();
    } else {
        run_new(strtoul(arguments[1], NULL, 10), count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL));
    }
    return 0;
}
