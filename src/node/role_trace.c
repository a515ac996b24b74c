#include "node/role_trace.h"
#include "insight/trace.h"
#include <stdlib.h>
#include <string.h>

/* Steps between lots; the texts stand one after another, each with its NUL. */
typedef struct {
    lv_buffer texts;
    size_t count;
} steps;

static lv_status add_text(steps *s, const char *text, size_t len)
{
    lv_status status = lv_buffer_append(&s->texts, text, len);
    return status == LV_OK ? lv_buffer_append(&s->texts, "", 1) : status;
}

static lv_status add_steps(steps *s, const char *parents, const char *lot)
{
    lv_status status = LV_OK;
    while (status == LV_OK && *parents != '\0') {
        size_t len = strcspn(parents, " ");
        if (len > 0) {
            status = add_text(s, parents, len);
            status = status == LV_OK ? add_text(s, lot, strlen(lot)) : status;
            s->count++;
        }
        parents += len + (parents[len] == ' ' ? 1 : 0);
    }
    return status;
}

static lv_status load_steps(lv_node *node, const char *sql, steps *out, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(node->store, err, &rows, sql, "");
    while (lv_role_row(node->store, rows, &status, err)) {
        status = add_steps(out, lv_store_text(rows, 0), lv_store_text(rows, 1));
    }
    lv_store_done(rows);
    return status;
}

/* Edges that borrow the texts, which stay as they are from now on. */
static lv_trace_edge *edges_of(const steps *s)
{
    const char *at = lv_buffer_text(&s->texts);
    lv_trace_edge *edges = calloc(s->count + 1, sizeof *edges);
    for (size_t i = 0; edges != NULL && i < s->count; i++) {
        edges[i].parent = at;
        at += strlen(at) + 1;
        edges[i].lot = at;
        at += strlen(at) + 1;
    }
    return edges;
}

static lv_status add_lots(const lv_trace_lot *lots, size_t count, json_t *list)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        status = lv_role_append(list, lv_role_text(lots[i].lot));
    }
    return status;
}

/* The lot itself and all that was made from it, as text for json_each. */
static lv_status involved(const char *lot, const json_t *children, char **out)
{
    json_t *lots = json_array();
    lv_status status = lots != NULL ? lv_role_append(lots, lv_role_text(lot)) : LV_E_MEMORY;
    if (status == LV_OK) {
        size_t i = 0;
        json_t *child = NULL;
        json_array_foreach(children, i, child)
        {
            status = status == LV_OK ? lv_role_append(lots, json_incref(child)) : status;
        }
    }
    *out = status == LV_OK ? json_dumps(lots, JSON_COMPACT) : NULL;
    json_decref(lots);
    return *out != NULL ? LV_OK : LV_E_MEMORY;
}

static lv_status add_parts(lv_node *node, const char *lots, const lv_trace_part *parts,
                           json_t *answer, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && parts[i].name != NULL; i++) {
        json_t *list = json_array();
        if (list == NULL || json_object_set_new(answer, parts[i].name, list) != 0) {
            return LV_E_MEMORY;
        }
        status = parts[i].list(node, lots, list, err);
    }
    return status;
}

static lv_status add_family(const steps *s, const char *lot, json_t *answer, lv_error *err)
{
    lv_trace trace = {0};
    lv_trace_edge *edges = edges_of(s);

    lv_status status =
        edges == NULL ? LV_E_MEMORY : lv_trace_find(edges, s->count, lot, &trace, err);
    if (status == LV_OK) {
        status =
            add_lots(trace.ancestors, trace.ancestor_count, json_object_get(answer, "parents"));
    }
    if (status == LV_OK) {
        status = add_lots(trace.descendants, trace.descendant_count,
                          json_object_get(answer, "children"));
    }
    lv_trace_free(&trace);
    free(edges);
    return status;
}

static lv_status fill(lv_node *node, const char *lot, const char *edges_sql,
                      const lv_trace_part *parts, json_t *answer, lv_error *err)
{
    steps s = {0};
    char *lots = NULL;

    lv_status status = load_steps(node, edges_sql, &s, err);
    if (status == LV_OK) {
        status = add_family(&s, lot, answer, err);
    }
    if (status == LV_OK) {
        status = involved(lot, json_object_get(answer, "children"), &lots);
    }
    if (status == LV_OK) {
        status = add_parts(node, lots, parts, answer, err);
    }
    free(lots);
    lv_buffer_free(&s.texts);
    return status;
}

lv_status lv_role_trace(lv_node *node, const lv_http_request *request, const char *edges_sql,
                        const lv_trace_part *parts, lv_http_response *response, lv_error *err)
{
    json_t *answer =
        json_pack("{s:o, s:[], s:[]}", "lot", lv_role_text(request->tail), "parents", "children");
    lv_status status = answer == NULL ? LV_E_MEMORY : lv_store_begin(node->store, err);
    if (status == LV_OK) {
        status = lv_store_end(node->store, fill(node, request->tail, edges_sql, parts, answer, err),
                              err);
    }
    if (status != LV_OK) {
        json_decref(answer);
        return status;
    }
    return lv_http_json(response, answer);
}
