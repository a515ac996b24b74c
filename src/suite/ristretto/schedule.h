/** The digits of many public scalars, in the order in which a sum of their multiples adds them. */
#ifndef LV_RISTRETTO_SCHEDULE_H
#define LV_RISTRETTO_SCHEDULE_H

#include "suite/ristretto/scalar.h"
#include <stddef.h>

/** Scalars whose digits have one width (lv_scalar_naf_vartime). */
typedef struct {
    const lv_scalar *k;
    size_t count;
    unsigned width;
} lv_scalars;

/** A digit of the scalar that stands at `term` when all are counted through. */
typedef struct {
    uint16_t term;
    int8_t value; /* odd */
} lv_addition;

/** All digits one after another, those of the highest place first: those of place p are
 *  addition[first[p]] .. addition[first[p] + count[p] - 1], and the sum over all of value 2^p gives
 *  the scalars. Places from `places` on have none. */
typedef struct {
    lv_addition *addition;
    size_t additions;
    unsigned places;
    uint32_t first[LV_SCALAR_PLACES];
    uint32_t count[LV_SCALAR_PLACES];
} lv_schedule;

/** @param parts  of 65535 scalars together, at most.
 * @return LV_OK, or LV_E_MEMORY. Free with lv_schedule_free, also on failure. */
LV_MUST_CHECK lv_status lv_schedule_make_vartime(lv_schedule *out, const lv_scalars *part,
                                                 size_t parts);
void lv_schedule_free(lv_schedule *schedule);

#endif
