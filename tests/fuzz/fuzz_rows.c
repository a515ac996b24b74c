/* Rows of CSV. What is read can be written again as plain CSV and reads the same. */
#include "fuzz.h"
#include "quality/text.h"
#include <lotveil/rows.h>
#include <string.h>

static void quote(lv_buffer *out, const char *text, const char *end)
{
    FUZZ_CHECK(lv_buffer_append(out, "\"", 1) == LV_OK);
    for (; *text != '\0'; text++) {
        FUZZ_CHECK(lv_buffer_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1) ==
                   LV_OK);
    }
    FUZZ_CHECK(lv_buffer_printf(out, "\"%s", end) == LV_OK);
}

static lv_buffer written(const lv_series *series, const lv_rows *rows)
{
    lv_buffer out = {0};
    FUZZ_CHECK(lv_buffer_printf(&out, "parents,moisture,month,lot\n") == LV_OK);
    for (size_t i = 0; i < rows->count; i++) {
        const lv_row *row = &rows->rows[i];
        char value[32];
        lv_fixed_format(&series->scale, row->value, value);
        quote(&out, row->parents != NULL ? row->parents : "", ",");
        quote(&out, value, ",");
        quote(&out, row->time, ",");
        quote(&out, row->lot, "\n");
    }
    return out;
}

static void check_rows(const lv_series *series, const lv_rows *rows)
{
    FUZZ_CHECK(rows->count > 0);
    for (size_t i = 0; i < rows->count; i++) {
        const lv_row *row = &rows->rows[i];
        FUZZ_CHECK(row->lot[0] != '\0' && lv_text_is_plain(row->lot, LV_LOT_MAX));
        FUZZ_CHECK(row->value >> series->scale.bits == 0);
        FUZZ_CHECK(i == 0 || row->order > rows->rows[i - 1].order);
        FUZZ_CHECK(i == 0 || row->line > rows->rows[i - 1].line);
        for (size_t j = 0; j < i; j++) {
            FUZZ_CHECK(strcmp(row->lot, rows->rows[j].lot) != 0);
        }
    }
}

static void check_same(const lv_rows *a, const lv_rows *b)
{
    FUZZ_CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const char *left = a->rows[i].parents != NULL ? a->rows[i].parents : "";
        const char *right = b->rows[i].parents != NULL ? b->rows[i].parents : "";
        FUZZ_CHECK(strcmp(a->rows[i].lot, b->rows[i].lot) == 0);
        FUZZ_CHECK(strcmp(a->rows[i].time, b->rows[i].time) == 0);
        FUZZ_CHECK(a->rows[i].order == b->rows[i].order && a->rows[i].value == b->rows[i].value);
        FUZZ_CHECK(strcmp(left, right) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_series series = fuzz_series();
    lv_rows rows;
    lv_rows again;
    lv_error err = {0};
    lv_status status = lv_rows_parse(&series, "rows.csv", input, &rows, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_E_SYNTAX || status == LV_E_RANGE || status == LV_E_LIMIT ||
                   status == LV_EXISTS);
        FUZZ_CHECK(strncmp(err.text, "rows.csv", 8) == 0);
        FUZZ_CHECK(rows.rows == NULL && rows.count == 0);
        return 0;
    }
    check_rows(&series, &rows);
    lv_buffer text = written(&series, &rows);
    FUZZ_CHECK(lv_rows_parse(&series, "again.csv", lv_buffer_view(&text), &again, &err) == LV_OK);
    check_same(&rows, &again);
    lv_buffer_free(&text);
    lv_rows_free(&again);
    lv_rows_free(&rows);
    return 0;
}
