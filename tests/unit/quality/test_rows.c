#include "base/file.h"
#include <lotveil/rows.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static lv_series series_of(const char *time, const char *value, const char *parents)
{
    lv_series series = {
        .name = "moisture",
        .column_lot = "lot",
        .scale = {.offset = 0, .decimals = 2, .bits = 8},
        .suite = "paillier",
        .compare = LV_COMPARE_CONSECUTIVE,
    };
    snprintf(series.column_time, sizeof series.column_time, "%s", time);
    snprintf(series.column_value, sizeof series.column_value, "%s", value);
    snprintf(series.column_parents, sizeof series.column_parents, "%s", parents);
    return series;
}

static lv_status read_bytes(const char *csv, size_t len, const char *parents, lv_rows *rows,
                            lv_error *err)
{
    const lv_series series = series_of("t", "v", parents);
    *err = (lv_error){0};
    *rows = (lv_rows){.count = 99}; /* stale; must be replaced */
    return lv_rows_parse(&series, "m.csv", (lv_bytes){.data = (const uint8_t *)csv, .len = len},
                         rows, err);
}

static void expect_rows(const char *csv, size_t count, lv_rows *rows)
{
    lv_error err;
    lv_status status = read_bytes(csv, strlen(csv), "", rows, &err);
    if (status != LV_OK) {
        fail_msg("%s: %s", lv_status_name(status), err.text);
    }
    assert_int_equal(rows->count, count);
}

static void expect_bytes_refused(const char *csv, size_t len, const char *parents, lv_status status,
                                 const char *words)
{
    lv_error err;
    lv_rows rows;
    lv_status got = read_bytes(csv, len, parents, &rows, &err);
    if (got != status || strncmp(err.text, words, strlen(words)) != 0) {
        fail_msg("%s \"%s\" instead of %s \"%s\"", lv_status_name(got), err.text,
                 lv_status_name(status), words);
    }
    assert_null(rows.rows);
    assert_int_equal(rows.count, 0);
}

static void expect_refused(const char *csv, lv_status status, const char *words)
{
    expect_bytes_refused(csv, strlen(csv), "", status, words);
}

static void test_the_published_example(void **state)
{
    (void)state;
    const uint64_t values[] = {45, 41, 76, 132};
    const lv_series series = series_of("month", "moisture_g_per_cm2", "");
    lv_buffer file = {0};
    lv_rows rows;
    assert_int_equal(
        lv_file_read(LOTVEIL_SOURCE_DIR "/examples/dehumidifier/moisture.csv", 4096, &file, NULL),
        LV_OK);
    assert_int_equal(lv_rows_parse(&series, "moisture.csv", lv_buffer_view(&file), &rows, NULL),
                     LV_OK);
    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++) {
        char lot[16];
        snprintf(lot, sizeof lot, "LOT-%02zu", i + 1);
        assert_string_equal(rows.rows[i].lot, lot);
        assert_true(rows.rows[i].order == (int64_t)i + 1);
        assert_true(rows.rows[i].value == values[i]);
        assert_int_equal(rows.rows[i].line, i + 2);
        assert_null(rows.rows[i].parents);
    }
    lv_rows_free(&rows);
    lv_rows_free(&rows);
    lv_rows_free(NULL);
    lv_buffer_free(&file);
}

static void test_every_way_of_writing_it(void **state)
{
    (void)state;
    const char *same[] = {
        "t,lot,v\n1,A,0.45\n2,B,0.41\n",
        "t,lot,v\n1,A,0.45\n2,B,0.41",
        "t,lot,v\r\n1,A,0.45\r\n2,B,0.41\r\n",
        "t,lot,v\r1,A,0.45\r2,B,0.41\r",
        "\xef\xbb\xbft,lot,v\n1,A,0.45\n2,B,0.41\n",
        "\xef\xbb\xbf\"t\",\"lot\",\"v\"\r\n\"1\",\"A\",\"0.45\"\r\n2,\"B\",0.41\r\n",
        "v,x,lot,t\n0.45,,A,1\n0.41,\"q,\"\"\n\",B,2\n",
        " t , lot , v \n 1 , A , 0.45 \n\n  \n2,B,0.41\n\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        lv_rows rows;
        expect_rows(same[i], 2, &rows);
        assert_string_equal(rows.rows[0].lot, "A");
        assert_string_equal(rows.rows[1].lot, "B");
        assert_string_equal(rows.rows[1].time, "2");
        assert_true(rows.rows[0].value == 45);
        assert_true(rows.rows[1].value == 41);
        lv_rows_free(&rows);
    }
}

static void test_lines_stay_right_with_newlines_in_cells(void **state)
{
    (void)state;
    lv_rows rows;
    expect_rows("t,lot,v,note\n1,A,1,\"one\ntwo\r\nthree\"\n2,B,1,\"\n\n\"\n\n3,C,1,\n", 3, &rows);
    assert_int_equal(rows.rows[0].line, 2);
    assert_int_equal(rows.rows[1].line, 5);
    assert_int_equal(rows.rows[2].line, 9);
    lv_rows_free(&rows);
    expect_refused("t,lot,v,note\n1,A,1,\"one\ntwo\"\n2,B,x,\n", LV_E_SYNTAX,
                   "m.csv:4: column v (3): this is no plain decimal");
    expect_refused("t,lot,v,note\r\n1,A,1,\"one\r\ntwo\"\r\n \r\n2,B,x,\r\n", LV_E_SYNTAX,
                   "m.csv:5: column v (3): this is no plain decimal");
}

static void test_times_of_one_kind(void **state)
{
    (void)state;
    lv_rows rows;
    expect_rows("t,lot,v\n2026-01-31,A,1\n2026-02-01,B,1\n", 2, &rows);
    assert_string_equal(rows.rows[1].time, "2026-02-01");
    assert_true(rows.rows[1].order - rows.rows[0].order == 86400);
    lv_rows_free(&rows);
    expect_rows("t,lot,v\n2026-01-31T23:00Z,A,1\n2026-02-01T08:00:01+09:00,B,1\n", 2, &rows);
    assert_true(rows.rows[1].order - rows.rows[0].order == 1);
    lv_rows_free(&rows);

    expect_refused("t,lot,v\n1,A,1\n2026-02-01,B,1\n", LV_E_SYNTAX,
                   "m.csv:3: column t (1): this is a date, but the first row has an integer");
    expect_refused("t,lot,v\n2026-02-01,A,1\n2026-02-02T00:00Z,B,1\n", LV_E_SYNTAX,
                   "m.csv:3: column t (1): this is a date and time, but the first row has a date");
    expect_refused("t,lot,v\n2026-02-01T00:00,A,1\n", LV_E_SYNTAX,
                   "m.csv:2: column t (1): this is no time;");
    expect_refused("t,lot,v\n2026-02-30,A,1\n", LV_E_RANGE,
                   "m.csv:2: column t (1): there is no such time;");
}

static void test_times_that_do_not_rise(void **state)
{
    (void)state;
    expect_refused("t,lot,v\n1,A,1\n1,B,1\n", LV_E_SYNTAX,
                   "m.csv:3: column t (1): the time does not rise: it must be later than that of "
                   "the row before (line 2)");
    expect_refused("t,lot,v\n2,A,1\n1,B,1\n", LV_E_SYNTAX, "m.csv:3: column t (1): the time does");
    expect_refused("t,lot,v\n2026-02-01T00:00:00Z,A,1\n2026-02-01T09:00:00+09:00,B,1\n",
                   LV_E_SYNTAX, "m.csv:3: column t (1): the time does not rise");
}

static void test_doubled_lots(void **state)
{
    (void)state;
    expect_refused("t,lot,v\n1,A,1\n2,B,1\n3,C,1\n4,B,1\n5,A,1\n", LV_EXISTS,
                   "m.csv:5: column lot (2): lot \"B\" stands already on line 3");
    lv_rows rows;
    expect_rows("t,lot,v\n1,A,1\n2,a,1\n", 2, &rows);
    lv_rows_free(&rows);
}

static void test_empty_and_missing_cells(void **state)
{
    (void)state;
    expect_refused("t,lot,v\n1,A,\n", LV_E_SYNTAX, "m.csv:2: column v (3): the cell is empty");
    expect_refused("t,lot,v\n1,,1\n", LV_E_SYNTAX, "m.csv:2: column lot (2): the cell is empty");
    expect_refused("t,lot,v\n\"\",A,1\n", LV_E_SYNTAX, "m.csv:2: column t (1): the cell is empty");
    expect_refused("t,lot,v\n1,A\n", LV_E_SYNTAX, "m.csv:2: 2 cells, but the header line has 3");
    expect_refused("t,lot,v\n1,A,1,\n", LV_E_SYNTAX, "m.csv:2: 4 cells, but the header line has 3");
    expect_refused("t,lot,v\n1,A,1\n2", LV_E_SYNTAX, "m.csv:3: 1 cells, but");
}

static void test_headers(void **state)
{
    (void)state;
    expect_refused("t,lot,w\n1,A,1\n", LV_E_SYNTAX, "m.csv:1: there is no column v;");
    expect_refused("T,lot,v\n1,A,1\n", LV_E_SYNTAX, "m.csv:1: there is no column t;");
    expect_refused("t,lot,v,lot\n1,A,1,B\n", LV_E_SYNTAX,
                   "m.csv:1: column lot stands twice (2 and 4)");
    expect_refused("", LV_E_SYNTAX, "m.csv:1: the file is empty");
    expect_refused("\xef\xbb\xbf", LV_E_SYNTAX, "m.csv:1: the file is empty");
    expect_refused("\n\n", LV_E_SYNTAX, "m.csv:2: the file is empty");
    expect_refused("t,lot,v\n", LV_E_SYNTAX, "m.csv:1: there is no row below the header line");
}

static void test_values_out_of_range(void **state)
{
    (void)state;
    expect_refused("t,lot,v\n1,A,0.45\n2,B,2.56\n", LV_E_RANGE,
                   "m.csv:3: column v (3): the value is out of range: series moisture tells 0.00 "
                   "to 2.55");
    expect_refused("t,lot,v\n1,A,-0.01\n", LV_E_RANGE, "m.csv:2: column v (3): the value is out");
    expect_refused("t,lot,v\n1,A,123456789012345678901234567890\n", LV_E_RANGE,
                   "m.csv:2: column v (3): the value is out");
    expect_refused("t,lot,v\n1,A,1e1\n", LV_E_SYNTAX, "m.csv:2: column v (3): this is no plain");
    expect_refused("t,lot,v\n1,A,\"1,5\"\n", LV_E_SYNTAX, "m.csv:2: column v (3): this is no");
}

/* Whatever is wrong with a file, the words must not carry what was measured. */
static void test_words_never_repeat_a_value(void **state)
{
    (void)state;
    const char *bad[] = {
        "1,A,731.9042\n2,B,731.9042\n", "t,lot,v\n1,A,731.9042\n",   "t,lot,v\n1,A,731.9042x\n",
        "t,lot,v\n1,A,731.9042,\n",     "t,lot,v\n1,A,\"731.9042\n", "t,lot,v\n1,A,731.9042\xff\n",
        "t,lot,v\n1,A,\"731.9042\"x\n", "lot,t,v\nA,731.9042,1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_error err;
        lv_rows rows;
        assert_true(read_bytes(bad[i], strlen(bad[i]), "", &rows, &err) != LV_OK);
        assert_true(err.text[0] != '\0');
        assert_null(strstr(err.text, "731"));
        assert_null(strstr(err.text, "9042"));
    }
}

static void test_quotation_marks_out_of_place(void **state)
{
    (void)state;
    expect_refused("t,lot,v\n1,A\"B,1\n", LV_E_SYNTAX, "m.csv:2: cell 2: a quotation mark is out");
    expect_refused("t,lot,v\n1,\"A\"B,1\n", LV_E_SYNTAX, "m.csv:2: cell 2: a quotation mark is");
    expect_refused("t,lot,v\n1,A,1\n2,B,\"1\n", LV_E_SYNTAX,
                   "m.csv:3: cell 3: a quotation mark is opened and never closed");
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    const char nul[] = "t,lot,v\n1,A,1\n2,\0B,1\n";
    expect_bytes_refused(nul, sizeof nul - 1, "", LV_E_SYNTAX, "m.csv:3: a NUL byte;");
    expect_refused("\xff\xfe,lot,v\n", LV_E_SYNTAX, "m.csv:1: bytes that are no UTF-8;");
    expect_refused("t,lot,v\n\xff,A,1\n", LV_E_SYNTAX, "m.csv:2: bytes that are no UTF-8;");
    expect_refused("t,lot,v\r\n1,A\xc3,1\n", LV_E_SYNTAX, "m.csv:2: bytes that are no UTF-8;");
    expect_refused("t,lot,v\r\n1,A,1\xe6\xb0", LV_E_SYNTAX, "m.csv:2: bytes that are no UTF-8;");
    expect_refused("t,lot,v\n1,\"A\nB\",1\n", LV_E_SYNTAX, "m.csv:2: column lot (2): a lot has at");
    expect_refused("t,lot,v\n1,\" A\",1\n", LV_E_SYNTAX, "m.csv:2: column lot (2): a lot has at");
}

static void fill(lv_buffer *csv, const char *before, char c, size_t count, const char *after)
{
    uint8_t *place = NULL;
    assert_int_equal(lv_buffer_append(csv, before, strlen(before)), LV_OK);
    assert_int_equal(lv_buffer_extend(csv, count, &place), LV_OK);
    memset(place, c, count);
    assert_int_equal(lv_buffer_append(csv, after, strlen(after)), LV_OK);
}

static void test_over_long_cells(void **state)
{
    (void)state;
    const struct {
        size_t len;
        lv_status status;
        const char *words;
    } cases[] = {
        {LV_CELL_MAX, LV_OK, ""},
        {LV_CELL_MAX + 1, LV_E_LIMIT, "m.csv:2: cell 4 has over 4096 bytes"},
        {3 * (size_t)LV_CELL_MAX, LV_E_LIMIT, "m.csv:2: cell 4 has over 4096 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lv_buffer csv = {0};
        lv_error err;
        lv_rows rows;
        fill(&csv, "t,lot,v,note\n1,A,1,\"", '\n', cases[i].len, "\"\n");
        assert_int_equal(read_bytes(lv_buffer_text(&csv), csv.len, "", &rows, &err),
                         cases[i].status);
        assert_ptr_equal(strstr(err.text, cases[i].words), err.text);
        lv_rows_free(&rows);
        lv_buffer_free(&csv);
    }
    lv_buffer csv = {0};
    fill(&csv, "t,lot,v\n1,", 'A', LV_LOT_MAX + 1, ",1\n");
    expect_refused(lv_buffer_text(&csv), LV_E_SYNTAX, "m.csv:2: column lot (2): a lot has at most");
    lv_buffer_free(&csv);
    fill(&csv, "t,lot,v\n", '0', LV_NAME_MAX + 1, ",A,1\n");
    expect_refused(lv_buffer_text(&csv), LV_E_SYNTAX, "m.csv:2: column t (1): this is no time");
    lv_buffer_free(&csv);
}

static void expect_parents(const char *csv, const char *parents)
{
    lv_error err;
    lv_rows rows;
    assert_int_equal(read_bytes(csv, strlen(csv), "from", &rows, &err), LV_OK);
    if (parents == NULL) {
        assert_null(rows.rows[0].parents);
    } else {
        assert_string_equal(rows.rows[0].parents, parents);
    }
    lv_rows_free(&rows);
}

static void expect_bad_parents(const char *csv, lv_status status, const char *words)
{
    expect_bytes_refused(csv, strlen(csv), "from", status, words);
}

static void test_parents(void **state)
{
    (void)state;
    expect_parents("t,lot,v,from\n1,A,1,\n", NULL);
    expect_parents("t,lot,v,from\n1,A,1,\"  \"\n", NULL);
    expect_parents("t,lot,v,from\n1,A,1,U1\n", "U1");
    expect_parents("t,lot,v,from\n1,A,1,\"  U1   U2 \"\n", "U1 U2");
    expect_parents("t,lot,v,from\n1,A,1,1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
                   "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
    expect_bad_parents("t,lot,v\n1,A,1\n", LV_E_SYNTAX, "m.csv:1: there is no column from");
    expect_bad_parents("t,lot,v,from\n1,A,1,1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
                       LV_E_LIMIT, "m.csv:2: column from (4): at most 16 lots");
    expect_bad_parents("t,lot,v,from\n1,A,1,U1 U1\n", LV_E_SYNTAX,
                       "m.csv:2: column from (4): a lot");
    expect_bad_parents("t,lot,v,from\n1,A,1,U1 A\n", LV_E_SYNTAX,
                       "m.csv:2: column from (4): a lot");
    expect_bad_parents("t,lot,v,from\n1,A,1,\"U1\tU2\"\n", LV_E_SYNTAX,
                       "m.csv:2: column from (4): control characters");
    /* The row that failed is the second: the first one's parents are freed as well. */
    expect_bad_parents("t,lot,v,from\n1,A,1,U1\n2,B,,U2\n", LV_E_SYNTAX, "m.csv:3: column v (3)");
}

static void test_a_bad_series_is_refused(void **state)
{
    (void)state;
    lv_series series = series_of("t", "v", "");
    lv_rows rows;
    lv_error err = {0};
    series.scale.bits = 63;
    assert_int_equal(
        lv_rows_parse(&series, "m.csv", lv_bytes_of_text("t,lot,v\n1,A,1\n"), &rows, &err),
        LV_E_CONFIG);
    assert_non_null(strstr(err.text, "width"));
    assert_null(rows.rows);
}

/* Every truncation either gives whole rows or an error, and never a row that is cut. */
static void test_every_truncation(void **state)
{
    (void)state;
    const char csv[] = "t,lot,v,x\r\n1,A,0.45,\"a\nb\"\r\n2,B,0.41,\"c\"\"d\"\r\n";
    for (size_t len = 0; len < sizeof csv - 1; len++) {
        /* A copy of just that size, so that a read past its end is seen. */
        char *copy = malloc(len + 1);
        lv_error err;
        lv_rows rows;
        assert_non_null(copy);
        memcpy(copy, csv, len);
        lv_status status = read_bytes(copy, len, "", &rows, &err);
        if (status == LV_OK) {
            assert_true(rows.rows[0].value == 45);
            assert_true(rows.count == 1 || rows.rows[1].value == 41);
        } else {
            assert_null(rows.rows);
            assert_true(err.text[0] != '\0');
        }
        lv_rows_free(&rows);
        free(copy);
    }
}

static void test_many_rows(void **state)
{
    (void)state;
    lv_buffer csv = {0};
    lv_rows rows;
    assert_int_equal(lv_buffer_printf(&csv, "t,lot,v\n"), LV_OK);
    for (unsigned i = 0; i < 20000; i++) {
        assert_int_equal(lv_buffer_printf(&csv, "%u,L%u,%u.%02u\n", i, i, i % 2, i % 50), LV_OK);
    }
    expect_rows(lv_buffer_text(&csv), 20000, &rows);
    assert_int_equal(rows.rows[19999].line, 20001);
    assert_true(rows.rows[19999].value == 149);
    lv_rows_free(&rows);
    lv_buffer_free(&csv);
}

static void test_too_many_rows(void **state)
{
    (void)state;
    lv_buffer csv = {0};
    assert_int_equal(lv_buffer_printf(&csv, "t,lot,v\n"), LV_OK);
    for (unsigned i = 0; i <= LV_ROWS_MAX; i++) {
        assert_int_equal(lv_buffer_printf(&csv, "%u,L%u,1\n", i, i), LV_OK);
    }
    expect_refused(lv_buffer_text(&csv), LV_E_LIMIT, "m.csv:1000002: over 1000000 rows");
    lv_buffer_free(&csv);
}

/* ---- in pieces ---- */

/* What a reader gives, as "lot@line ...", and the words that ended it. */
typedef struct {
    lv_buffer seen;
    lv_status refuse;
} reading;

static lv_status see(void *context, const lv_row *row, lv_error *err)
{
    reading *r = context;
    assert_int_equal(lv_buffer_printf(&r->seen, "%s@%zu%s%s ", row->lot, row->line,
                                      row->parents != NULL ? "<" : "",
                                      row->parents != NULL ? row->parents : ""),
                     LV_OK);
    return r->refuse == LV_OK ? LV_OK : lv_fail(err, r->refuse, "the taker's words");
}

static lv_status read_in_pieces(lv_bytes csv, size_t piece, reading *r, lv_error *err)
{
    const lv_series series = series_of("t", "v", "p");
    lv_rows_reader *reader = NULL;
    lv_status status = lv_rows_reader_new(&series, "m.csv", see, r, &reader, err);
    while (status == LV_OK && csv.len > 0) {
        size_t len = csv.len < piece ? csv.len : piece;
        status = lv_rows_reader_feed(reader, (lv_bytes){csv.data, len}, err);
        csv.data += len;
        csv.len -= len;
    }
    if (status == LV_OK) {
        status = lv_rows_reader_end(reader, err);
    }
    lv_rows_reader_free(reader);
    return status;
}

/* The same text, moved by blank lines over the place where what is read is cut. */
static void expect_everywhere(const char *text, size_t len, lv_status expected, const char *seen,
                              const char *words)
{
    enum { CUT = 65536 };
    for (size_t before = CUT - len - 2; before <= CUT + 2; before++) {
        static uint8_t bytes[CUT + 1024];
        lv_error err = {0};
        reading r = {0};
        memset(bytes, '\n', before);
        memcpy(bytes + before, text, len);
        lv_status status =
            read_in_pieces((lv_bytes){bytes, before + len}, before % 7919 + 1, &r, &err);
        if (status != expected) {
            fail_msg("%zu bytes before: %s \"%s\"", before, lv_status_name(status), err.text);
        }
        const char *found = strstr(err.text, ": ");
        assert_string_equal(found != NULL ? found + 2 : "", words);
        /* Lines count from the text's own first one here. */
        lv_buffer moved = {0};
        for (const char *at = lv_buffer_text(&r.seen); *at != '\0'; at++) {
            assert_int_equal(lv_buffer_append(&moved, at, 1), LV_OK);
            if (*at == '@') {
                char *end = NULL;
                unsigned long line = strtoul(at + 1, &end, 10);
                assert_int_equal(lv_buffer_printf(&moved, "%lu", line - before), LV_OK);
                at = end - 1;
            }
        }
        assert_string_equal(lv_buffer_text(&moved), seen);
        lv_buffer_free(&moved);
        lv_buffer_free(&r.seen);
    }
}

static void test_pieces_may_be_cut_anywhere(void **state)
{
    static const char GOOD[] = "t,lot,v,p,x\r\n1,\xc3\xa4\xe2\x82\xac,1,U1 U2,\"a\r\nb\"\r\n\r\n"
                               "2,B,2,,\xf0\x9f\x90\x8c\n3,\"C \"\"c\"\"\",2,U3,\r4,D,1,,";
    static const char BYTES[] = "t,lot,v,p\n1,A,1,\n2,B\xe2\x82,2,\n";
    static const char QUOTE[] = "t,lot,v,p\n1,A,1,\n2,\"B\"x,2,\n";
    static const char OPEN[] = "t,lot,v,p\n1,A,1,\n2,\"B,2,\n";
    (void)state;
    expect_everywhere(GOOD, sizeof GOOD - 1, LV_OK,
                      "\xc3\xa4\xe2\x82\xac@2<U1 U2 B@5 C \"c\"@6<U3 D@7 ", "");
    expect_everywhere(BYTES, sizeof BYTES - 1, LV_E_SYNTAX, "A@2 ",
                      "bytes that are no UTF-8; save the file as UTF-8 text");
    expect_everywhere(QUOTE, sizeof QUOTE - 1, LV_E_SYNTAX, "A@2 ",
                      "cell 2: a quotation mark is out of place; cells with commas or quotation "
                      "marks stand in quotation marks, and those inside are doubled");
    expect_everywhere(OPEN, sizeof OPEN - 1, LV_E_SYNTAX, "A@2 ",
                      "cell 2: a quotation mark is opened and never closed");
}

static void test_a_byte_order_mark_stands_at_the_beginning_only(void **state)
{
    static const char MARKED[] = "\xef\xbb\xbft,lot,v,p\n1,A,1,\n";
    (void)state;
    for (size_t piece = 1; piece < 6; piece++) {
        lv_error err = {0};
        reading r = {0};
        const lv_bytes csv = {(const uint8_t *)MARKED, sizeof MARKED - 1};
        assert_int_equal(read_in_pieces(csv, piece, &r, &err), LV_OK);
        assert_string_equal(lv_buffer_text(&r.seen), "A@2 ");
        lv_buffer_free(&r.seen);
    }
}

static void test_what_the_taker_refuses_ends_it(void **state)
{
    lv_error err = {0};
    reading r = {.refuse = LV_E_IO};
    (void)state;
    const lv_bytes csv = lv_bytes_of_text("t,lot,v,p\n1,A,1,\n2,B,2,\n");
    assert_int_equal(read_in_pieces(csv, 5, &r, &err), LV_E_IO);
    assert_string_equal(err.text, "the taker's words");
    assert_string_equal(lv_buffer_text(&r.seen), "A@2 ");
    lv_buffer_free(&r.seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_example),
        cmocka_unit_test(test_every_way_of_writing_it),
        cmocka_unit_test(test_lines_stay_right_with_newlines_in_cells),
        cmocka_unit_test(test_times_of_one_kind),
        cmocka_unit_test(test_times_that_do_not_rise),
        cmocka_unit_test(test_doubled_lots),
        cmocka_unit_test(test_empty_and_missing_cells),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_values_out_of_range),
        cmocka_unit_test(test_words_never_repeat_a_value),
        cmocka_unit_test(test_quotation_marks_out_of_place),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_over_long_cells),
        cmocka_unit_test(test_parents),
        cmocka_unit_test(test_a_bad_series_is_refused),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_too_many_rows),
        cmocka_unit_test(test_pieces_may_be_cut_anywhere),
        cmocka_unit_test(test_a_byte_order_mark_stands_at_the_beginning_only),
        cmocka_unit_test(test_what_the_taker_refuses_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
