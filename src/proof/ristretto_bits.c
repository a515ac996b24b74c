#include "proof/ristretto_bits.h"
#include "base/secret.h"
#include <string.h>

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
    lv_bits_task task = {.statement = statement,
                         .domain = about->domain,
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
    task.sums = task.joined ? 1 : task.matrices;
    task.cells = task.sums * task.width;
    task.part_len = LV_POINT_LEN * LV_BITS_POINTS + LV_SCALAR_LEN * (task.cells + LV_BITS_NUMBERS) +
                    (size_t)LV_SEED_LEN * LV_BITS_PATH;
    return task;
}

const lv_point *lv_bits_cells(const lv_bits_task *task, size_t i, size_t row)
{
    return lv_ristretto_ciphertext(task->matrix[i], row, 0);
}

lv_status lv_bits_row_digest(const lv_bits_task *task, size_t row, uint8_t digest[LV_SEED_LEN])
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

lv_status lv_bits_challenge_first(const lv_bits_task *task, const uint8_t h0[LV_SEED_LEN],
                                  const uint8_t *points, lv_bits_first *out)
{
    uint8_t drawn[LV_SCALAR_WIDE];
    const lv_bytes parts[] = {{h0, LV_SEED_LEN}, {points, 2 * LV_POINT_LEN}};
    lv_status status = lv_transcript_digest(parts, sizeof parts / sizeof parts[0], out->digest);
    if (status == LV_OK) {
        status = lv_transcript_squeeze(out->digest, 1, drawn, sizeof drawn);
    }
    if (status != LV_OK) {
        return status;
    }
    lv_scalar y;
    lv_scalar_reduce(&y, drawn);
    lv_scalar_factor_of(&out->power[0], &y);
    for (size_t i = 1; i < task->cells; i++) {
        lv_scalar_factor_multiply(&out->power[i], &out->power[i - 1], &out->power[0]);
    }
    return LV_OK;
}

static lv_status digest_both(const uint8_t first[LV_SEED_LEN], const uint8_t second[LV_SEED_LEN],
                             uint8_t out[LV_SEED_LEN])
{
    const lv_bytes parts[] = {{first, LV_SEED_LEN}, {second, LV_SEED_LEN}};
    return lv_transcript_digest(parts, 2, out);
}

size_t lv_bits_leaf(lv_bits_statement statement) { return (size_t)statement - LV_BITS_VALUES; }

lv_status lv_bits_tree(uint8_t h1[LV_BITS_STATEMENTS][LV_SEED_LEN],
                       uint8_t path[LV_BITS_STATEMENTS][LV_BITS_PATH][LV_SEED_LEN],
                       uint8_t root[LV_SEED_LEN])
{
    uint8_t inner[2][LV_SEED_LEN];
    lv_status status = digest_both(h1[0], h1[1], inner[0]);
    if (status == LV_OK) {
        status = digest_both(h1[2], h1[3], inner[1]);
    }
    if (status == LV_OK) {
        status = digest_both(inner[0], inner[1], root);
    }
    for (size_t leaf = 0; leaf < LV_BITS_STATEMENTS && status == LV_OK; leaf++) {
        memcpy(path[leaf][0], h1[leaf ^ 1], LV_SEED_LEN);
        memcpy(path[leaf][1], inner[leaf / 2 ^ 1], LV_SEED_LEN);
    }
    return status;
}

lv_status lv_bits_root(const lv_bits_task *task, const uint8_t h1[LV_SEED_LEN], const uint8_t *path,
                       uint8_t root[LV_SEED_LEN])
{
    size_t leaf = lv_bits_leaf(task->statement);
    lv_status status = LV_OK;
    memcpy(root, h1, LV_SEED_LEN);
    for (size_t level = 0; level < LV_BITS_PATH && status == LV_OK; level++, leaf /= 2) {
        const uint8_t *other = path + level * LV_SEED_LEN;
        status = leaf % 2 == 0 ? digest_both(root, other, root) : digest_both(other, root, root);
    }
    return status;
}

void lv_bits_weight(lv_scalar *out, const uint8_t bytes[LV_BITS_WEIGHT_LEN])
{
    uint8_t wide[LV_SCALAR_LEN] = {0};
    memcpy(wide, bytes, LV_BITS_WEIGHT_LEN);
    (void)lv_scalar_decode(out, wide);
}

lv_status lv_bits_weights_of(const uint8_t root[LV_SEED_LEN], unsigned width, lv_bits_weights *out)
{
    uint8_t drawn[(LV_WIDTH_MAX + 1) * LV_BITS_WEIGHT_LEN];
    lv_status status =
        lv_transcript_squeeze(root, 1, drawn, ((size_t)width + 1) * LV_BITS_WEIGHT_LEN);
    memcpy(out->root, root, sizeof out->root);
    out->width = width;
    for (size_t i = 0; i < width && status == LV_OK; i++) {
        lv_bits_weight(&out->sigma[i], drawn + i * LV_BITS_WEIGHT_LEN);
    }
    if (status == LV_OK) {
        lv_bits_weight(&out->rho, drawn + (size_t)width * LV_BITS_WEIGHT_LEN);
    }
    return status;
}

void lv_bits_weigh(const lv_bits_task *task, const lv_bits_weights *weights, const lv_scalar *a,
                   lv_scalar *out)
{
    lv_scalar part = {{0}};
    *out = (lv_scalar){{0}};
    for (size_t s = task->sums; s-- > 0;) {
        lv_scalar_sum sum = {{0}};
        for (size_t i = 0; i < task->width; i++) {
            lv_scalar_sum_add(&sum, &weights->sigma[i], &a[s * task->width + i]);
        }
        lv_scalar_sum_reduce(&part, &sum);
        lv_scalar_multiply(out, out, &weights->rho); /* what came before was the second sum */
        lv_scalar_add(out, out, &part);
        lv_wipe(&sum, sizeof sum);
    }
    part = task->joined ? *out : (lv_scalar){{0}};
    lv_scalar_add(out, out, &part);
    lv_wipe(&part, sizeof part);
}

lv_status lv_bits_challenge_second(const lv_bits_first *first, const uint8_t root[LV_SEED_LEN],
                                   const uint8_t *points, uint8_t digest[LV_SEED_LEN], lv_scalar *e)
{
    uint8_t drawn[LV_SCALAR_WIDE];
    const lv_bytes parts[] = {
        {first->digest, sizeof first->digest}, {root, LV_SEED_LEN}, {points, 4 * LV_POINT_LEN}};
    lv_status status = lv_transcript_digest(parts, sizeof parts / sizeof parts[0], digest);
    if (status == LV_OK) {
        status = lv_transcript_squeeze(digest, 1, drawn, sizeof drawn);
    }
    if (status == LV_OK) {
        lv_scalar_reduce(e, drawn);
    }
    return status;
}
