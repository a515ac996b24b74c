/* A suite without proofs: nothing is appended, and nothing but nothing is accepted. */
#include "proof/proof.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { PAIRS = 2, WIDTH = 4 };

static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "DownstreamMSP",
                                         .upstream = "UpstreamMSP",
                                         .series = "moisture",
                                         .sequence = 7,
                                         .pair = 1};

typedef struct {
    lv_secret_key *key;
    lv_matrix *z; /* of a rise in row 0, at column 3, and a fall in row 1 */
} world;

static int set_up(void **state)
{
    static world it;
    const lv_suite *suite = lv_suite_find("rlwe1024");
    uint8_t bits[3][PAIRS * WIDTH] = {{0, 1, 0, 0, 1, 0, 0, 0}, /* 4, 8 */
                                      {0, 1, 0, 1, 0, 1, 1, 1}, /* 5, 7 */
                                      {0}};
    lv_matrix *matrix[3] = {NULL};
    assert_int_equal(lv_key_generate(suite, 1024, NULL, &it.key, NULL), LV_OK);
    for (int i = 0; i < PAIRS * WIDTH; i++) {
        bits[2][i] = bits[0][i] ^ bits[1][i];
    }
    for (int i = 0; i < 3; i++) {
        lv_bits plain = {.pairs = PAIRS, .width = WIDTH, .bits = bits[i]};
        assert_int_equal(lv_encrypt(it.key, &plain, NULL, &matrix[i], NULL), LV_OK);
    }
    assert_int_equal(lv_combine(lv_key_public(it.key), matrix[0], matrix[1], matrix[2], LV_RISE, 0,
                                PAIRS, NULL, &it.z, NULL),
                     LV_OK);
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(matrix[i]);
    }
    *state = &it;
    return 0;
}

static int tear_down(void **state)
{
    world *it = *state;
    lv_matrix_free(it->z);
    lv_key_free(it->key);
    return 0;
}

static void test_key_proof_is_empty(void **state)
{
    const world *it = *state;
    const lv_public_key *public_key = lv_key_public(it->key);
    const uint8_t byte = 0;
    lv_buffer proof = {0};
    lv_error err = {{0}};
    assert_int_equal(lv_key_prove(it->key, &CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(proof.len, 0);
    assert_int_equal(lv_key_verify(public_key, &CONTEXT, (lv_bytes){0}, NULL), LV_OK);
    assert_int_equal(lv_key_verify(public_key, &CONTEXT, (lv_bytes){&byte, 1}, &err), LV_INVALID);
    assert_string_not_equal(err.text, "");
    lv_buffer_free(&proof);
}

static void test_zero_proof_is_empty_and_made_for_zeros_only(void **state)
{
    const world *it = *state;
    lv_buffer proof = {0};
    for (size_t row = 0; row < PAIRS; row++) {
        for (unsigned i = 0; i < WIDTH; i++) {
            lv_error err = {{0}};
            bool zero = row == 0 && i == 3;
            assert_int_equal(lv_zero_prove(it->key, it->z, row, i, &CONTEXT, NULL, &proof, &err),
                             zero ? LV_OK : LV_REFUSED);
            assert_int_equal(err.text[0] != '\0', !zero);
            assert_int_equal(proof.len, 0);
        }
    }
    assert_int_equal(lv_zero_prove(it->key, it->z, 0, WIDTH, &CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    lv_buffer_free(&proof);
}

static void test_only_the_empty_zero_proof_is_accepted(void **state)
{
    const world *it = *state;
    const lv_public_key *public_key = lv_key_public(it->key);
    const uint8_t bytes[32] = {0};
    lv_error err = {{0}};
    assert_int_equal(lv_zero_verify(public_key, it->z, 0, 3, &CONTEXT, (lv_bytes){0}, NULL), LV_OK);
    assert_int_equal(lv_zero_verify(public_key, it->z, 0, 3, &CONTEXT, (lv_bytes){bytes, 1}, &err),
                     LV_INVALID);
    assert_string_not_equal(err.text, "");
    assert_int_equal(
        lv_zero_verify(public_key, it->z, 0, 3, &CONTEXT, (lv_bytes){bytes, sizeof bytes}, NULL),
        LV_INVALID);
    assert_int_equal(lv_zero_verify(public_key, it->z, PAIRS, 0, &CONTEXT, (lv_bytes){0}, NULL),
                     LV_INVALID);
}

/* Row 0 has a zero, row 1 has none. */
static void test_one_of_many_is_empty_and_made_for_zeros_only(void **state)
{
    const world *it = *state;
    const lv_public_key *public_key = lv_key_public(it->key);
    const uint8_t bytes[64] = {0};
    lv_buffer proof = {0};
    for (size_t row = 0; row < PAIRS; row++) {
        lv_error err = {{0}};
        assert_int_equal(lv_one_of_prove(it->key, it->z, row, &CONTEXT, NULL, &proof, &err),
                         row == 0 ? LV_OK : LV_REFUSED);
        assert_int_equal(err.text[0] != '\0', row != 0);
        assert_int_equal(proof.len, 0);
        assert_int_equal(
            lv_one_of_verify(public_key, it->z, row, &CONTEXT, lv_buffer_view(&proof), NULL),
            LV_OK); /* what counts is the signature */
        assert_int_equal(lv_one_of_verify(public_key, it->z, row, &CONTEXT,
                                          (lv_bytes){bytes, sizeof bytes}, NULL),
                         LV_INVALID);
    }
    assert_int_equal(lv_one_of_prove(it->key, it->z, PAIRS, &CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_one_of_verify(public_key, it->z, PAIRS, &CONTEXT, (lv_bytes){0}, NULL),
                     LV_INVALID);
}

static void test_range_proof_is_empty_and_not_made_for_zeros(void **state)
{
    const world *it = *state;
    const lv_public_key *public_key = lv_key_public(it->key);
    const uint8_t byte = 0;
    lv_buffer proof = {0};
    for (unsigned i = 0; i < WIDTH; i++) {
        assert_int_equal(lv_range_prove(it->key, it->z, 0, i, WIDTH, &CONTEXT, NULL, &proof, NULL),
                         i == 3 ? LV_REFUSED : LV_OK);
        assert_int_equal(proof.len, 0);
    }
    assert_int_equal(lv_range_verify(public_key, it->z, 0, 0, WIDTH, &CONTEXT, (lv_bytes){0}, NULL),
                     LV_OK);
    assert_int_equal(
        lv_range_verify(public_key, it->z, 0, 0, WIDTH, &CONTEXT, (lv_bytes){&byte, 1}, NULL),
        LV_INVALID);
    assert_int_equal(lv_range_verify(public_key, it->z, 0, 0, 0, &CONTEXT, (lv_bytes){0}, NULL),
                     LV_INVALID);
    assert_int_equal(lv_range_prove(it->key, it->z, 0, 0, 0, &CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_range_prove(it->key, it->z, 0, WIDTH, 1, &CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
}

static void test_another_key_proves_nothing(void **state)
{
    const world *it = *state;
    lv_secret_key *other = NULL;
    lv_buffer proof = {0};
    assert_int_equal(lv_key_generate(lv_suite_find("rlwe1024"), 1024, NULL, &other, NULL), LV_OK);
    assert_int_equal(lv_zero_prove(other, it->z, 0, 3, &CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(proof.len, 0);
    lv_key_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_proof_is_empty),
        cmocka_unit_test(test_zero_proof_is_empty_and_made_for_zeros_only),
        cmocka_unit_test(test_only_the_empty_zero_proof_is_accepted),
        cmocka_unit_test(test_one_of_many_is_empty_and_made_for_zeros_only),
        cmocka_unit_test(test_range_proof_is_empty_and_not_made_for_zeros),
        cmocka_unit_test(test_another_key_proves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
