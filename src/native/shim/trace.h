/* What winras has called and decided, for a log: kept only while somebody wants it, read by Python later. */
#ifndef WINRAS_TRACE_H
#define WINRAS_TRACE_H

#include "rasapi.h"
#include "shim.h"

/* Around one call of RAS or of the service manager: a record of it, if calls are traced. No lock is held in
 * between. `function` is a literal; trace_end returns the result. */
void trace_begin(int64_t (*now)(void), const char *function, HRASCONN handle);
uint32_t trace_end(uint32_t result);
/* A decision, WINRAS_DECIDED_, about what RAS has answered, if decisions are traced. */
void trace_decision(uint32_t decision, const char *function, uint64_t handle, uint32_t result);

/* The first of several arguments. Twice, because MSVC gives __VA_ARGS__ on as one argument. */
#define TRACE_EXPAND(text) text
#define TRACE_FIRST(first, ...) first
/* The handle that a function is given, which is its first argument, or NULL. */
#define TRACE_HANDLE(...) TRACE_HANDLE_OF(TRACE_EXPAND(TRACE_FIRST(__VA_ARGS__, 0)))
#define TRACE_HANDLE_OF(argument) _Generic((argument), HRASCONN: (argument), default: NULL)

/* Calls a function that the table has. */
#define TRACE_CALL(table, function, ...) \
    (trace_begin((table)->now, #function, TRACE_HANDLE(__VA_ARGS__)), trace_end((table)->function(__VA_ARGS__)))

#endif
