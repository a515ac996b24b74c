/* Arithmetic modulo p and p^2 against GMP's integers. */
#include "suite/paillier/crt.h"
#include "suite/paillier/mont.h"
#include "suite/paillier/select.h"
#include "unit/suite/support.h"

typedef struct {
    gmp_randstate_t random;
    mpz_t p, p2, r; /* r = R */
    lv_mont mont;
    lv_mont_scratch scratch;
} bench;

enum { ROUNDS = 8 };

/* How numbers are kept: as this processor does it best, or in limbs. */
typedef enum { BEST, LIMBS, PORTABLE } form;

static void set_up(bench *b, unsigned bits, bool full, form kept)
{
    gmp_randinit_default(b->random);
    gmp_randseed_ui(b->random, bits);
    mpz_inits(b->p, b->p2, b->r, NULL);
    mpz_urandomb(b->p, b->random, bits);
    if (full) { /* the largest p of that size: sums overflow their limbs most */
        mpz_set_ui(b->p, 1);
        mpz_mul_2exp(b->p, b->p, bits);
        mpz_sub_ui(b->p, b->p, 1);
    }
    mpz_setbit(b->p, 0);
    mpz_setbit(b->p, bits - 1);
    mpz_mul(b->p2, b->p, b->p);
    (kept == BEST ? lv_mont_init : lv_mont_init_limbs)(&b->mont, mpz_limbs_read(b->p),
                                                       (mp_size_t)mpz_size(b->p));
    if (kept == PORTABLE) {
        b->mont.addmul = mpn_addmul_1;
        b->mont.select = lv_select_portable;
    }
    mpz_set_ui(b->r, 1);
    mpz_mul_2exp(b->r, b->r,
                 b->mont.ifma.words != 0 ? 52 * (mp_bitcnt_t)b->mont.ifma.rounds
                                         : 64 * (mp_bitcnt_t)b->mont.n);
}

static void tear_down(bench *b)
{
    gmp_randclear(b->random);
    mpz_clears(b->p, b->p2, b->r, NULL);
}

static void to_dual(const bench *b, lv_dual *out, const mpz_t x)
{
    mp_limb_t limbs[2 * LV_MONT_LIMBS_MAX] = {0};
    mpn_copyi(limbs, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
    lv_dual_from_limbs(&b->mont, out, limbs, 2 * b->mont.n);
}

static void from_dual(bench *b, mpz_t out, const lv_dual *x)
{
    mpz_t view;
    mp_limb_t limbs[2 * LV_MONT_LIMBS_MAX];
    lv_dual_to_limbs(&b->mont, limbs, x, &b->scratch);
    mpz_set(out, mpz_roinit_n(view, limbs, 2 * b->mont.n));
    assert_true(mpz_cmp(out, b->p2) < 0);
}

/* is r * R = a * b mod p^2? */
static void expect_product(bench *b, const lv_dual *r, const mpz_t x, const mpz_t y)
{
    mpz_t left;
    mpz_t right;
    mpz_inits(left, right, NULL);
    from_dual(b, left, r);
    mpz_mul(left, left, b->r);
    mpz_mul(right, x, y);
    assert_true(mpz_congruent_p(left, right, b->p2));
    mpz_clears(left, right, NULL);
}

static void check_products(bench *b, const mpz_t x, const mpz_t y)
{
    lv_dual dx;
    lv_dual dy;
    lv_dual r;
    mpz_t low;
    mpz_t other;
    mpz_inits(low, other, NULL);
    to_dual(b, &dx, x);
    to_dual(b, &dy, y);
    from_dual(b, low, &dx);
    assert_int_equal(mpz_cmp(low, x), 0);

    lv_dual_mul(&b->mont, &r, &dx, &dy, &b->scratch);
    expect_product(b, &r, x, y);
    lv_dual_sqr(&b->mont, &r, &dx, &b->scratch);
    expect_product(b, &r, x, x);
    mpz_mod(low, y, b->p);
    lv_dual_mul_low(&b->mont, &r, &dx, dy.low, &b->scratch);
    expect_product(b, &r, x, low);
    mpz_mod(other, x, b->p);
    lv_dual_mul_lows(&b->mont, &r, dx.low, dy.low, &b->scratch);
    expect_product(b, &r, other, low);
    lv_dual_mul(&b->mont, &dx, &dx, &dx, &b->scratch); /* in place */
    expect_product(b, &dx, x, x);
    mpz_clears(low, other, NULL);
}

/* The loop of this processor and the portable one agree, at every length and in the corners. */
static void test_inner_loops_agree(void **state)
{
    (void)state;
    enum { LEN = 70 };
    lv_addmul best = lv_addmul_best();
    gmp_randstate_t random;
    gmp_randinit_default(random);
    for (mp_size_t n = 1; n <= LEN; n++) {
        for (int kind = 0; kind < 8; kind++) {
            mp_limb_t a[LEN];
            mp_limb_t r[2][LEN + 1];
            for (mp_size_t i = 0; i < LEN; i++) {
                a[i] = (kind & 1) != 0 ? GMP_NUMB_MAX : gmp_urandomb_ui(random, 64);
                r[0][i] = (kind & 2) != 0 ? GMP_NUMB_MAX : gmp_urandomb_ui(random, 64);
            }
            r[0][LEN] = 77;
            memcpy(r[1], r[0], sizeof r[0]);
            mp_limb_t b = (kind & 4) != 0 ? GMP_NUMB_MAX : gmp_urandomb_ui(random, 64);
            assert_true(best(r[0], a, n, b) == mpn_addmul_1(r[1], a, n, b));
            assert_memory_equal(r[0], r[1], sizeof r[0]);
        }
    }
    gmp_randclear(random);
}

static void test_tables_are_read_right(void **state)
{
    (void)state;
    enum { ENTRIES = 16, LEN = 19, ROOM = 24 };
    mp_limb_t table[ENTRIES * ROOM] = {0};
    mp_limb_t entry[LEN];
    assert_int_equal(lv_select_blocks(LEN) * LV_SELECT_BLOCK, ROOM);
    for (size_t i = 0; i < ENTRIES; i++) {
        for (size_t j = 0; j < LEN; j++) {
            entry[j] = ~(mp_limb_t)(1000 * i + j);
        }
        lv_select_store(table, ENTRIES, i, entry, LEN);
    }
    const lv_select kinds[] = {lv_select_portable, lv_select_best()};
    for (size_t i = 0; i < 2 * (size_t)ENTRIES; i++) {
        mp_limb_t got[ROOM];
        kinds[i % 2](got, table, ENTRIES, i / 2, LEN);
        for (size_t j = 0; j < LEN; j++) {
            assert_true(got[j] == ~(mp_limb_t)(1000 * (i / 2) + j));
        }
    }
}

static void products_of_every_size(form kept)
{
    const unsigned sizes[] = {64,   65,   127,  128,  256,  1024, 1500,
                              2048, 3000, 3456, 4096, 6000, 8192};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        bench b;
        mpz_t x;
        mpz_t y;
        mpz_inits(x, y, NULL);
        set_up(&b, sizes[i / 2], i % 2 == 1, kept);
        for (int round = 0; round < ROUNDS; round++) {
            mpz_urandomm(x, b.random, b.p2);
            mpz_urandomm(y, b.random, b.p2);
            check_products(&b, x, y);
        }
        /* the corners: 0, 1, p, p^2 - 1 */
        mpz_sub_ui(x, b.p2, 1);
        check_products(&b, x, x);
        check_products(&b, x, b.p);
        mpz_set_ui(y, 0);
        check_products(&b, x, y);
        check_products(&b, y, y);
        mpz_set_ui(y, 1);
        check_products(&b, y, x);
        mpz_clears(x, y, NULL);
        tear_down(&b);
    }
}

static void test_products(void **state)
{
    (void)state;
    products_of_every_size(BEST);
    products_of_every_size(LIMBS);
}

static void test_products_portable(void **state)
{
    (void)state;
    products_of_every_size(PORTABLE);
}

static void test_powers(void **state)
{
    (void)state;
    const unsigned sizes[] = {64, 128, 700};
    for (size_t i = 0; i < 3 * sizeof sizes / sizeof sizes[0]; i++) {
        bench b;
        mpz_t x;
        mpz_t e;
        mpz_t want;
        mpz_t got;
        lv_dual d;
        mpz_inits(x, e, want, got, NULL);
        set_up(&b, sizes[i / 3], false, (form)(i % 3));
        for (unsigned bits = 1; bits <= sizes[i / 3]; bits += 1 + bits / 3) {
            mp_limb_t limbs[LV_MONT_LIMBS_MAX] = {0};
            mpz_urandomm(x, b.random, b.p2);
            mpz_urandomb(e, b.random, bits);
            mpn_copyi(limbs, mpz_limbs_read(e), (mp_size_t)mpz_size(e));
            to_dual(&b, &d, x);
            lv_dual_enter(&b.mont, &d, &d, &b.scratch);
            lv_dual_pow(&b.mont, &d, &d, limbs, (mp_size_t)bits, &b.scratch);
            lv_dual_leave(&b.mont, &d, &d, &b.scratch);
            from_dual(&b, got, &d);
            mpz_powm(want, x, e, b.p2);
            assert_int_equal(mpz_cmp(want, got), 0);
        }
        mpz_clears(x, e, want, got, NULL);
        tear_down(&b);
    }
}

static void test_powers_modulo_p(void **state)
{
    (void)state;
    static const mp_limb_t one[LV_MONT_WORDS_MAX] = {1};
    const unsigned sizes[] = {64, 127, 700};
    for (size_t i = 0; i < 3 * sizeof sizes / sizeof sizes[0]; i++) {
        bench b;
        mpz_t x;
        mpz_t e;
        mpz_t want;
        mpz_t got;
        mpz_inits(x, e, want, NULL);
        set_up(&b, sizes[i / 3], i / 3 == 1, (form)(i % 3));
        for (unsigned bits = 1; bits <= sizes[i / 3]; bits += 1 + bits / 3) {
            mp_limb_t limbs[LV_MONT_LIMBS_MAX] = {0};
            mp_limb_t r[LV_MONT_WORDS_MAX] = {0};
            mpz_urandomm(x, b.random, b.p);
            mpz_urandomb(e, b.random, bits);
            mpn_copyi(limbs, mpz_limbs_read(e), (mp_size_t)mpz_size(e));
            mp_limb_t base[LV_MONT_LIMBS_MAX] = {0};
            mpn_copyi(base, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
            lv_mont_from_limbs(&b.mont, r, base);
            lv_mont_mul(&b.mont, r, r, b.mont.r2.low, &b.scratch);
            lv_mont_pow(&b.mont, r, r, limbs, (mp_size_t)bits, &b.scratch);
            lv_mont_mul(&b.mont, r, r, one, &b.scratch);
            lv_mont_to_limbs(&b.mont, r, r);
            mpz_powm(want, x, e, b.p);
            assert_int_equal(mpz_cmp(want, mpz_roinit_n(got, r, b.mont.n)), 0);
        }
        mpz_clears(x, e, want, NULL);
        tear_down(&b);
    }
}

static void test_equality_sees_every_half(void **state)
{
    (void)state;
    for (int kept = BEST; kept <= PORTABLE; kept++) {
        bench b;
        set_up(&b, 128, false, (form)kept);
        lv_dual x = b.mont.one;
        assert_int_equal(lv_dual_equal(&b.mont, &x, &b.mont.one), 1);
        x.high[1] ^= (mp_limb_t)1 << 50;
        assert_int_equal(lv_dual_equal(&b.mont, &x, &b.mont.one), 0);
        x.high[1] ^= (mp_limb_t)1 << 50;
        x.low[0] ^= 1;
        assert_int_equal(lv_dual_equal(&b.mont, &x, &b.mont.one), 0);
        tear_down(&b);
    }
}

/* Sums, and sums of sums, as both forms keep them. */
static void test_sums(void **state)
{
    (void)state;
    const unsigned sizes[] = {64, 127, 1500, 3000, 4096, 8192};
    for (size_t i = 0; i < 6 * sizeof sizes / sizeof sizes[0]; i++) {
        bench b;
        mpz_t x;
        mpz_t y;
        mpz_t got;
        mp_limb_t r[LV_MONT_WORDS_MAX] = {0};
        mp_limb_t s[LV_MONT_WORDS_MAX] = {0};
        mpz_inits(x, y, NULL);
        set_up(&b, sizes[i / 6], i % 2 == 1, (form)(i / 2 % 3));
        mpz_urandomm(x, b.random, b.p);
        mpz_sub_ui(y, b.p, 1);
        mp_limb_t limbs[2][LV_MONT_LIMBS_MAX] = {{0}};
        mpn_copyi(limbs[0], mpz_limbs_read(x), (mp_size_t)mpz_size(x));
        mpn_copyi(limbs[1], mpz_limbs_read(y), (mp_size_t)mpz_size(y));
        lv_mont_from_limbs(&b.mont, r, limbs[0]);
        lv_mont_from_limbs(&b.mont, s, limbs[1]);
        for (int round = 0; round < 100; round++) {
            lv_mont_add(&b.mont, r, r, round % 3 == 0 ? r : s, &b.scratch);
            mpz_add(x, x, round % 3 == 0 ? x : y);
        }
        lv_mont_to_limbs(&b.mont, r, r);
        mpz_mod(x, x, b.p);
        assert_int_equal(mpz_cmp(x, mpz_roinit_n(got, r, b.mont.n)), 0);
        mpz_clears(x, y, NULL);
        tear_down(&b);
    }
}

static void join_and_check(const mpz_t a, const mpz_t b, gmp_randstate_t random)
{
    lv_crt crt;
    mpz_t x;
    mpz_t ab;
    mpz_t part;
    mpz_t view;
    mpz_inits(x, ab, part, NULL);
    mpz_mul(ab, a, b);
    assert_true(lv_crt_init(&crt, mpz_limbs_read(a), (mp_size_t)mpz_size(a), mpz_limbs_read(b),
                            (mp_size_t)mpz_size(b)));
    for (int round = 0; round < 20; round++) {
        mp_limb_t residue[2][LV_CRT_LIMBS_MAX] = {{0}};
        mp_limb_t joined[2 * LV_CRT_LIMBS_MAX];
        mpz_urandomm(x, random, ab);
        mpz_mod(part, x, a);
        mpn_copyi(residue[0], mpz_limbs_read(part), (mp_size_t)mpz_size(part));
        mpz_mod(part, x, b);
        mpn_copyi(residue[1], mpz_limbs_read(part), (mp_size_t)mpz_size(part));
        lv_crt_join(&crt, joined, residue[0], residue[1]);
        mpz_roinit_n(view, joined, crt.a_len + crt.b_len);
        assert_int_equal(mpz_cmp(view, x), 0);
    }
    mpz_clears(x, ab, part, NULL);
}

static void test_residues_join(void **state)
{
    (void)state;
    gmp_randstate_t random;
    mpz_t a;
    mpz_t b;
    gmp_randinit_default(random);
    mpz_inits(a, b, NULL);
    const unsigned sizes[][2] = {{16, 16}, {64, 64}, {100, 300}, {300, 100}, {512, 513}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mpz_urandomb(a, random, sizes[i][0]);
        mpz_nextprime(a, a);
        mpz_urandomb(b, random, sizes[i][1]);
        mpz_nextprime(b, b);
        join_and_check(a, b, random);
    }
    mpz_clears(a, b, NULL);
    gmp_randclear(random);
}

static void test_what_shares_a_factor_does_not_join(void **state)
{
    (void)state;
    const mp_limb_t a = 15;
    const mp_limb_t b = 21;
    lv_crt crt;
    assert_false(lv_crt_init(&crt, &a, 1, &b, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inner_loops_agree),
        cmocka_unit_test(test_tables_are_read_right),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_products_portable),
        cmocka_unit_test(test_powers),
        cmocka_unit_test(test_powers_modulo_p),
        cmocka_unit_test(test_equality_sees_every_half),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_residues_join),
        cmocka_unit_test(test_what_shares_a_factor_does_not_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
