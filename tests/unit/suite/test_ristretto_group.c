/* The group ristretto255, each implementation against RFC 9496 and against libsodium. */
#include "base/hex.h"
#include "suite/ristretto/point.h"
#include "suite/ristretto/schedule.h"
#include <fenv.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { MANY = 141 /* fills vectors and batches, and leaves a rest */ };

static const size_t COUNTS[] = {1, 2, 7, 8, 9, 16, 17, 128, 129, MANY};

enum { COUNT_COUNT = sizeof COUNTS / sizeof COUNTS[0] };

static const lv_curve *curve_at(size_t i)
{
    const lv_curve *curves[] = {&lv_curve_portable, lv_curve_avx2(), lv_curve_ifma()};
    return i < sizeof curves / sizeof curves[0] ? curves[i] : NULL;
}

/* ---- RFC 9496 ---- */

/* A.1 */
static const char *const MULTIPLES[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
};

/* A.2, and the identity, which this decoder refuses as well */
static const char *const BAD[] = {
    /* not canonical */
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6",
    /* negative */
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    /* x^2 is no square */
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    /* xy is negative */
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    /* s = -1: y = 0 */
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    /* the identity */
    "0000000000000000000000000000000000000000000000000000000000000000",
};

enum { BAD_COUNT = sizeof BAD / sizeof BAD[0], MULTIPLE_COUNT = 16 };

static void test_small_multiples(void **state)
{
    (void)state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        lv_scalar k[MULTIPLE_COUNT];
        lv_point p[MULTIPLE_COUNT];
        uint8_t encoded[MULTIPLE_COUNT * LV_POINT_LEN];
        for (size_t i = 0; i < MULTIPLE_COUNT; i++) {
            k[i] = (lv_scalar){{i}};
        }
        curve_at(c)->base_multiply(p, k, MULTIPLE_COUNT);
        curve_at(c)->encode(encoded, p, MULTIPLE_COUNT);
        lv_point sum = lv_point_identity;
        for (size_t i = 0; i < MULTIPLE_COUNT; i++) {
            uint8_t want[LV_POINT_LEN];
            assert_int_equal(lv_hex_decode(MULTIPLES[i], want, sizeof want), LV_OK);
            assert_memory_equal(encoded + i * LV_POINT_LEN, want, sizeof want);
            assert_true(lv_point_equal(&sum, &p[i]));
            assert_false(lv_point_equal(&sum, &p[(i + 1) % MULTIPLE_COUNT]));
            lv_point_add(&sum, &sum, &lv_point_base);
        }
    }
}

/* Each bad encoding in each lane, good ones around it. */
static void test_bad_encodings(void **state)
{
    (void)state;
    enum { ROW = 9 };
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < (size_t)BAD_COUNT * ROW; i++) {
            uint8_t bytes[ROW * LV_POINT_LEN];
            lv_point p[ROW];
            bool good[ROW];
            size_t at = i % ROW;
            for (size_t j = 0; j < ROW; j++) {
                assert_int_equal(lv_hex_decode(j == at ? BAD[i / ROW] : MULTIPLES[j + 1],
                                               bytes + j * LV_POINT_LEN, LV_POINT_LEN),
                                 LV_OK);
            }
            curve_at(c)->decode(p, good, bytes, ROW);
            for (size_t j = 0; j < ROW; j++) {
                assert_int_equal(good[j], j != at);
            }
        }
    }
}

/* ---- libsodium ---- */

typedef struct {
    uint8_t scalar[MANY][LV_SCALAR_LEN];
    uint8_t encoded[MANY][LV_POINT_LEN];
    lv_scalar k[MANY];
    lv_point p[MANY];
} sample;

/* libsodium fails on the identity, which is zeros. */
static void sodium_multiply(uint8_t *out, const uint8_t *scalar, const uint8_t *point)
{
    memset(out, 0, LV_POINT_LEN);
    assert_true(crypto_scalarmult_ristretto255(out, scalar, point) == 0 ||
                sodium_is_zero(out, LV_POINT_LEN));
}

static void sodium_base_multiply(uint8_t *out, const uint8_t *scalar)
{
    memset(out, 0, LV_POINT_LEN);
    assert_true(crypto_scalarmult_ristretto255_base(out, scalar) == 0 ||
                sodium_is_zero(out, LV_POINT_LEN));
}

/* 0, 1, 2, L - 1, L - 2, (L - 1)/2, (L + 1)/2, powers of two, then random ones. */
static void edge_scalar(lv_scalar *k, size_t i)
{
    const lv_scalar one = {{1}};
    uint8_t wide[LV_SCALAR_WIDE];
    if (i < 8) {
        *k = (lv_scalar){{i / 2}};
        if (i % 2 != 0) {
            lv_scalar_negate(k, k);
        }
    } else if (i < 10) {
        *k = one;
        lv_scalar_halve(k, k);
        if (i == 9) {
            lv_scalar_negate(k, k);
        }
    } else if (i < 30) {
        *k = (lv_scalar){{0}};
        k->v[(i - 10) * 13 / 64 % 4] = UINT64_C(1) << (i - 10) * 13 % 60;
    } else {
        randombytes_buf(wide, sizeof wide);
        lv_scalar_reduce(k, wide);
    }
}

static int make_sample(void **state)
{
    static sample made;
    assert_true(sodium_init() >= 0);
    for (size_t i = 0; i < MANY; i++) {
        edge_scalar(&made.k[i], i);
        lv_scalar_encode(made.scalar[i], &made.k[i]);
        sodium_base_multiply(made.encoded[i], made.scalar[i]);
    }
    lv_curve_portable.base_multiply(made.p, made.k, MANY);
    *state = &made;
    return 0;
}

static void test_base_multiples_agree(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < COUNT_COUNT; i++) {
            lv_point p[MANY];
            uint8_t encoded[MANY][LV_POINT_LEN];
            curve_at(c)->base_multiply(p, s->k, COUNTS[i]);
            curve_at(c)->encode(encoded[0], p, COUNTS[i]);
            assert_memory_equal(encoded, s->encoded, COUNTS[i] * LV_POINT_LEN);
        }
    }
}

static void test_decoding_agrees(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < COUNT_COUNT; i++) {
            lv_point p[MANY];
            bool good[MANY];
            curve_at(c)->decode(p, good, s->encoded[0], COUNTS[i]);
            for (size_t j = 0; j < COUNTS[i]; j++) {
                assert_int_equal(good[j], !lv_scalar_is_zero(&s->k[j]));
                assert_true(!good[j] || lv_point_equal(&p[j], &s->p[j]));
            }
        }
    }
}

/* Random strings: an encoding here is one there. */
static void test_what_is_an_encoding_agrees(void **state)
{
    (void)state;
    uint8_t bytes[MANY][LV_POINT_LEN];
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        lv_point p[MANY];
        bool good[MANY];
        size_t found = 0;
        randombytes_buf(bytes, sizeof bytes);
        for (size_t j = 0; j < MANY; j++) {
            bytes[j][0] &= 0xfe;
            bytes[j][LV_POINT_LEN - 1] &= 0x7f;
        }
        curve_at(c)->decode(p, good, bytes[0], MANY);
        for (size_t j = 0; j < MANY; j++) {
            assert_int_equal(good[j], crypto_core_ristretto255_is_valid_point(bytes[j]));
            found += good[j] ? 1 : 0;
        }
        assert_in_range(found, 1, MANY - 1);
    }
}

static void test_doubles_agree(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < COUNT_COUNT; i++) {
            lv_point p[MANY];
            uint8_t encoded[MANY][LV_POINT_LEN];
            uint8_t again[MANY][LV_POINT_LEN];
            memcpy(p, s->p, sizeof p);
            curve_at(c)->double_encode(encoded[0], p, COUNTS[i]);
            curve_at(c)->encode(again[0], p, COUNTS[i]);
            for (size_t j = 0; j < COUNTS[i]; j++) {
                uint8_t want[LV_POINT_LEN];
                assert_int_equal(crypto_core_ristretto255_add(want, s->encoded[j], s->encoded[j]),
                                 0);
                assert_memory_equal(encoded[j], want, sizeof want);
                assert_memory_equal(again[j], want, sizeof want);
            }
        }
    }
}

/* Points that went through other formulas, under edge scalars and a random one. */
static void test_multiples_agree(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < 12; i++) {
            const size_t at = i < 11 ? i : MANY - 1;
            const size_t count = COUNTS[i % 5];
            lv_point p[MANY];
            uint8_t encoded[MANY][LV_POINT_LEN];
            curve_at(c)->multiply(p, &s->k[at], s->p, count);
            curve_at(c)->encode(encoded[0], p, count);
            for (size_t j = 0; j < count; j++) {
                uint8_t want[LV_POINT_LEN];
                sodium_multiply(want, s->scalar[at], s->encoded[j]);
                assert_memory_equal(encoded[j], want, sizeof want);
            }
        }
    }
}

static void test_sums_and_differences_agree(void **state)
{
    const sample *s = *state;
    for (size_t i = 0; i < MANY; i++) {
        size_t j = MANY - 1 - i;
        uint8_t want[2][LV_POINT_LEN];
        uint8_t encoded[2][LV_POINT_LEN];
        lv_point p[2];
        lv_point_add(&p[0], &s->p[i], &s->p[j]);
        lv_point_subtract(&p[1], &s->p[i], &s->p[j]);
        lv_curve_portable.encode(encoded[0], p, 2);
        assert_int_equal(crypto_core_ristretto255_add(want[0], s->encoded[i], s->encoded[j]), 0);
        assert_int_equal(crypto_core_ristretto255_sub(want[1], s->encoded[i], s->encoded[j]), 0);
        assert_memory_equal(encoded, want, sizeof want);
        lv_point_double(&p[0], &s->p[i]);
        lv_point_add(&p[1], &s->p[i], &s->p[i]);
        assert_true(lv_point_equal(&p[0], &p[1]));
    }
}

/* sum k[i] p[i] = (sum k[i]^2) G, and one changed scalar is seen. */
static void test_sums_of_multiples_agree(void **state)
{
    const sample *s = *state;
    const size_t counts[] = {0, 1, 2, MANY};
    for (size_t c = 0; c < 4; c++) {
        lv_scalar total = {{0}};
        for (size_t i = 0; i < counts[c]; i++) {
            lv_scalar square;
            lv_scalar_multiply(&square, &s->k[i], &s->k[i]);
            lv_scalar_add(&total, &total, &square);
        }
        lv_point want;
        lv_point got;
        lv_curve_portable.base_multiply(&want, &total, 1);
        assert_int_equal(lv_point_multiply_sum_vartime(&got, s->k, s->p, counts[c]), LV_OK);
        assert_true(lv_point_equal(&want, &got));
        lv_point_add(&want, &want, &lv_point_base);
        assert_false(lv_point_equal(&want, &got));
    }
}

/* Of one point in each of `count` ciphertexts, product by product. */
static lv_point sum_of_every_second(const lv_scalar *k, const lv_point *in, size_t count)
{
    lv_point sum = lv_point_identity;
    for (size_t i = 0; i < count; i++) {
        lv_point product;
        lv_curve_portable.multiply(&product, &k[i], &in[2 * i], 1);
        lv_point_add(&sum, &sum, &product);
    }
    return sum;
}

static void test_sums_of_both_points_agree(void **state)
{
    enum { CELLS = 20, ROWS = 6 };
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t count = 0; count <= CELLS; count++) {
            lv_scalar k[CELLS];
            const lv_point *rows[ROWS];
            lv_point got[2 * ROWS];
            const size_t some = count % (ROWS + 1);
            for (size_t i = 0; i < count; i++) {
                k[i] = s->k[i];
                k[i].v[3] = count % 3 == 0 ? k[i].v[3] : 0; /* short ones as well */
                k[i].v[2] = count % 3 == 0 ? k[i].v[2] : 0;
            }
            for (size_t r = 0; r < some; r++) {
                rows[r] = s->p + r; /* they overlap */
            }
            assert_int_equal(curve_at(c)->cells_sum_vartime(got, k, rows, some, count), LV_OK);
            for (size_t i = 0; i < 2 * some; i++) {
                const lv_point want = sum_of_every_second(k, rows[i / 2] + i % 2, count);
                assert_true(lv_point_equal(&got[i], &want));
            }
            lv_point want;
            assert_int_equal(curve_at(c)->sum_vartime(&got[0], s->k, s->p, count, NULL, 0), LV_OK);
            assert_int_equal(lv_point_multiply_sum_vartime(&want, s->k, s->p, count), LV_OK);
            assert_true(lv_point_equal(&got[0], &want));
        }
    }
}

static void test_sums_take_generators_as_well(void **state)
{
    const sample *s = *state;
    const size_t counts[] = {0, 1, 2, 7};
    const size_t generators[] = {0, 1, 3, LV_GENERATORS};
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < 16; i++) {
            const size_t count = counts[i % 4];
            const size_t some = generators[i / 4];
            lv_point got;
            lv_point want;
            lv_point rest;
            assert_int_equal(lv_point_multiply_sum_vartime(&want, s->k, s->p, count), LV_OK);
            assert_int_equal(
                lv_point_multiply_sum_vartime(&rest, s->k + 1, lv_generators()->point, some),
                LV_OK);
            lv_point_add(&want, &want, &rest);
            assert_int_equal(curve_at(c)->sum_vartime(&got, s->k, s->p, count, s->k + 1, some),
                             LV_OK);
            assert_true(lv_point_equal(&got, &want));
            lv_point_add(&want, &want, &lv_point_base);
            assert_false(lv_point_equal(&got, &want));
        }
    }
}

/* Every multiple of every generator, from the tables that others take it from. */
static void test_generators_have_odd_multiples(void **state)
{
    (void)state;
    const lv_wide_table *wide = lv_generators_wide();
    for (size_t g = 0; g < LV_GENERATORS; g++) {
        lv_point want = lv_generators()->point[g];
        lv_point step;
        lv_point_double(&step, &want);
        for (size_t j = 0; j < LV_WIDE_MULTIPLES; j++) {
            const lv_quad *quad = &wide[g].odd[j];
            lv_point got = {.z = {{4}}};
            for (int l = 0; l < 5; l++) { /* 4 x, 4 y, 4, and any t: equality does not look at it */
                const uint64_t difference = quad->limb[l][0];
                const uint64_t sum = quad->limb[l][1];
                got.y.v[l] = sum + difference;
                got.x.v[l] = sum +
                             (l == 0 ? UINT64_C(0xfffffffffffda) : UINT64_C(0xffffffffffffe)) -
                             difference;
                assert_int_equal(quad->limb[l][3], l == 0 ? 2 : 0);
            }
            assert_true(lv_point_equal(&got, &want));
            lv_point_add(&want, &want, &step);
        }
    }
}

static void test_each_has_its_own_multiple(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t count = 1; count <= 17; count++) {
            lv_point got[17];
            lv_point sums[17];
            curve_at(c)->multiply_each(got, s->k, s->p, count);
            curve_at(c)->add_subtract(sums, s->p, s->p + 3, s->p + 5, count);
            for (size_t i = 0; i < count; i++) {
                lv_point want;
                lv_curve_portable.multiply(&want, &s->k[i], &s->p[i], 1);
                assert_true(lv_point_equal(&got[i], &want));
                lv_point_add(&want, &s->p[i], &s->p[i + 3]);
                lv_point_subtract(&want, &want, &s->p[i + 5]);
                assert_true(lv_point_equal(&sums[i], &want));
            }
        }
    }
}

/* ---- generators ---- */

static void test_generators_are_hashed(void **state)
{
    (void)state;
    const lv_generator_table *table = lv_generators();
    uint8_t seen[LV_GENERATORS][LV_POINT_LEN];
    lv_curve_portable.encode(seen[0], table->point, LV_GENERATORS);
    assert_true(lv_point_equal(&table->point[LV_GENERATOR_BASE], &lv_point_base));
    for (size_t g = LV_GENERATOR_MASK; g < LV_GENERATORS; g++) {
        uint8_t named[] = "lotveil/v1/ristretto255/generator\0\0\0\0";
        uint8_t hashed[64];
        uint8_t want[LV_POINT_LEN];
        named[sizeof named - 1] = (uint8_t)(g - LV_GENERATOR_MASK);
        crypto_hash_sha512(hashed, named, sizeof named);
        assert_int_equal(crypto_core_ristretto255_from_hash(want, hashed), 0);
        assert_memory_equal(seen[g], want, sizeof want);
        for (size_t other = 0; other < g; other++) {
            assert_memory_not_equal(seen[g], seen[other], LV_POINT_LEN);
        }
    }
}

/* Rows that fill vectors and leave a rest, with the edges of digits among the scalars. */
static void test_sums_of_generators_agree(void **state)
{
    const sample *s = *state;
    const size_t counts[] = {1, 2, 5};
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < 3; i++) {
            for (size_t rows = 1; rows <= 17; rows += 8) {
                const size_t count = counts[i];
                const unsigned first = i == 2 ? LV_GENERATORS - 5 : (unsigned)i;
                lv_point got[17];
                curve_at(c)->generators_sum(got, s->k, rows, first, count);
                for (size_t r = 0; r < rows; r++) {
                    lv_point want;
                    assert_int_equal(lv_point_multiply_sum_vartime(&want, &s->k[r * count],
                                                                   &lv_generators()->point[first],
                                                                   count),
                                     LV_OK);
                    assert_true(lv_point_equal(&got[r], &want));
                }
            }
        }
        lv_point got;
        lv_point want;
        curve_at(c)->generators_sum(&got, s->k, 1, 0, LV_GENERATORS);
        assert_int_equal(
            lv_point_multiply_sum_vartime(&want, s->k, lv_generators()->point, LV_GENERATORS),
            LV_OK);
        assert_true(lv_point_equal(&got, &want));
    }
}

static void test_bits_are_committed_to(void **state)
{
    const sample *s = *state;
    enum { ROWS = 9, BITS = 13 };
    uint8_t bits[ROWS * BITS];
    for (size_t i = 0; i < sizeof bits; i++) {
        bits[i] = (uint8_t)(s->k[i].v[0] & 1);
    }
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        lv_point got[ROWS];
        lv_point masks[ROWS];
        curve_at(c)->bits_commit(got, s->k, bits, ROWS, BITS);
        curve_at(c)->mask_multiply(masks, s->k, ROWS);
        for (size_t r = 0; r < ROWS; r++) {
            lv_point want;
            lv_curve_portable.multiply(&want, &s->k[r], &lv_generators()->point[LV_GENERATOR_MASK],
                                       1);
            for (size_t i = 0; i < BITS; i++) {
                if (bits[r * BITS + i] == 1) {
                    lv_point_add(&want, &want, &lv_generators()->point[LV_GENERATOR_FIRST + i]);
                }
            }
            assert_true(lv_point_equal(&got[r], &want));
        }
    }
}

/* What is not the same in every bit is not used together: records hold these bytes. */
static void expect_same_bytes(const lv_curve *vectors, const sample *s)
{
    const lv_curve *curves[2] = {&lv_curve_portable, vectors};
    lv_scalar k[MANY];
    lv_point p[2][MANY];
    lv_point q[2][MANY];
    uint8_t encoded[2][MANY][LV_POINT_LEN];
    for (size_t i = 0; i < MANY; i++) {
        edge_scalar(&k[i], 30);
    }
    for (int c = 0; c < 2; c++) {
        curves[c]->base_multiply(p[c], k, MANY);
        curves[1 - c]->encode(encoded[c][0], p[c], MANY); /* one made, the other reads */
    }
    assert_memory_equal(encoded[0], encoded[1], sizeof encoded[0]);
    for (int c = 0; c < 2; c++) {
        curves[c]->multiply(q[c], &s->k[MANY - 1], p[1 - c], 9);
        curves[c]->double_encode(encoded[c][0], q[c], 9);
    }
    assert_memory_equal(encoded[0], encoded[1], (size_t)9 * LV_POINT_LEN);
}

static void test_vectors_agree_with_the_portable_one(void **state)
{
    if (curve_at(1) == NULL) {
        skip();
    }
    for (size_t c = 1; curve_at(c) != NULL; c++) {
        for (int round = 0; round < 20; round++) {
            expect_same_bytes(curve_at(c), *state);
        }
    }
}

/* ---- floating point ---- */

/* Whatever rounding the caller has set, and with exceptions that trap. */
static void test_roundings_do_not_matter(void **state)
{
    const sample *s = *state;
    const lv_point *const row = s->p;
    const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (size_t i = 0; i < 4; i++) {
            lv_point p[MANY];
            lv_point sum;
            uint8_t encoded[2][MANY][LV_POINT_LEN];
            bool good[MANY];
            assert_int_equal(fesetround(roundings[i]), 0);
            assert_int_equal(feclearexcept(FE_ALL_EXCEPT), 0);
            assert_int_not_equal(feenableexcept(FE_INEXACT | FE_INVALID), -1);
            curve_at(c)->base_multiply(p, s->k, MANY);
            curve_at(c)->encode(encoded[0][0], p, MANY);
            curve_at(c)->decode(p, good, encoded[0][0], MANY);
            curve_at(c)->encode(encoded[1][0], p, MANY);
            const lv_status status = curve_at(c)->cells_sum_vartime(p, s->k, &row, 1, 4);
            curve_at(c)->multiply(&sum, &s->k[MANY - 1], s->p, 1);
            const int traps = fedisableexcept(FE_ALL_EXCEPT);
            const int rounding = fegetround();
            const int raised = fetestexcept(FE_ALL_EXCEPT);
            assert_int_equal(fesetround(FE_TONEAREST), 0);
            assert_int_equal(traps, FE_INEXACT | FE_INVALID);
            assert_int_equal(rounding, roundings[i]);
            assert_int_equal(raised, 0);
            assert_int_equal(status, LV_OK);
            assert_memory_equal(encoded[0], s->encoded, sizeof s->encoded);
            for (size_t j = 0; j < MANY; j++) {
                assert_int_equal(good[j], !lv_scalar_is_zero(&s->k[j]));
                assert_true(!good[j] || memcmp(encoded[1][j], s->encoded[j], LV_POINT_LEN) == 0);
            }
            lv_point want[2];
            lv_curve_portable.multiply(want, &s->k[MANY - 1], s->p, 1);
            assert_true(lv_point_equal(&want[0], &sum));
            assert_int_equal(lv_curve_portable.cells_sum_vartime(want, s->k, &row, 1, 4), LV_OK);
            assert_true(lv_point_equal(&want[0], &p[0]));
            assert_true(lv_point_equal(&want[1], &p[1]));
        }
    }
}

/* ---- rows ---- */

static void expect_rows(const lv_curve *curve, const lv_point *x, const lv_point *y,
                        const lv_point *w, unsigned width)
{
    lv_point z[MANY];
    lv_point sum[2] = {lv_point_identity, lv_point_identity};
    lv_point total[2];
    curve->compare_row(z, x, y, w, width, &lv_point_base);
    curve->sum_row(total, w, width);
    for (size_t i = 0; i < (size_t)2 * width; i++) {
        lv_point want;
        lv_point_subtract(&want, &x[i], &y[i]);
        for (int j = 0; j < 3; j++) {
            lv_point_add(&want, &want, &sum[i % 2]);
        }
        if (i % 2 == 1) {
            lv_point_add(&want, &want, &lv_point_base);
        }
        assert_true(lv_point_equal(&want, &z[i]));
        lv_point_add(&sum[i % 2], &sum[i % 2], &w[i]);
    }
    assert_true(lv_point_equal(&sum[0], &total[0]));
    assert_true(lv_point_equal(&sum[1], &total[1]));
}

static void test_rows_of_every_width(void **state)
{
    const sample *s = *state;
    for (size_t c = 0; curve_at(c) != NULL; c++) {
        for (unsigned width = 1; width <= 62; width++) {
            expect_rows(curve_at(c), s->p, s->p + 7, s->p + 13, width);
        }
    }
}

/* ---- scalars ---- */

static void test_products_are_summed(void **state)
{
    const sample *s = *state;
    lv_scalar_sum sum = {{0}};
    lv_scalar want = {{0}};
    for (size_t i = 0; i < MANY; i++) {
        lv_scalar product;
        lv_scalar got;
        lv_scalar_sum_add(&sum, &s->k[i], &s->k[MANY - 1 - i]);
        lv_scalar_multiply(&product, &s->k[i], &s->k[MANY - 1 - i]);
        lv_scalar_add(&want, &want, &product);
        lv_scalar_sum_reduce(&got, &sum);
        assert_memory_equal(&got, &want, sizeof got);
    }
    lv_scalar_sum full; /* the highest that it holds: 2^576 - 1 = 2^64 R^2 - 1 */
    memset(&full, 0xff, sizeof full);
    lv_scalar r = {{0}};
    lv_scalar got;
    const lv_scalar half = {{0, 0, 1}}; /* 2^128 */
    lv_scalar_multiply(&r, &half, &half);
    lv_scalar_multiply(&r, &r, &r);
    lv_scalar_multiply(&r, &r, &(lv_scalar){{0, 1}});
    lv_scalar_sum_reduce(&got, &full);
    lv_scalar_add(&got, &got, &(lv_scalar){{1}});
    assert_memory_equal(&got, &r, sizeof got);
}

static void test_one_of_two_is_selected(void **state)
{
    const sample *s = *state;
    lv_scalar got;
    lv_scalar_select(&got, 1, &s->k[0], &s->k[1]);
    assert_memory_equal(&got, &s->k[0], sizeof got);
    lv_scalar_select(&got, 0, &s->k[0], &s->k[1]);
    assert_memory_equal(&got, &s->k[1], sizeof got);
}

static const char ORDER[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

static void test_the_order_is_no_scalar(void **state)
{
    (void)state;
    uint8_t bytes[LV_SCALAR_LEN];
    lv_scalar a;
    assert_int_equal(lv_hex_decode(ORDER, bytes, sizeof bytes), LV_OK);
    assert_false(lv_scalar_decode(&a, bytes));
    assert_true(lv_scalar_is_zero(&a));
    uint8_t wide[LV_SCALAR_WIDE] = {0};
    memcpy(wide, bytes, sizeof bytes);
    lv_scalar_reduce(&a, wide);
    assert_true(lv_scalar_is_zero(&a));
    bytes[0]--;
    uint8_t back[LV_SCALAR_LEN];
    assert_true(lv_scalar_decode(&a, bytes));
    lv_scalar_encode(back, &a);
    assert_memory_equal(back, bytes, sizeof bytes);
    memset(bytes, 0xff, sizeof bytes);
    assert_false(lv_scalar_decode(&a, bytes));
}

static void expect_scalar(const lv_scalar *a, const uint8_t *want)
{
    uint8_t bytes[LV_SCALAR_LEN];
    lv_scalar_encode(bytes, a);
    assert_memory_equal(bytes, want, sizeof bytes);
}

static void test_scalars_agree(void **state)
{
    const sample *s = *state;
    for (size_t i = 0; i < MANY; i++) {
        size_t j = (i * 7 + 3) % MANY;
        lv_scalar a;
        uint8_t want[LV_SCALAR_LEN];
        lv_scalar_add(&a, &s->k[i], &s->k[j]);
        crypto_core_ristretto255_scalar_add(want, s->scalar[i], s->scalar[j]);
        expect_scalar(&a, want);
        lv_scalar_multiply(&a, &s->k[i], &s->k[j]);
        crypto_core_ristretto255_scalar_mul(want, s->scalar[i], s->scalar[j]);
        expect_scalar(&a, want);
        lv_scalar_factor factor;
        lv_scalar_factor other;
        lv_scalar_factor_of(&factor, &s->k[i]);
        lv_scalar_factor_of(&other, &s->k[j]);
        lv_scalar_times(&a, &s->k[j], &factor);
        expect_scalar(&a, want);
        lv_scalar_factor_multiply(&other, &factor, &other);
        lv_scalar_times(&a, &(lv_scalar){{1}}, &other);
        expect_scalar(&a, want);
        lv_scalar_negate(&a, &s->k[i]);
        crypto_core_ristretto255_scalar_negate(want, s->scalar[i]);
        expect_scalar(&a, want);
        lv_scalar_halve(&a, &s->k[i]);
        lv_scalar_add(&a, &a, &a);
        expect_scalar(&a, s->scalar[i]);
        uint8_t wide[64] = {0};
        memset(wide, i == 0 ? 0xff : 0, LV_SCALAR_WIDE);
        if (i > 0) {
            randombytes_buf(wide, LV_SCALAR_WIDE);
        }
        lv_scalar_reduce(&a, wide);
        crypto_core_ristretto255_scalar_reduce(want, wide);
        expect_scalar(&a, want);
    }
}

static void test_digits_add_up(void **state)
{
    const sample *s = *state;
    const unsigned shapes[][2] = {{64, 4}, {51, 5}, {37, 7}};
    for (size_t i = 0; i < MANY; i++) {
        for (size_t shape = 0; shape < 3; shape++) {
            unsigned count = shapes[shape][0];
            unsigned bits = shapes[shape][1];
            int8_t digit[64];
            lv_scalar sum = {{0}};
            const lv_scalar radix = {{UINT64_C(1) << bits}};
            lv_scalar_digits(digit, count, bits, &s->k[i]);
            for (unsigned j = count; j-- > 0;) {
                int half = 1 << (bits - 1);
                assert_true(digit[j] >= -half && digit[j] < half);
                lv_scalar part = {{(uint64_t)(digit[j] < 0 ? -digit[j] : digit[j])}};
                if (digit[j] < 0) {
                    lv_scalar_negate(&part, &part);
                }
                lv_scalar_multiply(&sum, &sum, &radix);
                lv_scalar_add(&sum, &sum, &part);
            }
            expect_scalar(&sum, s->scalar[i]);
        }
    }
}

/* Digits of any width: odd, small, apart from each other, and in sum the scalar. */
static void test_sparse_digits_add_up(void **state)
{
    const sample *s = *state;
    for (size_t i = 0; i < MANY; i++) {
        for (unsigned width = 2; width <= 8; width++) {
            lv_scalar_digit digit[LV_SCALAR_NAF];
            lv_scalar sum = {{0}};
            lv_scalar short_one = s->k[i];
            short_one.v[3] = i % 2 == 0 ? short_one.v[3] : 0;
            const size_t count = lv_scalar_naf_vartime(digit, width, &short_one);
            assert_true(count <= LV_SCALAR_PLACES / width + 1);
            for (size_t d = 0; d < count; d++) {
                /* NOLINTNEXTLINE(bugprone-signed-char-misuse,cert-str34-c): no character */
                const int value = digit[d].value;
                lv_scalar part = {{(uint64_t)(value < 0 ? -value : value)}};
                lv_scalar power = {{0}};
                assert_true(value % 2 != 0 && abs(value) < 1 << (width - 1));
                assert_true(d == 0 || digit[d].place >= digit[d - 1].place + width);
                power.v[digit[d].place / 64] = UINT64_C(1) << digit[d].place % 64;
                if (value < 0) {
                    lv_scalar_negate(&part, &part);
                }
                lv_scalar_multiply(&part, &power, &part);
                lv_scalar_add(&sum, &sum, &part);
            }
            uint8_t want[LV_SCALAR_LEN];
            lv_scalar_encode(want, &short_one);
            expect_scalar(&sum, want);
        }
    }
}

/* Additions stand where their places are, and nothing is lost. */
static void test_a_schedule_has_every_digit(void **state)
{
    const sample *s = *state;
    const lv_scalars parts[] = {{s->k, 20, 4}, {s->k + 20, 0, 5}, {s->k + 20, 30, 7}};
    lv_scalar sum[50] = {{{0}}};
    lv_schedule schedule;
    size_t next = 0; /* one place follows the other */
    assert_int_equal(lv_schedule_make_vartime(&schedule, parts, 3), LV_OK);
    for (unsigned place = schedule.places; place-- > 0;) {
        for (size_t i = 0; i < 50; i++) {
            lv_scalar_add(&sum[i], &sum[i], &sum[i]);
        }
        assert_int_equal(schedule.first[place], next);
        next += schedule.count[place];
        for (size_t i = 0; i < schedule.count[place]; i++) {
            const lv_addition *what = &schedule.addition[schedule.first[place] + i];
            lv_scalar part = {{(uint64_t)abs(what->value)}};
            if (what->value < 0) {
                lv_scalar_negate(&part, &part);
            }
            assert_in_range(what->term, 0, 49);
            lv_scalar_add(&sum[what->term], &sum[what->term], &part);
        }
    }
    assert_int_equal(schedule.additions, next);
    for (size_t i = 0; i < 50; i++) {
        expect_scalar(&sum[i], s->scalar[i]);
    }
    lv_schedule_free(&schedule);
    assert_null(schedule.addition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_multiples),
        cmocka_unit_test(test_bad_encodings),
        cmocka_unit_test(test_base_multiples_agree),
        cmocka_unit_test(test_decoding_agrees),
        cmocka_unit_test(test_what_is_an_encoding_agrees),
        cmocka_unit_test(test_doubles_agree),
        cmocka_unit_test(test_multiples_agree),
        cmocka_unit_test(test_sums_and_differences_agree),
        cmocka_unit_test(test_sums_of_multiples_agree),
        cmocka_unit_test(test_sums_of_both_points_agree),
        cmocka_unit_test(test_sums_take_generators_as_well),
        cmocka_unit_test(test_generators_have_odd_multiples),
        cmocka_unit_test(test_each_has_its_own_multiple),
        cmocka_unit_test(test_generators_are_hashed),
        cmocka_unit_test(test_sums_of_generators_agree),
        cmocka_unit_test(test_bits_are_committed_to),
        cmocka_unit_test(test_products_are_summed),
        cmocka_unit_test(test_one_of_two_is_selected),
        cmocka_unit_test(test_vectors_agree_with_the_portable_one),
        cmocka_unit_test(test_roundings_do_not_matter),
        cmocka_unit_test(test_rows_of_every_width),
        cmocka_unit_test(test_the_order_is_no_scalar),
        cmocka_unit_test(test_scalars_agree),
        cmocka_unit_test(test_digits_add_up),
        cmocka_unit_test(test_sparse_digits_add_up),
        cmocka_unit_test(test_a_schedule_has_every_digit),
    };
    return cmocka_run_group_tests(tests, make_sample, NULL);
}
