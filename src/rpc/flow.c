#include "rpc/flow.h"
#include <errno.h>
#include <string.h>
#include <time.h>

lv_status lv_rpc_flow_open(lv_rpc_flow *flow, size_t message_max)
{
    pthread_condattr_t attributes;
    *flow = (lv_rpc_flow){.in = {.max = message_max}};
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int made = pthread_cond_init(&flow->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return made == 0 ? LV_OK : LV_E_MEMORY;
}

void lv_rpc_flow_close(lv_rpc_flow *flow)
{
    lv_rpc_inbox_free(&flow->in);
    lv_buffer_free(&flow->out);
    pthread_cond_destroy(&flow->changed);
}

/* A message that is still being put together has to come in whole, whatever its size; behind a
 * whole one that nobody takes, the window stays shut. */
static int open_window(lv_rpc_flow *flow)
{
    if (flow->held == 0 || flow->session == NULL || lv_rpc_inbox_ready(&flow->in)) {
        return 0;
    }
    int done = nghttp2_session_consume_stream(flow->session, flow->id, flow->held);
    flow->held = 0;
    return done;
}

int lv_rpc_flow_arrive(lv_rpc_flow *flow, const uint8_t *data, size_t len)
{
    /* The window of the connection is every call's: it opens whatever becomes of this one. */
    int done = nghttp2_session_consume_connection(flow->session, len);
    if (done != 0 || flow->broken != LV_OK) {
        return done;
    }
    flow->held += len;
    flow->broken = lv_rpc_inbox_put(&flow->in, (lv_bytes){data, len});
    return flow->broken == LV_OK ? open_window(flow) : 0;
}

ssize_t lv_rpc_flow_depart(lv_rpc_flow *flow, uint8_t *out, size_t len, uint32_t *flags,
                           bool trailers)
{
    size_t left = flow->out.len - flow->out_at;
    size_t taken = left < len ? left : len;
    if (taken > 0) {
        memcpy(out, flow->out.data + flow->out_at, taken);
        flow->out_at += taken;
    }
    if (flow->out_at == flow->out.len) {
        flow->out.len = 0;
        flow->out_at = 0;
        pthread_cond_broadcast(&flow->changed);
        if (flow->out_over) {
            *flags |=
                NGHTTP2_DATA_FLAG_EOF | (trailers ? (uint32_t)NGHTTP2_DATA_FLAG_NO_END_STREAM : 0U);
            return (ssize_t)taken;
        }
    }
    return taken > 0 ? (ssize_t)taken : NGHTTP2_ERR_DEFERRED;
}

lv_status lv_rpc_flow_take(lv_rpc_flow *flow, lv_buffer *message)
{
    lv_status status = lv_rpc_inbox_take(&flow->in, message);
    return status == LV_OK && open_window(flow) != 0 ? LV_E_MEMORY : status;
}

lv_status lv_rpc_flow_wait(lv_rpc_flow *flow, pthread_mutex_t *lock, int64_t until)
{
    if (until == INT64_MAX) {
        pthread_cond_wait(&flow->changed, lock);
        return LV_OK;
    }
    struct timespec when = {.tv_sec = (time_t)(until / 1000), .tv_nsec = until % 1000 * 1000000};
    return pthread_cond_timedwait(&flow->changed, lock, &when) == ETIMEDOUT ? LV_TIMEOUT : LV_OK;
}

lv_status lv_rpc_flow_send(lv_rpc_flow *flow, pthread_mutex_t *lock, lv_bytes message)
{
    lv_status status = LV_OK;
    while (status == LV_OK && flow->broken == LV_OK && flow->out.len > 0) {
        status = lv_rpc_flow_wait(flow, lock, INT64_MAX);
    }
    if (flow->broken != LV_OK) {
        return flow->broken;
    }
    if (flow->out_over) {
        return LV_E_ARGUMENT;
    }
    if (status == LV_OK) {
        status = lv_rpc_frame(message, &flow->out);
    }
    if (status == LV_OK && flow->session != NULL) {
        /* The provider may be deferred, or not there yet: both are fine. */
        int resumed = nghttp2_session_resume_data(flow->session, flow->id);
        status = resumed == 0 || resumed == NGHTTP2_ERR_INVALID_ARGUMENT ? LV_OK : LV_E_MEMORY;
    }
    return status;
}
