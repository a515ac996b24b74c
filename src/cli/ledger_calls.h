/** Blocks of any ledger as its watchers see them: the committed calls, without what is a backend's
 *  own. Used by `lotveil ledger show` where the ledger is Fabric's. */
#ifndef LV_CLI_LEDGER_CALLS_H
#define LV_CLI_LEDGER_CALLS_H

#include "ledger/ledger.h"
#include <jansson.h>

/** Appends {"block", "count", "transactions": [{"transaction", "function", "submitter",
 *  "arguments", "bytes"}]} for each block from `first` to `last` that has calls.
 * @return LV_OK; LV_UNAVAILABLE; what lv_watch_next returns. */
LV_MUST_CHECK lv_status lv_ledger_calls(lv_ledger *ledger, uint64_t first, uint64_t last,
                                        json_t *blocks, lv_error *err);

#endif
