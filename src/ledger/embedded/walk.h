/** Passing over blocks as one who does not trust those that wrote them: nothing is handed out
 *  before link, signatures and membership were checked. Whatever does not hold is LV_E_CORRUPT,
 *  with words that name block and transaction; faults of the machine pass unchanged. All run
 *  within a transaction of the caller. */
#ifndef LV_LEDGER_WALK_H
#define LV_LEDGER_WALK_H

#include "ledger/embedded/block.h"
#include "ledger/embedded/conn.h"
#include "ledger/embedded/transaction.h"

/** One transaction of a block; its signature was checked, the block's Merkle root was not yet. */
typedef struct {
    uint64_t block;
    uint32_t position;
    lv_bytes bytes; /* the Signed, as it stands */
    lv_digest leaf; /* of the Merkle tree */
    const lv_transaction *transaction;
} lv_visited;

typedef lv_status (*lv_visit)(void *context, const lv_visited *visited, lv_error *err);

/** The number of the newest block. LV_E_CORRUPT where there is none. */
LV_MUST_CHECK lv_status lv_walk_head(lv_conn *conn, uint64_t *number, lv_error *err);

/** Reads a header without checking its signature or link. `hash` is that of the bytes.
 * @return LV_OK; LV_NOT_FOUND; LV_E_CORRUPT. */
LV_MUST_CHECK lv_status lv_walk_peek(lv_conn *conn, uint64_t number, lv_block *out, lv_error *err);

/** Reads and checks the header that follows `previous` (NULL: the genesis).
 * @return LV_OK; LV_NOT_FOUND where there is none; LV_E_CORRUPT. */
LV_MUST_CHECK lv_status lv_walk_header(lv_conn *conn, const lv_channel *channel,
                                       const lv_tip *previous, lv_block *out, lv_error *err);

/** The same with all its transactions and the Merkle root over them.
 * @param visit  may be NULL; what it refuses is LV_E_CORRUPT too. */
LV_MUST_CHECK lv_status lv_walk_block(lv_conn *conn, const lv_channel *channel,
                                      const lv_tip *previous, lv_visit visit, void *context,
                                      lv_block *out, lv_error *err);

/** Reads who takes part from the genesis, then checks the genesis by it.
 * @param[out] channel  lv_channel_free. */
LV_MUST_CHECK lv_status lv_walk_genesis(lv_conn *conn, const char *name, lv_channel *channel,
                                        lv_tip *out, lv_error *err);

/** Appends the bytes of one transaction. LV_NOT_FOUND where there is none. */
LV_MUST_CHECK lv_status lv_walk_bytes(lv_conn *conn, uint64_t block, uint32_t position,
                                      lv_buffer *out, lv_error *err);

#endif
