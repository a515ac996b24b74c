#include "suite/rlwe/internal.h"

const lv_suite lv_suite_rlwe = {
    .name = "rlwe1024",
    .default_key_bits = LV_RLWE_KEY_BITS,
    .set_pairs = 512,
    .check_key_bits = lv_rlwe_check_key_bits,
    .key_generate = lv_rlwe_key_generate,
    .key_encode = lv_rlwe_key_encode,
    .key_decode = lv_rlwe_key_decode,
    .key_free = lv_rlwe_key_free,
    .public_encode = lv_rlwe_public_encode,
    .public_decode = lv_rlwe_public_decode,
    .public_free = lv_rlwe_public_free,
    .encrypt = lv_rlwe_encrypt,
    .matrix_free = lv_rlwe_matrix_free,
    .matrix_encode = lv_rlwe_matrix_encode,
    .matrix_encoded_len = lv_rlwe_matrix_encoded_len,
    .matrix_decode = lv_rlwe_matrix_decode,
    .combine = lv_rlwe_combine,
    .combine_limit = lv_rlwe_combine_limit, /* combine_distance: plaintexts end at 255 */
    .zero_test = lv_rlwe_zero_test,
    .open_row_vartime = lv_rlwe_open_row_vartime,
};
