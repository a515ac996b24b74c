/** Bounded reading of bytes from outside. Every read checks what is left; the first failure
 *  sticks, so a parser may read all its fields and ask once at the end. */
#ifndef LV_BASE_READER_H
#define LV_BASE_READER_H

#include <lotveil/bytes.h>

typedef struct {
    const uint8_t *at;
    size_t left;
    bool failed;
} lv_reader;

lv_reader lv_reader_of(lv_bytes bytes);
uint8_t lv_read_u8(lv_reader *reader);
uint32_t lv_read_u32(lv_reader *reader); /* big endian, as all integers here */
uint64_t lv_read_u64(lv_reader *reader);

/** Borrows `len` bytes; {NULL, 0} on failure. */
lv_bytes lv_read_bytes(lv_reader *reader, size_t len);

/** Borrows a byte string that is preceded by its length as u32be, at most `max`. */
lv_bytes lv_read_block(lv_reader *reader, size_t max);

/** LV_OK where nothing failed and nothing is left over; LV_E_SYNTAX otherwise. */
LV_MUST_CHECK lv_status lv_reader_end(const lv_reader *reader);

#endif
