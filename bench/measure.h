/** What the files of the bench share. */
#ifndef LV_BENCH_MEASURE_H
#define LV_BENCH_MEASURE_H

#include "bench/bench.h"

typedef enum {
    LV_BENCH_KEYGEN,
    LV_BENCH_ENCRYPT,        /* x, y, w, encoded */
    LV_BENCH_READ,           /* decode and check x, y, w */
    LV_BENCH_PROVE,          /* that x, y, w are bits and w their XOR */
    LV_BENCH_CHECK,          /* those proofs */
    LV_BENCH_COMBINE,        /* formulas (0), (1), (2) */
    LV_BENCH_RECOMPUTE,      /* the same, by the other side */
    LV_BENCH_ZERO_TEST,      /* the one column that is zero */
    LV_BENCH_ANSWER,         /* its proof, made and checked */
    LV_BENCH_SCAN_COMBINE,   /* formulas (1) and (2) */
    LV_BENCH_SCAN_ZERO_TEST, /* all columns of both */
    LV_BENCH_PHASES
} lv_bench_phase;

/** Seconds for all pairs together, the least of all rounds; 0: not measured. */
typedef struct {
    double seconds[LV_BENCH_PHASES];
    unsigned rounds;
    double proof_bytes; /* of the proofs of bits, for each pair */
} lv_bench_times;

/** A moment by the clock on the wall and by the processor time of this process. */
typedef struct {
    double wall;
    double processor;
} lv_bench_moment;

lv_bench_moment lv_bench_now(void);

/** Seconds since then on `threads` threads. On one, the lesser of the two clocks: work that others
 *  interrupt is not longer for it, and looking at the processor's clock takes longer than some of
 *  what is measured. */
double lv_bench_since(lv_bench_moment then, unsigned threads);

/** Keeps the lesser of two measurements of one phase. */
void lv_bench_take(lv_bench_times *times, lv_bench_phase phase, double seconds);

/** The values to compare. */
typedef struct {
    size_t pairs;
    unsigned width;
    uint64_t *x;
    uint64_t *y;
} lv_bench_values;

/** Draws `pairs` random pairs. Free with lv_bench_values_free, also on failure. */
LV_MUST_CHECK lv_status lv_bench_values_draw(lv_bench_values *values, size_t pairs, unsigned width);
void lv_bench_values_free(lv_bench_values *values);

/** The formula that holds for x and y, and its column. */
lv_formula lv_bench_expected(uint64_t x, uint64_t y, unsigned width, unsigned *column);

/** How many pairs one ciphertext of the suite holds; 1 where it does not pack. */
size_t lv_bench_packing(const lv_suite *suite, unsigned width);

/** One run, as a process of its own is asked for it. */
typedef struct {
    const lv_suite *suite;
    unsigned key_bits;
    bool short_exponents;
    unsigned width;
    size_t pairs;
    unsigned threads;
    double seconds; /* begin no further round after these */
} lv_bench_ask;

/** product.c: the suite, round after round. */
LV_MUST_CHECK lv_status lv_bench_product(const lv_bench_ask *ask, lv_bench_times *times,
                                         lv_error *err);

/** records.c: bytes of the signed records of one set. */
typedef struct {
    double quality;
    double xor_channel;
    double ciphertexts; /* Enc(x), Enc(y), Enc(w), in both */
    double proofs;      /* that they are bits, in both */
} lv_bench_bytes;
LV_MUST_CHECK lv_status lv_bench_records(const lv_bench_ask *ask, lv_bench_bytes *bytes,
                                         lv_error *err);

/** records.c: seconds per pair of publishing what was made ready ahead (reading it, encrypting,
 *  signing both records) and of making it ready. Of suites that have masks. */
LV_MUST_CHECK lv_status lv_bench_ready(const lv_bench_ask *ask, double *publish, double *prepare,
                                       lv_error *err);

/** baseline.c: the formulas as printed, for the first pair. */
LV_MUST_CHECK lv_status lv_bench_baseline(unsigned key_bits, const lv_bench_values *values,
                                          const lv_job *job, lv_bench_times *times, lv_error *err);

/** child.c: runs `work` in a process of its own, with LOTVEIL_CPU=portable where `portable`, and
 *  takes over the JSON it makes. The process has ended on return.
 * @return what `work` returned, with its words; LV_E_IO where the process could not be had, or
 *         died before it answered. */
LV_MUST_CHECK lv_status lv_bench_child(bool portable,
                                       lv_status (*work)(void *context, json_t **out,
                                                         lv_error *err),
                                       void *context, json_t **out, lv_error *err);

/** targets.c: adds {"name", "value", "want", "target", "met"} to a list. A value of 0 was not
 *  measured: it is left out. */
void lv_bench_target(json_t *targets, const char *name, double value, bool at_least, double target);

/** targets.c: adds "targets" to the report. */
LV_MUST_CHECK lv_status lv_bench_targets(json_t *report);

#endif
