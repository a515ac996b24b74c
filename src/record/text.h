/** Text that came from outside and will be shown to people. */
#ifndef LV_RECORD_TEXT_H
#define LV_RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Is this well-formed UTF-8 (shortest forms, no surrogates) without control characters (C0, DEL,
 *  C1)? Empty text is. */
bool lv_text_is_printable(const char *text, size_t len);

#endif
