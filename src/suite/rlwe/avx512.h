/** What the files of the AVX-512 kind share (contracts: ops.h). */
#ifndef LV_RLWE_AVX512_H
#define LV_RLWE_AVX512_H

#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

extern const lv_rlwe_ops lv_rlwe_avx512;

/** The entries of lv_rlwe_inverse_powers as floats, between -q/2 and q/2, in the order in which
 *  avx512_transform.c takes them. For each 256 elements 8, 4, 2 and 1 vectors for the stages with
 *  pairs 1, 2, 4 and 8 apart, lane r of a vector for elements 16 r .. 16 r + 15. From
 *  LV_RLWE_AVX512_ROWS_AT on entries 0 .. 63, the first of which is no factor and zero here. */
extern const float lv_rlwe_avx512_powers[LV_RLWE_N];
#define LV_RLWE_AVX512_ROWS_AT 960U

/* avx512_transform.c */
void lv_rlwe_avx512_prepare(lv_rlwe_factor *s, const uint32_t values[LV_RLWE_N]);
void lv_rlwe_avx512_product(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N],
                            const lv_rlwe_factor *s);

/* avx512_stream.c */
void lv_rlwe_avx512_stream(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                           uint64_t number, uint64_t counter);

#endif
