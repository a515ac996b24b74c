/* Rows in (docs/protocol.md section 2): a file is accepted whole, with all that follows from it
 * planned, or leaves nothing. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/writer.h"
#include "node/downstream.h"
#include "node/http_router.h"
#include <lotveil/rows.h>
#include <stdio.h>
#include <string.h>

static const char DEFAULT_FILE[] = "rows";

#define FILE_NAME_MAX 255U
#define REQUEST_KEY_LEN 32U
static const char REQUEST_KEY_NAME[] = "request-key";
static const char REQUEST_KEY_LABEL[] = "secret/request-key";

/* A file on its way into the store. */
typedef struct {
    lv_node *node;
    const lv_series *series;
    const char *file;
    const lv_rows *rows;
    lv_digest key;                 /* finds the same request again */
    char previous[LV_LOT_MAX + 1]; /* newest lot before these rows; "" where none */
    char baseline[LV_LOT_MAX + 1]; /* "" where it is not measured yet */
    int64_t baseline_order;
    int64_t sequence; /* next one of the series */
    int64_t batch;
    int64_t row_count;
    int64_t pairs;
    bool repeated;
} intake;

/* ---- the same request again ---- */

/* The key of this store under which requests are digested. A plain digest of a file would let
 * whoever reads the store guess the few values that stand in it. */
static lv_status request_key(lv_node *node, lv_buffer *key, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_buffer sealed = {0};
    uint8_t *fresh = NULL;

    lv_status status = lv_role_first(node->store,
                                     lv_store_query(node->store, err, &row,
                                                    "SELECT sealed FROM secret WHERE name = ?", "s",
                                                    REQUEST_KEY_NAME),
                                     &row, err);
    if (status == LV_OK) {
        status = lv_vault_unseal(node->vault, REQUEST_KEY_LABEL, lv_store_bytes(row, 0), key, err);
        lv_store_done(row);
        return status == LV_INVALID
                   ? lv_fail(err, LV_E_CORRUPT, "the store belongs to another vault")
                   : status;
    }
    if (status == LV_NOT_FOUND) {
        status = lv_buffer_extend(key, REQUEST_KEY_LEN, &fresh);
    }
    if (status == LV_OK) {
        status = lv_rng_fill(lv_rng_system(), fresh, REQUEST_KEY_LEN);
    }
    if (status == LV_OK) {
        status = lv_vault_seal(node->vault, REQUEST_KEY_LABEL, lv_buffer_view(key), &sealed, err);
    }
    if (status == LV_OK) {
        status = lv_store_run(node->store, err, "INSERT INTO secret(name, sealed) VALUES(?, ?)",
                              "sb", REQUEST_KEY_NAME, lv_buffer_view(&sealed));
    }
    lv_buffer_free(&sealed);
    return status;
}

static lv_status digest_request(intake *in, lv_bytes csv, lv_error *err)
{
    lv_buffer keyed = {0};
    lv_digest content = {0};

    lv_status status = request_key(in->node, &keyed, err);
    if (status == LV_OK) {
        status = lv_digest_of(csv, &content);
    }
    if (status == LV_OK) {
        status = lv_write_block(&keyed, lv_bytes_of_text(in->series->name));
    }
    if (status == LV_OK) {
        status = lv_buffer_append(&keyed, content.bytes, sizeof content.bytes);
    }
    if (status == LV_OK) {
        status = lv_digest_of(lv_buffer_view(&keyed), &in->key);
    }
    lv_wipe(&content, sizeof content);
    lv_buffer_wipe(&keyed);
    return status;
}

static lv_status find_repeated(intake *in, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status =
        lv_role_first(in->node->store,
                      lv_store_query(in->node->store, err, &row,
                                     "SELECT id, rows, pairs FROM batch WHERE key = ?", "b",
                                     lv_role_digest_view(&in->key)),
                      &row, err);
    if (status == LV_OK) {
        in->repeated = true;
        in->batch = sqlite3_column_int64(row, 0);
        in->row_count = sqlite3_column_int64(row, 1);
        in->pairs = sqlite3_column_int64(row, 2);
        lv_store_done(row);
    }
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* ---- against what stands already ---- */

/* Values that were scaled otherwise cannot be compared with these. */
static lv_status check_scale(intake *in, lv_error *err)
{
    const lv_fixed_scale *scale = &in->series->scale;
    sqlite3_stmt *row = NULL;

    lv_status status =
        lv_role_first(in->node->store,
                      lv_store_query(in->node->store, err, &row,
                                     "SELECT decimals, offset, width FROM series WHERE name = ?",
                                     "s", in->series->name),
                      &row, err);
    if (status == LV_NOT_FOUND) {
        return lv_store_run(in->node->store, err,
                            "INSERT INTO series(name, decimals, offset, width) VALUES(?, ?, ?, ?)",
                            "siii", in->series->name, (int64_t)scale->decimals, scale->offset,
                            (int64_t)scale->bits);
    }
    if (status != LV_OK) {
        return status;
    }
    bool same = sqlite3_column_int64(row, 0) == scale->decimals &&
                sqlite3_column_int64(row, 1) == scale->offset &&
                sqlite3_column_int64(row, 2) == scale->bits;
    lv_store_done(row);
    return same ? LV_OK
                : lv_fail(err, LV_E_CONFIG,
                          "series %s: decimals, offset or width are not what its earlier "
                          "measurements were read with: give the changed series a new name",
                          in->series->name);
}

static lv_status check_lots(intake *in, lv_error *err)
{
    lv_store *store = in->node->store;
    for (size_t i = 0; i < in->rows->count; i++) {
        const lv_row *at = &in->rows->rows[i];
        sqlite3_stmt *row = NULL;
        lv_status status = lv_role_first(store,
                                         lv_store_query(store, err, &row,
                                                        "SELECT time FROM measurement"
                                                        " WHERE series = ? AND lot = ?",
                                                        "ss", in->series->name, at->lot),
                                         &row, err);
        if (status == LV_OK) {
            status = lv_fail(err, LV_EXISTS,
                             "%s:%zu: lot %s of series %s stands already, with time %s: every "
                             "lot is measured once; nothing of this file was taken",
                             in->file, at->line, at->lot, in->series->name, lv_store_text(row, 0));
            lv_store_done(row);
        }
        if (status != LV_NOT_FOUND) {
            return status;
        }
    }
    return LV_OK;
}

/* The rows rise among themselves, so the first one tells. */
static lv_status check_newest(intake *in, lv_error *err)
{
    const lv_row *first = &in->rows->rows[0];
    sqlite3_stmt *row = NULL;

    lv_status status =
        lv_role_first(in->node->store,
                      lv_store_query(in->node->store, err, &row,
                                     "SELECT lot, time, ord FROM measurement WHERE series = ?"
                                     " ORDER BY ord DESC LIMIT 1",
                                     "s", in->series->name),
                      &row, err);
    if (status != LV_OK) {
        return status == LV_NOT_FOUND ? LV_OK : status;
    }
    snprintf(in->previous, sizeof in->previous, "%s", lv_store_text(row, 0));
    if (first->order <= sqlite3_column_int64(row, 2)) {
        status = lv_fail(err, LV_REFUSED,
                         "%s:%zu: time %s is not after %s, that of lot %s, the newest of series "
                         "%s: send rows in the order of their times; nothing of this file was "
                         "taken",
                         in->file, first->line, first->time, lv_store_text(row, 1), in->previous,
                         in->series->name);
    }
    lv_store_done(row);
    return status;
}

/* ---- storing ---- */

static lv_status store_batch(intake *in, lv_error *err)
{
    lv_status status = lv_store_run(in->node->store, err,
                                    "INSERT INTO batch(key, series, file, rows, pairs, sets, time)"
                                    " VALUES(?, ?, ?, ?, 0, 0, ?)",
                                    "bssii", lv_role_digest_view(&in->key), in->series->name,
                                    in->file, (int64_t)in->rows->count, lv_clock_now());
    in->batch = lv_store_last_id(in->node->store);
    return status;
}

static lv_status store_measurement(intake *in, const lv_row *row, lv_error *err)
{
    lv_buffer sealed = {0};
    lv_status status =
        lv_downstream_value_seal(in->node, in->series->name, row->lot, row->value, &sealed, err);
    if (status == LV_OK) {
        status = lv_store_run(in->node->store, err,
                              "INSERT INTO measurement(series, lot, time, ord, value, parents,"
                              " batch) VALUES(?, ?, ?, ?, ?, ?, ?)",
                              "sssibsi", in->series->name, row->lot, row->time, row->order,
                              lv_buffer_view(&sealed), row->parents != NULL ? row->parents : "",
                              in->batch);
    }
    lv_buffer_free(&sealed);
    return status;
}

static lv_status store_measurements(intake *in, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < in->rows->count; i++) {
        status = store_measurement(in, &in->rows->rows[i], err);
    }
    return status;
}

/* ---- planning ---- */

static lv_status find_baseline(intake *in, lv_error *err)
{
    static const char NAMED[] = "SELECT lot, ord FROM measurement WHERE series = ? AND lot = ?";
    static const char FIRST[] = "SELECT lot, ord FROM measurement WHERE series = ?"
                                " ORDER BY ord LIMIT 1";
    lv_store *store = in->node->store;
    const lv_series *series = in->series;
    sqlite3_stmt *row = NULL;

    lv_status status =
        series->baseline_lot[0] != '\0'
            ? lv_store_query(store, err, &row, NAMED, "ss", series->name, series->baseline_lot)
            : lv_store_query(store, err, &row, FIRST, "s", series->name);
    status = lv_role_first(store, status, &row, err);
    if (status == LV_OK) {
        snprintf(in->baseline, sizeof in->baseline, "%s", lv_store_text(row, 0));
        in->baseline_order = sqlite3_column_int64(row, 1);
        lv_store_done(row);
    }
    return status == LV_NOT_FOUND ? LV_OK : status;
}

static lv_status find_sequence(intake *in, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_role_first(
        in->node->store,
        lv_store_query(in->node->store, err, &row,
                       "SELECT coalesce(max(sequence), 0) + 1 FROM sets WHERE series = ?", "s",
                       in->series->name),
        &row, err);
    if (status == LV_OK) {
        in->sequence = sqlite3_column_int64(row, 0);
        lv_store_done(row);
    }
    return status;
}

/* One pair per set: each comparison has a key of its own. */
static lv_status plan_set(intake *in, const char *earlier, const char *later, const char *basis,
                          lv_error *err)
{
    const lv_series *series = in->series;
    lv_status status =
        lv_store_run(in->node->store, err,
                     "INSERT INTO sets(batch, series, sequence, suite, key_bits, width, state)"
                     " VALUES(?, ?, ?, ?, ?, ?, 'planned')",
                     "isisii", in->batch, series->name, in->sequence, series->suite,
                     (int64_t)series->key_bits, (int64_t)series->scale.bits);
    if (status == LV_OK) {
        status = lv_store_run(in->node->store, err,
                              "INSERT INTO pair(set_row, pair, earlier, later, basis)"
                              " VALUES(?, 0, ?, ?, ?)",
                              "isss", lv_store_last_id(in->node->store), earlier, later, basis);
    }
    in->sequence++;
    in->pairs++;
    return status;
}

/* Consecutive: with the lot before it. Baseline: with the baseline lot, where the row is later
 * than that. With both, the lot after the baseline makes one pair of each basis. */
static lv_status plan_row(intake *in, size_t i, lv_error *err)
{
    const lv_row *row = &in->rows->rows[i];
    const char *previous = i > 0 ? in->rows->rows[i - 1].lot : in->previous;
    unsigned mode = (unsigned)in->series->compare;
    lv_status status = LV_OK;

    if ((mode & (unsigned)LV_COMPARE_CONSECUTIVE) != 0 && previous[0] != '\0') {
        status = plan_set(in, previous, row->lot, "consecutive", err);
    }
    if (status == LV_OK && (mode & (unsigned)LV_COMPARE_BASELINE) != 0 && in->baseline[0] != '\0' &&
        row->order > in->baseline_order) {
        status = plan_set(in, in->baseline, row->lot, "baseline", err);
    }
    return status;
}

static lv_status plan(intake *in, lv_error *err)
{
    lv_status status = find_baseline(in, err);
    if (status == LV_OK) {
        status = find_sequence(in, err);
    }
    for (size_t i = 0; status == LV_OK && i < in->rows->count; i++) {
        status = plan_row(in, i, err);
    }
    if (status == LV_OK) {
        status =
            lv_store_run(in->node->store, err, "UPDATE batch SET pairs = ?, sets = ? WHERE id = ?",
                         "iii", in->pairs, in->pairs, in->batch);
    }
    return status;
}

/* ---- the request ---- */

static lv_status take_new(intake *in, lv_error *err)
{
    lv_status (*const steps[])(intake *, lv_error *) = {
        check_scale, check_lots, check_newest, store_batch, store_measurements, plan,
    };
    lv_status status = LV_OK;
    in->row_count = (int64_t)in->rows->count;
    for (size_t i = 0; status == LV_OK && i < sizeof steps / sizeof steps[0]; i++) {
        status = steps[i](in, err);
    }
    return status;
}

static lv_status take(intake *in, lv_bytes csv, lv_error *err)
{
    lv_status status = lv_store_begin(in->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = digest_request(in, csv, err);
    if (status == LV_OK) {
        status = find_repeated(in, err);
    }
    if (status == LV_OK && !in->repeated) {
        status = take_new(in, err);
    }
    return lv_store_end(in->node->store, status, err);
}

/* The file's name as its sender escaped it. */
static lv_status file_name(const lv_http_request *request, char out[FILE_NAME_MAX + 1],
                           lv_error *err)
{
    const char *text = request->header(request->context, "X-File-Name");

    text = text != NULL && text[0] != '\0' ? text : DEFAULT_FILE;
    if (strlen(text) > FILE_NAME_MAX) {
        return lv_fail(err, LV_E_LIMIT, "X-File-Name: longer than %u bytes", FILE_NAME_MAX);
    }
    memcpy(out, text, strlen(text) + 1);
    return lv_http_unescape(out) ? LV_OK
                                 : lv_fail(err, LV_E_SYNTAX, "X-File-Name: cannot be decoded");
}

lv_status lv_downstream_rows_post(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    const lv_config_series *config = NULL;
    lv_rows rows = {0};
    char file[FILE_NAME_MAX + 1];

    lv_status status = file_name(request, file, err);
    if (status == LV_OK) {
        status = lv_downstream_series_find(node, request->tail, &config, err);
    }
    if (status == LV_OK) {
        status = lv_rows_parse(&config->series, file, request->body, &rows, err);
    }
    if (status != LV_OK) {
        return status;
    }
    intake in = {.node = node, .series = &config->series, .file = file, .rows = &rows};
    status = take(&in, request->body, err);
    lv_rows_free(&rows);
    if (status != LV_OK) {
        return status;
    }
    if (!in.repeated) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: %lld rows accepted, %lld sets planned",
               in.series->name, (long long)in.row_count, (long long)in.pairs);
        lv_node_changed(node);
    }
    response->code = 202;
    return lv_http_json(response,
                        json_pack("{s:I, s:I, s:I, s:I, s:b}", "batch", (json_int_t)in.batch,
                                  "rows", (json_int_t)in.row_count, "pairs", (json_int_t)in.pairs,
                                  "sets", (json_int_t)in.pairs, "repeated", (int)in.repeated));
}
