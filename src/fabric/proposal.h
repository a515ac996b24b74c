/** A proposal: made and signed by a client, read by a chaincode (peer/proposal.proto,
 *  common/common.proto). */
#ifndef LV_FABRIC_PROPOSAL_H
#define LV_FABRIC_PROPOSAL_H

#include "fabric/headers.h"

/** A value that rides beside a proposal: endorsers see it, the ledger does not. */
typedef struct {
    const char *key;
    lv_bytes value;
} lv_transient;

typedef struct {
    const char *channel;
    const char *chaincode;
    const lv_bytes *arguments;
    size_t argument_count;
    const lv_transient *transients; /* not in the proposal's hash */
    size_t transient_count;
} lv_proposal_input;

typedef struct {
    char txid[LV_TXID_TEXT];
    lv_buffer bytes;            /* Proposal, encoded */
    lv_buffer signature;        /* the proposer's over these bytes */
    lv_buffer channel_header;   /* what the transaction must repeat */
    lv_buffer signature_header; /* the same */
    lv_buffer payload;          /* ChaincodeProposalPayload without the transients: the same */
    lv_digest hash;             /* SHA-256(channel header || signature header || payload) */
} lv_proposal;

/** Makes a proposal of now with a fresh nonce, signed by `identity`.
 * @return LV_OK; LV_E_LIMIT over LV_FABRIC_MESSAGE_MAX bytes; LV_E_RANDOM; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_proposal_make(const lv_identity *identity,
                                         const lv_proposal_input *input, lv_proposal *out,
                                         lv_error *err);
void lv_proposal_free(lv_proposal *proposal);

typedef struct {
    char *key;
    lv_buffer value;
} lv_transient_value;

/** A proposal as the chaincode reads it. Whether its signature holds is for the peer to check,
 * which does so before it asks the chaincode. */
typedef struct {
    char channel[LV_NAME_MAX + 1];
    char chaincode[LV_NAME_MAX + 1];
    char txid[LV_TXID_TEXT]; /* as it follows from nonce and creator */
    int64_t time;            /* seconds since 1970 UTC, of the channel header */
    lv_buffer creator;       /* SerializedIdentity */
    lv_buffer *arguments;
    size_t argument_count;
    lv_transient_value *transients; /* in the byte order of their keys, each once */
    size_t transient_count;
} lv_proposal_read;

/** Reads a SignedProposal. Refuses what is no endorser transaction, a chaincode that header and
 *  payload name differently, a transaction id that does not follow from nonce and creator, and a
 *  transient key that stands twice.
 * @return LV_OK; LV_E_SYNTAX or LV_E_LIMIT with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_proposal_parse(lv_bytes signed_proposal, lv_proposal_read *out,
                                          lv_error *err);
void lv_proposal_read_free(lv_proposal_read *read);

/** The value of a transient key, borrowed; {NULL, 0} and false where there is none. */
bool lv_proposal_transient(const lv_proposal_read *read, const char *key, lv_bytes *value);

#endif
