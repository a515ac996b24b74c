/* A set opened to an auditor, honest and otherwise. */
#include "suite/rlwe/rlwe.h"
#include "unit/compare/world.h"
#include <lotveil/audit.h>

#define WIDTH 8U
#define PAIRS 3U

static const uint64_t VALUES[PAIRS][2] = {{45, 41}, {76, 132}, {7, 7}};

/* One published set with its opening. */
typedef struct {
    world *w;
    lv_set_made made;
    lv_buffer key;
    lv_buffer opening;
} opened_set;

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

static void publish(world *w, const char *suite, const uint64_t (*values)[2], opened_set *out)
{
    lv_error err = {0};
    world_plan p;
    *out = (opened_set){.w = w};
    world_plan_make(w, &p, WIDTH, 1, values, PAIRS);
    p.plan.with_distance = true;
    memcpy(p.series.suite, suite, strlen(suite) + 1);
    p.series.key_bits = strcmp(suite, "paillier") == 0
                            ? WORLD_KEY_BITS
                            : lv_suite_default_key_bits(lv_suite_find(suite));
    lv_secret_key *key = strcmp(suite, "paillier") == 0 ? world_key(w, 0) : NULL;
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, key, NULL, &out->made, &err),
                     LV_OK);
    assert_int_equal(lv_key_encode(out->made.key, &out->key), LV_OK);
    assert_int_equal(lv_opening_make(out->made.key, &out->made.set_id, "Auditor GmbH",
                                     w->downstream.identity, w->now, &out->opening, &err),
                     LV_OK);
}

static void forget(opened_set *s)
{
    lv_set_made_free(&s->made);
    lv_buffer_wipe(&s->key);
    lv_buffer_free(&s->opening);
}

static lv_status begin(const opened_set *s, const lv_set *set, lv_audit **out)
{
    lv_error err = {0};
    lv_status status = lv_audit_begin(set, lv_buffer_view(&s->opening), lv_buffer_view(&s->key),
                                      s->w->trust, out, &err);
    assert_true((status == LV_OK) == (*out != NULL));
    assert_true((status == LV_OK) == (err.text[0] == '\0'));
    return status;
}

/* ---- exchanges ---- */

typedef struct {
    lv_buffer inquiry;
    lv_buffer answer;
} exchange;

static void play(const opened_set *s, const lv_set *set, uint32_t pair, lv_ask ask, exchange *out)
{
    lv_error err = {0};
    lv_combined combined;
    const world *w = s->w;
    *out = (exchange){0};
    assert_int_equal(lv_set_combine(set, pair, &ask, NULL, &combined, &err), LV_OK);
    assert_int_equal(
        lv_inquiry_make(set, &combined, false, w->upstream.identity, w->now, &out->inquiry, &err),
        LV_OK);
    assert_int_equal(lv_answer_make(set, &combined, lv_buffer_view(&out->inquiry), s->made.key,
                                    VALUES[pair][0], VALUES[pair][1], w->downstream.identity,
                                    w->now, NULL, &out->answer, &err),
                     LV_OK);
    lv_combined_free(&combined);
}

static void exchange_free(exchange *e)
{
    lv_buffer_free(&e->inquiry);
    lv_buffer_free(&e->answer);
}

static lv_status check(const opened_set *s, const lv_audit *audit, const exchange *e,
                       lv_audit_answer *out)
{
    lv_error err = {0};
    lv_status status =
        lv_audit_check_answer(audit, lv_buffer_view(&e->inquiry), lv_buffer_view(&e->answer),
                              s->w->trust, NULL, out, &err);
    assert_true((status == LV_OK) == (err.text[0] == '\0'));
    return status;
}

/* ---- honest sets ---- */

static void test_an_honest_set_passes_in_every_suite(void **state)
{
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        opened_set s;
        lv_audit *audit = NULL;
        lv_error err = {0};
        publish(*state, lv_suite_name(suite), VALUES, &s);
        lv_set *set = world_set(s.w, &s.made);
        assert_int_equal(begin(&s, set, &audit), LV_OK);
        assert_string_equal(lv_audit_opening(audit)->auditor, "Auditor GmbH");
        for (uint32_t pair = 0; pair < PAIRS; pair++) {
            lv_audit_values values;
            assert_int_equal(lv_audit_pair(audit, pair, &values, &err), LV_OK);
            assert_true(values.x == VALUES[pair][0] && values.y == VALUES[pair][1]);

            exchange e;
            lv_audit_answer found;
            play(&s, set, pair, (lv_ask){.question = LV_ASK_INDEX}, &e);
            assert_int_equal(check(&s, audit, &e, &found), LV_OK);
            assert_int_equal(found.pair, pair);
            assert_string_equal(found.upstream, "AMSP");
            assert_int_equal(found.told.direction, found.right.direction);
            assert_true(found.told.scale == found.right.scale);
            exchange_free(&e);
        }
        lv_audit_values values = {1, 1};
        assert_int_equal(lv_audit_pair(audit, PAIRS, &values, &err), LV_E_RANGE);
        assert_true(values.x == 0 && values.y == 0);
        lv_audit_free(audit);
        lv_set_free(set);
        forget(&s);
    }
}

/* ---- openings ---- */

static void test_the_opening_must_be_of_this_set_and_key(void **state)
{
    world *w = *state;
    lv_error err = {0};
    opened_set one;
    opened_set two;
    lv_audit *audit = NULL;
    publish(w, "rlwe1024", VALUES, &one);
    publish(w, "rlwe1024", VALUES, &two);
    lv_set *set = world_set(w, &one.made);

    opened_set mixed = one;
    mixed.key = two.key; /* another set's key */
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);
    mixed.opening = two.opening; /* and its opening */
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);
    mixed.key = one.key;
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);

    mixed = one;
    mixed.key.len--;
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);
    mixed = one;
    mixed.opening.len--;
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);
    mixed.opening.len = 0;
    assert_int_equal(begin(&mixed, set, &audit), LV_INVALID);

    one.key.data[5] ^= 1;
    assert_int_equal(begin(&one, set, &audit), LV_INVALID);
    one.key.data[5] ^= 1;
    for (size_t i = 0; i < one.opening.len; i += 7) {
        one.opening.data[i] ^= 1;
        assert_int_equal(begin(&one, set, &audit), LV_INVALID);
        one.opening.data[i] ^= 1;
    }
    assert_int_equal(begin(&one, set, &audit), LV_OK); /* the sibling that is whole */
    lv_audit_free(audit);

    lv_buffer none = {0};
    assert_int_equal(lv_opening_make(one.made.key, &two.made.set_id, "", w->downstream.identity,
                                     w->now, &none, &err),
                     LV_E_ARGUMENT);
    assert_int_equal(none.len, 0);
    lv_set_free(set);
    forget(&one);
    forget(&two);
}

/* Somebody else who has the key cannot open the set in the downstream's name. */
static void test_the_opening_must_be_of_the_set_s_author(void **state)
{
    world *w = *state;
    lv_error err = {0};
    opened_set s;
    lv_audit *audit = NULL;
    publish(w, "rlwe1024", VALUES, &s);
    lv_set *set = world_set(w, &s.made);
    lv_buffer_free(&s.opening);
    assert_int_equal(lv_opening_make(s.made.key, &s.made.set_id, "", w->upstream.identity, w->now,
                                     &s.opening, &err),
                     LV_OK);
    assert_int_equal(begin(&s, set, &audit), LV_INVALID);
    lv_set_free(set);
    forget(&s);
}

static void test_both_records_are_needed(void **state)
{
    world *w = *state;
    lv_error err = {0};
    opened_set s;
    lv_set *set = NULL;
    lv_audit *audit = NULL;
    publish(w, "ristretto255", VALUES, &s);
    assert_int_equal(
        lv_set_open(lv_buffer_view(&s.made.quality_record), w->trust, NULL, &set, &err), LV_OK);
    assert_int_equal(begin(&s, set, &audit), LV_E_ARGUMENT);
    lv_set_free(set);
    forget(&s);
}

/* ---- ciphertexts that a downstream should not have signed ---- */

enum { X, Y, W, D };

/* Adds to a coefficient of an encoded matrix of rlwe1024. */
static void add_to(lv_buffer *matrix, size_t coefficient, uint32_t value)
{
    uint8_t *two = matrix->data + 32 + coefficient / 2 * 5;
    uint64_t word = 0;
    for (unsigned i = 0; i < 5; i++) {
        word |= (uint64_t)two[i] << 8 * i;
    }
    unsigned shift = coefficient % 2 == 0 ? 0 : 20;
    uint64_t mask = UINT64_C(0xfffff) << shift;
    uint64_t sum = ((word >> shift & 0xfffff) + value) % LV_RLWE_Q;
    word = (word & ~mask) | sum << shift;
    for (unsigned i = 0; i < 5; i++) {
        two[i] = (uint8_t)(word >> 8 * i);
    }
}

/* Publishes again with a coefficient of one matrix changed, everything signed and bound anew; gives
 * what the audit of the pair says. */
static lv_status audit_changed(const opened_set *s, int matrix, size_t coefficient, uint32_t value,
                               uint32_t pair, lv_error *err)
{
    lv_quality quality;
    lv_xor sold;
    opened_set changed = *s;
    lv_audit *audit = NULL;
    const world *w = s->w;
    changed.made = (lv_set_made){.set_id = s->made.set_id};
    assert_int_equal(lv_quality_open(lv_buffer_view(&s->made.quality_record), w->trust,
                                     LV_TIME_RECORD, &quality, NULL, err),
                     LV_OK);
    assert_int_equal(lv_xor_open(lv_buffer_view(&s->made.xor_record), w->trust, LV_TIME_RECORD,
                                 &sold, NULL, err),
                     LV_OK);
    lv_buffer *const matrices[] = {
        [X] = &quality.x, [Y] = &quality.y, [W] = &sold.w, [D] = &sold.d};
    add_to(matrices[matrix], coefficient, value);
    assert_int_equal(lv_binding_of(lv_buffer_view(&quality.public_key), lv_buffer_view(&quality.x),
                                   lv_buffer_view(&quality.y), &sold.binding),
                     LV_OK);
    assert_int_equal(lv_xor_seal(&sold, w->downstream.identity, &changed.made.xor_record, err),
                     LV_OK);
    assert_int_equal(lv_digest_of(lv_buffer_view(&changed.made.xor_record), &quality.xor_digest),
                     LV_OK);
    assert_int_equal(
        lv_quality_seal(&quality, w->downstream.identity, &changed.made.quality_record, err),
        LV_OK);
    lv_quality_free(&quality);
    lv_xor_free(&sold);

    lv_set *set = world_set(w, &changed.made);
    lv_audit_values values = {1, 1};
    assert_int_equal(begin(&changed, set, &audit), LV_OK);
    lv_status status = lv_audit_pair(audit, pair, &values, err);
    assert_true(status == LV_OK || (values.x == 0 && values.y == 0));
    lv_audit_free(audit);
    lv_set_free(set);
    lv_set_made_free(&changed.made);
    return status;
}

static void test_every_kind_of_changed_ciphertext_is_found(void **state)
{
    enum { BLOCK = 32 };
    opened_set s;
    lv_error err = {0};
    publish(*state, "rlwe1024", VALUES, &s);
    assert_int_equal(audit_changed(&s, X, 0, 0, 0, &err), LV_OK);

    for (int matrix = X; matrix <= D; matrix++) {
        /* another noise than the seed's */
        assert_int_equal(audit_changed(&s, matrix, BLOCK + 3, 1, 1, &err), LV_INVALID);
        assert_non_null(strstr(err.text, "bit 3"));
        assert_int_equal(audit_changed(&s, matrix, BLOCK + 3, LV_RLWE_Q - 1, 1, &err), LV_INVALID);
        assert_non_null(strstr(err.text, "not the ciphertext"));
        /* no bit: 7 or 8 */
        assert_int_equal(audit_changed(&s, matrix, 0, 7 * LV_RLWE_DELTA, 0, &err), LV_INVALID);
        assert_non_null(strstr(err.text, "neither 0 nor 1"));
        /* beside the bits, in the first and the last place after them */
        assert_int_equal(audit_changed(&s, matrix, WIDTH, 1, 0, &err), LV_INVALID);
        assert_int_equal(audit_changed(&s, matrix, BLOCK - 1, LV_RLWE_DELTA, 0, &err), LV_INVALID);
        /* in another pair */
        assert_int_equal(audit_changed(&s, matrix, 0, 1, 2, &err), LV_OK);
    }
    /* A 0 that became a 1 with its own noise; 45 = 00101101, 41 = 00101001. */
    assert_int_equal(audit_changed(&s, X, 0, LV_RLWE_DELTA, 0, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "w is not x xor y"));
    assert_int_equal(audit_changed(&s, W, 0, LV_RLWE_DELTA, 0, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "w is not x xor y"));
    assert_int_equal(audit_changed(&s, D, 0, LV_RLWE_DELTA, 0, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "d is not the distance"));
    forget(&s);
}

/* ---- answers ---- */

static void test_answers_that_are_not_true_are_found(void **state)
{
    world *w = *state;
    lv_error err = {0};
    opened_set s;
    lv_audit *audit = NULL;
    lv_audit_answer found;
    exchange honest;
    publish(w, "rlwe1024", VALUES, &s);
    lv_set *set = world_set(w, &s.made);
    assert_int_equal(begin(&s, set, &audit), LV_OK);
    play(&s, set, 0, (lv_ask){.question = LV_ASK_INDEX}, &honest);
    assert_int_equal(check(&s, audit, &honest, &found), LV_OK);

    const struct {
        lv_formula formula;
        uint32_t index;
    } lies[] = {{LV_FALL, 4}, {LV_RISE, 5}, {LV_EQUAL, 0}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        exchange lie = {.inquiry = honest.inquiry};
        lv_answer answer;
        assert_int_equal(lv_answer_open(lv_buffer_view(&honest.answer), w->trust, LV_TIME_RECORD,
                                        &answer, NULL, &err),
                         LV_OK);
        assert_true(answer.formula == LV_FALL && answer.index == 5); /* 45 -> 41 */
        answer.formula = lies[i].formula;
        answer.index = lies[i].index;
        assert_int_equal(lv_answer_seal(&answer, w->downstream.identity, &lie.answer, &err), LV_OK);
        assert_int_equal(check(&s, audit, &lie, &found), LV_INVALID);
        assert_int_equal(found.right.direction, LV_FALL);
        assert_int_equal(found.right.index, 5);
        lv_answer_free(&answer);
        lv_buffer_free(&lie.answer);
    }

    exchange other;
    play(&s, set, 1, (lv_ask){.question = LV_ASK_INDEX}, &other);
    assert_int_equal(check(&s, audit, &other, &found), LV_OK);
    exchange crossed = {.inquiry = honest.inquiry, .answer = other.answer};
    assert_int_equal(check(&s, audit, &crossed, &found), LV_INVALID);
    crossed = (exchange){.inquiry = honest.answer, .answer = honest.answer};
    assert_int_equal(check(&s, audit, &crossed, &found), LV_INVALID);
    honest.answer.len--;
    assert_int_equal(check(&s, audit, &honest, &found), LV_INVALID);
    exchange_free(&other);
    exchange_free(&honest);
    lv_audit_free(audit);
    lv_set_free(set);
    forget(&s);
}

static void test_answers_about_another_set_are_refused(void **state)
{
    world *w = *state;
    opened_set one;
    opened_set two;
    lv_audit *audit = NULL;
    lv_audit_answer found;
    exchange e;
    publish(w, "rlwe1024", VALUES, &one);
    publish(w, "rlwe1024", VALUES, &two);
    lv_set *set = world_set(w, &one.made);
    lv_set *other = world_set(w, &two.made);
    assert_int_equal(begin(&one, set, &audit), LV_OK);
    play(&two, other, 0, (lv_ask){.question = LV_ASK_INDEX}, &e);
    assert_int_equal(check(&one, audit, &e, &found), LV_INVALID);
    exchange_free(&e);
    lv_audit_free(audit);
    lv_set_free(set);
    lv_set_free(other);
    forget(&one);
    forget(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_honest_set_passes_in_every_suite),
        cmocka_unit_test(test_the_opening_must_be_of_this_set_and_key),
        cmocka_unit_test(test_the_opening_must_be_of_the_set_s_author),
        cmocka_unit_test(test_both_records_are_needed),
        cmocka_unit_test(test_every_kind_of_changed_ciphertext_is_found),
        cmocka_unit_test(test_answers_that_are_not_true_are_found),
        cmocka_unit_test(test_answers_about_another_set_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
