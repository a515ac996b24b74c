#include "base/cpu.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_only_the_word_counts(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("LOTVEIL_CPU"), 0);
    assert_false(lv_cpu_portable());
    const char *others[] = {"", "Portable", "portable ", "AVX2", "avx2,", "best"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(setenv("LOTVEIL_CPU", others[i], 1), 0);
        assert_false(lv_cpu_portable());
        assert_false(lv_cpu_avx2());
    }
    assert_int_equal(setenv("LOTVEIL_CPU", "portable", 1), 0);
    assert_true(lv_cpu_portable());
    assert_true(lv_cpu_avx2());
    assert_int_equal(setenv("LOTVEIL_CPU", "avx2", 1), 0);
    assert_false(lv_cpu_portable());
    assert_true(lv_cpu_avx2());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_only_the_word_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
