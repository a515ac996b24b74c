#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <string.h>

static bool masks_are_of(const lv_rlwe_masks *masks, const lv_rlwe_matrix *matrix,
                         size_t ciphertext)
{
    return masks->filled && masks->of_pairs == (matrix->kind == LV_RLWE_PAIRS) &&
           masks->ciphertext == ciphertext &&
           memcmp(masks->nonce, matrix->nonce, sizeof masks->nonce) == 0;
}

static void draw(const lv_rlwe_ops *ops, uint32_t *a, const uint8_t nonce[LV_RLWE_NONCE_BYTES],
                 size_t ciphertext)
{
    uint8_t key[LV_RLWE_SEED_BYTES];
    lv_rlwe_uniform_key(key, nonce);
    lv_rlwe_uniform(ops, a, key, ciphertext);
}

static void fill_masks(lv_rlwe_secret *key, const lv_rlwe_matrix *matrix, size_t ciphertext)
{
    lv_rlwe_masks *masks = &key->masks;
    uint32_t *difference = masks->difference;

    draw(key->ops, difference, matrix->nonce[0], ciphertext);
    if (matrix->kind == LV_RLWE_PAIRS) {
        draw(key->ops, masks->w, matrix->nonce[1], ciphertext);
        for (unsigned i = 0; i < LV_RLWE_N; i++) {
            difference[i] += LV_RLWE_Q - masks->w[i];
        }
        draw(key->ops, masks->w, matrix->nonce[2], ciphertext);
        key->ops->product(masks->w, masks->w, &key->s);
    }
    key->ops->product(difference, difference, &key->s);
    masks->filled = true;
    masks->of_pairs = matrix->kind == LV_RLWE_PAIRS;
    masks->ciphertext = ciphertext;
    memcpy(masks->nonce, matrix->nonce, sizeof masks->nonce);
}

/* The a s of all columns of a row. */
static void row_masks(lv_rlwe_secret *key, const lv_rlwe_matrix *matrix, size_t row, uint32_t *out)
{
    unsigned width = matrix->kind == LV_RLWE_ENCRYPTED ? matrix->base.width : matrix->source_width;
    size_t at = lv_rlwe_place(matrix->first + row, width);
    size_t ciphertext = at / LV_RLWE_N;
    size_t place = at % LV_RLWE_N;

    pthread_mutex_lock(&key->lock);
    if (!masks_are_of(&key->masks, matrix, ciphertext)) {
        fill_masks(key, matrix, ciphertext);
    }
    if (matrix->kind == LV_RLWE_PAIRS) {
        lv_rlwe_apply(matrix->formula, width, key->masks.difference + place, key->masks.w + place,
                      out);
    } else if (matrix->kind == LV_RLWE_LIMIT) {
        lv_rlwe_apply_limit(matrix->formula, width, matrix->limit, key->masks.difference + place,
                            out);
    } else {
        memcpy(out, key->masks.difference + place, width * sizeof out[0]);
    }
    pthread_mutex_unlock(&key->lock);
}

/* |b - mask| <= DELTA / 2 */
static bool is_small(uint32_t b, uint32_t mask)
{
    uint32_t v = lv_rlwe_fold(b + LV_RLWE_Q - mask);
    uint32_t shifted = lv_rlwe_fold(v + LV_RLWE_DELTA / 2);
    return (shifted - LV_RLWE_DELTA - 1) >> 31 != 0;
}

lv_status lv_rlwe_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned first, unsigned count, bool *is_zero)
{
    lv_rlwe_secret *mine = (lv_rlwe_secret *)(uintptr_t)key;
    const lv_rlwe_matrix *matrix = lv_rlwe_matrix_of(z);
    if (memcmp(matrix->owner, mine->public_key.commitment, sizeof matrix->owner) != 0) {
        return LV_E_ARGUMENT;
    }
    const unsigned width = z->width;
    const bool encrypted = matrix->kind == LV_RLWE_ENCRYPTED;
    const uint32_t *b = matrix->b + (encrypted ? lv_rlwe_place(row, width) : row * width);
    uint32_t mask[LV_WIDTH_MAX];

    row_masks(mine, matrix, row, mask);
    for (unsigned i = 0; i < count; i++) {
        is_zero[i] = is_small(b[first + i], mask[first + i]);
    }
    lv_wipe(mask, sizeof mask);
    return LV_OK;
}
