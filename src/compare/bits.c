/* Values as bits, most significant first: docs/protocol.md section 2. */
#include "base/declassify.h"
#include "base/secret.h"
#include "compare/set.h"
#include <stdlib.h>

uint64_t lv_distance_of(uint64_t x, uint64_t y)
{
    uint64_t difference = y - x;
    uint64_t negative = 0U - (difference >> 63); /* all ones where y < x */
    return (difference ^ negative) - negative;
}

static bool all_fit(const uint64_t *values, size_t count, unsigned width)
{
    uint64_t over = 0;
    for (size_t i = 0; i < count; i++) {
        over |= values[i] >> width;
    }
    lv_declassify(&over, sizeof over); /* zero where all fit; else they are refused aloud */
    return over == 0;
}

lv_status lv_bits_expand(const uint64_t *values, size_t count, unsigned width, lv_bits *out)
{
    *out = (lv_bits){0};
    if (count == 0 || count > LV_SET_PAIRS_MAX || width == 0 || width > LV_WIDTH_MAX) {
        return LV_E_ARGUMENT;
    }
    if (!all_fit(values, count, width)) {
        return LV_E_RANGE;
    }
    uint8_t *bits = malloc(count * width);
    if (bits == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t row = 0; row < count; row++) {
        for (unsigned i = 0; i < width; i++) {
            bits[row * width + i] = (uint8_t)(values[row] >> (width - 1 - i) & 1U);
        }
    }
    *out = (lv_bits){.pairs = count, .width = width, .bits = bits};
    return LV_OK;
}

void lv_bits_wipe(lv_bits *bits)
{
    if (bits == NULL) {
        return;
    }
    if (bits->bits != NULL) {
        lv_wipe(bits->bits, bits->pairs * bits->width);
        free(bits->bits);
    }
    *bits = (lv_bits){0};
}
