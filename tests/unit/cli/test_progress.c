#include "cli/progress.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static FILE *open_file(void)
{
    FILE *file = tmpfile();
    if (file == NULL) {
        fail_msg("no temporary file");
    }
    return file;
}

/* What a progress says to a file, which is no terminal. */
static void read_back(FILE *file, char text[512])
{
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    size_t len = fread(text, 1, 511, file);
    text[len] = '\0';
}

static void test_elsewhere_than_a_terminal_it_says_little(void **state)
{
    (void)state;
    FILE *file = open_file();
    lv_progress progress;
    char text[512];
    lv_progress_begin(&progress, file);
    assert_false(progress.terminal);
    for (size_t i = 0; i < 50; i++) {
        lv_progress_job(&progress, "encrypting", i, 96);
    }
    lv_progress_show(&progress, "publishing", 0, 0);
    lv_progress_end(&progress);
    read_back(file, text);
    assert_string_equal(text, "encrypting 0/96  0 s\npublishing  0 s\n");
    fclose(file);
}

static void test_on_a_terminal_one_line_is_redrawn_and_wiped(void **state)
{
    (void)state;
    FILE *file = open_file();
    lv_progress progress;
    char text[512];
    lv_progress_begin(&progress, file);
    progress.terminal = true;
    lv_progress_show(&progress, "encrypting", 48, 96);
    lv_progress_show(&progress, "encrypting", 49, 96); /* too soon to draw again */
    lv_progress_end(&progress);
    lv_progress_end(&progress);
    read_back(file, text);
    assert_string_equal(text, "\r\033[Kencrypting 48/96 [##########..........]  0 s\r\033[K");
    fclose(file);
}

static void test_it_tells_how_fast_it_goes(void **state)
{
    (void)state;
    FILE *file = open_file();
    lv_progress progress;
    char text[512];
    lv_progress_begin(&progress, file);
    assert_true(lv_progress_rate(&progress, "pairs", 100, 5000) == 0);
    assert_string_equal(progress.tail, "");
    progress.since -= 10;                                              /* ten seconds later */
    assert_true(lv_progress_rate(&progress, "pairs", 100, 5000) == 0); /* nothing moved */
    double rate = lv_progress_rate(&progress, "pairs", 1100, 5000);
    assert_true(rate > 99 && rate < 101);
    lv_progress_show(&progress, "moisture: pairs", 1100, 5000);
    progress.since -= 99990;
    (void)lv_progress_rate(&progress, "pairs", 1100, 5000);
    assert_string_equal(progress.tail, "0.0 pairs/s, 108.3 h left");
    (void)lv_progress_rate(&progress, "pairs", 5000, 5000);
    assert_non_null(strstr(progress.tail, ", 0 s left"));
    lv_progress_end(&progress);
    assert_string_equal(progress.tail, "");
    read_back(file, text);
    assert_string_equal(text, "moisture: pairs 1100/5000  100 pairs/s, 39 s left  0 s\n");
    fclose(file);
}

static void test_more_than_all_is_all(void **state)
{
    (void)state;
    FILE *file = open_file();
    lv_progress progress;
    char text[512];
    lv_progress_begin(&progress, file);
    progress.terminal = true;
    lv_progress_show(&progress, "x", 9, 3);
    read_back(file, text);
    assert_non_null(strstr(text, "3/3 [####################]"));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elsewhere_than_a_terminal_it_says_little),
        cmocka_unit_test(test_on_a_terminal_one_line_is_redrawn_and_wiped),
        cmocka_unit_test(test_it_tells_how_fast_it_goes),
        cmocka_unit_test(test_more_than_all_is_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
