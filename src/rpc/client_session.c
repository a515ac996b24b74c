/* What HTTP/2 tells of the calls of one connection. */
#include "rpc/client_parts.h"
#include "rpc/header.h"
#include "rpc/text.h"
#include <stdio.h>

enum { HTTP_OK = 200 };

static lv_rpc_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return id > 0 ? nghttp2_session_get_stream_user_data(session, id) : NULL;
}

/* Blocks over what was announced cut the call; what is kept of them is little in any case. */
static bool fits(lv_rpc_stream *stream, size_t name_len, size_t value_len)
{
    stream->headers_len += name_len + value_len + 32;
    return stream->headers_len <= LV_RPC_HEADERS_MAX;
}

static void take_header(lv_rpc_stream *stream, lv_bytes name, lv_bytes value)
{
    if (lv_rpc_is(name, ":status")) {
        if (lv_rpc_number_decode(value, &stream->http_status) != LV_OK) {
            stream->http_status = -1;
        }
    } else if (lv_rpc_is(name, "content-type")) {
        stream->is_grpc = lv_rpc_is_content_type(value);
    } else if (lv_rpc_is(name, "grpc-status")) {
        stream->has_code = lv_rpc_number_decode(value, &stream->end.code) == LV_OK;
    } else if (lv_rpc_is(name, "grpc-message")) {
        lv_rpc_message_decode(value, stream->end.words, sizeof stream->end.words);
    } else if (lv_rpc_is(name, "grpc-status-details-bin")) {
        lv_buffer_free(&stream->end.details);
        if (lv_rpc_base64_decode(value, &stream->end.details) != LV_OK) {
            lv_buffer_free(&stream->end.details); /* more words only: the code stands */
        }
    }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user_data)
{
    (void)flags;
    (void)user_data;
    lv_rpc_stream *stream = stream_of(session, frame->hd.stream_id);
    if (stream == NULL) {
        return 0;
    }
    if (!fits(stream, name_len, value_len)) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    take_header(stream, (lv_bytes){name, name_len}, (lv_bytes){value, value_len});
    return 0;
}

/* https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
static int code_of_http(int status)
{
    switch (status) {
    case 400:
        return LV_RPC_INTERNAL;
    case 401:
        return LV_RPC_UNAUTHENTICATED;
    case 403:
        return LV_RPC_PERMISSION_DENIED;
    case 404:
        return LV_RPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return LV_RPC_UNAVAILABLE;
    default:
        return LV_RPC_UNKNOWN;
    }
}

static void conclude(lv_rpc_stream *stream, uint32_t error)
{
    stream->maybe_acted = stream->sent_headers;
    if (stream->headers_len > LV_RPC_HEADERS_MAX) {
        lv_rpc_stream_finish(stream, LV_INVALID, "its headers are over %zu bytes",
                             LV_RPC_HEADERS_MAX);
    } else if (stream->flow.broken == LV_E_LIMIT) {
        lv_rpc_stream_finish(stream, LV_E_LIMIT, "a message is over the limit of %zu bytes",
                             stream->flow.in.max);
    } else if (stream->flow.broken != LV_OK) {
        lv_rpc_stream_finish(stream, stream->flow.broken,
                             "a message cannot be read: compressed, "
                             "or no memory for it");
    } else if (error == NGHTTP2_REFUSED_STREAM) {
        stream->maybe_acted = false;
        stream->refused = true;
        lv_rpc_stream_finish(stream, LV_UNAVAILABLE, "the server did not take the call");
    } else if (stream->has_code &&
               (stream->end.code != LV_RPC_OK || lv_rpc_inbox_at_boundary(&stream->flow.in))) {
        lv_rpc_stream_finish(stream, LV_OK, "%s", stream->end.words);
    } else if (stream->http_status != 0 && stream->http_status != HTTP_OK) {
        stream->end.code = code_of_http(stream->http_status);
        snprintf(stream->end.words, sizeof stream->end.words, "HTTP status %d",
                 stream->http_status);
        lv_rpc_stream_finish(stream, LV_OK, "%s", stream->end.words);
    } else if (error != NGHTTP2_NO_ERROR) {
        lv_rpc_stream_finish(stream, LV_UNAVAILABLE, "the server cut the call: %s",
                             nghttp2_http2_strerror(error));
    } else {
        lv_rpc_stream_finish(stream, LV_INVALID, "the answer is no gRPC: it %s",
                             stream->is_grpc ? "ends without a status" : "has another type");
    }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user_data)
{
    (void)flags;
    (void)user_data;
    lv_rpc_stream *stream = stream_of(session, id);
    /* Nobody wants it any more, or it is the page that comes with a fault of HTTP. */
    if (stream == NULL || !stream->is_grpc || stream->http_status != HTTP_OK) {
        return nghttp2_session_consume_connection(session, len);
    }
    int done = lv_rpc_flow_arrive(&stream->flow, data, len);
    pthread_cond_broadcast(&stream->flow.changed);
    if (stream->flow.broken != LV_OK) {
        lv_rpc_stream_detach(stream, NGHTTP2_CANCEL);
        conclude(stream, NGHTTP2_NO_ERROR);
    }
    return done;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    lv_rpc_link *link = user_data;
    lv_rpc_client *client = link->client;
    lv_rpc_stream *stream = stream_of(session, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        link->ready = true;
        client->backoff_ms = 0;
    }
    if (frame->hd.type == NGHTTP2_GOAWAY && client->current == link) {
        client->current = NULL;
    }
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS) {
        stream->headers_len = 0;
    }
    /* The server has said everything. What this side still had to say does not matter any more. */
    if (stream != NULL && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        lv_rpc_stream_detach(stream, NGHTTP2_NO_ERROR);
        conclude(stream, NGHTTP2_NO_ERROR);
    }
    return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    (void)user_data;
    lv_rpc_stream *stream = stream_of(session, frame->hd.stream_id);
    if (stream != NULL && frame->hd.type == NGHTTP2_HEADERS) {
        stream->sent_headers = true;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user_data)
{
    (void)user_data;
    lv_rpc_stream *stream = stream_of(session, id);
    if (stream != NULL) {
        lv_rpc_stream_detach(stream, LV_RPC_NO_RESET);
        if (stream->sent_headers) {
            conclude(stream, error);
        } else {
            lv_rpc_stream_return(stream, "the connection took no more calls");
        }
    }
    return 0;
}

lv_status lv_rpc_client_callbacks(nghttp2_session_callbacks **out)
{
    nghttp2_session_callbacks *callbacks = NULL;
    *out = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return LV_E_MEMORY;
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    *out = callbacks;
    return LV_OK;
}

/* ---- a call on its way ---- */

static ssize_t depart(nghttp2_session *session, int32_t id, uint8_t *out, size_t len,
                      uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    (void)source;
    (void)user_data;
    lv_rpc_stream *stream = stream_of(session, id);
    return stream != NULL ? lv_rpc_flow_depart(&stream->flow, out, len, flags, false)
                          : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void lv_rpc_stream_submit(lv_rpc_stream *stream)
{
    lv_rpc_client *client = stream->client;
    nghttp2_session *session = client->current->conn.session;
    char timeout[LV_RPC_TIMEOUT_LEN];
    nghttp2_nv headers[] = {
        lv_rpc_header(":method", "POST"),
        lv_rpc_header(":scheme", "https"),
        lv_rpc_header(":path", stream->method),
        lv_rpc_header(":authority", client->authority),
        lv_rpc_header("te", "trailers"),
        lv_rpc_header("content-type", LV_RPC_CONTENT_TYPE),
        lv_rpc_header("user-agent", "lotveil/" LOTVEIL_VERSION),
        lv_rpc_header("grpc-timeout", ""),
    };
    size_t count = sizeof headers / sizeof headers[0];
    if (stream->deadline_ms == INT64_MAX) {
        count--;
    } else {
        int64_t left = stream->deadline_ms - lv_rpc_now();
        lv_rpc_timeout_encode(left > 0 ? left : 1, timeout);
        headers[count - 1] = lv_rpc_header("grpc-timeout", timeout);
    }
    const nghttp2_data_provider provider = {.read_callback = depart};
    int32_t id = nghttp2_submit_request(session, NULL, headers, count, &provider, stream);
    if (id < 0) {
        /* The numbers of this connection's streams are used up, or there is no memory. */
        client->current = NULL;
        lv_rpc_stream_return(stream, nghttp2_strerror(id));
        return;
    }
    stream->on = client->current;
    stream->on->calls++;
    stream->flow.id = id;
    stream->flow.session = session;
}

void lv_rpc_stream_detach(lv_rpc_stream *stream, int64_t code)
{
    nghttp2_session *session = stream->flow.session;
    if (session == NULL) {
        return;
    }
    nghttp2_session_set_stream_user_data(session, stream->flow.id, NULL);
    if (code != LV_RPC_NO_RESET &&
        (code != NGHTTP2_NO_ERROR ||
         nghttp2_session_get_stream_local_close(session, stream->flow.id) == 0)) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->flow.id, (uint32_t)code);
    }
    stream->on->calls--;
    stream->flow.held = 0;
    stream->flow.session = NULL;
    stream->on = NULL;
}
