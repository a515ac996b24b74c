/* One point at a time in 64-bit limbs: runs everywhere. Bounds of limbs: products leave less than
 * 2^51 + 2^13; a factor may have up to 2^54, which the sum of two products, or a difference, stays
 * below. */
#include "suite/ristretto/constants.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LV_FN static inline
enum { LANES = 1 };
typedef lv_fe fe;
typedef uint64_t fe_mask; /* all ones or all zeros */

__extension__ typedef unsigned __int128 wide_limb;

static const uint64_t LOW51 = (UINT64_C(1) << 51) - 1;

/* ---- masks ---- */

LV_FN fe_mask mask_of(uint32_t bit) { return 0 - (uint64_t)bit; }
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

/* ---- the comb ---- */

/* |digit| times the point of the table, and whether the digit is negative. */
LV_FN fe_mask comb_entry(fe *sum, fe *difference, fe *twice_d_xy,
                         const uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const int8_t *digit)
{
    int sign = *digit >> 7; /* -1 or 0 */
    uint64_t size = (uint64_t)((*digit ^ sign) - sign);
    uint64_t mask[LV_COMB_ENTRIES];
    uint64_t found[LV_COMB_LIMBS];
    for (uint64_t j = 0; j < LV_COMB_ENTRIES; j++) {
        mask[j] = 0 - (((size ^ (j + 1)) - 1) >> 63);
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
    return 0 - (uint64_t)(sign & 1);
}

#include "suite/ristretto/formulas.h"

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

static void make_comb(void)
{
    ext p = ext_load(&lv_point_base, 1); /* 32^i G */
    for (int i = 0; i < LV_COMB_DIGITS; i++) {
        ext multiple[LV_COMB_ENTRIES];
        niels step = niels_of(p);
        multiple[0] = p;
        for (int j = 1; j < LV_COMB_ENTRIES; j++) {
            multiple[j] = ext_of(add_niels(multiple[j - 1], step));
        }
        for (int j = 0; j < LV_COMB_ENTRIES; j++) {
            fe inverse = fe_invert(multiple[j].z);
            fe x = fe_multiply(multiple[j].x, inverse);
            fe y = fe_multiply(multiple[j].y, inverse);
            put(comb_table.limb[i], 0, j, fe_add(y, x));
            put(comb_table.limb[i], 5, j, fe_subtract(y, x));
            put(comb_table.limb[i], 10, j, fe_multiply(fe_multiply(x, y), fe_constant(&FE_TWO_D)));
        }
        p = ext_of(double_point(multiple[LV_COMB_ENTRIES - 1]));
    }
}

const lv_comb_table *lv_base_comb(void)
{
    pthread_once(&comb_once, make_comb);
    return &comb_table;
}

/* ---- single points ---- */

void lv_point_add(lv_point *out, const lv_point *a, const lv_point *b)
{
    ext_store(out, ext_of(add_niels(ext_load(a, 1), niels_of(ext_load(b, 1)))), 1);
}

void lv_point_subtract(lv_point *out, const lv_point *a, const lv_point *b)
{
    ext_store(out, ext_of(add_niels(ext_load(a, 1), niels_negate(niels_of(ext_load(b, 1))))), 1);
}

void lv_point_double(lv_point *out, const lv_point *a)
{
    ext_store(out, ext_of(double_point(ext_load(a, 1))), 1);
}

/* RFC 9496, 4.3.3 */
bool lv_point_equal(const lv_point *a, const lv_point *b)
{
    fe_mask same = fe_equal(fe_multiply(a->x, b->y), fe_multiply(a->y, b->x));
    fe_mask turned = fe_equal(fe_multiply(a->y, b->y), fe_multiply(a->x, b->x));
    return mask_bit(mask_or(same, turned), 0);
}

/* ---- sums of multiples ---- */

enum { SUM_BITS = 5, SUM_DIGITS = 51, SUM_ENTRIES = 16 };

/* Straus: one run of doublings for all points. */
lv_status lv_point_multiply_sum_vartime(lv_point *out, const lv_scalar *k, const lv_point *in,
                                        size_t count)
{
    *out = lv_point_identity;
    niels(*table)[SUM_ENTRIES] = calloc(count + 1, sizeof *table);
    int8_t(*digit)[SUM_DIGITS] = calloc(count + 1, sizeof *digit);
    lv_status status = table != NULL && digit != NULL ? LV_OK : LV_E_MEMORY;
    for (size_t i = 0; i < count && status == LV_OK; i++) {
        ext p = ext_load(&in[i], 1);
        lv_scalar_digits(digit[i], SUM_DIGITS, SUM_BITS, &k[i]);
        table[i][0] = niels_of(p);
        for (int j = 1; j < SUM_ENTRIES; j++) {
            table[i][j] = niels_of(ext_of(add_niels(p, table[i][j - 1])));
        }
    }
    ext sum = ext_identity();
    for (int at = SUM_DIGITS - 1; at >= 0 && status == LV_OK; at--) {
        for (int j = 1; j < SUM_BITS; j++) {
            sum = projective_of(double_point(sum));
        }
        sum = ext_of(double_point(sum));
        for (size_t i = 0; i < count; i++) {
            const int d = (int)digit[i][at];
            if (d > 0) {
                sum = ext_of(add_niels(sum, table[i][d - 1]));
            } else if (d < 0) {
                sum = ext_of(add_niels(sum, niels_negate(table[i][-d - 1])));
            }
        }
    }
    ext_store(out, sum, 1);
    free(table);
    free(digit);
    return status;
}

const lv_curve lv_curve_portable = {.name = "portable",
                                    .base_multiply = base_multiply,
                                    .multiply = multiply,
                                    .encode = encode,
                                    .double_encode = double_encode,
                                    .decode = decode,
                                    .sum_row = sum_row,
                                    .compare_row = compare_row};
