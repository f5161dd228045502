/* The simulated service: one state behind one lock. Each request takes plain values and gives
 * plain values; connections are referred to by handle. */
#ifndef WINRAS_SIMULATOR_SERVICE_H
#define WINRAS_SIMULATOR_SERVICE_H

#include <stddef.h>

#include <windows.h>

#include "rasapi.h"

#include "control.h"

/* What Windows may do where nothing documents it, and what older Windows did. The first is not
 * the default because the documentation speaks against it; of hanging up twice nothing is
 * documented, nor whether a registration outlives its first signal, whether a signal may come before
 * the change can be seen, nor whether each change has a signal of its own, nor whether a correlation id is there from
 * the start. The five last are in the order of the sizes of RASCONNW, newest first. */
#define SIM_QUIRKS(X)                                   \
    X(QUIRK_ENUMERATES_DIALLING, "enumerates-dialling") \
    X(QUIRK_HANDLE_REUSE, "handle-reuse")               \
    X(QUIRK_SECOND_HANG_UP_668, "second-hang-up-668")   \
    X(QUIRK_NOTIFY_ONCE, "notify-once")                 \
    X(QUIRK_NOTIFY_LATE, "notify-late")                 \
    X(QUIRK_NOTIFY_LOST, "notify-lost")                 \
    X(QUIRK_NOTIFY_COALESCED, "notify-coalesced")       \
    X(QUIRK_BANDWIDTH_ON_ALL, "bandwidth-on-all")       \
    X(QUIRK_DIAL_FAILS_AT_ONCE, "dial-fails-at-once")   \
    X(QUIRK_DIAL_TOLD_FIRST, "dial-told-first")         \
    X(QUIRK_DIAL_UNTOLD, "dial-untold")                 \
    X(QUIRK_CORRELATION_CHANGES, "correlation-changes") \
    X(QUIRK_WINVER_0600, "winver-0x0600")               \
    X(QUIRK_WINVER_0501, "winver-0x0501")               \
    X(QUIRK_WINVER_0500, "winver-0x0500")               \
    X(QUIRK_WINVER_0401, "winver-0x0401")               \
    X(QUIRK_WINVER_0400, "winver-0x0400")

/* The functions whose calls are counted and logged and can be made to fail: all that answer. */
#define SIM_FUNCTION_DWORD(name) FUNCTION_##name,
#define SIM_FUNCTION_void(name)
#define SIM_FUNCTION(result, name, form, parameters) SIM_FUNCTION_##result(name)
enum sim_function { RASAPI_FUNCTIONS(SIM_FUNCTION, RASAPI_NOTHING) FUNCTION_COUNT };
#undef SIM_FUNCTION_DWORD
#undef SIM_FUNCTION_void
#undef SIM_FUNCTION

#define SIM_QUIRK(id, name) id,
enum sim_quirk { SIM_QUIRKS(SIM_QUIRK) QUIRK_COUNT };
#undef SIM_QUIRK

typedef struct {
    uint64_t handle;
    uint64_t luid;
    uint32_t sub_entry;
    uint32_t flags;
    RASCONNSTATE state;
    RASCONNSUBSTATE substate;
    uint32_t error;
    uint8_t correlation_id[16];
    sim_entry entry; /* its name as RAS gives it */
} service_connection;

typedef struct {
    sim_call call;
    uint32_t simulator; /* the number of the one that it was made to */
} service_call;

/* A call begins: counted, and delayed if it is to take time; what this answers, if not 0, is the
 * call's answer. service_leave gives the answer back, once it is written down. */
DWORD service_enter(service_call *call, enum sim_function function, uint64_t handle, uint32_t number);
DWORD service_leave(const service_call *call, DWORD result);
BOOL service_quirk(enum sim_quirk quirk);
/* Whether it is a Windows that knows older structures only. */
BOOL service_old_windows(void);

/* The caller frees *connections. */
DWORD service_list(service_connection **connections, DWORD *count);
/* Another connection comes up, if sim_grow has asked for it. */
void service_grow(void);
DWORD service_status(uint64_t handle, service_connection *connection);
DWORD service_hang_up(uint64_t handle);
DWORD service_sub_entry(uint64_t handle, DWORD number, uint64_t *sub_handle);
/* All connections: SERVICE_ALL. */
#define SERVICE_ALL UINT64_MAX
DWORD service_register(uint64_t handle, HANDLE event, DWORD flags);

/* What RasDial is given; each text is empty where it is not. */
typedef struct {
    uint64_t handle; /* of what it paused, to go on with */
    char16_t name[257];
    char16_t phonebook[260];
    char16_t phone_number[129];
    char16_t user[257];
    char16_t password[257];
    char16_t domain[16];
    BOOL eap; /* with the identity of RasGetEapUserIdentity */
    BOOL pauses;
    BOOL sets_callback; /* it has asked to be paused for its callback number */
    uint32_t sub_entry;
} service_dialling;

#define SERVICE_WINDOW 0xFFFFFFFF
typedef struct {
    DWORD type;      /* of RasDialFunc, 0, to RasDialFunc2, or SERVICE_WINDOW */
    LPVOID function; /* or the window; NULL: none */
    ULONG_PTR id;
} service_notifier;

/* *stored, once it is not NULL, is to be hung up, whatever this answers. */
DWORD service_dial(const service_dialling *dialling, const service_notifier *notifier, HRASCONN *stored);
/* What the entry's EAP identity is; 780 if it needs none. */
DWORD service_eap_user(const char16_t *name, const char16_t *phonebook, char16_t user[257]);

typedef struct {
    uint64_t sent;
    uint64_t received;
    uint64_t frames_sent;
    uint64_t frames_received;
    int64_t duration;
    uint64_t bps;
} service_traffic;

/* Number 0: of the whole connection. */
DWORD service_get_traffic(uint64_t handle, uint32_t number, service_traffic *traffic);
DWORD service_clear_traffic(uint64_t handle, uint32_t number);
/* The entry that is projected, once it is; else 730. */
DWORD service_projection(uint64_t handle, sim_entry *entry, BOOL *multilink, BOOL *bundled);

/* As much of a projection as the client's structure has: sizes are those that its dwSize may be, newest
 * first and 0 last. */
DWORD service_give_projection(void *projected, const DWORD *sizes, void *buffer, LPDWORD bytes);

/* A structure as one kind of client knows it: the sizes that its dwSize may have, newest first, and
 * what writes that many bytes of it. RAS has a W form, and the drop-in an A form too. */
typedef struct {
    const DWORD *sizes;
    size_t count;
    void (*fill)(void *buffer, const service_connection *connection, DWORD size);
} service_form;

DWORD service_enumerate(const service_form *form, void *buffer, LPDWORD bytes, LPDWORD written);
DWORD service_get_status(const service_form *form, HRASCONN handle, void *buffer);
void service_fill_endpoint(RASTUNNELENDPOINT *native, const sim_endpoint *endpoint);

/* For the clock, clock.c; all of these with the lock held. */
void service_lock(void);
void service_unlock(void);
uint32_t service_running(void);
void service_settle(int64_t now);
static inline int64_t service_later(int64_t moment, int64_t duration) {
    return duration >= SIM_NEVER - moment ? SIM_NEVER : moment + duration;
}
/* Counts what a client could see to change. */
uint64_t service_changes(void);
/* When service_settle will have something to do. */
int64_t service_next_due(void);
/* Set when a wait parks or leaves. */
HANDLE service_changed(void);

/* Notifiers of RasDial, notifier.c; all with the lock held. Each is known by its number, never 0. */
DWORD notifier_begin(const service_notifier *given, uint64_t handle, uint32_t *number);
/* FALSE: nobody is told. */
BOOL notifier_tell(uint32_t number, RASCONNSTATE state, DWORD error, DWORD sub_entry);
/* Nothing more is told. */
void notifier_end(uint32_t number);
BOOL notifier_calling(uint32_t number);
/* Whether it has something to tell, or is telling it. */
BOOL notifier_has_notices(uint32_t number);
/* Whether nobody has been told anything yet. */
BOOL notifier_untold(uint32_t number);
/* Whether this is the thread of one, in its call. */
BOOL notifier_is_here(void);
/* Whether any has something to tell, or is telling it. */
BOOL notifier_busy(void);
/* Ends all; unlocks meanwhile. */
void notifier_finish_all(void);
/* A notice of that connection's notifier has been told: its dialling goes on. */
void service_noticed(uint64_t handle, uint32_t notifier);

/* Whether this is the thread that made a clock that stands still, and so moves it by waiting. */
BOOL clock_stands_here(void);
/* How many milliseconds of real time there are until then, at most so many. */
DWORD clock_time_to(int64_t moment, DWORD most);
void clock_begin(double factor, BOOL automatic);
void clock_end(void);
int64_t clock_now(void);
/* The table's, which take the lock. */
int64_t clock_locked_now(void);
int64_t clock_wall(void);
DWORD clock_wait(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired);
void clock_wake(rasapi_waiter *waiter, HANDLE event);
void clock_leave(rasapi_waiter *waiter);
/* Lets that much time pass for a call, or less, if that has ended before; without the lock. */
void clock_pass(int64_t duration, BOOL (*has_ended)(uint64_t handle), uint64_t handle);
/* An event of that handle was set: who waits for it is woken. */
void clock_event_set(HANDLE event);
void clock_reschedule(void);

#endif
