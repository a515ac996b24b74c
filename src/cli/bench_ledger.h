/** `lotveil bench --ledger`. */
#ifndef LV_CLI_BENCH_LEDGER_H
#define LV_CLI_BENCH_LEDGER_H

#include "bench/ledger.h"
#include "cli/cli.h"

/** Measures publishing onto a ledger of that kind in $TMPDIR (or /tmp) and prints a table, or
 *  JSON.
 * @param kind     "embedded", or "fabric": a network of Hyperledger Fabric is brought up for the
 * run, in that folder too, and ended with it.
 * @param options  suite, key_bits, pairs, singles and threads; the rest is filled in here.
 * @return the exit code. */
int lv_bench_ledger(const lv_cli *cli, const char *kind, const lv_bench_ledger_options *options);

#endif
