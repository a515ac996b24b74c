#include "suite/paillier/crt.h"
#include "base/secret.h"
#include "suite/paillier/divide.h"
#include <string.h>

_Static_assert(3 * LV_CRT_LIMBS_MAX <= LV_DIVIDE_LIMBS_MAX, "what lv_reduce takes");

mp_size_t lv_limbs_used(const mp_limb_t *x, mp_size_t len)
{
    while (len > 0 && x[len - 1] == 0) {
        len--;
    }
    return len;
}

void lv_reduce(mp_limb_t *r, const mp_limb_t *x, mp_size_t len, const mp_limb_t *m, mp_size_t m_len)
{
    if (len >= m_len) {
        lv_divide(NULL, r, x, len, m, m_len);
        return;
    }
    mp_limb_t padded[LV_CRT_LIMBS_MAX] = {0};
    mpn_copyi(padded, x, len);
    lv_divide(NULL, r, padded, m_len, m, m_len);
    lv_wipe(padded, sizeof padded);
}

bool lv_invert(mp_limb_t *r, const mp_limb_t *x, const mp_limb_t *m, mp_size_t len)
{
    mp_limb_t copy[LV_CRT_LIMBS_MAX];
    mp_limb_t gmp[5 * LV_CRT_LIMBS_MAX]; /* mpn_sec_invert_itch is 4 len */

    mpn_copyi(copy, x, len);
    int found = mpn_sec_invert(r, copy, m, len, 2 * (mp_bitcnt_t)len * GMP_NUMB_BITS, gmp);
    lv_wipe(copy, sizeof copy);
    lv_wipe(gmp, sizeof gmp);
    return found != 0;
}

bool lv_crt_init(lv_crt *crt, const mp_limb_t *a, mp_size_t a_len, const mp_limb_t *b,
                 mp_size_t b_len)
{
    memset(crt, 0, sizeof *crt);
    crt->a_len = lv_limbs_used(a, a_len);
    crt->b_len = lv_limbs_used(b, b_len);
    mpn_copyi(crt->a, a, crt->a_len);
    mpn_copyi(crt->b, b, crt->b_len);

    mp_limb_t reduced[LV_CRT_LIMBS_MAX];
    lv_reduce(reduced, crt->a, crt->a_len, crt->b, crt->b_len);
    bool coprime = lv_invert(crt->a_inverse, reduced, crt->b, crt->b_len);
    lv_wipe(reduced, sizeof reduced);
    return coprime;
}

void lv_crt_join(const lv_crt *crt, mp_limb_t *r, const mp_limb_t *x, const mp_limb_t *y)
{
    mp_limb_t product[2 * LV_CRT_LIMBS_MAX];
    mp_limb_t gmp[4 * LV_CRT_LIMBS_MAX];
    mp_limb_t d[LV_CRT_LIMBS_MAX];
    mp_size_t b_len = crt->b_len;
    mp_size_t len = crt->a_len + b_len;

    /* x + a * ((y - x) / a mod b) */
    lv_reduce(d, x, crt->a_len, crt->b, b_len);
    mp_limb_t borrow = mpn_sub_n(d, y, d, b_len);
    mpn_cnd_add_n(borrow, d, d, crt->b, b_len);
    mpn_sec_mul(product, d, b_len, crt->a_inverse, b_len, gmp);
    lv_reduce(d, product, 2 * b_len, crt->b, b_len);
    if (crt->a_len >= b_len) {
        mpn_sec_mul(product, crt->a, crt->a_len, d, b_len, gmp);
    } else {
        mpn_sec_mul(product, d, b_len, crt->a, crt->a_len, gmp);
    }
    mpn_copyi(r, product, len);
    mp_limb_t carry = mpn_add_n(r, r, x, crt->a_len);
    mpn_sec_add_1(r + crt->a_len, r + crt->a_len, b_len, carry, gmp);
    lv_wipe(product, sizeof product);
    lv_wipe(gmp, sizeof gmp);
    lv_wipe(d, sizeof d);
}
