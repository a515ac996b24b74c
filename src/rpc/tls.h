/** Mutual TLS for HTTP/2 (ALPN "h2"), TLS 1.2 or later. */
#ifndef LV_RPC_TLS_H
#define LV_RPC_TLS_H

#include "rpc/rpc.h"
#include <openssl/ssl.h>

/** @param server  which side of the connection.
 * @return LV_OK; LV_E_CONFIG with words where certificates or key cannot be used. */
LV_MUST_CHECK lv_status lv_rpc_tls_context(const lv_rpc_tls *tls, bool server, SSL_CTX **out,
                                           lv_error *err);

/** Holds the server's certificate against a DNS name or an IP address, and tells it the name. */
LV_MUST_CHECK lv_status lv_rpc_tls_expect_host(SSL *ssl, const char *host);

/** What OpenSSL says of a connection that failed, and empties its queue. */
void lv_rpc_tls_words(const SSL *ssl, int result, char *out, size_t size);

#endif
