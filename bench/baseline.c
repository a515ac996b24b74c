/* The published system as printed (Nasu, Kodera, Nogami, Sensors 2022, 22, 4909), in plain GMP and
 * without any of what src/suite does: g^m r^n mod n^2, formula (6) for the negation, formulas (1)
 * and (2) bit by bit with their sums written out, formulas (4) and (5) for every decryption. It is
 * there to be compared with: it wipes nothing and its time depends on secrets. */
#include "base/parallel.h"
#include "bench/measure.h"
#include <gmp.h>
#include <stdlib.h>

typedef struct {
    mpz_t n, n2, g;
    mpz_t lambda; /* lcm(p - 1, q - 1) */
    mpz_t mu;     /* 1 / L(g^lambda mod n^2) mod n */
} published_key;

typedef struct {
    published_key key;
    unsigned width;
    uint64_t plain[3]; /* x, y, w */
    mpz_t *cipher[3];
    mpz_t *negated; /* Enc(-y_i) */
    mpz_t *z[2];    /* formulas (1) and (2) */
    bool *is_zero;  /* 2 * width */
} published;

static void init_all(mpz_t *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        mpz_init(numbers[i]);
    }
}

static mpz_t *new_numbers(unsigned count)
{
    mpz_t *numbers = calloc(count, sizeof *numbers);
    if (numbers != NULL) {
        init_all(numbers, count);
    }
    return numbers;
}

static void free_numbers(mpz_t *numbers, unsigned count)
{
    for (unsigned i = 0; numbers != NULL && i < count; i++) {
        mpz_clear(numbers[i]);
    }
    free(numbers);
}

static lv_status random_number(mpz_t x, size_t bits)
{
    size_t len = (bits + 7) / 8;
    uint8_t *bytes = malloc(len);
    if (bytes == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_rng_fill(NULL, bytes, len);
    mpz_import(x, len, 1, 1, 1, 0, bytes);
    mpz_fdiv_r_2exp(x, x, bits);
    free(bytes);
    return status;
}

static lv_status random_prime(mpz_t p, size_t bits)
{
    lv_status status = random_number(p, bits);
    mpz_setbit(p, bits - 1);
    mpz_setbit(p, bits - 2);
    mpz_nextprime(p, p);
    return status;
}

/* L(u) = (u - 1) / n */
static void apply_l(const published_key *key, mpz_t u)
{
    mpz_sub_ui(u, u, 1);
    mpz_divexact(u, u, key->n);
}

static lv_status make_key(published_key *key, unsigned bits)
{
    mpz_t p;
    mpz_t q;
    mpz_inits(p, q, NULL);
    lv_status status = random_prime(p, bits / 2);
    if (status == LV_OK) {
        status = random_prime(q, bits / 2);
    }
    if (status == LV_OK) {
        mpz_mul(key->n, p, q);
        mpz_mul(key->n2, key->n, key->n);
        mpz_add_ui(key->g, key->n, 1);
        mpz_sub_ui(p, p, 1);
        mpz_sub_ui(q, q, 1);
        mpz_lcm(key->lambda, p, q);
        mpz_powm(key->mu, key->g, key->lambda, key->n2);
        apply_l(key, key->mu);
        status = mpz_invert(key->mu, key->mu, key->n) != 0 ? LV_OK : LV_E_CRYPTO;
    }
    mpz_clears(p, q, NULL);
    return status;
}

/* C = g^m r^n mod n^2 */
static lv_status encrypt_cell(void *context, size_t i)
{
    published *all = context;
    const published_key *key = &all->key;
    unsigned which = (unsigned)i / all->width;
    unsigned column = (unsigned)i % all->width;
    unsigned long bit = all->plain[which] >> (all->width - 1 - column) & 1;
    mpz_t r;
    mpz_init(r);
    lv_status status = random_number(r, mpz_sizeinbase(key->n, 2) + 64);
    mpz_mod(r, r, key->n);
    mpz_powm(r, r, key->n, key->n2);
    mpz_powm_ui(all->cipher[which][column], key->g, bit, key->n2);
    mpz_mul(r, r, all->cipher[which][column]);
    mpz_mod(all->cipher[which][column], r, key->n2);
    mpz_clear(r);
    return status;
}

/* (6): Enc(-y_i) = C^(n-1) mod n^2 */
static lv_status negate_cell(void *context, size_t i)
{
    published *all = context;
    mpz_t exponent;
    mpz_init(exponent);
    mpz_sub_ui(exponent, all->key.n, 1);
    mpz_powm(all->negated[i], all->cipher[1][i], exponent, all->key.n2);
    mpz_clear(exponent);
    return LV_OK;
}

/* (1) and (2): Enc(x_i - y_i +- 1 + 3 sum_{j<i} w_j) */
static lv_status combine_cell(void *context, size_t i)
{
    published *all = context;
    const published_key *key = &all->key;
    unsigned column = (unsigned)i % all->width;
    mpz_t *z = &all->z[i / all->width][column];
    mpz_t term;
    mpz_init_set_ui(term, 1);
    for (unsigned j = 0; j < column; j++) {
        mpz_mul(term, term, all->cipher[2][j]);
        mpz_mod(term, term, key->n2);
    }
    mpz_powm_ui(term, term, 3, key->n2);
    mpz_mul(*z, all->cipher[0][column], all->negated[column]);
    mpz_mod(*z, *z, key->n2);
    mpz_mul(*z, *z, term);
    mpz_mod(*z, *z, key->n2);
    mpz_set(term, key->g);
    if (i / all->width == 1) {
        mpz_invert(term, term, key->n2); /* Enc(-1) = g^-1 */
    }
    mpz_mul(*z, *z, term);
    mpz_mod(*z, *z, key->n2);
    mpz_clear(term);
    return LV_OK;
}

/* (4), (5): m = L(C^lambda mod n^2) / L(g^lambda mod n^2) mod n */
static lv_status decrypt_cell(void *context, size_t i)
{
    published *all = context;
    const published_key *key = &all->key;
    mpz_t m;
    mpz_init(m);
    mpz_powm(m, all->z[i / all->width][i % all->width], key->lambda, key->n2);
    apply_l(key, m);
    mpz_mul(m, m, key->mu);
    mpz_mod(m, m, key->n);
    all->is_zero[i] = mpz_sgn(m) == 0;
    mpz_clear(m);
    return LV_OK;
}

/* The zeros must be where x and y put them, and nowhere else. */
static bool answer_is_right(const published *all)
{
    unsigned column = 0;
    lv_formula formula = lv_bench_expected(all->plain[0], all->plain[1], all->width, &column);
    bool right = true;
    for (unsigned i = 0; i < 2 * all->width; i++) {
        bool expected = formula != LV_EQUAL && i == (formula == LV_RISE ? 0 : all->width) + column;
        right = right && all->is_zero[i] == expected;
    }
    return right;
}

static lv_status run(published *all, unsigned key_bits, const lv_job *job, lv_bench_times *times)
{
    unsigned threads = job != NULL ? job->threads : 1;
    lv_bench_moment start = lv_bench_now();
    lv_status status = make_key(&all->key, key_bits);
    lv_bench_take(times, LV_BENCH_KEYGEN, lv_bench_since(start, threads));

    start = lv_bench_now();
    if (status == LV_OK) {
        status =
            lv_parallel_for(job, "published: encrypt", (size_t)3 * all->width, encrypt_cell, all);
    }
    lv_bench_take(times, LV_BENCH_ENCRYPT, lv_bench_since(start, threads));

    start = lv_bench_now();
    if (status == LV_OK) {
        status = lv_parallel_for(job, "published: negate", all->width, negate_cell, all);
    }
    if (status == LV_OK) {
        status =
            lv_parallel_for(job, "published: combine", (size_t)2 * all->width, combine_cell, all);
    }
    lv_bench_take(times, LV_BENCH_COMBINE, lv_bench_since(start, threads));

    start = lv_bench_now();
    if (status == LV_OK) {
        status =
            lv_parallel_for(job, "published: decrypt", (size_t)2 * all->width, decrypt_cell, all);
    }
    lv_bench_take(times, LV_BENCH_ZERO_TEST, lv_bench_since(start, threads));
    return status;
}

lv_status lv_bench_baseline(unsigned key_bits, const lv_bench_values *values, const lv_job *job,
                            lv_bench_times *times, lv_error *err)
{
    published all = {.width = values->width,
                     .plain = {values->x[0], values->y[0], values->x[0] ^ values->y[0]}};
    mpz_inits(all.key.n, all.key.n2, all.key.g, all.key.lambda, all.key.mu, NULL);
    mpz_t **groups[] = {&all.cipher[0], &all.cipher[1], &all.cipher[2],
                        &all.negated,   &all.z[0],      &all.z[1]};
    const size_t group_count = sizeof groups / sizeof groups[0];
    lv_status status = LV_OK;
    for (size_t i = 0; i < group_count; i++) {
        *groups[i] = new_numbers(values->width);
        status = *groups[i] == NULL ? LV_E_MEMORY : status;
    }
    all.is_zero = calloc(values->width, 2 * sizeof *all.is_zero);
    if (status == LV_OK && all.is_zero != NULL) {
        status = run(&all, key_bits, job, times);
    }
    if (status == LV_OK && (all.is_zero == NULL || !answer_is_right(&all))) {
        status = lv_fail(err, LV_E_CRYPTO, "bench: the published formulas gave a wrong answer");
    }
    for (size_t i = 0; i < group_count; i++) {
        free_numbers(*groups[i], values->width);
    }
    free(all.is_zero);
    mpz_clears(all.key.n, all.key.n2, all.key.g, all.key.lambda, all.key.mu, NULL);
    return status;
}
