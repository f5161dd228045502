/* Entries of phone books (RasGetEntryProperties and its kin), and the devices that they use (RasEnumDevices). */

#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

static const DWORD entry_sizes[] = WINRAS_ENTRY_SIZES;
static const DWORD sub_entry_sizes[] = {WINRAS_SUBENTRY_SIZE, 0};

/* The dwSize of a client's structure, if its buffer has room for that; else 0. */
static DWORD size_in(const void *buffer, const DWORD *bytes) {
    DWORD size = 0;

    if (buffer && bytes && *bytes >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        size = size ? size : 1; /* which no version has either */
    }
    return size;
}

/* What a client wants to be given, in a structure of one of those sizes. */
static DWORD check_wanted(LPCWSTR name, const void *buffer, const DWORD *bytes, DWORD size, const DWORD *sizes) {
    if (!name || (buffer && !bytes)) {
        return ERROR_INVALID_PARAMETER;
    }
    return size && !is_size(size, sizes) ? ERROR_INVALID_SIZE : ERROR_SUCCESS;
}

/* A client need not have any room, or not even want to know how much is needed. */
static DWORD room_in(const void *buffer, const DWORD *bytes) { return !bytes ? UINT32_MAX : buffer ? *bytes : 0; }

/* Writes a structure, which has its dwSize, with what follows it. Frees the tail. */
static void give_properties(void *buffer, LPDWORD bytes, DWORD code, DWORD needed, const void *structure,
                            wire_blob *tail) {
    DWORD size;

    if (bytes && (!code || code == ERROR_BUFFER_TOO_SMALL)) {
        *bytes = needed;
    }
    if (bytes && !code) {
        memcpy(&size, structure, sizeof(size));
        memcpy(buffer, structure, size);
        if (tail->size) {
            memcpy((BYTE *)buffer + size, tail->bytes, tail->size);
        }
    }
    free(tail->bytes);
}

/* A client's structure, of one of those sizes, with what follows it, which stays in the client's buffer. */
static DWORD take_properties(LPCWSTR name, void *structure, const DWORD *sizes, void *buffer, DWORD room, DWORD *size,
                             wire_blob *tail) {
    if (!name) {
        return ERROR_INVALID_PARAMETER;
    }
    *size = size_in(buffer, &room);
    if (*size && !is_size(*size, sizes)) {
        return ERROR_INVALID_SIZE;
    }
    if (!*size || room < *size) {
        return ERROR_BUFFER_INVALID;
    }
    if (room - *size > FORM_MOST_TAIL) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(structure, buffer, *size);
    tail->bytes = (uint8_t *)buffer + *size;
    tail->size = room - *size;
    return ERROR_SUCCESS;
}

/* ---- entries ---- */

DWORD form_get_entry(LPCWSTR phonebook, LPCWSTR entry, DWORD size, void *buffer, LPDWORD bytes) {
    struct ask_get_entry asked = {
        .call = {.function = FUNCTION_RasGetEntryProperties,
                 .refused = check_wanted(entry, buffer, bytes, size, entry_sizes)},
        .size = size,
        .room = room_in(buffer, bytes),
        .needed = bytes ? *bytes : 0,
    };
    DWORD code;

    FORM_NAME_ENTRY(asked, phonebook, entry);
    code = ask_get_entry(&asked);
    give_properties(buffer, bytes, code, asked.needed, &asked.properties, &asked.tail);
    return code;
}

DWORD APIENTRY RasGetEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASENTRYW lpRasEntry,
                                      LPDWORD lpdwEntryInfoSize, BYTE *lpbDeviceInfo, LPDWORD lpdwDeviceInfoSize) {
    (void)lpbDeviceInfo, (void)lpdwDeviceInfoSize; /* "This parameter is unused." */
    return form_get_entry(lpszPhonebook, lpszEntry, size_in(lpRasEntry, lpdwEntryInfoSize), lpRasEntry,
                          lpdwEntryInfoSize);
}

DWORD APIENTRY RasSetEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASENTRYW lpRasEntry,
                                      DWORD dwEntryInfoSize, BYTE *lpbDeviceInfo, DWORD dwDeviceInfoSize) {
    struct ask_set_entry asked = {.call = {.function = FUNCTION_RasSetEntryProperties}};
    DWORD size = 0;

    (void)lpbDeviceInfo, (void)dwDeviceInfoSize;
    asked.call.refused =
        take_properties(lpszEntry, &asked.properties, entry_sizes, lpRasEntry, dwEntryInfoSize, &size, &asked.tail);
    asked.size = size;
    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    return ask_set_entry(&asked);
}

DWORD APIENTRY RasDeleteEntryW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry) {
    struct ask_delete_entry asked = {.call = {.function = FUNCTION_RasDeleteEntry}};

    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    return ask_delete_entry(&asked);
}

DWORD APIENTRY RasRenameEntryW(LPCWSTR lpszPhonebook, LPCWSTR lpszOldEntry, LPCWSTR lpszNewEntry) {
    struct ask_rename_entry asked = {.call = {.function = FUNCTION_RasRenameEntry}};

    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszOldEntry);
    FORM_COPY_TEXT(asked.new_name, lpszNewEntry);
    return ask_rename_entry(&asked);
}

DWORD APIENTRY RasValidateEntryNameW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry) {
    struct ask_validate_name asked = {.call = {.function = FUNCTION_RasValidateEntryName}};

    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    return ask_validate_name(&asked);
}

/* ---- sub-entries ---- */

DWORD form_get_sub_entry(LPCWSTR phonebook, LPCWSTR entry, DWORD number, DWORD size, void *buffer, LPDWORD bytes) {
    struct ask_get_sub_entry asked = {
        .call = {.function = FUNCTION_RasGetSubEntryProperties,
                 .number = number,
                 .refused = check_wanted(entry, buffer, bytes, size, sub_entry_sizes)},
        .room = room_in(buffer, bytes),
        .needed = bytes ? *bytes : 0,
    };
    DWORD code;

    FORM_NAME_ENTRY(asked, phonebook, entry);
    code = ask_get_sub_entry(&asked);
    give_properties(buffer, bytes, code, asked.needed, &asked.properties, &asked.tail);
    return code;
}

DWORD APIENTRY RasGetSubEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, DWORD dwSubEntry,
                                         LPRASSUBENTRYW lpRasSubEntry, LPDWORD lpdwcb, BYTE *lpbDeviceConfig,
                                         LPDWORD lpcbDeviceConfig) {
    (void)lpbDeviceConfig, (void)lpcbDeviceConfig;
    return form_get_sub_entry(lpszPhonebook, lpszEntry, dwSubEntry, size_in(lpRasSubEntry, lpdwcb), lpRasSubEntry,
                              lpdwcb);
}

DWORD APIENTRY RasSetSubEntryPropertiesW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, DWORD dwSubEntry,
                                         LPRASSUBENTRYW lpRasSubEntry, DWORD dwcbRasSubEntry, BYTE *lpbDeviceConfig,
                                         DWORD dwcbDeviceConfig) {
    struct ask_set_sub_entry asked = {.call = {.function = FUNCTION_RasSetSubEntryProperties, .number = dwSubEntry}};
    DWORD size = 0;

    (void)lpbDeviceConfig, (void)dwcbDeviceConfig;
    asked.call.refused = take_properties(lpszEntry, &asked.properties, sub_entry_sizes, lpRasSubEntry, dwcbRasSubEntry,
                                         &size, &asked.tail);
    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    return ask_set_sub_entry(&asked);
}

DWORD APIENTRY RasDeleteSubEntryW(LPCWSTR pszPhonebook, LPCWSTR pszEntry, DWORD dwSubEntryId) {
    struct ask_delete_sub_entry asked = {.call = {.function = FUNCTION_RasDeleteSubEntry, .number = dwSubEntryId}};

    FORM_NAME_ENTRY(asked, pszPhonebook, pszEntry);
    return ask_delete_sub_entry(&asked);
}

/* ---- devices ---- */

static void fill_device(void *buffer, const void *answer, DWORD size) {
    const sim_device *device = answer;
    RASDEVINFOW native;

    FORM_DEVICE(native, device, size, WINRAS_COPY_TEXT);
    memcpy(buffer, &native, size);
}

DWORD form_enumerate_devices(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    form_list list;
    DWORD refused = form_list_begin(&list, form, buffer, bytes, written), code;
    struct ask_enumerate_devices asked = {
        .call = {.function = FUNCTION_RasEnumDevices,
                 .refused = refused == ERROR_INVALID_SIZE ? (DWORD)ERROR_INVALID_USER_BUFFER : refused},
        .has_buffer = buffer != NULL,
        .most = list.most,
        .count = FORM_UNTOLD,
        .devices = {form_list_take, &list},
    };

    code = ask_enumerate_devices(&asked);
    form_list_end(&list, code, asked.count, bytes, written);
    return code;
}

DWORD APIENTRY RasEnumDevicesW(LPRASDEVINFOW lpRasDevInfo, LPDWORD lpcb, LPDWORD lpcDevices) {
    static const native_form w_form = {{WINRAS_DEVINFO_SIZE}, fill_device};

    return form_enumerate_devices(&w_form, lpRasDevInfo, lpcb, lpcDevices);
}
