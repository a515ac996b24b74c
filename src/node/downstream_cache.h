/** The few sets that inquiries were last about, read back from the ledgers, checked and opened.
 *  A set is with one handler at a time: what is done about it is thereby done once. */
#ifndef LV_NODE_DOWNSTREAM_CACHE_H
#define LV_NODE_DOWNSTREAM_CACHE_H

#include "node/node.h"
#include <lotveil/compare.h>

#define LV_SET_CACHE_MAX 8U /* sets kept open; the least recently used gives way */

typedef struct lv_set_cache lv_set_cache;

LV_MUST_CHECK lv_status lv_set_cache_new(lv_set_cache **out);
void lv_set_cache_free(lv_set_cache *cache);

/** Takes a set with both of its records, waiting while another has it or all places are taken.
 *  Give it back with lv_set_cache_give.
 * @return LV_OK; LV_NOT_FOUND where a ledger does not have it (yet); LV_INVALID; faults. */
LV_MUST_CHECK lv_status lv_set_cache_take(lv_set_cache *cache, lv_node *node,
                                          const lv_digest *set_id, const lv_set **out,
                                          lv_error *err);
void lv_set_cache_give(lv_set_cache *cache, const lv_set *set);

#endif
