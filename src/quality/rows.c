#include "base/secret.h"
#include "quality/instant.h"
#include "quality/text.h"
#include <csv.h>
#include <lotveil/rows.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns a series reads; a file may have others, which are not looked at. */
typedef enum { LOT, TIME, VALUE, PARENTS, COLUMNS } column;

static const size_t NO_COLUMN = SIZE_MAX;
/* Room for any legal cell with some over, taken once: libcsv never has to move a cell. */
static const size_t CELL_ROOM = 2 * (size_t)LV_CELL_MAX;

/* Bytes looked at in one go. */
#define PIECE_ROOM 65536U
/* What may have to wait for the bytes after it: a character that is cut, a CR whose LF may follow.
 */
#define HELD_MAX 4U

struct lv_rows_reader {
    lv_series series;
    char *file;
    lv_row_taker take;
    void *take_context;
    lv_error *err;
    lv_status status; /* the first thing that went wrong; nothing is done after it */

    struct csv_parser csv;
    bool csv_made;
    uint8_t piece[PIECE_ROOM];
    size_t piece_len;
    bool begun;    /* the byte order mark was looked for */
    bool mid_line; /* the last byte looked at ended no line */

    const char *names[COLUMNS]; /* as the series names them; "" where it has none */
    size_t places[COLUMNS];     /* where they stand in the file, from 0 */
    size_t width;               /* cells of the header line */
    bool seen_header;

    size_t line;     /* the line that is being read */
    size_t row_line; /* the line the row began on */
    size_t cells;    /* cells of the row so far */
    char cell[COLUMNS][LV_CELL_MAX + 1];
    size_t cell_len[COLUMNS];

    lv_instant_kind kind; /* of the first row's time */
    char parents[LV_CELL_MAX + 1];
    int64_t last_order;
    size_t last_line;
    size_t count; /* rows so far */
};

typedef struct lv_rows_reader parse;

static void fail_row(parse *p, lv_status status, const char *format, ...) LV_PRINTF(3, 4);
static void fail_row(parse *p, lv_status status, const char *format, ...)
{
    char words[LV_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    p->status = lv_fail(p->err, status, "%s:%zu: %s", p->file, p->row_line, words);
}

static void fail_cell(parse *p, column which, lv_status status, const char *format, ...)
    LV_PRINTF(4, 5);
static void fail_cell(parse *p, column which, lv_status status, const char *format, ...)
{
    char words[LV_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    fail_row(p, status, "column %s (%zu): %s", p->names[which], p->places[which] + 1, words);
}

/* ---- the header line ---- */

static void read_header_cell(parse *p, lv_bytes cell)
{
    for (int which = 0; which < COLUMNS; which++) {
        if (p->names[which][0] == '\0' ||
            !lv_bytes_equal(cell, lv_bytes_of_text(p->names[which]))) {
            continue;
        }
        if (p->places[which] != NO_COLUMN) {
            fail_row(p, LV_E_SYNTAX, "column %s stands twice (%zu and %zu)", p->names[which],
                     p->places[which] + 1, p->cells + 1);
            return;
        }
        p->places[which] = p->cells;
    }
}

static void end_header(parse *p)
{
    p->seen_header = true;
    p->width = p->cells;
    for (int which = 0; which < COLUMNS; which++) {
        if (p->names[which][0] != '\0' && p->places[which] == NO_COLUMN) {
            fail_row(p, LV_E_SYNTAX,
                     "there is no column %s; the first line must name the columns that series %s "
                     "reads, separated by commas",
                     p->names[which], p->series.name);
            return;
        }
    }
}

/* ---- rows ---- */

static void read_row_cell(parse *p, lv_bytes cell)
{
    for (int which = 0; which < COLUMNS; which++) {
        if (p->places[which] == p->cells) {
            memcpy(p->cell[which], cell.data, cell.len);
            p->cell[which][cell.len] = '\0';
            p->cell_len[which] = cell.len;
        }
    }
}

static void read_lot(parse *p, lv_row *row)
{
    if (!lv_text_is_plain(p->cell[LOT], LV_LOT_MAX)) {
        fail_cell(p, LOT, LV_E_SYNTAX,
                  "a lot has at most %u bytes, no control characters and no blanks at its ends",
                  LV_LOT_MAX);
        return;
    }
    memcpy(row->lot, p->cell[LOT], p->cell_len[LOT] + 1);
}

static void read_time(parse *p, lv_row *row)
{
    static const char *const kinds[] = {"an integer", "a date", "a date and time"};
    lv_instant_kind kind = LV_INSTANT_INTEGER;

    lv_status status = p->cell_len[TIME] > LV_NAME_MAX
                           ? LV_E_SYNTAX
                           : lv_instant_parse(p->cell[TIME], &kind, &row->order);
    if (status != LV_OK) {
        fail_cell(p, TIME, status, "%s; legal are an integer, 2026-03-31 and 2026-03-31T08:15:00Z",
                  status == LV_E_RANGE ? "there is no such time" : "this is no time");
        return;
    }
    if (p->count == 0) {
        p->kind = kind;
    }
    if (kind != p->kind) {
        fail_cell(p, TIME, LV_E_SYNTAX, "this is %s, but the first row has %s", kinds[kind],
                  kinds[p->kind]);
        return;
    }
    if (p->count > 0 && row->order <= p->last_order) {
        fail_cell(
            p, TIME, LV_E_SYNTAX,
            "the time does not rise: it must be later than that of the row before (line %zu)%s",
            p->last_line, kind == LV_INSTANT_DATE_TIME ? ", in whole seconds" : "");
        return;
    }
    memcpy(row->time, p->cell[TIME], p->cell_len[TIME] + 1);
}

static void read_value(parse *p, lv_row *row)
{
    const lv_fixed_scale *scale = &p->series.scale;
    char least[32];
    char greatest[32];

    lv_status status = lv_fixed_parse(scale, p->cell[VALUE], p->cell_len[VALUE], &row->value);
    if (status == LV_E_RANGE) {
        lv_fixed_format(scale, 0, least);
        lv_fixed_format(scale, ((uint64_t)1 << scale->bits) - 1, greatest);
        fail_cell(
            p, VALUE, status,
            "the value is out of range: series %s tells %s to %s (offset, decimals and width)",
            p->series.name, least, greatest);
    } else if (status != LV_OK) {
        fail_cell(p, VALUE, status, "this is no plain decimal number such as -12.34");
    }
}

static bool stands_among(const lv_bytes *lots, size_t count, lv_bytes lot)
{
    for (size_t i = 0; i < count; i++) {
        if (lv_bytes_equal(lots[i], lot)) {
            return true;
        }
    }
    return false;
}

/* Splits the cell at blanks into `lots`; 0 also where that failed. */
static size_t split_parents(parse *p, const lv_row *row, lv_bytes lots[LV_PARENTS_MAX])
{
    const char *at = p->cell[PARENTS];
    size_t count = 0;

    for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
        lv_bytes lot = {.data = (const uint8_t *)at, .len = strcspn(at, " ")};
        at += lot.len;
        if (count == LV_PARENTS_MAX || lot.len > LV_LOT_MAX) {
            fail_cell(p, PARENTS, LV_E_LIMIT, "at most %u lots of at most %u bytes each",
                      LV_PARENTS_MAX, LV_LOT_MAX);
            return 0;
        }
        if (stands_among(lots, count, lot) || lv_bytes_equal(lot, lv_bytes_of_text(row->lot))) {
            fail_cell(p, PARENTS, LV_E_SYNTAX, "a lot stands twice, or is its own parent");
            return 0;
        }
        lots[count++] = lot;
    }
    return count;
}

static void read_parents(parse *p, lv_row *row)
{
    lv_bytes lots[LV_PARENTS_MAX];

    if (p->places[PARENTS] == NO_COLUMN) {
        return;
    }
    for (const char *at = p->cell[PARENTS]; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            fail_cell(p, PARENTS, LV_E_SYNTAX, "control characters; lots are separated by blanks");
            return;
        }
    }
    size_t count = split_parents(p, row, lots);
    if (count == 0) {
        return;
    }
    row->parents = p->parents;
    char *to = p->parents;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ' ';
        }
        memcpy(to, lots[i].data, lots[i].len);
        to += lots[i].len;
    }
    *to = '\0';
}

static void end_row(parse *p)
{
    if (p->cells != p->width) {
        fail_row(p, LV_E_SYNTAX, "%zu cells, but the header line has %zu", p->cells, p->width);
        return;
    }
    for (column which = LOT; which <= VALUE; which++) {
        if (p->cell_len[which] == 0) {
            fail_cell(p, which, LV_E_SYNTAX, "the cell is empty");
            return;
        }
    }
    lv_row row = {.line = p->row_line};
    void (*const steps[])(parse *, lv_row *) = {read_lot, read_time, read_value, read_parents};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && p->status == LV_OK; i++) {
        steps[i](p, &row);
    }
    if (p->status == LV_OK) {
        p->status = p->take(p->take_context, &row, p->err);
    }
    p->last_order = row.order;
    p->last_line = row.line;
    p->count++;
    lv_wipe(&row, sizeof row);
}

/* ---- libcsv ---- */

static void on_cell(void *data, size_t len, void *context)
{
    parse *p = context;
    lv_bytes cell = {.data = data, .len = len};

    if (p->status != LV_OK) {
        return;
    }
    if (len > LV_CELL_MAX) {
        fail_row(p, LV_E_LIMIT, "cell %zu has over %u bytes", p->cells + 1, LV_CELL_MAX);
        return;
    }
    if (p->seen_header) {
        read_row_cell(p, cell);
    } else {
        read_header_cell(p, cell);
    }
    p->cells++;
}

static void on_row(int terminator, void *context)
{
    parse *p = context;

    (void)terminator;
    if (p->status != LV_OK) {
        return;
    }
    if (p->seen_header) {
        end_row(p);
    } else {
        end_header(p);
    }
    p->cells = 0;
    p->row_line = 0;
}

/* Takes the cell buffer once and never moves it: moving would leave values behind in freed memory.
 */
static void *take_once(void *old, size_t size) { return old == NULL ? malloc(size) : NULL; }

/* How long the line at the start of `left` is, with its end (LF, CRLF or CR). */
static size_t line_len(lv_bytes left)
{
    for (size_t i = 0; i < left.len; i++) {
        if (left.data[i] == '\n' ||
            (left.data[i] == '\r' && (i + 1 == left.len || left.data[i + 1] != '\n'))) {
            return i + 1;
        }
    }
    return left.len;
}

/* Blank lines are no rows: libcsv passes over them. */
static bool is_blank(const uint8_t *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n') {
            return false;
        }
    }
    return true;
}

static void fail_csv(parse *p, const struct csv_parser *csv, const char *what)
{
    if (p->status != LV_OK) {
        return;
    }
    if (csv->status == CSV_ENOMEM) {
        p->status = csv->entry_buf == NULL ? LV_E_MEMORY : LV_OK;
        if (p->status == LV_OK) {
            fail_row(p, LV_E_LIMIT, "cell %zu has over %u bytes (is a quotation mark left open?)",
                     p->cells + 1, LV_CELL_MAX);
        }
        return;
    }
    fail_row(p, LV_E_SYNTAX, "cell %zu: %s", p->cells + 1, what);
}

/* Whole lines, and of the last one as much as there is. */
static void parse_lines(parse *p, lv_bytes left)
{
    while (left.len > 0 && p->status == LV_OK) {
        size_t len = line_len(left);
        p->line += p->mid_line ? 0 : 1;
        p->mid_line = left.data[len - 1] != '\n' && left.data[len - 1] != '\r';
        if (p->row_line == 0 && !is_blank(left.data, len)) {
            p->row_line = p->line;
        }
        if (csv_parse(&p->csv, left.data, len, on_cell, on_row, p) != len) {
            fail_csv(p, &p->csv,
                     "a quotation mark is out of place; cells with commas or quotation marks stand "
                     "in quotation marks, and those inside are doubled");
            return;
        }
        left.data += len;
        left.len -= len;
    }
}

static void fail_text(parse *p, uint8_t byte)
{
    p->row_line = p->line + (p->mid_line ? 0 : 1);
    fail_row(p, LV_E_SYNTAX, "%s; save the file as UTF-8 text",
             byte == 0 ? "a NUL byte" : "bytes that are no UTF-8");
}

/* Looks at what was gathered, but for the end of it that the next bytes may belong to. */
static void parse_piece(parse *p, bool last)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* byte order mark */
    lv_bytes text = {.data = p->piece, .len = p->piece_len};

    if (!p->begun && text.len >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0) {
        text.data += sizeof mark;
        text.len -= sizeof mark;
    }
    p->begun = true;
    size_t good = lv_text_utf8_prefix(text);
    bool cut = !last && text.len - good < HELD_MAX;
    lv_bytes whole = {.data = text.data, .len = good};
    if (!last && good > 0 && text.data[good - 1] == '\r') {
        whole.len--;
    }
    parse_lines(p, whole);
    if (p->status == LV_OK && good < text.len && !cut) {
        fail_text(p, text.data[good]);
    }
    p->piece_len = text.len - whole.len;
    memmove(p->piece, text.data + whole.len, p->piece_len);
}

lv_status lv_rows_reader_feed(lv_rows_reader *reader, lv_bytes bytes, lv_error *err)
{
    reader->err = err;
    while (bytes.len > 0 && reader->status == LV_OK) {
        size_t room = PIECE_ROOM - reader->piece_len;
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(reader->piece + reader->piece_len, bytes.data, len);
        reader->piece_len += len;
        bytes.data += len;
        bytes.len -= len;
        if (reader->piece_len == PIECE_ROOM) {
            parse_piece(reader, false);
        }
    }
    reader->err = NULL;
    return reader->status;
}

lv_status lv_rows_reader_end(lv_rows_reader *reader, lv_error *err)
{
    reader->err = err;
    if (reader->status == LV_OK) {
        parse_piece(reader, true);
    }
    if (reader->status == LV_OK && csv_fini(&reader->csv, on_cell, on_row, reader) != 0) {
        fail_csv(reader, &reader->csv, "a quotation mark is opened and never closed");
    }
    if (reader->status == LV_OK && reader->count == 0) {
        reader->row_line = reader->line > 0 ? reader->line : 1;
        fail_row(reader, LV_E_SYNTAX, "%s",
                 reader->seen_header ? "there is no row below the header line"
                                     : "the file is empty");
    }
    reader->err = NULL;
    return reader->status;
}

static lv_status reader_fill(parse *p, const lv_series *series, const char *name)
{
    p->series = *series;
    p->names[LOT] = p->series.column_lot;
    p->names[TIME] = p->series.column_time;
    p->names[VALUE] = p->series.column_value;
    p->names[PARENTS] = p->series.column_parents;
    for (int which = 0; which < COLUMNS; which++) {
        p->places[which] = NO_COLUMN;
    }
    p->file = strdup(name);
    if (p->file == NULL || csv_init(&p->csv, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return LV_E_MEMORY;
    }
    p->csv_made = true;
    csv_set_realloc_func(&p->csv, take_once);
    csv_set_blk_size(&p->csv, CELL_ROOM);
    return LV_OK;
}

lv_status lv_rows_reader_new(const lv_series *series, const char *name, lv_row_taker take,
                             void *context, lv_rows_reader **out, lv_error *err)
{
    *out = NULL;
    lv_status status = lv_series_check(series, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "series: ");
        return status;
    }
    parse *p = calloc(1, sizeof *p);
    status = p != NULL ? reader_fill(p, series, name) : LV_E_MEMORY;
    if (status != LV_OK) {
        lv_rows_reader_free(p);
        return lv_fail(err, status, "%s: no memory", name);
    }
    p->take = take;
    p->take_context = context;
    *out = p;
    return LV_OK;
}

void lv_rows_reader_free(lv_rows_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->csv_made) {
        if (reader->csv.entry_buf != NULL) {
            lv_wipe(reader->csv.entry_buf, reader->csv.entry_size);
        }
        csv_free(&reader->csv);
    }
    free(reader->file);
    lv_wipe(reader, sizeof *reader);
    free(reader);
}

/* ---- the whole file at once ---- */

static size_t count_lines(lv_bytes text)
{
    size_t lines = 0;

    while (text.len > 0) {
        size_t len = line_len(text);
        text.data += len;
        text.len -= len;
        lines++;
    }
    return lines;
}

/* Where the rows of a file are gathered. */
typedef struct {
    const char *file;
    lv_rows rows;
    size_t cap;
} gathering;

static lv_status gather(void *context, const lv_row *row, lv_error *err)
{
    gathering *g = context;
    if (g->rows.count == g->cap) {
        return lv_fail(err, LV_E_LIMIT, "%s:%zu: over %u rows; split the file", g->file, row->line,
                       LV_ROWS_MAX);
    }
    lv_row *to = &g->rows.rows[g->rows.count++];
    *to = *row;
    to->parents = row->parents != NULL ? strdup(row->parents) : NULL;
    return row->parents == NULL || to->parents != NULL
               ? LV_OK
               : lv_fail(err, LV_E_MEMORY, "%s: no memory", g->file);
}

typedef struct {
    const lv_row *row;
} sorted_row;

static int compare_lots(const void *a, const void *b)
{
    const sorted_row *x = a;
    const sorted_row *y = b;
    int order = strcmp(x->row->lot, y->row->lot);

    if (order != 0) {
        return order;
    }
    return (x->row->line > y->row->line) - (x->row->line < y->row->line);
}

/* Names the first line on which a lot stands that stood before. */
static lv_status check_doubled_lots(const parse *p, const gathering *g, lv_error *err)
{
    const lv_row *first = NULL;
    const lv_row *again = NULL;
    size_t count = g->rows.count;
    sorted_row *sorted = calloc(count, sizeof *sorted);

    if (sorted == NULL) {
        return lv_fail(err, LV_E_MEMORY, "%s: no memory", g->file);
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i].row = &g->rows.rows[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_lots);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1].row->lot, sorted[i].row->lot) == 0 &&
            (again == NULL || sorted[i].row->line < again->line)) {
            first = sorted[i - 1].row;
            again = sorted[i].row;
        }
    }
    free(sorted);
    return again == NULL ? LV_OK : lv_rows_reader_doubled(p, again, first->line, err);
}

lv_status lv_rows_reader_doubled(const lv_rows_reader *reader, const lv_row *row, size_t first,
                                 lv_error *err)
{
    return lv_fail(err, LV_EXISTS, "%s:%zu: column %s (%zu): lot \"%s\" stands already on line %zu",
                   reader->file, row->line, reader->names[LOT], reader->places[LOT] + 1, row->lot,
                   first);
}

/* A row takes at least one line, so the rows never have to be moved either. */
static lv_status make_room(gathering *g, lv_bytes csv, lv_error *err)
{
    size_t lines = count_lines(csv);
    g->cap = lines < LV_ROWS_MAX ? lines : LV_ROWS_MAX;
    g->rows.rows = calloc(g->cap + 1, sizeof *g->rows.rows);
    return g->rows.rows != NULL ? LV_OK : lv_fail(err, LV_E_MEMORY, "%s: no memory", g->file);
}

lv_status lv_rows_parse(const lv_series *series, const char *name, lv_bytes csv, lv_rows *out,
                        lv_error *err)
{
    gathering g = {.file = name};
    lv_rows_reader *reader = NULL;

    *out = (lv_rows){0};
    lv_status status = lv_rows_reader_new(series, name, gather, &g, &reader, err);
    if (status != LV_OK || reader == NULL) {
        return status;
    }
    status = make_room(&g, csv, err);
    if (status == LV_OK) {
        status = lv_rows_reader_feed(reader, csv, err);
    }
    if (status == LV_OK) {
        status = lv_rows_reader_end(reader, err);
    }
    if (status == LV_OK) {
        status = check_doubled_lots(reader, &g, err);
    }
    lv_rows_reader_free(reader);
    if (status != LV_OK) {
        lv_rows_free(&g.rows);
        return status;
    }
    *out = g.rows;
    return LV_OK;
}

void lv_rows_free(lv_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    if (rows->rows != NULL) {
        for (size_t i = 0; i < rows->count; i++) {
            free(rows->rows[i].parents);
        }
        lv_wipe(rows->rows, rows->count * sizeof *rows->rows);
        free(rows->rows);
    }
    *rows = (lv_rows){0};
}
