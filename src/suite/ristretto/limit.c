#include "base/parallel.h"
#include "suite/ristretto/internal.h"

/* Everything here is public. With T known, Enc(T_i) may be (0, T_i G), and Enc(x_i xor T_i) is
 * Enc(x_i) or (-C1, G - C2): then the formulas are those of two encrypted values. */

typedef struct {
    const lv_matrix *x;
    uint64_t limit;
    lv_formula formula;
    lv_point constant;
    size_t first;
    lv_ristretto_matrix *z;
} comparison;

/* The limit, and its exclusive or with a row of x, as ciphertexts. */
static void set_limit(const comparison *job, const lv_point *x, lv_point *y, lv_point *w)
{
    unsigned width = job->x->width;
    for (unsigned i = 0; i < width; i++) {
        bool one = (job->limit >> (width - 1 - i) & 1) != 0;
        const size_t at = (size_t)2 * i;
        y[at] = lv_point_identity;
        y[at + 1] = one ? lv_point_base : lv_point_identity;
        w[at] = x[at];
        w[at + 1] = x[at + 1];
        if (one) {
            lv_point_subtract(&w[at], &y[at], &x[at]);
            lv_point_subtract(&w[at + 1], &y[at + 1], &x[at + 1]);
        }
    }
}

static lv_status compare_row(void *context, size_t row)
{
    const comparison *job = context;
    const lv_curve *curve = lv_curve_best();
    const lv_point *x = lv_ristretto_ciphertext(job->x, job->first + row, 0);
    unsigned width = job->x->width;
    lv_point y[2 * LV_WIDTH_MAX];
    lv_point w[2 * LV_WIDTH_MAX];
    set_limit(job, x, y, w);
    if (job->formula == LV_EQUAL) {
        curve->sum_row(job->z->points + 2 * row, w, width);
        return LV_OK;
    }
    curve->compare_row(job->z->points + 2 * row * width, x, y, w, width, &job->constant);
    return LV_OK;
}

lv_status lv_ristretto_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                     lv_formula formula, size_t first, size_t count,
                                     const lv_job *job, lv_matrix **z, lv_error *err)
{
    (void)key;
    comparison all = {.x = x,
                      .limit = limit,
                      .formula = formula,
                      .constant = lv_ristretto_constant(formula),
                      .first = first};
    lv_status status =
        lv_ristretto_matrix_new(count, formula == LV_EQUAL ? 1 : x->width, false, &all.z);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "combine", count, compare_row, &all);
    }
    if (status != LV_OK) {
        if (all.z != NULL) {
            lv_ristretto_matrix_free(&all.z->base);
        }
        return lv_fail(err, status, "cannot compare with the limit: out of memory");
    }
    *z = &all.z->base;
    return LV_OK;
}
