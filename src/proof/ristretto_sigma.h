/** What the proofs of suite `ristretto255` that some ciphertext decrypts to zero have in common:
 *  how they draw what must stay hidden, and how they come to a challenge. */
#ifndef LV_PROOF_RISTRETTO_SIGMA_H
#define LV_PROOF_RISTRETTO_SIGMA_H

#include "proof/proof.h"
#include "suite/ristretto/scalar.h"

/** Draws k[0 .. count - 1] from SHA-512(s || 32 random bytes || statement), stretched by ChaCha20
 *  (its first 32 bytes, nonce 0), 48 bytes mod L each: random, and still not the same for two
 *  statements where the generator repeats itself. Wipe them.
 * @param count  at most LV_SIGMA_DRAWN. */
LV_MUST_CHECK lv_status lv_sigma_draw(const lv_scalar *s, const lv_rng *rng, lv_bytes statement,
                                      lv_scalar *k, size_t count);

#define LV_SIGMA_DRAWN (2U * LV_WIDTH_MAX)

/** c = int_le(lv_transcript_expand(h, 0), 48 bytes) mod L with h = SHA-256(statement || encodings
 *  of the commitments). Everything is public. */
LV_MUST_CHECK lv_status lv_sigma_challenge(lv_bytes statement, lv_bytes commitments, lv_scalar *c);

#endif
