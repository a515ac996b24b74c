/* Encryption and the formulas against plain integers. */
#include "unit/suite/support.h"

static const unsigned BITS = 256;

static int column_of_first_difference(uint64_t x, uint64_t y, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        if (((x ^ y) >> (width - 1 - i) & 1) != 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The three formulas in plain integers. */
static int plain_z(uint64_t x, uint64_t y, unsigned width, lv_formula formula, unsigned column)
{
    int sum = 0;
    unsigned end = formula == LV_EQUAL ? width : column;
    for (unsigned i = 0; i < end; i++) {
        sum += (int)((x ^ y) >> (width - 1 - i) & 1);
    }
    if (formula == LV_EQUAL) {
        return sum;
    }
    int x_i = (int)(x >> (width - 1 - column) & 1);
    int y_i = (int)(y >> (width - 1 - column) & 1);
    return x_i - y_i + (formula == LV_RISE ? 1 : -1) + 3 * sum;
}

typedef struct {
    const uint64_t *x;
    const uint64_t *y;
    size_t count;
    unsigned width;
} plain_set;

static void expect_row(const lv_secret_key *key, const lv_matrix *z, const plain_set *plain,
                       size_t row, lv_formula formula)
{
    uint64_t x = plain->x[row];
    uint64_t y = plain->y[row];
    int zeros = 0;
    for (unsigned i = 0; i < lv_matrix_width(z); i++) {
        int value = 0;
        bool is_zero = false;
        assert_int_equal(lv_paillier_decrypt_small_vartime(key, z, row, i, &value), LV_OK);
        assert_int_equal(value, plain_z(x, y, plain->width, formula, i));
        assert_int_equal(lv_zero_test(key, z, row, i, &is_zero), LV_OK);
        assert_int_equal(is_zero, value == 0);
        zeros += is_zero ? 1 : 0;
    }
    unsigned column = 99;
    lv_status status = lv_zero_scan(key, z, row, &column);
    bool holds = (formula == LV_RISE && x < y) || (formula == LV_FALL && x > y) ||
                 (formula == LV_EQUAL && x == y);
    assert_int_equal(zeros, holds ? 1 : 0);
    assert_int_equal(status, holds ? LV_OK : LV_NOT_FOUND);
    int first = column_of_first_difference(x, y, plain->width);
    assert_int_equal(column, holds && first >= 0 ? first : 0);
}

static void expect_set(const lv_secret_key *key, const plain_set *plain)
{
    uint64_t w[16];
    for (size_t i = 0; i < plain->count; i++) {
        w[i] = plain->x[i] ^ plain->y[i];
    }
    lv_matrix *x = encrypt_values(key, plain->x, plain->count, plain->width);
    lv_matrix *y = encrypt_values(key, plain->y, plain->count, plain->width);
    lv_matrix *xor = encrypt_values(key, w, plain->count, plain->width);
    const lv_formula formulas[] = {LV_EQUAL, LV_RISE, LV_FALL};
    for (size_t i = 0; i < LV_FORMULAS; i++) {
        lv_matrix *z = NULL;
        lv_job job = {.threads = 2};
        assert_int_equal(
            lv_combine(lv_key_public(key), x, y, xor, formulas[i], 0, plain->count, &job, &z, NULL),
            LV_OK);
        assert_int_equal(lv_matrix_width(z), formulas[i] == LV_EQUAL ? 1 : plain->width);
        assert_int_equal(lv_matrix_pairs(z), plain->count);
        for (size_t row = 0; row < plain->count; row++) {
            expect_row(key, z, plain, row, formulas[i]);
        }
        lv_matrix_free(z);
    }
    lv_matrix_free(x);
    lv_matrix_free(y);
    lv_matrix_free(xor);
}

static void test_formulas_at_every_width(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    const uint64_t top = (UINT64_C(1) << 62) - 1;
    const plain_set sets[] = {
        {(const uint64_t[]){0, 0, 1, 1}, (const uint64_t[]){0, 1, 0, 1}, 4, 1},
        {(const uint64_t[]){45, 132, 7, 0, 255}, (const uint64_t[]){132, 45, 8, 0, 254}, 5, 8},
        {(const uint64_t[]){0xffffffff, 11, 10}, (const uint64_t[]){0xffffffff, 10, 11}, 3, 32},
        {(const uint64_t[]){top, 0, top - 1}, (const uint64_t[]){0, top, top}, 3, 62},
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        expect_set(key, &sets[i]);
    }
    lv_key_free(key);
}

static void test_rows_combine_alone_and_alike(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    const lv_public_key *public_key = lv_key_public(key);
    const uint64_t values[][3] = {{3, 5, 9}, {4, 5, 1}, {7, 0, 8}};
    lv_matrix *m[3];
    for (int i = 0; i < 3; i++) {
        m[i] = encrypt_values(key, values[i], 3, 4);
    }
    lv_matrix *all = NULL;
    lv_buffer whole = {0};
    assert_int_equal(lv_combine(public_key, m[0], m[1], m[2], LV_FALL, 0, 3, NULL, &all, NULL),
                     LV_OK);
    assert_int_equal(lv_matrix_encode(all, &whole), LV_OK);
    assert_int_equal(whole.len, lv_matrix_encoded_len(public_key, 3, 4));
    for (size_t row = 0; row < 3; row++) {
        lv_matrix *one = NULL;
        lv_buffer bytes = {0};
        assert_int_equal(
            lv_combine(public_key, m[0], m[1], m[2], LV_FALL, row, 1, NULL, &one, NULL), LV_OK);
        assert_int_equal(lv_matrix_encode(one, &bytes), LV_OK);
        assert_memory_equal(bytes.data, whole.data + row * bytes.len, bytes.len);
        lv_buffer_free(&bytes);
        lv_matrix_free(one);
    }
    lv_buffer_free(&whole);
    lv_matrix_free(all);
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(m[i]);
    }
    lv_key_free(key);
}

static void test_what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    lv_secret_key *other = small_key(BITS + 2);
    const lv_public_key *public_key = lv_key_public(key);
    const uint64_t values[] = {1, 2};
    lv_matrix *a = encrypt_values(key, values, 2, 4);
    lv_matrix *narrow = encrypt_values(key, values, 2, 3);
    lv_matrix *shorter = encrypt_values(key, values, 1, 4);
    lv_matrix *foreign = encrypt_values(other, values, 2, 4);
    lv_matrix *bad[] = {narrow, shorter, foreign};
    for (size_t i = 0; i < 3; i++) {
        lv_matrix *z = a;
        assert_int_equal(lv_combine(public_key, a, bad[i], a, LV_RISE, 0, 1, NULL, &z, NULL),
                         LV_E_ARGUMENT);
        assert_null(z);
        assert_int_equal(lv_combine(public_key, a, a, bad[i], LV_EQUAL, 0, 1, NULL, &z, NULL),
                         LV_E_ARGUMENT);
    }
    const size_t rows[][2] = {{0, 0}, {0, 3}, {2, 1}, {3, 1}, {1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lv_matrix *z = a;
        assert_int_equal(
            lv_combine(public_key, a, a, a, LV_RISE, rows[i][0], rows[i][1], NULL, &z, NULL),
            LV_E_ARGUMENT);
        assert_null(z);
    }
    bool is_zero = true;
    unsigned column = 5;
    assert_int_equal(lv_zero_test(key, a, 2, 0, &is_zero), LV_E_ARGUMENT);
    assert_int_equal(lv_zero_test(key, a, 0, 4, &is_zero), LV_E_ARGUMENT);
    assert_int_equal(lv_zero_test(key, foreign, 0, 0, &is_zero), LV_E_ARGUMENT);
    assert_int_equal(lv_zero_scan(key, foreign, 0, &column), LV_E_ARGUMENT);
    assert_int_equal(lv_zero_scan(key, a, 2, &column), LV_E_ARGUMENT);
    assert_false(is_zero);
    assert_int_equal(column, 0);
    lv_matrix_free(a);
    lv_matrix_free(narrow);
    lv_matrix_free(shorter);
    lv_matrix_free(foreign);
    lv_key_free(key);
    lv_key_free(other);
}

static void test_what_is_no_bit_is_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    uint8_t bits[4] = {0, 1, 2, 1};
    lv_bits plain = {.pairs = 2, .width = 2, .bits = bits};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_E_ARGUMENT);
    bits[2] = 0;
    plain.width = 0;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_E_ARGUMENT);
    plain.width = LV_WIDTH_MAX + 1;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_E_ARGUMENT);
    plain = (lv_bits){.pairs = 0, .width = 2, .bits = bits};
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_E_ARGUMENT);
    assert_null(matrix);
    lv_key_free(key);
}

/* Fails at one call, counted from 0; counts all. */
typedef struct {
    unsigned calls;
    unsigned fails_at;
} failing;

static lv_status failing_fill(void *context, uint8_t *out, size_t len)
{
    failing *rng = context;
    if (rng->calls++ == rng->fails_at) {
        return LV_E_RANDOM;
    }
    return lv_rng_fill(NULL, out, len);
}

static void test_encryption_without_randomness_leaves_nothing(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    uint8_t bits[3] = {0, 1, 1};
    lv_bits plain = {.pairs = 1, .width = 3, .bits = bits};
    failing source = {.fails_at = UINT32_MAX};
    lv_rng rng = {.fill = failing_fill, .context = &source};
    lv_job job = {.rng = &rng};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    lv_matrix_free(matrix);
    unsigned calls = source.calls;
    assert_int_equal(calls, 6); /* an exponent modulo p - 1 and one modulo q - 1 for each bit */
    for (unsigned i = 0; i < calls; i++) {
        lv_error err = {{0}};
        source = (failing){.fails_at = i};
        matrix = (lv_matrix *)&job;
        assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, &err), LV_E_RANDOM);
        assert_null(matrix);
        assert_string_not_equal(err.text, "");
    }
    lv_key_free(key);
}

static void test_keys_without_randomness_are_not_made(void **state)
{
    (void)state;
    failing source = {.fails_at = UINT32_MAX};
    lv_rng rng = {.fill = failing_fill, .context = &source};
    lv_job job = {.rng = &rng};
    lv_secret_key *key = NULL;
    assert_int_equal(lv_paillier_generate_sized(BITS, &job, &key, NULL), LV_OK);
    assert_true(source.calls >= 6);
    lv_key_free(key);
    for (unsigned i = 0; i < 6; i++) {
        source = (failing){.fails_at = i};
        key = (lv_secret_key *)&job;
        assert_int_equal(lv_paillier_generate_sized(BITS, &job, &key, NULL), LV_E_RANDOM);
        assert_null(key);
    }
}

static void count_progress(void *context, const char *phase, size_t done, size_t total)
{
    size_t *seen = context;
    assert_string_equal(phase, "encrypt");
    assert_int_equal(total, 6);
    (*seen)++;
    assert_true(done <= total);
}

static void test_encryption_tells_how_far_it_is(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    uint8_t bits[6] = {0, 1, 1, 0, 0, 1};
    lv_bits plain = {.pairs = 2, .width = 3, .bits = bits};
    size_t seen = 0;
    lv_job job = {.threads = 2, .progress = count_progress, .progress_context = &seen};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    assert_int_equal(seen, 6);
    lv_matrix_free(matrix);
    lv_key_free(key);
}

static void test_suites_are_found_by_name(void **state)
{
    (void)state;
    assert_null(lv_suite_find("plain"));
    assert_null(lv_suite_find(""));
    for (size_t i = 0; lv_suite_at(i) != NULL; i++) {
        const lv_suite *suite = lv_suite_at(i);
        assert_ptr_equal(lv_suite_find(lv_suite_name(suite)), suite);
        assert_int_equal(lv_suite_check_key_bits(suite, lv_suite_default_key_bits(suite), NULL),
                         LV_OK);
    }
    assert_non_null(lv_suite_find("paillier"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas_at_every_width),
        cmocka_unit_test(test_rows_combine_alone_and_alike),
        cmocka_unit_test(test_what_does_not_belong_together_is_refused),
        cmocka_unit_test(test_what_is_no_bit_is_refused),
        cmocka_unit_test(test_encryption_without_randomness_leaves_nothing),
        cmocka_unit_test(test_keys_without_randomness_are_not_made),
        cmocka_unit_test(test_encryption_tells_how_far_it_is),
        cmocka_unit_test(test_suites_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
