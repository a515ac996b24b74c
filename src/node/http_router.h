/** Which handler a request is for. */
#ifndef LV_NODE_HTTP_ROUTER_H
#define LV_NODE_HTTP_ROUTER_H

#include "node/http.h"

/** Finds the route of `method` and `path` among those of one door.
 * @param tables  NULL-terminated list of tables, each ended by {0}.
 * @param path    as it was sent, percent-encoding and all, without the query.
 * @param[out] tail   what stands in place of '*', decoded; empty otherwise. Appended to.
 * @param[out] allow  the methods that the path has ("GET, POST"), where it has not this one.
 * @return LV_OK; LV_NOT_FOUND: no such path at this door; LV_REFUSED: not with this method;
 *         LV_E_SYNTAX: the tail cannot be decoded. */
LV_MUST_CHECK lv_status lv_http_route_find(const lv_route *const *tables, unsigned door,
                                           const char *method, const char *path,
                                           const lv_route **route, lv_buffer *tail,
                                           lv_buffer *allow);

/** Decodes %XX in place. @return false, with the text unchanged, where two digits are missing or a
 *  control character would come out. */
bool lv_http_unescape(char *text);

#endif
