#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <string.h>

typedef struct {
    const lv_rlwe_secret *key;
    const lv_bits *bits;
    size_t pairs; /* in one ciphertext */
    uint8_t noise_key[LV_RLWE_SEED_BYTES];
    lv_rlwe_matrix *matrix;
} encryption;

/* The bits of one ciphertext at their places, zeros elsewhere: as they are given where they fill
 * it, else in `room`. */
static const uint8_t *placed_bits(const lv_bits *bits, size_t first, size_t pairs, uint8_t *room)
{
    const uint8_t *from = bits->bits + first * bits->width;
    if (pairs * bits->width == LV_RLWE_N) {
        return from;
    }
    memset(room, 0, LV_RLWE_N);
    for (size_t i = 0; i < pairs; i++) {
        memcpy(room + lv_rlwe_place(i, bits->width), from + i * bits->width, bits->width);
    }
    return room;
}

/* b = a s + e + DELTA m */
static lv_status encrypt_one(void *context, size_t index)
{
    const encryption *all = context;
    const lv_rlwe_secret *key = all->key;
    size_t first = index * all->pairs;
    size_t left = all->bits->pairs - first;
    size_t pairs = left < all->pairs ? left : all->pairs;
    uint32_t c[LV_RLWE_N];
    uint8_t room[LV_RLWE_N];
    const uint8_t *bits = placed_bits(all->bits, first, pairs, room);

    lv_rlwe_uniform(key->ops, c, all->matrix->nonce[0], index);
    key->ops->product(c, c, &key->s);
    lv_rlwe_add(key->ops, c, all->noise_key, index, bits);
    if (bits == room) {
        lv_wipe(room, sizeof room);
    }
    /* From here on it is a ciphertext, which everybody may see. The rest of c is one too. */
    lv_declassify(c, sizeof c);
    memcpy(all->matrix->b + index * LV_RLWE_N, c,
           lv_rlwe_place(pairs, all->bits->width) * sizeof c[0]);
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
