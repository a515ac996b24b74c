/** The ways of a transaction from calls to its place in a block. */
#ifndef LV_LEDGER_FABRIC_SUBMIT_H
#define LV_LEDGER_FABRIC_SUBMIT_H

#include "fabric/proposal.h"
#include "ledger/fabric/gateways.h"

/** A transaction that was endorsed and signed: nothing of it changes any more, however often it is
 *  sent. */
typedef struct {
    char txid[LV_TXID_TEXT];
    lv_buffer envelope;
} lv_signed_transaction;

typedef struct {
    const lv_bytes *arguments;
    size_t argument_count;
    const lv_transient *transients;
    size_t transient_count;
    const lv_bytes *records; /* that have to stand whole in what it writes */
    size_t record_count;
} lv_unsigned_transaction;

/** Has it endorsed, checks what came back, and signs it: endorse.c.
 * @return LV_OK; what the contract refused with; LV_UNAVAILABLE; LV_E_CORRUPT where no gateway
 *         returned what was proposed. */
LV_MUST_CHECK lv_status lv_fabric_endorse(lv_fabric *self, const lv_session *session,
                                          const lv_unsigned_transaction *transaction,
                                          lv_signed_transaction *out, lv_error *err);

/** What became of it. */
typedef struct {
    int code; /* validation code; 0: committed */
    uint64_t block;
} lv_fate;

/** Submits it until its fate is known: commit.c. From when it may have been ordered on nothing else
 *  is submitted in its place, and the same bytes are sent again only after a while: a second copy
 *  is invalid for its id.
 * @return LV_OK: see fate->code. LV_UNAVAILABLE: `*unknown` tells whether it may yet commit; the
 *         words say so. LV_REFUSED, LV_E_LIMIT: the orderer did not take it. */
LV_MUST_CHECK lv_status lv_fabric_commit(lv_fabric *self, const lv_session *session,
                                         const lv_signed_transaction *transaction, lv_fate *fate,
                                         lv_error *err);

#endif
