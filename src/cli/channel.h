/** The channels as an organisation's configuration has them, and new ones of the embedded ledger;
 *  used by ledger, demo and chaincode. */
#ifndef LV_CLI_CHANNEL_H
#define LV_CLI_CHANNEL_H

#include "cli/cli.h"
#include "contract/contract.h"

/** The channel of a contract ("quality", or "xor"): this organisation and, at the downstream, its
 *  upstreams or its servicers; at an upstream or servicer, its downstreams.
 * @return LV_OK; LV_REFUSED where there is nobody to share it with; LV_INVALID. */
LV_MUST_CHECK lv_status lv_channel_of_org(const lv_cli_org *org, const char *name,
                                          bool xor_contract, lv_channel *out, lv_error *err);

/** Makes one channel: this organisation with its upstreams (contract "quality") or its servicers
 *  (contract "xor"). @param made  gets {"channel", "contract", "members"} appended.
 * @return LV_OK; LV_EXISTS; LV_REFUSED where there is nobody to share it with. */
LV_MUST_CHECK lv_status lv_channel_make(const lv_cli_org *org, const char *name, bool xor_contract,
                                        json_t *made, lv_error *err);

#endif
