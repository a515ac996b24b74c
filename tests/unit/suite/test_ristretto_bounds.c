/* The bounds of avx2_field.h through all formulas: here an element is nothing but the largest size
 * of its limbs, in units of 2^50, and whatever is done with it checks what avx2_field.h demands. As
 * no formula looks at what it computes, one run of each function is all there can be. */
#include "suite/ristretto/constants.h"
#include "suite/ristretto/schedule.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define LV_FN static inline
#define LV_WITHIN LV_FN
enum { LANES = 4 };

typedef struct {
    double most;
} fe;
typedef int fe_mask;
typedef int lane_sizes;

static const double TIGHT = 1 + 0x1p-34;
static const double ENTRY = 2;

LV_FN fe sized(double most) { return (fe){most}; }
LV_FN fe tight(void) { return sized(TIGHT); }
LV_FN void expect_tight(fe a) { assert_true(a.most <= TIGHT); }

/* ---- masks, digits ---- */

LV_FN fe_mask mask_or(fe_mask a, fe_mask b) { return a | b; }
LV_FN fe_mask mask_and(fe_mask a, fe_mask b) { return a & b; }
LV_FN fe_mask mask_not(fe_mask a) { return !a; }
LV_FN bool mask_bit(fe_mask a, size_t lane) { return (a >> lane & 1) != 0; }
LV_FN lane_sizes sizes_of(const int8_t *digit) { return abs(*digit); }
LV_FN fe_mask size_is(lane_sizes size, uint64_t value) { return (uint64_t)size == value; }
LV_FN fe_mask is_negative(const int8_t *digit) { return *digit < 0; }

/* ---- field ---- */

LV_FN fe fe_constant(const lv_fe *a)
{
    const lv_fe small = {{a->v[0]}};
    const bool is_small = memcmp(&small, a, sizeof small) == 0 && a->v[0] < 256;
    return is_small ? sized((double)a->v[0] * 0x1p-50) : tight();
}

LV_FN fe fe_load(const lv_fe *in, size_t count)
{
    (void)in;
    (void)count;
    return tight();
}

LV_FN void fe_store(lv_fe *out, fe a, size_t count)
{
    expect_tight(a);
    for (size_t i = 0; i < count; i++) {
        out[i * (sizeof(lv_point) / sizeof(lv_fe))] = FE_D;
    }
}

LV_FN fe_mask fe_load_bytes(fe *out, const uint8_t *in, size_t count)
{
    (void)in;
    (void)count;
    *out = tight();
    return 1;
}

LV_FN void fe_store_bytes(uint8_t *out, fe a, size_t count)
{
    expect_tight(a);
    memset(out, 0, (count < LANES ? count : LANES) * LV_POINT_LEN);
}

/* An integer that a double holds exactly. */
LV_FN fe fe_add(fe a, fe b)
{
    assert_true(a.most + b.most < 8);
    return sized(a.most + b.most);
}

LV_FN fe fe_subtract(fe a, fe b) { return fe_add(a, b); }

LV_FN fe fe_tight(fe a)
{
    assert_true(a.most <= 4 * TIGHT);
    return tight();
}

LV_FN fe fe_multiply(fe a, fe b)
{
    assert_true(a.most * b.most < 4);
    return tight();
}

LV_FN fe fe_square(fe a)
{
    expect_tight(a);
    return tight();
}

LV_FN fe fe_select(fe_mask mask, fe a, fe b)
{
    (void)mask;
    return sized(fmax(a.most, b.most));
}

LV_FN fe_mask fe_is_odd(fe a)
{
    expect_tight(a);
    return 1;
}

LV_FN fe_mask fe_equal(fe a, fe b)
{
    (void)fe_tight(fe_subtract(a, b));
    return 0;
}

LV_FN void fe_products_to(fe *difference, fe *sum, const fe *a, const fe *b, const fe *c,
                          const fe *d)
{
    (void)fe_multiply(*a, *b);
    *difference = fe_multiply(*c, *d);
    *sum = *difference;
}

LV_FN void fe_squares_to(fe *e, fe *f, fe *g, fe *h, const fe *x, const fe *y, const fe *z,
                         const fe *s)
{
    *e = fe_square(*s);
    *f = fe_square(*z);
    *g = fe_square(*y);
    *h = fe_square(*x);
}

LV_FN fe_mask comb_entry(fe *sum, fe *difference, fe *twice_d_xy,
                         const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const int8_t *digit)
{
    (void)limb;
    *sum = sized(ENTRY);
    *difference = sized(ENTRY);
    *twice_d_xy = sized(ENTRY);
    return is_negative(digit);
}

#define LV_PRODUCTS
#include "suite/ristretto/formulas.h"

/* ---- four coordinates side by side ---- */

LV_FN void fe_crossed(fe *r, const fe *a) { *r = fe_tight(fe_add(*a, *a)); }
LV_FN void fe_uncrossed(fe *r, const fe *a) { fe_crossed(r, a); }
LV_FN void fe_product_crossed(fe *r, const fe *a, const fe *b) { *r = fe_multiply(*a, *b); }
LV_FN void fe_product_alternate(fe *r, const fe *a, const fe *b) { *r = fe_multiply(*a, *b); }

LV_FN void fe_product_doubled(fe *r, const fe *a, const fe *b)
{
    expect_tight(*a);
    expect_tight(*b);
    *r = tight();
}

LV_FN void fe_outer(fe *r, const fe *a) { *r = *a; }
LV_FN void fe_inner(fe *r, const fe *a) { *r = *a; }
LV_FN void fe_squares_left(fe *r, const fe *a) { *r = *a; }
LV_FN void fe_squares_right(fe *r, const fe *a) { *r = *a; }

LV_FN void fe_opposed(fe *r, fe_mask where, const fe *a)
{
    (void)where;
    *r = *a;
}

LV_FN fe_mask fe_quads_mask(const bool *which) { return which[0]; }

LV_FN fe fe_quads(const lv_quad *const from[1])
{
    (void)from;
    return tight();
}

LV_FN void fe_quads_store(lv_quad out[1], fe a)
{
    expect_tight(a);
    out[0] = (lv_quad){{{1}}};
}

LV_FN fe fe_quads_points(const lv_point *in, size_t count)
{
    (void)in;
    (void)count;
    return tight();
}

LV_FN void fe_quads_spread(lv_quad *out, size_t stride, const fe parts[4], size_t count)
{
    for (size_t i = 0; i < 4; i++) {
        (void)fe_tight(parts[i]);
        if (i < count) {
            out[i * stride] = (lv_quad){{{1}}};
        }
    }
}

#define LV_QUADS
#include "suite/ristretto/quads.h"
#include "suite/ristretto/sums.h"
#include "suite/ristretto/sums_vartime.h"

/* ---- all that a lv_curve does ---- */

enum { COUNT = 9 };

typedef struct {
    lv_scalar k[COUNT * COUNT];
    lv_point p[COUNT * COUNT];
    lv_point out[COUNT * COUNT];
    uint8_t bytes[COUNT][LV_POINT_LEN];
} sample;

static int make_sample(void **state)
{
    static sample made;
    for (size_t i = 0; i < (size_t)COUNT * COUNT; i++) {
        for (size_t w = 0; w < 4; w++) {
            made.k[i].v[w] = UINT64_C(0x0123456789abcdef) * (4 * i + w + 1) >> 4;
        }
        made.p[i] = lv_point_base;
    }
    *state = &made;
    return 0;
}

static void test_multiples(void **state)
{
    sample *s = *state;
    base_multiply(s->out, s->k, COUNT);
    mask_multiply(s->out, s->k, COUNT);
    for (size_t count = 1; count <= COUNT; count++) {
        multiply_same(s->out, s->k, s->p, count);
        multiply_each(s->out, s->k, s->p, count);
    }
}

static void test_encodings(void **state)
{
    sample *s = *state;
    bool good[COUNT];
    encode(s->bytes[0], s->p, COUNT);
    double_encode(s->bytes[0], s->out, COUNT);
    decode(s->out, good, s->bytes[0], COUNT);
}

static void test_rows(void **state)
{
    sample *s = *state;
    for (unsigned width = 1; width <= COUNT; width++) {
        sum_row(s->out, s->p, width);
        compare_row(s->out, s->p, s->p, s->p, width, &lv_point_base);
    }
    add_subtract(s->out, s->p, s->p, s->p, COUNT);
}

static void test_sums(void **state)
{
    sample *s = *state;
    uint8_t bits[COUNT * COUNT] = {1};
    const lv_point *const rows[] = {s->p, s->p, s->p, s->p, s->p};
    for (size_t count = 1; count <= COUNT; count++) {
        generators_sum(s->out, s->k, count, 0, COUNT);
        bits_commit(s->out, s->k, bits, count, COUNT);
        assert_int_equal(sum_vartime(s->out, s->k, s->p, count, s->k, count), LV_OK);
        assert_int_equal(cells_sum_vartime(s->out, s->k, rows, 5, count), LV_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiples),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, make_sample, NULL);
}
