/** Records: what is signed, stored and sent (docs/protocol.md section 9; src/record/lotveil.proto).
 *
 *  A decoded record is one owned struct; its texts and bytes live until lv_<kind>_free. Decoding
 *  holds every field against its limits (names, lengths, list sizes), so that what is decoded is
 *  well formed; what it *claims* is checked by compare, market and contract. */
#ifndef LOTVEIL_RECORD_H
#define LOTVEIL_RECORD_H

#include <lotveil/identity.h>
#include <lotveil/suite.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_DIGEST_LEN 32U
#define LV_AUDITOR_MAX 128U     /* bytes of an auditor's name */
#define LV_RECORD_MAX 67108864U /* 64 MiB: bytes of one signed record */

/** For lv_<kind>_open: hold the author's certificate against the time that the record itself
 *  names, which gives the same answer whenever it is asked (contracts have no clock). */
#define LV_TIME_RECORD (INT64_MIN + 1)

typedef struct {
    uint8_t bytes[LV_DIGEST_LEN];
} lv_digest;

/** SHA-256. */
LV_MUST_CHECK lv_status lv_digest_of(lv_bytes bytes, lv_digest *out);
bool lv_digest_equal(const lv_digest *a, const lv_digest *b);                  /* constant time */
void lv_digest_hex(const lv_digest *digest, char text[2 * LV_DIGEST_LEN + 1]); /* lower case */
LV_MUST_CHECK lv_status lv_digest_from_hex(const char *text, lv_digest *out);

/** The set id: SHA-256 of the canonical public key. */
LV_MUST_CHECK lv_status lv_set_id_of(lv_bytes public_key, lv_digest *out);

/** What the XOR record is bound to: SHA-256("lotveil/v1/binding\0" || len64be(public key) ||
 *  public key || len64be(x) || x || len64be(y) || y). */
LV_MUST_CHECK lv_status lv_binding_of(lv_bytes public_key, lv_bytes x, lv_bytes y, lv_digest *out);

/* ---- the envelope ---- */

typedef enum {
    LV_KIND_QUALITY,
    LV_KIND_XOR,
    LV_KIND_GRANT,
    LV_KIND_SALE,
    LV_KIND_PURCHASE,
    LV_KIND_RECEIPT,
    LV_KIND_INQUIRY,
    LV_KIND_ANSWER,
    LV_KIND_TRANSACTION,
    LV_KIND_BLOCK,
    LV_KIND_OPENING,
} lv_kind;

const char *lv_kind_name(lv_kind kind); /* "quality", ... */

/** Signs a body and appends the encoded Signed to `out`. */
LV_MUST_CHECK lv_status lv_signed_seal(lv_kind kind, lv_bytes body, const lv_identity *author,
                                       lv_buffer *out, lv_error *err);

/** An opened envelope. */
typedef struct {
    lv_buffer body;
    lv_buffer certificate;
    const char *author; /* the MSP id that the certificate chains to, borrowed from the trust */
    lv_digest digest;   /* SHA-256 of the whole Signed */
} lv_signed;

/** Reads a Signed, checks kind, certificate (at `time`, see lv_trust_check_certificate) and
 *  signature. @return LV_OK; LV_E_SYNTAX; LV_E_LIMIT; LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_signed_open(lv_kind kind, lv_bytes bytes, const lv_trust *trust,
                                       int64_t time, lv_signed *out, lv_error *err);

/** Reads a Signed without checking its signature: for showing a record and for finding out which
 *  kind stands there. `author` stays NULL. */
LV_MUST_CHECK lv_status lv_signed_peek(lv_bytes bytes, lv_kind *kind, lv_signed *out,
                                       lv_error *err);
void lv_signed_free(lv_signed *record);

/* ---- the questions ---- */

/** What an inquiry asks about one pair, X earlier and Y later (docs/protocol.md section 8). */
typedef enum {
    LV_ASK_DIRECTION = 1, /* rise, fall or equal */
    LV_ASK_INDEX = 2,     /* and the place of the first differing bit: the published answer */
    LV_ASK_BAND = 3,      /* direction and exactly floor(log2 |Y - X|) */
    LV_ASK_THRESHOLD = 4, /* is Y below, at or above a limit that stands in the inquiry? */
    LV_ASK_EQUALITY = 5,  /* equal or different, for codes */
} lv_question;

#define LV_QUESTIONS 5U

/* ---- the bodies; every `author` must equal the envelope's author, which the
 *      lv_<kind>_open functions below check ---- */

typedef struct {
    char earlier_lot[LV_LOT_MAX + 1];
    char later_lot[LV_LOT_MAX + 1];
    char earlier_time[LV_NAME_MAX + 1];
    char later_time[LV_NAME_MAX + 1];
    bool baseline;                   /* basis "baseline", otherwise "consecutive" */
    size_t parent_count;             /* 0..LV_PARENTS_MAX */
    char (*parents)[LV_LOT_MAX + 1]; /* owned; NULL where none */
} lv_pair;

typedef struct {
    char channel[LV_NAME_MAX + 1];
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    char suite[LV_NAME_MAX + 1];
    char unit[LV_NAME_MAX + 1];
    uint64_t sequence;
    uint32_t width;
    int64_t time;
    lv_buffer public_key;
    lv_buffer key_proof;
    size_t pair_count; /* 1..LV_SET_PAIRS_MAX */
    lv_pair *pairs;
    lv_buffer x;
    lv_buffer y;
    lv_digest xor_digest;
    bool has_corrects;
    lv_digest corrects;
    lv_buffer bit_proof; /* empty where the suite has none */
    bool has_scale;
    lv_fixed_scale scale; /* where has_scale; its bits are `width` */
    bool distance;        /* the XOR record has d, so that the band can be asked for */
} lv_quality;

typedef struct {
    char channel[LV_NAME_MAX + 1];
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    char suite[LV_NAME_MAX + 1];
    uint64_t sequence;
    uint32_t width;
    uint32_t pairs;
    int64_t time;
    lv_buffer public_key;
    lv_buffer w;
    lv_digest binding;
    lv_buffer w_proof;
    lv_buffer both_proof;
    lv_buffer d; /* empty where the series does not let out bands */
    lv_buffer d_proof;
} lv_xor;

typedef struct {
    char channel[LV_NAME_MAX + 1];
    char author[LV_NAME_MAX + 1];
    char buyer[LV_NAME_MAX + 1];
    char servicer[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    uint64_t number;
    uint32_t quota;
    bool revoke;
    int64_t time;
} lv_grant;

typedef struct {
    char channel[LV_NAME_MAX + 1];
    char author[LV_NAME_MAX + 1];
    char buyer[LV_NAME_MAX + 1];
    lv_digest set_id;
    lv_digest purchase_digest;
    int64_t time;
} lv_sale;

typedef struct {
    char author[LV_NAME_MAX + 1];
    char servicer[LV_NAME_MAX + 1];
    lv_digest set_id;
    int64_t time;
} lv_purchase;

typedef struct {
    char author[LV_NAME_MAX + 1];
    char buyer[LV_NAME_MAX + 1];
    lv_digest set_id;
    lv_digest xor_digest;
    lv_digest purchase_digest;
    int64_t time;
} lv_receipt;

typedef struct {
    char author[LV_NAME_MAX + 1];
    char downstream[LV_NAME_MAX + 1];
    char channel[LV_NAME_MAX + 1];
    lv_digest set_id;
    uint32_t pair;
    lv_digest z_digest;
    lv_buffer z; /* empty unless the full form */
    int64_t time;
    lv_question question;
    uint64_t limit; /* 0 unless LV_ASK_THRESHOLD */
} lv_inquiry;

typedef struct {
    char author[LV_NAME_MAX + 1];
    char upstream[LV_NAME_MAX + 1];
    lv_digest inquiry_digest;
    lv_digest set_id;
    uint32_t pair;
    lv_formula formula;
    uint32_t index;
    lv_buffer proof;
    int64_t time;
    lv_question question;
    uint64_t limit; /* 0 unless LV_ASK_THRESHOLD */
} lv_answer;

typedef struct {
    char author[LV_NAME_MAX + 1];
    char auditor[LV_AUDITOR_MAX + 1]; /* "": told to nobody in particular */
    lv_digest set_id;
    lv_digest key_digest;
    int64_t time;
} lv_opening;

typedef struct {
    lv_buffer xor_record; /* Signed */
    lv_buffer receipt;    /* Signed */
} lv_delivery;

/* For each kind: _encode writes the body; _decode reads a body; _seal encodes and signs in one
 * step; _open opens the envelope, decodes, and refuses (LV_INVALID) an `author` that is not who
 * signed. `digest` (may be NULL) is that of the whole Signed. On failure the record is zeroed. */
#define LV_RECORD_FUNCTIONS(name)                                                                  \
    LV_MUST_CHECK lv_status lv_##name##_encode(const lv_##name *record, lv_buffer *body,           \
                                               lv_error *err);                                     \
    LV_MUST_CHECK lv_status lv_##name##_decode(lv_bytes body, lv_##name *record, lv_error *err);   \
    LV_MUST_CHECK lv_status lv_##name##_seal(const lv_##name *record, const lv_identity *author,   \
                                             lv_buffer *out, lv_error *err);                       \
    LV_MUST_CHECK lv_status lv_##name##_open(lv_bytes bytes, const lv_trust *trust, int64_t time,  \
                                             lv_##name *record, lv_digest *digest, lv_error *err); \
    void lv_##name##_free(lv_##name *record);

LV_RECORD_FUNCTIONS(quality)
LV_RECORD_FUNCTIONS(xor)
LV_RECORD_FUNCTIONS(grant)
LV_RECORD_FUNCTIONS(sale)
LV_RECORD_FUNCTIONS(purchase)
LV_RECORD_FUNCTIONS(receipt)
LV_RECORD_FUNCTIONS(inquiry)
LV_RECORD_FUNCTIONS(answer)
LV_RECORD_FUNCTIONS(opening)

LV_MUST_CHECK lv_status lv_delivery_encode(const lv_delivery *delivery, lv_buffer *out,
                                           lv_error *err);
LV_MUST_CHECK lv_status lv_delivery_decode(lv_bytes bytes, lv_delivery *out, lv_error *err);
void lv_delivery_free(lv_delivery *delivery);

#ifdef __cplusplus
}
#endif

#endif
