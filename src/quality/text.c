#include "quality/text.h"
#include <string.h>

/* How long the sequence that starts with `lead` is, and which second bytes it may have
 * (RFC 3629 section 4). 0: no such lead byte. */
static size_t sequence_len(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80) {
        return lead == 0 ? 0 : 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *low = lead == 0xe0 ? 0xa0 : 0x80;
        *high = lead == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

static bool sequence_holds(const uint8_t *at, size_t left, size_t *len)
{
    uint8_t low = 0;
    uint8_t high = 0;

    *len = sequence_len(at[0], &low, &high);
    if (*len == 0 || *len > left) {
        return false;
    }
    for (size_t i = 1; i < *len; i++) {
        if (at[i] < low || at[i] > high) {
            return false;
        }
        low = 0x80;
        high = 0xbf;
    }
    return true;
}

size_t lv_text_utf8_prefix(lv_bytes bytes)
{
    size_t at = 0;
    size_t len = 0;

    while (at < bytes.len && sequence_holds(bytes.data + at, bytes.len - at, &len)) {
        at += len;
    }
    return at;
}

/* C0, DEL and C1 (U+0080 .. U+009F, of which a terminal may take U+009B for an escape). */
static bool is_control(const unsigned char *at)
{
    return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

bool lv_text_is_plain(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);

    if (len > max || lv_text_utf8_prefix(lv_bytes_of_text(text)) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (is_control((const unsigned char *)text + i)) {
            return false;
        }
    }
    return len == 0 || (text[0] != ' ' && text[len - 1] != ' ');
}
