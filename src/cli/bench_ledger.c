#include "cli/bench_ledger.h"
#include "cli/bench_table.h"
#include "cli/network.h"
#include "cli/progress.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double of(const json_t *object, const char *part, const char *name)
{
    return json_number_value(json_object_get(json_object_get(object, part), name));
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void put_name(const json_t *suite)
{
    char name[64];
    snprintf(name, sizeof name, "%s, %.0f bits", text(suite, "suite"),
             json_number_value(json_object_get(suite, "bits")));
    printf("%-24s", name);
}

static void put_heading(const json_t *result)
{
    printf("ledger: %s", text(result, "ledger"));
    if (text(result, "release") != NULL) {
        printf(" %s, BatchTimeout %.0f ms", text(result, "release"),
               json_number_value(json_object_get(result, "batch_timeout_ms")));
    }
    printf("; %.0f processors. From a CSV through the downstream's node until the\n"
           "last record is committed on both channels; nothing is made ahead.\n\n",
           json_number_value(json_object_get(result, "processors")));
}

static void put_runs(const json_t *suites)
{
    size_t i = 0;
    const json_t *suite = NULL;
    printf("%-24s%8s%6s%9s%10s%10s%9s%9s%9s\n", "many pairs", "pairs", "sets", "seconds", "pairs/s",
           "accepted", "making", "xor", "quality");
    json_array_foreach(suites, i, suite)
    {
        const double rate = of(suite, "run", "pairs_per_second");
        put_name(suite);
        printf("%8.0f%6.0f%9.2f%10.*f%10.2f%9.2f%9.2f%9.2f\n", of(suite, "run", "pairs"),
               of(suite, "run", "sets"), of(suite, "run", "seconds"), rate < 100 ? 2 : 0, rate,
               of(suite, "run", "accepted_seconds"), of(suite, "run", "making_seconds"),
               of(suite, "run", "xor_seconds"), of(suite, "run", "quality_seconds"));
    }
}

static void put_singles(const json_t *suites)
{
    size_t i = 0;
    const json_t *suite = NULL;
    printf("\n%-24s%8s%9s%9s%9s%9s\n", "single pairs, ms", "count", "p50", "p90", "p99", "max");
    json_array_foreach(suites, i, suite)
    {
        put_name(suite);
        printf("%8.0f%9.1f%9.1f%9.1f%9.1f\n", of(suite, "single", "count"),
               1000 * of(suite, "single", "p50"), 1000 * of(suite, "single", "p90"),
               1000 * of(suite, "single", "p99"), 1000 * of(suite, "single", "max"));
    }
}

static void put_bytes(const json_t *suites)
{
    size_t i = 0;
    const json_t *suite = NULL;
    printf("\n%-24s%12s%12s%12s   %s\n", "bytes a pair", "quality", "xor", "records",
           "what the ledger stores grew by");
    json_array_foreach(suites, i, suite)
    {
        size_t j = 0;
        const json_t *stored = NULL;
        put_name(suite);
        printf("%12.0f%12.0f%12.0f  ", of(suite, "bytes", "quality"), of(suite, "bytes", "xor"),
               of(suite, "bytes", "quality") + of(suite, "bytes", "xor"));
        json_array_foreach(json_object_get(json_object_get(suite, "bytes"), "stored"), j, stored)
        {
            printf("%s %s %.0f", j > 0 ? "," : "", text(stored, "name"),
                   json_number_value(json_object_get(stored, "bytes")));
        }
        putchar('\n');
    }
}

static int finish(const lv_cli *cli, lv_status status, const json_t *result, lv_error *err)
{
    const json_t *suites = json_object_get(result, "suites");
    if (status == LV_OK && cli->json) {
        status = lv_cli_print_json(result, err);
    } else if (status == LV_OK) {
        put_heading(result);
        put_runs(suites);
        put_singles(suites);
        put_bytes(suites);
        lv_bench_targets_print(result, stdout);
    }
    return lv_cli_finish(status, err);
}

/* ---- a network for the run ---- */

static const unsigned BATCH_MS = 200; /* that the targets are told for */

/* What a network stores, as deploy/fabric/network.sh lays it out. */
static const struct {
    const char *name;
    const char *folder;
} STORED[] = {
    {"peer quality", "peer.b/data/ledgersData/chains/chains/quality"},
    {"peer xor", "peer.b/data/ledgersData/chains/chains/xor"},
    {"orderer quality", "orderer.1/data/ledger/chains/quality"},
    {"orderer xor", "orderer.1/data/ledger/chains/xor"},
};
#define STORED_COUNT (sizeof STORED / sizeof STORED[0])

/* A network of this run alone, below a folder that goes with it. */
typedef struct {
    char *state;
    char *downstream;
    char *folders[STORED_COUNT];
    lv_bench_storage storages[STORED_COUNT];
    char release[32];
    lv_network network;
} fabric;

static lv_status make_state(const char *parent, fabric *f, lv_error *err)
{
    f->state = lv_cli_path(parent, "lotveil-network-XXXXXX", err);
    if (f->state == NULL) {
        return LV_E_MEMORY;
    }
    if (mkdtemp(f->state) == NULL) {
        lv_fail(err, LV_E_IO, "%s: %s", f->state, strerror(errno));
        free(f->state);
        f->state = NULL;
        return LV_E_IO;
    }
    return LV_OK;
}

static lv_status name_folders(fabric *f, lv_error *err)
{
    f->downstream = lv_cli_path(f->state, "b", err);
    for (size_t i = 0; i < STORED_COUNT; i++) {
        f->folders[i] = lv_cli_path(f->state, STORED[i].folder, err);
        if (f->folders[i] == NULL) {
            return LV_E_MEMORY;
        }
        f->storages[i] = (lv_bench_storage){STORED[i].name, f->folders[i]};
    }
    return f->downstream != NULL ? LV_OK : LV_E_MEMORY;
}

static lv_status bring_up(const char *parent, fabric *f, lv_error *err)
{
    char timeout[32];
    snprintf(timeout, sizeof timeout, "%ums", BATCH_MS);
    lv_status status = lv_network_check(err);
    if (status == LV_OK) {
        status = make_state(parent, f, err);
    }
    if (status == LV_OK) {
        const lv_network_plan plan = {.state = f->state, .batch_timeout = timeout};
        status = lv_network_up(&plan, &f->network, err);
    }
    if (status != LV_OK) {
        /* What the words point to stays. */
        free(f->state);
        f->state = NULL;
        return status;
    }
    status = lv_network_temporary(&f->network, err);
    if (status == LV_OK) {
        status = lv_network_setting(f->state, "made_with", f->release, sizeof f->release, err);
    }
    return status == LV_OK ? name_folders(f, err) : status;
}

static void take_down(fabric *f)
{
    lv_network_down(&f->network);
    for (size_t i = 0; i < STORED_COUNT; i++) {
        free(f->folders[i]);
    }
    free(f->downstream);
    free(f->state);
}

static lv_status run_on_fabric(lv_bench_ledger_options *options, lv_progress *progress,
                               json_t **result, lv_error *err)
{
    fabric f = {0};
    lv_status status = bring_up(options->folder, &f, err);
    if (status == LV_OK) {
        const lv_bench_network network = {.name = "fabric",
                                          .release = f.release,
                                          .batch_ms = BATCH_MS,
                                          .organisation = f.downstream,
                                          .storages = f.storages,
                                          .storage_count = STORED_COUNT};
        options->network = &network;
        options->folder = f.state;
        lv_progress_begin(progress, stderr);
        status = lv_bench_ledger_run(options, result, err);
        lv_progress_end(progress);
        options->network = NULL;
    }
    take_down(&f);
    return status;
}

int lv_bench_ledger(const lv_cli *cli, const char *kind, const lv_bench_ledger_options *options)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): before there is a thread */
    const char *folder = getenv("TMPDIR");
    lv_bench_ledger_options whole = *options;
    lv_error err = {0};
    lv_progress progress;
    json_t *result = NULL;
    lv_status status = LV_OK;
    whole.folder = folder != NULL && folder[0] != '\0' ? folder : "/tmp";
    whole.progress = lv_progress_job;
    whole.progress_context = &progress;
    if (strcmp(kind, "fabric") == 0) {
        status = run_on_fabric(&whole, &progress, &result, &err);
    } else {
        lv_progress_begin(&progress, stderr);
        status = lv_bench_ledger_run(&whole, &result, &err);
        lv_progress_end(&progress);
    }
    int code = finish(cli, status, result, &err);
    json_decref(result);
    return code;
}
