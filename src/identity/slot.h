/** A place for the identity in use, which may be replaced while other threads use it: whoever takes
 *  one out goes on with that one until freed, certificate and key of one generation. */
#ifndef LV_IDENTITY_SLOT_H
#define LV_IDENTITY_SLOT_H

#include <lotveil/identity.h>
#include <pthread.h>

typedef struct {
    pthread_mutex_t mutex;
    lv_identity *identity;
} lv_identity_slot;

/** @param identity  retained; NULL: empty at first. */
void lv_identity_slot_init(lv_identity_slot *slot, const lv_identity *identity);

/** No thread may use it any more. A slot of zeros is legal. */
void lv_identity_slot_clear(lv_identity_slot *slot);

/** What is there now, retained: to be given back with lv_identity_free. NULL where it is empty. */
lv_identity *lv_identity_slot_get(lv_identity_slot *slot);

/** Puts another in its place (retained). */
void lv_identity_slot_set(lv_identity_slot *slot, const lv_identity *identity);

#endif
