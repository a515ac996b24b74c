/** A transaction as a gateway and its endorsers put it together, for tests: each part can be
 * changed before that, to make a lie. Whatever fails ends the program. */
#ifndef LV_TESTS_FABRIC_ENDORSE_H
#define LV_TESTS_FABRIC_ENDORSE_H

#include "fabric.pb-c.h"
#include "fabric/proposal.h"

#define ENDORSE_MAX 4U /* writes, namespaces' parts, endorsers */

typedef struct {
    const char *key;
    lv_bytes value;
    bool deleted;
} endorse_write;

/** Where a field that nobody knows is put in. */
typedef enum {
    UNKNOWN_NOWHERE,
    UNKNOWN_IN_ENVELOPE,
    UNKNOWN_IN_PAYLOAD,
    UNKNOWN_IN_TRANSACTION,
    UNKNOWN_IN_ACTION,
    UNKNOWN_IN_RESPONSE,
    UNKNOWN_IN_CHAINCODE_ACTION,
    UNKNOWN_IN_RESULTS,
    UNKNOWN_IN_WRITES,
    UNKNOWN_END,
} endorse_unknown;

typedef struct {
    lv_bytes channel_header;
    lv_bytes signature_header;
    lv_bytes action_header;
    lv_bytes input; /* ChaincodeProposalPayload */
    lv_bytes hash;  /* of the proposal */
    bool no_header;
    bool no_endorsed_action;
    unsigned actions;
    /* the chaincode's answer */
    int response_status; /* 0: no response at all */
    const char *chaincode;
    lv_bytes response;
    lv_bytes event;
    /* what it changes */
    int data_model;
    const char *own_namespace;
    endorse_write writes[ENDORSE_MAX];
    size_t write_count;
    bool key_policy;             /* changes the endorsement policy of a key */
    bool collection;             /* touches a private collection */
    const char *other_namespace; /* NULL: none */
    bool other_writes;
    bool other_key_policy;
    /* who endorses it */
    const lv_identity *endorsers[ENDORSE_MAX];
    size_t endorser_count;
    const char *claimed; /* MSP id that the last endorser claims; NULL: its own */
    bool broken_signature;
    bool other_response; /* endorsers signed another response */
    endorse_unknown unknown;
} endorse_draft;

/** The SignedProposal that a client sends. */
lv_buffer endorse_proposal(const lv_proposal *proposal);

/** An honest one: what `chaincode` answers with one write of `value` under "record". */
endorse_draft endorse_honestly(const lv_proposal *proposal, const char *chaincode, lv_bytes value);

/** The Envelope, without a signature, as Endorse returns it. */
lv_buffer endorse_envelope(const endorse_draft *draft);

/** The ProposalResponsePayload, which endorsers sign. */
lv_buffer endorse_response(const endorse_draft *draft);

/** A committed block of these envelopes. @param codes  one for each. */
lv_buffer endorse_block(uint64_t number, lv_bytes previous, const lv_bytes *envelopes,
                        const uint8_t *codes, size_t count);

#endif
