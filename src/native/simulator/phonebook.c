/* Phone books: their entries, with all that is kept for each, and the devices that entries use. What a RAS call asks
 * of them is a request, as in requests.c; the look-ups are for requests.c too. */

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

/* Its content, if it has any, is not read. */
static BOOL is_file(const char16_t *path) {
    DWORD attributes = GetFileAttributesW((LPCWSTR)path);

    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* A phone book of a profile need not exist as a file; of others, those exist that have an entry here, or are a file:
 * shipping clients make an empty one, and RasSetEntryProperties fills it. */
static BOOL is_phonebook(const char16_t *path) {
    BOOL found = is_path_of_user(path) || is_path_for_all(path);

    for (size_t i = 0; i < sim.entry_count && !found; i++) {
        found = is_in(&sim.entries[i], path);
    }
    return found || is_file(path);
}

DWORD find_for_client(const char16_t *name, const char16_t *phonebook, size_t *found) {
    DWORD code = ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;

    if (phonebook[0] && !is_phonebook(phonebook)) {
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

DWORD service_validate_name(const char16_t *phonebook, const char16_t *name) {
    size_t entry = 0;
    DWORD code = ERROR_INVALID_NAME;

    clock_lock();
    if (is_name(name)) {
        code = find_for_client(name, phonebook, &entry);
        code = code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY ? ERROR_SUCCESS : code ? code : (DWORD)ERROR_ALREADY_EXISTS;
    }
    unlock_state();
    return code;
}

/* ---- entries ---- */

DWORD service_entry_size(void) {
    static const struct {
        enum sim_quirk quirk;
        DWORD size;
    } smaller[] = {
        {QUIRK_ENTRY_SIZES_5616, 5616},
        {QUIRK_ENTRY_SIZES_5656, 5656},
        {QUIRK_ENTRY_SIZES_5680, 5680},
        {QUIRK_ENTRY_SIZES_6720, 6720},
    };
    DWORD size = WINRAS_ENTRY_SIZE;

    lock_state();
    for (size_t i = COUNT(smaller); i-- > 0;) {
        if (sim.quirks[smaller[i].quirk]) {
            size = smaller[i].size;
        }
    }
    unlock_state();
    return size;
}

BOOL service_needs_device_name(void) {
    BOOL needed;

    lock_state();
    needed = !sim.quirks[QUIRK_DEVICE_NAME_OPTIONAL];
    unlock_state();
    return needed;
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

static DWORD copy_tail(service_tail *to, const service_tail *from) {
    BYTE *bytes = malloc(from->size + 1);

    if (!bytes) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (from->size) {
        memcpy(bytes, from->bytes, from->size);
    }
    free(to->bytes);
    *to = *from;
    to->bytes = bytes;
    return ERROR_SUCCESS;
}

DWORD service_get_entry(const char16_t *phonebook, const char16_t *name, RASENTRYW *properties, service_tail *tail) {
    static const struct entry none;
    size_t entry = 0;
    DWORD code = ERROR_SUCCESS;

    clock_lock();
    if (name[0]) {
        code = find_for_client(name, phonebook, &entry);
    }
    if (!code) {
        const struct entry *found = name[0] ? &sim.entries[entry] : &none;

        describe_entry(found, properties);
        code = copy_tail(tail, &found->tail);
    }
    unlock_state();
    return code;
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
static DWORD find_to_change(const char16_t *name, const char16_t *phonebook, size_t *found) {
    DWORD code = find_for_client(name, phonebook, found);

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

static DWORD change_entry(struct entry *entry, const RASENTRYW *given, DWORD size, const service_tail *tail) {
    RASENTRYW *properties = malloc(sizeof(*properties));
    DWORD code = properties ? copy_tail(&entry->tail, tail) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;

    if (code) {
        free(properties);
        return code;
    }
    describe_entry(entry, properties);
    memcpy(properties, given, size);
    WINRAS_COPY_TEXT(entry->given.phone_number, properties->szLocalPhoneNumber);
    WINRAS_COPY_TEXT(entry->given.device_type, properties->szDeviceType);
    WINRAS_COPY_TEXT(entry->given.device_name, properties->szDeviceName);
    negotiate(&entry->given, properties);
    free(entry->properties);
    entry->properties = properties;
    return ERROR_SUCCESS;
}

DWORD service_set_entry(const char16_t *phonebook, const char16_t *name, const RASENTRYW *properties, DWORD size,
                        const service_tail *tail) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_to_change(name, phonebook, &entry);
    if (code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY) {
        code = create_entry(name, phonebook, &entry);
        if (!code) {
            code = change_entry(&sim.entries[entry], properties, size, tail);
            if (code) {
                order_remove(&sim.entry_order, texts_of_entry, entry);
                sim.entry_count--;
            }
        }
    } else if (!code) {
        code = change_entry(&sim.entries[entry], properties, size, tail);
    }
    clock_unlock();
    return code;
}

void forget_kept(struct entry *entry) {
    for (size_t i = 0; i < entry->sub_entry_count; i++) {
        free(entry->sub_entries[i].tail.bytes);
    }
    free(entry->sub_entries);
    free(entry->properties);
    free(entry->tail.bytes);
    free(entry->eap_data);
    SecureZeroMemory(&entry->saved, sizeof(entry->saved));
    SecureZeroMemory(entry->keys, sizeof(entry->keys));
    entry->sub_entries = NULL;
    entry->sub_entry_count = 0;
    entry->properties = NULL;
    memset(&entry->tail, 0, sizeof(entry->tail));
    entry->eap_data = NULL;
    entry->eap_size = 0;
}

DWORD service_delete_entry(const char16_t *phonebook, const char16_t *name) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_to_change(name, phonebook, &entry);
    if (!code) {
        forget_kept(&sim.entries[entry]);
        order_remove(&sim.entry_order, texts_of_entry, entry);
        sim.entries[entry].deleted = TRUE;
    } else if (code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY && !sim.quirks[QUIRK_DELETE_UNKNOWN_623]) {
        code = ERROR_INVALID_NAME;
    }
    clock_unlock();
    return code;
}

DWORD service_rename_entry(const char16_t *phonebook, const char16_t *name, const char16_t *new_name) {
    size_t entry = 0, other = 0;
    DWORD code = ERROR_INVALID_NAME;

    clock_lock();
    if (is_new_name(new_name)) {
        code = find_for_client(name, phonebook, &entry);
    }
    if (!code && find_for_client(new_name, sim.entries[entry].given.phonebook, &other) == ERROR_SUCCESS &&
        other != entry) {
        code = ERROR_ALREADY_EXISTS;
    }
    if (!code) {
        code = find_to_change(name, phonebook, &entry);
    }
    if (!code) {
        order_remove(&sim.entry_order, texts_of_entry, entry);
        memset(sim.entries[entry].given.name, 0, sizeof(sim.entries[entry].given.name));
        memcpy(sim.entries[entry].given.name, new_name, text_length(new_name) * sizeof(*new_name));
        if (!order_add(&sim.entry_order, texts_of_entry, entry)) {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    clock_unlock();
    return code;
}

/* ---- sub-entries ---- */

/* The first sub-entry is the entry's own device and number; the others are kept once one of them was set. */
static DWORD keep_sub_entries(struct entry *entry) {
    while (entry->sub_entry_count + 1 < entry->given.sub_entries) {
        struct sub_entry *kept = append(&entry->sub_entries, &entry->sub_entry_count, sizeof(*kept));

        if (!kept) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        WINRAS_COPY_TEXT(kept->properties.szDeviceType, entry->given.device_type);
        WINRAS_COPY_TEXT(kept->properties.szDeviceName, entry->given.device_name);
        WINRAS_COPY_TEXT(kept->properties.szLocalPhoneNumber, entry->given.phone_number);
    }
    return ERROR_SUCCESS;
}

DWORD service_get_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number, RASSUBENTRYW *properties,
                            service_tail *tail) {
    size_t found = 0;
    DWORD code;

    clock_lock();
    code = find_for_client(name, phonebook, &found);
    if (!code && (number == 0 || number > sim.entries[found].given.sub_entries)) {
        code = ERROR_INVALID_PARAMETER;
    }
    if (!code) {
        code = keep_sub_entries(&sim.entries[found]);
    }
    if (!code) {
        const struct entry *entry = &sim.entries[found];

        memset(properties, 0, sizeof(*properties));
        if (number == 1) {
            WINRAS_COPY_TEXT(properties->szDeviceType, entry->given.device_type);
            WINRAS_COPY_TEXT(properties->szDeviceName, entry->given.device_name);
            WINRAS_COPY_TEXT(properties->szLocalPhoneNumber, entry->given.phone_number);
        } else {
            *properties = entry->sub_entries[number - 2].properties;
        }
        properties->dwSize = WINRAS_SUBENTRY_SIZE;
        code = copy_tail(tail, number == 1 ? &entry->tail : &entry->sub_entries[number - 2].tail);
    }
    unlock_state();
    return code;
}

static DWORD change_sub_entry(struct entry *entry, DWORD number, const RASSUBENTRYW *properties,
                              const service_tail *tail) {
    struct sub_entry *kept;
    DWORD code;

    if (number == 0 || number > entry->given.sub_entries + 1) {
        return ERROR_INVALID_PARAMETER;
    }
    code = keep_sub_entries(entry);
    if (code) {
        return code;
    }
    if (number == 1) {
        code = copy_tail(&entry->tail, tail);
        if (!code) {
            WINRAS_COPY_TEXT(entry->given.device_type, properties->szDeviceType);
            WINRAS_COPY_TEXT(entry->given.device_name, properties->szDeviceName);
            WINRAS_COPY_TEXT(entry->given.phone_number, properties->szLocalPhoneNumber);
        }
        return code;
    }
    if (number > entry->given.sub_entries) {
        if (!append(&entry->sub_entries, &entry->sub_entry_count, sizeof(*kept))) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        entry->given.sub_entries = number;
    }
    kept = &entry->sub_entries[number - 2];
    code = copy_tail(&kept->tail, tail);
    if (!code) {
        kept->properties = *properties;
        kept->properties.dwfFlags = 0; /* "sets this member to zero": RASSUBENTRY's page */
    }
    return code;
}

DWORD service_set_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number,
                            const RASSUBENTRYW *properties, const service_tail *tail) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_to_change(name, phonebook, &entry);
    if (!code) {
        code = change_sub_entry(&sim.entries[entry], number, properties, tail);
    }
    clock_unlock();
    return code;
}

/* Those behind it move up; the last one stays. */
static DWORD remove_sub_entry(struct entry *entry, DWORD number) {
    struct sub_entry *kept = &entry->sub_entries[number == 1 ? 0 : number - 2];

    if (number == 1) {
        WINRAS_COPY_TEXT(entry->given.device_type, kept->properties.szDeviceType);
        WINRAS_COPY_TEXT(entry->given.device_name, kept->properties.szDeviceName);
        WINRAS_COPY_TEXT(entry->given.phone_number, kept->properties.szLocalPhoneNumber);
        free(entry->tail.bytes);
        entry->tail = kept->tail;
    } else {
        free(kept->tail.bytes);
    }
    erase(entry->sub_entries, &entry->sub_entry_count, sizeof(*kept), (size_t)(kept - entry->sub_entries));
    entry->given.sub_entries--;
    return ERROR_SUCCESS;
}

DWORD service_delete_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_to_change(name, phonebook, &entry);
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
    clock_unlock();
    return code;
}

/* ---- devices ---- */

/* The miniports that each Windows has, in English: their names are localized. */
static const sim_device miniports[] = {
    {u"vpn", u"WAN Miniport (SSTP)"}, {u"vpn", u"WAN Miniport (IKEv2)"},   {u"vpn", u"WAN Miniport (L2TP)"},
    {u"vpn", u"WAN Miniport (PPTP)"}, {u"PPPoE", u"WAN Miniport (PPPOE)"},
};

DWORD service_list_devices(sim_device **devices, DWORD *count) {
    size_t standard = 0;
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    lock_state();
    standard = sim.other_machine ? 0 : COUNT(miniports);
    *devices = calloc(standard + sim.device_count + 1, sizeof(**devices));
    if (*devices) {
        memcpy(*devices, miniports, standard * sizeof(**devices));
        if (sim.device_count) {
            memcpy(*devices + standard, sim.devices, sim.device_count * sizeof(**devices));
        }
        *count = (DWORD)(standard + sim.device_count);
        code = ERROR_SUCCESS;
    }
    unlock_state();
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

DWORD service_list_entries(const char16_t *phonebook, service_entry_name **entries, DWORD *count) {
    BOOL is_one = phonebook && phonebook[0];
    service_entry_name *list;
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    *count = 0;
    clock_lock();
    list = calloc(sim.entry_count + 1, sizeof(*list));
    for (size_t i = 0; list && i < sim.entry_count; i++) {
        const struct entry *entry = &sim.entries[i];

        if (is_one ? is_in(entry, phonebook) : is_users(entry) || is_for_all(entry)) {
            memcpy(list[*count].name, entry->given.name, sizeof(entry->given.name));
            memcpy(list[*count].phonebook, entry->given.phonebook, sizeof(entry->given.phonebook));
            list[(*count)++].all_users = is_for_all(entry);
        }
    }
    if (list) {
        code = !is_one || is_phonebook(phonebook) ? (DWORD)ERROR_SUCCESS : (DWORD)ERROR_CANNOT_OPEN_PHONEBOOK;
    }
    unlock_state();
    *entries = list;
    if (code) {
        free(list);
        *entries = NULL;
    }
    return code;
}

/* ---- credentials ---- */

/* Where the pre-shared key is that a mask means, or NULL. Each has a mask of its own. */
static char16_t *key_of(struct entry *entry, uint32_t mask) {
    switch (mask & SERVICE_KEYS) {
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

DWORD service_get_credentials(const char16_t *phonebook, const char16_t *name, sim_credentials *credentials) {
    uint32_t asked = credentials->mask;
    size_t entry = 0;
    DWORD code;

    clock_lock();
    memset(credentials, 0, sizeof(*credentials));
    code = find_for_client(name, phonebook, &entry);
    if (!code && (asked & SERVICE_KEYS)) {
        const char16_t *key = key_of(&sim.entries[entry], asked);

        if (key[0]) {
            credentials->mask = asked;
            memcpy(credentials->password, SERVICE_PASSWORD_HANDLE, sizeof(SERVICE_PASSWORD_HANDLE));
        }
    } else if (!code && !(sim.quirks[QUIRK_CREDENTIALS_MASK] && (asked & RASCM_DefaultCreds))) {
        const sim_credentials *saved = &sim.entries[entry].saved;

        credentials->mask = asked & (saved->mask | RASCM_UserName | RASCM_Domain);
        if (asked & RASCM_UserName) {
            WINRAS_COPY_TEXT(credentials->user, saved->user);
        }
        if (credentials->mask & RASCM_Password) {
            memcpy(credentials->password, SERVICE_PASSWORD_HANDLE, sizeof(SERVICE_PASSWORD_HANDLE));
        }
        if (asked & RASCM_Domain) {
            WINRAS_COPY_TEXT(credentials->domain, saved->domain);
        }
    }
    if (!code && sim.quirks[QUIRK_CREDENTIALS_MASK]) {
        credentials->mask = asked | 0x80000000;
    }
    unlock_state();
    return code;
}

DWORD service_set_credentials(const char16_t *phonebook, const char16_t *name, const sim_credentials *credentials,
                              BOOL clears) {
    static const char16_t handle[] = SERVICE_PASSWORD_HANDLE;
    sim_credentials *saved;
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_for_client(name, phonebook, &entry);
    if (!code && (credentials->mask & RASCM_DefaultCreds) && !is_for_all(&sim.entries[entry])) {
        code = ERROR_ACCESS_DENIED;
    }
    if (!code && sim.quirks[QUIRK_PLAIN_USER] && (credentials->mask & (SERVICE_KEYS | RASCM_DefaultCreds))) {
        code = ERROR_ACCESS_DENIED;
    }
    if (!code && (credentials->mask & SERVICE_KEYS)) {
        if (clears || !same_text(credentials->password, handle)) {
            memcpy(key_of(&sim.entries[entry], credentials->mask), credentials->password,
                   sizeof(credentials->password));
        }
    } else if (!code) {
        saved = &sim.entries[entry].saved;
        if (credentials->mask & RASCM_UserName) {
            WINRAS_COPY_TEXT(saved->user, credentials->user);
        }
        if ((credentials->mask & RASCM_Password) && (clears || !same_text(credentials->password, handle))) {
            WINRAS_COPY_TEXT(saved->password, credentials->password);
            saved->mask |= RASCM_Password;
        }
        if (credentials->mask & RASCM_Domain) {
            WINRAS_COPY_TEXT(saved->domain, credentials->domain);
        }
        saved->mask =
            clears ? saved->mask & ~credentials->mask : saved->mask | (credentials->mask & RASCM_DefaultCreds);
    }
    unlock_state();
    return code;
}

/* ---- EAP ---- */

DWORD service_eap_user(const char16_t *name, const char16_t *phonebook, char16_t user[257]) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_for_client(name, phonebook, &entry);
    if (!code && !sim.entries[entry].given.eap_user[0]) {
        code = ERROR_INVALID_FUNCTION_FOR_ENTRY;
    }
    if (!code) {
        memcpy(user, sim.entries[entry].given.eap_user, sizeof(sim.entries[entry].given.eap_user));
    }
    unlock_state();
    return code;
}

DWORD service_get_eap_data(const char16_t *name, const char16_t *phonebook, BYTE *data, DWORD *size) {
    DWORD room = *size;
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = find_for_client(name, phonebook, &entry);
    if (!code) {
        *size = sim.entries[entry].eap_size;
        if (*size && (!data || room < *size)) {
            code = ERROR_BUFFER_TOO_SMALL;
        } else if (*size) {
            memcpy(data, sim.entries[entry].eap_data, *size);
        }
    }
    unlock_state();
    return code;
}

DWORD service_set_eap_data(const char16_t *name, const char16_t *phonebook, const BYTE *data, DWORD size) {
    BYTE *copy = malloc(size);
    size_t entry = 0;
    DWORD code;

    if (!copy) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    memcpy(copy, data, size);
    clock_lock();
    code = find_for_client(name, phonebook, &entry);
    if (!code) {
        BYTE *before = sim.entries[entry].eap_data;

        sim.entries[entry].eap_data = copy;
        sim.entries[entry].eap_size = size;
        copy = before;
    }
    unlock_state();
    free(copy);
    return code;
}
