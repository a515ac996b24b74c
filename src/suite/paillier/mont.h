/** Arithmetic modulo a secret odd p, and modulo p^2, in constant time: time and memory access
 *  depend on the size of p alone.
 *
 *  A number modulo p^2 is kept as two numbers modulo p: x = low + high * p (a lv_dual). With
 *  R = 2^(64 n), or another power of two (ifma.h), and Montgomery's reduction t = (T + m p) / R of
 * T = x.low * y.low,
 *
 *      x y / R  =  t + p * (x.low y.high + x.high y.low - m) / R   (mod p^2),
 *
 *  so that one product takes three products and two reductions of half the length: five eighths
 *  of the work of one Montgomery product modulo p^2, and seven twelfths for a square.
 *
 *  Numbers are kept in `words` words: their n limbs, each below p; or, where the processor has
 *  AVX-512 with IFMA, more digits of 52 bits, each number below 2 p (ifma.h). lv_mont_from_limbs
 * and lv_mont_to_limbs lead in and out.
 *
 *  "Montgomery form" of x is x R; every function says which form it takes. */
#ifndef LV_PAILLIER_MONT_H
#define LV_PAILLIER_MONT_H

#include "suite/paillier/addmul.h"
#include "suite/paillier/ifma.h"
#include "suite/paillier/select.h"
#include <gmp.h>
#include <lotveil/status.h>
#include <stddef.h>
#include <stdint.h>

#define LV_PRIME_LIMBS_MAX 64 /* a prime of up to 4096 bits */
#define LV_MONT_LIMBS_MAX 128 /* the p of this file: also an n, for proofs that anybody checks */
#define LV_MONT_WORDS_MAX LV_IFMA_WORDS_MAX
#define LV_DUAL_INPUT_MAX (2 * LV_MONT_LIMBS_MAX + 1)

_Static_assert(LV_IFMA_LIMBS_MAX == LV_MONT_LIMBS_MAX, "every p fits");

/** low + high * p */
typedef struct {
    mp_limb_t low[LV_MONT_WORDS_MAX];
    mp_limb_t high[LV_MONT_WORDS_MAX];
} lv_dual;

typedef struct {
    lv_addmul addmul;               /* lv_addmul_best, or mpn_addmul_1 */
    lv_select select;               /* lv_select_best */
    lv_ifma ifma;                   /* ifma.words = 0: limbs */
    mp_size_t n;                    /* limbs of p */
    mp_size_t words;                /* of a number as it is kept */
    mp_limb_t inverse;              /* -1/p mod 2^64 */
    mp_limb_t p[LV_MONT_LIMBS_MAX]; /* odd, p[n - 1] != 0 */
    lv_dual r2;                     /* R^2 mod p^2 */
    lv_dual one;                    /* R mod p^2 */
} lv_mont;

/** Room for one product. Holds secrets afterwards: lv_mont_scratch_wipe it when done. */
typedef struct {
    mp_limb_t t[2 * LV_MONT_LIMBS_MAX];
    mp_limb_t s[2 * LV_MONT_LIMBS_MAX];
    mp_limb_t u[2 * LV_MONT_LIMBS_MAX];
    mp_limb_t m[LV_MONT_LIMBS_MAX];
    mp_limb_t gmp[4 * LV_MONT_LIMBS_MAX]; /* what mpn_sec_mul and mpn_sec_sqr ask for */
    mp_limb_t room[2 * LV_IFMA_WORDS_MAX];
} lv_mont_scratch;

/** Wipes what products modulo this p left there. */
void lv_mont_scratch_wipe(const lv_mont *mont, lv_mont_scratch *scratch);

/** Wipes the words of a number. */
void lv_dual_wipe(const lv_mont *mont, lv_dual *a);

/** Takes an odd p of n limbs, the top one not zero, n <= LV_MONT_LIMBS_MAX. */
void lv_mont_init(lv_mont *mont, const mp_limb_t *p, mp_size_t n);

/** The same, kept in limbs whatever the processor has. */
void lv_mont_init_limbs(lv_mont *mont, const mp_limb_t *p, mp_size_t n);

/** Between n limbs, below p, and a number as it is kept, which is not brought into Montgomery form
 *  by that. lv_mont_from_limbs: `r` must not be x. */
void lv_mont_from_limbs(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *x);
void lv_mont_to_limbs(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *x);

/** r = a b / R mod p. `r` may be a or b. */
void lv_mont_mul(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                 lv_mont_scratch *scratch);

/** r = a^e mod p, a and r in Montgomery form. `e` is secret, its length of `bits` is
 *  not. `r` may be a. */
void lv_mont_pow(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *e,
                 mp_size_t bits, lv_mont_scratch *scratch);

/** r = a + b mod p. `r` may be a or b. */
void lv_mont_add(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                 lv_mont_scratch *scratch);

/** r = a b / R mod p^2. `r` may be a or b. */
void lv_dual_mul(const lv_mont *mont, lv_dual *r, const lv_dual *a, const lv_dual *b,
                 lv_mont_scratch *scratch);

/** r = a b / R mod p^2 for a b kept modulo p. `r` may be a. */
void lv_dual_mul_low(const lv_mont *mont, lv_dual *r, const lv_dual *a, const mp_limb_t *b,
                     lv_mont_scratch *scratch);

/** r = a b / R mod p^2 for a, b kept modulo p. */
void lv_dual_mul_lows(const lv_mont *mont, lv_dual *r, const mp_limb_t *a, const mp_limb_t *b,
                      lv_mont_scratch *scratch);

/** r = a^2 / R mod p^2. `r` may be a. */
void lv_dual_sqr(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch);

/** r = a^e mod p^2, a and r in Montgomery form. `e` is secret, its length of `bits` is not. */
void lv_dual_pow(const lv_mont *mont, lv_dual *r, const lv_dual *a, const mp_limb_t *e,
                 mp_size_t bits, lv_mont_scratch *scratch);

/** Writes an integer of `len` limbs, n <= len <= LV_DUAL_INPUT_MAX, as low + high p modulo p^2;
 *  plain form. */
void lv_dual_from_limbs(const lv_mont *mont, lv_dual *r, const mp_limb_t *x, mp_size_t len);

/** Writes low + high p mod p^2 as an integer of 2 n limbs. */
void lv_dual_to_limbs(const lv_mont *mont, mp_limb_t *r, const lv_dual *a,
                      lv_mont_scratch *scratch);

/** Into and out of Montgomery form. `r` may be a. */
void lv_dual_enter(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch);
void lv_dual_leave(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch);

/** 1 where a = b modulo p^2 (of the same form), 0 otherwise. */
unsigned lv_dual_equal(const lv_mont *mont, const lv_dual *a, const lv_dual *b);

#endif
