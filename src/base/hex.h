/** Lower-case hexadecimal. */
#ifndef LV_BASE_HEX_H
#define LV_BASE_HEX_H

#include <lotveil/bytes.h>

/** Writes 2 * len digits and a NUL. */
void lv_hex_encode(lv_bytes bytes, char *text);

/** Reads exactly 2 * len digits (either case). @return LV_OK or LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_hex_decode(const char *text, uint8_t *out, size_t len);

#endif
