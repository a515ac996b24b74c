/* The one-of-many proof of suite ristretto255: for every index, and for no row without a zero, no
 * other row, set or channel, in one encoding only, and with nothing that tells the index. */
#include "unit/proof/branches.h"

enum { WIDTH = 8, PROOF_LEN = WIDTH * BRANCH_LEN };

/* Row i of z has its zero in column i: 0 < 2^(7 - i). No row of `falls` has one. */
typedef struct {
    lv_secret_key *key;
    lv_matrix *z;
    lv_matrix *falls;
    lv_buffer proof[WIDTH];
} fixture;

static lv_matrix *encrypt(const lv_secret_key *key, const uint8_t *bits, size_t rows,
                          unsigned width)
{
    lv_bits plain = {.pairs = rows, .width = width, .bits = (uint8_t *)(uintptr_t)bits};
    lv_matrix *matrix = NULL;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &matrix, NULL), LV_OK);
    return matrix;
}

static lv_matrix *combine_rises(const lv_secret_key *key, unsigned width, lv_formula formula)
{
    static uint8_t zeros[LV_WIDTH_MAX * LV_WIDTH_MAX];
    uint8_t ones[LV_WIDTH_MAX * LV_WIDTH_MAX] = {0};
    lv_matrix *z = NULL;
    for (size_t i = 0; i < width; i++) {
        ones[i * width + i] = 1;
    }
    lv_matrix *x = encrypt(key, zeros, width, width);
    lv_matrix *y = encrypt(key, ones, width, width);
    assert_int_equal(lv_combine(lv_key_public(key), x, y, y, formula, 0, width, NULL, &z, NULL),
                     LV_OK);
    lv_matrix_free(x);
    lv_matrix_free(y);
    return z;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_ristretto_key();
    f->z = combine_rises(f->key, WIDTH, LV_RISE);
    f->falls = combine_rises(f->key, WIDTH, LV_FALL);
    for (size_t i = 0; i < WIDTH; i++) {
        assert_int_equal(lv_one_of_prove(f->key, f->z, i, &PROOF_CONTEXT, NULL, &f->proof[i], NULL),
                         LV_OK);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_key_free(f->key);
    lv_matrix_free(f->z);
    lv_matrix_free(f->falls);
    for (size_t i = 0; i < WIDTH; i++) {
        lv_buffer_free(&f->proof[i]);
    }
    free(f);
    return 0;
}

static lv_status verify(const fixture *f, const lv_matrix *z, size_t row, const lv_buffer *proof)
{
    lv_error err = {{0}};
    lv_status status = lv_one_of_verify(lv_key_public(f->key), z, row, &PROOF_CONTEXT,
                                        lv_buffer_view(proof), &err);
    assert_int_equal(err.text[0] != '\0', status != LV_OK);
    return status;
}

static void test_every_index_is_proved_alike(void **state)
{
    const fixture *f = *state;
    lv_public_key *key = NULL;
    lv_buffer bytes = {0};
    assert_int_equal(lv_public_encode(lv_key_public(f->key), &bytes), LV_OK);
    assert_int_equal(
        lv_public_decode(lv_suite_find("ristretto255"), lv_buffer_view(&bytes), &key, NULL), LV_OK);
    for (size_t i = 0; i < WIDTH; i++) {
        assert_int_equal(f->proof[i].len, PROOF_LEN);
        /* by whoever has the public key alone */
        assert_int_equal(
            lv_one_of_verify(key, f->z, i, &PROOF_CONTEXT, lv_buffer_view(&f->proof[i]), NULL),
            LV_OK);
    }
    lv_public_free(key);
    lv_buffer_free(&bytes);
}

static void test_numbers_do_not_tell_the_index(void **state)
{
    enum { PROOFS = 150, NARROW = 3 };
    (void)state;
    lv_secret_key *key = make_ristretto_key();
    lv_matrix *z = combine_rises(key, NARROW, LV_RISE);
    for (size_t i = 0; i < NARROW; i++) {
        looks seen = {.count = NARROW};
        for (int round = 0; round < PROOFS; round++) {
            lv_buffer proof = {0};
            assert_int_equal(lv_one_of_prove(key, z, i, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
            look(&seen, proof.data);
            lv_buffer_free(&proof);
        }
        expect_alike(&seen);
    }
    lv_matrix_free(z);
    lv_key_free(key);
}

static void test_corner_widths(void **state)
{
    const unsigned widths[] = {1, 2, 9, 62};
    (void)state;
    lv_secret_key *key = make_ristretto_key();
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        lv_matrix *z = combine_rises(key, widths[i], LV_RISE);
        const size_t rows[] = {0, widths[i] - 1};
        for (size_t j = 0; j < 2; j++) {
            lv_buffer proof = {0};
            assert_int_equal(lv_one_of_prove(key, z, rows[j], &PROOF_CONTEXT, NULL, &proof, NULL),
                             LV_OK);
            assert_int_equal(proof.len, widths[i] * BRANCH_LEN);
            assert_int_equal(lv_one_of_verify(lv_key_public(key), z, rows[j], &PROOF_CONTEXT,
                                              lv_buffer_view(&proof), NULL),
                             LV_OK);
            lv_buffer_free(&proof);
        }
        lv_matrix_free(z);
    }
    lv_key_free(key);
}

/* Every zero may be the one that is shown: bits themselves, all that have one. */
static void test_rows_of_many_zeros(void **state)
{
    (void)state;
    uint8_t bits[16 * 4];
    lv_secret_key *key = make_ristretto_key();
    for (size_t i = 0; i < sizeof bits; i++) {
        bits[i] = (uint8_t)(i / 4 >> i % 4 & 1);
    }
    lv_matrix *z = encrypt(key, bits, 16, 4);
    for (size_t row = 0; row < 16; row++) {
        lv_buffer proof = {0};
        lv_status status = lv_one_of_prove(key, z, row, &PROOF_CONTEXT, NULL, &proof, NULL);
        assert_int_equal(status, row == 15 ? LV_REFUSED : LV_OK);
        assert_int_equal(proof.len, row == 15 ? 0 : 4 * BRANCH_LEN);
        assert_int_equal(lv_one_of_verify(lv_key_public(key), z, row, &PROOF_CONTEXT,
                                          lv_buffer_view(&proof), NULL),
                         row == 15 ? LV_INVALID : LV_OK);
        lv_buffer_free(&proof);
    }
    lv_matrix_free(z);
    lv_key_free(key);
}

/* What the header says, computed by another library. */
static void test_the_model_agrees(void **state)
{
    fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer cells = {0};
    assert_int_equal(lv_matrix_encode(f->z, &cells), LV_OK);
    for (size_t row = 0; row < WIDTH; row++) {
        uint8_t seed[LV_SEED_LEN];
        const uint8_t *row_cells = cells.data + row * WIDTH * CELL_LEN;
        lv_buffer statement = {0};
        assert_int_equal(
            lv_transcript_seed("lotveil/v1/proof/ristretto255-one-of", &PROOF_CONTEXT, key, seed),
            LV_OK);
        assert_int_equal(lv_buffer_append(&statement, seed, sizeof seed), LV_OK);
        append_u32(&statement, (uint32_t)row);
        append_u32(&statement, WIDTH);
        assert_int_equal(lv_buffer_append(&statement, row_cells, (size_t)WIDTH * CELL_LEN), LV_OK);
        assert_true(
            model_holds(key, lv_buffer_view(&statement), row_cells, WIDTH, f->proof[row].data));
        flip(&f->proof[row], 3, 1);
        assert_false(
            model_holds(key, lv_buffer_view(&statement), row_cells, WIDTH, f->proof[row].data));
        lv_buffer_free(&statement);
    }
    lv_buffer_free(&cells);
}

static void test_a_row_without_zero_is_not_proved(void **state)
{
    const fixture *f = *state;
    for (size_t row = 0; row < WIDTH; row++) {
        lv_buffer proof = {0};
        lv_error err = {{0}};
        assert_int_equal(lv_one_of_prove(f->key, f->falls, row, &PROOF_CONTEXT, NULL, &proof, &err),
                         LV_REFUSED);
        assert_int_equal(proof.len, 0);
        assert_non_null(strstr(err.text, "decrypts to zero"));
        assert_int_equal(verify(f, f->falls, row, &f->proof[row]), LV_INVALID);
    }
}

/* All branches simulated, as anybody can: their challenges do not sum to the hash. */
static void test_simulated_branches_alone_do_not_hold(void **state)
{
    const fixture *f = *state;
    lv_buffer proof = {0};
    uint8_t *place = NULL;
    assert_int_equal(lv_buffer_extend(&proof, PROOF_LEN, &place), LV_OK);
    for (size_t i = 0; i < 2 * (size_t)WIDTH; i++) {
        crypto_core_ristretto255_scalar_random(place + i * NUMBER_LEN);
    }
    assert_int_equal(verify(f, f->z, 0, &proof), LV_INVALID);
    assert_int_equal(verify(f, f->falls, 0, &proof), LV_INVALID);
    memset(place, 0, PROOF_LEN);
    assert_int_equal(verify(f, f->z, 0, &proof), LV_INVALID);
    lv_buffer_free(&proof);
}

static void test_another_row_is_seen(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < WIDTH; i++) {
        for (size_t row = 0; row <= WIDTH; row++) {
            assert_int_equal(verify(f, f->z, row, &f->proof[i]), row == i ? LV_OK : LV_INVALID);
        }
    }
}

/* The same ciphertexts, the row of them moved or one of them replaced: also one that is not zero.
 */
static void test_other_ciphertexts_are_seen(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    const size_t row_len = (size_t)WIDTH * CELL_LEN;
    lv_buffer bytes = {0};
    lv_matrix *other = NULL;
    assert_int_equal(lv_matrix_encode(f->z, &bytes), LV_OK);
    memcpy(bytes.data + row_len, bytes.data, row_len); /* row 0 is row 1 as well */
    assert_int_equal(lv_matrix_decode(key, WIDTH, WIDTH, lv_buffer_view(&bytes), &other, NULL),
                     LV_OK);
    assert_int_equal(verify(f, other, 0, &f->proof[0]), LV_OK);
    assert_int_equal(verify(f, other, 1, &f->proof[0]), LV_INVALID);
    lv_matrix_free(other);
    for (size_t column = 0; column < WIDTH; column++) {
        uint8_t *cell = bytes.data + column * CELL_LEN;
        uint8_t kept[CELL_LEN];
        memcpy(kept, cell, sizeof kept);
        memcpy(cell, bytes.data + 3 * row_len + (size_t)3 * CELL_LEN, sizeof kept); /* a zero */
        assert_int_equal(lv_matrix_decode(key, WIDTH, WIDTH, lv_buffer_view(&bytes), &other, NULL),
                         LV_OK);
        assert_int_equal(verify(f, other, 0, &f->proof[0]), LV_INVALID);
        lv_matrix_free(other);
        memcpy(cell, kept, sizeof kept);
    }
    lv_buffer_free(&bytes);
}

/* Narrower and wider rows that hold the zero. */
static void test_another_width_is_seen(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer bytes = {0};
    assert_int_equal(lv_matrix_encode(f->z, &bytes), LV_OK);
    for (unsigned width = 1; width <= 2 * WIDTH; width++) {
        lv_matrix *other = NULL;
        assert_int_equal(lv_matrix_decode(key, 1, width,
                                          (lv_bytes){bytes.data, (size_t)width * CELL_LEN}, &other,
                                          NULL),
                         LV_OK);
        assert_int_equal(verify(f, other, 0, &f->proof[0]), width == WIDTH ? LV_OK : LV_INVALID);
        /* and a proof cut to it */
        lv_bytes cut = {f->proof[0].data, (width < WIDTH ? width : WIDTH) * (size_t)BRANCH_LEN};
        assert_int_equal(lv_one_of_verify(key, other, 0, &PROOF_CONTEXT, cut, NULL),
                         width == WIDTH ? LV_OK : LV_INVALID);
        lv_matrix_free(other);
    }
    lv_buffer_free(&bytes);
}

static void test_every_changed_byte_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PROOF_LEN; i++) {
        flip(&f->proof[2], i, i % 8);
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        flip(&f->proof[2], i, i % 8);
    }
    assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_OK);
}

static void test_changed_sums_and_branches_are_seen(void **state)
{
    fixture *f = *state;
    uint8_t *proof = f->proof[2].data;
    uint8_t kept[PROOF_LEN];
    memcpy(kept, proof, sizeof kept);
    for (size_t j = 0; j < WIDTH; j++) {
        uint8_t *branch = proof + j * (size_t)BRANCH_LEN;
        uint8_t *next = proof + (j + 1) % WIDTH * (size_t)BRANCH_LEN;
        add_small(branch, 1); /* the sum is off by one */
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        crypto_core_ristretto255_scalar_sub(branch, branch, (const uint8_t[NUMBER_LEN]){2});
        add_small(next, 1); /* the sum is right: one less here, one more there */
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        memcpy(proof, kept, sizeof kept);
        add_small(branch + NUMBER_LEN, 1);
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        memcpy(proof, kept, sizeof kept);
        exchange(branch, next, BRANCH_LEN);
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        exchange(branch, next, BRANCH_LEN);
        exchange(branch, next, NUMBER_LEN); /* the challenges alone */
        assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_INVALID);
        memcpy(proof, kept, sizeof kept);
    }
    assert_int_equal(verify(f, f->z, 2, &f->proof[2]), LV_OK);
}

static void test_non_canonical_numbers_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t at = 0; at < PROOF_LEN; at += NUMBER_LEN) {
        uint8_t kept[NUMBER_LEN];
        memcpy(kept, f->proof[1].data + at, sizeof kept);
        add_order(f->proof[1].data + at);
        assert_int_equal(verify(f, f->z, 1, &f->proof[1]), LV_INVALID);
        memset(f->proof[1].data + at, 0xff, sizeof kept);
        assert_int_equal(verify(f, f->z, 1, &f->proof[1]), LV_INVALID);
        memcpy(f->proof[1].data + at, kept, sizeof kept);
    }
    assert_int_equal(verify(f, f->z, 1, &f->proof[1]), LV_OK);
}

static void test_wrong_lengths_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t len = 0; len < PROOF_LEN; len++) {
        assert_int_equal(lv_one_of_verify(lv_key_public(f->key), f->z, 0, &PROOF_CONTEXT,
                                          (lv_bytes){f->proof[0].data, len}, NULL),
                         LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&f->proof[0], f->proof[0].data, BRANCH_LEN), LV_OK);
    assert_int_equal(verify(f, f->z, 0, &f->proof[0]), LV_INVALID);
}

static void test_another_context_is_seen(void **state)
{
    const fixture *f = *state;
    for (int i = 0; i < OTHER_CONTEXTS; i++) {
        const lv_proof_context other = other_context(i);
        assert_int_equal(lv_one_of_verify(lv_key_public(f->key), f->z, 0, &other,
                                          lv_buffer_view(&f->proof[0]), NULL),
                         LV_INVALID);
    }
}

static void test_another_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_ristretto_key();
    lv_secret_key *paillier = make_key(KEY_BITS);
    lv_buffer proof = {0};
    assert_int_equal(lv_one_of_verify(lv_key_public(other), f->z, 0, &PROOF_CONTEXT,
                                      lv_buffer_view(&f->proof[0]), NULL),
                     LV_INVALID);
    assert_int_equal(lv_one_of_prove(other, f->z, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_REFUSED);
    assert_int_equal(lv_one_of_prove(paillier, f->z, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_one_of_prove(f->key, f->z, WIDTH, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_one_of_verify(lv_key_public(paillier), f->z, 0, &PROOF_CONTEXT,
                                      lv_buffer_view(&f->proof[0]), NULL),
                     LV_INVALID);
    assert_int_equal(proof.len, 0);
    lv_key_free(paillier);
    lv_key_free(other);
}

static void test_a_zero_proof_is_none_of_many(void **state)
{
    const fixture *f = *state;
    lv_matrix *z = combine_rises(f->key, 1, LV_RISE);
    lv_buffer proof = {0};
    assert_int_equal(lv_zero_prove(f->key, z, 0, 0, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(proof.len, BRANCH_LEN);
    assert_int_equal(verify(f, z, 0, &proof), LV_INVALID);
    proof.len = 0;
    assert_int_equal(lv_one_of_prove(f->key, z, 0, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(lv_zero_verify(lv_key_public(f->key), z, 0, 0, &PROOF_CONTEXT,
                                    lv_buffer_view(&proof), NULL),
                     LV_INVALID);
    lv_buffer_free(&proof);
    lv_matrix_free(z);
}

static void test_no_proof_without_randomness(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = no_fill};
    lv_job job = {.rng = &rng};
    lv_buffer proof = {0};
    lv_error err = {{0}};
    assert_int_equal(lv_one_of_prove(f->key, f->z, 0, &PROOF_CONTEXT, &job, &proof, &err),
                     LV_E_RANDOM);
    assert_int_equal(proof.len, 0);
    assert_string_not_equal(err.text, "");
}

/* k = t - c s of the branch that holds differs from statement to statement, whatever the
 * generator does; and so does what is drawn for the others. */
static void test_a_stuck_generator_does_not_repeat_nonces(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = stuck_fill};
    lv_job job = {.rng = &rng};
    const lv_proof_context other = other_context(5);
    lv_buffer proof[2] = {{0}};
    lv_buffer secret = {0};
    uint8_t nonce[2][NUMBER_LEN];
    assert_int_equal(lv_key_encode(f->key, &secret), LV_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lv_one_of_prove(f->key, f->z, 0, i == 0 ? &PROOF_CONTEXT : &other, &job,
                                         &proof[i], NULL),
                         LV_OK);
        crypto_core_ristretto255_scalar_mul(nonce[i], proof[i].data, secret.data);
        crypto_core_ristretto255_scalar_sub(nonce[i], proof[i].data + NUMBER_LEN, nonce[i]);
    }
    assert_memory_not_equal(nonce[0], nonce[1], sizeof nonce[0]);
    for (size_t i = 0; i < PROOF_LEN; i += NUMBER_LEN) {
        assert_memory_not_equal(proof[0].data + i, proof[1].data + i, NUMBER_LEN);
    }
    lv_buffer_wipe(&secret);
    lv_buffer_free(&proof[0]);
    lv_buffer_free(&proof[1]);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_index_is_proved_alike),
        cmocka_unit_test(test_numbers_do_not_tell_the_index),
        cmocka_unit_test(test_corner_widths),
        cmocka_unit_test(test_rows_of_many_zeros),
        CASE(test_the_model_agrees),
        CASE(test_a_row_without_zero_is_not_proved),
        CASE(test_simulated_branches_alone_do_not_hold),
        CASE(test_another_row_is_seen),
        CASE(test_other_ciphertexts_are_seen),
        CASE(test_another_width_is_seen),
        CASE(test_every_changed_byte_is_seen),
        CASE(test_changed_sums_and_branches_are_seen),
        CASE(test_non_canonical_numbers_are_seen),
        CASE(test_wrong_lengths_are_seen),
        CASE(test_another_context_is_seen),
        CASE(test_another_key_is_seen),
        CASE(test_a_zero_proof_is_none_of_many),
        CASE(test_no_proof_without_randomness),
        CASE(test_a_stuck_generator_does_not_repeat_nonces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
