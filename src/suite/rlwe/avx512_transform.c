/* The inverse transform in floats, sixteen lanes. An integer of up to 2^24 is exact in a float, and
 * a multiplication that adds before it rounds gives the lower half of a product of two such numbers
 * as exactly as the upper: a product modulo q takes six instructions, and butterflies need no
 * correction of signs. Every operation names its rounding, so the thread's mode does not matter;
 * all are of normal numbers or zero, whose time does not depend on their value. */
#include "suite/rlwe/avx512.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <string.h>

#define NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

enum { LANES = 16, ROWS = 16, PART = ROWS * LANES, PARTS = LV_RLWE_N / PART };

static const float *const OF_ROWS = lv_rlwe_avx512_powers + LV_RLWE_AVX512_ROWS_AT;

/* a / q for |a| <= 2^22 q, to a whole number, off by at most 1/2 and |a / q| 2^-24: where 3 * 2^22
 * is added, no place is left behind the point. */
AVX512 static inline __m512 quotient(__m512 a)
{
    const __m512 magic = _mm512_set1_ps(12582912.0F);
    const __m512 inverse = _mm512_set1_ps(1.0F / (float)LV_RLWE_Q);
    return _mm512_sub_round_ps(_mm512_fmadd_round_ps(a, inverse, magic, NEAREST), magic, NEAREST);
}

/* a modulo q for a whole number: within q/2 and |a| 2^-24. It is exact, as it is below 2^24. */
AVX512 static inline __m512 settle(__m512 a)
{
    const __m512 q = _mm512_set1_ps((float)LV_RLWE_Q);
    return _mm512_fnmadd_round_ps(quotient(a), q, a, NEAREST);
}

/* a w modulo q for |a| <= 8 q, |w| <= q/2: within q/2 and |a|/16. `high` is a whole number, and
 * `low`, which is exact, at most |a w| 2^-24. */
AVX512 static inline __m512 mul(__m512 a, __m512 w)
{
    __m512 high = _mm512_mul_round_ps(a, w, NEAREST);
    __m512 low = _mm512_fmsub_round_ps(a, w, high, NEAREST);
    return _mm512_add_round_ps(settle(high), low, NEAREST);
}

/* Gentleman and Sande's. The two are of one bound; it doubles in `low`. */
AVX512 static inline void butterfly(__m512 *low, __m512 *high, __m512 w)
{
    __m512 difference = _mm512_sub_round_ps(*low, *high, NEAREST);
    *low = _mm512_add_round_ps(*low, *high, NEAREST);
    *high = mul(difference, w);
}

/* Lane i of vector j changes places with lane j of vector i. */
AVX512 static inline void transpose(__m512 v[ROWS])
{
#pragma GCC unroll 4
    for (size_t i = 0; i < ROWS; i += 4) {
        __m512 a = _mm512_unpacklo_ps(v[i], v[i + 1]);
        __m512 b = _mm512_unpackhi_ps(v[i], v[i + 1]);
        __m512 c = _mm512_unpacklo_ps(v[i + 2], v[i + 3]);
        __m512 d = _mm512_unpackhi_ps(v[i + 2], v[i + 3]);
        v[i] = _mm512_shuffle_ps(a, c, 0x44);
        v[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
        v[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
        v[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        __m512 a = _mm512_shuffle_f32x4(v[i], v[4 + i], 0x44);
        __m512 b = _mm512_shuffle_f32x4(v[i], v[4 + i], 0xee);
        __m512 c = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0x44);
        __m512 d = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0xee);
        v[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        v[4 + i] = _mm512_shuffle_f32x4(a, c, 0xdd);
        v[8 + i] = _mm512_shuffle_f32x4(b, d, 0x88);
        v[12 + i] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}

/* One stage, with pairs `half` vectors apart. Each group has one factor, or one for each lane. */
AVX512 static inline void stage(__m512 v[ROWS], size_t half, const float *powers, bool lanes)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < ROWS / 2; i++) {
        const size_t group = i / half;
        const size_t low = i + group * half;
        __m512 w = lanes ? _mm512_loadu_ps(powers + LANES * group) : _mm512_set1_ps(powers[group]);
        butterfly(&v[low], &v[low + half], w);
    }
}

AVX512 static inline void settle_each(__m512 v[ROWS], size_t step, size_t count)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++) {
        v[i * step] = settle(v[i * step]);
    }
}

/* The product and eight stages of 256 elements. The first four, with pairs 1 to 8 apart, have a
 * vector's elements side by side in as many vectors. Bounds in units of q: 5/8 at the start, twice
 * as much in the first of a group after each stage. What grew is settled in time: no difference
 * exceeds 6.5, and 1.4 is the most that is written, as floats. `out` may be `a`. */
AVX512 static void first_stages(uint32_t *out, const uint32_t *a, const lv_rlwe_factor *s,
                                size_t part)
{
    const size_t at = part * PART;
    const float *powers = lv_rlwe_avx512_powers + part * LV_RLWE_AVX512_ROWS_AT / PARTS;
    const uint32_t *factor = s->value + at;
    __m512 v[ROWS];
#pragma GCC unroll 16
    for (size_t i = 0; i < ROWS; i++) {
        __m512 element = _mm512_cvtepi32_ps(_mm512_loadu_si512(a + at + LANES * i));
        v[i] = mul(element, _mm512_castsi512_ps(_mm512_loadu_si512(factor + LANES * i)));
    }
    transpose(v);
    stage(v, 1, powers, true);
    stage(v, 2, powers + (size_t)8 * LANES, true);
    stage(v, 4, powers + (size_t)12 * LANES, true); /* 5 in vectors 0 and 8, 2.4 elsewhere */
    settle_each(v, 8, 2);
    stage(v, 8, powers + (size_t)14 * LANES, true); /* 4.7 in vector 1, 2.4 in 2 and 3, then 1.7 */
    settle_each(v, 1, 4);
    transpose(v);
    stage(v, 1, OF_ROWS + 32 + 8 * part, false);
    stage(v, 2, OF_ROWS + 16 + 4 * part, false); /* 6.5 in every fourth, 1.5 elsewhere */
    settle_each(v, 4, 4);
    stage(v, 4, OF_ROWS + 8 + 2 * part, false);
    stage(v, 8, OF_ROWS + 4 + part, false); /* 6 in vector 1, 4 in 0, 2 and 3, then 1.4 */
    settle_each(v, 1, 4);
#pragma GCC unroll 16
    for (size_t i = 0; i < ROWS; i++) {
        _mm512_storeu_si512(out + at + LANES * i, _mm512_castps_si512(v[i]));
    }
}

/* From within q/2 and a little more to 0 .. q - 1. */
AVX512 static inline void store_whole(uint32_t *r, __m512 a)
{
    __m512i v = _mm512_cvtps_epi32(settle(a));
    /* A negative number is the larger one, as all are unsigned here. */
    v = _mm512_min_epu32(v, _mm512_add_epi32(v, _mm512_set1_epi32(LV_RLWE_Q)));
    _mm512_storeu_si512(r, v);
}

/* The stages with pairs 256 and 512 apart; a sum is at most 5.6 q. */
AVX512 static void last_stages(uint32_t *r)
{
    const __m512 both = _mm512_set1_ps(OF_ROWS[1]);
    const __m512 first = _mm512_set1_ps(OF_ROWS[2]);
    const __m512 second = _mm512_set1_ps(OF_ROWS[3]);
    for (size_t i = 0; i < PART; i += LANES) {
        __m512 v[PARTS];
        for (size_t j = 0; j < PARTS; j++) {
            v[j] = _mm512_castsi512_ps(_mm512_loadu_si512(r + j * PART + i));
        }
        butterfly(&v[0], &v[1], first);
        butterfly(&v[2], &v[3], second);
        butterfly(&v[0], &v[2], both);
        butterfly(&v[1], &v[3], both);
        for (size_t j = 0; j < PARTS; j++) {
            store_whole(r + j * PART + i, v[j]);
        }
    }
}

void lv_rlwe_avx512_product(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N],
                            const lv_rlwe_factor *s)
{
    for (size_t part = 0; part < PARTS; part++) {
        first_stages(r, a, s, part);
    }
    last_stages(r);
}

/* s / 1024 as floats between -q/2 and q/2: the division that ends the transform is done here. */
AVX512 void lv_rlwe_avx512_prepare(lv_rlwe_factor *s, const uint32_t values[LV_RLWE_N])
{
    for (size_t i = 0; i < LV_RLWE_N; i++) {
        uint32_t w = lv_rlwe_fold(
            lv_rlwe_mul(values[i], lv_rlwe_inverse_powers[0], lv_rlwe_inverse_quotients[0]));
        uint32_t above = (LV_RLWE_Q / 2 - w) >> 31;
        float centred = (float)((int32_t)w - (int32_t)(LV_RLWE_Q & (0U - above)));
        memcpy(&s->value[i], &centred, sizeof centred);
        s->quotient[i] = 0;
    }
}

#endif
