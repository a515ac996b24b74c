/* Questions as people write them. */
#include "node/ask.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const lv_fixed_scale TENTHS = {.offset = -50, .decimals = 1, .bits = 8}; /* -5.0 .. 20.5 */

static void expect_read(const char *word, const char *limit, lv_question question)
{
    lv_ask_text text;
    lv_error err = {0};
    assert_int_equal(lv_ask_read(word, limit, &text, &err), LV_OK);
    assert_int_equal(text.question, question);
    assert_string_equal(text.limit, limit);
}

static void expect_unread(const char *word, const char *limit, const char *words)
{
    lv_ask_text text;
    lv_error err = {0};
    assert_int_equal(lv_ask_read(word, limit, &text, &err), LV_E_SYNTAX);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", err.text, words);
    }
}

static void test_words(void **state)
{
    (void)state;
    expect_read("direction", "", LV_ASK_DIRECTION);
    expect_read("index", "", LV_ASK_INDEX);
    expect_read("band", "", LV_ASK_BAND);
    expect_read("threshold", "12.5", LV_ASK_THRESHOLD);
    expect_read("threshold", "-.5", LV_ASK_THRESHOLD);
    expect_read("threshold", "7.", LV_ASK_THRESHOLD);
    expect_read("equality", "", LV_ASK_EQUALITY);
    expect_unread("", "", "direction, index, band, threshold, equality");
    expect_unread("Index", "", "'Index'");
    expect_unread("threshold", "", "needs one");
    expect_unread("band", "1", "only a threshold");
    static const char *const bad[] = {
        "-",   ".",  "-.", "+1",    "1e3", "0x1",
        "1,5", " 1", "1 ", "1.2.3", "nan", "12345678901234567890123456789012345678901"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_unread("threshold", bad[i], "plain decimal");
    }
}

static void expect_limit(const char *limit, uint64_t steps)
{
    lv_ask_text text;
    lv_ask ask;
    lv_error err = {0};
    assert_int_equal(lv_ask_read("threshold", limit, &text, &err), LV_OK);
    assert_int_equal(lv_ask_resolve(&text, &TENTHS, &ask, &err), LV_OK);
    assert_int_equal(ask.question, LV_ASK_THRESHOLD);
    assert_int_equal(ask.limit, steps);
}

static void expect_no_limit(const char *limit, const lv_fixed_scale *scale, const char *words)
{
    lv_ask_text text;
    lv_ask ask;
    lv_error err = {0};
    assert_int_equal(lv_ask_read("threshold", limit, &text, &err), LV_OK);
    assert_int_equal(lv_ask_resolve(&text, scale, &ask, &err), LV_REFUSED);
    assert_int_equal(ask.limit, 0);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", err.text, words);
    }
}

static void test_limits_are_exact(void **state)
{
    (void)state;
    expect_limit("-5", 0);
    expect_limit("0", 50);
    expect_limit("12.5", 175);
    expect_limit("12.500", 175);
    expect_limit("20.5", 255);
    expect_no_limit("12.55", &TENTHS, "1 digits after the point"); /* never rounded */
    expect_no_limit("12.501", &TENTHS, "1 digits after the point");
    expect_no_limit("20.6", &TENTHS, "from -5.0 to 20.5");
    expect_no_limit("-5.1", &TENTHS, "from -5.0 to 20.5");
    expect_no_limit("99999999999999999999999", &TENTHS, "from -5.0 to 20.5");
    expect_no_limit("1", NULL, "does not tell its scale");
}

static void test_other_questions_need_no_scale(void **state)
{
    lv_ask_text text;
    lv_ask ask;
    lv_error err = {0};
    (void)state;
    assert_int_equal(lv_ask_read("band", "", &text, &err), LV_OK);
    assert_int_equal(lv_ask_resolve(&text, NULL, &ask, &err), LV_OK);
    assert_int_equal(ask.question, LV_ASK_BAND);
    assert_int_equal(ask.limit, 0);
    for (unsigned i = LV_ASK_DIRECTION; i <= LV_ASK_EQUALITY; i++) {
        assert_int_equal(lv_ask_tells_scale((lv_question)i), i == LV_ASK_INDEX || i == LV_ASK_BAND);
        assert_int_equal(lv_ask_needs_xor((lv_question)i), i != LV_ASK_THRESHOLD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_limits_are_exact),
        cmocka_unit_test(test_other_questions_need_no_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
