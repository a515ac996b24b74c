/** Which gateway is asked: the first in the order of the configuration that is not known to be in
 *  trouble, and the next one where it cannot answer. One that failed is passed over for a while
 * that doubles with each failure. */
#ifndef LV_LEDGER_FABRIC_GATEWAYS_H
#define LV_LEDGER_FABRIC_GATEWAYS_H

#include "ledger/fabric/handle.h"

/** Why a call at a gateway did not give what was asked for. */
typedef struct {
    lv_status status; /* for the caller of the ledger, where nobody else gives more */
    bool final;       /* another gateway, or this one later, would say the same */
    bool contract;    /* status and words are the contract's */
    bool foreign;     /* then: of other organisations' peers only, the gateway's had endorsed */
    bool maybe_acted; /* what the call was to do may happen nevertheless */
    lv_error words;
} lv_fault;

/** Something asked of one gateway. @return LV_OK, or fault->status with the fault filled. */
typedef lv_status (*lv_attempt)(lv_fabric *self, const lv_session *session, size_t gateway,
                                void *context, lv_fault *fault);

/** Asks gateway after gateway, in two rounds, until one gives LV_OK or a fault is final. A gateway
 *  whose peer has fewer blocks than this handle knows of is asked only after it has caught up.
 * @return LV_OK, or what the last one said. */
LV_MUST_CHECK lv_status lv_gateways_try(lv_fabric *self, const lv_session *session,
                                        lv_attempt attempt, void *context, lv_fault *fault);

/** Picks a gateway that is not in `tried` (bit 1 << index): one that is not passed over now where
 *  there is one, and the one whose pause ends first otherwise. */
bool lv_gateways_choose(lv_fabric *self, uint32_t tried, size_t *index);

/** Is the gateway there, and does its peer have every block this handle knows of? Asks it only
 *  where that is not known: for its height, quickly.
 * @param wait_ms  how long it may take to catch up. */
LV_MUST_CHECK lv_status lv_gateway_ready(lv_fabric *self, const lv_session *session, size_t gateway,
                                         int wait_ms, lv_fault *fault);

void lv_gateway_answered(lv_fabric *self, size_t gateway);
void lv_gateway_failed(lv_fabric *self, size_t gateway);

/** The gateway's peer, and so the channel, has this many blocks at least. */
void lv_gateway_has(lv_fabric *self, size_t gateway, uint64_t height);
uint64_t lv_fabric_height(lv_fabric *self);

/** Sleeps between half and all of this. */
void lv_fabric_pause(int ms);

/** Hands a fault to the ledger's caller: its words, after the channel's name unless they are the
 *  contract's, which name it. @return fault->status. */
lv_status lv_fault_tell(const lv_fabric *self, const lv_fault *fault, lv_error *err);

/** Fills a fault of this side: final, and nothing was done. */
lv_status lv_fault_local(lv_fault *fault, lv_status status, const lv_error *words);

#endif
