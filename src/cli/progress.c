#include "cli/progress.h"
#include "base/clock.h"
#include <string.h>
#include <unistd.h>

static const double TERMINAL_SECONDS = 0.1;
static const double PLAIN_SECONDS = 30;
static const double RATE_SECONDS = 0.5; /* less of it tells nothing of a rate */
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
    if (progress->tail[0] != '\0') {
        fprintf(progress->out, "  %s", progress->tail);
    }
    fprintf(progress->out, "  %.0f s", seconds);
}

void lv_progress_show(lv_progress *progress, const char *what, size_t done, size_t total)
{
    double now = lv_clock_seconds();
    bool fresh = strncmp(progress->what, what, sizeof progress->what - 1) != 0;
    if (!fresh && now - progress->last < (progress->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS)) {
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

/* "3 s", "12 min", "2.5 h" */
static void put_duration(double seconds, char *out, size_t size)
{
    if (seconds < 120) {
        snprintf(out, size, "%.0f s", seconds);
    } else if (seconds < 7200) {
        snprintf(out, size, "%.0f min", seconds / 60);
    } else {
        snprintf(out, size, "%.1f h", seconds / 3600);
    }
}

double lv_progress_rate(lv_progress *progress, const char *unit, size_t done, size_t total)
{
    char left[32];
    double now = lv_clock_seconds();
    progress->tail[0] = '\0';
    if (!progress->counting) {
        progress->counting = true;
        progress->since = now;
        progress->first = done;
    }
    if (done <= progress->first || now - progress->since < RATE_SECONDS) {
        return 0;
    }
    double rate = (double)(done - progress->first) / (now - progress->since);
    put_duration(done < total ? (double)(total - done) / rate : 0, left, sizeof left);
    snprintf(progress->tail, sizeof progress->tail, "%.*f %s/s, %s left", rate < 10 ? 1 : 0, rate,
             unit, left);
    return rate;
}

void lv_progress_end(lv_progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
    }
    progress->drawn = false;
    progress->what[0] = '\0';
    progress->tail[0] = '\0';
}

void lv_progress_job(void *context, const char *phase, size_t done, size_t total)
{
    lv_progress_show(context, phase, done, total);
}
