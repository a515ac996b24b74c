#include "node/http_watchdog.h"
#include "base/clock.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static const double NEVER = 1e300; /* of lv_clock_seconds */

struct lv_watched {
    lv_watched *next;
    lv_watched **link; /* what points here */
    int fd;
    double deadline; /* of lv_clock_seconds; NEVER: none */
};

struct lv_watchdog {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    lv_watched *first;
    double seconds;
    bool stopping;
};

/* Cuts what is due. @return the next deadline. */
static double cut_overdue(lv_watchdog *dog, double now)
{
    double next = NEVER;
    for (lv_watched *at = dog->first; at != NULL; at = at->next) {
        if (at->deadline <= now) {
            shutdown(at->fd, SHUT_RDWR);
            at->deadline = NEVER;
        }
        next = at->deadline < next ? at->deadline : next;
    }
    return next;
}

static void wait_until(lv_watchdog *dog, double deadline)
{
    if (deadline >= NEVER) {
        pthread_cond_wait(&dog->changed, &dog->lock);
        return;
    }
    struct timespec until = {.tv_sec = (time_t)deadline};
    until.tv_nsec = (long)((deadline - (double)until.tv_sec) * 1e9);
    pthread_cond_timedwait(&dog->changed, &dog->lock, &until);
}

static void *watch(void *context)
{
    lv_watchdog *dog = context;
    pthread_mutex_lock(&dog->lock);
    while (!dog->stopping) {
        wait_until(dog, cut_overdue(dog, lv_clock_seconds()));
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

lv_status lv_watchdog_start(double seconds, lv_watchdog **out)
{
    pthread_condattr_t attributes;
    *out = NULL;
    lv_watchdog *dog = calloc(1, sizeof *dog);
    if (dog == NULL) {
        return LV_E_MEMORY;
    }
    dog->seconds = seconds;
    pthread_mutex_init(&dog->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&dog->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&dog->thread, NULL, watch, dog) != 0) {
        pthread_cond_destroy(&dog->changed);
        pthread_mutex_destroy(&dog->lock);
        free(dog);
        return LV_E_MEMORY;
    }
    *out = dog;
    return LV_OK;
}

void lv_watchdog_stop(lv_watchdog *dog)
{
    if (dog == NULL) {
        return;
    }
    pthread_mutex_lock(&dog->lock);
    dog->stopping = true;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    pthread_join(dog->thread, NULL);
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
    free(dog);
}

lv_watched *lv_watchdog_add(lv_watchdog *dog, int fd)
{
    lv_watched *watched = calloc(1, sizeof *watched);
    if (watched == NULL) {
        return NULL;
    }
    watched->fd = fd;
    watched->deadline = lv_clock_seconds() + dog->seconds;
    pthread_mutex_lock(&dog->lock);
    watched->next = dog->first;
    watched->link = &dog->first;
    if (dog->first != NULL) {
        dog->first->link = &watched->next;
    }
    dog->first = watched;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    return watched;
}

void lv_watchdog_arm(lv_watchdog *dog, lv_watched *watched)
{
    pthread_mutex_lock(&dog->lock);
    watched->deadline = lv_clock_seconds() + dog->seconds;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
}

void lv_watchdog_disarm(lv_watchdog *dog, lv_watched *watched)
{
    pthread_mutex_lock(&dog->lock);
    watched->deadline = NEVER;
    pthread_mutex_unlock(&dog->lock);
}

void lv_watchdog_remove(lv_watchdog *dog, lv_watched *watched)
{
    pthread_mutex_lock(&dog->lock);
    *watched->link = watched->next;
    if (watched->next != NULL) {
        watched->next->link = watched->link;
    }
    pthread_mutex_unlock(&dog->lock);
    free(watched);
}
