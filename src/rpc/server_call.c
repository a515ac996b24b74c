/* What a call's handler does, and its thread. */
#include "rpc/server_parts.h"
#include <stdlib.h>
#include <string.h>

static lv_rpc_code code_of(lv_status status)
{
    switch (status) {
    case LV_OK:
        return LV_RPC_OK;
    case LV_NOT_FOUND:
        return LV_RPC_NOT_FOUND;
    case LV_REFUSED:
    case LV_EXISTS:
        return LV_RPC_FAILED_PRECONDITION;
    case LV_INVALID:
    case LV_E_SYNTAX:
    case LV_E_RANGE:
        return LV_RPC_INVALID_ARGUMENT;
    case LV_E_LIMIT:
        return LV_RPC_RESOURCE_EXHAUSTED;
    case LV_TIMEOUT:
        return LV_RPC_DEADLINE_EXCEEDED;
    case LV_UNAVAILABLE:
        return LV_RPC_UNAVAILABLE;
    default:
        return LV_RPC_INTERNAL;
    }
}

/* ---- for handlers ---- */

static lv_status receive(lv_rpc_exchange *exchange, int64_t until, lv_buffer *message)
{
    lv_rpc_flow *flow = &exchange->flow;
    for (;;) {
        if (lv_rpc_inbox_ready(&flow->in)) {
            return lv_rpc_flow_take(flow, message);
        }
        if (flow->broken != LV_OK) {
            return flow->broken;
        }
        if (flow->session == NULL) {
            return LV_UNAVAILABLE;
        }
        if (flow->in_over) {
            return lv_rpc_inbox_at_boundary(&flow->in) ? LV_NOT_FOUND : LV_INVALID;
        }
        if (flow->woken || lv_rpc_flow_wait(flow, &exchange->server->lock, until) == LV_TIMEOUT) {
            flow->woken = false;
            return LV_TIMEOUT;
        }
    }
}

lv_status lv_rpc_receive(lv_rpc_exchange *exchange, int timeout_ms, lv_buffer *message,
                         lv_error *err)
{
    lv_rpc_server *server = exchange->server;
    int64_t until = timeout_ms < 0 ? INT64_MAX : lv_rpc_now() + timeout_ms;
    pthread_mutex_lock(&server->lock);
    lv_status status = receive(exchange, until, message);
    pthread_mutex_unlock(&server->lock);
    lv_rpc_server_ring(server); /* the window may have opened */
    switch (status) {
    case LV_UNAVAILABLE:
        return lv_fail(err, status, "the call is over");
    case LV_E_LIMIT:
        return lv_fail(err, status, "a message is over the limit of %zu bytes",
                       server->message_max);
    case LV_INVALID:
        return lv_fail(err, status, "a message is compressed or cut off");
    default:
        return status;
    }
}

void lv_rpc_wake(lv_rpc_exchange *exchange)
{
    pthread_mutex_lock(&exchange->server->lock);
    exchange->flow.woken = true;
    pthread_cond_broadcast(&exchange->flow.changed);
    pthread_mutex_unlock(&exchange->server->lock);
}

lv_status lv_rpc_send(lv_rpc_exchange *exchange, lv_bytes message, lv_error *err)
{
    lv_rpc_server *server = exchange->server;
    lv_rpc_flow *flow = &exchange->flow;
    pthread_mutex_lock(&server->lock);
    lv_status status =
        flow->session == NULL || flow->out_over ? LV_UNAVAILABLE : lv_rpc_exchange_begin(exchange);
    if (status == LV_OK) {
        status = lv_rpc_flow_send(flow, &server->lock, message);
    }
    if (status == LV_OK && (flow->session == NULL || flow->out_over)) {
        status = LV_UNAVAILABLE;
    }
    pthread_mutex_unlock(&server->lock);
    lv_rpc_server_ring(server);
    return status == LV_UNAVAILABLE ? lv_fail(err, status, "the call is over") : status;
}

lv_bytes lv_rpc_peer_certificate(const lv_rpc_exchange *exchange)
{
    return lv_buffer_view(&exchange->certificate);
}

/* ---- the thread of a call ---- */

static void *run(void *context)
{
    lv_rpc_exchange *exchange = context;
    lv_rpc_server *server = exchange->server;
    lv_error err = {0};
    lv_status status = exchange->method->run(exchange->method->context, exchange, &err);
    const char *words = err.text[0] != '\0' ? err.text : lv_status_name(status);
    words = status == LV_OK ? "" : words;
    pthread_mutex_lock(&server->lock);
    exchange->done = true;
    lv_rpc_exchange_end(exchange, code_of(status), words);
    server->running--;
    pthread_cond_broadcast(&server->quiet);
    lv_rpc_server_ring(server); /* which joins this thread: nothing of the server after the lock */
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* The certificate that TLS has checked, for the handler. */
static lv_status keep_certificate(lv_rpc_exchange *exchange)
{
    const X509 *certificate = SSL_get0_peer_certificate(exchange->on->conn.ssl);
    unsigned char *der = NULL;
    int len = certificate != NULL ? i2d_X509(certificate, &der) : 0;
    lv_status status =
        len > 0 ? lv_buffer_append(&exchange->certificate, der, (size_t)len) : LV_INVALID;
    OPENSSL_free(der);
    return status;
}

void lv_rpc_exchange_start(lv_rpc_exchange *exchange)
{
    lv_rpc_server *server = exchange->server;
    if (keep_certificate(exchange) != LV_OK) {
        lv_rpc_exchange_end(exchange, LV_RPC_UNAUTHENTICATED, "there is no certificate");
    } else if (pthread_create(&exchange->thread, NULL, run, exchange) == 0) {
        exchange->threaded = true;
        server->running++;
    } else {
        lv_rpc_exchange_end(exchange, LV_RPC_RESOURCE_EXHAUSTED, "no thread for this call");
    }
}

void lv_rpc_exchange_lose(lv_rpc_exchange *exchange)
{
    exchange->flow.session = NULL;
    exchange->on = NULL;
    if (exchange->flow.broken == LV_OK) {
        exchange->flow.broken = LV_UNAVAILABLE;
    }
    pthread_cond_broadcast(&exchange->flow.changed);
    if (!exchange->threaded || exchange->done) {
        lv_rpc_exchange_free(exchange);
    }
}

void lv_rpc_exchange_free(lv_rpc_exchange *exchange)
{
    if (exchange->threaded) {
        pthread_join(exchange->thread, NULL); /* it is past its last lock */
    }
    pthread_cond_broadcast(&exchange->server->quiet);
    lv_rpc_exchange **at = &exchange->server->exchanges;
    while (*at != exchange) {
        at = &(*at)->next;
    }
    *at = exchange->next;
    lv_rpc_flow_close(&exchange->flow);
    lv_buffer_free(&exchange->certificate);
    lv_buffer_free(&exchange->words);
    free(exchange);
}
