/** An MSP folder on disk, as Hyperledger Fabric has it: msp/cacerts/ca.pem,
 *  msp/tlscacerts/ca.pem (the same root), msp/signcerts/cert.pem, msp/keystore/key.pem (0600),
 *  msp/config.yaml (NodeOUs). Beside it, in ca/ca-key.pem (0600), the key of the organisation's own
 *  root. */
#ifndef LV_IDENTITY_MSP_FOLDER_H
#define LV_IDENTITY_MSP_FOLDER_H

#include <lotveil/identity.h>

/** Writes a new organisation under `folder`; LV_EXISTS where there is an msp already. */
LV_MUST_CHECK lv_status lv_msp_folder_create(const char *folder,
                                             const lv_organisation_params *params, lv_error *err);

/** Writes another certificate under the root of the organisation in `folder`, with a key of its
 *  own, as the MSP folder `out`, which appears whole or not at all.
 * @param params  msp_id NULL: the organisation that the root's certificate names. No hosts: for
 *                unit "client" those of the certificate in `folder`/msp, else none.
 * @return LV_OK; LV_EXISTS where `out` stands; LV_NOT_FOUND without the root's key. */
LV_MUST_CHECK lv_status lv_msp_folder_issue(const char *folder,
                                            const lv_organisation_params *params, const char *out,
                                            lv_error *err);

/** Writes an identity that an authority elsewhere issued as `folder`/msp, which appears whole or
 * not at all: ca_certificate, certificate and key of `made`.
 * @return LV_OK; LV_EXISTS where there is an msp already. */
LV_MUST_CHECK lv_status lv_msp_folder_adopt(const char *folder, const lv_organisation *made,
                                            lv_error *err);

/** Puts another certificate and its key in place of those in `folder`/msp: the key as
 *  keystore/SKI_sk (Fabric's name for it), then the certificate by one rename, so that a reader
 *  finds a certificate and its key at any moment, also after a kill. Keys of the certificates
 * before (key.pem, other *_sk) are removed. The root stays.
 * @return LV_OK; LV_INVALID where the two do not belong together; LV_NOT_FOUND without an msp. */
LV_MUST_CHECK lv_status lv_msp_folder_replace(const char *folder, const char *msp_id,
                                              lv_bytes certificate_pem, lv_bytes key_pem,
                                              lv_error *err);

/** Loads `folder`/msp: the certificate and, from keystore/, the key that belongs to it. May be
 *  called while it is replaced. `root_pem` may be NULL.
 * @return LV_OK; LV_NOT_FOUND; LV_INVALID where no key fits; LV_E_SYNTAX, LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_msp_folder_load(const char *folder, const char *msp_id,
                                           lv_identity **out, lv_buffer *root_pem, lv_error *err);

#endif
