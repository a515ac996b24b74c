/* The zero proof of suite ristretto255: only for zeros, only of that ciphertext, in that place, set
 * and channel, only in one encoding. */
#include "unit/proof/ristretto.h"

enum { WIDTH = 4, ZERO_COLUMN = 1, PROOF_LEN = 64 };

/* Enc(z) of X = 3 < Y = 5, twice: the zero of formula (1) is in column 1. */
typedef struct {
    lv_secret_key *key;
    lv_matrix *z;
    lv_buffer proof;
} fixture;

static lv_matrix *encrypt(const lv_secret_key *key, unsigned value)
{
    uint8_t bits[2 * WIDTH];
    for (unsigned i = 0; i < 2 * WIDTH; i++) {
        bits[i] = (uint8_t)(value >> (WIDTH - 1 - i % WIDTH) & 1);
    }
    lv_bits plain = {.pairs = 2, .width = WIDTH, .bits = bits};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_OK);
    return matrix;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_ristretto_key();
    lv_matrix *x = encrypt(f->key, 3);
    lv_matrix *y = encrypt(f->key, 5);
    lv_matrix *w = encrypt(f->key, 3 ^ 5);
    assert_int_equal(lv_combine(lv_key_public(f->key), x, y, w, LV_RISE, 0, 2, NULL, &f->z, NULL),
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

static lv_status verify_at(const fixture *f, size_t row, unsigned column)
{
    return lv_zero_verify(lv_key_public(f->key), f->z, row, column, &PROOF_CONTEXT,
                          lv_buffer_view(&f->proof), NULL);
}

static void test_an_honest_proof_holds(void **state)
{
    const fixture *f = *state;
    lv_public_key *key = NULL;
    lv_buffer bytes = {0};
    assert_int_equal(f->proof.len, PROOF_LEN);
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_OK);
    /* by whoever has the public key alone */
    assert_int_equal(lv_public_encode(lv_key_public(f->key), &bytes), LV_OK);
    assert_int_equal(
        lv_public_decode(lv_suite_find("ristretto255"), lv_buffer_view(&bytes), &key, NULL), LV_OK);
    assert_int_equal(
        lv_zero_verify(key, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, lv_buffer_view(&f->proof), NULL),
        LV_OK);
    lv_public_free(key);
    lv_buffer_free(&bytes);
}

static void test_keys_need_no_proof(void **state)
{
    const fixture *f = *state;
    lv_buffer proof = {0};
    assert_int_equal(lv_key_prove(f->key, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(proof.len, 0);
    assert_int_equal(
        lv_key_verify(lv_key_public(f->key), &PROOF_CONTEXT, lv_buffer_view(&proof), NULL), LV_OK);
    assert_int_equal(
        lv_key_verify(lv_key_public(f->key), &PROOF_CONTEXT, lv_buffer_view(&f->proof), NULL),
        LV_INVALID);
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

static void test_another_place_is_seen(void **state)
{
    const fixture *f = *state;
    for (unsigned column = 0; column <= WIDTH; column++) {
        assert_int_equal(verify_at(f, 0, column), column == ZERO_COLUMN ? LV_OK : LV_INVALID);
        assert_int_equal(verify_at(f, 1, column), LV_INVALID); /* a zero as well */
    }
    assert_int_equal(verify_at(f, 2, ZERO_COLUMN), LV_INVALID);
}

/* The same ciphertext in another row and column: a proof speaks of its place. */
static void test_a_moved_ciphertext_is_seen(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer bytes = {0};
    lv_buffer all = {0};
    lv_matrix *moved = NULL;
    assert_int_equal(lv_matrix_encode(f->z, &bytes), LV_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            lv_buffer_append(&all, bytes.data + (size_t)ZERO_COLUMN * PROOF_LEN, PROOF_LEN), LV_OK);
    }
    assert_int_equal(lv_matrix_decode(key, 2, 2, lv_buffer_view(&all), &moved, NULL), LV_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(lv_zero_verify(key, moved, i / 2, i % 2, &PROOF_CONTEXT,
                                        lv_buffer_view(&f->proof), NULL),
                         i == ZERO_COLUMN ? LV_OK : LV_INVALID);
    }
    lv_matrix_free(moved);
    lv_buffer_free(&bytes);
    lv_buffer_free(&all);
}

static void test_every_changed_bit_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->proof.len * 8; i++) {
        flip(&f->proof, i / 8, i % 8);
        assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_INVALID);
        flip(&f->proof, i / 8, i % 8);
    }
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_OK);
}

static void test_wrong_lengths_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t len = 0; len < f->proof.len; len++) {
        assert_int_equal(lv_zero_verify(lv_key_public(f->key), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                        (lv_bytes){f->proof.data, len}, NULL),
                         LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&f->proof, "", 1), LV_OK);
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_INVALID);
}

static void test_non_canonical_numbers_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t at = 0; at < PROOF_LEN; at += 32) {
        uint8_t kept[32];
        memcpy(kept, f->proof.data + at, sizeof kept);
        add_order(f->proof.data + at);
        assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_INVALID);
        memset(f->proof.data + at, 0, sizeof kept);
        assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_INVALID);
        memset(f->proof.data + at, 0xff, sizeof kept);
        assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_INVALID);
        memcpy(f->proof.data + at, kept, sizeof kept);
    }
    uint8_t nothing[PROOF_LEN] = {0};
    assert_int_equal(lv_zero_verify(lv_key_public(f->key), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    (lv_bytes){nothing, sizeof nothing}, NULL),
                     LV_INVALID);
    assert_int_equal(verify_at(f, 0, ZERO_COLUMN), LV_OK);
}

static void test_another_context_is_seen(void **state)
{
    const fixture *f = *state;
    lv_proof_context other[6];
    for (int i = 0; i < 6; i++) {
        other[i] = PROOF_CONTEXT;
    }
    other[0].channel = "xor";
    other[1].downstream = PROOF_CONTEXT.upstream;
    other[2].upstream = "FactoryC";
    other[3].series = "moisturf";
    other[4].sequence++;
    other[5].pair++;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(lv_zero_verify(lv_key_public(f->key), f->z, 0, ZERO_COLUMN, &other[i],
                                        lv_buffer_view(&f->proof), NULL),
                         LV_INVALID);
    }
}

static void test_another_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_ristretto_key();
    lv_buffer proof = {0};
    assert_int_equal(lv_zero_verify(lv_key_public(other), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    lv_buffer_view(&f->proof), NULL),
                     LV_INVALID);
    assert_int_equal(lv_zero_prove(other, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_REFUSED);
    lv_secret_key *paillier = make_key(KEY_BITS);
    assert_int_equal(
        lv_zero_prove(paillier, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, NULL, &proof, NULL),
        LV_E_ARGUMENT);
    assert_int_equal(lv_zero_verify(lv_key_public(paillier), f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT,
                                    lv_buffer_view(&f->proof), NULL),
                     LV_INVALID);
    assert_int_equal(proof.len, 0);
    lv_key_free(paillier);
    lv_key_free(other);
}

static void test_no_proof_without_randomness(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = no_fill};
    lv_job job = {.rng = &rng};
    lv_buffer proof = {0};
    lv_error err = {{0}};
    assert_int_equal(
        lv_zero_prove(f->key, f->z, 0, ZERO_COLUMN, &PROOF_CONTEXT, &job, &proof, &err),
        LV_E_RANDOM);
    assert_int_equal(proof.len, 0);
    assert_string_not_equal(err.text, "");
}

/* A generator that repeats itself does not repeat a nonce for another statement, whose two
 * responses would give s away: t - c s = k differs. */
static void test_a_stuck_generator_does_not_repeat_nonces(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = stuck_fill};
    lv_job job = {.rng = &rng};
    lv_proof_context other = PROOF_CONTEXT;
    lv_buffer proof[2] = {{0}};
    lv_buffer secret = {0};
    uint8_t nonce[2][32];
    other.pair++;
    assert_int_equal(lv_key_encode(f->key, &secret), LV_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lv_zero_prove(f->key, f->z, 0, ZERO_COLUMN,
                                       i == 0 ? &PROOF_CONTEXT : &other, &job, &proof[i], NULL),
                         LV_OK);
        crypto_core_ristretto255_scalar_mul(nonce[i], proof[i].data, secret.data);
        crypto_core_ristretto255_scalar_sub(nonce[i], proof[i].data + 32, nonce[i]);
    }
    assert_memory_not_equal(nonce[0], nonce[1], sizeof nonce[0]);
    lv_buffer_wipe(&secret);
    lv_buffer_free(&proof[0]);
    lv_buffer_free(&proof[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_honest_proof_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_need_no_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_zero_is_not_proved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_place_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_moved_ciphertext_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_bit_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_lengths_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_non_canonical_numbers_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_context_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_key_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proof_without_randomness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stuck_generator_does_not_repeat_nonces, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
