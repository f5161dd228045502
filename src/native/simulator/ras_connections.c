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

DWORD form_enumerate_connections(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    form_list list;
    struct ask_enumerate_connections asked = {
        .call = {.function = FUNCTION_RasEnumConnections,
                 .refused = form_list_begin(&list, form, buffer, bytes, written)},
        .has_buffer = buffer != NULL,
        .most = list.most,
        .count = FORM_UNTOLD,
        .connections = {form_list_take, &list},
    };
    DWORD code = ask_enumerate_connections(&asked);

    form_list_end(&list, code, asked.count, bytes, written);
    return code;
}

DWORD APIENTRY RasEnumConnectionsW(LPRASCONNW lprasconn, LPDWORD lpcb, LPDWORD lpcConnections) {
    static const native_form w_form = {WINRAS_RASCONN_SIZES, fill_connection};

    return form_enumerate_connections(&w_form, lprasconn, lpcb, lpcConnections);
}

static DWORD read_status_size(const native_form *form, const void *buffer, DWORD *size) {
    if (!buffer) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(size, buffer, sizeof(*size));
    return is_size(*size, form->sizes) ? ERROR_SUCCESS : ERROR_INVALID_SIZE;
}

DWORD form_get_status(const native_form *form, HRASCONN handle, void *buffer) {
    DWORD size = 0;
    struct ask_get_status asked;
    DWORD code;

    memset(&asked.call, 0, sizeof(asked.call));
    asked.call.function = FUNCTION_RasGetConnectStatus;
    asked.call.handle = handle_from_native(handle);
    asked.call.refused = read_status_size(form, buffer, &size);
    code = ask_get_status(&asked);
    if (!code) {
        form->fill(buffer, &asked.connection, size);
    }
    return code;
}

DWORD APIENTRY RasGetConnectStatusW(HRASCONN hrasconn, LPRASCONNSTATUSW lprasconnstatus) {
    static const native_form w_form = {WINRAS_STATUS_SIZES, fill_status};

    return form_get_status(&w_form, hrasconn, lprasconnstatus);
}

DWORD APIENTRY RasHangUpW(HRASCONN hrasconn) {
    struct ask_hang_up asked = {.call = {.function = FUNCTION_RasHangUp, .handle = handle_from_native(hrasconn)}};

    return ask_hang_up(&asked);
}

DWORD APIENTRY RasGetSubEntryHandleW(HRASCONN hrasconn, DWORD dwSubEntry, HRASCONN *lphrasconn) {
    BOOL wrong = !lphrasconn || dwSubEntry == 0;
    struct ask_get_sub_entry asked = {.call = {.function = FUNCTION_RasGetSubEntryHandle,
                                               .handle = handle_from_native(hrasconn),
                                               .number = dwSubEntry,
                                               .refused = wrong ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS}};
    DWORD code = ask_get_sub_entry(&asked);

    if (!code) {
        *lphrasconn = handle_to_native(asked.sub_handle);
    }
    return code;
}

DWORD APIENTRY RasGetErrorStringW(UINT uErrorValue, LPWSTR lpszErrorString, DWORD cBufSize) {
    BOOL wrong = !winras_is_ras_error(uErrorValue) || !lpszErrorString || cBufSize == 0;
    struct ask_get_message asked = {.call = {.function = FUNCTION_RasGetErrorString,
                                             .number = uErrorValue,
                                             .refused = wrong ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS},
                                    .room = cBufSize};
    DWORD code = ask_get_message(&asked);

    for (size_t i = 0; !code && (i == 0 || asked.text[i - 1]); i++) {
        lpszErrorString[i] = (WCHAR)asked.text[i];
    }
    return code;
}

static DWORD find_wrong_registration(HANDLE event, DWORD flags) {
    return !event || flags == 0 || (flags & ~(DWORD)ALL_FLAGS) ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
}

DWORD APIENTRY RasConnectionNotificationW(HRASCONN hrasconn, HANDLE hEvent, DWORD dwFlags) {
    BOOL all = (HANDLE)hrasconn == INVALID_HANDLE_VALUE;
    struct ask_register_event asked = {.call = {.function = FUNCTION_RasConnectionNotification,
                                                .number = dwFlags,
                                                .handle = all ? SERVICE_ALL : handle_from_native(hrasconn),
                                                .refused = find_wrong_registration(hEvent, dwFlags)}};
    DWORD code;

    if (!asked.call.refused) {
        asked.call.refused = client_add_event(hEvent, &asked.event);
    }
    code = ask_register_event(&asked);
    if (code) {
        client_remove_event(asked.event);
    }
    return code;
}
