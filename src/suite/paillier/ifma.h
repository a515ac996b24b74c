/** The products of mont.h in digits of 52 bits, by AVX-512 with IFMA, whose vpmadd52luq and
 *  vpmadd52huq multiply eight pairs of them at a time.
 *
 *  A number is kept in `words` digits, a multiple of eight, below 2^52 each; it is below 2 p and
 * not always below p. With R = 2^(52 rounds) >= 2^10 p a product of two such is one again, so that
 * nothing is ever subtracted. Both halves of a lv_dual are kept so: low + high p is right modulo
 * p^2 whatever multiples of p they hold.
 *
 *  Straight-line code: time and addresses depend on the sizes alone. valgrind 3.19 does not know
 *  these instructions, so tests/ct follows the portable twin of mont.c instead; the two are held
 *  against each other in tests/unit/suite/test_mont.c. */
#ifndef LV_PAILLIER_IFMA_H
#define LV_PAILLIER_IFMA_H

#include <gmp.h>
#include <stdbool.h>

enum {
    LV_IFMA_DIGIT = 52,
    LV_IFMA_LANES = 8,
    LV_IFMA_LIMBS_MAX = 128, /* of p */
    LV_IFMA_WORDS_MAX = 160,
};

typedef struct {
    mp_size_t words;   /* of a number; 0 where the processor has no such instructions */
    mp_size_t rounds;  /* digits of R */
    mp_limb_t inverse; /* -1/p mod 2^64 */
    mp_limb_t p[LV_IFMA_WORDS_MAX];
    mp_limb_t minus_twice[LV_IFMA_WORDS_MAX]; /* 2^(52 words) - 2 p */
    mp_limb_t offset[LV_IFMA_WORDS_MAX];      /* where the sum of a high half begins */
} lv_ifma;

/** Sets up `ifma` for an odd p of n limbs, or `words` to 0: where the processor has not the
 *  instructions, p is too short or too long, or LOTVEIL_CPU=portable or avx2. */
void lv_ifma_init(lv_ifma *ifma, const mp_limb_t *p, mp_size_t n, mp_limb_t inverse);

/** Radix alone: n limbs into digits, and a number, any below 4 p, into n + 1 limbs. */
void lv_ifma_from_limbs(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *x, mp_size_t n);
void lv_ifma_to_limbs(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *x, mp_size_t n);

/** r = a b / R mod p. `r` may be a or b. */
void lv_ifma_mul(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b);

/** r = a + b mod p. `r` may be a or b. */
void lv_ifma_add(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b);

/** With m the digits that a b takes to be divisible by R: low = (a b + m p) / R and high = (c d + e
 * f
 *  - m) / R mod p. c and e, or e, NULL: without those products. Outputs may be inputs.
 * @param room  2 * LV_IFMA_WORDS_MAX limbs, which hold secrets afterwards. */
void lv_ifma_dual(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high, const mp_limb_t *a,
                  const mp_limb_t *b, const mp_limb_t *c, const mp_limb_t *d, const mp_limb_t *e,
                  const mp_limb_t *f, mp_limb_t *room);

#endif
