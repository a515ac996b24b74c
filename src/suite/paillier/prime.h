/** Random primes whose multiplicative group is known.
 *
 *  p = 2 u rho1 rho2 + 1 with random primes rho1, rho2 of half the size of p and a u of about 33
 *  bits (Lim and Lee, A Key Recovery Attack on Discrete Log-based Schemes Using a Prime Order
 *  Subgroup, CRYPTO '97, section 5). So p - 1 can be factored by who made it, a generator of the
 *  whole group can be certified, and p is not just probably prime: rho1 rho2 > sqrt(p), so the
 *  generator is a proof by Pocklington's theorem once rho1 and rho2 are primes.
 *
 *  Time depends on the primes, as in every search for primes. Temporaries of GMP are not wiped. */
#ifndef LV_PAILLIER_PRIME_H
#define LV_PAILLIER_PRIME_H

#include <gmp.h>
#include <lotveil/job.h>

#define LV_PRIME_BITS_MIN 64U    /* of p */
#define LV_PRIME_COFACTOR_MAX 40 /* bits of 2 u that lv_prime_generator factors */

/** Small primes to sieve with. */
typedef struct {
    uint32_t *primes; /* 3, 5, 7, ... */
    size_t count;
} lv_prime_table;

LV_MUST_CHECK lv_status lv_prime_table_make(lv_prime_table *table);
void lv_prime_table_free(lv_prime_table *table);

/** A random prime of exactly `bits` bits, >= LV_PRIME_BITS_MIN, the top two of them set.
 * @param[out] p, rho  initialised by the caller; the primes of the form above (rho prime to an
 *                     error below 2^-128).
 * @param[out] generator  the smallest generator of the group modulo p. */
LV_MUST_CHECK lv_status lv_prime_make(mpz_t p, mpz_t rho[2], uint64_t *generator, mp_bitcnt_t bits,
                                      const lv_prime_table *table, const lv_rng *rng);

/** Finds and certifies the smallest generator of the group modulo p, given the primes (or ones)
 *  rho with p = 2 u rho[0] rho[1] + 1; also proves p prime where rho[0] rho[1] > sqrt(p).
 * @return 0 where u is no such number, of more than LV_PRIME_COFACTOR_MAX bits, or p no prime. */
uint64_t lv_prime_generator(const mpz_t p, mpz_t *rho);

#endif
