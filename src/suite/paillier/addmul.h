/** The innermost loop of all products: r += a * b for one limb b. */
#ifndef LV_PAILLIER_ADDMUL_H
#define LV_PAILLIER_ADDMUL_H

#include <gmp.h>

/** r[0 .. n-1] += a[0 .. n-1] * b, n >= 1; returns the carry. Time depends on n alone. The contract
 *  is that of mpn_addmul_1, which is the portable one. */
typedef mp_limb_t (*lv_addmul)(mp_limb_t *r, const mp_limb_t *a, mp_size_t n, mp_limb_t b);

/** The fastest that runs on this processor. Debian's GMP is built for any x86-64 and does without
 *  MULX, ADCX and ADOX, which nearly halve the time where there are such (Intel since Broadwell,
 *  AMD since Zen); there a loop of our own takes its place, unless LOTVEIL_CPU=portable. */
lv_addmul lv_addmul_best(void);

#endif
