#include "identity/slot.h"

void lv_identity_slot_init(lv_identity_slot *slot, const lv_identity *identity)
{
    pthread_mutex_init(&slot->mutex, NULL);
    slot->identity = identity != NULL ? lv_identity_retain(identity) : NULL;
}

void lv_identity_slot_clear(lv_identity_slot *slot)
{
    lv_identity_free(slot->identity);
    slot->identity = NULL;
    pthread_mutex_destroy(&slot->mutex);
}

lv_identity *lv_identity_slot_get(lv_identity_slot *slot)
{
    pthread_mutex_lock(&slot->mutex);
    lv_identity *identity = slot->identity != NULL ? lv_identity_retain(slot->identity) : NULL;
    pthread_mutex_unlock(&slot->mutex);
    return identity;
}

void lv_identity_slot_set(lv_identity_slot *slot, const lv_identity *identity)
{
    lv_identity *next = lv_identity_retain(identity);
    pthread_mutex_lock(&slot->mutex);
    lv_identity *previous = slot->identity;
    slot->identity = next;
    pthread_mutex_unlock(&slot->mutex);
    lv_identity_free(previous);
}
