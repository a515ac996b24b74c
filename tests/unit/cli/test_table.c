#include "cli/table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const lv_column columns[] = {{"LOT", "lot", LV_CELL_TEXT},
                                    {"SCALE", "scale", LV_CELL_NUMBER},
                                    {"SET", "set_id", LV_CELL_ID},
                                    {"", "alarm", LV_CELL_MARK},
                                    {0}};

/* Prints rows given as JSON text, once for each, and gives all that came out. */
static char *printed(const lv_column *which, const char *const *rows, size_t count)
{
    lv_table table = {.columns = which};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (size_t i = 0; i < count; i++) {
        json_t *json = json_loads(rows[i], 0, NULL);
        assert_non_null(json);
        assert_int_equal(lv_table_print(&table, json, out), LV_OK);
        json_decref(json);
    }
    fclose(out);
    return text;
}

static void expect(const char *rows, const char *wanted)
{
    char *text = printed(columns, &rows, 1);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_columns_are_aligned(void **state)
{
    (void)state;
    expect("[{\"lot\": \"LOT-1\", \"scale\": 4, \"set_id\": \"00112233445566778899\", \"alarm\": "
           "false}, {\"lot\": \"L\", \"scale\": 1024, \"set_id\": \"ab\", \"alarm\": true}]",
           "LOT    SCALE  SET               \n"
           "LOT-1      4  0011223344556677  \n"
           "L       1024  ab                ALARM\n");
}

static void test_width_counts_characters_not_bytes(void **state)
{
    (void)state;
    expect("[{\"lot\": \"\\u00fc\", \"scale\": 1, \"set_id\": \"a\"}, {\"lot\": \"ab\"}]",
           "LOT  SCALE  SET  \n"
           "\xc3\xbc        1  a    -\n"
           "ab       -  -    -\n");
    assert_int_equal(lv_table_width("\xe2\x82\xac\xc3\xbcz"), 3);
}

static void test_control_characters_reach_no_terminal(void **state)
{
    (void)state;
    lv_buffer out = {0};
    assert_int_equal(lv_table_clean("a\033[2Jb\r\n\tc\x7f\xc2\x9b"
                                    "d\xc3\xbc",
                                    &out),
                     LV_OK);
    assert_string_equal(lv_buffer_text(&out), "a?[2Jb???c??d\xc3\xbc");
    lv_buffer_free(&out);

    const char *rows = "[{\"lot\": \"\\u001b]0;x\\u0007\"}]";
    char *text = printed(columns, &rows, 1);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\a'));
    free(text);
}

static void test_headings_stand_once(void **state)
{
    (void)state;
    const char *rows[] = {"[]", "[{\"lot\": \"a\"}]", "[]", "[{\"lot\": \"b\"}]"};
    char *text = printed(columns, rows, 4);
    const char *first = strstr(text, "LOT");
    assert_non_null(first);
    assert_null(strstr(first + 1, "LOT"));
    assert_non_null(strstr(text, "\nb "));
    free(text);

    text = printed(columns, rows, 1);
    assert_string_equal(text, "");
    free(text);
}

static void test_times_and_pairs(void **state)
{
    (void)state;
    static const lv_column which[] = {
        {"TIME", "time", LV_CELL_TIME}, {"PAIRS", "pairs", LV_CELL_PAIRS}, {0}};
    const char *rows =
        "[{\"time\": 0, \"pairs\": [{\"earlier_lot\": \"A\", \"later_lot\": \"B\"}]},"
        "{\"time\": \"noon\", \"pairs\": [{}, {}]}, {\"time\": null, \"pairs\": 3}]";
    char *text = printed(which, &rows, 1);
    assert_string_equal(text, "TIME                  PAIRS\n"
                              "1970-01-01 00:00:00Z  A > B\n"
                              "noon                  2 pairs\n"
                              "-                     3\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_aligned),
        cmocka_unit_test(test_width_counts_characters_not_bytes),
        cmocka_unit_test(test_control_characters_reach_no_terminal),
        cmocka_unit_test(test_headings_stand_once),
        cmocka_unit_test(test_times_and_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
