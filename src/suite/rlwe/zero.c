#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <string.h>

static unsigned width_of_rows(const lv_rlwe_matrix *matrix)
{
    return matrix->kind == LV_RLWE_ENCRYPTED ? matrix->base.width : matrix->source_width;
}

static bool masks_are_of(const lv_rlwe_masks *masks, const lv_rlwe_matrix *matrix,
                         size_t ciphertext)
{
    return masks->filled && masks->of_pairs == (matrix->kind == LV_RLWE_PAIRS) &&
           masks->width == width_of_rows(matrix) && masks->ciphertext == ciphertext &&
           lv_rlwe_same(masks->nonce, matrix->nonce, sizeof masks->nonce);
}

/* `all` holds a_w s before. */
static void apply_to_all(const lv_rlwe_ops *ops, lv_rlwe_masks *masks, unsigned width)
{
    static const uint32_t none[LV_WIDTH_MAX] = {0};
    const size_t block = lv_rlwe_block(width);
    for (size_t at = 0; at < LV_RLWE_N; at += block) {
        masks->all[at] =
            ops->row(masks->cell + at, masks->as + at, none, masks->all + at, 0, width);
    }
}

static void fill_masks(lv_rlwe_secret *key, const lv_rlwe_matrix *matrix, size_t ciphertext)
{
    lv_rlwe_masks *masks = &key->masks;
    uint32_t *as = masks->as;

    lv_rlwe_uniform(key->ops, as, matrix->nonce[0], ciphertext);
    if (matrix->kind == LV_RLWE_PAIRS) {
        lv_rlwe_uniform(key->ops, masks->all, matrix->nonce[1], ciphertext);
        key->ops->subtract(as, masks->all);
        lv_rlwe_uniform(key->ops, masks->all, matrix->nonce[2], ciphertext);
        key->ops->product(masks->all, masks->all, &key->s);
    }
    key->ops->product(as, as, &key->s);
    masks->width = width_of_rows(matrix);
    if (matrix->kind == LV_RLWE_PAIRS) {
        apply_to_all(key->ops, masks, masks->width);
    }
    masks->filled = true;
    masks->of_pairs = matrix->kind == LV_RLWE_PAIRS;
    masks->ciphertext = ciphertext;
    memcpy(masks->nonce, matrix->nonce, sizeof masks->nonce);
}

/* Against a limit every row has masks of its own. */
static void decide_limit(const lv_rlwe_ops *ops, const lv_rlwe_matrix *z, const uint32_t *b,
                         const uint32_t *as, unsigned first, unsigned count, bool *is_zero)
{
    uint32_t mask[LV_WIDTH_MAX];
    lv_rlwe_apply_limit(z->formula, z->source_width, z->limit, as, mask);
    ops->decide(is_zero, b, mask + first, count);
    lv_wipe(mask, sizeof mask);
}

lv_status lv_rlwe_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned first, unsigned count, bool *is_zero)
{
    lv_rlwe_secret *mine = (lv_rlwe_secret *)(uintptr_t)key;
    const lv_rlwe_matrix *matrix = lv_rlwe_matrix_of(z);
    lv_rlwe_masks *masks = &mine->masks;
    if (!lv_rlwe_same(matrix->owner, mine->public_key.commitment, sizeof matrix->owner)) {
        return LV_E_ARGUMENT;
    }
    const bool encrypted = matrix->kind == LV_RLWE_ENCRYPTED;
    const size_t at = lv_rlwe_place(matrix->first + row, width_of_rows(matrix));
    const size_t place = at % LV_RLWE_N;
    const uint32_t *b = matrix->b + (encrypted ? at : row * z->width) + first;
    const uint32_t *mask = masks->as;
    if (matrix->kind == LV_RLWE_PAIRS) {
        mask = matrix->formula == LV_EQUAL ? masks->all : masks->cell;
    }

    pthread_mutex_lock(&mine->lock);
    if (!masks_are_of(masks, matrix, at / LV_RLWE_N)) {
        fill_masks(mine, matrix, at / LV_RLWE_N);
    }
    if (matrix->kind == LV_RLWE_LIMIT) {
        decide_limit(mine->ops, matrix, b, masks->as + place, first, count, is_zero);
    } else {
        mine->ops->decide(is_zero, b, mask + place + first, count);
    }
    pthread_mutex_unlock(&mine->lock);
    return LV_OK;
}
