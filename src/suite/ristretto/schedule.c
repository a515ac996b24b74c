#include "suite/ristretto/schedule.h"
#include <stdlib.h>

/* Digits as they are found: scalar by scalar. */
typedef struct {
    lv_scalar_digit *digit;
    uint8_t *of_term; /* how many each scalar has */
} found;

static void find(lv_schedule *out, found *all, const lv_scalars *part, size_t parts)
{
    lv_scalar_digit *digit = all->digit;
    size_t term = 0;
    for (size_t p = 0; p < parts; p++) {
        for (size_t i = 0; i < part[p].count; i++) {
            const size_t digits = lv_scalar_naf_vartime(digit, part[p].width, &part[p].k[i]);
            for (size_t d = 0; d < digits; d++) {
                out->count[digit[d].place]++;
            }
            all->of_term[term++] = (uint8_t)digits;
            digit += digits;
        }
    }
}

/* @param terms  scalars there are. */
static void order(lv_schedule *out, const found *all, size_t terms)
{
    const lv_scalar_digit *digit = all->digit;
    uint32_t next[LV_SCALAR_PLACES];
    for (unsigned place = LV_SCALAR_PLACES; place-- > 0;) {
        next[place] = (uint32_t)out->additions;
        out->first[place] = next[place];
        out->additions += out->count[place];
        if (out->places == 0 && out->count[place] > 0) {
            out->places = place + 1;
        }
    }
    for (size_t term = 0; term < terms; term++) {
        for (size_t d = 0; d < all->of_term[term]; d++, digit++) {
            out->addition[next[digit->place]++] = (lv_addition){(uint16_t)term, digit->value};
        }
    }
}

lv_status lv_schedule_make_vartime(lv_schedule *out, const lv_scalars *part, size_t parts)
{
    size_t terms = 0;
    size_t room = LV_SCALAR_NAF; /* as if the last scalar had the most digits there can be */
    *out = (lv_schedule){.addition = NULL};
    for (size_t p = 0; p < parts; p++) {
        terms += part[p].count;
        room += part[p].count * (LV_SCALAR_PLACES / part[p].width + 1);
    }
    found all = {malloc(room * sizeof *all.digit), malloc(terms + 1)};
    out->addition = malloc(room * sizeof *out->addition);
    const bool enough = all.digit != NULL && all.of_term != NULL && out->addition != NULL;
    if (enough) {
        find(out, &all, part, parts);
        order(out, &all, terms);
    }
    free(all.digit);
    free(all.of_term);
    return enough ? LV_OK : LV_E_MEMORY;
}

void lv_schedule_free(lv_schedule *schedule)
{
    free(schedule->addition);
    *schedule = (lv_schedule){.addition = NULL};
}
