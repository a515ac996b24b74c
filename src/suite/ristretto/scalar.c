#include "suite/ristretto/scalar.h"
#include "base/secret.h"
#include <string.h>

__extension__ typedef unsigned __int128 wide_limb;

enum { LIMBS = 4, LIMB_BITS = 64, WIDE_LIMBS = 8 };
enum { ORDER_TOP = 60 }; /* the bit of the top limb of L */

static const uint64_t ORDER[LIMBS] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0,
                                      0x1000000000000000};
static const uint64_t ORDER_FACTOR = 0xd2b51da312547e1b; /* -1/L mod 2^64 */
static const lv_scalar SQUARE_OF_R = {                   /* 2^512 mod L */
                                      {0xa40611e3449c0f01, 0xd00e1ba768859347, 0xceec73d217f5be65,
                                       0x0399411b7c309a3d}};

static const lv_scalar CUBE_OF_R = {
    {0x2a9e49687b83a2db, 0x278324e6aef7f3ec, 0x8065dc6c04ec5b65, 0x0e530b773599cec7}};

/* a - L where that is not negative, a otherwise; a < 2 L. */
static void subtract_order(lv_scalar *a)
{
    uint64_t rest[LIMBS];
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        wide_limb difference = (wide_limb)a->v[i] - ORDER[i] - borrow;
        rest[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    uint64_t keep = 0 - borrow;
    for (int i = 0; i < LIMBS; i++) {
        a->v[i] = (a->v[i] & keep) | (rest[i] & ~keep);
    }
}

/* (t + m L) / 2^64 for the m that makes it whole; t has five limbs, of which the result needs four
 * where t is below 2^64 (2^256 - L). L is two limbs, a zero and a power of two. */
static inline void drop_limb(uint64_t t[LIMBS + 1])
{
    const uint64_t m = t[0] * ORDER_FACTOR;
    wide_limb sum = (wide_limb)m * ORDER[0] + t[0];
    sum = (wide_limb)m * ORDER[1] + t[1] + (uint64_t)(sum >> 64);
    t[0] = (uint64_t)sum;
    sum = (wide_limb)t[2] + (uint64_t)(sum >> 64);
    t[1] = (uint64_t)sum;
    sum = ((wide_limb)m << ORDER_TOP) + t[3] + (uint64_t)(sum >> 64);
    t[2] = (uint64_t)sum;
    sum = (wide_limb)t[4] + (uint64_t)(sum >> 64);
    t[3] = (uint64_t)sum;
    t[4] = (uint64_t)(sum >> 64);
}

/* a b / 2^256 mod L for a < 2^256, b < L (Montgomery). What is in t stays below 2 L. */
static void mont(lv_scalar *out, const lv_scalar *a, const lv_scalar *b)
{
    uint64_t t[LIMBS + 1] = {0};
#pragma GCC unroll 4
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
#pragma GCC unroll 4
        for (int j = 0; j < LIMBS; j++) {
            wide_limb sum = (wide_limb)a->v[i] * b->v[j] + t[j] + carry;
            t[j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        t[LIMBS] = carry;
        drop_limb(t);
    }
    memcpy(out->v, t, sizeof out->v);
    subtract_order(out);
}

static uint64_t load(const uint8_t *bytes)
{
    uint64_t limb = 0;
    for (int i = 7; i >= 0; i--) {
        limb = limb << 8 | bytes[i];
    }
    return limb;
}

bool lv_scalar_decode(lv_scalar *out, const uint8_t bytes[LV_SCALAR_LEN])
{
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        out->v[i] = load(bytes + (size_t)8 * (size_t)i);
        borrow = (uint64_t)(((wide_limb)out->v[i] - ORDER[i] - borrow) >> 64) & 1;
    }
    for (int i = 0; i < LIMBS; i++) {
        out->v[i] &= 0 - borrow;
    }
    return borrow != 0;
}

void lv_scalar_encode(uint8_t bytes[LV_SCALAR_LEN], const lv_scalar *a)
{
    for (size_t i = 0; i < LV_SCALAR_LEN; i++) {
        bytes[i] = (uint8_t)(a->v[i / 8] >> (8 * (i % 8)));
    }
}

void lv_scalar_reduce(lv_scalar *out, const uint8_t wide[LV_SCALAR_WIDE])
{
    lv_scalar_sum sum = {{0}};
    for (size_t i = 0; i < LV_SCALAR_WIDE / 8; i++) {
        sum.v[i] = load(wide + 8 * i);
    }
    lv_scalar_sum_reduce(out, &sum);
    lv_wipe(&sum, sizeof sum);
}

void lv_scalar_add(lv_scalar *out, const lv_scalar *a, const lv_scalar *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        wide_limb sum = (wide_limb)a->v[i] + b->v[i] + carry;
        out->v[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    subtract_order(out);
}

void lv_scalar_negate(lv_scalar *out, const lv_scalar *a)
{
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        wide_limb difference = (wide_limb)ORDER[i] - a->v[i] - borrow;
        out->v[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    subtract_order(out); /* L - 0 */
}

void lv_scalar_multiply(lv_scalar *out, const lv_scalar *a, const lv_scalar *b)
{
    lv_scalar high;
    mont(&high, a, &SQUARE_OF_R);
    mont(out, &high, b);
    lv_wipe(&high, sizeof high);
}

void lv_scalar_factor_of(lv_scalar_factor *out, const lv_scalar *a)
{
    mont(&out->shifted, a, &SQUARE_OF_R);
}

void lv_scalar_factor_multiply(lv_scalar_factor *out, const lv_scalar_factor *a,
                               const lv_scalar_factor *b)
{
    mont(&out->shifted, &a->shifted, &b->shifted);
}

void lv_scalar_times(lv_scalar *out, const lv_scalar *a, const lv_scalar_factor *b)
{
    mont(out, a, &b->shifted);
}

void lv_scalar_halve(lv_scalar *out, const lv_scalar *a)
{
    uint64_t odd = 0 - (a->v[0] & 1);
    uint64_t sum[LIMBS];
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) { /* below 2^254: no carry leaves */
        wide_limb limb = (wide_limb)a->v[i] + (ORDER[i] & odd) + carry;
        sum[i] = (uint64_t)limb;
        carry = (uint64_t)(limb >> 64);
    }
    for (int i = 0; i < LIMBS; i++) {
        out->v[i] = sum[i] >> 1 | (i + 1 < LIMBS ? sum[i + 1] << 63 : 0);
    }
    lv_wipe(sum, sizeof sum);
}

bool lv_scalar_is_zero(const lv_scalar *a) { return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0; }

void lv_scalar_select(lv_scalar *out, unsigned bit, const lv_scalar *a, const lv_scalar *b)
{
    uint64_t mask = 0 - (uint64_t)(bit & 1);
    for (int i = 0; i < LIMBS; i++) {
        out->v[i] = b->v[i] ^ (mask & (a->v[i] ^ b->v[i]));
    }
}

void lv_scalar_sum_add(lv_scalar_sum *sum, const lv_scalar *a, const lv_scalar *b)
{
    uint64_t above = 0; /* what the row before carried out of its four limbs, and out of the sum */
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            wide_limb t = (wide_limb)a->v[i] * b->v[j] + sum->v[i + j] + carry;
            sum->v[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        wide_limb top = (wide_limb)sum->v[i + LIMBS] + carry + above;
        sum->v[i + LIMBS] = (uint64_t)top;
        above = (uint64_t)(top >> 64);
    }
    sum->v[WIDE_LIMBS] += above;
}

/* Four limbs are dropped from the lower end, which divides by 2^256 modulo L, and what is left, a
 * number below 2^256 and a limb above it, is multiplied by as much. */
void lv_scalar_sum_reduce(lv_scalar *out, const lv_scalar_sum *sum)
{
    uint64_t t[LIMBS + 1];
    lv_scalar left;
    lv_scalar above = {{0}};
    uint64_t carry = 0;
    memcpy(t, sum->v, sizeof t);
#pragma GCC unroll 4
    for (int i = 0; i < LIMBS; i++) {
        wide_limb next = (wide_limb)sum->v[i + LIMBS + 1] + carry;
        drop_limb(t);
        next += t[LIMBS];
        t[LIMBS] = (uint64_t)next;
        carry = (uint64_t)(next >> 64);
    }
    memcpy(left.v, t, sizeof left.v);
    above.v[0] = t[LIMBS];
    above.v[1] = carry;
    mont(&left, &left, &SQUARE_OF_R);
    mont(&above, &above, &CUBE_OF_R);
    lv_scalar_add(out, &left, &above);
    lv_wipe(t, sizeof t);
    lv_wipe(&left, sizeof left);
    lv_wipe(&above, sizeof above);
}

void lv_scalar_digits(int8_t *digit, unsigned count, unsigned bits, const lv_scalar *a)
{
    int carry = 0;
    int half = 1 << (bits - 1);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = i * bits;
        uint64_t window = a->v[at / 64] >> at % 64;
        if (at % 64 + bits > 64 && at / 64 + 1 < LIMBS) {
            window |= a->v[at / 64 + 1] << (64 - at % 64);
        }
        int value = (int)(window & ((1U << bits) - 1)) + carry;
        carry = (value + half) >> bits;
        digit[i] = (int8_t)(value - (carry << bits));
    }
}

/* 64 bits from a place on. */
static inline uint64_t bits_from(const uint64_t limb[LIMBS + 2], unsigned at)
{
    return limb[at / 64] >> at % 64 | limb[at / 64 + 1] << 1 << (63 - at % 64);
}

/* Bits are looked at 64 at once, until the next digit does not lie within them. */
size_t lv_scalar_naf_vartime(lv_scalar_digit digit[LV_SCALAR_NAF], unsigned width,
                             const lv_scalar *a)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    const uint64_t limb[LIMBS + 2] = {a->v[0], a->v[1], a->v[2], a->v[3], 0, 0};
    size_t count = 0;
    uint64_t carry = 0;
    unsigned at = 0;
    while (at < LV_SCALAR_PLACES) {
        uint64_t bits = bits_from(limb, at);
        unsigned left = LIMB_BITS;
        for (;;) {
            const uint64_t begins = bits ^ (0 - carry); /* a carry meets ones and goes on */
            const unsigned zeros = begins == 0 ? LIMB_BITS : (unsigned)__builtin_ctzll(begins);
            if (zeros >= LIMB_BITS || zeros + width > left) {
                at += zeros < left ? zeros : left;
                break;
            }
            bits >>= zeros;
            at += zeros;
            const uint64_t value = (bits & mask) + carry;
            carry = value >> (width - 1);
            digit[count++] =
                (lv_scalar_digit){(uint8_t)at, (int8_t)((int)value - (int)(carry << width))};
            bits >>= width;
            at += width;
            left -= zeros + width;
        }
    }
    return count;
}
