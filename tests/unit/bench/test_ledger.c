/* What goes through a node onto its ledgers, in small. */
#include "base/file.h"
#include "bench/ledger.h"
#include "bench/storage.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static char folder[] = "/tmp/lotveil-ledger-bench-test-XXXXXX";

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

static const json_t *in(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_non_null(value);
    return value;
}

static json_t *measure(const lv_bench_ledger_options *options)
{
    lv_error err = {0};
    json_t *result = NULL;
    lv_status status = lv_bench_ledger_run(options, &result, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, LV_OK);
    return result;
}

static void expect_run(const json_t *suite, double pairs, double sets)
{
    const json_t *run = in(suite, "run");
    assert_true(of(run, "pairs") == pairs);
    assert_true(of(run, "sets") == sets);
    assert_true(of(run, "seconds") >= of(run, "accepted_seconds"));
    assert_true(of(run, "accepted_seconds") > 0);
    assert_true(of(run, "pairs_per_second") == pairs / of(run, "seconds"));
    assert_true(of(run, "making_seconds") > 0);
    assert_true(of(run, "xor_seconds") > 0);
    assert_true(of(run, "quality_seconds") > 0);
    assert_true(of(run, "cpu_seconds") > 0);
    /* every stage worked within the run */
    assert_true(of(run, "making_seconds") <= of(run, "seconds") + 0.5);
}

static void expect_single(const json_t *suite, double count)
{
    const json_t *single = in(suite, "single");
    assert_true(of(single, "count") == count);
    assert_true(of(single, "p50") > 0);
    assert_true(of(single, "p50") <= of(single, "p90"));
    assert_true(of(single, "p90") <= of(single, "p99"));
    assert_true(of(single, "p99") <= of(single, "max"));
}

static void test_one_suite_is_measured(void **state)
{
    const lv_bench_ledger_options options = {
        .suite = "rlwe1024", .pairs = 1100, .singles = 3, .threads = 1, .folder = folder};
    (void)state;
    json_t *result = measure(&options);
    assert_string_equal(json_string_value(in(result, "ledger")), "embedded");
    assert_true(json_is_null(in(result, "release")));
    assert_int_equal(json_array_size(in(result, "suites")), 1);
    const json_t *suite = json_array_get(in(result, "suites"), 0);
    assert_string_equal(json_string_value(in(suite, "suite")), "rlwe1024");
    expect_run(suite, 1100, 3);
    expect_single(suite, 3);
    const json_t *bytes = in(suite, "bytes");
    double records = of(bytes, "quality") + of(bytes, "xor");
    assert_true(records > 240 && records < 460); /* three matrices, and the rest of two records */
    const json_t *stored = in(bytes, "stored");
    assert_int_equal(json_array_size(stored), 2);
    assert_string_equal(json_string_value(in(json_array_get(stored, 0), "name")), "quality");
    /* history and state */
    assert_true(of(json_array_get(stored, 0), "bytes") > 2 * of(bytes, "quality") - 20);
    assert_true(of(json_array_get(stored, 1), "bytes") > 2 * of(bytes, "xor") - 20);
    const json_t *targets = in(result, "targets");
    assert_int_equal(json_array_size(targets), 2); /* of what was measured */
    assert_true(of(json_array_get(targets, 0), "value") ==
                of(in(suite, "run"), "pairs_per_second"));
    json_decref(result);
}

static void test_another_size_of_key_takes_the_place_of_those_known(void **state)
{
    const lv_bench_ledger_options options = {.suite = "paillier",
                                             .key_bits = 2050,
                                             .pairs = 1,
                                             .singles = 1,
                                             .threads = 2,
                                             .folder = folder};
    (void)state;
    json_t *result = measure(&options);
    assert_int_equal(json_array_size(in(result, "suites")), 1);
    const json_t *suite = json_array_get(in(result, "suites"), 0);
    assert_true(of(suite, "bits") == 2050);
    expect_run(suite, 1, 1);
    assert_int_equal(json_array_size(in(result, "targets")), 0);
    json_decref(result);
}

static void refuse(lv_bench_ledger_options options, lv_status expected, const char *words)
{
    lv_error err = {0};
    json_t *result = NULL;
    if (options.folder == NULL) {
        options.folder = folder;
    }
    assert_int_equal(lv_bench_ledger_run(&options, &result, &err), expected);
    assert_non_null(strstr(err.text, words));
    assert_null(result);
}

static void test_what_it_cannot_do_is_refused(void **state)
{
    const lv_bench_network nowhere = {
        .name = "fabric", .release = "2.5", .batch_ms = 200, .organisation = "/nowhere/at/all"};
    const lv_bench_network many = {.organisation = folder,
                                   .storage_count = LV_BENCH_STORAGES_MAX + 1};
    (void)state;
    refuse((lv_bench_ledger_options){.suite = "rsa"}, LV_E_ARGUMENT, "rsa");
    refuse((lv_bench_ledger_options){.pairs = UINT64_MAX}, LV_E_ARGUMENT, "pairs");
    refuse((lv_bench_ledger_options){.singles = LV_BENCH_SINGLES_MAX + 1}, LV_E_ARGUMENT, "single");
    refuse((lv_bench_ledger_options){.folder = "/nowhere/at/all"}, LV_E_IO, "/nowhere/at/all");
    refuse((lv_bench_ledger_options){.network = &nowhere}, LV_E_IO, "/nowhere/at/all");
    refuse((lv_bench_ledger_options){.network = &many}, LV_E_ARGUMENT, "storages");
}

/* ---- weighing ---- */

static void write_zeros(const char *name, size_t len)
{
    static const uint8_t zeros[1000];
    lv_error err = {0};
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(lv_file_write(path, (lv_bytes){zeros, len}, 0600, &err), LV_OK);
    free(path);
}

static void test_storages_are_weighed_with_all_below(void **state)
{
    char inner[256];
    char path[300];
    lv_error err = {0};
    lv_bench_weights weights;
    const lv_bench_world world = {0};
    const lv_bench_storage storages[] = {{"whole", folder}, {"part", inner}};
    lv_bench_network network = {.storages = storages, .storage_count = 2};
    (void)state;
    snprintf(inner, sizeof inner, "%s/inner", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    write_zeros("first", 100);
    write_zeros("inner/second", 1000);
    assert_int_equal(lv_bench_weigh(&world, &network, &weights, &err), LV_OK);
    assert_int_equal(weights.count, 2);
    assert_string_equal(weights.names[0], "whole");
    assert_true(weights.bytes[0] == 1100);
    assert_true(weights.bytes[1] == 1000);
    snprintf(path, sizeof path, "%s/second", inner);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(lv_bench_weigh(&world, &network, &weights, &err), LV_E_IO);
    assert_non_null(strstr(err.text, inner));
    snprintf(path, sizeof path, "%s/first", folder);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_suite_is_measured),
        cmocka_unit_test(test_another_size_of_key_takes_the_place_of_those_known),
        cmocka_unit_test(test_what_it_cannot_do_is_refused),
        cmocka_unit_test(test_storages_are_weighed_with_all_below),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
