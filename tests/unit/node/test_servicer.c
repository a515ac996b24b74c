/* The servicer's purchases, with the real ledger, store and records. */
#include "servicer_world.h"

/* ---- what a purchase gives ---- */

static void test_a_sale(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_buffer answer = {0};
    lv_delivery delivery = {0};
    lv_receipt receipt = {0};
    lv_digest digest;
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 0, false);

    int64_t before = lv_clock_now();
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], before);
    ok(post(w, "A", lv_buffer_view(&purchase), &answer, &err), &err);
    ok(lv_delivery_decode(lv_buffer_view(&answer), &delivery, &err), &err);
    assert_true(
        lv_bytes_equal(lv_buffer_view(&delivery.xor_record), lv_buffer_view(&c->records[0])));
    ok(lv_receipt_open(lv_buffer_view(&delivery.receipt), w->node->trust, lv_clock_now(), &receipt,
                       NULL, &err),
       &err);
    assert_string_equal(receipt.author, "S");
    assert_string_equal(receipt.buyer, "A");
    assert_true(lv_digest_equal(&receipt.set_id, &c->set_ids[0]));
    ok(lv_digest_of(lv_buffer_view(&c->records[0]), &digest), &err);
    assert_true(lv_digest_equal(&receipt.xor_digest, &digest));
    ok(lv_digest_of(lv_buffer_view(&purchase), &digest), &err);
    assert_true(lv_digest_equal(&receipt.purchase_digest, &digest));
    assert_true(receipt.time >= before && receipt.time <= lv_clock_now());
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);

    lv_receipt_free(&receipt);
    lv_delivery_free(&delivery);
    lv_buffer_free(&purchase);
    lv_buffer_free(&answer);
    world_free(w);
}

static void test_a_repeat_gives_the_first_result(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_buffer first = {0};
    lv_buffer again = {0};
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    ok(post(w, "A", lv_buffer_view(&purchase), &first, &err), &err);

    ok(post(w, "A", lv_buffer_view(&purchase), &again, &err), &err);
    assert_true(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&again)));
    lv_buffer_free(&again);

    /* signed anew, over the quota, the grant revoked, after a restart, and long ago: all the same
     */
    grant_to(w, "A", 0, true);
    world_close(w);
    world_open(w);
    ok(buy(w, c->buyers[0], 0, &again, &err), &err);
    assert_true(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&again)));
    lv_buffer_free(&again);
    lv_buffer old = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now() - 100000);
    ok(post(w, "A", lv_buffer_view(&old), &again, &err), &err);
    assert_true(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&again)));
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);

    lv_buffer_free(&old);
    lv_buffer_free(&purchase);
    lv_buffer_free(&first);
    lv_buffer_free(&again);
    world_free(w);
}

/* ---- what is refused ---- */

static void test_no_sale_without_a_standing_grant(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    publish(w, 0);
    publish(w, 1);
    expect(buy(w, c->buyers[0], 0, NULL, &err), LV_REFUSED, &err, "no grant of B lets A buy");
    grant_to(w, "C", 0, false);
    expect(buy(w, c->buyers[0], 0, NULL, &err), LV_REFUSED, &err, "no grant of B lets A buy");
    grant_to(w, "A", 0, false);
    ok(buy(w, c->buyers[0], 0, NULL, &err), &err);
    grant_to(w, "A", 0, true);
    expect(buy(w, c->buyers[0], 1, NULL, &err), LV_REFUSED, &err, "no grant of B lets A buy");
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[1], "A"), 0);
    world_free(w);
}

static void test_no_sale_over_the_quota(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    for (size_t i = 0; i < SETS; i++) {
        publish(w, i);
    }
    grant_to(w, "A", 1, false);
    ok(buy(w, c->buyers[0], 0, NULL, &err), &err);
    for (int tries = 0; tries < 2; tries++) {
        expect(buy(w, c->buyers[0], 1, NULL, &err), LV_REFUSED, &err, "quota of 1");
        assert_int_equal(sales_on_ledger(w, &c->set_ids[1], "A"), 0);
    }
    /* a refused purchase leaves nothing behind */
    lv_sold sold = {0};
    ok(lv_store_begin(w->node->store, &err), &err);
    lv_status found = lv_sold_find(w->node, &c->set_ids[1], "A", &sold, &err);
    ok(lv_store_end(w->node->store, LV_OK, &err), &err);
    assert_int_equal(found, LV_NOT_FOUND);
    lv_sold_free(&sold);
    grant_to(w, "A", 2, false);
    ok(buy(w, c->buyers[0], 1, NULL, &err), &err);
    ok(buy(w, c->buyers[0], 2, NULL, &err), &err);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[1], "A"), 1);
    world_free(w);
}

static void test_a_purchase_comes_from_who_signed_it(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 0, false);
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    lv_bytes bytes = lv_buffer_view(&purchase);
    expect(post(w, "C", bytes, NULL, &err), LV_REFUSED, &err, "signed by A and sent by C");
    expect(post(w, NULL, bytes, NULL, &err), LV_REFUSED, &err, "sent by nobody");
    lv_buffer_free(&purchase);

    purchase = purchase_of(c->buyers[0], "T", &c->set_ids[0], lv_clock_now());
    expect(post(w, "A", lv_buffer_view(&purchase), NULL, &err), LV_REFUSED, &err, "meant for T");
    lv_buffer_free(&purchase);

    purchase = purchase_of(c->stranger, "S", &c->set_ids[0], lv_clock_now());
    expect(post(w, "X", lv_buffer_view(&purchase), NULL, &err), LV_INVALID, &err, "");
    lv_buffer_free(&purchase);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 0);
    world_free(w);
}

static void test_tampered_and_truncated_purchases(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    publish(w, 0);
    grant_to(w, "A", 0, false);
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    for (size_t at = 0; at < purchase.len; at += 7) {
        purchase.data[at] ^= 1;
        assert_int_not_equal(post(w, "A", lv_buffer_view(&purchase), NULL, &err), LV_OK);
        purchase.data[at] ^= 1;
        lv_bytes cut = {.data = purchase.data, .len = at};
        assert_int_not_equal(post(w, "A", cut, NULL, &err), LV_OK);
    }
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 0);

    /* another kind of record is no purchase */
    assert_int_equal(post(w, "B", lv_buffer_view(&c->records[0]), NULL, &err), LV_INVALID);
    ok(post(w, "A", lv_buffer_view(&purchase), NULL, &err), &err);
    lv_buffer_free(&purchase);
    world_free(w);
}

static void test_old_and_early_purchases(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    publish(w, 0);
    publish(w, 1);
    grant_to(w, "A", 0, false);
    static const int64_t off[] = {-LV_PURCHASE_SKEW_SECONDS - 5, LV_PURCHASE_SKEW_SECONDS + 5};
    static const int64_t near[] = {-LV_PURCHASE_SKEW_SECONDS + 60, LV_PURCHASE_SKEW_SECONDS - 60};
    for (size_t i = 0; i < 2; i++) {
        int64_t now = lv_clock_now();
        lv_buffer far = purchase_of(c->buyers[0], "S", &c->set_ids[i], now + off[i]);
        expect(post(w, "A", lv_buffer_view(&far), NULL, &err), LV_REFUSED, &err, "clock");
        lv_buffer_free(&far);
        assert_int_equal(sales_on_ledger(w, &c->set_ids[i], "A"), 0);
        lv_buffer good = purchase_of(c->buyers[0], "S", &c->set_ids[i], now + near[i]);
        ok(post(w, "A", lv_buffer_view(&good), NULL, &err), &err);
        lv_buffer_free(&good);
    }
    world_free(w);
}

static void test_unknown_sets(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_error err = {0};
    grant_to(w, "A", 0, false);
    expect(buy(w, c->buyers[0], 0, NULL, &err), LV_NOT_FOUND, &err, "no set");
    publish(w, 0);
    ok(buy(w, c->buyers[0], 0, NULL, &err), &err);
    expect(buy(w, c->buyers[0], 1, NULL, &err), LV_NOT_FOUND, &err, "no set");
    world_free(w);
}

/* ---- at the same time ---- */

#define THREADS 8

typedef struct {
    const world *w;
    const lv_identity *buyer;
    pthread_t thread;
    lv_status status;
    lv_error err;
    lv_buffer answer;
} shopper;

static void *shop(void *context)
{
    shopper *one = context;
    one->status = buy(one->w, one->buyer, 0, &one->answer, &one->err);
    return NULL;
}

static void test_parallel_purchases_make_one_sale(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    shopper shoppers[THREADS] = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    grant_to(w, "C", 1, false);
    for (size_t i = 0; i < THREADS; i++) {
        shoppers[i] = (shopper){.w = w, .buyer = c->buyers[i % 2]};
        assert_int_equal(pthread_create(&shoppers[i].thread, NULL, shop, &shoppers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(shoppers[i].thread, NULL), 0);
        ok(shoppers[i].status, &shoppers[i].err);
        assert_true(lv_bytes_equal(lv_buffer_view(&shoppers[i].answer),
                                   lv_buffer_view(&shoppers[i % 2].answer)));
    }
    assert_false(
        lv_bytes_equal(lv_buffer_view(&shoppers[0].answer), lv_buffer_view(&shoppers[1].answer)));
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "C"), 1);
    for (size_t i = 0; i < THREADS; i++) {
        lv_buffer_free(&shoppers[i].answer);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sale),
        cmocka_unit_test(test_a_repeat_gives_the_first_result),
        cmocka_unit_test(test_no_sale_without_a_standing_grant),
        cmocka_unit_test(test_no_sale_over_the_quota),
        cmocka_unit_test(test_a_purchase_comes_from_who_signed_it),
        cmocka_unit_test(test_tampered_and_truncated_purchases),
        cmocka_unit_test(test_old_and_early_purchases),
        cmocka_unit_test(test_unknown_sets),
        cmocka_unit_test(test_parallel_purchases_make_one_sale),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
