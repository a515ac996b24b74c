/* The five questions, each from inquiry to verdict: every pair of 4 bits where a suite is fast
 * enough, pairs at the ends of every width everywhere. */
#include "unit/compare/questions.h"

#define WIDTH 4U
#define ALL 256U

static int setup(void **state)
{
    static world w;
    world_open(&w, 1);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

/* How long the answer was, for each thing that it said; 0 where nothing did yet. */
typedef struct {
    size_t proof[LV_DIFFERENT + 1];
} lengths;

/* The same length whatever else the values are. */
static void check_length(lengths *seen, const asked_set *s, const exchange *e)
{
    lv_error err = {0};
    lv_answer answer;
    assert_int_equal(
        lv_answer_open(lv_buffer_view(&e->answer), s->w->trust, s->w->now, &answer, NULL, &err),
        LV_OK);
    size_t *len = &seen->proof[answer.formula];
    *len = *len == 0 ? answer.proof.len + 1 : *len;
    assert_int_equal(*len, answer.proof.len + 1);
    lv_answer_free(&answer);
}

static void ask(const asked_set *s, const char *suite, uint32_t pair, const lv_ask *question,
                lengths *seen)
{
    lv_error err = {0};
    exchange e;
    lv_verdict verdict;
    exchange_open(&e, s, pair, question);
    assert_int_equal(lv_inquiry_check(s->set, &e.combined, lv_buffer_view(&e.inquiry), s->w->trust,
                                      "BMSP", s->w->now, &err),
                     LV_OK);
    assert_int_equal(exchange_answer(&e, s, s->x[pair], s->y[pair]), LV_OK);
    assert_int_equal(exchange_check(&e, s, lv_buffer_view(&e.answer), &verdict), LV_OK);
    lv_verdict expected = expected_verdict(question, s->x[pair], s->y[pair], s->width);
    expected.proved = expected_proof(suite, &expected);
    assert_int_equal(verdict.ask.question, expected.ask.question);
    assert_true(verdict.ask.limit == expected.ask.limit);
    assert_int_equal(verdict.direction, expected.direction);
    assert_int_equal(verdict.index, expected.index);
    assert_true(verdict.scale == expected.scale);
    assert_int_equal(verdict.proved, expected.proved);
    check_length(seen, s, &e);
    exchange_close(&e);
}

/* The limit of a pair is its earlier value: over all pairs, every limit for every value. */
static void ask_all(const world *w, const char *suite, unsigned width, const uint64_t (*values)[2],
                    size_t count)
{
    asked_set s;
    asked_open(&s, w, suite, width, 1, values, count);
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lengths seen = {{0}};
        for (uint32_t pair = 0; pair < count; pair++) {
            const lv_ask question = {.question = QUESTIONS[q],
                                     .limit =
                                         QUESTIONS[q] == LV_ASK_THRESHOLD ? values[pair][0] : 0};
            ask(&s, suite, pair, &question, &seen);
        }
    }
    asked_close(&s);
}

static void every_pair(const world *w, const char *suite)
{
    static uint64_t values[ALL][2];
    for (size_t i = 0; i < ALL; i++) {
        values[i][0] = i / (1U << WIDTH);
        values[i][1] = i % (1U << WIDTH);
    }
    ask_all(w, suite, WIDTH, (const uint64_t(*)[2])values, ALL);
}

static void test_every_pair_ristretto255(void **state) { every_pair(*state, "ristretto255"); }

static void test_every_pair_rlwe1024(void **state) { every_pair(*state, "rlwe1024"); }

static void test_paillier(void **state)
{
    const uint64_t values[][2] = {{9, 3}, {3, 9}, {7, 8}, {5, 5}, {0, 15}};
    ask_all(*state, "paillier", WIDTH, values, 5);
}

static void test_the_ends_of_every_width(void **state)
{
    static const unsigned widths[] = {1, 32, 33, 62};
    static const char *const suites[] = {"ristretto255", "rlwe1024"};
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
            const uint64_t top = ((uint64_t)1 << widths[i]) - 1;
            const uint64_t values[][2] = {{0, top}, {top, 0}, {top, top}, {top / 2, top / 2 + 1}};
            ask_all(*state, suites[s], widths[i], values, 4);
        }
    }
}

/* ---- what a set must have ---- */

static lv_status combine(const lv_set *set, uint32_t pair, lv_question question, uint64_t limit,
                         lv_error *err)
{
    static const lv_combined none;
    lv_combined combined;
    const lv_ask asked = {.question = question, .limit = limit};
    lv_status status = lv_set_combine(set, pair, &asked, NULL, &combined, err);
    if (status != LV_OK) {
        assert_memory_equal(&combined, &none, sizeof none);
        assert_string_not_equal(err->text, "");
    }
    lv_combined_free(&combined);
    return status;
}

/* A threshold needs the quality record alone, all else the XOR record, the band its D. */
static void test_what_a_question_needs(void **state)
{
    const world *w = *state;
    const uint64_t values[][2] = {{9, 3}};
    lv_error err = {0};
    world_plan p;
    lv_set_made made;
    lv_set *set = NULL;
    world_plan_make(w, &p, WIDTH, 1, values, 1);
    strcpy(p.series.suite, "ristretto255");
    p.series.key_bits = 256;
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, NULL, NULL, &made, &err), LV_OK);
    assert_int_equal(lv_set_open(lv_buffer_view(&made.quality_record), w->trust, NULL, &set, &err),
                     LV_OK);
    assert_false(lv_set_quality(set)->has_scale);
    assert_false(lv_set_quality(set)->distance);
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        lv_status expected = QUESTIONS[q] == LV_ASK_THRESHOLD ? LV_OK : LV_E_ARGUMENT;
        expected = QUESTIONS[q] == LV_ASK_BAND ? LV_REFUSED : expected; /* before it is bought */
        assert_int_equal(combine(set, 0, QUESTIONS[q], 0, &err), expected);
    }
    assert_int_equal(lv_set_add_xor(set, lv_buffer_view(&made.xor_record), w->trust, NULL, &err),
                     LV_OK);
    assert_false(lv_set_has_distance(set));
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        assert_int_equal(combine(set, 0, QUESTIONS[q], 0, &err),
                         QUESTIONS[q] == LV_ASK_BAND ? LV_REFUSED : LV_OK);
        assert_int_equal(combine(set, 1, QUESTIONS[q], 0, &err),
                         QUESTIONS[q] == LV_ASK_BAND ? LV_REFUSED : LV_E_RANGE);
    }
    lv_set_free(set);
    lv_set_made_free(&made);
}

static void test_questions_that_are_none(void **state)
{
    const world *w = *state;
    const uint64_t values[][2] = {{9, 3}};
    lv_error err = {0};
    asked_set s;
    asked_open(&s, w, "ristretto255", WIDTH, 1, values, 1);
    /* NOLINTBEGIN(clang-analyzer-optin.core.EnumCastOutOfRange): these are no questions */
    assert_int_equal(combine(s.set, 0, (lv_question)0, 0, &err), LV_E_ARGUMENT);
    assert_int_equal(combine(s.set, 0, (lv_question)6, 0, &err), LV_E_ARGUMENT);
    /* NOLINTEND(clang-analyzer-optin.core.EnumCastOutOfRange) */
    assert_int_equal(combine(s.set, 0, LV_ASK_INDEX, 1, &err), LV_E_ARGUMENT);
    assert_int_equal(combine(s.set, 0, LV_ASK_THRESHOLD, 15, &err), LV_OK);
    assert_int_equal(combine(s.set, 0, LV_ASK_THRESHOLD, 16, &err), LV_E_RANGE);
    asked_close(&s);
}

static void test_names(void **state)
{
    (void)state;
    lv_question found;
    for (size_t q = 0; q < LV_QUESTIONS; q++) {
        assert_true(lv_question_find(lv_question_name(QUESTIONS[q]), &found));
        assert_int_equal(found, QUESTIONS[q]);
    }
    assert_false(lv_question_find("unknown", &found));
    assert_false(lv_question_find("", &found));
    assert_string_equal(lv_question_name((lv_question)0), "unknown");
    assert_string_equal(lv_question_name((lv_question)6), "unknown");
    assert_string_equal(lv_verdict_word(LV_ASK_THRESHOLD, LV_RISE), "below");
    assert_string_equal(lv_verdict_word(LV_ASK_THRESHOLD, LV_FALL), "above");
    assert_string_equal(lv_verdict_word(LV_ASK_THRESHOLD, LV_EQUAL), "at");
    assert_string_equal(lv_verdict_word(LV_ASK_DIRECTION, LV_RISE), "rise");
    assert_string_equal(lv_verdict_word(LV_ASK_EQUALITY, LV_DIFFERENT), "different");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_questions_that_are_none),
        cmocka_unit_test(test_what_a_question_needs),
        cmocka_unit_test(test_paillier),
        cmocka_unit_test(test_the_ends_of_every_width),
        cmocka_unit_test(test_every_pair_ristretto255),
        cmocka_unit_test(test_every_pair_rlwe1024),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
