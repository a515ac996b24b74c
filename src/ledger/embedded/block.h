/** The message BlockHeader (src/record/lotveil.proto; docs/ledger.md section 3), signed by the
 *  member that committed the block, and the rules that chain it to the one before. */
#ifndef LV_LEDGER_BLOCK_H
#define LV_LEDGER_BLOCK_H

#include "contract/contract.h"

#define LV_BLOCK_TRANSACTIONS_MAX 1024U

/** Seconds that the time of a transaction may lie behind the block before its own, or ahead of
 *  its own block: clocks are set now and then. Beyond it a transaction counts as backdated. */
#define LV_TIME_TOLERANCE 300

/** The end of a chain of blocks whose signatures and links were checked. */
typedef struct {
    uint64_t number;
    lv_digest hash; /* SHA-256 of the Signed header */
    int64_t time;
} lv_tip;

typedef struct {
    char channel[LV_NAME_MAX + 1];
    uint64_t number;
    bool has_previous; /* all but the genesis */
    lv_digest previous;
    lv_digest merkle_root;
    uint32_t transactions; /* 1..LV_BLOCK_TRANSACTIONS_MAX */
    int64_t time;
    lv_digest hash;        /* of the Signed header it was read from */
    const char *committer; /* borrowed from the trust it was checked with; NULL before */
} lv_block;

/** Signs a header and appends it. `hash` is filled; `committer` does not matter. */
LV_MUST_CHECK lv_status lv_block_seal(lv_block *block, const lv_identity *committer, lv_buffer *out,
                                      lv_error *err);

/** Reads a Signed header without checking its signature.
 * @return LV_OK; LV_E_SYNTAX; LV_E_LIMIT; LV_INVALID where it is another kind. */
LV_MUST_CHECK lv_status lv_block_peek(lv_bytes bytes, lv_block *out, lv_error *err);

/** Reads a Signed header of this channel and checks its signature by a member, whose certificate
 *  has to be valid at the block's time. */
LV_MUST_CHECK lv_status lv_block_open(lv_bytes bytes, const lv_channel *channel, lv_block *out,
                                      lv_error *err);

/** Does a header follow what stands before it: the next number, its hash, a time that does not go
 *  back? `previous` NULL: is it a genesis? @return LV_OK or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_block_check_link(const lv_block *block, const lv_tip *previous,
                                            lv_error *err);

/** May a transaction of this time stand in a block of `block_time`, after `previous`?
 * @return LV_OK or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_block_check_time(int64_t transaction_time, int64_t block_time,
                                            const lv_tip *previous, lv_error *err);

lv_tip lv_block_tip(const lv_block *block);

#endif
