/* Sixteen 32-bit lanes, for what gains from them; the rest as in avx2.c. */
#include "suite/rlwe/ops.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/rlwe/avx2.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vpopcntdq")))

/* lv_rlwe_fold */
AVX512 static inline __m512i fold(__m512i a)
{
    return _mm512_min_epu32(a, _mm512_sub_epi32(a, _mm512_set1_epi32(LV_RLWE_Q)));
}

/* lv_rlwe_mul */
AVX512 static inline __m512i mul(__m512i a, __m512i w, __m512i quotient)
{
    const __mmask16 odd_lanes = 0xaaaa;
    __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(a, quotient), 32);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(quotient, 32));
    __m512i high = _mm512_mask_blend_epi32(odd_lanes, even, odd);
    return _mm512_sub_epi32(_mm512_mullo_epi32(a, w),
                            _mm512_mullo_epi32(high, _mm512_set1_epi32(LV_RLWE_Q)));
}

typedef struct {
    __m512i w;
    __m512i quotient;
} factor;

AVX512 static inline factor factor_at(size_t i)
{
    return (factor){.w = _mm512_set1_epi32((int)lv_rlwe_inverse_powers[i]),
                    .quotient = _mm512_set1_epi32((int)lv_rlwe_inverse_quotients[i])};
}

AVX512 static inline void butterfly(__m512i *low, __m512i *high, factor by, uint32_t bound)
{
    __m512i difference =
        _mm512_sub_epi32(_mm512_add_epi32(*low, _mm512_set1_epi32((int)bound)), *high);
    *low = _mm512_add_epi32(*low, *high);
    *high = mul(difference, by.w, by.quotient);
}

/* Pairs 8 apart: the halves of each vector of a couple change places. */
AVX512 static void stage_within(uint32_t *a, uint32_t bound)
{
    const size_t groups = LV_RLWE_N / 16;
    for (size_t g = 0; g < groups; g += 2) {
        uint32_t *part = a + 16 * g;
        __m512i first = _mm512_loadu_si512(part);
        __m512i second = _mm512_loadu_si512(part + 16);
        __m512i low = _mm512_shuffle_i64x2(first, second, 0x44);
        __m512i high = _mm512_shuffle_i64x2(first, second, 0xee);
        factor one = factor_at(groups + g);
        factor other = factor_at(groups + g + 1);
        const __mmask16 upper = 0xff00;
        butterfly(
            &low, &high,
            (factor){.w = _mm512_mask_blend_epi32(upper, one.w, other.w),
                     .quotient = _mm512_mask_blend_epi32(upper, one.quotient, other.quotient)},
            bound);
        _mm512_storeu_si512(part, _mm512_shuffle_i64x2(low, high, 0x44));
        _mm512_storeu_si512(part + 16, _mm512_shuffle_i64x2(low, high, 0xee));
    }
}

/* Two stages at once, with pairs `half` and then 2 `half` apart: half a multiple of 16. */
AVX512 static inline void two_stages(uint32_t *a, size_t half, uint32_t bound)
{
    const size_t groups = LV_RLWE_N / 2 / half;
    for (size_t g = 0; g < groups; g += 2) {
        const factor first = factor_at(groups + g);
        const factor second = factor_at(groups + g + 1);
        const factor both = factor_at((groups + g) / 2);
        for (size_t i = 0; i < half; i += 16) {
            uint32_t *at = a + 2 * g * half + i;
            __m512i v[4];
            for (size_t j = 0; j < 4; j++) {
                v[j] = _mm512_loadu_si512(at + j * half);
            }
            butterfly(&v[0], &v[1], first, bound);
            butterfly(&v[2], &v[3], second, bound);
            butterfly(&v[0], &v[2], both, 2 * bound);
            butterfly(&v[1], &v[3], both, 2 * bound);
            for (size_t j = 0; j < 4; j++) {
                _mm512_storeu_si512(at + j * half, v[j]);
            }
        }
    }
}

AVX512 static void product(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N],
                           const lv_rlwe_factor *s)
{
    lv_rlwe_avx2_begin(r, a, s);
    stage_within(r, 16 * LV_RLWE_Q);
    two_stages(r, 16, 32 * LV_RLWE_Q);
    two_stages(r, 64, 128 * LV_RLWE_Q);
    two_stages(r, 256, 512 * LV_RLWE_Q);
    const factor last = factor_at(0);
    for (size_t i = 0; i < LV_RLWE_N; i += 16) {
        _mm512_storeu_si512(r + i, fold(mul(_mm512_loadu_si512(r + i), last.w, last.quotient)));
    }
}

AVX512 static void add_noise(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_NOISE_BYTES])
{
    const uint8_t *bytes = stream + (size_t)4 * LV_RLWE_N;
    const __m512i shift = _mm512_set1_epi32(LV_RLWE_Q - LV_RLWE_NOISE_MAX);
    for (size_t i = 0; i < LV_RLWE_N; i += 16) {
        __m512i extra = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(bytes + i)));
        __m512i ones = _mm512_add_epi32(_mm512_popcnt_epi32(_mm512_loadu_si512(stream + 4 * i)),
                                        _mm512_popcnt_epi32(extra));
        __m512i shifted = fold(_mm512_add_epi32(_mm512_loadu_si512(c + i), shift));
        _mm512_storeu_si512(c + i, fold(_mm512_add_epi32(shifted, ones)));
    }
}

const lv_rlwe_ops lv_rlwe_avx512 = {
    .name = "avx512",
    .product = product,
    .stream = lv_rlwe_avx512_stream,
    .accept = lv_rlwe_avx2_accept,
    .add_noise = add_noise,
    .pack = lv_rlwe_avx2_pack,
    .unpack = lv_rlwe_avx2_unpack,
};

#endif
