/** What the tests of the proofs of suite ristretto255 share. */
#ifndef LV_TESTS_PROOF_RISTRETTO_H
#define LV_TESTS_PROOF_RISTRETTO_H

#include "unit/proof/support.h"
#include <sodium.h>

static inline lv_secret_key *make_ristretto_key(void)
{
    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_generate(lv_suite_find("ristretto255"), 256, NULL, &key, NULL), LV_OK);
    return key;
}

/** Adds L to a number of a proof: the same number modulo L. */
static inline void add_order(uint8_t *number)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    sodium_add(number, order, sizeof order);
}

/** For lv_rng: fails. */
static inline lv_status no_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
    return LV_E_RANDOM;
}

/** For lv_rng: repeats itself. */
static inline lv_status stuck_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 7, len);
    return LV_OK;
}

#endif
