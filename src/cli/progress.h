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
} lv_progress;

/** Begins. @param out  standard error, or another stream in tests. */
void lv_progress_begin(lv_progress *progress, FILE *out);

/** Shows how far `what` has come: "what 40/96 [####....]  12 s". total 0: not known, the seconds
 *  alone. Called as often as one likes: it draws at most ten times a second on a terminal, and
 *  elsewhere when `what` changes. */
void lv_progress_show(lv_progress *progress, const char *what, size_t done, size_t total);

/** Wipes the line. */
void lv_progress_end(lv_progress *progress);

/** The same, as lv_job wants it; `context` is an lv_progress. */
void lv_progress_job(void *context, const char *phase, size_t done, size_t total);

#endif
