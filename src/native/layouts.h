/* What the RAS structures must look like, whichever ras.h the compiler found: sizes and offsets as
 * Windows has them, packed to 4. A structure that newer SDKs extend at its end may be larger. */
#ifndef WINRAS_LAYOUTS_H
#define WINRAS_LAYOUTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>

#include <windows.h>

#include <ras.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Offsets are written as on 64 bit; after a pointer or handle, those on 32 bit are this much
 * less. */
#define WINRAS_LAYOUT_SHIFT (8 - sizeof(HRASCONN))

#define WINRAS_RASCONN(member, offset) \
    _Static_assert(offsetof(RASCONNW, member) == (offset) - WINRAS_LAYOUT_SHIFT, "RASCONNW." #member)
#define WINRAS_STATUS(member, offset) \
    _Static_assert(offsetof(RASCONNSTATUSW, member) == (offset), "RASCONNSTATUSW." #member)

#define WINRAS_ENTRY(member, offset) _Static_assert(offsetof(RASENTRYW, member) == (offset), "RASENTRYW." #member)

/* `pointers`: how many come before the member. */
#define WINRAS_DIAL(member, offset, pointers)                                                       \
    _Static_assert(offsetof(RASDIALPARAMSW, member) == (offset) - WINRAS_LAYOUT_SHIFT * (pointers), \
                   "RASDIALPARAMSW." #member)

_Static_assert(offsetof(RASCONNW, dwSize) == 0, "RASCONNW.dwSize");
_Static_assert(offsetof(RASCONNW, hrasconn) == 4, "RASCONNW.hrasconn");
WINRAS_RASCONN(szEntryName, 12);
WINRAS_RASCONN(szDeviceType, 526);
WINRAS_RASCONN(szDeviceName, 560);
WINRAS_RASCONN(szPhonebook, 818);
WINRAS_RASCONN(dwSubEntry, 1340);
WINRAS_RASCONN(guidEntry, 1344);
WINRAS_RASCONN(dwFlags, 1360);
WINRAS_RASCONN(luid, 1364);
WINRAS_RASCONN(guidCorrelationId, 1372);
_Static_assert(sizeof(RASCONNW) >= 1388 - WINRAS_LAYOUT_SHIFT, "RASCONNW");

WINRAS_STATUS(dwSize, 0);
WINRAS_STATUS(rasconnstate, 4);
WINRAS_STATUS(dwError, 8);
WINRAS_STATUS(szDeviceType, 12);
WINRAS_STATUS(szDeviceName, 46);
WINRAS_STATUS(szPhoneNumber, 304);
WINRAS_STATUS(localEndPoint, 564);
WINRAS_STATUS(remoteEndPoint, 584);
WINRAS_STATUS(rasconnsubstate, 604);
_Static_assert(sizeof(RASCONNSTATUSW) >= 608, "RASCONNSTATUSW");
_Static_assert(sizeof(RASTUNNELENDPOINT) == 20, "RASTUNNELENDPOINT");

WINRAS_DIAL(dwSize, 0, 0);
WINRAS_DIAL(szEntryName, 4, 0);
WINRAS_DIAL(szPhoneNumber, 518, 0);
WINRAS_DIAL(szCallbackNumber, 776, 0);
WINRAS_DIAL(szUserName, 1034, 0);
WINRAS_DIAL(szPassword, 1548, 0);
WINRAS_DIAL(szDomain, 2062, 0);
WINRAS_DIAL(dwSubEntry, 2096, 0);
WINRAS_DIAL(dwCallbackId, 2100, 0);
WINRAS_DIAL(dwIfIndex, 2108, 1);
WINRAS_DIAL(szEncPassword, 2112, 1);
_Static_assert(sizeof(RASDIALPARAMSW) >= 2120 - 2 * WINRAS_LAYOUT_SHIFT, "RASDIALPARAMSW");
_Static_assert(offsetof(RASCREDENTIALSW, dwMask) == 4, "RASCREDENTIALSW.dwMask");
_Static_assert(offsetof(RASCREDENTIALSW, szUserName) == 8, "RASCREDENTIALSW.szUserName");
_Static_assert(offsetof(RASCREDENTIALSW, szPassword) == 522, "RASCREDENTIALSW.szPassword");
_Static_assert(offsetof(RASCREDENTIALSW, szDomain) == 1036, "RASCREDENTIALSW.szDomain");
_Static_assert(sizeof(RASCREDENTIALSW) == 1068, "RASCREDENTIALSW");
_Static_assert(sizeof(RASDIALEXTENSIONS) >= 60 - 5 * WINRAS_LAYOUT_SHIFT, "RASDIALEXTENSIONS");
_Static_assert(offsetof(RASDIALEXTENSIONS, fSkipPppAuth) == 44 - 4 * WINRAS_LAYOUT_SHIFT,
               "RASDIALEXTENSIONS.fSkipPppAuth");
_Static_assert(offsetof(RASENTRYNAMEW, szEntryName) == 4, "RASENTRYNAMEW.szEntryName");
_Static_assert(offsetof(RASENTRYNAMEW, dwFlags) == 520, "RASENTRYNAMEW.dwFlags");
_Static_assert(offsetof(RASENTRYNAMEW, szPhonebookPath) == 524, "RASENTRYNAMEW.szPhonebookPath");
_Static_assert(sizeof(RASENTRYNAMEW) >= 1048, "RASENTRYNAMEW");

_Static_assert(sizeof(RAS_STATS) == 60, "RAS_STATS");
_Static_assert(offsetof(RAS_STATS, dwConnectDuration) == 56, "RAS_STATS.dwConnectDuration");

_Static_assert(offsetof(RASEAPUSERIDENTITYW, dwSizeofEapInfo) == 516, "RASEAPUSERIDENTITYW.dwSizeofEapInfo");
_Static_assert(offsetof(RASEAPUSERIDENTITYW, pbEapInfo) == 520, "RASEAPUSERIDENTITYW.pbEapInfo");

_Static_assert(sizeof(RASPPPIPW) == 80, "RASPPPIPW");
_Static_assert(offsetof(RASPPPIPW, szServerIpAddress) == 40, "RASPPPIPW.szServerIpAddress");
_Static_assert(sizeof(RASPPPIPV6) == 28, "RASPPPIPV6");
_Static_assert(sizeof(RASPPPLCPW) == 2104, "RASPPPLCPW");
_Static_assert(sizeof(RASPPPCCP) == 24, "RASPPPCCP");
_Static_assert(sizeof(RASPPP_PROJECTION_INFO) == 100, "RASPPP_PROJECTION_INFO");
_Static_assert(offsetof(RASPPP_PROJECTION_INFO, dwIPv6NegotiationError) == 20, "dwIPv6NegotiationError");
_Static_assert(offsetof(RASPPP_PROJECTION_INFO, fBundled) == 40, "RASPPP_PROJECTION_INFO.fBundled");
_Static_assert(sizeof(RASIKEV2_PROJECTION_INFO) == 92 - 2 * WINRAS_LAYOUT_SHIFT, "RASIKEV2_PROJECTION_INFO");
_Static_assert(offsetof(RASIKEV2_PROJECTION_INFO, dwPrefixLength) == 48, "RASIKEV2_PROJECTION_INFO.dwPrefixLength");
_Static_assert(offsetof(RASIKEV2_PROJECTION_INFO, ipv4ServerAddresses) == 72, "ipv4ServerAddresses");
_Static_assert(offsetof(RASIKEV2_PROJECTION_INFO, ipv6ServerAddresses) == 84 - WINRAS_LAYOUT_SHIFT,
               "ipv6ServerAddresses");
_Static_assert(sizeof(RAS_PROJECTION_INFO) == 108, "RAS_PROJECTION_INFO");
_Static_assert(offsetof(RAS_PROJECTION_INFO, ppp) == 8, "RAS_PROJECTION_INFO.ppp");

/* The same on 32 bit and on 64 bit: it has no pointer. */
WINRAS_ENTRY(dwfOptions, 4);
WINRAS_ENTRY(dwCountryID, 8);
WINRAS_ENTRY(dwCountryCode, 12);
WINRAS_ENTRY(szAreaCode, 16);
WINRAS_ENTRY(szLocalPhoneNumber, 38);
WINRAS_ENTRY(dwAlternateOffset, 296);
WINRAS_ENTRY(ipaddr, 300);
WINRAS_ENTRY(ipaddrDns, 304);
WINRAS_ENTRY(ipaddrDnsAlt, 308);
WINRAS_ENTRY(ipaddrWins, 312);
WINRAS_ENTRY(ipaddrWinsAlt, 316);
WINRAS_ENTRY(dwFrameSize, 320);
WINRAS_ENTRY(dwfNetProtocols, 324);
WINRAS_ENTRY(dwFramingProtocol, 328);
WINRAS_ENTRY(szScript, 332);
WINRAS_ENTRY(szAutodialDll, 852);
WINRAS_ENTRY(szAutodialFunc, 1372);
WINRAS_ENTRY(szDeviceType, 1892);
WINRAS_ENTRY(szDeviceName, 1926);
WINRAS_ENTRY(szX25PadType, 2184);
WINRAS_ENTRY(szX25Address, 2250);
WINRAS_ENTRY(szX25Facilities, 2652);
WINRAS_ENTRY(szX25UserData, 3054);
WINRAS_ENTRY(dwChannels, 3456);
WINRAS_ENTRY(dwReserved1, 3460);
WINRAS_ENTRY(dwReserved2, 3464);
WINRAS_ENTRY(dwSubEntries, 3468);
WINRAS_ENTRY(dwDialMode, 3472);
WINRAS_ENTRY(dwDialExtraPercent, 3476);
WINRAS_ENTRY(dwDialExtraSampleSeconds, 3480);
WINRAS_ENTRY(dwHangUpExtraPercent, 3484);
WINRAS_ENTRY(dwHangUpExtraSampleSeconds, 3488);
WINRAS_ENTRY(dwIdleDisconnectSeconds, 3492);
WINRAS_ENTRY(dwType, 3496);
WINRAS_ENTRY(dwEncryptionType, 3500);
WINRAS_ENTRY(dwCustomAuthKey, 3504);
WINRAS_ENTRY(guidId, 3508);
WINRAS_ENTRY(szCustomDialDll, 3524);
WINRAS_ENTRY(dwVpnStrategy, 4044);
WINRAS_ENTRY(dwfOptions2, 4048);
WINRAS_ENTRY(dwfOptions3, 4052);
WINRAS_ENTRY(szDnsSuffix, 4056);
WINRAS_ENTRY(dwTcpWindowSize, 4568);
WINRAS_ENTRY(szPrerequisitePbk, 4572);
WINRAS_ENTRY(szPrerequisiteEntry, 5092);
WINRAS_ENTRY(dwRedialCount, 5608);
WINRAS_ENTRY(dwRedialPause, 5612);
WINRAS_ENTRY(ipv6addrDns, 5616);
WINRAS_ENTRY(ipv6addrDnsAlt, 5632);
WINRAS_ENTRY(dwIPv4InterfaceMetric, 5648);
WINRAS_ENTRY(dwIPv6InterfaceMetric, 5652);
WINRAS_ENTRY(ipv6addr, 5656);
WINRAS_ENTRY(dwIPv6PrefixLength, 5672);
WINRAS_ENTRY(dwNetworkOutageTime, 5676);
WINRAS_ENTRY(szIDi, 5680);
WINRAS_ENTRY(szIDr, 6194);
WINRAS_ENTRY(fIsImsConfig, 6708);
WINRAS_ENTRY(IdiType, 6712);
WINRAS_ENTRY(IdrType, 6716);
WINRAS_ENTRY(fDisableIKEv2Fragmentation, 6720);
_Static_assert(sizeof(RASENTRYW) >= 6724, "RASENTRYW");

_Static_assert(offsetof(RASSUBENTRYW, szDeviceType) == 8, "RASSUBENTRYW.szDeviceType");
_Static_assert(offsetof(RASSUBENTRYW, szDeviceName) == 42, "RASSUBENTRYW.szDeviceName");
_Static_assert(offsetof(RASSUBENTRYW, szLocalPhoneNumber) == 300, "RASSUBENTRYW.szLocalPhoneNumber");
_Static_assert(offsetof(RASSUBENTRYW, dwAlternateOffset) == 560, "RASSUBENTRYW.dwAlternateOffset");
_Static_assert(sizeof(RASSUBENTRYW) == 564, "RASSUBENTRYW");
_Static_assert(offsetof(RASDEVINFOW, szDeviceType) == 4, "RASDEVINFOW.szDeviceType");
_Static_assert(offsetof(RASDEVINFOW, szDeviceName) == 38, "RASDEVINFOW.szDeviceName");
_Static_assert(sizeof(RASDEVINFOW) == 296, "RASDEVINFOW");

/* Copies a text to or from its native twin, which is as long; the copy always ends in a NUL. */
#define WINRAS_COPY_TEXT(to, from)                                                       \
    do {                                                                                 \
        _Static_assert(sizeof(to) == sizeof(from), "a text and its native twin differ"); \
        memcpy((to), (from), sizeof(to));                                                \
        (to)[sizeof(to) / sizeof((to)[0]) - 1] = 0;                                      \
    } while (0)

/* The same without what is behind the NUL, four characters at a time: most texts are much shorter than their room. */
#define WINRAS_COPY_BEGINNING(to, from)                                                  \
    do {                                                                                 \
        _Static_assert(sizeof(to) == sizeof(from), "a text and its native twin differ"); \
        copy_beginning((to), (from), sizeof(to) / sizeof((to)[0]));                      \
    } while (0)

static inline void copy_beginning(void *to, const void *from, size_t room) {
    const uint64_t lowest = 0x0001000100010001, highest = 0x8000800080008000;
    const char16_t *read = from;
    char16_t *written = to;
    size_t i = 0;

    for (uint64_t four; i + 4 < room; i += 4) {
        memcpy(&four, read + i, sizeof(four));
        if ((four - lowest) & ~four & highest) {
            break;
        }
        memcpy(written + i, &four, sizeof(four));
    }
    for (; i < room - 1 && read[i]; i++) {
        written[i] = read[i];
    }
    written[i] = 0;
}

/* Paths, and names of entries, have no case. */
static inline int compare_caseless(const char16_t *a, const char16_t *b) {
    return CompareStringOrdinal((LPCWSTR)a, -1, (LPCWSTR)b, -1, TRUE) - CSTR_EQUAL;
}

static inline BOOL same_caseless(const char16_t *a, const char16_t *b) { return compare_caseless(a, b) == 0; }

/* The dwSize that winras gives: the newest that every supported Windows knows. */
#define WINRAS_RASCONN_SIZE (1388 - WINRAS_LAYOUT_SHIFT)
#define WINRAS_STATUS_SIZE 608
#define WINRAS_DIALPARAMS_SIZE (2120 - 2 * WINRAS_LAYOUT_SHIFT)
#define WINRAS_DIALEXTENSIONS_SIZE (60 - 5 * WINRAS_LAYOUT_SHIFT)
#define WINRAS_ENTRYNAME_SIZE 1048
#define WINRAS_CREDENTIALS_SIZE 1068
#define WINRAS_ENTRY_SIZE 6724
#define WINRAS_SUBENTRY_SIZE 564
#define WINRAS_DEVINFO_SIZE 296

/* The sizes that the simulator takes from clients, newest first; each is the whole structure of one
 * WINVER. */
#define WINRAS_RASCONN_SIZES                                                                                  \
    {WINRAS_RASCONN_SIZE, 1372 - WINRAS_LAYOUT_SHIFT, 1360 - WINRAS_LAYOUT_SHIFT, 1344 - WINRAS_LAYOUT_SHIFT, \
     820 - WINRAS_LAYOUT_SHIFT}
#define WINRAS_STATUS_SIZES {WINRAS_STATUS_SIZE, 564, 304}
#define WINRAS_DIALPARAMS_SIZES {WINRAS_DIALPARAMS_SIZE, 2112 - WINRAS_LAYOUT_SHIFT, 2108 - WINRAS_LAYOUT_SHIFT, 2096}
#define WINRAS_DIALEXTENSIONS_SIZES \
    {WINRAS_DIALEXTENSIONS_SIZE, 44 - 4 * WINRAS_LAYOUT_SHIFT, 24 - 2 * WINRAS_LAYOUT_SHIFT}
#define WINRAS_ENTRYNAME_SIZES {WINRAS_ENTRYNAME_SIZE, 520}
/* 6720 is of no header: a shipping client met a Windows that knows the structure without its last member. */
#define WINRAS_ENTRY_SIZES {WINRAS_ENTRY_SIZE, 6720, 5680, 5656, 5616, 4048, 3496, 3468, 0}

/* A handle as a plain number, and back. */
static inline HRASCONN handle_to_native(uint64_t handle) { return (HRASCONN)(uintptr_t)handle; }

static inline uint64_t handle_from_native(HRASCONN handle) { return (uint64_t)(uintptr_t)handle; }

#endif
