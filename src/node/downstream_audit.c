/* Opening a set to an auditor (docs/protocol.md section 11): the only way, but for the owner's own
 * audit, in which a secret key leaves the node. It stands in the journal before it does. */
#include "base/clock.h"
#include "base/log.h"
#include "node/downstream.h"
#include <lotveil/audit.h>
#include <stdio.h>
#include <string.h>

#define LET_OUT "opened to an auditor"
#define VERDICT "all values" /* in place of one */

/* What the journal has in the place of an upstream: a blank, so no organisation has this name. */
#define ASKER "auditor"
#define ASKER_MAX (sizeof ASKER + 1 + LV_AUDITOR_MAX)

/* A set on its way to an auditor. */
typedef struct {
    lv_node *node;
    lv_digest set_id;
    char asker[ASKER_MAX];
    const char *auditor; /* borrowed from the request */
    int64_t set_row;
    const lv_suite *suite;
    lv_buffer key;     /* secret until it is handed over */
    lv_buffer opening; /* Signed */
    bool repeated;
} opened;

static lv_status read_request(opened *o, const lv_http_request *request, const json_t *body,
                              lv_error *err)
{
    lv_status status = lv_digest_from_hex(request->tail, &o->set_id);
    if (status != LV_OK) {
        return lv_fail(err, LV_NOT_FOUND, "there is no set of that id here");
    }
    status = lv_role_member(body, "auditor", &o->auditor, err);
    if (status == LV_OK && strlen(o->auditor) > LV_AUDITOR_MAX) {
        status = lv_fail(err, LV_E_SYNTAX, "\"auditor\" has over %u bytes", LV_AUDITOR_MAX);
    }
    if (status == LV_OK) {
        bool named = o->auditor[0] != '\0';
        snprintf(o->asker, sizeof o->asker, ASKER "%s%s", named ? " " : "", o->auditor);
    }
    return status;
}

/* Only what stands on both ledgers can be checked by anybody. */
static lv_status load_key(opened *o, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status =
        lv_role_first(o->node->store,
                      lv_store_query(o->node->store, err, &row,
                                     "SELECT id, suite, key FROM sets WHERE"
                                     " set_id = ? AND state = '" LV_SET_PUBLISHED "'",
                                     "b", lv_role_digest_view(&o->set_id)),
                      &row, err);
    if (status != LV_OK) {
        return status == LV_NOT_FOUND
                   ? lv_fail(err, status, "no set of that id has been published here")
                   : status;
    }
    o->set_row = sqlite3_column_int64(row, 0);
    o->suite = lv_suite_find(lv_store_text(row, 1));
    status = o->suite == NULL ? LV_E_CORRUPT
                              : lv_downstream_key_unseal(o->node, &o->set_id,
                                                         lv_store_bytes(row, 2), &o->key, err);
    lv_store_done(row);
    return status;
}

static lv_status find_opening(opened *o, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status =
        lv_role_first(o->node->store,
                      lv_store_query(o->node->store, err, &row,
                                     "SELECT answer FROM disclosure WHERE set_row = ? AND pair = 0"
                                     " AND upstream = ? AND question = '" LET_OUT "'",
                                     "is", o->set_row, o->asker),
                      &row, err);
    if (status == LV_OK) {
        status = lv_role_copy(row, 0, &o->opening);
        lv_store_done(row);
        o->repeated = true;
    }
    return status;
}

/* One entry for each pair: both values are let out, every bit of them. */
static lv_status write_journal(opened *o, int64_t time, lv_error *err)
{
    return lv_store_run(
        o->node->store, err,
        "INSERT INTO disclosure(time, upstream, series, set_row, pair, question,"
        " bound, verdict, scale, price, answer) SELECT ?, ?, s.series, s.id, p.pair,"
        " '" LET_OUT "', 0, '" VERDICT "', NULL, 2000 * s.width, ? FROM sets AS s"
        " JOIN pair AS p ON p.set_row = s.id WHERE s.id = ? ORDER BY p.pair",
        "isbi", time, o->asker, lv_buffer_view(&o->opening), o->set_row);
}

static lv_status make_opening(opened *o, lv_error *err)
{
    int64_t time = lv_clock_now();
    lv_secret_key *key = NULL;
    lv_status status = lv_key_decode(o->suite, lv_buffer_view(&o->key), &key, err);
    if (status == LV_OK) {
        lv_identity *identity = lv_node_identity(o->node);
        status = lv_opening_make(key, &o->set_id, o->auditor, identity, time, &o->opening, err);
        lv_identity_free(identity);
    }
    lv_key_free(key);
    return status == LV_OK ? write_journal(o, time, err) : status;
}

static lv_status open_set(opened *o, lv_error *err)
{
    lv_status status = lv_store_begin(o->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = load_key(o, err);
    if (status == LV_OK) {
        status = find_opening(o, err);
        status = status == LV_NOT_FOUND ? make_opening(o, err) : status;
    }
    return lv_store_end(o->node->store, status, err);
}

lv_status lv_downstream_open_post(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    opened o = {.node = context};
    json_t *body = NULL;
    json_t *answer = NULL;

    lv_status status = lv_role_body(request, &body, err);
    if (status == LV_OK) {
        status = read_request(&o, request, body, err);
    }
    if (status == LV_OK) {
        status = open_set(&o, err);
    }
    if (status == LV_OK) {
        lv_log(LV_LOG_WARN, "downstream", "set %s was opened: who has its key reads all its values",
               request->tail);
        lv_node_changed(o.node);
        answer =
            json_pack("{s:o, s:o, s:b}", "opening", lv_role_base64(lv_buffer_view(&o.opening)),
                      "key", lv_role_base64(lv_buffer_view(&o.key)), "repeated", (int)o.repeated);
    }
    lv_buffer_wipe(&o.key);
    lv_buffer_free(&o.opening);
    json_decref(body);
    return status == LV_OK ? lv_http_json(response, answer) : status;
}
