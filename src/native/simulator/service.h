/* The simulated service: one state behind one lock. Each request takes plain values and gives
 * plain values; connections are referred to by handle. */
#ifndef WINRAS_SIMULATOR_SERVICE_H
#define WINRAS_SIMULATOR_SERVICE_H

#include <stddef.h>

#include <windows.h>

#include <ras.h>

#include "control.h"

#define SIM_FUNCTIONS(X)    \
    X(RasEnumConnections)   \
    X(RasGetConnectStatus)  \
    X(RasHangUp)            \
    X(RasGetSubEntryHandle) \
    X(RasGetErrorString)    \
    X(RasConnectionNotification)

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
    X(QUIRK_CORRELATION_CHANGES, "correlation-changes") \
    X(QUIRK_WINVER_0600, "winver-0x0600")               \
    X(QUIRK_WINVER_0501, "winver-0x0501")               \
    X(QUIRK_WINVER_0500, "winver-0x0500")               \
    X(QUIRK_WINVER_0401, "winver-0x0401")               \
    X(QUIRK_WINVER_0400, "winver-0x0400")

#define SIM_FUNCTION(name) FUNCTION_##name,
enum sim_function { SIM_FUNCTIONS(SIM_FUNCTION) FUNCTION_COUNT };
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

void clock_begin(double factor, BOOL automatic);
void clock_end(void);
int64_t clock_now(void);
/* Lets that much time pass for a call; without the lock. */
void clock_pass(int64_t duration);
/* An event of that handle was set: who waits for it is woken. */
void clock_event_set(HANDLE event);
void clock_reschedule(void);

#endif
