/** The three organisations of `lotveil demo`: their folders and their running nodes. */
#ifndef LV_CLI_DEMO_H
#define LV_CLI_DEMO_H

#include "cli/cli.h"
#include "cli/network.h"
#include <sys/types.h>

/** Upstream A, downstream B, servicer S. */
typedef enum { LV_DEMO_A, LV_DEMO_B, LV_DEMO_S, LV_DEMO_PARTIES } lv_demo_party;

typedef struct {
    char *dirs[LV_DEMO_PARTIES]; /* DIR/a, DIR/b, DIR/s */
    pid_t pids[LV_DEMO_PARTIES]; /* 0: does not run */
    lv_network network;          /* of Fabric, where the plan asks for it */
} lv_demo;

#define LV_DEMO_SERIES "moisture"
#define LV_DEMO_UPSTREAM "AMSP"
#define LV_DEMO_DOWNSTREAM "BMSP"
#define LV_DEMO_SERVICER "SMSP"

typedef struct {
    const char *dir;
    const char *suite;
    unsigned key_bits;
    bool again;  /* replace an earlier demo */
    bool fabric; /* on a network of Hyperledger Fabric; else on an embedded ledger */
} lv_demo_plan;

/** Makes identities, configurations, series and the ledger below the folder, which is empty, does
 *  not exist, or holds an earlier demo that may be replaced.
 * @return LV_OK; LV_EXISTS where something else stands there; LV_REFUSED where a node of an earlier
 *         demo runs there. */
LV_MUST_CHECK lv_status lv_demo_make(const lv_demo_plan *plan, lv_demo *out, lv_error *err);

/** Brings up what they share where that is a network, then starts the three nodes, their logs in
 * state/node.log, and waits until all serve. They end with this process, however that ends. */
LV_MUST_CHECK lv_status lv_demo_start(const lv_demo_plan *plan, lv_demo *demo, lv_error *err);

/** Ends the nodes in good order, then the network. */
void lv_demo_stop(lv_demo *demo);

/** Stops and frees. */
void lv_demo_free(lv_demo *demo);

#endif
