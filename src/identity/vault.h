/** At-rest encryption of keys and values: libsodium XChaCha20-Poly1305 under one 32-byte vault
 *  key, which lies in a key file of mode 0600 or is wrapped under a passphrase (Argon2id,
 *  moderate limits). */
#ifndef LV_IDENTITY_VAULT_H
#define LV_IDENTITY_VAULT_H

#include <lotveil/bytes.h>

typedef struct lv_vault lv_vault; /* the key in sodium_malloc memory */

#define LV_VAULT_FILE_MAX 4096U

/** Makes a new vault file's content. passphrase NULL: the key itself stands in it. */
LV_MUST_CHECK lv_status lv_vault_create(const char *passphrase, lv_buffer *file, lv_error *err);

/** @return LV_OK; LV_INVALID where the passphrase is wrong or missing, in words. */
LV_MUST_CHECK lv_status lv_vault_open(lv_bytes file, const char *passphrase, lv_vault **out,
                                      lv_error *err);
void lv_vault_close(lv_vault *vault);

/** Seals `secret`, bound to `label` (such as "set-key/<hex>"): a sealed thing moved under another
 *  label does not open. Appends nonce || ciphertext. */
LV_MUST_CHECK lv_status lv_vault_seal(const lv_vault *vault, const char *label, lv_bytes secret,
                                      lv_buffer *out, lv_error *err);

/** @return LV_OK with the secret appended (wipe it); LV_INVALID where it was not sealed by this
 *          vault under this label. */
LV_MUST_CHECK lv_status lv_vault_unseal(const lv_vault *vault, const char *label, lv_bytes sealed,
                                        lv_buffer *secret, lv_error *err);

#endif
