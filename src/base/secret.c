#include "base/secret.h"
#include <sodium.h>
#include <string.h>

void *lv_secret_alloc(size_t len)
{
    if (sodium_init() < 0) {
        return NULL;
    }
    void *secret = sodium_malloc(len);
    if (secret != NULL) {
        memset(secret, 0, len);
    }
    return secret;
}

void lv_secret_free(void *secret) { sodium_free(secret); }

void lv_wipe(void *memory, size_t len) { sodium_memzero(memory, len); }
