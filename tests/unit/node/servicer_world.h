/** The world of the servicer's tests: a real ledger of one xor channel, a servicer's folder whose
 *  node is opened in this process, a downstream that publishes and grants, two upstreams that buy,
 *  and an organisation that is no member of anything. */
#ifndef LV_TESTS_NODE_SERVICER_WORLD_H
#define LV_TESTS_NODE_SERVICER_WORLD_H

#include "base/clock.h"
#include "base/file.h"
#include "identity/msp_folder.h"
#include "ledger/embedded/embedded.h"
#include "node/servicer.h"
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define SETS 3
#define CHANNEL "xor.example"
#define SERIES "moisture"

/* Made once: keys and records are the slow part. */
typedef struct {
    lv_organisation organisation[4];
    lv_identity *downstream; /* B */
    lv_identity *buyers[2];  /* A and C */
    lv_identity *stranger;   /* X */
    lv_buffer records[SETS]; /* Signed xor, sequences 1, 2, 3 */
    lv_digest set_ids[SETS];
} cast;

/* Made for each test. */
typedef struct {
    const cast *cast;
    char folder[64];
    lv_node *node;     /* of S */
    lv_ledger *as_b;   /* the ledger as the downstream sees it */
    lv_identity *as_s; /* the servicer's identity once more */
    uint64_t grants;   /* written so far */
} world;

static inline void ok(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        fail_msg("%s: %s", lv_status_name(status), err->text);
    }
}

/* ---- the cast ---- */

static inline lv_identity *make_identity(const char *msp, lv_organisation *organisation)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {
        .msp_id = msp, .hosts = hosts, .host_count = 1, .days = 30};
    lv_identity *identity = NULL;
    lv_error err = {0};
    ok(lv_organisation_create(&params, organisation, &err), &err);
    ok(lv_identity_load(msp, lv_buffer_view(&organisation->certificate),
                        lv_buffer_view(&organisation->key), &identity, &err),
       &err);
    return identity;
}

static inline void make_record(cast *c, size_t i)
{
    uint8_t bit = 1;
    const lv_bits bits = {.pairs = 1, .width = 1, .bits = &bit};
    lv_secret_key *key = NULL;
    lv_matrix *w = NULL;
    lv_error err = {0};
    lv_xor record = {.sequence = i + 1, .width = 1, .pairs = 1, .time = lv_clock_now()};
    snprintf(record.channel, sizeof record.channel, CHANNEL);
    snprintf(record.author, sizeof record.author, "B");
    snprintf(record.series, sizeof record.series, SERIES);
    snprintf(record.suite, sizeof record.suite, "paillier");
    ok(lv_key_generate(lv_suite_find("paillier"), 2048, NULL, &key, &err), &err);
    ok(lv_encrypt(key, &bits, NULL, &w, &err), &err);
    ok(lv_public_encode(lv_key_public(key), &record.public_key), &err);
    ok(lv_matrix_encode(w, &record.w), &err);
    ok(lv_set_id_of(lv_buffer_view(&record.public_key), &c->set_ids[i]), &err);
    ok(lv_xor_seal(&record, c->downstream, &c->records[i], &err), &err);
    lv_xor_free(&record);
    lv_matrix_free(w);
    lv_key_free(key);
}

static inline int cast_make(void **state)
{
    cast *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->downstream = make_identity("B", &c->organisation[0]);
    c->buyers[0] = make_identity("A", &c->organisation[1]);
    c->buyers[1] = make_identity("C", &c->organisation[2]);
    c->stranger = make_identity("X", &c->organisation[3]);
    for (size_t i = 0; i < SETS; i++) {
        make_record(c, i);
    }
    *state = c;
    return 0;
}

static inline int cast_free(void **state)
{
    cast *c = *state;
    for (size_t i = 0; i < 4; i++) {
        lv_organisation_wipe(&c->organisation[i]);
    }
    lv_identity_free(c->downstream);
    lv_identity_free(c->buyers[0]);
    lv_identity_free(c->buyers[1]);
    lv_identity_free(c->stranger);
    for (size_t i = 0; i < SETS; i++) {
        lv_buffer_free(&c->records[i]);
    }
    free(c);
    return 0;
}

/* ---- the servicer's folder and the ledger ---- */

static inline void put_file(const char *folder, const char *name, lv_bytes bytes)
{
    lv_error err = {0};
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    ok(lv_file_write(path, bytes, 0600, &err), &err);
    free(path);
}

static inline void make_ledger(const world *w, const lv_buffer *servicer_root)
{
    lv_member members[2] = {{.msp_id = "B", .role = "downstream"},
                            {.msp_id = "S", .role = "servicer"}};
    const lv_buffer *roots[2] = {&w->cast->organisation[0].ca_certificate, servicer_root};
    lv_channel channel = {
        .channel = CHANNEL, .contract = "xor", .members = members, .member_count = 2};
    lv_error err = {0};
    ok(lv_trust_new(&channel.trust), &err);
    for (size_t i = 0; i < 2; i++) {
        ok(lv_buffer_append(&members[i].root, roots[i]->data, roots[i]->len), &err);
        ok(lv_trust_add(channel.trust, members[i].msp_id, lv_buffer_view(roots[i]), &err), &err);
    }
    ok(lv_embedded_create(w->folder, &channel, w->as_s, &err), &err);
    lv_buffer_free(&members[0].root);
    lv_buffer_free(&members[1].root);
    lv_trust_free(channel.trust);
}

static inline void make_folder(const world *w)
{
    static const char config[] = "organisation: S\n"
                                 "role: servicer\n"
                                 "listen: 127.0.0.1:0\n"
                                 "ledger: {kind: embedded, folder: ., xor: " CHANNEL "}\n"
                                 "members:\n"
                                 "  - {msp: B, role: downstream, root: b.pem}\n"
                                 "  - {msp: A, role: upstream, root: a.pem}\n"
                                 "  - {msp: C, role: upstream, root: c.pem}\n";
    put_file(w->folder, "config.yaml", lv_bytes_of_text(config));
    put_file(w->folder, "b.pem", lv_buffer_view(&w->cast->organisation[0].ca_certificate));
    put_file(w->folder, "a.pem", lv_buffer_view(&w->cast->organisation[1].ca_certificate));
    put_file(w->folder, "c.pem", lv_buffer_view(&w->cast->organisation[2].ca_certificate));
}

static inline void world_open(world *w)
{
    lv_error err = {0};
    ok(lv_node_open(w->folder, &w->node, &err), &err);
}

static inline void world_close(world *w)
{
    lv_node_close(w->node);
    w->node = NULL;
}

static inline world *world_new(const cast *c)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {
        .msp_id = "S", .hosts = hosts, .host_count = 1, .days = 30};
    lv_buffer root = {0};
    lv_error err = {0};
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->cast = c;
    snprintf(w->folder, sizeof w->folder, "/tmp/lotveil-servicer-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    ok(lv_msp_folder_create(w->folder, &params, &err), &err);
    ok(lv_msp_folder_load(w->folder, "S", &w->as_s, &root, &err), &err);
    make_ledger(w, &root);
    lv_buffer_free(&root);
    make_folder(w);
    ok(lv_embedded_open(w->folder, CHANNEL, c->downstream, &w->as_b, &err), &err);
    world_open(w);
    return w;
}

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void world_free(world *w)
{
    world_close(w);
    lv_ledger_close(w->as_b);
    lv_identity_free(w->as_s);
    assert_int_equal(nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(w);
}

/* ---- what the downstream does ---- */

static inline void submit(lv_ledger *ledger, const char *function, const lv_buffer *record)
{
    lv_bytes argument = lv_buffer_view(record);
    lv_call call = {.function = function, .arguments = &argument, .argument_count = 1};
    lv_error err = {0};
    ok(lv_ledger_submit(ledger, &call, 1, NULL, &err), &err);
}

static inline void publish(const world *w, size_t set)
{
    submit(w->as_b, "put", &w->cast->records[set]);
}

static inline void grant_to(world *w, const char *buyer, uint32_t quota, bool revoke)
{
    lv_grant grant = {
        .number = ++w->grants, .quota = quota, .revoke = revoke, .time = lv_clock_now()};
    lv_buffer record = {0};
    lv_error err = {0};
    snprintf(grant.channel, sizeof grant.channel, CHANNEL);
    snprintf(grant.author, sizeof grant.author, "B");
    snprintf(grant.buyer, sizeof grant.buyer, "%s", buyer);
    snprintf(grant.servicer, sizeof grant.servicer, "S");
    snprintf(grant.series, sizeof grant.series, SERIES);
    ok(lv_grant_seal(&grant, w->cast->downstream, &record, &err), &err);
    submit(w->as_b, "grant", &record);
    lv_buffer_free(&record);
}

/** Sales of a set to a buyer that stand on the ledger. */
static inline size_t sales_on_ledger(const world *w, const lv_digest *set_id, const char *buyer)
{
    lv_watch *watch = NULL;
    lv_committed committed = {0};
    lv_error err = {0};
    size_t count = 0;
    ok(lv_watch_open(w->as_b, (lv_position){.block = 1}, &watch, &err), &err);
    while (lv_watch_next(watch, 0, &committed, &err) == LV_OK) {
        lv_sale sale = {0};
        if (strcmp(committed.function, "sell") == 0) {
            ok(lv_sale_open(lv_buffer_view(&committed.arguments[0]),
                            lv_ledger_channel(w->as_b)->trust, LV_TIME_RECORD, &sale, NULL, &err),
               &err);
            count += lv_digest_equal(&sale.set_id, set_id) && strcmp(sale.buyer, buyer) == 0;
        }
        lv_sale_free(&sale);
        lv_committed_free(&committed);
    }
    lv_watch_close(watch);
    return count;
}

/* ---- what a buyer does ---- */

static inline lv_buffer purchase_of(const lv_identity *buyer, const char *servicer,
                                    const lv_digest *set_id, int64_t time)
{
    lv_purchase purchase = {.set_id = *set_id, .time = time};
    lv_buffer out = {0};
    lv_error err = {0};
    snprintf(purchase.author, sizeof purchase.author, "%s", lv_identity_msp(buyer));
    snprintf(purchase.servicer, sizeof purchase.servicer, "%s", servicer);
    ok(lv_purchase_seal(&purchase, buyer, &out, &err), &err);
    return out;
}

/** Sends bytes to the door as `peer`. */
static inline lv_status post(const world *w, const char *peer, lv_bytes body, lv_buffer *answer,
                             lv_error *err)
{
    const lv_http_request request = {
        .method = "POST", .path = "/v1/purchases", .tail = "", .body = body, .peer = peer};
    lv_http_response response = {.code = 200, .content_type = "application/json"};
    lv_status status = lv_servicer_purchase_post(w->node, &request, &response, err);
    if (status == LV_OK) {
        assert_string_equal(response.content_type, "application/x-protobuf");
        assert_int_equal(response.code, 200);
    } else {
        assert_int_equal(response.body.len, 0);
    }
    if (answer != NULL) {
        *answer = response.body;
    } else {
        lv_buffer_free(&response.body);
    }
    return status;
}

/** A fresh purchase, sent by who signed it. */
static inline lv_status buy(const world *w, const lv_identity *buyer, size_t set, lv_buffer *answer,
                            lv_error *err)
{
    lv_buffer purchase = purchase_of(buyer, "S", &w->cast->set_ids[set], lv_clock_now());
    lv_status status = post(w, lv_identity_msp(buyer), lv_buffer_view(&purchase), answer, err);
    lv_buffer_free(&purchase);
    return status;
}

static inline void expect(lv_status got, lv_status wanted, const lv_error *err, const char *words)
{
    if (got != wanted || strstr(err->text, words) == NULL) {
        fail_msg("%s: %s; wanted %s: %s", lv_status_name(got), err->text, lv_status_name(wanted),
                 words);
    }
}

#endif
