/* Shared looks: one picture serves all who wait for it, and who waits is woken singly. */
#ifndef WINRAS_LOOKS_H
#define WINRAS_LOOKS_H

#include "picture.h"

#define NO_DEADLINE INT64_MAX

struct looks_party;

/* What one operation waits for. */
enum looks_hears {
    HEARS_TIME,     /* its own moment only */
    HEARS_ENDS,     /* a disconnection that may be that of its target */
    HEARS_ALL_ENDS, /* every disconnection */
    HEARS_PICTURES  /* what differs */
};

typedef struct looks_seat {
    enum looks_hears hears;
    struct looks_party *party;
    struct looks_seat *next_of_party;
    struct looks_seat *next; /* of those who wait */
    BOOL is_waiting;
    BOOL is_ready;  /* it has heard what it waits for */
    BOOL is_called; /* somebody wants its thread */
    int64_t until;  /* its own moment */
    int64_t must;   /* to which a simulated clock may skip */
    signals_counts heard;

    /* HEARS_ENDS */
    const winras_target *target;
    uint64_t number; /* the lower, the longer it has waited */
    BOOL was_listed; /* when that was last seen */
    BOOL has_turn;   /* of a round: see looks.c */
    uint64_t round;

    /* HEARS_PICTURES */
    int64_t check_every;
    int64_t next_check;
    uint64_t from; /* only pictures after that number are news */
    uint64_t left; /* the numbers of the pictures before and after the last ones that it has not taken in, or 0 */
    uint64_t back;
    BOOL is_last; /* the look at its end has been made */
    picture *seen;
    winras_unexplained unexplained;
    winras_reasons reasons; /* since the last look that could use them */
    BOOL signalled;         /* why it is ready */
    BOOL missed;
} looks_seat;

/* One thread that waits, for one operation or for several. */
typedef struct looks_party {
    signals_listener listener;
    looks_seat *first;
    BOOL is_waiting;
    BOOL is_called;
    looks_seat *found; /* why its wait is over; NULL: for no seat of its own */
} looks_party;

void looks_begin(looks_seat *seat, looks_party *party, enum looks_hears hears);
void looks_end(looks_seat *seat);
/* Signals up to now are no news to it. */
void looks_hear(looks_seat *seat);
/* A seat that was ready has looked at its target. */
void looks_told(looks_seat *seat, BOOL has_ended);

/* Waits until one of the party's seats is ready or called, or its moment has come: WAIT_OBJECT_0. Makes the looks that
 * one of them needs, which serve all who wait. Otherwise as the table's `wait`, or an error number. */
DWORD looks_wait(looks_party *party, uint32_t threads, DWORD slice_ms);
/* The seat is that of another party from now on, whose thread may wait, too; not while its own does. */
void looks_move(looks_seat *seat, looks_party *party);
/* Has that seat's thread return from its wait. */
void looks_call(looks_seat *seat);
void looks_call_party(looks_party *party);
/* One of its seats, or NULL. */
looks_seat *looks_first(const looks_party *party);

#endif
