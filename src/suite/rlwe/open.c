/* An auditor's look at a row: everything is made again from seed and nonce. */
#include "base/secret.h"
#include "suite/rlwe/internal.h"
#include <string.h>

/* a s + e of the ciphertext that holds the row: what it is without the bits. */
static void make_again(const lv_rlwe_secret *key, const lv_rlwe_matrix *matrix, size_t ciphertext,
                       uint32_t *made)
{
    static const uint8_t none[LV_RLWE_N] = {0};
    uint8_t stream_key[LV_RLWE_SEED_BYTES];
    lv_rlwe_uniform(key->ops, made, matrix->nonce[0], ciphertext);
    key->ops->product(made, made, &key->s);
    lv_rlwe_noise_key(stream_key, key->seed, matrix->nonce[0]);
    lv_rlwe_add(key->ops, made, stream_key, ciphertext, none);
    lv_wipe(stream_key, sizeof stream_key);
}

/* @param v  b - (a s + e) modulo q: 0 or DELTA where the ciphertext was made as it should be. */
static lv_opened tell(uint32_t v)
{
    if (v == 0 || v == LV_RLWE_DELTA) {
        return v == 0 ? LV_OPENED_ZERO : LV_OPENED_ONE;
    }
    /* how far off 0 and DELTA what was left out or put in takes it, the noise apart */
    bool near_zero = lv_rlwe_fold(v + LV_RLWE_DELTA / 2) <= LV_RLWE_DELTA;
    bool near_one = lv_rlwe_fold(v + LV_RLWE_Q - LV_RLWE_DELTA / 2) <= LV_RLWE_DELTA;
    return near_zero || near_one ? LV_OPENED_FORGED : LV_OPENED_OTHER;
}

lv_status lv_rlwe_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix, size_t row,
                                   lv_opened *cells)
{
    const lv_rlwe_secret *mine = (const lv_rlwe_secret *)key;
    const lv_rlwe_matrix *from = lv_rlwe_matrix_of(matrix);
    if (from->kind != LV_RLWE_ENCRYPTED ||
        memcmp(from->owner, mine->public_key.commitment, sizeof from->owner) != 0) {
        return LV_E_ARGUMENT;
    }
    const unsigned block = lv_rlwe_block(matrix->width);
    const size_t start = row * block;
    uint32_t made[LV_RLWE_N];
    bool clean = true;

    make_again(mine, from, start / LV_RLWE_N, made);
    for (unsigned i = 0; i < block; i++) {
        uint32_t v = lv_rlwe_fold(from->b[start + i] + LV_RLWE_Q - made[start % LV_RLWE_N + i]);
        if (i < matrix->width) {
            cells[i] = tell(v);
        } else {
            clean = clean && v == 0;
        }
    }
    if (!clean) {
        cells[0] = LV_OPENED_FORGED;
    }
    lv_wipe(made, sizeof made);
    return LV_OK;
}
