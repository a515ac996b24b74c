/* Decimals against exact integers: u8 decimals, u8 bits, i64be offset, then the text. */
#include "fuzz.h"
#include <gmp.h>
#include <string.h>

/* sign, digits with at most one point among them; `fraction` counts those behind it. */
static bool is_decimal(lv_bytes text, unsigned long *fraction)
{
    size_t digits = 0;
    bool point = false;
    *fraction = 0;
    for (size_t i = text.len > 0 && text.data[0] == '-' ? 1 : 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            digits++;
            *fraction += point ? 1U : 0U;
        } else {
            return false;
        }
    }
    return digits > 0;
}

/* out = the number times 10^fraction. */
static void read_digits(mpz_t out, lv_bytes text)
{
    mpz_set_ui(out, 0);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9') {
            mpz_mul_ui(out, out, 10);
            mpz_add_ui(out, out, (unsigned long)(text.data[i] - '0'));
        }
    }
    if (text.data[0] == '-') {
        mpz_neg(out, out);
    }
}

/* value = round_half_even(number 10^decimals - offset). False where it is outside the scale. */
static bool exact(const lv_fixed_scale *scale, lv_bytes text, unsigned long fraction,
                  uint64_t *value)
{
    mpz_t number;
    mpz_t unit;
    mpz_t rest;
    mpz_init(number);
    mpz_init(unit);
    mpz_init(rest);
    read_digits(number, text);
    mpz_ui_pow_ui(unit, 10, scale->decimals);
    mpz_mul(number, number, unit);
    mpz_ui_pow_ui(unit, 10, fraction);
    mpz_set_si(rest, scale->offset);
    mpz_submul(number, rest, unit);
    mpz_fdiv_qr(number, rest, number, unit);
    mpz_mul_2exp(rest, rest, 1);
    int half = mpz_cmp(rest, unit);
    if (half > 0 || (half == 0 && mpz_odd_p(number))) {
        mpz_add_ui(number, number, 1);
    }
    bool fits = mpz_sgn(number) >= 0 && mpz_sizeinbase(number, 2) <= scale->bits;
    *value = fits ? mpz_get_ui(number) : 0;
    mpz_clear(number);
    mpz_clear(unit);
    mpz_clear(rest);
    return fits;
}

/* Written back, a value reads the same. */
static void check_format(const lv_fixed_scale *scale, uint64_t value)
{
    char text[32];
    uint64_t again = 0;
    lv_fixed_format(scale, value, text);
    FUZZ_CHECK(memchr(text, '\0', sizeof text) != NULL);
    FUZZ_CHECK(lv_fixed_parse(scale, text, strlen(text), &again) == LV_OK && again == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes text = {.data = data, .len = size};
    lv_series series = fuzz_series();
    lv_error err = {0};
    series.scale.decimals = fuzz_take(&text) % (LV_DECIMALS_MAX + 1U);
    series.scale.bits = 1 + fuzz_take(&text) % LV_WIDTH_MAX;
    uint64_t offset = 0;
    for (int i = 0; i < 8; i++) {
        offset = offset << 8 | fuzz_take(&text);
    }
    series.scale.offset = (int64_t)offset;
    if (lv_series_check(&series, &err) != LV_OK) {
        return 0;
    }
    uint64_t value = 1;
    uint64_t expected = 0;
    unsigned long fraction = 0;
    lv_status status = lv_fixed_parse(&series.scale, (const char *)text.data, text.len, &value);
    if (!is_decimal(text, &fraction)) {
        FUZZ_CHECK(status == LV_E_SYNTAX && value == 0);
        return 0;
    }
    bool fits = exact(&series.scale, text, fraction, &expected);
    FUZZ_CHECK(status == (fits ? LV_OK : LV_E_RANGE));
    FUZZ_CHECK(value == expected);
    if (fits) {
        check_format(&series.scale, value);
    }
    check_format(&series.scale, ((uint64_t)1 << series.scale.bits) - 1);
    check_format(&series.scale, 0);
    return 0;
}
