/* The A forms of the functions for phone-book entries and for devices. Each converts to and from the W form's
 * structures, and what follows them, and calls that. */

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"
#include "simulator/forms.h"

#include "ansi.h"

#pragma pack(push, 4)

typedef struct {
    DWORD dwSize;
    DWORD dwfOptions;
    DWORD dwCountryID;
    DWORD dwCountryCode;
    CHAR szAreaCode[RAS_MaxAreaCode + 1];
    CHAR szLocalPhoneNumber[RAS_MaxPhoneNumber + 1];
    DWORD dwAlternateOffset;
    RASIPADDR ipaddr;
    RASIPADDR ipaddrDns;
    RASIPADDR ipaddrDnsAlt;
    RASIPADDR ipaddrWins;
    RASIPADDR ipaddrWinsAlt;
    DWORD dwFrameSize;
    DWORD dwfNetProtocols;
    DWORD dwFramingProtocol;
    CHAR szScript[MAX_PATH];
    CHAR szAutodialDll[MAX_PATH];
    CHAR szAutodialFunc[MAX_PATH];
    CHAR szDeviceType[RAS_MaxDeviceType + 1];
    CHAR szDeviceName[RAS_MaxDeviceName + 1];
    CHAR szX25PadType[RAS_MaxPadType + 1];
    CHAR szX25Address[RAS_MaxX25Address + 1];
    CHAR szX25Facilities[RAS_MaxFacilities + 1];
    CHAR szX25UserData[RAS_MaxUserData + 1];
    DWORD dwChannels;
    DWORD dwReserved1;
    DWORD dwReserved2;
    DWORD dwSubEntries;
    DWORD dwDialMode;
    DWORD dwDialExtraPercent;
    DWORD dwDialExtraSampleSeconds;
    DWORD dwHangUpExtraPercent;
    DWORD dwHangUpExtraSampleSeconds;
    DWORD dwIdleDisconnectSeconds;
    DWORD dwType;
    DWORD dwEncryptionType;
    DWORD dwCustomAuthKey;
    GUID guidId;
    CHAR szCustomDialDll[MAX_PATH];
    DWORD dwVpnStrategy;
    DWORD dwfOptions2;
    DWORD dwfOptions3;
    CHAR szDnsSuffix[RAS_MaxDnsSuffix];
    DWORD dwTcpWindowSize;
    CHAR szPrerequisitePbk[MAX_PATH];
    CHAR szPrerequisiteEntry[RAS_MaxEntryName + 1];
    DWORD dwRedialCount;
    DWORD dwRedialPause;
    RASIPV6ADDR ipv6addrDns;
    RASIPV6ADDR ipv6addrDnsAlt;
    DWORD dwIPv4InterfaceMetric;
    DWORD dwIPv6InterfaceMetric;
    RASIPV6ADDR ipv6addr;
    DWORD dwIPv6PrefixLength;
    DWORD dwNetworkOutageTime;
    CHAR szIDi[RAS_MaxIDSize + 1];
    CHAR szIDr[RAS_MaxIDSize + 1];
    BOOL fIsImsConfig;
    IKEV2_ID_PAYLOAD_TYPE IdiType;
    IKEV2_ID_PAYLOAD_TYPE IdrType;
    BOOL fDisableIKEv2Fragmentation;
} RASENTRYA;

typedef struct {
    DWORD dwSize;
    DWORD dwfFlags;
    CHAR szDeviceType[RAS_MaxDeviceType + 1];
    CHAR szDeviceName[RAS_MaxDeviceName + 1];
    CHAR szLocalPhoneNumber[RAS_MaxPhoneNumber + 1];
    DWORD dwAlternateOffset;
} RASSUBENTRYA;

typedef struct {
    DWORD dwSize;
    CHAR szDeviceType[RAS_MaxDeviceType + 1];
    CHAR szDeviceName[RAS_MaxDeviceName + 1];
} RASDEVINFOA;

#pragma pack(pop)

_Static_assert(sizeof(RASENTRYA) == 3480, "RASENTRYA");
_Static_assert(offsetof(RASENTRYA, dwAlternateOffset) == 156, "RASENTRYA.dwAlternateOffset");
_Static_assert(offsetof(RASENTRYA, szIDi) == 2948, "RASENTRYA.szIDi");
_Static_assert(offsetof(RASENTRYA, fDisableIKEv2Fragmentation) == 3476, "RASENTRYA.fDisableIKEv2Fragmentation");
_Static_assert(sizeof(RASSUBENTRYA) == 288, "RASSUBENTRYA");
_Static_assert(sizeof(RASDEVINFOA) == 152, "RASDEVINFOA");

/* Every member of RASENTRY but dwSize and dwAlternateOffset, which differ. */
/* clang-format off */
#define ENTRY_MEMBERS(TEXT, PLAIN) \
    PLAIN(dwfOptions) \
    PLAIN(dwCountryID) \
    PLAIN(dwCountryCode) \
    TEXT(szAreaCode) \
    TEXT(szLocalPhoneNumber) \
    PLAIN(ipaddr) \
    PLAIN(ipaddrDns) \
    PLAIN(ipaddrDnsAlt) \
    PLAIN(ipaddrWins) \
    PLAIN(ipaddrWinsAlt) \
    PLAIN(dwFrameSize) \
    PLAIN(dwfNetProtocols) \
    PLAIN(dwFramingProtocol) \
    TEXT(szScript) \
    TEXT(szAutodialDll) \
    TEXT(szAutodialFunc) \
    TEXT(szDeviceType) \
    TEXT(szDeviceName) \
    TEXT(szX25PadType) \
    TEXT(szX25Address) \
    TEXT(szX25Facilities) \
    TEXT(szX25UserData) \
    PLAIN(dwChannels) \
    PLAIN(dwReserved1) \
    PLAIN(dwReserved2) \
    PLAIN(dwSubEntries) \
    PLAIN(dwDialMode) \
    PLAIN(dwDialExtraPercent) \
    PLAIN(dwDialExtraSampleSeconds) \
    PLAIN(dwHangUpExtraPercent) \
    PLAIN(dwHangUpExtraSampleSeconds) \
    PLAIN(dwIdleDisconnectSeconds) \
    PLAIN(dwType) \
    PLAIN(dwEncryptionType) \
    PLAIN(dwCustomAuthKey) \
    PLAIN(guidId) \
    TEXT(szCustomDialDll) \
    PLAIN(dwVpnStrategy) \
    PLAIN(dwfOptions2) \
    PLAIN(dwfOptions3) \
    TEXT(szDnsSuffix) \
    PLAIN(dwTcpWindowSize) \
    TEXT(szPrerequisitePbk) \
    TEXT(szPrerequisiteEntry) \
    PLAIN(dwRedialCount) \
    PLAIN(dwRedialPause) \
    PLAIN(ipv6addrDns) \
    PLAIN(ipv6addrDnsAlt) \
    PLAIN(dwIPv4InterfaceMetric) \
    PLAIN(dwIPv6InterfaceMetric) \
    PLAIN(ipv6addr) \
    PLAIN(dwIPv6PrefixLength) \
    PLAIN(dwNetworkOutageTime) \
    TEXT(szIDi) \
    TEXT(szIDr) \
    PLAIN(fIsImsConfig) \
    PLAIN(IdiType) \
    PLAIN(IdrType) \
    PLAIN(fDisableIKEv2Fragmentation)
/* clang-format on */

#define COPY_PLAIN(member)                                                                   \
    do {                                                                                     \
        _Static_assert(sizeof(to->member) == sizeof(from->member), "a member without text"); \
        memcpy(&to->member, &from->member, sizeof(to->member));                              \
    } while (0);
#define NARROW_TEXT(member) TO_ANSI(to->member, (const char16_t *)from->member);
#define WIDEN_TEXT(member) TO_WIDE(to->member, from->member);

static void narrow_entry(void *narrow, const void *wide) {
    RASENTRYA *to = narrow;
    const RASENTRYW *from = wide;

    ENTRY_MEMBERS(NARROW_TEXT, COPY_PLAIN)
}

static void widen_entry(void *wide, const void *narrow) {
    RASENTRYW *to = wide;
    const RASENTRYA *from = narrow;

    ENTRY_MEMBERS(WIDEN_TEXT, COPY_PLAIN)
}

static void narrow_sub_entry(void *narrow, const void *wide) {
    RASSUBENTRYA *to = narrow;
    const RASSUBENTRYW *from = wide;

    COPY_PLAIN(dwfFlags)
    NARROW_TEXT(szDeviceType)
    NARROW_TEXT(szDeviceName)
    NARROW_TEXT(szLocalPhoneNumber)
}

static void widen_sub_entry(void *wide, const void *narrow) {
    RASSUBENTRYW *to = wide;
    const RASSUBENTRYA *from = narrow;

    COPY_PLAIN(dwfFlags)
    WIDEN_TEXT(szDeviceType)
    WIDEN_TEXT(szDeviceName)
    WIDEN_TEXT(szLocalPhoneNumber)
}

/* A structure that alternate phone numbers may follow; its sizes are those of the same versions. */
typedef struct {
    DWORD sizes[9];
    DWORD wide_sizes[9];
    size_t numbers; /* where dwAlternateOffset is */
    size_t wide_numbers;
    void (*narrow)(void *narrow, const void *wide);
    void (*widen)(void *wide, const void *narrow);
} numbers_form;

static const numbers_form entry_form = {
    {sizeof(RASENTRYA), UP_TO(RASENTRYA, IdrType), UP_TO(RASENTRYA, dwNetworkOutageTime),
     UP_TO(RASENTRYA, dwIPv6InterfaceMetric), UP_TO(RASENTRYA, dwRedialPause), UP_TO(RASENTRYA, dwVpnStrategy),
     UP_TO(RASENTRYA, dwIdleDisconnectSeconds), UP_TO(RASENTRYA, dwReserved2)},
    WINRAS_ENTRY_SIZES,
    offsetof(RASENTRYA, dwAlternateOffset),
    offsetof(RASENTRYW, dwAlternateOffset),
    narrow_entry,
    widen_entry,
};
static const numbers_form sub_entry_form = {
    {sizeof(RASSUBENTRYA)},
    {WINRAS_SUBENTRY_SIZE},
    offsetof(RASSUBENTRYA, dwAlternateOffset),
    offsetof(RASSUBENTRYW, dwAlternateOffset),
    narrow_sub_entry,
    widen_sub_entry,
};

/* The size of the same version in the other form; 1, which no version has, if there is none. */
static DWORD other_size(DWORD size, const DWORD *sizes, const DWORD *other) {
    while (*sizes && *sizes != size) {
        sizes++;
        other++;
    }
    return *sizes ? *other : 1;
}

typedef struct {
    const numbers_form *form;
    WCHAR phonebook[MAX_PATH];
    WCHAR entry[RAS_MaxEntryName + 2]; /* so that a name that is too long stays so */
    BOOL has_entry;
    DWORD sub_entry;
} numbers_call;

static numbers_call numbers_of(const numbers_form *form, LPCSTR phonebook, LPCSTR entry, DWORD sub_entry) {
    numbers_call call = {.form = form, .has_entry = entry != NULL, .sub_entry = sub_entry};

    TO_WIDE(call.phonebook, phonebook);
    TO_WIDE(call.entry, entry);
    return call;
}

static DWORD get_wide(const numbers_call *call, DWORD size, void *wide, LPDWORD bytes) {
    LPCWSTR entry = call->has_entry ? call->entry : NULL;

    return call->form == &entry_form ? form_get_entry(call->phonebook, entry, size, wide, bytes)
                                     : form_get_sub_entry(call->phonebook, entry, call->sub_entry, size, wide, bytes);
}

static DWORD set_wide(const numbers_call *call, void *wide, DWORD bytes) {
    LPCWSTR entry = call->has_entry ? call->entry : NULL;

    return call->form == &entry_form
               ? RasSetEntryPropertiesW(call->phonebook, entry, wide, bytes, NULL, 0)
               : RasSetSubEntryPropertiesW(call->phonebook, entry, call->sub_entry, wide, bytes, NULL, 0);
}

/* Room for either form of a structure, and for what follows it in any code page. */
#define NUMBERS_ROOM (sizeof(RASENTRYW) + 2 * FORM_MOST_TAIL)

/* The narrow structure of the same version, from the wide one; its size with what follows it. */
static DWORD narrow_numbers(const numbers_form *form, BYTE *narrow, const BYTE *wide, DWORD bytes) {
    DWORD size, wide_size, offset, before;
    int count = 0;

    memcpy(&wide_size, wide, sizeof(wide_size));
    size = other_size(wide_size, form->wide_sizes, form->sizes);
    memcpy(&offset, wide + form->wide_numbers, sizeof(offset));
    before = (offset ? offset : bytes) - wide_size;
    form->narrow(narrow, wide);
    memcpy(narrow + size, wide + wide_size, before);
    if (offset) {
        count = WideCharToMultiByte(CP_ACP, 0, (LPCWCH)(wide + offset), (int)((bytes - offset) / sizeof(WCHAR)),
                                    (LPSTR)narrow + size + before, 2 * FORM_MOST_TAIL - (int)before, NULL, NULL);
        offset = size + before;
    }
    memcpy(narrow, &size, sizeof(size));
    memcpy(narrow + form->numbers, &offset, sizeof(offset));
    return size + before + (DWORD)count;
}

static DWORD get_narrow(const numbers_call *call, void *buffer, LPDWORD bytes) {
    BYTE *wide = calloc(2, NUMBERS_ROOM), *narrow = wide ? wide + NUMBERS_ROOM : NULL;
    DWORD size, wide_size = 0, needed, room = NUMBERS_ROOM, code = ERROR_NOT_ENOUGH_MEMORY;

    if (!wide || !bytes) {
        code = wide ? get_wide(call, 0, buffer ? wide : NULL, NULL) : code;
        goto done;
    }
    if (buffer && *bytes >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        wide_size = other_size(size, call->form->sizes, call->form->wide_sizes);
    }
    code = get_wide(call, wide_size, wide, &room);
    if (!code) {
        needed = narrow_numbers(call->form, narrow, wide, room);
        code = buffer && *bytes >= needed ? ERROR_SUCCESS : ERROR_BUFFER_TOO_SMALL;
        *bytes = needed;
    }
    if (!code) {
        memcpy(buffer, narrow, *bytes);
    }
done:
    free(wide);
    return code;
}

static DWORD widen_numbers(const numbers_form *form, BYTE *wide, const BYTE *narrow, DWORD bytes) {
    DWORD size, wide_size, offset, before;
    int count = 0;

    memcpy(&size, narrow, sizeof(size));
    memcpy(&offset, narrow + form->numbers, sizeof(offset));
    wide_size = other_size(size, form->sizes, form->wide_sizes);
    before = (offset ? offset : bytes) - size;
    form->widen(wide, narrow);
    memcpy(wide + wide_size, narrow + size, before);
    if (offset) {
        count = MultiByteToWideChar(CP_ACP, 0, (LPCSTR)narrow + offset, (int)(bytes - offset),
                                    (LPWSTR)(wide + wide_size + before), FORM_MOST_TAIL / 2);
        offset = wide_size + before;
    }
    memcpy(wide, &wide_size, sizeof(wide_size));
    memcpy(wide + form->wide_numbers, &offset, sizeof(offset));
    return wide_size + before + (DWORD)count * (DWORD)sizeof(WCHAR);
}

/* Of a buffer that is not right in itself, the W form is given no more than dwSize. */
static DWORD set_narrow(const numbers_call *call, const void *buffer, DWORD bytes) {
    BYTE *wide = calloc(2, NUMBERS_ROOM), *narrow = wide ? wide + NUMBERS_ROOM : NULL;
    DWORD size = 0, offset = 0, given, code;

    if (!wide) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (buffer && bytes >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
    }
    given = other_size(size, call->form->sizes, call->form->wide_sizes);
    memcpy(wide, &given, sizeof(given));
    if (!size || given == 1 || bytes < size || bytes - size > FORM_MOST_TAIL / 2) {
        code = set_wide(call, size ? wide : NULL, sizeof(given));
        goto done;
    }
    memcpy(narrow, buffer, bytes);
    memcpy(&offset, narrow + call->form->numbers, sizeof(offset));
    if (offset && (offset < size || offset > bytes)) {
        code = ERROR_INVALID_PARAMETER;
        goto done;
    }
    given = widen_numbers(call->form, wide, narrow, bytes);
    code = set_wide(call, wide, given);
done:
    free(wide);
    return code;
}

DWORD APIENTRY RasGetEntryPropertiesA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, RASENTRYA *lpRasEntry,
                                      LPDWORD lpdwEntryInfoSize, BYTE *lpbDeviceInfo, LPDWORD lpdwDeviceInfoSize) {
    numbers_call call = numbers_of(&entry_form, lpszPhonebook, lpszEntry, 0);

    (void)lpbDeviceInfo, (void)lpdwDeviceInfoSize;
    return get_narrow(&call, lpRasEntry, lpdwEntryInfoSize);
}

DWORD APIENTRY RasSetEntryPropertiesA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, RASENTRYA *lpRasEntry,
                                      DWORD dwEntryInfoSize, BYTE *lpbDeviceInfo, DWORD dwDeviceInfoSize) {
    numbers_call call = numbers_of(&entry_form, lpszPhonebook, lpszEntry, 0);

    (void)lpbDeviceInfo, (void)dwDeviceInfoSize;
    return set_narrow(&call, lpRasEntry, dwEntryInfoSize);
}

DWORD APIENTRY RasGetSubEntryPropertiesA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, DWORD dwSubEntry,
                                         RASSUBENTRYA *lpRasSubEntry, LPDWORD lpdwcb, BYTE *lpbDeviceConfig,
                                         LPDWORD lpcbDeviceConfig) {
    numbers_call call = numbers_of(&sub_entry_form, lpszPhonebook, lpszEntry, dwSubEntry);

    (void)lpbDeviceConfig, (void)lpcbDeviceConfig;
    return get_narrow(&call, lpRasSubEntry, lpdwcb);
}

DWORD APIENTRY RasSetSubEntryPropertiesA(LPCSTR lpszPhonebook, LPCSTR lpszEntry, DWORD dwSubEntry,
                                         RASSUBENTRYA *lpRasSubEntry, DWORD dwcbRasSubEntry, BYTE *lpbDeviceConfig,
                                         DWORD dwcbDeviceConfig) {
    numbers_call call = numbers_of(&sub_entry_form, lpszPhonebook, lpszEntry, dwSubEntry);

    (void)lpbDeviceConfig, (void)dwcbDeviceConfig;
    return set_narrow(&call, lpRasSubEntry, dwcbRasSubEntry);
}

DWORD APIENTRY RasDeleteSubEntryA(LPCSTR pszPhonebook, LPCSTR pszEntry, DWORD dwSubEntryId) {
    numbers_call call = numbers_of(&sub_entry_form, pszPhonebook, pszEntry, dwSubEntryId);

    return RasDeleteSubEntryW(call.phonebook, call.entry, dwSubEntryId);
}

DWORD APIENTRY RasDeleteEntryA(LPCSTR lpszPhonebook, LPCSTR lpszEntry) {
    numbers_call call = numbers_of(&entry_form, lpszPhonebook, lpszEntry, 0);

    return RasDeleteEntryW(call.phonebook, call.entry);
}

DWORD APIENTRY RasRenameEntryA(LPCSTR lpszPhonebook, LPCSTR lpszOldEntry, LPCSTR lpszNewEntry) {
    numbers_call call = numbers_of(&entry_form, lpszPhonebook, lpszOldEntry, 0);
    numbers_call renamed = numbers_of(&entry_form, NULL, lpszNewEntry, 0);

    return RasRenameEntryW(call.phonebook, call.entry, renamed.entry);
}

DWORD APIENTRY RasValidateEntryNameA(LPCSTR lpszPhonebook, LPCSTR lpszEntry) {
    numbers_call call = numbers_of(&entry_form, lpszPhonebook, lpszEntry, 0);

    return RasValidateEntryNameW(call.phonebook, call.entry);
}

static void fill_device_a(void *buffer, const void *answer, DWORD size) {
    const sim_device *device = answer;
    RASDEVINFOA native;

    FORM_DEVICE(native, device, size, TO_ANSI);
    memcpy(buffer, &native, size);
}

DWORD APIENTRY RasEnumDevicesA(RASDEVINFOA *lpRasDevInfo, LPDWORD lpcb, LPDWORD lpcDevices) {
    static const native_form a_form = {{sizeof(RASDEVINFOA)}, fill_device_a};

    return form_enumerate_devices(&a_form, lpRasDevInfo, lpcb, lpcDevices);
}
