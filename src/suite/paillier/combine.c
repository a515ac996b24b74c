#include "base/parallel.h"
#include "suite/paillier/internal.h"
#include <stdlib.h>

/* Everything here is public: no call needs to be constant time.
 *
 * Enc(a) Enc(b) = Enc(a + b), Enc(a)^-1 = Enc(-a) in place of the printed Enc(a)^(n-1) of formula
 * (6), which is an encryption of the same number; Enc(a) (1 + n)^c = Enc(a + c). */

typedef struct {
    const lv_paillier_public *key;
    const lv_paillier_matrix *x;
    const lv_paillier_matrix *y;
    const lv_paillier_matrix *w;
    lv_formula formula;
    size_t first;
    lv_paillier_matrix *z;
} combination;

void lv_paillier_multiply(const lv_paillier_public *key, mpz_t r, mpz_srcptr a, mpz_srcptr b)
{
    mpz_mul(r, a, b);
    mpz_tdiv_r(r, r, key->n2);
}

/* Enc(sum of the row of w) */
static void sum_row(const combination *job, size_t row)
{
    mpz_t sum;
    mpz_t view;
    mpz_init_set(sum, lv_paillier_ciphertext(&job->w->base, job->first + row, 0, view));
    for (unsigned i = 1; i < job->w->base.width; i++) {
        lv_paillier_multiply(job->key, sum, sum,
                             lv_paillier_ciphertext(&job->w->base, job->first + row, i, view));
    }
    lv_paillier_cell_set(job->z, row, 0, sum);
    mpz_clear(sum);
}

/* Inverts all at once (Montgomery's trick): one inversion and three products for each. */
lv_status lv_paillier_invert_row(const lv_paillier_public *key, const lv_matrix *matrix, size_t row,
                                 mpz_t *inverse)
{
    unsigned width = matrix->width;
    lv_status status = LV_OK;
    mpz_t view;
    mpz_t rest; /* 1 / (c_0 ... c_i) */
    mpz_init(rest);

    mpz_set(inverse[0], lv_paillier_ciphertext(matrix, row, 0, view));
    for (unsigned i = 1; i < width; i++) {
        lv_paillier_multiply(key, inverse[i], inverse[i - 1],
                             lv_paillier_ciphertext(matrix, row, i, view));
    }
    if (mpz_invert(rest, inverse[width - 1], key->n2) == 0) {
        status = LV_E_CRYPTO; /* every matrix was checked when it was made */
    }
    for (unsigned i = width - 1; status == LV_OK && i > 0; i--) {
        lv_paillier_multiply(key, inverse[i], rest, inverse[i - 1]);
        lv_paillier_multiply(key, rest, rest, lv_paillier_ciphertext(matrix, row, i, view));
    }
    mpz_set(inverse[0], rest);
    mpz_clear(rest);
    return status;
}

/* z (1 + n)^c = z + c (z mod n) n mod n^2 */
void lv_paillier_add_plain(const lv_paillier_public *key, mpz_t z, long c, mpz_t scratch)
{
    mpz_tdiv_r(scratch, z, key->n);
    mpz_mul_si(scratch, scratch, c);
    mpz_addmul(z, scratch, key->n);
    mpz_fdiv_r(z, z, key->n2);
}

/* Enc(x_i - y_i +- 1 + 3 (w_0 + ... + w_(i-1))), the prefix kept from column to column. */
static void compare_row(const combination *job, size_t row, mpz_t *inverse)
{
    mpz_t z;
    mpz_t cube; /* Enc(3 prefix) */
    mpz_t scratch;
    mpz_t view;
    mpz_init(z);
    mpz_init_set_ui(cube, 1);
    mpz_init(scratch);

    for (unsigned i = 0; i < job->x->base.width; i++) {
        lv_paillier_multiply(job->key, z,
                             lv_paillier_ciphertext(&job->x->base, job->first + row, i, view),
                             inverse[i]);
        if (i > 0) {
            lv_paillier_multiply(job->key, z, z, cube);
        }
        lv_paillier_add_plain(job->key, z, job->formula == LV_RISE ? 1 : -1, scratch);
        lv_paillier_cell_set(job->z, row, i, z);

        lv_paillier_ciphertext(&job->w->base, job->first + row, i, view);
        lv_paillier_multiply(job->key, scratch, view, view);
        lv_paillier_multiply(job->key, scratch, scratch, view);
        lv_paillier_multiply(job->key, cube, cube, scratch);
    }
    mpz_clear(z);
    mpz_clear(cube);
    mpz_clear(scratch);
}

static lv_status combine_row(void *context, size_t row)
{
    const combination *job = context;
    if (job->formula == LV_EQUAL) {
        sum_row(job, row);
        return LV_OK;
    }
    mpz_t inverse[LV_WIDTH_MAX];
    for (unsigned i = 0; i < job->y->base.width; i++) {
        mpz_init(inverse[i]);
    }
    lv_status status = lv_paillier_invert_row(job->key, &job->y->base, job->first + row, inverse);
    if (status == LV_OK) {
        compare_row(job, row, inverse);
    }
    for (unsigned i = 0; i < job->y->base.width; i++) {
        mpz_clear(inverse[i]);
    }
    return status;
}

lv_status lv_paillier_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                              const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                              const lv_job *job, lv_matrix **z, lv_error *err)
{
    combination all = {.key = lv_paillier_public_of(key),
                       .x = lv_paillier_matrix_of(x),
                       .y = lv_paillier_matrix_of(y),
                       .w = lv_paillier_matrix_of(w),
                       .formula = formula,
                       .first = first};
    lv_status status =
        lv_paillier_matrix_new(all.key, count, formula == LV_EQUAL ? 1 : x->width, &all.z);
    if (status != LV_OK) {
        return status;
    }
    status = lv_parallel_for(job, "combine", count, combine_row, &all);
    if (status != LV_OK) {
        lv_paillier_matrix_free(&all.z->base);
        return lv_fail(err, status, "cannot combine: a ciphertext has no inverse");
    }
    *z = &all.z->base;
    return LV_OK;
}
