/* RasEnumEntries: the entries of phone books. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

static void fill_entry_name(void *buffer, const void *answer, DWORD size) {
    const service_entry_name *entry = answer;
    RASENTRYNAMEW native;

    FORM_ENTRY_NAME(native, entry, size, WINRAS_COPY_TEXT);
    memcpy(buffer, &native, size);
}

DWORD form_enumerate_entries(const native_form *form, BOOL is_reserved_null, LPCWSTR phonebook, void *buffer,
                             LPDWORD bytes, LPDWORD written) {
    form_list list;
    DWORD refused = form_list_begin(&list, form, buffer, bytes, written), code;
    struct ask_enumerate_entries asked = {
        .call = {.function = FUNCTION_RasEnumEntries, .refused = is_reserved_null ? refused : ERROR_INVALID_PARAMETER},
        .has_buffer = buffer != NULL,
        .most = list.most,
        .count = FORM_UNTOLD,
        .entries = {form_list_take, &list},
    };

    FORM_NAME_PHONEBOOK(asked, phonebook);
    code = ask_enumerate_entries(&asked);
    form_list_end(&list, code, asked.count, bytes, written);
    return code;
}

DWORD APIENTRY RasEnumEntriesW(LPCWSTR reserved, LPCWSTR lpszPhonebook, LPRASENTRYNAMEW lprasentryname, LPDWORD lpcb,
                               LPDWORD lpcEntries) {
    static const native_form w_form = {WINRAS_ENTRYNAME_SIZES, fill_entry_name};

    return form_enumerate_entries(&w_form, !reserved, lpszPhonebook, lprasentryname, lpcb, lpcEntries);
}
