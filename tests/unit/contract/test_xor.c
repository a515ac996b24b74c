/* Contract "xor": records, grants and sales. */
#include "unit/contract/calls.h"
#include <stdio.h>

#define KEYS 3U

typedef struct {
    world w;
    lv_channel channel;
    lv_set_made made[KEYS]; /* sequences 1, 2, 3 of "moisture" */
    memory_state *m;        /* fresh for every test */
} xor_world;

static const uint64_t VALUES[][2] = {{0, 1}};

static int setup(void **state)
{
    static xor_world x;
    world_open(&x.w, KEYS);
    lv_channel described = channel_begin("xor", "xor");
    channel_add(&described, "BMSP", "downstream", &x.w.downstream);
    channel_add(&described, "SMSP", "servicer", &x.w.servicer);
    x.channel = channel_finish(&described);
    for (size_t i = 0; i < KEYS; i++) {
        world_plan p;
        world_plan_make(&x.w, &p, 1, i + 1, VALUES, 1);
        world_publish(&x.w, &p, i, &x.made[i]);
    }
    *state = &x;
    return 0;
}

static int teardown(void **state)
{
    xor_world *x = *state;
    for (size_t i = 0; i < KEYS; i++) {
        lv_set_made_free(&x->made[i]);
    }
    lv_channel_free(&x->channel);
    world_close(&x->w);
    return 0;
}

static int fresh(void **state)
{
    xor_world *x = *state;
    x->m = calloc(1, sizeof *x->m);
    return x->m == NULL ? -1 : 0;
}

static int discard(void **state)
{
    xor_world *x = *state;
    memory_free(x->m);
    free(x->m);
    x->m = NULL;
    return 0;
}

static lv_status put(const xor_world *x, const char *submitter, const lv_buffer *record)
{
    return call_record(&x->channel, x->m, submitter, "put", record);
}

static void put_all(const xor_world *x)
{
    for (size_t i = 0; i < KEYS; i++) {
        assert_int_equal(put(x, "BMSP", &x->made[i].xor_record), LV_OK);
    }
}

static lv_grant a_grant(const xor_world *x, uint64_t number, uint32_t quota)
{
    return (lv_grant){.channel = "xor",
                      .author = "BMSP",
                      .buyer = "AMSP",
                      .servicer = "SMSP",
                      .series = "moisture",
                      .number = number,
                      .quota = quota,
                      .time = x->w.now};
}

static lv_status grant(const xor_world *x, const lv_grant *record)
{
    lv_error err;
    lv_buffer bytes = {0};
    assert_int_equal(lv_grant_seal(record, x->w.downstream.identity, &bytes, &err), LV_OK);
    lv_status status = call_record(&x->channel, x->m, "BMSP", "grant", &bytes);
    lv_buffer_free(&bytes);
    return status;
}

static lv_sale a_sale(const xor_world *x, size_t set)
{
    return (lv_sale){.channel = "xor",
                     .author = "SMSP",
                     .buyer = "AMSP",
                     .set_id = x->made[set].set_id,
                     .purchase_digest = {.bytes = {1}},
                     .time = x->w.now};
}

static lv_status sell_as(const xor_world *x, const lv_sale *sale, const char *submitter,
                         const lv_identity *author)
{
    lv_error err;
    lv_buffer bytes = {0};
    assert_int_equal(lv_sale_seal(sale, author, &bytes, &err), LV_OK);
    lv_status status = call_record(&x->channel, x->m, submitter, "sell", &bytes);
    lv_buffer_free(&bytes);
    return status;
}

static lv_status sell(const xor_world *x, const lv_sale *sale)
{
    return sell_as(x, sale, "SMSP", x->w.servicer.identity);
}

static void test_put_and_get(void **state)
{
    const xor_world *x = *state;
    const lv_buffer *record = &x->made[0].xor_record;
    assert_int_equal(put(x, "SMSP", record), LV_REFUSED);
    assert_int_equal(put(x, "AMSP", record), LV_REFUSED);
    assert_int_equal(put(x, "BMSP", &x->made[1].xor_record), LV_REFUSED); /* a gap */
    assert_int_equal(put(x, "BMSP", record), LV_OK);
    assert_int_equal(put(x, "BMSP", record), LV_EXISTS);
    assert_int_equal(put(x, "BMSP", &x->made[1].quality_record), LV_INVALID);

    lv_buffer response = {0};
    char id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&x->made[0].set_id, id);
    const char *const get[] = {id};
    assert_int_equal(call_texts(&x->channel, x->m, "SMSP", "get", get, 1, &response), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&response), lv_buffer_view(record)));
    lv_buffer_free(&response);
    assert_int_equal(call_texts(&x->channel, x->m, "AMSP", "get", get, 1, &response), LV_REFUSED);
}

/* Seals a changed XOR record as its author and puts it. */
static lv_status put_changed(const xor_world *x, const lv_xor *record)
{
    lv_error err;
    lv_buffer bytes = {0};
    assert_int_equal(lv_xor_seal(record, x->w.downstream.identity, &bytes, &err), LV_OK);
    lv_status status = put(x, "BMSP", &bytes);
    lv_buffer_free(&bytes);
    return status;
}

static void test_what_an_xor_record_must_hold(void **state)
{
    const xor_world *x = *state;
    lv_error err;
    lv_xor record;
    assert_int_equal(lv_xor_open(lv_buffer_view(&x->made[0].xor_record), x->w.trust, LV_TIME_RECORD,
                                 &record, NULL, &err),
                     LV_OK);
    lv_xor changed = record; /* lends its buffers */
    memcpy(changed.channel, "quality", 8);
    assert_int_equal(put_changed(x, &changed), LV_INVALID);
    changed = record;
    memcpy(changed.suite, "none", 5);
    assert_int_equal(put_changed(x, &changed), LV_INVALID);
    changed = record;
    changed.pairs = 2;
    assert_int_equal(put_changed(x, &changed), LV_INVALID);
    changed = record;
    changed.width = 2;
    assert_int_equal(put_changed(x, &changed), LV_INVALID);
    changed = record;
    changed.time = x->w.now - 86400; /* before its certificate */
    assert_int_equal(put_changed(x, &changed), LV_INVALID);

    record.public_key.data[record.public_key.len - 1] ^= 1; /* even */
    assert_int_equal(put_changed(x, &record), LV_INVALID);
    record.public_key.data[record.public_key.len - 1] ^= 1;
    memset(record.w.data, 0, record.w.len);
    assert_int_equal(put_changed(x, &record), LV_INVALID);
    lv_xor_free(&record);
}

static void test_grants(void **state)
{
    const xor_world *x = *state;
    lv_grant g = a_grant(x, 2, 0);
    assert_int_equal(grant(x, &g), LV_REFUSED); /* a gap */
    g = a_grant(x, 1, 0);
    memcpy(g.servicer, "AMSP", 5); /* no member */
    assert_int_equal(grant(x, &g), LV_REFUSED);
    memcpy(g.servicer, "BMSP", 5); /* no servicer */
    assert_int_equal(grant(x, &g), LV_REFUSED);
    g = a_grant(x, 1, 0);
    memcpy(g.channel, "xor2", 5);
    assert_int_equal(grant(x, &g), LV_INVALID);
    g = a_grant(x, 1, 0);
    g.revoke = true; /* of nothing */
    assert_int_equal(grant(x, &g), LV_REFUSED);
    g = a_grant(x, 1, 0);
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(grant(x, &g), LV_EXISTS);

    lv_error err;
    lv_buffer bytes = {0};
    g = a_grant(x, 1, 0);
    memcpy(g.author, "SMSP", 5);
    assert_int_equal(lv_grant_seal(&g, x->w.servicer.identity, &bytes, &err), LV_OK);
    assert_int_equal(call_record(&x->channel, x->m, "SMSP", "grant", &bytes), LV_REFUSED);
    assert_int_equal(call_record(&x->channel, x->m, "BMSP", "grant", &bytes), LV_REFUSED);
    lv_buffer_free(&bytes);
}

static lv_status granted(const xor_world *x, const char *buyer, const char *series,
                         uint64_t *number)
{
    lv_buffer response = {0};
    const char *const texts[] = {"BMSP", buyer, series};
    lv_status status = call_texts(&x->channel, x->m, "SMSP", "granted", texts, 3, &response);
    if (status == LV_OK) {
        lv_error err;
        lv_grant g;
        assert_int_equal(
            lv_grant_open(lv_buffer_view(&response), x->w.trust, x->w.now, &g, NULL, &err), LV_OK);
        *number = g.number;
        lv_grant_free(&g);
    }
    lv_buffer_free(&response);
    return status;
}

static void test_which_grant_stands(void **state)
{
    const xor_world *x = *state;
    uint64_t number = 0;
    lv_grant g = a_grant(x, 1, 5);
    assert_int_equal(granted(x, "AMSP", "moisture", &number), LV_NOT_FOUND);
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(granted(x, "AMSP", "moisture", &number), LV_OK);
    assert_int_equal(number, 1);
    assert_int_equal(granted(x, "AMSP", "other", &number), LV_NOT_FOUND);
    assert_int_equal(granted(x, "DMSP", "moisture", &number), LV_NOT_FOUND);
    g.number = 2;
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(granted(x, "AMSP", "moisture", &number), LV_OK);
    assert_int_equal(number, 2);
    g.number = 3;
    g.revoke = true;
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(granted(x, "AMSP", "moisture", &number), LV_NOT_FOUND);
    g.number = 4;
    assert_int_equal(grant(x, &g), LV_REFUSED); /* nothing stands any more */
    g.revoke = false;
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(granted(x, "AMSP", "moisture", &number), LV_OK);
    assert_int_equal(number, 4);
}

static void test_a_sale_under_a_grant(void **state)
{
    const xor_world *x = *state;
    lv_grant g = a_grant(x, 1, 0);
    lv_sale s = a_sale(x, 0);
    put_all(x);
    assert_int_equal(sell(x, &s), LV_REFUSED); /* nothing granted */
    assert_int_equal(grant(x, &g), LV_OK);
    assert_int_equal(sell(x, &s), LV_OK);
    assert_int_equal(sell(x, &s), LV_EXISTS);

    lv_buffer response = {0};
    lv_error err;
    lv_sale read;
    char id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&s.set_id, id);
    const char *const sold[] = {id, "AMSP"};
    const char *const unsold[] = {id, "DMSP"};
    assert_int_equal(call_texts(&x->channel, x->m, "SMSP", "sold", sold, 2, &response), LV_OK);
    assert_int_equal(
        lv_sale_open(lv_buffer_view(&response), x->w.trust, x->w.now, &read, NULL, &err), LV_OK);
    assert_true(lv_digest_equal(&read.purchase_digest, &s.purchase_digest));
    lv_buffer_free(&response);
    assert_int_equal(call_texts(&x->channel, x->m, "SMSP", "sold", unsold, 2, &response),
                     LV_NOT_FOUND);
}

static void test_sales_that_no_grant_covers(void **state)
{
    const xor_world *x = *state;
    lv_grant g = a_grant(x, 1, 0);
    put_all(x);
    assert_int_equal(grant(x, &g), LV_OK);

    lv_sale s = a_sale(x, 0);
    memcpy(s.buyer, "DMSP", 5);
    assert_int_equal(sell(x, &s), LV_REFUSED);
    s = a_sale(x, 0);
    memset(s.set_id.bytes, 7, sizeof s.set_id.bytes);
    assert_int_equal(sell(x, &s), LV_REFUSED);
    s = a_sale(x, 0);
    memcpy(s.channel, "other", 6);
    assert_int_equal(sell(x, &s), LV_INVALID);
    s = a_sale(x, 0);
    assert_int_equal(sell_as(x, &s, "BMSP", x->w.servicer.identity), LV_REFUSED);
    memcpy(s.author, "BMSP", 5);
    assert_int_equal(sell_as(x, &s, "BMSP", x->w.downstream.identity), LV_REFUSED);
    assert_int_equal(sell_as(x, &s, "SMSP", x->w.downstream.identity), LV_REFUSED);

    /* A grant for another series, and one that is revoked. */
    g = a_grant(x, 2, 0);
    g.revoke = true;
    assert_int_equal(grant(x, &g), LV_OK);
    g = a_grant(x, 3, 0);
    memcpy(g.series, "other", 6);
    assert_int_equal(grant(x, &g), LV_OK);
    s = a_sale(x, 0);
    assert_int_equal(sell(x, &s), LV_REFUSED);
}

static void test_quota(void **state)
{
    const xor_world *x = *state;
    lv_grant g = a_grant(x, 1, 2);
    put_all(x);
    assert_int_equal(grant(x, &g), LV_OK);
    lv_sale s[KEYS] = {a_sale(x, 0), a_sale(x, 1), a_sale(x, 2)};
    assert_int_equal(sell(x, &s[0]), LV_OK);
    assert_int_equal(sell(x, &s[0]), LV_EXISTS); /* counts once */
    assert_int_equal(sell(x, &s[1]), LV_OK);
    assert_int_equal(sell(x, &s[2]), LV_REFUSED);
    assert_int_equal(sell(x, &s[1]), LV_EXISTS); /* told apart from a spent quota */
    g = a_grant(x, 2, 1);
    assert_int_equal(grant(x, &g), LV_OK); /* a new grant counts from nothing */
    assert_int_equal(sell(x, &s[2]), LV_OK);
}

/* A grant that names another servicer does not let this one sell. */
static void test_the_grant_names_the_servicer(void **state)
{
    const xor_world *x = *state;
    lv_channel described = channel_begin("xor", "xor");
    channel_add(&described, "BMSP", "downstream", &x->w.downstream);
    channel_add(&described, "SMSP", "servicer", &x->w.servicer);
    channel_add(&described, "TMSP", "servicer", &x->w.upstream);
    xor_world two = *x;
    two.channel = channel_finish(&described);
    put_all(&two);
    lv_grant g = a_grant(&two, 1, 0);
    memcpy(g.servicer, "TMSP", 5);
    assert_int_equal(grant(&two, &g), LV_OK);
    lv_sale s = a_sale(&two, 0);
    assert_int_equal(sell(&two, &s), LV_REFUSED);
    g = a_grant(&two, 2, 0);
    g.revoke = true; /* of a grant that names TMSP */
    assert_int_equal(grant(&two, &g), LV_REFUSED);
    lv_channel_free(&two.channel);
}

static void test_tampered_grants_and_sales(void **state)
{
    const xor_world *x = *state;
    lv_error err;
    lv_buffer bytes = {0};
    lv_grant g = a_grant(x, 1, 0);
    assert_int_equal(lv_grant_seal(&g, x->w.downstream.identity, &bytes, &err), LV_OK);
    for (size_t i = 0; i < bytes.len; i += 7) {
        bytes.data[i] ^= 1;
        assert_int_equal(call_record(&x->channel, x->m, "BMSP", "grant", &bytes), LV_INVALID);
        bytes.data[i] ^= 1;
    }
    bytes.len--;
    assert_int_equal(call_record(&x->channel, x->m, "BMSP", "grant", &bytes), LV_INVALID);
    bytes.len = 0;
    assert_int_equal(call_record(&x->channel, x->m, "SMSP", "sell", &bytes), LV_INVALID);
    lv_buffer_free(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, discard)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_put_and_get),
        TEST(test_what_an_xor_record_must_hold),
        TEST(test_grants),
        TEST(test_which_grant_stands),
        TEST(test_a_sale_under_a_grant),
        TEST(test_sales_that_no_grant_covers),
        TEST(test_quota),
        TEST(test_the_grant_names_the_servicer),
        TEST(test_tampered_grants_and_sales),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
