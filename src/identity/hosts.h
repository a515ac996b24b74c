/** The names under which others reach whoever has a certificate: DNS names and IP addresses in its
 *  subject alternative names. */
#ifndef LV_IDENTITY_HOSTS_H
#define LV_IDENTITY_HOSTS_H

#include <lotveil/identity.h>
#include <openssl/x509v3.h>

#define LV_HOST_MAX 253U /* bytes of a DNS name */
#define LV_HOSTS_MAX 64U /* of one certificate */

/** Could it be a DNS name or an IP address? */
bool lv_host_is_valid(const char *host);

/** The names as an extension holds them; NULL without memory. Built by hand rather than through
 *  OpenSSL's configuration language, in which a host name could say more than its name. */
GENERAL_NAMES *lv_hosts_encode(const char *const *hosts, size_t count);

/** Hosts of a certificate, in its order. */
typedef struct {
    char **names;
    size_t count;
} lv_hosts;

/** @param certificate  DER.
 * @return LV_OK, also where it names none; LV_E_SYNTAX; LV_E_LIMIT. Names of other kinds are left
 *         out. */
LV_MUST_CHECK lv_status lv_hosts_read(lv_bytes certificate, lv_hosts *out, lv_error *err);
void lv_hosts_free(lv_hosts *hosts);

/** The first of `hosts` that the certificate does not bear; NULL where it bears all. */
const char *lv_hosts_missing(X509 *certificate, const char *const *hosts, size_t count);

#endif
