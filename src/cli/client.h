/** Calls to the organisation's running node over the Unix socket in its state folder
 *  (docs/api.md, control door). */
#ifndef LV_CLI_CLIENT_H
#define LV_CLI_CLIENT_H

#include "cli/cli.h"

/** One call. Leave out what it has not. */
typedef struct {
    const char *method; /* NULL: GET */
    const char *path;   /* with its query; escaped where it needs to be */
    const char *content_type;
    const char *header;
    lv_bytes body;
    size_t (*read)(void *context, uint8_t *out, size_t room); /* in place of `body`, as */
    void *read_context;                                       /* lv_http_call has it */
    uint64_t read_len;
    unsigned seconds; /* 0: LV_CLIENT_SECONDS */
} lv_client_call;

#define LV_CLIENT_SECONDS 120U
#define LV_CLIENT_WAIT 30U /* of a long poll */

/** @param[out] out  the JSON document that the node answered with.
 * @return LV_OK; the status that the node's error names, with its words; LV_UNAVAILABLE where no
 *         node runs, with words that say how to start it. */
LV_MUST_CHECK lv_status lv_client_send(const char *dir, const lv_client_call *call, json_t **out,
                                       lv_error *err);

/** lv_client_send of a GET of a formatted path. */
LV_MUST_CHECK lv_status lv_client_get(const char *dir, json_t **out, lv_error *err,
                                      const char *format, ...) LV_PRINTF(4, 5);

/** lv_client_send of a POST of a JSON body (taken; NULL: none) to a formatted path. */
LV_MUST_CHECK lv_status lv_client_post(const char *dir, json_t *body, json_t **out, lv_error *err,
                                       const char *format, ...) LV_PRINTF(5, 6);

/** Percent-encodes text for one segment of a path or one value of a query. */
LV_MUST_CHECK lv_status lv_client_escape(const char *text, lv_buffer *out);

/** Completes the beginning of a set id (at least 6 digits) from the sets that the node knows.
 * @return LV_OK; LV_NOT_FOUND; LV_E_SYNTAX where it is no hexadecimal or fits several sets. */
LV_MUST_CHECK lv_status lv_client_set_id(const char *dir, const char *text,
                                         char set_id[2 * LV_DIGEST_LEN + 1], lv_error *err);

#endif
