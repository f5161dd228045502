/* The messages between the simulated service and its clients in other processes: a header, and the fields of a request
 * or of its answer as wire.h writes them. What can be asked is all of requests.h, and what joins a client. */
#ifndef WINRAS_SIMULATOR_MESSAGES_H
#define WINRAS_SIMULATOR_MESSAGES_H

#include "channel.h"
#include "requests.h"
#include "wire.h"

/* Of the header, and of how fields are written. What is written of each request need not be counted here: both sides
 * compare their tables (message_table). */
#define MESSAGE_VERSION 1
/* The most bytes after a header. */
#define MESSAGE_MOST_REQUEST (1u << 20)
#define MESSAGE_MOST_REPLY (64u << 20)
/* How long a header is: version and what it is, 16 bits each; the size of the rest, the code of a reply, and whether
 * the request was performed at all, 32 bits each. */
#define MESSAGE_HEADER 16

/* ---- what joins a client ---- */

/* The first message on a client's home channel, and what it must know to be one. Moments are microseconds. */
#define MESSAGE_hello(IN, OUT)                                                                     \
    IN(NUMBER, uint32_t, table) /* message_table */                                                \
    OUT(NUMBER, uint32_t, client)                                                                  \
    OUT(BYTES, 16, secret)                                                                         \
    OUT(NUMBER, int64_t, begun)      /* the machine's clock when that of the simulator was at 0 */ \
    OUT(NUMBER, int64_t, begun_wall) /* what a wall clock showed then, since 1970 */               \
    OUT(NUMBER, int64_t, slept)      /* for how long the machine has slept since then */           \
    OUT(NUMBER, uint64_t, factor)    /* the bits of a double; 0 stands still */
/* The first message on any other channel: whose it is. */
#define MESSAGE_secret(IN, OUT) IN(BYTES, 16, secret)
/* Waits for news, and tells how many the client has heard so far: those behind them come next. */
#define MESSAGE_next_news(IN, OUT) \
    IN(NUMBER, uint64_t, heard)    \
    OUT(LIST, service_news, news)

/* How long, in milliseconds of real time, the service waits for news until it says that there are none; and how long it
 * may be silent on top of that until the client takes it for gone, be it stopped or dead. */
#ifndef MESSAGE_NEWS_MS
#define MESSAGE_NEWS_MS 10000
#define MESSAGE_SILENT_MS 20000
#endif

#define MESSAGES(X) X(hello) X(secret) X(next_news)

#define MESSAGE(name)                            \
    struct message_##name {                      \
        MESSAGE_##name(WIRE_MEMBER, WIRE_MEMBER) \
    };
MESSAGES(MESSAGE)
#undef MESSAGE

/* They stay what they are when there are more requests, so that different versions can tell each other so. A message is
 * one of these, or an enum service_request. */
#define MESSAGE_NUMBER(name) MESSAGE_NUMBER_##name,
enum { MESSAGE_NUMBER_BEFORE = 0xFF00, MESSAGES(MESSAGE_NUMBER) MESSAGE_NUMBER_END };
#undef MESSAGE_NUMBER

/* ---- messages ---- */

typedef wire_bytes message;

typedef struct {
    uint32_t what;
    uint32_t size; /* of the rest */
    uint32_t code;
    BOOL performed;
} message_header;

/* What the two sides must agree on: a sum of all requests and their fields. */
uint32_t message_table(void);

/* The size of the structure of a request; 0: there is none of that number. */
size_t message_room(uint32_t what);

/* A whole message, in place of what was there. "asked" is the request's structure. An error is to->error too. */
DWORD message_write_request(message *to, uint32_t what, const void *asked);
/* A reply is begun before the request is performed: then what asked's list takes is written into it. Its code is that
 * of the request; if it cannot be written, ERROR_NOT_ENOUGH_MEMORY, as of a request that was not performed. An error:
 * there is not even memory for that. */
DWORD message_begin_reply(message *to, uint32_t what, void *asked);
DWORD message_write_reply(message *to, uint32_t what, const void *asked, DWORD code, BOOL performed);
/* Wipes and frees its bytes. */
void message_free(message *freed);

/* ERROR_INVALID_DATA: it is none, or the rest would be longer than `most`; ERROR_REVISION_MISMATCH: of another version.
 */
DWORD message_read_header(const uint8_t bytes[MESSAGE_HEADER], size_t most, message_header *header);
/* Both from a channel; rest_ms for each 64 KiB of the rest. The channel's error, or of the above. */
DWORD message_receive(channel *from, DWORD header_ms, DWORD rest_ms, size_t most, message_header *header,
                      message *rest);
/* "rest" are the header's `size` bytes. ERROR_INVALID_DATA: they are not that request's, or not a reply to it. */
DWORD message_read_request(const message_header *header, const uint8_t *rest, void *asked);
/* If the request was not performed, asked stays as it was. Its list takes the items before this returns. */
DWORD message_read_reply(const message_header *header, const uint8_t *rest, uint32_t what, void *asked);
/* Wipes the structure of a request that was read, and frees what that took, and what the answer has. */
void message_free_request(uint32_t what, void *asked);

/* ---- for tests ---- */

/* The fields of a request's structure that are given, or those of the answer. */
const wire_record *message_fields(uint32_t what, BOOL answer);
/* Each record that a message may have, by number; NULL after the last. */
const wire_record *message_record(size_t number, const char **name);

#endif
