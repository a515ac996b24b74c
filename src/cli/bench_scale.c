#include "cli/bench_scale.h"
#include "bench/scale.h"
#include "cli/progress.h"
#include <stdio.h>
#include <stdlib.h>

static const double MEGABYTE = 1048576.0;

static double of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void print_words(const json_t *result)
{
    const json_t *ratio = json_object_get(result, "ratio");
    size_t i = 0;
    json_t *run = NULL;
    printf("%s, %.0f pairs a set, %.0f threads: publishing from CSV to ledger\n\n"
           "%10s %9s %10s %10s %10s %10s %10s %9s %9s\n",
           json_string_value(json_object_get(result, "suite")), of(result, "pairs_per_set"),
           of(result, "threads"), "pairs", "seconds", "s/pair", "cpu s/pair", "records B",
           "ledgers B", "store B", "node MB", "sender MB");
    json_array_foreach(json_object_get(result, "runs"), i, run)
    {
        printf("%10.0f %9.2f %10.3g %10.3g %10.0f %10.0f %10.0f %9.0f %9.0f\n", of(run, "pairs"),
               of(run, "seconds"), of(run, "seconds_per_pair"), of(run, "cpu_seconds_per_pair"),
               of(run, "record_bytes_per_pair"), of(run, "ledger_bytes_per_pair"),
               of(run, "store_bytes_per_pair"), of(run, "node_peak_bytes") / MEGABYTE,
               of(run, "sender_peak_bytes") / MEGABYTE);
    }
    puts("\nbytes are per pair; the ledgers' files hold each record twice, in history and state");
    if (json_is_object(ratio)) {
        printf("from %.0f to %.0f pairs: seconds a pair x %.2f (processor time x %.2f), bytes a "
               "pair x %.2f, memory x "
               "%.2f\n",
               of(ratio, "from"), of(ratio, "to"), of(ratio, "seconds_per_pair"),
               of(ratio, "cpu_seconds_per_pair"), of(ratio, "record_bytes_per_pair"),
               of(ratio, "node_peak_bytes"));
    }
}

int lv_bench_scale(const lv_cli *cli, uint64_t pairs, unsigned threads)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): before there is a thread */
    const char *folder = getenv("TMPDIR");
    lv_error err = {0};
    lv_progress progress;
    json_t *result = NULL;
    lv_progress_begin(&progress, stderr);
    const lv_scale_options options = {.pairs = pairs,
                                      .threads = threads,
                                      .folder =
                                          folder != NULL && folder[0] != '\0' ? folder : "/tmp",
                                      .progress = lv_progress_job,
                                      .progress_context = &progress};
    lv_status status = lv_scale_run(&options, &result, &err);
    lv_progress_end(&progress);
    if (status == LV_OK && cli->json) {
        status = lv_cli_print_json(result, &err);
    } else if (status == LV_OK) {
        print_words(result);
    }
    json_decref(result);
    return lv_cli_finish(status, &err);
}
