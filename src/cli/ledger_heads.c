#include "cli/ledger_heads.h"
#include "base/file.h"
#include "cli/cli.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const int BUSY_MS = 5000;

static lv_status read_row(sqlite3_stmt *row, lv_head *out)
{
    switch (sqlite3_step(row)) {
    case SQLITE_DONE:
        return LV_NOT_FOUND;
    case SQLITE_ROW:
        break;
    default:
        return LV_E_IO;
    }
    const void *hash = sqlite3_column_blob(row, 1);
    if (sqlite3_column_bytes(row, 1) != (int)LV_DIGEST_LEN || hash == NULL) {
        return LV_E_CORRUPT;
    }
    out->block = (uint64_t)sqlite3_column_int64(row, 0);
    memcpy(out->hash.bytes, hash, LV_DIGEST_LEN);
    return LV_OK;
}

/* The table is the node's (src/node/node_state.c); it is only read here, which also works beside
 * a running node. */
static lv_status read_head(const char *path, const char *channel, lv_head *out, lv_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    lv_status status = LV_E_IO;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT block, hash FROM head WHERE channel = ?", -1, &row, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_text(row, 1, channel, -1, SQLITE_TRANSIENT) == SQLITE_OK) {
        status = read_row(row, out);
    }
    if (status != LV_OK && status != LV_NOT_FOUND) {
        status = lv_fail(err, status, "%s: cannot read the head remembered of channel %s: %s", path,
                         channel, db != NULL ? sqlite3_errmsg(db) : "out of memory");
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    return status;
}

lv_status lv_ledger_remembered(const char *dir, const char *channel, lv_head *out, lv_error *err)
{
    char *path = lv_cli_path(dir, "state/node.db", err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    /* A node that never ran remembers nothing. */
    lv_status status = lv_file_exists(path) ? read_head(path, channel, out, err) : LV_NOT_FOUND;
    free(path);
    return status;
}
