#include "rpc/lookup.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct lv_rpc_lookup {
    pthread_mutex_t lock;
    char *host;
    char *port;
    int bell;
    bool done;
    bool orphaned; /* nobody waits for it: its thread frees it */
    int fault;
    struct addrinfo *found;
};

static int look_up(lv_rpc_lookup *lookup, int flags, struct addrinfo **found)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    *found = NULL;
    return getaddrinfo(lookup->host, lookup->port, &hints, found);
}

static void destroy(lv_rpc_lookup *lookup)
{
    if (lookup->found != NULL) {
        freeaddrinfo(lookup->found);
    }
    pthread_mutex_destroy(&lookup->lock);
    free(lookup->host);
    free(lookup->port);
    free(lookup);
}

static void *run(void *context)
{
    lv_rpc_lookup *lookup = context;
    const uint64_t one = 1;
    struct addrinfo *found = NULL;
    int fault = look_up(lookup, 0, &found);
    pthread_mutex_lock(&lookup->lock);
    lookup->fault = fault;
    lookup->found = found;
    lookup->done = true;
    bool orphaned = lookup->orphaned;
    /* Only a full counter can refuse it, and then the other thread is awake anyway. */
    ssize_t rung = orphaned ? 0 : write(lookup->bell, &one, sizeof one);
    (void)rung;
    pthread_mutex_unlock(&lookup->lock);
    if (orphaned) {
        destroy(lookup);
    }
    return NULL;
}

static lv_status start_thread(lv_rpc_lookup *lookup)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are others' */
    int made = pthread_create(&thread, &attributes, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return made == 0 ? LV_OK : LV_E_MEMORY;
}

lv_status lv_rpc_lookup_start(const char *host, const char *port, int bell, lv_rpc_lookup **out)
{
    *out = NULL;
    lv_rpc_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->bell = bell;
    lookup->host = strdup(host);
    lookup->port = strdup(port);
    lv_status status = lookup->host != NULL && lookup->port != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        lookup->done = look_up(lookup, AI_NUMERICHOST, &lookup->found) == 0;
        status = lookup->done ? LV_OK : start_thread(lookup);
    }
    if (status != LV_OK) {
        destroy(lookup);
        return status;
    }
    *out = lookup;
    return LV_OK;
}

lv_status lv_rpc_lookup_result(lv_rpc_lookup *lookup, struct addrinfo **found, lv_error *err)
{
    *found = NULL;
    pthread_mutex_lock(&lookup->lock);
    lv_status status = lookup->done ? LV_OK : LV_TIMEOUT;
    if (lookup->done && lookup->found == NULL) {
        status = lv_fail(err, LV_UNAVAILABLE, "%s: %s", lookup->host, gai_strerror(lookup->fault));
    }
    if (status == LV_OK) {
        *found = lookup->found;
        lookup->found = NULL;
    }
    pthread_mutex_unlock(&lookup->lock);
    return status;
}

void lv_rpc_lookup_free(lv_rpc_lookup *lookup)
{
    if (lookup == NULL) {
        return;
    }
    pthread_mutex_lock(&lookup->lock);
    lookup->orphaned = true;
    bool done = lookup->done;
    pthread_mutex_unlock(&lookup->lock);
    if (done) {
        destroy(lookup);
    }
}
