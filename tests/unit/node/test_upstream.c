/* The upstream: from a record on the channel to its verdict, with a kill between any two steps. */
#include "unit/node/upstream_world.h"
#include <pthread.h>

/* ---- all goes well ---- */

static void test_sets_are_brought_to_their_verdicts(void **state)
{
    (void)state;
    take_all();
    expect_state(0, "seen");
    work_all();
    expect_all_verdicts();
    for (size_t i = 0; i < SETS; i++) {
        expect_state(i, "answered");
    }
    json_t *alarm = roles_entry(world.a, "/v1/alarms", "alarms", 0);
    assert_string_equal(roles_text(alarm, "later_lot"), "L3");
    assert_string_equal(roles_text(alarm, "rule"), "rise at or above 32");
    assert_non_null(strstr(roles_text(alarm, "reason"), "L3"));
    json_decref(alarm);
    json_t *series = roles_entry(world.a, "/v1/series", "series", 0);
    assert_int_equal(roles_number(series, "verdicts"), SETS);
    assert_string_equal(roles_text(series, "worse"), "rise");
    json_decref(series);
    /* Read again from the channel's beginning, nothing is doubled. */
    take_all();
    work_all();
    assert_int_equal(roles_count(world.a, "/v1/sets", "sets"), SETS);
    assert_int_equal(world.purchase_count, SETS);
}

static void test_lists_can_be_cut(void **state)
{
    (void)state;
    take_all();
    work_all();
    json_t *answer = roles_json(
        world.a, &(roles_request){.method = "GET", .path = "/v1/verdicts", .after = "3"});
    assert_int_equal(json_array_size(json_object_get(answer, "verdicts")), 1);
    json_decref(answer);
    answer = roles_json(
        world.a, &(roles_request){.method = "GET", .path = "/v1/verdicts", .series = "dryness"});
    assert_int_equal(json_array_size(json_object_get(answer, "verdicts")), 0);
    json_decref(answer);
    answer = roles_json(
        world.a,
        &(roles_request){.method = "GET", .path = "/v1/verdicts", .after = "4", .wait = "1"});
    assert_int_equal(json_array_size(json_object_get(answer, "verdicts")), 0);
    json_decref(answer);
    lv_buffer body = {0};
    lv_error err = {0};
    assert_int_equal(
        roles_send(world.a, &(roles_request){.method = "GET", .path = "/v1/verdicts", .after = "x"},
                   &body, &err),
        LV_E_SYNTAX);
}

static void test_lots_are_traced(void **state)
{
    (void)state;
    take_all();
    work_all();
    json_t *trace = roles_get(world.a, "/v1/trace/U2"); /* went into L2 and L3 */
    assert_int_equal(json_array_size(json_object_get(trace, "children")), 2);
    assert_int_equal(json_array_size(json_object_get(trace, "sets")), 3);
    assert_int_equal(json_array_size(json_object_get(trace, "verdicts")), 3);
    assert_int_equal(json_array_size(json_object_get(trace, "alarms")), 1);
    json_decref(trace);
    trace = roles_get(world.a, "/v1/trace/L5");
    assert_int_equal(json_array_size(json_object_get(trace, "sets")), 1);
    assert_int_equal(json_array_size(json_object_get(trace, "alarms")), 0);
    json_decref(trace);
}

static void test_records_are_shown(void **state)
{
    char path[128] = "/v1/sets/";
    (void)state;
    take_all();
    lv_digest_hex(&world.ids[0], path + strlen(path));
    snprintf(path + strlen(path), 16, "/records");
    json_t *records = roles_get(world.a, path);
    assert_true(json_is_string(json_object_get(records, "quality")));
    assert_true(json_is_null(json_object_get(records, "xor")));
    json_decref(records);
    work_all();
    records = roles_get(world.a, path);
    assert_true(json_is_string(json_object_get(records, "xor")));
    assert_true(json_is_string(json_object_get(records, "receipt")));
    const json_t *pair = json_array_get(json_object_get(records, "pairs"), 0);
    assert_true(json_is_string(json_object_get(pair, "inquiry")));
    assert_true(json_is_string(json_object_get(pair, "answer")));
    json_decref(records);
}

/* ---- a kill between the steps ---- */

static void test_a_kill_between_the_steps_changes_nothing(void **state)
{
    json_t *answer = NULL;
    lv_error err = {0};
    (void)state;
    take_all();
    restart();
    assert_int_equal(post(0, "buy", &answer, &err), LV_OK);
    assert_string_equal(roles_text(answer, "state"), "bought");
    assert_true(json_is_false(json_object_get(answer, "repeated")));
    json_decref(answer);
    restart();
    expect_state(0, "bought");
    assert_int_equal(post(0, "buy", &answer, &err), LV_OK);
    assert_true(json_is_true(json_object_get(answer, "repeated")));
    json_decref(answer);
    assert_int_equal(world.purchase_count, 1);
    assert_int_equal(post(0, "inquire", &answer, &err), LV_OK);
    assert_string_equal(roles_text(answer, "verdict"), "rise");
    assert_true(json_is_false(json_object_get(answer, "repeated")));
    json_decref(answer);
    restart();
    expect_state(0, "answered");
    assert_int_equal(post(0, "inquire", &answer, &err), LV_OK);
    assert_true(json_is_true(json_object_get(answer, "repeated")));
    json_decref(answer);
    work_all();
    expect_all_verdicts();
    assert_int_equal(roles_count(world.b, "/v1/disclosures", "disclosures"), SETS);
}

/* The others had done their part; the upstream was killed before it could store that. */
static void test_lost_results_are_asked_for_again(void **state)
{
    double seconds = 0;
    (void)state;
    take_all();
    assert_int_equal(work(&seconds), LV_OK);
    change(world.a, "DELETE FROM verdict");
    change(world.a, "UPDATE asked SET answer = NULL");
    change(world.a, "UPDATE sets SET xor = NULL, receipt = NULL, state = 'seen' WHERE id = 1");
    restart();
    assert_int_equal(work(&seconds), LV_OK);
    expect_state(0, "answered");
    assert_int_equal(world.purchase_count, 2);
    assert_true(lv_digest_equal(&world.purchases[0], &world.purchases[1]));
    assert_int_equal(roles_count(world.b, "/v1/disclosures", "disclosures"), 1);
    work_all();
    expect_all_verdicts();
}

/* ---- questions that cannot be asked ---- */

static void test_unknown_sets_and_pairs_are_told(void **state)
{
    static const char PAIR[] = "{\"pair\": 1}";
    char path[128] = "/v1/sets/";
    json_t *answer = NULL;
    lv_error err = {0};
    lv_buffer body = {0};
    (void)state;
    assert_int_equal(post(0, "buy", &answer, &err), LV_NOT_FOUND);
    take_all();
    work_all();
    lv_digest_hex(&world.ids[0], path + strlen(path));
    snprintf(path + strlen(path), 16, "/inquire");
    roles_request request = {.method = "POST", .path = path, .body = lv_bytes_of_text(PAIR)};
    assert_int_equal(roles_send(world.a, &request, &body, &err), LV_NOT_FOUND);
    request.body = lv_bytes_of_text("{\"pair\": -1}");
    assert_int_equal(roles_send(world.a, &request, &body, &err), LV_E_SYNTAX);
    request.body = lv_bytes_of_text("{\"full\": 1}");
    assert_int_equal(roles_send(world.a, &request, &body, &err), LV_E_SYNTAX);
    expect_state(0, "answered");
}

/* ---- following ---- */

static void test_what_is_not_followed_is_passed_over(void **state)
{
    (void)state;
    lv_node_close(world.a);
    char *path = lv_path_join(world.r.a, "follow/moisture.yaml");
    assert_non_null(path);
    assert_int_equal(unlink(path), 0);
    free(path);
    roles_follow(&world.r, "dryness", "both", 1);
    world.a = roles_start(world.r.a);
    take_all();
    assert_int_equal(roles_count(world.a, "/v1/sets", "sets"), 0);
    lv_node_close(world.a);
    roles_follow(&world.r, "moisture", "rise", 32);
    world.a = roles_start(world.r.a);
}

typedef struct {
    pthread_t thread;
    void (*body)(lv_node *);
} worker;

static void *run(void *context)
{
    ((worker *)context)->body(world.a);
    return NULL;
}

/* Nobody may ask this downstream for the band, so its records have no distance: a follow file that
 * asks for it costs no purchase. */
static void test_a_band_without_distance_is_refused_before_the_purchase(void **state)
{
    (void)state;
    lv_node_close(world.a);
    roles_write(world.r.a, "follow/moisture.yaml",
                "downstream: BMSP\nseries: moisture\nservicer: SMSP\nworse: rise\nask: band\n"
                "alarm_scale: 32\n");
    world.a = roles_start(world.r.a);
    take_all();
    work_all();
    for (size_t i = 0; i < SETS; i++) {
        expect_state(i, "refused");
        expect_words(i, "ask for the index");
    }
    assert_int_equal(world.purchase_count, 0);
    assert_int_equal(verdicts(), 0);

    lv_node_close(world.a);
    roles_follow(&world.r, "moisture", "rise", 32);
    world.a = roles_start(world.r.a);
    change(world.a, "UPDATE sets SET due = 0");
    work_all();
    expect_all_verdicts();
}

/* Long polls until there are as many verdicts. */
static void await_verdicts(size_t count)
{
    for (int tries = 0; tries < 60 && verdicts() < count; tries++) {
        char after[16];
        snprintf(after, sizeof after, "%zu", verdicts());
        json_decref(roles_json(
            world.a, &(roles_request){
                         .method = "GET", .path = "/v1/verdicts", .after = after, .wait = "1"}));
    }
}

static void test_the_workers_follow_by_themselves(void **state)
{
    worker workers[2] = {{.body = world.a->role->workers[0]}, {.body = world.a->role->workers[1]}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    await_verdicts(SETS);
    expect_all_verdicts();
    lv_node_stop(world.a);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    /* A series that is followed from now on is looked for from the beginning. */
    lv_error err = {0};
    lv_position from = {0};
    restart();
    assert_int_equal(lv_store_begin(world.a->store, &err), LV_OK);
    assert_int_equal(lv_node_cursor_get(world.a, "quality", &from, &err), LV_OK);
    assert_int_equal(lv_store_end(world.a->store, LV_OK, &err), LV_OK);
    assert_true(from.block > 1);
    lv_node_close(world.a);
    roles_follow(&world.r, "hardness", "both", 1);
    world.a = roles_start(world.r.a);
    assert_int_equal(lv_store_begin(world.a->store, &err), LV_OK);
    assert_int_equal(lv_node_cursor_get(world.a, "quality", &from, &err), LV_OK);
    assert_int_equal(lv_store_end(world.a->store, LV_OK, &err), LV_OK);
    assert_int_equal(from.block, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sets_are_brought_to_their_verdicts),
        TEST(test_lists_can_be_cut),
        TEST(test_lots_are_traced),
        TEST(test_records_are_shown),
        TEST(test_a_kill_between_the_steps_changes_nothing),
        TEST(test_lost_results_are_asked_for_again),
        TEST(test_unknown_sets_and_pairs_are_told),
        TEST(test_what_is_not_followed_is_passed_over),
        TEST(test_a_band_without_distance_is_refused_before_the_purchase),
        TEST(test_the_workers_follow_by_themselves),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
