/* The certificate in use is replaced by another, while others read the folder. */
#include "base/file.h"
#include "base/hex.h"
#include "identity/msp_folder.h"
#include "identity/msp_folder_parts.h"
#include "identity/x509.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define KEY_NAME_LEN ((size_t)2 * SHA256_DIGEST_LENGTH + sizeof "_sk") /* with its NUL */

/* As Fabric names a key: the SHA-256 of the uncompressed point, and "_sk". */
static lv_status key_name(lv_bytes key_pem, char name[KEY_NAME_LEN], lv_error *err)
{
    EVP_PKEY *key = NULL;
    unsigned char *point = NULL;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    lv_status status = lv_key_from_pem(key_pem, &key, err);
    if (status != LV_OK) {
        return status;
    }
    size_t len = EVP_PKEY_get1_encoded_public_key(key, &point);
    if (len == 0 || EVP_Digest(point, len, digest, NULL, EVP_sha256(), NULL) != 1) {
        status = lv_openssl_fail(err, "private key");
    } else {
        lv_hex_encode((lv_bytes){.data = digest, .len = sizeof digest}, name);
        memcpy(name + 2 * sizeof digest, "_sk", sizeof "_sk");
    }
    OPENSSL_free(point);
    EVP_PKEY_free(key);
    return status;
}

static bool is_ours(const char *name)
{
    size_t len = strlen(name);
    return strcmp(name, LV_MSP_KEY) == 0 || (len > 3 && strcmp(name + len - 3, "_sk") == 0);
}

/* Keys that no certificate belongs to any more: those of the names that are given here. What
 * cannot be removed is of no use to anybody who could not read the folder before. */
static void remove_others(const char *keystore, const char *kept)
{
    DIR *folder = opendir(keystore);
    int fd = folder == NULL ? -1 : dirfd(folder);
    if (fd >= 0) {
        for (const struct dirent *at = readdir(folder); at != NULL; at = readdir(folder)) {
            if (is_ours(at->d_name) && strcmp(at->d_name, kept) != 0) {
                unlinkat(fd, at->d_name, 0);
            }
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* The key first: from the moment the certificate is renamed to its place its key is there. Until
 * then a reader finds the old one. */
static lv_status replace(const char *msp, lv_bytes certificate_pem, lv_bytes key_pem, lv_error *err)
{
    char name[KEY_NAME_LEN];
    char *keystore = lv_path_join(msp, "keystore");
    char *key = NULL;
    lv_status status = keystore == NULL ? LV_E_MEMORY : key_name(key_pem, name, err);
    if (status == LV_OK) {
        key = lv_path_join(keystore, name);
        status = key == NULL ? LV_E_MEMORY : lv_msp_put(msp, "keystore", name, key_pem, 0600, err);
    }
    if (status == LV_OK) {
        status = lv_msp_put(msp, "signcerts", LV_MSP_CERTIFICATE, certificate_pem, 0644, err);
        if (status == LV_OK) {
            remove_others(keystore, name);
        } else {
            unlink(key);
        }
    }
    free(key);
    free(keystore);
    return status;
}

/* One at a time: of two at once the second would remove the key of the first. */
static lv_status lock(const char *msp, int *fd, lv_error *err)
{
    *fd = open(msp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        return lv_fail(err, errno == ENOENT ? LV_NOT_FOUND : LV_E_IO, "%s: %s", msp,
                       strerror(errno));
    }
    while (flock(*fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            lv_status status = lv_fail(err, LV_E_IO, "%s: cannot lock: %s", msp, strerror(errno));
            close(*fd);
            *fd = -1;
            return status;
        }
    }
    return LV_OK;
}

lv_status lv_msp_folder_replace(const char *folder, const char *msp_id, lv_bytes certificate_pem,
                                lv_bytes key_pem, lv_error *err)
{
    lv_identity *identity = NULL;
    int fd = -1;
    char *msp = lv_path_join(folder, "msp");
    /* Nothing is written that could not be loaded again. */
    lv_status status = msp == NULL
                           ? LV_E_MEMORY
                           : lv_identity_load(msp_id, certificate_pem, key_pem, &identity, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        status = lock(msp, &fd, err);
    }
    if (status == LV_OK) {
        status = replace(msp, certificate_pem, key_pem, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(msp);
    return status;
}
