/* What a drop-in rasapi32.dll has besides the simulator: the A forms of its functions, and under
 * their names those that are not simulated, so that each client of RAS can be loaded. */

#include <stdio.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"
#include "shim.h"
#include "simulator/service.h"

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

#pragma pack(pop)

static_assert(sizeof(RASCONNA) == 724 - WINRAS_LAYOUT_SHIFT, "RASCONNA");
static_assert(sizeof(RASCONNSTATUSA) == 332, "RASCONNSTATUSA");

/* Up to the last member that a WINVER has, padded to 4. */
#define UP_TO(type, member) ((offsetof(type, member) + sizeof(((type *)NULL)->member) + 3) / 4 * 4)

static const DWORD connection_sizes[] = {sizeof(RASCONNA), UP_TO(RASCONNA, luid), UP_TO(RASCONNA, guidEntry),
                                         UP_TO(RASCONNA, dwSubEntry), UP_TO(RASCONNA, szDeviceName)};
static const DWORD status_sizes[] = {sizeof(RASCONNSTATUSA), UP_TO(RASCONNSTATUSA, szPhoneNumber),
                                     UP_TO(RASCONNSTATUSA, szDeviceName)};

/* What the code page cannot say becomes its own sign for that; what does not fit is cut. No text of
 * RAS is longer than WINRAS_TEXT, and no code page has more than 4 bytes for 16 bits. */
static void to_ansi(CHAR *narrow, size_t room, const char16_t *wide) {
    CHAR whole[4 * WINRAS_TEXT] = {0};

    WideCharToMultiByte(CP_ACP, 0, (LPCWCH)wide, -1, whole, (int)sizeof(whole), NULL, NULL);
    memset(narrow, 0, room);
    memcpy(narrow, whole, room - 1 < sizeof(whole) ? room - 1 : sizeof(whole));
}

#define TO_ANSI(narrow, wide) to_ansi((narrow), sizeof(narrow), (wide))

static void fill_connection(void *buffer, const service_connection *connection, DWORD size) {
    RASCONNA native;

    memset(&native, 0, sizeof(native));
    native.dwSize = size;
    native.hrasconn = (HRASCONN)(uintptr_t)connection->handle;
    TO_ANSI(native.szEntryName, connection->entry.name);
    TO_ANSI(native.szDeviceType, connection->entry.device_type);
    TO_ANSI(native.szDeviceName, connection->entry.device_name);
    TO_ANSI(native.szPhonebook, connection->entry.phonebook);
    native.dwSubEntry = connection->sub_entry;
    memcpy(&native.guidEntry, connection->entry.entry_id, sizeof(native.guidEntry));
    native.dwFlags = connection->flags;
    native.luid.LowPart = (DWORD)connection->luid;
    native.luid.HighPart = (LONG)(connection->luid >> 32);
    memcpy(&native.guidCorrelationId, connection->correlation_id, sizeof(native.guidCorrelationId));
    memcpy(buffer, &native, size);
}

static void fill_status(void *buffer, const service_connection *connection, DWORD size) {
    RASCONNSTATUSA native;

    memset(&native, 0, sizeof(native));
    native.dwSize = size;
    native.rasconnstate = connection->state;
    native.dwError = connection->error;
    TO_ANSI(native.szDeviceType, connection->entry.device_type);
    TO_ANSI(native.szDeviceName, connection->entry.device_name);
    TO_ANSI(native.szPhoneNumber, connection->entry.phone_number);
    service_fill_endpoint(&native.localEndPoint, &connection->entry.local);
    service_fill_endpoint(&native.remoteEndPoint, &connection->entry.remote);
    native.rasconnsubstate = connection->substate;
    memcpy(buffer, &native, size);
}

DWORD APIENTRY RasEnumConnectionsA(RASCONNA *lprasconn, LPDWORD lpcb, LPDWORD lpcConnections) {
    static const service_form form = {connection_sizes, sizeof(connection_sizes) / sizeof(connection_sizes[0]),
                                      fill_connection};

    return service_enumerate(&form, lprasconn, lpcb, lpcConnections);
}

DWORD APIENTRY RasGetConnectStatusA(HRASCONN hrasconn, RASCONNSTATUSA *lprasconnstatus) {
    static const service_form form = {status_sizes, sizeof(status_sizes) / sizeof(status_sizes[0]), fill_status};

    return service_get_status(&form, hrasconn, lprasconnstatus);
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

/* On x64, where the caller clears the stack, a function can be called with arguments that it does
 * not know. */
static_assert(sizeof(void *) == 8, "the drop-in is for x64");

static DWORD refuse(const char *name, LONG *told) {
    if (InterlockedExchange(told, 1) == 0) {
        fprintf(stderr, "rasapi32.dll (winras drop-in): %s is not simulated\n", name);
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
#define NOT_SIMULATED_AW(name) NOT_SIMULATED(name##A) NOT_SIMULATED(name##W)

/* clang-format off */
NOT_SIMULATED(RasClearConnectionStatistics)
NOT_SIMULATED(RasClearLinkStatistics)
NOT_SIMULATED_AW(RasCreatePhonebookEntry)
NOT_SIMULATED_AW(RasDeleteEntry)
NOT_SIMULATED_AW(RasDeleteSubEntry)
NOT_SIMULATED_AW(RasDial)
NOT_SIMULATED_AW(RasEditPhonebookEntry)
NOT_SIMULATED_AW(RasEnumAutodialAddresses)
NOT_SIMULATED_AW(RasEnumDevices)
NOT_SIMULATED_AW(RasEnumEntries)
NOT_SIMULATED_AW(RasFreeEapUserIdentity)
NOT_SIMULATED_AW(RasGetAutodialAddress)
NOT_SIMULATED_AW(RasGetAutodialEnable)
NOT_SIMULATED_AW(RasGetAutodialParam)
NOT_SIMULATED(RasGetConnectionStatistics)
NOT_SIMULATED_AW(RasGetCountryInfo)
NOT_SIMULATED_AW(RasGetCredentials)
NOT_SIMULATED_AW(RasGetCustomAuthData)
NOT_SIMULATED_AW(RasGetEapUserData)
NOT_SIMULATED_AW(RasGetEapUserIdentity)
NOT_SIMULATED_AW(RasGetEntryDialParams)
NOT_SIMULATED_AW(RasGetEntryProperties)
NOT_SIMULATED(RasGetLinkStatistics)
NOT_SIMULATED(RasGetNapStatus)
NOT_SIMULATED(RasGetPCscf)
NOT_SIMULATED_AW(RasGetProjectionInfo)
NOT_SIMULATED(RasGetProjectionInfoEx)
NOT_SIMULATED_AW(RasGetSubEntryProperties)
NOT_SIMULATED(RasInvokeEapUI)
NOT_SIMULATED_AW(RasRenameEntry)
NOT_SIMULATED_AW(RasSetAutodialAddress)
NOT_SIMULATED_AW(RasSetAutodialEnable)
NOT_SIMULATED_AW(RasSetAutodialParam)
NOT_SIMULATED_AW(RasSetCredentials)
NOT_SIMULATED_AW(RasSetCustomAuthData)
NOT_SIMULATED_AW(RasSetEapUserData)
NOT_SIMULATED_AW(RasSetEntryDialParams)
NOT_SIMULATED_AW(RasSetEntryProperties)
NOT_SIMULATED_AW(RasSetSubEntryProperties)
NOT_SIMULATED(RasUpdateConnection)
NOT_SIMULATED_AW(RasValidateEntryName)
