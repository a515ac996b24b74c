#include "base/clock.h"
#include "base/file.h"
#include "cli/demo.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const size_t LOG_MAX = (size_t)16 * 1024 * 1024;
static const int READY_MS = 60000;
static const double STOP_SECONDS = 20;
static const long STOP_POLL_NS = 20000000;

/* In the child: becomes `lotveil serve`. Only calls that are safe after a fork. */
static void become_node(const char *dir, const char *ready_fd, int ready, int log, pid_t parent)
{
    char command[] = "lotveil";
    char serve[] = "serve";
    char dir_option[] = "--dir";
    char ready_option[] = "--ready-fd";
    /* execv takes no const, and changes nothing. */
    char *arguments[] = {command,      serve,
                         dir_option,   (char *)(uintptr_t)dir,
                         ready_option, (char *)(uintptr_t)ready_fd,
                         NULL};
    /* Whatever becomes of the demo, no node outlives it; it may be gone already. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
        _exit(LV_EXIT_FAULT);
    }
    if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
        fcntl(ready, F_SETFD, 0) != 0) {
        _exit(LV_EXIT_FAULT);
    }
    execv("/proc/self/exe", arguments);
    _exit(LV_EXIT_FAULT);
}

static lv_status start_one(const char *dir, const char *log_path, pid_t *pid, int *ready,
                           lv_error *err)
{
    int ends[2];
    char number[16];
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return lv_fail(err, LV_E_IO, "%s: %s", log_path, strerror(errno));
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        close(log);
        return lv_fail(err, LV_E_IO, "no pipe: %s", strerror(errno));
    }
    snprintf(number, sizeof number, "%d", ends[1]);
    pid_t self = getpid();
    pid_t child = fork();
    if (child == 0) {
        become_node(dir, number, ends[1], log, self);
    }
    close(log);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return lv_fail(err, LV_E_IO, "cannot start a process: %s", strerror(errno));
    }
    *pid = child;
    *ready = ends[0];
    return LV_OK;
}

/* What the node said last: why it ended. */
static lv_status tell_end(const char *log_path, lv_error *err)
{
    lv_buffer log = {0};
    const char *last = "it said nothing";
    if (lv_file_read(log_path, LOG_MAX, &log, NULL) == LV_OK && log.len > 0) {
        if (log.data[log.len - 1] == '\n') {
            log.data[--log.len] = '\0';
        }
        const char *line = strrchr(lv_buffer_text(&log), '\n');
        last = line != NULL ? line + 1 : lv_buffer_text(&log);
    }
    lv_status status =
        lv_fail(err, LV_E_IO, "a node ended while it started (%s): %s", log_path, last);
    lv_buffer_free(&log);
    return status;
}

static lv_status wait_ready(int ready, const char *log_path, lv_error *err)
{
    struct pollfd wait = {.fd = ready, .events = POLLIN};
    uint8_t byte = 0;
    int came = 0;
    do {
        came = poll(&wait, 1, READY_MS);
    } while (came < 0 && errno == EINTR);
    if (came == 0) {
        return lv_fail(err, LV_TIMEOUT, "a node did not start in time; its log is %s", log_path);
    }
    return read(ready, &byte, 1) == 1 ? LV_OK : tell_end(log_path, err);
}

static lv_status start_nodes(lv_demo *demo, lv_error *err)
{
    char *logs[LV_DEMO_PARTIES] = {0};
    int ready[LV_DEMO_PARTIES] = {-1, -1, -1};
    lv_status status = LV_OK;
    size_t started = 0;
    for (size_t i = 0; status == LV_OK && i < LV_DEMO_PARTIES; i++) {
        logs[i] = lv_cli_path(demo->dirs[i], "state/node.log", err);
        status = logs[i] == NULL
                     ? LV_E_MEMORY
                     : start_one(demo->dirs[i], logs[i], &demo->pids[i], &ready[i], err);
        started += status == LV_OK ? 1 : 0;
    }
    for (size_t i = 0; i < started; i++) {
        if (status == LV_OK) {
            status = wait_ready(ready[i], logs[i], err);
        }
        close(ready[i]);
    }
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        free(logs[i]);
    }
    return status;
}

static lv_status start_network(const char *dir, lv_demo *demo, lv_error *err)
{
    char *state = lv_cli_path(dir, "fabric", err);
    const lv_network_plan plan = {.state = state,
                                  .upstream = demo->dirs[LV_DEMO_A],
                                  .downstream = demo->dirs[LV_DEMO_B],
                                  .servicer = demo->dirs[LV_DEMO_S]};
    lv_status status = state != NULL ? lv_network_up(&plan, &demo->network, err) : LV_E_MEMORY;
    free(state);
    return status;
}

lv_status lv_demo_start(const lv_demo_plan *plan, lv_demo *demo, lv_error *err)
{
    lv_status status = plan->fabric ? start_network(plan->dir, demo, err) : LV_OK;
    return status == LV_OK ? start_nodes(demo, err) : status;
}

/* Has the process ended within the time? */
static bool ended_by(pid_t pid, double end)
{
    for (;;) {
        pid_t got = waitpid(pid, NULL, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR)) {
            return true;
        }
        if (lv_clock_seconds() > end) {
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = STOP_POLL_NS}, NULL);
    }
}

void lv_demo_stop(lv_demo *demo)
{
    double end = lv_clock_seconds() + STOP_SECONDS;
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        if (demo->pids[i] > 0) {
            kill(demo->pids[i], SIGTERM);
        }
    }
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        if (demo->pids[i] > 0 && !ended_by(demo->pids[i], end)) {
            kill(demo->pids[i], SIGKILL);
            waitpid(demo->pids[i], NULL, 0);
        }
        demo->pids[i] = 0;
    }
    lv_network_down(&demo->network);
}

void lv_demo_free(lv_demo *demo)
{
    lv_demo_stop(demo);
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        free(demo->dirs[i]);
    }
    *demo = (lv_demo){0};
}
