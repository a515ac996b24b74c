/** The handle of an embedded ledger and what its parts share. */
#ifndef LV_LEDGER_HANDLE_H
#define LV_LEDGER_HANDLE_H

#include "identity/slot.h"
#include "ledger/embedded/embedded.h"
#include "ledger/embedded/walk.h"
#include <pthread.h>
#include <sys/types.h>

/** A connection that threads take in turn. */
typedef struct {
    pthread_mutex_t mutex;
    lv_conn conn;
} lv_lane;

typedef struct {
    lv_ledger base; /* first: a lv_ledger * is one of these */
    char *folder;
    char *path;
    lv_channel channel;
    lv_identity_slot identity;
    char msp[LV_NAME_MAX + 1]; /* of all that were ever in the slot */
    dev_t device;              /* of the file that was opened */
    ino_t inode;
    lv_lane reader; /* a long wait for the write lock shall not hold up those who read */
    lv_lane writer;
    pthread_mutex_t tip_mutex;
    lv_tip tip; /* up to here headers were checked by this handle; only moves forward */
} lv_embedded;

/** The handle behind a ledger; NULL where it is of another backend. */
lv_embedded *lv_embedded_of(lv_ledger *ledger);

/** "`folder`/`channel`.ledger", newly allocated. LV_E_ARGUMENT where `channel` is no name. */
LV_MUST_CHECK lv_status lv_embedded_path(const char *folder, const char *channel, char **out,
                                         lv_error *err);

/** Takes a lane and begins a transaction on it.
 * @return LV_OK; LV_E_CORRUPT where the file was replaced; LV_UNAVAILABLE; faults. */
LV_MUST_CHECK lv_status lv_lane_begin(lv_embedded *self, lv_lane *lane, bool write, lv_error *err);

/** Ends the transaction (lv_conn_end) and gives the lane back. */
LV_MUST_CHECK lv_status lv_lane_end(lv_lane *lane, lv_status status, lv_error *err);

/** Where this handle has come to. Must be asked before the transaction begins in which
 *  lv_embedded_catch_up compares it with the file. */
lv_tip lv_embedded_tip(lv_embedded *self);

/** Checks, within a transaction, that `from` stands in the file and all headers after it.
 * @param[out] tip  the newest one, which the handle then remembers. */
LV_MUST_CHECK lv_status lv_embedded_catch_up(lv_embedded *self, lv_conn *conn, const lv_tip *from,
                                             lv_tip *tip, lv_error *err);

/** Moves the handle's tip forward to one that was committed. */
void lv_embedded_advance(lv_embedded *self, const lv_tip *tip);

/** The watchers' bell: commits are followed by a change of the file's times, which inotify tells
 *  to everybody. */
void lv_embedded_ring(const lv_embedded *self);

/* The slots of the backend's table, each in the file named. */
lv_status lv_embedded_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                             lv_position *positions, lv_error *err); /* commit.c */
lv_status lv_embedded_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out,
                                 lv_error *err); /* watch.c */
lv_status lv_embedded_watch_next(lv_watch *base, int timeout_ms, lv_committed *out, lv_error *err);
void lv_embedded_watch_wake(lv_watch *base);
void lv_embedded_watch_close(lv_watch *base);
lv_status lv_embedded_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response,
                           lv_error *err); /* read.c */
lv_status lv_embedded_head(lv_ledger *ledger, lv_head *out, lv_error *err);
lv_status lv_embedded_check_head(lv_ledger *ledger, const lv_head *remembered, lv_error *err);

#endif
