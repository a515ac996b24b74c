/** SQLite, as ledger and node use it: what its result codes mean here, and how files are opened. */
#ifndef LV_LEDGER_DB_H
#define LV_LEDGER_DB_H

#include <lotveil/status.h>
#include <sqlite3.h>
#include <stdbool.h>

/** Turns the last fault of a connection into a status and words: "`path`: SQLite's words".
 * @param code  the (extended) result code.
 * @return LV_EXISTS where a row of that key stands; LV_UNAVAILABLE where another process held the
 *         file for longer than the patience; LV_E_CORRUPT; LV_E_LIMIT; LV_E_MEMORY; LV_E_IO. */
LV_MUST_CHECK lv_status lv_db_fault(sqlite3 *db, int code, const char *path, lv_error *err);

/** Runs SQL without parameters and rows. */
LV_MUST_CHECK lv_status lv_db_exec(sqlite3 *db, const char *path, const char *sql, lv_error *err);

typedef enum {
    LV_DB_READ,  /* the file must stand; nothing is ever written */
    LV_DB_WRITE, /* the file must stand */
    LV_DB_MAKE,  /* made (0600) where absent */
} lv_db_mode;

/** Opens a connection of its own (no mutex of SQLite's: the caller has one): WAL,
 *  synchronous=FULL, `patience_ms` of waiting for other writers, no trust in what the schema
 *  of a file might want to run. */
LV_MUST_CHECK lv_status lv_db_open(const char *path, lv_db_mode mode, int patience_ms,
                                   sqlite3 **out, lv_error *err);

/** Puts a connection's statements out of the way and closes it; NULL is legal. */
void lv_db_close(sqlite3 *db);

#endif
