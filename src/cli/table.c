#include "cli/table.h"
#include "cli/cli.h"
#include <string.h>

size_t lv_table_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xC0U) != 0x80U ? 1 : 0;
    }
    return width;
}

lv_status lv_table_clean(const char *text, lv_buffer *out)
{
    lv_status status = LV_OK;
    while (status == LV_OK && *text != '\0') {
        unsigned char byte = (unsigned char)*text++;
        unsigned char next = (unsigned char)*text;
        /* U+0080..U+009F are control characters to some terminals. */
        bool c1 = byte == 0xC2U && next >= 0x80U && next <= 0x9FU;
        bool control = byte < 0x20U || byte == 0x7FU || c1;
        text += c1 ? 1 : 0;
        status = lv_buffer_append(out, control ? (const void *)"?" : &byte, 1);
    }
    return status;
}

static lv_status put_pairs(const json_t *value, lv_buffer *out)
{
    size_t count = json_array_size(value);
    if (count != 1) {
        return lv_buffer_printf(out, "%zu pairs", count);
    }
    const json_t *pair = json_array_get(value, 0);
    const char *earlier = json_string_value(json_object_get(pair, "earlier_lot"));
    const char *later = json_string_value(json_object_get(pair, "later_lot"));
    lv_status status = lv_table_clean(earlier != NULL ? earlier : "?", out);
    if (status == LV_OK) {
        status = lv_buffer_append(out, " > ", 3);
    }
    return status == LV_OK ? lv_table_clean(later != NULL ? later : "?", out) : status;
}

static lv_status put_string(lv_cell_kind kind, const char *text, lv_buffer *out)
{
    size_t start = out->len;
    lv_status status = lv_table_clean(text, out);
    if (status == LV_OK && kind == LV_CELL_ID && out->len - start > LV_TABLE_ID) {
        out->len = start + LV_TABLE_ID;
        out->data[out->len] = '\0';
    }
    return status;
}

static lv_status put_cell(lv_cell_kind kind, const json_t *value, lv_buffer *out)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return put_string(kind, json_string_value(value), out);
    case JSON_INTEGER:
        if (kind == LV_CELL_TIME) {
            char text[32];
            lv_cli_time(json_integer_value(value), text);
            return lv_buffer_append(out, text, strlen(text));
        }
        return lv_buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return lv_buffer_printf(out, "%g", json_real_value(value));
    case JSON_TRUE:
        return lv_buffer_printf(out, "%s", kind == LV_CELL_MARK ? "ALARM" : "yes");
    case JSON_ARRAY:
        return put_pairs(value, out);
    case JSON_FALSE:
        return LV_OK;
    case JSON_NULL:
    case JSON_OBJECT:
        break;
    }
    return lv_buffer_append(out, "-", 1);
}

static lv_status make_cell(const lv_column *column, const json_t *row, lv_buffer *cell)
{
    const json_t *value = json_object_get(row, column->key);
    lv_buffer_free(cell);
    return value == NULL ? lv_buffer_append(cell, "-", 1) : put_cell(column->kind, value, cell);
}

static void pad(size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        fputc(' ', out);
    }
}

static void print_cell(const lv_table *table, size_t i, const char *text, FILE *out)
{
    bool last = table->columns[i + 1].heading == NULL;
    size_t used = lv_table_width(text);
    size_t gap = table->widths[i] > used ? table->widths[i] - used : 0;
    bool right = table->columns[i].kind == LV_CELL_NUMBER;
    if (right) {
        pad(gap, out);
    }
    fputs(text, out);
    if (!last) {
        pad((right ? 0 : gap) + 2, out);
    }
}

static lv_status widen(lv_table *table, const json_t *rows, lv_buffer *cell)
{
    for (size_t i = 0; table->columns[i].heading != NULL; i++) {
        size_t heading = strlen(table->columns[i].heading);
        table->widths[i] = table->widths[i] > heading ? table->widths[i] : heading;
        for (size_t row = 0; row < json_array_size(rows); row++) {
            lv_status status = make_cell(&table->columns[i], json_array_get(rows, row), cell);
            if (status != LV_OK) {
                return status;
            }
            size_t width = lv_table_width(lv_buffer_text(cell));
            table->widths[i] = table->widths[i] > width ? table->widths[i] : width;
        }
    }
    return LV_OK;
}

static lv_status print_row(const lv_table *table, const json_t *row, lv_buffer *cell, FILE *out)
{
    for (size_t i = 0; table->columns[i].heading != NULL; i++) {
        lv_status status = make_cell(&table->columns[i], row, cell);
        if (status != LV_OK) {
            return status;
        }
        print_cell(table, i, lv_buffer_text(cell), out);
    }
    fputc('\n', out);
    return LV_OK;
}

lv_status lv_table_print(lv_table *table, const json_t *rows, FILE *out)
{
    lv_buffer cell = {0};
    lv_status status = widen(table, rows, &cell);
    if (status == LV_OK && !table->headed && json_array_size(rows) > 0) {
        for (size_t i = 0; table->columns[i].heading != NULL; i++) {
            print_cell(table, i, table->columns[i].heading, out);
        }
        fputc('\n', out);
        table->headed = true;
    }
    for (size_t row = 0; status == LV_OK && row < json_array_size(rows); row++) {
        status = print_row(table, json_array_get(rows, row), &cell, out);
    }
    lv_buffer_free(&cell);
    return status == LV_OK && fflush(out) != 0 ? LV_E_IO : status;
}
