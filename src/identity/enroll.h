/** What goes between an organisation and a certificate authority such as Hyperledger Fabric's CA: a
 *  request for a certificate, a token that proves who asks, and the check of what came back. No
 *  input or output here. */
#ifndef LV_IDENTITY_ENROLL_H
#define LV_IDENTITY_ENROLL_H

#include <lotveil/identity.h>

#define LV_ENROLL_USER_MAX 256U /* bytes of an enrolment id */

/** Is it an enrolment id: 1 to LV_ENROLL_USER_MAX printable ASCII characters, no ':'? */
bool lv_enroll_user_is_valid(const char *user);

/** Whom a certificate is to be for. Borrowed. */
typedef struct {
    const char *user;   /* the common name, as the CA knows it */
    const char *msp_id; /* the organisation it has to belong to */
    const char *const *hosts;
    size_t host_count;
} lv_enroll_subject;

/** Makes a new P-256 key and a request for its certificate (PKCS #10, signed with it).
 * @param[out] csr_pem  appended. @param[out] key_pem  secret, appended.
 * @return LV_OK; LV_E_ARGUMENT with words where user or host cannot be one. */
LV_MUST_CHECK lv_status lv_enroll_request(const lv_enroll_subject *subject, lv_buffer *csr_pem,
                                          lv_buffer *key_pem, lv_error *err);

/** The common name of a certificate: the enrolment id it was issued to.
 * @param certificate  DER.
 * @return LV_OK; LV_INVALID where it has none that lv_enroll_user_is_valid. */
LV_MUST_CHECK lv_status lv_enroll_user(lv_bytes certificate, char user[LV_ENROLL_USER_MAX + 1],
                                       lv_error *err);

/** The token by which `identity` asks a Fabric CA (version 1.4 and newer): base64 of its
 * certificate in PEM, a dot, base64 of its plain signature over METHOD "." base64(path) "."
 * base64(body) "." base64(certificate).
 * @param[out] token  appended. */
LV_MUST_CHECK lv_status lv_enroll_token(const lv_identity *identity, const char *method,
                                        const char *path, lv_bytes body, lv_buffer *token,
                                        lv_error *err);

/** Holds the root that a CA names against what its operator knows by another way: it is a CA's own
 *  root (lv_trust_add), the same as `known_pem` (where that is not empty), and has this SHA-256
 * over its DER (hexadecimal, colons allowed; NULL: not asked).
 * @param[out] root_pem  appended, in canonical form.
 * @return LV_OK; LV_INVALID with words; LV_E_ARGUMENT where `sha256` is none or nothing is known.
 */
LV_MUST_CHECK lv_status lv_enroll_check_root(lv_bytes named_pem, lv_bytes known_pem,
                                             const char *sha256, lv_buffer *root_pem,
                                             lv_error *err);

/** Holds what a CA issued against what was asked for: the key is ours, the root (PEM) is the
 * issuer, valid at `time`, the unit may act for a node (lv_trust_check_certificate), user and hosts
 * are those asked for.
 * @param[out] out  the identity; NULL on failure.
 * @return LV_OK; LV_INVALID with words, also where it cannot be read at all. */
LV_MUST_CHECK lv_status lv_enroll_check(const lv_enroll_subject *subject, lv_bytes certificate_pem,
                                        lv_bytes key_pem, lv_bytes root_pem, int64_t time,
                                        lv_identity **out, lv_error *err);

#endif
