/** Waiting for a file of a folder to change, without polling it: inotify for the change, an
 *  eventfd for being woken. */
#ifndef LV_LEDGER_BELL_H
#define LV_LEDGER_BELL_H

#include <lotveil/status.h>
#include <stdbool.h>

typedef struct {
    int inotify_fd;
    int wake_fd;
    char *name;     /* of the file; its WAL counts as well */
    unsigned quiet; /* looks in vain since the last change */
} lv_bell;

typedef enum {
    LV_BELL_TIME_UP,
    LV_BELL_LOOK,  /* something may have changed: look again */
    LV_BELL_WOKEN, /* by lv_bell_wake */
} lv_bell_event;

/** Arms the bell: whatever changes from now on makes lv_bell_wait return. */
LV_MUST_CHECK lv_status lv_bell_open(const char *folder, const char *name, lv_bell *out,
                                     lv_error *err);
void lv_bell_close(lv_bell *bell);

/** Says that a look found something, so that the next wait begins afresh. */
void lv_bell_found(lv_bell *bell);

/** Waits after a look in vain.
 * @param deadline  of lv_clock_seconds; below 0: none. */
LV_MUST_CHECK lv_status lv_bell_wait(lv_bell *bell, double deadline, lv_bell_event *event,
                                     lv_error *err);

/** From any thread; makes the present or the next wait return LV_BELL_WOKEN. */
void lv_bell_wake(lv_bell *bell);

#endif
