#include "ledger/embedded/conn.h"
#include "ledger/embedded/schema.h"
#include <stdlib.h>
#include <string.h>

/* How long to wait for other writers. A block may hold many records whose key proofs are checked
 * while it is written, so this is long; after it the caller is told to try again later. */
static const int PATIENCE_MS = 60000;

static const char *const SQL[LV_SQL_COUNT] = {
    [LV_SQL_BEGIN_READ] = "BEGIN",
    [LV_SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [LV_SQL_COMMIT] = "COMMIT",
    [LV_SQL_ROLLBACK] = "ROLLBACK",
    [LV_SQL_HEAD] = "SELECT number FROM block ORDER BY number DESC LIMIT 1",
    [LV_SQL_BLOCK] = "SELECT header, hash FROM block WHERE number = ?",
    [LV_SQL_BLOCK_ADD] = "INSERT INTO block(number, header, hash) VALUES (?, ?, ?)",
    [LV_SQL_TX] = "SELECT bytes FROM tx WHERE block = ? AND position = ?",
    [LV_SQL_TX_COUNT] = "SELECT count(*) FROM tx WHERE block = ?",
    [LV_SQL_TX_ADD] = "INSERT INTO tx(block, position, bytes) VALUES (?, ?, ?)",
    [LV_SQL_STATE] = "SELECT value FROM state WHERE key = ?",
    [LV_SQL_STATE_PUT] = "REPLACE INTO state(key, value) VALUES (?, ?)",
};

/* A ledger has neither triggers nor views; where a file has some, they shall not run. */
static void harden(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

lv_status lv_conn_open(const char *path, const char *channel, lv_db_mode mode, lv_conn *out,
                       lv_error *err)
{
    *out = (lv_conn){.path = strdup(path)};
    lv_status status =
        out->path != NULL ? lv_db_open(path, mode, PATIENCE_MS, &out->db, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        harden(out->db);
        status = lv_schema_check(out->db, path, channel, err);
    }
    if (status != LV_OK) {
        lv_conn_close(out);
    }
    return status;
}

lv_status lv_conn_open_scratch(lv_conn *out, lv_error *err)
{
    *out = (lv_conn){.path = strdup("temporary database")};
    if (out->path == NULL) {
        return LV_E_MEMORY;
    }
    /* the empty name is SQLite's for a private file that goes with its connection */
    int code = sqlite3_open_v2("", &out->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                   SQLITE_OPEN_EXRESCODE,
                               NULL);
    lv_status status = code == SQLITE_OK ? LV_OK : lv_db_fault(out->db, code, out->path, err);
    if (status == LV_OK) {
        status = lv_db_exec(out->db, out->path,
                            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", err);
    }
    if (status == LV_OK) {
        status = lv_schema_make_state(out->db, out->path, err);
    }
    if (status != LV_OK) {
        lv_conn_close(out);
    }
    return status;
}

void lv_conn_close(lv_conn *conn)
{
    lv_db_close(conn->db); /* and with it the statements */
    free(conn->path);
    *conn = (lv_conn){0};
}

lv_status lv_conn_fault(const lv_conn *conn, lv_error *err)
{
    return lv_db_fault(conn->db, sqlite3_extended_errcode(conn->db), conn->path, err);
}

lv_status lv_conn_statement(lv_conn *conn, lv_sql which, sqlite3_stmt **out, lv_error *err)
{
    sqlite3_stmt **slot = &conn->statements[which];
    *out = NULL;
    if (*slot == NULL && sqlite3_prepare_v3(conn->db, SQL[which], -1, SQLITE_PREPARE_PERSISTENT,
                                            slot, NULL) != SQLITE_OK) {
        return lv_conn_fault(conn, err);
    }
    sqlite3_reset(*slot);
    *out = *slot;
    return LV_OK;
}

lv_status lv_conn_run(lv_conn *conn, sqlite3_stmt *statement, lv_error *err)
{
    int code = sqlite3_step(statement);
    lv_status status = code == SQLITE_DONE ? LV_OK : lv_conn_fault(conn, err);
    sqlite3_reset(statement);
    return status;
}

static lv_status run(lv_conn *conn, lv_sql which, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(conn, which, &statement, err);
    return status == LV_OK ? lv_conn_run(conn, statement, err) : status;
}

lv_status lv_conn_begin(lv_conn *conn, bool write, lv_error *err)
{
    lv_status status = run(conn, write ? LV_SQL_BEGIN_WRITE : LV_SQL_BEGIN_READ, err);
    if (status == LV_UNAVAILABLE) {
        return lv_fail(err, status, "%s: other processes kept it busy for %d s; try again later",
                       conn->path, PATIENCE_MS / 1000);
    }
    return status;
}

lv_status lv_conn_end(lv_conn *conn, lv_status status, lv_error *err)
{
    for (int i = 0; i < LV_SQL_COUNT; i++) {
        sqlite3_reset(conn->statements[i]);
    }
    if (status == LV_OK) {
        status = run(conn, LV_SQL_COMMIT, err);
    }
    /* SQLite itself may have rolled back on a full disk; then there is nothing left to undo. */
    if (status != LV_OK && sqlite3_get_autocommit(conn->db) == 0) {
        (void)run(conn, LV_SQL_ROLLBACK, NULL);
    }
    return status;
}

lv_bytes lv_conn_column(sqlite3_stmt *statement, int column)
{
    const uint8_t *data = sqlite3_column_blob(statement, column);
    return (lv_bytes){.data = data, .len = (size_t)sqlite3_column_bytes(statement, column)};
}

lv_status lv_conn_bind(lv_conn *conn, sqlite3_stmt *statement, int at, lv_bytes bytes,
                       lv_error *err)
{
    /* a NULL pointer would bind SQL NULL, not zero bytes */
    int code = sqlite3_bind_blob64(statement, at, bytes.len > 0 ? (const void *)bytes.data : "",
                                   bytes.len, SQLITE_STATIC);
    return code == SQLITE_OK ? LV_OK : lv_conn_fault(conn, err);
}
