#include "node/http_certificate.h"
#include "base/log.h"
#include "node/http_exchange.h"

static gnutls_datum_t datum_of(lv_bytes bytes)
{
    /* The type has no const, but GnuTLS only reads from it. */
    union {
        const uint8_t *given;
        uint8_t *taken;
    } data = {.given = bytes.data};
    return (gnutls_datum_t){.data = data.taken, .size = (unsigned)bytes.len};
}

static lv_http_server *server_of(gnutls_session_t session)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info =
        connection == NULL
            ? NULL
            : MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const lv_connection *context = info == NULL ? NULL : info->socket_context;
    return context == NULL ? NULL : context->server;
}

static int take_certificate(const lv_identity *identity, gnutls_pcert_st **out)
{
    gnutls_datum_t der = datum_of(lv_identity_certificate(identity));
    gnutls_pcert_st *made = gnutls_malloc(sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    int code = gnutls_pcert_import_x509_raw(made, &der, GNUTLS_X509_FMT_DER, 0);
    if (code != 0) {
        gnutls_free(made);
        return code;
    }
    *out = made;
    return 0;
}

static int take_key(const lv_identity *identity, gnutls_privkey_t *out)
{
    gnutls_datum_t pem = datum_of(lv_identity_key_pem(identity));
    gnutls_privkey_t made = NULL;
    int code = gnutls_privkey_init(&made);
    if (code == 0) {
        code = gnutls_privkey_import_x509_raw(made, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    if (code != 0) {
        gnutls_privkey_deinit(made);
        return code;
    }
    *out = made;
    return 0;
}

/* GnuTLS frees both after the handshake, so that none of them outlives it and none is taken away
 * while it goes on. */
static int take_both(const lv_identity *identity, gnutls_pcert_st **certificate,
                     gnutls_privkey_t *key)
{
    int code = take_certificate(identity, certificate);
    if (code != 0) {
        return code;
    }
    code = take_key(identity, key);
    if (code != 0) {
        gnutls_pcert_deinit(*certificate);
        gnutls_free(*certificate);
        *certificate = NULL;
    }
    return code;
}

int lv_http_show_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                             gnutls_pcert_st **certificates, unsigned *count,
                             gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
                             gnutls_privkey_t *key, unsigned *flags)
{
    lv_http_server *server = server_of(session);
    (void)info;
    (void)ocsp;
    *count = 0;
    *ocsp_count = 0;
    if (server == NULL) {
        return -1;
    }
    lv_identity *identity = lv_identity_slot_get(&server->identity);
    int code = take_both(identity, certificates, key);
    lv_identity_free(identity);
    if (code != 0) {
        lv_log(LV_LOG_ERROR, "http", "the node's own certificate cannot be shown: %s",
               gnutls_strerror(code));
        return -1;
    }
    *count = 1;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return 0;
}
