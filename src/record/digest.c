#include "record/digest.h"
#include "base/hex.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>

lv_status lv_digest_of_parts(const lv_bytes *parts, size_t count, lv_digest *out)
{
    *out = (lv_digest){0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) {
        return LV_E_MEMORY;
    }
    bool good = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++) {
        good = parts[i].len == 0 || EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1;
    }
    good = good && EVP_DigestFinal_ex(context, out->bytes, NULL) == 1;
    EVP_MD_CTX_free(context);
    return good ? LV_OK : LV_E_CRYPTO;
}

lv_bytes lv_digest_view(const lv_digest *digest)
{
    return (lv_bytes){.data = digest->bytes, .len = LV_DIGEST_LEN};
}

lv_status lv_digest_of(lv_bytes bytes, lv_digest *out)
{
    return lv_digest_of_parts(&bytes, 1, out);
}

bool lv_digest_equal(const lv_digest *a, const lv_digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, LV_DIGEST_LEN) == 0;
}

void lv_digest_hex(const lv_digest *digest, char text[2 * LV_DIGEST_LEN + 1])
{
    lv_hex_encode(lv_digest_view(digest), text);
}

lv_status lv_digest_from_hex(const char *text, lv_digest *out)
{
    lv_status status = lv_hex_decode(text, out->bytes, LV_DIGEST_LEN);
    if (status != LV_OK) {
        *out = (lv_digest){0};
    }
    return status;
}

lv_status lv_set_id_of(lv_bytes public_key, lv_digest *out)
{
    return lv_digest_of(public_key, out);
}

static void put_length(uint8_t place[8], size_t len)
{
    for (unsigned i = 0; i < 8; i++) {
        place[i] = (uint8_t)((uint64_t)len >> (8 * (7 - i)));
    }
}

lv_status lv_binding_of(lv_bytes public_key, lv_bytes x, lv_bytes y, lv_digest *out)
{
    static const char domain[] = "lotveil/v1/binding"; /* its NUL counts */
    const lv_bytes contents[] = {public_key, x, y};
    uint8_t lengths[3][8];
    lv_bytes parts[7] = {{.data = (const uint8_t *)domain, .len = sizeof domain}};

    for (size_t i = 0; i < 3; i++) {
        put_length(lengths[i], contents[i].len);
        parts[1 + 2 * i] = (lv_bytes){.data = lengths[i], .len = sizeof lengths[i]};
        parts[2 + 2 * i] = contents[i];
    }
    return lv_digest_of_parts(parts, sizeof parts / sizeof parts[0], out);
}
