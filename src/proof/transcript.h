/** What a proof is bound to, hashed once, and challenges drawn from it. */
#ifndef LV_PROOF_TRANSCRIPT_H
#define LV_PROOF_TRANSCRIPT_H

#include "proof/proof.h"

#define LV_SEED_LEN 32U

/** seed = SHA-256 of (a block is a u32be length and that many bytes)
 *
 *      block domain, block channel, block downstream, block upstream, block series,
 *      u64be sequence, u32be pair, block encoded public key
 */
LV_MUST_CHECK lv_status lv_transcript_seed(const char *domain, const lv_proof_context *context,
                                           const lv_public_key *key, uint8_t seed[LV_SEED_LEN]);

/** Fills `out` with SHA-256(seed || u32be index || u32be 0) || SHA-256(seed || u32be index ||
 *  u32be 1) || ..., cut to `len` bytes. */
LV_MUST_CHECK lv_status lv_transcript_expand(const uint8_t seed[LV_SEED_LEN], uint32_t index,
                                             uint8_t *out, size_t len);

/** digest = SHA-256 of the parts, one after another. */
LV_MUST_CHECK lv_status lv_transcript_digest(const lv_bytes *part, size_t count,
                                             uint8_t digest[LV_SEED_LEN]);

/** Fills `out` with SHAKE256(seed || u32be index): for long challenges. */
LV_MUST_CHECK lv_status lv_transcript_squeeze(const uint8_t seed[LV_SEED_LEN], uint32_t index,
                                              uint8_t *out, size_t len);

#endif
