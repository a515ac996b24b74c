#include "bench/scale.h"
#include "base/file.h"
#include "base/parallel.h"
#include "bench/publish.h"
#include "ledger/embedded/db.h"
#include <inttypes.h>
#include <lotveil/suite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t SIZES[] = {1, 100, 10000, 100000, 1000000, 10000000, LV_SCALE_PAIRS_MAX};
static const char SUITE[] = "rlwe1024";
static const unsigned WIDTH = 32;
static const char SERIES[] = "scale";

typedef struct {
    const lv_scale_options *options;
    lv_bench_world world;
    uint64_t pairs;
    lv_bench_published published;
    double cpu;
    uint64_t peak;
    double record_bytes;
    double ledger_bytes;
    double store_bytes;
} run;

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void show(void *context, uint64_t done)
{
    const run *r = context;
    char phase[64];
    if (r->options->progress != NULL) {
        snprintf(phase, sizeof phase, "%" PRIu64 " pairs", r->pairs);
        r->options->progress(r->options->progress_context, phase, (size_t)done, (size_t)r->pairs);
    }
}

/* ---- what it left ---- */

static uint64_t size_of(const char *folder, const char *name)
{
    struct stat info;
    char *path = lv_path_join(folder, name);
    bool there = path != NULL && stat(path, &info) == 0;
    free(path);
    return there ? (uint64_t)info.st_size : 0;
}

/* The signed transactions of a channel, the genesis apart. */
static lv_status transaction_bytes(const run *r, const char *name, uint64_t *bytes, lv_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char *path = lv_path_join(r->world.ledger, name);
    lv_status status = path != NULL ? lv_db_open(path, LV_DB_READ, 1000, &db, err) : LV_E_MEMORY;
    if (status == LV_OK &&
        (sqlite3_prepare_v2(db, "SELECT sum(length(bytes)) FROM tx WHERE block > 0", -1, &row,
                            NULL) != SQLITE_OK ||
         sqlite3_step(row) != SQLITE_ROW)) {
        status = lv_db_fault(db, sqlite3_extended_errcode(db), path, err);
    }
    if (status == LV_OK) {
        *bytes += (uint64_t)sqlite3_column_int64(row, 0);
    }
    lv_db_close(db); /* and with it the statement */
    free(path);
    return status;
}

/* Once the node has ended, so that no part of its files stands in a log beside them. */
static lv_status weigh(run *r, lv_error *err)
{
    uint64_t records = 0;
    lv_status status = transaction_bytes(r, "quality.ledger", &records, err);
    if (status == LV_OK) {
        status = transaction_bytes(r, "xor.ledger", &records, err);
    }
    uint64_t files =
        size_of(r->world.ledger, "quality.ledger") + size_of(r->world.ledger, "xor.ledger");
    r->record_bytes = (double)records / (double)r->pairs;
    r->ledger_bytes = (double)files / (double)r->pairs;
    r->store_bytes = (double)size_of(r->world.node, "state/node.db") / (double)r->pairs;
    return status;
}

/* ---- the runs ---- */

static lv_status measure(run *r, lv_error *err)
{
    const lv_bench_rows rows = {.world = &r->world,
                                .series = SERIES,
                                .rows = r->pairs + 1,
                                .progress = show,
                                .progress_context = r};
    lv_status status = lv_bench_world_start(&r->world, err);
    double idle = lv_bench_process_cpu(r->world.pid);
    if (status == LV_OK) {
        show(r, 0);
        status = lv_bench_publish(&rows, &r->published, err);
    }
    r->peak = lv_bench_process_peak(r->world.pid);
    r->cpu = lv_bench_process_cpu(r->world.pid) - idle;
    if (status == LV_OK) {
        status = lv_bench_world_stop(&r->world, err);
    }
    return status == LV_OK ? weigh(r, err) : status;
}

static json_t *describe(const run *r)
{
    return json_pack(
        "{s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "pairs", (json_int_t)r->pairs, "sets",
        (json_int_t)r->published.sets, "seconds", r->published.seconds, "cpu_seconds_per_pair",
        r->cpu / (double)r->pairs, "seconds_per_pair", r->published.seconds / (double)r->pairs,
        "record_bytes_per_pair", r->record_bytes, "ledger_bytes_per_pair", r->ledger_bytes,
        "store_bytes_per_pair", r->store_bytes, "node_peak_bytes", (json_int_t)r->peak,
        "sender_peak_bytes", (json_int_t)lv_bench_process_peak(getpid()));
}

static lv_status run_one(const lv_scale_options *options, uint64_t pairs, json_t *runs,
                         lv_error *err)
{
    run r = {.options = options, .pairs = pairs};
    const lv_bench_world_options world = {.parent = options->folder, .threads = options->threads};
    lv_status status = lv_bench_world_open(&world, &r.world, err);
    if (status == LV_OK) {
        status = lv_bench_world_series(&r.world, SERIES, SUITE, 0, err);
    }
    if (status == LV_OK) {
        status = measure(&r, err);
    }
    lv_bench_world_close(&r.world);
    if (status == LV_OK && json_array_append_new(runs, describe(&r)) != 0) {
        status = LV_E_MEMORY;
    }
    return status;
}

static json_t *quotient(const json_t *from, const json_t *to, const char *name)
{
    double base = json_number_value(json_object_get(from, name));
    return base > 0 ? json_real(json_number_value(json_object_get(to, name)) / base) : json_null();
}

/* Of the largest run to the first that has at least one full set. */
static json_t *ratio(const json_t *runs, size_t full)
{
    const json_t *to = json_array_get(runs, json_array_size(runs) - 1);
    for (size_t i = 0; i + 1 < json_array_size(runs); i++) {
        const json_t *from = json_array_get(runs, i);
        if ((size_t)number(from, "pairs") >= full) {
            return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "from", number(from, "pairs"), "to",
                             number(to, "pairs"), "seconds_per_pair",
                             quotient(from, to, "seconds_per_pair"), "cpu_seconds_per_pair",
                             quotient(from, to, "cpu_seconds_per_pair"), "record_bytes_per_pair",
                             quotient(from, to, "record_bytes_per_pair"), "node_peak_bytes",
                             quotient(from, to, "node_peak_bytes"));
        }
    }
    return json_null();
}

static lv_status run_all(const lv_scale_options *options, json_t *runs, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && SIZES[i] < options->pairs; i++) {
        status = run_one(options, SIZES[i], runs, err);
    }
    return status == LV_OK ? run_one(options, options->pairs, runs, err) : status;
}

lv_status lv_scale_run(const lv_scale_options *options, json_t **out, lv_error *err)
{
    *out = NULL;
    if (options->pairs == 0 || options->pairs > LV_SCALE_PAIRS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "bench: 1 to %u pairs", LV_SCALE_PAIRS_MAX);
    }
    json_t *runs = json_array();
    lv_status status = runs != NULL ? run_all(options, runs, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        size_t full = lv_suite_set_pairs(lv_suite_find(SUITE));
        unsigned threads = options->threads != 0 ? options->threads : lv_processors();
        *out = json_pack("{s:s, s:I, s:I, s:I, s:O, s:o}", "suite", SUITE, "width",
                         (json_int_t)WIDTH, "pairs_per_set", (json_int_t)full, "threads",
                         (json_int_t)threads, "runs", runs, "ratio", ratio(runs, full));
        status = *out != NULL ? LV_OK : LV_E_MEMORY;
    }
    json_decref(runs);
    return status;
}
