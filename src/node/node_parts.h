/** What the files of node.h share with each other. Internal to node*.c. */
#ifndef LV_NODE_NODE_PARTS_H
#define LV_NODE_NODE_PARTS_H

#include "node/node.h"

/** SQL of the tables that every role has; a role's own come after it. Its steps are numbered
 *  before those of the roles, so their number stays as it is. */
extern const char *const lv_node_schema[2];

/** The routes that every node has; ended by {0}. */
extern const lv_route lv_node_routes[];

/** Makes lock, condition and eventfd of a zeroed node. LV_E_MEMORY or LV_E_IO where it cannot. */
LV_MUST_CHECK lv_status lv_node_clockwork_open(lv_node *node, lv_error *err);
void lv_node_clockwork_close(lv_node *node);

/** A condition whose waiting does not depend on somebody setting the clock. @return 0, or errno. */
int lv_node_condition_init(pthread_cond_t *condition);

/** A time of lv_clock_seconds, for waiting on such a condition. */
struct timespec lv_node_moment(double seconds);

LV_MUST_CHECK lv_status lv_keeper_new(lv_keeper **out);
void lv_keeper_free(lv_keeper *keeper);

/** The body of the worker that every node has: looks at msp/ now and then, renews the certificate
 *  where config.yaml says so, and warns when it ends soon. */
void lv_node_keep_identity(lv_node *node);

/** Holds a certificate against the trust and the clock, as the others would. */
LV_MUST_CHECK lv_status lv_node_check_identity(const lv_node *node, const lv_identity *identity,
                                               lv_error *err);

/** Adds "certificate" to what /healthz tells. */
LV_MUST_CHECK lv_status lv_node_describe_identity(lv_node *node, json_t *health);

/** Makes every watch of the node return; again and again until its worker has gone. */
void lv_node_wake_watches(lv_node *node);

/** Opens `state/vault.key`, made at the first start. That the key is the one of this store is seen
 *  by a mark that the store keeps under it.
 * @return LV_OK; LV_INVALID for a wrong or missing passphrase; LV_E_CORRUPT where the key is gone
 *         or another's. */
LV_MUST_CHECK lv_status lv_node_vault_open(lv_node *node, const char *state_folder, lv_error *err);

#endif
