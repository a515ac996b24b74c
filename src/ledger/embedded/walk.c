#include "ledger/embedded/walk.h"
#include "ledger/embedded/merkle.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What does not hold in a file is damage, whatever it is called where it was found. */
static lv_status as_corrupt(lv_status status)
{
    switch (status) {
    case LV_OK:
    case LV_UNAVAILABLE:
    case LV_E_MEMORY:
    case LV_E_RANDOM:
    case LV_E_IO:
    case LV_E_CRYPTO:
        return status;
    default:
        return LV_E_CORRUPT;
    }
}

static lv_status block_fault(lv_status status, const char *path, uint64_t number, lv_error *err)
{
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: block %" PRIu64 ": ", path, number);
    }
    return as_corrupt(status);
}

lv_status lv_walk_head(lv_conn *conn, uint64_t *number, lv_error *err)
{
    *number = 0;
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(conn, LV_SQL_HEAD, &statement, err);
    if (status != LV_OK) {
        return status;
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *number = (uint64_t)sqlite3_column_int64(statement, 0);
    } else {
        status = code == SQLITE_DONE
                     ? lv_fail(err, LV_E_CORRUPT, "%s: has no block at all", conn->path)
                     : lv_conn_fault(conn, err);
    }
    sqlite3_reset(statement);
    return status;
}

/* Lends the row of a block until the statement moves. */
static lv_status block_row(lv_conn *conn, uint64_t number, sqlite3_stmt **row, lv_error *err)
{
    lv_status status = lv_conn_statement(conn, LV_SQL_BLOCK, row, err);
    if (status != LV_OK) {
        return status;
    }
    sqlite3_bind_int64(*row, 1, (sqlite3_int64)number);
    int code = sqlite3_step(*row);
    if (code == SQLITE_ROW) {
        return LV_OK;
    }
    return code == SQLITE_DONE
               ? lv_fail(err, LV_NOT_FOUND, "%s: has no block %" PRIu64, conn->path, number)
               : lv_conn_fault(conn, err);
}

static lv_status check_hash_column(sqlite3_stmt *row, const lv_block *block, lv_error *err)
{
    lv_bytes stored = lv_conn_column(row, 1);
    if (stored.len != LV_DIGEST_LEN || memcmp(stored.data, block->hash.bytes, stored.len) != 0) {
        return lv_fail(err, LV_E_CORRUPT, "its stored hash is not that of its header");
    }
    return LV_OK;
}

lv_status lv_walk_peek(lv_conn *conn, uint64_t number, lv_block *out, lv_error *err)
{
    *out = (lv_block){0};
    sqlite3_stmt *row = NULL;
    lv_status status = block_row(conn, number, &row, err);
    if (status == LV_OK) {
        status = lv_block_peek(lv_conn_column(row, 0), out, err);
        if (status == LV_OK) {
            status = check_hash_column(row, out, err);
        }
        status = block_fault(status, conn->path, number, err);
    }
    sqlite3_reset(row);
    return status;
}

lv_status lv_walk_header(lv_conn *conn, const lv_channel *channel, const lv_tip *previous,
                         lv_block *out, lv_error *err)
{
    *out = (lv_block){0};
    uint64_t number = previous != NULL ? previous->number + 1 : 0;
    sqlite3_stmt *row = NULL;
    lv_status status = block_row(conn, number, &row, err);
    if (status == LV_OK) {
        status = lv_block_open(lv_conn_column(row, 0), channel, out, err);
        if (status == LV_OK) {
            status = check_hash_column(row, out, err);
        }
        if (status == LV_OK) {
            status = lv_block_check_link(out, previous, err);
        }
        status = block_fault(status, conn->path, number, err);
    }
    sqlite3_reset(row);
    return status;
}

lv_status lv_walk_bytes(lv_conn *conn, uint64_t block, uint32_t position, lv_buffer *out,
                        lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(conn, LV_SQL_TX, &statement, err);
    if (status != LV_OK) {
        return status;
    }
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)block);
    sqlite3_bind_int64(statement, 2, position);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        lv_bytes found = lv_conn_column(statement, 0);
        status = lv_buffer_append(out, found.data, found.len);
    } else {
        status = code == SQLITE_DONE ? lv_fail(err, LV_NOT_FOUND, "is missing")
                                     : lv_conn_fault(conn, err);
    }
    sqlite3_reset(statement);
    return status;
}

/* ---- the transactions of a block ---- */

typedef struct {
    lv_conn *conn;
    const lv_channel *channel;
    const lv_tip *previous;
    const lv_block *block;
    lv_visit visit;
    void *context;
} walk;

static lv_status check_transaction(const walk *w, uint32_t position, lv_bytes bytes,
                                   const lv_digest *leaf, lv_error *err)
{
    lv_transaction transaction = {0};
    lv_status status = lv_transaction_open(bytes, w->channel, &transaction, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_block_check_time(transaction.time, w->block->time, w->previous, err);
    if (status == LV_OK && w->visit != NULL) {
        const lv_visited visited = {.block = w->block->number,
                                    .position = position,
                                    .bytes = bytes,
                                    .leaf = *leaf,
                                    .transaction = &transaction};
        status = w->visit(w->context, &visited, err);
    }
    lv_transaction_free(&transaction);
    return status;
}

static lv_status walk_transaction(const walk *w, uint32_t position, lv_digest *leaf, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_status status = lv_walk_bytes(w->conn, w->block->number, position, &bytes, err);
    if (status == LV_OK) {
        status = lv_merkle_leaf(lv_buffer_view(&bytes), leaf);
    }
    if (status == LV_OK) {
        status = check_transaction(w, position, lv_buffer_view(&bytes), leaf, err);
    }
    lv_buffer_free(&bytes);
    if (status != LV_OK) {
        lv_error_prefix(err, "transaction %" PRIu32 ": ", position);
    }
    return status;
}

static lv_status check_count(const walk *w, lv_error *err)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(w->conn, LV_SQL_TX_COUNT, &statement, err);
    if (status != LV_OK) {
        return status;
    }
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)w->block->number);
    if (sqlite3_step(statement) != SQLITE_ROW) {
        status = lv_conn_fault(w->conn, err);
    } else if (sqlite3_column_int64(statement, 0) != (sqlite3_int64)w->block->transactions) {
        status = lv_fail(err, LV_E_CORRUPT, "has %lld transactions, its header says %" PRIu32,
                         (long long)sqlite3_column_int64(statement, 0), w->block->transactions);
    }
    sqlite3_reset(statement);
    return status;
}

static lv_status walk_transactions(const walk *w, lv_error *err)
{
    lv_status status = check_count(w, err);
    if (status != LV_OK) {
        return status;
    }
    lv_digest *leaves = calloc(w->block->transactions, sizeof *leaves);
    if (leaves == NULL) {
        return LV_E_MEMORY;
    }
    for (uint32_t i = 0; status == LV_OK && i < w->block->transactions; i++) {
        status = walk_transaction(w, i, &leaves[i], err);
    }
    lv_digest root;
    if (status == LV_OK) {
        status = lv_merkle_root(leaves, w->block->transactions, &root);
    }
    if (status == LV_OK && !lv_digest_equal(&root, &w->block->merkle_root)) {
        status = lv_fail(err, LV_E_CORRUPT,
                         "its transactions are not those of the Merkle root in its header");
    }
    free(leaves);
    return status;
}

lv_status lv_walk_block(lv_conn *conn, const lv_channel *channel, const lv_tip *previous,
                        lv_visit visit, void *context, lv_block *out, lv_error *err)
{
    lv_status status = lv_walk_header(conn, channel, previous, out, err);
    if (status != LV_OK) {
        return status;
    }
    const walk w = {.conn = conn,
                    .channel = channel,
                    .previous = previous,
                    .block = out,
                    .visit = visit,
                    .context = context};
    return block_fault(walk_transactions(&w, err), conn->path, out->number, err);
}

/* ---- the genesis ---- */

/* Reads the configuration from the first transaction. What it says is only believed once the
 * genesis has proved to be signed by one of those that it names. */
static lv_status read_config(lv_conn *conn, const char *name, lv_channel *out, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_transaction genesis = {0};
    lv_status status = lv_walk_bytes(conn, 0, 0, &bytes, err);
    if (status == LV_OK) {
        status = lv_transaction_peek(lv_buffer_view(&bytes), &genesis, err);
    }
    if (status == LV_OK &&
        (strcmp(genesis.function, LV_GENESIS_FUNCTION) != 0 || genesis.argument_count != 1)) {
        status = lv_fail(err, LV_E_CORRUPT, "is no genesis");
    }
    if (status == LV_OK) {
        status = lv_channel_decode(lv_buffer_view(&genesis.arguments[0]), out, err);
    }
    if (status == LV_OK && strcmp(out->channel, name) != 0) {
        status = lv_fail(err, LV_E_CORRUPT, "is the genesis of channel %s, not of %s", out->channel,
                         name);
        lv_channel_free(out);
    }
    lv_transaction_free(&genesis);
    lv_buffer_free(&bytes);
    if (status != LV_OK) {
        lv_error_prefix(err, "transaction 0: ");
    }
    return block_fault(status, conn->path, 0, err);
}

lv_status lv_walk_genesis(lv_conn *conn, const char *name, lv_channel *channel, lv_tip *out,
                          lv_error *err)
{
    *channel = (lv_channel){0};
    *out = (lv_tip){0};
    lv_status status = read_config(conn, name, channel, err);
    if (status != LV_OK) {
        return status;
    }
    lv_block block = {0};
    status = lv_walk_block(conn, channel, NULL, NULL, NULL, &block, err);
    if (status == LV_NOT_FOUND) {
        status = LV_E_CORRUPT;
    }
    if (status == LV_OK && block.transactions != 1) {
        status = lv_fail(err, LV_E_CORRUPT, "%s: block 0: has more than the genesis", conn->path);
    }
    if (status != LV_OK) {
        lv_channel_free(channel);
        return status;
    }
    *out = lv_block_tip(&block);
    return LV_OK;
}
