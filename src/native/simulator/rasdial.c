/* RAS's entry points around dialling: what the documentation says of pointers, sizes and answers. */

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"

#include "service.h"

/* What a page calls E_INVALIDARG, of functions that otherwise answer Win32 errors. */
#define INVALID_ARGUMENT 0x80070057
/* IPSEC_CIPHER_TYPE_AES_256 of ipsectypes.h, and the number of EAP-TLS. */
#define CIPHER_AES_256 5
#define EAP_TLS 13
#define NOTIFIER_KINDS 3

static const DWORD params_sizes[] = WINRAS_DIALPARAMS_SIZES;
static const DWORD extensions_sizes[] = WINRAS_DIALEXTENSIONS_SIZES;
/* What the simulated EAP method knows its identity by; RasDial must be given the same. */
static const BYTE eap_info[] = "winras simulated EAP identity";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static BOOL is_one_of(DWORD size, const DWORD *sizes, size_t newest, size_t count) {
    for (size_t i = newest; i < count; i++) {
        if (sizes[i] == size) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The newest structure that this Windows knows: they grew in WINVER 0x0601 and 0x0602, and before
 * that in 0x0401 and 0x0500. */
static size_t newest_params(void) {
    if (service_quirk(QUIRK_WINVER_0400)) {
        return 3;
    }
    return service_old_windows() ? 2 : 0;
}

static size_t newest_extensions(void) {
    if (service_quirk(QUIRK_WINVER_0400) || service_quirk(QUIRK_WINVER_0401)) {
        return 2;
    }
    return service_old_windows() ? 1 : 0;
}

static void copy_text(char16_t *to, size_t room, LPCWSTR from) {
    size_t length = 0;

    while (from && length < room - 1 && from[length]) {
        to[length] = (char16_t)from[length];
        length++;
    }
    memset(to + length, 0, (room - length) * sizeof(*to));
}

static BOOL is_asterisk(LPCWSTR number) { return number[0] == '*' && number[1] == 0; }

static DWORD read_params(const RASDIALPARAMSW *given, service_dialling *dialling, ULONG_PTR *id) {
    RASDIALPARAMSW params;
    DWORD size;

    memcpy(&size, given, sizeof(size));
    if (!is_one_of(size, params_sizes, newest_params(), COUNT(params_sizes))) {
        return ERROR_INVALID_SIZE;
    }
    memset(&params, 0, sizeof(params));
    memcpy(&params, given, size < sizeof(params) ? size : sizeof(params));
    WINRAS_COPY_TEXT(dialling->name, params.szEntryName);
    WINRAS_COPY_TEXT(dialling->phone_number, params.szPhoneNumber);
    WINRAS_COPY_TEXT(dialling->user, params.szUserName);
    WINRAS_COPY_TEXT(dialling->password, params.szPassword);
    WINRAS_COPY_TEXT(dialling->domain, params.szDomain);
    dialling->sets_callback = is_asterisk(params.szCallbackNumber);
    dialling->sub_entry = params.dwSubEntry;
    *id = params.dwCallbackId;
    SecureZeroMemory(&params, sizeof(params));
    return dialling->name[0] || dialling->phone_number[0] ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static DWORD read_extensions(const RASDIALEXTENSIONS *given, service_dialling *dialling) {
    RASDIALEXTENSIONS extensions;
    DWORD size;

    if (!given) {
        return ERROR_SUCCESS;
    }
    memcpy(&size, given, sizeof(size));
    if (!is_one_of(size, extensions_sizes, newest_extensions(), COUNT(extensions_sizes))) {
        return ERROR_INVALID_SIZE;
    }
    memset(&extensions, 0, sizeof(extensions));
    memcpy(&extensions, given, size);
    dialling->pauses = (extensions.dwfOptions & RDEOPT_PausedStates) != 0;
    dialling->eap = extensions.RasEapInfo.dwSizeofEapInfo == sizeof(eap_info) && extensions.RasEapInfo.pbEapInfo &&
                    memcmp(extensions.RasEapInfo.pbEapInfo, eap_info, sizeof(eap_info)) == 0;
    return ERROR_SUCCESS;
}

static DWORD dial(const RASDIALEXTENSIONS *extensions, LPCWSTR phonebook, const RASDIALPARAMSW *params,
                  service_notifier *notifier, HRASCONN *connection) {
    service_dialling dialling = {0};
    DWORD code;

    if (!params || !connection) {
        return ERROR_INVALID_PARAMETER;
    }
    if (notifier->function && notifier->type == SERVICE_WINDOW) {
#ifndef _WIN32
        return ERROR_CALL_NOT_IMPLEMENTED; /* there are no windows */
#endif
    } else if (notifier->function && notifier->type >= NOTIFIER_KINDS) {
        return ERROR_INVALID_PARAMETER;
    }
    code = read_params(params, &dialling, &notifier->id);
    code = code ? code : read_extensions(extensions, &dialling);
    if (!code && dialling.sets_callback && !dialling.pauses) {
        code = ERROR_BAD_CALLBACK_NUMBER; /* the 704 of RASDIALPARAMS's page */
    }
    if (!code) {
        dialling.handle = (uint64_t)(uintptr_t)*connection;
        copy_text(dialling.phonebook, COUNT(dialling.phonebook), phonebook);
        code = service_dial(&dialling, notifier, connection);
    }
    SecureZeroMemory(&dialling, sizeof(dialling));
    return code;
}

DWORD APIENTRY RasDialW(LPRASDIALEXTENSIONS lpRasDialExtensions, LPCWSTR lpszPhonebook,
                        LPRASDIALPARAMSW lpRasDialParams, DWORD dwNotifierType, LPVOID lpvNotifier,
                        HRASCONN *lphRasConn) {
    service_notifier notifier = {.type = dwNotifierType, .function = lpvNotifier};
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasDial, 0, 0);

    code = code ? code : dial(lpRasDialExtensions, lpszPhonebook, lpRasDialParams, &notifier, lphRasConn);
    return service_leave(&call, code);
}

static DWORD get_eap_user(LPCWSTR phonebook, LPCWSTR entry, RASEAPUSERIDENTITYW **found) {
    char16_t name[257], book[260], user[257];
    RASEAPUSERIDENTITYW *identity;
    DWORD code;

    if (!found) {
        return INVALID_ARGUMENT;
    }
    *found = NULL;
    copy_text(name, COUNT(name), entry);
    copy_text(book, COUNT(book), phonebook);
    code = service_eap_user(name, book, user);
    if (code) {
        return code;
    }
    identity = calloc(1, sizeof(*identity) + sizeof(eap_info));
    if (!identity) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    WINRAS_COPY_TEXT(identity->szUserName, user);
    identity->dwSizeofEapInfo = sizeof(eap_info);
    memcpy((BYTE *)identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo), eap_info, sizeof(eap_info));
    *found = identity;
    return ERROR_SUCCESS;
}

DWORD APIENTRY RasGetEapUserIdentityW(LPCWSTR pszPhonebook, LPCWSTR pszEntry, DWORD dwFlags, HWND hwnd,
                                      LPRASEAPUSERIDENTITYW *ppRasEapUserIdentity) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEapUserIdentity, 0, dwFlags);

    (void)hwnd;
    return service_leave(&call, code ? code : get_eap_user(pszPhonebook, pszEntry, ppRasEapUserIdentity));
}

void APIENTRY RasFreeEapUserIdentityW(LPRASEAPUSERIDENTITYW pRasEapUserIdentity) { free(pRasEapUserIdentity); }

/* ---- traffic ---- */

static void fill_statistics(RAS_STATS *statistics, const service_traffic *traffic) {
    memset(statistics, 0, sizeof(*statistics));
    statistics->dwSize = sizeof(*statistics);
    /* 32-bit counters, which wrap. */
    statistics->dwBytesXmited = (DWORD)traffic->sent;
    statistics->dwBytesRcved = (DWORD)traffic->received;
    statistics->dwFramesXmited = (DWORD)traffic->frames_sent;
    statistics->dwFramesRcved = (DWORD)traffic->frames_received;
    statistics->dwBps = (DWORD)(traffic->bps < 0xFFFFFFFF ? traffic->bps : 0xFFFFFFFF);
    statistics->dwConnectDuration = (DWORD)(traffic->duration / 1000);
}

static DWORD get_statistics(HRASCONN connection, DWORD number, RAS_STATS *statistics) {
    service_traffic traffic;
    DWORD size, code;

    if (!connection || !statistics) {
        return INVALID_ARGUMENT;
    }
    memcpy(&size, statistics, sizeof(size));
    if (size != sizeof(*statistics)) {
        return INVALID_ARGUMENT;
    }
    code = service_get_traffic((uint64_t)(uintptr_t)connection, number, &traffic);
    if (!code) {
        fill_statistics(statistics, &traffic);
    }
    return code;
}

DWORD APIENTRY RasGetConnectionStatistics(HRASCONN hRasConn, RAS_STATS *lpStatistics) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetConnectionStatistics, (uint64_t)(uintptr_t)hRasConn, 0);

    return service_leave(&call, code ? code : get_statistics(hRasConn, 0, lpStatistics));
}

DWORD APIENTRY RasGetLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry, RAS_STATS *lpStatistics) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetLinkStatistics, (uint64_t)(uintptr_t)hRasConn, dwSubEntry);

    if (!code) {
        code = dwSubEntry ? get_statistics(hRasConn, dwSubEntry, lpStatistics) : (DWORD)INVALID_ARGUMENT;
    }
    return service_leave(&call, code);
}

DWORD APIENTRY RasClearConnectionStatistics(HRASCONN hRasConn) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasClearConnectionStatistics, (uint64_t)(uintptr_t)hRasConn, 0);

    return service_leave(&call, code ? code : service_clear_traffic((uint64_t)(uintptr_t)hRasConn, 0));
}

DWORD APIENTRY RasClearLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasClearLinkStatistics, (uint64_t)(uintptr_t)hRasConn, dwSubEntry);

    if (!code) {
        code = dwSubEntry ? service_clear_traffic((uint64_t)(uintptr_t)hRasConn, dwSubEntry)
                          : (DWORD)ERROR_INVALID_PARAMETER;
    }
    return service_leave(&call, code);
}

/* ---- projection ---- */

static uint32_t negotiation_error(const sim_endpoint *address) {
    return address->type ? ERROR_SUCCESS : ERROR_PROTOCOL_NOT_CONFIGURED;
}

static void write_ipv4(WCHAR text[RAS_MaxIpAddress + 1], const sim_endpoint *address) {
    size_t length = 0;

    memset(text, 0, (RAS_MaxIpAddress + 1) * sizeof(*text));
    for (int i = 0; address->type && i < 4; i++) {
        uint8_t byte = address->address[i];

        for (uint8_t unit = byte >= 100 ? 100 : byte >= 10 ? 10 : 1; unit; unit /= 10) {
            text[length++] = (WCHAR)('0' + byte / unit % 10);
        }
        if (i < 3) {
            text[length++] = '.';
        }
    }
}

/* The last 64 bits of an address, which is what PPP negotiates. */
static void copy_identifier(BYTE identifier[8], const sim_endpoint *address) {
    memcpy(identifier, address->address + 8, 8);
}

typedef union {
    DWORD dwSize;
    RASPPPIPW ip;
    RASPPPIPV6 ipv6;
    RASPPPLCPW lcp;
    RASPPPCCP ccp;
} projection;

/* The sizes that dwSize may have, newest first: RASPPPIP grew after Windows NT 3.5, and in WINVER 0x0500. */
static const DWORD ip_sizes[] = {sizeof(RASPPPIPW), offsetof(RASPPPIPW, dwOptions),
                                 offsetof(RASPPPIPW, szServerIpAddress), 0};
static const DWORD ipv6_sizes[] = {sizeof(RASPPPIPV6), 0};
static const DWORD lcp_sizes[] = {sizeof(RASPPPLCPW), 0};
static const DWORD ccp_sizes[] = {sizeof(RASPPPCCP), 0};

/* Each side knows the other by the same method: MS-CHAP v2, or EAP where the entry asks for it. */
static void fill_lcp(RASPPPLCPW *lcp, const sim_entry *entry, BOOL multilink, BOOL bundled) {
    BOOL eap = entry->eap_user[0] != 0;

    lcp->fBundled = bundled;
    lcp->fMultilink = multilink;
    lcp->dwAuthenticationProtocol = lcp->dwServerAuthenticationProtocol = eap ? RASLCPAP_EAP : RASLCPAP_CHAP;
    lcp->dwAuthenticationData = lcp->dwServerAuthenticationData = eap ? 0 : RASLCPAD_CHAP_MSV2;
    lcp->dwEapTypeId = lcp->dwServerEapTypeId = eap ? EAP_TLS : 0;
}

static void fill_ccp(RASPPPCCP *ccp) {
    ccp->dwCompressionAlgorithm = ccp->dwServerCompressionAlgorithm = RASCCPCA_MPPC;
    ccp->dwOptions = ccp->dwServerOptions = RASCCPO_Encryption128bit;
}

/* The sizes of what the protocol projects, or NULL if the entry does not ask for it. */
static const DWORD *project(projection *projected, RASPROJECTION protocol, const sim_entry *entry, BOOL multilink,
                            BOOL bundled) {
    memset(projected, 0, sizeof(*projected));
    /* What is negotiated by IKE is not negotiated by PPP. */
    if (entry->ikev2) {
        return NULL;
    }
    switch (protocol) {
    case RASP_PppIp:
        write_ipv4(projected->ip.szIpAddress, &entry->ipv4);
        write_ipv4(projected->ip.szServerIpAddress, &entry->ipv4_server);
        return entry->ipv4.type ? ip_sizes : NULL;
    case RASP_PppIpv6:
        copy_identifier(projected->ipv6.bLocalInterfaceIdentifier, &entry->ipv6);
        copy_identifier(projected->ipv6.bPeerInterfaceIdentifier, &entry->ipv6_server);
        return entry->ipv6.type ? ipv6_sizes : NULL;
    case RASP_PppLcp:
        fill_lcp(&projected->lcp, entry, multilink, bundled);
        return lcp_sizes;
    case RASP_PppCcp:
        fill_ccp(&projected->ccp);
        return ccp_sizes;
    default:
        return NULL;
    }
}

static BOOL is_protocol(RASPROJECTION protocol) {
    return protocol == RASP_Amb || protocol == RASP_PppNbf || protocol == RASP_PppIpx || protocol == RASP_PppIp ||
           protocol == RASP_PppCcp || protocol == RASP_PppLcp || protocol == RASP_PppIpv6;
}

DWORD service_give_projection(void *projected, const DWORD *sizes, void *buffer, LPDWORD bytes) {
    DWORD room = buffer ? *bytes : 0;
    DWORD size = sizes[0];
    size_t i = 0;

    if (room >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        while (sizes[i] && sizes[i] != size) {
            i++;
        }
        if (!sizes[i]) {
            return ERROR_INVALID_SIZE;
        }
    }
    *bytes = size;
    if (room < size) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    memcpy(projected, &size, sizeof(size));
    memcpy(buffer, projected, size);
    return ERROR_SUCCESS;
}

static DWORD get_projection(uint64_t handle, RASPROJECTION protocol, void *buffer, LPDWORD bytes) {
    sim_entry *entry;
    projection projected;
    BOOL multilink = FALSE, bundled = FALSE;
    const DWORD *sizes = NULL;
    DWORD code;

    if (!bytes || !is_protocol(protocol)) {
        return ERROR_INVALID_PARAMETER;
    }
    entry = calloc(1, sizeof(*entry));
    if (!entry) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = service_projection(handle, entry, &multilink, &bundled);
    if (!code) {
        sizes = project(&projected, protocol, entry, multilink, bundled);
        code = sizes ? service_give_projection(&projected, sizes, buffer, bytes) : (DWORD)ERROR_PROTOCOL_NOT_CONFIGURED;
    }
    free(entry);
    return code;
}

DWORD APIENTRY RasGetProjectionInfoW(HRASCONN hrasconn, RASPROJECTION rasprojection, LPVOID lpprojection,
                                     LPDWORD lpcb) {
    uint64_t handle = (uint64_t)(uintptr_t)hrasconn;
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetProjectionInfo, handle, (uint32_t)rasprojection);

    return service_leave(&call, code ? code : get_projection(handle, rasprojection, lpprojection, lpcb));
}

static void project_ppp(RASPPP_PROJECTION_INFO *ppp, const sim_entry *entry, BOOL multilink, BOOL bundled) {
    RASPPPLCPW lcp = {0};
    RASPPPCCP ccp = {0};

    ppp->dwIPv4NegotiationError = negotiation_error(&entry->ipv4);
    memcpy(&ppp->ipv4Address, entry->ipv4.address, sizeof(ppp->ipv4Address));
    memcpy(&ppp->ipv4ServerAddress, entry->ipv4_server.address, sizeof(ppp->ipv4ServerAddress));
    ppp->dwIPv6NegotiationError = negotiation_error(&entry->ipv6);
    copy_identifier(ppp->bInterfaceIdentifier, &entry->ipv6);
    copy_identifier(ppp->bServerInterfaceIdentifier, &entry->ipv6_server);
    fill_lcp(&lcp, entry, multilink, bundled);
    ppp->fBundled = lcp.fBundled;
    ppp->fMultilink = lcp.fMultilink;
    ppp->dwAuthenticationProtocol = lcp.dwAuthenticationProtocol;
    ppp->dwAuthenticationData = lcp.dwAuthenticationData;
    ppp->dwServerAuthenticationProtocol = lcp.dwServerAuthenticationProtocol;
    ppp->dwServerAuthenticationData = lcp.dwServerAuthenticationData;
    ppp->dwEapTypeId = lcp.dwEapTypeId;
    ppp->dwServerEapTypeId = lcp.dwServerEapTypeId;
    fill_ccp(&ccp);
    ppp->dwCcpCompressionAlgorithm = ccp.dwCompressionAlgorithm;
    ppp->dwCcpServerCompressionAlgorithm = ccp.dwServerCompressionAlgorithm;
    ppp->dwCcpOptions = ccp.dwOptions;
    ppp->dwCcpServerOptions = ccp.dwServerOptions;
}

static DWORD count_servers(const sim_entry *entry, uint32_t type) {
    DWORD count = 0;

    for (size_t i = 0; i < COUNT(entry->more_servers); i++) {
        count += entry->more_servers[i].type == type;
    }
    return count;
}

/* The list of that kind of addresses, behind the structure; where it ends. */
static BYTE *write_servers(BYTE *end, const sim_entry *entry, uint32_t type, size_t size) {
    for (size_t i = 0; i < COUNT(entry->more_servers); i++) {
        if (entry->more_servers[i].type == type) {
            memcpy(end, entry->more_servers[i].address, size);
            end += size;
        }
    }
    return end;
}

static void project_ikev2(RAS_PROJECTION_INFO *info, BYTE *buffer, const sim_entry *entry) {
    RASIKEV2_PROJECTION_INFO *ikev2 = &info->ikev2;
    BYTE *end = buffer + sizeof(*info);

    ikev2->dwIPv4NegotiationError = negotiation_error(&entry->ipv4);
    memcpy(&ikev2->ipv4Address, entry->ipv4.address, sizeof(ikev2->ipv4Address));
    memcpy(&ikev2->ipv4ServerAddress, entry->ipv4_server.address, sizeof(ikev2->ipv4ServerAddress));
    ikev2->dwIPv6NegotiationError = negotiation_error(&entry->ipv6);
    memcpy(&ikev2->ipv6Address, entry->ipv6.address, sizeof(ikev2->ipv6Address));
    memcpy(&ikev2->ipv6ServerAddress, entry->ipv6_server.address, sizeof(ikev2->ipv6ServerAddress));
    ikev2->dwPrefixLength = entry->prefix_length;
    ikev2->dwAuthenticationProtocol = RASIKEv2_AUTH_EAP;
    ikev2->dwEapTypeId = EAP_TLS;
    ikev2->dwEncryptionMethod = CIPHER_AES_256;
    ikev2->numIPv4ServerAddresses = count_servers(entry, RASTUNNELENDPOINT_IPv4);
    ikev2->ipv4ServerAddresses = (RASIPV4ADDR *)(void *)end;
    end = write_servers(end, entry, RASTUNNELENDPOINT_IPv4, sizeof(RASIPV4ADDR));
    ikev2->numIPv6ServerAddresses = count_servers(entry, RASTUNNELENDPOINT_IPv6);
    ikev2->ipv6ServerAddresses = (RASIPV6ADDR *)(void *)end;
    write_servers(end, entry, RASTUNNELENDPOINT_IPv6, sizeof(RASIPV6ADDR));
}

static DWORD fill_projection(BYTE *buffer, DWORD room, const sim_entry *entry, BOOL multilink, BOOL bundled,
                             LPDWORD needed) {
    RAS_PROJECTION_INFO info;
    RASAPIVERSION version;

    memset(&info, 0, sizeof(info));
    *needed = sizeof(info);
    if (entry->ikev2) {
        *needed += (DWORD)(count_servers(entry, RASTUNNELENDPOINT_IPv4) * sizeof(RASIPV4ADDR) +
                           count_servers(entry, RASTUNNELENDPOINT_IPv6) * sizeof(RASIPV6ADDR));
    }
    if (!buffer || room < *needed) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    memcpy(&version, buffer, sizeof(version));
    if (version != RASAPIVERSION_601) {
        return ERROR_INVALID_SIZE;
    }
    info.version = RASAPIVERSION_601;
    if (entry->ikev2) {
        info.type = PROJECTION_INFO_TYPE_IKEv2;
        project_ikev2(&info, buffer, entry);
    } else {
        info.type = PROJECTION_INFO_TYPE_PPP;
        project_ppp(&info.ppp, entry, multilink, bundled);
    }
    memcpy(buffer, &info, sizeof(info));
    return ERROR_SUCCESS;
}

static DWORD get_projection_ex(uint64_t handle, void *buffer, LPDWORD bytes) {
    BOOL multilink = FALSE, bundled = FALSE;
    sim_entry *entry;
    DWORD code;

    if (!bytes) {
        return ERROR_INVALID_PARAMETER;
    }
    entry = calloc(1, sizeof(*entry));
    if (!entry) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = service_projection(handle, entry, &multilink, &bundled);
    if (!code) {
        code = fill_projection(buffer, *bytes, entry, multilink, bundled, bytes);
    }
    free(entry);
    return code;
}

DWORD APIENTRY RasGetProjectionInfoEx(HRASCONN hrasconn, PRAS_PROJECTION_INFO pRasProjection, LPDWORD lpdwSize) {
    uint64_t handle = (uint64_t)(uintptr_t)hrasconn;
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetProjectionInfoEx, handle, 0);

    return service_leave(&call, code ? code : get_projection_ex(handle, pRasProjection, lpdwSize));
}
