#include "node/pool.h"
#include "base/clock.h"
#include "base/log.h"
#include "node/downstream.h"
#include "node/policy.h"
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

static const double IDLE_SECONDS = 3600;
static const double RETRY_SECONDS = 30;
enum { PRIORITY = 10 }; /* of nice(2): whatever else the node does goes first */

/* ---- what is due ---- */

/* An entry of one series. */
typedef struct {
    const lv_config_series *config;
    uint64_t sequence;
} entry;

static size_t pool_size(const lv_config_series *config)
{
    const lv_suite *suite = lv_suite_find(config->series.suite);
    return suite != NULL && lv_suite_has_masks(suite) ? config->pool : 0;
}

static lv_set_plan plan_of(const lv_node *node, const entry *at)
{
    const lv_config_series *config = at->config;
    bool band = lv_policy_any(config->policies, config->policy_count, LV_ASK_BAND);
    return (lv_set_plan){.quality_channel = node->config->quality_channel,
                         .xor_channel = node->config->xor_channel,
                         .series = &at->config->series,
                         .sequence = at->sequence,
                         .pair_count = 1,
                         .with_distance = band};
}

/* One number of the store. */
static lv_status ask(lv_store *store, lv_status queried, sqlite3_stmt *row, int64_t *out,
                     lv_error *err)
{
    lv_status status = lv_role_first(store, queried, &row, err);
    if (status == LV_OK) {
        *out = sqlite3_column_int64(row, 0);
        lv_store_done(row);
    }
    return status;
}

/* LV_NOT_FOUND where a set waits that the publishing worker can move on. */
static lv_status check_idle(lv_node *node, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t waits = 0;
    lv_status queried =
        lv_store_query(node->store, err, &row,
                       "SELECT count(*) FROM sets AS s WHERE state IN ('planned', 'made')"
                       " AND NOT EXISTS (SELECT 1 FROM sets AS f WHERE f.state = 'failed'"
                       " AND f.series = s.series)",
                       "");
    lv_status status = ask(node->store, queried, row, &waits, err);
    return status == LV_OK && waits != 0 ? LV_NOT_FOUND : status;
}

/* Deletes the entries of series that are not configured any more. */
static lv_status drop_strangers(lv_node *node, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    char stranger[LV_NAME_MAX + 1] = "";
    lv_error ignored = {0};

    lv_status status =
        lv_store_query(node->store, err, &rows, "SELECT DISTINCT series FROM pool", "");
    while (lv_role_row(node->store, rows, &status, err)) {
        const lv_config_series *config = NULL;
        const char *name = lv_store_text(rows, 0);
        if (lv_downstream_series_find(node, name, &config, &ignored) == LV_NOT_FOUND) {
            snprintf(stranger, sizeof stranger, "%s", name);
        }
    }
    lv_store_done(rows);
    return status == LV_OK && stranger[0] != '\0'
               ? lv_store_run(node->store, err, "DELETE FROM pool WHERE series = ?", "s", stranger)
               : status;
}

/* Deletes what serves no set of the series any more and finds the first place that is free:
 * LV_NOT_FOUND where there is none. */
static lv_status look_at(lv_node *node, entry *at, lv_error *err)
{
    const lv_series *series = &at->config->series;
    int64_t size = (int64_t)pool_size(at->config);
    lv_set_plan plan = plan_of(node, at);
    sqlite3_stmt *row = NULL;
    int64_t next = 0;
    int64_t place = 0;

    lv_status queried = lv_store_query(
        node->store, err, &row, "SELECT coalesce(max(sequence), 0) + 1 FROM sets WHERE series = ?",
        "s", series->name);
    lv_status status = ask(node->store, queried, row, &next, err);
    if (status == LV_OK) {
        status = lv_store_run(node->store, err,
                              "DELETE FROM pool WHERE series = ? AND (sequence < ? OR sequence >= ?"
                              " OR suite <> ? OR key_bits <> ? OR masks <> ?"
                              " OR short_exponents <> ?)",
                              "siisiii", series->name, next, next + size, series->suite,
                              (int64_t)series->key_bits, (int64_t)lv_set_masks(&plan),
                              (int64_t)series->short_exponents);
    }
    for (place = next; status == LV_OK && place < next + size; place++) {
        int64_t there = 0;
        queried = lv_store_query(node->store, err, &row,
                                 "SELECT count(*) FROM pool WHERE series = ? AND sequence = ?",
                                 "si", series->name, place);
        status = ask(node->store, queried, row, &there, err);
        if (status == LV_OK && there == 0) {
            at->sequence = (uint64_t)place;
            return LV_OK;
        }
    }
    return status == LV_OK ? LV_NOT_FOUND : status;
}

/* The first entry that is missing, of the first series where one is; out->config stays NULL where
 * none is, or sets wait. */
static lv_status find_due(lv_node *node, entry *out, lv_error *err)
{
    lv_status status = check_idle(node, err);
    if (status == LV_OK) {
        status = drop_strangers(node, err);
    }
    for (size_t i = 0; status == LV_OK; i++) {
        entry at = {.config = lv_downstream_series_at(node, i)};
        if (at.config == NULL) {
            break;
        }
        status = look_at(node, &at, err);
        if (status == LV_OK && out->config == NULL) {
            *out = at;
        }
        status = status == LV_NOT_FOUND ? LV_OK : status;
    }
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* ---- sealed entries ---- */

/* All that the key proof is bound to: under another name it does not open. */
static lv_status label_of(const lv_node *node, const char *series, uint64_t sequence,
                          lv_buffer *label)
{
    return lv_buffer_printf(label, "pool/%s/%s/%s/%" PRIu64, node->config->quality_channel,
                            node->config->organisation, series, sequence);
}

static lv_status seal(lv_node *node, const entry *at, const lv_set_ready *ready, lv_buffer *sealed,
                      lv_error *err)
{
    lv_buffer label = {0};
    lv_buffer plain = {0};
    lv_status status = label_of(node, at->config->series.name, at->sequence, &label);
    if (status == LV_OK) {
        status = lv_set_ready_encode(ready, &plain);
    }
    if (status == LV_OK) {
        status =
            lv_vault_seal(node->vault, lv_buffer_text(&label), lv_buffer_view(&plain), sealed, err);
    }
    lv_buffer_free(&label);
    lv_buffer_wipe(&plain);
    return status;
}

static lv_status seal_key(lv_node *node, const lv_secret_key *key, lv_buffer *sealed, lv_error *err)
{
    lv_buffer shown = {0};
    lv_digest set_id = {0};
    lv_status status = lv_public_encode(lv_key_public(key), &shown);
    if (status == LV_OK) {
        status = lv_set_id_of(lv_buffer_view(&shown), &set_id);
    }
    if (status == LV_OK) {
        status = lv_downstream_key_seal(node, &set_id, key, sealed, err);
    }
    lv_buffer_free(&shown);
    return status;
}

static lv_status unseal(lv_node *node, const lv_set_plan *plan, lv_bytes sealed, lv_set_ready *out,
                        lv_error *err)
{
    lv_buffer label = {0};
    lv_buffer plain = {0};
    lv_status status = label_of(node, plan->series->name, plan->sequence, &label);
    if (status == LV_OK) {
        status = lv_vault_unseal(node->vault, lv_buffer_text(&label), sealed, &plain, err);
    }
    if (status == LV_OK) {
        status = lv_set_ready_decode(lv_suite_find(plan->series->suite), lv_buffer_view(&plain),
                                     out, err);
    }
    lv_buffer_free(&label);
    lv_buffer_wipe(&plain);
    return status;
}

/* ---- filling ---- */

/* The system's randomness until the node stops: what is being made then ends with LV_E_RANDOM. */
static lv_status fill_until_stop(void *context, uint8_t *out, size_t len)
{
    return lv_node_stopping(context) ? LV_E_RANDOM : lv_rng_fill(NULL, out, len);
}

static lv_status store_entry(lv_node *node, const entry *at, size_t masks, lv_bytes key,
                             lv_bytes ready, lv_error *err)
{
    const lv_series *series = &at->config->series;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "INSERT OR IGNORE INTO pool(series, sequence, suite, key_bits, masks,"
                          " short_exponents, key, ready) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                          "sisiiibb", series->name, (int64_t)at->sequence, series->suite,
                          (int64_t)series->key_bits, (int64_t)masks,
                          (int64_t)series->short_exponents, key, ready);
    return lv_store_end(node->store, status, err);
}

static lv_status make(lv_node *node, const entry *at, lv_error *err)
{
    lv_rng rng = {.fill = fill_until_stop, .context = node};
    lv_job job = {.rng = &rng};
    lv_set_plan plan = plan_of(node, at);
    lv_secret_key *key = NULL;
    lv_set_ready ready = {0};
    lv_buffer sealed_key = {0};
    lv_buffer sealed = {0};

    lv_identity *identity = lv_node_identity(node);
    lv_status status = lv_set_prepare(&plan, identity, &job, &key, &ready, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        status = seal_key(node, key, &sealed_key, err);
    }
    if (status == LV_OK) {
        status = seal(node, at, &ready, &sealed, err);
    }
    if (status == LV_OK) {
        status = store_entry(node, at, lv_set_masks(&plan), lv_buffer_view(&sealed_key),
                             lv_buffer_view(&sealed), err);
    }
    lv_key_free(key);
    lv_set_ready_wipe(&ready);
    lv_buffer_free(&sealed_key);
    lv_buffer_free(&sealed);
    return status;
}

lv_status lv_pool_step(lv_node *node, lv_error *err)
{
    entry due = {0};
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = find_due(node, &due, err);
    status = lv_store_end(node->store, status, err);
    if (status == LV_OK) {
        status = due.config != NULL ? make(node, &due, err) : LV_NOT_FOUND;
    }
    return status;
}

void lv_pool_work(lv_node *node)
{
#ifdef __linux__ /* where a priority is a thread's own */
    (void)setpriority(PRIO_PROCESS, 0, PRIORITY);
#endif
    while (!lv_node_stopping(node)) {
        lv_error err = {0};
        uint64_t seen = lv_node_version(node);
        lv_status status = lv_pool_step(node, &err);
        if (status == LV_NOT_FOUND) {
            lv_node_wait(node, seen, IDLE_SECONDS);
        } else if (status != LV_OK && !lv_node_stopping(node)) {
            lv_log(LV_LOG_WARN, "pool", "filling waits %.0f s: %s", RETRY_SECONDS, err.text);
            lv_node_wait(node, lv_node_version(node), RETRY_SECONDS);
        }
    }
}

/* ---- taking ---- */

/* Reads the entry of a set and deletes it; within a transaction. */
static lv_status take_row(lv_node *node, const lv_set_plan *plan, lv_buffer *key, lv_buffer *ready,
                          lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status queried =
        lv_store_query(node->store, err, &row,
                       "SELECT key, ready FROM pool WHERE series = ? AND sequence = ?"
                       " AND suite = ? AND key_bits = ? AND masks >= ?"
                       " AND short_exponents = ?",
                       "sisiii", plan->series->name, (int64_t)plan->sequence, plan->series->suite,
                       (int64_t)plan->series->key_bits, (int64_t)lv_set_masks(plan),
                       (int64_t)plan->series->short_exponents);
    lv_status status = lv_role_first(node->store, queried, &row, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_copy(row, 0, key);
    if (status == LV_OK) {
        status = lv_role_copy(row, 1, ready);
    }
    lv_store_done(row);
    return status != LV_OK ? status
                           : lv_store_run(node->store, err,
                                          "DELETE FROM pool WHERE series = ? AND sequence = ?",
                                          "si", plan->series->name, (int64_t)plan->sequence);
}

lv_status lv_pool_take(lv_node *node, const lv_set_plan *plan, lv_set_ready *ready,
                       lv_buffer *sealed_key, lv_error *err)
{
    lv_buffer sealed = {0};
    lv_error words = {0};
    *ready = (lv_set_ready){0};

    lv_status status = lv_store_begin(node->store, err);
    if (status == LV_OK) {
        status = take_row(node, plan, sealed_key, &sealed, err);
        status = lv_store_end(node->store, status, err); /* from here on nobody finds it again */
    }
    if (status == LV_OK) {
        status = unseal(node, plan, lv_buffer_view(&sealed), ready, &words);
        if (status == LV_INVALID || status == LV_E_SYNTAX) {
            /* It was made for another channel, or is damaged: the set is made without it. */
            lv_log(LV_LOG_WARN, "pool",
                   "series %s: what stood ready for set %" PRIu64 " was dropped: %s",
                   plan->series->name, plan->sequence, words.text);
            status = LV_NOT_FOUND;
        } else if (status != LV_OK) {
            status = lv_fail(err, status, "%s", words.text);
        }
    }
    if (status != LV_OK) {
        lv_buffer_free(sealed_key);
    }
    lv_buffer_free(&sealed);
    return status;
}

/* ---- telling ---- */

static lv_status describe_one(lv_node *node, const lv_config_series *config, json_t *list,
                              lv_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t ready = 0;
    lv_status queried = lv_store_query(node->store, err, &row,
                                       "SELECT count(*) FROM pool WHERE series = ? AND sequence >"
                                       " (SELECT coalesce(max(sequence), 0) FROM sets"
                                       " WHERE series = ?1)",
                                       "s", config->series.name);
    lv_status status = ask(node->store, queried, row, &ready, err);
    return status != LV_OK
               ? status
               : lv_role_append(list, json_pack("{s:s, s:I, s:I}", "series", config->series.name,
                                                "ready", (json_int_t)ready, "size",
                                                (json_int_t)pool_size(config)));
}

lv_status lv_pool_describe(lv_node *node, json_t *health, lv_error *err)
{
    json_t *list = json_array();
    const lv_config_series *at = NULL;
    lv_status status = list != NULL ? lv_store_begin(node->store, err) : LV_E_MEMORY;
    if (status != LV_OK) {
        json_decref(list);
        return status;
    }
    for (size_t i = 0; status == LV_OK && (at = lv_downstream_series_at(node, i)) != NULL; i++) {
        if (pool_size(at) > 0) {
            status = describe_one(node, at, list, err);
        }
    }
    status = lv_store_end(node->store, status, err);
    if (status != LV_OK) {
        json_decref(list);
        return status;
    }
    return json_object_set_new(health, "pools", list) == 0 ? LV_OK : LV_E_MEMORY;
}
