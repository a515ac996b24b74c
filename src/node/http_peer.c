#include "node/http_peer.h"
#include "base/clock.h"
#include <gnutls/gnutls.h>

lv_status lv_http_peer(struct MHD_Connection *connection, const lv_trust *trust, const char **msp,
                       lv_error *err)
{
    *msp = NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == NULL || info->tls_session == NULL) {
        return lv_fail(err, LV_INVALID, "not a TLS connection");
    }
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(info->tls_session, &count);
    if (chain == NULL || count == 0) {
        return lv_fail(err, LV_INVALID, "no client certificate");
    }
    /* The first is the one whose key signed the handshake. Others that came along mean nothing:
     * there is nothing between it and its root. */
    lv_bytes certificate = {.data = chain[0].data, .len = chain[0].size};
    return lv_trust_check_certificate(trust, certificate, lv_clock_now(), msp, err);
}
