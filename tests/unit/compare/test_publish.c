/* Table 1: what is published, and what cannot be. */
#include "unit/compare/world.h"

static int setup(void **state)
{
    static world w;
    world_open(&w, 2);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static const uint64_t VALUES[][2] = {{45, 132}, {132, 45}};

static void test_both_records_say_what_was_planned(void **state)
{
    const world *w = *state;
    lv_error err;
    world_plan p;
    lv_set_made made;
    const lv_digest earlier = {.bytes = {7}};
    world_plan_make(w, &p, 8, 5, VALUES, 2);
    p.plan.corrects = &earlier;
    world_publish(w, &p, 0, &made);

    lv_quality quality;
    lv_xor xor_record;
    lv_digest digest;
    assert_int_equal(lv_quality_open(lv_buffer_view(&made.quality_record), w->trust, w->now,
                                     &quality, NULL, &err),
                     LV_OK);
    assert_int_equal(
        lv_xor_open(lv_buffer_view(&made.xor_record), w->trust, w->now, &xor_record, &digest, &err),
        LV_OK);
    assert_string_equal(quality.channel, "quality");
    assert_string_equal(quality.author, "BMSP");
    assert_string_equal(quality.unit, "g");
    assert_true(quality.sequence == 5 && quality.width == 8 && quality.pair_count == 2);
    assert_true(quality.has_corrects && lv_digest_equal(&quality.corrects, &earlier));
    assert_string_equal(quality.pairs[1].later_lot, "L2");
    assert_string_equal(xor_record.channel, "xor");
    assert_true(xor_record.sequence == 5 && xor_record.width == 8 && xor_record.pairs == 2);
    assert_true(lv_digest_equal(&quality.xor_digest, &digest));
    assert_int_equal(lv_set_id_of(lv_buffer_view(&quality.public_key), &digest), LV_OK);
    assert_true(lv_digest_equal(&made.set_id, &digest));
    lv_quality_free(&quality);
    lv_xor_free(&xor_record);
    lv_set_made_free(&made);
}

static void test_a_fresh_key_is_made_where_none_is_given(void **state)
{
    const world *w = *state;
    lv_error err;
    world_plan p;
    lv_set_made one;
    lv_set_made two;
    world_plan_make(w, &p, 1, 1, (const uint64_t[][2]){{0, 1}}, 1);
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, NULL, NULL, &one, &err), LV_OK);
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, NULL, NULL, &two, &err), LV_OK);
    assert_non_null(one.key);
    assert_false(lv_digest_equal(&one.set_id, &two.set_id));
    lv_set_made_free(&one);
    lv_set_made_free(&two);
    assert_null(one.key);
}

static void refuse(const world *w, const world_plan *p, lv_status expected)
{
    static const lv_set_made none;
    lv_error err = {0};
    lv_set_made made;
    assert_int_equal(
        lv_set_make(&p->plan, w->downstream.identity, world_key(w, 0), NULL, &made, &err),
        expected);
    assert_memory_equal(&made, &none, sizeof none);
    assert_string_not_equal(err.text, "");
    assert_null(strstr(err.text, "132")); /* no value in words */
}

static void test_what_cannot_be_published(void **state)
{
    const world *w = *state;
    world_plan p;
    world_plan_make(w, &p, 7, 1, VALUES, 2); /* 132 does not fit 7 bits */
    refuse(w, &p, LV_E_RANGE);

    world_plan_make(w, &p, 8, 1, VALUES, 2);
    p.plan.pair_count = 0;
    refuse(w, &p, LV_E_ARGUMENT);
    p.plan.pair_count = LV_SET_PAIRS_MAX + 1;
    refuse(w, &p, LV_E_ARGUMENT);

    world_plan_make(w, &p, 8, 0, VALUES, 2); /* sequences start at 1 */
    refuse(w, &p, LV_E_SYNTAX);

    world_plan_make(w, &p, 8, 1, VALUES, 2);
    p.pairs[0].later_lot[0] = '\n';
    refuse(w, &p, LV_E_SYNTAX);

    world_plan_make(w, &p, 8, 1, VALUES, 2);
    p.series.key_bits = 3072; /* not the key that is given */
    refuse(w, &p, LV_E_ARGUMENT);

    char longer[LV_NAME_MAX + 2];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    world_plan_make(w, &p, 8, 1, VALUES, 2);
    p.plan.quality_channel = longer;
    refuse(w, &p, LV_E_SYNTAX);
}

/* 4096 pairs of 62 bits at 2048 bits would be 130 MB a matrix: refused before anything is
 * encrypted. */
static void test_a_record_that_would_be_too_large(void **state)
{
    const world *w = *state;
    static lv_pair pairs[LV_SET_PAIRS_MAX];
    static uint64_t values[LV_SET_PAIRS_MAX];
    world_plan p;
    world_plan_make(w, &p, 62, 1, VALUES, 2);
    p.plan.pairs = pairs;
    p.plan.x = values;
    p.plan.y = values;
    p.plan.pair_count = LV_SET_PAIRS_MAX;
    refuse(w, &p, LV_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_records_say_what_was_planned),
        cmocka_unit_test(test_a_fresh_key_is_made_where_none_is_given),
        cmocka_unit_test(test_what_cannot_be_published),
        cmocka_unit_test(test_a_record_that_would_be_too_large),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
