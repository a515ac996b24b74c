/** What a ledger, and the records on it, weigh. */
#ifndef LV_BENCH_STORAGE_H
#define LV_BENCH_STORAGE_H

#include "bench/ledger.h"
#include "bench/world.h"

#define LV_BENCH_STORAGES_MAX 16U

typedef struct {
    const char *names[LV_BENCH_STORAGES_MAX]; /* borrowed from the network */
    double bytes[LV_BENCH_STORAGES_MAX];
    size_t count;
} lv_bench_weights;

/** Weighs each storage of the network (the files below its folder), or the ledger of each channel
 *  where `network` is NULL; while all runs.
 * @return LV_OK; LV_E_IO with words that name what is not there. */
LV_MUST_CHECK lv_status lv_bench_weigh(const lv_bench_world *world, const lv_bench_network *network,
                                       lv_bench_weights *out, lv_error *err);

/** Bytes of the signed records of a batch of the node, on each channel. */
LV_MUST_CHECK lv_status lv_bench_weigh_records(const lv_bench_world *world, int64_t batch,
                                               double *quality, double *xor_channel, lv_error *err);

#endif
