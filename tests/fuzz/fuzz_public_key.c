/* A public key, in every suite. */
#include "fuzz.h"
#include "suite/paillier/paillier.h"
#include <string.h>

static void check(lv_status status, lv_public_key *key, lv_bytes input, const lv_error *err)
{
    lv_buffer again = {0};
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_INVALID && key == NULL && err->text[0] != '\0');
        return;
    }
    FUZZ_CHECK(lv_public_encode(key, &again) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), input));
    FUZZ_CHECK(lv_matrix_encoded_len(key, 1, 1) > 0);
    lv_buffer_free(&again);
    lv_public_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_suite *suite = NULL;
    lv_public_key *key = NULL;
    lv_error err = {0};
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_status status = lv_public_decode(suite, input, &key, &err);
        if (status == LV_OK) {
            FUZZ_CHECK(lv_public_suite(key) == suite);
            FUZZ_CHECK(lv_suite_check_key_bits(suite, lv_public_key_bits(key), &err) == LV_OK ||
                       strcmp(lv_suite_name(suite), "paillier") == 0);
        }
        check(status, key, input, &err);
    }
    lv_status status = lv_paillier_public_decode_sized(input, LV_PAILLIER_BITS_TINY, &key, &err);
    check(status, key, input, &err);
    return 0;
}
