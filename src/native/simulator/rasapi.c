/* RAS's own entry points: what the documentation says of pointers, sizes and answers. */

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"
#include "shim/shim.h"

#include "service.h"

#define ALL_FLAGS                                                                                             \
    (RASCN_Connection | RASCN_Disconnection | RASCN_BandwidthAdded | RASCN_BandwidthRemoved | RASCN_Dormant | \
     RASCN_ReConnection | RASCN_EPDGPacketArrival)

static const DWORD connection_sizes[] = WINRAS_RASCONN_SIZES;
static const DWORD status_sizes[] = WINRAS_STATUS_SIZES;

#define SIZE_COUNT (sizeof(connection_sizes) / sizeof(connection_sizes[0]))

static_assert(SIZE_COUNT == QUIRK_COUNT - QUIRK_WINVER_0600, "a quirk for each RASCONNW");

static uint64_t flat(HRASCONN handle) { return (uint64_t)(uintptr_t)handle; }

/* The index in connection_sizes of the newest structure that this Windows knows. RASCONNSTATUSW
 * grew in WINVER 0x0601, after RASCONNW had last grown in 0x0600. */
static size_t newest_connection(void) {
    for (size_t i = SIZE_COUNT - 1; i > 0; i--) {
        if (service_quirk((enum sim_quirk)(QUIRK_WINVER_0600 + i))) {
            return i;
        }
    }
    return 0;
}

static size_t newest_status(void) {
    if (service_quirk(QUIRK_WINVER_0400)) {
        return 2;
    }
    return service_quirk(QUIRK_WINVER_0600) || newest_connection() > 0 ? 1 : 0;
}

static BOOL is_size(DWORD size, const DWORD *sizes, size_t newest, size_t count) {
    for (size_t i = newest; i < count; i++) {
        if (sizes[i] == size) {
            return TRUE;
        }
    }
    return FALSE;
}

static void fill_connection(void *buffer, const service_connection *connection, DWORD size) {
    RASCONNW native;

    memset(&native, 0, sizeof(native));
    native.dwSize = size;
    native.hrasconn = (HRASCONN)(uintptr_t)connection->handle;
    WINRAS_COPY_TEXT(native.szEntryName, connection->entry.name);
    WINRAS_COPY_TEXT(native.szDeviceType, connection->entry.device_type);
    WINRAS_COPY_TEXT(native.szDeviceName, connection->entry.device_name);
    WINRAS_COPY_TEXT(native.szPhonebook, connection->entry.phonebook);
    native.dwSubEntry = connection->sub_entry;
    memcpy(&native.guidEntry, connection->entry.entry_id, sizeof(native.guidEntry));
    native.dwFlags = connection->flags;
    native.luid.LowPart = (DWORD)connection->luid;
    native.luid.HighPart = (LONG)(connection->luid >> 32);
    memcpy(&native.guidCorrelationId, connection->correlation_id, sizeof(native.guidCorrelationId));
    memcpy(buffer, &native, size);
}

void service_fill_endpoint(RASTUNNELENDPOINT *native, const sim_endpoint *endpoint) {
    native->dwType = endpoint->type;
    memcpy(&native->ipv6, endpoint->address, sizeof(native->ipv6));
}

static void fill_status(void *buffer, const service_connection *connection, DWORD size) {
    RASCONNSTATUSW native;

    memset(&native, 0, sizeof(native));
    native.dwSize = size;
    native.rasconnstate = connection->state;
    native.dwError = connection->error;
    WINRAS_COPY_TEXT(native.szDeviceType, connection->entry.device_type);
    WINRAS_COPY_TEXT(native.szDeviceName, connection->entry.device_name);
    WINRAS_COPY_TEXT(native.szPhoneNumber, connection->entry.phone_number);
    service_fill_endpoint(&native.localEndPoint, &connection->entry.local);
    service_fill_endpoint(&native.remoteEndPoint, &connection->entry.remote);
    native.rasconnsubstate = connection->substate;
    memcpy(buffer, &native, size);
}

static DWORD fill_buffer(const service_form *form, BYTE *buffer, LPDWORD bytes, LPDWORD written,
                         const service_connection *connections, DWORD count) {
    size_t newest = newest_connection();
    DWORD size = form->sizes[newest];
    DWORD room = *bytes;

    *written = 0;
    if (buffer && room >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        if (!is_size(size, form->sizes, newest, form->count)) {
            return ERROR_INVALID_SIZE;
        }
    }
    /* A buffer must hold one structure, even to be told that there is none. */
    *bytes = (buffer && count == 0 ? 1 : count) * size;
    if (buffer ? room < *bytes : count > 0) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    *bytes = count * size;
    for (DWORD i = 0; i < count; i++) {
        form->fill(buffer + (size_t)i * size, &connections[i], size);
    }
    *written = count;
    return ERROR_SUCCESS;
}

static DWORD enumerate(const service_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    service_connection *connections = NULL;
    DWORD count = 0;
    DWORD code;

    if (!bytes || !written) {
        return ERROR_INVALID_PARAMETER;
    }
    code = service_list(&connections, &count);
    if (code) {
        return code;
    }
    code = fill_buffer(form, buffer, bytes, written, connections, count);
    free(connections);
    if (code == ERROR_BUFFER_TOO_SMALL) {
        service_grow();
    }
    return code;
}

DWORD service_enumerate(const service_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasEnumConnections, 0, 0);

    return service_leave(&call, code ? code : enumerate(form, buffer, bytes, written));
}

DWORD APIENTRY RasEnumConnectionsW(LPRASCONNW lprasconn, LPDWORD lpcb, LPDWORD lpcConnections) {
    static const service_form form = {connection_sizes, SIZE_COUNT, fill_connection};

    return service_enumerate(&form, lprasconn, lpcb, lpcConnections);
}

static DWORD get_status(const service_form *form, uint64_t handle, void *buffer) {
    service_connection *connection;
    DWORD size, code;

    if (!buffer) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(&size, buffer, sizeof(size));
    if (!is_size(size, form->sizes, newest_status(), form->count)) {
        return ERROR_INVALID_SIZE;
    }
    connection = calloc(1, sizeof(*connection));
    if (!connection) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = service_status(handle, connection);
    if (!code) {
        form->fill(buffer, connection, size);
    }
    free(connection);
    return code;
}

DWORD service_get_status(const service_form *form, HRASCONN handle, void *buffer) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetConnectStatus, flat(handle), 0);

    return service_leave(&call, code ? code : get_status(form, flat(handle), buffer));
}

DWORD APIENTRY RasGetConnectStatusW(HRASCONN hrasconn, LPRASCONNSTATUSW lprasconnstatus) {
    static const service_form form = {status_sizes, sizeof(status_sizes) / sizeof(status_sizes[0]), fill_status};

    return service_get_status(&form, hrasconn, lprasconnstatus);
}

DWORD APIENTRY RasHangUpW(HRASCONN hrasconn) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasHangUp, flat(hrasconn), 0);

    return service_leave(&call, code ? code : service_hang_up(flat(hrasconn)));
}

static DWORD get_sub_entry_handle(uint64_t handle, DWORD number, HRASCONN *found) {
    uint64_t sub_handle = 0;
    DWORD code;

    if (!found || number == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    code = service_sub_entry(handle, number, &sub_handle);
    if (!code) {
        *found = (HRASCONN)(uintptr_t)sub_handle;
    }
    return code;
}

DWORD APIENTRY RasGetSubEntryHandleW(HRASCONN hrasconn, DWORD dwSubEntry, HRASCONN *lphrasconn) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetSubEntryHandle, flat(hrasconn), dwSubEntry);

    return service_leave(&call, code ? code : get_sub_entry_handle(flat(hrasconn), dwSubEntry, lphrasconn));
}

static DWORD get_error_string(UINT value, LPWSTR buffer, DWORD room) {
    const char *text = winras_is_ras_error(value) ? winras_error_text(value) : NULL;
    size_t length;

    if (!text || !buffer || room == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    length = strlen(text) + 1;
    if (length > room) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    for (size_t i = 0; i < length; i++) {
        buffer[i] = (WCHAR)text[i];
    }
    return ERROR_SUCCESS;
}

DWORD APIENTRY RasGetErrorStringW(UINT uErrorValue, LPWSTR lpszErrorString, DWORD cBufSize) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetErrorString, 0, uErrorValue);

    return service_leave(&call, code ? code : get_error_string(uErrorValue, lpszErrorString, cBufSize));
}

static DWORD notify(HRASCONN connection, HANDLE event, DWORD flags) {
    if (!event || flags == 0 || (flags & ~(DWORD)ALL_FLAGS)) {
        return ERROR_INVALID_PARAMETER;
    }
    return service_register((HANDLE)connection == INVALID_HANDLE_VALUE ? SERVICE_ALL : flat(connection), event, flags);
}

DWORD APIENTRY RasConnectionNotificationW(HRASCONN hrasconn, HANDLE hEvent, DWORD dwFlags) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasConnectionNotification, flat(hrasconn), dwFlags);

    return service_leave(&call, code ? code : notify(hrasconn, hEvent, dwFlags));
}
