/* Looks up error numbers in the one list of them, errors.h. */

#include "errors.h"

#include <stddef.h>

#include "shim/shim.h"

static const struct error {
    uint32_t code;
    const char *name;
    const char *text;
} errors[] = {
#define ROW(name, code, text) {code, #name, text},
    WIN32_ERRORS(ROW) RAS_ERRORS(ROW, ROW) IPSEC_ERRORS(ROW) HRESULTS(ROW)
#undef ROW
};

static const struct error *find(uint32_t code) {
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code) {
            return &errors[i];
        }
    }
    return NULL;
}

const char *winras_error_name(uint32_t code) {
    const struct error *error = find(code);

    return error ? error->name : NULL;
}

const char *winras_error_text(uint32_t code) {
    const struct error *error = find(code);

    return error ? error->text : NULL;
}

uint32_t winras_error_code(uint32_t index) {
    return index < sizeof(errors) / sizeof(errors[0]) ? errors[index].code : 0;
}

uint32_t winras_is_ras_error(uint32_t code) { return code >= WINRAS_FIRST_RAS_ERROR && code <= WINRAS_LAST_RAS_ERROR; }
