/* The counters of a connection or of one link: RasGetConnectionStatistics and the like. */

#include <string.h>

#include <raserror.h>

#include "calls.h"
#include "rasman.h"

static uint32_t get_statistics(const rasapi *table, uint64_t handle, uint32_t sub_entry, RAS_STATS *native) {
    HRASCONN connection = handle_to_native(handle);

    if (sub_entry) {
        return CALLS_CALL(table, RasGetLinkStatistics, connection, sub_entry, native);
    }
    return CALLS_CALL(table, RasGetConnectionStatistics, connection, native);
}

uint32_t winras_get_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry, winras_statistics *statistics) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);
    RAS_STATS native;

    memset(statistics, 0, sizeof(*statistics));
    if (code) {
        return code;
    }
    memset(&native, 0, sizeof(native));
    native.dwSize = sizeof(native);
    RASMAN_ASK(code, table, get_statistics(table, handle, sub_entry, &native));
    code = calls_answer(service, rasman_no_connection(code));
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

static uint32_t clear_statistics(const rasapi *table, uint64_t handle, uint32_t sub_entry) {
    HRASCONN connection = handle_to_native(handle);

    if (sub_entry) {
        return CALLS_CALL(table, RasClearLinkStatistics, connection, sub_entry);
    }
    return CALLS_CALL(table, RasClearConnectionStatistics, connection);
}

uint32_t winras_clear_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        RASMAN_ASK(code, table, clear_statistics(table, handle, sub_entry));
    }
    return calls_answer(service, rasman_no_connection(code));
}
