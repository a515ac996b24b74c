/* Sets and grants on their way to the ledgers, with a kill at every point. */
#include "node/downstream.h"
#include "unit/node/roles.h"
#include <stdatomic.h>

static const char THREE[] = ROLES_HEADER "L1,1,0.45,U1\nL2,2,0.51,U1 U2\nL3,3,1.32,\n";

typedef struct {
    roles r;
    lv_node *node;
} fixture;

static void begin(fixture *f, const char *grants)
{
    roles_open(&f->r);
    roles_series(&f->r, "moisture", "consecutive", "", grants);
    f->node = roles_start(f->r.b);
    lv_downstream_of(f->node)->group_max = 1; /* one set a step */
}

static void end(fixture *f)
{
    lv_node_close(f->node);
    roles_close(&f->r);
}

static void restart(fixture *f)
{
    roles_restart(&f->node, f->r.b);
    lv_downstream_of(f->node)->group_max = 1;
}

static void step(fixture *f, lv_status expected)
{
    lv_error err = {0};
    lv_status status = lv_downstream_publish_step(f->node, &err);
    if (status != expected) {
        print_error("%s: %s\n", lv_status_name(status), err.text);
    }
    assert_int_equal(status, expected);
}

static void expect_states(fixture *f, const char *first, const char *second)
{
    roles_expect_text(f->node, "/v1/sets", "sets", 0, "state", first);
    roles_expect_text(f->node, "/v1/sets", "sets", 1, "state", second);
}

static void expect_batch(fixture *f, json_int_t done, json_int_t failed, const char *words)
{
    json_t *batch = roles_get(f->node, "/v1/batches/1");
    assert_int_equal(roles_number(batch, "sets"), 2);
    assert_int_equal(roles_number(batch, "done"), done);
    assert_int_equal(roles_number(batch, "failed"), failed);
    assert_string_equal(roles_text(batch, "file"), "moisture.csv");
    assert_non_null(strstr(roles_text(batch, "error"), words));
    json_decref(batch);
}

/* The set's id, and both records as base64. */
static json_t *records(fixture *f, size_t i)
{
    char path[128];
    json_t *set = roles_entry(f->node, "/v1/sets", "sets", i);
    snprintf(path, sizeof path, "/v1/sets/%s/records", roles_text(set, "set_id"));
    json_decref(set);
    return roles_get(f->node, path);
}

/* How many writes of that function the channel has. */
static size_t committed(lv_ledger *ledger, const char *function)
{
    lv_error err = {0};
    lv_watch *watch = NULL;
    lv_committed one = {0};
    size_t count = 0;
    assert_int_equal(lv_watch_open(ledger, (lv_position){.block = 1}, &watch, &err), LV_OK);
    while (lv_watch_next(watch, 0, &one, &err) == LV_OK) {
        count += strcmp(one.function, function) == 0 ? 1 : 0;
        lv_committed_free(&one);
    }
    lv_watch_close(watch);
    return count;
}

/* Changes the store behind the node's back. */
static void change_store(fixture *f, const char *sql)
{
    lv_error err = {0};
    assert_int_equal(lv_store_begin(f->node->store, &err), LV_OK);
    lv_status status = lv_store_run(f->node->store, &err, sql, "");
    assert_int_equal(lv_store_end(f->node->store, status, &err), LV_OK);
}

static void test_a_kill_between_any_two_steps_changes_nothing(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    restart(&f);
    expect_states(&f, "planned", "planned");
    step(&f, LV_OK);
    expect_states(&f, "made", "planned");
    json_t *made = records(&f, 0);
    restart(&f);
    step(&f, LV_OK);
    expect_states(&f, "published", "planned");
    json_t *published = records(&f, 0);
    assert_true(json_equal(made, published));
    expect_batch(&f, 1, 0, "");
    restart(&f);
    step(&f, LV_OK);
    step(&f, LV_OK);
    step(&f, LV_NOT_FOUND);
    expect_states(&f, "published", "published");
    expect_batch(&f, 2, 0, "");
    assert_int_equal(committed(f.node->quality, "put"), 2);
    assert_int_equal(committed(f.node->xor, "put"), 2);
    json_decref(made);
    json_decref(published);
    end(&f);
}

/* Killed after a ledger had committed and before the store knew of it. */
static void test_what_stands_already_is_not_put_twice(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    step(&f, LV_OK);
    step(&f, LV_OK);
    change_store(&f, "UPDATE sets SET state = 'made' WHERE id = 1");
    restart(&f);
    expect_states(&f, "made", "planned");
    step(&f, LV_OK);
    expect_states(&f, "published", "planned");
    assert_int_equal(committed(f.node->quality, "put"), 1);
    assert_int_equal(committed(f.node->xor, "put"), 1);
    end(&f);
}

static void test_another_record_in_its_place_is_a_failure(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    step(&f, LV_OK);
    step(&f, LV_OK);
    /* Made anew, as if the store had been put back from a backup: its sequence is taken. */
    change_store(&f, "UPDATE sets SET state = 'planned', set_id = NULL WHERE id = 1");
    step(&f, LV_OK);
    step(&f, LV_OK);
    expect_states(&f, "failed", "planned");
    expect_batch(&f, 0, 2, "sequence");
    json_t *set = roles_entry(f.node, "/v1/sets", "sets", 0);
    assert_non_null(strstr(roles_text(set, "error"), "sequence 1 stands already"));
    assert_non_null(strstr(roles_text(set, "error"), "go on under a new series"));
    json_decref(set);
    step(&f, LV_NOT_FOUND); /* the second waits: it would leave a gap */
    /* Who starts the node again wants another try. */
    restart(&f);
    expect_states(&f, "made", "planned");
    end(&f);
}

static void test_a_value_of_another_vault_fails_the_set(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    /* Sealed values are bound to their lot, so that none can be put in another's place. */
    change_store(&f, "UPDATE measurement SET value = (SELECT value FROM measurement"
                     " WHERE lot = 'L3') WHERE lot = 'L2'");
    step(&f, LV_OK);
    expect_states(&f, "failed", "planned");
    expect_batch(&f, 0, 2, "L2");
    end(&f);
}

static void test_the_key_is_the_owners(void **state)
{
    fixture f;
    char path[128];
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    step(&f, LV_OK);
    json_t *set = roles_entry(f.node, "/v1/sets", "sets", 0);
    snprintf(path, sizeof path, "/v1/sets/%s/key", roles_text(set, "set_id"));
    json_t *answer = roles_get(f.node, path);
    assert_true(strlen(roles_text(answer, "key")) > 100);
    json_decref(answer);
    json_decref(set);
    lv_error err = {0};
    lv_buffer body = {0};
    memset(path + strlen("/v1/sets/"), '0', 2UL * LV_DIGEST_LEN);
    assert_int_equal(
        roles_send(f.node, &(roles_request){.method = "GET", .path = path}, &body, &err),
        LV_NOT_FOUND);
    end(&f);
}

/* ---- progress ---- */

/* What the batch tells of the set that is being made; "" for nothing. */
static void read_progress(fixture *f, const char *batch, char text[128])
{
    char path[64];
    snprintf(path, sizeof path, "/v1/batches/%s", batch);
    json_t *answer = roles_get(f->node, path);
    const json_t *now = json_object_get(answer, "progress");
    text[0] = '\0';
    if (!json_is_null(now)) {
        snprintf(text, 128, "set %lld: %s %lld/%lld", (long long)roles_number(now, "set"),
                 roles_text(now, "phase"), (long long)roles_number(now, "done"),
                 (long long)roles_number(now, "total"));
    }
    json_decref(answer);
}

static void expect_progress(fixture *f, const char *batch, const char *expected)
{
    char text[128];
    read_progress(f, batch, text);
    assert_string_equal(text, expected);
}

static void test_a_batch_tells_how_far_its_set_has_come(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    roles_accept(f.node, "moisture", ROLES_HEADER "L4,4,0.9,\n");
    uint64_t version = lv_node_version(f.node);
    expect_progress(&f, "1", "");
    lv_downstream_making_begin(f.node, 1, 2, "key");
    expect_progress(&f, "1", "set 2: key 0/0");
    lv_downstream_making_report(f.node, "key", 1, 2);
    expect_progress(&f, "1", "set 2: key 1/2");
    expect_progress(&f, "2", ""); /* it waits */
    for (size_t matrix = 0; matrix < 3; matrix++) {
        char expected[64];
        for (size_t i = 1; i <= 32; i++) {
            lv_downstream_making_report(f.node, "encrypt", i, 32);
        }
        snprintf(expected, sizeof expected, "set 2: encrypt %zu/96", 32 * (matrix + 1));
        expect_progress(&f, "1", expected);
    }
    lv_downstream_making_report(f.node, "a phase of more than twenty-four bytes", 1, 1);
    expect_progress(&f, "1", "set 2: a phase of more than tw 1/1");
    lv_downstream_making_end(f.node);
    expect_progress(&f, "1", "");
    /* Nothing of the last set is left in the next. */
    lv_downstream_making_begin(f.node, 2, 3, "publish");
    lv_downstream_making_report(f.node, "encrypt", 1, 8);
    expect_progress(&f, "2", "set 3: encrypt 1/24");
    assert_int_equal(lv_node_version(f.node), version); /* it woke nobody */
    end(&f);
}

typedef struct {
    lv_node *node;
    atomic_bool ended;
    lv_status status;
} worker;

static void *take_step(void *context)
{
    worker *at = context;
    lv_error err = {0};
    at->status = lv_downstream_publish_step(at->node, &err);
    atomic_store(&at->ended, true);
    return NULL;
}

static void test_the_worker_tells_what_it_is_about(void **state)
{
    fixture f;
    pthread_t thread;
    char text[128];
    bool seen = false;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    worker at = {.node = f.node, .status = LV_E_IO};
    assert_int_equal(pthread_create(&thread, NULL, take_step, &at), 0);
    while (!atomic_load(&at.ended)) {
        read_progress(&f, "1", text);
        /* counted by the computation itself */
        seen = seen || (strncmp(text, "set 1: ", 7) == 0 && strstr(text, " 0/0") == NULL);
        usleep(1000);
    }
    pthread_join(thread, NULL);
    assert_int_equal(at.status, LV_OK);
    assert_true(seen);
    expect_progress(&f, "1", "");
    step(&f, LV_OK);
    expect_states(&f, "published", "planned");
    expect_progress(&f, "1", "");
    end(&f);
}

static void test_a_set_that_fails_leaves_no_progress(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    change_store(&f, "UPDATE measurement SET value = x'00' WHERE lot = 'L2'");
    step(&f, LV_OK);
    expect_states(&f, "failed", "planned");
    expect_progress(&f, "1", "");
    end(&f);
}

/* ---- many sets ---- */

/* `sets` planned sets of three pairs each. */
static void begin_bulk(fixture *f, unsigned sets)
{
    lv_buffer csv = {0};
    roles_open(&f->r);
    roles_bulk_series(&f->r, "moisture", "consecutive", 3);
    f->node = roles_start(f->r.b);
    assert_int_equal(lv_buffer_printf(&csv, "%s", ROLES_HEADER), LV_OK);
    for (unsigned i = 1; i <= 3 * sets + 1; i++) {
        assert_int_equal(lv_buffer_printf(&csv, "L%u,%u,%u.%02u,\n", i, i, i % 2, i % 50), LV_OK);
    }
    roles_accept(f->node, "moisture", lv_buffer_text(&csv));
    lv_buffer_free(&csv);
}

static size_t count_state(fixture *f, const char *expected)
{
    json_t *answer = roles_get(f->node, "/v1/sets");
    size_t count = 0;
    size_t i = 0;
    json_t *set = NULL;
    json_array_foreach(json_object_get(answer, "sets"), i, set)
    {
        count += strcmp(roles_text(set, "state"), expected) == 0 ? 1 : 0;
    }
    json_decref(answer);
    return count;
}

static json_int_t pairs_done(fixture *f)
{
    json_t *batch = roles_get(f->node, "/v1/batches/1");
    json_int_t done = roles_number(batch, "pairs_done");
    json_decref(batch);
    return done;
}

static uint64_t blocks(lv_ledger *ledger)
{
    lv_head head;
    assert_int_equal(lv_ledger_head(ledger, &head, NULL), LV_OK);
    return head.block;
}

static void test_sets_that_are_quick_go_together(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 9);
    lv_downstream *own = lv_downstream_of(f.node);
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "made"), 1); /* nothing is known of them yet */
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "published"), 1);
    own->group_sets = 5;
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "made"), 5);
    uint64_t before = blocks(f.node->quality);
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "published"), 6);
    assert_int_equal(pairs_done(&f), 18);
    assert_int_equal(blocks(f.node->quality), before + 1); /* five records in one block */
    assert_int_equal(blocks(f.node->xor), before + 1);
    while (count_state(&f, "published") < 9) {
        step(&f, LV_OK);
    }
    step(&f, LV_NOT_FOUND);
    assert_int_equal(pairs_done(&f), 27);
    assert_int_equal(committed(f.node->quality, "put"), 9);
    assert_int_equal(committed(f.node->xor, "put"), 9);
    end(&f);
}

/* Killed after one ledger, or both, had committed the group and before the store knew of it. */
static void test_a_group_that_stands_already_is_not_put_twice(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 4);
    lv_downstream_of(f.node)->group_sets = 4;
    step(&f, LV_OK);
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "published"), 4);
    change_store(&f, "UPDATE sets SET state = 'made' WHERE id > 1");
    change_store(&f, "UPDATE batch SET pairs_done = 3");
    restart(&f);
    lv_downstream_of(f.node)->group_max = 64;
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "published"), 4);
    assert_int_equal(pairs_done(&f), 12);
    assert_int_equal(committed(f.node->quality, "put"), 4);
    assert_int_equal(committed(f.node->xor, "put"), 4);
    end(&f);
}

static void test_a_bad_set_holds_up_only_those_behind_it(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 4);
    lv_downstream_of(f.node)->group_sets = 4;
    /* L9 is in the third set only */
    change_store(&f, "UPDATE measurement SET value = x'00' WHERE lot = 'L9'");
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "made"), 2);
    assert_int_equal(count_state(&f, "failed"), 1);
    assert_int_equal(count_state(&f, "planned"), 1);
    roles_expect_text(f.node, "/v1/sets", "sets", 2, "state", "failed");
    end(&f);
}

static void test_a_refused_record_is_found_in_its_group(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 4);
    lv_downstream_of(f.node)->group_sets = 4;
    step(&f, LV_OK);
    /* The third set's record is another set's: the ledger takes the two before it. */
    change_store(&f, "UPDATE sets SET quality = (SELECT quality FROM sets WHERE sequence = 1)"
                     " WHERE sequence = 3");
    step(&f, LV_OK);
    assert_int_equal(count_state(&f, "published"), 2);
    assert_int_equal(count_state(&f, "failed"), 1);
    assert_int_equal(count_state(&f, "made"), 1);
    roles_expect_text(f.node, "/v1/sets", "sets", 2, "state", "failed");
    assert_int_equal(committed(f.node->quality, "put"), 2);
    end(&f);
}

/* ---- the stages ---- */

static void take(fixture *f, lv_status (*stage)(lv_node *node, lv_error *err), lv_status expected)
{
    lv_error err = {0};
    lv_status status = stage(f->node, &err);
    if (status != expected) {
        print_error("%s: %s\n", lv_status_name(status), err.text);
    }
    assert_int_equal(status, expected);
}

static void expect_committed(fixture *f, size_t xor_records, size_t quality_records)
{
    assert_int_equal(committed(f->node->xor, "put"), xor_records);
    assert_int_equal(committed(f->node->quality, "put"), quality_records);
}

static void test_a_set_is_made_while_another_is_on_its_way(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    take(&f, lv_downstream_xor_step, LV_NOT_FOUND);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_NOT_FOUND); /* its XOR record comes first */
    take(&f, lv_downstream_xor_step, LV_OK);
    expect_committed(&f, 1, 0);
    expect_states(&f, "made", "planned");
    take(&f, lv_downstream_xor_step, LV_NOT_FOUND);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_OK);
    expect_committed(&f, 1, 1);
    expect_states(&f, "published", "made");
    take(&f, lv_downstream_quality_step, LV_NOT_FOUND);
    take(&f, lv_downstream_xor_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_NOT_FOUND);
    expect_committed(&f, 2, 2);
    expect_states(&f, "published", "published");
    end(&f);
}

/* What stood is not remembered, but found. */
static void test_a_kill_between_the_ledgers_doubles_nothing(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    roles_accept(f.node, "moisture", THREE);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_xor_step, LV_OK);
    restart(&f);
    expect_states(&f, "made", "made");
    take(&f, lv_downstream_quality_step, LV_NOT_FOUND);
    take(&f, lv_downstream_xor_step, LV_OK);
    expect_committed(&f, 1, 0);
    take(&f, lv_downstream_xor_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_OK);
    expect_committed(&f, 2, 2);
    expect_states(&f, "published", "published");
    end(&f);
}

static void test_making_does_not_run_far_ahead_of_the_ledgers(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 5);
    lv_downstream_of(f.node)->group_max = 1;
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_NOT_FOUND);
    assert_int_equal(count_state(&f, "made"), 2);
    take(&f, lv_downstream_xor_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_NOT_FOUND);
    take(&f, lv_downstream_quality_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_OK);
    take(&f, lv_downstream_make_step, LV_NOT_FOUND);
    end(&f);
}

static void test_a_refused_xor_record_keeps_its_quality_record_back(void **state)
{
    fixture f;
    (void)state;
    begin_bulk(&f, 3);
    lv_downstream_of(f.node)->group_sets = 3;
    take(&f, lv_downstream_make_step, LV_OK);
    change_store(&f, "UPDATE sets SET xor = (SELECT xor FROM sets WHERE sequence = 1)"
                     " WHERE sequence = 2");
    take(&f, lv_downstream_xor_step, LV_OK);
    expect_committed(&f, 1, 0);
    roles_expect_text(f.node, "/v1/sets", "sets", 1, "state", "failed");
    take(&f, lv_downstream_xor_step, LV_NOT_FOUND); /* the third would leave a gap */
    take(&f, lv_downstream_quality_step, LV_OK);
    take(&f, lv_downstream_quality_step, LV_NOT_FOUND);
    expect_committed(&f, 1, 1);
    assert_int_equal(count_state(&f, "published"), 1);
    end(&f);
}

static void test_the_node_tells_what_publishing_took(void **state)
{
    static const char *const stages[] = {"making", "xor", "quality"};
    fixture f;
    lv_error err = {0};
    json_t *before = json_object();
    json_t *after = json_object();
    (void)state;
    begin(&f, "");
    assert_int_equal(lv_role_downstream.describe(f.node, before, &err), LV_OK);
    roles_accept(f.node, "moisture", THREE);
    step(&f, LV_OK);
    step(&f, LV_OK);
    assert_int_equal(lv_role_downstream.describe(f.node, after, &err), LV_OK);
    for (size_t i = 0; i < 3; i++) {
        const json_t *was = json_object_get(json_object_get(before, "publishing"), stages[i]);
        const json_t *is = json_object_get(json_object_get(after, "publishing"), stages[i]);
        assert_true(json_real_value(was) == 0 && json_is_real(was));
        assert_true(json_real_value(is) > 0);
    }
    json_decref(before);
    json_decref(after);
    end(&f);
}

/* ---- grants ---- */

static void test_grants_of_the_configuration_are_put_once(void **state)
{
    fixture f;
    lv_grant grant;
    lv_error err = {0};
    (void)state;
    begin(&f, ROLES_GRANT);
    assert_int_equal(lv_downstream_granted(f.node, "AMSP", "moisture", &grant, &err), LV_OK);
    assert_int_equal(grant.number, 1);
    assert_string_equal(grant.servicer, "SMSP");
    restart(&f);
    restart(&f);
    assert_int_equal(committed(f.node->xor, "grant"), 1);
    assert_int_equal(roles_count(f.node, "/v1/grants", "grants"), 1);
    /* The store may know less than the ledger: after a kill, or a backup that was put back. */
    change_store(&f, "DELETE FROM granted");
    change_store(&f, "DELETE FROM applied");
    restart(&f);
    assert_int_equal(committed(f.node->xor, "grant"), 1);
    end(&f);
}

static json_int_t post_grant(fixture *f, const char *body)
{
    const roles_request request = {
        .method = "POST", .path = "/v1/grants", .body = lv_bytes_of_text(body)};
    json_t *answer = roles_json(f->node, &request);
    json_int_t number = roles_number(answer, "number");
    assert_true(roles_number(answer, "block") > 0);
    json_decref(answer);
    return number;
}

static void test_a_revocation_outlives_a_restart(void **state)
{
    fixture f;
    lv_grant grant;
    lv_error err = {0};
    (void)state;
    begin(&f, ROLES_GRANT);
    assert_int_equal(
        post_grant(&f, "{\"buyer\": \"AMSP\", \"series\": \"moisture\", \"revoke\": true}"), 2);
    assert_int_equal(lv_downstream_granted(f.node, "AMSP", "moisture", &grant, &err), LV_NOT_FOUND);
    restart(&f);
    assert_int_equal(lv_downstream_granted(f.node, "AMSP", "moisture", &grant, &err), LV_NOT_FOUND);
    assert_int_equal(post_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"SMSP\","
                                    " \"series\": \"moisture\", \"quota\": 7}"),
                     3);
    restart(&f);
    assert_int_equal(lv_downstream_granted(f.node, "AMSP", "moisture", &grant, &err), LV_OK);
    assert_int_equal(grant.quota, 7);
    assert_int_equal(roles_count(f.node, "/v1/grants", "grants"), 3);
    end(&f);
}

static void refuse_grant(fixture *f, const char *body)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    const roles_request request = {
        .method = "POST", .path = "/v1/grants", .body = lv_bytes_of_text(body)};
    assert_int_not_equal(roles_send(f->node, &request, &answer, &err), LV_OK);
    assert_string_not_equal(err.text, "");
    assert_int_equal(committed(f->node->xor, "grant"), 0);
}

static void test_bad_grants_are_refused(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "");
    refuse_grant(&f, "{\"buyer\": \"SMSP\", \"servicer\": \"SMSP\", \"series\": \"moisture\"}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"AMSP\", \"series\": \"moisture\"}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"SMSP\", \"series\": \"dryness\"}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"SMSP\", \"series\": \"moisture\","
                     " \"quota\": -1}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"SMSP\", \"series\": \"moisture\","
                     " \"revoke\": 1}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"series\": \"moisture\", \"revoke\": true}");
    refuse_grant(&f, "{\"buyer\": \"AMSP\", \"servicer\": \"SMSP\"}");
    refuse_grant(&f, "[]");
    refuse_grant(&f, "{");
    end(&f);
}

static void test_grants_of_an_added_series_come_before_its_sets(void **state)
{
    fixture f;
    lv_grant grant;
    lv_error err = {0};
    char text[1024];
    (void)state;
    begin(&f, "");
    roles_series_text("dryness", "consecutive", "", ROLES_GRANT, text);
    const roles_request request = {
        .method = "POST", .path = "/v1/series", .body = lv_bytes_of_text(text)};
    json_decref(roles_json(f.node, &request));
    step(&f, LV_NOT_FOUND);
    assert_int_equal(lv_downstream_granted(f.node, "AMSP", "dryness", &grant, &err), LV_OK);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_between_any_two_steps_changes_nothing),
        cmocka_unit_test(test_what_stands_already_is_not_put_twice),
        cmocka_unit_test(test_another_record_in_its_place_is_a_failure),
        cmocka_unit_test(test_a_value_of_another_vault_fails_the_set),
        cmocka_unit_test(test_the_key_is_the_owners),
        cmocka_unit_test(test_a_batch_tells_how_far_its_set_has_come),
        cmocka_unit_test(test_the_worker_tells_what_it_is_about),
        cmocka_unit_test(test_a_set_that_fails_leaves_no_progress),
        cmocka_unit_test(test_sets_that_are_quick_go_together),
        cmocka_unit_test(test_a_group_that_stands_already_is_not_put_twice),
        cmocka_unit_test(test_a_bad_set_holds_up_only_those_behind_it),
        cmocka_unit_test(test_a_refused_record_is_found_in_its_group),
        cmocka_unit_test(test_a_set_is_made_while_another_is_on_its_way),
        cmocka_unit_test(test_a_kill_between_the_ledgers_doubles_nothing),
        cmocka_unit_test(test_making_does_not_run_far_ahead_of_the_ledgers),
        cmocka_unit_test(test_a_refused_xor_record_keeps_its_quality_record_back),
        cmocka_unit_test(test_the_node_tells_what_publishing_took),
        cmocka_unit_test(test_grants_of_the_configuration_are_put_once),
        cmocka_unit_test(test_a_revocation_outlives_a_restart),
        cmocka_unit_test(test_bad_grants_are_refused),
        cmocka_unit_test(test_grants_of_an_added_series_come_before_its_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
