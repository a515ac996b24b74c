/** Plain C of which compilers make vectors, for each kind that wants it (contracts: ops.h). */
#ifndef LV_RLWE_ROW_H
#define LV_RLWE_ROW_H

#include "suite/rlwe/ring.h"

static inline uint32_t lv_rlwe_plain_row(uint32_t *z, const uint32_t *x, const uint32_t *y,
                                         const uint32_t *w, uint32_t constant, unsigned width)
{
    uint32_t sum = 0; /* at most 62 q, less than 2^26 */
    for (unsigned i = 0; i < width; i++) {
        z[i] = 3 * sum;
        sum += w[i];
    }
    for (unsigned i = 0; i < width; i++) {
        z[i] = lv_rlwe_reduce_sum(x[i] + LV_RLWE_Q - y[i] + constant + z[i]);
    }
    return lv_rlwe_reduce_sum(sum);
}

static inline void lv_rlwe_plain_subtract(uint32_t a[LV_RLWE_N], const uint32_t b[LV_RLWE_N])
{
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        a[i] += LV_RLWE_Q - b[i];
    }
}

static inline void lv_rlwe_plain_decide(bool *is_zero, const uint32_t *b, const uint32_t *mask,
                                        unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t v = lv_rlwe_fold(b[i] + LV_RLWE_Q - mask[i]);
        uint32_t shifted = lv_rlwe_fold(v + LV_RLWE_DELTA / 2);
        is_zero[i] = (shifted - LV_RLWE_DELTA - 1) >> 31 != 0;
    }
}

#endif
