/** Integers modulo the order of the group,
 *  L = 2^252 + 27742317777372353535851937790883648493. Constant time. */
#ifndef LV_RISTRETTO_SCALAR_H
#define LV_RISTRETTO_SCALAR_H

#include <lotveil/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LV_SCALAR_LEN 32U
#define LV_SCALAR_WIDE 48U    /* bytes that reduce to a scalar uniform to 2^-131 */
#define LV_SCALAR_PLACES 256U /* of digits of lv_scalar_naf_vartime */
#define LV_SCALAR_NAF (LV_SCALAR_PLACES / 2 + 1)

/** 0 .. L - 1, least significant limb first. */
typedef struct {
    uint64_t v[4];
} lv_scalar;

/** Reads 32 bytes, little endian. False where they are L or more; *out is then zero. */
bool lv_scalar_decode(lv_scalar *out, const uint8_t bytes[LV_SCALAR_LEN]);
void lv_scalar_encode(uint8_t bytes[LV_SCALAR_LEN], const lv_scalar *a);

/** Reduces LV_SCALAR_WIDE bytes, little endian. */
void lv_scalar_reduce(lv_scalar *out, const uint8_t wide[LV_SCALAR_WIDE]);

void lv_scalar_add(lv_scalar *out, const lv_scalar *a, const lv_scalar *b);
void lv_scalar_negate(lv_scalar *out, const lv_scalar *a);
void lv_scalar_multiply(lv_scalar *out, const lv_scalar *a, const lv_scalar *b);

/** A number that others are multiplied by: that takes half the time of lv_scalar_multiply. */
typedef struct {
    lv_scalar shifted; /* times 2^256 */
} lv_scalar_factor;

void lv_scalar_factor_of(lv_scalar_factor *out, const lv_scalar *a);
void lv_scalar_factor_multiply(lv_scalar_factor *out, const lv_scalar_factor *a,
                               const lv_scalar_factor *b);

/** *out = a b */
void lv_scalar_times(lv_scalar *out, const lv_scalar *a, const lv_scalar_factor *b);

/** a / 2 mod L. */
void lv_scalar_halve(lv_scalar *out, const lv_scalar *a);

bool lv_scalar_is_zero(const lv_scalar *a);

/** a where `bit` is 1, b where it is 0. */
void lv_scalar_select(lv_scalar *out, unsigned bit, const lv_scalar *a, const lv_scalar *b);

/** A sum of products that is reduced once, at its end: up to 2^60 of them. Starts from {0}. */
typedef struct {
    uint64_t v[9];
} lv_scalar_sum;

/** *sum += a b */
void lv_scalar_sum_add(lv_scalar_sum *sum, const lv_scalar *a, const lv_scalar *b);
void lv_scalar_sum_reduce(lv_scalar *out, const lv_scalar_sum *sum);

/** Digits of `bits` (1..7) bits each, least significant first, -2^(bits-1) <= digit < 2^(bits-1):
 *  a = sum digit[i] 2^(bits i). @param count  enough of them to hold 254 bits. */
void lv_scalar_digits(int8_t *digit, unsigned count, unsigned bits, const lv_scalar *a);

/** value 2^place */
typedef struct {
    uint8_t place;
    int8_t value;
} lv_scalar_digit;

/** Digits of public a, lowest place first: a = sum value 2^place; values are odd and below
 *  2^(width-1) in size, places at least `width` apart.
 * @param width  2 .. 8
 * @return       how many there are: at most LV_SCALAR_PLACES / width + 1. */
size_t lv_scalar_naf_vartime(lv_scalar_digit digit[LV_SCALAR_NAF], unsigned width,
                             const lv_scalar *a);

#endif
