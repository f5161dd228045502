/* The flat interface of the shim: fixed-width types, no packed structure, no Windows type. What
 * stands between the two marks is also the cdef that build_ras.py gives to cffi. Functions return
 * 0 or a Win32 or RAS error number, unless they say otherwise. */
#ifndef WINRAS_SHIM_H
#define WINRAS_SHIM_H

#include <stdint.h>
#include <uchar.h>

/* cdef begin */
enum {
    /* Answers that are no error numbers of Windows (bit 29 marks an application's own). */
    WINRAS_PENDING = 0x20000001,       /* the wait goes on: step again */
    WINRAS_STILL_HELD = 0x20000002,    /* hung up once, but others hold the connection */
    WINRAS_OTHER_SERVICE = 0x20000003, /* the service that was meant is not the active one */
    WINRAS_TIMED_OUT = 0x20000005,
    WINRAS_CANCELLED = 0x20000006,
    WINRAS_DEADLOCK = 0x20000007, /* nobody could end this wait */
    WINRAS_LOOK = 0x20000004,     /* a watch: time to enumerate */
    WINRAS_PROGRESS = 0x20000008, /* a dialling: read its progress */
    WINRAS_PAUSED = 0x20000009,   /* a dialling: Windows wants something of its user */

    WINRAS_SLICE_MS = 250, /* the longest that a step waits, in real time */
    WINRAS_TEXT = 513      /* room for a message: 512 characters are documented to do */
};

typedef struct {
    uint64_t handle;
    uint64_t luid;
    uint32_t sub_entry;
    uint32_t flags;
    uint8_t entry_id[16];
    uint8_t correlation_id[16];
    char16_t name[257];
    char16_t device_type[17];
    char16_t device_name[129];
    char16_t phonebook[260];
} winras_connection;

typedef struct {
    uint32_t type; /* RASTUNNELENDPOINT_ */
    uint8_t address[16];
} winras_endpoint;

typedef struct {
    uint32_t state;
    uint32_t substate;
    uint32_t error;
    winras_endpoint local;
    winras_endpoint remote;
    char16_t device_type[17];
    char16_t device_name[129];
    char16_t phone_number[129];
} winras_status;

/* Which connection a wait is about. With a parent it is that connection's link sub_entry; with
 * enumerated, an enumeration can confirm that the handle still is this connection. */
typedef struct {
    uint64_t handle;
    uint64_t parent;
    uint32_t sub_entry;
    uint32_t enumerated;
    uint8_t entry_id[16];
    uint8_t correlation_id[16];
} winras_target;

/* What is dialled; a text that is empty is not given. */
typedef struct {
    char16_t name[257];
    char16_t phonebook[260];
    char16_t phone_number[129];
    char16_t user[257];
    char16_t password[257];
    char16_t domain[16];
    uint32_t sub_entry;
} winras_dialling;

/* A state that a dialling has entered, or, with an error, has failed in. */
typedef struct {
    int64_t elapsed; /* since it began */
    uint32_t state;
    uint32_t error;
    uint32_t sub_entry;
} winras_progress;

/* RAS_STATS. */
typedef struct {
    uint32_t bytes_sent;
    uint32_t bytes_received;
    uint32_t frames_sent;
    uint32_t frames_received;
    uint32_t crc_errors;
    uint32_t timeout_errors;
    uint32_t alignment_errors;
    uint32_t hardware_overrun_errors;
    uint32_t framing_errors;
    uint32_t buffer_overrun_errors;
    uint32_t compression_ratio_in;
    uint32_t compression_ratio_out;
    uint32_t bits_per_second;
    uint32_t connected_ms;
} winras_statistics;

/* What a connection has been given. An error of 0 makes the addresses of that family good; an
 * address of zeros is not known. */
typedef struct {
    uint32_t ikev2; /* else PPP, which negotiates the last 64 bits of an IPv6 address only */
    uint32_t ipv4_error;
    uint32_t ipv6_error;
    uint8_t ipv4[4];
    uint8_t ipv4_server[4];
    uint8_t ipv6[16];
    uint8_t ipv6_server[16];
    uint32_t ipv6_prefix_length; /* of IKEv2 */
    uint32_t server_count;
    winras_endpoint servers[16]; /* to which an IKEv2 server can switch; the first of them */
} winras_addresses;

typedef struct {
    char16_t name[257];
    char16_t phonebook[261]; /* its full path */
    uint32_t flags;          /* REN_ */
} winras_entry_name;

/* The number of the active service: 0 for Windows' own, else that of the running simulator. Every
 * function that takes it answers WINRAS_OTHER_SERVICE, before any RAS call, if it is not active. */
uint32_t winras_active_service(void);
/* What the service's clock shows people: microseconds since 1970 in UTC, or -1 if it is not active. */
int64_t winras_wall(uint32_t service);
/* The same clock in microseconds, which never goes back; -1 if it is not active. */
int64_t winras_now(uint32_t service);

/* The caller frees *connections with winras_free. */
uint32_t winras_enumerate(uint32_t service, winras_connection **connections, uint32_t *count);
uint32_t winras_get_status(uint32_t service, uint64_t handle, winras_status *status);
uint32_t winras_get_sub_entry(uint32_t service, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle);
uint32_t winras_get_error_string(uint32_t service, uint32_t code, char16_t *text, uint32_t room);
void winras_free(void *elements);
/* Sub-entry 0: of the whole connection. */
uint32_t winras_get_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry, winras_statistics *statistics);
uint32_t winras_clear_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry);
uint32_t winras_get_addresses(uint32_t service, uint64_t handle, winras_addresses *addresses);
/* Of one phone book, or of all if it is empty. The caller frees *entries with winras_free. */
uint32_t winras_list_entries(uint32_t service, const char16_t *phonebook, winras_entry_name **entries, uint32_t *count);
/* The next enumeration begins with a size probe, as the first of a process does. */
void winras_forget_room(void);

/* The one waiting operation: begin, step until the answer is not WINRAS_PENDING, end. A step waits
 * for one slice at most. cancel may come from any thread until end: the wait answers
 * WINRAS_CANCELLED. Times are microseconds of the service's clock. threads: how many
 * threads are alive, the calling one included. */
typedef struct winras_operation winras_operation;

uint32_t winras_begin_hang_up(uint32_t service, const winras_target *target, int64_t timeout, uint32_t all_references,
                              winras_operation **operation);
/* A negative timeout is none. */
uint32_t winras_begin_wait_closed(uint32_t service, const winras_target *target, int64_t timeout,
                                  winras_operation **operation);
/* Waits until every hang-up that was issued here has been seen to end. */
uint32_t winras_begin_finish(uint32_t service, int64_t timeout, winras_operation **operation);
/* Answers WINRAS_LOOK when something was signalled, and check_every after the last check. */
uint32_t winras_begin_watch(uint32_t service, int64_t timeout, int64_t check_every, winras_operation **operation);
/* Dials, and answers 0 when the connection is up. Each answer but 0 has hung up what was dialled; so
 * has the end of an operation that was not taken. A step answers WINRAS_PROGRESS when there is some. */
uint32_t winras_begin_dial(uint32_t service, const winras_dialling *dialling, int64_t timeout,
                           winras_operation **operation);
/* The next change of state; 0 when there is no more. */
uint32_t winras_read_progress(winras_operation *operation, winras_progress *progress);
/* The handle of what was dialled, and the last state that was told. */
uint64_t winras_dialled(winras_operation *operation, uint32_t *state);
/* Ends a dialling whose connection is the caller's now. */
void winras_take(winras_operation **operation);
uint32_t winras_step(winras_operation *operation, uint32_t threads);
void winras_cancel(winras_operation *operation);
/* Has a step of another thread answer at once, so that its caller can see what else there is to do. */
void winras_wake(winras_operation *operation);
/* The caller steps no further for now. Until then the simulator's clock, if it only moves when moved,
 * counts it as one who waits, or who works on what a step has answered. */
void winras_leave(winras_operation *operation);
/* Ends what is there, if anything, and leaves NULL. */
void winras_end(winras_operation **operation);
/* How many have begun and not ended. */
uint32_t winras_operations(void);
/* The RAS function that gave the last answer. */
const char *winras_function(const winras_operation *operation);

/* Why a watch looks: what was signalled since its last look, and whether its check is due. A signal
 * may stand for several changes. */
typedef struct {
    uint32_t connection;
    uint32_t disconnection;
    uint32_t any; /* these, or one of links */
    uint32_t check;
} winras_reasons;

/* A watch begins a look, which winras_leave ends: what is signalled from now on asks for another. */
void winras_look(winras_operation *operation, winras_reasons *reasons);
/* Has the sub-entries of a multilink connection signalled too; nothing if they are already. */
void winras_watch_links(uint32_t service, const winras_target *target);
/* How often they were. */
uint64_t winras_link_signals(uint32_t service, const winras_target *target);
/* That connection has ended. */
void winras_forget_links(uint32_t service, const winras_target *target);
/* A change was found that nothing had signalled: registers anew, at most once a minute. */
void winras_heal(uint32_t service);
/* The service does not answer, and may be starting anew: what was registered until then is taken
 * for lost, and registered again by winras_register. */
void winras_lost(uint32_t service, uint64_t registration);
void winras_register(uint32_t service);
/* How often RAS has been asked for signals. */
uint64_t winras_registration(uint32_t service);
/* During a look: the next check is after so much time. */
void winras_look_again(winras_operation *operation, int64_t after);

/* How many hang-ups were issued here and not yet seen to end. */
uint32_t winras_unfinished(uint32_t service);

/* The native name and our own text of an error number; NULL if it is not a known one. */
const char *winras_error_name(uint32_t code);
const char *winras_error_text(uint32_t code);
/* Whether it is one of RAS's own numbers: the system has other meanings for the same. */
uint32_t winras_is_ras_error(uint32_t code);
/* cdef end */

#endif
