#include "suite/ristretto/internal.h"

const lv_suite lv_suite_ristretto255 = {
    .name = "ristretto255",
    .default_key_bits = LV_RISTRETTO_BITS,
    .check_key_bits = lv_ristretto_check_key_bits,
    .key_generate = lv_ristretto_key_generate,
    .key_encode = lv_ristretto_key_encode,
    .key_decode = lv_ristretto_key_decode,
    .key_free = lv_ristretto_key_free,
    .public_encode = lv_ristretto_public_encode,
    .public_decode = lv_ristretto_public_decode,
    .public_free = lv_ristretto_public_free,
    .encrypt = lv_ristretto_encrypt,
    .matrix_free = lv_ristretto_matrix_free,
    .matrix_encode = lv_ristretto_matrix_encode,
    .matrix_encoded_len = lv_ristretto_matrix_encoded_len,
    .matrix_decode = lv_ristretto_matrix_decode,
    .combine = lv_ristretto_combine,
    .combine_limit = lv_ristretto_combine_limit,
    .combine_distance = lv_ristretto_combine_distance,
    .zero_test = lv_ristretto_zero_test,
    .open_row_vartime = lv_ristretto_open_row_vartime,
};
