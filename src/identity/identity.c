#include "base/secret.h"
#include "identity/low_s.h"
#include "identity/x509.h"
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lv_identity {
    atomic_uint owners;
    int64_t valid_from;
    int64_t valid_until;
    char msp[LV_NAME_MAX + 1];
    EVP_PKEY *key;
    lv_buffer der;
    lv_buffer pem;
    uint8_t *key_pem; /* locked memory */
    size_t key_pem_len;
};

static lv_status take_certificate(lv_identity *identity, const X509 *certificate, lv_error *err)
{
    uint8_t *der = NULL;
    int len = i2d_X509(certificate, &der);
    lv_status status = len > 0 ? lv_buffer_append(&identity->der, der, (size_t)len)
                               : lv_openssl_fail(err, "certificate: cannot write DER");
    OPENSSL_free(der);
    return status == LV_OK ? lv_x509_to_pem(certificate, &identity->pem, err) : status;
}

static lv_status take_validity(lv_identity *identity, const X509 *certificate, lv_error *err)
{
    if (!lv_x509_seconds(X509_get0_notBefore(certificate), &identity->valid_from) ||
        !lv_x509_seconds(X509_get0_notAfter(certificate), &identity->valid_until)) {
        return lv_fail(err, LV_E_SYNTAX, "certificate of %s: its validity is no time",
                       identity->msp);
    }
    return LV_OK;
}

static lv_status take_key_pem(lv_identity *identity, lv_bytes pem)
{
    identity->key_pem = lv_secret_alloc(pem.len);
    if (identity->key_pem == NULL) {
        return LV_E_MEMORY;
    }
    memcpy(identity->key_pem, pem.data, pem.len);
    identity->key_pem_len = pem.len;
    return LV_OK;
}

static lv_status fill(lv_identity *identity, const X509 *certificate, lv_bytes key_pem,
                      lv_error *err)
{
    lv_status status = lv_key_from_pem(key_pem, &identity->key, err);
    if (status != LV_OK) {
        return status;
    }
    if (!lv_key_is_p256(identity->key)) {
        return lv_fail(err, LV_INVALID, "private key of %s: not ECDSA P-256", identity->msp);
    }
    if (X509_check_private_key(certificate, identity->key) != 1) {
        ERR_clear_error();
        return lv_fail(err, LV_INVALID, "%s: certificate and private key do not belong together",
                       identity->msp);
    }
    status = take_validity(identity, certificate, err);
    if (status == LV_OK) {
        status = take_certificate(identity, certificate, err);
    }
    return status == LV_OK ? take_key_pem(identity, key_pem) : status;
}

lv_status lv_identity_load(const char *msp_id, lv_bytes certificate_pem, lv_bytes key_pem,
                           lv_identity **out, lv_error *err)
{
    X509 *certificate = NULL;

    *out = NULL;
    if (!lv_name_is_valid(msp_id)) {
        return lv_fail(err, LV_E_ARGUMENT, "organisation: not a valid MSP id");
    }
    lv_status status = lv_x509_from_pem(certificate_pem, &certificate, err);
    if (status != LV_OK) {
        return status;
    }
    lv_identity *identity = calloc(1, sizeof *identity);
    status = LV_E_MEMORY;
    if (identity != NULL) {
        atomic_init(&identity->owners, 1);
        snprintf(identity->msp, sizeof identity->msp, "%s", msp_id);
        status = fill(identity, certificate, key_pem, err);
    }
    X509_free(certificate);
    if (status != LV_OK) {
        lv_identity_free(identity);
        return status;
    }
    *out = identity;
    return LV_OK;
}

lv_identity *lv_identity_retain(const lv_identity *identity)
{
    /* const for all but the count of its owners */
    lv_identity *shared = (lv_identity *)(uintptr_t)identity;
    atomic_fetch_add_explicit(&shared->owners, 1, memory_order_relaxed);
    return shared;
}

void lv_identity_free(lv_identity *identity)
{
    if (identity == NULL ||
        atomic_fetch_sub_explicit(&identity->owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    EVP_PKEY_free(identity->key);
    lv_buffer_free(&identity->der);
    lv_buffer_free(&identity->pem);
    lv_secret_free(identity->key_pem);
    free(identity);
}

const char *lv_identity_msp(const lv_identity *identity) { return identity->msp; }

int64_t lv_identity_valid_from(const lv_identity *identity) { return identity->valid_from; }

int64_t lv_identity_valid_until(const lv_identity *identity) { return identity->valid_until; }

lv_bytes lv_identity_certificate(const lv_identity *identity)
{
    return lv_buffer_view(&identity->der);
}

lv_bytes lv_identity_certificate_pem(const lv_identity *identity)
{
    return lv_buffer_view(&identity->pem);
}

lv_bytes lv_identity_key_pem(const lv_identity *identity)
{
    return (lv_bytes){.data = identity->key_pem, .len = identity->key_pem_len};
}

static lv_status sign(const lv_identity *identity, lv_bytes domain, lv_bytes bytes,
                      lv_buffer *signature, lv_error *err)
{
    uint8_t der[LV_SIGNATURE_MAX];
    size_t len = sizeof der;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL) {
        return LV_E_MEMORY;
    }
    bool made =
        EVP_DigestSignInit_ex(digest, NULL, "SHA256", NULL, NULL, identity->key, NULL) == 1 &&
        EVP_DigestSignUpdate(digest, domain.data, domain.len) == 1 &&
        EVP_DigestSignUpdate(digest, bytes.data, bytes.len) == 1 &&
        EVP_DigestSignFinal(digest, der, &len) == 1;
    EVP_MD_CTX_free(digest);
    if (!made) {
        return lv_openssl_fail(err, "signature");
    }
    lv_status status = lv_low_s_normalise((lv_bytes){.data = der, .len = len}, signature);
    return status == LV_E_CRYPTO ? lv_openssl_fail(err, "signature") : status;
}

lv_status lv_identity_sign(const lv_identity *identity, const char *domain, lv_bytes bytes,
                           lv_buffer *signature, lv_error *err)
{
    /* The domain is hashed with its NUL, so that none is the beginning of another. */
    const lv_bytes prefix = {.data = (const uint8_t *)domain, .len = strlen(domain) + 1};
    return sign(identity, prefix, bytes, signature, err);
}

lv_status lv_identity_sign_plain(const lv_identity *identity, lv_bytes bytes, lv_buffer *signature,
                                 lv_error *err)
{
    static const char ours[] = "lotveil/"; /* every domain begins so */
    const size_t len = sizeof ours - 1;
    if (bytes.len >= len && memcmp(bytes.data, ours, len) == 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "signature: bytes with a domain of Lotveil are not signed plainly");
    }
    return sign(identity, (lv_bytes){0}, bytes, signature, err);
}
