#include "base/declassify.h"
#include "base/secret.h"
#include "suite/paillier/internal.h"

/* x^(1/n mod p-1) mod p */
static void root_mod_prime(const lv_side *side, mp_limb_t *r, const mp_limb_t *x, mp_size_t len)
{
    static const mp_limb_t one[LV_MONT_WORDS_MAX] = {1};
    const lv_mont *mont = &side->mont;
    mp_limb_t power[LV_MONT_WORDS_MAX];
    lv_mont_scratch scratch;
    lv_reduce(r, x, len, mont->p, mont->n);
    lv_mont_from_limbs(mont, power, r);
    lv_mont_mul(mont, power, power, mont->r2.low, &scratch);
    lv_mont_pow(mont, power, power, side->root, (mp_size_t)side->bits, &scratch);
    lv_mont_mul(mont, power, power, one, &scratch);
    lv_mont_to_limbs(mont, r, power);
    lv_wipe(power, sizeof power);
    lv_wipe(&scratch, sizeof scratch);
}

lv_status lv_paillier_root(const lv_secret_key *key, mpz_t root, const mpz_t x)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    mp_limb_t padded[LV_CRT_LIMBS_MAX] = {0};
    mp_limb_t part[2][LV_PRIME_LIMBS_MAX];
    mp_limb_t joined[2 * LV_PRIME_LIMBS_MAX];
    mp_size_t len = (mp_size_t)mpz_size(mine->public_key->n);

    mpn_copyi(padded, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
    for (int i = 0; i < 2; i++) {
        root_mod_prime(&mine->side[i], part[i], padded, len);
    }
    mp_size_t room = mine->primes.a_len + mine->primes.b_len;
    lv_crt_join(&mine->primes, joined, part[0], part[1]);
    /* A root is what a proof publishes. Those who asked check it before it leaves, against
     * faults; that the check takes time that depends on it tells nobody its digits. */
    lv_declassify(joined, (size_t)room * sizeof joined[0]);
    mpn_copyi(mpz_limbs_write(root, room), joined, room);
    mpz_limbs_finish(root, room);
    lv_wipe(part, sizeof part);
    lv_wipe(joined, sizeof joined);
    return LV_OK;
}
