/* What a call's own thread does. */
#include "rpc/client_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 2, RETURNS_MAX = 3 };

void lv_rpc_stream_finish(lv_rpc_stream *stream, lv_status outcome, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(stream->words.text, sizeof stream->words.text, format, arguments);
    va_end(arguments);
    stream->over = true;
    stream->outcome = outcome;
    stream->flow.in_over = true;
    if (stream->flow.broken == LV_OK) {
        stream->flow.broken = LV_UNAVAILABLE; /* for who still wants to send */
    }
    pthread_cond_broadcast(&stream->flow.changed);
}

void lv_rpc_stream_return(lv_rpc_stream *stream, const char *words)
{
    if (stream->returns++ >= RETURNS_MAX) {
        lv_rpc_stream_finish(stream, LV_UNAVAILABLE, "%s", words);
        return;
    }
    stream->flow.id = 0;
}

lv_status lv_rpc_stream_open(lv_rpc_client *client, const char *method, int deadline_ms,
                             lv_rpc_stream **out, lv_error *err)
{
    *out = NULL;
    lv_rpc_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return LV_E_MEMORY;
    }
    stream->client = client;
    stream->deadline_ms = deadline_ms > 0 ? lv_rpc_now() + deadline_ms : INT64_MAX;
    stream->method = strdup(method);
    lv_status status = stream->method != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        status = lv_rpc_flow_open(&stream->flow, client->message_max);
    }
    if (status != LV_OK) {
        free(stream->method);
        free(stream);
        (void)lv_fail(err, status, "no memory for a call");
        return status;
    }
    pthread_mutex_lock(&client->lock);
    stream->next = client->streams;
    client->streams = stream;
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client);
    *out = stream;
    return LV_OK;
}

static lv_status judge(const lv_rpc_stream *stream, lv_status status, lv_error *err)
{
    if (status == LV_OK || (status == LV_TIMEOUT && !stream->over)) {
        return status;
    }
    return lv_fail(err, status, "%s: %s", stream->client->authority,
                   stream->words.text[0] != '\0' ? stream->words.text : lv_status_name(status));
}

lv_status lv_rpc_stream_send(lv_rpc_stream *stream, lv_bytes message, lv_error *err)
{
    lv_rpc_client *client = stream->client;
    pthread_mutex_lock(&client->lock);
    lv_status status = lv_rpc_flow_send(&stream->flow, &client->lock, message);
    status = judge(stream, status, err);
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client);
    return status;
}

void lv_rpc_stream_half_close(lv_rpc_stream *stream)
{
    lv_rpc_client *client = stream->client;
    pthread_mutex_lock(&client->lock);
    stream->flow.out_over = true;
    if (stream->flow.session != NULL) {
        nghttp2_session_resume_data(stream->flow.session, stream->flow.id);
    }
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client);
}

static lv_status receive(lv_rpc_stream *stream, int64_t until, lv_buffer *message)
{
    lv_rpc_flow *flow = &stream->flow;
    for (;;) {
        if (lv_rpc_inbox_ready(&flow->in)) {
            return lv_rpc_flow_take(flow, message);
        }
        if (stream->over) {
            return stream->outcome == LV_OK ? LV_NOT_FOUND : stream->outcome;
        }
        if (flow->woken || lv_rpc_flow_wait(flow, &stream->client->lock, until) == LV_TIMEOUT) {
            flow->woken = false;
            return LV_TIMEOUT;
        }
    }
}

lv_status lv_rpc_stream_receive(lv_rpc_stream *stream, int timeout_ms, lv_buffer *message,
                                lv_error *err)
{
    lv_rpc_client *client = stream->client;
    int64_t until = timeout_ms < 0 ? INT64_MAX : lv_rpc_now() + timeout_ms;
    pthread_mutex_lock(&client->lock);
    lv_status status = judge(stream, receive(stream, until, message), err);
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client); /* the window may have opened */
    return status;
}

void lv_rpc_stream_wake(lv_rpc_stream *stream)
{
    pthread_mutex_lock(&stream->client->lock);
    stream->flow.woken = true;
    pthread_cond_broadcast(&stream->flow.changed);
    pthread_mutex_unlock(&stream->client->lock);
}

const lv_rpc_end *lv_rpc_stream_end(const lv_rpc_stream *stream) { return &stream->end; }

void lv_rpc_stream_close(lv_rpc_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    lv_rpc_client *client = stream->client;
    pthread_mutex_lock(&client->lock);
    lv_rpc_stream_detach(stream, NGHTTP2_CANCEL);
    lv_rpc_stream **at = &client->streams;
    while (*at != stream) {
        at = &(*at)->next;
    }
    *at = stream->next;
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client);
    lv_rpc_flow_close(&stream->flow);
    lv_rpc_end_free(&stream->end);
    free(stream->method);
    free(stream);
}

/* ---- one request, one response ---- */

/* The whole of a call on a stream that is open. A response is worth something only with its
 * status. */
static lv_status exchange(lv_rpc_stream *stream, lv_bytes request, lv_buffer *response,
                          lv_error *err)
{
    lv_buffer rest = {0};
    lv_status status = lv_rpc_stream_send(stream, request, err);
    lv_rpc_stream_half_close(stream);
    if (status == LV_OK || status == LV_UNAVAILABLE) { /* it may have ended with words already */
        status = lv_rpc_stream_receive(stream, -1, response, err);
    }
    bool answered = status == LV_OK;
    if (answered) {
        status = lv_rpc_stream_receive(stream, -1, &rest, err);
    }
    lv_buffer_free(&rest);
    if (status == LV_OK) {
        return lv_fail(err, LV_INVALID, "%s: two answers to one request",
                       stream->client->authority);
    }
    if (status == LV_NOT_FOUND) {
        status = answered || stream->end.code != LV_RPC_OK
                     ? LV_OK
                     : lv_fail(err, LV_INVALID, "%s: no answer, and no fault either",
                               stream->client->authority);
    }
    return status;
}

/* Large ones are not copied. */
static lv_status hand_over(lv_buffer *answer, lv_buffer *response)
{
    if (response->data != NULL) {
        return lv_buffer_append(response, answer->data, answer->len);
    }
    *response = *answer;
    *answer = (lv_buffer){0};
    return LV_OK;
}

lv_status lv_rpc_call(lv_rpc_client *client, const char *method, lv_bytes request, int deadline_ms,
                      lv_buffer *response, lv_rpc_end *end, bool *maybe_acted, lv_error *err)
{
    int64_t deadline = lv_rpc_now() + deadline_ms;
    lv_status status = LV_UNAVAILABLE;
    bool again = true;
    *end = (lv_rpc_end){0};
    for (int attempt = 0; attempt < ATTEMPTS && again; attempt++) {
        lv_rpc_stream *stream = NULL;
        int64_t left = deadline_ms > 0 ? deadline - lv_rpc_now() : 0;
        int this_deadline = deadline_ms > 0 && left < 1 ? 1 : (int)left;
        status = lv_rpc_stream_open(client, method, this_deadline, &stream, err);
        if (status != LV_OK) {
            return status;
        }
        lv_buffer_free(&end->details);
        lv_buffer answer = {0};
        status = exchange(stream, request, &answer, err);
        again = status == LV_UNAVAILABLE && stream->refused;
        if (maybe_acted != NULL) {
            *maybe_acted = stream->maybe_acted;
        }
        if (status == LV_OK) {
            *end = stream->end;
            stream->end = (lv_rpc_end){0};
            status = end->code == LV_RPC_OK ? hand_over(&answer, response) : LV_OK;
        }
        lv_buffer_free(&answer);
        lv_rpc_stream_close(stream);
    }
    return status;
}
