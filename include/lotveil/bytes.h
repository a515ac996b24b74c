/** Borrowed byte strings and owned growing buffers. */
#ifndef LOTVEIL_BYTES_H
#define LOTVEIL_BYTES_H

#include <lotveil/status.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that somebody else owns. `data` may be NULL where `len` is 0. */
typedef struct {
    const uint8_t *data;
    size_t len;
} lv_bytes;

/** Bytes that grow. Start from `{0}`; free with lv_buffer_free (or lv_buffer_wipe for secrets).
 *  While `data` is not NULL, data[len] is a NUL that does not count, so text can be read as such.
 */
typedef struct {
    uint8_t *data;
    size_t len;
    size_t cap;
} lv_buffer;

/** Appends a copy of `len` bytes. LV_E_MEMORY leaves the buffer as it was. */
LV_MUST_CHECK lv_status lv_buffer_append(lv_buffer *buffer, const void *data, size_t len);

/** Appends `len` zero bytes and gives their place, valid until the next append. */
LV_MUST_CHECK lv_status lv_buffer_extend(lv_buffer *buffer, size_t len, uint8_t **place);

/** Appends formatted text. */
LV_MUST_CHECK lv_status lv_buffer_printf(lv_buffer *buffer, const char *format, ...)
    LV_PRINTF(2, 3);

/** Wipes and takes back whatever was appended after the first `len` bytes. */
void lv_buffer_cut(lv_buffer *buffer, size_t len);

/** Borrows what the buffer holds, valid until it changes. */
lv_bytes lv_buffer_view(const lv_buffer *buffer);

/** What the buffer holds as text, "" where it is empty. */
const char *lv_buffer_text(const lv_buffer *buffer);

/** Frees and returns to `{0}`. A buffer of secrets is wiped first by lv_buffer_wipe. Growing
 *  never leaves an unwiped copy behind. */
void lv_buffer_free(lv_buffer *buffer);
void lv_buffer_wipe(lv_buffer *buffer);

/** Compares public bytes (not constant time). */
bool lv_bytes_equal(lv_bytes a, lv_bytes b);

/** The bytes of a NUL-terminated text, without the NUL. */
lv_bytes lv_bytes_of_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
