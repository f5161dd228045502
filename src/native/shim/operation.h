/* A wait in the shim, of one of several kinds. */
#ifndef WINRAS_OPERATION_H
#define WINRAS_OPERATION_H

#include "looks.h"

/* Between the first two looks; each interval is twice as long as the one before. */
#define FIRST_INTERVAL 5000

/* What one kind of operation does; each function answers WINRAS_PENDING to go on. */
typedef struct {
    /* Asks RAS how far it is. NULL: it never does. */
    uint32_t (*look)(winras_operation *);
    /* Before each wait. NULL: nothing. */
    uint32_t (*before_wait)(winras_operation *);
    /* The wait was woken: by a signal, by time, or by its own event object. */
    uint32_t (*woken)(winras_operation *);
    /* The operation ends, at whatever stage. NULL: nothing. */
    void (*end)(winras_operation *);
    /* A look at the deadline that answers WINRAS_PENDING is the last one: WINRAS_TIMED_OUT. */
    BOOL times_out;
    /* What it hears of while it waits. */
    enum looks_hears hears;
    /* Nothing that RAS signals matters to it as it begins, so it does not register then. */
    BOOL deaf;
} operation_kind;

/* The first member of each kind's structure. */
struct winras_operation {
    const operation_kind *kind;
    looks_party party; /* itself alone */
    looks_seat seat;
    const char *function; /* the RAS function that gave the last answer */
    uint32_t result;
    uint32_t forks; /* in which process it began */
    BOOL cancelled;
    BOOL is_left; /* to leaving.c, which tries again what its end may not achieve */
    int64_t deadline;
    int64_t next_look;
    int64_t interval;
    int64_t longest_interval;
    winras_operation *next; /* of those that leaving.c is to end */
    int64_t decided_at;     /* if nothing has changed by then, that is the answer; NO_DEADLINE: never */
};

/* Allocates `size` zeroed bytes for the kind's structure. */
uint32_t operation_begin(uint32_t service, const operation_kind *kind, size_t size, int64_t timeout,
                         winras_operation **begun);
/* Looks, and plans the next look. */
void operation_look(winras_operation *operation);
/* During a look: the next one does more than look, so a simulated clock may not pass over it. */
void operation_must_look(winras_operation *operation);
/* For `woken`: looks if a disconnection was signalled, or a look is due. */
uint32_t operation_look_if_due(winras_operation *operation);
/* The operation of this process that is found there, or NULL. Whoever gets it ends it, because nobody else finds it any
 * more. */
winras_operation *operation_claim(winras_operation **place);
void operation_end(winras_operation *operation);
/* It began before the fork() that made this process: nothing of it may be touched here. */
BOOL operation_is_of_parent(const winras_operation *operation);
BOOL operation_is_cancelled(winras_operation *operation);
/* Whose seat it is. */
winras_operation *operation_of_seat(looks_seat *seat);
/* A negative duration has no end. */
int64_t operation_later(int64_t now, int64_t duration);
int64_t operation_now(const winras_operation *operation);

#endif
