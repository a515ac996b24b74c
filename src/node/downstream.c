#include "node/downstream.h"
#include "base/log.h"
#include "base/reader.h"
#include "base/writer.h"
#include "node/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* series       how the values of a series were scaled when its first ones came; never changes
 * batch        one accepted file; `key` finds the same request again (downstream_rows.c)
 * measurement  `value` is sealed under "value/<series>/<lot>"; `ord` is what time sorts by
 * sets         `sequence` is without gaps within a series; from state 'made' on, `set_id`, `key`
 *              (sealed under "set-key/<set id>"), and both Signed records stand
 * pair         of a set, from 0; `earlier` and `later` are lots of the series
 * disclosure   what was let out, and the Signed answer that did: to one `question` (a word) about
 *              one pair, each once for each asker. `bound` is the limit of a threshold in steps of
 *              the series, else 0; `scale` is NULL where the answer tells none; `price` counts
 *              thousandths of a bit, against the budget of `series` and `upstream`
 * granted      every grant and revocation of this organisation that stands on the ledger
 * applied      the grants of the configuration that were put on the ledger
 * pool         sets made ready (pool.h); `key` is sealed as that of a set, `ready` under
 *              "pool/<channel>/<organisation>/<series>/<sequence>"
 * secret       sealed under "secret/<name>"
 * staged       rows of a file that is still coming, sealed under "staged/<intake>/<piece>"
 * batch.pairs_done  pairs of its published sets */
static const char *const lv_downstream_schema[] = {
    "CREATE TABLE series(name TEXT PRIMARY KEY, decimals INTEGER NOT NULL,"
    " offset INTEGER NOT NULL, width INTEGER NOT NULL) STRICT;"
    "CREATE TABLE batch(id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE,"
    " series TEXT NOT NULL, file TEXT NOT NULL, rows INTEGER NOT NULL, pairs INTEGER NOT NULL,"
    " sets INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
    "CREATE TABLE measurement(series TEXT NOT NULL, lot TEXT NOT NULL, time TEXT NOT NULL,"
    " ord INTEGER NOT NULL, value BLOB NOT NULL, parents TEXT NOT NULL, batch INTEGER NOT NULL,"
    " PRIMARY KEY(series, lot), UNIQUE(series, ord)) STRICT;"
    "CREATE TABLE sets(id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL,"
    " series TEXT NOT NULL, sequence INTEGER NOT NULL, suite TEXT NOT NULL,"
    " key_bits INTEGER NOT NULL, width INTEGER NOT NULL, state TEXT NOT NULL, set_id BLOB,"
    " key BLOB, quality BLOB, xor BLOB, error TEXT, UNIQUE(series, sequence)) STRICT;"
    "CREATE UNIQUE INDEX sets_set_id ON sets(set_id);"
    "CREATE INDEX sets_state ON sets(state, id);"
    "CREATE INDEX sets_batch ON sets(batch);"
    "CREATE TABLE pair(set_row INTEGER NOT NULL, pair INTEGER NOT NULL, earlier TEXT NOT NULL,"
    " later TEXT NOT NULL, basis TEXT NOT NULL, PRIMARY KEY(set_row, pair)) STRICT;"
    "CREATE TABLE disclosure(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " upstream TEXT NOT NULL, series TEXT NOT NULL, set_row INTEGER NOT NULL,"
    " pair INTEGER NOT NULL, question TEXT NOT NULL, bound INTEGER NOT NULL,"
    " verdict TEXT NOT NULL, scale INTEGER, price INTEGER NOT NULL, answer BLOB NOT NULL,"
    " UNIQUE(set_row, pair, upstream, question, bound)) STRICT;"
    "CREATE INDEX disclosure_spent ON disclosure(series, upstream, time, id);"
    "CREATE TABLE granted(number INTEGER PRIMARY KEY, buyer TEXT NOT NULL,"
    " servicer TEXT NOT NULL, series TEXT NOT NULL, quota INTEGER NOT NULL,"
    " revoke INTEGER NOT NULL) STRICT;"
    "CREATE TABLE applied(buyer TEXT NOT NULL, series TEXT NOT NULL, servicer TEXT NOT NULL,"
    " quota INTEGER NOT NULL, PRIMARY KEY(buyer, series)) STRICT;"
    "CREATE TABLE secret(name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;",
    LV_POOL_SCHEMA,
    "CREATE TABLE staged(intake INTEGER NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY(intake, piece)) STRICT;"
    "ALTER TABLE batch ADD COLUMN pairs_done INTEGER NOT NULL DEFAULT 0;"
    "UPDATE batch SET pairs_done = (SELECT count(*) FROM sets AS s JOIN pair AS p"
    " ON p.set_row = s.id WHERE s.batch = batch.id AND s.state = 'published');",
    "ALTER TABLE sets ADD COLUMN short_exponents INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE pool ADD COLUMN short_exponents INTEGER NOT NULL DEFAULT 0;",
    NULL,
};

lv_downstream *lv_downstream_of(lv_node *node) { return node->state; }

/* ---- series ---- */

const lv_config_series *lv_downstream_series_at(lv_node *node, size_t i)
{
    lv_downstream *own = lv_downstream_of(node);

    if (i < node->config->series_count) {
        return &node->config->series[i];
    }
    i -= node->config->series_count;
    pthread_mutex_lock(&own->series_lock);
    const lv_series_added *at = own->added;
    while (at != NULL && i > 0) {
        at = at->next;
        i--;
    }
    pthread_mutex_unlock(&own->series_lock);
    return at != NULL ? &at->config : NULL;
}

lv_status lv_downstream_series_find(lv_node *node, const char *name, const lv_config_series **out,
                                    lv_error *err)
{
    const lv_config_series *at = NULL;
    for (size_t i = 0; (at = lv_downstream_series_at(node, i)) != NULL; i++) {
        if (strcmp(at->series.name, name) == 0) {
            break;
        }
    }
    *out = at;
    return at != NULL ? LV_OK
                      : lv_fail(err, LV_NOT_FOUND,
                                "series %.64s is not configured here: add it with "
                                "`lotveil series add`",
                                name);
}

int64_t lv_downstream_intake_id(lv_node *node)
{
    lv_downstream *own = lv_downstream_of(node);
    pthread_mutex_lock(&own->series_lock);
    int64_t id = ++own->intakes;
    pthread_mutex_unlock(&own->series_lock);
    return id;
}

/* ---- measurements and keys at rest ---- */

static lv_status value_label(const char *series, const char *lot, lv_buffer *label)
{
    return lv_buffer_printf(label, "value/%s/%s", series, lot);
}

lv_status lv_downstream_value_seal(lv_node *node, const char *series, const char *lot,
                                   uint64_t value, lv_buffer *sealed, lv_error *err)
{
    lv_buffer label = {0};
    lv_buffer plain = {0};

    lv_status status = value_label(series, lot, &label);
    if (status == LV_OK) {
        status = lv_write_u64(&plain, value);
    }
    if (status == LV_OK) {
        status =
            lv_vault_seal(node->vault, lv_buffer_text(&label), lv_buffer_view(&plain), sealed, err);
    }
    lv_buffer_free(&label);
    lv_buffer_wipe(&plain);
    return status;
}

lv_status lv_downstream_value_unseal(lv_node *node, const char *series, const char *lot,
                                     lv_bytes sealed, uint64_t *value, lv_error *err)
{
    lv_buffer label = {0};
    lv_buffer plain = {0};

    *value = 0;
    lv_status status = value_label(series, lot, &label);
    if (status == LV_OK) {
        status = lv_vault_unseal(node->vault, lv_buffer_text(&label), sealed, &plain, err);
    }
    if (status == LV_OK) {
        lv_reader reader = lv_reader_of(lv_buffer_view(&plain));
        *value = lv_read_u64(&reader);
        status = lv_reader_end(&reader);
    }
    if (status == LV_INVALID || status == LV_E_SYNTAX) {
        status = lv_fail(err, LV_E_CORRUPT,
                         "the stored value of lot %s of series %s cannot be unsealed with this "
                         "organisation's vault",
                         lot, series);
    }
    lv_buffer_free(&label);
    lv_buffer_wipe(&plain);
    return status;
}

#define KEY_LABEL "set-key/"
#define KEY_LABEL_LEN (sizeof KEY_LABEL - 1)
#define KEY_LABEL_SIZE 80U /* the label, the set id in hex, a NUL */

static void key_label(const lv_digest *set_id, char label[KEY_LABEL_SIZE])
{
    char hex[2 * LV_DIGEST_LEN + 1];

    lv_digest_hex(set_id, hex);
    snprintf(label, KEY_LABEL_SIZE, KEY_LABEL "%s", hex);
}

lv_status lv_downstream_key_seal(lv_node *node, const lv_digest *set_id, const lv_secret_key *key,
                                 lv_buffer *sealed, lv_error *err)
{
    char label[KEY_LABEL_SIZE];
    lv_buffer plain = {0};

    key_label(set_id, label);
    lv_status status = lv_key_encode(key, &plain);
    if (status == LV_OK) {
        status = lv_vault_seal(node->vault, label, lv_buffer_view(&plain), sealed, err);
    }
    lv_buffer_wipe(&plain);
    return status;
}

lv_status lv_downstream_key_unseal(lv_node *node, const lv_digest *set_id, lv_bytes sealed,
                                   lv_buffer *out, lv_error *err)
{
    char label[KEY_LABEL_SIZE];

    key_label(set_id, label);
    lv_status status = lv_vault_unseal(node->vault, label, sealed, out, err);
    return status == LV_INVALID
               ? lv_fail(err, LV_E_CORRUPT,
                         "the stored key of set %s cannot be unsealed with this organisation's "
                         "vault",
                         label + KEY_LABEL_LEN)
               : status;
}

/* ---- the role ---- */

/* A refusal of the ledger is told to an operator; who starts the node again has seen to it. */
static lv_status try_failed_again(lv_node *node, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "UPDATE sets SET error = NULL,"
                          " state = CASE WHEN set_id IS NULL THEN 'planned' ELSE 'made' END"
                          " WHERE state = 'failed'",
                          "");
    int again = lv_store_changes(node->store);
    status = lv_store_end(node->store, status, err);
    if (status == LV_OK && again > 0) {
        lv_log(LV_LOG_INFO, "downstream", "trying %d failed sets again", again);
    }
    return status;
}

/* Files that were coming in when the node ended. */
static lv_status forget_staged(lv_node *node, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    return lv_store_end(node->store, lv_store_run(node->store, err, "DELETE FROM staged", ""), err);
}

static lv_status start(lv_node *node, lv_error *err)
{
    lv_downstream *own = calloc(1, sizeof *own);
    node->state = own;
    if (own == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&own->series_lock, NULL);
    pthread_mutex_init(&own->grant_lock, NULL);
    pthread_mutex_init(&own->making_lock, NULL);
    own->grants_due = true;
    own->group_sets = 1;
    own->group_max = LV_GROUP_SETS_MAX;
    if (node->quality == NULL || node->xor == NULL) {
        return lv_fail(err, LV_E_CONFIG,
                       "config.yaml: a downstream takes part in both channels: name "
                       "ledger.quality and ledger.xor");
    }
    lv_status status = lv_set_cache_new(&own->cache);
    if (status == LV_OK) {
        status = forget_staged(node, err);
    }
    if (status == LV_OK) {
        status = try_failed_again(node, err);
    }
    if (status == LV_OK) {
        status = lv_downstream_grants_settle(node, err);
    }
    if (status == LV_UNAVAILABLE || status == LV_TIMEOUT) {
        /* The worker tries again before it publishes anything. */
        lv_log(LV_LOG_WARN, "downstream", "grants of the configuration wait: %s",
               err != NULL ? err->text : "");
        status = LV_OK;
    }
    return status;
}

static void stop(lv_node *node)
{
    lv_downstream *own = lv_downstream_of(node);
    if (own == NULL) {
        return;
    }
    while (own->added != NULL) {
        lv_series_added *first = own->added;
        own->added = first->next;
        lv_config_series_free(&first->config);
        free(first);
    }
    lv_set_cache_free(own->cache);
    own->cache = NULL;
    pthread_mutex_destroy(&own->series_lock);
    pthread_mutex_destroy(&own->grant_lock);
    pthread_mutex_destroy(&own->making_lock);
}

static lv_status describe(lv_node *node, json_t *health, lv_error *err)
{
    lv_status status = lv_downstream_stages_describe(node, health);
    return status == LV_OK ? lv_pool_describe(node, health, err) : status;
}

static const lv_route routes[] = {
    {LV_HTTP_PEER, "POST", "/v1/inquiries", lv_downstream_inquiry_post},
    {LV_HTTP_CONTROL, "GET", "/v1/series", lv_downstream_series_get},
    {LV_HTTP_CONTROL, "POST", "/v1/series", lv_downstream_series_post},
    {LV_HTTP_CONTROL, "POST", LV_ROWS_PATH, lv_downstream_rows_post},
    {LV_HTTP_CONTROL, "GET", "/v1/batches/*", lv_downstream_batch_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets", lv_downstream_sets_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets/*/records", lv_downstream_records_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets/*/key", lv_downstream_key_get},
    {LV_HTTP_CONTROL, "POST", "/v1/sets/*/open", lv_downstream_open_post},
    {LV_HTTP_CONTROL, "POST", "/v1/grants", lv_downstream_grant_post},
    {LV_HTTP_CONTROL, "GET", "/v1/grants", lv_downstream_grants_get},
    {LV_HTTP_CONTROL, "GET", "/v1/disclosures", lv_downstream_disclosures_get},
    {LV_HTTP_CONTROL, "GET", "/v1/budgets", lv_downstream_budgets_get},
    {LV_HTTP_CONTROL, "GET", "/v1/trace/*", lv_downstream_trace_get},
    {0},
};

static void (*const workers[])(lv_node *) = {lv_downstream_work_make, lv_downstream_work_xor,
                                             lv_downstream_work_quality, lv_pool_work, NULL};

const lv_role_table lv_role_downstream = {
    .migrations = lv_downstream_schema,
    .routes = routes,
    .streams = lv_downstream_streams,
    .start = start,
    .workers = workers,
    .describe = describe,
    .stop = stop,
};
