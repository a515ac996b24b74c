/* Eight points at a time: AVX-512 with IFMA, whose vpmadd52luq and vpmadd52huq multiply 52 bits of
 * each 64-bit lane. Limbs of every element are below 2^51 + 2^16 between operations, so that they
 * may be factors. */
#include "suite/ristretto/point.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/ristretto/constants.h"
#include "suite/ristretto/schedule.h"
#include <immintrin.h>

/* Without optimisation GCC's gathers and scatters are macros that convert masks so. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

#define LV_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))
#define LV_FN LV_TARGET static inline
#define LV_VECTOR LV_TARGET __attribute__((always_inline)) static inline
#define LV_WITHIN LV_VECTOR

enum { LANES = 8 };
typedef __m512i v8;
typedef struct {
    v8 v[5];
} fe;
typedef __mmask8 fe_mask;

enum { POINT_WORDS = sizeof(lv_point) / sizeof(uint64_t), ENCODING_WORDS = 4 };

/* ---- masks ---- */

LV_VECTOR fe_mask mask_or(fe_mask a, fe_mask b) { return (fe_mask)(a | b); }
LV_VECTOR fe_mask mask_and(fe_mask a, fe_mask b) { return (fe_mask)(a & b); }
LV_VECTOR fe_mask mask_not(fe_mask a) { return (fe_mask)~a; }
LV_VECTOR bool mask_bit(fe_mask a, size_t lane) { return (a >> lane & 1) != 0; }

/* ---- lanes ---- */

LV_VECTOR v8 all(uint64_t a) { return _mm512_set1_epi64((long long)a); }

/* The words where `count` lanes begin that are `words` apart; the last again where there are
 * fewer than eight. */
LV_VECTOR v8 places(size_t count, uint64_t words)
{
    const v8 lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_mullo_epi64(_mm512_min_epu64(lane, all(count - 1)), all(words));
}

LV_VECTOR fe_mask first_lanes(size_t count)
{
    return (fe_mask)((1U << (count < LANES ? count : LANES)) - 1);
}

LV_VECTOR fe fe_constant(const lv_fe *a)
{
    return (fe){{all(a->v[0]), all(a->v[1]), all(a->v[2]), all(a->v[3]), all(a->v[4])}};
}

LV_VECTOR fe fe_load(const lv_fe *in, size_t count)
{
    v8 at = places(count, POINT_WORDS);
    fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = _mm512_i64gather_epi64(at, &in->v[i], 8);
    }
    return r;
}

LV_VECTOR void fe_store(lv_fe *out, fe a, size_t count)
{
    v8 at = places(count, POINT_WORDS);
    for (int i = 0; i < 5; i++) {
        _mm512_mask_i64scatter_epi64(&out->v[i], first_lanes(count), at, a.v[i], 8);
    }
}

/* ---- field ---- */

LV_VECTOR v8 low(v8 z, v8 a, v8 b) { return _mm512_madd52lo_epu64(z, a, b); }
LV_VECTOR v8 high(v8 z, v8 a, v8 b) { return _mm512_madd52hi_epu64(z, a, b); }
LV_VECTOR v8 add(v8 a, v8 b) { return _mm512_add_epi64(a, b); }
LV_VECTOR v8 twice(v8 a) { return add(a, a); }
LV_VECTOR v8 below51(v8 a) { return _mm512_and_si512(a, all((UINT64_C(1) << 51) - 1)); }
LV_VECTOR v8 above51(v8 a) { return _mm512_srli_epi64(a, 51); }

/* Sums that were not carried: limbs below 2^62 and a half. */
typedef struct {
    v8 v[5];
} loose;

/* To limbs below 2^51 + 2^16. */
LV_VECTOR fe carry(loose z)
{
    return (fe){{low(below51(z.v[0]), above51(z.v[4]), all(19)),
                 add(below51(z.v[1]), above51(z.v[0])), add(below51(z.v[2]), above51(z.v[1])),
                 add(below51(z.v[3]), above51(z.v[2])), add(below51(z.v[4]), above51(z.v[3]))}};
}

LV_VECTOR fe fe_add(fe a, fe b)
{
    loose z;
    for (int i = 0; i < 5; i++) {
        z.v[i] = add(a.v[i], b.v[i]);
    }
    return carry(z);
}

/* a + 2 p - b */
LV_VECTOR fe fe_subtract(fe a, fe b)
{
    loose z;
    for (int i = 0; i < 5; i++) {
        const v8 two_p = all((UINT64_C(1) << 52) - (i == 0 ? 38 : 2));
        z.v[i] = _mm512_sub_epi64(add(a.v[i], two_p), b.v[i]);
    }
    return carry(z);
}

/* z + 19 y */
LV_VECTOR v8 fold(v8 z, v8 y) { return add(add(z, y), add(twice(y), _mm512_slli_epi64(y, 4))); }

/* Limbs have 51 bits but high halves begin at bit 52: they count twice, one limb further up. Of
 * five products in a column the low halves are below 5 2^52 and the high ones twice below 5 2^51:
 * what is folded is below 20 times 7.5 2^52, 2^59.3. */
LV_VECTOR loose multiply_loose(fe a, fe b)
{
    const v8 zero = all(0);
    v8 z0 = low(zero, a.v[0], b.v[0]);
    v8 z1 = low(low(twice(high(zero, a.v[0], b.v[0])), a.v[0], b.v[1]), a.v[1], b.v[0]);
    v8 z2 = low(low(low(twice(high(high(zero, a.v[0], b.v[1]), a.v[1], b.v[0])), a.v[0], b.v[2]),
                    a.v[1], b.v[1]),
                a.v[2], b.v[0]);
    v8 z3 = low(
        low(low(low(twice(high(high(high(zero, a.v[0], b.v[2]), a.v[1], b.v[1]), a.v[2], b.v[0])),
                    a.v[0], b.v[3]),
                a.v[1], b.v[2]),
            a.v[2], b.v[1]),
        a.v[3], b.v[0]);
    v8 z4 = low(low(low(low(low(twice(high(high(high(high(zero, a.v[0], b.v[3]), a.v[1], b.v[2]),
                                                a.v[2], b.v[1]),
                                           a.v[3], b.v[0])),
                                a.v[0], b.v[4]),
                            a.v[1], b.v[3]),
                        a.v[2], b.v[2]),
                    a.v[3], b.v[1]),
                a.v[4], b.v[0]);
    v8 z5 = low(low(low(low(twice(high(high(high(high(high(zero, a.v[0], b.v[4]), a.v[1], b.v[3]),
                                                 a.v[2], b.v[2]),
                                            a.v[3], b.v[1]),
                                       a.v[4], b.v[0])),
                            a.v[1], b.v[4]),
                        a.v[2], b.v[3]),
                    a.v[3], b.v[2]),
                a.v[4], b.v[1]);
    v8 z6 = low(
        low(low(twice(high(high(high(high(zero, a.v[1], b.v[4]), a.v[2], b.v[3]), a.v[3], b.v[2]),
                           a.v[4], b.v[1])),
                a.v[2], b.v[4]),
            a.v[3], b.v[3]),
        a.v[4], b.v[2]);
    v8 z7 = low(low(twice(high(high(high(zero, a.v[2], b.v[4]), a.v[3], b.v[3]), a.v[4], b.v[2])),
                    a.v[3], b.v[4]),
                a.v[4], b.v[3]);
    v8 z8 = low(twice(high(high(zero, a.v[3], b.v[4]), a.v[4], b.v[3])), a.v[4], b.v[4]);
    v8 z9 = twice(high(zero, a.v[4], b.v[4]));
    return (loose){{fold(z0, z5), fold(z1, z6), fold(z2, z7), fold(z3, z8), fold(z4, z9)}};
}

LV_VECTOR fe fe_multiply(fe a, fe b) { return carry(multiply_loose(a, b)); }

/* Products of two different limbs come twice. */
LV_VECTOR loose square_loose(fe a)
{
    const v8 zero = all(0);
    v8 z0 = low(zero, a.v[0], a.v[0]);
    v8 z1 = twice(low(high(zero, a.v[0], a.v[0]), a.v[0], a.v[1]));
    v8 z2 = low(twice(low(twice(high(zero, a.v[0], a.v[1])), a.v[0], a.v[2])), a.v[1], a.v[1]);
    v8 z3 = twice(low(low(high(twice(high(zero, a.v[0], a.v[2])), a.v[1], a.v[1]), a.v[0], a.v[3]),
                      a.v[1], a.v[2]));
    v8 z4 =
        low(twice(low(low(twice(high(high(zero, a.v[0], a.v[3]), a.v[1], a.v[2])), a.v[0], a.v[4]),
                      a.v[1], a.v[3])),
            a.v[2], a.v[2]);
    v8 z5 =
        twice(low(low(high(twice(high(high(zero, a.v[0], a.v[4]), a.v[1], a.v[3])), a.v[2], a.v[2]),
                      a.v[1], a.v[4]),
                  a.v[2], a.v[3]));
    v8 z6 = low(twice(low(twice(high(high(zero, a.v[1], a.v[4]), a.v[2], a.v[3])), a.v[2], a.v[4])),
                a.v[3], a.v[3]);
    v8 z7 = twice(low(high(twice(high(zero, a.v[2], a.v[4])), a.v[3], a.v[3]), a.v[3], a.v[4]));
    v8 z8 = low(twice(twice(high(zero, a.v[3], a.v[4]))), a.v[4], a.v[4]);
    v8 z9 = twice(high(zero, a.v[4], a.v[4]));
    return (loose){{fold(z0, z5), fold(z1, z6), fold(z2, z7), fold(z3, z8), fold(z4, z9)}};
}

LV_VECTOR fe fe_square(fe a) { return carry(square_loose(a)); }

/* Limb i of 2^n p. */
LV_VECTOR v8 times_p(int i, int n)
{
    return all((UINT64_C(1) << (51 + n)) - ((uint64_t)(i == 0 ? 19 : 1) << n));
}

LV_VECTOR loose add_loose(loose a, loose b)
{
    for (int i = 0; i < 5; i++) {
        a.v[i] = add(a.v[i], b.v[i]);
    }
    return a;
}

/* a - b for a product or square b: the multiple of p is larger, limb by limb. */
LV_VECTOR loose subtract_loose(loose a, loose b)
{
    for (int i = 0; i < 5; i++) {
        a.v[i] = _mm512_sub_epi64(add(a.v[i], times_p(i, 9)), b.v[i]);
    }
    return a;
}

/* One carry for each result. */
LV_VECTOR void fe_products_to(fe *difference, fe *sum, const fe *a, const fe *b, const fe *c,
                              const fe *d)
{
    const loose ab = multiply_loose(*a, *b);
    const loose cd = multiply_loose(*c, *d);
    *difference = carry(subtract_loose(cd, ab));
    *sum = carry(add_loose(cd, ab));
}

/* The largest has limbs below 3 2^59.3 + 2^60. */
LV_VECTOR void fe_squares_to(fe *e, fe *f, fe *g, fe *h, const fe *x, const fe *y, const fe *z,
                             const fe *s)
{
    const loose xx = square_loose(*x);
    const loose yy = square_loose(*y);
    const loose zz = square_loose(*z);
    const loose sum = add_loose(xx, yy);
    const loose difference = subtract_loose(xx, yy);
    *e = carry(subtract_loose(sum, square_loose(*s)));
    *f = carry(add_loose(add_loose(zz, zz), difference));
    *g = carry(difference);
    *h = carry(sum);
}

LV_VECTOR fe fe_select(fe_mask mask, fe a, fe b)
{
    fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = _mm512_mask_mov_epi64(b.v[i], mask, a.v[i]);
    }
    return r;
}

/* The representative in 0 .. p - 1. */
LV_FN fe canonical(fe a)
{
    fe r = carry((loose){{a.v[0], a.v[1], a.v[2], a.v[3], a.v[4]}}); /* below 2 p */
    v8 over = above51(add(r.v[0], all(19)));
    for (int i = 1; i < 5; i++) {
        over = above51(add(r.v[i], over));
    }
    r.v[0] = low(r.v[0], over, all(19)); /* - p = + 19 - 2^255 */
    for (int i = 1; i < 5; i++) {
        r.v[i] = add(r.v[i], above51(r.v[i - 1]));
        r.v[i - 1] = below51(r.v[i - 1]);
    }
    r.v[4] = below51(r.v[4]);
    return r;
}

LV_FN fe_mask fe_is_odd(fe a) { return _mm512_test_epi64_mask(canonical(a).v[0], all(1)); }

LV_FN fe_mask fe_equal(fe a, fe b)
{
    fe r = canonical(fe_subtract(a, b));
    v8 any = _mm512_or_si512(_mm512_or_si512(r.v[0], r.v[1]),
                             _mm512_or_si512(_mm512_or_si512(r.v[2], r.v[3]), r.v[4]));
    return _mm512_testn_epi64_mask(any, any);
}

LV_FN fe_mask fe_load_bytes(fe *out, const uint8_t *in, size_t count)
{
    v8 at = places(count, ENCODING_WORDS);
    v8 w[ENCODING_WORDS];
    for (int i = 0; i < ENCODING_WORDS; i++) {
        w[i] = _mm512_i64gather_epi64(at, in + (size_t)8 * (size_t)i, 8);
    }
    out->v[0] = below51(w[0]);
    out->v[1] = below51(_mm512_or_si512(above51(w[0]), _mm512_slli_epi64(w[1], 13)));
    out->v[2] = below51(_mm512_or_si512(_mm512_srli_epi64(w[1], 38), _mm512_slli_epi64(w[2], 26)));
    out->v[3] = below51(_mm512_or_si512(_mm512_srli_epi64(w[2], 25), _mm512_slli_epi64(w[3], 39)));
    out->v[4] = _mm512_srli_epi64(w[3], 12);
    fe r = canonical(*out);
    fe_mask same = 0xff;
    for (int i = 0; i < 5; i++) {
        same = mask_and(same, _mm512_cmpeq_epi64_mask(r.v[i], out->v[i]));
    }
    return same;
}

LV_FN void fe_store_bytes(uint8_t *out, fe a, size_t count)
{
    fe r = canonical(a);
    const v8 w[ENCODING_WORDS] = {
        _mm512_or_si512(r.v[0], _mm512_slli_epi64(r.v[1], 51)),
        _mm512_or_si512(_mm512_srli_epi64(r.v[1], 13), _mm512_slli_epi64(r.v[2], 38)),
        _mm512_or_si512(_mm512_srli_epi64(r.v[2], 26), _mm512_slli_epi64(r.v[3], 25)),
        _mm512_or_si512(_mm512_srli_epi64(r.v[3], 39), _mm512_slli_epi64(r.v[4], 12))};
    v8 at = places(count, ENCODING_WORDS);
    for (int i = 0; i < ENCODING_WORDS; i++) {
        _mm512_mask_i64scatter_epi64(out + (size_t)8 * (size_t)i, first_lanes(count), at, w[i], 8);
    }
}

LV_VECTOR fe fe_tight(fe a) { return a; }

/* ---- digits ---- */

typedef v8 lane_sizes;

LV_VECTOR v8 digits_of(const int8_t *digit)
{
    return _mm512_cvtepi8_epi64(_mm_loadl_epi64((const __m128i_u *)digit));
}

LV_VECTOR lane_sizes sizes_of(const int8_t *digit) { return _mm512_abs_epi64(digits_of(digit)); }

LV_VECTOR fe_mask size_is(lane_sizes sizes, uint64_t value)
{
    return _mm512_cmpeq_epi64_mask(sizes, all(value));
}

LV_VECTOR fe_mask is_negative(const int8_t *digit)
{
    return _mm512_movepi64_mask(digits_of(digit));
}

/* ---- the comb ---- */

/* |digit| times the point of the table, lane by lane, and where the digit is negative. A row of
 * the table is two registers: one permutation takes from it what all lanes want. */
LV_FN fe_mask comb_entry(fe *sum, fe *difference, fe *twice_d_xy,
                         const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const int8_t *digit)
{
    const v8 digits = digits_of(digit);
    const v8 index = _mm512_sub_epi64(_mm512_abs_epi64(digits), all(1));
    const fe_mask some = _mm512_test_epi64_mask(digits, digits);
    v8 found[LV_COMB_LIMBS];
    for (int l = 0; l < LV_COMB_LIMBS; l++) {
        found[l] = _mm512_maskz_permutex2var_epi64(some, _mm512_loadu_si512(limb[l]), index,
                                                   _mm512_loadu_si512(limb[l] + 8));
    }
    found[0] = _mm512_mask_mov_epi64(all(1), some, found[0]); /* the identity: 1, 1, 0 */
    found[5] = _mm512_mask_mov_epi64(all(1), some, found[5]);
    for (int l = 0; l < 5; l++) {
        sum->v[l] = found[l];
        difference->v[l] = found[5 + l];
        twice_d_xy->v[l] = found[10 + l];
    }
    return _mm512_movepi64_mask(digits);
}

#define LV_PRODUCTS
#include "suite/ristretto/formulas.h"

/* ---- four coordinates side by side, of two points ---- */

/* Masks of lanes: 0x11 are the first coordinates of both points. */
enum { FIRST = 0x11, SECOND = 0x22, THIRD = 0x44, FOURTH = 0x88 };

LV_VECTOR v8 add_where(fe_mask mask, v8 a, v8 b) { return _mm512_mask_add_epi64(a, mask, a, b); }

LV_VECTOR v8 neighbours(v8 a) { return _mm512_shuffle_epi32(a, _MM_PERM_BADC); }

/* Each lane's neighbour, and where the masks say so the lane itself added, or subtracted. Of what
 * is below 2^61: the multiple of p is as large limb by limb. */
LV_VECTOR fe add_neighbours(loose a, fe_mask added, fe_mask minus)
{
    loose z;
    for (int i = 0; i < 5; i++) {
        const v8 own = _mm512_mask_sub_epi64(a.v[i], minus, times_p(i, 10), a.v[i]);
        z.v[i] = add_where(added, neighbours(a.v[i]), own);
    }
    return carry(z);
}

LV_VECTOR fe cross(loose a) { return add_neighbours(a, FIRST | SECOND, FIRST); }

LV_VECTOR void fe_crossed(fe *r, const fe *a)
{
    *r = cross((loose){{a->v[0], a->v[1], a->v[2], a->v[3], a->v[4]}});
}

LV_VECTOR void fe_uncrossed(fe *r, const fe *a)
{
    loose z;
    for (int i = 0; i < 5; i++) {
        const v8 other = neighbours(a->v[i]);
        const v8 own = _mm512_mask_sub_epi64(a->v[i], FIRST, times_p(i, 10), a->v[i]);
        z.v[i] = add(other, _mm512_mask_mov_epi64(own, THIRD | FOURTH, other));
    }
    *r = carry(z);
}

LV_VECTOR void fe_product_crossed(fe *r, const fe *a, const fe *b)
{
    *r = cross(multiply_loose(*a, *b));
}

LV_VECTOR void fe_product_alternate(fe *r, const fe *a, const fe *b)
{
    *r = add_neighbours(multiply_loose(*a, *b), 0xff, FIRST | THIRD);
}

/* The largest limb is 4 c + 2^10 p, below 4 2^59.3 + 2^61. */
LV_VECTOR void fe_product_doubled(fe *r, const fe *a, const fe *b)
{
    const loose c = multiply_loose(*a, *b);
    loose z;
    for (int i = 0; i < 5; i++) {
        const v8 first = _mm512_unpacklo_epi64(c.v[i], c.v[i]);
        const v8 second = _mm512_unpackhi_epi64(c.v[i], c.v[i]);
        const v8 once = _mm512_mask_slli_epi64(first, THIRD, first, 2); /* a, a, 4 c */
        const v8 others = add_where(THIRD | FOURTH, second, second);    /* b, b, 2 d, 2 d */
        z.v[i] = _mm512_maskz_mov_epi64(FIRST | THIRD | FOURTH, times_p(i, 10));
        z.v[i] = add_where(FIRST | SECOND | THIRD, z.v[i], once);
        z.v[i] = add_where(SECOND, z.v[i], others);
        z.v[i] = _mm512_mask_sub_epi64(z.v[i], FIRST | THIRD | FOURTH, z.v[i], others);
    }
    *r = carry(z);
}

LV_VECTOR void fe_outer(fe *r, const fe *a)
{
    for (int i = 0; i < 5; i++) {
        r->v[i] = _mm512_permutex_epi64(a->v[i], 0x2c);
    }
}

LV_VECTOR void fe_inner(fe *r, const fe *a)
{
    for (int i = 0; i < 5; i++) {
        r->v[i] = _mm512_permutex_epi64(a->v[i], 0x76);
    }
}

LV_VECTOR void fe_squares_left(fe *r, const fe *a)
{
    for (int i = 0; i < 5; i++) {
        r->v[i] = _mm512_permutex_epi64(a->v[i], 0x34);
    }
}

LV_VECTOR void fe_squares_right(fe *r, const fe *a)
{
    for (int i = 0; i < 5; i++) {
        r->v[i] = _mm512_permutex_epi64(a->v[i], 0x74);
    }
}

/* What is taken from 2 p is below it limb by limb, and leaves less than 2^52. */
LV_VECTOR void fe_opposed(fe *r, fe_mask where, const fe *a)
{
    for (int i = 0; i < 5; i++) {
        v8 z = _mm512_mask_permutex_epi64(a->v[i], mask_and(where, FIRST | SECOND), a->v[i], 0xb1);
        r->v[i] = _mm512_mask_sub_epi64(z, mask_and(where, THIRD), times_p(i, 1), z);
    }
}

LV_VECTOR fe_mask fe_quads_mask(const bool *which)
{
    return (fe_mask)((which[0] ? 0x0f : 0) | (which[1] ? 0xf0 : 0));
}

LV_VECTOR fe fe_quads(const lv_quad *const from[2])
{
    fe r;
    for (int i = 0; i < 5; i++) {
        const __m256i low = _mm256_loadu_si256((const __m256i *)from[0]->limb[i]);
        const __m256i high = _mm256_loadu_si256((const __m256i *)from[1]->limb[i]);
        r.v[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    return r;
}

LV_VECTOR void fe_quads_store(lv_quad out[2], fe a)
{
    for (int i = 0; i < 5; i++) {
        _mm256_storeu_si256((__m256i *)out[0].limb[i], _mm512_castsi512_si256(a.v[i]));
        _mm256_storeu_si256((__m256i *)out[1].limb[i], _mm512_extracti64x4_epi64(a.v[i], 1));
    }
}

LV_VECTOR void quads_put(lv_quad *out, size_t stride, int limb, size_t lane, size_t count, v8 two)
{
    if (lane < count) {
        _mm256_storeu_si256((__m256i *)out[lane * stride].limb[limb], _mm512_castsi512_si256(two));
    }
    if (lane + 2 < count) {
        _mm256_storeu_si256((__m256i *)out[(lane + 2) * stride].limb[limb],
                            _mm512_extracti64x4_epi64(two, 1));
    }
}

LV_FN void fe_quads_spread(lv_quad *out, size_t stride, const fe parts[4], size_t count)
{
    const v8 front = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const v8 back = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for (int i = 0; i < 5; i++) {
        const v8 even[] = {_mm512_unpacklo_epi64(parts[0].v[i], parts[1].v[i]),
                           _mm512_unpacklo_epi64(parts[2].v[i], parts[3].v[i])};
        const v8 odd[] = {_mm512_unpackhi_epi64(parts[0].v[i], parts[1].v[i]),
                          _mm512_unpackhi_epi64(parts[2].v[i], parts[3].v[i])};
        quads_put(out, stride, i, 0, count, _mm512_permutex2var_epi64(even[0], front, even[1]));
        quads_put(out, stride, i, 1, count, _mm512_permutex2var_epi64(odd[0], front, odd[1]));
        quads_put(out, stride, i, 4, count, _mm512_permutex2var_epi64(even[0], back, even[1]));
        quads_put(out, stride, i, 5, count, _mm512_permutex2var_epi64(odd[0], back, odd[1]));
    }
}

/* The first again where there is one alone. */
LV_VECTOR fe fe_quads_points(const lv_point *in, size_t count)
{
    const long long next = count > 1 ? POINT_WORDS : 0;
    const v8 at = _mm512_set_epi64(next + 15, next + 10, next + 5, next, 15, 10, 5, 0);
    fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = _mm512_i64gather_epi64(at, &in->x.v[i], 8);
    }
    return r;
}

#define LV_QUADS
#include "suite/ristretto/quads.h"
#include "suite/ristretto/sums.h"
#include "suite/ristretto/sums_vartime.h"

static const lv_curve curve_ifma = {.name = "avx512ifma",
                                    .base_multiply = base_multiply,
                                    .multiply = multiply_same,
                                    .encode = encode,
                                    .double_encode = double_encode,
                                    .decode = decode,
                                    .sum_row = sum_row,
                                    .compare_row = compare_row,
                                    .multiply_each = multiply_each,
                                    .add_subtract = add_subtract,
                                    .generators_sum = generators_sum,
                                    .mask_multiply = mask_multiply,
                                    .bits_commit = bits_commit,
                                    .sum_vartime = sum_vartime,
                                    .cells_sum_vartime = cells_sum_vartime};

const lv_curve *lv_curve_ifma(void)
{
    bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma");
    return has ? &curve_ifma : NULL;
}

#else

const lv_curve *lv_curve_ifma(void) { return NULL; }

#endif
