/* The addresses that a connection has been given: RasGetProjectionInfoEx, which every supported
 * Windows has. PPP and IKEv2 project different structures, and IKEv2's points to lists that follow
 * it. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "calls.h"
#include "rasman.h"

/* Of an IPv6 address. */
#define MOST_BITS 128

static void flatten_ppp(winras_addresses *flat, const RASPPP_PROJECTION_INFO *native) {
    flat->ipv4_error = native->dwIPv4NegotiationError;
    memcpy(flat->ipv4, &native->ipv4Address, sizeof(flat->ipv4));
    memcpy(flat->ipv4_server, &native->ipv4ServerAddress, sizeof(flat->ipv4_server));
    flat->ipv6_error = native->dwIPv6NegotiationError;
    memcpy(flat->ipv6 + 8, native->bInterfaceIdentifier, sizeof(native->bInterfaceIdentifier));
    memcpy(flat->ipv6_server + 8, native->bServerInterfaceIdentifier, sizeof(native->bServerInterfaceIdentifier));
}

/* Copies a list of addresses behind the structure, if it lies within the buffer that RAS was
 * given. */
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
    flat->ipv6_prefix_length = native->dwPrefixLength < MOST_BITS ? native->dwPrefixLength : MOST_BITS;
    flatten_servers(flat, buffer, bytes, native->ipv4ServerAddresses, native->numIPv4ServerAddresses,
                    RASTUNNELENDPOINT_IPv4, sizeof(RASIPV4ADDR));
    flatten_servers(flat, buffer, bytes, native->ipv6ServerAddresses, native->numIPv6ServerAddresses,
                    RASTUNNELENDPOINT_IPv6, sizeof(RASIPV6ADDR));
}

struct projection {
    const rasapi *table;
    uint64_t handle;
};

static DWORD ask_projection(void *context, BYTE *buffer, DWORD *bytes) {
    const struct projection *asked = context;

    return CALLS_CALL(asked->table, RasGetProjectionInfoEx, handle_to_native(asked->handle),
                      (PRAS_PROJECTION_INFO)(void *)buffer, bytes);
}

static uint32_t get_addresses(const rasapi *table, uint64_t handle, winras_addresses *addresses) {
    struct projection asked = {table, handle};
    calls_buffer buffer = {NULL, 0, 0};
    RAS_PROJECTION_INFO info;
    uint32_t code;

    if (!table->RasGetProjectionInfoEx) {
        return ERROR_PROC_NOT_FOUND;
    }
    /* Usually enough, so that the size probe is not needed. */
    code = calls_grow(&buffer, sizeof(info), 0);
    code = code ? code : calls_probe_and_grow(&buffer, RASAPIVERSION_601, sizeof(info), ask_projection, &asked);
    if (!code) {
        memcpy(&info, buffer.bytes, sizeof(info));
        if (info.type == PROJECTION_INFO_TYPE_IKEv2) {
            flatten_ikev2(addresses, &info.ikev2, buffer.bytes, buffer.room);
        } else if (info.type == PROJECTION_INFO_TYPE_PPP) {
            flatten_ppp(addresses, &info.ppp);
        } else {
            code = ERROR_PROTOCOL_NOT_CONFIGURED;
        }
    }
    free(buffer.bytes);
    return code;
}

uint32_t winras_get_addresses(uint32_t service, uint64_t handle, winras_addresses *addresses) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    memset(addresses, 0, sizeof(*addresses));
    if (code) {
        return code;
    }
    RASMAN_ASK(code, table, get_addresses(table, handle, addresses));
    if (code == ERROR_PROTOCOL_NOT_CONFIGURED) {
        addresses->ipv4_error = addresses->ipv6_error = code;
        code = ERROR_SUCCESS;
    }
    return calls_answer(service, rasman_no_connection(code));
}
