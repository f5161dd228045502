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
    FORM_NAME_PHONEBOOK(asked->dialling, phonebook);
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

/* It may have a password in it. */
static void wipe_eap(wire_blob *eap) {
    if (eap->bytes) {
        SecureZeroMemory(eap->bytes, eap->size);
        free(eap->bytes);
    }
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
    wipe_eap(&asked.info);
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
    wipe_eap(&asked.data);
    return code;
}

DWORD APIENTRY RasSetEapUserDataW(HANDLE hToken, LPCWSTR pszPhonebook, LPCWSTR pszEntry, BYTE *pbEapData,
                                  DWORD dwSizeofEapData) {
    BOOL given = pbEapData && dwSizeofEapData && dwSizeofEapData <= SERVICE_MOST_BYTES;
    struct ask_set_eap_data asked = {
        .call = {.function = FUNCTION_RasSetEapUserData, .refused = given ? ERROR_SUCCESS : (DWORD)E_INVALIDARG},
        .data = {given ? pbEapData : NULL, given ? dwSizeofEapData : 0},
    };

    (void)hToken;
    FORM_NAME_ENTRY(asked, pszPhonebook, pszEntry);
    return ask_set_eap_data(&asked);
}
