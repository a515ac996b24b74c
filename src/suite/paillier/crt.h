/** Joining residues modulo a and b into one modulo a b (Garner), in constant time. */
#ifndef LV_PAILLIER_CRT_H
#define LV_PAILLIER_CRT_H

#include <gmp.h>
#include <stdbool.h>

#define LV_CRT_LIMBS_MAX 128 /* a and b of up to 8192 bits each: p^2 and q^2 */

typedef struct {
    mp_size_t a_len;
    mp_size_t b_len;
    mp_limb_t a[LV_CRT_LIMBS_MAX];
    mp_limb_t b[LV_CRT_LIMBS_MAX];
    mp_limb_t a_inverse[LV_CRT_LIMBS_MAX]; /* 1/a mod b */
} lv_crt;

/** Takes a and b (top limbs may be zero), b odd. @return false where they share a factor. */
bool lv_crt_init(lv_crt *crt, const mp_limb_t *a, mp_size_t a_len, const mp_limb_t *b,
                 mp_size_t b_len);

/** Writes the number below a b that is x mod a and y mod b, in crt->a_len + crt->b_len limbs.
 * @param x,y  crt->a_len and crt->b_len limbs, below a and b. */
void lv_crt_join(const lv_crt *crt, mp_limb_t *r, const mp_limb_t *x, const mp_limb_t *y);

/** r = x mod m, in constant time. x has `len` limbs, m and r have m_len <= LV_CRT_LIMBS_MAX, the
 *  top limb of m is not zero; len <= 3 * LV_CRT_LIMBS_MAX, and may be below m_len. */
void lv_reduce(mp_limb_t *r, const mp_limb_t *x, mp_size_t len, const mp_limb_t *m,
               mp_size_t m_len);

/** Limbs of x without zeros at the top. Tells the size of a secret, which is no secret. */
mp_size_t lv_limbs_used(const mp_limb_t *x, mp_size_t len);

/** r = 1/x mod m for odd m, in constant time; x, m and r have `len` <= LV_CRT_LIMBS_MAX limbs.
 *  @return false where there is none. */
bool lv_invert(mp_limb_t *r, const mp_limb_t *x, const mp_limb_t *m, mp_size_t len);

#endif
