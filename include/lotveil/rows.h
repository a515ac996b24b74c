/** Measured rows from CSV (docs/protocol.md section 2). */
#ifndef LOTVEIL_ROWS_H
#define LOTVEIL_ROWS_H

#include <lotveil/series.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_ROWS_MAX 1000000U /* rows that lv_rows_parse takes at once */
#define LV_CELL_MAX 4096U    /* bytes one cell may hold */

/** One measurement. */
typedef struct {
    char lot[LV_LOT_MAX + 1];
    char time[LV_NAME_MAX + 1]; /* as written: an integer, or ISO 8601 date or date and time */
    int64_t order;              /* what `time` sorts by: the integer, or seconds since 1970 UTC */
    uint64_t value;             /* secret: fixed point, 0 .. 2^bits - 1 */
    size_t line;                /* 1-based line of the file, for errors */
    char *parents;              /* upstream lots separated by single blanks; NULL where none */
} lv_row;

typedef struct {
    lv_row *rows;
    size_t count;
} lv_rows;

/** What a reader does with a row, which it borrows until it returns. Anything but LV_OK ends the
 *  reading with that status and the words in `err`. */
typedef lv_status (*lv_row_taker)(void *context, const lv_row *row, lv_error *err);

/** Reads a CSV in pieces, in memory that does not grow with it. */
typedef struct lv_rows_reader lv_rows_reader;

/** Begins. The rules and words are those of lv_rows_parse but for two: there may be any number of
 *  rows, and whether a lot stands twice is for the taker to find out. Rows that were taken before
 *  an error are the caller's to undo.
 * @return LV_OK; LV_E_CONFIG where the series is none; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_rows_reader_new(const lv_series *series, const char *name,
                                           lv_row_taker take, void *context, lv_rows_reader **out,
                                           lv_error *err);

/** Takes the next bytes, cut anywhere. After an error, every call returns it again without words.
 */
LV_MUST_CHECK lv_status lv_rows_reader_feed(lv_rows_reader *reader, lv_bytes bytes, lv_error *err);

/** Tells that there are no more bytes. The last row may come only now. */
LV_MUST_CHECK lv_status lv_rows_reader_end(lv_rows_reader *reader, lv_error *err);

/** The words for a lot that stood on line `first` before. @return LV_EXISTS. */
LV_MUST_CHECK lv_status lv_rows_reader_doubled(const lv_rows_reader *reader, const lv_row *row,
                                               size_t first, lv_error *err);

/** Frees and wipes; NULL is legal. */
void lv_rows_reader_free(lv_rows_reader *reader);

/** Reads a whole CSV (RFC 4180, header line first, UTF-8, an optional byte order mark). All or
 *  nothing: a missing or doubled column, an empty cell, a lot that stands twice, times that do
 *  not rise strictly, a value out of range or with more digits than an integer holds, a row of
 *  the wrong number of cells or no row at all is an error.
 * @param name  the file's name, for errors: "moisture.csv:3: column moisture (4): ...". The words
 *              never repeat a measured value.
 * @return LV_OK; LV_E_SYNTAX, LV_E_RANGE, LV_E_LIMIT, LV_EXISTS (doubled lot). */
LV_MUST_CHECK lv_status lv_rows_parse(const lv_series *series, const char *name, lv_bytes csv,
                                      lv_rows *out, lv_error *err);

/** Frees and wipes. */
void lv_rows_free(lv_rows *rows);

#ifdef __cplusplus
}
#endif

#endif
