#include "base/declassify.h"
#include "base/secret.h"
#include "suite/ristretto/internal.h"
#include <stdlib.h>
#include <string.h>

const lv_scalar *lv_ristretto_scalar(const lv_secret_key *key)
{
    return &((const lv_ristretto_secret *)key)->s;
}

const lv_point *lv_ristretto_point(const lv_public_key *key)
{
    return &((const lv_ristretto_public *)key)->p;
}

lv_status lv_ristretto_check_key_bits(unsigned key_bits, lv_error *err)
{
    return key_bits == LV_RISTRETTO_BITS
               ? LV_OK
               : lv_fail(err, LV_E_RANGE, "ristretto255 keys have %u bits, not %u",
                         LV_RISTRETTO_BITS, key_bits);
}

static const lv_public_key PUBLIC_BASE = {.suite = &lv_suite_ristretto255,
                                          .key_bits = LV_RISTRETTO_BITS};

/* Makes the key of s, which is not zero. */
static lv_status key_of(const lv_scalar *s, lv_secret_key **out)
{
    lv_ristretto_secret *key = lv_secret_alloc(sizeof *key);
    if (key == NULL) {
        return LV_E_MEMORY;
    }
    const lv_curve *curve = &lv_curve_portable; /* vectors do not pay for one */
    key->s = *s;
    key->public_key.base = PUBLIC_BASE;
    curve->base_multiply(&key->public_key.p, s, 1);
    lv_declassify(&key->public_key.p, sizeof key->public_key.p); /* s G is the public key */
    curve->encode(key->public_key.encoded, &key->public_key.p, 1);
    key->base.suite = &lv_suite_ristretto255;
    key->base.public_key = &key->public_key.base;
    *out = &key->base;
    return LV_OK;
}

lv_status lv_ristretto_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                                    lv_error *err)
{
    (void)key_bits;
    uint8_t drawn[LV_SCALAR_WIDE];
    lv_scalar s = {{0}};
    lv_status status = lv_rng_fill(job != NULL ? job->rng : NULL, drawn, sizeof drawn);
    if (status == LV_OK) {
        lv_scalar_reduce(&s, drawn);
        bool zero = lv_scalar_is_zero(&s);
        /* Never with a generator that works; and then the key is thrown away. */
        lv_declassify(&zero, sizeof zero);
        status = zero ? LV_E_RANDOM : key_of(&s, out);
    }
    lv_wipe(drawn, sizeof drawn);
    lv_wipe(&s, sizeof s);
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "cannot make a ristretto255 key: %s",
                                     status == LV_E_RANDOM ? "the random generator failed"
                                                           : "out of locked memory");
}

lv_status lv_ristretto_key_encode(const lv_secret_key *key, lv_buffer *secret)
{
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(secret, LV_SCALAR_LEN, &place);
    if (status == LV_OK) {
        lv_scalar_encode(place, lv_ristretto_scalar(key));
    }
    return status;
}

lv_status lv_ristretto_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err)
{
    if (secret.len != LV_SCALAR_LEN) {
        return lv_fail(err, LV_E_SYNTAX, "ristretto255 secret key: %zu bytes instead of %u",
                       secret.len, LV_SCALAR_LEN);
    }
    lv_scalar s;
    lv_status status = LV_OK;
    if (!lv_scalar_decode(&s, secret.data) || lv_scalar_is_zero(&s)) {
        status = lv_fail(err, LV_INVALID, "ristretto255 secret key: not in 1 .. L - 1");
    } else {
        status = key_of(&s, out);
    }
    lv_wipe(&s, sizeof s);
    return status;
}

void lv_ristretto_key_free(lv_secret_key *key) { lv_secret_free(key); }

lv_status lv_ristretto_public_encode(const lv_public_key *key, lv_buffer *out)
{
    return lv_buffer_append(out, ((const lv_ristretto_public *)key)->encoded, LV_POINT_LEN);
}

lv_status lv_ristretto_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err)
{
    if (bytes.len != LV_POINT_LEN) {
        return lv_fail(err, LV_INVALID, "ristretto255 public key: %zu bytes instead of %zu",
                       bytes.len, LV_POINT_LEN);
    }
    lv_point p;
    bool good = false;
    lv_curve_portable.decode(&p, &good, bytes.data, 1);
    if (!good) {
        return lv_fail(err, LV_INVALID,
                       "ristretto255 public key: not the encoding of a point, or the identity");
    }
    lv_ristretto_public *key = calloc(1, sizeof *key);
    if (key == NULL) {
        return LV_E_MEMORY;
    }
    key->base = PUBLIC_BASE;
    key->p = p;
    memcpy(key->encoded, bytes.data, LV_POINT_LEN);
    *out = &key->base;
    return LV_OK;
}

void lv_ristretto_public_free(lv_public_key *key) { free(key); }
