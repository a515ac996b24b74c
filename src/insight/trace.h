/** Which lots went into a lot, and which it went into. Pure. */
#ifndef LV_INSIGHT_TRACE_H
#define LV_INSIGHT_TRACE_H

#include <lotveil/status.h>

#define LV_TRACE_EDGES_MAX 1000000U

/** `parent` went into `lot`. Borrowed. */
typedef struct {
    const char *parent;
    const char *lot;
} lv_trace_edge;

typedef struct {
    const char *lot; /* borrowed from an edge */
    size_t distance; /* steps from the lot asked about, from 1 */
} lv_trace_lot;

/** Owned lists of borrowed texts. */
typedef struct {
    size_t ancestor_count;
    lv_trace_lot *ancestors;
    size_t descendant_count;
    lv_trace_lot *descendants;
} lv_trace;

/** Finds all ancestors and descendants of a lot: nearest first and then by name, each once, never
 *  the lot itself. Doubled edges and cycles do no harm (a lot in a cycle is both). A lot that no
 *  edge names has neither.
 * @return LV_OK; LV_E_LIMIT over LV_TRACE_EDGES_MAX edges; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_trace_find(const lv_trace_edge *edges, size_t count, const char *lot,
                                      lv_trace *out, lv_error *err);
void lv_trace_free(lv_trace *trace);

#endif
