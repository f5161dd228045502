/* How a picture is made: one enumeration, and what must be asked of single connections. What was known before is taken
 * over: an error of one connection hides neither that nor the others. */

#include "picture.h"

#include "pack.h"
#include "rasman.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#define NOWHERE UINT32_MAX
/* RasGetSubEntryHandle numbers links from 1; no page tells how many there may be. */
#define MOST_LINKS 255
/* Once a call about a single connection has taken so long, in microseconds, no other is asked in this look: RAS blocks,
 * and nothing can end a call. */
#define LONG 1000000

BOOL picture_has_problem(const picture *made) { return made->flat.error || made->flat.away; }

BOOL picture_is_silent(const picture *made) { return made->flat.error && !made->flat.away; }

void picture_free(picture *made) {
    if (made) {
        free(made->by_handle);
        free(made->targets);
        free(made->seen);
        free(made->links);
        free(made->others);
        free(made->born);
        free(made->block);
        free(made);
    }
}

/* ---- by handle ---- */

struct place {
    uint64_t handle;
    uint32_t number;
};

static int compare_places(const void *a, const void *b) {
    const struct place *first = a, *second = b;

    if (first->handle != second->handle) {
        return first->handle < second->handle ? -1 : 1;
    }
    return first->number < second->number ? -1 : first->number > second->number;
}

static int compare_numbers(const void *a, const void *b) {
    const struct place *first = a, *second = b;

    return first->number < second->number ? -1 : first->number > second->number;
}

static uint32_t find_handle(const picture *in, uint64_t handle) {
    uint32_t first = 0, end = in ? in->flat.count : 0;

    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        uint64_t found = in->targets[in->by_handle[middle]].handle;

        if (found == handle) {
            return in->by_handle[middle];
        }
        if (found < handle) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return NOWHERE;
}

/* The place of that handle, most likely `likely`. */
static uint32_t find_place(const picture *in, uint64_t handle, uint32_t likely) {
    return in && likely < in->flat.count && in->targets[likely].handle == handle ? likely : find_handle(in, handle);
}

static uint32_t find_same(const picture *in, const winras_target *target, uint32_t likely) {
    uint32_t place = find_place(in, target->handle, likely);

    return place != NOWHERE && target_same(&in->targets[place], target) ? place : NOWHERE;
}

enum presence picture_find(const picture *seen, const winras_target *target) {
    uint32_t place = find_handle(seen, target->handle);

    if (place == NOWHERE) {
        return ABSENT;
    }
    return target_same_ids(&seen->targets[place], target) ? PRESENT : REPLACED;
}

/* ---- the list ---- */

static BOOL make_arrays(picture *made, uint32_t count) {
    made->targets = calloc((size_t)count + 1, sizeof(*made->targets));
    made->seen = calloc((size_t)count + 1, sizeof(*made->seen));
    made->others = calloc((size_t)count + 1, sizeof(*made->others));
    made->born = calloc((size_t)count + 1, sizeof(*made->born));
    made->flat.seen = made->seen;
    made->flat.others = made->others;
    made->flat.born = made->born;
    made->flat.count = count;
    return made->targets && made->seen && made->others && made->born;
}

/* Sorts the places by handle. */
static BOOL sort_by_handle(picture *made) {
    struct place *places = calloc((size_t)made->flat.count + 1, sizeof(*places));

    made->by_handle = calloc((size_t)made->flat.count + 1, sizeof(*made->by_handle));
    for (uint32_t i = 0; places && i < made->flat.count; i++) {
        places[i].handle = made->targets[i].handle;
        places[i].number = i;
    }
    if (places && made->by_handle) {
        qsort(places, made->flat.count, sizeof(*places), compare_places);
        for (uint32_t i = 0; i < made->flat.count; i++) {
            made->by_handle[i] = places[i].number;
        }
    }
    free(places);
    return places && made->by_handle;
}

/* The numbers of what is listed; of several with one handle, which only a RAS that errs lists, the last. */
static struct place *find_places(const calls_enumeration *listed, uint32_t *count) {
    struct place *places = calloc((size_t)listed->count + 1, sizeof(*places));

    *count = 0;
    for (uint32_t i = 0; places && i < listed->count; i++) {
        places[i].handle = calls_enumerated_handle(listed, i);
        places[i].number = i;
    }
    if (places) {
        qsort(places, listed->count, sizeof(*places), compare_places);
        for (uint32_t i = 0; i < listed->count; i++) {
            if (i + 1 == listed->count || places[i + 1].handle != places[i].handle) {
                places[(*count)++] = places[i];
            }
        }
        qsort(places, *count, sizeof(*places), compare_numbers);
    }
    return places;
}

/* "WAN Miniport (SSTP)": only IKEv2 has substates. Whatever names no other protocol may be IKEv2. */
static BOOL names_other_protocol(const char16_t *device) {
    static const char *const others[] = {"(SSTP)", "(L2TP)", "(PPTP)", "(PPPOE)"};

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        for (const char16_t *from = device; *from; from++) {
            size_t same = 0;

            while (others[i][same] && from[same] == (char16_t)others[i][same]) {
                same++;
            }
            if (!others[i][same]) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static BOOL may_change(const char16_t *type, const char16_t *device) {
    static const char16_t vpn[] = u"vpn";

    return same_caseless(type, vpn) && !names_other_protocol(device);
}

/* What is known of a connection that is still there, with links that are yet to be taken over. */
static void take_over(winras_seen *seen, const winras_seen *known, uint32_t sub_entry) {
    *seen = *known;
    seen->had_one = known->had_one || (known->was_up && !known->sub_entry && sub_entry);
}

static void add_connection(picture *made, const picture *before, winras_connection *connection, uint32_t place) {
    winras_seen *seen = &made->seen[place];
    winras_target *target = &made->targets[place];
    uint32_t from;

    target->handle = connection->handle;
    target_learn(target, connection);
    from = find_same(before, target, place);
    if (from != NOWHERE) {
        take_over(seen, &before->seen[from], connection->sub_entry);
        made->born[place] = before->born[from];
        target_learn_ids(target, &before->targets[from]);
        memcpy(connection->entry_id, target->entry_id, sizeof(connection->entry_id));
        memcpy(connection->correlation_id, target->correlation_id, sizeof(connection->correlation_id));
    } else {
        made->born[place] = made->flat.number;
    }
    seen->handle = connection->handle;
    seen->sub_entry = connection->sub_entry;
    seen->may_change = seen->may_change || may_change(connection->device_type, connection->device_name);
}

static BOOL take_list(picture *made, const picture *before, const calls_enumeration *listed) {
    uint32_t count = 0;
    struct place *places = find_places(listed, &count);
    packer block;

    if (!places || !make_arrays(made, count)) {
        free(places);
        return FALSE;
    }
    pack_begin(&block, made->service, count, 0);
    for (uint32_t i = 0; i < count; i++) {
        winras_connection connection;

        memset(&connection, 0, sizeof(connection));
        calls_enumerated(listed, places[i].number, &connection);
        add_connection(made, before, &connection, i);
        pack_connection(&block, &connection);
    }
    free(places);
    made->block = pack_end(&block, ERROR_SUCCESS);
    made->flat.connections = made->block;
    return made->block && sort_by_handle(made);
}

/* The service does not answer: the connections stay as they were. */
static BOOL stay(picture *made, const picture *before) {
    uint32_t count = before ? before->flat.count : 0;
    packer block;

    made->by_handle = calloc((size_t)count + 1, sizeof(*made->by_handle));
    if (!made->by_handle || !make_arrays(made, count)) {
        return FALSE;
    }
    if (!count) {
        pack_begin(&block, made->service, 0, 0);
        made->block = pack_end(&block, 0);
    } else {
        made->block = malloc((size_t)before->block->size);
    }
    if (!made->block) {
        return FALSE;
    }
    if (count) {
        memcpy(made->by_handle, before->by_handle, count * sizeof(*made->by_handle));
        memcpy(made->targets, before->targets, count * sizeof(*made->targets));
        memcpy(made->seen, before->seen, count * sizeof(*made->seen));
        memcpy(made->born, before->born, count * sizeof(*made->born));
        memcpy(made->block, before->block, (size_t)before->block->size);
    }
    made->flat.connections = made->block;
    return TRUE;
}

/* ---- what single connections are asked ---- */

/* A status that RAS does not give stays what it was, unless there is a watch to which the connection is new: the next
 * look asks again. */
static void ask_status(const rasapi *table, winras_seen *seen, uint64_t number, uint64_t since) {
    winras_status status;
    uint32_t code = calls_get_status(table, seen->handle, &status);
    BOOL was_up = seen->is_up != FALSE;

    if (code && seen->up_since <= since) {
        return;
    }
    seen->is_up = !code && status.state == RASCS_Connected;
    if (was_up && !seen->is_up) {
        seen->down_since = number;
    }
    if (seen->is_up) {
        seen->up_since = was_up ? seen->up_since : number;
        seen->was_up = TRUE;
        seen->substate = status.substate;
        seen->may_change = seen->may_change || status.substate || may_change(status.device_type, status.device_name);
    }
}

static BOOL list_link(picture *made, uint64_t handle, uint32_t sub_entry) {
    uint32_t room = 2 * made->link_room + 16;
    winras_link *grown;

    if (made->flat.link_count == made->link_room) {
        grown = realloc(made->links, room * sizeof(*grown));
        if (!grown) {
            return FALSE;
        }
        made->links = grown;
        made->link_room = room;
    }
    memset(&made->links[made->flat.link_count], 0, sizeof(*made->links));
    made->links[made->flat.link_count].handle = handle;
    made->links[made->flat.link_count++].sub_entry = sub_entry;
    return TRUE;
}

static BOOL same_links(const picture *before, const winras_seen *known, const picture *made, uint32_t first) {
    uint32_t count = made->flat.link_count - first;

    return known->link_count == count && (!count || memcmp(&before->links[known->first_link], &made->links[first],
                                                           count * sizeof(*made->links)) == 0);
}

/* Asks for the links of a connection, and adds them; FALSE, and none is added, if RAS answers an error. */
static BOOL ask_links(const rasapi *table, picture *made, uint64_t connection) {
    uint32_t first = made->flat.link_count, code = ERROR_SUCCESS;

    for (uint32_t number = 1; number <= MOST_LINKS && (!code || code == ERROR_PORT_NOT_OPEN); number++) {
        uint64_t handle = 0;

        code = calls_get_sub_entry(table, connection, number, &handle);
        if (!code && handle && !list_link(made, handle, number)) {
            code = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    if (code && code != ERROR_PORT_NOT_OPEN && code != ERROR_NO_MORE_ITEMS) {
        made->flat.link_count = first;
        return FALSE;
    }
    return TRUE;
}

/* RASCONN's sub-entry is that of a connected link in a multilink connection, else 0. */
static void see_links(const rasapi *table, picture *made, const picture *before, uint32_t place, BOOL asks, BOOL full) {
    winras_seen *seen = &made->seen[place];
    const winras_seen known = *seen; /* its links are those in `before` */
    uint32_t first = made->flat.link_count;
    uint64_t signals;

    if (asks && seen->was_up && seen->sub_entry) {
        if (!known.linked) {
            signals_watch_links(made->service, &made->targets[place]);
        }
        signals = signals_link_signals(made->service, &made->targets[place]);
        if ((full || !known.linked || signals != known.link_signals) && ask_links(table, made, seen->handle)) {
            seen->link_signals = signals;
            if (!known.linked || !same_links(before, &known, made, first)) {
                seen->linked = made->flat.number;
            }
            seen->first_link = first;
            seen->link_count = made->flat.link_count - first;
            return;
        }
    }
    for (uint32_t i = 0; i < known.link_count; i++) {
        const winras_link *link = &before->links[known.first_link + i];

        if (!list_link(made, link->handle, link->sub_entry)) {
            break;
        }
    }
    seen->first_link = first;
    seen->link_count = made->flat.link_count - first;
}

static void ask_each(const rasapi *table, picture *made, const picture *before, const picture_wish *wish) {
    BOOL is_slow = picture_has_problem(made);

    for (uint32_t i = 0; i < made->flat.count; i++) {
        winras_seen *seen = &made->seen[i];
        int64_t begun = table->now();
        BOOL is_asked =
            wish->all || !seen->is_up || (made->is_full && seen->may_change) || seen->up_since > wish->since;

        if (wish->statuses && is_asked && !is_slow) {
            ask_status(table, seen, made->flat.number, wish->since);
        }
        see_links(table, made, before, i, wish->statuses && !is_slow, made->is_full);
        is_slow = is_slow || table->now() - begun > LONG;
    }
    made->flat.links = made->links;
}

static void list_others(picture *made) {
    for (uint32_t i = 0; i < made->flat.count; i++) {
        const winras_seen *seen = &made->seen[i];

        if (!seen->is_up || seen->substate || seen->linked) {
            made->others[made->flat.other_count++] = i;
        }
    }
}

/* ---- differences ---- */

/* Where a connection of `before` is in a later picture, if it has been listed since: another may have its handle, and
 * no id that tells it from that one. */
static uint32_t find_since(const picture *before, const picture *later, uint64_t handle, uint32_t likely) {
    uint32_t place = find_place(later, handle, likely);

    return place != NOWHERE && later->born[place] <= before->flat.number ? place : NOWHERE;
}

static BOOL was_up_before(const picture *before, const picture *now, uint32_t place) {
    uint32_t from = find_place(before, now->targets[place].handle, place);

    return from != NOWHERE && now->born[place] <= before->flat.number && before->seen[from].was_up;
}

static BOOL was_known(const picture *in, uint32_t place, uint64_t left, uint64_t back) {
    const winras_seen *seen = &in->seen[place];

    return seen->was_up && (seen->is_up || seen->down_since > back || in->born[place] <= left);
}

BOOL picture_differs(const picture *before, const picture *now, uint64_t left, uint64_t back) {
    for (uint32_t i = 0; i < now->flat.count; i++) {
        if (now->seen[i].is_up && !(before && was_up_before(before, now, i))) {
            return TRUE;
        }
    }
    for (uint32_t i = 0; before && i < before->flat.count; i++) {
        if (was_known(before, i, left, back) && find_since(before, now, before->targets[i].handle, i) == NOWHERE) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOL links_differ(const picture *before, const picture *made) {
    for (uint32_t i = 0; i < made->flat.count; i++) {
        if (made->seen[i].linked == made->flat.number && was_up_before(before, made, i)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOL states_differ(const picture *before, const picture *made) {
    for (uint32_t i = 0; i < made->flat.count; i++) {
        const winras_seen *seen = &made->seen[i];
        uint32_t from = find_same(before, &made->targets[i], i);

        if (from != NOWHERE &&
            (before->seen[from].substate != seen->substate || before->seen[from].is_up != seen->is_up)) {
            return TRUE;
        }
    }
    return made->flat.error != before->flat.error || made->flat.away != before->flat.away;
}

static BOOL is_same(const void *a, const void *b, size_t size) { return !size || memcmp(a, b, size) == 0; }

static BOOL says_the_same(const picture *before, const picture *made) {
    const winras_picture *was = &before->flat, *is = &made->flat;

    return was->error == is->error && was->away == is->away && was->count == is->count &&
           was->link_count == is->link_count && before->block->size == made->block->size &&
           is_same(before->seen, made->seen, is->count * sizeof(*made->seen)) &&
           is_same(before->born, made->born, is->count * sizeof(*made->born)) &&
           is_same(before->links, made->links, is->link_count * sizeof(*made->links)) &&
           is_same(before->block, made->block, (size_t)made->block->size);
}

/* The links of what is gone are registered no more. */
static void see_what_went(picture *made, const picture *before) {
    for (uint32_t i = 0; i < before->flat.count; i++) {
        if (find_same(made, &before->targets[i], i) == NOWHERE) {
            made->went = TRUE;
            if (before->seen[i].linked && find_handle(made, before->targets[i].handle) == NOWHERE) {
                signals_forget_links(made->service, &before->targets[i]);
            }
        }
    }
}

/* A signal since the last full picture that led to no difference may have been that of this one, only early: then the
 * registrations are good. Nobody signals what happens while the service is lost. */
static void compare(picture *made, const picture *before) {
    BOOL is_signalled, differs;

    made->changed = made->flat.same_since = made->flat.number;
    if (!before) {
        made->differs = made->flat.count > 0;
        return;
    }
    if (says_the_same(before, made)) {
        made->flat.same_since = before->flat.same_since;
    }
    is_signalled = made->signals.any != before->signals.any;
    made->differs = picture_differs(before, made, 0, 0);
    differs = made->differs || links_differ(before, made);
    if (!differs && !states_differ(before, made)) {
        made->changed = before->changed;
    }
    made->must_heal = differs && !is_signalled && !before->is_fruitless && !picture_has_problem(before) &&
                      !picture_has_problem(made) && !before->is_bare && !made->is_bare;
    made->is_fruitless = !made->is_full && (before->is_fruitless || (is_signalled && !differs));
    see_what_went(made, before);
}

/* ---- the look ---- */

/* Enumerates; an outage ends with registrations that are made anew, and then all is asked. */
static void enumerate(const rasapi *table, picture *made, const picture *before, calls_enumeration *listed) {
    uint64_t registration = signals_registration(made->service);
    BOOL was_lost = before && picture_has_problem(before);
    uint32_t code = calls_answer(made->service, calls_begin_enumeration(table, listed));

    made->flat.away = winras_no_rasman(made->service);
    if (was_lost && !code && !made->flat.away) {
        /* Registering any earlier would fail, again and again. */
        winras_register(made->service);
        registration = signals_registration(made->service);
        calls_end_enumeration(listed);
        code = calls_answer(made->service, calls_begin_enumeration(table, listed));
        made->is_full = made->came_back = TRUE;
    }
    made->flat.error = code;
    if (code || (made->flat.away && before && !was_lost)) {
        signals_lost(made->service, registration);
    }
    if (made->flat.away) {
        listed->count = 0;
    }
}

picture *picture_make(const rasapi *table, uint32_t service, const picture *before, const picture_wish *wish) {
    picture *made = calloc(1, sizeof(*made));
    calls_enumeration listed;
    BOOL is_made;

    if (!made) {
        return NULL;
    }
    made->service = service;
    made->flat.number = wish->number;
    made->is_bare = !wish->statuses;
    made->began = table->now();
    made->signals = signals_poll(service);
    made->is_full = wish->full;
    if (wish->full && before && !picture_has_problem(before)) {
        winras_register(service); /* RAS may grant now what it has refused before */
    }
    enumerate(table, made, before, &listed);
    if (picture_is_silent(made)) {
        made->came_back = FALSE;
        is_made = stay(made, before);
    } else {
        is_made = take_list(made, before, &listed);
    }
    calls_end_enumeration(&listed);
    if (!is_made) {
        picture_free(made);
        return NULL;
    }
    ask_each(table, made, before, wish);
    list_others(made);
    made->flat.wall = table->wall();
    compare(made, before);
    return made;
}
