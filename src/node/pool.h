/** Sets made ready ahead of their values: for each series of a suite that has masks (paillier), the
 *  next few sets have their key, its key proof and the masks of their ciphertexts made while the
 *  node has nothing to publish, so that publishing one takes milliseconds (lotveil/compare.h).
 *
 *  Used once: an entry stands in the table `pool`, sealed by the vault, and is deleted in the one
 *  transaction that hands it to its set, before anything of it is used. A kill may waste an
 *  entry, and never lets one serve twice. An entry is for one sequence of its series, as its key
 *  proof is; what can serve no set any more is deleted.
 *
 *  Bounds: `pool` sets for each series (LV_CONFIG_POOL_MAX at most), of one pair each. On disk an
 *  entry takes 3 * width ciphertexts (4 * width where the band may be asked for) and two kilobytes
 *  of keys, 150 kB at 6000 bits and width 32; in memory there is one at a time, while it is made or
 *  used. */
#ifndef LV_NODE_POOL_H
#define LV_NODE_POOL_H

#include "node/node.h"
#include <lotveil/compare.h>

/** SQL of the table, for the migrations of the role. */
#define LV_POOL_SCHEMA                                                                             \
    "CREATE TABLE pool(series TEXT NOT NULL, sequence INTEGER NOT NULL, suite TEXT NOT NULL,"      \
    " key_bits INTEGER NOT NULL, masks INTEGER NOT NULL, key BLOB NOT NULL,"                       \
    " ready BLOB NOT NULL, PRIMARY KEY(series, sequence)) STRICT;"

/** The worker: fills all pools, at low priority, whenever there is nothing to publish. */
void lv_pool_work(lv_node *node);

/** One step of the worker: deletes what serves no set any more and makes the first entry that is
 *  missing.
 * @return LV_OK where one was made; LV_NOT_FOUND where all are full, or sets wait to be published;
 *         faults. */
LV_MUST_CHECK lv_status lv_pool_step(lv_node *node, lv_error *err);

/** Takes what stands ready for a set; when it returns, the entry is gone for good.
 * @param plan  pairs and values are not looked at.
 * @param[out] ready       wipe it with lv_set_ready_wipe.
 * @param[out] sealed_key  the set's secret key as lv_downstream_key_seal seals it.
 * @return LV_OK; LV_NOT_FOUND where there is nothing for this set; faults. */
LV_MUST_CHECK lv_status lv_pool_take(lv_node *node, const lv_set_plan *plan, lv_set_ready *ready,
                                     lv_buffer *sealed_key, lv_error *err);

/** Adds "pools": [{"series", "ready", "size"}] to what the node tells of itself. */
LV_MUST_CHECK lv_status lv_pool_describe(lv_node *node, json_t *health, lv_error *err);

#endif
