#include "suite/paillier/prime.h"
#include "base/secret.h"
#include "suite/paillier/internal.h"
#include <stdlib.h>
#include <string.h>

enum {
    SIEVE_MAX = 1 << 20,  /* the table holds all primes below */
    WINDOW = 1 << 14,     /* candidates of one sieve */
    FACTORS_MAX = 16,     /* a number of 40 bits has at most 11 distinct prime factors */
    GENERATOR_MAX = 1000, /* far above the smallest generator of any prime ever seen */
    COFACTOR_BITS = 33,   /* of 2 u, about */
    MILLER_RABIN = 64,    /* 4^-64 = 2^-128, whatever the candidate */
    GMP_BPSW = 24,        /* mpz_probab_prime_p spends so many of its rounds on one BPSW test */
};

void lv_mpz_wipe(mpz_t x)
{
    mp_size_t room = x->_mp_alloc > 0 ? x->_mp_alloc : 1;
    lv_wipe(mpz_limbs_modify(x, room), (size_t)room * sizeof(mp_limb_t));
    mpz_clear(x);
}

/* ---- small primes ---- */

lv_status lv_prime_table_make(lv_prime_table *table)
{
    *table = (lv_prime_table){0};
    uint8_t *composite = calloc(SIEVE_MAX, 1);
    uint32_t *primes = calloc(SIEVE_MAX / 8, sizeof *primes);
    if (composite == NULL || primes == NULL) {
        free(composite);
        free(primes);
        return LV_E_MEMORY;
    }
    for (uint32_t i = 3; i < SIEVE_MAX; i += 2) {
        if (composite[i]) {
            continue;
        }
        primes[table->count++] = i;
        for (uint64_t j = (uint64_t)i * i; j < SIEVE_MAX; j += 2 * (uint64_t)i) {
            composite[j] = 1;
        }
    }
    free(composite);
    table->primes = primes;
    return LV_OK;
}

void lv_prime_table_free(lv_prime_table *table)
{
    free(table->primes);
    *table = (lv_prime_table){0};
}

/* 1/a mod s for a prime s and 0 < a < s */
static uint32_t inverse_mod(uint32_t a, uint32_t s)
{
    int64_t x = 0;
    int64_t next_x = 1;
    int64_t r = s;
    int64_t next_r = a;
    while (next_r != 0) {
        int64_t quotient = r / next_r;
        int64_t swap = r - quotient * next_r;
        r = next_r;
        next_r = swap;
        swap = x - quotient * next_x;
        x = next_x;
        next_x = swap;
    }
    return (uint32_t)(x < 0 ? x + s : x);
}

/* ---- searching a progression ---- */

/* Sieving pays as long as it is cheaper than the tests it saves; no small prime may be as large
 * as a candidate. */
static uint32_t sieve_bound(mp_bitcnt_t bits)
{
    mp_bitcnt_t pays = 20;
    if (bits <= 600) {
        pays = 14;
    } else if (bits <= 1600) {
        pays = 16;
    }
    return (uint32_t)1 << (bits / 2 < pays ? bits / 2 : pays);
}

static void sieve(uint8_t *composite, const mpz_t start, const mpz_t step,
                  const lv_prime_table *table, mp_bitcnt_t bits)
{
    uint32_t bound = sieve_bound(bits);
    memset(composite, 0, WINDOW);
    for (size_t k = 0; k < table->count && table->primes[k] < bound; k++) {
        uint32_t s = table->primes[k];
        uint32_t step_mod = (uint32_t)mpz_fdiv_ui(step, s);
        uint64_t start_mod = mpz_fdiv_ui(start, s);
        if (step_mod == 0) {
            continue; /* step is a multiple of s, and start is no multiple: see the callers */
        }
        uint64_t first = (s - start_mod) * inverse_mod(step_mod, s) % s;
        for (uint64_t i = first; i < WINDOW; i += s) {
            composite[i] = 1;
        }
    }
}

/* Is 2^(p-1) = 1 mod p? Nearly every composite says no, and this says it faster than GMP does where
 * the processor has the instructions; elsewhere GMP is not asked twice. */
static bool may_be_prime(const mpz_t p)
{
    lv_mont mont;
    mp_limb_t power[LV_MONT_WORDS_MAX];
    mp_limb_t ends[2][LV_MONT_LIMBS_MAX];
    lv_mont_scratch scratch;
    lv_mont_init(&mont, mpz_limbs_read(p), (mp_size_t)mpz_size(p));
    if (mont.ifma.words == 0 && mont.addmul == mpn_addmul_1) {
        return true;
    }
    mpn_copyi(power, mont.one.low, mont.words);
    for (mp_bitcnt_t bit = mpz_sizeinbase(p, 2); bit-- > 0;) {
        lv_mont_mul(&mont, power, power, power, &scratch);
        if (bit > 0 && mpz_tstbit(p, bit) != 0) { /* of p - 1: the lowest is 0 */
            lv_mont_add(&mont, power, power, power, &scratch);
        }
    }
    lv_mont_to_limbs(&mont, ends[0], power);
    lv_mont_to_limbs(&mont, ends[1], mont.one.low);
    bool may = mpn_cmp(ends[0], ends[1], mont.n) == 0;
    lv_wipe(&mont, sizeof mont);
    lv_wipe(power, sizeof power);
    lv_wipe(ends, sizeof ends);
    lv_wipe(&scratch, sizeof scratch);
    return may;
}

/* Sets p to the first probable prime of start, start + step, ...: WINDOW odd candidates of `bits`
 * bits. LV_NOT_FOUND where there is none. */
static lv_status search(mpz_t p, const mpz_t start, const mpz_t step, const lv_prime_table *table,
                        mp_bitcnt_t bits, int reps)
{
    uint8_t *composite = malloc(WINDOW);
    if (composite == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_NOT_FOUND;
    sieve(composite, start, step, table, bits);
    for (unsigned i = 0; i < WINDOW && status != LV_OK; i++) {
        if (composite[i]) {
            continue;
        }
        mpz_set(p, start);
        mpz_addmul_ui(p, step, i);
        if (mpz_sizeinbase(p, 2) == bits && may_be_prime(p) && mpz_probab_prime_p(p, reps) != 0) {
            status = LV_OK;
        }
    }
    lv_wipe(composite, WINDOW);
    free(composite);
    return status;
}

static lv_status random_bits(mpz_t x, mp_bitcnt_t bits, const lv_rng *rng)
{
    uint8_t bytes[LV_PRIME_LIMBS_MAX * sizeof(mp_limb_t)];
    size_t len = (bits + 7) / 8;
    lv_status status = lv_rng_fill(rng, bytes, len);
    mpz_import(x, len, 1, 1, 1, 0, bytes);
    mpz_fdiv_r_2exp(x, x, bits);
    lv_wipe(bytes, sizeof bytes);
    return status;
}

/* A random prime of exactly `bits` bits, to an error below 2^-128. */
static lv_status make_rho(mpz_t rho, mp_bitcnt_t bits, const lv_prime_table *table,
                          const lv_rng *rng)
{
    mpz_t start;
    mpz_t two;
    mpz_init(start);
    mpz_init_set_ui(two, 2);
    lv_status status = LV_NOT_FOUND;
    while (status == LV_NOT_FOUND) {
        status = random_bits(start, bits, rng);
        if (status != LV_OK) {
            break;
        }
        mpz_setbit(start, bits - 1);
        mpz_setbit(start, 0);
        status = search(rho, start, two, table, bits, GMP_BPSW + MILLER_RABIN);
    }
    lv_mpz_wipe(start);
    mpz_clear(two);
    return status;
}

/* ---- the generator ---- */

static size_t factor_distinct(uint64_t x, uint64_t *factors)
{
    size_t count = 0;
    for (uint64_t f = 2; f * f <= x; f += f == 2 ? 1 : 2) {
        if (x % f != 0) {
            continue;
        }
        factors[count++] = f;
        while (x % f == 0) {
            x /= f;
        }
    }
    if (x > 1) {
        factors[count++] = x;
    }
    return count;
}

typedef struct {
    uint64_t cofactor; /* 2 u */
    uint64_t factors[FACTORS_MAX];
    size_t count;
} small_part;

/* Is the order of g's power by rho1 rho2 exactly 2 u? (then g^(p-1) = 1 too) */
static bool small_part_is_full(const mpz_t p, mpz_t rho[2], const small_part *part, uint64_t g,
                               mpz_t t, mpz_t power)
{
    mpz_mul(t, rho[0], rho[1]);
    mpz_set_ui(power, g);
    mpz_powm(t, power, t, p);
    mpz_powm_ui(power, t, part->cofactor, p);
    bool full = mpz_cmp_ui(power, 1) == 0;
    for (size_t i = 0; full && i < part->count; i++) {
        mpz_powm_ui(power, t, part->cofactor / part->factors[i], p);
        full = mpz_cmp_ui(power, 1) != 0;
    }
    return full;
}

/* Does rho divide the order of g modulo every prime factor of p? (Pocklington) */
static bool large_part_is_full(const mpz_t p, const mpz_t rho, uint64_t g, mpz_t t, mpz_t power)
{
    if (mpz_cmp_ui(rho, 1) == 0) {
        return true;
    }
    mpz_sub_ui(t, p, 1);
    mpz_divexact(t, t, rho);
    mpz_set_ui(power, g);
    mpz_powm(power, power, t, p);
    mpz_sub_ui(power, power, 1);
    mpz_gcd(power, power, p);
    return mpz_cmp_ui(power, 1) == 0;
}

/* Splits p - 1 = cofactor * rho1 rho2 and factors the cofactor. */
static bool split(const mpz_t p, mpz_t rho[2], small_part *part, mpz_t t, mpz_t power)
{
    mpz_mul(t, rho[0], rho[1]);
    mpz_sub_ui(power, p, 1);
    if (mpz_sgn(t) <= 0 || !mpz_divisible_p(power, t)) {
        return false;
    }
    mpz_divexact(power, power, t);
    if (mpz_sizeinbase(power, 2) > LV_PRIME_COFACTOR_MAX) {
        return false;
    }
    part->cofactor = mpz_get_ui(power);
    part->count = factor_distinct(part->cofactor, part->factors);
    return part->count > 0;
}

uint64_t lv_prime_generator(const mpz_t p, mpz_t *rho)
{
    small_part part = {0};
    uint64_t found = 0;
    mpz_t t;
    mpz_t power;
    mpz_init(t);
    mpz_init(power);

    if (split(p, rho, &part, t, power)) {
        for (uint64_t g = 2; g <= GENERATOR_MAX && found == 0; g++) {
            if (mpz_ui_kronecker(g, p) == -1 && small_part_is_full(p, rho, &part, g, t, power) &&
                large_part_is_full(p, rho[0], g, t, power) &&
                large_part_is_full(p, rho[1], g, t, power)) {
                found = g;
            }
        }
    }
    lv_mpz_wipe(t);
    lv_mpz_wipe(power);
    lv_wipe(&part, sizeof part);
    return found;
}

/* ---- p ---- */

/* Picks a random u such that start = step u + 1 and the WINDOW candidates after it have `bits`
 * bits, the top two set. */
static lv_status pick_start(mpz_t start, const mpz_t step, mp_bitcnt_t bits, const lv_rng *rng)
{
    mpz_t least;
    mpz_t most;
    mpz_init_set_ui(least, 3);
    mpz_init_set_ui(most, 1);
    mpz_mul_2exp(least, least, bits - 2);
    mpz_cdiv_q(least, least, step);
    mpz_mul_2exp(most, most, bits);
    mpz_sub_ui(most, most, 2);
    mpz_fdiv_q(most, most, step);
    mpz_sub(most, most, least);
    mpz_sub_ui(most, most, WINDOW); /* how many u there are to choose from: 2^30 or more */

    lv_status status = random_bits(start, mpz_sizeinbase(most, 2) + 64, rng);
    mpz_fdiv_r(start, start, most);
    mpz_add(start, start, least);
    mpz_mul(start, start, step);
    mpz_add_ui(start, start, 1);
    lv_mpz_wipe(least);
    lv_mpz_wipe(most);
    return status;
}

lv_status lv_prime_make(mpz_t p, mpz_t rho[2], uint64_t *generator, mp_bitcnt_t bits,
                        const lv_prime_table *table, const lv_rng *rng)
{
    mpz_t step;
    mpz_t start;
    mp_bitcnt_t half = (bits - COFACTOR_BITS) / 2;
    *generator = 0;
    mpz_init(step);
    mpz_init(start);

    lv_status status = make_rho(rho[0], half, table, rng);
    if (status == LV_OK) {
        status = make_rho(rho[1], bits - COFACTOR_BITS - half, table, rng);
    }
    mpz_mul(step, rho[0], rho[1]);
    mpz_mul_2exp(step, step, 1);
    bool searching = status == LV_OK;
    while (searching) {
        status = pick_start(start, step, bits, rng);
        if (status == LV_OK) {
            status = search(p, start, step, table, bits, GMP_BPSW);
        }
        searching = status == LV_NOT_FOUND;
    }
    if (status == LV_OK) {
        *generator = lv_prime_generator(p, rho);
        status = *generator != 0 ? LV_OK : LV_E_CRYPTO;
    }
    lv_mpz_wipe(step);
    lv_mpz_wipe(start);
    return status;
}
