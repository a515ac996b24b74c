/** Independent pieces of work over several threads. */
#ifndef LV_BASE_PARALLEL_H
#define LV_BASE_PARALLEL_H

#include <lotveil/job.h>

/** Calls work(context, i) once for each i in 0 .. count - 1, from up to job->threads threads, and
 *  reports progress under `phase` as pieces end. Returns the first status that was not LV_OK
 *  (later pieces are then skipped), after all threads have ended.
 * @param job  may be NULL: one thread, no progress. */
LV_MUST_CHECK lv_status lv_parallel_for(const lv_job *job, const char *phase, size_t count,
                                        lv_status (*work)(void *context, size_t i), void *context);

/** Processors this process may use, at least 1. */
unsigned lv_processors(void);

#endif
