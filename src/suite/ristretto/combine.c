#include "base/parallel.h"
#include "suite/ristretto/internal.h"

/* Everything here is public. C1 and C2 are added alike; the constant touches C2 alone. */

typedef struct {
    const lv_matrix *x;
    const lv_matrix *y;
    const lv_matrix *w;
    lv_formula formula;
    size_t first;
    lv_ristretto_matrix *z;
} combination;

/* Enc(sum of the row of w) */
static void sum_row(const combination *job, size_t row)
{
    const lv_point *w = lv_ristretto_ciphertext(job->w, job->first + row, 0);
    lv_point *z = job->z->points + 2 * row;
    for (unsigned half = 0; half < 2; half++) {
        z[half] = w[half];
        for (unsigned i = 1; i < job->w->width; i++) {
            lv_point_add(&z[half], &z[half], &w[2 * i + half]);
        }
    }
}

/* One half of Enc(x_i - y_i + 3 (w_0 + ... + w_(i-1))), the prefix kept from column to column. */
static void compare_half(const combination *job, size_t row, unsigned half)
{
    const lv_point *x = lv_ristretto_ciphertext(job->x, job->first + row, 0) + half;
    const lv_point *y = lv_ristretto_ciphertext(job->y, job->first + row, 0) + half;
    const lv_point *w = lv_ristretto_ciphertext(job->w, job->first + row, 0) + half;
    unsigned width = job->x->width;
    lv_point *z = job->z->points + 2 * row * width + half;
    lv_point prefix = lv_point_identity;

    for (unsigned i = 0; i < 2 * width; i += 2) {
        lv_point triple;
        lv_point_subtract(&z[i], &x[i], &y[i]);
        if (half == 1 && job->formula == LV_RISE) {
            lv_point_add(&z[i], &z[i], &lv_point_base);
        } else if (half == 1) {
            lv_point_subtract(&z[i], &z[i], &lv_point_base);
        }
        lv_point_add(&z[i], &z[i], &prefix);
        lv_point_double(&triple, &w[i]);
        lv_point_add(&triple, &triple, &w[i]);
        lv_point_add(&prefix, &prefix, &triple);
    }
}

static lv_status combine_row(void *context, size_t row)
{
    const combination *job = context;
    if (job->formula == LV_EQUAL) {
        sum_row(job, row);
    } else {
        compare_half(job, row, 0);
        compare_half(job, row, 1);
    }
    return LV_OK;
}

lv_status lv_ristretto_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                               const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                               const lv_job *job, lv_matrix **z, lv_error *err)
{
    (void)key;
    combination all = {.x = x, .y = y, .w = w, .formula = formula, .first = first};
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
