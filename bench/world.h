/** A downstream's node as a process of its own, for what is measured through its doors. */
#ifndef LV_BENCH_WORLD_H
#define LV_BENCH_WORLD_H

#include <lotveil/status.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    const char *parent; /* where a folder for the world is made */
    unsigned threads;   /* of a node that is made here; 0: all processors */
    /** Folder of a downstream that stands already, with ledgers that do. NULL: an organisation and
     *  fresh embedded ledgers are made below the folder of the world. */
    const char *organisation;
} lv_bench_world_options;

typedef struct {
    char *folder; /* goes with this process, or with lv_bench_world_close, with all in it */
    char *node;   /* of the downstream */
    char *ledger; /* of the embedded ledgers; NULL where the organisation stood already */
    pid_t pid;    /* 0: does not run */
    pid_t guard;  /* who removes the folder after this process; 0: there is none */
    int held;     /* until this end of a pipe closes everywhere */
} lv_bench_world;

LV_MUST_CHECK lv_status lv_bench_world_open(const lv_bench_world_options *options,
                                            lv_bench_world *out, lv_error *err);

/** Adds a series of values of 32 bits with 2 decimals, each lot compared with the one before it,
 *  columns lot, time and value; nothing is made ready ahead. To be called before the node is
 *  started.
 * @param key_bits  0: the suite's default. */
LV_MUST_CHECK lv_status lv_bench_world_series(const lv_bench_world *world, const char *name,
                                              const char *suite, unsigned key_bits, lv_error *err);

/** Starts the node and waits until its doors are open. It ends with this process, however that
 *  ends. */
LV_MUST_CHECK lv_status lv_bench_world_start(lv_bench_world *world, lv_error *err);

/** Ends it in an orderly way, so that its files are whole. */
LV_MUST_CHECK lv_status lv_bench_world_stop(lv_bench_world *world, lv_error *err);
void lv_bench_world_close(lv_bench_world *world);

/** Processor time that a process has had so far, in seconds; 0 where that cannot be told. */
double lv_bench_process_cpu(pid_t pid);

/** The most memory that a process has had so far, in bytes; 0 where that cannot be told. */
uint64_t lv_bench_process_peak(pid_t pid);

#endif
