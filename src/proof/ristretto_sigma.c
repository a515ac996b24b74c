#include "proof/ristretto_sigma.h"
#include "base/secret.h"
#include "proof/transcript.h"
#include <openssl/evp.h>
#include <sodium.h>

enum { RANDOM_LEN = 32 };

lv_status lv_sigma_draw(const lv_scalar *s, const lv_rng *rng, lv_bytes statement, lv_scalar *k,
                        size_t count)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    crypto_hash_sha512_state hash;
    uint8_t secret[LV_SCALAR_LEN];
    uint8_t random[RANDOM_LEN];
    uint8_t key[crypto_hash_sha512_BYTES];
    uint8_t drawn[LV_SIGMA_DRAWN * LV_SCALAR_WIDE];
    lv_status status = lv_rng_fill(rng, random, sizeof random);
    if (status == LV_OK) {
        lv_scalar_encode(secret, s);
        crypto_hash_sha512_init(&hash);
        crypto_hash_sha512_update(&hash, secret, sizeof secret);
        crypto_hash_sha512_update(&hash, random, sizeof random);
        crypto_hash_sha512_update(&hash, statement.data, statement.len);
        crypto_hash_sha512_final(&hash, key);
        crypto_stream_chacha20(drawn, count * LV_SCALAR_WIDE, nonce, key);
    }
    for (size_t i = 0; i < count && status == LV_OK; i++) {
        lv_scalar_reduce(&k[i], drawn + i * LV_SCALAR_WIDE);
    }
    lv_wipe(&hash, sizeof hash);
    lv_wipe(secret, sizeof secret);
    lv_wipe(random, sizeof random);
    lv_wipe(key, sizeof key);
    lv_wipe(drawn, sizeof drawn);
    return status;
}

lv_status lv_sigma_challenge(lv_bytes statement, lv_bytes commitments, lv_scalar *c)
{
    uint8_t digest[LV_SEED_LEN];
    uint8_t drawn[LV_SCALAR_WIDE];
    lv_buffer hashed = {0};
    *c = (lv_scalar){{0}};
    lv_status status = lv_buffer_append(&hashed, statement.data, statement.len);
    if (status == LV_OK) {
        status = lv_buffer_append(&hashed, commitments.data, commitments.len);
    }
    if (status == LV_OK &&
        EVP_Digest(hashed.data, hashed.len, digest, NULL, EVP_sha256(), NULL) != 1) {
        status = LV_E_CRYPTO;
    }
    if (status == LV_OK) {
        status = lv_transcript_expand(digest, 0, drawn, sizeof drawn);
    }
    if (status == LV_OK) {
        lv_scalar_reduce(c, drawn);
    }
    lv_buffer_free(&hashed);
    return status;
}
