#include "suite/paillier/ifma.h"
#include "base/cpu.h"
#include "base/secret.h"
#include "suite/paillier/crt.h"
#include <string.h>

static const mp_limb_t DIGIT_MASK = ((mp_limb_t)1 << LV_IFMA_DIGIT) - 1;

/* ---- radix ---- */

void lv_ifma_from_limbs(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *x, mp_size_t n)
{
    for (mp_size_t i = 0; i < ifma->words; i++) {
        mp_size_t bit = i * LV_IFMA_DIGIT;
        mp_size_t limb = bit / GMP_NUMB_BITS;
        unsigned shift = (unsigned)(bit % GMP_NUMB_BITS);
        mp_limb_t here = limb < n ? x[limb] : 0;
        mp_limb_t above = limb + 1 < n ? x[limb + 1] : 0;
        r[i] = (here >> shift | above << 1 << (GMP_NUMB_BITS - 1 - shift)) & DIGIT_MASK;
    }
}

void lv_ifma_to_limbs(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *x, mp_size_t n)
{
    mpn_zero(r, n + 1);
    for (mp_size_t i = 0; i < ifma->words; i++) {
        mp_size_t bit = i * LV_IFMA_DIGIT;
        mp_size_t limb = bit / GMP_NUMB_BITS;
        unsigned shift = (unsigned)(bit % GMP_NUMB_BITS);
        if (limb <= n) {
            r[limb] |= x[i] << shift;
        }
        if (limb + 1 <= n) {
            r[limb + 1] |= x[i] >> 1 >> (GMP_NUMB_BITS - 1 - shift);
        }
    }
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/* Without optimisation some of GCC's intrinsics are macros that convert masks so. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

#define LV_TARGET __attribute__((target("avx512f,avx512dq,avx512ifma,bmi2")))
#define LV_VECTOR LV_TARGET __attribute__((always_inline)) static inline

#ifdef __clang__
#define LV_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LV_UNROLL _Pragma("GCC unroll 20")
#endif

enum { LANES = LV_IFMA_LANES, VECTORS_MAX = LV_IFMA_WORDS_MAX / LANES };
typedef __m512i v8;

LV_VECTOR v8 all(mp_limb_t a) { return _mm512_set1_epi64((long long)a); }

LV_VECTOR mp_limb_t lowest(v8 a) { return (mp_limb_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(a)); }

LV_VECTOR v8 in_lowest(mp_limb_t a)
{
    return _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)a));
}

/* The numbers of vectors there is code for; every V below is one of them and known when compiled.
 */
#define LV_EACH_SIZE(DO) DO(3) DO(4) DO(5) DO(6) DO(8) DO(10) DO(12) DO(15) DO(16) DO(20)

LV_VECTOR v8 get(const mp_limb_t *x, int v) { return _mm512_loadu_si512(x + (size_t)v * LANES); }

LV_VECTOR void put(mp_limb_t *r, int v, v8 x) { _mm512_storeu_si512(r + (size_t)v * LANES, x); }

LV_VECTOR void load(int V, v8 *r, const mp_limb_t *x)
{
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        r[v] = get(x, v);
    }
}

LV_VECTOR void add_low(int V, v8 *sum, const v8 *a, v8 b)
{
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        sum[v] = _mm512_madd52lo_epu64(sum[v], a[v], b);
    }
}

LV_VECTOR void add_high(int V, v8 *sum, const v8 *a, v8 b)
{
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        sum[v] = _mm512_madd52hi_epu64(sum[v], a[v], b);
    }
}

/* Drops the lowest digit, which has become a multiple of 2^52, and carries what is above it. */
LV_VECTOR void drop_lowest(int V, v8 *sum)
{
    v8 carry = _mm512_maskz_srli_epi64(1, sum[0], LV_IFMA_DIGIT);
    LV_UNROLL
    for (int v = 0; v + 1 < V; v++) {
        sum[v] = _mm512_alignr_epi64(sum[v + 1], sum[v], 1);
    }
    sum[V - 1] = _mm512_alignr_epi64(_mm512_setzero_si512(), sum[V - 1], 1);
    sum[0] = _mm512_add_epi64(sum[0], carry);
}

/* Carries, so that every digit is below 2^52; returns what leaves the top, 0 or 1. First what is
 * above each digit goes to the next, which leaves at most one to carry; then all at once: a digit
 * of 2^52 or more generates a carry, one of 2^52 - 1 passes it on, and adding these as bits lets it
 * run through. */
LV_VECTOR unsigned carry_through(int V, v8 *sum)
{
    const v8 mask = all(DIGIT_MASK);
    v8 below = _mm512_setzero_si512();
    unsigned carry = 0;
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        v8 above = _mm512_srli_epi64(sum[v], LV_IFMA_DIGIT);
        v8 moved = _mm512_alignr_epi64(above, below, LANES - 1);
        sum[v] = _mm512_add_epi64(_mm512_and_si512(sum[v], mask), moved);
        below = above;
    }
    unsigned left = _mm512_test_epi64_mask(below, below);
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        unsigned generate = _mm512_cmpgt_epu64_mask(sum[v], mask);
        unsigned pass = _mm512_cmpeq_epu64_mask(sum[v], mask);
        unsigned ran = (generate << 1 | carry) + pass;
        __mmask8 plus = (__mmask8)(ran ^ pass);
        carry = ran >> LANES;
        sum[v] =
            _mm512_and_si512(_mm512_mask_sub_epi64(sum[v], plus, sum[v], all(~(mp_limb_t)0)), mask);
    }
    return carry + (left >> (LANES - 1));
}

LV_VECTOR void store_carried(int V, mp_limb_t *r, v8 *sum)
{
    (void)carry_through(V, sum);
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        put(r, v, sum[v]);
    }
}

/* a + b, less 2 p where that leaves no negative number. */
LV_VECTOR void add(int V, const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b)
{
    v8 sum[VECTORS_MAX];
    v8 less[VECTORS_MAX];
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        sum[v] = _mm512_add_epi64(get(a, v), get(b, v));
        less[v] = _mm512_add_epi64(sum[v], get(ifma->minus_twice, v));
    }
    (void)carry_through(V, sum);
    __mmask8 fits = (__mmask8)(0 - carry_through(V, less));
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        put(r, v, _mm512_mask_mov_epi64(sum[v], fits, less[v]));
    }
}

/* Montgomery's product, digit by digit: b's digit times a, then so much p that the lowest digit
 * becomes zero and can be dropped. A digit of the sum grows by less than 6 * 2^52 in each of at
 * most 160 rounds: it stays below 2^62. The digits m are kept for the high half where `m_digits` is
 * not NULL, which the compiler knows. */
LV_VECTOR void multiply_low_half(int V, const lv_ifma *ifma, mp_limb_t *r, mp_limb_t *m_digits,
                                 const mp_limb_t *a, const mp_limb_t *b)
{
    v8 x[VECTORS_MAX];
    v8 p[VECTORS_MAX];
    v8 sum[VECTORS_MAX];
    load(V, x, a);
    load(V, p, ifma->p);
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        sum[v] = _mm512_setzero_si512();
    }
    for (mp_size_t i = 0; i < ifma->rounds; i++) {
        v8 digit = all(b[i]);
        add_low(V, sum, x, digit);
        mp_limb_t m_digit = lowest(sum[0]) * ifma->inverse & DIGIT_MASK;
        if (m_digits != NULL) {
            m_digits[i] = m_digit;
        }
        v8 m = all(m_digit);
        add_low(V, sum, p, m);
        drop_lowest(V, sum);
        add_high(V, sum, x, digit);
        add_high(V, sum, p, m);
    }
    store_carried(V, r, sum);
}

LV_VECTOR void multiply(int V, const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a,
                        const mp_limb_t *b)
{
    multiply_low_half(V, ifma, r, NULL, a, b);
}

/* The high half: (c d + e f - m) / R. Digits stay positive by 2^52 - m_i in place of -m_i in every
 * round; `offset`, where the sum begins, takes that away again modulo p. */
LV_VECTOR void multiply_high_half(int V, int products, const lv_ifma *ifma, mp_limb_t *r,
                                  const mp_limb_t *m_digits, const mp_limb_t *c, const mp_limb_t *d,
                                  const mp_limb_t *e, const mp_limb_t *f)
{
    v8 x[VECTORS_MAX];
    v8 y[VECTORS_MAX];
    v8 p[VECTORS_MAX];
    v8 sum[VECTORS_MAX];
    load(V, p, ifma->p);
    load(V, sum, ifma->offset);
    if (products > 0) {
        load(V, x, c);
    }
    if (products > 1) {
        load(V, y, e);
    }
    for (mp_size_t i = 0; i < ifma->rounds; i++) {
        v8 digit = all(products > 0 ? d[i] : 0);
        v8 other = all(products > 1 ? f[i] : 0);
        sum[0] = _mm512_add_epi64(sum[0], in_lowest(DIGIT_MASK + 1 - m_digits[i]));
        if (products > 0) {
            add_low(V, sum, x, digit);
        }
        if (products > 1) {
            add_low(V, sum, y, other);
        }
        v8 m = all(lowest(sum[0]) * ifma->inverse & DIGIT_MASK);
        add_low(V, sum, p, m);
        drop_lowest(V, sum);
        if (products > 0) {
            add_high(V, sum, x, digit);
        }
        if (products > 1) {
            add_high(V, sum, y, other);
        }
        add_high(V, sum, p, m);
    }
    store_carried(V, r, sum);
}

/* Both halves round by round, for as long as both sums fit into the registers: neither then waits
 * for its own carries. */
LV_VECTOR void multiply_both_halves(int V, int products, const lv_ifma *ifma, mp_limb_t *low,
                                    mp_limb_t *high, const mp_limb_t *a, const mp_limb_t *b,
                                    const mp_limb_t *c, const mp_limb_t *d, const mp_limb_t *e,
                                    const mp_limb_t *f)
{
    v8 w[VECTORS_MAX];
    v8 x[VECTORS_MAX];
    v8 y[VECTORS_MAX];
    v8 p[VECTORS_MAX];
    v8 sum[VECTORS_MAX];
    v8 top[VECTORS_MAX];
    load(V, w, a);
    load(V, p, ifma->p);
    load(V, top, ifma->offset);
    if (products > 0) {
        load(V, x, c);
    }
    if (products > 1) {
        load(V, y, e);
    }
    LV_UNROLL
    for (int v = 0; v < V; v++) {
        sum[v] = _mm512_setzero_si512();
    }
    for (mp_size_t i = 0; i < ifma->rounds; i++) {
        v8 first = all(b[i]);
        v8 digit = all(products > 0 ? d[i] : 0);
        v8 other = all(products > 1 ? f[i] : 0);
        add_low(V, sum, w, first);
        if (products > 0) {
            add_low(V, top, x, digit);
        }
        if (products > 1) {
            add_low(V, top, y, other);
        }
        mp_limb_t m_digit = lowest(sum[0]) * ifma->inverse & DIGIT_MASK;
        v8 m = all(m_digit);
        top[0] = _mm512_add_epi64(top[0], in_lowest(DIGIT_MASK + 1 - m_digit));
        v8 k = all(lowest(top[0]) * ifma->inverse & DIGIT_MASK);
        add_low(V, sum, p, m);
        add_low(V, top, p, k);
        drop_lowest(V, sum);
        drop_lowest(V, top);
        add_high(V, sum, w, first);
        add_high(V, sum, p, m);
        if (products > 0) {
            add_high(V, top, x, digit);
        }
        if (products > 1) {
            add_high(V, top, y, other);
        }
        add_high(V, top, p, k);
    }
    store_carried(V, low, sum);
    store_carried(V, high, top);
}

enum { TOGETHER_MAX = 12 }; /* vectors up to which both sums are kept in registers */

typedef struct {
    const mp_limb_t *a, *b, *c, *d, *e, *f;
} factors;

/* Factors may be outputs: those are written once all factors have been read. */
LV_VECTOR void dual(int V, int products, const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high,
                    const factors *of, mp_limb_t *room)
{
    if (V <= TOGETHER_MAX) {
        multiply_both_halves(V, products, ifma, low, high, of->a, of->b, of->c, of->d, of->e,
                             of->f);
        return;
    }
    mp_limb_t *m_digits = room + LV_IFMA_WORDS_MAX;
    multiply_low_half(V, ifma, room, m_digits, of->a, of->b);
    multiply_high_half(V, products, ifma, high, m_digits, of->c, of->d, of->e, of->f);
    memcpy(low, room, (size_t)V * LANES * sizeof *low);
}

/* One function for each size and number of products: what is known when compiled stays in
 * registers. */
#define DEFINE(V)                                                                                  \
    LV_TARGET static void multiply_##V(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a,      \
                                       const mp_limb_t *b)                                         \
    {                                                                                              \
        multiply(V, ifma, r, a, b);                                                                \
    }                                                                                              \
    LV_TARGET static void dual0_##V(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high,          \
                                    const factors *of, mp_limb_t *room)                            \
    {                                                                                              \
        dual(V, 0, ifma, low, high, of, room);                                                     \
    }                                                                                              \
    LV_TARGET static void dual1_##V(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high,          \
                                    const factors *of, mp_limb_t *room)                            \
    {                                                                                              \
        dual(V, 1, ifma, low, high, of, room);                                                     \
    }                                                                                              \
    LV_TARGET static void dual2_##V(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high,          \
                                    const factors *of, mp_limb_t *room)                            \
    {                                                                                              \
        dual(V, 2, ifma, low, high, of, room);                                                     \
    }                                                                                              \
    LV_TARGET static void add_##V(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a,           \
                                  const mp_limb_t *b)                                              \
    {                                                                                              \
        add(V, ifma, r, a, b);                                                                     \
    }
LV_EACH_SIZE(DEFINE)

typedef struct {
    int vectors;
    void (*multiply)(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b);
    void (*dual[3])(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high, const factors *of,
                    mp_limb_t *room);
    void (*add)(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b);
} kernel;

#define ENTRY(V) {V, multiply_##V, {dual0_##V, dual1_##V, dual2_##V}, add_##V},
static const kernel KERNELS[] = {LV_EACH_SIZE(ENTRY)};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof KERNELS[0] };

/* Which one depends on the size of p alone. */
static const kernel *kernel_of(mp_size_t words)
{
    size_t i = 0;
    while (i + 1 < KERNEL_COUNT && (mp_size_t)KERNELS[i].vectors * LANES < words) {
        i++;
    }
    return &KERNELS[i];
}

static bool has_ifma(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("bmi2") && !lv_cpu_avx2();
}

/* Words of a number, 0 where there is no room for as many rounds. */
static mp_size_t words_for(mp_size_t rounds)
{
    bool fits = rounds <= LV_IFMA_WORDS_MAX && has_ifma();
    return fits ? (mp_size_t)kernel_of(rounds)->vectors * LANES : 0;
}

void lv_ifma_mul(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b)
{
    kernel_of(ifma->words)->multiply(ifma, r, a, b);
}

void lv_ifma_add(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b)
{
    kernel_of(ifma->words)->add(ifma, r, a, b);
}

void lv_ifma_dual(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high, const mp_limb_t *a,
                  const mp_limb_t *b, const mp_limb_t *c, const mp_limb_t *d, const mp_limb_t *e,
                  const mp_limb_t *f, mp_limb_t *room)
{
    int products = (c != NULL ? 1 : 0) + (e != NULL ? 1 : 0);
    const factors of = {.a = a, .b = b, .c = c, .d = d, .e = e, .f = f};
    kernel_of(ifma->words)->dual[products](ifma, low, high, &of, room);
}

#else

/* No other processor has them: `words` is 0 and none of the others is called. */
static mp_size_t words_for(mp_size_t rounds)
{
    (void)rounds;
    return 0;
}

void lv_ifma_mul(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b)
{
    (void)ifma, (void)r, (void)a, (void)b;
}

void lv_ifma_add(const lv_ifma *ifma, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b)
{
    (void)ifma, (void)r, (void)a, (void)b;
}

void lv_ifma_dual(const lv_ifma *ifma, mp_limb_t *low, mp_limb_t *high, const mp_limb_t *a,
                  const mp_limb_t *b, const mp_limb_t *c, const mp_limb_t *d, const mp_limb_t *e,
                  const mp_limb_t *f, mp_limb_t *room)
{
    (void)ifma, (void)low, (void)high, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    (void)room;
}

#endif

/* ---- setting up ---- */

enum {
    HEADROOM = 10,  /* bits of R above p */
    BITS_MIN = 512, /* of p: below that nothing is gained */
};

/* -(sum over all rounds of 2^52 2^(52 i)) = -(R - 1) 2^52 / (2^52 - 1) mod p, in limbs. */
static void compute_offset(mp_limb_t *r, mp_size_t rounds, const mp_limb_t *p, mp_size_t n)
{
    mp_limb_t sum[LV_IFMA_LIMBS_MAX + 2] = {0};
    mp_size_t len = (rounds * LV_IFMA_DIGIT) / GMP_NUMB_BITS + 2;
    for (mp_size_t i = 1; i <= rounds; i++) {
        mp_size_t bit = i * LV_IFMA_DIGIT;
        sum[bit / GMP_NUMB_BITS] |= (mp_limb_t)1 << (bit % GMP_NUMB_BITS);
    }
    lv_reduce(sum, sum, len, p, n);
    mpn_sub_n(r, p, sum, n); /* p itself where the sum is 0: as good */
}

void lv_ifma_init(lv_ifma *ifma, const mp_limb_t *p, mp_size_t n, mp_limb_t inverse)
{
    mp_limb_t limbs[LV_IFMA_LIMBS_MAX + 1] = {0};
    memset(ifma, 0, sizeof *ifma);
    /* Of the length of p in bits its limbs and the zeros above it are no secret. */
    mp_size_t bits = n * GMP_NUMB_BITS;
    for (mp_limb_t top = p[n - 1]; top >> (GMP_NUMB_BITS - 1) == 0; top <<= 1) {
        bits--;
    }
    mp_size_t rounds = (bits + HEADROOM + LV_IFMA_DIGIT - 1) / LV_IFMA_DIGIT;
    bool pays = bits >= BITS_MIN && n <= LV_IFMA_LIMBS_MAX;
    ifma->words = pays ? words_for(rounds) : 0;
    if (ifma->words == 0) {
        return;
    }
    ifma->rounds = rounds;
    ifma->inverse = inverse;
    lv_ifma_from_limbs(ifma, ifma->p, p, n);
    compute_offset(limbs, rounds, p, n);
    lv_ifma_from_limbs(ifma, ifma->offset, limbs, n);
    limbs[n] = mpn_lshift(limbs, p, n, 1);
    lv_ifma_from_limbs(ifma, ifma->minus_twice, limbs, n + 1);
    mp_limb_t carry = 1; /* the complement, and 1 */
    for (mp_size_t i = 0; i < ifma->words; i++) {
        mp_limb_t digit = (ifma->minus_twice[i] ^ DIGIT_MASK) + carry;
        ifma->minus_twice[i] = digit & DIGIT_MASK;
        carry = digit >> LV_IFMA_DIGIT;
    }
    lv_wipe(limbs, sizeof limbs);
}
