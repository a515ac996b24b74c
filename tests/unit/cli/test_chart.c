#include "unit/cli/published_case.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void expect_drawn(const lv_chart *chart, const lv_chart_style *style, const char *wanted)
{
    lv_buffer out = {0};
    assert_int_equal(lv_chart_draw(chart, style, &out), LV_OK);
    assert_string_equal(lv_buffer_text(&out), wanted);
    lv_buffer_wipe(&out);
}

static void test_the_example(void **state)
{
    (void)state;
    const lv_chart chart = EXAMPLE;
    const lv_chart_style style = {.width = 80};
    expect_drawn(
        &chart, &style,
        "┌ What the downstream knows ──────────┐  ┌ What the upstream sees ─────────────┐\n"
        "│ moisture, g/cm2                     │  │ moisture: encrypted                 │\n"
        "│ confidential                        │  │ own dehumidifying performance, kg/h │\n"
        "│ month lot    g/cm2                  │  │ month value  change     kg/h        │\n"
        "│ 1     LOT-01  0.45 █████▌           │  │ 1     🔒 XXX –          1.38 ·····● │\n"
        "│ 2     LOT-02  0.41 █████            │  │ 2     🔒 XXX ↓ fall 2^2 1.39 ·····● │\n"
        "│ 3     LOT-03  0.76 █████████▎       │  │ 3     🔒 XXX ↑ rise 2^6 1.29 ···●·· │\n"
        "│                                     │  │       └ ALARM in lot LOT-03         │\n"
        "│ 4     LOT-04  1.32 ████████████████ │  │ 4     🔒 XXX ↑ rise 2^7 1.15 ●····· │\n"
        "│       └ complaint                   │  │       └ ALARM in lot LOT-04         │\n"
        "└─────────────────────────────────────┘  └─────────────────────────────────────┘\n"
        "ALARM in month 3, one month before the complaint in month 4.\n");
}

static void test_the_example_in_ascii(void **state)
{
    (void)state;
    const lv_chart chart = EXAMPLE;
    const lv_chart_style style = {.width = 80, .ascii = true};
    expect_drawn(
        &chart, &style,
        "+ What the downstream knows ----------+  + What the upstream sees -------------+\n"
        "| moisture, g/cm2                     |  | moisture: encrypted                 |\n"
        "| confidential                        |  | own dehumidifying performance, kg/h |\n"
        "| month lot    g/cm2                  |  | month value   change     kg/h       |\n"
        "| 1     LOT-01  0.45 ######           |  | 1     [#] XXX -          1.38 ....o |\n"
        "| 2     LOT-02  0.41 #####            |  | 2     [#] XXX v fall 2^2 1.39 ....o |\n"
        "| 3     LOT-03  0.76 #########        |  | 3     [#] XXX ^ rise 2^6 1.29 ..o.. |\n"
        "|                                     |  |       ` ALARM in lot LOT-03         |\n"
        "| 4     LOT-04  1.32 ################ |  | 4     [#] XXX ^ rise 2^7 1.15 o.... |\n"
        "|       ` complaint                   |  |       ` ALARM in lot LOT-04         |\n"
        "+-------------------------------------+  +-------------------------------------+\n"
        "ALARM in month 3, one month before the complaint in month 4.\n");
}

static void test_pieces_make_the_whole(void **state)
{
    (void)state;
    const lv_chart chart = EXAMPLE;
    const lv_chart_style style = {.width = 97, .colour = true};
    lv_buffer whole = {0};
    lv_buffer pieces = {0};
    assert_int_equal(lv_chart_draw(&chart, &style, &whole), LV_OK);
    assert_int_equal(lv_chart_draw_head(&chart, &style, &pieces), LV_OK);
    for (size_t i = 0; i < chart.count; i++) {
        assert_int_equal(lv_chart_draw_period(&chart, &style, i, &pieces), LV_OK);
    }
    assert_int_equal(lv_chart_draw_period(&chart, &style, chart.count, &pieces), LV_E_ARGUMENT);
    assert_int_equal(lv_chart_draw_foot(&chart, &style, &pieces), LV_OK);
    assert_string_equal(lv_buffer_text(&whole), lv_buffer_text(&pieces));
    lv_buffer_wipe(&whole);
    lv_buffer_wipe(&pieces);
}

/* Takes "ESC [ ... m" out of a text. */
static void strip_colours(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        if (*at == '\033') {
            assert_true(at[1] == '[');
            at += 2 + strspn(at + 2, "0123456789;");
            assert_true(*at == 'm');
            at++;
            continue;
        }
        *to++ = *at++;
    }
    *to = '\0';
}

static void test_colour_only_when_asked(void **state)
{
    (void)state;
    const lv_chart chart = EXAMPLE;
    for (int ascii = 0; ascii < 2; ascii++) {
        lv_chart_style style = {.width = 90, .ascii = ascii};
        lv_buffer plain = {0};
        lv_buffer coloured = {0};
        assert_int_equal(lv_chart_draw(&chart, &style, &plain), LV_OK);
        style.colour = true;
        assert_int_equal(lv_chart_draw(&chart, &style, &coloured), LV_OK);
        assert_null(strchr(lv_buffer_text(&plain), '\033'));
        assert_non_null(strstr(lv_buffer_text(&coloured), "\033[1;31m"));
        strip_colours((char *)coloured.data);
        assert_string_equal(lv_buffer_text(&coloured), lv_buffer_text(&plain));
        lv_buffer_wipe(&plain);
        lv_buffer_wipe(&coloured);
    }
}

/* Columns of one line; of the characters these tests draw, the lock, the ideographs and the
 * full-width letters take two and the accent takes none. */
static unsigned columns_of(const char *line, const char *end)
{
    unsigned columns = 0;
    while (line < end) {
        uint32_t c = lv_chart_next_character(&line);
        bool wide = c == 0x1f512 || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xff01 && c <= 0xff5e);
        if (c != 0x0301) {
            columns += wide ? 2 : 1;
        }
    }
    return columns;
}

/* Every line but the last is exactly as wide as told, the last no wider. */
static void expect_width(const lv_chart *chart, unsigned width, bool ascii, unsigned wanted)
{
    const lv_chart_style style = {.width = width, .ascii = ascii};
    lv_buffer out = {0};
    assert_int_equal(lv_chart_draw(chart, &style, &out), LV_OK);
    const char *line = lv_buffer_text(&out);
    for (const char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        unsigned columns = columns_of(line, end);
        bool last = end[1] == '\0';
        if (last ? columns > wanted : columns != wanted) {
            fail_msg("%u columns instead of %u: %.*s", columns, wanted, (int)(end - line), line);
        }
        line = end + 1;
    }
    assert_true(*line == '\0');
    for (size_t i = 0; ascii && i < out.len; i++) {
        assert_true(out.data[i] == '\n' || (out.data[i] >= 0x20 && out.data[i] < 0x7f));
    }
    lv_buffer_wipe(&out);
}

static const lv_chart_period AWKWARD[] = {
    {.label = "2026-03-31T08:15:00+09:00", .performance = NAN},
    {.label = "",
     .lot = "a lot with a name that is far too long for its column",
     .value_text = "-12345678901234567890.123456789",
     .verdict = LV_CHART_RISE,
     .scale = (uint64_t)1 << 61,
     .alarm = true,
     .complaint = true,
     .performance = 1e308,
     .performance_text = "1234567890.12345"},
    {.label = "\xe6\xb0\xb4\xe5\x88\x86\xe6\xb0\xb4\xe5\x88\x86\xe6\xb0\xb4\xe5\x88\x86",
     .lot = "e\xcc\x81\xef\xbc\xa1\xef\xbc\xa2",
     .value_text = "7",
     .verdict = LV_CHART_EQUAL,
     .alarm = true,
     .performance = -1e308,
     .performance_text = ""},
    {.label = "4", .value_text = "no number", .verdict = LV_CHART_FALL, .performance = INFINITY},
    {.label = "5",
     .lot = "L",
     .value_text = "1e308",
     .verdict = LV_CHART_FALL,
     .scale = UINT64_MAX,
     .performance = 0},
};

static void test_no_line_is_ever_wider_than_told(void **state)
{
    (void)state;
    const lv_chart charts[] = {
        EXAMPLE,
        {.title = "\xe6\xb0\xb4\xe5\x88\x86 of a product with a name that goes on for ever",
         .unit = "grams per square centimetre",
         .period_name = "fortnight-and-a-half",
         .performance_title = "performance with a very long name indeed",
         .performance_unit = "kilograms per hour",
         .count = sizeof AWKWARD / sizeof AWKWARD[0],
         .periods = AWKWARD},
        {.count = sizeof AWKWARD / sizeof AWKWARD[0], .periods = AWKWARD},
        {0},
    };
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
        for (int ascii = 0; ascii < 2; ascii++) {
            for (unsigned width = 80; width <= 120; width++) {
                expect_width(&charts[i], width, ascii, width);
            }
            expect_width(&charts[i], 0, ascii, 80);
            expect_width(&charts[i], 79, ascii, 80);
            expect_width(&charts[i], 121, ascii, 120);
            expect_width(&charts[i], UINT32_MAX, ascii, 120);
        }
    }
}

static void test_what_the_downstream_does_not_tell_is_not_drawn(void **state)
{
    (void)state;
    lv_chart_period months[4];
    lv_chart chart = EXAMPLE;
    const lv_chart_style style = {.width = 80};
    lv_buffer out = {0};
    memcpy(months, MONTHS, sizeof months);
    for (size_t i = 0; i < 4; i++) {
        months[i].value_text = NULL;
    }
    chart.periods = months;
    assert_int_equal(lv_chart_draw(&chart, &style, &out), LV_OK);
    assert_null(strstr(lv_buffer_text(&out), "0.45"));
    assert_null(strstr(lv_buffer_text(&out), "█"));
    assert_non_null(strstr(lv_buffer_text(&out), "│ 1     LOT-01   XXX  "));
    lv_buffer_free(&out);
}

static void test_hostile_texts_cannot_drive_the_terminal(void **state)
{
    (void)state;
    const lv_chart_period periods[] = {{.label = "\033[2J\r\n\x9b\x07",
                                        .lot = "\xc2\x9b"
                                               "31m\xe2\x80\x8e\x7f",
                                        .value_text = "1\n2",
                                        .alarm = true,
                                        .complaint = true,
                                        .performance = NAN,
                                        .performance_text = "\b\b"}};
    const lv_chart chart = {
        .title = "\033]0;x\a", .unit = "\t", .period_name = "\n", .count = 1, .periods = periods};
    for (int ascii = 0; ascii < 2; ascii++) {
        const lv_chart_style style = {.width = 80, .ascii = ascii};
        lv_buffer out = {0};
        size_t lines = 0;
        assert_int_equal(lv_chart_draw(&chart, &style, &out), LV_OK);
        for (size_t i = 0; i < out.len; i++) {
            lines += out.data[i] == '\n' ? 1 : 0;
            assert_true(out.data[i] == '\n' || (out.data[i] >= 0x20 && out.data[i] != 0x7f));
        }
        assert_int_equal(lines, 8);
        assert_null(strstr(lv_buffer_text(&out), "\xc2\x9b"));
        assert_null(strstr(lv_buffer_text(&out), "\xe2\x80\x8e"));
        lv_buffer_free(&out);
    }
}

/* U+202E turns the direction of what follows. */
static const char OVERRIDE[] = {'\xe2', '\x80', '\xae', '\0'};

static void test_characters(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t first;
        size_t len;
    } cases[] = {
        {"a", 'a', 1},
        {"\xc3\xa4", 0xe4, 2},
        {"\xe6\xb0\xb4", 0x6c34, 3},
        {"\xf0\x9f\x94\x92", 0x1f512, 4},
        {"\xc0\x80", 0xfffd, 1},
        {"\xe0\x80\x80", 0xfffd, 1},
        {"\xed\xa0\x80", 0xfffd, 1},
        {"\xf4\x90\x80\x80", 0xfffd, 1},
        {"\xe6\xb0", 0xfffd, 1},
        {"\xff", 0xfffd, 1},
        {"\n", 0xfffd, 1},
        {OVERRIDE, 0xfffd, 3},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = cases[i].text;
        assert_int_equal(lv_chart_next_character(&at), cases[i].first);
        assert_int_equal(at - cases[i].text, cases[i].len);
    }
}

static void expect_summary(size_t alarm, size_t complaint, const char *wanted)
{
    lv_chart_period periods[12] = {{0}};
    char labels[12][4];
    lv_buffer out = {0};
    for (size_t i = 0; i < 12; i++) {
        snprintf(labels[i], sizeof labels[i], "%zu", i + 1);
        periods[i].label = labels[i];
        periods[i].alarm = i + 1 == alarm || (alarm > 0 && i == 11);
        periods[i].complaint = i + 1 == complaint;
    }
    const lv_chart chart = {.period_name = "month", .count = 12, .periods = periods};
    assert_int_equal(lv_chart_summary(&chart, &out), LV_OK);
    assert_string_equal(lv_buffer_text(&out), wanted);
    lv_buffer_free(&out);
}

static void test_summaries(void **state)
{
    (void)state;
    expect_summary(3, 4, "ALARM in month 3, one month before the complaint in month 4.");
    expect_summary(3, 5, "ALARM in month 3, two months before the complaint in month 5.");
    expect_summary(2, 12, "ALARM in month 2, 10 months before the complaint in month 12.");
    expect_summary(4, 4, "ALARM in month 4, in the month of the complaint.");
    expect_summary(6, 4, "ALARM in month 6, two months after the complaint in month 4.");
    expect_summary(3, 0, "ALARM in month 3.");
    expect_summary(0, 4, "No alarm, but a complaint in month 4.");
    expect_summary(0, 0, "No alarm.");
}

static void test_exponents(void **state)
{
    (void)state;
    unsigned exponent = 99;
    for (unsigned i = 0; i < 64; i++) {
        assert_true(lv_chart_exponent((uint64_t)1 << i, &exponent));
        assert_int_equal(exponent, i);
    }
    assert_false(lv_chart_exponent(0, &exponent));
    assert_false(lv_chart_exponent(3, &exponent));
    assert_false(lv_chart_exponent(UINT64_MAX, &exponent));
    assert_int_equal(exponent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example),
        cmocka_unit_test(test_the_example_in_ascii),
        cmocka_unit_test(test_pieces_make_the_whole),
        cmocka_unit_test(test_colour_only_when_asked),
        cmocka_unit_test(test_no_line_is_ever_wider_than_told),
        cmocka_unit_test(test_what_the_downstream_does_not_tell_is_not_drawn),
        cmocka_unit_test(test_hostile_texts_cannot_drive_the_terminal),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_exponents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
