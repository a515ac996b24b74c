#include "suite/paillier/internal.h"

const lv_suite lv_suite_paillier = {
    .name = "paillier",
    .default_key_bits = LV_PAILLIER_BITS_DEFAULT,
    .check_key_bits = lv_paillier_check_key_bits,
    .key_generate = lv_paillier_key_generate,
    .key_encode = lv_paillier_key_encode,
    .key_decode = lv_paillier_key_decode,
    .key_free = lv_paillier_key_free,
    .public_encode = lv_paillier_public_encode,
    .public_decode = lv_paillier_public_decode,
    .public_free = lv_paillier_public_free,
    .encrypt = lv_paillier_encrypt,
    .matrix_free = lv_paillier_matrix_free,
    .matrix_encode = lv_paillier_matrix_encode,
    .matrix_encoded_len = lv_paillier_matrix_encoded_len,
    .matrix_decode = lv_paillier_matrix_decode,
    .combine = lv_paillier_combine,
    .combine_limit = lv_paillier_combine_limit,
    .combine_distance = lv_paillier_combine_distance,
    .zero_test = lv_paillier_zero_test,
};
