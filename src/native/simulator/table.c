/* The simulator's RAS functions, clock and waits as the table that the shim calls. */

#include "state.h"

static DWORD table_rasman_state(enum rasapi_rasman *state) {
    struct ask_get_rasman asked = {.call = {.function = FUNCTION_QueryServiceStatusEx}, .state = RASMAN_UNKNOWN};
    DWORD code = ask_get_rasman(&asked);

    *state = (enum rasapi_rasman)asked.state;
    return code;
}

static DWORD table_rasman_start_type(DWORD *start_type) {
    enum rasapi_rasman state;
    DWORD code = table_rasman_state(&state);

    *start_type = code ? 0 : state == RASMAN_DISABLED ? SERVICE_DISABLED : SERVICE_DEMAND_START;
    return code;
}

static DWORD table_rasman_start(void) {
    struct ask_start_rasman asked = {.call = {.function = FUNCTION_StartService}};

    return ask_start_rasman(&asked);
}

/* Any query gives every event: the client has to select again whatever it asked for. */
static DWORD table_read_events(LPCWSTR query, DWORD most, WCHAR **texts, size_t *length) {
    struct ask_read_events asked = {.call = {.function = FUNCTION_EvtQuery}, .most = most};
    DWORD code = ask_read_events(&asked);

    (void)query;
    *texts = (WCHAR *)(void *)asked.texts.bytes;
    *length = asked.texts.size / sizeof(**texts);
    return code;
}

const rasapi *rasapi_simulator(void) {
#define FUNCTION(result, name, form, parameters) \
    .RASAPI_NATIVE_##form(name##W, name) = RASAPI_NATIVE_##form(name##W, name),
    static const rasapi table = {
        RASAPI_FUNCTIONS(FUNCTION, RASAPI_NOTHING).rasman_state = table_rasman_state,
        .rasman_start_type = table_rasman_start_type,
        .rasman_start = table_rasman_start,
        .read_events = table_read_events,
        .now = clock_locked_now,
        .wall = clock_wall,
        .suspended = clock_suspended,
        .wait = clock_wait,
        .wake = clock_wake,
        .leave = clock_leave,
    };
#undef FUNCTION

    return &table;
}
