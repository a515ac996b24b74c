#include "base/declassify.h"
#include "base/parallel.h"
#include "base/secret.h"
#include "proof/ristretto_bits.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 8,       /* of one piece of work: they share vectors */
    MASKS = 5,      /* numbers drawn for a row besides a_i */
    SECOND_LEN = 4, /* points of the second message */
    BASED = 4,      /* multiples of G in it */
    DRAWN_LEN = (LV_BITS_CELLS + MASKS) * LV_SCALAR_WIDE
};

/* Places in `based`. */
enum { T1, T0, K, LINEAR };

typedef struct {
    lv_bits_task task;
    const lv_bits *plain[LV_BITS_MATRICES]; /* in the order of task.matrix */
    const lv_scalar *s;
    const lv_rng *rng;
    uint8_t *proof;
} proving;

/* What must not be known of the rows of one piece. Rows lie one after another: that of `vector` is
 * alpha, a_1 .. a_N. */
typedef struct {
    uint8_t bits[ROWS * LV_BITS_CELLS];
    lv_scalar vector[ROWS * (1 + LV_BITS_CELLS)];
    lv_scalar beta[ROWS];
    lv_scalar based[ROWS * BASED]; /* t1, t0, k, u sum sigma_i a_i: what stands before G */
    lv_scalar tau[ROWS * 2];       /* tau1, tau0 */
    lv_point multiple[ROWS];       /* k U */
    lv_point base[ROWS * BASED];
    lv_point mask[ROWS * 2];
    uint8_t drawn[DRAWN_LEN];
} secrets;

typedef struct {
    lv_bits_row row[ROWS];
    lv_bits_first first[ROWS];
    lv_point u[ROWS];
    lv_point point[SECOND_LEN * ROWS];
    uint8_t encoded[LV_POINT_LEN * SECOND_LEN * ROWS];
    secrets hidden;
} piece;

static void take_bits(const proving *job, size_t row, uint8_t *out)
{
    const lv_bits_task *task = &job->task;
    for (size_t i = 0; i < task->cells; i++) {
        const size_t at = row * task->width + i % task->width;
        const uint8_t *first = job->plain[0]->bits;
        out[i] = task->joined ? first[at] & job->plain[1]->bits[at]
                              : job->plain[i / task->width]->bits[at];
    }
}

/* Stretches SHA-512(s || 32 random bytes || h0), so that numbers are random, and still not the same
 * for two statements where the generator repeats itself. */
static lv_status draw(const proving *job, const uint8_t h0[LV_SEED_LEN], uint8_t *out, size_t len)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    crypto_hash_sha512_state hash;
    uint8_t secret[LV_SCALAR_LEN];
    uint8_t drawn[LV_SEED_LEN];
    uint8_t key[crypto_hash_sha512_BYTES];
    lv_status status = lv_rng_fill(job->rng, drawn, sizeof drawn);
    if (status == LV_OK) {
        lv_scalar_encode(secret, job->s);
        crypto_hash_sha512_init(&hash);
        crypto_hash_sha512_update(&hash, secret, sizeof secret);
        crypto_hash_sha512_update(&hash, drawn, sizeof drawn);
        crypto_hash_sha512_update(&hash, h0, LV_SEED_LEN);
        crypto_hash_sha512_final(&hash, key);
        crypto_stream_chacha20(out, len, nonce, key);
    }
    lv_wipe(&hash, sizeof hash);
    lv_wipe(secret, sizeof secret);
    lv_wipe(drawn, sizeof drawn);
    lv_wipe(key, sizeof key);
    return status;
}

static lv_status draw_masks(const proving *job, const piece *all, size_t r, secrets *hidden)
{
    const size_t cells = job->task.cells;
    lv_scalar *vector = &hidden->vector[r * (1 + cells)];
    lv_scalar *own[MASKS - 1] = {&hidden->beta[r], &hidden->based[BASED * r + K],
                                 &hidden->tau[2 * r], &hidden->tau[2 * r + 1]};
    lv_status status =
        draw(job, all->row[r].digest, hidden->drawn, (cells + MASKS) * LV_SCALAR_WIDE);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < cells + MASKS; i++) {
        lv_scalar_reduce(i <= cells ? &vector[i] : own[i - cells - 1],
                         hidden->drawn + i * LV_SCALAR_WIDE);
    }
    return LV_OK;
}

static uint8_t *part_of(const proving *job, size_t row)
{
    return job->proof + row * job->task.part_len;
}

/* B and A of all rows. */
static void commit(const proving *job, piece *all, size_t first, size_t count)
{
    const lv_curve *curve = lv_curve_best();
    const size_t cells = job->task.cells;
    secrets *hidden = &all->hidden;
    curve->bits_commit(all->point, hidden->beta, hidden->bits, count, cells);
    curve->generators_sum(all->point + count, hidden->vector, count, LV_GENERATOR_MASK, 1 + cells);
    /* Published; beta and alpha hide what they hold. */
    lv_declassify(all->point, 2 * count * sizeof all->point[0]);
    curve->encode(all->encoded, all->point, 2 * count);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < 2; i++) {
            memcpy(part_of(job, first + r) + (LV_BITS_B + i) * LV_POINT_LEN,
                   all->encoded + (i * count + r) * LV_POINT_LEN, LV_POINT_LEN);
        }
    }
}

/* t1, t0 and u sum sigma_i a_i. */
static void compress(const proving *job, const lv_bits_first *first, const uint8_t *bits,
                     const lv_scalar *a, lv_scalar based[BASED])
{
    lv_scalar_sum squares = {{0}};
    lv_scalar_sum weighted = {{0}};
    lv_scalar part;
    lv_scalar negative;
    based[T1] = (lv_scalar){{0}};
    for (size_t i = 0; i < job->task.cells; i++) {
        lv_scalar_times(&part, &a[i], &first->power[i]);
        lv_scalar_sum_add(&squares, &part, &a[i]);
        lv_scalar_sum_add(&weighted, &first->sigma[i], &a[i]);
        lv_scalar_negate(&negative, &part);
        lv_scalar_select(&part, bits[i], &negative, &part);
        lv_scalar_add(&based[T1], &based[T1], &part);
    }
    lv_scalar_sum_reduce(&based[T0], &squares);
    lv_scalar_negate(&based[T0], &based[T0]);
    lv_scalar_sum_reduce(&part, &weighted);
    lv_bits_times_unit(&job->task, &based[LINEAR], &part);
    lv_wipe(&squares, sizeof squares);
    lv_wipe(&weighted, sizeof weighted);
    lv_wipe(&part, sizeof part);
    lv_wipe(&negative, sizeof negative);
}

/* U, and what the second message hides. */
static lv_status answer_first(const proving *job, piece *all, size_t first, size_t r)
{
    const size_t cells = job->task.cells;
    secrets *hidden = &all->hidden;
    lv_point c1[LV_BITS_CELLS];
    lv_status status =
        lv_bits_challenge_first(&job->task, &all->row[r], part_of(job, first + r), &all->first[r]);
    for (size_t i = 0; i < cells; i++) {
        c1[i] = all->row[r].cell[2 * i];
    }
    if (status == LV_OK) {
        status = lv_curve_best()->sum_vartime(&all->u[r], all->first[r].sigma, c1, cells, NULL, 0);
    }
    if (status == LV_OK) {
        compress(job, &all->first[r], &hidden->bits[r * cells],
                 &hidden->vector[r * (1 + cells) + 1], &hidden->based[BASED * r]);
    }
    return status;
}

/* T1, T0, AG and AV of all rows. */
static void commit_second(const proving *job, piece *all, size_t first, size_t count)
{
    const lv_curve *curve = lv_curve_best();
    secrets *hidden = &all->hidden;
    lv_scalar k[ROWS];
    for (size_t r = 0; r < count; r++) {
        k[r] = hidden->based[BASED * r + K];
    }
    curve->base_multiply(hidden->base, hidden->based, BASED * count);
    curve->mask_multiply(hidden->mask, hidden->tau, 2 * count);
    curve->multiply_each(hidden->multiple, k, all->u, count);
    for (size_t r = 0; r < count; r++) {
        const lv_point *base = &hidden->base[BASED * r];
        lv_point *to = &all->point[SECOND_LEN * r];
        lv_point_add(&to[0], &base[T1], &hidden->mask[2 * r]);
        lv_point_add(&to[1], &base[T0], &hidden->mask[2 * r + 1]);
        to[2] = base[K];
        lv_point_add(&to[3], &base[LINEAR], &hidden->multiple[r]);
    }
    lv_wipe(k, sizeof k);
    /* Published: tau1 and tau0 hide t1 and t0, and the others follow from the responses. */
    lv_declassify(all->point, SECOND_LEN * count * sizeof all->point[0]);
    curve->encode(all->encoded, all->point, SECOND_LEN * count);
    for (size_t r = 0; r < count; r++) {
        memcpy(part_of(job, first + r) + LV_BITS_T1 * LV_POINT_LEN,
               all->encoded + SECOND_LEN * r * LV_POINT_LEN, SECOND_LEN * LV_POINT_LEN);
    }
}

/* mask + e value, published: the mask is uniform and used nowhere else. */
static void put_response(uint8_t *out, const lv_scalar *mask, const lv_scalar *e,
                         const lv_scalar *value)
{
    lv_scalar response;
    lv_scalar_multiply(&response, e, value);
    lv_scalar_add(&response, &response, mask);
    lv_declassify(&response, sizeof response);
    lv_scalar_encode(out, &response);
}

static lv_status respond(const proving *job, const piece *all, size_t first, size_t r)
{
    static const lv_scalar zero = {{0}};
    const size_t cells = job->task.cells;
    const secrets *hidden = &all->hidden;
    const lv_scalar *vector = &hidden->vector[r * (1 + cells)];
    uint8_t *part = part_of(job, first + r);
    uint8_t *f = part + LV_BITS_POINTS * LV_POINT_LEN;
    uint8_t digest[LV_SEED_LEN];
    lv_scalar e = {{0}};
    lv_status status =
        lv_bits_challenge_second(&all->first[r], part + LV_BITS_T1 * LV_POINT_LEN, digest, &e);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < cells; i++) {
        lv_scalar response;
        lv_scalar_select(&response, hidden->bits[r * cells + i], &e, &zero);
        lv_scalar_add(&response, &response, &vector[1 + i]);
        lv_declassify(&response, sizeof response); /* a_i hides the bit */
        lv_scalar_encode(f + i * LV_SCALAR_LEN, &response);
    }
    uint8_t *numbers = f + cells * LV_SCALAR_LEN;
    put_response(numbers, &vector[0], &e, &hidden->beta[r]);
    put_response(numbers + LV_SCALAR_LEN, &hidden->tau[2 * r + 1], &e, &hidden->tau[2 * r]);
    put_response(numbers + (size_t)2 * LV_SCALAR_LEN, &hidden->based[BASED * r + K], &e, job->s);
    return LV_OK;
}

static lv_status prove_rows(const proving *job, piece *all, size_t first, size_t count)
{
    lv_status status = LV_OK;
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        take_bits(job, first + r, &all->hidden.bits[r * job->task.cells]);
        status = lv_bits_row_of(&job->task, first + r, &all->row[r]);
        if (status == LV_OK) {
            status = draw_masks(job, all, r, &all->hidden);
        }
    }
    if (status == LV_OK) {
        commit(job, all, first, count);
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = answer_first(job, all, first, r);
    }
    if (status == LV_OK) {
        commit_second(job, all, first, count);
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = respond(job, all, first, r);
    }
    return status;
}

static lv_status prove_piece(void *context, size_t index)
{
    const proving *job = context;
    const size_t first = index * ROWS;
    const size_t left = job->task.rows - first;
    piece *all = malloc(sizeof *all);
    if (all == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = prove_rows(job, all, first, left < ROWS ? left : ROWS);
    lv_wipe(&all->hidden, sizeof all->hidden);
    free(all);
    return status;
}

lv_status lv_ristretto_bits_prove(const lv_secret_key *key, lv_bits_statement statement,
                                  const lv_bits_matrices *of, const lv_bits_plain *plain,
                                  const lv_proof_context *context, const lv_job *job,
                                  lv_buffer *proof, lv_error *err)
{
    proving all = {.task = lv_bits_task_of(lv_key_public(key), statement, of, context),
                   .s = lv_ristretto_scalar(key),
                   .rng = job != NULL ? job->rng : NULL};
    const lv_bits *const bits[] = {plain->x, plain->y, plain->w, plain->d};
    for (size_t i = 0; i < all.task.matrices; i++) {
        all.plain[i] = bits[all.task.place[i]];
    }
    const size_t len = all.task.rows * all.task.part_len;
    all.proof = malloc(len);
    lv_status status = all.proof != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        status = lv_parallel_for(job, "prove bits", (all.task.rows + ROWS - 1) / ROWS, prove_piece,
                                 &all);
    }
    if (status == LV_OK) {
        status = lv_buffer_append(proof, all.proof, len);
    }
    free(all.proof);
    return status == LV_OK
               ? LV_OK
               : lv_fail(err, status, "the bit proof of %s could not be made%s", all.task.words,
                         status == LV_E_RANDOM ? ": the random generator failed" : "");
}
