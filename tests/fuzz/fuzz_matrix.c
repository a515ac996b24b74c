/* Ciphertexts: u8 suite, u8 pairs, u8 width, then the encoding, which is also tried cut or filled
 * up with its own first bytes to the length it should have. */
#include "fuzz.h"
#include "suite/paillier/paillier.h"
#include <string.h>

/* Exactly: 0 < c < n^2 and no factor shared with n. */
static bool paillier_is_good(const lv_public_key *key, lv_bytes encoding)
{
    size_t size = 2 * lv_paillier_bytes(key);
    bool good = true;
    mpz_t c;
    mpz_t gcd;
    mpz_init(c);
    mpz_init(gcd);
    for (size_t at = 0; at < encoding.len && good; at += size) {
        lv_paillier_read(c, (lv_bytes){.data = encoding.data + at, .len = size});
        mpz_gcd(gcd, c, lv_paillier_n(key));
        good = mpz_sgn(c) > 0 && mpz_cmp(c, lv_paillier_n2(key)) < 0 && mpz_cmp_ui(gcd, 1) == 0;
    }
    mpz_clear(c);
    mpz_clear(gcd);
    return good;
}

/* Any well-formed ciphertexts combine, and can be asked whether they are zero. */
static void check_use(const lv_secret_key *key, const lv_matrix *matrix)
{
    const lv_public_key *public_key = lv_key_public(key);
    lv_error err = {0};
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        lv_matrix *z = NULL;
        bool zero = false;
        FUZZ_CHECK(lv_combine(public_key, matrix, matrix, matrix, (lv_formula)formula, 0,
                              lv_matrix_pairs(matrix), NULL, &z, &err) == LV_OK);
        FUZZ_CHECK(lv_matrix_width(z) == (formula == LV_EQUAL ? 1 : lv_matrix_width(matrix)));
        FUZZ_CHECK(lv_zero_test(key, z, 0, lv_matrix_width(z) - 1, &zero) == LV_OK);
        lv_matrix_free(z);
    }
}

static void check_decode(const lv_secret_key *key, size_t pairs, unsigned width, lv_bytes encoding)
{
    const lv_public_key *public_key = lv_key_public(key);
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    lv_buffer again = {0};
    lv_status status = lv_matrix_decode(public_key, pairs, width, encoding, &matrix, &err);
    if (strcmp(lv_suite_name(lv_public_suite(public_key)), "paillier") == 0) {
        FUZZ_CHECK((status == LV_OK) == paillier_is_good(public_key, encoding));
    }
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_INVALID && matrix == NULL && err.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(lv_matrix_pairs(matrix) == pairs && lv_matrix_width(matrix) == width);
    FUZZ_CHECK(lv_matrix_encode(matrix, &again) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), encoding));
    check_use(key, matrix);
    lv_buffer_free(&again);
    lv_matrix_free(matrix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes input = {.data = data, .len = size};
    size_t suites = 0;
    while (lv_suite_at(suites) != NULL) {
        suites++;
    }
    FUZZ_CHECK(suites > 0);
    const lv_secret_key *key = fuzz_key(fuzz_take(&input) % suites);
    size_t pairs = 1 + fuzz_take(&input) % 3U;
    unsigned width = 1 + fuzz_take(&input) % 6U;
    size_t len = lv_matrix_encoded_len(lv_key_public(key), pairs, width);
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    lv_buffer whole = {0};
    if (input.len != len) {
        FUZZ_CHECK(lv_matrix_decode(lv_key_public(key), pairs, width, input, &matrix, &err) ==
                   LV_E_SYNTAX);
        FUZZ_CHECK(matrix == NULL);
    }
    while (input.len > 0 && whole.len < len) {
        size_t more = len - whole.len < input.len ? len - whole.len : input.len;
        FUZZ_CHECK(lv_buffer_append(&whole, input.data, more) == LV_OK);
    }
    if (whole.len == len) {
        check_decode(key, pairs, width, lv_buffer_view(&whole));
    }
    lv_buffer_free(&whole);
    return 0;
}
