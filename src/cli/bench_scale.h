/** `lotveil bench --scale`. */
#ifndef LV_CLI_BENCH_SCALE_H
#define LV_CLI_BENCH_SCALE_H

#include "cli/cli.h"

/** Measures publishing up to `pairs` pairs in $TMPDIR (or /tmp) and prints a table, or JSON.
 * @param threads  of the node; 0: all processors. @return the exit code. */
int lv_bench_scale(const lv_cli *cli, uint64_t pairs, unsigned threads);

#endif
