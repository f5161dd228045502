/* The traffic of a connection or a link: RasGetConnectionStatistics, RasGetLinkStatistics, and the functions that
 * set their counters back to 0. */

#include "requests.h"

#include <string.h>

#include <raserror.h>

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

static DWORD get_traffic(enum sim_function function, HRASCONN connection, DWORD number, DWORD refused,
                         RAS_STATS *statistics) {
    struct ask_get_traffic asked = {
        .call = {.function = function, .handle = handle_from_native(connection), .number = number}};
    DWORD size = 0, code;

    if (statistics) {
        memcpy(&size, statistics, sizeof(size));
    }
    asked.call.refused = !connection || size != sizeof(*statistics) ? (DWORD)E_INVALIDARG : refused;
    code = ask_get_traffic(&asked);
    if (!code) {
        fill_statistics(statistics, &asked.traffic);
    }
    return code;
}

static DWORD clear_traffic(enum sim_function function, HRASCONN connection, DWORD number, DWORD refused) {
    struct ask_clear_traffic asked = {
        .call = {.function = function, .handle = handle_from_native(connection), .number = number, .refused = refused}};

    return ask_clear_traffic(&asked);
}

DWORD APIENTRY RasGetConnectionStatistics(HRASCONN hRasConn, RAS_STATS *lpStatistics) {
    return get_traffic(FUNCTION_RasGetConnectionStatistics, hRasConn, 0, ERROR_SUCCESS, lpStatistics);
}

DWORD APIENTRY RasGetLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry, RAS_STATS *lpStatistics) {
    return get_traffic(FUNCTION_RasGetLinkStatistics, hRasConn, dwSubEntry, dwSubEntry ? 0 : (DWORD)E_INVALIDARG,
                       lpStatistics);
}

DWORD APIENTRY RasClearConnectionStatistics(HRASCONN hRasConn) {
    return clear_traffic(FUNCTION_RasClearConnectionStatistics, hRasConn, 0, ERROR_SUCCESS);
}

DWORD APIENTRY RasClearLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry) {
    return clear_traffic(FUNCTION_RasClearLinkStatistics, hRasConn, dwSubEntry,
                         dwSubEntry ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
}
