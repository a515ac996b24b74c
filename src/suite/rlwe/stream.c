/* Everything random, from 32-byte strings: the derivations of rlwe.h. */
#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <sodium.h>
#include <string.h>

static const char PUBLIC_DOMAIN[] = "lotveil/v2/rlwe1024/public";
static const char SECRET_DOMAIN[] = "lotveil/v2/rlwe1024/secret";
static const char NOISE_DOMAIN[] = "lotveil/v2/rlwe1024/noise";

enum { DERIVED = 32, WORD = 16, BLOCK = 64 };

_Static_assert(crypto_stream_chacha20_KEYBYTES == DERIVED, "keys of streams");
_Static_assert(LV_RLWE_NONCE_BYTES == DERIVED, "a nonce is a key");
_Static_assert(crypto_stream_chacha20_NONCEBYTES == 8, "a stream's nonce is a 64-bit number");

/* KDF(key, domain, data) of rlwe.h. libsodium's BLAKE2b fails on lengths out of range only, and
 * these are fixed. */
static void derive(uint8_t out[DERIVED], const uint8_t *key, const char *domain, lv_bytes data)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, key != NULL ? LV_RLWE_SEED_BYTES : 0, DERIVED);
    (void)crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain) + 1);
    (void)crypto_generichash_update(&state, data.data, data.len);
    (void)crypto_generichash_final(&state, out, DERIVED);
    lv_wipe(&state, sizeof state);
}

void lv_rlwe_sodium_stream(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                           uint64_t number, uint64_t counter)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    for (unsigned i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)(number >> 8 * i);
    }
    memset(out, 0, blocks * BLOCK);
    (void)crypto_stream_chacha20_xor_ic(out, out, blocks * BLOCK, nonce, counter, key);
}

void lv_rlwe_commit(uint8_t out[LV_RLWE_PUBLIC_BYTES], const uint8_t seed[LV_RLWE_SEED_BYTES])
{
    derive(out, NULL, PUBLIC_DOMAIN, (lv_bytes){.data = seed, .len = LV_RLWE_SEED_BYTES});
}

static uint64_t half_word(const uint8_t *p)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++) {
        word |= (uint64_t)p[i] << 8 * i;
    }
    return word;
}

/* floor(3 u / 2^128) */
static uint32_t third_of(const uint8_t u[WORD])
{
    const uint64_t low = half_word(u);
    const uint64_t high = half_word(u + 8);
    const uint64_t mask = UINT32_MAX;
    uint64_t carry = 3 * (low & mask) >> 32;
    carry = (3 * (low >> 32) + carry) >> 32;
    carry = (3 * (high & mask) + carry) >> 32;
    return (uint32_t)((3 * (high >> 32) + carry) >> 32);
}

void lv_rlwe_draw_secret(uint32_t s[LV_RLWE_N], const uint8_t seed[LV_RLWE_SEED_BYTES])
{
    uint8_t key[DERIVED];
    uint8_t stream[WORD * LV_RLWE_N];
    derive(key, seed, SECRET_DOMAIN, (lv_bytes){0});
    lv_rlwe_sodium_stream(stream, sizeof stream / BLOCK, key, 0, 0);
    for (size_t i = 0; i < LV_RLWE_N; i++) {
        s[i] = lv_rlwe_fold(third_of(stream + WORD * i) + LV_RLWE_Q - 1);
    }
    lv_wipe(key, sizeof key);
    lv_wipe(stream, sizeof stream);
}

void lv_rlwe_uniform(const lv_rlwe_ops *ops, uint32_t a[LV_RLWE_N],
                     const uint8_t nonce[LV_RLWE_NONCE_BYTES], size_t index)
{
    /* Of 1152 numbers 11 are refused, with a deviation of 3: the first piece is enough. */
    enum { PIECE = 45 };
    _Static_assert(PIECE * BLOCK % 320 == 0, "no number is cut in two");
    uint8_t stream[PIECE * BLOCK];
    size_t kept = 0;

    for (uint64_t counter = 0; kept < LV_RLWE_N; counter += PIECE) {
        ops->stream(stream, PIECE, nonce, index, counter);
        kept += ops->accept(a + kept, LV_RLWE_N - kept, stream, sizeof stream);
    }
}

void lv_rlwe_noise_key(uint8_t key[LV_RLWE_SEED_BYTES], const uint8_t seed[LV_RLWE_SEED_BYTES],
                       const uint8_t nonce[LV_RLWE_NONCE_BYTES])
{
    derive(key, seed, NOISE_DOMAIN, (lv_bytes){.data = nonce, .len = LV_RLWE_NONCE_BYTES});
}

void lv_rlwe_add(const lv_rlwe_ops *ops, uint32_t c[LV_RLWE_N],
                 const uint8_t key[LV_RLWE_SEED_BYTES], size_t index, const uint8_t bits[LV_RLWE_N])
{
    uint8_t stream[LV_RLWE_N];
    ops->stream(stream, sizeof stream / BLOCK, key, index, 0);
    ops->add(c, stream, bits);
    lv_wipe(stream, sizeof stream);
}
