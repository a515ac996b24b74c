#include "base/declassify.h"
#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <stdlib.h>
#include <string.h>

lv_status lv_rlwe_check_key_bits(unsigned key_bits, lv_error *err)
{
    return key_bits == LV_RLWE_KEY_BITS
               ? LV_OK
               : lv_fail(err, LV_E_RANGE, "keys of rlwe1024 have the one size %u, not %u",
                         LV_RLWE_KEY_BITS, key_bits);
}

/* ---- secret ---- */

static lv_status key_of_seed(const uint8_t seed[LV_RLWE_SEED_BYTES], lv_secret_key **out,
                             lv_error *err)
{
    lv_rlwe_secret *key = lv_secret_alloc(sizeof *key);
    if (key == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory for a secret key");
    }
    key->base = (lv_secret_key){.suite = &lv_suite_rlwe, .public_key = &key->public_key.base};
    key->public_key.base = (lv_public_key){.suite = &lv_suite_rlwe, .key_bits = LV_RLWE_KEY_BITS};
    key->ops = lv_rlwe_ops_best();
    key->public_key.ops = key->ops;
    memcpy(key->seed, seed, LV_RLWE_SEED_BYTES);
    lv_rlwe_commit(key->public_key.commitment, seed);
    /* a digest of 256 random bits, made to be published */
    lv_declassify(key->public_key.commitment, sizeof key->public_key.commitment);
    uint32_t s[LV_RLWE_N];
    lv_rlwe_draw_secret(s, seed);
    lv_rlwe_transform(s);
    key->ops->prepare(&key->s, s);
    lv_wipe(s, sizeof s);
    pthread_mutex_init(&key->lock, NULL);
    *out = &key->base;
    return LV_OK;
}

lv_status lv_rlwe_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                               lv_error *err)
{
    (void)key_bits;
    uint8_t seed[LV_RLWE_SEED_BYTES];
    lv_status status = lv_rng_fill(job != NULL ? job->rng : NULL, seed, sizeof seed);
    status = status == LV_OK
                 ? key_of_seed(seed, out, err)
                 : lv_fail(err, status, "cannot make a key: the random generator failed");
    lv_wipe(seed, sizeof seed);
    return status;
}

lv_status lv_rlwe_key_encode(const lv_secret_key *key, lv_buffer *secret)
{
    return lv_buffer_append(secret, ((const lv_rlwe_secret *)key)->seed, LV_RLWE_SEED_BYTES);
}

lv_status lv_rlwe_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err)
{
    if (secret.len != LV_RLWE_SEED_BYTES) {
        return lv_fail(err, LV_INVALID, "rlwe1024 secret key: %zu bytes are no seed of %u",
                       secret.len, LV_RLWE_SEED_BYTES);
    }
    return key_of_seed(secret.data, out, err);
}

void lv_rlwe_key_free(lv_secret_key *key)
{
    pthread_mutex_destroy(&((lv_rlwe_secret *)key)->lock);
    lv_secret_free(key);
}

/* ---- public ---- */

const lv_rlwe_public *lv_rlwe_public_of(const lv_public_key *key)
{
    return (const lv_rlwe_public *)key;
}

lv_status lv_rlwe_public_encode(const lv_public_key *key, lv_buffer *out)
{
    return lv_buffer_append(out, lv_rlwe_public_of(key)->commitment, LV_RLWE_PUBLIC_BYTES);
}

lv_status lv_rlwe_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err)
{
    if (bytes.len != LV_RLWE_PUBLIC_BYTES) {
        return lv_fail(err, LV_INVALID, "rlwe1024 public key: %zu bytes are no commitment of %u",
                       bytes.len, LV_RLWE_PUBLIC_BYTES);
    }
    lv_rlwe_public *key = calloc(1, sizeof *key);
    if (key == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory for a public key");
    }
    key->base = (lv_public_key){.suite = &lv_suite_rlwe, .key_bits = LV_RLWE_KEY_BITS};
    key->ops = lv_rlwe_ops_best();
    memcpy(key->commitment, bytes.data, LV_RLWE_PUBLIC_BYTES);
    *out = &key->base;
    return LV_OK;
}

void lv_rlwe_public_free(lv_public_key *key) { free(key); }
