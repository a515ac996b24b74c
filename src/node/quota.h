/** How many requests an organisation may make: one token bucket per name. */
#ifndef LV_NODE_QUOTA_H
#define LV_NODE_QUOTA_H

#include <lotveil/identity.h>

typedef struct lv_quota lv_quota;

/** @param per_minute  how many tokens come back in a minute, and how many a bucket holds. */
LV_MUST_CHECK lv_status lv_quota_new(unsigned per_minute, lv_quota **out);
void lv_quota_free(lv_quota *quota);

/** Takes one token of `name`, from any thread.
 * @param now  seconds of a clock that does not go back, such as lv_clock_seconds.
 * @return true; false where the bucket is empty, or more than LV_TRUST_MEMBERS_MAX names came. */
bool lv_quota_take(lv_quota *quota, const char *name, double now);

#endif
