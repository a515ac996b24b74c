#include "suite/paillier/internal.h"
#include "suite/paillier/paillier.h"

lv_status lv_paillier_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                       size_t row, lv_opened *cells)
{
    for (unsigned i = 0; i < matrix->width; i++) {
        int value = 0;
        lv_status status = lv_paillier_decrypt_small_vartime(key, matrix, row, i, &value);
        if (status != LV_OK && status != LV_NOT_FOUND) {
            return status;
        }
        bool bit = status == LV_OK && (value == 0 || value == 1);
        cells[i] = bit ? (lv_opened)value : LV_OPENED_OTHER;
    }
    return LV_OK;
}
