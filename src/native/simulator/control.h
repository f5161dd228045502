/* What drives the simulator: it plays the other programs, the remote side and time. The block between the two
 * marks is also the cdef. Functions return 0 or an error number, unless they say otherwise. Times are microseconds
 * of simulated time. */
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
    /* With an error the service stops: every call but RasGetErrorString answers that error, and all
     * registrations are lost. Without, it is back. */
    SIM_SET_SERVICE = 5,
    SIM_SET_SUBSTATE = 6,
    SIM_TRANSFER = 7,    /* counts bytes once */
    SIM_SET_TRAFFIC = 8, /* counts bytes every second from now on */
    /* What the service manager says of RasMan. If that is not running, every connection has ended and
     * all registrations are lost. */
    SIM_SET_RASMAN_RUNNING = 9,
    SIM_SET_RASMAN_STOPPED = 10,
    SIM_SET_RASMAN_DISABLED = 11,
    SIM_SUSPEND = 12 /* the machine sleeps: what is due meanwhile happens at the end */
};

#define SIM_NEVER 0x7FFFFFFFFFFFFFFF
/* No clock shows a later moment, so that what is added to its moments can be counted. */
#define SIM_LATEST 0x4000000000000000
#define SIM_ALWAYS 0xFFFFFFFF
/* How many of the last calls, and of the last changes, can be read. */
#define SIM_LOG 65536
/* How many events the Application log keeps. */
#define SIM_EVENTS 1024
#define SIM_EVENT_UNITS 262144
/* How many sub-entries an entry may have. */
#define SIM_SUB_ENTRIES 255

typedef struct {
    uint32_t type; /* RASTUNNELENDPOINT_ */
    uint8_t address[16];
} sim_endpoint;

/* An entry of a phone book. Without a name it is a direct dial: RAS names it "." and its phone number. */
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
    char16_t user[257];   /* whom the server lets in; empty: everybody */
    char16_t password[257];
    char16_t domain[16];
    char16_t eap_user[257]; /* not empty: an EAP entry, and whom RasGetEapUserIdentity tells */
    uint32_t ikev2;         /* 1: it negotiates as IKEv2 does; 0: as PPP does */
    sim_endpoint ipv4;      /* the client's address, as negotiated; none: the entry does not ask for one */
    sim_endpoint ipv4_server;
    sim_endpoint ipv6;
    sim_endpoint ipv6_server;
    uint32_t prefix_length;
    sim_endpoint more_servers[4]; /* IKEv2: others to which the server can switch; none ends the list */
} sim_entry;

typedef struct {
    char16_t type[17];
    char16_t name[129];
} sim_device;

/* Credentials that are saved for an entry, or to be. */
typedef struct {
    uint32_t mask; /* RASCM_: which of them are meant */
    char16_t user[257];
    char16_t password[257];
    char16_t domain[16];
} sim_credentials;

/* One state that dialling goes through. With an error, dialling fails in it when its duration is over. A paused
 * state lasts until the client dials on or hangs up; its error fails a client that does not support paused
 * states. CallbackSetByCaller is left out unless the client gave "*" as its callback number. If dialling goes on, the
 * status shows the error as long as the state lasts, and nothing fails. */
typedef struct {
    uint32_t state;
    uint32_t error;
    int64_t duration;
    uint32_t goes_on;
} sim_dial_step;

typedef struct {
    uint32_t action;
    char16_t name[257];      /* of the entry, as RAS enumerates it */
    char16_t phonebook[260]; /* empty: the only entry of that name */
    /* connect: dial time (-1: the entry's); drop: how long it lingers; service: how long calls take until they
     * answer its error; RasMan: how long it takes to start (SIM_NEVER: it is refused); suspend: how long, which 87
     * refuses if the clock cannot show its end */
    int64_t duration;
    uint32_t error;    /* drop: the dwError that its status shows; service: what calls answer; suspend: with what
                        * every connection drops, or 0 */
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
    uint32_t number;   /* dwSubEntry, uErrorValue, dwFlags or dwMask, if it has one */
    uint32_t result;
} sim_call;

enum {
    SIM_DIALLING = 1,
    SIM_CONNECTED = 2,
    SIM_DISCONNECTED = 3, /* its handle is still good */
    SIM_GONE = 4,
    SIM_LINK_CONNECTED = 5,
    SIM_LINK_GONE = 6,
    SIM_IMPOSSIBLE = 7, /* a scheduled action that could not happen: error says why */
    SIM_SUBSTATE = 8
};

/* One thing that happened to a connection. */
typedef struct {
    int64_t at;
    uint64_t handle;
    uint32_t what;
    uint32_t link;  /* for a link, its sub-entry number */
    uint32_t error; /* for Disconnected, the dwError that its status shows */
    uint32_t entry; /* its number in the order in which entries were added */
    uint32_t substate;
} sim_change;

/* A connection as the service knows it, enumerated or not. */
typedef struct {
    uint64_t handle;
    uint32_t entry;
    uint32_t state; /* RASCONNSTATE */
    uint32_t error;
    uint32_t references;
    uint32_t links;
} sim_connection;

/* Starts the simulator, with the calling thread as its maker, and returns its number, which it puts into *number
 * too, so that whatever interrupts the caller finds it there; 0 if one is running, and *number stays. factor: simulated
 * seconds per real second. 0: time stands still until sim_advance_to moves it; with automatic it also jumps to the next
 * moment at which something is due, while the maker waits. */
uint32_t sim_begin(double factor, uint32_t automatic, uint32_t *number);
/* Ends the simulator of that number, and every wait in it, if it still runs; leaves 0. */
void sim_end(uint32_t *number);
/* The running simulator of that number can be joined from now on, until it ends or sim_stop_serving. 87: it is not
 * that one, or not a name ([A-Za-z0-9._-], 1 to 64); 183: that name is served already, maybe by this one; 5: by
 * another user. */
uint32_t sim_serve(uint32_t number, const char *name);
void sim_stop_serving(uint32_t number);
/* From now on this process's service is the one that is served by that name, and what is below is asked of it. It gets
 * a number in this process, as by sim_begin; sim_end leaves it. 87: not a name; 2: nobody serves it; 5: another user
 * does; 170: a simulator runs in this process, or it has joined one; 1306: its winras is of another version;
 * 1722: it does not answer, or has all the clients that it takes. */
uint32_t sim_join(const char *name, uint32_t *number);
uint32_t sim_is_joined(void);
/* Forgets entries, connections, quirks and faults, and goes on. Registrations for all connections stay, because
 * a client makes them once in its life. */
uint32_t sim_clear(void);

/* 87: its phone book has that name already, or a time is negative, or it has more than SIM_SUB_ENTRIES. */
uint32_t sim_add_entry(const sim_entry *entry);
/* That entry becomes what RasSetEntryProperties would make of it, with the newest RASENTRY and what follows it. */
uint32_t sim_set_entry(const char16_t *name, const char16_t *phonebook, const uint8_t *bytes, uint32_t size);
/* The machine's devices become those. Until then they are Windows' miniports and those of sim_add_entry. */
uint32_t sim_set_devices(const sim_device *devices, uint32_t count);
/* What is saved for an entry becomes that. */
uint32_t sim_save_credentials(const char16_t *name, const char16_t *phonebook, const sim_credentials *credentials);
/* *result: the connection's handle, or the added link's sub-entry number. */
uint32_t sim_act(const sim_action *action, uint64_t *result);
/* From now on dialling the entry goes through these states and, if none fails, connects. No steps: the
 * states of PPP, in the entry's dial time. */
uint32_t sim_set_dial_script(const char16_t *name, const char16_t *phonebook, const sim_dial_step *steps,
                             uint32_t count);
/* sim_act at that moment; what is impossible then does not happen. */
uint32_t sim_schedule(int64_t at, const sim_action *action);
/* After each of the next answers 603 of RasEnumConnections another connection comes up. */
uint32_t sim_grow(uint32_t times);
/* The client's process ends: each hang-up that it did not wait for leaves its port stuck. */
uint32_t sim_client_leaves(void);

/* Names by number, NULL after the last. */
const char *sim_function_name(uint32_t number);
const char *sim_quirk_name(uint32_t number);
uint32_t sim_set_quirk(uint32_t number, uint32_t on);
uint32_t sim_has_quirk(uint32_t number, uint32_t *on);
/* The next calls of that function, or all (SIM_ALWAYS), only answer code. */
uint32_t sim_fail(uint32_t function, uint32_t code, uint32_t times);
/* No call fails any more. */
uint32_t sim_clear_faults(void);
/* *unmet: how many of the failures that sim_fail planned have not happened. */
uint32_t sim_unmet(uint32_t function, uint32_t *unmet);
/* *ungrown: how many of the connections that sim_grow promised have not come up. */
uint32_t sim_ungrown(uint32_t *ungrown);
/* *count: how many registrations there are, of all clients. */
uint32_t sim_registrations(uint32_t *count);
/* Makes its calls take that long from now on. On a clock that stands still, the thread that made the simulator
 * moves it by that; other threads wait until it is moved. */
uint32_t sim_delay(uint32_t function, int64_t duration);
/* *count: how often it was called. */
uint32_t sim_calls(uint32_t function, uint64_t *count);
/* Reads from the number-th on, the first being 0. *room: for how many there is room, and then how many were read;
 * *count: how many there have been. */
uint32_t sim_read_calls(uint64_t number, sim_call *calls, uint32_t *room, uint64_t *count);
uint32_t sim_read_changes(uint64_t number, sim_change *changes, uint32_t *room, uint64_t *count);
/* Reads the first scheduled actions that could not happen. *room: as above. */
uint32_t sim_read_impossible(sim_change *changes, uint32_t *room);
/* Reads as many as there is room for. *room: as above, but then how many there are. */
uint32_t sim_read_connections(sim_connection *connections, uint32_t *room);
/* 87: there is none of that number. */
uint32_t sim_read_entry(uint32_t number, sim_entry *entry);

/* Another program writes an event into the Application log: its XML, as EvtRender gives it. 87: it has more than
 * SIM_EVENT_UNITS. */
uint32_t sim_write_event(const char16_t *xml);

int64_t sim_now(void);
/* 87 on a running clock. Moves to that moment, or to the first before it at which a notifier of RasDial gets a
 * notice: wait until that is over (sim_wait_woken), and ask again. */
uint32_t sim_advance_to(int64_t moment);
/* 0 when every wait and notifier that had something to do has done it; WAIT_TIMEOUT (258) after at most slice_ms of
 * real time: ask again. */
uint32_t sim_wait_woken(uint32_t slice_ms);
/* 0 when at least count native waits are parked; else WAIT_TIMEOUT, as above. */
uint32_t sim_wait_blocked(uint32_t count, uint32_t slice_ms);
uint32_t sim_blocked(void);
/* Does what is due when it is due, until that simulator ends: on a running clock, for clients that wait for their
 * event objects by themselves. Call it in a thread of its own. */
uint32_t sim_keep_time(uint32_t number);
/* 1: the automatic clock jumped to the next moment at which something is due. It does if each of these threads
 * (by the system's numbers) is parked in a native wait and each that was woken is back. Else 0. */
uint32_t sim_jump(const uint32_t *threads, uint32_t count);
/* What that thread (by the system's number) was woken for is done by the calling thread instead, until that thread
 * waits again. */
void sim_stand_in(uint32_t thread);
/* Whether the calling thread made an automatic clock, and so moves it by waiting. */
uint32_t sim_jumps_for_caller(void);
/* cdef end */

#endif
