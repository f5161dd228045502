/* The simulated service from inside: its structures, its one lock, and what each file of it offers to the
 * files above. From the bottom up: state.c (look-ups), notices.c (what RasDial's notifiers are told), events.c (the
 * Application log), service.c (what happens, and when), clock.c (simulated time and the waits on it), phonebook.c,
 * dialling.c and requests.c (what RAS calls ask); then the clients of it in this process: client.c, notifier.c (calls
 * of RasDial's notifiers) and control.c (what tests ask). A file calls those below it only. */
#ifndef WINRAS_SIMULATOR_STATE_H
#define WINRAS_SIMULATOR_STATE_H

#include "requests.h"

/* What Windows may do where nothing is documented or, for the first one, where the documentation says otherwise.
 * All are off at first. docs/testing.md says what each stands for. */
#define SIM_QUIRKS(X)                                         \
    X(QUIRK_ENUMERATES_DIALLING, "enumerates-dialling")       \
    X(QUIRK_HANDLE_REUSE, "handle-reuse")                     \
    X(QUIRK_SECOND_HANG_UP_617, "second-hang-up-617")         \
    X(QUIRK_NOTIFY_ONCE, "notify-once")                       \
    X(QUIRK_NOTIFY_LATE, "notify-late")                       \
    X(QUIRK_NOTIFY_LOST, "notify-lost")                       \
    X(QUIRK_NOTIFY_COALESCED, "notify-coalesced")             \
    X(QUIRK_BANDWIDTH_ON_ALL, "bandwidth-on-all")             \
    X(QUIRK_DIAL_FAILS_AT_ONCE, "dial-fails-at-once")         \
    X(QUIRK_DIAL_TOLD_FIRST, "dial-told-first")               \
    X(QUIRK_DIAL_UNTOLD, "dial-untold")                       \
    X(QUIRK_CORRELATION_CHANGES, "correlation-changes")       \
    X(QUIRK_MESSAGE_BLANK, "message-blank")                   \
    X(QUIRK_MESSAGE_LINE_END, "message-line-end")             \
    X(QUIRK_EAP_NEEDS_IDENTITY, "eap-needs-identity")         \
    X(QUIRK_SAVED_PASSWORD_REFUSED, "saved-password-refused") \
    X(QUIRK_CREDENTIALS_MASK, "credentials-mask")             \
    X(QUIRK_PLAIN_USER, "plain-user")                         \
    X(QUIRK_IN_USE_HANGS_UP, "in-use-hangs-up")               \
    X(QUIRK_IN_USE_CHANGES, "in-use-changes")                 \
    X(QUIRK_DELETE_UNKNOWN_623, "delete-unknown-623")         \
    X(QUIRK_DEVICE_NAME_OPTIONAL, "device-name-optional")     \
    X(QUIRK_NO_EVENTS, "no-events")                           \
    X(QUIRK_EVENTS_WITHOUT_REASON, "events-without-reason")   \
    X(QUIRK_EVENT_IDS_DIFFER, "event-ids-differ")             \
    X(QUIRK_ENTRY_SIZES_6720, "entry-sizes-6720")             \
    X(QUIRK_ENTRY_SIZES_5680, "entry-sizes-5680")             \
    X(QUIRK_ENTRY_SIZES_5656, "entry-sizes-5656")             \
    X(QUIRK_ENTRY_SIZES_5616, "entry-sizes-5616")

#define SIM_QUIRK(id, name) id,
enum sim_quirk { SIM_QUIRKS(SIM_QUIRK) QUIRK_COUNT };
#undef SIM_QUIRK

/* A link that is gone keeps its place: its number answers 618, and its handle stays good for
 * RasGetConnectStatus until its connection is dead (RasHangUp's page, of sub-entry handles). */
struct link {
    uint64_t handle;
    uint32_t number;
    enum { LINK_CONNECTED, LINK_ENDING, LINK_GONE } state;
    int64_t until;
    uint32_t hung_up_by; /* the client, or 0 */
    int64_t since;
    uint64_t sent; /* bytes up to the moment "counted", and bytes a second since then */
    uint64_t received;
    uint64_t sent_rate;
    uint64_t received_rate;
    int64_t counted;
};

/* RasClient's events; Windows' list of messages (mprmsg.dll) has other names for them. */
enum event_id {
    EVENT_DIALLING = 20221,
    EVENT_TRYING_LINK,
    EVENT_LINK_UP,
    EVENT_LINK_ESTABLISHED,
    EVENT_CONNECTED,
    EVENT_ENDED, /* with a reason */
    EVENT_FAILED /* with an error */
};

/* LINGERING: dropped by the other side. ENDING: hung up. A client sees Disconnected for both. */
enum phase { DIALLING, CONNECTED, LINGERING, ENDING };

struct connection {
    struct connection *previous; /* in the order in which they were dialled */
    struct connection *next;
    size_t place; /* in the queue */
    int64_t due;  /* when it, or one of its links, goes on by itself: the earliest `until` */
    uint64_t handle;
    uint64_t serial;
    size_t entry;
    struct link *links;
    size_t link_count;
    uint32_t references;
    uint32_t error;
    RASCONNSUBSTATE substate;
    enum event_id logged; /* the last of the events of dialling that was written */
    uint32_t hung_up_by;  /* the client, or 0 */
    enum phase phase;
    int64_t since;
    int64_t until;
    int64_t shown_from;  /* enumerated from then on, once it is connected */
    int64_t hidden_from; /* not enumerated from then on, once it is disconnected */
    int64_t id_from;     /* with correlation-changes: has its correlation id from then on */
    BOOL silent_death;   /* the signal of its end was that of its death too */
    size_t step;         /* while it is dialling: which step of its entry's script */
    int64_t dial_time;   /* without a script: how long all the steps take */
    int64_t rest;        /* how long the step lasts once its notice has been given */
    uint32_t refused;    /* why the server does not let this client in, or 0 */
    BOOL retrying;       /* it asks the client for other credentials */
    uint32_t client;     /* which dialled it, and must hang up even if dialling fails; 0: another program */
    BOOL failed;         /* dialling has failed, and the client has not hung up */
    BOOL pauses;
    BOOL sets_callback;
    uint32_t hang_up_asked;  /* by that client, while the notifier is called: done when that has returned */
    struct notices *notices; /* for its notifiers, the last one first */
    char16_t phone_number[129];
};

/* What a client has given behind a structure: alternate phone numbers from `numbers` on. */
struct tail {
    wire_blob given;
    uint32_t numbers; /* given.size if there are none */
};

struct sub_entry {
    RASSUBENTRYW properties;
    struct tail tail;
};

/* An entry that is deleted keeps its place, for its connections and for the history. */
struct entry {
    sim_entry given;
    struct connection *connection; /* or NULL */
    BOOL deleted;
    RASENTRYW *properties; /* as a client set them; NULL: none has */
    struct tail tail;
    struct sub_entry *sub_entries; /* from the second on, once one of them was set */
    size_t sub_entry_count;
    char16_t keys[3][257]; /* pre-shared: the client's, the server's, and that of a demand-dial interface */
    BOOL port_stuck;
    sim_dial_step *script;
    size_t script_count;
    sim_credentials saved;
    wire_blob eap_data; /* the user data that clients have stored */
};

/* Places in an array, sorted by two texts of what is there, so that many are found fast. */
struct order {
    size_t *places;
    size_t count;
};

/* Which connection has a handle, or a link that has it: a hash table, half of which is empty at least. */
struct handles {
    struct {
        uint64_t handle;
        struct connection *connection;
    } *places;
    size_t room; /* a power of two */
    size_t count;
};

/* The two texts of what is at a place. */
typedef void (*order_texts)(size_t place, const char16_t *texts[2]);

struct scheduled {
    int64_t at;
    sim_action action;
};

struct registration {
    uint32_t client;
    uint32_t number; /* which that client gave it */
    uint64_t handle;
    DWORD flags;
    BOOL spent;
    int64_t held_until; /* SIM_NEVER: no signal is held back */
};

struct fault {
    uint32_t code;
    uint32_t times;
    BOOL met;
};

struct function {
    uint64_t calls;
    int64_t delay;
    struct fault *faults;
    size_t fault_count;
};

#define NO_HANDLE 0
/* What it is given to keep may not grow without end. A quarter of it is for the process that has the service alone. */
#define MOST_STORED ((size_t)128 << 20)
#define MOST_OF_OTHERS (MOST_STORED / 4 * 3)
/* So many faults has a function at most. */
#define MOST_FAULTS 4096
/* The number of the client in this process, among the service's clients. */
#define OWN_CLIENT 1
#define ALL_CLIENTS 0
/* So many registrations has a client at most. */
#define MOST_REGISTRATIONS 4096
#define MOST_IMPOSSIBLE 8

extern struct sim_state {
    SRWLOCK lock;
    uint32_t last_number;
    uint32_t running; /* the number of the service that runs, or 0 */
    BOOL joined;      /* it is another process's; nothing of it is here but the clock, */
    BOOL lost;        /* and that process is gone */
    uint32_t client;  /* whose request is performed */
    size_t unheard;   /* how many news clients in other processes have not heard */
    HANDLE changed;   /* set when a waiter parks or leaves, and when a notifier returns; made once */
    HANDLE earlier;   /* one sleeper is to keep the service's time anew; made once */

    struct entry *entries;
    size_t entry_count;
    struct order entry_order; /* by name and phone book, without those that are deleted */
    size_t stored;            /* bytes of what it was given to keep: entries, with all that they have, and plans */
    sim_device *devices;      /* besides the miniports; */
    size_t device_count;
    struct order device_order; /* by type and name */
    BOOL other_machine;        /* or, if sim_set_devices said so, instead of them */
    struct connection *first;  /* in the order in which they were dialled */
    struct connection *last;
    struct connection **queue; /* a heap of all of them: what is due first comes first */
    size_t connection_count;
    struct handles handles;
    struct scheduled *schedule; /* by moment; at one moment, in the order of sim_schedule */
    size_t schedule_count;
    size_t schedule_done; /* so many of them, the first ones */
    struct registration *registrations;
    size_t registration_count;
    rasapi_waiter *waiters;       /* parked by clock.c */
    struct passing *passing;      /* in a call that may end before its time; by clock.c */
    struct notices *late_notices; /* unanswered, and their connections are gone */
    uint32_t unanswered;          /* notices */
    uint32_t notifiers;           /* that the service knows */
    uint32_t notices_here;        /* those that notifiers of this process have not answered */
    struct function functions[FUNCTION_COUNT];
    BOOL quirks[QUIRK_COUNT];
    uint32_t growths;
    uint64_t grown;
    uint64_t visible_changes; /* counts every change that a client could see */
    uint32_t stopped;         /* what calls answer while RAS does not, or 0; */
    int64_t blocks;           /* and after how long */
    enum rasapi_rasman rasman;
    int64_t rasman_starts; /* how long it takes to start; SIM_NEVER: that is refused */
    int64_t rasman_runs;   /* STARTING: until when */

    sim_call *calls; /* a ring of SIM_LOG */
    uint64_t call_count;
    sim_change *history; /* a ring of SIM_LOG */
    uint64_t history_count;
    sim_change impossible[MOST_IMPOSSIBLE]; /* the first ones */
    uint32_t impossible_count;
    char16_t *events[SIM_EVENTS]; /* a ring: the Application log */
    uint64_t event_count;
    int64_t last_event; /* when, on the clock */
    int64_t begun_wall; /* what a wall clock showed at the beginning */
    int64_t slept;      /* for how long the machine has slept since then, */
    int64_t resumed;    /* and when it did last; what was due before happens then */

    /* These never start over, so that no handle of an ended simulator is given out again. */
    uint64_t next_handle;
    uint64_t last_dead_handle;
    uint64_t last_serial;
} sim;

/* A wait that nobody else can end is made in slices, and given up after about ten seconds. */
#define SLICE_MS 250
#define PATIENT_SLICES 40

/* ---- state.c; with the lock held, except for lock_state ---- */

void lock_state(void);
void unlock_state(void);
/* FALSE when memory is short. */
BOOL make_state_events(void);
/* Waits until sim.changed is set, for that much real time at most; meanwhile others can take the lock. */
void wait_for_change(DWORD ms);

/* Dialling ends with it: Connected, or an error. */
static inline BOOL is_last_notice(const service_news *notice) { return notice->error || (notice->state & RASCS_DONE); }

/* How the clients are told news: this process's own by client.c, those of other processes by server.c. NULL: they are
 * not there. With the lock held. */
typedef void client_ear(uint32_t client, const service_news *news);
extern client_ear *own_client_hears, *other_client_hears;
void tell_client(uint32_t client, const service_news *news);
/* Whether a client of another process has ended. NULL: there are none. With the lock held. */
extern BOOL (*other_client_over)(uint64_t client);
/* Counts that a client of another process keeps so much more, or less, and returns what all clients of that process
 * keep. NULL: there are none. With the lock held. */
extern size_t (*other_client_keeps)(uint32_t client, size_t more, size_t less);

/* The service ends: its clients in other processes are told so by server.c. NULL: there are none. With the lock held,
 * which others can take meanwhile. */
extern void (*service_ends)(void);

/* One more element at the end of an array that only this lengthens, zeroed; NULL when memory is short. */
void *append(void *array_pointer, size_t *count, size_t size);
void erase(void *array, size_t *count, size_t size, size_t number);
/* Whether somebody who has so much may have so many bytes more of what is left: nobody has more than is left for
 * others, so whoever comes last finds room, too. */
static inline BOOL is_fair(size_t has, size_t bytes, size_t left) {
    return bytes <= left && has <= left - bytes && bytes <= left - bytes - has;
}
/* Counts what is to be kept in sim.stored, for whoever asks. FALSE: there is no room for it, or not for that client. */
BOOL take_room(size_t bytes);
/* It is kept no more. */
void give_room(size_t bytes);

static inline int64_t later(int64_t moment, int64_t duration) {
    return duration > SIM_LATEST - moment ? SIM_NEVER : moment + duration;
}

BOOL same_text(const char16_t *a, const char16_t *b);
/* The rest of a path after a beginning, or NULL. */
const char16_t *path_after(const char16_t *path, const char16_t *beginning);
/* The first that is not before these texts. */
size_t order_find(const struct order *order, order_texts texts_of, const char16_t *first, const char16_t *second);
/* FALSE when memory is short. */
BOOL order_add(struct order *order, order_texts texts_of, size_t place);
void order_remove(struct order *order, order_texts texts_of, size_t place);
void order_forget(struct order *order);

/* For sim.entry_order. */
void texts_of_entry(size_t place, const char16_t *texts[2]);
/* In entry_order, where the entries begin that have the name, from that phone book on. */
size_t first_entry(const char16_t *name, const char16_t *phonebook);
/* A new entry with that name and phone book; NULL when memory is short, or take_room refuses. One that is deleted
 * stays, and so does its room. */
struct entry *append_entry(const sim_entry *given);
/* For control.c. By its name, in that phone book or, if it is empty, in the only one that has the name; spelled so, if
 * one is. */
DWORD find_entry(const char16_t *name, const char16_t *phonebook, size_t *found);
const sim_entry *entry_of(const struct connection *connection);
/* A new connection of an entry that has none, as the last one, with that handle; NULL when memory is short. It stays
 * where it is until free_connection. */
struct connection *append_connection(size_t entry, uint64_t handle);
/* FALSE when memory is short. */
BOOL append_link(struct connection *connection, uint64_t handle, struct link **link);
void free_connection(struct connection *connection);
/* The only way to set an `until` of the connection or of one of its links: the queue goes by them. */
void set_until(struct connection *connection, int64_t *until, int64_t moment);
struct connection *connection_of_entry(size_t entry);
struct connection *connection_of_handle(uint64_t handle);
struct link *link_of_handle(uint64_t handle, struct connection **connection);
/* The link that has that sub-entry number now; NULL if the number is unknown or its link is gone. */
struct link *link_of_number(const struct connection *connection, uint32_t number);
uint32_t highest_number(const struct connection *connection);
/* The lowest sub-entry that is connected. */
uint32_t first_number(const struct connection *connection);
uint32_t connected_links(const struct connection *connection);
uint32_t sub_entries(const struct connection *connection);
/* Its guidCorrelationId. */
void correlation_id_of(const struct connection *connection, uint8_t id[16]);
BOOL is_multilink(const struct connection *connection);

/* ---- notices.c; with the lock held ---- */

/* For a notifier that the client knows by that number; it is the connection's from now on. */
DWORD notices_begin(struct connection *connection, uint32_t client, uint32_t number);
/* FALSE: it has no notifier, or that gets no more notices. */
BOOL notices_tell(struct connection *connection, RASCONNSTATE state, uint32_t error);
/* No more than what its notifiers have been told. */
void notices_end(struct connection *connection);
/* The connection is about to be gone: no more than what has been made for its notifiers. */
void notices_finish(struct connection *connection);
/* The notifier has returned from what it was told; FALSE: it wants no more. 87: it was told nothing. */
DWORD notices_answered(uint32_t client, uint64_t handle, uint32_t number, BOOL goes_on);
/* That client has gone, or ALL_CLIENTS. */
void notices_forget(uint32_t client);
/* Whether a notifier of the connection is in a notice. */
BOOL notices_unanswered(const struct connection *connection);
/* Whether the first notice is still to come. */
BOOL notices_untold(const struct connection *connection);
/* Whether that is its notifier; 0: none. */
BOOL notices_are_for(const struct connection *connection, uint32_t client, uint32_t number);

/* ---- events.c; with the lock held ---- */

/* RasClient writes an event about a connection. */
void write_event(const struct connection *connection, enum event_id id, uint32_t code, int64_t now);
/* Somebody else does; the log keeps the text, which it frees. */
void keep_event(char16_t *xml);
/* The newest events, at most so many, newest first: a NUL after each. NULL when memory is short. */
char16_t *copy_events(DWORD most, size_t *length);
void clear_events(void);

/* ---- service.c; with the lock held ---- */

/* Does what is due by now, in the order in which it was due. */
void settle(int64_t now);
/* When settle will have something to do. */
int64_t next_due(void);
DWORD act(const sim_action *action, int64_t now, uint64_t *result);
DWORD start_rasman(int64_t now);
void forget_all_registrations(void);
/* That client is no longer there. */
void forget_client(uint32_t client);
void remove_connection(struct connection *connection);
sim_change *record(uint32_t what, const struct connection *connection, int64_t now);
RASCONNSTATE state_of(const struct connection *connection);
/* The dwError that its status shows. */
uint32_t error_of(const struct connection *connection);
BOOL is_projected(const struct connection *connection);
BOOL is_paused(const struct connection *connection);
/* The link's counters up to that moment. */
void count_traffic(struct link *link, int64_t now);
DWORD connect_entry(size_t entry, int64_t dial_time, uint32_t first, int64_t now, uint64_t *result);
/* Another program dials: it takes no notices, and the server lets it in. */
DWORD connect_for_other(size_t entry, int64_t dial_time, int64_t now, uint64_t *result);
sim_dial_step step_of(const struct connection *connection);
void enter_step(struct connection *connection, int64_t now);
void finish_step(struct connection *connection, int64_t now);
void fail_dialling(struct connection *connection, RASCONNSTATE state, uint32_t error, int64_t now);
void end_connection(struct connection *connection, enum phase phase, uint32_t error, int64_t now, int64_t until);

/* ---- clock.c ---- */

/* With the lock held. */
void clock_begin(double factor, BOOL automatic);
void clock_end(void);
int64_t clock_now(void);
/* After a change: does what is due at once, and tells sleepers that something may be due earlier. */
void clock_changed(void);
/* Whether this thread made a clock that stands still, and so moves it by waiting. */
BOOL clock_stands_here(void);
/* Does what is due by now, and returns how long to sleep until more is due, at most most_ms. */
DWORD clock_keep_time(DWORD most_ms);
/* RAS has set the event object that the client knows by that handle: whoever waits for it here is woken. */
void clock_signalled(HANDLE event);

/* Locks, with everything done that is due by now. */
void clock_lock(void);

/* Without the lock. Lets that much time pass for a call, or less if has_ended becomes true. */
void clock_pass(int64_t duration, BOOL (*has_ended)(uint64_t handle), uint64_t handle);
/* For the table. */
int64_t clock_locked_now(void);
int64_t clock_wall(void);
int64_t clock_suspended(void);
DWORD clock_wait(rasapi_waiter *waiter, const rasapi_wait *wait, DWORD slice_ms, DWORD *fired);
void clock_wake(rasapi_waiter *waiter, HANDLE event);
void clock_leave(rasapi_waiter *waiter);

/* The clock of a simulated service in another process: real time at its beginning, and the bits of its factor, which
 * are 0 for a clock that stands still. With the lock held. */
uint64_t clock_shared(int64_t *begun);
void clock_join(int64_t begun, int64_t begun_wall, uint64_t factor);
/* The machine of that other process has slept for so long, since the beginning. With the lock held. */
void clock_has_slept(int64_t slept);
/* That other process is gone: no wait here can hear of anything any more. With the lock held. */
void clock_lose_service(void);
/* Whether it stands still in that other process, which alone knows what it shows. Without the lock. */
BOOL clock_is_far(void);
/* This thread begins, or ends, to do what a maker of the clock has asked from there. With the lock held. */
void clock_asked_by_maker(BOOL begins);
/* For control.c, with the lock held. ERROR_INVALID_PARAMETER: a running clock, or a moment that is over. */
DWORD clock_advance(int64_t moment);
/* Waits, some seconds at most, until clients in other processes have heard all that they were told. */
void clock_all_heard(void);
/* Whether all that was woken, and who was told something, has done its work; else waits for a change first. */
BOOL clock_all_back(DWORD slice_ms);

/* ---- joined.c ---- */

/* Asks the service that this process has joined. FALSE: it has joined none. Without the lock. */
BOOL joined_ask(enum service_request request, void *asked, DWORD *answer);
DWORD join_service(const char *name, uint32_t *number);
/* With the lock held. First it is shut: whoever asks, or waits for an answer, is answered that it is not there. */
void shut_service(void);
void leave_service(void);

/* ---- client.c; with the lock held ---- */

/* A client_ear: what this process does with news. */
void client_hears(uint32_t client, const service_news *news);
/* What notifier.c does with them, once there is a notifier. */
extern client_ear *client_notifiers_hear;

/* ---- notifier.c; with the lock held ---- */

/* Ends all of them, and waits until they have ended; meanwhile others can take the lock. */
void notifier_finish_all(void);

/* ---- dialling.c; with the lock held ---- */

/* That client is not there any more: what it was dialling is hung up. */
void forget_client_dials(uint32_t client);
/* It has ended before what it hung up was gone, so those ports stay in an inconsistent state (RasHangUp's page). */
void leave_ports_stuck(uint32_t client);

/* ---- requests.c, dialling.c, phonebook.c and control.c ---- */

/* Performs a request of that client, and counts and logs it if it is a call. Without the lock. What is not performed,
 * because of a fault or as the client has refused it, has no answer but the number. */
DWORD perform(uint32_t client, enum service_request request, void *asked, BOOL *performed);
/* With the lock held, which those give up that wait; sim.client asks. Whatever changes something ends with
 * clock_changed. */
#define SERVICE_REQUEST(name) DWORD serve_##name(struct ask_##name *asked);
SERVICE_REQUESTS(SERVICE_REQUEST)
#undef SERVICE_REQUEST

/* ---- phonebook.c; with the lock held ---- */

/* 603 if a list is longer than there is room for. */
DWORD fits(uint32_t count, uint32_t has_buffer, uint32_t most);
/* An entry as a client names it. An empty phone book stands for those in the profiles; of two with the entry, the
 * user's comes first. `is_file`: the client sees a file at that path. */
DWORD find_for_client(const char16_t *name, const char16_t *phonebook, uint32_t is_file, size_t *found);
/* Whether RasDial was given what the entry's EAP method asks for: what RasGetEapUserIdentity gives, or the user data
 * that is stored with the entry. */
BOOL is_eap_info(const struct entry *entry, const wire_blob *info);
/* What clients have set and saved. */
void forget_kept(struct entry *entry);
/* The machine has that device too, or that of an entry. */
DWORD append_device(const sim_device *device);
DWORD add_device_of(const sim_entry *entry);

#endif
