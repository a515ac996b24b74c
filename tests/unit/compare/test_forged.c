/* Records that lie: each is found by whoever opens it, or at the latest when it is asked about. */
#include "unit/compare/forge.h"

#define WIDTH 4U
#define COUNT 3U

static const uint64_t VALUES[COUNT][2] = {{9, 3}, {7, 8}, {5, 5}};

typedef struct {
    world w;
    asked_set ristretto;
    asked_set other; /* the same values, sequence 2 */
    asked_set paillier;
    asked_set rlwe;
} scene;

static int setup(void **state)
{
    static scene s;
    world_open(&s.w, 1);
    asked_open(&s.ristretto, &s.w, "ristretto255", WIDTH, 1, VALUES, COUNT);
    asked_open(&s.other, &s.w, "ristretto255", WIDTH, 2, VALUES, COUNT);
    asked_open(&s.paillier, &s.w, "paillier", WIDTH, 1, VALUES, 1);
    asked_open(&s.rlwe, &s.w, "rlwe1024", WIDTH, 1, VALUES, COUNT);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    asked_close(&s->ristretto);
    asked_close(&s->other);
    asked_close(&s->paillier);
    asked_close(&s->rlwe);
    world_close(&s->w);
    return 0;
}

/* Both records at once: the same answer, and the same field to blame, in the same record. */
static void open_both_forged(const forged *f, const asked_set *s, const char *field)
{
    lv_error err = {0};
    lv_set *set = NULL;
    lv_status status =
        lv_set_open_both(lv_buffer_view(&f->quality_bytes), lv_buffer_view(&f->xor_bytes),
                         s->w->trust, NULL, &set, &err);
    assert_int_equal(status, field == NULL ? LV_OK : LV_INVALID);
    assert_true((set != NULL && lv_set_has_xor(set)) == (field == NULL));
    lv_set_free(set);
    if (field != NULL) {
        const char *kind = strcmp(field, "field bit_proof") == 0 ? "quality record" : "XOR record";
        if (strstr(err.text, field) == NULL || strncmp(err.text, kind, strlen(kind)) != 0) {
            fail_msg("\"%s\" does not name %s of the %s", err.text, field, kind);
        }
    }
    lv_buffer none = {0};
    assert_int_equal(lv_set_open_both(lv_buffer_view(&f->quality_bytes), lv_buffer_view(&none),
                                      s->w->trust, NULL, &set, NULL),
                     LV_E_SYNTAX);
    assert_null(set);
}

/* Opens what was forged; where it is refused, the words must have `field` in them. */
static lv_set *open_forged(forged *f, const asked_set *s, const char *field)
{
    lv_error err = {0};
    lv_set *set = NULL;
    forged_seal(f, s);
    open_both_forged(f, s, field);
    lv_status status =
        lv_set_open(lv_buffer_view(&f->quality_bytes), s->w->trust, NULL, &set, &err);
    if (status == LV_OK) {
        status = lv_set_add_xor(set, lv_buffer_view(&f->xor_bytes), s->w->trust, NULL, &err);
        assert_true(lv_set_has_xor(set) == (status == LV_OK));
        assert_true(status == LV_OK || !lv_set_has_distance(set));
    }
    if (field == NULL) {
        assert_int_equal(status, LV_OK);
        return set;
    }
    lv_set_free(set);
    assert_int_equal(status, LV_INVALID);
    if (strstr(err.text, field) == NULL || strstr(err.text, "series moisture") == NULL) {
        fail_msg("\"%s\" does not name %s", err.text, field);
    }
    return NULL;
}

static void test_the_honest_record(void **state)
{
    const scene *s = *state;
    forged f;
    forged_open(&f, &s->ristretto);
    lv_set_free(open_forged(&f, &s->ristretto, NULL));
    forged_close(&f);
}

/* Each proof stripped, cut, changed, and replaced by the one of another set. */
static void test_proofs_that_fail(void **state)
{
    const scene *s = *state;
    static const char *const names[] = {"field bit_proof", "field w_proof", "field both_proof",
                                        "field d_proof"};
    for (size_t i = 0; i < 4; i++) {
        forged f;
        forged foreign;
        forged_open(&f, &s->ristretto);
        forged_open(&foreign, &s->other);
        lv_buffer *const places[] = {&f.quality.bit_proof, &f.xor_record.w_proof,
                                     &f.xor_record.both_proof, &f.xor_record.d_proof};
        const lv_buffer others[] = {foreign.quality.bit_proof, foreign.xor_record.w_proof,
                                    foreign.xor_record.both_proof, foreign.xor_record.d_proof};
        lv_buffer *proof = places[i];
        const lv_buffer honest = *proof;
        assert_true(honest.len > 0);
        *proof = (lv_buffer){0};
        open_forged(&f, &s->ristretto, names[i]);
        *proof = honest;
        proof->len -= proof->len / COUNT; /* a pair without its part */
        open_forged(&f, &s->ristretto, names[i]);
        *proof = honest;
        proof->data[proof->len - 1] ^= 1;
        open_forged(&f, &s->ristretto, names[i]);
        proof->data[proof->len - 1] ^= 1;
        *proof = others[i];
        open_forged(&f, &s->ristretto, names[i]);
        *proof = honest;
        lv_set_free(open_forged(&f, &s->ristretto, NULL));
        forged_close(&f);
        forged_close(&foreign);
    }
}

/* The proof of one thing in the place of another's. */
static void test_proofs_of_something_else(void **state)
{
    const scene *s = *state;
    forged f;
    forged_open(&f, &s->ristretto);
    lv_xor *x = &f.xor_record;
    const lv_buffer kept = x->w_proof;
    x->w_proof = x->both_proof;
    open_forged(&f, &s->ristretto, "field w_proof");
    x->w_proof = x->d_proof;
    open_forged(&f, &s->ristretto, "field w_proof");
    x->w_proof = kept;
    const lv_buffer both = x->both_proof;
    x->both_proof = x->w_proof;
    open_forged(&f, &s->ristretto, "field both_proof");
    x->both_proof = both;
    forged_close(&f);
}

static void test_superfluous_proofs(void **state)
{
    const scene *s = *state;
    const asked_set *sets[] = {&s->paillier, &s->rlwe};
    static const char *const names[] = {"field bit_proof", "field w_proof", "field both_proof",
                                        "field d_proof"};
    for (size_t i = 0; i < 8; i++) {
        forged f;
        forged_open(&f, sets[i / 4]);
        lv_buffer *const places[] = {&f.quality.bit_proof, &f.xor_record.w_proof,
                                     &f.xor_record.both_proof, &f.xor_record.d_proof};
        assert_int_equal(places[i % 4]->len, 0);
        assert_int_equal(lv_buffer_append(places[i % 4], "proof", 5), LV_OK);
        open_forged(&f, sets[i / 4], names[i % 4]);
        forged_close(&f);
    }
}

/* D may be left out, but then so is its proof, and the quality record tells it. */
static void test_a_record_without_distance(void **state)
{
    const scene *s = *state;
    forged f;
    forged_open(&f, &s->ristretto);
    lv_buffer_free(&f.xor_record.d);
    f.xor_record.d = (lv_buffer){0};
    open_forged(&f, &s->ristretto, "field d:");
    f.quality.distance = false;
    open_forged(&f, &s->ristretto, "field d_proof");
    lv_buffer_free(&f.xor_record.d_proof);
    f.xor_record.d_proof = (lv_buffer){0};
    lv_set *set = open_forged(&f, &s->ristretto, NULL);
    assert_false(lv_set_has_distance(set));
    lv_set_free(set);
    f.quality.distance = true;
    open_forged(&f, &s->ristretto, "field d:");
    forged_close(&f);
}

static void test_a_distance_that_is_kept_quiet(void **state)
{
    const scene *s = *state;
    const asked_set *sets[] = {&s->ristretto, &s->paillier, &s->rlwe};
    for (size_t i = 0; i < 3; i++) {
        forged f;
        forged_open(&f, sets[i]);
        assert_true(f.quality.distance);
        f.quality.distance = false;
        open_forged(&f, sets[i], "field d:");
        forged_close(&f);
    }
}

static void test_what_is_no_bit(void **state)
{
    const scene *s = *state;
    forged f;
    forged_open(&f, &s->ristretto);
    forged_non_bit(&f, &s->ristretto);
    open_forged(&f, &s->ristretto, "field bit_proof");
    forged_close(&f);
}

/* Bits, but not x xor y: found where both records are. */
static void test_a_wrong_xor(void **state)
{
    const scene *s = *state;
    const uint64_t wrong[COUNT] = {9 ^ 3, (7 ^ 8) - 1, 5 ^ 5};
    lv_error err = {0};
    forged f;
    forged_open(&f, &s->ristretto);
    forged_xor(&f, &s->ristretto, wrong);
    assert_int_equal(lv_xor_check(&f.xor_record, NULL, &err), LV_OK);
    open_forged(&f, &s->ristretto, "field both_proof");
    forged_close(&f);
}

/* ---- D that is not |y - x| ---- */

static lv_status answer_from(const asked_set *s, const lv_set *set, lv_question question,
                             uint32_t pair)
{
    exchange e;
    asked_set lied = *s;
    const lv_ask ask = {.question = question};
    lied.set = (lv_set *)(uintptr_t)set;
    exchange_open(&e, &lied, pair, &ask);
    lv_status status = exchange_answer(&e, &lied, s->x[pair], s->y[pair]);
    lv_verdict verdict;
    if (status == LV_OK) {
        assert_int_equal(exchange_check(&e, &lied, lv_buffer_view(&e.answer), &verdict), LV_OK);
    }
    exchange_close(&e);
    return status;
}

/* Its bits are bits and the record opens; the band of it cannot be answered, and with no lie in D
 * it can. */
static void check_wrong_distance(const asked_set *s, uint64_t wrong, lv_status band)
{
    const uint64_t values[COUNT] = {wrong, 1, 0}; /* right: 6, 1, 0 */
    forged f;
    forged_open(&f, s);
    forged_distance(&f, s, values);
    lv_set *set = open_forged(&f, s, NULL);
    assert_int_equal(answer_from(s, set, LV_ASK_BAND, 0), band);
    assert_int_equal(answer_from(s, set, LV_ASK_BAND, 1), LV_OK);
    assert_int_equal(answer_from(s, set, LV_ASK_INDEX, 0), LV_OK);
    lv_set_free(set);
    forged_close(&f);
}

static void test_a_wrong_distance(void **state)
{
    const scene *s = *state;
    for (uint64_t wrong = 0; wrong < 16; wrong++) {
        check_wrong_distance(&s->ristretto, wrong, wrong == 6 ? LV_OK : LV_E_CORRUPT);
    }
    /* rlwe1024 cannot weigh: only what changes the band is noticed, and only by the downstream */
    check_wrong_distance(&s->rlwe, 7, LV_OK);
    check_wrong_distance(&s->rlwe, 3, LV_E_CORRUPT);
}

/* ---- opening again ---- */

static void test_reopening(void **state)
{
    const scene *s = *state;
    const asked_set *sets[] = {&s->ristretto, &s->paillier, &s->rlwe};
    for (size_t i = 0; i < 3; i++) {
        lv_error err = {0};
        lv_set *set = NULL;
        lv_bytes quality = lv_buffer_view(&sets[i]->made.quality_record);
        lv_bytes xor_record = lv_buffer_view(&sets[i]->made.xor_record);
        assert_int_equal(lv_set_reopen(quality, xor_record, s->w.trust, &set, &err), LV_OK);
        assert_true(lv_set_has_xor(set) && lv_set_has_distance(set));
        assert_int_equal(answer_from(sets[i], set, LV_ASK_BAND, 0), LV_OK);
        lv_set_free(set);
        assert_int_equal(lv_set_reopen(quality, (lv_bytes){0}, s->w.trust, &set, &err), LV_OK);
        assert_false(lv_set_has_xor(set));
        lv_set_free(set);
        lv_bytes foreign = lv_buffer_view(&s->other.made.xor_record);
        assert_int_equal(lv_set_reopen(quality, foreign, s->w.trust, &set, &err), LV_INVALID);
        assert_null(set);
        quality.len--;
        assert_int_not_equal(lv_set_reopen(quality, xor_record, s->w.trust, &set, &err), LV_OK);
        assert_null(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_honest_record),
        cmocka_unit_test(test_proofs_that_fail),
        cmocka_unit_test(test_proofs_of_something_else),
        cmocka_unit_test(test_superfluous_proofs),
        cmocka_unit_test(test_a_record_without_distance),
        cmocka_unit_test(test_a_distance_that_is_kept_quiet),
        cmocka_unit_test(test_what_is_no_bit),
        cmocka_unit_test(test_a_wrong_xor),
        cmocka_unit_test(test_a_wrong_distance),
        cmocka_unit_test(test_reopening),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
