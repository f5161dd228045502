/* Who this user is on Windows. */

#include "owner.h"

#ifdef _WIN32

#include <sddl.h>

BOOL owner_read(HANDLE token, owner_user *user) {
    DWORD size;

    return GetTokenInformation(token, TokenUser, user, sizeof(*user), &size);
}

static DWORD read_own(owner_user *user) {
    HANDLE token = NULL;
    DWORD error = ERROR_SUCCESS;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) || !owner_read(token, user)) {
        error = GetLastError(); /* before CloseHandle changes it */
    }
    if (token) {
        CloseHandle(token);
    }
    return error;
}

BOOL owner_is_own(PSID user) {
    owner_user own;

    return read_own(&own) == ERROR_SUCCESS && EqualSid(user, own.token.User.Sid);
}

DWORD owner_describe(WCHAR sid[OWNER_SID_TEXT], PSECURITY_DESCRIPTOR *rights) {
    WCHAR text[32 + 2 * OWNER_SID_TEXT];
    owner_user user;
    LPWSTR found = NULL;
    DWORD error = read_own(&user);

    if (error) {
        return error;
    }
    if (!ConvertSidToStringSidW(user.token.User.Sid, &found)) {
        return GetLastError();
    }
    swprintf(sid, OWNER_SID_TEXT, L"%ls", found);
    swprintf(text, sizeof(text) / sizeof(text[0]), L"O:%lsD:P(A;;GA;;;%ls)", found, found);
    LocalFree(found);
    if (rights && !ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, rights, NULL)) {
        return GetLastError();
    }
    return ERROR_SUCCESS;
}

#endif
