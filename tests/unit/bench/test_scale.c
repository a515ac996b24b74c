/* Publishing as the work grows, in small. */
#include "bench/scale.h"
#include "bench/world.h"
#include "node/http.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static char folder[] = "/tmp/lotveil-scale-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

/* Nothing was left behind. */
static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static double of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void test_every_run_is_weighed(void **state)
{
    static const double pairs[] = {1, 100, 1100};
    static const double sets[] = {1, 1, 3};
    const lv_scale_options options = {.pairs = 1100, .threads = 1, .folder = folder};
    lv_error err = {0};
    json_t *result = NULL;
    (void)state;
    lv_status status = lv_scale_run(&options, &result, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, LV_OK);
    const json_t *runs = json_object_get(result, "runs");
    assert_int_equal(json_array_size(runs), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *run = json_array_get(runs, i);
        assert_true(of(run, "pairs") == pairs[i]);
        assert_true(of(run, "sets") == sets[i]);
        assert_true(of(run, "seconds") > 0);
        assert_true(of(run, "cpu_seconds_per_pair") > 0);
        /* the ciphertexts of three matrices, and then the rest of two records */
        assert_true(of(run, "record_bytes_per_pair") > 240);
        assert_true(of(run, "ledger_bytes_per_pair") > 2 * of(run, "record_bytes_per_pair"));
        assert_true(of(run, "node_peak_bytes") > 1048576);
        assert_true(of(run, "sender_peak_bytes") > 1048576);
    }
    assert_true(of(json_array_get(runs, 2), "record_bytes_per_pair") < 460);
    assert_true(json_is_null(json_object_get(result, "ratio"))); /* one run with a full set */
    json_decref(result);
}

static void test_what_it_cannot_do_is_refused(void **state)
{
    lv_scale_options options = {.pairs = 0, .folder = folder};
    lv_error err = {0};
    json_t *result = NULL;
    (void)state;
    assert_int_equal(lv_scale_run(&options, &result, &err), LV_E_ARGUMENT);
    options.pairs = (uint64_t)LV_SCALE_PAIRS_MAX + 1;
    assert_int_equal(lv_scale_run(&options, &result, &err), LV_E_ARGUMENT);
    options.pairs = 1;
    options.folder = "/nowhere/at/all";
    assert_int_equal(lv_scale_run(&options, &result, &err), LV_E_IO);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    assert_null(result);
}

static lv_status open_world(lv_bench_world *world, lv_error *err)
{
    const lv_bench_world_options options = {.parent = folder, .threads = 1};
    return lv_bench_world_open(&options, world, err);
}

static void test_a_node_that_cannot_start_is_told(void **state)
{
    lv_bench_world world;
    lv_error err = {0};
    char path[256];
    (void)state;
    assert_int_equal(open_world(&world, &err), LV_OK);
    snprintf(path, sizeof path, "%s/config.yaml", world.node);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(lv_bench_world_start(&world, &err), LV_E_IO);
    assert_non_null(strstr(err.text, "did not start"));
    lv_bench_world_close(&world);
    assert_null(world.folder);
}

static void test_no_node_outlives_its_world(void **state)
{
    lv_bench_world world;
    lv_error err = {0};
    (void)state;
    assert_int_equal(open_world(&world, &err), LV_OK);
    assert_int_equal(lv_bench_world_start(&world, &err), LV_OK);
    pid_t pid = world.pid;
    assert_true(lv_bench_process_peak(pid) > 0);
    lv_bench_world_close(&world);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* it was waited for */
    assert_true(lv_bench_process_peak(pid) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_run_is_weighed),
        cmocka_unit_test(test_what_it_cannot_do_is_refused),
        cmocka_unit_test(test_a_node_that_cannot_start_is_told),
        cmocka_unit_test(test_no_node_outlives_its_world),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
