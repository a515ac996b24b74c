/** A ledger of one channel: the interface that every backend offers (embedded, Fabric). Both
 *  return the same status for the same refusal, because the same contract refuses. A handle may
 *  be used by several threads at once. */
#ifndef LV_LEDGER_LEDGER_H
#define LV_LEDGER_LEDGER_H

#include "contract/contract.h"

typedef struct lv_ledger lv_ledger;
typedef struct lv_watch lv_watch;

/** A place in a channel: the block, and the transaction within it. */
typedef struct {
    uint64_t block;
    uint32_t transaction;
} lv_position;

/** What a node remembers of a channel. */
typedef struct {
    uint64_t block;
    lv_digest hash; /* of the block's header */
} lv_head;

/** A committed write, as a watcher gets it. */
typedef struct {
    lv_position position;
    char function[LV_NAME_MAX + 1];
    const char *submitter; /* MSP id, borrowed from the ledger */
    lv_buffer *arguments;
    size_t argument_count;
} lv_committed;
void lv_committed_free(lv_committed *committed);

/** What one submit may hold on every ledger: so many calls, and arguments of so much weight. A
 *  ledger may take more (the embedded one has no limit to the bytes); Fabric does not. */
#define LV_SUBMIT_CALLS_MAX 1024U
#define LV_SUBMIT_BYTES_MAX 8388608U /* 8 MiB */

/** How much of LV_SUBMIT_BYTES_MAX an argument of so many bytes takes: about what Fabric's blocks
 *  hold of it, where small ones stand twice. */
size_t lv_ledger_weight(size_t argument_len);

/** Submits one call per element and returns when they are committed, all in one block or none.
 * @param positions  `count` of them, or NULL.
 * @return LV_OK; what the contract refused with, words naming the call; LV_E_LIMIT; LV_UNAVAILABLE:
 *         nothing was committed, or, on Fabric, it could not be learned in time whether it was (the
 *         words say so). Who submits the same records again is then told LV_EXISTS where they
 *         stand: nothing is committed twice. */
LV_MUST_CHECK lv_status lv_ledger_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                                         lv_position *positions, lv_error *err);

/** Runs a reading function on the committed state, as this ledger's identity. */
LV_MUST_CHECK lv_status lv_ledger_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response,
                                       lv_error *err);

/** The newest block. */
LV_MUST_CHECK lv_status lv_ledger_head(lv_ledger *ledger, lv_head *out, lv_error *err);

/** Is `remembered` still part of this ledger's past?
 * @return LV_OK; LV_E_CORRUPT with words where the ledger rewrote or shortened it. */
LV_MUST_CHECK lv_status lv_ledger_check_head(lv_ledger *ledger, const lv_head *remembered,
                                             lv_error *err);

/** Watches committed writes in order, from `from` (inclusive) on. */
LV_MUST_CHECK lv_status lv_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out,
                                      lv_error *err);

/** Waits for the next committed write, without busy polling.
 * @param timeout_ms  how long at most; -1: until woken.
 * @return LV_OK; LV_TIMEOUT (nothing yet, or woken); LV_UNAVAILABLE: ask again, it goes on where it
 * was; LV_E_CORRUPT. */
LV_MUST_CHECK lv_status lv_watch_next(lv_watch *watch, int timeout_ms, lv_committed *out,
                                      lv_error *err);

/** Makes a waiting lv_watch_next return LV_TIMEOUT now; from any thread. */
void lv_watch_wake(lv_watch *watch);
void lv_watch_close(lv_watch *watch);

const lv_channel *lv_ledger_channel(const lv_ledger *ledger); /* borrowed */

/** Acts as `identity` from now on, another certificate of the same organisation; retained. Calls
 *  under way end with the one they began with. May be called while other threads use the ledger.
 * @return LV_OK; LV_REFUSED where it is another organisation's, or not issued by the root that the
 *         channel knows of it: the ledger then goes on with the one it has. */
LV_MUST_CHECK lv_status lv_ledger_set_identity(lv_ledger *ledger, const lv_identity *identity,
                                               lv_error *err);
void lv_ledger_close(lv_ledger *ledger);

/** For those who implement a backend: the first member of their handle is this table. */
typedef struct {
    lv_status (*submit)(lv_ledger *ledger, const lv_call *calls, size_t count,
                        lv_position *positions, lv_error *err);
    lv_status (*read)(lv_ledger *ledger, const lv_call *call, lv_buffer *response, lv_error *err);
    lv_status (*head)(lv_ledger *ledger, lv_head *out, lv_error *err);
    lv_status (*check_head)(lv_ledger *ledger, const lv_head *remembered, lv_error *err);
    lv_status (*watch_open)(lv_ledger *ledger, lv_position from, lv_watch **out, lv_error *err);
    lv_status (*watch_next)(lv_watch *watch, int timeout_ms, lv_committed *out, lv_error *err);
    void (*watch_wake)(lv_watch *watch);
    void (*watch_close)(lv_watch *watch);
    const lv_channel *(*channel)(const lv_ledger *ledger);
    lv_status (*set_identity)(lv_ledger *ledger, const lv_identity *identity, lv_error *err);
    void (*close)(lv_ledger *ledger);
} lv_ledger_backend;

/** For those who implement a backend: may `identity` open the channel? Its certificate may have
 *  expired: its organisation may still read, and what it then submits is refused by its date.
 * @return LV_OK; LV_REFUSED where its organisation is no member, or is so under another root. */
LV_MUST_CHECK lv_status lv_ledger_check_member(const lv_channel *channel,
                                               const lv_identity *identity, lv_error *err);

struct lv_ledger {
    const lv_ledger_backend *backend;
};

struct lv_watch {
    lv_ledger *ledger;
};

#endif
