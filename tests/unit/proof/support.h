/** What the tests of the proofs share. */
#ifndef LV_TESTS_PROOF_SUPPORT_H
#define LV_TESTS_PROOF_SUPPORT_H

#include "proof/proof.h"
#include "suite/paillier/paillier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { KEY_BITS = 512, KEY_BYTES = KEY_BITS / 8 };

static const lv_proof_context PROOF_CONTEXT = {.channel = "quality",
                                               .downstream = "FactoryB",
                                               .upstream = "",
                                               .series = "moisture",
                                               .sequence = 7,
                                               .pair = 0};

static inline lv_secret_key *make_key(unsigned bits)
{
    lv_secret_key *key = NULL;
    assert_int_equal(lv_paillier_generate_sized(bits, NULL, &key, NULL), LV_OK);
    return key;
}

/** Changes one bit; called again, it changes it back. */
static inline void flip(lv_buffer *bytes, size_t at, unsigned bit)
{
    bytes->data[at] = (uint8_t)(bytes->data[at] ^ 1U << bit);
}

#endif
