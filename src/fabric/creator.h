/** Who acts on Hyperledger Fabric: SerializedIdentity, "creator" in the headers of a transaction
 * and "endorser" in its endorsements (msp/identities.proto). */
#ifndef LV_FABRIC_CREATOR_H
#define LV_FABRIC_CREATOR_H

#include <lotveil/identity.h>

/** Appends the SerializedIdentity (MSP id, certificate in PEM) of `identity`. */
LV_MUST_CHECK lv_status lv_creator_encode(const lv_identity *identity, lv_buffer *out,
                                          lv_error *err);

/** Reads one.
 * @param[out] msp_id  the MSP id it claims, "" on failure.
 * @param certificate  what stands where its certificate in PEM is to be, appended.
 * @return LV_OK; LV_E_SYNTAX or LV_E_LIMIT with words. */
LV_MUST_CHECK lv_status lv_creator_decode(lv_bytes creator, char msp_id[LV_NAME_MAX + 1],
                                          lv_buffer *certificate, lv_error *err);

/** Decodes, holds the certificate against its member's root, and the MSP id it claims against the
 *  member that issued it.
 * @param time  seconds since 1970 UTC at which the certificate must be valid, or LV_TIME_ANY.
 * @param unit  the OU it must have: "client" (then "admin" passes too), "peer" or "orderer".
 * @param[out] msp_id  borrowed from `trust`; NULL on failure.
 * @return LV_OK; LV_INVALID with words, also for bytes that are no creator. */
LV_MUST_CHECK lv_status lv_creator_check(const lv_trust *trust, lv_bytes creator, int64_t time,
                                         const char *unit, const char **msp_id, lv_error *err);

/** lv_creator_check, then the creator's signature over `bytes` (lv_trust_check_plain). */
LV_MUST_CHECK lv_status lv_creator_check_signature(const lv_trust *trust, lv_bytes creator,
                                                   int64_t time, const char *unit, lv_bytes bytes,
                                                   lv_bytes signature, const char **msp_id,
                                                   lv_error *err);

#endif
