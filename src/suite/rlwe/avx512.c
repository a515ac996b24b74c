/* Sixteen 32-bit lanes, for what gains from them; the rest as in avx2.c. */
#include "suite/rlwe/ops.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/rlwe/avx2.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

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

/* Sixteen numbers of forty bytes; each quarter of a vector takes ten. */
AVX512 static inline __m512i sixteen_numbers(const uint8_t *in)
{
    const __mmask64 forty = (UINT64_C(1) << 40) - 1;
    const __m512i quarters = _mm512_set_epi16(0, 0, 0, 19, 18, 17, 16, 15, 0, 0, 0, 14, 13, 12, 11,
                                              10, 0, 0, 0, 9, 8, 7, 6, 5, 0, 0, 0, 4, 3, 2, 1, 0);
    const __m512i order =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1));
    const __m512i shifts = _mm512_set1_epi64(UINT64_C(4) << 32); /* of every second number */
    __m512i bytes = _mm512_maskz_loadu_epi8(forty, in);
    __m512i spread = _mm512_shuffle_epi8(_mm512_permutexvar_epi16(quarters, bytes), order);
    return _mm512_and_si512(_mm512_srlv_epi32(spread, shifts),
                            _mm512_set1_epi32((1 << LV_RLWE_BITS) - 1));
}

AVX512 static size_t accept(uint32_t *out, size_t room, const uint8_t *stream, size_t len)
{
    const __m512i q = _mm512_set1_epi32(LV_RLWE_Q);
    size_t kept = 0;
    size_t i = 0;
    for (; i < len && room - kept >= 16; i += 40) {
        __m512i numbers = sixteen_numbers(stream + i);
        __mmask16 below = _mm512_cmplt_epu32_mask(numbers, q);
        _mm512_storeu_si512(out + kept, _mm512_maskz_compress_epi32(below, numbers));
        kept += (size_t)__builtin_popcount(below);
    }
    return kept + lv_rlwe_portable.accept(out + kept, room - kept, stream + i, len - i);
}

AVX512 static void add(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_N],
                       const uint8_t bits[LV_RLWE_N])
{
    const __m512i q = _mm512_set1_epi32(LV_RLWE_Q);
    const __m512i delta = _mm512_set1_epi32(LV_RLWE_DELTA);
    const __m128i seven = _mm_set1_epi8(7);
    for (size_t i = 0; i < LV_RLWE_N; i += 16) {
        __m128i u = _mm_loadu_si128((const void *)(stream + i));
        __m128i m = _mm_loadu_si128((const void *)(bits + i));
        __m128i sum =
            _mm_add_epi8(_mm_and_si128(u, seven), _mm_and_si128(_mm_srli_epi32(u, 3), seven));
        __m512i v = _mm512_add_epi32(_mm512_loadu_si512(c + i),
                                     _mm512_cvtepi8_epi32(_mm_sub_epi8(sum, seven)));
        v = _mm512_mask_add_epi32(v, _mm_test_epi8_mask(m, m), v, delta);
        /* A negative number is the larger one, as all are unsigned here. */
        v = _mm512_min_epu32(v, _mm512_add_epi32(v, q));
        _mm512_storeu_si512(c + i, fold(v));
    }
}

const lv_rlwe_ops lv_rlwe_avx512 = {
    .name = "avx512",
    .prepare = lv_rlwe_portable_prepare,
    .product = product,
    .stream = lv_rlwe_avx512_stream,
    .accept = accept,
    .add = add,
    .pack = lv_rlwe_avx2_pack,
    .unpack = lv_rlwe_avx2_unpack,
};

#endif
