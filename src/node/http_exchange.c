#include "node/http_exchange.h"
#include "base/clock.h"
#include "base/log.h"
#include "node/http_answer.h"
#include "node/http_peer.h"
#include "node/http_router.h"
#include <stdlib.h>
#include <string.h>

/* Handlers that run at once at the peer door. Further requests wait for their turn, each in its
 * own thread, so that a slow one holds up nobody's handshake. */
static const unsigned PEER_HANDLERS_MAX = 8;

/* What is still taken of a body that came over the limit, so that a client which is about to end
 * gets its answer rather than a cut connection. */
static const size_t EXCESS_MAX = 1048576;

typedef struct {
    const lv_door *door;
    struct MHD_Connection *connection;
    const char *method;
    const char *peer;
    const lv_route *route;
    const lv_http_stream *stream; /* NULL where the body is gathered */
    void *streamed;
    lv_status trouble; /* of the stream; the rest of the body is passed over */
    lv_error trouble_words;
    char *path; /* as sent, without the query */
    lv_buffer tail;
    lv_buffer body;
    size_t excess; /* bytes over the limit */
    bool begun;    /* its header was looked at */
    bool busy;     /* it counts in server->busy */
} exchange;

void *lv_exchange_begin(void *door, const char *uri, struct MHD_Connection *connection)
{
    exchange *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->door = door;
    made->connection = connection;
    made->path = strndup(uri, strcspn(uri, "?"));
    return made;
}

static lv_watched *watched_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const lv_connection *context = info == NULL ? NULL : info->socket_context;
    return context == NULL ? NULL : context->watched;
}

/* ---- answering ---- */

static void free_body(void *context)
{
    lv_buffer *body = context;
    lv_buffer_wipe(body);
    free(body);
}

/* Takes the body over. */
static struct MHD_Response *packed(lv_http_response *response)
{
    lv_buffer *body = malloc(sizeof *body);
    if (body == NULL) {
        lv_buffer_wipe(&response->body);
        return NULL;
    }
    *body = response->body;
    response->body = (lv_buffer){0};
    struct MHD_Response *made = MHD_create_response_from_buffer_with_free_callback_cls(
        body->len, body->data, free_body, body);
    if (made == NULL) {
        free_body(body);
    }
    return made;
}

static enum MHD_Result answer(const exchange *from, lv_http_response *response, const char *allow)
{
    unsigned code = response->code;
    struct MHD_Response *made = packed(response);
    if (made == NULL) {
        return MHD_NO;
    }
    bool good =
        MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type) ==
            MHD_YES &&
        MHD_add_response_header(made, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
        (allow == NULL || MHD_add_response_header(made, MHD_HTTP_HEADER_ALLOW, allow) == MHD_YES);
    enum MHD_Result result = good ? MHD_queue_response(from->connection, code, made) : MHD_NO;
    MHD_destroy_response(made);
    return result;
}

static enum MHD_Result answer_error(const exchange *from, unsigned code, lv_status status,
                                    const char *words, const char *allow)
{
    lv_http_response response = {0};
    if (lv_http_error(&response, code, status, words) != LV_OK) {
        return MHD_NO;
    }
    return answer(from, &response, allow);
}

/* ---- the header ---- */

/* @return false where it was answered, with `result`. */
static bool admit_peer(exchange *from, enum MHD_Result *result)
{
    const lv_http_server *server = from->door->server;
    lv_error err = {0};
    if (from->door->kind != LV_HTTP_PEER) {
        return true;
    }
    lv_status status = lv_http_peer(from->connection, server->options.trust, &from->peer, &err);
    if (status != LV_OK) {
        lv_log(LV_LOG_WARN, "http", "refused a client at the peer door: %s", err.text);
        *result = answer_error(from, MHD_HTTP_FORBIDDEN, LV_REFUSED,
                               "a valid certificate of a member is needed", NULL);
        return false;
    }
    if (server->quota != NULL && !lv_quota_take(server->quota, from->peer, lv_clock_seconds())) {
        lv_log(LV_LOG_WARN, "http", "%s is over its quota of requests", from->peer);
        *result = answer_error(from, MHD_HTTP_TOO_MANY_REQUESTS, LV_UNAVAILABLE,
                               "too many requests in a minute; try again later", NULL);
        return false;
    }
    return true;
}

static bool find_route(exchange *from, enum MHD_Result *result)
{
    const lv_http_server *server = from->door->server;
    lv_buffer allow = {0};
    lv_status status = LV_E_MEMORY;
    if (from->path != NULL) {
        status = lv_http_route_find(server->options.routes, from->door->kind, from->method,
                                    from->path, &from->route, &from->tail, &allow);
    }
    switch (status) {
    case LV_OK:
        break;
    case LV_NOT_FOUND:
        *result = answer_error(from, MHD_HTTP_NOT_FOUND, LV_NOT_FOUND,
                               "there is no such path at this door", NULL);
        break;
    case LV_REFUSED:
        *result = answer_error(from, MHD_HTTP_METHOD_NOT_ALLOWED, LV_E_ARGUMENT,
                               "the path has no such method", lv_buffer_text(&allow));
        break;
    case LV_E_SYNTAX:
        *result = answer_error(from, MHD_HTTP_BAD_REQUEST, LV_E_SYNTAX,
                               "the path is not percent-encoded text", NULL);
        break;
    default:
        *result = MHD_NO;
        break;
    }
    lv_buffer_free(&allow);
    return status == LV_OK;
}

static enum MHD_Result answer_too_large(const exchange *from)
{
    lv_error err;
    lv_fail(&err, LV_E_LIMIT, "the request has more than %zu bytes",
            from->door->server->options.request_bytes);
    return answer_error(from, MHD_HTTP_CONTENT_TOO_LARGE, LV_E_LIMIT, err.text, NULL);
}

/* libmicrohttpd has refused a Content-Length that is no number. */
static bool announces_too_much(const exchange *from)
{
    const char *length = MHD_lookup_connection_value(from->connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > from->door->server->options.request_bytes;
}

static const lv_http_stream *find_stream(const exchange *from)
{
    const lv_http_stream *at = from->door->server->options.streams;
    while (at != NULL && at->path != NULL && strcmp(at->path, from->route->path) != 0) {
        at++;
    }
    return at != NULL && at->path != NULL ? at : NULL;
}

/* ---- what the handler may ask ---- */

static const char *query_value(const void *context, const char *name)
{
    const exchange *from = context;
    return MHD_lookup_connection_value(from->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header_value(const void *context, const char *name)
{
    const exchange *from = context;
    return MHD_lookup_connection_value(from->connection, MHD_HEADER_KIND, name);
}

static lv_http_request request_of(const exchange *from)
{
    return (lv_http_request){.method = from->method,
                             .path = from->path,
                             .tail = lv_buffer_text(&from->tail),
                             .body = lv_buffer_view(&from->body),
                             .peer = from->peer,
                             .query = query_value,
                             .header = header_value,
                             .context = from,
                             .streamed = from->streamed};
}

/* ---- a body that is not gathered ---- */

static enum MHD_Result answer_trouble(const exchange *from)
{
    lv_http_response response = {0};
    if (lv_http_fault(&response, from->route->path, from->trouble, &from->trouble_words) != LV_OK) {
        return MHD_NO;
    }
    return answer(from, &response, NULL);
}

static enum MHD_Result begin_stream(exchange *from)
{
    const lv_http_request request = request_of(from);
    from->trouble = from->stream->begin(from->door->server->options.node, &request, &from->streamed,
                                        &from->trouble_words);
    return from->trouble == LV_OK ? MHD_YES : answer_trouble(from);
}

/* The clock that cuts slow clients rests while a piece is taken and begins anew after it. */
static void take_piece(exchange *from, lv_bytes piece)
{
    lv_watchdog *dog = from->door->server->dog;
    lv_watched *watched = watched_of(from->connection);
    if (from->trouble != LV_OK || watched == NULL) {
        return;
    }
    lv_watchdog_disarm(dog, watched);
    from->trouble = from->stream->take(from->streamed, piece, &from->trouble_words);
    lv_watchdog_arm(dog, watched);
}

static enum MHD_Result take_header(exchange *from, const char *method)
{
    enum MHD_Result result = MHD_YES;
    from->begun = true;
    from->method = method;
    if (!admit_peer(from, &result) || !find_route(from, &result)) {
        return result;
    }
    from->stream = find_stream(from);
    if (from->stream != NULL) {
        return begin_stream(from);
    }
    return announces_too_much(from) ? answer_too_large(from) : MHD_YES;
}

/* ---- the body ---- */

static enum MHD_Result take_chunk(exchange *from, const char *data, size_t *len)
{
    size_t taken = *len;
    *len = 0;
    if (from->stream != NULL) {
        take_piece(from, (lv_bytes){.data = (const uint8_t *)data, .len = taken});
        return MHD_YES;
    }
    if (from->excess > 0 || taken > from->door->server->options.request_bytes - from->body.len) {
        lv_buffer_wipe(&from->body);
        from->excess += taken;
        return from->excess <= EXCESS_MAX ? MHD_YES : MHD_NO;
    }
    return lv_buffer_append(&from->body, data, taken) == LV_OK ? MHD_YES : MHD_NO;
}

/* ---- the handler ---- */

/* Waits for its turn. @return false where the server stops. */
static bool enter(exchange *from)
{
    lv_http_server *server = from->door->server;
    bool peer = from->door->kind == LV_HTTP_PEER;
    pthread_mutex_lock(&server->lock);
    while (peer && server->handlers == PEER_HANDLERS_MAX && !server->stopping) {
        pthread_cond_wait(&server->changed, &server->lock);
    }
    bool entered = !server->stopping;
    if (entered) {
        server->handlers += peer ? 1 : 0;
        server->busy++;
        from->busy = true;
    }
    pthread_mutex_unlock(&server->lock);
    return entered;
}

static void leave(const exchange *from)
{
    lv_http_server *server = from->door->server;
    if (from->door->kind != LV_HTTP_PEER) {
        return;
    }
    pthread_mutex_lock(&server->lock);
    server->handlers--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static lv_status run(const exchange *from, lv_http_response *response)
{
    lv_error err = {0};
    const lv_http_request request = request_of(from);
    *response = (lv_http_response){.code = MHD_HTTP_OK, .content_type = "application/json"};
    lv_status status =
        from->route->handler(from->door->server->options.node, &request, response, &err);
    if (status != LV_OK) {
        status = lv_http_fault(response, from->route->path, status, &err);
    }
    lv_log(LV_LOG_DEBUG, "http", "%s %s %s: %u", from->peer == NULL ? "control" : from->peer,
           from->method, from->route->path, response->code);
    return status;
}

/* The body is there. The clock that cuts slow clients rests while the handler works. */
static enum MHD_Result handle(exchange *from, lv_watched *watched)
{
    lv_watchdog *dog = from->door->server->dog;
    lv_http_response response = {0};
    if (from->excess > 0) {
        return answer_too_large(from);
    }
    if (from->trouble != LV_OK) {
        return answer_trouble(from);
    }
    lv_watchdog_disarm(dog, watched);
    if (!enter(from)) {
        lv_watchdog_arm(dog, watched);
        return answer_error(from, MHD_HTTP_SERVICE_UNAVAILABLE, LV_UNAVAILABLE,
                            "the node is stopping", NULL);
    }
    lv_status status = run(from, &response);
    leave(from);
    lv_watchdog_arm(dog, watched);
    if (status != LV_OK) {
        lv_buffer_wipe(&response.body);
        return MHD_NO;
    }
    return answer(from, &response, NULL);
}

enum MHD_Result lv_exchange_access(void *door, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *len, void **context)
{
    exchange *from = *context;
    lv_watched *watched = watched_of(connection);
    (void)door;
    (void)url;
    (void)version;
    if (from == NULL || watched == NULL) {
        return MHD_NO;
    }
    if (!from->begun) {
        return take_header(from, method);
    }
    return *len > 0 ? take_chunk(from, data, len) : handle(from, watched);
}

void lv_exchange_end(void *door, struct MHD_Connection *connection, void **context,
                     enum MHD_RequestTerminationCode code)
{
    exchange *from = *context;
    const lv_door *at = door;
    lv_http_server *server = at->server;
    (void)code;
    if (from == NULL) {
        return;
    }
    if (from->busy) {
        pthread_mutex_lock(&server->lock);
        server->busy--;
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
    }
    lv_watched *watched = watched_of(connection);
    if (watched != NULL) {
        lv_watchdog_arm(server->dog, watched);
    }
    if (from->streamed != NULL) {
        from->stream->drop(from->streamed);
    }
    lv_buffer_free(&from->tail);
    lv_buffer_wipe(&from->body); /* rows of a measurement file, for instance */
    free(from->path);
    free(from);
    *context = NULL;
}
