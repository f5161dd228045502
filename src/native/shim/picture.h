/* What one look has seen: who is up, how, and with which links. Once it is made it never changes, so that all who wait
 * share it. */
#ifndef WINRAS_PICTURE_H
#define WINRAS_PICTURE_H

#include "signals.h"
#include "target.h"

typedef struct picture {
    winras_picture flat;
    uint32_t service;
    uint32_t holders;
    int64_t began;          /* on the service's clock */
    signals_counts signals; /* there had been so many when it began */
    BOOL is_full;           /* all was asked that can have changed */
    BOOL came_back;         /* the service answers again */
    uint64_t changed;       /* the number of the last picture that differs from the one before it in what can be told */
    BOOL differs;           /* from the one before it in the connections that are up, */
    BOOL went;              /* or in that one is not listed any more */
    BOOL is_bare;           /* no status was asked */
    BOOL is_fruitless;      /* since the last full one, a signal has led to no difference */
    BOOL must_heal;         /* RAS has not signalled a difference */
    uint32_t *by_handle;    /* the places of the connections, sorted by handle */
    winras_target *targets; /* the connections, with every id that RAS has told */
    winras_seen *seen;
    winras_link *links;
    uint32_t *others;
    uint64_t *born;
    winras_block *block;
    uint32_t link_room;
} picture;

typedef struct {
    uint64_t number; /* for the picture */
    BOOL statuses;   /* of the connections that are not known to be up */
    BOOL all;        /* all statuses */
    BOOL full;       /* those that can have a substate, and all links */
    uint64_t since;  /* of those that are up since a later picture than that */
} picture_wish;

/* Asks RAS. `before` is the picture before, or NULL. NULL if memory is short. */
picture *picture_make(const rasapi *table, uint32_t service, const picture *before, const picture_wish *wish);
void picture_free(picture *made);
/* RAS does not answer, or nothing can be up; */
BOOL picture_has_problem(const picture *made);
/* or nothing is known of what is up. */
BOOL picture_is_silent(const picture *made);
/* Whether the connections that are up differ. A watch that has not taken in the pictures between the numbers `left` and
 * `back` does not know what was up only in those, so its end is no difference. 0 and 0: all pictures were taken in. */
BOOL picture_differs(const picture *before, const picture *now, uint64_t left, uint64_t back);
/* What it says of a target. */
enum presence picture_find(const picture *seen, const winras_target *target);

#endif
