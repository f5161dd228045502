/* RasGetCredentials and RasSetCredentials. The first gives a handle instead of the password, which RasDial takes for
 * the password. The handle is wiped as if it were one. */

#include "credentials.h"

#include <string.h>

#include <raserror.h>

/* With RASCM_DefaultCreds too, a Windows 11 gave nothing at all (one report). */
#define ASKED (RASCM_UserName | RASCM_Password | RASCM_Domain)

/* The caller wipes *saved. ERROR_NOT_FOUND: there is nothing in it, which error 2 means to DotRas 1, too. dwMask does
 * not tell: a Windows 11 gave back what it was asked for (the same report). */
static uint32_t get_saved(const rasapi *table, LPCWSTR phonebook, LPCWSTR name, RASCREDENTIALSW *saved) {
    uint32_t code;

    memset(saved, 0, sizeof(*saved));
    saved->dwSize = WINRAS_CREDENTIALS_SIZE;
    saved->dwMask = ASKED;
    code = CALLS_CALL(table, RasGetCredentialsW, phonebook, name, saved);
    if (code == ERROR_FILE_NOT_FOUND ||
        (!code && !saved->szUserName[0] && !saved->szPassword[0] && !saved->szDomain[0])) {
        code = ERROR_NOT_FOUND;
    }
    return code;
}

uint32_t credentials_use_saved(const rasapi *table, LPCWSTR phonebook, RASDIALPARAMSW *params) {
    RASCREDENTIALSW saved;
    uint32_t code = get_saved(table, phonebook, params->szEntryName, &saved);

    if (!code && !(saved.szUserName[0] && saved.szPassword[0])) {
        code = ERROR_NOT_FOUND;
    }
    if (!code) {
        WINRAS_COPY_TEXT(params->szUserName, saved.szUserName);
        WINRAS_COPY_TEXT(params->szPassword, saved.szPassword);
        WINRAS_COPY_TEXT(params->szDomain, saved.szDomain);
        if (!params->szDomain[0]) {
            params->szDomain[0] = '*'; /* the one that is stored with the entry */
        }
    }
    SecureZeroMemory(&saved, sizeof(saved));
    return code;
}

uint32_t winras_get_credentials(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                winras_credentials *credentials) {
    const rasapi *table = NULL;
    RASCREDENTIALSW saved;
    uint32_t code = calls_find_table(service, &table);

    memset(credentials, 0, sizeof(*credentials));
    if (code) {
        return code;
    }
    code = get_saved(table, (LPCWSTR)phonebook, (LPCWSTR)name, &saved);
    if (!code) {
        WINRAS_COPY_TEXT(credentials->user, saved.szUserName);
        WINRAS_COPY_TEXT(credentials->domain, saved.szDomain);
        credentials->mask = (saved.szUserName[0] ? RASCM_UserName : 0) | (saved.szPassword[0] ? RASCM_Password : 0) |
                            (saved.szDomain[0] ? RASCM_Domain : 0);
    }
    SecureZeroMemory(&saved, sizeof(saved));
    return calls_answer(service, code);
}

uint32_t winras_set_credentials(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                const winras_credentials *credentials, uint32_t clear) {
    const rasapi *table = NULL;
    RASCREDENTIALSW native;
    uint32_t code = calls_find_table(service, &table);

    memset(&native, 0, sizeof(native));
    native.dwSize = WINRAS_CREDENTIALS_SIZE;
    native.dwMask = credentials->mask;
    WINRAS_COPY_TEXT(native.szUserName, credentials->user);
    WINRAS_COPY_TEXT(native.szPassword, credentials->password);
    WINRAS_COPY_TEXT(native.szDomain, credentials->domain);
    if (!code) {
        code = CALLS_CALL(table, RasSetCredentialsW, (LPCWSTR)phonebook, (LPCWSTR)name, &native, clear != 0);
    }
    SecureZeroMemory(&native, sizeof(native));
    return calls_answer(service, code);
}
