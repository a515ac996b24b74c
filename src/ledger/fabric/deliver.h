/** Blocks as a peer delivers them (peer/events.proto, orderer/ab.proto): protos.Deliver/Deliver. */
#ifndef LV_LEDGER_FABRIC_DELIVER_H
#define LV_LEDGER_FABRIC_DELIVER_H

#include "ledger/fabric/gateways.h"

#define LV_DELIVER_TO_END UINT64_MAX

/** How a peer ends a delivery: common.Status. */
#define LV_DELIVER_SUCCESS 200
#define LV_DELIVER_FORBIDDEN 403
#define LV_DELIVER_NOT_FOUND 404

typedef struct {
    bool is_block;
    lv_bytes block; /* then: common.Block, borrowed from the message */
    int status;     /* otherwise */
} lv_delivered;

/** Reads a DeliverResponse without a copy of the block. @return LV_OK; LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_delivered_read(lv_bytes message, lv_delivered *out, lv_error *err);

typedef struct {
    uint64_t from;
    uint64_t to;      /* the last; LV_DELIVER_TO_END: go on as blocks come */
    bool header_only; /* leave the transactions out, where the peer can (Fabric 3) */
    int deadline_ms;  /* 0: none */
} lv_deliver_params;

/** Asks a gateway's peer for blocks; they come as messages of the stream. Does not wait. */
LV_MUST_CHECK lv_status lv_deliver_open(const lv_fabric *self, const lv_session *session,
                                        size_t gateway, const lv_deliver_params *params,
                                        lv_rpc_stream **out, lv_error *err);

/** Fetches one block that the peer has.
 * @param[out] message  a DeliverResponse that `block` points into.
 * @return LV_OK, or fault->status: LV_NOT_FOUND (final) where it does not have this block. */
LV_MUST_CHECK lv_status lv_deliver_one(lv_fabric *self, const lv_session *session, size_t gateway,
                                       const lv_deliver_params *params, lv_buffer *message,
                                       lv_bytes *block, lv_fault *fault);

/** What a status other than LV_DELIVER_SUCCESS means. */
void lv_fault_of_delivery(int status, lv_fault *fault);

#endif
