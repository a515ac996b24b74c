#include "base/clock.h"
#include <time.h>

int64_t lv_clock_now(void) { return (int64_t)time(NULL); }

double lv_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
