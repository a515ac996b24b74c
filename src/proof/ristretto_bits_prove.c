/* Some statements about the same rows at once: first B and A of all, from which follow the weights
 * that they share, then the rest. */
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
    SUMS = 2,       /* of which U is made, at most */
    MATRICES = 4,   /* x, y, w, d */
    ALL = LV_BITS_STATEMENTS * ROWS,
    DRAWN_LEN = (LV_BITS_CELLS + MASKS) * LV_SCALAR_WIDE
};

/* Places in `based`. */
enum { T1, T0, K, LINEAR };

/* One of the proofs. */
typedef struct {
    lv_bits_task task;
    const lv_bits *plain[LV_BITS_MATRICES]; /* in the order of task.matrix */
    uint8_t *proof;
} asked;

typedef struct {
    asked part[LV_BITS_STATEMENTS];
    size_t parts;
    const lv_scalar *s;
    const lv_rng *rng;
} proving;

/* What one statement says of the rows of a piece, one after another: a row of `vector` is alpha,
 * a_1 .. a_N. */
typedef struct {
    uint8_t h0[ROWS][LV_SEED_LEN];
    uint8_t path[ROWS][LV_BITS_PATH][LV_SEED_LEN];
    lv_bits_first first[ROWS];
    lv_scalar beta[ROWS];
    lv_scalar vector[ROWS * (1 + LV_BITS_CELLS)];
    uint8_t bits[ROWS * LV_BITS_CELLS];
} saying;

/* Rows of the first statement, then those of the next: lane r of statement p is p count + r. */
typedef struct {
    saying by[LV_BITS_STATEMENTS];
    lv_bits_weights weights[ROWS];
    lv_point u_of[ROWS][MATRICES]; /* sum sigma_i C1_i over the row of x, y, w, d */
    size_t sums;                   /* of all lanes together: one, or two where U is made of two */
    lv_point u[ALL * SUMS];
    lv_scalar key_mask[ALL * SUMS]; /* k, and rho k before the second sum */
    lv_point multiple[ALL * SUMS];
    lv_scalar based[ALL * BASED]; /* t1, t0, k, u sum sigma_i a_i: what stands before G */
    lv_point base[ALL * BASED];
    lv_scalar tau[ALL * 2]; /* tau1, tau0 */
    lv_point mask[ALL * 2];
    lv_point point[ALL * SECOND_LEN];
    uint8_t encoded[(size_t)ALL * SECOND_LEN * LV_POINT_LEN];
    uint8_t drawn[DRAWN_LEN];
} piece;

static void take_bits(const asked *by, size_t row, uint8_t *out)
{
    const lv_bits_task *task = &by->task;
    for (size_t i = 0; i < task->cells; i++) {
        const size_t at = row * task->width + i % task->width;
        const uint8_t *first = by->plain[0]->bits;
        out[i] = task->joined ? first[at] & by->plain[1]->bits[at]
                              : by->plain[i / task->width]->bits[at];
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

static uint8_t *part_of(const asked *by, size_t row) { return by->proof + row * by->task.part_len; }

/* ---- the first message ---- */

static lv_status draw_masks(const proving *job, piece *all, size_t p, size_t r, size_t count)
{
    const size_t cells = job->part[p].task.cells;
    saying *by = &all->by[p];
    const size_t lane = p * count + r;
    lv_scalar *vector = &by->vector[r * (1 + cells)];
    lv_scalar *own[MASKS - 1] = {&by->beta[r], &all->based[BASED * lane + K], &all->tau[2 * lane],
                                 &all->tau[2 * lane + 1]};
    lv_status status = draw(job, by->h0[r], all->drawn, (cells + MASKS) * LV_SCALAR_WIDE);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < cells + MASKS; i++) {
        lv_scalar_reduce(i <= cells ? &vector[i] : own[i - cells - 1],
                         all->drawn + i * LV_SCALAR_WIDE);
    }
    return LV_OK;
}

/* B and A of all rows. */
static void commit(const asked *by, saying *said, piece *all, size_t first, size_t count)
{
    const lv_curve *curve = lv_curve_best();
    const size_t cells = by->task.cells;
    curve->bits_commit(all->point, said->beta, said->bits, count, cells);
    curve->generators_sum(all->point + count, said->vector, count, LV_GENERATOR_MASK, 1 + cells);
    /* Published; beta and alpha hide what they hold. */
    lv_declassify(all->point, 2 * count * sizeof all->point[0]);
    curve->encode(all->encoded, all->point, 2 * count);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < 2; i++) {
            memcpy(part_of(by, first + r) + (LV_BITS_B + i) * LV_POINT_LEN,
                   all->encoded + (i * count + r) * LV_POINT_LEN, LV_POINT_LEN);
        }
    }
}

static lv_status say_first(const proving *job, piece *all, size_t p, size_t first, size_t count)
{
    const asked *by = &job->part[p];
    saying *said = &all->by[p];
    lv_status status = LV_OK;
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        take_bits(by, first + r, &said->bits[r * by->task.cells]);
        status = lv_bits_row_digest(&by->task, first + r, said->h0[r]);
        if (status == LV_OK) {
            status = draw_masks(job, all, p, r, count);
        }
    }
    if (status == LV_OK) {
        commit(by, said, all, first, count);
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = lv_bits_challenge_first(&by->task, said->h0[r], part_of(by, first + r),
                                         &said->first[r]);
    }
    return status;
}

/* ---- what all have in common ---- */

static lv_status draw_weights(const proving *job, piece *all, size_t r)
{
    uint8_t h1[LV_BITS_STATEMENTS][LV_SEED_LEN] = {{0}};
    uint8_t path[LV_BITS_STATEMENTS][LV_BITS_PATH][LV_SEED_LEN];
    uint8_t root[LV_SEED_LEN];
    for (size_t p = 0; p < job->parts; p++) {
        memcpy(h1[lv_bits_leaf(job->part[p].task.statement)], all->by[p].first[r].digest,
               sizeof h1[0]);
    }
    lv_status status = lv_bits_tree(h1, path, root);
    for (size_t p = 0; p < job->parts && status == LV_OK; p++) {
        memcpy(all->by[p].path[r], path[lv_bits_leaf(job->part[p].task.statement)], sizeof path[0]);
    }
    return status == LV_OK ? lv_bits_weights_of(root, job->part[0].task.width, &all->weights[r])
                           : status;
}

/* sum sigma_i C1_i of each matrix that some statement speaks of. */
static lv_status sum_cells(const proving *job, piece *all, size_t row, size_t r)
{
    bool done[MATRICES] = {false};
    lv_status status = LV_OK;
    for (size_t p = 0; p < job->parts; p++) {
        const lv_bits_task *task = &job->part[p].task;
        for (size_t i = 0; i < task->matrices && status == LV_OK; i++) {
            const lv_point *cells = lv_bits_cells(task, i, row);
            const unsigned place = task->place[i];
            lv_point c1[LV_WIDTH_MAX];
            for (size_t c = 0; c < task->width && !done[place]; c++) {
                c1[c] = cells[2 * c];
            }
            if (!done[place]) {
                status = lv_curve_best()->sum_vartime(&all->u_of[r][place], all->weights[r].sigma,
                                                      c1, task->width, NULL, 0);
            }
            done[place] = true;
        }
    }
    return status;
}

/* ---- the second message ---- */

/* t1, t0 and u sum sigma_i a_i. */
static void compress(const lv_bits_task *task, const lv_bits_weights *weights,
                     const lv_bits_first *first, const uint8_t *bits, const lv_scalar *a,
                     lv_scalar based[BASED])
{
    lv_scalar_sum squares = {{0}};
    lv_scalar part;
    lv_scalar negative;
    based[T1] = (lv_scalar){{0}};
    for (size_t i = 0; i < task->cells; i++) {
        lv_scalar_times(&part, &a[i], &first->power[i]);
        lv_scalar_sum_add(&squares, &part, &a[i]);
        lv_scalar_negate(&negative, &part);
        lv_scalar_select(&part, bits[i], &negative, &part);
        lv_scalar_add(&based[T1], &based[T1], &part);
    }
    lv_scalar_sum_reduce(&based[T0], &squares);
    lv_scalar_negate(&based[T0], &based[T0]);
    lv_bits_weigh(task, weights, a, &based[LINEAR]);
    lv_wipe(&squares, sizeof squares);
    lv_wipe(&part, sizeof part);
    lv_wipe(&negative, sizeof negative);
}

/* The points of which U of a statement is made, and their factors k and rho k. */
static void take_sums(const lv_bits_task *task, piece *all, size_t r, size_t lane)
{
    const lv_point *of = all->u_of[r];
    lv_scalar mask = all->based[BASED * lane + K];
    for (size_t i = 0; i < task->sums; i++) {
        lv_point *u = &all->u[all->sums];
        *u = of[task->place[i]];
        if (task->joined) {
            lv_point_add(u, u, &of[task->place[1]]);
            lv_point_subtract(u, u, &of[task->place[2]]);
        }
        all->key_mask[all->sums++] = mask;
        lv_scalar_multiply(&mask, &mask, &all->weights[r].rho);
    }
    lv_wipe(&mask, sizeof mask);
}

/* T1, T0, AG and AV of all rows. */
static void commit_second(const proving *job, piece *all, size_t first, size_t count)
{
    const lv_curve *curve = lv_curve_best();
    const size_t lanes = job->parts * count;
    curve->base_multiply(all->base, all->based, BASED * lanes);
    curve->mask_multiply(all->mask, all->tau, 2 * lanes);
    curve->multiply_each(all->multiple, all->key_mask, all->u, all->sums);
    const lv_point *multiple = all->multiple;
    for (size_t lane = 0; lane < lanes; lane++) {
        const lv_point *base = &all->base[BASED * lane];
        lv_point *to = &all->point[SECOND_LEN * lane];
        lv_point_add(&to[0], &base[T1], &all->mask[2 * lane]);
        lv_point_add(&to[1], &base[T0], &all->mask[2 * lane + 1]);
        to[2] = base[K];
        to[3] = base[LINEAR];
        for (size_t i = 0; i < job->part[lane / count].task.sums; i++) {
            lv_point_add(&to[3], &to[3], multiple++);
        }
    }
    /* Published: tau1 and tau0 hide t1 and t0, and the others follow from the responses. */
    lv_declassify(all->point, SECOND_LEN * lanes * sizeof all->point[0]);
    curve->encode(all->encoded, all->point, SECOND_LEN * lanes);
    for (size_t lane = 0; lane < lanes; lane++) {
        memcpy(part_of(&job->part[lane / count], first + lane % count) + LV_BITS_T1 * LV_POINT_LEN,
               all->encoded + SECOND_LEN * lane * LV_POINT_LEN, SECOND_LEN * LV_POINT_LEN);
    }
}

/* ---- responses ---- */

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

static lv_status respond(const proving *job, const piece *all, size_t p, size_t first, size_t r,
                         size_t lane)
{
    static const lv_scalar zero = {{0}};
    const asked *by = &job->part[p];
    const saying *said = &all->by[p];
    const size_t cells = by->task.cells;
    const lv_scalar *vector = &said->vector[r * (1 + cells)];
    uint8_t *part = part_of(by, first + r);
    uint8_t *f = part + LV_BITS_POINTS * LV_POINT_LEN;
    uint8_t digest[LV_SEED_LEN];
    lv_scalar e = {{0}};
    lv_status status = lv_bits_challenge_second(&said->first[r], all->weights[r].root,
                                                part + LV_BITS_T1 * LV_POINT_LEN, digest, &e);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < cells; i++) {
        lv_scalar response;
        lv_scalar_select(&response, said->bits[r * cells + i], &e, &zero);
        lv_scalar_add(&response, &response, &vector[1 + i]);
        lv_declassify(&response, sizeof response); /* a_i hides the bit */
        lv_scalar_encode(f + i * LV_SCALAR_LEN, &response);
    }
    uint8_t *numbers = f + cells * LV_SCALAR_LEN;
    put_response(numbers, &vector[0], &e, &said->beta[r]);
    put_response(numbers + LV_SCALAR_LEN, &all->tau[2 * lane + 1], &e, &all->tau[2 * lane]);
    put_response(numbers + (size_t)2 * LV_SCALAR_LEN, &all->based[BASED * lane + K], &e, job->s);
    memcpy(numbers + (size_t)LV_BITS_NUMBERS * LV_SCALAR_LEN, said->path[r], sizeof said->path[r]);
    return LV_OK;
}

/* ---- the whole ---- */

static lv_status prove_rows(const proving *job, piece *all, size_t first, size_t count)
{
    lv_status status = LV_OK;
    for (size_t p = 0; p < job->parts && status == LV_OK; p++) {
        status = say_first(job, all, p, first, count);
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = draw_weights(job, all, r);
        if (status == LV_OK) {
            status = sum_cells(job, all, first + r, r);
        }
    }
    all->sums = 0;
    for (size_t lane = 0; lane < job->parts * count && status == LV_OK; lane++) {
        const lv_bits_task *task = &job->part[lane / count].task;
        const saying *said = &all->by[lane / count];
        const size_t r = lane % count;
        compress(task, &all->weights[r], &said->first[r], &said->bits[r * task->cells],
                 &said->vector[r * (1 + task->cells) + 1], &all->based[BASED * lane]);
        take_sums(task, all, r, lane);
    }
    if (status == LV_OK) {
        commit_second(job, all, first, count);
    }
    for (size_t lane = 0; lane < job->parts * count && status == LV_OK; lane++) {
        status = respond(job, all, lane / count, first, lane % count, lane);
    }
    return status;
}

/* All that must not be known, as far as it was used. */
static void wipe(const proving *job, piece *all, size_t count)
{
    const size_t lanes = job->parts * count;
    for (size_t p = 0; p < job->parts; p++) {
        saying *said = &all->by[p];
        const size_t cells = job->part[p].task.cells;
        lv_wipe(said->beta, sizeof said->beta);
        lv_wipe(said->vector, count * (1 + cells) * sizeof said->vector[0]);
        lv_wipe(said->bits, count * cells);
    }
    lv_wipe(all->key_mask, lanes * SUMS * sizeof all->key_mask[0]);
    lv_wipe(all->multiple, lanes * SUMS * sizeof all->multiple[0]);
    lv_wipe(all->based, lanes * BASED * sizeof all->based[0]);
    lv_wipe(all->base, lanes * BASED * sizeof all->base[0]);
    lv_wipe(all->tau, lanes * 2 * sizeof all->tau[0]);
    lv_wipe(all->mask, lanes * 2 * sizeof all->mask[0]);
    lv_wipe(all->drawn, sizeof all->drawn);
}

static lv_status prove_piece(void *context, size_t index)
{
    const proving *job = context;
    const size_t first = index * ROWS;
    const size_t left = job->part[0].task.rows - first;
    const size_t count = left < ROWS ? left : ROWS;
    piece *all = malloc(sizeof *all);
    if (all == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = prove_rows(job, all, first, count);
    wipe(job, all, count);
    free(all);
    return status;
}

/* All proofs, or none. */
static lv_status hand_over(const proving *all, const lv_bits_wish *wish, size_t wishes)
{
    lv_status status = LV_OK;
    size_t done = 0;
    while (done < wishes && status == LV_OK) {
        const lv_bits_task *task = &all->part[done].task;
        status =
            lv_buffer_append(wish[done].proof, all->part[done].proof, task->rows * task->part_len);
        done += status == LV_OK;
    }
    while (status != LV_OK && done-- > 0) {
        wish[done].proof->len -= all->part[done].task.rows * all->part[done].task.part_len;
    }
    return status;
}

static lv_status prove(proving *all, const lv_bits_wish *wish, size_t wishes, const lv_job *job)
{
    const size_t pieces = (all->part[0].task.rows + ROWS - 1) / ROWS;
    lv_status status = LV_OK;
    for (size_t p = 0; p < wishes && status == LV_OK; p++) {
        const lv_bits_task *task = &all->part[p].task;
        all->part[p].proof = malloc(task->rows * task->part_len);
        status = all->part[p].proof != NULL ? LV_OK : LV_E_MEMORY;
    }
    if (status == LV_OK) {
        status = lv_parallel_for(job, "prove bits", pieces, prove_piece, all);
    }
    return status == LV_OK ? hand_over(all, wish, wishes) : status;
}

lv_status lv_ristretto_bits_prove(const lv_secret_key *key, const lv_bits_matrices *of,
                                  const lv_bits_plain *plain, const lv_bits_wish *wish,
                                  size_t wishes, const lv_job *job, lv_error *err)
{
    const lv_bits *const bits[] = {plain->x, plain->y, plain->w, plain->d};
    proving all = {
        .parts = wishes, .s = lv_ristretto_scalar(key), .rng = job != NULL ? job->rng : NULL};
    for (size_t p = 0; p < wishes; p++) {
        asked *by = &all.part[p];
        by->task = lv_bits_task_of(lv_key_public(key), wish[p].statement, of, wish[p].context);
        for (size_t i = 0; i < by->task.matrices; i++) {
            by->plain[i] = bits[by->task.place[i]];
        }
    }
    lv_status status = prove(&all, wish, wishes, job);
    for (size_t p = 0; p < wishes; p++) {
        free(all.part[p].proof);
    }
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "the bit proof of %s could not be made%s",
                                     all.part[0].task.words,
                                     status == LV_E_RANDOM ? ": the random generator failed" : "");
}
