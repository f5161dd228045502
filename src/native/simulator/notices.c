/* What the clients' notifiers are told of the dialling. A notifier gets one notice after the other: the next when the
 * client has answered that it has returned from the last, and dialling does not go on before (RasDialFunc2's page). */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

/* The state that dialling enters, and, before that notice is answered, that it has ended. */
#define MOST_NOTICES 4
/* So many notifiers the service knows at most, and of one client; each is a dial whose client has not answered the last
 * notice. */
#define MOST_NOTIFIERS 16384
#define MOST_OF_CLIENT 4096

/* The notices for one notifier: those that are made. The first has been told if it is unanswered. */
struct notices {
    uint32_t client;
    uint32_t number; /* which that client gave the notifier */
    service_news made[MOST_NOTICES];
    uint32_t count;
    BOOL unanswered;
    BOOL answered; /* once at least */
    BOOL over;     /* no more will be made */
    struct notices *next;
};

static void tell_first(struct notices *notices) {
    notices->unanswered = TRUE;
    sim.unanswered++;
    tell_client(notices->client, &notices->made[0]);
}

static void take_answer(struct notices *notices) {
    notices->unanswered = FALSE;
    sim.unanswered--;
    SetEvent(sim.changed);
}

static void free_notices(struct notices *notices) {
    sim.notifiers--;
    free(notices);
}

static void remove_notices(struct notices **link) {
    struct notices *notices = *link;
    service_news news = {.what = NEWS_NOTIFIER_ENDS, .number = notices->number};

    *link = notices->next;
    tell_client(notices->client, &news);
    free_notices(notices);
}

/* Those that are over and answered, of a connection that is not dialled; while it is, "the same notifier must be used"
 * to go on from a paused state (RasDial's page). */
static void remove_over(struct notices **link) {
    while (*link) {
        if ((*link)->over && !(*link)->unanswered) {
            remove_notices(link);
        } else {
            link = &(*link)->next;
        }
    }
}

static void remove_useless(struct connection *connection) {
    if (connection->phase != DIALLING) {
        remove_over(&connection->notices);
    }
}

static size_t count_notices(const struct notices *notices, uint32_t client) {
    size_t count = 0;

    for (; notices; notices = notices->next) {
        count += notices->client == client;
    }
    return count;
}

static BOOL may_begin(uint32_t client) {
    size_t count = count_notices(sim.late_notices, client);

    if (sim.notifiers < MOST_OF_CLIENT) {
        return TRUE; /* of so few nobody has too many, so they need not be counted at every dial */
    }
    for (const struct connection *connection = sim.first; connection; connection = connection->next) {
        count += count_notices(connection->notices, client);
    }
    return count < MOST_OF_CLIENT && sim.notifiers < MOST_NOTIFIERS;
}

DWORD notices_begin(struct connection *connection, uint32_t client, uint32_t number) {
    struct notices *notices = may_begin(client) ? calloc(1, sizeof(*notices)) : NULL;

    if (!notices) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    sim.notifiers++;
    notices->client = client;
    notices->number = number;
    notices->over = sim.quirks[QUIRK_DIAL_UNTOLD];
    notices->next = connection->notices;
    connection->notices = notices;
    return ERROR_SUCCESS;
}

BOOL notices_tell(struct connection *connection, RASCONNSTATE state, uint32_t error) {
    struct notices *notices = connection->notices;

    if (!notices || notices->over || notices->count == MOST_NOTICES) {
        remove_useless(connection);
        return FALSE;
    }
    notices->made[notices->count++] = (service_news){.what = NEWS_NOTICE,
                                                     .number = notices->number,
                                                     .handle = connection->handle,
                                                     .state = (uint32_t)state,
                                                     .error = error,
                                                     .sub_entry = first_number(connection)};
    if (!notices->unanswered) {
        tell_first(notices);
    }
    return TRUE;
}

void notices_end(struct connection *connection) {
    for (struct notices *notices = connection->notices; notices; notices = notices->next) {
        notices->over = TRUE;
        notices->count = 0;
    }
    remove_over(&connection->notices);
}

void notices_finish(struct connection *connection) {
    struct notices **last = &sim.late_notices;

    for (struct notices *notices = connection->notices; notices; notices = notices->next) {
        notices->over = TRUE;
    }
    remove_over(&connection->notices);
    while (*last) {
        last = &(*last)->next;
    }
    *last = connection->notices;
    connection->notices = NULL;
}

static struct notices *find_notices(struct notices *notices, uint32_t client, uint32_t number) {
    while (notices && (notices->client != client || notices->number != number)) {
        notices = notices->next;
    }
    return notices;
}

DWORD notices_answered(uint32_t client, uint64_t handle, uint32_t number, BOOL goes_on) {
    struct connection *connection = connection_of_handle(handle);
    struct notices *notices = connection ? find_notices(connection->notices, client, number) : NULL;

    if (!notices) {
        notices = find_notices(sim.late_notices, client, number);
    }
    if (!notices || !notices->unanswered) {
        return ERROR_INVALID_PARAMETER;
    }
    take_answer(notices);
    notices->answered = TRUE;
    if (!goes_on || is_last_notice(&notices->made[0])) {
        notices->over = TRUE;
        notices->count = 0;
    }
    if (notices->count && --notices->count) {
        memmove(notices->made, notices->made + 1, notices->count * sizeof(*notices->made));
        tell_first(notices);
    }
    if (connection) {
        remove_useless(connection);
    }
    remove_over(&sim.late_notices);
    return ERROR_SUCCESS;
}

static void forget_notices(struct notices **link, uint32_t client) {
    while (*link) {
        struct notices *notices = *link;

        if (client == ALL_CLIENTS || notices->client == client) {
            *link = notices->next;
            if (notices->unanswered) {
                take_answer(notices);
            }
            free_notices(notices);
        } else {
            link = &notices->next;
        }
    }
}

void notices_forget(uint32_t client) {
    for (struct connection *connection = sim.first; connection; connection = connection->next) {
        forget_notices(&connection->notices, client);
    }
    forget_notices(&sim.late_notices, client);
}

BOOL notices_unanswered(const struct connection *connection) {
    const struct notices *notices = connection->notices;

    while (notices && !notices->unanswered) {
        notices = notices->next;
    }
    return notices != NULL;
}

BOOL notices_untold(const struct connection *connection) {
    const struct notices *notices = connection->notices;

    return notices && !notices->answered && !notices->over;
}

BOOL notices_are_for(const struct connection *connection, uint32_t client, uint32_t number) {
    const struct notices *notices = connection->notices;

    return notices ? notices->client == client && notices->number == number : number == 0;
}
