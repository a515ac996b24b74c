#include "suite/rlwe/ring.h"

uint32_t lv_rlwe_quotient(uint32_t w)
{
    /* floor(2^52 / q) is short of 2^52 / q by less than one, so the first guess is short of the
     * quotient by at most two. */
    const uint64_t inverse = (UINT64_C(1) << 52) / LV_RLWE_Q;
    uint64_t guess = (uint64_t)w * inverse >> 20;
    uint64_t rest = ((uint64_t)w << 32) - guess * LV_RLWE_Q;
    for (int i = 0; i < 2; i++) {
        uint64_t fits = ((rest - LV_RLWE_Q) >> 63) ^ 1U;
        guess += fits;
        rest -= LV_RLWE_Q & (0U - fits);
    }
    return (uint32_t)guess;
}

/* Cooley and Tukey's butterflies; T^1024 + 1 splits into T^512 - psi^512 and T^512 + psi^512, and
 * so on. Runs once for a key. */
void lv_rlwe_transform(uint32_t a[LV_RLWE_N])
{
    for (unsigned half = LV_RLWE_N / 2, groups = 1; half >= 1; half /= 2, groups *= 2) {
        for (unsigned g = 0; g < groups; g++) {
            uint32_t *low = a + (size_t)2 * g * half;
            uint32_t *high = low + half;
            for (unsigned i = 0; i < half; i++) {
                uint32_t v = lv_rlwe_fold(lv_rlwe_mul(high[i], lv_rlwe_powers[groups + g],
                                                      lv_rlwe_quotients[groups + g]));
                high[i] = lv_rlwe_fold(low[i] + LV_RLWE_Q - v);
                low[i] = lv_rlwe_fold(low[i] + v);
            }
        }
    }
}
