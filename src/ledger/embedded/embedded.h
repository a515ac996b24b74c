/** The embedded ledger: one SQLite file per channel (WAL, synchronous=FULL) that several
 *  processes of one machine share. Transactions stand in hash-chained, signed blocks, each with a
 *  Merkle root (RFC 9162 hashing) over its Signed transactions. The layout of the tables is
 *  specified in schema.c beside this file and in docs/ledger.md. */
#ifndef LV_LEDGER_EMBEDDED_H
#define LV_LEDGER_EMBEDDED_H

#include "ledger/ledger.h"

/** Makes the file of a new channel with its genesis block. LV_EXISTS where it stands. */
LV_MUST_CHECK lv_status lv_embedded_create(const char *folder, const lv_channel *channel,
                                           const lv_identity *founder, lv_error *err);

/** Opens `folder`/`channel`.ledger as `identity` (retained).
 * @return LV_OK; LV_NOT_FOUND; LV_REFUSED where the identity's organisation is no member;
 *         LV_E_CORRUPT. */
LV_MUST_CHECK lv_status lv_embedded_open(const char *folder, const char *channel,
                                         const lv_identity *identity, lv_ledger **out,
                                         lv_error *err);

/** What lv_embedded_verify saw. */
typedef struct {
    uint64_t blocks;
    uint64_t transactions;
    uint64_t state_keys;
    lv_head head;
} lv_embedded_audit;

/** Recomputes everything from the file alone: block numbers, links, Merkle roots, signatures,
 *  membership, and the state by running every transaction through the contract again.
 * @param expected  a head that must be part of it, or NULL.
 * @return LV_OK; LV_E_CORRUPT with words that name block and transaction. */
LV_MUST_CHECK lv_status lv_embedded_verify(const char *folder, const char *channel,
                                           const lv_head *expected, lv_embedded_audit *out,
                                           lv_error *err);

/** One block as `lotveil ledger show` prints it. */
typedef struct {
    uint64_t number;
    lv_digest hash;
    lv_digest previous;
    lv_digest merkle_root;
    int64_t time;
    char committer[LV_NAME_MAX + 1];
    size_t transaction_count;
    struct {
        char function[LV_NAME_MAX + 1];
        char submitter[LV_NAME_MAX + 1];
        size_t argument_count;
        size_t bytes; /* of the whole Signed transaction */
    } *transactions;
} lv_embedded_block;

/** Reads a block without running contracts. LV_NOT_FOUND past the head. */
LV_MUST_CHECK lv_status lv_embedded_block_read(lv_ledger *ledger, uint64_t number,
                                               lv_embedded_block *out, lv_error *err);
void lv_embedded_block_free(lv_embedded_block *block);

#endif
