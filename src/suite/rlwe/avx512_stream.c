/* ChaCha20 (D. J. Bernstein, 2008), sixteen blocks at a time: a vector holds one word of each. */
#include "suite/rlwe/avx512.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "base/secret.h"
#include <string.h>

enum { WORDS = 16, LANES = 16, BLOCK = 64, DOUBLE_ROUNDS = 10 };

AVX512 static inline void quarter_round(__m512i *a, __m512i *b, __m512i *c, __m512i *d)
{
    *a = _mm512_add_epi32(*a, *b);
    *d = _mm512_rol_epi32(_mm512_xor_si512(*d, *a), 16);
    *c = _mm512_add_epi32(*c, *d);
    *b = _mm512_rol_epi32(_mm512_xor_si512(*b, *c), 12);
    *a = _mm512_add_epi32(*a, *b);
    *d = _mm512_rol_epi32(_mm512_xor_si512(*d, *a), 8);
    *c = _mm512_add_epi32(*c, *d);
    *b = _mm512_rol_epi32(_mm512_xor_si512(*b, *c), 7);
}

AVX512 static inline void double_round(__m512i v[WORDS])
{
    quarter_round(&v[0], &v[4], &v[8], &v[12]);
    quarter_round(&v[1], &v[5], &v[9], &v[13]);
    quarter_round(&v[2], &v[6], &v[10], &v[14]);
    quarter_round(&v[3], &v[7], &v[11], &v[15]);
    quarter_round(&v[0], &v[5], &v[10], &v[15]);
    quarter_round(&v[1], &v[6], &v[11], &v[12]);
    quarter_round(&v[2], &v[7], &v[8], &v[13]);
    quarter_round(&v[3], &v[4], &v[9], &v[14]);
}

/* From word i of every block to words 4 i .. 4 i + 3 of block 4 l + j in quarter l of vector
 * 4 i + j. */
AVX512 static inline void turn_words(__m512i v[WORDS])
{
    for (int i = 0; i < WORDS; i += 4) {
        __m512i a = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        __m512i b = _mm512_unpackhi_epi32(v[i], v[i + 1]);
        __m512i c = _mm512_unpacklo_epi32(v[i + 2], v[i + 3]);
        __m512i d = _mm512_unpackhi_epi32(v[i + 2], v[i + 3]);
        v[i] = _mm512_unpacklo_epi64(a, c);
        v[i + 1] = _mm512_unpackhi_epi64(a, c);
        v[i + 2] = _mm512_unpacklo_epi64(b, d);
        v[i + 3] = _mm512_unpackhi_epi64(b, d);
    }
}

AVX512 static inline void store_block(uint8_t *out, size_t blocks, size_t at, __m512i block)
{
    if (at < blocks) {
        _mm512_storeu_si512(out + BLOCK * at, block);
    }
}

/* Puts the quarters of each block together and writes the first of them. */
AVX512 static inline void store_blocks(uint8_t *out, size_t blocks, const __m512i v[WORDS])
{
    for (size_t j = 0; j < 4; j++) {
        __m512i a = _mm512_shuffle_i32x4(v[j], v[4 + j], 0x44);
        __m512i b = _mm512_shuffle_i32x4(v[j], v[4 + j], 0xee);
        __m512i c = _mm512_shuffle_i32x4(v[8 + j], v[12 + j], 0x44);
        __m512i d = _mm512_shuffle_i32x4(v[8 + j], v[12 + j], 0xee);
        store_block(out, blocks, j, _mm512_shuffle_i32x4(a, c, 0x88));
        store_block(out, blocks, 4 + j, _mm512_shuffle_i32x4(a, c, 0xdd));
        store_block(out, blocks, 8 + j, _mm512_shuffle_i32x4(b, d, 0x88));
        store_block(out, blocks, 12 + j, _mm512_shuffle_i32x4(b, d, 0xdd));
    }
}

/* Up to sixteen blocks from this state on; words 12 and 13 are the counter. */
AVX512 static void sixteen_blocks(uint8_t *out, size_t blocks, const uint32_t state[WORDS])
{
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i start[WORDS];
    __m512i v[WORDS];
    for (int i = 0; i < WORDS; i++) {
        start[i] = _mm512_set1_epi32((int)state[i]);
    }
    __m512i low = _mm512_add_epi32(start[12], lanes);
    __mmask16 carry = _mm512_cmplt_epu32_mask(low, lanes);
    start[12] = low;
    start[13] = _mm512_mask_add_epi32(start[13], carry, start[13], _mm512_set1_epi32(1));

    memcpy(v, start, sizeof v);
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
        double_round(v);
    }
    for (int i = 0; i < WORDS; i++) {
        v[i] = _mm512_add_epi32(v[i], start[i]);
    }
    turn_words(v);
    store_blocks(out, blocks, v);
}

void lv_rlwe_avx512_stream(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                           uint64_t number, uint64_t counter)
{
    uint32_t state[WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(state + 4, key, LV_RLWE_SEED_BYTES);
    state[14] = (uint32_t)number;
    state[15] = (uint32_t)(number >> 32);
    for (size_t done = 0; done < blocks; done += LANES) {
        state[12] = (uint32_t)(counter + done);
        state[13] = (uint32_t)((counter + done) >> 32);
        sixteen_blocks(out + done * BLOCK, blocks - done, state);
    }
    lv_wipe(state, sizeof state);
}

#endif
