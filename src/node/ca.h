/** A Hyperledger Fabric CA as a client sees it: certificates for an enrolment id and its secret, or
 *  for the certificate before, and registering of enrolment ids. docs/identity.md. */
#ifndef LV_NODE_CA_H
#define LV_NODE_CA_H

#include "identity/enroll.h"
#include "node/ca_message.h"

/** Where it is. Borrowed. */
typedef struct {
    const char *url;  /* https://host[:port] */
    const char *name; /* of several CAs behind one address; NULL or "": its default */
    lv_bytes roots;   /* PEM: whom its TLS certificate must chain to */
    unsigned seconds; /* for one request */
    /** Whether to give up a request under way; NULL: never. */
    bool (*cancelled)(void *context);
    void *context;
} lv_ca;

/** Is it an address as lv_ca.url has it? */
bool lv_ca_url_is_valid(const char *url);

/** The CA's root certificate (PEM, appended). It says itself that it is: hold it against something
 *  that came by another way.
 * @return as all below: LV_OK; LV_UNAVAILABLE, LV_TIMEOUT (a later try may do); LV_REFUSED with the
 *         CA's words; LV_INVALID where it is not who it should be, or what it sent is not what was
 *         asked for; LV_E_ARGUMENT; LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_ca_root(const lv_ca *ca, lv_buffer *root_pem, lv_error *err);

/** A key and its certificate for `subject`, who knows this secret. What comes back has been held
 *  against the request (lv_enroll_check) with the root in out->ca_certificate.
 * @param[in,out] out  ca_certificate is given; certificate and key are filled, the key secret. */
LV_MUST_CHECK lv_status lv_ca_enroll(const lv_ca *ca, const lv_enroll_subject *subject,
                                     lv_bytes secret, lv_organisation *out, lv_error *err);

/** A new key and certificate in place of `own`, with the same user and hosts; `own` signs for it.
 * @param[in,out] out  as above. */
LV_MUST_CHECK lv_status lv_ca_reenroll(const lv_ca *ca, const lv_identity *own,
                                       lv_organisation *out, lv_error *err);

/** lv_ca_reenroll, and the new certificate and key in place of `own` in `folder`/msp
 *  (lv_msp_folder_replace). @param root_pem  of the organisation. */
LV_MUST_CHECK lv_status lv_ca_renew(const lv_ca *ca, const char *folder, const lv_identity *own,
                                    lv_bytes root_pem, lv_error *err);

/** Registers an enrolment id as `registrar`.
 * @param[out] secret  of the new id, appended; secret. */
LV_MUST_CHECK lv_status lv_ca_register(const lv_ca *ca, const lv_identity *registrar,
                                       const lv_ca_registration *registration, lv_buffer *secret,
                                       lv_error *err);

#endif
