/* Eight 32-bit lanes. */
#include "suite/rlwe/ops.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/rlwe/avx2.h"
#include "suite/rlwe/ring.h"
#include "suite/rlwe/row.h"
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const void *p) { return _mm256_loadu_si256(p); }

AVX2 static inline void store(void *p, __m256i v) { _mm256_storeu_si256(p, v); }

/* lv_rlwe_fold */
AVX2 static inline __m256i fold(__m256i a)
{
    /* Where a is below q the difference wraps and is the larger one. */
    return _mm256_min_epu32(a, _mm256_sub_epi32(a, _mm256_set1_epi32(LV_RLWE_Q)));
}

/* lv_rlwe_mul */
AVX2 static inline __m256i mul(__m256i a, __m256i w, __m256i quotient)
{
    __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(a, quotient), 32);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(quotient, 32));
    __m256i high = _mm256_blend_epi32(even, odd, 0xaa);
    return _mm256_sub_epi32(_mm256_mullo_epi32(a, w),
                            _mm256_mullo_epi32(high, _mm256_set1_epi32(LV_RLWE_Q)));
}

/* One butterfly of the inverse transform on eight pairs. */
AVX2 static inline void butterfly(__m256i *low, __m256i *high, __m256i w, __m256i quotient,
                                  uint32_t bound)
{
    __m256i sum = _mm256_add_epi32(*low, *high);
    __m256i difference =
        _mm256_sub_epi32(_mm256_add_epi32(*low, _mm256_set1_epi32((int)bound)), *high);
    *high = mul(difference, w, quotient);
    *low = sum;
}

AVX2 static inline __m256i take_even(__m256i a, __m256i b)
{
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88));
}

AVX2 static inline __m256i take_odd(__m256i a, __m256i b)
{
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd));
}

/* Factors of four groups, in the order in which the second stage finds their elements. */
AVX2 static inline __m256i four_factors(const uint32_t *table)
{
    const __m256i order = _mm256_setr_epi32(0, 2, 0, 2, 1, 3, 1, 3);
    __m128i factors = _mm_loadu_si128((const void *)table);
    return _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(factors), order);
}

AVX2 static inline __m256i two_factors(const uint32_t *table)
{
    long long both = 0;
    memcpy(&both, table, sizeof both);
    return _mm256_set1_epi64x(both);
}

/* The stages with pairs 1, 2 and 4 apart, on sixteen elements. Numbers are the places of elements
 * before them. */
AVX2 static inline void three_stages(uint32_t *a, size_t at)
{
    const uint32_t *powers = lv_rlwe_inverse_powers;
    const uint32_t *quotients = lv_rlwe_inverse_quotients;
    const __m256i gather = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    __m256i first = load(a + at);
    __m256i second = load(a + at + 8);
    size_t group = LV_RLWE_N / 2 + at / 2;

    __m256i low = take_even(first, second); /* 0 2 8 10 | 4 6 12 14 */
    __m256i high = take_odd(first, second); /* 1 3 9 11 | 5 7 13 15 */
    butterfly(&low, &high, _mm256_permute4x64_epi64(load(powers + group), 0xd8),
              _mm256_permute4x64_epi64(load(quotients + group), 0xd8), 2 * LV_RLWE_Q);

    first = take_even(low, high); /* 0 8 1 9 | 4 12 5 13 */
    second = take_odd(low, high); /* 2 10 3 11 | 6 14 7 15 */
    group /= 2;
    butterfly(&first, &second, four_factors(powers + group), four_factors(quotients + group),
              4 * LV_RLWE_Q);

    low = _mm256_permute2x128_si256(first, second, 0x20);  /* 0 8 1 9 2 10 3 11 */
    high = _mm256_permute2x128_si256(first, second, 0x31); /* 4 12 5 13 6 14 7 15 */
    group /= 2;
    butterfly(&low, &high, two_factors(powers + group), two_factors(quotients + group),
              8 * LV_RLWE_Q);

    low = _mm256_permutevar8x32_epi32(low, gather);   /* 0 1 2 3 | 8 9 10 11 */
    high = _mm256_permutevar8x32_epi32(high, gather); /* 4 5 6 7 | 12 13 14 15 */
    store(a + at, _mm256_permute2x128_si256(low, high, 0x20));
    store(a + at + 8, _mm256_permute2x128_si256(low, high, 0x31));
}

/* The product, then the stages within sixteen elements. */
AVX2 static void begin(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N], const lv_rlwe_factor *s)
{
    for (size_t i = 0; i < LV_RLWE_N; i += 16) {
        store(r + i, mul(load(a + i), load(s->value + i), load(s->quotient + i)));
        store(r + i + 8, mul(load(a + i + 8), load(s->value + i + 8), load(s->quotient + i + 8)));
        three_stages(r, i);
    }
}

/* One stage with pairs `half` apart, a multiple of 8. */
AVX2 static inline void stage(uint32_t *a, size_t half, uint32_t bound)
{
    size_t groups = LV_RLWE_N / 2 / half;
    for (size_t g = 0; g < groups; g++) {
        uint32_t *part = a + 2 * g * half;
        __m256i w = _mm256_set1_epi32((int)lv_rlwe_inverse_powers[groups + g]);
        __m256i quotient = _mm256_set1_epi32((int)lv_rlwe_inverse_quotients[groups + g]);
        for (size_t i = 0; i < half; i += 8) {
            __m256i low = load(part + i);
            __m256i high = load(part + half + i);
            butterfly(&low, &high, w, quotient, bound);
            store(part + i, low);
            store(part + half + i, high);
        }
    }
}

AVX2 static void product(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N],
                         const lv_rlwe_factor *s)
{
    begin(r, a, s);
    uint32_t bound = 16 * LV_RLWE_Q;
    for (size_t half = 8; half < LV_RLWE_N; half *= 2, bound *= 2) {
        stage(r, half, bound);
    }
    const __m256i w = _mm256_set1_epi32((int)lv_rlwe_inverse_powers[0]);
    const __m256i quotient = _mm256_set1_epi32((int)lv_rlwe_inverse_quotients[0]);
    for (size_t i = 0; i < LV_RLWE_N; i += 8) {
        store(r + i, fold(mul(load(r + i), w, quotient)));
    }
}

/* Eight numbers of twenty bytes; each half of a vector takes ten. */
AVX2 static inline __m256i eight_numbers(const uint8_t *in)
{
    const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, -1, -1, -1, 5, 6, 7, 8, 9, -1, -1, -1, 6,
                                           7, 8, 9, 10, -1, -1, -1, 11, 12, 13, 14, 15, -1, -1, -1);
    const __m256i low = _mm256_set1_epi64x((1 << LV_RLWE_BITS) - 1);
    __m256i bytes = _mm256_loadu2_m128i((const void *)(in + 4), (const void *)in);
    __m256i two = _mm256_shuffle_epi8(bytes, order);
    __m256i odd = _mm256_slli_epi64(_mm256_srli_epi64(two, LV_RLWE_BITS), 32);
    return _mm256_or_si256(_mm256_and_si256(two, low), odd);
}

/* Eight numbers at a time while all of them are kept, which is nearly always; else one by one. */
AVX2 static size_t accept(uint32_t *out, size_t room, const uint8_t *stream, size_t len)
{
    const __m256i q = _mm256_set1_epi32(LV_RLWE_Q);
    size_t kept = 0;
    for (size_t i = 0; i < len && kept < room; i += 20) {
        __m256i numbers = eight_numbers(stream + i);
        int below = _mm256_movemask_epi8(_mm256_cmpgt_epi32(q, numbers));
        if (below == -1 && room - kept >= 8) {
            store(out + kept, numbers);
            kept += 8;
        } else {
            kept += lv_rlwe_portable.accept(out + kept, room - kept, stream + i, 20);
        }
    }
    return kept;
}

/* a modulo q for -q <= a < 2 q */
AVX2 static inline __m256i fold_both(__m256i a)
{
    /* A negative number is the larger one, as all are unsigned here. */
    return fold(_mm256_min_epu32(a, _mm256_add_epi32(a, _mm256_set1_epi32(LV_RLWE_Q))));
}

/* Eight coefficients; e is below 128 in absolute value. */
AVX2 static inline void add_eight(uint32_t *c, __m128i e, __m128i bits)
{
    const __m256i delta = _mm256_set1_epi32(LV_RLWE_DELTA);
    __m256i ones = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_cvtepu8_epi32(bits));
    __m256i added = _mm256_add_epi32(_mm256_cvtepi8_epi32(e), _mm256_and_si256(ones, delta));
    store(c, fold_both(_mm256_add_epi32(load(c), added)));
}

AVX2 static void add(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_N],
                     const uint8_t bits[LV_RLWE_N])
{
    const __m128i seven = _mm_set1_epi8(7);
    for (size_t i = 0; i < LV_RLWE_N; i += 16) {
        __m128i u = _mm_loadu_si128((const void *)(stream + i));
        __m128i m = _mm_loadu_si128((const void *)(bits + i));
        __m128i sum =
            _mm_add_epi8(_mm_and_si128(u, seven), _mm_and_si128(_mm_srli_epi32(u, 3), seven));
        __m128i e = _mm_sub_epi8(sum, seven);
        add_eight(c + i, e, m);
        add_eight(c + i + 8, _mm_unpackhi_epi64(e, e), _mm_unpackhi_epi64(m, m));
    }
}

AVX2 static void subtract(uint32_t a[LV_RLWE_N], const uint32_t b[LV_RLWE_N])
{
    lv_rlwe_plain_subtract(a, b);
}

AVX2 static uint32_t row(uint32_t *z, const uint32_t *x, const uint32_t *y, const uint32_t *w,
                         uint32_t constant, unsigned width)
{
    return lv_rlwe_plain_row(z, x, y, w, constant, width);
}

AVX2 static void decide(bool *is_zero, const uint32_t *b, const uint32_t *mask, unsigned count)
{
    lv_rlwe_plain_decide(is_zero, b, mask, count);
}

/* Sixteen coefficients to forty bytes; each half of a vector gives ten. */
AVX2 static void pack(uint8_t *out, const uint32_t *c, size_t count)
{
    const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1,
                                           0, 1, 2, 3, 4, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1);
    for (size_t i = 0; i < count; i += 8, out += 20) {
        __m256i v = load(c + i);
        __m256i low = _mm256_and_si256(v, _mm256_set1_epi64x(UINT32_MAX));
        __m256i joined = _mm256_or_si256(low, _mm256_slli_epi64(_mm256_srli_epi64(v, 32), 20));
        __m256i packed = _mm256_shuffle_epi8(joined, order);
        uint8_t bytes[32];
        store(bytes, packed);
        memcpy(out, bytes, 10);
        memcpy(out + 10, bytes + 16, 10);
    }
}

AVX2 static bool unpack(uint32_t *c, const uint8_t *in, size_t count)
{
    __m256i largest = _mm256_setzero_si256();
    for (size_t i = 0; i < count; i += 8, in += 20) {
        __m256i v = eight_numbers(in);
        store(c + i, v);
        largest = _mm256_max_epu32(largest, v);
    }
    __m256i below = _mm256_cmpgt_epi32(_mm256_set1_epi32(LV_RLWE_Q), largest);
    return _mm256_movemask_epi8(below) == -1;
}

const lv_rlwe_ops lv_rlwe_avx2 = {
    .name = "avx2",
    .prepare = lv_rlwe_portable_prepare,
    .subtract = subtract,
    .product = product,
    .stream = lv_rlwe_sodium_stream,
    .accept = accept,
    .add = add,
    .row = row,
    .decide = decide,
    .pack = pack,
    .unpack = unpack,
};

#endif
