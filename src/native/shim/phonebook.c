/* The entries of phone books: RasEnumEntries. */

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "calls.h"

struct entries_question {
    const rasapi *table;
    LPCWSTR phonebook;
};

static DWORD ask_entries(const void *question, BYTE *buffer, DWORD *bytes, DWORD *count) {
    const struct entries_question *asked = question;

    return asked->table->RasEnumEntriesW(NULL, asked->phonebook, (LPRASENTRYNAMEW)(void *)buffer, bytes, count);
}

static void flatten_entry_name(void *element, const BYTE *bytes) {
    winras_entry_name *flat = element;
    RASENTRYNAMEW native;

    memset(&native, 0, sizeof(native));
    memcpy(&native, bytes, WINRAS_ENTRYNAME_SIZE);
    flat->flags = native.dwFlags;
    WINRAS_COPY_TEXT(flat->name, native.szEntryName);
    WINRAS_COPY_TEXT(flat->phonebook, native.szPhonebookPath);
}

uint32_t winras_list_entries(uint32_t service, const char16_t *phonebook, winras_entry_name **entries,
                             uint32_t *count) {
    static const calls_list_kind kind = {
        .size = WINRAS_ENTRYNAME_SIZE,
        .spare = 1,
        .ask = ask_entries,
        .flat_size = sizeof(winras_entry_name),
        .flatten = flatten_entry_name,
    };
    struct entries_question question = {NULL, phonebook[0] ? (LPCWSTR)phonebook : NULL};
    calls_buffer buffer = {NULL, 0};
    void *flat = NULL;
    uint32_t code = calls_find_table(service, &question.table);

    *count = 0;
    if (!code) {
        code = question.table->RasEnumEntriesW ? calls_list(&buffer, &kind, &question, &flat, count)
                                               : (uint32_t)ERROR_PROC_NOT_FOUND;
    }
    free(buffer.bytes);
    *entries = flat;
    return calls_answer(service, code);
}
