/* What drives the simulator: the part that plays the other programs, the remote side and time.
 * What stands between the two marks is also cdef. Functions return 0 or an error number, unless
 * they say otherwise. Times are microseconds of simulated time. */
#ifndef WINRAS_SIMULATOR_CONTROL_H
#define WINRAS_SIMULATOR_CONTROL_H

#include <stdint.h>
#include <uchar.h>

/* cdef begin */
enum {
    SIM_CONNECT = 1,
    SIM_DROP = 2,
    SIM_ADD_LINK = 3,
    SIM_REMOVE_LINK = 4,
    SIM_SET_SERVICE = 5,
    SIM_SET_SUBSTATE = 6,
    SIM_TRANSFER = 7,   /* so many bytes at once, */
    SIM_SET_TRAFFIC = 8 /* and so many a second from now on */
};

#define SIM_NEVER 0x7FFFFFFFFFFFFFFF
#define SIM_ALWAYS 0xFFFFFFFF
/* So many of the last calls, and of the last events, can be read. */
#define SIM_LOG 65536

typedef struct {
    uint32_t type; /* RASTUNNELENDPOINT_ */
    uint8_t address[16];
} sim_endpoint;

/* An entry of a phone book. Without a name it is a direct dial: RAS then calls it by its phone
 * number, preceded by ".". */
typedef struct {
    char16_t name[257];
    char16_t phonebook[260];
    char16_t device_type[17];
    char16_t device_name[129];
    char16_t phone_number[129];
    uint8_t entry_id[16];
    sim_endpoint local;
    sim_endpoint remote;
    int64_t dial_time;
    int64_t hang_up_time; /* SIM_NEVER: the handle never dies */
    uint32_t sub_entries; /* how many the phone book has; more than 1: multilink */
    uint32_t bps;         /* of each link */
    char16_t user[257];   /* what the server lets in; empty: everybody */
    char16_t password[257];
    char16_t domain[16];
    char16_t eap_user[257]; /* not empty: an EAP entry, of which RasGetEapUserIdentity tells this */
    uint32_t ikev2;         /* whether it projects as IKEv2 does, else as PPP */
    sim_endpoint ipv4;      /* what it projects: the client's address; none: the entry does not ask for it */
    sim_endpoint ipv4_server;
    sim_endpoint ipv6;
    sim_endpoint ipv6_server;
    uint32_t prefix_length;
    sim_endpoint more_servers[4]; /* IKEv2: to which the server can switch; none ends the list */
} sim_entry;

/* One state that dialling goes through. With an error, dialling fails in it when its time is over;
 * a paused state lasts until the client dials on, or hangs up, and its error is what fails a client
 * that does not support paused states. CallbackSetByCaller is for a client alone that has asked for
 * it, by "*" as its callback number. */
typedef struct {
    uint32_t state;
    uint32_t error;
    int64_t duration;
} sim_dial_step;

typedef struct {
    uint32_t action;
    char16_t name[257];      /* of the entry, as RAS enumerates it */
    char16_t phonebook[260]; /* empty: the only entry of that name */
    int64_t duration;        /* connect: dial time (-1: the entry's); drop: how long it lingers */
    uint32_t error;          /* drop: the dwError that its status shows; service: what calls answer */
    uint32_t link;     /* remove: which sub-entry (0: the highest that is connected); traffic: whose (0: the first) */
    uint32_t substate; /* set: RASCONNSUBSTATE */
    uint64_t sent;     /* traffic, in bytes or bytes a second */
    uint64_t received;
} sim_action;

/* One call of a RAS function. */
typedef struct {
    int64_t at;        /* when it was made */
    uint64_t handle;   /* the HRASCONN that it was given, or 0 */
    uint32_t function; /* the index of its name */
    uint32_t number;   /* dwSubEntry, uErrorValue or dwFlags, if it has one */
    uint32_t result;
} sim_call;

enum {
    SIM_DIALLING = 1,
    SIM_CONNECTED = 2,
    SIM_DISCONNECTED = 3, /* its handle is good still */
    SIM_GONE = 4,
    SIM_LINK_CONNECTED = 5,
    SIM_LINK_GONE = 6,
    SIM_IMPOSSIBLE = 7, /* a scheduled action that could not happen: error says why */
    SIM_SUBSTATE = 8
};

/* SIM_SET_SERVICE: with error, the service stops: every call but RasGetErrorString answers that, and
 * registrations are lost; without, it is there again. */

/* One thing that has happened to a connection. */
typedef struct {
    int64_t at;
    uint64_t handle;
    uint32_t what;
    uint32_t link;  /* the sub-entry number, of links */
    uint32_t error; /* of Disconnected: the dwError that its status shows */
    uint32_t entry; /* its number in the order in which entries were added */
    uint32_t substate;
} sim_change;

/* A connection as the service knows it, whether it is enumerated or not. */
typedef struct {
    uint64_t handle;
    uint32_t entry;
    uint32_t state; /* RASCONNSTATE */
    uint32_t error;
    uint32_t references;
    uint32_t links;
} sim_connection;

/* Starts the simulator with the calling thread as its maker and returns its number; 0 if one runs
 * already. factor: simulated seconds in a real one; 0: time moves by sim_advance only, or, with
 * automatic, jumps to the next moment at which something is due while the maker waits. */
uint32_t sim_begin(double factor, uint32_t automatic);
/* Ends it, and with it every wait on it. */
void sim_end(void);
/* Forgets entries, connections, quirks and faults, and goes on: registrations for all connections
 * stay, because a client makes them once in a process. */
void sim_clear(void);

uint32_t sim_add_entry(const sim_entry *entry);
/* *result: the connection's handle, or the added link's sub-entry number. */
uint32_t sim_act(const sim_action *action, uint64_t *result);
/* How the entry is dialled from now on: through these states, and, if none fails, up. No steps: through
 * those of PPP, in the entry's dial time. */
uint32_t sim_set_dial_script(const char16_t *name, const char16_t *phonebook, const sim_dial_step *steps,
                             uint32_t count);
/* sim_act, when simulated time is at that moment; what is impossible then does not happen. */
uint32_t sim_schedule(int64_t at, const sim_action *action);
/* After each of the next answers 603 of RasEnumConnections another connection comes up. */
uint32_t sim_grow(uint32_t times);
/* The client's process ends: what it has hung up and not waited for leaves its port stuck. */
uint32_t sim_client_leaves(void);

/* Names by index, NULL after the last. */
const char *sim_function_name(uint32_t index);
const char *sim_quirk_name(uint32_t index);
uint32_t sim_set_quirk(uint32_t index, uint32_t on);
uint32_t sim_has_quirk(uint32_t index);
/* The next calls of that function do nothing but answer code; SIM_ALWAYS: all of them. */
uint32_t sim_fail(uint32_t function, uint32_t code, uint32_t times);
/* No call fails any more. */
void sim_clear_faults(void);
/* How many of what sim_fail has set have not been met. */
uint32_t sim_unmet(uint32_t function);
/* How many connections that sim_grow has promised have not come up. */
uint32_t sim_ungrown(void);
/* Its calls take that long from now on. On a clock that stands still the thread that made it moves
 * it by that; other threads wait until it is moved. 87 for RasConnectionNotification, which winras
 * calls under a lock that its other calls need. */
uint32_t sim_delay(uint32_t function, int64_t duration);
/* How often it was called. */
uint64_t sim_calls(uint32_t function);
/* From the number-th on, the first being 0: how many there were. */
uint32_t sim_read_calls(uint64_t number, sim_call *calls, uint32_t room);
uint64_t sim_count_calls(void);
uint32_t sim_read_changes(uint64_t number, sim_change *changes, uint32_t room);
uint64_t sim_count_changes(void);
/* The first of the scheduled actions that could not happen: how many. */
uint32_t sim_read_impossible(sim_change *changes, uint32_t room);
/* All that there are: how many; room may be less. */
uint32_t sim_read_connections(sim_connection *connections, uint32_t room);
/* 87: there is none of that number. */
uint32_t sim_read_entry(uint32_t number, sim_entry *entry);

int64_t sim_now(void);
/* Manual clock only: 87 otherwise. Moves to that moment, or to the first before it at which a notifier
 * of RasDial is to be called; wait until it is done (sim_wait_woken), and go on. */
uint32_t sim_advance_to(int64_t moment);
/* 0 when every wait that sim_advance woke is back with its caller; WAIT_TIMEOUT (258), after slice_ms
 * of real time at most: ask again. */
uint32_t sim_wait_woken(uint32_t slice_ms);
/* 0 when at least count native waits are parked; WAIT_TIMEOUT as above. */
uint32_t sim_wait_blocked(uint32_t count, uint32_t slice_ms);
uint32_t sim_blocked(void);
/* Does what is due when it is due, until that simulator ends: for clients that wait for their events
 * by themselves, on a clock that runs. Call it in a thread of its own. */
uint32_t sim_keep_time(uint32_t number);
/* The automatic clock jumps to the next moment at which something is due, if each of those threads,
 * as the system numbers them, is parked in a native wait, and each that was woken is back: 1. Else 0. */
uint32_t sim_jump(const uint32_t *threads, uint32_t count);
/* Whether time moves only while the calling thread itself waits: it has made an automatic clock. */
uint32_t sim_jumps_for_caller(void);
/* cdef end */

#endif
