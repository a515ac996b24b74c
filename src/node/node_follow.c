/* Watches that end with the node, and the worker that follows a channel with one. */
#include "base/log.h"
#include "node/node_parts.h"

static const double PAUSE_SECONDS = 2; /* after a fault that may pass */

/* ---- watches ---- */

lv_status lv_node_watch_open(lv_node *node, lv_ledger *ledger, lv_position from, lv_watch **out,
                             lv_error *err)
{
    lv_watch *watch = NULL;
    bool kept = false;
    *out = NULL;
    lv_status status = lv_watch_open(ledger, from, &watch, err);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; !kept && i < LV_NODE_WATCHES_MAX; i++) {
        if (node->watches[i] == NULL) {
            node->watches[i] = watch;
            kept = true;
        }
    }
    pthread_mutex_unlock(&node->lock);
    if (!kept) {
        lv_watch_close(watch);
        return lv_fail(err, LV_E_LIMIT, "more than %u watches in one node", LV_NODE_WATCHES_MAX);
    }
    *out = watch;
    return LV_OK;
}

lv_status lv_node_watch_next(lv_node *node, lv_watch *watch, int timeout_ms, lv_committed *out,
                             lv_error *err)
{
    *out = (lv_committed){0};
    /* The node that stops between this and the wait wakes again until its workers have ended. */
    return lv_node_stopping(node) ? LV_TIMEOUT : lv_watch_next(watch, timeout_ms, out, err);
}

void lv_node_watch_close(lv_node *node, lv_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&node->lock);
    for (size_t i = 0; i < LV_NODE_WATCHES_MAX; i++) {
        if (node->watches[i] == watch) {
            node->watches[i] = NULL;
        }
    }
    pthread_mutex_unlock(&node->lock);
    lv_watch_close(watch);
}

/* ---- following ---- */

static lv_status load_cursor(lv_node *node, const char *channel, lv_position *out, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_node_cursor_get(node, channel, out, err);
    return lv_store_end(node->store, status, err);
}

static lv_status take_one(lv_node *node, const char *channel, const lv_committed *committed,
                          lv_node_take take, lv_error *err)
{
    lv_position next = committed->position;
    next.transaction++;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = take(node, committed, err);
    if (status == LV_OK) {
        status = lv_node_cursor_set(node, channel, next, err);
    }
    status = lv_store_end(node->store, status, err);
    if (status == LV_OK) {
        lv_node_changed(node);
    }
    return status;
}

/* Follows until the node stops (LV_OK) or something fails. */
static lv_status follow(lv_node *node, lv_ledger *ledger, lv_node_take take, lv_error *err)
{
    const char *channel = lv_ledger_channel(ledger)->channel;
    lv_position from = {0};
    lv_watch *watch = NULL;
    bool caught_up = false;

    lv_status status = load_cursor(node, channel, &from, err);
    if (status == LV_OK) {
        status = lv_node_watch_open(node, ledger, from, &watch, err);
    }
    while (status == LV_OK && !lv_node_stopping(node)) {
        lv_committed committed = {0};
        status = lv_node_watch_next(node, watch, caught_up ? -1 : 0, &committed, err);
        if (status == LV_OK) {
            caught_up = false;
            status = take_one(node, channel, &committed, take, err);
            lv_committed_free(&committed);
        } else if (status == LV_TIMEOUT) {
            status = caught_up ? LV_OK : lv_node_remember_head(node, ledger, err);
            caught_up = true;
        }
    }
    lv_node_watch_close(node, watch);
    return status;
}

void lv_node_follow(lv_node *node, lv_ledger *ledger, lv_node_take take)
{
    while (!lv_node_stopping(node)) {
        lv_error err = {0};
        lv_status status = follow(node, ledger, take, &err);
        if (status == LV_OK) {
            continue;
        }
        lv_log(LV_LOG_WARN, "ledger", "channel %s: %s (%s)", lv_ledger_channel(ledger)->channel,
               err.text, lv_status_name(status));
        if (status == LV_E_CORRUPT) {
            lv_node_fault(node, status, &err);
            return;
        }
        lv_node_pause(node, PAUSE_SECONDS);
    }
}
