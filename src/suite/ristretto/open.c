#include "base/secret.h"
#include "suite/ristretto/internal.h"

/* C2 - s C1 is the bit's multiple of G. */
lv_status lv_ristretto_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                        size_t row, lv_opened *cells)
{
    for (unsigned i = 0; i < matrix->width; i++) {
        const lv_point *cell = lv_ristretto_ciphertext(matrix, row, i);
        lv_point rest;
        lv_curve_portable.multiply(&rest, lv_ristretto_scalar(key), &cell[0], 1);
        lv_point_subtract(&rest, &cell[1], &rest);
        cells[i] = LV_OPENED_OTHER;
        if (lv_point_equal(&rest, &lv_point_identity)) {
            cells[i] = LV_OPENED_ZERO;
        } else if (lv_point_equal(&rest, &lv_point_base)) {
            cells[i] = LV_OPENED_ONE;
        }
        lv_wipe(&rest, sizeof rest);
    }
    return LV_OK;
}
