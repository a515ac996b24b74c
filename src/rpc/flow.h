/** The messages of one call on their way between the thread that makes or serves it and the I/O
 *  thread. Everything is guarded by the lock of the client or server that the call belongs to. */
#ifndef LV_RPC_FLOW_H
#define LV_RPC_FLOW_H

#include "rpc/conn.h"
#include "rpc/inbox.h"
#include <pthread.h>

typedef struct {
    pthread_cond_t changed;   /* of CLOCK_MONOTONIC */
    int32_t id;               /* of the stream; 0: none yet */
    nghttp2_session *session; /* NULL where the stream is no more */
    lv_rpc_inbox in;
    size_t held;  /* bytes that arrived and do not count as taken yet */
    bool in_over; /* the other side sends no more */
    lv_buffer out;
    size_t out_at;
    bool out_over; /* this side sends no more */
    bool woken;
    lv_status broken; /* what makes the call worthless, LV_OK while nothing does */
} lv_rpc_flow;

LV_MUST_CHECK lv_status lv_rpc_flow_open(lv_rpc_flow *flow, size_t message_max);
void lv_rpc_flow_close(lv_rpc_flow *flow);

/** From nghttp2's callback for chunks of data. What cannot be taken sets `broken`, and all that
 *  follows is dropped: ending the stream is up to the caller.
 * @return 0, or an error of nghttp2. */
int lv_rpc_flow_arrive(lv_rpc_flow *flow, const uint8_t *data, size_t len);

/** Bytes go out from `flow`, which is source.ptr. `flags` gets NO_END_STREAM as well at the end
 *  where `trailers` is true. */
ssize_t lv_rpc_flow_depart(lv_rpc_flow *flow, uint8_t *out, size_t len, uint32_t *flags,
                           bool trailers);

/** Takes the next message, and lets as much come in its place.
 * @return LV_OK; LV_NOT_FOUND; faults. */
LV_MUST_CHECK lv_status lv_rpc_flow_take(lv_rpc_flow *flow, lv_buffer *message);

/** Waits until `flow->changed` is signalled.
 * @param until  lv_rpc_now; INT64_MAX: for ever.
 * @return LV_OK or LV_TIMEOUT. */
LV_MUST_CHECK lv_status lv_rpc_flow_wait(lv_rpc_flow *flow, pthread_mutex_t *lock, int64_t until);

/** Waits until whatever was sent before is on its way, then has the message sent.
 * @return LV_OK; `flow->broken`; LV_E_ARGUMENT where the end of what is sent was said before. */
LV_MUST_CHECK lv_status lv_rpc_flow_send(lv_rpc_flow *flow, pthread_mutex_t *lock,
                                         lv_bytes message);

#endif
