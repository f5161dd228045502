/* Phone books: their entries, with all that is kept for each, and the devices that entries use. What a RAS call asks
 * of them is a request, as in requests.c; the look-ups are for requests.c too. A client may be any process: what it has
 * not checked is checked here. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

/* ---- phone books ---- */

/* Where the phone books of users and of all users are, and the one into which new entries go. */
#define PROFILE_PHONEBOOKS u"\\Microsoft\\Network\\Connections\\Pbk\\"
static const char16_t users[] = u"C:\\Users\\";
static const char16_t users_phonebooks[] = u"\\AppData\\Roaming" PROFILE_PHONEBOOKS;
static const char16_t all_users_phonebooks[] = u"C:\\ProgramData" PROFILE_PHONEBOOKS;
static const char16_t default_phonebook[] = u"C:\\Users\\user\\AppData\\Roaming" PROFILE_PHONEBOOKS u"rasphone.pbk";

static BOOL is_file_name(const char16_t *file) {
    const char16_t *end = file;

    while (end && *end && *end != u'\\') {
        end++;
    }
    return end && *end == 0 && end - file > 4 && same_caseless(end - 4, u".pbk");
}

static BOOL is_path_of_user(const char16_t *path) {
    const char16_t *user = path_after(path, users);

    while (user && *user && *user != u'\\') {
        user++;
    }
    return user && is_file_name(path_after(user, users_phonebooks));
}

static BOOL is_path_for_all(const char16_t *path) { return is_file_name(path_after(path, all_users_phonebooks)); }

static BOOL is_users(const struct entry *entry) { return !entry->deleted && is_path_of_user(entry->given.phonebook); }

static BOOL is_for_all(const struct entry *entry) { return !entry->deleted && is_path_for_all(entry->given.phonebook); }

static BOOL is_in(const struct entry *entry, const char16_t *phonebook) {
    return !entry->deleted && same_caseless(entry->given.phonebook, phonebook);
}

/* A phone book of a profile need not exist as a file; of others, those exist that have an entry here, or are a file:
 * shipping clients make an empty one, and RasSetEntryProperties fills it. Its content, if it has any, is not read. */
static BOOL is_phonebook(const char16_t *path, uint32_t is_file) {
    BOOL found = is_file || is_path_of_user(path) || is_path_for_all(path);

    for (size_t i = 0; i < sim.entry_count && !found; i++) {
        found = is_in(&sim.entries[i], path);
    }
    return found;
}

DWORD find_for_client(const char16_t *name, const char16_t *phonebook, uint32_t is_file, size_t *found) {
    DWORD code = ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;

    if (phonebook[0] && !is_phonebook(phonebook, is_file)) {
        return ERROR_CANNOT_OPEN_PHONEBOOK;
    }
    for (size_t i = first_entry(name, phonebook); i < sim.entry_order.count; i++) {
        size_t place = sim.entry_order.places[i];
        const struct entry *entry = &sim.entries[place];

        if (!same_caseless(entry->given.name, name) || (phonebook[0] && !is_in(entry, phonebook))) {
            break;
        }
        if (phonebook[0] || is_users(entry) || (code && is_for_all(entry))) {
            *found = place;
            code = ERROR_SUCCESS;
        }
    }
    return code;
}

/* ---- names ---- */

static size_t text_length(const char16_t *text) {
    size_t length = 0;

    while (text[length]) {
        length++;
    }
    return length;
}

static BOOL is_one_of(char16_t unit, const char16_t *units) {
    while (*units && *units != unit) {
        units++;
    }
    return *units != 0;
}

/* Beyond ASCII every unit counts as a letter, except for the spaces and signs of U+00A0 to U+00BF and of U+2000 to
 * U+206F, and for the ideographic space. */
static BOOL is_alphanumeric(char16_t unit) {
    return (unit >= u'0' && unit <= u'9') || (unit >= u'A' && unit <= u'Z') || (unit >= u'a' && unit <= u'z') ||
           (unit >= 0xC0 && (unit < 0x2000 || unit > 0x206F) && unit != 0x3000);
}

/* RasValidateEntryName's page. */
static BOOL is_name(const char16_t *name) {
    BOOL alphanumeric = FALSE;

    if (name[0] == u'.' || text_length(name) > RAS_MaxEntryName) {
        return FALSE;
    }
    for (; *name; name++) {
        if (is_one_of(*name, u"|><?*\\/:")) {
            return FALSE;
        }
        alphanumeric = alphanumeric || is_alphanumeric(*name);
    }
    return alphanumeric;
}

/* RasRenameEntry's page: "entry names that would not be accepted by the dial-up networking user interface". */
static BOOL is_new_name(const char16_t *name) {
    BOOL blank = TRUE;

    for (const char16_t *unit = name; *unit; unit++) {
        blank = blank && (*unit == u' ' || *unit == u'\t');
    }
    return !blank && name[0] != u'.' && text_length(name) <= RAS_MaxEntryName;
}

DWORD serve_validate_name(struct ask_validate_name *asked) {
    size_t entry = 0;
    DWORD code = ERROR_INVALID_NAME;

    if (is_name(asked->name)) {
        code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);
        code = code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY ? ERROR_SUCCESS : code ? code : (DWORD)ERROR_ALREADY_EXISTS;
    }
    return code;
}

/* ---- entries ---- */

/* The largest RASENTRY that is accepted. */
static uint32_t largest_size(void) {
    static const struct {
        enum sim_quirk quirk;
        uint32_t size;
    } smaller[] = {
        {QUIRK_ENTRY_SIZES_5616, 5616},
        {QUIRK_ENTRY_SIZES_5656, 5656},
        {QUIRK_ENTRY_SIZES_5680, 5680},
        {QUIRK_ENTRY_SIZES_6720, 6720},
    };
    uint32_t size = WINRAS_ENTRY_SIZE;

    for (size_t i = COUNT(smaller); i-- > 0;) {
        if (sim.quirks[smaller[i].quirk]) {
            size = smaller[i].size;
        }
    }
    return size;
}

static DWORD check_size(uint32_t size) {
    static const uint32_t sizes[] = WINRAS_ENTRY_SIZES;

    for (size_t i = 0; sizes[i]; i++) {
        if (sizes[i] == size && size <= largest_size()) {
            return ERROR_SUCCESS;
        }
    }
    return ERROR_INVALID_SIZE;
}

static BOOL mentions(const char16_t *text, const char16_t *word) {
    while (*text && !path_after(text, word)) {
        text++;
    }
    return *text != 0;
}

static DWORD strategy_of(const sim_entry *given) {
    if (given->ikev2) {
        return VS_Ikev2Only;
    }
    if (mentions(given->device_name, u"SSTP")) {
        return VS_SstpOnly;
    }
    if (mentions(given->device_name, u"L2TP")) {
        return VS_L2tpOnly;
    }
    return mentions(given->device_name, u"PPTP") ? VS_PptpOnly : VS_Default;
}

/* What an entry has that nobody has set. */
static void fill_defaults(RASENTRYW *properties, const sim_entry *given) {
    BOOL vpn = same_caseless(given->device_type, u"vpn");
    BOOL pppoe = same_caseless(given->device_type, u"PPPoE");

    memset(properties, 0, sizeof(*properties));
    properties->dwfOptions = RASEO_RemoteDefaultGateway | (given->eap_user[0] ? RASEO_RequireEAP : 0);
    properties->dwfOptions2 = RASEO2_IPv6RemoteDefaultGateway | RASEO2_ReconnectIfDropped;
    properties->dwFramingProtocol = RASFP_Ppp;
    properties->dwfNetProtocols = RASNP_Ip | (given->ipv6.type ? RASNP_Ipv6 : 0);
    properties->dwDialMode = RASEDM_DialAll;
    properties->dwIdleDisconnectSeconds = RASIDS_Disabled;
    properties->dwType = vpn ? RASET_Vpn : pppoe ? RASET_Broadband : RASET_Phone;
    properties->dwEncryptionType = ET_Optional;
    properties->dwVpnStrategy = strategy_of(given);
    properties->dwRedialCount = 3;
    properties->dwRedialPause = 60;
}

/* What the service itself needs of an entry is in sim_entry only. */
static void describe_entry(const struct entry *entry, RASENTRYW *properties) {
    if (entry->properties) {
        *properties = *entry->properties;
    } else {
        fill_defaults(properties, &entry->given);
    }
    properties->dwSize = WINRAS_ENTRY_SIZE;
    WINRAS_COPY_TEXT(properties->szLocalPhoneNumber, entry->given.phone_number);
    WINRAS_COPY_TEXT(properties->szDeviceType, entry->given.device_type);
    WINRAS_COPY_TEXT(properties->szDeviceName, entry->given.device_name);
    memcpy(&properties->guidId, entry->given.entry_id, sizeof(properties->guidId));
    properties->dwSubEntries = entry->given.sub_entries;
}

/* FALSE when memory is short. */
static BOOL copy_blob(wire_blob *to, const void *bytes, uint32_t size) {
    uint8_t *copy = malloc((size_t)size + 1);

    if (!copy) {
        return FALSE;
    }
    if (size) {
        memcpy(copy, bytes, size);
    }
    to->bytes = copy;
    to->size = size;
    return TRUE;
}

/* What is given behind a structure of that size; `numbers` is dwAlternateOffset. */
static DWORD check_numbers(const wire_blob *given, uint32_t size, uint32_t numbers) {
    return numbers && (numbers < size || numbers - size > given->size) ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
}

static void forget_blob(wire_blob *kept) {
    give_room(kept->size);
    free(kept->bytes);
    memset(kept, 0, sizeof(*kept));
}

static DWORD keep_blob(wire_blob *kept, const wire_blob *given) {
    uint32_t more = given->size > kept->size ? given->size - kept->size : 0;
    wire_blob copy;

    if (!take_room(more)) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!copy_blob(&copy, given->bytes, given->size)) {
        give_room(more);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    give_room(kept->size + more - copy.size);
    free(kept->bytes);
    *kept = copy;
    return ERROR_SUCCESS;
}

static DWORD keep_tail(struct tail *kept, const wire_blob *given, uint32_t size, uint32_t numbers) {
    DWORD code = keep_blob(&kept->given, given);

    if (!code) {
        kept->numbers = numbers ? numbers - size : given->size;
    }
    return code;
}

static void forget_tail(struct tail *kept) {
    forget_blob(&kept->given);
    kept->numbers = 0;
}

/* With a structure of that size before it. */
static DWORD give_tail(const struct tail *kept, uint32_t size, uint32_t room, uint32_t *needed, wire_blob *tail) {
    *needed = size + kept->given.size;
    if (*needed > room) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    return copy_blob(tail, kept->given.bytes, kept->given.size) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static uint32_t offset_of_numbers(const struct tail *kept, uint32_t size) {
    return kept->numbers < kept->given.size ? size + kept->numbers : 0;
}

DWORD serve_get_entry(struct ask_get_entry *asked) {
    static const struct entry none;
    const struct entry *found = &none;
    uint32_t size = asked->size ? asked->size : largest_size();
    size_t entry = 0;
    DWORD code = check_size(size);

    if (!code && asked->name[0]) {
        code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);
        found = code ? found : &sim.entries[entry];
    }
    if (code) {
        return code;
    }
    describe_entry(found, &asked->properties);
    asked->properties.dwSize = size;
    asked->properties.dwAlternateOffset = offset_of_numbers(&found->tail, size);
    return give_tail(&found->tail, size, asked->room, &asked->needed, &asked->tail);
}

/* No page says what happens to an entry that is up or being dialled. */
static DWORD check_unused(size_t entry) {
    struct connection *connection = connection_of_entry(entry);

    if (!connection || connection->phase == ENDING || (connection->phase == LINGERING && !connection->failed) ||
        sim.quirks[QUIRK_IN_USE_CHANGES]) {
        return ERROR_SUCCESS;
    }
    if (!sim.quirks[QUIRK_IN_USE_HANGS_UP]) {
        return ERROR_CANNOT_DELETE;
    }
    notices_end(connection);
    end_connection(connection, ENDING, connection->error, clock_now(),
                   later(clock_now(), entry_of(connection)->hang_up_time));
    return ERROR_SUCCESS;
}

/* An entry that a client wants to change. */
static DWORD find_to_change(const char16_t *name, const char16_t *phonebook, uint32_t is_file, size_t *found) {
    DWORD code = find_for_client(name, phonebook, is_file, found);

    if (!code && sim.quirks[QUIRK_PLAIN_USER] && is_for_all(&sim.entries[*found])) {
        return ERROR_ACCESS_DENIED;
    }
    return code ? code : check_unused(*found);
}

/* The server lets everybody in, at once. */
static DWORD create_entry(const char16_t *name, const char16_t *phonebook, size_t *created) {
    sim_entry given = {.sub_entries = 1, .bps = 100000000, .prefix_length = 64};

    if (!is_name(name)) {
        return ERROR_INVALID_NAME;
    }
    if (text_length(phonebook) >= MAX_PATH) {
        return ERROR_CANNOT_OPEN_PHONEBOOK;
    }
    if (sim.quirks[QUIRK_PLAIN_USER] && is_path_for_all(phonebook)) {
        return ERROR_ACCESS_DENIED;
    }
    phonebook = phonebook[0] ? phonebook : default_phonebook;
    memcpy(given.name, name, text_length(name) * sizeof(*name));
    memcpy(given.phonebook, phonebook, text_length(phonebook) * sizeof(*phonebook));
    memcpy(given.entry_id, "winras\0\1", 8);
    sim.last_serial++;
    memcpy(given.entry_id + 8, &sim.last_serial, sizeof(sim.last_serial));
    if (!append_entry(&given)) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *created = sim.entry_count - 1;
    return ERROR_SUCCESS;
}

/* The addresses that the server gives to an entry that asks for them, unless add_entry said which. */
static void negotiate(sim_entry *given, const RASENTRYW *properties) {
    static const sim_endpoint none, ipv4 = {RASTUNNELENDPOINT_IPv4, {192, 0, 2, 2}},
                                    ipv4_server = {RASTUNNELENDPOINT_IPv4, {192, 0, 2, 1}},
                                    ipv6 = {RASTUNNELENDPOINT_IPv6, {0x20, 1, 0xd, 0xb8, [15] = 2}},
                                    ipv6_server = {RASTUNNELENDPOINT_IPv6, {0x20, 1, 0xd, 0xb8, [15] = 1}};

    given->ikev2 = properties->dwVpnStrategy == VS_Ikev2Only || properties->dwVpnStrategy == VS_Ikev2First ||
                   properties->dwVpnStrategy == VS_Ikev2Sstp;
    if (!(properties->dwfNetProtocols & RASNP_Ip)) {
        given->ipv4 = given->ipv4_server = none;
    } else if (!given->ipv4.type) {
        given->ipv4 = ipv4;
        given->ipv4_server = ipv4_server;
    }
    if (properties->dwfOptions & RASEO_SpecificIpAddr && given->ipv4.type) {
        memcpy(given->ipv4.address, &properties->ipaddr, sizeof(properties->ipaddr));
    }
    if (!(properties->dwfNetProtocols & RASNP_Ipv6)) {
        given->ipv6 = given->ipv6_server = none;
    } else if (!given->ipv6.type) {
        given->ipv6 = ipv6;
        given->ipv6_server = ipv6_server;
    }
}

/* "The caller must provide values for the following members"; but 0 is a value of dwfOptions, dwType is of Windows
 * 2000 and later, and DotRas 1 gives PPPoE, whose number is the name of a service, no szLocalPhoneNumber. */
static BOOL is_complete(const RASENTRYW *properties, uint32_t size) {
    return (properties->szLocalPhoneNumber[0] || properties->dwType == RASET_Broadband) &&
           properties->szDeviceType[0] && (properties->szDeviceName[0] || sim.quirks[QUIRK_DEVICE_NAME_OPTIONAL]) &&
           properties->dwFramingProtocol &&
           (properties->dwType || size < offsetof(RASENTRYW, dwType) + sizeof(properties->dwType));
}

/* From now on it has properties of its own. */
static DWORD keep_properties(struct entry *entry) {
    if (entry->properties) {
        return ERROR_SUCCESS;
    }
    if (!take_room(sizeof(*entry->properties))) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    entry->properties = malloc(sizeof(*entry->properties));
    if (!entry->properties) {
        give_room(sizeof(*entry->properties));
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    fill_defaults(entry->properties, &entry->given);
    return ERROR_SUCCESS;
}

static DWORD change_entry(struct entry *entry, const struct ask_set_entry *asked) {
    RASENTRYW *properties;
    DWORD code = keep_properties(entry);

    if (!code) {
        code = keep_tail(&entry->tail, &asked->tail, asked->size, asked->properties.dwAlternateOffset);
    }
    if (code) {
        return code;
    }
    properties = entry->properties;
    memcpy(properties, &asked->properties, asked->size);
    WINRAS_COPY_TEXT(entry->given.phone_number, properties->szLocalPhoneNumber);
    WINRAS_COPY_TEXT(entry->given.device_type, properties->szDeviceType);
    WINRAS_COPY_TEXT(entry->given.device_name, properties->szDeviceName);
    negotiate(&entry->given, properties);
    return ERROR_SUCCESS;
}

DWORD serve_set_entry(struct ask_set_entry *asked) {
    BOOL creates;
    size_t entry = 0;
    DWORD code = check_size(asked->size);

    if (!code) {
        code = check_numbers(&asked->tail, asked->size, asked->properties.dwAlternateOffset);
    }
    if (!code && !is_complete(&asked->properties, asked->size)) {
        code = ERROR_INVALID_PARAMETER;
    }
    if (code) {
        return code;
    }
    code = find_to_change(asked->name, asked->phonebook, asked->is_file, &entry);
    creates = code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;
    if (creates) {
        code = create_entry(asked->name, asked->phonebook, &entry);
    }
    if (!code) {
        code = change_entry(&sim.entries[entry], asked);
        if (code && creates) {
            forget_kept(&sim.entries[entry]);
            give_room(sizeof(struct entry));
            order_remove(&sim.entry_order, texts_of_entry, entry);
            sim.entry_count--;
        }
    }
    clock_changed();
    return code;
}

void forget_kept(struct entry *entry) {
    for (size_t i = 0; i < entry->sub_entry_count; i++) {
        forget_tail(&entry->sub_entries[i].tail);
    }
    give_room(entry->sub_entry_count * sizeof(*entry->sub_entries) +
              (entry->properties ? sizeof(*entry->properties) : 0));
    free(entry->sub_entries);
    free(entry->properties);
    forget_tail(&entry->tail);
    forget_blob(&entry->eap_data);
    SecureZeroMemory(&entry->saved, sizeof(entry->saved));
    SecureZeroMemory(entry->keys, sizeof(entry->keys));
    entry->sub_entries = NULL;
    entry->sub_entry_count = 0;
    entry->properties = NULL;
}

DWORD serve_delete_entry(struct ask_delete_entry *asked) {
    size_t entry = 0;
    DWORD code = find_to_change(asked->name, asked->phonebook, asked->is_file, &entry);

    if (!code) {
        forget_kept(&sim.entries[entry]);
        order_remove(&sim.entry_order, texts_of_entry, entry);
        sim.entries[entry].deleted = TRUE;
    } else if (code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY && !sim.quirks[QUIRK_DELETE_UNKNOWN_623]) {
        code = ERROR_INVALID_NAME;
    }
    clock_changed();
    return code;
}

DWORD serve_rename_entry(struct ask_rename_entry *asked) {
    size_t entry = 0, other = 0;
    char16_t *name;
    DWORD code = ERROR_INVALID_NAME;

    if (is_new_name(asked->new_name)) {
        code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);
    }
    if (!code && find_for_client(asked->new_name, sim.entries[entry].given.phonebook, FALSE, &other) == ERROR_SUCCESS &&
        other != entry) {
        code = ERROR_ALREADY_EXISTS;
    }
    if (!code) {
        code = find_to_change(asked->name, asked->phonebook, asked->is_file, &entry);
    }
    if (!code) {
        order_remove(&sim.entry_order, texts_of_entry, entry);
        name = sim.entries[entry].given.name;
        memset(name, 0, sizeof(sim.entries[entry].given.name));
        memcpy(name, asked->new_name, text_length(asked->new_name) * sizeof(*name));
        if (!order_add(&sim.entry_order, texts_of_entry, entry)) {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    clock_changed();
    return code;
}

/* ---- sub-entries ---- */

/* NULL when memory is short. */
static struct sub_entry *append_sub_entry(struct entry *entry) {
    struct sub_entry *appended = NULL;

    if (take_room(sizeof(*appended))) {
        appended = append(&entry->sub_entries, &entry->sub_entry_count, sizeof(*appended));
        give_room(appended ? 0 : sizeof(*appended));
    }
    return appended;
}

/* The first sub-entry is the entry's own device and number; the others are kept once one of them was set. */
static DWORD keep_sub_entries(struct entry *entry) {
    while (entry->sub_entry_count + 1 < entry->given.sub_entries) {
        struct sub_entry *kept = append_sub_entry(entry);

        if (!kept) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        WINRAS_COPY_TEXT(kept->properties.szDeviceType, entry->given.device_type);
        WINRAS_COPY_TEXT(kept->properties.szDeviceName, entry->given.device_name);
        WINRAS_COPY_TEXT(kept->properties.szLocalPhoneNumber, entry->given.phone_number);
    }
    return ERROR_SUCCESS;
}

DWORD serve_get_sub_entry(struct ask_get_sub_entry *asked) {
    RASSUBENTRYW *properties = &asked->properties;
    uint32_t number = asked->call.number;
    struct entry *entry;
    const struct tail *tail;
    size_t found = 0;
    DWORD code = find_for_client(asked->name, asked->phonebook, asked->is_file, &found);

    if (code) {
        return code;
    }
    entry = &sim.entries[found];
    code = number == 0 || number > entry->given.sub_entries ? ERROR_INVALID_PARAMETER : keep_sub_entries(entry);
    if (code) {
        return code;
    }
    memset(properties, 0, sizeof(*properties));
    if (number == 1) {
        WINRAS_COPY_TEXT(properties->szDeviceType, entry->given.device_type);
        WINRAS_COPY_TEXT(properties->szDeviceName, entry->given.device_name);
        WINRAS_COPY_TEXT(properties->szLocalPhoneNumber, entry->given.phone_number);
        tail = &entry->tail;
    } else {
        *properties = entry->sub_entries[number - 2].properties;
        tail = &entry->sub_entries[number - 2].tail;
    }
    properties->dwSize = WINRAS_SUBENTRY_SIZE;
    properties->dwAlternateOffset = offset_of_numbers(tail, WINRAS_SUBENTRY_SIZE);
    return give_tail(tail, WINRAS_SUBENTRY_SIZE, asked->room, &asked->needed, &asked->tail);
}

static DWORD change_sub_entry(struct entry *entry, const struct ask_set_sub_entry *asked) {
    const RASSUBENTRYW *properties = &asked->properties;
    uint32_t number = asked->call.number;
    struct sub_entry *kept;
    DWORD code;

    if (number == 0 || number > entry->given.sub_entries + 1 || number > SIM_SUB_ENTRIES) {
        return ERROR_INVALID_PARAMETER;
    }
    code = keep_sub_entries(entry);
    if (code) {
        return code;
    }
    if (number == 1) {
        code = keep_tail(&entry->tail, &asked->tail, WINRAS_SUBENTRY_SIZE, properties->dwAlternateOffset);
        if (!code) {
            WINRAS_COPY_TEXT(entry->given.device_type, properties->szDeviceType);
            WINRAS_COPY_TEXT(entry->given.device_name, properties->szDeviceName);
            WINRAS_COPY_TEXT(entry->given.phone_number, properties->szLocalPhoneNumber);
        }
        return code;
    }
    if (number > entry->given.sub_entries) {
        if (!append_sub_entry(entry)) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        entry->given.sub_entries = number;
    }
    kept = &entry->sub_entries[number - 2];
    code = keep_tail(&kept->tail, &asked->tail, WINRAS_SUBENTRY_SIZE, properties->dwAlternateOffset);
    if (!code) {
        kept->properties = *properties;
        kept->properties.dwfFlags = 0; /* "sets this member to zero": RASSUBENTRY's page */
    }
    return code;
}

/* A sub-entry is "minimally consisting of a device and a phone number". */
static BOOL is_complete_sub_entry(const RASSUBENTRYW *properties) {
    return properties->szDeviceType[0] && properties->szDeviceName[0] && properties->szLocalPhoneNumber[0];
}

DWORD serve_set_sub_entry(struct ask_set_sub_entry *asked) {
    size_t entry = 0;
    DWORD code = check_numbers(&asked->tail, WINRAS_SUBENTRY_SIZE, asked->properties.dwAlternateOffset);

    if (code || !is_complete_sub_entry(&asked->properties)) {
        return ERROR_INVALID_PARAMETER;
    }
    code = find_to_change(asked->name, asked->phonebook, asked->is_file, &entry);
    if (!code) {
        code = change_sub_entry(&sim.entries[entry], asked);
    }
    clock_changed();
    return code;
}

/* Those behind it move up; the last one stays. */
static DWORD remove_sub_entry(struct entry *entry, DWORD number) {
    struct sub_entry *kept = &entry->sub_entries[number == 1 ? 0 : number - 2];

    if (number == 1) {
        WINRAS_COPY_TEXT(entry->given.device_type, kept->properties.szDeviceType);
        WINRAS_COPY_TEXT(entry->given.device_name, kept->properties.szDeviceName);
        WINRAS_COPY_TEXT(entry->given.phone_number, kept->properties.szLocalPhoneNumber);
        forget_tail(&entry->tail);
        entry->tail = kept->tail;
    } else {
        forget_tail(&kept->tail);
    }
    give_room(sizeof(*kept));
    erase(entry->sub_entries, &entry->sub_entry_count, sizeof(*kept), (size_t)(kept - entry->sub_entries));
    entry->given.sub_entries--;
    return ERROR_SUCCESS;
}

DWORD serve_delete_sub_entry(struct ask_delete_sub_entry *asked) {
    uint32_t number = asked->call.number;
    size_t entry = 0;
    DWORD code = find_to_change(asked->name, asked->phonebook, asked->is_file, &entry);

    if (!code &&
        (number == 0 || number > sim.entries[entry].given.sub_entries || sim.entries[entry].given.sub_entries == 1)) {
        code = ERROR_INVALID_PARAMETER;
    }
    if (!code) {
        code = keep_sub_entries(&sim.entries[entry]);
    }
    if (!code) {
        code = remove_sub_entry(&sim.entries[entry], number);
    }
    clock_changed();
    return code;
}

/* ---- lists ---- */

/* A buffer must have room for one, even to be told that there is none. */
DWORD fits(uint32_t count, uint32_t has_buffer, uint32_t most) {
    return (has_buffer ? most < (count ? count : 1) : count > 0) ? ERROR_BUFFER_TOO_SMALL : ERROR_SUCCESS;
}

/* ---- devices ---- */

/* The miniports that each Windows has, in English: their names are localized. */
static const sim_device miniports[] = {
    {u"vpn", u"WAN Miniport (SSTP)"}, {u"vpn", u"WAN Miniport (IKEv2)"},   {u"vpn", u"WAN Miniport (L2TP)"},
    {u"vpn", u"WAN Miniport (PPTP)"}, {u"PPPoE", u"WAN Miniport (PPPOE)"},
};

DWORD serve_enumerate_devices(struct ask_enumerate_devices *asked) {
    size_t standard = sim.other_machine ? 0 : COUNT(miniports);
    DWORD code;

    asked->count = (uint32_t)(standard + sim.device_count);
    code = fits(asked->count, asked->has_buffer, asked->most);
    for (uint32_t i = 0; !code && i < asked->count; i++) {
        asked->devices.take(asked->devices.to, i < standard ? &miniports[i] : &sim.devices[i - standard]);
    }
    return code;
}

static BOOL is_same_device(const sim_device *a, const sim_device *b) {
    return same_caseless(a->type, b->type) && same_caseless(a->name, b->name);
}

static void texts_of_device(size_t place, const char16_t *texts[2]) {
    texts[0] = sim.devices[place].type;
    texts[1] = sim.devices[place].name;
}

DWORD append_device(const sim_device *device) {
    sim_device *appended = append(&sim.devices, &sim.device_count, sizeof(*appended));

    if (!appended) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *appended = *device;
    if (!order_add(&sim.device_order, texts_of_device, sim.device_count - 1)) {
        sim.device_count--;
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    return ERROR_SUCCESS;
}

DWORD add_device_of(const sim_entry *entry) {
    sim_device device = {.type = {0}};
    size_t same;

    WINRAS_COPY_TEXT(device.type, entry->device_type);
    WINRAS_COPY_TEXT(device.name, entry->device_name);
    for (size_t i = 0; i < COUNT(miniports) && !sim.other_machine; i++) {
        if (is_same_device(&miniports[i], &device)) {
            return ERROR_SUCCESS;
        }
    }
    same = order_find(&sim.device_order, texts_of_device, device.type, device.name);
    if (same < sim.device_order.count && is_same_device(&sim.devices[sim.device_order.places[same]], &device)) {
        return ERROR_SUCCESS;
    }
    return append_device(&device);
}

/* ---- lists of entries ---- */

static BOOL is_asked_for(const struct entry *entry, const char16_t *phonebook) {
    return phonebook[0] ? is_in(entry, phonebook) : is_users(entry) || is_for_all(entry);
}

DWORD serve_enumerate_entries(struct ask_enumerate_entries *asked) {
    BOOL is_one = asked->phonebook[0] != 0;
    service_entry_name named;
    DWORD code;

    asked->count = 0;
    if (is_one && !is_phonebook(asked->phonebook, asked->is_file)) {
        return ERROR_CANNOT_OPEN_PHONEBOOK;
    }
    for (size_t i = 0; i < sim.entry_count; i++) {
        asked->count += is_asked_for(&sim.entries[i], asked->phonebook);
    }
    code = fits(asked->count, asked->has_buffer, asked->most);
    memset(&named, 0, sizeof(named));
    for (size_t i = 0; !code && asked->count && i < sim.entry_count; i++) {
        const struct entry *entry = &sim.entries[i];

        if (is_asked_for(entry, asked->phonebook)) {
            memcpy(named.name, entry->given.name, sizeof(entry->given.name));
            memcpy(named.phonebook, entry->given.phonebook, sizeof(entry->given.phonebook));
            named.all_users = is_for_all(entry);
            asked->entries.take(asked->entries.to, &named);
        }
    }
    return code;
}

/* ---- credentials ---- */

#define CREDENTIALS (RASCM_UserName | RASCM_Password | RASCM_Domain)
#define KEYS (RASCM_PreSharedKey | RASCM_ServerPreSharedKey | RASCM_DDMPreSharedKey)

static const char16_t password_handle[] = SERVICE_PASSWORD_HANDLE;

/* A pre-shared key "cannot be used in combination with any other flag" (RASCREDENTIALS's page). */
static DWORD check_mask(uint32_t mask) {
    uint32_t key = mask & KEYS;

    if (key && (mask != key || (key & (key - 1)))) {
        return ERROR_INVALID_PARAMETER;
    }
    return mask & ~(uint32_t)(CREDENTIALS | RASCM_DefaultCreds | KEYS) ? ERROR_CALL_NOT_IMPLEMENTED : ERROR_SUCCESS;
}

/* Where the pre-shared key is that a mask means; NULL if it means none. */
static char16_t *key_of(struct entry *entry, uint32_t mask) {
    switch (mask & KEYS) {
    case RASCM_PreSharedKey:
        return entry->keys[0];
    case RASCM_ServerPreSharedKey:
        return entry->keys[1];
    case RASCM_DDMPreSharedKey:
        return entry->keys[2];
    default:
        return NULL;
    }
}

DWORD serve_get_credentials(struct ask_get_credentials *asked) {
    sim_credentials *given = &asked->credentials;
    uint32_t mask = asked->mask;
    const sim_credentials *saved;
    const char16_t *key;
    size_t entry = 0;
    DWORD code = check_mask(mask);

    memset(given, 0, sizeof(*given));
    code = code ? code : find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);
    if (code) {
        return code;
    }
    key = key_of(&sim.entries[entry], mask);
    saved = &sim.entries[entry].saved;
    if (key) {
        given->mask = key[0] ? mask : 0;
    } else if (!(sim.quirks[QUIRK_CREDENTIALS_MASK] && (mask & RASCM_DefaultCreds))) {
        given->mask = mask & (saved->mask | RASCM_UserName | RASCM_Domain);
    }
    if (given->mask & RASCM_UserName) {
        WINRAS_COPY_TEXT(given->user, saved->user);
    }
    if (given->mask & (RASCM_Password | KEYS)) {
        memcpy(given->password, password_handle, sizeof(password_handle));
    }
    if (given->mask & RASCM_Domain) {
        WINRAS_COPY_TEXT(given->domain, saved->domain);
    }
    if (sim.quirks[QUIRK_CREDENTIALS_MASK]) {
        given->mask = mask | 0x80000000;
    }
    return ERROR_SUCCESS;
}

static DWORD may_save(const struct entry *entry, uint32_t mask) {
    if ((mask & RASCM_DefaultCreds) && !is_for_all(entry)) {
        return ERROR_ACCESS_DENIED;
    }
    return sim.quirks[QUIRK_PLAIN_USER] && (mask & (KEYS | RASCM_DefaultCreds)) ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static void save(struct entry *entry, const sim_credentials *credentials) {
    sim_credentials *saved = &entry->saved;
    char16_t *key = key_of(entry, credentials->mask);
    BOOL is_password = !same_text(credentials->password, password_handle);

    if (key) {
        memcpy(key, credentials->password, is_password ? sizeof(credentials->password) : 0);
        return;
    }
    if (credentials->mask & RASCM_UserName) {
        WINRAS_COPY_TEXT(saved->user, credentials->user);
    }
    if ((credentials->mask & RASCM_Password) && is_password) {
        WINRAS_COPY_TEXT(saved->password, credentials->password);
        saved->mask |= RASCM_Password;
    }
    if (credentials->mask & RASCM_Domain) {
        WINRAS_COPY_TEXT(saved->domain, credentials->domain);
    }
    saved->mask |= credentials->mask & RASCM_DefaultCreds;
}

static void clear(struct entry *entry, uint32_t mask) {
    const sim_credentials none = {.mask = mask};

    save(entry, &none);
    entry->saved.mask &= ~mask;
}

DWORD serve_set_credentials(struct ask_set_credentials *asked) {
    size_t entry = 0;
    DWORD code = check_mask(asked->credentials.mask);

    code = code ? code : find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);
    if (code) {
        /* ERROR_INVALID_PARAMETER: "the specified entry does not exist in the phone book". */
        return code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY ? (DWORD)ERROR_INVALID_PARAMETER : code;
    }
    code = may_save(&sim.entries[entry], asked->credentials.mask);
    if (!code && asked->clears) {
        clear(&sim.entries[entry], asked->credentials.mask);
    } else if (!code) {
        save(&sim.entries[entry], &asked->credentials);
    }
    return code;
}

DWORD serve_set_dial_params(struct ask_set_dial_params *asked) {
    sim_credentials *given = &asked->credentials;
    size_t entry = 0;
    DWORD code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);

    if (code) {
        return code;
    }
    given->mask = (given->user[0] ? RASCM_UserName : 0) | (given->domain[0] ? RASCM_Domain : 0) |
                  (given->user[0] && !asked->removes_password ? RASCM_Password : 0);
    save(&sim.entries[entry], given);
    if (given->user[0] && asked->removes_password) {
        clear(&sim.entries[entry], RASCM_Password);
    }
    return ERROR_SUCCESS;
}

/* ---- EAP ---- */

/* How the simulated EAP method recognizes its identity: RasDial must be given the same bytes. */
static const uint8_t eap_identity[] = "winras simulated EAP identity";

static BOOL same_bytes(const wire_blob *given, const void *bytes, size_t size) {
    return given->size && given->size == size && memcmp(given->bytes, bytes, size) == 0;
}

BOOL is_eap_info(const struct entry *entry, const wire_blob *info) {
    return same_bytes(info, eap_identity, sizeof(eap_identity)) ||
           same_bytes(info, entry->eap_data.bytes, entry->eap_data.size);
}

DWORD serve_get_eap_identity(struct ask_get_eap_identity *asked) {
    size_t entry = 0;
    DWORD code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);

    if (code) {
        return code;
    }
    if (!sim.entries[entry].given.eap_user[0]) {
        return ERROR_INVALID_FUNCTION_FOR_ENTRY;
    }
    WINRAS_COPY_TEXT(asked->user, sim.entries[entry].given.eap_user);
    return copy_blob(&asked->info, eap_identity, sizeof(eap_identity)) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD serve_get_eap_data(struct ask_get_eap_data *asked) {
    const wire_blob *stored;
    size_t entry = 0;
    DWORD code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);

    if (code) {
        return code;
    }
    stored = &sim.entries[entry].eap_data;
    asked->needed = stored->size;
    if (stored->size > asked->room) {
        return ERROR_BUFFER_TOO_SMALL;
    }
    return copy_blob(&asked->data, stored->bytes, stored->size) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD serve_set_eap_data(struct ask_set_eap_data *asked) {
    size_t entry = 0;
    DWORD code = find_for_client(asked->name, asked->phonebook, asked->is_file, &entry);

    return code ? code : keep_blob(&sim.entries[entry].eap_data, &asked->data);
}
