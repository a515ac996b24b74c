/** What one transaction puts, held back over a state: calls see what the calls before them put, and
 *  nothing reaches the state before all of them went well. */
#ifndef LV_CHAINCODE_OVERLAY_H
#define LV_CHAINCODE_OVERLAY_H

#include "contract/contract.h"

typedef struct lv_overlay lv_overlay;

/** @param below  what stands; borrowed. Its range must come in byte order. */
LV_MUST_CHECK lv_status lv_overlay_new(const lv_state *below, lv_overlay **out);
void lv_overlay_free(lv_overlay *overlay);

/** The state that a call works on, valid as long as the overlay. It sees what was kept and what
 *  stands below; what is put in it is seen once lv_overlay_keep said so.
 * @param writes  may it put? Otherwise that is LV_E_ARGUMENT.
 * @param err  gets the words of such faults; borrowed while the state is used, may be NULL. */
lv_state lv_overlay_state(lv_overlay *overlay, bool writes, lv_error *err);

/** The call was LV_OK: what it put is seen from now on. */
LV_MUST_CHECK lv_status lv_overlay_keep(lv_overlay *overlay);

/** Puts all that was kept into the state below, in byte order of the keys, each key once. */
LV_MUST_CHECK lv_status lv_overlay_flush(const lv_overlay *overlay);

/** Is each of these one of the values that were kept?
 * @param[out] missing  the first that is not; `count` where all are. */
LV_MUST_CHECK lv_status lv_overlay_holds(const lv_overlay *overlay, const lv_bytes *values,
                                         size_t count, size_t *missing);

#endif
