#include "record/text.h"
#include <stdint.h>

/* One form of UTF-8: how its first byte looks, how many bytes follow, and the least code point
 * that may be written with so many. */
typedef struct {
    uint8_t mask;
    uint8_t lead;
    unsigned more;
    uint32_t least;
} form;

static const form FORMS[] = {
    {.mask = 0x80, .lead = 0x00, .more = 0, .least = 0},
    {.mask = 0xe0, .lead = 0xc0, .more = 1, .least = 0x80},
    {.mask = 0xf0, .lead = 0xe0, .more = 2, .least = 0x800},
    {.mask = 0xf8, .lead = 0xf0, .more = 3, .least = 0x10000},
};

static const form *find_form(uint8_t first)
{
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if ((first & FORMS[i].mask) == FORMS[i].lead) {
            return &FORMS[i];
        }
    }
    return NULL;
}

static bool is_control(uint32_t point) { return point < 0x20 || (point >= 0x7f && point <= 0x9f); }

static bool is_character(uint32_t point)
{
    return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

bool lv_text_is_printable(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint8_t first = (uint8_t)text[at++];
        const form *f = find_form(first);
        if (f == NULL || f->more > len - at) {
            return false;
        }
        uint32_t point = first & (uint8_t)~f->mask;
        for (unsigned i = 0; i < f->more; i++) {
            uint8_t next = (uint8_t)text[at++];
            if ((next & 0xc0) != 0x80) {
                return false;
            }
            point = point << 6 | (next & 0x3fU);
        }
        if (point < f->least || !is_character(point) || is_control(point)) {
            return false;
        }
    }
    return true;
}
