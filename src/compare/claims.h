/** What the proof of an answer has to show: one list, from which the downstream proves and the
 *  upstream verifies (docs/protocol.md section 6). */
#ifndef LV_COMPARE_CLAIMS_H
#define LV_COMPARE_CLAIMS_H

#include "compare/set.h"

#define LV_CLAIMS_MAX 2U

typedef enum {
    LV_CLAIM_ZERO,    /* the ciphertext at (0, column) decrypts to zero */
    LV_CLAIM_ONE_OF,  /* some ciphertext of row 0 does */
    LV_CLAIM_NOT_ZERO /* the ciphertext at (0, 0), a sum of `bound` bits, does not */
} lv_claim_kind;

typedef struct {
    lv_claim_kind kind;
    const lv_matrix *z; /* borrowed */
    unsigned column;
    unsigned bound;
} lv_claim;

typedef struct {
    size_t count;
    lv_claim claim[LV_CLAIMS_MAX];
} lv_claims;

/** The claims of an answer to the question of `combined`. LV_INVALID with words where there is no
 *  such answer to it: a formula that it does not have, an index where none is told or past the
 *  last. Constant time in nothing: the answer is public. */
LV_MUST_CHECK lv_status lv_claims_of(const lv_combined *combined, unsigned width,
                                     lv_formula formula, uint32_t index, lv_claims *out,
                                     lv_error *err);

/** Proves all. One claim: its proof. Two: a block (u32be length, bytes) each, but nothing where the
 *  suite proves neither.
 * @return LV_OK; LV_REFUSED where a claim does not hold: nothing is appended. */
LV_MUST_CHECK lv_status lv_claims_prove(const lv_claims *claims, const lv_secret_key *key,
                                        const lv_proof_context *context, const lv_job *job,
                                        lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_claims_verify(const lv_claims *claims, const lv_public_key *key,
                                         const lv_proof_context *context, lv_bytes proof,
                                         lv_error *err);

#endif
