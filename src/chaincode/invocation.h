/** One TRANSACTION of a peer: who submits what, the calls on the contract, and the answer. It holds
 *  nothing between two, and depends on nothing but the message and the state: every endorser
 *  answers alike. */
#ifndef LV_CHAINCODE_INVOCATION_H
#define LV_CHAINCODE_INVOCATION_H

#include "chaincode/remote.h"

typedef struct {
    const lv_channel *channel; /* its name, contract and members */
    const char *chaincode;     /* its name on the channel, "" for any */
} lv_invocation_rules;

/** Runs a transaction (fabric/calls.h says what it carries). The submitter is the creator of the
 *  proposal, whose certificate must be a member's and valid at the proposal's time; the peer has
 *  checked the signature. Every transient value must be the argument of a call and, after the
 *  calls, stand among what they put: a record that is only in the transient map is nowhere. Writes
 *  reach the state once every call was LV_OK.
 * @param response  appended to: a Response, 200 with the answer of a read, or 500 with a refusal
 *                  (lv_refusal_encode) worded as the embedded ledger words it.
 * @return LV_OK, also for a refusal; LV_E_MEMORY; LV_E_LIMIT. */
LV_MUST_CHECK lv_status lv_invocation_run(const lv_invocation_rules *rules,
                                          const lv_shim_message *message,
                                          const lv_shim_asker *asker, lv_buffer *response);

#endif
