#include "chaincode/overlay.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *key;
    lv_buffer value;
} held;

typedef struct {
    held *list;
    size_t count;
    size_t cap;
} holdings;

struct lv_overlay {
    lv_state below;
    holdings kept;    /* in byte order of the keys, each once */
    holdings pending; /* of the call that runs, in the order of its puts */
    bool writes;
    lv_error *err;
};

static lv_status grow(holdings *h)
{
    if (h->count < h->cap) {
        return LV_OK;
    }
    size_t cap = h->cap > 0 ? h->cap * 2 : 16;
    held *grown = realloc(h->list, cap * sizeof *grown);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    h->list = grown;
    h->cap = cap;
    return LV_OK;
}

static void release(holdings *h)
{
    for (size_t i = 0; i < h->count; i++) {
        free(h->list[i].key);
        lv_buffer_free(&h->list[i].value);
    }
    free(h->list);
    *h = (holdings){0};
}

/* The place of the first key that is not before `key`. */
static size_t lower_bound(const holdings *h, const char *key)
{
    size_t from = 0;
    size_t past = h->count;
    while (from < past) {
        size_t middle = from + (past - from) / 2;
        if (strcmp(h->list[middle].key, key) < 0) {
            from = middle + 1;
        } else {
            past = middle;
        }
    }
    return from;
}

static const held *find(const holdings *h, const char *key)
{
    size_t at = lower_bound(h, key);
    return at < h->count && strcmp(h->list[at].key, key) == 0 ? &h->list[at] : NULL;
}

lv_status lv_overlay_new(const lv_state *below, lv_overlay **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    (*out)->below = *below;
    return LV_OK;
}

void lv_overlay_free(lv_overlay *overlay)
{
    if (overlay == NULL) {
        return;
    }
    release(&overlay->kept);
    release(&overlay->pending);
    free(overlay);
}

/* ---- the state of a call ---- */

static lv_status state_get(void *context, const char *key, lv_buffer *value)
{
    const lv_overlay *overlay = context;
    const held *own = find(&overlay->kept, key);
    return own != NULL ? lv_buffer_append(value, own->value.data, own->value.len)
                       : overlay->below.get(overlay->below.context, key, value);
}

/* An empty value cannot be told from none on Fabric. */
static bool may_stand(const char *key, lv_bytes value)
{
    for (const char *at = key; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            return false;
        }
    }
    return *key != '\0' && value.len > 0;
}

static lv_status state_put(void *context, const char *key, lv_bytes value)
{
    lv_overlay *overlay = context;
    if (!overlay->writes || !may_stand(key, value)) {
        return lv_fail(overlay->err, LV_E_ARGUMENT, "the contract put where it may not");
    }
    lv_status status = grow(&overlay->pending);
    if (status != LV_OK) {
        return status;
    }
    held *put = &overlay->pending.list[overlay->pending.count];
    *put = (held){.key = strdup(key)};
    if (put->key == NULL) {
        return LV_E_MEMORY;
    }
    overlay->pending.count++;
    return lv_buffer_append(&put->value, value.data, value.len);
}

/* One walk through both: `at` is the next of the overlay's own keys. */
typedef struct {
    const lv_overlay *overlay;
    size_t at;
    lv_status (*each)(void *each_context, const char *key, lv_bytes value);
    void *each_context;
    bool ended; /* `each` had enough */
} merge;

/* The overlay's own keys before `limit`. */
static lv_status tell_own(merge *m, const char *limit)
{
    const holdings *kept = &m->overlay->kept;
    lv_status status = LV_OK;
    while (status == LV_OK && m->at < kept->count && strcmp(kept->list[m->at].key, limit) < 0) {
        const held *own = &kept->list[m->at++];
        status = m->each(m->each_context, own->key, lv_buffer_view(&own->value));
    }
    m->ended = m->ended || status == LV_TIMEOUT;
    return status;
}

static lv_status tell_below(void *context, const char *key, lv_bytes value)
{
    merge *m = context;
    lv_status status = tell_own(m, key);
    if (status != LV_OK) {
        return status;
    }
    const holdings *kept = &m->overlay->kept;
    if (m->at < kept->count && strcmp(kept->list[m->at].key, key) == 0) {
        value = lv_buffer_view(&kept->list[m->at++].value);
    }
    status = m->each(m->each_context, key, value);
    m->ended = m->ended || status == LV_TIMEOUT;
    return status;
}

static lv_status state_range(void *context, const char *first, const char *past,
                             lv_status (*each)(void *each_context, const char *key, lv_bytes value),
                             void *each_context)
{
    const lv_overlay *overlay = context;
    merge m = {.overlay = overlay,
               .at = lower_bound(&overlay->kept, first),
               .each = each,
               .each_context = each_context};
    lv_status status = overlay->below.range(overlay->below.context, first, past, tell_below, &m);
    if (status == LV_OK && !m.ended) {
        status = tell_own(&m, past);
    }
    return status == LV_TIMEOUT && m.ended ? LV_OK : status;
}

lv_state lv_overlay_state(lv_overlay *overlay, bool writes, lv_error *err)
{
    overlay->writes = writes;
    overlay->err = err;
    return (lv_state){.context = overlay, .get = state_get, .put = state_put, .range = state_range};
}

/* ---- what becomes of it ---- */

static lv_status keep_one(holdings *kept, held *put)
{
    size_t at = lower_bound(kept, put->key);
    if (at < kept->count && strcmp(kept->list[at].key, put->key) == 0) {
        lv_buffer_free(&kept->list[at].value);
        kept->list[at].value = put->value;
        put->value = (lv_buffer){0};
        return LV_OK;
    }
    lv_status status = grow(kept);
    if (status != LV_OK) {
        return status;
    }
    memmove(&kept->list[at + 1], &kept->list[at], (kept->count - at) * sizeof *kept->list);
    kept->list[at] = *put;
    kept->count++;
    *put = (held){0};
    return LV_OK;
}

lv_status lv_overlay_keep(lv_overlay *overlay)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < overlay->pending.count; i++) {
        status = keep_one(&overlay->kept, &overlay->pending.list[i]);
    }
    release(&overlay->pending);
    return status;
}

lv_status lv_overlay_flush(const lv_overlay *overlay)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < overlay->kept.count; i++) {
        const held *own = &overlay->kept.list[i];
        status = overlay->below.put(overlay->below.context, own->key, lv_buffer_view(&own->value));
    }
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    const lv_bytes *x = a;
    const lv_bytes *y = b;
    if (x->len != y->len) {
        return x->len < y->len ? -1 : 1;
    }
    return x->len > 0 ? memcmp(x->data, y->data, x->len) : 0;
}

lv_status lv_overlay_holds(const lv_overlay *overlay, const lv_bytes *values, size_t count,
                           size_t *missing)
{
    const holdings *kept = &overlay->kept;
    *missing = 0;
    lv_bytes *sorted = calloc(kept->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < kept->count; i++) {
        sorted[i] = lv_buffer_view(&kept->list[i].value);
    }
    qsort(sorted, kept->count, sizeof *sorted, by_bytes);
    while (*missing < count &&
           bsearch(&values[*missing], sorted, kept->count, sizeof *sorted, by_bytes) != NULL) {
        (*missing)++;
    }
    free(sorted);
    return LV_OK;
}
