/** What a downstream knows beside what its upstream sees, as in Figure 5 of the paper, drawn for a
 *  terminal. src/cli/report.h makes a page of the same data. */
#ifndef LV_CLI_CHART_H
#define LV_CLI_CHART_H

#include <lotveil/bytes.h>

#define LV_CHART_WIDTH_MIN 80U
#define LV_CHART_WIDTH_MAX 120U

typedef enum {
    LV_CHART_NONE, /* nothing to compare with, or no verdict yet */
    LV_CHART_RISE,
    LV_CHART_FALL,
    LV_CHART_EQUAL,
} lv_chart_verdict;

/** One period. Texts are borrowed; whatever they hold, they are shown as text. */
typedef struct {
    const char *label;            /* "3" */
    const char *lot;              /* or NULL */
    const char *value_text;       /* a decimal that only the downstream knows, or NULL */
    uint64_t scale;               /* of the change; 0: not told */
    double performance;           /* the upstream's own measurement; NAN where there is none */
    const char *performance_text; /* as written in its CSV, or NULL */
    lv_chart_verdict verdict;
    bool alarm;
    bool complaint;
} lv_chart_period;

/** Texts may be NULL where nothing is said. */
typedef struct {
    const char *title;             /* "moisture" */
    const char *unit;              /* "g/cm2" */
    const char *period_name;       /* "month"; NULL: "period" */
    const char *performance_title; /* "dehumidifying performance" */
    const char *performance_unit;  /* "kg/h" */
    size_t count;
    const lv_chart_period *periods;
} lv_chart;

typedef struct {
    unsigned width; /* columns; below LV_CHART_WIDTH_MIN counts as that, above _MAX as that */
    bool ascii;     /* nothing but ASCII */
    bool colour;    /* with ANSI colours */
} lv_chart_style;

/** Appends the whole chart: head, every period, foot. No line is wider than style->width. The left
 *  panel tells the values: wipe `out` with lv_buffer_wipe. */
LV_MUST_CHECK lv_status lv_chart_draw(const lv_chart *chart, const lv_chart_style *style,
                                      lv_buffer *out);

/** The same piece by piece, to be shown as periods come in: head; each period (a line, and one
 *  more where there is an alarm or a complaint); foot with the summary. Bars and dots are to the
 *  scale of all periods of the chart from the start. */
LV_MUST_CHECK lv_status lv_chart_draw_head(const lv_chart *chart, const lv_chart_style *style,
                                           lv_buffer *out);
LV_MUST_CHECK lv_status lv_chart_draw_period(const lv_chart *chart, const lv_chart_style *style,
                                             size_t period, lv_buffer *out);
LV_MUST_CHECK lv_status lv_chart_draw_foot(const lv_chart *chart, const lv_chart_style *style,
                                           lv_buffer *out);

/** Appends what the first alarm comes to: "ALARM in month 3, one month before the complaint in
 *  month 4." Texts are as given, not made safe for showing. */
LV_MUST_CHECK lv_status lv_chart_summary(const lv_chart *chart, lv_buffer *out);

/** Is the scale a power of two (as every scale of a verdict is), and which? */
bool lv_chart_exponent(uint64_t scale, unsigned *exponent);

/** The first period with an alarm or complaint; chart->count where there is none. */
size_t lv_chart_first_alarm(const lv_chart *chart);
size_t lv_chart_first_complaint(const lv_chart *chart);

/** The number in a period's value_text; NAN where there is none. */
double lv_chart_value(const lv_chart_period *period);

/** One character of UTF-8 text that may be shown: moves `*text` past it. Control characters,
 *  changes of writing direction and bytes that are no UTF-8 become U+FFFD. 0 at the end. */
uint32_t lv_chart_next_character(const char **text);

#endif
