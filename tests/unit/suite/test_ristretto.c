/* Suite ristretto255: keys, encryption, the formulas against plain integers, and what is refused.
 */
#include "base/hex.h"
#include "suite/ristretto/ristretto.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char IDENTITY[] = "0000000000000000000000000000000000000000000000000000000000000000";
static const char NEGATIVE[] = "0100000000000000000000000000000000000000000000000000000000000000";
static const char NO_SQUARE[] = "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371";
static const char NOT_CANONICAL[] =
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
static const char *const NO_POINTS[] = {IDENTITY, NEGATIVE, NO_SQUARE, NOT_CANONICAL};
static const char ORDER[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

static const lv_suite *suite(void) { return lv_suite_find("ristretto255"); }

static lv_secret_key *make_key(void)
{
    lv_secret_key *key = NULL;
    lv_error err = {{0}};
    assert_int_equal(lv_key_generate(suite(), 256, NULL, &key, &err), LV_OK);
    assert_non_null(key);
    return key;
}

static lv_matrix *encrypt_values(const lv_secret_key *key, const uint64_t *values, size_t count,
                                 unsigned width)
{
    uint8_t *bits = calloc(count, width);
    assert_non_null(bits);
    for (size_t i = 0; i < count * width; i++) {
        bits[i] = (uint8_t)(values[i / width] >> (width - 1 - i % width) & 1);
    }
    lv_bits plain = {.pairs = count, .width = width, .bits = bits};
    lv_job job = {.threads = 2};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    free(bits);
    return matrix;
}

/* ---- keys ---- */

static void test_there_is_one_size_of_key(void **state)
{
    (void)state;
    const unsigned illegal[] = {0, 1, 128, 255, 257, 2048, UINT32_MAX};
    assert_int_equal(lv_suite_default_key_bits(suite()), 256);
    for (size_t i = 0; i < sizeof illegal / sizeof illegal[0]; i++) {
        lv_error err = {{0}};
        lv_secret_key *key = (lv_secret_key *)&err;
        assert_int_equal(lv_suite_check_key_bits(suite(), illegal[i], &err), LV_E_RANGE);
        assert_non_null(strstr(err.text, "256"));
        assert_int_equal(lv_key_generate(suite(), illegal[i], NULL, &key, NULL), LV_E_RANGE);
        assert_null(key);
    }
}

static void test_keys_round_trip(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    lv_secret_key *read = NULL;
    lv_public_key *public_key = NULL;
    lv_buffer secret = {0};
    lv_buffer bytes[3] = {{0}};
    uint8_t want[LV_POINT_LEN];
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(secret.len, 32);
    assert_int_equal(lv_public_encode(lv_key_public(key), &bytes[0]), LV_OK);
    assert_int_equal(bytes[0].len, 32);
    assert_int_equal(crypto_scalarmult_ristretto255_base(want, secret.data), 0);
    assert_memory_equal(bytes[0].data, want, sizeof want);

    assert_int_equal(lv_key_decode(suite(), lv_buffer_view(&secret), &read, NULL), LV_OK);
    assert_int_equal(lv_public_encode(lv_key_public(read), &bytes[1]), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes[0]), lv_buffer_view(&bytes[1])));
    assert_int_equal(lv_public_decode(suite(), lv_buffer_view(&bytes[0]), &public_key, NULL),
                     LV_OK);
    assert_int_equal(lv_public_key_bits(public_key), 256);
    assert_ptr_equal(lv_public_suite(public_key), suite());
    assert_int_equal(lv_public_encode(public_key, &bytes[2]), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes[0]), lv_buffer_view(&bytes[2])));
    lv_public_free(public_key);
    lv_key_free(read);
    lv_key_free(key);
    lv_buffer_wipe(&secret);
    for (int i = 0; i < 3; i++) {
        lv_buffer_free(&bytes[i]);
    }
}

static void test_bad_secret_keys_are_refused(void **state)
{
    (void)state;
    const uint8_t zeros[33] = {0};
    uint8_t order[32];
    lv_error err = {{0}};
    lv_secret_key *key = (lv_secret_key *)&err;
    assert_int_equal(lv_hex_decode(ORDER, order, sizeof order), LV_OK);
    for (size_t len = 0; len <= 33; len++) {
        key = (lv_secret_key *)&err;
        assert_int_equal(lv_key_decode(suite(), (lv_bytes){zeros, len}, &key, &err),
                         len == 32 ? LV_INVALID : LV_E_SYNTAX);
        assert_null(key);
    }
    assert_int_equal(lv_key_decode(suite(), (lv_bytes){order, sizeof order}, &key, &err),
                     LV_INVALID);
    assert_null(key);
    order[0]--; /* L - 1 */
    assert_int_equal(lv_key_decode(suite(), (lv_bytes){order, sizeof order}, &key, &err), LV_OK);
    lv_key_free(key);
}

static void test_bad_public_keys_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[33];
    lv_public_key *key = NULL;
    for (size_t i = 0; i < sizeof NO_POINTS / sizeof NO_POINTS[0]; i++) {
        lv_error err = {{0}};
        assert_int_equal(lv_hex_decode(NO_POINTS[i], bytes, 32), LV_OK);
        key = (lv_public_key *)&err;
        assert_int_equal(lv_public_decode(suite(), (lv_bytes){bytes, 32}, &key, &err), LV_INVALID);
        assert_null(key);
        assert_string_not_equal(err.text, "");
    }
    memset(bytes, 0, sizeof bytes);
    crypto_core_ristretto255_random(bytes);
    for (size_t len = 0; len <= 33; len++) {
        assert_int_equal(lv_public_decode(suite(), (lv_bytes){bytes, len}, &key, NULL),
                         len == 32 ? LV_OK : LV_INVALID);
        lv_public_free(key);
    }
}

/* ---- formulas ---- */

static int plain_z(uint64_t x, uint64_t y, unsigned width, lv_formula formula, unsigned column)
{
    int sum = 0;
    unsigned kept = formula == LV_EQUAL ? 0 : width - column; /* bits after the prefix */
    for (uint64_t rest = kept < 64 ? (x ^ y) >> kept : 0; rest != 0; rest >>= 1) {
        sum += (int)(rest & 1);
    }
    if (formula == LV_EQUAL) {
        return sum;
    }
    unsigned below = (width - 1 - column) % 64;
    int x_i = (int)(x >> below & 1);
    int y_i = (int)(y >> below & 1);
    return x_i - y_i + (formula == LV_RISE ? 1 : -1) + 3 * sum;
}

/* C2 - s C1 = value G, by libsodium and from the encodings. */
static void expect_plaintext(const uint8_t *cipher, const uint8_t *secret, int value)
{
    uint8_t product[32] = {0};
    uint8_t scalar[32] = {(uint8_t)abs(value)};
    uint8_t want[32] = {0};
    (void)!crypto_scalarmult_ristretto255(product, secret, cipher);
    assert_int_equal(crypto_core_ristretto255_sub(product, cipher + 32, product), 0);
    if (value < 0) {
        crypto_core_ristretto255_scalar_negate(scalar, scalar);
    }
    (void)!crypto_scalarmult_ristretto255_base(want, scalar); /* fails on 0, with zeros */
    assert_memory_equal(product, want, sizeof want);
}

typedef struct {
    const lv_secret_key *key;
    const uint8_t *secret;
    uint64_t x;
    uint64_t y;
    unsigned width;
} comparison;

static void expect_row(const comparison *c, const lv_matrix *z, size_t row, lv_formula formula)
{
    lv_buffer bytes = {0};
    unsigned zeros = 0;
    unsigned column = 99;
    unsigned width = lv_matrix_width(z);
    assert_int_equal(lv_matrix_encode(z, &bytes), LV_OK);
    for (unsigned i = 0; i < width; i++) {
        bool is_zero = false;
        int value = plain_z(c->x, c->y, c->width, formula, i);
        expect_plaintext(bytes.data + (row * width + i) * 64, c->secret, value);
        assert_int_equal(lv_zero_test(c->key, z, row, i, &is_zero), LV_OK);
        assert_int_equal(is_zero, value == 0);
        zeros += is_zero ? 1 : 0;
    }
    bool holds = (formula == LV_RISE && c->x < c->y) || (formula == LV_FALL && c->x > c->y) ||
                 (formula == LV_EQUAL && c->x == c->y);
    unsigned first = 0;
    while (holds && formula != LV_EQUAL && ((c->x ^ c->y) >> (c->width - 1 - first) & 1) == 0) {
        first++;
    }
    assert_int_equal(zeros, holds ? 1 : 0);
    assert_int_equal(lv_zero_scan(c->key, z, row, &column), holds ? LV_OK : LV_NOT_FOUND);
    assert_int_equal(column, first);
    lv_buffer_free(&bytes);
}

static void expect_set(const lv_secret_key *key, const uint64_t *x, const uint64_t *y, size_t count,
                       unsigned width)
{
    uint64_t w[8];
    lv_buffer secret = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    for (size_t i = 0; i < count; i++) {
        w[i] = x[i] ^ y[i];
    }
    lv_matrix *m[3] = {encrypt_values(key, x, count, width), encrypt_values(key, y, count, width),
                       encrypt_values(key, w, count, width)};
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        lv_matrix *z = NULL;
        lv_job job = {.threads = 2};
        assert_int_equal(lv_combine(lv_key_public(key), m[0], m[1], m[2], (lv_formula)formula, 0,
                                    count, &job, &z, NULL),
                         LV_OK);
        assert_int_equal(lv_matrix_width(z), formula == LV_EQUAL ? 1 : width);
        for (size_t row = 0; row < count; row++) {
            comparison c = {key, secret.data, x[row], y[row], width};
            expect_row(&c, z, row, (lv_formula)formula);
        }
        lv_matrix_free(z);
    }
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(m[i]);
    }
    lv_buffer_wipe(&secret);
}

static void test_formulas_at_every_width(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    const uint64_t top = (UINT64_C(1) << 62) - 1;
    expect_set(key, (const uint64_t[]){0, 0, 1, 1}, (const uint64_t[]){0, 1, 0, 1}, 4, 1);
    expect_set(key, (const uint64_t[]){45, 132, 7, 0, 255}, (const uint64_t[]){132, 45, 8, 0, 254},
               5, 8);
    expect_set(key, (const uint64_t[]){0xffffffff, 11, 10}, (const uint64_t[]){0xffffffff, 10, 11},
               3, 32);
    expect_set(key, (const uint64_t[]){top, 0, top - 1}, (const uint64_t[]){0, top, top}, 3, 62);
    lv_key_free(key);
}

/* The same matrix twice: C1 and C2 of the differences are the identity, and the bits cancel. */
static void test_identities_combine(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    const uint64_t x = 5;
    const uint64_t none = 0;
    lv_matrix *a = encrypt_values(key, &x, 1, 3);
    lv_matrix *w = encrypt_values(key, &none, 1, 3);
    lv_matrix *z = NULL;
    unsigned column = 0;
    lv_buffer secret = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(lv_combine(lv_key_public(key), a, a, w, LV_RISE, 0, 1, NULL, &z, NULL), LV_OK);
    assert_int_equal(lv_zero_scan(key, z, 0, &column), LV_NOT_FOUND);
    comparison c = {key, secret.data, x, x, 3};
    expect_row(&c, z, 0, LV_RISE);
    lv_matrix_free(z);
    lv_matrix_free(w);
    lv_matrix_free(a);
    lv_buffer_wipe(&secret);
    lv_key_free(key);
}

static void test_another_key_sees_no_zero(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    lv_secret_key *other = make_key();
    const uint64_t none = 0;
    lv_matrix *a = encrypt_values(key, &none, 1, 62);
    unsigned column = 0;
    assert_int_equal(lv_zero_scan(key, a, 0, &column), LV_OK);
    assert_int_equal(lv_zero_scan(other, a, 0, &column), LV_NOT_FOUND);
    lv_matrix_free(a);
    lv_key_free(key);
    lv_key_free(other);
}

/* More ciphertexts than one piece of work has, in every number of threads: all decrypt right. */
static void test_large_sets_over_threads(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    uint64_t values[40];
    for (size_t i = 0; i < 40; i++) {
        values[i] = i * 5 % 32;
    }
    lv_matrix *matrix = encrypt_values(key, values, 40, 5);
    for (size_t i = 0; i < (size_t)40 * 5; i++) {
        bool is_zero = false;
        assert_int_equal(lv_zero_test(key, matrix, i / 5, (unsigned)(i % 5), &is_zero), LV_OK);
        assert_int_equal(is_zero, (values[i / 5] >> (4 - i % 5) & 1) == 0);
    }
    lv_matrix_free(matrix);
    lv_key_free(key);
}

/* ---- matrices ---- */

static void test_matrices_round_trip(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    const lv_public_key *public_key = lv_key_public(key);
    const uint64_t values[] = {5, 2};
    lv_matrix *matrix = encrypt_values(key, values, 2, 3);
    lv_matrix *same = encrypt_values(key, values, 2, 3);
    lv_matrix *read = NULL;
    lv_matrix *z[2] = {NULL};
    lv_buffer bytes[5] = {{0}};
    assert_int_equal(lv_matrix_encode(matrix, &bytes[0]), LV_OK);
    assert_int_equal(bytes[0].len, (size_t)6 * 64);
    assert_int_equal(lv_matrix_encoded_len(public_key, 2, 3), bytes[0].len);
    assert_int_equal(lv_matrix_decode(public_key, 2, 3, lv_buffer_view(&bytes[0]), &read, NULL),
                     LV_OK);
    assert_int_equal(lv_matrix_encode(read, &bytes[1]), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes[0]), lv_buffer_view(&bytes[1])));
    assert_int_equal(lv_matrix_encode(same, &bytes[2]), LV_OK);
    assert_false(lv_bytes_equal(lv_buffer_view(&bytes[0]), lv_buffer_view(&bytes[2])));

    /* combined from what was made and from what was read, the bytes are the same */
    assert_int_equal(lv_combine(public_key, matrix, same, matrix, LV_FALL, 0, 2, NULL, &z[0], NULL),
                     LV_OK);
    assert_int_equal(lv_combine(public_key, read, same, read, LV_FALL, 0, 2, NULL, &z[1], NULL),
                     LV_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lv_matrix_encode(z[i], &bytes[3 + i]), LV_OK);
    }
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes[3]), lv_buffer_view(&bytes[4])));
    for (size_t len = 0; len < bytes[0].len; len += 7) {
        lv_matrix *none = matrix;
        assert_int_equal(
            lv_matrix_decode(public_key, 2, 3, (lv_bytes){bytes[0].data, len}, &none, NULL),
            LV_E_SYNTAX);
        assert_null(none);
    }
    for (int i = 0; i < 5; i++) {
        lv_buffer_free(&bytes[i]);
    }
    lv_matrix_free(z[0]);
    lv_matrix_free(z[1]);
    lv_matrix_free(read);
    lv_matrix_free(same);
    lv_matrix_free(matrix);
    lv_key_free(key);
}

static void test_bad_ciphertexts_are_refused(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    const uint64_t values[] = {5, 2, 7};
    lv_matrix *matrix = encrypt_values(key, values, 3, 62);
    lv_buffer good = {0};
    assert_int_equal(lv_matrix_encode(matrix, &good), LV_OK);
    const size_t cells[] = {0, 61, 62, 130, 185};
    for (size_t i = 0; i < (size_t)5 * 2 * 4; i++) {
        size_t cell = cells[i / 8];
        size_t half = i / 4 % 2;
        uint8_t kept[32];
        uint8_t *place = good.data + cell * 64 + half * 32;
        char words[64];
        lv_error err = {{0}};
        lv_matrix *read = matrix;
        memcpy(kept, place, sizeof kept);
        assert_int_equal(lv_hex_decode(NO_POINTS[i % 4], place, 32), LV_OK);
        assert_int_equal(
            lv_matrix_decode(lv_key_public(key), 3, 62, lv_buffer_view(&good), &read, &err),
            LV_INVALID);
        assert_null(read);
        (void)snprintf(words, sizeof words, "row %zu, column %zu: C%zu", cell / 62, cell % 62,
                       half + 1);
        assert_non_null(strstr(err.text, words));
        memcpy(place, kept, sizeof kept);
    }
    lv_buffer_free(&good);
    lv_matrix_free(matrix);
    lv_key_free(key);
}

/* ---- randomness ---- */

typedef struct {
    unsigned calls;
    unsigned fails_at;
} failing;

static lv_status failing_fill(void *context, uint8_t *out, size_t len)
{
    failing *rng = context;
    return rng->calls++ == rng->fails_at ? LV_E_RANDOM : lv_rng_fill(NULL, out, len);
}

static lv_status zero_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
    return LV_OK;
}

static void test_nothing_is_made_without_randomness(void **state)
{
    (void)state;
    lv_secret_key *key = make_key();
    uint8_t bits[200] = {0};
    lv_bits plain = {.pairs = 4, .width = 50, .bits = bits};
    failing source = {.fails_at = UINT32_MAX};
    lv_rng rng = {.fill = failing_fill, .context = &source};
    lv_job job = {.rng = &rng};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    lv_matrix_free(matrix);
    unsigned calls = source.calls;
    assert_true(calls >= 2);
    for (unsigned i = 0; i < calls; i++) {
        lv_error err = {{0}};
        source = (failing){.fails_at = i};
        matrix = (lv_matrix *)&job;
        assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, &err), LV_E_RANDOM);
        assert_null(matrix);
        assert_string_not_equal(err.text, "");
    }
    source = (failing){.fails_at = 0};
    lv_secret_key *none = key;
    assert_int_equal(lv_key_generate(suite(), 256, &job, &none, NULL), LV_E_RANDOM);
    assert_null(none);

    /* a generator that is stuck at zero gives no key and no ciphertext either */
    rng.fill = zero_fill;
    none = key;
    assert_int_equal(lv_key_generate(suite(), 256, &job, &none, NULL), LV_E_RANDOM);
    assert_null(none);
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_E_RANDOM);
    assert_null(matrix);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_is_one_size_of_key),
        cmocka_unit_test(test_keys_round_trip),
        cmocka_unit_test(test_bad_secret_keys_are_refused),
        cmocka_unit_test(test_bad_public_keys_are_refused),
        cmocka_unit_test(test_formulas_at_every_width),
        cmocka_unit_test(test_identities_combine),
        cmocka_unit_test(test_another_key_sees_no_zero),
        cmocka_unit_test(test_large_sets_over_threads),
        cmocka_unit_test(test_matrices_round_trip),
        cmocka_unit_test(test_bad_ciphertexts_are_refused),
        cmocka_unit_test(test_nothing_is_made_without_randomness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
