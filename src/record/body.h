/** What the bodies of all records have in common: each is described by a table of its fields, from
 *  which they are written, read and held against their limits (docs/protocol.md section 9). */
#ifndef LV_RECORD_BODY_H
#define LV_RECORD_BODY_H

#include "lotveil.pb-c.h"
#include <lotveil/record.h>
#include <stddef.h>

#define LV_PUBLIC_KEY_MAX 65536U     /* bytes of a public key in a record */
#define LV_RECORD_PROOF_MAX 1048576U /* bytes of a key proof or the proof of an answer */
#define LV_BIT_PROOF_MAX                                                                           \
    ((uint64_t)8192 * LV_SET_PAIRS_MAX) /* bytes of a proof about every bit of a set               \
                                         */
#define LV_LIMIT_MAX (((uint64_t)1 << LV_WIDTH_MAX) - 1)
#define LV_RECORD_TIME_MAX 253402300799 /* the last second of the year 9999 */

typedef enum {
    LV_FIELD_NAME,   /* char[LV_NAME_MAX + 1]; lv_name_is_valid */
    LV_FIELD_TEXT,   /* char[max + 1]; min..max bytes; lv_text_is_plain */
    LV_FIELD_BYTES,  /* lv_buffer of min..max bytes */
    LV_FIELD_DIGEST, /* lv_digest, always there */
    LV_FIELD_U32,    /* uint32_t of min..max */
    LV_FIELD_U64,    /* uint64_t of min..max */
    LV_FIELD_TIME,   /* int64_t, 1 .. LV_RECORD_TIME_MAX */
    LV_FIELD_BOOL,   /* bool */
} lv_field_kind;

/** One field that the message and the record both have. */
typedef struct {
    const char *name;
    lv_field_kind kind;
    size_t wire; /* offset in the protobuf-c struct */
    size_t own;  /* offset in the record's struct */
    uint64_t min;
    uint64_t max;
} lv_field;

#define LV_FIELD(wire_type, own_type, field, field_kind, least, most)                              \
    {.name = #field,                                                                               \
     .kind = (field_kind),                                                                         \
     .wire = offsetof(wire_type, field),                                                           \
     .own = offsetof(own_type, field),                                                             \
     .min = (least),                                                                               \
     .max = (most)}

#define LV_FIELD_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/** Holds the fields of a record against their limits.
 * @param what  named in the words, such as "quality record".
 * @return LV_OK; LV_E_LIMIT where something is too long; LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_fields_check(const char *what, const lv_field *fields, size_t count,
                                        const void *record, lv_error *err);

/** Lends the fields of a record to a message that is going to be packed. */
void lv_fields_lend(const lv_field *fields, size_t count, const void *record,
                    ProtobufCMessage *message);

/** Copies the fields of a message into a zeroed record; texts and digests that do not fit are
 *  refused, everything else is left to lv_fields_check. */
LV_MUST_CHECK lv_status lv_fields_copy(const char *what, const lv_field *fields, size_t count,
                                       const ProtobufCMessage *message, void *record,
                                       lv_error *err);

/** Copies one text of at most `max` bytes. */
LV_MUST_CHECK lv_status lv_field_copy_text(const char *what, const char *name, const char *text,
                                           size_t max, char *out, lv_error *err);

/** Checks one text: `min`..`max` bytes, lv_text_is_plain. */
LV_MUST_CHECK lv_status lv_field_check_text(const char *what, const char *name, const char *text,
                                            size_t min, size_t max, lv_error *err);

/** Checks that `limit` is 0 unless the question is about one. */
LV_MUST_CHECK lv_status lv_field_check_limit(const char *what, lv_question question, uint64_t limit,
                                             lv_error *err);

/** A kind of record. The hooks see to what the table does not tell; each may be NULL. */
typedef struct {
    lv_kind kind;
    const char *what; /* "quality record", for words */
    const ProtobufCMessageDescriptor *type;
    size_t size;   /* of the record's struct */
    size_t author; /* offset of `author` in it */
    size_t time;   /* offset of `time` in it */
    const lv_field *fields;
    size_t field_count;
    lv_status (*check)(const void *record, lv_error *err);
    lv_status (*lend)(const void *record, ProtobufCMessage *message, lv_error *err);
    void (*give_back)(
        ProtobufCMessage *message); /* frees what `lend` allocated, also if it failed */
    lv_status (*copy)(const ProtobufCMessage *message, void *record, lv_error *err);
    void (*clear)(void *record); /* frees what `copy` allocated */
} lv_body;

LV_MUST_CHECK lv_status lv_body_encode(const lv_body *body, const void *record, lv_buffer *out,
                                       lv_error *err);
LV_MUST_CHECK lv_status lv_body_decode(const lv_body *body, lv_bytes bytes, void *record,
                                       lv_error *err);
LV_MUST_CHECK lv_status lv_body_seal(const lv_body *body, const void *record,
                                     const lv_identity *author, lv_buffer *out, lv_error *err);
LV_MUST_CHECK lv_status lv_body_open(const lv_body *body, lv_bytes bytes, const lv_trust *trust,
                                     int64_t time, void *record, lv_digest *digest, lv_error *err);
void lv_body_free(const lv_body *body, void *record);

/* The functions that LV_RECORD_FUNCTIONS declares, for a kind described by `body`. */
#define LV_BODY_FUNCTIONS(name, body)                                                              \
    lv_status lv_##name##_encode(const lv_##name *record, lv_buffer *out, lv_error *err)           \
    {                                                                                              \
        return lv_body_encode(&(body), record, out, err);                                          \
    }                                                                                              \
    lv_status lv_##name##_decode(lv_bytes bytes, lv_##name *record, lv_error *err)                 \
    {                                                                                              \
        return lv_body_decode(&(body), bytes, record, err);                                        \
    }                                                                                              \
    lv_status lv_##name##_seal(const lv_##name *record, const lv_identity *author, lv_buffer *out, \
                               lv_error *err)                                                      \
    {                                                                                              \
        return lv_body_seal(&(body), record, author, out, err);                                    \
    }                                                                                              \
    lv_status lv_##name##_open(lv_bytes bytes, const lv_trust *trust, int64_t time,                \
                               lv_##name *record, lv_digest *digest, lv_error *err)                \
    {                                                                                              \
        return lv_body_open(&(body), bytes, trust, time, record, digest, err);                     \
    }                                                                                              \
    void lv_##name##_free(lv_##name *record) { lv_body_free(&(body), record); }

#endif
