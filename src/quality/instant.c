#include "quality/instant.h"
#include <stdbool.h>
#include <string.h>

/* Reading from the left; the first thing that is missing sticks. */
typedef struct {
    const char *at;
    bool failed;
} cursor;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int number(cursor *c, unsigned width)
{
    int value = 0;

    for (unsigned i = 0; i < width && !c->failed; i++) {
        if (!is_digit(*c->at)) {
            c->failed = true;
            return 0;
        }
        value = value * 10 + (*c->at++ - '0');
    }
    return value;
}

static void expect(cursor *c, char wanted)
{
    if (!c->failed && *c->at == wanted) {
        c->at++;
        return;
    }
    c->failed = true;
}

static bool take(cursor *c, char wanted)
{
    if (c->failed || *c->at != wanted) {
        return false;
    }
    c->at++;
    return true;
}

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400;

    for (int m = 1; m < month; m++) {
        days += days_in(year, m);
    }
    return days + day - 1 - 719162; /* days from 0001-01-01 to 1970-01-01 */
}

static lv_status parse_date(cursor *c, int64_t *days)
{
    int year = number(c, 4);
    expect(c, '-');
    int month = number(c, 2);
    expect(c, '-');
    int day = number(c, 2);

    if (c->failed) {
        return LV_E_SYNTAX;
    }
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
        return LV_E_RANGE;
    }
    *days = days_since_epoch(year, month, day);
    return LV_OK;
}

/* "Z" or "+hh:mm", in seconds east of UTC. */
static lv_status parse_zone(cursor *c, int *east)
{
    *east = 0;
    if (take(c, 'Z')) {
        return LV_OK;
    }
    bool west = take(c, '-');
    if (!west) {
        expect(c, '+');
    }
    int hours = number(c, 2);
    expect(c, ':');
    int minutes = number(c, 2);
    if (c->failed) {
        return LV_E_SYNTAX;
    }
    if (hours > 23 || minutes > 59) {
        return LV_E_RANGE;
    }
    *east = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return LV_OK;
}

static lv_status parse_time_of_day(cursor *c, int *seconds)
{
    int hour = number(c, 2);
    expect(c, ':');
    int minute = number(c, 2);
    int second = 0;
    int east = 0;

    if (take(c, ':')) {
        second = number(c, 2);
        if (take(c, '.')) {
            number(c, 1); /* at least one digit of a fraction */
            while (!c->failed && is_digit(*c->at)) {
                c->at++;
            }
        }
    }
    lv_status status = parse_zone(c, &east);
    if (status != LV_OK) {
        return status;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        return LV_E_RANGE;
    }
    *seconds = (hour * 60 + minute) * 60 + second - east;
    return LV_OK;
}

static lv_status parse_integer(const char *text, int64_t *order)
{
    bool negative = text[0] == '-';

    for (const char *at = text + negative; *at != '\0'; at++) {
        int64_t digit = *at - '0';
        if (__builtin_mul_overflow(*order, 10, order) ||
            __builtin_add_overflow(*order, negative ? -digit : digit, order)) {
            *order = 0;
            return LV_E_RANGE;
        }
    }
    return LV_OK;
}

static bool is_integer(const char *text)
{
    const char *digits = text + (text[0] == '-' ? 1 : 0);
    return digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

lv_status lv_instant_parse(const char *text, lv_instant_kind *kind, int64_t *order)
{
    cursor c = {.at = text};
    int64_t days = 0;
    int seconds = 0;

    *kind = LV_INSTANT_INTEGER;
    *order = 0;
    if (is_integer(text)) {
        return parse_integer(text, order);
    }
    lv_status status = parse_date(&c, &days);
    if (status != LV_OK) {
        return status;
    }
    *kind = LV_INSTANT_DATE;
    if (take(&c, 'T')) {
        *kind = LV_INSTANT_DATE_TIME;
        status = parse_time_of_day(&c, &seconds);
        if (status != LV_OK) {
            return status;
        }
    }
    if (*c.at != '\0') {
        return LV_E_SYNTAX;
    }
    *order = days * 86400 + seconds;
    return LV_OK;
}
