/* What the simulator's RAS functions and the drop-in may ask of the simulated service. A request and its answer are
 * plain values: a connection is known by its handle, and nothing points into the service's state, so that the
 * service could as well be another process. */
#ifndef WINRAS_SIMULATOR_REQUESTS_H
#define WINRAS_SIMULATOR_REQUESTS_H

#include <stddef.h>

#include "layouts.h"
#include "rasapi.h"

#include "control.h"

/* ---- every call ---- */

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

typedef struct {
    sim_call call;
    uint32_t service; /* the number of the simulated service that it was made to */
} service_call;

/* Begins a call: counts it, and delays it if sim_delay said so. If it answers anything but 0, that is the result of
 * the call. service_leave logs the result and returns it. */
DWORD service_enter(service_call *call, enum sim_function function, uint64_t handle, uint32_t number);
DWORD service_leave(const service_call *call, DWORD result);

/* ---- the service manager ---- */

DWORD service_rasman_state(enum rasapi_rasman *state);
DWORD service_rasman_start_type(DWORD *start_type);
DWORD service_rasman_start(void);

/* ---- the event log ---- */

DWORD service_read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length);

/* ---- messages ---- */

/* The message for one of RAS's own numbers, and what comes behind it. */
DWORD service_message(uint32_t number, const char **text, const char **end);

/* ---- connections ---- */

/* A connection as the service tells it: it points to texts of the service, which are good only while it is told. Each
 * is an array, so that its length is checked when it is copied. */
typedef struct {
    uint64_t handle;
    uint64_t luid;
    uint32_t sub_entry;
    uint32_t flags;
    RASCONNSTATE state;
    RASCONNSUBSTATE substate;
    uint32_t error;
    uint8_t correlation_id[16];
    const sim_entry *entry; /* its name as RAS gives it */
    const char16_t (*device_type)[17];
    const char16_t (*phone_number)[129];
} service_connection;

/* Whom a request tells a connection; "to" is what it was given for that. It asks nothing of the service. */
typedef void service_teller(void *to, const service_connection *connection);

/* Tells those that are enumerated, one after the other, if they are at most so many; *count: how many they are. */
void service_list(DWORD most, service_teller *tell, void *to, DWORD *count);
/* Another connection comes up, if sim_grow asked for it. */
void service_grow(void);
DWORD service_status(uint64_t handle, service_teller *tell, void *to);
DWORD service_hang_up(uint64_t handle);
DWORD service_sub_entry(uint64_t handle, DWORD number, uint64_t *sub_handle);
/* The handle that stands for all connections. */
#define SERVICE_ALL UINT64_MAX
DWORD service_register(uint64_t handle, HANDLE event, DWORD flags);

/* ---- dialling ---- */

/* What RasDial is given; a text that is not given is empty. */
typedef struct {
    uint64_t handle; /* to go on from a paused state; else 0 */
    char16_t name[257];
    char16_t phonebook[260];
    char16_t phone_number[129];
    char16_t user[257];
    char16_t password[257];
    char16_t domain[16];
    BOOL eap; /* with the identity of RasGetEapUserIdentity, or the entry's user data */
    BOOL pauses;
    BOOL sets_callback; /* the client asked to be paused for its callback number */
    uint32_t sub_entry;
} service_dialling;

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

/* A handle in *stored must be hung up, whatever the answer is. */
DWORD service_dial(const service_dialling *dialling, const service_notifier *notifier, HRASCONN *stored);
/* The entry's EAP identity; 780 if it needs none. */
DWORD service_eap_user(const char16_t *name, const char16_t *phonebook, char16_t user[257]);
/* Copies the EAP user data that is stored with the entry, *size bytes or none. 603, and how many there are, if the
 * buffer is too small. */
DWORD service_get_eap_data(const char16_t *name, const char16_t *phonebook, BYTE *data, DWORD *size);
DWORD service_set_eap_data(const char16_t *name, const char16_t *phonebook, const BYTE *data, DWORD size);

/* ---- credentials ---- */

/* The handle that stands for a saved password (RasSetCredentials's page). */
#define SERVICE_PASSWORD_HANDLE u"****************"

/* Those flags of a mask that mean a pre-shared key, which is in credentials->password then. */
#define SERVICE_KEYS (RASCM_PreSharedKey | RASCM_ServerPreSharedKey | RASCM_DDMPreSharedKey)

/* Gives those in credentials->mask, which becomes what there is, with a handle for the password. An empty phone book
 * stands for those in the profiles. */
DWORD service_get_credentials(const char16_t *phonebook, const char16_t *name, sim_credentials *credentials);
/* Saves those in credentials->mask; a handle leaves the password as it is, and with `clears` there are none any more.
 */
DWORD service_set_credentials(const char16_t *phonebook, const char16_t *name, const sim_credentials *credentials,
                              BOOL clears);

/* ---- statistics and projections ---- */

typedef struct {
    uint64_t sent;
    uint64_t received;
    uint64_t frames_sent;
    uint64_t frames_received;
    int64_t duration;
    uint64_t bps;
} service_traffic;

/* Number 0 stands for the whole connection. */
DWORD service_get_traffic(uint64_t handle, uint32_t number, service_traffic *traffic);
DWORD service_clear_traffic(uint64_t handle, uint32_t number);

typedef struct {
    sim_entry entry;
    BOOL multilink;
    BOOL bundled;
} service_projection;

/* 730 while dialling has not come to Projected. */
DWORD service_get_projection(uint64_t handle, service_projection *projection);

/* ---- phone books ---- */

typedef struct {
    char16_t name[257];
    char16_t phonebook[261]; /* as long as RASENTRYNAME has it */
    BOOL all_users;          /* it is in the profile of all users */
} service_entry_name;

/* Lists one phone book or, if it is empty, those in the profiles. The caller frees *entries. */
DWORD service_list_entries(const char16_t *phonebook, service_entry_name **entries, DWORD *count);

/* What follows a structure in a client's buffer: alternate phone numbers from `numbers` on, and before them whatever
 * else it is, which is kept as it is. */
typedef struct {
    BYTE *bytes;
    DWORD size;
    DWORD numbers; /* `size` if there are none */
} service_tail;

/* 123: the name is not valid; 183: there is an entry of that name. */
DWORD service_validate_name(const char16_t *phonebook, const char16_t *name);
/* The largest RASENTRY that is accepted. */
DWORD service_entry_size(void);
/* An entry, or without a name what an entry has that nobody has set. The caller frees tail->bytes. */
DWORD service_get_entry(const char16_t *phonebook, const char16_t *name, RASENTRYW *properties, service_tail *tail);
/* Makes an entry or changes one; of the structure, `size` bytes are given. An empty phone book stands, for a new
 * entry, for the user's. */
DWORD service_set_entry(const char16_t *phonebook, const char16_t *name, const RASENTRYW *properties, DWORD size,
                        const service_tail *tail);
DWORD service_delete_entry(const char16_t *phonebook, const char16_t *name);
DWORD service_rename_entry(const char16_t *phonebook, const char16_t *name, const char16_t *new_name);
DWORD service_get_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number, RASSUBENTRYW *properties,
                            service_tail *tail);
DWORD service_set_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number,
                            const RASSUBENTRYW *properties, const service_tail *tail);
DWORD service_delete_sub_entry(const char16_t *phonebook, const char16_t *name, DWORD number);
/* Whether szDeviceName may be left empty. */
BOOL service_needs_device_name(void);

/* The caller frees *devices. */
DWORD service_list_devices(sim_device **devices, DWORD *count);

#endif
