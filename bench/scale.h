/** `lotveil bench --scale`: what publishing costs as the work grows. */
#ifndef LV_BENCH_SCALE_H
#define LV_BENCH_SCALE_H

#include <jansson.h>
#include <lotveil/status.h>
#include <stdint.h>

typedef struct {
    uint64_t pairs;     /* of the largest run, 1..LV_SCALE_PAIRS_MAX */
    unsigned threads;   /* of the node; 0: all processors */
    const char *folder; /* where a folder for the runs is made and removed again */
    void (*progress)(void *context, const char *phase, size_t done, size_t total); /* or NULL */
    void *progress_context;
} lv_scale_options;

#define LV_SCALE_PAIRS_MAX 100000000U

/** Publishes 1, 100, 10,000, 100,000, 1,000,000 ... pairs up to `pairs`, each by a downstream's
 *  node of its own that runs as a process of its own and takes a generated CSV through its control
 *  door, with suite rlwe1024 and fresh embedded ledgers. Measured is the way from the first byte of
 *  the CSV to the last record on the ledgers.
 *
 *      {"suite", "width", "pairs_per_set", "threads",
 *       "runs": [{"pairs", "sets", "seconds", "seconds_per_pair", "cpu_seconds_per_pair",
 *                 "record_bytes_per_pair",
 *                 "ledger_bytes_per_pair", "store_bytes_per_pair", "node_peak_bytes",
 *                 "sender_peak_bytes"}],
 *       "ratio": {"from", "to", "seconds_per_pair", "cpu_seconds_per_pair",
 * "record_bytes_per_pair", "node_peak_bytes"}}
 *
 *  cpu_seconds: processor time of the node, which other work on the machine does not change.
 *  record_bytes: of the signed transactions of both channels. ledger_bytes: of the two files, which
 *  hold each record twice (history and state). The ratio is that of the largest run to the first
 *  with full sets; null where there are not two such runs.
 *
 * @return LV_OK; LV_E_ARGUMENT; whatever fails in a node, with words. */
LV_MUST_CHECK lv_status lv_scale_run(const lv_scale_options *options, json_t **out, lv_error *err);

#endif
