/** The network of Hyperledger Fabric that `lotveil demo --ledger fabric` plays on: brought up by
 *  deploy/fabric/network.sh, and ended with this process, however that ends. */
#ifndef LV_CLI_DEMO_NETWORK_H
#define LV_CLI_DEMO_NETWORK_H

#include "cli/demo.h"

/** Path of the script, in new memory; NULL with words where it is not found. */
char *lv_demo_network_script(lv_error *err);

/** Finds the script, beside the installed command or in the source tree, and has it look for
 *  Fabric's binaries; it says itself on standard error what is missing and where to get it.
 * @return LV_OK; LV_E_CONFIG. */
LV_MUST_CHECK lv_status lv_demo_network_check(lv_error *err);

/** Brings the network up below DIR/fabric for the demo's organisations, and waits until it is
 *  ready; what it says goes to standard error. */
LV_MUST_CHECK lv_status lv_demo_network_up(lv_demo *demo, const char *dir, lv_error *err);

/** Ends a network of an earlier demo that runs below DIR/fabric, so that its folder can be removed.
 * @return LV_OK, also where there is none; LV_E_CONFIG where the script is gone. */
LV_MUST_CHECK lv_status lv_demo_network_end(const char *dir, lv_error *err);

/** Ends it. */
void lv_demo_network_down(lv_demo *demo);

#endif
