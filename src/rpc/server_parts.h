/** What the files of the server share: server.c has the listener, the connections and the I/O
 *  thread, server_call.c what a call's handler does, server_session.c what HTTP/2 tells. */
#ifndef LV_RPC_SERVER_PARTS_H
#define LV_RPC_SERVER_PARTS_H

#include "rpc/flow.h"
#include "rpc/server.h"

typedef struct lv_rpc_door {
    struct lv_rpc_door *next;
    lv_rpc_server *server;
    lv_rpc_conn conn;
    int64_t opened_ms;
    unsigned resets; /* of streams, by the client; less as time passes */
    int64_t resets_ms;
} lv_rpc_door;

struct lv_rpc_exchange {
    lv_rpc_server *server;
    lv_rpc_exchange *next; /* of the server's calls */
    lv_rpc_flow flow;
    lv_rpc_door *on; /* NULL where the stream is no more */
    lv_buffer certificate;
    /* as the request's headers come */
    bool post;
    bool is_grpc;
    size_t headers_len;
    bool accepted; /* its headers were answered for, well or badly */
    const lv_rpc_method *method;
    int64_t deadline_ms; /* lv_rpc_now; INT64_MAX: none */
    /* as it is answered */
    bool begun; /* response headers are on their way */
    bool done;  /* the handler returned, and its thread does nothing more */
    bool expired;
    lv_rpc_code code;
    lv_buffer words; /* percent-encoded */
    pthread_t thread;
    bool threaded;
};

struct lv_rpc_server {
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* a handler returned, or a call is no more */
    pthread_t thread;
    int bell;
    int listener;
    unsigned port;
    bool stopping;     /* no new connections and calls */
    bool ending;       /* the I/O thread returns */
    int64_t accept_ms; /* not before: there were no more files */
    lv_rpc_method *methods;
    size_t method_count;
    size_t message_max;
    unsigned calls_max;
    unsigned connections_max;
    int keepalive_ms;
    SSL_CTX *tls;
    nghttp2_session_callbacks *callbacks;
    lv_rpc_door *doors;
    lv_rpc_exchange *exchanges;
    unsigned running; /* handlers */
};

/* All below are called with the server's lock held. */

LV_MUST_CHECK lv_status lv_rpc_server_callbacks(nghttp2_session_callbacks **out);

/** Starts the handler of a call whose headers are there; where it cannot, the call ends with a
 *  code. */
void lv_rpc_exchange_start(lv_rpc_exchange *exchange);

/** Ends a call with this code and words, once. */
void lv_rpc_exchange_end(lv_rpc_exchange *exchange, lv_rpc_code code, const char *words);

/** The stream is no more: frees the call, unless its handler still runs; by the I/O thread. */
void lv_rpc_exchange_lose(lv_rpc_exchange *exchange);

/** Frees what no handler and no stream needs any more; by the I/O thread. */
void lv_rpc_exchange_free(lv_rpc_exchange *exchange);

/** Response headers, where they are not on their way yet. */
LV_MUST_CHECK lv_status lv_rpc_exchange_begin(lv_rpc_exchange *exchange);

void lv_rpc_server_ring(const lv_rpc_server *server);

#endif
