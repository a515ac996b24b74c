#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "suite/paillier/comb.h"
#include "suite/paillier/internal.h"
#include <string.h>

/* c = (1 + m n) * mask mod n^2, the mask a uniform n-th residue: uniform modulo p^2 and q^2 on
 * their own (comb.h), joined by the Chinese remainder theorem. */

typedef struct {
    const lv_paillier_secret *key;
    const lv_bits *bits;
    const lv_rng *rng;
    lv_paillier_matrix *matrix;
} encryption;

/* Limbs drawn beyond the size of p - 1, so that reducing modulo p - 1 is uniform to 2^-128. */
enum { EXTRA_LIMBS = 2 };

static lv_status random_exponent(const lv_side *side, mp_limb_t *e, const lv_rng *rng)
{
    mp_limb_t drawn[LV_PRIME_LIMBS_MAX + EXTRA_LIMBS];
    mp_size_t len = side->mont.n + EXTRA_LIMBS;
    lv_status status = lv_rng_fill(rng, (uint8_t *)drawn, (size_t)len * sizeof(mp_limb_t));
    if (status == LV_OK) {
        lv_reduce(e, drawn, len, side->order, side->mont.n);
    }
    lv_wipe(drawn, sizeof drawn);
    return status;
}

/* A uniform n-th residue modulo p^2, in 2 n limbs. */
static lv_status random_residue(const lv_paillier_secret *key, int i, mp_limb_t *residue,
                                const lv_rng *rng)
{
    const lv_side *side = &key->side[i];
    mp_limb_t e[LV_PRIME_LIMBS_MAX];
    lv_status status = random_exponent(side, e, rng);
    if (status == LV_OK) {
        lv_dual power;
        lv_mont_scratch scratch;
        lv_comb_power(key->comb[i], side, &power, e, &scratch);
        lv_dual_to_limbs(&side->mont, residue, &power, &scratch);
        lv_wipe(&power, sizeof power);
        lv_wipe(&scratch, sizeof scratch);
    }
    lv_wipe(e, sizeof e);
    return status;
}

/* c = c (1 + bit n) = c + bit (c mod n) n mod n^2; c has `limbs` limbs. */
static void add_bit(const lv_paillier_public *key, mp_limb_t *c, mp_limb_t bit)
{
    mp_limb_t rest[LV_CRT_LIMBS_MAX];
    mp_limb_t product[2 * LV_CRT_LIMBS_MAX];
    mp_limb_t gmp[4 * LV_CRT_LIMBS_MAX];
    mp_size_t n = (mp_size_t)mpz_size(key->n);
    const mp_limb_t *modulus = mpz_limbs_read(key->n2);
    mp_limb_t mask = -bit;

    lv_reduce(rest, c, key->limbs, mpz_limbs_read(key->n), n);
    for (mp_size_t i = 0; i < n; i++) {
        rest[i] &= mask;
    }
    mpn_sec_mul(product, rest, n, mpz_limbs_read(key->n), n, gmp);
    mp_limb_t carry = mpn_add_n(c, c, product, key->limbs); /* product < n^2 */
    mp_limb_t borrow = mpn_sub_n(c, c, modulus, key->limbs);
    mpn_cnd_add_n(borrow & (carry == 0), c, c, modulus, key->limbs);
    lv_wipe(rest, sizeof rest);
    lv_wipe(product, sizeof product);
    lv_wipe(gmp, sizeof gmp);
}

static lv_status encrypt_cell(void *context, size_t i)
{
    const encryption *job = context;
    const lv_paillier_secret *key = job->key;
    mp_limb_t residue[2][2 * LV_PRIME_LIMBS_MAX];
    mp_limb_t c[LV_CIPHER_LIMBS_MAX];

    lv_status status = random_residue(key, 0, residue[0], job->rng);
    if (status == LV_OK) {
        status = random_residue(key, 1, residue[1], job->rng);
    }
    if (status == LV_OK) {
        lv_crt_join(&key->squares, c, residue[0], residue[1]);
        add_bit(key->public_key, c, job->bits->bits[i]);
        /* A ciphertext is public: the mask hides the bit. */
        lv_declassify(c, (size_t)job->matrix->limbs * sizeof c[0]);
        mpn_copyi(job->matrix->cells + i * (size_t)job->matrix->limbs, c, job->matrix->limbs);
    }
    lv_wipe(residue, sizeof residue);
    lv_wipe(c, sizeof c);
    return status;
}

typedef struct {
    const lv_paillier_secret *key;
    size_t uses;
    lv_comb **combs;
} preparation;

static lv_status make_comb(void *context, size_t i)
{
    const preparation *job = context;
    return lv_comb_make(&job->key->side[i], job->uses, &job->combs[i]);
}

/* Makes both combs on the first encryption under a key. The key is const to callers: what it means
 * does not change, and the lock keeps other threads out. */
static lv_status prepare(lv_paillier_secret *key, size_t cells, const lv_job *job)
{
    const size_t matrices = 3; /* x, y and w are encrypted under one key */
    lv_job silent = {.threads = job != NULL ? job->threads : 1};
    preparation work = {.key = key, .uses = matrices * cells, .combs = key->comb};
    lv_status status = LV_OK;

    pthread_mutex_lock(&key->lock);
    if (key->comb[0] == NULL) {
        status = lv_parallel_for(&silent, "tables", 2, make_comb, &work);
        if (status != LV_OK) {
            lv_comb_free(key->comb[0]);
            lv_comb_free(key->comb[1]);
            key->comb[0] = NULL;
            key->comb[1] = NULL;
        }
    }
    pthread_mutex_unlock(&key->lock);
    return status;
}

lv_status lv_paillier_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                              lv_matrix **out, lv_error *err)
{
    lv_paillier_secret *mine = (lv_paillier_secret *)(uintptr_t)key;
    bool known = (mine->side[0].generator != 0) & (mine->side[1].generator != 0);
    lv_declassify(&known, sizeof known); /* whoever holds a key may know whether it encrypts */
    if (!known) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "this paillier key decrypts only: it was made from bare primes");
    }
    lv_status status = prepare(mine, bits->pairs * bits->width, job);
    encryption all = {.key = mine, .bits = bits, .rng = job != NULL ? job->rng : NULL};
    if (status == LV_OK) {
        status = lv_paillier_matrix_new(mine->public_key, bits->pairs, bits->width, &all.matrix);
    }
    if (status == LV_OK) {
        status = lv_parallel_for(job, "encrypt", bits->pairs * bits->width, encrypt_cell, &all);
    }
    if (status != LV_OK) {
        if (all.matrix != NULL) {
            lv_paillier_matrix_free(&all.matrix->base);
        }
        return lv_fail(err, status, "cannot encrypt: %s",
                       status == LV_E_RANDOM ? "the random generator failed" : "out of memory");
    }
    *out = &all.matrix->base;
    return LV_OK;
}
