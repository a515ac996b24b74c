#include "identity/low_s.h"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#define SCALAR_BYTES 32

/* n of P-256 and (n - 1) / 2 (SEC 2, section 2.4.2) */
static const uint8_t ORDER[SCALAR_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t HALF_ORDER[SCALAR_BYTES] = {
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

static ECDSA_SIG *decode(lv_bytes signature)
{
    if (signature.len == 0 || signature.len > LV_SIGNATURE_MAX) {
        return NULL;
    }
    const uint8_t *at = signature.data;
    ECDSA_SIG *decoded = d2i_ECDSA_SIG(NULL, &at, (long)signature.len);
    ERR_clear_error();
    return decoded;
}

static bool is_low(const BIGNUM *s)
{
    uint8_t bytes[SCALAR_BYTES];
    return !BN_is_negative(s) && BN_bn2binpad(s, bytes, SCALAR_BYTES) == SCALAR_BYTES &&
           memcmp(bytes, HALF_ORDER, SCALAR_BYTES) <= 0;
}

static lv_status encode(const ECDSA_SIG *signature, lv_buffer *out)
{
    uint8_t *der = NULL;
    int len = i2d_ECDSA_SIG(signature, &der);
    lv_status status = len > 0 ? lv_buffer_append(out, der, (size_t)len) : LV_E_CRYPTO;
    OPENSSL_free(der);
    return status;
}

bool lv_low_s_is_canonical(lv_bytes signature)
{
    uint8_t again[LV_SIGNATURE_MAX];
    uint8_t *at = again;
    ECDSA_SIG *decoded = decode(signature);
    bool canonical = decoded != NULL && is_low(ECDSA_SIG_get0_s(decoded)) &&
                     i2d_ECDSA_SIG(decoded, NULL) == (int)signature.len &&
                     i2d_ECDSA_SIG(decoded, &at) == (int)signature.len &&
                     memcmp(again, signature.data, signature.len) == 0;
    ECDSA_SIG_free(decoded);
    return canonical;
}

/* Replaces s by n - s. */
static lv_status flip(ECDSA_SIG *signature)
{
    lv_status status = LV_E_MEMORY;
    BIGNUM *r = BN_dup(ECDSA_SIG_get0_r(signature));
    BIGNUM *s = BN_bin2bn(ORDER, SCALAR_BYTES, NULL);
    if (r != NULL && s != NULL && BN_sub(s, s, ECDSA_SIG_get0_s(signature)) == 1 &&
        ECDSA_SIG_set0(signature, r, s) == 1) {
        return LV_OK;
    }
    BN_free(r);
    BN_free(s);
    return status;
}

lv_status lv_low_s_normalise(lv_bytes signature, lv_buffer *out)
{
    lv_status status = LV_OK;
    ECDSA_SIG *decoded = decode(signature);
    if (decoded == NULL) {
        return LV_E_CRYPTO;
    }
    if (!is_low(ECDSA_SIG_get0_s(decoded))) {
        status = flip(decoded);
    }
    if (status == LV_OK) {
        status = encode(decoded, out);
    }
    ECDSA_SIG_free(decoded);
    return status;
}
