/** A downstream with its ledgers in a folder of its own, and its node as a process. */
#ifndef LV_BENCH_SCALE_WORLD_H
#define LV_BENCH_SCALE_WORLD_H

#include <lotveil/status.h>
#include <stdint.h>
#include <sys/types.h>

#define LV_SCALE_SERIES "scale"

typedef struct {
    char *folder; /* of everything; removed by lv_scale_world_close */
    char *node;   /* of the downstream */
    char *ledger;
    pid_t pid; /* 0: does not run */
} lv_scale_world;

/** Makes organisation, ledgers and series below a new folder in `parent`. */
LV_MUST_CHECK lv_status lv_scale_world_open(const char *parent, unsigned threads,
                                            lv_scale_world *out, lv_error *err);

/** Starts the node and waits until its doors are open. It ends with this process. */
LV_MUST_CHECK lv_status lv_scale_world_start(lv_scale_world *world, lv_error *err);

/** Ends it in an orderly way, so that its files are whole. */
LV_MUST_CHECK lv_status lv_scale_world_stop(lv_scale_world *world, lv_error *err);
void lv_scale_world_close(lv_scale_world *world);

/** Processor time that a process has had so far, in seconds; 0 where that cannot be told. */
double lv_scale_cpu(pid_t pid);

/** The most memory that a process has had so far, in bytes; 0 where that cannot be told. */
uint64_t lv_scale_peak(pid_t pid);

#endif
