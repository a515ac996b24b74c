/** Integers modulo the order of the group,
 *  L = 2^252 + 27742317777372353535851937790883648493. Constant time. */
#ifndef LV_RISTRETTO_SCALAR_H
#define LV_RISTRETTO_SCALAR_H

#include <lotveil/status.h>
#include <stdbool.h>
#include <stdint.h>

#define LV_SCALAR_LEN 32U
#define LV_SCALAR_WIDE 48U /* bytes that reduce to a scalar uniform to 2^-131 */

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

/** a / 2 mod L. */
void lv_scalar_halve(lv_scalar *out, const lv_scalar *a);

bool lv_scalar_is_zero(const lv_scalar *a);

/** Digits of `bits` (1..7) bits each, least significant first, -2^(bits-1) <= digit < 2^(bits-1):
 *  a = sum digit[i] 2^(bits i). @param count  enough of them to hold 254 bits. */
void lv_scalar_digits(int8_t *digit, unsigned count, unsigned bits, const lv_scalar *a);

#endif
