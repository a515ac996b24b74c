#include "quality/instant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void expect(const char *text, lv_instant_kind kind, int64_t order)
{
    lv_instant_kind got_kind = LV_INSTANT_INTEGER;
    int64_t got = 99;
    assert_int_equal(lv_instant_parse(text, &got_kind, &got), LV_OK);
    assert_int_equal(got_kind, kind);
    assert_true(got == order);
}

static void expect_bad(const char *text, lv_status status)
{
    lv_instant_kind kind = LV_INSTANT_INTEGER;
    int64_t got = 99;
    if (lv_instant_parse(text, &kind, &got) != status) {
        fail_msg("\"%s\" is not %s", text, lv_status_name(status));
    }
    assert_true(got == 0);
}

static void test_integers(void **state)
{
    (void)state;
    expect("3", LV_INSTANT_INTEGER, 3);
    expect("007", LV_INSTANT_INTEGER, 7);
    expect("-12", LV_INSTANT_INTEGER, -12);
    expect("9223372036854775807", LV_INSTANT_INTEGER, INT64_MAX);
    expect("-9223372036854775808", LV_INSTANT_INTEGER, INT64_MIN);
    expect_bad("9223372036854775808", LV_E_RANGE);
    expect_bad("-9223372036854775809", LV_E_RANGE);
    expect_bad("99999999999999999999999", LV_E_RANGE);
}

static void test_dates_and_times(void **state)
{
    (void)state;
    expect("1970-01-01", LV_INSTANT_DATE, 0);
    expect("2000-02-29", LV_INSTANT_DATE, 951782400);
    expect("1969-12-31", LV_INSTANT_DATE, -86400);
    expect("0001-01-01", LV_INSTANT_DATE, -62135596800);
    expect("9999-12-31", LV_INSTANT_DATE, 253402214400);
    expect("2026-03-31T08:15Z", LV_INSTANT_DATE_TIME, 1774944900);
    expect("2026-03-31T08:15:00Z", LV_INSTANT_DATE_TIME, 1774944900);
    expect("2026-03-31T17:15:00+09:00", LV_INSTANT_DATE_TIME, 1774944900);
    expect("2026-03-31T02:45:00.999-05:30", LV_INSTANT_DATE_TIME, 1774944900);
}

static void test_every_day_agrees_with_the_library(void **state)
{
    (void)state;
    char text[16];
    for (int64_t day = -40000; day < 120000; day += 1) {
        time_t seconds = (time_t)(day * 86400);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        assert_true(strftime(text, sizeof text, "%Y-%m-%d", &parts) == 10);
        expect(text, LV_INSTANT_DATE, day * 86400);
    }
}

static void test_what_is_no_time_is_refused(void **state)
{
    (void)state;
    const char *syntax[] = {"",
                            "-",
                            "x",
                            "1.5",
                            " 1",
                            "1 ",
                            "2026-3-31",
                            "2026-03",
                            "2026-03-31 ",
                            "2026-03-31T",
                            "2026-03-31T08",
                            "2026-03-31T08:15",
                            "2026-03-31T08:15:00",
                            "2026-03-31 08:15:00Z",
                            "2026-03-31T08:15:00.Z",
                            "2026-03-31T08:15:00z",
                            "2026-03-31T08:15:00ZZ",
                            "2026-03-31T08:15:00+0900",
                            "2026-03-31T08:15:00+09",
                            "31.03.2026",
                            "2026/03/31"};
    for (size_t i = 0; i < sizeof syntax / sizeof syntax[0]; i++) {
        expect_bad(syntax[i], LV_E_SYNTAX);
    }
    const char *range[] = {"2026-00-01",
                           "2026-13-01",
                           "2026-01-00",
                           "2026-02-29",
                           "1900-02-29",
                           "2026-04-31",
                           "0000-01-01",
                           "2026-03-31T24:00Z",
                           "2026-03-31T08:60Z",
                           "2026-03-31T08:15:60Z",
                           "2026-03-31T08:15:00+24:00",
                           "2026-03-31T08:15:00+09:60"};
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        expect_bad(range[i], LV_E_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_dates_and_times),
        cmocka_unit_test(test_every_day_agrees_with_the_library),
        cmocka_unit_test(test_what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
