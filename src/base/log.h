/** One line per event on standard error: time, level, area, words. Never a secret or a measured
 *  value. Lines from several threads do not mix. */
#ifndef LV_BASE_LOG_H
#define LV_BASE_LOG_H

#include <lotveil/status.h>

typedef enum { LV_LOG_ERROR, LV_LOG_WARN, LV_LOG_INFO, LV_LOG_DEBUG } lv_log_level;

/** @param area  such as "downstream"; the level comes from LOTVEIL_LOG (error, warn, info,
 *               debug; default info). */
void lv_log(lv_log_level level, const char *area, const char *format, ...) LV_PRINTF(3, 4);

#endif
