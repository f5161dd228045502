/* Who looks, and who waits.
 *
 * Of all threads that wait, one is the warden: it waits for the event objects that RAS signals, and for the earliest
 * check of all watches. The others wait for their own event object and their own moment only. When the warden leaves,
 * it wakes one of the others, who is the warden then. Between two waits of a thread nobody needs to keep anything: a
 * signal stays in its event object until the next thread waits.
 *
 * Whoever needs a look makes it, without any lock, and the picture serves everybody for whom it is new: each watch
 * takes it in here, and is woken only if it has something to tell. One look at a time is under way; who needs a newer
 * one waits until that ends. RAS may block: so a warden that looks hands over first, nobody makes a look that only
 * others need, and a look that takes longer than PATIENCE is waited for no more.
 *
 * A disconnection is looked for in the list first: it concerns the hang-ups whose connection is not listed any more. A
 * disconnection that the list does not explain is the end of one that was not listed before, or is yet to be seen, so
 * the hang-ups take turns, the oldest first: each asks for its own status, and passes the turn on until one has ended.
 */

#include "looks.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "fork.h"

/* Microseconds until a service that does not answer is first asked again; each pause is twice as long as the one
 * before. While RasMan does not run, only the service manager is asked. */
#define FIRST_RETRY 250000
#define RASMAN_RETRY 1000000
/* A check that comes early by this share of check_every counts. */
#define EARLY_SHARE 4
/* A signal and a difference that lie so many checks apart have nothing to do with each other. */
#define CHECKS_TO_WAIT 2
/* So many hang-ups ask for their status because of one disconnection; the others look at their own moments. */
#define MOST_TURNS 8
/* So many microseconds after its beginning, others do not wait for the end of a look any more. */
#define PATIENCE 500000

/* What is known of one service. */
struct board {
    uint32_t service;
    uint32_t seats;   /* of ends and pictures, waiting or not; */
    uint32_t watches; /* those of pictures */
    picture *current;
    uint64_t last_number;
    uint64_t round;
    BOOL has_found; /* in this round one has ended */
    uint32_t turns; /* that are left in it */
    BOOL is_looking;
    int64_t patience; /* until when others wait for the end of that look */
    looks_party *warden;
    int64_t warden_until;
    int64_t retry; /* the last pause while the service does not answer, or 0 */
};

static struct {
    SRWLOCK lock; /* never held while RAS is called */
    struct board windows;
    struct board simulated;
    looks_seat *first; /* of those who wait */
    uint64_t last_seat;
} looks = {.lock = SRWLOCK_INIT};

AFTER_FORK(forget_looks, memset(&looks, 0, sizeof(looks)); InitializeSRWLock(&looks.lock));

static void lock_looks(void) { AcquireSRWLockExclusive(&looks.lock); }

static void unlock_looks(void) { ReleaseSRWLockExclusive(&looks.lock); }

/* ---- pictures ---- */

static picture *hold(picture *held) {
    if (held) {
        held->holders++;
    }
    return held;
}

/* With the lock. */
static void release(picture **held) {
    if (*held && --(*held)->holders == 0) {
        picture_free(*held);
    }
    *held = NULL;
}

/* Those of an ended simulator have a board only until the next one runs. */
static struct board *board_of(uint32_t service) {
    struct board *board = service ? &looks.simulated : &looks.windows;

    return board->service == service ? board : NULL;
}

/* NULL: another service is the active one by now. */
static struct board *active_board(uint32_t service) {
    struct board *board = service ? &looks.simulated : &looks.windows;

    if (service != rasapi_simulator_running()) {
        return NULL;
    }
    if (board->service != service) {
        release(&board->current);
        memset(board, 0, sizeof(*board));
        board->service = service;
    }
    return board;
}

static int64_t later(int64_t now, int64_t duration) {
    return duration > NO_DEADLINE - now ? NO_DEADLINE : now + duration;
}

static void wake_seat(looks_seat *seat, const looks_party *here) {
    if (seat->party != here) {
        signals_wake(&seat->party->listener);
    }
}

static void make_ready(looks_seat *seat, const looks_party *here) {
    seat->is_ready = TRUE;
    wake_seat(seat, here);
}

/* ---- a watch takes in a picture ---- */

uint32_t winras_conclude(winras_unexplained *unexplained) {
    BOOL is_missed = unexplained->connection && unexplained->disconnection;

    if (is_missed) {
        unexplained->connection = unexplained->disconnection = FALSE;
    }
    return is_missed;
}

/* A connection came and went between two looks if RAS signalled both, and no difference explains them. A signal may
 * come a little before its difference can be seen, or a little after a look has seen it. So after a difference, signals
 * are ignored until two checks have been made; and once both kinds have been signalled, two checks must see no
 * difference before the pair counts as missed. One check is too few, because it may follow at once. The look that took
 * in the signals, or saw the difference, counts if it is a check. */
uint32_t winras_explain(winras_unexplained *unexplained, const winras_reasons *reasons, uint32_t differs) {
    if (differs) {
        unexplained->connection = unexplained->disconnection = FALSE;
        unexplained->checks = 0;
    } else if (unexplained->checks >= CHECKS_TO_WAIT) {
        unexplained->connection = unexplained->connection || reasons->connection;
        unexplained->disconnection = unexplained->disconnection || reasons->disconnection;
        if (unexplained->connection && unexplained->disconnection) {
            unexplained->checks = 0;
        }
    }
    unexplained->checks += reasons->check != 0;
    return unexplained->checks >= CHECKS_TO_WAIT && winras_conclude(unexplained);
}

/* Signals that a look without an answer has not used count for the next one. */
static void add_reasons(looks_seat *seat, const picture *made, BOOL is_check) {
    winras_reasons *reasons = &seat->reasons;
    const uint64_t *kinds = made->signals.kinds;

    reasons->connection = reasons->connection || kinds[CONNECTIONS] != seat->heard.kinds[CONNECTIONS];
    reasons->disconnection = reasons->disconnection || kinds[DISCONNECTIONS] != seat->heard.kinds[DISCONNECTIONS];
    reasons->any = reasons->any || made->signals.any != seat->heard.any;
    reasons->check = reasons->check || is_check;
    seat->heard = made->signals;
}

static void take_in(looks_seat *seat, picture *made, int64_t retry) {
    BOOL is_first = !seat->seen, is_silent = picture_is_silent(made), follows, differs;
    BOOL is_check = is_first || made->came_back ||
                    (made->is_full && made->began >= seat->next_check - seat->check_every / EARLY_SHARE);

    add_reasons(seat, made, is_check);
    if (retry) {
        seat->next_check = later(made->began, retry < seat->check_every ? retry : seat->check_every);
    } else if (is_check) {
        seat->next_check = later(made->began, seat->check_every);
    }
    seat->signalled = seat->reasons.any != 0;
    seat->missed = FALSE;
    seat->is_ready = is_first || made->changed > seat->seen->flat.number;
    if (!is_silent) {
        follows = !is_first && made->flat.number == seat->seen->flat.number + 1;
        differs = (!follows || made->differs) && picture_differs(seat->seen, made, seat->left, seat->back);
        if (!follows) {
            seat->left = is_first ? 0 : seat->seen->flat.number;
            seat->back = made->flat.number;
        }
        seat->missed = winras_explain(&seat->unexplained, &seat->reasons, differs) != FALSE;
        memset(&seat->reasons, 0, sizeof(seat->reasons));
    }
    if (!is_first && made->began >= seat->until) {
        seat->is_last = TRUE;
        seat->missed = winras_conclude(&seat->unexplained) || seat->missed;
    }
    seat->is_ready = seat->is_ready || seat->missed;
    release(&seat->seen);
    seat->seen = hold(made);
}

/* ---- a hang-up hears of a disconnection ---- */

/* The next of the round. */
static void pass_turn(struct board *board, const looks_party *here) {
    looks_seat *next = NULL;

    for (looks_seat *seat = looks.first; seat; seat = seat->next) {
        if (seat->hears == HEARS_ENDS && seat->party->listener.service == board->service && !seat->is_ready &&
            seat->round < board->round &&
            (!next || seat->was_listed < next->was_listed ||
             (seat->was_listed == next->was_listed && seat->number < next->number))) {
            next = seat;
        }
    }
    if (next && board->turns) {
        board->turns--;
        next->round = board->round;
        next->has_turn = TRUE;
        make_ready(next, here);
    }
}

void looks_told(looks_seat *seat, BOOL has_ended) {
    struct board *board;

    lock_looks();
    board = board_of(seat->party->listener.service);
    if (board && seat->has_turn) {
        board->has_found = board->has_found || has_ended;
        if (has_ended || !board->has_found) {
            pass_turn(board, NULL);
        }
    }
    seat->has_turn = FALSE;
    unlock_looks();
}

/* Whether the disconnection may be that of its target, as far as the list can tell. */
static BOOL concerns(looks_seat *seat, const picture *made) {
    BOOL was_listed = seat->was_listed;

    if (!seat->target->enumerated || picture_is_silent(made)) {
        return TRUE;
    }
    switch (picture_find(made, seat->target)) {
    case PRESENT:
        seat->was_listed = TRUE;
        return FALSE;
    case REPLACED:
        return TRUE;
    case ABSENT:
        break;
    }
    seat->was_listed = FALSE;
    return was_listed;
}

static void hear_of_end(looks_seat *seat, const picture *made, const looks_party *here, BOOL *is_explained,
                        BOOL *is_news) {
    *is_news = *is_news || seat->heard.kinds[DISCONNECTIONS] != made->signals.kinds[DISCONNECTIONS];
    seat->heard = made->signals;
    if (concerns(seat, made)) {
        *is_explained = TRUE;
        make_ready(seat, here);
    }
}

/* ---- a look ---- */

static BOOL waits_here(const looks_seat *seat, const struct board *board) {
    return seat->party->listener.service == board->service && !seat->is_ready;
}

/* Tells all who wait. */
static void publish(struct board *board, picture *made, const looks_party *here) {
    BOOL is_explained = made->went, is_news = FALSE;

    if (made->flat.away) {
        board->retry = RASMAN_RETRY;
    } else if (made->flat.error) {
        board->retry = board->retry > FIRST_RETRY / 2 ? later(board->retry, board->retry) : FIRST_RETRY;
    } else {
        board->retry = 0;
    }
    release(&board->current);
    board->current = hold(made);
    for (looks_seat *seat = looks.first; seat; seat = seat->next) {
        if (!waits_here(seat, board)) {
            continue;
        }
        if (seat->hears == HEARS_ENDS) {
            hear_of_end(seat, made, here, &is_explained, &is_news);
        } else if (seat->hears == HEARS_PICTURES && made->flat.number > seat->from) {
            take_in(seat, made, board->retry);
            if (seat->is_ready || seat->is_last) {
                wake_seat(seat, here);
            }
        }
    }
    if (is_news && !is_explained) {
        board->round++;
        board->has_found = FALSE;
        board->turns = MOST_TURNS;
        pass_turn(board, here);
    }
}

static void wish_for(struct board *board, int64_t now, picture_wish *wish) {
    memset(wish, 0, sizeof(*wish));
    wish->number = ++board->last_number;
    wish->statuses = board->watches > 0;
    wish->since = UINT64_MAX;
    for (const looks_seat *seat = looks.first; seat; seat = seat->next) {
        if (waits_here(seat, board) && seat->hears == HEARS_PICTURES) {
            wish->all = wish->all || !seat->seen;
            wish->full = wish->full || !seat->seen || now >= seat->next_check;
            if (seat->seen && seat->seen != board->current && seat->seen->flat.number < wish->since) {
                wish->since = seat->seen->flat.number; /* it tells what is up now, not what was up meanwhile */
            }
        }
    }
}

static void make_warden(struct board *board, looks_party *party) {
    board->warden = party;
    if (party) {
        board->warden_until = 0;
        signals_wake(&party->listener);
    }
}

/* Another than this one is the warden from now on, if any waits: best one that looks. */
static void hand_over(struct board *board, const looks_party *here) {
    looks_party *next = NULL;

    for (const looks_seat *seat = looks.first; seat; seat = seat->next) {
        if (seat->hears != HEARS_TIME && seat->party != here && seat->party->listener.service == board->service &&
            (!next || seat->hears == HEARS_PICTURES)) {
            next = seat->party;
        }
    }
    make_warden(board, next);
}

/* With the lock, which it gives up meanwhile. */
static uint32_t look(struct board *board, const looks_party *here) {
    const rasapi *table = here->listener.table;
    uint32_t service = board->service;
    picture *before = hold(board->current), *made;
    picture_wish wish;
    BOOL is_made, must_heal = FALSE;

    wish_for(board, table->now(), &wish);
    board->is_looking = TRUE;
    board->patience = later(table->now(), PATIENCE);
    if (board->warden == here) {
        hand_over(board, here);
    }
    unlock_looks();
    made = picture_make(table, service, before, &wish);
    is_made = made != NULL;
    lock_looks();
    board = active_board(service);
    if (board && board->last_number == wish.number) {
        board->is_looking = FALSE;
    }
    /* One that others did not wait for may come after theirs: it was compared with an older one, and is none. */
    if (board && made && board->current == before) {
        must_heal = made->must_heal;
        publish(board, made, here);
    } else {
        picture_free(made);
    }
    if (board && board->warden && board->warden != here) {
        signals_wake(&board->warden->listener); /* what it waits for may be another moment now */
    }
    release(&before);
    if (must_heal) {
        unlock_looks();
        signals_heal(service);
        lock_looks();
    }
    return is_made || !board ? (uint32_t)ERROR_SUCCESS : (uint32_t)ERROR_NOT_ENOUGH_MEMORY;
}

/* Whether a look is under way that is worth waiting for. */
static BOOL is_looking(const struct board *board, int64_t now) { return board->is_looking && now < board->patience; }

static BOOL needs_look(const looks_seat *seat, int64_t now, const signals_counts *counts) {
    switch (seat->hears) {
    case HEARS_ENDS:
        return seat->heard.kinds[DISCONNECTIONS] != counts->kinds[DISCONNECTIONS];
    case HEARS_PICTURES:
        return !seat->seen || seat->heard.any != counts->any || now >= seat->next_check ||
               (now >= seat->until && !seat->is_last);
    default:
        return FALSE;
    }
}

/* Who is to look now: the party `here`, or, if it is the warden, another; or NULL. */
static looks_party *find_looker(const struct board *board, looks_party *here, int64_t now,
                                const signals_counts *counts) {
    if (is_looking(board, now)) {
        return NULL;
    }
    for (const looks_seat *seat = here->first; seat; seat = seat->next_of_party) {
        if (waits_here(seat, board) && needs_look(seat, now, counts)) {
            return here;
        }
    }
    for (const looks_seat *seat = looks.first; seat && board->warden == here; seat = seat->next) {
        if (waits_here(seat, board) && needs_look(seat, now, counts)) {
            return seat->party;
        }
    }
    return NULL;
}

/* Those who look by themselves at each disconnection: a hang-up that waits alone too. */
static void tell_disconnection(const struct board *board, const signals_counts *counts, const looks_party *here) {
    uint32_t sharing = 0;

    for (const looks_seat *seat = looks.first; seat; seat = seat->next) {
        sharing += seat->party->listener.service == board->service &&
                   (seat->hears == HEARS_ENDS || seat->hears == HEARS_PICTURES);
    }
    for (looks_seat *seat = looks.first; seat; seat = seat->next) {
        if (waits_here(seat, board) && seat->heard.kinds[DISCONNECTIONS] != counts->kinds[DISCONNECTIONS] &&
            (seat->hears == HEARS_ALL_ENDS || (seat->hears == HEARS_ENDS && sharing == 1))) {
            seat->heard = *counts;
            make_ready(seat, here);
        }
    }
}

/* ---- seats ---- */

void looks_begin(looks_seat *seat, looks_party *party, enum looks_hears hears) {
    struct board *board;

    seat->hears = hears;
    seat->party = party;
    seat->until = seat->must = NO_DEADLINE;
    seat->was_listed = TRUE;
    seat->unexplained.checks = CHECKS_TO_WAIT;
    seat->heard = signals_poll(party->listener.service);
    lock_looks();
    board = active_board(party->listener.service);
    if (!board) {
        board = board_of(party->listener.service); /* where it will be taken off */
    }
    seat->number = ++looks.last_seat;
    if (board) {
        board->seats += hears != HEARS_TIME;
        board->watches += hears == HEARS_PICTURES;
        seat->from = board->last_number;
    }
    unlock_looks();
}

void looks_hear(looks_seat *seat) { seat->heard = signals_count(seat->party->listener.service); }

void looks_call(looks_seat *seat) {
    lock_looks();
    seat->is_called = TRUE;
    signals_wake(&seat->party->listener);
    unlock_looks();
}

void looks_call_party(looks_party *party) {
    lock_looks();
    party->is_called = TRUE;
    signals_wake(&party->listener);
    unlock_looks();
}

looks_seat *looks_first(const looks_party *party) {
    looks_seat *first;

    lock_looks();
    first = party->first;
    unlock_looks();
    return first;
}

/* ---- the wait ---- */

static BOOL may_guard(const looks_party *party) {
    for (const looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        if (seat->hears != HEARS_TIME) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A hang-up hears of what has been seen while it looked by itself. A watch does not: it is told what is up when its
 * consumer asks, so it waits for a look that begins after that. */
static void catch_up(const struct board *board, looks_seat *seat) {
    const picture *current = board->current;

    if (current && seat->hears == HEARS_ENDS && !seat->is_ready &&
        current->signals.kinds[DISCONNECTIONS] > seat->heard.kinds[DISCONNECTIONS]) {
        seat->heard = current->signals;
        seat->is_ready = concerns(seat, current);
    }
}

static void sit_down(struct board *board, looks_seat *seat) {
    looks_party *warden = board->warden;

    seat->is_waiting = TRUE;
    seat->next = looks.first;
    looks.first = seat;
    catch_up(board, seat);
    if (warden && warden != seat->party && seat->hears == HEARS_PICTURES && seat->next_check < board->warden_until) {
        signals_wake(&warden->listener);
    }
}

static void stand_up(looks_seat *seat) {
    looks_seat **link = &looks.first;

    while (*link && *link != seat) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = seat->next;
    }
    seat->is_waiting = FALSE;
}

static void begin_wait(struct board *board, looks_party *party) {
    party->is_waiting = TRUE;
    for (looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        sit_down(board, seat);
    }
}

static void end_wait(looks_party *party) {
    struct board *board = board_of(party->listener.service);

    party->is_waiting = FALSE;
    for (looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        stand_up(seat);
    }
    party->is_called = FALSE;
    if (party->found) {
        party->found->is_called = FALSE;
    }
    if (board && board->warden == party) {
        hand_over(board, party);
    }
}

static void leave_party(looks_seat *seat) {
    looks_seat **link = &seat->party->first;

    if (seat->is_waiting) {
        stand_up(seat);
    }
    while (*link && *link != seat) {
        link = &(*link)->next_of_party;
    }
    if (*link) {
        *link = seat->next_of_party;
    }
    seat->next_of_party = NULL;
}

void looks_move(looks_seat *seat, looks_party *party) {
    struct board *board;

    lock_looks();
    board = active_board(party->listener.service);
    if (seat->party != party) {
        leave_party(seat);
        signals_wake(&seat->party->listener);
        seat->party = party;
        seat->next_of_party = party->first;
        party->first = seat;
        if (party->is_waiting) {
            if (board) {
                sit_down(board, seat);
            }
            signals_wake(&party->listener);
        }
    }
    unlock_looks();
}

void looks_end(looks_seat *seat) {
    struct board *board;

    looks_told(seat, FALSE);
    lock_looks();
    leave_party(seat);
    release(&seat->seen);
    board = board_of(seat->party->listener.service);
    if (board) {
        board->seats -= board->seats && seat->hears != HEARS_TIME;
        board->watches -= board->watches && seat->hears == HEARS_PICTURES;
        if (!board->seats) {
            release(&board->current);
        }
    }
    unlock_looks();
}

static looks_seat *find_outcome(const looks_party *party, int64_t now) {
    for (looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        if (seat->is_ready || seat->is_called ||
            (now >= seat->until && (seat->hears != HEARS_PICTURES || seat->is_last))) {
            return seat;
        }
    }
    return NULL;
}

/* A watch that may have missed a connection needs its next checks to tell. */
static BOOL needs_checks(const looks_seat *seat) {
    return seat->unexplained.connection && seat->unexplained.disconnection;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static void plan(struct board *board, const looks_party *party, rasapi_wait *wait) {
    int64_t now = party->listener.table->now();

    wait->until = wait->must = NO_DEADLINE;
    for (const looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        /* A watch whose time is over may have to wait for a look that is under way. */
        BOOL is_over = seat->hears == HEARS_PICTURES && now >= seat->until && is_looking(board, now);

        wait->until = earlier(wait->until, is_over ? board->patience : seat->until);
        wait->must = earlier(wait->must, seat->must);
    }
    if (board->warden == party) {
        BOOL is_under_way = is_looking(board, now);

        wait->until = is_under_way ? earlier(wait->until, board->patience) : wait->until;
        for (const looks_seat *seat = looks.first; seat && !is_under_way; seat = seat->next) {
            if (waits_here(seat, board) && seat->hears == HEARS_PICTURES) {
                wait->until = earlier(wait->until, seat->next_check);
                wait->must = earlier(wait->must, needs_checks(seat) ? seat->next_check : NO_DEADLINE);
            }
        }
        board->warden_until = wait->until;
    }
    if (wait->must < wait->until) {
        wait->must = wait->until;
    }
}

/* With the lock, which it gives up meanwhile. */
static DWORD wait_unlocked(struct board *board, looks_party *party, uint32_t threads, DWORD slice_ms) {
    signals_listener *listener = &party->listener;
    DWORD woken, fired = RASAPI_NO_EVENT;
    BOOL is_warden;
    rasapi_wait wait;

    if (!board->warden && may_guard(party)) {
        board->warden = party;
    }
    is_warden = board->warden == party;
    memset(&wait, 0, sizeof(wait));
    plan(board, party, &wait);
    wait.service = listener->service;
    wait.threads = threads;
    for (const looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        wait.waits++;
    }
    wait.events[0] = listener->wake;
    wait.event_count = 1 + (is_warden ? signals_guard(listener, wait.events + 1) : 0);
    unlock_looks();
    woken = listener->table->wait(&listener->waiter, &wait, slice_ms, &fired);
    if (is_warden) {
        signals_rest(listener, fired > 0 && fired < wait.event_count ? wait.events[fired] : NULL);
    }
    lock_looks();
    return woken;
}

/* A watch tells that the service is lost before it ends with that. */
static BOOL has_to_tell(looks_party *party) {
    BOOL has_to = FALSE;

    for (looks_seat *seat = party->first; seat; seat = seat->next_of_party) {
        if (seat->hears == HEARS_PICTURES && !(seat->seen && picture_is_silent(seat->seen))) {
            seat->next_check = 0;
            has_to = TRUE;
        }
    }
    return has_to;
}

DWORD looks_wait(looks_party *party, uint32_t threads, DWORD slice_ms) {
    const rasapi *table = party->listener.table;
    struct board *board;
    DWORD woken = WAIT_OBJECT_0;
    BOOL has_looked = FALSE, is_lost = FALSE;

    lock_looks();
    party->found = NULL; /* that of the last wait may have ended since, and the service too */
    board = active_board(party->listener.service);
    if (board) {
        begin_wait(board, party);
    }
    while (board && woken == WAIT_OBJECT_0) {
        signals_counts counts = signals_count(board->service);
        int64_t now = table->now();

        tell_disconnection(board, &counts, party);
        party->found = find_outcome(party, now);
        if (party->found || party->is_called) {
            break;
        }
        if (has_looked && slice_ms <= WINRAS_SLICE_MS) {
            woken = WAIT_TIMEOUT; /* a RAS call may have used up the slice */
        } else {
            looks_party *looker = find_looker(board, party, now, &counts);

            if (looker == party) {
                woken = look(board, party);
                has_looked = TRUE;
            } else {
                if (looker) {
                    make_warden(board, looker);
                }
                woken = wait_unlocked(board, party, threads, slice_ms);
                if (woken == RPC_S_SERVER_UNAVAILABLE && !is_lost && has_to_tell(party)) {
                    is_lost = TRUE;
                    woken = WAIT_OBJECT_0;
                }
            }
        }
        board = active_board(party->listener.service);
    }
    end_wait(party);
    unlock_looks();
    return woken;
}
