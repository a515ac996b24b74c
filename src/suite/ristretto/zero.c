#include "base/declassify.h"
#include "base/secret.h"
#include "suite/ristretto/internal.h"

/* Below this many, one point at a time is faster than a vector that is mostly empty. */
enum { VECTOR_MIN = 3 };

lv_status lv_ristretto_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                 unsigned first, unsigned count, bool *is_zero)
{
    const lv_curve *curve = count < VECTOR_MIN ? &lv_curve_portable : lv_curve_best();
    const lv_point *cells = lv_ristretto_ciphertext(z, row, first);
    lv_point product[LV_WIDTH_MAX];
    for (size_t i = 0; i < count; i++) {
        product[i] = cells[2 * i];
    }
    curve->multiply(product, lv_ristretto_scalar(key), product, count);
    for (size_t i = 0; i < count; i++) {
        is_zero[i] = lv_point_equal(&product[i], &cells[2 * i + 1]);
    }
    lv_declassify(is_zero, count * sizeof *is_zero); /* the answers the caller was asked to tell */
    /* s C1 would let anybody decrypt this ciphertext. */
    lv_wipe(product, sizeof product);
    return LV_OK;
}
