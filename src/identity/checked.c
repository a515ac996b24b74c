#include "identity/checked.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    lv_checked_name name;
    lv_checked_leaf leaf; /* without a key: nothing stands here */
    uint64_t used;        /* the greater, the later */
} entry;

struct lv_checked {
    pthread_mutex_t mutex;
    uint64_t uses;
    entry entries[LV_CHECKED_MAX];
};

lv_status lv_checked_new(lv_checked **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&(*out)->mutex, NULL);
    return LV_OK;
}

void lv_checked_free(lv_checked *checked)
{
    if (checked == NULL) {
        return;
    }
    lv_checked_clear(checked);
    pthread_mutex_destroy(&checked->mutex);
    free(checked);
}

bool lv_checked_name_of(const char *form, const char *unit, lv_bytes certificate,
                        lv_checked_name *out)
{
    *out = (lv_checked_name){0};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool good = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(digest, form, strlen(form) + 1) == 1 &&
                EVP_DigestUpdate(digest, unit, strlen(unit) + 1) == 1 &&
                EVP_DigestUpdate(digest, certificate.data, certificate.len) == 1 &&
                EVP_DigestFinal_ex(digest, out->bytes, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return good;
}

/* With the lock held. */
static entry *find(lv_checked *checked, const lv_checked_name *name)
{
    for (size_t i = 0; i < LV_CHECKED_MAX; i++) {
        entry *at = &checked->entries[i];
        if (at->leaf.key != NULL && memcmp(at->name.bytes, name->bytes, sizeof name->bytes) == 0) {
            return at;
        }
    }
    return NULL;
}

static bool copy(const lv_checked_leaf *from, lv_checked_leaf *out)
{
    bool shared = EVP_PKEY_up_ref(from->key) == 1;
    *out = shared ? *from : (lv_checked_leaf){0};
    return shared;
}

bool lv_checked_find(lv_checked *checked, const lv_checked_name *name, int64_t time,
                     lv_checked_leaf *out)
{
    bool found = false;
    *out = (lv_checked_leaf){0};
    pthread_mutex_lock(&checked->mutex);
    entry *at = find(checked, name);
    if (at != NULL && (time == LV_TIME_ANY || (time >= at->leaf.from && time < at->leaf.until))) {
        found = copy(&at->leaf, out);
        at->used = ++checked->uses;
    }
    pthread_mutex_unlock(&checked->mutex);
    return found;
}

/* With the lock held: an empty place, or that of the one not used for the longest. */
static entry *make_room(lv_checked *checked)
{
    entry *oldest = &checked->entries[0];
    for (size_t i = 1; i < LV_CHECKED_MAX; i++) {
        if (checked->entries[i].used < oldest->used) {
            oldest = &checked->entries[i];
        }
    }
    return oldest;
}

void lv_checked_keep(lv_checked *checked, const lv_checked_name *name, const lv_checked_leaf *leaf)
{
    pthread_mutex_lock(&checked->mutex);
    entry *at = find(checked, name); /* another thread may have come first */
    at = at != NULL ? at : make_room(checked);
    lv_checked_leaf_free(&at->leaf);
    *at = (entry){0};
    if (copy(leaf, &at->leaf)) {
        at->name = *name;
        at->used = ++checked->uses;
    }
    pthread_mutex_unlock(&checked->mutex);
}

void lv_checked_clear(lv_checked *checked)
{
    pthread_mutex_lock(&checked->mutex);
    for (size_t i = 0; i < LV_CHECKED_MAX; i++) {
        lv_checked_leaf_free(&checked->entries[i].leaf);
        checked->entries[i] = (entry){0};
    }
    pthread_mutex_unlock(&checked->mutex);
}

void lv_checked_leaf_free(lv_checked_leaf *leaf)
{
    EVP_PKEY_free(leaf->key);
    *leaf = (lv_checked_leaf){0};
}
