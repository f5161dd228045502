/* What rasapi_windows.c is made of: how DLLs of Windows are loaded, and the Application log. */
#ifndef WINRAS_RASAPI_WINDOWS_H
#define WINRAS_RASAPI_WINDOWS_H

#include <stddef.h>

#include <windows.h>

/* By the full path, because the bare name gives whatever DLL of that name is loaded already, from wherever. The flag
 * makes Windows look in System32 only for what the DLL itself loads. A Win32 error. */
DWORD windows_load(const WCHAR *name, HMODULE *library);
/* Each on its own, because Wine lacks some. Through memcpy, because C has no conversion between kinds of function
 * pointers that every compiler accepts without a warning. */
void windows_resolve(HMODULE library, const char *name, void *function, size_t size);
/* Whether the DLL is Wine's own: Wine marks its builtin DLLs behind the DOS header. */
BOOL windows_is_wines(HMODULE library);

/* For the table: events_windows.c. */
DWORD windows_read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length);

#endif
