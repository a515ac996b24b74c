/* The bench: right answers, the promised shape, and refusals. Times are not judged here. */
#include "bench/bench.h"
#include "bench/measure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char *const PHASES[] = {"keygen",    "encrypt",   "combine",
                                     "recompute", "zero_test", "answer"};

static double expect_phases(const json_t *report)
{
    const json_t *phases = json_object_get(report, "phases");
    double whole = 0;
    for (size_t i = 0; i < sizeof PHASES / sizeof PHASES[0]; i++) {
        const json_t *seconds = json_object_get(phases, PHASES[i]);
        assert_true(json_is_real(seconds));
        assert_true(json_real_value(seconds) >= 0);
        whole += i > 0 ? json_real_value(seconds) : 0;
    }
    double told = json_real_value(json_object_get(report, "whole"));
    assert_true(told > 0 && told > 0.999 * whole && told < 1.001 * whole);
    return told;
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
    lv_bench_options options = {.key_bits = 2048,
                                .width = 4,
                                .threads = 2,
                                .baseline = true,
                                .progress = count_progress,
                                .progress_context = &calls};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_string_equal(json_string_value(json_object_get(report, "suite")), "paillier");
    assert_int_equal(json_integer_value(json_object_get(report, "bits")), 2048);
    assert_int_equal(json_integer_value(json_object_get(report, "pairs")), 1);
    assert_int_equal(json_integer_value(json_object_get(report, "cores")), 2);
    double whole = expect_phases(report);
    const json_t *baseline = json_object_get(report, "baseline");
    assert_string_equal(json_string_value(json_object_get(baseline, "name")), "published");
    double published = expect_phases(baseline);
    double ratio = json_real_value(json_object_get(report, "ratio"));
    assert_true(ratio > 0.999 * published / whole && ratio < 1.001 * published / whole);
    /* 12 ciphertexts of 512 bytes, a key and its proof */
    assert_true(json_real_value(json_object_get(report, "bytes_per_pair")) ==
                12 * 512 + (4 + 256) + 8 * 256);
    assert_true(calls > 12);
    json_decref(report);
}

static void test_several_pairs_without_baseline(void **state)
{
    (void)state;
    lv_bench_options options = {.suite = "paillier", .key_bits = 2048, .width = 1, .pairs = 5};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_int_equal(json_integer_value(json_object_get(report, "pairs")), 5);
    assert_int_equal(json_integer_value(json_object_get(report, "cores")), 1);
    expect_phases(report);
    assert_true(json_is_null(json_object_get(report, "baseline")));
    assert_true(json_is_null(json_object_get(report, "ratio")));
    json_decref(report);
}

static void test_ristretto255(void **state)
{
    (void)state;
    lv_bench_options options = {.suite = "ristretto255", .width = 32, .pairs = 3};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_int_equal(json_integer_value(json_object_get(report, "bits")), 256);
    expect_phases(report);
    /* 96 ciphertexts of 64 bytes, and a third of a key */
    assert_true(json_real_value(json_object_get(report, "bytes_per_pair")) == 96 * 64 + 32.0 / 3);
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
        {{.suite = "plain"}, LV_E_ARGUMENT, "plain"}, {{.key_bits = 2047}, LV_E_RANGE, "2047"},
        {{.key_bits = 1024}, LV_E_RANGE, "2048"},     {{.width = 63}, LV_E_RANGE, "62"},
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
        lv_bench_times times = {0};
        assert_int_equal(lv_bench_baseline(512, &values, NULL, &times, NULL), LV_OK);
        assert_true(times.encrypt > 0 && times.combine > 0 && times.zero_test > 0);
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

static void test_a_suite_that_packs_pairs(void **state)
{
    (void)state;
    lv_bench_options options = {.suite = "rlwe1024", .pairs = 50};
    json_t *report = NULL;
    assert_int_equal(lv_bench_run(&options, &report, NULL), LV_OK);
    assert_int_equal(json_integer_value(json_object_get(report, "bits")), 1024);
    expect_phases(report);
    double bytes = json_real_value(json_object_get(report, "bytes_per_pair"));
    assert_true(bytes > 480 && bytes < 483); /* three nonces and a commitment over all */
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_with_baseline),
        cmocka_unit_test(test_several_pairs_without_baseline),
        cmocka_unit_test(test_ristretto255),
        cmocka_unit_test(test_illegal_options_are_refused),
        cmocka_unit_test(test_baseline_answers_right),
        cmocka_unit_test(test_expected_place),
        cmocka_unit_test(test_a_suite_that_packs_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
