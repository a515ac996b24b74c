/* The publishing worker (docs/protocol.md section 3, step 1). A set goes planned -> made ->
 * published, each state stored before the next is begun: whatever was interrupted is done again
 * with the same bytes. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "node/downstream.h"
#include "node/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double RETRY_SECONDS_MIN = 0.2;
static const double RETRY_SECONDS_MAX = 30;
static const double IDLE_SECONDS = 3600;

/* A set of the store. */
typedef struct {
    int64_t row;
    int64_t batch;
    bool made;
    lv_digest set_id;
    lv_series series;   /* as configured, with the suite and sizes that were planned */
    bool with_distance; /* somebody may ask for the band */
    bool tell_scale;    /* somebody may ask for thresholds */
    uint64_t sequence;
    lv_buffer quality;
    lv_buffer xor_record;
    size_t pair_count;
    lv_pair *pairs;
    uint64_t *x; /* secret memory, 2 * pair_count values: x, then y */
    uint64_t *y;
} work;

static void work_free(work *at)
{
    for (size_t i = 0; at->pairs != NULL && i < at->pair_count; i++) {
        free(at->pairs[i].parents);
    }
    free(at->pairs);
    lv_secret_free(at->x);
    lv_buffer_free(&at->quality);
    lv_buffer_free(&at->xor_record);
    *at = (work){0};
}

/* ---- finding work ---- */

/* The oldest set of a series that is not held up by a failed one before it. */
static lv_status find_next(lv_node *node, work *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_role_first(
        node->store,
        lv_store_query(node->store, err, &row,
                       "SELECT id, series, sequence, suite, key_bits, width, state = 'made',"
                       " set_id, quality, xor, batch FROM sets AS s"
                       " WHERE state IN ('planned', 'made') AND NOT EXISTS (SELECT 1 FROM sets"
                       " AS f WHERE f.state = 'failed' AND f.series = s.series)"
                       " ORDER BY id LIMIT 1",
                       ""),
        &row, err);
    if (status != LV_OK) {
        return status;
    }
    out->row = sqlite3_column_int64(row, 0);
    snprintf(out->series.name, sizeof out->series.name, "%s", lv_store_text(row, 1));
    out->sequence = (uint64_t)sqlite3_column_int64(row, 2);
    snprintf(out->series.suite, sizeof out->series.suite, "%s", lv_store_text(row, 3));
    out->series.key_bits = (unsigned)sqlite3_column_int64(row, 4);
    out->series.scale.bits = (unsigned)sqlite3_column_int64(row, 5);
    out->made = sqlite3_column_int(row, 6) != 0;
    out->batch = sqlite3_column_int64(row, 10);
    if (out->made) {
        status = lv_role_digest(row, 7, &out->set_id);
        if (status == LV_OK) {
            status = lv_role_copy(row, 8, &out->quality);
        }
        if (status == LV_OK) {
            status = lv_role_copy(row, 9, &out->xor_record);
        }
    }
    lv_store_done(row);
    return status;
}

/* Upstream lots of the later lot, separated by single blanks in the store. */
static lv_status split_parents(const char *text, lv_pair *pair)
{
    if (text[0] == '\0') {
        return LV_OK;
    }
    pair->parents = calloc(LV_PARENTS_MAX, sizeof *pair->parents);
    if (pair->parents == NULL) {
        return LV_E_MEMORY;
    }
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (len > LV_LOT_MAX || pair->parent_count == LV_PARENTS_MAX) {
            return LV_E_CORRUPT;
        }
        if (len > 0) {
            memcpy(pair->parents[pair->parent_count++], text, len);
        }
        text += len + (text[len] == ' ' ? 1 : 0);
    }
    return LV_OK;
}

static lv_status load_pair(lv_node *node, work *at, size_t i, sqlite3_stmt *row, lv_error *err)
{
    lv_pair *pair = &at->pairs[i];

    snprintf(pair->earlier_lot, sizeof pair->earlier_lot, "%s", lv_store_text(row, 0));
    snprintf(pair->later_lot, sizeof pair->later_lot, "%s", lv_store_text(row, 1));
    pair->baseline = strcmp(lv_store_text(row, 2), "baseline") == 0;
    snprintf(pair->earlier_time, sizeof pair->earlier_time, "%s", lv_store_text(row, 3));
    snprintf(pair->later_time, sizeof pair->later_time, "%s", lv_store_text(row, 4));
    lv_status status = split_parents(lv_store_text(row, 5), pair);
    if (status == LV_OK) {
        status = lv_downstream_value_unseal(node, at->series.name, pair->earlier_lot,
                                            lv_store_bytes(row, 6), &at->x[i], err);
    }
    if (status == LV_OK) {
        status = lv_downstream_value_unseal(node, at->series.name, pair->later_lot,
                                            lv_store_bytes(row, 7), &at->y[i], err);
    }
    return status;
}

static lv_status make_room(lv_node *node, work *at, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT count(*) FROM pair WHERE set_row = ?", "i", at->row),
                      &row, err);
    if (status != LV_OK) {
        return status;
    }
    size_t count = (size_t)sqlite3_column_int64(row, 0);
    lv_store_done(row);
    if (count == 0 || count > LV_SET_PAIRS_MAX) {
        return LV_E_CORRUPT;
    }
    at->pairs = calloc(count, sizeof *at->pairs);
    at->x = lv_secret_alloc(2 * count * sizeof *at->x);
    if (at->pairs == NULL || at->x == NULL) {
        return LV_E_MEMORY;
    }
    at->y = at->x + count;
    at->pair_count = count;
    return LV_OK;
}

/* Loads the pairs of a planned set with their values. */
static lv_status load_pairs(lv_node *node, work *at, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    size_t i = 0;

    lv_status status = make_room(node, at, err);
    if (status == LV_OK) {
        status = lv_store_query(node->store, err, &rows,
                                "SELECT p.earlier, p.later, p.basis, e.time, l.time, l.parents,"
                                " e.value, l.value FROM pair AS p"
                                " JOIN measurement AS e ON e.series = ?1 AND e.lot = p.earlier"
                                " JOIN measurement AS l ON l.series = ?1 AND l.lot = p.later"
                                " WHERE p.set_row = ?2 ORDER BY p.pair",
                                "si", at->series.name, at->row);
    }
    while (lv_role_row(node->store, rows, &status, err) && i < at->pair_count) {
        status = load_pair(node, at, i++, rows, err);
    }
    lv_store_done(rows);
    if (status == LV_OK && i != at->pair_count) {
        status = lv_fail(err, LV_E_CORRUPT, "measurements of a planned pair are missing");
    }
    return status;
}

static lv_status load(lv_node *node, work *out, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = find_next(node, out, err);
    return lv_store_end(node->store, status, err);
}

/* ---- planned -> made ---- */

static lv_status store_made(lv_node *node, const work *at, const lv_set_made *made,
                            lv_bytes sealed_key, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "UPDATE sets SET state = 'made', error = NULL, set_id = ?, key = ?,"
                          " quality = ?, xor = ? WHERE id = ? AND state = 'planned'",
                          "bbbbi", lv_role_digest_view(&made->set_id), sealed_key,
                          lv_buffer_view(&made->quality_record), lv_buffer_view(&made->xor_record),
                          at->row);
    return lv_store_end(node->store, status, err);
}

/* What the series is called for people comes from its configuration; how it was planned stays. */
static lv_status complete_series(lv_node *node, work *at, lv_error *err)
{
    const lv_config_series *config = NULL;
    lv_status status = lv_downstream_series_find(node, at->series.name, &config, err);
    if (status == LV_OK) {
        lv_series planned = at->series;
        at->series = config->series;
        memcpy(at->series.suite, planned.suite, sizeof planned.suite);
        at->series.key_bits = planned.key_bits;
        at->series.scale.bits = planned.scale.bits;
        at->with_distance = lv_policy_any(config->policies, config->policy_count, LV_ASK_BAND);
        at->tell_scale = lv_policy_any(config->policies, config->policy_count, LV_ASK_THRESHOLD);
    }
    return status;
}

/* LV_NOT_FOUND where nothing stands ready for this set. */
static lv_status make_by_pool(lv_node *node, const lv_set_plan *plan, const lv_job *job,
                              lv_set_made *made, lv_buffer *sealed_key, lv_error *err)
{
    lv_set_ready ready = {0};
    lv_status status = lv_pool_take(node, plan, &ready, sealed_key, err);
    if (status == LV_OK) {
        status = lv_set_make_ready(plan, node->identity, &ready, job, made, err);
    }
    lv_set_ready_wipe(&ready);
    return status;
}

static lv_status make_afresh(lv_node *node, const lv_set_plan *plan, const lv_job *job,
                             lv_set_made *made, lv_buffer *sealed_key, lv_error *err)
{
    lv_status status = lv_set_make(plan, node->identity, NULL, job, made, err);
    return status != LV_OK
               ? status
               : lv_downstream_key_seal(node, &made->set_id, made->key, sealed_key, err);
}

static lv_status make(lv_node *node, work *at, lv_error *err)
{
    lv_job job = lv_role_job(node);
    lv_buffer sealed_key = {0};
    lv_set_made made = {0};
    double begun = lv_clock_seconds();

    job.progress = lv_downstream_making_report;
    job.progress_context = node;
    lv_status status = complete_series(node, at, err);
    if (status == LV_OK) {
        status = lv_store_begin(node->store, err);
    }
    if (status == LV_OK) {
        status = lv_store_end(node->store, load_pairs(node, at, err), err);
    }
    if (status != LV_OK) {
        return status;
    }
    lv_set_plan plan = {
        .quality_channel = node->config->quality_channel,
        .xor_channel = node->config->xor_channel,
        .series = &at->series,
        .sequence = at->sequence,
        .pairs = at->pairs,
        .pair_count = at->pair_count,
        .x = at->x,
        .y = at->y,
        .time = lv_clock_now(),
        .with_distance = at->with_distance,
        .tell_scale = at->tell_scale,
    };
    status = make_by_pool(node, &plan, &job, &made, &sealed_key, err);
    if (status == LV_NOT_FOUND) {
        status = make_afresh(node, &plan, &job, &made, &sealed_key, err);
    }
    if (status == LV_OK) {
        status = store_made(node, at, &made, lv_buffer_view(&sealed_key), err);
    }
    if (status == LV_OK) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: set %llu made in %.2f s", at->series.name,
               (unsigned long long)at->sequence, lv_clock_seconds() - begun);
    }
    lv_buffer_free(&sealed_key);
    lv_set_made_free(&made);
    return status;
}

/* ---- made -> published ---- */

/* What stands under our set id already must be this very record: then an earlier try got through
 * and only its acknowledgement was lost. */
static lv_status compare_standing(lv_ledger *ledger, const lv_digest *set_id, lv_bytes record,
                                  lv_error *err)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_buffer standing = {0};
    lv_error ignored = {0};

    lv_digest_hex(set_id, hex);
    lv_bytes argument = lv_bytes_of_text(hex);
    lv_call call = {.function = "get", .arguments = &argument, .argument_count = 1};
    lv_status status = lv_ledger_read(ledger, &call, &standing, &ignored);
    if (status == LV_OK && !lv_bytes_equal(lv_buffer_view(&standing), record)) {
        status = lv_fail(err, LV_REFUSED,
                         "channel %s holds another record under set id %s: nothing was "
                         "overwritten",
                         lv_ledger_channel(ledger)->channel, hex);
    } else if (status == LV_NOT_FOUND) {
        /* The words of the refusal stand in err: the sequence is taken by another set. */
        status = LV_EXISTS;
    } else if (status != LV_OK) {
        status = lv_fail(err, status, "%s", ignored.text);
    }
    lv_buffer_free(&standing);
    return status;
}

static lv_status put(lv_ledger *ledger, const lv_digest *set_id, lv_bytes record, lv_error *err)
{
    lv_call call = {.function = "put", .arguments = &record, .argument_count = 1};
    lv_status status = lv_ledger_submit(ledger, &call, 1, NULL, err);
    if (status == LV_EXISTS) {
        status = compare_standing(ledger, set_id, record, err);
    }
    return status;
}

static lv_status store_published(lv_node *node, const work *at, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "UPDATE sets SET state = 'published', error = NULL WHERE id = ?", "i",
                          at->row);
    return lv_store_end(node->store, status, err);
}

/* A ledger that rewrote its past ends the node; otherwise remembering can wait for the next set. */
static void remember_head(lv_node *node, lv_ledger *ledger)
{
    lv_error err = {0};
    lv_status status = lv_node_remember_head(node, ledger, &err);
    if (status == LV_OK) {
        return;
    }
    lv_log(LV_LOG_ERROR, "downstream", "channel %s: %s", lv_ledger_channel(ledger)->channel,
           err.text);
    if (status == LV_E_CORRUPT) {
        lv_node_fault(node, status, &err);
    }
}

/* The XOR record first: whoever sees the quality record can buy its counterpart. */
static lv_status publish(lv_node *node, const work *at, lv_error *err)
{
    lv_status status = put(node->xor, &at->set_id, lv_buffer_view(&at->xor_record), err);
    if (status == LV_OK) {
        status = put(node->quality, &at->set_id, lv_buffer_view(&at->quality), err);
    }
    if (status == LV_OK) {
        status = store_published(node, at, err);
    }
    if (status == LV_OK) {
        remember_head(node, node->xor);
        remember_head(node, node->quality);
        lv_log(LV_LOG_INFO, "downstream", "series %s: set %llu published", at->series.name,
               (unsigned long long)at->sequence);
    }
    return status;
}

/* ---- the worker ---- */

/* Writes down why a set did not move on; for good, unless the fault may pass. */
static lv_status store_trouble(lv_node *node, const work *at, bool failed, const char *words,
                               lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "UPDATE sets SET error = ?, state = iif(?, 'failed', state)"
                          " WHERE id = ? AND state <> 'published'",
                          "sii", words, (int64_t)failed, at->row);
    return lv_store_end(node->store, status, err);
}

static lv_status settle_trouble(lv_node *node, const work *at, lv_status status, lv_error *err)
{
    lv_error cause = *err;
    bool failed = !lv_role_passes(status);

    if (cause.text[0] == '\0') {
        lv_fail(&cause, status, "%s", lv_status_name(status));
    }
    lv_log(failed ? LV_LOG_ERROR : LV_LOG_WARN, "downstream", "series %s: set %llu %s: %s",
           at->series.name, (unsigned long long)at->sequence,
           failed ? "failed, and those after it wait until this node is started again" : "waits",
           cause.text);
    lv_status stored = store_trouble(node, at, failed, cause.text, err);
    if (stored != LV_OK) {
        return lv_role_passes(stored) ? stored : LV_E_IO;
    }
    lv_node_changed(node);
    *err = cause;
    return failed ? LV_OK : status;
}

/* Grants come before sets, so that who sees a set may buy it. What a contract refuses is told and
 * not asked again until something changes; it holds up no set. */
static lv_status settle_grants(lv_node *node, lv_error *err)
{
    lv_status status = lv_downstream_grants_settle(node, err);
    if (status != LV_OK && !lv_role_passes(status)) {
        lv_log(LV_LOG_ERROR, "downstream", "grants of the configuration: %s", err->text);
        status = LV_OK;
    }
    return status;
}

lv_status lv_downstream_publish_step(lv_node *node, lv_error *err)
{
    work at = {0};

    lv_status status = settle_grants(node, err);
    if (status != LV_OK) {
        return status;
    }
    status = load(node, &at, err);
    if (status == LV_OK) {
        lv_downstream_making_begin(node, at.batch, at.sequence, at.made ? "publish" : "key");
        status = at.made ? publish(node, &at, err) : make(node, &at, err);
        lv_downstream_making_end(node);
        if (status == LV_OK) {
            lv_node_changed(node);
        } else {
            status = settle_trouble(node, &at, status, err);
        }
    } else if (status != LV_NOT_FOUND && !lv_role_passes(status)) {
        status = LV_E_IO; /* the store itself is in trouble: there is no set to blame */
    }
    work_free(&at);
    return status;
}

void lv_downstream_publish(lv_node *node)
{
    double pause = RETRY_SECONDS_MIN;
    while (!lv_node_stopping(node)) {
        lv_error err = {0};
        uint64_t seen = lv_node_version(node);
        lv_status status = lv_downstream_publish_step(node, &err);
        if (status == LV_OK) {
            pause = RETRY_SECONDS_MIN;
            continue;
        }
        if (status == LV_NOT_FOUND) {
            lv_node_wait(node, seen, IDLE_SECONDS);
            continue;
        }
        lv_log(LV_LOG_WARN, "downstream", "publishing waits %.1f s: %s", pause, err.text);
        lv_node_wait(node, lv_node_version(node), pause);
        pause = pause * 2 < RETRY_SECONDS_MAX ? pause * 2 : RETRY_SECONDS_MAX;
    }
}
