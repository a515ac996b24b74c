#include "base/secret.h"
#include <lotveil/fixed.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where a decimal, cut off at `decimals` places, stands between two integers. */
typedef enum { EXACT, BELOW_HALF, HALF, ABOVE_HALF } rest;

/* A decimal as sign, kept digits and what was cut off. */
typedef struct {
    int64_t kept;     /* digits up to `decimals` places, as one integer, without the sign */
    unsigned places;  /* how many of them stand after the point */
    unsigned dropped; /* the first digit cut off */
    bool cut;         /* there is such a digit */
    bool sticky;      /* a non-zero digit follows it */
    bool negative;
} digits;

static lv_status keep(digits *d, int64_t digit)
{
    if (__builtin_mul_overflow(d->kept, 10, &d->kept) ||
        __builtin_add_overflow(d->kept, digit, &d->kept)) {
        return LV_E_RANGE;
    }
    return LV_OK;
}

static bool is_plain_decimal(const char *text, size_t len)
{
    bool seen_point = false;
    bool seen_digit = false;

    for (size_t i = len > 0 && text[0] == '-' ? 1 : 0; i < len; i++) {
        if (text[i] == '.' && !seen_point) {
            seen_point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        seen_digit = true;
    }
    return seen_digit;
}

/* Reads what is_plain_decimal let through. */
static lv_status scan(const char *text, size_t len, unsigned decimals, digits *d)
{
    bool seen_point = false;

    d->negative = text[0] == '-';
    for (size_t i = d->negative ? 1 : 0; i < len; i++) {
        if (text[i] == '.') {
            seen_point = true;
            continue;
        }
        unsigned digit = (unsigned)(text[i] - '0');
        if (!seen_point || d->places < decimals) {
            d->places += seen_point ? 1U : 0U;
            if (keep(d, (int64_t)digit) != LV_OK) {
                return LV_E_RANGE;
            }
        } else if (!d->cut) {
            d->cut = true;
            d->dropped = digit;
        } else {
            d->sticky = d->sticky || digit != 0;
        }
    }
    for (; d->places < decimals; d->places++) {
        if (keep(d, 0) != LV_OK) {
            return LV_E_RANGE;
        }
    }
    return LV_OK;
}

static rest rest_of(const digits *d)
{
    if (d->dropped == 0 && !d->sticky) {
        return EXACT;
    }
    if (d->dropped == 5 && !d->sticky) {
        return HALF;
    }
    return d->dropped >= 5 ? ABOVE_HALF : BELOW_HALF;
}

/* The greatest integer not above the decimal, and what is left above it. */
static int64_t split(const digits *d, rest *left)
{
    *left = rest_of(d);
    if (!d->negative) {
        return d->kept;
    }
    if (*left == EXACT) {
        return -d->kept;
    }
    if (*left != HALF) {
        *left = *left == ABOVE_HALF ? BELOW_HALF : ABOVE_HALF;
    }
    return -d->kept - 1;
}

lv_status lv_fixed_parse(const lv_fixed_scale *scale, const char *text, size_t len, uint64_t *value)
{
    digits d = {0};
    rest left = EXACT;
    int64_t shifted = 0;

    *value = 0;
    if (!is_plain_decimal(text, len)) {
        return LV_E_SYNTAX;
    }
    lv_status status = scan(text, len, scale->decimals, &d);
    if (status == LV_OK) {
        /* The offset is taken off before rounding: a tie goes to the even *shifted* integer. */
        if (__builtin_sub_overflow(split(&d, &left), scale->offset, &shifted)) {
            status = LV_E_RANGE;
        } else if (left == ABOVE_HALF || (left == HALF && shifted % 2 != 0)) {
            status = __builtin_add_overflow(shifted, 1, &shifted) ? LV_E_RANGE : LV_OK;
        }
    }
    if (status == LV_OK && (shifted < 0 || (uint64_t)shifted >> scale->bits != 0)) {
        status = LV_E_RANGE;
    }
    if (status == LV_OK) {
        *value = (uint64_t)shifted;
    }
    lv_wipe(&d, sizeof d);
    lv_wipe(&shifted, sizeof shifted);
    return status;
}

void lv_fixed_format(const lv_fixed_scale *scale, uint64_t value, char text[32])
{
    uint64_t magnitude = 0;
    bool negative = false;
    uint64_t unit = 1;

    if (scale->offset >= 0) {
        magnitude = value + (uint64_t)scale->offset;
    } else {
        uint64_t below = 0 - (uint64_t)scale->offset;
        negative = value < below;
        magnitude = negative ? below - value : value - below;
    }
    for (unsigned i = 0; i < scale->decimals; i++) {
        unit *= 10;
    }
    if (scale->decimals == 0) {
        snprintf(text, 32, "%s%llu", negative ? "-" : "", (unsigned long long)magnitude);
        return;
    }
    snprintf(text, 32, "%s%llu.%0*llu", negative ? "-" : "", (unsigned long long)(magnitude / unit),
             (int)scale->decimals, (unsigned long long)(magnitude % unit));
}
