#include "proof/ristretto_bits_read.h"
#include <string.h>

lv_bytes lv_bits_responses(const lv_bits_checked *row)
{
    return (lv_bytes){row->part + LV_BITS_POINTS * LV_POINT_LEN,
                      (row->task->cells + LV_BITS_NUMBERS) * LV_SCALAR_LEN};
}

/* ---- points, numbers, challenges ---- */

static void read_points(lv_bits_checked *const *row, size_t count)
{
    uint8_t encoded[LV_POINT_LEN * LV_BITS_POINTS * LV_BITS_GROUP];
    lv_point point[LV_BITS_GROUP * LV_BITS_POINTS];
    bool good[LV_BITS_GROUP * LV_BITS_POINTS];
    const size_t len = LV_BITS_POINTS * LV_POINT_LEN;
    for (size_t r = 0; r < count; r++) {
        memcpy(encoded + r * len, row[r]->part, len);
    }
    lv_curve_best()->decode(point, good, encoded, count * LV_BITS_POINTS);
    for (size_t i = 0; i < count * LV_BITS_POINTS; i++) {
        lv_bits_checked *to = row[i / LV_BITS_POINTS];
        to->point[i % LV_BITS_POINTS] = point[i];
        to->readable = (i % LV_BITS_POINTS == 0 || to->readable) && good[i];
    }
}

static bool read_numbers(lv_bits_checked *row, lv_scalar *f)
{
    const size_t cells = row->task->cells;
    const uint8_t *from = lv_bits_responses(row).data;
    lv_scalar *last[LV_BITS_NUMBERS] = {&row->commitment_mask, &row->inner_mask,
                                        &row->key_response};
    bool good = true;
    for (size_t i = 0; i < cells + LV_BITS_NUMBERS; i++) {
        lv_scalar *to = i < cells ? &f[i] : last[i - cells];
        good = lv_scalar_decode(to, from + i * LV_SCALAR_LEN) && good;
    }
    return good;
}

static void compress(const lv_bits_first *first, const lv_scalar *f, lv_bits_checked *out)
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

static bool same_weights(const lv_bits_weights *weights, const lv_bits_checked *row)
{
    return weights->width == row->task->width &&
           memcmp(weights->root, row->root, sizeof row->root) == 0;
}

/* Draws a row's weights where they are not those there are. */
static lv_status renew_weights(lv_bits_weights *weights, const lv_bits_checked *row)
{
    return same_weights(weights, row) ? LV_OK
                                      : lv_bits_weights_of(row->root, row->task->width, weights);
}

/* Numbers, challenges, and the digest of all there is about a row.
 * @param weights  of another row, mostly the same; width 0: of none. */
static lv_status read_row(lv_bits_checked *row, lv_bits_weights *weights)
{
    const lv_bits_task *task = row->task;
    lv_scalar f[LV_BITS_CELLS];
    lv_bits_first first;
    uint8_t h0[LV_SEED_LEN];
    uint8_t h2[LV_SEED_LEN];
    const lv_bytes responses = lv_bits_responses(row);
    if (!row->readable || !read_numbers(row, f)) {
        row->readable = false;
        return LV_OK;
    }
    lv_status status = lv_bits_row_digest(task, row->index, h0);
    if (status == LV_OK) {
        status = lv_bits_challenge_first(task, h0, row->part, &first);
    }
    if (status == LV_OK) {
        status = lv_bits_root(task, first.digest, responses.data + responses.len, row->root);
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
    const lv_bytes parts[] = {{h2, sizeof h2}, responses};
    return lv_transcript_digest(parts, sizeof parts / sizeof parts[0], row->digest);
}

/* ---- sums over ciphertexts ---- */

/* Rows of ciphertexts whose sums are wanted, all under one row's weights. */
typedef struct {
    size_t count;
    const lv_point *cells[LV_BITS_GROUP * LV_BITS_MATRICES]; /* 2 k points each */
    lv_point sum[2 * LV_BITS_GROUP * LV_BITS_MATRICES];
    lv_point joined[LV_BITS_GROUP]
                   [2 * LV_WIDTH_MAX]; /* x + y - w of a claim, where that has to be made */
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

static const lv_point *cells_of(const lv_bits_checked *row, size_t i)
{
    return lv_bits_cells(row->task, i, row->index);
}

/* The sum of x + y - w follows from those of the three, where others want them all. */
static void want_joined(wishes *all, const lv_bits_checked *row, lv_point *room)
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

static void take_joined(const wishes *all, lv_bits_checked *row, const lv_point *room)
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
static lv_status sum_cells(lv_bits_checked *const *row, size_t count,
                           const lv_bits_weights *weights)
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

/* ---- the whole ---- */

lv_status lv_bits_read(lv_bits_checked *const *row, size_t count)
{
    lv_bits_weights weights = {.width = 0};
    bool done[LV_BITS_GROUP] = {false};
    lv_status status = LV_OK;
    read_points(row, count);
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        status = read_row(row[r], &weights);
        done[r] = !row[r]->readable;
    }
    for (size_t r = 0; r < count && status == LV_OK; r++) {
        lv_bits_checked *alike[LV_BITS_GROUP];
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
