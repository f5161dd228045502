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

static DWORD get_traffic(HRASCONN connection, DWORD number, RAS_STATS *statistics) {
    service_traffic traffic;
    DWORD size, code;

    if (!connection || !statistics) {
        return (DWORD)E_INVALIDARG;
    }
    memcpy(&size, statistics, sizeof(size));
    if (size != sizeof(*statistics)) {
        return (DWORD)E_INVALIDARG;
    }
    code = service_get_traffic(handle_from_native(connection), number, &traffic);
    if (!code) {
        fill_statistics(statistics, &traffic);
    }
    return code;
}

DWORD APIENTRY RasGetConnectionStatistics(HRASCONN hRasConn, RAS_STATS *lpStatistics) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetConnectionStatistics, handle_from_native(hRasConn), 0);

    return service_leave(&call, code ? code : get_traffic(hRasConn, 0, lpStatistics));
}

DWORD APIENTRY RasGetLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry, RAS_STATS *lpStatistics) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasGetLinkStatistics, handle_from_native(hRasConn), dwSubEntry);

    if (!code) {
        code = dwSubEntry ? get_traffic(hRasConn, dwSubEntry, lpStatistics) : (DWORD)E_INVALIDARG;
    }
    return service_leave(&call, code);
}

DWORD APIENTRY RasClearConnectionStatistics(HRASCONN hRasConn) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasClearConnectionStatistics, handle_from_native(hRasConn), 0);

    return service_leave(&call, code ? code : service_clear_traffic(handle_from_native(hRasConn), 0));
}

DWORD APIENTRY RasClearLinkStatistics(HRASCONN hRasConn, DWORD dwSubEntry) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasClearLinkStatistics, handle_from_native(hRasConn), dwSubEntry);

    if (!code) {
        code = dwSubEntry ? service_clear_traffic(handle_from_native(hRasConn), dwSubEntry)
                          : (DWORD)ERROR_INVALID_PARAMETER;
    }
    return service_leave(&call, code);
}
