/* RasEnumConnections, RasGetConnectStatus, RasHangUp, RasGetSubEntryHandle, RasConnectionNotification and
 * RasGetErrorString. As in each ras_*.c, the functions do what their pages say about pointers, sizes and answers,
 * and ask the service by one request each. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

#include "shim/shim.h"

#define ALL_FLAGS                                                                                             \
    (RASCN_Connection | RASCN_Disconnection | RASCN_BandwidthAdded | RASCN_BandwidthRemoved | RASCN_Dormant | \
     RASCN_ReConnection | RASCN_EPDGPacketArrival)

/* Most texts are much shorter than their room: what is behind the NUL stays zero, and is not read. */
#define COPY_BEGINNING(to, from)                                                         \
    do {                                                                                 \
        _Static_assert(sizeof(to) == sizeof(from), "a text and its native twin differ"); \
        for (size_t i = 0; i < COUNT(to) - 1 && (from)[i]; i++) {                        \
            (to)[i] = (WCHAR)(from)[i];                                                  \
        }                                                                                \
    } while (0)

static void fill_connection(void *buffer, const void *answer, DWORD size) {
    const service_connection *connection = answer;
    RASCONNW native;

    FORM_CONNECTION(native, connection, size, COPY_BEGINNING);
    memcpy(buffer, &native, size);
}

void fill_endpoint(RASTUNNELENDPOINT *native, const sim_endpoint *endpoint) {
    native->dwType = endpoint->type;
    memcpy(&native->ipv6, endpoint->address, sizeof(native->ipv6));
}

static void fill_status(void *buffer, const void *answer, DWORD size) {
    const service_connection *connection = answer;
    RASCONNSTATUSW native;

    FORM_STATUS(native, connection, size, COPY_BEGINNING);
    memcpy(buffer, &native, size);
}

/* Where the next connection goes. */
struct filling {
    const native_form *form;
    BYTE *buffer;
    DWORD size;
};

static void fill_next(void *to, const service_connection *connection) {
    struct filling *filling = to;

    filling->form->fill(filling->buffer, connection, filling->size);
    filling->buffer += filling->size;
}

static DWORD enumerate_connections(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    struct filling filling = {form, buffer, 0};
    DWORD count = 0;
    DWORD code;

    if (!bytes || !written) {
        return ERROR_INVALID_PARAMETER;
    }
    *written = 0;
    code = form_list_size(form, buffer, *bytes, &filling.size);
    if (code) {
        return code;
    }
    service_list(buffer ? *bytes / filling.size : 0, fill_next, &filling, &count);
    code = form_list_answer(buffer, filling.size, count, bytes, written);
    if (code == ERROR_BUFFER_TOO_SMALL) {
        service_grow();
    }
    return code;
}

DWORD form_enumerate_connections(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasEnumConnections, 0, 0);

    return service_leave(&call, code ? code : enumerate_connections(form, buffer, bytes, written));
}

DWORD APIENTRY RasEnumConnectionsW(LPRASCONNW lprasconn, LPDWORD lpcb, LPDWORD lpcConnections) {
    static const native_form w_form = {WINRAS_RASCONN_SIZES, fill_connection};

    return form_enumerate_connections(&w_form, lprasconn, lpcb, lpcConnections);
}

static DWORD get_connect_status(const native_form *form, uint64_t handle, void *buffer) {
    struct filling filling = {form, buffer, 0};

    if (!buffer) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(&filling.size, buffer, sizeof(filling.size));
    if (!is_size(filling.size, form->sizes)) {
        return ERROR_INVALID_SIZE;
    }
    return service_status(handle, fill_next, &filling);
}

DWORD form_get_status(const native_form *form, HRASCONN handle, void *buffer) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetConnectStatus, handle_from_native(handle), 0);

    return service_leave(&call, code ? code : get_connect_status(form, handle_from_native(handle), buffer));
}

DWORD APIENTRY RasGetConnectStatusW(HRASCONN hrasconn, LPRASCONNSTATUSW lprasconnstatus) {
    static const native_form w_form = {WINRAS_STATUS_SIZES, fill_status};

    return form_get_status(&w_form, hrasconn, lprasconnstatus);
}

DWORD APIENTRY RasHangUpW(HRASCONN hrasconn) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasHangUp, handle_from_native(hrasconn), 0);

    return service_leave(&call, code ? code : service_hang_up(handle_from_native(hrasconn)));
}

static DWORD get_sub_entry_handle(uint64_t handle, DWORD number, HRASCONN *found) {
    uint64_t sub_handle = 0;
    DWORD code;

    if (!found || number == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    code = service_sub_entry(handle, number, &sub_handle);
    if (!code) {
        *found = handle_to_native(sub_handle);
    }
    return code;
}

DWORD APIENTRY RasGetSubEntryHandleW(HRASCONN hrasconn, DWORD dwSubEntry, HRASCONN *lphrasconn) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetSubEntryHandle, handle_from_native(hrasconn), dwSubEntry);

    return service_leave(&call,
                         code ? code : get_sub_entry_handle(handle_from_native(hrasconn), dwSubEntry, lphrasconn));
}

static DWORD get_error_string(UINT value, LPWSTR buffer, DWORD room) {
    const char *text, *end;
    DWORD code = service_message(value, &text, &end);
    size_t length, all;

    if (code || !buffer || room == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    length = strlen(text);
    all = length + strlen(end) + 1;
    if (all > room) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    for (size_t i = 0; i < all; i++) {
        buffer[i] = (WCHAR)(i < length ? text[i] : end[i - length]);
    }
    return ERROR_SUCCESS;
}

DWORD APIENTRY RasGetErrorStringW(UINT uErrorValue, LPWSTR lpszErrorString, DWORD cBufSize) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetErrorString, 0, uErrorValue);

    return service_leave(&call, code ? code : get_error_string(uErrorValue, lpszErrorString, cBufSize));
}

static DWORD register_event_object(HRASCONN connection, HANDLE event, DWORD flags) {
    if (!event || flags == 0 || (flags & ~(DWORD)ALL_FLAGS)) {
        return ERROR_INVALID_PARAMETER;
    }
    return service_register((HANDLE)connection == INVALID_HANDLE_VALUE ? SERVICE_ALL : handle_from_native(connection),
                            event, flags);
}

DWORD APIENTRY RasConnectionNotificationW(HRASCONN hrasconn, HANDLE hEvent, DWORD dwFlags) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasConnectionNotification, handle_from_native(hrasconn), dwFlags);

    return service_leave(&call, code ? code : register_event_object(hrasconn, hEvent, dwFlags));
}
