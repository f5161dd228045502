/* Entries of phone books (RasGetEntryProperties and its kin), and the devices that they use (RasEnumDevices). */

#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

static const DWORD entry_sizes[] = WINRAS_ENTRY_SIZES;
static const DWORD sub_entry_sizes[] = {WINRAS_SUBENTRY_SIZE, 0};

/* The dwSize of a client's structure, if its buffer has room for that. */
static DWORD read_size(const void *buffer, DWORD room, const DWORD *sizes, DWORD most, DWORD *size) {
    *size = most;
    if (buffer && room >= sizeof(*size)) {
        memcpy(size, buffer, sizeof(*size));
        if (*size > most || !is_size(*size, sizes)) {
            return ERROR_INVALID_SIZE;
        }
    }
    return ERROR_SUCCESS;
}

static DWORD offset_of_numbers(const service_tail *tail, DWORD size) {
    return tail->numbers < tail->size ? size + tail->numbers : 0;
}

static DWORD give_properties(void *buffer, LPDWORD bytes, const void *structure, DWORD size, const service_tail *tail) {
    DWORD room = *bytes;

    *bytes = size + tail->size;
    if (!buffer || room < *bytes) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    memcpy(buffer, structure, size);
    if (tail->size) {
        memcpy((BYTE *)buffer + size, tail->bytes, tail->size);
    }
    return ERROR_SUCCESS;
}

/* A client's structure of that size with what follows it, which stays in the client's buffer. */
static DWORD take_properties(void *structure, const DWORD *sizes, DWORD most, void *buffer, DWORD room, DWORD *size,
                             service_tail *tail) {
    DWORD code = buffer && room >= sizeof(*size) ? read_size(buffer, room, sizes, most, size) : ERROR_BUFFER_INVALID;

    if (!code && room < *size) {
        code = ERROR_BUFFER_INVALID;
    }
    if (!code && room - *size > FORM_MOST_TAIL) {
        code = ERROR_INVALID_PARAMETER;
    }
    if (!code) {
        memcpy(structure, buffer, *size);
        tail->bytes = (BYTE *)buffer + *size;
        tail->size = tail->numbers = room - *size;
    }
    return code;
}

static DWORD find_numbers(service_tail *tail, DWORD size, DWORD offset) {
    if (offset == 0) {
        return ERROR_SUCCESS;
    }
    if (offset < size || offset - size > tail->size) {
        return ERROR_INVALID_PARAMETER;
    }
    tail->numbers = offset - size;
    return ERROR_SUCCESS;
}

/* ---- entries ---- */

static DWORD get_entry(LPCWSTR phonebook, LPCWSTR name, LPRASENTRYW buffer, LPDWORD bytes) {
    RASENTRYW properties;
    service_tail tail = {0};
    DWORD size = 0, code;

    if (!name || (buffer && !bytes)) {
        return ERROR_INVALID_PARAMETER;
    }
    code = read_size(buffer, bytes ? *bytes : 0, entry_sizes, service_entry_size(), &size);
    if (!code) {
        code = service_get_entry(form_text(phonebook), form_text(name), &properties, &tail);
    }
    if (!code && bytes) {
        properties.dwSize = size;
        properties.dwAlternateOffset = offset_of_numbers(&tail, size);
        code = give_properties(buffer, bytes, &properties, size, &tail);
    }
    free(tail.bytes);
    return code;
}

DWORD APIENTRY RasGetEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASENTRYW lpRasEntry,
                                      LPDWORD lpdwEntryInfoSize, BYTE *lpbDeviceInfo, LPDWORD lpdwDeviceInfoSize) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEntryProperties, 0, 0);

    (void)lpbDeviceInfo, (void)lpdwDeviceInfoSize; /* "This parameter is unused." */
    return service_leave(&call, code ? code : get_entry(lpszPhonebook, lpszEntry, lpRasEntry, lpdwEntryInfoSize));
}

/* "The caller must provide values for the following members"; but 0 is a value of dwfOptions, dwType is of Windows
 * 2000 and later, and DotRas 1 gives PPPoE, whose number is the name of a service, no szLocalPhoneNumber. */
static BOOL is_complete(const RASENTRYW *properties, DWORD size) {
    return (properties->szLocalPhoneNumber[0] || properties->dwType == RASET_Broadband) &&
           properties->szDeviceType[0] && (properties->szDeviceName[0] || !service_needs_device_name()) &&
           properties->dwFramingProtocol &&
           (properties->dwType || size < offsetof(RASENTRYW, dwType) + sizeof(properties->dwType));
}

static DWORD set_entry(LPCWSTR phonebook, LPCWSTR name, LPRASENTRYW given, DWORD room) {
    RASENTRYW properties;
    service_tail tail = {0};
    DWORD size = 0, code = ERROR_INVALID_PARAMETER;

    memset(&properties, 0, sizeof(properties));
    if (name) {
        code = take_properties(&properties, entry_sizes, service_entry_size(), given, room, &size, &tail);
    }
    if (!code) {
        code = find_numbers(&tail, size, properties.dwAlternateOffset);
    }
    if (!code && !is_complete(&properties, size)) {
        code = ERROR_INVALID_PARAMETER;
    }
    return code ? code : service_set_entry(form_text(phonebook), form_text(name), &properties, size, &tail);
}

DWORD APIENTRY RasSetEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASENTRYW lpRasEntry,
                                      DWORD dwEntryInfoSize, BYTE *lpbDeviceInfo, DWORD dwDeviceInfoSize) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasSetEntryProperties, 0, 0);

    (void)lpbDeviceInfo, (void)dwDeviceInfoSize;
    return service_leave(&call, code ? code : set_entry(lpszPhonebook, lpszEntry, lpRasEntry, dwEntryInfoSize));
}

DWORD APIENTRY RasDeleteEntryW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasDeleteEntry, 0, 0);

    return service_leave(&call, code ? code : service_delete_entry(form_text(lpszPhonebook), form_text(lpszEntry)));
}

DWORD APIENTRY RasRenameEntryW(LPCWSTR lpszPhonebook, LPCWSTR lpszOldEntry, LPCWSTR lpszNewEntry) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasRenameEntry, 0, 0);

    return service_leave(
        &call,
        code ? code : service_rename_entry(form_text(lpszPhonebook), form_text(lpszOldEntry), form_text(lpszNewEntry)));
}

DWORD APIENTRY RasValidateEntryNameW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasValidateEntryName, 0, 0);

    return service_leave(&call, code ? code : service_validate_name(form_text(lpszPhonebook), form_text(lpszEntry)));
}

/* ---- sub-entries ---- */

static DWORD get_sub_entry(LPCWSTR phonebook, LPCWSTR name, DWORD number, LPRASSUBENTRYW buffer, LPDWORD bytes) {
    RASSUBENTRYW properties;
    service_tail tail = {0};
    DWORD size = 0, code;

    if (!name || (buffer && !bytes)) {
        return ERROR_INVALID_PARAMETER;
    }
    code = read_size(buffer, bytes ? *bytes : 0, sub_entry_sizes, WINRAS_SUBENTRY_SIZE, &size);
    if (!code) {
        code = service_get_sub_entry(form_text(phonebook), form_text(name), number, &properties, &tail);
    }
    if (!code && bytes) {
        properties.dwSize = size;
        properties.dwAlternateOffset = offset_of_numbers(&tail, size);
        code = give_properties(buffer, bytes, &properties, size, &tail);
    }
    free(tail.bytes);
    return code;
}

DWORD APIENTRY RasGetSubEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, DWORD dwSubEntry,
                                         LPRASSUBENTRYW lpRasSubEntry, LPDWORD lpdwcb, BYTE *lpbDeviceConfig,
                                         LPDWORD lpcbDeviceConfig) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetSubEntryProperties, 0, dwSubEntry);

    (void)lpbDeviceConfig, (void)lpcbDeviceConfig;
    return service_leave(&call,
                         code ? code : get_sub_entry(lpszPhonebook, lpszEntry, dwSubEntry, lpRasSubEntry, lpdwcb));
}

/* A sub-entry is "minimally consisting of a device and a phone number". */
static DWORD set_sub_entry(LPCWSTR phonebook, LPCWSTR name, DWORD number, LPRASSUBENTRYW given, DWORD room) {
    RASSUBENTRYW properties;
    service_tail tail = {0};
    DWORD size = 0, code = ERROR_INVALID_PARAMETER;

    memset(&properties, 0, sizeof(properties));
    if (name) {
        code = take_properties(&properties, sub_entry_sizes, WINRAS_SUBENTRY_SIZE, given, room, &size, &tail);
    }
    if (!code) {
        code = find_numbers(&tail, size, properties.dwAlternateOffset);
    }
    if (!code && !(properties.szDeviceType[0] && properties.szDeviceName[0] && properties.szLocalPhoneNumber[0])) {
        code = ERROR_INVALID_PARAMETER;
    }
    return code ? code : service_set_sub_entry(form_text(phonebook), form_text(name), number, &properties, &tail);
}

DWORD APIENTRY RasSetSubEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, DWORD dwSubEntry,
                                         LPRASSUBENTRYW lpRasSubEntry, DWORD dwcbRasSubEntry, BYTE *lpbDeviceConfig,
                                         DWORD dwcbDeviceConfig) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasSetSubEntryProperties, 0, dwSubEntry);

    (void)lpbDeviceConfig, (void)dwcbDeviceConfig;
    return service_leave(
        &call, code ? code : set_sub_entry(lpszPhonebook, lpszEntry, dwSubEntry, lpRasSubEntry, dwcbRasSubEntry));
}

DWORD APIENTRY RasDeleteSubEntryW(LPCWSTR pszPhonebook, LPCWSTR pszEntry, DWORD dwSubEntryId) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasDeleteSubEntry, 0, dwSubEntryId);

    return service_leave(
        &call, code ? code : service_delete_sub_entry(form_text(pszPhonebook), form_text(pszEntry), dwSubEntryId));
}

/* ---- devices ---- */

static void fill_device(void *buffer, const void *answer, DWORD size) {
    const sim_device *device = answer;
    RASDEVINFOW native;

    FORM_DEVICE(native, device, size, WINRAS_COPY_TEXT);
    memcpy(buffer, &native, size);
}

static DWORD enumerate_devices(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    sim_device *devices = NULL;
    DWORD count = 0;
    DWORD code = bytes && written ? service_list_devices(&devices, &count) : (DWORD)ERROR_INVALID_PARAMETER;

    if (!code) {
        code = form_fill_list(form, buffer, bytes, written, devices, sizeof(*devices), count);
    }
    free(devices);
    return code == ERROR_INVALID_SIZE ? (DWORD)ERROR_INVALID_USER_BUFFER : code;
}

DWORD form_enumerate_devices(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasEnumDevices, 0, 0);

    return service_leave(&call, code ? code : enumerate_devices(form, buffer, bytes, written));
}

DWORD APIENTRY RasEnumDevicesW(LPRASDEVINFOW lpRasDevInfo, LPDWORD lpcb, LPDWORD lpcDevices) {
    static const native_form w_form = {{WINRAS_DEVINFO_SIZE}, fill_device};

    return form_enumerate_devices(&w_form, lpRasDevInfo, lpcb, lpcDevices);
}
