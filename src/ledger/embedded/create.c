#include "base/clock.h"
#include "base/file.h"
#include "ledger/embedded/conn.h"
#include "ledger/embedded/handle.h"
#include "ledger/embedded/merkle.h"
#include "ledger/embedded/schema.h"
#include "record/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The genesis: its one transaction, signed, and its header. */
typedef struct {
    lv_buffer transaction;
    lv_buffer header;
    lv_block block;
} genesis;

static lv_status make_genesis(const lv_channel *channel, lv_bytes config,
                              const lv_identity *founder, genesis *out, lv_error *err)
{
    const lv_call call = {
        .function = LV_GENESIS_FUNCTION, .arguments = &config, .argument_count = 1};
    lv_block *block = &out->block;
    block->time = lv_clock_now();
    block->transactions = 1;
    memcpy(block->channel, channel->channel, sizeof block->channel);
    lv_status status =
        lv_transaction_seal(channel->channel, &call, block->time, founder, &out->transaction, err);
    lv_digest leaf;
    if (status == LV_OK) {
        status = lv_merkle_leaf(lv_buffer_view(&out->transaction), &leaf);
    }
    if (status == LV_OK) {
        status = lv_merkle_root(&leaf, 1, &block->merkle_root);
    }
    return status == LV_OK ? lv_block_seal(block, founder, &out->header, err) : status;
}

static lv_status add_genesis(lv_conn *conn, const genesis *g, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(conn, LV_SQL_TX_ADD, &statement, err);
    if (status == LV_OK) {
        sqlite3_bind_int64(statement, 1, 0);
        sqlite3_bind_int64(statement, 2, 0);
        status = lv_conn_bind(conn, statement, 3, lv_buffer_view(&g->transaction), err);
    }
    if (status == LV_OK) {
        status = lv_conn_run(conn, statement, err);
    }
    if (status == LV_OK) {
        status = lv_conn_statement(conn, LV_SQL_BLOCK_ADD, &statement, err);
    }
    if (status == LV_OK) {
        sqlite3_bind_int64(statement, 1, 0);
        status = lv_conn_bind(conn, statement, 2, lv_buffer_view(&g->header), err);
    }
    if (status == LV_OK) {
        status = lv_conn_bind(conn, statement, 3, lv_digest_view(&g->block.hash), err);
    }
    return status == LV_OK ? lv_conn_run(conn, statement, err) : status;
}

/* Writes tables and genesis to a file that nobody else knows yet. */
static lv_status fill_file(const char *path, const char *channel, const genesis *g, lv_error *err)
{
    lv_conn conn = {.path = strdup(path)};
    lv_status status =
        conn.path != NULL ? lv_db_open(path, LV_DB_WRITE, 0, &conn.db, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = lv_conn_begin(&conn, true, err);
        if (status == LV_OK) {
            status = lv_schema_make(conn.db, path, channel, err);
            status = lv_conn_end(&conn, status == LV_OK ? add_genesis(&conn, g, err) : status, err);
        }
    }
    lv_conn_close(&conn); /* brings everything from the WAL into the file */
    return status;
}

static lv_status sync_path(const char *path, int flags, lv_error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        lv_status status = lv_fail(err, LV_E_IO, "%s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    close(fd);
    return LV_OK;
}

/* Gives the finished file its name, if nothing has it: several may found a channel at once. */
static lv_status publish_file(const char *temporary, const char *folder, const char *path,
                              lv_error *err)
{
    lv_status status = sync_path(temporary, O_RDONLY, err);
    if (status == LV_OK && link(temporary, path) != 0) {
        status = lv_fail(err, errno == EEXIST ? LV_EXISTS : LV_E_IO, "%s: cannot make it: %s", path,
                         strerror(errno));
    }
    return status == LV_OK ? sync_path(folder, O_RDONLY | O_DIRECTORY, err) : status;
}

static lv_status make_file(const char *folder, const char *path, const char *channel,
                           const genesis *g, lv_error *err)
{
    lv_buffer temporary = {0};
    lv_status status = lv_buffer_printf(&temporary, "%s.new-XXXXXX", path);
    if (status != LV_OK) {
        return status;
    }
    char *name = (char *)temporary.data;
    int fd = mkostemp(name, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        status = lv_fail(err, LV_E_IO, "%s: cannot make it: %s", path, strerror(errno));
    } else {
        close(fd);
        status = fill_file(name, channel, g, err);
        if (status == LV_OK) {
            status = publish_file(name, folder, path, err);
        }
        unlink(name);
    }
    lv_buffer_free(&temporary);
    return status;
}

/* Encodes the channel, which holds it against its rules, and asks for a founder of its own. */
static lv_status check_channel(const lv_channel *channel, const lv_identity *founder,
                               lv_buffer *config, lv_error *err)
{
    const char *own = lv_identity_msp(founder);
    const char *msp = NULL;
    lv_channel read = {0};
    lv_status status = lv_channel_encode(channel, config, err);
    if (status == LV_OK) {
        status = lv_channel_decode(lv_buffer_view(config), &read, err);
    }
    if (status == LV_OK) {
        status = lv_trust_check_certificate(read.trust, lv_identity_certificate(founder),
                                            lv_clock_now(), &msp, err);
        if (status == LV_INVALID || (status == LV_OK && strcmp(msp, own) != 0)) {
            lv_error_prefix(err, "channel %s: its founder %s is no member: ", channel->channel,
                            own);
            status = LV_REFUSED;
        }
    }
    lv_channel_free(&read);
    return status;
}

lv_status lv_embedded_create(const char *folder, const lv_channel *channel,
                             const lv_identity *founder, lv_error *err)
{
    char *path = NULL;
    lv_buffer config = {0};
    genesis g = {0};
    lv_status status = lv_embedded_path(folder, channel->channel, &path, err);
    if (status == LV_OK && lv_file_exists(path)) {
        status = lv_fail(err, LV_EXISTS, "%s: there is a ledger already", path);
    }
    if (status == LV_OK) {
        status = check_channel(channel, founder, &config, err);
    }
    if (status == LV_OK) {
        status = lv_folder_make(folder, err);
    }
    if (status == LV_OK) {
        status = make_genesis(channel, lv_buffer_view(&config), founder, &g, err);
    }
    if (status == LV_OK) {
        status = make_file(folder, path, channel->channel, &g, err);
    }
    lv_buffer_free(&g.transaction);
    lv_buffer_free(&g.header);
    lv_buffer_free(&config);
    free(path);
    return status;
}
