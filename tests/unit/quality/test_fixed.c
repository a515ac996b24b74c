#include <inttypes.h>
#include <lotveil/fixed.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const lv_fixed_scale hundredths = {.offset = 0, .decimals = 2, .bits = 8};

static void expect_in(const lv_fixed_scale *scale, const char *text, lv_status status,
                      uint64_t value)
{
    uint64_t got = 99; /* stale; must be replaced */
    assert_int_equal(lv_fixed_parse(scale, text, strlen(text), &got), status);
    assert_true(got == value);
}

static void expect(const char *text, lv_status status, uint64_t value)
{
    expect_in(&hundredths, text, status, value);
}

static void test_published_moistures(void **state)
{
    (void)state;
    expect("0.45", LV_OK, 45);
    expect("0.41", LV_OK, 41);
    expect("0.76", LV_OK, 76);
    expect("1.32", LV_OK, 132);
}

static void test_rounds_half_to_even(void **state)
{
    (void)state;
    expect("0.125", LV_OK, 12);
    expect("0.135", LV_OK, 14);
    expect("0.1250001", LV_OK, 13);
    expect("-0.005", LV_OK, 0);
    expect("-0.001", LV_OK, 0);
    expect("-0.0051", LV_E_RANGE, 0);
}

/* With an odd offset the tie goes to the even *shifted* integer: 0.125 - 0.01 = 11.5 hundredths
 * goes to 12, where rounding first would give 12 - 1 = 11. */
static void test_a_tie_is_broken_after_the_offset(void **state)
{
    (void)state;
    const lv_fixed_scale odd = {.offset = 1, .decimals = 2, .bits = 8};
    expect_in(&odd, "0.125", LV_OK, 12);
    expect_in(&odd, "0.135", LV_OK, 12);
    const lv_fixed_scale below = {.offset = -3, .decimals = 0, .bits = 3};
    expect_in(&below, "-0.5", LV_OK, 2);
    expect_in(&below, "-1.5", LV_OK, 2);
    expect_in(&below, "0.5", LV_OK, 4);
    expect_in(&below, "-3.5", LV_OK, 0);
    expect_in(&below, "-3.6", LV_E_RANGE, 0);
}

static int64_t power10(unsigned exponent)
{
    int64_t power = 1;
    for (; exponent > 0; exponent--) {
        power *= 10;
    }
    return power;
}

/* round_half_even(numerator / denominator), denominator > 0 and even or 1. */
static int64_t model_round(int64_t numerator, int64_t denominator)
{
    int64_t low = numerator / denominator;
    if (low * denominator > numerator) {
        low--;
    }
    int64_t twice = 2 * (numerator - low * denominator);
    if (twice > denominator || (twice == denominator && low % 2 != 0)) {
        low++;
    }
    return low;
}

/* `units` times 10^-places, written out. */
static void write_decimal(int64_t units, unsigned places, char text[32])
{
    int64_t magnitude = units < 0 ? -units : units;
    if (places == 0) {
        snprintf(text, 32, "%s%" PRId64, units < 0 ? "-" : "", magnitude);
        return;
    }
    snprintf(text, 32, "%s%" PRId64 ".%0*" PRId64, units < 0 ? "-" : "",
             magnitude / power10(places), (int)places, magnitude % power10(places));
}

static void check_one(int64_t units, unsigned places, const lv_fixed_scale *scale)
{
    char text[32];
    uint64_t got = 99;
    int64_t wanted = model_round(units * power10(scale->decimals) - scale->offset * power10(places),
                                 power10(places));
    bool fits = wanted >= 0 && wanted < (int64_t)1 << scale->bits;

    write_decimal(units, places, text);
    lv_status status = lv_fixed_parse(scale, text, strlen(text), &got);
    if (status != (fits ? LV_OK : LV_E_RANGE) || got != (fits ? (uint64_t)wanted : 0)) {
        fail_msg("%s with offset %" PRId64 ", %u decimals, %u bits: %s %" PRIu64
                 ", the model says %" PRId64,
                 text, scale->offset, scale->decimals, scale->bits, lv_status_name(status), got,
                 wanted);
    }
}

static void check_scale(const lv_fixed_scale *scale)
{
    for (unsigned places = 0; places <= 3; places++) {
        for (int64_t units = -1250; units <= 1250; units++) {
            check_one(units, places, scale);
        }
    }
}

static void test_all_small_decimals_agree_with_the_model(void **state)
{
    (void)state;
    for (unsigned decimals = 0; decimals <= 3; decimals++) {
        for (int64_t offset = -7; offset <= 7; offset++) {
            for (unsigned bits = 1; bits <= 9; bits += 4) {
                check_scale(
                    &(lv_fixed_scale){.offset = offset, .decimals = decimals, .bits = bits});
            }
        }
    }
}

static void test_out_of_range_is_refused_not_clamped(void **state)
{
    (void)state;
    expect("2.55", LV_OK, 255);
    expect("2.555", LV_E_RANGE, 0);
    expect("2.554", LV_OK, 255);
    expect("2.56", LV_E_RANGE, 0);
    expect("-0.01", LV_E_RANGE, 0);
    expect("99999999999999999999", LV_E_RANGE, 0);
    expect("-99999999999999999999", LV_E_RANGE, 0);
    expect("92233720368547758.07", LV_E_RANGE, 0);
    expect("9223372036854775808", LV_E_RANGE, 0);
}

static void test_widest_scales(void **state)
{
    (void)state;
    const lv_fixed_scale widest = {.offset = 0, .decimals = 0, .bits = 62};
    expect_in(&widest, "4611686018427387903", LV_OK, ((uint64_t)1 << 62) - 1);
    expect_in(&widest, "4611686018427387904", LV_E_RANGE, 0);
    const lv_fixed_scale lowest = {.offset = -INT64_MAX, .decimals = 0, .bits = 62};
    expect_in(&lowest, "-9223372036854775807", LV_OK, 0);
    expect_in(&lowest, "-9223372036854775808", LV_E_RANGE, 0);
    const lv_fixed_scale highest = {
        .offset = INT64_MAX - (((int64_t)1 << 62) - 1), .decimals = 0, .bits = 62};
    expect_in(&highest, "9223372036854775807", LV_OK, ((uint64_t)1 << 62) - 1);
    expect_in(&highest, "9223372036854775807.5", LV_E_RANGE, 0);
    const lv_fixed_scale fine = {.offset = -1, .decimals = 9, .bits = 1};
    expect_in(&fine, "0.0000000000000000000000000000000000000001", LV_OK, 1);
    expect_in(&fine, "000000000000000000000000000000.000000000", LV_OK, 1);
}

static void test_what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"",   "-",  ".",     "-.",  "1e3", "0x1", "1,5", " 1",
                         "1 ", "+1", "1.2.3", "nan", "--1", "1-",  "inf", "\xd9\xa1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect(bad[i], LV_E_SYNTAX, 0);
    }
    uint64_t value = 99;
    assert_int_equal(lv_fixed_parse(&hundredths, "1\0", 2, &value), LV_E_SYNTAX);
    assert_true(value == 0);
}

static void test_only_len_bytes_are_read(void **state)
{
    (void)state;
    uint64_t value = 99;
    assert_int_equal(lv_fixed_parse(&hundredths, "0.459", 4, &value), LV_OK);
    assert_true(value == 45);
    const char bytes[] = {'2'};
    assert_int_equal(lv_fixed_parse(&hundredths, bytes, 1, &value), LV_OK);
    assert_true(value == 200);
}

static void expect_format(int64_t offset, unsigned decimals, uint64_t value, const char *wanted)
{
    char text[32];
    lv_fixed_format(&(lv_fixed_scale){.offset = offset, .decimals = decimals, .bits = 62}, value,
                    text);
    assert_string_equal(text, wanted);
}

static void test_formats_back(void **state)
{
    (void)state;
    expect_format(0, 2, 45, "0.45");
    expect_format(0, 2, 132, "1.32");
    expect_format(0, 0, 7, "7");
    expect_format(-100, 2, 45, "-0.55");
    expect_format(-100, 2, 100, "0.00");
    expect_format(-7, 0, 0, "-7");
    expect_format(1, 9, 0, "0.000000001");
    expect_format(-INT64_MAX, 9, 0, "-9223372036.854775807");
    expect_format(INT64_MAX - (((int64_t)1 << 62) - 1), 0, ((uint64_t)1 << 62) - 1,
                  "9223372036854775807");
}

static void test_what_is_formatted_is_parsed(void **state)
{
    (void)state;
    char text[32];
    for (int64_t offset = -9; offset <= 9; offset++) {
        for (unsigned decimals = 0; decimals <= LV_DECIMALS_MAX; decimals++) {
            const lv_fixed_scale scale = {.offset = offset, .decimals = decimals, .bits = 5};
            for (uint64_t value = 0; value < 32; value++) {
                lv_fixed_format(&scale, value, text);
                expect_in(&scale, text, LV_OK, value);
            }
            lv_fixed_format(&scale, 32, text);
            expect_in(&scale, text, LV_E_RANGE, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_moistures),
        cmocka_unit_test(test_rounds_half_to_even),
        cmocka_unit_test(test_a_tie_is_broken_after_the_offset),
        cmocka_unit_test(test_all_small_decimals_agree_with_the_model),
        cmocka_unit_test(test_out_of_range_is_refused_not_clamped),
        cmocka_unit_test(test_widest_scales),
        cmocka_unit_test(test_what_is_no_decimal_is_refused),
        cmocka_unit_test(test_only_len_bytes_are_read),
        cmocka_unit_test(test_formats_back),
        cmocka_unit_test(test_what_is_formatted_is_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
