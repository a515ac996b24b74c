/** What the files of the bench share. */
#ifndef LV_BENCH_MEASURE_H
#define LV_BENCH_MEASURE_H

#include "bench/bench.h"

/** Seconds for all pairs together. */
typedef struct {
    double keygen;
    double encrypt;
    double combine;
    double recompute;
    double zero_test;
    double answer;
} lv_bench_times;

/** The values to compare. */
typedef struct {
    size_t pairs;
    unsigned width;
    uint64_t *x;
    uint64_t *y;
} lv_bench_values;

/** The formula that holds for x and y, and its column. */
lv_formula lv_bench_expected(uint64_t x, uint64_t y, unsigned width, unsigned *column);

/** product.c: the suite. */
LV_MUST_CHECK lv_status lv_bench_product(const lv_suite *suite, unsigned key_bits,
                                         const lv_bench_values *values, const lv_job *job,
                                         lv_bench_times *times, double *bytes_per_pair,
                                         lv_error *err);

/** baseline.c: the formulas as printed, for the first pair. */
LV_MUST_CHECK lv_status lv_bench_baseline(unsigned key_bits, const lv_bench_values *values,
                                          const lv_job *job, lv_bench_times *times, lv_error *err);

#endif
