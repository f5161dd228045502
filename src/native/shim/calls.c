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
#include "rasman.h"
#include "trace.h"

/* RAS answers 603 if the list has grown since RAS said how much room it needs; it is asked this
 * often. */
#define MOST_GROWTHS 32
#define MOST_BYTES (1u << 26)
/* A buffer for more connections than any machine has is not kept: each enumeration would zero it. */
#define MOST_KEPT (1u << 16)

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

/* ---- buffers that RAS fills ---- */

uint32_t calls_grow(calls_buffer *buffer, DWORD needed, DWORD spare) {
    DWORD room = buffer->room > needed ? buffer->room : needed;
    BYTE *bytes;

    if (room > MOST_BYTES) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    room += spare;
    bytes = realloc(buffer->bytes, room);
    if (!bytes) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return ERROR_SUCCESS;
}

uint32_t calls_probe_and_grow(calls_buffer *buffer, DWORD head, DWORD spare, calls_fill fill, void *context) {
    uint32_t code = ERROR_BUFFER_TOO_SMALL;

    for (int tries = 0; tries < MOST_GROWTHS && code == ERROR_BUFFER_TOO_SMALL; tries++) {
        DWORD bytes = buffer->room;

        if (buffer->bytes) {
            memset(buffer->bytes, 0, buffer->room);
            memcpy(buffer->bytes, &head, sizeof(head));
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
};

static DWORD ask_for_list(void *context, BYTE *buffer, DWORD *bytes) {
    struct asking *asking = context;

    asking->count = 0;
    return asking->kind->ask(asking->question, buffer, bytes, &asking->count);
}

uint32_t calls_list(calls_buffer *buffer, const calls_list_kind *kind, const void *question, void **flat,
                    uint32_t *count) {
    struct asking asking = {kind, question, 0};
    uint32_t code = calls_probe_and_grow(buffer, kind->size, kind->spare * kind->size, ask_for_list, &asking);

    *flat = NULL;
    *count = 0;
    if (code || asking.count == 0) {
        return code;
    }
    /* Whatever RAS answers, the shim must not read past its buffer. */
    if (asking.count > buffer->room / kind->size) {
        return ERROR_INVALID_SIZE;
    }
    *flat = calloc(asking.count, kind->flat_size);
    if (!*flat) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (DWORD i = 0; i < asking.count; i++) {
        kind->flatten((BYTE *)*flat + i * kind->flat_size, buffer->bytes + (size_t)i * kind->size);
    }
    *count = asking.count;
    return ERROR_SUCCESS;
}

uint32_t winras_no_rasman(uint32_t service) {
    const rasapi *table = NULL;
    uint32_t code = ERROR_SUCCESS;
    int64_t begun;

    if (!calls_find_table(service, &table)) {
        code = rasman_gate(table, &begun);
    }
    return code == WINRAS_NO_RASMAN ? (uint32_t)ERROR_SERVICE_NOT_ACTIVE : code;
}

/* ---- enumerate ---- */

/* The buffer of the last enumeration, kept so that most enumerations take only one RAS call. A
 * thread that finds it taken uses its own. */
static struct {
    SRWLOCK lock;
    calls_buffer buffer;
} kept = {SRWLOCK_INIT, {NULL, 0}};

AFTER_FORK(forget_kept, InitializeSRWLock(&kept.lock); memset(&kept.buffer, 0, sizeof(kept.buffer)));

static calls_buffer take_kept(void) {
    calls_buffer buffer;

    AcquireSRWLockExclusive(&kept.lock);
    buffer = kept.buffer;
    kept.buffer.bytes = NULL;
    kept.buffer.room = 0;
    ReleaseSRWLockExclusive(&kept.lock);
    return buffer;
}

static void keep(calls_buffer buffer) {
    BYTE *unwanted = buffer.bytes;

    AcquireSRWLockExclusive(&kept.lock);
    if (buffer.room > kept.buffer.room && buffer.room <= MOST_KEPT) {
        unwanted = kept.buffer.bytes;
        kept.buffer = buffer;
    }
    ReleaseSRWLockExclusive(&kept.lock);
    free(unwanted);
}

void winras_forget_room(void) { free(take_kept().bytes); }

static DWORD ask_connections(const void *question, BYTE *buffer, DWORD *bytes, DWORD *count) {
    const rasapi *table = question;

    return CALLS_CALL(table, RasEnumConnectionsW, (LPRASCONNW)(void *)buffer, bytes, count);
}

static void flatten_connection(void *element, const BYTE *bytes) {
    winras_connection *flat = element;
    RASCONNW native;

    memset(&native, 0, sizeof(native));
    memcpy(&native, bytes, WINRAS_RASCONN_SIZE);
    flat->handle = handle_from_native(native.hrasconn);
    flat->luid = (uint64_t)(uint32_t)native.luid.HighPart << 32 | native.luid.LowPart;
    flat->sub_entry = native.dwSubEntry;
    flat->flags = native.dwFlags;
    memcpy(flat->entry_id, &native.guidEntry, sizeof(flat->entry_id));
    memcpy(flat->correlation_id, &native.guidCorrelationId, sizeof(flat->correlation_id));
    WINRAS_COPY_TEXT(flat->name, native.szEntryName);
    WINRAS_COPY_TEXT(flat->device_type, native.szDeviceType);
    WINRAS_COPY_TEXT(flat->device_name, native.szDeviceName);
    WINRAS_COPY_TEXT(flat->phonebook, native.szPhonebook);
}

/* No connection has the handle NULL, even if RAS says so. */
static uint32_t leave_out_null(winras_connection *connections, uint32_t count) {
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (connections[i].handle) {
            connections[left++] = connections[i];
        }
    }
    return left;
}

uint32_t calls_enumerate(const rasapi *table, winras_connection **connections, uint32_t *count) {
    static const calls_list_kind kind = {
        .size = WINRAS_RASCONN_SIZE,
        .spare = 4,
        .ask = ask_connections,
        .flat_size = sizeof(winras_connection),
        .flatten = flatten_connection,
    };
    calls_buffer buffer;
    void *flat = NULL;
    uint32_t code = ERROR_PROC_NOT_FOUND;

    *count = 0;
    if (table->RasEnumConnectionsW) {
        buffer = take_kept();
        RASMAN_ASK(code, table, calls_list(&buffer, &kind, table, &flat, count));
        keep(buffer);
    }
    *connections = flat;
    *count = leave_out_null(flat, *count);
    return code == WINRAS_NO_RASMAN ? (uint32_t)ERROR_SUCCESS : code;
}

uint32_t winras_enumerate(uint32_t service, winras_connection **connections, uint32_t *count) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    return code ? code : calls_answer(service, calls_enumerate(table, connections, count));
}

void winras_free(void *elements) { free(elements); }

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

uint32_t winras_get_status(uint32_t service, uint64_t handle, winras_status *status) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    return code ? code : calls_answer(service, calls_get_status(table, handle, status));
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
