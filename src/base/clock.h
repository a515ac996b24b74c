/** The clocks, in one place. */
#ifndef LV_BASE_CLOCK_H
#define LV_BASE_CLOCK_H

#include <stdint.h>

int64_t lv_clock_now(void);    /* seconds since 1970 UTC */
double lv_clock_seconds(void); /* monotonic, for durations */

#endif
