/* Four points at a time: AVX2, whose vpmuludq multiplies the lower 32 bits of each 64-bit lane.
 *
 * An element is the sum of limb[i] 2^ceil(25.5 i) for i = 0 .. 9. Bounds, in units of 2^26 for even
 * limbs and 2^25 for odd ones: products, squares and what fe_tight returns are below 1 + 2^-6; a
 * first factor may have up to 5.6, a second one (19 times which must fit 32 bits), and what is
 * squared, up to 3.3; both together up to 32, so that the sums of a product's columns fit 64 bits.
 * What is subtracted may have up to 2 p's limbs, which are just below 2, as a product's are, or a
 * product's negative's. A sum of two products has 2, a difference of two 3, and so on. */
#include "suite/ristretto/point.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/ristretto/constants.h"
#include "suite/ristretto/schedule.h"
#include <immintrin.h>
#include <string.h>

/* Elements are moved in whole registers, as GCC does for this processor alone: others would have
 * string instructions, which take longer than the sums between them. */
#define LV_TARGET __attribute__((target("avx2,tune=sapphirerapids")))
#define LV_FN LV_TARGET static inline
#define LV_CALL LV_TARGET __attribute__((noinline)) static
#define LV_VECTOR LV_TARGET __attribute__((always_inline)) static inline
#define LV_WITHIN LV_FN

enum { LANES = 4, LIMBS = 10 };
typedef __m256i v4;
typedef struct {
    v4 v[LIMBS];
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
LV_VECTOR v4 add(v4 a, v4 b) { return _mm256_add_epi64(a, b); }
LV_VECTOR v4 subtract(v4 a, v4 b) { return _mm256_sub_epi64(a, b); }
LV_VECTOR v4 product(v4 a, v4 b) { return _mm256_mul_epu32(a, b); }
LV_VECTOR v4 twice(v4 a) { return add(a, a); }
LV_VECTOR v4 below(v4 a, int bits) { return _mm256_and_si256(a, all((UINT64_C(1) << bits) - 1)); }

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

/* Of limbs of 51 bits. */
typedef struct {
    v4 v[5];
} wide_fe;

LV_VECTOR void split_to(fe *r, const v4 wide[5])
{
#pragma GCC unroll 5
    for (size_t i = 0; i < 5; i++) {
        r->v[2 * i] = below(wide[i], 26);
        r->v[2 * i + 1] = _mm256_srli_epi64(wide[i], 26);
    }
}

LV_VECTOR fe split(wide_fe a)
{
    fe r;
    split_to(&r, a.v);
    return r;
}

/* Limbs below 2^55. */
LV_VECTOR wide_fe join(fe a)
{
    wide_fe r;
    for (size_t i = 0; i < 5; i++) {
        r.v[i] = add(a.v[2 * i], _mm256_slli_epi64(a.v[2 * i + 1], 26));
    }
    return r;
}

/* a + 19 b, for b below 2^32 */
LV_VECTOR v4 add19(v4 a, v4 b) { return add(a, product(b, all(19))); }

/* Limbs below 2^55 to limbs below 2^51 + 2^9. */
LV_VECTOR wide_fe carry_wide(wide_fe a)
{
    wide_fe r;
    r.v[0] = add19(below(a.v[0], 51), _mm256_srli_epi64(a.v[4], 51));
    for (int i = 1; i < 5; i++) {
        r.v[i] = add(below(a.v[i], 51), _mm256_srli_epi64(a.v[i - 1], 51));
    }
    return r;
}

LV_VECTOR fe fe_constant(const lv_fe *a)
{
    fe r;
    for (size_t i = 0; i < 5; i++) {
        r.v[2 * i] = all(a->v[i] & ((UINT64_C(1) << 26) - 1));
        r.v[2 * i + 1] = all(a->v[i] >> 26);
    }
    return r;
}

LV_VECTOR fe fe_load(const lv_fe *in, size_t count)
{
    wide_fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = load_words(&in->v[i], POINT_WORDS, count);
    }
    return split(r);
}

LV_VECTOR void fe_store(lv_fe *out, fe a, size_t count)
{
    wide_fe r = carry_wide(join(a));
    for (int i = 0; i < 5; i++) {
        store_words(&out->v[i], r.v[i], POINT_WORDS, count);
    }
}

/* ---- field ---- */

LV_VECTOR void fe_add_to(fe *r, const fe *a, const fe *b)
{
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = add(a->v[i], b->v[i]);
    }
}

/* a + 2 p - b */
LV_VECTOR void fe_subtract_to(fe *r, const fe *a, const fe *b)
{
    const v4 even = all((UINT64_C(1) << 27) - 2);
    const v4 odd = all((UINT64_C(1) << 26) - 2);
    r->v[0] = subtract(add(a->v[0], all((UINT64_C(1) << 27) - 38)), b->v[0]);
#pragma GCC unroll 10
    for (int i = 1; i < LIMBS; i++) {
        r->v[i] = subtract(add(a->v[i], i % 2 == 0 ? even : odd), b->v[i]);
    }
}

/* Limbs up to 2^30 or so, each carried once. */
LV_VECTOR void fe_tight_to(fe *r, const fe *a)
{
    v4 over = product(_mm256_srli_epi64(a->v[9], 25), all(19));
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const int bits = i % 2 == 0 ? 26 : 25;
        const v4 next = _mm256_srli_epi64(a->v[i], bits);
        r->v[i] = add(below(a->v[i], bits), over);
        over = next;
    }
}

LV_VECTOR void carry_from(v4 *z, int i)
{
    const int bits = i % 2 == 0 ? 26 : 25;
    z[i + 1] = add(z[i + 1], _mm256_srli_epi64(z[i], bits));
    z[i] = below(z[i], bits);
}

/* Columns below 2^64 to limbs of a product: two chains at a time, five limbs apart. */
LV_VECTOR void reduce(fe *r, v4 *z)
{
    for (int i = 0; i < 4; i++) {
        carry_from(z, i);
        carry_from(z, i + 4);
    }
    carry_from(z, 8);
    carry_from(z, 4);
    /* What goes beyond 2^255 has up to 39 bits: 19 times it is taken from its halves. */
    v4 over = _mm256_srli_epi64(z[9], 25);
    z[9] = below(z[9], 25);
    z[0] = add19(z[0], below(over, 26));
    z[1] = add19(z[1], _mm256_srli_epi64(over, 26));
    carry_from(z, 0);
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = z[i];
    }
}

/* *z += a b. Compilers like to make all products first and to sum them up later, for which there
 * are not enough registers by far: each is to be added before the next is made. */
LV_VECTOR void accumulate(v4 *z, v4 a, v4 b)
{
    *z = add(*z, product(a, b));
    __asm__("" : "+x"(*z));
}

/* Where both limbs are odd a product counts twice, for 2^ceil(25.5 i) 2^ceil(25.5 j) is twice
 * 2^ceil(25.5 (i + j)). */
LV_CALL void fe_multiply_to(fe *r, const fe *a, const fe *b)
{
    v4 z[LIMBS];
    v4 b19[LIMBS];
#pragma GCC unroll 10
    for (int j = 0; j < LIMBS; j++) {
        b19[j] = product(b->v[j], all(19));
    }
#pragma GCC unroll 10
    for (int j = 0; j < LIMBS; j++) {
        z[j] = product(a->v[0], b->v[j]);
    }
#pragma GCC unroll 10
    for (int i = 1; i < LIMBS; i++) {
        const v4 once = a->v[i];
        const v4 doubled = i % 2 == 0 ? once : twice(once);
#pragma GCC unroll 10
        for (int j = 0; j < LIMBS; j++) {
            const v4 other = i + j < LIMBS ? b->v[j] : b19[j];
            accumulate(&z[(i + j) % LIMBS], j % 2 == 0 ? once : doubled, other);
        }
    }
    reduce(r, z);
}

LV_CALL void fe_square_to(fe *r, const fe *a)
{
    v4 z[LIMBS];
    v4 a19[LIMBS];
#pragma GCC unroll 10
    for (int j = 0; j < LIMBS; j++) {
        a19[j] = product(a->v[j], all(19));
        z[j] = all(0);
    }
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const v4 once = a->v[i];
        const v4 doubled = twice(once);
        const v4 again = i % 2 == 0 ? doubled : twice(doubled);
        accumulate(&z[2 * i % LIMBS], i % 2 == 0 ? once : doubled,
                   2 * i < LIMBS ? a->v[i] : a19[i]);
#pragma GCC unroll 10
        for (int j = i + 1; j < LIMBS; j++) {
            accumulate(&z[(i + j) % LIMBS], j % 2 == 0 ? doubled : again,
                       i + j < LIMBS ? a->v[j] : a19[j]);
        }
    }
    reduce(r, z);
}

LV_VECTOR void fe_select_to(fe *r, fe_mask mask, const fe *a, const fe *b)
{
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_blendv_epi8(b->v[i], a->v[i], mask);
    }
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
    fe_select_to(&r, mask, &a, &b);
    return r;
}

LV_VECTOR void square_columns(v4 *z, fe x)
{
    v4 x19[LIMBS];
#pragma GCC unroll 10
    for (int j = 0; j < LIMBS; j++) {
        x19[j] = product(x.v[j], all(19));
        z[j] = all(0);
    }
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const v4 doubled = twice(x.v[i]);
#pragma GCC unroll 10
        for (int j = i; j < LIMBS; j++) {
            const v4 first = i == j ? x.v[i] : doubled;
            const v4 both = i % 2 == 1 && j % 2 == 1 ? twice(first) : first;
            const v4 other = i + j < LIMBS ? x.v[j] : x19[j];
            z[(i + j) % LIMBS] = add(z[(i + j) % LIMBS], product(both, other));
        }
    }
}

/* One square after the other: here it is the time from limbs to limbs that counts, and sums are
 * the compiler's to arrange. */
LV_CALL void square_chain(fe *a, int n)
{
    fe x = *a;
    for (int times = 0; times < n; times++) {
        v4 z[LIMBS];
        square_columns(z, x);
        reduce(&x, z);
    }
    *a = x;
}

LV_VECTOR fe fe_square_times(fe a, int n)
{
    square_chain(&a, n);
    return a;
}

/* The representative in 0 .. p - 1. */
LV_FN wide_fe canonical_wide(wide_fe a)
{
    wide_fe r = carry_wide(carry_wide(a)); /* below 2 p */
    v4 over = _mm256_srli_epi64(add(r.v[0], all(19)), 51);
    for (int i = 1; i < 5; i++) {
        over = _mm256_srli_epi64(add(r.v[i], over), 51);
    }
    r.v[0] = add19(r.v[0], over); /* - p = + 19 - 2^255 */
    for (int i = 1; i < 5; i++) {
        r.v[i] = add(r.v[i], _mm256_srli_epi64(r.v[i - 1], 51));
        r.v[i - 1] = below(r.v[i - 1], 51);
    }
    r.v[4] = below(r.v[4], 51);
    return r;
}

LV_FN wide_fe canonical(fe a) { return canonical_wide(join(a)); }

LV_FN fe_mask fe_is_odd(fe a) { return _mm256_cmpeq_epi64(below(canonical(a).v[0], 1), all(1)); }

LV_FN fe_mask fe_equal(fe a, fe b)
{
    wide_fe r = canonical(fe_subtract(a, b));
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
    a.v[1] = below(mask_or(_mm256_srli_epi64(w[0], 51), _mm256_slli_epi64(w[1], 13)), 51);
    a.v[2] = below(mask_or(_mm256_srli_epi64(w[1], 38), _mm256_slli_epi64(w[2], 26)), 51);
    a.v[3] = below(mask_or(_mm256_srli_epi64(w[2], 25), _mm256_slli_epi64(w[3], 39)), 51);
    a.v[4] = _mm256_srli_epi64(w[3], 12);
    wide_fe r = canonical_wide(a);
    fe_mask same = all(UINT64_MAX);
    for (int i = 0; i < 5; i++) {
        same = mask_and(same, _mm256_cmpeq_epi64(r.v[i], a.v[i]));
    }
    *out = split(r);
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

/* ---- digits ---- */

typedef v4 lane_sizes;

LV_VECTOR v4 digits_of(const int8_t *digit)
{
    int32_t four = 0;
    memcpy(&four, digit, sizeof four);
    return _mm256_cvtepi8_epi64(_mm_cvtsi32_si128(four));
}

LV_VECTOR fe_mask is_negative(const int8_t *digit)
{
    return _mm256_cmpgt_epi64(all(0), digits_of(digit));
}

LV_VECTOR lane_sizes sizes_of(const int8_t *digit)
{
    const v4 digits = digits_of(digit);
    const fe_mask negative = is_negative(digit);
    return subtract(_mm256_xor_si256(digits, negative), negative);
}

LV_VECTOR fe_mask size_is(lane_sizes sizes, uint64_t value)
{
    return _mm256_cmpeq_epi64(sizes, all(value));
}

/* ---- the comb ---- */

enum { QUARTERS = LV_COMB_ENTRIES / LANES };

/* |digit| times the point of the table, lane by lane, and where the digit is negative. A row of
 * the table is four registers: a permutation takes from each what all lanes would want of it, and
 * masks keep what they do want. */
LV_FN fe_mask comb_entry(fe *sum, fe *difference, fe *twice_d_xy,
                         const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const int8_t *digit)
{
    const lane_sizes sizes = sizes_of(digit);
    const v4 at = subtract(sizes, all(1));
    const v4 halves = twice(below(at, 2)); /* two words of 32 bits in each */
    const v4 index = mask_or(halves, add(_mm256_slli_epi64(halves, 32), all(UINT64_C(1) << 32)));
    const v4 quarter = _mm256_srli_epi64(at, 2); /* of no row where the digit is 0 */
    fe_mask here[QUARTERS];
    for (size_t q = 0; q < QUARTERS; q++) {
        here[q] = _mm256_cmpeq_epi64(quarter, all(q));
    }
    v4 found[LV_COMB_LIMBS];
#pragma GCC unroll 15
    for (int l = 0; l < LV_COMB_LIMBS; l++) {
        v4 some = all(0);
#pragma GCC unroll 4
        for (size_t q = 0; q < QUARTERS; q++) {
            const v4 row = _mm256_loadu_si256((const v4 *)&limb[l][q * LANES]);
            some = mask_or(some, mask_and(here[q], _mm256_permutevar8x32_epi32(row, index)));
        }
        found[l] = some;
    }
    const v4 one = _mm256_srli_epi64(size_is(sizes, 0), 63); /* the identity: 1, 1, 0 */
    found[0] = mask_or(found[0], one);
    found[5] = mask_or(found[5], one);
    split_to(sum, found);
    split_to(difference, found + 5);
    split_to(twice_d_xy, found + 10);
    return is_negative(digit);
}

/* Limbs in pairs: half the work of finding an entry. They come back as they were but for a carry
 * within the pair. */
typedef struct {
    wide_fe part[4]; /* sum, difference, z, product */
} kept_niels;

#define LV_IN_PLACE
#include "suite/ristretto/formulas.h"

LV_FN void keep_niels(kept_niels *r, const niels *a)
{
    r->part[0] = join(a->sum);
    r->part[1] = join(a->difference);
    r->part[2] = join(a->z);
    r->part[3] = join(a->product);
}

/* Vector by vector, so that what was found so far stays in one register. */
LV_FN void select_size(niels *r, const kept_niels *table, const int8_t *digit)
{
    enum { VECTORS = sizeof(kept_niels) / sizeof(v4) };
    const lane_sizes sizes = sizes_of(digit);
    const v4 one = _mm256_srli_epi64(size_is(sizes, 0), 63); /* the identity: 1, 1, 2, 0 */
    const v4 *entry = &table->part[0].v[0];
    kept_niels found;
    v4 *to = &found.part[0].v[0];
    fe_mask here[WINDOW_ENTRIES];
    for (uint64_t j = 0; j < WINDOW_ENTRIES; j++) {
        here[j] = size_is(sizes, j + 1);
    }
    for (size_t i = 0; i < VECTORS; i++) {
        v4 some = mask_and(entry[i], here[0]);
#pragma GCC unroll 8
        for (size_t j = 1; j < WINDOW_ENTRIES; j++) {
            some = mask_or(some, mask_and(entry[j * VECTORS + i], here[j]));
        }
        to[i] = some;
    }
    found.part[0].v[0] = mask_or(found.part[0].v[0], one);
    found.part[1].v[0] = mask_or(found.part[1].v[0], one);
    found.part[2].v[0] = mask_or(found.part[2].v[0], twice(one));
    split_to(&r->sum, found.part[0].v);
    split_to(&r->difference, found.part[1].v);
    split_to(&r->z, found.part[2].v);
    split_to(&r->product, found.part[3].v);
}

/* ---- four coordinates side by side ---- */

/* A word where the bit of its lane is set. */
LV_VECTOR v4 in_lanes(unsigned lanes, uint64_t word)
{
    return _mm256_set_epi64x(
        (lanes & 8) != 0 ? (long long)word : 0, (lanes & 4) != 0 ? (long long)word : 0,
        (lanes & 2) != 0 ? (long long)word : 0, (lanes & 1) != 0 ? (long long)word : 0);
}

enum { FIRST = 1, SECOND = 2, THIRD = 4, FOURTH = 8 }; /* lanes */

/* Limb i of 2 p, as fe_subtract_to adds it. */
LV_VECTOR uint64_t two_p(int i)
{
    return i % 2 == 0 ? (UINT64_C(1) << 27) - (i == 0 ? 38 : 2) : (UINT64_C(1) << 26) - 2;
}

/* Each lane's neighbour, and the lane itself added and subtracted where masks say so: 2 p - a is
 * (2 p + 1) + ~a. */
LV_VECTOR void add_neighbours(fe *r, const fe *a, unsigned plus, unsigned minus)
{
    const v4 flip = in_lanes(minus, UINT64_MAX);
    const v4 keep = in_lanes(plus | minus, UINT64_MAX);
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const v4 neighbour = _mm256_shuffle_epi32(a->v[i], 0x4e);
        const v4 own = mask_and(_mm256_xor_si256(a->v[i], flip), keep);
        r->v[i] = add(add(neighbour, in_lanes(minus, two_p(i) + 1)), own);
    }
}

LV_VECTOR void fe_crossed(fe *r, const fe *a) { add_neighbours(r, a, SECOND, FIRST); }

LV_VECTOR void fe_uncrossed(fe *r, const fe *a)
{
    const v4 flip = in_lanes(FIRST, UINT64_MAX);
    const v4 keep = in_lanes(FIRST | SECOND, UINT64_MAX);
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const v4 neighbour = _mm256_shuffle_epi32(a->v[i], 0x4e);
        const v4 own = _mm256_blendv_epi8(neighbour, _mm256_xor_si256(a->v[i], flip), keep);
        r->v[i] = add(add(neighbour, in_lanes(FIRST, two_p(i) + 1)), own);
    }
}

LV_VECTOR void fe_product_crossed(fe *r, const fe *a, const fe *b)
{
    fe_multiply_to(r, a, b);
    fe_crossed(r, r);
}

LV_VECTOR void fe_product_alternate(fe *r, const fe *a, const fe *b)
{
    fe_multiply_to(r, a, b);
    add_neighbours(r, r, SECOND | FOURTH, FIRST | THIRD);
}

LV_VECTOR void fe_product_doubled(fe *r, const fe *a, const fe *b)
{
    const v4 flip = in_lanes(FIRST | THIRD | FOURTH, UINT64_MAX);
    const v4 keep_first = in_lanes(FIRST | SECOND | THIRD, UINT64_MAX);
    const v4 third = in_lanes(THIRD, UINT64_MAX);
    const v4 later = in_lanes(THIRD | FOURTH, UINT64_MAX);
    fe_multiply_to(r, a, b);
#pragma GCC unroll 10
    for (int i = 0; i < LIMBS; i++) {
        const v4 first = mask_and(_mm256_unpacklo_epi64(r->v[i], r->v[i]), keep_first);
        const v4 second = _mm256_unpackhi_epi64(r->v[i], r->v[i]);
        const v4 four = _mm256_blendv_epi8(first, _mm256_slli_epi64(first, 2), third);
        const v4 others = _mm256_xor_si256(_mm256_blendv_epi8(second, twice(second), later), flip);
        const v4 constant =
            add(in_lanes(FIRST, two_p(i) + 1), in_lanes(THIRD | FOURTH, 2 * two_p(i) + 1));
        r->v[i] = add(add(four, others), constant);
    }
    fe_tight_to(r, r);
}

LV_VECTOR void fe_outer(fe *r, const fe *a)
{
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_permute4x64_epi64(a->v[i], 0x2c);
    }
}

LV_VECTOR void fe_inner(fe *r, const fe *a)
{
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_permute4x64_epi64(a->v[i], 0x76);
    }
}

LV_VECTOR void fe_squares_left(fe *r, const fe *a)
{
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_permute4x64_epi64(a->v[i], 0x34);
    }
}

LV_VECTOR void fe_squares_right(fe *r, const fe *a)
{
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_permute4x64_epi64(a->v[i], 0x74);
    }
}

LV_VECTOR void fe_opposed(fe *r, fe_mask where, const fe *a)
{
    const fe_mask turn = mask_and(where, in_lanes(FIRST | SECOND, UINT64_MAX));
    const fe_mask negate = mask_and(where, in_lanes(THIRD, UINT64_MAX));
    for (int i = 0; i < LIMBS; i++) {
        const v4 turned = _mm256_blendv_epi8(a->v[i], _mm256_shuffle_epi32(a->v[i], 0x4e), turn);
        r->v[i] = add(_mm256_xor_si256(turned, negate), mask_and(negate, all(two_p(i) + 1)));
    }
}

LV_VECTOR fe_mask fe_quads_mask(const bool *which) { return all(which[0] ? UINT64_MAX : 0); }

LV_VECTOR fe fe_quads(const lv_quad *const from[1])
{
    wide_fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = _mm256_loadu_si256((const v4 *)from[0]->limb[i]);
    }
    return split(r);
}

LV_VECTOR void fe_quads_store(lv_quad out[1], fe a)
{
    const wide_fe r = carry_wide(join(a));
    for (int i = 0; i < 5; i++) {
        _mm256_storeu_si256((v4 *)out[0].limb[i], r.v[i]);
    }
}

LV_FN void fe_quads_spread(lv_quad *out, size_t stride, const fe parts[4], size_t count)
{
    wide_fe part[4];
    for (int p = 0; p < 4; p++) {
        part[p] = carry_wide(join(parts[p]));
    }
    for (int i = 0; i < 5; i++) {
        const v4 even[] = {_mm256_unpacklo_epi64(part[0].v[i], part[1].v[i]),
                           _mm256_unpacklo_epi64(part[2].v[i], part[3].v[i])};
        const v4 odd[] = {_mm256_unpackhi_epi64(part[0].v[i], part[1].v[i]),
                          _mm256_unpackhi_epi64(part[2].v[i], part[3].v[i])};
        const v4 lane[] = {_mm256_permute2x128_si256(even[0], even[1], 0x20),
                           _mm256_permute2x128_si256(odd[0], odd[1], 0x20),
                           _mm256_permute2x128_si256(even[0], even[1], 0x31),
                           _mm256_permute2x128_si256(odd[0], odd[1], 0x31)};
        for (size_t l = 0; l < LANES && l < count; l++) {
            _mm256_storeu_si256((v4 *)out[l * stride].limb[i], lane[l]);
        }
    }
}

LV_VECTOR fe fe_quads_points(const lv_point *in, size_t count)
{
    (void)count;
    wide_fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = _mm256_set_epi64x((long long)in->t.v[i], (long long)in->z.v[i],
                                   (long long)in->y.v[i], (long long)in->x.v[i]);
    }
    return split(r);
}

#define LV_QUADS
#include "suite/ristretto/quads.h"
#include "suite/ristretto/sums.h"
#include "suite/ristretto/sums_vartime.h"

static const lv_curve curve_avx2 = {.name = "avx2",
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

const lv_curve *lv_curve_avx2(void) { return __builtin_cpu_supports("avx2") ? &curve_avx2 : NULL; }

#else

const lv_curve *lv_curve_avx2(void) { return NULL; }

#endif
