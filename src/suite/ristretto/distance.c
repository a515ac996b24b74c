#include "base/parallel.h"
#include "suite/ristretto/internal.h"

/* Everything here is public. */

typedef struct {
    const lv_matrix *lesser;  /* x of a rise, y of a fall */
    const lv_matrix *greater; /* what D and the lesser are to make */
    const lv_matrix *d;
    size_t first;
    lv_ristretto_matrix *z;
} weighing;

/* sum 2^(k-1-i) (d_i + earlier_i - later_i) of both points, by Horner's rule. */
static lv_status weigh_row(void *context, size_t row)
{
    const weighing *job = context;
    const lv_point *d = lv_ristretto_ciphertext(job->d, job->first + row, 0);
    const lv_point *lesser = lv_ristretto_ciphertext(job->lesser, job->first + row, 0);
    const lv_point *greater = lv_ristretto_ciphertext(job->greater, job->first + row, 0);
    for (size_t half = 0; half < 2; half++) {
        lv_point sum = lv_point_identity;
        for (size_t i = half; i < (size_t)2 * job->d->width; i += 2) {
            lv_point_double(&sum, &sum);
            lv_point_add(&sum, &sum, &d[i]);
            lv_point_add(&sum, &sum, &lesser[i]);
            lv_point_subtract(&sum, &sum, &greater[i]);
        }
        job->z->points[2 * row + half] = sum;
    }
    return LV_OK;
}

lv_status lv_ristretto_combine_distance(const lv_public_key *key, const lv_matrix *x,
                                        const lv_matrix *y, const lv_matrix *d,
                                        lv_formula direction, size_t first, size_t count,
                                        const lv_job *job, lv_matrix **z, lv_error *err)
{
    (void)key;
    weighing all = {.lesser = direction == LV_RISE ? x : y,
                    .greater = direction == LV_RISE ? y : x,
                    .d = d,
                    .first = first};
    lv_status status = lv_ristretto_matrix_new(count, 1, false, &all.z);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "combine", count, weigh_row, &all);
    }
    if (status != LV_OK) {
        if (all.z != NULL) {
            lv_ristretto_matrix_free(&all.z->base);
        }
        return lv_fail(err, status, "cannot weigh the distance: out of memory");
    }
    *z = &all.z->base;
    return LV_OK;
}
