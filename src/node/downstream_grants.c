/* Grants (docs/protocol.md section 8): they stand on the xor channel, numbered by this
 * organisation from 1. The store mirrors them from there, so that a grant that was committed just
 * before a kill is known again. */
#include "base/clock.h"
#include "base/log.h"
#include "node/downstream.h"
#include <stdio.h>
#include <string.h>

/* ---- the mirror ---- */

static lv_status mirror(lv_node *node, const lv_grant *grant, lv_error *err)
{
    return lv_store_run(node->store, err,
                        "INSERT OR IGNORE INTO granted(number, buyer, servicer, series, quota,"
                        " revoke) VALUES(?, ?, ?, ?, ?, ?)",
                        "isssii", (int64_t)grant->number, grant->buyer, grant->servicer,
                        grant->series, (int64_t)grant->quota, (int64_t)grant->revoke);
}

static lv_status mirror_committed(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_grant grant = {0};

    if (strcmp(committed->function, "grant") != 0 ||
        strcmp(committed->submitter, node->config->organisation) != 0 ||
        committed->argument_count != 1) {
        return LV_OK;
    }
    lv_status status = lv_grant_open(lv_buffer_view(&committed->arguments[0]), node->trust,
                                     LV_TIME_ANY, &grant, NULL, err);
    if (status == LV_OK) {
        status = mirror(node, &grant, err);
    }
    lv_grant_free(&grant);
    return status;
}

/* Takes one write of the channel into the mirror and moves on behind it. */
static lv_status take(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_position next = committed->position;

    next.transaction++;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = mirror_committed(node, committed, err);
    if (status == LV_OK) {
        status = lv_node_cursor_set(node, node->config->xor_channel, next, err);
    }
    return lv_store_end(node->store, status, err);
}

/* Brings the mirror up to what is committed now. */
static lv_status catch_up(lv_node *node, lv_error *err)
{
    lv_position from = {0};
    lv_watch *watch = NULL;

    lv_status status = lv_store_begin(node->store, err);
    if (status == LV_OK) {
        status = lv_node_cursor_get(node, node->config->xor_channel, &from, err);
        status = lv_store_end(node->store, status, err);
    }
    if (status == LV_OK) {
        status = lv_watch_open(node->xor, from, &watch, err);
    }
    while (status == LV_OK) {
        lv_committed committed = {0};
        status = lv_watch_next(watch, 0, &committed, err);
        if (status == LV_OK) {
            status = take(node, &committed, err);
            lv_committed_free(&committed);
        }
    }
    lv_watch_close(watch);
    return status == LV_TIMEOUT ? LV_OK : status;
}

static lv_status next_number(lv_node *node, uint64_t *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;

    *out = 0;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT coalesce(max(number), 0) + 1 FROM granted", ""),
                           &row, err);
    if (status == LV_OK) {
        *out = (uint64_t)sqlite3_column_int64(row, 0);
        lv_store_done(row);
    }
    return lv_store_end(node->store, status, err);
}

/* ---- putting one on the ledger ---- */

static lv_status store_grant(lv_node *node, const lv_grant *grant, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    return lv_store_end(node->store, mirror(node, grant, err), err);
}

/* Numbers, signs and submits; called with the lock on grants. */
static lv_status submit(lv_node *node, lv_grant *grant, lv_position *position, lv_error *err)
{
    lv_buffer record = {0};

    snprintf(grant->channel, sizeof grant->channel, "%s", node->config->xor_channel);
    snprintf(grant->author, sizeof grant->author, "%s", node->config->organisation);
    grant->time = lv_clock_now();
    lv_status status = catch_up(node, err);
    if (status == LV_OK) {
        status = next_number(node, &grant->number, err);
    }
    if (status == LV_OK) {
        lv_identity *identity = lv_node_identity(node);
        status = lv_grant_seal(grant, identity, &record, err);
        lv_identity_free(identity);
    }
    if (status == LV_OK) {
        lv_bytes argument = lv_buffer_view(&record);
        lv_call call = {.function = "grant", .arguments = &argument, .argument_count = 1};
        status = lv_ledger_submit(node->xor, &call, 1, position, err);
    }
    if (status == LV_OK) {
        status = store_grant(node, grant, err);
    }
    if (status == LV_OK) {
        lv_log(LV_LOG_INFO, "downstream", "grant %llu: %s may %s the XOR records of series %s",
               (unsigned long long)grant->number, grant->buyer,
               grant->revoke ? "no longer buy" : "buy", grant->series);
    }
    lv_buffer_free(&record);
    return status;
}

lv_status lv_downstream_granted(lv_node *node, const char *buyer, const char *series, lv_grant *out,
                                lv_error *err)
{
    lv_buffer record = {0};
    lv_bytes arguments[] = {
        lv_bytes_of_text(node->config->organisation),
        lv_bytes_of_text(buyer),
        lv_bytes_of_text(series),
    };
    lv_call call = {.function = "granted", .arguments = arguments, .argument_count = 3};

    *out = (lv_grant){0};
    lv_status status = lv_ledger_read(node->xor, &call, &record, err);
    if (status == LV_OK) {
        status = lv_grant_open(lv_buffer_view(&record), node->trust, LV_TIME_ANY, out, NULL, err);
    }
    if (status == LV_OK && out->revoke) {
        lv_grant_free(out);
        status = LV_NOT_FOUND;
    }
    lv_buffer_free(&record);
    return status;
}

/* ---- those of the configuration ---- */

static lv_status is_applied(lv_node *node, const char *series, const lv_config_grant *grant,
                            bool *applied, lv_error *err)
{
    sqlite3_stmt *row = NULL;

    *applied = false;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT 1 FROM applied WHERE buyer = ? AND series = ?"
                                          " AND servicer = ? AND quota = ?",
                                          "sssi", grant->buyer, series, grant->servicer,
                                          (int64_t)grant->quota),
                           &row, err);
    *applied = status == LV_OK;
    lv_store_done(row);
    return lv_store_end(node->store, status == LV_NOT_FOUND ? LV_OK : status, err);
}

static lv_status store_applied(lv_node *node, const char *series, const lv_config_grant *grant,
                               lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "INSERT OR REPLACE INTO applied(buyer, series, servicer, quota)"
                          " VALUES(?, ?, ?, ?)",
                          "sssi", grant->buyer, series, grant->servicer, (int64_t)grant->quota);
    return lv_store_end(node->store, status, err);
}

static lv_status settle_one(lv_node *node, const char *series, const lv_config_grant *config,
                            lv_error *err)
{
    bool applied = false;
    lv_grant standing = {0};

    lv_status status = is_applied(node, series, config, &applied, err);
    if (status != LV_OK || applied) {
        return status;
    }
    status = lv_downstream_granted(node, config->buyer, series, &standing, err);
    bool equal = status == LV_OK && strcmp(standing.servicer, config->servicer) == 0 &&
                 standing.quota == config->quota;
    lv_grant_free(&standing);
    if (status == LV_NOT_FOUND || (status == LV_OK && !equal)) {
        lv_grant grant = {.quota = config->quota};
        snprintf(grant.buyer, sizeof grant.buyer, "%s", config->buyer);
        snprintf(grant.servicer, sizeof grant.servicer, "%s", config->servicer);
        snprintf(grant.series, sizeof grant.series, "%s", series);
        status = submit(node, &grant, NULL, err);
    }
    return status == LV_OK ? store_applied(node, series, config, err) : status;
}

/* Those of one series; a refusal of one does not keep the others back. */
static lv_status settle_series(lv_node *node, const lv_config_series *series, lv_error *err)
{
    lv_status first = LV_OK;
    for (size_t i = 0; i < series->grant_count; i++) {
        lv_error words = {0};
        lv_status status = settle_one(node, series->series.name, &series->grants[i], &words);
        if (status != LV_OK && (first == LV_OK || lv_role_passes(status))) {
            first = lv_fail(err, status, "grant of series %s to %s: %s", series->series.name,
                            series->grants[i].buyer, words.text);
        }
        if (lv_role_passes(status)) {
            break;
        }
    }
    return first;
}

lv_status lv_downstream_grants_settle(lv_node *node, lv_error *err)
{
    lv_downstream *own = lv_downstream_of(node);
    const lv_config_series *at = NULL;
    lv_status first = LV_OK;
    lv_status status = LV_OK;

    pthread_mutex_lock(&own->grant_lock);
    for (size_t i = 0; own->grants_due && !lv_role_passes(status) &&
                       (at = lv_downstream_series_at(node, i)) != NULL;
         i++) {
        status = settle_series(node, at, err);
        first = status != LV_OK ? status : first;
    }
    own->grants_due = lv_role_passes(status);
    pthread_mutex_unlock(&own->grant_lock);
    return first;
}

/* ---- the routes ---- */

static lv_status check_parties(lv_node *node, const lv_grant *grant, lv_error *err)
{
    const lv_config_member *buyer = lv_config_member_find(node->config, grant->buyer);
    const lv_config_member *servicer = lv_config_member_find(node->config, grant->servicer);
    const lv_config_series *series = NULL;

    if (buyer == NULL || buyer->role != LV_ROLE_UPSTREAM) {
        return lv_fail(err, LV_NOT_FOUND, "%s is no upstream among the members of config.yaml",
                       grant->buyer);
    }
    if (servicer == NULL || servicer->role != LV_ROLE_SERVICER) {
        return lv_fail(err, LV_NOT_FOUND, "%s is no servicer among the members of config.yaml",
                       grant->servicer);
    }
    /* A revocation must work although the series is no longer configured. */
    return grant->revoke ? LV_OK : lv_downstream_series_find(node, grant->series, &series, err);
}

static lv_status read_name(const json_t *body, const char *name, char out[LV_NAME_MAX + 1],
                           lv_error *err)
{
    const char *text = "";
    lv_status status = lv_role_member(body, name, &text, err);
    if (status == LV_OK && !lv_name_is_valid(text)) {
        status = lv_fail(err, LV_E_SYNTAX,
                         "\"%s\" must be a name of letters, digits, '.', '_', '-'", name);
    }
    if (status == LV_OK) {
        snprintf(out, LV_NAME_MAX + 1, "%s", text);
    }
    return status;
}

static lv_status read_quota(const json_t *body, lv_grant *out, lv_error *err)
{
    const json_t *quota = json_object_get(body, "quota");
    const json_t *revoke = json_object_get(body, "revoke");

    if (revoke != NULL && !json_is_boolean(revoke)) {
        return lv_fail(err, LV_E_SYNTAX, "\"revoke\" must be true or false");
    }
    out->revoke = json_is_true(revoke);
    if (quota == NULL || json_is_null(quota)) {
        return LV_OK;
    }
    json_int_t sales = json_integer_value(quota);
    if (!json_is_integer(quota) || sales < 0 || sales > (json_int_t)UINT32_MAX) {
        return lv_fail(err, LV_E_SYNTAX, "\"quota\" must be a number of sales, 0 for no limit");
    }
    out->quota = (uint32_t)sales;
    return LV_OK;
}

/* A revocation need not repeat the servicer of the grant that it ends. */
static lv_status read_servicer(lv_node *node, const json_t *body, lv_grant *out, lv_error *err)
{
    lv_grant standing = {0};

    if (!out->revoke || json_object_get(body, "servicer") != NULL) {
        return read_name(body, "servicer", out->servicer, err);
    }
    lv_status status = lv_downstream_granted(node, out->buyer, out->series, &standing, err);
    memcpy(out->servicer, standing.servicer, sizeof out->servicer);
    lv_grant_free(&standing);
    return status == LV_NOT_FOUND
               ? lv_fail(err, LV_NOT_FOUND, "no grant to %s for series %s stands", out->buyer,
                         out->series)
               : status;
}

static lv_status read_grant(lv_node *node, const json_t *body, lv_grant *out, lv_error *err)
{
    lv_status status = read_name(body, "buyer", out->buyer, err);
    if (status == LV_OK) {
        status = read_name(body, "series", out->series, err);
    }
    if (status == LV_OK) {
        status = read_quota(body, out, err);
    }
    if (status == LV_OK) {
        status = read_servicer(node, body, out, err);
    }
    return status == LV_OK ? check_parties(node, out, err) : status;
}

lv_status lv_downstream_grant_post(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_downstream *own = lv_downstream_of(node);
    lv_grant grant = {0};
    lv_position position = {0};
    json_t *body = NULL;

    lv_status status = lv_role_body(request, &body, err);
    if (status == LV_OK) {
        status = read_grant(node, body, &grant, err);
    }
    json_decref(body);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&own->grant_lock);
    status = submit(node, &grant, &position, err);
    pthread_mutex_unlock(&own->grant_lock);
    if (status != LV_OK) {
        return status;
    }
    lv_node_changed(node);
    return lv_http_json(response, json_pack("{s:I, s:I}", "number", (json_int_t)grant.number,
                                            "block", (json_int_t)position.block));
}

static lv_status list(lv_node *node, const lv_http_request *request, int64_t after, json_t *out,
                      lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    (void)request;

    lv_status status = lv_store_query(node->store, err, &rows,
                                      "SELECT number, buyer, servicer, series, quota, revoke"
                                      " FROM granted WHERE number > ? ORDER BY number",
                                      "i", after);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(
            out, json_pack("{s:s, s:s, s:s, s:I, s:I, s:b}", "buyer", lv_store_text(rows, 1),
                           "servicer", lv_store_text(rows, 2), "series", lv_store_text(rows, 3),
                           "number", (json_int_t)sqlite3_column_int64(rows, 0), "quota",
                           (json_int_t)sqlite3_column_int64(rows, 4), "revoke",
                           sqlite3_column_int(rows, 5)));
    }
    lv_store_done(rows);
    return status;
}

lv_status lv_downstream_grants_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "grants", list, response, err);
}
