/** One transaction of a block. */
#ifndef LV_FABRIC_BLOCK_TRANSACTION_H
#define LV_FABRIC_BLOCK_TRANSACTION_H

#include "fabric/block.h"

/** Reads an Envelope into `out`, whose code is set. What is no transaction of `chaincode` is not
 * ours; what cannot be read either, unless peers found it valid.
 * @return LV_OK; LV_E_CORRUPT with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_fabric_block_transaction_read(lv_bytes envelope, const char *chaincode,
                                                         lv_fabric_block_transaction *out,
                                                         lv_error *err);

/** Frees what it holds. */
void lv_fabric_block_transaction_clear(lv_fabric_block_transaction *transaction);

#endif
