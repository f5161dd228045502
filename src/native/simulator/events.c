/* The Application log as RasClient writes it. Each event is kept as the XML in which the event-log API renders it. Ids,
 * insertion strings and their order are those of RasClient's messages in mprmsg.dll, of which libyal's winevt-kb has
 * dumps; the stages are those of Microsoft's page "RAS Connection Establishment". */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "layouts.h"

#define SECONDS_A_DAY 86400

/* More than the longest event needs: one that has every text of an entry in it, each character of them escaped. */
#define EVENT_ROOM 8192

struct text {
    char16_t units[EVENT_ROOM];
    size_t length;
};

static void put_unit(struct text *text, char16_t unit) {
    if (text->length < EVENT_ROOM - 1) {
        text->units[text->length++] = unit;
    }
}

static void put(struct text *text, const char *ascii) {
    for (; *ascii; ascii++) {
        put_unit(text, (char16_t)(unsigned char)*ascii);
    }
}

static void put_number(struct text *text, uint64_t number, uint32_t base, int digits) {
    char written[24];
    size_t place = sizeof(written) - 1;

    written[place] = 0;
    for (; place && (number || digits > 0); number /= base, digits--) {
        written[--place] = "0123456789ABCDEF"[number % base];
    }
    put(text, written + place);
}

/* XML 1.0 has no control characters, not even escaped. */
static void put_escaped(struct text *text, const char16_t *units) {
    for (; *units; units++) {
        switch (*units) {
        case u'<':
            put(text, "&lt;");
            break;
        case u'>':
            put(text, "&gt;");
            break;
        case u'&':
            put(text, "&amp;");
            break;
        default:
            put_unit(text, *units < u' ' ? u'?' : *units);
        }
    }
}

/* 2026-11-21T23:10:00.1234560Z. Days are counted in years that begin in March, so that a leap day is the last. */
static void put_time(struct text *text, int64_t microseconds) {
    int64_t seconds = microseconds / 1000000, days = seconds / SECONDS_A_DAY + 719468;
    int64_t era = days / 146097, day = days % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t month;

    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    year += 400 * era + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    put_number(text, (uint64_t)year, 10, 4);
    put(text, "-");
    put_number(text, (uint64_t)month, 10, 2);
    put(text, "-");
    put_number(text, (uint64_t)day + 1, 10, 2);
    put(text, "T");
    put_number(text, (uint64_t)(seconds % SECONDS_A_DAY / 3600), 10, 2);
    put(text, ":");
    put_number(text, (uint64_t)(seconds % 3600 / 60), 10, 2);
    put(text, ":");
    put_number(text, (uint64_t)(seconds % 60), 10, 2);
    put(text, ".");
    put_number(text, (uint64_t)(microseconds % 1000000) * 10, 10, 7);
    put(text, "Z");
}

static void put_guid(struct text *text, const uint8_t id[16]) {
    static const int order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    put(text, "{");
    for (size_t i = 0; i < 16; i++) {
        put(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
        put_number(text, id[order[i]], 16, 2);
    }
    put(text, "}");
}

static void put_next(struct text *text) { put(text, "</Data><Data>"); }

static const char *kind_of(const sim_entry *entry) {
    if (same_caseless(entry->device_type, u"vpn")) {
        return "VPN";
    }
    return same_caseless(entry->device_type, u"PPPoE") ? "Broadband" : "Phone";
}

/* The insertion strings after the correlation id and the user. */
static void put_strings(struct text *text, const struct connection *connection, enum event_id id, uint32_t code) {
    const sim_entry *entry = entry_of(connection);

    switch (id) {
    case EVENT_DIALLING:
        put_next(text);
        put(text, kind_of(entry));
        put_next(text);
        put(text, path_after(entry->phonebook, u"C:\\ProgramData\\") ? "all-user" : "per-user");
        put_next(text);
        put_escaped(text, entry->name);
        put_next(text);
        put(text, "\r\nAutoLogon = No");
        break;
    case EVENT_TRYING_LINK:
        put_next(text);
        put_escaped(text, entry->name);
        put_next(text);
        put(text, "\r\nServer address/Phone Number = ");
        put_escaped(text, connection->phone_number);
        put(text, "\r\nDevice = ");
        put_escaped(text, entry->device_name);
        put(text, "\r\nPort = VPN0-0\r\nMediaType = ");
        put_escaped(text, entry->device_type);
        break;
    case EVENT_LINK_UP:
        put_next(text);
        put_escaped(text, entry->device_name);
        break;
    case EVENT_LINK_ESTABLISHED:
        break;
    case EVENT_CONNECTED:
        put_next(text);
        put_escaped(text, entry->name);
        put_next(text);
        put(text, "\r\nDevice = ");
        put_escaped(text, entry->device_name);
        break;
    case EVENT_ENDED:
    case EVENT_FAILED:
        put_next(text);
        put_escaped(text, entry->name);
        put_next(text);
        if (id == EVENT_FAILED || !sim.quirks[QUIRK_EVENTS_WITHOUT_REASON]) {
            put_number(text, code, 10, 1);
        }
        break;
    }
}

void keep_event(char16_t *xml) {
    char16_t **place = &sim.events[sim.event_count++ % SIM_EVENTS];

    free(*place);
    *place = xml;
}

void write_event(const struct connection *connection, enum event_id id, uint32_t code, int64_t now) {
    struct text text;
    uint8_t correlation_id[16];
    char16_t *kept;

    if (sim.quirks[QUIRK_NO_EVENTS]) {
        return;
    }
    /* What was planned is written when it is due, which may be before what has been done meanwhile. */
    sim.last_event = now = now > sim.last_event ? now : sim.last_event;
    text.length = 0;
    correlation_id_of(connection, correlation_id);
    if (sim.quirks[QUIRK_EVENT_IDS_DIFFER]) {
        correlation_id[7] ^= 0xFF;
    }
    put(&text,
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='RasClient'/>"
        "<EventID Qualifiers='0'>");
    put_number(&text, id, 10, 1);
    put(&text, id == EVENT_FAILED ? "</EventID><Level>2</Level>" : "</EventID><Level>4</Level>");
    put(&text, "<Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='");
    put_time(&text, later(sim.begun_wall, now));
    put(&text, "'/><EventRecordID>");
    put_number(&text, sim.event_count + 1, 10, 1);
    put(&text, "</EventRecordID><Channel>Application</Channel><Computer>SIMULATED</Computer><Security/></System>"
               "<EventData><Data>");
    put_guid(&text, correlation_id);
    put_next(&text);
    put(&text, "SIMULATED\\user");
    put_strings(&text, connection, id, code);
    put(&text, "</Data></EventData></Event>");
    text.units[text.length] = 0;
    kept = malloc((text.length + 1) * sizeof(*kept));
    if (kept) {
        memcpy(kept, text.units, (text.length + 1) * sizeof(*kept));
        keep_event(kept);
    }
}

static const char16_t *event_before(uint64_t number) { return sim.events[(sim.event_count - 1 - number) % SIM_EVENTS]; }

static size_t units_of(const char16_t *text) {
    size_t length = 0;

    while (text[length]) {
        length++;
    }
    return length + 1;
}

char16_t *copy_events(DWORD most, size_t *length) {
    uint64_t count = sim.event_count < SIM_EVENTS ? sim.event_count : SIM_EVENTS;
    char16_t *texts;

    count = count < most ? count : most;
    *length = 0;
    for (uint64_t i = 0; i < count; i++) {
        *length += units_of(event_before(i));
        if (*length > SERVICE_MOST_EVENTS / sizeof(*texts)) {
            count = i; /* so many are enough */
        }
    }
    texts = malloc((*length + 1) * sizeof(*texts));
    *length = 0;
    for (uint64_t i = 0; texts && i < count; i++) {
        size_t units = units_of(event_before(i));

        memcpy(texts + *length, event_before(i), units * sizeof(*texts));
        *length += units;
    }
    return texts;
}

void clear_events(void) {
    for (size_t i = 0; i < SIM_EVENTS; i++) {
        free(sim.events[i]);
        sim.events[i] = NULL;
    }
    sim.event_count = 0;
    sim.last_event = 0;
}
