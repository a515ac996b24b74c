#include "cli/report.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The drawing area of both charts, in units of the SVG. */
static const double WIDTH = 560;
static const double HEIGHT = 300;
static const double LEFT = 56;
static const double RIGHT = 540;
static const double TOP = 40;
static const double BOTTOM = 216;
static const double MARK_Y = 252; /* middle of the verdict's sign */

static const char STYLE[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#60646c;--line:#d9d9e0;"
    "--panel:#f9f9fb;--own:#0b68cb;--value:#7c5cbf;--rise:#b45309;--fall:#15803d;--alarm:#c4161c;"
    "--band:#c4161c22}"
    "@media(prefers-color-scheme:dark){:root{--paper:#111113;--ink:#edeef0;--soft:#b0b4ba;"
    "--line:#363a3f;--panel:#18191b;--own:#70b8ff;--value:#baa7ff;--rise:#ffca16;--fall:#3dd68c;"
    "--alarm:#ff9592;--band:#ff959233}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:2rem 1rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:76rem;margin:0 auto}"
    "h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:0}"
    ".banner{margin:0 0 1.5rem;padding:.75rem 1rem;border-left:4px solid var(--line);"
    "background:var(--panel);font-weight:600}"
    ".banner.alarm{border-color:var(--alarm);color:var(--alarm)}"
    ".panels{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:1.5rem}"
    "@media(max-width:60rem){.panels{grid-template-columns:minmax(0,1fr)}}"
    "section{border:1px solid var(--line);border-radius:8px;background:var(--panel);padding:1rem;"
    "min-width:0}"
    "section p{margin:.25rem 0 1rem;color:var(--soft)}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin-top:1rem}"
    "th,td{text-align:left;padding:.35rem .5rem;border-top:1px solid var(--line);"
    "white-space:nowrap}"
    "th{color:var(--soft);font-weight:500;border-top:0;white-space:normal;vertical-align:bottom}"
    "tr.alarm td{background:var(--band)}"
    ".lock{color:var(--soft);white-space:nowrap}.rise{color:var(--rise)}.fall{color:var(--fall)}"
    ".event{color:var(--alarm);font-weight:600}"
    "svg{display:block;width:100%;height:auto}"
    "svg.glyph{display:inline;width:.8em;height:.8em;fill:var(--soft)}svg "
    "text{fill:var(--soft);font-size:13px}"
    "svg .tick{stroke:var(--line)}svg .own{stroke:var(--own);fill:none;stroke-width:2}"
    "svg .dot{fill:var(--own);stroke:var(--panel);stroke-width:2}svg .bar{fill:var(--value)}"
    "svg text.say{fill:var(--ink)}svg .band{fill:var(--band)}svg .alarm{fill:var(--alarm)}"
    "svg text.alarm{fill:var(--alarm);font-weight:600}"
    "svg .complaint{stroke:var(--ink);stroke-dasharray:4 4}"
    "svg path.rise{fill:var(--rise)}svg path.fall{fill:var(--fall)}svg path.equal{fill:var(--soft)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.5rem 0 0;"
    "color:var(--soft)}dt{font-weight:500}dd{margin:0;overflow-wrap:anywhere}";

/* The page being written. The first failure sticks. */
typedef struct {
    const lv_chart *chart;
    const lv_report_options *options;
    lv_buffer *out;
    lv_status status;
} page;

/* Markup of our own. */
#define PUT(p, ...)                                                                                \
    do {                                                                                           \
        if ((p)->status == LV_OK) {                                                                \
            (p)->status = lv_buffer_printf((p)->out, __VA_ARGS__);                                 \
        }                                                                                          \
    } while (0)

/* Text from elsewhere: every character that is special in HTML goes out as a reference, every
 * other one beyond ASCII as a number. */
static void put_text(page *p, const char *text)
{
    const char *at = text == NULL ? "" : text;

    for (uint32_t c = lv_chart_next_character(&at); c != 0; c = lv_chart_next_character(&at)) {
        if (c >= 0x80 || strchr("&<>\"'`=", (int)c) != NULL) {
            PUT(p, "&#%" PRIu32 ";", c);
        } else {
            PUT(p, "%c", (int)c);
        }
    }
}

static const char *period_name(const page *p)
{
    return p->chart->period_name != NULL ? p->chart->period_name : "period";
}

/* ---- geometry ---- */

/* The scale of a chart's vertical axis. */
typedef struct {
    double least;
    double greatest;
    double step; /* between ticks; 0: there is nothing to draw */
} axis;

static double number_of(const lv_chart_period *period, bool own)
{
    return own ? period->performance : lv_chart_value(period);
}

/* A round step (1, 2 or 5 times a power of ten) that cuts the extent into about four. */
static double step_of(double extent)
{
    double power = pow(10, floor(log10(extent / 4)));
    double parts = extent / 4 / power;

    if (parts > 5) {
        return 10 * power;
    }
    if (parts > 2) {
        return 5 * power;
    }
    return parts > 1 ? 2 * power : power;
}

/* Widens the range of what is drawn to whole steps. Bars (not `own`) begin at zero. */
static axis axis_of(const lv_chart *chart, bool own)
{
    axis a = {.least = INFINITY, .greatest = -INFINITY};

    for (size_t i = 0; i < chart->count; i++) {
        double number = number_of(&chart->periods[i], own);
        if (isfinite(number)) {
            a.least = fmin(a.least, number);
            a.greatest = fmax(a.greatest, number);
        }
    }
    if (a.least > a.greatest) {
        return (axis){0};
    }
    if (!own) {
        a.least = fmin(a.least, 0);
        a.greatest = fmax(a.greatest, 0);
    }
    double extent = a.greatest - a.least;
    if (!(extent > fabs(a.greatest) * 1e-9)) {
        extent = fmax(fabs(a.greatest), 1);
    }
    if (!isfinite(extent) || extent < 1e-300) {
        return (axis){0};
    }
    a.step = step_of(extent);
    a.least = floor(a.least / a.step) * a.step;
    a.greatest = fmax(ceil(a.greatest / a.step), floor(a.least / a.step) + 1) * a.step;
    return a;
}

static double y_of(const axis *a, double number)
{
    return BOTTOM - (number - a->least) / (a->greatest - a->least) * (BOTTOM - TOP);
}

static double slot_width(const lv_chart *chart)
{
    return (RIGHT - LEFT) / (double)(chart->count > 0 ? chart->count : 1);
}

static double x_of(const lv_chart *chart, size_t period)
{
    return LEFT + ((double)period + 0.5) * slot_width(chart);
}

/* Labels below the axis would run into each other in long charts: every how many-th is written? */
static size_t label_stride(const lv_chart *chart) { return 1 + chart->count / 13; }

/* ---- charts ---- */

static void put_axis(page *p, const axis *a)
{
    unsigned digits = a->step < 1 ? (unsigned)fmin(-floor(log10(a->step)), 9) : 0;

    for (unsigned i = 0; i <= 12 && a->least + i * a->step <= a->greatest + a->step / 2; i++) {
        double number = a->least + i * a->step;
        number = fabs(number) < a->step / 2 ? 0 : number; /* "0.0", never "-0.0" */
        double y = y_of(a, number);
        PUT(p, "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
            RIGHT, y, y);
        PUT(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n", LEFT - 8, y + 4,
            (int)digits, number);
    }
    for (size_t i = 0; i < p->chart->count; i += label_stride(p->chart)) {
        PUT(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x_of(p->chart, i),
            BOTTOM + 18);
        put_text(p, p->chart->periods[i].label);
        PUT(p, "</text>\n");
    }
    PUT(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", (LEFT + RIGHT) / 2, HEIGHT - 8);
    put_text(p, period_name(p));
    PUT(p, "</text>\n");
}

/* The sign of a verdict, below its period: a shape, so that it needs neither colour nor font. */
static void put_mark(page *p, size_t i)
{
    const lv_chart_period *period = &p->chart->periods[i];
    double x = x_of(p->chart, i);
    unsigned exponent = 0;

    if (period->verdict == LV_CHART_NONE) {
        return;
    }
    if (period->verdict == LV_CHART_EQUAL) {
        PUT(p, "<path class=\"equal\" d=\"M%.1f %.1fh14v4h-14zm0 7h14v4h-14z\"/>\n", x - 7,
            MARK_Y - 6);
        return;
    }
    bool rise = period->verdict == LV_CHART_RISE;
    bool told = lv_chart_exponent(period->scale, &exponent);
    double at = told ? x - 14 : x;
    PUT(p, "<path class=\"%s\" d=\"M%.1f %.1fl7 %dh-14z\"/>\n", rise ? "rise" : "fall", at,
        rise ? MARK_Y - 7 : MARK_Y + 7, rise ? 14 : -14);
    if (told) {
        PUT(p,
            "<text class=\"say\" x=\"%.1f\" y=\"%.1f\">2<tspan dy=\"-5\" "
            "font-size=\"10\">%u</tspan></text>\n",
            x - 2, MARK_Y + 5, exponent);
    }
}

static void put_events(page *p)
{
    const lv_chart *chart = p->chart;
    size_t alarm = lv_chart_first_alarm(chart);
    size_t complaint = lv_chart_first_complaint(chart);

    if (alarm < chart->count) {
        PUT(p, "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            LEFT + (double)alarm * slot_width(chart), TOP, slot_width(chart), BOTTOM - TOP);
        PUT(p, "<text class=\"alarm\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">ALARM</text>\n",
            x_of(chart, alarm), TOP - 22);
    }
    if (complaint < chart->count) {
        double x = x_of(chart, complaint);
        PUT(p, "<line class=\"complaint\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", x,
            x, TOP - 4, BOTTOM);
        PUT(p,
            "<text class=\"say\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">complaint</text>\n",
            x, TOP - 8);
    }
}

static void put_line(page *p, const axis *a)
{
    const lv_chart *chart = p->chart;
    bool open = false;

    for (size_t i = 0; i < chart->count; i++) {
        double number = chart->periods[i].performance;
        if (!isfinite(number)) {
            PUT(p, "%s", open ? "\"/>\n" : "");
            open = false;
            continue;
        }
        PUT(p, "%s%.1f,%.1f", open ? " " : "<polyline class=\"own\" points=\"", x_of(chart, i),
            y_of(a, number));
        open = true;
    }
    PUT(p, "%s", open ? "\"/>\n" : "");
    for (size_t i = 0; i < chart->count; i++) {
        double number = chart->periods[i].performance;
        if (!isfinite(number)) {
            continue;
        }
        PUT(p, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>", x_of(chart, i),
            y_of(a, number));
        put_text(p, chart->periods[i].performance_text);
        PUT(p, "</title></circle>\n");
    }
}

static void put_bars(page *p, const axis *a)
{
    const lv_chart *chart = p->chart;
    double width = fmin(slot_width(chart) * 0.6, 64);

    for (size_t i = 0; i < chart->count; i++) {
        double value = lv_chart_value(&chart->periods[i]);
        if (!isfinite(value)) {
            continue;
        }
        double top = y_of(a, fmax(value, 0));
        PUT(p, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            x_of(chart, i) - width / 2, top, width, fmax(y_of(a, fmin(value, 0)) - top, 1));
        if (i % label_stride(chart) == 0) {
            PUT(p, "<text class=\"say\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                x_of(chart, i), top - 6);
            put_text(p, chart->periods[i].value_text);
            PUT(p, "</text>\n");
        }
    }
}

static void open_svg(page *p, const char *title, const char *unit)
{
    PUT(p, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\"><title>", WIDTH, HEIGHT);
    put_text(p, title);
    PUT(p, "</title>\n<text x=\"%.1f\" y=\"%.1f\">", 8.0, 14.0);
    put_text(p, unit);
    PUT(p, "</text>\n");
}

static void put_own_chart(page *p)
{
    axis a = axis_of(p->chart, true);

    open_svg(p, p->chart->performance_title != NULL ? p->chart->performance_title : "verdicts",
             p->chart->performance_unit);
    put_events(p);
    if (a.step > 0) {
        put_axis(p, &a);
        put_line(p, &a);
    }
    for (size_t i = 0; i < p->chart->count; i++) {
        put_mark(p, i);
    }
    PUT(p, "</svg>\n");
}

static void put_value_chart(page *p)
{
    axis a = axis_of(p->chart, false);

    if (a.step <= 0) {
        return;
    }
    open_svg(p, p->chart->title, p->chart->unit);
    put_axis(p, &a);
    put_bars(p, &a);
    PUT(p, "</svg>\n");
}

/* ---- tables ---- */

/* The lock drawn, so that it needs no font; hidden from screen readers, which read "XXX". */
static void put_lock(page *p)
{
    PUT(p, "<span class=\"lock\"><svg class=\"glyph\" aria-hidden=\"true\" viewBox=\"0 0 16 16\">"
           "<path d=\"M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z\"/></svg> XXX</span>");
}

static void put_cell(page *p, const char *text)
{
    PUT(p, "<td>");
    put_text(p, text);
    PUT(p, "</td>");
}

static void put_heading(page *p, const char *text, const char *unit)
{
    PUT(p, "<th scope=\"col\">");
    put_text(p, text);
    if (unit != NULL) {
        PUT(p, ", ");
        put_text(p, unit);
    }
    PUT(p, "</th>");
}

static void put_change(page *p, const lv_chart_period *period)
{
    static const char *const cells[] = {"&#8211;", "<span class=\"rise\">&#8593; rise</span>",
                                        "<span class=\"fall\">&#8595; fall</span>", "= equal"};
    unsigned exponent = 0;

    PUT(p, "<td>%s", cells[period->verdict]);
    if (period->verdict == LV_CHART_RISE || period->verdict == LV_CHART_FALL) {
        if (lv_chart_exponent(period->scale, &exponent)) {
            PUT(p, ", scale 2<sup>%u</sup> = %" PRIu64, exponent, period->scale);
        } else if (period->scale > 0) {
            PUT(p, ", scale %" PRIu64, period->scale);
        }
    }
    PUT(p, "</td>");
}

static void put_value_table(page *p)
{
    PUT(p, "<div class=\"wide\"><table>\n<tr>");
    put_heading(p, period_name(p), NULL);
    put_heading(p, "lot", NULL);
    put_heading(p, p->chart->title != NULL ? p->chart->title : "value", p->chart->unit);
    PUT(p, "<th></th></tr>\n");
    for (size_t i = 0; i < p->chart->count; i++) {
        const lv_chart_period *period = &p->chart->periods[i];
        PUT(p, "<tr>");
        put_cell(p, period->label);
        put_cell(p, period->lot);
        if (p->options->with_values && period->value_text != NULL) {
            put_cell(p, period->value_text);
        } else {
            PUT(p, "<td>");
            put_lock(p);
            PUT(p, "</td>");
        }
        PUT(p, "<td class=\"event\">%s</td></tr>\n", period->complaint ? "complaint" : "");
    }
    PUT(p, "</table></div>\n");
}

static void put_verdict_table(page *p)
{
    PUT(p, "<div class=\"wide\"><table>\n<tr>");
    put_heading(p, period_name(p), NULL);
    put_heading(p, "lot", NULL);
    put_heading(p, p->chart->title != NULL ? p->chart->title : "value", NULL);
    put_heading(p, "change", NULL);
    put_heading(p, p->chart->performance_title != NULL ? p->chart->performance_title : "own",
                p->chart->performance_unit);
    PUT(p, "<th></th></tr>\n");
    for (size_t i = 0; i < p->chart->count; i++) {
        const lv_chart_period *period = &p->chart->periods[i];
        PUT(p, "<tr%s>", period->alarm ? " class=\"alarm\"" : "");
        put_cell(p, period->label);
        put_cell(p, period->lot);
        PUT(p, "<td>");
        put_lock(p);
        PUT(p, "</td>");
        put_change(p, period);
        put_cell(p, period->performance_text);
        PUT(p, "<td class=\"event\">%s</td></tr>\n", period->alarm ? "ALARM" : "");
    }
    PUT(p, "</table></div>\n");
}

/* ---- the page ---- */

static void put_head(page *p)
{
    const char *heading = p->options->heading != NULL ? p->options->heading : "Lotveil";

    PUT(p, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
    put_text(p, heading);
    PUT(p, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<h1>", STYLE);
    put_text(p, heading);
    PUT(p, "</h1>\n");
}

static void put_banner(page *p)
{
    lv_buffer summary = {0};

    if (p->status == LV_OK) {
        p->status = lv_chart_summary(p->chart, &summary);
    }
    PUT(p, "<p class=\"banner%s\">",
        lv_chart_first_alarm(p->chart) < p->chart->count ? " alarm" : "");
    put_text(p, lv_buffer_text(&summary));
    PUT(p, "</p>\n");
    lv_buffer_free(&summary);
}

static void put_panels(page *p)
{
    PUT(p, "<div class=\"panels\">\n<section>\n<h2>What the downstream knows</h2>\n<p>%s</p>\n",
        p->options->with_values ? "Confidential values: they never leave the downstream."
                                : "Confidential values: they are not in this file.");
    if (p->options->with_values) {
        put_value_chart(p);
    }
    put_value_table(p);
    PUT(p, "</section>\n<section>\n<h2>What the upstream sees</h2>\n"
           "<p>Whether and on what scale the value rose or fell, and its own measurements.</p>\n");
    put_own_chart(p);
    put_verdict_table(p);
    PUT(p, "</section>\n</div>\n");
}

lv_status lv_report_write(const lv_chart *chart, const lv_report_options *options, lv_buffer *out)
{
    page p = {.chart = chart, .options = options, .out = out};

    put_head(&p);
    put_banner(&p);
    put_panels(&p);
    if (options->fact_count > 0) {
        PUT(&p, "<dl>\n");
        for (size_t i = 0; i < options->fact_count; i++) {
            PUT(&p, "<dt>");
            put_text(&p, options->facts[i].name);
            PUT(&p, "</dt><dd>");
            put_text(&p, options->facts[i].text);
            PUT(&p, "</dd>\n");
        }
        PUT(&p, "</dl>\n");
    }
    PUT(&p, "</main>\n</body>\n</html>\n");
    return p.status;
}
