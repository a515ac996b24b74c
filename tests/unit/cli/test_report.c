#include "cli/report.h"
#include "unit/cli/published_case.h"
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

typedef struct {
    char name[16];
} tag;

/* Reads one tag at `at` ("<...>") and keeps the stack of open ones. */
static const char *read_tag(const char *at, tag *stack, size_t *depth)
{
    static const char *const empty[] = {"!doctype", "meta"};
    const char *end = strchr(at, '>');
    bool closing = at[1] == '/';
    tag this = {0};

    assert_non_null(end);
    for (const char *c = at + 1; c < end; c++) {
        assert_true(*c != '<');
    }
    at += closing ? 2 : 1;
    for (size_t i = 0; i + 1 < sizeof this.name && (isalnum((unsigned char)at[i]) || at[i] == '!');
         i++) {
        this.name[i] = at[i];
    }
    if (closing) {
        assert_true(*depth > 0);
        assert_string_equal(stack[*depth - 1].name, this.name);
        (*depth)--;
        return end + 1;
    }
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        if (strcmp(this.name, empty[i]) == 0) {
            return end + 1;
        }
    }
    if (end[-1] != '/') {
        assert_true(*depth < 32);
        stack[(*depth)++] = this;
    }
    return end + 1;
}

/* Every tag is closed in order, there is no script and nothing is fetched, and no character
 * stands there that is special in HTML but in a tag or a reference. */
static void assert_well_formed(const char *html)
{
    tag stack[32];
    size_t depth = 0;

    for (const char *at = html; *at != '\0';) {
        if (*at == '<') {
            at = read_tag(at, stack, &depth);
            continue;
        }
        if (*at == '&') {
            assert_true(at[1] == '#' && isdigit((unsigned char)at[2]));
            at += 2 + strspn(at + 2, "0123456789");
            assert_true(*at == ';');
        }
        assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f));
        at++;
    }
    assert_int_equal(depth, 0);
    const char *never[] = {"<script", "javascript", "http:", "https:",  "//",  "url(",
                           "@import", "<link",      "<img",  "<iframe", "nan", "inf"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (strstr(html, never[i]) != NULL) {
            fail_msg("there is \"%s\"", never[i]);
        }
    }
}

/* Drawings that are more than a lock. */
static size_t charts_in(const char *html)
{
    return count_of(html, "<svg") - count_of(html, "<svg class=\"glyph\"");
}

static void write_report(const lv_chart *chart, bool with_values, lv_buffer *out)
{
    const lv_report_fact facts[] = {{"suite", "paillier, 6000 bits"}, {"seconds", "42"}};
    const lv_report_options options = {
        .heading = "The dehumidifier", .fact_count = 2, .facts = facts, .with_values = with_values};
    assert_int_equal(lv_report_write(chart, &options, out), LV_OK);
    assert_well_formed(lv_buffer_text(out));
}

static void test_the_upstreams_version_has_no_value(void **state)
{
    (void)state;
    lv_buffer out = {0};
    write_report(&EXAMPLE, false, &out);
    const char *html = lv_buffer_text(&out);
    for (size_t i = 0; i < 4; i++) {
        assert_null(strstr(html, MONTHS[i].value_text));
        assert_int_equal(count_of(html, MONTHS[i].performance_text), 2);
    }
    assert_int_equal(count_of(html, "XXX"), 8);
    assert_int_equal(charts_in(html), 1);
    assert_null(strstr(html, "class=\"bar\""));
    lv_buffer_free(&out);
}

/* Not even a trace of the values: other values give the very same page. */
static void test_the_upstreams_version_does_not_depend_on_values(void **state)
{
    (void)state;
    lv_chart_period others[4];
    lv_chart chart = EXAMPLE;
    lv_buffer out = {0};
    lv_buffer again = {0};
    memcpy(others, MONTHS, sizeof others);
    others[0].value_text = "731.9042";
    others[1].value_text = NULL;
    others[2].value_text = "-5";
    chart.periods = others;
    write_report(&EXAMPLE, false, &out);
    write_report(&chart, false, &again);
    assert_string_equal(lv_buffer_text(&out), lv_buffer_text(&again));
    lv_buffer_wipe(&again);
    write_report(&chart, true, &again);
    assert_string_not_equal(lv_buffer_text(&out), lv_buffer_text(&again));
    lv_buffer_wipe(&out);
    lv_buffer_wipe(&again);
}

static void test_the_version_with_values(void **state)
{
    (void)state;
    lv_buffer out = {0};
    write_report(&EXAMPLE, true, &out);
    const char *html = lv_buffer_text(&out);
    for (size_t i = 0; i < 4; i++) {
        char cell[32];
        snprintf(cell, sizeof cell, "<td>%s</td>", MONTHS[i].value_text);
        assert_int_equal(count_of(html, cell), 1);
    }
    assert_int_equal(count_of(html, "XXX"), 4);
    assert_int_equal(charts_in(html), 2);
    assert_int_equal(count_of(html, "<rect class=\"bar\""), 4);
    lv_buffer_wipe(&out);
}

static void test_what_the_example_shows(void **state)
{
    (void)state;
    const char *shown[] = {
        "<title>The dehumidifier</title>",
        "<h1>The dehumidifier</h1>",
        "<p class=\"banner alarm\">ALARM in month 3, one month before",
        "<h2>What the downstream knows</h2>",
        "<h2>What the upstream sees</h2>",
        "scale 2<sup>2</sup> = 4",
        "<tr class=\"alarm\"><td>3</td><td>LOT-03</td>",
        "<dt>suite</dt><dd>paillier, 6000 bits</dd>",
        ">dehumidifying performance, kg/h</th>",
    };
    lv_buffer out = {0};
    write_report(&EXAMPLE, false, &out);
    const char *html = lv_buffer_text(&out);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strstr(html, shown[i]) == NULL) {
            fail_msg("there is no \"%s\"", shown[i]);
        }
    }
    assert_int_equal(count_of(html, "<circle class=\"dot\""), 4);
    assert_int_equal(count_of(html, "<polyline"), 1);
    assert_int_equal(count_of(html, "<path class=\"rise\""), 2);
    assert_int_equal(count_of(html, "<path class=\"fall\""), 1);
    assert_int_equal(count_of(html, "<rect class=\"band\""), 1);
    assert_int_equal(count_of(html, "<line class=\"complaint\""), 1);
    lv_buffer_free(&out);
}

static void test_every_text_is_escaped(void **state)
{
    (void)state;
    static const char evil[] =
        "</title></style><script>alert(\"1\")</script>&amp;'`=\033\xff\xe2\x80\x8e";
    const lv_chart_period periods[] = {
        {.label = evil,
         .lot = evil,
         .value_text = evil,
         .alarm = true,
         .complaint = true,
         .performance = 1,
         .performance_text = evil},
        {.label = evil, .value_text = "2", .performance = 2, .performance_text = evil}};
    const lv_chart chart = {.title = evil,
                            .unit = evil,
                            .period_name = evil,
                            .performance_title = evil,
                            .performance_unit = evil,
                            .count = 2,
                            .periods = periods};
    const lv_report_fact facts[] = {{evil, evil}};
    const lv_report_options options = {
        .heading = evil, .fact_count = 1, .facts = facts, .with_values = true};
    lv_buffer out = {0};
    assert_int_equal(lv_report_write(&chart, &options, &out), LV_OK);
    assert_well_formed(lv_buffer_text(&out));
    assert_non_null(strstr(lv_buffer_text(&out), "&#60;script&#62;alert(&#34;1&#34;)"));
    assert_non_null(strstr(lv_buffer_text(&out), "&#39;&#96;&#61;&#65533;&#65533;&#65533;"));
    lv_buffer_wipe(&out);
}

static void test_gaps_break_the_line(void **state)
{
    (void)state;
    lv_chart_period periods[7];
    lv_chart chart = EXAMPLE;
    lv_buffer out = {0};
    for (size_t i = 0; i < 7; i++) {
        periods[i] = (lv_chart_period){.label = "x",
                                       .verdict = LV_CHART_EQUAL,
                                       .performance = i == 2 || i == 3 ? NAN : (double)i};
    }
    periods[6].performance = INFINITY;
    chart.periods = periods;
    chart.count = 7;
    write_report(&chart, true, &out);
    assert_int_equal(count_of(lv_buffer_text(&out), "<polyline"), 2);
    assert_int_equal(count_of(lv_buffer_text(&out), "<circle"), 4);
    assert_int_equal(count_of(lv_buffer_text(&out), "<path class=\"equal\""), 7);
    assert_int_equal(charts_in(lv_buffer_text(&out)), 1); /* no value: no chart of them */
    lv_buffer_free(&out);
}

static void test_odd_numbers_of_odd_size(void **state)
{
    (void)state;
    const double numbers[] = {0, -1, 1e-320, -1e308, 1e308, 1e-9, 123456789.5, -0.25};
    const size_t count = sizeof numbers / sizeof numbers[0];
    lv_chart_period periods[2];
    char texts[2][400];
    for (size_t i = 0; i < count * count; i++) {
        for (size_t k = 0; k < 2; k++) {
            double number = numbers[k == 0 ? i / count : i % count];
            snprintf(texts[k], sizeof texts[k], "%.17g", number);
            periods[k] =
                (lv_chart_period){.label = "x", .value_text = texts[k], .performance = number};
        }
        const lv_chart chart = {.count = 2, .periods = periods};
        lv_buffer out = {0};
        write_report(&chart, true, &out);
        assert_null(strstr(lv_buffer_text(&out), ">-0<"));
        assert_null(strstr(lv_buffer_text(&out), ">-0.0<"));
        lv_buffer_wipe(&out);
    }
}

static void test_empty_and_long_charts(void **state)
{
    (void)state;
    static lv_chart_period periods[500];
    const lv_chart none = {0};
    lv_buffer out = {0};
    write_report(&none, true, &out);
    assert_non_null(strstr(lv_buffer_text(&out), ">No alarm.<"));
    lv_buffer_free(&out);
    for (size_t i = 0; i < 500; i++) {
        periods[i] = (lv_chart_period){.label = "x", .value_text = "1", .performance = (double)i};
    }
    const lv_chart longest = {.count = 500, .periods = periods};
    write_report(&longest, true, &out);
    assert_int_equal(count_of(lv_buffer_text(&out), "<circle"), 500);
    lv_buffer_wipe(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_upstreams_version_has_no_value),
        cmocka_unit_test(test_the_upstreams_version_does_not_depend_on_values),
        cmocka_unit_test(test_the_version_with_values),
        cmocka_unit_test(test_what_the_example_shows),
        cmocka_unit_test(test_every_text_is_escaped),
        cmocka_unit_test(test_gaps_break_the_line),
        cmocka_unit_test(test_odd_numbers_of_odd_size),
        cmocka_unit_test(test_empty_and_long_charts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
