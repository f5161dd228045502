/* What drives the simulator (control.h says what each function does), except time, which clock.c moves. Tests and
 * winras.testing are the other programs, the remote side and the person at the machine. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

static void free_logs(void) {
    free(sim.calls);
    free(sim.history);
    sim.calls = NULL;
    sim.history = NULL;
    sim.call_count = sim.history_count = 0;
}

static BOOL make_logs(void) {
    sim.calls = calloc(SIM_LOG, sizeof(*sim.calls));
    sim.history = calloc(SIM_LOG, sizeof(*sim.history));
    if (!sim.calls || !sim.history) {
        free_logs();
        return FALSE;
    }
    return TRUE;
}

uint32_t sim_begin(double factor, uint32_t automatic, uint32_t *number) {
    uint32_t begun = 0;

    lock_state();
    if (!sim.running && make_state_events() && make_logs()) {
        begun = *number = sim.running = ++sim.last_number;
        sim.rasman = RASMAN_RUNNING;
        own_client_hears = client_hears;
        clock_begin(factor, automatic != 0);
    }
    unlock_state();
    return begun;
}

static void clear_state(void) {
    while (sim.last) {
        remove_connection(sim.last);
    }
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        free(sim.functions[i].faults);
    }
    for (size_t i = 0; i < sim.entry_count; i++) {
        free(sim.entries[i].script);
        forget_kept(&sim.entries[i]);
        SecureZeroMemory(&sim.entries[i], sizeof(sim.entries[i]));
    }
    free(sim.queue);
    free(sim.handles.places);
    free(sim.entries);
    free(sim.schedule);
    free(sim.devices);
    order_forget(&sim.entry_order);
    order_forget(&sim.device_order);
    sim.queue = NULL;
    memset(&sim.handles, 0, sizeof(sim.handles));
    sim.entries = NULL;
    sim.schedule = NULL;
    sim.devices = NULL;
    sim.stored = 0;
    sim.entry_count = sim.schedule_count = sim.schedule_done = sim.device_count = 0;
    sim.other_machine = FALSE;
    memset(sim.functions, 0, sizeof(sim.functions));
    memset(sim.quirks, 0, sizeof(sim.quirks));
    sim.growths = 0;
    sim.grown = 0;
    sim.stopped = 0;
    sim.blocks = 0;
    sim.rasman = RASMAN_RUNNING;
    sim.impossible_count = 0;
    clear_events();
    sim.last_dead_handle = NO_HANDLE;
}

static void end_running(void) {
    leave_service();
    sim.running = 0;
    clock_end();
    if (service_ends) {
        service_ends();
    }
    clear_state();
    notices_forget(ALL_CLIENTS);
    forget_all_registrations();
    free_logs();
    free(sim.registrations);
    sim.registrations = NULL;
}

void sim_end(uint32_t *number) {
    uint32_t ended;

    lock_state();
    ended = *number;
    if (ended && ended == sim.running) {
        shut_service();
        notifier_finish_all();
    }
    /* Meanwhile others could take the lock, and end it too. */
    if (ended && ended == sim.running) {
        end_running();
    }
    *number = 0;
    unlock_state();
}

/* ---- requests ---- */

/* A request that is no call of RAS. */
#define NO_CALL .call = {.function = FUNCTION_COUNT}

/* A text that the caller gives goes into its room; FALSE if it is too long for that. */
static BOOL put_text(char16_t *room, size_t units, const char16_t *text) {
    size_t length = 0;

    while (text[length]) {
        length++;
    }
    if (length >= units) {
        return FALSE;
    }
    memcpy(room, text, (length + 1) * sizeof(*text));
    return TRUE;
}

/* A wire_taker that copies items to where there is room. */
struct reading {
    char *next;
    size_t size;
    uint32_t room;
    uint32_t count;
};

static void read_item(void *to, const void *item) {
    struct reading *reading = to;

    if (reading->count++ < reading->room) {
        memcpy(reading->next, item, reading->size);
        reading->next += reading->size;
    }
}

static uint32_t has_read(const struct reading *reading) {
    return reading->count < reading->room ? reading->count : reading->room;
}

#define READING(array, most) {.next = (char *)(array), .size = sizeof(*(array)), .room = (most)}
#define READ_BY(reading) {.take = read_item, .to = &(reading)}

uint32_t sim_clear(void) {
    struct ask_clear asked = {NO_CALL};

    return ask_clear(&asked);
}

DWORD serve_clear(struct ask_clear *asked) {
    (void)asked;
    clear_state();
    for (size_t i = 0; i < sim.registration_count; i++) {
        sim.registrations[i].spent = FALSE;
        sim.registrations[i].held_until = SIM_NEVER;
    }
    return ERROR_SUCCESS;
}

/* ---- phone books ---- */

/* The entry's name as RAS enumerates it: that of a direct dial is "." and its phone number
 * (RasEnumConnections's page). */
static void name_entry(sim_entry *entry) {
    if (entry->name[0] == 0 && entry->phone_number[0] != 0) {
        entry->name[0] = u'.';
        memcpy(entry->name + 1, entry->phone_number, sizeof(entry->phone_number));
    }
}

uint32_t sim_add_entry(const sim_entry *entry) {
    struct ask_add_entry asked = {NO_CALL, .entry = *entry};

    return ask_add_entry(&asked);
}

DWORD serve_add_entry(struct ask_add_entry *asked) {
    sim_entry *named = &asked->entry;
    DWORD code;
    size_t same;

    if (named->dial_time < 0 || named->hang_up_time < 0 || named->sub_entries > SIM_SUB_ENTRIES) {
        return ERROR_INVALID_PARAMETER;
    }
    name_entry(named);
    same = first_entry(named->name, named->phonebook);
    if (same < sim.entry_order.count) {
        const sim_entry *other = &sim.entries[sim.entry_order.places[same]].given;

        if (same_caseless(other->name, named->name) && same_caseless(other->phonebook, named->phonebook)) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    code = add_device_of(named);
    if (!code && !append_entry(named)) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    return code;
}

uint32_t sim_set_entry(const char16_t *name, const char16_t *phonebook, const uint8_t *bytes, uint32_t size) {
    struct ask_set_entry asked = {NO_CALL, .size = WINRAS_ENTRY_SIZE};

    if (!put_text(asked.name, COUNT(asked.name), name) ||
        !put_text(asked.phonebook, COUNT(asked.phonebook), phonebook) || size < WINRAS_ENTRY_SIZE) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(&asked.properties, bytes, sizeof(asked.properties));
    asked.tail.bytes = (uint8_t *)bytes + WINRAS_ENTRY_SIZE;
    asked.tail.size = size - WINRAS_ENTRY_SIZE;
    return ask_set_entry(&asked);
}

uint32_t sim_read_entry(uint32_t number, sim_entry *entry) {
    struct ask_read_entry asked = {NO_CALL, .number = number};
    DWORD code = ask_read_entry(&asked);

    if (!code) {
        *entry = asked.entry;
    }
    return code;
}

DWORD serve_read_entry(struct ask_read_entry *asked) {
    if (asked->number >= sim.entry_count) {
        return ERROR_INVALID_PARAMETER;
    }
    asked->entry = sim.entries[asked->number].given;
    return ERROR_SUCCESS;
}

uint32_t sim_set_devices(const sim_device *devices, uint32_t count) {
    struct ask_set_devices asked = {NO_CALL, .devices = {.items = devices, .count = count}};

    return ask_set_devices(&asked);
}

DWORD serve_set_devices(struct ask_set_devices *asked) {
    const sim_device *devices = asked->devices.items;
    DWORD code = ERROR_SUCCESS;

    order_forget(&sim.device_order);
    sim.device_count = 0;
    sim.other_machine = TRUE;
    for (uint32_t i = 0; i < asked->devices.count && !code; i++) {
        code = append_device(&devices[i]);
    }
    return code;
}

uint32_t sim_save_credentials(const char16_t *name, const char16_t *phonebook, const sim_credentials *credentials) {
    struct ask_save_credentials asked = {NO_CALL, .credentials = *credentials};

    if (!put_text(asked.name, COUNT(asked.name), name) ||
        !put_text(asked.phonebook, COUNT(asked.phonebook), phonebook)) {
        return ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;
    }
    return ask_save_credentials(&asked);
}

DWORD serve_save_credentials(struct ask_save_credentials *asked) {
    size_t entry = 0;
    DWORD code = find_entry(asked->name, asked->phonebook, &entry);

    if (!code) {
        sim.entries[entry].saved = asked->credentials;
    }
    return code;
}

uint32_t sim_set_dial_script(const char16_t *name, const char16_t *phonebook, const sim_dial_step *steps,
                             uint32_t count) {
    struct ask_set_dial_script asked = {NO_CALL, .steps = {.items = steps, .count = count}};

    if (!put_text(asked.name, COUNT(asked.name), name) ||
        !put_text(asked.phonebook, COUNT(asked.phonebook), phonebook)) {
        return ERROR_CANNOT_FIND_PHONEBOOK_ENTRY;
    }
    return ask_set_dial_script(&asked);
}

DWORD serve_set_dial_script(struct ask_set_dial_script *asked) {
    const sim_dial_step *steps = asked->steps.items;
    uint32_t count = asked->steps.count;
    sim_dial_step *script = NULL;
    size_t entry = 0;
    DWORD code;

    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].duration < 0 || steps[i].state == RASCS_Connected) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    code = find_entry(asked->name, asked->phonebook, &entry);
    if (!code && connection_of_entry(entry) && connection_of_entry(entry)->phase == DIALLING) {
        code = ERROR_DIAL_ALREADY_IN_PROGRESS; /* it follows the old script */
    }
    if (!code && count) {
        script = take_room(count * sizeof(*script)) ? calloc(count, sizeof(*script)) : NULL;
        code = script ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        if (count) {
            memcpy(script, steps, count * sizeof(*script));
        }
        give_room(sim.entries[entry].script_count * sizeof(*script));
        free(sim.entries[entry].script);
        sim.entries[entry].script = script;
        sim.entries[entry].script_count = count;
    }
    return code;
}

/* ---- what other programs and the other side do ---- */

uint32_t sim_act(const sim_action *action, uint64_t *result) {
    struct ask_act asked = {NO_CALL, .action = *action};
    DWORD code = ask_act(&asked);

    *result = asked.result;
    return code;
}

/* -1: the entry's dial time. */
static BOOL is_possible(const sim_action *action, int64_t at) {
    return action->duration >= -(action->action == SIM_CONNECT) &&
           (action->action != SIM_SUSPEND || later(at, action->duration) <= SIM_LATEST);
}

DWORD serve_act(struct ask_act *asked) {
    DWORD code = ERROR_INVALID_PARAMETER;

    asked->result = 0;
    if (is_possible(&asked->action, clock_now())) {
        code = act(&asked->action, clock_now(), &asked->result);
        clock_changed();
    }
    if (asked->action.action == SIM_SUSPEND) {
        clock_all_heard(); /* theirs shows it too */
    }
    return code;
}

static BOOL is_about_service(const sim_action *action) {
    return action->action == SIM_SET_SERVICE || action->action >= SIM_SET_RASMAN_RUNNING;
}

/* Only once they are more than the others, so that each of these is moved seldom. */
static void forget_done(void) {
    if (sim.schedule_done > sim.schedule_count / 2) {
        sim.schedule_count -= sim.schedule_done;
        give_room(sim.schedule_done * sizeof(*sim.schedule));
        memmove(sim.schedule, sim.schedule + sim.schedule_done, sim.schedule_count * sizeof(*sim.schedule));
        sim.schedule_done = 0;
    }
}

uint32_t sim_schedule(int64_t at, const sim_action *action) {
    struct ask_schedule asked = {NO_CALL, .at = at, .action = *action};

    return ask_schedule(&asked);
}

DWORD serve_schedule(struct ask_schedule *asked) {
    const sim_action *action = &asked->action;
    struct scheduled *scheduled = NULL;
    size_t entry = 0;
    DWORD code = asked->at >= 0 && is_possible(action, asked->at) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    if (!code && !is_about_service(action)) {
        code = find_entry(action->name, action->phonebook, &entry);
    }
    if (code) {
        return code;
    }
    forget_done();
    if (take_room(sizeof(*scheduled))) {
        scheduled = append(&sim.schedule, &sim.schedule_count, sizeof(*scheduled));
        give_room(scheduled ? 0 : sizeof(*scheduled));
    }
    if (!scheduled) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    while (scheduled > sim.schedule + sim.schedule_done && scheduled[-1].at > asked->at) {
        scheduled[0] = scheduled[-1];
        scheduled--;
    }
    scheduled->at = asked->at;
    scheduled->action = *action;
    clock_changed();
    return ERROR_SUCCESS;
}

uint32_t sim_client_leaves(void) {
    struct ask_client_leaves asked = {NO_CALL};

    return ask_client_leaves(&asked);
}

DWORD serve_client_leaves(struct ask_client_leaves *asked) {
    (void)asked;
    leave_ports_stuck(sim.client);
    return ERROR_SUCCESS;
}

uint32_t sim_write_event(const char16_t *xml) {
    struct ask_write_event asked = {NO_CALL};
    size_t units = 0;

    while (xml[units]) {
        units++;
    }
    if (units > SIM_EVENT_UNITS) {
        return ERROR_INVALID_PARAMETER;
    }
    asked.xml.bytes = (uint8_t *)xml;
    asked.xml.size = (uint32_t)(units * sizeof(*xml));
    return ask_write_event(&asked);
}

DWORD serve_write_event(struct ask_write_event *asked) {
    size_t units = asked->xml.size / sizeof(char16_t);
    char16_t *xml = calloc(units + 1, sizeof(*xml));

    if (!xml) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (units) {
        memcpy(xml, asked->xml.bytes, units * sizeof(*xml));
    }
    keep_event(xml);
    return ERROR_SUCCESS;
}

/* ---- faults ---- */

const char *sim_function_name(uint32_t number) {
#define NAME_DWORD(text) text,
#define NAME_void(text)
#define NAME(result, name, form, parameters) NAME_##result(#name)
#define WINDOWS_NAME(name) #name,
    static const char *const names[] = {RASAPI_FUNCTIONS(NAME, RASAPI_NOTHING) SIM_WINDOWS_FUNCTIONS(WINDOWS_NAME)};
#undef WINDOWS_NAME
#undef NAME
#undef NAME_DWORD
#undef NAME_void

    return number < FUNCTION_COUNT ? names[number] : NULL;
}

const char *sim_quirk_name(uint32_t number) {
#define NAME(id, name) name,
    static const char *const names[] = {SIM_QUIRKS(NAME)};
#undef NAME

    return number < QUIRK_COUNT ? names[number] : NULL;
}

uint32_t sim_set_quirk(uint32_t number, uint32_t on) {
    struct ask_set_quirk asked = {NO_CALL, .number = number, .on = on};

    return ask_set_quirk(&asked);
}

DWORD serve_set_quirk(struct ask_set_quirk *asked) {
    if (asked->number >= QUIRK_COUNT) {
        return ERROR_INVALID_PARAMETER;
    }
    sim.visible_changes++;
    sim.quirks[asked->number] = asked->on != 0;
    return ERROR_SUCCESS;
}

uint32_t sim_has_quirk(uint32_t number, uint32_t *on) {
    struct ask_has_quirk asked = {NO_CALL, .number = number};
    DWORD code = ask_has_quirk(&asked);

    *on = asked.on;
    return code;
}

DWORD serve_has_quirk(struct ask_has_quirk *asked) {
    if (asked->number >= QUIRK_COUNT) {
        return ERROR_INVALID_PARAMETER;
    }
    asked->on = (uint32_t)sim.quirks[asked->number];
    return ERROR_SUCCESS;
}

uint32_t sim_fail(uint32_t function, uint32_t code, uint32_t times) {
    struct ask_fail asked = {NO_CALL, .function = function, .code = code, .times = times};

    return ask_fail(&asked);
}

DWORD serve_fail(struct ask_fail *asked) {
    struct function *failing;
    struct fault *fault = NULL;

    if (asked->function >= FUNCTION_COUNT || asked->code == 0 || asked->times == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    failing = &sim.functions[asked->function];
    if (failing->fault_count < MOST_FAULTS) {
        fault = append(&failing->faults, &failing->fault_count, sizeof(*fault));
    }
    if (!fault) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    fault->code = asked->code;
    fault->times = asked->times;
    return ERROR_SUCCESS;
}

uint32_t sim_clear_faults(void) {
    struct ask_clear_faults asked = {NO_CALL};

    return ask_clear_faults(&asked);
}

DWORD serve_clear_faults(struct ask_clear_faults *asked) {
    (void)asked;
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        sim.functions[i].fault_count = 0;
    }
    return ERROR_SUCCESS;
}

uint32_t sim_delay(uint32_t function, int64_t duration) {
    struct ask_delay asked = {NO_CALL, .function = function, .duration = duration};

    return ask_delay(&asked);
}

DWORD serve_delay(struct ask_delay *asked) {
    if (asked->function >= FUNCTION_COUNT || asked->duration < 0) {
        return ERROR_INVALID_PARAMETER;
    }
    sim.functions[asked->function].delay = asked->duration;
    return ERROR_SUCCESS;
}

uint32_t sim_calls(uint32_t function, uint64_t *count) {
    struct ask_read_function asked = {NO_CALL, .function = function};
    DWORD code = ask_read_function(&asked);

    *count = asked.calls;
    return code;
}

uint32_t sim_unmet(uint32_t function, uint32_t *unmet) {
    struct ask_read_function asked = {NO_CALL, .function = function};
    DWORD code = ask_read_function(&asked);

    *unmet = asked.unmet;
    return code;
}

DWORD serve_read_function(struct ask_read_function *asked) {
    const struct function *function;

    if (asked->function >= FUNCTION_COUNT) {
        return ERROR_INVALID_PARAMETER;
    }
    function = &sim.functions[asked->function];
    asked->calls = function->calls;
    asked->unmet = 0;
    for (size_t i = 0; i < function->fault_count; i++) {
        const struct fault *fault = &function->faults[i];

        asked->unmet += fault->times != SIM_ALWAYS ? fault->times : !fault->met;
    }
    return ERROR_SUCCESS;
}

uint32_t sim_grow(uint32_t times) {
    struct ask_grow asked = {NO_CALL, .times = times};

    return ask_grow(&asked);
}

DWORD serve_grow(struct ask_grow *asked) {
    sim.growths += asked->times;
    return ERROR_SUCCESS;
}

uint32_t sim_ungrown(uint32_t *ungrown) {
    struct ask_read_growth asked = {NO_CALL};
    DWORD code = ask_read_growth(&asked);

    *ungrown = asked.ungrown;
    return code;
}

DWORD serve_read_growth(struct ask_read_growth *asked) {
    asked->ungrown = sim.growths;
    return ERROR_SUCCESS;
}

uint32_t sim_registrations(uint32_t *count) {
    struct ask_count_registrations asked = {NO_CALL};
    DWORD code = ask_count_registrations(&asked);

    *count = asked.count;
    return code;
}

DWORD serve_count_registrations(struct ask_count_registrations *asked) {
    asked->count = (uint32_t)sim.registration_count;
    return ERROR_SUCCESS;
}

/* ---- what happened ---- */

/* How much of a ring there is from the number-th element on. */
static uint32_t readable(uint64_t count, uint64_t number, uint32_t room) {
    if (number >= count || count - number > SIM_LOG) {
        return 0;
    }
    return count - number < room ? (uint32_t)(count - number) : room;
}

uint32_t sim_read_calls(uint64_t number, sim_call *calls, uint32_t *room, uint64_t *count) {
    struct reading reading = READING(calls, *room);
    struct ask_read_calls asked = {NO_CALL, .number = number, .most = *room, .calls = READ_BY(reading)};
    DWORD code = ask_read_calls(&asked);

    *room = has_read(&reading);
    *count = asked.count;
    return code;
}

DWORD serve_read_calls(struct ask_read_calls *asked) {
    uint32_t read = readable(sim.call_count, asked->number, asked->most);

    asked->count = sim.call_count;
    for (uint32_t i = 0; i < read; i++) {
        asked->calls.take(asked->calls.to, &sim.calls[(asked->number + i) % SIM_LOG]);
    }
    return ERROR_SUCCESS;
}

uint32_t sim_read_changes(uint64_t number, sim_change *changes, uint32_t *room, uint64_t *count) {
    struct reading reading = READING(changes, *room);
    struct ask_read_changes asked = {NO_CALL, .number = number, .most = *room, .changes = READ_BY(reading)};
    DWORD code = ask_read_changes(&asked);

    *room = has_read(&reading);
    *count = asked.count;
    return code;
}

DWORD serve_read_changes(struct ask_read_changes *asked) {
    uint32_t read = readable(sim.history_count, asked->number, asked->most);

    asked->count = sim.history_count;
    for (uint32_t i = 0; i < read; i++) {
        asked->changes.take(asked->changes.to, &sim.history[(asked->number + i) % SIM_LOG]);
    }
    return ERROR_SUCCESS;
}

uint32_t sim_read_impossible(sim_change *changes, uint32_t *room) {
    struct reading reading = READING(changes, *room);
    struct ask_read_impossible asked = {NO_CALL, .changes = READ_BY(reading)};
    DWORD code = ask_read_impossible(&asked);

    *room = has_read(&reading);
    return code;
}

DWORD serve_read_impossible(struct ask_read_impossible *asked) {
    for (uint32_t i = 0; i < sim.impossible_count; i++) {
        asked->changes.take(asked->changes.to, &sim.impossible[i]);
    }
    return ERROR_SUCCESS;
}

uint32_t sim_read_connections(sim_connection *connections, uint32_t *room) {
    struct reading reading = READING(connections, *room);
    struct ask_read_connections asked = {NO_CALL, .connections = READ_BY(reading)};
    DWORD code = ask_read_connections(&asked);

    *room = reading.count;
    return code;
}

DWORD serve_read_connections(struct ask_read_connections *asked) {
    for (const struct connection *connection = sim.first; connection; connection = connection->next) {
        sim_connection told = {
            .handle = connection->handle,
            .entry = (uint32_t)connection->entry,
            .state = (uint32_t)state_of(connection),
            .error = connection->error,
            .references = connection->references,
            .links = connected_links(connection),
        };

        asked->connections.take(asked->connections.to, &told);
    }
    return ERROR_SUCCESS;
}

/* ---- time ---- */

/* Of a clock that runs, every process knows what it shows. */
int64_t sim_now(void) {
    struct ask_now asked = {NO_CALL};

    if (!clock_is_far()) {
        return clock_locked_now();
    }
    return ask_now(&asked) ? 0 : asked.now;
}

DWORD serve_now(struct ask_now *asked) {
    asked->now = clock_now();
    return ERROR_SUCCESS;
}

uint32_t sim_advance_to(int64_t moment) {
    struct ask_advance_to asked = {NO_CALL, .moment = moment};

    return ask_advance_to(&asked);
}

DWORD serve_advance_to(struct ask_advance_to *asked) { return clock_advance(asked->moment); }

/* First in this process, if the service is in another. */
uint32_t sim_wait_woken(uint32_t slice_ms) {
    struct ask_wait_woken asked = {NO_CALL, .slice_ms = slice_ms};
    BOOL back;

    lock_state();
    back = !sim.joined || clock_all_back(slice_ms);
    unlock_state();
    return back ? ask_wait_woken(&asked) : (DWORD)WAIT_TIMEOUT;
}

DWORD serve_wait_woken(struct ask_wait_woken *asked) {
    return clock_all_back(asked->slice_ms < SLICE_MS ? asked->slice_ms : SLICE_MS) ? ERROR_SUCCESS
                                                                                   : (DWORD)WAIT_TIMEOUT;
}
