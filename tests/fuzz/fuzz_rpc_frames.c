/* gRPC's frames in pieces: u8 limit, u8 size of the pieces, then the bytes of a stream. What comes
 * out must not depend on how it was cut. */
#include "fuzz.h"
#include "rpc/inbox.h"
#include <string.h>

/* The frame that begins at `bytes`, read as the protocol says. */
typedef enum { WHOLE, HALF, BAD, TOO_LONG } kind;

static kind read_frame(lv_bytes bytes, size_t max, lv_bytes *message)
{
    *message = (lv_bytes){0};
    if (bytes.len < LV_RPC_PREFIX_LEN) {
        return HALF;
    }
    const uint8_t *p = bytes.data;
    size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    if (p[0] != 0) {
        return BAD;
    }
    if (len > max) {
        return TOO_LONG;
    }
    if (bytes.len - LV_RPC_PREFIX_LEN < len) {
        return HALF;
    }
    *message = (lv_bytes){p + LV_RPC_PREFIX_LEN, len};
    return WHOLE;
}

/* What is taken must be the frames of `bytes` in their order. @return what ended them. */
static kind check_messages(lv_rpc_inbox *inbox, lv_bytes bytes, bool *at_boundary)
{
    lv_bytes expected = {0};
    kind found = WHOLE;
    while ((found = read_frame(bytes, inbox->max, &expected)) == WHOLE) {
        lv_buffer message = {0};
        lv_buffer again = {0};
        FUZZ_CHECK(lv_rpc_inbox_ready(inbox));
        FUZZ_CHECK(lv_rpc_inbox_take(inbox, &message) == LV_OK);
        FUZZ_CHECK(fuzz_same(lv_buffer_view(&message), expected));
        FUZZ_CHECK(lv_rpc_frame(expected, &again) == LV_OK);
        FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), (lv_bytes){bytes.data, expected.len + 5}));
        lv_buffer_free(&message);
        lv_buffer_free(&again);
        bytes.data += LV_RPC_PREFIX_LEN + expected.len;
        bytes.len -= LV_RPC_PREFIX_LEN + expected.len;
    }
    *at_boundary = bytes.len == 0;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes bytes = {.data = data, .len = size};
    lv_rpc_inbox inbox = {.max = (size_t)fuzz_take(&bytes) * 16};
    size_t piece = 1 + (size_t)fuzz_take(&bytes);
    lv_status status = LV_OK;
    bool at_boundary = false;
    for (size_t at = 0; at < bytes.len && status == LV_OK; at += piece) {
        size_t len = bytes.len - at < piece ? bytes.len - at : piece;
        status = lv_rpc_inbox_put(&inbox, (lv_bytes){bytes.data + at, len});
    }
    kind end = check_messages(&inbox, bytes, &at_boundary);
    FUZZ_CHECK(status == (end == BAD ? LV_INVALID : end == TOO_LONG ? LV_E_LIMIT : LV_OK));
    FUZZ_CHECK(!lv_rpc_inbox_ready(&inbox));
    FUZZ_CHECK(status != LV_OK || lv_rpc_inbox_at_boundary(&inbox) == at_boundary);
    lv_rpc_inbox_free(&inbox);
    return 0;
}
