/* planned -> made: the stage of publishing that computes. Sets that take little time go together,
 * so that what the store needs to keep a promise is needed once for all of them. */
#include "base/clock.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "node/downstream_work.h"
#include "node/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is held in memory at once. */
#define GROUP_PAIRS_MAX 8192U

/* Sets that take longer than this are made one by one, all threads on each. */
static const double GROUP_SECONDS_PER_SET = 0.2;

/* How many times what the ledgers take at once may stand made and wait for them. */
static const size_t AHEAD = 2;

/* ---- finding work ---- */

static const char PLANNED_SQL[] =
    "SELECT id, series, sequence, batch, suite, key_bits, width,"
    " (SELECT count(*) FROM pair WHERE set_row = s.id), short_exponents FROM sets AS s"
    " WHERE state = 'planned' AND" LV_NOT_HELD_UP("s") " ORDER BY id LIMIT ?";

/* A ledger that is slow or away must not make the store grow by records that are not needed yet. */
static lv_status far_ahead(lv_node *node, bool *far, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t most = (int64_t)(AHEAD * lv_downstream_of(node)->group_max);
    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT count(*) >= ?1 FROM (SELECT 1 FROM sets AS s WHERE"
                                     " state = 'made' AND" LV_NOT_HELD_UP("s") " LIMIT ?1)",
                                     "i", most),
                      &row, err);
    *far = status == LV_OK && sqlite3_column_int64(row, 0) != 0;
    lv_store_done(row);
    return status;
}

static lv_status find_planned(lv_group *g, lv_error *err)
{
    lv_store *store = g->node->store;
    sqlite3_stmt *rows = NULL;
    size_t pairs = 0;

    lv_status status = lv_store_query(store, err, &rows, PLANNED_SQL, "i",
                                      (int64_t)lv_downstream_of(g->node)->group_sets);
    while (pairs < GROUP_PAIRS_MAX && lv_role_row(store, rows, &status, err)) {
        lv_work *at = &g->sets[g->count++];
        lv_work_name(rows, at);
        snprintf(at->series.suite, sizeof at->series.suite, "%s", lv_store_text(rows, 4));
        at->series.key_bits = (unsigned)sqlite3_column_int64(rows, 5);
        at->series.scale.bits = (unsigned)sqlite3_column_int64(rows, 6);
        at->pair_count = (size_t)sqlite3_column_int64(rows, 7);
        at->series.short_exponents = sqlite3_column_int64(rows, 8) != 0;
        pairs += at->pair_count;
    }
    lv_store_done(rows);
    return status;
}

/* LV_NOT_FOUND where there is nothing to do yet. */
static lv_status find_group(lv_group *g, lv_error *err)
{
    bool far = false;
    lv_status status = lv_store_begin(g->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = far_ahead(g->node, &far, err);
    if (status == LV_OK && !far) {
        status = find_planned(g, err);
    }
    status = lv_store_end(g->node->store, status, err);
    return status == LV_OK && g->count == 0 ? LV_NOT_FOUND : status;
}

/* ---- loading ---- */

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

static lv_status load_pair(lv_node *node, lv_work *at, size_t i, sqlite3_stmt *row, lv_error *err)
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

static lv_status make_room(lv_work *at)
{
    size_t count = at->pair_count;
    if (count == 0 || count > LV_SET_PAIRS_MAX) {
        at->pair_count = 0;
        return LV_E_CORRUPT;
    }
    at->pairs = calloc(count, sizeof *at->pairs);
    at->x = lv_secret_alloc(2 * count * sizeof *at->x);
    if (at->pairs == NULL || at->x == NULL) {
        return LV_E_MEMORY;
    }
    at->y = at->x + count;
    return LV_OK;
}

/* Loads the pairs of a planned set with their values. */
static lv_status load_pairs(lv_node *node, lv_work *at, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    size_t i = 0;

    lv_status status = make_room(at);
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

/* What the series is called for people comes from its configuration; how it was planned stays. */
static lv_status complete_series(lv_node *node, lv_work *at, lv_error *err)
{
    const lv_config_series *config = NULL;
    lv_status status = lv_downstream_series_find(node, at->series.name, &config, err);
    if (status == LV_OK) {
        lv_series planned = at->series;
        at->series = config->series;
        memcpy(at->series.suite, planned.suite, sizeof planned.suite);
        at->series.key_bits = planned.key_bits;
        at->series.short_exponents = planned.short_exponents;
        at->series.scale.bits = planned.scale.bits;
        at->with_distance = lv_policy_any(config->policies, config->policy_count, LV_ASK_BAND);
        at->tell_scale = lv_policy_any(config->policies, config->policy_count, LV_ASK_THRESHOLD);
    }
    return status;
}

/* What a set is made of. What is wrong with one says nothing of the others.
 * @return faults of the store. */
static lv_status load_group(lv_group *g, lv_error *err)
{
    for (size_t i = 0; i < g->count; i++) {
        lv_work *at = &g->sets[i];
        at->status = complete_series(g->node, at, &at->words);
    }
    lv_status status = lv_store_begin(g->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < g->count; i++) {
        lv_work *at = &g->sets[i];
        if (at->status == LV_OK) {
            at->status = load_pairs(g->node, at, &at->words);
        }
    }
    return lv_store_end(g->node->store, status, err);
}

/* LV_NOT_FOUND where nothing stands ready for this set. */
static lv_status make_by_pool(lv_node *node, const lv_set_plan *plan, const lv_job *job,
                              lv_set_made *made, lv_buffer *sealed_key, lv_error *err)
{
    lv_set_ready ready = {0};
    lv_status status = lv_pool_take(node, plan, &ready, sealed_key, err);
    if (status == LV_OK) {
        lv_identity *identity = lv_node_identity(node);
        status = lv_set_make_ready(plan, identity, &ready, job, made, err);
        lv_identity_free(identity);
    }
    lv_set_ready_wipe(&ready);
    return status;
}

static lv_status make_afresh(lv_node *node, const lv_set_plan *plan, const lv_job *job,
                             lv_set_made *made, lv_buffer *sealed_key, lv_error *err)
{
    lv_identity *identity = lv_node_identity(node);
    lv_status status = lv_set_make(plan, identity, NULL, job, made, err);
    lv_identity_free(identity);
    return status != LV_OK
               ? status
               : lv_downstream_key_seal(node, &made->set_id, made->key, sealed_key, err);
}

static void keep_made(lv_work *at, lv_set_made *made)
{
    at->set_id = made->set_id;
    at->quality = made->quality_record; /* moves over, as does the next */
    at->xor_record = made->xor_record;
    made->quality_record = (lv_buffer){0};
    made->xor_record = (lv_buffer){0};
}

static lv_status make_set(lv_node *node, lv_work *at, const lv_job *job, lv_error *err)
{
    lv_set_made made = {0};
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
    lv_status status = make_by_pool(node, &plan, job, &made, &at->key, err);
    if (status == LV_NOT_FOUND) {
        status = make_afresh(node, &plan, job, &made, &at->key, err);
    }
    if (status == LV_OK) {
        keep_made(at, &made);
    }
    lv_set_made_free(&made);
    return status;
}

/* As lv_parallel_for wants it: a set that cannot be made stops no other. */
static lv_status make_one(void *context, size_t i)
{
    lv_group *g = context;
    lv_work *at = &g->sets[i];
    lv_job job = {.threads = g->threads};

    if (g->count == 1) {
        job.progress = lv_downstream_making_report;
        job.progress_context = g->node;
    }
    if (at->status == LV_OK) {
        at->status = make_set(g->node, at, &job, &at->words);
    }
    return LV_OK;
}

/* How many may be made together the next time. */
static void pace(lv_downstream *own, size_t count, double seconds)
{
    if (seconds / (double)count > GROUP_SECONDS_PER_SET) {
        own->group_sets = 1;
    } else if (own->group_sets <= own->group_max / 4) {
        own->group_sets *= 4;
    } else {
        own->group_sets = own->group_max;
    }
}

static lv_status make_sets(lv_group *g)
{
    lv_job job = lv_role_job(g->node);
    double begun = lv_clock_seconds();

    g->threads = job.threads > g->count ? job.threads / (unsigned)g->count : 1;
    if (g->count > 1) {
        job.progress = lv_downstream_making_report;
        job.progress_context = g->node;
    }
    lv_status status =
        g->count == 1 ? make_one(g, 0) : lv_parallel_for(&job, "sets", g->count, make_one, g);
    pace(lv_downstream_of(g->node), g->count, lv_clock_seconds() - begun);
    return status;
}

/* How many sets were made before the first that was not. */
static size_t count_made(const lv_group *g)
{
    size_t made = 0;
    while (made < g->count && g->sets[made].status == LV_OK) {
        made++;
    }
    return made;
}

static lv_status store_made(const lv_group *g, size_t count, lv_error *err)
{
    lv_store *store = g->node->store;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        const lv_work *at = &g->sets[i];
        status =
            lv_store_run(store, err,
                         "UPDATE sets SET state = 'made', error = NULL, set_id = ?, key = ?,"
                         " quality = ?, xor = ? WHERE id = ? AND state = 'planned'",
                         "bbbbi", lv_role_digest_view(&at->set_id), lv_buffer_view(&at->key),
                         lv_buffer_view(&at->quality), lv_buffer_view(&at->xor_record), at->row);
    }
    return lv_store_end(store, status, err);
}

/* @param[out] blamed  the set that did not move on; NULL where all did, or none is to blame. */
static lv_status make(lv_group *g, const lv_work **blamed, lv_error *err)
{
    double begun = lv_clock_seconds();

    *blamed = &g->sets[0];
    lv_status status = load_group(g, err);
    if (status == LV_OK) {
        status = make_sets(g);
    }
    size_t made = count_made(g);
    if (status == LV_OK && made > 0) {
        status = store_made(g, made, err);
    }
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < made; i++) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: set %llu made in %.2f s",
               g->sets[i].series.name, (unsigned long long)g->sets[i].sequence,
               (lv_clock_seconds() - begun) / (double)made);
    }
    if (made < g->count) {
        *blamed = &g->sets[made];
        *err = g->sets[made].words;
        return g->sets[made].status;
    }
    return LV_OK;
}

lv_status lv_downstream_make_step(lv_node *node, lv_error *err)
{
    lv_group g = {0};
    const lv_work *blamed = NULL;

    lv_status status = lv_group_open(node, &g);
    if (status == LV_OK) {
        status = find_group(&g, err);
    }
    if (status != LV_OK) {
        lv_group_close(&g);
        return lv_work_store_fault(status);
    }
    lv_downstream_making_begin(node, g.sets[0].batch, g.sets[0].sequence, "key");
    status = make(&g, &blamed, err);
    lv_downstream_making_end(node);
    if (status == LV_OK) {
        lv_node_changed(node);
    } else {
        status = lv_work_settle_trouble(node, blamed, status, err);
    }
    lv_group_close(&g);
    return status;
}
