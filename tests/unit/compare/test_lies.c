/* Answers that lie: each question, with every part of an honest answer changed in turn and signed
 * again by the downstream itself. */
#include "compare/claims.h"
#include "unit/compare/questions.h"

#define WIDTH 4U
#define COUNT 5U
#define LIMIT 6U

static const uint64_t VALUES[COUNT][2] = {{9, 3}, {3, 9}, {7, 8}, {5, 5}, {0, 15}};

typedef struct {
    world w;
    asked_set set;
    asked_set other;
    exchange e[LV_QUESTIONS]; /* about pair 0 of `set`, answered */
} scene;

static lv_ask ask_of(size_t q)
{
    return (lv_ask){.question = QUESTIONS[q],
                    .limit = QUESTIONS[q] == LV_ASK_THRESHOLD ? LIMIT : 0};
}

static int setup(void **state)
{
    static scene s;
    world_open(&s.w, 0);
    asked_open(&s.set, &s.w, "ristretto255", WIDTH, 1, VALUES, COUNT);
    asked_open(&s.other, &s.w, "ristretto255", WIDTH, 2, VALUES, COUNT);
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        const lv_ask ask = ask_of(q);
        exchange_open(&s.e[q], &s.set, 0, &ask);
        assert_int_equal(exchange_answer(&s.e[q], &s.set, VALUES[0][0], VALUES[0][1]), LV_OK);
    }
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        exchange_close(&s->e[q]);
    }
    asked_close(&s->set);
    asked_close(&s->other);
    world_close(&s->w);
    return 0;
}

static lv_answer read_answer(const scene *s, size_t q)
{
    lv_error err = {0};
    lv_answer answer;
    assert_int_equal(
        lv_answer_open(lv_buffer_view(&s->e[q].answer), s->w.trust, s->w.now, &answer, NULL, &err),
        LV_OK);
    return answer;
}

/* What the upstream makes of a changed answer, signed by the downstream. */
static lv_status check(const scene *s, size_t q, const lv_answer *answer)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    lv_verdict verdict;
    assert_int_equal(lv_answer_seal(answer, s->w.downstream.identity, &bytes, &err), LV_OK);
    lv_status status = exchange_check(&s->e[q], &s->set, lv_buffer_view(&bytes), &verdict);
    lv_buffer_free(&bytes);
    return status;
}

static void test_honest(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lv_answer answer = read_answer(s, q);
        assert_int_equal(check(s, q, &answer), LV_OK);
        lv_answer_free(&answer);
    }
}

/* Every other direction and index, the band one off and "equal" for what differs among them. */
static void test_every_other_statement(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lv_answer answer = read_answer(s, q);
        const lv_formula formula = answer.formula;
        const uint32_t index = answer.index;
        for (unsigned f = 0; f <= LV_DIFFERENT; f++) {
            for (uint32_t i = 0; i <= WIDTH; i++) {
                answer.formula = (lv_formula)f;
                answer.index = i;
                assert_int_equal(check(s, q, &answer),
                                 answer.formula == formula && i == index ? LV_OK : LV_INVALID);
            }
        }
        lv_answer_free(&answer);
    }
}

static void test_tampered_proofs(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lv_answer answer = read_answer(s, q);
        const size_t len = answer.proof.len;
        assert_true(len > 0);
        for (size_t i = 0; i < len; i += 7) {
            answer.proof.data[i] ^= 1;
            assert_int_equal(check(s, q, &answer), LV_INVALID);
            answer.proof.data[i] ^= 1;
        }
        for (size_t cut = 0; cut < len; cut += 16) { /* 0: stripped */
            answer.proof.len = cut;
            assert_int_equal(check(s, q, &answer), LV_INVALID);
        }
        answer.proof.len = len;
        assert_int_equal(lv_buffer_append(&answer.proof, "", 1), LV_OK);
        assert_int_equal(check(s, q, &answer), LV_INVALID);
        lv_answer_free(&answer);
    }
}

static void test_proofs_and_answers_of_another_question(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        for (size_t other = 0; other < LV_QUESTIONS; other++) {
            lv_verdict verdict;
            lv_answer answer = read_answer(s, q);
            lv_answer foreign = read_answer(s, other);
            const lv_buffer kept = answer.proof;
            const lv_status expected = q == other ? LV_OK : LV_INVALID;
            assert_int_equal(
                exchange_check(&s->e[q], &s->set, lv_buffer_view(&s->e[other].answer), &verdict),
                expected);
            answer.proof = foreign.proof;
            assert_int_equal(check(s, q, &answer), expected);
            answer.proof = kept;
            answer.question = foreign.question;
            answer.limit = foreign.limit;
            assert_int_equal(check(s, q, &answer), expected);
            lv_answer_free(&answer);
            lv_answer_free(&foreign);
        }
    }
}

static void test_another_limit(void **state)
{
    const scene *s = *state;
    size_t q = LV_ASK_THRESHOLD - 1;
    lv_answer answer = read_answer(s, q);
    for (uint64_t limit = 0; limit < 16; limit++) {
        answer.limit = limit;
        assert_int_equal(check(s, q, &answer), limit == LIMIT ? LV_OK : LV_INVALID);
    }
    lv_answer_free(&answer);
}

/* An inquiry that keeps the digest and changes what it asks, at both ends. */
static void test_an_inquiry_changed_under_the_same_digest(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lv_error err = {0};
        lv_digest digest;
        lv_inquiry inquiry;
        lv_buffer bytes = {0};
        lv_buffer answer = {0};
        lv_verdict verdict;
        const exchange *e = &s->e[q];
        assert_int_equal(lv_inquiry_read(lv_buffer_view(&e->inquiry), &inquiry, &digest, &err),
                         LV_OK);
        inquiry.question = LV_ASK_THRESHOLD;
        inquiry.limit = LIMIT + 1;
        assert_int_equal(lv_inquiry_seal(&inquiry, s->w.upstream.identity, &bytes, &err), LV_OK);
        assert_int_equal(lv_inquiry_check(s->set.set, &e->combined, lv_buffer_view(&bytes),
                                          s->w.trust, "BMSP", s->w.now, &err),
                         LV_INVALID);
        assert_int_not_equal(lv_answer_make(s->set.set, &e->combined, lv_buffer_view(&bytes),
                                            s->set.made.key, VALUES[0][0], VALUES[0][1],
                                            s->w.downstream.identity, s->w.now, NULL, &answer,
                                            &err),
                             LV_OK);
        assert_int_equal(answer.len, 0);
        assert_int_equal(lv_verdict_check(s->set.set, &e->combined, lv_buffer_view(&bytes),
                                          lv_buffer_view(&e->answer), s->w.trust, s->w.now,
                                          &verdict, &err),
                         LV_INVALID);
        lv_inquiry_free(&inquiry);
        lv_buffer_free(&bytes);
    }
    /* recombined as the changed inquiry asks, the digest is another */
    lv_error err = {0};
    lv_digest digest;
    lv_inquiry inquiry;
    lv_combined combined;
    lv_buffer bytes = {0};
    const exchange *e = &s->e[LV_ASK_THRESHOLD - 1];
    const lv_ask changed = {.question = LV_ASK_THRESHOLD, .limit = LIMIT + 1};
    assert_int_equal(lv_inquiry_read(lv_buffer_view(&e->inquiry), &inquiry, &digest, &err), LV_OK);
    inquiry.limit = changed.limit;
    assert_int_equal(lv_inquiry_seal(&inquiry, s->w.upstream.identity, &bytes, &err), LV_OK);
    assert_int_equal(lv_set_combine(s->set.set, 0, &changed, NULL, &combined, &err), LV_OK);
    assert_int_equal(lv_inquiry_check(s->set.set, &combined, lv_buffer_view(&bytes), s->w.trust,
                                      "BMSP", s->w.now, &err),
                     LV_REFUSED);
    lv_combined_free(&combined);
    lv_inquiry_free(&inquiry);
    lv_buffer_free(&bytes);
}

/* True statements about another pair, set or buyer, proved under their own names. */
static void replay(const scene *s, size_t q, const asked_set *from, uint32_t pair,
                   const char *upstream)
{
    lv_error err = {0};
    const lv_ask ask = ask_of(q);
    exchange e;
    lv_claims claims;
    lv_answer answer = read_answer(s, q);
    const lv_verdict truth = expected_verdict(&ask, from->x[pair], from->y[pair], WIDTH);
    const lv_proof_context context = lv_answer_proof_context(from->set, upstream, pair);
    exchange_open(&e, from, pair, &ask);
    assert_int_equal(lv_claims_of(&e.combined, WIDTH, truth.direction, truth.index, &claims, &err),
                     LV_OK);
    answer.formula = truth.direction;
    answer.index = truth.index;
    answer.proof.len = 0;
    assert_int_equal(lv_claims_prove(&claims, from->made.key, &context, NULL, &answer.proof, &err),
                     LV_OK);
    bool own = from == &s->set && pair == 0 && strcmp(upstream, "AMSP") == 0;
    assert_int_equal(check(s, q, &answer), own ? LV_OK : LV_INVALID);
    lv_answer_free(&answer);
    exchange_close(&e);
}

static void test_proofs_of_another_pair_set_or_buyer(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        for (uint32_t pair = 0; pair < COUNT; pair++) {
            replay(s, q, &s->set, pair, "AMSP");
            replay(s, q, &s->other, pair, "AMSP");
        }
        replay(s, q, &s->set, 0, "SMSP");
    }
}

/* A downstream that wants to lie has no proof to show, and one whose values are not those of the
 * record answers nothing. */
static void test_nothing_false_is_proved(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        const lv_combined *z = &s->e[q].combined;
        const lv_proof_context context = lv_answer_proof_context(s->set.set, "AMSP", 0);
        const lv_verdict truth = expected_verdict(&z->ask, VALUES[0][0], VALUES[0][1], WIDTH);
        for (unsigned f = 0; f <= LV_DIFFERENT; f++) {
            for (uint32_t i = 0; i < WIDTH; i++) {
                lv_error err = {0};
                lv_claims claims;
                lv_buffer proof = {0};
                bool is_true = f == (unsigned)truth.direction && i == truth.index;
                if (lv_claims_of(z, WIDTH, (lv_formula)f, i, &claims, &err) != LV_OK) {
                    assert_false(is_true);
                    continue;
                }
                assert_int_equal(
                    lv_claims_prove(&claims, s->set.made.key, &context, NULL, &proof, &err),
                    is_true ? LV_OK : LV_REFUSED);
                assert_true((proof.len > 0) == is_true);
                lv_buffer_free(&proof);
            }
        }
    }
}

static void test_values_that_are_not_those_of_the_record(void **state)
{
    const scene *s = *state;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        const lv_ask ask = ask_of(q);
        const lv_verdict right = expected_verdict(&ask, VALUES[0][0], VALUES[0][1], WIDTH);
        for (uint64_t y = 0; y < 16; y++) {
            lv_verdict wrong = expected_verdict(&ask, VALUES[0][0], y, WIDTH);
            bool same = wrong.direction == right.direction && wrong.index == right.index;
            exchange e;
            exchange_open(&e, &s->set, 0, &ask);
            assert_int_equal(exchange_answer(&e, &s->set, VALUES[0][0], y),
                             same ? LV_OK : LV_E_CORRUPT);
            exchange_close(&e);
        }
    }
}

/* A suite that only signs has no room for bytes that prove nothing. */
static void test_superfluous_proofs(void **state)
{
    const scene *s = *state;
    asked_set rlwe;
    asked_open(&rlwe, &s->w, "rlwe1024", WIDTH, 1, VALUES, COUNT);
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        static const uint8_t empty_parts[8];
        lv_error err = {0};
        const lv_ask ask = ask_of(q);
        exchange e;
        lv_answer answer;
        lv_verdict verdict;
        exchange_open(&e, &rlwe, 0, &ask);
        assert_int_equal(exchange_answer(&e, &rlwe, VALUES[0][0], VALUES[0][1]), LV_OK);
        assert_int_equal(exchange_check(&e, &rlwe, lv_buffer_view(&e.answer), &verdict), LV_OK);
        assert_false(verdict.proved);
        assert_int_equal(
            lv_answer_open(lv_buffer_view(&e.answer), s->w.trust, s->w.now, &answer, NULL, &err),
            LV_OK);
        for (size_t len = 1; len <= sizeof empty_parts; len++) {
            lv_buffer bytes = {0};
            answer.proof.len = 0;
            assert_int_equal(lv_buffer_append(&answer.proof, empty_parts, len), LV_OK);
            assert_int_equal(lv_answer_seal(&answer, s->w.downstream.identity, &bytes, &err),
                             LV_OK);
            assert_int_equal(exchange_check(&e, &rlwe, lv_buffer_view(&bytes), &verdict),
                             LV_INVALID);
            lv_buffer_free(&bytes);
        }
        lv_answer_free(&answer);
        exchange_close(&e);
    }
    asked_close(&rlwe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),
        cmocka_unit_test(test_every_other_statement),
        cmocka_unit_test(test_tampered_proofs),
        cmocka_unit_test(test_proofs_and_answers_of_another_question),
        cmocka_unit_test(test_another_limit),
        cmocka_unit_test(test_an_inquiry_changed_under_the_same_digest),
        cmocka_unit_test(test_proofs_of_another_pair_set_or_buyer),
        cmocka_unit_test(test_nothing_false_is_proved),
        cmocka_unit_test(test_values_that_are_not_those_of_the_record),
        cmocka_unit_test(test_superfluous_proofs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
