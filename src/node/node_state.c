/* The node's clockwork and what it remembers of a channel. */
#include "base/clock.h"
#include "node/node_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

const char *const lv_node_schema[2] = {
    "CREATE TABLE head("
    "  channel TEXT PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE cursor("
    "  channel TEXT PRIMARY KEY, block INTEGER NOT NULL, tx INTEGER NOT NULL) STRICT;"
    "CREATE TABLE vault("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), mark BLOB NOT NULL) STRICT;",
    NULL,
};

/* ---- clockwork ---- */

int lv_node_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int failed = pthread_condattr_init(&attributes);
    if (failed != 0) {
        return failed;
    }
    failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failed = failed != 0 ? failed : pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return failed;
}

lv_status lv_node_clockwork_open(lv_node *node, lv_error *err)
{
    node->started = lv_clock_seconds();
    lv_identity_slot_init(&node->identity, NULL);
    node->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (node->stop_fd < 0) {
        return lv_fail(err, LV_E_IO, "cannot make an eventfd: %s", strerror(errno));
    }
    if (pthread_mutex_init(&node->lock, NULL) != 0) {
        close(node->stop_fd);
        return LV_E_MEMORY;
    }
    if (lv_node_condition_init(&node->changed) != 0) {
        pthread_mutex_destroy(&node->lock);
        close(node->stop_fd);
        return LV_E_MEMORY;
    }
    return LV_OK;
}

void lv_node_clockwork_close(lv_node *node)
{
    pthread_cond_destroy(&node->changed);
    pthread_mutex_destroy(&node->lock);
    lv_identity_slot_clear(&node->identity);
    close(node->stop_fd);
}

lv_identity *lv_node_identity(lv_node *node) { return lv_identity_slot_get(&node->identity); }

void lv_node_wake_watches(lv_node *node)
{
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; i < LV_NODE_WATCHES_MAX; i++) {
        if (node->watches[i] != NULL) {
            lv_watch_wake(node->watches[i]);
        }
    }
    pthread_mutex_unlock(&node->lock);
}

void lv_node_stop(lv_node *node)
{
    static const uint64_t one = 1;
    pthread_mutex_lock(&node->lock);
    node->stopping = true;
    pthread_cond_broadcast(&node->changed);
    pthread_mutex_unlock(&node->lock);
    lv_node_wake_watches(node);
    /* It can only fail where the counter is full: then the waiting thread is woken anyway. */
    ssize_t written = write(node->stop_fd, &one, sizeof one);
    (void)written;
}

void lv_node_fault(lv_node *node, lv_status status, const lv_error *err)
{
    pthread_mutex_lock(&node->lock);
    if (node->fault == LV_OK) {
        node->fault = status;
        if (err != NULL) {
            node->fault_words = *err;
        }
    }
    pthread_mutex_unlock(&node->lock);
    lv_node_stop(node);
}

bool lv_node_stopping(lv_node *node)
{
    pthread_mutex_lock(&node->lock);
    bool stopping = node->stopping;
    pthread_mutex_unlock(&node->lock);
    return stopping;
}

void lv_node_changed(lv_node *node)
{
    pthread_mutex_lock(&node->lock);
    node->version++;
    pthread_cond_broadcast(&node->changed);
    pthread_mutex_unlock(&node->lock);
}

uint64_t lv_node_version(lv_node *node)
{
    pthread_mutex_lock(&node->lock);
    uint64_t version = node->version;
    pthread_mutex_unlock(&node->lock);
    return version;
}

struct timespec lv_node_moment(double seconds)
{
    time_t whole = (time_t)seconds;
    return (struct timespec){.tv_sec = whole, .tv_nsec = (long)((seconds - (double)whole) * 1e9)};
}

void lv_node_wait(lv_node *node, uint64_t seen, double seconds)
{
    if (!(seconds > 0)) {
        return;
    }
    const struct timespec deadline = lv_node_moment(lv_clock_seconds() + seconds);
    int result = 0;
    pthread_mutex_lock(&node->lock);
    while (node->version == seen && !node->stopping && result == 0) {
        result = pthread_cond_timedwait(&node->changed, &node->lock, &deadline);
    }
    pthread_mutex_unlock(&node->lock);
}

void lv_node_pause(lv_node *node, double seconds)
{
    double until = lv_clock_seconds() + seconds;
    while (lv_clock_seconds() < until && !lv_node_stopping(node)) {
        lv_node_wait(node, lv_node_version(node), until - lv_clock_seconds());
    }
}

/* ---- heads ---- */

lv_status lv_node_seen_head(lv_node *node, const char *channel, lv_head *out, bool *known,
                            lv_error *err)
{
    sqlite3_stmt *row = NULL;
    *known = false;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_query(node->store, err, &row,
                            "SELECT block, hash FROM head WHERE channel = ?", "s", channel);
    if (status == LV_OK) {
        status = lv_store_next(node->store, row, err);
    }
    if (status == LV_OK && lv_store_bytes(row, 1).len != sizeof out->hash.bytes) {
        status = lv_fail(err, LV_E_CORRUPT,
                         "state/node.db: the remembered head of channel %s is "
                         "damaged",
                         channel);
    }
    if (status == LV_OK) {
        *known = true;
        out->block = (uint64_t)sqlite3_column_int64(row, 0);
        memcpy(out->hash.bytes, lv_store_bytes(row, 1).data, sizeof out->hash.bytes);
    }
    if (row != NULL) {
        lv_store_done(row);
    }
    return lv_store_end(node->store, status == LV_NOT_FOUND ? LV_OK : status, err);
}

/* Two threads may remember at once: the later block stays. */
static lv_status save_head(lv_node *node, const char *channel, const lv_head *head, lv_error *err)
{
    lv_bytes hash = {.data = head->hash.bytes, .len = sizeof head->hash.bytes};
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "INSERT INTO head(channel, block, hash) VALUES (?, ?, ?)"
                          " ON CONFLICT(channel) DO UPDATE SET block = excluded.block,"
                          " hash = excluded.hash WHERE excluded.block > block",
                          "sib", channel, (int64_t)head->block, hash);
    return lv_store_end(node->store, status, err);
}

static lv_status remember_head(lv_node *node, lv_ledger *ledger, lv_error *err)
{
    const char *channel = lv_ledger_channel(ledger)->channel;
    lv_head old = {0};
    lv_head head = {0};
    bool known = false;

    lv_status status = lv_node_seen_head(node, channel, &old, &known, err);
    if (status == LV_OK && known) {
        status = lv_ledger_check_head(ledger, &old, err);
        if (status == LV_E_CORRUPT) {
            lv_error_prefix(
                err, "channel %s is not the one that this node saw before (block %" PRIu64 "): ",
                channel, old.block);
        }
    }
    if (status == LV_OK) {
        status = lv_ledger_head(ledger, &head, err);
    }
    if (status == LV_OK && (!known || head.block > old.block)) {
        status = save_head(node, channel, &head, err);
    }
    return status;
}

lv_status lv_node_remember_head(lv_node *node, lv_ledger *ledger, lv_error *err)
{
    lv_error words = {0};
    lv_probe *probe = ledger == node->quality ? node->quality_probe : node->xor_probe;
    lv_status status = remember_head(node, ledger, &words);
    if (status == LV_OK) {
        lv_probe_note(probe, NULL);
    } else if (status == LV_UNAVAILABLE || status == LV_TIMEOUT) {
        lv_probe_note(probe, &words);
    }
    if (status != LV_OK && err != NULL) {
        *err = words;
    }
    return status;
}

/* ---- cursors ---- */

lv_status lv_node_cursor_get(lv_node *node, const char *channel, lv_position *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (lv_position){.block = 1};
    lv_status status = lv_store_query(
        node->store, err, &row, "SELECT block, tx FROM cursor WHERE channel = ?", "s", channel);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_next(node->store, row, err);
    if (status == LV_OK) {
        out->block = (uint64_t)sqlite3_column_int64(row, 0);
        out->transaction = (uint32_t)sqlite3_column_int64(row, 1);
    }
    lv_store_done(row);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

lv_status lv_node_cursor_set(lv_node *node, const char *channel, lv_position next, lv_error *err)
{
    return lv_store_run(node->store, err,
                        "INSERT INTO cursor(channel, block, tx) VALUES (?, ?, ?)"
                        " ON CONFLICT(channel) DO UPDATE SET block = excluded.block,"
                        " tx = excluded.tx",
                        "sii", channel, (int64_t)next.block, (int64_t)next.transaction);
}
