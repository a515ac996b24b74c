#include "base/parallel.h"
#include "suite/paillier/internal.h"

/* Everything here is public. With T known, Enc(x_i xor T_i) is Enc(x_i) or (1 + n) Enc(x_i)^-1; the
 * ones, and T_i itself, are added up as plain numbers. */

typedef struct {
    const lv_paillier_public *key;
    const lv_matrix *x;
    uint64_t limit;
    lv_formula formula;
    size_t first;
    lv_paillier_matrix *z;
} comparison;

static bool limit_bit(const comparison *job, unsigned column)
{
    return (job->limit >> (job->x->width - 1 - column) & 1) != 0;
}

/* Enc(+-x_i), of which x_i xor T_i is made. */
static mpz_srcptr exclusive_or(const comparison *job, size_t row, unsigned column, mpz_t *inverse,
                               mpz_t view)
{
    return limit_bit(job, column) ? inverse[column]
                                  : lv_paillier_ciphertext(job->x, job->first + row, column, view);
}

/* Enc(sum of all x_i xor T_i) */
static void sum_row(const comparison *job, size_t row, mpz_t *inverse)
{
    mpz_t sum;
    mpz_t scratch;
    mpz_t view;
    long ones = 0;
    mpz_init_set_ui(sum, 1);
    mpz_init(scratch);
    for (unsigned i = 0; i < job->x->width; i++) {
        lv_paillier_multiply(job->key, sum, sum, exclusive_or(job, row, i, inverse, view));
        ones += limit_bit(job, i) ? 1 : 0;
    }
    lv_paillier_add_plain(job->key, sum, ones, scratch);
    lv_paillier_cell_set(job->z, row, 0, sum);
    mpz_clear(sum);
    mpz_clear(scratch);
}

/* Enc(x_i - T_i +- 1 + 3 (all x_j xor T_j before)), the prefix kept from column to column. */
static void compare_row(const comparison *job, size_t row, mpz_t *inverse)
{
    mpz_t z;
    mpz_t cube; /* Enc(3 prefix) but for the ones */
    mpz_t scratch;
    mpz_t view;
    long ones = 0;
    mpz_init(z);
    mpz_init_set_ui(cube, 1);
    mpz_init(scratch);

    for (unsigned i = 0; i < job->x->width; i++) {
        bool one = limit_bit(job, i);
        lv_paillier_multiply(job->key, z, cube,
                             lv_paillier_ciphertext(job->x, job->first + row, i, view));
        lv_paillier_add_plain(
            job->key, z, 3 * ones - (one ? 1 : 0) + (job->formula == LV_RISE ? 1 : -1), scratch);
        lv_paillier_cell_set(job->z, row, i, z);

        mpz_srcptr w = exclusive_or(job, row, i, inverse, view);
        lv_paillier_multiply(job->key, scratch, w, w);
        lv_paillier_multiply(job->key, scratch, scratch, w);
        lv_paillier_multiply(job->key, cube, cube, scratch);
        ones += one ? 1 : 0;
    }
    mpz_clear(z);
    mpz_clear(cube);
    mpz_clear(scratch);
}

static lv_status combine_row(void *context, size_t row)
{
    const comparison *job = context;
    mpz_t inverse[LV_WIDTH_MAX];
    for (unsigned i = 0; i < job->x->width; i++) {
        mpz_init(inverse[i]);
    }
    lv_status status = lv_paillier_invert_row(job->key, job->x, job->first + row, inverse);
    if (status == LV_OK && job->formula == LV_EQUAL) {
        sum_row(job, row, inverse);
    } else if (status == LV_OK) {
        compare_row(job, row, inverse);
    }
    for (unsigned i = 0; i < job->x->width; i++) {
        mpz_clear(inverse[i]);
    }
    return status;
}

lv_status lv_paillier_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                    lv_formula formula, size_t first, size_t count,
                                    const lv_job *job, lv_matrix **z, lv_error *err)
{
    comparison all = {.key = lv_paillier_public_of(key),
                      .x = x,
                      .limit = limit,
                      .formula = formula,
                      .first = first};
    lv_status status =
        lv_paillier_matrix_new(all.key, count, formula == LV_EQUAL ? 1 : x->width, &all.z);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot compare with the limit: out of memory");
    }
    status = lv_parallel_for(job, "combine", count, combine_row, &all);
    if (status != LV_OK) {
        lv_paillier_matrix_free(&all.z->base);
        return lv_fail(err, status, "cannot compare with the limit: a ciphertext has no inverse");
    }
    *z = &all.z->base;
    return LV_OK;
}
