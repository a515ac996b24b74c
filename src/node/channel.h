/** Who takes part in a channel, from an organisation's own configuration: what the founder of an
 *  embedded ledger writes into it, and what every member of a Fabric channel holds submitters and
 *  endorsers against. */
#ifndef LV_NODE_CHANNEL_H
#define LV_NODE_CHANNEL_H

#include "contract/contract.h"
#include "node/config.h"

/** Channel of the contract "quality" (downstream and upstreams) or "xor" (downstream and
 *  servicers): this organisation and those of its members that have such a role. For a downstream
 *  those are its partners alone: other downstreams that it knows have no part.
 * @param name      of the channel; NULL: the one that the configuration has for that contract.
 * @param own_root  of this organisation, PEM.
 * @param[out] out  with its trust; free with lv_channel_free.
 * @return LV_OK; LV_REFUSED where there is nobody else in it; what lv_channel_decode refuses. */
LV_MUST_CHECK lv_status lv_config_channel(const lv_config *config, lv_bytes own_root,
                                          const char *name, bool xor_contract, lv_channel *out,
                                          lv_error *err);

#endif
