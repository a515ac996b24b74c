/** Memory for secrets (libsodium): locked, guarded, wiped when freed. */
#ifndef LV_BASE_SECRET_H
#define LV_BASE_SECRET_H

#include <lotveil/status.h>

/** Zeroed locked memory, NULL where there is none. */
void *lv_secret_alloc(size_t len);

/** Wipes and frees; NULL is legal. */
void lv_secret_free(void *secret);

/** Wipes memory that lies elsewhere. */
void lv_wipe(void *memory, size_t len);

#endif
