#include "quality/text.h"
#include <lotveil/series.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const lv_series moisture = {
    .name = "moisture",
    .unit = "g/cm2",
    .column_lot = "lot",
    .column_time = "month",
    .column_value = "moisture_g_per_cm2",
    .scale = {.offset = 0, .decimals = 2, .bits = 32},
    .suite = "paillier",
    .key_bits = 6000,
    .compare = LV_COMPARE_CONSECUTIVE,
};

static void test_names(void **state)
{
    (void)state;
    const char *good[] = {
        "a", "moisture", "A-1_b.c",
        "0", "_",        "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(lv_name_is_valid(good[i]));
    }
    const char *bad[] = {"",
                         ".",
                         "..",
                         ".a",
                         "-a",
                         "a/b",
                         "a b",
                         "a\n",
                         "a\\",
                         "\xc3\xa4",
                         "a\x7f",
                         "a:b",
                         "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(lv_name_is_valid(bad[i]));
    }
}

static void expect_config_error(const lv_series *series, const char *words)
{
    lv_error err = {0};
    assert_int_equal(lv_series_check(series, &err), LV_E_CONFIG);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not name \"%s\"", err.text, words);
    }
    assert_int_equal(lv_series_check(series, NULL), LV_E_CONFIG);
}

static void test_a_right_series_passes(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_series series = moisture;
    assert_int_equal(lv_series_check(&series, &err), LV_OK);
    strcpy(series.unit, "");
    strcpy(series.column_parents, "made from");
    series.compare = LV_COMPARE_BOTH;
    strcpy(series.baseline_lot, "LOT-01");
    series.scale = (lv_fixed_scale){.offset = -INT64_MAX, .decimals = 9, .bits = 62};
    assert_int_equal(lv_series_check(&series, &err), LV_OK);
    assert_string_equal(err.text, "");
}

#define EXPECT_BAD(change, words)                                                                  \
    do {                                                                                           \
        lv_series series = moisture;                                                               \
        change;                                                                                    \
        expect_config_error(&series, words);                                                       \
    } while (0)

static void test_every_bad_field_is_named(void **state)
{
    (void)state;
    EXPECT_BAD(strcpy(series.name, ""), "name");
    EXPECT_BAD(strcpy(series.name, "../x"), "name");
    EXPECT_BAD(strcpy(series.suite, ""), "suite");
    EXPECT_BAD(strcpy(series.unit, "g\n"), "unit");
    EXPECT_BAD(strcpy(series.unit, "\xff"), "unit");
    EXPECT_BAD(strcpy(series.column_lot, ""), "columns.lot");
    EXPECT_BAD(strcpy(series.column_time, ""), "columns.time");
    EXPECT_BAD(strcpy(series.column_value, ""), "columns.value");
    EXPECT_BAD(strcpy(series.column_value, " v"), "columns.value");
    EXPECT_BAD(strcpy(series.column_parents, "lot"), "columns.lot and columns.parents");
    EXPECT_BAD(strcpy(series.column_time, "lot"), "columns.lot and columns.time");
    EXPECT_BAD(series.scale.decimals = 10, "decimals");
    EXPECT_BAD(series.scale.bits = 0, "width");
    EXPECT_BAD(series.scale.bits = 63, "width");
    EXPECT_BAD(series.scale.offset = INT64_MIN, "offset");
    EXPECT_BAD(series.scale.offset = INT64_MAX, "offset");
    EXPECT_BAD(memset(&series.compare, 0, sizeof series.compare), "compare");
    EXPECT_BAD(memset(&series.compare, 4, sizeof series.compare), "compare");
    EXPECT_BAD(strcpy(series.baseline_lot, "L\t1"), "baseline_lot");
}

static void test_a_text_without_end_is_an_error(void **state)
{
    (void)state;
    EXPECT_BAD(memset(series.name, 'a', sizeof series.name), "name");
    EXPECT_BAD(memset(series.unit, 'a', sizeof series.unit), "unit");
    EXPECT_BAD(memset(series.column_lot, 'a', sizeof series.column_lot), "columns.lot");
    EXPECT_BAD(memset(series.baseline_lot, 'a', sizeof series.baseline_lot), "baseline_lot");
}

static void test_scale_of_a_change(void **state)
{
    (void)state;
    assert_true(lv_change_scale(32, 0) == (uint64_t)1 << 31);
    assert_true(lv_change_scale(32, 29) == 4);
    assert_true(lv_change_scale(32, 31) == 1);
    assert_true(lv_change_scale(62, 0) == (uint64_t)1 << 61);
    assert_true(lv_change_scale(1, 0) == 1);
    assert_true(lv_change_scale(32, 32) == 0);
    assert_true(lv_change_scale(63, 0) == 0);
    assert_true(lv_change_scale(0, 0) == 0);
}

static size_t prefix(const char *text) { return lv_text_utf8_prefix(lv_bytes_of_text(text)); }

static void test_utf8(void **state)
{
    (void)state;
    const char *good[] = {"",
                          "abc",
                          "\xc2\x80",
                          "\xe6\xb0\xb4\xe5\x88\x86",
                          "\xed\x9f\xbf",
                          "\xee\x80\x80",
                          "\xf0\x90\x80\x80",
                          "\xf4\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(prefix(good[i]), strlen(good[i]));
    }
    const char *bad[] = {"a\x80",
                         "a\xc0\x80",
                         "a\xc1\xbf",
                         "a\xe0\x9f\xbf",
                         "a\xed\xa0\x80",
                         "a\xf0\x8f\xbf\xbf",
                         "a\xf4\x90\x80\x80",
                         "a\xf5\x80\x80\x80",
                         "a\xe6\xb0",
                         "a\xff",
                         "a\xc2\x20"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(prefix(bad[i]), 1);
    }
    const uint8_t nul[] = {'a', 0, 'b'};
    assert_int_equal(lv_text_utf8_prefix((lv_bytes){.data = nul, .len = sizeof nul}), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_right_series_passes),
        cmocka_unit_test(test_every_bad_field_is_named),
        cmocka_unit_test(test_a_text_without_end_is_an_error),
        cmocka_unit_test(test_scale_of_a_change),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
