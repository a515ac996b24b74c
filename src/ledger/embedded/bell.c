#include "ledger/embedded/bell.h"
#include "base/clock.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A commit first changes the WAL and only then becomes visible; the ring that follows it is lost
 * where the writer is killed in between. So after a change that showed nothing yet, look again in
 * growing steps, and in the end now and then: a ledger on a file system without inotify, or an
 * overflown queue, costs time only. */
static const int RELOOK_MS[] = {20, 100, 500, 2000, 10000, 30000};
static const unsigned RELOOKS = sizeof RELOOK_MS / sizeof RELOOK_MS[0];

lv_status lv_bell_open(const char *folder, const char *name, lv_bell *out, lv_error *err)
{
    *out = (lv_bell){.inotify_fd = -1, .wake_fd = -1, .name = strdup(name), .quiet = RELOOKS - 1};
    if (out->name == NULL) {
        return LV_E_MEMORY;
    }
    out->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    out->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (out->wake_fd < 0 || out->inotify_fd < 0 ||
        inotify_add_watch(out->inotify_fd, folder,
                          IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
        lv_status status =
            lv_fail(err, LV_E_IO, "%s: cannot watch the folder: %s (see fs.inotify in sysctl)",
                    folder, strerror(errno));
        lv_bell_close(out);
        return status;
    }
    return LV_OK;
}

void lv_bell_close(lv_bell *bell)
{
    if (bell->inotify_fd >= 0) {
        close(bell->inotify_fd);
    }
    if (bell->wake_fd >= 0) {
        close(bell->wake_fd);
    }
    free(bell->name);
    *bell = (lv_bell){.inotify_fd = -1, .wake_fd = -1};
}

void lv_bell_found(lv_bell *bell) { bell->quiet = 0; }

void lv_bell_wake(lv_bell *bell)
{
    const uint64_t one = 1;
    ssize_t put = 0;
    do {
        put = write(bell->wake_fd, &one, sizeof one);
    } while (put < 0 && errno == EINTR);
    /* a full counter (EAGAIN) has woken already */
}

static bool take_wake(const lv_bell *bell)
{
    uint64_t count = 0;
    return read(bell->wake_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

/* Takes all events that are there. Other files of the folder do not count. */
static bool take_changes(const lv_bell *bell)
{
    char events[4096];
    bool changed = false;
    size_t len = strlen(bell->name);
    for (;;) {
        ssize_t got = read(bell->inotify_fd, events, sizeof events);
        if (got <= 0) {
            return changed;
        }
        for (ssize_t at = 0; at < got;) {
            struct inotify_event event;
            memcpy(&event, events + at, sizeof event);
            const char *name = events + at + sizeof event;
            changed = changed || event.len == 0 || strncmp(name, bell->name, len) == 0;
            at += (ssize_t)(sizeof event + event.len);
        }
    }
}

static int milliseconds_until(double deadline, double now)
{
    double left = (deadline - now) * 1000.0;
    if (left <= 0) {
        return 0;
    }
    return left < INT_MAX ? (int)left + 1 : INT_MAX;
}

lv_status lv_bell_wait(lv_bell *bell, double deadline, lv_bell_event *event, lv_error *err)
{
    *event = LV_BELL_TIME_UP;
    double relook = lv_clock_seconds() + (double)RELOOK_MS[bell->quiet] / 1000.0;
    for (;;) {
        double now = lv_clock_seconds();
        double end = deadline >= 0 && deadline < relook ? deadline : relook;
        struct pollfd fds[] = {{.fd = bell->wake_fd, .events = POLLIN},
                               {.fd = bell->inotify_fd, .events = POLLIN}};
        if (poll(fds, 2, milliseconds_until(end, now)) < 0 && errno != EINTR) {
            return lv_fail(err, LV_E_IO, "poll: %s", strerror(errno));
        }
        if (take_wake(bell)) {
            *event = LV_BELL_WOKEN;
            return LV_OK;
        }
        now = lv_clock_seconds();
        if (take_changes(bell)) {
            bell->quiet = 0;
            *event = LV_BELL_LOOK;
            return LV_OK;
        }
        if (now >= relook) {
            bell->quiet += bell->quiet + 1 < RELOOKS ? 1 : 0;
            *event = LV_BELL_LOOK;
            return LV_OK;
        }
        if (deadline >= 0 && now >= deadline) {
            return LV_OK;
        }
    }
}
