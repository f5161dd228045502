/* A client of a simulated service in another process, which server.c is. Its home channel says only that it is there.
 * Each thread that asks something takes a line, another channel, for itself, so that no call waits for one that takes
 * long; one thread, the pump, asks again and again for news. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <raserror.h>

#include "channel.h"
#include "fork.h"
#include "messages.h"

/* Who asks while all of them are taken, one by the pump, waits. */
#define MOST_LINES 64
/* How long it may take, in milliseconds of real time, to send a message; and until the service knows a new channel,
 * which it closes if it has all that it takes. */
#define SEND_MS 10000
#define WELCOME_MS 10000

struct line {
    channel *channel; /* NULL: it is not open */
    BOOL taken;
};

/* Under the state's lock, but for what the holder of a line does with its channel. */
struct joined {
    char name[CHANNEL_MOST_NAME + 1];
    uint8_t secret[16];
    channel *home;
    struct line lines[MOST_LINES];
    uint64_t heard;   /* how many news */
    uint32_t threads; /* that use this */
    BOOL over;        /* it has been left, or the service is gone */
};

static struct joined *joined;    /* NULL: this process has joined no other */
static volatile LONG has_joined; /* whether it has, for those who do not hold the lock */

AFTER_FORK(forget_joined, {
    joined = NULL;
    has_joined = FALSE;
});

/* ---- messages ---- */

/* Reads the answer into "asked"; *answer is its code. */
static DWORD receive_answer(channel *from, uint32_t what, void *asked, DWORD ms, DWORD *answer) {
    message_header header;
    message reply;
    DWORD code = message_receive(from, ms, ms, MESSAGE_MOST_REPLY, &header, &reply);

    if (!code) {
        code = message_read_reply(&header, reply.bytes, what, asked);
    }
    *answer = header.code;
    message_free(&reply);
    return code;
}

/* The first message on a channel. */
static DWORD introduce(channel *opened, uint32_t what, void *asked) {
    message request = {0};
    DWORD answer = ERROR_SUCCESS;
    DWORD code = message_write_request(&request, what, asked);

    if (!code) {
        code = channel_send(opened, request.bytes, request.size, SEND_MS);
    }
    if (!code) {
        code = receive_answer(opened, what, asked, WELCOME_MS, &answer);
    }
    message_free(&request);
    if (code) {
        return code == ERROR_REVISION_MISMATCH ? code : (DWORD)RPC_S_SERVER_UNAVAILABLE;
    }
    return answer;
}

/* ---- lines ---- */

/* With the lock held. The last thread frees it. */
static void leave_joined(struct joined *self) {
    if (--self->threads) {
        return;
    }
    for (size_t i = 0; i < MOST_LINES; i++) {
        if (self->lines[i].channel) {
            channel_close(self->lines[i].channel);
        }
    }
    if (self->home) {
        channel_close(self->home);
    }
    SecureZeroMemory(self, sizeof(*self));
    free(self);
}

/* With the lock held. From now on every call answers that the service is not there. */
static void end_joined(struct joined *self) {
    static const service_news last = {.what = NEWS_SERVICE_ENDS};

    if (self->over) {
        return;
    }
    self->over = TRUE;
    channel_shut(self->home);
    for (size_t i = 0; i < MOST_LINES; i++) {
        if (self->lines[i].channel) {
            channel_shut(self->lines[i].channel);
        }
    }
    if (self == joined) {
        tell_client(OWN_CLIENT, &last);
    }
    SetEvent(sim.changed);
}

/* With the lock held. The service's process is gone. */
static void lose_joined(struct joined *self) {
    BOOL is_ours = self == joined && !self->over;

    end_joined(self);
    if (is_ours) {
        clock_lose_service();
    }
}

/* Whether the service's process, which has the other end, is there. */
static BOOL is_there(const struct joined *self) {
    uint8_t byte;

    return channel_receive(self->home, &byte, 1, 0) == ERROR_TIMEOUT;
}

static struct line *find_free_line(struct joined *self) {
    struct line *closed = NULL;

    for (size_t i = 0; i < MOST_LINES; i++) {
        if (!self->lines[i].taken && self->lines[i].channel) {
            return &self->lines[i];
        }
        if (!self->lines[i].taken && !closed) {
            closed = &self->lines[i];
        }
    }
    return closed;
}

/* With the lock held, which others can take meanwhile. NULL: it is over. */
static struct line *take_line(struct joined *self) {
    struct line *line = find_free_line(self);

    while (!line && !self->over) {
        wait_for_change(SLICE_MS);
        line = find_free_line(self);
    }
    if (line && !self->over) {
        line->taken = TRUE;
        return line;
    }
    return NULL;
}

static void release_line(struct line *line) {
    line->taken = FALSE;
    SetEvent(sim.changed);
}

/* Of the line's holder. */
static void close_line(struct line *line) {
    channel *closed;

    lock_state();
    closed = line->channel;
    line->channel = NULL;
    unlock_state();
    if (closed) {
        channel_close(closed);
    }
}

/* Of the line's holder. */
static DWORD open_line(struct joined *self, struct line *line) {
    struct message_secret asked;
    channel *opened = NULL;
    DWORD code = ERROR_SUCCESS;

    if (line->channel) {
        return ERROR_SUCCESS;
    }
    memcpy(asked.secret, self->secret, sizeof(asked.secret));
    if (channel_connect(self->name, &opened) || introduce(opened, MESSAGE_NUMBER_secret, &asked)) {
        code = RPC_S_SERVER_UNAVAILABLE;
    }
    SecureZeroMemory(&asked, sizeof(asked));
    lock_state();
    if (!code && self->over) {
        code = RPC_S_SERVER_UNAVAILABLE;
    }
    if (!code) {
        line->channel = opened;
        opened = NULL;
    }
    unlock_state();
    if (opened) {
        channel_close(opened);
    }
    return code;
}

static DWORD send_on_line(struct joined *self, struct line *line, const message *request) {
    DWORD code = open_line(self, line);

    if (!code) {
        code = channel_send(line->channel, request->bytes, request->size, SEND_MS);
    }
    if (code) {
        close_line(line);
    }
    return code;
}

/* What the service has not got as a whole it has not performed, so it is asked once more, on a new channel. It has "ms"
 * for the answer. */
static DWORD exchange(struct joined *self, struct line *line, uint32_t what, void *asked, DWORD ms, DWORD *answer) {
    BOOL is_old = line->channel != NULL;
    message request = {0};
    DWORD code = ERROR_SUCCESS;

    *answer = message_write_request(&request, what, asked);
    if (!*answer) {
        code = send_on_line(self, line, &request);
        if (code && is_old) {
            code = send_on_line(self, line, &request);
        }
        if (!code) {
            code = receive_answer(line->channel, what, asked, ms, answer);
        }
        if (code) {
            close_line(line);
        }
    }
    message_free(&request);
    return code;
}

/* ---- what is asked ---- */

BOOL joined_ask(enum service_request request, void *asked, DWORD *answer) {
    struct joined *self;
    struct line *line = NULL;
    DWORD code = RPC_S_SERVER_UNAVAILABLE;

    if (!InterlockedCompareExchange(&has_joined, FALSE, FALSE)) {
        return FALSE;
    }
    *answer = ERROR_RASMAN_CANNOT_INITIALIZE;
    lock_state();
    self = joined;
    if (!self) {
        unlock_state();
        return TRUE; /* it has just been left */
    }
    self->threads++;
    ((service_call *)asked)->moves_time = (uint32_t)clock_stands_here();
    line = take_line(self);
    unlock_state();
    if (line) {
        code = exchange(self, line, request, asked, INFINITE, answer);
    }
    lock_state();
    if (line) {
        release_line(line);
    }
    if (code) {
        *answer = code == ERROR_NOT_ENOUGH_MEMORY ? code : RPC_S_SERVER_UNAVAILABLE;
    }
    if (code && !self->over && !is_there(self)) {
        lose_joined(self);
    }
    leave_joined(self);
    unlock_state();
    return TRUE;
}

/* ---- news ---- */

static void hear_news(void *to, const void *item) {
    struct joined *self = to;

    lock_state();
    if (self == joined && !self->over) {
        tell_client(OWN_CLIENT, item);
    }
    self->heard++;
    unlock_state();
}

/* An answer that was lost comes again; whoever cannot hear news cannot be a client. A call may take as long as it
 * likes, but not so the news: a service that is silent here is stopped, and whoever waits for it could not even be
 * interrupted. */
static DWORD WINAPI run_pump(LPVOID parameter) {
    struct joined *self = parameter;
    struct message_next_news asked = {.news = {hear_news, self}};
    DWORD code, answer = ERROR_SUCCESS;
    struct line *line;

    lock_state();
    line = take_line(self);
    unlock_state();
    do {
        asked.heard = self->heard;
        code =
            line ? exchange(self, line, MESSAGE_NUMBER_next_news, &asked, MESSAGE_NEWS_MS + MESSAGE_SILENT_MS, &answer)
                 : RPC_S_SERVER_UNAVAILABLE;
    } while (!code && !answer);
    lock_state();
    lose_joined(self);
    leave_joined(self);
    unlock_state();
    return 0;
}

/* ---- joining and leaving ---- */

/* With the lock held: this process's service is that one from now on. */
static DWORD enter_joined(struct joined *self, const struct message_hello *hello, uint32_t *number) {
    HANDLE thread;

    if (sim.running) {
        return ERROR_BUSY;
    }
    thread = CreateThread(NULL, 0, run_pump, self, 0, NULL);
    if (!thread) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle(thread);
    self->threads += 2; /* the pump, and `joined` */
    joined = self;
    InterlockedExchange(&has_joined, TRUE);
    sim.joined = TRUE;
    *number = sim.running = ++sim.last_number;
    clock_join(hello->begun, hello->begun_wall, hello->factor);
    clock_has_slept(hello->slept);
    return ERROR_SUCCESS;
}

DWORD join_service(const char *name, uint32_t *number) {
    struct message_hello hello = {.table = message_table()};
    struct joined *self = calloc(1, sizeof(*self));
    DWORD code;

    if (!self) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    code = rasapi_simulator_running() ? (DWORD)ERROR_BUSY : channel_connect(name, &self->home);
    if (!code) {
        memcpy(self->name, name, strlen(name));
        code = introduce(self->home, MESSAGE_NUMBER_hello, &hello);
        memcpy(self->secret, hello.secret, sizeof(self->secret));
    }
    lock_state();
    self->threads = 1;
    if (!code) {
        code = make_state_events() ? enter_joined(self, &hello, number) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    }
    leave_joined(self);
    unlock_state();
    SecureZeroMemory(&hello, sizeof(hello));
    return code;
}

void shut_service(void) {
    if (joined) {
        end_joined(joined);
    }
}

void leave_service(void) {
    struct joined *self = joined;

    if (self) {
        joined = NULL;
        InterlockedExchange(&has_joined, FALSE);
        sim.joined = FALSE;
        leave_joined(self);
    }
}

uint32_t sim_is_joined(void) { return InterlockedCompareExchange(&has_joined, FALSE, FALSE) != 0; }
