/** Arithmetic modulo q in constant time, and the transform.
 *
 *  A factor w known beforehand goes with floor(w 2^32 / q), so that a product takes three
 *  multiplications (V. Shoup; D. Harvey, "Faster arithmetic for number-theoretic transforms",
 *  J. Symb. Comp. 60, 2014). */
#ifndef LV_RLWE_RING_H
#define LV_RLWE_RING_H

#include "suite/rlwe/rlwe.h"

/** psi^-brv(i) and psi^brv(i), i < 1024, each with its quotient: tables.c. Entry 0 of the inverse
 *  table is not a power but 1/1024, the factor that ends the inverse transform. */
extern const uint32_t lv_rlwe_inverse_powers[LV_RLWE_N];
extern const uint32_t lv_rlwe_inverse_quotients[LV_RLWE_N];
extern const uint32_t lv_rlwe_powers[LV_RLWE_N];
extern const uint32_t lv_rlwe_quotients[LV_RLWE_N];

/** floor(w 2^32 / q) for w < q, by multiplication: w may be secret. */
uint32_t lv_rlwe_quotient(uint32_t w);

/** a w modulo q, below 2 q, for any a. */
static inline uint32_t lv_rlwe_mul(uint32_t a, uint32_t w, uint32_t quotient)
{
    uint32_t high = (uint32_t)((uint64_t)a * quotient >> 32);
    return a * w - high * LV_RLWE_Q;
}

/** a modulo q for a < 2 q. */
static inline uint32_t lv_rlwe_fold(uint32_t a)
{
    uint32_t less = a - LV_RLWE_Q;
    return less + (LV_RLWE_Q & (0U - (less >> 31)));
}

/** a modulo q for any a. */
static inline uint32_t lv_rlwe_reduce(uint32_t a)
{
    const uint32_t one = (uint32_t)((UINT64_C(1) << 32) / LV_RLWE_Q);
    return lv_rlwe_fold(lv_rlwe_mul(a, 1, one));
}

/** a modulo q for a < 200 q: 2^20 = 10239 modulo q, and the sum is below 3 q. */
static inline uint32_t lv_rlwe_reduce_sum(uint32_t a)
{
    const uint32_t low = (1U << LV_RLWE_BITS) - 1;
    uint32_t sum = (a & low) + (a >> LV_RLWE_BITS) * (low + 1 - LV_RLWE_Q);
    uint32_t less = sum - LV_RLWE_Q;
    return lv_rlwe_fold(less + (LV_RLWE_Q & (0U - (less >> 31))));
}

/** The polynomial's values at psi^(2 brv(j) + 1), below q, in place; coefficients below q. */
void lv_rlwe_transform(uint32_t a[LV_RLWE_N]);

#endif
