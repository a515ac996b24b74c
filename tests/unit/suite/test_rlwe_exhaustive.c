/* rlwe1024: every pair of 8-bit values gives the exact direction and index: 65,536 comparisons,
 * encrypted, encoded, decoded, combined and zero-tested. */
#include "unit/suite/support.h"

enum { VALUES = 256, WIDTH = 8, ROWS_A_BATCH = 16, BATCH = ROWS_A_BATCH * VALUES };

static lv_matrix *encrypt_batch(const lv_secret_key *key, int which, size_t batch)
{
    uint64_t values[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        const uint64_t x = batch * ROWS_A_BATCH + i / VALUES;
        const uint64_t y = i % VALUES;
        const uint64_t value[3] = {x, y, x ^ y};
        values[i] = value[which];
    }
    lv_buffer bytes = {0};
    lv_matrix *encrypted = encrypt_values(key, values, BATCH, WIDTH);
    lv_matrix *decoded = NULL;
    assert_int_equal(lv_matrix_encode(encrypted, &bytes), LV_OK);
    assert_int_equal(
        lv_matrix_decode(lv_key_public(key), BATCH, WIDTH, lv_buffer_view(&bytes), &decoded, NULL),
        LV_OK);
    lv_buffer_free(&bytes);
    lv_matrix_free(encrypted);
    return decoded;
}

static void expect_answer(const lv_secret_key *key, const lv_matrix *z, size_t row,
                          lv_formula formula, unsigned x, unsigned y)
{
    unsigned column = 99;
    unsigned index = 0;
    bool holds = (formula == LV_RISE && x < y) || (formula == LV_FALL && x > y) ||
                 (formula == LV_EQUAL && x == y);
    while (x != y && holds && ((x ^ y) >> (WIDTH - 1 - index) & 1) == 0) {
        index++;
    }
    assert_int_equal(lv_zero_scan(key, z, row, &column), holds ? LV_OK : LV_NOT_FOUND);
    assert_int_equal(column, index);
}

static void expect_batch(const lv_secret_key *key, size_t batch)
{
    lv_matrix *m[3];
    for (int i = 0; i < 3; i++) {
        m[i] = encrypt_batch(key, i, batch);
    }
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        lv_matrix *z = NULL;
        assert_int_equal(lv_combine(lv_key_public(key), m[0], m[1], m[2], (lv_formula)formula, 0,
                                    BATCH, NULL, &z, NULL),
                         LV_OK);
        for (size_t row = 0; row < BATCH; row++) {
            expect_answer(key, z, row, (lv_formula)formula,
                          (unsigned)(batch * ROWS_A_BATCH + row / VALUES),
                          (unsigned)(row % VALUES));
        }
        lv_matrix_free(z);
    }
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(m[i]);
    }
}

static void test_all_pairs_of_bytes(void **state)
{
    (void)state;
    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_generate(lv_suite_find("rlwe1024"), 1024, NULL, &key, NULL), LV_OK);
    for (size_t batch = 0; batch < VALUES / ROWS_A_BATCH; batch++) {
        expect_batch(key, batch);
    }
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_pairs_of_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
