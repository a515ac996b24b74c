/* Masks made ahead: each serves one ciphertext, and what they encrypt is what lv_encrypt does. */
#include "unit/suite/support.h"

#define BITS 512U
#define WIDTH ((size_t)5)

static lv_masks *make_masks(const lv_secret_key *key, size_t count)
{
    lv_error err = {{0}};
    lv_masks *masks = NULL;
    assert_int_equal(lv_masks_make(key, count, NULL, &masks, &err), LV_OK);
    assert_int_equal(lv_masks_left(masks), count);
    return masks;
}

static lv_status encrypt(lv_masks *masks, const uint8_t *bits, size_t pairs, lv_matrix **out)
{
    uint8_t copy[4 * WIDTH];
    memcpy(copy, bits, pairs * WIDTH);
    const lv_bits plain = {.pairs = pairs, .width = (unsigned)WIDTH, .bits = copy};
    return lv_encrypt_with(masks, &plain, NULL, out, NULL);
}

static const uint8_t PLAIN[2 * WIDTH] = {1, 0, 0, 1, 1, 0, 0, 1, 0, 1};

static void expect_plain(const lv_secret_key *key, const lv_matrix *matrix, const uint8_t *bits)
{
    for (size_t i = 0; i < lv_matrix_pairs(matrix) * WIDTH; i++) {
        int value = -1;
        assert_int_equal(lv_paillier_decrypt_small_vartime(key, matrix, i / WIDTH,
                                                           (unsigned)(i % WIDTH), &value),
                         LV_OK);
        assert_int_equal(value, bits[i]);
    }
}

static void test_bits_come_back(void **state)
{
    (void)state;
    static const unsigned sizes[] = {128, 130, 250, 258, 512, 1026};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        lv_secret_key *key = small_key(sizes[i]);
        lv_masks *masks = make_masks(key, 2 * WIDTH);
        lv_matrix *matrix = NULL;
        assert_int_equal(encrypt(masks, PLAIN, 2, &matrix), LV_OK);
        assert_int_equal(lv_masks_left(masks), 0);
        expect_plain(key, matrix, PLAIN);
        lv_matrix_free(matrix);
        lv_masks_free(masks);
        lv_key_free(key);
    }
}

/* All ciphertexts of all matrices differ: no mask serves twice. */
static void test_no_mask_serves_twice(void **state)
{
    (void)state;
    static const uint8_t zeros[WIDTH] = {0};
    lv_secret_key *key = small_key(BITS);
    lv_masks *masks = make_masks(key, 4 * WIDTH);
    lv_buffer all = {0};
    for (size_t i = 0; i < 4; i++) {
        lv_matrix *matrix = NULL;
        assert_int_equal(encrypt(masks, zeros, 1, &matrix), LV_OK);
        assert_int_equal(lv_matrix_encode(matrix, &all), LV_OK);
        lv_matrix_free(matrix);
    }
    lv_matrix *matrix = (lv_matrix *)&all;
    assert_int_equal(encrypt(masks, zeros, 1, &matrix), LV_E_ARGUMENT);
    assert_null(matrix);
    size_t size = 2 * lv_paillier_bytes(lv_key_public(key));
    assert_int_equal(all.len, 4 * WIDTH * size);
    for (size_t i = 0; i < 4 * WIDTH; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(all.data + i * size, all.data + j * size, size);
        }
    }
    lv_buffer_free(&all);
    lv_masks_free(masks);
    lv_key_free(key);
}

static void test_too_few_are_left_alone(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    lv_masks *masks = make_masks(key, 2 * WIDTH - 1);
    lv_matrix *matrix = NULL;
    uint8_t no_bits[2 * WIDTH] = {2};
    assert_int_equal(encrypt(masks, PLAIN, 2, &matrix), LV_E_ARGUMENT);
    assert_int_equal(encrypt(masks, no_bits, 1, &matrix), LV_E_ARGUMENT);
    assert_int_equal(lv_masks_left(masks), 2 * WIDTH - 1);
    assert_int_equal(encrypt(masks, PLAIN, 1, &matrix), LV_OK);
    assert_int_equal(lv_masks_left(masks), WIDTH - 1);
    expect_plain(key, matrix, PLAIN);
    lv_matrix_free(matrix);
    lv_masks_free(masks);
    assert_int_equal(lv_masks_make(key, 0, NULL, &masks, NULL), LV_E_ARGUMENT);
    assert_int_equal(lv_masks_make(key, LV_MASKS_MAX + 1, NULL, &masks, NULL), LV_E_ARGUMENT);
    assert_null(masks);
    lv_key_free(key);
}

/* What was used up before is not written again. */
static void test_encoding_round_trip(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("paillier");
    lv_secret_key *key = small_key(258);
    lv_masks *masks = make_masks(key, 3 * WIDTH);
    lv_masks *read = NULL;
    lv_matrix *matrix = NULL;
    lv_buffer before = {0};
    lv_buffer bytes = {0};
    lv_buffer again = {0};
    assert_int_equal(lv_masks_encode(masks, &before), LV_OK);
    assert_int_equal(encrypt(masks, PLAIN, 1, &matrix), LV_OK);
    lv_matrix_free(matrix);
    assert_int_equal(lv_masks_encode(masks, &bytes), LV_OK);
    size_t head = 4 + 4 + 33;
    size_t used = WIDTH * 66;
    assert_int_equal(before.len, head + 3 * used);
    assert_int_equal(bytes.len, head + 2 * used);
    assert_memory_equal(before.data + head + used, bytes.data + head, 2 * used);
    assert_int_equal(lv_masks_decode(suite, lv_buffer_view(&bytes), &read, NULL), LV_OK);
    assert_int_equal(lv_masks_encode(read, &again), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again)));
    assert_int_equal(encrypt(read, PLAIN, 2, &matrix), LV_OK);
    expect_plain(key, matrix, PLAIN);
    lv_matrix_free(matrix);
    lv_masks_free(read);
    lv_masks_free(masks);
    lv_buffer_wipe(&before);
    lv_buffer_wipe(&bytes);
    lv_buffer_wipe(&again);
    lv_key_free(key);
}

static void expect_bad(lv_buffer *bytes, size_t len, lv_status expected)
{
    lv_masks *read = (lv_masks *)bytes;
    lv_error err = {{0}};
    assert_int_equal(
        lv_masks_decode(lv_suite_find("paillier"), (lv_bytes){bytes->data, len}, &read, &err),
        expected);
    assert_null(read);
    assert_string_not_equal(err.text, "");
}

static void test_what_holds_no_masks_is_refused(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(258);
    lv_masks *masks = make_masks(key, 2);
    lv_buffer bytes = {0};
    assert_int_equal(lv_masks_encode(masks, &bytes), LV_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        expect_bad(&bytes, len, LV_E_SYNTAX);
    }
    bytes.data[3] = 3; /* masks it announces */
    expect_bad(&bytes, bytes.len, LV_E_SYNTAX);
    bytes.data[3] = 2;
    bytes.data[0] = 1;
    expect_bad(&bytes, bytes.len, LV_E_SYNTAX);
    bytes.data[0] = 0;
    bytes.data[7] ^= 1; /* bits of n */
    expect_bad(&bytes, bytes.len, LV_E_SYNTAX);
    bytes.data[7] ^= 1;
    bytes.data[40] ^= 1; /* n even */
    expect_bad(&bytes, bytes.len, LV_E_SYNTAX);
    bytes.data[40] ^= 1;
    memset(bytes.data + 41, 0xff, 66); /* above n^2 */
    expect_bad(&bytes, bytes.len, LV_INVALID);
    lv_buffer_wipe(&bytes);
    lv_masks_free(masks);
    lv_key_free(key);
}

/* Fails at one call, counted from 0. */
typedef struct {
    unsigned calls;
    unsigned fails_at;
} failing;

static lv_status failing_fill(void *context, uint8_t *out, size_t len)
{
    failing *rng = context;
    return rng->calls++ == rng->fails_at ? LV_E_RANDOM : lv_rng_fill(NULL, out, len);
}

static void test_no_masks_without_randomness(void **state)
{
    (void)state;
    lv_secret_key *key = small_key(BITS);
    failing source = {.fails_at = UINT32_MAX};
    lv_rng rng = {.fill = failing_fill, .context = &source};
    lv_job job = {.rng = &rng};
    lv_masks *masks = NULL;
    assert_int_equal(lv_masks_make(key, 3, &job, &masks, NULL), LV_OK);
    lv_masks_free(masks);
    unsigned calls = source.calls;
    assert_int_equal(calls, 6);
    for (unsigned i = 0; i < calls; i++) {
        source = (failing){.fails_at = i};
        masks = (lv_masks *)&job;
        assert_int_equal(lv_masks_make(key, 3, &job, &masks, NULL), LV_E_RANDOM);
        assert_null(masks);
    }
    lv_key_free(key);
}

static void test_other_suites_have_none(void **state)
{
    (void)state;
    for (size_t i = 0; lv_suite_at(i) != NULL; i++) {
        const lv_suite *suite = lv_suite_at(i);
        lv_masks *masks = NULL;
        lv_secret_key *key = NULL;
        if (lv_suite_has_masks(suite)) {
            continue;
        }
        assert_int_equal(lv_key_generate(suite, lv_suite_default_key_bits(suite), NULL, &key, NULL),
                         LV_OK);
        assert_int_equal(lv_masks_make(key, 1, NULL, &masks, NULL), LV_E_ARGUMENT);
        assert_int_equal(lv_masks_decode(suite, (lv_bytes){NULL, 0}, &masks, NULL), LV_E_ARGUMENT);
        assert_null(masks);
        lv_key_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_come_back),
        cmocka_unit_test(test_no_mask_serves_twice),
        cmocka_unit_test(test_too_few_are_left_alone),
        cmocka_unit_test(test_encoding_round_trip),
        cmocka_unit_test(test_what_holds_no_masks_is_refused),
        cmocka_unit_test(test_no_masks_without_randomness),
        cmocka_unit_test(test_other_suites_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
