/** Opens a channel's ledger, whatever kind the configuration names. */
#ifndef LV_NODE_LEDGER_OPEN_H
#define LV_NODE_LEDGER_OPEN_H

#include "ledger/ledger.h"
#include "node/config.h"

/** @param identity  of the node, retained.
 * @param own_root  of this organisation, PEM.
 * @param xor_contract  the channel of that contract, or the one of "quality"; the configuration
 *                      names it.
 * @return LV_OK; what lv_embedded_open or lv_fabric_open returns; LV_REFUSED where nobody shares
 *         the channel. */
LV_MUST_CHECK lv_status lv_config_open_ledger(const lv_config *config, const lv_identity *identity,
                                              lv_bytes own_root, bool xor_contract, lv_ledger **out,
                                              lv_error *err);

#endif
