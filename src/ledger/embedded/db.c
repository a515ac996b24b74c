#include "ledger/embedded/db.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static lv_status status_of(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return LV_EXISTS;
    default:
        break;
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return LV_UNAVAILABLE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
        return LV_E_CORRUPT;
    case SQLITE_TOOBIG:
        return LV_E_LIMIT;
    case SQLITE_NOMEM:
        return LV_E_MEMORY;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return LV_E_ARGUMENT;
    default:
        return LV_E_IO;
    }
}

lv_status lv_db_fault(sqlite3 *db, int code, const char *path, lv_error *err)
{
    return lv_fail(err, status_of(code), "%s: %s", path,
                   db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

lv_status lv_db_exec(sqlite3 *db, const char *path, const char *sql, lv_error *err)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? LV_OK : lv_db_fault(db, code, path, err);
}

/* SQLite would make the file readable for everybody; WAL and shared memory inherit its mode. */
static lv_status make_private(const char *path, lv_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return lv_fail(err, LV_E_IO, "%s: cannot make the file: %s", path, strerror(errno));
    }
    close(fd);
    return LV_OK;
}

static lv_status configure(sqlite3 *db, lv_db_mode mode, const char *path, lv_error *err)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (mode == LV_DB_READ) {
        return LV_OK;
    }
    return lv_db_exec(db, path,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "PRAGMA foreign_keys = ON;"
                      /* what one long transaction needed beside the file is given back */
                      "PRAGMA journal_size_limit = 67108864;",
                      err);
}

lv_status lv_db_open(const char *path, lv_db_mode mode, int patience_ms, sqlite3 **out,
                     lv_error *err)
{
    *out = NULL;
    if (mode == LV_DB_MAKE) {
        lv_status made = make_private(path, err);
        if (made != LV_OK) {
            return made;
        }
    } else if (access(path, F_OK) != 0) {
        return lv_fail(err, errno == ENOENT ? LV_NOT_FOUND : LV_E_IO, "%s: %s", path,
                       strerror(errno));
    }
    sqlite3 *db = NULL;
    int flags = mode == LV_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code =
        sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    lv_status status = code == SQLITE_OK ? LV_OK : lv_db_fault(db, code, path, err);
    if (status == LV_OK) {
        sqlite3_busy_timeout(db, patience_ms);
        status = configure(db, mode, path, err);
    }
    if (status != LV_OK) {
        lv_db_close(db);
        return status;
    }
    *out = db;
    return LV_OK;
}

void lv_db_close(sqlite3 *db)
{
    if (db == NULL) {
        return;
    }
    for (sqlite3_stmt *at = sqlite3_next_stmt(db, NULL); at != NULL;
         at = sqlite3_next_stmt(db, NULL)) {
        sqlite3_finalize(at);
    }
    sqlite3_close(db);
}
