/* The upstream, where the others are away, refuse or cheat. */
#include "unit/node/upstream_world.h"

/* ---- others fail ---- */

static void test_who_is_away_is_asked_again_later(void **state)
{
    double seconds = 0;
    (void)state;
    lv_node_close(world.a);
    reach_servicer(false);
    world.a = roles_start(world.r.a);
    take_all();
    work_all();
    expect_state(0, "seen");
    expect_words(0, "SMSP");
    /* On a slow machine it may be due again already. */
    lv_status status = work(&seconds);
    assert_true(status == LV_OK || (status == LV_NOT_FOUND && seconds > 0 && seconds <= 0.8));
    lv_node_close(world.a);
    reach_servicer(true);
    world.a = roles_start(world.r.a);
    work_all();
    expect_all_verdicts();
}

static void test_who_has_not_caught_up_is_asked_again_soon(void **state)
{
    double seconds = 0;
    (void)state;
    world.servicer = KNOWS_NOTHING;
    take_all();
    work_all();
    expect_state(0, "seen");
    expect_words(0, "no such set");
    /* On a slow machine it may be due again already. */
    lv_status status = work(&seconds);
    assert_true(status == LV_OK || (status == LV_NOT_FOUND && seconds < 1));
}

static void test_pauses_grow(void **state)
{
    double seconds = 0;
    (void)state;
    world.servicer = KNOWS_NOTHING;
    take_all();
    for (size_t i = 0; i < 12; i++) {
        change(world.a, "UPDATE sets SET due = 0 WHERE id = 1");
        change(world.a, "UPDATE sets SET due = 9e15 WHERE id > 1");
        assert_int_equal(work(&seconds), LV_OK);
    }
    assert_int_equal(work(&seconds), LV_NOT_FOUND);
    assert_true(seconds > 14 && seconds <= 30);
}

static void test_a_refusal_is_kept_and_asked_again_late(void **state)
{
    json_t *answer = NULL;
    lv_error err = {0};
    double seconds = 0;
    (void)state;
    world.servicer = REFUSES;
    take_all();
    work_all();
    expect_state(0, "refused");
    expect_words(0, "no sale today");
    assert_int_equal(work(&seconds), LV_NOT_FOUND);
    assert_true(seconds > 590 && seconds <= 600);
    assert_int_equal(post(0, "buy", &answer, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "no sale today"));
    assert_int_equal(post(0, "inquire", &answer, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "buy it"));
    world.servicer = HONEST;
    assert_int_equal(post(0, "buy", &answer, &err), LV_OK); /* by hand at once */
    json_decref(answer);
    expect_state(0, "bought");
    restart(); /* and the others with a start */
    work_all();
    expect_all_verdicts();
}

static void test_an_old_purchase_is_signed_anew(void **state)
{
    double seconds = 0;
    (void)state;
    world.servicer = KNOWS_NOTHING;
    take_all();
    assert_int_equal(work(&seconds), LV_OK);
    world.servicer = REFUSES_OLD;
    change(world.a, "UPDATE sets SET due = 0, purchase = NULL WHERE id > 1");
    change(world.a, "UPDATE sets SET due = 0");
    /* Not the same second, so that the new purchase is another. */
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    assert_int_equal(work(&seconds), LV_OK);
    expect_state(0, "answered");
    assert_int_equal(world.purchase_count, 3);
    assert_true(lv_digest_equal(&world.purchases[0], &world.purchases[1]));
    assert_false(lv_digest_equal(&world.purchases[1], &world.purchases[2]));
}

static void test_a_refused_inquiry_gives_no_verdict(void **state)
{
    (void)state;
    world.downstream = REFUSES_ANSWER;
    take_all();
    work_all();
    expect_state(0, "refused");
    expect_words(0, "nothing is let out");
    assert_int_equal(verdicts(), 0);
    world.downstream = ANSWERS;
    restart();
    work_all();
    expect_all_verdicts();
}

/* ---- others cheat ---- */

static void expect_invalid(const char *words)
{
    double seconds = 0;
    json_t *answer = NULL;
    lv_error err = {0};
    take_all();
    assert_int_equal(work(&seconds), LV_OK);
    expect_state(0, "invalid");
    expect_words(0, words);
    assert_int_equal(verdicts(), 0);
    restart(); /* and it stays so */
    expect_state(0, "invalid");
    assert_int_equal(post(0, "inquire", &answer, &err),
                     world.servicer == HONEST ? LV_INVALID : LV_REFUSED);
    assert_int_equal(verdicts(), 0);
}

static void test_a_substituted_xor_record_is_invalid(void **state)
{
    (void)state;
    world.servicer = SUBSTITUTES;
    expect_invalid("");
}

static void test_a_changed_xor_record_is_invalid(void **state)
{
    (void)state;
    world.servicer = FLIPS;
    expect_invalid("");
}

static void test_a_receipt_for_another_purchase_is_invalid(void **state)
{
    (void)state;
    world.servicer = WRONG_RECEIPT;
    expect_invalid("purchase_digest");
}

static void test_a_receipt_for_another_buyer_is_invalid(void **state)
{
    (void)state;
    world.servicer = OTHER_BUYER;
    expect_invalid("buyer");
}

static void test_no_delivery_is_invalid(void **state)
{
    (void)state;
    world.servicer = NO_DELIVERY;
    expect_invalid("");
}

static void test_a_changed_answer_is_invalid(void **state)
{
    (void)state;
    world.downstream = FLIPS_ANSWER;
    expect_invalid("");
}

static void test_the_answer_to_another_inquiry_is_invalid(void **state)
{
    double seconds = 0;
    (void)state;
    world.downstream = ANSWERS_ANOTHER;
    take_all();
    assert_int_equal(work(&seconds), LV_OK); /* the first gets its own */
    assert_int_equal(work(&seconds), LV_OK);
    expect_state(0, "answered");
    expect_state(1, "invalid");
    assert_int_equal(verdicts(), 1);
}

static void test_an_invalid_set_can_be_tried_by_hand(void **state)
{
    json_t *answer = NULL;
    lv_error err = {0};
    double seconds = 0;
    (void)state;
    world.servicer = SUBSTITUTES;
    take_all();
    assert_int_equal(work(&seconds), LV_OK);
    expect_state(0, "invalid");
    world.servicer = HONEST;
    assert_int_equal(post(0, "buy", &answer, &err), LV_OK);
    json_decref(answer);
    work_all();
    expect_all_verdicts();
}

/* Each write on the way to a verdict: what could not be stored is done again, to the same end. */
static void test_a_full_disk_is_waited_for(void **state)
{
    static const char *const writes[] = {"UPDATE OF xor ON sets", "INSERT ON asked",
                                         "INSERT ON alarm"};
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        double seconds = 0;
        take_all();
        roles_disk_full(world.a, writes[i]);
        for (size_t set = 0; set < SETS; set++) {
            assert_int_equal(work(&seconds), LV_OK);
            change(world.a, "UPDATE sets SET due = 9e15 WHERE error IS NOT NULL");
        }
        assert_int_equal(verdicts(), i + 1 < sizeof writes / sizeof writes[0] ? 0 : SETS - 1);
        expect_words(1, "full"); /* the set with the alarm */
        roles_disk_free(world.a);
        restart();
        change(world.a, "UPDATE sets SET due = 0");
        work_all();
        assert_int_equal(verdicts(), SETS);
        assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 1);
        assert_int_equal(roles_count(world.b, "/v1/disclosures", "disclosures"), SETS);
        assert_int_equal(test_close(state), 0);
        assert_int_equal(test_open(state), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_is_away_is_asked_again_later),
        TEST(test_who_has_not_caught_up_is_asked_again_soon),
        TEST(test_pauses_grow),
        TEST(test_a_refusal_is_kept_and_asked_again_late),
        TEST(test_an_old_purchase_is_signed_anew),
        TEST(test_a_refused_inquiry_gives_no_verdict),
        TEST(test_a_substituted_xor_record_is_invalid),
        TEST(test_a_changed_xor_record_is_invalid),
        TEST(test_a_receipt_for_another_purchase_is_invalid),
        TEST(test_a_receipt_for_another_buyer_is_invalid),
        TEST(test_no_delivery_is_invalid),
        TEST(test_a_changed_answer_is_invalid),
        TEST(test_the_answer_to_another_inquiry_is_invalid),
        TEST(test_an_invalid_set_can_be_tried_by_hand),
        TEST(test_a_full_disk_is_waited_for),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
