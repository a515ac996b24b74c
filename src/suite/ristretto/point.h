/** The group ristretto255 (RFC 9496): what its two implementations, portable and with vectors,
 *  have in common. Points are elements of the group in the coordinates of the curve. */
#ifndef LV_RISTRETTO_POINT_H
#define LV_RISTRETTO_POINT_H

#include "suite/ristretto/scalar.h"
#include <stddef.h>

#define LV_POINT_LEN ((size_t)32)

/** An element of GF(2^255 - 19), in limbs of 51 bits and a little more: each below 2^52. */
typedef struct {
    uint64_t v[5];
} lv_fe;

/** A point of the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2: x = X/Z, y = Y/Z, xy = T/Z.
 *  An element of the group is four such points; it is its encoding that tells elements apart. */
typedef struct {
    lv_fe x;
    lv_fe y;
    lv_fe z;
    lv_fe t;
} lv_point;

extern const lv_point lv_point_identity;
extern const lv_point lv_point_base;

/** A way to compute: one for every kind of processor. All agree in every byte they encode. Each
 *  function treats its `count` elements as one batch, and is constant time but for its shape. */
typedef struct {
    const char *name;

    /** out[i] = k[i] G. */
    void (*base_multiply)(lv_point *out, const lv_scalar *k, size_t count);

    /** out[i] = k in[i], the same k for all. */
    void (*multiply)(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count);

    /** out[32 i ..] is the encoding of in[i] (RFC 9496, 4.3.2). */
    void (*encode)(uint8_t *out, const lv_point *in, size_t count);

    /** Doubles points[i] and encodes the double: shares one inversion among many, where encode
     *  takes a root for each. */
    void (*double_encode)(uint8_t *out, lv_point *points, size_t count);

    /** Reads encodings (RFC 9496, 4.3.1). good[i] tells whether the i-th is one, canonical and not
     *  the identity; where it is not, out[i] is of no use. */
    void (*decode)(lv_point *out, bool *good, const uint8_t *in, size_t count);

    /** For rows of `width` >= 1 ciphertexts, two points each. z = w[0] + .. + w[width - 1]. */
    void (*sum_row)(lv_point *z, const lv_point *w, unsigned width);

    /** z[i] = x[i] - y[i] + 3 (w[0] + .. + w[i - 1]), and `constant` added to the second point. */
    void (*compare_row)(lv_point *z, const lv_point *x, const lv_point *y, const lv_point *w,
                        unsigned width, const lv_point *constant);

    /** out[i] = k[i] in[i]. */
    void (*multiply_each)(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count);

    /** out[i] = x[i] + y[i] - w[i]. */
    void (*add_subtract)(lv_point *out, const lv_point *x, const lv_point *y, const lv_point *w,
                         size_t count);

    /** out[r] = sum over i of k[r * count + i] times the generator first + i (lv_generators). */
    void (*generators_sum)(lv_point *out, const lv_scalar *k, size_t rows, unsigned first,
                           size_t count);

    /** out[i] = k[i] times LV_GENERATOR_MASK. */
    void (*mask_multiply)(lv_point *out, const lv_scalar *k, size_t count);

    /** out[r] = mask[r] times LV_GENERATOR_MASK, and bits[r * count + i], each 0 or 1, times
     *  LV_GENERATOR_FIRST + i. */
    void (*bits_commit)(lv_point *out, const lv_scalar *mask, const uint8_t *bits, size_t rows,
                        size_t count);

    /** *out = sum k[i] in[i] + sum g[i] times the generator i, for public scalars and points; short
     *  scalars take less time.
     * @param count  at most 65535 - LV_GENERATORS
     * @return LV_OK, or LV_E_MEMORY. */
    lv_status (*sum_vartime)(lv_point *out, const lv_scalar *k, const lv_point *in, size_t count,
                             const lv_scalar *g, size_t generators);

    /** For rows of `count` ciphertexts, two points each: out[2 r + h] = sum k[i] in[r][2 i + h],
     * all public. Many rows in one call share what there is to do about k.
     * @return LV_OK, or LV_E_MEMORY. */
    lv_status (*cells_sum_vartime)(lv_point *out, const lv_scalar *k, const lv_point *const *in,
                                   size_t rows, size_t count);
} lv_curve;

extern const lv_curve lv_curve_portable;

/** NULL where this processor (or compiler) has no such vectors. */
const lv_curve *lv_curve_avx2(void);
const lv_curve *lv_curve_ifma(void);

/** The fastest that runs here and that the environment's LOTVEIL_CPU lets run (base/cpu.h); it is
 *  looked at once. */
const lv_curve *lv_curve_best(void);

/** Single points, portable. Outputs may be inputs. */
void lv_point_add(lv_point *out, const lv_point *a, const lv_point *b);
void lv_point_subtract(lv_point *out, const lv_point *a, const lv_point *b);
void lv_point_double(lv_point *out, const lv_point *a);

/** Are they the same element of the group? */
bool lv_point_equal(const lv_point *a, const lv_point *b);

/** lv_curve_portable's sum_vartime without generators: for few points. */
LV_MUST_CHECK lv_status lv_point_multiply_sum_vartime(lv_point *out, const lv_scalar *k,
                                                      const lv_point *in, size_t count);

/* ---- combs ---- */

enum {
    LV_COMB_BITS = 5,    /* of a digit */
    LV_COMB_DIGITS = 51, /* of a scalar */
    LV_COMB_ENTRIES = 16,
    LV_COMB_LIMBS = 15, /* y + x, y - x, 2 d x y */
};

/** Of a point p: limb[i][l][j] is limb l of (j + 1) 32^i p, as affine y + x, y - x and 2 d x y. */
typedef struct {
    uint64_t limb[LV_COMB_DIGITS][LV_COMB_LIMBS][LV_COMB_ENTRIES];
} lv_comb_table;

/** That of G. Made by the first call and never changed: it follows from the curve alone. */
const lv_comb_table *lv_base_comb(void);

/** Makes the comb of a point. */
void lv_comb_fill(lv_comb_table *out, const lv_point *p);

/* ---- generators ---- */

enum {
    LV_GENERATOR_BASE = 0,  /* G */
    LV_GENERATOR_MASK = 1,  /* H_0 */
    LV_GENERATOR_FIRST = 2, /* H_1 */
    LV_GENERATORS = 126     /* two matrices of LV_WIDTH_MAX columns after the first two */
};

/** Points of which nobody knows how one comes from the others: G, and H_i for i = 0 .. 124, the
 *  one-way map of RFC 9496, 4.3.4, of SHA-512("lotveil/v1/ristretto255/generator\0" || u32be i). */
typedef struct {
    lv_point point[LV_GENERATORS];
    /* limb[g][l][j] is limb l of (j + 1) point[g], as in lv_comb_table */
    uint64_t limb[LV_GENERATORS][LV_COMB_LIMBS][LV_COMB_ENTRIES];
} lv_generator_table;

/** Made by the first call and never changed, as is the comb of LV_GENERATOR_MASK. */
const lv_generator_table *lv_generators(void);
const lv_comb_table *lv_mask_comb(void);

/** A point to be added, its coordinates side by side: limb[l] has limb l of y - x, y + x, 2 d t
 *  and 2 z. */
typedef struct {
    uint64_t limb[5][4];
} lv_quad;

enum {
    LV_WIDE_DIGIT = 8, /* width of digits that generators are multiplied by in public */
    LV_WIDE_MULTIPLES = 1 << (LV_WIDE_DIGIT - 2)
};

/** Of a generator: its multiples 1, 3, 5 .. in affine coordinates. */
typedef struct {
    lv_quad odd[LV_WIDE_MULTIPLES];
} lv_wide_table;

/** Those of all LV_GENERATORS (1.3 MB), made by the first call and never changed. */
const lv_wide_table *lv_generators_wide(void);

/** Fills odd[j] with (2 j + 1) p. */
void lv_wide_fill(lv_wide_table *out, const lv_point *p);

/** Fills limb[l][j] with limb l of (j + 1) p, as affine y + x, y - x and 2 d x y. */
void lv_comb_entries(uint64_t limb[LV_COMB_LIMBS][LV_COMB_ENTRIES], const lv_point *p);

#endif
