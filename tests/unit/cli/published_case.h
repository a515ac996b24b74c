/** The published case as a chart. */
#ifndef TESTS_UNIT_CLI_PUBLISHED_CASE_H
#define TESTS_UNIT_CLI_PUBLISHED_CASE_H

#include "cli/chart.h"

/* The published example (Figure 5) with the verdicts that it comes to at two decimals. */
static const lv_chart_period MONTHS[] = {
    {.label = "1",
     .lot = "LOT-01",
     .value_text = "0.45",
     .performance = 1.38,
     .performance_text = "1.38"},
    {.label = "2",
     .lot = "LOT-02",
     .value_text = "0.41",
     .verdict = LV_CHART_FALL,
     .scale = 4,
     .performance = 1.39,
     .performance_text = "1.39"},
    {.label = "3",
     .lot = "LOT-03",
     .value_text = "0.76",
     .verdict = LV_CHART_RISE,
     .scale = 64,
     .alarm = true,
     .performance = 1.29,
     .performance_text = "1.29"},
    {.label = "4",
     .lot = "LOT-04",
     .value_text = "1.32",
     .verdict = LV_CHART_RISE,
     .scale = 128,
     .alarm = true,
     .complaint = true,
     .performance = 1.15,
     .performance_text = "1.15"},
};

static const lv_chart EXAMPLE = {.title = "moisture",
                                 .unit = "g/cm2",
                                 .period_name = "month",
                                 .performance_title = "dehumidifying performance",
                                 .performance_unit = "kg/h",
                                 .count = 4,
                                 .periods = MONTHS};

#endif
