/* Values against a limit in clear, in every suite: all values and limits of small widths, the
 * corners of others, and that all who compare get the same bytes. */
#include "unit/suite/support.h"

enum { SMALL_BITS = 256, CORNERS = 6 };
enum { WIDEST = 5 /* of those tried exhaustively; there a scan of the row has to do */ };

static lv_secret_key *key_of(const lv_suite *suite)
{
    lv_secret_key *key = NULL;
    if (strcmp(lv_suite_name(suite), "paillier") == 0) {
        return small_key(SMALL_BITS);
    }
    assert_int_equal(lv_key_generate(suite, lv_suite_default_key_bits(suite), NULL, &key, NULL),
                     LV_OK);
    return key;
}

static bool holds(lv_formula formula, uint64_t x, uint64_t limit)
{
    return (formula == LV_RISE && x < limit) || (formula == LV_FALL && x > limit) ||
           (formula == LV_EQUAL && x == limit);
}

static unsigned first_difference(uint64_t x, uint64_t y, unsigned width)
{
    unsigned i = 0;
    while (i < width && ((x ^ y) >> (width - 1 - i) & 1) == 0) {
        i++;
    }
    return i;
}

/* A row has a zero where the statement holds, exactly one, and at the first differing bit. */
static void expect_row(const lv_secret_key *key, const lv_matrix *z, size_t row, lv_formula formula,
                       uint64_t x, uint64_t limit, unsigned width)
{
    bool expected = holds(formula, x, limit);
    unsigned index = formula == LV_EQUAL ? 0 : first_difference(x, limit, width);
    unsigned column = 99;
    assert_int_equal(lv_matrix_width(z), formula == LV_EQUAL ? 1 : width);
    assert_int_equal(lv_zero_scan(key, z, row, &column), expected ? LV_OK : LV_NOT_FOUND);
    assert_int_equal(column, expected ? index : 0);
    for (unsigned i = 0; i < lv_matrix_width(z) && width != WIDEST; i++) {
        bool is_zero = false;
        assert_int_equal(lv_zero_test(key, z, row, i, &is_zero), LV_OK);
        assert_int_equal(is_zero, expected && i == index);
    }
}

static void expect_limit(const lv_secret_key *key, const lv_matrix *x, const uint64_t *values,
                         size_t count, uint64_t limit)
{
    const unsigned width = lv_matrix_width(x);
    for (int f = LV_EQUAL; f <= LV_FALL; f++) {
        lv_matrix *z = NULL;
        assert_int_equal(
            lv_combine_limit(lv_key_public(key), x, limit, (lv_formula)f, 0, count, NULL, &z, NULL),
            LV_OK);
        assert_int_equal(lv_matrix_pairs(z), count);
        for (size_t row = 0; row < count; row++) {
            expect_row(key, z, row, (lv_formula)f, values[row], limit, width);
        }
        lv_matrix_free(z);
    }
}

static void test_all_values_and_limits(void **state)
{
    (void)state;
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        for (unsigned width = 3; width <= WIDEST; width++) {
            uint64_t values[1 << WIDEST] = {0};
            const size_t count = (size_t)1 << width;
            for (size_t v = 0; v < count; v++) {
                values[v] = v;
            }
            lv_matrix *x = encrypt_values(key, values, count, width);
            for (uint64_t limit = 0; limit < count; limit++) {
                expect_limit(key, x, values, count, limit);
            }
            lv_matrix_free(x);
        }
        lv_key_free(key);
    }
}

static void test_corners_of_other_widths(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 2, 31, 32, 33, 61, 62};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        for (size_t j = 0; j < sizeof widths / sizeof widths[0]; j++) {
            const uint64_t top = (UINT64_C(1) << widths[j]) - 1;
            const uint64_t value[CORNERS] = {0,       top,     1,
                                             top - 1, top / 2, UINT64_C(0x2aaaaaaaaaaaaaaa) & top};
            lv_matrix *x = encrypt_values(key, value, CORNERS, widths[j]);
            for (size_t k = 0; k < CORNERS; k++) {
                expect_limit(key, x, value, CORNERS, value[k]);
            }
            lv_matrix_free(x);
        }
        lv_key_free(key);
    }
}

static void combine_encoded(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                            lv_formula formula, size_t first, size_t count, lv_buffer *bytes)
{
    lv_matrix *z = NULL;
    lv_job job = {.threads = 2};
    assert_int_equal(lv_combine_limit(key, x, limit, formula, first, count, &job, &z, NULL), LV_OK);
    assert_int_equal(lv_matrix_encode(z, bytes), LV_OK);
    lv_matrix_free(z);
}

static void expect_same_bytes(const lv_secret_key *key, const lv_matrix *x, const lv_matrix *read)
{
    lv_buffer bytes[6] = {{0}};
    const lv_public_key *public_key = lv_key_public(key);
    combine_encoded(public_key, x, 5, LV_RISE, 1, 2, &bytes[0]);
    combine_encoded(public_key, read, 5, LV_RISE, 1, 2, &bytes[1]);
    combine_encoded(public_key, x, 6, LV_RISE, 1, 2, &bytes[2]);
    combine_encoded(public_key, x, 5, LV_FALL, 1, 2, &bytes[3]);
    combine_encoded(public_key, x, 5, LV_RISE, 0, 2, &bytes[4]);
    combine_encoded(public_key, x, 5, LV_EQUAL, 1, 2, &bytes[5]);
    assert_int_equal(bytes[0].len, bytes[1].len);
    assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].len);
    for (size_t i = 2; i < 5; i++) { /* all that goes into it shows */
        assert_int_equal(bytes[0].len, bytes[i].len);
        assert_memory_not_equal(bytes[0].data, bytes[i].data, bytes[0].len);
    }
    assert_true(bytes[5].len < bytes[0].len);
    for (size_t i = 0; i < 6; i++) {
        lv_buffer_free(&bytes[i]);
    }
}

/* Whoever reads the same record gets what its maker gets. */
static void test_all_get_the_same_bytes(void **state)
{
    (void)state;
    const uint64_t values[] = {3, 4, 5};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        lv_matrix *x = encrypt_values(key, values, 3, 4);
        lv_matrix *read = NULL;
        lv_buffer bytes = {0};
        assert_int_equal(lv_matrix_encode(x, &bytes), LV_OK);
        assert_int_equal(
            lv_matrix_decode(lv_key_public(key), 3, 4, lv_buffer_view(&bytes), &read, NULL), LV_OK);
        expect_same_bytes(key, x, read);
        lv_buffer_free(&bytes);
        lv_matrix_free(read);
        lv_matrix_free(x);
        lv_key_free(key);
    }
}

/* A zero told of one set, limit or kind is not told of the next. */
static void test_kinds_are_told_apart_in_turn(void **state)
{
    (void)state;
    const uint64_t values[] = {3, 9, 12};
    const uint64_t zeros[] = {0, 0, 0};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        lv_matrix *x = encrypt_values(key, values, 3, 4);
        lv_matrix *nothing = encrypt_values(key, zeros, 3, 4);
        lv_matrix *pairs = NULL; /* x against 0: their exclusive or is x */
        assert_int_equal(
            lv_combine(lv_key_public(key), x, nothing, x, LV_FALL, 0, 3, NULL, &pairs, NULL),
            LV_OK);
        for (uint64_t limit = 0; limit < 16; limit++) {
            const size_t row = limit % 3;
            bool is_zero = false;
            expect_limit(key, x, values, 3, limit);
            expect_limit(key, nothing, zeros, 3, limit);
            expect_row(key, pairs, row, LV_FALL, values[row], 0, 4);
            assert_int_equal(lv_zero_test(key, x, row, 3, &is_zero), LV_OK);
            assert_int_equal(is_zero, (values[row] & 1) == 0);
        }
        lv_matrix_free(pairs);
        lv_matrix_free(nothing);
        lv_matrix_free(x);
        lv_key_free(key);
    }
}

static void expect_refused(const lv_secret_key *key, const lv_matrix *x, uint64_t limit,
                           lv_formula formula, size_t first, size_t count)
{
    lv_matrix *z = (lv_matrix *)(uintptr_t)x;
    lv_error err = {{0}};
    assert_int_equal(
        lv_combine_limit(lv_key_public(key), x, limit, formula, first, count, NULL, &z, &err),
        LV_E_ARGUMENT);
    assert_null(z);
    assert_string_not_equal(err.text, "");
}

static void test_what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        lv_secret_key *foreign = strcmp(lv_suite_name(suite), "paillier") == 0
                                     ? key_of(lv_suite_find("ristretto255"))
                                     : small_key(SMALL_BITS);
        lv_matrix *x = encrypt_values(key, values, 2, 4);
        expect_refused(key, x, 16, LV_RISE, 0, 1); /* more than four bits */
        expect_refused(key, x, UINT64_MAX, LV_RISE, 0, 1);
        expect_refused(key, x, 1, LV_RISE, 0, 0);
        expect_refused(key, x, 1, LV_RISE, 2, 1);
        expect_refused(key, x, 1, LV_RISE, 1, SIZE_MAX);
        expect_refused(key, x, 1, (lv_formula)3, 0, 1);
        expect_refused(foreign, x, 1, LV_RISE, 0, 1);
        lv_matrix_free(x);
        lv_key_free(foreign);
        lv_key_free(key);
    }
}

/* What was combined already is no row of bits: rlwe1024 keeps too little of it. */
static void test_rlwe_compares_encrypted_rows_alone(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2};
    lv_secret_key *key = key_of(lv_suite_find("rlwe1024"));
    lv_secret_key *other = key_of(lv_suite_find("rlwe1024"));
    lv_matrix *x = encrypt_values(key, values, 2, 4);
    lv_matrix *z = NULL;
    assert_int_equal(lv_combine_limit(lv_key_public(key), x, 1, LV_RISE, 0, 2, NULL, &z, NULL),
                     LV_OK);
    expect_refused(key, z, 1, LV_RISE, 0, 1);
    expect_refused(other, x, 1, LV_RISE, 0, 1);
    unsigned column = 0;
    assert_int_equal(lv_zero_scan(other, z, 0, &column), LV_E_ARGUMENT);
    lv_matrix_free(z);
    lv_matrix_free(x);
    lv_key_free(other);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_values_and_limits),
        cmocka_unit_test(test_corners_of_other_widths),
        cmocka_unit_test(test_all_get_the_same_bytes),
        cmocka_unit_test(test_kinds_are_told_apart_in_turn),
        cmocka_unit_test(test_what_cannot_be_compared_is_refused),
        cmocka_unit_test(test_rlwe_compares_encrypted_rows_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
