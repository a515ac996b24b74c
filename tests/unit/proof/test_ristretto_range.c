/* The range proof of suite ristretto255: for each number from one to the bound and no other, of no
 * other ciphertext, bound, set or channel, and with nothing that tells the number. */
#include "unit/proof/branches.h"

enum { WIDTH = 5, ROWS = WIDTH + 1, PROOF_LEN = WIDTH * BRANCH_LEN };

/* Row m of `sums` is the sum of m ones. `falls` has -2 and more in its columns. */
typedef struct {
    lv_secret_key *key;
    lv_matrix *sums;
    lv_matrix *falls;
    lv_buffer proof[ROWS]; /* of row m; empty for 0 */
} fixture;

static lv_matrix *make_sums(const lv_secret_key *key, unsigned width, lv_formula formula)
{
    uint8_t bits[(LV_WIDTH_MAX + 1) * LV_WIDTH_MAX];
    uint8_t zeros[(LV_WIDTH_MAX + 1) * LV_WIDTH_MAX] = {0};
    const size_t rows = (size_t)width + 1;
    for (size_t i = 0; i < rows * width; i++) {
        bits[i] = i % width < i / width ? 1 : 0;
    }
    lv_bits plain = {.pairs = rows, .width = width, .bits = bits};
    lv_bits nothing = {.pairs = rows, .width = width, .bits = zeros};
    lv_matrix *w = NULL;
    lv_matrix *x = NULL;
    lv_matrix *z = NULL;
    assert_int_equal(lv_encrypt(key, &plain, NULL, &w, NULL), LV_OK);
    assert_int_equal(lv_encrypt(key, &nothing, NULL, &x, NULL), LV_OK);
    assert_int_equal(lv_combine(lv_key_public(key), x, w, w, formula, 0, rows, NULL, &z, NULL),
                     LV_OK);
    lv_matrix_free(w);
    lv_matrix_free(x);
    return z;
}

static lv_status prove(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned bound,
                       lv_buffer *proof)
{
    return lv_range_prove(key, z, row, 0, bound, &PROOF_CONTEXT, NULL, proof, NULL);
}

static lv_status verify(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned bound,
                        const lv_buffer *proof)
{
    lv_error err = {{0}};
    lv_status status = lv_range_verify(lv_key_public(key), z, row, 0, bound, &PROOF_CONTEXT,
                                       lv_buffer_view(proof), &err);
    assert_int_equal(err.text[0] != '\0', status != LV_OK);
    return status;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_ristretto_key();
    f->sums = make_sums(f->key, WIDTH, LV_EQUAL);
    f->falls = make_sums(f->key, WIDTH, LV_FALL);
    for (size_t row = 1; row < ROWS; row++) {
        assert_int_equal(prove(f->key, f->sums, row, WIDTH, &f->proof[row]), LV_OK);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_key_free(f->key);
    lv_matrix_free(f->sums);
    lv_matrix_free(f->falls);
    for (size_t row = 0; row < ROWS; row++) {
        lv_buffer_free(&f->proof[row]);
    }
    free(f);
    return 0;
}

/* Every sum against every bound: what is one of 1 .. bound and nothing else. */
static void test_all_sums_and_bounds(void **state)
{
    const fixture *f = *state;
    for (size_t row = 0; row < ROWS; row++) {
        for (unsigned bound = 1; bound <= WIDTH; bound++) {
            lv_buffer proof = {0};
            const bool within = row >= 1 && row <= bound;
            assert_int_equal(prove(f->key, f->sums, row, bound, &proof),
                             within ? LV_OK : LV_REFUSED);
            assert_int_equal(proof.len, within ? bound * (size_t)BRANCH_LEN : 0);
            assert_int_equal(verify(f->key, f->sums, row, bound, &proof),
                             within ? LV_OK : LV_INVALID);
            lv_buffer_free(&proof);
        }
    }
}

/* -1, -2 and numbers beyond the bound, of the formulas. */
static void test_other_numbers_are_refused(void **state)
{
    const fixture *f = *state;
    lv_buffer proof = {0};
    lv_error err = {{0}};
    for (unsigned column = 0; column < WIDTH; column++) {
        /* 0 - 1 - 1 + 3 column in the last row */
        const int value = 3 * (int)column - 2;
        assert_int_equal(
            lv_range_prove(f->key, f->falls, WIDTH, column, 3, &PROOF_CONTEXT, NULL, &proof, &err),
            value >= 1 && value <= 3 ? LV_OK : LV_REFUSED);
        assert_int_equal(proof.len, value >= 1 && value <= 3 ? 3 * BRANCH_LEN : 0);
        proof.len = 0;
    }
    assert_string_not_equal(err.text, "");
    lv_buffer_free(&proof);
}

static void test_corner_widths(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 2, 62};
    lv_secret_key *key = make_ristretto_key();
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        lv_matrix *sums = make_sums(key, widths[i], LV_EQUAL);
        const size_t rows[] = {1, widths[i]};
        for (size_t j = 0; j < 2; j++) {
            lv_buffer proof = {0};
            assert_int_equal(prove(key, sums, rows[j], widths[i], &proof), LV_OK);
            assert_int_equal(verify(key, sums, rows[j], widths[i], &proof), LV_OK);
            lv_buffer_free(&proof);
        }
        lv_matrix_free(sums);
    }
    lv_key_free(key);
}

static void test_numbers_do_not_tell_the_sum(void **state)
{
    enum { PROOFS = 150, BOUND = 3 };
    const fixture *f = *state;
    for (size_t row = 1; row <= BOUND; row++) {
        looks seen = {.count = BOUND};
        for (int round = 0; round < PROOFS; round++) {
            lv_buffer proof = {0};
            assert_int_equal(prove(f->key, f->sums, row, BOUND, &proof), LV_OK);
            look(&seen, proof.data);
            lv_buffer_free(&proof);
        }
        expect_alike(&seen);
    }
}

/* What the header says, computed by another library. */
static void test_the_model_agrees(void **state)
{
    fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer all = {0};
    assert_int_equal(lv_matrix_encode(f->sums, &all), LV_OK);
    for (size_t row = 1; row < ROWS; row++) {
        uint8_t seed[LV_SEED_LEN];
        uint8_t cells[WIDTH][CELL_LEN];
        const uint8_t *cell = all.data + row * CELL_LEN;
        lv_buffer statement = {0};
        for (size_t m = 0; m < WIDTH; m++) {
            uint8_t number[NUMBER_LEN] = {(uint8_t)(m + 1)};
            memcpy(cells[m], cell, CELL_LEN);
            assert_int_equal(crypto_scalarmult_ristretto255_base(seed, number), 0);
            assert_int_equal(
                crypto_core_ristretto255_sub(cells[m] + NUMBER_LEN, cell + NUMBER_LEN, seed), 0);
        }
        assert_int_equal(
            lv_transcript_seed("lotveil/v1/proof/ristretto255-range", &PROOF_CONTEXT, key, seed),
            LV_OK);
        assert_int_equal(lv_buffer_append(&statement, seed, sizeof seed), LV_OK);
        append_u32(&statement, (uint32_t)row);
        append_u32(&statement, 0);
        append_u32(&statement, WIDTH);
        assert_int_equal(lv_buffer_append(&statement, cell, CELL_LEN), LV_OK);
        assert_true(
            model_holds(key, lv_buffer_view(&statement), cells[0], WIDTH, f->proof[row].data));
        flip(&f->proof[row], 3, 1);
        assert_false(
            model_holds(key, lv_buffer_view(&statement), cells[0], WIDTH, f->proof[row].data));
        lv_buffer_free(&statement);
    }
    lv_buffer_free(&all);
}

static void test_another_row_or_column_is_seen(void **state)
{
    const fixture *f = *state;
    const lv_public_key *key = lv_key_public(f->key);
    lv_buffer bytes = {0};
    lv_matrix *moved = NULL;
    for (size_t i = 1; i < ROWS; i++) {
        for (size_t row = 0; row <= ROWS; row++) {
            assert_int_equal(verify(f->key, f->sums, row, WIDTH, &f->proof[i]),
                             row == i ? LV_OK : LV_INVALID);
        }
    }
    /* the same ciphertext elsewhere */
    assert_int_equal(lv_matrix_encode(f->sums, &bytes), LV_OK);
    memcpy(bytes.data, bytes.data + CELL_LEN, CELL_LEN);
    memcpy(bytes.data + (size_t)2 * CELL_LEN, bytes.data, CELL_LEN);
    memcpy(bytes.data + (size_t)3 * CELL_LEN, bytes.data, CELL_LEN);
    assert_int_equal(
        lv_matrix_decode(key, 2, 2, (lv_bytes){bytes.data, (size_t)4 * CELL_LEN}, &moved, NULL),
        LV_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(lv_range_verify(key, moved, i / 2, i % 2, WIDTH, &PROOF_CONTEXT,
                                         lv_buffer_view(&f->proof[1]), NULL),
                         i == 2 ? LV_OK : LV_INVALID);
    }
    lv_matrix_free(moved);
    lv_buffer_free(&bytes);
}

static void test_another_bound_is_seen(void **state)
{
    const fixture *f = *state;
    const unsigned bounds[] = {0, 1, 2, 3, 4, 6, 7, 62, 63, UINT32_MAX};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        lv_buffer proof = {0};
        size_t kept = bounds[i] < WIDTH ? bounds[i] * (size_t)BRANCH_LEN : PROOF_LEN;
        assert_int_equal(verify(f->key, f->sums, 1, bounds[i], &f->proof[1]), LV_INVALID);
        /* and a proof cut to it, or filled up */
        assert_int_equal(lv_buffer_append(&proof, f->proof[1].data, kept), LV_OK);
        if (bounds[i] > WIDTH && bounds[i] < LV_RANGE_MAX) {
            uint8_t *place = NULL;
            size_t more = (bounds[i] - WIDTH) * (size_t)BRANCH_LEN;
            assert_int_equal(lv_buffer_extend(&proof, more, &place), LV_OK);
            memset(place, 0, more);
        }
        assert_int_equal(verify(f->key, f->sums, 1, bounds[i], &proof), LV_INVALID);
        lv_buffer_free(&proof);
    }
    lv_buffer nothing = {0};
    assert_int_equal(prove(f->key, f->sums, 1, 0, &nothing), LV_E_ARGUMENT);
    assert_int_equal(prove(f->key, f->sums, 1, LV_RANGE_MAX + 1, &nothing), LV_E_ARGUMENT);
    assert_int_equal(nothing.len, 0);
}

static void test_every_changed_byte_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PROOF_LEN; i++) {
        flip(&f->proof[2], i, i % 8);
        assert_int_equal(verify(f->key, f->sums, 2, WIDTH, &f->proof[2]), LV_INVALID);
        flip(&f->proof[2], i, i % 8);
    }
    for (size_t at = 0; at < PROOF_LEN; at += NUMBER_LEN) {
        uint8_t kept[NUMBER_LEN];
        memcpy(kept, f->proof[2].data + at, sizeof kept);
        add_order(f->proof[2].data + at);
        assert_int_equal(verify(f->key, f->sums, 2, WIDTH, &f->proof[2]), LV_INVALID);
        memcpy(f->proof[2].data + at, kept, sizeof kept);
    }
    assert_int_equal(verify(f->key, f->sums, 2, WIDTH, &f->proof[2]), LV_OK);
}

static void test_wrong_lengths_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t len = 0; len < PROOF_LEN; len++) {
        assert_int_equal(lv_range_verify(lv_key_public(f->key), f->sums, 1, 0, WIDTH,
                                         &PROOF_CONTEXT, (lv_bytes){f->proof[1].data, len}, NULL),
                         LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&f->proof[1], "", 1), LV_OK);
    assert_int_equal(verify(f->key, f->sums, 1, WIDTH, &f->proof[1]), LV_INVALID);
}

static void test_another_context_or_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_ristretto_key();
    lv_secret_key *paillier = make_key(KEY_BITS);
    lv_buffer proof = {0};
    for (int i = 0; i < OTHER_CONTEXTS; i++) {
        const lv_proof_context context = other_context(i);
        assert_int_equal(lv_range_verify(lv_key_public(f->key), f->sums, 1, 0, WIDTH, &context,
                                         lv_buffer_view(&f->proof[1]), NULL),
                         LV_INVALID);
    }
    assert_int_equal(verify(other, f->sums, 1, WIDTH, &f->proof[1]), LV_INVALID);
    assert_int_equal(verify(paillier, f->sums, 1, WIDTH, &f->proof[1]), LV_INVALID);
    assert_int_equal(prove(other, f->sums, 1, WIDTH, &proof), LV_REFUSED);
    assert_int_equal(prove(paillier, f->sums, 1, WIDTH, &proof), LV_E_ARGUMENT);
    assert_int_equal(prove(f->key, f->sums, ROWS, WIDTH, &proof), LV_E_ARGUMENT);
    assert_int_equal(proof.len, 0);
    lv_key_free(paillier);
    lv_key_free(other);
}

/* One-of-many proofs of the same ciphertext are about zero, not about one. */
static void test_a_one_of_many_proof_is_no_range(void **state)
{
    const fixture *f = *state;
    lv_buffer proof = {0};
    assert_int_equal(lv_one_of_prove(f->key, f->sums, 0, &PROOF_CONTEXT, NULL, &proof, NULL),
                     LV_OK);
    assert_int_equal(verify(f->key, f->sums, 0, 1, &proof), LV_INVALID);
    proof.len = 0;
    assert_int_equal(prove(f->key, f->sums, 1, 1, &proof), LV_OK);
    assert_int_equal(lv_one_of_verify(lv_key_public(f->key), f->sums, 1, &PROOF_CONTEXT,
                                      lv_buffer_view(&proof), NULL),
                     LV_INVALID);
    lv_buffer_free(&proof);
}

static void test_no_proof_without_randomness(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = no_fill};
    lv_job job = {.rng = &rng};
    lv_buffer proof = {0};
    lv_error err = {{0}};
    assert_int_equal(
        lv_range_prove(f->key, f->sums, 1, 0, WIDTH, &PROOF_CONTEXT, &job, &proof, &err),
        LV_E_RANDOM);
    assert_int_equal(proof.len, 0);
    assert_string_not_equal(err.text, "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_all_sums_and_bounds),
        CASE(test_other_numbers_are_refused),
        cmocka_unit_test(test_corner_widths),
        CASE(test_numbers_do_not_tell_the_sum),
        CASE(test_the_model_agrees),
        CASE(test_another_row_or_column_is_seen),
        CASE(test_another_bound_is_seen),
        CASE(test_every_changed_byte_is_seen),
        CASE(test_wrong_lengths_are_seen),
        CASE(test_another_context_or_key_is_seen),
        CASE(test_a_one_of_many_proof_is_no_range),
        CASE(test_no_proof_without_randomness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
