/* What a connection can tell besides its status: statistics, and the addresses that it was given. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "layouts.h"
#include "operation.h"

/* A projection that is still too small after so many tries answers 603. */
#define MOST_GROWTHS 8
#define MOST_PROJECTED_BYTES (1u << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- statistics ---- */

static uint32_t get_statistics(const rasapi *api, uint64_t handle, uint32_t sub_entry, RAS_STATS *native) {
    HRASCONN connection = shim_native_handle(handle);

    if (sub_entry) {
        return api->RasGetLinkStatistics ? api->RasGetLinkStatistics(connection, sub_entry, native)
                                         : (uint32_t)ERROR_PROC_NOT_FOUND;
    }
    return api->RasGetConnectionStatistics ? api->RasGetConnectionStatistics(connection, native)
                                           : (uint32_t)ERROR_PROC_NOT_FOUND;
}

uint32_t winras_get_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry, winras_statistics *statistics) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);
    RAS_STATS native;

    memset(statistics, 0, sizeof(*statistics));
    if (code) {
        return code;
    }
    memset(&native, 0, sizeof(native));
    native.dwSize = sizeof(native);
    code = get_statistics(api, handle, sub_entry, &native);
    code = shim_answer_of(service, code);
    if (!code) {
        statistics->bytes_sent = native.dwBytesXmited;
        statistics->bytes_received = native.dwBytesRcved;
        statistics->frames_sent = native.dwFramesXmited;
        statistics->frames_received = native.dwFramesRcved;
        statistics->crc_errors = native.dwCrcErr;
        statistics->timeout_errors = native.dwTimeoutErr;
        statistics->alignment_errors = native.dwAlignmentErr;
        statistics->hardware_overrun_errors = native.dwHardwareOverrunErr;
        statistics->framing_errors = native.dwFramingErr;
        statistics->buffer_overrun_errors = native.dwBufferOverrunErr;
        statistics->compression_ratio_in = native.dwCompressionRatioIn;
        statistics->compression_ratio_out = native.dwCompressionRatioOut;
        statistics->bits_per_second = native.dwBps;
        statistics->connected_ms = native.dwConnectDuration;
    }
    return code;
}

static uint32_t clear_statistics(const rasapi *api, uint64_t handle, uint32_t sub_entry) {
    HRASCONN connection = shim_native_handle(handle);

    if (sub_entry) {
        return api->RasClearLinkStatistics ? api->RasClearLinkStatistics(connection, sub_entry)
                                           : (uint32_t)ERROR_PROC_NOT_FOUND;
    }
    return api->RasClearConnectionStatistics ? api->RasClearConnectionStatistics(connection)
                                             : (uint32_t)ERROR_PROC_NOT_FOUND;
}

uint32_t winras_clear_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);

    if (!code) {
        code = clear_statistics(api, handle, sub_entry);
    }
    return shim_answer_of(service, code);
}

/* ---- addresses ---- */

static void flatten_ppp(winras_addresses *flat, const RASPPP_PROJECTION_INFO *native) {
    flat->ipv4_error = native->dwIPv4NegotiationError;
    memcpy(flat->ipv4, &native->ipv4Address, sizeof(flat->ipv4));
    memcpy(flat->ipv4_server, &native->ipv4ServerAddress, sizeof(flat->ipv4_server));
    flat->ipv6_error = native->dwIPv6NegotiationError;
    memcpy(flat->ipv6 + 8, native->bInterfaceIdentifier, sizeof(native->bInterfaceIdentifier));
    memcpy(flat->ipv6_server + 8, native->bServerInterfaceIdentifier, sizeof(native->bServerInterfaceIdentifier));
}

/* A list of addresses behind the structure, where it lies within what RAS was given to write. */
static void flatten_servers(winras_addresses *flat, const BYTE *buffer, DWORD bytes, const void *list, DWORD count,
                            uint32_t type, size_t size) {
    uintptr_t begin = (uintptr_t)buffer, first = (uintptr_t)list;

    if (first < begin || first - begin > bytes || count > (bytes - (first - begin)) / size) {
        return;
    }
    for (DWORD i = 0; i < count && flat->server_count < COUNT(flat->servers); i++) {
        winras_endpoint *server = &flat->servers[flat->server_count++];

        server->type = type;
        memcpy(server->address, (const BYTE *)list + i * size, size);
    }
}

static void flatten_ikev2(winras_addresses *flat, const RASIKEV2_PROJECTION_INFO *native, const BYTE *buffer,
                          DWORD bytes) {
    flat->ikev2 = 1;
    flat->ipv4_error = native->dwIPv4NegotiationError;
    memcpy(flat->ipv4, &native->ipv4Address, sizeof(flat->ipv4));
    memcpy(flat->ipv4_server, &native->ipv4ServerAddress, sizeof(flat->ipv4_server));
    flat->ipv6_error = native->dwIPv6NegotiationError;
    memcpy(flat->ipv6, &native->ipv6Address, sizeof(flat->ipv6));
    memcpy(flat->ipv6_server, &native->ipv6ServerAddress, sizeof(flat->ipv6_server));
    flat->ipv6_prefix_length = native->dwPrefixLength;
    flatten_servers(flat, buffer, bytes, native->ipv4ServerAddresses, native->numIPv4ServerAddresses,
                    RASTUNNELENDPOINT_IPv4, sizeof(RASIPV4ADDR));
    flatten_servers(flat, buffer, bytes, native->ipv6ServerAddresses, native->numIPv6ServerAddresses,
                    RASTUNNELENDPOINT_IPv6, sizeof(RASIPV6ADDR));
}

/* The size probe, then the call, again for as long as it has grown in between. */
static uint32_t get_projection_ex(const rasapi *api, uint64_t handle, BYTE **buffer, DWORD *bytes) {
    RASAPIVERSION version = RASAPIVERSION_601;
    uint32_t code = ERROR_BUFFER_TOO_SMALL;
    DWORD needed = sizeof(RAS_PROJECTION_INFO);

    for (int tries = 0; tries < MOST_GROWTHS && code == ERROR_BUFFER_TOO_SMALL; tries++) {
        free(*buffer);
        *bytes = needed;
        *buffer = needed >= sizeof(RAS_PROJECTION_INFO) && needed <= MOST_PROJECTED_BYTES ? calloc(1, needed) : NULL;
        if (!*buffer) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        memcpy(*buffer, &version, sizeof(version));
        code = api->RasGetProjectionInfoEx(shim_native_handle(handle), (PRAS_PROJECTION_INFO)(void *)*buffer, &needed);
    }
    return code;
}

static uint32_t get_addresses_ex(const rasapi *api, uint64_t handle, winras_addresses *addresses) {
    RAS_PROJECTION_INFO info;
    BYTE *buffer = NULL;
    DWORD bytes = 0;
    uint32_t code = get_projection_ex(api, handle, &buffer, &bytes);

    if (!code) {
        memcpy(&info, buffer, sizeof(info));
        if (info.type == PROJECTION_INFO_TYPE_IKEv2) {
            flatten_ikev2(addresses, &info.ikev2, buffer, bytes);
        } else if (info.type == PROJECTION_INFO_TYPE_PPP) {
            flatten_ppp(addresses, &info.ppp);
        } else {
            code = ERROR_PROTOCOL_NOT_CONFIGURED;
        }
    }
    free(buffer);
    return code;
}

/* "a.b.c.d"; FALSE, and zeros, if it is not that. */
static BOOL read_ipv4(const WCHAR text[RAS_MaxIpAddress + 1], uint8_t address[4]) {
    unsigned part = 0, value = 0, digits = 0;

    memset(address, 0, 4);
    for (size_t i = 0; i <= RAS_MaxIpAddress; i++) {
        if (text[i] >= '0' && text[i] <= '9' && digits < 3) {
            value = value * 10 + (unsigned)(text[i] - '0');
            digits++;
        } else if (digits && value <= 255 && part < 4 && (text[i] == '.' || text[i] == 0)) {
            address[part++] = (uint8_t)value;
            value = digits = 0;
            if (text[i] == 0) {
                break;
            }
        } else {
            part = 0;
            break;
        }
    }
    if (part != 4) {
        memset(address, 0, 4);
    }
    return part == 4;
}

static uint32_t get_ipv4(const rasapi *api, uint64_t handle, winras_addresses *addresses) {
    RASPPPIPW ip;
    DWORD bytes = sizeof(ip);
    uint32_t code;

    memset(&ip, 0, sizeof(ip));
    ip.dwSize = sizeof(ip);
    code = api->RasGetProjectionInfoW(shim_native_handle(handle), RASP_PppIp, &ip, &bytes);
    addresses->ipv4_error = code == ERROR_PROTOCOL_NOT_CONFIGURED ? code : ip.dwError;
    if (!code && !ip.dwError) {
        read_ipv4(ip.szIpAddress, addresses->ipv4);
        read_ipv4(ip.szServerIpAddress, addresses->ipv4_server);
    }
    return code == ERROR_PROTOCOL_NOT_CONFIGURED ? (uint32_t)ERROR_SUCCESS : code;
}

static uint32_t get_ipv6(const rasapi *api, uint64_t handle, winras_addresses *addresses) {
    RASPPPIPV6 ip;
    DWORD bytes = sizeof(ip);
    uint32_t code;

    memset(&ip, 0, sizeof(ip));
    ip.dwSize = sizeof(ip);
    code = api->RasGetProjectionInfoW(shim_native_handle(handle), RASP_PppIpv6, &ip, &bytes);
    addresses->ipv6_error = code == ERROR_PROTOCOL_NOT_CONFIGURED ? code : ip.dwError;
    if (!code && !ip.dwError) {
        memcpy(addresses->ipv6 + 8, ip.bLocalInterfaceIdentifier, sizeof(ip.bLocalInterfaceIdentifier));
        memcpy(addresses->ipv6_server + 8, ip.bPeerInterfaceIdentifier, sizeof(ip.bPeerInterfaceIdentifier));
    }
    return code == ERROR_PROTOCOL_NOT_CONFIGURED ? (uint32_t)ERROR_SUCCESS : code;
}

uint32_t winras_get_addresses(uint32_t service, uint64_t handle, winras_addresses *addresses) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);

    memset(addresses, 0, sizeof(*addresses));
    if (code) {
        return code;
    }
    code = api->RasGetProjectionInfoEx ? get_addresses_ex(api, handle, addresses) : (uint32_t)ERROR_PROC_NOT_FOUND;
    if (code == ERROR_PROTOCOL_NOT_CONFIGURED) {
        addresses->ipv4_error = addresses->ipv6_error = code;
        code = ERROR_SUCCESS;
    }
    if ((code == ERROR_PROC_NOT_FOUND || code == ERROR_CALL_NOT_IMPLEMENTED) && api->RasGetProjectionInfoW) {
        code = get_ipv4(api, handle, addresses);
        code = code ? code : get_ipv6(api, handle, addresses);
    }
    return shim_answer_of(service, code);
}
