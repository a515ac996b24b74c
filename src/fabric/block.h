/** A block as peers deliver it (common.Block), and what Lotveil's chaincode did in it. */
#ifndef LV_FABRIC_BLOCK_H
#define LV_FABRIC_BLOCK_H

#include "fabric/headers.h"
#include "fabric/rwset.h"

/** Validation codes of peer/transaction.proto that decide what a client does next. */
#define LV_VALIDATION_VALID 0
#define LV_VALIDATION_DUPLICATE_TXID 9
#define LV_VALIDATION_ENDORSEMENT_POLICY 10
#define LV_VALIDATION_MVCC_CONFLICT 11
#define LV_VALIDATION_PHANTOM_CONFLICT 12

typedef struct {
    char txid[LV_TXID_TEXT]; /* "" where it bears none */
    int code;                /* validation code; LV_VALIDATION_VALID: it counts */
    bool ours;    /* an endorser transaction of our chaincode; else what follows is empty */
    int64_t time; /* seconds since 1970 UTC, as the submitter said */
    char submitter[LV_NAME_MAX + 1]; /* MSP id of the creator */
    lv_buffer *arguments;            /* the chaincode's, such as LV_CALLS_SUBMIT and Calls */
    size_t argument_count;
    lv_fabric_block_write *writes; /* in our namespace */
    size_t write_count;
} lv_fabric_block_transaction;

typedef struct {
    uint64_t number;
    lv_digest hash;     /* of its header: what the next block bears as `previous` */
    lv_digest previous; /* zero in block 0 */
    lv_digest data_hash;
    lv_fabric_block_transaction *transactions; /* all of the block, in order */
    size_t transaction_count;
} lv_fabric_block;

/** Reads a block, checks that its data hash is that of its data, and computes its hash. Whoever may
 *  write to the channel can put bytes into a block that are no transaction; peers mark them
 * invalid, and here they are transactions that are not ours.
 * @param chaincode  its name, and that of its namespace.
 * @return LV_OK; LV_E_SYNTAX, LV_E_LIMIT or LV_E_CORRUPT with words: it is no block, it contradicts
 *         itself, or a transaction that peers found valid cannot be read; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_fabric_block_parse(lv_bytes block, const char *chaincode,
                                              lv_fabric_block *out, lv_error *err);
void lv_fabric_block_free(lv_fabric_block *block);

/** How Fabric links blocks: SHA-256 over the ASN.1 DER SEQUENCE of number (INTEGER), previous hash
 * and data hash (OCTET STRINGs).
 * @param previous  empty in block 0. LV_E_ARGUMENT where a hash is longer than a digest. */
LV_MUST_CHECK lv_status lv_fabric_block_header_hash(uint64_t number, lv_bytes previous,
                                                    lv_bytes data_hash, lv_digest *out);

/** The name of a validation code, such as "MVCC_READ_CONFLICT". Never NULL. */
const char *lv_validation_name(int code);

#endif
