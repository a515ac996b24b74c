/** Who is at the other end of a TLS connection. */
#ifndef LV_NODE_HTTP_PEER_H
#define LV_NODE_HTTP_PEER_H

#include <lotveil/identity.h>
#include <microhttpd.h>

/** Checks the certificate that the client proved to hold in the handshake, at the present time.
 *  libmicrohttpd asks for one, and by itself takes any and none.
 * @param[out] msp  borrowed from `trust`.
 * @return LV_OK; LV_INVALID with words for the log. */
LV_MUST_CHECK lv_status lv_http_peer(struct MHD_Connection *connection, const lv_trust *trust,
                                     const char **msp, lv_error *err);

#endif
