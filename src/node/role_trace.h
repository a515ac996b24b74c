/** `GET /v1/trace/LOT`, which downstream and upstream share (docs/api.md). */
#ifndef LV_NODE_ROLE_TRACE_H
#define LV_NODE_ROLE_TRACE_H

#include "node/role.h"

/** A list of the answer. `list` appends, within a transaction, what one of `lots` takes part in.
 * @param lots  JSON array of texts, for json_each. */
typedef struct {
    const char *name;
    lv_status (*list)(lv_node *node, const char *lots, json_t *list, lv_error *err);
} lv_trace_part;

/** Answers for the lot in request->tail.
 * @param edges_sql  gives rows (upstream lots separated by blanks, the lot they went into).
 * @param parts      ended by {0}. */
LV_MUST_CHECK lv_status lv_role_trace(lv_node *node, const lv_http_request *request,
                                      const char *edges_sql, const lv_trace_part *parts,
                                      lv_http_response *response, lv_error *err);

#endif
