#include "suite/rlwe/internal.h"
#include <string.h>

enum { PREFIX_FACTOR = 3 /* of formulas (1) and (2) */ };

static uint32_t limit_bit(uint64_t limit, unsigned width, unsigned column)
{
    return (uint32_t)(limit >> (width - 1 - column) & 1);
}

/* Serves the b of x, which are public, and the masks a s, which are not: branches look at the limit
 * alone. */
void lv_rlwe_apply_limit(lv_formula formula, unsigned width, uint64_t limit, const uint32_t *x,
                         uint32_t *z)
{
    uint32_t sum = 0; /* at most 62 q, less than 2^26 */
    for (unsigned i = 0; i < width; i++) {
        if (formula != LV_EQUAL) {
            z[i] = lv_rlwe_reduce(PREFIX_FACTOR * sum + x[i]);
        }
        sum += limit_bit(limit, width, i) != 0 ? LV_RLWE_Q - x[i] : x[i];
    }
    if (formula == LV_EQUAL) {
        z[0] = lv_rlwe_reduce(sum);
    }
}

/* Adds DELTA c for a number -q <= c DELTA < q. */
static uint32_t add_plain(uint32_t b, int c)
{
    const int delta = (int)LV_RLWE_DELTA;
    return lv_rlwe_reduce(b + (uint32_t)((int)LV_RLWE_Q + c * delta));
}

/* The plaintexts of what apply_limit took lack these: w_j = 1 - x_j where T_j = 1, and in (1) and
 * (2) -T_i +- 1. */
static void add_constants(const lv_rlwe_matrix *z, uint32_t *cells)
{
    unsigned width = z->source_width;
    int ones = 0;
    for (unsigned i = 0; i < width; i++) {
        int bit = (int)limit_bit(z->limit, width, i);
        if (z->formula != LV_EQUAL) {
            cells[i] =
                add_plain(cells[i], PREFIX_FACTOR * ones - bit + (z->formula == LV_RISE ? 1 : -1));
        }
        ones += bit;
    }
    if (z->formula == LV_EQUAL) {
        cells[0] = add_plain(cells[0], ones);
    }
}

lv_status lv_rlwe_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                lv_formula formula, size_t first, size_t count, const lv_job *job,
                                lv_matrix **z, lv_error *err)
{
    (void)job; /* a hundred additions a row: not worth a thread */
    const lv_rlwe_public *mine = lv_rlwe_public_of(key);
    const lv_rlwe_matrix *from = lv_rlwe_matrix_of(x);
    if (!lv_rlwe_is_source(from, mine)) {
        return lv_fail(err, LV_E_ARGUMENT, "the matrix to compare is not encrypted under this key");
    }
    unsigned columns = formula == LV_EQUAL ? 1 : x->width;
    lv_rlwe_matrix *sums = NULL;
    lv_status status = lv_rlwe_matrix_new(mine, count, columns, count * columns, &sums);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot compare with the limit: out of memory");
    }
    sums->kind = LV_RLWE_LIMIT;
    sums->formula = formula;
    sums->limit = limit;
    sums->first = first;
    sums->source_width = x->width;
    memcpy(sums->nonce[0], from->nonce[0], LV_RLWE_NONCE_BYTES);
    for (size_t row = 0; row < count; row++) {
        uint32_t *cells = sums->b + row * columns;
        lv_rlwe_apply_limit(formula, x->width, limit,
                            from->b + lv_rlwe_place(first + row, x->width), cells);
        add_constants(sums, cells);
    }
    *z = &sums->base;
    return LV_OK;
}
