/* The simulator's RAS functions, clock and waits as the table that the shim calls. */

#include "state.h"

const rasapi *rasapi_simulator(void) {
#define FUNCTION(result, name, form, parameters) \
    .RASAPI_NATIVE_##form(name##W, name) = RASAPI_NATIVE_##form(name##W, name),
    static const rasapi table = {
        RASAPI_FUNCTIONS(FUNCTION, RASAPI_NOTHING).rasman_state = service_rasman_state,
        .rasman_start_type = service_rasman_start_type,
        .rasman_start = service_rasman_start,
        .read_events = service_read_events,
        .now = clock_locked_now,
        .wall = clock_wall,
        .wait = clock_wait,
        .wake = clock_wake,
        .leave = clock_leave,
    };
#undef FUNCTION

    return &table;
}
