#include "node/upstream.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

/* followed  the series whose records have been looked for from the channel's beginning on
 * sets      a followed quality record; `purchase` (Signed) is stored before it is first sent, so
 *           that a retry sends the same bytes; `xor` and `receipt` when they were checked.
 *           `decimals` and `offset` are NULL where the record tells no scale. `due`: milliseconds
 *           of the monotonic clock, counted anew from 0 at each start
 * purchased the digests of all purchases that were made for a set, also of those that were refused
 * pair      of a set
 * asked     a `question` (a word) about a pair; `bound` is the limit of a threshold in steps of the
 *           series, else 0. `inquiry` (Signed) is stored before it is first sent
 * verdict   what the checked answer said; `place` and `scale` are NULL where it tells none
 * alarm     a verdict that the rule of its series holds to be worth one */
static const char *const lv_upstream_schema[] = {
    "CREATE TABLE followed(downstream TEXT NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(downstream, series)) STRICT;"
    "CREATE TABLE sets(id INTEGER PRIMARY KEY AUTOINCREMENT, set_id BLOB NOT NULL UNIQUE,"
    " downstream TEXT NOT NULL, series TEXT NOT NULL, sequence INTEGER NOT NULL,"
    " suite TEXT NOT NULL, key_bits INTEGER NOT NULL, width INTEGER NOT NULL,"
    " pairs INTEGER NOT NULL, unit TEXT NOT NULL, decimals INTEGER, offset INTEGER,"
    " distance INTEGER NOT NULL, state TEXT NOT NULL, error TEXT, quality BLOB NOT NULL,"
    " purchase BLOB, xor BLOB, receipt BLOB, attempts INTEGER NOT NULL DEFAULT 0,"
    " due INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE purchased(set_row INTEGER NOT NULL, digest BLOB NOT NULL,"
    " PRIMARY KEY(set_row, digest)) STRICT;"
    "CREATE INDEX sets_due ON sets(state, due, id);"
    "CREATE TABLE pair(set_row INTEGER NOT NULL, pair INTEGER NOT NULL,"
    " earlier_lot TEXT NOT NULL, later_lot TEXT NOT NULL, earlier_time TEXT NOT NULL,"
    " later_time TEXT NOT NULL, basis TEXT NOT NULL, parents TEXT NOT NULL,"
    " PRIMARY KEY(set_row, pair)) STRICT;"
    "CREATE TABLE asked(set_row INTEGER NOT NULL, pair INTEGER NOT NULL, question TEXT NOT NULL,"
    " bound INTEGER NOT NULL, inquiry BLOB NOT NULL, answer BLOB,"
    " PRIMARY KEY(set_row, pair, question, bound)) STRICT;"
    "CREATE TABLE verdict(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " set_row INTEGER NOT NULL, pair INTEGER NOT NULL, question TEXT NOT NULL,"
    " bound INTEGER NOT NULL, verdict TEXT NOT NULL, place INTEGER, scale INTEGER,"
    " proved INTEGER NOT NULL, UNIQUE(set_row, pair, question, bound)) STRICT;"
    "CREATE TABLE alarm(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " verdict_row INTEGER NOT NULL UNIQUE, rule TEXT NOT NULL, reason TEXT NOT NULL) STRICT;",
    NULL,
};

lv_upstream *lv_upstream_of(lv_node *node) { return node->state; }

const lv_config_follow *lv_upstream_follow(const lv_node *node, const char *downstream,
                                           const char *series)
{
    for (size_t i = 0; i < node->config->follow_count; i++) {
        const lv_config_follow *at = &node->config->follows[i];
        if (strcmp(at->downstream, downstream) == 0 && strcmp(at->series, series) == 0) {
            return at;
        }
    }
    return NULL;
}

/* ---- starting ---- */

static lv_status note_follow(lv_node *node, const lv_config_follow *follow, bool *fresh,
                             lv_error *err)
{
    lv_status status = lv_store_run(
        node->store, err, "INSERT OR IGNORE INTO followed(downstream, series) VALUES(?, ?)", "ss",
        follow->downstream, follow->series);
    *fresh = *fresh || (status == LV_OK && lv_store_changes(node->store) > 0);
    return status;
}

/* A series that is followed from now on may have records behind the cursor. Reading the channel
 * again from its beginning adds those; what is known already stays as it is. */
static lv_status note_follows(lv_node *node, lv_error *err)
{
    bool fresh = false;
    lv_status status = LV_OK;

    for (size_t i = 0; status == LV_OK && i < node->config->follow_count; i++) {
        status = note_follow(node, &node->config->follows[i], &fresh, err);
    }
    if (status == LV_OK && fresh) {
        status =
            lv_node_cursor_set(node, node->config->quality_channel, (lv_position){.block = 1}, err);
    }
    return status;
}

/* The clock that retries are due by begins anew, so everything is tried at once. */
static lv_status reset_due(lv_node *node, lv_error *err)
{
    return lv_store_run(node->store, err, "UPDATE sets SET due = 0, attempts = 0", "");
}

static lv_status start(lv_node *node, lv_error *err)
{
    lv_upstream *own = calloc(1, sizeof *own);

    node->state = own;
    if (own == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&own->step_lock, NULL);
    if (node->quality == NULL) {
        return lv_fail(err, LV_E_CONFIG,
                       "config.yaml: an upstream reads the quality channel: name "
                       "ledger.quality");
    }
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = note_follows(node, err);
    if (status == LV_OK) {
        status = reset_due(node, err);
    }
    return lv_store_end(node->store, status, err);
}

static void stop(lv_node *node)
{
    lv_upstream *own = lv_upstream_of(node);
    if (own != NULL) {
        pthread_mutex_destroy(&own->step_lock);
    }
}

static const lv_route routes[] = {
    {LV_HTTP_CONTROL, "GET", "/v1/series", lv_upstream_series_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets", lv_upstream_sets_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets/*/records", lv_upstream_records_get},
    {LV_HTTP_CONTROL, "POST", "/v1/sets/*/buy", lv_upstream_buy_post},
    {LV_HTTP_CONTROL, "POST", "/v1/sets/*/inquire", lv_upstream_inquire_post},
    {LV_HTTP_CONTROL, "GET", "/v1/verdicts", lv_upstream_verdicts_get},
    {LV_HTTP_CONTROL, "GET", "/v1/alarms", lv_upstream_alarms_get},
    {LV_HTTP_CONTROL, "GET", "/v1/trace/*", lv_upstream_trace_get},
    {0},
};

static void (*const workers[])(lv_node *) = {lv_upstream_watch, lv_upstream_work, NULL};

const lv_role_table lv_role_upstream = {
    .migrations = lv_upstream_schema,
    .routes = routes,
    .start = start,
    .workers = workers,
    .stop = stop,
};
