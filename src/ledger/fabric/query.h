/** What is asked of one peer without a transaction: a chaincode's reading function, and Fabric's
 * own qscc about the channel's blocks. */
#ifndef LV_LEDGER_FABRIC_QUERY_H
#define LV_LEDGER_FABRIC_QUERY_H

#include "ledger/fabric/gateways.h"

/** Evaluates a function of a chaincode.
 * @param arguments  the function's name first.
 * @param[out] payload  of its response, appended. */
LV_MUST_CHECK lv_status lv_query_evaluate(lv_fabric *self, const lv_session *session,
                                          size_t gateway, const char *chaincode,
                                          const lv_bytes *arguments, size_t argument_count,
                                          int deadline_ms, lv_buffer *payload, lv_fault *fault);

typedef struct {
    uint64_t height;  /* blocks, the genesis included: 1 or more */
    lv_digest newest; /* hash of block height - 1 */
    lv_digest before; /* hash of block height - 2, where there is one */
} lv_chain_info;

/** The height, which the handle then remembers, and the hashes of the two newest blocks. */
LV_MUST_CHECK lv_status lv_query_chain(lv_fabric *self, const lv_session *session, size_t gateway,
                                       int deadline_ms, lv_chain_info *out, lv_fault *fault);

/** Reads a BlockchainInfo. @return LV_OK; LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_chain_info_read(lv_bytes bytes, lv_chain_info *out, lv_error *err);

/** Where the first transaction of this id stands, and what became of it. */
LV_MUST_CHECK lv_status lv_query_transaction(lv_fabric *self, const lv_session *session,
                                             size_t gateway, const char *txid, int deadline_ms,
                                             uint64_t *block, int *code, lv_fault *fault);

#endif
