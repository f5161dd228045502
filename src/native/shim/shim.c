#include "shim.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <ras.h>
#include <raserror.h>

#include "layouts.h"
#include "operation.h"

/* An enumeration that is still too small after so many tries answers 603. */
#define MOST_GROWTHS 32
#define SPARE_CONNECTIONS 4
#define MOST_ENUMERATED_BYTES (1u << 26)

#define LONGEST_INTERVAL 250000
/* Where a signal is to come first, and nobody has asked for the end. */
#define LONGEST_SIGNALLED_INTERVAL 5000000
/* Between two registrations of what should be registered already, and of what RAS has refused. */
#define HEAL_AFTER 60000000
#define TRY_AGAIN_AFTER 5000000
#define EVENTS_OF_A_KIND 16
#define MOST_WATCHED_LINKS 32

#define INVALID_ARGUMENT 0x80070057 /* E_INVALIDARG */

static_assert((int)RASCS_Connected == 0x2000, "RASCS_Connected");
static_assert(sizeof(WCHAR) == sizeof(char16_t), "text is copied as it is");

/* ---- services ---- */

uint32_t winras_active_service(void) { return rasapi_simulator_running(); }

uint32_t shim_find_api(uint32_t service, const rasapi **api) {
    DWORD error = 0;

    if (service != rasapi_simulator_running()) {
        return WINRAS_OTHER_SERVICE;
    }
    *api = service ? rasapi_simulator() : rasapi_windows(&error);
    return *api ? ERROR_SUCCESS : error;
}

/* What RAS answers while its simulator ends is no answer of RAS. Some pages have E_INVALIDARG among
 * Win32 errors. */
uint32_t shim_answer_of(uint32_t service, uint32_t code) {
    BOOL from_ras = code != ERROR_SUCCESS && (code < WINRAS_PENDING || code > INT32_MAX);

    if (from_ras && service != rasapi_simulator_running()) {
        return WINRAS_OTHER_SERVICE;
    }
    return code == INVALID_ARGUMENT ? (uint32_t)ERROR_INVALID_PARAMETER : code;
}

int64_t winras_wall(uint32_t service) {
    const rasapi *api = NULL;

    return shim_find_api(service, &api) ? -1 : api->wall();
}

HRASCONN shim_native_handle(uint64_t handle) { return (HRASCONN)(uintptr_t)handle; }

static uint64_t flat_handle(HRASCONN handle) { return (uint64_t)(uintptr_t)handle; }

/* ---- enumerate ---- */

typedef struct {
    BYTE *bytes;
    DWORD room;
} enumeration_buffer;

/* Kept from call to call, so that the usual enumeration is one RAS call. Whoever finds it taken
 * works with a buffer of its own. */
static struct {
    SRWLOCK lock;
    enumeration_buffer buffer;
} kept = {SRWLOCK_INIT, {NULL, 0}};

static enumeration_buffer take_buffer(void) {
    enumeration_buffer buffer;

    AcquireSRWLockExclusive(&kept.lock);
    buffer = kept.buffer;
    kept.buffer.bytes = NULL;
    kept.buffer.room = 0;
    ReleaseSRWLockExclusive(&kept.lock);
    return buffer;
}

static void keep_buffer(enumeration_buffer buffer) {
    BYTE *unwanted = buffer.bytes;

    AcquireSRWLockExclusive(&kept.lock);
    if (buffer.room > kept.buffer.room) {
        unwanted = kept.buffer.bytes;
        kept.buffer = buffer;
    }
    ReleaseSRWLockExclusive(&kept.lock);
    free(unwanted);
}

void winras_forget_room(void) { free(take_buffer().bytes); }

static uint32_t grow(enumeration_buffer *buffer, DWORD needed) {
    DWORD room = buffer->room > needed ? buffer->room : needed;
    BYTE *bytes;

    if (room > MOST_ENUMERATED_BYTES) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    room += SPARE_CONNECTIONS * (DWORD)sizeof(RASCONNW);
    bytes = realloc(buffer->bytes, room);
    if (!bytes) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return ERROR_SUCCESS;
}

/* The size probe, then the call, again for as long as the list has grown in between. */
static uint32_t fill_buffer(const rasapi *api, DWORD size, enumeration_buffer *buffer, DWORD *count) {
    uint32_t code = ERROR_BUFFER_TOO_SMALL;

    for (int tries = 0; tries < MOST_GROWTHS && code == ERROR_BUFFER_TOO_SMALL; tries++) {
        DWORD bytes = buffer->room;

        *count = 0;
        if (buffer->bytes) {
            memset(buffer->bytes, 0, buffer->room);
            memcpy(buffer->bytes, &size, sizeof(size));
        }
        code = api->RasEnumConnectionsW((LPRASCONNW)(void *)buffer->bytes, &bytes, count);
        if (code == ERROR_BUFFER_TOO_SMALL && grow(buffer, bytes)) {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    return code;
}

int64_t winras_now(uint32_t service) {
    const rasapi *api = NULL;

    return shim_find_api(service, &api) ? -1 : api->now();
}

static void flatten_connection(winras_connection *flat, const BYTE *bytes, size_t size) {
    RASCONNW native;

    memset(&native, 0, sizeof(native));
    memcpy(&native, bytes, size < sizeof(native) ? size : sizeof(native));
    memset(flat, 0, sizeof(*flat));
    flat->handle = flat_handle(native.hrasconn);
    flat->luid = (uint64_t)(uint32_t)native.luid.HighPart << 32 | native.luid.LowPart;
    flat->sub_entry = native.dwSubEntry;
    flat->flags = native.dwFlags;
    memcpy(flat->entry_id, &native.guidEntry, sizeof(flat->entry_id));
    memcpy(flat->correlation_id, &native.guidCorrelationId, sizeof(flat->correlation_id));
    WINRAS_COPY_TEXT(flat->name, native.szEntryName);
    WINRAS_COPY_TEXT(flat->device_type, native.szDeviceType);
    WINRAS_COPY_TEXT(flat->device_name, native.szDeviceName);
    /* The oldest structure ends in two bytes of padding where newer ones have the phone book. */
    if (size >= offsetof(RASCONNW, dwSubEntry)) {
        WINRAS_COPY_TEXT(flat->phonebook, native.szPhonebook);
    }
}

uint32_t shim_enumerate(const rasapi *api, winras_connection **connections, uint32_t *count) {
    static const DWORD sizes[] = WINRAS_RASCONN_SIZES;
    enumeration_buffer buffer;
    winras_connection *flat = NULL;
    DWORD found = 0, size = 0;
    uint32_t code = ERROR_INVALID_SIZE;

    *connections = NULL;
    *count = 0;
    if (!api->RasEnumConnectionsW) {
        return ERROR_PROC_NOT_FOUND;
    }
    buffer = take_buffer();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && code == ERROR_INVALID_SIZE; i++) {
        size = sizes[i];
        code = fill_buffer(api, size, &buffer, &found);
    }
    if (code || found == 0) {
        goto done;
    }
    /* No answer makes the shim read past its buffer. */
    if (!buffer.bytes || found > buffer.room / size) {
        code = ERROR_INVALID_SIZE;
        goto done;
    }
    flat = calloc(found, sizeof(*flat));
    if (!flat) {
        code = ERROR_NOT_ENOUGH_MEMORY;
        goto done;
    }
    for (DWORD i = 0; i < found; i++) {
        flatten_connection(&flat[i], buffer.bytes + (size_t)i * size, size);
    }
    *connections = flat;
    *count = found;
done:
    keep_buffer(buffer);
    return code;
}

uint32_t winras_enumerate(uint32_t service, winras_connection **connections, uint32_t *count) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);

    return code ? code : shim_answer_of(service, shim_enumerate(api, connections, count));
}

void winras_free(winras_connection *connections) { free(connections); }

/* ---- status, links, messages ---- */

static void flatten_endpoint(winras_endpoint *flat, const RASTUNNELENDPOINT *native) {
    flat->type = native->dwType;
    memcpy(flat->address, &native->ipv6, sizeof(flat->address));
}

uint32_t shim_get_status(const rasapi *api, uint64_t handle, winras_status *status) {
    static const DWORD sizes[] = WINRAS_STATUS_SIZES;
    RASCONNSTATUSW native;
    uint32_t code = ERROR_INVALID_SIZE;

    memset(status, 0, sizeof(*status));
    if (!api->RasGetConnectStatusW) {
        return ERROR_PROC_NOT_FOUND;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && code == ERROR_INVALID_SIZE; i++) {
        memset(&native, 0, sizeof(native));
        native.dwSize = sizes[i];
        code = api->RasGetConnectStatusW(shim_native_handle(handle), &native);
    }
    if (code) {
        return code;
    }
    status->state = (uint32_t)native.rasconnstate;
    status->substate = (uint32_t)native.rasconnsubstate;
    status->error = native.dwError;
    flatten_endpoint(&status->local, &native.localEndPoint);
    flatten_endpoint(&status->remote, &native.remoteEndPoint);
    WINRAS_COPY_TEXT(status->device_type, native.szDeviceType);
    WINRAS_COPY_TEXT(status->device_name, native.szDeviceName);
    WINRAS_COPY_TEXT(status->phone_number, native.szPhoneNumber);
    return ERROR_SUCCESS;
}

uint32_t winras_get_status(uint32_t service, uint64_t handle, winras_status *status) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);

    return code ? code : shim_answer_of(service, shim_get_status(api, handle, status));
}

static uint32_t get_sub_entry(const rasapi *api, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle) {
    HRASCONN native = NULL;
    uint32_t code;

    if (!api->RasGetSubEntryHandleW) {
        return ERROR_PROC_NOT_FOUND;
    }
    code = api->RasGetSubEntryHandleW(shim_native_handle(handle), sub_entry, &native);
    *sub_handle = flat_handle(native);
    return code;
}

uint32_t winras_get_sub_entry(uint32_t service, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);

    *sub_handle = 0;
    return code ? code : shim_answer_of(service, get_sub_entry(api, handle, sub_entry, sub_handle));
}

uint32_t winras_get_error_string(uint32_t service, uint32_t code, char16_t *text, uint32_t room) {
    const rasapi *api = NULL;
    uint32_t answer = shim_find_api(service, &api);

    memset(text, 0, room * sizeof(*text));
    if (answer) {
        return answer;
    }
    answer = api->RasGetErrorStringW ? api->RasGetErrorStringW(code, (LPWSTR)text, room) : ERROR_PROC_NOT_FOUND;
    if ((answer || text[0] == 0) && api->system_message && !winras_is_ras_error(code)) {
        memset(text, 0, room * sizeof(*text));
        answer = api->system_message(code, (LPWSTR)text, room) ? ERROR_SUCCESS : answer;
    }
    text[room - 1] = 0;
    return answer;
}

/* ---- identity ---- */

/* A connection that has ended: 6 is documented, 668 is what RasHangUp is seen to answer. */
int shim_means_gone(uint32_t code) { return code == ERROR_INVALID_HANDLE || code == ERROR_NO_CONNECTION; }

/* Windows leaves either id zero at times; only two that are set and differ tell two connections
 * apart. */
static int ids_agree(const uint8_t a[16], const uint8_t b[16]) {
    static const uint8_t none[16] = {0};

    return memcmp(a, b, 16) == 0 || memcmp(a, none, 16) == 0 || memcmp(b, none, 16) == 0;
}

static int same_target(const winras_target *a, const winras_target *b) {
    return a->handle == b->handle && a->parent == b->parent && a->sub_entry == b->sub_entry &&
           ids_agree(a->entry_id, b->entry_id) && ids_agree(a->correlation_id, b->correlation_id);
}

enum presence { ABSENT, PRESENT, REPLACED };

/* What an enumeration says of the target: not listed, listed, or its handle is another's now. */
static enum presence find_presence(const winras_connection *connections, uint32_t count, const winras_target *target) {
    for (uint32_t i = 0; i < count; i++) {
        if (connections[i].handle == target->handle) {
            return ids_agree(connections[i].entry_id, target->entry_id) &&
                           ids_agree(connections[i].correlation_id, target->correlation_id)
                       ? PRESENT
                       : REPLACED;
        }
    }
    return ABSENT;
}

static uint32_t find_target(const rasapi *api, const winras_target *target, enum presence *presence) {
    winras_connection *connections = NULL;
    uint32_t count = 0, code = shim_enumerate(api, &connections, &count);

    *presence = find_presence(connections, count, target);
    free(connections);
    return code;
}

/* ---- notification hub ---- */

/* RAS has no call that ends a registration, and what closing a registered event does is not
 * documented. So there is one registration for each kind in the process, made at first use and
 * kept; whoever waits waits for their events too, and whoever gets a signal tells all others.
 *
 * Where one is made anew, the old one may still be good, and each change be signalled by both. So
 * each has an event of its own, and only the last one's is waited for; after so many, the first
 * event serves again. */

struct watched_links {
    winras_target target; /* its handle is 0 when the place is free; the event stays */
    HANDLE event;
    uint64_t signals;
};

struct hub {
    uint32_t service;
    HANDLE events[KINDS]; /* of the last registrations */
    HANDLE pool[KINDS][EVENTS_OF_A_KIND];
    uint32_t taken[KINDS];
    BOOL registered[KINDS];
    BOOL links_lost;
    uint64_t registration;
    BOOL tried;
    int64_t try_again;
    uint64_t signals[KINDS];
    uint64_t all_signals;
    struct watched_links links[MOST_WATCHED_LINKS];
};

static struct {
    SRWLOCK lock;        /* of all that is here */
    SRWLOCK registering; /* held while RAS is called to register; taken before the other */
    struct hub windows;
    struct hub simulated; /* of the simulator that runs, or ran last */
    struct hub ended;     /* of all before: nothing is ever registered there */
    winras_operation *operations;
} hubs = {.lock = SRWLOCK_INIT, .registering = SRWLOCK_INIT};

static void lock_hubs(void) { AcquireSRWLockExclusive(&hubs.lock); }

static void unlock_hubs(void) { ReleaseSRWLockExclusive(&hubs.lock); }

/* An ended simulator has forgotten its registrations; its events serve the next one. */
static struct hub *find_hub(uint32_t service) {
    static const winras_target none = {0};
    struct hub *hub = service ? &hubs.simulated : &hubs.windows;

    if (hub->service != service && service != rasapi_simulator_running()) {
        return &hubs.ended;
    }
    if (hub->service != service) {
        hub->service = service;
        hub->tried = FALSE;
        hub->links_lost = FALSE;
        for (int kind = 0; kind < KINDS; kind++) {
            hub->registered[kind] = FALSE;
            hub->events[kind] = NULL;
        }
        for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
            hub->links[i].target = none;
            ResetEvent(hub->links[i].event);
        }
    }
    return hub;
}

/* An event for RAS to signal: made at first use, under the lock, and never closed. */
static HANDLE make_event(HANDLE *event) {
    if (!*event) {
        *event = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    return *event;
}

/* The event of the next registration. */
static HANDLE next_event(struct hub *hub, int kind) {
    HANDLE event = make_event(&hub->pool[kind][hub->taken[kind]++ % EVENTS_OF_A_KIND]);

    ResetEvent(event);
    return event;
}

static BOOL register_event(const rasapi *api, HRASCONN handle, HANDLE event, DWORD flags) {
    return event && api->RasConnectionNotificationW &&
           api->RasConnectionNotificationW(handle, event, flags) == ERROR_SUCCESS;
}

static void register_links(const rasapi *api, const struct watched_links *links) {
    register_event(api, shim_native_handle(links->target.handle), links->event,
                   RASCN_BandwidthAdded | RASCN_BandwidthRemoved);
}

/* There may be something to see for all that wait. */
static void wake_all(struct hub *hub) {
    hub->all_signals++;
    for (winras_operation *other = hubs.operations; other; other = other->next) {
        if (other->service == hub->service) {
            other->api->wake(&other->waiter, other->wake);
        }
    }
}

/* What is not registered yet, or, to heal, everything; neither sooner after a failure, or a healing,
 * than is said above. Whoever needs it waits for it; RAS is not called under the other lock, so that
 * waits go on. */
static void register_hub(const rasapi *api, uint32_t service, BOOL heal) {
    static const DWORD flags[KINDS] = {RASCN_Connection, RASCN_Disconnection};
    struct hub *hub;
    struct watched_links links[MOST_WATCHED_LINKS];
    BOOL wanted[KINDS], wanted_links, failed = FALSE, due = FALSE, replaced = FALSE;
    HANDLE events[KINDS];
    int64_t now = api->now();

    AcquireSRWLockExclusive(&hubs.registering);
    lock_hubs();
    hub = find_hub(service);
    for (int kind = 0; kind < KINDS; kind++) {
        wanted[kind] = (heal || !hub->registered[kind]) && (!hub->tried || now >= hub->try_again);
        due = due || wanted[kind];
        events[kind] = wanted[kind] ? next_event(hub, kind) : NULL;
    }
    wanted_links = (heal && due) || hub->links_lost;
    hub->links_lost = FALSE;
    memcpy(links, hub->links, sizeof(links));
    unlock_hubs();

    for (int kind = 0; kind < KINDS; kind++) {
        BOOL registered =
            wanted[kind] && register_event(api, (HRASCONN)INVALID_HANDLE_VALUE, events[kind], flags[kind]);

        failed = failed || (wanted[kind] && !registered);
        lock_hubs();
        if (registered && hub->service == service) {
            replaced = replaced || hub->events[kind];
            hub->events[kind] = events[kind];
            hub->registered[kind] = TRUE;
        }
        hub->registration += registered;
        unlock_hubs();
    }
    for (size_t i = 0; wanted_links && i < MOST_WATCHED_LINKS; i++) {
        if (links[i].target.handle) {
            register_links(api, &links[i]);
        }
    }
    lock_hubs();
    if (due && (heal || failed)) {
        hub->tried = TRUE;
        hub->try_again = now + (failed ? TRY_AGAIN_AFTER : HEAL_AFTER);
    }
    if (replaced) {
        wake_all(hub); /* in case the old event was signalled last */
    }
    unlock_hubs();
    ReleaseSRWLockExclusive(&hubs.registering);
}

static struct watched_links *find_links(struct hub *hub, const winras_target *target) {
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (hub->links[i].target.handle == target->handle && same_target(&hub->links[i].target, target)) {
            return &hub->links[i];
        }
    }
    return NULL;
}

/* A place of its own for the target, if it has none and one is free. */
static struct watched_links take_place(uint32_t service, const winras_target *target, BOOL *is_full) {
    struct watched_links taken = {.event = NULL};
    struct hub *hub;

    lock_hubs();
    hub = find_hub(service);
    *is_full = !find_links(hub, target);
    for (size_t i = 0; i < MOST_WATCHED_LINKS && !find_links(hub, target); i++) {
        if (!hub->links[i].target.handle && make_event(&hub->links[i].event)) {
            hub->links[i].target = *target;
            taken = hub->links[i];
            *is_full = FALSE;
        }
    }
    unlock_hubs();
    return taken;
}

/* Gives back the places of connections that ended while no watch was there to see it. */
static void free_places(const rasapi *api, uint32_t service) {
    static const winras_target none = {0};
    winras_connection *connections = NULL;
    uint32_t count = 0;
    struct hub *hub;

    if (shim_enumerate(api, &connections, &count)) {
        return;
    }
    lock_hubs();
    hub = find_hub(service);
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (find_presence(connections, count, &hub->links[i].target) != PRESENT) {
            hub->links[i].target = none;
        }
    }
    unlock_hubs();
    free(connections);
}

void winras_watch_links(uint32_t service, const winras_target *target) {
    const rasapi *api = NULL;
    struct watched_links taken;
    BOOL is_full = FALSE;

    if (shim_find_api(service, &api)) {
        return;
    }
    AcquireSRWLockExclusive(&hubs.registering);
    taken = take_place(service, target, &is_full);
    if (is_full) {
        ReleaseSRWLockExclusive(&hubs.registering);
        free_places(api, service);
        AcquireSRWLockExclusive(&hubs.registering);
        taken = take_place(service, target, &is_full);
    }
    /* Where there is no place, or no registration, the periodic check looks at the links. */
    if (taken.event) {
        register_links(api, &taken);
    }
    ReleaseSRWLockExclusive(&hubs.registering);
}

uint64_t winras_link_signals(uint32_t service, const winras_target *target) {
    const struct watched_links *links;
    uint64_t signals = 0;

    lock_hubs();
    links = find_links(find_hub(service), target);
    if (links) {
        signals = links->signals;
    }
    unlock_hubs();
    return signals;
}

void winras_forget_links(uint32_t service, const winras_target *target) {
    static const winras_target none = {0};
    struct watched_links *links;

    AcquireSRWLockExclusive(&hubs.registering);
    lock_hubs();
    links = find_links(find_hub(service), target);
    if (links) {
        links->target = none;
    }
    unlock_hubs();
    ReleaseSRWLockExclusive(&hubs.registering);
}

void winras_heal(uint32_t service) {
    const rasapi *api = NULL;

    if (!shim_find_api(service, &api)) {
        register_hub(api, service, TRUE);
    }
}

void winras_lost(uint32_t service, uint64_t registration) {
    struct hub *hub;

    lock_hubs();
    hub = find_hub(service);
    hub->tried = FALSE;
    if (hub->registration == registration) {
        hub->registration++;
        hub->links_lost = TRUE;
        memset(hub->registered, 0, sizeof(hub->registered));
    }
    unlock_hubs();
}

uint64_t winras_registration(uint32_t service) {
    uint64_t registration;

    lock_hubs();
    registration = find_hub(service)->registration;
    unlock_hubs();
    return registration;
}

void winras_register(uint32_t service) {
    const rasapi *api = NULL;

    if (!shim_find_api(service, &api)) {
        register_hub(api, service, FALSE);
    }
}

/* ---- unfinished hang-ups ---- */

/* A program that ends right after RasHangUp can leave the port in an inconsistent state
 * (RasHangUp's page), so each hang-up stays listed until its end has been seen. */
struct unfinished {
    uint32_t service;
    winras_target target;
    int64_t issued;
    struct unfinished *next;
};

static struct {
    SRWLOCK lock; /* also of every operation's cancelled */
    struct unfinished *first;
} unfinished = {SRWLOCK_INIT, NULL};

static void lock_unfinished(void) { AcquireSRWLockExclusive(&unfinished.lock); }

static void unlock_unfinished(void) { ReleaseSRWLockExclusive(&unfinished.lock); }

/* Where the entry is linked, or where a new one would be. */
static struct unfinished **find_unfinished(uint32_t service, const winras_target *target) {
    struct unfinished **link = &unfinished.first;

    while (*link && !((*link)->service == service && same_target(&(*link)->target, target))) {
        link = &(*link)->next;
    }
    return link;
}

static int is_unfinished(uint32_t service, const winras_target *target) {
    int found;

    lock_unfinished();
    found = *find_unfinished(service, target) != NULL;
    unlock_unfinished();
    return found;
}

static uint32_t list_unfinished(uint32_t service, const winras_target *target, int64_t issued, int *is_new) {
    struct unfinished **link, *entry;
    uint32_t code = ERROR_SUCCESS;

    lock_unfinished();
    link = find_unfinished(service, target);
    *is_new = *link == NULL;
    if (!*link) {
        entry = calloc(1, sizeof(*entry));
        if (entry) {
            entry->service = service;
            entry->target = *target;
            *link = entry;
        } else {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    if (*link) {
        (*link)->issued = issued;
    }
    unlock_unfinished();
    return code;
}

static void unlink_unfinished(struct unfinished **link) {
    struct unfinished *entry = *link;

    *link = entry->next;
    free(entry);
}

void shim_forget_unfinished(uint32_t service, const winras_target *target) {
    struct unfinished **link;

    lock_unfinished();
    link = find_unfinished(service, target);
    if (*link) {
        unlink_unfinished(link);
    }
    unlock_unfinished();
}

/* A simulator that has ended took its connections with it. */
static void forget_ended_services(void) {
    struct unfinished **link = &unfinished.first;

    while (*link) {
        if ((*link)->service && (*link)->service != rasapi_simulator_running()) {
            unlink_unfinished(link);
        } else {
            link = &(*link)->next;
        }
    }
}

uint32_t winras_unfinished(uint32_t service) {
    uint32_t count = 0;

    lock_unfinished();
    forget_ended_services();
    for (const struct unfinished *entry = unfinished.first; entry; entry = entry->next) {
        count += entry->service == service;
    }
    unlock_unfinished();
    return count;
}

/* ---- the waiting operation ---- */

int64_t shim_later(int64_t now, int64_t duration) {
    return duration < 0 || duration > SHIM_NO_DEADLINE - now ? SHIM_NO_DEADLINE : now + duration;
}

/* When a connection that was hung up once is held by others, if it still is there. */
static int64_t still_held_at(const winras_operation *operation) {
    BOOL asked = operation->issued && !operation->all_references;
    int64_t moment = asked ? operation->issued_at + SHIM_PORT_CLOSES : SHIM_NO_DEADLINE;

    return moment > operation->api->now() ? moment : SHIM_NO_DEADLINE;
}

/* ---- the hub's events in a wait ---- */

static DWORD hub_events(struct hub *hub, HANDLE *events) {
    DWORD count = 0;

    for (int kind = 0; kind < KINDS; kind++) {
        if (hub->registered[kind]) {
            events[count++] = hub->events[kind];
        }
    }
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        if (hub->links[i].target.handle && hub->links[i].event) {
            events[count++] = hub->links[i].event;
        }
    }
    return count;
}

/* One event of the hub was signalled, and this thread has got it: all that wait must hear. */
static void tell(struct hub *hub, HANDLE event) {
    for (int kind = 0; kind < KINDS; kind++) {
        hub->signals[kind] += hub->events[kind] == event;
    }
    for (size_t i = 0; i < MOST_WATCHED_LINKS; i++) {
        hub->links[i].signals += hub->links[i].event == event;
    }
    wake_all(hub);
}

/* Takes the signals that are there already, so that none is older than what is read now. */
static void poll_signals(struct hub *hub) {
    HANDLE events[KINDS + MOST_WATCHED_LINKS];
    DWORD count = hub_events(hub, events);

    for (DWORD i = 0; i < count; i++) {
        if (WaitForSingleObject(events[i], 0) == WAIT_OBJECT_0) {
            tell(hub, events[i]);
        }
    }
}

/* What the operation waits for now. */
static void prepare_wait(winras_operation *operation, rasapi_wait *wait, uint32_t threads) {
    struct hub *hub;

    lock_hubs();
    hub = find_hub(operation->service);
    poll_signals(hub);
    wait->events[0] = operation->wake;
    wait->event_count = 1 + hub_events(hub, wait->events + 1);
    unlock_hubs();
    wait->service = operation->service;
    wait->threads = threads;
    wait->until = operation->next_look < operation->deadline ? operation->next_look : operation->deadline;
    wait->must = still_held_at(operation) < operation->deadline ? still_held_at(operation) : operation->deadline;
    if (wait->must < wait->until) {
        wait->must = wait->until;
    }
}

static void take_signal(winras_operation *operation, const rasapi_wait *wait, DWORD fired) {
    if (fired > 0 && fired < wait->event_count) {
        lock_hubs();
        tell(find_hub(operation->service), wait->events[fired]);
        unlock_hubs();
    }
}

/* The target's status; for a link, whose own status cannot tell its end, what its connection says
 * of it (RasHangUp's and RasGetSubEntryHandle's pages). */
static uint32_t look_at(const rasapi *api, const winras_target *target, winras_status *status) {
    uint64_t handle = 0;
    uint32_t code;

    memset(status, 0, sizeof(*status));
    if (!target->parent) {
        return shim_get_status(api, target->handle, status);
    }
    code = get_sub_entry(api, target->parent, target->sub_entry, &handle);
    if (code == ERROR_PORT_NOT_OPEN || code == ERROR_NO_MORE_ITEMS || (!code && handle != target->handle)) {
        code = ERROR_INVALID_HANDLE;
    }
    return code;
}

static const char *look_function(const winras_target *target) {
    return target->parent ? "RasGetSubEntryHandle" : "RasGetConnectStatus";
}

void shim_hang_up_once(winras_operation *operation) {
    const rasapi *api = operation->api;
    int64_t now = api->now();
    uint32_t code;
    int is_new = 0;

    operation->function = "RasHangUp";
    if (!api->RasHangUpW) {
        operation->result = ERROR_PROC_NOT_FOUND;
        return;
    }
    code = list_unfinished(operation->service, &operation->target, now, &is_new);
    if (code) {
        operation->result = code;
        return;
    }
    code = api->RasHangUpW(shim_native_handle(operation->target.handle));
    if (code == ERROR_SUCCESS) {
        /* Again, in case another thread whose RasHangUp failed has taken the entry off. */
        list_unfinished(operation->service, &operation->target, now, &is_new);
        if (!operation->issued) {
            operation->issued = 1;
            operation->issued_at = now;
        }
        return;
    }
    if (is_new || code == ERROR_INVALID_HANDLE) {
        shim_forget_unfinished(operation->service, &operation->target);
    }
    if (shim_means_gone(code)) {
        operation->result = ERROR_SUCCESS;
    } else if (code != ERROR_ALREADY_DISCONNECTING) {
        operation->result = code;
    }
}

static uint32_t look_hang_up(winras_operation *operation) {
    winras_status status;
    enum presence presence = PRESENT;
    uint32_t code;

    operation->function = look_function(&operation->target);
    code = look_at(operation->api, &operation->target, &status);
    if (shim_means_gone(code)) {
        shim_forget_unfinished(operation->service, &operation->target);
        return ERROR_SUCCESS;
    }
    /* The hang-up goes on, whatever else a look answers: only the deadline ends the wait. */
    if (code || status.state != RASCS_Connected) {
        return WINRAS_PENDING;
    }
    if (operation->target.enumerated) {
        if (find_target(operation->api, &operation->target, &presence)) {
            return WINRAS_PENDING;
        }
        if (presence == REPLACED) {
            shim_forget_unfinished(operation->service, &operation->target);
            return ERROR_SUCCESS;
        }
    }
    if (presence == PRESENT && operation->all_references) {
        shim_hang_up_once(operation);
        return operation->result;
    }
    if (presence == PRESENT && operation->issued && operation->api->now() - operation->issued_at >= SHIM_PORT_CLOSES) {
        shim_forget_unfinished(operation->service, &operation->target);
        return WINRAS_STILL_HELD;
    }
    return WINRAS_PENDING;
}

static uint32_t look_closed(winras_operation *operation) {
    winras_status status;
    enum presence presence = ABSENT;
    uint32_t code;
    BOOL gone;

    operation->function = look_function(&operation->target);
    code = look_at(operation->api, &operation->target, &status);
    gone = shim_means_gone(code);
    if (!code && status.state == RASCS_Connected && operation->target.enumerated) {
        operation->function = "RasEnumConnections";
        code = find_target(operation->api, &operation->target, &presence);
        gone = !code && presence == REPLACED;
    }
    if (gone) {
        shim_forget_unfinished(operation->service, &operation->target);
        return ERROR_SUCCESS;
    }
    return code ? code : WINRAS_PENDING;
}

static int has_ended(const rasapi *api, const struct unfinished *entry) {
    winras_status status;
    enum presence presence = ABSENT;
    uint32_t code = look_at(api, &entry->target, &status);

    if (shim_means_gone(code)) {
        return 1;
    }
    if (code || status.state != RASCS_Connected) {
        return 0;
    }
    if (api->now() - entry->issued >= SHIM_PORT_CLOSES) {
        return 1;
    }
    return entry->target.enumerated && !find_target(api, &entry->target, &presence) && presence == REPLACED;
}

/* What is listed for the service, copied, so that no RAS call is made under the lock. */
static struct unfinished *copy_unfinished(uint32_t service, size_t *count) {
    struct unfinished *copy;
    size_t room = 0;

    *count = 0;
    lock_unfinished();
    forget_ended_services();
    for (const struct unfinished *entry = unfinished.first; entry; entry = entry->next) {
        room++;
    }
    copy = calloc(room + 1, sizeof(*copy));
    for (const struct unfinished *entry = unfinished.first; copy && entry; entry = entry->next) {
        if (entry->service == service) {
            copy[(*count)++] = *entry;
        }
    }
    unlock_unfinished();
    return copy;
}

static uint32_t look_finish(winras_operation *operation) {
    size_t count = 0;
    struct unfinished *entries = copy_unfinished(operation->service, &count);

    operation->function = "RasGetConnectStatus";
    for (size_t i = 0; i < count; i++) {
        if (has_ended(operation->api, &entries[i])) {
            shim_forget_unfinished(entries[i].service, &entries[i].target);
        }
    }
    free(entries);
    return winras_unfinished(operation->service) ? WINRAS_PENDING : ERROR_SUCCESS;
}

void shim_look_and_plan(winras_operation *operation) {
    int64_t now;

    operation->result = operation->look(operation);
    now = operation->api->now();
    if (operation->result == WINRAS_PENDING && now >= operation->deadline && !operation->dial) {
        operation->result = WINRAS_TIMED_OUT;
    }
    operation->next_look = now + operation->interval;
    if (still_held_at(operation) < operation->next_look) {
        operation->next_look = still_held_at(operation);
    }
    operation->interval =
        operation->interval * 2 < operation->longest_interval ? operation->interval * 2 : operation->longest_interval;
}

uint32_t shim_begin(uint32_t service, const winras_target *target, int64_t timeout,
                    uint32_t (*look)(winras_operation *), winras_operation **begun) {
    const rasapi *api = NULL;
    uint32_t code = shim_find_api(service, &api);
    winras_operation *operation;
    int64_t now;

    *begun = NULL;
    if (code) {
        return code;
    }
    operation = calloc(1, sizeof(*operation));
    if (!operation) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    operation->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!operation->wake) {
        free(operation);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    register_hub(api, service, FALSE);
    now = api->now();
    operation->look = look;
    operation->service = service;
    operation->api = api;
    if (target) {
        operation->target = *target;
    }
    operation->deadline = shim_later(now, timeout);
    operation->interval = SHIM_FIRST_INTERVAL;
    operation->longest_interval = LONGEST_INTERVAL;
    operation->result = WINRAS_PENDING;
    lock_hubs();
    poll_signals(find_hub(service));
    memcpy(operation->seen, find_hub(service)->signals, sizeof(operation->seen));
    operation->all_seen = find_hub(service)->all_signals;
    operation->next = hubs.operations;
    hubs.operations = operation;
    unlock_hubs();
    *begun = operation;
    return ERROR_SUCCESS;
}

uint32_t winras_begin_hang_up(uint32_t service, const winras_target *target, int64_t timeout, uint32_t all_references,
                              winras_operation **begun) {
    uint32_t code = shim_begin(service, target, timeout, look_hang_up, begun);
    winras_operation *operation = *begun;
    enum presence presence = PRESENT;
    winras_status status;

    if (code) {
        return code;
    }
    operation->all_references = all_references != 0;
    if (target->enumerated) {
        operation->function = "RasEnumConnections";
        code = find_target(operation->api, target, &presence);
    } else if (target->parent) {
        operation->function = look_function(target);
        code = look_at(operation->api, target, &status);
        presence = shim_means_gone(code) ? REPLACED : PRESENT;
        code = shim_means_gone(code) ? ERROR_SUCCESS : code;
    }
    if (code) {
        operation->result = code;
    } else if (presence == PRESENT) {
        shim_hang_up_once(operation);
    } else if (presence == REPLACED || !is_unfinished(service, target)) {
        operation->result = ERROR_SUCCESS;
    }
    if (operation->result == WINRAS_PENDING) {
        shim_look_and_plan(operation);
    }
    return ERROR_SUCCESS;
}

static BOOL is_registered(uint32_t service, int kind) {
    BOOL registered;

    lock_hubs();
    registered = find_hub(service)->registered[kind];
    unlock_hubs();
    return registered;
}

uint32_t winras_begin_wait_closed(uint32_t service, const winras_target *target, int64_t timeout,
                                  winras_operation **begun) {
    uint32_t code = shim_begin(service, target, timeout, look_closed, begun);

    if (code) {
        return code;
    }
    if (!target->parent && is_registered(service, DISCONNECTIONS)) {
        (*begun)->longest_interval = LONGEST_SIGNALLED_INTERVAL;
    }
    shim_look_and_plan(*begun);
    return ERROR_SUCCESS;
}

uint32_t winras_begin_finish(uint32_t service, int64_t timeout, winras_operation **begun) {
    uint32_t code = shim_begin(service, NULL, timeout, look_finish, begun);

    if (!code) {
        shim_look_and_plan(*begun);
    }
    return code;
}

uint32_t winras_begin_watch(uint32_t service, int64_t timeout, int64_t check_every, winras_operation **begun) {
    uint32_t code = shim_begin(service, NULL, timeout, NULL, begun);

    if (!code) {
        (*begun)->check_every = check_every;
        (*begun)->function = "RasEnumConnections";
    }
    return code;
}

/* What the operation has not looked at yet. */
static void take_reasons(winras_operation *operation, winras_reasons *reasons) {
    const struct hub *hub;

    lock_hubs();
    poll_signals(find_hub(operation->service));
    hub = find_hub(operation->service);
    reasons->connection = hub->signals[CONNECTIONS] != operation->seen[CONNECTIONS];
    reasons->disconnection = hub->signals[DISCONNECTIONS] != operation->seen[DISCONNECTIONS];
    reasons->any = hub->all_signals != operation->all_seen;
    memcpy(operation->seen, hub->signals, sizeof(operation->seen));
    operation->all_seen = hub->all_signals;
    unlock_hubs();
}

void winras_look(winras_operation *operation, winras_reasons *reasons) {
    int64_t now = operation->api->now();

    take_reasons(operation, reasons);
    reasons->check = now >= operation->next_look;
    if (reasons->check) {
        operation->next_look = shim_later(now, operation->check_every);
    }
}

void winras_look_again(winras_operation *operation, int64_t after) {
    operation->next_look = shim_later(operation->api->now(), after);
}

void winras_looked(winras_operation *operation) { operation->api->leave(&operation->waiter); }

int shim_is_cancelled(winras_operation *operation) {
    int cancelled;

    lock_unfinished();
    cancelled = operation->cancelled;
    unlock_unfinished();
    return cancelled;
}

static BOOL is_signalled(winras_operation *operation) {
    const struct hub *hub;
    BOOL signalled;

    lock_hubs();
    hub = find_hub(operation->service);
    signalled = operation->check_every ? hub->all_signals != operation->all_seen
                                       : hub->signals[DISCONNECTIONS] != operation->seen[DISCONNECTIONS];
    unlock_hubs();
    return signalled;
}

/* A watch that has been woken: after its deadline it looks once more. */
static uint32_t after_watching(winras_operation *operation) {
    int64_t now = operation->api->now();
    BOOL over = now >= operation->deadline;

    if ((over || is_signalled(operation) || now >= operation->next_look) && !operation->looked_last) {
        operation->looked_last = over;
        return WINRAS_LOOK;
    }
    return over ? WINRAS_TIMED_OUT : WINRAS_PENDING;
}

/* Another that has been woken; WINRAS_PENDING: wait on. */
static uint32_t after_wait(winras_operation *operation) {
    int64_t now = operation->api->now();
    winras_reasons reasons;

    if (is_signalled(operation)) {
        /* The signal may come before the end can be seen. */
        operation->interval = SHIM_FIRST_INTERVAL;
    } else if (now < operation->next_look && now < operation->deadline) {
        return WINRAS_PENDING;
    }
    take_reasons(operation, &reasons);
    shim_look_and_plan(operation);
    return operation->result;
}

uint32_t winras_step(winras_operation *operation, uint32_t threads) {
    rasapi_wait wait;
    DWORD woken, fired = RASAPI_NO_EVENT;
    uint32_t code;

    if (operation->dial) {
        code = shim_before_dial_wait(operation);
        if (code == WINRAS_PROGRESS) {
            return code;
        }
    }
    if (operation->result != WINRAS_PENDING) {
        return shim_answer_of(operation->service, operation->result);
    }
    prepare_wait(operation, &wait, threads);
    woken = operation->api->wait(&operation->waiter, &wait, WINRAS_SLICE_MS, &fired);
    take_signal(operation, &wait, fired);
    if (operation->service != rasapi_simulator_running()) {
        operation->result = WINRAS_OTHER_SERVICE;
    } else if (shim_is_cancelled(operation)) {
        operation->result = WINRAS_CANCELLED;
    } else if (woken == WAIT_TIMEOUT) {
        return WINRAS_PENDING;
    } else if (woken != WAIT_OBJECT_0) {
        operation->result = woken == ERROR_POSSIBLE_DEADLOCK ? WINRAS_DEADLOCK : woken;
    } else {
        code = operation->dial ? shim_after_dial_wait(operation) : WINRAS_PENDING;
        if (code == WINRAS_PENDING) {
            code = operation->check_every ? after_watching(operation) : after_wait(operation);
        }
        if (code == WINRAS_LOOK || code == WINRAS_PROGRESS) {
            return code;
        }
        operation->result = code;
    }
    operation->api->leave(&operation->waiter);
    return shim_answer_of(operation->service, operation->result);
}

void winras_cancel(winras_operation *operation) {
    lock_unfinished();
    operation->cancelled = 1;
    unlock_unfinished();
    SetEvent(operation->wake);
}

void winras_end(winras_operation **ended) {
    winras_operation *operation = *ended;
    winras_operation **link = &hubs.operations;

    if (!operation) {
        return;
    }
    operation->api->leave(&operation->waiter);
    if (operation->dial) {
        shim_end_dial(operation);
    }
    lock_hubs();
    while (*link != operation) {
        link = &(*link)->next;
    }
    *link = operation->next;
    unlock_hubs();
    CloseHandle(operation->wake);
    free(operation);
    *ended = NULL;
}

uint32_t winras_operations(void) {
    uint32_t count = 0;

    lock_hubs();
    for (const winras_operation *operation = hubs.operations; operation; operation = operation->next) {
        count++;
    }
    unlock_hubs();
    return count;
}

const char *winras_function(const winras_operation *operation) { return operation->function; }
