/* The entries of phone books, and the devices that they dial with. */

#include <stddef.h>
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

    return CALLS_CALL(asked->table, RasEnumEntriesW, NULL, asked->phonebook, (LPRASENTRYNAMEW)(void *)buffer, bytes,
                      count);
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

/* A list that is asked for too seldom for its buffer to be kept. */
static uint32_t list_once(const calls_list_kind *kind, const void *question, void **flat, uint32_t *count) {
    calls_buffer buffer = {NULL, 0, 0};
    uint32_t code = calls_list(&buffer, kind, question, flat, count);

    free(buffer.bytes);
    return code;
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
    void *flat = NULL;
    uint32_t code = calls_find_table(service, &question.table);

    *count = 0;
    if (!code) {
        code = list_once(&kind, &question, &flat, count);
    }
    *entries = flat;
    return calls_answer(service, code);
}

/* How well an entry has that name, 0 for not at all: best exactly, then in this user's phone book. */
static uint32_t rank_of(const winras_entry_name *entry, const char16_t *name) {
    uint32_t exact = CompareStringOrdinal((LPCWSTR)entry->name, -1, (LPCWSTR)name, -1, FALSE) == CSTR_EQUAL ? 2 : 0;

    return same_caseless(entry->name, name) ? 1 + exact + (entry->flags & REN_AllUsers ? 0 : 1) : 0;
}

uint32_t winras_find_entry(uint32_t service, const char16_t *name, winras_entry_name *entry) {
    winras_entry_name *entries = NULL;
    const winras_entry_name *found = NULL;
    uint32_t found_rank = 0;
    uint32_t count = 0;
    uint32_t code = winras_list_entries(service, u"", &entries, &count);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = rank_of(&entries[i], name);

        if (rank > found_rank) {
            found = &entries[i];
            found_rank = rank;
        }
    }
    if (found) {
        *entry = *found;
    } else if (!code) {
        code = ERROR_NOT_FOUND;
    }
    winras_free(entries);
    return code;
}

/* ---- devices ---- */

static DWORD ask_devices(const void *question, BYTE *buffer, DWORD *bytes, DWORD *count) {
    const rasapi *table = question;

    return CALLS_CALL(table, RasEnumDevicesW, (LPRASDEVINFOW)(void *)buffer, bytes, count);
}

static void flatten_device(void *element, const BYTE *bytes) {
    winras_device *flat = element;
    RASDEVINFOW native;

    memcpy(&native, bytes, WINRAS_DEVINFO_SIZE);
    WINRAS_COPY_TEXT(flat->type, native.szDeviceType);
    WINRAS_COPY_TEXT(flat->name, native.szDeviceName);
}

uint32_t winras_list_devices(uint32_t service, winras_device **devices, uint32_t *count) {
    static const calls_list_kind kind = {
        .size = WINRAS_DEVINFO_SIZE,
        .spare = 1,
        .ask = ask_devices,
        .flat_size = sizeof(winras_device),
        .flatten = flatten_device,
    };
    const rasapi *table = NULL;
    void *flat = NULL;
    uint32_t code = calls_find_table(service, &table);

    *count = 0;
    if (!code) {
        code = list_once(&kind, table, &flat, count);
    }
    *devices = flat;
    return calls_answer(service, code);
}

/* ---- properties ---- */

/* Room for alternate numbers, which follow the structure, so that most questions take one call. */
#define SPARE 1024

struct properties_question {
    const rasapi *table;
    LPCWSTR phonebook;
    LPCWSTR name;
    DWORD sub_entry;
};

static DWORD ask_entry(void *context, BYTE *buffer, DWORD *bytes) {
    const struct properties_question *asked = context;

    return CALLS_CALL(asked->table, RasGetEntryPropertiesW, asked->phonebook, asked->name, (LPRASENTRYW)(void *)buffer,
                      bytes, NULL, NULL);
}

static DWORD ask_sub_entry(void *context, BYTE *buffer, DWORD *bytes) {
    const struct properties_question *asked = context;

    return CALLS_CALL(asked->table, RasGetSubEntryPropertiesW, asked->phonebook, asked->name, asked->sub_entry,
                      (LPRASSUBENTRYW)(void *)buffer, bytes, NULL, NULL);
}

static uint32_t get_properties(uint32_t service, struct properties_question *question, DWORD size, calls_fill fill,
                               uint8_t **bytes, uint32_t *count) {
    calls_buffer buffer = {NULL, 0, 0};
    uint32_t code = calls_find_table(service, &question->table);

    *bytes = NULL;
    *count = 0;
    code = code ? code : calls_grow(&buffer, size, SPARE);
    code = code ? code : calls_probe_and_grow(&buffer, size, SPARE, fill, question);
    if (code) {
        free(buffer.bytes);
    } else {
        memcpy(buffer.bytes, &size, sizeof(DWORD)); /* whatever RAS has put there */
        *bytes = buffer.bytes;
        *count = buffer.room;
    }
    return calls_answer(service, code);
}

uint32_t winras_get_entry(uint32_t service, const char16_t *phonebook, const char16_t *name, uint32_t size,
                          uint8_t **bytes, uint32_t *count) {
    struct properties_question question = {NULL, (LPCWSTR)phonebook, (LPCWSTR)name, 0};

    return get_properties(service, &question, size, ask_entry, bytes, count);
}

uint32_t winras_get_sub_entry_properties(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                         uint32_t sub_entry, uint8_t **bytes, uint32_t *count) {
    struct properties_question question = {NULL, (LPCWSTR)phonebook, (LPCWSTR)name, sub_entry};

    return get_properties(service, &question, WINRAS_SUBENTRY_SIZE, ask_sub_entry, bytes, count);
}

/* A copy that RAS may write to; the caller frees it. */
static BYTE *copy_bytes(const uint8_t *bytes, uint32_t count) {
    BYTE *copy = malloc(count);

    if (copy) {
        memcpy(copy, bytes, count);
    }
    return copy;
}

uint32_t winras_set_entry(uint32_t service, const char16_t *phonebook, const char16_t *name, const uint8_t *bytes,
                          uint32_t count) {
    const rasapi *table = NULL;
    BYTE *copy = copy_bytes(bytes, count);
    uint32_t code = copy ? calls_find_table(service, &table) : (uint32_t)ERROR_NOT_ENOUGH_MEMORY;

    if (!code) {
        code = CALLS_CALL(table, RasSetEntryPropertiesW, (LPCWSTR)phonebook, (LPCWSTR)name, (LPRASENTRYW)(void *)copy,
                          count, NULL, 0);
    }
    free(copy);
    return calls_answer(service, code);
}

uint32_t winras_set_sub_entry_properties(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                         uint32_t sub_entry, const uint8_t *bytes, uint32_t count) {
    const rasapi *table = NULL;
    BYTE *copy = copy_bytes(bytes, count);
    uint32_t code = copy ? calls_find_table(service, &table) : (uint32_t)ERROR_NOT_ENOUGH_MEMORY;

    if (!code) {
        code = CALLS_CALL(table, RasSetSubEntryPropertiesW, (LPCWSTR)phonebook, (LPCWSTR)name, sub_entry,
                          (LPRASSUBENTRYW)(void *)copy, count, NULL, 0);
    }
    free(copy);
    return calls_answer(service, code);
}

#define MEMBER(name) {#name, offsetof(RASENTRYW, name), sizeof(((RASENTRYW *)0)->name)}

/* The oldest structure that a Windows which winras supports may want: that of Windows XP. */
#define OLDEST_SIZE offsetof(RASENTRYW, ipv6addrDns)

const char *winras_entry_member(uint32_t number, uint32_t *offset, uint32_t *size) {
    static const struct {
        const char *name;
        uint32_t offset;
        uint32_t size;
    } members[] = {
        MEMBER(dwSize),
        MEMBER(dwfOptions),
        MEMBER(szLocalPhoneNumber),
        MEMBER(dwAlternateOffset),
        MEMBER(ipaddr),
        MEMBER(ipaddrDns),
        MEMBER(ipaddrDnsAlt),
        MEMBER(ipaddrWins),
        MEMBER(ipaddrWinsAlt),
        MEMBER(dwfNetProtocols),
        MEMBER(dwFramingProtocol),
        MEMBER(szDeviceType),
        MEMBER(szDeviceName),
        MEMBER(dwSubEntries),
        MEMBER(dwIdleDisconnectSeconds),
        MEMBER(dwType),
        MEMBER(dwEncryptionType),
        MEMBER(dwCustomAuthKey),
        MEMBER(guidId),
        MEMBER(dwVpnStrategy),
        MEMBER(dwfOptions2),
        MEMBER(szDnsSuffix),
        MEMBER(szPrerequisitePbk),
        MEMBER(szPrerequisiteEntry),
        MEMBER(dwRedialCount),
        MEMBER(dwRedialPause),
        MEMBER(ipv6addrDns),
        MEMBER(ipv6addrDnsAlt),
        MEMBER(dwIPv4InterfaceMetric),
        MEMBER(dwIPv6InterfaceMetric),
        MEMBER(ipv6addr),
        MEMBER(dwIPv6PrefixLength),
        MEMBER(dwNetworkOutageTime),
        MEMBER(szIDi),
        MEMBER(szIDr),
        MEMBER(IdiType),
        MEMBER(IdrType),
        MEMBER(fDisableIKEv2Fragmentation),
    };

    if (number >= COUNT(members)) {
        return NULL;
    }
    *offset = members[number].offset;
    *size = members[number].size;
    return members[number].name;
}

uint32_t winras_entry_size(uint32_t number) {
    static const uint32_t sizes[] = WINRAS_ENTRY_SIZES;

    return number < COUNT(sizes) && sizes[number] >= OLDEST_SIZE ? sizes[number] : 0;
}

/* ---- names ---- */

uint32_t winras_delete_entry(uint32_t service, const char16_t *phonebook, const char16_t *name) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        code = CALLS_CALL(table, RasDeleteEntryW, (LPCWSTR)phonebook, (LPCWSTR)name);
    }
    return calls_answer(service, code);
}

uint32_t winras_rename_entry(uint32_t service, const char16_t *phonebook, const char16_t *name,
                             const char16_t *new_name) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        code = CALLS_CALL(table, RasRenameEntryW, (LPCWSTR)phonebook, (LPCWSTR)name, (LPCWSTR)new_name);
    }
    return calls_answer(service, code);
}

uint32_t winras_validate_entry_name(uint32_t service, const char16_t *phonebook, const char16_t *name) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        code = CALLS_CALL(table, RasValidateEntryNameW, (LPCWSTR)phonebook, (LPCWSTR)name);
    }
    return calls_answer(service, code);
}
