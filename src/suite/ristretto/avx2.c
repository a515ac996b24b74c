/* Four points at a time: the field of avx2_field.h under the formulas. */
#include "suite/ristretto/point.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/ristretto/avx2_field.h"
#include "suite/ristretto/constants.h"
#include "suite/ristretto/schedule.h"

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

/* Limbs below 2^51, none of which is carried. */
LV_VECTOR void reals_to(fe *r, const v4 limb[LIMBS])
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_sub_pd(with_bits(mask_or(limb[i], all(UNIT_BITS))), all_real(0x1p52));
    }
}

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
    reals_to(sum, found);
    reals_to(difference, found + 5);
    reals_to(twice_d_xy, found + 10);
    return is_negative(digit);
}

#define LV_IN_PLACE
#define LV_PRODUCTS
#include "suite/ristretto/formulas.h"

/* Vector by vector, so that what was found so far stays in one register. */
LV_FN void select_size(niels *r, const niels *table, const int8_t *digit)
{
    enum { VECTORS = sizeof(niels) / sizeof(d4) };
    const lane_sizes sizes = sizes_of(digit);
    const d4 one = _mm256_and_pd(with_bits(size_is(sizes, 0)), all_real(1));
    const d4 *entry = &table->sum.v[0];
    d4 *to = &r->sum.v[0];
    d4 here[WINDOW_ENTRIES];
    for (uint64_t j = 0; j < WINDOW_ENTRIES; j++) {
        here[j] = with_bits(size_is(sizes, j + 1));
    }
    for (size_t i = 0; i < VECTORS; i++) {
        d4 some = _mm256_and_pd(entry[i], here[0]);
#pragma GCC unroll 8
        for (size_t j = 1; j < WINDOW_ENTRIES; j++) {
            some = _mm256_or_pd(some, _mm256_and_pd(entry[j * VECTORS + i], here[j]));
        }
        to[i] = some;
    }
    r->sum.v[0] = _mm256_add_pd(r->sum.v[0], one); /* the identity: 1, 1, 2, 0 */
    r->difference.v[0] = _mm256_add_pd(r->difference.v[0], one);
    r->z.v[0] = _mm256_add_pd(r->z.v[0], _mm256_add_pd(one, one));
}

/* ---- four coordinates side by side ---- */

LV_VECTOR d4 in_lanes(double a, double b, double c, double d) { return _mm256_set_pd(d, c, b, a); }
LV_VECTOR d4 neighbours(d4 a) { return _mm256_permute_pd(a, 0x5); }

LV_VECTOR void fe_crossed(fe *r, const fe *a)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        r->v[i] = _mm256_fmadd_pd(a->v[i], in_lanes(-1, 1, 0, 0), neighbours(a->v[i]));
    }
    fe_tight_to(r, r);
}

LV_VECTOR void fe_uncrossed(fe *r, const fe *a)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const d4 other = neighbours(a->v[i]);
        const d4 twice_other = _mm256_mul_pd(other, in_lanes(1, 1, 2, 2));
        r->v[i] = _mm256_fmadd_pd(a->v[i], in_lanes(-1, 1, 0, 0), twice_other);
    }
    fe_tight_to(r, r);
}

/* In columns a - b is a + ~b + 1; their own constants are those of BIAS, times what is left of a
 * product in each lane. */
#define OF_CROSSED(k) {ROUND + 1, ROUND - 2 * BIAS(k), ROUND - BIAS(k), ROUND - BIAS(k)}
#define OF_ALTERNATE(k) {ROUND + 1, ROUND - 2 * BIAS(k), ROUND + 1, ROUND - 2 * BIAS(k)}
#define OF_DOUBLED(k)                                                                              \
    {ROUND + 1, ROUND - 2 * BIAS(k), ROUND - 2 * BIAS(k) + 1, ROUND + 2 * BIAS(k) + 1}

static const struct {
    columns crossed;
    columns alternate;
    columns doubled;
} QUAD_COLUMNS __attribute__((aligned(32))) = {
    .crossed = {EACH(OF_CROSSED)},
    .alternate = {EACH(OF_ALTERNATE)},
    .doubled = {EACH(OF_DOUBLED)},
};

LV_VECTOR v4 flags(bool a, bool b, bool c, bool d)
{
    return _mm256_set_epi64x(d ? -1 : 0, c ? -1 : 0, b ? -1 : 0, a ? -1 : 0);
}

/* Each lane's neighbour, and the lane itself added or subtracted. */
LV_VECTOR void add_neighbours(v4 z[LIMBS], v4 added, v4 minus)
{
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const v4 own = mask_and(_mm256_xor_si256(z[i], minus), added);
        z[i] = add(_mm256_shuffle_epi32(z[i], 0x4e), own);
    }
}

LV_CALL void fe_product_crossed(fe *r, const fe *a, const fe *b)
{
    v4 z[LIMBS];
    multiply_columns(z, a, b);
    add_neighbours(z, flags(true, true, false, false), flags(true, false, false, false));
    start(z, &QUAD_COLUMNS.crossed);
    carry_to(r, z);
}

LV_CALL void fe_product_alternate(fe *r, const fe *a, const fe *b)
{
    v4 z[LIMBS];
    multiply_columns(z, a, b);
    add_neighbours(z, flags(true, true, true, true), flags(true, false, true, false));
    start(z, &QUAD_COLUMNS.alternate);
    carry_to(r, z);
}

/* The factors are tight: columns of such a product are below 2^57. */
LV_CALL void fe_product_doubled(fe *r, const fe *a, const fe *b)
{
    enum { THIRD = 0x30, LATER = 0xf0 }; /* words of 32 bits */
    v4 z[LIMBS];
    multiply_columns(z, a, b);
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const v4 first =
            mask_and(_mm256_unpacklo_epi64(z[i], z[i]), flags(true, true, true, false));
        const v4 second = _mm256_unpackhi_epi64(z[i], z[i]);
        const v4 once = _mm256_blend_epi32(first, _mm256_slli_epi64(first, 2), THIRD);
        const v4 others = _mm256_blend_epi32(second, twice(second), LATER);
        z[i] = add(once, _mm256_xor_si256(others, flags(true, false, true, true)));
    }
    start(z, &QUAD_COLUMNS.doubled);
    carry_to(r, z);
}

#define LV_PERMUTED(name, lanes)                                                                   \
    LV_VECTOR void name(fe *r, const fe *a)                                                        \
    {                                                                                              \
        for (int i = 0; i < LIMBS; i++) {                                                          \
            r->v[i] = _mm256_permute4x64_pd(a->v[i], lanes);                                       \
        }                                                                                          \
    }
LV_PERMUTED(fe_outer, 0x2c)
LV_PERMUTED(fe_inner, 0x76)
LV_PERMUTED(fe_squares_left, 0x34)
LV_PERMUTED(fe_squares_right, 0x74)

LV_VECTOR void fe_opposed(fe *r, fe_mask where, const fe *a)
{
    const d4 set = with_bits(where);
    const d4 sign = _mm256_and_pd(set, in_lanes(0, 0, -0.0, 0));
#pragma GCC unroll 5
    for (int i = 0; i < LIMBS; i++) {
        const d4 turned = _mm256_blend_pd(neighbours(a->v[i]), a->v[i], 0xc);
        r->v[i] = _mm256_xor_pd(_mm256_blendv_pd(a->v[i], turned, set), sign);
    }
}

LV_VECTOR fe_mask fe_quads_mask(const bool *which) { return all(which[0] ? UINT64_MAX : 0); }

LV_VECTOR fe fe_quads(const lv_quad *const from[1])
{
    wide_fe r;
    for (int i = 0; i < LIMBS; i++) {
        r.v[i] = _mm256_loadu_si256((const v4 *)from[0]->limb[i]);
    }
    return fe_of(r);
}

LV_VECTOR void fe_quads_store(lv_quad out[1], fe a)
{
    const wide_fe r = wide_of(a);
    for (int i = 0; i < LIMBS; i++) {
        _mm256_storeu_si256((v4 *)out[0].limb[i], r.v[i]);
    }
}

LV_FN void fe_quads_spread(lv_quad *out, size_t stride, const fe parts[4], size_t count)
{
    wide_fe part[4];
    for (int p = 0; p < 4; p++) {
        part[p] = wide_of(fe_tight(parts[p]));
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
    return fe_of(r);
}

#define LV_QUADS
#include "suite/ristretto/quads.h"
#include "suite/ristretto/sums.h"
#include "suite/ristretto/sums_vartime.h"

/* ---- rounding ---- */

/* A caller may have set another rounding, or exceptions that trap: each function puts the standard
 * in their place while it runs. Nothing that is computed crosses these two, for it comes from
 * memory after the first and goes there before the second. */
LV_VECTOR uint32_t round_to_nearest(void)
{
    enum { STANDARD = 0x1f80 };
    const uint32_t wanted = STANDARD;
    uint32_t was = 0;
    __asm__ volatile("stmxcsr %0" : "=m"(was));
    __asm__ volatile("ldmxcsr %0" : : "m"(wanted) : "memory");
    return was;
}

LV_VECTOR void round_again(uint32_t was) { __asm__ volatile("ldmxcsr %0" : : "m"(was) : "memory"); }

#define LV_ROUNDED(name, parameters, ...)                                                          \
    LV_TARGET static void rounded_##name parameters                                                \
    {                                                                                              \
        const uint32_t was = round_to_nearest();                                                   \
        name(__VA_ARGS__);                                                                         \
        round_again(was);                                                                          \
    }

LV_ROUNDED(base_multiply, (lv_point * out, const lv_scalar *k, size_t count), out, k, count)
LV_ROUNDED(multiply_same, (lv_point * out, const lv_scalar *k, const lv_point *in, size_t count),
           out, k, in, count)
LV_ROUNDED(encode, (uint8_t *out, const lv_point *in, size_t count), out, in, count)
LV_ROUNDED(double_encode, (uint8_t *out, lv_point *points, size_t count), out, points, count)
LV_ROUNDED(decode, (lv_point * out, bool *good, const uint8_t *in, size_t count), out, good, in,
           count)
LV_ROUNDED(sum_row, (lv_point * z, const lv_point *w, unsigned width), z, w, width)
LV_ROUNDED(compare_row,
           (lv_point * z, const lv_point *x, const lv_point *y, const lv_point *w, unsigned width,
            const lv_point *constant),
           z, x, y, w, width, constant)
LV_ROUNDED(multiply_each, (lv_point * out, const lv_scalar *k, const lv_point *in, size_t count),
           out, k, in, count)
LV_ROUNDED(add_subtract,
           (lv_point * out, const lv_point *x, const lv_point *y, const lv_point *w, size_t count),
           out, x, y, w, count)
LV_ROUNDED(generators_sum,
           (lv_point * out, const lv_scalar *k, size_t rows, unsigned first, size_t count), out, k,
           rows, first, count)
LV_ROUNDED(mask_multiply, (lv_point * out, const lv_scalar *k, size_t count), out, k, count)
LV_ROUNDED(bits_commit,
           (lv_point * out, const lv_scalar *mask, const uint8_t *bits, size_t rows, size_t count),
           out, mask, bits, rows, count)

LV_TARGET static lv_status rounded_sum_vartime(lv_point *out, const lv_scalar *k,
                                               const lv_point *in, size_t count, const lv_scalar *g,
                                               size_t generators)
{
    const uint32_t was = round_to_nearest();
    const lv_status status = sum_vartime(out, k, in, count, g, generators);
    round_again(was);
    return status;
}

LV_TARGET static lv_status rounded_cells_sum_vartime(lv_point *out, const lv_scalar *k,
                                                     const lv_point *const *in, size_t rows,
                                                     size_t count)
{
    const uint32_t was = round_to_nearest();
    const lv_status status = cells_sum_vartime(out, k, in, rows, count);
    round_again(was);
    return status;
}

static const lv_curve curve_avx2 = {.name = "avx2",
                                    .base_multiply = rounded_base_multiply,
                                    .multiply = rounded_multiply_same,
                                    .encode = rounded_encode,
                                    .double_encode = rounded_double_encode,
                                    .decode = rounded_decode,
                                    .sum_row = rounded_sum_row,
                                    .compare_row = rounded_compare_row,
                                    .multiply_each = rounded_multiply_each,
                                    .add_subtract = rounded_add_subtract,
                                    .generators_sum = rounded_generators_sum,
                                    .mask_multiply = rounded_mask_multiply,
                                    .bits_commit = rounded_bits_commit,
                                    .sum_vartime = rounded_sum_vartime,
                                    .cells_sum_vartime = rounded_cells_sum_vartime};

const lv_curve *lv_curve_avx2(void)
{
    const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has ? &curve_avx2 : NULL;
}

#else

const lv_curve *lv_curve_avx2(void) { return NULL; }

#endif
