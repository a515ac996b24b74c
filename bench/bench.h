/** `lotveil bench`: what one comparison costs in every suite, with the processor's vectors and in
 *  portable C, on one core and on all, against the formulas as published. */
#ifndef LV_BENCH_BENCH_H
#define LV_BENCH_BENCH_H

#include <jansson.h>
#include <lotveil/suite.h>

typedef struct {
    const char *suite;    /* NULL: all of them */
    unsigned key_bits;    /* 0: the suite's default; only with `suite` */
    bool short_exponents; /* measure those suites a second time whose keys can be shortened */
    unsigned width;       /* k; 0: 32 */
    size_t pairs;         /* in one set; 0: as many as one ciphertext holds */
    unsigned threads;     /* of the run on many cores; 0: all processors; 1: no such run */
    bool baseline;        /* measure the published formulas too, in the same run */
    unsigned passes;      /* how often each run is taken up again; 0: 3 */
    double seconds;       /* for the rounds of one pass, at least one; 0: 0.3 */
    void (*progress)(void *context, const char *phase, size_t done, size_t total); /* or NULL */
    void *progress_context;
} lv_bench_options;

/** Measures, checks that every answer is right, and describes:
 *
 *      {"width", "processors", "vectors": "avx512ifma", "avx512", "avx2" or "none", "passes",
 *       "suites": [{"suite", "bits", "exponent": "full", "short" or null,
 *                   "runs": [{"vectors": bool, "cores", "pairs", "rounds",
 *                             "phases": {"keygen", "encrypt", "read", "combine", "recompute",
 *                                        "zero_test", "answer"}, "whole",
 *                             "proofs": {"prove", "check", "bytes"} or null,
 *                             "scan": {"encrypt", "combine", "zero_test", "whole"}}, ...],
 *                   "bytes": [{"pairs", "quality", "xor", "total", "ciphertexts", "proofs",
 *                              "without_proofs"}, ...],
 *                   "ready": {"publish", "prepare"} or null}, ...],
 *       "baseline": {"name": "published", "suite": "paillier", "bits", "phases", "whole"} or null,
 *       "targets": [{"name", "value", "want": "at least" or "at most", "target", "met"}, ...]}
 *
 *  Times are seconds per pair: on one core of processor time, so that a neighbour's load does not
 *  count, on many of the clock on the wall. Each is the least of all rounds of all passes; the runs
 * of a suite take turns, and every round has fresh ciphertexts. Runs: vectors and one core;
 * portable C and one core (in a process of its own, for LOTVEIL_CPU is looked at once); vectors and
 * many cores, there with so many pairs that they keep one core busy for a tenth of a second. Where
 * the environment asks for portable code, nothing else is run.
 *
 *  `whole` is what the product does for one pair: encrypt x, y and w and encode them (making of
 *  tables included), read and check them (upstream), combine by three formulas (upstream),
 *  recompute (downstream), one zero test, make and check the proof of the answer; key generation is
 *  apart. `scan` is the published work, for comparing with others: the same encryptions, formulas
 *  (1) and (2), a zero test of every column of both. The baseline compares one pair on one core,
 *  once. `proofs` are those that x, y, w are bits and w the XOR: what they take to make and to
 *  check, and their length; null where the suite has none. `bytes` are those of the signed records
 *  of one set, for each pair: of the set that one core was given, and of one of 256 pairs where
 *  that does not take long; "ciphertexts" is the part of Enc(x), Enc(y), Enc(w) in them, "proofs"
 *  that of the proofs of bits. `ready`: publishing a set whose key and masks were made ahead,
 *  signatures included, and making them. Targets are told for the default sizes.
 *
 * @return LV_OK; LV_E_ARGUMENT, LV_E_RANGE with words for options out of range; LV_E_CRYPTO where
 *         an answer was wrong; LV_E_IO where a process of the bench could not be had or died. */
LV_MUST_CHECK lv_status lv_bench_run(const lv_bench_options *options, json_t **out, lv_error *err);

#endif
