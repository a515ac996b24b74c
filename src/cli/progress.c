#include "cli/progress.h"
#include "base/clock.h"
#include <string.h>
#include <unistd.h>

static const double TERMINAL_SECONDS = 0.1;
static const size_t BAR = 20;

void lv_progress_begin(lv_progress *progress, FILE *out)
{
    *progress = (lv_progress){
        .out = out, .terminal = isatty(fileno(out)) == 1, .started = lv_clock_seconds()};
}

static void put_line(const lv_progress *progress, size_t done, size_t total, double seconds)
{
    fputs(progress->what, progress->out);
    if (total > 0) {
        done = done < total ? done : total;
        fprintf(progress->out, " %zu/%zu", done, total);
        if (progress->terminal) {
            char bar[32];
            size_t full = BAR * done / total;
            memset(bar, '.', BAR);
            memset(bar, '#', full);
            fprintf(progress->out, " [%.*s]", (int)BAR, bar);
        }
    }
    fprintf(progress->out, "  %.0f s", seconds);
}

void lv_progress_show(lv_progress *progress, const char *what, size_t done, size_t total)
{
    double now = lv_clock_seconds();
    bool fresh = strncmp(progress->what, what, sizeof progress->what - 1) != 0;
    if (!fresh && (!progress->terminal || now - progress->last < TERMINAL_SECONDS)) {
        return;
    }
    progress->last = now;
    snprintf(progress->what, sizeof progress->what, "%s", what);
    if (progress->terminal) {
        fputs("\r\033[K", progress->out);
    }
    put_line(progress, done, total, now - progress->started);
    if (!progress->terminal) {
        fputc('\n', progress->out);
    }
    progress->drawn = progress->terminal;
    fflush(progress->out);
}

void lv_progress_end(lv_progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
    }
    progress->drawn = false;
    progress->what[0] = '\0';
}

void lv_progress_job(void *context, const char *phase, size_t done, size_t total)
{
    lv_progress_show(context, phase, done, total);
}
