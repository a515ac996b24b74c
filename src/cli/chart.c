#include "cli/chart.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t REPLACEMENT = 0xfffd;
static const unsigned GAP = 2;         /* columns between the panels */
static const unsigned LABEL_MAX = 10;  /* columns of a label; twice that in wide charts */
static const unsigned LOT_MAX = 12;    /* of a lot */
static const unsigned TEXT_MAX = 12;   /* of a value */
static const unsigned CHANGE_MAX = 11; /* of "^ rise 2^61" */
static const unsigned OWN_MAX = 8;     /* of the upstream's own measurement */
static const unsigned BAR_MAX = 32;    /* of a bar */
static const unsigned DOTS_MIN = 3;    /* below that a row of dots says nothing */
static const unsigned DOTS_MAX = 24;

/* ---- characters ---- */

static bool is_continuation(char c) { return ((unsigned char)c & 0xc0U) == 0x80U; }

/* Decodes one sequence of two to four bytes; 0 where it is none in its shortest form. */
static uint32_t decode(const unsigned char *at, size_t *len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t character = 0;

    *len = 0;
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        *len = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        *len = 3;
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        *len = 4;
    } else {
        return 0;
    }
    character = at[0] & (0xffU >> (*len + 1));
    for (size_t i = 1; i < *len; i++) {
        if (!is_continuation((char)at[i])) {
            return 0;
        }
        character = character << 6 | (at[i] & 0x3fU);
    }
    bool surrogate = character >= 0xd800 && character <= 0xdfff;
    return character < least[*len] || character > 0x10ffff || surrogate ? 0 : character;
}

/* Would it move the cursor, colour the screen or turn the direction of writing? */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

uint32_t lv_chart_next_character(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    size_t len = 1;
    uint32_t character = at[0];

    if (character == 0) {
        return 0;
    }
    if (character >= 0x80) {
        character = decode(at, &len);
        if (character == 0) {
            *text += 1;
            return REPLACEMENT;
        }
    }
    *text += len;
    return is_unsafe(character) ? REPLACEMENT : character;
}

/* Columns a character takes on a terminal (Unicode's East Asian Width, marks take none). */
static unsigned columns_of(uint32_t c)
{
    static const struct {
        uint32_t first;
        uint32_t last;
        unsigned columns;
    } ranges[] = {
        {0x0300, 0x036f, 0},   {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x20d0, 0x20ff, 0},
        {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},
        {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return ranges[i].columns;
        }
    }
    return 1;
}

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x10000 ? 3 : 4;
    if (c < 0x800) {
        len = 2;
    }
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80U | (c & 0x3fU));
        c >>= 6;
    }
    out[0] = (char)((0xf00U >> len & 0xffU) | c);
    return len;
}

/* ---- the canvas ---- */

/* Where a line is being written. The first failure sticks. */
typedef struct {
    lv_buffer *out;
    bool ascii;
    bool colour;
    unsigned column;
    lv_status status;
} canvas;

typedef enum { PLAIN, BOLD, DIM, RED, YELLOW, GREEN } paint;

static void append(canvas *c, const char *bytes, size_t len)
{
    if (c->status == LV_OK) {
        c->status = lv_buffer_append(c->out, bytes, len);
    }
}

static void set_paint(canvas *c, paint which)
{
    static const char *const codes[] = {"\033[0m",    "\033[1m",  "\033[2m",
                                        "\033[1;31m", "\033[33m", "\033[32m"};
    if (c->colour) {
        append(c, codes[which], strlen(codes[which]));
    }
}

/* A drawn sign of `columns` columns, or its ASCII stand-in of as many. */
static void put_sign(canvas *c, const char *sign, const char *ascii, unsigned columns)
{
    const char *text = c->ascii ? ascii : sign;
    append(c, text, strlen(text));
    c->column += columns;
}

static void pad_to(canvas *c, unsigned column)
{
    while (c->column < column && c->status == LV_OK) {
        put_sign(c, " ", " ", 1);
    }
}

/* The next character as it will be shown. */
static uint32_t shown_character(const char **text, bool ascii)
{
    uint32_t character = lv_chart_next_character(text);
    return ascii && character >= 0x80 ? '?' : character;
}

static unsigned width_of(const char *text, bool ascii)
{
    unsigned width = 0;
    const char *at = text == NULL ? "" : text;

    for (uint32_t c = shown_character(&at, ascii); c != 0; c = shown_character(&at, ascii)) {
        width += columns_of(c);
    }
    return width;
}

/* Writes text in at most `max` columns, with a sign of omission where it does not fit. */
static void put_text(canvas *c, const char *text, unsigned max)
{
    bool cut = width_of(text, c->ascii) > max;
    unsigned room = cut && max > 0 ? max - 1 : max;
    const char *at = text == NULL ? "" : text;

    for (;;) {
        char bytes[4];
        uint32_t character = shown_character(&at, c->ascii);
        if (character == 0 || columns_of(character) > room) {
            break;
        }
        append(c, bytes, encode(character, bytes));
        c->column += columns_of(character);
        room -= columns_of(character);
    }
    if (cut && max > 0) {
        put_sign(c, "…", "~", 1);
    }
}

/* Text in a cell of its own, with one blank after it. */
static void put_cell(canvas *c, const char *text, unsigned width)
{
    unsigned end = c->column + width;
    put_text(c, text, width);
    pad_to(c, end + 1);
}

static void put_cell_right(canvas *c, const char *text, unsigned width)
{
    unsigned used = width_of(text, c->ascii);
    pad_to(c, c->column + (used < width ? width - used : 0));
    put_text(c, text, width);
    pad_to(c, c->column + 1);
}

/* ---- what the data come to ---- */

bool lv_chart_exponent(uint64_t scale, unsigned *exponent)
{
    *exponent = 0;
    if (scale == 0 || (scale & (scale - 1)) != 0) {
        return false;
    }
    *exponent = (unsigned)__builtin_ctzll(scale);
    return true;
}

size_t lv_chart_first_alarm(const lv_chart *chart)
{
    size_t i = 0;
    while (i < chart->count && !chart->periods[i].alarm) {
        i++;
    }
    return i;
}

size_t lv_chart_first_complaint(const lv_chart *chart)
{
    size_t i = 0;
    while (i < chart->count && !chart->periods[i].complaint) {
        i++;
    }
    return i;
}

double lv_chart_value(const lv_chart_period *period)
{
    char *end = NULL;

    if (period->value_text == NULL) {
        return NAN;
    }
    double value = strtod(period->value_text, &end);
    return end == period->value_text || *end != '\0' || !isfinite(value) ? NAN : value;
}

static const char *period_name(const lv_chart *chart)
{
    return chart->period_name != NULL ? chart->period_name : "period";
}

static lv_status summarise_distance(const lv_chart *chart, size_t alarm, size_t complaint,
                                    lv_buffer *out)
{
    static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six"};
    size_t periods = complaint > alarm ? complaint - alarm : alarm - complaint;
    const char *label = chart->periods[complaint].label;
    const char *name = period_name(chart);
    char number[24];

    if (periods == 0) {
        return lv_buffer_printf(out, ", in the %s of the complaint.", name);
    }
    snprintf(number, sizeof number, "%zu", periods);
    return lv_buffer_printf(out, ", %s %s%s %s the complaint in %s %s.",
                            periods < sizeof words / sizeof words[0] ? words[periods] : number,
                            name, periods == 1 ? "" : "s", complaint > alarm ? "before" : "after",
                            name, label);
}

lv_status lv_chart_summary(const lv_chart *chart, lv_buffer *out)
{
    size_t alarm = lv_chart_first_alarm(chart);
    size_t complaint = lv_chart_first_complaint(chart);
    const char *name = period_name(chart);

    if (alarm == chart->count) {
        return complaint == chart->count
                   ? lv_buffer_printf(out, "No alarm.")
                   : lv_buffer_printf(out, "No alarm, but a complaint in %s %s.", name,
                                      chart->periods[complaint].label);
    }
    lv_status status = lv_buffer_printf(out, "ALARM in %s %s", name, chart->periods[alarm].label);
    if (status != LV_OK) {
        return status;
    }
    return complaint == chart->count ? lv_buffer_printf(out, ".")
                                     : summarise_distance(chart, alarm, complaint, out);
}

/* Least and greatest of the numbers that there are. */
typedef struct {
    double least;
    double greatest;
    bool any;
} range;

static void widen(range *r, double value)
{
    if (!isfinite(value)) {
        return;
    }
    r->least = !r->any || value < r->least ? value : r->least;
    r->greatest = !r->any || value > r->greatest ? value : r->greatest;
    r->any = true;
}

/* 0..1, where the value stands in the range; the middle of a range without extent. */
static double place_in(const range *r, double value)
{
    double extent = r->greatest - r->least;
    return extent > 0 && isfinite(extent) ? (value - r->least) / extent : 0.5;
}

/* ---- layout ---- */

/* "rise 2^6" without its sign. */
static void change_words(const lv_chart_period *period, char text[40])
{
    static const char *const words[] = {"", "rise", "fall", "equal"};
    unsigned exponent = 0;

    if (period->verdict == LV_CHART_NONE || period->verdict == LV_CHART_EQUAL ||
        period->scale == 0) {
        snprintf(text, 40, "%s", words[period->verdict]);
    } else if (lv_chart_exponent(period->scale, &exponent)) {
        snprintf(text, 40, "%s 2^%u", words[period->verdict], exponent);
    } else {
        snprintf(text, 40, "%s %" PRIu64, words[period->verdict], period->scale);
    }
}

typedef struct {
    unsigned left;  /* columns of the left panel, frame included */
    unsigned right; /* of the right one */
    unsigned label;
    unsigned lot;
    unsigned value;
    unsigned bar;
    unsigned lock;
    unsigned change;
    unsigned own;
    unsigned dots; /* 0: none */
    range values;
    range owns;
} layout;

static unsigned least_of(unsigned a, unsigned b) { return a < b ? a : b; }

static unsigned greatest_of(unsigned a, unsigned b) { return a > b ? a : b; }

static void measure_period(const lv_chart_period *period, bool ascii, layout *l)
{
    char words[40];

    change_words(period, words);
    l->label = greatest_of(l->label, width_of(period->label, ascii));
    l->lot = greatest_of(l->lot, width_of(period->lot, ascii));
    l->value = greatest_of(l->value, width_of(period->value_text, ascii));
    l->own = greatest_of(l->own, width_of(period->performance_text, ascii));
    l->change = greatest_of(l->change, 2 + width_of(words, ascii));
    widen(&l->values, lv_chart_value(period));
    widen(&l->owns, period->performance);
}

/* What is left of a panel's inside after columns that are taken (each with a blank after it). */
static unsigned rest_of(unsigned panel, unsigned taken)
{
    return panel > taken + 4 ? panel - 4 - taken : 0;
}

static layout measure(const lv_chart *chart, const lv_chart_style *style)
{
    unsigned width = least_of(greatest_of(style->width, LV_CHART_WIDTH_MIN), LV_CHART_WIDTH_MAX);
    layout l = {.left = (width - GAP) / 2,
                .right = width - GAP - (width - GAP) / 2,
                .label = width_of(period_name(chart), style->ascii),
                .value = greatest_of(width_of(chart->unit, style->ascii), 3),
                .lock = style->ascii ? 7 : 6,
                .change = 6, /* "change" */
                .own = width_of(chart->performance_unit, style->ascii)};

    for (size_t i = 0; i < chart->count; i++) {
        measure_period(&chart->periods[i], style->ascii, &l);
    }
    l.label = least_of(l.label, width < 100 ? LABEL_MAX : 2 * LABEL_MAX);
    l.value = least_of(l.value, TEXT_MAX);
    l.own = least_of(l.own, OWN_MAX);
    l.change = least_of(l.change, CHANGE_MAX);
    l.label = least_of(l.label, rest_of(l.right, l.lock + l.change + l.own + 4));
    l.lot = least_of(least_of(l.lot, LOT_MAX), rest_of(l.left, l.label + l.value + 3));
    /* Bars begin at zero, or below it where a value does. */
    if (l.values.any) {
        widen(&l.values, 0);
    }
    l.bar = least_of(rest_of(l.left, l.label + l.lot + l.value + 3), BAR_MAX);
    l.dots = least_of(rest_of(l.right, l.label + l.lock + l.change + l.own + 4), DOTS_MAX);
    l.dots = l.dots < DOTS_MIN || !l.owns.any ? 0 : l.dots;
    return l;
}

/* ---- panels ---- */

static canvas canvas_of(const lv_chart_style *style, lv_buffer *out)
{
    return (canvas){.out = out, .ascii = style->ascii, .colour = style->colour};
}

static void end_line(canvas *c)
{
    append(c, "\n", 1);
    c->column = 0;
}

static void put_edge(canvas *c)
{
    set_paint(c, DIM);
    put_sign(c, "│", "|", 1);
    set_paint(c, PLAIN);
}

/* The frame before and after a panel's inside. */
static void open_panel(canvas *c)
{
    put_edge(c);
    pad_to(c, c->column + 1);
}

static void close_panel(canvas *c, unsigned end)
{
    pad_to(c, end - 1);
    put_edge(c);
}

static void put_rule(canvas *c, unsigned end)
{
    while (c->column < end && c->status == LV_OK) {
        put_sign(c, "─", "-", 1);
    }
}

static void put_top(canvas *c, const char *title, unsigned end)
{
    set_paint(c, DIM);
    put_sign(c, "┌ ", "+ ", 2);
    set_paint(c, PLAIN);
    set_paint(c, BOLD);
    put_text(c, title, end - c->column - 3);
    set_paint(c, PLAIN);
    set_paint(c, DIM);
    put_sign(c, " ", " ", 1);
    put_rule(c, end - 1);
    put_sign(c, "┐", "+", 1);
    set_paint(c, PLAIN);
}

static void put_bottom(canvas *c, unsigned end)
{
    set_paint(c, DIM);
    put_sign(c, "└", "+", 1);
    put_rule(c, end - 1);
    put_sign(c, "┘", "+", 1);
    set_paint(c, PLAIN);
}

/* A line of plain text in each panel. */
static void put_pair(canvas *c, const layout *l, const char *left, const char *right)
{
    open_panel(c);
    put_text(c, left, rest_of(l->left, 0));
    close_panel(c, l->left);
    pad_to(c, l->left + GAP);
    open_panel(c);
    put_text(c, right, rest_of(l->right, 0));
    close_panel(c, l->left + GAP + l->right);
    end_line(c);
}

static lv_status put_titles(canvas *c, const lv_chart *chart, const layout *l)
{
    lv_buffer left = {0};
    lv_buffer right = {0};
    const char *title = chart->title != NULL ? chart->title : "values";

    lv_status status = lv_buffer_printf(&left, "%s%s%s", title, chart->unit != NULL ? ", " : "",
                                        chart->unit != NULL ? chart->unit : "");
    if (status == LV_OK) {
        status = lv_buffer_printf(&right, "%s: encrypted", title);
    }
    if (status == LV_OK) {
        put_pair(c, l, lv_buffer_text(&left), lv_buffer_text(&right));
        right.len = 0;
        status =
            chart->performance_title == NULL
                ? lv_buffer_printf(&right, "no measurements of its own")
                : lv_buffer_printf(&right, "own %s%s%s", chart->performance_title,
                                   chart->performance_unit != NULL ? ", " : "",
                                   chart->performance_unit != NULL ? chart->performance_unit : "");
    }
    if (status == LV_OK) {
        put_pair(c, l, "confidential", lv_buffer_text(&right));
    }
    lv_buffer_free(&left);
    lv_buffer_free(&right);
    return status;
}

static void put_headings(canvas *c, const lv_chart *chart, const layout *l)
{
    open_panel(c);
    set_paint(c, DIM);
    put_cell(c, period_name(chart), l->label);
    if (l->lot > 0) {
        put_cell(c, "lot", l->lot);
    }
    put_cell_right(c, chart->unit, l->value);
    set_paint(c, PLAIN);
    close_panel(c, l->left);
    pad_to(c, l->left + GAP);
    open_panel(c);
    set_paint(c, DIM);
    put_cell(c, period_name(chart), l->label);
    put_cell(c, "value", l->lock);
    put_cell(c, "change", l->change);
    put_cell_right(c, chart->performance_unit, l->own);
    set_paint(c, PLAIN);
    close_panel(c, l->left + GAP + l->right);
    end_line(c);
}

lv_status lv_chart_draw_head(const lv_chart *chart, const lv_chart_style *style, lv_buffer *out)
{
    canvas c = canvas_of(style, out);
    layout l = measure(chart, style);

    put_top(&c, "What the downstream knows", l.left);
    pad_to(&c, l.left + GAP);
    put_top(&c, "What the upstream sees", l.left + GAP + l.right);
    end_line(&c);
    lv_status status = put_titles(&c, chart, &l);
    if (status != LV_OK) {
        return status;
    }
    put_headings(&c, chart, &l);
    return c.status;
}

/* ---- periods ---- */

static void put_bar(canvas *c, const layout *l, double value)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

    if (!isfinite(value) || l->bar == 0 || l->values.least == l->values.greatest) {
        return;
    }
    unsigned parts = (unsigned)lround(place_in(&l->values, value) * (double)(l->bar * 8));
    if (c->ascii) {
        parts = (parts + 4) / 8 * 8;
    }
    for (unsigned i = 0; i < parts / 8; i++) {
        put_sign(c, "█", "#", 1);
    }
    if (parts % 8 != 0) {
        put_sign(c, eighths[parts % 8], "", 1);
    }
}

static void put_dots(canvas *c, const layout *l, double value)
{
    if (!isfinite(value) || l->dots == 0) {
        return;
    }
    unsigned at = (unsigned)lround(place_in(&l->owns, value) * (double)(l->dots - 1));
    for (unsigned i = 0; i < l->dots; i++) {
        if (i == at) {
            put_sign(c, "●", "o", 1);
        } else {
            put_sign(c, "·", ".", 1);
        }
    }
}

static void put_lock(canvas *c, const layout *l)
{
    unsigned end = c->column + l->lock;
    set_paint(c, DIM);
    put_sign(c, "🔒 XXX", "[#] XXX", l->lock);
    set_paint(c, PLAIN);
    pad_to(c, end + 1);
}

static void put_change(canvas *c, const layout *l, const lv_chart_period *period)
{
    static const struct {
        const char *sign;
        const char *ascii;
        paint colour;
    } signs[] = {{"–", "-", DIM}, {"↑", "^", YELLOW}, {"↓", "v", GREEN}, {"=", "=", PLAIN}};
    unsigned end = c->column + l->change;
    char words[40];

    change_words(period, words);
    set_paint(c, period->alarm ? RED : signs[period->verdict].colour);
    put_sign(c, signs[period->verdict].sign, signs[period->verdict].ascii, 1);
    pad_to(c, c->column + 1);
    put_text(c, words, l->change - 2);
    set_paint(c, PLAIN);
    pad_to(c, end + 1);
}

static void put_period(canvas *c, const layout *l, const lv_chart_period *period)
{
    open_panel(c);
    put_cell(c, period->label, l->label);
    if (l->lot > 0) {
        put_cell(c, period->lot, l->lot);
    }
    put_cell_right(c, period->value_text != NULL ? period->value_text : "XXX", l->value);
    put_bar(c, l, lv_chart_value(period));
    close_panel(c, l->left);
    pad_to(c, l->left + GAP);
    open_panel(c);
    put_cell(c, period->label, l->label);
    put_lock(c, l);
    put_change(c, l, period);
    put_cell_right(c, period->performance_text, l->own);
    put_dots(c, l, period->performance);
    close_panel(c, l->left + GAP + l->right);
    end_line(c);
}

/* Complaint and alarm, below the period they belong to. */
static void put_events(canvas *c, const layout *l, const lv_chart_period *period)
{
    open_panel(c);
    pad_to(c, c->column + l->label + 1);
    if (period->complaint) {
        set_paint(c, BOLD);
        put_sign(c, "└ ", "` ", 2);
        put_text(c, "complaint", rest_of(l->left, l->label + 3));
        set_paint(c, PLAIN);
    }
    close_panel(c, l->left);
    pad_to(c, l->left + GAP);
    open_panel(c);
    pad_to(c, c->column + l->label + 1);
    if (period->alarm) {
        set_paint(c, RED);
        put_sign(c, "└ ", "` ", 2);
        put_text(c, period->lot != NULL ? "ALARM in lot " : "ALARM",
                 rest_of(l->right, l->label + 3));
        put_text(c, period->lot, rest_of(l->right, l->label + 3 + 13));
        set_paint(c, PLAIN);
    }
    close_panel(c, l->left + GAP + l->right);
    end_line(c);
}

lv_status lv_chart_draw_period(const lv_chart *chart, const lv_chart_style *style, size_t period,
                               lv_buffer *out)
{
    canvas c = canvas_of(style, out);
    layout l = measure(chart, style);

    if (period >= chart->count) {
        return LV_E_ARGUMENT;
    }
    put_period(&c, &l, &chart->periods[period]);
    if (chart->periods[period].alarm || chart->periods[period].complaint) {
        put_events(&c, &l, &chart->periods[period]);
    }
    return c.status;
}

lv_status lv_chart_draw_foot(const lv_chart *chart, const lv_chart_style *style, lv_buffer *out)
{
    canvas c = canvas_of(style, out);
    layout l = measure(chart, style);
    lv_buffer summary = {0};

    put_bottom(&c, l.left);
    pad_to(&c, l.left + GAP);
    put_bottom(&c, l.left + GAP + l.right);
    end_line(&c);
    lv_status status = lv_chart_summary(chart, &summary);
    if (status == LV_OK) {
        set_paint(&c, lv_chart_first_alarm(chart) < chart->count ? RED : BOLD);
        put_text(&c, lv_buffer_text(&summary), l.left + GAP + l.right);
        set_paint(&c, PLAIN);
        end_line(&c);
        status = c.status;
    }
    lv_buffer_free(&summary);
    return status;
}

lv_status lv_chart_draw(const lv_chart *chart, const lv_chart_style *style, lv_buffer *out)
{
    lv_status status = lv_chart_draw_head(chart, style, out);
    for (size_t i = 0; i < chart->count && status == LV_OK; i++) {
        status = lv_chart_draw_period(chart, style, i, out);
    }
    return status == LV_OK ? lv_chart_draw_foot(chart, style, out) : status;
}
