/** Writing what reader.h reads: big-endian integers and length-prefixed blocks. */
#ifndef LV_BASE_WRITER_H
#define LV_BASE_WRITER_H

#include <lotveil/bytes.h>

LV_MUST_CHECK lv_status lv_write_u8(lv_buffer *out, uint8_t value);
LV_MUST_CHECK lv_status lv_write_u32(lv_buffer *out, uint32_t value);
LV_MUST_CHECK lv_status lv_write_u64(lv_buffer *out, uint64_t value);
LV_MUST_CHECK lv_status lv_write_block(lv_buffer *out, lv_bytes bytes); /* u32be length, bytes */

#endif
