/* One RAS call each, with flat results: which table to call, and what its answers mean. */
#ifndef WINRAS_CALLS_H
#define WINRAS_CALLS_H

#include <windows.h>

#include "layouts.h"
#include "rasapi.h"
#include "shim.h"
#include "trace.h"

/* The table of the service, or an error if that service is not the active one. */
uint32_t calls_find_table(uint32_t service, const rasapi **table);
/* What a RAS function's answer becomes for the caller. */
uint32_t calls_answer(uint32_t service, uint32_t code);
/* Whether the answer means that the connection is gone: 6 is documented, and RasHangUp has been
 * seen to answer 668. */
BOOL calls_means_gone(uint32_t code);

/* Calls a function of the table, or answers 127 if this Windows has no such function. Each call is one of these, so
 * that a log has them all. */
#define CALLS_CALL(table, function, ...) \
    ((table)->function ? shim_from_ras(TRACE_CALL(table, function, __VA_ARGS__)) : (uint32_t)ERROR_PROC_NOT_FOUND)

/* A buffer that RAS fills. */
typedef struct {
    BYTE *bytes;
    DWORD room;
    DWORD used; /* how many of its first bytes need not be zero */
} calls_buffer;

/* Calls one function with a buffer of *bytes; the function sets *bytes to what it needs. */
typedef DWORD (*calls_fill)(void *context, BYTE *buffer, DWORD *bytes);

/* Makes room for so many bytes, and for `spare` more, all of them zero. */
uint32_t calls_grow(calls_buffer *buffer, DWORD needed, DWORD spare);
/* Calls fill, growing the buffer while RAS answers 603. If the buffer is empty, the first call is a
 * size probe. Before each call the buffer is zero but for its first 4 bytes, which are `head`: a
 * dwSize or a version. `spare` is at least one structure, so that the buffer grows whatever RAS
 * says that it needs. */
uint32_t calls_probe_and_grow(calls_buffer *buffer, DWORD head, DWORD spare, calls_fill fill, void *context);

/* A list that RAS gives: an array of structures of one size. */
typedef struct {
    DWORD size;  /* the dwSize of each */
    DWORD spare; /* room for so many more, because the list may grow meanwhile; 1 at least */
    DWORD (*ask)(const void *question, BYTE *buffer, DWORD *bytes, DWORD *count);
    size_t flat_size;
    void (*flatten)(void *flat, const BYTE *bytes);
} calls_list_kind;

/* The caller frees *flat. */
uint32_t calls_list(calls_buffer *buffer, const calls_list_kind *kind, const void *question, void **flat,
                    uint32_t *count);

/* What RasEnumConnections has listed, in the buffer that RAS has filled. */
typedef struct {
    calls_buffer buffer;
    uint32_t count;
} calls_enumeration;

/* Ends with calls_end_enumeration, whatever it answers. */
uint32_t calls_begin_enumeration(const rasapi *table, calls_enumeration *enumeration);
void calls_end_enumeration(calls_enumeration *enumeration);
uint64_t calls_enumerated_handle(const calls_enumeration *enumeration, uint32_t number);
void calls_enumerated(const calls_enumeration *enumeration, uint32_t number, winras_connection *connection);
/* All of it as one array, which the caller frees. */
uint32_t calls_enumerate(const rasapi *table, winras_connection **connections, uint32_t *count);
uint32_t calls_get_status(const rasapi *table, uint64_t handle, winras_status *status);
uint32_t calls_get_sub_entry(const rasapi *table, uint64_t handle, uint32_t sub_entry, uint64_t *sub_handle);

#endif
