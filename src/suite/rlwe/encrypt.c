#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <string.h>

typedef struct {
    const lv_rlwe_secret *key;
    const lv_bits *bits;
    size_t pairs; /* in one ciphertext */
    uint8_t uniform_key[LV_RLWE_SEED_BYTES];
    uint8_t noise_key[LV_RLWE_SEED_BYTES];
    lv_rlwe_matrix *matrix;
} encryption;

/* Adds DELTA times the bits of one pair. */
static void add_bits(uint32_t *c, const uint8_t *bits, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        c[i] = lv_rlwe_fold(c[i] + (LV_RLWE_DELTA & (0U - bits[i])));
    }
}

/* b = a s + e + DELTA m */
static lv_status encrypt_one(void *context, size_t index)
{
    const encryption *all = context;
    const lv_rlwe_secret *key = all->key;
    unsigned width = all->bits->width;
    size_t first = index * all->pairs;
    size_t left = all->bits->pairs - first;
    size_t pairs = left < all->pairs ? left : all->pairs;
    uint32_t c[LV_RLWE_N];

    lv_rlwe_uniform(key->ops, c, all->uniform_key, index);
    key->ops->product(c, c, &key->s);
    lv_rlwe_add_noise(key->ops, c, all->noise_key, index);
    for (size_t i = 0; i < pairs; i++) {
        add_bits(c + lv_rlwe_place(i, width), all->bits->bits + (first + i) * width, width);
    }
    /* From here on it is a ciphertext, which everybody may see. The rest of c is one too. */
    lv_declassify(c, sizeof c);
    memcpy(all->matrix->b + index * LV_RLWE_N, c, pairs * lv_rlwe_block(width) * sizeof c[0]);
    return LV_OK;
}

static lv_status encrypt_all(encryption *all, const lv_job *job)
{
    size_t ciphertexts = (all->bits->pairs + all->pairs - 1) / all->pairs;
    lv_status status = lv_rng_fill(job != NULL ? job->rng : NULL, all->matrix->nonce[0],
                                   sizeof all->matrix->nonce[0]);
    if (status == LV_OK) {
        /* Nonces are published with the matrix. */
        lv_declassify(all->matrix->nonce[0], sizeof all->matrix->nonce[0]);
        lv_rlwe_uniform_key(all->uniform_key, all->matrix->nonce[0]);
        lv_rlwe_noise_key(all->noise_key, all->key->seed, all->matrix->nonce[0]);
        status = lv_parallel_for(job, "encrypt", ciphertexts, encrypt_one, all);
    }
    lv_wipe(all->noise_key, sizeof all->noise_key);
    return status;
}

lv_status lv_rlwe_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                          lv_matrix **out, lv_error *err)
{
    const lv_rlwe_secret *mine = (const lv_rlwe_secret *)key;
    unsigned block = lv_rlwe_block(bits->width);
    encryption all = {.key = mine, .bits = bits, .pairs = LV_RLWE_N / block};
    lv_status status = lv_rlwe_matrix_new(&mine->public_key, bits->pairs, bits->width,
                                          bits->pairs * block, &all.matrix);
    if (status == LV_OK) {
        status = encrypt_all(&all, job);
        if (status != LV_OK) {
            lv_rlwe_matrix_free(&all.matrix->base);
        }
    }
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot encrypt: %s",
                       status == LV_E_RANDOM ? "the random generator failed" : "out of memory");
    }
    *out = &all.matrix->base;
    return LV_OK;
}
