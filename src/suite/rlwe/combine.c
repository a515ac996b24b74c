#include "suite/rlwe/internal.h"
#include <string.h>

/* The same sums serve the b of the upstream, which are public, and the masks a s of the key
 * holder, which are not: no branch and no address depends on a coefficient. */

void lv_rlwe_apply(lv_formula formula, unsigned width, const uint32_t *difference,
                   const uint32_t *w, uint32_t *z)
{
    uint32_t sum = 0; /* at most 62 q, less than 2^26 */
    for (unsigned i = 0; i < width; i++) {
        if (formula != LV_EQUAL) {
            z[i] = lv_rlwe_reduce(difference[i] + LV_RLWE_PREFIX_FACTOR * sum);
        }
        sum += w[i];
    }
    if (formula == LV_EQUAL) {
        z[0] = lv_rlwe_reduce(sum);
    }
}

static void combine_row(const lv_rlwe_matrix *x, const lv_rlwe_matrix *y, const lv_rlwe_matrix *w,
                        lv_rlwe_matrix *z, size_t row)
{
    uint32_t difference[LV_WIDTH_MAX] = {0};
    unsigned width = x->base.width;
    size_t place = lv_rlwe_place(z->first + row, width);
    uint32_t constant = z->formula == LV_RISE ? LV_RLWE_DELTA : LV_RLWE_Q - LV_RLWE_DELTA;

    for (unsigned i = 0; z->formula != LV_EQUAL && i < width; i++) {
        difference[i] = x->b[place + i] + LV_RLWE_Q - y->b[place + i] + constant;
    }
    lv_rlwe_apply(z->formula, width, difference, w->b + place, z->b + row * z->base.width);
}

bool lv_rlwe_is_source(const lv_rlwe_matrix *matrix, const lv_rlwe_public *key)
{
    return matrix->kind == LV_RLWE_ENCRYPTED &&
           memcmp(matrix->owner, key->commitment, sizeof matrix->owner) == 0;
}

lv_status lv_rlwe_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                          const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                          const lv_job *job, lv_matrix **z, lv_error *err)
{
    (void)job; /* a hundred additions a row: not worth a thread */
    const lv_rlwe_public *mine = lv_rlwe_public_of(key);
    const lv_rlwe_matrix *from[3] = {lv_rlwe_matrix_of(x), lv_rlwe_matrix_of(y),
                                     lv_rlwe_matrix_of(w)};
    for (int i = 0; i < 3; i++) {
        if (!lv_rlwe_is_source(from[i], mine)) {
            return lv_fail(err, LV_E_ARGUMENT,
                           "the matrices to combine are not encrypted under this key");
        }
    }
    unsigned columns = formula == LV_EQUAL ? 1 : x->width;
    lv_rlwe_matrix *sums = NULL;
    lv_status status = lv_rlwe_matrix_new(mine, count, columns, count * columns, &sums);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot combine: out of memory");
    }
    sums->kind = LV_RLWE_PAIRS;
    sums->formula = formula;
    sums->first = first;
    sums->source_width = x->width;
    for (int i = 0; i < 3; i++) {
        memcpy(sums->nonce[i], from[i]->nonce[0], LV_RLWE_NONCE_BYTES);
    }
    for (size_t row = 0; row < count; row++) {
        combine_row(from[0], from[1], from[2], sums, row);
    }
    *z = &sums->base;
    return LV_OK;
}
