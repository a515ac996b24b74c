/** Sums of multiples, once for all implementations: included after formulas.h, and after quads.h
 *  where LV_QUADS is defined, and on the same terms.
 *
 *  A multiple of a fixed point is the sum of its digits' entries, shifted. Lanes take the digits of
 *  one scalar: lane l those from l * LIFTED_DIGITS on. So all lanes read the same entries, many
 *  points share the doublings, and one table of sixteen entries does for each point. */

enum { LIFTED_DIGITS = (LV_COMB_DIGITS + LANES - 1) / LANES };

typedef struct {
    int8_t at[LIFTED_DIGITS][LANES];
} lifted;

LV_FN void lift(lifted *out, const lv_scalar *k)
{
    int8_t digits[LIFTED_DIGITS * LANES] = {0};
    lv_scalar_digits(digits, LV_COMB_DIGITS, LV_COMB_BITS, k);
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t i = 0; i < LIFTED_DIGITS; i++) {
            out->at[i][lane] = digits[lane * LIFTED_DIGITS + i];
        }
    }
    lv_wipe(digits, sizeof digits);
}

/* Each lane's share of sum k[i] T[first + i]. */
LV_FN ext lifted_sum(unsigned first, const lifted *digit, size_t count)
{
    const lv_generator_table *table = lv_generators();
    const ext identity = ext_identity();
    completed sum = ext_complete(&identity);
    ext share;
    for (size_t at = LIFTED_DIGITS; at-- > 0;) {
        for (size_t i = 0; i < count; i++) {
            add_entry(&sum, table->limb[first + i], digit[i].at[at]);
        }
        if (at > 0) {
            double_completed(&sum, LV_COMB_BITS);
        }
    }
    ext_of(&share, &sum);
    lv_wipe(&sum, sizeof sum);
    return share;
}

#ifdef LV_QUADS
/* join_lanes for few rows. */
LV_FN void join_few(lv_point *out, lv_point share[LANES][LANES], size_t rows)
{
    const fe factors = quads_factors();
    for (size_t r = 0; r < rows; r += QUADS) {
        fe sum = quads_load(&share[LANES - 1][r], rows - r);
        for (size_t lane = LANES - 1; lane-- > 0;) {
            fe other = quads_load(&share[lane][r], rows - r);
            fe_multiply_to(&other, &other, &factors);
            quads_double_times(&sum, LIFTED_DIGITS * LV_COMB_BITS);
            quads_add(&sum, &other);
        }
        quads_store_points(&out[r], sum, rows - r < QUADS ? rows - r : QUADS);
        lv_wipe(&sum, sizeof sum);
    }
}
#endif

/* out[r] = sum over l of 2^(LIFTED_DIGITS LV_COMB_BITS l) share[l][r], for up to LANES rows. */
LV_FN void join_lanes(lv_point *out, lv_point share[LANES][LANES], size_t rows)
{
#ifdef LV_QUADS
    if (rows <= FEW) {
        join_few(out, share, rows);
        return;
    }
#endif
    ext sum = ext_load(share[LANES - 1], rows);
    for (size_t lane = LANES - 1; lane-- > 0;) {
        double_times(&sum, LIFTED_DIGITS * LV_COMB_BITS);
        sum = ext_plus(sum, niels_of(ext_load(share[lane], rows)));
    }
    ext_store(out, sum, rows);
    lv_wipe(&sum, sizeof sum);
}

/* Puts the lanes of one row's share where join_lanes wants them. */
LV_FN void put_share(lv_point share[LANES][LANES], size_t row, ext sum)
{
    lv_point lanes[LANES];
    ext_store(lanes, sum, LANES);
    for (size_t lane = 0; lane < LANES; lane++) {
        share[lane][row] = lanes[lane];
    }
    lv_wipe(lanes, sizeof lanes);
}

LV_FN void generators_sum(lv_point *out, const lv_scalar *k, size_t rows, unsigned first,
                          size_t count)
{
    lifted digit[LV_GENERATORS];
    lv_point share[LANES][LANES];
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < count; i++) {
            lift(&digit[i], &k[r * count + i]);
        }
        put_share(share, r % LANES, lifted_sum(first, digit, count));
        if (r % LANES == LANES - 1 || r + 1 == rows) {
            join_lanes(out + r / LANES * LANES, share, r % LANES + 1);
        }
    }
    lv_wipe(digit, sizeof digit);
    lv_wipe(share, sizeof share);
}

LV_FN void mask_multiply(lv_point *out, const lv_scalar *k, size_t count)
{
    comb_multiply(out, lv_mask_comb(), k, count);
}

/* Here lanes take rows: a bit is a digit of its own. */
LV_FN void bits_commit(lv_point *out, const lv_scalar *mask, const uint8_t *bits, size_t rows,
                       size_t count)
{
    const lv_generator_table *table = lv_generators();
    int8_t bit[LANES] = {0};
    mask_multiply(out, mask, rows);
    for (size_t r = 0; r < rows; r += LANES) {
        ext total = ext_load(out + r, rows - r);
        completed sum = ext_complete(&total);
        for (size_t i = 0; i < count; i++) {
            for (size_t lane = 0; lane < LANES && r + lane < rows; lane++) {
                bit[lane] = (int8_t)bits[(r + lane) * count + i];
            }
            add_entry(&sum, table->limb[LV_GENERATOR_FIRST + i], bit);
        }
        ext_of(&total, &sum);
        ext_store(out + r, total, rows - r);
        lv_wipe(&sum, sizeof sum);
        lv_wipe(&total, sizeof total);
    }
    lv_wipe(bit, sizeof bit);
}

LV_FN void multiply_each(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count)
{
    int8_t digit[WINDOWS][LANES];
#ifdef LV_QUADS
    if (count <= FEW) {
        quads_multiply_few(out, k, 1, in, count);
        return;
    }
#endif
    for (size_t i = 0; i < count; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            window_digits(digit, lane, &k[i + lane < count ? i + lane : count - 1]);
        }
        ext product = multiply_lanes(ext_load(in + i, count - i), digit);
        ext_store(out + i, product, count - i);
        lv_wipe(&product, sizeof product);
    }
    lv_wipe(digit, sizeof digit);
}

LV_FN void add_subtract(lv_point *out, const lv_point *x, const lv_point *y, const lv_point *w,
                        size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        ext sum = ext_plus(ext_load(x + i, count - i), niels_of(ext_load(y + i, count - i)));
        niels minus_w = niels_negate(niels_of(ext_load(w + i, count - i)));
        ext_store(out + i, ext_plus(sum, minus_w), count - i);
    }
}
