/** Three organisations in a temporary folder with a ledger between them, and requests to their
 *  nodes without doors: for tests of the roles. */
#ifndef LV_TESTS_ROLES_H
#define LV_TESTS_ROLES_H

#include "base/file.h"
#include "identity/msp_folder.h"
#include "ledger/embedded/embedded.h"
#include "node/http_router.h"
#include "node/node.h"
#include <lotveil/compare.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

typedef struct {
    char root[64];
    char a[80]; /* AMSP, upstream */
    char b[80]; /* BMSP, downstream */
    char s[80]; /* SMSP, servicer */
    char ledger[80];
    uint16_t port_b; /* of BMSP's peer door, where a test opens it */
    uint16_t port_s;
} roles;

/* ---- files ---- */

static inline void roles_write(const char *folder, const char *name, const char *text)
{
    lv_error err = {0};
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(lv_file_write(path, lv_bytes_of_text(text), 0600, &err), LV_OK);
    free(path);
}

static inline void roles_make_folder(const char *folder, const char *name)
{
    lv_error err = {0};
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(lv_folder_make(path, &err), LV_OK);
    free(path);
}

/* PEM of an organisation's root. */
static inline void roles_root(const char *folder, lv_buffer *out)
{
    lv_error err = {0};
    char *path = lv_path_join(folder, "msp/cacerts/ca.pem");
    assert_non_null(path);
    assert_int_equal(lv_file_read(path, 65536, out, &err), LV_OK);
    free(path);
}

static inline lv_identity *roles_identity(const char *folder, const char *msp)
{
    lv_error err = {0};
    lv_identity *identity = NULL;
    assert_int_equal(lv_msp_folder_load(folder, msp, &identity, NULL, &err), LV_OK);
    return identity;
}

static inline void roles_organisation(const char *folder, const char *msp)
{
    static const char *const hosts[] = {"127.0.0.1"};
    const lv_organisation_params params = {
        .msp_id = msp, .hosts = hosts, .host_count = 1, .days = 30};
    lv_error err = {0};
    assert_int_equal(lv_folder_make(folder, &err), LV_OK);
    assert_int_equal(lv_msp_folder_create(folder, &params, &err), LV_OK);
    roles_make_folder(folder, "members");
    roles_make_folder(folder, "series");
    roles_make_folder(folder, "follow");
    roles_make_folder(folder, "state");
}

static inline void roles_introduce(const char *folder, const char *other, const char *msp)
{
    lv_buffer root = {0};
    char name[64];
    roles_root(other, &root);
    snprintf(name, sizeof name, "members/%s.pem", msp);
    roles_write(folder, name, lv_buffer_text(&root));
    lv_buffer_free(&root);
}

/* ---- configuration ---- */

#define ROLES_MEMBER(msp, role, url)                                                               \
    "  - {msp: " msp ", role: " role ", url: \"" url "\", root: members/" msp ".pem}\n"

/* Writes the upstream's configuration, which names the ports of the others. */
static inline void roles_configure_upstream(const roles *r)
{
    char text[1024];
    snprintf(text, sizeof text,
             "organisation: AMSP\nrole: upstream\nlisten: 127.0.0.1:0\n"
             "ledger: {kind: embedded, folder: ../ledger, quality: quality}\n"
             "limits: {request_seconds: 20}\n"
             "members:\n" ROLES_MEMBER("BMSP", "downstream", "https://127.0.0.1:%u")
                 ROLES_MEMBER("SMSP", "servicer", "https://127.0.0.1:%u"),
             (unsigned)r->port_b, (unsigned)r->port_s);
    roles_write(r->a, "config.yaml", text);
}

static inline void roles_follow(const roles *r, const char *series, const char *worse,
                                unsigned alarm_scale)
{
    char name[128];
    char text[512];
    snprintf(name, sizeof name, "follow/%s.yaml", series);
    snprintf(text, sizeof text,
             "downstream: BMSP\nseries: %s\nservicer: SMSP\nworse: %s\nalarm_scale: %u\n"
             "full: false\n",
             series, worse, alarm_scale);
    roles_write(r->a, name, text);
}

/* One series of the published example's form: two decimals, eight bits, a small key. */
static inline void roles_series_text(const char *name, const char *compare, const char *baseline,
                                     const char *grants, char text[1024])
{
    snprintf(text, 1024,
             "name: %s\nunit: g\n"
             "columns: {lot: lot, time: month, value: moisture, parents: made_from}\n"
             "decimals: 2\noffset: \"0\"\nwidth: 8\nsuite: paillier\nkey_bits: 2048\n"
             "compare: %s\nbaseline_lot: \"%s\"\ngrants: [%s]\n",
             name, compare, baseline, grants);
}

/* One series of suite rlwe1024 whose sets take many pairs. */
static inline void roles_bulk_series(const roles *r, const char *name, const char *compare,
                                     unsigned pairs_per_set)
{
    char file[128];
    char text[1024];
    snprintf(file, sizeof file, "series/%s.yaml", name);
    snprintf(text, sizeof text,
             "name: %s\nunit: g\n"
             "columns: {lot: lot, time: month, value: moisture, parents: made_from}\n"
             "decimals: 2\nwidth: 8\nsuite: rlwe1024\npairs_per_set: %u\ncompare: %s\n",
             name, pairs_per_set, compare);
    roles_write(r->b, file, text);
}

#define ROLES_GRANT "{buyer: AMSP, servicer: SMSP, quota: 0}"

static inline void roles_series(const roles *r, const char *name, const char *compare,
                                const char *baseline, const char *grants)
{
    char file[128];
    char text[1024];
    snprintf(file, sizeof file, "series/%s.yaml", name);
    roles_series_text(name, compare, baseline, grants, text);
    roles_write(r->b, file, text);
}

/* ---- the ledger ---- */

static inline void roles_member(lv_member *member, const char *folder, const char *msp,
                                const char *role)
{
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp);
    snprintf(member->role, sizeof member->role, "%s", role);
    roles_root(folder, &member->root);
}

static inline void roles_channel(const roles *r, const char *name, const char *other,
                                 const char *msp, const char *role, const lv_identity *founder)
{
    lv_error err = {0};
    lv_member members[2] = {0};
    lv_channel channel = {.members = members, .member_count = 2};
    snprintf(channel.channel, sizeof channel.channel, "%s", name);
    snprintf(channel.contract, sizeof channel.contract, "%s", name);
    roles_member(&members[0], r->b, "BMSP", "downstream");
    roles_member(&members[1], other, msp, role);
    assert_int_equal(lv_trust_new(&channel.trust), LV_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            lv_trust_add(channel.trust, members[i].msp_id, lv_buffer_view(&members[i].root), &err),
            LV_OK);
    }
    assert_int_equal(lv_embedded_create(r->ledger, &channel, founder, &err), LV_OK);
    lv_trust_free(channel.trust);
    lv_buffer_free(&members[0].root);
    lv_buffer_free(&members[1].root);
}

/* ---- the whole ---- */

static inline void roles_open(roles *r)
{
    lv_error err = {0};
    *r = (roles){.root = "/tmp/lotveil-roles-XXXXXX"};
    assert_non_null(mkdtemp(r->root));
    snprintf(r->a, sizeof r->a, "%s/a", r->root);
    snprintf(r->b, sizeof r->b, "%s/b", r->root);
    snprintf(r->s, sizeof r->s, "%s/s", r->root);
    snprintf(r->ledger, sizeof r->ledger, "%s/ledger", r->root);
    roles_organisation(r->a, "AMSP");
    roles_organisation(r->b, "BMSP");
    roles_organisation(r->s, "SMSP");
    roles_introduce(r->a, r->b, "BMSP");
    roles_introduce(r->a, r->s, "SMSP");
    roles_introduce(r->b, r->a, "AMSP");
    roles_introduce(r->b, r->s, "SMSP");
    roles_write(r->b, "config.yaml",
                "organisation: BMSP\nrole: downstream\nlisten: 127.0.0.1:0\n"
                "ledger: {kind: embedded, folder: ../ledger, quality: quality, xor: xor}\n"
                "members:\n" ROLES_MEMBER("AMSP", "upstream", "https://127.0.0.1:1")
                    ROLES_MEMBER("SMSP", "servicer", "https://127.0.0.1:1"));
    assert_int_equal(lv_folder_make(r->ledger, &err), LV_OK);
    lv_identity *founder = roles_identity(r->b, "BMSP");
    roles_channel(r, "quality", r->a, "AMSP", "upstream", founder);
    roles_channel(r, "xor", r->s, "SMSP", "servicer", founder);
    lv_identity_free(founder);
}

static inline void roles_close(roles *r)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", r->root);
    /* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a folder that this test made */
    assert_int_equal(system(command), 0);
}

static inline lv_node *roles_start(const char *folder)
{
    lv_error err = {0};
    lv_node *node = NULL;
    lv_status status = lv_node_open(folder, &node, &err);
    if (status != LV_OK) {
        print_error("%s: %s\n", lv_status_name(status), err.text);
    }
    assert_int_equal(status, LV_OK);
    return node;
}

/* As after a kill: nothing that was not stored is left. */
static inline void roles_restart(lv_node **node, const char *folder)
{
    lv_node_close(*node);
    *node = roles_start(folder);
}

/* ---- a full disk ---- */

static inline void roles_change(lv_node *node, const char *sql)
{
    lv_error err = {0};
    assert_int_equal(lv_store_begin(node->store, &err), LV_OK);
    lv_status status = lv_store_run(node->store, &err, sql, "");
    if (lv_store_end(node->store, status, &err) != LV_OK) {
        fail_msg("%s: %s", sql, err.text);
    }
}

/* From now on SQLite finds the disk full (SQLITE_FULL) in each write of one kind, such as "INSERT
 * ON pool": that write needs more room as well than the file may grow by. */
static inline void roles_disk_full(lv_node *node, const char *write)
{
    enum { ROOM = 1024 /* pages for all other writes: half of what the filler needs */ };
    char sql[256];
    sqlite3_stmt *row = NULL;
    snprintf(sql, sizeof sql,
             "CREATE TRIGGER no_room BEFORE %s BEGIN"
             " INSERT INTO filler VALUES(zeroblob(8388608)); END",
             write);
    roles_change(node, "CREATE TABLE IF NOT EXISTS filler(bytes BLOB NOT NULL) STRICT");
    roles_change(node, sql);
    assert_int_equal(lv_store_begin(node->store, NULL), LV_OK);
    assert_int_equal(lv_store_query(node->store, NULL, &row, "PRAGMA page_count", ""), LV_OK);
    assert_int_equal(lv_store_next(node->store, row, NULL), LV_OK);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld",
             (long long)sqlite3_column_int64(row, 0) + ROOM);
    lv_store_done(row);
    assert_int_equal(lv_store_end(node->store, LV_OK, NULL), LV_OK);
    roles_change(node, sql);
}

static inline void roles_disk_free(lv_node *node)
{
    roles_change(node, "PRAGMA max_page_count = 4294967294");
    roles_change(node, "DROP TRIGGER no_room");
    roles_change(node, "DELETE FROM filler");
}

/* ---- requests ---- */

typedef struct {
    const char *method;
    const char *path; /* without query */
    lv_bytes body;
    const char *peer;  /* NULL: the control door */
    const char *file;  /* X-File-Name */
    const char *after; /* query values */
    const char *wait;
    const char *series;
} roles_request;

static inline const char *roles_query(const void *context, const char *name)
{
    const roles_request *request = context;
    if (strcmp(name, "after") == 0) {
        return request->after;
    }
    if (strcmp(name, "wait") == 0) {
        return request->wait;
    }
    return strcmp(name, "series") == 0 ? request->series : NULL;
}

static inline const char *roles_header(const void *context, const char *name)
{
    const roles_request *request = context;
    return strcmp(name, "X-File-Name") == 0 ? request->file : NULL;
}

static inline lv_status roles_send(lv_node *node, const roles_request *asked, lv_buffer *answer,
                                   lv_error *err)
{
    const lv_route *const tables[] = {node->role->routes, NULL};
    const lv_route *route = NULL;
    lv_buffer tail = {0};
    lv_buffer allow = {0};
    lv_http_response response = {.code = 200};
    assert_int_equal(lv_http_route_find(tables,
                                        asked->peer != NULL ? LV_HTTP_PEER : LV_HTTP_CONTROL,
                                        asked->method, asked->path, &route, &tail, &allow),
                     LV_OK);
    lv_http_request request = {.method = asked->method,
                               .path = asked->path,
                               .tail = lv_buffer_text(&tail),
                               .body = asked->body,
                               .peer = asked->peer,
                               .query = roles_query,
                               .header = roles_header,
                               .context = asked};
    lv_status status = route->handler(node, &request, &response, err);
    *answer = response.body;
    lv_buffer_free(&tail);
    lv_buffer_free(&allow);
    return status;
}

static inline json_t *roles_json(lv_node *node, const roles_request *asked)
{
    lv_error err = {0};
    lv_buffer body = {0};
    lv_status status = roles_send(node, asked, &body, &err);
    if (status != LV_OK) {
        print_error("%s %s: %s\n", asked->method, asked->path, err.text);
    }
    assert_int_equal(status, LV_OK);
    json_t *answer = json_loadb((const char *)body.data, body.len, 0, NULL);
    assert_non_null(answer);
    lv_buffer_free(&body);
    return answer;
}

static inline json_t *roles_get(lv_node *node, const char *path)
{
    return roles_json(node, &(roles_request){.method = "GET", .path = path});
}

/* How many entries the list of that name has. */
static inline size_t roles_count(lv_node *node, const char *path, const char *name)
{
    json_t *answer = roles_get(node, path);
    size_t count = json_array_size(json_object_get(answer, name));
    json_decref(answer);
    return count;
}

static inline const char *roles_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static inline json_int_t roles_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* The i-th entry of a list, owned. */
static inline json_t *roles_entry(lv_node *node, const char *path, const char *name, size_t i)
{
    json_t *answer = roles_get(node, path);
    json_t *entry = json_incref(json_array_get(json_object_get(answer, name), i));
    assert_non_null(entry);
    json_decref(answer);
    return entry;
}

static inline void roles_expect_text(lv_node *node, const char *path, const char *name, size_t i,
                                     const char *field, const char *expected)
{
    json_t *entry = roles_entry(node, path, name, i);
    assert_string_equal(roles_text(entry, field), expected);
    json_decref(entry);
}

#define ROLES_HEADER "lot,month,moisture,made_from\n"

/* Posts a CSV; the parsed answer where it was accepted. */
static inline lv_status roles_post_rows(lv_node *node, const char *series, const char *csv,
                                        json_t **answer, lv_error *err)
{
    char path[128];
    lv_buffer body = {0};
    snprintf(path, sizeof path, "/v1/series/%s/rows", series);
    const roles_request request = {
        .method = "POST", .path = path, .body = lv_bytes_of_text(csv), .file = "moisture.csv"};
    lv_status status = roles_send(node, &request, &body, err);
    if (answer != NULL) {
        *answer = status == LV_OK ? json_loadb((const char *)body.data, body.len, 0, NULL) : NULL;
    }
    lv_buffer_free(&body);
    return status;
}

static inline void roles_accept(lv_node *node, const char *series, const char *csv)
{
    lv_error err = {0};
    lv_status status = roles_post_rows(node, series, csv, NULL, &err);
    if (status != LV_OK) {
        print_error("%s\n", err.text);
    }
    assert_int_equal(status, LV_OK);
}

/** The i-th set of a downstream, read from its ledgers and checked as the upstream does once it
 *  bought it; owned by the caller. */
static inline lv_set *roles_set(lv_node *node, size_t i)
{
    lv_ledger *ledgers[] = {node->quality, node->xor };
    lv_buffer records[2] = {{0}};
    lv_set *set = NULL;
    lv_error err = {0};
    json_t *entry = roles_entry(node, "/v1/sets", "sets", i);
    for (size_t n = 0; n < 2; n++) {
        lv_bytes argument = lv_bytes_of_text(roles_text(entry, "set_id"));
        lv_call call = {.function = "get", .arguments = &argument, .argument_count = 1};
        assert_int_equal(lv_ledger_read(ledgers[n], &call, &records[n], &err), LV_OK);
    }
    assert_int_equal(lv_set_open(lv_buffer_view(&records[0]), node->trust, NULL, &set, &err),
                     LV_OK);
    assert_int_equal(lv_set_add_xor(set, lv_buffer_view(&records[1]), node->trust, NULL, &err),
                     LV_OK);
    lv_buffer_free(&records[0]);
    lv_buffer_free(&records[1]);
    json_decref(entry);
    return set;
}

#endif
