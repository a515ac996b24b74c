#include "node/downstream_work.h"
#include "base/log.h"
#include "base/secret.h"
#include <stdio.h>
#include <stdlib.h>

static void work_free(lv_work *at)
{
    for (size_t i = 0; at->pairs != NULL && i < at->pair_count; i++) {
        free(at->pairs[i].parents);
    }
    free(at->pairs);
    lv_secret_free(at->x);
    lv_buffer_free(&at->quality);
    lv_buffer_free(&at->xor_record);
    lv_buffer_free(&at->key);
    *at = (lv_work){0};
}

lv_status lv_group_open(lv_node *node, lv_group *out)
{
    *out = (lv_group){.node = node, .sets = calloc(LV_GROUP_SETS_MAX, sizeof(lv_work))};
    return out->sets != NULL ? LV_OK : LV_E_MEMORY;
}

void lv_group_close(lv_group *g)
{
    for (size_t i = 0; g->sets != NULL && i < LV_GROUP_SETS_MAX; i++) {
        work_free(&g->sets[i]);
    }
    free(g->sets);
    *g = (lv_group){0};
}

void lv_work_name(sqlite3_stmt *row, lv_work *out)
{
    out->row = sqlite3_column_int64(row, 0);
    snprintf(out->series.name, sizeof out->series.name, "%s", lv_store_text(row, 1));
    out->sequence = (uint64_t)sqlite3_column_int64(row, 2);
    out->batch = sqlite3_column_int64(row, 3);
}

/* For good, unless the fault may pass. */
static lv_status store_trouble(lv_node *node, const lv_work *at, bool failed, const char *words,
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

lv_status lv_work_settle_trouble(lv_node *node, const lv_work *at, lv_status status, lv_error *err)
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

lv_status lv_work_store_fault(lv_status status)
{
    return status == LV_NOT_FOUND || lv_role_passes(status) ? status : LV_E_IO;
}
