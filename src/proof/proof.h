/** Proofs that let each party check the others (docs/protocol.md sections 6 and 7). Which of them
 *  a suite has, and how they are made, is in one file per proof and suite. */
#ifndef LV_PROOF_PROOF_H
#define LV_PROOF_PROOF_H

#include <lotveil/suite.h>

/** What a proof is bound to: hashed into every challenge and, for the zero answer, checked by the
 *  signature around it as well. Borrowed. */
typedef struct {
    const char *channel;
    const char *downstream; /* MSP ids; upstream is "" in the key proof */
    const char *upstream;
    const char *series;
    uint64_t sequence;
    uint32_t pair; /* 0 in the key proof */
} lv_proof_context;

#define LV_PROOF_MAX (1024U * 1024U) /* bytes of one proof */

/** Shows that the public key is a good one. paillier: gcd(n, phi(n)) = 1 and no small factors
 *  (Goldberg, Reyzin, Sagga, Baldimtsi, ASIACRYPT 2019): the n-th roots mod n of challenges
 *  derived from n and the context. Appends nothing where the suite needs none. */
LV_MUST_CHECK lv_status lv_key_prove(const lv_secret_key *key, const lv_proof_context *context,
                                     const lv_job *job, lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_key_verify(const lv_public_key *key, const lv_proof_context *context,
                                      lv_bytes proof, lv_error *err);

/** Shows that the ciphertext at (row, column) of `z` decrypts to zero. paillier: rho with
 *  rho^n = z mod n^2, checked before it leaves (fault attacks). ristretto255: challenge and
 *  response (Chaum and Pedersen), bound to the context, row and column.
 * @return LV_OK; LV_REFUSED where it does not decrypt to zero: nothing is appended. */
LV_MUST_CHECK lv_status lv_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                      unsigned column, const lv_proof_context *context,
                                      const lv_job *job, lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                       unsigned column, const lv_proof_context *context,
                                       lv_bytes proof, lv_error *err);

#endif
