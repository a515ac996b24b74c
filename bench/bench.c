#include "bench/bench.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/parallel.h"
#include "bench/measure.h"
#include "suite/rlwe/rlwe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH_DEFAULT = 32, PASSES_DEFAULT = 3, RUNS_MAX = 3, LARGE_SET = 256 };

static const double SECONDS_DEFAULT = 0.3;
static const double LARGE_SET_SECONDS = 0.1;  /* of encryption: no large sets beyond */
static const double MANY_CORES_SECONDS = 0.1; /* of one core's work that many share out */

/* ---- values and phases ---- */

lv_formula lv_bench_expected(uint64_t x, uint64_t y, unsigned width, unsigned *column)
{
    *column = 0;
    if (x == y) {
        return LV_EQUAL;
    }
    *column = (unsigned)__builtin_clzll(x ^ y) - (64 - width);
    return x < y ? LV_RISE : LV_FALL;
}

static lv_status draw(uint64_t **values, size_t count, unsigned width)
{
    *values = calloc(count, sizeof **values);
    if (*values == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_rng_fill(NULL, (uint8_t *)*values, count * sizeof **values);
    for (size_t i = 0; i < count; i++) {
        (*values)[i] &= (UINT64_C(1) << width) - 1;
    }
    return status;
}

lv_status lv_bench_values_draw(lv_bench_values *values, size_t pairs, unsigned width)
{
    *values = (lv_bench_values){.pairs = pairs, .width = width};
    lv_status status = draw(&values->x, pairs, width);
    return status == LV_OK ? draw(&values->y, pairs, width) : status;
}

void lv_bench_values_free(lv_bench_values *values)
{
    free(values->x);
    free(values->y);
    *values = (lv_bench_values){0};
}

size_t lv_bench_packing(const lv_suite *suite, unsigned width)
{
    return suite == lv_suite_find("rlwe1024") ? LV_RLWE_N / lv_rlwe_block(width) : 1;
}

lv_bench_moment lv_bench_now(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (lv_bench_moment){.wall = lv_clock_seconds(),
                             .processor = (double)used.tv_sec + (double)used.tv_nsec / 1e9};
}

double lv_bench_since(lv_bench_moment then, unsigned threads)
{
    double wall = lv_clock_seconds() - then.wall;
    if (threads > 1) {
        return wall;
    }
    double processor = lv_bench_now().processor - then.processor;
    return processor < wall ? processor : wall;
}

void lv_bench_take(lv_bench_times *times, lv_bench_phase phase, double seconds)
{
    double *least = &times->seconds[phase];
    *least = *least == 0 || seconds < *least ? seconds : *least;
}

static const struct {
    const char *name;
    lv_bench_phase phase;
} PHASES[] = {
    {"keygen", LV_BENCH_KEYGEN},       {"encrypt", LV_BENCH_ENCRYPT},
    {"read", LV_BENCH_READ},           {"combine", LV_BENCH_COMBINE},
    {"recompute", LV_BENCH_RECOMPUTE}, {"zero_test", LV_BENCH_ZERO_TEST},
    {"answer", LV_BENCH_ANSWER},
};

static json_t *per_pair(const lv_bench_times *times, lv_bench_phase phase, size_t pairs)
{
    return json_real(times->seconds[phase] / (double)pairs);
}

/* Sets "phases" and "whole". */
static void describe_product(json_t *run, const lv_bench_times *times, size_t pairs)
{
    json_t *phases = json_object();
    double whole = 0;
    for (size_t i = 0; i < sizeof PHASES / sizeof PHASES[0]; i++) {
        json_t *share = per_pair(times, PHASES[i].phase, pairs);
        whole += PHASES[i].phase != LV_BENCH_KEYGEN ? json_real_value(share) : 0;
        json_object_set_new(phases, PHASES[i].name, share);
    }
    json_object_set_new(run, "phases", phases);
    json_object_set_new(run, "whole", json_real(whole));
}

static void describe_scan(json_t *run, const lv_bench_times *times, size_t pairs)
{
    double whole = times->seconds[LV_BENCH_ENCRYPT] + times->seconds[LV_BENCH_SCAN_COMBINE] +
                   times->seconds[LV_BENCH_SCAN_ZERO_TEST];
    json_object_set_new(
        run, "scan",
        json_pack("{s:o, s:o, s:o, s:f}", "encrypt", per_pair(times, LV_BENCH_ENCRYPT, pairs),
                  "combine", per_pair(times, LV_BENCH_SCAN_COMBINE, pairs), "zero_test",
                  per_pair(times, LV_BENCH_SCAN_ZERO_TEST, pairs), "whole", whole / (double)pairs));
}

static void describe_proofs(json_t *run, const lv_bench_times *times, size_t pairs)
{
    json_t *proofs = json_null();
    if (times->seconds[LV_BENCH_PROVE] > 0) {
        proofs =
            json_pack("{s:o, s:o, s:f}", "prove", per_pair(times, LV_BENCH_PROVE, pairs), "check",
                      per_pair(times, LV_BENCH_CHECK, pairs), "bytes", times->proof_bytes);
    }
    json_object_set_new(run, "proofs", proofs);
}

/* ---- one run, measured in processes of its own ---- */

typedef struct {
    bool vectors;
    lv_bench_ask ask;
    lv_bench_times times;
} bench_run;

static lv_status measure(void *context, json_t **out, lv_error *err)
{
    const bench_run *run = context;
    lv_bench_times times = {.rounds = 0};
    lv_status status = lv_bench_product(&run->ask, &times, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *seconds = json_array();
    for (int i = 0; i < LV_BENCH_PHASES; i++) {
        json_array_append_new(seconds, json_real(times.seconds[i]));
    }
    *out = json_pack("{s:i, s:f, s:o}", "rounds", (int)times.rounds, "proof_bytes",
                     times.proof_bytes, "seconds", seconds);
    return *out != NULL ? LV_OK : LV_E_MEMORY;
}

static lv_status measure_once_more(bench_run *run, lv_error *err)
{
    json_t *answer = NULL;
    lv_status status = lv_bench_child(!run->vectors, measure, run, &answer, err);
    const json_t *seconds = json_object_get(answer, "seconds");
    for (int i = 0; i < LV_BENCH_PHASES && status == LV_OK; i++) {
        lv_bench_take(&run->times, (lv_bench_phase)i,
                      json_real_value(json_array_get(seconds, (size_t)i)));
    }
    run->times.rounds += (unsigned)json_integer_value(json_object_get(answer, "rounds"));
    run->times.proof_bytes = json_real_value(json_object_get(answer, "proof_bytes"));
    json_decref(answer);
    return status;
}

static json_t *describe_run(const bench_run *run)
{
    size_t pairs = run->ask.pairs;
    json_t *described = json_pack("{s:b, s:i, s:I, s:i}", "vectors", (int)run->vectors, "cores",
                                  (int)run->ask.threads, "pairs", (json_int_t)pairs, "rounds",
                                  (int)run->times.rounds);
    describe_product(described, &run->times, pairs);
    describe_proofs(described, &run->times, pairs);
    describe_scan(described, &run->times, pairs);
    return described;
}

static lv_status count_bytes(void *context, json_t **out, lv_error *err)
{
    const bench_run *run = context;
    lv_bench_bytes bytes;
    lv_status status = lv_bench_records(&run->ask, &bytes, err);
    if (status != LV_OK) {
        return status;
    }
    double pairs = (double)run->ask.pairs;
    double total = bytes.quality + bytes.xor_channel;
    *out = json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "pairs", (json_int_t)run->ask.pairs,
                     "quality", bytes.quality / pairs, "xor", bytes.xor_channel / pairs, "total",
                     total / pairs, "ciphertexts", bytes.ciphertexts / pairs, "proofs",
                     bytes.proofs / pairs, "without_proofs", (total - bytes.proofs) / pairs);
    return *out != NULL ? LV_OK : LV_E_MEMORY;
}

/* ---- one suite ---- */

/* What all measurements share. */
typedef struct {
    const lv_bench_options *options;
    unsigned width;
    unsigned threads;
    unsigned passes;
    double seconds;
    json_t *suites;
} bench;

static void show(const bench *b, const char *suite, const char *what, size_t done, size_t total)
{
    char words[96];
    if (b->options->progress != NULL) {
        snprintf(words, sizeof words, "bench: %s: %s", suite, what);
        b->options->progress(b->options->progress_context, words, done, total);
    }
}

/* Pairs that keep one core busy for long enough, in whole ciphertexts. */
static size_t many_pairs(const bench_run *one, size_t packing)
{
    double seconds = 0;
    for (size_t i = 0; i < sizeof PHASES / sizeof PHASES[0]; i++) {
        seconds += PHASES[i].phase != LV_BENCH_KEYGEN ? one->times.seconds[PHASES[i].phase] : 0;
    }
    size_t most = LV_SET_PAIRS_MAX / packing;
    size_t times = (size_t)(MANY_CORES_SECONDS / (seconds > 1e-6 ? seconds : 1e-6));
    times = times < 1 ? 1 : times;
    return packing * (times < most ? times : most);
}

static lv_status take_turns(const bench *b, bench_run *runs, size_t count, lv_error *err)
{
    static const char *const words[2] = {"portable", "vectors"};
    const char *name = lv_suite_name(runs[0].ask.suite);
    lv_status status = LV_OK;
    for (size_t i = 0; i < b->passes * count && status == LV_OK; i++) {
        bench_run *run = &runs[i % count];
        show(b, name, run->ask.threads > 1 ? "all cores" : words[run->vectors], i,
             b->passes * count);
        status = measure_once_more(run, err);
    }
    return status;
}

static lv_status measure_ready(void *context, json_t **out, lv_error *err)
{
    const bench_run *run = context;
    double publish = 0;
    double prepare = 0;
    lv_status status = lv_bench_ready(&run->ask, &publish, &prepare, err);
    if (status != LV_OK) {
        return status;
    }
    *out = json_pack("{s:f, s:f}", "publish", publish, "prepare", prepare);
    return *out != NULL ? LV_OK : LV_E_MEMORY;
}

static lv_status add_ready(const bench *b, bench_run *one, json_t **ready, lv_error *err)
{
    if (!lv_suite_has_masks(one->ask.suite)) {
        *ready = json_null();
        return LV_OK;
    }
    show(b, lv_suite_name(one->ask.suite), "made ready ahead", 0, 0);
    return lv_bench_child(!one->vectors, measure_ready, one, ready, err);
}

/* Of the set that one core was given; and of a large one, where the envelope weighs nothing. */
static lv_status add_bytes(const bench *b, const bench_run *one, json_t *sets, lv_error *err)
{
    bench_run run = *one;
    bool slow = one->times.seconds[LV_BENCH_ENCRYPT] > LARGE_SET_SECONDS;
    size_t count = b->options->pairs != 0 || slow ? 1 : 2;
    const size_t pairs[2] = {one->ask.pairs, LARGE_SET};
    lv_status status = LV_OK;
    for (size_t i = 0; i < count && status == LV_OK; i++) {
        json_t *bytes = NULL;
        run.ask.pairs = pairs[i];
        show(b, lv_suite_name(run.ask.suite), "records", i, count);
        status = lv_bench_child(!run.vectors, count_bytes, &run, &bytes, err);
        if (status == LV_OK) {
            json_array_append_new(sets, bytes);
        }
    }
    return status;
}

/* The runs on one core; returns how many. */
static size_t plan_runs(const bench *b, const lv_suite *suite, bool short_exponents,
                        bench_run *runs)
{
    const lv_bench_options *options = b->options;
    bool own_bits = options->key_bits != 0;
    runs[0] = (bench_run){
        .vectors = !lv_cpu_portable(),
        .ask = {.suite = suite,
                .key_bits = own_bits ? options->key_bits : lv_suite_default_key_bits(suite),
                .short_exponents = short_exponents,
                .width = b->width,
                .pairs = options->pairs != 0 ? options->pairs : lv_bench_packing(suite, b->width),
                .threads = 1,
                .seconds = b->seconds}};
    if (!runs[0].vectors) {
        return 1;
    }
    runs[1] = runs[0];
    runs[1].vectors = false;
    return 2;
}

static lv_status measure_suite(const bench *b, bench_run *runs, size_t *count, json_t *bytes,
                               lv_error *err)
{
    const lv_suite *suite = runs[0].ask.suite;
    lv_status status = lv_suite_check_key_bits(suite, runs[0].ask.key_bits, err);
    if (status == LV_OK) {
        status = take_turns(b, runs, *count, err);
    }
    if (status == LV_OK && b->threads > 1) {
        bench_run *many = &runs[(*count)++];
        *many = (bench_run){.vectors = runs[0].vectors, .ask = runs[0].ask};
        many->ask.threads = b->threads;
        if (b->options->pairs == 0) {
            many->ask.pairs = many_pairs(&runs[0], lv_bench_packing(suite, b->width));
        }
        status = take_turns(b, many, 1, err);
    }
    return status == LV_OK ? add_bytes(b, &runs[0], bytes, err) : status;
}

/* What the masks' exponents are called, NULL where there are none. */
static const char *exponent_word(const lv_suite *suite, bool short_exponents)
{
    if (!lv_suite_shortens(suite)) {
        return NULL;
    }
    return short_exponents ? "short" : "full";
}

static lv_status add_suite(const bench *b, const lv_suite *suite, bool short_exponents,
                           lv_error *err)
{
    bench_run runs[RUNS_MAX];
    size_t count = plan_runs(b, suite, short_exponents, runs);
    json_t *bytes = json_array();
    json_t *ready = NULL;
    lv_status status = measure_suite(b, runs, &count, bytes, err);
    if (status == LV_OK) {
        status = add_ready(b, &runs[0], &ready, err);
    }
    if (status != LV_OK) {
        json_decref(bytes);
        return status;
    }
    json_t *described = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(described, describe_run(&runs[i]));
    }
    json_t *all =
        json_pack("{s:s, s:i, s:s?, s:o, s:o, s:o}", "suite", lv_suite_name(suite), "bits",
                  (int)runs[0].ask.key_bits, "exponent", exponent_word(suite, short_exponents),
                  "runs", described, "bytes", bytes, "ready", ready);
    return json_array_append_new(b->suites, all) == 0 ? LV_OK : LV_E_MEMORY;
}

static lv_status add_suites(const bench *b, lv_error *err)
{
    const lv_suite *suite = NULL;
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && (suite = lv_suite_at(i)) != NULL; i++) {
        if (b->options->suite == NULL || strcmp(lv_suite_name(suite), b->options->suite) == 0) {
            status = add_suite(b, suite, false, err);
            if (status == LV_OK && b->options->short_exponents && lv_suite_shortens(suite)) {
                status = add_suite(b, suite, true, err);
            }
        }
    }
    return status;
}

/* ---- the whole bench ---- */

/* The published system is of suite paillier: beside another one it has its own default size. */
static lv_status add_baseline(const bench *b, json_t *report, lv_error *err)
{
    const lv_bench_options *options = b->options;
    const lv_suite *published = lv_suite_find("paillier");
    bool same = options->suite != NULL && lv_suite_find(options->suite) == published;
    unsigned key_bits =
        same && options->key_bits != 0 ? options->key_bits : lv_suite_default_key_bits(published);
    lv_job job = {
        .threads = 1, .progress = options->progress, .progress_context = options->progress_context};
    lv_bench_values values = {0};
    lv_bench_times times = {.rounds = 0};
    lv_status status = lv_bench_values_draw(&values, 1, b->width);
    if (status == LV_OK) {
        status = lv_bench_baseline(key_bits, &values, &job, &times, err);
    }
    if (status == LV_OK) {
        json_t *baseline = json_pack("{s:s, s:s, s:i}", "name", "published", "suite",
                                     lv_suite_name(published), "bits", (int)key_bits);
        describe_product(baseline, &times, 1);
        json_object_set_new(report, "baseline", baseline);
    }
    lv_bench_values_free(&values);
    return status;
}

/* What the suites find to compute with; each takes what it has use for. */
static const char *vectors_here(void)
{
    if (lv_cpu_portable()) {
        return "none";
    }
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && !lv_cpu_avx2()) {
        return __builtin_cpu_supports("avx512ifma") ? "avx512ifma" : "avx512";
    }
    return __builtin_cpu_supports("avx2") ? "avx2" : "none";
#else
    return "none";
#endif
}

static lv_status check(const lv_bench_options *options, lv_error *err)
{
    if (options->suite != NULL && lv_suite_find(options->suite) == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no suite %s", options->suite);
    }
    if (options->suite == NULL && options->key_bits != 0) {
        return lv_fail(err, LV_E_ARGUMENT, "a size of key is one suite's: say which");
    }
    if (options->pairs > LV_SET_PAIRS_MAX || options->width > LV_WIDTH_MAX) {
        return lv_fail(err, LV_E_RANGE, "a set has 1..%u pairs of 1..%d bits", LV_SET_PAIRS_MAX,
                       LV_WIDTH_MAX);
    }
    return LV_OK;
}

lv_status lv_bench_run(const lv_bench_options *options, json_t **out, lv_error *err)
{
    *out = NULL;
    lv_status status = check(options, err);
    if (status != LV_OK) {
        return status;
    }
    bench b = {.options = options,
               .width = options->width != 0 ? options->width : WIDTH_DEFAULT,
               .threads = options->threads != 0 ? options->threads : lv_processors(),
               .passes = options->passes != 0 ? options->passes : PASSES_DEFAULT,
               .seconds = options->seconds > 0 ? options->seconds : SECONDS_DEFAULT,
               .suites = json_array()};
    json_t *report = json_pack("{s:i, s:i, s:s, s:i, s:o, s:n}", "width", (int)b.width,
                               "processors", (int)lv_processors(), "vectors", vectors_here(),
                               "passes", (int)b.passes, "suites", b.suites, "baseline");
    status = report != NULL ? add_suites(&b, err) : LV_E_MEMORY;
    if (status == LV_OK && options->baseline) {
        status = add_baseline(&b, report, err);
    }
    if (status == LV_OK) {
        status = lv_bench_targets(report);
    }
    if (status != LV_OK) {
        json_decref(report);
        return status;
    }
    *out = report;
    return LV_OK;
}
