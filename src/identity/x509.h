/** What organisation, identity and trust share: certificates and P-256 keys between PEM, DER and
 *  OpenSSL's objects. Failures leave no entry on OpenSSL's error queue. */
#ifndef LV_IDENTITY_X509_H
#define LV_IDENTITY_X509_H

#include <lotveil/identity.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define LV_PEM_MAX 16384U     /* bytes of one certificate or key in PEM */
#define LV_HOST_TEXT_MAX 256U /* bytes of a DNS name or address, with its NUL */
#define LV_NAME_TEXT_MAX 160U /* bytes of a distinguished name in an error */

/** Reads exactly one certificate. @return LV_OK; LV_E_SYNTAX or LV_E_LIMIT with words. */
LV_MUST_CHECK lv_status lv_x509_from_pem(lv_bytes pem, X509 **out, lv_error *err);

/** Reads exactly one certificate in canonical DER. @return LV_OK; LV_E_SYNTAX, LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_x509_from_der(lv_bytes der, X509 **out, lv_error *err);

/** The DER of exactly one certificate in PEM, appended. @return as lv_x509_from_pem. */
LV_MUST_CHECK lv_status lv_x509_pem_to_der(lv_bytes pem, lv_buffer *der, lv_error *err);

LV_MUST_CHECK lv_status lv_x509_to_pem(const X509 *certificate, lv_buffer *pem, lv_error *err);

/** A request for a certificate as PEM. */
LV_MUST_CHECK lv_status lv_x509_request_to_pem(const X509_REQ *request, lv_buffer *pem,
                                               lv_error *err);

/** A private key from unencrypted PEM; it never asks for a passphrase. LV_E_SYNTAX with words. */
LV_MUST_CHECK lv_status lv_key_from_pem(lv_bytes pem, EVP_PKEY **out, lv_error *err);

/** The key as PKCS#8 PEM, secret. */
LV_MUST_CHECK lv_status lv_key_to_pem(const EVP_PKEY *key, lv_buffer *pem, lv_error *err);

/** Is it an elliptic-curve key on the named curve P-256? */
bool lv_key_is_p256(const EVP_PKEY *key);

/** An ASN.1 time as seconds since 1970 UTC. @return false where it is none. */
bool lv_x509_seconds(const ASN1_TIME *time, int64_t *out);

/** A distinguished name for people, control characters escaped, cut where it does not fit. */
void lv_x509_name_text(const X509_NAME *name, char text[LV_NAME_TEXT_MAX]);

/** The organisation (O) that a certificate is of, where it is a name as lv_name_is_valid wants it.
 * @return LV_OK; LV_INVALID where it has none or several or another; LV_E_SYNTAX, LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_x509_organisation(lv_bytes certificate_pem, char name[LV_NAME_MAX + 1],
                                             lv_error *err);

/** The DNS names and IP addresses of a certificate's subjectAltName, in its order: texts that end
 *  with NUL, one after the other.
 * @param[out] hosts  appended to. @param[out] count  how many. */
LV_MUST_CHECK lv_status lv_x509_hosts(lv_bytes certificate_pem, lv_buffer *hosts, size_t *count,
                                      lv_error *err);

/** Fills `err` with `what` and OpenSSL's own reason, and empties its queue.
 *  @return LV_E_CRYPTO. */
lv_status lv_openssl_fail(lv_error *err, const char *what);

#endif
