#include "node/downstream_cache.h"
#include <stdlib.h>

typedef struct {
    lv_digest id;
    lv_set *set; /* NULL while its taker reads it */
    bool used;
    bool busy;
    uint64_t last; /* `turn` when it was last taken */
} slot;

struct lv_set_cache {
    pthread_mutex_t lock;
    pthread_cond_t given;
    slot slots[LV_SET_CACHE_MAX];
    uint64_t turn;
};

lv_status lv_set_cache_new(lv_set_cache **out)
{
    lv_set_cache *cache = calloc(1, sizeof *cache);
    *out = cache;
    if (cache == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->given, NULL);
    return LV_OK;
}

void lv_set_cache_free(lv_set_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < LV_SET_CACHE_MAX; i++) {
        lv_set_free(cache->slots[i].set);
    }
    pthread_cond_destroy(&cache->given);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* The place of a set: its own, else a free one, else the least recently used that nobody has;
 * NULL where the caller must wait. */
static slot *find_slot(lv_set_cache *cache, const lv_digest *id)
{
    slot *best = NULL;
    for (size_t i = 0; i < LV_SET_CACHE_MAX; i++) {
        slot *at = &cache->slots[i];
        if (at->used && lv_digest_equal(&at->id, id)) {
            return at->busy ? NULL : at;
        }
        if (!at->busy && (best == NULL || (best->used && (!at->used || at->last < best->last)))) {
            best = at;
        }
    }
    return best;
}

static slot *take_slot(lv_set_cache *cache, const lv_digest *id)
{
    pthread_mutex_lock(&cache->lock);
    slot *mine = find_slot(cache, id);
    while (mine == NULL) {
        pthread_cond_wait(&cache->given, &cache->lock);
        mine = find_slot(cache, id);
    }
    if (mine->used && !lv_digest_equal(&mine->id, id)) {
        lv_set_free(mine->set);
        mine->set = NULL;
    }
    mine->id = *id;
    mine->used = true;
    mine->busy = true;
    mine->last = ++cache->turn;
    pthread_mutex_unlock(&cache->lock);
    return mine;
}

static void give_slot(lv_set_cache *cache, slot *mine)
{
    pthread_mutex_lock(&cache->lock);
    mine->busy = false;
    mine->used = mine->set != NULL;
    pthread_cond_broadcast(&cache->given);
    pthread_mutex_unlock(&cache->lock);
}

static lv_status read_record(lv_ledger *ledger, const lv_digest *id, lv_buffer *out, lv_error *err)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(id, hex);
    lv_bytes argument = lv_bytes_of_text(hex);
    lv_call call = {.function = "get", .arguments = &argument, .argument_count = 1};
    return lv_ledger_read(ledger, &call, out, err);
}

static lv_status open_set(lv_node *node, const lv_digest *id, lv_set **out, lv_error *err)
{
    lv_buffer quality = {0};
    lv_buffer xor_record = {0};

    *out = NULL;
    lv_status status = read_record(node->quality, id, &quality, err);
    if (status == LV_OK) {
        status = read_record(node->xor, id, &xor_record, err);
    }
    if (status == LV_OK) {
        /* its own: what it proved it need not verify */
        status = lv_set_reopen(lv_buffer_view(&quality), lv_buffer_view(&xor_record), node->trust,
                               out, err);
    }
    lv_buffer_free(&quality);
    lv_buffer_free(&xor_record);
    return status;
}

lv_status lv_set_cache_take(lv_set_cache *cache, lv_node *node, const lv_digest *set_id,
                            const lv_set **out, lv_error *err)
{
    lv_status status = LV_OK;
    slot *mine = take_slot(cache, set_id);

    *out = NULL;
    if (mine->set == NULL) {
        lv_set *set = NULL;
        status = open_set(node, set_id, &set, err);
        pthread_mutex_lock(&cache->lock);
        mine->set = set;
        pthread_mutex_unlock(&cache->lock);
    }
    if (status != LV_OK) {
        give_slot(cache, mine);
        return status;
    }
    *out = mine->set;
    return LV_OK;
}

void lv_set_cache_give(lv_set_cache *cache, const lv_set *set)
{
    slot *mine = NULL;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; set != NULL && i < LV_SET_CACHE_MAX; i++) {
        if (cache->slots[i].set == set) {
            mine = &cache->slots[i];
        }
    }
    pthread_mutex_unlock(&cache->lock);
    if (mine != NULL) {
        give_slot(cache, mine);
    }
}
