/* Every pair of 8-bit values gives the exact direction and index: 65,536 comparisons, encrypted,
 * combined, encoded, decoded and zero-tested. The 256 rows of each of x, y and w are encrypted
 * once; a matrix of pairs takes its ciphertexts from there by way of the encoding. */
#include "base/parallel.h"
#include "unit/suite/support.h"

enum { VALUES = 256, WIDTH = 8, BITS = 128, ROWS_A_BATCH = 16 };

typedef struct {
    lv_secret_key *key;
    lv_buffer rows[3]; /* encodings of Enc(v), v = 0 .. 255, as x, as y and as w */
    size_t row_len;
} fixture;

static lv_matrix *gather(const fixture *f, int which, size_t batch)
{
    lv_buffer bytes = {0};
    lv_matrix *matrix = NULL;
    for (size_t i = 0; i < (size_t)ROWS_A_BATCH * VALUES; i++) {
        size_t x = batch * ROWS_A_BATCH + i / VALUES;
        size_t y = i % VALUES;
        const size_t value[3] = {x, y, x ^ y};
        assert_int_equal(
            lv_buffer_append(&bytes, f->rows[which].data + value[which] * f->row_len, f->row_len),
            LV_OK);
    }
    assert_int_equal(lv_matrix_decode(lv_key_public(f->key), (size_t)ROWS_A_BATCH * VALUES, WIDTH,
                                      lv_buffer_view(&bytes), &matrix, NULL),
                     LV_OK);
    lv_buffer_free(&bytes);
    return matrix;
}

/* One answer: does the formula hold, and where? Compared with the plain values. */
static bool answer_is_right(const fixture *f, const lv_matrix *z, size_t row, lv_formula formula,
                            unsigned x, unsigned y)
{
    unsigned column = 99;
    lv_status status = lv_zero_scan(f->key, z, row, &column);
    bool holds = (formula == LV_RISE && x < y) || (formula == LV_FALL && x > y) ||
                 (formula == LV_EQUAL && x == y);
    if (!holds) {
        return status == LV_NOT_FOUND;
    }
    unsigned index = 0;
    while (formula != LV_EQUAL && ((x ^ y) >> (WIDTH - 1 - index) & 1) == 0) {
        index++;
    }
    return status == LV_OK && column == index;
}

static lv_status check_batch(void *context, size_t batch)
{
    const fixture *f = context;
    lv_matrix *m[3];
    bool right = true;
    for (int i = 0; i < 3; i++) {
        m[i] = gather(f, i, batch);
    }
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        lv_matrix *z = NULL;
        size_t rows = lv_matrix_pairs(m[0]);
        if (lv_combine(lv_key_public(f->key), m[0], m[1], m[2], (lv_formula)formula, 0, rows, NULL,
                       &z, NULL) != LV_OK) {
            right = false;
            break;
        }
        for (size_t row = 0; row < rows; row++) {
            unsigned x = (unsigned)(batch * ROWS_A_BATCH + row / VALUES);
            right = right &&
                    answer_is_right(f, z, row, (lv_formula)formula, x, (unsigned)(row % VALUES));
        }
        lv_matrix_free(z);
    }
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(m[i]);
    }
    return right ? LV_OK : LV_INVALID;
}

static void expect_all_pairs(lv_secret_key *key)
{
    fixture f = {.key = key};
    uint64_t values[VALUES];
    for (unsigned i = 0; i < VALUES; i++) {
        values[i] = i;
    }
    for (int i = 0; i < 3; i++) {
        lv_matrix *matrix = encrypt_values(f.key, values, VALUES, WIDTH);
        assert_int_equal(lv_matrix_encode(matrix, &f.rows[i]), LV_OK);
        lv_matrix_free(matrix);
    }
    f.row_len = f.rows[0].len / VALUES;
    lv_job job = {.threads = lv_processors()};
    assert_int_equal(lv_parallel_for(&job, "pairs", VALUES / ROWS_A_BATCH, check_batch, &f), LV_OK);
    for (int i = 0; i < 3; i++) {
        lv_buffer_free(&f.rows[i]);
    }
    lv_key_free(f.key);
}

static void test_all_pairs_of_bytes_with_paillier(void **state)
{
    (void)state;
    expect_all_pairs(small_key(BITS));
}

static void test_all_pairs_of_bytes_with_ristretto255(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("ristretto255");
    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_generate(suite, lv_suite_default_key_bits(suite), NULL, &key, NULL),
                     LV_OK);
    expect_all_pairs(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs_of_bytes_with_paillier),
        cmocka_unit_test(test_all_pairs_of_bytes_with_ristretto255),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
