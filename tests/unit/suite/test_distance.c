/* A claimed distance against the values, in the suites that weigh: all values and distances of
 * small widths, the corners of others. */
#include "unit/suite/support.h"

enum { SMALL_BITS = 256, WIDTH = 3, VALUES = 8, CORNERS = 6 };

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

/* The suites that weigh, one after the other. */
static const lv_suite *weighing_suite(size_t i)
{
    static const char *const names[] = {"paillier", "ristretto255"};
    return i < sizeof names / sizeof names[0] ? lv_suite_find(names[i]) : NULL;
}

static void test_which_suites_weigh(void **state)
{
    (void)state;
    assert_true(lv_suite_weighs(lv_suite_find("paillier")));
    assert_true(lv_suite_weighs(lv_suite_find("ristretto255")));
    assert_false(lv_suite_weighs(lv_suite_find("rlwe1024")));
}

enum { X, Y, D, MATRICES };

typedef struct {
    uint64_t v[MATRICES];
} triple;

static void expect_distances(const lv_secret_key *key, const triple *all, size_t count,
                             unsigned width)
{
    uint64_t *values = calloc(count, sizeof *values);
    assert_non_null(values);
    lv_matrix *m[MATRICES];
    for (int which = X; which < MATRICES; which++) {
        for (size_t i = 0; i < count; i++) {
            values[i] = all[i].v[which];
        }
        m[which] = encrypt_values(key, values, count, width);
    }
    free(values);
    const lv_formula directions[] = {LV_RISE, LV_FALL};
    for (size_t f = 0; f < 2; f++) {
        lv_matrix *z = NULL;
        lv_job job = {.threads = 2};
        assert_int_equal(lv_combine_distance(lv_key_public(key), m[X], m[Y], m[D], directions[f], 0,
                                             count, &job, &z, NULL),
                         LV_OK);
        assert_int_equal(lv_matrix_pairs(z), count);
        assert_int_equal(lv_matrix_width(z), 1);
        for (size_t i = 0; i < count; i++) {
            bool is_zero = false;
            bool expected = directions[f] == LV_RISE ? all[i].v[X] + all[i].v[D] == all[i].v[Y]
                                                     : all[i].v[Y] + all[i].v[D] == all[i].v[X];
            assert_int_equal(lv_zero_test(key, z, i, 0, &is_zero), LV_OK);
            assert_int_equal(is_zero, expected);
        }
        lv_matrix_free(z);
    }
    for (int which = X; which < MATRICES; which++) {
        lv_matrix_free(m[which]);
    }
}

static void test_all_values_and_distances(void **state)
{
    (void)state;
    triple all[VALUES * VALUES * VALUES];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i].v[X] = i % VALUES;
        all[i].v[Y] = i / VALUES % VALUES;
        all[i].v[D] = i / VALUES / VALUES;
    }
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = weighing_suite(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        expect_distances(key, all, sizeof all / sizeof all[0], WIDTH);
        lv_key_free(key);
    }
}

static void test_corners_of_other_widths(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 2, 31, 32, 33, 61, 62};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = weighing_suite(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        for (size_t j = 0; j < sizeof widths / sizeof widths[0]; j++) {
            const uint64_t top = (UINT64_C(1) << widths[j]) - 1;
            const triple corners[CORNERS] = {{{0, top, top}},     {{top, 0, top}},
                                             {{0, 0, 0}},         {{top, top, 0}},
                                             {{top, top - 1, 1}}, {{0, top, top - 1}}};
            expect_distances(key, corners, CORNERS, widths[j]);
        }
        lv_key_free(key);
    }
}

static void weigh_encoded(const lv_public_key *key, lv_matrix *const m[3], lv_formula direction,
                          size_t first, size_t count, lv_buffer *bytes)
{
    lv_matrix *z = NULL;
    assert_int_equal(
        lv_combine_distance(key, m[0], m[1], m[2], direction, first, count, NULL, &z, NULL), LV_OK);
    assert_int_equal(lv_matrix_encode(z, bytes), LV_OK);
    lv_matrix_free(z);
}

static void test_rows_weigh_alone_and_alike(void **state)
{
    (void)state;
    const uint64_t values[3][3] = {{3, 5, 9}, {4, 5, 1}, {1, 0, 8}};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = weighing_suite(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        lv_matrix *m[3];
        lv_buffer all = {0};
        lv_buffer rows = {0};
        lv_buffer fall = {0};
        for (int j = 0; j < 3; j++) {
            m[j] = encrypt_values(key, values[j], 3, 4);
        }
        weigh_encoded(lv_key_public(key), m, LV_RISE, 0, 3, &all);
        weigh_encoded(lv_key_public(key), m, LV_FALL, 0, 3, &fall);
        for (size_t row = 0; row < 3; row++) {
            weigh_encoded(lv_key_public(key), m, LV_RISE, row, 1, &rows);
        }
        assert_int_equal(all.len, rows.len);
        assert_int_equal(all.len, lv_matrix_encoded_len(lv_key_public(key), 3, 1));
        assert_memory_equal(all.data, rows.data, all.len);
        assert_memory_not_equal(all.data, fall.data, all.len);
        lv_buffer_free(&all);
        lv_buffer_free(&rows);
        lv_buffer_free(&fall);
        for (int j = 0; j < 3; j++) {
            lv_matrix_free(m[j]);
        }
        lv_key_free(key);
    }
}

static void expect_refused(const lv_secret_key *key, const lv_matrix *x, const lv_matrix *d,
                           lv_formula direction, size_t first, size_t count)
{
    lv_matrix *z = (lv_matrix *)(uintptr_t)x;
    lv_error err = {{0}};
    assert_int_equal(
        lv_combine_distance(lv_key_public(key), x, x, d, direction, first, count, NULL, &z, &err),
        LV_E_ARGUMENT);
    assert_null(z);
    assert_string_not_equal(err.text, "");
}

static void test_what_cannot_be_weighed_is_refused(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2};
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = weighing_suite(i)) != NULL; i++) {
        lv_secret_key *key = key_of(suite);
        lv_secret_key *foreign = key_of(weighing_suite(1 - i));
        lv_matrix *x = encrypt_values(key, values, 2, 4);
        lv_matrix *narrow = encrypt_values(key, values, 2, 3);
        lv_matrix *shorter = encrypt_values(key, values, 1, 4);
        expect_refused(key, x, narrow, LV_RISE, 0, 1);
        expect_refused(key, x, shorter, LV_RISE, 0, 1);
        expect_refused(key, x, x, LV_EQUAL, 0, 1);
        expect_refused(key, x, x, (lv_formula)3, 0, 1);
        expect_refused(key, x, x, LV_FALL, 0, 0);
        expect_refused(key, x, x, LV_FALL, 2, 1);
        expect_refused(key, x, x, LV_FALL, 1, SIZE_MAX);
        expect_refused(foreign, x, x, LV_FALL, 0, 1);
        lv_matrix_free(x);
        lv_matrix_free(narrow);
        lv_matrix_free(shorter);
        lv_key_free(foreign);
        lv_key_free(key);
    }
}

static void test_a_suite_of_small_plaintexts_refuses(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2};
    lv_secret_key *key = key_of(lv_suite_find("rlwe1024"));
    lv_matrix *x = encrypt_values(key, values, 2, 4);
    expect_refused(key, x, x, LV_RISE, 0, 1);
    lv_matrix_free(x);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_suites_weigh),
        cmocka_unit_test(test_all_values_and_distances),
        cmocka_unit_test(test_corners_of_other_widths),
        cmocka_unit_test(test_rows_weigh_alone_and_alike),
        cmocka_unit_test(test_what_cannot_be_weighed_is_refused),
        cmocka_unit_test(test_a_suite_of_small_plaintexts_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
