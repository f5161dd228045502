/* The simulated service for clients in other processes. Each of them has a home channel, whose end is the client's
 * end, and others, on each of which it asks one thing at a time. What the service tells a client without being asked
 * waits here until the client asks for it. A thread for each channel reads and writes without the state's lock, under
 * which everything else here is; an answer is whole in memory before it is written. */

#include "state.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <ntsecapi.h>
#endif

#include "channel.h"
#include "fork.h"
#include "messages.h"

/* How long a peer may take, in milliseconds of real time: to say who it is, for the rest of a message that it has
 * begun, and to take an answer. */
#define FIRST_MS 5000
#define REST_MS 10000
#define ANSWER_MS 10000

#define MOST_CHANNELS 2048
#define MOST_OF_PROCESS 256
/* The answers that are being written have so many bytes in all, because clients may not read them; those of a process
 * have no more than is left for others. */
#define MOST_UNREAD (256u << 20)
/* A client that leaves so many waiting is as good as dead. */
#define MOST_NEWS 32768
/* How many one answer has, */
#define NEWS_AT_ONCE 1024
/* and among how many of the last ones a signal is looked for before the same is told again. */
#define MOST_LOOKED_AT 1024

struct visitor {
    struct visitor *next;
    uint32_t number; /* among the service's clients */
    uint32_t process;
    size_t stored; /* what it has had kept, less what it has removed */
    uint8_t secret[16];
    channel *home;
    uint32_t channels;  /* how many threads know it */
    service_news *news; /* that it has not said to have heard; */
    size_t news_count;
    size_t given;   /* the first so many were in an answer */
    uint64_t heard; /* so many it has heard before these */
    HANDLE told;    /* set while there are news that were not given, and when it is over */
    BOOL over;
};

/* One channel. */
struct visit {
    struct visit *next;
    struct server *server;
    struct visitor *visitor; /* NULL: it has not said whose it is */
    channel *channel;
    uint32_t process;
    size_t unread; /* bytes of the answer that is being written */
};

struct server {
    uint32_t service; /* the simulator's number */
    listener *listener;
    struct visitor *visitors;
    struct visit *visits;
    uint32_t threads;
    size_t unread; /* bytes of answers that are being written */
    BOOL over;
};

static struct server *serving; /* NULL: nothing is served */
static uint32_t last_client = OWN_CLIENT;
static uint32_t time_kept_for; /* the number of the simulator for which a thread keeps the time */

AFTER_FORK(forget_server, {
    serving = NULL;
    time_kept_for = 0;
});

/* ---- clients, with the lock held ---- */

static struct visitor *find_visitor(uint32_t number) {
    struct visitor *visitor = serving ? serving->visitors : NULL;

    while (visitor && visitor->number != number) {
        visitor = visitor->next;
    }
    return visitor;
}

/* Its threads do the rest: whoever tells it news may be in the middle of what forgetting it would change. */
static void end_visitor(struct visitor *visitor) {
    if (!visitor->over) {
        visitor->over = TRUE;
        sim.unheard -= visitor->news_count;
        SetEvent(visitor->told);
        SetEvent(sim.changed);
        channel_shut(visitor->home);
    }
}

static BOOL is_visitor_over(uint64_t client) {
    const struct visitor *visitor = find_visitor((uint32_t)client);

    return !visitor || visitor->over;
}

static size_t visitor_keeps(uint32_t client, size_t more, size_t less) {
    struct visitor *visitor = find_visitor(client);
    size_t all = 0;

    if (visitor) {
        visitor->stored += more;
        visitor->stored -= less < visitor->stored ? less : visitor->stored;
        for (const struct visitor *other = serving->visitors; other; other = other->next) {
            all += other->process == visitor->process ? other->stored : 0;
        }
    }
    return all;
}

static void forget_visitor(struct server *server, struct visitor *visitor) {
    struct visitor **link = &server->visitors;

    while (*link != visitor) {
        link = &(*link)->next;
    }
    *link = visitor->next;
    CloseHandle(visitor->told);
    free(visitor->news);
    SecureZeroMemory(visitor, sizeof(*visitor));
    free(visitor);
}

/* A signal that the client has not been given stands for the next one too. */
static BOOL is_told(const struct visitor *visitor, const service_news *news) {
    size_t last = visitor->news_count;

    for (size_t i = last; news->what == NEWS_SIGNAL && i > visitor->given && last - i < MOST_LOOKED_AT; i--) {
        if (visitor->news[i - 1].what == NEWS_SIGNAL && visitor->news[i - 1].number == news->number) {
            return TRUE;
        }
    }
    return FALSE;
}

static void tell_one(struct visitor *visitor, const service_news *news) {
    service_news *told;

    if (visitor->over || is_told(visitor, news)) {
        return;
    }
    told = visitor->news_count < MOST_NEWS ? append(&visitor->news, &visitor->news_count, sizeof(*told)) : NULL;
    if (told) {
        *told = *news;
        sim.unheard++;
        SetEvent(visitor->told);
    } else {
        end_visitor(visitor);
    }
}

static void tell_visitor(uint32_t client, const service_news *news) {
    for (struct visitor *visitor = serving ? serving->visitors : NULL; visitor; visitor = visitor->next) {
        if (client == ALL_CLIENTS || visitor->number == client) {
            tell_one(visitor, news);
        }
    }
}

/* FALSE: it cannot have heard that many. */
static BOOL drop_heard(struct visitor *visitor, uint64_t heard) {
    size_t count;

    if (heard < visitor->heard || heard - visitor->heard > visitor->given) {
        return FALSE;
    }
    count = (size_t)(heard - visitor->heard);
    visitor->news_count -= count;
    visitor->given -= count;
    visitor->heard = heard;
    if (count) {
        memmove(visitor->news, visitor->news + count, visitor->news_count * sizeof(*visitor->news));
        sim.unheard -= count;
        SetEvent(sim.changed);
    }
    return TRUE;
}

/* ---- what is asked ---- */

static DWORD answer_hello(struct visit *visit, struct message_hello *asked) {
    struct visitor *visitor = calloc(1, sizeof(*visitor));
    DWORD code = ERROR_SUCCESS;

    if (visitor) {
        visitor->told = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    if (!visitor || !visitor->told || !RtlGenRandom(visitor->secret, sizeof(visitor->secret))) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    } else if (asked->table != message_table()) {
        code = ERROR_REVISION_MISMATCH;
    }
    lock_state();
    if (!code && visit->server->over) {
        code = RPC_S_SERVER_UNAVAILABLE;
    }
    if (!code) {
        visitor->number = asked->client = ++last_client;
        visitor->process = visit->process;
        visitor->home = visit->channel;
        visitor->channels = 1;
        visitor->next = visit->server->visitors;
        visit->server->visitors = visitor;
        visit->visitor = visitor;
        memcpy(asked->secret, visitor->secret, sizeof(asked->secret));
        asked->factor = clock_shared(&asked->begun);
        asked->begun_wall = sim.begun_wall;
        asked->slept = sim.slept;
        visitor = NULL;
    }
    unlock_state();
    if (visitor) {
        CloseHandle(visitor->told);
        free(visitor);
    }
    return code;
}

static DWORD answer_secret(struct visit *visit, const struct message_secret *asked) {
    struct visitor *visitor;

    lock_state();
    visitor = visit->server->visitors;
    while (visitor && (visitor->over || memcmp(visitor->secret, asked->secret, sizeof(asked->secret)) != 0)) {
        visitor = visitor->next;
    }
    if (visitor) {
        visitor->channels++;
        visit->visitor = visitor;
    }
    unlock_state();
    return visitor ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
}

static DWORD answer_next_news(struct visitor *visitor, struct message_next_news *asked) {
    DWORD code = ERROR_SUCCESS;

    lock_state();
    if (!drop_heard(visitor, asked->heard)) {
        code = ERROR_INVALID_PARAMETER;
    } else if (!visitor->news_count && !visitor->over) {
        ResetEvent(visitor->told);
        unlock_state();
        WaitForSingleObject(visitor->told, MESSAGE_NEWS_MS);
        lock_state();
    }
    if (visitor->over) {
        code = RPC_S_SERVER_UNAVAILABLE;
    }
    if (!code) {
        visitor->given = visitor->news_count < NEWS_AT_ONCE ? visitor->news_count : NEWS_AT_ONCE;
    }
    for (size_t i = 0; !code && i < visitor->given; i++) {
        asked->news.take(asked->news.to, &visitor->news[i]);
    }
    unlock_state();
    return code;
}

/* What is known of this peer decides what it may ask. FALSE: that was not it, and the channel ends. */
static BOOL may_ask(const struct visit *visit, uint32_t what) {
    return (what == MESSAGE_NUMBER_hello || what == MESSAGE_NUMBER_secret) == !visit->visitor && message_room(what);
}

static DWORD answer_request(struct visit *visit, uint32_t what, void *asked, BOOL *performed) {
    *performed = TRUE;
    switch (what) {
    case MESSAGE_NUMBER_hello:
        return answer_hello(visit, asked);
    case MESSAGE_NUMBER_secret:
        return answer_secret(visit, asked);
    case MESSAGE_NUMBER_next_news:
        return answer_next_news(visit->visitor, asked);
    default:
        return perform(visit->visitor->number, (enum service_request)what, asked, performed);
    }
}

/* ---- channels ---- */

/* With the lock held. */
static BOOL has_room_for_answer(const struct visit *visit, size_t bytes) {
    size_t left = MOST_UNREAD - visit->server->unread;
    size_t unread = 0;

    if (is_fair(visit->server->unread, bytes, left)) {
        return TRUE; /* of so few nobody has too many */
    }
    for (const struct visit *other = visit->server->visits; other; other = other->next) {
        unread += other->process == visit->process ? other->unread : 0;
    }
    return is_fair(unread, bytes, left);
}

static DWORD send_answer(struct visit *visit, const message *reply) {
    DWORD code = ERROR_NOT_ENOUGH_MEMORY;

    lock_state();
    if (has_room_for_answer(visit, reply->size)) {
        visit->unread = reply->size;
        visit->server->unread += visit->unread;
        unlock_state();
        code = channel_send(visit->channel, reply->bytes, reply->size, ANSWER_MS);
        lock_state();
        visit->server->unread -= visit->unread;
        visit->unread = 0;
    }
    unlock_state();
    return code;
}

/* FALSE: the channel has ended, or is to. */
static BOOL serve_one(struct visit *visit, DWORD first_ms) {
    message request = {0}, reply = {0};
    message_header header = {0};
    BOOL performed = FALSE;
    void *asked = NULL;
    DWORD result;
    DWORD code = message_receive(visit->channel, first_ms, REST_MS, MESSAGE_MOST_REQUEST, &header, &request);

    if (!code) {
        code = may_ask(visit, header.what) ? ERROR_SUCCESS : (DWORD)ERROR_INVALID_FUNCTION;
    }
    if (!code) {
        asked = calloc(1, message_room(header.what));
        code = asked ? message_read_request(&header, request.bytes, asked) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        code = message_begin_reply(&reply, header.what, asked);
    }
    if (!code) {
        result = answer_request(visit, header.what, asked, &performed);
        code = message_write_reply(&reply, header.what, asked, result, performed);
    }
    if (!code) {
        code = send_answer(visit, &reply);
    }
    /* The header of an answer tells a client of another version so. */
    if (code == ERROR_REVISION_MISMATCH && !visit->visitor &&
        message_write_reply(&reply, MESSAGE_NUMBER_hello, NULL, code, FALSE) == ERROR_SUCCESS) {
        channel_send(visit->channel, reply.bytes, reply.size, ANSWER_MS);
    }
    if (asked) {
        message_free_request(header.what, asked);
        free(asked);
    }
    message_free(&request);
    message_free(&reply);
    return !code;
}

/* With the lock held. The last thread of a server that is over frees it. */
static void leave_server(struct server *server) {
    if (--server->threads == 0) {
        free(server);
    }
    SetEvent(sim.changed);
}

static void forget_client_of(const struct server *server, uint32_t client) {
    if (server->service == sim.running) {
        forget_client(client);
        forget_client_dials(client);
        clock_changed();
    }
}

/* With the home channel the client ends; whatever its other channels were asked has ended with the last of them. */
static void leave_visitor(const struct visit *visit) {
    struct visitor *visitor = visit->visitor;

    if (visitor->home == visit->channel) {
        end_visitor(visitor);
        visitor->home = NULL;
        for (const struct visit *other = visit->server->visits; other; other = other->next) {
            if (other->visitor == visitor) {
                channel_shut(other->channel);
            }
        }
        forget_client_of(visit->server, visitor->number);
    }
    if (--visitor->channels == 0) {
        forget_client_of(visit->server, visitor->number);
        forget_visitor(visit->server, visitor);
    }
}

static void end_visit(struct visit *visit) {
    struct visit **link = &visit->server->visits;

    clock_lock();
    if (visit->visitor) {
        leave_visitor(visit);
    }
    while (*link != visit) {
        link = &(*link)->next;
    }
    *link = visit->next;
    leave_server(visit->server);
    unlock_state();
    channel_close(visit->channel);
    free(visit);
}

static DWORD WINAPI run_visit(LPVOID parameter) {
    struct visit *visit = parameter;
    BOOL goes_on = serve_one(visit, FIRST_MS) && visit->visitor;
    uint8_t byte;

    if (goes_on && visit->visitor->home == visit->channel) {
        channel_receive(visit->channel, &byte, 1, INFINITE); /* nothing more comes, except its end */
        goes_on = FALSE;
    }
    while (goes_on) {
        goes_on = serve_one(visit, INFINITE);
    }
    end_visit(visit);
    return 0;
}

/* With the lock held. */
static BOOL has_room(const struct server *server, uint32_t process) {
    size_t all = 0, of_process = 0;

    for (const struct visit *visit = server->visits; visit; visit = visit->next) {
        all++;
        of_process += visit->process == process;
    }
    return !server->over && all < MOST_CHANNELS && of_process < MOST_OF_PROCESS;
}

static void begin_visit(struct server *server, channel *accepted) {
    struct visit *visit = calloc(1, sizeof(*visit));
    HANDLE thread = NULL;

    lock_state();
    if (visit && has_room(server, channel_process(accepted))) {
        visit->server = server;
        visit->channel = accepted;
        visit->process = channel_process(accepted);
        visit->next = server->visits;
        server->visits = visit;
        server->threads++;
        thread = CreateThread(NULL, 0, run_visit, visit, 0, NULL);
        if (!thread) {
            server->visits = visit->next;
            server->threads--;
        }
    }
    unlock_state();
    if (thread) {
        CloseHandle(thread);
    } else {
        free(visit);
        channel_close(accepted);
    }
}

/* ---- the service begins and ends to be served ---- */

static DWORD WINAPI run_server(LPVOID parameter) {
    struct server *server = parameter;
    channel *accepted = NULL;

    while (listener_accept(server->listener, &accepted) == ERROR_SUCCESS) {
        begin_visit(server, accepted);
    }
    lock_state(); /* whoever stops it has done so */
    unlock_state();
    listener_close(server->listener);
    lock_state();
    leave_server(server);
    unlock_state();
    return 0;
}

static DWORD WINAPI run_time(LPVOID parameter) {
    sim_keep_time((uint32_t)(uintptr_t)parameter);
    return 0;
}

/* On a running clock somebody must do what is due, whoever waits in this process. FALSE: nobody can. */
static BOOL keep_time_of(uint32_t service) {
    int64_t begun;
    HANDLE thread;

    if (clock_shared(&begun) == 0 || time_kept_for == service) {
        return TRUE;
    }
    thread = CreateThread(NULL, 0, run_time, (LPVOID)(uintptr_t)service, 0, NULL);
    if (thread) {
        time_kept_for = service;
        CloseHandle(thread);
    }
    return thread != NULL;
}

/* With the lock held, which others can take meanwhile. */
static void stop_serving(void) {
    struct server *server = serving;

    if (!server) {
        return;
    }
    serving = NULL;
    server->over = TRUE;
    server->threads++; /* this one */
    listener_stop(server->listener);
    for (struct visitor *visitor = server->visitors; visitor; visitor = visitor->next) {
        end_visitor(visitor);
    }
    for (const struct visit *visit = server->visits; visit; visit = visit->next) {
        channel_shut(visit->channel);
    }
    for (int slices = 0; server->threads > 1 && slices < PATIENT_SLICES; slices++) {
        wait_for_change(SLICE_MS);
    }
    leave_server(server);
}

uint32_t sim_serve(uint32_t number, const char *name) {
    struct server *server = calloc(1, sizeof(*server));
    DWORD code = server ? listener_open(name, &server->listener) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    HANDLE thread = NULL;

    lock_state();
    if (!code && (!number || number != sim.running || sim.joined)) {
        code = ERROR_INVALID_PARAMETER;
    }
    if (!code && serving) {
        code = ERROR_ALREADY_EXISTS;
    }
    if (!code && !keep_time_of(number)) {
        code = ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        server->service = number;
        server->threads = 1;
        thread = CreateThread(NULL, 0, run_server, server, 0, NULL);
        code = thread ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!code) {
        other_client_hears = tell_visitor;
        other_client_over = is_visitor_over;
        other_client_keeps = visitor_keeps;
        service_ends = stop_serving;
        serving = server;
        server = NULL;
    }
    unlock_state();
    if (thread) {
        CloseHandle(thread);
    }
    if (server && server->listener) {
        listener_close(server->listener);
    }
    free(server);
    return code;
}

void sim_stop_serving(uint32_t number) {
    lock_state();
    if (serving && serving->service == number) {
        stop_serving();
    }
    unlock_state();
}
