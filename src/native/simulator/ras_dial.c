/* RasDial, and the functions by which a client gets what RasDial may need for an EAP entry: RasGetEapUserIdentity,
 * RasFreeEapUserIdentity, RasGetEapUserData and RasSetEapUserData. */

#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

/* RasDialFunc, RasDialFunc1 and RasDialFunc2. */
#define NOTIFIER_FUNCTIONS 3

static const DWORD dial_params_sizes[FORM_SIZES] = WINRAS_DIALPARAMS_SIZES;
static const DWORD dial_extensions_sizes[FORM_SIZES] = WINRAS_DIALEXTENSIONS_SIZES;
static const BYTE eap_info[] = SERVICE_EAP_IDENTITY;

static void copy_text(char16_t *to, size_t room, LPCWSTR from) {
    size_t length = 0;

    while (from && length < room - 1 && from[length]) {
        to[length] = (char16_t)from[length];
        length++;
    }
    memset(to + length, 0, (room - length) * sizeof(*to));
}

static BOOL is_asterisk(LPCWSTR number) { return number[0] == '*' && number[1] == 0; }

DWORD form_dial_params_size(const RASDIALPARAMSW *params, DWORD *size) {
    memcpy(size, params, sizeof(*size));
    return is_size(*size, dial_params_sizes) ? ERROR_SUCCESS : ERROR_INVALID_SIZE;
}

static DWORD read_params(const RASDIALPARAMSW *given, service_dialling *dialling, ULONG_PTR *id) {
    RASDIALPARAMSW params;
    DWORD size = 0;
    DWORD code = form_dial_params_size(given, &size);

    if (code) {
        return code;
    }
    memset(&params, 0, sizeof(params));
    memcpy(&params, given, size < sizeof(params) ? size : sizeof(params));
    WINRAS_COPY_TEXT(dialling->name, params.szEntryName);
    WINRAS_COPY_TEXT(dialling->phone_number, params.szPhoneNumber);
    WINRAS_COPY_TEXT(dialling->user, params.szUserName);
    WINRAS_COPY_TEXT(dialling->password, params.szPassword);
    WINRAS_COPY_TEXT(dialling->domain, params.szDomain);
    dialling->sets_callback = is_asterisk(params.szCallbackNumber);
    dialling->sub_entry = params.dwSubEntry;
    *id = params.dwCallbackId;
    SecureZeroMemory(&params, sizeof(params));
    return dialling->name[0] || dialling->phone_number[0] ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static DWORD read_extensions(const RASDIALEXTENSIONS *given, struct ask_dial *asked) {
    RASDIALEXTENSIONS extensions;
    DWORD size;

    if (!given) {
        return ERROR_SUCCESS;
    }
    memcpy(&size, given, sizeof(size));
    if (!is_size(size, dial_extensions_sizes)) {
        return ERROR_INVALID_SIZE;
    }
    memset(&extensions, 0, sizeof(extensions));
    memcpy(&extensions, given, size);
    asked->dialling.pauses = (extensions.dwfOptions & RDEOPT_PausedStates) != 0;
    if (extensions.RasEapInfo.pbEapInfo && extensions.RasEapInfo.dwSizeofEapInfo <= SERVICE_MOST_BYTES) {
        asked->eap_info.bytes = extensions.RasEapInfo.pbEapInfo;
        asked->eap_info.size = extensions.RasEapInfo.dwSizeofEapInfo;
    }
    return ERROR_SUCCESS;
}

static DWORD check_notifier(const service_notifier *notifier) {
    if (notifier->function && notifier->type == NOTIFIER_WINDOW) {
        return notifier_window ? ERROR_SUCCESS : ERROR_CALL_NOT_IMPLEMENTED;
    }
    return notifier->function && notifier->type >= NOTIFIER_FUNCTIONS ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
}

/* The code that refuses the call, or 0. */
static DWORD read_call(const RASDIALEXTENSIONS *extensions, LPCWSTR phonebook, const RASDIALPARAMSW *params,
                       service_notifier *notifier, HRASCONN *connection, struct ask_dial *asked) {
    DWORD code;

    if (!params || !connection) {
        return ERROR_INVALID_PARAMETER;
    }
    code = check_notifier(notifier);
    copy_text(asked->dialling.phonebook, COUNT(asked->dialling.phonebook), phonebook);
    code = code ? code : read_params(params, &asked->dialling, &notifier->id);
    code = code ? code : read_extensions(extensions, asked);
    if (!code && asked->dialling.sets_callback && !asked->dialling.pauses) {
        code = ERROR_BAD_CALLBACK_NUMBER; /* the 704 of RASDIALPARAMS's page */
    }
    if (!code && notifier_is_here()) {
        code = ERROR_DIAL_ALREADY_IN_PROGRESS; /* "Do not call the RasDial function from within" a notifier */
    }
    if (code) {
        return code;
    }
    asked->dialling.handle = handle_from_native(*connection);
    asked->waits = notifier->function == NULL;
    if (asked->dialling.handle) {
        asked->notifier = notifier_of(asked->dialling.handle, notifier);
        return ERROR_SUCCESS;
    }
    return notifier_begin(notifier, connection, &asked->notifier);
}

DWORD APIENTRY RasDialW(LPRASDIALEXTENSIONS lpRasDialExtensions, LPCWSTR lpszPhonebook,
                        LPRASDIALPARAMSW lpRasDialParams, DWORD dwNotifierType, LPVOID lpvNotifier,
                        HRASCONN *lphRasConn) {
    service_notifier notifier = {.type = dwNotifierType, .function = lpvNotifier};
    struct ask_dial asked = {.call = {.function = FUNCTION_RasDial}};
    DWORD code;

    asked.call.refused = read_call(lpRasDialExtensions, lpszPhonebook, lpRasDialParams, &notifier, lphRasConn, &asked);
    code = ask_dial(&asked);
    if (asked.notifier && !asked.dialling.handle) {
        notifier_dialled(asked.notifier, asked.handle, code);
    }
    if (asked.handle) {
        *lphRasConn = handle_to_native(asked.handle);
    }
    SecureZeroMemory(&asked, sizeof(asked));
    return code;
}

static DWORD get_eap_user(LPCWSTR phonebook, LPCWSTR entry, RASEAPUSERIDENTITYW **found) {
    char16_t user[257];
    RASEAPUSERIDENTITYW *identity;
    DWORD code;

    if (!found) {
        return (DWORD)E_INVALIDARG;
    }
    *found = NULL;
    code = service_eap_user(form_text(entry), form_text(phonebook), user);
    if (code) {
        return code;
    }
    identity = calloc(1, sizeof(*identity) + sizeof(eap_info));
    if (!identity) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    WINRAS_COPY_TEXT(identity->szUserName, user);
    identity->dwSizeofEapInfo = sizeof(eap_info);
    memcpy((BYTE *)identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo), eap_info, sizeof(eap_info));
    *found = identity;
    return ERROR_SUCCESS;
}

DWORD APIENTRY RasGetEapUserIdentityW(LPCWSTR pszPhonebook, LPCWSTR pszEntry, DWORD dwFlags, HWND hwnd,
                                      LPRASEAPUSERIDENTITYW *ppRasEapUserIdentity) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEapUserIdentity, 0, dwFlags);

    (void)hwnd;
    return service_leave(&call, code ? code : get_eap_user(pszPhonebook, pszEntry, ppRasEapUserIdentity));
}

void APIENTRY RasFreeEapUserIdentityW(LPRASEAPUSERIDENTITYW pRasEapUserIdentity) { free(pRasEapUserIdentity); }

static DWORD get_eap_data(LPCWSTR phonebook, LPCWSTR entry, BYTE *data, LPDWORD size) {
    return size ? service_get_eap_data(form_text(entry), form_text(phonebook), data, size) : (DWORD)E_INVALIDARG;
}

DWORD APIENTRY RasGetEapUserDataW(HANDLE hToken, LPCWSTR pszPhonebook, LPCWSTR pszEntry, BYTE *pbEapData,
                                  LPDWORD pdwSizeofEapData) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEapUserData, 0, 0);

    (void)hToken;
    return service_leave(&call, code ? code : get_eap_data(pszPhonebook, pszEntry, pbEapData, pdwSizeofEapData));
}

static DWORD set_eap_data(LPCWSTR phonebook, LPCWSTR entry, const BYTE *data, DWORD size) {
    return data && size ? service_set_eap_data(form_text(entry), form_text(phonebook), data, size)
                        : (DWORD)E_INVALIDARG;
}

DWORD APIENTRY RasSetEapUserDataW(HANDLE hToken, LPCWSTR pszPhonebook, LPCWSTR pszEntry, BYTE *pbEapData,
                                  DWORD dwSizeofEapData) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasSetEapUserData, 0, 0);

    (void)hToken;
    return service_leave(&call, code ? code : set_eap_data(pszPhonebook, pszEntry, pbEapData, dwSizeofEapData));
}
