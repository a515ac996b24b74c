/** Three organisations, a few keys made once, and sets published under them, for tests of compare
 *  and contract. */
#ifndef LV_TESTS_WORLD_H
#define LV_TESTS_WORLD_H

#include "base/clock.h"
#include "unit/record/parties.h"
#include <lotveil/compare.h>

#define WORLD_KEYS_MAX 6U
#define WORLD_PAIRS_MAX 8U
#define WORLD_KEY_BITS 2048U

static const lv_ask ASK_INDEX = {.question = LV_ASK_INDEX};

typedef struct {
    lv_trust *trust;
    party downstream; /* BMSP */
    party upstream;   /* AMSP */
    party servicer;   /* SMSP */
    lv_buffer keys[WORLD_KEYS_MAX];
    size_t key_count;
    int64_t now;
} world;

static inline void world_open(world *w, size_t keys)
{
    lv_error err = {0};
    const lv_suite *suite = lv_suite_find("paillier");
    assert_non_null(suite);
    *w = (world){.now = lv_clock_now(), .key_count = keys};
    assert_int_equal(lv_trust_new(&w->trust), LV_OK);
    party_make(&w->downstream, "BMSP", w->trust);
    party_make(&w->upstream, "AMSP", w->trust);
    party_make(&w->servicer, "SMSP", w->trust);
    for (size_t i = 0; i < keys; i++) {
        lv_secret_key *key = NULL;
        assert_int_equal(lv_key_generate(suite, WORLD_KEY_BITS, NULL, &key, &err), LV_OK);
        assert_int_equal(lv_key_encode(key, &w->keys[i]), LV_OK);
        lv_key_free(key);
    }
}

static inline void world_close(world *w)
{
    party_free(&w->downstream);
    party_free(&w->upstream);
    party_free(&w->servicer);
    lv_trust_free(w->trust);
    for (size_t i = 0; i < w->key_count; i++) {
        lv_buffer_wipe(&w->keys[i]);
    }
}

static inline lv_secret_key *world_key(const world *w, size_t i)
{
    lv_error err = {0};
    lv_secret_key *key = NULL;
    assert_int_equal(
        lv_key_decode(lv_suite_find("paillier"), lv_buffer_view(&w->keys[i]), &key, &err), LV_OK);
    return key;
}

/** A series of the published example's form. */
static inline lv_series world_series(unsigned width)
{
    return (lv_series){.name = "moisture",
                       .unit = "g",
                       .column_lot = "lot",
                       .column_time = "time",
                       .column_value = "moisture",
                       .scale = {.offset = 0, .decimals = 2, .bits = width},
                       .suite = "paillier",
                       .key_bits = WORLD_KEY_BITS,
                       .compare = LV_COMPARE_CONSECUTIVE};
}

/** A set to publish; change what a test is about before world_publish. */
typedef struct {
    lv_series series;
    lv_pair pairs[WORLD_PAIRS_MAX];
    uint64_t x[WORLD_PAIRS_MAX];
    uint64_t y[WORLD_PAIRS_MAX];
    lv_set_plan plan;
} world_plan;

static inline void world_plan_make(const world *w, world_plan *p, unsigned width, uint64_t sequence,
                                   const uint64_t (*values)[2], size_t count)
{
    *p = (world_plan){.series = world_series(width)};
    assert_true(count <= WORLD_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) {
        p->pairs[i] = (lv_pair){
            .earlier_lot = "L1", .later_lot = "L2", .earlier_time = "1", .later_time = "2"};
        p->x[i] = values[i][0];
        p->y[i] = values[i][1];
    }
    p->plan = (lv_set_plan){.quality_channel = "quality",
                            .xor_channel = "xor",
                            .series = &p->series,
                            .sequence = sequence,
                            .pairs = p->pairs,
                            .pair_count = count,
                            .x = p->x,
                            .y = p->y,
                            .time = w->now};
}

static inline void world_publish(const world *w, const world_plan *p, size_t key, lv_set_made *made)
{
    lv_error err = {0};
    assert_int_equal(
        lv_set_make(&p->plan, w->downstream.identity, world_key(w, key), NULL, made, &err), LV_OK);
}

/** Opens both records of a set. */
static inline lv_set *world_set(const world *w, const lv_set_made *made)
{
    lv_error err = {0};
    lv_set *set = NULL;
    assert_int_equal(lv_set_open(lv_buffer_view(&made->quality_record), w->trust, NULL, &set, &err),
                     LV_OK);
    assert_int_equal(lv_set_add_xor(set, lv_buffer_view(&made->xor_record), w->trust, NULL, &err),
                     LV_OK);
    return set;
}

#endif
