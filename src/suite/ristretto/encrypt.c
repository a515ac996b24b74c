#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "suite/ristretto/internal.h"

/* The holder of s needs no table of P: b G + r P = (b + r s) G. And both points are made as
 * doubles, C1 = 2 (r/2 G) and C2 = 2 ((b + r s)/2 G), because doubles are cheap to encode. A
 * uniform r/2 makes a uniform r. */

enum { CELLS = 64 /* of one piece of work */ };

typedef struct {
    const lv_scalar *s;
    const lv_bits *bits;
    const lv_rng *rng;
    lv_ristretto_matrix *matrix;
} encryption;

/* half[2 i], half[2 i + 1]: r/2 and (b + r s)/2 */
static lv_status draw_halves(const encryption *job, size_t first, size_t count, lv_scalar *half)
{
    uint8_t drawn[CELLS * LV_SCALAR_WIDE];
    lv_scalar_factor s;
    unsigned zero = 0; /* never with a generator that works */
    lv_status status = lv_rng_fill(job->rng, drawn, count * LV_SCALAR_WIDE);
    lv_scalar_factor_of(&s, job->s);
    for (size_t i = 0; i < count && status == LV_OK; i++) {
        lv_scalar bit = {{job->bits->bits[first + i]}};
        lv_scalar_reduce(&half[2 * i], drawn + i * LV_SCALAR_WIDE);
        lv_scalar_times(&half[2 * i + 1], &half[2 * i], &s);
        lv_scalar_halve(&bit, &bit);
        lv_scalar_add(&half[2 * i + 1], &half[2 * i + 1], &bit);
        zero |= (unsigned)lv_scalar_is_zero(&half[2 * i]) |
                (unsigned)lv_scalar_is_zero(&half[2 * i + 1]);
        lv_wipe(&bit, sizeof bit);
    }
    lv_wipe(drawn, sizeof drawn);
    lv_wipe(&s, sizeof s);
    lv_declassify(&zero, sizeof zero); /* then nothing that was drawn is used */
    return zero != 0 ? LV_E_RANDOM : status;
}

static lv_status encrypt_piece(void *context, size_t piece)
{
    const encryption *job = context;
    const lv_curve *curve = lv_curve_best();
    size_t cells = job->bits->pairs * job->bits->width;
    size_t first = piece * CELLS;
    size_t count = cells - first < CELLS ? cells - first : CELLS;
    lv_point *points = job->matrix->points + 2 * first;
    lv_scalar half[2 * CELLS];

    lv_status status = draw_halves(job, first, count, half);
    if (status == LV_OK) {
        /* Ciphertexts, and their halves, are public: r hides the bit. */
        curve->base_multiply(points, half, 2 * count);
        lv_declassify(points, 2 * count * sizeof points[0]);
        curve->double_encode(job->matrix->encoded + first * LV_CIPHERTEXT_LEN, points, 2 * count);
    }
    lv_wipe(half, sizeof half);
    return status;
}

lv_status lv_ristretto_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                               lv_matrix **out, lv_error *err)
{
    encryption all = {
        .s = lv_ristretto_scalar(key), .bits = bits, .rng = job != NULL ? job->rng : NULL};
    size_t cells = bits->pairs * bits->width;
    lv_status status = lv_ristretto_matrix_new(bits->pairs, bits->width, true, &all.matrix);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "encrypt", (cells + CELLS - 1) / CELLS, encrypt_piece, &all);
    }
    if (status != LV_OK) {
        if (all.matrix != NULL) {
            lv_ristretto_matrix_free(&all.matrix->base);
        }
        return lv_fail(err, status, "cannot encrypt: %s",
                       status == LV_E_RANDOM ? "the random generator failed" : "out of memory");
    }
    *out = &all.matrix->base;
    return LV_OK;
}
