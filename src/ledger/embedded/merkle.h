/** Merkle trees as RFC 9162 section 2.1.1 hashes them: SHA-256(0x00 || entry) for a leaf,
 *  SHA-256(0x01 || left || right) for a node, split at the largest power of two below the count. */
#ifndef LV_LEDGER_MERKLE_H
#define LV_LEDGER_MERKLE_H

#include <lotveil/record.h>

LV_MUST_CHECK lv_status lv_merkle_leaf(lv_bytes entry, lv_digest *out);

/** The root over `count` leaves; of none it is the SHA-256 of nothing. */
LV_MUST_CHECK lv_status lv_merkle_root(const lv_digest *leaves, size_t count, lv_digest *out);

#endif
