/* Sets made ready while there is nothing to publish: made once, used once, whatever happens. */
#include "node/downstream.h"
#include "node/pool.h"
#include "unit/node/roles.h"

typedef struct {
    roles r;
    lv_node *node;
} fixture;

static void write_series(fixture *f, const char *pool)
{
    char text[1024];
    snprintf(text, sizeof text,
             "name: moisture\nunit: g\n"
             "columns: {lot: lot, time: month, value: moisture, parents: made_from}\n"
             "decimals: 2\nwidth: 4\nsuite: paillier\nkey_bits: 2048\ncompare: consecutive\n"
             "%s\n",
             pool);
    roles_write(f->r.b, "series/moisture.yaml", text);
}

static void begin(fixture *f, const char *pool)
{
    roles_open(&f->r);
    write_series(f, pool);
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

static void fill(fixture *f, size_t count)
{
    lv_error err = {0};
    for (size_t i = 0; i < count; i++) {
        lv_status status = lv_pool_step(f->node, &err);
        if (status != LV_OK) {
            print_error("%s: %s\n", lv_status_name(status), err.text);
        }
        assert_int_equal(status, LV_OK);
    }
}

static void expect_full(fixture *f)
{
    lv_error err = {0};
    assert_int_equal(lv_pool_step(f->node, &err), LV_NOT_FOUND);
}

static void publish(fixture *f, lv_status expected)
{
    lv_error err = {0};
    assert_int_equal(lv_downstream_publish_step(f->node, &err), expected);
}

/* One number of the store. */
static int64_t ask(fixture *f, const char *sql)
{
    lv_error err = {0};
    sqlite3_stmt *row = NULL;
    assert_int_equal(lv_store_begin(f->node->store, &err), LV_OK);
    assert_int_equal(lv_store_query(f->node->store, &err, &row, sql, ""), LV_OK);
    assert_int_equal(lv_store_next(f->node->store, row, &err), LV_OK);
    int64_t value = sqlite3_column_int64(row, 0);
    lv_store_done(row);
    assert_int_equal(lv_store_end(f->node->store, LV_OK, &err), LV_OK);
    return value;
}

static void change(fixture *f, const char *sql)
{
    lv_error err = {0};
    assert_int_equal(lv_store_begin(f->node->store, &err), LV_OK);
    assert_int_equal(lv_store_run(f->node->store, &err, sql, ""), LV_OK);
    assert_int_equal(lv_store_end(f->node->store, LV_OK, &err), LV_OK);
}

static void expect_pools(fixture *f, const char *expected)
{
    lv_error err = {0};
    json_t *health = json_object();
    assert_int_equal(lv_pool_describe(f->node, health, &err), LV_OK);
    char *text = json_dumps(health, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
    free(text);
    json_decref(health);
}

static lv_set_plan plan_of(fixture *f, uint64_t sequence, size_t pairs)
{
    return (lv_set_plan){.quality_channel = "quality",
                         .xor_channel = "xor",
                         .series = &f->node->config->series[0].series,
                         .sequence = sequence,
                         .pair_count = pairs};
}

static lv_status take(fixture *f, uint64_t sequence, size_t pairs, lv_digest *set_id)
{
    lv_error err = {0};
    lv_set_ready ready = {0};
    lv_buffer key = {0};
    lv_buffer shown = {0};
    lv_set_plan plan = plan_of(f, sequence, pairs);
    lv_status status = lv_pool_take(f->node, &plan, &ready, &key, &err);
    if (status == LV_OK) {
        assert_int_equal(lv_public_encode(lv_masks_public(ready.masks), &shown), LV_OK);
        assert_int_equal(lv_set_id_of(lv_buffer_view(&shown), set_id), LV_OK);
        assert_int_equal(lv_masks_left(ready.masks), 12);
    } else {
        assert_null(ready.masks);
        assert_null(key.data);
    }
    lv_buffer_free(&key);
    lv_buffer_free(&shown);
    lv_set_ready_wipe(&ready);
    return status;
}

static void test_it_fills_up_to_its_size_and_no_further(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "pool: 2");
    expect_pools(&f, "{\"pools\":[{\"ready\":0,\"series\":\"moisture\",\"size\":2}]}");
    fill(&f, 2);
    expect_full(&f);
    expect_pools(&f, "{\"pools\":[{\"ready\":2,\"series\":\"moisture\",\"size\":2}]}");
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool WHERE sequence IN (1, 2)"), 2);
    end(&f);
}

/* The published sets are those that stood ready: same key, valid for every reader. */
static void test_sets_are_made_by_it(void **state)
{
    fixture f;
    lv_error err = {0};
    (void)state;
    begin(&f, "pool: 2");
    fill(&f, 2);
    restart(&f);
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.05,\nL2,2,0.11,\nL3,3,0.11,\nL4,4,0,\n");
    expect_full(&f); /* sets wait */
    change(&f, "CREATE TABLE kept AS SELECT sequence, key FROM pool");
    for (int i = 0; i < 6; i++) {
        publish(&f, LV_OK);
    }
    publish(&f, LV_NOT_FOUND);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE state = 'published'"), 3);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets AS s JOIN kept AS k ON s.key = k.key AND"
                             " s.sequence = k.sequence"),
                     2);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    sqlite3_stmt *rows = NULL;
    assert_int_equal(lv_store_begin(f.node->store, &err), LV_OK);
    assert_int_equal(
        lv_store_query(f.node->store, &err, &rows, "SELECT quality, xor FROM sets", ""), LV_OK);
    while (lv_store_next(f.node->store, rows, &err) == LV_OK) {
        lv_set *set = NULL;
        assert_int_equal(lv_set_open(lv_store_bytes(rows, 0), f.node->trust, NULL, &set, &err),
                         LV_OK);
        assert_int_equal(lv_set_add_xor(set, lv_store_bytes(rows, 1), f.node->trust, NULL, &err),
                         LV_OK);
        lv_set_free(set);
    }
    lv_store_done(rows);
    assert_int_equal(lv_store_end(f.node->store, LV_OK, &err), LV_OK);
    fill(&f, 2);
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT min(sequence) FROM pool"), 4);
    end(&f);
}

/* Killed after it was taken and before the set was made: what was taken is lost, not used again. */
static void test_a_kill_wastes_and_never_doubles(void **state)
{
    fixture f;
    lv_digest taken = {0};
    lv_digest again = {0};
    (void)state;
    begin(&f, "pool: 1");
    fill(&f, 1);
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.05,\nL2,2,0.11,\n");
    assert_int_equal(take(&f, 1, 1, &taken), LV_OK);
    restart(&f);
    assert_int_equal(take(&f, 1, 1, &again), LV_NOT_FOUND);
    publish(&f, LV_OK);
    publish(&f, LV_OK);
    json_t *set = roles_entry(f.node, "/v1/sets", "sets", 0);
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&taken, hex);
    assert_string_not_equal(roles_text(set, "set_id"), hex);
    assert_string_equal(roles_text(set, "state"), "published");
    json_decref(set);
    end(&f);
}

static void test_only_the_set_it_is_for_gets_it(void **state)
{
    fixture f;
    lv_digest id = {0};
    (void)state;
    begin(&f, "pool: 2");
    fill(&f, 2);
    assert_int_equal(take(&f, 3, 1, &id), LV_NOT_FOUND);
    assert_int_equal(take(&f, 1, 2, &id), LV_NOT_FOUND); /* too few masks */
    /* Moved to another place it does not open, and is dropped. */
    change(&f, "UPDATE pool SET sequence = 9 WHERE sequence = 2");
    assert_int_equal(take(&f, 9, 1, &id), LV_NOT_FOUND);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 1);
    /* Damaged: */
    change(&f, "UPDATE pool SET ready = substr(ready, 1, length(ready) - 1)");
    assert_int_equal(take(&f, 1, 1, &id), LV_NOT_FOUND);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    end(&f);
}

static void test_what_serves_no_set_is_deleted(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "pool: 3");
    fill(&f, 2);
    change(&f, "INSERT INTO pool SELECT 'gone', sequence, suite, key_bits, masks, key, ready, 0"
               " FROM pool");
    lv_node_close(f.node);
    write_series(&f, "pool: 1");
    f.node = roles_start(f.r.b);
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 1);
    lv_node_close(f.node);
    write_series(&f, "pool: 0");
    f.node = roles_start(f.r.b);
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    expect_pools(&f, "{\"pools\":[]}");
    end(&f);
}

static void test_another_size_of_key_begins_anew(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "pool: 1");
    fill(&f, 1);
    change(&f, "UPDATE pool SET key_bits = 4096");
    fill(&f, 1);
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT key_bits FROM pool"), 2048);
    end(&f);
}

/* Masks of short exponents and of full ones are never mixed. */
static void test_either_kind_of_exponents_serves_its_own(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "pool: 1\nexponent: short");
    fill(&f, 1);
    assert_int_equal(ask(&f, "SELECT short_exponents FROM pool"), 1);
    change(&f, "UPDATE pool SET short_exponents = 0");
    change(&f, "CREATE TABLE other AS SELECT key FROM pool");
    fill(&f, 1); /* the other kind is deleted */
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT short_exponents FROM pool"), 1);
    change(&f, "CREATE TABLE kept AS SELECT key FROM pool");
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.05,\nL2,2,0.11,\n");
    publish(&f, LV_OK);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets JOIN kept USING(key)"), 1);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets JOIN other USING(key)"), 0);

    /* A set keeps what it was planned with, whatever the series says since. */
    roles_accept(f.node, "moisture", ROLES_HEADER "L3,3,0.07,\n");
    write_series(&f, "pool: 1");
    restart(&f);
    change(&f, "INSERT INTO pool SELECT series, 2, suite, key_bits, masks, key, x'00', 0"
               " FROM (SELECT 'moisture' AS series, suite, key_bits, 12 AS masks, key FROM sets"
               " LIMIT 1)");
    publish(&f, LV_OK);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE short_exponents = 1"), 2);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool WHERE sequence = 2"), 1); /* not touched */
    end(&f);
}

/* Where somebody may ask for the band, the distance takes masks too. */
static void test_a_band_takes_a_fourth_matrix(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "pool: 1\ndisclose: [{to: AMSP, allow: [band]}]");
    fill(&f, 1);
    expect_full(&f);
    assert_int_equal(ask(&f, "SELECT masks FROM pool"), 16);
    change(&f, "CREATE TABLE kept AS SELECT key FROM pool");
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.05,\nL2,2,0.11,\n");
    publish(&f, LV_OK);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets JOIN kept USING(key)"), 1);
    end(&f);
}

/* Nothing is kept that was not finished. */
static void test_a_node_that_stops_makes_nothing(void **state)
{
    fixture f;
    lv_error err = {0};
    (void)state;
    begin(&f, "pool: 1");
    lv_node_stop(f.node);
    assert_int_equal(lv_pool_step(f.node, &err), LV_E_RANDOM);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    lv_pool_work(f.node); /* returns at once */
    end(&f);
}

/* What is not deleted is not used, and what was used up for nothing is made anew. */
static void test_a_full_disk_neither_stores_nor_uses(void **state)
{
    fixture f;
    lv_error err = {0};
    (void)state;
    begin(&f, "pool: 1");
    roles_disk_full(f.node, "INSERT ON pool");
    assert_int_equal(lv_pool_step(f.node, &err), LV_E_IO);
    roles_disk_free(f.node);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    fill(&f, 1);
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.01,\nL2,2,0.02,\n");

    roles_disk_full(f.node, "DELETE ON pool");
    publish(&f, LV_E_IO);
    roles_disk_free(f.node);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 1);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE state = 'planned'"), 1);

    roles_disk_full(f.node, "UPDATE OF key ON sets");
    publish(&f, LV_E_IO);
    roles_disk_free(f.node);
    assert_int_equal(ask(&f, "SELECT count(*) FROM pool"), 0);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE state = 'planned'"), 1);
    publish(&f, LV_OK); /* made */

    roles_disk_full(f.node, "UPDATE OF pairs_done ON batch");
    publish(&f, LV_E_IO);
    roles_disk_free(f.node);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE state = 'made'"), 1);
    publish(&f, LV_OK); /* what stands on the ledgers is recognised */
    assert_int_equal(ask(&f, "SELECT pairs_done FROM batch"), 1);
    assert_int_equal(ask(&f, "SELECT count(*) FROM sets WHERE state = 'published'"), 1);
    end(&f);
}

static void test_nothing_of_it_is_stored_in_clear(void **state)
{
    fixture f;
    lv_error err = {0};
    lv_set_ready ready = {0};
    lv_buffer key = {0};
    lv_buffer plain = {0};
    lv_set_plan plan;
    sqlite3_stmt *row = NULL;
    lv_buffer sealed = {0};
    (void)state;
    begin(&f, "pool: 1");
    fill(&f, 1);
    assert_int_equal(lv_store_begin(f.node->store, &err), LV_OK);
    assert_int_equal(lv_store_query(f.node->store, &err, &row, "SELECT ready FROM pool", ""),
                     LV_OK);
    assert_int_equal(lv_store_next(f.node->store, row, &err), LV_OK);
    assert_int_equal(lv_role_copy(row, 0, &sealed), LV_OK);
    lv_store_done(row);
    assert_int_equal(lv_store_end(f.node->store, LV_OK, &err), LV_OK);
    plan = plan_of(&f, 1, 1);
    assert_int_equal(lv_pool_take(f.node, &plan, &ready, &key, &err), LV_OK);
    assert_int_equal(lv_masks_encode(ready.masks, &plain), LV_OK);
    assert_null(memmem(sealed.data, sealed.len, plain.data + plain.len - 64, 16));
    lv_buffer_wipe(&plain);
    lv_buffer_free(&sealed);
    lv_buffer_free(&key);
    lv_set_ready_wipe(&ready);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_fills_up_to_its_size_and_no_further),
        cmocka_unit_test(test_sets_are_made_by_it),
        cmocka_unit_test(test_a_kill_wastes_and_never_doubles),
        cmocka_unit_test(test_only_the_set_it_is_for_gets_it),
        cmocka_unit_test(test_what_serves_no_set_is_deleted),
        cmocka_unit_test(test_another_size_of_key_begins_anew),
        cmocka_unit_test(test_either_kind_of_exponents_serves_its_own),
        cmocka_unit_test(test_a_band_takes_a_fourth_matrix),
        cmocka_unit_test(test_a_node_that_stops_makes_nothing),
        cmocka_unit_test(test_a_full_disk_neither_stores_nor_uses),
        cmocka_unit_test(test_nothing_of_it_is_stored_in_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
