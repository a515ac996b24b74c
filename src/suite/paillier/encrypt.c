#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "suite/paillier/internal.h"

/* c = (1 + m n) * mask mod n^2 (mask.c) */

typedef struct {
    const lv_paillier_secret *key; /* NULL where the masks are there */
    const lv_rng *rng;
    mp_limb_t *masks; /* or NULL */
    const lv_bits *bits;
    lv_paillier_matrix *matrix;
    const lv_paillier_public *public_key;
} encryption;

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
    mp_size_t limbs = job->matrix->limbs;
    mp_limb_t c[LV_CIPHER_LIMBS_MAX];
    lv_status status = LV_OK;

    if (job->masks != NULL) {
        mp_limb_t *mask = job->masks + i * (size_t)limbs;
        mpn_copyi(c, mask, limbs);
        lv_wipe(mask, (size_t)limbs * sizeof *mask);
    } else {
        status = lv_paillier_mask(job->key, c, job->rng);
    }
    if (status == LV_OK) {
        add_bit(job->public_key, c, job->bits->bits[i]);
        /* A ciphertext is public: the mask hides the bit. */
        lv_declassify(c, (size_t)limbs * sizeof c[0]);
        mpn_copyi(job->matrix->cells + i * (size_t)limbs, c, limbs);
    }
    lv_wipe(c, sizeof c);
    return status;
}

static lv_status encrypt_all(encryption *all, const lv_job *job, lv_matrix **out, lv_error *err)
{
    const lv_bits *bits = all->bits;
    lv_status status =
        lv_paillier_matrix_new(all->public_key, bits->pairs, bits->width, &all->matrix);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "encrypt", bits->pairs * bits->width, encrypt_cell, all);
    }
    if (status != LV_OK) {
        if (all->matrix != NULL) {
            lv_paillier_matrix_free(&all->matrix->base);
        }
        return lv_fail(err, status, "cannot encrypt: %s",
                       status == LV_E_RANDOM ? "the random generator failed" : "out of memory");
    }
    *out = &all->matrix->base;
    return LV_OK;
}

lv_status lv_paillier_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                              lv_matrix **out, lv_error *err)
{
    const size_t matrices = 3; /* x, y and w are encrypted under one key */
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    encryption all = {.key = mine,
                      .rng = job != NULL ? job->rng : NULL,
                      .bits = bits,
                      .public_key = mine->public_key};
    lv_status status = lv_paillier_masks_ready(key, matrices * bits->pairs * bits->width, job, err);
    if (status == LV_OK) {
        return encrypt_all(&all, job, out, err);
    }
    return status == LV_E_ARGUMENT ? status : lv_fail(err, status, "cannot encrypt: out of memory");
}

lv_status lv_paillier_encrypt_with(lv_masks *masks, const lv_bits *bits, const lv_job *job,
                                   lv_matrix **out, lv_error *err)
{
    size_t count = bits->pairs * bits->width;
    encryption all = {.masks = lv_paillier_masks_take(masks, count),
                      .bits = bits,
                      .public_key = lv_paillier_public_of(masks->public_key)};
    lv_status status = encrypt_all(&all, job, out, err);
    lv_wipe(all.masks, count * (size_t)all.public_key->limbs * sizeof(mp_limb_t));
    return status;
}
