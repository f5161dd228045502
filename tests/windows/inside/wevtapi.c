/* A wevtapi.dll with an Application log of its own: what events_windows.c calls, strict about what the pages of these
 * functions say. A test sets its variables. */

#include <windows.h>

#include <wchar.h>

#define EXPORT __declspec(dllexport)
#define LOG ((HANDLE)1)
#define FIRST_EVENT 16
#define PADDING 3000

typedef HANDLE EVT_HANDLE;

EXPORT DWORD event_count = 0;
EXPORT DWORD query_fails = 0;
EXPORT DWORD next_fails = 0;
EXPORT DWORD render_fails = 0;
EXPORT DWORD open_handles = 0;
EXPORT DWORD largest_batch = 0;
static DWORD given;

static BOOL answer(DWORD error) {
    SetLastError(error);
    return error == ERROR_SUCCESS;
}

/* EvtQueryChannelPath and EvtQueryReverseDirection. */
EXPORT EVT_HANDLE WINAPI EvtQuery(EVT_HANDLE session, LPCWSTR path, LPCWSTR query, DWORD flags) {
    DWORD error = query_fails;

    if (session || wcscmp(path, L"Application") || wcsncmp(query, L"*[System[", 9) || flags != 0x201) {
        error = ERROR_INVALID_PARAMETER;
    }
    if (!answer(error)) {
        return NULL;
    }
    given = 0;
    open_handles++;
    return LOG;
}

EXPORT BOOL WINAPI EvtNext(EVT_HANDLE log, DWORD size, EVT_HANDLE *events, DWORD timeout, DWORD flags,
                           DWORD *returned) {
    DWORD count = 0;

    if (log != LOG || timeout == INFINITE || flags || (next_fails && given)) {
        return answer(next_fails ? next_fails : ERROR_INVALID_PARAMETER);
    }
    for (; count < size && given < event_count; count++) {
        events[count] = (EVT_HANDLE)(ULONG_PTR)(FIRST_EVENT + given++);
        open_handles++;
    }
    largest_batch = size > largest_batch ? size : largest_batch;
    *returned = count;
    return answer(count ? ERROR_SUCCESS : ERROR_NO_MORE_ITEMS);
}

/* Every third event is longer than the others. EvtRenderEventXml is 1. */
EXPORT BOOL WINAPI EvtRender(EVT_HANDLE context, EVT_HANDLE event, DWORD flags, DWORD size, PVOID buffer, DWORD *used,
                             DWORD *properties) {
    DWORD number = (DWORD)(ULONG_PTR)event - FIRST_EVENT;
    WCHAR text[4096];

    if (context || flags != 1 || number >= event_count) {
        return answer(ERROR_INVALID_PARAMETER);
    }
    if (render_fails && number == 1) {
        return answer(render_fails);
    }
    swprintf(text, 4096,
             L"<Event><System><Provider Name='RasClient'/><EventID>20227</EventID></System><EventData><Data/><Data/>"
             L"<Data>Entry %u</Data><Data>%u</Data></EventData><!--%*s--></Event>",
             number, 700 + number, number % 3 ? 1 : PADDING, L"");
    *used = (DWORD)((wcslen(text) + 1) * sizeof(WCHAR));
    *properties = 0;
    if (*used > size) {
        return answer(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(buffer, text, *used);
    return answer(ERROR_SUCCESS);
}

EXPORT BOOL WINAPI EvtClose(EVT_HANDLE handle) {
    open_handles--;
    return answer(handle ? ERROR_SUCCESS : ERROR_INVALID_HANDLE);
}
