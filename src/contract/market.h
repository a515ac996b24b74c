/** Grants and sales, the part of contract "xor" that is Table 2 of the published protocol. */
#ifndef LV_CONTRACT_MARKET_H
#define LV_CONTRACT_MARKET_H

#include "contract/rules.h"

/** The functions "grant", "granted", "sell" and "sold" of contract "xor". */
lv_status lv_market_grant(const lv_run *run);
lv_status lv_market_granted(const lv_run *run);
lv_status lv_market_sell(const lv_run *run);
lv_status lv_market_sold(const lv_run *run);

/** Finds the grant of `author` that stands for (series, buyer).
 * @param record  gets the Signed grant; may be NULL.
 * @return LV_OK; LV_NOT_FOUND where there is none or it was revoked; faults. */
LV_MUST_CHECK lv_status lv_market_standing(const lv_run *run, const char *author,
                                           const char *series, const char *buyer, lv_grant *grant,
                                           lv_buffer *record);

#endif
