#include "suite/ristretto/schedule.h"
#include <stdlib.h>

/* A digit before it is put in its place. */
typedef struct {
    uint16_t term;
    lv_scalar_digit digit;
} found;

/* All digits, scalar by scalar, and how many each place has. */
static size_t find(found *out, uint32_t *of_place, const lv_scalars *part, size_t parts)
{
    size_t count = 0;
    uint16_t term = 0;
    for (size_t p = 0; p < parts; p++) {
        for (size_t i = 0; i < part[p].count; i++, term++) {
            lv_scalar_digit digit[LV_SCALAR_NAF];
            const size_t digits = lv_scalar_naf_vartime(digit, part[p].width, &part[p].k[i]);
            for (size_t d = 0; d < digits; d++) {
                out[count++] = (found){term, digit[d]};
                of_place[digit[d].place]++;
            }
        }
    }
    return count;
}

static void arrange(lv_schedule *out, const found *all, size_t count, const uint32_t *of_place)
{
    uint32_t next[LV_SCALAR_PLACES];
    out->first[0] = 0;
    for (unsigned p = 0; p < LV_SCALAR_PLACES; p++) {
        next[p] = out->first[p];
        out->first[p + 1] = out->first[p] + of_place[p];
        out->places = of_place[p] > 0 ? p + 1 : out->places;
    }
    for (size_t i = 0; i < count; i++) {
        out->addition[next[all[i].digit.place]++] = (lv_addition){all[i].term, all[i].digit.value};
    }
}

lv_status lv_schedule_make_vartime(lv_schedule *out, const lv_scalars *part, size_t parts)
{
    uint32_t of_place[LV_SCALAR_PLACES] = {0};
    size_t most = 1;
    *out = (lv_schedule){.addition = NULL};
    for (size_t p = 0; p < parts; p++) {
        most += part[p].count * (LV_SCALAR_PLACES / part[p].width + 1);
    }
    found *all = malloc(most * sizeof *all);
    out->addition = malloc(most * sizeof *out->addition);
    if (all == NULL || out->addition == NULL) {
        free(all);
        return LV_E_MEMORY;
    }
    arrange(out, all, find(all, of_place, part, parts), of_place);
    free(all);
    return LV_OK;
}

void lv_schedule_free(lv_schedule *schedule)
{
    free(schedule->addition);
    *schedule = (lv_schedule){.addition = NULL};
}
