/** What text from outside must be before it is stored or shown. */
#ifndef LV_QUALITY_TEXT_H
#define LV_QUALITY_TEXT_H

#include <lotveil/bytes.h>

/** How many leading bytes are UTF-8 (RFC 3629: shortest form, no surrogates, no NUL); all of
 *  `bytes.len` where the whole text is. */
size_t lv_text_utf8_prefix(lv_bytes bytes);

/** Is the text UTF-8 of at most `max` bytes, without control characters and without blanks at
 *  either end? The empty text is. */
bool lv_text_is_plain(const char *text, size_t max);

#endif
