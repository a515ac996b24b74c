/** Sums of public multiples of any points, for implementations of several lanes: included after
 *  quads.h, on the same terms. */

#include <stdlib.h>

/* Straus: one run of doublings for all points, whose odd multiples stand in tables. */
enum { DIGIT = 4, ODD_ENTRIES = 1 << (DIGIT - 2) };

typedef struct {
    lv_quad odd[ODD_ENTRIES]; /* 1, 3, .. times the point */
} odd_multiples;

/* Here lanes take points. */
LV_FN void fill_odd(odd_multiples *out, const lv_point *in, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        ext p = ext_load(&in[i], count - i);
        ext twice = p;
        double_point(&twice);
        const niels step = niels_of(twice);
        for (size_t j = 0; j < ODD_ENTRIES; j++) {
            if (j > 0) {
                add_niels(&p, &step);
            }
            const niels multiple = niels_of(p);
            const fe parts[] = {multiple.difference, multiple.sum, multiple.product, multiple.z};
            fe_quads_spread(&out[i].odd[j], ODD_ENTRIES, parts, count - i);
        }
    }
}

/* Of one sum: what its digits choose from. */
typedef struct {
    const lv_schedule *schedule;
    const odd_multiples *points; /* of the terms below `count` */
    size_t count;
    const lv_wide_table *generators; /* of the terms from `count` on */
} choices;

LV_FN size_t odd_place(const lv_addition *what)
{
    return (size_t)(what->value < 0 ? -what->value : what->value) / 2;
}

LV_FN const lv_quad *chosen(const choices *from, const lv_addition *what)
{
    return what->term < from->count
               ? &from->points[what->term].odd[odd_place(what)]
               : &from->generators[what->term - from->count].odd[odd_place(what)];
}

/* Tables do not fit the nearest cache: what will be added is asked for while other things are. */
enum { AHEAD = 8, CACHE_LINE = 64 };

LV_FN void prefetch(const lv_quad *entry)
{
    const uint8_t *begin = (const uint8_t *)entry;
    __builtin_prefetch(begin);
    __builtin_prefetch(begin + CACHE_LINE);
    __builtin_prefetch(begin + sizeof *entry - 1);
}

LV_WITHIN void add_chosen(fe *sum, const lv_quad *const *entries, fe_mask negative)
{
    fe b = fe_quads(entries);
    fe_opposed(&b, negative, &b);
    quads_add(sum, &b);
}

/* All additions, dealt out to QUADS sums. */
LV_FN fe sum_dealt(const choices *from)
{
    const lv_schedule *schedule = from->schedule;
    fe sum = quads_identity();
    for (unsigned place = schedule->places; place-- > 0;) {
        const size_t end = schedule->first[place] + schedule->count[place];
        quads_double(&sum);
        for (size_t i = schedule->first[place]; i < end; i += QUADS) {
            const lv_quad *entries[QUADS];
            bool negative[QUADS];
            for (size_t h = 0; h < QUADS; h++) {
                const lv_addition *what = &schedule->addition[i + h];
                entries[h] = i + h < end ? chosen(from, what) : &QUAD_IDENTITY;
                negative[h] = i + h < end && what->value < 0;
                if (i + h + AHEAD < schedule->additions) {
                    prefetch(chosen(from, what + AHEAD));
                }
            }
            add_chosen(&sum, entries, fe_quads_mask(negative));
        }
    }
    return sum;
}

LV_FN lv_status sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count,
                            const lv_scalar *g, size_t generators)
{
    const lv_scalars parts[] = {{k, count, DIGIT}, {g, generators, LV_WIDE_DIGIT}};
    lv_schedule schedule;
    *out = lv_point_identity;
    odd_multiples *points = malloc((count + 1) * sizeof *points);
    lv_status status = lv_schedule_make_vartime(&schedule, parts, 2);
    if (points == NULL) {
        status = LV_E_MEMORY;
    }
    if (status == LV_OK) {
        lv_point part[QUADS];
        const choices from = {&schedule, points, count, lv_generators_wide()};
        fill_odd(points, in, count);
        quads_store_points(part, sum_dealt(&from), QUADS);
        for (size_t h = 0; h < QUADS; h++) {
            lv_point_add(out, out, &part[h]);
        }
    }
    lv_schedule_free(&schedule);
    free(points);
    return status;
}

/* ---- rows of ciphertexts ---- */

/* Up to CHAINS rows go side by side: while the sum of one waits for a product, others have theirs.
 * The two points of a ciphertext are one sum of QUADS points, or two. */
enum { CHAINS = 4, ROW_SUMS = 2 / QUADS, SUMS = CHAINS * ROW_SUMS };

/* Of rows that are summed up side by side. */
typedef struct {
    const lv_schedule *schedule;
    const odd_multiples *points; /* of the first row; those of the others after them */
    size_t row_points;           /* of one row */
    size_t sums;
} cells;

/* What is to be added to sum s: to its first point, and the next one's stands behind it. */
LV_FN const odd_multiples *cell_points(const cells *from, const lv_addition *what, size_t s)
{
    const size_t row = s / ROW_SUMS;
    return &from->points[row * from->row_points + (size_t)2 * what->term + s % ROW_SUMS];
}

LV_FN void prefetch_cells(const cells *from, const lv_addition *what)
{
    for (size_t s = 0; s < from->sums; s++) {
        for (size_t h = 0; h < QUADS; h++) {
            prefetch(&cell_points(from, what, s)[h].odd[odd_place(what)]);
        }
    }
}

/* quads_add to all sums, step by step. */
LV_FN void add_cells(fe *sum, const cells *from, const lv_addition *what)
{
    const size_t at = odd_place(what);
    bool which[QUADS];
    fe a[SUMS];
    for (size_t h = 0; h < QUADS; h++) {
        which[h] = what->value < 0;
    }
    const fe_mask negative = fe_quads_mask(which);
    for (size_t s = 0; s < from->sums; s++) {
        const odd_multiples *points = cell_points(from, what, s);
        const lv_quad *entries[QUADS];
        for (size_t h = 0; h < QUADS; h++) {
            entries[h] = &points[h].odd[at];
        }
        fe b = fe_quads(entries);
        fe_opposed(&b, negative, &b);
        fe_product_alternate(&a[s], &sum[s], &b);
    }
    for (size_t s = 0; s < from->sums; s++) {
        fe outer;
        fe_outer(&outer, &a[s]);
        fe_inner(&a[s], &a[s]);
        fe_product_crossed(&sum[s], &outer, &a[s]);
    }
}

LV_FN void sum_cells(lv_point *out, const cells *from)
{
    const lv_schedule *schedule = from->schedule;
    fe sum[SUMS];
    for (size_t s = 0; s < from->sums; s++) {
        sum[s] = quads_identity();
    }
    for (unsigned place = schedule->places; place-- > 0;) {
        const size_t end = schedule->first[place] + schedule->count[place];
        for (size_t s = 0; s < from->sums; s++) {
            quads_double(&sum[s]);
        }
        for (size_t i = schedule->first[place]; i < end; i++) {
            if (i + AHEAD < schedule->additions) {
                prefetch_cells(from, &schedule->addition[i + AHEAD]);
            }
            add_cells(sum, from, &schedule->addition[i]);
        }
    }
    for (size_t s = 0; s < from->sums; s++) {
        quads_store_points(&out[s * QUADS], sum[s], QUADS);
    }
}

LV_FN lv_status cells_sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *const *in,
                                  size_t rows, size_t count)
{
    const lv_scalars part = {k, count, DIGIT};
    const size_t row_points = 2 * count;
    lv_schedule schedule;
    const size_t room = (rows < CHAINS ? rows : CHAINS) * row_points;
    odd_multiples *points = malloc((room + 1) * sizeof *points);
    lv_status status = lv_schedule_make_vartime(&schedule, &part, 1);
    if (points == NULL) {
        status = LV_E_MEMORY;
    }
    for (size_t r = 0; r < rows && status == LV_OK; r += CHAINS) {
        const size_t some = rows - r < CHAINS ? rows - r : CHAINS;
        const cells from = {&schedule, points, row_points, some * ROW_SUMS};
        for (size_t c = 0; c < some; c++) {
            fill_odd(points + c * row_points, in[r + c], row_points);
        }
        sum_cells(&out[2 * r], &from);
    }
    lv_schedule_free(&schedule);
    free(points);
    return status;
}
