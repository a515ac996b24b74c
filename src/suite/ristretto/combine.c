#include "base/parallel.h"
#include "suite/ristretto/internal.h"

/* Everything here is public. C1 and C2 are added alike; the constant touches C2 alone. */

typedef struct {
    const lv_matrix *x;
    const lv_matrix *y;
    const lv_matrix *w;
    lv_formula formula;
    lv_point constant; /* G or -G */
    size_t first;
    lv_ristretto_matrix *z;
} combination;

lv_point lv_ristretto_constant(lv_formula formula)
{
    lv_point constant = lv_point_base;
    if (formula == LV_FALL) {
        lv_point_subtract(&constant, &lv_point_identity, &lv_point_base);
    }
    return constant;
}

static lv_status combine_row(void *context, size_t row)
{
    const combination *job = context;
    const lv_curve *curve = lv_curve_best();
    const lv_point *w = lv_ristretto_ciphertext(job->w, job->first + row, 0);
    unsigned width = job->w->width;
    if (job->formula == LV_EQUAL) {
        curve->sum_row(job->z->points + 2 * row, w, width);
        return LV_OK;
    }
    curve->compare_row(
        job->z->points + 2 * row * width, lv_ristretto_ciphertext(job->x, job->first + row, 0),
        lv_ristretto_ciphertext(job->y, job->first + row, 0), w, width, &job->constant);
    return LV_OK;
}

lv_status lv_ristretto_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                               const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                               const lv_job *job, lv_matrix **z, lv_error *err)
{
    (void)key;
    combination all = {.x = x, .y = y, .w = w, .formula = formula, .first = first};
    all.constant = lv_ristretto_constant(formula);
    lv_status status =
        lv_ristretto_matrix_new(count, formula == LV_EQUAL ? 1 : x->width, false, &all.z);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "combine", count, combine_row, &all);
    }
    if (status != LV_OK) {
        if (all.z != NULL) {
            lv_ristretto_matrix_free(&all.z->base);
        }
        return lv_fail(err, status, "cannot combine: out of memory");
    }
    *z = &all.z->base;
    return LV_OK;
}
