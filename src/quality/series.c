#include "quality/text.h"
#include <lotveil/series.h>
#include <string.h>

static bool is_name_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool lv_name_is_valid(const char *text)
{
    size_t len = strnlen(text, LV_NAME_MAX + 1);

    if (len == 0 || len > LV_NAME_MAX || text[0] == '.' || text[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_name_character(text[i])) {
            return false;
        }
    }
    return true;
}

static lv_status check_names(const lv_series *series, lv_error *err)
{
    static const char legal[] =
        "must be 1 to 64 of the letters A-Z, a-z, digits, '.', '_' and '-', and not start with "
        "'.' or '-'";

    if (!lv_name_is_valid(series->name)) {
        return lv_fail(err, LV_E_CONFIG, "name %s", legal);
    }
    if (!lv_name_is_valid(series->suite)) {
        return lv_fail(err, LV_E_CONFIG, "suite %s", legal);
    }
    if (!lv_text_is_plain(series->unit, LV_NAME_MAX)) {
        return lv_fail(err, LV_E_CONFIG,
                       "unit must be UTF-8 of at most 64 bytes, without control characters and "
                       "without blanks at its ends");
    }
    return LV_OK;
}

static lv_status check_columns(const lv_series *series, lv_error *err)
{
    const struct {
        const char *field;
        const char *text;
        bool may_lack;
    } columns[] = {
        {"columns.lot", series->column_lot, false},
        {"columns.time", series->column_time, false},
        {"columns.value", series->column_value, false},
        {"columns.parents", series->column_parents, true},
    };
    const size_t count = sizeof columns / sizeof columns[0];

    for (size_t i = 0; i < count; i++) {
        if (!lv_text_is_plain(columns[i].text, LV_NAME_MAX) ||
            (columns[i].text[0] == '\0' && !columns[i].may_lack)) {
            return lv_fail(err, LV_E_CONFIG,
                           "%s must name a column of the CSV file in 1 to 64 bytes, without "
                           "control characters and without blanks at its ends",
                           columns[i].field);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(columns[i].text, columns[j].text) == 0) {
                return lv_fail(err, LV_E_CONFIG, "%s and %s both name the column \"%s\"",
                               columns[j].field, columns[i].field, columns[i].text);
            }
        }
    }
    return LV_OK;
}

static lv_status check_scale(const lv_fixed_scale *scale, lv_error *err)
{
    int64_t greatest = 0;

    if (scale->decimals > LV_DECIMALS_MAX) {
        return lv_fail(err, LV_E_CONFIG, "decimals must be 0 to %d", LV_DECIMALS_MAX);
    }
    if (scale->bits < 1 || scale->bits > LV_WIDTH_MAX) {
        return lv_fail(err, LV_E_CONFIG, "width must be 1 to %d bits", LV_WIDTH_MAX);
    }
    if (scale->offset == INT64_MIN ||
        __builtin_add_overflow(scale->offset, ((int64_t)1 << scale->bits) - 1, &greatest)) {
        return lv_fail(
            err, LV_E_CONFIG,
            "offset times 10^decimals, and that plus 2^width, must fit 64 bits with sign");
    }
    return LV_OK;
}

lv_status lv_series_check(const lv_series *series, lv_error *err)
{
    lv_status status = check_names(series, err);
    if (status == LV_OK) {
        status = check_columns(series, err);
    }
    if (status == LV_OK) {
        status = check_scale(&series->scale, err);
    }
    if (status != LV_OK) {
        return status;
    }
    if (series->compare != LV_COMPARE_CONSECUTIVE && series->compare != LV_COMPARE_BASELINE &&
        series->compare != LV_COMPARE_BOTH) {
        return lv_fail(err, LV_E_CONFIG, "compare must be consecutive, baseline or both");
    }
    if (!lv_text_is_plain(series->baseline_lot, LV_LOT_MAX)) {
        return lv_fail(err, LV_E_CONFIG,
                       "baseline_lot must be UTF-8 of at most %u bytes, without control characters "
                       "and without blanks at its ends",
                       LV_LOT_MAX);
    }
    return LV_OK;
}

uint64_t lv_change_scale(unsigned width, unsigned index)
{
    if (width > LV_WIDTH_MAX || index >= width) {
        return 0;
    }
    return (uint64_t)1 << (width - 1 - index);
}
