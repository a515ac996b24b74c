#include "base/secret.h"
#include "suite/ristretto/internal.h"

/* Below this many, one point at a time is faster than a vector that is mostly empty. */
enum { VECTOR_MIN = 3 };

void lv_ristretto_zeros(const lv_scalar *s, const lv_point *cells, unsigned count, uint8_t *zero)
{
    const lv_curve *curve = count < VECTOR_MIN ? &lv_curve_portable : lv_curve_best();
    lv_point product[LV_WIDTH_MAX] = {{.x = {{0}}}};
    for (size_t i = 0; i < count; i++) {
        product[i] = cells[2 * i];
    }
    curve->multiply(product, s, product, count);
    for (size_t i = 0; i < count; i++) {
        zero[i] = lv_point_equal(&product[i], &cells[2 * i + 1]);
    }
    /* s C1 would let anybody decrypt this ciphertext. */
    lv_wipe(product, sizeof product);
}

lv_status lv_ristretto_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                 unsigned first, unsigned count, bool *is_zero)
{
    uint8_t zero[LV_WIDTH_MAX];
    lv_ristretto_zeros(lv_ristretto_scalar(key), lv_ristretto_ciphertext(z, row, first), count,
                       zero);
    for (size_t i = 0; i < count; i++) {
        is_zero[i] = zero[i] != 0;
    }
    lv_wipe(zero, sizeof zero);
    return LV_OK;
}
