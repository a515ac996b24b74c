/** Opening a set to an auditor (docs/protocol.md section 11): the downstream hands the secret key
 * of one set over, signed for; the auditor opens every ciphertext of the set and holds it, and the
 *  answers given about it, against the values. Between records; no files, sockets or clocks.
 *
 *  Whoever has the key of a set reads all values of that set. */
#ifndef LOTVEIL_AUDIT_H
#define LOTVEIL_AUDIT_H

#include <lotveil/compare.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Signs that the key of a set is opened.
 * @param set_id   of the public part of `key`.
 * @param auditor  to whom: text of at most LV_AUDITOR_MAX bytes; "": not said.
 * @param[out] out Signed opening, appended; the key does not stand in it.
 * @return LV_OK; LV_E_ARGUMENT where the key is not of that set; LV_E_SYNTAX, LV_E_LIMIT for the
 *         name of the auditor. */
LV_MUST_CHECK lv_status lv_opening_make(const lv_secret_key *key, const lv_digest *set_id,
                                        const char *auditor, const lv_identity *author,
                                        int64_t time, lv_buffer *out, lv_error *err);

/** A set with its opened key. */
typedef struct lv_audit lv_audit;

/** Begins the audit of a set.
 * @param set         with both records; borrowed until lv_audit_free.
 * @param opening     Signed.
 * @param secret_key  as lv_key_encode writes it.
 * @return LV_OK; LV_INVALID with words: not signed by the set's author, of another set, or the key
 *         is not the one that was opened or not that of the set. */
LV_MUST_CHECK lv_status lv_audit_begin(const lv_set *set, lv_bytes opening, lv_bytes secret_key,
                                       const lv_trust *trust, lv_audit **out, lv_error *err);
void lv_audit_free(lv_audit *audit);                       /* wipes the key */
const lv_opening *lv_audit_opening(const lv_audit *audit); /* borrowed */

/** The values of one pair. */
typedef struct {
    uint64_t x; /* earlier */
    uint64_t y; /* later */
} lv_audit_values;

/** Opens every ciphertext of one pair: each cell of x, y, w, and of D where the record has one,
 *  is a bit (rlwe1024: and is the very ciphertext that the seed makes of it), w = x xor y,
 *  D = |y - x|.
 * @param[out] values  zero unless LV_OK.
 * @return LV_OK; LV_INVALID with words that name matrix and bit and tell no value; LV_E_RANGE
 *         where there is no such pair. */
LV_MUST_CHECK lv_status lv_audit_pair(const lv_audit *audit, uint32_t pair, lv_audit_values *values,
                                      lv_error *err);

/** An answer about the set, and what it should have been. */
typedef struct {
    uint32_t pair;
    char upstream[LV_NAME_MAX + 1];
    lv_verdict told; /* `proved` as lv_verdict_check tells it */
    lv_verdict right;
} lv_audit_answer;

/** Checks an inquiry and its answer as the upstream does (lv_verdict_check, at their own times),
 * and then what the answer tells against the values.
 * @param[out] out  what was found as far as it came.
 * @return LV_OK; LV_INVALID with words: of another set, wrongly signed, or not true. */
LV_MUST_CHECK lv_status lv_audit_check_answer(const lv_audit *audit, lv_bytes inquiry,
                                              lv_bytes answer, const lv_trust *trust,
                                              const lv_job *job, lv_audit_answer *out,
                                              lv_error *err);

#ifdef __cplusplus
}
#endif

#endif
