/** The same formulas with the four coordinates of a point side by side in a vector's lanes, for
 *  implementations of four lanes or eight: one point at a time, or two. Twice as quick where
 *  points come one after the other, as in one long sum. Included after formulas.h and on the same
 *  terms; who includes it has defined as well, of each four lanes (a, b, c, d),
 *
 *    fe_crossed, fe_uncrossed            (b - a, b + a, d, c), (b - a, b + a, 2 d, 2 c)
 *    fe_product_crossed                  fe_crossed of a product
 *    fe_product_alternate                (b - a, b + a, d - c, d + c) of a product
 *    fe_product_doubled                  (a - b, a + b, 4 c - 2 d, -2 d) of a product
 *    fe_outer, fe_inner                  (a, d, c, a), (c, b, d, b)
 *    fe_squares_left, fe_squares_right   (a, b, d, a), (a, b, d, b)
 *    fe_opposed      (b, a, -c, d) where the mask is set, (a, b, c, d) elsewhere
 *    fe_quads, fe_quads_store    from and to QUADS lv_quad
 *    fe_quads_points             from QUADS lv_point, or one alone where `count` is 1
 *    fe_quads_spread             to `count` lv_quad, every `stride`: lane l of the four parts to
 *                                the l-th
 *    fe_quads_mask               the lanes of those of QUADS points that are told
 *
 *  each within the bounds of a first or second factor where products and what was stored come in.
 *
 *  A point is (X, Y, Z, T) where it is loaded and stored; a sum (Y - X, Y + X, T, Z), which is its
 *  fe_crossed, and of which fe_uncrossed makes (2 X, 2 Y, 2 Z, 2 T), the same point; one to be
 * added (Y - X, Y + X, 2 d T, 2 Z): a lv_quad. */

enum { QUADS = LANES / 4 };

static const lv_quad QUAD_IDENTITY = {{{1, 1, 0, 2}, {0}, {0}, {0}, {0}}};

/* Both the formulas of add_parts. */
LV_WITHIN void quads_add(fe *sum, const fe *b)
{
    fe a;
    fe outer;
    fe_product_alternate(&a, sum, b); /* E, H, F, G */
    fe_outer(&outer, &a);
    fe_inner(&a, &a);
    fe_product_crossed(sum, &outer, &a);
}

/* Those of double_parts_of, all four twice: with p = Y - X and q = Y + X they are p p - q q,
 * p p + q q, 4 Z Z - 2 p q and - 2 p q. */
LV_WITHIN void quads_double(fe *a)
{
    fe left;
    fe right;
    fe_squares_left(&left, a);
    fe_squares_right(&right, a);
    fe_product_doubled(&left, &left, &right); /* E, H, F, G */
    fe_outer(&right, &left);
    fe_inner(&left, &left);
    fe_product_crossed(a, &right, &left);
}

LV_FN void quads_double_times(fe *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        quads_double(a);
    }
}

/* (1, 1, 2 d, 2): a sum times these is one to be added. */
LV_FN fe quads_factors(void)
{
    lv_quad factors = {{{1, 1, 0, 2}, {0}, {0}, {0}, {0}}};
    for (int l = 0; l < 5; l++) {
        factors.limb[l][2] = FE_TWO_D.v[l];
    }
    const lv_quad *const all[] = {&factors, &factors};
    return fe_quads(all);
}

/* Of QUADS points a sum, which they begin. */
LV_FN fe quads_load(const lv_point *in, size_t count)
{
    fe a = fe_quads_points(in, count);
    fe_crossed(&a, &a);
    return a;
}

LV_FN fe quads_identity(void)
{
    const lv_point both[] = {{{{0}}, {{1}}, {{1}}, {{0}}}, {{{0}}, {{1}}, {{1}}, {{0}}}};
    return quads_load(both, QUADS);
}

/* The first `count` of QUADS sums. */
LV_FN void quads_store_points(lv_point *out, fe a, size_t count)
{
    lv_quad quad[QUADS];
    fe_uncrossed(&a, &a);
    fe_quads_store(quad, a);
    for (size_t i = 0; i < count; i++) {
        for (int l = 0; l < 5; l++) {
            out[i].x.v[l] = quad[i].limb[l][0];
            out[i].y.v[l] = quad[i].limb[l][1];
            out[i].z.v[l] = quad[i].limb[l][2];
            out[i].t.v[l] = quad[i].limb[l][3];
        }
    }
    lv_wipe(quad, sizeof quad);
}

/* ---- multiples of few points ---- */

/* Up to so many points are multiplied side by side more quickly than lane by lane. */
enum { FEW = LANES / 2 };

/* Digits of `count` scalars, every `stride`, each to the lanes of its point. */
LV_FN void quads_digits(int8_t digit[WINDOWS][LANES], const lv_scalar *k, size_t stride,
                        size_t count)
{
    for (size_t lane = 0; lane < LANES; lane++) {
        window_digits(digit, lane, &k[lane / 4 < count ? lane / 4 * stride : 0]);
    }
}

/* Adds each point's digit times the point whose multiples 1 .. 8 stand in the table. */
LV_FN void quads_add_multiple(fe *sum, const fe *table, const int8_t *digit)
{
    const lv_quad *const none[] = {&QUAD_IDENTITY, &QUAD_IDENTITY};
    const lane_sizes sizes = sizes_of(digit);
    fe b = fe_quads(none);
    for (uint32_t j = 0; j < WINDOW_ENTRIES; j++) {
        fe_select_to(&b, size_is(sizes, j + 1), &table[j], &b);
    }
    fe_opposed(&b, is_negative(digit), &b);
    quads_add(sum, &b);
}

/* out[i] = k[stride i] in[i] for up to QUADS points. */
LV_FN void quads_multiply(lv_point *out, const lv_scalar *k, size_t stride, const lv_point *in,
                          size_t count)
{
    const fe factors = quads_factors();
    int8_t digit[WINDOWS][LANES];
    fe table[WINDOW_ENTRIES];
    fe p = quads_load(in, count);
    quads_digits(digit, k, stride, count);
    for (int j = 0; j < WINDOW_ENTRIES; j++) {
        if (j > 0) {
            quads_add(&p, &table[0]);
        }
        fe_multiply_to(&table[j], &p, &factors);
    }
    p = quads_identity();
    quads_add_multiple(&p, table, digit[WINDOWS - 1]);
    for (int i = WINDOWS - 2; i >= 0; i--) {
        quads_double_times(&p, WINDOW);
        quads_add_multiple(&p, table, digit[i]);
    }
    quads_store_points(out, p, count < QUADS ? count : QUADS);
    lv_wipe(&p, sizeof p);
    lv_wipe(digit, sizeof digit);
}

/* The same for FEW points. */
LV_FN void quads_multiply_few(lv_point *out, const lv_scalar *k, size_t stride, const lv_point *in,
                              size_t count)
{
    for (size_t i = 0; i < count; i += QUADS) {
        quads_multiply(&out[i], &k[i * stride], stride, &in[i], count - i);
    }
}

LV_FN void multiply_same(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count)
{
    if (count <= FEW) {
        quads_multiply_few(out, k, 0, in, count);
        return;
    }
    multiply(out, k, in, count);
}
