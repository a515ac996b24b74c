/** The channels as an organisation's configuration has them, and new ones of the embedded ledger;
 *  used by ledger, demo and chaincode. */
#ifndef LV_CLI_CHANNEL_H
#define LV_CLI_CHANNEL_H

#include "cli/cli.h"
#include "contract/contract.h"

/** lv_config_channel of an organisation that is loaded whole. */
LV_MUST_CHECK lv_status lv_channel_of_org(const lv_cli_org *org, const char *name,
                                          bool xor_contract, lv_channel *out, lv_error *err);

/** Makes the channel of contract "quality" or "xor" with those members.
 * @param made  gets {"channel", "contract", "members"} appended.
 * @return LV_OK; LV_EXISTS; LV_REFUSED where there is nobody to share it with. */
LV_MUST_CHECK lv_status lv_channel_make(const lv_cli_org *org, bool xor_contract, json_t *made,
                                        lv_error *err);

#endif
