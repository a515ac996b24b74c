/** What a client signs: the transaction that a gateway made of a proposal and its endorsements,
 * held against what was proposed before it is signed, and envelopes of its own. */
#ifndef LV_FABRIC_ENVELOPE_H
#define LV_FABRIC_ENVELOPE_H

#include "contract/contract.h"
#include "fabric/proposal.h"

/** Checks the Envelope that Endorse returned (common/common.proto, peer/transaction.proto): it
 * bears no signature yet; headers and input are those of the proposal, byte for byte; its one
 * action was endorsed for the proposal's hash; every endorsement is a valid signature by another
 * peer of a member, and there is one at least (whether they are enough is the ledger's to say); the
 * chaincode answered LV_RESPONSE_OK and sends no event; nothing but its own namespace is written,
 * nothing there is deleted, and no endorsement policy of a key is changed; and every one of
 * `records` stands whole as a value written.
 * @param members  whose peers may endorse; the moment is now.
 * @param chaincode  its name, and that of its namespace.
 * @param response_payload  gets the chaincode's answer, appended; may be NULL.
 * @return LV_OK; LV_E_CORRUPT with words where the gateway lies or is broken; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_envelope_check(lv_bytes envelope, const lv_proposal *proposal,
                                          const lv_channel *members, const char *chaincode,
                                          const lv_bytes *records, size_t record_count,
                                          lv_buffer *response_payload, lv_error *err);

/** Puts the signature of `identity` over its payload into a copy of the envelope, which is
 * appended.
 * @return LV_OK; LV_E_SYNTAX where it is no envelope; LV_E_MEMORY; LV_E_CRYPTO. */
LV_MUST_CHECK lv_status lv_envelope_sign(lv_bytes envelope, const lv_identity *identity,
                                         lv_buffer *signed_envelope, lv_error *err);

/** Appends an envelope of these headers and this data, signed by `identity`, such as the SeekInfo
 * that protos.Deliver/Deliver takes. */
LV_MUST_CHECK lv_status lv_envelope_make(const lv_identity *identity, const lv_headers *headers,
                                         lv_bytes data, lv_buffer *out, lv_error *err);

#endif
