#include "bench/storage.h"
#include "base/file.h"
#include "ledger/embedded/db.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const int PATIENCE_MS = 1000;
static const unsigned DEPTH_MAX = 8;
static const char *const CHANNELS[] = {"quality", "xor"};

/* ---- files ---- */

static lv_status add_folder(const char *folder, unsigned depth, double *bytes, lv_error *err);

static lv_status add_entry(const char *path, unsigned depth, double *bytes, lv_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        /* Whoever runs there may have removed it in between. */
        return errno == ENOENT ? LV_OK : lv_fail(err, LV_E_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return depth < DEPTH_MAX ? add_folder(path, depth + 1, bytes, err) : LV_OK;
    }
    *bytes += S_ISREG(info.st_mode) ? (double)info.st_size : 0;
    return LV_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): DEPTH_MAX bounds it */
static lv_status add_folder(const char *folder, unsigned depth, double *bytes, lv_error *err)
{
    lv_status status = LV_OK;
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return lv_fail(err, LV_E_IO, "%s: %s", folder, strerror(errno));
    }
    for (;;) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
        const struct dirent *entry = readdir(entries);
        if (entry == NULL || status != LV_OK) {
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *path = lv_path_join(folder, entry->d_name);
            status = path != NULL ? add_entry(path, depth, bytes, err) : LV_E_MEMORY;
            free(path);
        }
    }
    closedir(entries);
    return status;
}

/* ---- SQLite ---- */

/* The first row of a query with one number as parameter; a log beside the file counts. */
static lv_status ask(const char *folder, const char *name, const char *sql, int64_t parameter,
                     double *values, int count, lv_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char *path = lv_path_join(folder, name);
    lv_status status =
        path != NULL ? lv_db_open(path, LV_DB_READ, PATIENCE_MS, &db, err) : LV_E_MEMORY;
    if (status == LV_OK &&
        (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK ||
         sqlite3_bind_int64(row, 1, parameter) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW)) {
        status = lv_db_fault(db, sqlite3_extended_errcode(db), path, err);
    }
    for (int i = 0; status == LV_OK && i < count; i++) {
        values[i] = sqlite3_column_double(row, i);
    }
    sqlite3_finalize(row);
    lv_db_close(db);
    free(path);
    return status;
}

static lv_status weigh_embedded(const lv_bench_world *world, lv_bench_weights *out, lv_error *err)
{
    static const char SQL[] = "SELECT page_count * page_size * ?1"
                              " FROM pragma_page_count(), pragma_page_size()";
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < 2; i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.ledger", CHANNELS[i]);
        out->names[out->count] = CHANNELS[i];
        status = ask(world->ledger, file, SQL, 1, &out->bytes[out->count++], 1, err);
    }
    return status;
}

/* ---- the whole ---- */

lv_status lv_bench_weigh(const lv_bench_world *world, const lv_bench_network *network,
                         lv_bench_weights *out, lv_error *err)
{
    lv_status status = LV_OK;
    *out = (lv_bench_weights){0};
    if (network == NULL) {
        return weigh_embedded(world, out, err);
    }
    for (size_t i = 0; status == LV_OK && i < network->storage_count; i++) {
        out->names[i] = network->storages[i].name;
        status = add_folder(network->storages[i].folder, 0, &out->bytes[i], err);
        out->count++;
    }
    return status;
}

lv_status lv_bench_weigh_records(const lv_bench_world *world, int64_t batch, double *quality,
                                 double *xor_channel, lv_error *err)
{
    double sums[2] = {0};
    lv_status status =
        ask(world->node, "state/node.db",
            "SELECT sum(length(quality)), sum(length(xor)) FROM sets WHERE batch = ?", batch, sums,
            2, err);
    *quality = sums[0];
    *xor_channel = sums[1];
    return status;
}
