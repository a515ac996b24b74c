/* Keys that were shortened: masks by exponents of 512 bits, of which every bit is drawn. */
#include "suite/paillier/internal.h"
#include "unit/suite/support.h"

enum { BITS = 1280, WIDTH = 3, EXPONENT_BYTES = LV_SHORT_EXPONENT_BITS / 8 };

static lv_secret_key *short_key(unsigned bits)
{
    lv_secret_key *key = small_key(bits);
    assert_false(lv_key_is_short(key));
    assert_int_equal(lv_key_shorten(key, NULL), LV_OK);
    assert_true(lv_key_is_short(key));
    return key;
}

static lv_secret_key *stored(const lv_secret_key *key, unsigned bits)
{
    lv_buffer secret = {0};
    lv_secret_key *read = NULL;
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), bits, &read, NULL),
                     LV_OK);
    lv_buffer_wipe(&secret);
    return read;
}

static void expect_bits_of(const lv_secret_key *key, const lv_matrix *matrix, uint64_t value)
{
    for (unsigned i = 0; i < WIDTH; i++) {
        int bit = -1;
        bool is_zero = false;
        assert_int_equal(lv_paillier_decrypt_small_vartime(key, matrix, 0, i, &bit), LV_OK);
        assert_int_equal(bit, value >> (WIDTH - 1 - i) & 1);
        assert_int_equal(lv_zero_test(key, matrix, 0, i, &is_zero), LV_OK);
        assert_int_equal(is_zero, bit == 0);
    }
}

static void test_bits_come_back(void **state)
{
    static const unsigned sizes[] = {128, 1024, 1026, BITS}; /* at 1024 a prime has 512 bits */
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        lv_secret_key *key = short_key(sizes[i]);
        const uint64_t value = 5;
        lv_matrix *matrix = encrypt_values(key, &value, 1, WIDTH);
        expect_bits_of(key, matrix, value);
        lv_matrix_free(matrix);
        lv_key_free(key);
    }
}

/* ---- the exponents ---- */

/* Gives the same bytes for each of its `calls`, and counts them. */
typedef struct {
    uint8_t bytes[2][EXPONENT_BYTES];
    size_t calls;
    size_t bytes_drawn;
} given;

static lv_status fill_given(void *context, uint8_t *out, size_t len)
{
    given *rng = context;
    assert_true(rng->calls < 2);
    assert_int_equal(len, EXPONENT_BYTES);
    memcpy(out, rng->bytes[rng->calls], len);
    rng->calls++;
    rng->bytes_drawn += len;
    return LV_OK;
}

/* Encrypts one 0, so that the ciphertext is the mask. */
static void encrypt_zero(const lv_secret_key *key, given *rng, mpz_t mask)
{
    lv_rng source = {.fill = fill_given, .context = rng};
    lv_job job = {.rng = &source};
    uint8_t bit = 0;
    const lv_bits plain = {.pairs = 1, .width = 1, .bits = &bit};
    lv_matrix *matrix = NULL;
    mpz_t view;
    rng->calls = 0;
    rng->bytes_drawn = 0;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    mpz_set(mask, lv_paillier_ciphertext(matrix, 0, 0, view));
    lv_matrix_free(matrix);
}

/* Is the mask h^e modulo p^2, h = g^p, e being the bytes that were given, all of them? */
static void expect_power(const lv_secret_key *key, const given *rng, const mpz_t mask)
{
    mpz_t p;
    mpz_t square;
    mpz_t e;
    mpz_t power;
    mpz_t rest;
    mpz_inits(square, e, power, rest, NULL);
    for (int i = 0; i < 2; i++) {
        const lv_side *side = &lv_paillier_secret_of(key)->side[i];
        mpz_roinit_n(p, side->mont.p, side->mont.n);
        mpz_mul(square, p, p);
        mpz_import(e, EXPONENT_BYTES, -1, 1, 0, 0, rng->bytes[i]);
        mpz_set_ui(power, side->generator);
        mpz_powm(power, power, p, square);
        mpz_powm(power, power, e, square);
        mpz_fdiv_r(rest, mask, square);
        assert_int_equal(mpz_cmp(power, rest), 0);
    }
    mpz_clears(square, e, power, rest, NULL);
}

static void test_every_bit_of_an_exponent_is_drawn(void **state)
{
    (void)state;
    lv_secret_key *key = short_key(BITS);
    given rng = {0};
    mpz_t mask;
    mpz_init(mask);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lv_rng_fill(NULL, rng.bytes[0], sizeof rng.bytes), LV_OK);
        if (i >= 2) { /* the least and the greatest */
            memset(rng.bytes, i == 2 ? 0 : 0xff, sizeof rng.bytes);
        }
        encrypt_zero(key, &rng, mask);
        assert_int_equal(rng.calls, 2);
        assert_int_equal(rng.bytes_drawn, sizeof rng.bytes);
        expect_power(key, &rng, mask);
    }
    mpz_clear(mask);
    lv_key_free(key);
}

/* ---- what a key is, it stays ---- */

static void test_a_stored_key_stays_as_it_was(void **state)
{
    (void)state;
    lv_secret_key *full = small_key(BITS);
    lv_secret_key *full_read = stored(full, BITS);
    assert_false(lv_key_is_short(full_read));
    lv_secret_key *key = short_key(BITS);
    lv_secret_key *read = stored(key, BITS);
    assert_true(lv_key_is_short(read));
    given rng = {{{1, 2, 3}, {4, 5, 6}}, 0, 0};
    mpz_t mask;
    mpz_init(mask);
    encrypt_zero(read, &rng, mask);
    expect_power(read, &rng, mask);
    mpz_clear(mask);
    lv_key_free(full);
    lv_key_free(full_read);
    lv_key_free(key);
    lv_key_free(read);
}

static void test_the_public_part_does_not_change(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    lv_buffer before = {0};
    lv_buffer after = {0};
    assert_int_equal(lv_public_encode(lv_key_public(key), &before), LV_OK);
    assert_int_equal(lv_key_shorten(key, NULL), LV_OK);
    assert_int_equal(lv_public_encode(lv_key_public(key), &after), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&before), lv_buffer_view(&after)));
    lv_buffer_free(&before);
    lv_buffer_free(&after);
    lv_key_free(key);
}

/* Only the mark itself may follow the numbers of a key. */
static void test_other_marks_are_refused(void **state)
{
    (void)state;
    static const uint8_t marks[][6] = {
        {0, 0, 0, 0}, {0, 0, 0, 1, 2}, {0, 0, 0, 2, 0, 1}, {0, 0, 0, 2, 1, 1}, {0, 0, 0, 1}};
    static const size_t lens[] = {4, 5, 6, 6, 4};
    lv_secret_key *key = small_key(BITS);
    lv_buffer secret = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    size_t len = secret.len;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        lv_secret_key *read = key;
        secret.len = len;
        assert_int_equal(lv_buffer_append(&secret, marks[i], lens[i]), LV_OK);
        assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), BITS, &read, NULL),
                         LV_E_SYNTAX);
        assert_null(read);
    }
    lv_buffer_wipe(&secret);
    lv_key_free(key);
}

static void test_a_key_that_encrypted_is_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    const uint64_t value = 1;
    lv_matrix_free(encrypt_values(key, &value, 1, WIDTH));
    assert_int_equal(lv_key_shorten(key, NULL), LV_E_ARGUMENT);
    assert_false(lv_key_is_short(key));
    lv_key_free(key);
}

static void test_every_suite_shortens_or_says_that_it_does_not(void **state)
{
    const lv_suite *suite = NULL;
    (void)state;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        lv_secret_key *key = NULL;
        lv_error err = {{0}};
        unsigned bits = lv_suite_default_key_bits(suite);
        bool smaller = lv_suite_check_key_bits(suite, LV_PAILLIER_BITS_MIN, NULL) == LV_OK;
        assert_int_equal(
            lv_key_generate(suite, smaller ? LV_PAILLIER_BITS_MIN : bits, NULL, &key, NULL), LV_OK);
        assert_false(lv_key_is_short(key));
        bool shortens = lv_suite_shortens(suite);
        assert_int_equal(lv_key_shorten(key, &err), shortens ? LV_OK : LV_E_ARGUMENT);
        assert_int_equal(lv_key_is_short(key), shortens);
        assert_int_equal(strstr(err.text, lv_suite_name(suite)) != NULL, !shortens);
        lv_key_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_come_back),
        cmocka_unit_test(test_every_bit_of_an_exponent_is_drawn),
        cmocka_unit_test(test_a_stored_key_stays_as_it_was),
        cmocka_unit_test(test_the_public_part_does_not_change),
        cmocka_unit_test(test_other_marks_are_refused),
        cmocka_unit_test(test_a_key_that_encrypted_is_refused),
        cmocka_unit_test(test_every_suite_shortens_or_says_that_it_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
