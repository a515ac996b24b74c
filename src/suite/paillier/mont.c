#include "suite/paillier/mont.h"
#include "base/secret.h"
#include "suite/paillier/divide.h"
#include <string.h>

enum { WINDOW_MIN = 2, WINDOW_MAX = 5, WINDOW_SIZE_MAX = 1 << WINDOW_MAX, CACHE_LINE = 64 };

static bool is_wide(const lv_mont *mont) { return mont->ifma.words != 0; }

void lv_mont_scratch_wipe(const lv_mont *mont, lv_mont_scratch *scratch)
{
    size_t number = (size_t)mont->n * sizeof(mp_limb_t);
    size_t word = (size_t)mont->words * sizeof(mp_limb_t);
    lv_wipe(scratch->t, 2 * number);
    lv_wipe(scratch->s, 2 * number);
    lv_wipe(scratch->u, 2 * number < word ? word : 2 * number);
    lv_wipe(scratch->m, number);
    lv_wipe(scratch->gmp, 4 * number);
    lv_wipe(scratch->room, is_wide(mont) ? sizeof scratch->room : 0);
}

/* -1/p mod 2^64 by Newton's iteration: every step doubles the bits that are right (p p = 1 mod 8
 * gives the first three). */
static mp_limb_t negative_inverse(mp_limb_t p)
{
    mp_limb_t inverse = p;
    for (int right = 3; right < GMP_NUMB_BITS; right *= 2) {
        inverse *= 2 - p * inverse;
    }
    return -inverse;
}

/* Takes p away from carry * 2^(64 n) + r where that leaves no negative number; returns the new
 * carry. */
static mp_limb_t subtract_p_once(const lv_mont *mont, mp_limb_t *r, mp_limb_t carry)
{
    mp_limb_t borrow = mpn_sub_n(r, r, mont->p, mont->n);
    mp_limb_t negative = borrow & (carry == 0);
    mp_limb_t back = mpn_cnd_add_n(negative, r, r, mont->p, mont->n);
    return carry - borrow + back;
}

/* Montgomery's reduction: t (2 n limbs) becomes t + m p with its low half zero; m goes to `m`, the
 * high half, which is (t + m p) / R, stays in place. Returns its carry. */
static mp_limb_t reduce(const lv_mont *mont, mp_limb_t *t, mp_limb_t *m)
{
    mp_size_t n = mont->n;
    for (mp_size_t i = 0; i < n; i++) {
        m[i] = t[i] * mont->inverse;
        t[i] = mont->addmul(t + i, mont->p, n, m[i]); /* t[i] became zero: room for the carry */
    }
    return mpn_add_n(t + n, t + n, t, n);
}

/* r = a b, 2 n limbs */
static void multiply(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                     lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    if (mont->addmul == mpn_addmul_1) {
        mpn_sec_mul(r, a, n, b, n, scratch->gmp); /* faster than so many calls */
        return;
    }
    mpn_zero(r, n);
    for (mp_size_t i = 0; i < n; i++) {
        r[n + i] = mont->addmul(r + i, a, n, b[i]);
    }
}

/* Ends a product modulo p: r = t / R. */
static void settle(const lv_mont *mont, mp_limb_t *r, lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    mp_limb_t carry = reduce(mont, scratch->t, scratch->m);
    subtract_p_once(mont, scratch->t + n, carry);
    mpn_copyi(r, scratch->t + n, n);
}

void lv_mont_mul(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                 lv_mont_scratch *scratch)
{
    if (is_wide(mont)) {
        lv_ifma_mul(&mont->ifma, r, a, b);
        return;
    }
    multiply(mont, scratch->t, a, b, scratch);
    settle(mont, r, scratch);
}

static void square(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, lv_mont_scratch *scratch)
{
    if (is_wide(mont)) {
        lv_ifma_mul(&mont->ifma, r, a, a);
        return;
    }
    mpn_sec_sqr(scratch->t, a, mont->n, scratch->gmp);
    settle(mont, r, scratch);
}

void lv_mont_add(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *b,
                 lv_mont_scratch *scratch)
{
    if (is_wide(mont)) {
        lv_ifma_add(&mont->ifma, r, a, b);
        return;
    }
    mp_limb_t carry = mpn_add_n(scratch->t, a, b, mont->n);
    subtract_p_once(mont, scratch->t, carry);
    mpn_copyi(r, scratch->t, mont->n);
}

/* The two reductions that end a product. In: t = low product; s + carry R^2 = sum of the cross
 * products, below 2 p^2. */
static void finish(const lv_mont *mont, lv_dual *r, mp_limb_t carry, lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    mp_limb_t *t = scratch->t;
    mp_limb_t *s = scratch->s;

    /* low half: t / R = low + over p, over being 0 or 1 */
    mp_limb_t top = reduce(mont, t, scratch->m);
    mp_limb_t borrow = mpn_sub_n(t + n, t + n, mont->p, n);
    mp_limb_t over = 1 - (borrow & (top == 0));
    mpn_cnd_add_n(1 - over, t + n, t + n, mont->p, n);
    mpn_copyi(r->low, t + n, n);

    /* high half: (s - m) / R + over. s - m may be negative: then R p more. The constant passes
     * through as a carry of the lower half's subtraction. */
    mp_limb_t low_borrow = mpn_sub_n(s, s, scratch->m, n);
    mp_limb_t high_borrow = mpn_sec_sub_1(s + n, s + n, n, low_borrow, scratch->gmp);
    mp_limb_t negative = high_borrow & (carry == 0);
    carry -= high_borrow;
    carry += mpn_cnd_add_n(negative, s + n, s + n, mont->p, n);
    carry += reduce(mont, s, scratch->m);
    carry += mpn_sec_add_1(s + n, s + n, n, over, scratch->gmp);
    /* below max(2 p^2 / R, p) + p + 1 <= 3 p */
    for (int i = 0; i < 3; i++) {
        carry = subtract_p_once(mont, s + n, carry);
    }
    mpn_copyi(r->high, s + n, n);
}

void lv_dual_mul(const lv_mont *mont, lv_dual *r, const lv_dual *a, const lv_dual *b,
                 lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    if (is_wide(mont)) {
        lv_ifma_dual(&mont->ifma, r->low, r->high, a->low, b->low, a->low, b->high, a->high, b->low,
                     scratch->room);
        return;
    }
    multiply(mont, scratch->t, a->low, b->low, scratch);
    multiply(mont, scratch->s, a->low, b->high, scratch);
    multiply(mont, scratch->u, a->high, b->low, scratch);
    mp_limb_t carry = mpn_add_n(scratch->s, scratch->s, scratch->u, 2 * n);
    finish(mont, r, carry, scratch);
}

void lv_dual_mul_low(const lv_mont *mont, lv_dual *r, const lv_dual *a, const mp_limb_t *b,
                     lv_mont_scratch *scratch)
{
    if (is_wide(mont)) {
        lv_ifma_dual(&mont->ifma, r->low, r->high, a->low, b, a->high, b, NULL, NULL,
                     scratch->room);
        return;
    }
    multiply(mont, scratch->t, a->low, b, scratch);
    multiply(mont, scratch->s, a->high, b, scratch);
    finish(mont, r, 0, scratch);
}

void lv_dual_mul_lows(const lv_mont *mont, lv_dual *r, const mp_limb_t *a, const mp_limb_t *b,
                      lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    if (is_wide(mont)) {
        lv_ifma_dual(&mont->ifma, r->low, r->high, a, b, NULL, NULL, NULL, NULL, scratch->room);
        return;
    }
    multiply(mont, scratch->t, a, b, scratch);
    mpn_zero(scratch->s, 2 * n);
    finish(mont, r, 0, scratch);
}

void lv_dual_sqr(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    if (is_wide(mont)) {
        lv_ifma_add(&mont->ifma, scratch->u, a->high, a->high);
        lv_ifma_dual(&mont->ifma, r->low, r->high, a->low, a->low, a->low, scratch->u, NULL, NULL,
                     scratch->room);
        return;
    }
    mpn_sec_sqr(scratch->t, a->low, n, scratch->gmp);
    multiply(mont, scratch->s, a->low, a->high, scratch);
    mp_limb_t carry = mpn_lshift(scratch->s, scratch->s, 2 * n, 1);
    finish(mont, r, carry, scratch);
}

/* Bits of an exponent that are taken at a time: making 2^window powers and one product for each
 * window cost least together. */
static mp_size_t window_for(mp_size_t bits)
{
    mp_size_t best = WINDOW_MIN;
    mp_size_t least = 0;
    for (mp_size_t window = WINDOW_MIN; window <= WINDOW_MAX; window++) {
        mp_size_t products = ((mp_size_t)1 << window) + (bits + window - 1) / window;
        if (least == 0 || products < least) {
            least = products;
            best = window;
        }
    }
    return best;
}

/* Bits at .. at + window - 1 of e, which has `bits` bits; those past the end are zero. */
static size_t window_at(const mp_limb_t *e, mp_size_t bits, mp_size_t window, mp_size_t at)
{
    mp_limb_t value = 0;
    for (mp_size_t i = 0; i < window && at + i < bits; i++) {
        mp_size_t bit = at + i;
        value |= ((e[bit / GMP_NUMB_BITS] >> (bit % GMP_NUMB_BITS)) & 1) << i;
    }
    return (size_t)value;
}

/* What a table of `size` powers of `len` words each takes. */
static size_t table_bytes(size_t size, size_t len)
{
    return size * lv_select_blocks(len) * LV_SELECT_BLOCK * sizeof(mp_limb_t);
}

static void copy_dual(const lv_mont *mont, lv_dual *r, const lv_dual *a)
{
    mpn_copyi(r->low, a->low, mont->words);
    mpn_copyi(r->high, a->high, mont->words);
}

void lv_dual_wipe(const lv_mont *mont, lv_dual *a)
{
    lv_wipe(a->low, (size_t)mont->words * sizeof(mp_limb_t));
    lv_wipe(a->high, (size_t)mont->words * sizeof(mp_limb_t));
}

void lv_dual_pow(const lv_mont *mont, lv_dual *r, const lv_dual *a, const mp_limb_t *e,
                 mp_size_t bits, lv_mont_scratch *scratch)
{
    _Alignas(CACHE_LINE) mp_limb_t table[WINDOW_SIZE_MAX * 2 * LV_MONT_WORDS_MAX];
    mp_limb_t entry[2 * LV_MONT_WORDS_MAX]; /* low, then high; a multiple of a block */
    mp_size_t words = mont->words;
    mp_size_t window = window_for(bits);
    size_t size = (size_t)1 << window;
    size_t len = 2 * (size_t)words;
    lv_dual factor;
    lv_dual power;

    copy_dual(mont, &factor, &mont->one);
    copy_dual(mont, &power, &mont->one);
    for (size_t i = 0; i < size; i++) {
        mpn_copyi(entry, factor.low, words);
        mpn_copyi(entry + words, factor.high, words);
        lv_select_store(table, size, i, entry, len);
        lv_dual_mul(mont, &factor, &factor, a, scratch);
    }
    for (mp_size_t at = (bits - 1) / window * window; at >= 0; at -= window) {
        for (mp_size_t i = 0; i < window; i++) {
            lv_dual_sqr(mont, &power, &power, scratch);
        }
        mont->select(entry, table, size, window_at(e, bits, window, at), len);
        mpn_copyi(factor.low, entry, words);
        mpn_copyi(factor.high, entry + words, words);
        lv_dual_mul(mont, &power, &power, &factor, scratch);
    }
    copy_dual(mont, r, &power);
    lv_wipe(table, table_bytes(size, len));
    lv_wipe(entry, table_bytes(1, len));
    lv_dual_wipe(mont, &factor);
    lv_dual_wipe(mont, &power);
}

void lv_mont_pow(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *a, const mp_limb_t *e,
                 mp_size_t bits, lv_mont_scratch *scratch)
{
    _Alignas(CACHE_LINE) mp_limb_t table[WINDOW_SIZE_MAX * LV_MONT_WORDS_MAX];
    mp_limb_t factor[LV_MONT_WORDS_MAX];
    mp_limb_t power[LV_MONT_WORDS_MAX];
    mp_size_t words = mont->words;
    mp_size_t window = window_for(bits);
    size_t size = (size_t)1 << window;

    mpn_copyi(factor, mont->one.low, words);
    for (size_t i = 0; i < size; i++) {
        lv_select_store(table, size, i, factor, (size_t)words);
        lv_mont_mul(mont, factor, factor, a, scratch);
    }
    mpn_copyi(power, mont->one.low, words);
    for (mp_size_t at = (bits - 1) / window * window; at >= 0; at -= window) {
        for (mp_size_t i = 0; i < window; i++) {
            square(mont, power, power, scratch);
        }
        mont->select(factor, table, size, window_at(e, bits, window, at), (size_t)words);
        lv_mont_mul(mont, power, power, factor, scratch);
    }
    mpn_copyi(r, power, words);
    lv_wipe(table, table_bytes(size, (size_t)words));
    lv_wipe(factor, sizeof factor);
    lv_wipe(power, sizeof power);
}

/* ---- in and out ---- */

/* n + 1 limbs below 4 p become less than p, in n; returns how often p was taken away. */
static mp_limb_t reduce_fully(const lv_mont *mont, mp_limb_t *x)
{
    mp_limb_t carry = x[mont->n];
    mp_limb_t times = 0;
    for (int i = 0; i < 3; i++) {
        mp_limb_t borrow = mpn_sub_n(x, x, mont->p, mont->n);
        mp_limb_t negative = borrow & (carry == 0);
        carry -= borrow;
        carry += mpn_cnd_add_n(negative, x, x, mont->p, mont->n);
        times += 1 - negative;
    }
    return times;
}

void lv_mont_from_limbs(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *x)
{
    if (is_wide(mont)) {
        lv_ifma_from_limbs(&mont->ifma, r, x, mont->n);
    } else {
        mpn_copyi(r, x, mont->n);
    }
}

void lv_mont_to_limbs(const lv_mont *mont, mp_limb_t *r, const mp_limb_t *x)
{
    if (!is_wide(mont)) {
        mpn_copyi(r, x, mont->n);
        return;
    }
    mp_limb_t limbs[LV_MONT_LIMBS_MAX + 1];
    lv_ifma_to_limbs(&mont->ifma, limbs, x, mont->n);
    reduce_fully(mont, limbs);
    mpn_copyi(r, limbs, mont->n);
    lv_wipe(limbs, sizeof limbs);
}

void lv_dual_from_limbs(const lv_mont *mont, lv_dual *r, const mp_limb_t *x, mp_size_t len)
{
    mp_limb_t quotient[LV_DUAL_INPUT_MAX + 1];
    mp_limb_t half[LV_MONT_LIMBS_MAX];
    mp_size_t n = mont->n;
    mp_size_t quotient_len = len - n + 1 < n ? n : len - n + 1;

    mpn_zero(quotient, quotient_len);
    lv_divide(quotient, half, x, len, mont->p, n);
    lv_mont_from_limbs(mont, r->low, half);
    lv_divide(NULL, half, quotient, quotient_len, mont->p, n);
    lv_mont_from_limbs(mont, r->high, half);
    lv_wipe(quotient, (size_t)quotient_len * sizeof quotient[0]);
    lv_wipe(half, (size_t)n * sizeof half[0]);
}

void lv_dual_to_limbs(const lv_mont *mont, mp_limb_t *r, const lv_dual *a, lv_mont_scratch *scratch)
{
    mp_size_t n = mont->n;
    mp_limb_t *low = scratch->s;
    mp_limb_t *high = scratch->u;
    if (is_wide(mont)) {
        lv_ifma_to_limbs(&mont->ifma, low, a->low, n);
        lv_ifma_to_limbs(&mont->ifma, high, a->high, n);
        mp_limb_t over = reduce_fully(mont, low);
        high[n] += mpn_sec_add_1(high, high, n, over, scratch->gmp);
        reduce_fully(mont, high);
    } else {
        mpn_copyi(low, a->low, n);
        mpn_copyi(high, a->high, n);
    }
    mpn_sec_mul(r, high, n, mont->p, n, scratch->gmp);
    mp_limb_t carry = mpn_add_n(r, r, low, n);
    mpn_sec_add_1(r + n, r + n, n, carry, scratch->gmp);
}

void lv_dual_enter(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch)
{
    lv_dual_mul(mont, r, a, &mont->r2, scratch);
}

void lv_dual_leave(const lv_mont *mont, lv_dual *r, const lv_dual *a, lv_mont_scratch *scratch)
{
    static const mp_limb_t one[LV_MONT_WORDS_MAX] = {1};
    lv_dual_mul_low(mont, r, a, one, scratch);
}

unsigned lv_dual_equal(const lv_mont *mont, const lv_dual *a, const lv_dual *b)
{
    mp_limb_t left[2 * LV_MONT_LIMBS_MAX];
    mp_limb_t right[2 * LV_MONT_LIMBS_MAX];
    lv_mont_scratch scratch;
    lv_dual_to_limbs(mont, left, a, &scratch);
    lv_dual_to_limbs(mont, right, b, &scratch);
    mp_limb_t difference = 0;
    for (mp_size_t i = 0; i < 2 * mont->n; i++) {
        difference |= left[i] ^ right[i];
    }
    lv_wipe(left, 2 * (size_t)mont->n * sizeof left[0]);
    lv_wipe(right, 2 * (size_t)mont->n * sizeof right[0]);
    lv_mont_scratch_wipe(mont, &scratch);
    return (unsigned)(1 & ~((difference | -difference) >> (GMP_NUMB_BITS - 1)));
}

/* Sets up all but the form that numbers are kept in. */
static void begin(lv_mont *mont, const mp_limb_t *p, mp_size_t n)
{
    memset(mont, 0, sizeof *mont);
    mont->addmul = lv_addmul_best();
    mont->select = lv_select_best();
    mont->n = n;
    mont->words = n;
    mont->inverse = negative_inverse(p[0]);
    mpn_copyi(mont->p, p, n);
}

/* R = 2^bits */
static void compute_r(lv_mont *mont, mp_size_t bits)
{
    mp_limb_t power[LV_DUAL_INPUT_MAX] = {0};
    for (int i = 1; i <= 2; i++) {
        mp_size_t limb = i * bits / GMP_NUMB_BITS;
        power[limb] = (mp_limb_t)1 << (i * bits % GMP_NUMB_BITS);
        lv_dual_from_limbs(mont, i == 1 ? &mont->one : &mont->r2, power, limb + 1);
        power[limb] = 0;
    }
}

void lv_mont_init_limbs(lv_mont *mont, const mp_limb_t *p, mp_size_t n)
{
    begin(mont, p, n);
    compute_r(mont, n * GMP_NUMB_BITS);
}

void lv_mont_init(lv_mont *mont, const mp_limb_t *p, mp_size_t n)
{
    begin(mont, p, n);
    lv_ifma_init(&mont->ifma, p, n, mont->inverse);
    if (is_wide(mont)) {
        mont->words = mont->ifma.words;
        compute_r(mont, mont->ifma.rounds * LV_IFMA_DIGIT);
    } else {
        compute_r(mont, n * GMP_NUMB_BITS);
    }
}
