/** What the handlers of the roles share: rows into JSON, lists, long polls. */
#ifndef LV_NODE_ROLE_H
#define LV_NODE_ROLE_H

#include "node/node.h"

#define LV_POLL_SECONDS_MAX 60

/** Steps a query within a transaction: `while (lv_role_row(...))` sees every row.
 * @param status  LV_OK goes on; set to the fault that ended the rows, left LV_OK at their end. */
bool lv_role_row(lv_store *store, sqlite3_stmt *rows, lv_status *status, lv_error *err);

/** Steps to the first row of a query within a transaction:
 * `status = lv_role_first(store, lv_store_query(store, err, &row, ...), &row, err)`.
 * @param queried  what lv_store_query returned; passed up unless LV_OK.
 * @return LV_OK with a row (give it back with lv_store_done); LV_NOT_FOUND and `*row` NULL where
 *         there is none; faults. No words are written for LV_NOT_FOUND. */
LV_MUST_CHECK lv_status lv_role_first(lv_store *store, lv_status queried, sqlite3_stmt **row,
                                      lv_error *err);

/** The threads that one computation may use. */
lv_job lv_role_job(const lv_node *node);

/** May a fault pass by itself, so that the same thing is worth another try? */
bool lv_role_passes(lv_status status);

/** Keeps a copy of a column of bytes beyond the step. NULL appends nothing. */
LV_MUST_CHECK lv_status lv_role_copy(sqlite3_stmt *row, int column, lv_buffer *out);

/** Reads a digest from a column. LV_E_CORRUPT where it is none. */
LV_MUST_CHECK lv_status lv_role_digest(sqlite3_stmt *row, int column, lv_digest *out);
lv_bytes lv_role_digest_view(const lv_digest *digest);

/** JSON of bytes; null where there are none. */
json_t *lv_role_base64(lv_bytes bytes);
json_t *lv_role_hex(lv_bytes bytes);

/** JSON of text that somebody else wrote: bytes that are no UTF-8 become '?'. "" stays "". */
json_t *lv_role_text(const char *text);

/** Text or null of a column. */
json_t *lv_role_text_or_null(sqlite3_stmt *row, int column);

/** Whole number or null of a column. */
json_t *lv_role_number_or_null(sqlite3_stmt *row, int column);

/** Appends to a list, taking the reference. LV_E_MEMORY also where `value` is NULL. */
LV_MUST_CHECK lv_status lv_role_append(json_t *list, json_t *value);

/** Reads the body of a request as one JSON object. LV_E_SYNTAX with words. An empty body is an
 *  empty object. */
LV_MUST_CHECK lv_status lv_role_body(const lv_http_request *request, json_t **out, lv_error *err);

/** Text of a member of an object, "" where it has none. LV_E_SYNTAX where it is no text. */
LV_MUST_CHECK lv_status lv_role_member(const json_t *object, const char *name, const char **out,
                                       lv_error *err);

/** A long poll: `after=` and `wait=` of the request. */
typedef struct {
    int64_t after;
    double until;  /* lv_clock_seconds when the time is up */
    uint64_t seen; /* lv_node_version before the last look */
} lv_poll;

LV_MUST_CHECK lv_status lv_poll_start(lv_node *node, const lv_http_request *request, lv_poll *out,
                                      lv_error *err);

/** Waits for a change. @return true: look again; false: the time is up, or the node stops. */
bool lv_poll_wait(lv_node *node, lv_poll *poll);

/** Appends what the list holds past poll->after; called within a transaction. */
typedef lv_status (*lv_role_lister)(lv_node *node, const lv_http_request *request, int64_t after,
                                    json_t *list, lv_error *err);

/** Answers {"name": [...]}, as a long poll where the request asks for one. */
LV_MUST_CHECK lv_status lv_role_list(lv_node *node, const lv_http_request *request,
                                     const char *name, lv_role_lister lister,
                                     lv_http_response *response, lv_error *err);

#endif
