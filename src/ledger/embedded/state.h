/** The state of the contracts on the table `state` (docs/ledger.md section 4). What a call puts
 *  is held back until the call is over: it does not see its own writes, and those of a call that
 *  was refused never reach the table. */
#ifndef LV_LEDGER_STATE_H
#define LV_LEDGER_STATE_H

#include "contract/contract.h"
#include "ledger/embedded/conn.h"

/** Runs one call of a writing function on the state of `conn`, within the caller's transaction,
 *  and keeps what it wrote where it returns LV_OK. */
LV_MUST_CHECK lv_status lv_state_write(lv_conn *conn, const lv_channel *channel,
                                       const lv_call *call, lv_error *err);

/** Runs one call of a reading function. */
LV_MUST_CHECK lv_status lv_state_read(lv_conn *conn, const lv_channel *channel, const lv_call *call,
                                      lv_buffer *response, lv_error *err);

#endif
