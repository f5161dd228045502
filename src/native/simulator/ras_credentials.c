/* What is saved for an entry: RasGetCredentials, RasSetCredentials, and the two older functions that they supersede,
 * RasGetEntryDialParams and RasSetEntryDialParams. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

#define CREDENTIALS (RASCM_UserName | RASCM_Password | RASCM_Domain)

/* A pre-shared key "cannot be used in combination with any other flag" (RASCREDENTIALS's page). */
static DWORD check_credentials(const RASCREDENTIALSW *given) {
    DWORD key;

    if (!given) {
        return ERROR_INVALID_PARAMETER;
    }
    if (given->dwSize != sizeof(*given)) {
        return ERROR_INVALID_SIZE;
    }
    key = given->dwMask & SERVICE_KEYS;
    if (key && (given->dwMask != key || (key & (key - 1)))) {
        return ERROR_INVALID_PARAMETER;
    }
    return given->dwMask & ~(DWORD)(CREDENTIALS | RASCM_DefaultCreds | SERVICE_KEYS) ? ERROR_CALL_NOT_IMPLEMENTED
                                                                                     : ERROR_SUCCESS;
}

static DWORD get_credentials(LPCWSTR phonebook, LPCWSTR entry, LPRASCREDENTIALSW given) {
    sim_credentials credentials = {0};
    DWORD code = check_credentials(given);

    if (!code) {
        credentials.mask = given->dwMask;
        code = service_get_credentials(form_text(phonebook), form_text(entry), &credentials);
    }
    if (!code) {
        given->dwMask = credentials.mask;
        WINRAS_COPY_TEXT(given->szUserName, credentials.user);
        WINRAS_COPY_TEXT(given->szPassword, credentials.password);
        WINRAS_COPY_TEXT(given->szDomain, credentials.domain);
    }
    SecureZeroMemory(&credentials, sizeof(credentials));
    return code;
}

DWORD APIENTRY RasGetCredentialsW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASCREDENTIALSW lpCredentials) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetCredentials, 0, lpCredentials ? lpCredentials->dwMask : 0);

    return service_leave(&call, code ? code : get_credentials(lpszPhonebook, lpszEntry, lpCredentials));
}

static DWORD set_credentials(LPCWSTR phonebook, LPCWSTR entry, const RASCREDENTIALSW *given, BOOL clears) {
    sim_credentials credentials = {0};
    DWORD code = check_credentials(given);

    if (code) {
        return code;
    }
    credentials.mask = given->dwMask;
    if (!clears) {
        WINRAS_COPY_TEXT(credentials.user, given->szUserName);
        WINRAS_COPY_TEXT(credentials.password, given->szPassword);
        WINRAS_COPY_TEXT(credentials.domain, given->szDomain);
    }
    code = service_set_credentials(form_text(phonebook), form_text(entry), &credentials, clears);
    SecureZeroMemory(&credentials, sizeof(credentials));
    /* ERROR_INVALID_PARAMETER: "the specified entry does not exist in the phone book". */
    return code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY ? (DWORD)ERROR_INVALID_PARAMETER : code;
}

DWORD APIENTRY RasSetCredentialsW(LPCWSTR lpszPhonebook, LPCWSTR lpszEntry, LPRASCREDENTIALSW lpCredentials,
                                  BOOL fClearCredentials) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasSetCredentials, 0, lpCredentials ? lpCredentials->dwMask : 0);

    return service_leave(&call,
                         code ? code : set_credentials(lpszPhonebook, lpszEntry, lpCredentials, fClearCredentials));
}

static DWORD get_dial_params(LPCWSTR phonebook, LPRASDIALPARAMSW params, LPBOOL has_password) {
    sim_credentials credentials = {.mask = CREDENTIALS};
    RASDIALPARAMSW filled;
    DWORD size = 0;
    DWORD code = params && has_password ? form_dial_params_size(params, &size) : (DWORD)ERROR_BUFFER_INVALID;

    if (code) {
        return code;
    }
    memset(&filled, 0, sizeof(filled));
    filled.dwSize = size;
    WINRAS_COPY_TEXT(filled.szEntryName, params->szEntryName);
    code = service_get_credentials(form_text(phonebook), form_text(filled.szEntryName), &credentials);
    if (!code) {
        WINRAS_COPY_TEXT(filled.szUserName, credentials.user);
        WINRAS_COPY_TEXT(filled.szPassword, credentials.password);
        WINRAS_COPY_TEXT(filled.szDomain, credentials.domain);
        memcpy(params, &filled, size);
        *has_password = credentials.password[0] != 0;
    }
    SecureZeroMemory(&filled, sizeof(filled));
    SecureZeroMemory(&credentials, sizeof(credentials));
    return code;
}

DWORD APIENTRY RasGetEntryDialParamsW(LPCWSTR lpszPhonebook, LPRASDIALPARAMSW lprasdialparams, LPBOOL lpfPassword) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEntryDialParams, 0, 0);

    return service_leave(&call, code ? code : get_dial_params(lpszPhonebook, lprasdialparams, lpfPassword));
}

/* What is empty stays as it is, and without a user so does the password. */
static DWORD set_dial_params(LPCWSTR phonebook, const RASDIALPARAMSW *params, BOOL removes_password) {
    sim_credentials credentials = {0};
    DWORD size = 0;
    DWORD code = params ? form_dial_params_size(params, &size) : (DWORD)ERROR_BUFFER_INVALID;

    if (code) {
        return code;
    }
    WINRAS_COPY_TEXT(credentials.user, params->szUserName);
    WINRAS_COPY_TEXT(credentials.password, params->szPassword);
    WINRAS_COPY_TEXT(credentials.domain, params->szDomain);
    credentials.mask = (credentials.user[0] ? RASCM_UserName : 0) | (credentials.domain[0] ? RASCM_Domain : 0) |
                       (credentials.user[0] && !removes_password ? RASCM_Password : 0);
    code = service_set_credentials(form_text(phonebook), form_text(params->szEntryName), &credentials, FALSE);
    if (!code && credentials.user[0] && removes_password) {
        memset(&credentials, 0, sizeof(credentials));
        credentials.mask = RASCM_Password;
        code = service_set_credentials(form_text(phonebook), form_text(params->szEntryName), &credentials, TRUE);
    }
    SecureZeroMemory(&credentials, sizeof(credentials));
    return code;
}

DWORD APIENTRY RasSetEntryDialParamsW(LPCWSTR lpszPhonebook, LPRASDIALPARAMSW lprasdialparams, BOOL fRemovePassword) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasSetEntryDialParams, 0, 0);

    return service_leave(&call, code ? code : set_dial_params(lpszPhonebook, lprasdialparams, fRemovePassword));
}
