#include "insight/alarm.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static lv_alarm_change change_of(lv_formula direction, uint64_t scale)
{
    return (lv_alarm_change){
        .direction = direction, .scale = scale, .series = "moisture", .lot = "LOT-03", .time = "3"};
}

static void expect(lv_alarm_rule rule, lv_formula direction, uint64_t scale, bool alarm)
{
    char reason[LV_ALARM_TEXT_MAX] = "stale";
    lv_alarm_change change = change_of(direction, scale);
    assert_int_equal(lv_alarm_raise(&rule, &change, reason), alarm);
    assert_int_equal(reason[0] != '\0', alarm);
}

static void test_the_published_case(void **state)
{
    (void)state;
    const lv_alarm_rule rule = {.question = LV_ASK_INDEX, .worse_rise = true, .alarm_scale = 32};
    char reason[LV_ALARM_TEXT_MAX];
    lv_alarm_change third = change_of(LV_RISE, 64);
    expect(rule, LV_FALL, 4, false);
    assert_true(lv_alarm_raise(&rule, &third, reason));
    assert_string_equal(reason, "moisture rose by a change on the scale of 64 in lot LOT-03 "
                                "(time 3), at or above the alarm scale 32");
    third.direction = LV_FALL;
    const lv_alarm_rule both = {
        .question = LV_ASK_BAND, .worse_rise = true, .worse_fall = true, .alarm_scale = 64};
    assert_true(lv_alarm_raise(&both, &third, reason));
    assert_string_equal(reason, "moisture fell by a change on the scale of 64 in lot LOT-03 "
                                "(time 3), at or above the alarm scale 64");
}

/* Every rule, direction and scale around the threshold, against the rule said in one line. */
static void test_all_small_cases(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        for (uint64_t threshold = 0; threshold <= 4; threshold++) {
            for (uint64_t scale = 0; scale <= 5; scale++) {
                const lv_alarm_rule rule = {.question = scale % 2 == 0 ? LV_ASK_INDEX : LV_ASK_BAND,
                                            .worse_rise = bits & 1U,
                                            .worse_fall = bits & 2U,
                                            .alarm_scale = threshold};
                expect(rule, LV_EQUAL, scale, false);
                expect(rule, LV_RISE, scale, rule.worse_rise && scale >= threshold);
                expect(rule, LV_FALL, scale, rule.worse_fall && scale >= threshold);
            }
        }
    }
    const lv_alarm_rule top = {
        .question = LV_ASK_INDEX, .worse_rise = true, .alarm_scale = UINT64_MAX};
    expect(top, LV_RISE, (uint64_t)1 << 61, false);
    expect(top, LV_RISE, UINT64_MAX, true);
}

/* Which answer to a question without a scale is one, for each rule. */
static void test_questions_without_a_scale(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        lv_alarm_rule rule = {.question = LV_ASK_DIRECTION,
                              .worse_rise = bits & 1U,
                              .worse_fall = bits & 2U,
                              .alarm_scale = 1,
                              .limit = "0.5"};
        expect(rule, LV_RISE, 0, rule.worse_rise);
        expect(rule, LV_FALL, 0, rule.worse_fall);
        expect(rule, LV_EQUAL, 0, false);
        rule.question = LV_ASK_THRESHOLD;
        expect(rule, LV_FALL, 0, rule.worse_rise); /* above the limit */
        expect(rule, LV_RISE, 0, rule.worse_fall); /* below it */
        expect(rule, LV_EQUAL, 0, false);
        rule.question = LV_ASK_EQUALITY;
        expect(rule, LV_DIFFERENT, 0, true);
        expect(rule, LV_EQUAL, 0, false);
    }
}

static void test_sentences_without_a_scale(void **state)
{
    const struct {
        lv_question question;
        lv_formula direction;
        const char *words;
    } cases[] = {
        {LV_ASK_DIRECTION, LV_RISE, "moisture rose in lot LOT-03 (time 3)"},
        {LV_ASK_DIRECTION, LV_FALL, "moisture fell in lot LOT-03 (time 3)"},
        {LV_ASK_THRESHOLD, LV_FALL, "moisture is above the limit 0.5 in lot LOT-03 (time 3)"},
        {LV_ASK_THRESHOLD, LV_RISE, "moisture is below the limit 0.5 in lot LOT-03 (time 3)"},
        {LV_ASK_EQUALITY, LV_DIFFERENT, "moisture is different in lot LOT-03 (time 3)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char reason[LV_ALARM_TEXT_MAX];
        const lv_alarm_rule rule = {
            .question = cases[i].question, .worse_rise = true, .worse_fall = true, .limit = "0.5"};
        const lv_alarm_change change = change_of(cases[i].direction, 0);
        assert_true(lv_alarm_raise(&rule, &change, reason));
        assert_string_equal(reason, cases[i].words);
    }
}

static void test_longest_texts_fit_and_longer_ones_are_cut(void **state)
{
    (void)state;
    const lv_alarm_rule rule = {
        .question = LV_ASK_INDEX, .worse_rise = true, .alarm_scale = UINT64_MAX};
    char series[2 * LV_NAME_MAX];
    char lot[2 * LV_LOT_MAX];
    char reason[LV_ALARM_TEXT_MAX];
    memset(series, 's', sizeof series);
    memset(lot, 'l', sizeof lot);
    series[sizeof series - 1] = '\0';
    lot[sizeof lot - 1] = '\0';
    const lv_alarm_change change = {
        .direction = LV_RISE, .scale = UINT64_MAX, .series = series, .lot = lot, .time = series};
    assert_true(lv_alarm_raise(&rule, &change, reason));
    assert_non_null(strstr(reason, ", at or above the alarm scale 18446744073709551615"));
    assert_int_equal(strspn(reason, "s"), LV_NAME_MAX);
}

static void test_rules_in_words(void **state)
{
    (void)state;
    const struct {
        lv_alarm_rule rule;
        const char *words;
    } cases[] = {
        {{.question = LV_ASK_INDEX, .worse_rise = true, .alarm_scale = 32}, "rise at or above 32"},
        {{.question = LV_ASK_BAND, .worse_fall = true, .alarm_scale = 1}, "fall at or above 1"},
        {{.question = LV_ASK_INDEX, .worse_rise = true, .worse_fall = true},
         "rise or fall at or above 0"},
        {{.question = LV_ASK_INDEX, .alarm_scale = 5}, "never"},
        {{.question = LV_ASK_DIRECTION, .worse_rise = true}, "rise"},
        {{.question = LV_ASK_DIRECTION, .worse_rise = true, .worse_fall = true}, "rise or fall"},
        {{.question = LV_ASK_THRESHOLD, .worse_rise = true, .limit = "12.5"}, "above 12.5"},
        {{.question = LV_ASK_THRESHOLD, .worse_fall = true, .limit = "-1"}, "below -1"},
        {{.question = LV_ASK_EQUALITY, .worse_rise = true, .worse_fall = true}, "different"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[LV_ALARM_TEXT_MAX];
        lv_alarm_rule_text(&cases[i].rule, text);
        assert_string_equal(text, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_case),
        cmocka_unit_test(test_all_small_cases),
        cmocka_unit_test(test_questions_without_a_scale),
        cmocka_unit_test(test_sentences_without_a_scale),
        cmocka_unit_test(test_longest_texts_fit_and_longer_ones_are_cut),
        cmocka_unit_test(test_rules_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
