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
 * @param params  msp_id NULL: the organisation that the root's certificate names.
 * @return LV_OK; LV_EXISTS where `out` stands; LV_NOT_FOUND without the root's key. */
LV_MUST_CHECK lv_status lv_msp_folder_issue(const char *folder,
                                            const lv_organisation_params *params, const char *out,
                                            lv_error *err);

/** Loads `folder`/msp. `root_pem` may be NULL. */
LV_MUST_CHECK lv_status lv_msp_folder_load(const char *folder, const char *msp_id,
                                           lv_identity **out, lv_buffer *root_pem, lv_error *err);

#endif
