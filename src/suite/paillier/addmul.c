#include "suite/paillier/addmul.h"
#include "base/cpu.h"
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__)

enum { STRIDE = 4 };

__extension__ typedef unsigned __int128 two_limbs;

/* One limb: (high, low) = a[i] * b; low += carry-in limb (carry flag) and += r[i] (overflow flag):
 * two chains of carries that do not wait for each other. */
#define LV_LIMB(i, carry_in, carry_out)                                                            \
    "mulx " #i "*8(%[a]), %[low], %[" carry_out "]\n\t"                                            \
    "adcx %[" carry_in "], %[low]\n\t"                                                             \
    "adox " #i "*8(%[r]), %[low]\n\t"                                                              \
    "movq %[low], " #i "*8(%[r])\n\t"

static mp_limb_t addmul_adx(mp_limb_t *r, const mp_limb_t *a, mp_size_t n, mp_limb_t b)
{
    uint64_t carry = 0;
    uint64_t low = 0;
    uint64_t high = 0;
    mp_size_t blocks = n / STRIDE;

    if (blocks > 0) {
        __asm__("xorl %k[carry], %k[carry]\n" /* no carries in either chain */
                "1:\n\t"                      /**/
                LV_LIMB(0, "carry", "high")   /**/
                LV_LIMB(1, "high", "carry")   /**/
                LV_LIMB(2, "carry", "high")   /**/
                LV_LIMB(3, "high", "carry")   /**/
                "leaq 32(%[a]), %[a]\n\t"
                "leaq 32(%[r]), %[r]\n\t"
                "leaq -1(%[blocks]), %[blocks]\n\t" /* lea and jrcxz leave the flags alone */
                "jrcxz 2f\n\t"
                "jmp 1b\n"
                "2:\n\t"
                "movl $0, %k[low]\n\t"
                "adcx %[low], %[carry]\n\t"
                "adox %[low], %[carry]\n\t"
                : [r] "+r"(r), [a] "+r"(a), [blocks] "+c"(blocks), [carry] "=&r"(carry),
                  [low] "=&r"(low), [high] "=&r"(high)
                : "d"(b)
                : "cc", "memory");
    }
    for (mp_size_t i = 0; i < n % STRIDE; i++) {
        two_limbs sum = (two_limbs)a[i] * b + r[i] + carry;
        r[i] = (mp_limb_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return carry;
}

lv_addmul lv_addmul_best(void)
{
    bool has = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx");
    return has && !lv_cpu_portable() ? addmul_adx : mpn_addmul_1;
}

#else

lv_addmul lv_addmul_best(void) { return mpn_addmul_1; }

#endif
