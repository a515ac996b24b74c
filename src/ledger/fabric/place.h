/** Lotveil's calls in a committed block. A position is the block and the running number of the call
 *  among those that valid transactions of the channel's chaincode made in it. */
#ifndef LV_LEDGER_FABRIC_PLACE_H
#define LV_LEDGER_FABRIC_PLACE_H

#include "fabric/block.h"
#include "fabric/calls.h"
#include "ledger/ledger.h"

/** Is it a transaction that made calls, and is it valid? */
bool lv_place_counts(const lv_fabric_block_transaction *transaction);

/** Reads the calls of a transaction that counts. Arguments that travelled beside it are taken from
 *  what it wrote. @return LV_OK; LV_E_CORRUPT with words where a peer's block contradicts itself.
 */
LV_MUST_CHECK lv_status lv_place_calls(const lv_fabric_block_transaction *transaction,
                                       lv_calls *out, lv_error *err);

/** The number of the first call of a transaction in its block.
 * @return LV_OK; LV_E_CORRUPT where the block does not hold it as a valid one with `count` calls.
 */
LV_MUST_CHECK lv_status lv_place_of(const lv_fabric_block *block, const char *txid, size_t count,
                                    uint32_t *first, lv_error *err);

#endif
