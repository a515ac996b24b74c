/** A contract as a chaincode of Hyperledger Fabric, run as a service: a gRPC server
 *  (protos.Chaincode/Connect) that peers dial.
 *
 *      chaincode     the server: connections, and their end
 *      conversation  one peer: registration, transactions at once, their requests for state
 *      invocation    one transaction: submitter, calls, answer
 *      overlay       what it puts, held back and seen by its later calls
 *      remote        the state at the peer
 *      messages      what travels */
#ifndef LV_CHAINCODE_CHAINCODE_H
#define LV_CHAINCODE_CHAINCODE_H

#include "contract/contract.h"
#include "rpc/rpc.h"

#define LV_CHAINCODE_PEERS_MAX 16U /* connections at once */

typedef struct lv_chaincode lv_chaincode;

typedef struct {
    const lv_channel *channel; /* borrowed until lv_chaincode_stop */
    const char *chaincode;     /* its name on the channel; NULL or "": not held against proposals */
    const char *package_id;    /* as the peers calculated it at the installation */
    const char *address;       /* "host:port"; port 0: any free one */
    lv_rpc_tls tls;            /* `roots`: of the peers that may connect */
    int answer_ms;             /* how long a peer may take to answer a request; 0: 60000 */
} lv_chaincode_options;

/** @return LV_OK; LV_E_CONFIG where address or PEM cannot be used; LV_E_IO where the address cannot
 *          be listened at. */
LV_MUST_CHECK lv_status lv_chaincode_start(const lv_chaincode_options *options, lv_chaincode **out,
                                           lv_error *err);
unsigned lv_chaincode_port(const lv_chaincode *chaincode);

/** Takes no more transactions, lets those under way end for `grace_ms`, then ends them; joins every
 *  thread and frees. NULL is legal. */
void lv_chaincode_stop(lv_chaincode *chaincode, int grace_ms);

#endif
