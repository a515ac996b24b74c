/* Processes of the bench: what they make comes over, what goes wrong in them is told, none stays.
 */
#include "base/cpu.h"
#include "bench/measure.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void expect_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static lv_status tell(void *context, json_t **out, lv_error *err)
{
    (void)err;
    *out = json_pack("{s:s, s:b, s:I, s:f}", "given", (const char *)context, "portable",
                     (int)lv_cpu_portable(), "pid", (json_int_t)getpid(), "third", 1.0 / 3);
    return LV_OK;
}

static void test_a_result_comes_over(void **state)
{
    (void)state;
    for (int portable = 0; portable <= 1; portable++) {
        json_t *out = NULL;
        assert_int_equal(lv_bench_child(portable != 0, tell, "a word", &out, NULL), LV_OK);
        assert_string_equal(json_string_value(json_object_get(out, "given")), "a word");
        assert_int_equal(json_is_true(json_object_get(out, "portable")), portable);
        assert_true(json_real_value(json_object_get(out, "third")) == 1.0 / 3);
        assert_true(json_integer_value(json_object_get(out, "pid")) != getpid());
        assert_false(lv_cpu_portable()); /* that was the child's environment */
        json_decref(out);
        expect_no_child();
    }
}

/* More than a pipe holds. */
static lv_status tell_much(void *context, json_t **out, lv_error *err)
{
    (void)context;
    (void)err;
    *out = json_array();
    for (int i = 0; i < 50000; i++) {
        json_array_append_new(*out, json_integer(i));
    }
    return LV_OK;
}

static void test_a_long_result_comes_over(void **state)
{
    (void)state;
    json_t *out = NULL;
    assert_int_equal(lv_bench_child(false, tell_much, NULL, &out, NULL), LV_OK);
    assert_int_equal(json_array_size(out), 50000);
    assert_int_equal(json_integer_value(json_array_get(out, 49999)), 49999);
    json_decref(out);
    expect_no_child();
}

static lv_status fail_aloud(void *context, json_t **out, lv_error *err)
{
    (void)context;
    (void)out;
    return lv_fail(err, LV_E_RANGE, "\"too much\" of %d", 7);
}

static void test_a_failure_comes_over_with_its_words(void **state)
{
    (void)state;
    lv_error err = {{0}};
    json_t stale;
    json_t *out = &stale;
    assert_int_equal(lv_bench_child(false, fail_aloud, NULL, &out, &err), LV_E_RANGE);
    assert_string_equal(err.text, "\"too much\" of 7");
    assert_null(out);
    expect_no_child();
}

static lv_status die(void *context, json_t **out, lv_error *err)
{
    (void)out;
    (void)err;
    if (context != NULL) {
        (void)raise(SIGKILL);
    }
    _exit(0);
}

static void test_a_death_is_told(void **state)
{
    (void)state;
    int killed = 1;
    int *const ways[] = {NULL, &killed};
    for (size_t i = 0; i < 2; i++) {
        lv_error err = {{0}};
        json_t *out = NULL;
        assert_int_equal(lv_bench_child(false, die, ways[i], &out, &err), LV_E_IO);
        assert_non_null(strstr(err.text, "died"));
        assert_null(out);
        expect_no_child();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_comes_over),
        cmocka_unit_test(test_a_long_result_comes_over),
        cmocka_unit_test(test_a_failure_comes_over_with_its_words),
        cmocka_unit_test(test_a_death_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
