#include "base/secret.h"
#include <lotveil/compare.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_most_significant_first(void **state)
{
    (void)state;
    const uint64_t values[] = {11, 10};
    const uint8_t expected[] = {0, 1, 0, 1, 1, 0, 1, 0, 1, 0};
    lv_bits bits;
    assert_int_equal(lv_bits_expand(values, 2, 5, &bits), LV_OK);
    assert_int_equal(bits.pairs, 2);
    assert_int_equal(bits.width, 5);
    assert_memory_equal(bits.bits, expected, sizeof expected);
    lv_bits_wipe(&bits);
    assert_null(bits.bits);
}

static void test_extremes(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= LV_WIDTH_MAX; width++) {
        const uint64_t values[] = {((uint64_t)1 << width) - 1, 0};
        lv_bits bits;
        assert_int_equal(lv_bits_expand(values, 2, width, &bits), LV_OK);
        for (unsigned i = 0; i < width; i++) {
            assert_int_equal(bits.bits[i], 1);
            assert_int_equal(bits.bits[width + i], 0);
        }
        lv_bits_wipe(&bits);
    }
}

static void test_what_does_not_fit_is_refused(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 256};
    lv_bits bits;
    assert_int_equal(lv_bits_expand(values, 2, 8, &bits), LV_E_RANGE);
    assert_null(bits.bits);
    assert_int_equal(lv_bits_expand(values, 2, 9, &bits), LV_OK);
    lv_bits_wipe(&bits);
    assert_int_equal(lv_bits_expand(values, 0, 8, &bits), LV_E_ARGUMENT);
    assert_int_equal(lv_bits_expand(values, 1, 0, &bits), LV_E_ARGUMENT);
    assert_int_equal(lv_bits_expand(values, 1, 63, &bits), LV_E_ARGUMENT);
    assert_int_equal(lv_bits_expand(values, LV_SET_PAIRS_MAX + 1, 8, &bits), LV_E_ARGUMENT);
    lv_bits_wipe(&bits);
    lv_bits_wipe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_most_significant_first),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
