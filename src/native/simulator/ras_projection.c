/* What dialling negotiated: RasGetProjectionInfo gives one protocol of PPP, RasGetProjectionInfoEx all of PPP or
 * IKEv2 in one structure. */

#include "forms.h"

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

void fill_ip(void *buffer, const void *answer, DWORD size) {
    const service_projection *projection = answer;
    RASPPPIPW ip;

    memset(&ip, 0, sizeof(ip));
    ip.dwSize = size;
    write_ipv4(ip.szIpAddress, &projection->entry.ipv4);
    write_ipv4(ip.szServerIpAddress, &projection->entry.ipv4_server);
    memcpy(buffer, &ip, size);
}

static void fill_ipv6(void *buffer, const void *answer, DWORD size) {
    const service_projection *projection = answer;
    RASPPPIPV6 ipv6;

    memset(&ipv6, 0, sizeof(ipv6));
    ipv6.dwSize = size;
    copy_identifier(ipv6.bLocalInterfaceIdentifier, &projection->entry.ipv6);
    copy_identifier(ipv6.bPeerInterfaceIdentifier, &projection->entry.ipv6_server);
    memcpy(buffer, &ipv6, size);
}

/* Both sides authenticate by the same method: MS-CHAP v2, or EAP if the entry asks for it. */
void fill_lcp(void *buffer, const void *answer, DWORD size) {
    const service_projection *projection = answer;
    BOOL eap = projection->entry.eap_user[0] != 0;
    RASPPPLCPW lcp;

    memset(&lcp, 0, sizeof(lcp));
    lcp.dwSize = size;
    lcp.fBundled = (BOOL)projection->bundled;
    lcp.fMultilink = (BOOL)projection->multilink;
    lcp.dwAuthenticationProtocol = lcp.dwServerAuthenticationProtocol = eap ? RASLCPAP_EAP : RASLCPAP_CHAP;
    lcp.dwAuthenticationData = lcp.dwServerAuthenticationData = eap ? 0 : RASLCPAD_CHAP_MSV2;
    lcp.dwEapTypeId = lcp.dwServerEapTypeId = eap ? EAP_TLS : 0;
    memcpy(buffer, &lcp, size);
}

static void fill_ccp(void *buffer, const void *answer, DWORD size) {
    RASPPPCCP ccp;

    (void)answer;
    memset(&ccp, 0, sizeof(ccp));
    ccp.dwSize = size;
    ccp.dwCompressionAlgorithm = ccp.dwServerCompressionAlgorithm = RASCCPCA_MPPC;
    ccp.dwOptions = ccp.dwServerOptions = RASCCPO_Encryption128bit;
    memcpy(buffer, &ccp, size);
}

static BOOL is_protocol(RASPROJECTION protocol) {
    return protocol == RASP_Amb || protocol == RASP_PppNbf || protocol == RASP_PppIpx || protocol == RASP_PppIp ||
           protocol == RASP_PppCcp || protocol == RASP_PppLcp || protocol == RASP_PppIpv6;
}

DWORD form_get_projection(const native_form *form, HRASCONN handle, RASPROJECTION protocol, void *buffer,
                          LPDWORD bytes) {
    struct ask_get_projection asked = {.call = {.function = FUNCTION_RasGetProjectionInfo,
                                                .handle = handle_from_native(handle),
                                                .number = (uint32_t)protocol}};
    DWORD size = 0, code;

    if (!bytes || !is_protocol(protocol)) {
        asked.call.refused = ERROR_INVALID_PARAMETER;
    } else if (form) {
        asked.room = buffer ? *bytes : 0;
        asked.unfit = form_list_size(form, buffer, asked.room, &size);
        asked.size = asked.unfit ? 0 : size;
    }
    code = ask_get_projection(&asked);
    if (asked.needed) {
        *bytes = asked.needed;
    }
    if (!code) {
        form->fill(buffer, &asked.projection, size);
    }
    return code;
}

/* dwSize may have these values, newest first: RASPPPIP grew after Windows NT 3.5, and in WINVER 0x0500. */
DWORD APIENTRY RasGetProjectionInfoW(HRASCONN hrasconn, RASPROJECTION rasprojection, LPVOID lpprojection,
                                     LPDWORD lpcb) {
    static const native_form ip_form = {
        {sizeof(RASPPPIPW), offsetof(RASPPPIPW, dwOptions), offsetof(RASPPPIPW, szServerIpAddress)}, fill_ip};
    static const native_form ipv6_form = {{sizeof(RASPPPIPV6)}, fill_ipv6};
    static const native_form lcp_form = {{sizeof(RASPPPLCPW)}, fill_lcp};
    static const native_form ccp_form = {{sizeof(RASPPPCCP)}, fill_ccp};
    const native_form *form = rasprojection == RASP_PppIp     ? &ip_form
                              : rasprojection == RASP_PppIpv6 ? &ipv6_form
                              : rasprojection == RASP_PppLcp  ? &lcp_form
                              : rasprojection == RASP_PppCcp  ? &ccp_form
                                                              : NULL;

    return form_get_projection(form, hrasconn, rasprojection, lpprojection, lpcb);
}

static void project_ppp(RASPPP_PROJECTION_INFO *ppp, const service_projection *projection) {
    const sim_entry *entry = &projection->entry;
    RASPPPLCPW lcp;
    RASPPPCCP ccp;

    ppp->dwIPv4NegotiationError = negotiation_error(&entry->ipv4);
    memcpy(&ppp->ipv4Address, entry->ipv4.address, sizeof(ppp->ipv4Address));
    memcpy(&ppp->ipv4ServerAddress, entry->ipv4_server.address, sizeof(ppp->ipv4ServerAddress));
    ppp->dwIPv6NegotiationError = negotiation_error(&entry->ipv6);
    copy_identifier(ppp->bInterfaceIdentifier, &entry->ipv6);
    copy_identifier(ppp->bServerInterfaceIdentifier, &entry->ipv6_server);
    fill_lcp(&lcp, projection, sizeof(lcp));
    ppp->fBundled = lcp.fBundled;
    ppp->fMultilink = lcp.fMultilink;
    ppp->dwAuthenticationProtocol = lcp.dwAuthenticationProtocol;
    ppp->dwAuthenticationData = lcp.dwAuthenticationData;
    ppp->dwServerAuthenticationProtocol = lcp.dwServerAuthenticationProtocol;
    ppp->dwServerAuthenticationData = lcp.dwServerAuthenticationData;
    ppp->dwEapTypeId = lcp.dwEapTypeId;
    ppp->dwServerEapTypeId = lcp.dwServerEapTypeId;
    fill_ccp(&ccp, projection, sizeof(ccp));
    ppp->dwCcpCompressionAlgorithm = ccp.dwCompressionAlgorithm;
    ppp->dwCcpServerCompressionAlgorithm = ccp.dwServerCompressionAlgorithm;
    ppp->dwCcpOptions = ccp.dwOptions;
    ppp->dwCcpServerOptions = ccp.dwServerOptions;
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

static void project_ikev2(RAS_PROJECTION_INFO *info, BYTE *buffer, const service_projection *projection) {
    const sim_entry *entry = &projection->entry;
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
    ikev2->numIPv4ServerAddresses = projection->ipv4_servers;
    ikev2->ipv4ServerAddresses = (RASIPV4ADDR *)(void *)end;
    end = write_servers(end, entry, RASTUNNELENDPOINT_IPv4, sizeof(RASIPV4ADDR));
    ikev2->numIPv6ServerAddresses = projection->ipv6_servers;
    ikev2->ipv6ServerAddresses = (RASIPV6ADDR *)(void *)end;
    write_servers(end, entry, RASTUNNELENDPOINT_IPv6, sizeof(RASIPV6ADDR));
}

static void fill_all(BYTE *buffer, const service_projection *projection) {
    RAS_PROJECTION_INFO info;

    memset(&info, 0, sizeof(info));
    info.version = RASAPIVERSION_601;
    if (projection->entry.ikev2) {
        info.type = PROJECTION_INFO_TYPE_IKEv2;
        project_ikev2(&info, buffer, projection);
    } else {
        info.type = PROJECTION_INFO_TYPE_PPP;
        project_ppp(&info.ppp, projection);
    }
    memcpy(buffer, &info, sizeof(info));
}

DWORD APIENTRY RasGetProjectionInfoEx(HRASCONN hrasconn, PRAS_PROJECTION_INFO pRasProjection, LPDWORD lpdwSize) {
    struct ask_get_projection asked = {.call = {.function = FUNCTION_RasGetProjectionInfoEx,
                                                .handle = handle_from_native(hrasconn),
                                                .refused = lpdwSize ? 0 : ERROR_INVALID_PARAMETER},
                                       .size = sizeof(*pRasProjection),
                                       .room = pRasProjection && lpdwSize ? *lpdwSize : 0};
    RASAPIVERSION version;
    DWORD code;

    if (asked.room >= sizeof(version)) {
        memcpy(&version, pRasProjection, sizeof(version));
        asked.unfit = version == RASAPIVERSION_601 ? ERROR_SUCCESS : ERROR_INVALID_SIZE;
    }
    code = ask_get_projection(&asked);
    if (asked.needed) {
        *lpdwSize = asked.needed;
    }
    if (!code) {
        fill_all((BYTE *)pRasProjection, &asked.projection);
    }
    return code;
}
