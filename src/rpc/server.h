/** A gRPC server: one listener, mutual TLS, any number of connections and calls. An I/O thread
 *  moves the bytes; every call runs its handler in a thread of its own. */
#ifndef LV_RPC_SERVER_H
#define LV_RPC_SERVER_H

#include "rpc/rpc.h"

typedef struct lv_rpc_server lv_rpc_server;
typedef struct lv_rpc_exchange lv_rpc_exchange; /* one call, as its handler sees it */

/** Runs a call. What it returns becomes the status: LV_OK is OK, LV_NOT_FOUND NOT_FOUND,
 *  LV_REFUSED FAILED_PRECONDITION, LV_INVALID and LV_E_SYNTAX INVALID_ARGUMENT, LV_E_LIMIT
 *  RESOURCE_EXHAUSTED, LV_UNAVAILABLE UNAVAILABLE, all others INTERNAL, with the words of err. */
typedef lv_status (*lv_rpc_handler)(void *context, lv_rpc_exchange *exchange, lv_error *err);

typedef struct {
    const char *method; /* "/package.Service/Method" */
    lv_rpc_handler run;
    void *context;
} lv_rpc_method;

typedef struct {
    const char *address; /* "host:port"; port 0: any free one */
    lv_rpc_tls tls;
    const lv_rpc_method *methods; /* copied */
    size_t method_count;
    size_t message_max; /* 0: LV_RPC_MESSAGE_MAX */
    unsigned calls_max; /* in flight, over all connections; more are RESOURCE_EXHAUSTED. 0: 64 */
    unsigned connections_max; /* 0: 64 */
    int keepalive_ms; /* idle connections get a PING, and go where none comes back; 0: 60000 */
} lv_rpc_listen;

LV_MUST_CHECK lv_status lv_rpc_server_start(const lv_rpc_listen *listen, lv_rpc_server **out,
                                            lv_error *err);
unsigned lv_rpc_server_port(const lv_rpc_server *server);

/** GOAWAY; lets calls end and their answers go for `grace_ms`, then ends them; joins every thread
 *  and frees. Returns late where a handler does: all that wait in lv_rpc_receive and lv_rpc_send
 *  are told that their call is over. */
void lv_rpc_server_stop(lv_rpc_server *server, int grace_ms);

/** For handlers. @return as lv_rpc_stream_receive; LV_NOT_FOUND: the client sends no more;
 *  LV_UNAVAILABLE: the call is over (client gone, deadline, server stopping). */
LV_MUST_CHECK lv_status lv_rpc_receive(lv_rpc_exchange *exchange, int timeout_ms,
                                       lv_buffer *message, lv_error *err);

/** Makes a waiting lv_rpc_receive, or else the next, return LV_TIMEOUT once no message is there to
 *  take; from any thread until the handler returns. */
void lv_rpc_wake(lv_rpc_exchange *exchange);

/** From any thread until the handler returns. Waits while the message before is held up by the
 *  client's window.
 * @return LV_OK: it is on its way; LV_UNAVAILABLE: the call is over. */
LV_MUST_CHECK lv_status lv_rpc_send(lv_rpc_exchange *exchange, lv_bytes message, lv_error *err);

/** The client's certificate, DER, borrowed until the handler returns. */
lv_bytes lv_rpc_peer_certificate(const lv_rpc_exchange *exchange);

#endif
