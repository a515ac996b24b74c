/* D. E. Knuth, The Art of Computer Programming, volume 2, section 4.3.1, algorithm D, with every
 * correction done or masked; the quotient of two limbs by one is that of N. Möller and T. Granlund,
 * Improved Division by Invariant Integers, IEEE Transactions on Computers 60 (2011), algorithm 4.
 */
#include "suite/paillier/divide.h"
#include "base/secret.h"

_Static_assert(GMP_NUMB_BITS == 64, "limbs of 64 bits");

enum { LIMB = GMP_NUMB_BITS };

__extension__ typedef unsigned __int128 two_limbs;

/* 1 where a < b, without a comparison that could become a branch */
static mp_limb_t is_less(mp_limb_t a, mp_limb_t b)
{
    return ((~a & b) | ((~a | b) & (a - b))) >> (LIMB - 1);
}

/* Zeros above the highest bit of x, which is not zero. */
static unsigned zeros_above(mp_limb_t x)
{
    unsigned zeros = 0;
    for (unsigned step = LIMB / 2; step > 0; step /= 2) {
        /* the upper `step` bits are all zero */
        unsigned empty = (unsigned)is_less(x >> (LIMB - step), 1);
        zeros += step * empty;
        x <<= step * empty;
    }
    return zeros;
}

/* floor((2^128 - 1) / d) - 2^64 for d >= 2^63, bit by bit */
static mp_limb_t reciprocal(mp_limb_t d)
{
    mp_limb_t rest = ~d;
    mp_limb_t result = 0;
    for (int i = 0; i < LIMB; i++) {
        mp_limb_t carry = rest >> (LIMB - 1);
        rest = rest << 1 | 1;
        mp_limb_t fits = carry | (1 - is_less(rest, d));
        rest -= d & (0 - fits);
        result = result << 1 | fits;
    }
    return result;
}

/* min(2^64 - 1, floor((high 2^64 + low) / d)) for high <= d */
static mp_limb_t estimate(mp_limb_t high, mp_limb_t low, mp_limb_t d, mp_limb_t inverse)
{
    two_limbs product = (two_limbs)inverse * high + (((two_limbs)high << LIMB) | low);
    mp_limb_t q = (mp_limb_t)(product >> LIMB) + 1;
    mp_limb_t rest = low - q * d;
    mp_limb_t over = is_less((mp_limb_t)product, rest);
    q -= over;
    rest += d & (0 - over);
    q += 1 - is_less(rest, d);
    return q | (0 - (1 - is_less(high, d)));
}

/* r = x 2^shift, len + 1 limbs; 0 <= shift < 64 */
static void shift_up(mp_limb_t *r, const mp_limb_t *x, mp_size_t len, unsigned shift)
{
    mp_limb_t below = 0;
    for (mp_size_t i = 0; i < len; i++) {
        r[i] = x[i] << shift | below;
        below = x[i] >> 1 >> (LIMB - 1 - shift);
    }
    r[len] = below;
}

static void shift_down(mp_limb_t *r, const mp_limb_t *x, mp_size_t len, unsigned shift)
{
    for (mp_size_t i = 0; i < len; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): shift_up filled what is read */
        mp_limb_t above = i + 1 < len ? x[i + 1] : 0;
        r[i] = x[i] >> shift | above << 1 << (LIMB - 1 - shift);
    }
}

void lv_divide(mp_limb_t *q, mp_limb_t *r, const mp_limb_t *x, mp_size_t len, const mp_limb_t *m,
               mp_size_t m_len)
{
    mp_limb_t rest[LV_DIVIDE_LIMBS_MAX + 1];
    mp_limb_t divisor[LV_DIVIDE_LIMBS_MAX + 1];
    unsigned shift = zeros_above(m[m_len - 1]);
    shift_up(rest, x, len, shift);
    shift_up(divisor, m, m_len, shift);
    mp_limb_t inverse = reciprocal(divisor[m_len - 1]);

    for (mp_size_t at = len - m_len; at >= 0; at--) {
        mp_limb_t *top = &rest[at + m_len];
        mp_limb_t digit = estimate(*top, top[-1], divisor[m_len - 1], inverse);
        *top -= mpn_submul_1(rest + at, divisor, m_len, digit);
        for (int i = 0; i < 2; i++) { /* an estimate is at most two too large */
            mp_limb_t negative = *top >> (LIMB - 1);
            *top += mpn_cnd_add_n(negative, rest + at, rest + at, divisor, m_len);
            digit -= negative;
        }
        if (q != NULL) {
            q[at] = digit;
        }
    }
    shift_down(r, rest, m_len, shift);
    lv_wipe(rest, (size_t)(len + 1) * sizeof rest[0]);
    lv_wipe(divisor, (size_t)(m_len + 1) * sizeof divisor[0]);
}
