/** What `lotveil bench` shows to people. */
#ifndef LV_CLI_BENCH_TABLE_H
#define LV_CLI_BENCH_TABLE_H

#include <jansson.h>
#include <stdio.h>

/** Prints a report of lv_bench_run as tables of at most 100 columns. */
void lv_bench_table_print(const json_t *report, FILE *out);

/** The targets of a report, held against what was measured. */
void lv_bench_targets_print(const json_t *report, FILE *out);

#endif
