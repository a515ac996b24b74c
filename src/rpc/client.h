/** A gRPC client: one connection to one server, made when it is needed, made again when it is
 *  lost, shared by any number of calls from any thread. An I/O thread of its own does the work. */
#ifndef LV_RPC_CLIENT_H
#define LV_RPC_CLIENT_H

#include "rpc/rpc.h"

typedef struct lv_rpc_client lv_rpc_client;
typedef struct lv_rpc_stream lv_rpc_stream;

typedef struct {
    const char *address;   /* "host:port" */
    const char *host_name; /* that its certificate must name; NULL: the host of the address */
    lv_rpc_tls tls;
    size_t message_max; /* bytes of a message received; 0: LV_RPC_MESSAGE_MAX */
    int connect_ms;     /* for TCP, TLS and the HTTP/2 settings together; 0: 5000 */
    int keepalive_ms;   /* PING where nothing came for so long, and give up where none comes back;
                           Fabric's peers cut who does so more often than every 60000. 0: never, and
                           a server that vanished without a word is waited for until the deadline */
    int backoff_min_ms; /* before the second attempt to connect, doubling with jitter; 0: 200 */
    int backoff_max_ms; /* 0: 30000 */
} lv_rpc_target;

/** Does not connect yet. @return LV_OK; LV_E_CONFIG where address or PEM cannot be used. */
LV_MUST_CHECK lv_status lv_rpc_client_new(const lv_rpc_target *target, lv_rpc_client **out,
                                          lv_error *err);

/** Ends connections and thread. Calls have returned and streams are closed before; NULL is
 *  legal. */
void lv_rpc_client_close(lv_rpc_client *client);

/** One request, one response.
 * @param method       "/package.Service/Method".
 * @param deadline_ms  for everything, connecting included; also told to the server. 0: none.
 * @param[out] response  appended to; only where end->code is LV_RPC_OK.
 * @param[out] end       free with lv_rpc_end_free.
 * @return LV_OK: the server ended the call, see end->code. LV_TIMEOUT: the deadline passed, the
 *         server may have acted. LV_UNAVAILABLE: the connection could not be made, or was lost or
 *         refused (GOAWAY) before the server took the call: it did not act, unless
 *         `*maybe_acted` (may be NULL) says that it may have. LV_E_LIMIT: the response is over
 *         message_max. LV_INVALID: what came back is no gRPC. */
LV_MUST_CHECK lv_status lv_rpc_call(lv_rpc_client *client, const char *method, lv_bytes request,
                                    int deadline_ms, lv_buffer *response, lv_rpc_end *end,
                                    bool *maybe_acted, lv_error *err);

/** A call with streams of messages both ways. One thread may send while another receives. */
LV_MUST_CHECK lv_status lv_rpc_stream_open(lv_rpc_client *client, const char *method,
                                           int deadline_ms, lv_rpc_stream **out, lv_error *err);

/** Waits while the message before is held up by the other side's window: memory stays bounded.
 * @return LV_OK: it is on its way; LV_UNAVAILABLE where the call is over; LV_E_ARGUMENT after
 *         lv_rpc_stream_half_close. */
LV_MUST_CHECK lv_status lv_rpc_stream_send(lv_rpc_stream *stream, lv_bytes message, lv_error *err);

/** Nothing more will be sent. */
void lv_rpc_stream_half_close(lv_rpc_stream *stream);

/** The next message.
 * @param timeout_ms  -1: until something happens.
 * @return LV_OK; LV_TIMEOUT (also when woken); LV_NOT_FOUND: the server ended the call, see
 *         lv_rpc_stream_end; LV_UNAVAILABLE; LV_E_LIMIT; LV_INVALID. The window opens as messages
 *         are taken: a slow reader stops the server, not this process's memory. */
LV_MUST_CHECK lv_status lv_rpc_stream_receive(lv_rpc_stream *stream, int timeout_ms,
                                              lv_buffer *message, lv_error *err);

/** Makes a waiting lv_rpc_stream_receive return LV_TIMEOUT now; from any thread. */
void lv_rpc_stream_wake(lv_rpc_stream *stream);

/** How it ended; valid after LV_NOT_FOUND, until the stream is closed. */
const lv_rpc_end *lv_rpc_stream_end(const lv_rpc_stream *stream);

/** Cancels the call where it is not over, and frees. */
void lv_rpc_stream_close(lv_rpc_stream *stream);

#endif
