/** Base64 (RFC 4648, section 4), padded. */
#ifndef LV_BASE_BASE64_H
#define LV_BASE_BASE64_H

#include <lotveil/bytes.h>

/** Appends the text of `bytes`. */
LV_MUST_CHECK lv_status lv_base64_encode(lv_bytes bytes, lv_buffer *text);

/** Appends the bytes that a text stands for. @return LV_OK, LV_E_SYNTAX or LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_base64_decode(const char *text, lv_buffer *out);

#endif
