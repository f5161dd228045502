/* Whether RasMan runs, so that no call is made to a RAS that cannot answer. */
#ifndef WINRAS_RASMAN_H
#define WINRAS_RASMAN_H

#include <raserror.h>

#include "rasapi.h"
#include "shim.h"

typedef struct {
    LONG answers; /* how often it had been asked */
    int64_t at;
} rasman_asked;

/* Before a RAS call. 0: make it, and pass what it answers to rasman_answered with the same *asked.
 * WINRAS_NO_RASMAN: RasMan is stopped, so nothing is up. ERROR_SERVICE_DISABLED: it is disabled. */
uint32_t rasman_gate(const rasapi *table, rasman_asked *asked);
/* What to make of a RAS call's answer: itself, or as rasman_gate says if it was that of a RAS without
 * RasMan. */
uint32_t rasman_answered(const rasapi *table, rasman_asked asked, uint32_t code);
/* Both, around an expression that makes the call. */
#define RASMAN_ASK(code, table, call)                       \
    do {                                                    \
        rasman_asked asked;                                 \
                                                            \
        (code) = rasman_gate(table, &asked);                \
        if (!(code)) {                                      \
            (code) = rasman_answered(table, asked, (call)); \
        }                                                   \
    } while (0)
/* Whether a RAS call answers this because RAS does not work, so that the next ones would do no better. */
BOOL rasman_is_silence(uint32_t code);
/* What is asked about one connection, which cannot be up without RasMan, is answered as RAS answers it. */
static inline uint32_t rasman_no_connection(uint32_t code) {
    return code == WINRAS_NO_RASMAN ? (uint32_t)ERROR_NO_CONNECTION : code;
}

/* How often the service manager has said that RasMan does not run: what was registered before is lost. */
uint64_t rasman_absences(void);

/* Attempts to start RasMan; zeroed at first. */
typedef struct {
    BOOL asked;
    BOOL is_absent; /* it was not running before the call */
    int64_t until;
    uint32_t failure; /* why RasMan does not run although it was to be started, or 0 */
} rasman_starting;

/* Before a RAS call that needs RasMan. WINRAS_PENDING: it is starting, ask again. ERROR_SERVICE_DISABLED.
 * 0: make the call, even if RasMan could not be started. */
uint32_t rasman_start(const rasapi *table, rasman_starting *starting);
/* RasDial has answered 0: if the service manager says now, as before it, that RasMan is not running, it does not
 * know. */
void rasman_dialled(const rasapi *table, const rasman_starting *starting);

#endif
