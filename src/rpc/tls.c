#include "rpc/tls.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static const unsigned char ALPN[] = {2, 'h', '2'};

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                     const unsigned char *in, unsigned in_len, void *context)
{
    (void)ssl;
    (void)context;
    for (unsigned i = 0; i + 1 <= in_len && i + 1 + in[i] <= in_len; i += 1U + in[i]) {
        if (in[i] == 2 && memcmp(in + i + 1, "h2", 2) == 0) {
            *out = in + i + 1;
            *out_len = 2;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static BIO *open_pem(lv_bytes pem)
{
    return pem.len > 0 && pem.len <= INT32_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;
}

/* A key that asks for a passphrase is refused: nobody is there to be asked. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL says what it looks like */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return 0;
}

/* Did reading stop because there was nothing more, not at a certificate that is broken? */
static bool at_end(void) { return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; }

static bool add_roots(SSL_CTX *context, lv_bytes pem)
{
    BIO *bio = open_pem(pem);
    size_t count = 0;
    bool added = bio != NULL;
    X509 *root = NULL;
    while (added && (root = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        added = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root) == 1 &&
                SSL_CTX_add_client_CA(context, root) == 1;
        X509_free(root);
        count++;
    }
    added = added && count > 0 && at_end();
    BIO_free(bio);
    ERR_clear_error();
    return added;
}

static bool use_chain(SSL_CTX *context, lv_bytes pem)
{
    BIO *bio = open_pem(pem);
    X509 *own = bio != NULL ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    bool used = own != NULL && SSL_CTX_use_certificate(context, own) == 1;
    X509_free(own);
    X509 *next = NULL;
    while (used && (next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        used = SSL_CTX_add0_chain_cert(context, next) == 1;
        if (!used) {
            X509_free(next);
        }
    }
    used = used && at_end();
    BIO_free(bio);
    ERR_clear_error();
    return used;
}

static bool use_key(SSL_CTX *context, lv_bytes pem)
{
    BIO *bio = open_pem(pem);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    bool used = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return used;
}

static lv_status fill(SSL_CTX *context, const lv_rpc_tls *tls, bool server, lv_error *err)
{
    const char *fault = NULL;
    if (!add_roots(context, tls->roots)) {
        fault = "the root certificates";
    } else if (!use_chain(context, tls->certificate)) {
        fault = "the certificate";
    } else if (!use_key(context, tls->key)) {
        fault = "the private key (it must be that of the certificate, in PEM, not encrypted)";
    }
    if (fault != NULL) {
        ERR_clear_error();
        return lv_fail(err, LV_E_CONFIG, "TLS: %s cannot be used", fault);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    /* of TLS 1.2, what HTTP/2 allows (RFC 9113, appendix A) */
    if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return LV_E_CRYPTO;
    }
    if (server) {
        SSL_CTX_set_alpn_select_cb(context, choose_h2, NULL);
        return SSL_CTX_set_num_tickets(context, 0) == 1 ? LV_OK : LV_E_CRYPTO;
    }
    return SSL_CTX_set_alpn_protos(context, ALPN, sizeof ALPN) == 0 ? LV_OK : LV_E_MEMORY;
}

lv_status lv_rpc_tls_context(const lv_rpc_tls *tls, bool server, SSL_CTX **out, lv_error *err)
{
    *out = NULL;
    SSL_CTX *context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(context);
        ERR_clear_error();
        return LV_E_CRYPTO;
    }
    lv_status status = fill(context, tls, server, err);
    if (status != LV_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *out = context;
    return LV_OK;
}

lv_status lv_rpc_tls_expect_host(SSL *ssl, const char *host)
{
    uint8_t address[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ? LV_OK : LV_E_CRYPTO;
    }
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
                   SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                            (void *)(uintptr_t)host) == 1
               ? LV_OK
               : LV_E_CRYPTO;
}

void lv_rpc_tls_words(const SSL *ssl, int result, char *out, size_t size)
{
    unsigned long code = ERR_get_error();
    long verified = SSL_get_verify_result(ssl);
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    if (verified != X509_V_OK) {
        reason = X509_verify_cert_error_string(verified);
    }
    if (reason == NULL) {
        reason = SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN ? "the other side ended it"
                                                                     : "the connection was cut";
    }
    snprintf(out, size, "%s", reason);
    ERR_clear_error();
}
