/** gRPC over HTTP/2 (nghttp2) and mutual TLS (OpenSSL): what client and server share. Nothing of
 *  any service stands here.
 *  https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 *
 *  client.h and server.h are what others use. Each has one I/O thread, which alone reads and writes
 *  sockets, and one lock, which is never held while anything waits. Below them:
 *
 *      client.c, client_connect.c, client_call.c, client_session.c   (client_parts.h)
 *      server.c, server_call.c, server_session.c                     (server_parts.h)
 *      flow     the messages of one call between its thread and the I/O thread
 *      inbox    frames of gRPC, put together
 *      conn     a socket, TLS and an HTTP/2 session on it; PINGs
 *      lookup   host names, in a thread of their own
 *      text     percent-encoding, base64 and times in headers
 *      tls      certificates, host names, ALPN
 *
 *  What the other side can make this one hold: for a call one window (1 MiB), the message that is
 *  being put together (up to the limit) and one that is being sent; for a connection 64 KiB of
 *  headers at a time and, at a server, a bounded number of calls and of frames that wait to be
 * read. A server ends connections that reset streams in a row, that ask without reading, and that
 * show no certificate in time. */
#ifndef LV_RPC_RPC_H
#define LV_RPC_RPC_H

#include <lotveil/bytes.h>

#define LV_RPC_MESSAGE_MAX                                                                         \
    ((size_t)100 * 1024 * 1024) /* bytes of one message, what Fabric allows */
#define LV_RPC_WORDS_MAX 512U

/** Status codes of gRPC that are told apart here; others travel as their number. */
typedef enum {
    LV_RPC_OK = 0,
    LV_RPC_CANCELLED = 1,
    LV_RPC_UNKNOWN = 2,
    LV_RPC_INVALID_ARGUMENT = 3,
    LV_RPC_DEADLINE_EXCEEDED = 4,
    LV_RPC_NOT_FOUND = 5,
    LV_RPC_PERMISSION_DENIED = 7,
    LV_RPC_RESOURCE_EXHAUSTED = 8,
    LV_RPC_FAILED_PRECONDITION = 9,
    LV_RPC_ABORTED = 10,
    LV_RPC_UNIMPLEMENTED = 12,
    LV_RPC_INTERNAL = 13,
    LV_RPC_UNAVAILABLE = 14,
    LV_RPC_UNAUTHENTICATED = 16,
} lv_rpc_code;

const char *lv_rpc_code_name(int code); /* "UNAVAILABLE"; "code 99" is told by its number */

/** How a call ended at the other side. */
typedef struct {
    int code;                     /* lv_rpc_code or another number */
    char words[LV_RPC_WORDS_MAX]; /* grpc-message, percent-decoded */
    lv_buffer details;            /* grpc-status-details-bin, decoded; mostly empty */
} lv_rpc_end;
void lv_rpc_end_free(lv_rpc_end *end);

/** Certificates of one side, PEM, borrowed while whoever takes them is made. The other side must
 *  present one that chains to `roots`; a client also holds the server's against its host name. */
typedef struct {
    lv_bytes roots;       /* one or more */
    lv_bytes certificate; /* own chain */
    lv_bytes key;         /* secret */
} lv_rpc_tls;

#endif
