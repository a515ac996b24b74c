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
    const odd_multiples *points; /* of the terms below `count`, every `stride` */
    size_t count;
    size_t stride;
    const lv_wide_table *generators; /* of the terms from `count` on */
} choices;

LV_FN const lv_quad *chosen(const choices *from, const lv_addition *what)
{
    const size_t at = (size_t)(what->value < 0 ? -what->value : what->value) / 2;
    return what->term < from->count ? &from->points[what->term * from->stride].odd[at]
                                    : &from->generators[what->term - from->count].odd[at];
}

/* The tables of a long row do not fit the nearest cache: what will be added is asked for while
 * other things are. */
enum { AHEAD = 2, CACHE_LINE = 64 };

LV_FN void prefetch(const lv_quad *from)
{
    for (size_t at = 0; at < sizeof *from; at += CACHE_LINE) {
        __builtin_prefetch((const uint8_t *)from + at);
    }
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
        quads_double(&sum);
        const lv_addition *at_place = &schedule->addition[place * schedule->room];
        const size_t end = schedule->count[place];
        for (size_t i = 0; i < end; i += QUADS) {
            const lv_quad *entries[QUADS];
            bool negative[QUADS];
            for (size_t h = 0; h < QUADS; h++) {
                const lv_addition *what = &at_place[i + h];
                entries[h] = i + h < end ? chosen(from, what) : &QUAD_IDENTITY;
                negative[h] = i + h < end && what->value < 0;
            }
            add_chosen(&sum, entries, fe_quads_mask(negative));
        }
    }
    return sum;
}

/* The same additions to QUADS sums, of points that stand one after another. */
LV_FN fe sum_alike(const choices *from)
{
    const lv_schedule *schedule = from->schedule;
    fe sum = quads_identity();
    for (unsigned place = schedule->places; place-- > 0;) {
        quads_double(&sum);
        const lv_addition *at_place = &schedule->addition[place * schedule->room];
        const size_t end = schedule->count[place];
        for (size_t i = 0; i < end; i++) {
            const lv_addition *what = &at_place[i];
            const lv_quad *first = chosen(from, what);
            const lv_quad *later = chosen(from, i + AHEAD < end ? what + AHEAD : what);
            const lv_quad *entries[QUADS];
            bool negative[QUADS];
            for (size_t h = 0; h < QUADS; h++) {
                prefetch(later + h * ODD_ENTRIES);
                entries[h] = first + h * ODD_ENTRIES;
                negative[h] = what->value < 0;
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
        const choices from = {&schedule, points, count, 1, lv_generators_wide()};
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

LV_FN lv_status cells_sum_vartime(lv_point out[2], const lv_scalar *k, const lv_point *in,
                                  size_t count)
{
    const lv_scalars part = {k, count, DIGIT};
    lv_schedule schedule;
    out[0] = lv_point_identity;
    out[1] = lv_point_identity;
    odd_multiples *points = malloc((2 * count + 1) * sizeof *points);
    lv_status status = lv_schedule_make_vartime(&schedule, &part, 1);
    if (points == NULL) {
        status = LV_E_MEMORY;
    }
    if (status == LV_OK) {
        fill_odd(points, in, 2 * count);
        for (size_t h = 0; h < 2; h += QUADS) {
            const choices from = {&schedule, points + h, count, 2, NULL};
            quads_store_points(&out[h], sum_alike(&from), QUADS);
        }
    }
    lv_schedule_free(&schedule);
    free(points);
    return status;
}
