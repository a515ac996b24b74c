/** What a handler's outcome looks like on the wire. */
#ifndef LV_NODE_HTTP_ANSWER_H
#define LV_NODE_HTTP_ANSWER_H

#include "node/http.h"

/** The HTTP status of an error response. */
unsigned lv_http_code_of(lv_status status);

/** Makes `response` {"error": words, "code": name of `status`}, replacing what is in it. */
LV_MUST_CHECK lv_status lv_http_error(lv_http_response *response, unsigned code, lv_status status,
                                      const char *words);

/** lv_http_error for a handler's failure. A fault inside the node goes to the log in words, and to
 *  the client without them. */
LV_MUST_CHECK lv_status lv_http_fault(lv_http_response *response, const char *where,
                                      lv_status status, const lv_error *err);

#endif
