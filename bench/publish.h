/** Rows through the doors of a downstream's node, with the clock beside it. */
#ifndef LV_BENCH_PUBLISH_H
#define LV_BENCH_PUBLISH_H

#include "bench/world.h"
#include <jansson.h>

#define LV_BENCH_ROW_MAX 999999999U /* rows are numbered with nine digits */

typedef struct {
    const lv_bench_world *world;
    const char *series;
    uint64_t first; /* number of the first row: its lot and time. Those before it are in already */
    uint64_t rows;  /* one or more; first + rows at most LV_BENCH_ROW_MAX */
    void (*progress)(void *context, uint64_t pairs); /* published so far; or NULL */
    void *progress_context;
} lv_bench_rows;

/** Seconds since the first byte of the CSV was given to the node. */
typedef struct {
    int64_t batch;
    uint64_t sets;
    uint64_t pairs;
    double accepted; /* the node answered: all rows are stored and planned */
    double seconds;  /* the last set stands on both ledgers */
} lv_bench_published;

/** Gives generated rows to the node as one CSV and waits until all that follows from them is
 *  published.
 * @return LV_OK; LV_E_IO where the node failed, with its words. */
LV_MUST_CHECK lv_status lv_bench_publish(const lv_bench_rows *rows, lv_bench_published *out,
                                         lv_error *err);

/** GET of a path of the node's control door. */
LV_MUST_CHECK lv_status lv_bench_get(const lv_bench_world *world, const char *path, json_t **out,
                                     lv_error *err);

#endif
