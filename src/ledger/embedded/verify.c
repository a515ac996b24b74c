#include "ledger/embedded/handle.h"
#include "ledger/embedded/schema.h"
#include "ledger/embedded/state.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything stands within one reading transaction on `file`; the state is built anew in
 * `scratch`. */
typedef struct {
    lv_conn file;
    lv_conn scratch;
    const char *name; /* of the channel that the file should be of */
    lv_channel channel;
    const lv_head *expected;
    lv_embedded_audit *audit;
} audit;

/* ---- the file itself ---- */

/* Pages, indexes and rows fit together: an index that hides a row is found here. */
static lv_status check_integrity(audit *a, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(a->file.db, "PRAGMA integrity_check(1)", -1, &statement, NULL) !=
        SQLITE_OK) {
        return lv_conn_fault(&a->file, err);
    }
    lv_status status = LV_OK;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        status = lv_conn_fault(&a->file, err);
    } else {
        const char *words = (const char *)sqlite3_column_text(statement, 0);
        if (words == NULL || strcmp(words, "ok") != 0) {
            status = lv_fail(err, LV_E_CORRUPT, "%s: damaged: %s", a->file.path,
                             words != NULL ? words : "no memory");
        }
    }
    sqlite3_finalize(statement);
    return status;
}

static lv_status count_of(audit *a, const char *sql, uint64_t *out, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    *out = 0;
    if (sqlite3_prepare_v2(a->file.db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return lv_conn_fault(&a->file, err);
    }
    lv_status status = LV_OK;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    } else {
        status = lv_conn_fault(&a->file, err);
    }
    sqlite3_finalize(statement);
    return status;
}

/* ---- the chain ---- */

static lv_status replay(void *context, const lv_visited *visited, lv_error *err)
{
    audit *a = context;
    const lv_transaction *transaction = visited->transaction;
    lv_bytes *arguments = lv_transaction_arguments(transaction);
    if (arguments == NULL) {
        return LV_E_MEMORY;
    }
    const lv_call call = {.function = transaction->function,
                          .arguments = arguments,
                          .argument_count = transaction->argument_count,
                          .submitter = transaction->submitter};
    lv_status status = lv_state_write(&a->scratch, &a->channel, &call, err);
    free(arguments);
    return status;
}

static lv_status compare_expected(const audit *a, const lv_tip *tip, lv_error *err)
{
    if (a->expected == NULL || a->expected->block != tip->number ||
        lv_digest_equal(&a->expected->hash, &tip->hash)) {
        return LV_OK;
    }
    return lv_fail(err, LV_E_CORRUPT, "%s: block %" PRIu64 " is not the one expected", a->file.path,
                   tip->number);
}

static lv_status walk_chain(audit *a, lv_error *err)
{
    lv_tip tip = {0};
    lv_status status = lv_walk_genesis(&a->file, a->name, &a->channel, &tip, err);
    a->audit->blocks = 1;
    a->audit->transactions = 1;
    if (status == LV_OK) {
        status = compare_expected(a, &tip, err);
    }
    while (status == LV_OK) {
        lv_block block = {0};
        status = lv_walk_block(&a->file, &a->channel, &tip, replay, a, &block, err);
        if (status == LV_OK) {
            tip = lv_block_tip(&block);
            a->audit->blocks++;
            a->audit->transactions += block.transactions;
            status = compare_expected(a, &tip, err);
        }
    }
    a->audit->head = (lv_head){.block = tip.number, .hash = tip.hash};
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* Rows outside the chain: blocks after a gap, transactions of no block. */
static lv_status check_counts(audit *a, lv_error *err)
{
    uint64_t blocks = 0;
    uint64_t transactions = 0;
    lv_status status = count_of(a, "SELECT count(*) FROM block", &blocks, err);
    if (status == LV_OK) {
        status = count_of(a, "SELECT count(*) FROM tx", &transactions, err);
    }
    if (status == LV_OK && blocks != a->audit->blocks) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: block %" PRIu64 " is missing, though %" PRIu64 " blocks stand there",
                       a->file.path, a->audit->blocks, blocks);
    }
    if (status == LV_OK && transactions != a->audit->transactions) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: %" PRIu64 " transactions stand there, the blocks have %" PRIu64,
                       a->file.path, transactions, a->audit->transactions);
    }
    if (status == LV_OK && a->expected != NULL && a->expected->block > a->audit->head.block) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: was shortened: block %" PRIu64 " is expected, it ends with %" PRIu64,
                       a->file.path, a->expected->block, a->audit->head.block);
    }
    return status;
}

/* ---- the state ---- */

static lv_status open_rows(lv_conn *conn, sqlite3_stmt **out, lv_error *err)
{
    return sqlite3_prepare_v2(conn->db, "SELECT key, value FROM state ORDER BY key", -1, out,
                              NULL) == SQLITE_OK
               ? LV_OK
               : lv_conn_fault(conn, err);
}

static lv_status next_row(const lv_conn *conn, sqlite3_stmt *rows, bool *there, lv_error *err)
{
    int code = sqlite3_step(rows);
    *there = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? LV_OK : lv_conn_fault(conn, err);
}

static lv_status compare_rows(audit *a, sqlite3_stmt *found, sqlite3_stmt *right, lv_error *err)
{
    for (;;) {
        bool has_found = false;
        bool has_right = false;
        lv_status status = next_row(&a->file, found, &has_found, err);
        if (status == LV_OK) {
            status = next_row(&a->scratch, right, &has_right, err);
        }
        if (status != LV_OK || (!has_found && !has_right)) {
            return status;
        }
        if (!has_found || !has_right ||
            !lv_bytes_equal(lv_conn_column(found, 0), lv_conn_column(right, 0)) ||
            !lv_bytes_equal(lv_conn_column(found, 1), lv_conn_column(right, 1))) {
            const char *key = (const char *)sqlite3_column_text(has_right ? right : found, 0);
            return lv_fail(err, LV_E_CORRUPT,
                           "%s: state: at key %s it is not what the transactions give",
                           a->file.path, key != NULL ? key : "?");
        }
        a->audit->state_keys++;
    }
}

static lv_status check_state(audit *a, lv_error *err)
{
    sqlite3_stmt *found = NULL;
    sqlite3_stmt *right = NULL;
    lv_status status = open_rows(&a->file, &found, err);
    if (status == LV_OK) {
        status = open_rows(&a->scratch, &right, err);
    }
    if (status == LV_OK) {
        status = compare_rows(a, found, right, err);
    }
    sqlite3_finalize(found);
    sqlite3_finalize(right);
    return status;
}

static lv_status run(audit *a, lv_error *err)
{
    lv_status status = check_integrity(a, err);
    if (status == LV_OK) {
        status = walk_chain(a, err);
    }
    if (status == LV_OK) {
        status = check_counts(a, err);
    }
    return status == LV_OK ? check_state(a, err) : status;
}

lv_status lv_embedded_verify(const char *folder, const char *channel, const lv_head *expected,
                             lv_embedded_audit *out, lv_error *err)
{
    *out = (lv_embedded_audit){0};
    char *path = NULL;
    audit a = {.name = channel, .expected = expected, .audit = out};
    lv_status status = lv_embedded_path(folder, channel, &path, err);
    if (status == LV_OK) {
        status = lv_conn_open(path, channel, LV_DB_READ, &a.file, err);
    }
    if (status == LV_OK) {
        status = lv_conn_open_scratch(&a.scratch, err);
    }
    if (status == LV_OK) {
        status = lv_conn_begin(&a.file, false, err);
    }
    if (status == LV_OK) {
        status = lv_conn_end(&a.file, run(&a, err), err);
    }
    if (status != LV_OK) {
        *out = (lv_embedded_audit){0};
    }
    lv_channel_free(&a.channel);
    lv_conn_close(&a.scratch);
    lv_conn_close(&a.file);
    free(path);
    return status;
}
