/* What HTTP/2 tells of the calls of one connection, and how they are answered. */
#include "rpc/header.h"
#include "rpc/server_parts.h"
#include "rpc/text.h"
#include <stdio.h>
#include <stdlib.h>

static lv_rpc_exchange *exchange_of(nghttp2_session *session, int32_t id)
{
    return id > 0 ? nghttp2_session_get_stream_user_data(session, id) : NULL;
}

/* ---- a request comes ---- */

enum { RESETS_MAX = 500, RESETS_PER_SECOND = 100 };

/* Opening and resetting streams costs a client nothing and a server much (CVE-2023-44487). */
static bool resets_too_often(lv_rpc_door *door)
{
    int64_t now = lv_rpc_now();
    int64_t forgiven = (now - door->resets_ms) * RESETS_PER_SECOND / 1000;
    if (forgiven > 0) {
        door->resets = forgiven < door->resets ? door->resets - (unsigned)forgiven : 0;
        door->resets_ms = now;
    }
    return ++door->resets > RESETS_MAX;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    lv_rpc_door *door = user_data;
    lv_rpc_server *server = door->server;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    lv_rpc_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL || lv_rpc_flow_open(&exchange->flow, server->message_max) != LV_OK) {
        free(exchange);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    exchange->server = server;
    exchange->on = door;
    exchange->deadline_ms = INT64_MAX;
    exchange->flow.id = frame->hd.stream_id;
    exchange->flow.session = session;
    exchange->next = server->exchanges;
    server->exchanges = exchange;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
}

static const lv_rpc_method *find_method(const lv_rpc_server *server, lv_bytes path)
{
    for (size_t i = 0; i < server->method_count; i++) {
        if (lv_rpc_is(path, server->methods[i].method)) {
            return &server->methods[i];
        }
    }
    return NULL;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name_data,
                     size_t name_len, const uint8_t *value_data, size_t value_len, uint8_t flags,
                     void *user_data)
{
    lv_bytes name = {name_data, name_len};
    lv_bytes value = {value_data, value_len};
    int64_t ms = 0;
    (void)flags;
    (void)user_data;
    lv_rpc_exchange *exchange = exchange_of(session, frame->hd.stream_id);
    if (exchange == NULL || exchange->accepted) { /* trailers say nothing to a server */
        return 0;
    }
    exchange->headers_len += name_len + value_len + 32;
    if (exchange->headers_len > LV_RPC_HEADERS_MAX) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (lv_rpc_is(name, ":method")) {
        exchange->post = lv_rpc_is(value, "POST");
    } else if (lv_rpc_is(name, ":path")) {
        exchange->method = find_method(exchange->server, value);
    } else if (lv_rpc_is(name, "content-type")) {
        exchange->is_grpc = lv_rpc_is_content_type(value);
    } else if (lv_rpc_is(name, "grpc-timeout") && lv_rpc_timeout_decode(value, &ms) == LV_OK) {
        exchange->deadline_ms = lv_rpc_now() + ms;
    }
    return 0;
}

/* What is no gRPC at all is told so in HTTP. */
static int refuse_http(lv_rpc_exchange *exchange)
{
    exchange->begun = true;
    exchange->flow.out_over = true;
    const nghttp2_nv headers[] = {lv_rpc_header(":status", exchange->post ? "415" : "405")};
    return nghttp2_submit_response(exchange->flow.session, exchange->flow.id, headers, 1, NULL);
}

static int accept_call(lv_rpc_exchange *exchange)
{
    lv_rpc_server *server = exchange->server;
    exchange->accepted = true;
    if (!exchange->post || !exchange->is_grpc) {
        return refuse_http(exchange);
    }
    if (exchange->method == NULL) {
        lv_rpc_exchange_end(exchange, LV_RPC_UNIMPLEMENTED, "there is no such method");
    } else if (server->stopping) {
        lv_rpc_exchange_end(exchange, LV_RPC_UNAVAILABLE, "the server is stopping");
    } else if (server->running >= server->calls_max) {
        lv_rpc_exchange_end(exchange, LV_RPC_RESOURCE_EXHAUSTED, "too many calls at once");
    } else {
        lv_rpc_exchange_start(exchange);
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    lv_rpc_door *door = user_data;
    lv_rpc_exchange *exchange = exchange_of(session, frame->hd.stream_id);
    int done = 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM && resets_too_often(door)) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (exchange == NULL) {
        return 0;
    }
    if (frame->hd.type == NGHTTP2_HEADERS && !exchange->accepted) {
        done = accept_call(exchange);
    }
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        exchange->flow.in_over = true;
        pthread_cond_broadcast(&exchange->flow.changed);
    }
    return done;
}

/* Where what came cannot be taken. */
static void refuse_message(lv_rpc_exchange *exchange)
{
    char words[64];
    switch (exchange->flow.broken) {
    case LV_OK:
        return;
    case LV_E_LIMIT:
        snprintf(words, sizeof words, "a message is over the limit of %zu bytes",
                 exchange->flow.in.max);
        lv_rpc_exchange_end(exchange, LV_RPC_RESOURCE_EXHAUSTED, words);
        return;
    case LV_INVALID:
        lv_rpc_exchange_end(exchange, LV_RPC_UNIMPLEMENTED, "a message is compressed");
        return;
    default:
        lv_rpc_exchange_end(exchange, LV_RPC_RESOURCE_EXHAUSTED, "no memory for a message");
        return;
    }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user_data)
{
    (void)flags;
    (void)user_data;
    lv_rpc_exchange *exchange = exchange_of(session, id);
    if (exchange == NULL || exchange->flow.out_over) { /* nobody reads it any more */
        return nghttp2_session_consume_connection(session, len);
    }
    int done = lv_rpc_flow_arrive(&exchange->flow, data, len);
    refuse_message(exchange);
    pthread_cond_broadcast(&exchange->flow.changed);
    return done;
}

/* Where the answer is whole before the request is, the client is told that it may stop. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    (void)user_data;
    const lv_rpc_exchange *exchange = exchange_of(session, frame->hd.stream_id);
    if (exchange == NULL || exchange->flow.in_over || frame->hd.type != NGHTTP2_HEADERS ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return 0;
    }
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                     NGHTTP2_NO_ERROR);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user_data)
{
    (void)error;
    (void)user_data;
    lv_rpc_exchange *exchange = exchange_of(session, id);
    if (exchange != NULL) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        lv_rpc_exchange_lose(exchange);
    }
    return 0;
}

lv_status lv_rpc_server_callbacks(nghttp2_session_callbacks **out)
{
    nghttp2_session_callbacks *callbacks = NULL;
    *out = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return LV_E_MEMORY;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    *out = callbacks;
    return LV_OK;
}

/* ---- the answer goes ---- */

static void write_code(const lv_rpc_exchange *exchange, char text[12])
{
    snprintf(text, 12, "%d", (int)exchange->code);
}

static int submit_trailers(lv_rpc_exchange *exchange)
{
    char code[12];
    write_code(exchange, code);
    const nghttp2_nv trailers[] = {lv_rpc_header("grpc-status", code),
                                   lv_rpc_header("grpc-message", lv_buffer_text(&exchange->words))};
    return nghttp2_submit_trailer(exchange->flow.session, exchange->flow.id, trailers,
                                  exchange->words.len > 0 ? 2 : 1);
}

static ssize_t depart(nghttp2_session *session, int32_t id, uint8_t *out, size_t len,
                      uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    (void)source;
    (void)user_data;
    lv_rpc_exchange *exchange = exchange_of(session, id);
    if (exchange == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    ssize_t sent = lv_rpc_flow_depart(&exchange->flow, out, len, flags, true);
    if ((*flags & NGHTTP2_DATA_FLAG_EOF) != 0 && submit_trailers(exchange) != 0) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return sent;
}

lv_status lv_rpc_exchange_begin(lv_rpc_exchange *exchange)
{
    if (exchange->begun || exchange->flow.session == NULL) {
        return LV_OK;
    }
    const nghttp2_nv headers[] = {lv_rpc_header(":status", "200"),
                                  lv_rpc_header("content-type", LV_RPC_CONTENT_TYPE)};
    const nghttp2_data_provider provider = {.read_callback = depart};
    exchange->begun = true;
    return nghttp2_submit_response(exchange->flow.session, exchange->flow.id, headers, 2,
                                   &provider) == 0
               ? LV_OK
               : LV_E_MEMORY;
}

void lv_rpc_exchange_end(lv_rpc_exchange *exchange, lv_rpc_code code, const char *words)
{
    nghttp2_session *session = exchange->flow.session;
    if (exchange->flow.out_over) {
        return;
    }
    exchange->flow.out_over = true;
    exchange->code = code;
    if (lv_rpc_message_encode(words, &exchange->words) != LV_OK) {
        lv_buffer_free(&exchange->words); /* the code says enough */
    }
    if (session == NULL) {
        return;
    }
    if (exchange->begun) {
        nghttp2_session_resume_data(session, exchange->flow.id);
        return;
    }
    char number[12];
    write_code(exchange, number);
    const nghttp2_nv headers[] = {lv_rpc_header(":status", "200"),
                                  lv_rpc_header("content-type", LV_RPC_CONTENT_TYPE),
                                  lv_rpc_header("grpc-status", number),
                                  lv_rpc_header("grpc-message", lv_buffer_text(&exchange->words))};
    exchange->begun = true;
    if (nghttp2_submit_response(session, exchange->flow.id, headers,
                                exchange->words.len > 0 ? 4 : 3, NULL) != 0) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, exchange->flow.id,
                                  NGHTTP2_INTERNAL_ERROR);
    }
}
