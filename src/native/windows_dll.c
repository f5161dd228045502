/* How the DLLs of Windows are loaded that the backend calls. */

#include "rasapi.h"

#ifdef _WIN32

#include <string.h>

#include "rasapi_windows.h"

DWORD windows_load(const WCHAR *name, HMODULE *library) {
    WCHAR path[MAX_PATH + 32];
    UINT length = GetSystemDirectoryW(path, MAX_PATH);
    DWORD error = ERROR_SUCCESS;

    *library = NULL;
    if (length == 0 || length >= MAX_PATH || wcslen(name) >= 31) {
        return ERROR_MOD_NOT_FOUND;
    }
    path[length] = L'\\';
    memcpy(path + length + 1, name, (wcslen(name) + 1) * sizeof(WCHAR));
    *library = LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!*library) {
        error = GetLastError();
        error = error ? error : (DWORD)ERROR_MOD_NOT_FOUND;
    }
    return error;
}

void windows_resolve(HMODULE library, const char *name, void *function, size_t size) {
    FARPROC found = GetProcAddress(library, name);

    memcpy(function, &found, size);
}

BOOL windows_is_wines(HMODULE library) {
    static const char mark[] = "Wine builtin DLL";

    return memcmp((const char *)(const void *)library + sizeof(IMAGE_DOS_HEADER), mark, sizeof(mark) - 1) == 0;
}

#endif
