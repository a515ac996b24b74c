#include "base/secret.h"
#include "suite/ristretto/internal.h"

void lv_ristretto_zeros(const lv_scalar *s, const lv_point *cells, unsigned count, uint8_t *zero)
{
    lv_point product[LV_WIDTH_MAX] = {{.x = {{0}}}};
    for (size_t i = 0; i < count; i++) {
        product[i] = cells[2 * i];
    }
    lv_curve_best()->multiply(product, s, product, count);
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
