/** The head of a channel that the organisation's node remembers, whether it runs or not. */
#ifndef LV_CLI_LEDGER_HEADS_H
#define LV_CLI_LEDGER_HEADS_H

#include "ledger/ledger.h"

/** @return LV_OK; LV_NOT_FOUND where none is remembered yet; LV_E_IO where the node's state cannot
 *          be read. */
LV_MUST_CHECK lv_status lv_ledger_remembered(const char *dir, const char *channel, lv_head *out,
                                             lv_error *err);

#endif
