/** One connection: a non-blocking socket, TLS on it, and an HTTP/2 session on that. Its owner
 *  (client or server) calls it from one thread at a time. */
#ifndef LV_RPC_CONN_H
#define LV_RPC_CONN_H

#include "rpc/tls.h"
#include <nghttp2/nghttp2.h>

/** What one side of a call may have sent before the other takes it: bounds memory. */
#define LV_RPC_WINDOW 1048576

typedef struct {
    int fd;
    SSL *ssl;
    nghttp2_session *session;
    bool connecting;    /* TCP */
    bool shaking_hands; /* TLS */
    bool again;         /* more has arrived than one turn moves */
    short wants;        /* POLLIN, POLLOUT: what TLS waits for */
    const uint8_t *out; /* the session's bytes that are not written yet, borrowed from it */
    size_t out_len;
    size_t queue_max;  /* frames that may wait to be sent; 0: any number */
    int64_t heard_ms;  /* when something last came, lv_rpc_now */
    int64_t pinged_ms; /* 0: no PING is out */
} lv_rpc_conn;

/** What a block of headers may come to, names and values and 32 bytes for each (RFC 9113, 6.5.2).
 */
#define LV_RPC_HEADERS_MAX ((size_t)64 * 1024)

/** "host:port" or "[address]:port", taken apart; both owned by the caller.
 * @return LV_OK; LV_E_CONFIG with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_rpc_split_address(const char *address, char **host, char **port,
                                             lv_error *err);

/** Milliseconds of the monotonic clock, above 0. */
int64_t lv_rpc_now(void);

/** Takes the socket over (also on failure), with a session that has its SETTINGS submitted.
 * @param calls_max  streams that the other side may have open; 0 for a client. */
LV_MUST_CHECK lv_status lv_rpc_conn_open(lv_rpc_conn *conn, int fd, bool connecting,
                                         SSL_CTX *context, unsigned calls_max,
                                         const nghttp2_session_callbacks *callbacks,
                                         void *user_data, lv_error *err);

/** Moves what can be moved without waiting, up to a bound that keeps one connection from starving
 *  the others (`again` tells that more is there).
 * @return LV_OK; LV_NOT_FOUND: both sides are done with it; LV_UNAVAILABLE with words. */
LV_MUST_CHECK lv_status lv_rpc_conn_pump(lv_rpc_conn *conn, lv_error *err);

/** What to poll the socket for. */
short lv_rpc_conn_events(const lv_rpc_conn *conn);

/** Sends a PING where nothing came for `idle_ms` (0: never), and waits as long for what it brings
 *  back, 20 s at most.
 * @return LV_OK; LV_UNAVAILABLE where an earlier PING stays without an answer. */
LV_MUST_CHECK lv_status lv_rpc_conn_keep_alive(lv_rpc_conn *conn, int64_t now, int idle_ms,
                                               lv_error *err);

/** When lv_rpc_conn_keep_alive has something to do next, lv_rpc_now; INT64_MAX: never. */
int64_t lv_rpc_conn_due(const lv_rpc_conn *conn, int idle_ms);

void lv_rpc_conn_close(lv_rpc_conn *conn);

#endif
