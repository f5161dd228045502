/* What dialling negotiated: RasGetProjectionInfo gives one protocol of PPP, RasGetProjectionInfoEx all of PPP or
 * IKEv2 in one structure. */

#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

/* IPSEC_CIPHER_TYPE_AES_256 of ipsectypes.h, and the number of EAP-TLS. */
#define CIPHER_AES_256 5
#define EAP_TLS 13

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

/* The last 64 bits of an address, which are what PPP negotiates. */
static void copy_identifier(BYTE identifier[8], const sim_endpoint *address) {
    memcpy(identifier, address->address + 8, 8);
}

typedef union {
    DWORD dwSize;
    RASPPPIPW ip;
    RASPPPIPV6 ipv6;
    RASPPPLCPW lcp;
    RASPPPCCP ccp;
} ppp_structure;

/* The sizes that dwSize may have, newest first: RASPPPIP grew after Windows NT 3.5, and in WINVER 0x0500. */
static const DWORD ip_sizes[FORM_SIZES] = {sizeof(RASPPPIPW), offsetof(RASPPPIPW, dwOptions),
                                           offsetof(RASPPPIPW, szServerIpAddress)};
static const DWORD ipv6_sizes[FORM_SIZES] = {sizeof(RASPPPIPV6)};
static const DWORD lcp_sizes[FORM_SIZES] = {sizeof(RASPPPLCPW)};
static const DWORD ccp_sizes[FORM_SIZES] = {sizeof(RASPPPCCP)};

/* Both sides authenticate by the same method: MS-CHAP v2, or EAP if the entry asks for it. */
static void fill_lcp(RASPPPLCPW *lcp, const service_projection *projection) {
    BOOL eap = projection->entry.eap_user[0] != 0;

    lcp->fBundled = projection->bundled;
    lcp->fMultilink = projection->multilink;
    lcp->dwAuthenticationProtocol = lcp->dwServerAuthenticationProtocol = eap ? RASLCPAP_EAP : RASLCPAP_CHAP;
    lcp->dwAuthenticationData = lcp->dwServerAuthenticationData = eap ? 0 : RASLCPAD_CHAP_MSV2;
    lcp->dwEapTypeId = lcp->dwServerEapTypeId = eap ? EAP_TLS : 0;
}

static void fill_ccp(RASPPPCCP *ccp) {
    ccp->dwCompressionAlgorithm = ccp->dwServerCompressionAlgorithm = RASCCPCA_MPPC;
    ccp->dwOptions = ccp->dwServerOptions = RASCCPO_Encryption128bit;
}

/* The sizes of what the protocol projects, or NULL if the entry does not ask for it. */
static const DWORD *project(ppp_structure *projected, RASPROJECTION protocol, const service_projection *projection) {
    const sim_entry *entry = &projection->entry;

    memset(projected, 0, sizeof(*projected));
    /* With IKEv2 nothing is negotiated by PPP. */
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
        fill_lcp(&projected->lcp, projection);
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

DWORD give_projection(void *projected, const DWORD *sizes, void *buffer, LPDWORD bytes) {
    DWORD room = buffer ? *bytes : 0;
    DWORD size = sizes[0];

    if (room >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        if (!is_size(size, sizes)) {
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

static DWORD get_one_projection(uint64_t handle, RASPROJECTION protocol, void *buffer, LPDWORD bytes) {
    service_projection *projection;
    ppp_structure projected;
    const DWORD *sizes;
    DWORD code;

    if (!bytes || !is_protocol(protocol)) {
        return ERROR_INVALID_PARAMETER;
    }
    projection = calloc(1, sizeof(*projection));
    if (!projection) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = service_get_projection(handle, projection);
    if (!code) {
        sizes = project(&projected, protocol, projection);
        code = sizes ? give_projection(&projected, sizes, buffer, bytes) : (DWORD)ERROR_PROTOCOL_NOT_CONFIGURED;
    }
    free(projection);
    return code;
}

DWORD APIENTRY RasGetProjectionInfoW(HRASCONN hrasconn, RASPROJECTION rasprojection, LPVOID lpprojection,
                                     LPDWORD lpcb) {
    uint64_t handle = handle_from_native(hrasconn);
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetProjectionInfo, handle, (uint32_t)rasprojection);

    return service_leave(&call, code ? code : get_one_projection(handle, rasprojection, lpprojection, lpcb));
}

static void project_ppp(RASPPP_PROJECTION_INFO *ppp, const service_projection *projection) {
    const sim_entry *entry = &projection->entry;
    RASPPPLCPW lcp = {0};
    RASPPPCCP ccp = {0};

    ppp->dwIPv4NegotiationError = negotiation_error(&entry->ipv4);
    memcpy(&ppp->ipv4Address, entry->ipv4.address, sizeof(ppp->ipv4Address));
    memcpy(&ppp->ipv4ServerAddress, entry->ipv4_server.address, sizeof(ppp->ipv4ServerAddress));
    ppp->dwIPv6NegotiationError = negotiation_error(&entry->ipv6);
    copy_identifier(ppp->bInterfaceIdentifier, &entry->ipv6);
    copy_identifier(ppp->bServerInterfaceIdentifier, &entry->ipv6_server);
    fill_lcp(&lcp, projection);
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

/* Writes the addresses of that type behind the structure; returns where they end. */
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

static DWORD fill_projection(BYTE *buffer, DWORD room, const service_projection *projection, LPDWORD needed) {
    const sim_entry *entry = &projection->entry;
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
        project_ppp(&info.ppp, projection);
    }
    memcpy(buffer, &info, sizeof(info));
    return ERROR_SUCCESS;
}

static DWORD get_all_projections(uint64_t handle, void *buffer, LPDWORD bytes) {
    service_projection *projection;
    DWORD code;

    if (!bytes) {
        return ERROR_INVALID_PARAMETER;
    }
    projection = calloc(1, sizeof(*projection));
    if (!projection) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = service_get_projection(handle, projection);
    if (!code) {
        code = fill_projection(buffer, *bytes, projection, bytes);
    }
    free(projection);
    return code;
}

DWORD APIENTRY RasGetProjectionInfoEx(HRASCONN hrasconn, PRAS_PROJECTION_INFO pRasProjection, LPDWORD lpdwSize) {
    uint64_t handle = handle_from_native(hrasconn);
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetProjectionInfoEx, handle, 0);

    return service_leave(&call, code ? code : get_all_projections(handle, pRasProjection, lpdwSize));
}
