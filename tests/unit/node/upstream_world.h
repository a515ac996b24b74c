/** An upstream against a real downstream and a servicer that can be told to cheat, both behind
 * their peer doors. */
#ifndef LV_TESTS_UPSTREAM_WORLD_H
#define LV_TESTS_UPSTREAM_WORLD_H

#include "node/downstream.h"
#include "node/upstream.h"
#include "unit/node/roles.h"
#include <time.h>

/* 45 -> 51 -> 132 -> 132 -> 45: rise by 16, rise by 128, equal, fall by 128. */
static const char FIVE[] =
    ROLES_HEADER "L1,1,0.45,U1\nL2,2,0.51,U1 U2\nL3,3,1.32,U2\nL4,4,1.32,\nL5,5,0.45,U3\n";

#define SETS 4U

/* What stands between the brackets of `grants`; a test may put more behind it. */
#ifndef WORLD_GRANTS
#define WORLD_GRANTS ROLES_GRANT
#endif

typedef enum {
    HONEST,
    REFUSES,
    REFUSES_OLD,   /* purchases that it sees for the second time */
    KNOWS_NOTHING, /* has not caught up with the ledger */
    SUBSTITUTES,   /* the XOR record of another set */
    FLIPS,         /* a byte of the XOR record */
    WRONG_RECEIPT, /* for another purchase */
    OTHER_BUYER,
    NO_DELIVERY, /* bytes that are none */
} servicer_mode;

typedef enum { ANSWERS, FLIPS_ANSWER, ANSWERS_ANOTHER, REFUSES_ANSWER } downstream_mode;

static struct {
    roles r;
    lv_node *b;
    lv_node *a;
    lv_identity *s;
    lv_http_server *doors[2];
    lv_digest ids[SETS];
    servicer_mode servicer;
    downstream_mode downstream;
    lv_digest purchases[8]; /* as the servicer saw them */
    size_t purchase_count;
    lv_buffer first_answer;
} world;

/* ---- the servicer ---- */

static inline lv_status xor_of(const lv_digest *id, lv_buffer *out)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_error err = {0};
    lv_digest_hex(id, hex);
    lv_bytes argument = lv_bytes_of_text(hex);
    lv_call call = {.function = "get", .arguments = &argument, .argument_count = 1};
    return lv_ledger_read(world.b->xor, &call, out, &err);
}

static inline lv_status make_delivery(const lv_purchase *purchase, const lv_digest *digest,
                                      lv_buffer *out, lv_error *err)
{
    lv_delivery delivery = {0};
    lv_receipt receipt = {.author = "SMSP", .purchase_digest = *digest, .time = time(NULL)};
    lv_digest sold = purchase->set_id;
    receipt.set_id = purchase->set_id;
    snprintf(receipt.buyer, sizeof receipt.buyer, "%s",
             world.servicer == OTHER_BUYER ? "CMSP" : purchase->author);
    if (world.servicer == SUBSTITUTES) {
        sold = world.ids[lv_digest_equal(&sold, &world.ids[0]) ? 1 : 0];
    }
    if (world.servicer == WRONG_RECEIPT) {
        receipt.purchase_digest.bytes[3] ^= 1;
    }
    lv_status status = xor_of(&sold, &delivery.xor_record);
    if (status == LV_OK) {
        status = lv_digest_of(lv_buffer_view(&delivery.xor_record), &receipt.xor_digest);
    }
    if (status == LV_OK && world.servicer == FLIPS) {
        delivery.xor_record.data[delivery.xor_record.len / 2] ^= 1;
    }
    if (status == LV_OK) {
        status = lv_receipt_seal(&receipt, world.s, &delivery.receipt, err);
    }
    if (status == LV_OK) {
        status = lv_delivery_encode(&delivery, out, err);
    }
    lv_delivery_free(&delivery);
    return status;
}

static inline bool seen_before(const lv_digest *digest)
{
    size_t count = world.purchase_count < 8 ? world.purchase_count : 8;
    for (size_t i = 0; i < count; i++) {
        if (lv_digest_equal(&world.purchases[i], digest)) {
            return true;
        }
    }
    return false;
}

static inline lv_status purchases_post(void *context, const lv_http_request *request,
                                       lv_http_response *response, lv_error *err)
{
    lv_purchase purchase;
    lv_digest digest;
    (void)context;
    lv_status status =
        lv_purchase_open(request->body, world.b->trust, time(NULL), &purchase, &digest, err);
    if (status != LV_OK) {
        return status;
    }
    bool old = seen_before(&digest);
    if (world.purchase_count < 8) {
        world.purchases[world.purchase_count] = digest;
    }
    world.purchase_count++;
    response->content_type = "application/x-protobuf";
    if (world.servicer == REFUSES || (world.servicer == REFUSES_OLD && old)) {
        return lv_fail(err, LV_REFUSED, "no sale today");
    }
    if (world.servicer == KNOWS_NOTHING) {
        return lv_fail(err, LV_NOT_FOUND, "no such set");
    }
    if (world.servicer == NO_DELIVERY) {
        return lv_buffer_append(&response->body, "\x0a\x7fzzz", 5);
    }
    return make_delivery(&purchase, &digest, &response->body, err);
}

/* ---- the downstream, and what may stand between ---- */

static inline lv_status inquiries_post(void *context, const lv_http_request *request,
                                       lv_http_response *response, lv_error *err)
{
    (void)context;
    if (world.downstream == REFUSES_ANSWER) {
        return lv_fail(err, LV_REFUSED, "nothing is let out");
    }
    lv_status status = lv_downstream_inquiry_post(world.b, request, response, err);
    if (status == LV_OK && world.downstream == FLIPS_ANSWER) {
        response->body.data[response->body.len / 2] ^= 1;
    }
    if (status == LV_OK && world.downstream == ANSWERS_ANOTHER && world.first_answer.len > 0) {
        lv_buffer_free(&response->body);
        status = lv_buffer_append(&response->body, world.first_answer.data, world.first_answer.len);
    } else if (status == LV_OK && world.first_answer.len == 0) {
        status = lv_buffer_append(&world.first_answer, response->body.data, response->body.len);
    }
    return status;
}

static const lv_route servicer_routes[] = {{LV_HTTP_PEER, "POST", "/v1/purchases", purchases_post},
                                           {0}};
static const lv_route downstream_routes[] = {
    {LV_HTTP_PEER, "POST", "/v1/inquiries", inquiries_post}, {0}};

static const lv_route *const servicer_tables[] = {servicer_routes, NULL};
static const lv_route *const downstream_tables[] = {downstream_routes, NULL};

static inline void open_door(size_t i, const lv_identity *identity, const lv_route *const *tables)
{
    lv_error err = {0};
    const lv_http_options options = {.host = "127.0.0.1",
                                     .identity = identity,
                                     .trust = world.b->trust,
                                     .request_bytes = 1U << 24,
                                     .request_seconds = 20,
                                     .requests_per_minute = 6000,
                                     .routes = tables,
                                     .node = &world};
    assert_int_equal(lv_http_serve(&options, &world.doors[i], &err), LV_OK);
}

/* ---- the world ---- */

static inline int group_open(void **state)
{
    lv_error err = {0};
    (void)state;
    roles_open(&world.r);
    roles_series(&world.r, "moisture", "consecutive", "", WORLD_GRANTS);
    roles_follow(&world.r, "moisture", "rise", 32);
    world.b = roles_start(world.r.b);
    roles_accept(world.b, "moisture", FIVE);
    while (lv_downstream_publish_step(world.b, &err) == LV_OK) {
    }
    for (size_t i = 0; i < SETS; i++) {
        json_t *set = roles_entry(world.b, "/v1/sets", "sets", i);
        assert_int_equal(lv_digest_from_hex(roles_text(set, "set_id"), &world.ids[i]), LV_OK);
        json_decref(set);
    }
    world.s = roles_identity(world.r.s, "SMSP");
    lv_identity *identity = lv_node_identity(world.b);
    open_door(0, identity, downstream_tables);
    lv_identity_free(identity);
    open_door(1, world.s, servicer_tables);
    return 0;
}

static inline int group_close(void **state)
{
    (void)state;
    lv_http_stop(world.doors[0]);
    lv_http_stop(world.doors[1]);
    lv_identity_free(world.s);
    lv_node_close(world.b);
    lv_buffer_free(&world.first_answer);
    roles_close(&world.r);
    return 0;
}

static inline void change(lv_node *node, const char *sql)
{
    lv_error err = {0};
    assert_int_equal(lv_store_begin(node->store, &err), LV_OK);
    lv_status status = lv_store_run(node->store, &err, sql, "");
    assert_int_equal(lv_store_end(node->store, status, &err), LV_OK);
}

static inline void reach_servicer(bool reachable)
{
    world.r.port_b = lv_http_port(world.doors[0]);
    world.r.port_s = reachable ? lv_http_port(world.doors[1]) : 1;
    roles_configure_upstream(&world.r);
}

/* Every test begins with an upstream that knows nothing, and nothing let out. */
static inline int test_open(void **state)
{
    char command[160];
    (void)state;
    world.servicer = HONEST;
    world.downstream = ANSWERS;
    world.purchase_count = 0;
    lv_buffer_free(&world.first_answer);
    change(world.b, "DELETE FROM disclosure");
    snprintf(command, sizeof command, "rm -rf '%s/state'", world.r.a);
    /* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a folder that this test made */
    assert_int_equal(system(command), 0);
    reach_servicer(true);
    world.a = roles_start(world.r.a);
    return 0;
}

static inline int test_close(void **state)
{
    (void)state;
    lv_node_close(world.a);
    return 0;
}

static inline void restart(void) { roles_restart(&world.a, world.r.a); }

/* Takes all that the channel has, as the following worker does. */
static inline void take_all(void)
{
    lv_error err = {0};
    lv_watch *watch = NULL;
    lv_committed one = {0};
    assert_int_equal(lv_watch_open(world.a->quality, (lv_position){.block = 1}, &watch, &err),
                     LV_OK);
    while (lv_watch_next(watch, 0, &one, &err) == LV_OK) {
        assert_int_equal(lv_store_begin(world.a->store, &err), LV_OK);
        lv_status status = lv_upstream_take(world.a, &one, &err);
        assert_int_equal(lv_store_end(world.a->store, status, &err), LV_OK);
        lv_committed_free(&one);
    }
    lv_watch_close(watch);
}

static inline lv_status work(double *seconds)
{
    lv_error err = {0};
    return lv_upstream_work_step(world.a, seconds, &err);
}

static inline void work_all(void)
{
    double seconds = 0;
    while (work(&seconds) == LV_OK) {
    }
}

static inline void expect_state(size_t i, const char *expected)
{
    roles_expect_text(world.a, "/v1/sets", "sets", i, "state", expected);
}

static inline void expect_words(size_t i, const char *words)
{
    json_t *set = roles_entry(world.a, "/v1/sets", "sets", i);
    if (strstr(roles_text(set, "error"), words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", roles_text(set, "error"), words);
    }
    json_decref(set);
}

static inline size_t verdicts(void) { return roles_count(world.a, "/v1/verdicts", "verdicts"); }

static inline void expect_verdict(size_t i, const char *verdict, json_int_t scale, bool alarm)
{
    json_t *entry = roles_entry(world.a, "/v1/verdicts", "verdicts", i);
    assert_string_equal(roles_text(entry, "verdict"), verdict);
    assert_string_equal(roles_text(entry, "downstream"), "BMSP");
    assert_string_equal(roles_text(entry, "basis"), "consecutive");
    assert_int_equal(roles_number(entry, "scale"), scale);
    assert_int_equal(json_is_true(json_object_get(entry, "alarm")), alarm);
    json_decref(entry);
}

static inline void expect_all_verdicts(void)
{
    assert_int_equal(verdicts(), SETS);
    expect_verdict(0, "rise", 16, false);
    expect_verdict(1, "rise", 128, true);
    expect_verdict(2, "equal", 0, false);
    expect_verdict(3, "fall", 128, false); /* large, but not for the worse */
    assert_int_equal(roles_count(world.a, "/v1/alarms", "alarms"), 1);
}

static inline lv_status post(size_t i, const char *what, json_t **answer, lv_error *err)
{
    char path[128] = "/v1/sets/";
    lv_buffer body = {0};
    lv_digest_hex(&world.ids[i], path + strlen(path));
    snprintf(path + strlen(path), 16, "/%s", what);
    lv_status status =
        roles_send(world.a, &(roles_request){.method = "POST", .path = path}, &body, err);
    *answer = status == LV_OK ? json_loadb((const char *)body.data, body.len, 0, NULL) : NULL;
    lv_buffer_free(&body);
    return status;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_open, test_close)

#endif
