/* What the control door of a downstream shows and takes, but for rows and grants. */
#include "base/file.h"
#include "base/log.h"
#include "node/downstream.h"
#include "node/role_trace.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- series ---- */

static const char *compare_name(lv_compare_mode mode)
{
    switch (mode) {
    case LV_COMPARE_CONSECUTIVE:
        return "consecutive";
    case LV_COMPARE_BASELINE:
        return "baseline";
    case LV_COMPARE_BOTH:
        return "both";
    default:
        return "?";
    }
}

static lv_status series_entry(lv_node *node, const lv_series *series, json_t *list, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    char offset[32];

    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT (SELECT count(*) FROM measurement WHERE series = ?1),"
                                     " (SELECT count(*) FROM sets WHERE series = ?1)",
                                     "s", series->name),
                      &row, err);
    if (status != LV_OK) {
        return status;
    }
    lv_fixed_format(&series->scale, 0, offset); /* the smallest measurement that can be told */
    status = lv_role_append(
        list, json_pack("{s:s, s:o, s:i, s:s, s:i, s:s, s:i, s:s, s:I, s:I}", "name", series->name,
                        "unit", lv_role_text(series->unit), "decimals", (int)series->scale.decimals,
                        "offset", offset, "width", (int)series->scale.bits, "suite", series->suite,
                        "key_bits", (int)series->key_bits, "compare", compare_name(series->compare),
                        "measurements", (json_int_t)sqlite3_column_int64(row, 0), "sets",
                        (json_int_t)sqlite3_column_int64(row, 1)));
    lv_store_done(row);
    return status;
}

static lv_status list_series(lv_node *node, const lv_http_request *request, int64_t after,
                             json_t *list, lv_error *err)
{
    const lv_config_series *at = NULL;
    lv_status status = LV_OK;
    (void)request;
    (void)after;

    for (size_t i = 0; status == LV_OK && (at = lv_downstream_series_at(node, i)) != NULL; i++) {
        status = series_entry(node, &at->series, list, err);
    }
    return status;
}

lv_status lv_downstream_series_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "series", list_series, response, err);
}

/* Writes series/NAME.yaml as it came, which the next start reads. */
static lv_status write_series(lv_node *node, const char *name, lv_bytes yaml, lv_error *err)
{
    lv_buffer path = {0};

    lv_status status = lv_buffer_printf(&path, "%s/series", node->config->folder);
    if (status == LV_OK) {
        status = lv_folder_make(lv_buffer_text(&path), err);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&path, "/%s.yaml", name);
    }
    if (status == LV_OK && lv_file_exists(lv_buffer_text(&path))) {
        status = lv_fail(err, LV_EXISTS, "%s stands already", lv_buffer_text(&path));
    }
    if (status == LV_OK) {
        status = lv_file_write(lv_buffer_text(&path), yaml, 0600, err);
    }
    lv_buffer_free(&path);
    return status;
}

/* Takes a parsed series over; called with the lock on grants, which adding shares. */
static lv_status add_series(lv_node *node, lv_series_added *added, lv_bytes yaml, lv_error *err)
{
    lv_downstream *own = lv_downstream_of(node);
    const lv_config_series *standing = NULL;
    const char *name = added->config.series.name;
    lv_error ignored;

    if (lv_downstream_series_find(node, name, &standing, &ignored) == LV_OK) {
        return lv_fail(err, LV_EXISTS, "series %s stands already", name);
    }
    lv_status status = write_series(node, name, yaml, err);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&own->series_lock);
    lv_series_added **last = &own->added;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = added;
    pthread_mutex_unlock(&own->series_lock);
    own->grants_due = true;
    return LV_OK;
}

lv_status lv_downstream_series_post(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_downstream *own = lv_downstream_of(node);
    char name[LV_NAME_MAX + 1];
    lv_series_added *added = calloc(1, sizeof *added);

    if (added == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_config_series_parse("series", request->body, &added->config, err);
    if (status == LV_OK) {
        status = lv_config_series_check(node->config, &added->config, err);
    }
    if (status == LV_E_CONFIG) {
        status = LV_E_SYNTAX; /* who sent it is told, unlike of a fault of this node */
    }
    if (status == LV_OK) {
        memcpy(name, added->config.series.name, sizeof name);
        pthread_mutex_lock(&own->grant_lock);
        status = add_series(node, added, request->body, err);
        pthread_mutex_unlock(&own->grant_lock);
    }
    if (status != LV_OK) {
        lv_config_series_free(&added->config);
        free(added);
        return status;
    }
    lv_log(LV_LOG_INFO, "downstream", "series %s added", name);
    lv_node_changed(node); /* its grants are put on the ledger by the worker */
    return lv_http_json(response, json_pack("{s:s}", "name", name));
}

/* ---- batches ---- */

/* A set that waits behind a failed one of its series counts as failed as well: it will not move
 * before somebody has looked. Asked often, of batches of thousands of sets: the signs make SQLite
 * look for the few failed ones first, and what is published has no error to read past its records.
 */
static const char BATCH_SQL[] =
    "SELECT b.file, b.series, b.rows, b.sets, b.pairs, b.pairs_done,"
    " (SELECT count(*) FROM sets AS s WHERE s.batch = b.id AND s.state = 'published'),"
    " (SELECT count(*) FROM sets AS s WHERE s.batch = b.id AND s.state <> 'published'"
    "   AND EXISTS (SELECT 1 FROM sets AS f WHERE +f.series = s.series AND f.state = 'failed'"
    "               AND f.sequence <= s.sequence)),"
    " coalesce((SELECT f.error FROM sets AS f WHERE +f.series = b.series AND f.state = 'failed'"
    "   AND b.sets > 0 AND f.sequence <= (SELECT max(s.sequence) FROM sets AS s"
    "   WHERE s.batch = b.id) ORDER BY f.sequence LIMIT 1),"
    "  (SELECT s.error FROM sets AS s WHERE s.batch = b.id AND s.state <> 'published'"
    "   AND s.error IS NOT NULL"
    "   ORDER BY s.id LIMIT 1))"
    " FROM batch AS b WHERE b.id = ?";

static lv_status batch_entry(lv_node *node, int64_t id, json_t **out, bool *ended, lv_error *err)
{
    sqlite3_stmt *row = NULL;

    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store, lv_store_query(node->store, err, &row, BATCH_SQL, "i", id),
                           &row, err);
    if (status == LV_OK) {
        int64_t sets = sqlite3_column_int64(row, 3);
        int64_t done = sqlite3_column_int64(row, 6);
        int64_t failed = sqlite3_column_int64(row, 7);
        *ended = done + failed == sets;
        *out = json_pack("{s:I, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "batch",
                         (json_int_t)id, "file", lv_role_text(lv_store_text(row, 0)), "series",
                         lv_store_text(row, 1), "rows", (json_int_t)sqlite3_column_int64(row, 2),
                         "pairs", (json_int_t)sqlite3_column_int64(row, 4), "pairs_done",
                         (json_int_t)sqlite3_column_int64(row, 5), "sets", (json_int_t)sets, "done",
                         (json_int_t)done, "failed", (json_int_t)failed, "error",
                         lv_role_text_or_null(row, 8), "progress",
                         *ended ? json_null() : lv_downstream_making_json(node, id));
        status = *out != NULL ? LV_OK : LV_E_MEMORY;
        lv_store_done(row);
    } else if (status == LV_NOT_FOUND) {
        status = lv_fail(err, status, "there is no batch %lld", (long long)id);
    }
    return lv_store_end(node->store, status, err);
}

lv_status lv_downstream_batch_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_poll poll;
    json_t *entry = NULL;
    bool ended = false;
    char *end = NULL;

    errno = 0;
    long long id = strtoll(request->tail, &end, 10);
    if (end == request->tail || *end != '\0' || errno != 0) {
        return lv_fail(err, LV_NOT_FOUND, "a batch has a number");
    }
    lv_status status = lv_poll_start(node, request, &poll, err);
    while (status == LV_OK) {
        status = batch_entry(node, id, &entry, &ended, err);
        if (status != LV_OK || ended || !lv_poll_wait(node, &poll)) {
            break;
        }
        json_decref(entry);
        entry = NULL;
    }
    if (status != LV_OK) {
        json_decref(entry);
        return status;
    }
    return lv_http_json(response, entry);
}

/* ---- sets ---- */

static lv_status list_pairs(lv_node *node, const char *series, int64_t set_row, json_t *list,
                            lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status =
        lv_store_query(node->store, err, &rows,
                       "SELECT p.earlier, p.later, e.time, l.time, p.basis FROM pair AS p"
                       " JOIN measurement AS e ON e.series = ?1 AND e.lot = p.earlier"
                       " JOIN measurement AS l ON l.series = ?1 AND l.lot = p.later"
                       " WHERE p.set_row = ?2 ORDER BY p.pair",
                       "si", series, set_row);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(
            list, json_pack("{s:o, s:o, s:o, s:o, s:s}", "earlier_lot",
                            lv_role_text(lv_store_text(rows, 0)), "later_lot",
                            lv_role_text(lv_store_text(rows, 1)), "earlier_time",
                            lv_role_text(lv_store_text(rows, 2)), "later_time",
                            lv_role_text(lv_store_text(rows, 3)), "basis", lv_store_text(rows, 4)));
    }
    lv_store_done(rows);
    return status;
}

#define SET_COLUMNS                                                                                \
    "SELECT id, set_id, series, sequence, suite, key_bits, width, state,"                          \
    " coalesce(length(quality), 0) + coalesce(length(xor), 0), error FROM sets"

static lv_status set_entry(lv_node *node, sqlite3_stmt *row, json_t *list, lv_error *err)
{
    json_t *pairs = json_array();
    int64_t id = sqlite3_column_int64(row, 0);

    lv_status status =
        pairs == NULL ? LV_E_MEMORY : list_pairs(node, lv_store_text(row, 2), id, pairs, err);
    if (status != LV_OK) {
        json_decref(pairs);
        return status;
    }
    return lv_role_append(
        list,
        json_pack("{s:I, s:o, s:s, s:I, s:s, s:I, s:I, s:o, s:s, s:I, s:o}", "id", (json_int_t)id,
                  "set_id", lv_role_hex(lv_store_bytes(row, 1)), "series", lv_store_text(row, 2),
                  "sequence", (json_int_t)sqlite3_column_int64(row, 3), "suite",
                  lv_store_text(row, 4), "key_bits", (json_int_t)sqlite3_column_int64(row, 5),
                  "width", (json_int_t)sqlite3_column_int64(row, 6), "pairs", pairs, "state",
                  lv_store_text(row, 7), "bytes", (json_int_t)sqlite3_column_int64(row, 8), "error",
                  lv_role_text_or_null(row, 9)));
}

/* The sets past `after`; with `lots` (JSON) those alone that one of the lots takes part in. */
static lv_status sets_of(lv_node *node, int64_t after, const char *lots, json_t *list,
                         lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(
        node->store, err, &rows,
        SET_COLUMNS " WHERE id > ?1 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM pair AS p"
                    " JOIN json_each(?2) AS j ON j.value IN (p.earlier, p.later)"
                    " WHERE p.set_row = sets.id)) ORDER BY id",
        "is", after, lots);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = set_entry(node, rows, list, err);
    }
    lv_store_done(rows);
    return status;
}

static lv_status list_sets(lv_node *node, const lv_http_request *request, int64_t after,
                           json_t *list, lv_error *err)
{
    (void)request;
    return sets_of(node, after, NULL, list, err);
}

lv_status lv_downstream_sets_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "sets", list_sets, response, err);
}

static lv_status no_such_set(lv_error *err)
{
    return lv_fail(err, LV_NOT_FOUND, "there is no set of that id here");
}

lv_status lv_downstream_records_get(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_digest id;
    sqlite3_stmt *row = NULL;
    json_t *entry = NULL;

    if (lv_digest_from_hex(request->tail, &id) != LV_OK) {
        return no_such_set(err);
    }
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT quality, xor FROM sets WHERE set_id = ?", "b",
                                          lv_role_digest_view(&id)),
                           &row, err);
    if (status == LV_OK) {
        entry = json_pack("{s:o, s:o}", "quality", lv_role_base64(lv_store_bytes(row, 0)), "xor",
                          lv_role_base64(lv_store_bytes(row, 1)));
        lv_store_done(row);
    }
    status = lv_store_end(node->store, status == LV_NOT_FOUND ? no_such_set(err) : status, err);
    if (status != LV_OK) {
        json_decref(entry);
        return status;
    }
    return lv_http_json(response, entry);
}

lv_status lv_downstream_key_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_digest id;
    sqlite3_stmt *row = NULL;
    lv_buffer key = {0};
    json_t *entry = NULL;

    if (lv_digest_from_hex(request->tail, &id) != LV_OK) {
        return no_such_set(err);
    }
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT key FROM sets WHERE set_id = ?", "b",
                                          lv_role_digest_view(&id)),
                           &row, err);
    if (status == LV_OK) {
        status = lv_downstream_key_unseal(node, &id, lv_store_bytes(row, 0), &key, err);
        lv_store_done(row);
    }
    status = lv_store_end(node->store, status == LV_NOT_FOUND ? no_such_set(err) : status, err);
    if (status == LV_OK) {
        lv_log(LV_LOG_WARN, "downstream", "the secret key of set %s was handed to its owner",
               request->tail);
        entry = json_pack("{s:o}", "key", lv_role_base64(lv_buffer_view(&key)));
    }
    lv_buffer_wipe(&key);
    return status == LV_OK ? lv_http_json(response, entry) : status;
}

/* ---- lots ---- */

static lv_status traced_sets(lv_node *node, const char *lots, json_t *list, lv_error *err)
{
    return sets_of(node, 0, lots, list, err);
}

/* Verdicts and alarms are the upstream's; what was let out stands in the journal. */
static lv_status traced_nothing(lv_node *node, const char *lots, json_t *list, lv_error *err)
{
    (void)node;
    (void)lots;
    (void)list;
    (void)err;
    return LV_OK;
}

lv_status lv_downstream_trace_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    static const lv_trace_part parts[] = {
        {"sets", traced_sets}, {"verdicts", traced_nothing}, {"alarms", traced_nothing}, {0}};
    return lv_role_trace(context, request,
                         "SELECT parents, lot FROM measurement WHERE parents <> ''", parts,
                         response, err);
}
