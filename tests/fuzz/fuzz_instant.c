/* Times, against strtoll and the calendar of the C library. */
#include "fuzz.h"
#include "quality/instant.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check_integer(const char *text, lv_status status, int64_t order)
{
    errno = 0;
    long long expected = strtoll(text, NULL, 10);
    FUZZ_CHECK((status == LV_OK) == (errno == 0));
    FUZZ_CHECK(order == (status == LV_OK ? expected : 0));
}

static void check_date(const char *text, lv_instant_kind kind, int64_t order)
{
    struct tm parts;
    char again[64];
    time_t seconds = order;
    lv_instant_kind kind_again = LV_INSTANT_INTEGER;
    int64_t order_again = 0;
    FUZZ_CHECK(gmtime_r(&seconds, &parts) != NULL);
    if (kind == LV_INSTANT_DATE) {
        FUZZ_CHECK(strftime(again, sizeof again, "%Y-%m-%d", &parts) > 0);
        /* strftime writes years below 1000 without zeros in front */
        FUZZ_CHECK(parts.tm_year < 1000 - 1900 || strcmp(again, text) == 0);
        return;
    }
    if (parts.tm_year < 1000 - 1900 || parts.tm_year > 9999 - 1900) {
        return;
    }
    FUZZ_CHECK(strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
    FUZZ_CHECK(lv_instant_parse(again, &kind_again, &order_again) == LV_OK);
    FUZZ_CHECK(kind_again == kind && order_again == order);
    /* as far as the minute it is what was written, where that was in UTC */
    FUZZ_CHECK(text[strlen(text) - 1] != 'Z' || strncmp(text, again, 16) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    lv_instant_kind kind = LV_INSTANT_DATE_TIME;
    int64_t order = 1;
    FUZZ_CHECK(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    size_t digits = strspn(text + (text[0] == '-' ? 1 : 0), "0123456789");
    bool integer = digits > 0 && text[digits + (text[0] == '-' ? 1 : 0)] == '\0';
    lv_status status = lv_instant_parse(text, &kind, &order);
    FUZZ_CHECK(status == LV_OK || status == LV_E_SYNTAX || status == LV_E_RANGE);
    if (integer) {
        FUZZ_CHECK(kind == LV_INSTANT_INTEGER);
        check_integer(text, status, order);
    } else if (status == LV_OK) {
        FUZZ_CHECK(kind != LV_INSTANT_INTEGER);
        check_date(text, kind, order);
    } else {
        FUZZ_CHECK(order == 0);
    }
    free(text);
    return 0;
}
