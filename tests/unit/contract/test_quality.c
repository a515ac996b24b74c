/* Contract "quality": what may be put, and what cannot. */
#include "base/reader.h"
#include "unit/contract/calls.h"

#define KEYS 4U

typedef struct {
    world w;
    lv_channel channel;
    lv_set_made made[KEYS]; /* sequences 1, 2, 3 of "moisture"; sequence 1 of "other" */
    memory_state *m;        /* fresh for every test */
} quality_world;

static const uint64_t VALUES[][2] = {{0, 1}};

static int setup(void **state)
{
    static quality_world q;
    world_open(&q.w, KEYS);
    lv_channel described = channel_begin("quality", "quality");
    channel_add(&described, "BMSP", "downstream", &q.w.downstream);
    channel_add(&described, "AMSP", "upstream", &q.w.upstream);
    q.channel = channel_finish(&described);
    for (size_t i = 0; i < KEYS; i++) {
        world_plan p;
        world_plan_make(&q.w, &p, 1, i < 3 ? i + 1 : 1, VALUES, 1);
        if (i == 2) {
            p.plan.corrects = &q.made[0].set_id;
        }
        if (i == 3) {
            memcpy(p.series.name, "other", 6);
        }
        world_publish(&q.w, &p, i, &q.made[i]);
    }
    *state = &q;
    return 0;
}

static int teardown(void **state)
{
    quality_world *q = *state;
    for (size_t i = 0; i < KEYS; i++) {
        lv_set_made_free(&q->made[i]);
    }
    lv_channel_free(&q->channel);
    world_close(&q->w);
    return 0;
}

static int fresh(void **state)
{
    quality_world *q = *state;
    q->m = calloc(1, sizeof *q->m);
    return q->m == NULL ? -1 : 0;
}

static int discard(void **state)
{
    quality_world *q = *state;
    memory_free(q->m);
    free(q->m);
    q->m = NULL;
    return 0;
}

static lv_status put(const quality_world *q, const char *submitter, const lv_buffer *record)
{
    return call_record(&q->channel, q->m, submitter, "put", record);
}

static void test_put_get_list(void **state)
{
    const quality_world *q = *state;
    char id[2 * LV_DIGEST_LEN + 1];
    for (size_t i = 0; i < KEYS; i++) {
        assert_int_equal(put(q, "BMSP", &q->made[i].quality_record), LV_OK);
    }
    lv_buffer response = {0};
    lv_digest_hex(&q->made[1].set_id, id);
    const char *const get[] = {id};
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "get", get, 1, &response), LV_OK);
    assert_true(
        lv_bytes_equal(lv_buffer_view(&response), lv_buffer_view(&q->made[1].quality_record)));
    lv_buffer_free(&response);

    const char *const list[] = {"BMSP", "moisture", "2", "10"};
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "list", list, 4, &response), LV_OK);
    lv_reader reader = lv_reader_of(lv_buffer_view(&response));
    assert_int_equal(lv_read_u32(&reader), 2);
    for (size_t i = 1; i < 3; i++) {
        assert_true(lv_bytes_equal(lv_read_block(&reader, LV_RECORD_MAX),
                                   lv_buffer_view(&q->made[i].quality_record)));
    }
    assert_int_equal(lv_reader_end(&reader), LV_OK);
    lv_buffer_free(&response);
}

static uint32_t count_listed(const quality_world *q, const char *from, const char *limit)
{
    lv_buffer response = {0};
    const char *const list[] = {"BMSP", "moisture", from, limit};
    assert_int_equal(call_texts(&q->channel, q->m, NULL, "list", list, 4, &response), LV_OK);
    lv_reader reader = lv_reader_of(lv_buffer_view(&response));
    uint32_t count = lv_read_u32(&reader);
    lv_buffer_free(&response);
    return count;
}

static void test_pages(void **state)
{
    const quality_world *q = *state;
    assert_int_equal(count_listed(q, "1", "10"), 0);
    const lv_buffer *const three[] = {&q->made[0].quality_record, &q->made[1].quality_record,
                                      &q->made[2].quality_record};
    assert_int_equal(call_records(&q->channel, q->m, "BMSP", "put", three, 3), LV_OK);
    assert_int_equal(count_listed(q, "1", "10"), 3);
    assert_int_equal(count_listed(q, "0", "2"), 2);
    assert_int_equal(count_listed(q, "1", "0"), 0);
    assert_int_equal(count_listed(q, "3", "18446744073709551615"), 1);
    assert_int_equal(count_listed(q, "18446744073709551615", "1"), 0);

    lv_buffer response = {0};
    static const char *const bad[][4] = {{"BMSP", "moisture", "-1", "1"},
                                         {"BMSP", "moisture", "1", ""},
                                         {"BMSP", "moisture", "1", "18446744073709551616"},
                                         {"BMSP", "mois/ture", "1", "1"},
                                         {"", "moisture", "1", "1"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "list", bad[i], 4, &response),
                         LV_INVALID);
    }
    assert_int_equal(response.len, 0);
    lv_buffer_free(&response);
}

static void test_who_may_call(void **state)
{
    const quality_world *q = *state;
    const lv_buffer *record = &q->made[0].quality_record;
    assert_int_equal(put(q, "AMSP", record), LV_REFUSED); /* an upstream does not write */
    assert_int_equal(put(q, "SMSP", record), LV_REFUSED); /* no member */
    assert_int_equal(put(q, NULL, record), LV_E_ARGUMENT);
    assert_int_equal(put(q, "BMSP", record), LV_OK);

    lv_error err;
    world_plan p;
    lv_set_made own; /* good in itself, but by an upstream */
    world_plan_make(&q->w, &p, 1, 1, VALUES, 1);
    assert_int_equal(
        lv_set_make(&p.plan, q->w.upstream.identity, world_key(&q->w, 1), NULL, &own, &err), LV_OK);
    assert_int_equal(put(q, "AMSP", &own.quality_record), LV_REFUSED);
    lv_set_made_free(&own);

    lv_buffer response = {0};
    char id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&q->made[0].set_id, id);
    const char *const get[] = {id};
    assert_int_equal(call_texts(&q->channel, q->m, "SMSP", "get", get, 1, &response), LV_REFUSED);
    assert_int_equal(response.len, 0);
    assert_int_equal(call_texts(&q->channel, q->m, NULL, "get", get, 1, &response), LV_OK);
    lv_buffer_free(&response);
}

static void test_functions_and_arguments(void **state)
{
    const quality_world *q = *state;
    bool writes = false;
    assert_int_equal(lv_contract_writes(&q->channel, "put", &writes), LV_OK);
    assert_true(writes);
    assert_int_equal(lv_contract_writes(&q->channel, "get", &writes), LV_OK);
    assert_false(writes);
    assert_int_equal(lv_contract_writes(&q->channel, "sell", &writes), LV_NOT_FOUND);

    lv_buffer response = {0};
    char id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&q->made[0].set_id, id);
    const char *const texts[] = {id, id};
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "drop", texts, 1, &response),
                     LV_NOT_FOUND);
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "get", texts, 2, &response), LV_INVALID);
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "get", texts, 0, &response), LV_INVALID);
    assert_int_equal(call_texts(&q->channel, q->m, "BMSP", "put", texts, 0, &response), LV_INVALID);
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "get", texts, 1, &response),
                     LV_NOT_FOUND);
    const char *const short_id[] = {"abcd"};
    assert_int_equal(call_texts(&q->channel, q->m, "AMSP", "get", short_id, 1, &response),
                     LV_INVALID);
    assert_int_equal(response.len, 0);
    lv_buffer_free(&response);
}

/* What every ledger says around the contract's own words. */
static void test_words_that_all_ledgers_share(void **state)
{
    const quality_world *q = *state;
    const lv_call calls[] = {{.function = "put"}, {.function = "get"}, {0}};
    lv_error err = {0};
    assert_int_equal(lv_contract_expect(&q->channel, "put", true, &err), LV_OK);
    assert_int_equal(lv_contract_expect(&q->channel, "get", false, &err), LV_OK);
    assert_int_equal(lv_contract_expect(&q->channel, "get", true, &err), LV_E_ARGUMENT);
    assert_string_equal(err.text, "the contract quality has no writing function of this name");
    assert_int_equal(lv_contract_expect(&q->channel, "put", false, &err), LV_E_ARGUMENT);
    assert_string_equal(err.text, "the contract quality has no reading function of this name");
    assert_int_equal(lv_contract_expect(&q->channel, "sell", true, &err), LV_NOT_FOUND);
    assert_int_equal(lv_fail(&err, LV_REFUSED, "no"), LV_REFUSED);
    assert_int_equal(lv_contract_fault(&q->channel, calls, 3, 1, LV_OK, &err), LV_OK);
    assert_string_equal(err.text, "no");
    assert_int_equal(lv_contract_fault(&q->channel, calls, 3, 1, LV_REFUSED, &err), LV_REFUSED);
    assert_string_equal(err.text, "channel quality: call 2 of 3 (get): no");
    assert_int_equal(lv_fail(&err, LV_E_SYNTAX, "no"), LV_E_SYNTAX);
    assert_int_equal(lv_contract_fault(&q->channel, calls, 3, 2, LV_E_SYNTAX, &err), LV_E_SYNTAX);
    assert_string_equal(err.text, "channel quality: call 3 of 3 (): no");
}

static void test_nothing_stands_twice(void **state)
{
    const quality_world *q = *state;
    const lv_buffer *record = &q->made[0].quality_record;
    assert_int_equal(put(q, "BMSP", record), LV_OK);
    assert_int_equal(put(q, "BMSP", record), LV_EXISTS);

    /* The same key for the next sequence, and a new key for the same sequence. */
    world_plan p;
    lv_set_made again;
    world_plan_make(&q->w, &p, 1, 2, VALUES, 1);
    world_publish(&q->w, &p, 0, &again);
    assert_int_equal(put(q, "BMSP", &again.quality_record), LV_EXISTS);
    const lv_buffer *const one_key[] = {record, &again.quality_record};
    memory_state empty = {0};
    assert_int_equal(call_records(&q->channel, &empty, "BMSP", "put", one_key, 2), LV_EXISTS);
    lv_set_made_free(&again);
    world_plan_make(&q->w, &p, 1, 1, VALUES, 1);
    world_publish(&q->w, &p, 1, &again);
    assert_int_equal(put(q, "BMSP", &again.quality_record), LV_EXISTS);
    lv_set_made_free(&again);

    const lv_buffer *const twice[] = {&q->made[1].quality_record, &q->made[1].quality_record};
    assert_int_equal(call_records(&q->channel, q->m, "BMSP", "put", twice, 2), LV_EXISTS);
    assert_int_equal(put(q, "BMSP", &q->made[1].quality_record), LV_OK);
}

static void test_no_gaps(void **state)
{
    const quality_world *q = *state;
    assert_int_equal(put(q, "BMSP", &q->made[1].quality_record), LV_REFUSED);
    const lv_buffer *const backwards[] = {&q->made[1].quality_record, &q->made[0].quality_record};
    assert_int_equal(call_records(&q->channel, q->m, "BMSP", "put", backwards, 2), LV_REFUSED);
    const lv_buffer *const gap[] = {&q->made[0].quality_record, &q->made[2].quality_record};
    assert_int_equal(call_records(&q->channel, q->m, "BMSP", "put", gap, 2), LV_REFUSED);
    const lv_buffer *const all[] = {&q->made[0].quality_record, &q->made[3].quality_record,
                                    &q->made[1].quality_record, &q->made[2].quality_record};
    assert_int_equal(call_records(&q->channel, q->m, "BMSP", "put", all, 4), LV_OK);
}

static void test_corrections_name_a_record_of_the_series(void **state)
{
    const quality_world *q = *state;
    world_plan p;
    lv_set_made made;
    const lv_digest unknown = {.bytes = {1}};
    assert_int_equal(put(q, "BMSP", &q->made[0].quality_record), LV_OK);
    assert_int_equal(put(q, "BMSP", &q->made[3].quality_record), LV_OK);
    const lv_digest *wrong[] = {&unknown, &q->made[3].set_id, &q->made[1].set_id};
    for (size_t i = 0; i < 3; i++) {
        world_plan_make(&q->w, &p, 1, 2, VALUES, 1);
        p.plan.corrects = wrong[i]; /* none, one of another series, itself */
        world_publish(&q->w, &p, 1, &made);
        assert_int_equal(put(q, "BMSP", &made.quality_record), LV_REFUSED);
        lv_set_made_free(&made);
    }
    assert_int_equal(put(q, "BMSP", &q->made[1].quality_record), LV_OK);
    assert_int_equal(put(q, "BMSP", &q->made[2].quality_record), LV_OK); /* corrects the first */
}

static void test_records_bound_elsewhere_are_refused(void **state)
{
    const quality_world *q = *state;
    world_plan p;
    lv_set_made made;
    world_plan_make(&q->w, &p, 1, 1, VALUES, 1);
    p.plan.quality_channel = "quality2";
    world_publish(&q->w, &p, 0, &made);
    assert_int_equal(put(q, "BMSP", &made.quality_record), LV_INVALID);
    assert_int_equal(put(q, "BMSP", &made.xor_record), LV_INVALID);
    lv_set_made_free(&made);
}

/* A member of the right role submits what another wrote. */
static void test_only_the_author_submits(void **state)
{
    const quality_world *q = *state;
    memory_state *m = calloc(1, sizeof *m);
    assert_non_null(m);
    lv_channel described = channel_begin("quality", "quality");
    channel_add(&described, "BMSP", "downstream", &q->w.downstream);
    channel_add(&described, "CMSP", "downstream", &q->w.servicer);
    lv_channel channel = channel_finish(&described);
    const lv_buffer *record = &q->made[0].quality_record;
    assert_int_equal(call_record(&channel, m, "CMSP", "put", record), LV_REFUSED);
    assert_int_equal(call_record(&channel, m, "BMSP", "put", record), LV_OK);
    lv_channel_free(&channel);
    memory_free(m);
    free(m);
}

static void test_tampered_records_are_refused(void **state)
{
    const quality_world *q = *state;
    lv_buffer record = {0};
    const lv_buffer *whole = &q->made[0].quality_record;
    assert_int_equal(lv_buffer_append(&record, whole->data, whole->len), LV_OK);
    for (size_t i = 0; i < record.len; i += 97) {
        record.data[i] ^= 2;
        assert_int_equal(put(q, "BMSP", &record), LV_INVALID);
        record.data[i] ^= 2;
    }
    for (size_t len = 0; len < whole->len; len += 101) {
        record.len = len;
        assert_int_equal(put(q, "BMSP", &record), LV_INVALID);
    }
    lv_buffer_free(&record);
}

/* Signed by its author, but its key proof is that of another set. */
static void test_a_key_proof_that_fails(void **state)
{
    const quality_world *q = *state;
    lv_error err;
    lv_quality one;
    lv_quality two;
    lv_buffer record = {0};
    assert_int_equal(lv_quality_open(lv_buffer_view(&q->made[0].quality_record), q->w.trust,
                                     LV_TIME_RECORD, &one, NULL, &err),
                     LV_OK);
    assert_int_equal(lv_quality_open(lv_buffer_view(&q->made[1].quality_record), q->w.trust,
                                     LV_TIME_RECORD, &two, NULL, &err),
                     LV_OK);
    lv_buffer kept = one.key_proof;
    one.key_proof = two.key_proof;
    two.key_proof = kept;
    assert_int_equal(lv_quality_seal(&one, q->w.downstream.identity, &record, &err), LV_OK);
    assert_int_equal(put(q, "BMSP", &record), LV_INVALID);
    lv_quality_free(&one);
    lv_quality_free(&two);
    lv_buffer_free(&record);
}

/* What the state cannot do is passed on as it is, not taken for a refusal. */
static void test_faults_of_the_state(void **state)
{
    const quality_world *q = *state;
    lv_buffer response = {0};
    q->m->failing = LV_E_IO;
    lv_error err = {0};
    const lv_bytes record = lv_buffer_view(&q->made[0].quality_record);
    const lv_call call = {
        .function = "put", .arguments = &record, .argument_count = 1, .submitter = "BMSP"};
    assert_int_equal(memory_invoke(&q->channel, q->m, &call, &response, &err), LV_E_IO);
    assert_int_equal(q->m->committed.count, 0);
    q->m->failing = LV_OK;
    lv_buffer_free(&response);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, discard)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_put_get_list),
        TEST(test_pages),
        TEST(test_who_may_call),
        TEST(test_functions_and_arguments),
        TEST(test_words_that_all_ledgers_share),
        TEST(test_nothing_stands_twice),
        TEST(test_no_gaps),
        TEST(test_corrections_name_a_record_of_the_series),
        TEST(test_records_bound_elsewhere_are_refused),
        TEST(test_only_the_author_submits),
        TEST(test_tampered_records_are_refused),
        TEST(test_a_key_proof_that_fails),
        TEST(test_faults_of_the_state),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
