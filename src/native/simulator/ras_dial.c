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

static BOOL same_info(const RASEAPINFO *info, const wire_blob *bytes) {
    return info->dwSizeofEapInfo == bytes->size && memcmp(info->pbEapInfo, bytes->bytes, bytes->size) == 0;
}

/* Whether it is the identity of the simulated EAP method, or the user data stored with the entry. */
static BOOL is_known_eap(const RASEAPINFO *info, const service_dialling *dialling) {
    struct ask_get_eap_identity identity = {.call = {.function = FUNCTION_COUNT}};
    struct ask_get_eap_data data = {.call = {.function = FUNCTION_COUNT}, .room = SERVICE_MOST_BYTES};
    BOOL same;

    if (info->dwSizeofEapInfo == 0 || !info->pbEapInfo) {
        return FALSE;
    }
    FORM_NAME_ENTRY(identity, (LPCWSTR)dialling->phonebook, (LPCWSTR)dialling->name);
    FORM_NAME_ENTRY(data, (LPCWSTR)dialling->phonebook, (LPCWSTR)dialling->name);
    same = (ask_get_eap_identity(&identity) == ERROR_SUCCESS && same_info(info, &identity.info)) ||
           (ask_get_eap_data(&data) == ERROR_SUCCESS && same_info(info, &data.data));
    free(identity.info.bytes);
    free(data.data.bytes);
    return same;
}

static DWORD read_extensions(const RASDIALEXTENSIONS *given, service_dialling *dialling) {
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
    dialling->pauses = (extensions.dwfOptions & RDEOPT_PausedStates) != 0;
    dialling->eap = is_known_eap(&extensions.RasEapInfo, dialling);
    return ERROR_SUCCESS;
}

static DWORD read_and_dial(const RASDIALEXTENSIONS *extensions, LPCWSTR phonebook, const RASDIALPARAMSW *params,
                           service_notifier *notifier, HRASCONN *connection) {
    service_dialling dialling = {0};
    DWORD code;

    if (!params || !connection) {
        return ERROR_INVALID_PARAMETER;
    }
    if (notifier->function && notifier->type == NOTIFIER_WINDOW) {
        if (!notifier_window) {
            return ERROR_CALL_NOT_IMPLEMENTED;
        }
    } else if (notifier->function && notifier->type >= NOTIFIER_FUNCTIONS) {
        return ERROR_INVALID_PARAMETER;
    }
    FORM_NAME_PHONEBOOK(dialling, phonebook);
    code = read_params(params, &dialling, &notifier->id);
    code = code ? code : read_extensions(extensions, &dialling);
    if (!code && dialling.sets_callback && !dialling.pauses) {
        code = ERROR_BAD_CALLBACK_NUMBER; /* the 704 of RASDIALPARAMS's page */
    }
    if (!code) {
        dialling.handle = handle_from_native(*connection);
        code = service_dial(&dialling, notifier, connection);
    }
    SecureZeroMemory(&dialling, sizeof(dialling));
    return code;
}

DWORD APIENTRY RasDialW(LPRASDIALEXTENSIONS lpRasDialExtensions, LPCWSTR lpszPhonebook,
                        LPRASDIALPARAMSW lpRasDialParams, DWORD dwNotifierType, LPVOID lpvNotifier,
                        HRASCONN *lphRasConn) {
    service_notifier notifier = {.type = dwNotifierType, .function = lpvNotifier};
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasDial, 0, 0);

    code = code ? code : read_and_dial(lpRasDialExtensions, lpszPhonebook, lpRasDialParams, &notifier, lphRasConn);
    return service_leave(&call, code);
}

DWORD APIENTRY RasGetEapUserIdentityW(LPCWSTR pszPhonebook, LPCWSTR pszEntry, DWORD dwFlags, HWND hwnd,
                                      LPRASEAPUSERIDENTITYW *ppRasEapUserIdentity) {
    struct ask_get_eap_identity asked = {
        .call = {.function = FUNCTION_RasGetEapUserIdentity,
                 .number = dwFlags,
                 .refused = ppRasEapUserIdentity ? ERROR_SUCCESS : (DWORD)E_INVALIDARG},
    };
    RASEAPUSERIDENTITYW *identity = NULL;
    DWORD code;

    (void)hwnd;
    FORM_NAME_ENTRY(asked, pszPhonebook, pszEntry);
    code = ask_get_eap_identity(&asked);
    if (!code) {
        identity = calloc(1, sizeof(*identity) + asked.info.size);
        code = identity ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        WINRAS_COPY_TEXT(identity->szUserName, asked.user);
        identity->dwSizeofEapInfo = asked.info.size;
        memcpy((BYTE *)identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo), asked.info.bytes, asked.info.size);
    }
    if (ppRasEapUserIdentity) {
        *ppRasEapUserIdentity = identity;
    }
    free(asked.info.bytes);
    return code;
}

void APIENTRY RasFreeEapUserIdentityW(LPRASEAPUSERIDENTITYW pRasEapUserIdentity) { free(pRasEapUserIdentity); }

DWORD APIENTRY RasGetEapUserDataW(HANDLE hToken, LPCWSTR pszPhonebook, LPCWSTR pszEntry, BYTE *pbEapData,
                                  LPDWORD pdwSizeofEapData) {
    struct ask_get_eap_data asked = {
        .call = {.function = FUNCTION_RasGetEapUserData,
                 .refused = pdwSizeofEapData ? ERROR_SUCCESS : (DWORD)E_INVALIDARG},
        .room = pbEapData && pdwSizeofEapData ? *pdwSizeofEapData : 0,
        .needed = pdwSizeofEapData ? *pdwSizeofEapData : 0,
    };
    DWORD code;

    (void)hToken;
    FORM_NAME_ENTRY(asked, pszPhonebook, pszEntry);
    code = ask_get_eap_data(&asked);
    if (pdwSizeofEapData && (!code || code == ERROR_BUFFER_TOO_SMALL)) {
        *pdwSizeofEapData = asked.needed;
    }
    if (!code && asked.data.size) {
        memcpy(pbEapData, asked.data.bytes, asked.data.size);
    }
    free(asked.data.bytes);
    return code;
}

DWORD APIENTRY RasSetEapUserDataW(HANDLE hToken, LPCWSTR pszPhonebook, LPCWSTR pszEntry, BYTE *pbEapData,
                                  DWORD dwSizeofEapData) {
    BOOL given = pbEapData && dwSizeofEapData && dwSizeofEapData <= SERVICE_MOST_BYTES;
    struct ask_set_eap_data asked = {
        .call = {.function = FUNCTION_RasSetEapUserData, .refused = given ? ERROR_SUCCESS : (DWORD)E_INVALIDARG},
        .data = {pbEapData, dwSizeofEapData},
    };

    (void)hToken;
    FORM_NAME_ENTRY(asked, pszPhonebook, pszEntry);
    return ask_set_eap_data(&asked);
}
