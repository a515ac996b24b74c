/** What the tests of the suite share. Small keys: they hide nothing and are fast. */
#ifndef LV_TESTS_SUITE_SUPPORT_H
#define LV_TESTS_SUITE_SUPPORT_H

#include "suite/paillier/paillier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static inline lv_secret_key *small_key(unsigned bits)
{
    lv_secret_key *key = NULL;
    lv_error err = {{0}};
    assert_int_equal(lv_paillier_generate_sized(bits, NULL, &key, &err), LV_OK);
    assert_non_null(key);
    return key;
}

/** Encrypts values, one row each, most significant bit first. */
static inline lv_matrix *encrypt_values(const lv_secret_key *key, const uint64_t *values,
                                        size_t count, unsigned width)
{
    uint8_t *bits = calloc(count, width);
    assert_non_null(bits);
    for (size_t i = 0; i < count * width; i++) {
        bits[i] = (uint8_t)(values[i / width] >> (width - 1 - i % width) & 1);
    }
    lv_bits plain = {.pairs = count, .width = width, .bits = bits};
    lv_matrix *matrix = NULL;
    lv_error err = {{0}};
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, &err), LV_OK);
    free(bits);
    return matrix;
}

/** A matrix of one ciphertext with this value, by way of its encoding. */
static inline lv_status one_ciphertext(const lv_public_key *key, const mpz_t value, lv_matrix **out,
                                       lv_error *err)
{
    lv_buffer bytes = {0};
    assert_int_equal(lv_paillier_write(&bytes, value, 2 * lv_paillier_bytes(key)), LV_OK);
    lv_status status = lv_matrix_decode(key, 1, 1, lv_buffer_view(&bytes), out, err);
    lv_buffer_free(&bytes);
    return status;
}

#endif
