#include "bench/ledger.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parallel.h"
#include "bench/measure.h"
#include "bench/publish.h"
#include "bench/storage.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned WIDTH = 32;
static const unsigned SINGLES = 20;

/* What is measured where nothing else is asked for. */
static const struct {
    const char *suite;
    unsigned key_bits;
    uint64_t pairs;
} RUNS[] = {
    {"rlwe1024", 1024, 65536},
    {"ristretto255", 256, 2048},
    {"paillier", 2048, 16},
    {"paillier", 6000, 8},
};
#define RUN_COUNT (sizeof RUNS / sizeof RUNS[0])

/* A suite on its way through the node. */
typedef struct {
    const lv_bench_ledger_options *options;
    const lv_bench_world *world;
    const char *suite;
    uint64_t pairs;
    uint64_t row;  /* the next one */
    double *taken; /* by each single pair */
    unsigned key_bits;
    unsigned singles;
    char series[64];
    lv_bench_published published;
    double cpu;
    double stages[3]; /* seconds of the node: making, xor, quality */
    lv_bench_weights grown;
    double quality; /* bytes of the signed records */
    double xor_channel;
} run;

static const char *const STAGES[] = {"making", "xor", "quality"};

static void show(const run *r, const char *what, size_t done, size_t total)
{
    char phase[64];
    if (r->options->progress != NULL) {
        snprintf(phase, sizeof phase, "%s %u: %s", r->suite, r->key_bits, what);
        r->options->progress(r->options->progress_context, phase, done, total);
    }
}

static void show_pairs(void *context, uint64_t pairs)
{
    const run *r = context;
    show(r, "pairs", (size_t)pairs, (size_t)r->pairs);
}

/* ---- rows ---- */

/* `rows` more of them, which make as many pairs but for the very first. */
static lv_status publish(run *r, uint64_t rows, bool told, lv_bench_published *out, lv_error *err)
{
    const lv_bench_rows more = {.world = r->world,
                                .series = r->series,
                                .first = r->row,
                                .rows = rows,
                                .progress = told ? show_pairs : NULL,
                                .progress_context = r};
    r->row += rows;
    return lv_bench_publish(&more, out, err);
}

/* How long the node was about each stage of publishing so far. */
static lv_status read_stages(const run *r, double stages[3], lv_error *err)
{
    json_t *health = NULL;
    lv_status status = lv_bench_get(r->world, "/healthz", &health, err);
    const json_t *publishing = json_object_get(health, "publishing");
    for (size_t i = 0; status == LV_OK && i < 3; i++) {
        stages[i] = json_number_value(json_object_get(publishing, STAGES[i]));
    }
    json_decref(health);
    return status;
}

static lv_status measure_many(run *r, lv_error *err)
{
    double before[3] = {0};
    lv_bench_weights light = {0};
    lv_status status = read_stages(r, before, err);
    if (status == LV_OK) {
        status = lv_bench_weigh(r->world, r->options->network, &light, err);
    }
    double cpu = lv_bench_process_cpu(r->world->pid);
    if (status == LV_OK) {
        status = publish(r, r->pairs, true, &r->published, err);
    }
    r->cpu = lv_bench_process_cpu(r->world->pid) - cpu;
    if (status == LV_OK) {
        status = read_stages(r, r->stages, err);
    }
    for (size_t i = 0; i < 3; i++) {
        r->stages[i] -= before[i];
    }
    if (status == LV_OK) {
        status = lv_bench_weigh(r->world, r->options->network, &r->grown, err);
    }
    for (size_t i = 0; i < r->grown.count; i++) {
        r->grown.bytes[i] -= light.bytes[i];
    }
    return status == LV_OK ? lv_bench_weigh_records(r->world, r->published.batch, &r->quality,
                                                    &r->xor_channel, err)
                           : status;
}

static lv_status measure_singles(run *r, lv_error *err)
{
    lv_status status = LV_OK;
    for (unsigned i = 0; status == LV_OK && i < r->singles; i++) {
        lv_bench_published one;
        show(r, "single pairs", i, r->singles);
        status = publish(r, 1, false, &one, err);
        r->taken[i] = one.seconds;
    }
    show(r, "single pairs", r->singles, r->singles);
    return status;
}

/* ---- what came of it ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank, of sorted ones. */
static double percentile(const run *r, unsigned percent)
{
    unsigned rank = (r->singles * percent + 99) / 100;
    return r->taken[rank > 0 ? rank - 1 : 0];
}

static json_t *describe_stored(const run *r)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < r->grown.count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:f}", "name", r->grown.names[i], "bytes",
                                              r->grown.bytes[i] / (double)r->published.pairs));
    }
    return list;
}

static json_t *describe(run *r)
{
    const lv_bench_published *p = &r->published;
    double pairs = (double)p->pairs;
    qsort(r->taken, r->singles, sizeof *r->taken, by_size);
    json_t *many = json_pack("{s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "pairs",
                             (json_int_t)p->pairs, "sets", (json_int_t)p->sets, "seconds",
                             p->seconds, "pairs_per_second", pairs / p->seconds, "accepted_seconds",
                             p->accepted, "making_seconds", r->stages[0], "xor_seconds",
                             r->stages[1], "quality_seconds", r->stages[2], "cpu_seconds", r->cpu);
    json_t *single = json_pack("{s:I, s:f, s:f, s:f, s:f}", "count", (json_int_t)r->singles, "p50",
                               percentile(r, 50), "p90", percentile(r, 90), "p99",
                               percentile(r, 99), "max", percentile(r, 100));
    json_t *bytes = json_pack("{s:f, s:f, s:o}", "quality", r->quality / pairs, "xor",
                              r->xor_channel / pairs, "stored", describe_stored(r));
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "suite", r->suite, "bits",
                     (json_int_t)r->key_bits, "pairs_per_set",
                     (json_int_t)lv_suite_set_pairs(lv_suite_find(r->suite)), "run", many, "single",
                     single, "bytes", bytes);
}

static double found(const json_t *suites, const char *name, const char *part, const char *value)
{
    size_t i = 0;
    const json_t *suite = NULL;
    json_array_foreach(suites, i, suite)
    {
        if (strcmp(json_string_value(json_object_get(suite, "suite")), name) == 0) {
            return json_number_value(json_object_get(json_object_get(suite, part), value));
        }
    }
    return 0;
}

static json_t *hold_targets(const json_t *suites)
{
    json_t *targets = json_array();
    if (targets != NULL) {
        lv_bench_target(targets, "rlwe1024: pairs a second onto both channels",
                        found(suites, "rlwe1024", "run", "pairs_per_second"), true, 5000);
        lv_bench_target(targets, "ristretto255 with proofs: pairs a second",
                        found(suites, "ristretto255", "run", "pairs_per_second"), true, 100);
        lv_bench_target(targets, "rlwe1024: milliseconds of a single pair, p50",
                        1000 * found(suites, "rlwe1024", "single", "p50"), false, 600);
    }
    return targets;
}

/* ---- the runs ---- */

static bool is_asked(const lv_bench_ledger_options *o, size_t i)
{
    return (o->suite == NULL || strcmp(o->suite, RUNS[i].suite) == 0) &&
           (o->key_bits == 0 || o->key_bits == RUNS[i].key_bits);
}

/* A size of key that is not among those measured by themselves takes their place. */
static size_t plan(const lv_bench_ledger_options *o, run runs[RUN_COUNT])
{
    size_t count = 0;
    size_t nearest = RUN_COUNT;
    for (size_t i = 0; i < RUN_COUNT; i++) {
        if (is_asked(o, i)) {
            runs[count++] = (run){.suite = RUNS[i].suite,
                                  .key_bits = RUNS[i].key_bits,
                                  .pairs = o->pairs != 0 ? o->pairs : RUNS[i].pairs};
        }
        nearest = o->suite != NULL && strcmp(o->suite, RUNS[i].suite) == 0 ? i : nearest;
    }
    if (count == 0 && nearest < RUN_COUNT) {
        runs[count++] = (run){.suite = RUNS[nearest].suite,
                              .key_bits = o->key_bits,
                              .pairs = o->pairs != 0 ? o->pairs : RUNS[nearest].pairs};
    }
    for (size_t i = 0; i < count; i++) {
        runs[i].options = o;
        runs[i].singles = o->singles != 0 ? o->singles : SINGLES;
        snprintf(runs[i].series, sizeof runs[i].series, "bench-%s-%u", runs[i].suite,
                 runs[i].key_bits);
    }
    return count;
}

static lv_status measure(run *r, json_t *suites, lv_error *err)
{
    lv_bench_published warm;
    r->taken = calloc(r->singles, sizeof *r->taken);
    lv_status status = r->taken != NULL ? publish(r, 2, false, &warm, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = measure_many(r, err);
    }
    if (status == LV_OK) {
        status = measure_singles(r, err);
    }
    if (status == LV_OK && json_array_append_new(suites, describe(r)) != 0) {
        status = LV_E_MEMORY;
    }
    free(r->taken);
    return status;
}

static lv_status measure_all(lv_bench_world *world, run *runs, size_t count, json_t *suites,
                             uint64_t *peak, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        runs[i].world = world;
        status = lv_bench_world_series(world, runs[i].series, runs[i].suite, runs[i].key_bits, err);
    }
    if (status == LV_OK) {
        status = lv_bench_world_start(world, err);
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        status = measure(&runs[i], suites, err);
    }
    *peak = lv_bench_process_peak(world->pid);
    return status == LV_OK ? lv_bench_world_stop(world, err) : status;
}

static json_t *report(const lv_bench_ledger_options *o, json_t *suites, uint64_t peak)
{
    const lv_bench_network *network = o->network;
    unsigned threads = o->threads != 0 ? o->threads : lv_processors();
    return json_pack("{s:s, s:s?, s:o, s:I, s:o, s:I, s:O, s:I, s:o}", "ledger",
                     network != NULL ? network->name : "embedded", "release",
                     network != NULL ? network->release : NULL, "batch_timeout_ms",
                     network != NULL ? json_integer((json_int_t)network->batch_ms) : json_null(),
                     "processors", (json_int_t)lv_processors(), "threads",
                     network != NULL ? json_null() : json_integer((json_int_t)threads), "width",
                     (json_int_t)WIDTH, "suites", suites, "node_peak_bytes", (json_int_t)peak,
                     "targets", hold_targets(suites));
}

static lv_status check_options(const lv_bench_ledger_options *o, lv_error *err)
{
    if (o->suite != NULL && lv_suite_find(o->suite) == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "bench: there is no suite \"%s\"", o->suite);
    }
    if (o->singles > LV_BENCH_SINGLES_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "bench: at most %u single pairs", LV_BENCH_SINGLES_MAX);
    }
    if (o->pairs > LV_BENCH_ROW_MAX - LV_BENCH_SINGLES_MAX - 2) {
        return lv_fail(err, LV_E_ARGUMENT, "bench: at most %u pairs",
                       LV_BENCH_ROW_MAX - LV_BENCH_SINGLES_MAX - 2);
    }
    return o->network != NULL && o->network->storage_count > LV_BENCH_STORAGES_MAX
               ? lv_fail(err, LV_E_ARGUMENT, "bench: at most %u storages", LV_BENCH_STORAGES_MAX)
               : LV_OK;
}

lv_status lv_bench_ledger_run(const lv_bench_ledger_options *options, json_t **out, lv_error *err)
{
    run runs[RUN_COUNT];
    uint64_t peak = 0;
    const lv_bench_world_options place = {
        .parent = options->folder,
        .threads = options->threads,
        .organisation = options->network != NULL ? options->network->organisation : NULL};
    lv_bench_world world = {0};
    *out = NULL;
    lv_status status = check_options(options, err);
    if (status == LV_OK) {
        status = lv_bench_world_open(&place, &world, err);
    }
    if (status != LV_OK) {
        return status;
    }
    json_t *suites = json_array();
    status = suites != NULL ? measure_all(&world, runs, plan(options, runs), suites, &peak, err)
                            : LV_E_MEMORY;
    lv_bench_world_close(&world);
    if (status == LV_OK) {
        *out = report(options, suites, peak);
        status = *out != NULL ? LV_OK : LV_E_MEMORY;
    }
    json_decref(suites);
    return status;
}
