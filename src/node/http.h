/** HTTP for the node: one router behind two doors (libmicrohttpd). The *peer* door is mutual TLS:
 *  the client's certificate is verified and mapped to an organisation before any handler runs,
 *  and a client without a valid one gets 403 and nothing else. The *control* door is a Unix
 *  socket of mode 0600 in the state folder, for this organisation's own commands. */
#ifndef LV_NODE_HTTP_H
#define LV_NODE_HTTP_H

#include <jansson.h>
#include <lotveil/identity.h>

#define LV_HTTP_PEER 1U
#define LV_HTTP_CONTROL 2U

typedef struct {
    const char *method;
    const char *path; /* as asked, without the query */
    const char *tail; /* what stood in place of '*' in the route's path, decoded; "" otherwise */
    lv_bytes body;
    const char *peer; /* MSP id of the client at the peer door; NULL at the control door */
    const char *(*query)(const void *context, const char *name); /* a query value or NULL */
    const char *(*header)(const void *context, const char *name);
    const void *context;
    void *streamed; /* what the route's lv_http_stream made; NULL where the body is in `body` */
} lv_http_request;

typedef struct {
    unsigned code;            /* HTTP status, 200 at first */
    const char *content_type; /* static; "application/json" at first */
    lv_buffer body;
} lv_http_response;

/** A handler. A status other than LV_OK becomes an error response: {"error": words, "code":
 *  "LV_REFUSED"} with 403 refused, 404 not found, 409 exists, 400 invalid, syntax, range or
 *  argument, 413 limit, 503 unavailable, 504 timeout, 500 otherwise (whose words go to the log
 *  only). Called from several threads at once. */
typedef lv_status (*lv_http_handler)(void *node, const lv_http_request *request,
                                     lv_http_response *response, lv_error *err);

typedef struct {
    unsigned doors; /* LV_HTTP_PEER, LV_HTTP_CONTROL or both */
    const char *method;
    const char *path; /* one '*' may stand for one segment: "/v1/sets/" "*" "/buy" */
    lv_http_handler handler;
} lv_route;

/** How a route takes a body that is not gathered: piece by piece, as it comes, in memory that does
 *  not grow. Such a body has no limit of bytes, and `request_seconds` is the time from one piece to
 *  the next. The route's handler is called at the end, with what `begin` made in
 *  request->streamed. Errors of `begin` and `take` are answered as a handler's. */
typedef struct {
    const char *path; /* of a route */
    /** Called when the header is there. @param[out] streamed  handed to the others; not NULL. */
    lv_status (*begin)(void *node, const lv_http_request *request, void **streamed, lv_error *err);
    /** Not called again after an error. */
    lv_status (*take)(void *streamed, lv_bytes piece, lv_error *err);
    /** Frees what `begin` made, after the handler or in place of it. */
    void (*drop)(void *streamed);
} lv_http_stream;

/** Sets the body of a response to JSON, taking the reference. */
LV_MUST_CHECK lv_status lv_http_json(lv_http_response *response, json_t *value);

/** The status that an error response names in "code", such as "LV_REFUSED".
 *  @return that status; LV_E_SYNTAX for NULL, "LV_OK" and every other text. */
lv_status lv_http_status_of_name(const char *name);

typedef struct lv_http_server lv_http_server;

typedef struct {
    const char *host;         /* numeric address of the peer door; NULL: no peer door */
    uint16_t port;            /* 0: any free one */
    const char *control_path; /* NULL: no control door */
    const lv_identity *identity;
    const lv_trust *trust;
    size_t request_bytes;
    unsigned request_seconds;
    unsigned requests_per_minute;  /* per organisation at the peer door; over it 429 */
    const lv_route *const *routes; /* NULL-terminated list of tables, each ended by {0} */
    const lv_http_stream *streams; /* ended by {0}; NULL: none */
    void *node;
} lv_http_options;

/** Opens the doors. The options' strings are copied, the identity is retained; trust, routes and
 * node stay borrowed until lv_http_stop. Over the quota, and while it stops, the server answers 429
 * and 503 with the code LV_UNAVAILABLE. A request that has not come in whole within
 * `request_seconds`, and a response that was not taken in that time, is cut.
 * @return LV_OK; LV_E_IO where an address or path cannot be had; LV_EXISTS where something else
 *         stands at `control_path`. */
LV_MUST_CHECK lv_status lv_http_serve(const lv_http_options *options, lv_http_server **out,
                                      lv_error *err);
uint16_t lv_http_port(const lv_http_server *server);

/** The peer door shows another certificate (retained) to whoever connects from now on. */
void lv_http_set_identity(lv_http_server *server, const lv_identity *identity);

/** Stops accepting, lets running handlers end and their answers out (for two seconds), frees.
 *  Handlers that wait for something must be woken by the caller before. */
void lv_http_stop(lv_http_server *server);

/* ---- client (libcurl) ---- */

typedef struct {
    const char *url;             /* https://..., or http://node/... with a socket */
    const char *socket_path;     /* the control door, or NULL */
    const lv_identity *identity; /* NULL with a socket, and where the server is no member */
    lv_bytes root;               /* PEM of the roots of which the server must chain to one */
    const lv_trust *trust; /* with `msp`: the server's certificate must belong to it; both NULL
                            * where it is no member: chain and host name are checked then */
    const char *msp;
    const char *method;
    const char *content_type; /* or NULL */
    const char *header;       /* one further "Name: value", which may be secret, or NULL */
    lv_bytes body;
    /** In place of `body`: gives the next bytes of one of `read_len` bytes, 0 where it cannot. */
    size_t (*read)(void *context, uint8_t *out, size_t room);
    void *read_context;
    uint64_t read_len;
    /** Asked about once a second: whether to give up, with LV_UNAVAILABLE. NULL: never. */
    bool (*cancelled)(void *context);
    void *cancel_context;
    unsigned seconds; /* whole request */
    size_t max_bytes; /* of the answer */
} lv_http_call;

/** @param[out] code  HTTP status; `body` gets the answer whatever it is.
 * @return LV_OK where an answer came; LV_UNAVAILABLE (unreachable, TLS refused by the other);
 *         LV_INVALID (the server is not who it should be); LV_TIMEOUT; LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_http_request_send(const lv_http_call *call, unsigned *code,
                                             lv_buffer *body, lv_error *err);

#endif
