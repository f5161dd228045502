/* A RAS client in the style of Microsoft's examples for RasEnumConnections, RasDial, RasGetProjectionInfo,
 * RasHangUp and RasConnectionNotification, and at the end in that of DotRas 2: compiled with a compiler's own
 * ras.h, in W and in A form, it shares nothing with winras but rasapi32.dll. */

#include <stdio.h>
#include <tchar.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#define EXPORT __declspec(dllexport)
#define PATIENCE 10000

EXPORT DWORD client_sizes(void) { return sizeof(RASCONN) << 16 | sizeof(RASCONNSTATUS); }

/* "handle|name|device type|device name|state|error", a line for each connection, to a file. */
EXPORT DWORD client_list(const wchar_t *path) {
    DWORD size = 0, count = 0, code;
    RASCONN *connections = NULL;
    FILE *file = _wfopen(path, L"w, ccs=UTF-8");

    if (!file) {
        return ERROR_OPEN_FAILED;
    }
    code = RasEnumConnections(NULL, &size, &count);
    if (code == ERROR_BUFFER_TOO_SMALL) {
        connections = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
        if (!connections) {
            fclose(file);
            return ERROR_OUTOFMEMORY;
        }
        connections[0].dwSize = sizeof(RASCONN);
        code = RasEnumConnections(connections, &size, &count);
    }
    for (DWORD i = 0; code == ERROR_SUCCESS && i < count; i++) {
        RASCONNSTATUS status = {.dwSize = sizeof(RASCONNSTATUS)};

        code = RasGetConnectStatus(connections[i].hrasconn, &status);
        fwprintf(file,
#ifdef UNICODE
                 L"%llu|%ls|%ls|%ls|%d|%lu\n",
#else
                 L"%llu|%hs|%hs|%hs|%d|%lu\n",
#endif
                 (unsigned long long)(ULONG_PTR)connections[i].hrasconn, connections[i].szEntryName,
                 connections[i].szDeviceType, status.szDeviceName, (int)status.rasconnstate, status.dwError);
    }
    if (connections) {
        HeapFree(GetProcessHeap(), 0, connections);
    }
    fclose(file);
    return code;
}

/* "name|flags|phone book", a line for each entry of every phone book, to a file. */
EXPORT DWORD client_entries(const wchar_t *path) {
    DWORD size = 0, count = 0, code;
    RASENTRYNAME *entries = NULL;
    FILE *file = _wfopen(path, L"w, ccs=UTF-8");

    if (!file) {
        return ERROR_OPEN_FAILED;
    }
    code = RasEnumEntries(NULL, NULL, NULL, &size, &count);
    if (code == ERROR_BUFFER_TOO_SMALL) {
        entries = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
        if (!entries) {
            fclose(file);
            return ERROR_OUTOFMEMORY;
        }
        entries[0].dwSize = sizeof(RASENTRYNAME);
        code = RasEnumEntries(NULL, NULL, entries, &size, &count);
    }
    for (DWORD i = 0; code == ERROR_SUCCESS && i < count; i++) {
        fwprintf(file,
#ifdef UNICODE
                 L"%ls|%lu|%ls\n",
#else
                 L"%hs|%lu|%hs\n",
#endif
                 entries[i].szEntryName, entries[i].dwFlags, entries[i].szPhonebookPath);
    }
    if (entries) {
        HeapFree(GetProcessHeap(), 0, entries);
    }
    fclose(file);
    return code;
}

/* What RasHangUp answered, or after it what RasGetConnectStatus did when it was not 0 any more. */
EXPORT DWORD client_hang_up(HRASCONN connection) {
    DWORD begun = GetTickCount();
    DWORD code = RasHangUp(connection);

    while (code == ERROR_SUCCESS && GetTickCount() - begun < PATIENCE) {
        RASCONNSTATUS status = {.dwSize = sizeof(RASCONNSTATUS)};

        code = RasGetConnectStatus(connection, &status);
        Sleep(0);
    }
    return code;
}

static HANDLE event;

EXPORT DWORD client_register(DWORD flags) {
    event = CreateEvent(NULL, FALSE, FALSE, NULL);
    return RasConnectionNotification(INVALID_HANDLE_VALUE, event, flags);
}

EXPORT DWORD client_wait(DWORD milliseconds) { return WaitForSingleObject(event, milliseconds); }

EXPORT DWORD client_error_string(UINT code, wchar_t *text, DWORD room) {
    TCHAR native[512];
    DWORD answer = RasGetErrorString(code, native, ARRAYSIZE(native));

    if (answer == ERROR_SUCCESS) {
#ifdef UNICODE
        swprintf(text, room, L"%ls", native);
#else
        swprintf(text, room, L"%hs", native);
#endif
    }
    return answer;
}

static void to_native(TCHAR *native, int room, const wchar_t *text) {
#ifdef UNICODE
    wcsncpy(native, text, room - 1);
#else
    WideCharToMultiByte(CP_ACP, 0, text, -1, native, room, NULL, NULL);
#endif
}

static void from_native(wchar_t *text, DWORD room, const TCHAR *native) {
#ifdef UNICODE
    swprintf(text, room, L"%ls", native);
#else
    swprintf(text, room, L"%hs", native);
#endif
}

/* Dials and waits until that has ended, with the identity that an EAP entry needs. */
EXPORT DWORD client_dial(const wchar_t *entry, HRASCONN *connection, wchar_t *identity, DWORD room) {
    RASDIALEXTENSIONS extensions = {.dwSize = sizeof(extensions)};
    RASDIALPARAMS params = {.dwSize = sizeof(params)};
    RASEAPUSERIDENTITY *user = NULL;
    DWORD code;

    to_native(params.szEntryName, ARRAYSIZE(params.szEntryName), entry);
    code = RasGetEapUserIdentity(NULL, params.szEntryName, RASEAPF_NonInteractive, NULL, &user);
    if (code == ERROR_SUCCESS) {
        lstrcpy(params.szUserName, user->szUserName);
        from_native(identity, room, user->szUserName);
        extensions.RasEapInfo.dwSizeofEapInfo = user->dwSizeofEapInfo;
        extensions.RasEapInfo.pbEapInfo = user->pbEapInfo;
    } else if (code != ERROR_INVALID_FUNCTION_FOR_ENTRY) {
        return code;
    }
    *connection = NULL;
    code = RasDial(&extensions, NULL, &params, 0, NULL, connection);
    if (user) {
        RasFreeEapUserIdentity(user);
    }
    return code;
}

EXPORT DWORD client_project_ip(HRASCONN connection, wchar_t *local, wchar_t *server, DWORD room) {
    RASPPPIP ip = {.dwSize = sizeof(ip)};
    DWORD size = sizeof(ip);
    DWORD code = RasGetProjectionInfo(connection, RASP_PppIp, &ip, &size);

    from_native(local, room, ip.szIpAddress);
    from_native(server, room, ip.szServerIpAddress);
    return code == ERROR_SUCCESS && size != sizeof(ip) ? ERROR_INVALID_SIZE : code;
}

/* Also with a buffer that is too small, and with a dwSize that is none. */
EXPORT DWORD client_project_lcp(HRASCONN connection, DWORD *protocol, BOOL *multilink) {
    RASPPPLCP lcp = {.dwSize = sizeof(lcp)};
    DWORD size = sizeof(lcp) - 4;

    if (RasGetProjectionInfo(connection, RASP_PppLcp, &lcp, &size) != ERROR_BUFFER_TOO_SMALL || size != sizeof(lcp)) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    lcp.dwSize = sizeof(lcp) - 4;
    if (RasGetProjectionInfo(connection, RASP_PppLcp, &lcp, &size) != ERROR_INVALID_SIZE) {
        return ERROR_INVALID_SIZE;
    }
    lcp.dwSize = sizeof(lcp);
    size = RasGetProjectionInfo(connection, RASP_PppLcp, &lcp, &size);
    *protocol = lcp.dwAuthenticationProtocol;
    *multilink = lcp.fMultilink;
    return size;
}

/* ---- what is saved ---- */

EXPORT DWORD client_save(const wchar_t *phonebook, const wchar_t *entry, const wchar_t *user, const wchar_t *password) {
    RASCREDENTIALS saved = {.dwSize = sizeof(saved), .dwMask = RASCM_UserName | RASCM_Password};
    TCHAR path[MAX_PATH] = {0}, name[RAS_MaxEntryName + 1] = {0};

    to_native(path, ARRAYSIZE(path), phonebook);
    to_native(name, ARRAYSIZE(name), entry);
    to_native(saved.szUserName, ARRAYSIZE(saved.szUserName), user);
    to_native(saved.szPassword, ARRAYSIZE(saved.szPassword), password);
    return RasSetCredentials(path, name, &saved, FALSE);
}

/* Dials with what RasGetCredentials gives or, the older way, RasGetEntryDialParams; *secret is what stands for the
 * password. */
EXPORT DWORD client_dial_saved(const wchar_t *phonebook, const wchar_t *entry, BOOL older, wchar_t *secret, DWORD room,
                               HRASCONN *connection) {
    RASCREDENTIALS saved = {.dwSize = sizeof(saved), .dwMask = RASCM_UserName | RASCM_Password | RASCM_Domain};
    RASDIALPARAMS params = {.dwSize = sizeof(params)};
    TCHAR path[MAX_PATH] = {0};
    BOOL has_password = FALSE;
    DWORD code;

    to_native(path, ARRAYSIZE(path), phonebook);
    to_native(params.szEntryName, ARRAYSIZE(params.szEntryName), entry);
    if (older) {
        code = RasGetEntryDialParams(path, &params, &has_password);
    } else {
        code = RasGetCredentials(path, params.szEntryName, &saved);
        has_password = (saved.dwMask & RASCM_Password) != 0;
        lstrcpy(params.szUserName, saved.szUserName);
        lstrcpy(params.szPassword, saved.szPassword);
        lstrcpy(params.szDomain, saved.szDomain);
    }
    from_native(secret, room, params.szPassword);
    *connection = NULL;
    if (code == ERROR_SUCCESS && !has_password) {
        code = ERROR_NOT_FOUND;
    }
    return code ? code : RasDial(NULL, path, &params, 0, NULL, connection);
}

/* ---- entries and devices ---- */

EXPORT DWORD client_entry_size(void) { return sizeof(RASENTRY); }

struct place {
    TCHAR phonebook[MAX_PATH];
    TCHAR entry[RAS_MaxEntryName + 1];
};

static struct place place_of(const wchar_t *phonebook, const wchar_t *entry) {
    struct place place = {{0}, {0}};

    to_native(place.phonebook, ARRAYSIZE(place.phonebook), phonebook);
    to_native(place.entry, ARRAYSIZE(place.entry), entry);
    return place;
}

EXPORT DWORD client_validate(const wchar_t *phonebook, const wchar_t *entry) {
    struct place place = place_of(phonebook, entry);

    return RasValidateEntryName(place.phonebook, place.entry);
}

/* Makes or changes an entry, with two alternate phone numbers. */
EXPORT DWORD client_set_entry(const wchar_t *phonebook, const wchar_t *entry, const wchar_t *server,
                              const wchar_t *device) {
    struct place place = place_of(phonebook, entry);
    struct {
        RASENTRY entry;
        TCHAR numbers[16];
    } given = {.entry = {.dwSize = sizeof(RASENTRY),
                         .dwFramingProtocol = RASFP_Ppp,
                         .dwfNetProtocols = RASNP_Ip,
                         .dwType = RASET_Vpn,
                         .dwVpnStrategy = 7, /* VS_Ikev2Only, which this compiler does not know */
                         .dwRedialPause = 60},
               .numbers = TEXT("second\0third\0")};

    to_native(given.entry.szLocalPhoneNumber, ARRAYSIZE(given.entry.szLocalPhoneNumber), server);
    to_native(given.entry.szDeviceName, ARRAYSIZE(given.entry.szDeviceName), device);
    lstrcpy(given.entry.szDeviceType, RASDT_Vpn);
    lstrcpy(given.entry.szPrerequisiteEntry, TEXT("First"));
    given.entry.dwAlternateOffset = (DWORD)((char *)given.numbers - (char *)&given);
    return RasSetEntryProperties(place.phonebook, place.entry, &given.entry,
                                 given.entry.dwAlternateOffset + 14 * sizeof(TCHAR), NULL, 0);
}

/* "server|device|prerequisite|strategy|redial pause|sub-entries|alternate ...", read in two steps. */
EXPORT DWORD client_get_entry(const wchar_t *phonebook, const wchar_t *entry, wchar_t *text, DWORD room) {
    struct place place = place_of(phonebook, entry);
    DWORD size = 0, code = RasGetEntryProperties(place.phonebook, place.entry, NULL, &size, NULL, NULL);
    RASENTRY *found;
    int length;

    if (code != ERROR_BUFFER_TOO_SMALL) {
        return code;
    }
    found = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
    if (!found) {
        return ERROR_OUTOFMEMORY;
    }
    found->dwSize = sizeof(RASENTRY);
    code = RasGetEntryProperties(place.phonebook, place.entry, found, &size, NULL, NULL);
    if (code == ERROR_SUCCESS) {
        length = swprintf(text, room,
#ifdef UNICODE
                          L"%ls|%ls|%ls|%lu|%lu|%lu",
#else
                          L"%hs|%hs|%hs|%lu|%lu|%lu",
#endif
                          found->szLocalPhoneNumber, found->szDeviceName, found->szPrerequisiteEntry,
                          found->dwVpnStrategy, found->dwRedialPause, found->dwSubEntries);
        for (const TCHAR *number = (const TCHAR *)((const char *)found + found->dwAlternateOffset);
             found->dwAlternateOffset && *number; number += lstrlen(number) + 1) {
            text[length++] = L'|';
            from_native(text + length, room - length, number);
            length = (int)wcslen(text);
        }
    }
    HeapFree(GetProcessHeap(), 0, found);
    return code;
}

EXPORT DWORD client_rename_entry(const wchar_t *phonebook, const wchar_t *entry, const wchar_t *name) {
    struct place place = place_of(phonebook, entry), renamed = place_of(phonebook, name);

    return RasRenameEntry(place.phonebook, place.entry, renamed.entry);
}

EXPORT DWORD client_delete_entry(const wchar_t *phonebook, const wchar_t *entry) {
    struct place place = place_of(phonebook, entry);

    return RasDeleteEntry(place.phonebook, place.entry);
}

/* Makes it, and reads its phone number back. */
EXPORT DWORD client_set_sub_entry(const wchar_t *phonebook, const wchar_t *entry, DWORD number, const wchar_t *device,
                                  const wchar_t *server, wchar_t *read, DWORD room) {
    struct place place = place_of(phonebook, entry);
    RASSUBENTRY sub_entry = {.dwSize = sizeof(RASSUBENTRY)};
    DWORD size = sizeof(sub_entry), code;

    lstrcpy(sub_entry.szDeviceType, RASDT_Vpn);
    to_native(sub_entry.szDeviceName, ARRAYSIZE(sub_entry.szDeviceName), device);
    to_native(sub_entry.szLocalPhoneNumber, ARRAYSIZE(sub_entry.szLocalPhoneNumber), server);
    code = RasSetSubEntryProperties(place.phonebook, place.entry, number, &sub_entry, size, NULL, 0);
    ZeroMemory(&sub_entry, sizeof(sub_entry));
    sub_entry.dwSize = sizeof(RASSUBENTRY);
    if (code == ERROR_SUCCESS) {
        code = RasGetSubEntryProperties(place.phonebook, place.entry, number, &sub_entry, &size, NULL, NULL);
    }
    from_native(read, room, sub_entry.szLocalPhoneNumber);
    return code;
}

/* "type|name", a line for each device, to a file; as Microsoft's example lists them. */
EXPORT DWORD client_devices(const wchar_t *path) {
    DWORD size = 0, count = 0, code;
    RASDEVINFO *devices = NULL;
    FILE *file = _wfopen(path, L"w, ccs=UTF-8");

    if (!file) {
        return ERROR_OPEN_FAILED;
    }
    code = RasEnumDevices(NULL, &size, &count);
    if (code == ERROR_BUFFER_TOO_SMALL) {
        devices = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
        if (!devices) {
            fclose(file);
            return ERROR_OUTOFMEMORY;
        }
        devices[0].dwSize = sizeof(RASDEVINFO);
        code = RasEnumDevices(devices, &size, &count);
    }
    for (DWORD i = 0; code == ERROR_SUCCESS && i < count; i++) {
        fwprintf(file,
#ifdef UNICODE
                 L"%ls|%ls\n",
#else
                 L"%hs|%hs\n",
#endif
                 devices[i].szDeviceType, devices[i].szDeviceName);
    }
    if (devices) {
        HeapFree(GetProcessHeap(), 0, devices);
    }
    fclose(file);
    return code;
}

/* ---- notifiers, and statistics ---- */

#define MOST_TOLD 32

struct told {
    DWORD id, sub_entry, message, state, error;
    ULONG_PTR connection;
};

static struct told told[MOST_TOLD];
static volatile LONG told_count;
static HANDLE dialled;

static void tell(struct told one) {
    if (told_count < MOST_TOLD) {
        told[told_count] = one;
        InterlockedIncrement(&told_count);
    }
    if (one.error || (one.state & RASCS_DONE)) {
        SetEvent(dialled);
    }
}

static void WINAPI notifier0(UINT message, RASCONNSTATE state, DWORD error) {
    tell((struct told){.message = message, .state = (DWORD)state, .error = error});
}

static void WINAPI notifier1(HRASCONN connection, UINT message, RASCONNSTATE state, DWORD error, DWORD extended) {
    (void)extended;
    tell((struct told){.message = message, .state = (DWORD)state, .error = error, .connection = (ULONG_PTR)connection});
}

static DWORD WINAPI notifier2(ULONG_PTR id, DWORD sub_entry, HRASCONN connection, UINT message, RASCONNSTATE state,
                              DWORD error, DWORD extended) {
    (void)extended;
    tell((struct told){(DWORD)id, sub_entry, message, (DWORD)state, error, (ULONG_PTR)connection});
    return 1;
}

/* Type 0 to 2: with that notifier; else without one. */
EXPORT DWORD client_dial_told(const wchar_t *entry, const wchar_t *user, const wchar_t *password, DWORD type,
                              HRASCONN *connection) {
    void *notifiers[] = {(void *)notifier0, (void *)notifier1, (void *)notifier2};
    RASDIALPARAMS params = {.dwSize = sizeof(RASDIALPARAMS), .dwCallbackId = 4711};

    to_native(params.szEntryName, ARRAYSIZE(params.szEntryName), entry);
    to_native(params.szUserName, ARRAYSIZE(params.szUserName), user);
    to_native(params.szPassword, ARRAYSIZE(params.szPassword), password);
    told_count = 0;
    dialled = CreateEvent(NULL, FALSE, FALSE, NULL);
    *connection = NULL;
    return RasDial(NULL, NULL, &params, type, type < ARRAYSIZE(notifiers) ? notifiers[type] : NULL, connection);
}

EXPORT DWORD client_wait_dialled(DWORD milliseconds) { return WaitForSingleObject(dialled, milliseconds); }

/* What the notifiers have been told, in order: how often. */
EXPORT DWORD client_told(struct told *all) {
    memcpy(all, told, sizeof(told));
    return (DWORD)told_count;
}

/* ---- facts ---- */

/* Sub-entry 0: of the connection. */
EXPORT DWORD client_statistics(HRASCONN connection, DWORD sub_entry, RAS_STATS *statistics) {
    statistics->dwSize = sizeof(*statistics);
    return sub_entry ? RasGetLinkStatistics(connection, sub_entry, statistics)
                     : RasGetConnectionStatistics(connection, statistics);
}

EXPORT DWORD client_clear_statistics(HRASCONN connection, DWORD sub_entry) {
    return sub_entry ? RasClearLinkStatistics(connection, sub_entry) : RasClearConnectionStatistics(connection);
}

/* ---- as DotRas 2 does it ---- */

/* Begins with room for one connection, and sizes the next try by the count: their handles. */
EXPORT DWORD client_list_by_count(ULONG_PTR *handles, DWORD most, DWORD *count) {
    DWORD code = ERROR_BUFFER_TOO_SMALL;

    *count = 1;
    while (code == ERROR_BUFFER_TOO_SMALL && *count && *count <= most) {
        DWORD size = *count * sizeof(RASCONN);
        RASCONN *connections = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);

        if (!connections) {
            return ERROR_OUTOFMEMORY;
        }
        connections[0].dwSize = sizeof(RASCONN);
        code = RasEnumConnections(connections, &size, count);
        for (DWORD i = 0; code == ERROR_SUCCESS && i < *count; i++) {
            handles[i] = (ULONG_PTR)connections[i].hrasconn;
        }
        HeapFree(GetProcessHeap(), 0, connections);
    }
    return code;
}

EXPORT DWORD client_set_eap_data(const wchar_t *entry, BYTE *data, DWORD size) {
    TCHAR name[RAS_MaxEntryName + 1] = {0};

    to_native(name, ARRAYSIZE(name), entry);
    return RasSetEapUserData(NULL, NULL, name, data, size);
}

/* First without room, then with as much as was asked for; anything but these two answers is an error. */
static DWORD get_eap_data(const TCHAR *entry, RASEAPINFO *info) {
    DWORD code = ERROR_BUFFER_TOO_SMALL;

    while (code == ERROR_BUFFER_TOO_SMALL) {
        if (info->pbEapInfo) {
            HeapFree(GetProcessHeap(), 0, info->pbEapInfo);
        }
        info->pbEapInfo = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, info->dwSizeofEapInfo);
        if (!info->pbEapInfo) {
            return ERROR_OUTOFMEMORY;
        }
        code = RasGetEapUserData(NULL, NULL, entry, info->pbEapInfo, &info->dwSizeofEapInfo);
    }
    return code;
}

#pragma pack(push, 4)
/* Of WINVER 0x0602, which this compiler's ras.h does not know; its own is that of 0x0601. */
typedef struct {
    RASDIALPARAMS known;
    LPTSTR szEncPassword;
} newest_params;
#pragma pack(pop)

EXPORT DWORD client_params_size(BOOL newest) { return newest ? sizeof(newest_params) : sizeof(RASDIALPARAMS); }

/* Asks for EAP data before it dials. What its notifier is told, client_told gives. */
EXPORT DWORD client_dial_with_eap_data(const wchar_t *entry, const wchar_t *user, const wchar_t *password, BOOL newest,
                                       HRASCONN *connection) {
    RASDIALEXTENSIONS extensions = {.dwSize = sizeof(extensions)};
    newest_params params = {.known = {.dwSize = client_params_size(newest)}};
    DWORD code;

    to_native(params.known.szEntryName, ARRAYSIZE(params.known.szEntryName), entry);
    to_native(params.known.szUserName, ARRAYSIZE(params.known.szUserName), user);
    to_native(params.known.szPassword, ARRAYSIZE(params.known.szPassword), password);
    *connection = NULL;
    code = get_eap_data(params.known.szEntryName, &extensions.RasEapInfo);
    if (code == ERROR_SUCCESS) {
        told_count = 0;
        dialled = CreateEvent(NULL, FALSE, FALSE, NULL);
        code = RasDial(&extensions, NULL, &params.known, 2, (void *)notifier2, connection);
        if (code == ERROR_SUCCESS && WaitForSingleObject(dialled, PATIENCE) != WAIT_OBJECT_0) {
            code = ERROR_TIMEOUT;
        }
    }
    if (extensions.RasEapInfo.pbEapInfo) {
        HeapFree(GetProcessHeap(), 0, extensions.RasEapInfo.pbEapInfo);
    }
    return code;
}

/* Registers for its own connection and, after each signal that leaves it connected, again with a new event object.
 * What ended it: the answer of RasGetConnectStatus, or the error in its status. */
EXPORT DWORD client_watch_own(HRASCONN connection, DWORD flags, volatile LONG *registrations) {
    RASCONNSTATUS status = {.dwSize = sizeof(RASCONNSTATUS), .rasconnstate = RASCS_Connected};
    DWORD code = ERROR_SUCCESS;

    while (code == ERROR_SUCCESS && status.rasconnstate == RASCS_Connected) {
        HANDLE own = CreateEvent(NULL, FALSE, FALSE, NULL);

        code = RasConnectionNotification(connection, own, flags);
        InterlockedIncrement(registrations);
        if (code == ERROR_SUCCESS && WaitForSingleObject(own, PATIENCE) != WAIT_OBJECT_0) {
            code = ERROR_TIMEOUT;
        }
        if (code == ERROR_SUCCESS) {
            code = RasGetConnectStatus(connection, &status);
        }
        CloseHandle(own);
    }
    return code ? code : status.dwError;
}

/* Every reference: RasHangUp until it answers that there is no connection. */
EXPORT DWORD client_hang_up_all(HRASCONN connection, DWORD *times) {
    DWORD code;

    for (*times = 0; (code = RasHangUp(connection)) == ERROR_SUCCESS; (*times)++) {
    }
    return code;
}
