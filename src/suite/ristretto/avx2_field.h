/** Four elements of GF(2^255 - 19) at a time: AVX2 and FMA, in floating point, for without IFMA no
 *  other multiplication of a processor takes as many bits at once.
 *
 *  An element is the sum of limb[i] 2^(51 i) for i = 0 .. 4, each limb an integer of either sign in
 *  a double. A product a b of two limbs comes in two halves, high 2^51 + low:
 *
 *     h = a b + 1.5 * 2^103                         rounded to a multiple of 2^51
 *     r = (1.5 * 2^103 + 1.5 * 2^52) - h            exact
 *     l = a b + r = 1.5 * 2^52 + low                exact
 *
 *  The bits of h, read as an integer, are those of 1.5 * 2^103 plus high, the bits of l those of
 *  1.5 * 2^52 plus low. So sums of integers add up columns, and what the constants bring into a
 *  column is known beforehand and taken away at its end.
 *
 *  Bounds, in units of 2^50. Tight is what has limbs up to 1 + 2^-34: products, squares, what was
 *  loaded and what fe_tight returns. A sum or difference has the sum of both bounds, an entry of a
 *  comb 2.
 *  - The product of two factors' bounds is to be below 4, and what is squared tight, for then two
 *    limbs, one of them doubled in a square, have |a b| < 2^102: h stays within 2^103 .. 2^104,
 *    where doubles are the multiples of 2^51. So a tight factor takes a sum of three tight ones, or
 *    one and an entry, as the other. |low| <= 2^50, and l stays within 2^52 .. 2^53, where they are
 *    the integers; |high| <= 2^51.
 *  - A column has at most 1 low half and, 19 times, 4 low and 5 high ones: it is below
 *    (1 + 19 (4 + 10)) 2^50 < 2^59. What is carried may have up to 2^62, and so be the sum of
 *    eight: a carry is up to 2^11, and 19 times that, which goes to the first limb, is below
 *    2^50 2^-34.
 *  - fe_tight takes up to 4; each other addition and subtraction is one of integers below 2^53.
 *
 *  No operand is ever denormal, infinite or no number, on which time might depend. The processor
 *  has to round to nearest. */
#ifndef LV_RISTRETTO_AVX2_FIELD_H
#define LV_RISTRETTO_AVX2_FIELD_H

#include "suite/ristretto/point.h"
#include <immintrin.h>
#include <string.h>

/* Elements are moved in whole registers, as GCC does for this processor alone: others would have
 * string instructions, which take longer than the sums between them. */
#define LV_TARGET __attribute__((target("avx2,fma,tune=sapphirerapids")))
#define LV_FN LV_TARGET static inline
#define LV_CALL LV_TARGET __attribute__((noinline)) static
#define LV_VECTOR LV_TARGET __attribute__((always_inline)) static inline
#define LV_WITHIN LV_FN

enum { LANES = 4, LIMBS = 5 };
typedef __m256i v4;
typedef __m256d d4;
typedef struct {
    d4 v[LIMBS];
} fe;
typedef v4 fe_mask; /* all ones or all zeros in each lane */

enum { POINT_WORDS = sizeof(lv_point) / sizeof(uint64_t), ENCODING_WORDS = 4 };

/* ---- masks ---- */

LV_VECTOR fe_mask mask_or(fe_mask a, fe_mask b) { return _mm256_or_si256(a, b); }
LV_VECTOR fe_mask mask_and(fe_mask a, fe_mask b) { return _mm256_and_si256(a, b); }
LV_VECTOR fe_mask mask_not(fe_mask a) { return _mm256_xor_si256(a, _mm256_set1_epi64x(-1)); }
LV_VECTOR bool mask_bit(fe_mask a, size_t lane)
{
    return ((unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(a)) >> lane & 1) != 0;
}

/* ---- lanes ---- */

LV_VECTOR v4 all(uint64_t a) { return _mm256_set1_epi64x((long long)a); }
LV_VECTOR d4 all_real(double a) { return _mm256_set1_pd(a); }
LV_VECTOR v4 bits_of(d4 a) { return _mm256_castpd_si256(a); }
LV_VECTOR d4 with_bits(v4 a) { return _mm256_castsi256_pd(a); }
LV_VECTOR v4 add(v4 a, v4 b) { return _mm256_add_epi64(a, b); }
LV_VECTOR v4 subtract(v4 a, v4 b) { return _mm256_sub_epi64(a, b); }
LV_VECTOR v4 twice(v4 a) { return add(a, a); }
LV_VECTOR v4 above51(v4 a) { return _mm256_srli_epi64(a, 51); }
LV_VECTOR v4 below(v4 a, int bits) { return _mm256_and_si256(a, all((UINT64_C(1) << bits) - 1)); }

/* a + 19 b, for b below 2^32 */
LV_VECTOR v4 add19(v4 a, v4 b) { return add(a, _mm256_mul_epu32(b, all(19))); }

/* Words that are `words` apart, of `count` lanes; the last again where there are fewer than four.
 */
LV_VECTOR v4 load_words(const uint64_t *in, size_t words, size_t count)
{
    const size_t last = count < LANES ? count - 1 : LANES - 1;
    return _mm256_set_epi64x((long long)in[last * words],
                             (long long)in[(last < 2 ? last : 2) * words],
                             (long long)in[(last < 1 ? last : 1) * words], (long long)in[0]);
}

LV_VECTOR void store_words(uint64_t *out, v4 a, size_t words, size_t count)
{
    uint64_t lane[LANES];
    _mm256_storeu_si256((v4 *)lane, a);
    for (size_t i = 0; i < LANES && i < count; i++) {
        out[i * words] = lane[i];
    }
}

/* ---- constants ---- */

/* The bits of 1.5 * 2^103, 1.5 * 2^52 and 2^52. */
#define HIGH_BITS ((UINT64_C(0x466) << 52) + (UINT64_C(1) << 51))
#define LOW_BITS ((UINT64_C(0x433) << 52) + (UINT64_C(1) << 51))
#define UNIT_BITS (UINT64_C(0x433) << 52)

/* How many high and low halves column k = 0 .. 4 of a product has, and of a square. */
#define HIGHS(k) (UINT64_C(95) - UINT64_C(18) * (k))
#define LOWS(k) (UINT64_C(77) - UINT64_C(18) * (k))
#define SQUARE_HIGHS(k) (UINT64_C(1) * (((k) + 1) / 2) + UINT64_C(19) * ((6 - (k)) / 2))
#define SQUARE_LOWS(k) (UINT64_C(1) * ((k) / 2 + 1) + UINT64_C(19) * ((5 - (k)) / 2))
#define BIAS(k) (HIGHS(k) * HIGH_BITS + LOWS(k) * LOW_BITS)
#define SQUARE_BIAS(k) (SQUARE_HIGHS(k) * HIGH_BITS + SQUARE_LOWS(k) * LOW_BITS)

/* What makes a column positive, and rounds where carry cuts. */
#define ROUND ((UINT64_C(1) << 62) + (UINT64_C(1) << 50))

#define FOUR(a) {(a), (a), (a), (a)}
#define EACH(a) {a(0), a(1), a(2), a(3), a(4)}
#define OF_NONE(k) FOUR(ROUND)
#define OF_PRODUCT(k) FOUR(ROUND - BIAS(k))
#define OF_PRODUCTS(k) FOUR(ROUND - 2 * BIAS(k))
#define OF_SQUARE(k) FOUR(ROUND - SQUARE_BIAS(k))
#define OF_SQUARES(k) FOUR(ROUND - 2 * SQUARE_BIAS(k))

typedef struct {
    uint64_t limb[LIMBS][LANES];
} columns;

/* In memory, whence each is an operand: broadcasts would take the place of sums. */
static const struct {
    columns none;
    columns product;
    columns products; /* a sum of two */
    columns square;
    columns squares;
    uint64_t low51[LANES];
    uint64_t unit[LANES];
    uint64_t nineteen[LANES];
    double first[LANES]; /* what carry takes from the first limb, and from the others */
    double other[LANES];
} CONSTANTS __attribute__((aligned(32))) = {
    .none = {EACH(OF_NONE)},
    .product = {EACH(OF_PRODUCT)},
    .products = {EACH(OF_PRODUCTS)},
    .square = {EACH(OF_SQUARE)},
    .squares = {EACH(OF_SQUARES)},
    .low51 = FOUR((UINT64_C(1) << 51) - 1),
    .unit = FOUR(UNIT_BITS),
    .nineteen = FOUR(19),
    .first = FOUR(0x1p52 + 0x1p50 + 19 * 0x1p11),
    .other = FOUR(0x1p52 + 0x1p50 + 0x1p11),
};

/* Compilers that see through the address put broadcasts in place of operands. */
LV_VECTOR v4 constant(const uint64_t *of)
{
    __asm__("" : "+r"(of));
    return _mm256_load_si256((const v4 *)of);
}

LV_VECTOR d4 constant_real(const double *of)
{
    __asm__("" : "+r"(of));
    return _mm256_load_pd(of);
}

/* r += the constants of these columns. */
LV_VECTOR void start(v4 r[LIMBS], const columns *from)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r[i] = add(r[i], constant(from->limb[i]));
    }
}

/* ---- limbs ---- */

/* In integers, of 51 bits. */
typedef struct {
    v4 v[5];
} wide_fe;

/* Columns to which ROUND was added, of 2^62 at most either way, to a tight element: each is cut
 * into the nearest multiple of 2^51, which goes on to the next, and the rest. */
LV_VECTOR void carry_to(fe *r, const v4 z[LIMBS])
{
    const v4 wrapped = _mm256_mul_epu32(above51(z[4]), constant(CONSTANTS.nineteen));
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const v4 low = mask_and(z[i], constant(CONSTANTS.low51));
        const v4 limb = add(low, i == 0 ? wrapped : above51(z[i == 0 ? 0 : i - 1]));
        r->v[i] = _mm256_sub_pd(with_bits(mask_or(limb, constant(CONSTANTS.unit))),
                                constant_real(i == 0 ? CONSTANTS.first : CONSTANTS.other));
    }
}

/* Limbs below 2^62. */
LV_VECTOR fe fe_of(wide_fe a)
{
    fe r;
    start(a.v, &CONSTANTS.none);
    carry_to(&r, a.v);
    return r;
}

/* Limbs below 2^55 to limbs below 2^51 + 2^9. */
LV_VECTOR wide_fe carry_wide(wide_fe a)
{
    wide_fe r;
    r.v[0] = add19(below(a.v[0], 51), above51(a.v[4]));
    for (int i = 1; i < 5; i++) {
        r.v[i] = add(below(a.v[i], 51), above51(a.v[i - 1]));
    }
    return r;
}

/* Of a tight element: limbs below 2^51 + 2^9. */
LV_VECTOR wide_fe wide_of(fe a)
{
    wide_fe r;
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) { /* and 2 p, so that none is negative */
        const uint64_t two_p = (UINT64_C(1) << 52) - (i == 0 ? 38 : 2);
        r.v[i] = add(bits_of(_mm256_add_pd(a.v[i], all_real(0x1.8p52))), all(two_p - LOW_BITS));
    }
    return carry_wide(r);
}

LV_VECTOR fe fe_constant(const lv_fe *a)
{
    wide_fe r;
    for (int i = 0; i < LIMBS; i++) {
        r.v[i] = all(a->v[i]);
    }
    return fe_of(r);
}

LV_VECTOR fe fe_load(const lv_fe *in, size_t count)
{
    wide_fe r;
    for (int i = 0; i < LIMBS; i++) {
        r.v[i] = load_words(&in->v[i], POINT_WORDS, count);
    }
    return fe_of(r);
}

LV_VECTOR void fe_store(lv_fe *out, fe a, size_t count)
{
    wide_fe r = wide_of(a);
    for (int i = 0; i < LIMBS; i++) {
        store_words(&out->v[i], r.v[i], POINT_WORDS, count);
    }
}

/* ---- field ---- */

LV_VECTOR void fe_add_to(fe *r, const fe *a, const fe *b)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_add_pd(a->v[i], b->v[i]);
    }
}

LV_VECTOR void fe_subtract_to(fe *r, const fe *a, const fe *b)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_sub_pd(a->v[i], b->v[i]);
    }
}

/* The nearest multiple of 2^51 goes on to the next limb. */
LV_VECTOR void fe_tight_to(fe *r, const fe *a)
{
    const d4 cut = all_real(0x1.8p103);
    d4 over[LIMBS];
    d4 rest[LIMBS];
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        over[i] = _mm256_sub_pd(_mm256_add_pd(a->v[i], cut), cut);
        rest[i] = _mm256_sub_pd(a->v[i], over[i]);
    }
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_fmadd_pd(over[(i + LIMBS - 1) % LIMBS],
                                  all_real(i == 0 ? 19 * 0x1p-51 : 0x1p-51), rest[i]);
    }
}

LV_VECTOR void fe_negate_where(fe *a, fe_mask mask)
{
    const d4 sign = _mm256_and_pd(with_bits(mask), all_real(-0.0));
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        a->v[i] = _mm256_xor_pd(a->v[i], sign);
    }
}

LV_VECTOR void fe_exchange(fe *a, fe *b, fe_mask mask)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const d4 change = _mm256_and_pd(_mm256_xor_pd(a->v[i], b->v[i]), with_bits(mask));
        a->v[i] = _mm256_xor_pd(a->v[i], change);
        b->v[i] = _mm256_xor_pd(b->v[i], change);
    }
}

/* Compilers like to make all products first and to sum them up later, for which there are not
 * enough registers by far: each is to be added before the next is made. */
LV_VECTOR void accumulate(v4 *z, bool first, d4 part)
{
    *z = first ? bits_of(part) : add(*z, bits_of(part));
    __asm__("" : "+x"(*z));
}

/* The halves of limb i of one factor times limb j of the other, to columns z of both. */
LV_VECTOR void add_product(v4 z[2 * LIMBS], int i, int j, d4 a, d4 b)
{
    const d4 high = _mm256_fmadd_pd(a, b, all_real(0x1.8p103));
    const d4 rest = _mm256_sub_pd(all_real(0x1.8p103 + 0x1.8p52), high);
    accumulate(&z[i + j], i + j == 0, _mm256_fmadd_pd(a, b, rest));
    accumulate(&z[i + j + 1], i == 0 || j == LIMBS - 1, high);
}

/* The columns beyond 2^255 count 19 times. */
LV_VECTOR void fold_to(v4 r[LIMBS], const v4 z[2 * LIMBS])
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const v4 y = z[i + LIMBS];
        r[i] = add(add(z[i], y), add(twice(y), _mm256_slli_epi64(y, 4)));
    }
}

LV_VECTOR void multiply_columns(v4 r[LIMBS], const fe *a, const fe *b)
{
    v4 z[2 * LIMBS];
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < LIMBS; j++) {
            add_product(z, i, j, a->v[i], b->v[j]);
        }
    }
    fold_to(r, z);
}

LV_VECTOR void square_columns(v4 r[LIMBS], const fe *a)
{
    v4 z[2 * LIMBS];
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const d4 doubled = _mm256_add_pd(a->v[i], a->v[i]);
#pragma GCC unroll 5
        for (int j = i; j < LIMBS; j++) {
            add_product(z, i, j, i == j ? a->v[i] : doubled, a->v[j]);
        }
    }
    fold_to(r, z);
}

LV_VECTOR void finish(fe *r, v4 z[LIMBS], const columns *from)
{
    start(z, from);
    carry_to(r, z);
}

LV_CALL void fe_multiply_to(fe *r, const fe *a, const fe *b)
{
    v4 z[LIMBS];
    multiply_columns(z, a, b);
    finish(r, z, &CONSTANTS.product);
}

LV_CALL void fe_square_to(fe *r, const fe *a)
{
    v4 z[LIMBS];
    square_columns(z, a);
    finish(r, z, &CONSTANTS.square);
}

LV_VECTOR void add_columns(v4 r[LIMBS], const v4 a[LIMBS], const v4 b[LIMBS])
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r[i] = add(a[i], b[i]);
    }
}

LV_VECTOR void subtract_columns(v4 r[LIMBS], const v4 a[LIMBS], const v4 b[LIMBS])
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r[i] = subtract(a[i], b[i]);
    }
}

/* Sums and differences of columns, whose own constants add up or go: one carry for each result. */
LV_CALL void fe_products_to(fe *difference, fe *sum, const fe *a, const fe *b, const fe *c,
                            const fe *d)
{
    v4 ab[LIMBS];
    v4 cd[LIMBS];
    v4 z[LIMBS];
    multiply_columns(ab, a, b);
    multiply_columns(cd, c, d);
    subtract_columns(z, cd, ab);
    finish(difference, z, &CONSTANTS.none);
    add_columns(z, cd, ab);
    finish(sum, z, &CONSTANTS.products);
}

LV_CALL void fe_squares_to(fe *e, fe *f, fe *g, fe *h, const fe *x, const fe *y, const fe *z,
                           const fe *s)
{
    v4 xx[LIMBS];
    v4 yy[LIMBS];
    v4 zz[LIMBS];
    v4 ss[LIMBS];
    v4 sum[LIMBS];
    v4 difference[LIMBS];
    square_columns(xx, x);
    square_columns(yy, y);
    square_columns(ss, s);
    add_columns(sum, xx, yy);
    subtract_columns(ss, sum, ss);
    finish(e, ss, &CONSTANTS.square);
    subtract_columns(difference, xx, yy);
    square_columns(zz, z);
    add_columns(zz, zz, zz);
    add_columns(zz, zz, difference);
    finish(f, zz, &CONSTANTS.squares);
    finish(g, difference, &CONSTANTS.none);
    finish(h, sum, &CONSTANTS.squares);
}

LV_VECTOR fe fe_add(fe a, fe b)
{
    fe r;
    fe_add_to(&r, &a, &b);
    return r;
}

LV_VECTOR fe fe_subtract(fe a, fe b)
{
    fe r;
    fe_subtract_to(&r, &a, &b);
    return r;
}

LV_VECTOR fe fe_tight(fe a)
{
    fe r;
    fe_tight_to(&r, &a);
    return r;
}

LV_VECTOR fe fe_multiply(fe a, fe b)
{
    fe r;
    fe_multiply_to(&r, &a, &b);
    return r;
}

LV_VECTOR fe fe_square(fe a)
{
    fe r;
    fe_square_to(&r, &a);
    return r;
}

LV_VECTOR fe fe_select(fe_mask mask, fe a, fe b)
{
    fe r;
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r.v[i] = _mm256_blendv_pd(b.v[i], a.v[i], with_bits(mask));
    }
    return r;
}

/* One square after the other: here it is the time from limbs to limbs that counts. */
LV_CALL void square_chain(fe *a, int n)
{
    fe x = *a;
    for (int times = 0; times < n; times++) {
        v4 z[LIMBS];
        square_columns(z, &x);
        start(z, &CONSTANTS.square);
        carry_to(&x, z);
    }
    *a = x;
}

LV_VECTOR fe fe_square_times(fe a, int n)
{
    square_chain(&a, n);
    return a;
}

LV_VECTOR void fe_select_to(fe *r, fe_mask mask, const fe *a, const fe *b)
{
    *r = fe_select(mask, *a, *b);
}

/* The representative in 0 .. p - 1. */
LV_FN wide_fe canonical_wide(wide_fe a)
{
    wide_fe r = carry_wide(carry_wide(a)); /* below 2 p */
    v4 over = above51(add(r.v[0], all(19)));
    for (int i = 1; i < 5; i++) {
        over = above51(add(r.v[i], over));
    }
    r.v[0] = add19(r.v[0], over); /* - p = + 19 - 2^255 */
    for (int i = 1; i < 5; i++) {
        r.v[i] = add(r.v[i], above51(r.v[i - 1]));
        r.v[i - 1] = below(r.v[i - 1], 51);
    }
    r.v[4] = below(r.v[4], 51);
    return r;
}

LV_FN wide_fe canonical(fe a) { return canonical_wide(wide_of(a)); }

LV_FN fe_mask fe_is_odd(fe a) { return _mm256_cmpeq_epi64(below(canonical(a).v[0], 1), all(1)); }

LV_FN fe_mask fe_equal(fe a, fe b)
{
    wide_fe r = canonical(fe_tight(fe_subtract(a, b)));
    v4 any = mask_or(mask_or(r.v[0], r.v[1]), mask_or(mask_or(r.v[2], r.v[3]), r.v[4]));
    return _mm256_cmpeq_epi64(any, all(0));
}

LV_FN fe_mask fe_load_bytes(fe *out, const uint8_t *in, size_t count)
{
    const size_t n = count < LANES ? count : LANES;
    uint64_t words[LANES * ENCODING_WORDS];
    v4 w[ENCODING_WORDS];
    memcpy(words, in, n * LV_POINT_LEN);
    for (size_t i = 0; i < ENCODING_WORDS; i++) {
        w[i] = load_words(words + i, ENCODING_WORDS, n);
    }
    wide_fe a;
    a.v[0] = below(w[0], 51);
    a.v[1] = below(mask_or(above51(w[0]), _mm256_slli_epi64(w[1], 13)), 51);
    a.v[2] = below(mask_or(_mm256_srli_epi64(w[1], 38), _mm256_slli_epi64(w[2], 26)), 51);
    a.v[3] = below(mask_or(_mm256_srli_epi64(w[2], 25), _mm256_slli_epi64(w[3], 39)), 51);
    a.v[4] = _mm256_srli_epi64(w[3], 12);
    wide_fe r = canonical_wide(a);
    fe_mask same = all(UINT64_MAX);
    for (int i = 0; i < 5; i++) {
        same = mask_and(same, _mm256_cmpeq_epi64(r.v[i], a.v[i]));
    }
    *out = fe_of(a);
    return same;
}

LV_FN void fe_store_bytes(uint8_t *out, fe a, size_t count)
{
    wide_fe r = canonical(a);
    const v4 w[ENCODING_WORDS] = {
        mask_or(r.v[0], _mm256_slli_epi64(r.v[1], 51)),
        mask_or(_mm256_srli_epi64(r.v[1], 13), _mm256_slli_epi64(r.v[2], 38)),
        mask_or(_mm256_srli_epi64(r.v[2], 26), _mm256_slli_epi64(r.v[3], 25)),
        mask_or(_mm256_srli_epi64(r.v[3], 39), _mm256_slli_epi64(r.v[4], 12))};
    uint64_t words[LANES * ENCODING_WORDS];
    for (size_t i = 0; i < ENCODING_WORDS; i++) {
        store_words(words + i, w[i], ENCODING_WORDS, LANES);
    }
    memcpy(out, words, (count < LANES ? count : LANES) * LV_POINT_LEN);
}

#endif
