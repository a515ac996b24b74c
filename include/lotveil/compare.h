/** The comparison: Tables 1, 3, 4 and 5 of the published protocol (docs/protocol.md sections
 *  3, 5 and 6), between records; no files, sockets or clocks. */
#ifndef LOTVEIL_COMPARE_H
#define LOTVEIL_COMPARE_H

#include <lotveil/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the questions of docs/protocol.md section 8 ---- */

typedef struct {
    lv_question question;
    uint64_t limit; /* LV_ASK_THRESHOLD: 0 .. 2^width - 1; else 0 */
} lv_ask;

/** "direction", "index", "band", "threshold", "equality"; "unknown" for what is none. */
const char *lv_question_name(lv_question question);

/** @return whether `text` is such a name; *out is LV_ASK_DIRECTION where not. */
bool lv_question_find(const char *text, lv_question *out);

/* ---- Table 1: publish (downstream) ---- */

/** One set to publish. Borrowed. `x` and `y` are secret. */
typedef struct {
    const char *quality_channel;
    const char *xor_channel;
    const lv_series *series;
    uint64_t sequence;
    const lv_pair *pairs;
    size_t pair_count;
    const uint64_t *x;         /* earlier values, pair_count of them */
    const uint64_t *y;         /* later values */
    const lv_digest *corrects; /* or NULL */
    int64_t time;
    bool with_distance; /* publish D = |y - x| too, so that the band can be asked for */
    bool tell_scale; /* the record tells the series' scale, so that thresholds can be asked for */
} lv_set_plan;

typedef struct {
    lv_digest set_id;
    lv_secret_key *key;
    lv_buffer quality_record; /* Signed */
    lv_buffer xor_record;     /* Signed */
} lv_set_made;

/** Expands, encrypts x, y and w = x xor y under `key`, proves, binds and signs both records.
 * @param key  fresh, from lv_key_generate; taken over (also on failure). NULL: made here. */
LV_MUST_CHECK lv_status lv_set_make(const lv_set_plan *plan, const lv_identity *author,
                                    lv_secret_key *key, const lv_job *job, lv_set_made *out,
                                    lv_error *err);
void lv_set_made_free(lv_set_made *made);

/* What of a set can be made before its values are there (src/node/pool.h keeps them). */

/** The key proof of a fresh key, and masks, which know its public part. Good for one set: the one
 * whose channel, author, series, suite, size of key and sequence it was made for. */
typedef struct {
    lv_buffer key_proof;
    lv_masks *masks;
} lv_set_ready;

/** Masks that a set of this plan takes: one for each ciphertext of its records. */
size_t lv_set_masks(const lv_set_plan *plan);

/** Makes them, with the secret key of the set, which nothing below needs.
 * @param plan  channels, series, sequence and pair_count count; pairs and values may be missing.
 * @return LV_E_ARGUMENT where the suite has no masks. */
LV_MUST_CHECK lv_status lv_set_prepare(const lv_set_plan *plan, const lv_identity *author,
                                       const lv_job *job, lv_secret_key **key, lv_set_ready *out,
                                       lv_error *err);

/** Writes them (secret: to be sealed before they rest anywhere); wipe with lv_buffer_wipe. What was
 *  written must be used at most once in all (lv_masks_encode). */
LV_MUST_CHECK lv_status lv_set_ready_encode(const lv_set_ready *ready, lv_buffer *secret);
LV_MUST_CHECK lv_status lv_set_ready_decode(const lv_suite *suite, lv_bytes secret,
                                            lv_set_ready *out, lv_error *err);
void lv_set_ready_wipe(lv_set_ready *ready);

/** lv_set_make by what was made ready. The masks are used up, also on failure; `out->key` is NULL:
 *  whoever prepared the set has the key. The key proof is not checked against the plan: one made
 * for another set makes a record that everybody refuses. */
LV_MUST_CHECK lv_status lv_set_make_ready(const lv_set_plan *plan, const lv_identity *author,
                                          lv_set_ready *ready, const lv_job *job, lv_set_made *out,
                                          lv_error *err);

/** Expands values into bits, most significant first. The caller wipes with lv_bits_wipe. */
LV_MUST_CHECK lv_status lv_bits_expand(const uint64_t *values, size_t count, unsigned width,
                                       lv_bits *out);
void lv_bits_wipe(lv_bits *bits); /* wipes and frees */

/* ---- Table 3: combine (upstream; recomputed by the downstream) ---- */

/** Both records of a set, checked and decoded. */
typedef struct lv_set lv_set;

/** Opens the quality record (as every member may): signature, fields, key proof, ciphertexts, and
 *  the proof that x and y encrypt bits, where the suite has one.
 *  @return LV_OK; LV_INVALID, LV_E_SYNTAX, LV_E_LIMIT with words. */
LV_MUST_CHECK lv_status lv_set_open(lv_bytes quality_record, const lv_trust *trust,
                                    const lv_job *job, lv_set **out, lv_error *err);

/** Adds the XOR record: signature, that it is the one whose digest stands in the quality record,
 *  that it is bound to this key, x and y, that series, sequence, suite and shape agree, and, where
 *  the suite can prove it, that w and D encrypt bits and w is x xor y.
 *  @return LV_OK; LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_set_add_xor(lv_set *set, lv_bytes xor_record, const lv_trust *trust,
                                       const lv_job *job, lv_error *err);

/** Both of the above for who has both records. All bit proofs are checked together, which is
 * quicker than record by record. */
LV_MUST_CHECK lv_status lv_set_open_both(lv_bytes quality_record, lv_bytes xor_record,
                                         const lv_trust *trust, const lv_job *job, lv_set **out,
                                         lv_error *err);

/** Opens records whose proofs the caller has verified before with the functions above, or which
 *  it made itself: everything as there but the proofs, which take most of the time.
 * @param xor_record  empty where there is none yet. */
LV_MUST_CHECK lv_status lv_set_reopen(lv_bytes quality_record, lv_bytes xor_record,
                                      const lv_trust *trust, lv_set **out, lv_error *err);

/** Checks the content of an opened XOR record as far as it goes without the quality record, for
 *  those who never see one: that its key is one, that every ciphertext is under it, and, where the
 *  suite can prove it, that w and D encrypt bits.
 *  @return LV_OK; LV_INVALID, LV_E_SYNTAX with words that name the field. */
LV_MUST_CHECK lv_status lv_xor_check(const lv_xor *record, const lv_job *job, lv_error *err);

void lv_set_free(lv_set *set);
const lv_quality *lv_set_quality(const lv_set *set); /* borrowed */
const lv_digest *lv_set_id(const lv_set *set);       /* borrowed */
bool lv_set_has_xor(const lv_set *set);
bool lv_set_has_distance(const lv_set *set); /* the XOR record is there and has D */

/** The vectors that one question about one pair is answered from, with their digest. Which there
 *  are, in the order in which they are encoded:
 *
 *      direction, index   z[1], z[2], z[0]     of x, y, w
 *      equality           z[0]                 of x, y, w
 *      threshold          z[1], z[2], z[0]     of y and the limit
 *      band               z[0]                 of x, y, w
 *                         size                 formula (2) of D and the limit 0
 *                         distance[1], [2]     lv_combine_distance; where the suite does not weigh,
 *                                              z[1], z[2] of x, y, w in their place
 */
typedef struct {
    uint32_t pair;
    lv_ask ask;
    lv_matrix *z[LV_FORMULAS]; /* indexed by lv_formula; one row each; NULL where not needed */
    lv_matrix *size;
    lv_matrix *distance[LV_FORMULAS]; /* LV_RISE and LV_FALL are used */
    lv_buffer encoding;               /* their canonical encodings */
    lv_digest digest; /* SHA-256("lotveil/v1/z\0" || set id || pair32be || question32be ||
                         limit64be || encoding) */
} lv_combined;

/** Computes them. Every question but LV_ASK_THRESHOLD needs the XOR record.
 *  @return LV_OK; LV_E_ARGUMENT without it, or where `ask` is no question; LV_E_RANGE where there
 * is no such pair or the limit has more bits than the values; LV_REFUSED where the question is for
 * the band and the record has no D. */
LV_MUST_CHECK lv_status lv_set_combine(const lv_set *set, uint32_t pair, const lv_ask *ask,
                                       const lv_job *job, lv_combined *out, lv_error *err);
void lv_combined_free(lv_combined *combined);

/** The signed inquiry about a combined pair. `full` sends the vectors themselves as well, as in
 *  the published protocol. */
LV_MUST_CHECK lv_status lv_inquiry_make(const lv_set *set, const lv_combined *combined, bool full,
                                        const lv_identity *author, int64_t time, lv_buffer *out,
                                        lv_error *err);

/* ---- Table 4: answer (downstream) ---- */

/** Checks an inquiry against what the downstream recomputed from the ledger, before any secret is
 *  touched: signature at `time`, that it asks the question of `combined` about this set and pair
 *  and is addressed to `downstream`, that its digest (and its vectors, where sent) are those of
 * `combined`.
 *  @return LV_OK; LV_REFUSED with the same words whatever was wrong with the vectors; LV_INVALID
 *          for signature and form. */
LV_MUST_CHECK lv_status lv_inquiry_check(const lv_set *set, const lv_combined *combined,
                                         lv_bytes inquiry, const lv_trust *trust,
                                         const char *downstream, int64_t time, lv_error *err);

/** The signed answer to an inquiry that lv_inquiry_check let through. Finds the statement that
 *  holds from the downstream's own values, tests it on the ciphertexts with the secret key, and
 *  proves it. Beyond what was asked nothing depends on the values, neither content nor length.
 * @param x,y  the downstream's own values of that pair, secret.
 * @return LV_OK; LV_E_CORRUPT where ciphertexts and values disagree (nothing is released). */
LV_MUST_CHECK lv_status lv_answer_make(const lv_set *set, const lv_combined *combined,
                                       lv_bytes inquiry, const lv_secret_key *key, uint64_t x,
                                       uint64_t y, const lv_identity *author, int64_t time,
                                       const lv_job *job, lv_buffer *out, lv_error *err);

/* ---- Table 5: verdict (upstream) ---- */

typedef struct {
    lv_ask ask;
    lv_formula direction; /* LV_RISE, LV_FALL or LV_EQUAL; threshold: LV_RISE below the limit,
                             LV_FALL above, LV_EQUAL at it; equality: LV_EQUAL or LV_DIFFERENT */
    uint32_t index;       /* index: of the first differing bit; band: of the first bit of D; 0 for
                             LV_EQUAL and the other questions */
    uint64_t scale;       /* index: 2^(k-1-index); band: 2^floor(log2 |Y - X|); 0 for LV_EQUAL and
                             the other questions */
    bool proved;          /* a proof stands behind it; else the downstream's signature alone */
} lv_verdict;

const char *lv_verdict_name(lv_formula direction); /* "rise", "fall", "equal", "different" */

/** What a verdict is called in answer to a question: threshold "below", "above", "at"; else
 *  lv_verdict_name. */
const char *lv_verdict_word(lv_question question, lv_formula direction);

/** Checks an answer: signature of the set's author (validity at `time`), that it answers exactly
 *  this inquiry, and the proof. @return LV_OK, LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_verdict_check(const lv_set *set, const lv_combined *combined,
                                         lv_bytes inquiry, lv_bytes answer, const lv_trust *trust,
                                         int64_t time, lv_verdict *out, lv_error *err);

#ifdef __cplusplus
}
#endif

#endif
