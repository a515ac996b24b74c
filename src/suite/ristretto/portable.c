/* One point at a time in 64-bit limbs: runs everywhere. Bounds of limbs: products leave less than
 * 2^51 + 2^13; a factor may have up to 2^54, which the sum of two products, or a difference, stays
 * below. */
#include "suite/ristretto/constants.h"
#include "suite/ristretto/schedule.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LV_FN static inline
#define LV_WITHIN LV_FN
enum { LANES = 1 };
typedef lv_fe fe;
typedef uint64_t fe_mask; /* all ones or all zeros */

__extension__ typedef unsigned __int128 wide_limb;

static const uint64_t LOW51 = (UINT64_C(1) << 51) - 1;

/* ---- masks ---- */

LV_FN fe_mask mask_or(fe_mask a, fe_mask b) { return a | b; }
LV_FN fe_mask mask_and(fe_mask a, fe_mask b) { return a & b; }
LV_FN fe_mask mask_not(fe_mask a) { return ~a; }
LV_FN bool mask_bit(fe_mask a, size_t lane) { return (a >> lane & 1) != 0; }

/* ---- field ---- */

LV_FN fe fe_constant(const lv_fe *a) { return *a; }

LV_FN fe fe_load(const lv_fe *in, size_t count)
{
    (void)count;
    return *in;
}

LV_FN fe carry(fe a)
{
    fe r;
    r.v[0] = (a.v[0] & LOW51) + 19 * (a.v[4] >> 51);
    for (int i = 1; i < 5; i++) {
        r.v[i] = (a.v[i] & LOW51) + (a.v[i - 1] >> 51);
    }
    return r;
}

LV_FN void fe_store(lv_fe *out, fe a, size_t count)
{
    (void)count;
    *out = carry(a);
}

LV_FN fe fe_add(fe a, fe b)
{
    return (fe){
        {a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3], a.v[4] + b.v[4]}};
}

/* a + 4 p - b */
LV_FN fe fe_subtract(fe a, fe b)
{
    const uint64_t low = 4 * (LOW51 - 18);
    const uint64_t rest = 4 * LOW51;
    return (fe){{a.v[0] + low - b.v[0], a.v[1] + rest - b.v[1], a.v[2] + rest - b.v[2],
                 a.v[3] + rest - b.v[3], a.v[4] + rest - b.v[4]}};
}

LV_FN fe reduce_wide(wide_limb r0, wide_limb r1, wide_limb r2, wide_limb r3, wide_limb r4)
{
    fe r;
    r1 += (uint64_t)(r0 >> 51);
    r2 += (uint64_t)(r1 >> 51);
    r3 += (uint64_t)(r2 >> 51);
    r4 += (uint64_t)(r3 >> 51);
    r.v[0] = ((uint64_t)r0 & LOW51) + 19 * (uint64_t)(r4 >> 51);
    r.v[1] = ((uint64_t)r1 & LOW51) + (r.v[0] >> 51);
    r.v[0] &= LOW51;
    r.v[2] = (uint64_t)r2 & LOW51;
    r.v[3] = (uint64_t)r3 & LOW51;
    r.v[4] = (uint64_t)r4 & LOW51;
    return r;
}

LV_FN wide_limb product(uint64_t a, uint64_t b) { return (wide_limb)a * b; }

LV_FN fe fe_multiply(fe a, fe b)
{
    const uint64_t b1 = 19 * b.v[1];
    const uint64_t b2 = 19 * b.v[2];
    const uint64_t b3 = 19 * b.v[3];
    const uint64_t b4 = 19 * b.v[4];
    return reduce_wide(product(a.v[0], b.v[0]) + product(a.v[4], b1) + product(a.v[3], b2) +
                           product(a.v[2], b3) + product(a.v[1], b4),
                       product(a.v[1], b.v[0]) + product(a.v[0], b.v[1]) + product(a.v[4], b2) +
                           product(a.v[3], b3) + product(a.v[2], b4),
                       product(a.v[2], b.v[0]) + product(a.v[1], b.v[1]) + product(a.v[0], b.v[2]) +
                           product(a.v[4], b3) + product(a.v[3], b4),
                       product(a.v[3], b.v[0]) + product(a.v[2], b.v[1]) + product(a.v[1], b.v[2]) +
                           product(a.v[0], b.v[3]) + product(a.v[4], b4),
                       product(a.v[4], b.v[0]) + product(a.v[3], b.v[1]) + product(a.v[2], b.v[2]) +
                           product(a.v[1], b.v[3]) + product(a.v[0], b.v[4]));
}

LV_FN fe fe_square(fe a)
{
    const uint64_t twice0 = 2 * a.v[0];
    const uint64_t twice1 = 2 * a.v[1];
    const uint64_t a3 = 19 * a.v[3];
    const uint64_t a4 = 19 * a.v[4];
    return reduce_wide(product(a.v[0], a.v[0]) + product(twice1, a4) + product(2 * a.v[2], a3),
                       product(a.v[3], a3) + product(twice0, a.v[1]) + product(2 * a.v[2], a4),
                       product(a.v[1], a.v[1]) + product(twice0, a.v[2]) + product(2 * a.v[4], a3),
                       product(a.v[4], a4) + product(twice0, a.v[3]) + product(twice1, a.v[2]),
                       product(a.v[2], a.v[2]) + product(twice0, a.v[4]) + product(twice1, a.v[3]));
}

LV_FN fe fe_select(fe_mask mask, fe a, fe b)
{
    fe r;
    for (int i = 0; i < 5; i++) {
        r.v[i] = b.v[i] ^ (mask & (a.v[i] ^ b.v[i]));
    }
    return r;
}

/* The representative in 0 .. p - 1. */
LV_FN fe canonical(fe a)
{
    fe r = carry(carry(a)); /* below 2 p */
    uint64_t over = (r.v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) {
        over = (r.v[i] + over) >> 51;
    }
    r.v[0] += 19 * over; /* - p = + 19 - 2^255 */
    for (int i = 1; i < 5; i++) {
        r.v[i] += r.v[i - 1] >> 51;
        r.v[i - 1] &= LOW51;
    }
    r.v[4] &= LOW51;
    return r;
}

LV_FN fe_mask fe_is_odd(fe a) { return 0 - (canonical(a).v[0] & 1); }

LV_FN fe_mask fe_equal(fe a, fe b)
{
    fe r = canonical(fe_subtract(a, b));
    uint64_t any = r.v[0] | r.v[1] | r.v[2] | r.v[3] | r.v[4]; /* below 2^51 */
    return 0 - ((any - 1) >> 63);
}

LV_FN fe_mask fe_load_bytes(fe *out, const uint8_t *in, size_t count)
{
    (void)count;
    uint64_t w[4] = {0};
    for (size_t i = 0; i < LV_POINT_LEN; i++) {
        w[i / 8] |= (uint64_t)in[i] << (8 * (i % 8));
    }
    *out = (fe){{w[0] & LOW51, (w[0] >> 51 | w[1] << 13) & LOW51, (w[1] >> 38 | w[2] << 26) & LOW51,
                 (w[2] >> 25 | w[3] << 39) & LOW51, w[3] >> 12}};
    fe r = canonical(*out);
    uint64_t differs = 0;
    for (int i = 0; i < 5; i++) {
        differs |= r.v[i] ^ out->v[i];
    }
    return 0 - ((differs - 1) >> 63);
}

LV_FN void fe_store_bytes(uint8_t *out, fe a, size_t count)
{
    (void)count;
    fe r = canonical(a);
    const uint64_t w[4] = {r.v[0] | r.v[1] << 51, r.v[1] >> 13 | r.v[2] << 38,
                           r.v[2] >> 26 | r.v[3] << 25, r.v[3] >> 39 | r.v[4] << 12};
    for (size_t i = 0; i < LV_POINT_LEN; i++) {
        out[i] = (uint8_t)(w[i / 8] >> (8 * (i % 8)));
    }
}

LV_FN fe fe_tight(fe a) { return a; }

/* ---- digits ---- */

typedef uint64_t lane_sizes;

LV_FN lane_sizes sizes_of(const int8_t *digit)
{
    int sign = *digit >> 7; /* -1 or 0 */
    return (uint64_t)((*digit ^ sign) - sign);
}

LV_FN fe_mask size_is(lane_sizes size, uint64_t value) { return 0 - (((size ^ value) - 1) >> 63); }

LV_FN fe_mask is_negative(const int8_t *digit) { return 0 - (uint64_t)((*digit >> 7) & 1); }

/* ---- the comb ---- */

/* |digit| times the point of the table, and whether the digit is negative. */
LV_FN fe_mask comb_entry(fe *sum, fe *difference, fe *twice_d_xy,
                         const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const int8_t *digit)
{
    const lane_sizes size = sizes_of(digit);
    uint64_t mask[LV_COMB_ENTRIES];
    uint64_t found[LV_COMB_LIMBS];
    for (uint64_t j = 0; j < LV_COMB_ENTRIES; j++) {
        mask[j] = size_is(size, j + 1);
    }
    for (int l = 0; l < LV_COMB_LIMBS; l++) {
        uint64_t gathered = 0;
        for (int j = 0; j < LV_COMB_ENTRIES; j++) {
            gathered |= limb[l][j] & mask[j];
        }
        found[l] = gathered;
    }
    uint64_t none = (size - 1) >> 63; /* the identity: 1, 1, 0 */
    found[0] |= none;
    found[5] |= none;
    memcpy(sum->v, found, sizeof sum->v);
    memcpy(difference->v, found + 5, sizeof sum->v);
    memcpy(twice_d_xy->v, found + 10, sizeof sum->v);
    return is_negative(digit);
}

#include "suite/ristretto/formulas.h"
#include "suite/ristretto/sums.h"

const lv_point lv_point_identity = {{{0}}, {{1}}, {{1}}, {{0}}};
const lv_point lv_point_base = {
    {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}},
    {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}},
    {{1}},
    {{0x68ab3a5b7dda3, 0xeea2a5eadbb, 0x2af8df483c27e, 0x332b375274732, 0x67875f0fd78b7}}};

static lv_comb_table comb_table __attribute__((aligned(64)));
static pthread_once_t comb_once = PTHREAD_ONCE_INIT;

static void put(uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], int first, int entry, fe value)
{
    fe r = canonical(value);
    for (int l = 0; l < 5; l++) {
        limb[first + l][entry] = r.v[l];
    }
}

void lv_comb_entries(uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const lv_point *p)
{
    ext multiple[LV_COMB_ENTRIES];
    fe before[LV_COMB_ENTRIES]; /* product of all Z before */
    niels step = niels_of(ext_load(p, 1));
    fe product = fe_constant(&FE_ONE);
    for (int j = 0; j < LV_COMB_ENTRIES; j++) {
        multiple[j] = j == 0 ? ext_load(p, 1) : ext_plus(multiple[j - 1], step);
        before[j] = product;
        product = fe_multiply(product, multiple[j].z);
    }
    fe rest = fe_invert(product);
    for (int j = LV_COMB_ENTRIES - 1; j >= 0; j--) {
        fe inverse = fe_multiply(rest, before[j]);
        fe x = fe_multiply(multiple[j].x, inverse);
        fe y = fe_multiply(multiple[j].y, inverse);
        rest = fe_multiply(rest, multiple[j].z);
        put(limb, 0, j, fe_add(y, x));
        put(limb, 5, j, fe_subtract(y, x));
        put(limb, 10, j, fe_multiply(fe_multiply(x, y), fe_constant(&FE_TWO_D)));
    }
}

static void put_quad(lv_quad *out, int lane, fe value)
{
    fe r = canonical(value);
    for (int l = 0; l < 5; l++) {
        out->limb[l][lane] = r.v[l];
    }
}

void lv_wide_fill(lv_wide_table *out, const lv_point *p)
{
    ext multiple[LV_WIDE_MULTIPLES];
    fe before[LV_WIDE_MULTIPLES]; /* product of all Z before */
    ext doubled = ext_load(p, 1);
    double_point(&doubled);
    niels step = niels_of(doubled);
    fe product = fe_constant(&FE_ONE);
    for (int j = 0; j < LV_WIDE_MULTIPLES; j++) {
        multiple[j] = j == 0 ? ext_load(p, 1) : ext_plus(multiple[j - 1], step);
        before[j] = product;
        product = fe_multiply(product, multiple[j].z);
    }
    fe rest = fe_invert(product);
    for (int j = LV_WIDE_MULTIPLES - 1; j >= 0; j--) {
        fe inverse = fe_multiply(rest, before[j]);
        fe x = fe_multiply(multiple[j].x, inverse);
        fe y = fe_multiply(multiple[j].y, inverse);
        rest = fe_multiply(rest, multiple[j].z);
        put_quad(&out->odd[j], 0, fe_subtract(y, x));
        put_quad(&out->odd[j], 1, fe_add(y, x));
        put_quad(&out->odd[j], 2, fe_multiply(fe_multiply(x, y), fe_constant(&FE_TWO_D)));
        put_quad(&out->odd[j], 3, fe_constant(&FE_TWO));
    }
}

void lv_comb_fill(lv_comb_table *out, const lv_point *p)
{
    lv_point shifted = *p; /* 32^i p */
    for (int i = 0; i < LV_COMB_DIGITS; i++) {
        lv_comb_entries(out->limb[i], &shifted);
        for (int j = 0; j < LV_COMB_BITS; j++) {
            lv_point_double(&shifted, &shifted);
        }
    }
}

static void make_comb(void) { lv_comb_fill(&comb_table, &lv_point_base); }

const lv_comb_table *lv_base_comb(void)
{
    pthread_once(&comb_once, make_comb);
    return &comb_table;
}

/* ---- single points ---- */

void lv_point_add(lv_point *out, const lv_point *a, const lv_point *b)
{
    ext_store(out, ext_plus(ext_load(a, 1), niels_of(ext_load(b, 1))), 1);
}

void lv_point_subtract(lv_point *out, const lv_point *a, const lv_point *b)
{
    ext_store(out, ext_plus(ext_load(a, 1), niels_negate(niels_of(ext_load(b, 1)))), 1);
}

void lv_point_double(lv_point *out, const lv_point *a)
{
    ext p = ext_load(a, 1);
    double_point(&p);
    ext_store(out, p, 1);
}

/* RFC 9496, 4.3.3 */
bool lv_point_equal(const lv_point *a, const lv_point *b)
{
    fe_mask same = fe_equal(fe_multiply(a->x, b->y), fe_multiply(a->y, b->x));
    fe_mask turned = fe_equal(fe_multiply(a->y, b->y), fe_multiply(a->x, b->x));
    return mask_bit(mask_or(same, turned), 0);
}

/* ---- sums of multiples ---- */

/* Straus: one run of doublings for all points. */
enum { DIGIT = 5, ODD_ENTRIES = 1 << (DIGIT - 2) };

typedef struct {
    niels multiple[ODD_ENTRIES]; /* 1, 3, .. 15 */
} term;

static void make_terms(term *out, const lv_point *in, size_t count, size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        ext p = ext_load(&in[i * stride], 1);
        ext doubled = p;
        double_point(&doubled);
        const niels twice = niels_of(doubled);
        for (int j = 0; j < ODD_ENTRIES; j++) {
            p = j == 0 ? p : ext_plus(p, twice);
            out[i].multiple[j] = niels_of(p);
        }
    }
}

static fe quad_part(const lv_quad *from, int lane)
{
    return (fe){{from->limb[0][lane], from->limb[1][lane], from->limb[2][lane], from->limb[3][lane],
                 from->limb[4][lane]}};
}

/* The size of an odd digit times a term, or a generator where terms are over. */
static niels odd_multiple(const term *terms, size_t count, const lv_addition *what)
{
    const size_t at = (size_t)(what->value < 0 ? -what->value : what->value) / 2;
    if (what->term < count) {
        return terms[what->term].multiple[at];
    }
    const lv_quad *from = &lv_generators_wide()[what->term - count].odd[at];
    return (niels){quad_part(from, 1), quad_part(from, 0), quad_part(from, 3), quad_part(from, 2)};
}

static void sum_terms(lv_point *out, const lv_schedule *schedule, const term *terms, size_t count)
{
    ext sum = ext_identity();
    for (unsigned place = schedule->places; place-- > 0;) {
        double_point(&sum);
        const lv_addition *at_place = &schedule->addition[schedule->first[place]];
        for (size_t i = 0; i < schedule->count[place]; i++) {
            const lv_addition *what = &at_place[i];
            const niels multiple = odd_multiple(terms, count, what);
            sum = ext_plus(sum, what->value < 0 ? niels_negate(multiple) : multiple);
        }
    }
    ext_store(out, sum, 1);
}

static lv_status sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count,
                             const lv_scalar *g, size_t generators)
{
    const lv_scalars parts[] = {{k, count, DIGIT}, {g, generators, LV_WIDE_DIGIT}};
    lv_schedule schedule;
    *out = lv_point_identity;
    term *terms = calloc(count + 1, sizeof *terms);
    lv_status status = lv_schedule_make_vartime(&schedule, parts, 2);
    if (terms == NULL) {
        status = LV_E_MEMORY;
    }
    if (status == LV_OK) {
        make_terms(terms, in, count, 1);
        sum_terms(out, &schedule, terms, count);
    }
    lv_schedule_free(&schedule);
    free(terms);
    return status;
}

static lv_status cells_sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *const *in,
                                   size_t rows, size_t count)
{
    const lv_scalars part = {k, count, DIGIT};
    lv_schedule schedule;
    term *terms = calloc(count + 1, sizeof *terms);
    lv_status status = lv_schedule_make_vartime(&schedule, &part, 1);
    if (terms == NULL) {
        status = LV_E_MEMORY;
    }
    for (size_t i = 0; i < 2 * rows && status == LV_OK; i++) {
        make_terms(terms, in[i / 2] + i % 2, count, 2);
        sum_terms(&out[i], &schedule, terms, count);
    }
    lv_schedule_free(&schedule);
    free(terms);
    return status;
}

lv_status lv_point_multiply_sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *in,
                                        size_t count)
{
    return sum_vartime(out, k, in, count, NULL, 0);
}

const lv_curve lv_curve_portable = {.name = "portable",
                                    .base_multiply = base_multiply,
                                    .multiply = multiply,
                                    .encode = encode,
                                    .double_encode = double_encode,
                                    .decode = decode,
                                    .sum_row = sum_row,
                                    .compare_row = compare_row,
                                    .multiply_each = multiply_each,
                                    .add_subtract = add_subtract,
                                    .generators_sum = generators_sum,
                                    .mask_multiply = mask_multiply,
                                    .bits_commit = bits_commit,
                                    .sum_vartime = sum_vartime,
                                    .cells_sum_vartime = cells_sum_vartime};
