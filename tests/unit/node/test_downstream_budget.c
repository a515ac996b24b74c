/* What a downstream lets out: only what its policy allows, and only as many bits as its budget has.
 */
#include "node/downstream.h"
#include "unit/node/roles.h"
#include <pthread.h>
#include <time.h>

/* 45 -> 132 -> 132 -> 45 -> 51: rise, equal, fall, rise. */
static const char FIVE[] =
    ROLES_HEADER "L1,1,0.45,\nL2,2,1.32,\nL3,3,1.32,\nL4,4,0.45,\nL5,5,0.51,\n";

#define SETS ((size_t)4)

/* Eight bits: an index costs log2 17 = 4.088 bits, so that 10 bits are two of them. */
#define TWO_ANSWERS "[{to: AMSP, allow: [index], budget: 10, period_days: 2}]"

static const lv_ask ASK_INDEX = {.question = LV_ASK_INDEX};

static struct {
    roles r;
    lv_node *node;
    lv_identity *a; /* the upstream */
    lv_set *sets[SETS];
    lv_buffer inquiries[SETS]; /* for the index */
} world;

static void write_series(const char *disclose)
{
    char text[1024];
    snprintf(text, sizeof text,
             "name: moisture\nunit: g\n"
             "columns: {lot: lot, time: month, value: moisture, parents: made_from}\n"
             "decimals: 2\nwidth: 8\nsuite: ristretto255\npairs_per_set: 1\ncompare: consecutive\n"
             "grants: [" ROLES_GRANT "]\n%s%s\n",
             disclose[0] != '\0' ? "disclose: " : "", disclose);
    roles_write(world.r.b, "series/moisture.yaml", text);
}

/* The node reads its policies when it starts. */
static void restart_with(const char *disclose)
{
    write_series(disclose);
    roles_restart(&world.node, world.r.b);
}

static void open_set(size_t i)
{
    lv_error err = {0};
    lv_combined combined = {0};
    world.sets[i] = roles_set(world.node, i);
    assert_int_equal(lv_set_combine(world.sets[i], 0, &ASK_INDEX, NULL, &combined, &err), LV_OK);
    assert_int_equal(lv_inquiry_make(world.sets[i], &combined, false, world.a, time(NULL),
                                     &world.inquiries[i], &err),
                     LV_OK);
    lv_combined_free(&combined);
}

static int group_open(void **state)
{
    lv_error err = {0};
    (void)state;
    roles_open(&world.r);
    write_series(TWO_ANSWERS);
    world.node = roles_start(world.r.b);
    roles_accept(world.node, "moisture", FIVE);
    while (lv_downstream_publish_step(world.node, &err) == LV_OK) {
    }
    world.a = roles_identity(world.r.a, "AMSP");
    for (size_t i = 0; i < SETS; i++) {
        open_set(i);
    }
    return 0;
}

static int group_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETS; i++) {
        lv_buffer_free(&world.inquiries[i]);
        lv_set_free(world.sets[i]);
    }
    lv_identity_free(world.a);
    lv_node_close(world.node);
    roles_close(&world.r);
    return 0;
}

static void change(const char *sql)
{
    lv_error err = {0};
    assert_int_equal(lv_store_begin(world.node->store, &err), LV_OK);
    lv_status status = lv_store_run(world.node->store, &err, sql, "");
    assert_int_equal(lv_store_end(world.node->store, status, &err), LV_OK);
}

/* Every test begins with nothing let out, under a budget of two answers. */
static int test_open(void **state)
{
    (void)state;
    restart_with(TWO_ANSWERS);
    change("DELETE FROM disclosure");
    return 0;
}

static lv_status send(const lv_buffer *inquiry, lv_buffer *answer, lv_error *err)
{
    return roles_send(world.node,
                      &(roles_request){.method = "POST",
                                       .path = "/v1/inquiries",
                                       .body = lv_buffer_view(inquiry),
                                       .peer = "AMSP"},
                      answer, err);
}

static void expect_answer(size_t i)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    lv_status status = send(&world.inquiries[i], &answer, &err);
    if (status != LV_OK) {
        print_error("%s\n", err.text);
    }
    assert_int_equal(status, LV_OK);
    assert_true(answer.len > 0);
    lv_buffer_free(&answer);
}

static lv_error expect_refusal(const lv_buffer *inquiry, const char *words)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    assert_int_equal(send(inquiry, &answer, &err), LV_REFUSED);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", err.text, words);
    }
    assert_int_equal(answer.len, 0);
    return err;
}

static size_t journal(void) { return roles_count(world.node, "/v1/disclosures", "disclosures"); }

/* ---- the budget ---- */

static void test_the_budget_ends_and_comes_back(void **state)
{
    (void)state;
    expect_answer(0);
    expect_answer(1);
    expect_refusal(&world.inquiries[2], "8.176 of 10 bits");
    expect_refusal(&world.inquiries[2], "takes 4.088");
    expect_answer(0); /* a repetition costs nothing */
    expect_answer(1);
    assert_int_equal(journal(), 2);
    change("UPDATE disclosure SET time = time - 2 * 86400 WHERE set_row = 1");
    expect_answer(2);
    expect_answer(0); /* what is known stays known */
    expect_refusal(&world.inquiries[3], "8.176 of 10 bits");
    assert_int_equal(journal(), 3);
}

static void test_the_words_tell_when_there_is_room(void **state)
{
    (void)state;
    restart_with("[{to: AMSP, allow: [index], budget: 13, period_days: 30}]");
    for (size_t i = 0; i < 3; i++) {
        expect_answer(i);
    }
    /* In February 2100, so that it is in the period and in the order in which it was given. */
    change("UPDATE disclosure SET time = 4105123200 + set_row * 86400");
    expect_refusal(&world.inquiries[3], "in the last 30 days");
    expect_refusal(&world.inquiries[3], "there is room from 2100-03-04 00:00:00Z on");
    change("UPDATE disclosure SET price = 1 WHERE set_row = 1"); /* too little by itself */
    change("UPDATE disclosure SET price = 12999 WHERE set_row = 2");
    expect_refusal(&world.inquiries[3], "there is room from 2100-03-05 00:00:00Z on");
}

static void test_an_answer_dearer_than_the_budget_is_never_given(void **state)
{
    (void)state;
    restart_with("[{to: AMSP, allow: [index], budget: 4}]");
    expect_refusal(&world.inquiries[0], "never enough");
    assert_int_equal(journal(), 0);
}

/* Rise, equal or fall: a refusal says the same. */
static void test_refusals_say_nothing_of_the_values(void **state)
{
    char first[LV_ERROR_TEXT_MAX] = "";
    (void)state;
    expect_answer(0);
    expect_answer(3);
    change("UPDATE disclosure SET time = 4105123200");
    for (size_t i = 1; i < 3; i++) {
        lv_error err = expect_refusal(&world.inquiries[i], "used up");
        if (first[0] == '\0') {
            snprintf(first, sizeof first, "%s", err.text);
        }
        assert_string_equal(err.text, first);
    }
}

/* Keys that cannot be unsealed would be noticed as soon as one is loaded. */
static void test_nothing_secret_is_loaded_for_a_refusal(void **state)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    (void)state;
    expect_answer(0);
    expect_answer(1);
    change("CREATE TEMP TABLE kept AS SELECT id, key FROM sets");
    change("UPDATE sets SET key = x'00'");
    expect_refusal(&world.inquiries[2], "used up");
    change("DELETE FROM disclosure");
    assert_int_equal(send(&world.inquiries[2], &answer, &err), LV_E_CORRUPT);
    assert_int_equal(journal(), 0); /* nothing told, nothing counted */
    change("UPDATE sets SET key = (SELECT key FROM kept WHERE kept.id = sets.id)");
    expect_answer(2);
}

/* ---- at once ---- */

typedef struct {
    pthread_t thread;
    size_t set;
    lv_status status;
    lv_buffer answer;
} asker;

static void *ask(void *context)
{
    asker *mine = context;
    lv_error err = {0};
    mine->status = send(&world.inquiries[mine->set], &mine->answer, &err);
    return NULL;
}

static void ask_at_once(asker *askers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(askers[i].thread, NULL);
    }
}

static void test_inquiries_at_once_cannot_overrun_it(void **state)
{
    (void)state;
    for (size_t round = 0; round < 8; round++) {
        asker askers[2 * SETS] = {0};
        size_t answered = 0;
        change("DELETE FROM disclosure");
        for (size_t i = 0; i < 2 * SETS; i++) {
            askers[i].set = i % SETS;
        }
        ask_at_once(askers, 2 * SETS);
        for (size_t i = 0; i < 2 * SETS; i++) {
            assert_true(askers[i].status == LV_OK || askers[i].status == LV_REFUSED);
            assert_int_equal(askers[i].answer.len > 0, askers[i].status == LV_OK);
            answered += askers[i].status == LV_OK ? 1 : 0;
            lv_buffer_free(&askers[i].answer);
        }
        assert_int_equal(journal(), 2);
        assert_true(answered >= 2 && answered <= 4);
    }
}

/* The last answer that there is room for, asked for by many at once: all get it. */
static void test_repetitions_at_once_are_one_answer(void **state)
{
    asker askers[8] = {0};
    (void)state;
    expect_answer(0);
    for (size_t i = 0; i < 8; i++) {
        askers[i].set = 1;
    }
    ask_at_once(askers, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(askers[i].status, LV_OK);
        assert_true(
            lv_bytes_equal(lv_buffer_view(&askers[0].answer), lv_buffer_view(&askers[i].answer)));
    }
    for (size_t i = 0; i < 8; i++) {
        lv_buffer_free(&askers[i].answer);
    }
    assert_int_equal(journal(), 2);
}

/* ---- the policy ---- */

/* An inquiry about set i with a digest that is none: who is refused before that is looked at was
 * refused for the question. */
static void seal(size_t i, lv_question question, uint64_t limit, lv_buffer *out)
{
    lv_error err = {0};
    lv_inquiry inquiry = {.author = "AMSP",
                          .downstream = "BMSP",
                          .channel = "quality",
                          .set_id = *lv_set_id(world.sets[i]),
                          .question = question,
                          .limit = limit,
                          .time = time(NULL)};
    lv_buffer_free(out);
    assert_int_equal(lv_inquiry_seal(&inquiry, world.a, out, &err), LV_OK);
}

static const char ORACLE_WORDS[] = "does not match the records on the ledger";

static void test_only_what_is_allowed_is_answered(void **state)
{
    lv_buffer inquiry = {0};
    (void)state;
    seal(0, LV_ASK_BAND, 0, &inquiry);
    expect_refusal(&inquiry, "BMSP does not answer band for series moisture; AMSP may ask: "
                             "direction, index");
    seal(0, LV_ASK_THRESHOLD, 100, &inquiry);
    expect_refusal(&inquiry, "does not answer threshold");
    seal(0, LV_ASK_EQUALITY, 0, &inquiry);
    expect_refusal(&inquiry, "does not answer equality");
    seal(0, LV_ASK_INDEX, 0, &inquiry);
    expect_refusal(&inquiry, ORACLE_WORDS); /* so far it came */
    assert_int_equal(journal(), 0);
    lv_buffer_free(&inquiry);
}

static void test_a_changed_policy_holds_for_what_is_not_told_yet(void **state)
{
    (void)state;
    expect_answer(0);
    restart_with("[{to: AMSP, allow: []}]");
    expect_answer(0);
    expect_refusal(&world.inquiries[1], "AMSP may ask: nothing");
    restart_with("[{to: AMSP, allow: [direction]}]");
    expect_refusal(&world.inquiries[1], "AMSP may ask: direction");
    restart_with(""); /* no policy: as in the published system, and counted still */
    for (size_t i = 0; i < SETS; i++) {
        expect_answer(i);
    }
    restart_with(TWO_ANSWERS);
    expect_answer(3);
    change("DELETE FROM disclosure WHERE set_row = 1");
    expect_refusal(&world.inquiries[0], "12.264 of 10 bits");
}

/* ---- for its owner ---- */

static void test_the_journal_tells_what_was_told(void **state)
{
    (void)state;
    expect_answer(1);
    expect_answer(2);
    json_t *entry = roles_entry(world.node, "/v1/disclosures", "disclosures", 1);
    assert_string_equal(roles_text(entry, "upstream"), "AMSP");
    assert_string_equal(roles_text(entry, "series"), "moisture");
    assert_string_equal(roles_text(entry, "earlier_lot"), "L3");
    assert_string_equal(roles_text(entry, "later_lot"), "L4");
    assert_string_equal(roles_text(entry, "question"), "index");
    assert_true(json_is_null(json_object_get(entry, "limit")));
    assert_string_equal(roles_text(entry, "verdict"), "fall");
    assert_int_equal(roles_number(entry, "scale"), 128);
    assert_string_equal(roles_text(entry, "bits"), "4.088");
    json_decref(entry);
    entry = roles_entry(world.node, "/v1/disclosures", "disclosures", 0);
    assert_string_equal(roles_text(entry, "verdict"), "equal");
    assert_int_equal(roles_number(entry, "scale"), 0);
    assert_string_equal(roles_text(entry, "bits"), "4.088"); /* whatever the answer was */
    json_decref(entry);
}

static void expect_budget(const char *spent, const char *budget, const char *left,
                          json_int_t answers)
{
    json_t *entry = roles_entry(world.node, "/v1/budgets", "budgets", 0);
    assert_string_equal(roles_text(entry, "upstream"), "AMSP");
    assert_string_equal(roles_text(entry, "series"), "moisture");
    assert_string_equal(roles_text(entry, "spent"), spent);
    assert_string_equal(roles_text(entry, "budget"), budget);
    assert_string_equal(roles_text(entry, "left"), left);
    assert_int_equal(roles_number(entry, "answers"), answers);
    json_decref(entry);
}

static void test_what_remains_is_told(void **state)
{
    (void)state;
    expect_budget("0", "10", "10", 0);
    expect_answer(0);
    expect_answer(2);
    expect_budget("8.176", "10", "1.824", 2);
    change("UPDATE disclosure SET time = time - 2 * 86400 WHERE set_row = 1");
    expect_budget("4.088", "10", "5.912", 1);
    json_t *entry = roles_entry(world.node, "/v1/budgets", "budgets", 0);
    assert_int_equal(json_array_size(json_object_get(entry, "allow")), 2);
    assert_int_equal(roles_number(entry, "period_days"), 2);
    json_decref(entry);
    restart_with("");
    expect_budget("8.176", "", "", 2); /* of 30 days, without limit */
    change("DELETE FROM disclosure");
    assert_int_equal(roles_count(world.node, "/v1/budgets", "budgets"), 0);
}

/* ---- a full disk ---- */

/* An answer that could not be written down is not given, and costs nothing. */
static void test_an_answer_that_cannot_be_stored_is_not_given(void **state)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    (void)state;
    roles_disk_full(world.node, "INSERT ON disclosure");
    assert_int_equal(send(&world.inquiries[0], &answer, &err), LV_E_IO);
    assert_non_null(strstr(err.text, "full"));
    assert_int_equal(answer.len, 0);
    assert_int_equal(journal(), 0);
    roles_disk_free(world.node);
    expect_answer(0);
    expect_answer(1); /* the budget has both yet */
    expect_refusal(&world.inquiries[2], "8.176 of 10 bits");
    assert_int_equal(journal(), 2);
}

#define TEST(name) cmocka_unit_test_setup(name, test_open)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_budget_ends_and_comes_back),
        TEST(test_the_words_tell_when_there_is_room),
        TEST(test_an_answer_dearer_than_the_budget_is_never_given),
        TEST(test_refusals_say_nothing_of_the_values),
        TEST(test_nothing_secret_is_loaded_for_a_refusal),
        TEST(test_inquiries_at_once_cannot_overrun_it),
        TEST(test_repetitions_at_once_are_one_answer),
        TEST(test_only_what_is_allowed_is_answered),
        TEST(test_a_changed_policy_holds_for_what_is_not_told_yet),
        TEST(test_the_journal_tells_what_was_told),
        TEST(test_what_remains_is_told),
        TEST(test_an_answer_that_cannot_be_stored_is_not_given),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
