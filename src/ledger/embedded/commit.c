#include "base/clock.h"
#include "ledger/embedded/handle.h"
#include "ledger/embedded/merkle.h"
#include "ledger/embedded/state.h"
#include "record/digest.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The calls of one submit on their way to one block. */
typedef struct {
    lv_embedded *self;
    lv_identity *identity; /* one for all signatures */
    const lv_call *calls;
    size_t count;
    int64_t time;           /* of all transactions: when they were signed */
    lv_buffer *signed_ones; /* `count` Signed transactions */
    lv_digest *leaves;
    lv_block block;
} batch;

static lv_status call_fault(const batch *b, size_t i, lv_status status, lv_error *err)
{
    return lv_contract_fault(&b->self->channel, b->calls, b->count, i, status, err);
}

/* A certificate that has expired would sign what every verifier refuses. */
static lv_status check_certificate(const batch *b, int64_t time, lv_error *err)
{
    const char *msp = NULL;
    const lv_channel *channel = &b->self->channel;
    lv_status status = lv_trust_check_certificate(
        channel->trust, lv_identity_certificate(b->identity), time, &msp, err);
    if (status == LV_INVALID) {
        lv_error_prefix(err, "channel %s: own certificate: ", channel->channel);
    }
    return status;
}

static lv_status check_count(const lv_embedded *self, size_t count, lv_error *err)
{
    if (count == 0) {
        return lv_fail(err, LV_E_ARGUMENT, "channel %s: nothing to submit", self->channel.channel);
    }
    if (count > LV_BLOCK_TRANSACTIONS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "channel %s: %zu calls, a block holds %u",
                       self->channel.channel, count, LV_BLOCK_TRANSACTIONS_MAX);
    }
    return LV_OK;
}

/* All that needs no lock. */
static lv_status sign(batch *b, lv_error *err)
{
    lv_status status = check_certificate(b, b->time, err);
    for (size_t i = 0; status == LV_OK && i < b->count; i++) {
        status = lv_transaction_seal(b->self->channel.channel, &b->calls[i], b->time, b->identity,
                                     &b->signed_ones[i], err);
        if (status == LV_OK) {
            status = lv_merkle_leaf(lv_buffer_view(&b->signed_ones[i]), &b->leaves[i]);
        }
        status = call_fault(b, i, status, err);
    }
    return status;
}

/* ---- under the write lock ---- */

/* A transaction older than the chain by more than the tolerance would look backdated. */
static lv_status check_clock(const batch *b, const lv_tip *tip, lv_error *err)
{
    lv_status status = lv_block_check_time(b->time, b->block.time, tip, err);
    if (status == LV_INVALID) {
        lv_error_prefix(err, "channel %s: this machine's clock is behind the ledger; set it: ",
                        b->self->channel.channel);
        return LV_UNAVAILABLE;
    }
    if (status == LV_OK && b->block.time != b->time) {
        status = check_certificate(b, b->block.time, err);
    }
    return status;
}

static lv_status add_transaction(batch *b, lv_conn *conn, size_t i, lv_error *err)
{
    lv_call call = b->calls[i];
    call.submitter = b->self->msp;
    lv_status status = lv_state_write(conn, &b->self->channel, &call, err);
    sqlite3_stmt *statement = NULL;
    if (status == LV_OK) {
        status = lv_conn_statement(conn, LV_SQL_TX_ADD, &statement, err);
    }
    if (status == LV_OK) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)b->block.number);
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)i);
        status = lv_conn_bind(conn, statement, 3, lv_buffer_view(&b->signed_ones[i]), err);
    }
    return status == LV_OK ? lv_conn_run(conn, statement, err) : status;
}

static lv_status add_block(batch *b, lv_conn *conn, lv_error *err)
{
    lv_buffer header = {0};
    sqlite3_stmt *statement = NULL;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the batch's leaves are freed by who made it */
    lv_status status = lv_merkle_root(b->leaves, b->count, &b->block.merkle_root);
    if (status == LV_OK) {
        status = lv_block_seal(&b->block, b->identity, &header, err);
    }
    if (status == LV_OK) {
        status = lv_conn_statement(conn, LV_SQL_BLOCK_ADD, &statement, err);
    }
    if (status == LV_OK) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)b->block.number);
        status = lv_conn_bind(conn, statement, 2, lv_buffer_view(&header), err);
    }
    if (status == LV_OK) {
        status = lv_conn_bind(conn, statement, 3, lv_digest_view(&b->block.hash), err);
    }
    if (status == LV_OK) {
        status = lv_conn_run(conn, statement, err);
    }
    lv_buffer_free(&header);
    return status;
}

static lv_status write_block(batch *b, lv_conn *conn, const lv_tip *from, lv_error *err)
{
    lv_tip tip = {0};
    lv_status status = lv_embedded_catch_up(b->self, conn, from, &tip, err);
    if (status != LV_OK) {
        return status;
    }
    int64_t now = lv_clock_now();
    b->block = (lv_block){.number = tip.number + 1,
                          .has_previous = true,
                          .previous = tip.hash,
                          .transactions = (uint32_t)b->count,
                          .time = now > tip.time ? now : tip.time};
    memcpy(b->block.channel, b->self->channel.channel, sizeof b->block.channel);
    status = check_clock(b, &tip, err);
    for (size_t i = 0; status == LV_OK && i < b->count; i++) {
        status = call_fault(b, i, add_transaction(b, conn, i, err), err);
    }
    return status == LV_OK ? add_block(b, conn, err) : status;
}

static lv_status commit(batch *b, lv_error *err)
{
    lv_lane *lane = &b->self->writer;
    const lv_tip from = lv_embedded_tip(b->self);
    lv_status status = lv_lane_begin(b->self, lane, true, err);
    if (status == LV_OK) {
        status = lv_lane_end(lane, write_block(b, &lane->conn, &from, err), err);
    }
    if (status == LV_OK) {
        const lv_tip tip = lv_block_tip(&b->block);
        lv_embedded_advance(b->self, &tip);
        lv_embedded_ring(b->self);
    }
    return status;
}

lv_status lv_embedded_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                             lv_position *positions, lv_error *err)
{
    lv_embedded *self = (lv_embedded *)ledger;
    lv_status status = check_count(self, count, err);
    if (status != LV_OK) {
        return status;
    }
    batch b = {.self = self, .calls = calls, .count = count, .time = lv_clock_now()};
    b.identity = lv_identity_slot_get(&self->identity);
    b.signed_ones = calloc(count, sizeof *b.signed_ones);
    b.leaves = calloc(count, sizeof *b.leaves);
    status = b.signed_ones != NULL && b.leaves != NULL ? sign(&b, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = commit(&b, err);
    }
    for (size_t i = 0; positions != NULL && i < count; i++) {
        positions[i] =
            status == LV_OK ? (lv_position){b.block.number, (uint32_t)i} : (lv_position){0};
    }
    for (size_t i = 0; b.signed_ones != NULL && i < count; i++) {
        lv_buffer_free(&b.signed_ones[i]);
    }
    free(b.signed_ones);
    free(b.leaves);
    lv_identity_free(b.identity);
    return status;
}
