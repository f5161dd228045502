/* What is saved for an entry: RasGetCredentials, RasSetCredentials, and the two older functions that they supersede,
 * RasGetEntryDialParams and RasSetEntryDialParams. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

/* What the older functions call dialling parameters. */
#define DIAL_PARAMS (RASCM_UserName | RASCM_Password | RASCM_Domain)

static DWORD check_credentials(const RASCREDENTIALSW *given) {
    if (!given) {
        return ERROR_INVALID_PARAMETER;
    }
    return given->dwSize == sizeof(*given) ? ERROR_SUCCESS : ERROR_INVALID_SIZE;
}

DWORD APIENTRY RasGetCredentialsW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASCREDENTIALSW lpCredentials) {
    DWORD mask = lpCredentials ? lpCredentials->dwMask : 0;
    struct ask_get_credentials asked = {
        .call = {.function = FUNCTION_RasGetCredentials, .number = mask, .refused = check_credentials(lpCredentials)},
        .mask = mask,
    };
    DWORD code;

    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    code = ask_get_credentials(&asked);
    if (!code) {
        lpCredentials->dwMask = asked.credentials.mask;
        WINRAS_COPY_TEXT(lpCredentials->szUserName, asked.credentials.user);
        WINRAS_COPY_TEXT(lpCredentials->szPassword, asked.credentials.password);
        WINRAS_COPY_TEXT(lpCredentials->szDomain, asked.credentials.domain);
    }
    SecureZeroMemory(&asked, sizeof(asked));
    return code;
}

DWORD APIENTRY RasSetCredentialsW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASCREDENTIALSW lpCredentials,
                                  BOOL fClearCredentials) {
    DWORD mask = lpCredentials ? lpCredentials->dwMask : 0;
    struct ask_set_credentials asked = {
        .call = {.function = FUNCTION_RasSetCredentials, .number = mask, .refused = check_credentials(lpCredentials)},
        .credentials = {.mask = mask},
        .clears = fClearCredentials != FALSE,
    };
    DWORD code;

    FORM_NAME_ENTRY(asked, lpszPhonebook, lpszEntry);
    if (!asked.call.refused && !asked.clears) {
        WINRAS_COPY_TEXT(asked.credentials.user, lpCredentials->szUserName);
        WINRAS_COPY_TEXT(asked.credentials.password, lpCredentials->szPassword);
        WINRAS_COPY_TEXT(asked.credentials.domain, lpCredentials->szDomain);
    }
    code = ask_set_credentials(&asked);
    SecureZeroMemory(&asked, sizeof(asked));
    return code;
}

DWORD APIENTRY RasGetEntryDialParamsW(LPCWSTR lpszPhonebook, LPRASDIALPARAMSW lprasdialparams, LPBOOL lpfPassword) {
    struct ask_get_credentials asked = {.call = {.function = FUNCTION_RasGetEntryDialParams}, .mask = DIAL_PARAMS};
    RASDIALPARAMSW filled;
    DWORD size = 0, code;

    asked.call.refused =
        lprasdialparams && lpfPassword ? form_dial_params_size(lprasdialparams, &size) : (DWORD)ERROR_BUFFER_INVALID;
    FORM_NAME_ENTRY(asked, lpszPhonebook, asked.call.refused ? NULL : lprasdialparams->szEntryName);
    code = ask_get_credentials(&asked);
    if (!code) {
        memset(&filled, 0, sizeof(filled));
        filled.dwSize = size;
        WINRAS_COPY_TEXT(filled.szEntryName, lprasdialparams->szEntryName);
        WINRAS_COPY_TEXT(filled.szUserName, asked.credentials.user);
        WINRAS_COPY_TEXT(filled.szPassword, asked.credentials.password);
        WINRAS_COPY_TEXT(filled.szDomain, asked.credentials.domain);
        memcpy(lprasdialparams, &filled, size);
        *lpfPassword = asked.credentials.password[0] != 0;
        SecureZeroMemory(&filled, sizeof(filled));
    }
    SecureZeroMemory(&asked, sizeof(asked));
    return code;
}

DWORD APIENTRY RasSetEntryDialParamsW(LPCWSTR lpszPhonebook, LPRASDIALPARAMSW lprasdialparams, BOOL fRemovePassword) {
    struct ask_set_dial_params asked = {
        .call = {.function = FUNCTION_RasSetEntryDialParams},
        .removes_password = fRemovePassword != FALSE,
    };
    DWORD size = 0, code;

    asked.call.refused = lprasdialparams ? form_dial_params_size(lprasdialparams, &size) : (DWORD)ERROR_BUFFER_INVALID;
    if (!asked.call.refused) {
        FORM_NAME_ENTRY(asked, lpszPhonebook, lprasdialparams->szEntryName);
        WINRAS_COPY_TEXT(asked.credentials.user, lprasdialparams->szUserName);
        WINRAS_COPY_TEXT(asked.credentials.password, lprasdialparams->szPassword);
        WINRAS_COPY_TEXT(asked.credentials.domain, lprasdialparams->szDomain);
    }
    code = ask_set_dial_params(&asked);
    SecureZeroMemory(&asked, sizeof(asked));
    return code;
}
