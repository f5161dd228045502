/* Calls that ask RAS one thing each: which service is active, what is connected, how it is, which
 * links it has, what an error number means.
 *
 * Each public function takes the number of the service that it is meant for. If another one is
 * active by now (a simulator has ended, or begun), it answers WINRAS_OTHER_SERVICE without calling
 * RAS, so that a handle never reaches a service that did not give it. */

#include "calls.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"
#include "pack.h"
#include "rasman.h"
#include "trace.h"

/* RAS answers 603 if the list has grown since RAS said how much room it needs; it is asked this
 * often. */
#define MOST_GROWTHS 32
#define MOST_BYTES (1u << 26)
/* Of the buffer of connections: one with more room is not kept, nor is one with more than the usual room of which most
 * was not used at last. */
#define MOST_KEPT (1u << 24)
#define USUAL_KEPT (1u << 16)
#define LEAST_USED 4
/* Room for so many more connections than there are. */
#define SPARE 4

_Static_assert((int)RASCS_Connected == 0x2000, "RASCS_Connected");
_Static_assert(sizeof(WCHAR) == sizeof(char16_t), "text is copied as it is");

/* ---- services ---- */

uint32_t winras_active_service(void) { return rasapi_simulator_running(); }

uint32_t calls_find_table(uint32_t service, const rasapi **table) {
    DWORD error = 0;

    if (service != rasapi_simulator_running()) {
        return WINRAS_OTHER_SERVICE;
    }
    *table = service ? rasapi_simulator() : rasapi_windows(&error);
    return *table ? ERROR_SUCCESS : error;
}

/* If a simulator ends during a call, the call fails with an error that means nothing. */
uint32_t calls_answer(uint32_t service, uint32_t code) {
    BOOL from_ras = code != ERROR_SUCCESS && !shim_is_own(code);

    return from_ras && service != rasapi_simulator_running() ? (uint32_t)WINRAS_OTHER_SERVICE : code;
}

uint32_t winras_is_same_text(const char16_t *a, const char16_t *b) { return same_caseless(a, b) != FALSE; }

int32_t winras_compare_texts(const char16_t *a, const char16_t *b) { return compare_caseless(a, b); }

BOOL calls_means_gone(uint32_t code) { return code == ERROR_INVALID_HANDLE || code == ERROR_NO_CONNECTION; }

int64_t winras_wall(uint32_t service) {
    const rasapi *table = NULL;

    return calls_find_table(service, &table) ? -1 : table->wall();
}

int64_t winras_now(uint32_t service) {
    const rasapi *table = NULL;

    return calls_find_table(service, &table) ? -1 : table->now();
}

int64_t winras_suspended(uint32_t service) {
    const rasapi *table = NULL;

    return calls_find_table(service, &table) ? -1 : table->suspended();
}

/* ---- buffers that RAS fills ---- */

uint32_t calls_grow(calls_buffer *buffer, DWORD needed, DWORD spare) {
    DWORD room = buffer->room > needed ? buffer->room : needed;
    BYTE *bytes;

    if (room > MOST_BYTES) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    room += spare;
    bytes = calloc(1, room);
    if (!bytes) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    free(buffer->bytes);
    buffer->bytes = bytes;
    buffer->room = room;
    buffer->used = 0;
    return ERROR_SUCCESS;
}

uint32_t calls_probe_and_grow(calls_buffer *buffer, DWORD head, DWORD spare, calls_fill fill, void *context) {
    uint32_t code = ERROR_BUFFER_TOO_SMALL;

    for (int tries = 0; tries < MOST_GROWTHS && code == ERROR_BUFFER_TOO_SMALL; tries++) {
        DWORD bytes = buffer->room;

        if (buffer->bytes) {
            memset(buffer->bytes, 0, buffer->used);
            memcpy(buffer->bytes, &head, sizeof(head));
            buffer->used = buffer->room;
        }
        code = fill(context, buffer->bytes, &bytes);
        if (code == ERROR_BUFFER_TOO_SMALL && calls_grow(buffer, bytes, spare)) {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    return code;
}

/* ---- lists ---- */

struct asking {
    const calls_list_kind *kind;
    const void *question;
    DWORD count;
    DWORD bytes;
};

static DWORD ask_for_list(void *context, BYTE *buffer, DWORD *bytes) {
    struct asking *asking = context;
    DWORD code;

    asking->count = 0;
    code = asking->kind->ask(asking->question, buffer, bytes, &asking->count);
    asking->bytes = *bytes;
    return code;
}

/* How many structures RAS has put into the buffer. */
static uint32_t fill_list(calls_buffer *buffer, const calls_list_kind *kind, const void *question, uint32_t *count) {
    struct asking asking = {kind, question, 0, 0};
    uint32_t code = calls_probe_and_grow(buffer, kind->size, kind->spare * kind->size, ask_for_list, &asking);
    DWORD used;

    *count = 0;
    if (code || !buffer->bytes) {
        return code;
    }
    /* Whatever RAS answers, the shim must not read past its buffer. */
    if (asking.count > buffer->room / kind->size) {
        return ERROR_INVALID_SIZE;
    }
    /* RAS has no business behind the bytes that it says it needs; the first structure has its dwSize at least. */
    used = (asking.count ? asking.count : 1) * kind->size;
    used = used > asking.bytes ? used : asking.bytes;
    buffer->used = used < buffer->room ? used : buffer->room;
    *count = asking.count;
    return ERROR_SUCCESS;
}

uint32_t calls_list(calls_buffer *buffer, const calls_list_kind *kind, const void *question, void **flat,
                    uint32_t *count) {
    uint32_t listed, code = fill_list(buffer, kind, question, &listed);

    *flat = NULL;
    *count = 0;
    if (code || listed == 0) {
        return code;
    }
    *flat = calloc(listed, kind->flat_size);
    if (!*flat) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (uint32_t i = 0; i < listed; i++) {
        kind->flatten((BYTE *)*flat + i * kind->flat_size, buffer->bytes + (size_t)i * kind->size);
    }
    *count = listed;
    return ERROR_SUCCESS;
}

uint32_t winras_no_rasman(uint32_t service) {
    const rasapi *table = NULL;
    uint32_t code = ERROR_SUCCESS;
    rasman_asked asked;

    if (!calls_find_table(service, &table)) {
        code = rasman_gate(table, &asked);
    }
    return code == WINRAS_NO_RASMAN ? (uint32_t)ERROR_SERVICE_NOT_ACTIVE : code;
}

/* ---- enumerate ---- */

/* The buffer of the last enumeration, kept so that most enumerations take only one RAS call, and no new memory. Who
 * finds it taken, another thread or a signal handler, makes one with as much room. */
static struct {
    SRWLOCK lock;
    calls_buffer buffer;
    DWORD room;
} kept = {.lock = SRWLOCK_INIT};

AFTER_FORK(forget_kept, memset(&kept, 0, sizeof(kept)); InitializeSRWLock(&kept.lock));

static calls_buffer take_kept(void) {
    calls_buffer buffer;
    DWORD room;

    AcquireSRWLockExclusive(&kept.lock);
    buffer = kept.buffer;
    room = kept.room;
    memset(&kept.buffer, 0, sizeof(kept.buffer));
    ReleaseSRWLockExclusive(&kept.lock);
    if (!buffer.bytes && room) {
        (void)calls_grow(&buffer, room, 0); /* or RAS is asked for the size */
    }
    return buffer;
}

static void keep(calls_buffer buffer) {
    BOOL is_wanted = buffer.room <= USUAL_KEPT || (buffer.room <= MOST_KEPT && buffer.room / LEAST_USED <= buffer.used);
    DWORD needed = buffer.used + SPARE * WINRAS_RASCONN_SIZE;
    BYTE *unwanted = buffer.bytes;

    AcquireSRWLockExclusive(&kept.lock);
    if (!is_wanted) {
        kept.room = needed <= MOST_KEPT ? needed : 0;
    } else if (buffer.room > kept.buffer.room) {
        unwanted = kept.buffer.bytes;
        kept.buffer = buffer;
        kept.room = buffer.room;
    }
    ReleaseSRWLockExclusive(&kept.lock);
    free(unwanted);
}

void winras_forget_room(void) {
    AcquireSRWLockExclusive(&kept.lock);
    kept.room = 0;
    ReleaseSRWLockExclusive(&kept.lock);
    free(take_kept().bytes);
}

static DWORD ask_connections(const void *question, BYTE *buffer, DWORD *bytes, DWORD *count) {
    const rasapi *table = question;

    return CALLS_CALL(table, RasEnumConnectionsW, (LPRASCONNW)(void *)buffer, bytes, count);
}

static const RASCONNW *enumerated(const calls_enumeration *enumeration, uint32_t number) {
    return (const void *)(enumeration->buffer.bytes + (size_t)number * WINRAS_RASCONN_SIZE);
}

uint64_t calls_enumerated_handle(const calls_enumeration *enumeration, uint32_t number) {
    return handle_from_native(enumerated(enumeration, number)->hrasconn);
}

void calls_enumerated(const calls_enumeration *enumeration, uint32_t number, winras_connection *connection) {
    const RASCONNW *native = enumerated(enumeration, number);

    connection->handle = handle_from_native(native->hrasconn);
    connection->luid = (uint64_t)(uint32_t)native->luid.HighPart << 32 | native->luid.LowPart;
    connection->sub_entry = native->dwSubEntry;
    connection->flags = native->dwFlags;
    memcpy(connection->entry_id, &native->guidEntry, sizeof(connection->entry_id));
    memcpy(connection->correlation_id, &native->guidCorrelationId, sizeof(connection->correlation_id));
    WINRAS_COPY_TEXT(connection->name, native->szEntryName);
    WINRAS_COPY_TEXT(connection->device_type, native->szDeviceType);
    WINRAS_COPY_TEXT(connection->device_name, native->szDeviceName);
    WINRAS_COPY_TEXT(connection->phonebook, native->szPhonebook);
}

/* No connection has the handle NULL, even if RAS says so. */
static void leave_out_null(calls_enumeration *enumeration) {
    uint32_t left = 0;

    for (uint32_t i = 0; i < enumeration->count; i++) {
        if (calls_enumerated_handle(enumeration, i)) {
            if (left < i) {
                memcpy(enumeration->buffer.bytes + (size_t)left * WINRAS_RASCONN_SIZE, enumerated(enumeration, i),
                       WINRAS_RASCONN_SIZE);
            }
            left++;
        }
    }
    enumeration->count = left;
}

uint32_t calls_begin_enumeration(const rasapi *table, calls_enumeration *enumeration) {
    static const calls_list_kind kind = {.size = WINRAS_RASCONN_SIZE, .spare = SPARE, .ask = ask_connections};
    uint32_t code = ERROR_PROC_NOT_FOUND;

    memset(enumeration, 0, sizeof(*enumeration));
    if (table->RasEnumConnectionsW) {
        enumeration->buffer = take_kept();
        RASMAN_ASK(code, table, fill_list(&enumeration->buffer, &kind, table, &enumeration->count));
        leave_out_null(enumeration);
    }
    return code == WINRAS_NO_RASMAN ? (uint32_t)ERROR_SUCCESS : code;
}

void calls_end_enumeration(calls_enumeration *enumeration) {
    keep(enumeration->buffer);
    memset(enumeration, 0, sizeof(*enumeration));
}

uint32_t calls_enumerate(const rasapi *table, winras_connection **connections, uint32_t *count) {
    calls_enumeration enumeration;
    uint32_t code = calls_begin_enumeration(table, &enumeration);

    *connections = enumeration.count ? calloc(enumeration.count, sizeof(**connections)) : NULL;
    *count = *connections ? enumeration.count : 0;
    if (*count < enumeration.count) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    for (uint32_t i = 0; i < *count; i++) {
        calls_enumerated(&enumeration, i, &(*connections)[i]);
    }
    calls_end_enumeration(&enumeration);
    return code;
}

/* What a caller gets who has no memory for a block. */
static winras_block no_memory = {.size = sizeof(winras_block), .code = ERROR_NOT_ENOUGH_MEMORY};

/* A block that the caller has not got yet, or NULL. */
static winras_block *unless_same(winras_block *block, const uint8_t *last) {
    if (!block) {
        return &no_memory;
    }
    if (last && pack_is_same(block, last, block->size)) { /* the size comes first */
        free(block);
        return NULL;
    }
    return block;
}

static uint32_t begin_enumeration(uint32_t *service, const rasapi **table, calls_enumeration *enumeration) {
    uint32_t code;

    memset(enumeration, 0, sizeof(*enumeration));
    if (*service == WINRAS_ACTIVE_SERVICE) {
        *service = winras_active_service();
    }
    code = calls_find_table(*service, table);
    code = code ? code : calls_answer(*service, calls_begin_enumeration(*table, enumeration));
    if (code) {
        enumeration->count = 0;
    }
    return code;
}

winras_block *winras_list_connections(uint32_t service, const uint8_t *last) {
    const rasapi *table = NULL;
    calls_enumeration enumeration;
    packer to;
    uint32_t code = begin_enumeration(&service, &table, &enumeration);

    pack_begin(&to, service, enumeration.count, 0);
    for (uint32_t i = 0; i < enumeration.count; i++) {
        pack_native(&to, enumerated(&enumeration, i));
    }
    calls_end_enumeration(&enumeration);
    return unless_same(pack_end(&to, code), last);
}

void winras_free(void *elements) {
    if (elements != &no_memory) {
        free(elements);
    }
}

/* ---- status and links ---- */

static void flatten_endpoint(winras_endpoint *flat, const RASTUNNELENDPOINT *native) {
    flat->type = native->dwType;
    memcpy(flat->address, &native->ipv6, sizeof(flat->address));
}

uint32_t calls_get_status(const rasapi *table, uint64_t handle, winras_status *status) {
    RASCONNSTATUSW native;
    uint32_t code;

    memset(status, 0, sizeof(*status));
    if (!table->RasGetConnectStatusW) {
        return ERROR_PROC_NOT_FOUND;
    }
    memset(&native, 0, sizeof(native));
    native.dwSize = WINRAS_STATUS_SIZE;
    RASMAN_ASK(code, table, CALLS_CALL(table, RasGetConnectStatusW, handle_to_native(handle), &native));
    if (code) {
        return rasman_no_connection(code);
    }
    status->state = (uint32_t)native.rasconnstate;
    status->substate = (uint32_t)native.rasconnsubstate;
    status->error = native.dwError;
    flatten_endpoint(&status->local, &native.localEndPoint);
    flatten_endpoint(&status->remote, &native.remoteEndPoint);
    WINRAS_COPY_TEXT(status->device_type, native.szDeviceType);
    WINRAS_COPY_TEXT(status->device_name, native.szDeviceName);
    WINRAS_COPY_TEXT(status->phone_number, native.szPhoneNumber);
    return ERROR_SUCCESS;
}

winras_block *winras_get_status(uint32_t service, uint64_t handle, const uint8_t *last) {
    const rasapi *table = NULL;
    winras_status status;
    packer to;
    uint32_t code = calls_find_table(service, &table);

    code = code ? code : calls_answer(service, calls_get_status(table, handle, &status));
    pack_begin(&to, service, 0, !code);
    if (!code) {
        pack_status(&to, &status);
    }
    return unless_same(pack_end(&to, code), last);
}

winras_block *winras_snapshot(uint32_t service, const uint8_t *last) {
    const rasapi *table = NULL;
    calls_enumeration enumeration;
    winras_status status;
    packer to;
    uint32_t code = begin_enumeration(&service, &table, &enumeration);

    pack_begin(&to, service, enumeration.count, enumeration.count);
    for (uint32_t i = 0; i < enumeration.count && !code; i++) {
        code = calls_get_status(table, calls_enumerated_handle(&enumeration, i), &status);
        code = calls_answer(service, code);
        if (calls_means_gone(code)) {
            code = ERROR_SUCCESS;
            continue;
        }
        if (code) {
            free(pack_end(&to, code));
            pack_begin(&to, service, 1, 0);
        }
        pack_native(&to, enumerated(&enumeration, i));
        if (!code) {
            pack_status(&to, &status);
        }
    }
    calls_end_enumeration(&enumeration);
    return unless_same(pack_end(&to, code), last);
}

uint32_t calls_get_sub_entry(const rasapi *table, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle) {
    HRASCONN native = NULL;
    uint32_t code;

    if (!table->RasGetSubEntryHandleW) {
        return ERROR_PROC_NOT_FOUND;
    }
    RASMAN_ASK(code, table, CALLS_CALL(table, RasGetSubEntryHandleW, handle_to_native(handle), sub_entry, &native));
    *sub_handle = handle_from_native(native);
    return rasman_no_connection(code);
}

uint32_t winras_get_sub_entry(uint32_t service, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    *sub_handle = 0;
    return code ? code : calls_answer(service, calls_get_sub_entry(table, handle, sub_entry, sub_handle));
}

/* ---- events ---- */

uint32_t winras_read_events(uint32_t service, const char16_t *query, uint32_t most, uint8_t **bytes, uint32_t *count) {
    const rasapi *table = NULL;
    WCHAR *texts = NULL;
    size_t length = 0;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        trace_begin(table->now, "EvtQuery", NULL);
        code = shim_from_ras(trace_end(table->read_events((LPCWSTR)query, most, &texts, &length)));
        code = calls_answer(service, code);
    }
    if (!code && length > UINT32_MAX / sizeof(*texts)) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    if (code) {
        free(texts);
        texts = NULL;
        length = 0;
    }
    *bytes = (uint8_t *)texts;
    *count = (uint32_t)(length * sizeof(*texts));
    return code;
}

/* ---- messages ---- */

uint32_t winras_get_error_string(uint32_t service, uint32_t code, char16_t *text, uint32_t room) {
    const rasapi *table = NULL;
    uint32_t answer = calls_find_table(service, &table);

    memset(text, 0, room * sizeof(*text));
    if (answer) {
        return answer;
    }
    answer = CALLS_CALL(table, RasGetErrorStringW, code, (LPWSTR)text, room);
    /* The system has other meanings for RAS's numbers: its 668 is a failed assertion. */
    if ((answer || text[0] == 0) && table->system_message && !winras_is_ras_error(code)) {
        memset(text, 0, room * sizeof(*text));
        answer = table->system_message(code, (LPWSTR)text, room) ? ERROR_SUCCESS : answer;
    }
    text[room - 1] = 0;
    return answer;
}
