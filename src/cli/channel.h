/** New channels of the embedded ledger from the downstream's configuration; used by ledger and
 *  demo. */
#ifndef LV_CLI_CHANNEL_H
#define LV_CLI_CHANNEL_H

#include "cli/cli.h"

/** Makes one channel: this organisation with its upstreams (contract "quality") or its servicers
 *  (contract "xor"). @param made  gets {"channel", "contract", "members"} appended.
 * @return LV_OK; LV_EXISTS; LV_REFUSED where there is nobody to share it with. */
LV_MUST_CHECK lv_status lv_channel_make(const lv_cli_org *org, const char *name, bool xor_contract,
                                        json_t *made, lv_error *err);

#endif
