/* The upstream's two workers: one reads the quality channel into the store, the other brings what
 * stands there to its verdicts. */
#include "base/log.h"
#include "node/upstream.h"
#include <string.h>

static const double IDLE_SECONDS = 3600;
static const double STORE_TROUBLE_SECONDS = 5;

/* ---- records in ---- */

static lv_status store_parents(const lv_pair *pair, lv_buffer *out)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < pair->parent_count; i++) {
        status = lv_buffer_printf(out, "%s%s", i > 0 ? " " : "", pair->parents[i]);
    }
    return status;
}

static lv_status store_pair(lv_node *node, int64_t set_row, size_t i, const lv_pair *pair,
                            lv_error *err)
{
    lv_buffer parents = {0};
    lv_status status = store_parents(pair, &parents);
    if (status == LV_OK) {
        status =
            lv_store_run(node->store, err,
                         "INSERT INTO pair(set_row, pair, earlier_lot, later_lot,"
                         " earlier_time, later_time, basis, parents)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                         "iissssss", set_row, (int64_t)i, pair->earlier_lot, pair->later_lot,
                         pair->earlier_time, pair->later_time,
                         pair->baseline ? "baseline" : "consecutive", lv_buffer_text(&parents));
    }
    lv_buffer_free(&parents);
    return status;
}

static lv_status store_set(lv_node *node, const lv_quality *quality, const lv_digest *set_id,
                           unsigned key_bits, lv_bytes record, lv_error *err)
{
    lv_status status = lv_store_run(
        node->store, err,
        "INSERT OR IGNORE INTO sets(set_id, downstream, series, sequence, suite, key_bits, width,"
        " pairs, unit, distance, state, quality) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'seen', ?)",
        "bssisiiisib", lv_role_digest_view(set_id), quality->author, quality->series,
        (int64_t)quality->sequence, quality->suite, (int64_t)key_bits, (int64_t)quality->width,
        (int64_t)quality->pair_count, quality->unit, (int64_t)quality->distance, record);
    if (status != LV_OK || lv_store_changes(node->store) == 0) {
        return status;
    }
    int64_t row = lv_store_last_id(node->store);
    if (quality->has_scale) {
        status =
            lv_store_run(node->store, err, "UPDATE sets SET decimals = ?, offset = ? WHERE id = ?",
                         "iii", (int64_t)quality->scale.decimals, quality->scale.offset, row);
    }
    for (size_t i = 0; status == LV_OK && i < quality->pair_count; i++) {
        status = store_pair(node, row, i, &quality->pairs[i], err);
    }
    return status;
}

/* The size of a key that somebody else made, as far as it can be read. */
static unsigned key_bits_of(const lv_quality *quality)
{
    const lv_suite *suite = lv_suite_find(quality->suite);
    lv_public_key *key = NULL;
    unsigned bits = 0;

    if (suite != NULL &&
        lv_public_decode(suite, lv_buffer_view(&quality->public_key), &key, NULL) == LV_OK) {
        bits = lv_public_key_bits(key);
    }
    lv_public_free(key);
    return bits;
}

/* Is it nothing of ours to judge? A record that cannot be opened has no author whom to follow, and
 * the contract should not have let it in. */
static lv_status take_record(lv_node *node, lv_bytes record, lv_error *err)
{
    lv_quality quality = {0};
    lv_digest set_id = {0};

    lv_status status = lv_quality_open(record, node->trust, LV_TIME_ANY, &quality, NULL, err);
    if (status == LV_E_MEMORY) {
        return status;
    }
    if (status != LV_OK) {
        lv_log(LV_LOG_ERROR, "upstream", "a record of channel %s is passed over: %s",
               node->config->quality_channel, err != NULL ? err->text : "");
        return LV_OK;
    }
    if (lv_upstream_follow(node, quality.author, quality.series) != NULL) {
        status = lv_set_id_of(lv_buffer_view(&quality.public_key), &set_id);
        if (status == LV_OK) {
            status = store_set(node, &quality, &set_id, key_bits_of(&quality), record, err);
        }
    }
    lv_quality_free(&quality);
    return status;
}

lv_status lv_upstream_take(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_status status = LV_OK;

    if (strcmp(committed->function, "put") != 0) {
        return LV_OK;
    }
    for (size_t i = 0; status == LV_OK && i < committed->argument_count; i++) {
        status = take_record(node, lv_buffer_view(&committed->arguments[i]), err);
    }
    return status;
}

void lv_upstream_watch(lv_node *node) { lv_node_follow(node, node->quality, lv_upstream_take); }

/* ---- sets on their way ---- */

/* The oldest set that is due; otherwise when the next will be. */
static lv_status find_due(lv_node *node, lv_digest *set_id, double *seconds, lv_error *err)
{
    int64_t now = lv_step_clock();
    sqlite3_stmt *row = NULL;

    *seconds = IDLE_SECONDS;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT set_id, due FROM sets"
                                          " WHERE state IN ('seen', 'bought', 'refused')"
                                          " ORDER BY due > ?1, iif(due > ?1, due, id), id LIMIT 1",
                                          "i", now),
                           &row, err);
    if (status == LV_OK) {
        int64_t due = sqlite3_column_int64(row, 1);
        status = lv_role_digest(row, 0, set_id);
        if (status == LV_OK && due > now) {
            *seconds = (double)(due - now) / 1000.0;
            status = LV_NOT_FOUND;
        }
        lv_store_done(row);
    }
    return lv_store_end(node->store, status, err);
}

static lv_status advance(lv_node *node, const lv_digest *set_id, lv_error *err)
{
    lv_upstream *own = lv_upstream_of(node);
    lv_step step = {0};
    lv_error words = {0};

    pthread_mutex_lock(&own->step_lock);
    lv_status status = lv_step_load(node, set_id, &step, err);
    if (status == LV_OK) {
        lv_status outcome = lv_step_all(node, &step, &words);
        status = lv_step_settle(node, &step, outcome, &words, err);
    }
    lv_step_free(&step);
    pthread_mutex_unlock(&own->step_lock);
    return status;
}

lv_status lv_upstream_work_step(lv_node *node, double *seconds, lv_error *err)
{
    lv_digest set_id;
    lv_status status = find_due(node, &set_id, seconds, err);
    if (status == LV_OK) {
        status = advance(node, &set_id, err);
        /* A set that find_due saw stays: sets are never deleted. */
        status = status == LV_NOT_FOUND ? LV_E_CORRUPT : status;
    }
    return status;
}

void lv_upstream_work(lv_node *node)
{
    while (!lv_node_stopping(node)) {
        lv_error err = {0};
        double seconds = 0;
        uint64_t seen = lv_node_version(node);
        lv_status status = lv_upstream_work_step(node, &seconds, &err);
        if (status == LV_NOT_FOUND) {
            lv_node_wait(node, seen, seconds);
        } else if (status != LV_OK) {
            lv_log(LV_LOG_ERROR, "upstream", "the store: %s", err.text);
            lv_node_wait(node, lv_node_version(node), STORE_TROUBLE_SECONDS);
        }
    }
}
