/* Keys: what is made, what is accepted, what is refused. */
#include "base/writer.h"
#include "suite/paillier/comb.h"
#include "suite/paillier/prime.h"
#include "unit/suite/support.h"

static void test_keys_have_exactly_the_bits_asked_for(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("paillier");
    lv_secret_key *key = NULL;
    lv_job job = {.threads = 2};
    assert_int_equal(lv_key_generate(suite, 2048, &job, &key, NULL), LV_OK);
    const lv_public_key *public_key = lv_key_public(key);
    assert_int_equal(lv_public_key_bits(public_key), 2048);
    assert_ptr_equal(lv_public_suite(public_key), suite);
    const lv_paillier_secret *secret = lv_paillier_secret_of(key);
    for (int i = 0; i < 2; i++) {
        mpz_t p;
        mpz_roinit_n(p, secret->side[i].mont.p, secret->side[i].mont.n);
        assert_int_equal(mpz_sizeinbase(p, 2), 1024);
        assert_true(mpz_tstbit(p, 1022));
        assert_true(mpz_probab_prime_p(p, 40) != 0);
    }
    lv_key_free(key);

    for (unsigned bits = LV_PAILLIER_BITS_TINY; bits < 160; bits += 2) {
        key = small_key(bits);
        assert_int_equal(lv_public_key_bits(lv_key_public(key)), bits);
        lv_key_free(key);
    }
}

static void test_illegal_sizes_are_refused(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("paillier");
    const unsigned bad[] = {0, 1, 128, 2046, 2047, 2049, 8193, 8194, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_error err = {{0}};
        lv_secret_key *key = NULL;
        assert_int_equal(lv_suite_check_key_bits(suite, bad[i], &err), LV_E_RANGE);
        assert_non_null(strstr(err.text, "2048"));
        assert_int_equal(lv_key_generate(suite, bad[i], NULL, &key, NULL), LV_E_RANGE);
        assert_null(key);
    }
    assert_int_equal(lv_suite_check_key_bits(suite, 2048, NULL), LV_OK);
    assert_int_equal(lv_suite_check_key_bits(suite, 8192, NULL), LV_OK);
}

static lv_buffer encode_public(const lv_secret_key *key)
{
    lv_buffer bytes = {0};
    assert_int_equal(lv_public_encode(lv_key_public(key), &bytes), LV_OK);
    return bytes;
}

static void test_public_key_round_trip_is_canonical(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(130); /* the top byte is not full */
    lv_buffer bytes = encode_public(key);
    lv_public_key *public_key = NULL;
    assert_int_equal(bytes.len, 4 + 17);
    assert_int_equal(
        lv_paillier_public_decode_sized(lv_buffer_view(&bytes), 128, &public_key, NULL), LV_OK);
    lv_buffer again = {0};
    assert_int_equal(lv_public_encode(public_key, &again), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again)));
    lv_public_free(public_key);
    lv_buffer_free(&bytes);
    lv_buffer_free(&again);
    lv_key_free(key);
}

static lv_status decode_public(lv_bytes bytes, lv_error *err)
{
    lv_public_key *key = NULL;
    lv_status status = lv_paillier_public_decode_sized(bytes, 128, &key, err);
    assert_true(status == LV_OK ? key != NULL : key == NULL);
    lv_public_free(key);
    return status;
}

static void test_non_canonical_public_keys_are_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(256);
    lv_buffer good = encode_public(key);
    for (size_t len = 0; len < good.len; len++) {
        assert_int_equal(decode_public((lv_bytes){good.data, len}, NULL), LV_INVALID);
    }
    lv_buffer longer = {0};
    assert_int_equal(lv_buffer_append(&longer, good.data, good.len), LV_OK);
    assert_int_equal(lv_write_u8(&longer, 0), LV_OK);
    assert_int_equal(decode_public(lv_buffer_view(&longer), NULL), LV_INVALID);
    lv_buffer_free(&longer);

    /* one bit more announced, with a zero byte in front of n; then one bit less */
    assert_int_equal(lv_write_u32(&longer, 257), LV_OK);
    assert_int_equal(lv_write_u8(&longer, 0), LV_OK);
    assert_int_equal(lv_buffer_append(&longer, good.data + 4, 32), LV_OK);
    assert_int_equal(decode_public(lv_buffer_view(&longer), NULL), LV_INVALID);
    lv_buffer_free(&longer);
    good.data[3] ^= 1;
    good.data[2] ^= 1;
    assert_int_equal(decode_public(lv_buffer_view(&good), NULL), LV_INVALID);
    lv_buffer_free(&good);
    lv_key_free(key);
}

static void test_small_keys_do_not_pass_the_public_door(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(256);
    lv_buffer bytes = encode_public(key);
    lv_buffer secret = {0};
    lv_public_key *public_key = NULL;
    lv_secret_key *read = NULL;
    const lv_suite *suite = lv_suite_find("paillier");
    assert_int_equal(lv_public_decode(suite, lv_buffer_view(&bytes), &public_key, NULL),
                     LV_INVALID);
    assert_null(public_key);
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(lv_key_decode(suite, lv_buffer_view(&secret), &read, NULL), LV_INVALID);
    assert_null(read);
    lv_buffer_free(&bytes);
    lv_buffer_wipe(&secret);
    lv_key_free(key);
}

static void expect_refused(const mpz_t n, const char *word)
{
    lv_buffer bytes = {0};
    lv_error err = {{0}};
    size_t bits = mpz_sizeinbase(n, 2);
    assert_int_equal(lv_write_u32(&bytes, (uint32_t)bits), LV_OK);
    assert_int_equal(lv_paillier_write(&bytes, n, (bits + 7) / 8), LV_OK);
    assert_int_equal(decode_public(lv_buffer_view(&bytes), &err), LV_INVALID);
    assert_non_null(strstr(err.text, word));
    lv_buffer_free(&bytes);
}

static void test_what_is_no_modulus_is_refused(void **state)
{
    (void)state;
    mpz_t n;
    mpz_t p;
    mpz_inits(n, p, NULL);
    mpz_ui_pow_ui(p, 2, 127);
    mpz_nextprime(p, p);
    mpz_mul(n, p, p);
    expect_refused(n, "perfect power");
    mpz_mul(n, n, p);
    expect_refused(n, "perfect power");
    mpz_ui_pow_ui(n, 2, 255);
    mpz_nextprime(n, n);
    expect_refused(n, "prime");
    mpz_sub_ui(n, n, 1);
    expect_refused(n, "even");
    mpz_ui_pow_ui(n, 2, 100);
    mpz_sub_ui(n, n, 1);
    expect_refused(n, "bits");
    mpz_ui_pow_ui(n, 2, 8193);
    mpz_add_ui(n, n, 1);
    expect_refused(n, "bits");
    mpz_clears(n, p, NULL);
}

static void test_secret_key_round_trip(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(300);
    lv_secret_key *read = NULL;
    lv_buffer secret = {0};
    lv_buffer again = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), 128, &read, NULL),
                     LV_OK);
    assert_int_equal(lv_key_encode(read, &again), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&secret), lv_buffer_view(&again)));

    /* what one encrypts the other reads */
    const uint64_t value = 5;
    lv_matrix *matrix = encrypt_values(read, &value, 1, 3);
    for (unsigned i = 0; i < 3; i++) {
        int bit = 9;
        assert_int_equal(lv_paillier_decrypt_small_vartime(key, matrix, 0, i, &bit), LV_OK);
        assert_int_equal(bit, 5 >> (2 - i) & 1);
    }
    lv_matrix_free(matrix);
    lv_buffer_wipe(&secret);
    lv_buffer_wipe(&again);
    lv_key_free(key);
    lv_key_free(read);
}

static void test_damaged_secret_keys_are_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(256);
    lv_secret_key *read = NULL;
    lv_buffer secret = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    for (size_t len = 0; len < secret.len; len++) {
        assert_int_equal(
            lv_paillier_key_decode_sized((lv_bytes){secret.data, len}, 128, &read, NULL),
            LV_E_SYNTAX);
        assert_null(read);
    }
    secret.data[4 + 15] ^= 1; /* p becomes even */
    assert_int_not_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), 128, &read, NULL),
                         LV_OK);
    secret.data[4 + 15] ^= 1;
    secret.data[4 + 14] ^= 1; /* rho no longer divides p - 1 */
    assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), 128, &read, NULL),
                     LV_E_SYNTAX);
    secret.data[4 + 14] ^= 1;
    assert_int_equal(lv_write_u8(&secret, 0), LV_OK);
    assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&secret), 128, &read, NULL),
                     LV_E_SYNTAX);
    assert_null(read);
    lv_buffer_wipe(&secret);
    lv_key_free(key);
}

static lv_status from_primes(uint32_t p, uint32_t q, lv_secret_key **key)
{
    uint8_t bytes[2][4];
    for (int i = 0; i < 4; i++) {
        bytes[0][i] = (uint8_t)(p >> (24 - 8 * i));
        bytes[1][i] = (uint8_t)(q >> (24 - 8 * i));
    }
    return lv_paillier_key_from_primes((lv_bytes){bytes[0], 4}, (lv_bytes){bytes[1], 4}, key, NULL);
}

static void test_bad_primes_make_no_key(void **state)
{
    (void)state;
    lv_secret_key *key = NULL;
    const uint32_t bad[][2] = {
        {47917, 59064}, {59063 * 3, 47917},         {47917, 47917}, {2, 59063}, {0, 59063},
        {1, 59063},     {7, 29} /* 7 divides 28 */, {29, 7},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(from_primes(bad[i][0], bad[i][1], &key), LV_INVALID);
        assert_null(key);
    }
}

static void test_large_bare_primes_decrypt_but_do_not_encrypt(void **state)
{
    (void)state;
    lv_secret_key *full = small_key(256);
    const lv_paillier_secret *secret = lv_paillier_secret_of(full);
    lv_buffer primes[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        mpz_t p;
        mpz_roinit_n(p, secret->side[i].mont.p, secret->side[i].mont.n);
        assert_int_equal(lv_paillier_write(&primes[i], p, 20), LV_OK);
    }
    lv_secret_key *bare = NULL;
    assert_int_equal(lv_paillier_key_from_primes(lv_buffer_view(&primes[0]),
                                                 lv_buffer_view(&primes[1]), &bare, NULL),
                     LV_OK);
    const uint64_t value = 2;
    lv_matrix *matrix = encrypt_values(full, &value, 1, 2);
    bool is_zero = true;
    int bit = 9;
    assert_int_equal(lv_zero_test(bare, matrix, 0, 0, &is_zero), LV_OK);
    assert_false(is_zero);
    assert_int_equal(lv_zero_test(bare, matrix, 0, 1, &is_zero), LV_OK);
    assert_true(is_zero);
    assert_int_equal(lv_paillier_decrypt_small_vartime(bare, matrix, 0, 0, &bit), LV_OK);
    assert_int_equal(bit, 1);

    uint8_t bits[1] = {1};
    lv_bits plain = {.pairs = 1, .width = 1, .bits = bits};
    lv_matrix *made = NULL;
    lv_error err = {{0}};
    assert_int_equal(lv_encrypt(bare, &plain, NULL, &made, &err), LV_E_ARGUMENT);
    assert_null(made);
    assert_non_null(strstr(err.text, "decrypts only"));

    /* and it is stored as such */
    lv_buffer stored = {0};
    lv_secret_key *read = NULL;
    assert_int_equal(lv_key_encode(bare, &stored), LV_OK);
    assert_int_equal(lv_paillier_key_decode_sized(lv_buffer_view(&stored), 128, &read, NULL),
                     LV_OK);
    assert_int_equal(lv_encrypt(read, &plain, NULL, &made, NULL), LV_E_ARGUMENT);
    lv_buffer_wipe(&stored);
    lv_buffer_wipe(&primes[0]);
    lv_buffer_wipe(&primes[1]);
    lv_matrix_free(matrix);
    lv_key_free(read);
    lv_key_free(bare);
    lv_key_free(full);
}

/* ---- the mask ---- */

/* h^e for a small group: every element of the group of n-th residues modulo p^2 comes up exactly
 * once as e runs through 0 .. p - 2, so a uniform e is a uniform mask. */
static void test_masks_run_through_the_whole_group(void **state)
{
    (void)state;
    lv_secret_key *key = NULL;
    assert_int_equal(from_primes(1009, 1013, &key), LV_OK);
    const lv_side *side = &lv_paillier_secret_of(key)->side[0];
    const mp_limb_t p = 1009;
    lv_comb *comb = NULL;
    bool seen[1009] = {false};
    assert_int_equal(lv_comb_make(side, 1000, &comb), LV_OK);
    for (mp_limb_t e = 0; e < p - 1; e++) {
        lv_dual power;
        lv_mont_scratch scratch;
        lv_comb_power(comb, side, &power, &e, &scratch);
        assert_false(seen[power.low[0]]);
        seen[power.low[0]] = true;
        /* an n-th residue: its power p - 1 is 1 modulo p^2 */
        mpz_t x;
        mpz_init_set_ui(x, power.low[0] + power.high[0] * p);
        mpz_t square;
        mpz_init_set_ui(square, p * p);
        mpz_powm_ui(x, x, p - 1, square);
        assert_int_equal(mpz_cmp_ui(x, 1), 0);
        mpz_clears(x, square, NULL);
    }
    assert_false(seen[0]);
    lv_comb_free(comb);
    lv_key_free(key);
}

/* The order of h is p - 1 exactly, for generated keys, whatever the sizes of the comb. */
static void test_comb_agrees_with_plain_powers(void **state)
{
    (void)state;
    const unsigned sizes[] = {128, 256, 600};
    const size_t uses[] = {1, 100, 100000};
    gmp_randstate_t random;
    gmp_randinit_default(random);
    for (size_t i = 0; i < 9; i++) {
        lv_secret_key *key = small_key(sizes[i / 3]);
        const lv_side *side = &lv_paillier_secret_of(key)->side[1];
        lv_comb *comb = NULL;
        mpz_t p;
        mpz_t square;
        mpz_t h;
        mpz_t e;
        mpz_t want;
        mpz_t view;
        mpz_inits(square, h, e, want, NULL);
        mpz_roinit_n(p, side->mont.p, side->mont.n);
        mpz_mul(square, p, p);
        mpz_set_ui(h, side->generator);
        mpz_powm(h, h, p, square);
        assert_int_equal(lv_comb_make(side, uses[i % 3], &comb), LV_OK);
        for (int round = 0; round < 5; round++) {
            mp_limb_t limbs[LV_PRIME_LIMBS_MAX] = {0};
            mp_limb_t out[2 * LV_PRIME_LIMBS_MAX];
            lv_dual power;
            lv_mont_scratch scratch;
            mpz_sub_ui(e, p, 2); /* the largest first, then zero */
            if (round == 1) {
                mpz_set_ui(e, 0);
            } else if (round > 1) {
                mpz_urandomm(e, random, p);
            }
            mpn_copyi(limbs, mpz_limbs_read(e), (mp_size_t)mpz_size(e));
            lv_comb_power(comb, side, &power, limbs, &scratch);
            lv_dual_to_limbs(&side->mont, out, &power, &scratch);
            mpz_roinit_n(view, out, 2 * side->mont.n);
            mpz_powm(want, h, e, square);
            assert_int_equal(mpz_cmp(want, view), 0);
        }
        mpz_clears(square, h, e, want, NULL);
        lv_comb_free(comb);
        lv_key_free(key);
    }
    gmp_randclear(random);
}

static void test_generators_are_certified(void **state)
{
    (void)state;
    mpz_t p;
    mpz_t rho[2];
    mpz_init_set_ui(p, 41);
    mpz_init_set_ui(rho[0], 1);
    mpz_init_set_ui(rho[1], 1);
    assert_int_equal(lv_prime_generator(p, rho), 6); /* the smallest modulo 41 */
    mpz_set_ui(rho[0], 5);
    assert_int_equal(lv_prime_generator(p, rho), 6);
    mpz_set_ui(rho[0], 3); /* does not divide 40 */
    assert_int_equal(lv_prime_generator(p, rho), 0);
    mpz_set_ui(rho[0], 0);
    assert_int_equal(lv_prime_generator(p, rho), 0);
    mpz_set_ui(rho[0], 1);
    mpz_set_ui(p, 561); /* a Carmichael number */
    assert_int_equal(lv_prime_generator(p, rho), 0);
    mpz_clears(p, rho[0], rho[1], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_have_exactly_the_bits_asked_for),
        cmocka_unit_test(test_illegal_sizes_are_refused),
        cmocka_unit_test(test_public_key_round_trip_is_canonical),
        cmocka_unit_test(test_non_canonical_public_keys_are_refused),
        cmocka_unit_test(test_small_keys_do_not_pass_the_public_door),
        cmocka_unit_test(test_what_is_no_modulus_is_refused),
        cmocka_unit_test(test_secret_key_round_trip),
        cmocka_unit_test(test_damaged_secret_keys_are_refused),
        cmocka_unit_test(test_bad_primes_make_no_key),
        cmocka_unit_test(test_large_bare_primes_decrypt_but_do_not_encrypt),
        cmocka_unit_test(test_masks_run_through_the_whole_group),
        cmocka_unit_test(test_comb_agrees_with_plain_powers),
        cmocka_unit_test(test_generators_are_certified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
