#include "suite/rlwe/internal.h"
#include <string.h>

static void combine_row(const lv_rlwe_matrix *x, const lv_rlwe_matrix *y, const lv_rlwe_matrix *w,
                        lv_rlwe_matrix *z, size_t row)
{
    uint32_t cells[LV_WIDTH_MAX]; /* where formula (0) has no place for them */
    const unsigned width = x->base.width;
    const size_t place = lv_rlwe_place(z->first + row, width);
    const uint32_t constant = z->formula == LV_RISE ? LV_RLWE_DELTA : LV_RLWE_Q - LV_RLWE_DELTA;
    uint32_t *out = z->b + row * z->base.width;
    const bool of_all = z->formula == LV_EQUAL;
    uint32_t sum = z->ops->row(of_all ? cells : out, x->b + place, y->b + place, w->b + place,
                               constant, width);
    if (of_all) {
        out[0] = sum;
    }
}

bool lv_rlwe_is_source(const lv_rlwe_matrix *matrix, const lv_rlwe_public *key)
{
    return matrix->kind == LV_RLWE_ENCRYPTED &&
           lv_rlwe_same(matrix->owner, key->commitment, sizeof matrix->owner);
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
