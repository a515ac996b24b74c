#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"
#include "suite/rlwe/row.h"

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

void lv_rlwe_portable_prepare(lv_rlwe_factor *s, const uint32_t values[LV_RLWE_N])
{
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        s->value[i] = values[i];
        s->quotient[i] = lv_rlwe_quotient(values[i]);
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

static uint64_t two_at(const uint8_t *p) { return word_at(p) | (uint64_t)p[4] << 32; }

static size_t accept(uint32_t *out, size_t room, const uint8_t *stream, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len && kept < room; i += 5) {
        const uint64_t two = two_at(stream + i);
        const uint32_t first = (uint32_t)two & ((1U << LV_RLWE_BITS) - 1);
        const uint32_t second = (uint32_t)(two >> LV_RLWE_BITS);
        out[kept] = first;
        kept += first < LV_RLWE_Q ? 1 : 0;
        if (kept < room) {
            out[kept] = second;
            kept += second < LV_RLWE_Q ? 1 : 0;
        }
    }
    return kept;
}

static void add(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_N],
                const uint8_t bits[LV_RLWE_N])
{
    for (unsigned i = 0; i < LV_RLWE_N; i++) {
        uint32_t sum = (stream[i] & 7U) + (stream[i] >> 3 & 7U);
        uint32_t shifted = lv_rlwe_fold(c[i] + LV_RLWE_Q - LV_RLWE_NOISE_MAX);
        c[i] = lv_rlwe_fold(shifted + sum + (LV_RLWE_DELTA & (0U - bits[i])));
    }
}

static void subtract(uint32_t a[LV_RLWE_N], const uint32_t b[LV_RLWE_N])
{
    lv_rlwe_plain_subtract(a, b);
}

static uint32_t row(uint32_t *z, const uint32_t *x, const uint32_t *y, const uint32_t *w,
                    uint32_t constant, unsigned width)
{
    return lv_rlwe_plain_row(z, x, y, w, constant, width);
}

static void decide(bool *is_zero, const uint32_t *b, const uint32_t *mask, unsigned count)
{
    lv_rlwe_plain_decide(is_zero, b, mask, count);
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
        uint64_t two = two_at(in);
        c[i] = (uint32_t)two & ((1U << LV_RLWE_BITS) - 1);
        c[i + 1] = (uint32_t)(two >> LV_RLWE_BITS);
        good = good && c[i] < LV_RLWE_Q && c[i + 1] < LV_RLWE_Q;
    }
    return good;
}

const lv_rlwe_ops lv_rlwe_portable = {
    .name = "portable",
    .prepare = lv_rlwe_portable_prepare,
    .subtract = subtract,
    .product = product,
    .stream = lv_rlwe_sodium_stream,
    .accept = accept,
    .add = add,
    .row = row,
    .decide = decide,
    .pack = pack,
    .unpack = unpack,
};
