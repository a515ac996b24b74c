/** A set of one suite and width with every kind of pair, and one question about it from inquiry to
 *  verdict, for the tests of the five questions. */
#ifndef LV_TESTS_QUESTIONS_H
#define LV_TESTS_QUESTIONS_H

#include "unit/compare/world.h"
#include <stdio.h>
#include <stdlib.h>

static const lv_question QUESTIONS[] = {LV_ASK_DIRECTION, LV_ASK_INDEX, LV_ASK_BAND,
                                        LV_ASK_THRESHOLD, LV_ASK_EQUALITY};

/** A set with D and scale. */
typedef struct {
    const world *w;
    unsigned width;
    size_t count;
    lv_pair *pairs;
    uint64_t *x;
    uint64_t *y;
    lv_set_made made;
    lv_set *set;
} asked_set;

static inline void asked_open(asked_set *s, const world *w, const char *suite, unsigned width,
                              uint64_t sequence, const uint64_t (*values)[2], size_t count)
{
    lv_error err = {0};
    lv_series series = world_series(width);
    bool paillier = strcmp(suite, "paillier") == 0;
    snprintf(series.suite, sizeof series.suite, "%s", suite);
    series.key_bits = paillier ? WORLD_KEY_BITS : lv_suite_default_key_bits(lv_suite_find(suite));
    *s = (asked_set){.w = w, .width = width, .count = count};
    s->pairs = calloc(count, sizeof *s->pairs);
    s->x = calloc(count, sizeof *s->x);
    s->y = calloc(count, sizeof *s->y);
    assert_non_null(s->pairs);
    assert_non_null(s->x);
    assert_non_null(s->y);
    for (size_t i = 0; i < count; i++) {
        s->pairs[i] = (lv_pair){
            .earlier_lot = "L1", .later_lot = "L2", .earlier_time = "1", .later_time = "2"};
        s->x[i] = values[i][0];
        s->y[i] = values[i][1];
    }
    const lv_set_plan plan = {.quality_channel = "quality",
                              .xor_channel = "xor",
                              .series = &series,
                              .sequence = sequence,
                              .pairs = s->pairs,
                              .pair_count = count,
                              .x = s->x,
                              .y = s->y,
                              .time = w->now,
                              .with_distance = true,
                              .tell_scale = true};
    lv_secret_key *key = paillier ? world_key(w, sequence - 1) : NULL;
    assert_int_equal(lv_set_make(&plan, w->downstream.identity, key, NULL, &s->made, &err), LV_OK);
    s->set = world_set(w, &s->made);
    assert_true(lv_set_has_distance(s->set));
    assert_true(lv_set_quality(s->set)->has_scale);
}

static inline void asked_close(asked_set *s)
{
    lv_set_free(s->set);
    lv_set_made_free(&s->made);
    free(s->pairs);
    free(s->x);
    free(s->y);
}

/** One question on its way. */
typedef struct {
    lv_combined combined;
    lv_buffer inquiry;
    lv_buffer answer;
} exchange;

static inline void exchange_open(exchange *e, const asked_set *s, uint32_t pair, const lv_ask *ask)
{
    lv_error err = {0};
    *e = (exchange){0};
    assert_int_equal(lv_set_combine(s->set, pair, ask, NULL, &e->combined, &err), LV_OK);
    assert_int_equal(lv_inquiry_make(s->set, &e->combined, false, s->w->upstream.identity,
                                     s->w->now, &e->inquiry, &err),
                     LV_OK);
}

static inline lv_status exchange_answer(exchange *e, const asked_set *s, uint64_t x, uint64_t y)
{
    lv_error err = {0};
    lv_status status =
        lv_answer_make(s->set, &e->combined, lv_buffer_view(&e->inquiry), s->made.key, x, y,
                       s->w->downstream.identity, s->w->now, NULL, &e->answer, &err);
    assert_true((status == LV_OK) == (e->answer.len > 0));
    assert_true(status == LV_OK || err.text[0] != '\0');
    return status;
}

static inline lv_status exchange_check(const exchange *e, const asked_set *s, lv_bytes answer,
                                       lv_verdict *verdict)
{
    static const lv_verdict none;
    lv_error err = {0};
    lv_status status = lv_verdict_check(s->set, &e->combined, lv_buffer_view(&e->inquiry), answer,
                                        s->w->trust, s->w->now, verdict, &err);
    if (status != LV_OK) {
        assert_memory_equal(verdict, &none, sizeof none);
        assert_string_not_equal(err.text, "");
    }
    return status;
}

static inline void exchange_close(exchange *e)
{
    lv_combined_free(&e->combined);
    lv_buffer_free(&e->inquiry);
    lv_buffer_free(&e->answer);
}

/** floor(log2 value) of what is not 0. */
static inline unsigned log2_of(uint64_t value)
{
    unsigned log = 0;
    while (value >> (log + 1) != 0) {
        log++;
    }
    return log;
}

static inline lv_formula order_of_values(uint64_t a, uint64_t b)
{
    if (a == b) {
        return LV_EQUAL;
    }
    return a < b ? LV_RISE : LV_FALL;
}

/** What the verdict must be, from the values in the clear. */
static inline lv_verdict expected_verdict(const lv_ask *ask, uint64_t x, uint64_t y, unsigned width)
{
    lv_verdict v = {.ask = *ask, .direction = order_of_values(x, y)};
    uint64_t size = x < y ? y - x : x - y;
    switch (ask->question) {
    case LV_ASK_DIRECTION:
        return v;
    case LV_ASK_INDEX:
        size = x ^ y;
        break;
    case LV_ASK_BAND:
        break;
    case LV_ASK_THRESHOLD:
        v.direction = order_of_values(y, ask->limit);
        return v;
    case LV_ASK_EQUALITY:
        v.direction = x == y ? LV_EQUAL : LV_DIFFERENT;
        return v;
    }
    if (x != y) {
        v.index = width - 1 - log2_of(size);
        v.scale = (uint64_t)1 << log2_of(size);
    }
    return v;
}

/** What stands behind an answer of a suite: docs/protocol.md section 6. */
static inline bool expected_proof(const char *suite, const lv_verdict *verdict)
{
    bool of_zeros = verdict->direction == LV_EQUAL || verdict->ask.question == LV_ASK_INDEX ||
                    verdict->ask.question == LV_ASK_BAND;
    return strcmp(suite, "ristretto255") == 0 || (strcmp(suite, "paillier") == 0 && of_zeros);
}

#endif
