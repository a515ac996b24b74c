#include "base/reader.h"

lv_reader lv_reader_of(lv_bytes bytes)
{
    return (lv_reader){.at = bytes.data, .left = bytes.len, .failed = false};
}

lv_bytes lv_read_bytes(lv_reader *reader, size_t len)
{
    if (reader->failed || len > reader->left) {
        reader->failed = true;
        return (lv_bytes){0};
    }
    lv_bytes taken = {.data = reader->at, .len = len};
    if (len > 0) {
        reader->at += len;
        reader->left -= len;
    }
    return taken;
}

static uint64_t read_integer(lv_reader *reader, size_t len)
{
    lv_bytes bytes = lv_read_bytes(reader, len);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        value = value << 8 | bytes.data[i];
    }
    return value;
}

uint8_t lv_read_u8(lv_reader *reader) { return (uint8_t)read_integer(reader, 1); }

uint32_t lv_read_u32(lv_reader *reader) { return (uint32_t)read_integer(reader, 4); }

uint64_t lv_read_u64(lv_reader *reader) { return read_integer(reader, 8); }

lv_bytes lv_read_block(lv_reader *reader, size_t max)
{
    uint32_t len = lv_read_u32(reader);
    if (len > max) {
        reader->failed = true;
    }
    return lv_read_bytes(reader, len);
}

lv_status lv_reader_end(const lv_reader *reader)
{
    return !reader->failed && reader->left == 0 ? LV_OK : LV_E_SYNTAX;
}
