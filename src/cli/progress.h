/** What a long command says on standard error while it works: one line that is redrawn on a
 *  terminal, a plain line for each phase elsewhere. */
#ifndef LV_CLI_PROGRESS_H
#define LV_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct {
    FILE *out;
    bool terminal;
    bool drawn; /* a line stands on the terminal that must be wiped */
    double started;
    double last;
    char what[128];
    bool counting;
    size_t first; /* units done when counting began */
    double since; /* and when that was */
    char tail[80];
} lv_progress;

/** Begins. @param out  standard error, or another stream in tests. */
void lv_progress_begin(lv_progress *progress, FILE *out);

/** Shows how far `what` has come: "what 40/96 [####....]  12 s". total 0: not known, the seconds
 *  alone. Called as often as one likes: it draws at most ten times a second on a terminal, and
 *  elsewhere when `what` changes or half a minute has gone. */
void lv_progress_show(lv_progress *progress, const char *what, size_t done, size_t total);

/** Says how fast it goes and how long it still takes, from what is done of `total` units: from the
 *  second call on, "21034 pairs/s, 3 s left" stands at the end of the line until the next call.
 * @param unit  "pairs".
 * @return units a second; 0 where that is not known yet. */
double lv_progress_rate(lv_progress *progress, const char *unit, size_t done, size_t total);

/** Wipes the line. */
void lv_progress_end(lv_progress *progress);

/** The same, as lv_job wants it; `context` is an lv_progress. */
void lv_progress_job(void *context, const char *phase, size_t done, size_t total);

#endif
