/* Rows opened to an auditor: bits told, everything else not. */
#include "unit/suite/support.h"

#define WIDTH 4U

static const uint8_t X[] = {1, 0, 1, 1, 0, 0, 0, 0};
static const uint8_t Y[] = {1, 1, 0, 1, 0, 0, 0, 0};
static const uint8_t XOR[] = {0, 1, 1, 0, 0, 0, 0, 0};

static lv_secret_key *make_key(const lv_suite *suite)
{
    lv_error err = {0};
    lv_secret_key *key = NULL;
    bool sized = lv_suite_check_key_bits(suite, 2048, &err) == LV_OK;
    unsigned bits = sized ? 2048 : lv_suite_default_key_bits(suite);
    assert_int_equal(lv_key_generate(suite, bits, NULL, &key, &err), LV_OK);
    return key;
}

static lv_matrix *encrypt(const lv_secret_key *key, const uint8_t *plain)
{
    lv_error err = {0};
    lv_matrix *matrix = NULL;
    uint8_t copy[2 * WIDTH];
    memcpy(copy, plain, sizeof copy);
    const lv_bits bits = {.pairs = 2, .width = WIDTH, .bits = copy};
    assert_int_equal(lv_encrypt(key, &bits, NULL, &matrix, &err), LV_OK);
    return matrix;
}

static void expect_bits(const lv_secret_key *key, const lv_matrix *matrix, const uint8_t *plain)
{
    for (size_t row = 0; row < 2; row++) {
        lv_opened cells[LV_WIDTH_MAX];
        assert_int_equal(lv_open_row_vartime(key, matrix, row, cells), LV_OK);
        for (unsigned i = 0; i < WIDTH; i++) {
            assert_int_equal(cells[i], plain[row * WIDTH + i]);
        }
    }
}

/* z of formula (1): of the first row 1, 0, 5, 7; of the second 1, 1, 1, 1. */
static void expect_no_bits(const lv_secret_key *key, const lv_matrix *x, const lv_matrix *y,
                           const lv_matrix *w)
{
    static const lv_opened wanted[2][WIDTH] = {
        {LV_OPENED_ONE, LV_OPENED_ZERO, LV_OPENED_OTHER, LV_OPENED_OTHER},
        {LV_OPENED_ONE, LV_OPENED_ONE, LV_OPENED_ONE, LV_OPENED_ONE}};
    lv_error err = {0};
    lv_matrix *z = NULL;
    assert_int_equal(lv_combine(lv_key_public(key), x, y, w, LV_RISE, 0, 2, NULL, &z, &err), LV_OK);
    for (size_t row = 0; row < 2; row++) {
        lv_opened cells[LV_WIDTH_MAX];
        lv_status status = lv_open_row_vartime(key, z, row, cells);
        if (strcmp(lv_suite_name(lv_public_suite(lv_key_public(key))), "rlwe1024") == 0) {
            assert_int_equal(status, LV_E_ARGUMENT); /* combined, so not made from a seed */
            continue;
        }
        assert_int_equal(status, LV_OK);
        assert_memory_equal(cells, wanted[row], sizeof wanted[row]);
    }
    lv_matrix_free(z);
}

static void test_rows_open_in_every_suite(void **state)
{
    const lv_suite *suite = NULL;
    (void)state;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_opened cells[LV_WIDTH_MAX];
        lv_secret_key *key = make_key(suite);
        lv_matrix *x = encrypt(key, X);
        lv_matrix *y = encrypt(key, Y);
        lv_matrix *w = encrypt(key, XOR);
        expect_bits(key, x, X);
        expect_bits(key, w, XOR);
        expect_no_bits(key, x, y, w);
        assert_int_equal(lv_open_row_vartime(key, x, 2, cells), LV_E_ARGUMENT);
        lv_matrix_free(x);
        lv_matrix_free(y);
        lv_matrix_free(w);
        lv_key_free(key);
    }
}

/* With another key of the suite nothing of it comes out as it was. */
static void test_another_key_opens_nothing(void **state)
{
    const lv_suite *suite = NULL;
    (void)state;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_opened cells[LV_WIDTH_MAX];
        lv_secret_key *key = make_key(suite);
        lv_secret_key *other = make_key(suite);
        lv_matrix *x = encrypt(key, X);
        lv_status status = lv_open_row_vartime(other, x, 0, cells);
        bool same = status == LV_OK;
        for (unsigned j = 0; same && j < WIDTH; j++) {
            same = (unsigned)cells[j] == X[j];
        }
        assert_false(same);
        lv_matrix_free(x);
        lv_key_free(other);
        lv_key_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_open_in_every_suite),
        cmocka_unit_test(test_another_key_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
