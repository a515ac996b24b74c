/** The published case, played through the three nodes of a demo. */
#ifndef LV_CLI_DEMO_PLAY_H
#define LV_CLI_DEMO_PLAY_H

#include "cli/demo.h"
#include "cli/progress.h"
#include <lotveil/compare.h>
#include <lotveil/rows.h>

#define LV_DEMO_COMPLAINT 4 /* the month in which the customer complained */

/** One month. */
typedef struct {
    char lot[LV_LOT_MAX + 1];
    int64_t period;
    char label[LV_NAME_MAX + 1]; /* the period as written */
    char value[32];       /* what the downstream measured: its secret, though published long ago */
    char performance[32]; /* what the upstream measured itself */
    bool compared;        /* false for the first */
    lv_formula verdict;
    uint64_t scale;
    bool alarm;
} lv_demo_period;

typedef struct {
    size_t count;
    lv_demo_period *periods;
    lv_rows moisture;     /* the downstream's rows */
    lv_rows performance;  /* the upstream's */
    int64_t alarm_period; /* 0: none */
    json_int_t last_verdict;
} lv_demo_case;

/** Reads the example. */
LV_MUST_CHECK lv_status lv_demo_case_load(lv_demo_case *out, lv_error *err);
void lv_demo_case_free(lv_demo_case *played);

/** Gives row `i` to the downstream and waits for what the upstream makes of it.
 * @return LV_OK; LV_TIMEOUT, LV_UNAVAILABLE; LV_REFUSED where the set failed. */
LV_MUST_CHECK lv_status lv_demo_case_step(lv_demo_case *played, size_t i, const lv_demo *demo,
                                          lv_progress *progress, lv_error *err);

#endif
