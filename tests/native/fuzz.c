/* The shim above a broken rasapi32.dll: the functions of the table answer from a stream of bytes, and so is drawn which
 * functions of the shim are called. What comes out must be an error number or a sane value, whatever RAS answers; a RAS
 * function may only not write outside the memory that it was given.
 *
 *     fuzz                   the cases: what was found so, each with the answers that it takes
 *     fuzz SECONDS [SEED]    new inputs from that seed; one that fails stays in the file that is printed
 *     fuzz FILE...           these inputs again; a change of what is drawn makes a file mean something else
 *
 * Without its `main` it is what libFuzzer takes: clang -fsanitize=fuzzer -Dmain=unused. */
#define _GNU_SOURCE                                 /* alarm, mmap */
#pragma GCC diagnostic ignored "-Wunused-parameter" /* what a fake function does not need */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <uchar.h>
#include <unistd.h>

#include <raserror.h>

#include "layouts.h"
#include "rasapi.h"
#include "shim/calls.h"
#include "shim/shim.h"

#define SECOND 1000000
#define MOST_INPUT 4096
#define MOST_ACTIONS 24
#define MOST_STEPS 64
/* RAS calls within one call of the shim. Among them are those for each connection that a list has, */
#define MOST_CALLS 2000
#define MOST_ELEMENTS 64     /* which are no more than this. */
#define MOST_KEPT (1u << 24) /* bytes of the list of connections, from one enumeration to the next */
#define MOST_NOTICES 4096    /* of one dial */
#define MOST_EVENTS 3
#define PLACES 3
/* Ends an input that hangs, in seconds of real time. */
#define HANG_ALARM 60

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* It can be read; a sanitizer that knows what was never written says so too. */
static void read_all(const void *memory, size_t size) {
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i++) {
        sum += ((const uint8_t *)memory)[i];
    }
    MUST(sum <= size * UINT64_C(255));
}

/* ---- the stream ---- */

static struct {
    pthread_mutex_t lock; /* the end of the process is on a thread of its own */
    const uint8_t *bytes;
    size_t size;
    size_t at;
    uint8_t malice; /* of 256 answers, how many are odd */
} input = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* After its end the stream is all zeros, for which RAS is well-behaved. */
static uint32_t draw_byte(void) {
    uint32_t byte;

    pthread_mutex_lock(&input.lock);
    byte = input.at < input.size ? input.bytes[input.at++] : 0;
    pthread_mutex_unlock(&input.lock);
    return byte;
}

static uint32_t draw(uint32_t below) { return draw_byte() % below; }

static uint32_t draw_number(void) {
    uint32_t number = draw_byte();

    for (int i = 0; i < 3; i++) {
        number = number << 8 | draw_byte();
    }
    return number;
}

static BOOL is_odd(void) { return draw_byte() + input.malice > 255; }

static uint32_t any_number(void) {
    static const uint32_t numbers[] = {0,          1,          2,          3,          17,       255,  256,
                                       257,        564,        1068,       1 << 16,    1u << 20, 4096, (1u << 26) + 1,
                                       0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x2000,   6724, 65};
    uint32_t which = draw(COUNT(numbers) + 4);

    return which < COUNT(numbers) ? numbers[which] : draw_number();
}

static DWORD any_error(void) {
    static const DWORD errors[] = {ERROR_INVALID_HANDLE,
                                   ERROR_NO_CONNECTION,
                                   ERROR_BUFFER_TOO_SMALL,
                                   ERROR_INVALID_SIZE,
                                   ERROR_CANNOT_OPEN_PHONEBOOK,
                                   ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
                                   ERROR_PORT_NOT_AVAILABLE,
                                   ERROR_DIAL_ALREADY_IN_PROGRESS,
                                   ERROR_ALREADY_DISCONNECTING,
                                   ERROR_PORT_NOT_OPEN,
                                   ERROR_NO_MORE_ITEMS,
                                   ERROR_PROTOCOL_NOT_CONFIGURED,
                                   ERROR_INVALID_FUNCTION_FOR_ENTRY,
                                   ERROR_NOT_FOUND,
                                   ERROR_SERVICE_NOT_ACTIVE,
                                   ERROR_SERVICE_DISABLED,
                                   ERROR_PROC_NOT_FOUND,
                                   ERROR_SUCCESS,
                                   753,
                                   691,
                                   1722,
                                   0x80070426,
                                   WINRAS_PENDING,
                                   WINRAS_OTHER_SERVICE,
                                   WINRAS_LOOK,
                                   WINRAS_NOTICE,
                                   WINRAS_NO_RASMAN,
                                   WINRAS_CANCELLED};
    uint32_t which = draw(COUNT(errors) + 2);

    return which < COUNT(errors) ? errors[which] : any_number();
}

/* Anything, up to anywhere. */
static void scribble(void *memory, size_t size) {
    uint32_t noise = draw_number(), from = any_number(), kind = draw(4);
    size_t first = size ? from % size : 0, end = draw(2) ? size : first + (size - first) / 4;

    for (size_t i = first; i < end; i++) {
        noise = noise * 1664525u + 1013904223u;
        ((uint8_t *)memory)[i] = kind == 0 ? 0xFF : kind == 1 ? 0x41 : kind == 2 ? 0xD8 : (uint8_t)(noise >> 16);
    }
}

static void write_text(WCHAR *text, size_t room) {
    static const char16_t *const texts[] = {u"", u"A", u"a", u"B", u"vpn", u"\xD800", u"\x1B[2J"};
    const char16_t *chosen = texts[draw(COUNT(texts))];

    if (is_odd()) {
        scribble(text, room * sizeof(*text));
        return;
    }
    for (size_t i = 0; i < room && (i == 0 || chosen[i - 1]); i++) {
        text[i] = chosen[i];
    }
}

#define WRITE_TEXT(member) write_text((WCHAR *)(member), sizeof(member) / sizeof(WCHAR))

/* What stays so for a whole input. */
static struct {
    uint32_t state; /* of all connections; 0: any */
    BOOL no_handle; /* RasDial gives none, nor do the notices */
    BOOL floods;    /* a notice comes for each that is read */
    DWORD code;     /* of all functions; 0: what is drawn */
} habit;

static DWORD answer(void) { return habit.code ? habit.code : is_odd() ? any_error() : (DWORD)ERROR_SUCCESS; }

static HRASCONN any_handle(void) {
    uintptr_t number = 1 + draw(4);

    if (is_odd()) {
        number = draw(2) ? 0 : any_number();
        number = draw(4) ? number : (uintptr_t)-1;
    }
    return (HRASCONN)number;
}

static uint32_t any_state(void) {
    static const uint32_t states[] = {RASCS_OpenPort,  RASCS_Authenticate,    RASCS_Connected,
                                      RASCS_Connected, RASCS_Disconnected,    RASCS_SubEntryConnected,
                                      RASCS_Projected, RASCS_PasswordExpired, 0x3000};

    if (is_odd()) {
        return any_number();
    }
    return habit.state ? habit.state : states[draw(COUNT(states))];
}

/* ---- RAS ---- */

static struct {
    rasapi table;
    uint32_t service; /* a new one for each input */
    pthread_mutex_t lock;
    int64_t now;
    uint32_t calls; /* of this thread */
    pthread_t caller;
    HANDLE event; /* the last that was registered */
    /* What the last RasDial was given to call, with the numbers of it and of the one before. */
    LPVOID notifier;
    ULONG_PTR numbers[2];
    RASEAPUSERIDENTITYW *identity;
    pthread_t teller;
    BOOL has_teller;
    BOOL is_over; /* the input */
} ras = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t pass(int64_t duration) {
    int64_t now;

    pthread_mutex_lock(&ras.lock);
    ras.now += duration;
    now = ras.now;
    pthread_mutex_unlock(&ras.lock);
    return now;
}

/* Sets what was registered last. */
static void signal_any(void) {
    pthread_mutex_lock(&ras.lock);
    SetEvent(ras.event);
    pthread_mutex_unlock(&ras.lock);
}

typedef DWORD(WINAPI *notifier_function)(ULONG_PTR, DWORD, HRASCONN, UINT, RASCONNSTATE, DWORD, DWORD);

struct notice {
    notifier_function notifier;
    ULONG_PTR number;
    DWORD sub_entry;
    HRASCONN handle;
    uint32_t state;
    DWORD error;
};

static void *give_notice(void *pointer) {
    const struct notice *notice = pointer;

    notice->notifier(notice->number, notice->sub_entry, notice->handle, 0, (RASCONNSTATE)notice->state, notice->error,
                     0);
    return NULL;
}

/* FALSE: nothing was dialled yet. */
static BOOL address(struct notice *notice, uint32_t which) {
    pthread_mutex_lock(&ras.lock);
    memcpy(&notice->notifier, &ras.notifier, sizeof(ras.notifier));
    notice->number = ras.numbers[which];
    pthread_mutex_unlock(&ras.lock);
    return notice->notifier != NULL;
}

/* Also late, twice, for no dial at all, from any thread. */
static void notify(void) {
    struct notice notice;
    pthread_t thread;

    if (!address(&notice, 0)) {
        return;
    }
    if (is_odd()) {
        notice.number = any_number();
    } else {
        address(&notice, draw(8) == 7);
    }
    notice.sub_entry = is_odd() ? any_number() : 1 + draw(2);
    notice.handle = habit.no_handle ? NULL : any_handle();
    notice.state = any_state();
    notice.error = answer();
    for (uint32_t times = 1 + (is_odd() ? draw(100) : 0); times; times--) {
        if (draw(16) != 15) {
            give_notice(&notice);
        } else {
            MUST(pthread_create(&thread, NULL, give_notice, &notice) == 0);
            pthread_join(thread, NULL);
        }
    }
}

/* Meanwhile, again and again. */
static void *give_notices(void *pointer) {
    struct notice *notice = pointer;
    BOOL is_over;

    do {
        pthread_mutex_lock(&ras.lock);
        is_over = ras.is_over;
        pthread_mutex_unlock(&ras.lock);
        if (address(notice, 0)) {
            give_notice(notice);
        }
        usleep(20);
    } while (!is_over);
    return NULL;
}

/* What may happen at any call. */
static void called(void) {
    uint32_t calls;

    pthread_mutex_lock(&ras.lock);
    /* How far the thread that ends the process comes meanwhile is up to the system. */
    calls = pthread_equal(ras.caller, pthread_self()) ? ++ras.calls : 0;
    pthread_mutex_unlock(&ras.lock);
    MUST(calls < MOST_CALLS);
    if (is_odd()) {
        (void)pass((int64_t)draw(4) * SECOND / 2);
    }
    if (is_odd()) {
        signal_any();
    }
    if (is_odd()) {
        notify();
    }
}

static void begin_call(void) {
    pthread_mutex_lock(&ras.lock);
    ras.calls = 0;
    ras.caller = pthread_self();
    pthread_mutex_unlock(&ras.lock);
}

static DWORD call(void) {
    called();
    return answer();
}

static DWORD list(void *buffer, LPDWORD bytes, LPDWORD count, DWORD size, void (*write)(void *)) {
    DWORD room = buffer ? *bytes : 0, length = is_odd() ? draw(MOST_ELEMENTS) : draw(4), code = call();

    MUST(!buffer || room < size || *(DWORD *)buffer == size);
    if (!code && room < length * size) {
        code = ERROR_BUFFER_TOO_SMALL;
    }
    for (DWORD i = 0; i < length && (i + 1) * size <= room; i++) {
        if (!is_odd()) {
            write((BYTE *)buffer + (size_t)i * size);
        }
    }
    if (buffer && is_odd()) {
        scribble(buffer, room);
    }
    *bytes = is_odd() ? any_number() : length * size;
    *count = is_odd() ? any_number() : length;
    if (code == ERROR_SUCCESS && *count > MOST_ELEMENTS && *count <= room / size) {
        *count = MOST_ELEMENTS;
    }
    return code;
}

static void write_connection(void *element) {
    RASCONNW connection;

    memset(&connection, 0, sizeof(connection));
    connection.dwSize = WINRAS_RASCONN_SIZE;
    connection.hrasconn = any_handle();
    WRITE_TEXT(connection.szEntryName);
    WRITE_TEXT(connection.szDeviceType);
    WRITE_TEXT(connection.szDeviceName);
    WRITE_TEXT(connection.szPhonebook);
    memset(&connection.guidEntry, (int)draw(3), sizeof(connection.guidEntry));
    memset(&connection.guidCorrelationId, (int)draw(3), sizeof(connection.guidCorrelationId));
    connection.dwFlags = is_odd() ? any_number() : 0;
    memcpy(element, &connection, WINRAS_RASCONN_SIZE);
}

DWORD APIENTRY RasEnumConnectionsW(LPRASCONNW connections, LPDWORD bytes, LPDWORD count) {
    /* What was once too large is not asked for again. */
    MUST(ras.calls || !connections || *bytes <= MOST_KEPT);
    return list(connections, bytes, count, WINRAS_RASCONN_SIZE, write_connection);
}

static void write_entry_name(void *element) {
    RASENTRYNAMEW name;

    memset(&name, 0, sizeof(name));
    WRITE_TEXT(name.szEntryName);
    WRITE_TEXT(name.szPhonebookPath);
    name.dwFlags = draw(3);
    memcpy(element, &name, WINRAS_ENTRYNAME_SIZE);
}

DWORD APIENTRY RasEnumEntriesW(LPCWSTR reserved, LPCWSTR phonebook, LPRASENTRYNAMEW entries, LPDWORD bytes,
                               LPDWORD count) {
    MUST(!reserved);
    return list(entries, bytes, count, WINRAS_ENTRYNAME_SIZE, write_entry_name);
}

static void write_device(void *element) {
    RASDEVINFOW device;

    memset(&device, 0, sizeof(device));
    WRITE_TEXT(device.szDeviceType);
    WRITE_TEXT(device.szDeviceName);
    memcpy(element, &device, WINRAS_DEVINFO_SIZE);
}

DWORD APIENTRY RasEnumDevicesW(LPRASDEVINFOW devices, LPDWORD bytes, LPDWORD count) {
    return list(devices, bytes, count, WINRAS_DEVINFO_SIZE, write_device);
}

/* Fills a structure of that size, or not. */
static DWORD fill(void *structure, size_t size) {
    DWORD code = call();

    if (is_odd()) {
        scribble(structure, size);
    }
    return code;
}

DWORD APIENTRY RasGetConnectStatusW(HRASCONN handle, LPRASCONNSTATUSW status) {
    MUST(status->dwSize == WINRAS_STATUS_SIZE);
    if (!is_odd()) {
        status->rasconnstate = (RASCONNSTATE)any_state();
        status->dwError = answer();
        status->localEndPoint.dwType = draw(4);
        WRITE_TEXT(status->szDeviceName);
    }
    return fill(status, WINRAS_STATUS_SIZE);
}

DWORD APIENTRY RasGetSubEntryHandleW(HRASCONN handle, DWORD sub_entry, HRASCONN *link) {
    if (!is_odd()) {
        *link = any_handle();
    }
    return call();
}

DWORD APIENTRY RasGetErrorStringW(UINT code, LPWSTR text, DWORD room) {
    write_text(text, room);
    return call();
}

static DWORD system_message(DWORD code, LPWSTR text, DWORD room) {
    write_text(text, room);
    return draw(2);
}

DWORD APIENTRY RasGetConnectionStatistics(HRASCONN handle, RAS_STATS *statistics) {
    MUST(statistics->dwSize == sizeof(*statistics));
    return fill(statistics, sizeof(*statistics));
}

DWORD APIENTRY RasGetLinkStatistics(HRASCONN handle, DWORD sub_entry, RAS_STATS *statistics) {
    return RasGetConnectionStatistics(handle, statistics);
}

/* Lists in the buffer, before or behind it, or anywhere. */
static void *any_place(BYTE *buffer, DWORD room) {
    uintptr_t place = (uintptr_t)buffer + draw(128);

    switch (is_odd() ? draw(4) : 3) {
    case 0:
        place = any_number();
        break;
    case 1:
        place = (uintptr_t)buffer + room - draw(20);
        break;
    case 2:
        place = UINTPTR_MAX - draw(32);
        break;
    }
    return (void *)place;
}

DWORD APIENTRY RasGetProjectionInfoEx(HRASCONN handle, PRAS_PROJECTION_INFO info, LPDWORD bytes) {
    DWORD room = info ? *bytes : 0, code;

    MUST(!info || info->version == RASAPIVERSION_601);
    code = info ? fill(info, room) : ERROR_BUFFER_TOO_SMALL;
    if (info && room >= sizeof(*info) && !is_odd()) {
        info->type = is_odd() ? any_number() : PROJECTION_INFO_TYPE_PPP + draw(2);
        if (info->type == PROJECTION_INFO_TYPE_IKEv2) {
            info->ikev2.ipv4ServerAddresses = any_place((BYTE *)info, room);
            info->ikev2.numIPv4ServerAddresses = is_odd() ? any_number() : draw(3);
            info->ikev2.ipv6ServerAddresses = any_place((BYTE *)info, room);
            info->ikev2.numIPv6ServerAddresses = is_odd() ? any_number() : draw(3);
        }
    }
    *bytes = is_odd() ? any_number() : sizeof(*info) + draw(64);
    return code;
}

static DWORD get_properties(void *properties, LPDWORD bytes, DWORD least) {
    DWORD code = fill(properties, *bytes);

    MUST(*bytes >= least);
    *bytes = is_odd() ? any_number() : least + draw(64);
    return code;
}

DWORD APIENTRY RasGetEntryPropertiesW(LPCWSTR phonebook, LPCWSTR name, LPRASENTRYW entry, LPDWORD bytes, BYTE *device,
                                      LPDWORD device_bytes) {
    MUST(!device && !device_bytes);
    return get_properties(entry, bytes, entry->dwSize);
}

DWORD APIENTRY RasGetSubEntryPropertiesW(LPCWSTR phonebook, LPCWSTR name, DWORD number, LPRASSUBENTRYW sub_entry,
                                         LPDWORD bytes, BYTE *device, LPDWORD device_bytes) {
    MUST(!device && !device_bytes);
    return get_properties(sub_entry, bytes, sub_entry->dwSize);
}

/* It may write to what it is given. */
DWORD APIENTRY RasSetEntryPropertiesW(LPCWSTR phonebook, LPCWSTR name, LPRASENTRYW entry, DWORD bytes, BYTE *device,
                                      DWORD device_bytes) {
    MUST(!device && !device_bytes);
    return fill(entry, bytes);
}

DWORD APIENTRY RasSetSubEntryPropertiesW(LPCWSTR phonebook, LPCWSTR name, DWORD number, LPRASSUBENTRYW sub_entry,
                                         DWORD bytes, BYTE *device, DWORD device_bytes) {
    MUST(!device && !device_bytes);
    return fill(sub_entry, bytes);
}

DWORD APIENTRY RasGetCredentialsW(LPCWSTR phonebook, LPCWSTR name, LPRASCREDENTIALSW credentials) {
    MUST(credentials->dwSize == WINRAS_CREDENTIALS_SIZE);
    if (!is_odd()) {
        WRITE_TEXT(credentials->szUserName);
        WRITE_TEXT(credentials->szPassword);
        WRITE_TEXT(credentials->szDomain);
    }
    return fill(credentials, WINRAS_CREDENTIALS_SIZE);
}

DWORD APIENTRY RasSetCredentialsW(LPCWSTR phonebook, LPCWSTR name, LPRASCREDENTIALSW credentials, BOOL clear) {
    MUST(credentials->dwSize == WINRAS_CREDENTIALS_SIZE);
    return fill(credentials, WINRAS_CREDENTIALS_SIZE);
}

/* Of its own memory a function must tell the truth, up to what is too much for any EAP method. */
DWORD APIENTRY RasGetEapUserIdentityW(LPCWSTR phonebook, LPCWSTR name, DWORD flags, HWND window,
                                      LPRASEAPUSERIDENTITYW *identity) {
    DWORD code = call(), size = draw_byte();

    MUST(flags == RASEAPF_NonInteractive && !window && !*identity);
    if (code) {
        *identity = is_odd() ? (LPRASEAPUSERIDENTITYW)(uintptr_t)any_number() : NULL;
    } else if (!is_odd() && !ras.identity) {
        ras.identity = calloc(1, sizeof(*ras.identity) + size);
        MUST(ras.identity);
        WRITE_TEXT(ras.identity->szUserName);
        scribble((BYTE *)ras.identity + offsetof(RASEAPUSERIDENTITYW, pbEapInfo), size);
        ras.identity->dwSizeofEapInfo = is_odd() ? (1u << 20) + 1 + draw_number() % 0xFFEFFFFF : size;
        *identity = ras.identity;
    }
    return code;
}

void APIENTRY RasFreeEapUserIdentityW(LPRASEAPUSERIDENTITYW identity) {
    called();
    MUST(identity && identity == ras.identity);
    free(ras.identity);
    ras.identity = NULL;
}

DWORD APIENTRY RasGetEapUserDataW(HANDLE token, LPCWSTR phonebook, LPCWSTR name, BYTE *data, LPDWORD size) {
    DWORD code;

    code = fill(data, *size);
    *size = is_odd() ? any_number() : draw(64);
    return code;
}

DWORD APIENTRY RasDialW(LPRASDIALEXTENSIONS extensions, LPCWSTR phonebook, LPRASDIALPARAMSW params, DWORD kind,
                        LPVOID notifier, HRASCONN *handle) {
    const RASEAPINFO *eap = &extensions->RasEapInfo;

    MUST(extensions->dwSize == WINRAS_DIALEXTENSIONS_SIZE && params->dwSize == WINRAS_DIALPARAMS_SIZE && kind == 2);
    read_all(eap->pbEapInfo, eap->dwSizeofEapInfo);
    pthread_mutex_lock(&ras.lock);
    ras.numbers[1] = ras.numbers[0];
    ras.numbers[0] = params->dwCallbackId;
    ras.notifier = notifier;
    pthread_mutex_unlock(&ras.lock);
    if (!is_odd() && !habit.no_handle) {
        *handle = any_handle();
    }
    for (uint32_t notices = draw(3); notices; notices--) {
        notify();
    }
    return call();
}

DWORD APIENTRY RasConnectionNotificationW(HRASCONN handle, HANDLE event, DWORD flags) {
    DWORD code = call();

    pthread_mutex_lock(&ras.lock);
    ras.event = event;
    pthread_mutex_unlock(&ras.lock);
    return code;
}

#define ANSWERS(name, ...) \
    DWORD APIENTRY name(__VA_ARGS__) { return call(); }
ANSWERS(RasHangUpW, HRASCONN handle)
ANSWERS(RasClearConnectionStatistics, HRASCONN handle)
ANSWERS(RasClearLinkStatistics, HRASCONN handle, DWORD sub_entry)
ANSWERS(RasDeleteEntryW, LPCWSTR phonebook, LPCWSTR name)
ANSWERS(RasRenameEntryW, LPCWSTR phonebook, LPCWSTR name, LPCWSTR new_name)
ANSWERS(RasValidateEntryNameW, LPCWSTR phonebook, LPCWSTR name)
#undef ANSWERS

#define NOT_CALLED(name, ...) \
    DWORD APIENTRY name(__VA_ARGS__) { abort(); }
NOT_CALLED(RasDeleteSubEntryW, LPCWSTR phonebook, LPCWSTR name, DWORD number)
NOT_CALLED(RasGetEntryDialParamsW, LPCWSTR phonebook, LPRASDIALPARAMSW params, LPBOOL has_password)
NOT_CALLED(RasSetEntryDialParamsW, LPCWSTR phonebook, LPRASDIALPARAMSW params, BOOL remove_password)
NOT_CALLED(RasGetProjectionInfoW, HRASCONN handle, RASPROJECTION protocol, LPVOID projection, LPDWORD bytes)
NOT_CALLED(RasSetEapUserDataW, HANDLE token, LPCWSTR phonebook, LPCWSTR name, BYTE *data, DWORD size)
#undef NOT_CALLED

/* ---- the rest of the table, which is not RAS's: the clock, the waits, the service manager ---- */

static int64_t now(void) { return pass(0); }

static DWORD rasman_state(enum rasapi_rasman *state) {
    *state = is_odd() ? draw(RASMAN_DISABLED + 1) : RASMAN_RUNNING;
    return *state == RASMAN_UNKNOWN ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static DWORD rasman_start_type(DWORD *start_type) {
    *start_type = 3;
    return ERROR_SUCCESS;
}

static DWORD rasman_start(void) { return is_odd() ? 5 : ERROR_SUCCESS; }

/* As the table promises, whatever the log has; texts without an end too. */
static DWORD read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length) {
    size_t room = draw(64);

    MUST(query[0] && most == MOST_EVENTS && !*texts && !*length);
    called();
    *texts = draw(8) ? calloc(room + 1, sizeof(**texts)) : NULL;
    *length = *texts ? room : 0;
    if (*texts) {
        scribble(*texts, room * sizeof(**texts));
    }
    return answer();
}

static DWORD wait_any(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired) {
    DWORD set = WaitForMultipleObjects(wait->event_count, wait->events, FALSE, 0);
    int64_t slice = (int64_t)slice_ms * 1000, left = wait->until - now();
    BOOL is_over = left <= slice;

    MUST(set == WAIT_TIMEOUT || set < wait->event_count);
    if (set < wait->event_count) {
        *fired = set;
        return WAIT_OBJECT_0;
    }
    (void)pass(is_over ? left > 0 ? left : 0 : slice);
    if (is_odd()) {
        notify();
    }
    if (is_odd()) {
        signal_any();
    }
    return is_over ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

static void wake(rasapi_waiter *waiter, HANDLE event) { SetEvent(event); }

static void leave(rasapi_waiter *waiter) { (void)waiter; }

uint32_t rasapi_simulator_running(void) { return ras.service; }

const rasapi *rasapi_simulator(void) { return &ras.table; }

/* One of four inputs lacks functions. */
static void fill_table(void) {
    BOOL lacks = draw(4) == 3;

#define FUNCTION(result, name, form, parameters)                                         \
    ras.table.RASAPI_NATIVE_##form(name##W, name) = RASAPI_NATIVE_##form(name##W, name); \
    if (lacks && is_odd() && strcmp(#name, "RasFreeEapUserIdentity") != 0) {             \
        ras.table.RASAPI_NATIVE_##form(name##W, name) = NULL;                            \
    }
    RASAPI_FUNCTIONS(FUNCTION, RASAPI_NOTHING)
#undef FUNCTION
    ras.table.rasman_state = rasman_state;
    ras.table.rasman_start_type = rasman_start_type;
    ras.table.rasman_start = rasman_start;
    ras.table.system_message = draw(2) ? system_message : NULL;
    ras.table.read_events = read_events;
    ras.table.now = ras.table.wall = now;
    ras.table.wait = wait_any;
    ras.table.wake = wake;
    ras.table.leave = leave;
}

/* ---- what must be so ---- */

#define MUST_END(text) must_end((text), sizeof(text) / sizeof((text)[0]))

static void must_end(const char16_t *text, size_t room) {
    size_t length = 0;

    while (length < room && text[length]) {
        length++;
    }
    MUST(length < room);
}

/* The answer of a call that does not wait. */
static BOOL succeeded(uint32_t code) {
    MUST(!shim_is_own(code));
    return code == ERROR_SUCCESS;
}

/* ---- calls ---- */

static char16_t name[257], other_name[257], phonebook[260];
static winras_target targets[2]; /* of the connections that were listed last */

/* As the shim's own code has them. */
static uint32_t list_flat(winras_connection **connections, uint32_t *count) {
    const rasapi *table = NULL;

    MUST(calls_find_table(ras.service, &table) == 0);
    return calls_enumerate(table, connections, count);
}

static void enumerate(void) {
    winras_connection *connections = NULL;
    uint32_t count = 0;

    if (!succeeded(list_flat(&connections, &count))) {
        MUST(count == 0);
    }
    read_all(connections, count * sizeof(*connections));
    for (uint32_t i = 0; i < count; i++) {
        winras_target *target = &targets[i % COUNT(targets)];

        MUST(connections[i].handle);
        MUST_END(connections[i].name);
        MUST_END(connections[i].device_type);
        MUST_END(connections[i].device_name);
        MUST_END(connections[i].phonebook);
        memset(target, 0, sizeof(*target));
        target->handle = connections[i].handle;
        target->enumerated = 1;
        memcpy(target->entry_id, connections[i].entry_id, sizeof(target->entry_id));
        memcpy(target->correlation_id, connections[i].correlation_id, sizeof(target->correlation_id));
    }
    winras_free(connections);
}

static const winras_target *any_target(void) { return &targets[draw(COUNT(targets))]; }

static uint64_t any_number_of_a_handle(void) { return draw(4) ? any_target()->handle : any_number(); }

/* What Python relies on in a block. */
static void read_block(winras_block *block) {
    const uint64_t *edges = (const uint64_t *)(block + 1);
    uint64_t records = block->connections + block->statuses;

    MUST(block->size % sizeof(*edges) == 0);
    read_all(block, block->size);
    MUST(block->service == ras.service && block->code <= UINT32_MAX && !shim_is_own((uint32_t)block->code));
    MUST(edges[0] >= sizeof(*block) + (records + 1) * sizeof(*edges) && edges[records] == block->size);
    for (uint64_t i = 0; i < records; i++) {
        BOOL is_connection = i % 2 ? !block->statuses : block->connections != 0;
        const uint64_t *numbers = (const uint64_t *)block + edges[i] / sizeof(*numbers);
        const char16_t *text =
            (const char16_t *)(numbers + (is_connection ? WINRAS_CONNECTION_NUMBERS : WINRAS_STATUS_NUMBERS));
        size_t ends = 0;

        MUST(edges[i + 1] > edges[i]);
        for (; text < (const char16_t *)((const uint8_t *)block + edges[i + 1]); text++) {
            ends += *text == 0;
        }
        MUST(ends >= (is_connection ? 4u : 3u));
        MUST(!is_connection || numbers[0]);
    }
    winras_free(block);
}

static void ask_status(void) {
    winras_block *block = winras_get_status(ras.service, any_number_of_a_handle(), NULL);

    MUST(block->connections == 0 && block->statuses == (block->code ? 0 : 1));
    read_block(block);
}

/* What is said to be the same is. */
static void find_same(const winras_block *block, const winras_block *last) {
    const uint64_t *edges = (const uint64_t *)(block + 1), *others = (const uint64_t *)(last + 1);
    uint32_t *same = calloc(block->connections + 1, sizeof(*same));

    MUST(same);
    winras_find_same((const uint8_t *)block, (const uint8_t *)last, same);
    for (uint32_t i = 0; i < block->connections; i++) {
        if (same[i] != WINRAS_IS_NEW) {
            MUST(same[i] < last->connections && edges[i + 1] - edges[i] == others[same[i] + 1] - others[same[i]]);
            MUST(!memcmp((const uint8_t *)block + edges[i], (const uint8_t *)last + others[same[i]],
                         edges[i + 1] - edges[i]));
        }
    }
    free(same);
}

static void list_packed(void) {
    uint32_t service = draw(2) ? ras.service : (uint32_t)WINRAS_ACTIVE_SERVICE;
    winras_block *first = winras_list_connections(service, NULL);
    winras_block *block = winras_list_connections(service, (const uint8_t *)first);

    if (block) {
        MUST(block->statuses == 0 && (!block->code || !block->connections));
        find_same(block, first);
        find_same(block, block);
        read_block(block);
    }
    read_block(first);
}

static void ask_snapshot(void) {
    winras_block *block = winras_snapshot(ras.service, NULL);

    if (block->code) {
        MUST(block->connections <= 1 && block->statuses == 0);
    } else {
        MUST(block->connections == block->statuses);
    }
    read_block(block);
}

static void ask_sub_entry(void) {
    winras_target *link = &targets[draw(COUNT(targets))];
    uint64_t parent = any_number_of_a_handle(), handle = 1;
    uint32_t number = draw(4);

    if (succeeded(winras_get_sub_entry(ras.service, parent, number, &handle)) && handle) {
        memset(link, 0, sizeof(*link));
        link->handle = handle;
        link->parent = parent;
        link->sub_entry = number;
    }
}

static void ask_message(void) {
    char16_t text[WINRAS_TEXT];
    uint32_t room = 1 + any_number() % WINRAS_TEXT;

    memset(text, 'x', sizeof(text));
    if (succeeded(winras_get_error_string(ras.service, any_error(), text, room))) {
        must_end(text, room);
    }
    for (size_t i = room; i < WINRAS_TEXT; i++) {
        MUST(text[i] == 0x7878);
    }
}

static void ask_statistics(void) {
    winras_statistics statistics;

    (void)succeeded(winras_get_statistics(ras.service, any_number_of_a_handle(), draw(3), &statistics));
    read_all(&statistics, sizeof(statistics));
    (void)succeeded(winras_clear_statistics(ras.service, any_number_of_a_handle(), draw(3)));
}

static void ask_addresses(void) {
    winras_addresses addresses;

    (void)succeeded(winras_get_addresses(ras.service, any_number_of_a_handle(), &addresses));
    read_all(&addresses, sizeof(addresses));
    MUST(addresses.ipv6_prefix_length <= 128);
    MUST(addresses.server_count <= COUNT(addresses.servers));
    for (uint32_t i = 0; i < addresses.server_count; i++) {
        MUST(addresses.servers[i].type == RASTUNNELENDPOINT_IPv4 ||
             addresses.servers[i].type == RASTUNNELENDPOINT_IPv6);
    }
}

static void ask_entries(void) {
    winras_entry_name *entries = NULL, found;
    uint32_t count = 0;

    if (!succeeded(winras_list_entries(ras.service, phonebook, &entries, &count))) {
        MUST(count == 0);
    }
    read_all(entries, count * sizeof(*entries));
    for (uint32_t i = 0; i < count; i++) {
        MUST_END(entries[i].name);
        MUST_END(entries[i].phonebook);
    }
    winras_free(entries);
    if (succeeded(winras_find_entry(ras.service, name, &found))) {
        MUST_END(found.name);
        MUST_END(found.phonebook);
        MUST(winras_is_same_text(found.name, name));
    }
}

static void ask_devices(void) {
    winras_device *devices = NULL;
    uint32_t count = 0;

    if (!succeeded(winras_list_devices(ras.service, &devices, &count))) {
        MUST(count == 0);
    }
    read_all(devices, count * sizeof(*devices));
    for (uint32_t i = 0; i < count; i++) {
        MUST_END(devices[i].type);
        MUST_END(devices[i].name);
    }
    winras_free(devices);
}

static void copy_entry(void) {
    uint8_t *bytes = NULL;
    uint32_t count = 0, size = winras_entry_size(draw(2));

    if (succeeded(winras_get_entry(ras.service, phonebook, name, size, &bytes, &count))) {
        MUST(count >= size && *(uint32_t *)(void *)bytes == size);
        read_all(bytes, count);
        (void)succeeded(winras_validate_entry_name(ras.service, phonebook, other_name));
        (void)succeeded(winras_set_entry(ras.service, phonebook, other_name, bytes, count));
    }
    winras_free(bytes);
    if (succeeded(winras_get_sub_entry_properties(ras.service, phonebook, name, draw(3), &bytes, &count))) {
        MUST(count >= WINRAS_SUBENTRY_SIZE);
        read_all(bytes, count);
        (void)succeeded(winras_set_sub_entry_properties(ras.service, phonebook, other_name, draw(3), bytes, count));
    }
    winras_free(bytes);
}

static void change_names(void) {
    (void)succeeded(winras_validate_entry_name(ras.service, phonebook, name));
    (void)succeeded(winras_rename_entry(ras.service, phonebook, name, other_name));
    (void)succeeded(winras_delete_entry(ras.service, phonebook, name));
}

static void ask_credentials(void) {
    winras_credentials credentials;

    if (succeeded(winras_get_credentials(ras.service, phonebook, name, &credentials))) {
        MUST(credentials.mask && credentials.mask < 8);
    }
    MUST_END(credentials.user);
    MUST_END(credentials.domain);
    MUST(credentials.password[0] == 0);
    (void)succeeded(winras_set_credentials(ras.service, phonebook, name, &credentials, draw(2)));
}

static void ask_rasman(void) {
    uint32_t code = winras_no_rasman(ras.service), state = 0, start_type = 0, missing = 0;

    MUST(code == ERROR_SUCCESS || code == ERROR_SERVICE_NOT_ACTIVE || code == ERROR_SERVICE_DISABLED);
    (void)succeeded(winras_get_rasman(ras.service, &state, &start_type));
    MUST(state <= WINRAS_RASMAN_DISABLED);
    (void)succeeded(winras_refusal(ras.service));
    while (winras_missing_function(ras.service, missing)) {
        missing++;
    }
}

static void ask_events(void) {
    uint8_t *bytes = NULL;
    uint32_t count = 0;

    if (!succeeded(winras_read_events(ras.service, u"*", MOST_EVENTS, &bytes, &count))) {
        MUST(!bytes && count == 0);
    }
    MUST(count % sizeof(WCHAR) == 0);
    read_all(bytes, count);
    winras_free(bytes);
}

static void ask_library(void) {
    winras_library library;

    MUST(winras_get_library(ras.service, &library) == ERROR_SUCCESS && !library.path[0] && !library.version);
    MUST(winras_get_library(ras.service - 1, &library) != ERROR_SUCCESS && !library.path[0] && !library.version);
}

/* ---- operations ---- */

enum kind { HANG_UP, WAIT_CLOSED, FINISH, WATCH, SLEEP, START, DIAL, KINDS_OF_OPERATION };

static struct place {
    winras_operation *operation;
    enum kind kind;
} places[PLACES];

static int64_t any_timeout(void) {
    static const int64_t timeouts[] = {SECOND, 0, 20 * SECOND, -1, INT64_C(1) << 62};

    return timeouts[draw(COUNT(timeouts))];
}

static uint32_t begin_dial(winras_operation **operation) {
    winras_dialling dialling;

    memset(&dialling, 0, sizeof(dialling));
    memcpy(dialling.name, name, sizeof(dialling.name));
    dialling.use_saved = draw(2);
    dialling.phonebook_count = draw(4);
    for (uint32_t i = 0; i < 3 && draw(2); i++) {
        memcpy(dialling.phonebooks[i].text, phonebook, sizeof(dialling.phonebooks[i].text));
    }
    dialling.user[0] = draw(4) == 3 ? u'U' : 0;
    dialling.sub_entry = draw(3);
    return winras_begin_dial(ras.service, &dialling, any_timeout(), operation);
}

static void begin(struct place *place) {
    uint32_t code = ERROR_SUCCESS;

    place->kind = (enum kind)draw(KINDS_OF_OPERATION + 4);
    switch (place->kind) {
    case HANG_UP:
        code = winras_begin_hang_up(ras.service, any_target(), any_timeout(), draw(2), &place->operation);
        break;
    case WAIT_CLOSED:
        code = winras_begin_wait_closed(ras.service, any_target(), any_timeout(), &place->operation);
        break;
    case FINISH:
        code = winras_begin_finish(ras.service, any_timeout(), &place->operation);
        break;
    case WATCH:
        code = winras_begin_watch(ras.service, any_timeout(), SECOND, &place->operation);
        break;
    case SLEEP:
        code = winras_begin_sleep(ras.service, any_timeout(), &place->operation);
        break;
    case START:
        code = winras_begin_start(ras.service, &place->operation);
        break;
    default:
        place->kind = DIAL;
        code = begin_dial(&place->operation);
        break;
    }
    MUST(code == ERROR_SUCCESS && place->operation);
}

static void look(winras_operation *watch) {
    const winras_picture *picture = winras_see(watch);

    MUST(winras_signalled(watch) < 2 && winras_missed(watch) < 2 && picture->number);
    MUST(!shim_is_own(picture->error) && !shim_is_own(picture->away));
    MUST(picture->connections->connections == picture->count);
    read_all(picture->connections, picture->connections->size);
    read_all(picture->seen, picture->count * sizeof(*picture->seen));
    read_all(picture->links, picture->link_count * sizeof(*picture->links));
    for (uint32_t i = 0; i < picture->count; i++) {
        MUST(picture->seen[i].first_link + picture->seen[i].link_count <= picture->link_count);
    }
    if (draw(4)) {
        winras_saw(watch);
    } else {
        winras_leave(watch);
    }
    if (draw(4) == 3) {
        winras_register(ras.service);
    }
}

/* FALSE: it is over. */
static BOOL step(struct place *place) {
    static const BOOL times_out[KINDS_OF_OPERATION] = {
        [HANG_UP] = TRUE, [WAIT_CLOSED] = TRUE, [FINISH] = TRUE, [WATCH] = TRUE, [DIAL] = TRUE};
    winras_notice notice;
    uint32_t code = winras_step(place->operation, 2, WINRAS_SLICE_MS), notices = 0;

    MUST(winras_function(place->operation));
    switch (code) {
    case WINRAS_PENDING:
        return TRUE;
    case WINRAS_LOOK:
        MUST(place->kind == WATCH);
        look(place->operation);
        return TRUE;
    case WINRAS_NOTICE:
        MUST(place->kind == DIAL);
        while (winras_read_notice(place->operation, &notice)) {
            MUST(notice.elapsed >= 0 && ++notices <= MOST_NOTICES);
            if (habit.floods) {
                notify();
            }
        }
        return TRUE;
    case WINRAS_TIMED_OUT:
        MUST(times_out[place->kind]);
        break;
    case WINRAS_PAUSED:
        MUST(place->kind == DIAL);
        break;
    case WINRAS_STILL_HELD:
        MUST(place->kind == HANG_UP);
        break;
    case WINRAS_CANCELLED:
        break;
    default:
        MUST(!shim_is_own(code));
        MUST(code == ERROR_SUCCESS || (place->kind != WATCH && place->kind != SLEEP && place->kind != FINISH));
    }
    return FALSE;
}

static void report(const struct place *place) {
    winras_dial_report found;

    winras_report_dial(place->operation, &found);
    read_all(&found, sizeof(found));
    MUST_END(found.phonebook);
    MUST(found.ends <= WINRAS_ENDS_REFUSED && !shim_is_own(found.hang_up));
    MUST(!shim_is_own(found.start_service) && !shim_is_own(found.get_credentials) && !shim_is_own(found.get_identity));
}

static void end(struct place *place) {
    begin_call();
    winras_end(&place->operation);
}

static void run(struct place *place) {
    winras_dial_report dialled;
    uint32_t steps = draw(MOST_STEPS), code;
    BOOL goes_on = TRUE;

    if (!place->operation) {
        begin_call();
        begin(place);
    }
    while (goes_on && steps--) {
        begin_call();
        goes_on = step(place);
    }
    if (place->kind == START) {
        MUST(!shim_is_own(winras_start_failure(place->operation)));
    }
    if (place->kind == HANG_UP) {
        MUST(!shim_is_own(winras_hang_up_refusal(place->operation)));
    }
    if (place->kind == DIAL) {
        report(place);
    }
    if (goes_on && draw(4) == 3) {
        winras_cancel(place->operation);
    }
    if (!goes_on) {
        begin_call();
        code = winras_step(place->operation, 2, WINRAS_SLICE_MS);
        if (place->kind == DIAL && code == ERROR_SUCCESS) {
            winras_report_dial(place->operation, &dialled);
            MUST(dialled.handle);
            if (draw(2)) {
                MUST(winras_take(&place->operation));
                begin_call();
                winras_give_back(ras.service, dialled.handle);
            }
        }
        end(place);
    }
}

static void leave_process(void) {
    winras_leaving *leaving = NULL;
    uint32_t code = WINRAS_PENDING;

    MUST(winras_begin_leaving(ras.service, (int64_t)draw(20) * SECOND, &leaving) == 0);
    for (int i = 0; i < PLACES; i++) {
        winras_hand_over(leaving, &places[i].operation);
    }
    while (code == WINRAS_PENDING) {
        begin_call();
        code = winras_step_leaving(leaving, 2);
        MUST(!shim_is_own(code) || code == WINRAS_PENDING || code == WINRAS_TIMED_OUT);
    }
    winras_end_leaving(&leaving);
}

static void run_any(void) { run(&places[draw(PLACES)]); }

/* Another thread of RAS, through the whole input. */
static void begin_teller(void) {
    static struct notice notice;

    notice.sub_entry = 1 + draw(2);
    notice.handle = any_handle();
    notice.state = any_state();
    notice.error = answer();
    MUST(pthread_create(&ras.teller, NULL, give_notices, &notice) == 0);
    ras.has_teller = TRUE;
}

static void end_teller(void) {
    pthread_mutex_lock(&ras.lock);
    ras.is_over = TRUE;
    pthread_mutex_unlock(&ras.lock);
    pthread_join(ras.teller, NULL);
    ras.has_teller = FALSE;
}

static void (*const actions[])(void) = {
    enumerate,   ask_status,   ask_sub_entry, ask_message,     ask_statistics, ask_addresses, ask_entries,
    ask_devices, change_names, copy_entry,    ask_credentials, ask_rasman,     ask_events,    ask_library,
    list_packed, ask_snapshot, run_any,       run_any,         run_any,        run_any,       run_any,
};

/* A new service, as RAS is when nothing has happened. */
static void begin_input(const uint8_t *bytes, size_t size) {
    alarm(HANG_ALARM);
    winras_trace(WINRAS_TRACE_CALLS);
    winras_forget_room();
    ras.service++;
    ras.now = SECOND;
    ras.notifier = NULL;
    ras.numbers[0] = ras.numbers[1] = 0;
    ras.is_over = FALSE;
    ras.event = NULL;
    memset(&habit, 0, sizeof(habit));
    memset(targets, 0, sizeof(targets));
    memset(name, 0, sizeof(name));
    memset(other_name, 0, sizeof(other_name));
    memset(phonebook, 0, sizeof(phonebook));
    input.bytes = bytes;
    input.size = size;
    input.at = 0;
    input.malice = (uint8_t)draw_byte();
    fill_table();
    name[0] = u'A';
    other_name[0] = u'C';
    targets[0].handle = 1;
    targets[0].enumerated = 1;
    begin_call();
}

static void end_input(void) {
    winras_record record;

    for (int i = 0; i < PLACES; i++) {
        end(&places[i]);
    }
    if (ras.has_teller) {
        end_teller();
    }
    while (winras_read_record(&record)) {
        MUST(!shim_is_own(record.result) || record.decision == WINRAS_DECIDED_NOTHING);
    }
    MUST(winras_operations() == 0);
    MUST(!ras.identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    begin_input(bytes, size);
    habit.state = draw(4) == 3 ? RASCS_Connected + draw(2) : 0;
    habit.no_handle = draw(8) == 7;
    habit.floods = draw(32) == 31;
    if (draw(16) == 15) {
        begin_teller();
    }
    name[0] += (char16_t)draw(2);
    phonebook[0] = draw(2) ? u'B' : 0;
    for (int i = 0; i < MOST_ACTIONS && input.at < input.size; i++) {
        begin_call();
        actions[draw(COUNT(actions))]();
    }
    begin_call();
    if (draw(8) == 7) {
        leave_process();
    }
    end_input();
    return 0;
}

/* ---- cases ---- */

/* What was found so, each as a case: it sets what functions of the table answer, and everything else is well-behaved,
 * because there is nothing to draw from. */

static uint32_t run_dial(void) {
    struct place *place = &places[0];

    end(place);
    place->kind = DIAL;
    MUST(begin_dial(&place->operation) == ERROR_SUCCESS);
    do {
        begin_call();
    } while (step(place));
    report(place);
    return winras_step(place->operation, 2, WINRAS_SLICE_MS);
}

/* One notice, before RasDial returns. */
static DWORD dial_and_tell(LPRASDIALEXTENSIONS extensions, LPCWSTR phonebook, LPRASDIALPARAMSW params, DWORD kind,
                           LPVOID notifier, HRASCONN *handle) {
    DWORD code = RasDialW(extensions, phonebook, params, kind, notifier, handle);

    notify();
    return code;
}

/* The shim's own numbers become 635 wherever RAS answers them. */
static void own_number(void) {
    for (habit.code = WINRAS_PENDING; habit.code < WINRAS_OWN_END; habit.code++) {
        MUST(winras_clear_statistics(ras.service, 1, 0) == ERROR_UNKNOWN);
        for (size_t i = 0; i < COUNT(actions); i++) {
            begin_call();
            actions[i]();
        }
        MUST(run_dial() == ERROR_UNKNOWN);
    }
}

static DWORD dial_and_tell_own_number(LPRASDIALEXTENSIONS extensions, LPCWSTR phonebook, LPRASDIALPARAMSW params,
                                      DWORD kind, LPVOID notifier, HRASCONN *handle) {
    DWORD code = RasDialW(extensions, phonebook, params, kind, notifier, handle);

    habit.code = WINRAS_PAUSED;
    notify();
    habit.code = ERROR_SUCCESS;
    return code;
}

static void own_number_told(void) {
    ras.table.RasDialW = dial_and_tell_own_number;
    MUST(run_dial() == ERROR_UNKNOWN);
}

static DWORD list_null(LPRASCONNW connections, LPDWORD bytes, LPDWORD count) {
    BOOL fits = connections && *bytes >= 2 * WINRAS_RASCONN_SIZE;

    *bytes = 2 * WINRAS_RASCONN_SIZE;
    *count = 2;
    if (fits) {
        write_connection((BYTE *)connections + WINRAS_RASCONN_SIZE);
    }
    return fits ? ERROR_SUCCESS : ERROR_BUFFER_TOO_SMALL;
}

static void null_handle_listed(void) {
    winras_connection *connections = NULL;
    uint32_t count = 0;

    ras.table.RasEnumConnectionsW = list_null;
    MUST(list_flat(&connections, &count) == ERROR_SUCCESS);
    MUST(count == 1 && connections[0].handle == 1);
    winras_free(connections);
}

/* Two connections, of which the second says no more than its handle, and something behind the NUL of its texts. */
static char16_t behind;

static DWORD list_garbage(LPRASCONNW connections, LPDWORD bytes, LPDWORD count) {
    BOOL fits = connections && *bytes >= 2 * WINRAS_RASCONN_SIZE;
    HRASCONN handle = (HRASCONN)(uintptr_t)2;
    BYTE *second = (BYTE *)connections + WINRAS_RASCONN_SIZE;

    *bytes = 2 * WINRAS_RASCONN_SIZE;
    *count = 2;
    if (fits) {
        write_connection((BYTE *)connections);
        memcpy(second + offsetof(RASCONNW, hrasconn), &handle, sizeof(handle));
        memcpy(second + offsetof(RASCONNW, szEntryName) + sizeof(behind), &behind, sizeof(behind));
    }
    return fits ? ERROR_SUCCESS : ERROR_BUFFER_TOO_SMALL;
}

static DWORD list_full(LPRASCONNW connections, LPDWORD bytes, LPDWORD count) {
    DWORD code = list_null(connections, bytes, count);

    if (!code) {
        memset(connections, 'A', 2 * WINRAS_RASCONN_SIZE);
    }
    return code;
}

static winras_block *block_after_a_full_one(char16_t garbage) {
    behind = garbage;
    ras.table.RasEnumConnectionsW = list_full;
    winras_free(winras_list_connections(ras.service, NULL));
    ras.table.RasEnumConnectionsW = list_garbage;
    return winras_list_connections(ras.service, NULL);
}

/* Neither what the buffer held before nor what stands behind a NUL is in a block. */
static void garbage_left_out(void) {
    winras_block *a = block_after_a_full_one(u'a'), *b = block_after_a_full_one(u'b');
    const uint64_t *edges = (const uint64_t *)(a + 1), *second = (const uint64_t *)a + edges[1] / sizeof(*edges);

    MUST(a->connections == 2 && a->size == b->size && memcmp(a, b, a->size) == 0);
    MUST(second[0] == 2);
    for (int i = 1; i < WINRAS_CONNECTION_NUMBERS; i++) {
        MUST(second[i] == 0);
    }
    /* Nor is one made for a caller who has it. */
    MUST(winras_list_connections(ras.service, (const uint8_t *)a) == NULL);
    winras_free(a);
    winras_free(b);
}

static void null_handle_dialled(void) {
    habit.no_handle = TRUE;
    MUST(run_dial() == ERROR_INVALID_HANDLE);
}

static void null_handle_told(void) {
    habit.no_handle = TRUE;
    habit.state = RASCS_Connected;
    ras.table.RasDialW = dial_and_tell;
    MUST(run_dial() == ERROR_INVALID_HANDLE);
}

static DWORD fail_with_identity(LPCWSTR phonebook, LPCWSTR name, DWORD flags, HWND window,
                                LPRASEAPUSERIDENTITYW *identity) {
    *identity = (LPRASEAPUSERIDENTITYW)(uintptr_t)1;
    return ERROR_ACCESS_DENIED;
}

static void identity_with_an_error(void) {
    ras.table.RasGetEapUserIdentityW = fail_with_identity;
    (void)run_dial();
}

static DWORD give_large_identity(LPCWSTR phonebook, LPCWSTR name, DWORD flags, HWND window,
                                 LPRASEAPUSERIDENTITYW *identity) {
    DWORD code = RasGetEapUserIdentityW(phonebook, name, flags, window, identity);

    (*identity)->dwSizeofEapInfo = (1u << 20) + 1;
    return code;
}

static void identity_too_large(void) {
    ras.table.RasGetEapUserIdentityW = give_large_identity;
    (void)run_dial();
}

static DWORD project_long_prefix(HRASCONN handle, PRAS_PROJECTION_INFO info, LPDWORD bytes) {
    MUST(*bytes >= sizeof(*info));
    info->type = PROJECTION_INFO_TYPE_IKEv2;
    info->ikev2.dwPrefixLength = 129;
    return ERROR_SUCCESS;
}

static void prefix_too_long(void) {
    ras.table.RasGetProjectionInfoEx = project_long_prefix;
    ask_addresses();
}

static DWORD list_in_large_buffer(LPRASCONNW connections, LPDWORD bytes, LPDWORD count) {
    BOOL fits = connections && *bytes > MOST_KEPT;

    *bytes = MOST_KEPT + 1;
    *count = 0;
    return fits ? ERROR_SUCCESS : ERROR_BUFFER_TOO_SMALL;
}

static void large_buffer_kept(void) {
    ras.table.RasEnumConnectionsW = list_in_large_buffer;
    enumerate();
    ras.table.RasEnumConnectionsW = RasEnumConnectionsW;
    enumerate(); /* begins with what was kept */
}

static void notices_without_end(void) {
    habit.floods = TRUE;
    ras.table.RasDialW = dial_and_tell;
    (void)run_dial();
}

static DWORD get_no_status(HRASCONN handle, LPRASCONNSTATUSW status) { return ERROR_INVALID_HANDLE; }

static DWORD get_failed_status(HRASCONN handle, LPRASCONNSTATUSW status) {
    DWORD code = RasGetConnectStatusW(handle, status);

    status->rasconnstate = RASCS_Disconnected;
    status->dwError = ERROR_PORT_NOT_AVAILABLE;
    return code;
}

static DWORD hang_up_at_once(HRASCONN handle) {
    ras.table.RasGetConnectStatusW = get_no_status;
    return RasHangUpW(handle);
}

/* After Connected the parameters are wiped. */
static void dialled_again_when_wiped(void) {
    habit.state = RASCS_Connected;
    ras.table.RasDialW = dial_and_tell;
    ras.table.RasGetConnectStatusW = get_failed_status;
    ras.table.RasHangUpW = hang_up_at_once;
    MUST(run_dial() == ERROR_PORT_NOT_AVAILABLE && !ras.numbers[1]); /* one RasDial */
}

static DWORD get_entry_without_size(LPCWSTR phonebook, LPCWSTR name, LPRASENTRYW entry, LPDWORD bytes, BYTE *device,
                                    LPDWORD device_bytes) {
    DWORD code = RasGetEntryPropertiesW(phonebook, name, entry, bytes, device, device_bytes);

    entry->dwSize = 0;
    return code;
}

static void entry_size_overwritten(void) {
    ras.table.RasGetEntryPropertiesW = get_entry_without_size;
    copy_entry();
}

static DWORD signal_and_refuse(HRASCONN handle) {
    (void)RasHangUpW(handle);
    signal_any();
    return ERROR_ACCESS_DENIED;
}

/* Each try is two calls, and the growing intervals have room for nine in the 250 ms of a connection given back. */
static void signals_at_each_hang_up(void) {
    winras_register(ras.service);
    MUST(ras.event);
    ras.table.RasHangUpW = signal_and_refuse;
    begin_call();
    winras_give_back(ras.service, 1);
    MUST(ras.calls <= 2 * 9);
}

static void run_cases(void) {
#define CASE(name)  \
    {               \
        #name, name \
    }
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        CASE(own_number),
        CASE(own_number_told),
        CASE(null_handle_listed),
        CASE(garbage_left_out),
        CASE(null_handle_dialled),
        CASE(null_handle_told),
        CASE(identity_with_an_error),
        CASE(identity_too_large),
        CASE(prefix_too_long),
        CASE(large_buffer_kept),
        CASE(notices_without_end),
        CASE(dialled_again_when_wiped),
        CASE(entry_size_overwritten),
        CASE(signals_at_each_hang_up),
    };
#undef CASE

    for (size_t i = 0; i < COUNT(cases); i++) {
        printf("fuzz: %s\n", cases[i].name);
        fflush(stdout);
        begin_input(NULL, 0);
        cases[i].run();
        end_input();
    }
    printf("fuzz: %zu cases\n", COUNT(cases));
}

/* ---- inputs ---- */

static uint64_t random_state;

/* xorshift64* */
static uint32_t next_random(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

/* Little malice lets the calls come far. */
static size_t make_input(uint8_t *bytes) {
    size_t size = 16 + next_random() % (1u << (5 + next_random() % 7));

    memset(bytes, 0, MOST_INPUT);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)next_random();
    }
    bytes[0] >>= next_random() % 8;
    return size;
}

/* The inputs are made in a file, so that the last one is there however the process ends. */
static uint8_t *map_file(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    uint8_t *bytes;

    MUST(file >= 0 && ftruncate(file, MOST_INPUT) == 0);
    bytes = mmap(NULL, MOST_INPUT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    MUST(bytes != MAP_FAILED);
    close(file);
    return bytes;
}

static void replay(const char *path) {
    static uint8_t bytes[1u << 16];
    FILE *file = fopen(path, "rb");
    size_t size;

    if (!file) {
        perror(path);
        exit(2);
    }
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    printf("fuzz: %s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, size);
}

/* Until the time is over. */
static void run_new(const char *program, unsigned long seconds, uint64_t seed) {
    time_t end_at = time(NULL) + (time_t)seconds;
    unsigned long runs = 0;
    char path[64];
    uint8_t *bytes;

    random_state = seed * 2 + 1;
    snprintf(path, sizeof(path), "fuzz-%llu.input", (unsigned long long)seed);
    printf("fuzz: seed %llu; an input that fails stays in %s, for: %s %s\n", (unsigned long long)seed, path, program,
           path);
    fflush(stdout);
    bytes = map_file(path);
    for (; time(NULL) < end_at; runs++) {
        LLVMFuzzerTestOneInput(bytes, make_input(bytes));
    }
    unlink(path);
    printf("fuzz: %lu inputs in %lu s\n", runs, seconds);
}

int main(int count, char **arguments) {
    char *rest = NULL;
    unsigned long seconds = count > 1 ? strtoul(arguments[1], &rest, 10) : 0;

    if (count < 2) {
        run_cases();
    } else if (*rest) {
        for (int i = 1; i < count; i++) {
            replay(arguments[i]);
        }
    } else {
        run_new(arguments[0], seconds, count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL));
    }
    return 0;
}
