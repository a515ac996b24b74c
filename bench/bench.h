/** `lotveil bench`: what one comparison costs, against the formulas as published. */
#ifndef LV_BENCH_BENCH_H
#define LV_BENCH_BENCH_H

#include <jansson.h>
#include <lotveil/suite.h>

typedef struct {
    const char *suite; /* NULL: "paillier" */
    unsigned key_bits; /* 0: the suite's default */
    unsigned width;    /* k; 0: 32 */
    size_t pairs;      /* in one set; 0: 1 */
    unsigned threads;  /* 0: 1 */
    bool baseline;     /* measure the published formulas too, in the same run */
    void (*progress)(void *context, const char *phase, size_t done, size_t total); /* or NULL */
    void *progress_context;
} lv_bench_options;

/** Measures, checks that every answer is right, and describes:
 *
 *      {"suite", "bits", "width", "pairs", "cores",
 *       "phases": {"keygen", "encrypt", "combine", "recompute", "zero_test", "answer"},
 *       "whole", "bytes_per_pair",
 *       "baseline": {"name": "published", "phases": {...}, "whole"} or null,
 *       "ratio": or null}
 *
 *  Times are seconds per pair, on `cores` threads. `whole` is what the product does for one pair:
 *  encrypt x, y and w (making of tables included), combine (upstream), recompute (downstream),
 *  one zero test, make and check the proof; key generation is apart. The baseline compares one
 *  pair, on as many threads; its ratio is the quotient of the wholes. bytes_per_pair: the
 *  encoded x, y, w, and the pair's share of public key and key proof.
 *
 * @return LV_OK; LV_E_ARGUMENT, LV_E_RANGE with words for options out of range; LV_E_CRYPTO where
 *         an answer was wrong. */
LV_MUST_CHECK lv_status lv_bench_run(const lv_bench_options *options, json_t **out, lv_error *err);

#endif
