/** The times a CSV may give a measurement: an integer, or ISO 8601. */
#ifndef LV_QUALITY_INSTANT_H
#define LV_QUALITY_INSTANT_H

#include <lotveil/status.h>
#include <stdint.h>

typedef enum {
    LV_INSTANT_INTEGER,   /* "3", "-12": a running number, month, shift ... */
    LV_INSTANT_DATE,      /* "2026-03-31" */
    LV_INSTANT_DATE_TIME, /* "2026-03-31T08:15Z", "2026-03-31T08:15:59.25+09:00" */
} lv_instant_kind;

/** Reads a time. A time of day without Z or an offset is refused: it could be anywhere.
 * @param[out] order  the integer, or seconds since 1970 UTC; a fraction of a second is cut off.
 * @return LV_OK; LV_E_SYNTAX; LV_E_RANGE where no such day, hour ... exists or an integer is
 *         over 64 bits. */
LV_MUST_CHECK lv_status lv_instant_parse(const char *text, lv_instant_kind *kind, int64_t *order);

#endif
