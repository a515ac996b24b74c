#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const LEVEL_NAMES[] = {"error", "warn", "info", "debug"};

static lv_log_level threshold(void)
{
    const char *wanted = getenv("LOTVEIL_LOG");
    for (int level = LV_LOG_ERROR; wanted != NULL && level <= LV_LOG_DEBUG; level++) {
        if (strcmp(wanted, LEVEL_NAMES[level]) == 0) {
            return (lv_log_level)level;
        }
    }
    return LV_LOG_INFO;
}

void lv_log(lv_log_level level, const char *area, const char *format, ...)
{
    if (level > threshold()) {
        return;
    }
    char line[LV_ERROR_TEXT_MAX + 128];
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t used = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &parts);
    used += (size_t)snprintf(line + used, sizeof line - used,
                             ".%03ldZ %s %s: ", now.tv_nsec / 1000000, LEVEL_NAMES[level], area);

    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    used = len < 0 ? used : used + (size_t)len;
    if (used > sizeof line - 2) {
        used = sizeof line - 2;
    }
    line[used++] = '\n';
    /* One write, so that lines do not mix; nobody is left to tell where it fails. */
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
}
