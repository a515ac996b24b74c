/* Runs a node: signals, doors, workers, and their orderly end. */
#include "node/node.h"
#include "base/file.h"
#include "base/log.h"
#include "node/node_parts.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define WAKE_NANOSECONDS 100000000L /* between two wakings while a worker ends */

/* ---- signals ---- */

typedef struct {
    sigset_t stop; /* SIGTERM and SIGINT */
    sigset_t old_mask;
    struct sigaction old_pipe;
    int fd; /* signalfd of `stop` */
} signals;

/* The threads that come inherit the mask, so that only this one learns of the signals. */
static lv_status signals_take(signals *taken, lv_error *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&taken->stop);
    sigaddset(&taken->stop, SIGTERM);
    sigaddset(&taken->stop, SIGINT);
    taken->fd = signalfd(-1, &taken->stop, SFD_CLOEXEC);
    if (taken->fd < 0) {
        return lv_fail(err, LV_E_IO, "cannot make a signalfd: %s", strerror(errno));
    }
    sigaction(SIGPIPE, &ignore, &taken->old_pipe);
    pthread_sigmask(SIG_BLOCK, &taken->stop, &taken->old_mask);
    return LV_OK;
}

static void signals_give_back(signals *taken)
{
    /* A second signal while it stopped asked for what has been done. */
    static const struct timespec at_once = {0};
    while (sigtimedwait(&taken->stop, NULL, &at_once) > 0) {
    }
    close(taken->fd);
    pthread_sigmask(SIG_SETMASK, &taken->old_mask, NULL);
    sigaction(SIGPIPE, &taken->old_pipe, NULL);
}

/* Until a signal comes or lv_node_stop is called. */
static lv_status wait_for_end(const lv_node *node, const signals *taken, lv_error *err)
{
    struct pollfd ends[] = {{.fd = taken->fd, .events = POLLIN},
                            {.fd = node->stop_fd, .events = POLLIN}};
    while (poll(ends, 2, -1) < 0) {
        if (errno != EINTR) {
            return lv_fail(err, LV_E_IO, "cannot wait for signals: %s", strerror(errno));
        }
    }
    return LV_OK;
}

/* ---- doors ---- */

static char *state_path(const lv_node *node, const char *name)
{
    char *folder = lv_path_join(node->config->folder, "state");
    char *path = folder != NULL ? lv_path_join(folder, name) : NULL;
    free(folder);
    return path;
}

static lv_status write_port(const lv_node *node, uint16_t port, lv_error *err)
{
    char text[16];
    char *path = state_path(node, "port");
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    snprintf(text, sizeof text, "%u\n", (unsigned)port);
    lv_status status = lv_file_write(path, lv_bytes_of_text(text), 0600, err);
    free(path);
    return status;
}

static void remove_port(const lv_node *node)
{
    char *path = state_path(node, "port");
    if (path != NULL) {
        unlink(path);
    }
    free(path);
}

/* Whoever puts another certificate in use tells the doors. */
static void set_server(lv_node *node, lv_http_server *server)
{
    pthread_mutex_lock(&node->lock);
    node->server = server;
    pthread_mutex_unlock(&node->lock);
}

/* `routes` stay borrowed until the server has stopped. */
static lv_status open_doors(lv_node *node, const lv_route *const *routes, lv_http_server **server,
                            lv_error *err)
{
    const lv_config *config = node->config;
    char *control = state_path(node, "control.sock");
    if (control == NULL) {
        return LV_E_MEMORY;
    }
    lv_identity *identity = lv_node_identity(node);
    lv_http_options options = {
        .host = config->listen_host,
        .port = config->listen_port,
        .control_path = control,
        .identity = identity,
        .trust = node->trust,
        .request_bytes = config->request_bytes,
        .request_seconds = config->request_seconds,
        .requests_per_minute = config->requests_per_minute,
        .routes = routes,
        .streams = node->role->streams,
        .node = node,
    };
    lv_status status = lv_http_serve(&options, server, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        set_server(node, *server);
    }
    free(control);
    if (status == LV_OK) {
        status = write_port(node, lv_http_port(*server), err);
    }
    return status;
}

/* ---- workers ---- */

typedef struct {
    pthread_t threads[LV_NODE_WORKERS_MAX];
    size_t count;
} crew;

typedef struct {
    lv_node *node;
    void (*body)(lv_node *node);
} duty;

static void *work(void *context)
{
    duty given = *(duty *)context;
    free(context);
    given.body(given.node);
    return NULL;
}

static lv_status start_worker(lv_node *node, void (*body)(lv_node *node), crew *workers,
                              lv_error *err)
{
    if (workers->count == LV_NODE_WORKERS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "more than %u workers", LV_NODE_WORKERS_MAX);
    }
    duty *given = malloc(sizeof *given);
    if (given == NULL) {
        return LV_E_MEMORY;
    }
    *given = (duty){.node = node, .body = body};
    int failed = pthread_create(&workers->threads[workers->count], NULL, work, given);
    if (failed != 0) {
        free(given);
        return lv_fail(err, LV_E_IO, "cannot start a thread: %s", strerror(failed));
    }
    workers->count++;
    return LV_OK;
}

static lv_status start_workers(lv_node *node, crew *workers, lv_error *err)
{
    lv_status status = start_worker(node, lv_node_keep_identity, workers, err);
    void (*const *bodies)(lv_node *) = node->role->workers;
    for (size_t i = 0; status == LV_OK && bodies != NULL && bodies[i] != NULL; i++) {
        status = start_worker(node, bodies[i], workers, err);
    }
    return status;
}

/* Whoever asked "stopping?" just before it was so, and waits on a watch now, is woken here. */
static void join_workers(lv_node *node, crew *workers)
{
    for (size_t i = 0; i < workers->count; i++) {
        struct timespec until;
        do {
            lv_node_wake_watches(node);
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += WAKE_NANOSECONDS;
            if (until.tv_nsec >= 1000000000L) {
                until.tv_nsec -= 1000000000L;
                until.tv_sec++;
            }
        } while (pthread_timedjoin_np(workers->threads[i], NULL, &until) == ETIMEDOUT);
    }
    workers->count = 0;
}

/* ---- the whole ---- */

static lv_status say_ready(const lv_node *node, const lv_http_server *server, int ready_fd,
                           lv_error *err)
{
    lv_log(LV_LOG_INFO, "node", "%s (%s) serves on port %u", node->config->organisation,
           lv_role_name(node->config->role), (unsigned)lv_http_port(server));
    if (ready_fd >= 0 && write(ready_fd, "1", 1) != 1) {
        return lv_fail(err, LV_E_IO, "cannot say on file descriptor %d that the node is ready: %s",
                       ready_fd, strerror(errno));
    }
    return LV_OK;
}

static lv_status serve(lv_node *node, const signals *taken, int ready_fd, lv_error *err)
{
    const lv_route *const routes[] = {lv_node_routes, node->role->routes, NULL};
    lv_http_server *server = NULL;
    crew workers = {.count = 0};
    lv_status status = open_doors(node, routes, &server, err);
    if (status == LV_OK) {
        status = start_workers(node, &workers, err);
    }
    if (status == LV_OK) {
        status = say_ready(node, server, ready_fd, err);
    }
    if (status == LV_OK) {
        status = wait_for_end(node, taken, err);
    }
    lv_node_stop(node);
    set_server(node, NULL);
    if (server != NULL) {
        lv_http_stop(server);
        remove_port(node);
    }
    join_workers(node, &workers);
    if (status == LV_OK && node->fault != LV_OK) {
        status = lv_fail(err, node->fault, "%s", node->fault_words.text);
    }
    return status;
}

lv_status lv_node_run(const char *folder, int ready_fd, lv_error *err)
{
    signals taken;
    lv_node *node = NULL;
    lv_status status = signals_take(&taken, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_node_open(folder, &node, err);
    if (status == LV_OK) {
        status = serve(node, &taken, ready_fd, err);
        lv_log(LV_LOG_INFO, "node", "%s stopped", node->config->organisation);
    }
    lv_node_close(node);
    signals_give_back(&taken);
    return status;
}
