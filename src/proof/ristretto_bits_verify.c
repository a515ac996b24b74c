/* All rows of all proofs at once: each of the four equations of each row, all its terms on one
 * side, times a weight of 128 bits, sums up to the identity. The weights are hashed from all the
 * proofs and what they speak of, not drawn, so that whoever checks comes to the same answer:
 * contracts must agree. Where the sum is something else, row after row is checked so, to name the
 * first bad one. */
#include "base/parallel.h"
#include "proof/ristretto_bits.h"
#include <stdlib.h>
#include <string.h>

enum {
    GROUP = 4,       /* claims that are read side by side: all about both records of a set */
    SUM_ROWS = 16,   /* of one piece of the sum */
    EQUATIONS = 4,   /* of a row */
    TERMS = 10,      /* of a row: 6 points, and U and V of two sums */
    WEIGHT_LEN = 16, /* bytes */
    GENERATORS = LV_BITS_CELLS + LV_GENERATOR_FIRST
};

/* What is known of one row after reading it. */
typedef struct {
    const lv_bits_task *task;
    size_t index;        /* of the row in its proof */
    const uint8_t *part; /* of the proof */
    bool readable;       /* all its points and numbers are canonical */
    uint8_t digest[LV_SEED_LEN];
    lv_point point[LV_BITS_POINTS];
    uint8_t root[LV_SEED_LEN];
    lv_point sum[LV_BITS_MATRICES][2]; /* U and V are made of task->sums of them */
    lv_scalar rho;
    lv_scalar e;
    lv_scalar products;        /* sum y^i f_i (e - f_i) */
    lv_scalar linear;          /* u sum sigma_i f_i */
    lv_scalar commitment_mask; /* zB */
    lv_scalar inner_mask;      /* tau */
    lv_scalar key_response;    /* z */
} checked;

typedef struct {
    lv_bits_task *task; /* of each claim */
    checked **first;    /* row of each claim */
    size_t claims;
    size_t rows;    /* of all claims together */
    size_t longest; /* rows of one claim */
    size_t cells;   /* of the longest row */
    checked *row;   /* claim by claim */
    lv_scalar (*weight)[EQUATIONS];
    lv_point *part; /* of the sum */
} verifying;

static const uint8_t *responses_of(const checked *row)
{
    return row->part + LV_BITS_POINTS * LV_POINT_LEN;
}

static size_t responses_len(const checked *row)
{
    return (row->task->cells + LV_BITS_NUMBERS) * LV_SCALAR_LEN;
}

/* ---- reading ---- */

static void read_points(checked *const *row, size_t count)
{
    uint8_t encoded[LV_POINT_LEN * LV_BITS_POINTS * GROUP];
    lv_point point[GROUP * LV_BITS_POINTS];
    bool good[GROUP * LV_BITS_POINTS];
    const size_t len = LV_BITS_POINTS * LV_POINT_LEN;
    for (size_t r = 0; r < count; r++) {
        memcpy(encoded + r * len, row[r]->part, len);
    }
    lv_curve_best()->decode(point, good, encoded, count * LV_BITS_POINTS);
    for (size_t i = 0; i < count * LV_BITS_POINTS; i++) {
        checked *to = row[i / LV_BITS_POINTS];
        to->point[i % LV_BITS_POINTS] = point[i];
        to->readable = to->readable && good[i];
    }
}

static bool read_numbers(checked *row, lv_scalar *f)
{
    const size_t cells = row->task->cells;
    const uint8_t *from = responses_of(row);
    lv_scalar *last[LV_BITS_NUMBERS] = {&row->commitment_mask, &row->inner_mask,
                                        &row->key_response};
    bool good = true;
    for (size_t i = 0; i < cells + LV_BITS_NUMBERS; i++) {
        lv_scalar *to = i < cells ? &f[i] : last[i - cells];
        good = lv_scalar_decode(to, from + i * LV_SCALAR_LEN) && good;
    }
    return good;
}

static void compress(const lv_bits_first *first, const lv_scalar *f, checked *out)
{
    lv_scalar_sum products = {{0}};
    for (size_t i = 0; i < out->task->cells; i++) {
        lv_scalar part;
        lv_scalar other; /* e - f */
        lv_scalar_negate(&other, &f[i]);
        lv_scalar_add(&other, &other, &out->e);
        lv_scalar_times(&part, &f[i], &first->power[i]);
        lv_scalar_sum_add(&products, &part, &other);
    }
    lv_scalar_sum_reduce(&out->products, &products);
}

static bool same_weights(const lv_bits_weights *weights, const checked *row)
{
    return weights->width == row->task->width &&
           memcmp(weights->root, row->root, sizeof row->root) == 0;
}

/* Draws a row's weights where they are not those there are. */
static lv_status renew_weights(lv_bits_weights *weights, const checked *row)
{
    return same_weights(weights, row) ? LV_OK
                                      : lv_bits_weights_of(row->root, row->task->width, weights);
}

/* Numbers, challenges, and the digest of all there is about a row.
 * @param weights  of another row, mostly the same; width 0: of none. */
static lv_status read_row(checked *row, lv_bits_weights *weights)
{
    const lv_bits_task *task = row->task;
    lv_scalar f[LV_BITS_CELLS];
    lv_bits_first first;
    uint8_t h0[LV_SEED_LEN];
    uint8_t h2[LV_SEED_LEN];
    if (!row->readable || !read_numbers(row, f)) {
        row->readable = false;
        return LV_OK;
    }
    lv_status status = lv_bits_row_digest(task, row->index, h0);
    if (status == LV_OK) {
        status = lv_bits_challenge_first(task, h0, row->part, &first);
    }
    if (status == LV_OK) {
        status =
            lv_bits_root(task, first.digest, responses_of(row) + responses_len(row), row->root);
    }
    if (status == LV_OK) {
        status = renew_weights(weights, row);
    }
    if (status == LV_OK) {
        status = lv_bits_challenge_second(&first, row->root, row->part + LV_BITS_T1 * LV_POINT_LEN,
                                          h2, &row->e);
    }
    if (status != LV_OK) {
        return status;
    }
    compress(&first, f, row);
    lv_bits_weigh(task, weights, f, &row->linear);
    row->rho = weights->rho;
    const lv_bytes parts[] = {{h2, sizeof h2}, {responses_of(row), responses_len(row)}};
    return lv_transcript_digest(parts, sizeof parts / sizeof parts[0], row->digest);
}

/* ---- sums over ciphertexts ---- */

/* Rows of ciphertexts whose sums are wanted, all under one row's weights. */
typedef struct {
    size_t count;
    const lv_point *cells[GROUP * LV_BITS_MATRICES]; /* 2 k points each */
    lv_point sum[2 * GROUP * LV_BITS_MATRICES];
    lv_point joined[GROUP][2 * LV_WIDTH_MAX]; /* x + y - w of a claim, where that has to be made */
} wishes;

/* `count` where nobody wants that sum. */
static size_t place_of(const wishes *all, const lv_point *cells)
{
    size_t at = 0;
    while (at < all->count && all->cells[at] != cells) {
        at++;
    }
    return at;
}

static void want(wishes *all, const lv_point *cells)
{
    const size_t at = place_of(all, cells);
    all->cells[at] = cells;
    all->count += at == all->count;
}

static const lv_point *cells_of(const checked *row, size_t i)
{
    return lv_bits_cells(row->task, i, row->index);
}

/* The sum of x + y - w follows from those of the three, where others want them all. */
static void want_joined(wishes *all, const checked *row, lv_point *room)
{
    bool follows = true;
    for (size_t i = 0; i < row->task->matrices; i++) {
        follows = follows && place_of(all, cells_of(row, i)) < all->count;
    }
    if (!follows) {
        lv_curve_best()->add_subtract(room, cells_of(row, 0), cells_of(row, 1), cells_of(row, 2),
                                      (size_t)2 * row->task->width);
        want(all, room);
    }
}

static const lv_point *sum_of(const wishes *all, const lv_point *cells)
{
    return &all->sum[2 * place_of(all, cells)];
}

static void take_joined(const wishes *all, checked *row, const lv_point *room)
{
    if (place_of(all, room) < all->count) {
        memcpy(row->sum[0], sum_of(all, room), sizeof row->sum[0]);
        return;
    }
    for (size_t h = 0; h < 2; h++) {
        lv_point *sum = &row->sum[0][h];
        lv_point_add(sum, sum_of(all, cells_of(row, 0)) + h, sum_of(all, cells_of(row, 1)) + h);
        lv_point_subtract(sum, sum, sum_of(all, cells_of(row, 2)) + h);
    }
}

/* Of rows that share their weights. */
static lv_status sum_cells(checked *const *row, size_t count, const lv_bits_weights *weights)
{
    wishes all;
    all.count = 0;
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < row[r]->task->matrices && !row[r]->task->joined; i++) {
            want(&all, cells_of(row[r], i));
        }
    }
    for (size_t r = 0; r < count; r++) {
        if (row[r]->task->joined) {
            want_joined(&all, row[r], all.joined[r]);
        }
    }
    lv_status status = lv_curve_best()->cells_sum_vartime(all.sum, weights->sigma, all.cells,
                                                          all.count, weights->width);
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        if (row[r]->task->joined) {
            take_joined(&all, row[r], all.joined[r]);
        }
        for (size_t i = 0; i < row[r]->task->matrices && !row[r]->task->joined; i++) {
            memcpy(row[r]->sum[i], sum_of(&all, cells_of(row[r], i)), sizeof row[r]->sum[i]);
        }
    }
    return status;
}

/* ---- what some claims say about one pair ---- */

static lv_status read_group(checked *const *row, size_t count)
{
    lv_bits_weights weights = {.width = 0};
    bool done[GROUP] = {false};
    lv_status status = LV_OK;
    read_points(row, count);
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = read_row(row[r], &weights);
        done[r] = !row[r]->readable;
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        checked *alike[GROUP];
        size_t some = 0;
        status = done[r] ? LV_OK : renew_weights(&weights, row[r]);
        for (size_t other = r; other < count && status == LV_OK; other++) {
            if (!done[other] && same_weights(&weights, row[other])) {
                alike[some++] = row[other];
                done[other] = true;
            }
        }
        if (some > 0) {
            status = sum_cells(alike, some, &weights);
        }
    }
    return status;
}

/* Row `index` of all claims that have one. */
static lv_status read_pair(void *context, size_t index)
{
    const verifying *job = context;
    checked *row[GROUP];
    size_t count = 0;
    lv_status status = LV_OK;
    for (size_t c = 0; c < job->claims && status == LV_OK; c++) {
        if (index < job->task[c].rows) {
            row[count++] = job->first[c] + index;
        }
        if (count == GROUP || (c + 1 == job->claims && count > 0)) {
            status = read_group(row, count);
            count = 0;
        }
    }
    return status;
}

/* ---- the sum ---- */

/* The terms of some rows. */
typedef struct {
    verifying *job;
    size_t first;
    size_t count;
    lv_scalar key;                   /* what stands before P */
    lv_scalar generator[GENERATORS]; /* and before the generators, on the same side */
} span;

/* SHAKE256(SHA-256(digests of all rows) || u32be row in the span) in four numbers of 128 bits. */
static lv_status draw_weights(const span *of)
{
    uint8_t digest[LV_SEED_LEN];
    uint8_t drawn[EQUATIONS * WEIGHT_LEN];
    lv_bytes *parts = calloc(of->count + 1, sizeof *parts); /* never nothing */
    if (parts == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t r = 0; r < of->count; r++) {
        parts[r] = (lv_bytes){of->job->row[of->first + r].digest, LV_SEED_LEN};
    }
    lv_status status = lv_transcript_digest(parts, of->count, digest);
    for (size_t r = 0; r < of->count && status == LV_OK; r++) {
        status = lv_transcript_squeeze(digest, (uint32_t)r, drawn, sizeof drawn);
        for (size_t i = 0; i < EQUATIONS; i++) {
            uint8_t wide[LV_SCALAR_LEN] = {0};
            memcpy(wide, drawn + i * WEIGHT_LEN, WEIGHT_LEN);
            (void)lv_scalar_decode(&of->job->weight[of->first + r][i], wide); /* below 2^128 */
        }
    }
    free(parts);
    return status;
}

typedef struct {
    lv_scalar factor[SUM_ROWS * TERMS + 1];
    lv_point point[SUM_ROWS * TERMS + 1];
    size_t count;
} terms;

static void put_term(terms *to, const lv_scalar *factor, const lv_point *point)
{
    to->factor[to->count] = *factor;
    to->point[to->count++] = *point;
}

static void put_long_terms(terms *to, const checked *row, const lv_scalar *weight)
{
    lv_scalar factor;
    lv_scalar of_v; /* before V */
    lv_scalar of_u;
    lv_scalar_multiply(&factor, &weight[0], &row->e);
    put_term(to, &factor, &row->point[LV_BITS_B]);
    lv_scalar_multiply(&factor, &weight[1], &row->e);
    put_term(to, &factor, &row->point[LV_BITS_T1]);
    lv_scalar_multiply(&of_v, &weight[3], &row->e);
    lv_scalar_multiply(&of_u, &weight[3], &row->key_response);
    lv_scalar_negate(&of_u, &of_u);
    for (size_t i = 0; i < row->task->sums; i++) {
        put_term(to, &of_u, &row->sum[i][0]);
        put_term(to, &of_v, &row->sum[i][1]);
        lv_scalar_multiply(&of_u, &of_u, &row->rho);
        lv_scalar_multiply(&of_v, &of_v, &row->rho);
    }
}

/* What stands before the points of a piece of rows. */
static lv_status sum_points(void *context, size_t index)
{
    static const size_t short_terms[EQUATIONS] = {LV_BITS_A, LV_BITS_T0, LV_BITS_AG, LV_BITS_AV};
    const span *of = context;
    const size_t from = of->first + index * SUM_ROWS;
    const size_t left = of->first + of->count - from;
    const size_t count = left < SUM_ROWS ? left : SUM_ROWS;
    terms all;
    size_t generators = 0;
    all.count = 0;
    if (index == 0) {
        put_term(&all, &of->key, lv_ristretto_point(of->job->task[0].key));
        generators = LV_GENERATOR_FIRST + of->job->cells;
    }
    for (size_t r = from; r < from + count; r++) {
        const lv_scalar *weight = of->job->weight[r];
        put_long_terms(&all, &of->job->row[r], weight);
        for (size_t i = 0; i < EQUATIONS; i++) {
            put_term(&all, &weight[i], &of->job->row[r].point[short_terms[i]]);
        }
    }
    return lv_curve_best()->sum_vartime(&of->job->part[index], all.factor, all.point, all.count,
                                        of->generator, generators);
}

/* What stands before P and before the generators. */
static void sum_numbers(span *of)
{
    const verifying *job = of->job;
    lv_scalar_sum sum[GENERATORS] = {{{0}}};
    lv_scalar_sum of_key = {{0}};
    for (size_t r = of->first; r < of->first + of->count; r++) {
        const checked *row = &job->row[r];
        const lv_scalar *weight = job->weight[r];
        lv_scalar_sum_add(&of_key, &weight[2], &row->e);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[1], &row->products);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[2], &row->key_response);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[3], &row->linear);
        lv_scalar_sum_add(&sum[LV_GENERATOR_MASK], &weight[0], &row->commitment_mask);
        lv_scalar_sum_add(&sum[LV_GENERATOR_MASK], &weight[1], &row->inner_mask);
        for (size_t i = 0; i < row->task->cells; i++) {
            lv_scalar f;
            (void)lv_scalar_decode(&f, responses_of(row) + i * LV_SCALAR_LEN); /* as before */
            lv_scalar_sum_add(&sum[LV_GENERATOR_FIRST + i], &weight[0], &f);
        }
    }
    lv_scalar_sum_reduce(&of->key, &of_key);
    for (size_t i = 0; i < LV_GENERATOR_FIRST + job->cells; i++) {
        lv_scalar_sum_reduce(&of->generator[i], &sum[i]);
        lv_scalar_negate(&of->generator[i], &of->generator[i]);
    }
}

/* Do the rows of the span, all of them readable, hold? */
static lv_status check(span *of, const lv_job *job, bool *holds)
{
    const size_t pieces = (of->count + SUM_ROWS - 1) / SUM_ROWS;
    lv_point sum = lv_point_identity;
    *holds = false;
    lv_status status = draw_weights(of);
    if (status != LV_OK) {
        return status;
    }
    sum_numbers(of);
    status = lv_parallel_for(job, "check bits", pieces, sum_points, of);
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < pieces; i++) {
        lv_point_add(&sum, &sum, &of->job->part[i]);
    }
    *holds = lv_point_equal(&sum, &lv_point_identity);
    return LV_OK;
}

/* ---- the whole ---- */

/* @param[out] bad  the claim it belongs to. */
static lv_status name_first_bad(verifying *job, size_t *bad, lv_error *err)
{
    for (size_t r = 0; r < job->rows; r++) {
        const checked *row = &job->row[r];
        *bad = (size_t)(row->task - job->task);
        if (!row->readable) {
            return lv_fail(err, LV_INVALID,
                           "bit proof of %s, row %zu: a point or a number is not in its one "
                           "encoding",
                           row->task->words, row->index);
        }
        bool holds = false;
        span one = {.job = job, .first = r, .count = 1};
        lv_status status = check(&one, NULL, &holds);
        if (status != LV_OK) {
            return status;
        }
        if (!holds) {
            return lv_fail(err, LV_INVALID,
                           "bit proof of %s, row %zu: it does not hold: a ciphertext is not that "
                           "of a bit, or the proof is of another row, set or key",
                           row->task->words, row->index);
        }
    }
    return lv_fail(err, LV_INVALID, "bit proof of %s: it does not hold", job->task[*bad].words);
}

static lv_status verify(verifying *all, const lv_job *job, size_t *bad, lv_error *err)
{
    bool holds = true;
    lv_status status = lv_parallel_for(job, "read bits", all->longest, read_pair, all);
    if (status != LV_OK) {
        return status;
    }
    for (size_t r = 0; r < all->rows; r++) {
        holds = holds && all->row[r].readable;
    }
    if (holds) {
        span whole = {.job = all, .count = all->rows};
        status = check(&whole, job, &holds);
    }
    return status == LV_OK && !holds ? name_first_bad(all, bad, err) : status;
}

/* Finds every row of every claim its part. */
static lv_status take_claims(verifying *all, const lv_public_key *key, const lv_bits_claim *claim,
                             size_t *bad, lv_error *err)
{
    for (size_t c = 0; c < all->claims; c++) {
        lv_bits_task *task = &all->task[c];
        *task = lv_bits_task_of(key, claim[c].statement, &claim[c].of, claim[c].context);
        all->rows += task->rows;
        all->longest = task->rows > all->longest ? task->rows : all->longest;
        all->cells = task->cells > all->cells ? task->cells : all->cells;
        if (claim[c].proof.len != task->rows * task->part_len) {
            *bad = c;
            return lv_fail(err, LV_INVALID, "bit proof of %s: %zu bytes instead of %zu",
                           task->words, claim[c].proof.len, task->rows * task->part_len);
        }
    }
    all->row = calloc(all->rows, sizeof *all->row);
    all->weight = calloc(all->rows, sizeof *all->weight);
    all->part = calloc(all->rows / SUM_ROWS + 1, sizeof *all->part);
    if (all->row == NULL || all->weight == NULL || all->part == NULL) {
        return LV_E_MEMORY;
    }
    checked *row = all->row;
    for (size_t c = 0; c < all->claims; c++) {
        const lv_bits_task *task = &all->task[c];
        all->first[c] = row;
        for (size_t r = 0; r < task->rows; r++, row++) {
            row->task = task;
            row->index = r;
            row->part = claim[c].proof.data + r * task->part_len;
            row->readable = true;
        }
    }
    return LV_OK;
}

lv_status lv_ristretto_bits_verify(const lv_public_key *key, const lv_bits_claim *claim,
                                   size_t claims, const lv_job *job, size_t *bad, lv_error *err)
{
    verifying all = {.task = calloc(claims, sizeof *all.task),
                     .first = calloc(claims, sizeof(checked *)),
                     .claims = claims};
    lv_status status = all.task != NULL && all.first != NULL
                           ? take_claims(&all, key, claim, bad, err)
                           : LV_E_MEMORY;
    if (status == LV_OK) {
        status = verify(&all, job, bad, err);
    }
    if (status != LV_OK && status != LV_INVALID) {
        (void)lv_fail(err, status, "the bit proof of %s could not be checked",
                      all.task != NULL ? all.task[*bad].words : "a set");
    }
    free(all.row);
    free(all.weight);
    free(all.part);
    free(all.first);
    free(all.task);
    return status;
}
