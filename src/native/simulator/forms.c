/* How a client is given a list: in structures of the size that it asks for, if its buffer has room for all of
 * them. */

#include "forms.h"

#include <string.h>

#include <raserror.h>

DWORD form_fill_list(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written, const void *answers,
                     size_t apart, DWORD count) {
    DWORD size = form->sizes[0];
    DWORD room = *bytes;

    *written = 0;
    if (buffer && room >= sizeof(size)) {
        memcpy(&size, buffer, sizeof(size));
        if (!is_size(size, form->sizes)) {
            return ERROR_INVALID_SIZE;
        }
    }
    /* A buffer must hold one structure, even to be told that there is none. */
    *bytes = (buffer && count == 0 ? 1 : count) * size;
    *written = count; /* with 603 too: shipping clients size their next try by it */
    if (buffer ? room < *bytes : count > 0) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    *bytes = count * size;
    for (DWORD i = 0; i < count; i++) {
        form->fill((BYTE *)buffer + (size_t)i * size, (const BYTE *)answers + i * apart, size);
    }
    return ERROR_SUCCESS;
}
