/** Fixed-base powers modulo p^2 of a generator of the n-th residues, by a comb (Lim and Lee, More
 *  Flexible Exponentiation with Precomputation, CRYPTO '94), in constant time.
 *
 *  Let g generate the group modulo p. h = g^p mod p^2 then generates the group of n-th residues
 *  modulo p^2, which has p - 1 elements: h^e with e uniform in 0 .. p-2 is a *uniform* n-th
 *  residue, just as r^n mod p^2 with uniform r. No assumption comes in. With shorter exponents one
 *  does: docs/soundness.md, claim 3a.
 *
 *  A table entry stands for a power w of h. It does not hold w, which has two halves, but the
 *  residue a = w R mod p alone, and a number l with  w R = a (1 + l p) mod p^2.  Products of such
 *  entries are products of the short a, and sums of the l:
 *
 *      prod w_j  ~  (prod a_j) (1 + p sum l_j),
 *
 *  which spares a fifth of each product modulo p^2. */
#ifndef LV_PAILLIER_COMB_H
#define LV_PAILLIER_COMB_H

#include "suite/paillier/internal.h"

/** Makes the tables, in locked memory, sized so that `uses` powers and the tables together take
 *  least time. The side's generator is known. */
LV_MUST_CHECK lv_status lv_comb_make(const lv_side *side, size_t uses, lv_comb **out);

/** Wipes and frees; NULL is legal. */
void lv_comb_free(lv_comb *comb);

/** r = h^e mod p^2, plain form. `e` has side->mont.n limbs, is below p - 1 and has no more than
 *  side->exponent_bits bits. */
void lv_comb_power(const lv_comb *comb, const lv_side *side, lv_dual *r, const mp_limb_t *e,
                   lv_mont_scratch *scratch);

#endif
