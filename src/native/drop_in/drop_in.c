/* What a drop-in rasapi32.dll has besides the simulator, for foreign clients: the A forms of its functions (those for
 * entries are in entries.c), windows as notifiers of RasDial, and the names of the functions that are not simulated, so
 * that any client of RAS can be loaded. An A form converts to and from the W form's structures, or passes its own form
 * (native_form) to what both share. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"
#include "shim/shim.h"
#include "simulator/forms.h"

#include "ansi.h"

#pragma pack(push, 4)

typedef struct {
    DWORD dwSize;
    HRASCONN hrasconn;
    CHAR szEntryName[RAS_MaxEntryName + 1];
    CHAR szDeviceType[RAS_MaxDeviceType + 1];
    CHAR szDeviceName[RAS_MaxDeviceName + 1];
    CHAR szPhonebook[MAX_PATH];
    DWORD dwSubEntry;
    GUID guidEntry;
    DWORD dwFlags;
    LUID luid;
    GUID guidCorrelationId;
} RASCONNA;

typedef struct {
    DWORD dwSize;
    RASCONNSTATE rasconnstate;
    DWORD dwError;
    CHAR szDeviceType[RAS_MaxDeviceType + 1];
    CHAR szDeviceName[RAS_MaxDeviceName + 1];
    CHAR szPhoneNumber[RAS_MaxPhoneNumber + 1];
    RASTUNNELENDPOINT localEndPoint;
    RASTUNNELENDPOINT remoteEndPoint;
    RASCONNSUBSTATE rasconnsubstate;
} RASCONNSTATUSA;

typedef struct {
    DWORD dwSize;
    CHAR szEntryName[RAS_MaxEntryName + 1];
    CHAR szPhoneNumber[RAS_MaxPhoneNumber + 1];
    CHAR szCallbackNumber[RAS_MaxCallbackNumber + 1];
    CHAR szUserName[UNLEN + 1];
    CHAR szPassword[PWLEN + 1];
    CHAR szDomain[DNLEN + 1];
    DWORD dwSubEntry;
    ULONG_PTR dwCallbackId;
    DWORD dwIfIndex;
    LPSTR szEncPassword;
} RASDIALPARAMSA;

typedef struct {
    DWORD dwSize;
    DWORD dwMask;
    CHAR szUserName[UNLEN + 1];
    CHAR szPassword[PWLEN + 1];
    CHAR szDomain[DNLEN + 1];
} RASCREDENTIALSA;

typedef struct {
    DWORD dwSize;
    CHAR szEntryName[RAS_MaxEntryName + 1];
    DWORD dwFlags;
    CHAR szPhonebookPath[MAX_PATH + 1];
} RASENTRYNAMEA;

typedef struct {
    CHAR szUserName[UNLEN + 1];
    DWORD dwSizeofEapInfo;
    BYTE pbEapInfo[1];
} RASEAPUSERIDENTITYA;

typedef struct {
    DWORD dwSize;
    DWORD dwError;
    CHAR szIpAddress[RAS_MaxIpAddress + 1];
    CHAR szServerIpAddress[RAS_MaxIpAddress + 1];
    DWORD dwOptions;
    DWORD dwServerOptions;
} RASPPPIPA;

typedef struct {
    BYTE before_message[offsetof(RASPPPLCPW, szReplyMessage)];
    CHAR szReplyMessage[RAS_MaxReplyMessage];
    DWORD dwOptions;
    DWORD dwServerOptions;
} RASPPPLCPA;

#pragma pack(pop)

_Static_assert(sizeof(RASCONNA) == 724 - WINRAS_LAYOUT_SHIFT, "RASCONNA");
_Static_assert(sizeof(RASCONNSTATUSA) == 332, "RASCONNSTATUSA");
_Static_assert(sizeof(RASENTRYNAMEA) == 532, "RASENTRYNAMEA");
_Static_assert(offsetof(RASENTRYNAMEA, dwFlags) == 264, "RASENTRYNAMEA.dwFlags");
_Static_assert(sizeof(RASDIALPARAMSA) == 1076, "RASDIALPARAMSA");
_Static_assert(offsetof(RASDIALPARAMSA, dwCallbackId) == 1056, "RASDIALPARAMSA.dwCallbackId");
_Static_assert(sizeof(RASCREDENTIALSA) == 540, "RASCREDENTIALSA");
_Static_assert(offsetof(RASCREDENTIALSA, szDomain) == 522, "RASCREDENTIALSA.szDomain");
_Static_assert(offsetof(RASEAPUSERIDENTITYA, dwSizeofEapInfo) == 260, "RASEAPUSERIDENTITYA.dwSizeofEapInfo");
_Static_assert(offsetof(RASEAPUSERIDENTITYA, pbEapInfo) == 264, "RASEAPUSERIDENTITYA.pbEapInfo");
_Static_assert(sizeof(RASPPPIPA) == 48, "RASPPPIPA");
_Static_assert(offsetof(RASPPPIPA, szServerIpAddress) == 24, "RASPPPIPA.szServerIpAddress");
_Static_assert(sizeof(RASPPPLCPA) == 1080, "RASPPPLCPA");
_Static_assert(offsetof(RASPPPLCPA, szReplyMessage) == 48, "RASPPPLCPA.szReplyMessage");

#define CONNECTION_SIZES                                                                               \
    {sizeof(RASCONNA), UP_TO(RASCONNA, luid), UP_TO(RASCONNA, guidEntry), UP_TO(RASCONNA, dwSubEntry), \
     UP_TO(RASCONNA, szDeviceName)}
#define STATUS_SIZES {sizeof(RASCONNSTATUSA), UP_TO(RASCONNSTATUSA, szPhoneNumber), UP_TO(RASCONNSTATUSA, szDeviceName)}

static void fill_connection_a(void *buffer, const void *answer, DWORD size) {
    const service_connection *connection = answer;
    RASCONNA native;

    FORM_CONNECTION(native, connection, size, TO_ANSI);
    memcpy(buffer, &native, size);
}

static void fill_status_a(void *buffer, const void *answer, DWORD size) {
    const service_connection *connection = answer;
    RASCONNSTATUSA native;

    FORM_STATUS(native, connection, size, TO_ANSI);
    memcpy(buffer, &native, size);
}

static void fill_entry_name_a(void *buffer, const void *answer, DWORD size) {
    const service_entry_name *entry = answer;
    RASENTRYNAMEA native;

    FORM_ENTRY_NAME(native, entry, size, TO_ANSI);
    memcpy(buffer, &native, size);
}

DWORD APIENTRY RasEnumConnectionsA(RASCONNA *lprasconn, LPDWORD lpcb, LPDWORD lpcConnections) {
    static const native_form a_form = {CONNECTION_SIZES, fill_connection_a};

    return form_enumerate_connections(&a_form, lprasconn, lpcb, lpcConnections);
}

DWORD APIENTRY RasGetConnectStatusA(HRASCONN hrasconn, RASCONNSTATUSA *lprasconnstatus) {
    static const native_form a_form = {STATUS_SIZES, fill_status_a};

    return form_get_status(&a_form, hrasconn, lprasconnstatus);
}

DWORD APIENTRY RasHangUpA(HRASCONN hrasconn) { return RasHangUpW(hrasconn); }

DWORD APIENTRY RasGetSubEntryHandleA(HRASCONN hrasconn, DWORD dwSubEntry, HRASCONN *lphrasconn) {
    return RasGetSubEntryHandleW(hrasconn, dwSubEntry, lphrasconn);
}

DWORD APIENTRY RasGetErrorStringA(UINT uErrorValue, LPSTR lpszErrorString, DWORD cBufSize) {
    WCHAR wide[WINRAS_TEXT];
    DWORD room = cBufSize < WINRAS_TEXT ? cBufSize : WINRAS_TEXT;
    DWORD code = RasGetErrorStringW(uErrorValue, lpszErrorString ? wide : NULL, room);

    if (!code) {
        to_ansi(lpszErrorString, room, (const char16_t *)wide);
    }
    return code;
}

DWORD APIENTRY RasConnectionNotificationA(HRASCONN hrasconn, HANDLE hEvent, DWORD dwFlags) {
    return RasConnectionNotificationW(hrasconn, hEvent, dwFlags);
}

DWORD APIENTRY RasEnumEntriesA(LPCSTR reserved, LPCSTR lpszPhonebook, RASENTRYNAMEA *lprasentryname, LPDWORD lpcb,
                               LPDWORD lpcEntries) {
    static const native_form a_form = {{sizeof(RASENTRYNAMEA), UP_TO(RASENTRYNAMEA, szEntryName)}, fill_entry_name_a};
    WCHAR phonebook[MAX_PATH];

    TO_WIDE(phonebook, lpszPhonebook);
    return form_enumerate_entries(&a_form, !reserved, (const char16_t *)phonebook, lprasentryname, lpcb, lpcEntries);
}

static const DWORD params_a_sizes[] = {sizeof(RASDIALPARAMSA), UP_TO(RASDIALPARAMSA, dwIfIndex),
                                       UP_TO(RASDIALPARAMSA, dwCallbackId), UP_TO(RASDIALPARAMSA, szDomain)};
static const DWORD params_w_sizes[] = WINRAS_DIALPARAMS_SIZES;

/* 0 if no version has that size: then RasDialW refuses it. */
static DWORD wide_params_size(DWORD size) {
    for (size_t i = 0; i < COUNT(params_a_sizes); i++) {
        if (params_a_sizes[i] == size) {
            return params_w_sizes[i];
        }
    }
    return 0;
}

static void widen_params(RASDIALPARAMSW *wide, const RASDIALPARAMSA *given) {
    RASDIALPARAMSA narrow;
    DWORD size;

    memcpy(&size, given, sizeof(size));
    memset(&narrow, 0, sizeof(narrow));
    memset(wide, 0, sizeof(*wide));
    wide->dwSize = wide_params_size(size);
    memcpy(&narrow, given, wide->dwSize ? size : 0);
    TO_WIDE(wide->szEntryName, narrow.szEntryName);
    TO_WIDE(wide->szPhoneNumber, narrow.szPhoneNumber);
    TO_WIDE(wide->szCallbackNumber, narrow.szCallbackNumber);
    TO_WIDE(wide->szUserName, narrow.szUserName);
    TO_WIDE(wide->szPassword, narrow.szPassword);
    TO_WIDE(wide->szDomain, narrow.szDomain);
    wide->dwSubEntry = narrow.dwSubEntry;
    wide->dwCallbackId = narrow.dwCallbackId;
    SecureZeroMemory(&narrow, sizeof(narrow));
}

DWORD APIENTRY RasDialA(LPRASDIALEXTENSIONS lpRasDialExtensions, LPCSTR lpszPhonebook, RASDIALPARAMSA *lpRasDialParams,
                        DWORD dwNotifierType, LPVOID lpvNotifier, HRASCONN *lphRasConn) {
    RASDIALPARAMSW wide;
    WCHAR phonebook[MAX_PATH];
    DWORD code;

    if (!lpRasDialParams) {
        return RasDialW(lpRasDialExtensions, NULL, NULL, dwNotifierType, lpvNotifier, lphRasConn);
    }
    widen_params(&wide, lpRasDialParams);
    TO_WIDE(phonebook, lpszPhonebook);
    code = RasDialW(lpRasDialExtensions, phonebook, &wide, dwNotifierType, lpvNotifier, lphRasConn);
    SecureZeroMemory(&wide, sizeof(wide));
    return code;
}

DWORD APIENTRY RasGetEntryDialParamsA(LPCSTR lpszPhonebook, RASDIALPARAMSA *lprasdialparams, LPBOOL lpfPassword) {
    RASDIALPARAMSA narrow;
    RASDIALPARAMSW wide;
    WCHAR phonebook[MAX_PATH];
    DWORD code;

    if (!lprasdialparams) {
        return RasGetEntryDialParamsW(NULL, NULL, lpfPassword);
    }
    widen_params(&wide, lprasdialparams);
    TO_WIDE(phonebook, lpszPhonebook);
    code = RasGetEntryDialParamsW(phonebook, &wide, lpfPassword);
    if (!code) {
        memset(&narrow, 0, sizeof(narrow));
        memcpy(&narrow.dwSize, lprasdialparams, sizeof(narrow.dwSize));
        TO_ANSI(narrow.szEntryName, (const char16_t *)wide.szEntryName);
        TO_ANSI(narrow.szUserName, (const char16_t *)wide.szUserName);
        TO_ANSI(narrow.szPassword, (const char16_t *)wide.szPassword);
        TO_ANSI(narrow.szDomain, (const char16_t *)wide.szDomain);
        memcpy(lprasdialparams, &narrow, narrow.dwSize);
        SecureZeroMemory(&narrow, sizeof(narrow));
    }
    SecureZeroMemory(&wide, sizeof(wide));
    return code;
}

DWORD APIENTRY RasSetEntryDialParamsA(LPCSTR lpszPhonebook, RASDIALPARAMSA *lprasdialparams, BOOL fRemovePassword) {
    RASDIALPARAMSW wide;
    WCHAR phonebook[MAX_PATH];
    DWORD code;

    if (!lprasdialparams) {
        return RasSetEntryDialParamsW(NULL, NULL, fRemovePassword);
    }
    widen_params(&wide, lprasdialparams);
    TO_WIDE(phonebook, lpszPhonebook);
    code = RasSetEntryDialParamsW(phonebook, &wide, fRemovePassword);
    SecureZeroMemory(&wide, sizeof(wide));
    return code;
}

static void widen_credentials(RASCREDENTIALSW *wide, const RASCREDENTIALSA *narrow) {
    memset(wide, 0, sizeof(*wide));
    if (narrow->dwSize == sizeof(*narrow)) {
        wide->dwSize = sizeof(*wide);
        wide->dwMask = narrow->dwMask;
        TO_WIDE(wide->szUserName, narrow->szUserName);
        TO_WIDE(wide->szPassword, narrow->szPassword);
        TO_WIDE(wide->szDomain, narrow->szDomain);
    }
}

DWORD APIENTRY RasGetCredentialsA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, RASCREDENTIALSA *lpCredentials) {
    RASCREDENTIALSW wide;
    WCHAR phonebook[MAX_PATH], entry[RAS_MaxEntryName + 1];
    DWORD code;

    TO_WIDE(phonebook, lpszPhonebook);
    TO_WIDE(entry, lpszEntry);
    if (!lpCredentials) {
        return RasGetCredentialsW(phonebook, entry, NULL);
    }
    widen_credentials(&wide, lpCredentials);
    code = RasGetCredentialsW(phonebook, entry, &wide);
    if (!code) {
        lpCredentials->dwMask = wide.dwMask;
        TO_ANSI(lpCredentials->szUserName, (const char16_t *)wide.szUserName);
        TO_ANSI(lpCredentials->szPassword, (const char16_t *)wide.szPassword);
        TO_ANSI(lpCredentials->szDomain, (const char16_t *)wide.szDomain);
    }
    SecureZeroMemory(&wide, sizeof(wide));
    return code;
}

DWORD APIENTRY RasSetCredentialsA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, RASCREDENTIALSA *lpCredentials,
                                  BOOL fClearCredentials) {
    RASCREDENTIALSW wide;
    WCHAR phonebook[MAX_PATH], entry[RAS_MaxEntryName + 1];
    DWORD code;

    TO_WIDE(phonebook, lpszPhonebook);
    TO_WIDE(entry, lpszEntry);
    if (!lpCredentials) {
        return RasSetCredentialsW(phonebook, entry, NULL, fClearCredentials);
    }
    widen_credentials(&wide, lpCredentials);
    code = RasSetCredentialsW(phonebook, entry, &wide, fClearCredentials);
    SecureZeroMemory(&wide, sizeof(wide));
    return code;
}

DWORD APIENTRY RasGetEapUserIdentityA(LPCSTR pszPhonebook, LPCSTR pszEntry, DWORD dwFlags, HWND hwnd,
                                      RASEAPUSERIDENTITYA **ppRasEapUserIdentity) {
    RASEAPUSERIDENTITYW *wide = NULL;
    RASEAPUSERIDENTITYA *narrow = NULL;
    WCHAR phonebook[MAX_PATH], entry[RAS_MaxEntryName + 1];
    DWORD code;

    TO_WIDE(phonebook, pszPhonebook);
    TO_WIDE(entry, pszEntry);
    code = RasGetEapUserIdentityW(phonebook, entry, dwFlags, hwnd, ppRasEapUserIdentity ? &wide : NULL);
    if (!code) {
        narrow = calloc(1, sizeof(*narrow) + wide->dwSizeofEapInfo);
        code = narrow ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        TO_ANSI(narrow->szUserName, (const char16_t *)wide->szUserName);
        narrow->dwSizeofEapInfo = wide->dwSizeofEapInfo;
        memcpy((BYTE *)narrow + offsetof(RASEAPUSERIDENTITYA, pbEapInfo),
               (const BYTE *)wide + offsetof(RASEAPUSERIDENTITYW, pbEapInfo), wide->dwSizeofEapInfo);
    }
    if (ppRasEapUserIdentity) {
        *ppRasEapUserIdentity = narrow;
    }
    RasFreeEapUserIdentityW(wide);
    return code;
}

void APIENTRY RasFreeEapUserIdentityA(RASEAPUSERIDENTITYA *pRasEapUserIdentity) { free(pRasEapUserIdentity); }

DWORD APIENTRY RasGetEapUserDataA(HANDLE hToken, LPCSTR pszPhonebook, LPCSTR pszEntry, BYTE *pbEapData,
                                  LPDWORD pdwSizeofEapData) {
    WCHAR phonebook[MAX_PATH], entry[RAS_MaxEntryName + 1];

    TO_WIDE(phonebook, pszPhonebook);
    TO_WIDE(entry, pszEntry);
    return RasGetEapUserDataW(hToken, phonebook, entry, pbEapData, pdwSizeofEapData);
}

DWORD APIENTRY RasSetEapUserDataA(HANDLE hToken, LPCSTR pszPhonebook, LPCSTR pszEntry, BYTE *pbEapData,
                                  DWORD dwSizeofEapData) {
    WCHAR phonebook[MAX_PATH], entry[RAS_MaxEntryName + 1];

    TO_WIDE(phonebook, pszPhonebook);
    TO_WIDE(entry, pszEntry);
    return RasSetEapUserDataW(hToken, phonebook, entry, pbEapData, dwSizeofEapData);
}

static void fill_ip_a(void *buffer, const void *answer, DWORD size) {
    RASPPPIPA narrow;
    RASPPPIPW wide;

    fill_ip(&wide, answer, sizeof(wide));
    memset(&narrow, 0, sizeof(narrow));
    narrow.dwSize = size;
    narrow.dwError = wide.dwError;
    narrow.dwOptions = wide.dwOptions;
    narrow.dwServerOptions = wide.dwServerOptions;
    TO_ANSI(narrow.szIpAddress, (const char16_t *)wide.szIpAddress);
    TO_ANSI(narrow.szServerIpAddress, (const char16_t *)wide.szServerIpAddress);
    memcpy(buffer, &narrow, size);
}

static void fill_lcp_a(void *buffer, const void *answer, DWORD size) {
    RASPPPLCPA narrow;
    RASPPPLCPW wide;

    fill_lcp(&wide, answer, sizeof(wide));
    memset(&narrow, 0, sizeof(narrow));
    memcpy(narrow.before_message, &wide, sizeof(narrow.before_message));
    TO_ANSI(narrow.szReplyMessage, (const char16_t *)wide.szReplyMessage);
    narrow.dwOptions = wide.dwOptions;
    narrow.dwServerOptions = wide.dwServerOptions;
    memcpy(buffer, &narrow, size);
    memcpy(buffer, &size, sizeof(size));
}

/* Only the structures with text in them differ from the W form. */
DWORD APIENTRY RasGetProjectionInfoA(HRASCONN hrasconn, RASPROJECTION rasprojection, LPVOID lpprojection,
                                     LPDWORD lpcb) {
    static const native_form ip_form = {
        {sizeof(RASPPPIPA), offsetof(RASPPPIPA, dwOptions), offsetof(RASPPPIPA, szServerIpAddress)}, fill_ip_a};
    static const native_form lcp_form = {{sizeof(RASPPPLCPA)}, fill_lcp_a};

    if (rasprojection == RASP_PppIp) {
        return form_get_projection(&ip_form, hrasconn, rasprojection, lpprojection, lpcb);
    }
    if (rasprojection == RASP_PppLcp) {
        return form_get_projection(&lcp_form, hrasconn, rasprojection, lpprojection, lpcb);
    }
    return RasGetProjectionInfoW(hrasconn, rasprojection, lpprojection, lpcb);
}

/* ---- a window as notifier ---- */

/* The longest that a window may hold up dialling. */
#define MESSAGE_MS 10000

/* The message is sent, not posted, so that dialling is suspended meanwhile. user32.dll is loaded only here: few
 * clients have windows. Through memcpy, because C has no conversion between kinds of function
 * pointers that every compiler accepts without a warning. */
static void tell_window(HWND window, RASCONNSTATE state, DWORD error) {
    UINT(WINAPI * register_message)(LPCWSTR) = NULL;
    LRESULT(WINAPI * send_message)(HWND, UINT, WPARAM, LPARAM, UINT, UINT, PDWORD_PTR) = NULL;
    HMODULE user32 = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    FARPROC found;
    DWORD_PTR result;
    UINT message;

    if (!user32) {
        return;
    }
    found = GetProcAddress(user32, "RegisterWindowMessageW");
    memcpy(&register_message, &found, sizeof(register_message));
    found = GetProcAddress(user32, "SendMessageTimeoutW");
    memcpy(&send_message, &found, sizeof(send_message));
    message = register_message(L"RasDialEvent");
    send_message(window, message ? message : WM_RASDIALEVENT, (WPARAM)state, (LPARAM)error,
                 SMTO_ABORTIFHUNG | SMTO_ERRORONEXIT, MESSAGE_MS, &result);
    FreeLibrary(user32);
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, LPVOID reserved) {
    (void)library, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        notifier_window = tell_window;
    }
    return TRUE;
}

/* ---- what is not simulated ---- */

/* On x64, where the caller clears the stack, a function can be called with arguments that it does not declare. */
_Static_assert(sizeof(void *) == 8, "the drop-in is for x64");

static DWORD refuse(const char *name, LONG *told) {
    if (InterlockedExchange(told, 1) == 0) {
        fprintf(stderr, "rasapi32.dll (winras drop-in): %s is not simulated; it answers %ld\n", name,
                (long)ERROR_CALL_NOT_IMPLEMENTED);
        fflush(stderr);
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

#define NOT_SIMULATED(name)          \
    DWORD APIENTRY name(void) {      \
        static LONG told;            \
                                     \
        return refuse(#name, &told); \
    }
#define NOT_SIMULATED_AW(a, w, one) NOT_SIMULATED(a) NOT_SIMULATED(w)
#define NOT_SIMULATED_ONE(a, w, one) NOT_SIMULATED(one)
#define OTHER(name, form) NOT_SIMULATED_##form(name##A, name##W, name)

RASAPI_FUNCTIONS(RASAPI_NOTHING, OTHER)
