/* made -> published: a set's XOR record goes onto its channel, and then its quality record onto the
 * other. Each is the work of a stage of its own, as is making, so that a group is on its way to
 * one ledger while the one before it is on its way to the other and the next is made. Within a
 * channel sets go one group after another, in the order of their sequence. */
#include "base/log.h"
#include "node/downstream_work.h"
#include <string.h>

static const double RETRY_SECONDS_MIN = 0.2;
static const double RETRY_SECONDS_MAX = 30;
static const double IDLE_SECONDS = 3600;

/* Of the records that go onto a ledger together. More would not be quicker: a transaction of
 * Fabric's is copied a dozen times on its way through two peers and the orderer. */
#define GROUP_BYTES_MAX ((size_t)4 * 1024 * 1024)
_Static_assert(GROUP_BYTES_MAX <= LV_SUBMIT_BYTES_MAX, "a ledger takes a group in one submit");

/* ---- finding work ---- */

/* Which sets a stage has the next of, by ?1, the row up to which XOR records are known to stand. */
static const char *const MADE_SQL[] = {
    /* Before the first planned one: whatever is older goes first. */
    [LV_STAGE_XOR] =
        "SELECT id, series, sequence, batch, set_id, xor FROM sets AS s"
        " WHERE state = 'made' AND id > ?1 AND id < coalesce((SELECT p.id FROM sets AS p"
        " WHERE p.state = 'planned' AND" LV_NOT_HELD_UP(
            "p") " ORDER BY p.id LIMIT 1), 9223372036854775807) AND" LV_NOT_HELD_UP("s") " ORDER "
                                                                                         "BY id "
                                                                                         "LIMIT ?2",
    [LV_STAGE_QUALITY] =
        "SELECT id, series, sequence, batch, set_id, quality FROM sets AS s"
        " WHERE state = 'made' AND id <= ?1 AND" LV_NOT_HELD_UP("s") " ORDER BY id LIMIT ?2",
};

static lv_buffer *record_of(lv_work *at, lv_stage stage)
{
    return stage == LV_STAGE_XOR ? &at->xor_record : &at->quality;
}

static lv_bytes record_view(const lv_work *at, lv_stage stage)
{
    return lv_buffer_view(stage == LV_STAGE_XOR ? &at->xor_record : &at->quality);
}

static lv_ledger *ledger_of(const lv_node *node, lv_stage stage)
{
    return stage == LV_STAGE_XOR ? node->xor : node->quality;
}

static lv_status take_made(sqlite3_stmt *row, lv_work *out, lv_stage stage)
{
    lv_work_name(row, out);
    lv_status status = lv_role_digest(row, 4, &out->set_id);
    return status == LV_OK ? lv_role_copy(row, 5, record_of(out, stage)) : status;
}

/* Within a transaction. */
static lv_status find_made(lv_group *g, lv_stage stage, lv_error *err)
{
    lv_store *store = g->node->store;
    lv_downstream *own = lv_downstream_of(g->node);
    sqlite3_stmt *rows = NULL;
    size_t weight = 0;

    lv_status status = lv_store_query(store, err, &rows, MADE_SQL[stage], "ii",
                                      atomic_load(&own->xor_standing), (int64_t)own->group_max);
    while (lv_role_row(store, rows, &status, err)) {
        weight += lv_ledger_weight((size_t)sqlite3_column_bytes(rows, 5));
        if (g->count > 0 && weight > GROUP_BYTES_MAX) {
            break; /* a ledger may take a single record that is longer */
        }
        status = take_made(rows, &g->sets[g->count++], stage);
    }
    lv_store_done(rows);
    return status;
}

/* The next group of a stage. LV_NOT_FOUND where there is nothing to do. */
static lv_status find_group(lv_group *g, lv_stage stage, lv_error *err)
{
    lv_status status = lv_store_begin(g->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_end(g->node->store, find_made(g, stage, err), err);
    return status == LV_OK && g->count == 0 ? LV_NOT_FOUND : status;
}

/* ---- onto a ledger ---- */

/* What stands under our set id already must be this very record: then an earlier try got through
 * and only its acknowledgement was lost. Where nothing does, the sequence is another set's.
 * @param[in,out] err  the words of the ledger's refusal. */
static lv_status compare_standing(lv_ledger *ledger, const lv_digest *set_id, lv_bytes record,
                                  lv_error *err)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_buffer standing = {0};
    lv_error ignored = {0};
    const lv_error refusal = *err;

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
        status = lv_fail(err, LV_EXISTS,
                         "%s; state/ does not know the set that stands there, so it is an older "
                         "copy: go on under a new series (docs/operations.md)",
                         refusal.text);
    } else if (status != LV_OK) {
        status = lv_fail(err, status, "%s", ignored.text);
    }
    lv_buffer_free(&standing);
    return status;
}

/* Puts one record; what stands already must be the same. */
static lv_status put(lv_ledger *ledger, const lv_work *at, lv_stage stage, lv_error *err)
{
    lv_bytes record = record_view(at, stage);
    lv_call call = {.function = "put", .arguments = &record, .argument_count = 1};
    lv_status status = lv_ledger_submit(ledger, &call, 1, NULL, err);
    if (status == LV_EXISTS) {
        status = compare_standing(ledger, &at->set_id, record, err);
    }
    return status;
}

/* Puts the records of all sets in one block, or none. */
static lv_status put_all(lv_ledger *ledger, const lv_group *g, lv_stage stage, lv_error *err)
{
    lv_bytes records[LV_GROUP_SETS_MAX];
    lv_call calls[LV_GROUP_SETS_MAX];

    for (size_t i = 0; i < g->count; i++) {
        records[i] = record_view(&g->sets[i], stage);
        calls[i] = (lv_call){.function = "put", .arguments = &records[i], .argument_count = 1};
    }
    return lv_ledger_submit(ledger, calls, g->count, NULL, err);
}

static lv_status mark_published(lv_store *store, const lv_work *at, lv_error *err)
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

static lv_status store_published(lv_node *node, const lv_work *sets, size_t count, lv_error *err)
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

/* Sets whose records of this stage stand. That an XOR record does is not stored: after a kill it is
 * put again, and found. */
static lv_status keep(lv_node *node, lv_stage stage, const lv_work *sets, size_t count,
                      lv_error *err)
{
    if (stage == LV_STAGE_XOR) {
        atomic_store(&lv_downstream_of(node)->xor_standing, sets[count - 1].row);
        return LV_OK;
    }
    return store_published(node, sets, count, err);
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

static lv_status put_one(lv_node *node, lv_stage stage, const lv_work *at, lv_error *err)
{
    lv_status status = put(ledger_of(node, stage), at, stage, err);
    return status == LV_OK ? keep(node, stage, at, 1, err) : status;
}

static lv_status put_together(const lv_group *g, lv_stage stage, lv_error *err)
{
    lv_status status = put_all(ledger_of(g->node, stage), g, stage, err);
    return status == LV_OK ? keep(g->node, stage, g->sets, g->count, err) : status;
}

/* What a ledger refuses of a group is not in the group but in one record of it: one by one it shows
 * in which, or that an earlier try got through. */
static lv_status put_group(const lv_group *g, lv_stage stage, const lv_work **blamed, lv_error *err)
{
    *blamed = &g->sets[0];
    lv_status status = LV_REFUSED;
    if (g->count > 1) {
        status = put_together(g, stage, err);
        if (status == LV_OK || lv_role_passes(status)) {
            return status;
        }
    }
    for (size_t i = 0; i < g->count; i++) {
        *blamed = &g->sets[i];
        status = put_one(g->node, stage, *blamed, err);
        if (status != LV_OK) {
            return status;
        }
    }
    return status;
}

static lv_status advance(const lv_group *g, lv_stage stage, const lv_work **blamed, lv_error *err)
{
    lv_node *node = g->node;
    lv_status status = put_group(g, stage, blamed, err);
    size_t done = status == LV_OK ? g->count : (size_t)(*blamed - g->sets);

    if (done > 0) {
        lv_node_changed(node);
        remember_head(node, ledger_of(node, stage));
    }
    for (size_t i = 0; stage == LV_STAGE_QUALITY && i < done; i++) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: set %llu published", g->sets[i].series.name,
               (unsigned long long)g->sets[i].sequence);
    }
    return status;
}

/* One step of a stage that puts records. */
static lv_status step(lv_node *node, lv_stage stage, lv_error *err)
{
    lv_group g = {0};
    const lv_work *blamed = NULL;

    lv_status status = lv_group_open(node, &g);
    if (status == LV_OK) {
        status = find_group(&g, stage, err);
    }
    if (status != LV_OK) {
        lv_group_close(&g);
        return lv_work_store_fault(status);
    }
    lv_downstream_putting_begin(node, stage, g.sets[0].batch, g.sets[0].sequence);
    status = advance(&g, stage, &blamed, err);
    lv_downstream_putting_end(node, stage);
    if (status != LV_OK) {
        status = lv_work_settle_trouble(node, blamed, status, err);
    }
    lv_group_close(&g);
    return status;
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

lv_status lv_downstream_xor_step(lv_node *node, lv_error *err)
{
    lv_status status = settle_grants(node, err);
    return status == LV_OK ? step(node, LV_STAGE_XOR, err) : status;
}

lv_status lv_downstream_quality_step(lv_node *node, lv_error *err)
{
    return step(node, LV_STAGE_QUALITY, err);
}

/* ---- the workers ---- */

lv_status lv_downstream_publish_step(lv_node *node, lv_error *err)
{
    lv_status status = lv_downstream_quality_step(node, err);
    if (status != LV_NOT_FOUND) {
        return status;
    }
    status = lv_downstream_xor_step(node, err);
    if (status == LV_OK) {
        status = lv_downstream_quality_step(node, err);
        return status == LV_NOT_FOUND ? LV_OK : status; /* its XOR record was refused */
    }
    return status == LV_NOT_FOUND ? lv_downstream_make_step(node, err) : status;
}

static void work(lv_node *node, lv_status (*take_step)(lv_node *node, lv_error *err))
{
    double pause = RETRY_SECONDS_MIN;
    while (!lv_node_stopping(node)) {
        lv_error err = {0};
        uint64_t seen = lv_node_version(node);
        lv_status status = take_step(node, &err);
        if (status == LV_OK) {
            pause = RETRY_SECONDS_MIN;
            continue;
        }
        if (status == LV_NOT_FOUND) {
            lv_node_wait(node, seen, IDLE_SECONDS);
            continue;
        }
        lv_log(LV_LOG_WARN, "downstream", "publishing waits %.1f s: %s", pause, err.text);
        lv_node_pause(node, pause);
        pause = pause * 2 < RETRY_SECONDS_MAX ? pause * 2 : RETRY_SECONDS_MAX;
    }
}

void lv_downstream_work_make(lv_node *node) { work(node, lv_downstream_make_step); }
void lv_downstream_work_xor(lv_node *node) { work(node, lv_downstream_xor_step); }
void lv_downstream_work_quality(lv_node *node) { work(node, lv_downstream_quality_step); }
