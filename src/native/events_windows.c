/* Reads Windows' Application log through the event-log API, which is in wevtapi.dll. By the page of
 * EVT_CHANNEL_ISOLATION_TYPE, who is logged on at the machine may read it, as may services and batch jobs; who came by
 * the network must be of the group Event Log Readers. */

#include "rasapi.h"

#ifdef _WIN32

#include <stdlib.h>
#include <string.h>

#include <winevt.h>

#include "rasapi_windows.h"

#define BATCH 16
/* In milliseconds: for one batch, and for all of them. */
#define BATCH_WAIT 5000
#define LONGEST_READ 15000
/* A text that needs more bytes is left out; an event has 64 KB at most. */
#define MOST_TEXT (1u << 20)
#define MOST_RENDERINGS 4

static struct {
    INIT_ONCE once;
    EVT_HANDLE(WINAPI *query)(EVT_HANDLE, LPCWSTR, LPCWSTR, DWORD);
    BOOL(WINAPI *next)(EVT_HANDLE, DWORD, EVT_HANDLE *, DWORD, DWORD, DWORD *);
    BOOL(WINAPI *render)(EVT_HANDLE, EVT_HANDLE, DWORD, DWORD, PVOID, DWORD *, DWORD *);
    BOOL(WINAPI *close)(EVT_HANDLE);
} event_log = {.once = INIT_ONCE_STATIC_INIT};

/* The texts that have been read, and room for the next. */
struct reading {
    WCHAR *texts;
    size_t length;
    size_t room;
};

#define RESOLVE_EVT(library, name, member) windows_resolve(library, name, &event_log.member, sizeof(event_log.member))

/* FALSE, and a Win32 error, if the DLL cannot be loaded: that may pass, so the next call tries again. */
static BOOL CALLBACK load_event_log(PINIT_ONCE once, PVOID parameter, PVOID *context) {
    DWORD *error = parameter;
    HMODULE library;

    (void)once, (void)context;
    *error = windows_load(L"wevtapi.dll", &library);
    if (*error) {
        return FALSE;
    }
    RESOLVE_EVT(library, "EvtQuery", query);
    RESOLVE_EVT(library, "EvtNext", next);
    RESOLVE_EVT(library, "EvtRender", render);
    RESOLVE_EVT(library, "EvtClose", close);
    /* Wine exports an EvtRender that ends the process. */
    if (windows_is_wines(library)) {
        event_log.render = NULL;
    }
    return TRUE;
}

static DWORD why_not(void) {
    DWORD error = GetLastError();

    return error ? error : (DWORD)ERROR_CALL_NOT_IMPLEMENTED;
}

static BOOL make_room(struct reading *reading, size_t units) {
    size_t room = reading->length + units;
    WCHAR *texts;

    if (room <= reading->room) {
        return TRUE;
    }
    room += room / 2;
    texts = realloc(reading->texts, room * sizeof(*texts));
    if (!texts) {
        return FALSE;
    }
    reading->texts = texts;
    reading->room = room;
    return TRUE;
}

/* Adds the text of an event; one that cannot be rendered is left out. */
static DWORD add_event(struct reading *reading, EVT_HANDLE event) {
    DWORD needed = 4096, used, properties;

    for (int tries = 0; tries < MOST_RENDERINGS && needed <= MOST_TEXT; tries++) {
        WCHAR *text;
        size_t units = needed / sizeof(WCHAR) + 1;

        if (!make_room(reading, units)) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        text = reading->texts + reading->length;
        memset(text, 0, units * sizeof(*text));
        used = properties = 0;
        if (event_log.render(NULL, event, EvtRenderEventXml, (DWORD)((units - 1) * sizeof(*text)), text, &used,
                             &properties)) {
            reading->length += wcslen(text) + 1;
            return ERROR_SUCCESS;
        }
        if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
            return ERROR_SUCCESS;
        }
        needed = used > needed ? used : 2 * needed;
    }
    return ERROR_SUCCESS;
}

static DWORD read_batches(EVT_HANDLE found, DWORD most, struct reading *reading) {
    ULONGLONG end = GetTickCount64() + LONGEST_READ;
    DWORD code = ERROR_SUCCESS, count;

    for (DWORD read = 0; !code && read < most; read += count) {
        EVT_HANDLE events[BATCH] = {NULL};
        DWORD wanted = most - read < BATCH ? most - read : BATCH;

        count = 0;
        SetLastError(ERROR_SUCCESS);
        code = event_log.next(found, wanted, events, BATCH_WAIT, 0, &count) ? ERROR_SUCCESS : why_not();
        count = code ? 0 : count;
        for (DWORD i = 0; i < count && i < wanted; i++) {
            code = code ? code : add_event(reading, events[i]);
            event_log.close(events[i]);
        }
        if (!code && count == 0) {
            code = ERROR_NO_MORE_ITEMS;
        }
        if (!code && GetTickCount64() >= end) {
            code = ERROR_TIMEOUT;
        }
    }
    return code == ERROR_NO_MORE_ITEMS ? (DWORD)ERROR_SUCCESS : code;
}

DWORD windows_read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length) {
    struct reading reading = {NULL, 0, 0};
    EVT_HANDLE found;
    DWORD code = ERROR_MOD_NOT_FOUND;

    *texts = NULL;
    *length = 0;
    if (!InitOnceExecuteOnce(&event_log.once, load_event_log, &code, NULL)) {
        return code;
    }
    if (!event_log.query || !event_log.next || !event_log.render || !event_log.close) {
        return ERROR_PROC_NOT_FOUND;
    }
    SetLastError(ERROR_SUCCESS);
    found = event_log.query(NULL, L"Application", query, EvtQueryChannelPath | EvtQueryReverseDirection);
    if (!found) {
        return why_not();
    }
    code = read_batches(found, most, &reading);
    event_log.close(found);
    if (code) {
        free(reading.texts);
        return code;
    }
    *texts = reading.texts;
    *length = reading.length;
    return ERROR_SUCCESS;
}

#endif
