/* The upstream asks each kind of question, by its follow file and by hand. */
#include "unit/node/roles.h"
#define WORLD_GRANTS                                                                               \
    ROLES_GRANT "]\ndisclose: [{to: AMSP, allow: [direction, index, band, threshold]}"
#include "unit/node/upstream_world.h"

/* Posts what somebody wants to know about set i. */
static lv_status ask(size_t i, const char *question, json_t **answer, lv_error *err)
{
    char path[128] = "/v1/sets/";
    lv_buffer body = {0};
    lv_digest_hex(&world.ids[i], path + strlen(path));
    snprintf(path + strlen(path), 16, "/inquire");
    const roles_request request = {
        .method = "POST", .path = path, .body = lv_bytes_of_text(question)};
    lv_status status = roles_send(world.a, &request, &body, err);
    *answer = status == LV_OK ? json_loadb((const char *)body.data, body.len, 0, NULL) : NULL;
    lv_buffer_free(&body);
    return status;
}

static json_t *answered(size_t i, const char *question)
{
    lv_error err = {0};
    json_t *answer = NULL;
    lv_status status = ask(i, question, &answer, &err);
    if (status != LV_OK) {
        print_error("%s: %s\n", question, err.text);
    }
    assert_int_equal(status, LV_OK);
    return answer;
}

static void expect_fault(size_t i, const char *question, lv_status expected, const char *words)
{
    lv_error err = {0};
    json_t *answer = NULL;
    assert_int_equal(ask(i, question, &answer, &err), expected);
    if (strstr(err.text, words) == NULL) {
        fail_msg("%s: \"%s\" does not tell \"%s\"", question, err.text, words);
    }
}

static size_t told(void) { return roles_count(world.b, "/v1/disclosures", "disclosures"); }

static void follow(const char *lines)
{
    char text[512];
    snprintf(text, sizeof text, "downstream: BMSP\nseries: moisture\nservicer: SMSP\n%s", lines);
    lv_node_close(world.a);
    roles_write(world.r.a, "follow/moisture.yaml", text);
    world.a = roles_start(world.r.a);
}

static int follow_index(void **state)
{
    roles_follow(&world.r, "moisture", "rise", 32);
    return test_open(state);
}

#define DIRECTION "{\"ask\": \"direction\"}"
#define BAND "{\"ask\": \"band\"}"
#define EQUALITY "{\"ask\": \"equality\"}"
#define THRESHOLD "{\"ask\": \"threshold\", \"limit\": \"0.50\"}"

/* ---- by hand ---- */

static void test_a_direction_has_no_scale(void **state)
{
    (void)state;
    take_all();
    work_all();
    json_t *answer = answered(1, DIRECTION);
    assert_string_equal(roles_text(answer, "question"), "direction");
    assert_string_equal(roles_text(answer, "verdict"), "rise");
    assert_true(json_is_null(json_object_get(answer, "scale")));
    assert_true(json_is_null(json_object_get(answer, "index")));
    assert_true(json_is_false(json_object_get(answer, "proved"))); /* Paillier hides no place */
    assert_true(json_is_false(json_object_get(answer, "alarm")));
    json_decref(answer);
    assert_int_equal(verdicts(), SETS + 1);
    expect_verdict(1, "rise", 128, true); /* the index still tells its own */
    assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 1);
}

/* 51 -> 132 is 81 = 2^6 + 17; the first differing bit tells 2^7. */
static void test_a_band_tells_the_size(void **state)
{
    (void)state;
    take_all();
    work_all();
    json_t *answer = answered(1, BAND);
    assert_string_equal(roles_text(answer, "verdict"), "rise");
    assert_int_equal(roles_number(answer, "scale"), 64);
    assert_int_equal(roles_number(answer, "index"), 1);
    assert_string_equal(roles_text(answer, "least"), "0.64");
    assert_string_equal(roles_text(answer, "most"), "1.27");
    assert_string_equal(roles_text(answer, "unit"), "g");
    assert_true(json_is_true(json_object_get(answer, "proved")));
    json_decref(answer);
    answer = answered(2, BAND);
    assert_string_equal(roles_text(answer, "verdict"), "equal");
    assert_int_equal(roles_number(answer, "scale"), 0);
    json_decref(answer);
}

static void test_a_threshold_needs_no_purchase(void **state)
{
    (void)state;
    world.servicer = REFUSES;
    take_all();
    json_t *answer = answered(0, THRESHOLD);
    assert_string_equal(roles_text(answer, "verdict"), "above"); /* 0.51 */
    assert_string_equal(roles_text(answer, "limit"), "0.50");
    json_decref(answer);
    answer = answered(0, "{\"ask\": \"threshold\", \"limit\": \"0.51\"}");
    assert_string_equal(roles_text(answer, "verdict"), "at");
    json_decref(answer);
    expect_state(0, "seen");
    assert_int_equal(world.purchase_count, 0);
    expect_fault(0, DIRECTION, LV_REFUSED, "buy it");
    expect_fault(0, BAND, LV_REFUSED, "buy it");
    expect_state(0, "seen");
}

static void test_limits_are_held_against_the_scale(void **state)
{
    (void)state;
    take_all();
    expect_fault(0, "{\"ask\": \"threshold\", \"limit\": \"0.505\"}", LV_REFUSED, "2 digits");
    expect_fault(0, "{\"ask\": \"threshold\", \"limit\": \"2.56\"}", LV_REFUSED, "0.00 to 2.55");
    expect_fault(0, "{\"ask\": \"threshold\"}", LV_E_SYNTAX, "needs one");
    expect_fault(0, "{\"limit\": \"1\"}", LV_E_SYNTAX, "no question");
    expect_fault(0, "{\"ask\": \"threshold\", \"limit\": 1}", LV_E_SYNTAX, "must be a text");
    expect_fault(0, "{\"ask\": \"value\"}", LV_E_SYNTAX, "'value'");
    change(world.a, "UPDATE sets SET decimals = NULL, offset = NULL");
    expect_fault(0, THRESHOLD, LV_REFUSED, "does not tell its scale");
    assert_int_equal(told(), 0);
}

static void test_a_refused_question_says_nothing_of_the_set(void **state)
{
    (void)state;
    take_all();
    work_all();
    expect_fault(0, EQUALITY, LV_REFUSED, "does not answer equality");
    expect_state(0, "answered");
    expect_words(0, "");
    expect_all_verdicts();
}

static void test_a_lost_answer_is_asked_for_with_the_same_inquiry(void **state)
{
    (void)state;
    take_all();
    work_all();
    json_t *answer = answered(0, DIRECTION);
    json_decref(answer);
    answer = answered(0, DIRECTION);
    assert_true(json_is_true(json_object_get(answer, "repeated")));
    json_decref(answer);
    size_t before = told();
    change(world.a, "DELETE FROM verdict WHERE question = 'direction'");
    change(world.a, "UPDATE asked SET answer = NULL WHERE question = 'direction'");
    restart();
    answer = answered(0, DIRECTION);
    assert_true(json_is_false(json_object_get(answer, "repeated")));
    assert_string_equal(roles_text(answer, "verdict"), "rise");
    json_decref(answer);
    assert_int_equal(told(), before);
}

static void test_the_answer_to_another_question_does_not_hold(void **state)
{
    (void)state;
    take_all();
    work_all(); /* the first answer is to the index of the first set */
    world.downstream = ANSWERS_ANOTHER;
    expect_fault(0, DIRECTION, LV_INVALID, "");
    expect_fault(0, THRESHOLD, LV_INVALID, "");
    assert_int_equal(verdicts(), SETS);
    expect_state(0, "answered");
}

/* ---- by the follow file ---- */

static void test_a_followed_threshold_buys_nothing(void **state)
{
    (void)state;
    world.servicer = REFUSES;
    follow("ask: threshold\nlimit: \"1.00\"\nworse: rise\n");
    take_all();
    work_all();
    static const char *const expected[] = {"below", "above", "above", "below"};
    for (size_t i = 0; i < SETS; i++) {
        expect_state(i, "answered");
        roles_expect_text(world.a, "/v1/verdicts", "verdicts", i, "verdict", expected[i]);
    }
    assert_int_equal(world.purchase_count, 0);
    assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 2);
    roles_expect_text(world.a, "/v1/alarms", "alarms", 0, "rule", "above 1.00");
    roles_expect_text(world.a, "/v1/series", "series", 0, "limit", "1.00");
}

static void test_a_limit_that_cannot_be_told_is_refused(void **state)
{
    (void)state;
    follow("ask: threshold\nlimit: \"1.005\"\nworse: rise\n");
    take_all();
    work_all();
    expect_state(0, "refused");
    expect_words(0, "1.005 cannot be told");
    assert_int_equal(told(), 0);
}

static void test_every_worse_direction_is_an_alarm(void **state)
{
    (void)state;
    follow("ask: direction\nworse: rise\n");
    take_all();
    work_all();
    assert_int_equal(verdicts(), SETS);
    assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 2); /* 2^4 and 2^7 alike */
    roles_expect_text(world.a, "/v1/alarms", "alarms", 0, "reason",
                      "moisture rose in lot L2 (time 2)");
}

static void test_another_question_holds_from_now_on(void **state)
{
    double seconds = 0;
    (void)state;
    take_all();
    assert_int_equal(work(&seconds), LV_OK);
    follow("ask: band\nworse: both\nalarm_scale: 64\n");
    work_all();
    assert_int_equal(verdicts(), SETS); /* the first is not asked about again */
    roles_expect_text(world.a, "/v1/verdicts", "verdicts", 0, "question", "index");
    for (size_t i = 1; i < SETS; i++) {
        roles_expect_text(world.a, "/v1/verdicts", "verdicts", i, "question", "band");
    }
    for (size_t i = 0; i < SETS; i++) {
        expect_state(i, "answered");
    }
    assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 2);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, follow_index, test_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_direction_has_no_scale),
        TEST(test_a_band_tells_the_size),
        TEST(test_a_threshold_needs_no_purchase),
        TEST(test_limits_are_held_against_the_scale),
        TEST(test_a_refused_question_says_nothing_of_the_set),
        TEST(test_a_lost_answer_is_asked_for_with_the_same_inquiry),
        TEST(test_the_answer_to_another_question_does_not_hold),
        TEST(test_a_followed_threshold_buys_nothing),
        TEST(test_a_limit_that_cannot_be_told_is_refused),
        TEST(test_every_worse_direction_is_an_alarm),
        TEST(test_another_question_holds_from_now_on),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
