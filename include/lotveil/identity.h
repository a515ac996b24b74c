/** Who signs: an organisation's identity (X.509, ECDSA P-256 over SHA-256) and whom it trusts.
 *  The same shapes as a Hyperledger Fabric MSP; PEM and DER in memory, no files here. */
#ifndef LOTVEIL_IDENTITY_H
#define LOTVEIL_IDENTITY_H

#include <lotveil/bytes.h>
#include <lotveil/job.h>
#include <lotveil/series.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_CERTIFICATE_MAX 8192U /* bytes of one certificate in DER */
#define LV_SIGNATURE_MAX 80U     /* bytes of one ECDSA P-256 signature in DER */
#define LV_TRUST_MEMBERS_MAX 64U

typedef struct lv_identity lv_identity; /* certificate and private key of this organisation */
typedef struct lv_trust lv_trust;       /* the organisations and their root certificates */

/** What lv_organisation_create makes; every buffer is PEM. `ca_key` and `key` are secret. */
typedef struct {
    lv_buffer ca_certificate;
    lv_buffer ca_key;
    lv_buffer certificate; /* OU=client, server and client authentication, SAN hosts */
    lv_buffer key;         /* PKCS#8 */
} lv_organisation;

typedef struct {
    const char *msp_id;       /* lv_name_is_valid */
    const char *const *hosts; /* DNS names and IP addresses of its node */
    size_t host_count;
    unsigned days;      /* validity of the certificate; the CA's is ten times as long */
    int64_t not_before; /* seconds since 1970 UTC; 0: now less five minutes */
    const char *unit;   /* the OU: "client", "admin", "peer", "orderer"; NULL: "client" */
} lv_organisation_params;

/** A new organisation: a root CA and one node certificate under it. Randomness from OpenSSL. */
LV_MUST_CHECK lv_status lv_organisation_create(const lv_organisation_params *params,
                                               lv_organisation *out, lv_error *err);

/** Another certificate under an existing CA (renewal; tests of expired and wrong-role ones). */
LV_MUST_CHECK lv_status lv_organisation_issue(const lv_organisation_params *params,
                                              lv_bytes ca_certificate_pem, lv_bytes ca_key_pem,
                                              lv_buffer *certificate_pem, lv_buffer *key_pem,
                                              lv_error *err);
void lv_organisation_wipe(lv_organisation *organisation);

/** Takes a certificate and its key. LV_INVALID where they do not belong together or are not
 *  ECDSA P-256. */
LV_MUST_CHECK lv_status lv_identity_load(const char *msp_id, lv_bytes certificate_pem,
                                         lv_bytes key_pem, lv_identity **out, lv_error *err);

/** Counts one more owner, who gives it back with lv_identity_free; from any thread. What an
 * identity says never changes: who keeps one keeps certificate and key of one generation. */
lv_identity *lv_identity_retain(const lv_identity *identity);
void lv_identity_free(lv_identity *identity); /* the last owner's call wipes the key */
const char *lv_identity_msp(const lv_identity *identity);
lv_bytes lv_identity_certificate(const lv_identity *identity);     /* DER, borrowed */
lv_bytes lv_identity_certificate_pem(const lv_identity *identity); /* borrowed */
lv_bytes lv_identity_key_pem(const lv_identity *identity);         /* secret, borrowed, for TLS */

/** When the certificate begins and ends to be valid, in seconds since 1970 UTC. */
int64_t lv_identity_valid_from(const lv_identity *identity);
int64_t lv_identity_valid_until(const lv_identity *identity);

/** Signs SHA-256(domain || 0x00 || bytes) with ECDSA P-256: DER, low S.
 * @param domain  such as "lotveil/v1/quality". */
LV_MUST_CHECK lv_status lv_identity_sign(const lv_identity *identity, const char *domain,
                                         lv_bytes bytes, lv_buffer *signature, lv_error *err);

/** Signs SHA-256(bytes) with ECDSA P-256, without a domain, as Hyperledger Fabric does: DER, low S.
 *  For what Fabric and its CA read alone. Bytes that begin with "lotveil/" are LV_E_ARGUMENT, so
 * that no such signature can be taken for one of lv_identity_sign. */
LV_MUST_CHECK lv_status lv_identity_sign_plain(const lv_identity *identity, lv_bytes bytes,
                                               lv_buffer *signature, lv_error *err);

LV_MUST_CHECK lv_status lv_trust_new(lv_trust **out);
void lv_trust_free(lv_trust *trust);

/** Adds an organisation by its root certificate. LV_EXISTS where the MSP id stands already;
 *  LV_INVALID where it is no CA certificate. */
LV_MUST_CHECK lv_status lv_trust_add(lv_trust *trust, const char *msp_id, lv_bytes root_pem,
                                     lv_error *err);

/** The PEM of a member's root, borrowed; {NULL, 0} where there is no such member. */
lv_bytes lv_trust_root(const lv_trust *trust, const char *msp_id);

/** The MSP id of the member at `index` in the order of adding, borrowed; NULL after the last. */
const char *lv_trust_member(const lv_trust *trust, size_t index);

#define LV_TIME_ANY INT64_MIN /* do not hold validity against a clock (contracts have none) */

/** Finds the organisation a certificate belongs to: chain to that member's root, validity at
 *  `time` (seconds since 1970 UTC, or LV_TIME_ANY), key usage, P-256, OU=client (or admin).
 * @param[out] msp_id  borrowed from `trust`.
 * @return LV_OK; LV_INVALID with words (unknown issuer, expired, not yet valid, wrong unit...). */
LV_MUST_CHECK lv_status lv_trust_check_certificate(const lv_trust *trust, lv_bytes certificate,
                                                   int64_t time, const char **msp_id,
                                                   lv_error *err);

/** The same for a certificate of another unit.
 * @param unit  the OU it must have: "client" (then "admin" passes too), "peer" or "orderer". */
LV_MUST_CHECK lv_status lv_trust_check_unit(const lv_trust *trust, lv_bytes certificate,
                                            int64_t time, const char *unit, const char **msp_id,
                                            lv_error *err);

/** lv_trust_check_certificate, then the signature as lv_identity_sign makes it. High S and
 *  non-canonical DER are LV_INVALID. */
LV_MUST_CHECK lv_status lv_trust_check_signature(const lv_trust *trust, lv_bytes certificate,
                                                 int64_t time, const char *domain, lv_bytes bytes,
                                                 lv_bytes signature, const char **msp_id,
                                                 lv_error *err);

/** lv_trust_check_unit, then the signature as lv_identity_sign_plain makes it. */
LV_MUST_CHECK lv_status lv_trust_check_plain(const lv_trust *trust, lv_bytes certificate,
                                             int64_t time, const char *unit, lv_bytes bytes,
                                             lv_bytes signature, const char **msp_id,
                                             lv_error *err);

#ifdef __cplusplus
}
#endif

#endif
