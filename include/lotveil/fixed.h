/** Exact decimals. */
#ifndef LOTVEIL_FIXED_H
#define LOTVEIL_FIXED_H

#include <lotveil/status.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_WIDTH_MAX 62   /* k, the width of a comparison in bits, is 1..62 */
#define LV_DECIMALS_MAX 9 /* digits kept after the point */

/** How a measured decimal becomes an unsigned integer of `bits` bits (docs/protocol.md section 2):
 *  value = round_half_even((measured - offset) * 10^decimals). */
typedef struct {
    int64_t offset;    /* in units of 10^-decimals; the smallest measurement that can be told */
    unsigned decimals; /* digits kept after the point, 0..9 */
    unsigned bits;     /* width k of the comparison, 1..62 */
} lv_fixed_scale;

/** Reads a decimal such as "-0.76" exactly: no binary floating point is involved.
 * @param[out] value  0 .. 2^bits - 1; 0 on failure.
 * @return LV_OK; LV_E_SYNTAX where `text` is no plain decimal;
 *         LV_E_RANGE where it falls outside what `scale` can tell (never clamped). */
LV_MUST_CHECK lv_status lv_fixed_parse(const lv_fixed_scale *scale, const char *text, size_t len,
                                       uint64_t *value);

/** Writes `value` back as a decimal ("0.45"): value / 10^decimals + offset.
 * @param[out] text  at least 32 bytes; NUL-terminated. */
void lv_fixed_format(const lv_fixed_scale *scale, uint64_t value, char text[32]);

#ifdef __cplusplus
}
#endif

#endif
