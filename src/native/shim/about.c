/* What there is to ask: which rasapi32.dll, which of its functions, and how RasMan is configured. */

#include <string.h>

#include <raserror.h>

#include "calls.h"

_Static_assert(WINRAS_RASMAN_UNKNOWN == (int)RASMAN_UNKNOWN && WINRAS_RASMAN_RUNNING == (int)RASMAN_RUNNING &&
                   WINRAS_RASMAN_STARTING == (int)RASMAN_STARTING && WINRAS_RASMAN_STOPPED == (int)RASMAN_STOPPED &&
                   WINRAS_RASMAN_DISABLED == (int)RASMAN_DISABLED,
               "the states of RasMan");

uint32_t winras_get_library(uint32_t service, winras_library *library) {
    const rasapi *table = NULL;
    uint32_t code = calls_find_table(service, &table);

    memset(library, 0, sizeof(*library));
    if (!code && !service) {
        code = rasapi_windows_file((LPWSTR)library->path, COUNT(library->path), &library->version);
    }
    return code;
}

const char *winras_missing_function(uint32_t service, uint32_t number) {
    const rasapi *table = NULL;
    uint32_t missing = 0;

    if (calls_find_table(service, &table)) {
        return NULL;
    }
#define LOOK_FOR(result, name, form, parameters)                              \
    if (!table->RASAPI_NATIVE_##form(name##W, name) && missing++ == number) { \
        return #name;                                                         \
    }
    RASAPI_FUNCTIONS(LOOK_FOR, RASAPI_NOTHING)
#undef LOOK_FOR
    return NULL;
}

uint32_t winras_get_rasman(uint32_t service, uint32_t *state, uint32_t *start_type) {
    const rasapi *table = NULL;
    enum rasapi_rasman found = RASMAN_UNKNOWN;
    DWORD type = 0;
    uint32_t code = calls_find_table(service, &table);

    if (!code) {
        trace_begin(table->now, "QueryServiceStatusEx", NULL);
        code = trace_end(table->rasman_state(&found));
    }
    if (!code) {
        trace_begin(table->now, "QueryServiceConfig", NULL);
        code = trace_end(table->rasman_start_type(&type));
    }
    *state = (uint32_t)found;
    *start_type = type;
    return calls_answer(service, code);
}
