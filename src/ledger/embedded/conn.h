/** One connection to a ledger's file with its prepared statements. Not for two threads at once. */
#ifndef LV_LEDGER_CONN_H
#define LV_LEDGER_CONN_H

#include "ledger/embedded/db.h"
#include <lotveil/bytes.h>

typedef enum {
    LV_SQL_BEGIN_READ,
    LV_SQL_BEGIN_WRITE,
    LV_SQL_COMMIT,
    LV_SQL_ROLLBACK,
    LV_SQL_HEAD,      /* -> number of the newest block */
    LV_SQL_BLOCK,     /* number -> header, hash */
    LV_SQL_BLOCK_ADD, /* number, header, hash */
    LV_SQL_TX,        /* block, position -> bytes */
    LV_SQL_TX_COUNT,  /* block -> how many */
    LV_SQL_TX_ADD,    /* block, position, bytes */
    LV_SQL_STATE,     /* key -> value */
    LV_SQL_STATE_PUT, /* key, value */
    LV_SQL_COUNT,
} lv_sql;

typedef struct {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[LV_SQL_COUNT]; /* prepared when first needed */
} lv_conn;

/** Opens the file of a channel and checks its schema.
 * @return LV_OK; LV_NOT_FOUND; LV_E_CORRUPT; faults of the file. */
LV_MUST_CHECK lv_status lv_conn_open(const char *path, const char *channel, lv_db_mode mode,
                                     lv_conn *out, lv_error *err);

/** An empty temporary database with the table `state` alone. */
LV_MUST_CHECK lv_status lv_conn_open_scratch(lv_conn *out, lv_error *err);
void lv_conn_close(lv_conn *conn);

/** A statement, ready to be bound; give it back with sqlite3_reset. */
LV_MUST_CHECK lv_status lv_conn_statement(lv_conn *conn, lv_sql which, sqlite3_stmt **out,
                                          lv_error *err);

/** The words and status of the fault that this connection met last. */
LV_MUST_CHECK lv_status lv_conn_fault(const lv_conn *conn, lv_error *err);

/** Steps a statement that gives no row, and gives it back. */
LV_MUST_CHECK lv_status lv_conn_run(lv_conn *conn, sqlite3_stmt *statement, lv_error *err);

/** Begins a transaction: one unchanging view of the file. */
LV_MUST_CHECK lv_status lv_conn_begin(lv_conn *conn, bool write, lv_error *err);

/** Commits where `status` is LV_OK, rolls back otherwise.
 * @return `status`, or the fault of the commit. */
LV_MUST_CHECK lv_status lv_conn_end(lv_conn *conn, lv_status status, lv_error *err);

/** What a column holds, borrowed until the statement moves. */
lv_bytes lv_conn_column(sqlite3_stmt *statement, int column);

/** Binds bytes that outlive the statement's use. */
LV_MUST_CHECK lv_status lv_conn_bind(lv_conn *conn, sqlite3_stmt *statement, int at, lv_bytes bytes,
                                     lv_error *err);

#endif
