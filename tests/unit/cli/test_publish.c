#include "cli/publish.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* What lv_publish_show writes about a batch after `earlier`, which may be NULL. */
static void show(const char *earlier, const char *batch, bool terminal, char text[512])
{
    FILE *file = tmpfile();
    lv_progress progress;
    const char *const told[] = {earlier, batch};
    assert_non_null(file);
    lv_progress_begin(&progress, file);
    progress.terminal = terminal;
    for (size_t i = 0; i < 2; i++) {
        json_t *answer = told[i] != NULL ? json_loads(told[i], 0, NULL) : NULL;
        if (answer != NULL) {
            lv_publish_show(&progress, "LOT-02", answer);
        }
        json_decref(answer);
    }
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    text[fread(text, 1, 511, file)] = '\0';
    fclose(file);
}

static void expect(const char *batch, const char *on_terminal, const char *elsewhere)
{
    char text[512];
    show(NULL, batch, true, text);
    assert_string_equal(text, on_terminal);
    show(NULL, batch, false, text);
    assert_string_equal(text, elsewhere);
}

#define ONE "{\"sets\": 1, \"done\": 0, \"failed\": 0, \"error\": null, \"progress\": "

static void test_a_phase_is_named_and_counted(void **state)
{
    (void)state;
    expect(ONE "{\"set\": 1, \"phase\": \"key\", \"done\": 1, \"total\": 2}}",
           "\r\033[KLOT-02: key 1/2 [##########..........]  0 s", "LOT-02: key 1/2  0 s\n");
    expect(ONE "{\"set\": 1, \"phase\": \"key proof\", \"done\": 80, \"total\": 80}}",
           "\r\033[KLOT-02: key proof 80/80 [####################]  0 s",
           "LOT-02: key proof 80/80  0 s\n");
    expect(ONE "{\"set\": 1, \"phase\": \"encrypt\", \"done\": 48, \"total\": 96}}",
           "\r\033[KLOT-02: encrypting 48/96 [##########..........]  0 s",
           "LOT-02: encrypting 48/96  0 s\n");
}

static void test_what_is_not_counted_shows_the_seconds_alone(void **state)
{
    (void)state;
    expect(ONE "{\"set\": 1, \"phase\": \"key\", \"done\": 0, \"total\": 0}}",
           "\r\033[KLOT-02: key  0 s", "LOT-02: key  0 s\n");
    expect(ONE "{\"set\": 1, \"phase\": \"publish\", \"done\": 0, \"total\": 0}}",
           "\r\033[KLOT-02: publishing  0 s", "LOT-02: publishing  0 s\n");
}

static void test_several_sets_are_counted_too(void **state)
{
    (void)state;
    expect("{\"sets\": 12, \"done\": 2, \"failed\": 0, \"error\": null, \"progress\":"
           " {\"set\": 7, \"phase\": \"key\", \"done\": 1, \"total\": 2}}",
           "\r\033[KLOT-02, set 3 of 12: key 1/2 [##########..........]  0 s",
           "LOT-02, set 3 of 12: key 1/2  0 s\n");
}

static void test_many_pairs_are_counted_instead(void **state)
{
    (void)state;
    expect("{\"sets\": 20, \"pairs\": 9999, \"pairs_done\": 1024, \"done\": 2, \"failed\": 0,"
           " \"error\": null, \"progress\": null}",
           "\r\033[KLOT-02: pairs 1024/9999 [##..................]  0 s",
           "LOT-02: pairs 1024/9999  0 s\n");
}

static void test_nothing_made_is_waiting(void **state)
{
    (void)state;
    expect(ONE "null}", "\r\033[KLOT-02: waiting  0 s", "");
    expect(
        "{\"sets\": 1, \"done\": 0, \"failed\": 0, \"error\": \"no ledger\", \"progress\": null}",
        "\r\033[KLOT-02: waiting  0 s", "LOT-02: waiting  0 s\n");
    /* a node that says nothing of it */
    expect("{\"sets\": 1, \"done\": 0, \"failed\": 0}", "\r\033[KLOT-02: waiting  0 s", "");
}

static void test_elsewhere_a_phase_has_one_line(void **state)
{
    (void)state;
    static const char earlier[] =
        ONE "{\"set\": 1, \"phase\": \"encrypt\", \"done\": 1, \"total\": 96}}";
    char text[512];
    show(earlier, ONE "{\"set\": 1, \"phase\": \"encrypt\", \"done\": 90, \"total\": 96}}", false,
         text);
    assert_string_equal(text, "LOT-02: encrypting 1/96  0 s\n");
    show(earlier, ONE "{\"set\": 1, \"phase\": \"publish\", \"done\": 0, \"total\": 0}}", false,
         text);
    assert_string_equal(text, "LOT-02: encrypting 1/96  0 s\nLOT-02: publishing  0 s\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_phase_is_named_and_counted),
        cmocka_unit_test(test_what_is_not_counted_shows_the_seconds_alone),
        cmocka_unit_test(test_several_sets_are_counted_too),
        cmocka_unit_test(test_many_pairs_are_counted_instead),
        cmocka_unit_test(test_nothing_made_is_waiting),
        cmocka_unit_test(test_elsewhere_a_phase_has_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
