/* What the RAS structures must look like, whichever ras.h the compiler found: sizes and offsets as
 * Windows has them, packed to 4. A structure that newer SDKs extend at its end may be larger. */
#ifndef WINRAS_LAYOUTS_H
#define WINRAS_LAYOUTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Copies a text to or from its native twin, which is as long; the copy always ends in a NUL. */
#define WINRAS_COPY_TEXT(to, from)                                                       \
    do {                                                                                 \
        _Static_assert(sizeof(to) == sizeof(from), "a text and its native twin differ"); \
        memcpy((to), (from), sizeof(to));                                                \
        (to)[sizeof(to) / sizeof((to)[0]) - 1] = 0;                                      \
    } while (0)

/* The dwSize that winras gives: the newest that every supported Windows knows. */
#define WINRAS_RASCONN_SIZE (1388 - WINRAS_LAYOUT_SHIFT)
#define WINRAS_STATUS_SIZE 608
#define WINRAS_DIALPARAMS_SIZE (2120 - 2 * WINRAS_LAYOUT_SHIFT)
#define WINRAS_DIALEXTENSIONS_SIZE (60 - 5 * WINRAS_LAYOUT_SHIFT)
#define WINRAS_ENTRYNAME_SIZE 1048

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

/* A handle as a plain number, and back. */
static inline HRASCONN handle_to_native(uint64_t handle) { return (HRASCONN)(uintptr_t)handle; }

static inline uint64_t handle_from_native(HRASCONN handle) { return (uint64_t)(uintptr_t)handle; }

#endif
