#include "node/store.h"
#include "ledger/embedded/db.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Statements are literals of this program, so this is far above what there can be. */
#define STATEMENTS_MAX 256U

static const int PATIENCE_MS = 10000; /* for whoever looks into the file with another tool */

struct lv_store {
    char *path;
    sqlite3 *db;
    int lock_fd; /* flock on `path`.lock, held for life */
    pthread_mutex_t mutex;
    bool mutex_made;
    sqlite3_stmt *statements[STATEMENTS_MAX]; /* cached, found by their SQL */
    size_t statement_count;
};

/* ---- opening ---- */

static lv_status take_lock(lv_store *store, lv_error *err)
{
    lv_buffer name = {0};
    lv_status status = lv_buffer_printf(&name, "%s.lock", store->path);
    if (status != LV_OK) {
        return status;
    }
    store->lock_fd = open(lv_buffer_text(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0) {
        status = lv_fail(err, LV_E_IO, "%s: cannot make the lock: %s", lv_buffer_text(&name),
                         strerror(errno));
    } else if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? lv_fail(err, LV_REFUSED,
                               "%s: another lotveil process uses this state folder; stop it first",
                               lv_buffer_text(&name))
                     : lv_fail(err, LV_E_IO, "%s: %s", lv_buffer_text(&name), strerror(errno));
    }
    lv_buffer_free(&name);
    return status;
}

static lv_status make_mutex(lv_store *store)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0) {
        return LV_E_MEMORY;
    }
    int failed = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    failed = failed != 0 ? failed : pthread_mutex_init(&store->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    store->mutex_made = failed == 0;
    return store->mutex_made ? LV_OK : LV_E_MEMORY;
}

/* Has migration `number` run here? The text that made the schema is kept, so that a database made
 * by other migrations is noticed and not guessed at. */
static lv_status migration_seen(lv_store *store, int number, const char *sql, bool *seen,
                                lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    *seen = false;
    lv_status status = lv_store_query(
        store, err, &statement, "SELECT sql FROM migration WHERE number = ?", "i", (int64_t)number);
    if (status == LV_OK) {
        status = lv_store_next(store, statement, err);
    }
    if (status == LV_NOT_FOUND) {
        status = LV_OK;
    } else if (status == LV_OK && strcmp(lv_store_text(statement, 0), sql) != 0) {
        status = lv_fail(err, LV_E_CORRUPT, "%s: migration %d is not the one that this program has",
                         store->path, number);
    } else if (status == LV_OK) {
        *seen = true;
    }
    lv_store_done(statement);
    return status;
}

static lv_status migrate_one(lv_store *store, int number, const char *sql, lv_error *err)
{
    bool seen = false;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status = migration_seen(store, number, sql, &seen, err);
    if (status == LV_OK && !seen) {
        status = lv_db_exec(store->db, store->path, sql, err);
        if (status == LV_OK) {
            status = lv_store_run(store, err, "INSERT INTO migration(number, sql) VALUES (?, ?)",
                                  "is", (int64_t)number, sql);
        }
        if (status != LV_OK) {
            lv_error_prefix(err, "migration %d: ", number);
        }
    }
    return lv_store_end(store, status, err);
}

/* A database that a newer program has brought further must not be written by this one. */
static lv_status refuse_newer(lv_store *store, int known, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_query(store, err, &statement,
                            "SELECT count(*) FROM migration WHERE number > ?", "i", (int64_t)known);
    if (status == LV_OK) {
        status = lv_store_next(store, statement, err);
    }
    if (status == LV_OK && sqlite3_column_int64(statement, 0) > 0) {
        status = lv_fail(err, LV_E_CORRUPT,
                         "%s: made by a newer version of lotveil or for another role; this one "
                         "knows %d steps of its schema",
                         store->path, known);
    }
    lv_store_done(statement);
    return lv_store_end(store, status, err);
}

static lv_status migrate(lv_store *store, const char *const *migrations, lv_error *err)
{
    lv_status status = lv_db_exec(store->db, store->path,
                                  "CREATE TABLE IF NOT EXISTS migration("
                                  "number INTEGER PRIMARY KEY, sql TEXT NOT NULL) STRICT",
                                  err);
    int number = 0;
    for (; status == LV_OK && migrations[number] != NULL; number++) {
        status = migrate_one(store, number + 1, migrations[number], err);
    }
    return status == LV_OK ? refuse_newer(store, number, err) : status;
}

lv_status lv_store_open(const char *path, const char *const *migrations, lv_store **out,
                        lv_error *err)
{
    *out = NULL;
    lv_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return LV_E_MEMORY;
    }
    store->lock_fd = -1;
    store->path = strdup(path);
    lv_status status = store->path != NULL ? make_mutex(store) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = take_lock(store, err);
    }
    if (status == LV_OK) {
        status = lv_db_open(path, LV_DB_MAKE, PATIENCE_MS, &store->db, err);
    }
    if (status == LV_OK) {
        status = migrate(store, migrations, err);
    }
    if (status != LV_OK) {
        lv_store_close(store);
        return status;
    }
    *out = store;
    return LV_OK;
}

void lv_store_close(lv_store *store)
{
    if (store == NULL) {
        return;
    }
    lv_db_close(store->db);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    if (store->mutex_made) {
        pthread_mutex_destroy(&store->mutex);
    }
    free(store->path);
    free(store);
}

/* ---- transactions ---- */

lv_status lv_store_begin(lv_store *store, lv_error *err)
{
    if (pthread_mutex_lock(&store->mutex) != 0) {
        return lv_fail(err, LV_E_ARGUMENT, "%s: this thread is within a transaction already",
                       store->path);
    }
    lv_status status = lv_db_exec(store->db, store->path, "BEGIN IMMEDIATE", err);
    if (status != LV_OK) {
        pthread_mutex_unlock(&store->mutex);
    }
    return status;
}

lv_status lv_store_end(lv_store *store, lv_status status, lv_error *err)
{
    for (size_t i = 0; i < store->statement_count; i++) {
        sqlite3_reset(store->statements[i]);
    }
    if (status == LV_OK) {
        status = lv_db_exec(store->db, store->path, "COMMIT", err);
    }
    /* SQLite itself may have rolled back on a full disk; then there is nothing left to undo. */
    if (status != LV_OK && sqlite3_get_autocommit(store->db) == 0) {
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    pthread_mutex_unlock(&store->mutex);
    return status;
}

/* ---- statements ---- */

/* Finds an idle statement of that SQL or prepares one; the same SQL may be open twice when a loop
 * over its rows asks it again. */
static lv_status prepare(lv_store *store, const char *sql, sqlite3_stmt **out, lv_error *err)
{
    *out = NULL;
    if (sqlite3_get_autocommit(store->db) != 0) {
        return lv_fail(err, LV_E_ARGUMENT, "%s: statement outside a transaction", store->path);
    }
    for (size_t i = 0; i < store->statement_count; i++) {
        sqlite3_stmt *known = store->statements[i];
        if (sqlite3_stmt_busy(known) == 0 && strcmp(sqlite3_sql(known), sql) == 0) {
            *out = known;
            return LV_OK;
        }
    }
    if (store->statement_count == STATEMENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: more than %u statements", store->path, STATEMENTS_MAX);
    }
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK) {
        return lv_db_fault(store->db, code, store->path, err);
    }
    store->statements[store->statement_count++] = statement;
    *out = statement;
    return LV_OK;
}

/* Binds one parameter; `life` says whether SQLite copies texts and bytes. */
static int bind_one(sqlite3_stmt *statement, int at, char letter, va_list *arguments,
                    sqlite3_destructor_type life)
{
    if (letter == 'i') {
        return sqlite3_bind_int64(statement, at, va_arg(*arguments, int64_t));
    }
    if (letter == 's') {
        return sqlite3_bind_text(statement, at, va_arg(*arguments, const char *), -1, life);
    }
    if (letter == 'b') {
        lv_bytes bytes = va_arg(*arguments, lv_bytes);
        /* a NULL pointer would bind SQL NULL, not zero bytes */
        return sqlite3_bind_blob64(statement, at, bytes.len > 0 ? (const void *)bytes.data : "",
                                   bytes.len, life);
    }
    return SQLITE_RANGE;
}

static lv_status bind(lv_store *store, sqlite3_stmt *statement, const char *format,
                      va_list *arguments, sqlite3_destructor_type life, lv_error *err)
{
    if (strlen(format) != (size_t)sqlite3_bind_parameter_count(statement)) {
        return lv_fail(err, LV_E_ARGUMENT, "%s: parameters do not fit: %s", store->path,
                       sqlite3_sql(statement));
    }
    for (int i = 0; format[i] != '\0'; i++) {
        int code = bind_one(statement, i + 1, format[i], arguments, life);
        if (code != SQLITE_OK) {
            return lv_db_fault(store->db, code, store->path, err);
        }
    }
    return LV_OK;
}

lv_status lv_store_run(lv_store *store, lv_error *err, const char *sql, const char *format, ...)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = prepare(store, sql, &statement, err);
    if (status != LV_OK) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    status = bind(store, statement, format, &arguments, SQLITE_STATIC, err);
    va_end(arguments);
    while (status == LV_OK) {
        status = lv_store_next(store, statement, err);
    }
    lv_store_done(statement);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

lv_status lv_store_query(lv_store *store, lv_error *err, sqlite3_stmt **out, const char *sql,
                         const char *format, ...)
{
    lv_status status = prepare(store, sql, out, err);
    if (status != LV_OK) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    status = bind(store, *out, format, &arguments, SQLITE_TRANSIENT, err);
    va_end(arguments);
    if (status != LV_OK) {
        lv_store_done(*out);
        *out = NULL;
    }
    return status;
}

lv_status lv_store_next(lv_store *store, sqlite3_stmt *statement, lv_error *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        return LV_OK;
    }
    return code == SQLITE_DONE ? LV_NOT_FOUND : lv_db_fault(store->db, code, store->path, err);
}

void lv_store_done(sqlite3_stmt *statement)
{
    if (statement != NULL) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
}

int64_t lv_store_last_id(lv_store *store) { return sqlite3_last_insert_rowid(store->db); }

int lv_store_changes(lv_store *store) { return sqlite3_changes(store->db); }

const char *lv_store_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text != NULL ? text : "";
}

lv_bytes lv_store_bytes(sqlite3_stmt *statement, int column)
{
    const uint8_t *data = sqlite3_column_blob(statement, column);
    return (lv_bytes){.data = data, .len = (size_t)sqlite3_column_bytes(statement, column)};
}
