/* Structures as a client knows them. Those with text have a W form and, in the drop-in, an A form, and most have
 * had several sizes. */
#ifndef WINRAS_SIMULATOR_FORMS_H
#define WINRAS_SIMULATOR_FORMS_H

#include "requests.h"

/* Room for the values that a structure's dwSize may have, newest first; one more than any needs, so that 0 ends
 * each list. */
#define FORM_SIZES 6

static inline BOOL is_size(DWORD size, const DWORD *sizes) {
    while (*sizes && *sizes != size) {
        sizes++;
    }
    return *sizes != 0;
}

/* How a structure is written from the service's answer: its first `size` bytes. */
typedef struct {
    DWORD sizes[FORM_SIZES];
    void (*fill)(void *buffer, const void *answer, DWORD size);
} native_form;

/* Functions whose W form and A form differ only in that. */
DWORD form_enumerate_connections(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written);
DWORD form_get_status(const native_form *form, HRASCONN handle, void *buffer);
DWORD form_enumerate_entries(const native_form *form, BOOL is_reserved_null, const char16_t *phonebook, void *buffer,
                             LPDWORD bytes, LPDWORD written);

/* Fills a client's buffer with a structure for each of the answers, which are `apart` bytes apart. */
DWORD form_fill_list(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written, const void *answers,
                     size_t apart, DWORD count);
/* Gives as much of a projection as the client's structure has. */
DWORD give_projection(void *projected, const DWORD *sizes, void *buffer, LPDWORD bytes);
void fill_endpoint(RASTUNNELENDPOINT *native, const sim_endpoint *endpoint);

#endif
