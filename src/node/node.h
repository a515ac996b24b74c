/** What the three roles share: configuration, identity, ledgers, state, and the worker's clockwork.
 *  A role is a table of functions; `lotveil serve` runs one. */
#ifndef LV_NODE_NODE_H
#define LV_NODE_NODE_H

#include "identity/slot.h"
#include "identity/vault.h"
#include "ledger/ledger.h"
#include "node/config.h"
#include "node/http.h"
#include "node/probe.h"
#include "node/store.h"
#include <pthread.h>

typedef struct lv_node lv_node;
typedef struct lv_keeper lv_keeper; /* of the certificate, node_identity.c */

#define LV_NODE_WATCHES_MAX 8U /* watches open at once in one node */
#define LV_NODE_WORKERS_MAX 8U

/** Bytes of an answer that lv_node_post takes: a delivery of the largest record. */
#define LV_NODE_ANSWER_MAX (LV_RECORD_MAX + 64U * 1024U)

typedef struct {
    const char *const *migrations; /* SQL, NULL-terminated; node.c adds those of `head` before */
    const lv_route *routes;        /* ended by {0} */
    const lv_http_stream *streams; /* ended by {0}; NULL: none */
    /** Called once all is open, before the doors are; finishes what a kill interrupted. */
    lv_status (*start)(lv_node *node, lv_error *err);
    /** Body of each worker thread; returns when lv_node_stopping. NULL-terminated. */
    void (*const *workers)(lv_node *node);
    /** Adds to what the control door's /healthz tells. NULL: nothing. */
    lv_status (*describe)(lv_node *node, json_t *health, lv_error *err);
    /** Frees what hangs below `state`, after doors and workers have ended (also where start
     *  failed). NULL: nothing does. */
    void (*stop)(lv_node *node);
} lv_role_table;

struct lv_node {
    const lv_config *config;
    lv_identity_slot identity; /* lv_node_identity takes it out */
    lv_keeper *keeper;
    lv_trust *trust; /* all members and this organisation itself */
    lv_vault *vault;
    lv_store *store;
    lv_ledger *quality; /* NULL where this node has no part in it */
    lv_ledger * xor ;
    lv_probe *quality_probe; /* NULL where the ledger is */
    lv_probe *xor_probe;
    const lv_role_table *role;
    void *state; /* the role's own, set by start, freed by node.c with free() */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled by lv_node_changed */
    uint64_t version;       /* counts lv_node_changed */
    bool stopping;
    lv_http_server *server;                 /* NULL while there are no doors */
    double started;                         /* lv_clock_seconds */
    int stop_fd;                            /* eventfd that ends lv_node_run's wait */
    lv_watch *watches[LV_NODE_WATCHES_MAX]; /* open ones, woken when the node stops */
    lv_status fault;                        /* the first of lv_node_fault */
    lv_error fault_words;
};

extern const lv_role_table lv_role_downstream;
extern const lv_role_table lv_role_upstream;
extern const lv_role_table lv_role_servicer;

/** Runs the node of the organisation in `folder` until SIGTERM or SIGINT. The calling thread takes
 *  both signals; they are as before when it returns.
 * @param ready_fd  gets one byte when the doors are open; -1: none.
 * @return LV_OK after an orderly stop; why it could not start; what lv_node_fault was told. */
LV_MUST_CHECK lv_status lv_node_run(const char *folder, int ready_fd, lv_error *err);

/** The node without its clockwork: opens configuration, identity, store, vault and ledgers,
 *  checks the remembered heads and runs role->start; no doors, no workers. lv_node_run builds on
 *  it, and so can tests.
 * @return LV_OK; LV_E_CONFIG; LV_REFUSED where another node runs in this folder; LV_INVALID for a
 *         wrong passphrase; LV_E_CORRUPT where a ledger rewrote or shortened its past. */
LV_MUST_CHECK lv_status lv_node_open(const char *folder, lv_node **out, lv_error *err);
/** No worker or handler may run any more. */
void lv_node_close(lv_node *node);

/** The identity of now, retained (lv_identity_free gives it back): what is signed and shown with
 * one of them is of one generation, whatever is put in its place meanwhile. */
lv_identity *lv_node_identity(lv_node *node);

/** Takes the certificate and key that stand in msp/ now, if they are others: the ledgers, the doors
 *  and whatever is signed from now on use them. What is under way ends with those before.
 * @param[out] changed  whether they are others.
 * @return LV_OK; LV_NOT_FOUND, LV_INVALID... with words where they are not whole, expired, or not
 * of the root that the node started with: it then goes on with those it has. */
LV_MUST_CHECK lv_status lv_node_reload(lv_node *node, bool *changed, lv_error *err);

/** Makes lv_node_stopping true and wakes whoever waits. */
void lv_node_stop(lv_node *node);

/** Ends the node because of something that no later try can mend, such as a rewritten ledger:
 *  lv_node_run returns the first `status` told here with its words. */
void lv_node_fault(lv_node *node, lv_status status, const lv_error *err);

bool lv_node_stopping(lv_node *node);

/** Says that something changed in the store: wakes workers and long polls. */
void lv_node_changed(lv_node *node);

/** The count of changes so far, to be read before looking for work. */
uint64_t lv_node_version(lv_node *node);

/** Waits until the version is other than `seen`, the node stops, or the time is up. */
void lv_node_wait(lv_node *node, uint64_t seen, double seconds);

/** Waits so long whatever changes meanwhile; ends early where the node stops. */
void lv_node_pause(lv_node *node, double seconds);

/** Remembers a channel's head in the store, in a transaction of its own, after checking that the
 *  one remembered before is still part of the ledger (so does lv_node_open).
 * @return LV_OK; LV_E_CORRUPT where the ledger rewrote or shortened its past; faults. */
LV_MUST_CHECK lv_status lv_node_remember_head(lv_node *node, lv_ledger *ledger, lv_error *err);

/** The head of a channel that this node remembers, without asking the ledger. */
LV_MUST_CHECK lv_status lv_node_seen_head(lv_node *node, const char *channel, lv_head *out,
                                          bool *known, lv_error *err);

/** How far a watcher of a channel has come: the next position to read, {1, 0} at first. Must be
 *  called within a store transaction, so that it moves together with what was done. */
LV_MUST_CHECK lv_status lv_node_cursor_get(lv_node *node, const char *channel, lv_position *out,
                                           lv_error *err);
LV_MUST_CHECK lv_status lv_node_cursor_set(lv_node *node, const char *channel, lv_position next,
                                           lv_error *err);

/** Watches of this node, which lv_node_stop wakes. lv_node_watch_next returns LV_TIMEOUT when the
 *  time is up or the node stops: ask lv_node_stopping. */
LV_MUST_CHECK lv_status lv_node_watch_open(lv_node *node, lv_ledger *ledger, lv_position from,
                                           lv_watch **out, lv_error *err);
LV_MUST_CHECK lv_status lv_node_watch_next(lv_node *node, lv_watch *watch, int timeout_ms,
                                           lv_committed *out, lv_error *err);
void lv_node_watch_close(lv_node *node, lv_watch *watch);

/** Takes one committed write, within a store transaction in which the cursor moves as well.
 * @return LV_OK; anything else rolls back, and the same write comes again a little later. */
typedef lv_status (*lv_node_take)(lv_node *node, const lv_committed *committed, lv_error *err);

/** The body of a worker that follows a channel: from its cursor on, gives every write to `take`
 *  once, calls lv_node_changed after each and remembers the head whenever it has caught up.
 *  Returns when the node stops; LV_E_CORRUPT from the ledger stops the node. */
void lv_node_follow(lv_node *node, lv_ledger *ledger, lv_node_take take);

/** POSTs to a member's peer door (`application/x-protobuf`). Non-200 answers become the status
 *  that their "code" names, with the peer named before its words. A fault inside the peer is
 *  LV_UNAVAILABLE here; so is 429.
 * @param[out] answer  appended to; at most LV_NODE_ANSWER_MAX bytes. */
LV_MUST_CHECK lv_status lv_node_post(lv_node *node, const char *msp, const char *path,
                                     lv_bytes body, lv_buffer *answer, lv_error *err);

#endif
