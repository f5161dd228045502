/* The entries of phone books: RasEnumEntries. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "calls.h"

struct listing {
    const rasapi *table;
    LPCWSTR phonebook;
    DWORD count;
};

static DWORD ask_entries(void *context, BYTE *buffer, DWORD *bytes) {
    struct listing *listing = context;

    listing->count = 0;
    return listing->table->RasEnumEntriesW(NULL, listing->phonebook, (LPRASENTRYNAMEW)(void *)buffer, bytes,
                                           &listing->count);
}

static void flatten_entry_name(winras_entry_name *flat, const BYTE *bytes) {
    RASENTRYNAMEW native;

    memset(&native, 0, sizeof(native));
    memcpy(&native, bytes, WINRAS_ENTRYNAME_SIZE);
    flat->flags = native.dwFlags;
    WINRAS_COPY_TEXT(flat->name, native.szEntryName);
    WINRAS_COPY_TEXT(flat->phonebook, native.szPhonebookPath);
}

static uint32_t list_entries(struct listing *listing, winras_entry_name **entries, uint32_t *count) {
    calls_buffer buffer = {NULL, 0};
    winras_entry_name *flat = NULL;
    uint32_t code;

    if (!listing->table->RasEnumEntriesW) {
        return ERROR_PROC_NOT_FOUND;
    }
    code = calls_probe_and_grow(&buffer, WINRAS_ENTRYNAME_SIZE, WINRAS_ENTRYNAME_SIZE, ask_entries, listing);
    if (code || listing->count == 0) {
        goto done;
    }
    /* Whatever RAS answers, the shim must not read past its buffer. */
    if (listing->count > buffer.room / WINRAS_ENTRYNAME_SIZE) {
        code = ERROR_INVALID_SIZE;
        goto done;
    }
    flat = calloc(listing->count, sizeof(*flat));
    if (!flat) {
        code = ERROR_NOT_ENOUGH_MEMORY;
        goto done;
    }
    for (DWORD i = 0; i < listing->count; i++) {
        flatten_entry_name(&flat[i], buffer.bytes + (size_t)i * WINRAS_ENTRYNAME_SIZE);
    }
    *entries = flat;
    *count = listing->count;
done:
    free(buffer.bytes);
    return code;
}

uint32_t winras_list_entries(uint32_t service, const char16_t *phonebook, winras_entry_name **entries,
                             uint32_t *count) {
    struct listing listing = {NULL, phonebook[0] ? (LPCWSTR)phonebook : NULL, 0};
    uint32_t code = calls_find_table(service, &listing.table);

    *entries = NULL;
    *count = 0;
    return code ? code : calls_answer(service, list_entries(&listing, entries, count));
}
