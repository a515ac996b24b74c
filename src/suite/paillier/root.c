#include "base/secret.h"
#include "suite/paillier/internal.h"

/* x^(1/n mod p-1) mod p */
static lv_status root_mod_prime(const lv_side *side, mp_limb_t *r, const mp_limb_t *x,
                                mp_size_t len)
{
    mp_size_t n = side->mont.n;
    mp_limb_t base[LV_PRIME_LIMBS_MAX];
    size_t itch = (size_t)mpn_sec_powm_itch(n, side->bits, n) * sizeof(mp_limb_t);
    mp_limb_t *gmp = lv_secret_alloc(itch);
    if (gmp == NULL) {
        return LV_E_MEMORY;
    }
    lv_reduce(base, x, len, side->mont.p, n);
    mpn_sec_powm(r, base, n, side->root, side->bits, side->mont.p, n, gmp);
    lv_wipe(base, sizeof base);
    lv_secret_free(gmp);
    return LV_OK;
}

lv_status lv_paillier_root(const lv_secret_key *key, mpz_t root, const mpz_t x)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    mp_limb_t padded[LV_CRT_LIMBS_MAX] = {0};
    mp_limb_t part[2][LV_PRIME_LIMBS_MAX];
    mp_limb_t joined[2 * LV_PRIME_LIMBS_MAX];
    mp_size_t len = (mp_size_t)mpz_size(mine->public_key->n);
    lv_status status = LV_OK;

    mpn_copyi(padded, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
    for (int i = 0; i < 2 && status == LV_OK; i++) {
        status = root_mod_prime(&mine->side[i], part[i], padded, len);
    }
    if (status == LV_OK) {
        mp_size_t room = mine->primes.a_len + mine->primes.b_len;
        lv_crt_join(&mine->primes, joined, part[0], part[1]);
        mpn_copyi(mpz_limbs_write(root, room), joined, room);
        mpz_limbs_finish(root, room);
    }
    lv_wipe(part, sizeof part);
    lv_wipe(joined, sizeof joined);
    return status;
}
