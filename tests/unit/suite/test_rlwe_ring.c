/* The ring against schoolbook arithmetic, and every kind of vector against portable C. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "suite/rlwe/avx512.h"
#endif
#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"
#include "unit/suite/support.h"
#include <sodium.h>

enum { N = LV_RLWE_N, Q = LV_RLWE_Q };

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1) {
        result = (exponent & 1) != 0 ? result * base % Q : result;
        base = base * base % Q;
    }
    return result;
}

static unsigned reverse(unsigned i)
{
    unsigned reversed = 0;
    for (unsigned bit = 0; bit < 10; bit++) {
        reversed |= (i >> bit & 1) << (9 - bit);
    }
    return reversed;
}

static void draw(uint32_t *out, size_t count, uint32_t bound)
{
    assert_int_equal(lv_rng_fill(NULL, (uint8_t *)out, count * sizeof *out), LV_OK);
    for (size_t i = 0; i < count; i++) {
        out[i] %= bound;
    }
}

/* a b in Z_q[T] / (T^n + 1), term by term */
static void multiply_by_hand(uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint64_t sum[N] = {0};
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            uint64_t term = (uint64_t)a[i] * b[j];
            size_t k = (i + j) % N;
            sum[k] = (sum[k] + (i + j < N ? term : (uint64_t)Q * Q - term)) % Q;
        }
    }
    for (size_t i = 0; i < N; i++) {
        r[i] = (uint32_t)sum[i];
    }
}

static void test_constants(void **state)
{
    (void)state;
    for (uint64_t d = 2; d * d <= Q; d++) {
        assert_int_not_equal(Q % d, 0);
    }
    assert_int_equal(Q % (2 * N), 1);
    assert_int_equal(256 * LV_RLWE_DELTA + 1, Q);
    assert_true(Q < 1U << LV_RLWE_BITS);
    assert_int_equal(power(LV_RLWE_PSI, N), Q - 1); /* so its order is 2048 */
}

static void test_tables(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N; i++) {
        uint64_t forward = power(LV_RLWE_PSI, reverse(i));
        uint64_t inverse = i == 0 ? lv_rlwe_inverse_powers[0] : power(forward, Q - 2);
        assert_int_equal(lv_rlwe_powers[i], forward);
        assert_int_equal(lv_rlwe_quotients[i], (forward << 32) / Q);
        assert_int_equal(lv_rlwe_inverse_powers[i], inverse);
        assert_int_equal(lv_rlwe_inverse_quotients[i], (inverse << 32) / Q);
    }
    assert_int_equal((uint64_t)lv_rlwe_inverse_powers[0] * N % Q, 1);
}

#if defined(__x86_64__) && defined(__GNUC__)

static void expect_power(size_t at, unsigned entry)
{
    const uint32_t power = lv_rlwe_inverse_powers[entry];
    const int centred = power > Q / 2 ? (int)power - Q : (int)power;
    assert_true(lv_rlwe_avx512_powers[at] == (float)centred);
}

static void test_floats(void **state)
{
    (void)state;
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        for (unsigned half = 1; half <= 8; half *= 2) {
            for (unsigned pair = 0; pair < 8 / half; pair++) {
                for (unsigned lane = 0; lane < 16; lane++, at++) {
                    /* the group of elements 256 part + 16 lane + 2 half pair and so on */
                    expect_power(at, N / 2 / half + (256 * part + 16 * lane) / 2 / half + pair);
                }
            }
        }
    }
    assert_int_equal(at, LV_RLWE_AVX512_ROWS_AT);
    for (unsigned i = 1; i < 64; i++) {
        expect_power(at + i, i);
    }
}

#else

static void test_floats(void **state)
{
    (void)state;
    skip();
}

#endif

static void test_every_quotient(void **state)
{
    (void)state;
    for (uint32_t w = 0; w < Q; w++) {
        if (lv_rlwe_quotient(w) != ((uint64_t)w << 32) / Q) {
            fail_msg("quotient of %u", w);
        }
    }
}

static void test_products_of_numbers(void **state)
{
    (void)state;
    uint32_t pairs[4096];
    draw(pairs, 4096, UINT32_MAX);
    const uint32_t extreme[] = {0, 1, Q - 1, Q, 2 * Q - 1, UINT32_MAX};
    for (size_t i = 0; i < 4096; i++) {
        uint32_t a = i < 6 ? extreme[i] : pairs[i];
        uint32_t w = pairs[4095 - i] % Q;
        uint32_t product = lv_rlwe_mul(a, w, lv_rlwe_quotient(w));
        assert_true(product < 2 * Q);
        assert_int_equal(product % Q, (uint64_t)a * w % Q);
        assert_int_equal(lv_rlwe_reduce(a), a % Q);
        assert_int_equal(lv_rlwe_reduce_sum(a % (200 * Q)), a % (200 * Q) % Q);
        assert_int_equal(lv_rlwe_fold(a % (2 * Q)), a % Q);
    }
}

/* Around every multiple of q and of 2^20. */
static void test_sums_are_reduced(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        const uint32_t centres[] = {i * Q, (i + 1) * Q - 1, i << 20};
        for (size_t j = 0; j < 3; j++) {
            for (uint32_t a = centres[j] < 3 ? 0 : centres[j] - 3; a < centres[j] + 3; a++) {
                if (a < 200U * Q) {
                    assert_int_equal(lv_rlwe_reduce_sum(a), a % Q);
                }
            }
        }
    }
}

static void test_transform_gives_the_values(void **state)
{
    (void)state;
    uint32_t a[N];
    uint32_t values[N];
    draw(a, N, Q);
    memcpy(values, a, sizeof a);
    lv_rlwe_transform(values);
    for (unsigned j = 0; j < N; j++) {
        uint64_t point = power(LV_RLWE_PSI, 2 * reverse(j) + 1);
        uint64_t value = 0;
        for (size_t i = N; i-- > 0;) {
            value = (value * point + a[i]) % Q;
        }
        assert_int_equal(values[j], value);
    }
}

static void multiply(const lv_rlwe_ops *ops, uint32_t *r, const uint32_t *a, const uint32_t *values)
{
    lv_rlwe_factor factor;
    ops->prepare(&factor, values);
    ops->product(r, a, &factor);
}

static void test_products_of_polynomials(void **state)
{
    (void)state;
    uint32_t a[N];
    uint32_t s[N];
    uint32_t expected[N];
    const lv_rlwe_ops *ops = NULL;
    for (int round = 0; round < 3; round++) {
        draw(a, N, Q);
        draw(s, N, Q);
        for (size_t i = 0; round == 1 && i < N; i++) {
            a[i] = Q - 1;
            s[i] = i % 2 == 0 ? Q - 1 : 1;
        }
        multiply_by_hand(expected, a, s);
        lv_rlwe_transform(s);
        lv_rlwe_transform(a);
        for (size_t i = 0; round == 2 && i < N; i++) {
            a[i] += Q; /* below 2 q is allowed */
        }
        for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
            uint32_t r[N];
            memcpy(r, a, sizeof r);
            multiply(ops, r, r, s);
            assert_memory_equal(r, expected, sizeof r);
        }
    }
}

/* The largest of everything, and what is most of it with some left out. */
static void test_largest_inputs(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    for (uint32_t round = 0; round < 64; round++) {
        uint32_t a[N];
        uint32_t s[N];
        uint32_t expected[N];
        for (size_t i = 0; i < N; i++) {
            const bool low = round != 0 && (randombytes_random() & round) == 0;
            const uint32_t values[] = {Q - 1, 1, Q / 2, Q / 2 + 1};
            const uint32_t largest = round < 32 ? 2 * Q - 1 - round % 3 : Q / 2 + round % 2;
            a[i] = low ? round % 2 : largest;
            s[i] = values[round / 4 % 4];
        }
        multiply(&lv_rlwe_portable, expected, a, s);
        for (size_t i = 0; i < N; i++) {
            assert_true(expected[i] < Q);
        }
        for (size_t kind = 1; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
            uint32_t r[N];
            multiply(ops, r, a, s);
            assert_memory_equal(r, expected, sizeof r);
        }
    }
}

/* The inverse transform of values, transformed again. */
static void expect_values_back(const uint32_t *a, const uint32_t *one)
{
    const lv_rlwe_ops *ops = NULL;
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        uint32_t r[N];
        multiply(ops, r, a, one);
        lv_rlwe_transform(r);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(r[i], a[i] % Q);
        }
    }
}

/* Sums as large as they can become stand where they are taken away from zeros. */
static void test_sums_do_not_run_over(void **state)
{
    (void)state;
    uint32_t one[N];
    for (size_t i = 0; i < N; i++) {
        one[i] = 1;
    }
    for (size_t half = 1; half <= N; half *= 2) {
        uint32_t a[N];
        for (size_t i = 0; i < N; i++) {
            a[i] = i / half % 2 == 1 ? Q : 0; /* q stays q in a product */
        }
        a[half % N] = Q - 1;
        expect_values_back(a, one);
        for (size_t i = 0; i < N; i++) {
            a[i] = i / half % 2 == 1 ? Q / 2 : Q / 2 + 1; /* the largest on both sides of zero */
        }
        expect_values_back(a, one);
    }
}

/* libsodium is the oracle, over block counts around the vectors' and counters around 2^32. */
static void test_streams_are_chacha20(void **state)
{
    (void)state;
    const size_t blocks[] = {1, 3, 15, 16, 17, 45, 80};
    const uint64_t counters[] = {0, 1, 45, 0xfffffff8, 0xffffffff, UINT64_C(0x7ffffffff)};
    uint8_t key[32];
    uint8_t nonce[8];
    assert_int_equal(lv_rng_fill(NULL, key, sizeof key), LV_OK);
    const uint64_t number = UINT64_C(0xf1e2d3c4b5a69788);
    for (unsigned i = 0; i < 8; i++) {
        nonce[i] = (uint8_t)(number >> 8 * i);
    }
    for (size_t i = 0; i < (size_t)7 * 6; i++) {
        const size_t len = 64 * blocks[i % 7];
        const lv_rlwe_ops *ops = NULL;
        uint8_t expected[5120] = {0};
        assert_int_equal(
            crypto_stream_chacha20_xor_ic(expected, expected, len, nonce, counters[i / 7], key), 0);
        for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
            uint8_t *out = malloc(len);
            assert_non_null(out);
            ops->stream(out, len / 64, key, number, counters[i / 7]);
            assert_memory_equal(out, expected, len);
            free(out);
        }
    }
}

enum { STREAM = 2880, NUMBERS = STREAM * 8 / 20 };

static uint32_t number_at(const uint8_t *stream, size_t i)
{
    const uint8_t *p = stream + i / 2 * 5;
    return i % 2 == 0 ? p[0] | (uint32_t)p[1] << 8 | (p[2] & 15U) << 16
                      : p[2] >> 4 | (uint32_t)p[3] << 4 | (uint32_t)p[4] << 12;
}

static void put_number(uint8_t *stream, size_t i, uint32_t number)
{
    for (unsigned bit = 0; bit < 20; bit++) {
        const size_t at = 20 * i + bit;
        const uint8_t one = (uint8_t)(1U << at % 8);
        stream[at / 8] =
            (uint8_t)((number >> bit & 1) != 0 ? stream[at / 8] | one : stream[at / 8] & ~one);
    }
}

static void expect_accepted(const uint8_t *stream, size_t len, size_t room)
{
    uint32_t expected[NUMBERS];
    size_t count = 0;
    for (size_t i = 0; i < len * 8 / 20 && count < room; i++) {
        const uint32_t number = number_at(stream, i);
        if (number < Q) {
            expected[count++] = number;
        }
    }
    const lv_rlwe_ops *ops = NULL;
    uint8_t *exact = malloc(len + 1); /* so that ASan sees a byte too many */
    assert_non_null(exact);
    memcpy(exact + 1, stream, len);
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        uint32_t *out = calloc(room + 1, sizeof *out);
        assert_non_null(out);
        out[room] = 77;
        assert_int_equal(ops->accept(out, room, exact + 1, len), count);
        assert_memory_equal(out, expected, count * sizeof *out);
        assert_int_equal(out[room], 77);
        free(out);
    }
    free(exact);
}

static void test_numbers_are_accepted_alike(void **state)
{
    (void)state;
    uint8_t stream[STREAM];
    for (size_t round = 0; round < 20; round++) {
        assert_int_equal(lv_rng_fill(NULL, stream, sizeof stream), LV_OK);
        for (size_t i = 0; round % 4 == 1 && i < NUMBERS; i += 3) {
            put_number(stream, i, 0xfffff); /* many to refuse */
        }
        for (size_t i = 0; round % 4 == 3 && i < NUMBERS; i++) {
            put_number(stream, i, Q - (i % 3 == 0 ? 1 : 0)); /* the last kept, the first refused */
        }
        if (round % 4 == 2) {
            memset(stream, 0xff, sizeof stream); /* all */
        }
        const size_t rooms[] = {N, 1, 15, 16, 17, 1000};
        for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
            expect_accepted(stream, sizeof stream, rooms[i]);
        }
        expect_accepted(stream, 320, N);
        expect_accepted(stream, 0, N);
    }
}

static void expect_sum(const uint8_t *stream, const uint8_t *bits)
{
    const lv_rlwe_ops *ops = NULL;
    uint32_t start[N];
    draw(start, N, Q);
    for (size_t i = 0; i < 100; i++) {
        start[i] = i % 2 == 0 ? (uint32_t)i / 2 : Q - 1 - (uint32_t)i / 2;
    }
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        uint32_t c[N];
        memcpy(c, start, sizeof c);
        ops->add(c, stream, bits);
        for (size_t i = 0; i < N; i++) {
            int sum = (int)start[i] + stream[i] % 8 + stream[i] / 8 % 8 - 7 + 4056 * bits[i];
            assert_int_equal(c[i], (sum + Q) % Q);
        }
    }
}

/* Every byte of noise, at both ends of the coefficients, with both bits. */
static void test_noise_and_bits_are_added(void **state)
{
    (void)state;
    uint8_t stream[N];
    uint8_t bits[N];
    for (size_t byte = 0; byte < 256; byte++) {
        assert_int_equal(lv_rng_fill(NULL, bits, sizeof bits), LV_OK);
        for (size_t i = 0; i < N; i++) {
            bits[i] &= 1;
        }
        memset(stream, (int)byte, sizeof stream);
        expect_sum(stream, bits);
    }
    for (int round = 0; round < 10; round++) {
        assert_int_equal(lv_rng_fill(NULL, stream, sizeof stream), LV_OK);
        expect_sum(stream, bits);
    }
}

static void test_differences(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    uint32_t a[N];
    uint32_t b[N];
    draw(a, N, Q);
    draw(b, N, Q);
    a[0] = b[1] = Q - 1;
    a[1] = b[0] = 0;
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        uint32_t r[N];
        memcpy(r, a, sizeof r);
        ops->subtract(r, b);
        for (size_t i = 0; i < N; i++) {
            assert_true(r[i] < 2 * Q);
            assert_int_equal(r[i] % Q, (a[i] + Q - b[i]) % Q);
        }
    }
}

/* Cell i of a row by its formula, term by term. */
static uint32_t expected_cell(const uint32_t *x, const uint32_t *y, const uint32_t *w,
                              uint32_t constant, unsigned i)
{
    uint64_t sum = (uint64_t)x[i] + Q - y[i] + constant;
    for (unsigned j = 0; j < i; j++) {
        sum += 3 * (uint64_t)w[j];
    }
    return (uint32_t)(sum % Q);
}

static void expect_row(const uint32_t *x, const uint32_t *y, const uint32_t *w, uint32_t constant,
                       unsigned width)
{
    const lv_rlwe_ops *ops = NULL;
    uint64_t all = 0;
    for (unsigned i = 0; i < width; i++) {
        all += w[i];
    }
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        uint32_t *z = calloc(width + 1, sizeof *z);
        assert_non_null(z);
        z[width] = 77;
        assert_int_equal(ops->row(z, x, y, w, constant, width), all % Q);
        for (unsigned i = 0; i < width; i++) {
            assert_int_equal(z[i], expected_cell(x, y, w, constant, i));
        }
        assert_int_equal(z[width], 77);
        free(z);
    }
}

static void test_rows_at_every_width(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= LV_WIDTH_MAX; width++) {
        for (unsigned round = 0; round < 20; round++) {
            uint32_t *given[3]; /* exact, so that ASan sees one too many */
            const uint32_t constants[] = {0, 1, LV_RLWE_DELTA, Q - LV_RLWE_DELTA, Q - 1};
            for (unsigned i = 0; i < 3; i++) {
                given[i] = calloc(width, sizeof *given[i]);
                assert_non_null(given[i]);
                draw(given[i], width, Q);
                for (unsigned j = 0; round < 8 && j < width; j++) { /* largest and smallest */
                    given[i][j] = (round >> i & 1) != 0 ? Q - 1 : 0;
                }
            }
            expect_row(given[0], given[1], given[2], constants[round % 5], width);
            for (unsigned i = 0; i < 3; i++) {
                free(given[i]);
            }
        }
    }
}

/* Every difference there is, told by each kind. */
static void test_every_decision(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    uint32_t mask[LV_WIDTH_MAX];
    draw(mask, LV_WIDTH_MAX, Q);
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        for (uint32_t from = 0; from < Q; from += LV_WIDTH_MAX) {
            const unsigned count = Q - from < LV_WIDTH_MAX ? Q - from : LV_WIDTH_MAX;
            uint32_t b[LV_WIDTH_MAX];
            bool is_zero[LV_WIDTH_MAX];
            for (unsigned i = 0; i < count; i++) {
                b[i] = (from + i + mask[i]) % Q;
            }
            ops->decide(is_zero, b, mask, count);
            for (unsigned i = 0; i < count; i++) {
                const uint32_t v = from + i;
                if (is_zero[i] != (v <= LV_RLWE_DELTA / 2 || v >= Q - LV_RLWE_DELTA / 2)) {
                    fail_msg("%s: decision about %u", ops->name, v);
                }
            }
        }
    }
}

static void test_decisions_of_few(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
        for (unsigned count = 0; count <= LV_WIDTH_MAX; count++) {
            uint32_t *zeros = calloc(count + 1, sizeof *zeros);
            bool *is_zero = calloc(count + 1, sizeof *is_zero);
            assert_non_null(zeros);
            assert_non_null(is_zero);
            ops->decide(is_zero, zeros, zeros, count);
            for (unsigned i = 0; i <= count; i++) {
                assert_int_equal(is_zero[i], i < count);
            }
            free(zeros);
            free(is_zero);
        }
    }
}

static void test_packing(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    for (size_t count = 32; count <= N; count += 32) {
        uint32_t *c = calloc(count, sizeof *c);
        uint32_t *back = calloc(count, sizeof *back);
        uint8_t *expected = calloc(count * 5 / 2, 1);
        uint8_t *packed = calloc(count * 5 / 2, 1);
        assert_true(c != NULL && back != NULL && expected != NULL && packed != NULL);
        draw(c, count, Q);
        c[0] = Q - 1;
        c[count - 1] = Q - 1;
        for (size_t i = 0; i < count * 20; i++) { /* bit by bit */
            expected[i / 8] |= (uint8_t)((c[i / 20] >> i % 20 & 1) << i % 8);
        }
        for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
            ops->pack(packed, c, count);
            assert_memory_equal(packed, expected, count * 5 / 2);
            assert_true(ops->unpack(back, packed, count));
            assert_memory_equal(back, c, count * sizeof *c);
        }
        free(c);
        free(back);
        free(expected);
        free(packed);
    }
}

static void test_every_place_of_a_coefficient_too_large_is_seen(void **state)
{
    (void)state;
    const lv_rlwe_ops *ops = NULL;
    for (size_t at = 0; at < 128; at++) {
        uint32_t c[128] = {0};
        uint8_t packed[320];
        c[at] = at % 3 == 0 ? Q : 0xfffff;
        for (size_t kind = 0; (ops = lv_rlwe_ops_at(kind)) != NULL; kind++) {
            uint32_t back[128];
            ops->pack(packed, c, 128);
            assert_false(ops->unpack(back, packed, 128));
            assert_int_equal(back[at], c[at]);
        }
    }
}

static void test_the_environment_chooses(void **state)
{
    (void)state;
    assert_ptr_equal(lv_rlwe_ops_at(0), &lv_rlwe_portable);
    assert_int_equal(setenv("LOTVEIL_CPU", "portable", 1), 0);
    assert_ptr_equal(lv_rlwe_ops_best(), &lv_rlwe_portable);
    assert_int_equal(setenv("LOTVEIL_CPU", "avx2", 1), 0);
    assert_ptr_equal(lv_rlwe_ops_best(),
                     lv_rlwe_ops_at(1) != NULL ? lv_rlwe_ops_at(1) : lv_rlwe_ops_at(0));
    assert_int_equal(unsetenv("LOTVEIL_CPU"), 0);
    size_t kinds = 0;
    while (lv_rlwe_ops_at(kinds) != NULL) {
        kinds++;
    }
    assert_ptr_equal(lv_rlwe_ops_best(), lv_rlwe_ops_at(kinds - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_every_quotient),
        cmocka_unit_test(test_products_of_numbers),
        cmocka_unit_test(test_sums_are_reduced),
        cmocka_unit_test(test_transform_gives_the_values),
        cmocka_unit_test(test_products_of_polynomials),
        cmocka_unit_test(test_largest_inputs),
        cmocka_unit_test(test_sums_do_not_run_over),
        cmocka_unit_test(test_streams_are_chacha20),
        cmocka_unit_test(test_numbers_are_accepted_alike),
        cmocka_unit_test(test_noise_and_bits_are_added),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_rows_at_every_width),
        cmocka_unit_test(test_every_decision),
        cmocka_unit_test(test_decisions_of_few),
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_every_place_of_a_coefficient_too_large_is_seen),
        cmocka_unit_test(test_the_environment_chooses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
