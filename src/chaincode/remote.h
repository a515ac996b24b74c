/** The state at the peer, asked for message by message. */
#ifndef LV_CHAINCODE_REMOTE_H
#define LV_CHAINCODE_REMOTE_H

#include "chaincode/messages.h"
#include "contract/contract.h"

/** How to ask: sends one request and waits for its answer, the payload of the RESPONSE.
 * @param answer  appended to.
 * @return LV_OK; LV_UNAVAILABLE with words where the peer says ERROR, does not answer, or is gone:
 *         nothing is asked after that. */
typedef struct {
    void *context;
    lv_status (*ask)(void *context, lv_shim_type type, lv_bytes payload, lv_buffer *answer,
                     lv_error *err);
} lv_shim_asker;

/** @param asker, err  borrowed as long as the state is used. Its functions return what the asker
 *  returns, and LV_E_CORRUPT with words where an answer makes no sense. */
typedef struct {
    const lv_shim_asker *asker;
    lv_error *err;
} lv_remote;

lv_state lv_remote_state(lv_remote *remote);

#endif
