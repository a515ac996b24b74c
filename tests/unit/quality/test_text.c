#include "quality/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_plain_text(void **state)
{
    (void)state;
    const char *good[] = {"", "LOT-01", "a b", "g/cm\xc2\xb2", "\xe6\xb0\xb4\xe5\x88\x86"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(lv_text_is_plain(good[i], 16));
    }
}

static void test_what_could_upset_a_terminal_or_a_reader_is_not_plain(void **state)
{
    (void)state;
    const char *bad[] = {" a",       "a ",           "a\tb",      "a\nb",
                         "\x1b[2J",  "a\x7f",        "\xc2\x9b",  "\xc2\x80",
                         "\xc0\xaf", "\xed\xa0\x80", "a\xe6\xb0", "17 bytes are more"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(lv_text_is_plain(bad[i], 16));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_what_could_upset_a_terminal_or_a_reader_is_not_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
