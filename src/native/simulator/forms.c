/* What clients give and are given in the same way by many functions: paths and lists. A list is in structures of the
 * size that the client asks for, if its buffer has room for all of them. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

BOOL form_is_file(LPCWSTR path) {
    DWORD attributes = path && path[0] ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;

    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

DWORD form_size(const native_form *form, const void *buffer, DWORD room, LPDWORD size) {
    *size = form->sizes[0];
    if (buffer && room >= sizeof(*size)) {
        memcpy(size, buffer, sizeof(*size));
    }
    return is_size(*size, form->sizes) ? ERROR_SUCCESS : ERROR_INVALID_SIZE;
}

DWORD form_list_begin(form_list *list, const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written) {
    DWORD code;

    memset(list, 0, sizeof(*list));
    if (!bytes || !written) {
        return ERROR_INVALID_PARAMETER;
    }
    list->form = form;
    list->next = buffer;
    code = form_size(form, buffer, *bytes, &list->size);
    list->most = buffer && !code ? *bytes / list->size : 0;
    return code;
}

void form_list_take(void *to, const void *item) {
    form_list *list = to;

    if (list->most) {
        list->most--;
        list->form->fill(list->next, item, list->size);
        list->next += list->size;
    }
}

void form_list_end(const form_list *list, DWORD code, DWORD count, LPDWORD bytes, LPDWORD written) {
    if (count != FORM_UNTOLD) {
        *written = count; /* with 603 too: shipping clients size their next try by it */
        if (!code || code == ERROR_BUFFER_TOO_SMALL) {
            /* A buffer must have room for one, even to be told that there is none. */
            *bytes = (code && list->next && count == 0 ? 1 : count) * list->size;
        }
    } else if ((code == ERROR_INVALID_SIZE || code == ERROR_INVALID_USER_BUFFER) && written) {
        *written = 0;
    }
}
