/* The bench: right answers, the promised shape, and refusals. Times are not judged here. */
#include "bench/bench.h"
#include "bench/measure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char *const PHASES[] = {"keygen",    "encrypt",   "read",  "combine",
                                     "recompute", "zero_test", "answer"};
static const double AT_ONCE = 1e-9; /* seconds for one round and no more */

static double real(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_real(value));
    return json_real_value(value);
}

static bool about(double a, double b) { return a > 0.999 * b && a < 1.001 * b; }

static double expect_phases(const json_t *measured)
{
    const json_t *phases = json_object_get(measured, "phases");
    double whole = 0;
    assert_int_equal(json_object_size(phases), sizeof PHASES / sizeof PHASES[0]);
    for (size_t i = 0; i < sizeof PHASES / sizeof PHASES[0]; i++) {
        double seconds = real(phases, PHASES[i]);
        assert_true(seconds >= 0);
        whole += i > 0 ? seconds : 0;
    }
    assert_true(about(real(measured, "whole"), whole));
    return whole;
}

static void expect_run(const json_t *run, bool vectors, int cores, int pairs)
{
    const json_t *scan = json_object_get(run, "scan");
    assert_int_equal(json_is_true(json_object_get(run, "vectors")), vectors);
    assert_int_equal(json_integer_value(json_object_get(run, "cores")), cores);
    if (pairs > 0) {
        assert_int_equal(json_integer_value(json_object_get(run, "pairs")), pairs);
    }
    assert_true(json_integer_value(json_object_get(run, "rounds")) >= 1);
    assert_true(expect_phases(run) > 0);
    assert_true(real(scan, "zero_test") > 0 && real(scan, "combine") > 0);
    assert_true(about(real(scan, "whole"),
                      real(scan, "encrypt") + real(scan, "combine") + real(scan, "zero_test")));
    assert_true(about(real(scan, "encrypt"), real(json_object_get(run, "phases"), "encrypt")));
}

/* The one suite of a report, which was asked for by name. */
static const json_t *only_suite(const json_t *report, const char *name, int bits)
{
    const json_t *suites = json_object_get(report, "suites");
    const json_t *suite = json_array_get(suites, 0);
    assert_int_equal(json_array_size(suites), 1);
    assert_string_equal(json_string_value(json_object_get(suite, "suite")), name);
    assert_int_equal(json_integer_value(json_object_get(suite, "bits")), bits);
    return suite;
}

static const json_t *run_at(const json_t *suite, size_t i)
{
    return json_array_get(json_object_get(suite, "runs"), i);
}

static void count_progress(void *context, const char *phase, size_t done, size_t total)
{
    size_t *calls = context;
    assert_non_null(phase);
    assert_true(done <= total);
    (*calls)++;
}

static void test_report_with_baseline(void **state)
{
    (void)state;
    size_t calls = 0;
    lv_bench_options options = {.suite = "paillier",
                                .key_bits = 2048,
                                .width = 4,
                                .threads = 2,
                                .passes = 1,
                                .seconds = AT_ONCE,
                                .baseline = true,
                                .progress = count_progress,
                                .progress_context = &calls};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_int_equal(json_integer_value(json_object_get(report, "width")), 4);
    assert_int_equal(json_integer_value(json_object_get(report, "passes")), 1);
    const json_t *suite = only_suite(report, "paillier", 2048);
    assert_int_equal(json_array_size(json_object_get(suite, "runs")), 3);
    expect_run(run_at(suite, 0), true, 1, 1);
    expect_run(run_at(suite, 1), false, 1, 1);
    expect_run(run_at(suite, 2), true, 2, 0);
    const json_t *baseline = json_object_get(report, "baseline");
    assert_string_equal(json_string_value(json_object_get(baseline, "name")), "published");
    assert_int_equal(json_integer_value(json_object_get(baseline, "bits")), 2048);
    assert_true(expect_phases(baseline) > 0);
    /* 12 ciphertexts of 512 bytes; beside them a key, its proof and two envelopes */
    const json_t *bytes = json_array_get(json_object_get(suite, "bytes"), 0);
    assert_true(real(bytes, "ciphertexts") == 12 * 512);
    assert_true(real(bytes, "total") > 12 * 512 + 256 + 8 * 256);
    assert_true(about(real(bytes, "total"), real(bytes, "quality") + real(bytes, "xor")));
    assert_true(real(bytes, "quality") > 8 * 512 && real(bytes, "xor") > 4 * 512);
    const json_t *ready = json_object_get(suite, "ready");
    assert_true(real(ready, "publish") > 0);
    assert_true(real(ready, "prepare") > real(ready, "publish"));
    assert_true(calls > 12);
    json_decref(report);
}

/* The widest and the narrowest that a ciphertext is shared by. */
static void test_pairs_fill_a_ciphertext(void **state)
{
    (void)state;
    const lv_suite *rlwe = lv_suite_find("rlwe1024");
    assert_int_equal(lv_bench_packing(rlwe, 32), 32);
    assert_int_equal(lv_bench_packing(rlwe, 33), 16);
    assert_int_equal(lv_bench_packing(lv_suite_find("paillier"), 1), 1);
    lv_bench_options options = {
        .suite = "rlwe1024", .width = 62, .threads = 2, .passes = 2, .seconds = AT_ONCE};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    const json_t *suite = only_suite(report, "rlwe1024", 1024);
    expect_run(run_at(suite, 0), true, 1, 16);
    expect_run(run_at(suite, 1), false, 1, 16);
    expect_run(run_at(suite, 2), true, 2, 0);
    assert_true(json_integer_value(json_object_get(run_at(suite, 0), "rounds")) >= 2);
    assert_int_equal(json_integer_value(json_object_get(run_at(suite, 2), "pairs")) % 16, 0);
    assert_true(json_is_null(json_object_get(run_at(suite, 0), "proofs")));
    assert_true(json_is_null(json_object_get(report, "baseline")));
    assert_true(json_is_null(json_object_get(suite, "ready")));
    const json_t *sets = json_object_get(suite, "bytes");
    assert_int_equal(json_array_size(sets), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(sets, 1), "pairs")), 256);
    assert_true(real(json_array_get(sets, 1), "total") < real(json_array_get(sets, 0), "total"));
    /* that is no size that targets speak of */
    assert_int_equal(json_array_size(json_object_get(report, "targets")), 0);
    json_decref(report);
}

static void test_ristretto255(void **state)
{
    (void)state;
    lv_bench_options options = {
        .suite = "ristretto255", .pairs = 3, .threads = 1, .passes = 1, .seconds = AT_ONCE};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    const json_t *suite = only_suite(report, "ristretto255", 256);
    assert_int_equal(json_array_size(json_object_get(suite, "runs")), 2);
    expect_run(run_at(suite, 0), true, 1, 3);
    expect_run(run_at(suite, 1), false, 1, 3);
    const json_t *bytes = json_array_get(json_object_get(suite, "bytes"), 0);
    assert_true(real(bytes, "ciphertexts") == 96 * 64);
    const json_t *proofs = json_object_get(run_at(suite, 0), "proofs");
    assert_true(real(proofs, "prove") > 0 && real(proofs, "check") > 0);
    assert_true(real(proofs, "bytes") > 0);
    assert_true(json_array_size(json_object_get(report, "targets")) >= 3);
    json_decref(report);
}

/* Values of one bit are equal, rise and fall often among so many, and every answer is checked. */
static void test_every_outcome(void **state)
{
    (void)state;
    lv_bench_ask ask = {
        .suite = lv_suite_find("rlwe1024"), .key_bits = 1024, .width = 1, .pairs = 64};
    for (ask.threads = 1; ask.threads <= 2; ask.threads++) {
        lv_bench_times times = {.rounds = 0};
        assert_int_equal(lv_bench_product(&ask, &times, NULL), LV_OK);
        assert_int_equal(times.rounds, 1);
        assert_true(times.seconds[LV_BENCH_SCAN_ZERO_TEST] > 0);
    }
}

static void test_where_portable_is_asked_for_nothing_else_runs(void **state)
{
    (void)state;
    lv_bench_options options = {
        .suite = "rlwe1024", .pairs = 1, .threads = 1, .passes = 1, .seconds = AT_ONCE};
    json_t *report = NULL;
    assert_int_equal(setenv("LOTVEIL_CPU", "portable", 1), 0);
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_int_equal(unsetenv("LOTVEIL_CPU"), 0);
    const json_t *suite = only_suite(report, "rlwe1024", 1024);
    assert_int_equal(json_array_size(json_object_get(suite, "runs")), 1);
    expect_run(run_at(suite, 0), false, 1, 1);
    assert_string_equal(json_string_value(json_object_get(report, "vectors")), "none");
    json_decref(report);
}

static void test_illegal_options_are_refused(void **state)
{
    (void)state;
    const struct {
        lv_bench_options options;
        lv_status status;
        const char *word;
    } bad[] = {
        {{.suite = "plain"}, LV_E_ARGUMENT, "plain"},
        {{.key_bits = 2048}, LV_E_ARGUMENT, "which"},
        {{.suite = "paillier", .key_bits = 2047}, LV_E_RANGE, "2047"},
        {{.suite = "paillier", .key_bits = 1024}, LV_E_RANGE, "2048"},
        {{.width = 63}, LV_E_RANGE, "62"},
        {{.pairs = 4097}, LV_E_RANGE, "4096"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t stale;
        json_t *report = &stale;
        lv_error err = {{0}};
        assert_int_equal(lv_bench_run(&bad[i].options, &report, &err), bad[i].status);
        assert_null(report);
        assert_non_null(strstr(err.text, bad[i].word));
    }
}

/* The baseline at every kind of outcome; it checks its own zeros. */
static void test_baseline_answers_right(void **state)
{
    (void)state;
    uint64_t pairs[][2] = {{5, 6}, {6, 5}, {7, 7}, {0, 7}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        lv_bench_values values = {.pairs = 1, .width = 3, .x = &pairs[i][0], .y = &pairs[i][1]};
        lv_bench_times times = {.rounds = 0};
        assert_int_equal(lv_bench_baseline(512, &values, NULL, &times, NULL), LV_OK);
        assert_true(times.seconds[LV_BENCH_ENCRYPT] > 0);
        assert_true(times.seconds[LV_BENCH_COMBINE] > 0);
        assert_true(times.seconds[LV_BENCH_ZERO_TEST] > 0);
    }
}

static void test_expected_place(void **state)
{
    (void)state;
    unsigned column = 9;
    assert_int_equal(lv_bench_expected(3, 3, 8, &column), LV_EQUAL);
    assert_int_equal(column, 0);
    assert_int_equal(lv_bench_expected(7, 8, 8, &column), LV_RISE);
    assert_int_equal(column, 4);
    assert_int_equal(lv_bench_expected(8, 7, 62, &column), LV_FALL);
    assert_int_equal(column, 58);
}

/* Whoever sleeps uses no processor; on several threads the wall counts all the same. */
static void test_one_core_counts_processor_time(void **state)
{
    (void)state;
    const struct timespec nap = {.tv_nsec = 50000000};
    lv_bench_moment start = lv_bench_now();
    assert_int_equal(nanosleep(&nap, NULL), 0);
    assert_true(lv_bench_since(start, 1) < 0.04);
    assert_true(lv_bench_since(start, 2) > 0.04);
}

static void test_the_least_time_is_kept(void **state)
{
    (void)state;
    lv_bench_times times = {.rounds = 0};
    lv_bench_take(&times, LV_BENCH_READ, 3);
    lv_bench_take(&times, LV_BENCH_READ, 2);
    lv_bench_take(&times, LV_BENCH_READ, 5);
    assert_true(times.seconds[LV_BENCH_READ] == 2);
    assert_true(times.seconds[LV_BENCH_ANSWER] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_with_baseline),
        cmocka_unit_test(test_pairs_fill_a_ciphertext),
        cmocka_unit_test(test_ristretto255),
        cmocka_unit_test(test_every_outcome),
        cmocka_unit_test(test_where_portable_is_asked_for_nothing_else_runs),
        cmocka_unit_test(test_illegal_options_are_refused),
        cmocka_unit_test(test_baseline_answers_right),
        cmocka_unit_test(test_expected_place),
        cmocka_unit_test(test_one_core_counts_processor_time),
        cmocka_unit_test(test_the_least_time_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
