#include "cli/bench_ledger.h"
#include "cli/bench_table.h"
#include "cli/progress.h"
#include <stdio.h>
#include <stdlib.h>

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
        put_name(suite);
        printf("%8.0f%6.0f%9.2f%10.4g%10.2f%9.2f%9.2f%9.2f\n", of(suite, "run", "pairs"),
               of(suite, "run", "sets"), of(suite, "run", "seconds"),
               of(suite, "run", "pairs_per_second"), of(suite, "run", "accepted_seconds"),
               of(suite, "run", "making_seconds"), of(suite, "run", "xor_seconds"),
               of(suite, "run", "quality_seconds"));
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

int lv_bench_ledger(const lv_cli *cli, const char *kind, const lv_bench_ledger_options *options)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): before there is a thread */
    const char *folder = getenv("TMPDIR");
    lv_bench_ledger_options whole = *options;
    lv_error err = {0};
    lv_progress progress;
    json_t *result = NULL;
    (void)kind;
    lv_progress_begin(&progress, stderr);
    whole.folder = folder != NULL && folder[0] != '\0' ? folder : "/tmp";
    whole.progress = lv_progress_job;
    whole.progress_context = &progress;
    lv_status status = lv_bench_ledger_run(&whole, &result, &err);
    lv_progress_end(&progress);
    int code = finish(cli, status, result, &err);
    json_decref(result);
    return code;
}
