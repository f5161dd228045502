/* RasEnumEntries: the entries of phone books. */

#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

static void fill_entry_name(void *buffer, const void *answer, DWORD size) {
    const service_entry_name *entry = answer;
    RASENTRYNAMEW native;

    FORM_ENTRY_NAME(native, entry, size, WINRAS_COPY_TEXT);
    memcpy(buffer, &native, size);
}

static DWORD enumerate_entries(const native_form *form, const char16_t *phonebook, void *buffer, LPDWORD bytes,
                               LPDWORD written) {
    service_entry_name *entries = NULL;
    DWORD count = 0;
    DWORD code;

    if (!bytes || !written) {
        return ERROR_INVALID_PARAMETER;
    }
    *written = 0;
    code = service_list_entries(phonebook, &entries, &count);
    if (code) {
        return code;
    }
    code = form_fill_list(form, buffer, bytes, written, entries, sizeof(*entries), count);
    free(entries);
    return code;
}

DWORD form_enumerate_entries(const native_form *form, BOOL is_reserved_null, const char16_t *phonebook, void *buffer,
                             LPDWORD bytes, LPDWORD written) {
    service_frame call;
    DWORD code = service_enter(&call, FUNCTION_RasEnumEntries, 0, 0);

    if (!code && !is_reserved_null) {
        code = ERROR_INVALID_PARAMETER;
    }
    return service_leave(&call, code ? code : enumerate_entries(form, phonebook, buffer, bytes, written));
}

DWORD APIENTRY RasEnumEntriesW(LPCWSTR reserved, LPCWSTR lpszPhonebook, LPRASENTRYNAMEW lprasentryname, LPDWORD lpcb,
                               LPDWORD lpcEntries) {
    static const native_form w_form = {WINRAS_ENTRYNAME_SIZES, fill_entry_name};

    return form_enumerate_entries(&w_form, !reserved, (const char16_t *)lpszPhonebook, lprasentryname, lpcb,
                                  lpcEntries);
}
