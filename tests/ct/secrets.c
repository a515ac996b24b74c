/* Whatever handles a secret, in every suite, with that secret marked: keys, randomness, values and
 * their bits. Each step must leave valgrind without a word. */
#include "compare/set.h"
#include "ct/poison.h"
#include "unit/record/parties.h"
#include <stdlib.h>

#define WIDTH 3U
#define PAIRS 3U
#define BITS_SMALL 2048U /* of keys, where the suite has more than one size */
#define NOW 1800000000

static const lv_ask ASK_INDEX = {.question = LV_ASK_INDEX};
static const uint64_t X[PAIRS] = {2, 5, 6};
static const uint64_t Y[PAIRS] = {3, 1, 6}; /* rise, fall, equal */
static const lv_formula HOLDS[PAIRS] = {LV_RISE, LV_FALL, LV_EQUAL};
static const unsigned COLUMN[PAIRS] = {2, 0, 0};

typedef struct {
    const lv_suite *suite;
    lv_trust *trust;
    party downstream;
    party upstream;
    lv_set_made made;
    lv_set *set;
    lv_combined z[PAIRS];
    lv_matrix *x;
} scene;

static const lv_job JOB = {.rng = &ct_rng};

static void expect_silence(unsigned before, const char *what, const scene *s)
{
    unsigned errors = ct_errors() - before;
    if (errors != 0) {
        fail_msg("%s, %s: %u places depend on a secret; valgrind named them above",
                 lv_suite_name(s->suite), what, errors);
    }
}

/* ---- the steps; each begins with what is public, and marks what is not ---- */

static void make_key(scene *s, lv_secret_key **key, unsigned *key_bits)
{
    unsigned before = ct_errors();
    bool small = lv_suite_check_key_bits(s->suite, BITS_SMALL, NULL) == LV_OK;
    *key_bits = small ? BITS_SMALL : lv_suite_default_key_bits(s->suite);
    assert_int_equal(ct_key_make(s->suite, *key_bits, key), LV_OK);
    expect_silence(before, "key", s);
}

/* Table 1 whole: expansion, x xor y, encryption, key proof. */
static void publish(scene *s, lv_secret_key *key, unsigned key_bits)
{
    unsigned before = ct_errors();
    lv_error err = {0};
    lv_series series = {.name = "moisture",
                        .unit = "g",
                        .column_lot = "lot",
                        .column_time = "time",
                        .column_value = "moisture",
                        .scale = {.offset = 0, .decimals = 0, .bits = WIDTH},
                        .key_bits = key_bits,
                        .compare = LV_COMPARE_CONSECUTIVE};
    lv_pair pairs[PAIRS];
    uint64_t x[PAIRS];
    uint64_t y[PAIRS];
    lv_name_copy(series.suite, lv_suite_name(s->suite));
    for (size_t i = 0; i < PAIRS; i++) {
        pairs[i] = (lv_pair){
            .earlier_lot = "L1", .later_lot = "L2", .earlier_time = "1", .later_time = "2"};
    }
    memcpy(x, X, sizeof x);
    memcpy(y, Y, sizeof y);
    ct_poison(x, sizeof x);
    ct_poison(y, sizeof y);
    const lv_set_plan plan = {.quality_channel = "quality",
                              .xor_channel = "xor",
                              .series = &series,
                              .sequence = 1,
                              .pairs = pairs,
                              .pair_count = PAIRS,
                              .x = x,
                              .y = y,
                              .time = NOW,
                              .with_distance = true,
                              .tell_scale = true};
    assert_int_equal(lv_set_make(&plan, s->downstream.identity, key, &JOB, &s->made, &err), LV_OK);
    expect_silence(before, "publishing", s);
}

/* What the upstream and the ledger do; no secret is in it, and everything has become public. */
static void open_and_combine(scene *s)
{
    unsigned before = ct_errors();
    lv_error err = {0};
    assert_int_equal(
        lv_set_open(lv_buffer_view(&s->made.quality_record), s->trust, NULL, &s->set, &err), LV_OK);
    assert_int_equal(
        lv_set_add_xor(s->set, lv_buffer_view(&s->made.xor_record), s->trust, NULL, &err), LV_OK);
    for (uint32_t i = 0; i < PAIRS; i++) {
        assert_int_equal(lv_set_combine(s->set, i, &ASK_INDEX, NULL, &s->z[i], &err), LV_OK);
    }
    expect_silence(before, "combining", s);
}

/* Bits given as such, and a matrix that is used as it was made. */
static void encrypt(scene *s)
{
    unsigned before = ct_errors();
    uint8_t bits[PAIRS * WIDTH] = {1, 0, 1, 1, 0, 0, 0, 1, 0};
    const lv_bits plain = {.pairs = PAIRS, .width = WIDTH, .bits = bits};
    ct_poison(bits, sizeof bits);
    assert_int_equal(lv_encrypt(s->made.key, &plain, &JOB, &s->x, NULL), LV_OK);
    expect_silence(before, "encryption", s);
}

/* Masks made ahead, put away, read again and used. */
static void make_masks(scene *s, const lv_secret_key *key, const char *what)
{
    if (!lv_suite_has_masks(s->suite)) {
        return;
    }
    unsigned before = ct_errors();
    uint8_t bits[WIDTH] = {1, 0, 1};
    const lv_bits plain = {.pairs = 1, .width = WIDTH, .bits = bits};
    lv_masks *masks = NULL;
    lv_masks *read = NULL;
    lv_matrix *matrix = NULL;
    lv_buffer secret = {0};
    ct_poison(bits, sizeof bits);
    assert_int_equal(lv_masks_make(key, WIDTH, &JOB, &masks, NULL), LV_OK);
    assert_int_equal(lv_masks_encode(masks, &secret), LV_OK);
    assert_int_equal(lv_masks_decode(s->suite, lv_buffer_view(&secret), &read, NULL), LV_OK);
    assert_int_equal(lv_encrypt_with(read, &plain, &JOB, &matrix, NULL), LV_OK);
    lv_matrix_free(matrix);
    lv_masks_free(masks);
    lv_masks_free(read);
    lv_buffer_wipe(&secret);
    expect_silence(before, what, s);
}

static void encrypt_with_short_masks(scene *s, unsigned key_bits)
{
    lv_secret_key *key = NULL;
    if (lv_suite_shortens(s->suite)) {
        assert_int_equal(ct_key_make(s->suite, key_bits, &key), LV_OK);
        assert_int_equal(lv_key_shorten(key, NULL), LV_OK);
        make_masks(s, key, "masks of short exponents");
        lv_key_free(key);
    }
}

static void test_zeros(scene *s)
{
    unsigned before = ct_errors();
    for (size_t i = 0; i < PAIRS; i++) {
        for (lv_formula f = LV_EQUAL; f <= LV_FALL; f++) {
            const lv_matrix *z = s->z[i].z[f];
            for (unsigned column = 0; column < lv_matrix_width(z); column++) {
                bool is_zero = false;
                assert_int_equal(lv_zero_test(s->made.key, z, 0, column, &is_zero), LV_OK);
                assert_int_equal(is_zero, f == HOLDS[i] && column == COLUMN[i]);
            }
        }
    }
    expect_silence(before, "zero test", s);
}

static void scan_zeros(scene *s)
{
    unsigned before = ct_errors();
    for (size_t i = 0; i < PAIRS; i++) {
        for (lv_formula f = LV_EQUAL; f <= LV_FALL; f++) {
            unsigned column = 0;
            lv_status status = lv_zero_scan(s->made.key, s->z[i].z[f], 0, &column);
            assert_int_equal(ct_is_secret(&column, sizeof column), f != LV_EQUAL);
            ct_clear(&column, sizeof column); /* only this test looks at it */
            assert_int_equal(status, f == HOLDS[i] ? LV_OK : LV_NOT_FOUND);
            assert_int_equal(column, f == HOLDS[i] ? COLUMN[i] : 0);
        }
    }
    expect_silence(before, "zero scan", s);
}

/* One that holds and one that does not. */
static void prove_zero(scene *s)
{
    unsigned before = ct_errors();
    lv_error err = {0};
    lv_buffer proof = {0};
    const lv_matrix *z = s->z[0].z[HOLDS[0]];
    lv_proof_context context = lv_answer_proof_context(s->set, "AMSP", 0);
    assert_int_equal(lv_zero_prove(s->made.key, z, 0, COLUMN[0], &context, &JOB, &proof, &err),
                     LV_OK);
    assert_int_equal(lv_zero_prove(s->made.key, z, 0, 0, &context, &JOB, &proof, &err), LV_REFUSED);
    assert_int_equal(
        lv_zero_verify(s->set->key, z, 0, COLUMN[0], &context, lv_buffer_view(&proof), &err),
        LV_OK);
    lv_buffer_free(&proof);
    expect_silence(before, "zero proof", s);
}

/* Rows of X against a limit: 5 > 4, 4 = 4, 2 < 4. */
static void scan_limits(scene *s)
{
    static const lv_formula holds[PAIRS] = {LV_FALL, LV_EQUAL, LV_RISE};
    unsigned before = ct_errors();
    for (lv_formula f = LV_EQUAL; f <= LV_FALL; f++) {
        lv_matrix *z = NULL;
        assert_int_equal(
            lv_combine_limit(lv_key_public(s->made.key), s->x, 4, f, 0, PAIRS, NULL, &z, NULL),
            LV_OK);
        for (size_t i = 0; i < PAIRS; i++) {
            unsigned column = 0;
            assert_int_equal(lv_zero_scan(s->made.key, z, i, &column),
                             f == holds[i] ? LV_OK : LV_NOT_FOUND);
        }
        lv_matrix_free(z);
    }
    expect_silence(before, "limits", s);
}

/* That a row has a zero, and not where; that a sum is none, and not how much it is. */
static void prove_hidden(scene *s)
{
    unsigned before = ct_errors();
    lv_error err = {0};
    for (uint32_t i = 0; i < PAIRS; i++) {
        lv_proof_context context = lv_answer_proof_context(s->set, "AMSP", i);
        bool differ = HOLDS[i] != LV_EQUAL;
        const lv_matrix *sum = s->z[i].z[LV_EQUAL];
        lv_buffer proof = {0};
        for (lv_formula f = LV_EQUAL; f <= LV_FALL; f++) {
            proof.len = 0;
            assert_int_equal(
                lv_one_of_prove(s->made.key, s->z[i].z[f], 0, &context, &JOB, &proof, &err),
                f == HOLDS[i] ? LV_OK : LV_REFUSED);
            if (f == HOLDS[i]) {
                assert_int_equal(lv_one_of_verify(s->set->key, s->z[i].z[f], 0, &context,
                                                  lv_buffer_view(&proof), &err),
                                 LV_OK);
            }
        }
        proof.len = 0;
        assert_int_equal(
            lv_range_prove(s->made.key, sum, 0, 0, WIDTH, &context, &JOB, &proof, &err),
            differ ? LV_OK : LV_REFUSED);
        if (differ) {
            assert_int_equal(lv_range_verify(s->set->key, sum, 0, 0, WIDTH, &context,
                                             lv_buffer_view(&proof), &err),
                             LV_OK);
        }
        lv_buffer_free(&proof);
    }
    expect_silence(before, "proofs that hide", s);
}

/* The four statements of bits given as such; suites without such proofs append nothing. */
static void prove_bits(scene *s)
{
    enum { MATRICES = 4 };
    const unsigned before = ct_errors();
    const lv_proof_context context = lv_answer_proof_context(s->set, "AMSP", 0);
    uint8_t bits[MATRICES][PAIRS * WIDTH] = {{1, 0, 1, 1, 0, 0, 0, 1, 0},
                                             {0, 0, 1, 1, 1, 0, 0, 0, 0},
                                             {1, 0, 0, 0, 1, 0, 0, 1, 0},
                                             {1, 0, 0, 0, 1, 0, 0, 1, 0}};
    lv_bits given[MATRICES];
    lv_matrix *made[MATRICES];
    lv_error err = {0};
    ct_poison(bits, sizeof bits);
    for (size_t i = 0; i < MATRICES; i++) {
        given[i] = (lv_bits){.pairs = PAIRS, .width = WIDTH, .bits = bits[i]};
        assert_int_equal(lv_encrypt(s->made.key, &given[i], &JOB, &made[i], NULL), LV_OK);
    }
    const lv_bits_plain plain = {&given[0], &given[1], &given[2], &given[3]};
    const lv_bits_matrices of = {made[0], made[1], made[2], made[3]};
    for (lv_bits_statement about = LV_BITS_VALUES; about <= LV_BITS_DISTANCE; about++) {
        lv_buffer proof = {0};
        assert_int_equal(
            lv_bits_prove(s->made.key, about, &of, &plain, &context, &JOB, &proof, &err), LV_OK);
        assert_int_equal(
            lv_bits_verify(s->set->key, about, &of, &context, &JOB, lv_buffer_view(&proof), &err),
            LV_OK);
        assert_int_equal(proof.len != 0, lv_suite_proves_bits(s->suite));
        lv_buffer_free(&proof);
    }
    for (size_t i = 0; i < MATRICES; i++) {
        lv_matrix_free(made[i]);
    }
    expect_silence(before, "bit proofs", s);
}

static void prove_key(scene *s)
{
    unsigned before = ct_errors();
    lv_error err = {0};
    lv_buffer proof = {0};
    lv_proof_context context = lv_key_proof_context(lv_set_quality(s->set));
    assert_int_equal(lv_key_prove(s->made.key, &context, &JOB, &proof, &err), LV_OK);
    assert_int_equal(lv_key_verify(s->set->key, &context, lv_buffer_view(&proof), &err), LV_OK);
    lv_buffer_free(&proof);
    expect_silence(before, "key proof", s);
}

/* What the verdict must be; for a limit of 4 over Y. */
static lv_formula expected(lv_question question, size_t pair)
{
    if (question == LV_ASK_THRESHOLD) {
        if (Y[pair] == 4) {
            return LV_EQUAL;
        }
        return Y[pair] < 4 ? LV_RISE : LV_FALL;
    }
    return question == LV_ASK_EQUALITY && HOLDS[pair] != LV_EQUAL ? LV_DIFFERENT : HOLDS[pair];
}

/* Table 4 whole, the search for the statement within it. */
static void answer_one(scene *s, uint32_t pair, const lv_ask *ask)
{
    lv_error err = {0};
    lv_combined z = {0};
    lv_buffer inquiry = {0};
    lv_buffer answered = {0};
    lv_verdict verdict;
    uint64_t x = X[pair];
    uint64_t y = Y[pair];
    assert_int_equal(lv_set_combine(s->set, pair, ask, NULL, &z, &err), LV_OK);
    assert_int_equal(lv_inquiry_make(s->set, &z, false, s->upstream.identity, NOW, &inquiry, &err),
                     LV_OK);
    ct_poison(&x, sizeof x);
    ct_poison(&y, sizeof y);
    assert_int_equal(lv_answer_make(s->set, &z, lv_buffer_view(&inquiry), s->made.key, x, y,
                                    s->downstream.identity, NOW, &JOB, &answered, &err),
                     LV_OK);
    assert_int_equal(lv_verdict_check(s->set, &z, lv_buffer_view(&inquiry),
                                      lv_buffer_view(&answered), s->trust, NOW, &verdict, &err),
                     LV_OK);
    assert_int_equal(verdict.direction, expected(ask->question, pair));
    if (ask->question != LV_ASK_BAND) {
        assert_int_equal(verdict.index, ask->question == LV_ASK_INDEX ? COLUMN[pair] : 0);
    }
    lv_combined_free(&z);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answered);
}

static void answer(scene *s)
{
    unsigned before = ct_errors();
    for (unsigned q = 1; q <= LV_QUESTIONS; q++) {
        const lv_ask ask = {.question = (lv_question)q, .limit = q == LV_ASK_THRESHOLD ? 4 : 0};
        for (uint32_t i = 0; i < PAIRS; i++) {
            answer_one(s, i, &ask);
        }
    }
    expect_silence(before, "answer", s);
}

/* ---- the run ---- */

static void play(scene *s)
{
    lv_secret_key *key = NULL;
    unsigned key_bits = 0;
    make_key(s, &key, &key_bits);
    publish(s, key, key_bits);
    open_and_combine(s);
    encrypt(s);
    make_masks(s, s->made.key, "masks");
    encrypt_with_short_masks(s, key_bits);
    test_zeros(s);
    scan_zeros(s);
    scan_limits(s);
    prove_zero(s);
    prove_hidden(s);
    prove_bits(s);
    prove_key(s);
    answer(s);
}

static void test_every_suite(void **state)
{
    (void)state;
    scene s = {0};
    assert_int_equal(lv_trust_new(&s.trust), LV_OK);
    party_make_at(&s.downstream, "BMSP", 30, NOW, s.trust);
    party_make_at(&s.upstream, "AMSP", 30, NOW, s.trust);
    for (size_t i = 0; (s.suite = lv_suite_at(i)) != NULL; i++) {
        play(&s);
        lv_matrix_free(s.x);
        lv_set_free(s.set);
        lv_set_made_free(&s.made);
        for (size_t j = 0; j < PAIRS; j++) {
            lv_combined_free(&s.z[j]);
        }
    }
    party_free(&s.downstream);
    party_free(&s.upstream);
    lv_trust_free(s.trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_suite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
