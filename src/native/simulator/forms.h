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

/* The members of a structure, from what the service has answered. COPY copies a text into its form. */
#define FORM_CONNECTION(native, connection, size, COPY)                                                        \
    do {                                                                                                       \
        memset(&(native), 0, sizeof(native));                                                                  \
        (native).dwSize = (size);                                                                              \
        (native).hrasconn = handle_to_native((connection)->handle);                                            \
        COPY((native).szEntryName, (connection)->name);                                                        \
        COPY((native).szDeviceType, (connection)->device_type);                                                \
        COPY((native).szDeviceName, (connection)->device_name);                                                \
        COPY((native).szPhonebook, (connection)->phonebook);                                                   \
        (native).dwSubEntry = (connection)->sub_entry;                                                         \
        memcpy(&(native).guidEntry, (connection)->entry_id, sizeof((native).guidEntry));                       \
        (native).dwFlags = (connection)->flags;                                                                \
        (native).luid.LowPart = (DWORD)(connection)->luid;                                                     \
        (native).luid.HighPart = (LONG)((connection)->luid >> 32);                                             \
        memcpy(&(native).guidCorrelationId, (connection)->correlation_id, sizeof((native).guidCorrelationId)); \
    } while (0)

#define FORM_STATUS(native, connection, size, COPY)                         \
    do {                                                                    \
        memset(&(native), 0, sizeof(native));                               \
        (native).dwSize = (size);                                           \
        (native).rasconnstate = (RASCONNSTATE)(connection)->state;          \
        (native).dwError = (connection)->error;                             \
        COPY((native).szDeviceType, (connection)->device_type);             \
        COPY((native).szDeviceName, (connection)->device_name);             \
        COPY((native).szPhoneNumber, (connection)->phone_number);           \
        fill_endpoint(&(native).localEndPoint, &(connection)->local);       \
        fill_endpoint(&(native).remoteEndPoint, &(connection)->remote);     \
        (native).rasconnsubstate = (RASCONNSUBSTATE)(connection)->substate; \
    } while (0)

#define FORM_ENTRY_NAME(native, entry, size, COPY)                       \
    do {                                                                 \
        memset(&(native), 0, sizeof(native));                            \
        (native).dwSize = (size);                                        \
        COPY((native).szEntryName, (entry)->name);                       \
        (native).dwFlags = (entry)->all_users ? REN_AllUsers : REN_User; \
        COPY((native).szPhonebookPath, (entry)->phonebook);              \
    } while (0)

#define FORM_DEVICE(native, device, size, COPY)      \
    do {                                             \
        memset(&(native), 0, sizeof(native));        \
        (native).dwSize = (size);                    \
        COPY((native).szDeviceType, (device)->type); \
        COPY((native).szDeviceName, (device)->name); \
    } while (0)

/* How much may follow a RASENTRY or a RASSUBENTRY: more than any client gives. */
#define FORM_MOST_TAIL 65536

/* A client's buffer, into which a list of the service is written: a structure of `size` bytes for each item. */
typedef struct {
    const native_form *form;
    BYTE *next;
    DWORD size;
    DWORD most; /* for how many there is room */
} form_list;

/* The code that refuses the call, or 0. */
DWORD form_list_begin(form_list *list, const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written);
/* A wire_taker; "to" is the form_list. */
void form_list_take(void *to, const void *item);
/* What the client is told after the answer; FORM_UNTOLD items: the service has not said how many there are. */
#define FORM_UNTOLD UINT32_MAX
void form_list_end(const form_list *list, DWORD code, DWORD count, LPDWORD bytes, LPDWORD written);

/* Functions whose W form and A form differ only in the structure that they fill. */
DWORD form_enumerate_connections(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written);
DWORD form_get_status(const native_form *form, HRASCONN handle, void *buffer);
DWORD form_enumerate_entries(const native_form *form, BOOL is_reserved_null, const char16_t *phonebook, void *buffer,
                             LPDWORD bytes, LPDWORD written);
DWORD form_enumerate_devices(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written);

/* A text that a client may leave out. */
static inline const char16_t *form_text(LPCWSTR text) { return text ? (const char16_t *)text : u""; }

/* The dwSize of a client's RASDIALPARAMS; ERROR_INVALID_SIZE if no version has that. */
DWORD form_dial_params_size(const RASDIALPARAMSW *params, DWORD *size);
/* Which of the sizes a list in the client's buffer is asked for in. ERROR_INVALID_SIZE: none of them. */
DWORD form_list_size(const native_form *form, const void *buffer, DWORD room, LPDWORD size);
/* What a client is told of a list of so many structures of that size. */
DWORD form_list_answer(const void *buffer, DWORD size, DWORD count, LPDWORD bytes, LPDWORD written);
/* Fills a client's buffer with a structure for each of the answers, which are `apart` bytes apart. */
DWORD form_fill_list(const native_form *form, void *buffer, LPDWORD bytes, LPDWORD written, const void *answers,
                     size_t apart, DWORD count);
/* NULL for a protocol that is never projected. */
DWORD form_get_projection(const native_form *form, HRASCONN handle, RASPROJECTION protocol, void *buffer,
                          LPDWORD bytes);
void fill_ip(void *buffer, const void *answer, DWORD size);
void fill_lcp(void *buffer, const void *answer, DWORD size);
void fill_endpoint(RASTUNNELENDPOINT *native, const sim_endpoint *endpoint);

#endif
