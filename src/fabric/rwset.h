/** Read-write sets: what a simulated transaction would change (ledger/rwset). */
#ifndef LV_FABRIC_RWSET_H
#define LV_FABRIC_RWSET_H

#include <lotveil/bytes.h>

/** Holds the results of an endorsement (TxReadWriteSet) to what Lotveil's chaincode does: it writes
 * in its own namespace alone, deletes nothing, keeps nothing private, changes no endorsement policy
 * of a key, and each of `records` is a value that it writes. The peer itself reads "_lifecycle".
 * @return LV_OK; LV_INVALID or LV_E_SYNTAX with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_rwset_check(lv_bytes results, const char *chaincode,
                                       const lv_bytes *records, size_t record_count, lv_error *err);

typedef struct {
    char *key;
    lv_buffer value;
    bool deleted;
} lv_fabric_block_write;

/** Reads what was written in the namespace of `chaincode`, in the order of the set.
 * @param[out] writes  to be freed with lv_writes_free; NULL where none.
 * @return LV_OK; LV_E_SYNTAX or LV_E_LIMIT with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_rwset_writes(lv_bytes results, const char *chaincode,
                                        lv_fabric_block_write **writes, size_t *count,
                                        lv_error *err);
void lv_writes_free(lv_fabric_block_write *writes, size_t count);

#endif
