/* Rows in (docs/protocol.md section 2): a file is accepted whole, with all that follows from it
 * planned, or leaves nothing. */
#include "base/clock.h"
#include "base/log.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "node/downstream.h"
#include "node/http_router.h"
#include <lotveil/rows.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DEFAULT_FILE[] = "rows";

#define FILE_NAME_MAX 255U
#define REQUEST_KEY_LEN 32U
static const char REQUEST_KEY_NAME[] = "request-key";
static const char REQUEST_KEY_LABEL[] = "secret/request-key";

/* Rows gathered before they are put by. */
#define STAGED_ROOM ((size_t)256 * 1024)

/* A file on its way into the store. Until its end is here its rows are put by: what does not fit
 * into one piece is staged, sealed, and becomes measurements in the one transaction that accepts
 * the file. */
typedef struct {
    lv_node *node;
    const lv_series *series;
    char file[FILE_NAME_MAX + 1];
    lv_rows_reader *reader;
    crypto_hash_sha256_state content;
    lv_buffer rows; /* secret; those after the staged pieces */
    int64_t id;     /* tells its staged pieces from those of others */
    int64_t staged; /* pieces */

    /* while it is accepted */
    lv_digest key;                 /* finds the same request again */
    char previous[LV_LOT_MAX + 1]; /* newest lot before the present row; "" where none */
    char baseline[LV_LOT_MAX + 1]; /* "" where it is not measured yet */
    int64_t baseline_order;
    int64_t sequence; /* next one of the series */
    int64_t set;      /* the set that takes the next pair */
    size_t set_pairs; /* how many it has */
    int64_t batch;
    int64_t row_count;
    int64_t pairs;
    int64_t sets;
    bool repeated;
} intake;

/* ---- rows put by ---- */

static const char STAGED_LABEL[] = "staged/";

static lv_status staged_label(const intake *in, int64_t piece, lv_buffer *out)
{
    return lv_buffer_printf(out, "%s%lld/%lld", STAGED_LABEL, (long long)in->id, (long long)piece);
}

static lv_status write_row(const lv_row *row, lv_buffer *out)
{
    const char *parents = row->parents != NULL ? row->parents : "";
    lv_status status = lv_write_u64(out, row->value);
    if (status == LV_OK) {
        status = lv_write_u64(out, (uint64_t)row->order);
    }
    if (status == LV_OK) {
        status = lv_write_u64(out, row->line);
    }
    if (status == LV_OK) {
        status = lv_write_block(out, lv_bytes_of_text(row->lot));
    }
    if (status == LV_OK) {
        status = lv_write_block(out, lv_bytes_of_text(row->time));
    }
    return status == LV_OK ? lv_write_block(out, lv_bytes_of_text(parents)) : status;
}

static void read_text(lv_reader *reader, size_t max, char *out)
{
    lv_bytes text = lv_read_block(reader, max);
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
}

/* @param parents  LV_CELL_MAX + 1 bytes. */
static void read_row(lv_reader *reader, lv_row *row, char *parents)
{
    row->value = lv_read_u64(reader);
    row->order = (int64_t)lv_read_u64(reader);
    row->line = (size_t)lv_read_u64(reader);
    read_text(reader, LV_LOT_MAX, row->lot);
    read_text(reader, LV_NAME_MAX, row->time);
    read_text(reader, LV_CELL_MAX, parents);
    row->parents = parents[0] != '\0' ? parents : NULL;
}

typedef lv_status (*row_visit)(intake *in, const lv_row *row, void *context, lv_error *err);

static lv_status each_row_of(intake *in, lv_bytes piece, row_visit visit, void *context,
                             lv_error *err)
{
    char parents[LV_CELL_MAX + 1];
    lv_row row = {0};
    lv_reader reader = lv_reader_of(piece);
    lv_status status = LV_OK;
    while (status == LV_OK && reader.left > 0 && !reader.failed) {
        read_row(&reader, &row, parents);
        status = reader.failed ? LV_E_CORRUPT : visit(in, &row, context, err);
    }
    lv_wipe(&row, sizeof row);
    return status;
}

static lv_status load_staged(intake *in, int64_t piece, lv_buffer *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_buffer label = {0};
    lv_status status = lv_role_first(in->node->store,
                                     lv_store_query(in->node->store, err, &row,
                                                    "SELECT bytes FROM staged WHERE intake = ?"
                                                    " AND piece = ?",
                                                    "ii", in->id, piece),
                                     &row, err);
    if (status == LV_OK) {
        status = staged_label(in, piece, &label);
    }
    if (status == LV_OK) {
        status = lv_vault_unseal(in->node->vault, lv_buffer_text(&label), lv_store_bytes(row, 0),
                                 out, err);
    }
    lv_store_done(row);
    lv_buffer_free(&label);
    return status == LV_NOT_FOUND || status == LV_INVALID
               ? lv_fail(err, LV_E_CORRUPT, "%s: rows that were put by are not there any more",
                         in->file)
               : status;
}

/* Gives all rows so far to `visit`, in their order, within a transaction. */
static lv_status each_row(intake *in, row_visit visit, void *context, lv_error *err)
{
    lv_status status = LV_OK;
    for (int64_t piece = 0; status == LV_OK && piece < in->staged; piece++) {
        lv_buffer rows = {0};
        status = load_staged(in, piece, &rows, err);
        if (status == LV_OK) {
            status = each_row_of(in, lv_buffer_view(&rows), visit, context, err);
        }
        lv_buffer_wipe(&rows);
    }
    return status == LV_OK ? each_row_of(in, lv_buffer_view(&in->rows), visit, context, err)
                           : status;
}

static lv_status store_staged(intake *in, lv_error *err)
{
    lv_buffer label = {0};
    lv_buffer sealed = {0};
    lv_status status = staged_label(in, in->staged, &label);
    if (status == LV_OK) {
        status = lv_vault_seal(in->node->vault, lv_buffer_text(&label), lv_buffer_view(&in->rows),
                               &sealed, err);
    }
    if (status == LV_OK) {
        status = lv_store_begin(in->node->store, err);
    }
    if (status == LV_OK) {
        status = lv_store_run(in->node->store, err,
                              "INSERT INTO staged(intake, piece, bytes) VALUES(?, ?, ?)", "iib",
                              in->id, in->staged, lv_buffer_view(&sealed));
        status = lv_store_end(in->node->store, status, err);
    }
    if (status == LV_OK) {
        in->staged++;
        lv_wipe(in->rows.data, in->rows.len);
        in->rows.len = 0;
    }
    lv_buffer_free(&label);
    lv_buffer_free(&sealed);
    return status;
}

/* lv_row_taker */
static lv_status put_by(void *context, const lv_row *row, lv_error *err)
{
    intake *in = context;
    lv_status status = LV_OK;
    if (in->rows.len > STAGED_ROOM) {
        status = store_staged(in, err);
    }
    return status == LV_OK ? write_row(row, &in->rows) : status;
}

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

static lv_status digest_request(intake *in, lv_error *err)
{
    lv_buffer keyed = {0};
    lv_digest content = {0};

    lv_status status = request_key(in->node, &keyed, err);
    crypto_hash_sha256_final(&in->content, content.bytes);
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
                                     "SELECT id, rows, pairs, sets FROM batch WHERE key = ?", "b",
                                     lv_role_digest_view(&in->key)),
                      &row, err);
    if (status == LV_OK) {
        in->repeated = true;
        in->batch = sqlite3_column_int64(row, 0);
        in->row_count = sqlite3_column_int64(row, 1);
        in->pairs = sqlite3_column_int64(row, 2);
        in->sets = sqlite3_column_int64(row, 3);
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

/* ---- one lot, once ---- */

/* The line of the row of this file that a lot stood in before. */
typedef struct {
    const lv_row *again;
    size_t line;
} earlier_line;

static lv_status note_line(intake *in, const lv_row *row, void *context, lv_error *err)
{
    earlier_line *found = context;
    (void)in;
    (void)err;
    if (found->line == 0 && strcmp(row->lot, found->again->lot) == 0) {
        found->line = row->line;
    }
    return LV_OK;
}

/* Says where the lot of a row stands already: in this file, or in the store. */
static lv_status refuse_lot(intake *in, const lv_row *row, lv_error *err)
{
    lv_store *store = in->node->store;
    sqlite3_stmt *standing = NULL;
    earlier_line found = {.again = row};

    lv_status status = lv_role_first(store,
                                     lv_store_query(store, err, &standing,
                                                    "SELECT time, batch FROM measurement"
                                                    " WHERE series = ? AND lot = ?",
                                                    "ss", in->series->name, row->lot),
                                     &standing, err);
    if (status != LV_OK) {
        return status == LV_NOT_FOUND ? LV_E_CORRUPT : status;
    }
    bool own = sqlite3_column_int64(standing, 1) == in->batch;
    if (!own) {
        status =
            lv_fail(err, LV_EXISTS,
                    "%s:%zu: lot %s of series %s stands already, with time %s: every "
                    "lot is measured once; nothing of this file was taken",
                    in->file, row->line, row->lot, in->series->name, lv_store_text(standing, 0));
    }
    lv_store_done(standing);
    if (own) {
        status = each_row(in, note_line, &found, err);
    }
    return status == LV_OK ? lv_rows_reader_doubled(in->reader, row, found.line, err) : status;
}

static lv_status lot_stands(intake *in, const lv_row *row, bool *stands, lv_error *err)
{
    sqlite3_stmt *found = NULL;
    lv_status status =
        lv_role_first(in->node->store,
                      lv_store_query(in->node->store, err, &found,
                                     "SELECT 1 FROM measurement WHERE series = ? AND lot = ?", "ss",
                                     in->series->name, row->lot),
                      &found, err);
    *stands = status == LV_OK;
    lv_store_done(found);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* The rows rise among themselves, so the first one tells. */
static lv_status check_newest(intake *in, const lv_row *first, lv_error *err)
{
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

/* A lot that stands is told before a time that is over: it says more. */
static lv_status check_first(intake *in, const lv_row *first, lv_error *err)
{
    bool stands = false;
    lv_status status = lot_stands(in, first, &stands, err);
    if (status == LV_OK && stands) {
        return refuse_lot(in, first, err);
    }
    return status == LV_OK ? check_newest(in, first, err) : status;
}

static lv_status store_measurement(intake *in, const lv_row *row, lv_error *err)
{
    lv_buffer sealed = {0};
    lv_status status =
        lv_downstream_value_seal(in->node, in->series->name, row->lot, row->value, &sealed, err);
    if (status == LV_OK) {
        status = lv_store_run(in->node->store, err,
                              "INSERT OR IGNORE INTO measurement(series, lot, time, ord, value,"
                              " parents, batch) VALUES(?, ?, ?, ?, ?, ?, ?)",
                              "sssibsi", in->series->name, row->lot, row->time, row->order,
                              lv_buffer_view(&sealed), row->parents != NULL ? row->parents : "",
                              in->batch);
    }
    lv_buffer_free(&sealed);
    if (status == LV_OK && lv_store_changes(in->node->store) == 0) {
        status = refuse_lot(in, row, err);
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

/* The baseline lot may be among the rows; those before it are compared with nothing. */
static void note_baseline(intake *in, const lv_row *row)
{
    const char *named = in->series->baseline_lot;
    if (in->baseline[0] == '\0' && (named[0] == '\0' || strcmp(named, row->lot) == 0)) {
        snprintf(in->baseline, sizeof in->baseline, "%s", row->lot);
        in->baseline_order = row->order;
    }
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

static lv_status plan_set(intake *in, lv_error *err)
{
    const lv_series *series = in->series;
    lv_status status = lv_store_run(
        in->node->store, err,
        "INSERT INTO sets(batch, series, sequence, suite, key_bits,"
        " short_exponents, width, state) VALUES(?, ?, ?, ?, ?, ?, ?, 'planned')",
        "isisiii", in->batch, series->name, in->sequence, series->suite, (int64_t)series->key_bits,
        (int64_t)series->short_exponents, (int64_t)series->scale.bits);
    in->set = lv_store_last_id(in->node->store);
    in->set_pairs = 0;
    in->sets++;
    in->sequence++;
    return status;
}

static lv_status plan_pair(intake *in, const char *earlier, const char *later, const char *basis,
                           lv_error *err)
{
    lv_status status = LV_OK;
    if (in->sets == 0 || in->set_pairs >= in->series->pairs_per_set) {
        status = plan_set(in, err);
    }
    if (status == LV_OK) {
        status = lv_store_run(in->node->store, err,
                              "INSERT INTO pair(set_row, pair, earlier, later, basis)"
                              " VALUES(?, ?, ?, ?, ?)",
                              "iisss", in->set, (int64_t)in->set_pairs, earlier, later, basis);
    }
    in->set_pairs++;
    in->pairs++;
    return status;
}

/* Consecutive: with the lot before it. Baseline: with the baseline lot, where the row is later
 * than that. With both, the lot after the baseline makes one pair of each basis. */
static lv_status plan_row(intake *in, const lv_row *row, lv_error *err)
{
    unsigned mode = (unsigned)in->series->compare;
    lv_status status = LV_OK;

    note_baseline(in, row);
    if ((mode & (unsigned)LV_COMPARE_CONSECUTIVE) != 0 && in->previous[0] != '\0') {
        status = plan_pair(in, in->previous, row->lot, "consecutive", err);
    }
    if (status == LV_OK && (mode & (unsigned)LV_COMPARE_BASELINE) != 0 && in->baseline[0] != '\0' &&
        row->order > in->baseline_order) {
        status = plan_pair(in, in->baseline, row->lot, "baseline", err);
    }
    memcpy(in->previous, row->lot, sizeof in->previous);
    return status;
}

/* ---- accepting ---- */

static lv_status begin_batch(intake *in, lv_error *err)
{
    lv_status status = lv_store_run(in->node->store, err,
                                    "INSERT INTO batch(key, series, file, rows, pairs, sets, time)"
                                    " VALUES(?, ?, ?, 0, 0, 0, ?)",
                                    "bssi", lv_role_digest_view(&in->key), in->series->name,
                                    in->file, lv_clock_now());
    in->batch = lv_store_last_id(in->node->store);
    return status;
}

static lv_status end_batch(intake *in, lv_error *err)
{
    return lv_store_run(in->node->store, err,
                        "UPDATE batch SET rows = ?, pairs = ?, sets = ? WHERE id = ?", "iiii",
                        in->row_count, in->pairs, in->sets, in->batch);
}

static lv_status accept_row(intake *in, const lv_row *row, void *context, lv_error *err)
{
    lv_status status = LV_OK;
    (void)context;
    if (in->row_count == 0) {
        status = check_first(in, row, err);
    }
    if (status == LV_OK) {
        status = store_measurement(in, row, err);
    }
    if (status == LV_OK) {
        status = plan_row(in, row, err);
    }
    in->row_count++;
    return status;
}

static lv_status accept_rows(intake *in, lv_error *err)
{
    return each_row(in, accept_row, NULL, err);
}

static lv_status accept_new(intake *in, lv_error *err)
{
    lv_status (*const steps[])(intake *, lv_error *) = {
        check_scale, begin_batch, find_baseline, find_sequence, accept_rows, end_batch,
    };
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < sizeof steps / sizeof steps[0]; i++) {
        status = steps[i](in, err);
    }
    return status;
}

static lv_status forget_staged(intake *in, lv_error *err)
{
    return in->staged == 0 ? LV_OK
                           : lv_store_run(in->node->store, err,
                                          "DELETE FROM staged WHERE intake = ?", "i", in->id);
}

/* All in one transaction: a file that is refused at its last row was never there. */
static lv_status accept(intake *in, lv_error *err)
{
    lv_status status = lv_store_begin(in->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = digest_request(in, err);
    if (status == LV_OK) {
        status = find_repeated(in, err);
    }
    if (status == LV_OK && !in->repeated) {
        status = accept_new(in, err);
    }
    if (status == LV_OK) {
        status = forget_staged(in, err);
    }
    status = lv_store_end(in->node->store, status, err);
    in->staged = status == LV_OK ? 0 : in->staged;
    return status;
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

/* ---- the request ---- */

static void drop(void *streamed)
{
    intake *in = streamed;
    lv_error err = {0};
    if (in == NULL) {
        return;
    }
    if (in->staged > 0 && lv_store_begin(in->node->store, &err) == LV_OK &&
        lv_store_end(in->node->store, forget_staged(in, &err), &err) != LV_OK) {
        /* the next start of the node forgets them */
        lv_log(LV_LOG_WARN, "downstream",
               "rows of a refused file stay until the node is started "
               "again: %s",
               err.text);
    }
    lv_rows_reader_free(in->reader);
    lv_buffer_wipe(&in->rows);
    lv_wipe(in, sizeof *in);
    free(in);
}

static lv_status begin(void *context, const lv_http_request *request, void **streamed,
                       lv_error *err)
{
    lv_node *node = context;
    const lv_config_series *config = NULL;

    *streamed = NULL;
    intake *in = calloc(1, sizeof *in);
    if (in == NULL) {
        return LV_E_MEMORY;
    }
    in->node = node;
    crypto_hash_sha256_init(&in->content);
    lv_status status = file_name(request, in->file, err);
    if (status == LV_OK) {
        status = lv_downstream_series_find(node, request->tail, &config, err);
    }
    if (status == LV_OK) {
        in->series = &config->series;
        in->id = lv_downstream_intake_id(node);
        status = lv_rows_reader_new(in->series, in->file, put_by, in, &in->reader, err);
    }
    if (status != LV_OK) {
        drop(in);
        return status;
    }
    *streamed = in;
    return LV_OK;
}

static lv_status take(void *streamed, lv_bytes piece, lv_error *err)
{
    intake *in = streamed;
    crypto_hash_sha256_update(&in->content, piece.data, piece.len);
    return lv_rows_reader_feed(in->reader, piece, err);
}

const lv_http_stream lv_downstream_streams[] = {
    {.path = LV_ROWS_PATH, .begin = begin, .take = take, .drop = drop}, {0}};

static lv_status finish(intake *in, lv_http_response *response, lv_error *err)
{
    lv_status status = lv_rows_reader_end(in->reader, err);
    if (status == LV_OK) {
        status = accept(in, err);
    }
    if (status != LV_OK) {
        return status;
    }
    if (!in->repeated) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: %lld rows accepted, %lld sets planned",
               in->series->name, (long long)in->row_count, (long long)in->sets);
        lv_node_changed(in->node);
    }
    response->code = 202;
    return lv_http_json(response,
                        json_pack("{s:I, s:I, s:I, s:I, s:b}", "batch", (json_int_t)in->batch,
                                  "rows", (json_int_t)in->row_count, "pairs", (json_int_t)in->pairs,
                                  "sets", (json_int_t)in->sets, "repeated", (int)in->repeated));
}

lv_status lv_downstream_rows_post(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    void *own = NULL;
    lv_status status = LV_OK;
    if (request->streamed != NULL) {
        return finish(request->streamed, response, err);
    }
    status = begin(context, request, &own, err);
    if (status == LV_OK) {
        status = take(own, request->body, err);
    }
    if (status == LV_OK) {
        status = finish(own, response, err);
    }
    drop(own);
    return status;
}
