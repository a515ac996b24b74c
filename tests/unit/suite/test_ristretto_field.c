/* The field of avx2_field.h at the bounds that it names, against GMP's integers. */
#include "suite/ristretto/point.h"
#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka wants those before it */
#include <cmocka.h>

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/ristretto/avx2_field.h"

enum { SIGNS = 1 << LIMBS, RANDOM_ROUNDS = 2000 };

static const int64_t TIGHT = (INT64_C(1) << 50) + (INT64_C(1) << 16);
static const int64_t FOUR_TIGHT = (INT64_C(1) << 52) + (INT64_C(1) << 18);

/* Limbs of the elements of all lanes. */
typedef struct {
    int64_t at[LANES][LIMBS];
} limbs;

LV_TARGET static fe fe_from(const limbs *a)
{
    double real[LIMBS][LANES];
    fe r;
    for (int i = 0; i < LIMBS; i++) {
        for (int l = 0; l < LANES; l++) {
            real[i][l] = (double)a->at[l][i];
        }
        r.v[i] = _mm256_loadu_pd(real[i]);
    }
    return r;
}

LV_TARGET static limbs limbs_of(fe a)
{
    limbs r;
    for (int i = 0; i < LIMBS; i++) {
        double real[LANES];
        _mm256_storeu_pd(real, a.v[i]);
        for (int l = 0; l < LANES; l++) {
            r.at[l][i] = (int64_t)real[l];
            assert_true((double)r.at[l][i] == real[l]);
        }
    }
    return r;
}

static void number_of(mpz_t r, const int64_t *limb)
{
    mpz_set_ui(r, 0);
    for (int i = LIMBS; i-- > 0;) {
        mpz_mul_2exp(r, r, 51);
        if (limb[i] < 0) {
            mpz_sub_ui(r, r, (unsigned long)-limb[i]);
        } else {
            mpz_add_ui(r, r, (unsigned long)limb[i]);
        }
    }
}

/* Is the lane of `got` tight, and what is wanted modulo p? */
static void expect(const limbs *got, int lane, const mpz_t want)
{
    mpz_t p;
    mpz_t number;
    mpz_inits(p, number, NULL);
    mpz_setbit(p, 255);
    mpz_sub_ui(p, p, 19);
    number_of(number, got->at[lane]);
    assert_true(mpz_congruent_p(number, want, p) != 0);
    for (int i = 0; i < LIMBS; i++) {
        assert_true(got->at[lane][i] >= -TIGHT && got->at[lane][i] <= TIGHT);
    }
    mpz_clears(p, number, NULL);
}

/* Two products of four factors, and what is made of them. */
LV_TARGET static void expect_products(const limbs f[4])
{
    const fe a = fe_from(&f[0]);
    const fe b = fe_from(&f[1]);
    const fe c = fe_from(&f[2]);
    const fe d = fe_from(&f[3]);
    fe difference;
    fe sum;
    fe_products_to(&difference, &sum, &a, &b, &c, &d);
    const limbs product = limbs_of(fe_multiply(a, b));
    const limbs less = limbs_of(difference);
    const limbs more = limbs_of(sum);
    mpz_t n[4];
    mpz_t want;
    mpz_init(want);
    for (int i = 0; i < 4; i++) {
        mpz_init(n[i]);
    }
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < 4; i++) {
            number_of(n[i], f[i].at[lane]);
        }
        mpz_mul(n[0], n[0], n[1]);
        mpz_mul(n[2], n[2], n[3]);
        expect(&product, lane, n[0]);
        mpz_sub(want, n[2], n[0]);
        expect(&less, lane, want);
        mpz_add(want, n[2], n[0]);
        expect(&more, lane, want);
    }
    for (int i = 0; i < 4; i++) {
        mpz_clear(n[i]);
    }
    mpz_clear(want);
}

LV_TARGET static void expect_squares(const limbs f[4])
{
    const fe x = fe_from(&f[0]);
    const fe y = fe_from(&f[1]);
    const fe z = fe_from(&f[2]);
    const fe s = fe_from(&f[3]);
    fe part[4];
    limbs got[4];
    fe_squares_to(&part[0], &part[1], &part[2], &part[3], &x, &y, &z, &s);
    for (int i = 0; i < 4; i++) {
        got[i] = limbs_of(part[i]);
    }
    const limbs square = limbs_of(fe_square(x));
    const limbs fourth = limbs_of(fe_square_times(x, 2));
    mpz_t n[4];
    mpz_t want;
    mpz_init(want);
    for (int i = 0; i < 4; i++) {
        mpz_init(n[i]);
    }
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < 4; i++) {
            number_of(n[i], f[i].at[lane]);
            mpz_mul(n[i], n[i], n[i]);
        }
        expect(&square, lane, n[0]);
        mpz_mul(want, n[0], n[0]);
        expect(&fourth, lane, want);
        mpz_add(want, n[0], n[1]);
        expect(&got[3], lane, want);
        mpz_sub(want, want, n[3]);
        expect(&got[0], lane, want);
        mpz_sub(want, n[0], n[1]);
        expect(&got[2], lane, want);
        mpz_addmul_ui(want, n[2], 2);
        expect(&got[1], lane, want);
    }
    for (int i = 0; i < 4; i++) {
        mpz_clear(n[i]);
    }
    mpz_clear(want);
}

/* In lane l limbs of this size, negative where the bits of signs + l say so. */
static limbs extreme(int64_t size, unsigned signs)
{
    limbs r;
    for (unsigned lane = 0; lane < LANES; lane++) {
        for (unsigned i = 0; i < LIMBS; i++) {
            r.at[lane][i] = ((signs + lane) >> i & 1) != 0 ? -size : size;
        }
    }
    return r;
}

static int64_t up_to(int64_t size)
{
    const uint64_t some = (uint64_t)random() << 32 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
    return (int64_t)(some % (2 * (uint64_t)size + 1)) - size;
}

/* Any limbs up to that size; in some places the largest, none, or the least. */
static limbs any(int64_t size)
{
    limbs r;
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < LIMBS; i++) {
            const int64_t edge[] = {size, -size, 0, 1, -1};
            const size_t which = (size_t)random() % 10;
            r.at[lane][i] = which < 5 ? edge[which] : up_to(size);
        }
    }
    return r;
}

/* The largest that a factor may have beside one of that size, and that a sum may have. */
static int64_t largest_beside(int64_t size)
{
    __extension__ typedef __int128 wide;
    const wide most = (((wide)1 << 102) - 1) / size;
    return most < FOUR_TIGHT ? (int64_t)most : FOUR_TIGHT;
}

static bool missing(void) { return lv_curve_avx2() == NULL; }

static void test_products_of_the_largest(void **state)
{
    (void)state;
    if (missing()) {
        skip();
    }
    const int64_t sizes[] = {TIGHT, 2 * TIGHT - 1, 3 * TIGHT, INT64_C(1) << 51, 1};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int64_t other = largest_beside(sizes[s]);
        for (unsigned signs = 0; signs < SIGNS * SIGNS; signs += LANES) {
            const limbs f[] = {extreme(sizes[s], signs), extreme(other, signs / SIGNS),
                               extreme(other, signs * 7), extreme(sizes[s], signs / 5)};
            expect_products(f);
        }
        for (int round = 0; round < RANDOM_ROUNDS; round++) {
            const limbs f[] = {any(sizes[s]), any(other), any(other), any(sizes[s])};
            expect_products(f);
        }
    }
}

static void test_squares_of_the_largest(void **state)
{
    (void)state;
    if (missing()) {
        skip();
    }
    for (unsigned signs = 0; signs < SIGNS * SIGNS; signs++) {
        const limbs f[] = {extreme(TIGHT, signs), extreme(TIGHT, signs / SIGNS),
                           extreme(TIGHT, signs * 3), extreme(TIGHT, signs / 5)};
        expect_squares(f);
    }
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        const limbs f[] = {any(TIGHT), any(TIGHT), any(TIGHT), any(TIGHT)};
        expect_squares(f);
    }
}

static void expect_same(const limbs *got, const limbs *from)
{
    mpz_t want;
    mpz_init(want);
    for (int lane = 0; lane < LANES; lane++) {
        number_of(want, from->at[lane]);
        expect(got, lane, want);
    }
    mpz_clear(want);
}

LV_TARGET static void expect_tight(const limbs *from)
{
    const limbs got = limbs_of(fe_tight(fe_from(from)));
    expect_same(&got, from);
}

static void test_sums_of_four_become_tight(void **state)
{
    (void)state;
    if (missing()) {
        skip();
    }
    for (unsigned signs = 0; signs < SIGNS; signs++) {
        const limbs from = extreme(FOUR_TIGHT, signs);
        expect_tight(&from);
    }
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        const limbs from = any(FOUR_TIGHT);
        expect_tight(&from);
    }
}

/* Integers to an element, and a tight one to integers and to bytes. */
LV_TARGET static void expect_loaded(const limbs *from)
{
    wide_fe wide;
    for (int i = 0; i < LIMBS; i++) {
        wide.v[i] =
            _mm256_set_epi64x(from->at[3][i], from->at[2][i], from->at[1][i], from->at[0][i]);
    }
    const fe a = fe_of(wide);
    const limbs got = limbs_of(a);
    const wide_fe back = wide_of(a);
    uint8_t bytes[LANES * LV_POINT_LEN];
    limbs again;
    expect_same(&got, from);
    for (int i = 0; i < LIMBS; i++) {
        int64_t words[LANES];
        _mm256_storeu_si256((v4 *)words, back.v[i]);
        for (int lane = 0; lane < LANES; lane++) {
            assert_in_range(words[lane], 0, (INT64_C(1) << 51) + 512);
            again.at[lane][i] = words[lane];
        }
    }
    mpz_t p;
    mpz_t want;
    mpz_t encoded;
    mpz_inits(p, want, encoded, NULL);
    mpz_setbit(p, 255);
    mpz_sub_ui(p, p, 19);
    fe_store_bytes(bytes, a, LANES);
    for (int lane = 0; lane < LANES; lane++) {
        number_of(want, from->at[lane]);
        number_of(encoded, again.at[lane]);
        assert_true(mpz_congruent_p(encoded, want, p) != 0);
        mpz_mod(want, want, p);
        mpz_import(encoded, LV_POINT_LEN, -1, 1, 0, 0, bytes + (size_t)lane * LV_POINT_LEN);
        assert_int_equal(mpz_cmp(encoded, want), 0);
    }
    mpz_clears(p, want, encoded, NULL);
}

/* In round r < LOADED one size in all limbs, then any, and in the first a little less. */
static const int64_t LOADED[] = {0,
                                 1,
                                 18,
                                 19,
                                 INT64_C(1) << 50,
                                 (INT64_C(1) << 51) - 19,
                                 (INT64_C(1) << 51) - 1, /* p + 1, p, p - 1 are among these */
                                 (INT64_C(1) << 62) - 1};

static int64_t to_load(size_t round, int lane, int limb)
{
    const size_t count = sizeof LOADED / sizeof LOADED[0];
    const size_t any_of = (size_t)random() % (2 * count);
    if (round >= count) {
        return any_of < count ? LOADED[any_of] : llabs(up_to(INT64_C(1) << 51));
    }
    return LOADED[round] - (limb == 0 && LOADED[round] > 20 ? 17 + lane : 0);
}

static void test_integers_are_loaded(void **state)
{
    (void)state;
    if (missing()) {
        skip();
    }
    for (size_t round = 0; round < RANDOM_ROUNDS; round++) {
        limbs from;
        for (int lane = 0; lane < LANES; lane++) {
            for (int i = 0; i < LIMBS; i++) {
                from.at[lane][i] = to_load(round, lane, i);
            }
        }
        expect_loaded(&from);
    }
}

#else

static void test_there_are_no_vectors(void **state)
{
    (void)state;
    assert_null(lv_curve_avx2());
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__) && defined(__GNUC__)
        cmocka_unit_test(test_products_of_the_largest),
        cmocka_unit_test(test_squares_of_the_largest),
        cmocka_unit_test(test_sums_of_four_become_tight),
        cmocka_unit_test(test_integers_are_loaded),
#else
        cmocka_unit_test(test_there_are_no_vectors),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
