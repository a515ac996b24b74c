/** Messages that arrive: gRPC's length-prefixed frames, put together and queued. */
#ifndef LV_RPC_INBOX_H
#define LV_RPC_INBOX_H

#include <lotveil/bytes.h>

#define LV_RPC_PREFIX_LEN 5U /* a flag for compression, u32be length */

typedef struct lv_rpc_message lv_rpc_message;

/** Start from `{.max = ...}`. */
typedef struct {
    size_t max; /* bytes of one message */
    uint8_t prefix[LV_RPC_PREFIX_LEN];
    size_t prefix_len;
    lv_buffer partial; /* of the message whose prefix stands */
    size_t expected;
    lv_rpc_message *first;
    lv_rpc_message *last;
} lv_rpc_inbox;

/** Takes bytes as they come. @return LV_OK; LV_E_LIMIT (a message over `max`); LV_INVALID
 *  (compressed, which was not agreed on); LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_rpc_inbox_put(lv_rpc_inbox *inbox, lv_bytes bytes);

/** Is there a whole message? */
bool lv_rpc_inbox_ready(const lv_rpc_inbox *inbox);

/** Appends the next message to `out` (moves it where that is empty). LV_NOT_FOUND where there is
 *  none. */
LV_MUST_CHECK lv_status lv_rpc_inbox_take(lv_rpc_inbox *inbox, lv_buffer *out);

/** Does nothing stand there half? */
bool lv_rpc_inbox_at_boundary(const lv_rpc_inbox *inbox);

void lv_rpc_inbox_free(lv_rpc_inbox *inbox);

/** Appends a message with its prefix. */
LV_MUST_CHECK lv_status lv_rpc_frame(lv_bytes message, lv_buffer *out);

#endif
