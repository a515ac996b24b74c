/** What the three roles share: configuration, identity, ledgers, state, and the worker's clockwork.
 *  A role is a table of functions; `lotveil serve` runs one. */
#ifndef LV_NODE_NODE_H
#define LV_NODE_NODE_H

#include "identity/vault.h"
#include "ledger/ledger.h"
#include "node/config.h"
#include "node/http.h"
#include "node/store.h"
#include <pthread.h>

typedef struct lv_node lv_node;

typedef struct {
    const char *const *migrations; /* SQL, NULL-terminated; node.c adds those of `head` before */
    const lv_route *routes;        /* ended by {0} */
    /** Called once all is open, before the doors are; finishes what a kill interrupted. */
    lv_status (*start)(lv_node *node, lv_error *err);
    /** Body of each worker thread; returns when lv_node_stopping. NULL-terminated. */
    void (*const *workers)(lv_node *node);
    /** Frees what hangs below `state`, after doors and workers have ended (also where start
     *  failed). NULL: nothing does. */
    void (*stop)(lv_node *node);
} lv_role_table;

struct lv_node {
    const lv_config *config;
    lv_identity *identity;
    lv_trust *trust; /* all members and this organisation itself */
    lv_vault *vault;
    lv_store *store;
    lv_ledger *quality; /* NULL where this node has no part in it */
    lv_ledger * xor ;
    const lv_role_table *role;
    void *state; /* the role's own, set by start, freed by node.c with free() */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled by lv_node_changed */
    uint64_t version;       /* counts lv_node_changed */
    bool stopping;
};

extern const lv_role_table lv_role_downstream;
extern const lv_role_table lv_role_upstream;
extern const lv_role_table lv_role_servicer;

/** Runs the node of the organisation in `folder` until SIGTERM or SIGINT.
 * @param ready_fd  gets one byte when the doors are open; -1: none. */
LV_MUST_CHECK lv_status lv_node_run(const char *folder, int ready_fd, lv_error *err);

bool lv_node_stopping(lv_node *node);

/** Says that something changed in the store: wakes workers and long polls. */
void lv_node_changed(lv_node *node);

/** The count of changes so far, to be read before looking for work. */
uint64_t lv_node_version(lv_node *node);

/** Waits until the version is other than `seen`, the node stops, or the time is up. */
void lv_node_wait(lv_node *node, uint64_t seen, double seconds);

/** Remembers a channel's head in the store, after checking at start that the remembered one is
 *  still part of the ledger (node.c does that check). */
LV_MUST_CHECK lv_status lv_node_remember_head(lv_node *node, lv_ledger *ledger, lv_error *err);

/** How far a watcher of a channel has come: the next position to read, {1, 0} at first. Must be
 *  called within a store transaction, so that it moves together with what was done. */
LV_MUST_CHECK lv_status lv_node_cursor_get(lv_node *node, const char *channel, lv_position *out,
                                           lv_error *err);
LV_MUST_CHECK lv_status lv_node_cursor_set(lv_node *node, const char *channel, lv_position next,
                                           lv_error *err);

/** POSTs to a member's peer door. Non-200 answers become the status that their "code" names, with
 *  the peer's words in front of which the peer is named. */
LV_MUST_CHECK lv_status lv_node_post(lv_node *node, const char *msp, const char *path,
                                     lv_bytes body, lv_buffer *answer, lv_error *err);

#endif
