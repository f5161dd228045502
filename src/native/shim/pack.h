/* Packs connections and statuses into one block of memory, which Python copies and reads at once. */
#ifndef WINRAS_PACK_H
#define WINRAS_PACK_H

#include <stddef.h>

#include "layouts.h"
#include "shim.h"

/* A block that is being packed. */
typedef struct {
    winras_block *block; /* NULL: memory is short */
    size_t room;         /* of the block, in bytes */
    size_t used;
} packer;

/* A block for so many of each, or fewer. A status is packed behind its connection. */
void pack_begin(packer *to, uint32_t service, uint32_t connections, uint32_t statuses);
void pack_connection(packer *to, const winras_connection *connection);
void pack_native(packer *to, const RASCONNW *native);
void pack_status(packer *to, const winras_status *status);
/* Whether so many bytes are the same, a multiple of 8; each may be anywhere. */
BOOL pack_is_same(const void *a, const void *b, uint64_t size);
/* The block, with that code, which winras_free frees; NULL if memory was short. */
winras_block *pack_end(packer *to, uint32_t code);

#endif
