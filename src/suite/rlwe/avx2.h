/** What the kinds with wider vectors take over from AVX2 (contracts: ops.h). */
#ifndef LV_RLWE_AVX2_H
#define LV_RLWE_AVX2_H

#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"
#include <immintrin.h>

extern const lv_rlwe_ops lv_rlwe_avx2;
extern const lv_rlwe_ops lv_rlwe_avx512;

/** r = a s and the stages of the inverse transform with pairs 1, 2 and 4 apart; values are then
 *  below 16 q. */
void lv_rlwe_avx2_begin(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N],
                        const lv_rlwe_factor *s);

/* avx512_stream.c */
void lv_rlwe_avx512_stream(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                           uint64_t number, uint64_t counter);

void lv_rlwe_avx2_pack(uint8_t *out, const uint32_t *c, size_t count);
bool lv_rlwe_avx2_unpack(uint32_t *c, const uint8_t *in, size_t count);

#endif
