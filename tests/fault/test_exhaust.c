/* Every allocation and every draw of random numbers fails in turn: what was asked for must end in
 * that error, leave nothing half-made behind, and no memory with a secret in it may be freed
 * unwiped. Leaks are AddressSanitizer's. */
#include "fault/faults.h"
#include "proof/proof.h"
#include "unit/record/parties.h"
#include <lotveil/compare.h>
#include <lotveil/rows.h>
#include <sodium.h>
#include <stdio.h>

enum { WIDTH = 4, PAIRS = 2, STEPS_MAX = 100000 };

static const uint64_t EARLIER[PAIRS] = {5, 9};
static const uint64_t LATER[PAIRS] = {6, 9};
static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "BMSP",
                                         .upstream = "AMSP",
                                         .series = "moisture",
                                         .sequence = 1};

/* One suite with everything that later steps start from. */
typedef struct {
    const lv_suite *suite;
    unsigned key_bits;
    lv_job job;
    lv_trust *trust;
    party downstream;
    party upstream;
    lv_secret_key *key;
    lv_buffer secret; /* its encoding */
    lv_buffer public_bytes;
    lv_bits plain;
    lv_matrix *x;
    lv_matrix *y;
    lv_matrix *w;
    lv_buffer x_bytes;
    lv_matrix *z; /* z(2) of pair 0 has no zero, z(1) has */
    unsigned column;
    lv_buffer key_proof;
    lv_buffer zero_proof;
    lv_set_made made;
    lv_set *set;
    lv_combined combined;
    lv_buffer inquiry;
    lv_buffer answer;
    int64_t now;
} scene;

typedef struct {
    const char *name;
    /* Does it once, checks that a failure left nothing, and frees what it made. */
    lv_status (*run)(scene *s);
    bool does_without; /* libcsv asks for half as much where it does not get what it wants */
} step;

/* ---- suite ---- */

static lv_status make_key(scene *s)
{
    lv_secret_key *key = NULL;
    lv_error err = {0};
    lv_status status = lv_key_generate(s->suite, s->key_bits, &s->job, &key, &err);
    assert_true((status == LV_OK) == (key != NULL));
    lv_key_free(key);
    return status;
}

static lv_status encode_key(scene *s)
{
    lv_buffer out = {0};
    lv_status status = lv_key_encode(s->key, &out);
    assert_true(status == LV_OK || out.len == 0);
    lv_buffer_wipe(&out);
    return status;
}

static lv_status decode_key(scene *s)
{
    lv_secret_key *key = NULL;
    lv_error err = {0};
    lv_status status = lv_key_decode(s->suite, lv_buffer_view(&s->secret), &key, &err);
    assert_true((status == LV_OK) == (key != NULL));
    lv_key_free(key);
    return status;
}

static lv_status encode_public(scene *s)
{
    lv_buffer out = {0};
    lv_status status = lv_public_encode(lv_key_public(s->key), &out);
    assert_true(status == LV_OK || out.len == 0);
    lv_buffer_free(&out);
    return status;
}

static lv_status decode_public(scene *s)
{
    lv_public_key *key = NULL;
    lv_error err = {0};
    lv_status status = lv_public_decode(s->suite, lv_buffer_view(&s->public_bytes), &key, &err);
    assert_true((status == LV_OK) == (key != NULL));
    lv_public_free(key);
    return status;
}

static lv_status expand(scene *s)
{
    lv_bits bits = {0};
    (void)s;
    lv_status status = lv_bits_expand(EARLIER, PAIRS, WIDTH, &bits);
    assert_true((status == LV_OK) == (bits.bits != NULL));
    lv_bits_wipe(&bits);
    return status;
}

static lv_status encrypt(scene *s)
{
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    lv_status status = lv_encrypt(s->key, &s->plain, &s->job, &matrix, &err);
    assert_true((status == LV_OK) == (matrix != NULL));
    lv_matrix_free(matrix);
    return status;
}

static lv_status encode_matrix(scene *s)
{
    lv_buffer out = {0};
    lv_status status = lv_matrix_encode(s->x, &out);
    assert_true(status == LV_OK || out.len == 0);
    lv_buffer_free(&out);
    return status;
}

static lv_status decode_matrix(scene *s)
{
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    lv_status status = lv_matrix_decode(lv_key_public(s->key), PAIRS, WIDTH,
                                        lv_buffer_view(&s->x_bytes), &matrix, &err);
    assert_true((status == LV_OK) == (matrix != NULL));
    lv_matrix_free(matrix);
    return status;
}

static lv_status combine(scene *s)
{
    lv_status status = LV_OK;
    for (int formula = 0; formula < (int)LV_FORMULAS && status == LV_OK; formula++) {
        lv_matrix *z = NULL;
        lv_error err = {0};
        status = lv_combine(lv_key_public(s->key), s->x, s->y, s->w, (lv_formula)formula, 0, PAIRS,
                            &s->job, &z, &err);
        assert_true((status == LV_OK) == (z != NULL));
        lv_matrix_free(z);
    }
    return status;
}

static lv_status combine_limit(scene *s)
{
    lv_matrix *z = NULL;
    lv_error err = {0};
    lv_status status =
        lv_combine_limit(lv_key_public(s->key), s->y, 5, LV_FALL, 0, PAIRS, &s->job, &z, &err);
    assert_true((status == LV_OK) == (z != NULL));
    lv_matrix_free(z);
    return status;
}

static lv_status scan(scene *s)
{
    unsigned column = 0;
    lv_status status = lv_zero_scan(s->key, s->z, 0, &column);
    assert_true(status != LV_OK || column == s->column);
    return status;
}

/* ---- proofs ---- */

static lv_status prove_key(scene *s)
{
    lv_buffer proof = {0};
    lv_error err = {0};
    lv_status status = lv_key_prove(s->key, &CONTEXT, &s->job, &proof, &err);
    assert_true(status == LV_OK || proof.len == 0);
    lv_buffer_free(&proof);
    return status;
}

static lv_status verify_key(scene *s)
{
    lv_error err = {0};
    return lv_key_verify(lv_key_public(s->key), &CONTEXT, lv_buffer_view(&s->key_proof), &err);
}

static lv_status prove_zero(scene *s)
{
    lv_buffer proof = {0};
    lv_error err = {0};
    lv_status status = lv_zero_prove(s->key, s->z, 0, s->column, &CONTEXT, &s->job, &proof, &err);
    assert_true(status == LV_OK || proof.len == 0);
    lv_buffer_free(&proof);
    return status;
}

static lv_status verify_zero(scene *s)
{
    lv_error err = {0};
    return lv_zero_verify(lv_key_public(s->key), s->z, 0, s->column, &CONTEXT,
                          lv_buffer_view(&s->zero_proof), &err);
}

/* ---- the comparison, with its records ---- */

static lv_status make_set(scene *s, lv_secret_key *key, lv_set_made *made)
{
    static const lv_pair pairs[PAIRS] = {
        {.earlier_lot = "L1", .later_lot = "L2", .earlier_time = "1", .later_time = "2"},
        {.earlier_lot = "L2", .later_lot = "L3", .earlier_time = "2", .later_time = "3"}};
    lv_series series = {.name = "moisture",
                        .unit = "g",
                        .column_lot = "lot",
                        .column_time = "time",
                        .column_value = "moisture",
                        .scale = {.decimals = 2, .bits = WIDTH},
                        .key_bits = s->key_bits,
                        .compare = LV_COMPARE_CONSECUTIVE};
    const lv_set_plan plan = {.quality_channel = "quality",
                              .xor_channel = "xor",
                              .series = &series,
                              .sequence = 1,
                              .pairs = pairs,
                              .pair_count = PAIRS,
                              .x = EARLIER,
                              .y = LATER,
                              .with_distance = true,
                              .tell_scale = true,
                              .time = s->now};
    lv_error err = {0};
    snprintf(series.suite, sizeof series.suite, "%s", lv_suite_name(s->suite));
    return lv_set_make(&plan, s->downstream.identity, key, &s->job, made, &err);
}

static lv_status publish(scene *s)
{
    lv_set_made made = {0};
    lv_secret_key *key = NULL;
    lv_error err = {0};
    lv_status status = lv_key_decode(s->suite, lv_buffer_view(&s->secret), &key, &err);
    if (status == LV_OK) {
        status = make_set(s, key, &made);
        assert_true(status == LV_OK ||
                    (made.key == NULL && made.quality_record.len + made.xor_record.len == 0));
    }
    lv_set_made_free(&made);
    return status;
}

static lv_status open_set(scene *s)
{
    lv_set *set = NULL;
    lv_error err = {0};
    lv_status status =
        lv_set_open(lv_buffer_view(&s->made.quality_record), s->trust, &s->job, &set, &err);
    assert_true((status == LV_OK) == (set != NULL));
    if (status == LV_OK) {
        status = lv_set_add_xor(set, lv_buffer_view(&s->made.xor_record), s->trust, &s->job, &err);
        assert_true((status == LV_OK) == lv_set_has_xor(set));
    }
    lv_set_free(set);
    return status;
}

/* A question about a pair that differs, from the combination to the verdict. */
static lv_status inquire(scene *s, lv_question question)
{
    const lv_ask ask = {.question = question, .limit = question == LV_ASK_THRESHOLD ? 7 : 0};
    const uint32_t pair = 0;
    lv_combined combined = {0};
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    lv_verdict verdict;
    lv_error err = {0};
    lv_status status = lv_set_combine(s->set, pair, &ask, &s->job, &combined, &err);
    assert_true(status == LV_OK || combined.encoding.data == NULL);
    if (status == LV_OK) {
        status =
            lv_inquiry_make(s->set, &combined, true, s->upstream.identity, s->now, &inquiry, &err);
        assert_true(status == LV_OK || inquiry.len == 0);
    }
    if (status == LV_OK) {
        status = lv_inquiry_check(s->set, &combined, lv_buffer_view(&inquiry), s->trust, "BMSP",
                                  s->now, &err);
    }
    if (status == LV_OK) {
        status =
            lv_answer_make(s->set, &combined, lv_buffer_view(&inquiry), s->key, EARLIER[pair],
                           LATER[pair], s->downstream.identity, s->now, &s->job, &answer, &err);
        assert_true(status == LV_OK || answer.len == 0);
    }
    if (status == LV_OK) {
        status = lv_verdict_check(s->set, &combined, lv_buffer_view(&inquiry),
                                  lv_buffer_view(&answer), s->trust, s->now, &verdict, &err);
    }
    lv_combined_free(&combined);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answer);
    return status;
}

static lv_status ask_direction(scene *s) { return inquire(s, LV_ASK_DIRECTION); }
static lv_status ask_index(scene *s) { return inquire(s, LV_ASK_INDEX); }
static lv_status ask_band(scene *s) { return inquire(s, LV_ASK_BAND); }
static lv_status ask_threshold(scene *s) { return inquire(s, LV_ASK_THRESHOLD); }
static lv_status ask_equality(scene *s) { return inquire(s, LV_ASK_EQUALITY); }

static lv_status read_rows(scene *s)
{
    static const char csv[] = "lot,time,moisture,parents\nL1,1,0.05,U1 U2\nL2,2,0.06,\n";
    lv_series series = {.name = "moisture",
                        .column_lot = "lot",
                        .column_time = "time",
                        .column_value = "moisture",
                        .column_parents = "parents",
                        .scale = {.decimals = 2, .bits = WIDTH},
                        .suite = "ristretto255",
                        .key_bits = 256,
                        .compare = LV_COMPARE_CONSECUTIVE};
    lv_rows rows = {0};
    lv_error err = {0};
    (void)s;
    lv_status status = lv_rows_parse(&series, "m.csv", lv_bytes_of_text(csv), &rows, &err);
    assert_true((status == LV_OK) == (rows.rows != NULL));
    lv_rows_free(&rows);
    return status;
}

static const step STEPS[] = {
    {"read rows", read_rows, true},
    {"generate a key", make_key, false},
    {"encode a key", encode_key, false},
    {"decode a key", decode_key, false},
    {"encode a public key", encode_public, false},
    {"decode a public key", decode_public, false},
    {"expand values", expand, false},
    {"encrypt", encrypt, false},
    {"encode a matrix", encode_matrix, false},
    {"decode a matrix", decode_matrix, false},
    {"combine", combine, false},
    {"combine with a limit", combine_limit, false},
    {"scan", scan, false},
    {"prove a key", prove_key, false},
    {"verify a key proof", verify_key, false},
    {"prove a zero", prove_zero, false},
    {"verify a zero proof", verify_zero, false},
    {"publish", publish, false},
    {"open a set", open_set, false},
    {"ask for the direction", ask_direction, false},
    {"ask for the index", ask_index, false},
    {"ask for the band", ask_band, false},
    {"ask about a limit", ask_threshold, false},
    {"ask whether equal", ask_equality, false},
};

/* ---- the run ---- */

static void scene_open(scene *s, const char *suite)
{
    lv_error err = {0};
    *s = (scene){.suite = lv_suite_find(suite), .now = 1700000000};
    assert_non_null(s->suite);
    s->key_bits = strcmp(suite, "paillier") == 0 ? 2048 : lv_suite_default_key_bits(s->suite);
    s->job.rng = faults_rng();
    assert_int_equal(lv_trust_new(&s->trust), LV_OK);
    party_make_at(&s->downstream, "BMSP", 30, s->now - 1000, s->trust);
    party_make_at(&s->upstream, "AMSP", 30, s->now - 1000, s->trust);
    assert_int_equal(lv_key_generate(s->suite, s->key_bits, NULL, &s->key, &err), LV_OK);
    assert_int_equal(lv_key_encode(s->key, &s->secret), LV_OK);
    assert_int_equal(lv_public_encode(lv_key_public(s->key), &s->public_bytes), LV_OK);

    uint64_t differ[PAIRS];
    lv_bits bits[3] = {{0}};
    lv_matrix **made[] = {&s->x, &s->y, &s->w};
    for (size_t i = 0; i < PAIRS; i++) {
        differ[i] = EARLIER[i] ^ LATER[i];
    }
    const uint64_t *values[] = {EARLIER, LATER, differ};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lv_bits_expand(values[i], PAIRS, WIDTH, &bits[i]), LV_OK);
        assert_int_equal(lv_encrypt(s->key, &bits[i], NULL, made[i], &err), LV_OK);
        if (i > 0) {
            lv_bits_wipe(&bits[i]);
        }
    }
    s->plain = bits[0];
    assert_int_equal(lv_matrix_encode(s->x, &s->x_bytes), LV_OK);
    assert_int_equal(
        lv_combine(lv_key_public(s->key), s->x, s->y, s->w, LV_RISE, 0, 1, NULL, &s->z, &err),
        LV_OK);
    assert_int_equal(lv_zero_scan(s->key, s->z, 0, &s->column), LV_OK);
    assert_int_equal(lv_key_prove(s->key, &CONTEXT, NULL, &s->key_proof, &err), LV_OK);
    assert_int_equal(
        lv_zero_prove(s->key, s->z, 0, s->column, &CONTEXT, NULL, &s->zero_proof, &err), LV_OK);

    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_decode(s->suite, lv_buffer_view(&s->secret), &key, &err), LV_OK);
    assert_int_equal(make_set(s, key, &s->made), LV_OK);
    assert_int_equal(
        lv_set_open(lv_buffer_view(&s->made.quality_record), s->trust, NULL, &s->set, &err), LV_OK);
    assert_int_equal(
        lv_set_add_xor(s->set, lv_buffer_view(&s->made.xor_record), s->trust, NULL, &err), LV_OK);
}

static void scene_close(scene *s)
{
    lv_matrix *matrices[] = {s->x, s->y, s->w, s->z};
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++) {
        lv_matrix_free(matrices[i]);
    }
    lv_buffer_free(&s->x_bytes);
    lv_buffer_free(&s->public_bytes);
    lv_buffer_free(&s->key_proof);
    lv_buffer_free(&s->zero_proof);
    lv_bits_wipe(&s->plain);
    lv_set_free(s->set);
    lv_set_made_free(&s->made);
    lv_key_free(s->key);
    lv_buffer_wipe(&s->secret);
    party_free(&s->downstream);
    party_free(&s->upstream);
    lv_trust_free(s->trust);
}

/* Fails the n-th for n = 1, 2, .. until there is no n-th; returns how many there were. */
static size_t fail_in_turn(scene *s, const step *what, void (*arm)(size_t), lv_status expected)
{
    for (size_t n = 1; n < STEPS_MAX; n++) {
        arm(n);
        lv_status status = what->run(s);
        bool struck = faults_struck();
        arm(0);
        if (!struck) {
            assert_int_equal(status, LV_OK);
            return n - 1;
        }
        if (status != expected && !(what->does_without && status == LV_OK)) {
            fail_msg("%s: %s where number %zu failed, instead of %s", what->name,
                     lv_status_name(status), n, lv_status_name(expected));
        }
        if (faults_unwiped() != 0) {
            fail_msg("%s: a secret was freed unwiped where number %zu failed", what->name, n);
        }
    }
    fail_msg("%s: no end of it", what->name);
    return 0;
}

/* How a key encodes its secret is how it lies in memory too: in ristretto255 and rlwe1024 whole,
 * in paillier each prime, most significant byte first where it is encoded and last in memory. */
static void watch(const scene *s, uint8_t *reversed)
{
    enum { PART = 32 };
    size_t len = s->secret.len;
    assert_true(len >= PART);
    for (size_t i = 0; i < PART; i++) {
        reversed[i] = s->secret.data[len - 1 - i];
    }
    faults_watch(s->secret.data + len - PART, PART);
    faults_watch(reversed, PART);
}

static void exhaust(const char *suite)
{
    scene s;
    uint8_t reversed[32];
    size_t draws = 0;
    scene_open(&s, suite);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        assert_int_equal(STEPS[i].run(&s), LV_OK); /* tables that are made once stand now */
        watch(&s, reversed);
        fail_in_turn(&s, &STEPS[i], faults_fail_allocation, LV_E_MEMORY);
        draws += fail_in_turn(&s, &STEPS[i], faults_fail_random, LV_E_RANDOM);
        faults_forget();
    }
    assert_true(draws > 0);
    scene_close(&s);
}

static void test_ristretto255(void **state)
{
    (void)state;
    exhaust("ristretto255");
}

static void test_rlwe1024(void **state)
{
    (void)state;
    exhaust("rlwe1024");
}

static void test_paillier(void **state)
{
    (void)state;
    exhaust("paillier");
}

/* The search finds what is there. */
static void test_an_unwiped_secret_is_seen(void **state)
{
    (void)state;
    uint8_t secret[32];
    lv_buffer buffer = {0};
    randombytes_buf(secret, sizeof secret);
    faults_watch(secret, sizeof secret);
    assert_int_equal(lv_buffer_append(&buffer, secret, sizeof secret), LV_OK);
    lv_buffer_wipe(&buffer);
    assert_true(faults_unwiped() == 0);
    assert_int_equal(lv_buffer_append(&buffer, secret, sizeof secret), LV_OK);
    lv_buffer_free(&buffer);
    assert_true(faults_unwiped() == 1);
    faults_forget();
}

int main(void)
{
    faults_follow_gmp();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unwiped_secret_is_seen),
        cmocka_unit_test(test_ristretto255),
        cmocka_unit_test(test_rlwe1024),
        cmocka_unit_test(test_paillier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
