/* Messages, and what each has, from the one table of requests. */

#include "messages.h"

#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

/* Those of control.h, which cffi reads, so that they are not made from these lists. */

#define FIELDS_sim_endpoint(FIELD) \
    FIELD(NUMBER, uint32_t, type)  \
    FIELD(BYTES, 16, address)

#define FIELDS_sim_entry(FIELD)                  \
    FIELD(TEXT, 257, name)                       \
    FIELD(TEXT, 260, phonebook)                  \
    FIELD(TEXT, 17, device_type)                 \
    FIELD(TEXT, 129, device_name)                \
    FIELD(TEXT, 129, phone_number)               \
    FIELD(BYTES, 16, entry_id)                   \
    FIELD(RECORD, sim_endpoint, local)           \
    FIELD(RECORD, sim_endpoint, remote)          \
    FIELD(NUMBER, int64_t, dial_time)            \
    FIELD(NUMBER, int64_t, hang_up_time)         \
    FIELD(NUMBER, uint32_t, sub_entries)         \
    FIELD(NUMBER, uint32_t, bps)                 \
    FIELD(TEXT, 257, user)                       \
    FIELD(TEXT, 257, password)                   \
    FIELD(TEXT, 16, domain)                      \
    FIELD(TEXT, 257, eap_user)                   \
    FIELD(NUMBER, uint32_t, ikev2)               \
    FIELD(RECORD, sim_endpoint, ipv4)            \
    FIELD(RECORD, sim_endpoint, ipv4_server)     \
    FIELD(RECORD, sim_endpoint, ipv6)            \
    FIELD(RECORD, sim_endpoint, ipv6_server)     \
    FIELD(NUMBER, uint32_t, prefix_length)       \
    FIELD(RECORD, sim_endpoint, more_servers[0]) \
    FIELD(RECORD, sim_endpoint, more_servers[1]) \
    FIELD(RECORD, sim_endpoint, more_servers[2]) \
    FIELD(RECORD, sim_endpoint, more_servers[3])

#define FIELDS_sim_device(FIELD) \
    FIELD(TEXT, 17, type)        \
    FIELD(TEXT, 129, name)

#define FIELDS_sim_credentials(FIELD) \
    FIELD(NUMBER, uint32_t, mask)     \
    FIELD(TEXT, 257, user)            \
    FIELD(TEXT, 257, password)        \
    FIELD(TEXT, 16, domain)

#define FIELDS_sim_dial_step(FIELD)  \
    FIELD(NUMBER, uint32_t, state)   \
    FIELD(NUMBER, uint32_t, error)   \
    FIELD(NUMBER, int64_t, duration) \
    FIELD(NUMBER, uint32_t, goes_on)

#define FIELDS_sim_action(FIELD)      \
    FIELD(NUMBER, uint32_t, action)   \
    FIELD(TEXT, 257, name)            \
    FIELD(TEXT, 260, phonebook)       \
    FIELD(NUMBER, int64_t, duration)  \
    FIELD(NUMBER, uint32_t, error)    \
    FIELD(NUMBER, uint32_t, link)     \
    FIELD(NUMBER, uint32_t, substate) \
    FIELD(NUMBER, uint64_t, sent)     \
    FIELD(NUMBER, uint64_t, received)

#define FIELDS_sim_call(FIELD)        \
    FIELD(NUMBER, int64_t, at)        \
    FIELD(NUMBER, uint64_t, handle)   \
    FIELD(NUMBER, uint32_t, function) \
    FIELD(NUMBER, uint32_t, number)   \
    FIELD(NUMBER, uint32_t, result)

#define FIELDS_sim_change(FIELD)    \
    FIELD(NUMBER, int64_t, at)      \
    FIELD(NUMBER, uint64_t, handle) \
    FIELD(NUMBER, uint32_t, what)   \
    FIELD(NUMBER, uint32_t, link)   \
    FIELD(NUMBER, uint32_t, error)  \
    FIELD(NUMBER, uint32_t, entry)  \
    FIELD(NUMBER, uint32_t, substate)

#define FIELDS_sim_connection(FIELD)    \
    FIELD(NUMBER, uint64_t, handle)     \
    FIELD(NUMBER, uint32_t, entry)      \
    FIELD(NUMBER, uint32_t, state)      \
    FIELD(NUMBER, uint32_t, error)      \
    FIELD(NUMBER, uint32_t, references) \
    FIELD(NUMBER, uint32_t, links)

/* A record comes behind those that it has. */
#define MESSAGE_RECORDS(X) \
    X(sim_endpoint)        \
    X(sim_entry)           \
    X(sim_device)          \
    X(sim_credentials)     \
    X(sim_dial_step)       \
    X(sim_action)          \
    X(sim_call)            \
    X(sim_change)          \
    X(sim_connection)      \
    X(service_call)        \
    SERVICE_RECORDS(X)

#define DESCRIBE_RECORD(type) WIRE_DESCRIBE(static, wire_##type, type, FIELDS_##type)
MESSAGE_RECORDS(DESCRIBE_RECORD)
#undef DESCRIBE_RECORD

const wire_record *message_record(size_t number, const char **name) {
#define NAMED_RECORD(type) {#type, wire_##type},
    static const struct {
        const char *name;
        const wire_record *(*record)(void);
    } records[] = {MESSAGE_RECORDS(NAMED_RECORD)};
#undef NAMED_RECORD

    if (number >= COUNT(records)) {
        return NULL;
    }
    *name = records[number].name;
    return records[number].record();
}

/* ---- requests ---- */

#define DESCRIBE_FIELDS(function, structure, FIELDS)                   \
    static const wire_record *function(void) {                         \
        typedef struct structure described;                            \
        static const wire_field fields[] = {FIELDS WIRE_LAST};         \
        static const wire_record record = {fields, sizeof(described)}; \
                                                                       \
        return &record;                                                \
    }
#define DESCRIBE_REQUEST(name)                                                                       \
    DESCRIBE_FIELDS(given_##name, ask_##name,                                                        \
                    WIRE_FIELD(RECORD, service_call, call) REQUEST_##name(WIRE_FIELD, WIRE_NOTHING)) \
    DESCRIBE_FIELDS(answered_##name, ask_##name, REQUEST_##name(WIRE_NOTHING, WIRE_FIELD))
SERVICE_REQUESTS(DESCRIBE_REQUEST)
#undef DESCRIBE_REQUEST
#define DESCRIBE_MESSAGE(name)                                                              \
    DESCRIBE_FIELDS(given_##name, message_##name, MESSAGE_##name(WIRE_FIELD, WIRE_NOTHING)) \
    DESCRIBE_FIELDS(answered_##name, message_##name, MESSAGE_##name(WIRE_NOTHING, WIRE_FIELD))
MESSAGES(DESCRIBE_MESSAGE)
#undef DESCRIBE_MESSAGE

struct request {
    uint32_t what;
    const char *name;
    const wire_record *(*given)(void);
    const wire_record *(*answered)(void);
};

/* NULL: there is none of that number. */
static const struct request *request_of(uint32_t what) {
#define SERVICE_REQUEST(name) {ASK_##name, #name, given_##name, answered_##name},
#define MESSAGE(name) {MESSAGE_NUMBER_##name, #name, given_##name, answered_##name},
    static const struct request requests[] = {SERVICE_REQUESTS(SERVICE_REQUEST) MESSAGES(MESSAGE)};
#undef SERVICE_REQUEST
#undef MESSAGE
    uint32_t place = what > MESSAGE_NUMBER_BEFORE ? what - MESSAGE_NUMBER_BEFORE - 1 + REQUEST_COUNT : what;

    return place < COUNT(requests) && requests[place].what == what ? &requests[place] : NULL;
}

const wire_record *message_fields(uint32_t what, BOOL answer) {
    const struct request *request = request_of(what);

    if (!request) {
        return NULL;
    }
    return answer ? request->answered() : request->given();
}

size_t message_room(uint32_t what) {
    const wire_record *record = message_fields(what, FALSE);

    return record ? record->size : 0;
}

/* FNV-1a. */
static uint32_t add_to_sum(uint32_t sum, uint32_t added) { return (sum ^ added) * 16777619u; }

static uint32_t add_name(uint32_t sum, const char *name) {
    for (; *name; name++) {
        sum = add_to_sum(sum, (unsigned char)*name);
    }
    return add_to_sum(sum, 0);
}

/* Offsets, pointers and paddings are each side's own. */
static uint32_t add_fields(uint32_t sum, const wire_record *record) {
    for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
        sum = add_name(add_to_sum(sum, (uint32_t)field->kind), field->name);
        sum = field->record ? add_fields(sum, field->record()) : add_to_sum(sum, (uint32_t)field->size);
    }
    return add_to_sum(sum, WIRE_END);
}

uint32_t message_table(void) {
    const struct request *request;
    uint32_t sum = 2166136261u;

    for (uint32_t what = 0; (request = request_of(what)) != NULL; what++) {
        sum = add_name(sum, request->name);
        sum = add_fields(add_fields(sum, request->given()), request->answered());
    }
    return sum;
}

/* ---- writing ---- */

static void write_header(message *to, uint32_t what, DWORD code, BOOL performed) {
    const uint32_t numbers[] = {MESSAGE_VERSION | what << 16, (uint32_t)(to->size - MESSAGE_HEADER), code,
                                performed ? 1 : 0};

    for (size_t i = 0; i < MESSAGE_HEADER; i++) {
        to->bytes[i] = (uint8_t)(numbers[i / 4] >> 8 * (i % 4));
    }
}

static void begin_message(message *to, size_t most) {
    to->size = 0;
    to->error = ERROR_SUCCESS;
    to->most = MESSAGE_HEADER + most;
    wire_grow(to, MESSAGE_HEADER);
}

DWORD message_write_request(message *to, uint32_t what, const void *asked) {
    begin_message(to, MESSAGE_MOST_REQUEST);
    wire_write(to, message_fields(what, FALSE), asked);
    if (!to->error) {
        write_header(to, what, 0, FALSE);
    }
    return to->error;
}

DWORD message_begin_reply(message *to, uint32_t what, void *asked) {
    const wire_record *record = message_fields(what, TRUE);

    begin_message(to, MESSAGE_MOST_REPLY);
    for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
        if (field->kind == WIRE_LIST) {
            wire_begin_list(to, field->record(), (wire_list *)(void *)((uint8_t *)asked + field->offset));
        }
    }
    return to->error;
}

DWORD message_write_reply(message *to, uint32_t what, const void *asked, DWORD code, BOOL performed) {
    const wire_record *record = message_fields(what, TRUE);

    if (performed) {
        for (const wire_field *field = record->fields; field->kind != WIRE_END; field++) {
            if (field->kind == WIRE_LIST) {
                wire_end_list(to);
            }
        }
        wire_write(to, record, asked);
    }
    if (to->error) {
        code = ERROR_NOT_ENOUGH_MEMORY;
        performed = FALSE;
    }
    if (!performed) {
        begin_message(to, MESSAGE_MOST_REPLY);
    }
    if (!to->error) {
        write_header(to, what, code, performed);
    }
    return to->error;
}

void message_free(message *freed) { wire_free(freed); }

/* ---- reading ---- */

DWORD message_read_header(const uint8_t bytes[MESSAGE_HEADER], size_t most, message_header *header) {
    uint32_t numbers[MESSAGE_HEADER / 4] = {0};

    for (size_t i = 0; i < MESSAGE_HEADER; i++) {
        numbers[i / 4] |= (uint32_t)bytes[i] << 8 * (i % 4);
    }
    memset(header, 0, sizeof(*header));
    if ((numbers[0] & 0xFFFF) != MESSAGE_VERSION) {
        return ERROR_REVISION_MISMATCH;
    }
    if (numbers[1] > most || numbers[3] > 1) {
        return ERROR_INVALID_DATA;
    }
    header->what = numbers[0] >> 16;
    header->size = numbers[1];
    header->code = numbers[2];
    header->performed = (BOOL)numbers[3];
    return ERROR_SUCCESS;
}

/* What a header promises takes no memory before it is there. */
#define MESSAGE_PIECE 65536u

DWORD message_receive(channel *from, DWORD header_ms, DWORD rest_ms, size_t most, message_header *header,
                      message *rest) {
    uint8_t bytes[MESSAGE_HEADER];
    DWORD code = channel_receive(from, bytes, sizeof(bytes), header_ms);

    memset(header, 0, sizeof(*header));
    memset(rest, 0, sizeof(*rest));
    if (!code) {
        code = message_read_header(bytes, most, header);
    }
    rest->most = header->size;
    while (!code && rest->size < header->size) {
        size_t left = header->size - rest->size, piece = left < MESSAGE_PIECE ? left : MESSAGE_PIECE;
        uint8_t *place = wire_grow(rest, piece);

        code = place ? channel_receive(from, place, piece, rest_ms) : rest->error;
    }
    return code;
}

DWORD message_read_request(const message_header *header, const uint8_t *rest, void *asked) {
    const wire_record *record = message_fields(header->what, FALSE);

    if (!record || header->code || header->performed) {
        return ERROR_INVALID_DATA;
    }
    memset(asked, 0, record->size);
    return wire_read(rest, header->size, record, asked);
}

DWORD message_read_reply(const message_header *header, const uint8_t *rest, uint32_t what, void *asked) {
    if (header->what != what || (!header->performed && header->size)) {
        return ERROR_INVALID_DATA;
    }
    return header->performed ? wire_read(rest, header->size, message_fields(what, TRUE), asked) : ERROR_SUCCESS;
}

void message_free_request(uint32_t what, void *asked) {
    wire_forget(message_fields(what, FALSE), asked);
    wire_forget(message_fields(what, TRUE), asked);
    SecureZeroMemory(asked, message_room(what));
}
