/** Measured rows from CSV (docs/protocol.md section 2). */
#ifndef LOTVEIL_ROWS_H
#define LOTVEIL_ROWS_H

#include <lotveil/series.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_ROWS_MAX 1000000U /* rows one file may hold */
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
