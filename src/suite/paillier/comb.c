#include "suite/paillier/comb.h"
#include "base/declassify.h"
#include "base/secret.h"
#include "suite/paillier/select.h"

enum { TEETH_MIN = 2, TEETH_MAX = 8, BYTES_MAX = 8 << 20, CACHE_LINE = 64 };

/* Bit (tooth * combs + k) * rows + row of an exponent belongs to that tooth of comb k in that row.
 */
typedef struct {
    unsigned teeth;
    unsigned combs;
    unsigned rows;
} shape;

struct lv_comb {
    shape shape;
    lv_select select;
    mp_size_t words;   /* of a number */
    mp_limb_t *tables; /* one of 2^teeth entries for each comb, as select.h lays them out */
    mp_limb_t room[];  /* where they are, from the first multiple of CACHE_LINE on */
};

/* An entry: the words of a, then those of l, both in Montgomery form. */

/* ---- the shape ---- */

/* Time in hundredths of one product of the inner loop, measured: a squaring, making one entry, and
 * reading one entry, which in proportion to a product costs less the longer p is, and more where
 * products are those of ifma.h. */
static uint64_t cost(const shape *s, const lv_mont *mont, size_t uses)
{
    const uint64_t product = 100;
    const uint64_t square = 94;
    const uint64_t entry = 180;
    const uint64_t reading = mont->ifma.words != 0 ? 85 : 15;
    uint64_t read = reading * ((uint64_t)1 << s->teeth) / (uint64_t)mont->words;
    uint64_t power = (uint64_t)s->rows * ((product + read) * s->combs + square);
    uint64_t chain = (uint64_t)s->rows * s->combs * s->teeth * square;
    return uses * power + chain + entry * s->combs * ((uint64_t)1 << s->teeth);
}

static size_t table_bytes(const shape *s, mp_size_t words)
{
    size_t entry = lv_select_blocks(2 * (size_t)words) * LV_SELECT_BLOCK * sizeof(mp_limb_t);
    return ((size_t)s->combs << s->teeth) * entry;
}

static shape choose_shape(const lv_mont *mont, mp_bitcnt_t bits, size_t uses)
{
    shape best = {0};
    uint64_t best_cost = UINT64_MAX;
    for (unsigned teeth = TEETH_MIN; teeth <= TEETH_MAX; teeth++) {
        unsigned columns = (unsigned)((bits + teeth - 1) / teeth);
        for (unsigned combs = 1; combs <= columns; combs++) {
            shape s = {.teeth = teeth, .combs = combs, .rows = (columns + combs - 1) / combs};
            if (table_bytes(&s, mont->words) > BYTES_MAX) {
                break;
            }
            uint64_t price = cost(&s, mont, uses);
            if (price < best_cost) {
                best_cost = price;
                best = s;
            }
        }
    }
    return best;
}

/* ---- making the tables ---- */

/* What making needs besides the tables. */
typedef struct {
    lv_mont_scratch scratch;
    lv_dual product;
    lv_dual *bases;          /* h^(2^(rows k)), k = 0 .. teeth * combs - 1, Montgomery form */
    mp_limb_t *base_inverse; /* of their low halves */
    mp_limb_t *entries;      /* of one comb, two numbers each */
    mp_limb_t *inverse;      /* of their a */
} workshop;

static mp_limb_t *table_of(const lv_comb *comb, unsigned k)
{
    size_t limbs = table_bytes(&comb->shape, comb->words) / sizeof(mp_limb_t) / comb->shape.combs;
    return comb->tables + k * limbs;
}

/* A block of a table that lay across two cache lines would take twice as long to read. */
static void place_tables(lv_comb *comb)
{
    size_t over = (uintptr_t)comb->room % CACHE_LINE;
    size_t skip = over == 0 ? 0 : CACHE_LINE - over; /* a multiple of a limb, as room is */
    comb->tables = comb->room + skip / sizeof(mp_limb_t);
}

static void make_bases(const lv_side *side, const shape *s, workshop *shop)
{
    const lv_mont *mont = &side->mont;
    const mp_limb_t generator[LV_PRIME_LIMBS_MAX] = {side->generator};
    lv_dual power = {.low = {0}};
    lv_mont_from_limbs(mont, power.low, generator);
    lv_dual_enter(mont, &power, &power, &shop->scratch);
    lv_dual_pow(mont, &power, &power, mont->p, (mp_size_t)side->bits, &shop->scratch);
    for (unsigned k = 0; k < s->teeth * s->combs; k++) {
        shop->bases[k] = power;
        for (unsigned row = 0; row < s->rows; row++) {
            lv_dual_sqr(mont, &power, &power, &shop->scratch);
        }
    }
    lv_wipe(&power, sizeof power);
}

/* Montgomery's trick over the low halves of all bases; x in Montgomery form gives 1/x in it. */
static bool invert_bases(const lv_mont *mont, size_t count, workshop *shop)
{
    size_t n = (size_t)mont->words;
    mp_limb_t limbs[LV_PRIME_LIMBS_MAX];
    mp_limb_t rest[LV_MONT_WORDS_MAX];
    mp_limb_t *prefix = shop->base_inverse;

    mpn_copyi(prefix, shop->bases[0].low, mont->words);
    for (size_t i = 1; i < count; i++) {
        lv_mont_mul(mont, prefix + i * n, prefix + (i - 1) * n, shop->bases[i].low, &shop->scratch);
    }
    lv_mont_to_limbs(mont, limbs, prefix + (count - 1) * n);
    bool found = lv_invert(limbs, limbs, mont->p, mont->n);
    lv_mont_from_limbs(mont, rest, limbs);
    lv_declassify(&found, sizeof found); /* powers of a generator are units: always so */
    /* 1/(x R) times R^2 twice, reduced twice, is R/x */
    lv_mont_mul(mont, rest, rest, mont->r2.low, &shop->scratch);
    lv_mont_mul(mont, rest, rest, mont->r2.low, &shop->scratch);
    for (size_t i = count - 1; i > 0; i--) {
        lv_mont_mul(mont, prefix + i * n, rest, prefix + (i - 1) * n, &shop->scratch);
        lv_mont_mul(mont, rest, rest, shop->bases[i].low, &shop->scratch);
    }
    mpn_copyi(prefix, rest, mont->words);
    lv_wipe(limbs, sizeof limbs);
    lv_wipe(rest, sizeof rest);
    return found;
}

/* Entry `index` is entry `index` less its highest bit, times that bit's base. */
static void make_entry(const lv_mont *mont, const shape *s, unsigned k, size_t index,
                       workshop *shop)
{
    size_t n = (size_t)mont->words;
    unsigned tooth = 0;
    while (index >> (tooth + 1) != 0) {
        tooth++;
    }
    size_t highest = (size_t)1 << tooth;
    size_t base = (size_t)tooth * s->combs + k;
    mp_limb_t *a = shop->entries + index * 2 * n;
    mp_limb_t *l = a + n;
    mp_limb_t *inverse = shop->inverse + index * n;

    if (index == highest) {
        mpn_copyi(a, shop->bases[base].low, mont->words);
        mpn_copyi(inverse, shop->base_inverse + base * n, mont->words);
        lv_mont_mul(mont, l, shop->bases[base].high, inverse, &shop->scratch);
        return;
    }
    const mp_limb_t *left = shop->entries + (index ^ highest) * 2 * n;
    const mp_limb_t *right = shop->entries + highest * 2 * n;
    lv_dual_mul_lows(mont, &shop->product, left, right, &shop->scratch);
    lv_mont_mul(mont, inverse, shop->inverse + (index ^ highest) * n, shop->inverse + highest * n,
                &shop->scratch);
    mpn_copyi(a, shop->product.low, mont->words);
    lv_mont_mul(mont, l, shop->product.high, inverse, &shop->scratch);
    lv_mont_add(mont, l, l, left + n, &shop->scratch);
    lv_mont_add(mont, l, l, right + n, &shop->scratch);
}

static void make_tables(const lv_mont *mont, const lv_comb *comb, workshop *shop)
{
    size_t entries = (size_t)1 << comb->shape.teeth;
    size_t len = 2 * (size_t)mont->words;
    /* Entry 0 stands for 1 everywhere; R = one.low + one.high p, and one.low is R/1. */
    mpn_copyi(shop->entries, mont->one.low, mont->words);
    mpn_copyi(shop->entries + mont->words, mont->one.high, mont->words);
    mpn_copyi(shop->inverse, mont->one.low, mont->words);
    for (unsigned k = 0; k < comb->shape.combs; k++) {
        lv_select_store(table_of(comb, k), entries, 0, shop->entries, len);
        for (size_t index = 1; index < entries; index++) {
            make_entry(mont, &comb->shape, k, index, shop);
            lv_select_store(table_of(comb, k), entries, index, shop->entries + index * len, len);
        }
    }
}

lv_status lv_comb_make(const lv_side *side, size_t uses, lv_comb **out)
{
    *out = NULL;
    mp_size_t n = side->mont.words;
    shape s = choose_shape(&side->mont, side->exponent_bits, uses);
    size_t bases = (size_t)s.teeth * s.combs;
    lv_comb *comb = lv_secret_alloc(sizeof *comb + CACHE_LINE + table_bytes(&s, n));
    workshop *shop = lv_secret_alloc(sizeof *shop);
    lv_status status = comb != NULL && shop != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        shop->bases = lv_secret_alloc(bases * sizeof *shop->bases);
        shop->base_inverse = lv_secret_alloc(bases * (size_t)n * sizeof(mp_limb_t));
        shop->entries = lv_secret_alloc(((size_t)n << (s.teeth + 1)) * sizeof(mp_limb_t));
        shop->inverse = lv_secret_alloc(((size_t)n << s.teeth) * sizeof(mp_limb_t));
        if (shop->bases == NULL || shop->base_inverse == NULL || shop->entries == NULL ||
            shop->inverse == NULL) {
            status = LV_E_MEMORY;
        }
    }
    if (status == LV_OK) {
        comb->shape = s;
        comb->select = lv_select_best();
        comb->words = n;
        place_tables(comb);
        make_bases(side, &s, shop);
        status = invert_bases(&side->mont, bases, shop) ? LV_OK : LV_E_CRYPTO;
    }
    if (status == LV_OK) {
        make_tables(&side->mont, comb, shop);
        *out = comb;
        comb = NULL;
    }
    lv_secret_free(comb);
    if (shop != NULL) {
        lv_secret_free(shop->bases);
        lv_secret_free(shop->base_inverse);
        lv_secret_free(shop->entries);
        lv_secret_free(shop->inverse);
        lv_secret_free(shop);
    }
    return status;
}

void lv_comb_free(lv_comb *comb) { lv_secret_free(comb); }

/* ---- powers ---- */

static size_t index_at(const shape *s, const mp_limb_t *e, mp_size_t n, unsigned k, unsigned row)
{
    size_t index = 0;
    for (unsigned tooth = 0; tooth < s->teeth; tooth++) {
        size_t bit = ((size_t)tooth * s->combs + k) * s->rows + row;
        size_t limb = bit / GMP_NUMB_BITS;
        if (limb < (size_t)n) { /* the last teeth may reach past the exponent */
            index |= ((e[limb] >> (bit % GMP_NUMB_BITS)) & 1) << tooth;
        }
    }
    return index;
}

void lv_comb_power(const lv_comb *comb, const lv_side *side, lv_dual *r, const mp_limb_t *e,
                   lv_mont_scratch *scratch)
{
    const lv_mont *mont = &side->mont;
    const shape *s = &comb->shape;
    mp_size_t n = comb->words;
    mp_limb_t entry[2 * LV_MONT_WORDS_MAX]; /* a multiple of a block */
    mp_limb_t l[LV_MONT_WORDS_MAX];
    lv_dual power;

    for (unsigned row = s->rows; row-- > 0;) {
        bool first_row = row == s->rows - 1;
        if (!first_row) {
            lv_dual_sqr(mont, &power, &power, scratch);
            lv_mont_add(mont, l, l, l, scratch);
        }
        for (unsigned k = 0; k < s->combs; k++) {
            comb->select(entry, table_of(comb, k), (size_t)1 << s->teeth,
                         index_at(s, e, mont->n, k, row), 2 * (size_t)n);
            if (first_row && k == 0) {
                mpn_copyi(power.low, entry, n);
                mpn_zero(power.high, n);
                mpn_copyi(l, entry + n, n);
                continue;
            }
            lv_dual_mul_low(mont, &power, &power, entry, scratch);
            lv_mont_add(mont, l, l, entry + n, scratch);
        }
    }
    /* (low + high p) (1 + l p) = low + (high + low l) p */
    lv_mont_mul(mont, l, l, power.low, scratch);
    lv_mont_add(mont, power.high, power.high, l, scratch);
    lv_dual_leave(mont, r, &power, scratch);
    lv_wipe(entry, sizeof entry);
    lv_wipe(l, sizeof l);
    lv_wipe(&power, sizeof power);
}
