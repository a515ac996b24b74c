/* All rows of all proofs at once: each of the four equations of each row, all its terms on one
 * side, times a weight of 128 bits, sums up to the identity. The weights are hashed from all the
 * proofs and what they speak of, not drawn, so that whoever checks comes to the same answer:
 * contracts must agree. Where the sum is something else, row after row is lv_bits_checked so, to
 * name the first bad one. */
#include "base/parallel.h"
#include "proof/ristretto_bits_read.h"
#include <stdlib.h>

enum {
    SUM_ROWS = 16, /* of one piece of the sum */
    EQUATIONS = 4, /* of a row */
    TERMS = 10,    /* of a row: 6 points, and U and V of two sums */
    GENERATORS = LV_BITS_CELLS + LV_GENERATOR_FIRST
};

typedef struct {
    lv_bits_task task;
    size_t first; /* of its rows */
} stated;

typedef struct {
    stated *claim;
    size_t claims;
    size_t rows;          /* of all claims together */
    size_t longest;       /* rows of one claim */
    size_t cells;         /* of the longest row */
    lv_bits_checked *row; /* claim by claim */
    lv_scalar (*weight)[EQUATIONS];
    lv_point *part; /* of the sum */
} verifying;

/* ---- reading ---- */

/* Row `index` of all claims that have one. */
static lv_status read_pair(void *context, size_t index)
{
    const verifying *job = context;
    lv_bits_checked *row[LV_BITS_GROUP];
    size_t count = 0;
    lv_status status = LV_OK;
    for (size_t c = 0; c < job->claims && status == LV_OK; c++) {
        if (index < job->claim[c].task.rows) {
            row[count++] = &job->row[job->claim[c].first + index];
        }
        if (count == LV_BITS_GROUP || (c + 1 == job->claims && count > 0)) {
            status = lv_bits_read(row, count);
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
    uint8_t drawn[EQUATIONS * LV_BITS_WEIGHT_LEN];
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
            lv_bits_weight(&of->job->weight[of->first + r][i], drawn + i * LV_BITS_WEIGHT_LEN);
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

static void put_long_terms(terms *to, const lv_bits_checked *row, const lv_scalar *weight)
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
        put_term(&all, &of->key, lv_ristretto_point(of->job->claim[0].task.key));
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
        const lv_bits_checked *row = &job->row[r];
        const lv_scalar *weight = job->weight[r];
        lv_scalar_sum_add(&of_key, &weight[2], &row->e);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[1], &row->products);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[2], &row->key_response);
        lv_scalar_sum_add(&sum[LV_GENERATOR_BASE], &weight[3], &row->linear);
        lv_scalar_sum_add(&sum[LV_GENERATOR_MASK], &weight[0], &row->commitment_mask);
        lv_scalar_sum_add(&sum[LV_GENERATOR_MASK], &weight[1], &row->inner_mask);
        const uint8_t *f_of_row = lv_bits_responses(row).data;
        for (size_t i = 0; i < row->task->cells; i++) {
            lv_scalar f;
            (void)lv_scalar_decode(&f, f_of_row + i * LV_SCALAR_LEN); /* as before */
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

static size_t claim_of(const verifying *job, size_t row)
{
    size_t c = 0;
    while (row - job->claim[c].first >= job->claim[c].task.rows) {
        c++;
    }
    return c;
}

/* @param[out] bad  the claim it belongs to. */
static lv_status name_first_bad(verifying *job, size_t *bad, lv_error *err)
{
    for (size_t r = 0; r < job->rows; r++) {
        const lv_bits_checked *row = &job->row[r];
        *bad = claim_of(job, r);
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
    return lv_fail(err, LV_INVALID, "bit proof of %s: it does not hold",
                   job->claim[*bad].task.words);
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
        lv_bits_task *task = &all->claim[c].task;
        *task = lv_bits_task_of(key, claim[c].statement, &claim[c].of, claim[c].context);
        all->claim[c].first = all->rows;
        all->rows += task->rows;
        all->longest = task->rows > all->longest ? task->rows : all->longest;
        all->cells = task->cells > all->cells ? task->cells : all->cells;
        if (claim[c].proof.len != task->rows * task->part_len) {
            *bad = c;
            return lv_fail(err, LV_INVALID, "bit proof of %s: %zu bytes instead of %zu",
                           task->words, claim[c].proof.len, task->rows * task->part_len);
        }
    }
    all->row = calloc(all->rows + 1, sizeof *all->row); /* never nothing */
    all->weight = calloc(all->rows + 1, sizeof *all->weight);
    all->part = calloc(all->rows / SUM_ROWS + 1, sizeof *all->part);
    if (all->row == NULL || all->weight == NULL || all->part == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t c = 0; c < all->claims; c++) {
        const lv_bits_task *task = &all->claim[c].task;
        for (size_t r = 0; r < task->rows; r++) {
            lv_bits_checked *row = &all->row[all->claim[c].first + r];
            row->task = task;
            row->index = r;
            row->part = claim[c].proof.data + r * task->part_len;
        }
    }
    return LV_OK;
}

lv_status lv_ristretto_bits_verify(const lv_public_key *key, const lv_bits_claim *claim,
                                   size_t claims, const lv_job *job, size_t *bad, lv_error *err)
{
    verifying all = {.claim = calloc(claims, sizeof *all.claim), .claims = claims};
    lv_status status = all.claim != NULL ? take_claims(&all, key, claim, bad, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = verify(&all, job, bad, err);
    }
    if (status != LV_OK && status != LV_INVALID) {
        (void)lv_fail(err, status, "the bit proof of %s could not be checked",
                      all.claim != NULL ? all.claim[*bad].task.words : "a set");
    }
    free(all.row);
    free(all.weight);
    free(all.part);
    free(all.claim);
    return status;
}
