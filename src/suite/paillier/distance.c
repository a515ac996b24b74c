#include "base/parallel.h"
#include "suite/paillier/internal.h"

/* Everything here is public. */

typedef struct {
    const lv_paillier_public *key;
    const lv_matrix *lesser;  /* x of a rise, y of a fall */
    const lv_matrix *greater; /* what D and the lesser are to make */
    const lv_matrix *d;
    size_t first;
    lv_paillier_matrix *z;
} weighing;

/* Adds a bit to what is encrypted in `sum`. */
static void add_bit(const weighing *job, mpz_t sum, const lv_matrix *bits, size_t row,
                    unsigned column)
{
    mpz_t view;
    lv_paillier_multiply(job->key, sum, sum,
                         lv_paillier_ciphertext(bits, job->first + row, column, view));
}

/* Enc(D + lesser) Enc(greater)^-1, both sums by Horner's rule: one inversion for the row. */
static lv_status weigh_row(void *context, size_t row)
{
    const weighing *job = context;
    lv_status status = LV_OK;
    mpz_t sum;
    mpz_t minus;
    mpz_init_set_ui(sum, 1);
    mpz_init_set_ui(minus, 1);
    for (unsigned i = 0; i < job->d->width; i++) {
        lv_paillier_multiply(job->key, sum, sum, sum);
        add_bit(job, sum, job->d, row, i);
        add_bit(job, sum, job->lesser, row, i);
        lv_paillier_multiply(job->key, minus, minus, minus);
        add_bit(job, minus, job->greater, row, i);
    }
    if (mpz_invert(minus, minus, job->key->n2) == 0) {
        status = LV_E_CRYPTO; /* every matrix was checked when it was made */
    } else {
        lv_paillier_multiply(job->key, sum, sum, minus);
        lv_paillier_cell_set(job->z, row, 0, sum);
    }
    mpz_clear(sum);
    mpz_clear(minus);
    return status;
}

lv_status lv_paillier_combine_distance(const lv_public_key *key, const lv_matrix *x,
                                       const lv_matrix *y, const lv_matrix *d, lv_formula direction,
                                       size_t first, size_t count, const lv_job *job, lv_matrix **z,
                                       lv_error *err)
{
    weighing all = {.key = lv_paillier_public_of(key),
                    .lesser = direction == LV_RISE ? x : y,
                    .greater = direction == LV_RISE ? y : x,
                    .d = d,
                    .first = first};
    lv_status status = lv_paillier_matrix_new(all.key, count, 1, &all.z);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot weigh the distance: out of memory");
    }
    status = lv_parallel_for(job, "combine", count, weigh_row, &all);
    if (status != LV_OK) {
        lv_paillier_matrix_free(&all.z->base);
        return lv_fail(err, status, "cannot weigh the distance: a ciphertext has no inverse");
    }
    *z = &all.z->base;
    return LV_OK;
}
