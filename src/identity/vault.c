/* A vault file is the line below and then, big endian (base/writer.h):
 *     u8 kind = 1 | key (32 bytes)
 *     u8 kind = 2 | salt (16 bytes) | u64 operations | u64 memory | nonce (24) | sealed key (48)
 * The sealed key is XChaCha20-Poly1305 under Argon2id(passphrase, salt, operations, memory); all
 * that stands before the nonce is its associated data. */
#include "identity/vault.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "lotveil vault 1\n";

#define KIND_OPEN 1U
#define KIND_PASSPHRASE 2U
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES

/* The most that a file may make us spend before its passphrase is known to be right. */
#define OPERATIONS_MAX 16U
#define MEMORY_MAX 1073741824U

struct lv_vault {
    uint8_t key[KEY_BYTES];
};

static lv_status vault_new(lv_vault **out)
{
    *out = lv_secret_alloc(sizeof **out);
    return *out != NULL ? LV_OK : LV_E_MEMORY;
}

void lv_vault_close(lv_vault *vault) { lv_secret_free(vault); }

/* Appends nonce || ciphertext. */
static lv_status seal(const uint8_t *key, lv_bytes bound, lv_bytes secret, lv_buffer *out)
{
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, NONCE_BYTES + secret.len + TAG_BYTES, &place);
    if (status != LV_OK) {
        return status;
    }
    randombytes_buf(place, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(place + NONCE_BYTES, NULL, secret.data, secret.len,
                                               bound.data, bound.len, NULL, place, key);
    return LV_OK;
}

/* `out` has sealed.len - NONCE_BYTES - TAG_BYTES bytes; zeroed where it does not open. */
static bool unseal(const uint8_t *key, lv_bytes bound, lv_bytes sealed, uint8_t *out)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data + NONCE_BYTES,
                                                      sealed.len - NONCE_BYTES, bound.data,
                                                      bound.len, sealed.data, key) == 0;
}

/* The key that a passphrase stands for, in secret memory. */
static lv_status stretch(const char *passphrase, lv_bytes salt, uint64_t operations,
                         uint64_t memory, lv_vault **out)
{
    lv_status status = vault_new(out);
    if (status == LV_OK &&
        crypto_pwhash((*out)->key, KEY_BYTES, passphrase, strlen(passphrase), salt.data, operations,
                      (size_t)memory, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        lv_vault_close(*out);
        *out = NULL;
        status = LV_E_MEMORY;
    }
    return status;
}

static lv_status write_wrapped(const char *passphrase, const lv_vault *made, lv_buffer *file,
                               lv_error *err)
{
    uint8_t salt[crypto_pwhash_SALTBYTES];
    lv_vault *wrapping = NULL;

    randombytes_buf(salt, sizeof salt);
    lv_status status = lv_write_u8(file, KIND_PASSPHRASE);
    if (status == LV_OK) {
        status = lv_buffer_append(file, salt, sizeof salt);
    }
    if (status == LV_OK) {
        status = lv_write_u64(file, crypto_pwhash_OPSLIMIT_MODERATE);
    }
    if (status == LV_OK) {
        status = lv_write_u64(file, crypto_pwhash_MEMLIMIT_MODERATE);
    }
    if (status == LV_OK) {
        status =
            stretch(passphrase, (lv_bytes){.data = salt, .len = sizeof salt},
                    crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE, &wrapping);
        if (status != LV_OK) {
            lv_fail(err, status, "vault: not enough memory to use the passphrase");
        }
    }
    lv_buffer bound = {0};
    if (status == LV_OK) {
        status = lv_buffer_append(&bound, file->data, file->len);
    }
    if (status == LV_OK) {
        status = seal(wrapping->key, lv_buffer_view(&bound),
                      (lv_bytes){.data = made->key, .len = KEY_BYTES}, file);
    }
    lv_buffer_free(&bound);
    lv_vault_close(wrapping);
    return status;
}

static lv_status write_open(const lv_vault *made, lv_buffer *file)
{
    lv_status status = lv_write_u8(file, KIND_OPEN);
    return status == LV_OK ? lv_buffer_append(file, made->key, KEY_BYTES) : status;
}

lv_status lv_vault_create(const char *passphrase, lv_buffer *file, lv_error *err)
{
    lv_vault *made = NULL;

    *file = (lv_buffer){0};
    if (passphrase != NULL && passphrase[0] == '\0') {
        return lv_fail(err, LV_E_ARGUMENT, "vault: the passphrase is empty");
    }
    lv_status status = vault_new(&made);
    if (status != LV_OK) {
        return status;
    }
    randombytes_buf(made->key, KEY_BYTES);
    status = lv_buffer_append(file, MAGIC, strlen(MAGIC));
    if (status == LV_OK) {
        status = passphrase == NULL ? write_open(made, file)
                                    : write_wrapped(passphrase, made, file, err);
    }
    lv_vault_close(made);
    if (status != LV_OK) {
        lv_buffer_wipe(file);
    }
    return status;
}

static lv_status read_open(lv_reader *reader, const char *passphrase, lv_vault *vault,
                           lv_error *err)
{
    lv_bytes key = lv_read_bytes(reader, KEY_BYTES);
    if (lv_reader_end(reader) != LV_OK) {
        return lv_fail(err, LV_E_CORRUPT, "vault: the file is cut or damaged");
    }
    if (passphrase != NULL) {
        /* Whoever exchanged the file for an open one must not be given secrets sealed with it. */
        return lv_fail(err, LV_INVALID,
                       "vault: a passphrase was given, but this vault was made without one");
    }
    memcpy(vault->key, key.data, KEY_BYTES);
    return LV_OK;
}

static lv_status read_wrapped(lv_reader *reader, lv_bytes file, const char *passphrase,
                              lv_vault *vault, lv_error *err)
{
    lv_vault *wrapping = NULL;
    lv_bytes salt = lv_read_bytes(reader, crypto_pwhash_SALTBYTES);
    uint64_t operations = lv_read_u64(reader);
    uint64_t memory = lv_read_u64(reader);
    lv_bytes bound = {.data = file.data, .len = file.len - reader->left};
    lv_bytes sealed = lv_read_bytes(reader, NONCE_BYTES + KEY_BYTES + TAG_BYTES);
    if (lv_reader_end(reader) != LV_OK) {
        return lv_fail(err, LV_E_CORRUPT, "vault: the file is cut or damaged");
    }
    if (operations < crypto_pwhash_OPSLIMIT_MIN || operations > OPERATIONS_MAX ||
        memory < crypto_pwhash_MEMLIMIT_MIN || memory > MEMORY_MAX) {
        return lv_fail(err, LV_E_LIMIT, "vault: the limits of Argon2id in the file are not sane");
    }
    if (passphrase == NULL) {
        return lv_fail(err, LV_INVALID, "vault: it is locked by a passphrase and none was given");
    }
    lv_status status = stretch(passphrase, salt, operations, memory, &wrapping);
    if (status != LV_OK) {
        return lv_fail(err, status, "vault: not enough memory to use the passphrase");
    }
    if (!unseal(wrapping->key, bound, sealed, vault->key)) {
        status = lv_fail(err, LV_INVALID, "vault: the passphrase is wrong or the file is damaged");
    }
    lv_vault_close(wrapping);
    return status;
}

lv_status lv_vault_open(lv_bytes file, const char *passphrase, lv_vault **out, lv_error *err)
{
    lv_vault *vault = NULL;

    *out = NULL;
    lv_reader reader = lv_reader_of(file);
    lv_bytes magic = lv_read_bytes(&reader, strlen(MAGIC));
    if (!lv_bytes_equal(magic, lv_bytes_of_text(MAGIC))) {
        return lv_fail(err, LV_E_SYNTAX, "vault: not a vault file of version 1");
    }
    lv_status status = vault_new(&vault);
    if (status != LV_OK) {
        return status;
    }
    uint8_t kind = lv_read_u8(&reader);
    if (kind == KIND_OPEN) {
        status = read_open(&reader, passphrase, vault, err);
    } else if (kind == KIND_PASSPHRASE) {
        status = read_wrapped(&reader, file, passphrase, vault, err);
    } else {
        status = lv_fail(err, LV_E_CORRUPT, "vault: the file is cut or damaged");
    }
    if (status != LV_OK) {
        lv_vault_close(vault);
        return status;
    }
    *out = vault;
    return LV_OK;
}

lv_status lv_vault_seal(const lv_vault *vault, const char *label, lv_bytes secret, lv_buffer *out,
                        lv_error *err)
{
    lv_status status = seal(vault->key, lv_bytes_of_text(label), secret, out);
    return status == LV_OK ? status : lv_fail(err, status, "vault: cannot seal %s", label);
}

lv_status lv_vault_unseal(const lv_vault *vault, const char *label, lv_bytes sealed,
                          lv_buffer *secret, lv_error *err)
{
    uint8_t *place = NULL;
    if (sealed.len < NONCE_BYTES + TAG_BYTES) {
        return lv_fail(err, LV_INVALID, "vault: %s is cut", label);
    }
    size_t len = sealed.len - NONCE_BYTES - TAG_BYTES;
    lv_status status = lv_buffer_extend(secret, len, &place);
    if (status != LV_OK) {
        return status;
    }
    if (!unseal(vault->key, lv_bytes_of_text(label), sealed, place)) {
        secret->len -= len;
        secret->data[secret->len] = 0;
        return lv_fail(err, LV_INVALID, "vault: %s was not sealed by this vault under this name",
                       label);
    }
    return LV_OK;
}
