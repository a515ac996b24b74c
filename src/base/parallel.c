#include "base/parallel.h"
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#define THREADS_MAX 64U

typedef struct {
    const lv_job *job;
    const char *phase;
    size_t count;
    lv_status (*work)(void *context, size_t i);
    void *context;
    pthread_mutex_t lock; /* guards all below */
    size_t next;
    size_t done;
    lv_status status;
} fan_out;

static bool take(fan_out *shared, size_t *i)
{
    pthread_mutex_lock(&shared->lock);
    bool more = shared->status == LV_OK && shared->next < shared->count;
    if (more) {
        *i = shared->next++;
    }
    pthread_mutex_unlock(&shared->lock);
    return more;
}

static void report(fan_out *shared, lv_status status)
{
    pthread_mutex_lock(&shared->lock);
    if (status != LV_OK && shared->status == LV_OK) {
        shared->status = status;
    }
    shared->done++;
    if (shared->job != NULL && shared->job->progress != NULL && status == LV_OK) {
        shared->job->progress(shared->job->progress_context, shared->phase, shared->done,
                              shared->count);
    }
    pthread_mutex_unlock(&shared->lock);
}

static void *run(void *argument)
{
    fan_out *shared = argument;
    size_t i = 0;
    while (take(shared, &i)) {
        report(shared, shared->work(shared->context, i));
    }
    return NULL;
}

lv_status lv_parallel_for(const lv_job *job, const char *phase, size_t count,
                          lv_status (*work)(void *context, size_t i), void *context)
{
    fan_out shared = {.job = job,
                      .phase = phase,
                      .count = count,
                      .work = work,
                      .context = context,
                      .status = LV_OK};
    size_t threads = job != NULL && job->threads > 1 ? job->threads : 1;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    threads = threads < count ? threads : count;

    pthread_t helpers[THREADS_MAX];
    size_t started = 0;
    pthread_mutex_init(&shared.lock, NULL);
    /* This thread works too; where a helper cannot be started the others do its share. */
    while (started + 1 < threads && pthread_create(&helpers[started], NULL, run, &shared) == 0) {
        started++;
    }
    run(&shared);
    for (size_t i = 0; i < started; i++) {
        pthread_join(helpers[i], NULL);
    }
    pthread_mutex_destroy(&shared.lock);
    return shared.status;
}

unsigned lv_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}
