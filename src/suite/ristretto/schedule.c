#include "suite/ristretto/schedule.h"
#include <stdlib.h>

static void add(lv_schedule *to, uint16_t term, const lv_scalar *k, unsigned width)
{
    lv_scalar_digit digit[LV_SCALAR_NAF];
    const size_t digits = lv_scalar_naf_vartime(digit, width, k);
    for (size_t i = 0; i < digits; i++) {
        const unsigned place = digit[i].place;
        to->addition[place * to->room + to->count[place]++] = (lv_addition){term, digit[i].value};
    }
    if (digits > 0 && digit[digits - 1].place >= to->places) {
        to->places = digit[digits - 1].place + 1U;
    }
}

lv_status lv_schedule_make_vartime(lv_schedule *out, const lv_scalars *part, size_t parts)
{
    uint16_t term = 0;
    *out = (lv_schedule){.addition = NULL};
    for (size_t p = 0; p < parts; p++) {
        out->room += part[p].count;
    }
    out->addition = malloc((LV_SCALAR_PLACES * out->room + 1) * sizeof *out->addition);
    if (out->addition == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t p = 0; p < parts; p++) {
        for (size_t i = 0; i < part[p].count; i++) {
            add(out, term++, &part[p].k[i], part[p].width);
        }
    }
    return LV_OK;
}

void lv_schedule_free(lv_schedule *schedule)
{
    free(schedule->addition);
    *schedule = (lv_schedule){.addition = NULL};
}
