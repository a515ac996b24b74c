/* Whether an honest zero test of rlwe1024 can err: the noise of one slot after the formulas, at its
 * worst, and the distribution of the noise that ciphertexts are made with (docs/soundness.md). */
#include "suite/rlwe/ops.h"
#include "unit/suite/support.h"
#include <math.h>

enum {
    HALF = LV_RLWE_DELTA / 2, /* a slot is called zero up to here */
    E = LV_RLWE_NOISE_MAX,
    VALUES = 2 * E + 1,
};

/* How many of the 256 bytes give each e, by the suite's own code: what stands at a coefficient of
 * zero after a byte of noise was added. */
static void count_noise(const lv_rlwe_ops *ops, unsigned times[VALUES])
{
    static const uint8_t no_bits[LV_RLWE_N] = {0};
    uint32_t c[LV_RLWE_N] = {0};
    uint8_t stream[LV_RLWE_N];
    memset(times, 0, VALUES * sizeof times[0]);
    for (size_t i = 0; i < LV_RLWE_N; i++) {
        stream[i] = (uint8_t)(i % 256);
    }
    ops->add(c, stream, no_bits);
    for (size_t i = 0; i < 256; i++) {
        const uint32_t shifted = (c[i] + E) % LV_RLWE_Q;
        assert_in_range(shifted, 0, VALUES - 1);
        times[shifted]++;
    }
}

static void test_noise_of_ciphertexts(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        unsigned times[VALUES];
        int sum = 0;
        int squares = 0;
        count_noise(ops, times);
        for (int e = -E; e <= E; e++) {
            const int chances = (int)times[e + E];
            assert_int_equal(chances, 4 * (E + 1 - abs(e))); /* of 256 */
            sum += chances * e;
            squares += chances * e * e;
        }
        assert_int_equal(sum, 0);
        assert_int_equal(2 * squares, 21 * 256);   /* variance 10.5 */
        assert_true(sqrt(squares / 256.0) > 3.19); /* as the published estimates suppose */
    }
}

static void test_plaintexts_do_not_meet(void **state)
{
    (void)state;
    /* The formulas give -2 .. 3 k + 2: apart modulo 256 */
    assert_true(3 * LV_WIDTH_MAX + 2 + 2 < 256);
}

/* e_x - e_y + 3 (k - 1 terms e_w), the sum of k e_w, and e_x + 3 (k - 1 terms +-e_x): at every
 * width no noise is large enough, whatever the ciphers give. */
static void test_no_zero_test_errs(void **state)
{
    (void)state;
    for (int width = 1; width <= LV_WIDTH_MAX; width++) {
        assert_true(E * (2 + 3 * (width - 1)) < HALF);
        assert_true(E * (1 + 3 * (width - 1)) < HALF);
        assert_true(E * width < HALF);
    }
    assert_int_equal(E * (2 + 3 * (LV_WIDTH_MAX - 1)), 1295); /* the figure of docs/soundness.md */
}

/* |v| = DELTA - noise of a plaintext of 1 or -1 lies beyond the bound, by as much. */
static void test_no_other_plaintext_is_called_zero(void **state)
{
    (void)state;
    assert_true((int)LV_RLWE_DELTA - E * (2 + 3 * (LV_WIDTH_MAX - 1)) > HALF);
}

/* As many equations as one key ever gives are far from enough to make each a polynomial in s that
 * vanishes, of as high a degree as e has values, and solve for its monomials (Arora and Ge). */
static void test_equations_are_too_few(void **state)
{
    (void)state;
    const double equations = 4.0 * LV_SET_PAIRS_MAX * 64; /* x, y, w and d */
    double monomials = 0; /* log2 of the choices of 15 from 1024 + 15 */
    for (int i = 1; i <= VALUES; i++) {
        monomials += log2((int)LV_RLWE_N + i) - log2(i);
    }
    assert_true(log2(equations) <= 20);
    assert_true(monomials > 109);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_of_ciphertexts),
        cmocka_unit_test(test_plaintexts_do_not_meet),
        cmocka_unit_test(test_no_zero_test_errs),
        cmocka_unit_test(test_no_other_plaintext_is_called_zero),
        cmocka_unit_test(test_equations_are_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
