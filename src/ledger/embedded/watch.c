#include "base/clock.h"
#include "ledger/embedded/bell.h"
#include "ledger/embedded/handle.h"
#include "ledger/embedded/merkle.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A transaction of the present block that was checked and has not been handed out yet. */
typedef struct {
    lv_digest leaf;
    const char *submitter;
} checked;

/* One thread waits on a watch at a time; only its bell is for others too. */
typedef struct {
    lv_watch base; /* first: a lv_watch * is one of these */
    lv_conn conn;
    lv_bell bell;
    lv_position next;
    lv_tip before; /* the block before next.block */
    bool loaded;   /* is next.block checked, and in `transactions`? */
    lv_tip tip;    /* then: its own */
    checked *transactions;
    uint32_t count;
} watch;

/* ---- one block at a time ---- */

static lv_status note(void *context, const lv_visited *visited, lv_error *err)
{
    watch *self = context;
    (void)err;
    size_t count = (size_t)visited->position + 1;
    checked *grown = realloc(self->transactions, count * sizeof *grown);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    self->transactions = grown;
    grown[visited->position] =
        (checked){.leaf = visited->leaf, .submitter = visited->transaction->submitter};
    return LV_OK;
}

/* No block follows: then the one before must still be the newest. */
static lv_status check_end(watch *self, lv_error *err)
{
    uint64_t head = 0;
    lv_status status = lv_walk_head(&self->conn, &head, err);
    if (status == LV_OK && head != self->before.number) {
        status = lv_fail(err, LV_E_CORRUPT,
                         "%s: block %" PRIu64 " was seen, and now it ends with %" PRIu64,
                         self->conn.path, self->before.number, head);
    }
    return status == LV_OK ? LV_NOT_FOUND : status;
}

static lv_status load_block(watch *self, lv_error *err)
{
    const lv_channel *channel = lv_ledger_channel(self->base.ledger);
    lv_block block = {0};
    lv_status status = lv_walk_block(&self->conn, channel, &self->before, note, self, &block, err);
    if (status == LV_NOT_FOUND) {
        return check_end(self, err);
    }
    if (status == LV_OK) {
        self->tip = lv_block_tip(&block);
        self->count = block.transactions;
        self->loaded = true;
    }
    return status;
}

static lv_status fill(lv_transaction *transaction, const watch *self, lv_committed *out)
{
    out->position = self->next;
    memcpy(out->function, transaction->function, sizeof out->function);
    out->submitter = self->transactions[self->next.transaction].submitter;
    out->arguments = transaction->arguments;
    out->argument_count = transaction->argument_count;
    transaction->arguments = NULL; /* now the caller's */
    transaction->argument_count = 0;
    return LV_OK;
}

/* Reads a transaction of the loaded block again: its bytes were checked if their hash is the one
 * that was noted. */
static lv_status hand_out(watch *self, lv_committed *out, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_transaction transaction = {0};
    lv_digest leaf;
    lv_status status =
        lv_walk_bytes(&self->conn, self->next.block, self->next.transaction, &bytes, err);
    if (status == LV_OK) {
        status = lv_merkle_leaf(lv_buffer_view(&bytes), &leaf);
    }
    if (status == LV_OK &&
        !lv_digest_equal(&leaf, &self->transactions[self->next.transaction].leaf)) {
        status = LV_INVALID;
    }
    if (status == LV_OK) {
        status = lv_transaction_peek(lv_buffer_view(&bytes), &transaction, err);
    }
    if (status == LV_OK) {
        status = fill(&transaction, self, out);
    }
    lv_transaction_free(&transaction);
    lv_buffer_free(&bytes);
    if (status > 0) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: block %" PRIu64 ": transaction %" PRIu32 ": changed while it was read",
                       self->conn.path, self->next.block, self->next.transaction);
    }
    return status;
}

/* LV_NOT_FOUND: nothing yet. */
static lv_status look(watch *self, lv_committed *out, lv_error *err)
{
    for (;;) {
        lv_status status = self->loaded ? LV_OK : load_block(self, err);
        if (status != LV_OK) {
            return status;
        }
        if (self->next.transaction < self->count) {
            status = hand_out(self, out, err);
            self->next.transaction += status == LV_OK ? 1 : 0;
            return status;
        }
        self->before = self->tip;
        self->next = (lv_position){.block = self->tip.number + 1};
        self->loaded = false;
    }
}

static lv_status look_once(watch *self, lv_committed *out, lv_error *err)
{
    lv_status status = lv_conn_begin(&self->conn, false, err);
    return status == LV_OK ? lv_conn_end(&self->conn, look(self, out, err), err) : status;
}

lv_status lv_embedded_watch_next(lv_watch *base, int timeout_ms, lv_committed *out, lv_error *err)
{
    watch *self = (watch *)base;
    *out = (lv_committed){0};
    double deadline = timeout_ms < 0 ? -1.0 : lv_clock_seconds() + (double)timeout_ms / 1000.0;
    for (;;) {
        lv_status status = look_once(self, out, err);
        if (status == LV_OK) {
            lv_bell_found(&self->bell);
            return LV_OK;
        }
        lv_bell_event event = LV_BELL_TIME_UP;
        if (status == LV_NOT_FOUND) {
            status = lv_bell_wait(&self->bell, deadline, &event, err);
        }
        if (status != LV_OK) {
            return status;
        }
        if (event != LV_BELL_LOOK) {
            return LV_TIMEOUT;
        }
    }
}

void lv_embedded_watch_wake(lv_watch *base) { lv_bell_wake(&((watch *)base)->bell); }

/* ---- opening ---- */

/* The block before the first one wanted is where the chain is taken up. */
static lv_status anchor(watch *self, lv_error *err)
{
    lv_block block = {0};
    lv_block earlier = {0};
    uint64_t number = self->next.block - 1;
    lv_status status = LV_OK;
    if (number > 0) {
        status = lv_walk_peek(&self->conn, number - 1, &earlier, err);
    }
    if (status == LV_OK) {
        const lv_tip previous = lv_block_tip(&earlier);
        status = lv_walk_header(&self->conn, lv_ledger_channel(self->base.ledger),
                                number > 0 ? &previous : NULL, &block, err);
    }
    if (status == LV_NOT_FOUND) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: block %" PRIu64 " was read once and is not there any more",
                       self->conn.path, number);
    }
    self->before = lv_block_tip(&block);
    return status;
}

static lv_status open_watch(watch *self, const lv_embedded *ledger, lv_error *err)
{
    lv_buffer name = {0};
    lv_status status = lv_buffer_printf(&name, "%s.ledger", ledger->channel.channel);
    if (status == LV_OK) {
        status = lv_bell_open(ledger->folder, lv_buffer_text(&name), &self->bell, err);
    }
    lv_buffer_free(&name);
    if (status == LV_OK) {
        status = lv_conn_open(ledger->path, ledger->channel.channel, LV_DB_WRITE, &self->conn, err);
    }
    if (status == LV_OK) {
        status = lv_conn_begin(&self->conn, false, err);
    }
    return status == LV_OK ? lv_conn_end(&self->conn, anchor(self, err), err) : status;
}

lv_status lv_embedded_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out, lv_error *err)
{
    *out = NULL;
    if (from.block > INT64_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no block %" PRIu64, from.block);
    }
    watch *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return LV_E_MEMORY;
    }
    self->base.ledger = ledger;
    self->bell = (lv_bell){.inotify_fd = -1, .wake_fd = -1};
    self->next = from.block > 0 ? from : (lv_position){.block = 1}; /* the genesis is no write */
    lv_status status = open_watch(self, (const lv_embedded *)ledger, err);
    if (status != LV_OK) {
        lv_embedded_watch_close(&self->base);
        return status;
    }
    *out = &self->base;
    return LV_OK;
}

void lv_embedded_watch_close(lv_watch *base)
{
    watch *self = (watch *)base;
    lv_conn_close(&self->conn);
    lv_bell_close(&self->bell);
    free(self->transactions);
    free(self);
}
