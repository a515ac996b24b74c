/** A series: one quality characteristic of one product on one equipment, with how it is read
 *  from rows and how it is compared. */
#ifndef LOTVEIL_SERIES_H
#define LOTVEIL_SERIES_H

#include <lotveil/bytes.h>
#include <lotveil/fixed.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_NAME_MAX 64U    /* bytes of a series, organisation (MSP) or channel name, without NUL */
#define LV_LOT_MAX 128U    /* bytes of a lot, without NUL */
#define LV_PARENTS_MAX 16U /* upstream lots that one lot may name */

/** Which pairs a new measurement makes. */
typedef enum {
    LV_COMPARE_CONSECUTIVE = 1, /* with the measurement before it */
    LV_COMPARE_BASELINE = 2,    /* with the baseline lot */
    LV_COMPARE_BOTH = 3,
} lv_compare_mode;

typedef struct {
    char name[LV_NAME_MAX + 1]; /* [A-Za-z0-9._-]+ */
    char unit[LV_NAME_MAX + 1]; /* for people: "g/cm2" */
    char column_lot[LV_NAME_MAX + 1];
    char column_time[LV_NAME_MAX + 1];
    char column_value[LV_NAME_MAX + 1];
    char column_parents[LV_NAME_MAX + 1]; /* upstream lots, separated by blanks; "" where none */
    lv_fixed_scale scale;
    char suite[LV_NAME_MAX + 1];
    unsigned key_bits;
    bool short_exponents; /* keys are shortened (lv_key_shorten); only suite paillier's can be */
    size_t pairs_per_set; /* pairs that one set takes at most; 0: as many as suit the suite */
    lv_compare_mode compare;
    char baseline_lot[LV_LOT_MAX + 1]; /* "": the first lot ever measured */
} lv_series;

/** Is the text 1..LV_NAME_MAX of [A-Za-z0-9._-], not starting with '.' or '-'? (series,
 *  organisation and channel names; safe as a file name) */
bool lv_name_is_valid(const char *text);

/** Checks every field against its range; words name the field. @return LV_OK or LV_E_CONFIG. */
LV_MUST_CHECK lv_status lv_series_check(const lv_series *series, lv_error *err);

/** The scale of a change whose first differing bit is `index` of `width`: 2^(width - 1 - index).*/
uint64_t lv_change_scale(unsigned width, unsigned index);

#ifdef __cplusplus
}
#endif

#endif
