#include "base/parallel.h"
#include "suite/paillier/internal.h"
#include "suite/paillier/prime.h"

lv_status lv_paillier_check_key_bits(unsigned key_bits, lv_error *err)
{
    if (key_bits < LV_PAILLIER_BITS_MIN || key_bits > LV_PAILLIER_BITS_MAX || key_bits % 2 != 0) {
        return lv_fail(err, LV_E_RANGE,
                       "paillier keys have an even number of %u to %u bits, not %u",
                       LV_PAILLIER_BITS_MIN, LV_PAILLIER_BITS_MAX, key_bits);
    }
    return LV_OK;
}

typedef struct {
    lv_paillier_parts *parts;
    mp_bitcnt_t bits; /* of one prime */
    const lv_prime_table *table;
    const lv_rng *rng;
} search;

static lv_status make_side(void *context, size_t i)
{
    search *wanted = context;
    return lv_prime_make(wanted->parts->p[i], wanted->parts->rho[i], &wanted->parts->generator[i],
                         wanted->bits, wanted->table, wanted->rng);
}

/* Primes close to each other would give n away to Fermat's method (FIPS 186-5, A.1.3: more than
 * 2^(bits - 100) apart; in proportion for small keys of tests). */
static bool far_apart(const lv_paillier_parts *parts, mp_bitcnt_t bits)
{
    mpz_t distance;
    mpz_init(distance);
    mpz_sub(distance, parts->p[0], parts->p[1]);
    bool far = mpz_sizeinbase(distance, 2) > bits - (bits < 400 ? bits / 4 : 100);
    lv_mpz_wipe(distance);
    return far;
}

lv_status lv_paillier_generate_sized(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                                     lv_error *err)
{
    *out = NULL;
    if (key_bits < LV_PAILLIER_BITS_TINY || key_bits > LV_PAILLIER_BITS_MAX || key_bits % 2 != 0) {
        return lv_fail(err, LV_E_RANGE, "cannot make a paillier key of %u bits", key_bits);
    }
    lv_paillier_parts parts;
    lv_prime_table table;
    lv_status status = lv_prime_table_make(&table);
    if (status != LV_OK) {
        return status;
    }
    lv_paillier_parts_init(&parts);
    search wanted = {.parts = &parts,
                     .bits = key_bits / 2,
                     .table = &table,
                     .rng = job != NULL ? job->rng : NULL};
    do {
        status = lv_parallel_for(job, "key", 2, make_side, &wanted);
    } while (status == LV_OK && !far_apart(&parts, wanted.bits));

    if (status == LV_OK) {
        status = lv_paillier_key_new(&parts, out, err);
    } else {
        lv_fail(err, status, "cannot make a paillier key: %s",
                status == LV_E_RANDOM ? "the random generator failed" : "no primes found");
    }
    lv_paillier_parts_wipe(&parts);
    lv_prime_table_free(&table);
    return status;
}

lv_status lv_paillier_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                                   lv_error *err)
{
    return lv_paillier_generate_sized(key_bits, job, out, err);
}
