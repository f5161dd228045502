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
    if (!sim.changed) {
        sim.changed = CreateEventW(NULL, TRUE, FALSE, NULL);
        sim.earlier = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    if (!sim.running && sim.changed && sim.earlier && make_logs()) {
        begun = *number = sim.running = ++sim.last_number;
        sim.rasman = RASMAN_RUNNING;
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

void sim_clear(void) {
    clock_lock();
    clear_state();
    for (size_t i = 0; i < sim.registration_count; i++) {
        sim.registrations[i].spent = FALSE;
        sim.registrations[i].held_until = SIM_NEVER;
    }
    unlock_state();
}

static void end_running(void) {
    notifier_finish_all();
    sim.running = 0;
    clock_end();
    clear_state();
    forget_all_registrations();
    free_logs();
    free(sim.registrations);
    sim.registrations = NULL;
}

void sim_end(uint32_t *number) {
    lock_state();
    if (*number && *number == sim.running) {
        end_running();
    }
    *number = 0;
    unlock_state();
}

/* The entry's name as RAS enumerates it: that of a direct dial is "." and its phone number
 * (RasEnumConnections's page). */
static void name_entry(sim_entry *entry) {
    if (entry->name[0] == 0 && entry->phone_number[0] != 0) {
        entry->name[0] = u'.';
        memcpy(entry->name + 1, entry->phone_number, sizeof(entry->phone_number));
    }
}

uint32_t sim_add_entry(const sim_entry *given) {
    sim_entry named = *given;
    DWORD code = ERROR_SUCCESS;
    size_t same;

    name_entry(&named);
    clock_lock();
    same = first_entry(named.name, named.phonebook);
    if (same < sim.entry_order.count) {
        const sim_entry *other = &sim.entries[sim.entry_order.places[same]].given;

        if (same_caseless(other->name, named.name) && same_caseless(other->phonebook, named.phonebook)) {
            code = ERROR_INVALID_PARAMETER;
        }
    }
    if (!sim.running) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    if (!code) {
        code = add_device_of(&named);
    }
    if (!code && !append_entry(&named)) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    unlock_state();
    return code;
}

uint32_t sim_set_devices(const sim_device *devices, uint32_t count) {
    DWORD code = ERROR_SUCCESS;

    clock_lock();
    if (!sim.running) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    } else {
        order_forget(&sim.device_order);
        sim.device_count = 0;
        sim.other_machine = TRUE;
    }
    for (uint32_t i = 0; i < count && !code; i++) {
        code = append_device(&devices[i]);
    }
    unlock_state();
    return code;
}

uint32_t sim_save_credentials(const char16_t *name, const char16_t *phonebook, const sim_credentials *credentials) {
    size_t entry = 0;
    DWORD code;

    clock_lock();
    code = sim.running ? find_entry(name, phonebook, &entry) : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
    if (!code) {
        sim.entries[entry].saved = *credentials;
    }
    unlock_state();
    return code;
}

uint32_t sim_act(const sim_action *action, uint64_t *result) {
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;

    *result = 0;
    clock_lock();
    if (sim.running) {
        code = act(action, clock_now(), result);
    }
    clock_unlock();
    return code;
}

uint32_t sim_set_dial_script(const char16_t *name, const char16_t *phonebook, const sim_dial_step *steps,
                             uint32_t count) {
    sim_dial_step *script = NULL;
    DWORD code = ERROR_SUCCESS;
    size_t entry = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (steps[i].duration < 0 || steps[i].state == RASCS_Connected) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    if (count) {
        script = calloc(count, sizeof(*script));
        if (!script) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        memcpy(script, steps, count * sizeof(*script));
    }
    clock_lock();
    code = sim.running ? find_entry(name, phonebook, &entry) : (DWORD)ERROR_RASMAN_CANNOT_INITIALIZE;
    if (!code && connection_of_entry(entry) && connection_of_entry(entry)->phase == DIALLING) {
        code = ERROR_DIAL_ALREADY_IN_PROGRESS; /* it follows the old script */
    }
    if (!code) {
        free(sim.entries[entry].script);
        sim.entries[entry].script = script;
        sim.entries[entry].script_count = count;
        script = NULL;
    }
    unlock_state();
    free(script);
    return code;
}

static BOOL is_about_service(const sim_action *action) {
    return action->action == SIM_SET_SERVICE || action->action >= SIM_SET_RASMAN_RUNNING;
}

/* Only once they are more than the others, so that each of these is moved seldom. */
static void forget_done(void) {
    if (sim.schedule_done > sim.schedule_count / 2) {
        sim.schedule_count -= sim.schedule_done;
        memmove(sim.schedule, sim.schedule + sim.schedule_done, sim.schedule_count * sizeof(*sim.schedule));
        sim.schedule_done = 0;
    }
}

uint32_t sim_schedule(int64_t at, const sim_action *action) {
    struct scheduled *scheduled;
    DWORD code = ERROR_RASMAN_CANNOT_INITIALIZE;
    size_t entry = 0;

    clock_lock();
    if (sim.running) {
        code = is_about_service(action) ? ERROR_SUCCESS : find_entry(action->name, action->phonebook, &entry);
    }
    if (!code) {
        forget_done();
        scheduled = append(&sim.schedule, &sim.schedule_count, sizeof(*scheduled));
        if (scheduled) {
            while (scheduled > sim.schedule + sim.schedule_done && scheduled[-1].at > at) {
                scheduled[0] = scheduled[-1];
                scheduled--;
            }
            scheduled->at = at;
            scheduled->action = *action;
            clock_changed();
        } else {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    unlock_state();
    return code;
}

uint32_t sim_grow(uint32_t times) {
    lock_state();
    sim.growths += times;
    unlock_state();
    return ERROR_SUCCESS;
}

/* Whether it ends because this client has hung it up, or each of its links. */
static BOOL ends_by_client(const struct connection *connection) {
    if (connection->phase != CONNECTED) {
        return connection->phase == ENDING && connection->hung_up_by_client;
    }
    for (size_t i = 0; i < connection->link_count; i++) {
        if (connection->links[i].state == LINK_CONNECTED) {
            return FALSE;
        }
    }
    return TRUE;
}

uint32_t sim_client_leaves(void) {
    clock_lock();
    for (struct connection *connection = sim.last, *previous; connection; connection = previous) {
        previous = connection->previous;
        if (ends_by_client(connection)) {
            sim.entries[connection->entry].port_stuck = TRUE;
            record(SIM_GONE, connection, clock_now());
            remove_connection(connection);
        }
    }
    unlock_state();
    return ERROR_SUCCESS;
}

uint32_t sim_write_event(const char16_t *xml) {
    size_t length = 0;
    char16_t *copy;
    DWORD code = ERROR_SUCCESS;

    while (xml[length]) {
        length++;
    }
    copy = malloc((length + 1) * sizeof(*copy));
    if (!copy) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    memcpy(copy, xml, (length + 1) * sizeof(*copy));
    clock_lock();
    if (sim.running) {
        keep_event(copy);
        copy = NULL;
    } else {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    unlock_state();
    free(copy);
    return code;
}

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
    DWORD code = number < QUIRK_COUNT ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    clock_lock();
    if (!code && !sim.running) {
        code = ERROR_RASMAN_CANNOT_INITIALIZE;
    }
    if (!code) {
        sim.visible_changes++;
        sim.quirks[number] = on != 0;
    }
    unlock_state();
    return code;
}

uint32_t sim_has_quirk(uint32_t number) {
    uint32_t on;

    lock_state();
    on = number < QUIRK_COUNT && sim.quirks[number];
    unlock_state();
    return on;
}

uint32_t sim_fail(uint32_t function, uint32_t code, uint32_t times) {
    struct function *failing = &sim.functions[function < FUNCTION_COUNT ? function : 0];
    struct fault *fault;
    uint32_t answer = ERROR_SUCCESS;

    if (function >= FUNCTION_COUNT || code == 0 || times == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    clock_lock();
    fault = append(&failing->faults, &failing->fault_count, sizeof(*fault));
    if (fault) {
        fault->code = code;
        fault->times = times;
    } else {
        answer = ERROR_NOT_ENOUGH_MEMORY;
    }
    unlock_state();
    return answer;
}

static uint64_t read_count(const uint64_t *count) {
    uint64_t now;

    lock_state();
    now = *count;
    unlock_state();
    return now;
}

uint64_t sim_calls(uint32_t function) {
    return function < FUNCTION_COUNT ? read_count(&sim.functions[function].calls) : 0;
}

void sim_clear_faults(void) {
    lock_state();
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        sim.functions[i].fault_count = 0;
    }
    unlock_state();
}

uint32_t sim_unmet(uint32_t function) {
    uint32_t unmet = 0;

    lock_state();
    for (size_t i = 0; function < FUNCTION_COUNT && i < sim.functions[function].fault_count; i++) {
        const struct fault *fault = &sim.functions[function].faults[i];

        unmet += fault->times != SIM_ALWAYS ? fault->times : !fault->met;
    }
    unlock_state();
    return unmet;
}

uint32_t sim_ungrown(void) {
    uint32_t growths;

    lock_state();
    growths = sim.growths;
    unlock_state();
    return growths;
}

uint32_t sim_delay(uint32_t function, int64_t duration) {
    BOOL possible = function < FUNCTION_COUNT && duration >= 0;
    DWORD code = possible ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;

    lock_state();
    if (!code) {
        sim.functions[function].delay = duration;
    }
    unlock_state();
    return code;
}

/* How much of a ring there is from the number-th element on. */
static uint32_t readable(uint64_t count, uint64_t number, uint32_t room) {
    if (number >= count || count - number > SIM_LOG) {
        return 0;
    }
    return count - number < room ? (uint32_t)(count - number) : room;
}

uint32_t sim_read_calls(uint64_t number, sim_call *calls, uint32_t room) {
    uint32_t count;

    lock_state();
    count = readable(sim.call_count, number, room);
    for (uint32_t i = 0; i < count; i++) {
        calls[i] = sim.calls[(number + i) % SIM_LOG];
    }
    unlock_state();
    return count;
}

uint64_t sim_count_calls(void) { return read_count(&sim.call_count); }

uint32_t sim_read_changes(uint64_t number, sim_change *changes, uint32_t room) {
    uint32_t count;

    clock_lock();
    count = readable(sim.history_count, number, room);
    for (uint32_t i = 0; i < count; i++) {
        changes[i] = sim.history[(number + i) % SIM_LOG];
    }
    unlock_state();
    return count;
}

uint64_t sim_count_changes(void) {
    uint64_t count;

    clock_lock();
    count = sim.history_count;
    unlock_state();
    return count;
}

uint32_t sim_read_impossible(sim_change *changes, uint32_t room) {
    uint32_t count;

    clock_lock();
    count = sim.impossible_count < room ? sim.impossible_count : room;
    for (uint32_t i = 0; i < count; i++) {
        changes[i] = sim.impossible[i];
    }
    unlock_state();
    return count;
}

uint32_t sim_read_connections(sim_connection *connections, uint32_t room) {
    uint32_t i = 0, count;

    clock_lock();
    for (const struct connection *connection = sim.first; connection && i < room; connection = connection->next, i++) {
        connections[i].handle = connection->handle;
        connections[i].entry = (uint32_t)connection->entry;
        connections[i].state = (uint32_t)state_of(connection);
        connections[i].error = connection->error;
        connections[i].references = connection->references;
        connections[i].links = connected_links(connection);
    }
    count = (uint32_t)sim.connection_count;
    unlock_state();
    return count;
}

uint32_t sim_read_entry(uint32_t number, sim_entry *entry) {
    DWORD code = ERROR_INVALID_PARAMETER;

    lock_state();
    if (number < sim.entry_count) {
        *entry = sim.entries[number].given;
        code = ERROR_SUCCESS;
    }
    unlock_state();
    return code;
}
