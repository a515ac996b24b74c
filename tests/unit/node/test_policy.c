/* What may be asked, what it costs and what remains. */
#include "node/policy.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* Numbers that are no question, the last ones as questions modulo 32. */
static const unsigned NONE[] = {0, 6, 33, 37};

static lv_question none(size_t i)
{
    lv_question question = LV_ASK_INDEX;
    memcpy(&question, &NONE[i], sizeof question);
    return question;
}

/* The least number of thousandths that hold log2 of the number of answers. */
static void expect_price(lv_question question, unsigned width, unsigned answers)
{
    uint64_t price = lv_policy_price(question, width);
    assert_true(powl(2, (long double)price / LV_BIT) >= answers);
    assert_true(powl(2, (long double)(price - 1) / LV_BIT) < answers);
}

static void test_prices(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= LV_WIDTH_MAX; width++) {
        expect_price(LV_ASK_INDEX, width, 2 * width + 1);
        expect_price(LV_ASK_BAND, width, 2 * width + 1);
        assert_int_equal(lv_policy_price(LV_ASK_DIRECTION, width), 1585);
        assert_int_equal(lv_policy_price(LV_ASK_THRESHOLD, width), 1585);
        assert_int_equal(lv_policy_price(LV_ASK_EQUALITY, width), 1000);
    }
    assert_int_equal(lv_policy_price(LV_ASK_INDEX, 32), 6023);
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        assert_int_equal(lv_policy_price(none(i), 32), 0);
    }
}

static void test_what_may_be_asked(void **state)
{
    lv_policy policy = {0};
    (void)state;
    for (unsigned i = LV_ASK_DIRECTION; i <= LV_ASK_EQUALITY; i++) {
        assert_false(lv_policy_allows(&policy, (lv_question)i));
    }
    lv_policy_allow(&policy, LV_ASK_BAND);
    assert_true(lv_policy_allows(&policy, LV_ASK_BAND));
    assert_false(lv_policy_allows(&policy, LV_ASK_DIRECTION));
    lv_policy_allow(&policy, LV_ASK_INDEX);
    assert_true(lv_policy_allows(&policy, LV_ASK_INDEX));
    assert_true(lv_policy_allows(&policy, LV_ASK_DIRECTION)); /* the index tells it anyway */
    assert_false(lv_policy_allows(&policy, LV_ASK_THRESHOLD));
    policy.allow = UINT32_MAX;
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        assert_false(lv_policy_allows(&policy, none(i)));
    }
}

static void test_whose_policy(void **state)
{
    lv_policy policies[2] = {{.to = "AMSP", .period_days = 7}, {.to = "CMSP"}};
    (void)state;
    lv_policy_allow(&policies[0], LV_ASK_BAND);
    lv_policy_allow(&policies[1], LV_ASK_THRESHOLD);
    assert_ptr_equal(lv_policy_find(policies, 2, "CMSP"), &policies[1]);
    const lv_policy *other = lv_policy_find(policies, 2, "AMS");
    const lv_policy *without = lv_policy_find(NULL, 0, "AMSP");
    for (unsigned i = LV_ASK_DIRECTION; i <= LV_ASK_EQUALITY; i++) {
        assert_false(lv_policy_allows(other, (lv_question)i));
        assert_int_equal(lv_policy_allows(without, (lv_question)i), i <= LV_ASK_INDEX);
        assert_int_equal(lv_policy_any(NULL, 0, (lv_question)i), i <= LV_ASK_INDEX);
        assert_int_equal(lv_policy_any(policies, 2, (lv_question)i),
                         i == LV_ASK_BAND || i == LV_ASK_THRESHOLD);
    }
    assert_false(without->limited);
    assert_false(lv_policy_any(policies, 1, LV_ASK_THRESHOLD));
}

static void test_what_remains(void **state)
{
    const lv_policy policy = {.limited = true, .budget = 10000, .period_days = 30};
    const lv_policy endless = {.period_days = 1};
    const lv_policy shut = {.limited = true};
    (void)state;
    assert_true(lv_policy_left(&policy, 0) == 10000);
    assert_true(lv_policy_left(&policy, 9999) == 1);
    assert_true(lv_policy_left(&policy, 10000) == 0);
    assert_true(lv_policy_left(&policy, 10001) == 0); /* the budget was made smaller */
    assert_true(lv_policy_short(&policy, 0, 10000) == 0);
    assert_true(lv_policy_short(&policy, 8415, 1585) == 0);
    assert_true(lv_policy_short(&policy, 8416, 1585) == 1);
    assert_true(lv_policy_short(&policy, 12000, 1585) == 3585);
    assert_true(lv_policy_short(&policy, 0, 10001) == UINT64_MAX);
    assert_true(lv_policy_short(&shut, 0, 1) == UINT64_MAX);
    assert_true(lv_policy_left(&endless, UINT64_MAX) == UINT64_MAX);
    assert_true(lv_policy_short(&endless, UINT64_MAX, UINT64_MAX) == 0);
    assert_int_equal(lv_policy_period(&policy), 2592000);
}

static void expect_text(unsigned allow, const char *expected)
{
    char text[LV_POLICY_TEXT_MAX];
    const lv_policy policy = {.allow = allow};
    lv_policy_text(&policy, text);
    assert_string_equal(text, expected);
}

static void expect_bits(uint64_t thousandths, const char *expected)
{
    char text[LV_BITS_TEXT_MAX];
    lv_bits_text(thousandths, text);
    assert_string_equal(text, expected);
}

static void test_words(void **state)
{
    (void)state;
    expect_text(0, "nothing");
    expect_text(1U << LV_ASK_EQUALITY, "equality");
    expect_text(UINT32_MAX, "direction, index, band, threshold, equality");
    expect_bits(0, "0");
    expect_bits(1, "0.001");
    expect_bits(1000, "1");
    expect_bits(1585, "1.585");
    expect_bits(200000, "200");
    expect_bits(6020, "6.02");
    expect_bits(UINT64_MAX, "18446744073709551.615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices),       cmocka_unit_test(test_what_may_be_asked),
        cmocka_unit_test(test_whose_policy), cmocka_unit_test(test_what_remains),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
