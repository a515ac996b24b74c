/** What the files of the client share: client.c has the I/O thread, client_connect.c how it comes
 *  to a connection, client_call.c what a call's thread does, client_session.c what HTTP/2 tells. */
#ifndef LV_RPC_CLIENT_PARTS_H
#define LV_RPC_CLIENT_PARTS_H

#include "rpc/client.h"
#include "rpc/flow.h"
#include "rpc/lookup.h"

#define LV_RPC_LINKS_MAX 8U /* one for new calls, the others end the calls they have */
#define LV_RPC_NO_RESET (-1)

typedef struct lv_rpc_link {
    struct lv_rpc_link *next;
    lv_rpc_client *client;
    lv_rpc_conn conn;
    int64_t opened_ms;
    uint32_t calls; /* on it */
    bool ready;     /* the server's SETTINGS came: it takes calls */
    bool settled;   /* and the attempt to connect is wound up */
} lv_rpc_link;

struct lv_rpc_stream {
    lv_rpc_client *client;
    lv_rpc_stream *next; /* of the client's calls */
    lv_rpc_flow flow;
    char *method;
    int64_t deadline_ms; /* lv_rpc_now; INT64_MAX: none */
    lv_rpc_link *on;     /* NULL where it is on no connection (yet, or any more) */
    bool refused;        /* the server did not take it, and said so */
    bool sent_headers;
    bool maybe_acted;
    unsigned returns;   /* how often a connection ended before it carried the call */
    size_t headers_len; /* of the block that is coming */
    int http_status;    /* 0: none came yet */
    bool is_grpc;       /* its content type says so */
    bool has_code;
    lv_rpc_end end;
    bool over;
    lv_status outcome; /* LV_OK: the server ended it, see `end` */
    lv_error words;
};

struct lv_rpc_client {
    pthread_mutex_t lock;
    pthread_t thread;
    int bell; /* eventfd: rings the I/O thread */
    bool stopping;
    char *host;
    char *port;
    char *host_name;
    char *authority;
    size_t message_max;
    int connect_ms;
    int keepalive_ms;
    int backoff_min_ms;
    int backoff_max_ms;
    SSL_CTX *tls;
    nghttp2_session_callbacks *callbacks;
    lv_rpc_lookup *lookup; /* of the attempt under way */
    int64_t lookup_ms;     /* when it began */
    struct addrinfo *addresses;
    struct addrinfo *next_address;
    lv_rpc_link *links;   /* all connections */
    lv_rpc_link *current; /* the one for new calls, among them */
    lv_rpc_stream *streams;
    int64_t attempt_ms; /* not before */
    int backoff_ms;
    char failure[LV_ERROR_TEXT_MAX / 2]; /* why the last attempt failed */
};

/* All below are called with the client's lock held. */

/** The call is over. */
void lv_rpc_stream_finish(lv_rpc_stream *stream, lv_status outcome, const char *format, ...)
    LV_PRINTF(3, 4);

/** Puts a waiting call on the current connection. */
void lv_rpc_stream_submit(lv_rpc_stream *stream);

/** Takes a call off its connection: nothing of it is heard any more.
 * @param code  of HTTP/2, which the server is told; LV_RPC_NO_RESET: nothing is left to tell. */
void lv_rpc_stream_detach(lv_rpc_stream *stream, int64_t code);

/** A connection ended before it carried the call: it waits for the next one, a few times. */
void lv_rpc_stream_return(lv_rpc_stream *stream, const char *words);

bool lv_rpc_stream_is_waiting(const lv_rpc_stream *stream);

/** Goes towards a connection where a call waits for one and there is none. */
void lv_rpc_client_connect(lv_rpc_client *client);

/** An attempt failed: all that wait fail, and a pause begins. */
void lv_rpc_client_back_off(lv_rpc_client *client, const char *words);

void lv_rpc_client_forget_addresses(lv_rpc_client *client);

void lv_rpc_client_ring(const lv_rpc_client *client);

LV_MUST_CHECK lv_status lv_rpc_client_callbacks(nghttp2_session_callbacks **out);

#endif
