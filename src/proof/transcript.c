#include "proof/transcript.h"
#include "base/writer.h"
#include <openssl/evp.h>
#include <string.h>

static lv_status sha256(const lv_buffer *bytes, uint8_t digest[LV_SEED_LEN])
{
    int done = EVP_Digest(bytes->data, bytes->len, digest, NULL, EVP_sha256(), NULL);
    return done == 1 ? LV_OK : LV_E_CRYPTO;
}

lv_status lv_transcript_seed(const char *domain, const lv_proof_context *context,
                             const lv_public_key *key, uint8_t seed[LV_SEED_LEN])
{
    const char *texts[] = {domain, context->channel, context->downstream, context->upstream,
                           context->series};
    lv_buffer hashed = {0};
    lv_buffer encoded = {0};
    lv_status status = lv_public_encode(key, &encoded);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == LV_OK; i++) {
        status = lv_write_block(&hashed, lv_bytes_of_text(texts[i]));
    }
    if (status == LV_OK) {
        status = lv_write_u64(&hashed, context->sequence);
    }
    if (status == LV_OK) {
        status = lv_write_u32(&hashed, context->pair);
    }
    if (status == LV_OK) {
        status = lv_write_block(&hashed, lv_buffer_view(&encoded));
    }
    if (status == LV_OK) {
        status = sha256(&hashed, seed);
    }
    lv_buffer_free(&hashed);
    lv_buffer_free(&encoded);
    return status;
}

lv_status lv_transcript_expand(const uint8_t seed[LV_SEED_LEN], uint32_t index, uint8_t *out,
                               size_t len)
{
    lv_status status = LV_OK;
    for (uint32_t counter = 0; len > 0 && status == LV_OK; counter++) {
        uint8_t digest[LV_SEED_LEN];
        lv_buffer hashed = {0};
        status = lv_buffer_append(&hashed, seed, LV_SEED_LEN);
        if (status == LV_OK) {
            status = lv_write_u32(&hashed, index);
        }
        if (status == LV_OK) {
            status = lv_write_u32(&hashed, counter);
        }
        if (status == LV_OK) {
            status = sha256(&hashed, digest);
        }
        lv_buffer_free(&hashed);
        size_t take = len < sizeof digest ? len : sizeof digest;
        if (status == LV_OK) {
            memcpy(out, digest, take);
        }
        out += take;
        len -= take;
    }
    return status;
}

lv_status lv_transcript_digest(const lv_bytes *part, size_t count, uint8_t digest[LV_SEED_LEN])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; i < count && good; i++) {
        good = EVP_DigestUpdate(hash, part[i].data, part[i].len) == 1;
    }
    good = good && EVP_DigestFinal_ex(hash, digest, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return good ? LV_OK : LV_E_CRYPTO;
}

lv_status lv_transcript_squeeze(const uint8_t seed[LV_SEED_LEN], uint32_t index, uint8_t *out,
                                size_t len)
{
    const uint8_t number[] = {(uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8),
                              (uint8_t)index};
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash != NULL && EVP_DigestInit_ex(hash, EVP_shake256(), NULL) == 1 &&
                EVP_DigestUpdate(hash, seed, LV_SEED_LEN) == 1 &&
                EVP_DigestUpdate(hash, number, sizeof number) == 1 &&
                EVP_DigestFinalXOF(hash, out, len) == 1;
    EVP_MD_CTX_free(hash);
    return good ? LV_OK : LV_E_CRYPTO;
}
