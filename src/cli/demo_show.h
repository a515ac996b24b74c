/** What a demo puts on the screen and into its report. */
#ifndef LV_CLI_DEMO_SHOW_H
#define LV_CLI_DEMO_SHOW_H

#include "cli/chart.h"
#include "cli/demo_play.h"

typedef struct {
    const lv_demo_plan *plan;
    const lv_demo_case *played; /* borrowed */
    lv_chart chart;
    lv_chart_style style;
    lv_chart_period *periods;
} lv_demo_show;

/** Looks at the terminal, and prepares the chart. */
LV_MUST_CHECK lv_status lv_demo_show_begin(lv_demo_show *show, const lv_demo_plan *plan,
                                           const lv_demo_case *played);
void lv_demo_show_free(lv_demo_show *show);

/** The three organisations and the chart's head. */
LV_MUST_CHECK lv_status lv_demo_show_head(const lv_demo_show *show);

/** Period `i`, with what the case knows of it now. */
LV_MUST_CHECK lv_status lv_demo_show_period(lv_demo_show *show, size_t i);

/** The chart's foot with the summary, and where to look. */
LV_MUST_CHECK lv_status lv_demo_show_end(lv_demo_show *show, double seconds, bool running);

/** Writes DIR/report.html, as the upstream sees it: without the downstream's values. */
LV_MUST_CHECK lv_status lv_demo_report(lv_demo_show *show, double seconds, lv_error *err);

#endif
