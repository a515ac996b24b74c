/** The formulas of the curve, once for all implementations. Who includes this file has defined
 *
 *    LV_FN        what stands before each function (static, attributes)
 *    fe, fe_mask  LANES field elements side by side; one answer for each of them
 *    LANES
 *    fe_constant, fe_load, fe_store          from and to the lanes' lv_fe, one every `stride`
 *    fe_load_bytes, fe_store_bytes           from and to 32 bytes, every 32
 *    fe_add, fe_subtract, fe_multiply, fe_square
 *    fe_tight                                the same element in limbs as small as a product's
 *    fe_select(mask, a, b)                   a where the mask is set, b elsewhere
 *    fe_equal, fe_is_odd, fe_is_canonical    masks
 *    mask_or, mask_and, mask_not, mask_xor, mask_bit (of one lane)
 *    sizes_of, size_is, is_negative          of one digit for each lane: sizes, comparisons, masks
 *    comb_entry                              entries of a table of sixteen multiples
 *
 *  Who defines LV_PRODUCTS has defined fe_products_to and fe_squares_to as well: they carry sums of
 *  products once. Who defines LV_IN_PLACE has defined fe_add_to, fe_subtract_to, fe_multiply_to,
 *  fe_square_to, fe_tight_to, fe_select_to, fe_negate_where and fe_exchange, and fe_square_times,
 *  and defines select_size afterwards. All these leave their results where the first arguments
 *  point: these may be others of them, but for fe_squares_to.
 *
 *  Limbs may grow in sums and differences. A product may be multiplied by the sum of
 *  two, or of three; two such sums must not be multiplied with each other, nor squared: see what
 *  avx2_field.h says of bounds, which are the narrowest.
 *
 *  All lanes do the same work whatever they hold. */

#include "base/secret.h"
#include <string.h>

typedef struct {
    fe x;
    fe y;
    fe z;
    fe t;
} ext;

/* An affine point to be added: y + x, y - x, 2 d x y. */
typedef struct {
    fe sum;
    fe difference;
    fe product;
} affine_niels;

/* A point to be added: Y + X, Y - X, 2 Z, 2 d T. */
typedef struct {
    fe sum;
    fe difference;
    fe z;
    fe product;
} niels;

/* X = E F, Y = G H, Z = F G, T = E H: what doublings and additions give, of which the next one
 * makes what it needs. */
typedef struct {
    fe e;
    fe f;
    fe g;
    fe h;
} completed;

/* A point to which others are added: Y - X, Y + X, Z, T. */
typedef struct {
    fe difference;
    fe sum;
    fe z;
    fe t;
} augend;

/* ---- field ---- */

#ifndef LV_IN_PLACE
LV_WITHIN void fe_add_to(fe *r, const fe *a, const fe *b) { *r = fe_add(*a, *b); }
LV_WITHIN void fe_subtract_to(fe *r, const fe *a, const fe *b) { *r = fe_subtract(*a, *b); }
LV_WITHIN void fe_multiply_to(fe *r, const fe *a, const fe *b) { *r = fe_multiply(*a, *b); }
LV_WITHIN void fe_square_to(fe *r, const fe *a) { *r = fe_square(*a); }
LV_WITHIN void fe_tight_to(fe *r, const fe *a) { *r = fe_tight(*a); }
LV_WITHIN void fe_select_to(fe *r, fe_mask mask, const fe *a, const fe *b)
{
    *r = fe_select(mask, *a, *b);
}
LV_WITHIN void fe_negate_where(fe *a, fe_mask mask)
{
    *a = fe_select(mask, fe_subtract(fe_constant(&FE_ZERO), *a), *a);
}

/* Where the mask is set *a becomes *b and *b becomes *a. */
LV_WITHIN void fe_exchange(fe *a, fe *b, fe_mask mask)
{
    const fe was = *a;
    *a = fe_select(mask, *b, *a);
    *b = fe_select(mask, was, *b);
}

LV_FN fe fe_square_times(fe a, int n)
{
    for (int i = 0; i < n; i++) {
        fe_square_to(&a, &a);
    }
    return a;
}
#endif

#ifndef LV_PRODUCTS
/* c d - a b, c d + a b */
LV_WITHIN void fe_products_to(fe *difference, fe *sum, const fe *a, const fe *b, const fe *c,
                              const fe *d)
{
    const fe ab = fe_multiply(*a, *b);
    const fe cd = fe_multiply(*c, *d);
    *difference = fe_subtract(cd, ab);
    *sum = fe_add(cd, ab);
}

/* x^2 + y^2 - s^2, 2 z^2 + x^2 - y^2, x^2 - y^2, x^2 + y^2 */
LV_WITHIN void fe_squares_to(fe *e, fe *f, fe *g, fe *h, const fe *x, const fe *y, const fe *z,
                             const fe *s)
{
    const fe xx = fe_square(*x);
    const fe yy = fe_square(*y);
    const fe zz = fe_square(*z);
    const fe ss = fe_square(*s);
    *h = fe_add(xx, yy);
    *e = fe_subtract(*h, ss);
    *g = fe_subtract(xx, yy);
    *f = fe_add(fe_add(zz, zz), *g);
}
#endif

LV_FN fe fe_negate(fe a) { return fe_subtract(fe_constant(&FE_ZERO), a); }

LV_FN fe fe_absolute(fe a) { return fe_select(fe_is_odd(a), fe_negate(a), a); }

/* a^(2^250 - 1); *eleven = a^11 */
LV_FN fe fe_power_250(fe a, fe *eleven)
{
    fe two = fe_square(a);
    fe nine = fe_multiply(a, fe_square_times(two, 2));
    *eleven = fe_multiply(two, nine);
    fe r5 = fe_multiply(nine, fe_square(*eleven));
    fe r10 = fe_multiply(r5, fe_square_times(r5, 5));
    fe r20 = fe_multiply(r10, fe_square_times(r10, 10));
    fe r40 = fe_multiply(r20, fe_square_times(r20, 20));
    fe r50 = fe_multiply(r10, fe_square_times(r40, 10));
    fe r100 = fe_multiply(r50, fe_square_times(r50, 50));
    fe r200 = fe_multiply(r100, fe_square_times(r100, 100));
    return fe_multiply(r50, fe_square_times(r200, 50));
}

/* a^(p - 2): 1 / a, and 0 for 0 */
LV_FN fe fe_invert(fe a)
{
    fe eleven;
    fe r = fe_power_250(a, &eleven);
    return fe_multiply(fe_square_times(r, 5), eleven);
}

/* SQRT_RATIO_M1(1, v) of RFC 9496, 3.1: *root = 1 / sqrt(v), or of i v where v is no square. */
LV_FN fe_mask fe_inverse_root(fe *root, fe v)
{
    const fe one = fe_constant(&FE_ONE);
    const fe i = fe_constant(&FE_ROOT_OF_MINUS_ONE);
    fe eleven;
    fe v3 = fe_multiply(fe_square(v), v);
    fe v7 = fe_multiply(fe_square(v3), v);
    fe power = fe_power_250(v7, &eleven);
    fe r = fe_multiply(v3, fe_multiply(fe_square_times(power, 2), v7)); /* v^3 v7^((p-5)/8) */

    fe check = fe_multiply(v, fe_square(r));
    fe_mask correct = fe_equal(check, one);
    fe_mask flipped = fe_equal(check, fe_negate(one));
    fe_mask flipped_i = fe_equal(check, fe_negate(i));
    r = fe_select(mask_or(flipped, flipped_i), fe_multiply(r, i), r);
    *root = fe_absolute(r);
    return mask_or(correct, flipped);
}

/* ---- points ---- */

LV_FN ext ext_identity(void)
{
    return (ext){fe_constant(&FE_ZERO), fe_constant(&FE_ONE), fe_constant(&FE_ONE),
                 fe_constant(&FE_ZERO)};
}

/* Reads LANES points, the last of `count` again where there are fewer. */
LV_FN ext ext_load(const lv_point *in, size_t count)
{
    size_t n = count < LANES ? count : LANES;
    return (ext){fe_load(&in->x, n), fe_load(&in->y, n), fe_load(&in->z, n), fe_load(&in->t, n)};
}

LV_FN void ext_store(lv_point *out, ext a, size_t count)
{
    size_t n = count < LANES ? count : LANES;
    fe_store(&out->x, a.x, n);
    fe_store(&out->y, a.y, n);
    fe_store(&out->z, a.z, n);
    fe_store(&out->t, a.t, n);
}

/* Enough to double. */
LV_WITHIN void point_of(ext *r, const completed *a)
{
    fe_multiply_to(&r->x, &a->f, &a->e);
    fe_multiply_to(&r->y, &a->g, &a->h);
    fe_multiply_to(&r->z, &a->f, &a->g);
}

LV_WITHIN void ext_of(ext *r, const completed *a)
{
    point_of(r, a);
    fe_multiply_to(&r->t, &a->e, &a->h);
}

LV_WITHIN void augend_of(augend *r, const completed *a)
{
    fe_products_to(&r->difference, &r->sum, &a->f, &a->e, &a->g, &a->h);
    fe_multiply_to(&r->z, &a->f, &a->g);
    fe_multiply_to(&r->t, &a->e, &a->h);
}

LV_FN augend ext_augend(const ext *a)
{
    return (augend){fe_tight(fe_subtract(a->y, a->x)), fe_tight(fe_add(a->y, a->x)), a->z, a->t};
}

/* The same point, of one whose T may be missing. */
LV_FN completed ext_complete(const ext *a) { return (completed){a->x, a->z, a->z, a->y}; }

LV_FN niels niels_of(ext a)
{
    return (niels){fe_add(a.y, a.x), fe_subtract(a.y, a.x), fe_add(a.z, a.z),
                   fe_multiply(a.t, fe_constant(&FE_TWO_D))};
}

/* Hisil, Wong, Carter, Dawson, Twisted Edwards Curves Revisited, ASIACRYPT 2008, section 3.1. */
LV_WITHIN void add_niels_to(completed *r, const augend *a, const niels *b)
{
    fe_products_to(&r->e, &r->h, &a->difference, &b->difference, &a->sum, &b->sum);
    fe_products_to(&r->f, &r->g, &a->t, &b->product, &a->z, &b->z);
}

LV_WITHIN void add_affine_to(completed *r, const augend *a, const affine_niels *b)
{
    fe two_z;
    fe c;
    fe_add_to(&two_z, &a->z, &a->z);
    fe_multiply_to(&c, &a->t, &b->product);
    fe_products_to(&r->e, &r->h, &a->difference, &b->difference, &a->sum, &b->sum);
    fe_subtract_to(&r->f, &two_z, &c);
    fe_add_to(&r->g, &two_z, &c);
    fe_tight_to(&r->g, &r->g);
}

LV_WITHIN void add_niels(ext *a, const niels *b)
{
    const augend to = ext_augend(a);
    completed r;
    add_niels_to(&r, &to, b);
    ext_of(a, &r);
}

LV_FN ext ext_plus(ext a, niels b)
{
    add_niels(&a, &b);
    return a;
}

/* Section 3.3 of the same, all four with the other sign. T is not used. */
LV_WITHIN void double_parts_of(completed *r, const ext *a)
{
    fe sum;
    fe_add_to(&sum, &a->x, &a->y);
    fe_tight_to(&sum, &sum);
    fe_squares_to(&r->e, &r->f, &r->g, &r->h, &a->x, &a->y, &a->z, &sum);
}

LV_FN void double_completed(completed *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        ext p;
        point_of(&p, a);
        double_parts_of(a, &p);
    }
}

LV_FN void double_times(ext *a, unsigned n)
{
    completed r;
    double_parts_of(&r, a);
    double_completed(&r, n - 1);
    ext_of(a, &r);
}

LV_FN void double_point(ext *a) { double_times(a, 1); }

/* ---- encodings ---- */

LV_FN void encode(uint8_t *out, const lv_point *in, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        ext p = ext_load(in + i, count - i);
        fe root;
        fe u1 = fe_multiply(fe_tight(fe_add(p.z, p.y)), fe_subtract(p.z, p.y));
        fe u2 = fe_multiply(p.x, p.y);
        (void)fe_inverse_root(&root, fe_multiply(u1, fe_square(u2)));
        fe den1 = fe_multiply(root, u1);
        fe den2 = fe_multiply(root, u2);
        fe z_inverse = fe_multiply(fe_multiply(den1, den2), p.t);
        fe_mask rotate = fe_is_odd(fe_multiply(p.t, z_inverse));
        const fe root_m1 = fe_constant(&FE_ROOT_OF_MINUS_ONE);
        fe x = fe_select(rotate, fe_multiply(p.y, root_m1), p.x);
        fe y = fe_select(rotate, fe_multiply(p.x, root_m1), p.y);
        fe den =
            fe_select(rotate, fe_multiply(den1, fe_constant(&FE_INVERSE_ROOT_OF_A_MINUS_D)), den2);
        y = fe_select(fe_is_odd(fe_multiply(x, z_inverse)), fe_negate(y), y);
        fe_store_bytes(out + i * LV_POINT_LEN, fe_absolute(fe_multiply(den, fe_subtract(p.z, y))),
                       count - i);
    }
}

/* Of a batch: the double of a point as x = E/F, y = G/H, the product of the four, and the product
 * of those before it. */
typedef struct {
    fe e;
    fe f;
    fe g;
    fe h;
    fe eg;
    fe fh;
    fe efgh;
    fe before;
} doubling;

enum { BATCH = 16 };

LV_FN void double_parts(doubling *d, ext p)
{
    fe xx = fe_square(p.x);
    fe yy = fe_square(p.y);
    fe zz = fe_square(p.z);
    fe dtt = fe_multiply(fe_square(p.t), fe_constant(&FE_D));
    d->e = fe_multiply(p.x, fe_add(p.y, p.y));
    d->f = fe_tight(fe_add(zz, dtt));
    d->g = fe_tight(fe_add(yy, xx));
    d->h = fe_subtract(zz, dtt);
    d->eg = fe_multiply(d->e, d->g);
    d->fh = fe_multiply(d->f, d->h);
    d->efgh = fe_multiply(d->eg, d->fh);
    /* The identity has e = 0, which must not spoil the inverse of the others. Its own products
     * are 0 whatever stands for that inverse. */
    d->efgh = fe_select(fe_equal(d->efgh, fe_constant(&FE_ZERO)), fe_constant(&FE_ONE), d->efgh);
}

/* The encoding of a double: ristretto's 2-isogeny from the Jacobi quartic is half of doubling, so
 * that no root is left to take (Hamburg; curve25519-dalek's double_and_compress_batch). */
LV_FN fe double_bytes(const doubling *d, fe inverse)
{
    fe z_inverse = fe_multiply(d->eg, inverse);
    fe t_inverse = fe_multiply(d->fh, inverse);
    const fe root_m1 = fe_constant(&FE_ROOT_OF_MINUS_ONE);
    fe_mask rotate = fe_is_odd(fe_multiply(d->eg, z_inverse));
    fe e = fe_select(rotate, d->g, d->e);
    fe g = fe_select(rotate, fe_negate(d->e), d->g);
    fe h = fe_select(rotate, fe_multiply(d->f, root_m1), d->h);
    fe magic = fe_select(rotate, root_m1, fe_constant(&FE_INVERSE_ROOT_OF_A_MINUS_D));
    fe_mask negate = fe_is_odd(fe_multiply(fe_multiply(h, e), z_inverse));
    g = fe_select(negate, fe_negate(g), g);
    return fe_absolute(
        fe_multiply(fe_subtract(h, g), fe_multiply(magic, fe_multiply(g, t_inverse))));
}

LV_FN void double_encode_batch(uint8_t *out, lv_point *points, size_t count)
{
    doubling d[BATCH];
    size_t vectors = (count + LANES - 1) / LANES;
    fe product = fe_constant(&FE_ONE);
    for (size_t i = 0; i < vectors; i++) {
        double_parts(&d[i], ext_load(points + i * LANES, count - i * LANES));
        d[i].before = product;
        product = fe_multiply(product, d[i].efgh);
    }
    fe inverse = fe_invert(product);
    for (size_t i = vectors; i-- > 0;) {
        fe s = double_bytes(&d[i], fe_multiply(inverse, d[i].before));
        fe_store_bytes(out + i * LANES * LV_POINT_LEN, s, count - i * LANES);
        ext_store(points + i * LANES,
                  (ext){fe_multiply(d[i].e, d[i].h), fe_multiply(d[i].f, d[i].g), d[i].fh, d[i].eg},
                  count - i * LANES);
        inverse = fe_multiply(inverse, d[i].efgh);
    }
    lv_wipe(d, sizeof d);
}

LV_FN void double_encode(uint8_t *out, lv_point *points, size_t count)
{
    const size_t step = (size_t)BATCH * LANES;
    for (size_t i = 0; i < count; i += step) {
        double_encode_batch(out + i * LV_POINT_LEN, points + i,
                            count - i < step ? count - i : step);
    }
}

LV_FN void decode(lv_point *out, bool *good, const uint8_t *in, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        const fe one = fe_constant(&FE_ONE);
        const fe zero = fe_constant(&FE_ZERO);
        fe s;
        fe_mask valid = fe_load_bytes(&s, in + i * LV_POINT_LEN, count - i);
        valid = mask_and(valid, mask_not(fe_is_odd(s)));
        fe ss = fe_square(s);
        fe u1 = fe_tight(fe_subtract(one, ss));
        fe u2 = fe_tight(fe_add(one, ss));
        fe u2_square = fe_square(u2);
        fe v = fe_subtract(fe_negate(fe_multiply(fe_constant(&FE_D), fe_square(u1))), u2_square);
        fe root;
        valid = mask_and(valid, fe_inverse_root(&root, fe_multiply(v, u2_square)));
        fe den_x = fe_multiply(root, u2);
        fe den_y = fe_multiply(v, fe_multiply(root, den_x));
        ext p;
        p.x = fe_absolute(fe_multiply(fe_add(s, s), den_x));
        p.y = fe_multiply(u1, den_y);
        p.z = one;
        p.t = fe_multiply(p.x, p.y);
        valid = mask_and(valid, mask_not(fe_is_odd(p.t)));
        valid = mask_and(valid, mask_not(fe_equal(p.y, zero)));
        valid = mask_and(valid, mask_not(fe_equal(s, zero))); /* the identity */
        ext_store(out + i, p, count - i);
        for (size_t lane = 0; lane < LANES && i + lane < count; lane++) {
            good[i + lane] = mask_bit(valid, lane);
        }
    }
}

/* ---- multiples ---- */

/* Each lane's digit times the point whose multiples 1 .. 16 stand in the table. */
LV_WITHIN void choose_entry(affine_niels *r, const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES],
                            const int8_t *digit)
{
    fe_mask negative = comb_entry(&r->sum, &r->difference, &r->product, limb, digit);
    fe_exchange(&r->sum, &r->difference, negative);
    fe_negate_where(&r->product, negative);
}

LV_WITHIN void add_entry(completed *sum, const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES],
                         const int8_t *digit)
{
    affine_niels entry;
    augend to;
    choose_entry(&entry, limb, digit);
    augend_of(&to, sum);
    add_affine_to(sum, &to, &entry);
}

/* The point alone: what its sum with the identity is. */
LV_FN void first_entry(completed *r, const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES],
                       const int8_t *digit)
{
    affine_niels entry;
    choose_entry(&entry, limb, digit);
    fe_subtract_to(&r->e, &entry.sum, &entry.difference);
    fe_tight_to(&r->e, &r->e);
    r->f = fe_constant(&FE_TWO);
    r->g = r->f;
    fe_add_to(&r->h, &entry.sum, &entry.difference);
    fe_tight_to(&r->h, &r->h);
}

/* out[i] = k[i] times the point whose comb it is. */
LV_FN void comb_multiply(lv_point *out, const lv_comb_table *table, const lv_scalar *k,
                         size_t count)
{
    int8_t digit[LV_COMB_DIGITS][LANES];
    for (size_t i = 0; i < count; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            int8_t digits[LV_COMB_DIGITS];
            size_t from = i + lane < count ? i + lane : count - 1;
            lv_scalar_digits(digits, LV_COMB_DIGITS, LV_COMB_BITS, &k[from]);
            for (size_t j = 0; j < LV_COMB_DIGITS; j++) {
                digit[j][lane] = digits[j];
            }
            lv_wipe(digits, sizeof digits);
        }
        completed sum;
        ext product;
        first_entry(&sum, table->limb[0], digit[0]);
        for (size_t j = 1; j < LV_COMB_DIGITS; j++) {
            add_entry(&sum, table->limb[j], digit[j]);
        }
        ext_of(&product, &sum);
        ext_store(out + i, product, count - i);
        lv_wipe(&sum, sizeof sum);
        lv_wipe(&product, sizeof product);
    }
    lv_wipe(digit, sizeof digit);
}

LV_FN void base_multiply(lv_point *out, const lv_scalar *k, size_t count)
{
    comb_multiply(out, lv_base_comb(), k, count);
}

enum { WINDOW = 4, WINDOWS = 64, WINDOW_ENTRIES = 8 };

/* Digits of a scalar to one lane. */
LV_FN void window_digits(int8_t digit[WINDOWS][LANES], size_t lane, const lv_scalar *k)
{
    int8_t digits[WINDOWS];
    lv_scalar_digits(digits, WINDOWS, WINDOW, k);
    for (size_t i = 0; i < WINDOWS; i++) {
        digit[i][lane] = digits[i];
    }
    lv_wipe(digits, sizeof digits);
}

/* The sizes' multiples, of those from 1 to 8 that stand in the table. */
#ifdef LV_IN_PLACE
LV_FN void select_size(niels *r, const niels *table, const int8_t *digit);
#else
LV_FN void select_size(niels *r, const niels *table, const int8_t *digit)
{
    const lane_sizes sizes = sizes_of(digit);
    *r = (niels){fe_constant(&FE_ONE), fe_constant(&FE_ONE), fe_constant(&FE_TWO),
                 fe_constant(&FE_ZERO)};
    for (uint32_t j = 0; j < WINDOW_ENTRIES; j++) {
        fe_mask here = size_is(sizes, j + 1);
        r->sum = fe_select(here, table[j].sum, r->sum);
        r->difference = fe_select(here, table[j].difference, r->difference);
        r->z = fe_select(here, table[j].z, r->z);
        r->product = fe_select(here, table[j].product, r->product);
    }
}
#endif

/* Adds each lane's digit times the point whose multiples 1 .. 8 stand in the table. */
LV_FN void add_multiple(completed *sum, const niels *table, const int8_t *digit)
{
    niels some;
    augend to;
    select_size(&some, table, digit);
    fe_mask negative = is_negative(digit);
    fe_exchange(&some.sum, &some.difference, negative);
    fe_negate_where(&some.product, negative);
    augend_of(&to, sum);
    add_niels_to(sum, &to, &some);
}

/* The multiples 1 .. 8. */
LV_FN void fill_window(niels table[WINDOW_ENTRIES], const ext *p)
{
    const augend to = ext_augend(p);
    table[0] = niels_of(*p);
    for (int j = 1; j < WINDOW_ENTRIES; j++) {
        completed sum;
        ext next;
        add_niels_to(&sum, &to, &table[j - 1]);
        ext_of(&next, &sum);
        table[j] = niels_of(next);
    }
}

LV_FN ext multiply_lanes(ext p, int8_t digit[WINDOWS][LANES])
{
    niels table[WINDOW_ENTRIES];
    const ext identity = ext_identity();
    completed sum = ext_complete(&identity);
    fill_window(table, &p);
    add_multiple(&sum, table, digit[WINDOWS - 1]);
    for (int i = WINDOWS - 2; i >= 0; i--) {
        double_completed(&sum, WINDOW);
        add_multiple(&sum, table, digit[i]);
    }
    ext_of(&p, &sum);
    lv_wipe(&sum, sizeof sum);
    return p;
}

LV_FN void multiply(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count)
{
    int8_t digit[WINDOWS][LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        window_digits(digit, lane, k);
    }
    for (size_t i = 0; i < count; i += LANES) {
        ext product = multiply_lanes(ext_load(in + i, count - i), digit);
        ext_store(out + i, product, count - i);
        lv_wipe(&product, sizeof product);
    }
    lv_wipe(digit, sizeof digit);
}

/* ---- rows of ciphertexts ---- */

/* Lanes take both points of a ciphertext and, where there are more of them, SEGMENTS columns that
 * lie equally far apart: a lane goes through its segment column by column. */
enum { HALVES = LANES > 1 ? 2 : 1, SEGMENTS = LANES / HALVES };

LV_FN unsigned segment_len(unsigned width) { return (width + SEGMENTS - 1) / SEGMENTS; }

LV_FN unsigned lane_column(unsigned width, unsigned lane, unsigned step)
{
    return lane / HALVES * segment_len(width) + step;
}

/* The identity where the last segment is over. */
LV_FN ext row_load(const lv_point *row, unsigned width, unsigned half, unsigned step)
{
    lv_point lanes[LANES];
    for (unsigned lane = 0; lane < LANES; lane++) {
        unsigned column = lane_column(width, lane, step);
        lanes[lane] =
            column < width ? row[(size_t)2 * column + half + lane % HALVES] : lv_point_identity;
    }
    return ext_load(lanes, LANES);
}

LV_FN void row_store(lv_point *row, unsigned width, unsigned half, unsigned step, ext value)
{
    lv_point lanes[LANES];
    ext_store(lanes, value, LANES);
    for (unsigned lane = 0; lane < LANES; lane++) {
        unsigned column = lane_column(width, lane, step);
        if (column < width) {
            row[(size_t)2 * column + half + lane % HALVES] = lanes[lane];
        }
    }
}

/* The sum of each lane's segment. */
LV_FN void segment_sums(lv_point *out, const lv_point *w, unsigned width, unsigned half)
{
    ext sum = row_load(w, width, half, 0);
    for (unsigned step = 1; step < segment_len(width); step++) {
        sum = ext_plus(sum, niels_of(row_load(w, width, half, step)));
    }
    ext_store(out, sum, LANES);
}

LV_FN void sum_row(lv_point *z, const lv_point *w, unsigned width)
{
    for (unsigned half = 0; half < 2; half += HALVES) {
        lv_point sums[LANES];
        segment_sums(sums, w, width, half);
        for (unsigned lane = 0; lane < LANES; lane++) {
            lv_point *to = &z[half + lane % HALVES];
            if (lane < HALVES) {
                *to = sums[lane];
            } else {
                lv_point_add(to, to, &sums[lane]);
            }
        }
    }
}

LV_FN ext triple(ext a)
{
    const niels once = niels_of(a);
    completed r;
    augend twice;
    double_parts_of(&r, &a);
    augend_of(&twice, &r);
    add_niels_to(&r, &twice, &once);
    ext_of(&a, &r);
    return a;
}

/* What is added to x - y in the first column of each lane's segment: the constant, and three times
 * all w before it. */
LV_FN ext first_addends(const lv_point *w, unsigned width, unsigned half, const lv_point *constant)
{
    lv_point before[LANES];
    lv_point constants[LANES];
    lv_point sums[LANES];
    if (SEGMENTS > 1) {
        segment_sums(sums, w, width, half);
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        constants[lane] = half + lane % HALVES == 1 ? *constant : lv_point_identity;
        before[lane] = lv_point_identity;
        if (lane >= HALVES) {
            lv_point_add(&before[lane], &before[lane - HALVES], &sums[lane - HALVES]);
        }
    }
    return ext_plus(triple(ext_load(before, LANES)), niels_of(ext_load(constants, LANES)));
}

LV_FN niels niels_negate(niels a)
{
    return (niels){a.difference, a.sum, a.z, fe_negate(a.product)};
}

LV_FN void compare_row(lv_point *z, const lv_point *x, const lv_point *y, const lv_point *w,
                       unsigned width, const lv_point *constant)
{
    for (unsigned half = 0; half < 2; half += HALVES) {
        ext addend = first_addends(w, width, half, constant);
        for (unsigned step = 0; step < segment_len(width); step++) {
            niels minus_y = niels_negate(niels_of(row_load(y, width, half, step)));
            ext difference = ext_plus(row_load(x, width, half, step), minus_y);
            row_store(z, width, half, step, ext_plus(difference, niels_of(addend)));
            addend = ext_plus(addend, niels_of(triple(row_load(w, width, half, step))));
        }
    }
}
