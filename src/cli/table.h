/** JSON objects as an aligned table for eyes. Texts may come from other organisations: control
 *  characters are shown as '?', so that a lot's name cannot write to somebody's terminal. */
#ifndef LV_CLI_TABLE_H
#define LV_CLI_TABLE_H

#include <jansson.h>
#include <lotveil/bytes.h>
#include <stdio.h>

typedef enum {
    LV_CELL_TEXT,   /* as it is; missing and null "-", true "yes", false "" */
    LV_CELL_NUMBER, /* to the right */
    LV_CELL_TIME,   /* seconds since 1970 as date and time */
    LV_CELL_ID,     /* a digest, its first LV_TABLE_ID digits */
    LV_CELL_PAIRS,  /* an array of pairs as "LOT-01 > LOT-02", a number as it is */
    LV_CELL_MARK,   /* true "ALARM" */
} lv_cell_kind;

#define LV_TABLE_ID 16
#define LV_TABLE_COLUMNS 14

typedef struct {
    const char *heading;
    const char *key;
    lv_cell_kind kind;
} lv_column;

/** A table that may grow while it is shown. `{columns}` at first. */
typedef struct {
    const lv_column *columns; /* ended by {0}, at most LV_TABLE_COLUMNS */
    size_t widths[LV_TABLE_COLUMNS];
    bool headed;
} lv_table;

/** Prints the rows, an array of objects; the headings once, before the first ones. */
LV_MUST_CHECK lv_status lv_table_print(lv_table *table, const json_t *rows, FILE *out);

/** Appends text with control characters replaced. */
LV_MUST_CHECK lv_status lv_table_clean(const char *text, lv_buffer *out);

/** Places on a terminal that UTF-8 text takes, one for each character. */
size_t lv_table_width(const char *text);

#endif
