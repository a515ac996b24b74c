/** gRPC over HTTP/2 (nghttp2) and mutual TLS (OpenSSL): what client and server share. Nothing of
 *  any service stands here.
 *  https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
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
