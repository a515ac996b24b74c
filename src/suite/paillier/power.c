#include "suite/paillier/internal.h"
#include <string.h>

/* n-th powers of public numbers. mont.h keeps a number modulo n^2 as two modulo n, and multiplies
 * faster than GMP where the processor has the instructions for it. */

/* Writes x < n, or below n^2, into limbs that are zero. */
static void put(mp_limb_t *limbs, const mpz_t x)
{
    mpn_copyi(limbs, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
}

static void power_mod_n(const lv_mont *mont, mp_limb_t *r, const mpz_t x, mp_size_t bits)
{
    static const mp_limb_t one[LV_MONT_WORDS_MAX] = {1};
    mp_limb_t limbs[LV_MONT_LIMBS_MAX] = {0};
    mp_limb_t power[LV_MONT_WORDS_MAX];
    lv_mont_scratch scratch;
    put(limbs, x);
    lv_mont_from_limbs(mont, power, limbs);
    lv_mont_mul(mont, power, power, mont->r2.low, &scratch);
    lv_mont_pow(mont, power, power, mont->p, bits, &scratch);
    lv_mont_mul(mont, power, power, one, &scratch);
    lv_mont_to_limbs(mont, r, power);
}

static void power_mod_square(const lv_mont *mont, mp_limb_t *r, const mpz_t x, mp_size_t bits)
{
    mp_limb_t limbs[LV_MONT_LIMBS_MAX] = {0};
    lv_dual power;
    lv_mont_scratch scratch;
    put(limbs, x);
    lv_dual_from_limbs(mont, &power, limbs, mont->n);
    lv_dual_enter(mont, &power, &power, &scratch);
    lv_dual_pow(mont, &power, &power, mont->p, bits, &scratch);
    lv_dual_leave(mont, &power, &power, &scratch);
    lv_dual_to_limbs(mont, r, &power, &scratch);
}

bool lv_paillier_is_power(const lv_public_key *key, const mpz_t root, mpz_srcptr z, bool squared)
{
    const lv_paillier_public *mine = lv_paillier_public_of(key);
    mpz_srcptr modulus = squared ? mine->n2 : mine->n;
    mp_limb_t limbs[2 * LV_MONT_LIMBS_MAX];
    mpz_t power;
    mpz_t rest;
    lv_mont mont;

    lv_mont_init(&mont, mpz_limbs_read(mine->n), (mp_size_t)mpz_size(mine->n));
    mpz_init(rest);
    mpz_fdiv_r(rest, z, modulus);
    bool good = false;
    if (mont.ifma.words == 0 && mont.addmul == mpn_addmul_1) {
        mpz_init(power);
        mpz_powm(power, root, mine->n, modulus);
        good = mpz_cmp(power, rest) == 0;
        mpz_clear(power);
    } else {
        mp_size_t bits = (mp_size_t)mine->base.key_bits;
        (squared ? power_mod_square : power_mod_n)(&mont, limbs, root, bits);
        good = mpz_cmp(mpz_roinit_n(power, limbs, squared ? 2 * mont.n : mont.n), rest) == 0;
    }
    mpz_clear(rest);
    return good;
}
