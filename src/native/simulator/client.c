/* A client of the simulated service: how its calls come there, and what it does with what the service tells it. Its
 * event objects stay here: the service knows them by numbers. */

#include "state.h"

#include <stdlib.h>

#include "fork.h"

void (*client_begins)(void);

DWORD ask_service(enum service_request request, void *asked) {
    BOOL performed;
    DWORD code;

    if (client_begins) {
        client_begins();
    }
    return joined_ask(request, asked, &code) ? code : perform(OWN_CLIENT, request, asked, &performed);
}

uint32_t sim_join(const char *name, uint32_t *number) {
    lock_state();
    own_client_hears = client_hears;
    unlock_state();
    return join_service(name, number);
}

/* ---- registrations ---- */

/* "own" is a duplicate of the handle "given", so that it stays good when the client closes its own. */
struct client_event {
    uint32_t number;
    HANDLE own;
    HANDLE given;
};

/* By number, under the state's lock. */
static struct {
    struct client_event *events;
    size_t count;
    uint32_t last_number;
} registered;

AFTER_FORK(forget_events, {
    registered.events = NULL;
    registered.count = 0;
});

/* NULL: it has ended. */
static struct client_event *find_event(uint32_t number) {
    size_t begin = 0, end = registered.count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (registered.events[middle].number < number) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin < registered.count && registered.events[begin].number == number ? &registered.events[begin] : NULL;
}

static void remove_event(uint32_t number) {
    const struct client_event *event = find_event(number);

    if (event) {
        CloseHandle(event->own);
        erase(registered.events, &registered.count, sizeof(*event), (size_t)(event - registered.events));
    }
}

DWORD client_add_event(HANDLE event, uint32_t *number) {
    struct client_event *added;
    HANDLE own = NULL;
    DWORD code = ERROR_SUCCESS;

    if (!DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &own, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return ERROR_INVALID_HANDLE;
    }
    lock_state();
    added = append(&registered.events, &registered.count, sizeof(*added));
    if (added) {
        *number = added->number = ++registered.last_number;
        added->own = own;
        added->given = event;
    } else {
        CloseHandle(own);
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    unlock_state();
    return code;
}

void client_remove_event(uint32_t number) {
    lock_state();
    remove_event(number);
    unlock_state();
}

/* ---- news ---- */

client_ear *client_notifiers_hear;

void client_hears(uint32_t client, const service_news *news) {
    const struct client_event *event = find_event(news->number);

    if (news->what == NEWS_SIGNAL && event) {
        SetEvent(event->own);
        clock_signalled(event->given);
    } else if (news->what == NEWS_REGISTRATION_ENDS) {
        remove_event(news->number);
    } else if (news->what == NEWS_SLEPT) {
        clock_has_slept((int64_t)news->handle);
    } else if (news->what == NEWS_SERVICE_ENDS) {
        while (registered.count) {
            remove_event(registered.events[registered.count - 1].number);
        }
    }
    if (client_notifiers_hear) {
        client_notifiers_hear(client, news);
    }
}
