#include "bench/bench.h"
#include "bench/measure.h"
#include <stdlib.h>

enum { WIDTH_DEFAULT = 32 };

lv_formula lv_bench_expected(uint64_t x, uint64_t y, unsigned width, unsigned *column)
{
    *column = 0;
    if (x == y) {
        return LV_EQUAL;
    }
    while (((x ^ y) >> (width - 1 - *column) & 1) == 0) {
        (*column)++;
    }
    return x < y ? LV_RISE : LV_FALL;
}

static lv_status draw(uint64_t *values, size_t count, unsigned width)
{
    lv_status status = lv_rng_fill(NULL, (uint8_t *)values, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] &= (UINT64_C(1) << width) - 1;
    }
    return status;
}

/* Sets a key of `object` for each phase, per pair; returns their sum without key generation. */
static double describe(json_t *object, const lv_bench_times *times, size_t pairs)
{
    const struct {
        const char *name;
        double seconds;
    } phases[] = {
        {"keygen", times->keygen},       {"encrypt", times->encrypt},
        {"combine", times->combine},     {"recompute", times->recompute},
        {"zero_test", times->zero_test}, {"answer", times->answer},
    };
    double whole = 0;
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        double share = phases[i].seconds / (double)pairs;
        json_object_set_new(object, phases[i].name, json_real(share));
        whole += i > 0 ? share : 0;
    }
    return whole;
}

/* The published system is of suite paillier: beside another one it has its own default size. */
static lv_status add_baseline(json_t *report, const lv_suite *suite, unsigned key_bits,
                              const lv_bench_values *values, const lv_job *job, lv_error *err)
{
    const lv_suite *published = lv_suite_find("paillier");
    lv_bench_times times = {0};
    if (suite != published) {
        key_bits = lv_suite_default_key_bits(published);
    }
    lv_status status = lv_bench_baseline(key_bits, values, job, &times, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *phases = json_object();
    double whole = describe(phases, &times, 1);
    json_object_set_new(
        report, "baseline",
        json_pack("{s:s, s:o, s:f}", "name", "published", "phases", phases, "whole", whole));
    json_object_set_new(report, "ratio",
                        json_real(whole / json_real_value(json_object_get(report, "whole"))));
    return LV_OK;
}

static lv_status measure(const lv_suite *suite, const lv_bench_options *options,
                         const lv_bench_values *values, json_t *report, lv_error *err)
{
    unsigned key_bits =
        options->key_bits != 0 ? options->key_bits : lv_suite_default_key_bits(suite);
    lv_job job = {.threads = options->threads,
                  .progress = options->progress,
                  .progress_context = options->progress_context};
    lv_bench_times times = {0};
    double bytes = 0;

    lv_status status = lv_suite_check_key_bits(suite, key_bits, err);
    if (status == LV_OK) {
        status = lv_bench_product(suite, key_bits, values, &job, &times, &bytes, err);
    }
    if (status != LV_OK) {
        return status;
    }
    json_t *phases = json_object();
    double whole = describe(phases, &times, values->pairs);
    json_object_set_new(report, "suite", json_string(lv_suite_name(suite)));
    json_object_set_new(report, "bits", json_integer(key_bits));
    json_object_set_new(report, "width", json_integer(values->width));
    json_object_set_new(report, "pairs", json_integer((json_int_t)values->pairs));
    json_object_set_new(report, "cores", json_integer(job.threads > 1 ? job.threads : 1));
    json_object_set_new(report, "phases", phases);
    json_object_set_new(report, "whole", json_real(whole));
    json_object_set_new(report, "bytes_per_pair", json_real(bytes));
    json_object_set_new(report, "baseline", json_null());
    json_object_set_new(report, "ratio", json_null());
    return options->baseline ? add_baseline(report, suite, key_bits, values, &job, err) : LV_OK;
}

lv_status lv_bench_run(const lv_bench_options *options, json_t **out, lv_error *err)
{
    *out = NULL;
    const char *name = options->suite != NULL ? options->suite : "paillier";
    const lv_suite *suite = lv_suite_find(name);
    lv_bench_values values = {.pairs = options->pairs != 0 ? options->pairs : 1,
                              .width = options->width != 0 ? options->width : WIDTH_DEFAULT};
    if (suite == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no suite %s", name);
    }
    if (values.pairs > LV_SET_PAIRS_MAX || values.width > LV_WIDTH_MAX) {
        return lv_fail(err, LV_E_RANGE, "a set has 1..%u pairs of 1..%d bits", LV_SET_PAIRS_MAX,
                       LV_WIDTH_MAX);
    }
    values.x = calloc(values.pairs, sizeof *values.x);
    values.y = calloc(values.pairs, sizeof *values.y);
    json_t *report = json_object();
    lv_status status = values.x != NULL && values.y != NULL && report != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        status = draw(values.x, values.pairs, values.width);
    }
    if (status == LV_OK) {
        status = draw(values.y, values.pairs, values.width);
    }
    if (status == LV_OK) {
        status = measure(suite, options, &values, report, err);
    }
    free(values.x);
    free(values.y);
    if (status != LV_OK) {
        json_decref(report);
        return status;
    }
    *out = report;
    return LV_OK;
}
