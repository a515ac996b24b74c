#include "node/quota.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double SECONDS_PER_MINUTE = 60.0;

typedef struct {
    char name[LV_NAME_MAX + 1];
    double tokens;
    double filled; /* when `tokens` was true */
} bucket;

struct lv_quota {
    pthread_mutex_t lock;
    double per_minute;
    size_t count;
    bucket buckets[LV_TRUST_MEMBERS_MAX];
};

lv_status lv_quota_new(unsigned per_minute, lv_quota **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    (*out)->per_minute = per_minute;
    pthread_mutex_init(&(*out)->lock, NULL);
    return LV_OK;
}

void lv_quota_free(lv_quota *quota)
{
    if (quota != NULL) {
        pthread_mutex_destroy(&quota->lock);
        free(quota);
    }
}

static bucket *find(lv_quota *quota, const char *name, double now)
{
    for (size_t i = 0; i < quota->count; i++) {
        if (strcmp(quota->buckets[i].name, name) == 0) {
            return &quota->buckets[i];
        }
    }
    if (quota->count == LV_TRUST_MEMBERS_MAX) {
        return NULL;
    }
    bucket *added = &quota->buckets[quota->count++];
    snprintf(added->name, sizeof added->name, "%s", name);
    added->tokens = quota->per_minute;
    added->filled = now;
    return added;
}

static bool take(bucket *from, double per_minute, double now)
{
    if (now > from->filled) {
        from->tokens += (now - from->filled) * per_minute / SECONDS_PER_MINUTE;
        from->filled = now;
    }
    if (from->tokens > per_minute) {
        from->tokens = per_minute;
    }
    if (from->tokens < 1.0) {
        return false;
    }
    from->tokens -= 1.0;
    return true;
}

bool lv_quota_take(lv_quota *quota, const char *name, double now)
{
    pthread_mutex_lock(&quota->lock);
    bucket *found = find(quota, name, now);
    bool taken = found != NULL && take(found, quota->per_minute, now);
    pthread_mutex_unlock(&quota->lock);
    return taken;
}
