/** A network of Fabric (or one that plays it) that stands for the organisations of a world, as the
 *  environment tells:
 *      LOTVEIL_FABRIC_WORLD      folder that world_write filled
 *      LOTVEIL_FABRIC_GATEWAYS   host:port,host:port: peers of D0 and S, for "localhost"
 *      LOTVEIL_FABRIC_PEERS_OF_D0_AND_S  1: all organisations read from these two; otherwise
 *                                each takes the gateways for its own
 *      LOTVEIL_FABRIC_COMMIT_MS  how long a commit is waited for (default: the client's)  */
#ifndef LV_TESTS_LEDGER_FABRIC_NET_H
#define LV_TESTS_LEDGER_FABRIC_NET_H

#include "ledger/world.h"

/** The world of the network; fails the test where there is none. */
world *fabric_net_world(void);

/** Opens the world's channel through the chaincode of this name. */
lv_status fabric_net_open(const world *w, const char *chaincode, const lv_identity *identity,
                          lv_ledger **out, lv_error *err);

#endif
