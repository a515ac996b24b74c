/* Sets made by what was prepared before their values were there. */
#include "compare/set.h"
#include "unit/compare/world.h"

static const uint64_t VALUES[][2] = {{45, 132}, {7, 7}};

static int setup(void **state)
{
    static world w;
    world_open(&w, 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static lv_secret_key *prepare(const world *w, const lv_set_plan *plan, lv_set_ready *ready)
{
    lv_error err = {0};
    lv_secret_key *key = NULL;
    lv_status status = lv_set_prepare(plan, w->downstream.identity, NULL, &key, ready, &err);
    if (status != LV_OK) {
        print_error("%s\n", err.text);
    }
    assert_int_equal(status, LV_OK);
    assert_int_equal(lv_masks_left(ready->masks), lv_set_masks(plan));
    return key;
}

/* As through the store. */
static void put_away(lv_set_ready *ready)
{
    lv_error err = {0};
    lv_buffer secret = {0};
    assert_int_equal(lv_set_ready_encode(ready, &secret), LV_OK);
    lv_set_ready_wipe(ready);
    for (size_t len = 0; len < secret.len; len += 97) {
        assert_int_not_equal(lv_set_ready_decode(lv_suite_find("paillier"),
                                                 (lv_bytes){secret.data, len}, ready, &err),
                             LV_OK);
        assert_null(ready->masks);
    }
    assert_int_equal(
        lv_set_ready_decode(lv_suite_find("paillier"), lv_buffer_view(&secret), ready, &err),
        LV_OK);
    lv_buffer_wipe(&secret);
}

static void test_a_ready_set_is_a_set(void **state)
{
    const world *w = *state;
    lv_error err = {0};
    world_plan p;
    lv_set_ready ready;
    lv_set_made made;
    world_plan_make(w, &p, 8, 5, VALUES, 2);
    p.plan.pairs = NULL;
    p.plan.x = NULL;
    p.plan.y = NULL;
    lv_secret_key *key = prepare(w, &p.plan, &ready);
    put_away(&ready);
    world_plan_make(w, &p, 8, 5, VALUES, 2);
    assert_int_equal(lv_set_make_ready(&p.plan, w->downstream.identity, &ready, NULL, &made, &err),
                     LV_OK);
    assert_null(made.key);
    assert_int_equal(lv_masks_left(ready.masks), 0);

    lv_set *set = world_set(w, &made);
    lv_combined z;
    const lv_formula holds[] = {LV_RISE, LV_EQUAL};
    for (uint32_t pair = 0; pair < 2; pair++) {
        bool is_zero = false;
        assert_int_equal(lv_set_combine(set, pair, &ASK_INDEX, NULL, &z, &err), LV_OK);
        assert_int_equal(lv_zero_test(key, z.z[holds[pair]], 0, 0, &is_zero), LV_OK);
        assert_true(is_zero);
        lv_combined_free(&z);
    }
    lv_set_free(set);
    lv_set_made_free(&made);

    /* A second set of them: there is nothing left. */
    assert_int_equal(lv_set_make_ready(&p.plan, w->downstream.identity, &ready, NULL, &made, &err),
                     LV_E_ARGUMENT);
    assert_null(made.quality_record.data);
    lv_set_ready_wipe(&ready);
    lv_key_free(key);
}

/* The key proof is bound to what the set was prepared for. */
static void test_another_set_is_refused_by_all(void **state)
{
    const world *w = *state;
    lv_error err = {0};
    world_plan p;
    lv_set_ready ready;
    lv_set_made made;
    lv_set *set = NULL;
    world_plan_make(w, &p, 4, 5, VALUES, 1);
    p.x[0] = 3;
    p.y[0] = 3;
    lv_secret_key *key = prepare(w, &p.plan, &ready);
    p.plan.sequence = 6;
    assert_int_equal(lv_set_make_ready(&p.plan, w->downstream.identity, &ready, NULL, &made, &err),
                     LV_OK);
    assert_int_equal(lv_set_open(lv_buffer_view(&made.quality_record), w->trust, NULL, &set, &err),
                     LV_INVALID);
    lv_set_made_free(&made);
    p.series.key_bits = 3072;
    assert_int_equal(lv_set_make_ready(&p.plan, w->downstream.identity, &ready, NULL, &made, &err),
                     LV_E_ARGUMENT);
    lv_set_ready_wipe(&ready);
    lv_key_free(key);
}

static void test_suites_without_masks_prepare_nothing(void **state)
{
    const world *w = *state;
    lv_error err = {0};
    world_plan p;
    lv_set_ready ready;
    lv_secret_key *key = NULL;
    world_plan_make(w, &p, 8, 5, VALUES, 1);
    lv_name_copy(p.series.suite, "ristretto255");
    p.series.key_bits = 256;
    assert_int_equal(lv_set_prepare(&p.plan, w->downstream.identity, NULL, &key, &ready, &err),
                     LV_E_ARGUMENT);
    assert_null(key);
    assert_null(ready.masks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ready_set_is_a_set),
        cmocka_unit_test(test_another_set_is_refused_by_all),
        cmocka_unit_test(test_suites_without_masks_prepare_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
