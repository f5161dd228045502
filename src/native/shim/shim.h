/* The flat interface of the shim: fixed-width types, no packed structure, no Windows type. The block
 * between the two marks is also the cdef that build_ras.py gives to cffi. A function returns 0 or an
 * error number of Win32 or RAS, or of the shim, unless its comment says otherwise. */
#ifndef WINRAS_SHIM_H
#define WINRAS_SHIM_H

#include <stdint.h>
#include <uchar.h>

/* cdef begin */
enum {
    /* The shim's own numbers. Windows leaves those with bit 29 to applications. */
    WINRAS_PENDING = 0x20000001,       /* not over: step again */
    WINRAS_STILL_HELD = 0x20000002,    /* hung up once, but others hold the connection */
    WINRAS_OTHER_SERVICE = 0x20000003, /* that service is not the active one */
    WINRAS_TIMED_OUT = 0x20000005,
    WINRAS_CANCELLED = 0x20000006,
    WINRAS_DEADLOCK = 0x20000007,  /* nothing can end this wait */
    WINRAS_LOOK = 0x20000004,      /* a watch: there is something to see */
    WINRAS_NOTICE = 0x20000008,    /* a dial: read its notices */
    WINRAS_PAUSED = 0x20000009,    /* a dial: Windows wants something from its user */
    WINRAS_NO_RASMAN = 0x2000000A, /* within the shim: RasMan is stopped, so nothing is up */
    WINRAS_OWN_END = 0x2000000B,   /* the first number that is not one of them */

    /* What became of what was dialled, if it has failed. */
    WINRAS_ENDS_WITHOUT = 0, /* there was nothing to hang up */
    WINRAS_ENDS_GONE = 1,    /* its end was seen */
    WINRAS_ENDS_PENDING = 2, /* RasHangUp has taken it, but its end was not seen */
    WINRAS_ENDS_HELD = 3,    /* RasHangUp has taken it, but it is still Connected, so others hold it */
    WINRAS_ENDS_REFUSED = 4, /* RasHangUp has only answered errors; it will be called again */

    /* What became of the credentials that are saved for an entry. */
    WINRAS_SAVED_NOT_ASKED = 0,
    WINRAS_SAVED_NONE = 1,
    WINRAS_SAVED_USED = 2,

    /* What is recorded for a log. */
    WINRAS_TRACE_NOTHING = 0,
    WINRAS_TRACE_DECISIONS = 1,
    WINRAS_TRACE_CALLS = 2, /* and decisions */

    /* What was decided; `result` is the answer because of which, or what came of it. */
    WINRAS_DECIDED_NOTHING = 0,         /* the record is one of a call */
    WINRAS_DECIDED_RECORDS_LOST = 1,    /* nobody has read them in time: `result` of them */
    WINRAS_DECIDED_START_RASMAN = 2,    /* it was stopped */
    WINRAS_DECIDED_USE_SAVED = 3,       /* credentials */
    WINRAS_DECIDED_USE_IDENTITY = 4,    /* of an EAP entry */
    WINRAS_DECIDED_USE_EAP_DATA = 5,    /* those that are stored for it */
    WINRAS_DECIDED_DIAL_AGAIN = 6,      /* that error passes */
    WINRAS_DECIDED_HANG_UP_LOST = 7,    /* what nobody has hung up keeps its entry from being dialled */
    WINRAS_DECIDED_HANG_UP_AGAIN = 8,   /* references are left */
    WINRAS_DECIDED_REGISTER_AFRESH = 9, /* RAS has not signalled something */
    WINRAS_DECIDED_NO_RASMAN = 10,      /* it does not run */

    /* What the service manager says of RasMan. */
    WINRAS_RASMAN_UNKNOWN = 0,
    WINRAS_RASMAN_RUNNING = 1,
    WINRAS_RASMAN_STARTING = 2,
    WINRAS_RASMAN_STOPPED = 3,
    WINRAS_RASMAN_DISABLED = 4,

    WINRAS_ACTIVE_SERVICE = 0x7FFFFFFF, /* for the number of whichever service is active */

    WINRAS_CONNECTION_NUMBERS = 8, /* of 64 bits, in a block */
    WINRAS_STATUS_NUMBERS = 9,
    WINRAS_IS_NEW = 0x7FFFFFFF, /* a connection that is in no other block */

    WINRAS_SLICE_MS = 250,          /* where something is to be asked between two waits, in real time */
    WINRAS_LONG_SLICE_MS = 3600000, /* elsewhere */
    WINRAS_TEXT = 513               /* room for a message: 512 characters are documented to be enough */
};

typedef struct {
    uint32_t type; /* RASTUNNELENDPOINT_ */
    uint8_t address[16];
} winras_endpoint;

/* What RAS has answered, packed: this head; where each record begins and the last one ends, in bytes from here on, as
 * numbers of 64 bits; and the records, that of a status behind that of its connection. A record is its numbers of 64
 * bits, and then its texts in UTF-16, each with its NUL. Zeros fill it up to a multiple of 8 bytes.
 *
 * connection: handle, sub_entry, flags, luid, entry_id (2), correlation_id (2); name, device type, device name, phone
 *     book. A GUID is the number of 128 bits that its text is, high half first.
 * status: state, substate, error, local and remote end; device type, device name, phone number. An end is its
 *     RASTUNNELENDPOINT_ and its 16 bytes as a number of 128 bits, high half first. */
typedef struct {
    uint64_t size; /* of all of it, in bytes */
    uint64_t code; /* an error number, or 0 */
    uint64_t service;
    uint64_t connections; /* how many */
    uint64_t statuses;
} winras_block;

/* Which connection an operation is about. With a parent, it is that connection's link `sub_entry`. With
 * `enumerated`, an enumeration can confirm that the handle is still this connection. */
typedef struct {
    uint64_t handle;
    uint64_t parent;
    uint32_t sub_entry;
    uint32_t enumerated;
    uint8_t entry_id[16];
    uint8_t correlation_id[16];
} winras_target;

typedef struct {
    char16_t text[260];
} winras_path;

/* What to dial. An empty text stands for none. */
typedef struct {
    char16_t name[257];
    /* If the first is empty, RAS is asked which phone book of the profiles has the entry, whatever the case of its
     * name. Only if it cannot tell, NULL is tried, and then the others, on 621 and 623. */
    winras_path phonebooks[3];
    uint32_t phonebook_count;
    char16_t phone_number[129];
    char16_t user[257];
    char16_t password[257];
    char16_t domain[16];
    uint32_t use_saved; /* with the credentials that are saved for the entry, if there are any */
    uint32_t sub_entry;
} winras_dialling;

/* A notice: dialling has entered a state or, with an error, has failed in it, which need not be the end. */
typedef struct {
    int64_t elapsed; /* since dialling began */
    uint32_t state;
    uint32_t error;
    uint32_t sub_entry;
} winras_notice;

typedef struct {
    uint64_t handle; /* of what was dialled, or 0 */
    uint32_t state;  /* that dialling was in at last */
    uint32_t tried;  /* RasDial was called */
    uint32_t saved;  /* WINRAS_SAVED_ */
    int64_t dialled; /* when RasDial was called last, by winras_now() */
    /* With what error the calls before RasDial failed, or 0. That an entry needs no identity is no error. */
    uint32_t start_service;
    uint32_t get_credentials;
    uint32_t get_identity;
    uint32_t ends;           /* WINRAS_ENDS_ */
    uint32_t hang_up;        /* RasHangUp's last answer */
    char16_t phonebook[260]; /* the one that was tried last; empty: RAS had to find it */
} winras_dial_report;

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

/* The addresses that a connection has. Those of a family count only if its error is 0; an address of
 * zeros is unknown. */
typedef struct {
    uint32_t ikev2; /* else PPP, which negotiates only the last 64 bits of an IPv6 address */
    uint32_t ipv4_error;
    uint32_t ipv6_error;
    uint8_t ipv4[4];
    uint8_t ipv4_server[4];
    uint8_t ipv6[16];
    uint8_t ipv6_server[16];
    uint32_t ipv6_prefix_length; /* of IKEv2 */
    uint32_t server_count;
    winras_endpoint servers[16]; /* the first of those to which an IKEv2 server can switch */
} winras_addresses;

typedef struct {
    char16_t name[257];
    char16_t phonebook[261]; /* its full path */
    uint32_t flags;          /* REN_ */
} winras_entry_name;

typedef struct {
    char16_t type[17];
    char16_t name[129];
} winras_device;

/* What is saved for an entry, or is to be. No password is read: that one is saved, the mask says. */
typedef struct {
    uint32_t mask; /* RASCM_ */
    char16_t user[257];
    char16_t password[257]; /* or a pre-shared key */
    char16_t domain[16];
} winras_credentials;

/* The number of the active service: 0 for Windows' own, otherwise that of the running simulator. Every
 * function that takes such a number answers WINRAS_OTHER_SERVICE, and calls nothing of RAS, if that
 * service is not the active one. */
uint32_t winras_active_service(void);
/* The service's date and time: microseconds since 1970 in UTC; -1 if it is not the active one. */
int64_t winras_wall(uint32_t service);
/* The service's monotonic clock, in microseconds; -1 if it is not the active one. */
int64_t winras_now(uint32_t service);
/* How long the machine of that service has slept since it started, in microseconds; -1 if it is not the active one. */
int64_t winras_suspended(uint32_t service);

/* Why nothing can be up: 1062, RasMan is stopped or starting; 1058, it is disabled; 0: ask RAS. */
uint32_t winras_no_rasman(uint32_t service);
/* Each returns a block, with the error number in it, which the caller frees with winras_free; or NULL if that would be
 * the same as `last`, a block that the caller has, unless it is NULL or its size is 0. `service` may be
 * WINRAS_ACTIVE_SERVICE where no handle is given. */
winras_block *winras_list_connections(uint32_t service, const uint8_t *last);
winras_block *winras_get_status(uint32_t service, uint64_t handle, const uint8_t *last);
/* The connections, each with its status, as they are listed; one that is gone by then is left out. The first status
 * that answers another error ends it: then the block has that error, and that connection alone. */
winras_block *winras_snapshot(uint32_t service, const uint8_t *last);
/* For each connection of a block, the number of the one in `last`, another block or the same, whose record is the same,
 * as is that of its status if it has one; or WINRAS_IS_NEW, also for one that is in a wholly other place there. */
void winras_find_same(const uint8_t *block, const uint8_t *last, uint32_t *same);
uint32_t winras_get_sub_entry(uint32_t service, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle);
uint32_t winras_get_error_string(uint32_t service, uint32_t code, char16_t *text, uint32_t room);
void winras_free(void *elements);
/* Sub-entry 0 stands for the whole connection. */
uint32_t winras_get_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry, winras_statistics *statistics);
uint32_t winras_clear_statistics(uint32_t service, uint64_t handle, uint32_t sub_entry);
uint32_t winras_get_addresses(uint32_t service, uint64_t handle, winras_addresses *addresses);
/* Of one phone book; of those in the profiles if the text is empty. The caller frees *entries with winras_free. */
uint32_t winras_list_entries(uint32_t service, const char16_t *phonebook, winras_entry_name **entries, uint32_t *count);
/* The entry of that name in the phone books of the profiles, this user's first, since no page says which one NULL
 * means; 623 if none has it. */
uint32_t winras_find_entry(uint32_t service, const char16_t *name, winras_entry_name *entry);
/* Whether two names of entries, or two paths, are the same: they have no case. */
uint32_t winras_is_same_text(const char16_t *a, const char16_t *b);
/* Their order: below 0, 0 if they are the same, or above 0. */
int32_t winras_compare_texts(const char16_t *a, const char16_t *b);
/* The caller frees *devices with winras_free. */
uint32_t winras_list_devices(uint32_t service, winras_device **devices, uint32_t *count);
/* RASENTRY, with the dwSize that is given, and what RAS puts behind it; the rest of the bytes is zero. The caller frees
 * *bytes with winras_free. */
uint32_t winras_get_entry(uint32_t service, const char16_t *phonebook, const char16_t *name, uint32_t size,
                          uint8_t **bytes, uint32_t *count);
uint32_t winras_set_entry(uint32_t service, const char16_t *phonebook, const char16_t *name, const uint8_t *bytes,
                          uint32_t count);
/* The same of RASSUBENTRY, which has one size. */
uint32_t winras_get_sub_entry_properties(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                         uint32_t sub_entry, uint8_t **bytes, uint32_t *count);
uint32_t winras_set_sub_entry_properties(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                         uint32_t sub_entry, const uint8_t *bytes, uint32_t count);
uint32_t winras_delete_entry(uint32_t service, const char16_t *phonebook, const char16_t *name);
uint32_t winras_rename_entry(uint32_t service, const char16_t *phonebook, const char16_t *name,
                             const char16_t *new_name);
/* 0: the name is valid, and new; 183: an entry has it. */
uint32_t winras_validate_entry_name(uint32_t service, const char16_t *phonebook, const char16_t *name);
/* Where the members of RASENTRY are that winras knows, and the sizes that it tries, newest first. NULL and 0 end them.
 */
const char *winras_entry_member(uint32_t number, uint32_t *offset, uint32_t *size);
uint32_t winras_entry_size(uint32_t number);
/* What is saved is asked for without its password; 1168: nothing is. To save or, with `clear`, to delete takes what the
 * mask names. */
uint32_t winras_get_credentials(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                winras_credentials *credentials);
uint32_t winras_set_credentials(uint32_t service, const char16_t *phonebook, const char16_t *name,
                                const winras_credentials *credentials, uint32_t clear);
/* Events of the Application log that an XPath query selects, at most so many, newest first: UTF-16, a NUL after each.
 * The caller frees *bytes with winras_free. */
uint32_t winras_read_events(uint32_t service, const char16_t *query, uint32_t most, uint8_t **bytes, uint32_t *count);
/* Forgets the buffer of the last enumeration, so that the next one begins with a size probe. */
void winras_forget_room(void);

/* An operation: begin, step until the answer is not WINRAS_PENDING, end. A step waits for slice_ms of real
 * time at most. Until the end, any thread may cancel, and the wait answers WINRAS_CANCELLED. Times are
 * microseconds of the service's clock; a negative timeout means no limit. `threads` is the number of
 * threads that are alive, the calling one included. */
typedef struct winras_operation winras_operation;

uint32_t winras_begin_hang_up(uint32_t service, const winras_target *target, int64_t timeout, uint32_t all_references,
                              winras_operation **operation);
uint32_t winras_begin_wait_closed(uint32_t service, const winras_target *target, int64_t timeout,
                                  winras_operation **operation);
/* Why RasHangUp has not taken it, or 0: as 617, somebody else hangs it up. */
uint32_t winras_hang_up_refusal(winras_operation *operation);
/* Waits until no hang-up of this process is unfinished; calls RasHangUp again where it was refused. */
uint32_t winras_begin_finish(uint32_t service, int64_t timeout, winras_operation **operation);
/* Answers WINRAS_LOOK when there is something to see: at first, then what differs from that, or what was missed. */
uint32_t winras_begin_watch(uint32_t service, int64_t timeout, int64_t check_every, winras_operation **operation);
/* Waits until so much of the service's time has passed. */
uint32_t winras_begin_sleep(uint32_t service, int64_t duration, winras_operation **operation);
/* Starts RasMan if it is stopped, and waits until it runs, for 5 s at most. Answers 1058 if it is disabled, else 0: it
 * is time to ask RAS, even if RasMan could not be started. */
uint32_t winras_begin_start(uint32_t service, winras_operation **operation);
/* Why it could not be started, or 0. */
uint32_t winras_start_failure(winras_operation *operation);
/* Dials, and answers 0 when the connection is up. Before any other answer, what was dialled has been
 * hung up, or its hang-up is unfinished; so it is at the end of an operation that was not taken. A step answers
 * WINRAS_NOTICE when there are notices to read. */
uint32_t winras_begin_dial(uint32_t service, const winras_dialling *dialling, int64_t timeout,
                           winras_operation **operation);
/* Takes the next notice; 0 when there is none. */
uint32_t winras_read_notice(winras_operation *operation, winras_notice *notice);
/* How far it has come. */
void winras_report_dial(winras_operation *operation, winras_dial_report *report);
/* Ends the operation and leaves its connection to the caller; 0 if it has ended already, and the
 * connection was hung up. */
uint32_t winras_take(winras_operation **operation);
/* One RasHangUp for a connection that was taken and reached nobody. While it is refused, it is called again for 250 ms;
 * then, as that of a dial, by whatever operation begins next, and by winras_begin_finish. */
void winras_give_back(uint32_t service, uint64_t handle);
uint32_t winras_step(winras_operation *operation, uint32_t threads, uint32_t slice_ms);
void winras_cancel(winras_operation *operation);
/* Makes a step of another thread return at once, so that its caller can see what else there is to do. */
void winras_wake(winras_operation *operation);
/* The caller takes no further step for now. Until it says so, a simulated clock that stands still waits
 * for it: for its next step, or for what it does about the last answer. */
void winras_leave(winras_operation *operation);
/* Ends the operation, if there is one, and sets the pointer to NULL. If several threads end or take it,
 * one of them does. */
void winras_end(winras_operation **operation);
/* How many operations have begun and not ended. */
uint32_t winras_operations(void);
/* The RAS function that was asked last. */
const char *winras_function(const winras_operation *operation);

/* Several watches that one thread waits for; it is that thread's alone. An operation that has joined is stepped by no
 * thread. */
typedef struct winras_group winras_group;

uint32_t winras_begin_group(uint32_t service, winras_group **group);
/* From any thread: they wake that of the group. */
void winras_join(winras_group *group, winras_operation *operation);
void winras_part(winras_operation *operation);
/* Waits for all that have joined. 0: *ready is one of them; once it has parted, its next step answers at once. The
 * caller keeps it from being ended meanwhile, or knows by the pointer alone which it was. WINRAS_PENDING: the slice is
 * over, or somebody has woken the group. WINRAS_OTHER_SERVICE: none is left of a simulator that has ended; 1722: of one
 * that is lost. */
uint32_t winras_step_group(winras_group *group, uint32_t threads, uint32_t slice_ms, winras_operation **ready);
void winras_wake_group(winras_group *group);
/* Those that have joined part, and the pointer becomes NULL. */
void winras_end_group(winras_group **group);

/* A link of a multilink connection. */
typedef struct {
    uint64_t handle;
    uint32_t sub_entry;
    uint32_t unused;
} winras_link;

/* What a look has seen of a connection. */
typedef struct {
    uint64_t handle;
    uint64_t link_signals; /* before its links were asked for */
    uint64_t linked;       /* the number of the picture since which its links are these; 0: not known */
    uint64_t up_since;     /* the number of the picture in which its status last became Connected, or 0 */
    uint64_t down_since;   /* and of that in which it last ceased to be, or 0 */
    uint32_t first_link;   /* its place among all links */
    uint32_t link_count;
    uint32_t sub_entry;
    uint32_t is_up;      /* its last status was Connected */
    uint32_t was_up;     /* or an earlier one */
    uint32_t had_one;    /* it was up before it became multilink; it had one link then */
    uint32_t may_change; /* at a check its status is asked again */
    uint32_t substate;
} winras_seen;

/* What a look has seen. An id of a connection that RAS has told once stays. */
typedef struct {
    uint64_t number;
    uint64_t same_since; /* the number of the first of those in a row that say the same of the connections */
    int64_t wall;        /* when that was */
    uint32_t error;      /* what RAS has answered, or 0; the connections are those from before, */
    uint32_t away;       /* unless nothing can be up, for that reason: see winras_no_rasman */
    uint32_t count;
    uint32_t link_count;
    uint32_t other_count;
    uint32_t unused;
    const winras_block *connections;
    const winras_seen *seen; /* one for each connection */
    const winras_link *links;
    const uint32_t *others; /* the places of those that are not up, have a substate, or links that are known */
    const uint64_t *born;   /* for each connection, the number of the first picture since which it has been listed */
} winras_picture;

/* Why a watch looks: what RAS has signalled since its last look, and whether it is a check. One signal
 * may stand for several connections. */
typedef struct {
    uint32_t connection;
    uint32_t disconnection;
    uint32_t any; /* one of these, or one about links */
    uint32_t check;
} winras_reasons;

/* The signals that no difference has explained, and the checks since the last difference, or since the second kind was
 * signalled. A watch begins with two checks. */
typedef struct {
    uint32_t connection;
    uint32_t disconnection;
    uint32_t checks;
} winras_unexplained;

/* Takes in a look. Returns whether a connection came and went between two looks. */
uint32_t winras_explain(winras_unexplained *unexplained, const winras_reasons *reasons, uint32_t differs);
/* The same at the end, without waiting for more checks. */
uint32_t winras_conclude(winras_unexplained *unexplained);

/* After WINRAS_LOOK: what there is to see, until the next step or the end of the watch. The answer stays WINRAS_LOOK
 * until winras_saw, which is a winras_leave. */
const winras_picture *winras_see(winras_operation *operation);
/* Whether a signal led to it, and whether a connection came and went unseen. */
uint32_t winras_signalled(const winras_operation *operation);
uint32_t winras_missed(const winras_operation *operation);
void winras_saw(winras_operation *operation);
/* Makes the registrations with RAS that are missing. */
void winras_register(uint32_t service);

/* The end of the process: ends the operations that were left to it, then does as winras_begin_finish
 * says, both in a thread of its own, because a RAS call may take long and cannot be ended. begin, hand over,
 * step until the answer is not WINRAS_PENDING, end, which abandons the thread if it is not done. If
 * there is nothing to do, no thread begins and RAS is not called. */
typedef struct winras_leaving winras_leaving;

uint32_t winras_begin_leaving(uint32_t service, int64_t timeout, winras_leaving **leaving);
void winras_hand_over(winras_leaving *leaving, winras_operation **operation);
uint32_t winras_step_leaving(winras_leaving *leaving, uint32_t threads);
void winras_end_leaving(winras_leaving **leaving);

/* What only one process of this user's does at a time, by a key of 1 to 64 hexadecimal digits in lower case: from a
 * claim is taken until it is given up, or the process ends. A child of fork() has none of its parent's. 183: it is
 * taken, maybe in this process; 5: another user has what it would be. */
typedef struct winras_claim winras_claim;

uint32_t winras_take_claim(const char *key, winras_claim **claim);
uint32_t winras_has_claim(const winras_claim *claim);
/* If there is one; it becomes NULL. */
void winras_give_up_claim(winras_claim **claim);

/* How many hang-ups of this process are unfinished. */
uint32_t winras_unfinished(uint32_t service);

/* A record of a call, or of a decision. */
typedef struct {
    uint64_t handle;   /* that was given, or 0 */
    int64_t duration;  /* in microseconds of the service's clock */
    uint32_t decision; /* WINRAS_DECIDED_ */
    uint32_t result;
    uint32_t thread; /* the system's number of it */
} winras_record;

/* The file that RAS's functions are in. */
typedef struct {
    char16_t path[260]; /* empty: a simulated service */
    uint64_t version;   /* four numbers of 16 bits; 0: it has none */
} winras_library;

uint32_t winras_get_library(uint32_t service, winras_library *library);
/* The functions, in their order in the table, that this Windows lacks; NULL ends them. */
const char *winras_missing_function(uint32_t service, uint32_t number);
/* The service manager is asked now: the state, and the start type, SERVICE_. What it does not say is 0. */
uint32_t winras_get_rasman(uint32_t service, uint32_t *state, uint32_t *start_type);
/* Why RAS has refused what was to be registered last, or 0. */
uint32_t winras_refusal(uint32_t service);

/* From now on that much is recorded: WINRAS_TRACE_. */
void winras_trace(uint32_t wanted);
/* Takes the oldest record, and returns the name of its function, in its W form if it has two; NULL when there is none.
 */
const char *winras_read_record(winras_record *record);

/* The native name of an error number, and our own text for it; NULL if it is not known. */
const char *winras_error_name(uint32_t code);
const char *winras_error_text(uint32_t code);
/* Every number that has a name, by its place from 0 on; 0 behind the last. */
uint32_t winras_error_code(uint32_t index);
/* Whether it is one of RAS's own numbers, for which the system has other meanings. */
uint32_t winras_is_ras_error(uint32_t code);
/* cdef end */

/* A connection and a status as the shim has them; Python gets them packed. */
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
    uint32_t state;
    uint32_t substate;
    uint32_t error;
    winras_endpoint local;
    winras_endpoint remote;
    char16_t device_type[17];
    char16_t device_name[129];
    char16_t phone_number[129];
} winras_status;

/* Whether it is one of the shim's own numbers. */
static inline int shim_is_own(uint32_t code) { return code >= WINRAS_PENDING && code < WINRAS_OWN_END; }
/* What RAS has answered. It may be any number, but the shim's own would mean to the shim what RAS cannot mean, so they
 * become 635, ERROR_UNKNOWN. */
static inline uint32_t shim_from_ras(uint32_t code) { return shim_is_own(code) ? 635 : code; }

#endif
