/** `lotveil bench --ledger`: what goes through a downstream's node onto both channels. */
#ifndef LV_BENCH_LEDGER_H
#define LV_BENCH_LEDGER_H

#include <jansson.h>
#include <lotveil/status.h>
#include <stdint.h>

/** Files of a ledger that are weighed before and after: all below a folder. */
typedef struct {
    const char *name;
    const char *folder;
} lv_bench_storage;

/** A network that stands, with a downstream that nobody runs. */
typedef struct {
    const char *name;         /* "fabric" */
    const char *release;      /* of its programs */
    unsigned batch_ms;        /* how long its orderer waits for a block to fill */
    const char *organisation; /* folder of the downstream: config.yaml, msp, series, state */
    const lv_bench_storage *storages;
    size_t storage_count;
} lv_bench_network;

typedef struct {
    const lv_bench_network *network; /* NULL: fresh embedded ledgers */
    const char *suite;               /* NULL: all of them */
    unsigned key_bits;               /* 0: all that are measured; only with `suite` */
    uint64_t pairs;                  /* of a run; 0: what suits the suite */
    unsigned singles;                /* single pairs of a suite; 0: 20 */
    unsigned threads;                /* of a node with embedded ledgers; 0: all processors */
    const char *folder;              /* where a folder for the run is made and removed again */
    void (*progress)(void *context, const char *phase, size_t done, size_t total); /* or NULL */
    void *progress_context;
} lv_bench_ledger_options;

#define LV_BENCH_SINGLES_MAX 10000U

/** Runs the downstream's node as a process of its own and gives it generated rows, for each suite
 *  one CSV of many pairs and then single rows, each when the one before it was on both channels.
 *  One pair before them, which opens connections, is not counted. Nothing is made ready ahead
 *  (`pool: 0`).
 *
 *      {"ledger": "embedded" or the network's name, "release": or null, "batch_timeout_ms": or
 *       null, "processors", "threads": or null, "width",
 *       "suites": [{"suite", "bits", "pairs_per_set",
 *                   "run": {"pairs", "sets", "seconds", "pairs_per_second", "accepted_seconds",
 *                           "making_seconds", "xor_seconds", "quality_seconds",
 *                           "cpu_seconds"},
 *                   "single": {"count", "p50", "p90", "p99", "max"},
 *                   "bytes": {"quality", "xor",
 *                             "stored": [{"name", "bytes"}, ...]}}, ...],
 *       "node_peak_bytes",
 *       "targets": [{"name", "value", "want", "target", "met"}, ...]}
 *
 *  seconds: from the first byte of the CSV to the last record on both channels; accepted: until
 *  all rows were stored and planned; making,
 *  xor, quality: how long the node was about each, side by side with the others; cpu: processor
 *  time of the node. Percentiles of the single pairs are in seconds, each the least that so many
 *  of a hundred did not exceed. Bytes are per pair of the run: of the signed records of both
 *  channels, and by how much what a ledger stores grew (embedded: the files of the two channels;
 *  a network: what it names).
 *
 * @return LV_OK; LV_E_ARGUMENT; whatever fails in the node, with words. */
LV_MUST_CHECK lv_status lv_bench_ledger_run(const lv_bench_ledger_options *options, json_t **out,
                                            lv_error *err);

#endif
