/* Tables 4 and 5: answers, and what is made of those that are not what they say. */
#include "compare/set.h"
#include "unit/compare/world.h"

#define WIDTH 8U

typedef struct {
    world w;
    lv_set_made made[2];
    lv_set *set[2];
    lv_combined z; /* pair 0 of the first set */
    lv_buffer inquiry;
    lv_buffer answer;
} answered;

/* rise at bit 0, fall at bit 0, equal */
static const uint64_t VALUES[][2] = {{45, 132}, {132, 45}, {77, 77}};

static int setup(void **state)
{
    static answered a;
    lv_error err;
    world_open(&a.w, 2);
    for (size_t i = 0; i < 2; i++) {
        world_plan p;
        world_plan_make(&a.w, &p, WIDTH, i + 1, VALUES, 3);
        world_publish(&a.w, &p, i, &a.made[i]);
        a.set[i] = world_set(&a.w, &a.made[i]);
    }
    assert_int_equal(lv_set_combine(a.set[0], 0, &ASK_INDEX, NULL, &a.z, &err), LV_OK);
    assert_int_equal(
        lv_inquiry_make(a.set[0], &a.z, false, a.w.upstream.identity, a.w.now, &a.inquiry, &err),
        LV_OK);
    assert_int_equal(lv_answer_make(a.set[0], &a.z, lv_buffer_view(&a.inquiry), a.made[0].key, 45,
                                    132, a.w.downstream.identity, a.w.now, NULL, &a.answer, &err),
                     LV_OK);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    answered *a = *state;
    for (size_t i = 0; i < 2; i++) {
        lv_set_free(a->set[i]);
        lv_set_made_free(&a->made[i]);
    }
    lv_combined_free(&a->z);
    lv_buffer_free(&a->inquiry);
    lv_buffer_free(&a->answer);
    world_close(&a->w);
    return 0;
}

static lv_status check(const answered *a, lv_bytes answer)
{
    static const lv_verdict none;
    lv_error err = {0};
    lv_verdict verdict;
    lv_status status = lv_verdict_check(a->set[0], &a->z, lv_buffer_view(&a->inquiry), answer,
                                        a->w.trust, a->w.now, &verdict, &err);
    if (status != LV_OK) {
        assert_memory_equal(&verdict, &none, sizeof none);
        assert_string_not_equal(err.text, "");
    }
    return status;
}

static lv_answer read_answer(const answered *a)
{
    lv_error err;
    lv_answer answer;
    assert_int_equal(
        lv_answer_open(lv_buffer_view(&a->answer), a->w.trust, a->w.now, &answer, NULL, &err),
        LV_OK);
    return answer;
}

/* Signs a changed answer as the downstream itself would. */
static lv_status check_sealed(const answered *a, const lv_answer *answer)
{
    lv_error err;
    lv_buffer bytes = {0};
    assert_int_equal(lv_answer_seal(answer, a->w.downstream.identity, &bytes, &err), LV_OK);
    lv_status status = check(a, lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
    return status;
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(lv_verdict_name(LV_RISE), "rise");
    assert_string_equal(lv_verdict_name(LV_FALL), "fall");
    assert_string_equal(lv_verdict_name(LV_EQUAL), "equal");
}

static void test_an_honest_answer(void **state)
{
    const answered *a = *state;
    assert_int_equal(check(a, lv_buffer_view(&a->answer)), LV_OK);
    lv_answer answer = read_answer(a);
    assert_int_equal(answer.formula, LV_RISE);
    assert_int_equal(answer.index, 0);
    assert_int_equal(check_sealed(a, &answer), LV_OK);
    lv_answer_free(&answer);
}

static void test_wrong_statements_are_refused(void **state)
{
    const answered *a = *state;
    lv_answer answer = read_answer(a);
    for (uint32_t index = 1; index < LV_WIDTH_MAX; index++) {
        answer.index = index;
        assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    }
    answer.index = 0;
    answer.formula = LV_FALL;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.formula = LV_EQUAL;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.index = 1; /* the equal statement has one column */
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    lv_answer_free(&answer);
}

static void test_wrong_proofs_are_refused(void **state)
{
    const answered *a = *state;
    lv_answer answer = read_answer(a);
    answer.proof.data[answer.proof.len - 1] ^= 1;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.proof.data[answer.proof.len - 1] ^= 1;
    answer.proof.len--;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.proof.len = 0;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    lv_answer_free(&answer);
}

static void test_answers_to_something_else_are_refused(void **state)
{
    const answered *a = *state;
    lv_answer answer = read_answer(a);
    answer.pair = 1;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.pair = 0;
    answer.set_id = a->made[1].set_id;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.set_id = a->made[0].set_id;
    answer.inquiry_digest.bytes[0] ^= 1;
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    answer.inquiry_digest.bytes[0] ^= 1;
    memcpy(answer.upstream, "SMSP", 5);
    assert_int_equal(check_sealed(a, &answer), LV_INVALID);
    memcpy(answer.upstream, "AMSP", 5);
    assert_int_equal(check_sealed(a, &answer), LV_OK);

    lv_error err;
    lv_buffer bytes = {0};
    memcpy(answer.author, "SMSP", 5); /* somebody else who is trusted answers */
    assert_int_equal(lv_answer_seal(&answer, a->w.servicer.identity, &bytes, &err), LV_OK);
    assert_int_equal(check(a, lv_buffer_view(&bytes)), LV_INVALID);
    lv_buffer_free(&bytes);
    lv_answer_free(&answer);
}

static void test_changed_bytes_are_refused(void **state)
{
    const answered *a = *state;
    lv_buffer bytes = {0};
    assert_int_equal(lv_buffer_append(&bytes, a->answer.data, a->answer.len), LV_OK);
    for (size_t i = 0; i < bytes.len; i += 5) {
        bytes.data[i] ^= 4;
        assert_int_equal(check(a, lv_buffer_view(&bytes)), LV_INVALID);
        bytes.data[i] ^= 4;
    }
    for (size_t len = 0; len < bytes.len; len += 11) {
        assert_int_equal(check(a, (lv_bytes){.data = bytes.data, .len = len}), LV_INVALID);
    }
    lv_buffer_free(&bytes);
}

/* The honest answer to one inquiry, held against others. */
static lv_status replay(const answered *a, const lv_set *set, uint32_t pair, int64_t time)
{
    lv_error err = {0};
    lv_combined z;
    lv_buffer inquiry = {0};
    lv_verdict verdict;
    assert_int_equal(lv_set_combine(set, pair, &ASK_INDEX, NULL, &z, &err), LV_OK);
    assert_int_equal(lv_inquiry_make(set, &z, false, a->w.upstream.identity, time, &inquiry, &err),
                     LV_OK);
    lv_status status =
        lv_verdict_check(set, &z, lv_buffer_view(&inquiry), lv_buffer_view(&a->answer), a->w.trust,
                         a->w.now, &verdict, &err);
    lv_buffer_free(&inquiry);
    lv_combined_free(&z);
    return status;
}

static void test_replays_are_refused(void **state)
{
    const answered *a = *state;
    assert_int_equal(replay(a, a->set[0], 0, a->w.now - 1), LV_INVALID); /* a later inquiry */
    assert_int_equal(replay(a, a->set[0], 1, a->w.now), LV_INVALID);
    assert_int_equal(replay(a, a->set[1], 0, a->w.now), LV_INVALID);

    /* The inquiry of one pair beside the vectors of another. */
    lv_error err;
    lv_combined z;
    lv_verdict verdict;
    assert_int_equal(lv_set_combine(a->set[0], 1, &ASK_INDEX, NULL, &z, &err), LV_OK);
    assert_int_equal(lv_verdict_check(a->set[0], &z, lv_buffer_view(&a->inquiry),
                                      lv_buffer_view(&a->answer), a->w.trust, a->w.now, &verdict,
                                      &err),
                     LV_INVALID);
    lv_combined_free(&z);
}

/* ---- the downstream's own mistakes ---- */

static lv_status make(const answered *a, const lv_set *set, const lv_combined *z,
                      const lv_secret_key *key, uint64_t x, uint64_t y, const lv_identity *author)
{
    lv_error err = {0};
    lv_buffer out = {0};
    lv_status status = lv_answer_make(set, z, lv_buffer_view(&a->inquiry), key, x, y, author,
                                      a->w.now, NULL, &out, &err);
    assert_true((status == LV_OK) == (out.len > 0));
    assert_true(status == LV_OK || err.text[0] != '\0');
    lv_buffer_free(&out);
    return status;
}

static void test_values_that_disagree_with_the_record(void **state)
{
    const answered *a = *state;
    const lv_identity *own = a->w.downstream.identity;
    const lv_secret_key *key = a->made[0].key;
    assert_int_equal(make(a, a->set[0], &a->z, key, 45, 132, own), LV_OK);
    assert_int_equal(make(a, a->set[0], &a->z, key, 132, 45, own), LV_E_CORRUPT);
    assert_int_equal(make(a, a->set[0], &a->z, key, 45, 45, own), LV_E_CORRUPT);
    assert_int_equal(make(a, a->set[0], &a->z, key, 45, 46, own), LV_E_CORRUPT);
    assert_int_equal(make(a, a->set[0], &a->z, key, 45, 388, own), LV_E_CORRUPT);
}

static void test_answers_that_are_not_ours_to_give(void **state)
{
    const answered *a = *state;
    lv_error err;
    const lv_identity *own = a->w.downstream.identity;
    assert_int_equal(make(a, a->set[0], &a->z, a->made[1].key, 45, 132, own), LV_E_ARGUMENT);
    assert_int_equal(make(a, a->set[0], &a->z, a->made[0].key, 45, 132, a->w.servicer.identity),
                     LV_E_ARGUMENT);
    assert_int_equal(make(a, a->set[1], &a->z, a->made[1].key, 45, 132, own), LV_E_ARGUMENT);
    lv_combined z;
    assert_int_equal(lv_set_combine(a->set[0], 1, &ASK_INDEX, NULL, &z, &err), LV_OK);
    assert_int_equal(make(a, a->set[0], &z, a->made[0].key, 132, 45, own), LV_E_ARGUMENT);
    lv_combined_free(&z);
}

/* A downstream that wants to lie has no proof to show. */
static void test_a_false_statement_has_no_proof(void **state)
{
    const answered *a = *state;
    lv_proof_context context = lv_answer_proof_context(a->set[0], "AMSP", 0);
    const struct {
        lv_formula formula;
        unsigned column;
    } lies[] = {{LV_EQUAL, 0}, {LV_FALL, 0}, {LV_RISE, 1}, {LV_FALL, 7}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        lv_error err;
        lv_buffer proof = {0};
        assert_int_equal(lv_zero_prove(a->made[0].key, a->z.z[lies[i].formula], 0, lies[i].column,
                                       &context, NULL, &proof, &err),
                         LV_REFUSED);
        assert_int_equal(proof.len, 0);
        lv_buffer_free(&proof);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_an_honest_answer),
        cmocka_unit_test(test_wrong_statements_are_refused),
        cmocka_unit_test(test_wrong_proofs_are_refused),
        cmocka_unit_test(test_answers_to_something_else_are_refused),
        cmocka_unit_test(test_changed_bytes_are_refused),
        cmocka_unit_test(test_replays_are_refused),
        cmocka_unit_test(test_values_that_disagree_with_the_record),
        cmocka_unit_test(test_answers_that_are_not_ours_to_give),
        cmocka_unit_test(test_a_false_statement_has_no_proof),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
