/* The publishing worker (docs/protocol.md section 3, step 1). A set goes planned -> made ->
 * published, each state stored before the next is begun: whatever was interrupted is done again
 * with the same bytes. Sets that take little time go together, so that what a ledger and the store
 * need to keep a promise is needed once for all of them. */
#include "base/clock.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "node/downstream.h"
#include "node/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double RETRY_SECONDS_MIN = 0.2;
static const double RETRY_SECONDS_MAX = 30;
static const double IDLE_SECONDS = 3600;

/* What is held in memory at once. */
#define GROUP_PAIRS_MAX 8192U
#define GROUP_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* Sets that take longer than this are made one by one, all threads on each. */
static const double GROUP_SECONDS_PER_SET = 0.2;

/* A set of the store. */
typedef struct {
    int64_t row;
    int64_t batch;
    lv_digest set_id;
    lv_series series;   /* as configured, with the suite and sizes that were planned */
    bool with_distance; /* somebody may ask for the band */
    bool tell_scale;    /* somebody may ask for thresholds */
    uint64_t sequence;
    lv_buffer quality; /* once it is made, as is the next */
    lv_buffer xor_record;
    lv_buffer key; /* sealed */
    size_t pair_count;
    lv_pair *pairs;
    uint64_t *x; /* secret memory, 2 * pair_count values: x, then y */
    uint64_t *y;
    lv_status status; /* of making it */
    lv_error words;
} work;

/* Sets that are made, or put on the ledgers, together; in the order of their rows. */
typedef struct {
    lv_node *node;
    work *sets; /* LV_GROUP_SETS_MAX places */
    size_t count;
    unsigned threads; /* for each set */
    bool made;
} group;

static void work_free(work *at)
{
    for (size_t i = 0; at->pairs != NULL && i < at->pair_count; i++) {
        free(at->pairs[i].parents);
    }
    free(at->pairs);
    lv_secret_free(at->x);
    lv_buffer_free(&at->quality);
    lv_buffer_free(&at->xor_record);
    lv_buffer_free(&at->key);
    *at = (work){0};
}

static lv_status group_open(lv_node *node, group *out)
{
    *out = (group){.node = node, .sets = calloc(LV_GROUP_SETS_MAX, sizeof(work))};
    return out->sets != NULL ? LV_OK : LV_E_MEMORY;
}

static void group_close(group *g)
{
    for (size_t i = 0; g->sets != NULL && i < LV_GROUP_SETS_MAX; i++) {
        work_free(&g->sets[i]);
    }
    free(g->sets);
    *g = (group){0};
}

/* ---- finding work ---- */

/* Of a series that is not held up by a failed set. There are hardly ever failed ones: the sign
 * keeps SQLite from passing over all sets of the series instead. */
#define NOT_HELD_UP(s)                                                                             \
    " NOT EXISTS (SELECT 1 FROM sets AS f WHERE f.state = 'failed' AND +f.series = " s ".series)"

/* Made sets before the first planned one: whatever is older goes first. */
static const char MADE_SQL[] =
    "SELECT id, series, sequence, batch, set_id, quality, xor FROM sets AS s"
    " WHERE state = 'made' AND id < coalesce((SELECT p.id FROM sets AS p WHERE p.state = 'planned'"
    " AND" NOT_HELD_UP("p") " ORDER BY p.id LIMIT 1), 9223372036854775807)"
                            " AND" NOT_HELD_UP("s") " ORDER BY id LIMIT ?";

static const char PLANNED_SQL[] =
    "SELECT id, series, sequence, batch, suite, key_bits, width,"
    " (SELECT count(*) FROM pair WHERE set_row = s.id), short_exponents FROM sets AS s"
    " WHERE state = 'planned' AND" NOT_HELD_UP("s") " ORDER BY id LIMIT ?";

static void take_name(sqlite3_stmt *row, work *out)
{
    out->row = sqlite3_column_int64(row, 0);
    snprintf(out->series.name, sizeof out->series.name, "%s", lv_store_text(row, 1));
    out->sequence = (uint64_t)sqlite3_column_int64(row, 2);
    out->batch = sqlite3_column_int64(row, 3);
}

static lv_status find_made(group *g, lv_error *err)
{
    lv_store *store = g->node->store;
    sqlite3_stmt *rows = NULL;
    size_t bytes = 0;

    lv_status status = lv_store_query(store, err, &rows, MADE_SQL, "i",
                                      (int64_t)lv_downstream_of(g->node)->group_max);
    while (bytes < GROUP_BYTES_MAX && lv_role_row(store, rows, &status, err)) {
        work *at = &g->sets[g->count++];
        take_name(rows, at);
        status = lv_role_digest(rows, 4, &at->set_id);
        if (status == LV_OK) {
            status = lv_role_copy(rows, 5, &at->quality);
        }
        if (status == LV_OK) {
            status = lv_role_copy(rows, 6, &at->xor_record);
        }
        bytes += at->quality.len + at->xor_record.len;
    }
    lv_store_done(rows);
    g->made = g->count > 0;
    return status;
}

static lv_status find_planned(group *g, lv_error *err)
{
    lv_store *store = g->node->store;
    sqlite3_stmt *rows = NULL;
    size_t pairs = 0;

    lv_status status = lv_store_query(store, err, &rows, PLANNED_SQL, "i",
                                      (int64_t)lv_downstream_of(g->node)->group_sets);
    while (pairs < GROUP_PAIRS_MAX && lv_role_row(store, rows, &status, err)) {
        work *at = &g->sets[g->count++];
        take_name(rows, at);
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

/* The next group. LV_NOT_FOUND where there is nothing to do. */
static lv_status find_group(group *g, lv_error *err)
{
    lv_status status = lv_store_begin(g->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = find_made(g, err);
    if (status == LV_OK && !g->made) {
        status = find_planned(g, err);
    }
    status = lv_store_end(g->node->store, status, err);
    return status == LV_OK && g->count == 0 ? LV_NOT_FOUND : status;
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

static lv_status make_room(work *at)
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
static lv_status load_pairs(lv_node *node, work *at, lv_error *err)
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

/* ---- planned -> made ---- */

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
        at->series.short_exponents = planned.short_exponents;
        at->series.scale.bits = planned.scale.bits;
        at->with_distance = lv_policy_any(config->policies, config->policy_count, LV_ASK_BAND);
        at->tell_scale = lv_policy_any(config->policies, config->policy_count, LV_ASK_THRESHOLD);
    }
    return status;
}

/* What a set is made of. What is wrong with one says nothing of the others.
 * @return faults of the store. */
static lv_status load_group(group *g, lv_error *err)
{
    for (size_t i = 0; i < g->count; i++) {
        work *at = &g->sets[i];
        at->status = complete_series(g->node, at, &at->words);
    }
    lv_status status = lv_store_begin(g->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < g->count; i++) {
        work *at = &g->sets[i];
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

static void keep_made(work *at, lv_set_made *made)
{
    at->set_id = made->set_id;
    at->quality = made->quality_record; /* moves over, as does the next */
    at->xor_record = made->xor_record;
    made->quality_record = (lv_buffer){0};
    made->xor_record = (lv_buffer){0};
}

static lv_status make_set(lv_node *node, work *at, const lv_job *job, lv_error *err)
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
    group *g = context;
    work *at = &g->sets[i];
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

static lv_status make_sets(group *g)
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
static size_t count_made(const group *g)
{
    size_t made = 0;
    while (made < g->count && g->sets[made].status == LV_OK) {
        made++;
    }
    return made;
}

static lv_status store_made(const group *g, size_t count, lv_error *err)
{
    lv_store *store = g->node->store;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        const work *at = &g->sets[i];
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
static lv_status make(group *g, const work **blamed, lv_error *err)
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

static lv_bytes record_of(const work *at, bool quality)
{
    return lv_buffer_view(quality ? &at->quality : &at->xor_record);
}

/* Puts one record; what stands already must be the same. */
static lv_status put(lv_ledger *ledger, const work *at, bool quality, lv_error *err)
{
    lv_bytes record = record_of(at, quality);
    lv_call call = {.function = "put", .arguments = &record, .argument_count = 1};
    lv_status status = lv_ledger_submit(ledger, &call, 1, NULL, err);
    if (status == LV_EXISTS) {
        status = compare_standing(ledger, &at->set_id, record, err);
    }
    return status;
}

/* Puts one record of each set in one block, or none. */
static lv_status put_all(lv_ledger *ledger, const group *g, bool quality, lv_error *err)
{
    lv_bytes records[LV_GROUP_SETS_MAX];
    lv_call calls[LV_GROUP_SETS_MAX];

    for (size_t i = 0; i < g->count; i++) {
        records[i] = record_of(&g->sets[i], quality);
        calls[i] = (lv_call){.function = "put", .arguments = &records[i], .argument_count = 1};
    }
    return lv_ledger_submit(ledger, calls, g->count, NULL, err);
}

static lv_status mark_published(lv_store *store, const work *at, lv_error *err)
{
    lv_status status = lv_store_run(
        store, err, "UPDATE sets SET state = 'published', error = NULL WHERE id = ?", "i", at->row);
    return status == LV_OK
               ? lv_store_run(store, err,
                              "UPDATE batch SET pairs_done = pairs_done +"
                              " (SELECT count(*) FROM pair WHERE set_row = ?) WHERE id = ?",
                              "ii", at->row, at->batch)
               : status;
}

static lv_status store_published(lv_node *node, const work *sets, size_t count, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        status = mark_published(node->store, &sets[i], err);
    }
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
static lv_status publish_one(lv_node *node, const work *at, lv_error *err)
{
    lv_status status = put(node->xor, at, false, err);
    if (status == LV_OK) {
        status = put(node->quality, at, true, err);
    }
    return status == LV_OK ? store_published(node, at, 1, err) : status;
}

/* The XOR records first, as above. */
static lv_status publish_together(const group *g, lv_error *err)
{
    lv_status status = put_all(g->node->xor, g, false, err);
    if (status == LV_OK) {
        status = put_all(g->node->quality, g, true, err);
    }
    return status == LV_OK ? store_published(g->node, g->sets, g->count, err) : status;
}

/* What a ledger refuses of a group is not in the group but in one record of it: one by one it shows
 * in which, or that an earlier try got through. */
static lv_status publish_group(const group *g, const work **blamed, lv_error *err)
{
    *blamed = &g->sets[0];
    lv_status status = LV_REFUSED;
    if (g->count > 1) {
        status = publish_together(g, err);
        if (status == LV_OK || lv_role_passes(status)) {
            return status;
        }
    }
    for (size_t i = 0; i < g->count; i++) {
        *blamed = &g->sets[i];
        status = publish_one(g->node, *blamed, err);
        if (status != LV_OK) {
            return status;
        }
    }
    return status;
}

static lv_status publish(const group *g, const work **blamed, lv_error *err)
{
    lv_node *node = g->node;
    lv_status status = publish_group(g, blamed, err);
    size_t done = status == LV_OK ? g->count : (size_t)(*blamed - g->sets);

    if (done > 0) {
        remember_head(node, node->xor);
        remember_head(node, node->quality);
        lv_node_changed(node);
    }
    for (size_t i = 0; i < done; i++) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: set %llu published", g->sets[i].series.name,
               (unsigned long long)g->sets[i].sequence);
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

static lv_status advance(group *g, lv_error *err)
{
    lv_node *node = g->node;
    const work *first = &g->sets[0];
    const work *blamed = first;

    lv_downstream_making_begin(node, first->batch, first->sequence, g->made ? "publish" : "key");
    lv_status status = g->made ? publish(g, &blamed, err) : make(g, &blamed, err);
    lv_downstream_making_end(node);
    if (status != LV_OK) {
        return settle_trouble(node, blamed, status, err);
    }
    lv_node_changed(node);
    return LV_OK;
}

lv_status lv_downstream_publish_step(lv_node *node, lv_error *err)
{
    group g = {0};

    lv_status status = settle_grants(node, err);
    if (status != LV_OK) {
        return status;
    }
    status = group_open(node, &g);
    if (status == LV_OK) {
        status = find_group(&g, err);
    }
    if (status == LV_OK) {
        status = advance(&g, err);
    } else if (status != LV_NOT_FOUND && !lv_role_passes(status)) {
        status = LV_E_IO; /* the store itself is in trouble: there is no set to blame */
    }
    group_close(&g);
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
