/* What can be asked of the simulated service: by its RAS functions and the drop-in (calls), and by tests (control.h).
 * Each is one request and one answer of plain values: a connection is known by its handle, an event object and a
 * notifier by numbers that the client gives them. So the service can as well be another process. */
#ifndef WINRAS_SIMULATOR_REQUESTS_H
#define WINRAS_SIMULATOR_REQUESTS_H

#include <stddef.h>

#include "layouts.h"
#include "rasapi.h"

#include "control.h"
#include "wire.h"

/* ---- every request ---- */

/* The functions whose calls are counted and logged and can be made to fail: all that return a code. */
#define SIM_FUNCTION_DWORD(number) number,
#define SIM_FUNCTION_void(number)
#define SIM_FUNCTION(result, name, form, parameters) SIM_FUNCTION_##result(FUNCTION_##name)
/* And those of Windows that are not RAS's: of the service manager and the event log. */
#define SIM_WINDOWS_FUNCTIONS(X) X(QueryServiceStatusEx) X(StartService) X(EvtQuery)
#define SIM_WINDOWS_FUNCTION(name) FUNCTION_##name,
enum sim_function {
    RASAPI_FUNCTIONS(SIM_FUNCTION, RASAPI_NOTHING) SIM_WINDOWS_FUNCTIONS(SIM_WINDOWS_FUNCTION) FUNCTION_COUNT
};
#undef SIM_FUNCTION_DWORD
#undef SIM_FUNCTION_void
#undef SIM_FUNCTION
#undef SIM_WINDOWS_FUNCTION

/* Which call it is. What tests ask is none: its function is FUNCTION_COUNT. */
#define FIELDS_service_call(FIELD)                                                          \
    FIELD(NUMBER, uint32_t, function)                                                       \
    FIELD(NUMBER, uint32_t, number)                                                         \
    FIELD(NUMBER, uint64_t, handle)                                                         \
    FIELD(NUMBER, uint32_t, refused)    /* what the client has found wrong with it, or 0 */ \
    FIELD(NUMBER, uint32_t, moves_time) /* the thread that asks moves a clock that stands still, from afar */
typedef struct {
    FIELDS_service_call(WIRE_MEMBER)
} service_call;

/* ---- records ---- */

/* The handle that stands for all connections. */
#define SERVICE_ALL UINT64_MAX

#define FIELDS_service_connection(FIELD) \
    FIELD(NUMBER, uint64_t, handle)      \
    FIELD(NUMBER, uint64_t, luid)        \
    FIELD(NUMBER, uint32_t, sub_entry)   \
    FIELD(NUMBER, uint32_t, flags)       \
    FIELD(NUMBER, uint32_t, state)       \
    FIELD(NUMBER, uint32_t, substate)    \
    FIELD(NUMBER, uint32_t, error)       \
    FIELD(BYTES, 16, correlation_id)     \
    FIELD(BYTES, 16, entry_id)           \
    FIELD(TEXT, 257, name)               \
    FIELD(TEXT, 260, phonebook)          \
    FIELD(TEXT, 17, device_type)         \
    FIELD(TEXT, 129, device_name)        \
    FIELD(TEXT, 129, phone_number)       \
    FIELD(RECORD, sim_endpoint, local)   \
    FIELD(RECORD, sim_endpoint, remote)

/* What RasDial is given; a text that is not given is empty. */
#define FIELDS_service_dialling(FIELD)                                                         \
    FIELD(NUMBER, uint64_t, handle) /* to go on from a paused state; else 0 */                 \
    FIELD(TEXT, 257, name)                                                                     \
    FIELD(TEXT, 260, phonebook)                                                                \
    FIELD(NUMBER, uint32_t, is_file) /* there is one at that path */                           \
    FIELD(TEXT, 129, phone_number)                                                             \
    FIELD(TEXT, 257, user)                                                                     \
    FIELD(TEXT, 257, password)                                                                 \
    FIELD(TEXT, 16, domain)                                                                    \
    FIELD(NUMBER, uint32_t, pauses)                                                            \
    FIELD(NUMBER, uint32_t, sets_callback) /* it asked to be paused for its callback number */ \
    FIELD(NUMBER, uint32_t, sub_entry)

#define FIELDS_service_traffic(FIELD)        \
    FIELD(NUMBER, uint64_t, sent)            \
    FIELD(NUMBER, uint64_t, received)        \
    FIELD(NUMBER, uint64_t, frames_sent)     \
    FIELD(NUMBER, uint64_t, frames_received) \
    FIELD(NUMBER, int64_t, duration)         \
    FIELD(NUMBER, uint64_t, bps)

#define FIELDS_service_projection(FIELD)                                                         \
    FIELD(RECORD, sim_entry, entry)                                                              \
    FIELD(NUMBER, uint32_t, ipv4_servers) /* so many of its more_servers have such an address */ \
    FIELD(NUMBER, uint32_t, ipv6_servers)                                                        \
    FIELD(NUMBER, uint32_t, multilink)                                                           \
    FIELD(NUMBER, uint32_t, bundled)

#define FIELDS_service_entry_name(FIELD)                                    \
    FIELD(TEXT, 257, name)                                                  \
    FIELD(TEXT, 261, phonebook)        /* as long as RASENTRYNAME has it */ \
    FIELD(NUMBER, uint32_t, all_users) /* it is in the profile of all users */

/* What the service tells a client without being asked. A signal: RAS sets the event object of that registration. A
 * notice: RasDial's notifier of that number is called, and dialling does not go on until it has returned. The end of
 * either number, or of the service: there will be no more. The handle of what a RasDial dials that waits for the end.
 * And, as the handle, for how long the machine has slept since the beginning. */
enum {
    NEWS_SIGNAL = 1,
    NEWS_REGISTRATION_ENDS,
    NEWS_NOTICE,
    NEWS_NOTIFIER_ENDS,
    NEWS_DIALLED,
    NEWS_SLEPT,
    NEWS_SERVICE_ENDS
};
#define FIELDS_service_news(FIELD)  \
    FIELD(NUMBER, uint32_t, what)   \
    FIELD(NUMBER, uint32_t, number) \
    FIELD(NUMBER, uint64_t, handle) \
    FIELD(NUMBER, uint32_t, state)  \
    FIELD(NUMBER, uint32_t, error)  \
    FIELD(NUMBER, uint32_t, sub_entry)

#define SERVICE_RECORDS(X) \
    X(service_connection)  \
    X(service_dialling)    \
    X(service_traffic)     \
    X(service_projection)  \
    X(service_entry_name)  \
    X(service_news)
#define SERVICE_RECORD(type)       \
    typedef struct {               \
        FIELDS_##type(WIRE_MEMBER) \
    } type;
SERVICE_RECORDS(SERVICE_RECORD)
#undef SERVICE_RECORD

/* How much may follow a RASENTRY or a RASSUBENTRY, and how long EAP data may be: more than any client gives. */
#define SERVICE_MOST_BYTES (1u << 19)

/* ---- the requests ---- */

/* Each is REQUEST_name(IN, OUT): the fields that are given, and those of the answer. All answer an error number
 * besides. What a call is about is in its service_call too: a handle, and a number. */

/* ras_connections.c */
/* `most`: for how many there is room; 603 if that is not enough, and in `count` how many there are. */
#define REQUEST_enumerate_connections(IN, OUT) \
    IN(NUMBER, uint32_t, has_buffer)           \
    IN(NUMBER, uint32_t, most)                 \
    OUT(NUMBER, uint32_t, count)               \
    OUT(LIST, service_connection, connections)
#define REQUEST_get_status(IN, OUT) OUT(RECORD, service_connection, connection)
#define REQUEST_hang_up(IN, OUT)
/* `event` is the registration's number, which the client gives; `number` of the call are its flags. */
#define REQUEST_register_event(IN, OUT) IN(NUMBER, uint32_t, event)
#define REQUEST_get_sub_handle(IN, OUT) OUT(NUMBER, uint64_t, sub_handle)
/* `room`: in characters, with the NUL; 122 if that is not enough. */
#define SERVICE_MESSAGE 512
#define REQUEST_get_message(IN, OUT) \
    IN(NUMBER, uint32_t, room)       \
    OUT(TEXT, SERVICE_MESSAGE, text)

/* ras_statistics.c */
/* Number 0 stands for the whole connection. */
#define REQUEST_get_traffic(IN, OUT) OUT(RECORD, service_traffic, traffic)
#define REQUEST_clear_traffic(IN, OUT)

/* ras_projection.c */
/* The call's number is one protocol of PPP, or 0 for all that was negotiated, which may be longer than `size`, its
 * structure's. `needed`: so many bytes, if there is anything; 603 if that is more than `room`, else `unfit`. */
#define REQUEST_get_projection(IN, OUT) \
    IN(NUMBER, uint32_t, size)          \
    IN(NUMBER, uint32_t, room)          \
    IN(NUMBER, uint32_t, unfit)         \
    OUT(NUMBER, uint32_t, needed)       \
    OUT(RECORD, service_projection, projection)

/* table.c */
#define REQUEST_get_rasman(IN, OUT) OUT(NUMBER, uint32_t, state)
#define REQUEST_start_rasman(IN, OUT)
/* The newest events, at most so many, newest first: a NUL after each. */
#define SERVICE_MOST_EVENTS (1u << 25)
#define REQUEST_read_events(IN, OUT) \
    IN(NUMBER, uint32_t, most)       \
    OUT(BLOB, SERVICE_MOST_EVENTS, texts)

/* ras_phonebook.c, ras_entries.c, ras_credentials.c, and of ras_dial.c what is about EAP */
/* A phone book by its path; an empty one stands for those in the profiles and, for a new entry, for the user's. Whether
 * there is a file is looked up by the client, whose folder and drives the service need not have. What is too long stays
 * so: there is room for one unit more than Windows allows. */
#define NAMED_PHONEBOOK(IN)           \
    IN(TEXT, MAX_PATH + 1, phonebook) \
    IN(NUMBER, uint32_t, is_file)
#define NAMED_ENTRY(IN) \
    NAMED_PHONEBOOK(IN) \
    IN(TEXT, RAS_MaxEntryName + 2, name)
#define REQUEST_enumerate_entries(IN, OUT) \
    NAMED_PHONEBOOK(IN)                    \
    IN(NUMBER, uint32_t, has_buffer)       \
    IN(NUMBER, uint32_t, most)             \
    OUT(NUMBER, uint32_t, count)           \
    OUT(LIST, service_entry_name, entries)
#define REQUEST_enumerate_devices(IN, OUT) \
    IN(NUMBER, uint32_t, has_buffer)       \
    IN(NUMBER, uint32_t, most)             \
    OUT(NUMBER, uint32_t, count)           \
    OUT(LIST, sim_device, devices)
/* 123: the name is not valid; 183: there is an entry of that name. */
#define REQUEST_validate_name(IN, OUT) NAMED_ENTRY(IN)
/* An entry or, without a name, what an entry has that nobody has set. The properties are followed by the tail, from
 * properties.dwAlternateOffset on alternate phone numbers; what comes before them is kept as it is. 603 if all that,
 * which is `needed` bytes, is more than `room`. */
#define REQUEST_get_entry(IN, OUT)                                                      \
    NAMED_ENTRY(IN)                                                                     \
    IN(NUMBER, uint32_t, size) /* of the client's structure; 0: the largest accepted */ \
    IN(NUMBER, uint32_t, room)                                                          \
    OUT(NUMBER, uint32_t, needed)                                                       \
    OUT(RAW, RASENTRYW, properties)                                                     \
    OUT(BLOB, SERVICE_MOST_BYTES, tail)
/* Makes an entry or changes one; of the structure, `size` bytes are given. */
#define REQUEST_set_entry(IN, OUT) \
    NAMED_ENTRY(IN)                \
    IN(NUMBER, uint32_t, size)     \
    IN(RAW, RASENTRYW, properties) \
    IN(BLOB, SERVICE_MOST_BYTES, tail)
#define REQUEST_delete_entry(IN, OUT) NAMED_ENTRY(IN)
#define REQUEST_rename_entry(IN, OUT) \
    NAMED_ENTRY(IN)                   \
    IN(TEXT, RAS_MaxEntryName + 2, new_name)
#define REQUEST_get_sub_entry(IN, OUT) \
    NAMED_ENTRY(IN)                    \
    IN(NUMBER, uint32_t, room)         \
    OUT(NUMBER, uint32_t, needed)      \
    OUT(RAW, RASSUBENTRYW, properties) \
    OUT(BLOB, SERVICE_MOST_BYTES, tail)
#define REQUEST_set_sub_entry(IN, OUT) \
    NAMED_ENTRY(IN)                    \
    IN(RAW, RASSUBENTRYW, properties)  \
    IN(BLOB, SERVICE_MOST_BYTES, tail)
#define REQUEST_delete_sub_entry(IN, OUT) NAMED_ENTRY(IN)

/* The handle that stands for a saved password (RasSetCredentials's page). */
#define SERVICE_PASSWORD_HANDLE u"****************"
/* Those of `mask`, of which credentials.mask says what there is, with a handle for the password. A pre-shared key is in
 * credentials.password. */
#define REQUEST_get_credentials(IN, OUT) \
    NAMED_ENTRY(IN)                      \
    IN(NUMBER, uint32_t, mask)           \
    OUT(RECORD, sim_credentials, credentials)
/* Saves those in credentials.mask; a handle leaves the password as it is, and with `clears` there are none any more. */
#define REQUEST_set_credentials(IN, OUT)     \
    NAMED_ENTRY(IN)                          \
    IN(RECORD, sim_credentials, credentials) \
    IN(NUMBER, uint32_t, clears)
/* What is empty stays as it is, and without a user so does the password. */
#define REQUEST_set_dial_params(IN, OUT)     \
    NAMED_ENTRY(IN)                          \
    IN(RECORD, sim_credentials, credentials) \
    IN(NUMBER, uint32_t, removes_password)

/* 780 if the entry needs no identity. */
#define REQUEST_get_eap_identity(IN, OUT) \
    NAMED_ENTRY(IN)                       \
    OUT(TEXT, 257, user)                  \
    OUT(BLOB, SERVICE_MOST_BYTES, info)
/* The user data that is stored with the entry, of any user: 603 if there are more than `room`. */
#define REQUEST_get_eap_data(IN, OUT) \
    NAMED_ENTRY(IN)                   \
    IN(NUMBER, uint32_t, room)        \
    OUT(NUMBER, uint32_t, needed)     \
    OUT(BLOB, SERVICE_MOST_BYTES, data)
#define REQUEST_set_eap_data(IN, OUT) \
    NAMED_ENTRY(IN)                   \
    IN(BLOB, SERVICE_MOST_BYTES, data)

/* ras_dial.c and notifier.c */
/* `notifier` is its number, which the client gives. If it `waits`, there is none: the number is told the handle at
 * once, and the answer comes when dialling has ended. A handle in the answer must be hung up, whatever the error
 * number is. */
#define REQUEST_dial(IN, OUT)              \
    IN(RECORD, service_dialling, dialling) \
    IN(BLOB, SERVICE_MOST_BYTES, eap_info) \
    IN(NUMBER, uint32_t, notifier)         \
    IN(NUMBER, uint32_t, waits)            \
    OUT(NUMBER, uint64_t, handle)
/* The call's number is that of a notifier, which has returned from a notice of the call's connection. */
#define REQUEST_notified(IN, OUT) IN(NUMBER, uint32_t, goes_on) /* it wants further notices */

/* control.c: what sim_* asks. No call of RAS: its function is FUNCTION_COUNT. */
#define REQUEST_clear(IN, OUT)
#define REQUEST_add_entry(IN, OUT) IN(RECORD, sim_entry, entry)
#define REQUEST_read_entry(IN, OUT) \
    IN(NUMBER, uint32_t, number)    \
    OUT(RECORD, sim_entry, entry)
#define REQUEST_set_devices(IN, OUT) IN(ARRAY, sim_device, devices)
#define REQUEST_save_credentials(IN, OUT) \
    IN(TEXT, 257, name)                   \
    IN(TEXT, 260, phonebook)              \
    IN(RECORD, sim_credentials, credentials)
#define REQUEST_set_dial_script(IN, OUT) \
    IN(TEXT, 257, name)                  \
    IN(TEXT, 260, phonebook)             \
    IN(ARRAY, sim_dial_step, steps)
#define REQUEST_act(IN, OUT)       \
    IN(RECORD, sim_action, action) \
    OUT(NUMBER, uint64_t, result)
#define REQUEST_schedule(IN, OUT) \
    IN(NUMBER, int64_t, at)       \
    IN(RECORD, sim_action, action)
#define REQUEST_client_leaves(IN, OUT)
#define REQUEST_write_event(IN, OUT) IN(BLOB, SIM_EVENT_UNITS * sizeof(char16_t), xml) /* without a NUL */
#define REQUEST_set_quirk(IN, OUT) \
    IN(NUMBER, uint32_t, number)   \
    IN(NUMBER, uint32_t, on)
#define REQUEST_has_quirk(IN, OUT) \
    IN(NUMBER, uint32_t, number)   \
    OUT(NUMBER, uint32_t, on)
#define REQUEST_fail(IN, OUT)      \
    IN(NUMBER, uint32_t, function) \
    IN(NUMBER, uint32_t, code)     \
    IN(NUMBER, uint32_t, times)
#define REQUEST_clear_faults(IN, OUT)
#define REQUEST_delay(IN, OUT)     \
    IN(NUMBER, uint32_t, function) \
    IN(NUMBER, int64_t, duration)
#define REQUEST_read_function(IN, OUT) \
    IN(NUMBER, uint32_t, function)     \
    OUT(NUMBER, uint64_t, calls)       \
    OUT(NUMBER, uint32_t, unmet)
#define REQUEST_grow(IN, OUT) IN(NUMBER, uint32_t, times)
#define REQUEST_read_growth(IN, OUT) OUT(NUMBER, uint32_t, ungrown)
#define REQUEST_count_registrations(IN, OUT) OUT(NUMBER, uint32_t, count)
/* From the number-th on, at most so many; in `count`, how many there have been. */
#define REQUEST_read_calls(IN, OUT) \
    IN(NUMBER, uint64_t, number)    \
    IN(NUMBER, uint32_t, most)      \
    OUT(NUMBER, uint64_t, count)    \
    OUT(LIST, sim_call, calls)
#define REQUEST_read_changes(IN, OUT) \
    IN(NUMBER, uint64_t, number)      \
    IN(NUMBER, uint32_t, most)        \
    OUT(NUMBER, uint64_t, count)      \
    OUT(LIST, sim_change, changes)
#define REQUEST_read_impossible(IN, OUT) OUT(LIST, sim_change, changes)
#define REQUEST_read_connections(IN, OUT) OUT(LIST, sim_connection, connections)
#define REQUEST_now(IN, OUT) OUT(NUMBER, int64_t, now)
#define REQUEST_advance_to(IN, OUT) IN(NUMBER, int64_t, moment)
#define REQUEST_wait_woken(IN, OUT) IN(NUMBER, uint32_t, slice_ms)

#define SERVICE_REQUESTS(X)  \
    X(enumerate_connections) \
    X(get_status)            \
    X(hang_up)               \
    X(register_event)        \
    X(dial)                  \
    X(notified)              \
    X(get_sub_handle)        \
    X(get_message)           \
    X(get_traffic)           \
    X(clear_traffic)         \
    X(get_projection)        \
    X(get_rasman)            \
    X(start_rasman)          \
    X(read_events)           \
    X(enumerate_entries)     \
    X(enumerate_devices)     \
    X(validate_name)         \
    X(get_entry)             \
    X(set_entry)             \
    X(delete_entry)          \
    X(rename_entry)          \
    X(get_sub_entry)         \
    X(set_sub_entry)         \
    X(delete_sub_entry)      \
    X(get_credentials)       \
    X(set_credentials)       \
    X(set_dial_params)       \
    X(get_eap_identity)      \
    X(get_eap_data)          \
    X(set_eap_data)          \
    CONTROL_REQUESTS(X)

#define CONTROL_REQUESTS(X) \
    X(clear)                \
    X(add_entry)            \
    X(read_entry)           \
    X(set_devices)          \
    X(save_credentials)     \
    X(set_dial_script)      \
    X(act)                  \
    X(schedule)             \
    X(client_leaves)        \
    X(write_event)          \
    X(set_quirk)            \
    X(has_quirk)            \
    X(fail)                 \
    X(clear_faults)         \
    X(delay)                \
    X(read_function)        \
    X(grow)                 \
    X(read_growth)          \
    X(count_registrations)  \
    X(read_calls)           \
    X(read_changes)         \
    X(read_impossible)      \
    X(read_connections)     \
    X(now)                  \
    X(advance_to)           \
    X(wait_woken)

#define SERVICE_REQUEST(name)                    \
    struct ask_##name {                          \
        service_call call;                       \
        REQUEST_##name(WIRE_MEMBER, WIRE_MEMBER) \
    };
SERVICE_REQUESTS(SERVICE_REQUEST)
#undef SERVICE_REQUEST

#define SERVICE_REQUEST(name) ASK_##name,
enum service_request { SERVICE_REQUESTS(SERVICE_REQUEST) REQUEST_COUNT };
#undef SERVICE_REQUEST

/* Asks the service that runs: the one in this process, or the one that it has joined. "asked" is that request's
 * structure, and gets the answer (client.c). */
DWORD ask_service(enum service_request request, void *asked);
/* Called before each request; the drop-in sets it. */
extern void (*client_begins)(void);

#define SERVICE_REQUEST(name) \
    static inline DWORD ask_##name(struct ask_##name *asked) { return ask_service(ASK_##name, asked); }
SERVICE_REQUESTS(SERVICE_REQUEST)
#undef SERVICE_REQUEST

/* ---- the client's registrations: client.c ---- */

/* The number under which this process has the event object's signals, or an error. */
DWORD client_add_event(HANDLE event, uint32_t *number);
void client_remove_event(uint32_t number);

/* ---- the client's notifiers: notifier.c ---- */

#define NOTIFIER_WINDOW 0xFFFFFFFF
typedef struct {
    DWORD type;      /* of RasDialFunc, 0, to RasDialFunc2, 2, or NOTIFIER_WINDOW */
    LPVOID function; /* or the window; NULL: none */
    ULONG_PTR id;
} service_notifier;

/* Sends a notice to a window. The drop-in sets it, because only foreign clients have windows; while it is NULL,
 * windows are not simulated. */
typedef void service_window(HWND window, RASCONNSTATE state, DWORD error);
extern service_window *notifier_window;

/* The number by which the service knows it from now on, or an error. None: for a RasDial that waits. */
DWORD notifier_begin(const service_notifier *given, HRASCONN *stored, uint32_t *number);
/* What the service has answered to RasDial with it. */
void notifier_dialled(uint32_t number, uint64_t handle, DWORD code);
/* The number of that one, if the connection was dialled with it; else one that the service does not know. */
uint32_t notifier_of(uint64_t handle, const service_notifier *given);
/* Whether this thread is that of a notifier, in a notice. */
BOOL notifier_is_here(void);

#endif
