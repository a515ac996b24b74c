#include "insight/trace.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t NONE = SIZE_MAX;

/* A step from one lot to another, both by their place among the sorted names. */
typedef struct {
    size_t from;
    size_t to;
} step;

typedef struct {
    const char *name;
} name;

/* Lots by number (in the order of their names), and the steps between them sorted by `from`. */
typedef struct {
    name *names;
    size_t name_count;
    step *steps;
    size_t step_count;
    size_t *distance; /* of each lot in the walk that is under way; NONE: not reached */
    size_t *queue;    /* lots in the order they were reached */
} graph;

static int compare_names(const void *a, const void *b)
{
    const name *x = a;
    const name *y = b;
    return strcmp(x->name, y->name);
}

static int compare_steps(const void *a, const void *b)
{
    const step *x = a;
    const step *y = b;

    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    return (x->to > y->to) - (x->to < y->to);
}

static size_t number_of(const graph *g, const char *lot)
{
    const name key = {.name = lot};
    const name *found = g->name_count == 0
                            ? NULL
                            : bsearch(&key, g->names, g->name_count, sizeof key, compare_names);
    return found == NULL ? NONE : (size_t)(found - g->names);
}

static void sort_names(graph *g, const lv_trace_edge *edges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g->names[2 * i].name = edges[i].parent;
        g->names[2 * i + 1].name = edges[i].lot;
    }
    qsort(g->names, 2 * count, sizeof *g->names, compare_names);
    for (size_t i = 0; i < 2 * count; i++) {
        if (i == 0 || compare_names(&g->names[g->name_count - 1], &g->names[i]) != 0) {
            g->names[g->name_count++] = g->names[i];
        }
    }
}

/* Turns the steps towards children (or towards parents), sorted. */
static void point(graph *g, const lv_trace_edge *edges, bool to_children)
{
    for (size_t i = 0; i < g->step_count; i++) {
        size_t parent = number_of(g, edges[i].parent);
        size_t child = number_of(g, edges[i].lot);
        g->steps[i] =
            to_children ? (step){.from = parent, .to = child} : (step){.from = child, .to = parent};
    }
    qsort(g->steps, g->step_count, sizeof *g->steps, compare_steps);
}

/* The first of the steps from a lot, or where it would stand. */
static size_t first_step(const graph *g, size_t from)
{
    size_t low = 0;
    size_t high = g->step_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->steps[middle].from < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Breadth first from `start`; how many lots stand in the queue then, `start` among them. */
static size_t walk(graph *g, size_t start)
{
    size_t reached = 1;

    for (size_t i = 0; i < g->name_count; i++) {
        g->distance[i] = NONE;
    }
    g->distance[start] = 0;
    g->queue[0] = start;
    for (size_t head = 0; head < reached; head++) {
        size_t at = g->queue[head];
        for (size_t i = first_step(g, at); i < g->step_count && g->steps[i].from == at; i++) {
            size_t to = g->steps[i].to;
            if (g->distance[to] == NONE) {
                g->distance[to] = g->distance[at] + 1;
                g->queue[reached++] = to;
            }
        }
    }
    return reached;
}

static int compare_lots(const void *a, const void *b)
{
    const lv_trace_lot *x = a;
    const lv_trace_lot *y = b;

    if (x->distance != y->distance) {
        return x->distance < y->distance ? -1 : 1;
    }
    return strcmp(x->lot, y->lot);
}

static lv_status collect(graph *g, size_t start, lv_trace_lot **lots, size_t *count)
{
    size_t reached = walk(g, start);

    if (reached == 1) {
        return LV_OK;
    }
    *lots = calloc(reached - 1, sizeof **lots);
    if (*lots == NULL) {
        return LV_E_MEMORY;
    }
    *count = reached - 1;
    for (size_t i = 1; i < reached; i++) {
        (*lots)[i - 1] =
            (lv_trace_lot){.lot = g->names[g->queue[i]].name, .distance = g->distance[g->queue[i]]};
    }
    qsort(*lots, *count, sizeof **lots, compare_lots);
    return LV_OK;
}

static lv_status find(graph *g, const lv_trace_edge *edges, size_t count, const char *lot,
                      lv_trace *out)
{
    if (g->names == NULL || g->steps == NULL || g->distance == NULL || g->queue == NULL) {
        return LV_E_MEMORY;
    }
    sort_names(g, edges, count);
    size_t start = number_of(g, lot);
    if (start == NONE) {
        return LV_OK;
    }
    point(g, edges, false);
    lv_status status = collect(g, start, &out->ancestors, &out->ancestor_count);
    if (status == LV_OK) {
        point(g, edges, true);
        status = collect(g, start, &out->descendants, &out->descendant_count);
    }
    return status;
}

lv_status lv_trace_find(const lv_trace_edge *edges, size_t count, const char *lot, lv_trace *out,
                        lv_error *err)
{
    *out = (lv_trace){0};
    if (count > LV_TRACE_EDGES_MAX) {
        return lv_fail(err, LV_E_LIMIT, "trace: over %u steps between lots", LV_TRACE_EDGES_MAX);
    }
    if (count == 0) {
        return LV_OK;
    }
    graph g = {.names = calloc(2 * count, sizeof *g.names),
               .steps = calloc(count, sizeof *g.steps),
               .step_count = count,
               .distance = calloc(2 * count, sizeof *g.distance),
               .queue = calloc(2 * count, sizeof *g.queue)};
    lv_status status = find(&g, edges, count, lot, out);
    free(g.names);
    free(g.steps);
    free(g.distance);
    free(g.queue);
    if (status != LV_OK) {
        lv_trace_free(out);
        return lv_fail(err, status, "trace: no memory");
    }
    return LV_OK;
}

void lv_trace_free(lv_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    free(trace->ancestors);
    free(trace->descendants);
    *trace = (lv_trace){0};
}
