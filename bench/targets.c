/* What the project promised of its speed and size, held against what was measured. */
#include "bench/measure.h"
#include <string.h>

enum { TARGET_WIDTH = 32 };

static const json_t *find_suite(const json_t *report, const char *name)
{
    size_t i = 0;
    const json_t *suite = NULL;
    json_array_foreach(json_object_get(report, "suites"), i, suite)
    {
        const lv_suite *known = lv_suite_find(name);
        json_int_t bits = json_integer_value(json_object_get(suite, "bits"));
        const char *exponent = json_string_value(json_object_get(suite, "exponent"));
        if (strcmp(json_string_value(json_object_get(suite, "suite")), name) == 0 &&
            (exponent == NULL || strcmp(exponent, "full") == 0) &&
            bits == (json_int_t)lv_suite_default_key_bits(known)) {
            return suite;
        }
    }
    return NULL;
}

/* The run on one core, with vectors or without. */
static const json_t *find_run(const json_t *suite, bool vectors)
{
    size_t i = 0;
    const json_t *run = NULL;
    json_array_foreach(json_object_get(suite, "runs"), i, run)
    {
        if (json_is_true(json_object_get(run, "vectors")) == vectors &&
            json_integer_value(json_object_get(run, "cores")) == 1) {
            return run;
        }
    }
    return NULL;
}

static double number(const json_t *object, const char *part, const char *name)
{
    const json_t *holder = part != NULL ? json_object_get(object, part) : object;
    return json_real_value(json_object_get(holder, name));
}

void lv_bench_target(json_t *targets, const char *name, double value, bool at_least, double target)
{
    if (value > 0) {
        json_array_append_new(targets,
                              json_pack("{s:s, s:f, s:s, s:f, s:b}", "name", name, "value", value,
                                        "want", at_least ? "at least" : "at most", "target", target,
                                        "met", at_least ? value >= target : value <= target));
    }
}

/* Of the largest set that was made. */
static double bytes_of(const json_t *suite)
{
    const json_t *sets = json_object_get(suite, "bytes");
    size_t count = json_array_size(sets);
    return count > 0 ? number(json_array_get(sets, count - 1), NULL, "without_proofs") : 0;
}

static double quotient(double a, double b) { return a > 0 && b > 0 ? a / b : 0; }

static void add_paillier(const json_t *report, json_t *targets)
{
    const json_t *suite = find_suite(report, "paillier");
    const json_t *run = json_array_get(json_object_get(suite, "runs"), 0);
    lv_bench_target(targets, "paillier: published whole / whole",
                    quotient(number(report, "baseline", "whole"), number(run, NULL, "whole")), true,
                    40);
    lv_bench_target(targets, "paillier: milliseconds a pair to publish from the pool",
                    1000 * number(suite, "ready", "publish"), false, 10);
}

static void add_ristretto(const json_t *report, json_t *targets)
{
    const json_t *suite = find_suite(report, "ristretto255");
    const json_t *run = json_array_get(json_object_get(suite, "runs"), 0);
    const json_t *proofs = json_object_get(run, "proofs");
    double encrypt = number(run, "phases", "encrypt");
    lv_bench_target(targets, "ristretto255: proofs made / encryptions",
                    quotient(number(proofs, NULL, "prove"), encrypt), false, 3);
    lv_bench_target(targets, "ristretto255: proofs checked / encryptions",
                    quotient(number(proofs, NULL, "check"), encrypt), false, 2);
    lv_bench_target(targets, "ristretto255: bytes a pair without proofs, large sets",
                    bytes_of(suite), false, 6300);
}

static void add_rlwe(const json_t *report, json_t *targets)
{
    const json_t *suite = find_suite(report, "rlwe1024");
    lv_bench_target(targets, "rlwe1024: comparisons a second, vectors",
                    quotient(1, number(find_run(suite, true), NULL, "whole")), true, 200000);
    lv_bench_target(targets, "rlwe1024: comparisons a second, portable",
                    quotient(1, number(find_run(suite, false), NULL, "whole")), true, 60000);
    lv_bench_target(targets, "rlwe1024: bytes a pair, large sets", bytes_of(suite), false, 600);
}

lv_status lv_bench_targets(json_t *report)
{
    json_t *targets = json_array();
    if (targets == NULL) {
        return LV_E_MEMORY;
    }
    if (json_integer_value(json_object_get(report, "width")) == TARGET_WIDTH) {
        add_paillier(report, targets);
        add_ristretto(report, targets);
        add_rlwe(report, targets);
    }
    return json_object_set_new(report, "targets", targets) == 0 ? LV_OK : LV_E_MEMORY;
}
