/** A network of Hyperledger Fabric for this process: brought up by deploy/fabric/network.sh, and
 *  ended with the process, however that ends. */
#ifndef LV_CLI_NETWORK_H
#define LV_CLI_NETWORK_H

#include <lotveil/status.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    pid_t guard; /* who takes it down; 0: there is none */
    int held;    /* until this end of a pipe closes, with this process or before */
} lv_network;

typedef struct {
    const char *state; /* folder of the network, made where it is not there */
    /** Folders of organisations that `lotveil init` made; NULL: made below `state`, as a, b, s. */
    const char *upstream;
    const char *downstream;
    const char *servicer;
    const char *batch_timeout; /* "200ms"; NULL: what the script takes by itself */
} lv_network_plan;

/** Path of the script, in new memory; NULL with words where it is not found. */
char *lv_network_script(lv_error *err);

/** Finds the script, beside the installed command or in the source tree, and has it look for
 *  Fabric's binaries; it says itself on standard error what is missing and where to get it.
 * @return LV_OK; LV_E_CONFIG. */
LV_MUST_CHECK lv_status lv_network_check(lv_error *err);

/** Brings it up, and waits until it is ready; what the script says goes to standard error.
 * @param[out] network  to be taken down, also where this fails; {0} before. */
LV_MUST_CHECK lv_status lv_network_up(const lv_network_plan *plan, lv_network *network,
                                      lv_error *err);

/** Reads a setting of a network that stands, such as "made_with" (Fabric's release) or
 *  "batch_timeout".
 * @param out  `size` bytes; "" on failure.
 * @return LV_OK; LV_NOT_FOUND with words; LV_E_IO. */
LV_MUST_CHECK lv_status lv_network_setting(const char *state, const char *name, char *out,
                                           size_t size, lv_error *err);

/** From now on the folder of a network that is up goes with it. */
LV_MUST_CHECK lv_status lv_network_temporary(const lv_network *network, lv_error *err);

/** Ends it, where there is one. */
void lv_network_down(lv_network *network);

/** Ends a network that an earlier process left running in `state`, so that its folder can be
 *  removed.
 * @return LV_OK, also where there is none; LV_E_CONFIG where the script is gone. */
LV_MUST_CHECK lv_status lv_network_end(const char *state, lv_error *err);

#endif
