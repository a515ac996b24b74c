/** Division by a secret.
 *
 *  GMP's mpn_sec_div_qr and mpn_sec_powm are not for secret moduli: they branch on whether the
 *  divisor fills its top limb, and look up its top nine bits (the powers its low eight) in tables
 *  of reciprocals. Dividing by n, which is public, they are right. */
#ifndef LV_PAILLIER_DIVIDE_H
#define LV_PAILLIER_DIVIDE_H

#include <gmp.h>

#define LV_DIVIDE_LIMBS_MAX 384 /* of the number to divide */

/** x = q m + r, in time that depends on the lengths alone.
 * @param q  len - m_len + 1 limbs, or NULL.
 * @param r  m_len limbs; may be x.
 * @param x  `len` limbs, m_len <= len <= LV_DIVIDE_LIMBS_MAX.
 * @param m  m_len limbs, the top one not zero. */
void lv_divide(mp_limb_t *q, mp_limb_t *r, const mp_limb_t *x, mp_size_t len, const mp_limb_t *m,
               mp_size_t m_len);

#endif
