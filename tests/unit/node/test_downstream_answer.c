/* Inquiries: answered once, to whom it may be, about what stands on the ledgers; nothing else. */
#include "node/downstream.h"
#include "unit/node/roles.h"
#include <pthread.h>
#include <time.h>

static const char THREE[] = ROLES_HEADER "L1,1,0.45,\nL2,2,1.32,\nL3,3,0.45,\n";

/* One world for all tests of this file: keys take their time. */
typedef struct {
    roles r;
    lv_node *node;
    lv_identity *a; /* the upstream */
    lv_identity *s; /* a stranger to the inquiry */
    lv_set *sets[2];
    lv_combined combined[2];
} fixture;

static fixture world;
static const lv_ask ASK_INDEX = {.question = LV_ASK_INDEX};

/* What the upstream has of a set once it bought it. */
static void open_set(size_t i)
{
    lv_error err = {0};
    world.sets[i] = roles_set(world.node, i);
    assert_int_equal(lv_set_combine(world.sets[i], 0, &ASK_INDEX, NULL, &world.combined[i], &err),
                     LV_OK);
}

static int group_open(void **state)
{
    lv_error err = {0};
    (void)state;
    roles_open(&world.r);
    roles_series(&world.r, "moisture", "consecutive", "", ROLES_GRANT);
    world.node = roles_start(world.r.b);
    roles_accept(world.node, "moisture", THREE);
    while (lv_downstream_publish_step(world.node, &err) == LV_OK) {
    }
    world.a = roles_identity(world.r.a, "AMSP");
    world.s = roles_identity(world.r.s, "SMSP");
    open_set(0);
    open_set(1);
    return 0;
}

static int group_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        lv_combined_free(&world.combined[i]);
        lv_set_free(world.sets[i]);
    }
    lv_identity_free(world.a);
    lv_identity_free(world.s);
    lv_node_close(world.node);
    roles_close(&world.r);
    return 0;
}

/* Every test begins with nothing let out. */
static int forget(void **state)
{
    lv_error err = {0};
    (void)state;
    assert_int_equal(lv_store_begin(world.node->store, &err), LV_OK);
    lv_status status = lv_store_run(world.node->store, &err, "DELETE FROM disclosure", "");
    assert_int_equal(lv_store_end(world.node->store, status, &err), LV_OK);
    return 0;
}

static lv_status inquire(const lv_buffer *inquiry, const char *peer, lv_buffer *answer,
                         lv_error *err)
{
    return roles_send(world.node,
                      &(roles_request){.method = "POST",
                                       .path = "/v1/inquiries",
                                       .body = lv_buffer_view(inquiry),
                                       .peer = peer},
                      answer, err);
}

static void make(size_t i, bool full, lv_buffer *out)
{
    lv_error err = {0};
    assert_int_equal(
        lv_inquiry_make(world.sets[i], &world.combined[i], full, world.a, time(NULL), out, &err),
        LV_OK);
}

static size_t journal(void) { return roles_count(world.node, "/v1/disclosures", "disclosures"); }

static void expect_verdict(size_t i, const lv_buffer *inquiry, const lv_buffer *answer,
                           lv_formula direction)
{
    lv_error err = {0};
    lv_verdict verdict;
    assert_int_equal(lv_verdict_check(world.sets[i], &world.combined[i], lv_buffer_view(inquiry),
                                      lv_buffer_view(answer), world.node->trust, time(NULL),
                                      &verdict, &err),
                     LV_OK);
    assert_int_equal(verdict.direction, direction);
    assert_int_equal(verdict.scale, 128); /* 0.45 is 45, 1.32 is 132 */
}

static void test_an_inquiry_is_answered_and_noted(void **state)
{
    lv_error err = {0};
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    (void)state;
    make(0, false, &inquiry);
    assert_int_equal(inquire(&inquiry, "AMSP", &answer, &err), LV_OK);
    expect_verdict(0, &inquiry, &answer, LV_RISE);
    json_t *entry = roles_entry(world.node, "/v1/disclosures", "disclosures", 0);
    assert_string_equal(roles_text(entry, "upstream"), "AMSP");
    assert_string_equal(roles_text(entry, "later_lot"), "L2");
    assert_string_equal(roles_text(entry, "verdict"), "rise");
    assert_string_equal(roles_text(entry, "question"), "index");
    assert_string_equal(roles_text(entry, "bits"), "4.088"); /* log2 of 17 answers */
    assert_int_equal(roles_number(entry, "scale"), 128);
    json_decref(entry);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answer);
}

static void test_the_full_form_is_answered(void **state)
{
    lv_error err = {0};
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    (void)state;
    make(1, true, &inquiry);
    assert_int_equal(inquire(&inquiry, "AMSP", &answer, &err), LV_OK);
    expect_verdict(1, &inquiry, &answer, LV_FALL);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answer);
}

static void test_a_repeat_gets_the_same_bytes(void **state)
{
    lv_error err = {0};
    lv_buffer inquiry = {0};
    lv_buffer full = {0};
    lv_buffer first = {0};
    (void)state;
    make(0, false, &inquiry);
    make(0, true, &full);
    assert_int_equal(inquire(&inquiry, "AMSP", &first, &err), LV_OK);
    const lv_buffer *asked[] = {&inquiry, &full, &inquiry};
    for (size_t i = 0; i < 3; i++) {
        lv_buffer again = {0};
        assert_int_equal(inquire(asked[i], "AMSP", &again, &err), LV_OK);
        assert_true(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&again)));
        lv_buffer_free(&again);
        roles_restart(&world.node, world.r.b);
    }
    assert_int_equal(journal(), 1);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&full);
    lv_buffer_free(&first);
}

/* ---- two at once ---- */

typedef struct {
    pthread_t thread;
    const lv_buffer *inquiry;
    lv_buffer answer;
    lv_status status;
} asker;

static void *ask(void *context)
{
    asker *mine = context;
    lv_error err = {0};
    mine->status = inquire(mine->inquiry, "AMSP", &mine->answer, &err);
    return NULL;
}

static void test_inquiries_at_once_get_one_answer(void **state)
{
    lv_buffer inquiry = {0};
    asker askers[4] = {0};
    (void)state;
    make(0, false, &inquiry);
    for (size_t i = 0; i < 4; i++) {
        askers[i].inquiry = &inquiry;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].status, LV_OK);
        assert_true(
            lv_bytes_equal(lv_buffer_view(&askers[0].answer), lv_buffer_view(&askers[i].answer)));
    }
    assert_int_equal(journal(), 1);
    for (size_t i = 0; i < 4; i++) {
        lv_buffer_free(&askers[i].answer);
    }
    lv_buffer_free(&inquiry);
}

/* ---- who may not ---- */

static void refuse(const lv_buffer *inquiry, const char *peer, lv_status expected,
                   const char *words)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    assert_int_equal(inquire(inquiry, peer, &answer, &err), expected);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", err.text, words);
    }
    assert_int_equal(answer.len, 0);
    assert_int_equal(journal(), 0);
}

static void seal(lv_inquiry *inquiry, const lv_identity *author, lv_buffer *out)
{
    lv_error err = {0};
    lv_buffer_free(out);
    assert_int_equal(lv_inquiry_seal(inquiry, author, out, &err), LV_OK);
}

/* The honest inquiry about the first set, to be changed. */
static lv_inquiry honest(void)
{
    lv_inquiry inquiry = {.author = "AMSP",
                          .downstream = "BMSP",
                          .channel = "quality",
                          .set_id = *lv_set_id(world.sets[0]),
                          .z_digest = world.combined[0].digest,
                          .question = LV_ASK_INDEX,
                          .time = time(NULL)};
    return inquiry;
}

static void test_others_are_refused(void **state)
{
    lv_buffer signed_inquiry = {0};
    (void)state;
    lv_inquiry inquiry = honest();
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "SMSP", LV_INVALID, "came from SMSP");
    snprintf(inquiry.author, sizeof inquiry.author, "SMSP");
    seal(&inquiry, world.s, &signed_inquiry);
    refuse(&signed_inquiry, "SMSP", LV_REFUSED, "no grant");
    refuse(&signed_inquiry, "AMSP", LV_INVALID, "came from AMSP");
    /* Signed by AMSP, and the body names SMSP: no sealing function makes this. */
    lv_buffer body = {0};
    lv_error err = {0};
    assert_int_equal(lv_inquiry_encode(&inquiry, &body, &err), LV_OK);
    lv_buffer_free(&signed_inquiry);
    assert_int_equal(
        lv_signed_seal(LV_KIND_INQUIRY, lv_buffer_view(&body), world.a, &signed_inquiry, &err),
        LV_OK);
    refuse(&signed_inquiry, "AMSP", LV_INVALID, "");
    lv_buffer_free(&body);
    lv_buffer_free(&signed_inquiry);
}

static void test_what_is_not_for_us_is_refused(void **state)
{
    lv_buffer signed_inquiry = {0};
    (void)state;
    lv_inquiry inquiry = honest();
    snprintf(inquiry.downstream, sizeof inquiry.downstream, "SMSP");
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_INVALID, "addressed to SMSP");
    inquiry = honest();
    snprintf(inquiry.channel, sizeof inquiry.channel, "xor");
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_INVALID, "channel");
    inquiry = honest();
    inquiry.pair = 1;
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_NOT_FOUND, "no such set and pair");
    inquiry = honest();
    inquiry.set_id.bytes[0] ^= 1;
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_NOT_FOUND, "no such set and pair");
    lv_buffer_free(&signed_inquiry);
}

static void test_changed_bytes_are_refused(void **state)
{
    lv_buffer inquiry = {0};
    lv_error err = {0};
    (void)state;
    make(0, false, &inquiry);
    for (size_t i = 0; i < inquiry.len; i += 37) {
        lv_buffer answer = {0};
        inquiry.data[i] ^= 1;
        assert_int_not_equal(inquire(&inquiry, "AMSP", &answer, &err), LV_OK);
        assert_int_equal(answer.len, 0);
        inquiry.data[i] ^= 1;
    }
    inquiry.len--;
    refuse(&inquiry, "AMSP", LV_E_SYNTAX, "");
    inquiry.len++;
    assert_int_equal(journal(), 0);
    lv_buffer_free(&inquiry);
}

static void test_without_a_grant_nothing_is_told(void **state)
{
    static const char REVOKE[] = "{\"buyer\": \"AMSP\", \"series\": \"moisture\","
                                 " \"revoke\": true}";
    static const char GRANT[] = "{\"buyer\": \"AMSP\", \"series\": \"moisture\","
                                " \"servicer\": \"SMSP\"}";
    lv_buffer inquiry = {0};
    roles_request request = {
        .method = "POST", .path = "/v1/grants", .body = lv_bytes_of_text(REVOKE)};
    (void)state;
    make(0, false, &inquiry);
    json_decref(roles_json(world.node, &request));
    refuse(&inquiry, "AMSP", LV_REFUSED, "no grant");
    request.body = lv_bytes_of_text(GRANT);
    json_decref(roles_json(world.node, &request));
    lv_buffer answer = {0};
    lv_error err = {0};
    assert_int_equal(inquire(&inquiry, "AMSP", &answer, &err), LV_OK);
    lv_buffer_free(&answer);
    lv_buffer_free(&inquiry);
}

/* ---- the oracle of the published protocol ---- */

static const char ORACLE_WORDS[] = "does not match the records on the ledger";

/* Asks about `z` in place of the combined vectors, by digest and in full. */
static void refuse_vectors(lv_bytes z)
{
    lv_buffer signed_inquiry = {0};
    lv_buffer content = {0};
    static const uint8_t asked[16] = {[7] = LV_ASK_INDEX}; /* pair 0, question, no limit */
    lv_inquiry inquiry = honest();
    assert_int_equal(lv_buffer_append(&content, "lotveil/v1/z", 13), LV_OK);
    assert_int_equal(lv_buffer_append(&content, inquiry.set_id.bytes, LV_DIGEST_LEN), LV_OK);
    assert_int_equal(lv_buffer_append(&content, asked, sizeof asked), LV_OK);
    assert_int_equal(lv_buffer_append(&content, z.data, z.len), LV_OK);
    lv_digest claimed;
    assert_int_equal(lv_digest_of(lv_buffer_view(&content), &claimed), LV_OK);

    inquiry.z_digest = claimed;
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_REFUSED, ORACLE_WORDS);
    assert_int_equal(lv_buffer_append(&inquiry.z, z.data, z.len), LV_OK);
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_REFUSED, ORACLE_WORDS);
    /* The right digest with other vectors. */
    inquiry.z_digest = world.combined[0].digest;
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_REFUSED, ORACLE_WORDS);
    lv_buffer_free(&inquiry.z);
    lv_buffer_free(&content);
    lv_buffer_free(&signed_inquiry);
}

static void test_the_oracle_learns_nothing(void **state)
{
    const lv_quality *quality = lv_set_quality(world.sets[0]);
    lv_bytes x = lv_buffer_view(&quality->x);
    lv_bytes y = lv_buffer_view(&quality->y);
    lv_buffer mixed = {0};
    (void)state;
    refuse_vectors(x); /* Enc(x_i) in place of z_i */
    /* In the full length: formula 1 from x, formula 2 from y, the rest from the honest one. */
    size_t rest = world.combined[0].encoding.len - x.len - y.len;
    assert_int_equal(lv_buffer_append(&mixed, x.data, x.len), LV_OK);
    assert_int_equal(lv_buffer_append(&mixed, y.data, y.len), LV_OK);
    assert_int_equal(
        lv_buffer_append(&mixed, world.combined[0].encoding.data + x.len + y.len, rest), LV_OK);
    refuse_vectors(lv_buffer_view(&mixed));
    refuse_vectors(lv_buffer_view(&world.combined[1].encoding)); /* another set's */
    lv_buffer_free(&mixed);

    lv_buffer signed_inquiry = {0};
    lv_inquiry inquiry = honest();
    inquiry.z_digest = world.combined[1].digest;
    seal(&inquiry, world.a, &signed_inquiry);
    refuse(&signed_inquiry, "AMSP", LV_REFUSED, ORACLE_WORDS);
    lv_buffer_free(&signed_inquiry);
}

static void test_a_wrong_inquiry_is_refused_after_an_answer_too(void **state)
{
    lv_error err = {0};
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    (void)state;
    make(0, false, &inquiry);
    assert_int_equal(inquire(&inquiry, "AMSP", &answer, &err), LV_OK);
    lv_inquiry wrong = honest();
    wrong.z_digest.bytes[5] ^= 4;
    lv_buffer nothing = {0};
    seal(&wrong, world.a, &inquiry);
    assert_int_equal(inquire(&inquiry, "AMSP", &nothing, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, ORACLE_WORDS));
    assert_int_equal(nothing.len, 0);
    assert_int_equal(journal(), 1);
    lv_buffer_free(&inquiry);
    lv_buffer_free(&answer);
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_inquiry_is_answered_and_noted),
        TEST(test_the_full_form_is_answered),
        TEST(test_a_repeat_gets_the_same_bytes),
        TEST(test_inquiries_at_once_get_one_answer),
        TEST(test_others_are_refused),
        TEST(test_what_is_not_for_us_is_refused),
        TEST(test_changed_bytes_are_refused),
        TEST(test_without_a_grant_nothing_is_told),
        TEST(test_the_oracle_learns_nothing),
        TEST(test_a_wrong_inquiry_is_refused_after_an_answer_too),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
