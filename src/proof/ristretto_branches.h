/** One of many: that of n ciphertexts (C1_j, C2_j) of suite `ristretto255` one decrypts to zero,
 *  and not which (Cramer, Damgard, Schoenmakers, Proofs of Partial Knowledge, CRYPTO 1994, over
 *  the proof of Chaum and Pedersen in ristretto_zero.c). A branch j is C2_j = s C1_j for the s
 *  with P = s G; i is the branch that holds.
 *
 *      A_j = t_j G - c_j P, B_j = t_j C1_j - c_j C2_j        for c_j, t_j drawn, all branches alike
 *      c = H(statement || A_0 .. A_(n-1) || B_0 .. B_(n-1))  (lv_sigma_challenge)
 *      m = c - sum c_j; c_i grows by m and t_i by m s mod L: where branch i holds, and there alone,
 *      this leaves A_i and B_i what they are
 *
 *  Proof: c_0, t_0, c_1, t_1, .., 32 bytes each, little endian, below L: 64 n bytes for every i.
 *  The verifier computes all A_j and B_j anew, and wants sum c_j = c. */
#ifndef LV_PROOF_RISTRETTO_BRANCHES_H
#define LV_PROOF_RISTRETTO_BRANCHES_H

#include "proof/proof.h"
#include "suite/ristretto/ristretto.h"

#define LV_BRANCH_LEN ((size_t)2 * LV_SCALAR_LEN) /* bytes of a proof, for each branch */

/** What is to be shown. Borrows all. */
typedef struct {
    const lv_public_key *key;
    const lv_point *cells; /* C1_j, C2_j */
    unsigned count;        /* of ciphertexts, 1..LV_WIDTH_MAX */
    lv_bytes statement;    /* what challenges are bound to: it stands for all of the above */
} lv_branches;

/** Appends the proof. Constant time in s and in which branch holds.
 * @param holds  for each branch 1 where it holds, 0 elsewhere; secret. The first one is shown.
 * @return LV_OK; LV_REFUSED where none holds: nothing is appended. */
LV_MUST_CHECK lv_status lv_branches_prove(const lv_branches *of, const uint8_t *holds,
                                          const lv_scalar *s, const lv_rng *rng, lv_buffer *proof);

/** @param name  what to call the proof in words.
 * @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_branches_verify(const lv_branches *of, const char *name, lv_bytes proof,
                                           lv_error *err);

#endif
