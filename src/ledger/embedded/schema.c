#include "ledger/embedded/schema.h"
#include "ledger/embedded/db.h"
#include <stdbool.h>
#include <string.h>

#define FORMAT "lotveil/v1/ledger"

typedef struct {
    const char *name;
    const char *sql;
} table;

/* SQLite keeps these texts as they stand here, so that a file can be held against them. */
static const table TABLES[] = {
    {"block", "CREATE TABLE block("
              "number INTEGER PRIMARY KEY, "
              "header BLOB NOT NULL, "
              "hash BLOB NOT NULL) STRICT"},
    {"meta", "CREATE TABLE meta("
             "key TEXT PRIMARY KEY, "
             "value TEXT NOT NULL) STRICT"},
    {"state", "CREATE TABLE state("
              "key TEXT PRIMARY KEY, "
              "value BLOB NOT NULL) STRICT"},
    {"tx", "CREATE TABLE tx("
           "block INTEGER NOT NULL, "
           "position INTEGER NOT NULL, "
           "bytes BLOB NOT NULL, "
           "PRIMARY KEY (block, position)) STRICT"},
};

static const size_t TABLE_COUNT = sizeof TABLES / sizeof TABLES[0];
static const size_t STATE_TABLE = 2;

static lv_status name_channel(sqlite3 *db, const char *path, const char *channel, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        db, "INSERT INTO meta(key, value) VALUES ('channel', ?), ('format', '" FORMAT "')", -1,
        &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_bind_text(statement, 1, channel, -1, SQLITE_STATIC);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    lv_status status = code == SQLITE_DONE ? LV_OK : lv_db_fault(db, code, path, err);
    sqlite3_finalize(statement);
    return status;
}

lv_status lv_schema_make(sqlite3 *db, const char *path, const char *channel, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < TABLE_COUNT; i++) {
        status = lv_db_exec(db, path, TABLES[i].sql, err);
    }
    return status == LV_OK ? name_channel(db, path, channel, err) : status;
}

lv_status lv_schema_make_state(sqlite3 *db, const char *path, lv_error *err)
{
    return lv_db_exec(db, path, TABLES[STATE_TABLE].sql, err);
}

static bool column_is(sqlite3_stmt *row, int column, const char *text)
{
    const char *found = (const char *)sqlite3_column_text(row, column);
    return found != NULL && strcmp(found, text) == 0;
}

/* Steps through all rows of a query and asks for exactly `count` that `fits` agrees with. */
static lv_status check_rows(sqlite3 *db, const char *path, const char *sql, size_t count,
                            bool (*fits)(sqlite3_stmt *row, size_t i, const char *channel),
                            const char *channel, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK) {
        /* such as: no such table */
        lv_status status = lv_db_fault(db, code, path, err);
        return (code & 0xff) == SQLITE_ERROR ? LV_E_CORRUPT : status;
    }
    size_t seen = 0;
    bool good = true;
    for (code = sqlite3_step(statement); good && code == SQLITE_ROW;
         code = sqlite3_step(statement)) {
        good = seen < count && fits(statement, seen, channel);
        seen++;
    }
    lv_status status = LV_OK;
    if (good && code != SQLITE_DONE) {
        status = lv_db_fault(db, code, path, err);
    } else if (!good || seen != count) {
        status = lv_fail(err, LV_E_CORRUPT, "%s: not the tables of a ledger of channel %s", path,
                         channel);
    }
    sqlite3_finalize(statement);
    return status;
}

static bool table_fits(sqlite3_stmt *row, size_t i, const char *channel)
{
    (void)channel;
    return column_is(row, 0, "table") && column_is(row, 1, TABLES[i].name) &&
           column_is(row, 2, TABLES[i].sql);
}

static bool meta_fits(sqlite3_stmt *row, size_t i, const char *channel)
{
    return column_is(row, 0, i == 0 ? "channel" : "format") &&
           column_is(row, 1, i == 0 ? channel : FORMAT);
}

lv_status lv_schema_check(sqlite3 *db, const char *path, const char *channel, lv_error *err)
{
    /* The indexes that SQLite makes by itself for primary keys have no SQL. */
    lv_status status = check_rows(
        db, path, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
        TABLE_COUNT, table_fits, channel, err);
    if (status != LV_OK) {
        return status;
    }
    return check_rows(db, path, "SELECT key, value FROM meta ORDER BY key", 2, meta_fits, channel,
                      err);
}
