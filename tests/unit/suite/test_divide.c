/* Division against GMP's: random numbers, and those whose digits are estimated worst. */
#include "suite/paillier/divide.h"
#include "unit/suite/support.h"

enum { ROUNDS = 4000, LIMBS_MAX = 24 };

static void fill(gmp_randstate_t random, mp_limb_t *x, mp_size_t len)
{
    static const mp_limb_t corner[] = {0,
                                       1,
                                       (mp_limb_t)1 << 63,
                                       ((mp_limb_t)1 << 63) - 1,
                                       ((mp_limb_t)1 << 63) + 1,
                                       ~(mp_limb_t)0,
                                       ~(mp_limb_t)1};
    const unsigned corners = sizeof corner / sizeof corner[0];
    bool plain = gmp_urandomm_ui(random, 2) == 0;
    for (mp_size_t i = 0; i < len; i++) {
        mp_limb_t any = gmp_urandomb_ui(random, 64) >> gmp_urandomm_ui(random, 64);
        x[i] = plain ? any : corner[gmp_urandomm_ui(random, corners)];
    }
}

static void check(const mp_limb_t *x, mp_size_t len, const mp_limb_t *m, mp_size_t m_len)
{
    mp_limb_t q[LIMBS_MAX + 1] = {0};
    mp_limb_t r[LIMBS_MAX] = {0};
    mp_limb_t expected_q[LIMBS_MAX + 1] = {0};
    mp_limb_t expected_r[LIMBS_MAX] = {0};
    mpn_tdiv_qr(expected_q, expected_r, 0, x, len, m, m_len);
    lv_divide(q, r, x, len, m, m_len);
    assert_memory_equal(q, expected_q, sizeof q);
    assert_memory_equal(r, expected_r, sizeof r);

    mp_limb_t in_place[LIMBS_MAX] = {0};
    mpn_copyi(in_place, x, len);
    lv_divide(NULL, in_place, in_place, len, m, m_len);
    assert_memory_equal(in_place, expected_r, (size_t)m_len * sizeof r[0]);
}

static void test_agrees_with_gmp(void **state)
{
    (void)state;
    gmp_randstate_t random;
    gmp_randinit_default(random);
    for (int i = 0; i < ROUNDS; i++) {
        mp_limb_t x[LIMBS_MAX];
        mp_limb_t m[LIMBS_MAX];
        mp_size_t len = 1 + (mp_size_t)gmp_urandomm_ui(random, LIMBS_MAX);
        mp_size_t m_len = 1 + (mp_size_t)gmp_urandomm_ui(random, (unsigned long)len);
        fill(random, x, len);
        fill(random, m, m_len);
        m[m_len - 1] |= m[m_len - 1] == 0;
        check(x, len, m, m_len);
    }
    gmp_randclear(random);
}

static void test_every_size_of_the_top_limb(void **state)
{
    (void)state;
    mp_limb_t x[4] = {5, ~(mp_limb_t)0, 0, ~(mp_limb_t)0};
    for (unsigned bit = 0; bit < 64; bit++) {
        mp_limb_t m[2] = {~(mp_limb_t)0, (mp_limb_t)1 << bit};
        check(x, 4, m, 2);
    }
}

/* Digits that are estimated two too large, and one whose estimate does not fit a limb. */
static void test_corrections(void **state)
{
    (void)state;
    const mp_limb_t half = (mp_limb_t)1 << 63;
    const mp_limb_t full = ~(mp_limb_t)0;
    const mp_limb_t m[3] = {full, full, half};
    const mp_limb_t two_over[5] = {0, 0, 0, full, half - 1};
    const mp_limb_t equal_top[5] = {0, full, full - 1, half, 0};
    const mp_limb_t wide[5] = {0, 0, full - 1, half, half - 1};
    check(two_over, 5, m, 3);
    check(equal_top, 5, m, 3);
    check(wide, 5, m, 3);
    const mp_limb_t top[2] = {1, half};
    const mp_limb_t same[4] = {0, 0, 0, half};
    check(same, 4, top, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_gmp),
        cmocka_unit_test(test_every_size_of_the_top_limb),
        cmocka_unit_test(test_corrections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
