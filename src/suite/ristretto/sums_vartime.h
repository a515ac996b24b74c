/** Sums of multiples of any points, for implementations of several lanes: included after formulas.h
 *  and sums.h, on the same terms. */

#include <stdlib.h>

/* Straus: one run of doublings for all points, LANES of which share a group. */
typedef struct {
    niels multiple[WINDOW_ENTRIES];
    int8_t digit[WINDOWS][LANES];
    int top; /* the highest window that has a digit; the others are not looked at */
} group;

/* Lane l has the scalar k[l / repeat]; there are `lanes` of them, others have 0. */
LV_FN void make_group(group *out, const lv_scalar *k, const lv_point *in, size_t lanes,
                      size_t repeat)
{
    static const lv_scalar zero = {{0}};
    static const int8_t none[LANES] = {0};
    const ext p = ext_load(in, lanes);
    fill_window(out->multiple, &p);
    for (size_t lane = 0; lane < LANES; lane++) {
        window_digits(out->digit, lane, lane < lanes ? &k[lane / repeat] : &zero);
    }
    out->top = WINDOWS - 1;
    while (out->top >= 0 && memcmp(out->digit[out->top], none, LANES) == 0) {
        out->top--;
    }
}

/* Each lane's part of the sum. */
LV_FN ext sum_groups(const group *groups, size_t count)
{
    int top = -1;
    for (size_t i = 0; i < count; i++) {
        top = groups[i].top > top ? groups[i].top : top;
    }
    ext sum = ext_identity();
    for (int at = top; at >= 0; at--) {
        double_times(&sum, WINDOW);
        for (size_t i = 0; i < count; i++) {
            if (at <= groups[i].top) {
                add_multiple(&sum, groups[i].multiple, groups[i].digit[at]);
            }
        }
    }
    return sum;
}

/* out[h] = sum k[i] in[repeat i + h] for h < repeat, which is 1 or 2. */
LV_FN lv_status sums_vartime(lv_point *out, size_t repeat, const lv_scalar *k, const lv_point *in,
                             size_t count)
{
    const size_t points = count * repeat;
    const size_t vectors = (points + LANES - 1) / LANES;
    lv_point part[LANES];
    for (size_t h = 0; h < repeat; h++) {
        out[h] = lv_point_identity;
    }
    group *groups = aligned_alloc(_Alignof(group), (vectors + 1) * sizeof *groups);
    if (groups == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < vectors; i++) {
        size_t from = i * LANES;
        make_group(&groups[i], k + from / repeat, in + from,
                   points - from < LANES ? points - from : LANES, repeat);
    }
    ext_store(part, sum_groups(groups, vectors), LANES);
    for (size_t lane = 0; lane < LANES; lane++) {
        lv_point_add(&out[lane % repeat], &out[lane % repeat], &part[lane]);
    }
    free(groups);
    return LV_OK;
}

LV_FN lv_status sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count)
{
    return sums_vartime(out, 1, k, in, count);
}

LV_FN lv_status cells_sum_vartime(lv_point out[2], const lv_scalar *k, const lv_point *in,
                                  size_t count)
{
    return sums_vartime(out, 2, k, in, count);
}
