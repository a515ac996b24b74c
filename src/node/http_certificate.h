/** Which certificate the peer door shows: the one in the server's slot when the handshake begins.
 */
#ifndef LV_NODE_HTTP_CERTIFICATE_H
#define LV_NODE_HTTP_CERTIFICATE_H

#include <gnutls/abstract.h>

/** A gnutls_certificate_retrieve_function3 for MHD_OPTION_HTTPS_CERT_CALLBACK2. libmicrohttpd has
 *  made its MHD_Connection the pointer of the session, and the connection's socket context is an
 *  lv_connection. @return 0; -1: no handshake. */
int lv_http_show_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                             gnutls_pcert_st **certificates, unsigned *count,
                             gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
                             gnutls_privkey_t *key, unsigned *flags);

#endif
