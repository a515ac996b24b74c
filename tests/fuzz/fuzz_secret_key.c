/* A secret key, in every suite. It comes from the node's own vault, but the vault's file may be
 * damaged: whatever is accepted must be usable without a crash. */
#include "fuzz.h"
#include "suite/paillier/paillier.h"
#include <string.h>

/* Numbers that are no primes encrypt and decrypt to anything, but they do end. */
static void check_use(const lv_secret_key *key)
{
    const lv_public_key *public_key = lv_key_public(key);
    uint8_t bits[] = {0, 1};
    const lv_bits plain = {.pairs = 1, .width = 2, .bits = bits};
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    bool zero = false;
    if (lv_public_key_bits(public_key) > 1024 ||
        lv_encrypt(key, &plain, NULL, &matrix, &err) != LV_OK) {
        return;
    }
    FUZZ_CHECK(lv_zero_test(key, matrix, 0, 1, &zero) == LV_OK);
    lv_matrix_free(matrix);
}

static void check(lv_status status, lv_secret_key *key, lv_bytes input, const lv_error *err)
{
    lv_buffer again = {0};
    if (status != LV_OK) {
        fuzz_check_refusal(status, err);
        FUZZ_CHECK(key == NULL);
        return;
    }
    FUZZ_CHECK(lv_key_encode(key, &again) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), input));
    check_use(key);
    lv_buffer_wipe(&again);
    lv_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_suite *suite = NULL;
    lv_secret_key *key = NULL;
    lv_error err = {0};
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_status status = lv_key_decode(suite, input, &key, &err);
        check(status, key, input, &err);
    }
    lv_status status = lv_paillier_key_decode_sized(input, LV_PAILLIER_BITS_TINY, &key, &err);
    check(status, key, input, &err);
    return 0;
}
