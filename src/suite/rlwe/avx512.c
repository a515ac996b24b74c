/* Sixteen 32-bit lanes. */
#include "suite/rlwe/avx512.h"
#include "suite/rlwe/row.h"

#if defined(__x86_64__) && defined(__GNUC__)

/* lv_rlwe_fold */
AVX512 static inline __m512i fold(__m512i a)
{
    return _mm512_min_epu32(a, _mm512_sub_epi32(a, _mm512_set1_epi32(LV_RLWE_Q)));
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

/* lv_rlwe_reduce_sum; the upper part of a has few bits. */
AVX512 static inline __m512i reduce_sum(__m512i a)
{
    const int modulus = 1 << LV_RLWE_BITS;
    __m512i low = _mm512_and_si512(a, _mm512_set1_epi32(modulus - 1));
    __m512i high = _mm512_madd_epi16(_mm512_srli_epi32(a, LV_RLWE_BITS),
                                     _mm512_set1_epi32(modulus - (int)LV_RLWE_Q));
    return fold(fold(_mm512_add_epi32(low, high)));
}

AVX512 static inline __mmask16 first_lanes(unsigned count)
{
    return (__mmask16)(count >= 16 ? 0xffffU : (1U << count) - 1);
}

AVX512 static void subtract(uint32_t a[LV_RLWE_N], const uint32_t b[LV_RLWE_N])
{
    lv_rlwe_plain_subtract(a, b);
}

AVX512 static uint32_t row(uint32_t *z, const uint32_t *x, const uint32_t *y, const uint32_t *w,
                           uint32_t constant, unsigned width)
{
    const __m512i none = _mm512_setzero_si512();
    const __m512i shift = _mm512_set1_epi32((int)(LV_RLWE_Q + constant));
    __m512i sum = none; /* of the vectors before, in every lane */
    for (unsigned i = 0; i < width; i += 16) {
        const __mmask16 lanes = first_lanes(width - i);
        __m512i v = _mm512_maskz_loadu_epi32(lanes, w + i);
        __m512i upto = _mm512_add_epi32(v, _mm512_alignr_epi32(v, none, 15));
        upto = _mm512_add_epi32(upto, _mm512_alignr_epi32(upto, none, 14));
        upto = _mm512_add_epi32(upto, _mm512_alignr_epi32(upto, none, 12));
        upto = _mm512_add_epi32(upto, _mm512_alignr_epi32(upto, none, 8));
        __m512i before = _mm512_add_epi32(sum, _mm512_sub_epi32(upto, v));
        __m512i thrice = _mm512_add_epi32(before, _mm512_slli_epi32(before, 1));
        __m512i difference = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(lanes, x + i),
                                              _mm512_maskz_loadu_epi32(lanes, y + i));
        __m512i cells = _mm512_add_epi32(_mm512_add_epi32(difference, shift), thrice);
        _mm512_mask_storeu_epi32(z + i, lanes, reduce_sum(cells));
        sum = _mm512_add_epi32(sum, _mm512_permutexvar_epi32(_mm512_set1_epi32(15), upto));
    }
    return lv_rlwe_reduce_sum((uint32_t)_mm512_cvtsi512_si32(sum));
}

AVX512 static void decide(bool *is_zero, const uint32_t *b, const uint32_t *mask, unsigned count)
{
    const __m512i q = _mm512_set1_epi32(LV_RLWE_Q);
    const __m512i delta = _mm512_set1_epi32(LV_RLWE_DELTA);
    const __m512i half = _mm512_set1_epi32(LV_RLWE_DELTA / 2);
    for (unsigned i = 0; i < count; i += 16) {
        const __mmask16 lanes = first_lanes(count - i);
        __m512i v = _mm512_sub_epi32(_mm512_add_epi32(_mm512_maskz_loadu_epi32(lanes, b + i), q),
                                     _mm512_maskz_loadu_epi32(lanes, mask + i));
        __m512i shifted = fold(_mm512_add_epi32(fold(v), half));
        __mmask16 near = _mm512_cmple_epu32_mask(shifted, delta);
        _mm_mask_storeu_epi8(is_zero + i, lanes, _mm_maskz_set1_epi8(near, 1));
    }
}

/* Sixteen coefficients to forty bytes: two of them in each of eight parts, the parts together by
 * twos, then all. */
AVX512 static void pack(uint8_t *out, const uint32_t *c, size_t count)
{
    const __mmask64 forty = (UINT64_C(1) << 40) - 1;
    const __m512i quarters =
        _mm512_set_epi16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 27, 26, 25, 24, 20, 19, 18, 17, 16,
                         12, 11, 10, 9, 8, 4, 3, 2, 1, 0);
    const __m512i order = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1));
    const __m512i low = _mm512_set1_epi64(UINT32_MAX);
    for (size_t i = 0; i < count; i += 16, out += 40) {
        __m512i v = _mm512_loadu_si512(c + i);
        __m512i odd = _mm512_slli_epi64(_mm512_srli_epi64(v, 32), LV_RLWE_BITS);
        __m512i two = _mm512_or_si512(_mm512_and_si512(v, low), odd);
        __m512i tens = _mm512_shuffle_epi8(two, order);
        _mm512_mask_storeu_epi8(out, forty, _mm512_permutexvar_epi16(quarters, tens));
    }
}

AVX512 static bool unpack(uint32_t *c, const uint8_t *in, size_t count)
{
    __m512i largest = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 16, in += 40) {
        __m512i v = sixteen_numbers(in);
        _mm512_storeu_si512(c + i, v);
        largest = _mm512_max_epu32(largest, v);
    }
    return _mm512_cmpge_epu32_mask(largest, _mm512_set1_epi32(LV_RLWE_Q)) == 0;
}

const lv_rlwe_ops lv_rlwe_avx512 = {
    .name = "avx512",
    .prepare = lv_rlwe_avx512_prepare,
    .subtract = subtract,
    .product = lv_rlwe_avx512_product,
    .stream = lv_rlwe_avx512_stream,
    .accept = accept,
    .add = add,
    .row = row,
    .decide = decide,
    .pack = pack,
    .unpack = unpack,
};

#endif
