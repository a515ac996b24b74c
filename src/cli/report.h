/** The chart as one self-contained HTML page: inline style, inline SVG, no script, nothing fetched
 *  from anywhere. */
#ifndef LV_CLI_REPORT_H
#define LV_CLI_REPORT_H

#include "cli/chart.h"

/** A line of the list below the panels: "suite", "paillier, 6000 bits". Borrowed. */
typedef struct {
    const char *name;
    const char *text;
} lv_report_fact;

typedef struct {
    const char *heading; /* of the page; NULL: "Lotveil" */
    size_t fact_count;
    const lv_report_fact *facts;
    /** The downstream's values are in the page. Only for the eyes of the downstream, or of somebody
     *  who plays all parties; without it the page holds what the upstream may see, and the
     *  downstream's panel is drawn with locks. Wipe the page then with lv_buffer_wipe. */
    bool with_values;
} lv_report_options;

/** Appends the page. Every text is escaped and made safe for showing. */
LV_MUST_CHECK lv_status lv_report_write(const lv_chart *chart, const lv_report_options *options,
                                        lv_buffer *out);

#endif
