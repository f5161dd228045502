/* How requests and answers are written as bytes, for a service in another process. Everything is little-endian, and
 * nothing but what the fields name is written. Whatever the bytes are, reading them never goes beyond a field's room,
 * and leaves a NUL at the end of each text. */
#ifndef WINRAS_SIMULATOR_WIRE_H
#define WINRAS_SIMULATOR_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

#include <windows.h>

/* ---- the kinds of fields, and a structure of them: a record ---- */

/* NUMBER: an integer of 8 to 64 bits. TEXT: UTF-16 up to its NUL. BYTES: so many. RAW: a structure of Windows, which is
 * packed and has no pointer, so that it is the same everywhere. RECORD: a structure of fields. ARRAY, of what is given
 * only: any number of records, in the asker's memory. LIST, of an answer only, one at most: any number of records,
 * handed over one by one. BLOB: any number of bytes; in an answer, whoever asked frees them. */
enum wire_kind {
    WIRE_END,
    WIRE_NUMBER,
    WIRE_TEXT,
    WIRE_BYTES,
    WIRE_RAW,
    WIRE_RECORD,
    WIRE_ARRAY,
    WIRE_LIST,
    WIRE_BLOB
};

typedef struct {
    const void *items;
    uint32_t count;
} wire_array;

/* Who takes the items of a list; "to" is what it is given for that. An item is good only meanwhile. It asks nothing of
 * the service. */
typedef void wire_taker(void *to, const void *item);

typedef struct {
    wire_taker *take;
    void *to;
} wire_list;

typedef struct {
    uint8_t *bytes;
    uint32_t size;
} wire_blob;

typedef struct wire_record wire_record;

typedef struct {
    enum wire_kind kind;
    const char *name;
    size_t offset;
    size_t size; /* in the structure; of a BLOB, the most bytes that it may have; of an ARRAY, the most items */
    const wire_record *(*record)(void); /* of a RECORD, or of each item */
} wire_field;

struct wire_record {
    const wire_field *fields; /* up to WIRE_END */
    size_t size;              /* of the structure */
};

/* From one list of fields, FIELDS(FIELD), in which each is FIELD(kind, argument, name): a structure's members, */
#define WIRE_MEMBER(kind, argument, name) WIRE_MEMBER_##kind(argument, name)
#define WIRE_MEMBER_NUMBER(type, name) type name;
#define WIRE_MEMBER_TEXT(units, name) char16_t name[units];
#define WIRE_MEMBER_BYTES(size, name) uint8_t name[size];
#define WIRE_MEMBER_RAW(type, name) type name;
#define WIRE_MEMBER_RECORD(type, name) type name;
#define WIRE_MEMBER_ARRAY(type, name) wire_array name;
#define WIRE_MEMBER_LIST(type, name) wire_list name;
#define WIRE_MEMBER_BLOB(most, name) wire_blob name;
/* and their description, where `described` is a name of that structure. */
#define WIRE_FIELD(kind, argument, name) WIRE_FIELD_##kind(argument, name)
#define WIRE_FIELD_NUMBER(type, name) {WIRE_NUMBER, #name, offsetof(described, name), sizeof(type), NULL},
#define WIRE_FIELD_TEXT(units, name) {WIRE_TEXT, #name, offsetof(described, name), (units) * sizeof(char16_t), NULL},
#define WIRE_FIELD_BYTES(size, name) {WIRE_BYTES, #name, offsetof(described, name), size, NULL},
#define WIRE_FIELD_RAW(type, name) {WIRE_RAW, #name, offsetof(described, name), sizeof(type), NULL},
#define WIRE_FIELD_RECORD(type, name) {WIRE_RECORD, #name, offsetof(described, name), sizeof(type), wire_##type},
#define WIRE_FIELD_ARRAY(type, name) {WIRE_ARRAY, #name, offsetof(described, name), WIRE_MOST_ITEMS, wire_##type},
#define WIRE_FIELD_LIST(type, name) {WIRE_LIST, #name, offsetof(described, name), sizeof(wire_list), wire_##type},
#define WIRE_FIELD_BLOB(most, name) {WIRE_BLOB, #name, offsetof(described, name), most, NULL},
#define WIRE_NOTHING(kind, argument, name)
#define WIRE_LAST {WIRE_END, NULL, 0, 0, NULL}

/* The most items of an ARRAY. */
#define WIRE_MOST_ITEMS 4096

/* Defines the function that describes a structure by a list of fields. */
#define WIRE_DESCRIBE(linkage, function, structure, FIELDS)                \
    linkage const wire_record *function(void) {                            \
        typedef structure described;                                       \
        static const wire_field fields[] = {FIELDS(WIRE_FIELD) WIRE_LAST}; \
        static const wire_record record = {fields, sizeof(described)};     \
                                                                           \
        return &record;                                                    \
    }

/* ---- bytes ---- */

/* A NUMBER is written with all its bytes; a TEXT as how many units it has, in 16 bits, and the units; an ARRAY, a LIST
 * and a BLOB as their count, in 32 bits, and what they have. Fields follow each other, except that a LIST comes before
 * all others, because it is written while the service still answers. */

/* They grow up to `most`, and are wiped when they are freed or moved, because there may be a password among them. The
 * first error stays, and nothing is written after it. All zero: empty. */
typedef struct {
    uint8_t *bytes;
    size_t size;
    size_t room;
    size_t most;
    DWORD error;             /* ERROR_NOT_ENOUGH_MEMORY: there is none, or it would be more than `most` */
    const wire_record *item; /* of the LIST that is being written, */
    size_t items;            /* how many it has, */
    size_t count_at;         /* and where that is to be. */
} wire_bytes;

/* Where so many more bytes are to be written; NULL on an error. */
uint8_t *wire_grow(wire_bytes *to, size_t size);
/* In between, what list->take takes is appended. */
void wire_begin_list(wire_bytes *to, const wire_record *item, wire_list *list);
void wire_end_list(wire_bytes *to);
/* Appends all fields but a LIST. ERROR_INVALID_PARAMETER: an ARRAY or a BLOB has more than it may. */
void wire_write(wire_bytes *to, const wire_record *record, const void *structure);
void wire_free(wire_bytes *bytes);

/* Reads a structure, whose other members stay. The bytes are read twice: ERROR_INVALID_DATA, they are not exactly that
 * structure, which is as it was then. Memory is taken for an ARRAY and a BLOB only, once all is known to be right.
 * ERROR_NOT_ENOUGH_MEMORY: those are empty. */
DWORD wire_read(const uint8_t *bytes, size_t size, const wire_record *record, void *structure);
/* Wipes and frees the ARRAYs and BLOBs that wire_read has made, or the service. */
void wire_forget(const wire_record *record, void *structure);

#endif
