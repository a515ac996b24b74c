/* The bit proofs of suite ristretto255: only for bits, only of those ciphertexts, in that row, set
 * and channel, only in one encoding; and what the four statements say together. */
#include "proof/ristretto_bits.h"
#include "unit/proof/support.h"
#include <sodium.h>

enum {
    WIDTH = 3,
    ROWS = 8,
    PROOF_ROOM = 32 * 64 * 8, /* more than any proof here */
    CELLS = ROWS * WIDTH,
    POINT_PART = LV_BITS_POINTS * 32,
    STATEMENTS = 4,
};

static const lv_bits_statement ALL[STATEMENTS] = {LV_BITS_VALUES, LV_BITS_XOR, LV_BITS_BOTH,
                                                  LV_BITS_DISTANCE};

typedef struct {
    lv_secret_key *key;
    const lv_public_key *public_key;
    uint8_t bits[4][CELLS]; /* of x, y, w, d */
    lv_bits given[4];
    lv_matrix *matrix[4];
    lv_bits_matrices of;
    lv_bits_plain plain;
    lv_buffer proof[STATEMENTS];
} fixture;

static lv_secret_key *make_ristretto_key(void)
{
    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_generate(lv_suite_find("ristretto255"), 256, NULL, &key, NULL), LV_OK);
    return key;
}

static size_t part_len(lv_bits_statement statement)
{
    const size_t cells = statement == LV_BITS_VALUES ? (size_t)2 * WIDTH : WIDTH;
    return 32 * (11 + cells);
}

/* All statements together, as a set is made. */
static lv_status prove_together(const fixture *f, const lv_job *job, lv_buffer proof[STATEMENTS],
                                lv_error *err)
{
    lv_bits_wish wish[STATEMENTS];
    for (size_t s = 0; s < STATEMENTS; s++) {
        wish[s] = (lv_bits_wish){ALL[s], &PROOF_CONTEXT, &proof[s]};
    }
    return lv_bits_prove_all(f->key, &f->of, &f->plain, wish, STATEMENTS, job, err);
}

static lv_status prove_into(const fixture *f, lv_bits_statement statement, lv_buffer *proof)
{
    return lv_bits_prove(f->key, statement, &f->of, &f->plain, &PROOF_CONTEXT, NULL, proof, NULL);
}

static lv_status check_in(const fixture *f, lv_bits_statement statement,
                          const lv_proof_context *context, const lv_buffer *proof, lv_error *err)
{
    return lv_bits_verify(f->public_key, statement, &f->of, context, NULL, lv_buffer_view(proof),
                          err);
}

static lv_status check(const fixture *f, lv_bits_statement statement, const lv_buffer *proof)
{
    return check_in(f, statement, &PROOF_CONTEXT, proof, NULL);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->key = make_ristretto_key();
    f->public_key = lv_key_public(f->key);
    randombytes_buf(f->bits, sizeof f->bits);
    for (size_t i = 0; i < CELLS; i++) {
        for (size_t m = 0; m < 4; m++) {
            f->bits[m][i] &= 1;
        }
        f->bits[2][i] = f->bits[0][i] ^ f->bits[1][i];
    }
    for (size_t m = 0; m < 4; m++) {
        f->given[m] = (lv_bits){.pairs = ROWS, .width = WIDTH, .bits = f->bits[m]};
        assert_int_equal(lv_encrypt(f->key, &f->given[m], NULL, &f->matrix[m], NULL), LV_OK);
    }
    f->of = (lv_bits_matrices){f->matrix[0], f->matrix[1], f->matrix[2], f->matrix[3]};
    f->plain = (lv_bits_plain){&f->given[0], &f->given[1], &f->given[2], &f->given[3]};
    assert_int_equal(prove_together(f, NULL, f->proof, NULL), LV_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_key_free(f->key);
    for (size_t i = 0; i < 4; i++) {
        lv_matrix_free(f->matrix[i]);
        lv_buffer_free(&f->proof[i]);
    }
    free(f);
    return 0;
}

/* ---- what holds ---- */

static void test_an_honest_proof_holds(void **state)
{
    const fixture *f = *state;
    assert_true(lv_suite_proves_bits(lv_suite_find("ristretto255")));
    for (size_t i = 0; i < STATEMENTS; i++) {
        assert_int_equal(f->proof[i].len, ROWS * part_len(ALL[i]));
        assert_int_equal(check(f, ALL[i], &f->proof[i]), LV_OK);
    }
}

/* By whoever has the bytes alone, on several processors, with what was encrypted here or read. */
static void test_whoever_reads_the_records_can_check(void **state)
{
    const fixture *f = *state;
    const lv_job job = {.threads = 3};
    lv_buffer bytes = {0};
    lv_public_key *key = NULL;
    lv_matrix *read[4];
    assert_int_equal(lv_public_encode(f->public_key, &bytes), LV_OK);
    assert_int_equal(
        lv_public_decode(lv_suite_find("ristretto255"), lv_buffer_view(&bytes), &key, NULL), LV_OK);
    for (size_t m = 0; m < 4; m++) {
        lv_buffer encoded = {0};
        assert_int_equal(lv_matrix_encode(f->matrix[m], &encoded), LV_OK);
        assert_int_equal(
            lv_matrix_decode(key, ROWS, WIDTH, lv_buffer_view(&encoded), &read[m], NULL), LV_OK);
        lv_buffer_free(&encoded);
    }
    const lv_bits_matrices of = {read[0], read[1], read[2], read[3]};
    for (size_t i = 0; i < STATEMENTS; i++) {
        lv_buffer proof = {0};
        assert_int_equal(lv_bits_verify(key, ALL[i], &of, &PROOF_CONTEXT, &job,
                                        lv_buffer_view(&f->proof[i]), NULL),
                         LV_OK);
        assert_int_equal(
            lv_bits_prove(f->key, ALL[i], &of, &f->plain, &PROOF_CONTEXT, &job, &proof, NULL),
            LV_OK);
        assert_int_equal(check(f, ALL[i], &proof), LV_OK);
        lv_buffer_free(&proof);
    }
    for (size_t m = 0; m < 4; m++) {
        lv_matrix_free(read[m]);
    }
    lv_public_free(key);
    lv_buffer_free(&bytes);
}

/* Rows that fill pieces of work and leave a rest, and the widest. */
static void test_every_shape_holds(void **state)
{
    const fixture *f = *state;
    const struct {
        size_t rows;
        unsigned width;
    } shapes[] = {{1, 1}, {1, LV_WIDTH_MAX}, {9, 2}, {17, 1}, {33, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        uint8_t bits[LV_WIDTH_MAX];
        lv_matrix *m = NULL;
        lv_buffer proof = {0};
        randombytes_buf(bits, sizeof bits);
        for (size_t j = 0; j < sizeof bits; j++) {
            bits[j] &= 1;
        }
        const lv_bits given = {.pairs = shapes[i].rows, .width = shapes[i].width, .bits = bits};
        const lv_bits_plain plain = {.x = &given, .y = &given};
        assert_int_equal(lv_encrypt(f->key, &given, NULL, &m, NULL), LV_OK);
        const lv_bits_matrices of = {.x = m, .y = m};
        assert_int_equal(
            lv_bits_prove(f->key, LV_BITS_VALUES, &of, &plain, &PROOF_CONTEXT, NULL, &proof, NULL),
            LV_OK);
        assert_int_equal(lv_bits_verify(f->public_key, LV_BITS_VALUES, &of, &PROOF_CONTEXT, NULL,
                                        lv_buffer_view(&proof), NULL),
                         LV_OK);
        lv_buffer_free(&proof);
        lv_matrix_free(m);
    }
}

/* ---- what was encrypted ---- */

/* Enc(m) for any number m: C1 = r G, C2 = m G + r P. */
static void put_ciphertext(const fixture *f, int number, uint8_t out[LV_CIPHERTEXT_LEN])
{
    uint8_t wide[LV_SCALAR_WIDE];
    lv_scalar k[2] = {{{0}}, {{(uint64_t)(number < 0 ? -number : number)}}};
    lv_point c[2];
    randombytes_buf(wide, sizeof wide);
    lv_scalar_reduce(&k[0], wide);
    if (number < 0) {
        lv_scalar_negate(&k[1], &k[1]);
    }
    const lv_point points[2] = {*lv_ristretto_point(f->public_key), lv_point_base};
    lv_curve_portable.base_multiply(&c[0], &k[0], 1);
    assert_int_equal(lv_point_multiply_sum_vartime(&c[1], k, points, 2), LV_OK);
    lv_curve_portable.encode(out, c, 2);
}

static lv_matrix *encrypt_one(const fixture *f, int number)
{
    uint8_t bytes[LV_CIPHERTEXT_LEN];
    lv_matrix *m = NULL;
    put_ciphertext(f, number, bytes);
    assert_int_equal(
        lv_matrix_decode(f->public_key, 1, 1, (lv_bytes){bytes, sizeof bytes}, &m, NULL), LV_OK);
    return m;
}

/* Can the holder of the key prove the statement of these ciphertexts, whatever bits it claims? */
static bool can_be_proved(const fixture *f, lv_bits_statement statement, const lv_bits_matrices *of)
{
    bool can = false;
    for (unsigned claim = 0; claim < 8; claim++) {
        uint8_t bit[3] = {claim & 1, claim >> 1 & 1, claim >> 2 & 1};
        lv_bits given[3];
        lv_buffer proof = {0};
        for (size_t i = 0; i < 3; i++) {
            given[i] = (lv_bits){.pairs = 1, .width = 1, .bits = &bit[i]};
        }
        const lv_bits_plain plain = {&given[0], &given[1], &given[2], &given[2]};
        assert_int_equal(
            lv_bits_prove(f->key, statement, of, &plain, &PROOF_CONTEXT, NULL, &proof, NULL),
            LV_OK);
        can = lv_bits_verify(f->public_key, statement, of, &PROOF_CONTEXT, NULL,
                             lv_buffer_view(&proof), NULL) == LV_OK ||
              can;
        lv_buffer_free(&proof);
    }
    return can;
}

/* x and y bits, w anything: the three statements hold together for w = x xor y alone. */
static void test_only_the_xor_passes_all_three(void **state)
{
    const fixture *f = *state;
    for (int i = 0; i < 16; i++) {
        const int x = i & 1;
        const int y = i >> 1 & 1;
        const int w = (i >> 2) - 1;
        lv_matrix *m[3] = {encrypt_one(f, x), encrypt_one(f, y), encrypt_one(f, w)};
        const lv_bits_matrices of = {.x = m[0], .y = m[1], .w = m[2]};
        const int twice = x + y - w;
        const bool xor = can_be_proved(f, LV_BITS_XOR, &of);
        const bool both = can_be_proved(f, LV_BITS_BOTH, &of);
        assert_true(can_be_proved(f, LV_BITS_VALUES, &of));
        assert_int_equal(xor, w == 0 || w == 1);
        assert_int_equal(both, twice == 0 || twice == 2);
        assert_int_equal(xor&&both, w == (x ^ y));
        for (size_t j = 0; j < 3; j++) {
            lv_matrix_free(m[j]);
        }
    }
}

static void test_what_is_no_bit_is_not_proved(void **state)
{
    const fixture *f = *state;
    const int numbers[] = {-2, -1, 2, 3, 255};
    lv_matrix *zero = encrypt_one(f, 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        lv_matrix *m = encrypt_one(f, numbers[i]);
        const lv_bits_matrices second = {.x = zero, .y = m, .w = m, .d = m};
        const lv_bits_matrices first = {.x = m, .y = zero, .w = m, .d = m};
        assert_false(can_be_proved(f, LV_BITS_VALUES, &first));
        assert_false(can_be_proved(f, LV_BITS_VALUES, &second));
        assert_false(can_be_proved(f, LV_BITS_XOR, &first));
        assert_false(can_be_proved(f, LV_BITS_DISTANCE, &first));
        lv_matrix_free(m);
    }
    lv_matrix_free(zero);
}

/* Bits and proof do not belong together: what is made does not hold. */
static void test_claimed_bits_must_be_those_encrypted(void **state)
{
    fixture *f = *state;
    for (size_t m = 0; m < 3; m++) {
        f->bits[m][CELLS / 2] ^= 1;
        lv_buffer proof = {0};
        const lv_bits_statement statement = m < 2 ? LV_BITS_VALUES : LV_BITS_XOR;
        assert_int_equal(prove_into(f, statement, &proof), LV_OK);
        assert_int_equal(check(f, statement, &proof), LV_INVALID);
        lv_buffer_free(&proof);
        f->bits[m][CELLS / 2] ^= 1;
    }
}

/* ---- a prover of its own, that commits to any number ---- */

typedef struct {
    uint64_t committed; /* b in B and f */
    uint64_t encrypted; /* m in Enc(m) */
    uint64_t beside;    /* z is of s and this */
} lie;

/* What it draws, and what follows. */
typedef struct {
    lv_scalar b;
    lv_scalar beta;
    lv_scalar alpha;
    lv_scalar a;
    lv_scalar tau1;
    lv_scalar tau0;
    lv_scalar k;
    lv_bits_first first;
    lv_bits_weights weights;
    uint8_t proof[32 * 12];
} liar;

static void draw(lv_scalar *out)
{
    uint8_t wide[LV_SCALAR_WIDE];
    randombytes_buf(wide, sizeof wide);
    lv_scalar_reduce(out, wide);
}

static void put_sum(uint8_t *out, const lv_scalar *k, const lv_point *p, const lv_scalar *l,
                    const lv_point *q)
{
    const lv_scalar factors[2] = {*k, *l};
    const lv_point points[2] = {*p, *q};
    lv_point sum;
    assert_int_equal(lv_point_multiply_sum_vartime(&sum, factors, points, 2), LV_OK);
    lv_curve_portable.encode(out, &sum, 1);
}

static lv_scalar product(const lv_scalar *a, const lv_scalar *b)
{
    lv_scalar r;
    lv_scalar_multiply(&r, a, b);
    return r;
}

static lv_scalar sum(const lv_scalar *a, const lv_scalar *b)
{
    lv_scalar r;
    lv_scalar_add(&r, a, b);
    return r;
}

static lv_scalar negative(const lv_scalar *a)
{
    lv_scalar r;
    lv_scalar_negate(&r, a);
    return r;
}

static void commit_to_lie(liar *l, const lv_bits_task *task)
{
    const lv_point *h = &lv_generators()->point[LV_GENERATOR_MASK];
    lv_scalar *drawn[] = {&l->beta, &l->alpha, &l->a, &l->tau1, &l->tau0, &l->k};
    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++) {
        draw(drawn[i]);
    }
    uint8_t h0[LV_SEED_LEN];
    uint8_t h1[LV_BITS_STATEMENTS][LV_SEED_LEN] = {{0}};
    uint8_t path[LV_BITS_STATEMENTS][LV_BITS_PATH][LV_SEED_LEN];
    uint8_t root[LV_SEED_LEN];
    const size_t leaf = lv_bits_leaf(task->statement);
    assert_int_equal(lv_bits_row_digest(task, 0, h0), LV_OK);
    put_sum(l->proof, &l->beta, h, &l->b, h + 1);
    put_sum(l->proof + 32, &l->alpha, h, &l->a, h + 1);
    assert_int_equal(lv_bits_challenge_first(task, h0, l->proof, &l->first), LV_OK);
    memcpy(h1[leaf], l->first.digest, sizeof h1[leaf]);
    assert_int_equal(lv_bits_tree(h1, path, root), LV_OK);
    assert_int_equal(lv_bits_weights_of(root, 1, &l->weights), LV_OK);
    memcpy(l->proof + sizeof l->proof - sizeof path[leaf], path[leaf], sizeof path[leaf]);
}

/* t1 and t0 are the coefficients that belong to b; that of the square, y b (1 - b), has no place
 * in a proof. */
static void commit_to_coefficients(liar *l, const lv_bits_task *task)
{
    const lv_point *h = &lv_generators()->point[LV_GENERATOR_MASK];
    const lv_scalar zero = {{0}};
    const lv_scalar twice = sum(&l->b, &l->b);
    const lv_scalar minus_twice = negative(&twice);
    const lv_scalar factor = sum(&(lv_scalar){{1}}, &minus_twice); /* 1 - 2 b */
    lv_scalar weighted;
    lv_scalar_times(&weighted, &l->a, &l->first.power[0]);
    const lv_scalar t1 = product(&weighted, &factor);
    const lv_scalar square = product(&weighted, &l->a);
    const lv_scalar t0 = negative(&square);
    const lv_scalar of_c1 = product(&l->k, &l->weights.sigma[0]);
    const lv_scalar of_g = product(&l->a, &l->weights.sigma[0]);
    put_sum(l->proof + 64, &t1, &lv_point_base, &l->tau1, h);
    put_sum(l->proof + 96, &t0, &lv_point_base, &l->tau0, h);
    put_sum(l->proof + 128, &l->k, &lv_point_base, &zero, h);
    put_sum(l->proof + 160, &of_c1, lv_bits_cells(task, 0, 0), &of_g, &lv_point_base);
}

/* One cell, one row, by the formulas of ristretto_bits.h. */
static lv_status lie_and_check(const fixture *f, lie what)
{
    lv_matrix *m = encrypt_one(f, (int)what.encrypted);
    const lv_bits_matrices of = {.w = m};
    const lv_bits_task task = lv_bits_task_of(f->public_key, LV_BITS_XOR, &of, &PROOF_CONTEXT);
    const lv_scalar s = sum(lv_ristretto_scalar(f->key), &(lv_scalar){{what.beside}});
    liar l = {.b = {{what.committed}}};
    uint8_t digest[LV_SEED_LEN];
    lv_scalar e;
    commit_to_lie(&l, &task);
    commit_to_coefficients(&l, &task);
    assert_int_equal(lv_bits_challenge_second(&l.first, l.weights.root, l.proof + 64, digest, &e),
                     LV_OK);
    const lv_scalar *values[] = {&l.b, &l.beta, &l.tau1, &s};
    const lv_scalar *masks[] = {&l.a, &l.alpha, &l.tau0, &l.k};
    for (size_t i = 0; i < 4; i++) {
        const lv_scalar part = product(&e, values[i]);
        const lv_scalar response = sum(masks[i], &part);
        lv_scalar_encode(l.proof + POINT_PART + 32 * i, &response);
    }
    lv_status status = lv_bits_verify(f->public_key, LV_BITS_XOR, &of, &PROOF_CONTEXT, NULL,
                                      (lv_bytes){l.proof, sizeof l.proof}, NULL);
    lv_matrix_free(m);
    return status;
}

static void test_each_equation_is_needed(void **state)
{
    const fixture *f = *state;
    assert_int_equal(lie_and_check(f, (lie){0, 0, 0}), LV_OK);
    assert_int_equal(lie_and_check(f, (lie){1, 1, 0}), LV_OK);
    assert_int_equal(lie_and_check(f, (lie){2, 2, 0}), LV_INVALID); /* b (1 - b) is not 0 */
    assert_int_equal(lie_and_check(f, (lie){1, 2, 0}), LV_INVALID); /* not what is encrypted */
    assert_int_equal(lie_and_check(f, (lie){0, 1, 0}), LV_INVALID);
    assert_int_equal(lie_and_check(f, (lie){1, 1, 1}), LV_INVALID); /* not the key's s */
}

/* ---- another place ---- */

static void test_another_context_is_seen(void **state)
{
    const fixture *f = *state;
    lv_proof_context other[5];
    for (int i = 0; i < 5; i++) {
        other[i] = PROOF_CONTEXT;
    }
    other[0].channel = "xor";
    other[1].downstream = "FactoryC";
    other[2].upstream = "FactoryC";
    other[3].series = "moisturf";
    other[4].sequence++;
    for (size_t s = 0; s < STATEMENTS; s++) {
        for (int i = 0; i < 5; i++) {
            assert_int_equal(check_in(f, ALL[s], &other[i], &f->proof[s], NULL), LV_INVALID);
        }
    }
    other[0] = PROOF_CONTEXT; /* rows are numbered: the caller's pair says nothing */
    other[0].pair = 5;
    assert_int_equal(check_in(f, LV_BITS_XOR, &other[0], &f->proof[1], NULL), LV_OK);
}

/* Ways to break one claim among several. */
enum { BAD_POINT, BAD_LAST_BYTE, BAD_CONTEXT, BAD_LENGTH, WAYS };

static void break_claim(lv_bits_claim *one, int how, uint8_t changed[PROOF_ROOM],
                        const lv_proof_context *other)
{
    assert_in_range(one->proof.len, 1, PROOF_ROOM);
    memcpy(changed, one->proof.data, one->proof.len);
    changed[how == BAD_LAST_BYTE ? one->proof.len - 1 : (size_t)LV_POINT_LEN * LV_BITS_POINTS] ^=
        0x80;
    one->context = how == BAD_CONTEXT ? other : one->context;
    one->proof.len -= how == BAD_LENGTH ? 1 : 0;
    one->proof.data = how == BAD_POINT || how == BAD_LAST_BYTE ? changed : one->proof.data;
}

/* @param broken  the claim to break; STATEMENTS: none. */
static void check_several(const fixture *f, size_t broken, int how)
{
    lv_proof_context other = PROOF_CONTEXT;
    lv_bits_claim claim[STATEMENTS];
    uint8_t changed[PROOF_ROOM];
    size_t bad = 99;
    lv_error err = {0};
    other.sequence++;
    for (size_t s = 0; s < STATEMENTS; s++) {
        claim[s] = (lv_bits_claim){ALL[s], f->of, &PROOF_CONTEXT, lv_buffer_view(&f->proof[s])};
    }
    if (broken < STATEMENTS) {
        break_claim(&claim[broken], how, changed, &other);
    }
    const bool whole = broken == STATEMENTS;
    assert_int_equal(lv_bits_verify_all(f->public_key, claim, STATEMENTS, NULL, &bad, &err),
                     whole ? LV_OK : LV_INVALID);
    assert_int_equal(bad, whole ? 0 : broken);
    assert_int_equal(err.text[0] == '\0', whole);
}

/* All statements together: all hold, or the first that does not is told. */
static void test_several_are_checked_at_once(void **state)
{
    for (size_t broken = 0; broken <= STATEMENTS; broken++) {
        for (int how = 0; how < WAYS; how++) {
            check_several(*state, broken, how);
        }
    }
}

/* Whatever comes together, in whatever order, and made together or apart. */
static void test_any_claims_are_checked_together(void **state)
{
    const fixture *f = *state;
    const lv_proof_context *c = &PROOF_CONTEXT;
    lv_buffer apart[STATEMENTS] = {{0}};
    for (size_t s = 0; s < STATEMENTS; s++) {
        assert_int_equal(prove_into(f, ALL[s], &apart[s]), LV_OK);
    }
    for (unsigned places = 1; places < 512; places += 3) {
        lv_bits_claim claim[9]; /* of eight proofs there are, one twice */
        size_t claims = 0;
        size_t bad = 99;
        for (unsigned i = 0; i < 9; i++) {
            const unsigned which = (i * 5 + places) % 8; /* another order each time */
            if ((places >> i & 1U) != 0) {
                claim[claims++] = (lv_bits_claim){ALL[which % STATEMENTS], f->of, c,
                                                  lv_buffer_view(which < STATEMENTS
                                                                     ? &f->proof[which]
                                                                     : &apart[which - STATEMENTS])};
            }
        }
        if (claims > 0) {
            assert_int_equal(lv_bits_verify_all(f->public_key, claim, claims, NULL, &bad, NULL),
                             LV_OK);
        }
    }
    for (size_t s = 0; s < STATEMENTS; s++) {
        lv_buffer_free(&apart[s]);
    }
}

/* A claim of other ciphertexts beside the others, under the same root, takes no sum of theirs. */
static void test_sums_are_of_the_claimed_ciphertexts(void **state)
{
    const fixture *f = *state;
    const lv_proof_context *c = &PROOF_CONTEXT;
    lv_matrix *again = NULL;
    assert_int_equal(lv_encrypt(f->key, &f->given[2], NULL, &again, NULL), LV_OK);
    const lv_bits_matrices other = {f->of.x, f->of.y, again, f->of.d};
    for (size_t odd = 0; odd < STATEMENTS; odd++) {
        lv_bits_claim claim[STATEMENTS];
        size_t bad = 99;
        for (size_t s = 0; s < STATEMENTS; s++) {
            claim[s] =
                (lv_bits_claim){ALL[s], s == odd ? other : f->of, c, lv_buffer_view(&f->proof[s])};
        }
        const bool seen = odd == 1 || odd == 2; /* the two that speak of w */
        assert_int_equal(lv_bits_verify_all(f->public_key, claim, STATEMENTS, NULL, &bad, NULL),
                         seen ? LV_INVALID : LV_OK);
        assert_int_equal(bad, seen ? odd : 0);
    }
    lv_matrix_free(again);
}

/* What one proof says too much another says too little: the weights keep them apart. */
static void test_faults_do_not_cancel(void **state)
{
    const fixture *f = *state;
    const size_t at =
        (size_t)LV_POINT_LEN * LV_BITS_POINTS + (size_t)(WIDTH + 1) * LV_SCALAR_LEN; /* tau of w */
    uint8_t changed[2][PROOF_ROOM];
    lv_bits_claim claim[2];
    size_t bad = 99;
    for (size_t i = 0; i < 2; i++) {
        lv_scalar tau;
        lv_scalar one = {{1}};
        claim[i] =
            (lv_bits_claim){LV_BITS_XOR, f->of, &PROOF_CONTEXT, lv_buffer_view(&f->proof[1])};
        memcpy(changed[i], claim[i].proof.data, claim[i].proof.len);
        assert_true(lv_scalar_decode(&tau, changed[i] + at));
        if (i == 1) {
            lv_scalar_negate(&one, &one);
        }
        lv_scalar_add(&tau, &tau, &one);
        lv_scalar_encode(changed[i] + at, &tau);
        claim[i].proof.data = changed[i];
    }
    assert_int_equal(lv_bits_verify_all(f->public_key, claim, 2, NULL, &bad, NULL), LV_INVALID);
    assert_int_equal(bad, 0);
}

static void test_another_key_is_seen(void **state)
{
    const fixture *f = *state;
    lv_secret_key *other = make_ristretto_key();
    for (size_t s = 0; s < STATEMENTS; s++) {
        lv_buffer proof = {0};
        assert_int_equal(lv_bits_verify(lv_key_public(other), ALL[s], &f->of, &PROOF_CONTEXT, NULL,
                                        lv_buffer_view(&f->proof[s]), NULL),
                         LV_INVALID);
        assert_int_equal(
            lv_bits_prove(other, ALL[s], &f->of, &f->plain, &PROOF_CONTEXT, NULL, &proof, NULL),
            LV_OK);
        assert_int_equal(check(f, ALL[s], &proof), LV_INVALID);
        assert_int_equal(lv_bits_verify(lv_key_public(other), ALL[s], &f->of, &PROOF_CONTEXT, NULL,
                                        lv_buffer_view(&proof), NULL),
                         LV_INVALID);
        lv_buffer_free(&proof);
    }
    lv_key_free(other);
}

static void test_other_ciphertexts_are_seen(void **state)
{
    const fixture *f = *state;
    const lv_bits_matrices swapped = {f->of.y, f->of.x, f->of.w, f->of.d};
    const lv_bits_matrices mixed = {f->of.x, f->of.y, f->of.d, f->of.w};
    const lv_proof_context *c = &PROOF_CONTEXT;
    const lv_bytes values = lv_buffer_view(&f->proof[0]);
    const lv_bytes xor = lv_buffer_view(&f->proof[1]);
    const lv_bytes both = lv_buffer_view(&f->proof[2]);
    const lv_public_key *key = f->public_key;
    assert_int_equal(lv_bits_verify(key, LV_BITS_VALUES, &swapped, c, NULL, values, NULL),
                     LV_INVALID);
    assert_int_equal(lv_bits_verify(key, LV_BITS_BOTH, &swapped, c, NULL, both, NULL), LV_INVALID);
    assert_int_equal(lv_bits_verify(key, LV_BITS_XOR, &mixed, c, NULL, xor, NULL), LV_INVALID);
    assert_int_equal(lv_bits_verify(key, LV_BITS_BOTH, &mixed, c, NULL, both, NULL), LV_INVALID);
    /* the same bits, encrypted anew */
    lv_matrix *again = NULL;
    assert_int_equal(lv_encrypt(f->key, &f->given[2], NULL, &again, NULL), LV_OK);
    const lv_bits_matrices fresh = {f->of.x, f->of.y, again, f->of.d};
    assert_int_equal(lv_bits_verify(key, LV_BITS_XOR, &fresh, c, NULL, xor, NULL), LV_INVALID);
    assert_int_equal(lv_bits_verify(key, LV_BITS_BOTH, &fresh, c, NULL, both, NULL), LV_INVALID);
    lv_matrix_free(again);
}

/* w and d hold the same bits here, and still each has a proof of its own. */
static void test_another_statement_is_seen(void **state)
{
    const fixture *f = *state;
    const lv_bits_matrices of = {f->of.x, f->of.y, f->of.w, f->of.w};
    for (size_t made = 1; made < STATEMENTS; made++) {
        for (size_t asked = 1; asked < STATEMENTS; asked++) {
            if (made != asked && made != 3) {
                assert_int_equal(lv_bits_verify(f->public_key, ALL[asked], &of, &PROOF_CONTEXT,
                                                NULL, lv_buffer_view(&f->proof[made]), NULL),
                                 LV_INVALID);
            }
        }
    }
}

static void swap_parts(lv_buffer *proof, size_t len, size_t a, size_t b)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t kept = proof->data[a * len + i];
        proof->data[a * len + i] = proof->data[b * len + i];
        proof->data[b * len + i] = kept;
    }
}

static void test_exchanged_rows_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t s = 0; s < STATEMENTS; s++) {
        lv_error err = {{0}};
        swap_parts(&f->proof[s], part_len(ALL[s]), 2, 5);
        assert_int_equal(check_in(f, ALL[s], &PROOF_CONTEXT, &f->proof[s], &err), LV_INVALID);
        assert_non_null(strstr(err.text, "row 2:"));
        swap_parts(&f->proof[s], part_len(ALL[s]), 2, 5);
        assert_int_equal(check(f, ALL[s], &f->proof[s]), LV_OK);
    }
}

/* ---- changed bytes ---- */

static void test_the_first_bad_row_is_named(void **state)
{
    fixture *f = *state;
    for (size_t s = 0; s < STATEMENTS; s++) {
        const size_t len = part_len(ALL[s]);
        for (size_t row = 0; row < ROWS; row++) {
            char words[16];
            lv_error err = {{0}};
            (void)snprintf(words, sizeof words, "row %zu:", row);
            flip(&f->proof[s], row * len + POINT_PART + 40, 2);                      /* a number */
            flip(&f->proof[s], (ROWS - 1) * len + POINT_PART + 70, row == ROWS - 1); /* and later */
            assert_int_equal(check_in(f, ALL[s], &PROOF_CONTEXT, &f->proof[s], &err), LV_INVALID);
            assert_non_null(strstr(err.text, words));
            flip(&f->proof[s], row * len + POINT_PART + 40, 2);
            flip(&f->proof[s], (ROWS - 1) * len + POINT_PART + 70, row == ROWS - 1);
        }
        assert_int_equal(check(f, ALL[s], &f->proof[s]), LV_OK);
    }
}

/* A row that cannot be read is not named before one that does not hold. */
static void test_the_first_of_two_kinds_is_named(void **state)
{
    fixture *f = *state;
    const size_t len = part_len(LV_BITS_XOR);
    lv_error err = {{0}};
    memset(f->proof[1].data + 4 * len, 0xff, 32);
    flip(&f->proof[1], 3 * len + POINT_PART, 0);
    assert_int_equal(check_in(f, LV_BITS_XOR, &PROOF_CONTEXT, &f->proof[1], &err), LV_INVALID);
    assert_non_null(strstr(err.text, "row 3: it does not hold"));
    flip(&f->proof[1], 3 * len + POINT_PART, 0);
    assert_int_equal(check_in(f, LV_BITS_XOR, &PROOF_CONTEXT, &f->proof[1], &err), LV_INVALID);
    assert_non_null(strstr(err.text, "row 4: a point or a number"));
}

/* Every byte, one bit of it each time, another in every row. */
static void test_every_changed_byte_is_seen(void **state)
{
    fixture *f = *state;
    for (size_t s = 0; s < STATEMENTS; s += 2) { /* the others have the forms of the second */
        for (size_t i = 0; i < part_len(ALL[s]); i++) {
            const size_t at = i % ROWS * part_len(ALL[s]) + i;
            flip(&f->proof[s], at, (unsigned)(i % 7));
            assert_int_equal(check(f, ALL[s], &f->proof[s]), LV_INVALID);
            flip(&f->proof[s], at, (unsigned)(i % 7));
        }
        assert_int_equal(check(f, ALL[s], &f->proof[s]), LV_OK);
    }
}

/* Adds L to a number: the same number modulo L. */
static void add_order(uint8_t *number)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    sodium_add(number, order, sizeof order);
}

static void test_only_one_encoding_is_read(void **state)
{
    fixture *f = *state;
    const size_t len = part_len(LV_BITS_XOR);
    uint8_t not_reduced[32]; /* p + 0, and 2^255 - 1 */
    uint8_t foreign[32];
    crypto_core_ristretto255_random(foreign);
    memset(not_reduced, 0xff, sizeof not_reduced);
    for (size_t at = 0; at < len; at += 32) {
        uint8_t kept[32];
        uint8_t *place = f->proof[1].data + len + at;
        memcpy(kept, place, sizeof kept);
        if (at >= POINT_PART) {
            add_order(place);
        } else {
            memcpy(place, foreign, sizeof foreign); /* a point, but not that one */
            assert_int_equal(check(f, LV_BITS_XOR, &f->proof[1]), LV_INVALID);
            memcpy(place, not_reduced, sizeof not_reduced);
        }
        assert_int_equal(check(f, LV_BITS_XOR, &f->proof[1]), LV_INVALID);
        memset(place, 0, sizeof kept); /* the identity, or zero */
        assert_int_equal(check(f, LV_BITS_XOR, &f->proof[1]), LV_INVALID);
        memcpy(place, kept, sizeof kept);
    }
    assert_int_equal(check(f, LV_BITS_XOR, &f->proof[1]), LV_OK);
    memset(f->proof[1].data, 0, f->proof[1].len);
    assert_int_equal(check(f, LV_BITS_XOR, &f->proof[1]), LV_INVALID);
}

static void test_wrong_lengths_are_seen(void **state)
{
    fixture *f = *state;
    for (size_t s = 0; s < STATEMENTS; s++) {
        const size_t lens[] = {0,
                               1,
                               part_len(ALL[s]),
                               f->proof[s].len - part_len(ALL[s]),
                               f->proof[s].len - 32,
                               f->proof[s].len - 1};
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            assert_int_equal(lv_bits_verify(f->public_key, ALL[s], &f->of, &PROOF_CONTEXT, NULL,
                                            (lv_bytes){f->proof[s].data, lens[i]}, NULL),
                             LV_INVALID);
        }
        assert_int_equal(lv_buffer_append(&f->proof[s], "", 1), LV_OK);
        assert_int_equal(check(f, ALL[s], &f->proof[s]), LV_INVALID);
    }
}

/* ---- callers ---- */

static void test_matrices_must_be_there_and_fit(void **state)
{
    const fixture *f = *state;
    uint8_t one = 1;
    lv_matrix *small = encrypt_one(f, 1);
    lv_bits short_bits = {.pairs = 1, .width = 1, .bits = &one};
    const lv_bits_matrices none = {0};
    const lv_bits_matrices odd = {f->of.x, small, f->of.w, NULL};
    lv_bits_plain few = f->plain;
    lv_buffer proof = {0};
    few.w = &short_bits;
    const lv_bytes made = lv_buffer_view(&f->proof[1]);
    for (size_t s = 0; s < STATEMENTS; s++) {
        assert_int_equal(
            lv_bits_verify(f->public_key, ALL[s], &none, &PROOF_CONTEXT, NULL, made, NULL),
            LV_INVALID);
        assert_int_equal(
            lv_bits_prove(f->key, ALL[s], &none, &f->plain, &PROOF_CONTEXT, NULL, &proof, NULL),
            LV_E_ARGUMENT);
    }
    assert_int_equal(
        lv_bits_verify(f->public_key, LV_BITS_BOTH, &odd, &PROOF_CONTEXT, NULL, made, NULL),
        LV_INVALID);
    assert_int_equal(lv_bits_verify(f->public_key, (lv_bits_statement)5, &f->of, &PROOF_CONTEXT,
                                    NULL, made, NULL),
                     LV_INVALID);
    assert_int_equal(
        lv_bits_prove(f->key, LV_BITS_XOR, &f->of, &few, &PROOF_CONTEXT, NULL, &proof, NULL),
        LV_E_ARGUMENT);
    assert_int_equal(proof.len, 0);
    lv_matrix_free(small);
}

/* Each statement once, and all of one shape. */
static void test_wishes_must_fit_together(void **state)
{
    const fixture *f = *state;
    uint8_t one = 1;
    lv_matrix *small = encrypt_one(f, 1);
    lv_bits short_bits = {.pairs = 1, .width = 1, .bits = &one};
    const lv_bits_matrices odd = {f->of.x, f->of.y, f->of.w, small};
    lv_bits_plain plain = f->plain;
    lv_buffer proof[2] = {{0}};
    plain.d = &short_bits;
    const lv_bits_wish twice[] = {{LV_BITS_XOR, &PROOF_CONTEXT, &proof[0]},
                                  {LV_BITS_XOR, &PROOF_CONTEXT, &proof[1]}};
    const lv_bits_wish both[] = {{LV_BITS_XOR, &PROOF_CONTEXT, &proof[0]},
                                 {LV_BITS_DISTANCE, &PROOF_CONTEXT, &proof[1]}};
    assert_int_equal(lv_bits_prove_all(f->key, &f->of, &f->plain, twice, 2, NULL, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_bits_prove_all(f->key, &odd, &plain, both, 2, NULL, NULL), LV_E_ARGUMENT);
    assert_int_equal(lv_bits_prove_all(f->key, &f->of, &f->plain, both, 0, NULL, NULL),
                     LV_E_ARGUMENT);
    /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): it is to be refused */
    const lv_bits_wish unknown = {(lv_bits_statement)99, &PROOF_CONTEXT, &proof[0]};
    assert_int_equal(lv_bits_prove_all(f->key, &f->of, &f->plain, &unknown, 1, NULL, NULL),
                     LV_E_ARGUMENT);
    assert_int_equal(proof[0].len + proof[1].len, 0);
    assert_int_equal(lv_bits_prove_all(f->key, &f->of, &f->plain, both, 2, NULL, NULL), LV_OK);
    assert_int_equal(check(f, LV_BITS_XOR, &proof[0]), LV_OK);
    assert_int_equal(check(f, LV_BITS_DISTANCE, &proof[1]), LV_OK);
    lv_buffer_free(&proof[0]);
    lv_buffer_free(&proof[1]);
    lv_matrix_free(small);
}

/* ---- randomness ---- */

typedef struct {
    size_t good; /* calls that succeed before the first that does not */
} failing;

static lv_status fill_some(void *context, uint8_t *out, size_t len)
{
    failing *left = context;
    if (left->good == 0) {
        return LV_E_RANDOM;
    }
    left->good--;
    return lv_rng_fill(NULL, out, len);
}

static void test_no_proof_without_randomness(void **state)
{
    const fixture *f = *state;
    for (size_t s = 0; s < STATEMENTS; s++) {
        lv_status status = LV_E_RANDOM;
        size_t good = 0;
        for (; status != LV_OK; good++) {
            failing left = {good};
            lv_rng rng = {.fill = fill_some, .context = &left};
            lv_job job = {.rng = &rng};
            lv_buffer proof = {0};
            lv_error err = {{0}};
            assert_int_equal(lv_buffer_append(&proof, "before", 6), LV_OK);
            status = lv_bits_prove(f->key, ALL[s], &f->of, &f->plain, &PROOF_CONTEXT, &job, &proof,
                                   &err);
            if (status != LV_OK) {
                assert_int_equal(status, LV_E_RANDOM);
                assert_int_equal(proof.len, 6);
                assert_non_null(strstr(err.text, "random generator"));
            }
            lv_buffer_free(&proof);
        }
        assert_int_equal(good, ROWS + 1); /* one call for each row */
    }
}

/* All of them or none. */
static void test_no_proof_of_several_without_randomness(void **state)
{
    const fixture *f = *state;
    lv_status status = LV_E_RANDOM;
    size_t good = 0;
    for (; status != LV_OK; good++) {
        failing left = {good};
        lv_rng rng = {.fill = fill_some, .context = &left};
        lv_job job = {.rng = &rng};
        lv_buffer proof[STATEMENTS] = {{0}};
        status = prove_together(f, &job, proof, NULL);
        assert_int_equal(status, good < (size_t)STATEMENTS * ROWS ? LV_E_RANDOM : LV_OK);
        for (size_t s = 0; s < STATEMENTS; s++) {
            assert_int_equal(proof[s].len, status == LV_OK ? ROWS * part_len(ALL[s]) : 0);
            lv_buffer_free(&proof[s]);
        }
    }
}

static lv_status stuck_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 7, len);
    return LV_OK;
}

/* A generator that repeats itself: two rows of the same bits, and two sets, share no number, whose
 * difference would give bits or s away. */
static void test_a_stuck_generator_does_not_repeat_masks(void **state)
{
    const fixture *f = *state;
    lv_rng rng = {.fill = stuck_fill};
    lv_job job = {.rng = &rng};
    lv_proof_context other = PROOF_CONTEXT;
    lv_buffer proof[2] = {{0}};
    other.sequence++;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lv_bits_prove(f->key, LV_BITS_XOR, &f->of, &f->plain,
                                       i == 0 ? &PROOF_CONTEXT : &other, &job, &proof[i], NULL),
                         LV_OK);
        assert_int_equal(
            check_in(f, LV_BITS_XOR, i == 0 ? &PROOF_CONTEXT : &other, &proof[i], NULL), LV_OK);
    }
    const size_t len = part_len(LV_BITS_XOR);
    for (size_t i = 0; i < (size_t)2 * ROWS; i++) {
        for (size_t j = 0; j < i; j++) {
            const uint8_t *a = proof[i / ROWS].data + i % ROWS * len;
            const uint8_t *b = proof[j / ROWS].data + j % ROWS * len;
            for (size_t at = 0; at < POINT_PART; at += 32) {
                assert_memory_not_equal(a + at, b + at, 32);
            }
        }
    }
    lv_buffer_free(&proof[0]);
    lv_buffer_free(&proof[1]);
}

/* ---- other suites ---- */

static void test_a_suite_without_bit_proofs_wants_none(void **state)
{
    const fixture *f = *state;
    uint8_t bits[WIDTH] = {1, 0, 1};
    const lv_bits given = {.pairs = 1, .width = WIDTH, .bits = bits};
    const lv_bits_plain plain = {.w = &given};
    const lv_suite *suite = lv_suite_find("rlwe1024");
    lv_secret_key *key = NULL;
    lv_matrix *w = NULL;
    lv_buffer proof = {0};
    assert_false(lv_suite_proves_bits(suite));
    assert_int_equal(lv_key_generate(suite, 1024, NULL, &key, NULL), LV_OK);
    assert_int_equal(lv_encrypt(key, &given, NULL, &w, NULL), LV_OK);
    const lv_bits_matrices of = {.w = w};
    const lv_public_key *public_key = lv_key_public(key);
    assert_int_equal(
        lv_bits_prove(key, LV_BITS_XOR, &of, &plain, &PROOF_CONTEXT, NULL, &proof, NULL), LV_OK);
    assert_int_equal(proof.len, 0);
    assert_int_equal(lv_bits_verify(public_key, LV_BITS_XOR, &of, &PROOF_CONTEXT, NULL,
                                    lv_buffer_view(&proof), NULL),
                     LV_OK);
    assert_int_equal(lv_bits_verify(public_key, LV_BITS_XOR, &of, &PROOF_CONTEXT, NULL,
                                    lv_buffer_view(&f->proof[1]), NULL),
                     LV_INVALID);
    /* matrices of the one under a key of the other */
    assert_int_equal(lv_bits_verify(f->public_key, LV_BITS_XOR, &of, &PROOF_CONTEXT, NULL,
                                    lv_buffer_view(&f->proof[1]), NULL),
                     LV_INVALID);
    lv_matrix_free(w);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_honest_proof_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whoever_reads_the_records_can_check, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_every_shape_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_the_xor_passes_all_three, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_bit_is_not_proved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claimed_bits_must_be_those_encrypted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_each_equation_is_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_context_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_are_checked_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_claims_are_checked_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sums_are_of_the_claimed_ciphertexts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_faults_do_not_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_key_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_ciphertexts_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_statement_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exchanged_rows_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_bad_row_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_of_two_kinds_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_one_encoding_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_lengths_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_matrices_must_be_there_and_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wishes_must_fit_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proof_without_randomness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proof_of_several_without_randomness, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_stuck_generator_does_not_repeat_masks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_suite_without_bit_proofs_wants_none, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
