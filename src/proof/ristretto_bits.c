#include "proof/ristretto_bits.h"
#include <string.h>

enum { SIGMA_LEN = 16 };

/* What a statement speaks of, by places among x, y, w, d. */
typedef struct {
    const char *domain;
    const char *words;
    size_t matrices;
    unsigned place[LV_BITS_MATRICES];
    bool joined;
} subject;

static const subject SUBJECTS[] = {
    [LV_BITS_VALUES] = {"lotveil/v1/proof/ristretto255-bits-values", "x and y", 2, {0, 1}, false},
    [LV_BITS_XOR] = {"lotveil/v1/proof/ristretto255-bits-xor", "w", 1, {2}, false},
    [LV_BITS_BOTH] = {"lotveil/v1/proof/ristretto255-bits-both", "w = x xor y", 3, {0, 1, 2}, true},
    [LV_BITS_DISTANCE] = {"lotveil/v1/proof/ristretto255-bits-distance", "d", 1, {3}, false},
};

lv_bits_task lv_bits_task_of(const lv_public_key *key, lv_bits_statement statement,
                             const lv_bits_matrices *of, const lv_proof_context *context)
{
    const lv_matrix *const given[] = {of->x, of->y, of->w, of->d};
    const subject *about = &SUBJECTS[statement];
    lv_bits_task task = {.domain = about->domain,
                         .words = about->words,
                         .matrices = about->matrices,
                         .joined = about->joined,
                         .key = key,
                         .context = context};
    for (size_t i = 0; i < task.matrices; i++) {
        task.place[i] = about->place[i];
        task.matrix[i] = given[about->place[i]];
    }
    task.rows = lv_matrix_pairs(task.matrix[0]);
    task.width = lv_matrix_width(task.matrix[0]);
    task.cells = task.joined ? task.width : task.matrices * task.width;
    task.part_len = LV_POINT_LEN * LV_BITS_POINTS + LV_SCALAR_LEN * (task.cells + LV_BITS_NUMBERS);
    return task;
}

static lv_status digest_row(const lv_bits_task *task, size_t row, uint8_t digest[LV_SEED_LEN])
{
    uint8_t encoded[LV_CIPHERTEXT_LEN * LV_BITS_MATRICES * LV_WIDTH_MAX];
    uint8_t seed[LV_SEED_LEN];
    const size_t len = task->width * LV_CIPHERTEXT_LEN;
    const uint8_t unit = task->joined ? 2 : 1;
    const uint8_t shape[] = {0, 0, 0, unit, 0, 0, 0, (uint8_t)task->cells};
    lv_proof_context context = *task->context;
    context.pair = (uint32_t)row;
    for (size_t i = 0; i < task->matrices; i++) {
        lv_ristretto_row_encode(task->matrix[i], row, encoded + i * len);
    }
    const lv_bytes parts[] = {
        {seed, sizeof seed}, {shape, sizeof shape}, {encoded, task->matrices * len}};
    lv_status status = lv_transcript_seed(task->domain, &context, task->key, seed);
    return status == LV_OK ? lv_transcript_digest(parts, sizeof parts / sizeof parts[0], digest)
                           : status;
}

lv_status lv_bits_row_of(const lv_bits_task *task, size_t row, lv_bits_row *out)
{
    const size_t points = (size_t)2 * task->width;
    const lv_point *given[LV_BITS_MATRICES] = {NULL};
    for (size_t i = 0; i < task->matrices; i++) {
        given[i] = lv_ristretto_ciphertext(task->matrix[i], row, 0);
    }
    if (task->joined) {
        lv_curve_best()->add_subtract(out->cell, given[0], given[1], given[2], points);
    } else {
        for (size_t i = 0; i < task->matrices; i++) {
            memcpy(out->cell + i * points, given[i], points * sizeof *out->cell);
        }
    }
    return digest_row(task, row, out->digest);
}

lv_status lv_bits_challenge_first(const lv_bits_task *task, const lv_bits_row *row,
                                  const uint8_t *points, lv_bits_first *out)
{
    uint8_t drawn[LV_SCALAR_WIDE + LV_BITS_CELLS * SIGMA_LEN];
    const lv_bytes parts[] = {{row->digest, sizeof row->digest}, {points, 2 * LV_POINT_LEN}};
    lv_status status = lv_transcript_digest(parts, sizeof parts / sizeof parts[0], out->digest);
    if (status == LV_OK) {
        status =
            lv_transcript_squeeze(out->digest, 1, drawn, LV_SCALAR_WIDE + task->cells * SIGMA_LEN);
    }
    if (status != LV_OK) {
        return status;
    }
    lv_scalar y;
    lv_scalar_reduce(&y, drawn);
    lv_scalar_factor_of(&out->power[0], &y);
    for (size_t i = 0; i < task->cells; i++) {
        uint8_t wide[LV_SCALAR_LEN] = {0};
        memcpy(wide, drawn + LV_SCALAR_WIDE + i * SIGMA_LEN, SIGMA_LEN);
        (void)lv_scalar_decode(&out->sigma[i], wide); /* below 2^128 */
        if (i > 0) {
            lv_scalar_factor_multiply(&out->power[i], &out->power[i - 1], &out->power[0]);
        }
    }
    return LV_OK;
}

lv_status lv_bits_challenge_second(const lv_bits_first *first, const uint8_t *points,
                                   uint8_t digest[LV_SEED_LEN], lv_scalar *e)
{
    uint8_t drawn[LV_SCALAR_WIDE];
    const lv_bytes parts[] = {{first->digest, sizeof first->digest}, {points, 4 * LV_POINT_LEN}};
    lv_status status = lv_transcript_digest(parts, sizeof parts / sizeof parts[0], digest);
    if (status == LV_OK) {
        status = lv_transcript_squeeze(digest, 1, drawn, sizeof drawn);
    }
    if (status == LV_OK) {
        lv_scalar_reduce(e, drawn);
    }
    return status;
}

void lv_bits_times_unit(const lv_bits_task *task, lv_scalar *out, const lv_scalar *a)
{
    static const lv_scalar zero = {{0}};
    lv_scalar_add(out, a, task->joined ? a : &zero);
}
