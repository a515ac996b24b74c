/* What was promised, held against reports of which every number is known. */
#include "bench/measure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define RUN(vectors, whole)                                                                        \
    "{\"vectors\": " vectors ", \"cores\": 1, \"whole\": " whole ", \"phases\": {\"encrypt\": "    \
    "0.001}, \"proofs\": {\"prove\": 0.0029, \"check\": 0.0021}}"
#define SUITE(name, bits, runs, bytes)                                                             \
    "{\"suite\": \"" name "\", \"bits\": " bits ", \"runs\": [" runs "], \"bytes\": "              \
    "[{\"without_proofs\": 9999.0}, {\"without_proofs\": " bytes                                   \
    "}], \"ready\": {\"publish\": 0.0125}}"

static json_t *report_of(const char *width, const char *suites, const char *baseline)
{
    json_t *report = json_pack("{s:o, s:o, s:o}", "width", json_loads(width, JSON_DECODE_ANY, NULL),
                               "suites", json_loads(suites, 0, NULL), "baseline",
                               json_loads(baseline, JSON_DECODE_ANY, NULL));
    assert_non_null(report);
    assert_int_equal(lv_bench_targets(report), LV_OK);
    return report;
}

static void expect(const json_t *report, const char *part, double value, bool met)
{
    size_t i = 0;
    const json_t *target = NULL;
    json_array_foreach(json_object_get(report, "targets"), i, target)
    {
        if (strstr(json_string_value(json_object_get(target, "name")), part) != NULL) {
            double got = json_real_value(json_object_get(target, "value"));
            assert_true(got > 0.9999 * value && got < 1.0001 * value);
            assert_int_equal(json_is_true(json_object_get(target, "met")), met);
            return;
        }
    }
    fail_msg("no target about %s", part);
}

static void test_values_and_judgements(void **state)
{
    (void)state;
    json_t *report = report_of(
        "32",
        "[" SUITE("paillier", "6000", RUN("true", "0.5"), "150000.0") "," SUITE(
            "ristretto255", "256", RUN("true", "0.001"),
            "6301.0") "," SUITE("rlwe1024", "1024",
                                RUN("true", "0.000004") "," RUN("false", "0.00002"), "600.0") "]",
        "{\"whole\": 20.0}");
    assert_int_equal(json_array_size(json_object_get(report, "targets")), 8);
    expect(report, "published", 40, true);
    expect(report, "pool", 12.5, false);
    expect(report, "proofs made", 2.9, true);
    expect(report, "proofs checked", 2.1, false);
    expect(report, "ristretto255: bytes", 6301, false);
    expect(report, "second, vectors", 250000, true);
    expect(report, "second, portable", 50000, false);
    expect(report, "rlwe1024: bytes", 600, true);
    json_decref(report);
}

static void test_other_sizes_have_no_targets(void **state)
{
    (void)state;
    static const char *const small = "[" SUITE("paillier", "2048", RUN("true", "0.5"), "1.0") "]";
    static const char *const full = "[" SUITE("paillier", "6000", RUN("true", "0.5"), "1.0") "]";
    const struct {
        const char *width;
        const char *suites;
        const char *baseline;
        size_t count;
    } cases[] = {
        {"32", full, "{\"whole\": 20.0}", 2},
        {"32", small, "{\"whole\": 20.0}", 0},
        {"16", full, "{\"whole\": 20.0}", 0},
        {"32", full, "null", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *report = report_of(cases[i].width, cases[i].suites, cases[i].baseline);
        assert_int_equal(json_array_size(json_object_get(report, "targets")), cases[i].count);
        json_decref(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_judgements),
        cmocka_unit_test(test_other_sizes_have_no_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
