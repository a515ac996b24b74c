/* The zero proof: only for zeros, only of that ciphertext, only in one encoding. */
#include "unit/proof/support.h"

enum { WIDTH = 4, ZERO_COLUMN = 1 };

/* Enc(z) of X = 3 < Y = 5: the zero of formula (1) is in column 1. */
typedef struct {
    lv_secret_key *key;
    lv_matrix *z;
    lv_buffer proof;
} fixture;

static lv_matrix *encrypt(const lv_secret_key *key, unsigned value)
{
    uint8_t bits[WIDTH];
    for (unsigned i = 0; i < WIDTH; i++) {
        bits[i] = (uint8_t)(value >> (WIDTH - 1 - i) & 1);
    }
    lv_bits plain = {.pairs = 1, .width = WIDTH, .bits = bits};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_OK);
    return matrix;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_key(KEY_BITS - 2);
    lv_matrix *x = encrypt(f->key, 3);
    lv_matrix *y = encrypt(f->key, 5);
    lv_matrix *w = encrypt(f->key, 3 ^ 5);
    assert_int_equal(lv_combine(lv_key_public(f->key), x, y, w, LV_RISE, 0, 1, NULL, &f->z, NULL),
                     LV_OK);
    lv_matrix_free(x);
    lv_matrix_free(y);
    lv_matrix_free(w);
    assert_int_equal(
        lv_zero_prove(f->key, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, NULL, &f->proof, NULL), LV_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_key_free(f->key);
    lv_matrix_free(f->z);
    lv_buffer_free(&f->proof);
    free(f);
    return 0;
}

static lv_status verify_at(const fixture *f, size_t row, unsigned column, lv_error *err)
{
    return lv_zero_verify(lv_key_public(f->key), f->z, row, column, &PROOF_CONTEXT,
                          lv_buffer_view(&f->proof), err);
}

static void test_an_honest_proof_holds(void **state)
{
    const fixture *f = *state;
    assert_int_equal(f->proof.len, KEY_BYTES);
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN, NULL), LV_OK);
}

static void test_what_is_no_zero_is_not_proved(void **state)
{
    const fixture *f = *state;
    for (unsigned column = 0; column < WIDTH; column++) {
        if (column == ZERO_COLUMN) {
            continue;
        }
        lv_buffer proof = {0};
        lv_error err = {{0}};
        assert_int_equal(lv_zero_prove(f->key, f->z, 0, column, &PROOF_CONTEXT, NULL, &proof, &err),
                         LV_REFUSED);
        assert_int_equal(proof.len, 0);
        assert_non_null(strstr(err.text, "does not decrypt to zero"));
    }
}

static void test_another_column_is_seen(void **state)
{
    const fixture *f = *state;
    for (unsigned column = 0; column < WIDTH; column++) {
        assert_int_equal(verify_at(f, 0, column, NULL), column == ZERO_COLUMN ? LV_OK : LV_INVALID);
    }
    assert_int_equal(verify_at(f, 0, WIDTH, NULL), LV_INVALID);
    assert_int_equal(verify_at(f, 1, ZERO_COLUMN, NULL), LV_INVALID);
    lv_buffer proof = {0};
    assert_int_equal(lv_zero_prove(f->key, f->z, 0, WIDTH, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_zero_prove(f->key, f->z, 1, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(proof.len, 0);
}

static void test_every_changed_byte_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->proof.len; i++) {
        flip(&f->proof, i, i % 8);
        assert_int_equal(verify_at(f, 0, ZERO_COLUMN, NULL), LV_INVALID);
        flip(&f->proof, i, i % 8);
    }
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN, NULL), LV_OK);
}

static void test_wrong_lengths_are_seen(void **state)
{
    fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    for (size_t len = 0; len < f->proof.len; len++) {
        lv_bytes cut = {.data = f->proof.data, .len = len};
        assert_int_equal(lv_zero_verify(key, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, cut, NULL),
                         LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&f->proof, "", 1), LV_OK);
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN, NULL), LV_INVALID);
}

static void expect_invalid(const fixture *f, const mpz_t rho)
{
    lv_buffer bytes = {0};
    assert_int_equal(lv_paillier_write(&bytes, rho, KEY_BYTES), LV_OK);
    assert_int_equal(lv_zero_verify(lv_key_public(f->key), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    lv_buffer_view(&bytes), NULL),
                     LV_INVALID);
    lv_buffer_free(&bytes);
}

/* rho + n has the same n-th power modulo n^2. */
static void test_non_canonical_roots_are_seen(void **state)
{
    const fixture *f = *state;
    mpz_srcptr n = lv_paillier_n(lv_key_public(f->key));
    mpz_t rho;
    mpz_init(rho);
    expect_invalid(f, rho); /* 0 */
    mpz_set(rho, n);
    expect_invalid(f, rho);
    lv_paillier_read(rho, lv_buffer_view(&f->proof));
    mpz_add(rho, rho, n);
    expect_invalid(f, rho);
    mpz_sub(rho, rho, n);
    mpz_sub(rho, n, rho); /* -rho: an odd power keeps the sign */
    expect_invalid(f, rho);
    mpz_clear(rho);
}

static void test_another_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_key(KEY_BITS - 2);
    lv_secret_key *smaller = make_key(KEY_BITS / 2);
    assert_int_equal(lv_zero_verify(lv_key_public(other), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    lv_buffer_view(&f->proof), NULL),
                     LV_INVALID);
    assert_int_equal(lv_zero_verify(lv_key_public(smaller), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    lv_buffer_view(&f->proof), NULL),
                     LV_INVALID);
    lv_buffer proof = {0};
    assert_int_equal(lv_zero_prove(other, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_REFUSED);
    assert_int_equal(
        lv_zero_prove(smaller, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, NULL, &proof, NULL),
        LV_E_ARGUMENT);
    assert_int_equal(proof.len, 0);
    lv_key_free(other);
    lv_key_free(smaller);
}

/* A ciphertext that is zero modulo p but not modulo q (only the key's owner can make one) passes
 * the zero test, which looks at p, but is not proved. */
static void test_half_a_zero_is_not_proved(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer secret = {0};
    mpz_t p;
    mpz_t c;
    mpz_init(p);
    mpz_init(c);
    assert_int_equal(lv_key_encode(f->key, &secret), LV_OK);
    lv_paillier_read(p, (lv_bytes){.data = secret.data + 4, .len = KEY_BYTES / 2});
    assert_true(mpz_divisible_p(lv_paillier_n(key), p) != 0);
    mpz_mul(c, p, lv_paillier_n(key));
    mpz_add_ui(c, c, 1); /* (1 + n)^p */
    lv_buffer bytes = {0};
    lv_buffer proof = {0};
    lv_matrix *matrix = NULL;
    bool is_zero = false;
    assert_int_equal(lv_paillier_write(&bytes, c, 2 * lv_paillier_bytes(key)), LV_OK);
    assert_int_equal(lv_matrix_decode(key, 1, 1, lv_buffer_view(&bytes), &matrix, NULL), LV_OK);
    assert_int_equal(lv_zero_test(f->key, matrix, 0, 0, &is_zero), LV_OK);
    assert_true(is_zero);
    assert_int_equal(lv_zero_prove(f->key, matrix, 0, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_REFUSED);
    assert_int_equal(proof.len, 0);
    lv_matrix_free(matrix);
    lv_buffer_free(&bytes);
    lv_buffer_wipe(&secret);
    mpz_clear(c);
    lv_mpz_wipe(p);
}

/* An index that is hidden, and "different", are only signed. */
static void test_other_answers_have_no_proof(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer proof = {0};
    lv_matrix *ones = encrypt(f->key, (1U << WIDTH) - 1);
    assert_int_equal(lv_one_of_prove(f->key, f->z, 0, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(lv_one_of_prove(f->key, ones, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_REFUSED);
    assert_int_equal(
        lv_range_prove(f->key, f->z, 0, ZERO_COLUMN, WIDTH, &PROOF_CONTEXT, NULL, &proof, NULL),
        LV_REFUSED);
    assert_int_equal(lv_range_prove(f->key, ones, 0, 0, WIDTH, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_OK);
    assert_int_equal(proof.len, 0);
    assert_int_equal(lv_one_of_verify(key, f->z, 0, &PROOF_CONTEXT, (lv_bytes){0}, NULL), LV_OK);
    assert_int_equal(
        lv_one_of_verify(key, f->z, 0, &PROOF_CONTEXT, lv_buffer_view(&f->proof), NULL),
        LV_INVALID);
    assert_int_equal(lv_range_verify(key, ones, 0, 0, WIDTH, &PROOF_CONTEXT, (lv_bytes){0}, NULL),
                     LV_OK);
    assert_int_equal(
        lv_range_verify(key, ones, 0, 0, WIDTH, &PROOF_CONTEXT, lv_buffer_view(&f->proof), NULL),
        LV_INVALID);
    lv_matrix_free(ones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_honest_proof_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_zero_is_not_proved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_column_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_lengths_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_non_canonical_roots_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_key_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_a_zero_is_not_proved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_answers_have_no_proof, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
