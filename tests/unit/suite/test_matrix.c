/* Matrices from outside: what is refused, and the published numbers. */
#include "unit/suite/support.h"

static void test_encoding_round_trip(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(258);
    const lv_public_key *public_key = lv_key_public(key);
    const uint64_t values[] = {5, 2};
    lv_matrix *matrix = encrypt_values(key, values, 2, 3);
    lv_buffer bytes = {0};
    lv_buffer again = {0};
    lv_matrix *read = NULL;
    assert_int_equal(lv_matrix_encode(matrix, &bytes), LV_OK);
    assert_int_equal(bytes.len, 6U * 2 * 33);
    assert_int_equal(lv_matrix_decode(public_key, 2, 3, lv_buffer_view(&bytes), &read, NULL),
                     LV_OK);
    assert_int_equal(lv_matrix_pairs(read), 2);
    assert_int_equal(lv_matrix_width(read), 3);
    assert_int_equal(lv_matrix_encode(read, &again), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again)));
    lv_matrix_free(read);

    const lv_bytes all = lv_buffer_view(&bytes);
    const struct {
        size_t pairs;
        unsigned width;
        size_t len;
    } bad[] = {{2, 3, all.len - 1}, {2, 3, 0}, {3, 3, all.len},  {2, 2, all.len},
               {0, 3, 0},           {2, 0, 0}, {1, 63, all.len}, {4097, 1, all.len}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        read = matrix;
        assert_int_equal(lv_matrix_decode(public_key, bad[i].pairs, bad[i].width,
                                          (lv_bytes){all.data, bad[i].len}, &read, NULL),
                         LV_E_SYNTAX);
        assert_null(read);
    }
    lv_matrix_free(matrix);
    lv_buffer_free(&bytes);
    lv_buffer_free(&again);
    lv_key_free(key);
}

/* Puts `value` in place of the ciphertext in row 1, column 2 and expects the refusal to say so. */
static void expect_bad(const lv_secret_key *key, lv_bytes good, const mpz_t value)
{
    const lv_public_key *public_key = lv_key_public(key);
    size_t size = 2 * lv_paillier_bytes(public_key);
    lv_buffer bytes = {0};
    lv_buffer cell = {0};
    lv_error err = {{0}};
    lv_matrix *read = NULL;
    assert_int_equal(lv_buffer_append(&bytes, good.data, good.len), LV_OK);
    assert_int_equal(lv_paillier_write(&cell, value, size), LV_OK);
    memcpy(bytes.data + 5 * size, cell.data, size);
    assert_int_equal(lv_matrix_decode(public_key, 2, 3, lv_buffer_view(&bytes), &read, &err),
                     LV_INVALID);
    assert_null(read);
    assert_non_null(strstr(err.text, "row 1, column 2"));
    lv_buffer_free(&bytes);
    lv_buffer_free(&cell);
}

static void test_bad_ciphertexts_are_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(254); /* room above n^2 in the encoding */
    const lv_public_key *public_key = lv_key_public(key);
    mpz_srcptr n = lv_paillier_n(public_key);
    mpz_srcptr n2 = lv_paillier_n2(public_key);
    const uint64_t values[] = {5, 2};
    lv_matrix *matrix = encrypt_values(key, values, 2, 3);
    lv_buffer good = {0};
    lv_buffer secret = {0};
    assert_int_equal(lv_matrix_encode(matrix, &good), LV_OK);
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);

    mpz_t value;
    mpz_init_set_ui(value, 0);
    expect_bad(key, lv_buffer_view(&good), value);
    mpz_set(value, n);
    expect_bad(key, lv_buffer_view(&good), value);
    mpz_mul_ui(value, n, 7);
    expect_bad(key, lv_buffer_view(&good), value);
    mpz_set(value, n2);
    expect_bad(key, lv_buffer_view(&good), value);
    mpz_add_ui(value, n2, 1);
    expect_bad(key, lv_buffer_view(&good), value);
    mpz_ui_pow_ui(value, 2, 16 * lv_paillier_bytes(public_key));
    mpz_sub_ui(value, value, 1);
    expect_bad(key, lv_buffer_view(&good), value);
    for (size_t at = 4, i = 0; i < 2; i++, at += 16 + 4) { /* p, then q */
        lv_paillier_read(value, (lv_bytes){secret.data + at, 16});
        assert_true(mpz_divisible_p(n, value) != 0);
        expect_bad(key, lv_buffer_view(&good), value);
        mpz_mul_ui(value, value, 12345);
        expect_bad(key, lv_buffer_view(&good), value);
    }

    /* the largest legal one is legal */
    lv_matrix *one = NULL;
    mpz_sub_ui(value, n2, 1);
    assert_int_equal(one_ciphertext(public_key, value, &one, NULL), LV_OK);
    lv_matrix_free(one);
    mpz_clear(value);
    lv_matrix_free(matrix);
    lv_buffer_free(&good);
    lv_buffer_wipe(&secret);
    lv_key_free(key);
}

/* ---- Appendix A: n = 2830121771 = 47917 * 59063 ---- */

static lv_secret_key *published_key(void)
{
    static const uint8_t p[] = {0xbb, 0x2d};
    static const uint8_t q[] = {0xe6, 0xb7};
    lv_secret_key *key = NULL;
    assert_int_equal(lv_paillier_key_from_primes((lv_bytes){p, 2}, (lv_bytes){q, 2}, &key, NULL),
                     LV_OK);
    assert_int_equal(mpz_cmp_ui(lv_paillier_n(lv_key_public(key)), 2830121771UL), 0);
    return key;
}

static int published_bit(const lv_secret_key *key, const char *decimal)
{
    mpz_t c;
    lv_matrix *matrix = NULL;
    int value = 0;
    mpz_init_set_str(c, decimal, 10);
    assert_int_equal(one_ciphertext(lv_key_public(key), c, &matrix, NULL), LV_OK);
    lv_status status = lv_paillier_decrypt_small_vartime(key, matrix, 0, 0, &value);
    lv_matrix_free(matrix);
    mpz_clear(c);
    return status == LV_OK ? value : -1000;
}

/* The four least significant bits of X = 11, Y = 10 and X xor Y = 1 as printed. */
static void test_published_ciphertexts(void **state)
{
    (void)state;
    lv_secret_key *key = published_key();
    const char *x[] = {"4980725921889483287", "6153175584547932505", "5152481051748019804",
                       "5813075183914971851"};
    const char *y[] = {"2447649126763497706", "5735021179952371458", "2086631069180094640",
                       "5721113090521884487"};
    const char *w[] = {"583480160070342483", "607114339157570618", "5461098146576138368",
                       "1676259776696891574"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(published_bit(key, x[i]), 11 >> i & 1);
        assert_int_equal(published_bit(key, y[i]), 10 >> i & 1);
        assert_int_equal(published_bit(key, w[i]), 1 >> i & 1);
    }
    /* one digit off is no bit at all */
    assert_int_equal(published_bit(key, "4980725921889483286"), -1000);
    lv_key_free(key);
}

static void test_the_published_key_encrypts_and_compares(void **state)
{
    (void)state;
    lv_secret_key *key = published_key();
    const uint64_t x = 11;
    const uint64_t y = 10;
    const uint64_t w = 1;
    lv_matrix *m[3] = {encrypt_values(key, &x, 1, 32), encrypt_values(key, &y, 1, 32),
                       encrypt_values(key, &w, 1, 32)};
    lv_matrix *z = NULL;
    unsigned column = 0;
    assert_int_equal(
        lv_combine(lv_key_public(key), m[0], m[1], m[2], LV_FALL, 0, 1, NULL, &z, NULL), LV_OK);
    assert_int_equal(lv_zero_scan(key, z, 0, &column), LV_OK);
    assert_int_equal(column, 31);
    lv_matrix_free(z);
    assert_int_equal(
        lv_combine(lv_key_public(key), m[0], m[1], m[2], LV_RISE, 0, 1, NULL, &z, NULL), LV_OK);
    assert_int_equal(lv_zero_scan(key, z, 0, &column), LV_NOT_FOUND);
    lv_matrix_free(z);
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(m[i]);
    }
    lv_key_free(key);
}

static void test_plaintexts_out_of_range_are_told_apart(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(256);
    const lv_public_key *public_key = lv_key_public(key);
    const long plain[] = {0, 1, -1, 255, -255, 256, -256, 100000};
    mpz_t c;
    mpz_init(c);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        lv_matrix *matrix = NULL;
        int value = 7;
        mpz_mul_si(c, lv_paillier_n(public_key), plain[i]);
        mpz_add_ui(c, c, 1);
        mpz_mod(c, c, lv_paillier_n2(public_key)); /* (1 + n)^m */
        assert_int_equal(one_ciphertext(public_key, c, &matrix, NULL), LV_OK);
        bool small = labs(plain[i]) <= LV_PAILLIER_SMALL_MAX;
        assert_int_equal(lv_paillier_decrypt_small_vartime(key, matrix, 0, 0, &value),
                         small ? LV_OK : LV_NOT_FOUND);
        assert_int_equal(value, small ? plain[i] : 0);
        lv_matrix_free(matrix);
    }
    mpz_clear(c);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoding_round_trip),
        cmocka_unit_test(test_bad_ciphertexts_are_refused),
        cmocka_unit_test(test_published_ciphertexts),
        cmocka_unit_test(test_the_published_key_encrypts_and_compares),
        cmocka_unit_test(test_plaintexts_out_of_range_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
