/* Tables 1, 3, 4 and 5 one after the other, over widths and values. */
#include "unit/compare/world.h"

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

/* What the verdict must be, from the values in the clear. */
static lv_verdict expected_verdict(uint64_t x, uint64_t y, unsigned width)
{
    if (x == y) {
        return (lv_verdict){.direction = LV_EQUAL};
    }
    uint32_t index = 0;
    while (((x ^ y) >> (width - 1 - index) & 1U) == 0) {
        index++;
    }
    return (lv_verdict){.direction = x < y ? LV_RISE : LV_FALL,
                        .index = index,
                        .scale = (uint64_t)1 << (width - 1 - index)};
}

static void compare_pair(const world *w, const lv_set *set, const lv_set_made *made, uint32_t pair,
                         const world_plan *p)
{
    lv_error err = {0};
    lv_combined combined;
    lv_combined recomputed;
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    lv_verdict verdict;
    uint64_t x = p->x[pair];
    uint64_t y = p->y[pair];
    bool full = pair % 2 == 1;

    assert_int_equal(lv_set_combine(set, pair, &ASK_INDEX, NULL, &combined, &err), LV_OK);
    assert_int_equal(
        lv_inquiry_make(set, &combined, full, w->upstream.identity, w->now, &inquiry, &err), LV_OK);

    assert_int_equal(lv_set_combine(set, pair, &ASK_INDEX, NULL, &recomputed, &err), LV_OK);
    assert_true(lv_digest_equal(&combined.digest, &recomputed.digest));
    assert_int_equal(lv_inquiry_check(set, &recomputed, lv_buffer_view(&inquiry), w->trust, "BMSP",
                                      w->now, &err),
                     LV_OK);
    assert_int_equal(lv_answer_make(set, &recomputed, lv_buffer_view(&inquiry), made->key, x, y,
                                    w->downstream.identity, w->now, NULL, &answer, &err),
                     LV_OK);

    assert_int_equal(lv_verdict_check(set, &combined, lv_buffer_view(&inquiry),
                                      lv_buffer_view(&answer), w->trust, w->now, &verdict, &err),
                     LV_OK);
    lv_verdict expected = expected_verdict(x, y, p->series.scale.bits);
    assert_int_equal(verdict.direction, expected.direction);
    assert_int_equal(verdict.index, expected.index);
    assert_true(verdict.scale == expected.scale);

    lv_combined_free(&combined);
    lv_combined_free(&recomputed);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answer);
}

static void compare_all(const world *w, unsigned width, const uint64_t (*values)[2], size_t count)
{
    world_plan p;
    lv_set_made made;
    world_plan_make(w, &p, width, 1, values, count);
    world_publish(w, &p, 0, &made);
    lv_set *set = world_set(w, &made);
    for (uint32_t pair = 0; pair < count; pair++) {
        compare_pair(w, set, &made, pair, &p);
    }
    lv_set_free(set);
    lv_set_made_free(&made);
}

static void test_width_1(void **state)
{
    const uint64_t values[][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    compare_all(*state, 1, values, 4);
}

static void test_width_8(void **state)
{
    const uint64_t values[][2] = {{45, 132}, {132, 45}, {7, 8}, {200, 200}, {0, 255}, {255, 0}};
    compare_all(*state, 8, values, 6);
}

static void test_width_32(void **state)
{
    const uint64_t values[][2] = {{45, 46}, {UINT32_MAX, 0}};
    compare_all(*state, 32, values, 2);
}

static void test_width_62(void **state)
{
    const uint64_t top = ((uint64_t)1 << 62) - 1;
    const uint64_t values[][2] = {{0, top}, {top, top - 1}};
    compare_all(*state, 62, values, 2);
}

/* The same with a suite that packs pairs together and has no proofs. */
static void test_rlwe1024(void **state)
{
    const world *w = *state;
    const uint64_t values[][2] = {{45, 46}, {UINT32_MAX, 0}, {7, 7}, {0, UINT32_MAX}, {9, 8}};
    lv_error err = {0};
    world_plan p;
    lv_set_made made;
    world_plan_make(w, &p, 32, 1, values, 5);
    strcpy(p.series.suite, "rlwe1024");
    p.series.key_bits = 1024;
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, NULL, NULL, &made, &err), LV_OK);
    lv_set *set = world_set(w, &made);
    for (uint32_t pair = 0; pair < 5; pair++) {
        compare_pair(w, set, &made, pair, &p);
    }
    lv_set_free(set);
    lv_set_made_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width_1),  cmocka_unit_test(test_width_8),
        cmocka_unit_test(test_width_32), cmocka_unit_test(test_width_62),
        cmocka_unit_test(test_rlwe1024),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
