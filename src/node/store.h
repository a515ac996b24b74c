/** The node's own state: state/node.db (SQLite, WAL, synchronous=FULL), one connection shared by
 *  all threads of the node under one lock. */
#ifndef LV_NODE_STORE_H
#define LV_NODE_STORE_H

#include <lotveil/bytes.h>
#include <sqlite3.h>

typedef struct lv_store lv_store;

/** Opens or makes the database and brings its schema up to date by running those of `migrations`
 *  (SQL texts, NULL-terminated) that it has not seen, each in its own transaction. Takes an
 *  exclusive lock on `path`.lock, so that one node runs per state folder.
 * @return LV_OK; LV_REFUSED where another process holds the lock; LV_E_CORRUPT; LV_E_IO. */
LV_MUST_CHECK lv_status lv_store_open(const char *path, const char *const *migrations,
                                      lv_store **out, lv_error *err);
void lv_store_close(lv_store *store);

/** Begins a transaction and takes the store's lock (recursive on one thread is an error). */
LV_MUST_CHECK lv_status lv_store_begin(lv_store *store, lv_error *err);
/** Commits where `status` is LV_OK, rolls back otherwise; releases the lock.
 * @return `status`, or the fault of the commit. */
LV_MUST_CHECK lv_status lv_store_end(lv_store *store, lv_status status, lv_error *err);

/** Prepares (cached) a statement within a transaction. Parameters are bound by format letters:
 *  's' const char * (NULL: SQL NULL), 'i' int64_t, 'b' lv_bytes; "" for none.
 *      lv_store_run(store, err, "UPDATE job SET state = ? WHERE id = ?", "si", "done", id)
 * lv_store_query leaves the statement on no row; step it with lv_store_next, read columns with
 * sqlite3_column_*, and always give it back with lv_store_done. */
LV_MUST_CHECK lv_status lv_store_run(lv_store *store, lv_error *err, const char *sql,
                                     const char *format, ...);
LV_MUST_CHECK lv_status lv_store_query(lv_store *store, lv_error *err, sqlite3_stmt **out,
                                       const char *sql, const char *format, ...);
/** @return LV_OK with a row; LV_NOT_FOUND at the end; faults. */
LV_MUST_CHECK lv_status lv_store_next(lv_store *store, sqlite3_stmt *statement, lv_error *err);
void lv_store_done(sqlite3_stmt *statement);

/** Row id of the last insert in this transaction, rows changed by the last statement. */
int64_t lv_store_last_id(lv_store *store);
int lv_store_changes(lv_store *store);

/** A column as borrowed text ("" for NULL) or bytes, valid until the next step. */
const char *lv_store_text(sqlite3_stmt *statement, int column);
lv_bytes lv_store_bytes(sqlite3_stmt *statement, int column);

#endif
