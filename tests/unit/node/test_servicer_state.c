/* What the servicer keeps: its catalogue, and purchases that a kill interrupted. */
#include "servicer_world.h"

/* ---- helpers ---- */

static void intend(const world *w, size_t set, const lv_digest *purchase_digest)
{
    lv_error err = {0};
    ok(lv_store_begin(w->node->store, &err), &err);
    ok(lv_store_end(w->node->store,
                    lv_sold_intend(w->node, &w->cast->set_ids[set], "A", purchase_digest, &err),
                    &err),
       &err);
}

static void sell_on_ledger(const world *w, size_t set, const lv_digest *purchase_digest)
{
    lv_sale sale = {.set_id = w->cast->set_ids[set],
                    .purchase_digest = *purchase_digest,
                    .time = lv_clock_now()};
    lv_buffer record = {0};
    lv_error err = {0};
    snprintf(sale.channel, sizeof sale.channel, CHANNEL);
    snprintf(sale.author, sizeof sale.author, "S");
    snprintf(sale.buyer, sizeof sale.buyer, "A");
    ok(lv_sale_seal(&sale, w->as_s, &record, &err), &err);
    submit(w->node->xor, "sell", &record);
    lv_buffer_free(&record);
}

static void expect_receipt_for(const world *w, const lv_buffer *answer, const lv_digest *purchase)
{
    lv_delivery delivery = {0};
    lv_receipt receipt = {0};
    lv_error err = {0};
    ok(lv_delivery_decode(lv_buffer_view(answer), &delivery, &err), &err);
    ok(lv_receipt_open(lv_buffer_view(&delivery.receipt), lv_ledger_channel(w->as_b)->trust,
                       lv_clock_now(), &receipt, NULL, &err),
       &err);
    assert_true(lv_digest_equal(&receipt.purchase_digest, purchase));
    lv_receipt_free(&receipt);
    lv_delivery_free(&delivery);
}

static const char *no_query(const void *context, const char *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static json_t *get(const world *w, lv_http_handler handler, const char *tail)
{
    const lv_http_request request = {
        .method = "GET", .path = "/", .tail = tail, .query = no_query, .header = no_query};
    lv_http_response response = {.code = 200};
    lv_error err = {0};
    ok(handler(w->node, &request, &response, &err), &err);
    json_t *value = json_loadb((const char *)response.body.data, response.body.len, 0, NULL);
    assert_non_null(value);
    lv_buffer_free(&response.body);
    return value;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static size_t sets_listed(const world *w)
{
    json_t *answer = get(w, lv_servicer_sets_get, "");
    size_t count = json_array_size(json_object_get(answer, "sets"));
    json_decref(answer);
    return count;
}

/* ---- the worker ---- */

static void *run_worker(void *context)
{
    lv_role_servicer.workers[0](context);
    return NULL;
}

/* Runs the worker until `sets` are in the catalogue and every block was taken. */
static void follow_until(world *w, size_t sets, uint64_t past_block)
{
    pthread_t thread;
    bool done = false;
    double until = lv_clock_seconds() + 20;
    assert_int_equal(pthread_create(&thread, NULL, run_worker, w->node), 0);
    while (!done && lv_clock_seconds() < until) {
        uint64_t seen = lv_node_version(w->node);
        lv_position next = {0};
        lv_error err = {0};
        ok(lv_store_begin(w->node->store, &err), &err);
        ok(lv_store_end(w->node->store, lv_node_cursor_get(w->node, CHANNEL, &next, &err), &err),
           &err);
        done = sets_listed(w) == sets && next.block >= past_block;
        if (!done) {
            lv_node_wait(w->node, seen, 1);
        }
    }
    lv_node_stop(w->node);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(done);
    world_close(w);
    world_open(w);
}

static uint64_t head_block(const world *w)
{
    lv_head head = {0};
    lv_error err = {0};
    ok(lv_ledger_head(w->as_b, &head, &err), &err);
    return head.block;
}

static void test_the_catalogue_follows_the_ledger(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    char hex[2 * LV_DIGEST_LEN + 1];
    publish(w, 0);
    assert_int_equal(sets_listed(w), 0);
    follow_until(w, 1, head_block(w));
    publish(w, 1);
    grant_to(w, "A", 0, false);
    follow_until(w, 2, head_block(w));

    json_t *answer = get(w, lv_servicer_sets_get, "");
    const json_t *first = json_array_get(json_object_get(answer, "sets"), 0);
    lv_digest_hex(&c->set_ids[0], hex);
    assert_string_equal(text_of(first, "set_id"), hex);
    assert_string_equal(text_of(first, "series"), SERIES);
    assert_string_equal(text_of(first, "suite"), "paillier");
    assert_string_equal(text_of(first, "state"), "catalogued");
    assert_int_equal(number_of(first, "sequence"), 1);
    assert_int_equal(number_of(first, "key_bits"), 2048);
    assert_int_equal(number_of(first, "width"), 1);
    assert_int_equal(number_of(first, "pairs"), 1);
    assert_int_equal(number_of(first, "bytes"), c->records[0].len);
    json_decref(answer);

    answer = get(w, lv_servicer_records_get, hex);
    assert_true(json_is_null(json_object_get(answer, "quality")));
    assert_int_equal(strlen(text_of(answer, "xor")), (c->records[0].len + 2) / 3 * 4);
    json_decref(answer);
    world_free(w);
}

static void test_records_that_are_not_there(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_http_request request = {.method = "GET", .path = "/", .query = no_query};
    lv_http_response response = {.code = 200};
    lv_error err = {0};
    lv_digest_hex(&c->set_ids[0], hex);
    request.tail = hex;
    expect(lv_servicer_records_get(w->node, &request, &response, &err), LV_NOT_FOUND, &err, hex);
    request.tail = "12";
    expect(lv_servicer_records_get(w->node, &request, &response, &err), LV_E_SYNTAX, &err, "64");
    assert_int_equal(response.body.len, 0);
    world_free(w);
}

static void test_sales_are_listed(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_error err = {0};
    publish(w, 0);
    publish(w, 1);
    grant_to(w, "A", 1, false);
    ok(buy(w, c->buyers[0], 0, NULL, &err), &err);
    expect(buy(w, c->buyers[0], 1, NULL, &err), LV_REFUSED, &err, "quota");
    json_t *answer = get(w, lv_servicer_sales_get, "");
    assert_int_equal(json_array_size(json_object_get(answer, "sales")), 1);
    const json_t *sale = json_array_get(json_object_get(answer, "sales"), 0);
    lv_digest_hex(&c->set_ids[0], hex);
    assert_string_equal(text_of(sale, "buyer"), "A");
    assert_string_equal(text_of(sale, "set_id"), hex);
    assert_string_equal(text_of(sale, "series"), SERIES);
    assert_int_equal(number_of(sale, "block"), head_block(w));
    json_decref(answer);
    world_free(w);
}

/* ---- kills ---- */

static void test_killed_before_the_sale(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    const lv_digest purchase = {.bytes = {1, 2, 3}};
    lv_buffer answer = {0};
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    intend(w, 0, &purchase);
    world_close(w);
    world_open(w);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    ok(buy(w, c->buyers[0], 0, &answer, &err), &err);
    expect_receipt_for(w, &answer, &purchase);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    lv_buffer_free(&answer);
    world_free(w);
}

static void test_killed_between_sale_and_receipt(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    const lv_digest purchase = {.bytes = {4, 5, 6}};
    lv_buffer answer = {0};
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    intend(w, 0, &purchase);
    sell_on_ledger(w, 0, &purchase);
    world_close(w);
    world_open(w);
    ok(buy(w, c->buyers[0], 0, &answer, &err), &err);
    expect_receipt_for(w, &answer, &purchase);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    lv_buffer_free(&answer);
    world_free(w);
}

static void test_killed_and_the_grant_revoked(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    const lv_digest purchase = {.bytes = {7}};
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    intend(w, 0, &purchase);
    grant_to(w, "A", 0, true);
    world_close(w);
    world_open(w);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 0);
    expect(buy(w, c->buyers[0], 0, NULL, &err), LV_REFUSED, &err, "no grant");
    world_free(w);
}

static void remove_state(world *w)
{
    char path[128];
    world_close(w);
    snprintf(path, sizeof path, "%s/state", w->folder);
    assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    world_open(w);
}

static void test_a_lost_store_is_made_up_from_the_ledger(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_buffer answer = {0};
    lv_digest digest;
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    ok(lv_digest_of(lv_buffer_view(&purchase), &digest), &err);
    ok(post(w, "A", lv_buffer_view(&purchase), NULL, &err), &err);

    remove_state(w);
    ok(buy(w, c->buyers[0], 0, &answer, &err), &err);
    expect_receipt_for(w, &answer, &digest);
    lv_buffer_free(&answer);

    remove_state(w);
    follow_until(w, 1, head_block(w));
    json_t *sales = get(w, lv_servicer_sales_get, "");
    assert_int_equal(json_array_size(json_object_get(sales, "sales")), 1);
    json_decref(sales);
    ok(post(w, "A", lv_buffer_view(&purchase), &answer, &err), &err);
    expect_receipt_for(w, &answer, &digest);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    lv_buffer_free(&purchase);
    lv_buffer_free(&answer);
    world_free(w);
}

/* ---- the node around it ---- */

static void test_one_node_for_a_folder(void **state)
{
    world *w = world_new(*state);
    lv_node *second = NULL;
    lv_error err = {0};
    expect(lv_node_open(w->folder, &second, &err), LV_REFUSED, &err, "another");
    assert_null(second);
    world_free(w);
}

static void rename_in(const world *w, const char *from, const char *to)
{
    char old_path[128];
    char new_path[128];
    snprintf(old_path, sizeof old_path, "%s/%s", w->folder, from);
    snprintf(new_path, sizeof new_path, "%s/%s", w->folder, to);
    assert_int_equal(rename(old_path, new_path), 0);
}

static void test_a_vault_key_that_is_gone_or_another(void **state)
{
    world *w = world_new(*state);
    lv_buffer other = {0};
    lv_error err = {0};
    world_close(w);
    rename_in(w, "state/vault.key", "kept");
    expect(lv_node_open(w->folder, &w->node, &err), LV_E_CORRUPT, &err, "missing");
    assert_null(w->node);
    ok(lv_vault_create(NULL, &other, &err), &err);
    put_file(w->folder, "state/vault.key", lv_buffer_view(&other));
    lv_buffer_wipe(&other);
    expect(lv_node_open(w->folder, &w->node, &err), LV_E_CORRUPT, &err, "not the key");
    rename_in(w, "kept", "state/vault.key");
    world_open(w);
    world_free(w);
}

static void test_passphrases(void **state)
{
    world *w = world_new(*state);
    lv_error err = {0};
    char path[128];
    world_close(w);
    snprintf(path, sizeof path, "%s/state", w->folder);
    assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(setenv("LOTVEIL_PASSPHRASE", "correct horse", 1), 0);
    world_open(w);
    world_close(w);
    assert_int_equal(setenv("LOTVEIL_PASSPHRASE", "battery staple", 1), 0);
    expect(lv_node_open(w->folder, &w->node, &err), LV_INVALID, &err, "LOTVEIL_PASSPHRASE is set");
    assert_null(strstr(err.text, "battery"));
    assert_int_equal(unsetenv("LOTVEIL_PASSPHRASE"), 0);
    expect(lv_node_open(w->folder, &w->node, &err), LV_INVALID, &err, "is not set");
    assert_int_equal(setenv("LOTVEIL_PASSPHRASE", "correct horse", 1), 0);
    world_open(w);
    assert_int_equal(unsetenv("LOTVEIL_PASSPHRASE"), 0);
    world_free(w);
}

static void copy_file(const world *w, const char *from, const char *to)
{
    lv_buffer bytes = {0};
    lv_error err = {0};
    char *path = lv_path_join(w->folder, from);
    assert_non_null(path);
    ok(lv_file_read(path, 1U << 24, &bytes, &err), &err);
    put_file(w->folder, to, lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
    free(path);
}

static void test_a_ledger_that_lost_its_past(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    world_close(w);
    lv_ledger_close(w->as_b);
    copy_file(w, CHANNEL ".ledger", "earlier");
    ok(lv_embedded_open(w->folder, CHANNEL, c->downstream, &w->as_b, &err), &err);
    publish(w, 0);
    world_open(w); /* remembers the head */
    world_close(w);
    lv_ledger_close(w->as_b);
    copy_file(w, "earlier", CHANNEL ".ledger");
    expect(lv_node_open(w->folder, &w->node, &err), LV_E_CORRUPT, &err, "saw before");
    assert_null(w->node);
    ok(lv_embedded_open(w->folder, CHANNEL, c->downstream, &w->as_b, &err), &err);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_catalogue_follows_the_ledger),
        cmocka_unit_test(test_records_that_are_not_there),
        cmocka_unit_test(test_sales_are_listed),
        cmocka_unit_test(test_killed_before_the_sale),
        cmocka_unit_test(test_killed_between_sale_and_receipt),
        cmocka_unit_test(test_killed_and_the_grant_revoked),
        cmocka_unit_test(test_a_lost_store_is_made_up_from_the_ledger),
        cmocka_unit_test(test_one_node_for_a_folder),
        cmocka_unit_test(test_a_vault_key_that_is_gone_or_another),
        cmocka_unit_test(test_passphrases),
        cmocka_unit_test(test_a_ledger_that_lost_its_past),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
