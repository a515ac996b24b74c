#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"

/* Gentleman and Sande's butterflies. Sums are left as they are: below 2 q at the start, they
 * double ten times and stay below 2^32. */
static void inverse(uint32_t a[LV_RLWE_N])
{
    uint32_t bound = 2 * LV_RLWE_Q;
    for (unsigned half = 1, groups = LV_RLWE_N / 2; groups >= 1; half *= 2, groups /= 2) {
        for (unsigned g = 0; g < groups; g++) {
            uint32_t *low = a + (size_t)2 * g * half;
            uint32_t *high = low + half;
            uint32_t w = lv_rlwe_inverse_powers[groups + g];
            uint32_t quotient = lv_rlwe_inverse_quotients[groups + g];
            for (unsigned i = 0; i < half; i++) {
                uint32_t difference = low[i] + bound - high[i];
                low[i] += high[i];
                high[i] = lv_rlwe_mul(difference, w, quotient);
            }
        }
        bound *= 2;
    }
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        a[i] = lv_rlwe_fold(
            lv_rlwe_mul(a[i], lv_rlwe_inverse_powers[0], lv_rlwe_inverse_quotients[0]));
    }
}

static void product(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N], const lv_rlwe_factor *s)
{
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        r[i] = lv_rlwe_mul(a[i], s->value[i], s->quotient[i]);
    }
    inverse(r);
}

static uint32_t word_at(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t accept(uint32_t *out, size_t room, const uint8_t *stream, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len && kept < room; i += 4) {
        uint32_t candidate = word_at(stream + i) & ((1U << LV_RLWE_BITS) - 1);
        out[kept] = candidate;
        kept += candidate < LV_RLWE_Q ? 1 : 0;
    }
    return kept;
}

/* The ones in each byte of x. */
static uint32_t count_by_byte(uint32_t x)
{
    x -= x >> 1 & 0x55555555U;
    x = (x & 0x33333333U) + (x >> 2 & 0x33333333U);
    return (x + (x >> 4)) & 0x0f0f0f0fU;
}

static void add_noise(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_NOISE_BYTES])
{
    const uint8_t *bytes = stream + (size_t)4 * LV_RLWE_N;
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        uint32_t counts = count_by_byte(word_at(stream + (size_t)4 * i)) + count_by_byte(bytes[i]);
        uint32_t ones = counts * 0x01010101U >> 24;
        c[i] = lv_rlwe_fold(lv_rlwe_fold(c[i] + LV_RLWE_Q - LV_RLWE_NOISE_MAX) + ones);
    }
}

static void pack(uint8_t *out, const uint32_t *c, size_t count)
{
    for (size_t i = 0; i < count; i += 2, out += 5) {
        uint64_t two = c[i] | (uint64_t)c[i + 1] << LV_RLWE_BITS;
        for (unsigned j = 0; j < 5; j++) {
            out[j] = (uint8_t)(two >> 8 * j);
        }
    }
}

static bool unpack(uint32_t *c, const uint8_t *in, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i += 2, in += 5) {
        uint64_t two = word_at(in) | (uint64_t)in[4] << 32;
        c[i] = (uint32_t)two & ((1U << LV_RLWE_BITS) - 1);
        c[i + 1] = (uint32_t)(two >> LV_RLWE_BITS);
        good = good && c[i] < LV_RLWE_Q && c[i + 1] < LV_RLWE_Q;
    }
    return good;
}

const lv_rlwe_ops lv_rlwe_portable = {
    .name = "portable",
    .product = product,
    .stream = lv_rlwe_sodium_stream,
    .accept = accept,
    .add_noise = add_noise,
    .pack = pack,
    .unpack = unpack,
};
