/* The key proof: what it accepts, and that every change of it, its context or its key fails. */
#include "unit/proof/support.h"

typedef struct {
    lv_secret_key *key;
    lv_buffer proof;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_key(KEY_BITS);
    lv_job job = {.threads = 2};
    assert_int_equal(lv_key_prove(f->key, &PROOF_CONTEXT, &job, &f->proof, NULL), LV_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_key_free(f->key);
    lv_buffer_free(&f->proof);
    free(f);
    return 0;
}

static lv_status verify(const fixture *f, lv_error *err)
{
    return lv_key_verify(lv_key_public(f->key), &PROOF_CONTEXT, lv_buffer_view(&f->proof), err);
}

static void test_an_honest_proof_holds(void **state)
{
    const fixture *f = *state;
    assert_int_equal(f->proof.len, 8 * KEY_BYTES);
    assert_int_equal(verify(f, NULL), LV_OK);

    /* it is deterministic, and appended */
    lv_buffer again = {0};
    assert_int_equal(lv_buffer_append(&again, "head", 4), LV_OK);
    assert_int_equal(lv_key_prove(f->key, &PROOF_CONTEXT, NULL, &again, NULL), LV_OK);
    assert_int_equal(again.len, 4 + f->proof.len);
    assert_memory_equal(again.data + 4, f->proof.data, f->proof.len);
    lv_buffer_free(&again);
}

static void test_every_changed_byte_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->proof.len; i += 3) {
        lv_error err = {{0}};
        flip(&f->proof, i, i % 8);
        assert_int_equal(verify(f, &err), LV_INVALID);
        assert_non_null(strstr(err.text, "key proof"));
        flip(&f->proof, i, i % 8);
    }
    assert_int_equal(verify(f, NULL), LV_OK);
}

static void test_wrong_lengths_are_seen(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer longer = {0};
    assert_int_equal(lv_buffer_append(&longer, f->proof.data, f->proof.len), LV_OK);
    assert_int_equal(lv_buffer_append(&longer, "", 1), LV_OK);
    assert_int_equal(lv_key_verify(key, &PROOF_CONTEXT, lv_buffer_view(&longer), NULL), LV_INVALID);
    const size_t lengths[] = {0, 1, KEY_BYTES, f->proof.len - KEY_BYTES, f->proof.len - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        lv_bytes cut = {.data = f->proof.data, .len = lengths[i]};
        assert_int_equal(lv_key_verify(key, &PROOF_CONTEXT, cut, NULL), LV_INVALID);
    }
    lv_buffer_free(&longer);
}

static void test_roots_in_another_order_are_seen(void **state)
{
    fixture *f = *state;
    uint8_t kept[KEY_BYTES];
    memcpy(kept, f->proof.data, KEY_BYTES);
    memcpy(f->proof.data, f->proof.data + KEY_BYTES, KEY_BYTES);
    memcpy(f->proof.data + KEY_BYTES, kept, KEY_BYTES);
    assert_int_equal(verify(f, NULL), LV_INVALID);
}

/* sigma + n has the right power, but is not the one encoding of the root. */
static void test_non_canonical_roots_are_seen(void **state)
{
    (void)state;
    /* one bit short of whole bytes: sigma + n always fits */
    fixture f = {.key = make_key(KEY_BITS - 2)};
    const lv_public_key *key = lv_key_public(f.key);
    mpz_t sigma;
    mpz_init(sigma);
    assert_int_equal(lv_key_prove(f.key, &PROOF_CONTEXT, NULL, &f.proof, NULL), LV_OK);
    for (size_t i = 0; i < 8; i++) {
        uint8_t *root = f.proof.data + i * KEY_BYTES;
        lv_buffer bytes = {0};
        uint8_t kept[KEY_BYTES];
        memcpy(kept, root, KEY_BYTES);
        lv_paillier_read(sigma, (lv_bytes){.data = root, .len = KEY_BYTES});
        mpz_add(sigma, sigma, lv_paillier_n(key));
        assert_int_equal(lv_paillier_write(&bytes, sigma, KEY_BYTES), LV_OK);
        memcpy(root, bytes.data, KEY_BYTES);
        assert_int_equal(verify(&f, NULL), LV_INVALID);
        memset(root, 0, KEY_BYTES);
        assert_int_equal(verify(&f, NULL), LV_INVALID);
        memcpy(root, kept, KEY_BYTES);
        lv_buffer_free(&bytes);
    }
    assert_int_equal(verify(&f, NULL), LV_OK);
    mpz_clear(sigma);
    lv_buffer_free(&f.proof);
    lv_key_free(f.key);
}

static void test_other_contexts_are_seen(void **state)
{
    const fixture *f = *state;
    lv_proof_context others[7];
    for (size_t i = 0; i < 7; i++) {
        others[i] = PROOF_CONTEXT;
    }
    others[0].channel = "xor";
    others[1].downstream = "FactoryC";
    others[2].upstream = "MakerA";
    others[3].series = "density";
    others[4].sequence = 8;
    others[5].pair = 1;
    /* the same letters, divided otherwise */
    others[6].downstream = "FactoryBm";
    others[6].series = "oisture";
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(
            lv_key_verify(lv_key_public(f->key), &others[i], lv_buffer_view(&f->proof), NULL),
            LV_INVALID);
    }
}

static void test_another_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_key(KEY_BITS);
    assert_int_equal(
        lv_key_verify(lv_key_public(other), &PROOF_CONTEXT, lv_buffer_view(&f->proof), NULL),
        LV_INVALID);
    lv_key_free(other);
}

/* ---- bad moduli ---- */

static lv_public_key *public_of(const mpz_t n)
{
    lv_buffer bytes = {0};
    lv_public_key *key = NULL;
    uint32_t bits = (uint32_t)mpz_sizeinbase(n, 2);
    const uint8_t head[4] = {0, 0, (uint8_t)(bits >> 8), (uint8_t)bits};
    assert_int_equal(lv_buffer_append(&bytes, head, sizeof head), LV_OK);
    assert_int_equal(lv_paillier_write(&bytes, n, (bits + 7) / 8), LV_OK);
    assert_int_equal(lv_paillier_public_decode_sized(lv_buffer_view(&bytes), 16, &key, NULL),
                     LV_OK);
    lv_buffer_free(&bytes);
    return key;
}

/* No proof holds for a modulus with a factor below 2^16, whatever it consists of. */
static void test_small_factors_are_seen(void **state)
{
    (void)state;
    const unsigned factors[] = {3, 251, 65521};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        mpz_t n;
        lv_error err = {{0}};
        mpz_init(n);
        mpz_ui_pow_ui(n, 2, 500);
        mpz_nextprime(n, n);
        mpz_mul_ui(n, n, factors[i]);
        lv_public_key *key = public_of(n);
        lv_buffer proof = {0};
        uint8_t *place = NULL;
        assert_int_equal(lv_buffer_extend(&proof, 8 * lv_paillier_bytes(key), &place), LV_OK);
        assert_int_equal(lv_key_verify(key, &PROOF_CONTEXT, lv_buffer_view(&proof), &err),
                         LV_INVALID);
        assert_non_null(strstr(err.text, "2^16"));
        lv_buffer_free(&proof);
        lv_public_free(key);
        mpz_clear(n);
    }
}

/* n = p q with p dividing q - 1: n-th powers modulo q are not one to one, and no secret key can be
 * made of it. */
static void test_p_dividing_q_minus_one_is_seen(void **state)
{
    (void)state;
    mpz_t p;
    mpz_t q;
    mpz_t n;
    mpz_inits(p, q, n, NULL);
    mpz_ui_pow_ui(p, 2, 120);
    mpz_nextprime(p, p);
    unsigned k = 2;
    do {
        mpz_mul_ui(q, p, k);
        mpz_add_ui(q, q, 1);
        k += 2;
    } while (mpz_probab_prime_p(q, 30) == 0);
    mpz_mul(n, p, q);

    lv_buffer bytes[2] = {{0}, {0}};
    lv_secret_key *key = NULL;
    assert_int_equal(lv_paillier_write(&bytes[0], p, 32), LV_OK);
    assert_int_equal(lv_paillier_write(&bytes[1], q, 32), LV_OK);
    assert_int_equal(lv_paillier_key_from_primes(lv_buffer_view(&bytes[0]),
                                                 lv_buffer_view(&bytes[1]), &key, NULL),
                     LV_INVALID);
    assert_null(key);

    /* As a public key it looks like any other: only the proof tells. Of random challenges one in p
     * has a root at all. */
    lv_public_key *public_key = public_of(n);
    lv_buffer proof = {0};
    uint8_t *place = NULL;
    assert_int_equal(lv_buffer_extend(&proof, 8 * lv_paillier_bytes(public_key), &place), LV_OK);
    for (size_t i = 0; i < 8; i++) {
        place[(i + 1) * lv_paillier_bytes(public_key) - 1] = 1;
    }
    assert_int_equal(lv_key_verify(public_key, &PROOF_CONTEXT, lv_buffer_view(&proof), NULL),
                     LV_INVALID);
    lv_buffer_free(&proof);
    lv_buffer_free(&bytes[0]);
    lv_buffer_free(&bytes[1]);
    lv_public_free(public_key);
    mpz_clears(p, q, n, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_honest_proof_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_lengths_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_roots_in_another_order_are_seen, set_up, tear_down),
        cmocka_unit_test(test_non_canonical_roots_are_seen),
        cmocka_unit_test_setup_teardown(test_other_contexts_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_key_is_seen, set_up, tear_down),
        cmocka_unit_test(test_small_factors_are_seen),
        cmocka_unit_test(test_p_dividing_q_minus_one_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
