/* How often an honest zero test of rlwe1024 errs: the exact distribution of the noise of one slot
 * after the formulas, summed up, beside the bound of docs/soundness.md. */
#include "suite/rlwe/rlwe.h"
#include "unit/suite/support.h"
#include <math.h>

enum {
    HALF = LV_RLWE_DELTA / 2,          /* a slot is called zero up to here */
    BITS_OF_E = 2 * LV_RLWE_NOISE_MAX, /* e is the ones in so many bits, less half of them */
    SAFE_WIDTH = 34
};

/* log2 of the chance that the ones in `bits` fair bits exceed half of them by `excess`. */
static long double log2_binomial(int bits, int excess)
{
    int ones = bits / 2 + excess;
    return (lgammal(bits + 1) - lgammal(ones + 1) - lgammal(bits - ones + 1)) / logl(2) - bits;
}

/* log2 of the chance that the noise of a slot is beyond HALF - 1 in absolute value, so that
 * a zero may be missed or a one or minus one taken for it: `own` e stand at the place itself, 40
 * bits each, and the sum of k - 1 e before it counts 40 (k - 1), taken three times. */
static long double log2_failure(unsigned width, int own)
{
    const int own_bits = BITS_OF_E * own;
    const int terms = (int)width - 1;
    const int bits = BITS_OF_E * terms;
    long double sum = 0;
    for (int w = -bits / 2; w <= bits / 2; w++) {
        for (int v = -own_bits / 2; v <= own_bits / 2; v++) {
            if (abs(3 * w + v) >= HALF) {
                sum += exp2l(log2_binomial(bits, w) + log2_binomial(own_bits, v));
            }
        }
    }
    return log2l(sum);
}

/* e_x - e_y + 3 (e_w ..) */
static long double log2_failure_of_formulas(unsigned width) { return log2_failure(width, 2); }

/* e_x + 3 (+-e_x ..), other places of the same matrix; the distribution of e is even. */
static long double log2_failure_of_limits(unsigned width) { return log2_failure(width, 1); }

static unsigned variance_of_formulas(unsigned width)
{
    return LV_RLWE_NOISE_MAX / 2 * (2 + 9 * (width - 1));
}

/* 2 exp(-t^2 / 2 V): every bit less a half has a moment generating function of at most
 * exp(s^2 / 8), so a sum of them with total variance V has at most exp(s^2 V / 2). */
static long double log2_bound(unsigned variance)
{
    const int half = HALF;
    return 1 - (long double)half * half / (2.0L * variance) / logl(2);
}

static void test_binomials_sum_to_one(void **state)
{
    (void)state;
    long double sum = 0;
    long double variance = 0;
    for (int i = -20; i <= 20; i++) {
        long double chance = exp2l(log2_binomial(40, i));
        sum += chance;
        variance += chance * i * i;
    }
    assert_true(fabsl(sum - 1) < 1e-12L);
    assert_true(fabsl(variance - 10) < 1e-10L);
}

static void test_plaintexts_do_not_meet(void **state)
{
    (void)state;
    /* The formulas give -2 .. 3 k + 2: apart modulo 256 */
    assert_true(3 * LV_WIDTH_MAX + 2 + 2 < 256);
}

/* Up to here no noise is large enough, whatever the ciphers give. */
static void test_narrow_formulas_never_fail(void **state)
{
    (void)state;
    const int e = LV_RLWE_NOISE_MAX;
    assert_true(e * (2 + 3 * ((int)SAFE_WIDTH - 1)) < HALF);
    assert_false(e * (2 + 3 * (int)SAFE_WIDTH) < HALF);
    assert_true(e * LV_WIDTH_MAX < HALF); /* formula (0) at every width */
}

static void test_variance_and_failure(void **state)
{
    (void)state;
    assert_int_equal(variance_of_formulas(32), 2810);
    assert_int_equal(variance_of_formulas(62), 5510);
    for (unsigned width = SAFE_WIDTH + 1; width <= LV_WIDTH_MAX; width++) {
        long double exact = log2_failure_of_formulas(width);
        assert_true(exact > -16000); /* nothing has run under */
        assert_true(exact <= log2_bound(variance_of_formulas(width)));
    }
    /* the figures of docs/soundness.md */
    print_message("width 62: 2^%.1Lf; the bound is 2^%.1Lf\n", log2_failure_of_formulas(62),
                  log2_bound(variance_of_formulas(62)));
    assert_true(log2_failure_of_formulas(62) < -574);
    /* a million pairs a day for a thousand years, 3 k slots each */
    assert_true(log2_failure_of_formulas(62) + log2l(3.0L * 62 * 1e6L * 365.25L * 1000) < -128);
}

/* A comparison with a limit has the noise of one matrix, less than that of a pair. */
static void test_limits_fail_less_often(void **state)
{
    (void)state;
    const int e = LV_RLWE_NOISE_MAX;
    assert_true(e * (1 + 3 * ((int)SAFE_WIDTH - 1)) < HALF);
    for (unsigned width = SAFE_WIDTH + 1; width <= LV_WIDTH_MAX; width++) {
        assert_true(log2_failure_of_limits(width) < log2_failure_of_formulas(width));
    }
    print_message("width 62 against a limit: 2^%.1Lf\n", log2_failure_of_limits(62));
    assert_true(log2_failure_of_limits(62) < -575);
}

/* What comes out of the ciphers has the variance that is claimed. */
static void test_noise_of_ciphertexts(void **state)
{
    (void)state;
    long double square = 0;
    long double mean = 0;
    size_t count = 0;
    for (int round = 0; round < 16; round++) {
        uint8_t stream[5 * LV_RLWE_N];
        assert_int_equal(lv_rng_fill(NULL, stream, sizeof stream), LV_OK);
        for (size_t i = 0; i < LV_RLWE_N; i++, count++) {
            int ones = 0;
            for (size_t j = 0; j < 5; j++) {
                ones += __builtin_popcount(stream[5 * i + j]);
            }
            mean += ones - 20;
            square += (ones - 20) * (ones - 20);
        }
    }
    assert_true(fabsl(mean / count) < 0.2L);        /* eight deviations */
    assert_true(fabsl(square / count - 10) < 1.0L); /* nine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomials_sum_to_one),
        cmocka_unit_test(test_plaintexts_do_not_meet),
        cmocka_unit_test(test_narrow_formulas_never_fail),
        cmocka_unit_test(test_variance_and_failure),
        cmocka_unit_test(test_limits_fail_less_often),
        cmocka_unit_test(test_noise_of_ciphertexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
