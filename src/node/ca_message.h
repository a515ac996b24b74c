/** The bodies that go to and come from a Hyperledger Fabric CA (its REST API, version 1.4 and
 * newer): JSON, with the answer in
 *      {"success": true, "result": {...}, "errors": [{"code", "message"}], "messages": [...]} */
#ifndef LV_NODE_CA_MESSAGE_H
#define LV_NODE_CA_MESSAGE_H

#include <lotveil/bytes.h>

#define LV_CA_ANSWER_MAX ((size_t)256 * 1024) /* bytes of an answer */
#define LV_CA_TEXT_MAX 256U                   /* of a CA's name, a type, an affiliation */
#define LV_CA_SECRET_MAX 512U                 /* of an enrolment secret */

/** Is it printable ASCII of 1 to LV_CA_TEXT_MAX bytes? */
bool lv_ca_text_is_valid(const char *text);

/** Whom an identity of the CA is registered for. Borrowed. */
typedef struct {
    const char *user;        /* lv_enroll_user_is_valid */
    const char *type;        /* client, peer, orderer or admin: the unit of its certificates */
    const char *affiliation; /* NULL: the registrar's own */
    lv_bytes secret;         /* empty: the CA makes one */
    unsigned enrollments;    /* how often the secret may be used; 0: as the CA has it */
} lv_ca_registration;

/** The bodies, appended. @param ca_name  NULL or "": the CA's default. */
LV_MUST_CHECK lv_status lv_ca_info_body(const char *ca_name, lv_buffer *out);
LV_MUST_CHECK lv_status lv_ca_enroll_body(lv_bytes csr_pem, const char *ca_name, lv_buffer *out);
LV_MUST_CHECK lv_status lv_ca_register_body(const lv_ca_registration *registration,
                                            const char *ca_name, lv_buffer *out);

/** What stands in an answer of this HTTP status, appended.
 *      certificate  of enroll and reenroll: PEM
 *      root         of cainfo: PEM, the one certificate of its chain
 *      secret       of register; secret
 * @return LV_OK; LV_REFUSED with the CA's own words; LV_UNAVAILABLE for a fault inside it (5xx);
 *         LV_INVALID where it is not what was asked for. */
LV_MUST_CHECK lv_status lv_ca_read_certificate(unsigned code, lv_bytes answer, lv_buffer *pem,
                                               lv_error *err);
LV_MUST_CHECK lv_status lv_ca_read_root(unsigned code, lv_bytes answer, lv_buffer *pem,
                                        lv_error *err);
LV_MUST_CHECK lv_status lv_ca_read_secret(unsigned code, lv_bytes answer, lv_buffer *secret,
                                          lv_error *err);

#endif
