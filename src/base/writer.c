#include "base/writer.h"

static lv_status write_integer(lv_buffer *out, uint64_t value, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    }
    return lv_buffer_append(out, bytes, len);
}

lv_status lv_write_u8(lv_buffer *out, uint8_t value) { return write_integer(out, value, 1); }

lv_status lv_write_u32(lv_buffer *out, uint32_t value) { return write_integer(out, value, 4); }

lv_status lv_write_u64(lv_buffer *out, uint64_t value) { return write_integer(out, value, 8); }

lv_status lv_write_block(lv_buffer *out, lv_bytes bytes)
{
    if (bytes.len > UINT32_MAX) {
        return LV_E_LIMIT;
    }
    lv_status status = lv_write_u32(out, (uint32_t)bytes.len);
    return status != LV_OK ? status : lv_buffer_append(out, bytes.data, bytes.len);
}
