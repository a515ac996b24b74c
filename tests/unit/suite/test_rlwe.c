/* Suite rlwe1024 as its callers see it, and against a model that knows only the text of
 * src/suite/rlwe/rlwe.h. */
#include "base/hex.h"
#include "suite/rlwe/rlwe.h"
#include "unit/suite/support.h"
#include <sodium.h>

enum { N = LV_RLWE_N, Q = LV_RLWE_Q, NONCE = 32, KINDS = 3 };

static lv_secret_key *fresh_key(void)
{
    lv_secret_key *key = NULL;
    assert_int_equal(lv_key_generate(lv_suite_find("rlwe1024"), 1024, NULL, &key, NULL), LV_OK);
    assert_non_null(key);
    return key;
}

static uint64_t random_value(unsigned width)
{
    uint64_t value = 0;
    assert_int_equal(lv_rng_fill(NULL, (uint8_t *)&value, sizeof value), LV_OK);
    return value & ((UINT64_C(1) << width) - 1);
}

static lv_buffer encode(const lv_matrix *matrix)
{
    lv_buffer bytes = {0};
    assert_int_equal(lv_matrix_encode(matrix, &bytes), LV_OK);
    return bytes;
}

/* ---- the formulas ---- */

typedef struct {
    lv_secret_key *key;
    size_t pairs;
    unsigned width;
    uint64_t *value[KINDS]; /* x, y, w */
    lv_matrix *matrix[KINDS];
} world;

static world make_world(size_t pairs, unsigned width)
{
    world it = {.key = fresh_key(), .pairs = pairs, .width = width};
    for (int i = 0; i < KINDS; i++) {
        it.value[i] = calloc(pairs, sizeof *it.value[i]);
        assert_non_null(it.value[i]);
    }
    for (size_t row = 0; row < pairs; row++) {
        uint64_t x = random_value(width);
        uint64_t top = (UINT64_C(1) << width) - 1;
        /* any; equal; lowest bit; highest bit; all bits; all ones and all zeros */
        const uint64_t y[] = {
            random_value(width), x, x ^ 1, x ^ (UINT64_C(1) << (width - 1)), x ^ top, 0};
        it.value[0][row] = row % 6 == 5 ? top : x;
        it.value[1][row] = y[row % 6];
        it.value[2][row] = it.value[0][row] ^ it.value[1][row];
    }
    for (int i = 0; i < KINDS; i++) {
        it.matrix[i] = encrypt_values(it.key, it.value[i], pairs, width);
    }
    return it;
}

static void free_world(world *it)
{
    for (int i = 0; i < KINDS; i++) {
        free(it->value[i]);
        lv_matrix_free(it->matrix[i]);
    }
    lv_key_free(it->key);
}

static lv_matrix *combine(const world *it, lv_formula formula, size_t first, size_t count)
{
    lv_matrix *z = NULL;
    assert_int_equal(lv_combine(lv_key_public(it->key), it->matrix[0], it->matrix[1], it->matrix[2],
                                formula, first, count, NULL, &z, NULL),
                     LV_OK);
    return z;
}

/* A formula in plain integers. */
static int plain_z(const world *it, size_t row, lv_formula formula, unsigned column)
{
    int sum = 0;
    int bit[KINDS] = {0};
    for (unsigned i = 0; i < (formula == LV_EQUAL ? it->width : column); i++) {
        sum += (int)(it->value[2][row] >> (it->width - 1 - i) & 1);
    }
    for (int i = 0; i < 2 && formula != LV_EQUAL; i++) {
        bit[i] = (int)(it->value[i][row] >> (it->width - 1 - column) & 1);
    }
    return formula == LV_EQUAL ? sum : bit[0] - bit[1] + (formula == LV_RISE ? 1 : -1) + 3 * sum;
}

static void expect_rows(const world *it, lv_formula formula, size_t first, size_t count)
{
    lv_matrix *z = combine(it, formula, first, count);
    unsigned columns = formula == LV_EQUAL ? 1 : it->width;
    assert_int_equal(lv_matrix_pairs(z), count);
    assert_int_equal(lv_matrix_width(z), columns);
    for (size_t row = 0; row < count; row++) {
        unsigned zeros = 0;
        unsigned last = 0;
        for (unsigned i = 0; i < columns; i++) {
            bool is_zero = false;
            assert_int_equal(lv_zero_test(it->key, z, row, i, &is_zero), LV_OK);
            assert_int_equal(is_zero, plain_z(it, first + row, formula, i) == 0);
            zeros += is_zero ? 1 : 0;
            last = is_zero ? i : last;
        }
        uint64_t x = it->value[0][first + row];
        uint64_t y = it->value[1][first + row];
        bool holds = (formula == LV_EQUAL && x == y) || (formula == LV_RISE && x < y) ||
                     (formula == LV_FALL && x > y);
        unsigned column = 99;
        assert_int_equal(zeros, holds ? 1 : 0);
        assert_int_equal(lv_zero_scan(it->key, z, row, &column), holds ? LV_OK : LV_NOT_FOUND);
        assert_int_equal(column, last);
    }
    lv_matrix_free(z);
}

static void test_formulas_at_every_width_and_packing(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 8, 31, 32, 33, 62};
    const size_t pairs[] = {1, 15, 16, 17, 32, 33, 67};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++) {
            world it = make_world(pairs[j], widths[i]);
            for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
                expect_rows(&it, (lv_formula)formula, 0, pairs[j]);
                expect_rows(&it, (lv_formula)formula, pairs[j] / 2, pairs[j] - pairs[j] / 2);
            }
            free_world(&it);
        }
    }
}

static void test_encrypted_bits_are_tested_too(void **state)
{
    (void)state;
    world it = make_world(19, 33);
    for (size_t row = 0; row < it.pairs; row++) {
        for (unsigned i = 0; i < it.width; i++) {
            bool is_zero = false;
            assert_int_equal(lv_zero_test(it.key, it.matrix[1], row, i, &is_zero), LV_OK);
            assert_int_equal(is_zero, (it.value[1][row] >> (it.width - 1 - i) & 1) == 0);
        }
    }
    free_world(&it);
}

static void test_several_threads_and_decoded_matrices_give_the_same(void **state)
{
    (void)state;
    world it = make_world(40, 32);
    lv_job job = {.threads = 3};
    for (int i = 0; i < KINDS; i++) {
        uint8_t bits[40 * 32];
        for (size_t j = 0; j < sizeof bits; j++) {
            bits[j] = (uint8_t)(it.value[i][j / 32] >> (31 - j % 32) & 1);
        }
        lv_bits plain = {.pairs = 40, .width = 32, .bits = bits};
        lv_matrix_free(it.matrix[i]);
        assert_int_equal(lv_encrypt(it.key, &plain, &job, &it.matrix[i], NULL), LV_OK);
        lv_buffer bytes = encode(it.matrix[i]);
        lv_matrix_free(it.matrix[i]);
        assert_int_equal(lv_matrix_decode(lv_key_public(it.key), 40, 32, lv_buffer_view(&bytes),
                                          &it.matrix[i], NULL),
                         LV_OK);
        lv_buffer_free(&bytes);
    }
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        expect_rows(&it, (lv_formula)formula, 0, 40);
    }
    free_world(&it);
}

/* Rows of several ciphertexts and keys in turn: what one zero test keeps must not serve another. */
static void test_order_of_tests_does_not_matter(void **state)
{
    (void)state;
    world it[2] = {make_world(40, 8), make_world(40, 8)};
    lv_matrix *z[2][LV_FORMULAS];
    for (int i = 0; i < 2; i++) {
        for (int f = 0; f < (int)LV_FORMULAS; f++) {
            z[i][f] = combine(&it[i], (lv_formula)f, 0, 40);
        }
    }
    for (size_t step = 0; step < 200; step++) {
        const size_t row = step * 7 % 40;
        const size_t which = step % 2;
        const lv_formula formula = (lv_formula)(step % 3);
        const unsigned column = formula == LV_EQUAL ? 0 : (unsigned)(step % 8);
        bool is_zero = false;
        assert_int_equal(lv_zero_test(it[which].key, z[which][formula], row, column, &is_zero),
                         LV_OK);
        assert_int_equal(is_zero, plain_z(&it[which], row, formula, column) == 0);
        assert_int_equal(lv_zero_test(it[which].key, it[which].matrix[0], row, step % 8, &is_zero),
                         LV_OK);
        assert_int_equal(is_zero, (it[which].value[0][row] >> (7 - step % 8) & 1) == 0);
    }
    for (int i = 0; i < 2; i++) {
        for (int f = 0; f < (int)LV_FORMULAS; f++) {
            lv_matrix_free(z[i][f]);
        }
        free_world(&it[i]);
    }
}

static void test_sets_under_one_key_are_told_apart(void **state)
{
    (void)state;
    world it = make_world(3, 8);
    world other = make_world(3, 8);
    lv_matrix *z[2];
    lv_key_free(other.key);
    other.key = it.key;
    for (int i = 0; i < KINDS; i++) {
        lv_matrix_free(other.matrix[i]);
        other.matrix[i] = encrypt_values(it.key, other.value[i], 3, 8);
    }
    z[0] = combine(&it, LV_RISE, 0, 3);
    z[1] = combine(&other, LV_RISE, 0, 3);
    for (size_t step = 0; step < 48; step++) {
        const world *which = step % 2 == 0 ? &it : &other;
        bool is_zero = false;
        assert_int_equal(lv_zero_test(it.key, z[step % 2], step / 16, step / 2 % 8, &is_zero),
                         LV_OK);
        assert_int_equal(is_zero, plain_z(which, step / 16, LV_RISE, step / 2 % 8) == 0);
    }
    lv_matrix_free(z[0]);
    lv_matrix_free(z[1]);
    free_world(&it);
    other.key = NULL;
    free_world(&other);
}

/* Nonces of zeros, which nobody draws, do not make combined rows look like encrypted ones. */
static void test_combined_rows_are_no_encrypted_ones(void **state)
{
    (void)state;
    world it = make_world(1, 8);
    const lv_public_key *public_key = lv_key_public(it.key);
    for (int i = 1; i < KINDS; i++) {
        lv_buffer bytes = encode(it.matrix[i]);
        memset(bytes.data, 0, NONCE);
        lv_matrix_free(it.matrix[i]);
        assert_int_equal(
            lv_matrix_decode(public_key, 1, 8, lv_buffer_view(&bytes), &it.matrix[i], NULL), LV_OK);
        lv_buffer_free(&bytes);
    }
    lv_matrix *z = combine(&it, LV_FALL, 0, 1);
    bool is_zero = false;
    assert_int_equal(lv_zero_test(it.key, z, 0, 0, &is_zero), LV_OK);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(lv_zero_test(it.key, it.matrix[0], 0, i, &is_zero), LV_OK);
        assert_int_equal(is_zero, (it.value[0][0] >> (7 - i) & 1) == 0);
    }
    lv_matrix_free(z);
    free_world(&it);
}

/* ---- the model ---- */

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1) {
        result = (exponent & 1) != 0 ? result * base % Q : result;
        base = base * base % Q;
    }
    return result;
}

static void derive(uint8_t out[32], const uint8_t *key, const char *domain, const uint8_t *data)
{
    uint8_t text[128] = {0};
    size_t len = (size_t)snprintf((char *)text, sizeof text, "lotveil/v2/rlwe1024/%s", domain) + 1;
    if (data != NULL) {
        memcpy(text + len, data, 32);
        len += 32;
    }
    assert_int_equal(crypto_generichash(out, 32, text, len, key, key != NULL ? 32 : 0), 0);
}

static uint8_t *stream_of(const uint8_t key[32], uint64_t number, size_t len)
{
    uint8_t nonce[8] = {0};
    for (int i = 0; i < 8; i++) {
        nonce[i] = (uint8_t)(number >> 8 * i);
    }
    uint8_t *stream = malloc(len);
    assert_non_null(stream);
    assert_int_equal(crypto_stream_chacha20(stream, len, nonce, key), 0);
    return stream;
}

static uint64_t number_at(const uint8_t *p, unsigned len)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < len; i++) {
        number |= (uint64_t)p[i] << 8 * i;
    }
    return number;
}

static void model_secret(const uint8_t seed[32], int64_t s[N])
{
    uint8_t key[32];
    derive(key, seed, "secret", NULL);
    uint8_t *stream = stream_of(key, 0, (size_t)16 * N);
    for (size_t i = 0; i < N; i++) {
        uint64_t low = number_at(stream + 16 * i, 8);
        uint64_t high = number_at(stream + 16 * i + 8, 8);
        int above = 0; /* how many of the thirds of 2^128 the number has passed */
        const uint64_t thirds[] = {0x5555555555555555U, 0xaaaaaaaaaaaaaaaaU};
        for (int j = 0; j < 2; j++) {
            above += high > thirds[j] || (high == thirds[j] && low > thirds[j]) ? 1 : 0;
        }
        s[i] = above - 1;
    }
    free(stream);
}

static void model_noise(const uint8_t seed[32], const uint8_t nonce[32], size_t index, int e[N])
{
    uint8_t key[32];
    derive(key, seed, "noise", nonce);
    uint8_t *stream = stream_of(key, index, N);
    for (size_t i = 0; i < N; i++) {
        e[i] = stream[i] % 8 + stream[i] / 8 % 8 - 7;
    }
    free(stream);
}

/* a in coefficients, interpolated from its values. */
static void model_uniform(const uint8_t nonce[32], size_t index, int64_t a[N])
{
    uint64_t value[N];
    uint8_t *stream = stream_of(nonce, index, (size_t)8 * N);
    for (size_t j = 0, bit = 0; j < N; bit += 20) {
        uint64_t number = number_at(stream + bit / 8, 3) >> bit % 8 & 0xfffff;
        value[j] = number;
        j += number < Q ? 1 : 0;
    }
    free(stream);
    uint64_t sum[N] = {0};
    for (size_t j = 0; j < N; j++) {
        unsigned reversed = 0;
        for (unsigned bit = 0; bit < 10; bit++) {
            reversed |= (unsigned)(j >> bit & 1) << (9 - bit);
        }
        const uint64_t step = power(power(LV_RLWE_PSI, 2 * reversed + 1), Q - 2);
        uint64_t term = value[j];
        for (size_t i = 0; i < N; i++) {
            sum[i] += term;
            term = term * step % Q;
        }
    }
    for (size_t i = 0; i < N; i++) {
        a[i] = (int64_t)(sum[i] % Q * power(N, Q - 2) % Q);
    }
}

/* r = a b modulo T^1024 + 1 and q, 0 .. q - 1 */
static void model_multiply(int64_t r[N], const int64_t a[N], const int64_t b[N])
{
    int64_t sum[N] = {0};
    for (size_t j = 0; j < N; j++) {
        for (size_t i = 0; b[j] != 0 && i < N; i++) {
            sum[(i + j) % N] += (i + j < N ? 1 : -1) * (a[i] * b[j] % Q);
        }
    }
    for (size_t i = 0; i < N; i++) {
        r[i] = (sum[i] % Q + Q) % Q;
    }
}

/* b of a matrix as far as it was kept, the rest zero. */
static void model_b(const lv_buffer *bytes, size_t index, int64_t b[N])
{
    for (size_t i = 0; i < N; i++) {
        size_t bit = (index * N + i) * 20 + (size_t)8 * NONCE;
        bool kept = bit / 8 + 2 < bytes->len;
        b[i] = kept ? (int64_t)(number_at(bytes->data + bit / 8, 3) >> bit % 8 & 0xfffff) : 0;
    }
}

static int64_t centred(int64_t v)
{
    int64_t reduced = (v % Q + Q) % Q;
    return reduced > Q / 2 ? reduced - Q : reduced;
}

static void seed_of(const lv_secret_key *key, uint8_t seed[32])
{
    lv_buffer secret = {0};
    assert_int_equal(lv_key_encode(key, &secret), LV_OK);
    assert_int_equal(secret.len, 32);
    memcpy(seed, secret.data, 32);
    lv_buffer_wipe(&secret);
}

static int plain_bit(const world *it, int kind, size_t row, unsigned column)
{
    return (int)(it->value[kind][row] >> (it->width - 1 - column) & 1);
}

static void expect_ciphertext(const world *it, int kind, size_t index)
{
    uint8_t seed[32];
    int64_t s[N];
    int64_t a[N];
    int64_t as[N];
    int64_t b[N];
    int e[N];
    seed_of(it->key, seed);
    lv_buffer bytes = encode(it->matrix[kind]);
    model_secret(seed, s);
    model_uniform(bytes.data, index, a);
    model_multiply(as, a, s);
    model_noise(seed, bytes.data, index, e);
    model_b(&bytes, index, b);
    size_t block = it->width <= 32 ? 32 : 64;
    for (size_t i = 0; i < N && index * (N / block) + i / block < it->pairs; i++) {
        size_t row = index * (N / block) + i / block;
        size_t column = i % block;
        int64_t message = column < it->width ? plain_bit(it, kind, row, (unsigned)column) : 0;
        assert_int_equal(centred(b[i] - as[i]), message * 4056 + e[i]);
    }
    lv_buffer_free(&bytes);
}

static void test_ciphertexts_are_those_of_the_model(void **state)
{
    (void)state;
    const unsigned widths[] = {8, 32, 62};
    for (size_t i = 0; i < 3; i++) {
        world it = make_world(37, widths[i]);
        expect_ciphertext(&it, 0, 0);
        expect_ciphertext(&it, 1, 1);
        expect_ciphertext(&it, 2, it.width > 32 ? 2 : 1);
        free_world(&it);
    }
}

typedef struct {
    int64_t b[KINDS][N];
    int64_t as[KINDS][N];
} model_z;

/* One row of z of b and of a s: the formula over coefficients of those of x, y and w. */
static void model_row(const int64_t from[KINDS][N], lv_formula formula, size_t at, unsigned width,
                      int64_t row[LV_WIDTH_MAX])
{
    int64_t sum = 0;
    for (unsigned i = 0; i < width; i++) {
        row[i] = from[0][at + i] - from[1][at + i] + 3 * sum;
        sum += from[2][at + i];
    }
    row[0] = formula == LV_EQUAL ? sum : row[0];
}

/* b and a s of x, y and w, one ciphertext of each. */
static void model_sources(const world *it, size_t index, model_z *z)
{
    uint8_t seed[32];
    int64_t s[N];
    seed_of(it->key, seed);
    model_secret(seed, s);
    for (int kind = 0; kind < KINDS; kind++) {
        int64_t a[N];
        lv_buffer bytes = encode(it->matrix[kind]);
        model_uniform(bytes.data, index, a);
        model_b(&bytes, index, z->b[kind]);
        model_multiply(z->as[kind], a, s);
        lv_buffer_free(&bytes);
    }
}

/* b as in the encoding of z, and b - a s within the noise bound of DELTA z. */
static void expect_combined_pair(const world *it, lv_formula formula, const model_z *model,
                                 size_t row)
{
    const int64_t shifts[LV_FORMULAS] = {[LV_EQUAL] = 0, [LV_RISE] = 4056, [LV_FALL] = -4056};
    const size_t block = it->width <= 32 ? 32 : 64;
    const unsigned columns = formula == LV_EQUAL ? 1 : it->width;
    int64_t b[LV_WIDTH_MAX];
    int64_t as[LV_WIDTH_MAX];
    lv_matrix *z = combine(it, formula, row, 1);
    lv_buffer bytes = encode(z);
    assert_int_equal(bytes.len, 3 * NONCE + 10 + (columns * 20 + 7) / 8);
    model_row(model->b, formula, row % (N / block) * block, it->width, b);
    model_row(model->as, formula, row % (N / block) * block, it->width, as);
    for (unsigned i = 0; i < columns; i++) {
        const size_t bit = (size_t)8 * (3 * NONCE + 10) + (size_t)20 * i;
        int64_t told = (int64_t)(number_at(bytes.data + bit / 8, 3) >> bit % 8 & 0xfffff);
        int64_t wanted = b[i] + shifts[formula];
        assert_int_equal(told, (wanted % Q + Q) % Q);
        int64_t noise = centred(wanted - as[i] - 4056L * plain_z(it, row, formula, i));
        assert_true(noise >= -1295 && noise <= 1295); /* 7 (2 + 3 * 61) */
    }
    lv_buffer_free(&bytes);
    lv_matrix_free(z);
}

static void expect_combinations(const world *it, size_t index)
{
    const size_t slots = it->width <= 32 ? 32 : 16;
    model_z model;
    model_sources(it, index, &model);
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        for (size_t row = index * slots; row < (index + 1) * slots && row < it->pairs; row++) {
            expect_combined_pair(it, (lv_formula)formula, &model, row);
        }
    }
}

static void test_combinations_are_sums_of_coefficients(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 31, 32, 33, 62};
    for (size_t i = 0; i < 5; i++) {
        world it = make_world(35, widths[i]);
        expect_combinations(&it, 0);
        expect_combinations(&it, 1);
        free_world(&it);
    }
}

/* ---- keys ---- */

static void test_keys_come_back_from_their_encoding(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("rlwe1024");
    world it = make_world(3, 8);
    lv_buffer secret = {0};
    lv_buffer bytes = {0};
    lv_secret_key *key = NULL;
    lv_public_key *public_key = NULL;
    assert_int_equal(lv_key_encode(it.key, &secret), LV_OK);
    assert_int_equal(lv_key_decode(suite, lv_buffer_view(&secret), &key, NULL), LV_OK);
    assert_int_equal(lv_public_encode(lv_key_public(key), &bytes), LV_OK);
    assert_int_equal(bytes.len, 32);
    assert_int_equal(lv_public_decode(suite, lv_buffer_view(&bytes), &public_key, NULL), LV_OK);
    assert_int_equal(lv_public_key_bits(public_key), 1024);
    assert_ptr_equal(lv_public_suite(public_key), suite);

    uint8_t commitment[32];
    derive(commitment, NULL, "public", secret.data);
    assert_memory_equal(commitment, bytes.data, 32);

    lv_key_free(it.key);
    it.key = key;
    for (int formula = LV_EQUAL; formula <= LV_FALL; formula++) {
        expect_rows(&it, (lv_formula)formula, 0, 3);
    }
    lv_public_free(public_key);
    lv_buffer_free(&bytes);
    lv_buffer_wipe(&secret);
    free_world(&it);
}

static void test_keys_of_another_length_are_refused(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("rlwe1024");
    const uint8_t bytes[64] = {0};
    const size_t bad[] = {0, 1, 31, 33, 64};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_error err = {{0}};
        lv_secret_key *key = NULL;
        lv_public_key *public_key = NULL;
        assert_int_equal(lv_key_decode(suite, (lv_bytes){bytes, bad[i]}, &key, &err), LV_INVALID);
        assert_non_null(strstr(err.text, "rlwe1024 secret key"));
        assert_int_equal(lv_public_decode(suite, (lv_bytes){bytes, bad[i]}, &public_key, &err),
                         LV_INVALID);
        assert_non_null(strstr(err.text, "rlwe1024 public key"));
        assert_null(key);
        assert_null(public_key);
    }
}

static void test_there_is_one_size(void **state)
{
    (void)state;
    const lv_suite *suite = lv_suite_find("rlwe1024");
    const unsigned bad[] = {0, 1, 1023, 1025, 2048, 6000, UINT32_MAX};
    assert_int_equal(lv_suite_default_key_bits(suite), 1024);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_error err = {{0}};
        lv_secret_key *key = NULL;
        assert_int_equal(lv_suite_check_key_bits(suite, bad[i], &err), LV_E_RANGE);
        assert_non_null(strstr(err.text, "1024"));
        assert_int_equal(lv_key_generate(suite, bad[i], NULL, &key, NULL), LV_E_RANGE);
        assert_null(key);
    }
}

static void test_another_key_tells_nothing(void **state)
{
    (void)state;
    world it = make_world(4, 8);
    lv_secret_key *other = fresh_key();
    lv_matrix *z = combine(&it, LV_RISE, 0, 4);
    lv_matrix *none = z;
    bool is_zero = true;
    unsigned column = 9;
    assert_int_equal(lv_zero_test(other, z, 0, 0, &is_zero), LV_E_ARGUMENT);
    assert_false(is_zero);
    assert_int_equal(lv_zero_test(other, it.matrix[0], 0, 0, &is_zero), LV_E_ARGUMENT);
    assert_int_equal(lv_zero_scan(other, z, 0, &column), LV_E_ARGUMENT);
    assert_int_equal(column, 0);
    assert_int_equal(lv_combine(lv_key_public(other), it.matrix[0], it.matrix[1], it.matrix[2],
                                LV_RISE, 0, 1, NULL, &none, NULL),
                     LV_E_ARGUMENT);
    assert_null(none);
    lv_matrix_free(z);
    lv_key_free(other);
    free_world(&it);
}

/* The same bytes under another key: about one in 256 looks like zero, as chance has it. */
static void test_ciphertexts_of_another_key_are_noise(void **state)
{
    (void)state;
    enum { PAIRS = 256, WIDTH = 32 };
    world it = make_world(PAIRS, WIDTH);
    lv_secret_key *other = fresh_key();
    lv_buffer bytes = encode(it.matrix[0]);
    lv_matrix *matrix = NULL;
    assert_int_equal(
        lv_matrix_decode(lv_key_public(other), PAIRS, WIDTH, lv_buffer_view(&bytes), &matrix, NULL),
        LV_OK);
    size_t zeros = 0;
    for (size_t i = 0; i < (size_t)PAIRS * WIDTH; i++) {
        bool is_zero = false;
        assert_int_equal(lv_zero_test(other, matrix, i / WIDTH, i % WIDTH, &is_zero), LV_OK);
        zeros += is_zero ? 1 : 0;
    }
    assert_in_range(zeros, 1, 100); /* 32 expected, deviation 6 */
    lv_matrix_free(matrix);
    lv_buffer_free(&bytes);
    lv_key_free(other);
    free_world(&it);
}

/* ---- encodings ---- */

static void test_encodings_come_back(void **state)
{
    (void)state;
    const unsigned widths[] = {1, 32, 33, 62};
    const size_t pairs[] = {1, 16, 50};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0] * 3; i++) {
        world it = make_world(pairs[i % 3], widths[i / 3]);
        const lv_public_key *public_key = lv_key_public(it.key);
        lv_buffer bytes = encode(it.matrix[0]);
        assert_int_equal(bytes.len, 32 + it.pairs * (it.width <= 32 ? 80 : 160));
        assert_int_equal(bytes.len, lv_matrix_encoded_len(public_key, it.pairs, it.width));
        lv_matrix *matrix = NULL;
        assert_int_equal(
            lv_matrix_decode(public_key, it.pairs, it.width, lv_buffer_view(&bytes), &matrix, NULL),
            LV_OK);
        lv_buffer again = encode(matrix);
        assert_true(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again)));
        for (int change = -1; change <= 1; change += 2) {
            lv_buffer other = {0};
            lv_matrix *none = matrix;
            assert_int_equal(lv_buffer_append(&other, bytes.data, bytes.len), LV_OK);
            assert_int_equal(lv_buffer_append(&other, "", 1), LV_OK);
            other.len = bytes.len + (size_t)change;
            assert_int_equal(lv_matrix_decode(public_key, it.pairs, it.width,
                                              lv_buffer_view(&other), &none, NULL),
                             LV_E_SYNTAX);
            assert_null(none);
            lv_buffer_free(&other);
        }
        lv_matrix_free(matrix);
        lv_buffer_free(&bytes);
        lv_buffer_free(&again);
        free_world(&it);
    }
}

static void test_coefficients_out_of_range_are_named(void **state)
{
    (void)state;
    world it = make_world(3, 40);
    lv_buffer bytes = encode(it.matrix[0]);
    lv_error err = {{0}};
    lv_matrix *matrix = NULL;
    size_t coefficient = 2 * 64 + 6; /* row 2, an even place */
    uint8_t *at = bytes.data + 32 + coefficient * 20 / 8;
    at[0] = LV_RLWE_Q & 0xff;
    at[1] = LV_RLWE_Q >> 8 & 0xff;
    at[2] = (uint8_t)((at[2] & 0xf0) | LV_RLWE_Q >> 16);
    assert_int_equal(
        lv_matrix_decode(lv_key_public(it.key), 3, 40, lv_buffer_view(&bytes), &matrix, &err),
        LV_INVALID);
    assert_null(matrix);
    assert_non_null(strstr(err.text, "row 2, coefficient 6 "));
    at[0]--; /* q - 1 */
    assert_int_equal(
        lv_matrix_decode(lv_key_public(it.key), 3, 40, lv_buffer_view(&bytes), &matrix, &err),
        LV_OK);
    lv_matrix_free(matrix);
    lv_buffer_free(&bytes);
    free_world(&it);
}

static void test_combining_is_deterministic_and_names_its_rows(void **state)
{
    (void)state;
    world it = make_world(20, 32);
    lv_buffer seen[3][2];
    const size_t rows[3][2] = {{4, 1}, {5, 1}, {4, 2}};
    for (int i = 0; i < 3; i++) {
        for (int twice = 0; twice < 2; twice++) {
            lv_matrix *z = combine(&it, LV_FALL, rows[i][0], rows[i][1]);
            seen[i][twice] = encode(z);
            lv_matrix_free(z);
        }
        assert_true(lv_bytes_equal(lv_buffer_view(&seen[i][0]), lv_buffer_view(&seen[i][1])));
    }
    assert_int_equal(seen[0][0].len, 96 + 10 + 80);
    assert_memory_not_equal(seen[0][0].data, seen[1][0].data, seen[0][0].len);
    assert_memory_equal(seen[0][0].data + 106, seen[2][0].data + 106, 80);
    assert_memory_equal(seen[1][0].data + 106, seen[2][0].data + 186, 80);
    for (int i = 0; i < 6; i++) {
        lv_buffer_free(&seen[i / 2][i % 2]);
    }
    free_world(&it);
}

static void test_what_was_combined_is_not_combined_again(void **state)
{
    (void)state;
    world it = make_world(2, 8);
    lv_matrix *z = combine(&it, LV_RISE, 0, 2);
    lv_matrix *again = NULL;
    assert_int_equal(lv_combine(lv_key_public(it.key), z, z, z, LV_FALL, 0, 1, NULL, &again, NULL),
                     LV_E_ARGUMENT);
    assert_null(again);
    lv_matrix_free(z);
    free_world(&it);
}

static void test_tampering_changes_the_answer_or_is_seen(void **state)
{
    (void)state;
    world it = make_world(1, 8);
    lv_buffer bytes = encode(it.matrix[2]);
    lv_matrix *changed = NULL;
    bytes.data[0] ^= 1; /* the nonce: another a */
    assert_int_equal(
        lv_matrix_decode(lv_key_public(it.key), 1, 8, lv_buffer_view(&bytes), &changed, NULL),
        LV_OK);
    lv_matrix *kept = it.matrix[2];
    lv_matrix *z[2];
    z[0] = combine(&it, LV_EQUAL, 0, 1);
    it.matrix[2] = changed;
    z[1] = combine(&it, LV_EQUAL, 0, 1);
    it.matrix[2] = kept;
    lv_buffer told[2] = {encode(z[0]), encode(z[1])};
    assert_false(lv_bytes_equal(lv_buffer_view(&told[0]), lv_buffer_view(&told[1])));
    for (int i = 0; i < 2; i++) {
        lv_matrix_free(z[i]);
        lv_buffer_free(&told[i]);
    }
    lv_matrix_free(changed);
    lv_buffer_free(&bytes);
    free_world(&it);
}

/* ---- randomness ---- */

typedef struct {
    unsigned calls;
    unsigned fails_at;
} failing;

static lv_status failing_fill(void *context, uint8_t *out, size_t len)
{
    failing *rng = context;
    if (rng->calls++ == rng->fails_at) {
        return LV_E_RANDOM;
    }
    return lv_rng_fill(NULL, out, len);
}

static void test_without_randomness_nothing_comes_out(void **state)
{
    (void)state;
    failing source = {.fails_at = UINT32_MAX};
    lv_rng rng = {.fill = failing_fill, .context = &source};
    lv_job job = {.rng = &rng};
    lv_secret_key *key = NULL;
    const lv_suite *suite = lv_suite_find("rlwe1024");
    lv_error err = {{0}};
    assert_int_equal(lv_key_generate(suite, 1024, &job, &key, NULL), LV_OK);
    assert_int_equal(source.calls, 1);
    uint8_t bits[40] = {0, 1, 1};
    lv_bits plain = {.pairs = 20, .width = 2, .bits = bits};
    lv_matrix *matrix = NULL;
    source = (failing){.fails_at = UINT32_MAX};
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, NULL), LV_OK);
    assert_int_equal(source.calls, 1);
    lv_matrix_free(matrix);

    source = (failing){.fails_at = 0};
    matrix = (lv_matrix *)&job;
    assert_int_equal(lv_encrypt(key, &plain, &job, &matrix, &err), LV_E_RANDOM);
    assert_null(matrix);
    assert_string_not_equal(err.text, "");
    lv_key_free(key);

    source = (failing){.fails_at = 0};
    key = (lv_secret_key *)&job;
    err = (lv_error){{0}};
    assert_int_equal(lv_key_generate(suite, 1024, &job, &key, &err), LV_E_RANDOM);
    assert_null(key);
    assert_string_not_equal(err.text, "");
}

/* Twice the same bits under one key: neither nonce nor a difference of ciphertexts that gives the
 * noise away. */
static void test_encrypting_twice_repeats_nothing(void **state)
{
    (void)state;
    lv_secret_key *key = fresh_key();
    const uint64_t value = 5;
    lv_matrix *once = encrypt_values(key, &value, 1, 32);
    lv_matrix *twice = encrypt_values(key, &value, 1, 32);
    lv_buffer bytes[2] = {encode(once), encode(twice)};
    assert_memory_not_equal(bytes[0].data, bytes[1].data, 32);
    size_t equal = 0;
    for (size_t i = 32; i < bytes[0].len; i++) {
        equal += bytes[0].data[i] == bytes[1].data[i] ? 1 : 0;
    }
    assert_true(equal < 12); /* of 80, less than one expected */
    lv_buffer_free(&bytes[0]);
    lv_buffer_free(&bytes[1]);
    lv_matrix_free(once);
    lv_matrix_free(twice);
    lv_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas_at_every_width_and_packing),
        cmocka_unit_test(test_encrypted_bits_are_tested_too),
        cmocka_unit_test(test_several_threads_and_decoded_matrices_give_the_same),
        cmocka_unit_test(test_order_of_tests_does_not_matter),
        cmocka_unit_test(test_sets_under_one_key_are_told_apart),
        cmocka_unit_test(test_combined_rows_are_no_encrypted_ones),
        cmocka_unit_test(test_ciphertexts_are_those_of_the_model),
        cmocka_unit_test(test_combinations_are_sums_of_coefficients),
        cmocka_unit_test(test_keys_come_back_from_their_encoding),
        cmocka_unit_test(test_keys_of_another_length_are_refused),
        cmocka_unit_test(test_there_is_one_size),
        cmocka_unit_test(test_another_key_tells_nothing),
        cmocka_unit_test(test_ciphertexts_of_another_key_are_noise),
        cmocka_unit_test(test_encodings_come_back),
        cmocka_unit_test(test_coefficients_out_of_range_are_named),
        cmocka_unit_test(test_combining_is_deterministic_and_names_its_rows),
        cmocka_unit_test(test_what_was_combined_is_not_combined_again),
        cmocka_unit_test(test_tampering_changes_the_answer_or_is_seen),
        cmocka_unit_test(test_without_randomness_nothing_comes_out),
        cmocka_unit_test(test_encrypting_twice_repeats_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
